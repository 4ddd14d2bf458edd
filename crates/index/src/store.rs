//! The answers of an index, kept on disk for as long as it says that they hold.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A kept answer. It names no credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The address, without credentials, as a guard against two of them in one file.
    pub(crate) address: String,
    pub(crate) content_type: String,
    pub(crate) etag: Option<String>,
    /// Seconds since 1970 until which it may be used without asking.
    pub(crate) fresh_until: u64,
    pub(crate) body: String,
}

/// A directory of answers.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    directory: Option<PathBuf>,
}

impl Store {
    /// Keeps answers below a directory, or none.
    pub(crate) fn new(directory: Option<&Path>) -> Store {
        Store { directory: directory.map(Path::to_path_buf) }
    }

    /// What was kept for an address. A file that cannot be read counts as none.
    pub(crate) fn get(&self, address: &str) -> Option<Entry> {
        let text = fs::read_to_string(self.path(address)?).ok()?;
        serde_json::from_str::<Entry>(&text).ok().filter(|it| it.address == address)
    }

    /// Keeps an answer. Without room for it the next run asks again, which is all.
    pub(crate) fn put(&self, entry: &Entry) {
        let Some(path) = self.path(&entry.address) else { return };
        let Some(directory) = path.parent() else { return };
        let Ok(text) = serde_json::to_string(entry) else { return };
        // Two runs may write at once: whole files are moved into place.
        let partial = path.with_extension(format!("{}.part", std::process::id()));
        let is_written = fs::create_dir_all(directory).and_then(|()| fs::write(&partial, text));
        if is_written.and_then(|()| fs::rename(&partial, &path)).is_err() {
            let _ = fs::remove_file(&partial);
        }
    }

    fn path(&self, address: &str) -> Option<PathBuf> {
        let name = format!("{:016x}.json", fnv(address.as_bytes()));
        Some(self.directory.as_ref()?.join(name))
    }
}

/// FNV-1a, which stays the same from release to release.
fn fnv(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}
