//! Edits of the linter as edits of the client's workspace.

use std::collections::{BTreeMap, HashMap};

use linter::{Edit, Fix, Outcome, Safety};
use project::Subject;
use similar::TextDiff;
use syntax::Span;
use tower_lsp_server::ls_types::*;

use crate::check::lock;
use crate::documents::Document;
use crate::state::State;
use crate::text::Text;

/// What a person should know before an edit is made.
pub(crate) struct Caution {
    label: String,
    reasons: String,
}

impl Caution {
    /// What an unsafe fix says of itself; nothing for others.
    pub(crate) fn of(fix: &Fix) -> Option<Caution> {
        let is_unsafe = fix.safety == Safety::Unsafe;
        is_unsafe.then(|| Caution { label: fix.title.clone(), reasons: fix.reasons.join("; ") })
    }
}

/// One of the files that an edit changes.
struct Target {
    uri: Uri,
    version: Option<i32>,
    is_new: bool,
    edits: Vec<TextEdit>,
}

/// The name of the one annotation that an edit may have.
const ANNOTATION: &str = "unsafe";

/// The edits as the client takes them; `None` when it cannot make them: it creates no files, or a path leads nowhere.
pub(crate) fn workspace_edit(
    state: &State,
    document: &Document,
    subject: &Subject<'_>,
    edits: &[Edit],
    caution: Option<Caution>,
) -> Option<WorkspaceEdit> {
    let mut by_path: BTreeMap<Option<&str>, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        by_path.entry(edit.path.as_deref()).or_default().push(edit);
    }
    let mut targets = Vec::new();
    for (path, edits) in by_path {
        targets.push(match path {
            None => Target {
                uri: document.uri.clone(),
                version: Some(document.version),
                is_new: false,
                edits: text_edits(&document.text, &edits),
            },
            Some(path) => context_file(state, subject, path, &edits)?,
        });
    }
    finished(state, targets, caution)
}

/// Edits of a document alone.
pub(crate) fn in_document(
    state: &State,
    document: &Document,
    edits: &[Edit],
) -> Option<WorkspaceEdit> {
    let edits: Vec<&Edit> = edits.iter().collect();
    let target = Target {
        uri: document.uri.clone(),
        version: Some(document.version),
        is_new: false,
        edits: text_edits(&document.text, &edits),
    };
    finished(state, vec![target], None)
}

fn finished(
    state: &State,
    targets: Vec<Target>,
    caution: Option<Caution>,
) -> Option<WorkspaceEdit> {
    let facilities = state.facilities();
    let creates = targets.iter().any(|it| it.is_new);
    if !facilities.document_changes {
        // The older form can neither create files nor say which version it is for.
        let changes: HashMap<Uri, Vec<TextEdit>> =
            targets.into_iter().map(|it| (it.uri, it.edits)).collect();
        return (!creates)
            .then(|| WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
    }
    if creates && !facilities.creates_files {
        return None;
    }
    let caution = caution.filter(|_| facilities.change_annotations);
    let operations = targets.into_iter().flat_map(|it| operations(it, caution.is_some())).collect();
    Some(WorkspaceEdit {
        document_changes: Some(DocumentChanges::Operations(operations)),
        change_annotations: caution.map(|it| {
            let annotation = ChangeAnnotation {
                label: it.label,
                needs_confirmation: Some(true),
                description: Some(it.reasons),
            };
            HashMap::from([(ANNOTATION.to_owned(), annotation)])
        }),
        ..WorkspaceEdit::default()
    })
}

fn operations(target: Target, is_annotated: bool) -> Vec<DocumentChangeOperation> {
    let mut res = Vec::new();
    if target.is_new {
        let options = CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) };
        let create =
            CreateFile { uri: target.uri.clone(), options: Some(options), annotation_id: None };
        res.push(DocumentChangeOperation::Op(ResourceOp::Create(create)));
    }
    let annotated = |text_edit| match is_annotated {
        true => OneOf::Right(AnnotatedTextEdit { text_edit, annotation_id: ANNOTATION.to_owned() }),
        false => OneOf::Left(text_edit),
    };
    res.push(DocumentChangeOperation::Edit(TextDocumentEdit {
        text_document: OptionalVersionedTextDocumentIdentifier {
            uri: target.uri,
            version: target.version,
        },
        edits: target.edits.into_iter().map(annotated).collect(),
    }));
    res
}

fn text_edits(text: &Text, edits: &[&Edit]) -> Vec<TextEdit> {
    let edit = |it: &&Edit| TextEdit { range: text.range(it.span), new_text: it.text.clone() };
    edits.iter().map(edit).collect()
}

fn context_file(
    state: &State,
    subject: &Subject<'_>,
    path: &str,
    edits: &[&Edit],
) -> Option<Target> {
    let file = subject.disk()?.locate(path)?;
    if let Some(open) = lock(&state.documents).at(&file) {
        return Some(Target {
            uri: open.uri.clone(),
            version: Some(open.version),
            is_new: false,
            edits: text_edits(&open.text, edits),
        });
    }
    let before = subject.files().read(path);
    let is_new = before.is_none();
    let text = Text::new(before.as_deref().unwrap_or("").to_owned(), state.facilities().encoding);
    let uri = Uri::from_file_path(&file)?;
    Some(Target { uri, version: None, is_new, edits: text_edits(&text, edits) })
}

/// What leads from the texts before to those of the outcome, by lines.
pub(crate) fn of_outcome(
    document: &Document,
    subject: &Subject<'_>,
    outcome: &Outcome,
) -> Vec<Edit> {
    let mut res = difference(None, document.text.as_str(), &outcome.text);
    for (path, after) in &outcome.files {
        let before = subject.files().read(path).unwrap_or_default();
        res.extend(difference(Some(path), &before, after));
    }
    res
}

/// The lines that differ, as edits.
pub(crate) fn difference(path: Option<&str>, before: &str, after: &str) -> Vec<Edit> {
    let diff = TextDiff::from_lines(before, after);
    let starts = |slices: &[&str]| -> Vec<usize> {
        let mut at = 0;
        let mut res = vec![0];
        for slice in slices {
            at += slice.len();
            res.push(at);
        }
        res
    };
    let (old, new) = (starts(diff.old_slices()), starts(diff.new_slices()));
    let place = |starts: &[usize], at: usize| starts.get(at).copied().unwrap_or_default();
    let changed = diff.ops().iter().filter(|it| it.tag() != similar::DiffTag::Equal);
    let edits = changed.map(|it| {
        let (from, to) = (it.old_range(), it.new_range());
        let text = after.get(place(&new, to.start)..place(&new, to.end)).unwrap_or("");
        Edit {
            path: path.map(str::to_owned),
            span: Span::new(place(&old, from.start), place(&old, from.end)),
            text: text.to_owned(),
        }
    });
    edits.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_leads_from_one_text_to_the_other() {
        let texts = ["", "a\n", "a\nb\nc", "x\na\nc\r\nd\n", "b\nc\n\n", "é\n😀"];
        for before in texts {
            for after in texts {
                let edits = difference(None, before, after);
                assert_eq!(linter::edited(before, edits.iter()), after);
            }
        }
    }
}
