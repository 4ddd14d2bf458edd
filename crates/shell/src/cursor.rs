//! A position in shell text, and how to step over blanks, comments, quotes and brackets.

use std::ops::Range;

use syntax::{Excerpt, Span};

/// How deep quotes and brackets may enclose each other; deeper is treated as not understood.
const MAX_DEPTH: u8 = 40;

/// A `$(…)`, `<(…)` or backtick substitution that was passed: what stands inside the delimiters.
#[derive(Clone, Debug)]
pub(crate) struct Substitution {
    pub(crate) range: Range<usize>,
    pub(crate) is_backtick: bool,
}

/// A heredoc whose body begins on the next line.
#[derive(Clone, Debug)]
pub(crate) struct Heredoc {
    pub(crate) delimiter: String,
    pub(crate) strips_tabs: bool,
}

/// Reads shell text from left to right; words and simple commands are read in `word` and `simple`.
pub(crate) struct Cursor<'t> {
    pub(crate) excerpt: &'t Excerpt<'t>,
    pub(crate) text: &'t str,
    /// The bytes of `text` up to where reading must end.
    pub(crate) bytes: &'t [u8],
    pub(crate) at: usize,
    pub(crate) substitutions: Vec<Substitution>,
    pub(crate) heredocs: Vec<Heredoc>,
    /// A quote or bracket was not closed, or a redirection has no target.
    pub(crate) is_broken: bool,
}

impl<'t> Cursor<'t> {
    pub(crate) fn new(excerpt: &'t Excerpt<'t>, range: Range<usize>) -> Cursor<'t> {
        let text = excerpt.text();
        let bytes = text.as_bytes();
        Cursor {
            excerpt,
            text,
            bytes: bytes.get(..range.end).unwrap_or(bytes),
            at: range.start,
            substitutions: Vec::new(),
            heredocs: Vec::new(),
            is_broken: false,
        }
    }

    /// The byte at `at`, 0 past the end.
    #[inline]
    pub(crate) fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    pub(crate) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        self.excerpt.span(range)
    }

    /// Whether the bytes at the cursor are these.
    pub(crate) fn is_at(&self, token: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|it| it.starts_with(token.as_bytes()))
    }

    /// Length of the newline at `at`: 1, or 2 with a carriage return; 0 if there is none.
    pub(crate) fn newline(&self, at: usize) -> usize {
        match self.byte(at) {
            b'\n' => 1,
            b'\r' if self.byte(at + 1) == b'\n' => 2,
            _ => 0,
        }
    }

    /// Steps over spaces, tabs and continuations.
    pub(crate) fn skip_blanks(&mut self) {
        loop {
            match self.byte(self.at) {
                b' ' | b'\t' => self.at += 1,
                b'\\' => match self.newline(self.at + 1) {
                    0 => return,
                    length => self.at += 1 + length,
                },
                _ => return,
            }
        }
    }

    /// Steps over blanks and a comment, up to the newline.
    pub(crate) fn skip_blanks_and_comment(&mut self) {
        self.skip_blanks();
        if self.byte(self.at) == b'#' {
            self.at = self.line_end(self.at);
        }
    }

    /// Where the line that holds `at` ends, before its newline.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        let Some(length) = rest.iter().position(|it| *it == b'\n') else {
            return self.bytes.len();
        };
        match at + length {
            end if length > 0 && self.byte(end - 1) == b'\r' => end - 1,
            end => end,
        }
    }

    /// The end of `'…'` whose opening quote is at `at`.
    pub(crate) fn after_single(&self, at: usize) -> Option<usize> {
        let rest = self.bytes.get(at + 1..)?;
        Some(at + 2 + rest.iter().position(|it| *it == b'\'')?)
    }

    /// The end of `$'…'` whose opening quote is at `at`.
    pub(crate) fn after_ansi(&self, at: usize) -> Option<usize> {
        self.after_escaped(at, b'\'')
    }

    /// The end of a backtick substitution that opens at `at`.
    pub(crate) fn after_backtick(&self, at: usize) -> Option<usize> {
        self.after_escaped(at, b'`')
    }

    fn after_escaped(&self, at: usize, close: u8) -> Option<usize> {
        let mut next = at + 1;
        while next < self.bytes.len() {
            match self.byte(next) {
                b'\\' => next += 2,
                it if it == close => return Some(next + 1),
                _ => next += 1,
            }
        }
        None
    }

    /// The end of `"…"` whose opening quote is at `at`.
    pub(crate) fn after_double(&self, at: usize, depth: u8) -> Option<usize> {
        let depth = deeper(depth)?;
        let mut next = at + 1;
        while next < self.bytes.len() {
            next = match self.byte(next) {
                b'\\' => next + 2,
                b'"' => return Some(next + 1),
                b'`' => self.after_backtick(next)?,
                b'$' if self.byte(next + 1) == b'(' => self.after_parenthesis(next + 1, depth)?,
                b'$' if self.byte(next + 1) == b'{' => self.after_brace(next + 1, true, depth)?,
                _ => next + 1,
            };
        }
        None
    }

    /// The end of `(…)` that opens at `at`, inner ones included.
    pub(crate) fn after_parenthesis(&self, at: usize, depth: u8) -> Option<usize> {
        let depth = deeper(depth)?;
        let mut next = at + 1;
        let mut n_open = 1;
        while next < self.bytes.len() {
            next = match self.byte(next) {
                b'\\' => next + 2,
                b'\'' if self.byte(next - 1) == b'$' => self.after_ansi(next)?,
                b'\'' => self.after_single(next)?,
                b'"' => self.after_double(next, depth)?,
                b'`' => self.after_backtick(next)?,
                b'$' if self.byte(next + 1) == b'{' => self.after_brace(next + 1, false, depth)?,
                b'#' if matches!(self.byte(next - 1), b' ' | b'\t' | b'\n' | b';') => {
                    self.line_end(next).max(next + 1)
                }
                b'(' => {
                    n_open += 1;
                    next + 1
                }
                b')' if n_open == 1 => return Some(next + 1),
                b')' => {
                    n_open -= 1;
                    next + 1
                }
                _ => next + 1,
            };
        }
        None
    }

    /// The end of `{…}` in `${…}` whose brace is at `at`. Inside double quotes a single quote is no quote.
    pub(crate) fn after_brace(&self, at: usize, is_quoted: bool, depth: u8) -> Option<usize> {
        let depth = deeper(depth)?;
        let mut next = at + 1;
        while next < self.bytes.len() {
            next = match self.byte(next) {
                b'\\' => next + 2,
                b'}' => return Some(next + 1),
                b'\'' if !is_quoted => self.after_single(next)?,
                b'"' => self.after_double(next, depth)?,
                b'`' => self.after_backtick(next)?,
                b'$' if self.byte(next + 1) == b'(' => self.after_parenthesis(next + 1, depth)?,
                b'$' if self.byte(next + 1) == b'{' => {
                    self.after_brace(next + 1, is_quoted, depth)?
                }
                _ => next + 1,
            };
        }
        None
    }

    /// Notes the substitutions inside `${…}` or `$((…))`.
    pub(crate) fn collect_substitutions(&mut self, range: Range<usize>) {
        let mut next = range.start;
        while next < range.end {
            let (open, end) = match self.byte(next) {
                b'\\' => {
                    next += 2;
                    continue;
                }
                b'`' => (next + 1, self.after_backtick(next)),
                b'$' if self.byte(next + 1) == b'(' && self.byte(next + 2) != b'(' => {
                    (next + 2, self.after_parenthesis(next + 1, 0))
                }
                _ => {
                    next += 1;
                    continue;
                }
            };
            let Some(end) = end.filter(|it| *it <= range.end) else { return };
            let is_backtick = open == next + 1;
            self.substitutions.push(Substitution { range: open..end - 1, is_backtick });
            next = end;
        }
    }
}

fn deeper(depth: u8) -> Option<u8> {
    (depth < MAX_DEPTH).then_some(depth + 1)
}
