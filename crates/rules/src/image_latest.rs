//! FROM with the tag `latest`.

use linter::{Repair, Reports, Rule, Severity};
use model::{Base, Build, tag_range};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "image-latest",
    severity: Severity::Warning,
    repair: Repair::Never,
    aliases: &["DL3007"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/image-latest.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        let (Base::Image { reference, .. }, Some(word)) = (&stage.base, stage.image) else {
            continue;
        };
        if reference.tag.as_deref() != Some("latest") || reference.digest.is_some() {
            continue;
        }
        let span = match tag_range(&word.text) {
            Some(tag) if word.text.len() == word.span.len() => {
                let start = word.span.start as usize;
                Span::new(start + tag.start, start + tag.end)
            }
            _ => word.span,
        };
        reports
            .report(span, format!("`{}:latest` is another image tomorrow", reference.repository))
            .note("name a version, so that a rebuild gives the same Python and distribution");
    }
}
