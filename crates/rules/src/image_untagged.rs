//! FROM without a tag or digest.

use linter::{Repair, Reports, Rule, Severity};
use model::{Base, Build};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "image-untagged",
    severity: Severity::Warning,
    repair: Repair::Never,
    aliases: &["DL3006"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/image-untagged.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        let (Base::Image { reference, .. }, Some(word)) = (&stage.base, stage.image) else {
            continue;
        };
        // What a variable stands for may bring its own tag when the image is built.
        if reference.tag.is_some() || reference.digest.is_some() || word.text.contains('$') {
            continue;
        }
        let from = build.steps_of(stage).first().map(|it| it.instruction.span);
        if from.is_some_and(|from| build.file.errors.iter().any(|it| from.contains(it.span))) {
            continue;
        }
        reports
            .report(word.span, format!("`{}` has no tag, so it means `latest`", word.text))
            .note("a build next month starts from another image; name a version");
    }
}
