//! Paths and wildcards as Go's `path/filepath` understands them, which is what Docker is written in.

/// The shortest path that means the same, as Go's `filepath.Clean` writes it.
///
/// Repeated and trailing slashes, `.` and inner `..` go away; the empty path becomes `.`.
pub(crate) fn clean(path: &str) -> String {
    let is_rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !is_rooted => parts.push(".."),
                _ => {
                    parts.pop();
                }
            },
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// What Go's `filepath.Match` finds wrong with a pattern, as prose; `None` for a good one.
pub(crate) fn fault(pattern: &str) -> Option<&'static str> {
    let mut rest = pattern.chars();
    while let Some(char) = rest.next() {
        match char {
            '\\' if rest.next().is_none() => {
                return Some("the `\\` at the end escapes nothing; write `\\\\` for a backslash");
            }
            '[' => {
                if let Err(message) = class(&mut rest, None) {
                    return Some(message);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the whole of `name`, one path component, matches `pattern`; never for a faulty pattern.
///
/// `*` is any run of characters, `?` is one, `[a-z]` and `[^a-z]` are classes and `\` escapes.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    // On a mismatch the last star takes one character more; earlier stars need never be tried again.
    let mut retry: Option<(&str, &str)> = None;
    let (mut pattern, mut name) = (pattern, name);
    loop {
        if let Some(after) = pattern.strip_prefix('*') {
            pattern = after;
            retry = Some((pattern, name));
            continue;
        }
        if pattern.is_empty() && name.is_empty() {
            return true;
        }
        if let Some((pattern_rest, name_rest)) = step(pattern, name) {
            (pattern, name) = (pattern_rest, name_rest);
            continue;
        }
        let Some((after_star, from)) = retry else { return false };
        let mut longer = from.chars();
        if longer.next().is_none() {
            return false;
        }
        (pattern, name) = (after_star, longer.as_str());
        retry = Some((pattern, name));
    }
}

/// Whether a path has a character that makes it a pattern.
pub(crate) fn has_wildcard(path: &str) -> bool {
    let mut chars = path.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// What is left of both when the first piece of `pattern` (not a star) matches the first character of `name`.
fn step<'a, 'b>(pattern: &'a str, name: &'b str) -> Option<(&'a str, &'b str)> {
    let mut pattern = pattern.chars();
    let mut name = name.chars();
    let first = pattern.next()?;
    let char = name.next()?;
    let is_match = match first {
        '?' => true,
        '[' => class(&mut pattern, Some(char)).ok()?,
        '\\' => pattern.next()? == char,
        _ => first == char,
    };
    is_match.then_some((pattern.as_str(), name.as_str()))
}

/// Reads a class up to its `]` (the `[` is already read) and says whether `char` is in it.
fn class(rest: &mut std::str::Chars<'_>, char: Option<char>) -> Result<bool, &'static str> {
    let is_negated = rest.as_str().starts_with('^');
    if is_negated {
        rest.next();
    }
    let mut is_in = false;
    let mut n_ranges = 0;
    loop {
        if n_ranges > 0 && rest.as_str().starts_with(']') {
            rest.next();
            return Ok(is_in != is_negated);
        }
        let lo = class_character(rest)?;
        let mut hi = lo;
        if rest.as_str().starts_with('-') {
            rest.next();
            hi = class_character(rest)?;
        }
        is_in |= char.is_some_and(|it| (lo..=hi).contains(&it));
        n_ranges += 1;
    }
}

fn class_character(rest: &mut std::str::Chars<'_>) -> Result<char, &'static str> {
    const OPEN: &str = "the `[` has no closing `]`; write `\\[` for a bracket";
    let char = match rest.next() {
        None => return Err(OPEN),
        Some('-') => {
            return Err("a `-` in `[…]` must stand between two characters or after a `\\`");
        }
        Some(']') => return Err("a `]` in `[…]` must be written `\\]`"),
        Some('\\') => rest.next().ok_or(OPEN)?,
        Some(char) => char,
    };
    if rest.as_str().is_empty() { Err(OPEN) } else { Ok(char) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, cleaned) in [
            ("", "."),
            (".", "."),
            ("./", "."),
            ("a", "a"),
            ("a/", "a"),
            ("./a", "a"),
            ("a//b", "a/b"),
            ("a/./b", "a/b"),
            ("a/../b", "b"),
            ("a/..", "."),
            ("../a", "../a"),
            ("../../a", "../../a"),
            ("a/../../b", "../b"),
            ("/", "/"),
            ("//a", "/a"),
            ("/..", "/"),
            ("/../a", "/a"),
            ("/a/../..", "/"),
            ("...", "..."),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn a_component_matches() {
        for (pattern, name, expected) in [
            ("", "", true),
            ("*", "", true),
            ("*", "abc", true),
            ("**", "abc", true),
            ("a*", "ab", true),
            ("a*c", "abbc", true),
            ("a*c", "abb", false),
            ("*a*b*", "xaxxbx", true),
            ("*.txt", "requirements.txt", true),
            ("*.txt", ".txt", true),
            ("*.txt", "a.txt.bak", false),
            ("?", "é", true),
            ("?", "", false),
            ("a?c", "abc", true),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a-c]x", "zx", true),
            ("[abc]", "c", true),
            ("[\\]]", "]", true),
            ("[\\-a]", "-", true),
            ("arr[[]0].txt", "arr[0].txt", true),
            ("[*]", "*", true),
            ("[*]", "a", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[a-", "a", false),
            ("*b", "aaaaaaaaaaaaaaaaaaaaaaaaab", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn faults_are_told() {
        for good in ["", "a", "*", "[a]", "[^a]", "[a-z]x", "]", "a]b", "\\a", "[\\]]", "[a^]"] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in ["[", "[^", "[]", "[]a]", "[a", "[a-", "[a-]", "[-a]", "a\\", "[\\", "x[a\\"] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn wildcards_are_seen() {
        for (path, expected) in
            [("a/b", false), ("a*", true), ("a?", true), ("[a]", true), ("\\*a", false)]
        {
            assert_eq!(has_wildcard(path), expected, "{path}");
        }
    }
}
