//! `pylock.toml` (PEP 751), version 1.

use super::document::Table;
use super::{
    Fault, Listing, Lock, LockFormat, Package, PackageSource, Want, file_name_of, major_of,
    text_of, version_of,
};

pub(super) fn lock(root: &Table<'_>) -> Result<Lock, Fault> {
    let Some((version, span)) = version_of(root, "lock-version") else {
        return Err(Fault::broken(syntax::Span::default(), "it has no `lock-version` at its top"));
    };
    // The PEP promises that a reader of 1.0 can read all of 1.x.
    if major_of(&version) != Some(1) {
        return Err(Fault::unsupported(span, &version, "version 1 of pylock.toml (PEP 751)"));
    }
    let is_invented = root.text("created-by").is_some_and(|it| it.eq_ignore_ascii_case("pipenv"));
    let listing = if is_invented { Listing::Invented } else { Listing::Complete };
    let mut lock = Lock::new(LockFormat::Pylock, &version, listing);
    lock.requires_python.extend(text_of(root, "requires-python"));
    lock.environments = root.texts("environments");
    lock.default_groups = root.texts("default-groups");
    for entry in root.tables("packages") {
        lock.packages.push(package(entry)?);
    }
    Ok(lock)
}

fn package(entry: &Table<'_>) -> Result<Package, Fault> {
    let mut package = Package::named(entry)?;
    package.source = source_of(entry);
    package.requires_python = entry.owned("requires-python");
    package.has_sdist = entry.get("sdist").is_some();
    for wheel in entry.tables("wheels") {
        let name = wheel.owned("name");
        let place = || wheel.text("url").or(wheel.text("path")).map(file_name_of);
        if let Some(file) = name.or_else(place) {
            package.add_wheel(file, wheel.number("size"));
        }
    }
    package.add_own_archive();
    package.wanted_by = vec![Want { group: None, marker: entry.owned("marker") }];
    Ok(package)
}

fn source_of(entry: &Table<'_>) -> PackageSource {
    let place = |it: &Table<'_>| it.owned("url").or(it.owned("path")).unwrap_or_default();
    if let Some(repository) = entry.table("vcs") {
        return PackageSource::Repository(place(repository));
    }
    if let Some(directory) = entry.table("directory") {
        let is_editable = directory.is_true("editable");
        return PackageSource::Directory { path: place(directory), is_editable };
    }
    match entry.table("archive") {
        Some(archive) if archive.text("url").is_some() => PackageSource::Url(place(archive)),
        Some(archive) => PackageSource::Archive(place(archive)),
        None => PackageSource::Index(entry.owned("index")),
    }
}
