//! The text of an open document, and the places in it as the protocol counts them.

use syntax::Span;
use tower_lsp_server::ls_types::{
    Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent,
};

/// What a position's character counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// Two-byte units: a character outside of the basic plane has two. What every client understands.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The best of those that a client offers, in its own order of preference when we know several of them.
    pub(crate) fn choose(offered: Option<&[PositionEncodingKind]>) -> Encoding {
        let known = |it: &PositionEncodingKind| match it.as_str() {
            "utf-8" => Some(Encoding::Utf8),
            "utf-16" => Some(Encoding::Utf16),
            "utf-32" => Some(Encoding::Utf32),
            _ => None,
        };
        offered.and_then(|it| it.iter().find_map(known)).unwrap_or_default()
    }

    /// Its name in the protocol.
    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Encoding::Utf8 => character.len_utf8(),
            Encoding::Utf16 => character.len_utf16(),
            Encoding::Utf32 => 1,
        }
    }
}

/// A text with the beginnings of its lines, which end in `\n`, `\r\n` or a lone `\r`, as in the protocol.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    text: String,
    starts: Vec<u32>,
    encoding: Encoding,
}

impl Text {
    pub(crate) fn new(text: String, encoding: Encoding) -> Text {
        let starts = line_starts(&text);
        Text { text, starts, encoding }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The byte at a position. One past the end of a line means its end, one past the last line the end of the
    /// text, one inside a character its beginning.
    pub(crate) fn offset(&self, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).map(|it| *it as usize) else {
            return self.text.len();
        };
        let next = self.starts.get(line + 1).map_or(self.text.len(), |it| *it as usize);
        let content = self.text.get(start..next).unwrap_or("");
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        let wanted = position.character as usize;
        if self.encoding == Encoding::Utf8 || content.is_ascii() {
            return start + floor(content, wanted);
        }
        let mut units = 0;
        for (at, character) in content.char_indices() {
            units += self.encoding.width(character);
            if units > wanted {
                return start + at;
            }
        }
        start + content.len()
    }

    /// The position of a byte.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let offset = floor(&self.text, offset);
        let line = self.starts.partition_point(|it| *it as usize <= offset).saturating_sub(1);
        let start = self.starts.get(line).map_or(0, |it| *it as usize);
        let before = self.text.get(start..offset).unwrap_or("");
        let character: usize = before.chars().map(|it| self.encoding.width(it)).sum();
        Position { line: line as u32, character: character as u32 }
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start as usize), end: self.position(span.end as usize) }
    }

    /// The bytes of a range; one that ends before it starts is turned round.
    pub(crate) fn span(&self, range: Range) -> Span {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Span::new(start.min(end), start.max(end))
    }

    /// Makes the changes of one notification, each in the text that the one before it left.
    pub(crate) fn change(&mut self, changes: Vec<TextDocumentContentChangeEvent>) {
        for change in changes {
            match change.range {
                Some(range) => {
                    let span = self.span(range);
                    self.text.replace_range(span.range(), &change.text);
                }
                None => self.text = change.text,
            }
            self.starts = line_starts(&self.text);
        }
    }
}

/// The last boundary between characters that is not past `at`.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn line_starts(text: &str) -> Vec<u32> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (at, byte) in bytes.iter().enumerate() {
        let ends_line = match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        if ends_line {
            starts.push(at as u32 + 1);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn positions_count_what_the_encoding_says() {
        let text = "a\r\né😀x\n\tb\rc";
        // (encoding, position, byte, the position of that byte)
        let cases = [
            (Encoding::Utf16, at(0, 0), 0, at(0, 0)),
            (Encoding::Utf16, at(0, 9), 1, at(0, 1)),
            (Encoding::Utf16, at(1, 1), 5, at(1, 1)),
            (Encoding::Utf16, at(1, 2), 5, at(1, 1)),
            (Encoding::Utf16, at(1, 3), 9, at(1, 3)),
            (Encoding::Utf16, at(1, 99), 10, at(1, 4)),
            (Encoding::Utf8, at(1, 1), 3, at(1, 0)),
            (Encoding::Utf8, at(1, 2), 5, at(1, 2)),
            (Encoding::Utf8, at(1, 5), 5, at(1, 2)),
            (Encoding::Utf8, at(1, 6), 9, at(1, 6)),
            (Encoding::Utf32, at(1, 2), 9, at(1, 2)),
            (Encoding::Utf16, at(2, 2), 13, at(2, 2)),
            (Encoding::Utf16, at(3, 0), 14, at(3, 0)),
            (Encoding::Utf16, at(4, 0), 15, at(3, 1)),
            (Encoding::Utf16, at(u32::MAX, u32::MAX), 15, at(3, 1)),
        ];
        for (encoding, position, byte, back) in cases {
            let text = Text::new(text.to_owned(), encoding);
            assert_eq!(text.offset(position), byte, "{encoding:?} {position:?}");
            assert_eq!(text.position(byte), back, "{encoding:?} {byte}");
        }
    }

    #[test]
    fn changes_follow_each_other() {
        let mut text = Text::new("FROM a\r\nRUN b\r\n".to_owned(), Encoding::Utf16);
        let change = |start, end, text: &str| TextDocumentContentChangeEvent {
            range: Some(Range { start, end }),
            range_length: None,
            text: text.to_owned(),
        };
        text.change(vec![
            change(at(0, 5), at(0, 6), "😀"),
            change(at(0, 7), at(1, 3), "\r\nRUN x &&"),
            change(at(9, 9), at(7, 0), "END"),
            change(at(1, 4), at(1, 2), "n"),
        ]);
        assert_eq!(text.as_str(), "FROM 😀\r\nRUnx && b\r\nEND");
        let whole = "FROM scratch".to_owned();
        text.change(vec![TextDocumentContentChangeEvent {
            range: None,
            range_length: None,
            text: whole,
        }]);
        assert_eq!(text.as_str(), "FROM scratch");
        assert_eq!(text.position(12), at(0, 12));
    }
}
