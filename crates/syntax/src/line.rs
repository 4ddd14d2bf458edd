//! Physical lines: where they begin and end, and which line an offset is on.

/// One physical line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// First byte.
    pub(crate) start: usize,
    /// Past the last byte before the line end; every `\r` before the `\n` counts as line end, as in BuildKit.
    pub(crate) end: usize,
    /// First byte of the next line.
    pub(crate) next: usize,
}

/// How the lines of a text end, as its first line tells: `\r\n` or `\n`.
pub fn line_end(text: &str) -> &'static str {
    let first = text.split_inclusive('\n').next();
    if first.is_some_and(|it| it.ends_with("\r\n")) { "\r\n" } else { "\n" }
}

/// Splits at `\n` only.
pub(crate) struct Lines<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str, at: usize) -> Lines<'t> {
        Lines { text, at }
    }

    /// Where the next line starts.
    pub(crate) fn offset(&self) -> usize {
        self.at
    }

    /// Goes back to the start of a line that was already returned.
    pub(crate) fn rewind(&mut self, at: usize) {
        self.at = at;
    }
}

impl Iterator for Lines<'_> {
    type Item = Line;

    fn next(&mut self) -> Option<Line> {
        let rest = &self.text[self.at..];
        if rest.is_empty() {
            return None;
        }
        let start = self.at;
        let (stop, next) = match rest.find('\n') {
            Some(it) => (start + it, start + it + 1),
            None => (self.text.len(), self.text.len()),
        };
        let end = start + self.text[start..stop].trim_end_matches('\r').len();
        self.at = next;
        Some(Line { start, end, next })
    }
}

/// Converts offsets to line numbers.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// The index of `text`.
    pub fn new(text: &str) -> LineIndex {
        let ends = text.bytes().enumerate().filter(|it| it.1 == b'\n');
        LineIndex { starts: std::iter::once(0).chain(ends.map(|it| it.0 as u32 + 1)).collect() }
    }

    /// The line of the byte at `offset`, counted from 1.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|it| *it <= offset) as u32
    }

    /// Where a line (from 1) begins; the last line's begin when there are fewer.
    pub fn start(&self, line: u32) -> u32 {
        let last = self.starts.len() - 1;
        self.starts[(line.max(1) as usize - 1).min(last)]
    }

    /// Line and column of `offset` in `text`, both from 1; columns count characters.
    pub fn place(&self, text: &str, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.start(line) as usize;
        let before = text.get(start..offset as usize).unwrap_or("");
        (line, before.chars().count() as u32 + 1)
    }
}
