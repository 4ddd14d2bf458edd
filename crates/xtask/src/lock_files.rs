//! Adds packages to the tables that lock files list and the tables do not know: which files each has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use context::lock::{Listing, Lock, LockFormat, parse};
use context::wheel_tag::WheelName;
use pep440_rs::Version;

use crate::refresh::{add_lines, read};
use crate::wheel_rows::{Files, sdist_rows, wheel_rows};

/// Packages by name, and their versions.
type Seen = BTreeMap<String, BTreeMap<Version, Files>>;

/// Reads all lock files below some folders and adds the packages of PyPI that the tables do not know: those whose
/// wheels are for every platform to `pure-packages.tsv`, those with others to `python-packages.tsv`, `wheels.tsv` and
/// `sdists.tsv`.
///
/// What a lock file does not tell is only named: whether a package without any wheel compiles, and which wheels there
/// are for Pythons that its project does not accept, since uv leaves those out. So of wheels for platforms only those
/// count that are for any Python 3.
pub(crate) fn refresh(folders: &[&str]) -> Result<String, String> {
    let mut seen = Seen::new();
    let mut n_locks = 0;
    for folder in folders {
        for path in lock_files(Path::new(folder)) {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
            let Some(format) = LockFormat::of(name) else { continue };
            let bytes = fs::read(&path).map_err(|it| format!("{}: {it}\n", path.display()))?;
            let Ok(lock) = parse(format, &String::from_utf8_lossy(&bytes)) else { continue };
            n_locks += usize::from(add(&mut seen, &lock));
        }
    }
    let known: BTreeSet<String> = ["python-packages.tsv", "pure-packages.tsv"]
        .into_iter()
        .map(read)
        .collect::<Result<Vec<_>, _>>()?
        .iter()
        .flat_map(|it| it.lines())
        .map(|it| it.split('\t').next().unwrap_or("").to_owned())
        .collect();
    seen.retain(|name, _| !known.contains(name));
    let rows = rows(&seen);
    for (table, lines) in [
        ("pure-packages.tsv", &rows.pure),
        ("python-packages.tsv", &rows.native),
        ("wheels.tsv", &rows.wheels),
        ("sdists.tsv", &rows.sdists),
    ] {
        add_lines(table, lines)?;
    }
    let native: Vec<&str> = rows.native.iter().filter_map(|it| it.split('\t').next()).collect();
    Ok(format!(
        "{n_locks} lock files: {} packages are pure Python, {} have wheels for platforms ({})\n\
         left out: {} have wheels for single Pythons or not for Linux ({}), {} have no wheel ({})\n\
         type the numbers of rows into crates/knowledge/src/tables.rs\n",
        rows.pure.len(),
        native.len(),
        native.join(" "),
        rows.for_pythons.len(),
        rows.for_pythons.join(" "),
        rows.without_wheel.len(),
        rows.without_wheel.join(" "),
    ))
}

pub(crate) fn lock_files(folder: &Path) -> Vec<PathBuf> {
    let mut res = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        for path in fs::read_dir(&next).into_iter().flatten().flatten().map(|it| it.path()) {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
            if path.is_dir() && !path.is_symlink() {
                waiting.push(path);
            } else if LockFormat::of(name).is_some() {
                res.push(path);
            }
        }
    }
    res.sort();
    res
}

/// Adds what a lock says of PyPI's files; `false` if it lists them in part, or makes their names up.
///
/// Poetry and PDM do not say where a package of the usual index comes from. One that is on another index by the same
/// name would be added too, but as its files are, not otherwise.
fn add(seen: &mut Seen, lock: &Lock) -> bool {
    if lock.listing != Listing::Complete {
        return false;
    }
    for package in &lock.packages {
        let version = package.version.as_deref().and_then(|it| it.parse::<Version>().ok());
        let Some(version) = version.filter(|it| it.is_stable() && !it.is_local()) else { continue };
        if package.source.is_pypi() == Some(false) {
            continue;
        }
        let files = seen.entry(package.name.clone()).or_default().entry(version).or_default();
        files.wheels.extend(package.wheels.iter().cloned());
        files.has_sdist |= package.has_sdist;
    }
    true
}

/// The lines to add to the tables.
#[derive(Debug, Default)]
struct Rows {
    pure: Vec<String>,
    native: Vec<String>,
    wheels: Vec<String>,
    sdists: Vec<String>,
    for_pythons: Vec<String>,
    without_wheel: Vec<String>,
}

fn rows(seen: &Seen) -> Rows {
    let mut res = Rows::default();
    for (name, versions) in seen {
        let wheels: Vec<WheelName<'_>> = versions
            .values()
            .flat_map(|it| &it.wheels)
            .filter_map(|it| WheelName::parse(it))
            .collect();
        let (Some(oldest), Some(newest)) = (versions.keys().next(), versions.keys().next_back())
        else {
            continue;
        };
        let is_for_linux = wheels.iter().any(|it| it.platforms.contains("linux"));
        let is_for_any_python = |it: &WheelName<'_>| {
            it.abis == "none" && it.pythons.split('.').any(|python| python == "py3")
        };
        if wheels.is_empty() {
            res.without_wheel.push(name.clone());
        } else if wheels.iter().all(|it| it.platforms == "any") {
            res.pure.push(name.clone());
        } else if !is_for_linux || !wheels.iter().all(is_for_any_python) {
            res.for_pythons.push(name.clone());
        } else {
            res.native.push(format!("{name}\tlocks\tyes\t\t{oldest}\t{newest}\t\t\t"));
            res.wheels.extend(wheel_rows(name, versions));
            res.sdists.extend(sdist_rows(name, versions));
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(files: &[(&str, &str, &[&str])]) -> Lock {
        let mut text = "version = 1\nrequires-python = \">=3.9\"\n".to_owned();
        for (name, version, wheels) in files {
            text += &format!("\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n");
            text += "source = { registry = \"https://pypi.org/simple\" }\n";
            text += "sdist = { url = \"https://files.example/x.tar.gz\", hash = \"sha256:0\" }\n";
            text += "wheels = [\n";
            for file in *wheels {
                let file = format!("{name}-{version}-{file}.whl");
                text += &format!("    {{ url = \"https://f.example/{file}\", hash = \"\" }},\n");
            }
            text += "]\n";
        }
        parse(LockFormat::Uv, &text).unwrap()
    }

    #[test]
    fn pure_and_native_packages_are_told_apart() {
        let mut seen = Seen::new();
        assert!(add(
            &mut seen,
            &lock(&[
                ("even", "1.0", &["py3-none-any"]),
                ("fast", "1.9", &["py3-none-manylinux_2_17_x86_64", "py3-none-win_amd64"]),
                ("fast", "1.10", &["py3-none-manylinux_2_28_x86_64", "py3-none-any"]),
                ("other", "2", &["cp312-cp312-manylinux_2_28_x86_64"]),
                ("late", "3", &[]),
            ])
        ));
        let rows = rows(&seen);
        assert_eq!(rows.pure, ["even"]);
        assert_eq!(rows.native, ["fast\tlocks\tyes\t\t1.9\t1.10\t\t\t"]);
        assert_eq!(
            (rows.for_pythons, rows.without_wheel),
            (vec!["other".to_owned()], vec!["late".to_owned()])
        );
        let all = "36,37,38,39,310,311,312,313,314,315";
        assert_eq!(
            rows.wheels,
            [
                format!("fast\tgx\t{all}\t1.10\t1.10\t2.28+any"),
                format!("fast\tga,ma,mx\t{all}\t1.10\t1.10\tany"),
                format!("fast\tgx\t{all}\t1.9\t1.9\t2.17"),
            ]
        );
        assert_eq!(rows.sdists, ["fast\t1.9\t1.10"]);
    }
}
