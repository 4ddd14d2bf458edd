//! The lines of an instruction with the comment above them, as a person would move them.

use syntax::{Part, PartKind, Span};

use crate::{Build, Step};

/// The lines of an instruction with what stands around them.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The comment lines directly above; empty without.
    pub comment: Span,
    /// The instruction's lines.
    pub line: Span,
    /// The comment is about the instruction alone.
    pub comment_moves: bool,
    /// A blank line stands above it and its comment.
    pub follows_blank: bool,
    /// The blank line below it, if one follows.
    pub blank_behind: Option<Span>,
}

impl Block {
    /// The block of a step.
    pub fn of(build: &Build<'_>, step: &Step<'_>) -> Option<Block> {
        let parts = &build.file.parts;
        let at = parts.partition_point(|it| it.span.end <= step.instruction.span.start);
        let line = parts.get(at)?.span;
        let n_comments = parts
            .get(..at)?
            .iter()
            .rev()
            .take_while(|it| {
                it.kind == PartKind::Comment && !ends_section(it.span.of(build.file.text))
            })
            .count();
        let first = at - n_comments;
        let comment = match parts.get(first) {
            Some(part) if n_comments > 0 => Span { start: part.span.start, end: line.start },
            _ => Span { start: line.start, end: line.start },
        };
        let words = comment.of(build.file.text).to_ascii_lowercase();
        let is_joined = parts.get(at + 1).is_some_and(|it| it.kind == PartKind::Instruction);
        let is_about_both =
            ["install", "depend", "require", "pip", "poetry"].iter().any(|it| words.contains(it));
        let is_blank = |it: Option<&Part>| it.is_some_and(|it| it.kind == PartKind::Blank);
        let above = first.checked_sub(1).and_then(|it| parts.get(it));
        let behind = parts.get(at + 1);
        Some(Block {
            comment,
            line,
            comment_moves: n_comments > 0 && !(is_joined && is_about_both),
            follows_blank: is_blank(above),
            blank_behind: behind.filter(|it| is_blank(Some(it))).map(|it| it.span),
        })
    }
}

/// `# << END Configure`, `# end of setup`: it closes what stands above it.
fn ends_section(comment: &str) -> bool {
    let mut words = comment.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty());
    let first = words.next().unwrap_or("");
    first == "END" || first.eq_ignore_ascii_case("end") && words.next() == Some("of")
}
