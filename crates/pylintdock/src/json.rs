//! One JSON array for a whole run, an element for each finding.

use std::collections::BTreeMap;

use context::Files;
use linter::{Edit, Fix};
use serde::Serialize;
use syntax::{LineIndex, Span};

use crate::report::Report;

/// A place in a text, both numbers from 1; columns count characters.
#[derive(Serialize)]
struct Place {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct JsonDiagnostic<'a> {
    path: &'a str,
    rule: &'a str,
    severity: linter::Severity,
    message: &'a str,
    url: String,
    start: Place,
    end: Place,
    labels: Vec<JsonLabel<'a>>,
    notes: &'a [String],
    fix: Option<JsonFix<'a>>,
}

#[derive(Serialize)]
struct JsonLabel<'a> {
    start: Place,
    end: Place,
    text: &'a str,
}

#[derive(Serialize)]
struct JsonFix<'a> {
    title: &'a str,
    safety: linter::Safety,
    reasons: &'a [String],
    edits: Vec<JsonEdit<'a>>,
}

#[derive(Serialize)]
struct JsonEdit<'a> {
    /// Of a file relative to the build context's root; null is the Dockerfile itself.
    path: Option<&'a str>,
    start: Place,
    end: Place,
    text: &'a str,
}

/// Adds the findings of one file as elements separated by a comma and a newline.
pub(crate) fn render(report: &Report<'_>, files: &dyn Files, out: &mut String) {
    let mut others = Others { files, texts: BTreeMap::new() };
    for diagnostic in report.diagnostics {
        let (start, end) = places(report, diagnostic.span);
        let labels = diagnostic.labels.iter().map(|it| {
            let (start, end) = places(report, it.span);
            JsonLabel { start, end, text: &it.text }
        });
        let element = JsonDiagnostic {
            path: report.path,
            rule: diagnostic.rule,
            severity: diagnostic.severity,
            message: &diagnostic.message,
            url: linter::link(diagnostic.rule),
            start,
            end,
            labels: labels.collect(),
            notes: &diagnostic.notes,
            fix: diagnostic.fixes.first().map(|it| fix(report, it, &mut others)),
        };
        if !out.is_empty() {
            out.push_str(",\n");
        }
        out.push_str(&serde_json::to_string(&element).unwrap_or_default());
    }
}

fn fix<'a>(report: &Report<'_>, fix: &'a Fix, others: &mut Others<'_>) -> JsonFix<'a> {
    let edits = fix.edits.iter().map(|edit| {
        let (start, end) = match &edit.path {
            None => places(report, edit.span),
            Some(path) => others.places(path, edit),
        };
        JsonEdit { path: edit.path.as_deref(), start, end, text: &edit.text }
    });
    JsonFix { title: &fix.title, safety: fix.safety, reasons: &fix.reasons, edits: edits.collect() }
}

fn places(report: &Report<'_>, span: Span) -> (Place, Place) {
    let place = |offset| {
        let (line, column) = report.place(offset);
        Place { line, column }
    };
    (place(span.start), place(span.end))
}

/// The other files that fixes edit; one that does not exist counts as empty.
struct Others<'a> {
    files: &'a dyn Files,
    texts: BTreeMap<String, (std::sync::Arc<str>, LineIndex)>,
}

impl Others<'_> {
    fn places(&mut self, path: &str, edit: &Edit) -> (Place, Place) {
        let (text, lines) = self.texts.entry(path.to_owned()).or_insert_with(|| {
            let text = self.files.read(path).unwrap_or_default();
            let lines = LineIndex::new(&text);
            (text, lines)
        });
        let place = |offset| {
            let (line, column) = lines.place(text, offset);
            Place { line, column }
        };
        (place(edit.span.start), place(edit.span.end))
    }
}
