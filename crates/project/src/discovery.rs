//! Finds the Dockerfiles among the paths that a person named.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::{DirEntry, WalkBuilder};

use crate::name::is_dockerfile;
use crate::problem::{Problem, reason, shown};
use crate::source::{read_text, special_kind};

/// A Dockerfile to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dockerfile {
    /// As a person would write it: beginning with what was named, without a leading `./`.
    pub shown: String,
    /// The directory it is in, absolute and without symbolic links.
    pub directory: Arc<Path>,
    /// Its name in that directory; may be a symbolic link to a file.
    pub file: PathBuf,
    /// Whether it was named itself, and not found in a directory.
    pub is_named: bool,
    /// The outermost directory that may be taken for its build context.
    pub outermost: Arc<Path>,
}

/// What a search came to.
#[derive(Debug, Default)]
pub struct Discovery {
    /// In the order of the paths named, within a directory by name; no file twice.
    pub files: Vec<Dockerfile>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// Directories that hold no Dockerfile.
    pub empty: Vec<String>,
}

/// Finds Dockerfiles: a file that is named is taken whatever it is called; a directory is searched for the usual
/// names, leaving out what `.gitignore` leaves out (with or without a repository) and hidden directories, unless
/// the named one is hidden. Links to directories are not followed, links to files are.
pub fn discover(paths: &[PathBuf]) -> Discovery {
    let mut search = Search { working: working_directory(), ..Search::default() };
    for path in paths {
        search.path(path);
    }
    search.discovery
}

/// The Dockerfile that a text from standard input claims to be; it need not exist.
pub fn named(path: &Path) -> Dockerfile {
    named_within(path, working_directory().as_slice())
}

/// The Dockerfile that a text claims to be, for a person who works in `folders` (absolute, without symbolic links).
pub fn named_within(path: &Path, folders: &[PathBuf]) -> Dockerfile {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory: Arc<Path> = absolute(parent).into();
    let around = folders.iter().filter(|it| directory.starts_with(it));
    let outermost =
        outermost(&directory, around.max_by_key(|it| it.as_os_str().len()).map(PathBuf::as_path));
    let file = directory.join(path.file_name().unwrap_or_default());
    Dockerfile { shown: shown(path), directory, file, is_named: true, outermost }
}

#[derive(Default)]
struct Search {
    working: Option<PathBuf>,
    /// The real paths of what was found, so that nothing is taken twice.
    taken: BTreeSet<PathBuf>,
    /// Real paths of directories of named files.
    directories: BTreeMap<PathBuf, Arc<Path>>,
    discovery: Discovery,
}

impl Search {
    fn path(&mut self, path: &Path) {
        let name = shown(path);
        match fs::metadata(path) {
            Err(error) => self.problem(Problem::reading(&name, reason(&error))),
            Ok(metadata) if metadata.is_dir() => self.directory(path),
            Ok(metadata) => match special_kind(metadata.file_type()) {
                Some(kind) => self.problem(Problem::reading(&name, kind)),
                None => self.named_file(path, name),
            },
        }
    }

    fn problem(&mut self, problem: Problem) {
        self.discovery.problems.push(problem);
    }

    fn named_file(&mut self, path: &Path, shown: String) {
        let parent = path.parent().filter(|it| !it.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        let directory = self
            .directories
            .entry(parent.to_path_buf())
            .or_insert_with(|| absolute(parent).into())
            .clone();
        let outermost = outermost(&directory, self.working.as_deref());
        let file = directory.join(path.file_name().unwrap_or_default());
        let is_link = fs::symlink_metadata(&file).is_ok_and(|it| it.is_symlink());
        self.take(Dockerfile { shown, directory, file, is_named: true, outermost }, is_link);
    }

    fn take(&mut self, file: Dockerfile, is_link: bool) {
        let real = if is_link { fs::canonicalize(&file.file).ok() } else { None };
        if self.taken.insert(real.unwrap_or_else(|| file.file.clone())) {
            self.discovery.files.push(file);
        }
    }

    fn directory(&mut self, root: &Path) {
        let root_directory: Arc<Path> = absolute(root).into();
        let outermost = outermost(&root_directory, self.working.as_deref());
        let mut latest: Option<(PathBuf, Arc<Path>)> = None;
        let mut is_empty = true;
        let walk = WalkBuilder::new(root)
            .require_git(false)
            .follow_links(false)
            .filter_entry(|it| it.file_name() != ".git")
            .sort_by_file_name(|a, b| a.cmp(b))
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.walk_error(&error);
                    continue;
                }
            };
            if !entry.file_name().to_str().is_some_and(is_dockerfile) || !self.is_file(&entry) {
                continue;
            }
            if is_python_module(entry.path()) {
                continue;
            }
            is_empty = false;
            let parent = entry.path().parent().unwrap_or(root);
            let directory = match &latest {
                Some((path, directory)) if path == parent => directory.clone(),
                _ => {
                    let below = parent.strip_prefix(root).unwrap_or(Path::new(""));
                    let joined = if below.as_os_str().is_empty() {
                        root_directory.clone()
                    } else {
                        root_directory.join(below).into()
                    };
                    latest = Some((parent.to_path_buf(), Arc::clone(&joined)));
                    joined
                }
            };
            let is_link = entry.path_is_symlink();
            let found = Dockerfile {
                shown: shown(entry.path()),
                file: directory.join(entry.file_name()),
                directory,
                is_named: false,
                outermost: outermost.clone(),
            };
            self.take(found, is_link);
        }
        if is_empty {
            self.discovery.empty.push(root.to_string_lossy().into_owned());
        }
    }

    /// Whether a walk's entry is a file or a link to one. Pipes and the like are reported, directories not.
    fn is_file(&mut self, entry: &DirEntry) -> bool {
        let Some(kind) = entry.file_type() else { return false };
        if kind.is_file() || kind.is_dir() {
            return kind.is_file();
        }
        let name = shown(entry.path());
        match fs::metadata(entry.path()) {
            Ok(metadata) if metadata.is_dir() => false,
            Ok(metadata) => match special_kind(metadata.file_type()) {
                None => true,
                Some(kind) => {
                    self.problem(Problem::reading(&name, kind));
                    false
                }
            },
            Err(error) => {
                let text = format!("it is a symbolic link, and {}", reason(&error));
                self.problem(Problem::reading(&name, text));
                false
            }
        }
    }

    fn walk_error(&mut self, error: &ignore::Error) {
        let path = match error {
            ignore::Error::WithPath { path, .. } => shown(path),
            ignore::Error::WithDepth { err, .. } => return self.walk_error(err),
            // A faulty line of a .gitignore hides nothing from us.
            _ => return,
        };
        if let Some(cause) = error.io_error() {
            self.problem(Problem::reading(&path, reason(cause)));
        }
    }
}

/// Whether a file such as `dockerfile.py`, which may be either, is a module of a Python program: it does not begin as a
/// Dockerfile does.
fn is_python_module(path: &Path) -> bool {
    if path.extension().is_none_or(|it| it != "py") {
        return false;
    }
    let text = read_text(path).unwrap_or_default();
    let is_said = |it: &&str| !it.trim().is_empty() && !it.trim_start().starts_with('#');
    let Some(first) = text.lines().find(is_said) else { return true };
    let words: Vec<String> = first.split_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    !matches!(words.as_slice(), ["from" | "arg", _, rest @ ..] if rest.first() != Some(&"import"))
}

/// The directory that `pylintdock` was started in, without symbolic links.
fn working_directory() -> Option<PathBuf> {
    std::env::current_dir().and_then(fs::canonicalize).ok()
}

fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// A person who stands in a project and names a part of it has the whole project in mind: the repository, wherever in it
/// that person stands, or the directory above the part.
fn outermost(directory: &Arc<Path>, working: Option<&Path>) -> Arc<Path> {
    let Some(working) = working else { return Arc::clone(directory) };
    let repository = directory.ancestors().find(|it| it.join(".git").exists());
    match repository {
        Some(repository) if working.starts_with(repository) => repository.into(),
        _ if directory.starts_with(working) => working.into(),
        _ => Arc::clone(directory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &Discovery, root: &Path) -> Vec<String> {
        let root = format!("{}/", root.display());
        found.files.iter().map(|it| it.shown.replace(&root, "")).collect()
    }

    #[test]
    fn a_context_may_lie_anywhere_in_the_repository_that_one_stands_in() {
        let directory =
            tree(&[("repo/.git/HEAD", ""), ("repo/app/x", ""), ("repo/docker/a/x", "")]);
        let at = |it: &str| directory.path().join(it);
        for (working, expected) in [
            ("repo", "repo"),
            ("repo/app", "repo"),
            ("repo/docker", "repo"),
            ("repo/docker/a", "repo"),
            // From outside nothing but what is named is meant, or what one stands above.
            ("", ""),
            ("elsewhere", "repo/docker/a"),
        ] {
            let found = outermost(&at("repo/docker/a").into(), Some(&at(working)));
            assert_eq!(*found, *at(expected), "{working}");
        }
    }

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::Builder::new().prefix("discovery").tempdir().unwrap();
        for (path, text) in files {
            let file = directory.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        directory
    }

    #[test]
    fn directories_are_searched_in_order_and_gitignore_is_heeded() {
        let directory = tree(&[
            ("b/Dockerfile", ""),
            ("Dockerfile", ""),
            ("Dockerfile.dockerignore", ""),
            ("a/web.Dockerfile", ""),
            (".hidden/Dockerfile", ""),
            (".git/Dockerfile", ""),
            ("skipped/Dockerfile", ""),
            ("b/old/Dockerfile", ""),
            (".gitignore", "skipped/\n"),
            ("b/.gitignore", "old\n"),
            ("other.txt", ""),
            ("c/Dockerfile.py", "# a\nFROM python\n"),
            ("c/dockerfile.py", "\"\"\"Reads Dockerfiles.\"\"\"\n"),
            ("c/x.Dockerfile.py", ""),
            ("d/Dockerfile.py", "from pathlib import Path\n"),
        ]);
        let root = directory.path();
        let found = discover(&[root.to_path_buf()]);
        assert_eq!(
            names(&found, root),
            ["Dockerfile", "a/web.Dockerfile", "b/Dockerfile", "c/Dockerfile.py"]
        );
        assert!(found.problems.is_empty() && found.empty.is_empty());
        let found = discover(&[root.join(".hidden"), root.join("other.txt"), root.join("skipped")]);
        // A directory that is named is searched although a file above it ignores it.
        assert_eq!(names(&found, root), [".hidden/Dockerfile", "other.txt", "skipped/Dockerfile"]);
    }

    #[test]
    fn no_file_is_taken_twice() {
        let directory = tree(&[("a/Dockerfile", ""), ("b/x", "")]);
        let root = directory.path();
        let found = discover(&[
            root.join("a/Dockerfile"),
            root.to_path_buf(),
            root.join("b/../a"),
            root.join("a").join(".").join("Dockerfile"),
        ]);
        assert_eq!(names(&found, root), ["a/Dockerfile"]);
        assert!(found.empty.is_empty());
    }

    #[test]
    #[cfg(unix)]
    fn links_are_safe() {
        use std::os::unix::fs::symlink;
        let directory = tree(&[("a/real/Dockerfile", "")]);
        let root = directory.path();
        symlink("../..", root.join("a/real/loop")).unwrap();
        symlink("self", root.join("self")).unwrap();
        symlink("Dockerfile.x", root.join("Dockerfile.x")).unwrap();
        symlink("real/Dockerfile", root.join("a/Dockerfile")).unwrap();
        let found = discover(&[root.to_path_buf()]);
        assert_eq!(names(&found, root), ["a/Dockerfile"]);
        assert_eq!(found.problems.len(), 1);
        assert!(
            found.problems[0]
                .sentence
                .contains("it is a symbolic link, and too many levels of symbolic links")
        );
        let found = discover(&[root.join("self"), root.join("none")]);
        assert_eq!(found.problems.len(), 2);
    }

    #[test]
    fn a_directory_without_dockerfiles_is_named() {
        let directory = tree(&[("readme.md", "")]);
        assert_eq!(discover(&[directory.path().to_owned()]).empty.len(), 1);
    }
}
