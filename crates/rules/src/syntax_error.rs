//! What the builder would refuse to read.

use linter::{Repair, Reports, Rule, Severity};
use model::Build;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "syntax-error",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &["DL1000"],
    since: "0.1.0",
    is_on_by_default: true,
    page: include_str!("../../../rules/syntax-error.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for error in &build.file.errors {
        reports.report(error.span, error.message.as_str()).note(error.help.as_str());
    }
}
