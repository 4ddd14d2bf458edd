//! The table of features in `editors/README.md`: every row of it is tried, and nothing is tried that has no row.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::session::{Session, capabilities, uri};

const TEXT: &str = "\
ARG TAG=3.12-slim
FROM python:${TAG} AS build
# pylintdock: ignore[recommends-installed] wanted
RUN apt-get update && apt-get install -y gcc libpq-dev
WORKDIR   /app
COPY requirements.txt .
RUN pip install psycopg2==2.9.9 \\
-r requirements.txt
FROM build
COPY --from=build /app /srv
CMD [\"python\"]
";
const REWRITTEN: &str = "\
FROM python:3.12-slim
RUN apt-get update && apt-get install -y gcc libc6-dev libpq-dev && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir psycopg2==2.9.9
CMD [\"python\"]
";
const REQUIREMENTS: &str = "psycopg2==2.9.9\n-r gone.txt\n";

/// A session with a Dockerfile open.
struct Desk {
    _directory: TempDir,
    root: PathBuf,
    address: String,
    session: Session,
}

impl Desk {
    fn new() -> Desk {
        Desk::with(json!({}))
    }

    fn with(settings: Value) -> Desk {
        let directory = tempfile::tempdir().expect("a folder");
        let root = directory.path().canonicalize().expect("a real path");
        fs::write(root.join("Dockerfile"), TEXT).expect("a file");
        fs::write(root.join("requirements.txt"), REQUIREMENTS).expect("a file");
        fs::create_dir(root.join("other")).expect("a folder");
        let other = "FROM python:3.12-slim\nRUN pip install flask\n";
        fs::write(root.join("other/Dockerfile"), other).expect("a file");
        let mut session = Session::spawn(&root);
        session.settings = settings.clone();
        let folders = json!([{"uri": uri(&root), "name": "folder"}]);
        let params = json!({
            "processId": null,
            "capabilities": capabilities("utf-16"),
            "workspaceFolders": folders,
            "initializationOptions": settings,
        });
        session.offered = session.request("initialize", params)["result"]["capabilities"].clone();
        session.notify("initialized", json!({}));
        let address = uri(&root.join("Dockerfile"));
        session.open(&address, 1, TEXT);
        Desk { _directory: directory, root, address, session }
    }

    fn diagnostics(&mut self) -> Vec<Value> {
        self.session.diagnostics(&self.address, 1)
    }

    /// What a method answers for a place; lines and columns from 0.
    fn at(&mut self, method: &str, line: u32, character: u32) -> Value {
        let address = self.address.clone();
        self.at_of(&address, method, line, character)
    }

    fn at_of(&mut self, address: &str, method: &str, line: u32, character: u32) -> Value {
        let params = json!({
            "textDocument": {"uri": address},
            "position": {"line": line, "character": character},
            "context": {"includeDeclaration": true, "triggerKind": 1},
            "newName": "wheels",
        });
        self.session.request(method, params)["result"].clone()
    }

    fn hover(&mut self, line: u32, character: u32) -> String {
        let hover = self.at("textDocument/hover", line, character);
        hover["contents"]["value"].as_str().unwrap_or("").to_owned()
    }

    fn labels(&mut self, text: &str) -> Vec<String> {
        let offset = text.find('|').expect("a place");
        let (line, character) = place(text, offset);
        let address = uri(&self.root.join("completed/Dockerfile"));
        self.session.open(&address, 1, &text.replacen('|', "", 1));
        let items = self.at_of(&address, "textDocument/completion", line, character);
        labels_of(&items)
    }

    fn whole(&mut self, method: &str) -> Value {
        let params = json!({
            "textDocument": {"uri": self.address},
            "range": {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}},
            "options": {"tabSize": 4, "insertSpaces": true},
        });
        self.session.request(method, params)["result"].clone()
    }

    /// The titles of the actions on a line, of a kind.
    fn titles(&mut self, line: u32, character: u32, only: Option<&str>) -> Vec<String> {
        let at = json!({"line": line, "character": character});
        let range = json!({"start": at, "end": at});
        let actions = self.session.actions(&self.address, &range, only);
        actions.iter().map(|it| it["title"].as_str().unwrap_or("").to_owned()).collect()
    }
}

fn place(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..offset];
    let start = before.rfind('\n').map_or(0, |it| it + 1);
    (before.matches('\n').count() as u32, (offset - start) as u32)
}

fn labels_of(items: &Value) -> Vec<String> {
    let items = items.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|it| it["label"].as_str()).map(str::to_owned).collect()
}

fn has(found: &[String], wanted: &str) -> bool {
    found.iter().any(|it| it.contains(wanted))
}

fn rules_of(found: &[Value]) -> Vec<&str> {
    found.iter().filter_map(|it| it["code"].as_str()).collect()
}

fn is_list(value: &Value) -> bool {
    value.as_array().is_some_and(|it| !it.is_empty())
}

type Check = fn() -> bool;

/// What is done to see that a row holds for us.
const CHECKS: &[(&str, Check)] = &[
    ("problems while typing", || {
        let mut desk = Desk::new();
        rules_of(&desk.diagnostics()).contains(&"pip-cache-kept")
    }),
    ("problems when the editor asks", || {
        let mut desk = Desk::new();
        let report = desk.whole("textDocument/diagnostic");
        is_list(&report["items"])
    }),
    ("problems of Dockerfiles that are not open", || {
        let mut desk = Desk::with(json!({"workspaceDiagnostics": true}));
        let params = json!({"previousResultIds": []});
        let report = desk.session.request("workspace/diagnostic", params)["result"].clone();
        let items = report["items"].as_array().cloned().unwrap_or_default();
        let other = uri(&desk.root.join("other/Dockerfile"));
        let known = items.iter().find(|it| it["uri"] == other).cloned().unwrap_or_default();
        let previous = json!([
            {"uri": other, "value": known["resultId"]},
            {"uri": "file:///gone/Dockerfile", "value": "1"},
        ]);
        let params = json!({"previousResultIds": previous});
        let again = desk.session.request("workspace/diagnostic", params)["result"].clone();
        let kinds = |it: &Value| -> BTreeMap<String, String> {
            let items = it["items"].as_array().cloned().unwrap_or_default();
            let text = |it: &Value| it.as_str().unwrap_or("").to_owned();
            items.iter().map(|it| (text(&it["uri"]), text(&it["kind"]))).collect()
        };
        items.len() == 1
            && rules_of(known["items"].as_array().expect("a list")).contains(&"pip-cache-kept")
            && kinds(&again)[&other] == "unchanged"
            && kinds(&again)["file:///gone/Dockerfile"] == "full"
    }),
    ("problems in requirements and lock files", || {
        let mut desk = Desk::new();
        let requirements = uri(&desk.root.join("requirements.txt"));
        let message = desk.session.wait(|it| it["params"]["uri"] == requirements);
        let found = &message["params"]["diagnostics"][0];
        found["range"]["start"]["line"] == 1
            && found["message"] == "`gone.txt` does not exist in the build context"
    }),
    ("unsaved files beside the Dockerfile count", || {
        let mut desk = Desk::new();
        desk.diagnostics();
        let ignore = uri(&desk.root.join(".dockerignore"));
        desk.session.open_as("ignore", &ignore, 1, "requirements.txt\n");
        let is_it = |it: &Value| {
            let found = it["params"]["diagnostics"].as_array();
            found.is_some_and(|it| rules_of(it).contains(&"copy-source-ignored"))
        };
        desk.session.wait(is_it)["method"] == "textDocument/publishDiagnostics"
    }),
    ("quick fix", || has(&Desk::new().titles(6, 6, Some("quickfix")), "Add --no-cache-dir")),
    ("fix everything (`source.fixAll`)", || {
        has(&Desk::new().titles(0, 0, Some("source.fixAll")), "Fix everything")
    }),
    ("rewrite into stages, with its saving", || {
        let mut desk = Desk::new();
        desk.address = uri(&desk.root.join("rewritten/Dockerfile"));
        desk.session.open(&desk.address, 1, REWRITTEN);
        let titles = desk.titles(0, 0, Some("refactor.rewrite.pylintdock"));
        titles.iter().all(|it| it.contains(", saves ~")) && !titles.is_empty()
    }),
    ("comment that silences a rule", || {
        has(&Desk::new().titles(6, 6, None), "Ignore `pip-cache-kept` for this instruction")
    }),
    ("hover: instructions and flags", || {
        let mut desk = Desk::new();
        desk.hover(5, 1).contains("COPY [--from=") && desk.hover(9, 7).contains("--from")
    }),
    ("hover: what is in a base image", || Desk::new().hover(1, 8).contains("Python 3.12")),
    ("hover: whether a package has a wheel here", || {
        Desk::new().hover(6, 18).contains("has no wheel for Python 3.12")
    }),
    ("hover: the value of a variable", || Desk::new().hover(1, 15).contains("3.12-slim")),
    ("hover: what a rule is about", || {
        Desk::new().hover(2, 25).contains("**recommends-installed**")
    }),
    ("hover and inlay hint: what a layer adds", || {
        let mut desk = Desk::new();
        let hints = desk.whole("textDocument/inlayHint");
        let labels: Vec<&str> =
            hints.as_array().expect("hints").iter().filter_map(|it| it["label"].as_str()).collect();
        desk.hover(3, 1).contains("build tools: ~") && labels.iter().any(|it| it.starts_with('~'))
    }),
    ("inlay hint: which image a `FROM` means", || {
        let hints = Desk::new().whole("textDocument/inlayHint");
        hints.as_array().is_some_and(|it| it.iter().any(|it| it["label"] == "= python:3.12-slim"))
    }),
    ("completion: instructions and flags", || {
        let mut desk = Desk::new();
        has(&desk.labels("FROM a\nRU|"), "RUN")
            && has(&desk.labels("FROM a\nCOPY --fr|"), "--from=")
    }),
    ("completion: stages and variables", || {
        let mut desk = Desk::new();
        has(&desk.labels("FROM a AS one\nFROM b\nCOPY --from=|"), "one")
            && has(&desk.labels("FROM a\nARG NAME\nRUN echo $|"), "NAME")
    }),
    ("completion: image tags", || has(&Desk::new().labels("FROM pyth|"), "python:3.13-slim")),
    ("completion: options of pip and apt", || {
        has(&Desk::new().labels("FROM a\nRUN pip install --n|"), "--no-cache-dir")
    }),
    ("completion: rules in comments", || {
        has(&Desk::new().labels("# pylintdock: ignore[|"), "pip-cache-kept")
    }),
    ("completion: rules and keys in the configuration", || {
        let mut desk = Desk::new();
        let own = uri(&desk.root.join("pylintdock.toml"));
        desk.session.open_as("toml", &own, 1, "ignore = [\"pip\n");
        let project = uri(&desk.root.join("pyproject.toml"));
        desk.session.open_as("toml", &project, 1, "[tool.pylintdock]\nsel\n");
        let rules = desk.at_of(&own, "textDocument/completion", 0, 14);
        let keys = desk.at_of(&project, "textDocument/completion", 1, 3);
        has(&labels_of(&rules), "pip-cache-kept") && has(&labels_of(&keys), "extend-select")
    }),
    ("definition and references", || {
        let mut desk = Desk::new();
        desk.at("textDocument/definition", 9, 13)["range"]["start"]["line"] == 1
            && desk.at("textDocument/references", 0, 5).as_array().map(Vec::len) == Some(2)
    }),
    ("rename", || {
        let edit = Desk::new().at("textDocument/rename", 9, 13);
        edit["documentChanges"][0]["edits"].as_array().map(Vec::len) == Some(3)
    }),
    ("highlights", || is_list(&Desk::new().at("textDocument/documentHighlight", 0, 5))),
    ("outline, stages as containers", || {
        let symbols = Desk::new().whole("textDocument/documentSymbol");
        symbols[1]["name"] == "build" && is_list(&symbols[1]["children"])
    }),
    ("folding", || is_list(&Desk::new().whole("textDocument/foldingRange"))),
    ("links", || {
        let links = Desk::new().whole("textDocument/documentLink");
        let links = links.as_array().cloned().unwrap_or_default();
        let ends = |end: &str| {
            links.iter().any(|it| it["target"].as_str().is_some_and(|it| it.ends_with(end)))
        };
        ends("/requirements.txt") && ends("recommends-installed.md")
    }),
    ("colours, also inside `RUN`", || {
        let tokens = Desk::new().whole("textDocument/semanticTokens/full");
        tokens["data"].as_array().is_some_and(|it| it.len() > 100)
    }),
    ("formatting of documents and ranges", || {
        let mut desk = Desk::new();
        is_list(&desk.whole("textDocument/formatting"))
            && is_list(&desk.whole("textDocument/rangeFormatting"))
    }),
    ("settings without a restart", || {
        let mut desk = Desk::new();
        desk.diagnostics();
        desk.session.settings = json!({"ignore": ["pip-cache-kept"]});
        desk.session.notify("workspace/didChangeConfiguration", json!({"settings": null}));
        let is_it = |it: &Value| {
            let found = it["params"]["diagnostics"].as_array();
            found.is_some_and(|it| {
                !it.is_empty()
                    && it[0]["code"].is_string()
                    && !rules_of(it).contains(&"pip-cache-kept")
            })
        };
        desk.session.wait(is_it)["method"] == "textDocument/publishDiagnostics"
    }),
    ("positions in UTF-8 as well as UTF-16", || {
        let root = tempfile::tempdir().expect("a folder");
        ["utf-8", "utf-16"].iter().all(|it| {
            let session = Session::start(root.path(), capabilities(it));
            session.offered["positionEncoding"] == **it
        })
    }),
    ("signature help", || !Desk::new().session.offered["signatureHelpProvider"].is_null()),
    ("formatting while typing", || {
        !Desk::new().session.offered["documentOnTypeFormattingProvider"].is_null()
    }),
];

fn page(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()))
}

/// The rows of the first table below a heading, their cells trimmed.
fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    let section = page.split_once(&format!("\n{heading}\n")).expect("the heading").1;
    let lines = section.lines().skip_while(|it| !it.starts_with('|'));
    let lines = lines.take_while(|it| it.starts_with('|')).skip(2);
    let cells = |it: &str| -> Vec<String> {
        it.trim_matches('|').split(" | ").map(|it| it.trim().to_owned()).collect()
    };
    lines.map(cells).collect()
}

#[test]
fn every_row_of_the_table_is_tried() {
    let rows = rows(&page("editors/README.md"), "## What it does, beside others");
    let named: Vec<&str> = rows.iter().map(|it| it[0].as_str()).collect();
    let tried: Vec<&str> = CHECKS.iter().map(|it| it.0).collect();
    assert_eq!(named, tried, "the table and the checks differ");
    let mut wrong = Vec::new();
    for (row, (name, check)) in rows.iter().zip(CHECKS) {
        assert_eq!(row.len(), 4, "{row:?}");
        if check() != (row[1] != "no") {
            wrong.push(name);
        }
    }
    assert!(wrong.is_empty(), "these rows do not hold: {wrong:#?}");
}

#[test]
fn the_settings_are_those_that_the_server_reads() {
    let settings = server::settings();
    let settings = settings.as_object().expect("an object");
    let manifest: Value =
        serde_json::from_str(&page("editors/vscode/package.json")).expect("a manifest");
    let declared = manifest["contributes"]["configuration"]["properties"].as_object();
    let declared: BTreeMap<&str, &Value> = declared
        .expect("settings")
        .iter()
        .map(|it| (it.0.trim_start_matches("pylintdock."), &it.1["default"]))
        // The extension itself reads these two.
        .filter(|it| !["path", "trace.server"].contains(&it.0))
        .collect();
    let read: BTreeMap<&str, &Value> = settings.iter().map(|it| (it.0.as_str(), it.1)).collect();
    assert_eq!(declared, read, "editors/vscode/package.json");
    let mut told: Vec<String> = rows(&page("editors/README.md"), "## Settings")
        .iter()
        .map(|it| it[0].trim_matches('`').to_owned())
        .collect();
    told.sort();
    assert_eq!(told, read.keys().copied().collect::<Vec<_>>(), "editors/README.md");
    for it in
        manifest["contributes"]["configuration"]["properties"].as_object().into_iter().flatten()
    {
        assert!(it.1["markdownDescription"].is_string(), "{} has no description", it.0);
    }
}
