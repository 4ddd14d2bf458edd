//! Reads one word: quotes and escapes are removed, expansions become parts.

use std::borrow::Cow;
use std::ops::Range;

use crate::cursor::{Cursor, Substitution};
use crate::script::{Part, Parts, Word};

/// Which bytes end a run of plain text inside an unquoted word.
const IS_SPECIAL: [bool; 256] = {
    let mut table = [false; 256];
    let special = b" \t\r\n;&|()<>'\"`\\$";
    let mut index = 0;
    while index < special.len() {
        table[special[index] as usize] = true;
        index += 1;
    }
    table
};

impl<'t> Cursor<'t> {
    /// The word at the cursor; `None`, without moving, where no word begins.
    pub(crate) fn word(&mut self) -> Option<Word<'t>> {
        let start = self.at;
        let plain = self.plain_end(start);
        if plain > start && (plain >= self.bytes.len() || self.ends_word(plain)) {
            self.at = plain;
            let text = Cow::Borrowed(self.slice(start..plain));
            return Some(Word { span: self.span(start..plain), parts: Parts::Text(text) });
        }
        let mut builder = Builder::new();
        while !self.is_at_end() {
            let at = self.at;
            match self.byte(at) {
                b'\'' => self.single_quoted(&mut builder),
                b'"' => self.double_quoted(&mut builder),
                b'$' => self.dollar(&mut builder, false),
                b'`' => self.backtick(&mut builder),
                b'\\' => self.backslash(&mut builder),
                b'<' | b'>' if at == start && self.byte(at + 1) == b'(' => {
                    self.substitution(&mut builder, at + 1);
                }
                b'(' if at > start && is_glob_prefix(self.byte(at - 1)) => {
                    match self.after_parenthesis(at, 0) {
                        Some(end) => {
                            builder.text(self, at..end, false);
                            self.at = end;
                        }
                        None => break,
                    }
                }
                b'\r' if self.newline(at) == 0 => {
                    builder.text(self, at..at + 1, false);
                    self.at += 1;
                }
                it if IS_SPECIAL[it as usize] => break,
                _ => {
                    let end = self.plain_end(at);
                    builder.text(self, at..end, false);
                    self.at = end;
                }
            }
        }
        if self.at == start {
            return None;
        }
        Some(Word { span: self.span(start..self.at), parts: builder.finish() })
    }

    /// Where the run of plain text from `at` on ends.
    #[inline]
    fn plain_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        let length = rest.iter().position(|it| IS_SPECIAL[*it as usize]);
        at + length.unwrap_or(rest.len())
    }

    /// Whether the special byte at `at`, which follows plain text, cannot be a part of the word.
    fn ends_word(&self, at: usize) -> bool {
        match self.byte(at) {
            b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' | b'<' | b'>' => true,
            b'\r' => self.newline(at) > 0,
            b'(' => !is_glob_prefix(self.byte(at.saturating_sub(1))),
            _ => false,
        }
    }

    /// The quote or bracket at the cursor is not closed: the rest is taken as text.
    fn give_up(&mut self, builder: &mut Builder<'t>, is_quoted: bool) {
        builder.text(self, self.at..self.bytes.len(), is_quoted);
        self.at = self.bytes.len();
        self.is_broken = true;
    }

    fn single_quoted(&mut self, builder: &mut Builder<'t>) {
        match self.after_single(self.at) {
            Some(end) => {
                builder.text(self, self.at + 1..end - 1, true);
                self.at = end;
            }
            None => self.give_up(builder, true),
        }
    }

    fn double_quoted(&mut self, builder: &mut Builder<'t>) {
        self.at += 1;
        builder.text(self, self.at..self.at, true);
        while !self.is_at_end() {
            let at = self.at;
            match self.byte(at) {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'$' => self.dollar(builder, true),
                b'`' => self.backtick(builder),
                b'\\' if self.newline(at + 1) > 0 => self.at += 1 + self.newline(at + 1),
                b'\\' if matches!(self.byte(at + 1), b'"' | b'\\' | b'$' | b'`') => {
                    builder.text(self, at + 1..at + 2, true);
                    self.at += 2;
                }
                _ => {
                    let rest = self.bytes.get(at + 1..).unwrap_or(&[]);
                    let is_end = |it: &u8| matches!(it, b'"' | b'$' | b'`' | b'\\');
                    let end = at + 1 + rest.iter().position(is_end).unwrap_or(rest.len());
                    builder.text(self, at..end, true);
                    self.at = end;
                }
            }
        }
        self.is_broken = true;
    }

    fn backslash(&mut self, builder: &mut Builder<'t>) {
        let at = self.at;
        match self.newline(at + 1) {
            0 if at + 1 >= self.bytes.len() => {
                builder.text(self, at..at + 1, false);
                self.at += 1;
            }
            0 => {
                let end = self.character_end(at + 1);
                builder.text(self, at + 1..end, true);
                self.at = end;
            }
            length => self.at += 1 + length,
        }
    }

    /// Where the character that begins at `at` ends.
    fn character_end(&self, at: usize) -> usize {
        let length = self.text.get(at..).and_then(|it| it.chars().next()).map_or(1, char::len_utf8);
        (at + length).min(self.bytes.len())
    }

    fn backtick(&mut self, builder: &mut Builder<'t>) {
        let at = self.at;
        let Some(end) = self.after_backtick(at) else { return self.give_up(builder, false) };
        self.substitutions.push(Substitution { range: at + 1..end - 1, is_backtick: true });
        builder.unknown(self.slice(at..end));
        self.at = end;
    }

    /// `$(…)`, `<(…)` or `>(…)` at the cursor, with its parenthesis at `open`.
    fn substitution(&mut self, builder: &mut Builder<'t>, open: usize) {
        let at = self.at;
        let Some(end) = self.after_parenthesis(open, 0) else {
            return self.give_up(builder, false);
        };
        self.substitutions.push(Substitution { range: open + 1..end - 1, is_backtick: false });
        builder.unknown(self.slice(at..end));
        self.at = end;
    }

    fn dollar(&mut self, builder: &mut Builder<'t>, is_quoted: bool) {
        let at = self.at;
        let next = self.byte(at + 1);
        match next {
            b'\'' if !is_quoted => match self.after_ansi(at + 1) {
                Some(end) => {
                    builder.owned(decode_ansi(self.slice(at + 2..end - 1)), true);
                    self.at = end;
                }
                None => self.give_up(builder, true),
            },
            b'"' if !is_quoted => {
                self.at += 1;
                self.double_quoted(builder);
            }
            b'(' => {
                if self.byte(at + 2) == b'('
                    && let Some(inner) = self.after_parenthesis(at + 2, 0)
                    && self.byte(inner) == b')'
                {
                    self.collect_substitutions(at + 3..inner - 1);
                    builder.unknown(self.slice(at..inner + 1));
                    self.at = inner + 1;
                } else {
                    self.substitution(builder, at + 1);
                }
            }
            b'{' => match self.after_brace(at + 1, is_quoted, 0) {
                Some(end) => {
                    self.braced(builder, at + 2..end - 1, is_quoted);
                    self.at = end;
                }
                None => self.give_up(builder, is_quoted),
            },
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' | b'0'..=b'9' => {
                builder.variable(self.slice(at + 1..at + 2), "", is_quoted);
                self.at += 2;
            }
            _ if is_name_start(next) => {
                let end = self.name_end(at + 1);
                builder.variable(self.slice(at + 1..end), "", is_quoted);
                self.at = end;
            }
            _ => {
                builder.text(self, at..at + 1, is_quoted);
                self.at += 1;
            }
        }
    }

    /// What stands inside `${` and `}`.
    fn braced(&mut self, builder: &mut Builder<'t>, range: Range<usize>, is_quoted: bool) {
        let end = match self.byte(range.start) {
            it if is_name_start(it) => self.name_end(range.start),
            b'0'..=b'9' => {
                let rest = self.bytes.get(range.clone()).unwrap_or(&[]);
                range.start + rest.iter().take_while(|it| it.is_ascii_digit()).count()
            }
            b'@' | b'*' | b'?' | b'-' | b'$' => range.start + 1,
            _ => range.start,
        };
        self.collect_substitutions(end..range.end);
        if end == range.start || end > range.end {
            builder.unknown(self.slice(range.start - 2..range.end + 1));
        } else {
            let (name, modifier) = (self.slice(range.start..end), self.slice(end..range.end));
            builder.variable(name, modifier, is_quoted);
        }
    }

    /// Where the variable's name that begins at `at` ends.
    pub(crate) fn name_end(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or(&[]);
        let is_end = |it: &u8| !(it.is_ascii_alphanumeric() || *it == b'_');
        at + rest.iter().position(is_end).unwrap_or(rest.len())
    }
}

/// Whether a variable's name can begin with this byte.
pub(crate) fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

/// `?(…)`, `*(…)`, `+(…)`, `@(…)` and `!(…)` are globs in bash.
fn is_glob_prefix(byte: u8) -> bool {
    matches!(byte, b'?' | b'*' | b'+' | b'@' | b'!')
}

/// Collects the parts of a word; a word that is one slice of the text needs no allocation.
struct Builder<'t> {
    parts: Vec<Part<'t>>,
    text: Option<Cow<'t, str>>,
    is_quoted: bool,
    is_certain: bool,
}

impl<'t> Builder<'t> {
    fn new() -> Builder<'t> {
        Builder { parts: Vec::new(), text: None, is_quoted: false, is_certain: true }
    }

    fn text(&mut self, cursor: &Cursor<'t>, range: Range<usize>, is_quoted: bool) {
        self.push(Cow::Borrowed(cursor.slice(range)), is_quoted);
    }

    fn owned(&mut self, text: String, is_quoted: bool) {
        self.push(Cow::Owned(text), is_quoted);
    }

    fn push(&mut self, text: Cow<'t, str>, is_quoted: bool) {
        match &mut self.text {
            Some(before) if before.is_empty() => {
                *before = text;
                self.is_quoted |= is_quoted;
            }
            Some(_) if text.is_empty() => {}
            Some(before) if self.is_quoted == is_quoted => before.to_mut().push_str(&text),
            _ => {
                self.flush();
                self.text = Some(text);
                self.is_quoted = is_quoted;
            }
        }
    }

    fn flush(&mut self) {
        if let Some(text) = self.text.take()
            && !text.is_empty()
        {
            self.parts.push(Part::Text { text, is_quoted: self.is_quoted });
        }
    }

    fn variable(&mut self, name: &'t str, modifier: &'t str, is_quoted: bool) {
        self.flush();
        self.is_certain = false;
        let (name, modifier) = (Cow::Borrowed(name), Cow::Borrowed(modifier));
        self.parts.push(Part::Variable { name, modifier, is_quoted });
    }

    fn unknown(&mut self, text: &'t str) {
        self.flush();
        self.is_certain = false;
        self.parts.push(Part::Unknown { text: Cow::Borrowed(text) });
    }

    fn finish(mut self) -> Parts<'t> {
        if !self.is_certain {
            self.flush();
            return Parts::Mixed(self.parts);
        }
        if self.parts.is_empty() {
            return Parts::Text(self.text.unwrap_or_default());
        }
        let mut res = String::new();
        for part in &self.parts {
            if let Part::Text { text, .. } = part {
                res.push_str(text);
            }
        }
        res.push_str(self.text.as_deref().unwrap_or(""));
        Parts::Text(Cow::Owned(res))
    }
}

/// The value of `$'…'`, by the list of escapes in bash's manual ("ANSI-C Quoting").
fn decode_ansi(text: &str) -> String {
    let mut res = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(it) = rest.next() {
        if it != '\\' {
            res.push(it);
            continue;
        }
        let Some(escape) = rest.next() else {
            res.push('\\');
            break;
        };
        let (base, limit) = match escape {
            'x' => (16, 2),
            'u' => (16, 4),
            'U' => (16, 8),
            '0'..='7' => (8, 3),
            _ => {
                match simple_escape(escape) {
                    Some(value) => res.push(value),
                    None => res.extend(['\\', escape]),
                }
                continue;
            }
        };
        let mut code = escape.to_digit(8).unwrap_or(0);
        let mut n_digits = usize::from(base == 8);
        while n_digits < limit
            && let Some(digit) = rest.clone().next().and_then(|it| it.to_digit(base))
        {
            code = code.wrapping_mul(base).wrapping_add(digit);
            n_digits += 1;
            rest.next();
        }
        match char::from_u32(code) {
            Some(value) if n_digits > 0 => res.push(value),
            _ => res.extend(['\\', escape]),
        }
    }
    res
}

fn simple_escape(escape: char) -> Option<char> {
    Some(match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'e' | 'E' => '\x1b',
        'f' => '\x0c',
        'v' => '\x0b',
        '\\' | '\'' | '"' | '?' => escape,
        _ => return None,
    })
}
