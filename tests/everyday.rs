//! What a team does around a check: configuration shown and taken over, builds named by Compose and Bake, records on
//! standard input.

use std::fs;
use std::path::Path;

use context::{MemoryFiles, NoFiles};
use linter::{Input, Safety, Settings};
use serde_json::{Value, json};
use tests::command::run;
use tests::project;

const BAD: &str = "ARG PYTHON=3.12\nFROM python:${PYTHON}-slim\nRUN pip install flask==3.1.0\n";

#[test]
fn config_tells_where_each_setting_comes_from() {
    let directory = project::directory(&[
        ("base.toml", "target-version = 'docker-20.10'\nignore = ['DL3015']\n"),
        (
            "pylintdock.toml",
            "extend = 'base.toml'\nunfixable = ['pip-cache-kept']\nexclude = ['old']\n[severity]\nimage-untagged = 'error'\n",
        ),
    ]);
    let run = |arguments: &[&str]| run(directory.path(), arguments, b"");
    let shown = run(&["config", "old/Dockerfile"]);
    assert_eq!((shown.status, shown.errors.as_str()), (0, ""));
    let lines: Vec<String> = shown
        .output
        .lines()
        .map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "# Settings of old/Dockerfile",
        "# from pylintdock.toml, which extends base.toml",
        "# A search leaves it out: exclude = [\"old\"], pylintdock.toml:3",
        "target-version = \"docker-20.10\" # base.toml:1",
        "wheel-transfer = \"copy\" # base.toml:1",
        "keep-packages = [] # default",
        "# allowed-registries is not set # default",
        "# recommends-installed off base.toml:2",
        "# image-untagged error pylintdock.toml:5",
        "# pip-cache-kept warning default, no fixes by pylintdock.toml:2",
        "# apt-lists-kept warning default",
    ] {
        assert!(lines.iter().any(|it| it == line), "{line}\n{}", shown.output);
    }
    // What it prints is a configuration file itself.
    linter::config::parse(&shown.output, "pylintdock.toml", rules::ALL).unwrap();
    fs::write(directory.path().join("base.toml"), "extend = 'pylintdock.toml'\n").unwrap();
    let failed = run(&["config"]);
    assert_eq!(failed.status, 2);
    assert!(
        failed.errors.contains(
            "`extend` leads in a circle, `pylintdock.toml` -> `base.toml` -> `pylintdock.toml`"
        ),
        "{}",
        failed.errors
    );
}

#[test]
fn migrate_writes_a_configuration_and_never_over_one() {
    let directory = project::directory(&[(".hadolint.yaml", "ignored: [DL3042, DL3008]\n")]);
    let run = |arguments: &[&str]| run(directory.path(), arguments, b"");
    let printed = run(&["migrate", "--print"]);
    let expected =
        "# Made of .hadolint.yaml by `pylintdock migrate`.\nignore = [\"pip-cache-kept\"]\n";
    assert_eq!(printed.output, expected);
    assert!(printed.errors.contains("reports nothing of the kind: DL3008"), "{}", printed.errors);
    assert!(!directory.path().join("pylintdock.toml").exists());
    assert_eq!(run(&["migrate"]).status, 0);
    let written = fs::read_to_string(directory.path().join("pylintdock.toml")).unwrap();
    assert_eq!(written, expected);
    let again = run(&["migrate"]);
    assert_eq!(again.status, 2);
    assert!(again.errors.contains("`pylintdock.toml` exists already"), "{}", again.errors);
    fs::write(directory.path().join(".tally.toml"), "").unwrap();
    assert!(run(&["migrate"]).errors.contains("name the one that counts"));
}

#[test]
fn compose_and_bake_files_name_what_is_checked_and_how() {
    let directory = project::directory(&[
        ("app/Dockerfile", BAD),
        ("other/Dockerfile", BAD),
        (
            "compose.yaml",
            "services:\n  web:\n    build: {context: app, args: {PYTHON: '3.7'}}\n  x: {build: $DIR}\n",
        ),
        (
            "docker-bake.hcl",
            "variable \"P\" { default = \"3.7\" }\ntarget \"web\" {\n  context = \"app\"\n  args = { PYTHON = P }\n}\n",
        ),
        ("none.yaml", "a: 1\n"),
    ]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--today", "2026-11-21", "--output-format", "concise", "--select"];
        run(directory.path(), all.iter().chain(arguments), b"")
    };
    let found = check(&["python-end-of-life", "compose.yaml"]);
    assert!(found.output.starts_with("app/Dockerfile:2:"), "{found:?}");
    assert!(found.output.contains("python:3.7-slim") || found.output.contains("3.7"), "{found:?}");
    assert!(
        found.errors.contains("compose.yaml: `x` is left out: `$DIR` needs the variable `DIR`"),
        "{found:?}"
    );
    assert_eq!(check(&["python-end-of-life", "docker-bake.hcl"]).output, found.output);
    // Without the file that names the argument the default counts.
    assert_eq!(check(&["python-end-of-life", "app/Dockerfile"]).status, 0);
    let fixed = check(&["pip-cache-kept", "--fix", "compose.yaml"]);
    assert_eq!(fixed.status, 0, "{fixed:?}");
    let read = |path: &str| fs::read_to_string(directory.path().join(path)).unwrap();
    assert!(read("app/Dockerfile").contains("--no-cache-dir"));
    assert_eq!(read("other/Dockerfile"), BAD);
    let failed = check(&["pip-cache-kept", "none.yaml"]);
    assert_eq!(failed.status, 2);
    assert!(failed.errors.contains("cannot read `none.yaml`: it has no `services`"), "{failed:?}");
}

fn records(directory: &Path, input: &str, more: &[&str]) -> (Vec<Value>, String, i32) {
    let all = ["check", "--stdin-jsonl", "--select", "pip-cache-kept,copy-source-missing"];
    let run = run(directory, all.iter().chain(more), input.as_bytes());
    let lines = run.output.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    (lines, run.errors, run.status)
}

#[test]
fn records_are_checked_in_order_and_a_bad_one_ends_nothing() {
    let directory = project::directory(&[]);
    let mut input = String::new();
    for number in 0..100 {
        let record = json!({ "path": format!("{number}/Dockerfile"), "content": BAD });
        input += &format!("{record}\n");
        if number == 70 {
            input += "{\"path\": 1}\n\n";
        }
    }
    let (found, errors, status) = records(directory.path(), &input, &[]);
    let paths: Vec<&str> = found.iter().map(|it| it["path"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..100).map(|it| format!("{it}/Dockerfile")).collect();
    assert_eq!(paths, expected);
    assert_eq!(found[0]["fix"]["title"], "Add --no-cache-dir");
    assert!(errors.contains("error: line 72 of standard input is no record: "), "{errors}");
    assert!(
        errors.ends_with("Found 100 problems in 101 records; 1 record could not be read\n"),
        "{errors}"
    );
    assert_eq!(status, 2);
    let (_, errors, status) = records(
        directory.path(),
        &input.replace("{\"path\": 1}\n", ""),
        &["--exit-zero", "--quiet"],
    );
    assert_eq!((errors.as_str(), status), ("", 0));
}

#[test]
fn a_record_brings_its_context() {
    let directory = project::directory(&[("app/there.txt", "")]);
    let content = "FROM python:3.12\nCOPY there.txt absent.txt ./\n";
    let with = |context: Value| {
        let record = json!({ "path": "Dockerfile", "content": content, "context": context });
        let (found, ..) = records(directory.path(), &record.to_string(), &[]);
        found.iter().map(|it| it["message"].to_string()).collect::<Vec<_>>()
    };
    for context in [json!({ "there.txt": "" }), json!(directory.path().join("app"))] {
        let found = with(context);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("absent.txt"), "{found:?}");
    }
    assert!(with(Value::Null).is_empty());
}

#[test]
fn no_fix_uses_what_an_old_builder_lacks() {
    let layer =
        linter::config::parse("target-version = 'docker-20.10'\nselect = ['all']", "x", rules::ALL);
    let settings = Settings::of(&layer.unwrap());
    let mut n_fixed = 0;
    for rule in rules::ALL {
        let page = tests::page::parse(rule.name, rule.page);
        for example in page.examples {
            let text = &example.dockerfile;
            let files =
                MemoryFiles::new(example.files.iter().map(|it| (it.0.as_str(), it.1.as_str())));
            let input = Input {
                text,
                dockerfile: "Dockerfile",
                files: if example.files.is_empty() { &NoFiles } else { &files },
                settings: &settings,
                today: "2026-11-21".parse().unwrap(),
                target: None,
                arguments: &[],
            };
            let outcome = linter::fix(rules::ALL, &input, Safety::Unsafe);
            n_fixed += usize::from(!outcome.applied.is_empty());
            for part in ["--mount=", "--link", "--chmod", "<<"] {
                let is_new = outcome.text.contains(part) && !text.contains(part);
                assert!(
                    !is_new,
                    "rules/{}.md:{}: {part} in\n{}",
                    rule.name, example.line, outcome.text
                );
            }
        }
    }
    assert!(n_fixed > 100, "{n_fixed}");
}
