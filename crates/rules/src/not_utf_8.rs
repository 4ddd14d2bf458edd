//! Bytes that are no text.

use linter::{Repair, Reports, Rule, Severity};
use model::Build;
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "not-utf-8",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    page: include_str!("../../../rules/not-utf-8.md"),
    check,
};

/// What stands in the text for a byte that is not UTF-8, so that offsets stay true; as a character of its own it has
/// no place in a Dockerfile either.
const SUBSTITUTE: char = '\u{1a}';

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let text = build.file.text;
    let Some(at) = text.find(SUBSTITUTE) else { return };
    let n_more = text[at..].matches(SUBSTITUTE).count() - 1;
    let message = match n_more {
        0 => "this byte is not UTF-8 text".to_owned(),
        _ => format!("this byte and {n_more} more are not UTF-8 text"),
    };
    reports.report(Span::new(at, at + 1), message).note(
        "Docker may read it as another character or refuse the file; save the file as UTF-8. \
         Until then no fix is applied to it",
    );
}
