//! Markdown for the summary of a job or a comment: a table for each file.

use std::fmt::Write;

use linter::Diagnostic;

use super::Summary;
use crate::report::{Fixable, Report, fixable, severity_name};
use crate::statistics;
use crate::wrap::harmless;

pub(crate) fn opening(summary: &Summary) -> String {
    let mut res = format!("## pylintdock\n\n{}", summary.sentence);
    if summary.is_statistics && summary.tally.n_found() > 0 {
        res += "\n";
        res += &statistics::markdown(&summary.tally);
    }
    res
}

/// Adds the table of one file; nothing when there is nothing to say.
pub(crate) fn render(report: &Report<'_>, out: &mut String) {
    if report.diagnostics.is_empty() {
        return;
    }
    let _cannot_fail = write!(
        out,
        "\n### {}\n\n| line | | problem | rule | fix |\n|---:|---|---|---|---|\n",
        code(&harmless(report.path))
    );
    for diagnostic in report.diagnostics {
        let _cannot_fail = writeln!(
            out,
            "| {} | {} | {} | [{}]({}) | {} |",
            report.lines.line(diagnostic.span.start),
            severity_name(diagnostic.severity),
            cell(&diagnostic.message),
            diagnostic.rule,
            linter::link(diagnostic.rule),
            fix(diagnostic)
        );
    }
}

fn fix(diagnostic: &Diagnostic) -> String {
    let Some(first) = diagnostic.fixes.first() else { return String::new() };
    let option = match fixable(diagnostic) {
        Fixable::Safely => " (`--fix`)",
        Fixable::Unsafely => " (`--fix --unsafe-fixes`)",
        Fixable::No => " (by hand)",
    };
    cell(&first.title) + option
}

pub(crate) fn closing(summary: &Summary) -> String {
    let mut res = String::new();
    for (path, sentence) in &summary.failures {
        res += &format!("\n{}: {}\n", code(&harmless(path)), cell(sentence));
    }
    res
}

/// A text in a cell of a table. Our own texts put names in backticks; a bar ends a cell even there, and outside of them
/// `<` would begin HTML, `*` and `_` emphasis.
fn cell(text: &str) -> String {
    let text = harmless(text).replace('\n', " ").replace('|', "\\|");
    let mut res = String::with_capacity(text.len());
    let mut is_code = false;
    for character in text.chars() {
        is_code ^= character == '`';
        if !is_code && matches!(character, '<' | '*' | '_' | '[' | ']') {
            res.push('\\');
        }
        res.push(character);
    }
    res
}

fn code(text: &str) -> String {
    if text.contains('`') { format!("`` {text} ``") } else { format!("`{text}`") }
}
