//! Files of a context that were read before and are not read again as long as they are the same.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use context::lock::{Lock, LockError, LockFormat, parse};

/// A lock file that was read; `None` when it is absent, too large or not text.
type ReadLock = Option<Result<Arc<Lock>, LockError>>;

/// What was read of the files of one context.
#[derive(Default)]
pub(crate) struct Kept {
    texts: Mutex<BTreeMap<PathBuf, KeptText>>,
    locks: Mutex<BTreeMap<PathBuf, KeptLock>>,
}

/// A text, `None` when it is too large or no text, with the state of the file that has it.
type KeptText = (Stamp, Option<Arc<str>>);

struct KeptLock {
    version: Version,
    format: LockFormat,
    lock: Arc<OnceLock<ReadLock>>,
}

/// Which text a file has.
enum Version {
    /// The one of this buffer of an editor, or that a fix has written.
    Given(Arc<str>),
    OnDisk(Stamp),
}

impl Kept {
    /// The text of a file on disk, by `read` unless that would give the same again.
    pub(crate) fn text(
        &self,
        file: &Path,
        read: impl FnOnce() -> Option<Arc<str>>,
    ) -> Option<Arc<str>> {
        // Taken before the file is read: one that changes meanwhile has another one the next time.
        let stamp = Stamp::of(file)?;
        if let Some((known, text)) = guarded(&self.texts).get(file)
            && *known == stamp
        {
            return text.clone();
        }
        let text = read();
        let mut texts = guarded(&self.texts);
        match stamp.is_settled() {
            true => drop(texts.insert(file.to_path_buf(), (stamp, text.clone()))),
            false => drop(texts.remove(file)),
        }
        text
    }

    /// The lock file with a given text, read once as long as the text is the very same one.
    pub(crate) fn given_lock(&self, file: &Path, format: LockFormat, text: Arc<str>) -> ReadLock {
        let version = Version::Given(Arc::clone(&text));
        self.lock(file, format, version, || Some(text))
    }

    /// The lock file on disk, by `read` unless that would give the same again.
    pub(crate) fn lock_on_disk(
        &self,
        file: &Path,
        format: LockFormat,
        read: impl FnOnce() -> Option<Arc<str>>,
    ) -> ReadLock {
        let stamp = Stamp::of(file)?;
        if stamp.is_settled() {
            return self.lock(file, format, Version::OnDisk(stamp), read);
        }
        guarded(&self.locks).remove(file);
        Some(parse(format, &read()?).map(Arc::new))
    }

    fn lock(
        &self,
        file: &Path,
        format: LockFormat,
        version: Version,
        read: impl FnOnce() -> Option<Arc<str>>,
    ) -> ReadLock {
        let place = {
            let mut locks = guarded(&self.locks);
            let is_same = |it: &&KeptLock| it.format == format && it.version.is(&version);
            match locks.get(file).filter(is_same) {
                Some(known) => Arc::clone(&known.lock),
                None => {
                    let lock = Arc::default();
                    let new = KeptLock { version, format, lock: Arc::clone(&lock) };
                    locks.insert(file.to_path_buf(), new);
                    lock
                }
            }
        };
        // Outside of the table: other files need not wait for this one, and who wants the same one waits for it here.
        place.get_or_init(|| Some(parse(format, &read()?).map(Arc::new))).clone()
    }
}

impl Version {
    fn is(&self, other: &Version) -> bool {
        match (self, other) {
            (Version::Given(one), Version::Given(other)) => Arc::ptr_eq(one, other),
            (Version::OnDisk(one), Version::OnDisk(other)) => one == other,
            _ => false,
        }
    }
}

/// What tells one state of a file from another: two that are equal have the same text, once they are settled.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    /// Where there is such a thing: the device, the number of the file on it, and the time of the last change of
    /// anything about it, in seconds and nanoseconds.
    node: [i128; 4],
}

impl Stamp {
    /// That of what a path leads to; `None` where it leads nowhere.
    pub(crate) fn of(file: &Path) -> Option<Stamp> {
        let metadata = fs::metadata(file).ok()?;
        let modified = metadata.modified().ok();
        Some(Stamp { length: metadata.len(), modified, node: node(&metadata) })
    }

    /// Whether a later change will have another stamp. Clocks of file systems are coarse, so that two changes within two
    /// seconds, which is the coarsest, may look the same.
    fn is_settled(&self) -> bool {
        const COARSEST: Duration = Duration::from_secs(2);
        let [_, _, seconds, _] = self.node;
        let changed = u64::try_from(seconds).map(Duration::from_secs).unwrap_or_default();
        let is_old = |time: SystemTime| {
            SystemTime::now().duration_since(time).is_ok_and(|age| age > COARSEST)
        };
        // One second more, since its part is cut off.
        let second = Duration::from_secs(1);
        let changed = SystemTime::UNIX_EPOCH.checked_add(changed + second);
        self.modified.is_some_and(is_old) && changed.is_some_and(is_old)
    }
}

#[cfg(unix)]
fn node(metadata: &Metadata) -> [i128; 4] {
    use std::os::unix::fs::MetadataExt;
    let it = metadata;
    [it.dev().into(), it.ino().into(), it.ctime().into(), it.ctime_nsec().into()]
}

#[cfg(not(unix))]
fn node(_: &Metadata) -> [i128; 4] {
    [0; 4]
}

fn guarded<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn age(file: &Path, seconds: u64) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        fs::File::options().write(true).open(file).unwrap().set_modified(time).unwrap();
    }

    #[test]
    fn what_was_written_just_now_is_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("uv.lock");
        let kept = Kept::default();
        let text = |text: &'static str| kept.text(&file, || Some(Arc::from(text)));
        assert_eq!(text("absent"), None);
        fs::write(&file, "one").unwrap();
        age(&file, 3600);
        // Its text may be old, but that it has it is news: the second in which that was is not over.
        let is_kept = !cfg!(unix);
        assert_eq!(text("one").as_deref(), Some("one"));
        assert_eq!(text("two").as_deref(), Some(if is_kept { "one" } else { "two" }));
        assert_eq!(guarded(&kept.texts).len(), usize::from(is_kept));
    }

    #[test]
    fn what_is_settled_is_read_once_and_what_differs_again() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a");
        fs::write(&file, "one").unwrap();
        let fresh = Stamp::of(&file).unwrap();
        assert!(!fresh.is_settled());
        let old = Some(SystemTime::now() - Duration::from_secs(3600));
        let settled = Stamp { modified: old, node: [1, 2, 3, 4], ..fresh };
        assert!(settled.is_settled());
        for other in [
            Stamp { length: 4, ..settled },
            Stamp { modified: fresh.modified, ..settled },
            Stamp { node: [1, 2, 3, 5], ..settled },
        ] {
            assert!(other != settled);
        }
        let kept = Kept::default();
        let read = |version: Version, text: &'static str| {
            let lock = kept.lock(&file, LockFormat::Uv, version, || Some(Arc::from(text)));
            lock.unwrap().map(|it| it.version.clone()).map_err(|it| it.line)
        };
        let on_disk = |stamp: Stamp| Version::OnDisk(stamp);
        let (one, two) = ("version = 1\nrevision = 1\n", "version = 9\n");
        assert_eq!(read(on_disk(settled), one), Ok("1".to_owned()));
        assert_eq!(read(on_disk(settled), two), Ok("1".to_owned()), "it is not read again");
        assert_eq!(read(on_disk(Stamp { length: 4, ..settled }), two), Err(1));
        let buffer: Arc<str> = Arc::from(one);
        assert_eq!(read(Version::Given(Arc::clone(&buffer)), one), Ok("1".to_owned()));
        assert_eq!(read(Version::Given(buffer), two), Ok("1".to_owned()), "it is the same buffer");
        assert_eq!(read(Version::Given(Arc::from(one)), two), Err(1));
        assert_eq!(read(on_disk(settled), one), Ok("1".to_owned()));
    }
}
