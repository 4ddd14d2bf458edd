//! What a run may write, what it says of it, and what it reports whatever was selected.

use std::fs;

use tests::command::run;
use tests::project::{check, directory, project};

#[test]
fn a_file_that_cannot_be_read_fails_whatever_is_selected() {
    let broken = "FROM python:3.13-slim\nRNU pip install flask\n";
    let configured = [("Dockerfile", broken), ("pylintdock.toml", "select = ['image-latest']\n")];
    let run = run(directory(&configured).path(), ["check"], b"");
    assert_eq!(run.status, 1, "{}", run.output);
    assert!(run.output.contains("error[syntax-error]: `RNU` is not"), "{}", run.output);
    let selected = check(&project(&[("Dockerfile", broken)]), &[]);
    assert_eq!(selected.status, 1, "{}", selected.output);
    assert!(selected.output.contains("error[syntax-error]"), "{}", selected.output);
    let ignored = check(&project(&[("Dockerfile", broken)]), &["--ignore", "syntax-error"]);
    assert_eq!((ignored.status, ignored.output.as_str()), (0, "No problems found in 1 file.\n"));
}

#[test]
fn a_nul_byte_is_told_once() {
    let text = "FROM python:3.13-slim\n# a\0\nENV A=b\0c\0\n";
    let run = check(&project(&[("Dockerfile", text)]), &["--output-format", "concise"]);
    assert_eq!(run.status, 1);
    assert!(run.output.contains("Dockerfile:3:8: error: this is a NUL byte, and 1 more follow"));
    assert_eq!(run.output.matches("NUL").count(), 1, "{}", run.output);
}

/// A project whose Dockerfile lies in a folder of its own and copies from above.
fn with_folder() -> [(&'static str, &'static str); 4] {
    [
        (
            "docker/Dockerfile",
            "FROM python:3.13-slim\nWORKDIR /app\nCOPY app.py src/main.py ./\nCOPY . .\n",
        ),
        ("app.py", ""),
        ("src/main.py", ""),
        (".git/config", ""),
    ]
}

#[test]
fn nothing_is_created_outside_of_what_was_given() {
    let directory = directory(&with_folder());
    let ignore = directory.path().join(".dockerignore");
    let all = ["check", "--select", "dockerignore-missing", "--fix", "--unsafe-fixes"];
    let fix = |more: &[&str]| run(directory.path(), all.iter().chain(more), b"");
    let inside = fix(&["docker"]);
    assert!(!ignore.exists(), "{}", inside.output);
    let told: String = inside.output.split_whitespace().collect::<Vec<_>>().join(" ");
    let told = told.replace("= ", "");
    let expected =
        "`.dockerignore` is outside of the paths given; run with `--context .` to have it written";
    assert!(told.contains(expected), "{}", inside.output);
    let named = fix(&["docker", "--context", "."]);
    assert!(ignore.exists(), "{}", named.output);
    assert!(named.output.contains("Created `.dockerignore`.\n"), "{}", named.output);
    fs::remove_file(&ignore).unwrap();
    let whole = fix(&["."]);
    assert!(ignore.exists(), "{}", whole.output);
}
