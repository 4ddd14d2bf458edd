//! Taking pylintdock into use where much is found: baselines, comments that silence, and only what has changed.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tests::command::{Run, run};

const ONE: &str = "FROM python:3.12-slim\nRUN pip install flask\n";
const TWO: &str = "FROM python:3.12-slim\nRUN pip install flask\nRUN apt-get update \\\n  && apt-get install -y curl \\\n  && rm -rf /var/lib/apt/lists/*\nRUN pip install django\n";

fn project(files: &[(&str, &str)]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(&directory, path, text);
    }
    directory
}

fn write(directory: &TempDir, path: &str, text: &str) {
    let file = directory.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

fn read(directory: &TempDir, path: &str) -> String {
    fs::read_to_string(directory.path().join(path)).unwrap()
}

fn check(directory: &TempDir, arguments: &[&str]) -> Run {
    let all = ["check", "--select", "pip-cache-kept,apt-lists-kept"].iter().chain(arguments);
    run(directory.path(), all, b"")
}

/// Path and line of what is found.
fn found(run: &Run) -> Vec<String> {
    let places = run.output.lines().filter(|it| it.contains(" warning: "));
    places.map(|it| it.split(':').take(2).collect::<Vec<_>>().join(":")).collect()
}

const WRITE: [&str; 2] = ["--write-baseline", "known.json"];
const USE: [&str; 4] = ["--baseline", "known.json", "--output-format", "concise"];

#[test]
fn only_what_a_baseline_does_not_know_fails() {
    let directory = project(&[("a/Dockerfile", ONE), ("b/Dockerfile", TWO)]);
    let written = check(&directory, &WRITE);
    assert_eq!(
        (written.status, written.output.as_str()),
        (0, "Wrote 3 known problems in 2 files to known.json: 3 new, 0 gone.\n")
    );
    assert_eq!(
        read(&directory, "known.json"),
        "{\n  \"version\": 1,\n  \"findings\": {\n    \"a/Dockerfile\": {\n      \"pip-cache-kept\": {\n        \
         \"pip install\": 1\n      }\n    },\n    \"b/Dockerfile\": {\n      \"pip-cache-kept\": {\n        \
         \"pip install\": 2\n      }\n    }\n  }\n}\n"
    );
    let run = check(&directory, &USE);
    let nothing = "No new problems found in 2 files.\nLeft out: 3 that the baseline knows.\n";
    assert_eq!((run.status, run.output.as_str()), (0, nothing));
    // Lines that come or go above change nothing, wherever the command is called from.
    write(&directory, "b/Dockerfile", &format!("# new\n\n{}", TWO.replace("-y curl", "-y jq")));
    assert_eq!(check(&directory, &USE).output, nothing);
    let below = run_in(&directory.path().join("b"), &["--baseline", "../known.json"]);
    assert!(below.output.starts_with("No new problems found in 1 file.\n"), "{below:?}");
    // One more of the same counts.
    write(&directory, "a/Dockerfile", &format!("{ONE}RUN pip install rich\n"));
    let run = check(&directory, &USE);
    assert_eq!((run.status, found(&run)), (1, vec!["a/Dockerfile:3".to_owned()]));
    // What is gone is told, and forgotten when the baseline is written anew.
    write(&directory, "a/Dockerfile", "FROM python:3.12-slim\n");
    let run = check(&directory, &USE);
    let gone =
        "1 problem of the baseline is gone; write it anew with --write-baseline to forget it.\n";
    assert!(run.status == 0 && run.output.ends_with(gone), "{run:?}");
    let written = check(&directory, &WRITE);
    assert!(written.output.ends_with(": 0 new, 1 gone.\n"), "{written:?}");
    assert!(!read(&directory, "known.json").contains("a/Dockerfile"));
}

fn run_in(directory: &Path, arguments: &[&str]) -> Run {
    run(directory, ["check", "--select", "pip-cache-kept"].iter().chain(arguments), b"")
}

#[test]
fn a_baseline_of_some_files_or_rules_leaves_the_others() {
    let directory = project(&[("a/Dockerfile", ONE), ("b/Dockerfile", TWO)]);
    check(&directory, &WRITE);
    let all = read(&directory, "known.json");
    check(&directory, &["a", "--write-baseline", "known.json"]);
    run(directory.path(), ["check", "--select", "apt-lists-kept", WRITE[0], WRITE[1]], b"");
    assert_eq!(read(&directory, "known.json"), all);
    // Of a Dockerfile that is no more, nothing is left.
    fs::remove_file(directory.path().join("b/Dockerfile")).unwrap();
    let gone = check(&directory, &USE);
    assert_eq!(
        (gone.status, gone.output.as_str()),
        (
            0,
            "No new problems found in 1 file.\nLeft out: 1 that the baseline knows.\n\
             2 problems of the baseline are gone with the Dockerfile; write it anew with --write-baseline to forget them.\n"
        )
    );
    let written = check(&directory, &["a", "--write-baseline", "known.json"]);
    assert!(written.output.ends_with(": 0 new, 2 gone.\n"), "{written:?}");
    // The same run twice writes the same bytes.
    let once = read(&directory, "known.json");
    check(&directory, &WRITE);
    assert_eq!(read(&directory, "known.json"), once);
}

#[test]
fn the_configuration_names_a_baseline_and_fixes_see_past_it() {
    let directory =
        project(&[("sub/Dockerfile", ONE), ("pylintdock.toml", "baseline = \"known.json\"\n")]);
    let run = check(&directory, &[]);
    assert_eq!(run.status, 2);
    assert!(
        run.errors.contains("known.json`; write it with `pylintdock check --write-baseline"),
        "{run:?}"
    );
    assert_eq!(check(&directory, &WRITE).status, 0);
    assert_eq!(check(&directory, &[]).status, 0);
    assert_eq!(check(&directory, &["--no-baseline"]).status, 1);
    let run = check(&directory, &["--fix"]);
    assert!(run.output.starts_with("Fixed 1 problem in 1 file; no problem is left.\n"), "{run:?}");
    assert!(run.output.contains("1 problem of the baseline is gone"), "{run:?}");
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    for (text, expected) in [
        (
            "[]",
            "`known.json` is no baseline: --write-baseline wrote nothing like line 1, column 2; write it anew",
        ),
        (
            "{\"version\": 2, \"findings\": {}}",
            "`known.json` is no baseline: its version is 2, not 1; write it anew",
        ),
    ] {
        let directory = project(&[("Dockerfile", ONE), ("known.json", text)]);
        let run = check(&directory, &USE);
        assert_eq!((run.status, run.output.as_str()), (2, ""));
        assert!(run.errors.contains(expected), "{}", run.errors);
    }
}

#[test]
fn nothing_is_written_over_a_file_of_another_kind() {
    let files =
        [("Dockerfile", ONE), ("app/Dockerfile", TWO), ("notes.txt", "mine\n"), ("old.json", "")];
    for (arguments, expected) in [
        (
            &["--write-baseline", "app/Dockerfile"][..],
            "`app/Dockerfile` is there and is no baseline",
        ),
        (&["app", "--write-baseline", "app/Dockerfile"], "`app/Dockerfile` is checked"),
        (&["--write-baseline", "notes.txt"], "`notes.txt` is there and is no baseline"),
        (&["--output-format", "json=Dockerfile"], "`Dockerfile` is checked"),
        (&["app", "-o", "app/../app/Dockerfile"], "`app/../app/Dockerfile` is checked"),
    ] {
        let directory = project(&files);
        let first = if arguments[0].starts_with('-') { &["Dockerfile"][..] } else { &[] };
        let all: Vec<&str> = first.iter().chain(arguments).copied().collect();
        let run = check(&directory, &all);
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{all:?}");
        assert!(run.errors.contains(expected), "{}", run.errors);
        for (path, text) in files {
            assert_eq!(
                std::fs::read_to_string(directory.path().join(path)).unwrap(),
                text,
                "{all:?}"
            );
        }
    }
    // An empty file is overwritten, and so is an old baseline.
    let directory = project(&files);
    for _ in 0..2 {
        assert_eq!(check(&directory, &["--write-baseline", "old.json"]).status, 0);
    }
}

#[test]
fn comments_are_written_and_then_nothing_is_found() {
    let text = TWO.replace('\n', "\r\n");
    let directory = project(&[("Dockerfile", &text)]);
    let arguments = ["--add-ignore", "--reason", "the cache is wanted", "--color", "never"];
    let preview = check(&directory, &["--add-ignore", "--diff"]);
    assert!(
        preview.errors.starts_with("Would silence 2 problems in 1 file; no problem is left."),
        "{preview:?}"
    );
    assert_eq!(read(&directory, "Dockerfile"), text);
    let silenced = check(&directory, &arguments);
    assert_eq!(
        (silenced.status, silenced.output.as_str()),
        (0, "Silenced 2 problems in 1 file; no problem is left.\n")
    );
    let comment = "# pylintdock: ignore[pip-cache-kept] the cache is wanted\r\n";
    let expected = text.replace("RUN pip", &format!("{comment}RUN pip"));
    assert_eq!(read(&directory, "Dockerfile"), expected);
    assert_eq!(check(&directory, &[]).status, 0);
    let again = check(&directory, &arguments);
    assert_eq!((again.status, again.output.as_str()), (0, "Nothing to silence.\n"));
    assert_eq!(read(&directory, "Dockerfile"), expected);
    // Without a reason the day is one.
    let dated = run(
        directory.path(),
        ["check", "-", "--stdin-filename", "Dockerfile", "--add-ignore", "--today", "2026-11-21"],
        ONE.as_bytes(),
    );
    assert!(
        dated.output.contains("# pylintdock: ignore[pip-cache-kept] was there on 2026-11-21\nRUN"),
        "{dated:?}"
    );
}

#[test]
fn a_comment_that_silences_nothing_is_not_silenced() {
    let directory = project(&[(
        "Dockerfile",
        "FROM python:3.12-slim\n# pylintdock: ignore[pip-cache-kept]\nRUN true\n",
    )]);
    let run = run(directory.path(), ["check", "--add-ignore", "--output-format", "concise"], b"");
    assert_eq!(run.status, 1);
    assert!(run.output.contains("[suppression-unused]\nSilenced 0 problems in 0 files; 1 problem in 1 file left that no comment can silence.\n"), "{run:?}");
}

/// Runs git in a directory; `None` where there is no git.
fn git(directory: &TempDir, arguments: &[&str]) -> Option<()> {
    let mut command = Command::new("git");
    command.current_dir(directory.path()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
    command
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let Ok(status) = command.status() else {
        eprintln!("skipped: git is not here");
        return None;
    };
    assert!(status.success(), "git {arguments:?}");
    Some(())
}

#[test]
fn only_what_has_changed_since_a_revision() {
    let directory = project(&[("a/Dockerfile", ONE), ("b/Dockerfile", TWO)]);
    let is_made = (|| {
        git(&directory, &["init", "-q", "-b", "main"])?;
        git(&directory, &["add", "-A"])?;
        git(&directory, &["commit", "-q", "-m", "first"])?;
        git(&directory, &["switch", "-q", "-c", "topic"])
    })();
    if is_made.is_none() {
        return;
    }
    let since = |revision| {
        let run = check(&directory, &["--diff-base", revision, "--output-format", "concise"]);
        (run.status, found(&run))
    };
    assert_eq!(since("HEAD"), (0, vec![]));
    // A line of a RUN is taken out: its lists stay. The RUN below is as it was.
    write(&directory, "b/Dockerfile", &TWO.replace(" \\\n  && rm -rf /var/lib/apt/lists/*", ""));
    // A new file counts as a whole, a renamed one under its old name.
    write(&directory, "c/Dockerfile", "FROM python:3.13\n\n\nRUN pip install x\n");
    git(&directory, &["mv", "a", "d"]);
    assert_eq!(since("main"), (1, vec!["b/Dockerfile:3".to_owned(), "c/Dockerfile:4".to_owned()]));
    let run = check(&directory, &["--diff-base", "main"]);
    let told =
        run.output.split_once("Left out: 3 that were there already.\nCompared with ").unwrap().1;
    assert!(
        told.ends_with(" (main): what stands on changed lines or was not found there is new.\n"),
        "{run:?}"
    );
    // What has gone on in the other branch is not counted as ours.
    git(&directory, &["add", "-A"]);
    git(&directory, &["commit", "-q", "-m", "second"]);
    git(&directory, &["switch", "-q", "main"]);
    write(&directory, "b/Dockerfile", &TWO.replace("django", "django rich"));
    git(&directory, &["commit", "-q", "-a", "-m", "third"]);
    git(&directory, &["switch", "-q", "topic"]);
    assert_eq!(since("main").1, ["b/Dockerfile:3", "c/Dockerfile:4"]);
    let run = check(&directory, &["--diff-base", "main"]);
    assert!(run.output.contains(", where this branch left main: what stands on"), "{run:?}");
    // Fixes keep to it.
    let run = check(&directory, &["--diff-base", "main", "--fix"]);
    assert!(
        run.output.starts_with("Fixed 2 problems in 2 files; no problem is left.\n"),
        "{run:?}"
    );
    assert!(read(&directory, "b/Dockerfile").ends_with("RUN pip install django\n"));
    let run = check(&directory, &["--diff-base", "no-such-branch"]);
    assert_eq!(run.status, 2);
    assert!(
        run.errors
            .contains("cannot compare with `no-such-branch`: git knows no such revision here")
    );
}

/// What a change leads to elsewhere is told, and what was there already is not, in files and lines as they were.
#[test]
fn what_a_change_causes_on_other_lines_is_new() {
    const TEXT: &str = "FROM python:3.12-slim\nRUN apt-get install -y gcc\nCOPY requirements.txt a.txt ./\n\
                        RUN pip install -r requirements.txt\n";
    let directory = project(&[
        ("app/Dockerfile", TEXT),
        ("app/requirements.txt", "flask==3.1.0\n"),
        ("app/a.txt", ""),
        ("app/other/Dockerfile", ONE),
    ]);
    let is_made = (|| {
        git(&directory, &["init", "-q", "-b", "main"])?;
        git(&directory, &["add", "-A"])?;
        git(&directory, &["commit", "-q", "-m", "first"])
    })();
    if is_made.is_none() {
        return;
    }
    let rules = "pip-cache-kept,copy-source-missing,runtime-library-missing,compiler-missing";
    let since = |more: &[&str]| {
        let all = ["check", "app", "--diff-base", "main", "--select", rules, "--output-format"];
        run(directory.path(), all.iter().chain(more), b"")
    };
    let concise = |more: &[&str]| found(&since(&[&["concise"], more].concat()));
    let nothing = Vec::<String>::new();
    assert_eq!(concise(&[]), nothing);
    // A requirement that must be compiled, which stands in another file, and whose library is not there.
    write(&directory, "app/requirements.txt", "flask==3.1.0\npsycopg2==2.9.10\n");
    let run = since(&["full"]);
    assert_eq!(run.status, 1, "{run:?}");
    assert!(run.output.contains("┌─ app/Dockerfile:4:"), "{run:?}");
    assert!(
        run.output.contains("= note: this was not found at the revision of --diff-base"),
        "{run:?}"
    );
    assert!(!run.output.contains("pip-cache-kept"), "{run:?}");
    git(&directory, &["checkout", "-q", "."]);
    // A file that is copied is gone, and one that was moved inside of the context is where it was not.
    fs::remove_file(directory.path().join("app/a.txt")).unwrap();
    let missing = since(&["concise"]);
    assert!(
        missing.output.contains("app/Dockerfile:3:") && missing.output.contains("a.txt"),
        "{missing:?}"
    );
    git(&directory, &["checkout", "-q", "."]);
    git(&directory, &["mv", "app/a.txt", "app/b.txt"]);
    assert!(since(&["concise"]).output.contains("[copy-source-missing]"));
    git(&directory, &["reset", "-q", "--hard"]);
    // A comment that silenced is gone; a project that has moved as a whole has changed nothing.
    git(&directory, &["mv", "app", "moved"]);
    let all = ["check", "moved", "--diff-base", "main", "--select", rules];
    let moved = tests::command::run(directory.path(), all, b"");
    assert!(moved.output.starts_with("No new problems found in 2 files.\nLeft out: "), "{moved:?}");
    git(&directory, &["reset", "-q", "--hard"]);
    let silenced = ONE.replace("RUN", "# pylintdock: ignore[all] for now\nRUN");
    write(&directory, "app/other/Dockerfile", &silenced);
    git(&directory, &["commit", "-q", "-a", "-m", "silenced"]);
    write(&directory, "app/other/Dockerfile", ONE);
    let all = ["check", "app/other", "--diff-base", "HEAD", "--select", "pip-cache-kept"];
    assert_eq!(tests::command::run(directory.path(), all, b"").status, 1);
}

#[test]
fn a_comparison_needs_a_repository() {
    let directory = project(&[("Dockerfile", ONE)]);
    let run = check(&directory, &["--diff-base", "main"]);
    assert_eq!(run.status, 2);
    assert!(run.errors.contains("it is in no git repository"), "{run:?}");
}

#[test]
fn a_change_is_checked_again() {
    let directory = project(&[("Dockerfile", ONE)]);
    let mut command = tests::command::command(directory.path());
    command.args(["check", "--watch", "--select", "pip-cache-kept"]);
    command.args(["--output-format", "concise", "--output-format", "json=out.json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut until = |end: &str| {
        // Only then does it look for changes.
        let line = errors.next().unwrap().unwrap();
        assert_eq!(line, "Watching for changes; Ctrl+C ends.");
        let mut lines = output.by_ref().map(Result::unwrap);
        lines.find(|it| it.starts_with(end)).unwrap()
    };
    assert_eq!(until("Found"), "Found 1 problem in 1 file (1 warning); 1 fixable with --fix");
    write(&directory, "Dockerfile", &ONE.replace("install", "install --no-cache-dir"));
    assert_eq!(until("No"), "No problems found in 1 file.");
    write(&directory, "Dockerfile", ONE);
    assert_eq!(until("Found"), "Found 1 problem in 1 file (1 warning); 1 fixable with --fix");
    child.kill().unwrap();
    child.wait().unwrap();
    let piped = check(&directory, &["--watch", "-"]);
    assert_eq!(piped.status, 2);
    assert!(piped.errors.contains("--watch needs files"), "{piped:?}");
}
