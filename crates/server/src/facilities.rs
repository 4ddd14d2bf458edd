//! What the client can do, and what the server offers it.

use tower_lsp_server::ls_types::*;

use crate::text::Encoding;
use crate::{actions, tokens};

/// What the client can do.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facilities {
    pub(crate) encoding: Encoding,
    pub(crate) related_information: bool,
    pub(crate) code_description: bool,
    pub(crate) tags: bool,
    /// It asks for diagnostics itself, so that none are sent unasked.
    pub(crate) pulls_diagnostics: bool,
    pub(crate) refreshes_diagnostics: bool,
    pub(crate) refreshes_hints: bool,
    pub(crate) document_changes: bool,
    pub(crate) creates_files: bool,
    pub(crate) change_annotations: bool,
    pub(crate) code_action_literals: bool,
    pub(crate) resolves_edits: bool,
    pub(crate) configuration: bool,
    pub(crate) watches_files: bool,
    /// It can be asked to tell of other files than Dockerfiles.
    pub(crate) registers_documents: bool,
    pub(crate) registers_completion: bool,
    pub(crate) shows_documents: bool,
    pub(crate) nested_symbols: bool,
    pub(crate) markdown: bool,
}

impl Facilities {
    pub(crate) fn of(client: &ClientCapabilities) -> Facilities {
        let general = client.general.as_ref();
        let document = client.text_document.as_ref();
        let workspace = client.workspace.as_ref();
        let publishes = document.and_then(|it| it.publish_diagnostics.as_ref());
        let pulls = document.and_then(|it| it.diagnostic.as_ref());
        let action = document.and_then(|it| it.code_action.as_ref());
        let edit = workspace.and_then(|it| it.workspace_edit.as_ref());
        let resolved = action.and_then(|it| it.resolve_support.as_ref());
        let hover = document.and_then(|it| it.hover.as_ref()?.content_format.as_ref());
        Facilities {
            encoding: Encoding::choose(general.and_then(|it| it.position_encodings.as_deref())),
            // What a client says of pushed diagnostics holds for those that it pulls as well.
            related_information: publishes.and_then(|it| it.related_information).unwrap_or(false)
                || pulls.is_some_and(|_| publishes.is_none()),
            code_description: publishes.and_then(|it| it.code_description_support).unwrap_or(true),
            tags: publishes.is_some_and(|it| it.tag_support.is_some()),
            pulls_diagnostics: pulls.is_some(),
            refreshes_diagnostics: workspace
                .and_then(|it| it.diagnostics.as_ref()?.refresh_support)
                .unwrap_or(false),
            refreshes_hints: workspace
                .and_then(|it| it.inlay_hint.as_ref()?.refresh_support)
                .unwrap_or(false),
            document_changes: edit.and_then(|it| it.document_changes).unwrap_or(false),
            creates_files: edit
                .and_then(|it| it.resource_operations.as_ref())
                .is_some_and(|it| it.contains(&ResourceOperationKind::Create)),
            change_annotations: edit.is_some_and(|it| it.change_annotation_support.is_some()),
            code_action_literals: action.is_some_and(|it| it.code_action_literal_support.is_some()),
            resolves_edits: resolved.is_some_and(|it| it.properties.iter().any(|it| it == "edit"))
                && action.and_then(|it| it.data_support).unwrap_or(false),
            configuration: workspace.and_then(|it| it.configuration).unwrap_or(false),
            watches_files: workspace
                .and_then(|it| it.did_change_watched_files.as_ref()?.dynamic_registration)
                .unwrap_or(false),
            registers_documents: document
                .and_then(|it| it.synchronization.as_ref()?.dynamic_registration)
                .unwrap_or(false),
            registers_completion: document
                .and_then(|it| it.completion.as_ref()?.dynamic_registration)
                .unwrap_or(false),
            shows_documents: client
                .window
                .as_ref()
                .and_then(|it| it.show_document.as_ref())
                .is_some_and(|it| it.support),
            nested_symbols: document
                .and_then(|it| it.document_symbol.as_ref()?.hierarchical_document_symbol_support)
                .unwrap_or(false),
            markdown: hover.is_none_or(|it| it.contains(&MarkupKind::Markdown)),
        }
    }
}

/// What the server offers such a client.
pub(crate) fn offered(facilities: &Facilities) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(facilities.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        diagnostic_provider: facilities.pulls_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some(crate::present::SOURCE.to_owned()),
                inter_file_dependencies: true,
                workspace_diagnostics: true,
                ..DiagnosticOptions::default()
            })
        }),
        code_action_provider: facilities.code_action_literals.then(|| {
            CodeActionProviderCapability::Options(CodeActionOptions {
                code_action_kinds: Some(actions::kinds()),
                resolve_provider: Some(true),
                ..CodeActionOptions::default()
            })
        }),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(["$", "{", "-", "=", "[", ",", " "].map(str::to_owned).into()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        folding_range_provider: Some(FoldingRangeProviderCapability::Simple(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        semantic_tokens_provider: Some(SemanticTokensServerCapabilities::SemanticTokensOptions(
            SemanticTokensOptions {
                legend: SemanticTokensLegend {
                    token_types: tokens::legend(),
                    token_modifiers: Vec::new(),
                },
                range: Some(true),
                full: Some(SemanticTokensFullOptions::Bool(true)),
                ..SemanticTokensOptions::default()
            },
        )),
        inlay_hint_provider: Some(OneOf::Left(true)),
        document_formatting_provider: Some(OneOf::Left(true)),
        document_range_formatting_provider: Some(OneOf::Left(true)),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: vec![actions::SHOW_RULE.to_owned()],
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}
