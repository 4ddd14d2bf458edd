//! GitLab's code quality report: a JSON array of issues in the manner of Code Climate.

use linter::Severity;
use serde::Serialize;

use crate::fingerprint::Fingerprints;
use crate::report::Report;

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Adds the findings of one file as elements.
pub(crate) fn render(report: &Report<'_>, out: &mut String) {
    let mut fingerprints = Fingerprints::default();
    for diagnostic in report.diagnostics {
        let issue = Issue {
            description: diagnostic.message.replace('\n', " "),
            check_name: diagnostic.rule,
            fingerprint: fingerprints.next(report, diagnostic),
            severity: match diagnostic.severity {
                Severity::Error => "critical",
                Severity::Warning => "major",
                Severity::Info => "info",
            },
            location: Location {
                path: report.path,
                lines: Lines {
                    begin: report.lines.line(diagnostic.span.start),
                    end: report.last_line(diagnostic.span),
                },
            },
        };
        if !out.is_empty() {
            out.push_str(",\n");
        }
        out.push_str(&serde_json::to_string(&issue).unwrap_or_default());
    }
}
