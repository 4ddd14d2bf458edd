//! What lies around a Dockerfile counts as it is now: on disk, in a buffer, whether or not the client tells of it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::session::{Session, capabilities, uri};

/// A file beside a Dockerfile with two texts; a rule reports with the second one only.
struct Case {
    dockerfile: &'static str,
    file: &'static str,
    texts: [&'static str; 2],
    rule: &'static str,
}

const PIP: &str = "FROM python:3.12-slim\nCOPY requirements.txt Dockerfile ./\nRUN pip install -r requirements.txt\n";
const UV: &str = "FROM python:3.12-slim\nCOPY uv.lock .\nRUN uv sync --frozen\n";

const WITH_WHEEL: &str = r#"version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "uwsgi" }]
[[package]]
name = "uwsgi"
version = "2.0.28"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://files.pythonhosted.org/uwsgi-2.0.28-py3-none-any.whl", hash = "sha256:0" }]
"#;

const WITHOUT_WHEEL: &str = r#"version = 1
[[package]]
name = "app"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "uwsgi" }]
[[package]]
name = "uwsgi"
version = "2.0.28"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://files.pythonhosted.org/uwsgi-2.0.28.tar.gz", hash = "sha256:0" }
"#;

const CASES: [Case; 4] = [
    Case {
        dockerfile: PIP,
        file: "requirements.txt",
        texts: ["flask\n", "uwsgi\n"],
        rule: "compiler-missing",
    },
    Case {
        dockerfile: UV,
        file: "uv.lock",
        texts: [WITH_WHEEL, WITHOUT_WHEEL],
        rule: "compiler-missing",
    },
    Case {
        dockerfile: PIP,
        file: ".dockerignore",
        texts: ["*.log\n", "requirements.txt\n"],
        rule: "copy-source-ignored",
    },
    Case {
        dockerfile: PIP,
        file: "pylintdock.toml",
        texts: ["ignore = [\"pip-cache-kept\"]\n", ""],
        rule: "pip-cache-kept",
    },
];

/// A folder of a case with its first text, and a session in which the Dockerfile is open.
struct Opened {
    session: Session,
    file: PathBuf,
    dockerfile: String,
    version: i64,
    _folder: TempDir,
}

fn opened(case: &Case, capabilities: Value) -> Opened {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().canonicalize().expect("a real path");
    fs::write(root.join("requirements.txt"), "flask\n").expect("a file");
    fs::write(root.join("Dockerfile"), case.dockerfile).expect("a file");
    let file = root.join(case.file);
    fs::write(&file, case.texts[0]).expect("a file");
    let mut session = Session::start(&root, capabilities);
    let dockerfile = uri(&root.join("Dockerfile"));
    session.open(&dockerfile, 1, case.dockerfile);
    let mut res = Opened { session, file, dockerfile, version: 1, _folder: folder };
    let found = res.session.diagnostics(&res.dockerfile, 1);
    assert!(!has(&found, case.rule), "{}: {found:?}", case.file);
    res
}

fn has(diagnostics: &[Value], rule: &str) -> bool {
    diagnostics.iter().any(|it| it["code"] == rule)
}

/// A client that does not tell of files that change on disk.
fn without_watching() -> Value {
    let mut res = capabilities("utf-16");
    res["workspace"]["didChangeWatchedFiles"] = Value::Null;
    res
}

impl Opened {
    /// Gives the file another text on disk. What was published before counts no more.
    fn write(&mut self, text: &str) {
        fs::write(&self.file, text).expect("a file");
        self.session.left();
    }

    /// Changes the Dockerfile by a comment.
    fn type_on(&mut self) {
        self.version += 1;
        let start = json!({"line": 0, "character": 0});
        let change = json!([{"range": {"start": start, "end": start}, "text": "# typed\n"}]);
        self.session.change(&self.dockerfile, self.version, change);
    }

    /// What is published first for the next text of the Dockerfile.
    fn typed(&mut self) -> Vec<Value> {
        self.type_on();
        self.session.diagnostics(&self.dockerfile, self.version)
    }

    /// Waits until what is published has the rule, or has it no more.
    fn wait(&mut self, rule: &str, expected: bool) {
        let dockerfile = self.dockerfile.clone();
        self.session.wait(|it| {
            let found = it["params"]["diagnostics"].as_array();
            it["params"]["uri"] == dockerfile && found.is_some_and(|it| has(it, rule) == expected)
        });
    }

    fn tell(&mut self) {
        let event = json!({"changes": [{"uri": uri(&self.file), "type": 2}]});
        self.session.notify("workspace/didChangeWatchedFiles", event);
    }
}

#[test]
fn a_file_that_changes_on_disk_counts_with_the_next_change() {
    for client in [capabilities("utf-16"), without_watching()] {
        for case in CASES.iter().filter(|it| it.file != "pylintdock.toml") {
            let mut opened = opened(case, client.clone());
            for (text, expected) in [(case.texts[1], true), (case.texts[0], false)] {
                opened.write(text);
                let found = opened.typed();
                assert_eq!(has(&found, case.rule), expected, "{}: {found:?}", case.file);
            }
            assert_eq!(opened.session.end(), 0);
        }
    }
}

#[test]
fn a_file_that_the_client_tells_of_counts_at_once() {
    for case in &CASES {
        let mut opened = opened(case, capabilities("utf-16"));
        for (text, expected) in [(case.texts[1], true), (case.texts[0], false)] {
            opened.write(text);
            opened.tell();
            opened.wait(case.rule, expected);
        }
        assert_eq!(opened.session.end(), 0);
    }
}

#[test]
fn a_buffer_counts_instead_of_the_disk() {
    for case in CASES.iter().filter(|it| it.file != "pylintdock.toml") {
        let mut opened = opened(case, capabilities("utf-16"));
        let buffer = uri(&opened.file);
        opened.session.open_as("plaintext", &buffer, 1, case.texts[1]);
        opened.wait(case.rule, true);
        assert!(has(&opened.typed(), case.rule), "{}", case.file);
        opened.session.change(&buffer, 2, json!([{"text": case.texts[0]}]));
        opened.wait(case.rule, false);
        opened.session.change(&buffer, 3, json!([{"text": case.texts[1]}]));
        opened.wait(case.rule, true);
        let document = json!({"textDocument": {"uri": buffer}});
        opened.session.notify("textDocument/didClose", document);
        opened.wait(case.rule, false);
        assert_eq!(opened.session.end(), 0);
    }
}

#[test]
fn what_no_client_tells_of_is_found_when_typing_pauses() {
    for case in &CASES {
        let mut opened = opened(case, without_watching());
        for (text, expected) in [(case.texts[1], true), (case.texts[0], false)] {
            opened.write(text);
            opened.type_on();
            opened.wait(case.rule, expected);
        }
        assert_eq!(opened.session.end(), 0);
    }
    // A file that is made: what is taken of the context is known by its tree.
    let case = &CASES[0];
    let mut opened = opened(case, without_watching());
    let found = opened.typed();
    assert!(!has(&found, "copy-source-missing"), "{found:?}");
    fs::remove_file(&opened.file).expect("it is there");
    opened.type_on();
    opened.wait("copy-source-missing", true);
    assert_eq!(opened.session.end(), 0);
}
