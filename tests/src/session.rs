//! A client of the language server: speaks the protocol with `pylintdock server` over pipes.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::command::command;

/// Longer than anything takes; a server that is silent for so long hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running server and what it has sent.
pub struct Session {
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
    waiting: VecDeque<Value>,
    next_id: u64,
    /// What the client answers when it is asked for the settings `pylintdock`.
    pub settings: Value,
    /// What the server said when it was asked to initialize.
    pub offered: Value,
    /// Requests of the server that were answered, by method.
    pub asked: Vec<String>,
}

/// What an editor such as VS Code can do.
pub fn capabilities(encoding: &str) -> Value {
    json!({
        "general": {"positionEncodings": [encoding]},
        "workspace": {
            "configuration": true,
            "workspaceEdit": {
                "documentChanges": true,
                "resourceOperations": ["create"],
                "changeAnnotationSupport": {},
            },
            "didChangeWatchedFiles": {"dynamicRegistration": true},
            "diagnostics": {"refreshSupport": true},
        },
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true,
                "codeDescriptionSupport": true,
                "tagSupport": {"valueSet": [1, 2]},
                "versionSupport": true,
            },
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
                "resolveSupport": {"properties": ["edit"]},
                "dataSupport": true,
            },
            "documentSymbol": {"hierarchicalDocumentSymbolSupport": true},
            "completion": {"completionItem": {"snippetSupport": true}},
            "hover": {"contentFormat": ["markdown", "plaintext"]},
        },
        "window": {"showDocument": {"support": true}},
    })
}

impl Session {
    /// Starts a server for a client with these capabilities that has `folder` open.
    pub fn start(folder: &Path, capabilities: Value) -> Session {
        let mut session = Session::spawn(folder);
        let folders = json!([{"uri": uri(folder), "name": "folder"}]);
        let params =
            json!({"processId": null, "capabilities": capabilities, "workspaceFolders": folders});
        let answer = session.request("initialize", params);
        session.offered = answer["result"]["capabilities"].clone();
        session.notify("initialized", json!({}));
        session
    }

    /// Starts a server and says nothing.
    pub fn spawn(folder: &Path) -> Session {
        let mut child = command(folder)
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let input = child.stdin.take();
        let output = child.stdout.take().expect("standard output is piped");
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            while let Some(message) = read(&mut reader) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Session {
            child,
            input,
            output: receiver,
            waiting: VecDeque::new(),
            next_id: 0,
            settings: Value::Null,
            offered: Value::Null,
            asked: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().expect("the input is open");
        input.write_all(bytes).and_then(|()| input.flush()).expect("the server reads");
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = "2.0".into();
        self.send_bytes(&framed(&message.to_string()));
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({"method": method, "params": params}));
    }

    /// Sends a request; the result is its number.
    pub fn ask(&mut self, method: &str, params: Value) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        self.send(json!({"id": id, "method": method, "params": params}));
        id
    }

    /// Sends a request and waits for its answer, the whole message.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.ask(method, params);
        self.answer(id)
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: u64) -> Value {
        self.wait(|it| it["id"] == id && it.get("method").is_none())
    }

    /// Waits for a message; those before it are kept for later.
    pub fn wait(&mut self, is_it: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.waiting.iter().position(&is_it) {
            return self.waiting.remove(at).expect("it was found");
        }
        loop {
            let message = self.output.recv_timeout(PATIENCE).expect("the server answers");
            if message.get("method").is_some() && message.get("id").is_some() {
                self.reply(&message);
            }
            if is_it(&message) {
                return message;
            }
            self.waiting.push_back(message);
        }
    }

    fn reply(&mut self, request: &Value) {
        let method = request["method"].as_str().unwrap_or("");
        self.asked.push(method.to_owned());
        let result = match method {
            "workspace/configuration" => json!([self.settings]),
            "window/showDocument" => json!({"success": true}),
            _ => Value::Null,
        };
        self.send(json!({"id": request["id"], "result": result}));
    }

    /// Opens a Dockerfile.
    pub fn open(&mut self, uri: &str, version: i64, text: &str) {
        self.open_as("dockerfile", uri, version, text);
    }

    /// Opens a document of some language.
    pub fn open_as(&mut self, language: &str, uri: &str, version: i64, text: &str) {
        let document =
            json!({"uri": uri, "languageId": language, "version": version, "text": text});
        self.notify("textDocument/didOpen", json!({"textDocument": document}));
    }

    /// Changes a document.
    pub fn change(&mut self, uri: &str, version: i64, changes: Value) {
        let document = json!({"uri": uri, "version": version});
        let params = json!({"textDocument": document, "contentChanges": changes});
        self.notify("textDocument/didChange", params);
    }

    /// The diagnostics that are published for a version of a document, once they are.
    pub fn diagnostics(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let message = self.wait(|it| {
            let params = &it["params"];
            it["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && params["version"] == version
        });
        message["params"]["diagnostics"].as_array().expect("a list").clone()
    }

    /// The code actions for a range, as they are offered.
    pub fn actions(&mut self, uri: &str, range: &Value, only: Option<&str>) -> Vec<Value> {
        let mut context = json!({"diagnostics": []});
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({"textDocument": {"uri": uri}, "range": range, "context": context});
        let answer = self.request("textDocument/codeAction", params);
        answer["result"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
    }

    /// An action with its edit.
    pub fn resolved(&mut self, action: &Value) -> Value {
        self.request("codeAction/resolve", action.clone())["result"].clone()
    }

    /// What has arrived and nobody has waited for.
    pub fn left(&mut self) -> Vec<Value> {
        self.waiting.extend(self.output.try_iter());
        self.waiting.drain(..).collect()
    }

    /// The number of the server's process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends the session as the protocol has it; the result is the exit status.
    pub fn end(mut self) -> i32 {
        let answer = self.request("shutdown", Value::Null);
        assert_eq!(answer["result"], Value::Null, "{answer}");
        self.notify("exit", Value::Null);
        self.status()
    }

    /// Closes the server's input and waits for its end; the result is the exit status.
    pub fn hang_up(mut self) -> i32 {
        self.input = None;
        self.status()
    }

    /// Waits for the server's end with its input open; the result is the exit status.
    pub fn wait_for_end(mut self) -> i32 {
        self.status()
    }

    fn status(&mut self) -> i32 {
        self.child.wait().expect("the server ends").code().unwrap_or(-1)
    }
}

/// A message with the header that it needs.
pub fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn read(reader: &mut BufReader<ChildStdout>) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        if let Some(number) = line.strip_prefix("Content-Length:") {
            length = number.trim().parse().expect("a length");
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(serde_json::from_slice(&body).expect("the server sends JSON"))
}

/// The address of a path without characters that need an escape.
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}
