//! The logical lines of a requirements file, as pip joins and strips them.

use std::ops::Range;

use syntax::{Excerpt, Span};

/// A logical line: continuations joined, comments and outer space taken off; never empty.
#[derive(Clone, Debug)]
pub(crate) struct LogicalLine<'t> {
    /// The number of its first line in the file, counted from 1.
    pub(crate) number: u32,
    joined: Excerpt<'t>,
    /// The part of `joined` that counts.
    range: Range<usize>,
}

impl LogicalLine<'_> {
    /// What pip sees of the line.
    pub(crate) fn text(&self) -> &str {
        self.joined.text().get(self.range.clone()).unwrap_or("")
    }

    /// Where a range of [`LogicalLine::text`] stands in the file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        self.joined.span(self.range.start + range.start..self.range.start + range.end)
    }
}

/// The logical lines of `file`, in order.
///
/// A line that ends with a `\` goes on in the next one, and loses the backslashes at both of its ends. A line that is
/// only a comment ends such a row, and so a comment within a row hides the rest of it.
pub(crate) fn logical_lines(file: &str) -> Vec<LogicalLine<'_>> {
    let mut res = Vec::new();
    let mut row: Vec<Span> = Vec::new();
    let mut row_number = 0;
    let mut rest = file.strip_prefix('\u{feff}').unwrap_or(file);
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let start = file.len() - rest.len();
        let length = rest.find(is_line_end).unwrap_or(rest.len());
        let (line, after) = rest.split_at(length);
        rest = without_line_end(after);
        if row.is_empty() {
            row_number = number;
        }
        let is_comment = line.trim_start().starts_with('#');
        if line.ends_with('\\') && !is_comment {
            let unslashed = line.trim_start_matches('\\');
            let start = start + line.len() - unslashed.len();
            row.push(Span::new(start, start + unslashed.trim_end_matches('\\').len()));
            // The last line of the file continues in nothing.
            if !rest.is_empty() {
                continue;
            }
        } else if !is_comment {
            row.push(Span::new(start, start + line.len()));
        }
        // pip keeps the comment and cuts it off below; it has no other effect than to end the row.
        finish(file, &mut row, row_number, &mut res);
    }
    res
}

fn finish<'t>(file: &'t str, row: &mut Vec<Span>, number: u32, res: &mut Vec<LogicalLine<'t>>) {
    let joined = Excerpt::join(file, row);
    row.clear();
    let text = joined.text();
    let code = &text[..comment_start(text)];
    let start = code.len() - code.trim_start().len();
    let range = start..start.max(code.trim_end().len());
    if !range.is_empty() {
        res.push(LogicalLine { number, joined, range });
    }
}

/// Where the first `#` is that begins the text or follows a space; the text's end if there is none.
fn comment_start(text: &str) -> usize {
    text.match_indices('#')
        .map(|it| it.0)
        .find(|at| text[..*at].chars().next_back().is_none_or(char::is_whitespace))
        .unwrap_or(text.len())
}

/// The characters at which Python's `str.splitlines` ends a line.
fn is_line_end(char: char) -> bool {
    matches!(char, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn without_line_end(text: &str) -> &str {
    if let Some(rest) = text.strip_prefix("\r\n") {
        return rest;
    }
    text.strip_prefix(is_line_end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_and_stripped_as_pip_does() {
        for (file, expected) in [
            ("a\nb\n", &[(1, "a"), (2, "b")][..]),
            ("\n\n  a  \n", &[(3, "a")]),
            ("a\r\nb\rc", &[(1, "a"), (2, "b"), (3, "c")]),
            ("a\u{2028}b\x0cc", &[(1, "a"), (2, "b"), (3, "c")]),
            ("\u{feff}a", &[(1, "a")]),
            ("# a\na # b\na#b", &[(2, "a"), (3, "a#b")]),
            ("a\t# b", &[(1, "a")]),
            ("  # a", &[]),
            ("a \\\n  b", &[(1, "a   b")]),
            ("a\\\nb\\\nc\nd", &[(1, "abc"), (4, "d")]),
            ("a\\\r\nb", &[(1, "ab")]),
            ("a\\ \nb", &[(1, "a\\"), (2, "b")]),
            ("a\\\\\nb", &[(1, "ab")]),
            ("\\a\\\nb", &[(1, "ab")]),
            ("a \\\n# c\nb", &[(1, "a"), (3, "b")]),
            ("a \\\n# c \\\nb", &[(1, "a"), (3, "b")]),
            ("a \\\n\nb", &[(1, "a"), (3, "b")]),
            ("a # c \\\nb\nc", &[(1, "a"), (3, "c")]),
            ("a\\", &[(1, "a")]),
            ("a\\\n", &[(1, "a")]),
            ("\\", &[]),
            ("", &[]),
        ] {
            let lines = logical_lines(file);
            let seen: Vec<_> = lines.iter().map(|it| (it.number, it.text())).collect();
            assert_eq!(seen, expected, "{file:?}");
        }
    }

    #[test]
    fn spans_are_those_of_the_file() {
        let file = "\u{feff}# x\r\n  foo \\\r\n   --hash=a \\\n --hash=b # c\n";
        let lines = logical_lines(file);
        let [line] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(line.text(), "foo    --hash=a  --hash=b");
        for part in ["foo", "--hash=a", "--hash=b"] {
            let at = line.text().find(part).unwrap();
            assert_eq!(line.span(at..at + part.len()).of(file), part);
        }
        assert_eq!(line.span(0..line.text().len()).of(file), "foo \\\r\n   --hash=a \\\n --hash=b");
    }
}
