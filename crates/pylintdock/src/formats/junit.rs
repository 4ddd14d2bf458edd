//! JUnit XML: a suite for each file, a failed test for each finding in it, a passed one where there is none.

use std::fmt::Write;

use super::markup::{attribute, escaped};
use super::{Summary, explained};
use crate::report::{Report, severity_name};

const PASSED: &str = "no problems";

pub(crate) fn opening(summary: &Summary) -> String {
    let n_failed = summary.tally.n_found();
    let n_errors = summary.failures.len();
    let n_tests = n_failed + n_errors + summary.tally.n_checked - summary.tally.n_files;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"pylintdock\" tests=\"{n_tests}\" failures=\"{n_failed}\" errors=\"{n_errors}\">\n"
    )
}

/// Adds the suite of one file.
pub(crate) fn render(report: &Report<'_>, out: &mut String) {
    let path = attribute(report.path);
    let n_found = report.diagnostics.len();
    let _cannot_fail = writeln!(
        out,
        "  <testsuite name=\"{path}\" tests=\"{}\" failures=\"{n_found}\" errors=\"0\" skipped=\"0\">",
        n_found.max(1)
    );
    if n_found == 0 {
        let _cannot_fail =
            writeln!(out, "    <testcase name=\"{PASSED}\" classname=\"{path}\" file=\"{path}\"/>");
    }
    for diagnostic in report.diagnostics {
        let (line, column) = report.place(diagnostic.span.start);
        let rule = attribute(diagnostic.rule);
        let _cannot_fail = write!(
            out,
            "    <testcase name=\"{rule} (line {line}, column {column})\" classname=\"{path}\" file=\"{path}\" \
             line=\"{line}\">\n      <failure message=\"{}\" type=\"{}\">",
            attribute(&diagnostic.message),
            severity_name(diagnostic.severity)
        );
        let mut text = format!("{}:{line}:{column}: {}", report.path, explained(diagnostic));
        for fix in &diagnostic.fixes {
            text += &format!("\nhelp: {}", super::full::help(fix));
        }
        text += &format!("\nsee: {}", linter::link(diagnostic.rule));
        let _cannot_fail = writeln!(out, "{}</failure>\n    </testcase>", escaped(&text));
    }
    out.push_str("  </testsuite>\n");
}

/// The suites of files that could not be looked at, and the end.
pub(crate) fn closing(summary: &Summary) -> String {
    let mut res = String::new();
    for (path, sentence) in &summary.failures {
        let (path, sentence) = (attribute(path), attribute(sentence));
        res += &format!(
            "  <testsuite name=\"{path}\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n    \
             <testcase name=\"read\" classname=\"{path}\" file=\"{path}\">\n      \
             <error message=\"{sentence}\" type=\"problem\"/>\n    </testcase>\n  </testsuite>\n"
        );
    }
    res + "</testsuites>\n"
}
