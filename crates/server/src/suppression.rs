//! Comments that silence a rule, as edits.

use linter::Edit;
use syntax::{File, Instruction, Keyword, PartKind, Span, line_end};

const HERE: &str = "# pylintdock: ignore[";
const FILE: &str = "# pylintdock: ignore-file[";

/// What a comment above an instruction silences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Instruction,
    Stage,
}

/// What a comment for a finding at `span` would silence; `None` where no comment can stand above it.
pub(crate) fn reach(file: &File<'_>, span: Span) -> Option<Reach> {
    Some(match instruction_at(file, span)?.keyword {
        Keyword::From => Reach::Stage,
        _ => Reach::Instruction,
    })
}

/// Silences a rule for the instruction at `span`, in the comment above it if that silences something already.
pub(crate) fn above(file: &File<'_>, span: Span, rule: &str) -> Option<Edit> {
    let instruction = instruction_at(file, span)?;
    let start = line_start(file.text, instruction.span.start as usize);
    let comment = file.comments.iter().rev().find(|it| it.end as usize <= start);
    if let Some(comment) = comment
        && file.text.get(comment.end as usize..start).is_some_and(|it| it.trim().is_empty())
        && let Some(edit) = extended(file, *comment, HERE, rule)
    {
        return Some(edit);
    }
    let indent = file.text.get(start..instruction.span.start as usize).unwrap_or("");
    Some(Edit::insert(start, format!("{indent}{HERE}{rule}]{}", line_end(file.text))))
}

/// Silences a rule in the whole file.
pub(crate) fn everywhere(file: &File<'_>, rule: &str) -> Edit {
    if let Some(edit) = file.comments.iter().find_map(|it| extended(file, *it, FILE, rule)) {
        return edit;
    }
    let is_above = |kind| matches!(kind, PartKind::ByteOrderMark | PartKind::Directive);
    let top = file.parts.iter().take_while(|it| is_above(it.kind)).last();
    let start = top.map_or(0, |it| it.span.end as usize);
    let end = line_end(file.text);
    // A directive may be the last line, without an end.
    let is_new_line = start == 0
        || file.text.get(..start).is_some_and(|it| it.ends_with('\n') || it == "\u{feff}");
    let before = if is_new_line { "" } else { end };
    Edit::insert(start, format!("{before}{FILE}{rule}]{end}"))
}

/// The comment with one more name, if it is one that begins with `opening`.
fn extended(file: &File<'_>, comment: Span, opening: &str, rule: &str) -> Option<Edit> {
    let text = comment.of(file.text);
    let names = text.strip_prefix(opening)?;
    let close = opening.len() + names.find(']')?;
    Some(Edit::insert(comment.start as usize + close, format!(", {rule}")))
}

fn instruction_at<'a, 't>(file: &'a File<'t>, span: Span) -> Option<&'a Instruction<'t>> {
    file.instructions.iter().find(|it| it.span.contains(Span::at(span.start as usize)))
}

fn line_start(text: &str, at: usize) -> usize {
    let above = text.get(..at).and_then(|it| it.rfind('\n'));
    let bom = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    above.map_or(bom.min(at), |it| it + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str, edit: Edit) -> String {
        linter::edited(text, std::iter::once(&edit))
    }

    #[test]
    fn comments_are_written_or_extended() {
        // (text, where the finding is, above the instruction, in the whole file)
        let cases = [
            (
                "RUN a\n",
                4,
                "# pylintdock: ignore[r]\nRUN a\n",
                "# pylintdock: ignore-file[r]\nRUN a\n",
            ),
            (
                "FROM x\r\n  RUN a \\\r\n  b\r\n",
                20,
                "FROM x\r\n  # pylintdock: ignore[r]\r\n  RUN a \\\r\n  b\r\n",
                "# pylintdock: ignore-file[r]\r\nFROM x\r\n  RUN a \\\r\n  b\r\n",
            ),
            (
                "# syntax=d\n# pylintdock: ignore-file[q] why\nFROM x\n# pylintdock: ignore[q] because\nRUN a\n",
                85,
                "# syntax=d\n# pylintdock: ignore-file[q] why\nFROM x\n# pylintdock: ignore[q, r] because\nRUN a\n",
                "# syntax=d\n# pylintdock: ignore-file[q, r] why\nFROM x\n# pylintdock: ignore[q] because\nRUN a\n",
            ),
            (
                "\u{feff}# escape=`\nRUN a\n",
                16,
                "\u{feff}# escape=`\n# pylintdock: ignore[r]\nRUN a\n",
                "\u{feff}# escape=`\n# pylintdock: ignore-file[r]\nRUN a\n",
            ),
        ];
        for (text, at, here, everywhere_) in cases {
            let file = syntax::parse(text);
            let edit = above(&file, Span::at(at), "r").unwrap();
            assert_eq!(applied(text, edit), here);
            assert_eq!(applied(text, everywhere(&file, "r")), everywhere_);
        }
        let file = syntax::parse("# a\nRUN b\n");
        assert_eq!(above(&file, Span::at(1), "r"), None);
        assert_eq!(reach(&syntax::parse("FROM a\n"), Span::at(0)), Some(Reach::Stage));
    }
}
