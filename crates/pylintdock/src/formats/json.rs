//! One JSON array for a whole run, an element for each finding; or an object on a line for each.

use context::Files;
use linter::Fix;
use serde::Serialize;
use syntax::Span;

use super::change::{self, Places};
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

/// Adds the findings of one file as objects with `separator` between them.
pub(crate) fn render(report: &Report<'_>, files: &dyn Files, separator: &str, out: &mut String) {
    let mut edits = Places::new(files);
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
            fix: diagnostic.fixes.first().map(|it| fix(report, it, &mut edits)),
        };
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(&serde_json::to_string(&element).unwrap_or_default());
    }
}

fn fix<'a>(report: &Report<'_>, fix: &'a Fix, places: &mut Places<'_>) -> JsonFix<'a> {
    let edits = fix.edits.iter().map(|edit| {
        let (start, end) = places.of(report, edit);
        let (start, end) = (place(start), place(end));
        JsonEdit { path: edit.path.as_deref(), start, end, text: &edit.text }
    });
    JsonFix { title: &fix.title, safety: fix.safety, reasons: &fix.reasons, edits: edits.collect() }
}

fn place((line, column): change::Place) -> Place {
    Place { line, column }
}

fn places(report: &Report<'_>, span: Span) -> (Place, Place) {
    (place(report.place(span.start)), place(report.place(span.end)))
}
