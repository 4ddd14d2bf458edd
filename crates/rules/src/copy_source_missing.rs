//! COPY of something that the build context does not have.

use linter::{Repair, Reports, Rule, Severity};
use model::{Build, SourceKind, is_made_before, path};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "copy-source-missing",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/copy-source-missing.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (_, copy) in build.copies_from_context() {
        let tree = build.surroundings.files.tree().filter(|it| it.is_complete());
        let Some(tree) = tree else { return };
        for source in copy.sources.iter().filter(|it| it.kind == SourceKind::Path) {
            let Some(written) = source.path.as_deref() else { continue };
            let is_wild = context::copy_sources::has_wildcard(written);
            // A pattern beside other sources is the way to copy a file that may be absent.
            let may_be_absent = is_wild && copy.sources.len() > 1;
            if may_be_absent
                || context::copy_sources::exists(tree, written)
                || is_made_before(build, written)
            {
                continue;
            }
            let message = match is_wild {
                true => format!("nothing in the build context matches `{written}`"),
                false => format!("`{written}` does not exist in the build context"),
            };
            let diagnostic = reports.report(source.word.span, message);
            if let Some(nearest) = nearest(tree, written) {
                diagnostic.note(format!("did you mean `{nearest}`?"));
            }
            diagnostic.note("the path is relative to the directory that `docker build` is given");
        }
    }
}

/// The entry of the same directory whose name is nearest, or the same name elsewhere.
fn nearest(tree: &context::Tree, written: &str) -> Option<String> {
    let (directory, name) = written.rsplit_once('/').unwrap_or(("", written));
    if name.contains(['*', '?', '[']) {
        return None;
    }
    let skipped = if directory.is_empty() { 0 } else { directory.len() + 1 };
    let entries = || {
        let below = tree.below(directory).filter_map(|it| it.0.get(skipped..));
        below.filter_map(|it| it.split('/').next())
    };
    let found = syntax::closest(name, entries()).filter(|it| *it != name);
    if let Some(found) = found {
        return Some(if directory.is_empty() {
            found.to_owned()
        } else {
            format!("{directory}/{found}")
        });
    }
    let mut same = tree.files().filter(|it| path::file_name(it.0) == name);
    let only = same.next()?;
    same.next().is_none().then(|| only.0.to_owned())
}
