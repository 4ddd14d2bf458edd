//! Sessions with the language server, as an editor has them: synchronisation, repairs, and clients that misbehave.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::command::run;
use tests::random::Random;
use tests::session::{Session, capabilities, framed, uri};

/// A folder with these files, and its real path.
fn folder(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().expect("a folder");
    let root = directory.path().canonicalize().expect("a real path");
    for (path, text) in files {
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(file, text).expect("a file");
    }
    (directory, root)
}

/// The rules of diagnostics, in their order.
fn rules_of(diagnostics: &[Value]) -> Vec<&str> {
    diagnostics.iter().map(|it| it["code"].as_str().expect("a rule")).collect()
}

/// A document's text in the client, for which positions are counted anew here.
struct Mirror {
    text: String,
    encoding: &'static str,
}

impl Mirror {
    fn position(&self, offset: usize) -> Value {
        let before = &self.text[..offset];
        let mut line = 0;
        let mut start = 0;
        for (at, character) in before.char_indices() {
            let ends = match character {
                '\n' => true,
                '\r' => !self.text[at + 1..].starts_with('\n'),
                _ => false,
            };
            if ends {
                line += 1;
                start = at + 1;
            }
        }
        let rest = &before[start..];
        let character = match self.encoding {
            "utf-8" => rest.len(),
            "utf-16" => rest.encode_utf16().count(),
            _ => rest.chars().count(),
        };
        json!({"line": line, "character": character})
    }

    /// A place between two characters, but not inside of a line's end.
    fn place(&self, random: &mut Random) -> usize {
        let mut at = random.below(self.text.len() + 1);
        while !self.text.is_char_boundary(at) || self.text[..at].ends_with('\r') {
            at -= 1;
        }
        at
    }

    fn edit(&mut self, random: &mut Random) -> Value {
        const PIECES: [&str; 16] = [
            "RUN pip install flask\n",
            "FROM python:3.12\n",
            "\r\n",
            "\n",
            "é",
            "😀",
            "\t",
            " \\\n",
            "x",
            "COPY requirements.txt .\n",
            "# pylintdock: ignore[pip-cache-kept]\n",
            "RUN apt-get update && apt-get install -y gcc\r\n",
            "",
            "<<EOF\n",
            "\"",
            "\r",
        ];
        let is_long = self.text.len() > 3000;
        if random.below(500) == 0 {
            self.text = "FROM python:3.12\r\nRUN pip install a\r\n".to_owned();
            return json!([{"text": self.text}]);
        }
        let (a, b) = (self.place(random), self.place(random));
        let (start, mut end) = (a.min(b), a.max(b));
        let longest = if is_long { 400 } else { 30 };
        if end - start > longest {
            end = start;
        }
        let piece = PIECES[random.below(PIECES.len())];
        let range = json!({"start": self.position(start), "end": self.position(end)});
        self.text.replace_range(start..end, piece);
        json!([{"range": range, "text": piece}])
    }
}

/// Kilobytes of memory that a process has, where the system tells.
fn memory(process: u32) -> Option<usize> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn without_related(mut diagnostics: Vec<Value>) -> Vec<Value> {
    for it in &mut diagnostics {
        let related = it["relatedInformation"].as_array_mut();
        related.into_iter().flatten().for_each(|it| it["location"]["uri"] = Value::Null);
    }
    diagnostics
}

#[test]
fn random_edits_leave_the_diagnostics_of_the_whole_text() {
    let (_directory, root) = folder(&[("requirements.txt", "flask\n")]);
    let address = uri(&root.join("Dockerfile"));
    let twin = uri(&root.join("Dockerfile.twin"));
    for (seed, encoding) in ["utf-8", "utf-16", "utf-32"].into_iter().enumerate() {
        let mut random = Random::new(seed as u64 + 1);
        let mut session = Session::start(&root, capabilities(encoding));
        assert_eq!(session.offered["positionEncoding"], encoding);
        let text = "FROM python:3.12\r\n# é😀\r\nRUN pip install flask 😀 && x\r\n".to_owned();
        let mut mirror = Mirror { text, encoding };
        session.open(&address, 0, &mirror.text);
        let mut before = None;
        for round in 1..=20 {
            for step in 1..=500 {
                let changes = mirror.edit(&mut random);
                session.change(&address, round * 500 + step, changes);
            }
            let found = session.diagnostics(&address, round * 500 + 500);
            session.open(&twin, round, &mirror.text);
            let expected = session.diagnostics(&twin, round);
            assert_eq!(
                without_related(found),
                without_related(expected),
                "{encoding} {round}:\n{:?}",
                mirror.text
            );
            session.notify("textDocument/didClose", json!({"textDocument": {"uri": twin}}));
            check_order(&session.left(), &address);
            if round == 5 {
                before = memory(session.process());
            }
        }
        if let (Some(before), Some(after)) = (before, memory(session.process())) {
            assert!(after < before + 8 * 1024, "{before} kB have become {after} kB");
        }
        assert_eq!(session.end(), 0);
    }
}

/// What is published of a document goes forward only.
fn check_order(messages: &[Value], address: &str) {
    let params = messages.iter().map(|it| &it["params"]).filter(|it| it["uri"] == address);
    let versions: Vec<i64> = params.filter_map(|it| it["version"].as_i64()).collect();
    assert!(versions.is_sorted(), "{versions:?}");
}

#[test]
fn a_burst_is_checked_at_its_end() {
    let (_directory, root) = folder(&[]);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 0, "FROM python:3.12\n");
    session.diagnostics(&address, 0);
    let mut bytes = Vec::new();
    for version in 1..=300 {
        let text = format!("FROM python:3.12\nRUN pip install a{version}\n");
        let message = json!({
            "jsonrpc": "2.0",
            "method": "textDocument/didChange",
            "params": {
                "textDocument": {"uri": address, "version": version},
                "contentChanges": [{"text": text}],
            },
        });
        bytes.extend(framed(&message.to_string()));
    }
    session.send_bytes(&bytes);
    let last = session.diagnostics(&address, 300);
    assert!(rules_of(&last).contains(&"pip-cache-kept"), "{last:?}");
    let n_published = session.left().len();
    assert!(n_published < 30, "{n_published} of 300 were published");
    assert_eq!(session.end(), 0);
}

const SMALL: &str = "FROM python:3.12-slim\r\nCOPY requirements.txt .\r\nRUN pip install -r requirements.txt\r\nRUN pip install é😀 flask\r\nCMD [\"python\"]\r\n";

#[test]
fn unsaved_files_around_a_dockerfile_count() {
    let (_directory, root) = folder(&[("Dockerfile", ""), ("requirements.txt", "flask\n")]);
    let address = uri(&root.join("Dockerfile"));
    let around = uri(&root.join(".dockerignore"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 1, SMALL);
    let found = session.diagnostics(&address, 1);
    assert!(!rules_of(&found).contains(&"copy-source-ignored"), "{found:?}");
    session.open_as("ignore", &around, 1, "requirements.txt\n");
    let found = session.wait(|it| {
        let found = it["params"]["diagnostics"].as_array();
        found.is_some_and(|it| rules_of(it).contains(&"copy-source-ignored"))
    });
    assert_eq!(found["params"]["version"], 1);
    session.change(&around, 2, json!([{"text": "*.log\n"}]));
    session.wait(|it| {
        let found = it["params"]["diagnostics"].as_array();
        found.is_some_and(|it| !rules_of(it).contains(&"copy-source-ignored"))
    });
    assert_eq!(session.end(), 0);
}

/// The text after an action on it, which changes nothing else.
fn applied(text: &str, action: &Value, encoding: &'static str) -> String {
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for change in action["edit"]["documentChanges"].as_array().expect("changes") {
        for edit in change["edits"].as_array().into_iter().flatten() {
            let mirror = Mirror { text: text.to_owned(), encoding };
            let at = |place: &Value| {
                let all = text.char_indices().map(|it| it.0).chain([text.len()]);
                all.into_iter().find(|it| mirror.position(*it) == *place).expect("a place")
            };
            let range = &edit["range"];
            let new = edit["newText"].as_str().expect("a text").to_owned();
            edits.push((at(&range["start"]), at(&range["end"]), new));
        }
    }
    edits.sort();
    let mut res = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        res.replace_range(start..end, &new);
    }
    res
}

fn titled<'a>(actions: &'a [Value], title: &str) -> &'a Value {
    let found = actions.iter().find(|it| it["title"] == title);
    found.unwrap_or_else(|| panic!("no `{title}` in {actions:#?}"))
}

#[test]
fn actions_repair_and_silence() {
    for encoding in ["utf-8", "utf-16"] {
        let (_directory, root) = folder(&[("Dockerfile", SMALL), ("requirements.txt", "flask\n")]);
        let address = uri(&root.join("Dockerfile"));
        let mut session = Session::start(&root, capabilities(encoding));
        session.open(&address, 7, SMALL);
        let found = session.diagnostics(&address, 7);
        let on_pip: Vec<&Value> =
            found.iter().filter(|it| it["code"] == "pip-cache-kept").collect();
        assert_eq!(on_pip.len(), 2, "{found:#?}");
        let actions = session.actions(&address, &on_pip[1]["range"], None);
        let fix = actions.iter().find(|it| it["isPreferred"] == true).expect("a safe fix").clone();
        assert!(fix.get("edit").is_none(), "edits are made when they are asked for: {fix}");
        let fix = session.resolved(&fix);
        let version = &fix["edit"]["documentChanges"][0]["textDocument"]["version"];
        assert_eq!(*version, 7);
        let text = applied(SMALL, &fix, encoding);
        assert!(text.contains("--no-cache-dir é😀 flask\r\n"), "{text}");
        let all = session.resolved(titled(&actions, "Fix all `pip-cache-kept` in this file"));
        let text = applied(SMALL, &all, encoding);
        assert_eq!(text.matches("--no-cache-dir").count(), 2, "{text}");
        let here = titled(&actions, "Ignore `pip-cache-kept` for this instruction").clone();
        let text = applied(SMALL, &session.resolved(&here), encoding);
        let above = "# pylintdock: ignore[pip-cache-kept]\r\nRUN pip install é😀";
        assert!(text.contains(above), "{text}");
        session.change(&address, 8, json!([{"text": text}]));
        let found = session.diagnostics(&address, 8);
        let n_left = rules_of(&found).iter().filter(|it| **it == "pip-cache-kept").count();
        assert_eq!(n_left, 1);
        // The document has changed since this action was offered.
        let refused = session.request("codeAction/resolve", here);
        assert_eq!(refused["error"]["code"], -32801, "{refused}");
        let file = titled(&actions, "Ignore `pip-cache-kept` in this file");
        assert_eq!(file["diagnostics"][0]["code"], "pip-cache-kept");
        let page = titled(&actions, "Show the rule `pip-cache-kept`")["command"].clone();
        let params = json!({"command": page["command"], "arguments": page["arguments"]});
        let shown = session.request("workspace/executeCommand", params);
        assert_eq!(shown["result"], Value::Null, "{shown}");
        session.wait(|it| it["method"] == "window/showDocument");
        assert_eq!(session.end(), 0);
    }
}

#[test]
fn fixing_all_equals_the_command() {
    let files = [("Dockerfile", SMALL), ("requirements.txt", "flask\n"), (".git/HEAD", "")];
    let (_directory, root) = folder(&files);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 1, SMALL);
    let whole = json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let actions = session.actions(&address, &whole, Some("source.fixAll"));
    assert_eq!(actions.len(), 1, "{actions:?}");
    assert_eq!(actions[0]["kind"], "source.fixAll.pylintdock");
    let action = session.resolved(&actions[0]);
    let mut edit = action["edit"].clone();
    let changes = edit["documentChanges"].as_array_mut().expect("changes");
    // What is made beside the Dockerfile is taken out, and compared below.
    let new = uri(&root.join(".dockerignore"));
    let others: Vec<Value> =
        changes.extract_if(.., |it| it["textDocument"]["uri"] != address).collect();
    let text = applied(SMALL, &json!({"edit": edit}), "utf-16");
    let fixed = run(&root, ["check", "--fix", "."], b"");
    assert_eq!(
        text,
        fs::read_to_string(root.join("Dockerfile")).expect("a Dockerfile"),
        "{fixed:?}"
    );
    match fs::read_to_string(root.join(".dockerignore")) {
        Ok(made) => {
            assert_eq!(others[0]["kind"], "create");
            assert_eq!(others[0]["uri"], new);
            assert_eq!(others[1]["edits"][0]["newText"], made);
        }
        Err(_) => assert!(others.is_empty(), "{others:?}"),
    }
    assert_eq!(session.end(), 0);
}

#[test]
fn a_rewrite_is_offered_where_the_stage_begins() {
    let text = "FROM python:3.12-slim\nRUN apt-get update && apt-get install -y gcc libpq-dev\n\
                WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nCMD [\"python\", \"app.py\"]\n";
    let files = [("Dockerfile", text), ("requirements.txt", "psycopg2==2.9.9\n"), ("app.py", "")];
    let (_directory, root) = folder(&files);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 1, text);
    let at = |line: u32| json!({"line": line, "character": 2});
    let range = json!({"start": at(0), "end": at(0)});
    let actions = session.actions(&address, &range, Some("refactor"));
    let titles: Vec<&str> = actions.iter().filter_map(|it| it["title"].as_str()).collect();
    assert!(titles.iter().any(|it| it.contains("multi-stage")), "{titles:?}");
    let action = session.resolved(&actions[0]);
    let rewritten = applied(text, &action, "utf-16");
    assert_eq!(rewritten.matches("FROM ").count(), 2, "{rewritten}");
    let elsewhere = json!({"start": at(2), "end": at(2)});
    assert!(session.actions(&address, &elsewhere, Some("refactor")).is_empty());
    assert_eq!(session.end(), 0);
}

#[test]
fn clients_may_pull() {
    let (_directory, root) = folder(&[("Dockerfile", SMALL)]);
    let address = uri(&root.join("Dockerfile"));
    let mut able = capabilities("utf-16");
    able["textDocument"]["diagnostic"] = json!({"dynamicRegistration": false});
    let mut session = Session::start(&root, able);
    assert_eq!(session.offered["diagnosticProvider"]["identifier"], "pylintdock");
    session.open(&address, 1, SMALL);
    session.change(&address, 2, json!([{"text": "FROM python\n"}]));
    let document = json!({"uri": address});
    let first = session.request("textDocument/diagnostic", json!({"textDocument": document}));
    let items = first["result"]["items"].as_array().expect("items");
    assert!(rules_of(items).contains(&"image-untagged"), "{first}");
    let id = &first["result"]["resultId"];
    let params = json!({"textDocument": document, "previousResultId": id});
    let again = session.request("textDocument/diagnostic", params);
    assert_eq!(again["result"], json!({"kind": "unchanged", "resultId": id}));
    let left = session.left();
    let is_pushed = |it: &&Value| it["method"] == "textDocument/publishDiagnostics";
    assert!(!left.iter().any(|it| is_pushed(&it)), "{left:?}");
    assert_eq!(session.end(), 0);
}

#[test]
fn settings_and_configuration_hold_without_a_restart() {
    let (_directory, root) = folder(&[("Dockerfile", SMALL)]);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    let published = |session: &mut Session, expected: bool| {
        session.wait(|it| {
            let found = it["params"]["diagnostics"].as_array();
            it["params"]["uri"] == address
                && found.is_some_and(|it| rules_of(it).contains(&"pip-cache-kept") == expected)
        });
    };
    session.open(&address, 1, SMALL);
    published(&mut session, true);
    session.settings = json!({"ignore": ["pip-cache-kept"]});
    session.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    published(&mut session, false);
    session.settings = json!({"ignore": []});
    session.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    published(&mut session, true);
    let file = root.join("pylintdock.toml");
    fs::write(&file, "ignore = [\"DL3042\"]\n").expect("a file");
    let event = |it: &Path| json!({"changes": [{"uri": uri(it), "type": 1}]});
    session.notify("workspace/didChangeWatchedFiles", event(&file));
    published(&mut session, false);
    fs::write(&file, "ignor = []\n").expect("a file");
    session.notify("workspace/didChangeWatchedFiles", event(&file));
    published(&mut session, true);
    let told = session.wait(|it| it["method"] == "window/showMessage");
    let message = told["params"]["message"].as_str().expect("a message");
    assert!(message.contains("unknown key `ignor`"), "{message}");
    session.settings = json!({"select": ["no-such-rule"]});
    session.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    let told = session.wait(|it| it["method"] == "window/showMessage");
    let message = told["params"]["message"].as_str().expect("a message");
    assert!(message.contains("unknown rule `no-such-rule`"), "{message}");
    assert_eq!(session.end(), 0);
}

#[test]
fn untitled_documents_are_checked() {
    let (_directory, root) = folder(&[]);
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open("untitled:Untitled-1", 1, "FROM python\n");
    let found = session.diagnostics("untitled:Untitled-1", 1);
    assert!(rules_of(&found).contains(&"image-untagged"), "{found:?}");
    session
        .notify("textDocument/didClose", json!({"textDocument": {"uri": "untitled:Untitled-1"}}));
    let cleared = session.wait(|it| it["method"] == "textDocument/publishDiagnostics");
    assert_eq!(cleared["params"]["diagnostics"], json!([]));
    assert_eq!(session.end(), 0);
}

#[test]
fn what_is_wrong_gets_an_error_and_the_server_lives_on() {
    let (_directory, root) = folder(&[]);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    session.open(&address, 1, "FROM python:3.12\n");
    session.send_bytes(&framed("{\"jsonrpc\": \"2.0\", \"method\": "));
    let answer = session.wait(|it| it["id"].is_null() && it.get("error").is_some());
    assert_eq!(answer["error"]["code"], -32700, "{answer}");
    session.send_bytes(&framed("[1, 2]"));
    let answer = session.wait(|it| it["id"].is_null() && it.get("error").is_some());
    assert_eq!(answer["error"]["code"], -32600, "{answer}");
    let answer = session.request("textDocument/makeCoffee", json!({}));
    assert_eq!(answer["error"]["code"], -32601, "{answer}");
    session.notify("$/unheardOf", json!({}));
    let answer = session.request("textDocument/codeAction", json!({"textDocument": 3}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let far = json!({"line": 4_000_000_000_u32, "character": 4_000_000_000_u32});
    let range = json!({"start": far, "end": {"line": 0, "character": 0}});
    let _none_or_some = session.actions(&address, &range, None);
    session.change(&address, 2, json!([{"range": range, "text": "FROM python"}]));
    let found = session.diagnostics(&address, 2);
    assert!(rules_of(&found).contains(&"image-untagged"), "{found:?}");
    session.change("file:///none/Dockerfile", 2, json!([{"text": "FROM a"}]));
    let answer = session.request("codeAction/resolve", json!({"title": "x", "data": {"a": 1}}));
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let before = session.ask(
        "textDocument/codeAction",
        json!({
            "textDocument": {"uri": address}, "range": range, "context": {"diagnostics": []},
        }),
    );
    session.notify("$/cancelRequest", json!({"id": before}));
    let answer = session.answer(before);
    assert!(answer.get("result").is_some() || answer["error"]["code"] == -32800, "{answer}");
    assert_eq!(session.end(), 0);
}

#[test]
fn large_documents_are_taken() {
    let (_directory, root) = folder(&[]);
    let address = uri(&root.join("Dockerfile"));
    let mut session = Session::start(&root, capabilities("utf-16"));
    let line = "# a comment of a machine that has written this file, éé\n";
    let text = format!("FROM python\n{}", line.repeat(5 * 1024 * 1024 / line.len()));
    session.open(&address, 1, &text);
    let end = json!({"line": 1, "character": 0});
    for version in 2..=20 {
        let range = json!({"start": end, "end": end});
        session.change(&address, version, json!([{"range": range, "text": "RUN pip install a\n"}]));
    }
    let found = session.diagnostics(&address, 20);
    let n_pip = rules_of(&found).iter().filter(|it| **it == "pip-cache-kept").count();
    assert_eq!(n_pip, 19);
    assert_eq!(session.end(), 0);
}
