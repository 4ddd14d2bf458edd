//! Diagnostics of the whole workspace: Dockerfiles that are not open, for a client that asks for them.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::Arc;

use project::Source;
use tower_lsp_server::ls_types::*;

use crate::check::lock;
use crate::documents::Document;
use crate::present;
use crate::state::State;
use crate::text::Text;

/// What was found in a Dockerfile that is not open.
pub(crate) struct Closed {
    uri: Uri,
    /// Other findings have another one.
    result_id: String,
    diagnostics: Vec<Diagnostic>,
}

/// What is found in all Dockerfiles of the workspace's folders but those that are open. What the client knows already
/// by `previous` is not repeated, and what is gone is emptied. Nothing unless the person has asked for it. Takes its time.
pub(crate) fn report(state: &State, previous: &[PreviousResultId]) -> WorkspaceDiagnosticReport {
    let found = match state.surroundings.preferences().workspace_diagnostics {
        true => found(state),
        false => Arc::default(),
    };
    let is_open = |uri: &Uri| lock(&state.documents).get(uri).is_some();
    let mut items: Vec<WorkspaceDocumentDiagnosticReport> =
        found.iter().filter(|it| !is_open(&it.uri)).map(|it| item(it, previous)).collect();
    for gone in previous.iter().filter(|it| !found.iter().any(|own| own.uri == it.uri)) {
        if !is_open(&gone.uri) {
            items.push(full(&gone.uri, None, Vec::new()));
        }
    }
    WorkspaceDiagnosticReport { items }
}

fn item(found: &Closed, previous: &[PreviousResultId]) -> WorkspaceDocumentDiagnosticReport {
    let is_known = previous.iter().any(|it| it.uri == found.uri && it.value == found.result_id);
    match is_known {
        true => {
            let result_id = found.result_id.clone();
            WorkspaceDocumentDiagnosticReport::Unchanged(
                WorkspaceUnchangedDocumentDiagnosticReport {
                    uri: found.uri.clone(),
                    version: None,
                    unchanged_document_diagnostic_report: UnchangedDocumentDiagnosticReport {
                        result_id,
                    },
                },
            )
        }
        false => full(&found.uri, Some(found.result_id.clone()), found.diagnostics.clone()),
    }
}

fn full(
    uri: &Uri,
    result_id: Option<String>,
    items: Vec<Diagnostic>,
) -> WorkspaceDocumentDiagnosticReport {
    WorkspaceDocumentDiagnosticReport::Full(WorkspaceFullDocumentDiagnosticReport {
        uri: uri.clone(),
        version: None,
        full_document_diagnostic_report: FullDocumentDiagnosticReport { result_id, items },
    })
}

/// What is found, as of the last change on disk where the client tells of changes.
fn found(state: &State) -> Arc<Vec<Closed>> {
    let number = state.surroundings_number();
    let known = lock(&state.workspace).clone();
    if let Some((_, found)) = known.filter(|it| it.0 == number && state.facilities().watches_files)
    {
        return found;
    }
    let found = Arc::new(search(state, number));
    *lock(&state.workspace) = Some((number, Arc::clone(&found)));
    found
}

fn search(state: &State, number: u64) -> Vec<Closed> {
    let folders: Vec<PathBuf> = lock(&state.folders).clone();
    let encoding = state.facilities().encoding;
    let mut res = Vec::new();
    for file in project::discover(&folders).files {
        let Some(uri) = Uri::from_file_path(&file.file) else { continue };
        // What cannot be read, or is no text, has no place to show it in; the command tells of it.
        let source = Source::read(&file.file, &file.shown).ok();
        let Some(source) = source.filter(|it| it.first_invalid_byte.is_none()) else { continue };
        let document = Document {
            uri,
            version: 0,
            edition: 0,
            text: Arc::new(Text::new(source.text, encoding)),
            path: Some(file.file.as_path().into()),
            is_dockerfile: true,
            file: Some(Arc::new(project::named_within(&file.file, &folders))),
            checked: None,
        };
        if state.surroundings.excludes(&document) {
            continue;
        }
        let checked = state.surroundings.check(&document, number);
        let diagnostics = present::diagnostics(&checked, &document.uri, state.facilities());
        let mut hasher = DefaultHasher::new();
        serde_json::to_string(&diagnostics).unwrap_or_default().hash(&mut hasher);
        let result_id = format!("{:x}", hasher.finish());
        res.push(Closed { uri: document.uri, result_id, diagnostics });
    }
    res
}
