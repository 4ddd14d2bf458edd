//! Reads one simple command: assignments, words and redirections up to an operator, a newline or a comment.

use std::borrow::Cow;

use syntax::Span;

use crate::cursor::{Cursor, Heredoc};
use crate::script::{Assignment, Command, Part, Parts, Place, Redirect, Word};
use crate::word::is_name_start;

/// Longest first, so that `<<` is not taken for `<`.
const REDIRECTS: [&str; 12] =
    ["<<<", "<<-", "&>>", "<<", "<&", "<>", ">>", ">|", ">&", "&>", "<", ">"];

/// Builtins whose arguments may be array assignments.
const DECLARATIONS: [&str; 5] = ["export", "declare", "local", "readonly", "typeset"];

impl<'t> Cursor<'t> {
    /// The simple command at the cursor; `None`, without moving, where none begins. The cursor ends up behind its
    /// last byte. The command's wrappers are still among its words.
    pub(crate) fn simple_command(&mut self, place: Place) -> Option<Command<'t>> {
        let start = self.at;
        let mut end = start;
        let mut assignments = Vec::new();
        let mut words: Vec<Word<'t>> = Vec::new();
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            match self.byte(self.at) {
                b'#' => break,
                b'0'..=b'9' | b'<' | b'>' | b'&' => {
                    if let Some(redirect) = self.redirect() {
                        redirects.push(redirect);
                        end = self.at;
                        continue;
                    }
                }
                it if words.is_empty() && is_name_start(it) => {
                    if let Some(assignment) = self.assignment() {
                        assignments.push(assignment);
                        end = self.at;
                        continue;
                    }
                }
                b'(' => {
                    if self.byte(self.at.saturating_sub(1)) == b'='
                        && let Some(word) = self.array_of(&mut words)
                    {
                        words.push(word);
                        end = self.at;
                        continue;
                    }
                }
                _ => {}
            }
            let Some(word) = self.word() else { break };
            words.push(word);
            end = self.at;
        }
        self.at = end;
        if end == start {
            return None;
        }
        let span = self.span(start..end);
        let wrappers = Vec::new();
        Some(Command { span, assignments, wrappers, words, redirects, place, has_script: false })
    }

    /// The redirection at the cursor, if there is one.
    pub(crate) fn redirect(&mut self) -> Option<Redirect<'t>> {
        let start = self.at;
        let mut at = start;
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        let is_process = matches!(self.byte(at), b'<' | b'>') && self.byte(at + 1) == b'(';
        let rest = self.bytes.get(at..)?;
        let operator = *REDIRECTS.iter().find(|it| rest.starts_with(it.as_bytes()))?;
        if is_process || (at > start && operator.starts_with('&')) {
            return None;
        }
        self.at = at + operator.len();
        self.skip_blanks();
        let target = match self.word() {
            Some(word) => word,
            None => {
                self.is_broken = true;
                self.at = at + operator.len();
                self.empty_word()
            }
        };
        if matches!(operator, "<<" | "<<-") {
            let strips_tabs = operator == "<<-";
            match target.literal() {
                Some(it) => {
                    self.heredocs.push(Heredoc { delimiter: it.to_owned(), strips_tabs });
                }
                None => self.is_broken = true,
            }
        }
        Some(Redirect { span: self.span(start..self.at), operator, target })
    }

    /// The assignment at the cursor, if there is one.
    fn assignment(&mut self) -> Option<Assignment<'t>> {
        let start = self.at;
        let mut name_end = self.name_end(start);
        if self.byte(name_end) == b'[' {
            let rest = self.bytes.get(name_end..)?;
            name_end +=
                1 + rest.iter().take_while(|it| **it != b'\n').position(|it| *it == b']')?;
        }
        let is_append = self.byte(name_end) == b'+';
        let equals = name_end + usize::from(is_append);
        if self.byte(equals) != b'=' {
            return None;
        }
        self.at = equals + 1;
        let name = Cow::Borrowed(self.slice(start..name_end));
        let mut value = match self.byte(self.at) {
            b'(' => self.array()?,
            _ => self.word().unwrap_or_else(|| self.empty_word()),
        };
        if is_append {
            value.parts = appended(name.clone(), value.parts);
        }
        Some(Assignment { span: self.span(start..self.at), name, value })
    }

    /// `(…)` at the cursor as one word.
    fn array(&mut self) -> Option<Word<'t>> {
        let start = self.at;
        let Some(end) = self.after_parenthesis(start, 0) else {
            self.is_broken = true;
            self.at = self.bytes.len();
            return Some(self.empty_word());
        };
        self.collect_substitutions(start..end);
        self.at = end;
        let text = Cow::Borrowed(self.slice(start..end));
        let parts = Parts::Mixed(vec![Part::Unknown { text }]);
        Some(Word { span: self.span(start..end), parts })
    }

    /// `NAME=(…)` among the arguments of `declare` and its kin, whose `NAME=` is the last of the words.
    fn array_of(&mut self, words: &mut Vec<Word<'t>>) -> Option<Word<'t>> {
        let program = words.first()?.literal()?;
        if !DECLARATIONS.contains(&program) || words.len() < 2 {
            return None;
        }
        let array = self.array()?;
        let before = words.pop()?;
        let mut parts = Vec::with_capacity(2);
        if let Parts::Text(text) = before.parts {
            parts.push(Part::Text { text, is_quoted: false });
        }
        if let Parts::Mixed(array) = array.parts {
            parts.extend(array);
        }
        Some(Word { span: before.span.to(array.span), parts: Parts::Mixed(parts) })
    }

    /// A word without a byte, where the cursor stands.
    fn empty_word(&self) -> Word<'t> {
        // An empty range maps to where the next byte stands, which may be lines further on.
        let at = match self.at.checked_sub(1) {
            Some(before) => self.span(before..self.at).end as usize,
            None => self.excerpt.offset(0),
        };
        Word { span: Span::at(at), parts: Parts::Text(Cow::Borrowed("")) }
    }
}

/// `NAME+=value` is the same as `NAME="$NAME"value`.
fn appended<'t>(name: Cow<'t, str>, value: Parts<'t>) -> Parts<'t> {
    let mut parts = vec![Part::Variable { name, modifier: Cow::Borrowed(""), is_quoted: true }];
    match value {
        Parts::Text(text) => parts.push(Part::Text { text, is_quoted: false }),
        Parts::Mixed(more) => parts.extend(more),
    }
    Parts::Mixed(parts)
}

impl<'t> Cursor<'t> {
    /// `[[ … ]]` at the cursor as one command, its operators as words; `None` if it is not closed.
    pub(crate) fn test_command(&mut self, place: Place) -> Option<Command<'t>> {
        let start = self.at;
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            match self.newline(self.at) {
                0 => {}
                length => {
                    self.at += length;
                    continue;
                }
            }
            if self.is_at_end() || self.is_broken {
                return None;
            }
            let is_pattern = words.last().and_then(Word::literal) == Some("=~");
            let word = if is_pattern { self.pattern() } else { self.word() };
            let word = word.unwrap_or_else(|| self.test_operator());
            let is_last = word.literal() == Some("]]");
            words.push(word);
            if is_last {
                break;
            }
        }
        Some(Command {
            span: self.span(start..self.at),
            assignments: Vec::new(),
            wrappers: Vec::new(),
            words,
            redirects: Vec::new(),
            place,
            has_script: false,
        })
    }

    /// `&&`, `||`, `(`, `)`, `<` or `>` inside `[[ … ]]`.
    fn test_operator(&mut self) -> Word<'t> {
        let start = self.at;
        self.at += if self.is_at("&&") || self.is_at("||") { 2 } else { 1 };
        let text = Cow::Borrowed(self.slice(start..self.at));
        Word { span: self.span(start..self.at), parts: Parts::Text(text) }
    }

    /// The regular expression after `=~`: up to a blank outside parentheses.
    fn pattern(&mut self) -> Option<Word<'t>> {
        let start = self.at;
        while !self.is_at_end() {
            match self.byte(self.at) {
                b' ' | b'\t' | b'\n' => break,
                b'(' => self.at = self.after_parenthesis(self.at, 0)?,
                b'\\' => self.at += 2,
                b'\'' => self.at = self.after_single(self.at)?,
                b'"' => self.at = self.after_double(self.at, 0)?,
                _ => self.at += 1,
            }
        }
        self.at = self.at.min(self.bytes.len());
        if self.at == start {
            return None;
        }
        let text = self.slice(start..self.at);
        self.collect_substitutions(start..self.at);
        let parts = match text.contains(['$', '`', '\'', '"', '\\']) {
            true => Parts::Mixed(vec![Part::Unknown { text: Cow::Borrowed(text) }]),
            false => Parts::Text(Cow::Borrowed(text)),
        };
        Some(Word { span: self.span(start..self.at), parts })
    }
}
