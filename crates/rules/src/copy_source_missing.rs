//! COPY of something that the build context does not have.

use context::Manager;
use context::project_files::Role;
use linter::{Repair, Reports, Rule, Severity};
use model::{Build, SourceKind, path};

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

/// Whether a path is likely the product of a step before the build: a build folder, or something that git ignores.
fn is_made_before(build: &Build<'_>, written: &str) -> bool {
    const BUILT: [&str; 10] = [
        "_build",
        "artifacts",
        "bin",
        "build",
        "dist",
        "node_modules",
        "out",
        "output",
        "target",
        "wheels",
    ];
    const ARCHIVES: [&str; 6] = [".gz", ".jar", ".tgz", ".whl", ".zip", ".so"];
    if written.split('/').any(|it| BUILT.contains(&it))
        || ARCHIVES.iter().any(|it| written.ends_with(it))
    {
        return true;
    }
    let (home, name) = written.rsplit_once('/').unwrap_or(("", written));
    let is_exported = name.ends_with(".txt") && name.contains("requirements");
    let is_lock = |it: &(&str, Manager, Role)| it.1 != Manager::Pip || it.0.ends_with(".in");
    let tree = build.surroundings.files.tree();
    let projects = tree.map_or(Vec::new(), |it| context::project_files::in_directory(it, home));
    // `pipenv requirements > requirements.txt` and the like; `.git` depends on how the context was fetched.
    if name == ".git" || (is_exported && projects.iter().any(is_lock)) {
        return true;
    }
    // The ignore files of the directories above the path, each relative to its own directory.
    let ends = written.match_indices('/').map(|it| it.0);
    let homes = std::iter::once("").chain(ends.filter_map(|it| written.get(..it)));
    homes.into_iter().any(|home| {
        let place =
            if home.is_empty() { ".gitignore".to_owned() } else { format!("{home}/.gitignore") };
        let Some(text) = build.surroundings.files.read(&place) else { return false };
        let below = written.get(if home.is_empty() { 0 } else { home.len() + 1 }..).unwrap_or("");
        text.lines().any(|line| git_ignores(line, below))
    })
}

/// Whether a line of a `.gitignore` may be about `path`: good enough to stay silent.
fn git_ignores(line: &str, path: &str) -> bool {
    let line = line.trim().trim_end_matches('/');
    let pattern = line.trim_start_matches('/').trim_start_matches("**/");
    if pattern.is_empty() || line.starts_with(['#', '!']) {
        return false;
    }
    let ignore = |pattern: &str| context::IgnoreFile::parse(pattern).excludes(path);
    if pattern.contains('/') || line.starts_with('/') {
        ignore(pattern)
    } else {
        ignore(&format!("**/{pattern}"))
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
