//! Which files of the context a source of `COPY` or `ADD` means.
//!
//! The source is a path, not a URL or a heredoc. `*`, `?` and `[…]` stay within one path component.

use crate::Tree;
use crate::wildcard::{clean, has_wildcard as is_wildcard, matches};

/// The path that a source names below the context's root, cleaned: no leading `/`, no `.`, no `..`, which cannot
/// leave the context. The root itself is the empty path.
pub fn path_in_context(source: &str) -> String {
    let mut path = clean(&format!("/{source}"));
    path.remove(0);
    path
}

/// Whether a source has a wildcard. One that matches nothing is then no error to BuildKit.
pub fn has_wildcard(source: &str) -> bool {
    is_wildcard(source)
}

/// All files that a source brings, sorted by path; for a directory all files below it.
pub fn matched<'a>(tree: &'a Tree, source: &str) -> Vec<&'a str> {
    each_match(tree, source).map(|it| it.0).collect()
}

/// Whether there is something at the source: a file or a directory, an empty one included.
pub fn exists(tree: &Tree, source: &str) -> bool {
    let path = path_in_context(source);
    path.is_empty() || each_match(tree, &path).next().is_some()
}

fn each_match<'a>(tree: &'a Tree, source: &str) -> impl Iterator<Item = (&'a str, u64)> + use<'a> {
    let path = path_in_context(source);
    let mut fixed = String::new();
    let mut wild: Vec<String> = Vec::new();
    for part in path.split('/') {
        if !wild.is_empty() || is_wildcard(part) {
            wild.push(part.to_owned());
        } else {
            if !fixed.is_empty() {
                fixed.push('/');
            }
            fixed.push_str(part);
        }
    }
    let skipped = if fixed.is_empty() || wild.is_empty() { 0 } else { fixed.len() + 1 };
    tree.below(&fixed).filter(move |(path, _)| {
        let mut parts = path.get(skipped..).unwrap_or("").split('/');
        wild.iter().all(|it| parts.next().is_some_and(|part| matches(it, part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let paths = [
            ".env",
            "Pipfile",
            "app/a.py",
            "app/sub/b.py",
            "app/sub/c.txt",
            "app2/a.py",
            "arr[0].txt",
            "empty/",
            "requirements-dev.txt",
            "requirements.txt",
        ];
        Tree::new(paths.map(|it| (it.to_owned(), 1)))
    }

    #[test]
    fn sources_match_files() {
        let all = tree();
        for (source, expected) in [
            ("requirements.txt", &["requirements.txt"][..]),
            ("./requirements.txt", &["requirements.txt"]),
            ("/requirements.txt", &["requirements.txt"]),
            ("../../requirements.txt", &["requirements.txt"]),
            ("app/../requirements.txt", &["requirements.txt"]),
            ("requirements*.txt", &["requirements-dev.txt", "requirements.txt"]),
            ("requirements[.]txt", &["requirements.txt"]),
            ("Pipfile*", &["Pipfile"]),
            ("Pipfile.lock*", &[]),
            ("app", &["app/a.py", "app/sub/b.py", "app/sub/c.txt"]),
            ("app/", &["app/a.py", "app/sub/b.py", "app/sub/c.txt"]),
            ("app/.", &["app/a.py", "app/sub/b.py", "app/sub/c.txt"]),
            ("app/*.py", &["app/a.py"]),
            ("app/*", &["app/a.py", "app/sub/b.py", "app/sub/c.txt"]),
            ("app*/*.py", &["app/a.py", "app2/a.py"]),
            ("*/sub", &["app/sub/b.py", "app/sub/c.txt"]),
            ("**/b.py", &[]),
            ("app/**/b.py", &["app/sub/b.py"]),
            ("app?", &["app2/a.py"]),
            ("arr[[]0].txt", &["arr[0].txt"]),
            (".e*", &[".env"]),
            ("empty", &["empty/"]),
            ("nothing", &[]),
            ("app/a.py/x", &[]),
        ] {
            assert_eq!(matched(&all, source), expected, "{source}");
            assert_eq!(exists(&all, source), !expected.is_empty(), "{source}");
        }
        for source in [".", "./", "/", "", ".."] {
            assert_eq!(matched(&all, source).len(), 10, "{source:?}");
            assert!(exists(&Tree::default(), source), "{source:?}");
        }
        assert_eq!(matched(&all, "*").len(), 10);
        assert!(!exists(&Tree::default(), "*"));
    }

    #[test]
    fn wildcards_are_seen() {
        for (source, expected) in [("a*", true), ("a/b", false), ("[a]", true), ("a?", true)] {
            assert_eq!(has_wildcard(source), expected, "{source}");
        }
        assert_eq!(path_in_context("/a/./b/../../../c/"), "c");
    }
}
