//! The protocol's methods: each takes what it needs at its beginning and leaves the work to the other modules.
//!
//! Four methods may run at once, in the order of their messages up to their first `await`. So a method that changes
//! documents does that before it awaits anything, and one that answers takes its document before.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::*;

use crate::actions::{self, Refusal, Request};
use crate::check::{Checked, lock};
use crate::documents::{Document, file_path};
use crate::facilities::{self, Facilities};
use crate::schedule;
use crate::state::State;
use crate::{preferences, present};

/// The methods.
pub(crate) struct Backend {
    state: Arc<State>,
}

impl Backend {
    pub(crate) fn new(state: Arc<State>) -> Backend {
        Backend { state }
    }

    /// What is found in the newest text of a document; `None` when it is not an open Dockerfile.
    async fn checked(&self, uri: &Uri) -> Option<(Document, Arc<Checked>)> {
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
    async fn work<T: Send + 'static>(
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

    /// Takes settings over and has everything checked.
    async fn prefer(&self, value: &Value) {
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
        self.refresh().await;
    }

    /// Asks the client for its settings, if it answers that.
    async fn ask_for_settings(&self) {
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

    fn surroundings_changed(&self) {
        let documents = lock(&self.state.documents);
        self.state.all_are_due(&documents);
    }

    /// Asks a client that pulls diagnostics to pull them again.
    async fn refresh(&self) {
        let facilities = self.state.facilities();
        if facilities.pulls_diagnostics && facilities.refreshes_diagnostics {
            let client = self.state.client.clone();
            // Nobody waits for the answer: it says nothing.
            tokio::spawn(async move { client.workspace_diagnostic_refresh().await });
        }
    }

    /// The disk changed at some places.
    async fn disk_changed(&self) {
        self.state.surroundings.forget_trees();
        let read = self.state.surroundings.reread_configurations();
        self.state.forget_told();
        self.surroundings_changed();
        if let Err(problem) = read {
            self.state.tell(&problem.sentence).await;
        }
        self.refresh().await;
    }

    async fn watch_files(&self) {
        if !self.state.facilities().watches_files {
            return;
        }
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: vec![FileSystemWatcher {
                glob_pattern: GlobPattern::String("**/*".to_owned()),
                kind: None,
            }],
        };
        let registration = Registration {
            id: "files".to_owned(),
            method: "workspace/didChangeWatchedFiles".to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        if let Err(error) = self.state.client.register_capability(vec![registration]).await {
            self.state.log(MessageType::WARNING, format!("files are not watched: {error}")).await;
        }
    }

    /// The parts of opening and changing that must not wait.
    fn took(&self, document: &Document) {
        if document.is_dockerfile {
            self.state.is_due(&document.uri);
        }
        if let Some(path) = &document.path {
            self.state.surroundings.overlay(path, document.text.as_str());
        }
    }
}

/// Whether a change of this file on disk can matter: everything but what version control and caches write.
fn matters(uri: &Uri) -> bool {
    const NOISE: [&str; 6] =
        ["/.git/", "/node_modules/", "/__pycache__/", "/.venv/", "/.mypy_cache/", "/.ruff_cache/"];
    let path = uri.path().as_str();
    !NOISE.iter().any(|it| path.contains(it))
}

fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let folders = params.workspace_folders.as_deref().unwrap_or_default();
    let mut res: Vec<PathBuf> = folders.iter().filter_map(|it| folder(&it.uri)).collect();
    #[expect(deprecated, reason = "older clients send only this")]
    if res.is_empty() {
        res.extend(params.root_uri.as_ref().and_then(folder));
    }
    res
}

fn folder(uri: &Uri) -> Option<PathBuf> {
    file_path(uri)?.canonicalize().ok()
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let facilities = Facilities::of(&params.capabilities);
        let capabilities = facilities::offered(&facilities);
        self.state.set_facilities(facilities);
        *lock(&self.state.folders) = folders(&params);
        if let Some(options) = &params.initialization_options {
            self.prefer(options).await;
        }
        Ok(InitializeResult {
            capabilities,
            server_info: Some(ServerInfo {
                name: present::SOURCE.to_owned(),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            ..InitializeResult::default()
        })
    }

    async fn initialized(&self, _: InitializedParams) {
        self.ask_for_settings().await;
        self.watch_files().await;
    }

    async fn shutdown(&self) -> Result<()> {
        self.state.was_shut_down.store(true, Ordering::SeqCst);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        {
            let folders = lock(&self.state.folders).clone();
            let encoding = self.state.facilities().encoding;
            let mut documents = lock(&self.state.documents);
            let document = documents.open(params.text_document, encoding, &folders).clone();
            self.took(&document);
            if !document.is_dockerfile {
                self.state.all_are_due(&documents);
            }
        }
        if !self.state.facilities().watches_files {
            self.state.surroundings.forget_trees();
        }
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        let VersionedTextDocumentIdentifier { uri, version } = params.text_document;
        let is_known = {
            let mut documents = lock(&self.state.documents);
            let document =
                documents.change(&uri, version, |it| it.change(params.content_changes)).cloned();
            if let Some(document) = &document {
                self.took(document);
                if !document.is_dockerfile {
                    self.state.all_are_due(&documents);
                }
            }
            document.is_some()
        };
        if !is_known {
            let uri = uri.as_str();
            let text = format!("`{uri}` was changed, but is not open; the change is left out");
            self.state.log(MessageType::WARNING, text).await;
        }
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        let mut documents = lock(&self.state.documents);
        let Some(document) = documents.close(&params.text_document.uri) else { return };
        if let Some(path) = &document.path {
            self.state.surroundings.uncover(path);
        }
        if document.is_dockerfile {
            self.state.is_due(&document.uri);
        }
        self.state.all_are_due(&documents);
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        // A Dockerfile that is saved changes nothing for the others, and its own text is known.
        let is_ours =
            self.state.document(&params.text_document.uri).is_some_and(|it| it.is_dockerfile);
        if !is_ours && !self.state.facilities().watches_files {
            self.disk_changed().await;
        }
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        if params.changes.iter().any(|it| matters(&it.uri)) {
            self.disk_changed().await;
        }
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        {
            let mut folders = lock(&self.state.folders);
            let removed: Vec<PathBuf> =
                params.event.removed.iter().filter_map(|it| folder(&it.uri)).collect();
            folders.retain(|it| !removed.contains(it));
            folders.extend(params.event.added.iter().filter_map(|it| folder(&it.uri)));
            lock(&self.state.documents).place(&folders);
        }
        self.disk_changed().await;
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        if self.state.facilities().configuration {
            self.ask_for_settings().await;
        } else {
            self.prefer(&params.settings).await;
        }
    }

    async fn diagnostic(
        &self,
        params: DocumentDiagnosticParams,
    ) -> Result<DocumentDiagnosticReportResult> {
        let uri = params.text_document.uri;
        let found = self.checked(&uri).await;
        let (items, result_id) = match &found {
            Some((_, checked)) => (
                present::diagnostics(checked, &uri, self.state.facilities()),
                Some(format!("{}.{}", checked.edition, checked.surroundings)),
            ),
            None => (Vec::new(), None),
        };
        if let Some(problem) = found.as_ref().and_then(|it| it.1.problem.as_ref()) {
            self.state.tell(&problem.sentence).await;
        }
        let report = match result_id {
            Some(result_id) if params.previous_result_id.as_ref() == Some(&result_id) => {
                let unchanged = UnchangedDocumentDiagnosticReport { result_id };
                DocumentDiagnosticReport::Unchanged(RelatedUnchangedDocumentDiagnosticReport {
                    related_documents: None,
                    unchanged_document_diagnostic_report: unchanged,
                })
            }
            result_id => DocumentDiagnosticReport::Full(RelatedFullDocumentDiagnosticReport {
                related_documents: None,
                full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id, items },
            }),
        };
        Ok(DocumentDiagnosticReportResult::Report(report))
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        let Some((document, checked)) = self.checked(&params.text_document.uri).await else {
            return Ok(None);
        };
        let range = checked.text.span(params.range);
        let only = params.context.only;
        let work = move |state: &State| {
            actions::offered(state, &document, &checked, range, only.as_deref())
        };
        self.work(work).await.map(Some)
    }

    async fn code_action_resolve(&self, mut action: CodeAction) -> Result<CodeAction> {
        let Some(data) = action.data.take() else { return Ok(action) };
        let request: Request = serde_json::from_value(data)
            .map_err(|it| Error::invalid_params(format!("this is no action of ours: {it}")))?;
        match self.work(move |state| actions::edit(state, &request)).await? {
            Ok(edit) => {
                action.edit = Some(edit);
                Ok(action)
            }
            Err(Refusal::Changed) => Err(Error::content_modified()),
            Err(Refusal::Impossible) => Err(Error {
                code: ErrorCode::ServerError(REQUEST_FAILED),
                message: "this cannot be done here: the fixes do not settle, or the editor \
                          cannot create files"
                    .into(),
                data: None,
            }),
        }
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let rule = params.arguments.first().and_then(Value::as_str);
        let rule = rule.and_then(|name| rules::ALL.iter().find(|it| it.answers_to(name)));
        match rule {
            Some(rule) if params.command == actions::SHOW_RULE => {
                self.show_rule(rule).await;
                Ok(None)
            }
            _ => Err(Error::invalid_params(format!(
                "there is no command `{}` with these arguments",
                params.command
            ))),
        }
    }
}

/// The protocol's code for a request that is right, but cannot be done.
const REQUEST_FAILED: i64 = -32803;

impl Backend {
    /// Opens a rule's page, or says in short what it is about.
    async fn show_rule(&self, rule: &linter::Rule) {
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
