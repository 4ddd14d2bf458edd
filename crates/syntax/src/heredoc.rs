//! Heredocs: bodies that follow a RUN, COPY or ADD line.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Excerpt, Span, lex};

/// A heredoc of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc<'t> {
    /// The word that ends it.
    pub name: Cow<'t, str>,
    /// The descriptor in front of `<<`; 0 without one.
    pub descriptor: u32,
    /// The name is written without quotes: variables in the body are expanded.
    pub expands: bool,
    /// `<<-`: leading tabs of the body are removed.
    pub strips_tabs: bool,
    /// The word `<<NAME` in the instruction.
    pub span: Span,
    /// The lines between, with their line ends; empty when the end is missing.
    pub body: Span,
    /// What the shell or the file gets: the body, without the leading tabs that `<<-` removes.
    pub text: Excerpt<'t>,
    /// The line that ends it, without its line end; empty when the end is missing.
    pub terminator: Span,
}

/// A heredoc that a line announces.
pub(crate) struct Announced {
    pub(crate) name: String,
    pub(crate) descriptor: u32,
    pub(crate) expands: bool,
    pub(crate) strips_tabs: bool,
    pub(crate) range: Range<usize>,
}

/// The heredocs that a joined line announces, in order.
pub(crate) fn announced(line: &str) -> Vec<Announced> {
    if !line.contains("<<") {
        return Vec::new();
    }
    // BuildKit takes a line whose quotes do not close as one without heredocs.
    let words = lex::raw_words(line).unwrap_or_default();
    words.into_iter().filter_map(|range| read(line, range)).collect()
}

fn read(line: &str, range: Range<usize>) -> Option<Announced> {
    let word = &line[range.clone()];
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    let (descriptor, rest) = word.split_at(digits);
    let rest = rest.strip_prefix("<<")?;
    let (strips_tabs, rest) = match rest.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let name = lex::unquote(rest, '\\').ok()?;
    // A name of several words, as from `<<"A B"`, is one word here; an empty one names nothing.
    if name.is_empty() {
        return None;
    }
    Some(Announced {
        expands: name == rest,
        name: name.into_owned(),
        descriptor: descriptor.parse().unwrap_or(0),
        strips_tabs,
        range,
    })
}

/// The body of a heredoc as it is used.
pub(crate) fn text(file: &str, body: Span, strips_tabs: bool) -> Excerpt<'_> {
    if !strips_tabs || !body.of(file).contains('\t') {
        return Excerpt::slice(file, body);
    }
    let mut pieces = Vec::new();
    let mut at = body.start as usize;
    for line in body.of(file).split_inclusive('\n') {
        let kept = line.trim_start_matches('\t').len();
        at += line.len();
        pieces.push(Span::new(at - kept, at));
    }
    Excerpt::join(file, &pieces)
}
