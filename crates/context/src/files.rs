//! How the files of a build context are reached, without saying where they are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Tree;
use crate::lock::{self, Lock, LockError, LockFormat};

/// The files that `docker build` would be given: a directory on disk, an editor's open buffers over one, or a
/// test's memory. Paths are relative to the context's root, with `/`, without a leading `./`.
pub trait Files: Sync {
    /// The text of a file, or `None` when it is absent, too large or not text.
    fn read(&self, path: &str) -> Option<Arc<str>>;

    /// Every file of the context, ignored ones included; `None` when the context is not known (standard input).
    fn tree(&self) -> Option<&Tree>;

    /// The lock file at a path, or what is wrong with it; `None` as of [`Files::read`]. Whoever keeps files between
    /// checks keeps large locks read.
    fn lock(&self, path: &str, format: LockFormat) -> Option<Result<Arc<Lock>, LockError>> {
        let text = self.read(path)?;
        Some(lock::parse(format, &text).map(Arc::new))
    }
}

/// No context is known: nothing can be read, and nothing is said about what is missing.
pub struct NoFiles;

impl Files for NoFiles {
    fn read(&self, _path: &str) -> Option<Arc<str>> {
        None
    }

    fn tree(&self) -> Option<&Tree> {
        None
    }
}

/// A context held in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    texts: BTreeMap<String, Arc<str>>,
    tree: Tree,
}

impl MemoryFiles {
    /// A context of these (path, text) pairs.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> MemoryFiles {
        let texts: BTreeMap<String, Arc<str>> =
            files.into_iter().map(|(path, text)| (path.to_owned(), Arc::from(text))).collect();
        let tree = Tree::new(texts.iter().map(|(path, text)| (path.clone(), text.len() as u64)));
        MemoryFiles { texts, tree }
    }
}

impl Files for MemoryFiles {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.texts.get(path).cloned()
    }

    fn tree(&self) -> Option<&Tree> {
        Some(&self.tree)
    }
}
