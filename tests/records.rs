//! Records on standard input: Dockerfiles as JSON lines, findings as JSON lines.

use std::path::Path;

use serde_json::{Value, json};
use tests::command::run;
use tests::project;

const BAD: &str = "ARG PYTHON=3.12\nFROM python:${PYTHON}-slim\nRUN pip install flask==3.1.0\n";

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
    let wrong = "error: line 72 of standard input is no record: invalid type: integer `1`, expected a string, in column 10\n";
    assert!(errors.contains(wrong), "{errors}");
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
fn a_line_that_is_no_record_is_told_with_what_one_is() {
    let directory = project::directory(&[]);
    let told = |input: &str| {
        let (_, errors, status) = records(directory.path(), input, &["--quiet"]);
        assert_eq!(status, 2, "{input}");
        errors
    };
    let line = |what: &str| format!("error: line 1 of standard input is no record{what}\n");
    for (input, what) in [
        ("{\"path\": \"a\"}", ": missing field `content`"),
        ("FROM python", ", since it is no JSON: expected value, in column 1"),
        ("[", ", since it is no JSON: EOF while parsing a list, in column 1"),
        (
            "{\"path\": \"a\", \"content\": \"\", \"context\": 1}",
            ": `context` is neither a directory nor an object of texts",
        ),
    ] {
        let errors = told(input);
        assert!(errors.starts_with(&line(what)), "{errors}");
        let record =
            "A record is an object on one line: {\"path\": \"app/Dockerfile\", \"content\": ";
        assert_eq!(errors.matches(record).count(), 1, "{errors}");
    }
    // A line has an end, and no other line behind it.
    for input in ["{\r\n", "{\"path\": \"a\",\n", "{\"path\": \"a\"}\n", "\"\n", "[\n\n"] {
        assert!(!told(input).contains("column 0"), "{}", told(input));
    }
    assert!(
        told("{\n")
            .starts_with(&line(", since it is no JSON: EOF while parsing an object, in column 1"))
    );
    assert_eq!(
        told("{\"path\": \"a\", \"content\": \"\", \"context\": \"none\"}\n").lines().next(),
        Some("error: line 1 of standard input: the context `none` of `a` is not a directory here")
    );
    // What a record looks like is said once.
    assert_eq!(told("1\n2\n3\n").matches("A record is").count(), 1);
}

#[test]
fn engines_may_add_keys_and_options_that_mean_nothing_here_are_refused() {
    let directory = project::directory(&[]);
    let record =
        json!({ "id": 7, "path": "Dockerfile", "content": BAD, "repository": { "name": "x" } });
    let (found, errors, status) = records(directory.path(), &record.to_string(), &["--quiet"]);
    assert_eq!((found.len(), errors.as_str(), status), (1, "", 1));
    for option in [
        &["--baseline", "x.json"][..],
        &["--write-baseline", "x.json"],
        &["--no-baseline"],
        &["-o", "x.json"],
        &["--add-ignore"],
        &["--diff-base", "main"],
        &["--fix"],
        &["--explain-rewrite"],
        &["--unsafe-fixes"],
    ] {
        let all = ["check", "--stdin-jsonl"].iter().chain(option);
        let refused = run(directory.path(), all, b"");
        assert_eq!(refused.status, 2, "{refused:?}");
        let told = format!(
            "'--stdin-jsonl' cannot be used with '{}",
            if option[0] == "-o" { "--output-file" } else { option[0] }
        );
        assert!(refused.errors.contains(&told), "{told}\n{}", refused.errors);
    }
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
