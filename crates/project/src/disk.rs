//! The files of a build context on disk, read when they are asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use context::lock::{Lock, LockError, LockFormat};
use context::{Files, Tree};

use crate::kept::Kept;
use crate::walk::walk;

/// Larger context files are not read: a rule has nothing to find in them.
const LARGEST_CONTEXT_FILE: u64 = 32 * 1024 * 1024;

/// What the Dockerfiles of one run share: what is known of their contexts, and texts that fixes have written.
#[derive(Default)]
pub struct Contexts {
    /// By root.
    known: Mutex<BTreeMap<PathBuf, Arc<Known>>>,
    /// By real path; what a fix of this run has put there, on disk or only in a diff.
    written: RwLock<BTreeMap<PathBuf, Arc<str>>>,
    generation: AtomicU64,
}

/// What is known of one context.
#[derive(Default)]
struct Known {
    tree: Mutex<Arc<OnceLock<Arc<Tree>>>>,
    kept: Kept,
    /// When it was used the last time.
    generation: AtomicU64,
}

impl Contexts {
    /// The context at `root`, which is absolute and without symbolic links.
    pub fn at(&self, root: PathBuf) -> DiskFiles<'_> {
        let known = {
            let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(root.clone()).or_default())
        };
        known.generation.store(self.generation.load(Relaxed), Relaxed);
        DiskFiles { contexts: self, known, root, texts: Mutex::default(), tree: OnceLock::new() }
    }

    /// From now on the file has this text, whatever the disk says.
    pub fn overlay(&self, file: PathBuf, text: &str) {
        let mut written = self.written.write().unwrap_or_else(PoisonError::into_inner);
        written.insert(file, Arc::from(text));
    }

    /// The text that [`Contexts::overlay`] gave a file.
    pub fn overlaid(&self, file: &Path) -> Option<Arc<str>> {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        if written.is_empty() { None } else { written.get(file).cloned() }
    }

    /// From now on the disk says again what text the file has.
    pub fn uncover(&self, file: &Path) {
        self.written.write().unwrap_or_else(PoisonError::into_inner).remove(file);
    }

    /// Forgets all trees: something was created or deleted.
    pub fn forget_trees(&self) {
        let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        for known in all.values() {
            *known.tree.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        }
    }

    /// Walks all trees again; whether one of them is another one now. Takes its time.
    pub fn walk_again(&self) -> bool {
        let all: Vec<(PathBuf, Arc<Known>)> = {
            let all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            all.iter().map(|it| (it.0.clone(), Arc::clone(it.1))).collect()
        };
        let mut res = false;
        for (root, known) in all {
            let place = || known.tree.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(before) = place().get().cloned() else { continue };
            let now = walk(&root);
            if now != *before {
                *place() = Arc::new(OnceLock::from(Arc::new(now)));
                res = true;
            }
        }
        res
    }

    /// Forgets the contexts that nobody has used since the last call but one, so that a run over many projects does
    /// not keep them all.
    pub fn forget_unused(&self) {
        let now = self.generation.fetch_add(1, Relaxed);
        let mut all = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, it| it.generation.load(Relaxed) >= now);
    }

    fn tree(&self, known: &Known, root: &Path) -> Arc<Tree> {
        let place = Arc::clone(&known.tree.lock().unwrap_or_else(PoisonError::into_inner));
        // Outside the lock: what forgets it need not wait for this walk.
        let tree = Arc::clone(place.get_or_init(|| Arc::new(walk(root))));
        self.with_written(root, tree)
    }

    /// The tree with the files that were written after it was walked.
    fn with_written(&self, root: &Path, tree: Arc<Tree>) -> Arc<Tree> {
        let written = self.written.read().unwrap_or_else(PoisonError::into_inner);
        let added: Vec<(String, u64)> = written
            .iter()
            .filter_map(|(file, text)| {
                let path = relative(file.strip_prefix(root).ok()?)?;
                (!tree.is_file(&path)).then_some((path, text.len() as u64))
            })
            .collect();
        if added.is_empty() {
            return tree;
        }
        let entries = tree.files().map(|it| (it.0.to_owned(), it.1)).chain(added);
        let res = Tree::new(entries);
        Arc::new(if tree.is_complete() { res } else { res.cut_off() })
    }
}

/// One build context. Nothing outside of its root is ever read, through `..` or symbolic links.
pub struct DiskFiles<'c> {
    contexts: &'c Contexts,
    known: Arc<Known>,
    root: PathBuf,
    texts: Mutex<BTreeMap<String, Option<Arc<str>>>>,
    tree: OnceLock<Arc<Tree>>,
}

impl DiskFiles<'_> {
    /// The directory that it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where a path of the context is on disk, the path's symbolic links kept; `None` when it leads outside.
    pub fn locate(&self, path: &str) -> Option<PathBuf> {
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        // A part with a backslash or a drive would be several on Windows.
        let is_plain = parts.iter().all(|it| Path::new(it).components().count() == 1);
        (is_plain && !parts.is_empty()).then(|| self.root.join(parts.join("/")))
    }

    fn load(&self, path: &str) -> Option<Arc<str>> {
        let file = self.locate(path)?;
        if let Some(text) = self.contexts.overlaid(&file) {
            return Some(text);
        }
        self.known.kept.text(&file, || self.read_from_disk(&file))
    }

    fn read_from_disk(&self, file: &Path) -> Option<Arc<str>> {
        let metadata = fs::symlink_metadata(file).ok()?;
        // A directory on the way may be a link as well, so the real path decides.
        let real = fs::canonicalize(file).ok().filter(|it| it.starts_with(&self.root))?;
        let metadata = if metadata.is_symlink() { fs::metadata(&real).ok()? } else { metadata };
        if !metadata.is_file() || metadata.len() > LARGEST_CONTEXT_FILE {
            return None;
        }
        text(file, fs::read(real).ok()?).map(Arc::from)
    }
}

/// The text of a file; `None` if it is none. Lists of requirements may be UTF-16 with a mark, as PowerShell writes them:
/// pip reads these. Nothing else here does.
pub(crate) fn text(file: &Path, bytes: Vec<u8>) -> Option<String> {
    let is_list = file.extension().is_some_and(|it| it == "txt" || it == "in");
    let units = |read: fn([u8; 2]) -> u16| -> Option<String> {
        let (pairs, rest) = bytes.get(2..)?.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|it| read(*it)).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] if is_list => units(u16::from_le_bytes),
        [0xfe, 0xff, ..] if is_list => units(u16::from_be_bytes),
        _ => String::from_utf8(bytes).ok(),
    }
}

impl Files for DiskFiles<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        let texts = || self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = texts().get(path) {
            return text.clone();
        }
        let text = self.load(path);
        texts().insert(path.to_owned(), text.clone());
        text
    }

    fn tree(&self) -> Option<&Tree> {
        Some(self.tree.get_or_init(|| self.contexts.tree(&self.known, &self.root)))
    }

    fn lock(&self, path: &str, format: LockFormat) -> Option<Result<Arc<Lock>, LockError>> {
        let file = self.locate(path)?;
        let kept = &self.known.kept;
        match self.contexts.overlaid(&file) {
            Some(text) => kept.given_lock(&file, format, text),
            None => kept.lock_on_disk(&file, format, || self.read_from_disk(&file)),
        }
    }
}

/// `path` seen from `directory`, both absolute, with `/`; begins with `../` where it leads out.
pub fn relative_to(path: &Path, directory: &Path) -> String {
    let mut ups = String::new();
    for ancestor in directory.ancestors() {
        if let Ok(below) = path.strip_prefix(ancestor) {
            return ups + &below.to_string_lossy().replace('\\', "/");
        }
        ups.push_str("../");
    }
    path.to_string_lossy().into_owned()
}

fn relative(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_requirements_may_be_utf_16() {
        let little: Vec<u8> = "\u{feff}flask\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "\u{feff}flask\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big] {
            assert_eq!(
                text(Path::new("a/requirements.txt"), bytes.clone()).as_deref(),
                Some("flask\n")
            );
            assert_eq!(text(Path::new(".dockerignore"), bytes.clone()), None);
        }
        let odd = little.get(..little.len() - 1).unwrap().to_vec();
        assert_eq!(text(Path::new("requirements.txt"), odd), None);
        assert_eq!(
            text(Path::new("requirements.txt"), b"flask".to_vec()).as_deref(),
            Some("flask")
        );
    }

    #[test]
    fn nothing_outside_the_root_is_read() {
        let directory = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(directory.path()).unwrap();
        fs::create_dir_all(top.join("ctx/sub")).unwrap();
        fs::write(top.join("secret"), "secret").unwrap();
        fs::write(top.join("ctx/a.txt"), "a").unwrap();
        fs::write(top.join("ctx/binary"), b"\xff").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            symlink("../secret", top.join("ctx/link")).unwrap();
            symlink("..", top.join("ctx/up")).unwrap();
            symlink("a.txt", top.join("ctx/inside")).unwrap();
            assert_eq!(
                Contexts::default().at(top.join("ctx")).read("inside").as_deref(),
                Some("a")
            );
        }
        let contexts = Contexts::default();
        let files = contexts.at(top.join("ctx"));
        assert_eq!(files.read("a.txt").as_deref(), Some("a"));
        assert_eq!(files.read("./sub/../a.txt").as_deref(), Some("a"));
        for path in ["../secret", "link", "up/secret", "sub", "binary", "none", "", "/etc/passwd"] {
            assert_eq!(files.read(path), None, "{path}");
        }
    }

    #[test]
    fn what_a_fix_wrote_is_seen_by_the_next_file() {
        let directory = tempfile::tempdir().unwrap();
        let top = fs::canonicalize(directory.path()).unwrap();
        fs::write(top.join("a.txt"), "a").unwrap();
        let contexts = Contexts::default();
        assert!(!contexts.at(top.clone()).tree().unwrap().is_file(".dockerignore"));
        contexts.overlay(top.join(".dockerignore"), ".git\n");
        let files = contexts.at(top);
        assert_eq!(files.read(".dockerignore").as_deref(), Some(".git\n"));
        assert!(files.tree().unwrap().is_file(".dockerignore"));
        assert!(!contexts.walk_again());
        fs::write(files.root().join("b.txt"), "b").unwrap();
        assert!(contexts.walk_again());
        assert!(!contexts.walk_again());
        assert!(contexts.at(files.root().to_owned()).tree().unwrap().is_file("b.txt"));
        contexts.forget_unused();
        contexts.forget_unused();
        assert!(contexts.known.lock().unwrap().is_empty());
    }

    #[test]
    fn paths_are_relative() {
        let cases = [
            ("/a/b/Dockerfile", "/a", "b/Dockerfile"),
            ("/a/Dockerfile", "/a", "Dockerfile"),
            ("/a/x/Dockerfile", "/a/b/c", "../../x/Dockerfile"),
        ];
        for (path, directory, expected) in cases {
            assert_eq!(relative_to(Path::new(path), Path::new(directory)), expected);
        }
    }
}
