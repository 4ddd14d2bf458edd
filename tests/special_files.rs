//! Files that cannot be read or written, pipes, and symbolic links.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tests::project::{check, project};

/// Reported by `pip-cache-kept` on line 3, with a safe fix.
const BAD: &str =
    "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";

fn read(directory: &TempDir, path: &str) -> String {
    fs::read_to_string(directory.path().join(path)).unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_unreadable_file_stops_no_other() {
    let directory = project(&[("Dockerfile", BAD), ("b/Dockerfile", BAD)]);
    let file = directory.path().join("Dockerfile");
    set_mode(&file, 0o000);
    let expected = if fs::read(&file).is_ok() {
        // The superuser reads everything; a link to nowhere nobody can read.
        fs::remove_file(&file).unwrap();
        symlink("nowhere", &file).unwrap();
        "error: cannot read `Dockerfile`: it is a symbolic link, and there is no such file or directory\n"
    } else {
        "error: cannot read `Dockerfile`: permission denied; check who may read and write it\n"
    };
    let run = check(&directory, &["--output-format", "concise"]);
    assert_eq!(run.errors, expected);
    assert!(run.output.starts_with("b/Dockerfile:3:"));
    assert_eq!(run.status, 2);
}

#[test]
fn a_pipe_does_not_block() {
    let directory = project(&[("b/Dockerfile", BAD)]);
    let pipe = directory.path().join("Dockerfile");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [vec![], vec!["Dockerfile", "b"]] {
        let run = check(&directory, &arguments);
        assert!(run.errors.starts_with("error: cannot read `Dockerfile`: it is a pipe (FIFO)"));
        assert!(run.output.contains("b/Dockerfile:3:"));
        assert_eq!(run.status, 2);
    }
}

#[test]
fn a_pipe_beside_the_dockerfile_does_not_block_either() {
    for name in ["pylintdock.toml", "compose.yaml", "known.json"] {
        let directory = project(&[("Dockerfile", BAD)]);
        let pipe = directory.path().join(name);
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let arguments: &[&str] = match name {
            "compose.yaml" => &["compose.yaml"],
            "known.json" => &["--baseline", "known.json"],
            _ => &[],
        };
        let run = check(&directory, arguments);
        let expected = format!("error: cannot read `{name}`: it is a pipe");
        assert!(run.errors.starts_with(&expected), "{}", run.errors);
        assert_eq!(run.status, 2);
    }
}

#[test]
fn circles_of_links_end() {
    let directory = project(&[("a/b/Dockerfile", BAD)]);
    symlink("../..", directory.path().join("a/b/up")).unwrap();
    symlink("loop", directory.path().join("loop")).unwrap();
    let run = check(&directory, &["--output-format", "concise"]);
    assert_eq!((run.output.lines().count(), run.errors.as_str()), (2, ""));
    let run = check(&directory, &["loop"]);
    assert_eq!(run.errors, "error: cannot read `loop`: too many levels of symbolic links\n");
    assert_eq!(run.status, 2);
}

#[test]
fn a_file_that_cannot_be_written_is_left_and_said() {
    let directory = project(&[("Dockerfile", BAD), ("b/Dockerfile", BAD)]);
    set_mode(&directory.path().join("Dockerfile"), 0o444);
    let run = check(&directory, &["--fix", "--output-format", "concise"]);
    assert_eq!(
        run.errors,
        "error: cannot write `Dockerfile`: it is read-only; make it writable first\n"
    );
    assert_eq!(run.status, 2);
    assert_eq!(read(&directory, "Dockerfile"), BAD);
    assert!(run.output.starts_with("Dockerfile:3:"));
    assert!(read(&directory, "b/Dockerfile").contains("--no-cache-dir"));
    let mut names = fs::read_dir(directory.path()).unwrap().map(|it| it.unwrap().file_name());
    assert!(names.all(|it| !it.to_string_lossy().starts_with(".pylintdock")));
}

#[test]
fn modes_survive_and_links_are_written_through_only_inside() {
    let directory = project(&[("in/real", BAD), ("out/real", BAD)]);
    set_mode(&directory.path().join("in/real"), 0o640);
    symlink("real", directory.path().join("in/Dockerfile")).unwrap();
    symlink("../out/real", directory.path().join("in/Dockerfile.far")).unwrap();
    let run = check(&directory, &["--fix", "in"]);
    assert_eq!(run.status, 2);
    assert!(run.errors.contains("cannot write `in/Dockerfile.far`: it is a symbolic link to "));
    assert!(read(&directory, "in/real").contains("--no-cache-dir"));
    assert_eq!(read(&directory, "out/real"), BAD);
    let link = fs::symlink_metadata(directory.path().join("in/Dockerfile")).unwrap();
    assert!(link.is_symlink());
    let mode = fs::metadata(directory.path().join("in/real")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
}
