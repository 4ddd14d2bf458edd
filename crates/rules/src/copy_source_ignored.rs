//! COPY of something that the ignore file keeps out of the build.

use linter::{Repair, Reports, Rule, Severity};
use model::{Build, SourceKind};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "copy-source-ignored",
    severity: Severity::Warning,
    repair: Repair::Never,
    aliases: &["CopyIgnoredFile"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/copy-source-ignored.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some((file, ignore)) = build.ignore_file() else { return };
    for (_, copy) in build.copies_from_context() {
        let Some(tree) = build.surroundings.files.tree() else { return };
        for source in copy.sources.iter().filter(|it| it.kind == SourceKind::Path) {
            let Some(written) = source.path.as_deref().filter(|it| *it != ".") else { continue };
            let mut matched = context::copy_sources::matched(tree, written).into_iter();
            let Some(first) = matched.next() else { continue };
            if !ignore.excludes(first) || matched.any(|it| !ignore.excludes(it)) {
                continue;
            }
            let is_itself = ignore.matched_by(written).is_some_and(|it| !it.is_exception);
            let pattern = ignore.matched_by(if is_itself { written } else { first });
            let diagnostic = reports
                .report(source.word.span, format!("`{file}` keeps `{written}` out of the build"));
            if let Some(pattern) = pattern {
                diagnostic.note(format!(
                    "line {} of `{file}`, `{}`, matches it; the COPY does not find it",
                    pattern.line, pattern.cleaned
                ));
            }
        }
    }
}
