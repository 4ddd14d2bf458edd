//! Findings as the protocol's diagnostics.

use linter::Severity;
use tower_lsp_server::ls_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, NumberOrString, Uri,
};

use crate::check::Checked;
use crate::facilities::Facilities;

/// The name under which the client shows them.
pub(crate) const SOURCE: &str = "pylintdock";

/// All findings of a check.
pub(crate) fn diagnostics(
    checked: &Checked,
    uri: &Uri,
    facilities: &Facilities,
) -> Vec<Diagnostic> {
    checked.diagnostics.iter().map(|it| diagnostic(it, checked, uri, facilities)).collect()
}

/// One finding. Its notes and second places are related information; a client that has no room for that gets the
/// notes below the message.
pub(crate) fn diagnostic(
    found: &linter::Diagnostic,
    checked: &Checked,
    uri: &Uri,
    facilities: &Facilities,
) -> Diagnostic {
    let range = checked.text.range(found.span);
    let mut message = found.message.clone();
    let mut related = Vec::new();
    if facilities.related_information {
        let place = |range, text: &str| DiagnosticRelatedInformation {
            location: Location { uri: uri.clone(), range },
            message: text.to_owned(),
        };
        related.extend(found.labels.iter().map(|it| place(checked.text.range(it.span), &it.text)));
        related.extend(found.notes.iter().map(|it| place(range, it)));
    } else {
        for note in &found.notes {
            message.push('\n');
            message.push_str(note);
        }
    }
    Diagnostic {
        range,
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(found.rule.to_owned())),
        code_description: code_description(found.rule, facilities),
        source: Some(SOURCE.to_owned()),
        message,
        related_information: (!related.is_empty()).then_some(related),
        tags: tags(found.rule, facilities),
        data: None,
    }
}

fn code_description(rule: &str, facilities: &Facilities) -> Option<CodeDescription> {
    if !facilities.code_description {
        return None;
    }
    let href = linter::link(rule).parse().ok()?;
    Some(CodeDescription { href })
}

/// A rule's name says whether what it finds is superfluous.
fn tags(rule: &str, facilities: &Facilities) -> Option<Vec<DiagnosticTag>> {
    let is_superfluous = rule.ends_with("-unused");
    (facilities.tags && is_superfluous).then(|| vec![DiagnosticTag::UNNECESSARY])
}
