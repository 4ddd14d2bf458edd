//! Checkstyle XML, which many review tools read.

use std::fmt::Write;

use super::markup::attribute;
use crate::report::{Report, severity_name};

pub(crate) fn opening() -> String {
    // The version is that of the format's first tool, which readers expect, not ours.
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n".to_owned()
}

/// Adds the element of one file; nothing when there is nothing to say.
pub(crate) fn render(report: &Report<'_>, out: &mut String) {
    if report.diagnostics.is_empty() {
        return;
    }
    let _cannot_fail = writeln!(out, "  <file name=\"{}\">", attribute(report.path));
    for diagnostic in report.diagnostics {
        let (line, column) = report.place(diagnostic.span.start);
        let _cannot_fail = writeln!(
            out,
            "    <error line=\"{line}\" column=\"{column}\" severity=\"{}\" message=\"{}\" source=\"pylintdock.{}\"/>",
            severity_name(diagnostic.severity),
            attribute(&diagnostic.message),
            attribute(diagnostic.rule)
        );
    }
    out.push_str("  </file>\n");
}

pub(crate) fn closing() -> String {
    "</checkstyle>\n".to_owned()
}
