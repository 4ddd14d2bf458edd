//! Text assembled from pieces of a file, which knows where in the file each of its bytes stands.
//!
//! A `RUN` over several lines reaches the shell as one line, without the continuation characters and the
//! comments between. Whoever reads that line needs positions in the file: this type is the only place
//! where the two are converted.

use std::borrow::Cow;
use std::ops::Range;

use crate::Span;

/// A run of bytes that stands in the excerpt and in the file alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Where the piece begins in the excerpt.
    at: u32,
    /// Where the same byte stands in the file.
    from: u32,
}

/// See the module. Pieces are in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt<'t> {
    text: Cow<'t, str>,
    pieces: Vec<Piece>,
    /// Where the last piece ends in the file.
    end: u32,
}

impl<'t> Excerpt<'t> {
    /// An excerpt that is one unbroken part of `file`.
    pub fn slice(file: &'t str, span: Span) -> Excerpt<'t> {
        Excerpt {
            text: Cow::Borrowed(span.of(file)),
            pieces: vec![Piece { at: 0, from: span.start }],
            end: span.end,
        }
    }

    /// An excerpt of these parts of `file`, which must be in order and must not overlap.
    pub fn join(file: &'t str, spans: &[Span]) -> Excerpt<'t> {
        match spans {
            [] => Excerpt::slice(file, Span::at(0)),
            [one] => Excerpt::slice(file, *one),
            _ => {
                let mut text = String::with_capacity(spans.iter().map(|it| it.len()).sum());
                let mut pieces = Vec::with_capacity(spans.len());
                let mut end = 0;
                for span in spans {
                    if !span.is_empty() || pieces.is_empty() {
                        pieces.push(Piece { at: text.len() as u32, from: span.start });
                        end = span.end;
                    }
                    text.push_str(span.of(file));
                }
                Excerpt { text: Cow::Owned(text), pieces, end }
            }
        }
    }

    /// The assembled text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part of the file from the first to the last byte of `range` (offsets in [`Excerpt::text`]).
    ///
    /// It covers whatever stands between the two in the file, such as a continuation. An empty range maps to an
    /// empty span where that offset's next byte stands, or after the last byte at the very end.
    pub fn span(&self, range: Range<usize>) -> Span {
        if range.is_empty() {
            return Span::at(self.offset(range.start));
        }
        Span::new(self.offset(range.start), self.offset(range.end - 1) + 1)
    }

    /// Where in the file the byte at `at` of the text stands; the end of the last piece for the text's end.
    pub fn offset(&self, at: usize) -> usize {
        if at >= self.text.len() {
            return self.end as usize;
        }
        let after = self.pieces.partition_point(|it| it.at as usize <= at);
        let piece = self.pieces[after.saturating_sub(1)];
        piece.from as usize + (at - piece.at as usize)
    }

    /// Where in the text the byte at `offset` of the file stands, if it is part of the excerpt.
    pub fn position(&self, offset: usize) -> Option<usize> {
        let after = self.pieces.partition_point(|it| it.from as usize <= offset);
        let piece = *self.pieces.get(after.checked_sub(1)?)?;
        let limit = self.pieces.get(after).map_or(self.text.len(), |it| it.at as usize);
        let at = piece.at as usize + (offset - piece.from as usize);
        (at < limit).then_some(at)
    }

    /// The whole of the file that the excerpt was taken from, gaps included.
    pub fn extent(&self) -> Span {
        self.span(0..self.text.len())
    }

    /// A part of this excerpt (offsets in [`Excerpt::text`]), with the same positions in the file.
    pub fn part(&self, range: Range<usize>) -> Excerpt<'_> {
        self.parts(std::slice::from_ref(&range))
    }

    /// Like [`Excerpt::part`], but it borrows from the file or owns its text, so it may outlive this excerpt.
    pub fn detached(&self, file: &'t str, range: Range<usize>) -> Excerpt<'t> {
        let span = self.span(range.clone());
        if span.len() == range.len() {
            return Excerpt::slice(file, span);
        }
        let Excerpt { text, pieces, end } = self.part(range);
        Excerpt { text: Cow::Owned(text.into_owned()), pieces, end }
    }

    /// Several parts of this excerpt joined, as when quoting characters are taken out of a word.
    pub fn parts(&self, ranges: &[Range<usize>]) -> Excerpt<'_> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut end = self.offset(ranges.first().map_or(0, |it| it.start)) as u32;
        let mut at = 0;
        for range in ranges {
            let mut position = range.start;
            while position < range.end {
                let after = self.pieces.partition_point(|it| it.at as usize <= position);
                let limit = self.pieces.get(after).map_or(self.text.len(), |it| it.at as usize);
                let stop = limit.min(range.end);
                let from = self.offset(position);
                pieces.push(Piece { at, from: from as u32 });
                at += (stop - position) as u32;
                end = (from + stop - position) as u32;
                position = stop;
            }
        }
        if pieces.is_empty() {
            pieces.push(Piece { at: 0, from: end });
        }
        let text = match ranges {
            [one] => Cow::Borrowed(&self.text[one.clone()]),
            _ => Cow::Owned(ranges.iter().map(|it| &self.text[it.clone()]).collect()),
        };
        Excerpt { text, pieces, end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_survive_joining_and_cutting() {
        let file = "RUN a \\\n  bc \\\n  d";
        let joined = Excerpt::join(file, &[Span::new(4, 6), Span::new(8, 13), Span::new(15, 18)]);
        assert_eq!(joined.text(), "a   bc   d");
        assert_eq!(joined.span(4..6).of(file), "bc");
        assert_eq!(joined.span(5..10).of(file), "c \\\n  d");
        assert_eq!(joined.position(10), Some(4));
        assert_eq!(joined.position(7), None);
        let cut = joined.part(5..10);
        assert_eq!(cut.text(), "c   d");
        assert_eq!(cut.span(4..5).of(file), "d");
        assert_eq!(cut.extent().of(file), "c \\\n  d");
        let unquoted = joined.parts(&[0..1, 4..6]);
        assert_eq!(unquoted.text(), "abc");
        assert_eq!(unquoted.span(1..3).of(file), "bc");
        assert_eq!(joined.span(10..10), Span::at(file.len()));
    }
}
