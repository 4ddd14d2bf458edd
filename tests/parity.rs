//! The command and the language server say the same: rule, place, message and edits, for every example of every page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tests::command::run;
use tests::page;
use tests::session::{Session, capabilities, uri};

/// Every example in a folder of its own, with the files around it; the result is the Dockerfiles.
fn examples(root: &Path) -> Vec<PathBuf> {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut res = Vec::new();
    for rule in rules::ALL {
        let text = fs::read_to_string(rules.join(format!("{}.md", rule.name))).expect("a page");
        for example in page::parse(rule.name, &text).examples {
            let folder = root.join(format!("{}-{}", rule.name, example.line));
            let write = |path: &str, text: &str| {
                let file = folder.join(path);
                fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
                fs::write(file, text).expect("a file");
            };
            write("Dockerfile", &example.dockerfile);
            example.files.iter().for_each(|(path, text)| write(path, text));
            if let Some(config) = &example.config {
                write("pylintdock.toml", config);
            }
            res.push(folder.join("Dockerfile"));
        }
    }
    res
}

/// A place of the command's JSON, which counts characters from 1, as the protocol writes it.
fn position(place: &Value) -> Value {
    let number = |it: &Value| it.as_u64().expect("a number") - 1;
    json!({"line": number(&place["line"]), "character": number(&place["column"])})
}

fn range(element: &Value) -> Value {
    json!({"start": position(&element["start"]), "end": position(&element["end"])})
}

/// What both say of a finding.
fn facts(rule: &Value, severity: u64, message: &Value, url: &Value, range: Value) -> Value {
    json!({"rule": rule, "severity": severity, "message": message, "url": url, "range": range})
}

fn of_command(element: &Value) -> Value {
    let severity = match element["severity"].as_str() {
        Some("error") => 1,
        Some("warning") => 2,
        _ => 3,
    };
    facts(&element["rule"], severity, &element["message"], &element["url"], range(element))
}

fn of_server(diagnostic: &Value) -> Value {
    let severity = diagnostic["severity"].as_u64().expect("a severity");
    let url = &diagnostic["codeDescription"]["href"];
    let range = diagnostic["range"].clone();
    facts(&diagnostic["code"], severity, &diagnostic["message"], url, range)
}

/// The edits of a fix of the command, with addresses instead of paths.
fn edits_of_command(fix: &Value, dockerfile: &Path) -> Vec<Value> {
    let edits = fix["edits"].as_array().expect("edits").iter();
    let edits = edits.map(|it| {
        let file = match it["path"].as_str() {
            Some(path) => dockerfile.with_file_name(path),
            None => dockerfile.to_path_buf(),
        };
        json!({"uri": uri(&file), "range": range(it), "text": it["text"]})
    });
    sorted(edits.collect())
}

fn edits_of_server(edit: &Value) -> Vec<Value> {
    let mut res = Vec::new();
    for change in edit["documentChanges"].as_array().expect("changes") {
        for edit in change["edits"].as_array().into_iter().flatten() {
            let uri = &change["textDocument"]["uri"];
            res.push(json!({"uri": uri, "range": edit["range"], "text": edit["newText"]}));
        }
    }
    sorted(res)
}

fn sorted(mut values: Vec<Value>) -> Vec<Value> {
    values.sort_by_key(Value::to_string);
    values
}

#[test]
fn the_command_and_the_server_agree_on_every_example() {
    let directory = tempfile::tempdir().expect("a folder");
    let root = directory.path().canonicalize().expect("a real path");
    let dockerfiles = examples(&root);
    assert!(dockerfiles.len() > 100, "{} examples", dockerfiles.len());
    let printed = run(&root, ["check", "--output-format", "json", "."], b"");
    let elements: Vec<Value> = serde_json::from_str(&printed.output).expect("JSON");
    let mut by_file: BTreeMap<PathBuf, Vec<Value>> = BTreeMap::new();
    for element in elements {
        let path = root.join(element["path"].as_str().expect("a path"));
        by_file.entry(path).or_default().push(element);
    }
    let mut session = Session::start(&root, capabilities("utf-32"));
    let mut n_fixes = 0;
    for dockerfile in dockerfiles {
        let place = dockerfile.display().to_string();
        let address = uri(&dockerfile);
        let text = fs::read_to_string(&dockerfile).expect("a Dockerfile");
        session.open(&address, 1, &text);
        let diagnostics = session.diagnostics(&address, 1);
        let elements = by_file.remove(&dockerfile).unwrap_or_default();
        let expected: Vec<Value> = elements.iter().map(of_command).collect();
        let found: Vec<Value> = diagnostics.iter().map(of_server).collect();
        assert_eq!(found, expected, "{place}");
        for (element, diagnostic) in elements.iter().zip(&diagnostics) {
            check_labels(element, diagnostic, &place);
            let fix = &element["fix"];
            if fix["edits"].as_array().is_some_and(|it| !it.is_empty()) {
                let edits = first_fix(&mut session, &address, diagnostic);
                assert_eq!(edits, edits_of_command(fix, &dockerfile), "{place}: {fix}");
                n_fixes += 1;
            }
        }
        session.notify("textDocument/didClose", json!({"textDocument": {"uri": address}}));
    }
    assert!(by_file.is_empty(), "{by_file:?}");
    assert!(n_fixes > 50, "{n_fixes} fixes");
    assert_eq!(session.end(), 0);
}

/// Second places and notes are the related information, in this order.
fn check_labels(element: &Value, diagnostic: &Value, place: &str) {
    let labels = element["labels"].as_array().expect("labels").iter();
    let labels = labels.map(|it| (range(it), it["text"].clone()));
    let notes = element["notes"].as_array().expect("notes").iter();
    let expected: Vec<_> = labels.chain(notes.map(|it| (range(element), it.clone()))).collect();
    let related = diagnostic["relatedInformation"].as_array().into_iter().flatten();
    let related = related.map(|it| (it["location"]["range"].clone(), it["message"].clone()));
    assert_eq!(related.collect::<Vec<_>>(), expected, "{place}");
}

/// The edits of the first fix that is offered for a diagnostic.
fn first_fix(session: &mut Session, address: &str, diagnostic: &Value) -> Vec<Value> {
    let actions = session.actions(address, &diagnostic["range"], Some("quickfix"));
    let action = actions.iter().find(|it| it["diagnostics"][0] == *diagnostic);
    let action = action.unwrap_or_else(|| panic!("{address}: no action in {actions:?}"));
    edits_of_server(&session.resolved(action)["edit"])
}
