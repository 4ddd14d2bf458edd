//! The directory tree of a build context: paths and sizes.

use std::cmp::Ordering;

/// Every file of a context, sorted by path. Directories are implied by their files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    entries: Vec<(String, u64)>,
    is_complete: bool,
}

impl Tree {
    /// A tree of (path, size in bytes) pairs; paths are relative, with `/`. A path that ends in `/` is an empty
    /// directory.
    pub fn new(entries: impl IntoIterator<Item = (String, u64)>) -> Tree {
        let mut entries: Vec<(String, u64)> = entries.into_iter().collect();
        entries.sort();
        entries.dedup_by(|a, b| a.0 == b.0);
        Tree { entries, is_complete: true }
    }

    /// The same tree, marked as cut off: the walk stopped at a limit, so absence proves nothing.
    pub fn cut_off(mut self) -> Tree {
        self.is_complete = false;
        self
    }

    /// Whether the walk saw everything, so that a path that is not here does not exist.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// All files with their sizes, sorted by path.
    pub fn files(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|(path, size)| (path.as_str(), *size))
    }

    /// Whether there is a file or a directory at `path` (`""` and `.` are the root).
    pub fn contains(&self, path: &str) -> bool {
        let path = path.trim_matches('/');
        path.is_empty() || path == "." || self.below(path).next().is_some()
    }

    /// Whether `path` is a file of the tree.
    pub fn is_file(&self, path: &str) -> bool {
        !path.ends_with('/') && self.position(path).is_ok()
    }

    /// Whether `path` is a directory of the tree (`""` and `.` are the root).
    pub fn is_directory(&self, path: &str) -> bool {
        self.contains(path) && !self.is_file(path.trim_matches('/'))
    }

    /// The file at `path`, or all files below the directory `path`.
    pub fn below<'a>(&'a self, path: &str) -> impl Iterator<Item = (&'a str, u64)> + use<'a> {
        let path = path.trim_end_matches('/');
        let range = if path.is_empty() || path == "." {
            0..self.entries.len()
        } else {
            match self.position(path) {
                Ok(file) => file..file + 1,
                // The files of a directory stand together: all of them begin with its path and a `/`.
                Err(_) => {
                    let first = self.entries.partition_point(|it| {
                        compare_with_directory(&it.0, path) == Ordering::Less
                    });
                    let n_files = self.entries[first..].partition_point(|it| {
                        compare_with_directory(&it.0, path) == Ordering::Equal
                    });
                    first..first + n_files
                }
            }
        };
        self.entries[range].iter().map(|(path, size)| (path.as_str(), *size))
    }

    fn position(&self, path: &str) -> Result<usize, usize> {
        self.entries.binary_search_by(|it| it.0.as_str().cmp(path))
    }
}

/// Where `entry` stands beside the files below `directory`: before, among or behind them.
fn compare_with_directory(entry: &str, directory: &str) -> Ordering {
    let prefix = directory.bytes().chain([b'/']);
    entry.bytes().take(directory.len() + 1).cmp(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let paths = ["a-b/x", "a.txt", "a/b/c", "a/d", "ab", "empty/", "z"];
        Tree::new(paths.map(|it| (it.to_owned(), it.len() as u64)))
    }

    #[test]
    fn below_a_directory_stand_its_own_files_only() {
        let tree = tree();
        let below = |path: &str| tree.below(path).map(|it| it.0).collect::<Vec<_>>();
        assert_eq!(below("a"), ["a/b/c", "a/d"]);
        assert_eq!(below("a/"), ["a/b/c", "a/d"]);
        assert_eq!(below("a/b"), ["a/b/c"]);
        assert_eq!(below("a/d"), ["a/d"]);
        assert_eq!(below("a.txt"), ["a.txt"]);
        assert_eq!(below("empty"), ["empty/"]);
        assert_eq!(below("none"), [""; 0]);
        assert_eq!(below("zz"), [""; 0]);
        assert_eq!(below("").len(), 7);
        assert_eq!(below(".").len(), 7);
    }

    #[test]
    fn files_and_directories_are_told_apart() {
        let tree = tree();
        for (path, exists, is_file) in [
            ("a", true, false),
            ("a/", true, false),
            ("/a/b", true, false),
            ("a/d", true, true),
            ("a/dd", false, false),
            ("", true, false),
            (".", true, false),
            ("empty", true, false),
        ] {
            assert_eq!(tree.contains(path), exists, "{path}");
            assert_eq!(tree.is_file(path), is_file, "{path}");
            assert_eq!(tree.is_directory(path), exists && !is_file, "{path}");
        }
        assert!(tree.is_complete());
        assert!(!tree.cut_off().is_complete());
    }
}
