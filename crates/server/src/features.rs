//! What a reader of a Dockerfile asks for at a place or of the whole: each answer from the text of its moment.

use linter::Edit;
use model::layers::layers;
use model::{Base, Build, Surroundings};
use project::Subject;
use syntax::Span;
use tower_lsp_server::ls_types::*;

use crate::documents::Document;
use crate::names::{self, Meaning, Occurrence};
use crate::state::State;
use crate::{completion, format, hover, links, outline, sizes, tokens};

/// Calls `work` with the meaning of a document and its place on disk.
fn with_build<T>(
    state: &State,
    document: &Document,
    work: impl FnOnce(&Build<'_>, &Subject<'_>) -> T,
) -> T {
    state.surroundings.with_input(document, |input, subject, _| {
        let file = syntax::parse(input.text);
        let scripts = model::scripts(&file);
        let around =
            Surroundings { files: input.files, dockerfile: input.dockerfile, target: input.target };
        work(&Build::new(&file, &scripts, around), subject)
    })
}

pub(crate) fn hovered(state: &State, document: &Document, position: Position) -> Option<Hover> {
    let offset = document.text.offset(position);
    let (value, span) =
        with_build(state, document, |build, _| hover::hover(build, offset, project::today()))?;
    let contents = HoverContents::Markup(MarkupContent { kind: markup(state), value });
    Some(Hover { contents, range: Some(document.text.range(span)) })
}

pub(crate) fn completed(
    state: &State,
    document: &Document,
    position: Position,
) -> Vec<CompletionItem> {
    let offset = document.text.offset(position);
    with_build(state, document, |build, _| {
        completion::complete(build, &document.text, offset, project::today())
    })
}

/// Every occurrence of the name at a position; empty where none stands.
pub(crate) fn same_name(state: &State, document: &Document, position: Position) -> Vec<Occurrence> {
    let offset = document.text.offset(position);
    let mut found = with_build(state, document, |build, _| names::occurrences(build));
    let meaning = names::at(&found, offset).map(|it| it.meaning.clone());
    found.retain(|it| Some(&it.meaning) == meaning.as_ref());
    found
}

/// Where the name at a position is given: the last place before it, or else the first.
pub(crate) fn definition(
    state: &State,
    document: &Document,
    position: Position,
) -> Option<Location> {
    let offset = document.text.offset(position) as u32;
    let found = same_name(state, document, position);
    let given: Vec<&Occurrence> = found.iter().filter(|it| it.is_definition).collect();
    let before = given.iter().rev().find(|it| it.span.start <= offset);
    let it = before.or(given.first())?;
    Some(Location { uri: document.uri.clone(), range: document.text.range(it.span) })
}

/// The edits that give the name at a position another name.
///
/// # Errors
/// A sentence for the person: nothing can be renamed here, or not so.
pub(crate) fn renamed(
    state: &State,
    document: &Document,
    position: Position,
    name: &str,
) -> Result<Vec<Edit>, String> {
    let found = same_name(state, document, position);
    let Some(first) = found.first() else {
        return Err(
            "stages and the variables of ARG and ENV can be renamed; here is none".to_owned()
        );
    };
    if !names::is_possible(&first.meaning, name) {
        return Err(match first.meaning {
            Meaning::Stage(_) => {
                format!(
                    "`{name}` cannot name a stage: write lower-case letters, digits, `-`, `_` and `.`, a letter first"
                )
            }
            Meaning::Variable { .. } => {
                format!(
                    "`{name}` cannot name a variable: write letters, digits and `_`, no digit first"
                )
            }
        });
    }
    let text = document.text.as_str();
    let is_same = found.iter().any(|it| it.span.of(text) == name);
    let old = first.span.of(text);
    let obstacle =
        with_build(state, document, |build, _| names::obstacle(build, &first.meaning, old, name));
    if let Some(obstacle) = obstacle.filter(|_| !is_same) {
        return Err(obstacle);
    }
    Ok(found.iter().map(|it| Edit::replace(it.span, name)).collect())
}

pub(crate) fn symbols(state: &State, document: &Document) -> DocumentSymbolResponse {
    let nested = with_build(state, document, |build, _| outline::symbols(build, &document.text));
    if state.facilities().nested_symbols {
        return DocumentSymbolResponse::Nested(nested);
    }
    let mut flat = Vec::new();
    for it in nested {
        let container = it.name.clone();
        let children = it.children.clone().unwrap_or_default();
        flat.push(information(&it, None, document));
        flat.extend(children.iter().map(|it| information(it, Some(container.clone()), document)));
    }
    DocumentSymbolResponse::Flat(flat)
}

fn information(
    symbol: &DocumentSymbol,
    container_name: Option<String>,
    document: &Document,
) -> SymbolInformation {
    #[expect(deprecated, reason = "the field has to be there")]
    SymbolInformation {
        name: symbol.name.clone(),
        kind: symbol.kind,
        tags: None,
        deprecated: None,
        location: Location { uri: document.uri.clone(), range: symbol.range },
        container_name,
    }
}

pub(crate) fn folds(state: &State, document: &Document) -> Vec<FoldingRange> {
    with_build(state, document, |build, _| outline::folds(build, &document.text))
}

pub(crate) fn linked(state: &State, document: &Document) -> Vec<DocumentLink> {
    with_build(state, document, |build, subject| links::links(build, subject, &document.text))
}

pub(crate) fn coloured(document: &Document, range: Option<Range>) -> SemanticTokens {
    let whole = Span::new(0, document.text.as_str().len());
    let within = range.map_or(whole, |it| document.text.span(it));
    SemanticTokens { result_id: None, data: tokens::tokens(&document.text, within) }
}

/// Which image a FROM with variables means, and what layers add.
pub(crate) fn hints(state: &State, document: &Document, range: Range) -> Vec<InlayHint> {
    if !state.surroundings.preferences().inlay_hints {
        return Vec::new();
    }
    let within = document.text.span(range);
    with_build(state, document, |build, _| {
        let mut found: Vec<(usize, String, Option<String>)> = Vec::new();
        for stage in &build.stages {
            let Base::Image { reference, .. } = &stage.base else { continue };
            let Some(word) = stage.image.filter(|it| it.text.contains('$')) else { continue };
            let tag = reference.tag.as_deref().map_or(String::new(), |it| format!(":{it}"));
            found.push((word.span.end as usize, format!("= {}{tag}", reference.repository), None));
        }
        for layer in layers(build) {
            let Some(step) = build.steps.get(layer.step) else { continue };
            let Some(label) = sizes::label(&layer) else { continue };
            // At the end of the first line, beside the keyword.
            let written = step.instruction.span.of(document.text.as_str());
            let first = written.lines().next().map_or(0, |it| it.trim_end().len());
            let at = step.instruction.span.start as usize + first;
            found.push((at, label, sizes::described(&layer)));
        }
        found.retain(|it| (within.start..=within.end).contains(&(it.0 as u32)));
        let hint = |(at, label, details): (usize, String, Option<String>)| InlayHint {
            position: document.text.position(at),
            label: InlayHintLabel::String(label),
            kind: None,
            text_edits: None,
            tooltip: details.map(|value| {
                InlayHintTooltip::MarkupContent(MarkupContent { kind: markup(state), value })
            }),
            padding_left: Some(true),
            padding_right: None,
            data: None,
        };
        found.into_iter().map(hint).collect()
    })
}

/// The form of text that the client shows.
fn markup(state: &State) -> MarkupKind {
    match state.facilities().markdown {
        true => MarkupKind::Markdown,
        false => MarkupKind::PlainText,
    }
}

/// The edits of white space that lay a document out, or those of them in a range.
pub(crate) fn formatted(document: &Document, range: Option<Range>) -> Vec<TextEdit> {
    let whole = Span::new(0, document.text.as_str().len());
    let within = range.map_or(whole, |it| document.text.span(it));
    let edits = format::format(document.text.as_str());
    let edits = edits.iter().filter(|it| within.contains(it.span));
    edits.map(|it| text_edit(document, it)).collect()
}

pub(crate) fn text_edit(document: &Document, edit: &Edit) -> TextEdit {
    TextEdit { range: document.text.range(edit.span), new_text: edit.text.clone() }
}
