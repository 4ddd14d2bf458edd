//! The command line as a person meets it: formats, exit status, files written, and what bad input leads to.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;
use tests::command::{Run, command, run};
use tests::project::{check, project};

/// Reported by `pip-cache-kept` on line 3, with a safe fix.
const BAD: &str =
    "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
const GOOD: &str = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n";

fn read(directory: &TempDir, path: &str) -> String {
    fs::read_to_string(directory.path().join(path)).unwrap()
}

fn json(run: &Run) -> Vec<Value> {
    serde_json::from_str(&run.output).unwrap()
}

fn files_in(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_commit_waits_for_what_was_repaired_or_created() {
    let directory =
        project(&[("Dockerfile", "FROM python:3.13-slim\nCOPY . /app\n"), ("a.py", "")]);
    let fix = || run(directory.path(), ["check", "--fix", "--exit-non-zero-on-fix"], b"");
    let first = fix();
    assert!(first.output.contains("Created `.dockerignore`.\n"), "{first:?}");
    assert_eq!(first.status, 1);
    assert_eq!(fix().status, 0);
}

#[test]
fn faults_of_what_is_installed_are_told_in_every_way_of_running() {
    let text =
        "FROM python:3.13-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n";
    let files = [
        ("Dockerfile", text),
        ("requirements.txt", "flask\n-r other.txt\n"),
        (".dockerignore", ".git\n"),
    ];
    for arguments in [vec![], vec!["--diff"], vec!["--fix"], vec!["--add-ignore"]] {
        let directory = project(&files);
        let run = check(&directory, &arguments);
        let told = "warning: requirements.txt:2: `other.txt` does not exist";
        assert!(run.errors.contains(told), "{arguments:?}: {run:?}");
    }
}

#[test]
fn the_readme_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let readme = fs::read_to_string(root.join("README.md")).unwrap().replace("\r\n", "\n");
    let block = |fence: &str| {
        let rest = readme.split_once(fence).unwrap().1;
        rest.split_once("\n```").unwrap().0.trim_start_matches('\n').to_owned()
    };
    let diff = run(&root, ["check", "--diff", "tests/example"], b"");
    assert_eq!(diff.output.trim_end(), block("```diff"));
    // What lies between two ellipses is printed as it stands.
    let found = run(&root, ["check", "tests/example"], b"");
    let shown = block("```console");
    let (command, rest) = shown.split_once('\n').unwrap();
    assert_eq!(command, "$ pylintdock check tests/example");
    for part in rest.split('…').map(str::trim).filter(|it| !it.is_empty()) {
        assert!(found.output.contains(part), "{part}\n{}", found.output);
    }
}

#[test]
fn status_tells_what_was_found() {
    let bad = project(&[("Dockerfile", BAD)]);
    let good = project(&[("Dockerfile", GOOD)]);
    assert_eq!(check(&bad, &[]).status, 1);
    assert_eq!(check(&bad, &["--exit-zero"]).status, 0);
    assert_eq!(check(&bad, &["--ignore", "DL3042"]).status, 0);
    let run = check(&good, &[]);
    assert_eq!((run.status, run.output.as_str()), (0, "No problems found in 1 file.\n"));
    assert_eq!(check(&good, &["--quiet"]).output, "");
    assert_eq!(check(&good, &["--nonsense"]).status, 2);
}

#[test]
fn full_output_shows_the_line_the_fix_and_the_page() {
    let directory = project(&[("api/Dockerfile", BAD)]);
    let run = check(&directory, &[]);
    for part in [
        "warning[pip-cache-kept]: ",
        "┌─ api/Dockerfile:3:",
        "3 │ RUN pip install -r requirements.txt",
        " [--fix]\n",
        "/rules/pip-cache-kept.md\n",
        "\nFound 1 problem in 1 file (1 warning); 1 fixable with --fix\n",
    ] {
        assert!(run.output.contains(part), "{part}\n{}", run.output);
    }
    assert!(!run.output.contains('\u{1b}'));
    assert!(check(&directory, &["--color", "always"]).output.contains("\u{1b}["));
    let too_wide = |it: &&str| it.chars().count() > 80 && !it.contains("https://");
    assert_eq!(run.output.lines().find(too_wide), None);
}

#[test]
fn concise_output_is_a_line_each() {
    let directory = project(&[("Dockerfile", BAD), ("b/Dockerfile", BAD)]);
    let run = check(&directory, &["--output-format", "concise"]);
    let lines: Vec<&str> = run.output.lines().collect();
    assert!(lines[0].starts_with("Dockerfile:3:"), "{}", run.output);
    assert!(lines[1].starts_with("b/Dockerfile:3:"), "{}", run.output);
    assert!(lines[0].contains(": warning: ") && lines[0].ends_with(" [pip-cache-kept]"));
    assert_eq!(lines[2], "Found 2 problems in 2 files (2 warnings); 2 fixable with --fix");
    assert_eq!(lines.len(), 3);
}

#[test]
fn json_is_one_array() {
    let text = BAD.replace("RUN ", "RUN echo é日 && ");
    let directory = project(&[("Dockerfile", &text)]);
    let run = check(&directory, &["--output-format", "json"]);
    let found = json(&run);
    let one = &found[0];
    assert_eq!((found.len(), run.status), (1, 1));
    assert_eq!(one["path"], "Dockerfile");
    assert_eq!(one["rule"], "pip-cache-kept");
    assert_eq!(one["severity"], "warning");
    assert!(one["message"].as_str().is_some_and(|it| !it.is_empty()));
    assert!(one["url"].as_str().is_some_and(|it| it.ends_with("rules/pip-cache-kept.md")));
    assert_eq!(one["start"]["line"], 3);
    // Columns count characters: the two before are five bytes.
    assert_eq!(one["start"]["column"], 16);
    assert_eq!(one["fix"]["safety"], "safe");
    assert_eq!(one["fix"]["title"], "Add --no-cache-dir");
    let edit = &one["fix"]["edits"][0];
    assert_eq!(edit["path"], Value::Null);
    assert_eq!(edit["start"]["line"], 3);
    assert!(edit["text"].as_str().unwrap().contains("--no-cache-dir"));
    let good = project(&[("Dockerfile", GOOD)]);
    assert!(json(&check(&good, &["--output-format", "json"])).is_empty());
}

#[test]
fn statistics_count_by_rule() {
    let directory = project(&[("Dockerfile", BAD), ("b/Dockerfile", BAD)]);
    let run = check(&directory, &["--statistics", "--quiet"]);
    assert_eq!((run.output.as_str(), run.status), ("2  warning  pip-cache-kept  2 fixable\n", 1));
    let run = check(&directory, &["--statistics", "--output-format", "json"]);
    assert_eq!(json(&run)[0]["count"], 2);
}

#[test]
fn fix_writes_and_settles() {
    let directory = project(&[("Dockerfile", BAD), ("b/Dockerfile", &BAD.replace('\n', "\r\n"))]);
    fs::write(directory.path().join("b/BOM.Dockerfile"), format!("\u{feff}{BAD}")).unwrap();
    let run = check(&directory, &["--fix"]);
    assert_eq!(run.status, 0, "{run:?}");
    assert_eq!(run.output, "Fixed 3 problems in 3 files; no problem is left.\n");
    let fixed = read(&directory, "Dockerfile");
    assert!(fixed.contains("--no-cache-dir"));
    assert_eq!(read(&directory, "b/Dockerfile"), fixed.replace('\n', "\r\n"));
    assert_eq!(read(&directory, "b/BOM.Dockerfile"), format!("\u{feff}{fixed}"));
    assert_eq!(files_in(&directory.path().join("b")), ["BOM.Dockerfile", "Dockerfile"]);
    let run = check(&directory, &["--fix"]);
    assert_eq!((run.status, run.output.as_str()), (0, "Nothing to fix; no problem is left.\n"));
}

#[test]
fn diff_changes_nothing() {
    let directory = project(&[("a/Dockerfile", BAD)]);
    let run = check(&directory, &["--diff"]);
    assert_eq!(run.status, 1);
    assert!(run.output.starts_with("--- a/Dockerfile\n+++ a/Dockerfile\n@@ -1,3 +1,3 @@\n"));
    assert!(run.output.contains("\n-RUN pip install -r requirements.txt\n+RUN "));
    assert_eq!(run.errors, "Would fix 1 problem in 1 file; no problem is left.\n");
    assert_eq!(read(&directory, "a/Dockerfile"), BAD);
    fs::write(directory.path().join("a/Dockerfile"), GOOD).unwrap();
    let run = check(&directory, &["--diff"]);
    assert_eq!((run.status, run.output.as_str()), (0, ""));
    // What has no fix is counted, and is no reason for another exit status.
    let untagged = "FROM python:latest\nCMD [\"python\"]\n";
    fs::write(directory.path().join("a/Dockerfile"), untagged).unwrap();
    let run = check(&directory, &["--diff", "--select", "image-latest"]);
    assert_eq!((run.status, run.output.as_str()), (0, ""));
    assert_eq!(run.errors, "Nothing to fix; 1 problem in 1 file left (1 warning)\n");
}

#[test]
fn standard_input_is_a_file() {
    let directory = project(&[("api/requirements.txt", "")]);
    let check = |arguments: &[&str], text: &str| {
        let all = ["check", "-", "--select", "pip-cache-kept"].iter().chain(arguments);
        run(directory.path(), all, text.as_bytes())
    };
    assert_eq!(json(&check(&["--output-format", "json"], BAD))[0]["path"], "-");
    let named = ["--stdin-filename", "api/Dockerfile", "--output-format", "json"];
    assert_eq!(json(&check(&named, BAD))[0]["path"], "api/Dockerfile");
    let run = check(&["--fix"], BAD);
    assert_eq!(run.status, 0);
    assert!(run.output.starts_with("FROM") && run.output.contains("--no-cache-dir"));
    let expected = "Fixed 1 problem in 1 file; no problem is left.\nThe files around this Dockerfile were \
                    not looked at; say where it lies with --stdin-filename PATH.\n";
    assert_eq!(run.errors, expected);
    let run = check(&["--fix"], GOOD);
    assert_eq!((run.output.as_str(), run.status), (GOOD, 0));
    let run = check(&["--diff", "--stdin-filename", "api/Dockerfile"], BAD);
    assert!(run.output.starts_with("--- api/Dockerfile\n"));
    assert!(!directory.path().join("api/Dockerfile").exists());
    let run = check(&["Dockerfile"], BAD);
    assert_eq!(run.errors, "error: `-` for standard input must be the only path\n");
}

#[test]
fn configuration_is_found_and_mistakes_in_it_are_explained() {
    let directory = project(&[
        ("Dockerfile", BAD),
        ("a/Dockerfile", BAD),
        ("a/pyproject.toml", "[project]\nname = 'a'\n[tool.pylintdock]\nignore = ['DL3042']\n"),
        ("b/Dockerfile", BAD),
        ("b/pylintdock.toml", "# b\nignor = []\n"),
        ("c/Dockerfile", BAD),
        ("c/pylintdock.toml", "[severity]\npip-cache-kept = 'error'\n"),
    ]);
    let run = run(directory.path(), ["check", "--output-format", "concise", "--quiet"], b"");
    let of = |path: &str| {
        let line = |it: &&str| it.starts_with(path) && it.ends_with("[pip-cache-kept]");
        run.output.lines().find(line).unwrap_or("").to_owned()
    };
    assert!(of("Dockerfile:3").contains(": warning: "));
    assert_eq!(of("a/Dockerfile"), "");
    assert_eq!(of("b/Dockerfile"), "");
    assert!(of("c/Dockerfile:3").contains(": error: "));
    assert_eq!(
        run.errors,
        "error: cannot read `b/pylintdock.toml`: unknown key `ignor` on line 2, column 1; did you mean `ignore`?\n"
    );
    assert_eq!(run.status, 2);
    let run = check(&directory, &["--config", "a/pyproject.toml", "--ignore", "all"]);
    assert_eq!((run.status, run.errors.as_str()), (0, ""));
}

#[test]
fn excluded_files_are_left_out_unless_named() {
    let directory = project(&[
        ("Dockerfile", GOOD),
        ("old/Dockerfile", BAD),
        ("test/Dockerfile", BAD),
        (
            "pylintdock.toml",
            "exclude = ['old']\n[per-file-ignores]\n'test/*' = ['pip-cache-kept']\n",
        ),
    ]);
    assert_eq!(check(&directory, &[]).output, "No problems found in 2 files.\n");
    assert_eq!(check(&directory, &["old/Dockerfile"]).status, 1);
}

#[test]
fn unknown_rules_are_refused_with_a_suggestion() {
    let directory = project(&[("Dockerfile", BAD)]);
    for option in ["--select", "--ignore"] {
        let run = run(directory.path(), ["check", option, "pip-cash-kept"], b"");
        assert_eq!(
            run.errors,
            "error: unknown rule `pip-cash-kept`; did you mean `pip-cache-kept`?\n"
        );
        assert_eq!((run.status, run.output.as_str()), (2, ""));
    }
}

#[test]
fn pages_are_shown() {
    let directory = project(&[]);
    let run = |arguments: &[&str]| run(directory.path(), arguments, b"");
    assert!(run(&["rule"]).output.contains("pip-cache-kept (DL3042): warning, fix\n"));
    let page = run(&["rule", "pip-cache-kept"]).output;
    assert!(page.starts_with("pip-cache-kept\n\nwarning · safe fix"), "{page}");
    assert!(page.contains("\nReported on line "), "{page}");
    let marks = ["```", "bad=", "**", "](", "text report"];
    assert!(marks.iter().all(|it| !page.contains(it)), "{page}");
    assert_eq!(run(&["rule", "dl3042"]).output, page);
    let unknown = run(&["rule", "pip-cash-kept"]);
    assert_eq!(
        unknown.errors,
        "error: unknown rule `pip-cash-kept`; did you mean `pip-cache-kept`?\n"
    );
    assert_eq!(unknown.status, 2);
    assert!(run(&["--version"]).output.starts_with("pylintdock "));
}

#[test]
fn many_files_keep_their_order() {
    let paths: Vec<String> = (0..600).map(|it| format!("d{it:03}/Dockerfile")).collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|it| (it.as_str(), BAD)).collect();
    let directory = project(&files);
    let first = check(&directory, &["--output-format", "json"]);
    let found: Vec<String> =
        json(&first).iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect();
    assert_eq!(found, paths);
    assert_eq!(check(&directory, &["--output-format", "json"]).output, first.output);
    let run = check(
        &directory,
        &["--quiet", "--output-format", "concise", "d500", "d001/Dockerfile", "d500"],
    );
    assert_eq!(run.output.lines().count(), 2);
    assert!(run.output.starts_with("d500/Dockerfile:3:"));
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let directory = project(&[("Dockerfile", &format!("{BAD}{}", BAD.repeat(2000)))]);
    let mut child = command(directory.path())
        .args(["check", "--select", "pip-cache-kept"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), String::from_utf8(output.stderr).unwrap()),
        (Some(1), String::new())
    );
}

#[test]
fn what_is_not_there_is_said() {
    let directory = project(&[("Dockerfile", BAD), ("empty/readme.md", "")]);
    let run = check(&directory, &["none", "Dockerfile"]);
    assert_eq!(run.errors, "error: cannot read `none`: there is no such file or directory\n");
    // The other file is still checked.
    assert!(run.output.contains("Dockerfile:3:"));
    assert_eq!(run.status, 2);
    let run = check(&directory, &["empty"]);
    assert!(
        run.errors.starts_with("error: no Dockerfile found in `empty`; looked for Dockerfile,")
    );
    assert_eq!((run.status, run.output.as_str()), (2, ""));
    let run = check(&directory, &["--context", "none"]);
    assert!(run.errors.starts_with("error: --context `none` does not exist;"), "{}", run.errors);
    assert_eq!(run.status, 2);
    let run = check(&directory, &["--today", "2026-02-30"]);
    assert!(run.errors.contains("`2026-02-30` is not a date"), "{}", run.errors);
    assert_eq!(run.status, 2);
}

#[test]
fn faults_in_the_files_that_are_installed_are_told_with_their_place() {
    let faulty = "flask==\n-r requirements.txt\n-r ../../elsewhere.txt\nrequests==2.32.3\n";
    let directory = project(&[("Dockerfile", BAD), ("requirements.txt", faulty)]);
    let run = check(&directory, &[]);
    for line in 1..=3 {
        let place = format!("requirements.txt:{line}: ");
        assert!(run.errors.contains(&place), "{place} in {}", run.errors);
    }
    assert!(!run.errors.contains("requirements.txt:4"), "{}", run.errors);
    // The rest is still checked.
    assert!(run.output.contains("Dockerfile:3:"), "{}", run.output);
    assert_eq!(run.status, 1);
}

#[test]
fn a_file_of_50_mb_is_refused() {
    let directory = project(&[("ok/Dockerfile", BAD)]);
    let file = fs::File::create(directory.path().join("Dockerfile")).unwrap();
    file.set_len(50 * 1024 * 1024).unwrap();
    let run = check(&directory, &["--output-format", "concise"]);
    assert!(
        run.errors
            .starts_with("error: cannot read `Dockerfile`: it has 50 MB, more than the 20 MB")
    );
    assert!(run.output.starts_with("ok/Dockerfile:3:"));
    assert_eq!(run.status, 2);
}

#[test]
fn the_target_decides_what_is_shipped() {
    let text = "FROM python:3.13-slim AS builder\nRUN pip install flask\n\
                FROM python:3.13-slim AS web\nCMD [\"python\"]\n";
    let directory = project(&[("Dockerfile", text)]);
    assert_eq!(check(&directory, &[]).status, 0);
    let run = check(&directory, &["--target", "builder", "--output-format", "concise"]);
    assert!(run.output.starts_with("Dockerfile:2:5: warning:"), "{}", run.output);
    assert_eq!(run.status, 1);
    let run = check(&directory, &["--target", "nosuch", "Dockerfile"]);
    let expected = "error: cannot check `Dockerfile`: it has no stage `nosuch`; its stages are `builder`, `web`\n";
    assert_eq!((run.errors.as_str(), run.status), (expected, 2));
}

#[test]
fn bytes_that_are_no_text_are_reported_and_survive() {
    let directory = project(&[]);
    let bytes = [b"# caf\xe9\n".as_slice(), BAD.as_bytes()].concat();
    let file = directory.path().join("Dockerfile");
    fs::write(&file, &bytes).unwrap();
    let select = "not-utf-8";
    let run = check(&directory, &["--output-format", "json", "--fix", "--select", select]);
    let found = json(&run);
    assert_eq!((found[0]["rule"].as_str(), run.status), (Some("not-utf-8"), 1));
    assert_eq!((&found[0]["start"]["line"], &found[0]["start"]["column"]), (&1.into(), &6.into()));
    assert_eq!(found[1]["rule"], "pip-cache-kept");
    assert_eq!(fs::read(file).unwrap(), bytes);
    // No fix is applied, so none is offered.
    assert!(found[1]["fix"].is_null());
    let run = check(&directory, &[]);
    assert!(!run.output.contains("--fix"), "{}", run.output);
}
