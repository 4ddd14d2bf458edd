//! Where the version of the project stands: once in Cargo.toml, and in files that others read and that cannot refer to it.

use std::fs;
use std::path::Path;

use super::version::Version;

/// The place that counts.
const MANIFEST: (&str, &str) = ("Cargo.toml", "[workspace.package]\nversion = \"");
/// A file, and what stands directly in front of the version in it. The wheel takes its version from Cargo.toml itself.
pub(super) const PLACES: &[(&str, &str)] = &[
    MANIFEST,
    ("README.md", "pylintdock=="),
    ("README.md", "rev: v"),
    ("README.md", "pylintdock/pylintdock@v"),
    ("action.yml", "  version:\n    default: \""),
    ("editors/vscode/package.json", "\n  \"version\": \""),
    ("editors/vscode/package-lock.json", "\n  \"version\": \""),
    (
        "editors/vscode/package-lock.json",
        "\n    \"\": {\n      \"name\": \"pylintdock\",\n      \"version\": \"",
    ),
];
/// The crates of the workspace stand in it with their version.
pub(super) const LOCK: &str = "Cargo.lock";

/// A file before and after a release.
pub(crate) struct Rewritten {
    /// Its path from the top of the repository.
    pub(crate) file: &'static str,
    /// What is in it.
    pub(crate) before: String,
    /// What is to be in it.
    pub(crate) after: String,
}

/// The version that stands in all places, and how many those are.
///
/// # Errors
///
/// A place that does not exist any more, or that has another version than Cargo.toml.
pub(crate) fn agree(root: &Path) -> Result<(Version, usize), String> {
    let (file, front) = MANIFEST;
    let text = read(root, file)?;
    let version = found(&text, front).next().map(|(_, it)| it.to_owned());
    let version = version.ok_or_else(|| format!("{file} has no `{front}`"))?;
    let mut n_places = 0;
    for (file, front) in PLACES {
        let text = read(root, file)?;
        let all: Vec<&str> = found(&text, front).map(|(_, it)| it).collect();
        if all.is_empty() {
            return Err(format!("{file} has no version behind `{}`", last_line(front)));
        }
        if let Some(other) = all.iter().find(|it| **it != version) {
            let front = last_line(front);
            return Err(format!("{file} says `{front}{other}`, but Cargo.toml says {version}"));
        }
        n_places += all.len();
    }
    for (name, other) in locked(&read(root, LOCK)?) {
        if other != version {
            return Err(format!(
                "{LOCK} has {name} {other}, but Cargo.toml says {version}: run `cargo check`"
            ));
        }
        n_places += 1;
    }
    Ok((Version::parse(&version)?, n_places))
}

/// The files in which `version` would be new.
///
/// # Errors
///
/// A file that cannot be read.
pub(crate) fn rewritten(root: &Path, version: Version) -> Result<Vec<Rewritten>, String> {
    let version = version.to_string();
    let mut res: Vec<Rewritten> = Vec::new();
    for (file, front) in PLACES {
        let known = res.iter().position(|it| it.file == *file);
        let before = read(root, file)?;
        let text = known.map_or(before.as_str(), |it| res[it].after.as_str());
        let mut after = text.to_owned();
        // From the end, so that what is in front keeps its place.
        let all: Vec<(usize, usize)> =
            found(text, front).map(|(offset, old)| (offset, offset + old.len())).collect();
        for (start, end) in all.into_iter().rev() {
            after.replace_range(start..end, &version);
        }
        match known {
            Some(it) => res[it].after = after,
            None => res.push(Rewritten { file, before, after }),
        }
    }
    let before = read(root, LOCK)?;
    let mut after = before.clone();
    for (name, old) in locked(&before) {
        let entry = |version: &str| format!("name = \"{name}\"\nversion = \"{version}\"\n");
        after = after.replace(&entry(old), &entry(&version));
    }
    res.push(Rewritten { file: LOCK, before, after });
    res.retain(|it| it.before != it.after);
    Ok(res)
}

/// The versions behind `front` with their offsets.
pub(super) fn found<'a>(text: &'a str, front: &'a str) -> impl Iterator<Item = (usize, &'a str)> {
    text.match_indices(front).filter_map(move |(offset, _)| {
        let start = offset + front.len();
        let rest = text.get(start..)?;
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
        let version = rest.get(..end)?.trim_end_matches('.');
        (!version.is_empty()).then_some((start, version))
    })
}

/// The crates of the workspace in the text of a lock file, with their versions: those that come from nowhere.
fn locked(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let packages = text.split("[[package]]\n").skip(1).filter(|it| !it.contains("\nsource = "));
    packages.filter_map(|it| {
        let name = it.strip_prefix("name = \"")?.split('"').next()?;
        let version = it.split_once("\nversion = \"")?.1.split('"').next()?;
        Some((name, version))
    })
}

/// The text of a file of the repository.
///
/// # Errors
///
/// It cannot be read: its path and why.
pub(crate) fn read(root: &Path, file: &str) -> Result<String, String> {
    fs::read_to_string(root.join(file)).map_err(|error| format!("cannot read {file}: {error}"))
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start()
}
