//! What follows an instruction's keyword and flags, split the way the builder splits it.

use std::borrow::Cow;
use std::ops::Range;

use crate::json::{self, Array};
use crate::{Excerpt, Instruction, Keyword, Span, SyntaxError};

/// A word of the Dockerfile language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// As written, quotes and variables kept; decoded in the exec form.
    pub text: Cow<'t, str>,
    /// The word as written, with its quotes.
    pub span: Span,
}

/// `name=value` of ENV, LABEL and ARG.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair<'t> {
    /// As written, quotes kept.
    pub name: Word<'t>,
    /// As written, quotes kept; `None` for `ARG name`.
    pub value: Option<Word<'t>>,
    /// From the name to the end of the value.
    pub span: Span,
    /// `ENV name value`, the old form, in which quotes are kept literally until expansion.
    pub is_legacy: bool,
}

/// The arguments of an instruction.
#[derive(Clone, Debug)]
pub enum Arguments<'t> {
    /// None, or they could not be read (which is reported as a syntax error).
    Missing,
    /// Words between blanks: FROM, EXPOSE, COPY, ADD, VOLUME.
    Words(Vec<Word<'t>>),
    /// A JSON array: the exec form of RUN, CMD, ENTRYPOINT, SHELL, COPY, ADD, VOLUME.
    Exec {
        /// The decoded elements.
        words: Vec<Word<'t>>,
        /// From `[` to `]`.
        span: Span,
    },
    /// Text for a shell: RUN, CMD, ENTRYPOINT, SHELL. With heredocs, the first line only.
    Shell(Excerpt<'t>),
    /// ENV, LABEL, ARG.
    Pairs(Vec<Pair<'t>>),
    /// The whole rest as one text: MAINTAINER, STOPSIGNAL, USER, WORKDIR.
    Text(Word<'t>),
    /// ONBUILD's instruction.
    Nested(Box<Instruction<'t>>),
    /// HEALTHCHECK's `NONE` or `CMD`, and its command (`Shell`, `Exec` or `Missing`).
    Health {
        /// `NONE` or `CMD` as written.
        kind: Word<'t>,
        /// The command.
        command: Box<Arguments<'t>>,
    },
}

impl<'t> Arguments<'t> {
    /// The words of a list, in either form; empty for anything else.
    pub fn words(&self) -> &[Word<'t>] {
        match self {
            Arguments::Words(words) | Arguments::Exec { words, .. } => words,
            _ => &[],
        }
    }

    /// The pairs of ENV, LABEL, ARG; empty for anything else.
    pub fn pairs(&self) -> &[Pair<'t>] {
        match self {
            Arguments::Pairs(pairs) => pairs,
            _ => &[],
        }
    }

    /// The single text of MAINTAINER, STOPSIGNAL, USER or WORKDIR.
    pub fn text(&self) -> Option<&Word<'t>> {
        match self {
            Arguments::Text(word) => Some(word),
            _ => None,
        }
    }
}

/// Reads arguments out of the joined line of one instruction.
pub(crate) struct Reader<'a, 't> {
    pub(crate) file: &'t str,
    pub(crate) line: &'a Excerpt<'t>,
    pub(crate) escape: char,
    pub(crate) errors: &'a mut Vec<SyntaxError>,
}

impl<'t> Reader<'_, 't> {
    /// The arguments of `keyword` in `range`, which is trimmed. ONBUILD is handled by the caller.
    pub(crate) fn read(&mut self, keyword: Keyword, range: Range<usize>) -> Arguments<'t> {
        if range.is_empty() {
            return Arguments::Missing;
        }
        match keyword {
            Keyword::From | Keyword::Expose => Arguments::Words(self.blank_separated(range)),
            Keyword::Copy | Keyword::Add | Keyword::Volume => match self.exec(range.clone()) {
                Some(exec) => exec,
                None => Arguments::Words(self.blank_separated(range)),
            },
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Shell => {
                self.shell_or_exec(range)
            }
            Keyword::Healthcheck => self.health(range),
            Keyword::Env | Keyword::Label => self.pairs(keyword, range),
            Keyword::Arg => {
                let words = self.quoted_words(range);
                Arguments::Pairs(words.into_iter().map(|it| self.argument(it)).collect())
            }
            Keyword::User | Keyword::Workdir | Keyword::Stopsignal | Keyword::Maintainer => {
                Arguments::Text(self.word(range))
            }
            Keyword::Onbuild | Keyword::Unknown => Arguments::Missing,
        }
    }

    fn word(&self, range: Range<usize>) -> Word<'t> {
        let span = self.line.span(range.clone());
        let text = if span.len() == range.len() {
            Cow::Borrowed(span.of(self.file))
        } else {
            Cow::Owned(self.line.text()[range].to_owned())
        };
        Word { text, span }
    }

    fn blank_separated(&self, range: Range<usize>) -> Vec<Word<'t>> {
        let text = self.line.text();
        let mut words = Vec::new();
        let mut start = range.start;
        for (at, byte) in text[range.clone()].bytes().enumerate() {
            let at = range.start + at;
            if matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ') {
                if at > start {
                    words.push(self.word(start..at));
                }
                start = at + 1;
            }
        }
        if range.end > start {
            words.push(self.word(start..range.end));
        }
        words
    }

    fn exec(&mut self, range: Range<usize>) -> Option<Arguments<'t>> {
        let text = &self.line.text()[range.clone()];
        if !text.starts_with('[') {
            return None;
        }
        match json::array(text) {
            Array::NotJson => None,
            Array::Other(element) => {
                let span = self.line.span(range.start + element.start..range.start + element.end);
                self.errors.push(SyntaxError::new(
                    span,
                    "every element of the JSON array must be a string",
                    "put it in double quotes, or write the command without `[ ]`",
                ));
                Some(Arguments::Missing)
            }
            Array::Strings(elements) => {
                let word = |(value, element): (Cow<'_, str>, Range<usize>)| Word {
                    span: self.line.span(range.start + element.start..range.start + element.end),
                    text: Cow::Owned(value.into_owned()),
                };
                let words = elements.into_iter().map(word).collect();
                Some(Arguments::Exec { words, span: self.line.span(range) })
            }
        }
    }

    fn shell_or_exec(&mut self, range: Range<usize>) -> Arguments<'t> {
        match self.exec(range.clone()) {
            Some(exec) => exec,
            None if range.is_empty() => Arguments::Missing,
            None => Arguments::Shell(self.line.detached(self.file, range)),
        }
    }

    fn health(&mut self, range: Range<usize>) -> Arguments<'t> {
        let text = &self.line.text()[range.clone()];
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let rest = text.len() - text[end..].trim_start().len();
        let kind = self.word(range.start..range.start + end);
        let command = Box::new(self.shell_or_exec(range.start + rest..range.end));
        Arguments::Health { kind, command }
    }

    fn pairs(&mut self, keyword: Keyword, range: Range<usize>) -> Arguments<'t> {
        let words = self.quoted_words(range.clone());
        let Some(first) = words.first() else { return Arguments::Missing };
        let text = self.line.text();
        if !text[first.clone()].contains('=') {
            return self.legacy_pair(keyword, range);
        }
        let mut pairs = Vec::with_capacity(words.len());
        for word in words {
            if !text[word.clone()].contains('=') {
                self.errors.push(SyntaxError::new(
                    self.line.span(word.clone()),
                    format!("`{}` has no `=`", &text[word]),
                    format!(
                        "write `name=value`, and put a value with blanks in quotes: {} NAME=\"a b\"",
                        keyword.name()
                    ),
                ));
                return Arguments::Missing;
            }
            pairs.push(self.argument(word));
        }
        Arguments::Pairs(pairs)
    }

    fn legacy_pair(&mut self, keyword: Keyword, range: Range<usize>) -> Arguments<'t> {
        let is_blank = |it: char| matches!(it, '\t' | '\x0b' | '\x0c' | '\r' | ' ');
        let text = &self.line.text()[range.clone()];
        let Some(end) = text.find(is_blank) else {
            self.errors.push(SyntaxError::new(
                self.line.span(range),
                format!("{} needs a name and a value", keyword.name()),
                format!("write `{} {text}=value`", keyword.name()),
            ));
            return Arguments::Missing;
        };
        let value = text.len() - text[end..].trim_start_matches(is_blank).len();
        let name = self.word(range.start..range.start + end);
        let value = self.word(range.start + value..range.end);
        let span = name.span.to(value.span);
        Arguments::Pairs(vec![Pair { name, value: Some(value), span, is_legacy: true }])
    }

    fn argument(&self, range: Range<usize>) -> Pair<'t> {
        let span = self.line.span(range.clone());
        match self.line.text()[range.clone()].find('=') {
            Some(equals) => {
                let equals = range.start + equals;
                let mut value = self.word(equals + 1..range.end);
                if value.text.is_empty() {
                    value.span = Span { start: span.end, end: span.end };
                }
                let name = self.word(range.start..equals);
                Pair { name, value: Some(value), span, is_legacy: false }
            }
            None => Pair { name: self.word(range), value: None, span, is_legacy: false },
        }
    }

    /// Words in which quotes hold blanks together; an escape character at the very end is dropped.
    fn quoted_words(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let text = &self.line.text()[range.clone()];
        let mut words = Vec::new();
        let mut start = None;
        let mut end = 0;
        let mut quote = None;
        let mut chars = text.char_indices().peekable();
        while let Some((at, ch)) = chars.next() {
            if quote.is_none() && ch.is_whitespace() {
                words.extend(start.take().map(|it| range.start + it..range.start + end));
                continue;
            }
            let is_escape = ch == self.escape && quote != Some('\'');
            if is_escape && chars.peek().is_none() {
                break;
            }
            start.get_or_insert(at);
            end = at + ch.len_utf8();
            if quote == Some(ch) {
                quote = None;
            } else if quote.is_none() && matches!(ch, '\'' | '"') {
                quote = Some(ch);
            } else if is_escape && let Some((at, next)) = chars.next() {
                end = at + next.len_utf8();
            }
        }
        words.extend(start.map(|it| range.start + it..range.start + end));
        words
    }
}
