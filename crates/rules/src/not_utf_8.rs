//! Bytes that are no text: not UTF-8, or NUL.

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
    is_always_on: true,
    page: include_str!("../../../rules/not-utf-8.md"),
    check,
};

/// What stands in the text for a byte that is not UTF-8, so that offsets stay true; as a character of its own it has
/// no place in a Dockerfile either.
const SUBSTITUTE: char = '\u{1a}';

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    not_utf_8(build, reports);
    nul(build, reports);
}

fn not_utf_8(build: &Build<'_>, reports: &mut Reports<'_>) {
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

/// BuildKit takes NUL for a letter like any other, so that the line fails later: no program can be given one.
fn nul(build: &Build<'_>, reports: &mut Reports<'_>) {
    let text = build.file.text;
    if text.contains(SUBSTITUTE) {
        // Both are told by saving the file as UTF-8.
        return;
    }
    let is_in_comment = |at: usize| build.file.comments.iter().any(|it| it.range().contains(&at));
    let mut found = text.match_indices('\0').map(|it| it.0).filter(|at| !is_in_comment(*at));
    let Some(at) = found.next() else { return };
    let message = match found.count() {
        0 => "this is a NUL byte".to_owned(),
        n_more => format!("this is a NUL byte, and {n_more} more follow"),
    };
    reports.report(Span::new(at, at + 1), message).note(
        "Docker takes it for a letter, but no command, path or variable can have it; \
         delete it, and save a file in UTF-16 as UTF-8",
    );
}
