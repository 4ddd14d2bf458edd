//! `pdm.lock`, versions 2 to 4.

use std::collections::BTreeMap;

use super::document::{Table, Value};
use super::{
    Fault, Listing, Lock, LockFormat, Package, PackageSource, Want, file_name_of, major_of,
    text_of, version_of,
};

pub(super) fn lock(root: &Table<'_>) -> Result<Lock, Fault> {
    let Some(metadata) = root.table("metadata") else {
        return Err(Fault::broken(syntax::Span::default(), "it has no table `metadata`"));
    };
    let version = match version_of(metadata, "lock_version") {
        Some((version, span)) => {
            if !matches!(major_of(&version), Some(2..=4)) {
                let supported = "versions 2 to 4 of pdm.lock (PDM 1 and 2)";
                return Err(Fault::unsupported(span, &version, supported));
            }
            version
        }
        None => String::new(),
    };
    let mut lock = Lock::new(LockFormat::Pdm, &version, listing(metadata, &version));
    lock.requires_python.extend(text_of(metadata, "requires_python"));
    for target in metadata.tables("targets") {
        lock.requires_python.extend(text_of(target, "requires_python"));
    }
    let files = metadata.table("files").map(files_by_key).unwrap_or_default();
    for entry in root.tables("package") {
        // An entry with extras repeats the plain one with other dependencies.
        if entry.get("extras").is_some() {
            continue;
        }
        lock.packages.push(package(entry, &files)?);
    }
    Ok(lock)
}

/// PDM drops files that a target's platform cannot use; before 4.5 it did so unless told `cross_platform`.
fn listing(metadata: &Table<'_>, version: &str) -> Listing {
    let has_platform = metadata
        .tables("targets")
        .any(|it| it.get("platform").is_some() || it.get("implementation").is_some());
    let strategy = metadata.texts("strategy");
    let has = |wanted: &str| strategy.iter().any(|it| it == wanted);
    let is_of_4_4 = version == "4.4" || version.starts_with("4.4.");
    let is_trimmed = has_platform
        || has("no_cross_platform")
        || metadata.get("cross_platform") == Some(&Value::Boolean(false))
        || is_of_4_4 && metadata.get("strategy").is_some() && !has("cross_platform");
    if is_trimmed { Listing::Trimmed } else { Listing::Complete }
}

/// `[metadata.files]` of old versions: `"name version" = [{url = "…"}]`.
fn files_by_key<'r>(files: &'r Table<'_>) -> BTreeMap<&'r str, Vec<&'r str>> {
    let entries = files.entries.iter();
    entries.map(|(key, list)| (key.as_ref(), list.tables().filter_map(place).collect())).collect()
}

fn place<'r>(file: &'r Table<'_>) -> Option<&'r str> {
    file.text("file").or(file.text("url"))
}

fn package(entry: &Table<'_>, files: &BTreeMap<&str, Vec<&str>>) -> Result<Package, Fault> {
    let mut package = Package::named(entry)?;
    package.source = source_of(entry);
    for file in entry.tables("files").filter_map(place) {
        package.add_file(file_name_of(file));
    }
    let name = entry.text("name").unwrap_or("");
    let key = format!("{name} {}", entry.text("version").unwrap_or(""));
    for file in files.get(key.as_str()).into_iter().flatten() {
        package.add_file(file_name_of(file));
    }
    package.add_own_archive();
    let marker = entry.owned("marker");
    let mut groups = entry.texts("groups");
    groups.extend(entry.texts("sections"));
    // Without groups the lock does not say who wants the package.
    let wants = groups.into_iter().map(|it| Want { group: Some(it), marker: marker.clone() });
    package.wanted_by = wants.collect();
    Ok(package)
}

fn source_of(entry: &Table<'_>) -> PackageSource {
    if let Some(address) = entry.owned("git").or(entry.owned("hg")).or(entry.owned("svn")) {
        return PackageSource::Repository(address);
    }
    if let Some(path) = entry.owned("path") {
        let is_archive = path.ends_with(".whl") || super::is_source_archive(&path);
        return match is_archive {
            true => PackageSource::Archive(path),
            false => PackageSource::Directory { path, is_editable: entry.is_true("editable") },
        };
    }
    entry.owned("url").map_or(PackageSource::Index(None), PackageSource::Url)
}
