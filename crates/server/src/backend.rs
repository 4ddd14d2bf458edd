//! The protocol's methods: each takes what it needs at its beginning and leaves the work to the other modules.
//!
//! Four methods may run at once, in the order of their messages up to their first `await`. So a method that changes
//! documents does that before it awaits anything, and one that answers takes its document before.

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use serde_json::Value;
use tower_lsp_server::LanguageServer;
use tower_lsp_server::jsonrpc::{Error, ErrorCode, Result};
use tower_lsp_server::ls_types::*;

use crate::actions::{self, Refusal, Request};
use crate::check::lock;
use crate::documents::Document;
use crate::facilities::{self, Facilities};
use crate::names::{self, Occurrence};
use crate::state::State;
use crate::upkeep::{Backend, folder, folders, matters};
use crate::{client_process, configuration, edits, features, present, workspace};

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        params.process_id.into_iter().for_each(client_process::follow);
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
        let backend = self.clone();
        tokio::spawn(async move {
            backend.ask_for_settings().await;
            let folders: Vec<String> =
                lock(&backend.state.folders).iter().map(|it| it.display().to_string()).collect();
            let version = env!("CARGO_PKG_VERSION");
            let folders =
                if folders.is_empty() { "no folder".to_owned() } else { folders.join(", ") };
            let text = format!("{} {version} serves {folders}", present::SOURCE);
            backend.state.log(MessageType::INFO, text).await;
            backend.register().await;
        });
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
                self.around_changed(&documents);
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
                    self.around_changed(&documents);
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
        self.state.surroundings.forget_unused();
        if document.is_dockerfile {
            self.state.is_due(&document.uri);
        }
        self.around_changed(&documents);
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
            let backend = self.clone();
            tokio::spawn(async move { backend.ask_for_settings().await });
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

    async fn workspace_diagnostic(
        &self,
        params: WorkspaceDiagnosticParams,
    ) -> Result<WorkspaceDiagnosticReportResult> {
        let previous = params.previous_result_ids;
        let report = self.work(move |state| workspace::report(state, &previous)).await?;
        Ok(WorkspaceDiagnosticReportResult::Report(report))
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
            Err(Refusal::Impossible) => Err(request_failed(
                "this cannot be done here: the fixes do not settle, or the editor cannot create files"
                    .to_owned(),
            )),
        }
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let rule = params.arguments.first().and_then(Value::as_str);
        let rule = rule.and_then(|name| rules::ALL.iter().find(|it| it.answers_to(name)));
        match rule {
            Some(rule) if params.command == actions::SHOW_RULE => {
                let backend = self.clone();
                tokio::spawn(async move { backend.show_rule(rule).await });
                Ok(None)
            }
            _ => Err(Error::invalid_params(format!(
                "there is no command `{}` with these arguments",
                params.command
            ))),
        }
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        let TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let work = move |state: &State, it: &_| features::hovered(state, it, position);
        self.ask(&text_document.uri, work).await.map(Option::flatten)
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        if let Some(kind) = configuration::kind(&text_document.uri) {
            let Some(document) = self.state.document(&text_document.uri) else { return Ok(None) };
            let offset = document.text.offset(position);
            let items = configuration::complete(kind, &document.text, offset);
            return Ok(Some(CompletionResponse::Array(items)));
        }
        let work = move |state: &State, it: &_| features::completed(state, it, position);
        let items = self.ask(&text_document.uri, work).await?;
        Ok(items.map(CompletionResponse::Array))
    }

    async fn goto_definition(
        &self,
        params: GotoDefinitionParams,
    ) -> Result<Option<GotoDefinitionResponse>> {
        let TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let work = move |state: &State, it: &_| features::definition(state, it, position);
        let place = self.ask(&text_document.uri, work).await?;
        Ok(place.flatten().map(GotoDefinitionResponse::Scalar))
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let with_definitions = params.context.include_declaration;
        let uri = text_document.uri.clone();
        let work = move |state: &State, it: &Document| {
            let found = features::same_name(state, it, position).into_iter();
            let found = found.filter(|it| with_definitions || !it.is_definition);
            let place = |span| Location { uri: uri.clone(), range: it.text.range(span) };
            found.map(|it| place(it.span)).collect::<Vec<_>>()
        };
        self.ask(&text_document.uri, work).await
    }

    async fn document_highlight(
        &self,
        params: DocumentHighlightParams,
    ) -> Result<Option<Vec<DocumentHighlight>>> {
        let TextDocumentPositionParams { text_document, position } =
            params.text_document_position_params;
        let work = move |state: &State, it: &Document| {
            let kind = |is_definition| match is_definition {
                true => Some(DocumentHighlightKind::WRITE),
                false => Some(DocumentHighlightKind::READ),
            };
            let found = features::same_name(state, it, position).into_iter();
            let highlight = |found: Occurrence| DocumentHighlight {
                range: it.text.range(found.span),
                kind: kind(found.is_definition),
            };
            found.map(highlight).collect::<Vec<_>>()
        };
        self.ask(&text_document.uri, work).await
    }

    async fn prepare_rename(
        &self,
        params: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let TextDocumentPositionParams { text_document, position } = params;
        let work = move |state: &State, it: &Document| {
            let found = features::same_name(state, it, position);
            let here = names::at(&found, it.text.offset(position))?;
            Some(PrepareRenameResponse::Range(it.text.range(here.span)))
        };
        self.ask(&text_document.uri, work).await.map(Option::flatten)
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let TextDocumentPositionParams { text_document, position } = params.text_document_position;
        let name = params.new_name;
        let work = move |state: &State, it: &Document| {
            let edits = features::renamed(state, it, position, &name)?;
            Ok(edits::in_document(state, it, &edits))
        };
        match self.ask(&text_document.uri, work).await? {
            Some(Err(sentence)) => Err(request_failed(sentence)),
            Some(Ok(edit)) => Ok(edit),
            None => Ok(None),
        }
    }

    async fn document_symbol(
        &self,
        params: DocumentSymbolParams,
    ) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(&params.text_document.uri, features::symbols).await
    }

    async fn folding_range(&self, params: FoldingRangeParams) -> Result<Option<Vec<FoldingRange>>> {
        self.ask(&params.text_document.uri, features::folds).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(&params.text_document.uri, features::linked).await
    }

    async fn semantic_tokens_full(
        &self,
        params: SemanticTokensParams,
    ) -> Result<Option<SemanticTokensResult>> {
        let work = |_: &State, it: &_| features::coloured(it, None);
        let tokens = self.ask(&params.text_document.uri, work).await?;
        Ok(tokens.map(SemanticTokensResult::Tokens))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let work = move |_: &State, it: &_| features::coloured(it, Some(params.range));
        let tokens = self.ask(&params.text_document.uri, work).await?;
        Ok(tokens.map(SemanticTokensRangeResult::Tokens))
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        let work = move |state: &State, it: &_| features::hints(state, it, params.range);
        self.ask(&params.text_document.uri, work).await
    }

    async fn formatting(&self, params: DocumentFormattingParams) -> Result<Option<Vec<TextEdit>>> {
        let work = |_: &State, it: &_| features::formatted(it, None);
        self.ask(&params.text_document.uri, work).await
    }

    async fn range_formatting(
        &self,
        params: DocumentRangeFormattingParams,
    ) -> Result<Option<Vec<TextEdit>>> {
        let work = move |_: &State, it: &_| features::formatted(it, Some(params.range));
        self.ask(&params.text_document.uri, work).await
    }
}

/// The protocol's code for a request that is right, but cannot be done.
const REQUEST_FAILED: i64 = -32803;

fn request_failed(sentence: String) -> Error {
    Error { code: ErrorCode::ServerError(REQUEST_FAILED), message: sentence.into(), data: None }
}
