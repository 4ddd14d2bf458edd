//! Takes an instruction, or one word of it, out of a file so that nobody sees where it was.

use syntax::{PartKind, Span};

use crate::cleanup::Edit;
use crate::{Build, Step};

/// Deletes an instruction with its line end; `with_comments` also the comment lines directly above it. Of the blank
/// lines around it one remains.
pub fn without_step(build: &Build<'_>, step: &Step<'_>, with_comments: bool) -> Option<Edit> {
    let parts = &build.file.parts;
    let own = parts.iter().position(|it| it.span.contains(step.instruction.span))?;
    let mut first = own;
    while with_comments && first > 0 && parts.get(first - 1)?.kind == PartKind::Comment {
        first -= 1;
    }
    let is_blank = |index: Option<usize>| {
        index.and_then(|it| parts.get(it)).is_some_and(|it| it.kind == PartKind::Blank)
    };
    let mut span = Span { start: parts.get(first)?.span.start, end: parts.get(own)?.span.end };
    let is_last = own + 1 == parts.len();
    if is_blank(first.checked_sub(1)) && is_blank(Some(own + 1)) {
        span.end = parts.get(own + 1)?.span.end;
    } else if is_last && is_blank(first.checked_sub(1)) {
        span.start = parts.get(first - 1)?.span.start;
    }
    Some((span, String::new()))
}

/// The comment lines directly above an instruction.
pub fn comments_above(build: &Build<'_>, step: &Step<'_>) -> Vec<Span> {
    let parts = &build.file.parts;
    let Some(own) = parts.iter().position(|it| it.span.contains(step.instruction.span)) else {
        return Vec::new();
    };
    let before = parts.get(..own).unwrap_or(&[]).iter().rev();
    let count = before.take_while(|it| it.kind == PartKind::Comment).count();
    let above = parts.get(own - count..own).unwrap_or(&[]);
    let start = above.first().map_or(0, |it| it.span.start);
    let end = above.last().map_or(0, |it| it.span.end);
    build
        .file
        .comments
        .iter()
        .copied()
        .filter(|it| it.start >= start && it.end <= end && end > 0)
        .collect()
}

/// Deletes a word of an instruction with the blanks around it, and its line if nothing else stands there. `None` where
/// that is not certain.
pub fn without_word(build: &Build<'_>, span: Span) -> Option<Edit> {
    let (text, escape) = (build.file.text, build.file.escape);
    let is_blank = |it: char| matches!(it, ' ' | '\t');
    let before = text.get(..span.start as usize)?;
    let after = text.get(span.end as usize..)?;
    let head = before.trim_end_matches(is_blank);
    let tail = after.trim_start_matches(is_blank);
    let start = span.start as usize - (before.len() - head.len());
    let end = span.end as usize + (after.len() - tail.len());
    let begins_line = head.ends_with('\n');
    let line_end = tail.find('\n').map_or(tail.len(), |it| it + 1);
    let rest = tail.get(..line_end)?.trim_end();
    let continues = rest.len() == escape.len_utf8() && rest.ends_with(escape);
    if begins_line && continues {
        // The line holds nothing else.
        return Some((Span::new(head.len(), end + line_end), String::new()));
    }
    if begins_line && rest.is_empty() {
        // The line before goes on no more.
        let previous = head.trim_end();
        let content = previous.strip_suffix(escape)?.trim_end_matches(is_blank);
        let is_comment =
            content.rsplit('\n').next().is_some_and(|it| it.trim_start().starts_with('#'));
        return (!is_comment).then(|| (Span::new(content.len(), span.end as usize), String::new()));
    }
    if begins_line {
        return Some((Span::new(span.start as usize, end), String::new()));
    }
    Some((Span::new(start, span.end as usize), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Surroundings, scripts};
    use context::NoFiles;

    fn built(text: &str, edit: impl Fn(&Build<'_>) -> Option<Edit>) -> String {
        let file = syntax::parse(text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let Some((span, new)) = edit(&build) else { return "no".to_owned() };
        format!("{}{new}{}", &text[..span.start as usize], &text[span.end as usize..])
    }

    #[test]
    fn steps_go_without_a_trace() {
        let table = [
            ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN c\n"),
            ("FROM a\n\n# why\nRUN b\n\nRUN c\n", "FROM a\n\nRUN c\n"),
            ("FROM a\n\nRUN b", "FROM a\n"),
            ("FROM a\nRUN b \\\n # x\n  c\n", "FROM a\n"),
        ];
        for (text, expected) in table {
            assert_eq!(built(text, |it| without_step(it, &it.steps[1], true)), expected, "{text}");
        }
        let text = "FROM a\n# why\nRUN b\n";
        assert_eq!(built(text, |it| without_step(it, &it.steps[1], false)), "FROM a\n# why\n");
    }

    #[test]
    fn words_go_without_a_trace() {
        let table = [
            ("RUN pip install -X a\n", "RUN pip install a\n"),
            ("RUN pip install a -X\n", "RUN pip install a\n"),
            ("RUN pip install \\\n    -X \\\n    a\n", "RUN pip install \\\n    a\n"),
            ("RUN pip install \\\n    -X -r \\\n    a\n", "RUN pip install \\\n    -r \\\n    a\n"),
            ("RUN pip install \\\n    a \\\n    -X\n", "RUN pip install \\\n    a\n"),
            ("RUN pip install \\\n    # why\n    -X\n", "no"),
        ];
        for (text, expected) in table {
            let start = text.find("-X").expect("the word");
            let span = Span::new(start, start + 2);
            assert_eq!(built(text, |it| without_word(it, span)), expected, "{text}");
        }
    }
}
