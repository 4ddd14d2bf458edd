//! One line for each finding: `path:line:column: severity: message [rule]`.

use std::fmt::Write;

use crate::output::{BOLD, CYAN, styled};
use crate::report::{Report, severity_name};
use crate::wrap::harmless;

pub(crate) fn render(report: &Report<'_>, has_colors: bool, out: &mut String) {
    for diagnostic in report.diagnostics {
        let (line, column) = report.place(diagnostic.span.start);
        // A message is one line here whatever a rule wrote.
        let message = harmless(&diagnostic.message).replace('\n', " ");
        let style = super::full::severity_style(diagnostic.severity);
        let _cannot_fail = writeln!(
            out,
            "{}:{line}:{column}: {}: {message} [{}]",
            styled(harmless(report.path), BOLD, has_colors),
            styled(severity_name(diagnostic.severity), style, has_colors),
            styled(diagnostic.rule, CYAN, has_colors),
        );
    }
}
