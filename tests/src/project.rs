//! Directories with a project in them, for the tests that run the program.

use std::fs;

use tempfile::TempDir;

use crate::command::{Run, run};

/// A directory with these files, by their paths in it.
pub fn directory(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = directory.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    directory
}

/// A directory with these files and a `requirements.txt`, so that the build context is known.
pub fn project(files: &[(&str, &str)]) -> TempDir {
    let requirements = [("requirements.txt", "flask==3.1.0\n")];
    directory(&requirements.iter().chain(files).copied().collect::<Vec<_>>())
}

/// `check --select pip-cache-kept`, so that no other rule has a say.
pub fn check(directory: &TempDir, arguments: &[&str]) -> Run {
    let all = ["check", "--select", "pip-cache-kept"].iter().chain(arguments);
    run(directory.path(), all, b"")
}
