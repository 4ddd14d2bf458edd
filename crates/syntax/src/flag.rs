//! Instruction flags: `--mount=…`, `--from=…` and their kin, before the arguments.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Excerpt, Span};

/// A flag of an instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag<'t> {
    /// Without the dashes.
    pub name: Cow<'t, str>,
    /// Behind the first `=`, quotes and escapes removed; `None` without `=`.
    pub value: Option<Cow<'t, str>>,
    /// The whole word as written.
    pub span: Span,
    /// The value as written; empty at the word's end without `=`.
    pub value_span: Span,
}

/// Reads the flags from `range.start` on. Returns them and the range of what follows.
pub(crate) fn parse<'t>(
    file: &'t str,
    line: &Excerpt<'t>,
    range: Range<usize>,
) -> (Vec<Flag<'t>>, Range<usize>) {
    let text = &line.text()[..range.end];
    let bytes = text.as_bytes();
    let mut flags = Vec::new();
    let mut at = range.start;
    loop {
        while at < bytes.len() && is_space(bytes[at]) {
            at += 1;
        }
        if !bytes[at..].starts_with(b"--") {
            break;
        }
        let start = at;
        let mut word = String::new();
        let mut quote = None;
        let mut has_quotes = false;
        while at < bytes.len() {
            let byte = bytes[at];
            match quote {
                None if is_space(byte) => break,
                None if byte == b'\'' || byte == b'"' => {
                    quote = Some(byte);
                    has_quotes = true;
                }
                Some(open) if byte == open => quote = None,
                _ => {
                    // BuildKit always takes the backslash here, whatever the escape directive says.
                    if byte == b'\\' {
                        at += 1;
                    }
                    // BuildKit reads flags byte by byte, so a multi-byte character becomes several.
                    if let Some(byte) = bytes.get(at) {
                        word.push(char::from(*byte));
                    }
                }
            }
            at += 1;
        }
        at = at.min(bytes.len());
        if word == "--" {
            // A flag word that ends at the end of the line is dropped as well; what follows is the argument.
            break;
        }
        if word.is_empty() && !has_quotes {
            continue;
        }
        flags.push(flag(file, line, start..at, word));
    }
    while !text.is_char_boundary(at) {
        at += 1;
    }
    (flags, at..range.end)
}

fn flag<'t>(file: &'t str, line: &Excerpt<'t>, range: Range<usize>, word: String) -> Flag<'t> {
    let span = line.span(range.clone());
    let written = span.of(file);
    let equals = line.text().as_bytes()[range.clone()].iter().position(|it| *it == b'=');
    let value_span = match equals {
        Some(it) if range.start + it + 1 < range.end => line.span(range.start + it + 1..range.end),
        _ => Span { start: span.end, end: span.end },
    };
    if written == word {
        let name = &written[2.min(written.len())..];
        return match name.split_once('=') {
            Some((name, value)) => {
                Flag { name: name.into(), value: Some(value.into()), span, value_span }
            }
            None => Flag { name: name.into(), value: None, span, value_span },
        };
    }
    let name = word.get(2..).unwrap_or("");
    let (name, value) = match name.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(Cow::Owned(value.to_owned()))),
        None => (name.to_owned(), None),
    };
    Flag { name: name.into(), value, span, value_span }
}

/// `unicode.IsSpace` of a byte taken as a Latin-1 character, as BuildKit does here.
fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t'..=b'\r' | b' ' | 0x85 | 0xA0)
}
