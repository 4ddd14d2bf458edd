//! Packages that come with a wheel, or need no compiler, and load a library of the system when they are imported.

use linter::Reports;
use model::loading::Loading;
use model::system_packages::Installed;
use model::{Build, listed};
use syntax::Span;

use super::{note_replacement, offer_to_install, step_at};

/// Reports what lacks a library; where the packages are moved to, if they are.
pub(super) fn report(
    build: &Build<'_>,
    there: &Installed,
    (mut loading, moved): (Vec<Loading>, Option<Span>),
    told: &mut Vec<&'static str>,
    reports: &mut Reports<'_>,
) {
    for it in &mut loading {
        it.missing.retain(|it| !told.contains(it));
        told.extend(&it.missing);
    }
    for it in loading.iter().filter(|it| !it.missing.is_empty()) {
        let libraries = listed(&it.missing);
        let lacks = if it.missing.len() == 1 { "is not" } else { "are not" };
        let message = format!(
            "importing `{}` loads {libraries}, which {lacks} in the image at its end",
            it.name
        );
        let span = moved.unwrap_or(it.span);
        let diagnostic = reports.report(span, message);
        if span != it.span {
            diagnostic.label(it.span, "installed here");
        }
        diagnostic.note("the import fails at run time: its wheel does not bring the library along");
        note_replacement(diagnostic, &it.name);
        if let Some(step) = step_at(build, span) {
            offer_to_install(build, step, there, &it.missing, diagnostic);
        }
    }
}
