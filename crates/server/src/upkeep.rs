//! What the protocol's methods have in common: work on other threads, settings, the disk.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp_server::jsonrpc::{Error, Result};
use tower_lsp_server::ls_types::*;

use crate::check::{Checked, lock};
use crate::documents::{Document, Documents, file_path};
use crate::state::State;
use crate::{preferences, schedule};

/// The methods. None of them awaits the client's answer to a request of ours: a client that goes would leave it
/// waiting, and the server with it. Such work is spawned.
#[derive(Clone)]
pub(crate) struct Backend {
    pub(crate) state: Arc<State>,
}

impl Backend {
    pub(crate) fn new(state: Arc<State>) -> Backend {
        Backend { state }
    }

    /// What is found in the newest text of a document; `None` when it is not an open Dockerfile.
    pub(crate) async fn checked(&self, uri: &Uri) -> Option<(Document, Arc<Checked>)> {
        // A text that changes while it is checked is checked again, but nobody waits for ever.
        const MOST_TRIES: usize = 3;
        let mut res = None;
        for _ in 0..MOST_TRIES {
            let document = self.state.document(uri).filter(|it| it.is_dockerfile)?;
            let checked = schedule::check(&self.state, document.clone()).await?;
            let is_fresh = self.state.is_fresh(uri, &checked);
            res = Some((document, checked));
            if is_fresh {
                break;
            }
        }
        res
    }

    /// Runs work that takes its time; a panic becomes an error of this request only.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&State) -> T + Send + 'static,
    ) -> Result<T> {
        let state = Arc::clone(&self.state);
        match tokio::task::spawn_blocking(move || work(&state)).await {
            Ok(res) => Ok(res),
            Err(error) => {
                self.state.log(MessageType::ERROR, format!("a request failed: {error}")).await;
                Err(Error { data: None, ..Error::internal_error() })
            }
        }
    }

    /// What `work` says of an open Dockerfile as it is now; `None` when there is none at this address. The document is
    /// taken before anything is awaited.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        uri: &Uri,
        work: impl FnOnce(&State, &Document) -> T + Send + 'static,
    ) -> Result<Option<T>> {
        let document = self.state.document(uri).filter(|it| it.is_dockerfile);
        let Some(document) = document else { return Ok(None) };
        self.work(move |state| work(state, &document)).await.map(Some)
    }

    /// Takes settings over and has everything checked.
    pub(crate) async fn prefer(&self, value: &Value) {
        let mut problems = Vec::new();
        let preferences = preferences::read(value).unwrap_or_else(|problem| {
            problems.push(problem);
            preferences::Preferences::default()
        });
        if let Err(problem) = self.state.surroundings.prefer(preferences) {
            problems.push(problem.sentence);
        }
        self.surroundings_changed();
        self.state.forget_told();
        for problem in problems {
            self.state.tell(&problem).await;
        }
        self.refresh();
    }

    /// Asks the client for its settings, if it answers that.
    pub(crate) async fn ask_for_settings(&self) {
        if !self.state.facilities().configuration {
            return;
        }
        let item = ConfigurationItem { scope_uri: None, section: Some("pylintdock".to_owned()) };
        match self.state.client.configuration(vec![item]).await {
            Ok(values) => {
                // A client that has no such settings answers null: what it said at the beginning stays.
                if let Some(value) = values.first().filter(|it| !it.is_null()) {
                    self.prefer(value).await;
                }
            }
            Err(error) => {
                self.state.log(MessageType::WARNING, format!("no settings: {error}")).await;
            }
        }
    }

    pub(crate) fn surroundings_changed(&self) {
        let documents = lock(&self.state.documents);
        self.state.all_are_due(&documents);
    }

    /// A file beside the Dockerfiles was opened, changed or closed in the editor.
    pub(crate) fn around_changed(&self, documents: &Documents) {
        self.state.all_are_due(documents);
        self.refresh();
    }

    /// Asks a client that pulls diagnostics to pull them again, and one that shows hints for new ones.
    pub(crate) fn refresh(&self) {
        let facilities = self.state.facilities();
        if facilities.pulls_diagnostics && facilities.refreshes_diagnostics {
            let client = self.state.client.clone();
            // Nobody waits for the answer: it says nothing.
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        }
        if facilities.refreshes_hints {
            let client = self.state.client.clone();
            tokio::spawn(async move { client.inlay_hint_refresh().await });
        }
    }

    /// The disk changed at some places.
    pub(crate) async fn disk_changed(&self) {
        self.state.surroundings.forget_trees();
        let read = self.state.surroundings.reread_configurations();
        self.state.forget_told();
        self.surroundings_changed();
        if let Err(problem) = read {
            self.state.tell(&problem.sentence).await;
        }
        self.refresh();
    }

    /// Asks the client to tell of files beside Dockerfiles: when they change on disk, and while they are open. Formatting
    /// and the like stay with those whose files they are.
    pub(crate) async fn register(&self) {
        const CONTEXT: [&str; 2] =
            ["**/*.{txt,in,lock,cfg,toml}", "**/{Pipfile,.dockerignore,*.dockerignore}"];
        const CONFIGURATION: [&str; 1] = ["**/{pylintdock,.pylintdock,pyproject}.toml"];
        let selector = |patterns: &[&str]| -> Vec<Value> {
            patterns.iter().map(|it| json!({"scheme": "file", "pattern": it})).collect()
        };
        let registration = |method: &str, options: Value| Registration {
            id: method.to_owned(),
            method: method.to_owned(),
            register_options: Some(options),
        };
        let facilities = self.state.facilities();
        let mut wanted = Vec::new();
        if facilities.watches_files {
            let all = json!({"watchers": [{"globPattern": "**/*"}]});
            wanted.push(registration("workspace/didChangeWatchedFiles", all));
        }
        if facilities.registers_documents {
            let files = selector(&CONTEXT);
            let options = json!({"documentSelector": files});
            wanted.push(registration("textDocument/didOpen", options.clone()));
            wanted.push(registration("textDocument/didClose", options));
            let options = json!({"documentSelector": files, "syncKind": 2});
            wanted.push(registration("textDocument/didChange", options));
        }
        if facilities.registers_completion {
            let options = json!({"documentSelector": selector(&CONFIGURATION), "triggerCharacters": ["\"", "'"]});
            wanted.push(registration("textDocument/completion", options));
        }
        if wanted.is_empty() {
            return;
        }
        if let Err(error) = self.state.client.register_capability(wanted).await {
            let text = format!("files beside Dockerfiles are not followed: {error}");
            self.state.log(MessageType::WARNING, text).await;
        }
    }

    /// The parts of opening and changing that must not wait.
    pub(crate) fn took(&self, document: &Document) {
        if document.is_dockerfile {
            self.state.is_due(&document.uri);
        }
        if let Some(path) = &document.path {
            self.state.surroundings.overlay(path, document.text.as_str());
        }
    }

    /// Answers what was no JSON.
    pub(crate) async fn not_json(&self) -> Result<()> {
        Err(Error::parse_error())
    }

    /// Answers JSON that was no message.
    pub(crate) async fn no_message(&self) -> Result<()> {
        Err(Error::invalid_request())
    }

    /// Opens a rule's page, or says in short what it is about.
    pub(crate) async fn show_rule(&self, rule: &linter::Rule) {
        let link = linter::link(rule.name);
        if self.state.facilities().shows_documents
            && let Ok(uri) = link.parse()
        {
            let params = ShowDocumentParams {
                uri,
                external: Some(true),
                take_focus: Some(true),
                selection: None,
            };
            if self.state.client.show_document(params).await.unwrap_or(false) {
                return;
            }
        }
        let summary = rule.summary();
        let text = format!("{}: {summary}\n{link}", rule.name);
        self.state.client.show_message(MessageType::INFO, text).await;
    }
}

/// Whether a change of this file on disk can matter: everything but what version control and caches write.
pub(crate) fn matters(uri: &Uri) -> bool {
    const NOISE: [&str; 6] =
        ["/.git/", "/node_modules/", "/__pycache__/", "/.venv/", "/.mypy_cache/", "/.ruff_cache/"];
    let path = uri.path().as_str();
    !NOISE.iter().any(|it| path.contains(it))
}

pub(crate) fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.as_deref().unwrap_or_default();
    let mut res: Vec<PathBuf> = folders.iter().filter_map(|it| folder(&it.uri)).collect();
    #[expect(deprecated, reason = "older clients send only this")]
    if res.is_empty() {
        res.extend(params.root_uri.as_ref().and_then(folder));
    }
    res
}

pub(crate) fn folder(uri: &Uri) -> Option<PathBuf> {
    file_path(uri)?.canonicalize().ok()
}
