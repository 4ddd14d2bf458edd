//! `uv.lock`, version 1.

use super::document::{Table, Value};
use super::{
    Dependency, Fault, Listing, Lock, LockFormat, Package, PackageSource, Part, file_name_of,
    text_of, version_of,
};
use crate::requirement::normalize_name;

pub(super) fn lock(root: &Table<'_>) -> Result<Lock, Fault> {
    let Some((version, span)) = version_of(root, "version") else {
        return Err(Fault::broken(syntax::Span::default(), "it has no `version` at its top"));
    };
    // A revision only adds what an older uv may pass over.
    if version != "1" {
        return Err(Fault::unsupported(span, &version, "version 1 of uv.lock (uv 0.2 and later)"));
    }
    let mut lock = Lock::new(LockFormat::Uv, &version, Listing::Complete);
    lock.requires_python.extend(text_of(root, "requires-python"));
    lock.environments = root.texts("supported-markers");
    if let Some(manifest) = root.table("manifest") {
        lock.members = manifest.texts("members").iter().map(|it| normalize_name(it)).collect();
        add_dependencies(manifest.get("requirements"), &Part::Main, &mut lock.requirements);
        add_parts(manifest.table("dependency-groups"), Part::Group, &mut lock.requirements);
    }
    for entry in root.tables("package") {
        lock.packages.push(package(entry)?);
    }
    Ok(lock)
}

fn package(entry: &Table<'_>) -> Result<Package, Fault> {
    let mut package = Package::named(entry)?;
    if let Some(source) = entry.table("source") {
        package.source = source_of(source);
    }
    package.has_sdist = entry.get("sdist").is_some();
    for wheel in entry.tables("wheels") {
        let place = wheel.text("filename").or(wheel.text("url")).or(wheel.text("path"));
        if let Some(file) = place.map(file_name_of) {
            package.add_wheel(file, wheel.number("size"));
        }
    }
    package.add_own_archive();
    add_dependencies(entry.get("dependencies"), &Part::Main, &mut package.dependencies);
    add_parts(entry.table("optional-dependencies"), Part::Extra, &mut package.dependencies);
    add_parts(entry.table("dev-dependencies"), Part::Group, &mut package.dependencies);
    Ok(package)
}

fn source_of(source: &Table<'_>) -> PackageSource {
    let directory = |path: String, is_editable| PackageSource::Directory { path, is_editable };
    let kinds: [(&str, &dyn Fn(String) -> PackageSource); 7] = [
        ("registry", &|it| PackageSource::Index(Some(it))),
        ("git", &PackageSource::Repository),
        ("url", &PackageSource::Url),
        ("path", &PackageSource::Archive),
        ("directory", &|it| directory(it, false)),
        ("editable", &|it| directory(it, true)),
        ("virtual", &PackageSource::Virtual),
    ];
    let found = kinds.iter().find_map(|(key, make)| source.owned(key).map(make));
    found.unwrap_or(PackageSource::Index(None))
}

fn add_parts(parts: Option<&Table<'_>>, part: fn(String) -> Part, res: &mut Vec<Dependency>) {
    for (name, dependencies) in parts.iter().flat_map(|it| &it.entries) {
        add_dependencies(Some(dependencies), &part(normalize_name(name)), res);
    }
}

fn add_dependencies(list: Option<&Value<'_>>, part: &Part, res: &mut Vec<Dependency>) {
    for it in list.into_iter().flat_map(Value::tables) {
        let Some(name) = it.text("name") else { continue };
        res.push(Dependency {
            name: normalize_name(name),
            version: it.owned("version"),
            source: it.table("source").map(source_of),
            extras: it.texts("extra").iter().map(|it| normalize_name(it)).collect(),
            marker: it.owned("marker"),
            part: part.clone(),
        });
    }
}
