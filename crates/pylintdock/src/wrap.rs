//! Text for a terminal: wrapped at words, without characters that would steer the terminal.

use std::borrow::Cow;

/// The width that output is made for.
pub(crate) const WIDTH: usize = 80;

/// Breaks a text at spaces so that lines have at most `width` columns where words allow; `first` columns of the
/// first line are already taken. Lines are joined by a newline and `indent`, which counts to the width.
pub(crate) fn wrap(text: &str, width: usize, first: usize, indent: &str) -> String {
    let mut res = String::with_capacity(text.len() + text.len() / 40);
    let mut column = first;
    let mut is_line_start = true;
    for (at, paragraph) in text.lines().enumerate() {
        if at > 0 {
            break_line(&mut res, indent, &mut column);
            is_line_start = true;
        }
        for word in paragraph.split(' ').filter(|it| !it.is_empty()) {
            let word_width = columns(word);
            if !is_line_start && column + 1 + word_width > width {
                break_line(&mut res, indent, &mut column);
            } else if !is_line_start {
                res.push(' ');
                column += 1;
            }
            res.push_str(word);
            column += word_width;
            is_line_start = false;
        }
    }
    res
}

fn break_line(res: &mut String, indent: &str, column: &mut usize) {
    res.push('\n');
    res.push_str(indent);
    *column = indent.len();
}

/// Columns that a text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(width_of).sum() }
}

/// Columns of one character: two for the East Asian wide ones and pictures (Unicode's EastAsianWidth, by blocks),
/// none for those that join the one before.
pub(crate) fn width_of(character: char) -> usize {
    match character as u32 {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F900..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// What is shown for a character of a Dockerfile: control characters and those that turn the direction of
/// writing could make a terminal show something else than what Docker reads.
pub(crate) fn printable(character: char) -> char {
    match character {
        '\t' => '\t',
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' => '\u{FFFD}',
        it if it.is_control() => '\u{FFFD}',
        it => it,
    }
}

/// A message or path with every character printable; line breaks stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if text.chars().all(|it| it == '\n' || printable(it) == it) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|it| if it == '\n' { it } else { printable(it) }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_words() {
        let cases = [
            ("", 10, 0, "", ""),
            ("one two three", 8, 0, "  ", "one two\n  three"),
            ("one two three", 8, 4, "", "one\ntwo\nthree"),
            ("a-very-long-word x", 8, 0, "", "a-very-long-word\nx"),
            ("first\nsecond  line", 80, 0, " ", "first\n second line"),
            ("日本 日本 日本", 9, 0, "", "日本 日本\n日本"),
        ];
        for (text, width, first, indent, expected) in cases {
            assert_eq!(wrap(text, width, first, indent), expected, "{text}");
        }
    }

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(harmless("a\u{1b}[31mb\nc\u{202e}"), "a\u{fffd}[31mb\nc\u{fffd}");
        assert!(matches!(harmless("é日\tx"), Cow::Borrowed(_)));
    }
}
