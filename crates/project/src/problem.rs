//! What could not be done with a file, in words for a person.

use std::fmt;
use std::io;
use std::path::Path;

/// One file or directory that could not be used, and why. Everything else goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file, as the person named it.
    pub path: String,
    /// The whole sentence, the path and the next step included.
    pub sentence: String,
}

impl Problem {
    /// A sentence that names the path itself.
    pub fn new(path: impl Into<String>, sentence: impl Into<String>) -> Problem {
        Problem { path: path.into(), sentence: sentence.into() }
    }

    /// "cannot read `path`: reason".
    pub(crate) fn reading(path: &str, reason: impl fmt::Display) -> Problem {
        Problem::new(path, format!("cannot read `{path}`: {reason}"))
    }

    /// "cannot write `path`: " and the operating system's reason.
    pub fn of_writing(path: &Path, error: &io::Error) -> Problem {
        Problem::writing(&shown(path), reason(error))
    }

    /// "cannot read `path`: " and the operating system's reason.
    pub fn of_reading(path: &Path, error: &io::Error) -> Problem {
        Problem::reading(&shown(path), reason(error))
    }

    /// "cannot write `path`: reason".
    pub(crate) fn writing(path: &str, reason: impl fmt::Display) -> Problem {
        Problem::new(path, format!("cannot write `{path}`: {reason}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Problem {}

/// The operating system's reason with what can be done about it.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; check who may read and write it".to_owned()
        }
        io::ErrorKind::IsADirectory => "it is a directory; name a file in it".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is a file, not a directory".to_owned(),
        io::ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        io::ErrorKind::StorageFull => "no space is left on the device".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            // "Too many levels of symbolic links" continues our sentence.
            let mut letters = text.chars();
            letters.next().map_or(String::new(), |it| it.to_lowercase().chain(letters).collect())
        }
    }
}

/// A path for people; bytes that are no text are shown as replacement characters.
pub(crate) fn shown(path: &Path) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    path.to_string_lossy().into_owned()
}
