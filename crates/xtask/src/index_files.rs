//! Rebuilds the rows of packages in the tables of wheels from all files that the index lists, as pip sees them.

use std::collections::BTreeMap;
use std::process::Command;

use context::wheel_tag::WheelName;
use knowledge::python_package::normalize;
use pep440_rs::Version;

use crate::refresh::{read, replace_lines};
use crate::wheel_rows::{Files, requires_rows, sdist_rows, wheel_rows};

/// Asks the index once for each package, through pip, and replaces its rows. Meant for a few packages at a time.
pub(crate) fn refresh(names: &[&str]) -> Result<String, String> {
    let mut report = String::new();
    for name in names {
        let name = normalize(name).into_owned();
        let versions = versions(&name, &log_of_pip(&name)?);
        let (Some(oldest), Some(newest)) = (versions.keys().next(), versions.keys().next_back())
        else {
            report += &format!("{name}: the index lists no stable version\n");
            continue;
        };
        let mut wheels = versions.values().flat_map(|it| &it.wheels);
        if wheels.all(|it| it.ends_with("-any.whl")) {
            report += &format!("{name}: has no wheel for a platform; `refresh pure` is for it\n");
            continue;
        }
        let known = read("python-packages.tsv")?;
        let known = known.lines().find(|it| it.split('\t').next() == Some(name.as_str()));
        let columns: Vec<&str> = known.map_or_else(Vec::new, |it| it.split('\t').collect());
        let column =
            |at: usize, otherwise: &'static str| columns.get(at).map_or(otherwise, |it| *it);
        let (oldest, newest) = (oldest.to_string(), newest.to_string());
        let row = [
            name.as_str(),
            "index",
            column(2, "yes"),
            column(3, ""),
            &oldest,
            &newest,
            "",
            column(7, ""),
            column(8, ""),
        ];
        replace_lines("python-packages.tsv", &name, &[row.join("\t")])?;
        replace_lines("wheels.tsv", &name, &wheel_rows(&name, &versions))?;
        replace_lines("sdists.tsv", &name, &sdist_rows(&name, &versions))?;
        replace_lines("requires-python.tsv", &name, &requires_rows(&name, &versions))?;
        report += &format!("{name}: {} versions, {oldest} to {newest}\n", versions.len());
    }
    Ok(report + "type the numbers of rows into crates/knowledge/src/tables.rs\n")
}

/// What pip says of the files of a package while it looks for one to download. It downloads at most one.
fn log_of_pip(name: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().map_err(|it| format!("{it}\n"))?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "-vvv", "--no-deps", "--only-binary=:all:"]);
    pip.args(["--no-cache-dir", "--disable-pip-version-check", "--dest"]).arg(folder.path());
    let output = pip.arg(name).env_remove("PIP_FIND_LINKS").output();
    let output = output.map_err(|it| format!("cannot run pip: {it}\n"))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The stable versions that pip lists, with their files.
fn versions(name: &str, log: &str) -> BTreeMap<Version, Files> {
    let mut res: BTreeMap<Version, Files> = BTreeMap::new();
    for line in log.lines() {
        // `Found link ADDRESS#HASH (from PAGE) (requires-python:>=3.8)`, and the same with a reason to skip it.
        let Some((front, rest)) = line.split_once(" (from http") else { continue };
        let address = front.rsplit(' ').next().unwrap_or("");
        let address = address.split('#').next().unwrap_or("");
        let file = address.rsplit('/').next().unwrap_or("").replace("%2B", "+");
        let version = match WheelName::parse(&file) {
            Some(wheel) => Some(wheel.version),
            None => version_of_sdist(name, &file),
        };
        let version = version.and_then(|it| it.parse::<Version>().ok());
        let Some(version) = version.filter(|it| it.is_stable() && !it.is_local()) else { continue };
        let files = res.entry(version).or_default();
        if let Some((_, requires)) = rest.split_once(" (requires-python:") {
            files.requires_python = requires.split(')').next().map(str::to_owned);
        }
        if file.ends_with(".whl") {
            files.wheels.insert(file);
        } else {
            files.has_sdist = true;
        }
    }
    res
}

fn version_of_sdist<'f>(name: &str, file: &'f str) -> Option<&'f str> {
    let ends = [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz"];
    let stem = ends.into_iter().find_map(|it| file.strip_suffix(it))?;
    let mut places = stem.match_indices('-').map(|it| it.0);
    let place = places.find(|it| stem.get(..*it).is_some_and(|it| normalize(it) == name))?;
    stem.get(place + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_read_from_what_pip_says() {
        let log = "\
Fetching project page and analyzing links: https://pypi.org/simple/two-words/
  Skipping link: none of the wheel's tags (cp39-cp39-win_amd64) are compatible: https://f.example/two_words-1.0-cp39-cp39-win_amd64.whl#sha256=0 (from https://pypi.org/simple/two-words/) (requires-python:>=3.8)
  Found link https://f.example/two_words-1.0-cp39-abi3-manylinux_2_17_x86_64.whl#sha256=0 (from https://pypi.org/simple/two-words/) (requires-python:>=3.8)
  Skipping link: No sources permitted for two-words: https://f.example/two-words-0.9.tar.gz#sha256=0 (from https://pypi.org/simple/two-words/)
  Found link https://f.example/two_words-1.1rc1-py3-none-any.whl#sha256=0 (from https://pypi.org/simple/two-words/)
";
        let versions = versions("two-words", log);
        let names: Vec<String> = versions.keys().map(Version::to_string).collect();
        assert_eq!(names, ["0.9", "1.0"]);
        assert_eq!(sdist_rows("two-words", &versions), ["two-words\t0.9\t0.9"]);
        assert_eq!(
            requires_rows("two-words", &versions),
            ["two-words\t0.9\t0.9\t\t", "two-words\t1.0\t1.0\t3.8\t"]
        );
        assert_eq!(
            wheel_rows("two-words", &versions),
            ["two-words\tgx\t39,310,311,312,313,314,315\t1.0\t1.0\t2.17"]
        );
    }
}
