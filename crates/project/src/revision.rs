//! What Dockerfiles and the files around them were in a revision of a git repository.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use context::lock::{Lock, LockError, LockFormat};
use context::{Files, Tree};

use crate::disk::{DiskFiles, relative_to, text};
use crate::git::{Blob, Git, root_of};
use crate::problem::{Problem, shown};

/// The files of one or more repositories as they were where the branch of a revision and the checked-out one parted.
#[derive(Debug)]
pub struct Revision {
    /// As the person wrote it.
    name: String,
    repositories: Vec<Repository>,
    /// The texts of the Dockerfiles then; those that were not there are absent.
    texts: HashMap<PathBuf, String>,
}

#[derive(Debug)]
struct Repository {
    root: PathBuf,
    commit: String,
    /// Whether that is not the commit of the revision, but an older one where the branches parted.
    has_parted: bool,
    /// Files that are not the same now.
    changes: Vec<Change>,
    read: Mutex<BTreeMap<Blob, Option<Arc<str>>>>,
}

#[derive(Debug)]
struct Change {
    /// Its path now; the one then of a file that is no more.
    now: PathBuf,
    /// Its path then, and what it was; `None` for a file that was not there.
    before: Option<(PathBuf, Past)>,
}

/// What git has of a file.
#[derive(Clone, Debug)]
struct Past {
    blob: Blob,
    /// In bytes.
    size: u64,
}

impl Revision {
    /// Asks git what `files` (absolute, without symbolic links in their directories) and everything else in their
    /// repositories were. A renamed file is found under its new name.
    ///
    /// # Errors
    /// A file in no repository, a revision that does not exist, or git that cannot be run: with what to do.
    pub fn read(revision: &str, files: &[PathBuf]) -> Result<Revision, Problem> {
        let mut by_root: BTreeMap<PathBuf, Vec<&Path>> = BTreeMap::new();
        for file in files {
            let Some(root) = root_of(file) else {
                let text = format!(
                    "cannot compare `{}` with `{revision}`: it is in no git repository; leave --diff-base out to check all of it",
                    shown(file)
                );
                return Err(Problem::new(shown(file), text));
            };
            by_root.entry(root).or_default().push(file);
        }
        let mut res =
            Revision { name: revision.to_owned(), repositories: Vec::new(), texts: HashMap::new() };
        for (root, files) in by_root {
            let git = Git { root: &root, revision };
            let (commit, has_parted) = git.start()?;
            let changes = git.changes(&commit)?;
            let old_name = |name: String| {
                let renamed = changes.iter().find(|it| it.name == name);
                renamed.and_then(|it| Some(it.before.as_ref()?.0.clone())).unwrap_or(name)
            };
            let names: Vec<String> =
                files.iter().map(|it| old_name(relative_to(it, &root))).collect();
            let texts = git.texts(&commit, &names)?;
            let found = files.iter().zip(texts);
            res.texts.extend(found.filter_map(|it| Some((it.0.to_path_buf(), it.1?))));
            let blobs = changes.iter().filter_map(|it| it.before.as_ref());
            let blobs: Vec<&Blob> = blobs.map(|it| &it.1).collect();
            let mut sizes = git.sizes(&blobs).into_iter();
            let changes = changes.into_iter().map(|it| Change {
                now: root.join(&it.name),
                before: it.before.map(|(name, blob)| {
                    let size = sizes.next().unwrap_or(0);
                    (root.join(name), Past { blob, size })
                }),
            });
            let changes = changes.collect();
            let read = Mutex::default();
            res.repositories.push(Repository { root, commit, has_parted, changes, read });
        }
        Ok(res)
    }

    /// The text of a Dockerfile then; `None` when it was not there.
    pub fn text(&self, file: &Path) -> Option<&str> {
        self.texts.get(file).map(String::as_str)
    }

    /// A build context as it was then; `None` when it was the same. What git does not know counts as the same.
    pub fn files<'a>(&'a self, now: &'a DiskFiles<'a>) -> Option<PastFiles<'a>> {
        let changed = |it: &'a Repository| {
            let changed = changed_below(now.root(), &it.changes);
            (!changed.is_empty()).then_some((it, changed))
        };
        let (repository, changed) = self.repositories.iter().find_map(changed)?;
        Some(PastFiles { now, repository, revision: &self.name, changed, tree: OnceLock::new() })
    }

    /// What was compared with, for a person: `1a2b3c4 (main)`, or `1a2b3c4, where this branch left main`.
    pub fn told(&self) -> String {
        let name = &self.name;
        let told = self.repositories.iter().map(|it| {
            let commit: String = it.commit.chars().take(7).collect();
            match it.has_parted {
                true => format!("{commit}, where this branch left {name}"),
                false if it.commit.starts_with(name.as_str()) => commit,
                false => format!("{commit} ({name})"),
            }
        });
        let mut told: Vec<String> = told.collect();
        told.dedup();
        told.join(" and ")
    }
}

/// What was otherwise below a directory, by path: what was there, `None` for nothing. What has come from elsewhere was
/// there already: a Dockerfile that moves takes its files along.
fn changed_below(root: &Path, changes: &[Change]) -> BTreeMap<PathBuf, Option<Past>> {
    let mut res = BTreeMap::new();
    let mut put = |path: &Path, past: Option<&Past>| {
        if path.starts_with(root) {
            res.insert(path.to_path_buf(), past.cloned());
        }
    };
    for change in changes {
        match &change.before {
            None => put(&change.now, None),
            Some((before, past)) if before.starts_with(root) => {
                put(&change.now, None);
                put(before, Some(past));
            }
            Some((_, past)) => put(&change.now, Some(past)),
        }
    }
    res
}

/// A build context as it was in a revision: the files on disk, and what git has of those that are not the same.
pub struct PastFiles<'a> {
    now: &'a DiskFiles<'a>,
    repository: &'a Repository,
    revision: &'a str,
    /// Files that were otherwise, by path; `None` for those that were not there.
    changed: BTreeMap<PathBuf, Option<Past>>,
    tree: OnceLock<Option<Tree>>,
}

impl PastFiles<'_> {
    /// What is changed about a path; `None` when nothing is.
    fn changed(&self, path: &str) -> Option<&Option<Past>> {
        self.changed.get(&self.now.locate(path)?)
    }

    fn text_of(&self, path: &str, blob: &Blob) -> Option<Arc<str>> {
        let read = || self.repository.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = read().get(blob) {
            return text.clone();
        }
        let git = Git { root: &self.repository.root, revision: self.revision };
        let text = git.bytes(blob).and_then(|it| text(Path::new(path), it)).map(Arc::from);
        read().insert(blob.clone(), text.clone());
        text
    }
}

impl Files for PastFiles<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        match self.changed(path) {
            None => self.now.read(path),
            Some(before) => self.text_of(path, &before.as_ref()?.blob),
        }
    }

    fn tree(&self) -> Option<&Tree> {
        let past = || {
            let now = self.now.tree()?;
            let root = self.now.root();
            let changed = |it: &str| self.changed.contains_key(&root.join(it));
            let same = now.files().filter(|it| !changed(it.0)).map(|it| (it.0.to_owned(), it.1));
            let before = self.changed.iter().filter_map(|(file, before)| {
                let path = file.strip_prefix(root).ok()?.to_str()?;
                Some((path.replace('\\', "/"), before.as_ref()?.size))
            });
            let res = Tree::new(same.chain(before));
            Some(if now.is_complete() { res } else { res.cut_off() })
        };
        self.tree.get_or_init(past).as_ref()
    }

    fn lock(&self, path: &str, format: LockFormat) -> Option<Result<Arc<Lock>, LockError>> {
        match self.changed(path) {
            None => self.now.lock(path, format),
            Some(_) => {
                let text = self.read(path)?;
                Some(context::lock::parse(format, &text).map(Arc::new))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_was_what_git_says() {
        let path = |it: &str| Path::new("/r").join(it);
        let change = |now: &str, before: Option<&str>| Change {
            now: path(now),
            before: before.map(|it| (path(it), Past { blob: Blob::default(), size: 1 })),
        };
        let changes = [
            change("c/new", None),
            change("c/same", Some("c/same")),
            // Inside it was under its old name, from outside it moved along with everything else.
            change("c/to", Some("c/from")),
            change("c/in", Some("b/in")),
            change("b/out", Some("c/out")),
            change("b/other", Some("b/other")),
        ];
        let found = changed_below(&path("c"), &changes);
        let found: Vec<(&Path, bool)> =
            found.iter().map(|it| (it.0.as_path(), it.1.is_some())).collect();
        let expected = [
            ("c/from", true),
            ("c/in", true),
            ("c/new", false),
            ("c/out", true),
            ("c/same", true),
            ("c/to", false),
        ];
        let expected = expected.map(|it| (path(it.0), it.1));
        assert_eq!(found, expected.each_ref().map(|it| (it.0.as_path(), it.1)));
    }
}
