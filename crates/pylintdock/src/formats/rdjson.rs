//! Reviewdog's diagnostic format: one JSON object for a run. Its columns count bytes.

use linter::{Diagnostic, Fix, Safety, Severity, edited};
use serde::Serialize;
use syntax::Span;

use super::explained;
use crate::report::Report;

#[derive(Serialize)]
struct RdDiagnostic<'a> {
    message: String,
    location: Location<'a>,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    range: Range,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Code<'a> {
    value: &'a str,
    url: String,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location<'a>,
}

pub(crate) fn opening() -> String {
    let url = env!("CARGO_PKG_REPOSITORY");
    format!("{{\"source\":{{\"name\":\"pylintdock\",\"url\":\"{url}\"}},\"diagnostics\":[\n")
}

/// Adds the findings of one file as elements.
pub(crate) fn render(report: &Report<'_>, allows_unsafe: bool, out: &mut String) {
    for diagnostic in report.diagnostics {
        let related = diagnostic.labels.iter().map(|it| Related {
            message: &it.text,
            location: Location { path: report.path, range: range(report, it.span) },
        });
        let element = RdDiagnostic {
            message: explained(diagnostic),
            location: Location { path: report.path, range: range(report, diagnostic.span) },
            severity: match diagnostic.severity {
                Severity::Error => "ERROR",
                Severity::Warning => "WARNING",
                Severity::Info => "INFO",
            },
            code: Code { value: diagnostic.rule, url: linter::link(diagnostic.rule) },
            suggestions: suggestion(report, diagnostic, allows_unsafe).into_iter().collect(),
            related_locations: related.collect(),
        };
        if !out.is_empty() {
            out.push_str(",\n");
        }
        out.push_str(&serde_json::to_string(&element).unwrap_or_default());
    }
}

/// A suggestion is one replacement, which a reviewer accepts by a click: all edits of a fix, and what is between them,
/// as one. A fix that touches other files cannot be one.
fn suggestion(
    report: &Report<'_>,
    diagnostic: &Diagnostic,
    allows_unsafe: bool,
) -> Option<Suggestion> {
    let allowed = if allows_unsafe { Safety::Unsafe } else { Safety::Safe };
    let fix: &Fix = diagnostic.fixes.iter().find(|it| it.safety <= allowed)?;
    let (first, last) = (fix.edits.first()?, fix.edits.last()?);
    if fix.edits.iter().any(|it| it.path.is_some()) {
        return None;
    }
    let whole = first.span.to(last.span);
    let end = report.text.len() - whole.end as usize;
    let changed = edited(report.text, fix.edits.iter());
    let text = changed.get(whole.start as usize..changed.len() - end)?.to_owned();
    Some(Suggestion { range: range(report, whole), text })
}

fn range(report: &Report<'_>, span: Span) -> Range {
    let position = |offset: u32| {
        let line = report.lines.line(offset);
        Position { line, column: offset - report.lines.start(line) + 1 }
    };
    Range { start: position(span.start), end: position(span.end) }
}
