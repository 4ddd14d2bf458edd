//! Rebuilds tables of `crates/knowledge/data` from public sources, through pip and apt as they are set up here.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn table(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../knowledge/data").join(name)
}

fn read(name: &str) -> Result<String, String> {
    fs::read_to_string(table(name)).map_err(|it| format!("cannot read {name}: {it}\n"))
}

fn write(name: &str, lines: &BTreeSet<String>) -> Result<(), String> {
    let mut text = lines.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    text.push('\n');
    fs::write(table(name), text).map_err(|it| format!("cannot write {name}: {it}\n"))
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
