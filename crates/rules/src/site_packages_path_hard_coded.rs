//! The version of Python in a path of COPY.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::version_argument::{in_words, version_argument};
use model::{Build, CopyFrom};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "site-packages-path-hard-coded",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/site-packages-path-hard-coded.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for step in &build.steps {
        let Some(copy) = step.copy().filter(|it| it.from != CopyFrom::Context) else { continue };
        let places = in_words(build, step);
        let Some((span, version)) = places.first().copied() else { continue };
        let (major, minor) = version;
        let folder = format!("python{major}.{minor}");
        let diagnostic = reports
            .report(span, format!("`{folder}` is written into the path"))
            .note("with the next Python in FROM this COPY fails, or brings the packages to a place where nothing looks for them");
        match version_argument(build, step, copy, &places) {
            Ok(change) => {
                let edits = change.edits.into_iter().map(|it| Edit::replace(it.0, it.1));
                let title = format!("Take the version from `{}`", change.name);
                diagnostic
                    .fix_elsewhere(Fix::safe(title, edits), "the version that it must follow");
            }
            Err(reason) => {
                diagnostic
                    .note("install into a virtual environment or with `--prefix`, and copy that");
                diagnostic.note(format!("a fix is not offered, as {reason}"));
            }
        }
    }
}
