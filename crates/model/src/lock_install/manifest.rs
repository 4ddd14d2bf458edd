//! What the project beside a lock file says of its installation.

use std::sync::Arc;

use context::lock::{Lock, LockFormat, Package, PackageSource};
use context::normalize_name;

use super::LockInstall;
use crate::Build;

/// The text of the file of this name in the same directory of the context.
pub(super) fn beside(build: &Build<'_>, file: &str, name: &str) -> Option<Arc<str>> {
    let directory = file.rsplit_once('/').map(|it| it.0);
    let path = directory.map_or(name.to_owned(), |it| format!("{it}/{name}"));
    build.surroundings.files.read(&path)
}

/// Whether a line of a TOML file gives a value to a key.
pub(super) fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| {
        let rest = line.trim_start().strip_prefix(key).map(str::trim_start);
        rest.is_some_and(|it| it.starts_with('='))
    })
}

pub(super) fn is_project(package: &Package) -> bool {
    match &package.source {
        PackageSource::Directory { path, .. } | PackageSource::Virtual(path) => path == ".",
        _ => false,
    }
}

/// Whether the project is not built, or by a program that compiles nothing.
pub(super) fn is_pure(lock: &Lock, manifest: &str) -> bool {
    const PURE: [&str; 5] = ["hatchling", "poetry.core", "flit", "uv_build", "pdm.backend"];
    // What runs a script of the project's own.
    const HOOKS: [&str; 4] =
        ["[tool.poetry.build", "[tool.hatch.build.hooks", ".hooks.", "run-setuptools"];
    let is_built = |it: &&Package| matches!(it.source, PackageSource::Directory { .. });
    if lock.format == LockFormat::Uv
        && !lock.packages.iter().any(|it| is_project(it) && is_built(&it))
    {
        return true;
    }
    let mut lines = manifest.lines().map(str::trim_start);
    let backend = lines.find(|it| it.starts_with("build-backend")).unwrap_or("");
    let has_script = manifest.lines().any(|it| it.starts_with("build ="));
    PURE.iter().any(|it| backend.contains(it))
        && !has_script
        && !HOOKS.iter().any(|it| manifest.contains(it))
}

/// Poetry 1.5 to 1.8 do not write into the lock which group wants a package: without all groups, only what the project
/// names itself is known to be installed. `None` where the lock says it, or all of it is installed.
pub(super) fn known(install: &LockInstall, manifest: &str) -> Option<Vec<String>> {
    let lock = &install.lock;
    let is_main = |it: &Package| it.wanted_by.iter().all(|it| it.group.as_deref() == Some("main"));
    let says_groups = lock.version.starts_with("2.0") && !lock.packages.iter().all(is_main)
        || !lock.version.starts_with("2.0");
    let installs_all = install.selection.development
        && !install.selection.only_groups
        && !manifest.is_empty()
        && !has_key(manifest, "optional");
    if lock.format != LockFormat::Poetry || says_groups || installs_all {
        return None;
    }
    let lines = manifest.lines().map(str::trim);
    let after = lines.skip_while(|it| *it != "[tool.poetry.dependencies]").skip(1);
    let keys = after.take_while(|it| !it.starts_with('[')).filter(|it| !it.contains("optional"));
    Some(
        keys.filter_map(|it| Some(normalize_name(it.split_once('=')?.0.trim().trim_matches('"'))))
            .collect(),
    )
}
