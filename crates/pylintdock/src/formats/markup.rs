//! Text inside of XML, HTML and Markdown.

use std::borrow::Cow;

/// For the content and the quoted attributes of XML and HTML. What XML 1.0 cannot hold becomes a replacement character.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |it: char| !matches!(it, '&' | '<' | '>' | '"' | '\'') && is_allowed(it);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut res = String::with_capacity(text.len() + text.len() / 8);
    for character in text.chars() {
        match character {
            '&' => res.push_str("&amp;"),
            '<' => res.push_str("&lt;"),
            '>' => res.push_str("&gt;"),
            '"' => res.push_str("&quot;"),
            '\'' => res.push_str("&#39;"),
            it if is_allowed(it) => res.push(it),
            _ => res.push('\u{FFFD}'),
        }
    }
    Cow::Owned(res)
}

/// The same for an attribute, where a line break and a tab would be read as a space.
pub(crate) fn attribute(text: &str) -> String {
    escaped(text).replace('\n', "&#10;").replace('\r', "&#13;").replace('\t', "&#9;")
}

/// XML's `Char`, without what turns the direction of writing: a report must show what Docker reads.
fn is_allowed(character: char) -> bool {
    crate::wrap::printable(character) == character && !matches!(character, '\u{FFFE}' | '\u{FFFF}')
        || matches!(character, '\n' | '\r')
}

/// A text of ours, in which names stand in backticks, as HTML.
pub(crate) fn with_code(text: &str) -> String {
    let mut res = String::with_capacity(text.len() + 16);
    let parts: Vec<&str> = text.split('`').collect();
    // The last backtick of an odd number opens nothing.
    let n_closed = parts.len().saturating_sub(1) / 2 * 2;
    for (at, part) in parts.iter().enumerate() {
        match at % 2 == 1 && at < n_closed {
            true => res.push_str(&format!("<code>{}</code>", escaped(part))),
            false if at > n_closed => res.push_str(&format!("`{}", escaped(part))),
            false => res.push_str(&escaped(part)),
        }
    }
    res
}

/// A path as a URI reference: relative where the path is, with everything else than letters, digits and `-._~/`
/// percent-encoded.
pub(crate) fn uri(path: &str) -> String {
    let mut res = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        res.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                res.push(char::from(byte));
            }
            _ => res.push_str(&format!("%{byte:02X}")),
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_place() {
        assert_eq!(
            escaped("a <b> & \"c\" 'd'\u{1b}\u{202e}\n"),
            "a &lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;\u{fffd}\u{fffd}\n"
        );
        assert!(matches!(escaped("é 日"), Cow::Borrowed(_)));
        assert_eq!(attribute("a\n\tb"), "a&#10;&#9;b");
        assert_eq!(uri("a b/é#1"), "a%20b/%C3%A9%231");
        assert_eq!(uri("/a/b"), "file:///a/b");
        for (text, expected) in [
            ("`a<b` stays", "<code>a&lt;b</code> stays"),
            ("one ` only", "one ` only"),
            ("`a` and `b", "<code>a</code> and `b"),
            ("", ""),
        ] {
            assert_eq!(with_code(text), expected);
        }
    }
}
