//! Rebuilds tables of `crates/knowledge/data` from public sources, through pip and apt as they are set up here.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn table(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../knowledge/data").join(name)
}

/// The text of a table.
pub(crate) fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(table(name)).map_err(|it| format!("cannot read {name}: {it}\n"))
}

pub(crate) fn write(name: &str, lines: &BTreeSet<String>) -> Result<(), String> {
    let mut text = lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    text.push('\n');
    fs::write(table(name), text).map_err(|it| format!("cannot write {name}: {it}\n"))
}

/// Adds lines to a table, in their order; those that it has stay.
pub(crate) fn add_lines(name: &str, added: &[String]) -> Result<(), String> {
    let mut lines: BTreeSet<String> = read(name)?.lines().map(str::to_owned).collect();
    lines.extend(added.iter().cloned());
    write(name, &lines)
}

/// Replaces all lines of one name in a table.
pub(crate) fn replace_lines(name: &str, key: &str, lines: &[String]) -> Result<(), String> {
    let text = read(name)?;
    let others = text.lines().filter(|it| it.split('\t').next() != Some(key)).map(str::to_owned);
    write(name, &others.chain(lines.iter().cloned()).collect())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Adds packages of which pip finds a wheel for every platform. A package with native code has wheels for platforms as
/// well, so one that has such a wheel for an old platform beside it is left out.
pub(crate) fn pure(names: &[&str]) -> Result<String, String> {
    let mut lines: BTreeSet<String> =
        read("pure-packages.tsv")?.lines().map(str::to_owned).collect();
    let known = read("python-packages.tsv")?;
    let mut report = String::new();
    for name in names {
        let normal = knowledge::python_package::normalize(name).into_owned();
        if known.lines().any(|it| it.split('\t').next() == Some(normal.as_str())) {
            report += &format!("{normal}: is in python-packages.tsv\n");
            continue;
        }
        match is_pure(&normal) {
            Some(true) => {
                report += &format!("{normal}: pure Python\n");
                lines.insert(normal);
            }
            Some(false) => report += &format!("{normal}: has native code\n"),
            None => report += &format!("{normal}: the index has no wheel of it that fits here\n"),
        }
    }
    write("pure-packages.tsv", &lines)?;
    Ok(report + "type the number of rows into crates/knowledge/src/tables.rs\n")
}

/// Adds packages that Debian has as a Python module for all architectures, from a source of which nothing is compiled:
/// a module that only loads what another package of its source holds proves nothing. `file` is the
/// list of dh-python (`/usr/share/dh-python/dist/cpython3_fallback`), which says what Debian calls the packages of the
/// index: the name there, a space, the name of Debian.
pub(crate) fn pure_in_debian(file: &str, names: &[&str]) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|it| format!("cannot read {file}: {it}\n"))?;
    let names_of_debian = names_of_debian(&text);
    let modules = output("apt-cache", &["dumpavail"]).map(|it| pure_modules(&it));
    let modules = modules.ok_or("apt-cache dumpavail does not answer\n")?;
    let known = read("python-packages.tsv")?;
    let known: BTreeSet<&str> = known.lines().filter_map(|it| it.split('\t').next()).collect();
    let (mut pure, mut compiled, mut n_missing) = (Vec::new(), Vec::new(), 0);
    for name in names {
        let normal = knowledge::python_package::normalize(name).into_owned();
        if known.contains(normal.as_str()) {
            continue;
        }
        let debian = names_of_debian.get(&normal);
        match debian.and_then(|it| modules.get(it)) {
            Some(true) => pure.push(normal),
            Some(false) => compiled.push(normal),
            None => n_missing += 1,
        }
    }
    add_lines("pure-packages.tsv", &pure)?;
    Ok(format!(
        "{} are pure Python: {}\n{} may be compiled: {}\n{n_missing} are not in Debian\n\
         type the number of rows into crates/knowledge/src/tables.rs\n",
        pure.len(),
        pure.join(" "),
        compiled.len(),
        compiled.join(" "),
    ))
}

/// The modules of Debian by the name on the index. Programs have other names there, and may hold anything.
fn names_of_debian(list: &str) -> BTreeMap<String, String> {
    let pairs = list.lines().filter_map(|it| it.split_once(' '));
    pairs
        .filter(|it| it.1.starts_with("python3-"))
        .map(|it| (knowledge::python_package::normalize(it.0).into_owned(), it.1.trim().to_owned()))
        .collect()
}

/// Of each package in lists of apt, whether it and all others of its source are for all architectures.
fn pure_modules(lists: &str) -> BTreeMap<String, bool> {
    let mut sources: BTreeMap<&str, (Vec<&str>, bool)> = BTreeMap::new();
    for entry in lists.split("\n\n") {
        let field = |name: &str| {
            let mut lines = entry.lines();
            lines.find_map(|it| it.strip_prefix(name)?.strip_prefix(": "))
        };
        let Some(package) = field("Package") else { continue };
        let source = field("Source").and_then(|it| it.split(' ').next()).unwrap_or(package);
        let (packages, is_pure) = sources.entry(source).or_insert((Vec::new(), true));
        packages.push(package);
        *is_pure &= field("Architecture") == Some("all");
    }
    let packages = sources.into_values().flat_map(|(packages, is_pure)| {
        packages.into_iter().map(move |it| (it.to_owned(), is_pure))
    });
    packages.collect()
}

/// Whether the wheel that pip takes is one for every platform; `None` where it takes none.
fn is_pure(name: &str) -> Option<bool> {
    let folder = std::env::temp_dir().join(format!("xtask-{}-{name}", std::process::id()));
    let place = folder.to_string_lossy().into_owned();
    let arguments = ["-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--dest", &place];
    let arguments: Vec<&str> = arguments.into_iter().chain([name]).collect();
    let found = output("python3", &arguments).is_some();
    let mut files = fs::read_dir(&folder).into_iter().flatten().flatten();
    let file = files.next().map(|it| it.file_name().to_string_lossy().into_owned());
    let _left_behind = fs::remove_dir_all(&folder);
    file.filter(|_| found).map(|it| it.ends_with("-any.whl"))
}

/// Rebuilds the column of the Debian release that runs here, from the package lists of apt (`apt-get update` first).
pub(crate) fn availability() -> Result<String, String> {
    let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let codename = system.lines().find_map(|it| it.strip_prefix("VERSION_CODENAME="));
    let column = match codename {
        Some("bullseye") => 1,
        Some("bookworm") => 2,
        Some("trixie") => 3,
        _ => return Err("this runs on Debian bullseye, bookworm or trixie\n".to_owned()),
    };
    let text = read("debian-availability.tsv")?;
    let mut lines = BTreeSet::new();
    let mut n_changed = 0;
    for line in text.lines() {
        let mut columns: Vec<String> = line.split('\t').map(str::to_owned).collect();
        let Some(name) = columns.first().cloned() else { continue };
        let found = available(&name);
        if let Some(cell) = columns.get_mut(column).filter(|it| **it != found) {
            n_changed += 1;
            *cell = found;
        }
        lines.insert(columns.join("\t"));
    }
    write("debian-availability.tsv", &lines)?;
    Ok(format!("{n_changed} of {} rows changed\n", lines.len()))
}

/// `yes`, `no`, or `=` and the packages that provide the name.
fn available(name: &str) -> String {
    if output("apt-cache", &["show", "--no-all-versions", name]).is_some_and(|it| !it.is_empty()) {
        return "yes".to_owned();
    }
    let text = output("apt-cache", &["showpkg", name]).unwrap_or_default();
    let provides = text.split("Reverse Provides:").nth(1).unwrap_or("");
    let names: BTreeSet<&str> =
        provides.lines().filter_map(|it| it.split_whitespace().next()).collect();
    if names.is_empty() {
        return "no".to_owned();
    }
    format!("={}", names.into_iter().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_says_what_is_compiled() {
        let names = names_of_debian(
            "2ping 2ping\nA_B python3-a-b\nzope.interface python3-zope.interface\n",
        );
        assert_eq!(names.get("a-b").map(String::as_str), Some("python3-a-b"));
        assert_eq!(names.get("2ping"), None);
        let lists = "Package: python3-a-b\nVersion: 1\nArchitecture: all\n\n\
                     Package: python3-zope.interface\nArchitecture: amd64\n\n\
                     Package: python3-dipy\nSource: dipy (1.5)\nArchitecture: all\n\n\
                     Package: python3-dipy-lib\nSource: dipy\nArchitecture: amd64\n";
        let modules = pure_modules(lists);
        assert_eq!(modules.get("python3-a-b"), Some(&true));
        assert_eq!(modules.get("python3-zope.interface"), Some(&false));
        assert_eq!(modules.get("python3-dipy"), Some(&false));
        assert_eq!(modules.get("python3-c"), None);
    }
}
