//! Reads a Dockerfile as text whose offsets are those of its bytes.

use std::fs::{self, File, FileType};
use std::io::{self, Read};
use std::path::Path;

use crate::problem::{Problem, reason};

/// Larger files are refused: no Dockerfile that a person wrote comes near, and a disk image given by mistake
/// should not be read to its end.
pub const LARGEST_DOCKERFILE: u64 = 20 * 1024 * 1024;

/// What stands in the text for a byte that is not UTF-8: the ASCII character SUBSTITUTE.
const SUBSTITUTE: u8 = 0x1A;

/// The text of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// As long as the file: each byte that is not UTF-8 is replaced by one SUBSTITUTE (0x1A).
    pub text: String,
    /// Offset of the first byte that is not UTF-8. Such a file is never written.
    pub first_invalid_byte: Option<usize>,
}

impl Source {
    /// Makes text of bytes.
    pub fn new(bytes: Vec<u8>) -> Source {
        let bytes = match String::from_utf8(bytes) {
            Ok(text) => return Source { text, first_invalid_byte: None },
            Err(error) => error.into_bytes(),
        };
        let mut text = String::with_capacity(bytes.len());
        let mut first_invalid_byte = None;
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            if !chunk.invalid().is_empty() {
                first_invalid_byte.get_or_insert(text.len());
                text.extend(chunk.invalid().iter().map(|_| char::from(SUBSTITUTE)));
            }
        }
        Source { text, first_invalid_byte }
    }

    /// Reads a file; `shown` is its name in messages. Symbolic links are followed.
    ///
    /// # Errors
    /// What is not a regular file, is too large, cannot be read or is UTF-16.
    pub fn read(file: &Path, shown: &str) -> Result<Source, Problem> {
        let error = |it: io::Error| Problem::reading(shown, reason(&it));
        let metadata = fs::metadata(file).map_err(error)?;
        if let Some(kind) = special_kind(metadata.file_type()) {
            return Err(Problem::reading(shown, kind));
        }
        if metadata.len() > LARGEST_DOCKERFILE {
            return Err(too_large(shown, metadata.len()));
        }
        let opened = File::open(file).map_err(error)?;
        Source::read_from(opened, metadata.len(), shown)
    }

    /// Reads standard input to its end, with the same limit as a file.
    ///
    /// # Errors
    /// Input that is too large, cannot be read or is UTF-16.
    pub fn read_standard_input(shown: &str) -> Result<Source, Problem> {
        Source::read_from(io::stdin().lock(), 0, shown)
    }

    fn read_from(input: impl Read, expected: u64, shown: &str) -> Result<Source, Problem> {
        let mut bytes = Vec::with_capacity(expected as usize + 1);
        let res = input.take(LARGEST_DOCKERFILE + 1).read_to_end(&mut bytes);
        res.map_err(|it| Problem::reading(shown, reason(&it)))?;
        if bytes.len() as u64 > LARGEST_DOCKERFILE {
            return Err(too_large(shown, bytes.len() as u64));
        }
        if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
            let sentence = "it is UTF-16, which Docker does not read either; save it as UTF-8";
            return Err(Problem::reading(shown, sentence));
        }
        Ok(Source::new(bytes))
    }
}

/// Reads a file beside the Dockerfiles, such as a configuration, as text. Symbolic links are followed.
///
/// # Errors
/// What is not a regular file, which could be a pipe that nobody writes to, is larger than 200 MB, is not UTF-8 or cannot be
/// read.
pub fn read_text(path: &Path) -> io::Result<String> {
    const LARGEST: u64 = 200 * 1024 * 1024;
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    // What the shell puts in the place of `<(…)` has a writer.
    let is_of_shell = path.starts_with("/dev/fd") || path.starts_with("/proc/self/fd");
    if !metadata.is_file() && !is_of_shell {
        return Err(io::Error::other("it is a pipe, a socket or a device, not a file"));
    }
    if metadata.len() > LARGEST {
        return Err(io::Error::other("it has more than 200 MB; is it the right file?"));
    }
    fs::read_to_string(path)
}

fn too_large(shown: &str, size: u64) -> Problem {
    let megabytes = |it: u64| it.div_ceil(1024 * 1024);
    let text = format!(
        "it has {} MB, more than the {} MB that a Dockerfile may have here; is it the right file?",
        megabytes(size),
        megabytes(LARGEST_DOCKERFILE)
    );
    Problem::reading(shown, text)
}

/// What a path is when it is not a regular file, and what to do instead.
pub(crate) fn special_kind(kind: FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("it is a directory; name the Dockerfile in it");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some(
                "it is a pipe (FIFO), not a file; to check a stream, write `-` and pipe it in",
            );
        }
        if kind.is_socket() {
            return Some("it is a socket, not a file");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("it is a device, not a file; to check standard input, write `-`");
        }
    }
    Some("it is not a regular file")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_stay_true_when_bytes_are_not_text() {
        let source =
            Source::new(b"FROM a\nLABEL n=\"caf\xe9\"\n# \xff\xfe \xc3\xa9 \xe2\x82".to_vec());
        assert_eq!(source.text, "FROM a\nLABEL n=\"caf\u{1a}\"\n# \u{1a}\u{1a} é \u{1a}\u{1a}");
        assert_eq!(source.first_invalid_byte, Some(19));
        assert_eq!(Source::new(b"FROM \xc3\xa9".to_vec()).first_invalid_byte, None);
        assert_eq!(Source::new(Vec::new()).text, "");
    }

    #[test]
    fn what_is_no_dockerfile_is_refused_with_a_reason() {
        let directory = tempfile::tempdir().unwrap();
        let read =
            |name: &str| Source::read(&directory.path().join(name), name).unwrap_err().to_string();
        fs::write(directory.path().join("wide"), b"\xff\xfeF\0R\0").unwrap();
        let big = File::create(directory.path().join("big")).unwrap();
        big.set_len(50 * 1024 * 1024).unwrap();
        assert_eq!(read("none"), "cannot read `none`: there is no such file or directory");
        assert_eq!(read("."), "cannot read `.`: it is a directory; name the Dockerfile in it");
        assert!(read("wide").ends_with("save it as UTF-8"));
        assert_eq!(
            read("big"),
            "cannot read `big`: it has 50 MB, more than the 20 MB that a Dockerfile may have here; is it the \
             right file?"
        );
    }
}
