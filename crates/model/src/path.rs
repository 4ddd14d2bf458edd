//! Paths inside an image: always `/`, never touching a disk.

/// `path` seen from `directory`, cleaned of `.`, `..` and repeated slashes; absolute when either is.
pub fn join(directory: &str, path: &str) -> String {
    if path.starts_with('/') {
        return clean(path);
    }
    let mut full = String::with_capacity(directory.len() + path.len() + 1);
    full.push_str(directory);
    full.push('/');
    full.push_str(path);
    clean(&full)
}

/// Removes `.`, `..` and repeated slashes. The result has no slash at its end, but for the root.
pub fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut res = String::with_capacity(path.len() + 1);
    if is_absolute {
        res.push('/');
    }
    let mut start = 0;
    // Paths are so short that a plain loop over the bytes is the fastest search.
    for part in path.as_bytes().split(|it| *it == b'/') {
        let name = path.get(start..start + part.len()).unwrap_or("");
        start += part.len() + 1;
        match name {
            "" | "." => {}
            ".." if !matches!(&*res, "" | "/") && file_name(&res) != ".." => {
                let parent = res.rfind('/').map_or(0, |it| it.max(usize::from(is_absolute)));
                res.truncate(parent);
            }
            ".." if is_absolute => {}
            _ => {
                if !matches!(&*res, "" | "/") {
                    res.push('/');
                }
                res.push_str(name);
            }
        }
    }
    if res.is_empty() {
        res.push('.');
    }
    res
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
            ("a/b", "../../..", ".."),
            ("..", "../x", "../../x"),
            ("/a", "../../b/./", "/b"),
            ("a", "..", "."),
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
