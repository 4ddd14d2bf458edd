//! The exec form: a JSON array of strings, with the place of each element.

use std::borrow::Cow;

/// What the text of an argument turned out to be.
pub(crate) enum Array<'a> {
    /// Elements as (decoded value, range with quotes).
    Strings(Vec<(Cow<'a, str>, std::ops::Range<usize>)>),
    /// Valid JSON, but this element is not a string: an error, not a fall-back.
    Other(std::ops::Range<usize>),
    /// Not a JSON array: shell form.
    NotJson,
}

/// Reads `text`, from a `[` to its end.
pub(crate) fn array(text: &str) -> Array<'_> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.array().unwrap_or(Array::NotJson)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// Go's decoder refuses deeper nesting; without a limit a line of brackets would exhaust the stack.
const MAX_DEPTH: usize = 200;

impl<'a> Reader<'a> {
    fn array(&mut self) -> Option<Array<'a>> {
        self.at += self.text.len() - self.text.trim_start().len();
        self.take(b'[')?;
        let mut strings = Vec::new();
        let mut other = None;
        self.space();
        if self.peek() != Some(b']') {
            loop {
                self.space();
                let start = self.at;
                if self.peek() == Some(b'"') {
                    strings.push((self.string()?, start..self.at));
                } else {
                    self.value()?;
                    other.get_or_insert(start..self.at);
                }
                self.space();
                if self.peek() == Some(b']') {
                    break;
                }
                self.take(b',')?;
            }
        }
        self.take(b']')?;
        self.space();
        if self.at != self.text.len() {
            return None;
        }
        Some(other.map_or(Array::Strings(strings), Array::Other))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.take(b'"')?;
        let start = self.at;
        let mut decoded: Option<String> = None;
        loop {
            let rest = &self.text[self.at..];
            let ch = rest.chars().next()?;
            match ch {
                '"' => {
                    let plain = &self.text[start..self.at];
                    self.at += 1;
                    return Some(decoded.map_or(Cow::Borrowed(plain), Cow::Owned));
                }
                '\\' => {
                    let out = decoded.get_or_insert_with(|| self.text[start..self.at].to_owned());
                    let (ch, length) = escape(rest)?;
                    out.push(ch);
                    self.at += length;
                }
                '\0'..='\u{1f}' => return None,
                _ => {
                    if let Some(out) = &mut decoded {
                        out.push(ch);
                    }
                    self.at += ch.len_utf8();
                }
            }
        }
    }

    fn value(&mut self) -> Option<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => self.string().map(|_| ()),
            b'[' => self.sequence(b'[', b']', |it| it.value()),
            b'{' => self.sequence(b'{', b'}', |it| {
                it.string()?;
                it.space();
                it.take(b':')?;
                it.space();
                it.value()
            }),
            b'-' | b'0'..=b'9' => self.number(),
            _ => {
                let word = ["true", "false", "null"]
                    .into_iter()
                    .find(|it| self.text[self.at..].starts_with(it))?;
                self.at += word.len();
                Some(())
            }
        }?;
        self.depth -= 1;
        Some(())
    }

    fn sequence(
        &mut self,
        open: u8,
        close: u8,
        element: fn(&mut Reader<'a>) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        self.space();
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            self.space();
            element(self)?;
            self.space();
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(b',')?;
        }
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.take(b'-');
        if self.take(b'0').is_none() {
            self.digits()?;
        }
        if self.take(b'.').is_some() {
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }
}

/// Decodes the escape at the start of `text`; its length in bytes comes with it. A lone surrogate becomes U+FFFD.
fn escape(text: &str) -> Option<(char, usize)> {
    let plain = match text.as_bytes().get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let unit = unit(text)?;
            if let Some(ch) = char::from_u32(unit) {
                return Some((ch, 6));
            }
            let low = text.get(6..).and_then(unit_at);
            let pair =
                low.filter(|it| (0xD800..0xDC00).contains(&unit) && (0xDC00..0xE000).contains(it));
            return Some(match pair {
                Some(low) => {
                    let code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
                    (char::from_u32(code)?, 12)
                }
                None => ('\u{fffd}', 6),
            });
        }
        _ => return None,
    };
    Some((plain, 2))
}

fn unit_at(text: &str) -> Option<u32> {
    if text.starts_with("\\u") { unit(text) } else { None }
}

fn unit(text: &str) -> Option<u32> {
    let digits = text.get(2..6)?;
    if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok()
}
