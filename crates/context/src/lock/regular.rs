//! A reader for the plain TOML that package managers write, six times as fast as one for all of TOML.
//!
//! What it accepts, every TOML reader accepts with the same meaning; for anything else it gives up, and
//! [`super::document`] reads the file.

use std::borrow::Cow;

use syntax::Span;

use super::document::{Form, Table, Value, skipped};

/// A larger table is left to a reader that does not compare each key with all before it.
const MAX_KEYS: usize = 512;

/// Lists within lists; lock files have three.
const MAX_DEPTH: u8 = 16;

/// Bytes that may stand in a text as they are: no quote, no escape, no control character but the tab.
const PLAIN: [bool; 256] = {
    let mut res = [true; 256];
    let mut byte = 0;
    while byte < 0x20 {
        res[byte] = byte == 0x09;
        byte += 1;
    }
    res[b'"' as usize] = false;
    res[b'\\' as usize] = false;
    res[0x7f] = false;
    res
};

/// The file as tables, or `None` when it is not regular.
pub(super) fn read(text: &str) -> Option<Table<'_>> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    let mut root = Table { form: Form::Opened, ..Table::default() };
    let mut table = &mut root;
    let mut seen = 0;
    loop {
        reader.skip_blank();
        match reader.peek() {
            None => return Some(root),
            Some(b'[') => {
                table = reader.header(&mut root)?;
                seen = 0;
            }
            Some(_) => reader.pair(table, &mut seen)?,
        }
        reader.end_line()?;
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: u8,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        self.eat(byte).then_some(())
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    /// Skips spaces and line ends.
    fn skip_blank(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n') => self.at += 1,
                Some(b'\r') if self.rest().get(1) == Some(&b'\n') => self.at += 2,
                Some(b'#') => {
                    if self.comment().is_none() {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// Skips a comment up to its line end; `None`, and nothing skipped, for one with control characters.
    fn comment(&mut self) -> Option<()> {
        let is_end = |it: &u8| *it < 0x20 && *it != b'\t' || *it == 0x7f;
        let rest = self.rest();
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let is_line_end = matches!(
            (rest.get(length), rest.get(length + 1)),
            (None | Some(b'\n'), _) | (Some(b'\r'), Some(b'\n'))
        );
        self.at += if is_line_end { length } else { 0 };
        is_line_end.then_some(())
    }

    fn end_line(&mut self) -> Option<()> {
        self.skip_space();
        match self.peek() {
            None | Some(b'\n') => Some(()),
            Some(b'\r') if self.rest().get(1) == Some(&b'\n') => Some(()),
            Some(b'#') => self.comment(),
            Some(_) => None,
        }
    }

    fn header<'r>(&mut self, root: &'r mut Table<'t>) -> Option<&'r mut Table<'t>> {
        let start = self.at;
        self.expect(b'[')?;
        let is_list = self.eat(b'[');
        let mut path = vec![self.key()?];
        while self.eat(b'.') {
            path.push(self.key()?);
        }
        self.expect(b']')?;
        if is_list {
            self.expect(b']')?;
        }
        let last = path.pop()?;
        let parent = path.into_iter().try_fold(root, step_into)?;
        let span = Span::new(start, self.at);
        open(parent, last, is_list, span)
    }

    fn key(&mut self) -> Option<Cow<'t, str>> {
        if self.peek() == Some(b'"') {
            return self.basic_text();
        }
        let is_bare = |it: &&u8| it.is_ascii_alphanumeric() || matches!(**it, b'-' | b'_');
        let length = self.rest().iter().take_while(is_bare).count();
        let key = self.text.get(self.at..self.at + length).filter(|it| !it.is_empty())?;
        self.at += length;
        Some(Cow::Borrowed(key))
    }

    /// `seen` has a bit for each key of the table that was left out.
    fn pair(&mut self, table: &mut Table<'t>, seen: &mut u8) -> Option<()> {
        let key = self.key()?;
        self.skip_space();
        self.expect(b'=')?;
        self.skip_space();
        let value = self.value()?;
        let is_twice = table.entries.iter().any(|it| it.0 == key);
        if is_twice || table.entries.len() >= MAX_KEYS {
            return None;
        }
        if let Some(index) = skipped(&key) {
            let is_twice = *seen & 1 << index != 0;
            *seen |= 1 << index;
            if is_twice || value.is_single() {
                return (!is_twice).then_some(());
            }
        }
        if table.entries.is_empty() && table.form == Form::Inline {
            table.entries.reserve_exact(2);
        }
        table.entries.push((key, value));
        Some(())
    }

    fn value(&mut self) -> Option<Value<'t>> {
        let start = self.at;
        match self.peek()? {
            b'"' => {
                let text = self.basic_text()?;
                Some(Value::Text(text, Span::new(start, self.at)))
            }
            b'\'' => {
                let text = self.literal_text()?;
                Some(Value::Text(Cow::Borrowed(text), Span::new(start, self.at)))
            }
            b'[' => self.nested(Reader::array),
            b'{' => self.nested(Reader::inline_table),
            b't' if self.rest().starts_with(b"true") => {
                self.at += 4;
                Some(Value::Boolean(true))
            }
            b'f' if self.rest().starts_with(b"false") => {
                self.at += 5;
                Some(Value::Boolean(false))
            }
            b'0'..=b'9' => self.number(),
            _ => None,
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Value<'t>>) -> Option<Value<'t>> {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH { None } else { read(self) };
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Option<Value<'t>> {
        self.expect(b'[')?;
        let mut values = Vec::new();
        loop {
            self.skip_blank();
            if self.eat(b']') {
                return Some(Value::Array(values));
            }
            values.push(self.value()?);
            self.skip_blank();
            if !self.eat(b',') {
                self.expect(b']')?;
                return Some(Value::Array(values));
            }
        }
    }

    fn inline_table(&mut self) -> Option<Value<'t>> {
        let start = self.at;
        self.expect(b'{')?;
        let mut table = Table { form: Form::Inline, ..Table::default() };
        let mut seen = 0;
        self.skip_space();
        if !self.eat(b'}') {
            loop {
                self.skip_space();
                self.pair(&mut table, &mut seen)?;
                self.skip_space();
                if self.eat(b'}') {
                    break;
                }
                self.expect(b',')?;
            }
        }
        table.span = Span::new(start, self.at);
        Some(Value::Table(table))
    }

    fn basic_text(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let length = plain_length(rest)?;
        match rest.get(length)? {
            b'"' if length == 0 && rest.get(1) == Some(&b'"') => None,
            b'"' => {
                self.at = start + length + 1;
                self.text.get(start..start + length).map(Cow::Borrowed)
            }
            b'\\' => self.escaped_text(start).map(Cow::Owned),
            _ => None,
        }
    }

    fn escaped_text(&mut self, start: usize) -> Option<String> {
        let mut res = String::new();
        self.at = start;
        loop {
            let rest = self.rest();
            let length = plain_length(rest)?;
            res.push_str(self.text.get(self.at..self.at + length)?);
            let escaped = match (rest.get(length)?, rest.get(length + 1)) {
                (b'"', _) => {
                    self.at += length + 1;
                    return Some(res);
                }
                (b'\\', Some(b'"')) => '"',
                (b'\\', Some(b'\\')) => '\\',
                (b'\\', Some(b'n')) => '\n',
                (b'\\', Some(b't')) => '\t',
                _ => return None,
            };
            res.push(escaped);
            self.at += length + 2;
        }
    }

    fn literal_text(&mut self) -> Option<&'t str> {
        let start = self.at + 1;
        let rest = self.text.as_bytes().get(start..)?;
        let is_end = |it: &u8| *it == b'\'' || !PLAIN[usize::from(*it)] && !br#""\"#.contains(it);
        let length = rest.iter().position(is_end)?;
        let is_multi_line = length == 0 && rest.get(1) == Some(&b'\'');
        if is_multi_line || rest.get(length) != Some(&b'\'') {
            return None;
        }
        self.at = start + length + 1;
        self.text.get(start..start + length)
    }

    /// A number without sign, or a date with a time in UTC.
    fn number(&mut self) -> Option<Value<'t>> {
        let is_in = |it: &&u8| it.is_ascii_alphanumeric() || matches!(**it, b'-' | b':' | b'.');
        let length = self.rest().iter().take_while(is_in).count();
        let start = self.at;
        let word = self.text.get(start..start + length)?;
        self.at += length;
        if length < 18 && word.bytes().all(|it| it.is_ascii_digit()) {
            let is_plain = length == 1 || !word.starts_with('0');
            let number = word.parse().ok().filter(|_| is_plain)?;
            return Some(Value::Integer(number, Span::new(start, self.at)));
        }
        is_time(word).then_some(Value::Other)
    }
}

/// The number of bytes before the first that is not [`PLAIN`], eight at a time: most of a lock file is such text.
fn plain_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let (words, _) = bytes.as_chunks::<8>();
    let is_plain = |word: &&[u8; 8]| {
        let word = u64::from_le_bytes(**word);
        // The highest bit of each byte that is below `limit`; exact up to the first of them.
        let below = |word: u64, limit: u64| word.wrapping_sub(ONES * limit) & !word;
        let equal = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
        let found = below(word, 0x20) | equal(b'"') | equal(b'\\') | equal(0x7f);
        found & (ONES * 0x80) == 0
    };
    let start = words.iter().take_while(is_plain).count() * 8;
    let rest = bytes.get(start..)?;
    rest.iter().position(|it| !PLAIN[usize::from(*it)]).map(|it| start + it)
}

/// Whether a word is `2025-01-31T23:59:59Z`, with or without a fraction of the second.
fn is_time(word: &str) -> bool {
    let number = |start: usize, length: usize| -> u32 {
        let digits = word.get(start..start + length).unwrap_or("x");
        let is_number = digits.bytes().all(|it| it.is_ascii_digit());
        digits.parse().ok().filter(|_| is_number).unwrap_or(u32::MAX)
    };
    let bytes = word.as_bytes();
    let has_signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')]
        .into_iter()
        .all(|(at, sign)| bytes.get(at) == Some(&sign));
    let n_days = match number(5, 2) {
        // The leap day is left to the other reader.
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return false,
    };
    let end = word.get(19..).unwrap_or("");
    let fraction = end.strip_suffix('Z').and_then(|it| match it {
        "" => Some("0"),
        _ => it.strip_prefix('.'),
    });
    let has_end = fraction
        .is_some_and(|it| (1..=9).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_digit()));
    has_signs
        && has_end
        && number(0, 4) <= 9999
        && (1..=n_days).contains(&number(8, 2))
        && number(11, 2) < 24
        && number(14, 2) < 60
        && number(17, 2) < 60
}

fn step_into<'r, 't>(table: &'r mut Table<'t>, key: Cow<'t, str>) -> Option<&'r mut Table<'t>> {
    let index = match table.entries.iter().position(|it| it.0 == key) {
        Some(index) => index,
        None if table.entries.len() >= MAX_KEYS => return None,
        None => {
            table.entries.push((key, Value::Table(Table::default())));
            table.entries.len() - 1
        }
    };
    match &mut table.entries.get_mut(index)?.1 {
        Value::Table(table) if table.form != Form::Inline => Some(table),
        Value::Tables(tables) => tables.last_mut(),
        _ => None,
    }
}

fn open<'r, 't>(
    parent: &'r mut Table<'t>,
    key: Cow<'t, str>,
    is_list: bool,
    span: Span,
) -> Option<&'r mut Table<'t>> {
    let new = || Table { entries: Vec::new(), form: Form::Opened, span };
    let index = parent.entries.iter().position(|it| it.0 == key);
    let Some(index) = index else {
        if parent.entries.len() >= MAX_KEYS {
            return None;
        }
        let value = if is_list { Value::Tables(vec![new()]) } else { Value::Table(new()) };
        parent.entries.push((key, value));
        return match &mut parent.entries.last_mut()?.1 {
            Value::Table(table) => Some(table),
            Value::Tables(tables) => tables.last_mut(),
            _ => None,
        };
    };
    match &mut parent.entries.get_mut(index)?.1 {
        Value::Tables(tables) if is_list => {
            tables.push(new());
            tables.last_mut()
        }
        Value::Table(table) if !is_list && table.form == Form::Implied => {
            table.form = Form::Opened;
            table.span = span;
            Some(table)
        }
        _ => None,
    }
}
