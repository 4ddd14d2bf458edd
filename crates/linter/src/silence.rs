//! Comments that silence a rule, as edits.

use std::collections::BTreeMap;

use syntax::{File, Instruction, Keyword, PartKind, Span, line_end};

use crate::suppress::covered;
use crate::{Applied, Diagnostic, Edit, Input, Outcome, Rule, SUPPRESSION_UNUSED, check, edited};

const HERE: &str = "# pylintdock: ignore[";
const FILE: &str = "# pylintdock: ignore-file[";

/// More rounds than comments need: one is enough, unless they make a rule see something new.
const MAX_ROUNDS: usize = 5;

/// What a comment above an instruction silences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The instruction below it.
    Instruction,
    /// The stage whose FROM is below it.
    Stage,
}

/// What a comment above a finding at `span` would silence; `None` where no comment can stand above it.
pub fn reach(file: &File<'_>, span: Span) -> Option<Reach> {
    Some(match instruction_at(file, span)?.keyword {
        Keyword::From => Reach::Stage,
        _ => Reach::Instruction,
    })
}

/// Silences a rule for the instruction at `span`, in the comment above it if that silences something already.
pub fn above(file: &File<'_>, span: Span, rule: &str) -> Option<Edit> {
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
pub fn everywhere(file: &File<'_>, rule: &str) -> Edit {
    if let Some(edit) = file.comments.iter().find_map(|it| extended(file, *it, FILE, rule)) {
        return edit;
    }
    let (start, before) = top(file);
    let end = line_end(file.text);
    Edit::insert(start, format!("{before}{FILE}{rule}]{end}"))
}

/// Where a comment for the whole file goes, behind what must stand first, and the line end that is missing there.
fn top(file: &File<'_>) -> (usize, &'static str) {
    let is_above = |kind| matches!(kind, PartKind::ByteOrderMark | PartKind::Directive);
    let top = file.parts.iter().take_while(|it| is_above(it.kind)).last();
    let start = top.map_or(0, |it| it.span.end as usize);
    // A directive may be the last line, without an end.
    let is_new_line = start == 0
        || file.text.get(..start).is_some_and(|it| it.ends_with('\n') || it == "\u{feff}");
    (start, if is_new_line { "" } else { line_end(file.text) })
}

/// Writes comments above what `wanted` leaves of the findings, until it leaves nothing, or nothing more can be silenced.
/// Only lines are added. In the outcome a finding that is silenced counts as applied.
pub fn silence(
    rules: &[&'static Rule],
    input: &Input<'_>,
    reason: &str,
    wanted: &dyn Fn(&str, Vec<Diagnostic>) -> Vec<Diagnostic>,
) -> Outcome {
    let mut text = input.text.to_owned();
    let mut applied = Vec::new();
    let mut remaining = Vec::new();
    for round in 0..=MAX_ROUNDS {
        let found = check(rules, &Input { text: &text, ..*input });
        remaining = wanted(&text, found);
        let comments = comments(&syntax::parse(&text), &remaining, reason);
        if comments.is_empty() || round == MAX_ROUNDS {
            break;
        }
        text = edited(&text, comments.iter());
        let silenced = remaining.iter().filter(|it| it.rule != SUPPRESSION_UNUSED.name);
        let title = |rule: &str| format!("Silence `{rule}`");
        applied.extend(silenced.map(|it| Applied { rule: it.rule, title: title(it.rule) }));
    }
    let files = BTreeMap::new();
    Outcome { text, files, applied, remaining, unsettled: Vec::new() }
}

/// One comment above each instruction with findings, and one for the file for those that are in none.
fn comments(file: &File<'_>, found: &[Diagnostic], reason: &str) -> Vec<Edit> {
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut of_file: Vec<&'static str> = Vec::new();
    // By where the comment goes: what it covers, its indent and its rules.
    let mut above: BTreeMap<usize, (Span, &str, Vec<&'static str>)> = BTreeMap::new();
    // Nothing silences the rule that looks after the comments.
    for it in found.iter().filter(|it| it.rule != SUPPRESSION_UNUSED.name) {
        let Some(instruction) = instruction_at(file, it.span) else {
            of_file.push(it.rule);
            continue;
        };
        let start = line_start(file.text, instruction.span.start as usize);
        let is_covered = |other: &(Span, &str, Vec<&str>)| {
            other.0.contains(Span::at(it.span.start as usize)) && other.2.contains(&it.rule)
        };
        if above.values().any(is_covered) {
            continue;
        }
        let indent = file.text.get(start..instruction.span.start as usize).unwrap_or("");
        let covers = covered(file, Span::at(start));
        above.entry(start).or_insert((covers, indent, Vec::new())).2.push(it.rule);
    }
    let end = line_end(file.text);
    let line = |opening: &str, indent: &str, rules: &[&str]| {
        let line = format!("{indent}{opening}{}] {reason}", rules.join(", "));
        format!("{}{end}", line.trim_end())
    };
    let mut res: Vec<Edit> = Vec::new();
    of_file.sort_unstable();
    of_file.dedup();
    if !of_file.is_empty() {
        let (start, before) = top(file);
        res.push(Edit::insert(start, format!("{before}{}", line(FILE, "", &of_file))));
    }
    for (start, (_, indent, rules)) in above {
        let text = line(HERE, indent, &rules);
        match res.last_mut().filter(|it| it.span.start as usize == start) {
            Some(other) => other.text += &text,
            None => res.push(Edit::insert(start, text)),
        }
    }
    res
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
        edited(text, std::iter::once(&edit))
    }

    #[test]
    fn one_comment_holds_the_names_of_all_rules_of_an_instruction() {
        let finding = |rule, at| Diagnostic {
            rule,
            severity: crate::Severity::Info,
            span: Span::at(at),
            message: String::new(),
            labels: Vec::new(),
            notes: Vec::new(),
            fixes: Vec::new(),
        };
        let text = "# syntax=d\r\n# c\r\nFROM x\r\n  RUN a \\\r\n  b\r\nRUN c\r\n";
        let at = |part: &str| text.find(part).unwrap();
        let found = [
            finding("first", at("# c")),
            finding("stage", at("FROM")),
            // The comment above FROM silences it here too.
            finding("stage", at("RUN a")),
            finding("a", at("RUN a")),
            finding("b", at("  b")),
            finding("a", at("  b")),
            finding(SUPPRESSION_UNUSED.name, at("RUN c")),
        ];
        let comments = comments(&syntax::parse(text), &found, " why\nnot ");
        assert_eq!(
            edited(text, comments.iter()),
            "# syntax=d\r\n# pylintdock: ignore-file[first] why not\r\n# c\r\n# pylintdock: ignore[stage] why not\r\n\
             FROM x\r\n  # pylintdock: ignore[a, b] why not\r\n  RUN a \\\r\n  b\r\nRUN c\r\n"
        );
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
