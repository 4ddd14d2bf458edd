//! `poetry.lock` of Poetry 0.12 to 2.

use std::collections::BTreeMap;

use super::document::{Table, Value};
use super::{
    Fault, Listing, Lock, LockFormat, Package, PackageSource, Want, file_name_of, major_of,
    text_of, version_of,
};
use crate::requirement::normalize_name;
use crate::wheel_tag::version_in;

pub(super) fn lock(root: &Table<'_>) -> Result<Lock, Fault> {
    let Some(metadata) = root.table("metadata") else {
        return Err(Fault::broken(syntax::Span::default(), "it has no table `metadata`"));
    };
    let version = match version_of(metadata, "lock-version") {
        Some((version, span)) => {
            if !matches!(major_of(&version), Some(1 | 2)) {
                let supported = "versions 1 and 2 of poetry.lock (Poetry 1 and 2)";
                return Err(Fault::unsupported(span, &version, supported));
            }
            version
        }
        None => String::new(),
    };
    let mut lock = Lock::new(LockFormat::Poetry, &version, Listing::Complete);
    lock.requires_python.extend(text_of(metadata, "python-versions"));
    if let Some(extras) = root.table("extras") {
        lock.extras = extras.entries.iter().map(|it| extra(&it.0, extras)).collect();
    }
    let old_files = metadata.table("files").map(files_by_name).unwrap_or_default();
    for entry in root.tables("package") {
        lock.packages.push(package(entry)?);
    }
    add_old_files(&mut lock.packages, &old_files);
    for package in &mut lock.packages {
        package.add_own_archive();
    }
    Ok(lock)
}

fn extra(name: &str, extras: &Table<'_>) -> (String, Vec<String>) {
    // `foo (>=1)` in the oldest files.
    let names = extras.texts(name).into_iter().map(|it| {
        let end = it.find([' ', '(', '[']).unwrap_or(it.len());
        normalize_name(it.get(..end).unwrap_or(""))
    });
    (normalize_name(name), names.collect())
}

fn package(entry: &Table<'_>) -> Result<Package, Fault> {
    let mut package = Package::named(entry)?;
    package.is_optional = entry.is_true("optional");
    if let Some(source) = entry.table("source") {
        package.source = source_of(source, entry.is_true("develop"));
    }
    for file in entry.tables("files") {
        package.add_file(file.text("file").map(file_name_of).unwrap_or_default());
    }
    let mut groups = entry.texts("groups");
    if groups.is_empty() {
        groups.push(entry.owned("category").unwrap_or_else(|| "main".to_owned()));
    }
    let markers = entry.get("markers");
    package.wanted_by = groups
        .into_iter()
        .map(|group| {
            let marker = match markers {
                Some(Value::Text(marker, _)) => Some(marker.clone().into_owned()),
                Some(Value::Table(by_group)) => by_group.owned(&group),
                // Poetry 1.0 wrote one text under another name.
                _ => entry.owned("marker"),
            };
            Want { group: Some(group), marker }
        })
        .collect();
    Ok(package)
}

fn source_of(source: &Table<'_>, is_editable: bool) -> PackageSource {
    let place = source.owned("url").unwrap_or_default();
    match source.text("type") {
        Some("git" | "hg" | "svn") => PackageSource::Repository(place),
        Some("url") => PackageSource::Url(place),
        Some("file") => PackageSource::Archive(place),
        Some("directory") => PackageSource::Directory { path: place, is_editable },
        _ => PackageSource::Index(Some(place).filter(|it| !it.is_empty())),
    }
}

/// `[metadata.files]` of Poetry 1.0 to 1.2.
fn files_by_name(files: &Table<'_>) -> BTreeMap<String, Vec<String>> {
    let mut res: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, list) in &files.entries {
        let files = list.tables().filter_map(|it| it.text("file")).map(file_name_of);
        res.entry(normalize_name(name)).or_default().extend(files);
    }
    res
}

/// The files of all versions of a package stand under its name alone, so the version in the file's name decides.
fn add_old_files(packages: &mut [Package], files: &BTreeMap<String, Vec<String>>) {
    if files.is_empty() {
        return;
    }
    let mut n_entries: BTreeMap<String, usize> = BTreeMap::new();
    for package in packages.iter() {
        *n_entries.entry(package.name.clone()).or_default() += 1;
    }
    for package in packages {
        let is_alone = n_entries.get(&package.name) == Some(&1);
        let version = package.version.clone().unwrap_or_default();
        for file in files.get(&package.name).into_iter().flatten() {
            if is_alone || version_in(file).is_some_and(|it| is_same_version(it, &version)) {
                package.add_file(file.clone());
            }
        }
    }
}

fn is_same_version(left: &str, right: &str) -> bool {
    let read = |it: &str| it.parse::<pep440_rs::Version>().ok();
    // `_` stands for the `-` or `+` that a file name cannot have.
    match (read(&left.replace('_', "+")), read(right)) {
        (Some(left), Some(right)) => left == right,
        _ => left == right,
    }
}
