//! The text of a script that stands inside a word, with quotes and escapes taken out and positions kept.

use std::borrow::Cow;
use std::ops::Range;

use syntax::Excerpt;

use crate::cursor::Cursor;
use crate::script::{Assignment, Command, Part, Parts, Redirect, Word};

/// The script that these adjacent words of a command consist of; `None` if its text is not certain enough.
pub(crate) fn given_excerpt<'e>(excerpt: &'e Excerpt<'e>, words: &[Word]) -> Option<Excerpt<'e>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut end = None;
    for word in words {
        let start = excerpt.position(word.span.start as usize)?;
        let stop = excerpt.position((word.span.end as usize).checked_sub(1)?)? + 1;
        if let Some(end) = end
            && end < start
        {
            // One of the blanks between two words stands for the one that `eval` puts there.
            ranges.push(start - 1..start);
        }
        let cursor = Cursor::new(excerpt, start..stop);
        unquote(&cursor, &mut ranges)?;
        end = Some(stop);
    }
    let is_known = words.iter().all(|it| !starts_unknown(it));
    (is_known && !ranges.is_empty()).then(|| excerpt.parts(&ranges))
}

/// Whether the word is an expansion from its first byte on: no program is known to stand there.
fn starts_unknown(word: &Word) -> bool {
    match &word.parts {
        Parts::Text(_) => false,
        Parts::Mixed(parts) => match parts.as_slice() {
            [Part::Unknown { .. }, ..] => true,
            parts => parts.iter().all(|it| matches!(it, Part::Variable { .. })),
        },
    }
}

/// Adds the ranges of the word's bytes that remain when its quotes and escapes are removed.
fn unquote(cursor: &Cursor, ranges: &mut Vec<Range<usize>>) -> Option<()> {
    let mut at = cursor.at;
    let mut is_double = false;
    let end = cursor.bytes.len();
    let mut keep = |range: Range<usize>| match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ if range.is_empty() => {}
        _ => ranges.push(range),
    };
    while at < end {
        let next = cursor.byte(at + 1);
        match cursor.byte(at) {
            b'"' => {
                is_double = !is_double;
                at += 1;
            }
            b'\'' if !is_double => {
                let stop = cursor.after_single(at)?;
                keep(at + 1..stop - 1);
                at = stop;
            }
            b'$' if next == b'\'' && !is_double => {
                let stop = cursor.after_ansi(at + 1)?;
                if cursor.slice(at..stop).contains('\\') {
                    return None;
                }
                keep(at + 2..stop - 1);
                at = stop;
            }
            b'$' if next == b'"' && !is_double => at += 1,
            b'$' if next == b'(' || next == b'{' => {
                let stop = match next {
                    b'(' => cursor.after_parenthesis(at + 1, 0)?,
                    _ => cursor.after_brace(at + 1, is_double, 0)?,
                };
                keep(at..stop);
                at = stop;
            }
            b'`' => {
                let stop = cursor.after_backtick(at)?;
                keep(at..stop);
                at = stop;
            }
            b'\\' if cursor.newline(at + 1) > 0 => at += 1 + cursor.newline(at + 1),
            b'\\' if !is_double || matches!(next, b'"' | b'\\' | b'$' | b'`') => {
                keep((at + 1).min(end)..(at + 2).min(end));
                at += 2;
            }
            _ => {
                keep(at..at + 1);
                at += 1;
            }
        }
    }
    Some(())
}

/// The text of a backtick substitution: a backslash before `$`, a backtick or a backslash is dropped.
pub(crate) fn without_backslashes<'e>(
    excerpt: &'e Excerpt<'e>,
    range: Range<usize>,
) -> Excerpt<'e> {
    let bytes = excerpt.text().as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut from = range.start;
    let mut at = range.start;
    while at < range.end {
        if byte(at) == b'\\' {
            if matches!(byte(at + 1), b'$' | b'`' | b'\\') {
                ranges.push(from..at);
                from = at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    ranges.push(from..range.end);
    excerpt.parts(&ranges)
}

/// The command with all of its texts copied.
pub(crate) fn into_owned(command: Command<'_>) -> Command<'static> {
    let assignment = |it: Assignment<'_>| Assignment {
        span: it.span,
        name: own(it.name),
        value: own_word(it.value),
    };
    let redirect = |it: Redirect<'_>| Redirect {
        span: it.span,
        operator: it.operator,
        target: own_word(it.target),
    };
    Command {
        span: command.span,
        assignments: command.assignments.into_iter().map(assignment).collect(),
        wrappers: command.wrappers.into_iter().map(own_word).collect(),
        words: command.words.into_iter().map(own_word).collect(),
        redirects: command.redirects.into_iter().map(redirect).collect(),
        place: command.place,
        has_script: command.has_script,
    }
}

/// The names, copied.
pub(crate) fn own_names(names: Vec<Cow<'_, str>>) -> Vec<Cow<'static, str>> {
    names.into_iter().map(own).collect()
}

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn own_word(word: Word<'_>) -> Word<'static> {
    let part = |it: Part<'_>| match it {
        Part::Text { text, is_quoted } => Part::Text { text: own(text), is_quoted },
        Part::Variable { name, modifier, is_quoted } => {
            Part::Variable { name: own(name), modifier: own(modifier), is_quoted }
        }
        Part::Unknown { text } => Part::Unknown { text: own(text) },
    };
    let parts = match word.parts {
        Parts::Text(text) => Parts::Text(own(text)),
        Parts::Mixed(parts) => Parts::Mixed(parts.into_iter().map(part).collect()),
    };
    Word { span: word.span, parts }
}
