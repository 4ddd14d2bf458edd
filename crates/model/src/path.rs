//! Paths inside an image: always `/`, never touching a disk.

/// `path` seen from `directory`, cleaned of `.`, `..` and repeated slashes; absolute when either is.
pub fn join(directory: &str, path: &str) -> String {
    let full = if path.starts_with('/') { path.to_owned() } else { format!("{directory}/{path}") };
    clean(&full)
}

/// Removes `.`, `..` and repeated slashes. The result has no slash at its end, but for the root.
pub fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|it| *it != "..") => {
                parts.pop();
            }
            ".." if is_absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// Whether `path` is `directory` or lies below it. Both are cleaned or end in a slash at most.
pub fn is_inside(path: &str, directory: &str) -> bool {
    let directory = directory.trim_end_matches('/');
    match path.strip_prefix(directory) {
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

/// `path` seen from `directory`, empty for the directory itself; `None` when it lies elsewhere. Both are cleaned.
pub fn strip<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(directory.trim_end_matches('/'))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// The last component.
pub fn file_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    // Paths are so short that a plain loop over the bytes is the fastest search.
    let slash = path.bytes().rposition(|it| it == b'/');
    slash.and_then(|it| path.get(it + 1..)).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned() {
        let cases = [
            ("/app", ".", "/app"),
            ("/app", "../x/", "/x"),
            ("/app", "/y//z/./", "/y/z"),
            ("/", "a", "/a"),
            ("app", "b", "app/b"),
            ("/", "..", "/"),
            ("", "", "/"),
        ];
        for (directory, path, expected) in cases {
            assert_eq!(join(directory, path), expected, "{directory} {path}");
        }
        assert!(is_inside("/a/b", "/a/"));
        assert!(is_inside("/a", "/a"));
        assert!(is_inside("/a", "/"));
        assert!(!is_inside("/ab", "/a"));
    }
}
