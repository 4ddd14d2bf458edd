//! What the language server tells of a Dockerfile beside problems, row by row of the table in `editors/README.md`.

use std::fs;

use serde_json::{Value, json};
use tests::session::{Session, capabilities, uri};

const TEXT: &str = "\
ARG VERSION=3.12
# pylintdock: ignore-file[image-latest] of no use
FROM python:${VERSION}-slim AS build
WORKDIR   /app
COPY requirements.txt .
RUN pip install \\
psycopg2==2.9.9 $HOME

FROM python:3.12-slim
COPY --from=build /app /app
CMD [\"python\"]
";

fn place(line: u32, character: u32) -> Value {
    json!({"line": line, "character": character})
}

/// What a method answers for a place in a document.
fn at(session: &mut Session, address: &str, method: &str, position: Value) -> Value {
    let params = json!({
        "textDocument": {"uri": address},
        "position": position,
        "context": {"includeDeclaration": true, "triggerKind": 1},
    });
    let answer = session.request(method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

fn of_whole(session: &mut Session, address: &str, method: &str) -> Value {
    let params = json!({
        "textDocument": {"uri": address},
        "range": {"start": place(0, 0), "end": place(99, 0)},
        "options": {"tabSize": 4, "insertSpaces": true},
    });
    let answer = session.request(method, params);
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

fn lines(locations: &Value) -> Vec<u64> {
    let ranges = locations.as_array().expect("a list").iter();
    ranges.map(|it| it["range"]["start"]["line"].as_u64().expect("a line")).collect()
}

#[test]
fn every_feature_answers() {
    let directory = tempfile::tempdir().expect("a folder");
    let root = directory.path().canonicalize().expect("a real path");
    fs::write(root.join("requirements.txt"), "flask\n").expect("a file");
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 1, TEXT);

    for (line, character, words) in [
        (4, 1, "COPY [--from="),
        (9, 8, "A stage (name or number)"),
        (9, 13, "built from `python:${VERSION}-slim`"),
        (2, 16, "`VERSION`"),
        (8, 8, "Python 3.12"),
        (1, 30, "image-latest"),
        (6, 3, "has no wheel for Python 3.12"),
    ] {
        let hover = at(&mut session, &address, "textDocument/hover", place(line, character));
        let text = hover["contents"]["value"].as_str().unwrap_or("");
        assert!(text.contains(words), "{line}:{character} lacks «{words}»: {hover}");
    }
    assert_eq!(at(&mut session, &address, "textDocument/hover", place(7, 0)), Value::Null);

    let items = at(&mut session, &address, "textDocument/completion", place(9, 12));
    assert_eq!(items[0]["label"], "build", "{items}");

    let definition = at(&mut session, &address, "textDocument/definition", place(9, 13));
    assert_eq!(definition["range"]["start"], place(2, 31), "{definition}");
    let references = at(&mut session, &address, "textDocument/references", place(0, 5));
    assert_eq!(lines(&references), [0, 2]);
    let highlights = at(&mut session, &address, "textDocument/documentHighlight", place(0, 5));
    assert_eq!(lines(&highlights), [0, 2]);
    let range = at(&mut session, &address, "textDocument/prepareRename", place(9, 13));
    assert_eq!(range["start"], place(9, 12));

    let rename = |session: &mut Session, name: &str| {
        let params = json!({
            "textDocument": {"uri": address}, "position": place(9, 13), "newName": name,
        });
        session.request("textDocument/rename", params)
    };
    let edit = rename(&mut session, "wheels")["result"].clone();
    let edits = edit["documentChanges"][0]["edits"].as_array().expect("edits").clone();
    assert_eq!(edits.len(), 2);
    assert!(edits.iter().all(|it| it["newText"] == "wheels"));
    let refused = rename(&mut session, "Not A Name");
    assert!(
        refused["error"]["message"].as_str().is_some_and(|it| it.contains("cannot name a stage"))
    );

    let symbols = of_whole(&mut session, &address, "textDocument/documentSymbol");
    let names: Vec<&str> =
        symbols.as_array().expect("symbols").iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["ARG", "build", "python:3.12-slim"]);
    assert_eq!(symbols[1]["children"].as_array().map(Vec::len), Some(3));

    let folds = of_whole(&mut session, &address, "textDocument/foldingRange");
    let folds: Vec<(u64, u64)> = folds
        .as_array()
        .expect("folds")
        .iter()
        .map(|it| {
            (it["startLine"].as_u64().expect("a line"), it["endLine"].as_u64().expect("a line"))
        })
        .collect();
    assert_eq!(folds, [(2, 6), (8, 10), (5, 6)]);

    let links = of_whole(&mut session, &address, "textDocument/documentLink");
    let targets: Vec<&str> =
        links.as_array().expect("links").iter().filter_map(|it| it["target"].as_str()).collect();
    assert_eq!(targets.len(), 2, "{links}");
    assert_eq!(targets[0], uri(&root.join("requirements.txt")));
    assert!(targets[1].ends_with("image-latest.md"));

    let tokens = of_whole(&mut session, &address, "textDocument/semanticTokens/full");
    assert!(tokens["data"].as_array().is_some_and(|it| it.len() > 50 && it.len() % 5 == 0));
    let hints = of_whole(&mut session, &address, "textDocument/inlayHint");
    assert_eq!(hints[0]["label"], "= python:3.12-slim", "{hints}");

    let edits = of_whole(&mut session, &address, "textDocument/formatting");
    let edits: Vec<(Value, &str)> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|it| (it["range"]["start"].clone(), it["newText"].as_str().expect("a text")))
        .collect();
    assert_eq!(edits, [(place(3, 7), " "), (place(6, 0), "    ")]);
    assert_eq!(session.end(), 0);
}
