//! Walks a build context for the sizes and names of all its files.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};

use context::Tree;

/// A walk stops after this many entries: it then takes about a second and 30 MB.
const MOST_ENTRIES: usize = 200_000;

/// Everything below `root`, ignored files included, because how large they are is what an ignore file is judged
/// by. The parts of `.git` are summed up: their names mean nothing to a build. A link to a directory inside the
/// root appears with what is behind it, without sizes.
pub(crate) fn walk(root: &Path) -> Tree {
    let mut walk = Walk { root: root.to_path_buf(), entries: Vec::new(), is_cut_off: false };
    walk.directory(root, "", true);
    let tree = Tree::new(walk.entries);
    if walk.is_cut_off { tree.cut_off() } else { tree }
}

struct Walk {
    root: PathBuf,
    entries: Vec<(String, u64)>,
    is_cut_off: bool,
}

impl Walk {
    /// Adds what is in `directory`, whose entries get names beginning with `prefix` (empty or ending in `/`).
    fn directory(&mut self, directory: &Path, prefix: &str, follows_links: bool) {
        let Ok(entries) = fs::read_dir(directory) else {
            // What cannot be listed may hold anything.
            self.is_cut_off = true;
            return;
        };
        let before = self.entries.len();
        for entry in entries.flatten() {
            if self.entries.len() >= MOST_ENTRIES {
                self.is_cut_off = true;
                return;
            }
            self.entry(&entry, prefix, follows_links);
        }
        if self.entries.len() == before && !prefix.is_empty() {
            self.entries.push((prefix.to_owned(), 0));
        }
    }

    fn entry(&mut self, entry: &DirEntry, prefix: &str, follows_links: bool) {
        let Ok(kind) = entry.file_type() else { return };
        let name = entry.file_name();
        let path = format!("{prefix}{}", name.to_string_lossy());
        if kind.is_dir() {
            if prefix.ends_with(".git/") {
                let size = size_below(&entry.path());
                self.entries.push((path, size));
            } else {
                self.directory(&entry.path(), &format!("{path}/"), follows_links);
            }
        } else if kind.is_symlink() {
            self.link(entry, path, follows_links);
        } else {
            let size = entry.metadata().map_or(0, |it| it.len());
            self.entries.push((path, size));
        }
    }

    fn link(&mut self, entry: &DirEntry, path: String, follows_links: bool) {
        let link = entry.path();
        let target = fs::canonicalize(&link).ok().filter(|it| {
            follows_links && it.is_dir() && it.starts_with(&self.root) && !link.starts_with(it)
        });
        match target {
            Some(target) => {
                let before = self.entries.len();
                // Links behind a link are not followed, so that circles end.
                self.directory(&target, &format!("{path}/"), false);
                self.entries[before..].iter_mut().for_each(|it| it.1 = 0);
            }
            None => self.entries.push((path, 0)),
        }
    }
}

/// Bytes of all files below a directory, without keeping their names.
fn size_below(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => size_below(&entry.path()),
            Ok(_) => entry.metadata().map_or(0, |it| it.len()),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_seen_and_circles_end() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        for (file, text) in [
            (".git/HEAD", "ref"),
            (".git/objects/aa/1", "12345"),
            (".git/objects/bb/2", "12345"),
            ("src/app.py", "print()"),
            ("src/data/x", "1"),
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        fs::create_dir(root.join("empty")).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("src", root.join("link")).unwrap();
            symlink("..", root.join("src/data/up")).unwrap();
            symlink("/etc", root.join("outside")).unwrap();
        }
        let tree = walk(&root);
        let files: Vec<(&str, u64)> = tree.files().collect();
        assert_eq!(
            files,
            [
                (".git/HEAD", 3),
                (".git/objects", 10),
                ("empty/", 0),
                ("link/app.py", 0),
                ("link/data/up", 0),
                ("link/data/x", 0),
                ("outside", 0),
                ("src/app.py", 7),
                ("src/data/up", 0),
                ("src/data/x", 1),
            ]
        );
        assert!(tree.is_complete());
        assert!(!walk(&root.join("none")).is_complete());
    }
}
