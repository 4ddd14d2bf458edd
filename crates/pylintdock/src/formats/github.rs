//! Annotations of a GitHub workflow, as its runner reads them from the log.

use std::fmt::Write;

use linter::Severity;

use super::explained;
use crate::report::Report;

/// Adds a command for each finding of one file.
pub(crate) fn render(report: &Report<'_>, out: &mut String) {
    for diagnostic in report.diagnostics {
        let (line, column) = report.place(diagnostic.span.start);
        let (end_line, end_column) = report.place(diagnostic.span.end);
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "notice",
        };
        let _cannot_fail = write!(out, "::{command} file={},line={line}", value(report.path));
        // The runner refuses columns of a place that goes over several lines.
        let _cannot_fail = match end_line == line {
            true => write!(out, ",col={column},endColumn={}", end_column.max(column)),
            false => write!(out, ",endLine={end_line}"),
        };
        let text = format!("{}\nsee {}", explained(diagnostic), linter::link(diagnostic.rule));
        let _cannot_fail = writeln!(out, ",title={}::{}", value(diagnostic.rule), message(&text));
    }
}

/// As the runner's own toolkit encodes a message.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The same for a property, which ends at a comma or colon.
fn value(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
