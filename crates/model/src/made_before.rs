//! Files that are absent from the build context only because a step before the build makes them.

use context::Manager;
use context::project_files::Role;

use crate::Build;

/// Whether a path is likely the product of a step before the build: a build folder, or something that git ignores.
pub fn is_made_before(build: &Build<'_>, written: &str) -> bool {
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
