//! Rows of `wheels.tsv`, `sdists.tsv` and `requires-python.tsv` from the names of files.

use std::collections::{BTreeMap, BTreeSet};

use context::wheel_tag::{Libc, Target, WheelName, fits};
use pep440_rs::{Version, VersionSpecifiers};

/// The places that `wheels.tsv` has cells for.
const CELLS: [(&str, &str); 4] =
    [("ga", "aarch64"), ("gx", "x86_64"), ("ma", "aarch64"), ("mx", "x86_64")];

/// The minor versions of Python 3 that `wheels.tsv` names.
const MINORS: std::ops::RangeInclusive<u8> = 6..=15;

/// The newest minor version of Python 3 that some version is asked about; there is none so new.
const NEWEST_MINOR: u64 = 30;

/// The newest patch level of a Python that some version is asked about.
const NEWEST_PATCH: u64 = 40;

/// The files of one version.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The names of its wheels.
    pub(crate) wheels: BTreeSet<String>,
    /// Whether it has a source distribution.
    pub(crate) has_sdist: bool,
    /// The Pythons that it accepts, where that is told.
    pub(crate) requires_python: Option<String>,
}

/// The rows of `wheels.tsv`: equal runs of several cells and Pythons are one row.
pub(crate) fn wheel_rows(name: &str, versions: &BTreeMap<Version, Files>) -> Vec<String> {
    let mut cells: BTreeMap<(String, String, String, u8), Vec<&str>> = BTreeMap::new();
    for (cell, machine) in CELLS {
        for minor in MINORS {
            for (first, last, floor) in runs(versions, |it| floor(it, cell, machine, minor)) {
                let key = (first.to_string(), last.to_string(), floor, minor);
                cells.entry(key).or_default().push(cell);
            }
        }
    }
    let mut rows: BTreeMap<(String, String, String, String), Vec<String>> = BTreeMap::new();
    for ((first, last, floor, minor), cells) in cells {
        rows.entry((first, last, floor, cells.join(","))).or_default().push(format!("3{minor}"));
    }
    rows.into_iter()
        .map(|((first, last, floor, cells), pythons)| {
            [name, &cells, &pythons.join(","), &first, &last, &floor].join("\t")
        })
        .collect()
}

/// The rows of `sdists.tsv`.
pub(crate) fn sdist_rows(name: &str, versions: &BTreeMap<Version, Files>) -> Vec<String> {
    let runs = runs(versions, |it| it.has_sdist.then_some(()));
    runs.into_iter().map(|it| format!("{name}\t{}\t{}", it.0, it.1)).collect()
}

/// The rows of `requires-python.tsv`.
pub(crate) fn requires_rows(name: &str, versions: &BTreeMap<Version, Files>) -> Vec<String> {
    let runs = runs(versions, |it| Some(bounds(it.requires_python.as_deref().unwrap_or(""))));
    runs.into_iter()
        .map(|(first, last, (least, below))| format!("{name}\t{first}\t{last}\t{least}\t{below}"))
        .collect()
}

/// The least Python 3 that is accepted, and the one from which on it is refused; empty where there is no such bound.
fn bounds(requires_python: &str) -> (String, String) {
    let Ok(specifiers) = requires_python.parse::<VersionSpecifiers>() else {
        return (String::new(), String::new());
    };
    let accepts = |minor: u64| {
        (0..=NEWEST_PATCH).any(|patch| specifiers.contains(&Version::new([3, minor, patch])))
    };
    let minors = || (0..=NEWEST_MINOR).filter(|it| accepts(*it));
    let named = |minor: Option<u64>| minor.map_or(String::new(), |it| format!("3.{it}"));
    (
        named(minors().next().filter(|it| *it > 0)),
        named(minors().next_back().map(|it| it + 1).filter(|it| *it <= NEWEST_MINOR)),
    )
}

/// The least version of the libc with which pip takes a wheel of this version; `any` for a wheel for every platform.
fn floor(files: &Files, cell: &str, machine: &str, minor: u8) -> Option<String> {
    let is_any = |it: &&String| WheelName::parse(it).is_some_and(|it| it.platforms == "any");
    let (any, others): (Vec<&String>, Vec<&String>) = files.wheels.iter().partition(is_any);
    let fits = |files: &[&String], libc: Libc| {
        let machine = machine.to_owned();
        let target = Target { python: (3, minor), free_threaded: false, libc, machine };
        files.iter().any(|it| fits(it, &target))
    };
    let is_glibc = cell.starts_with('g');
    let least = match is_glibc {
        true => (5..=50).find(|it| fits(&others, Libc::Glibc(2, *it))),
        false => (0..=5).find(|it| fits(&others, Libc::Musl(1, *it))),
    };
    let major = if is_glibc { 2 } else { 1 };
    match (least, fits(&any, Libc::Unknown)) {
        (Some(least), true) => Some(format!("{major}.{least}+any")),
        (Some(least), false) => Some(format!("{major}.{least}")),
        (None, true) => Some("any".to_owned()),
        (None, false) => None,
    }
}

/// The runs of versions, of those that are there, of which something is the same.
fn runs<T: PartialEq>(
    versions: &BTreeMap<Version, Files>,
    value: impl Fn(&Files) -> Option<T>,
) -> Vec<(&Version, &Version, T)> {
    let mut res: Vec<(&Version, &Version, T)> = Vec::new();
    let mut is_open = false;
    for (version, files) in versions {
        let Some(value) = value(files) else {
            is_open = false;
            continue;
        };
        match res.last_mut().filter(|it| is_open && it.2 == value) {
            Some(run) => run.1 = version,
            None => res.push((version, version, value)),
        }
        is_open = true;
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_minor_versions() {
        for (text, least, below) in [
            ("", "", ""),
            (">=2.7", "", ""),
            (">=3.8.1", "3.8", ""),
            (">=3.9,<3.13", "3.9", "3.13"),
            (">=2.7,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*,!=3.5.*", "3.6", ""),
            ("not a version", "", ""),
        ] {
            assert_eq!(bounds(text), (least.to_owned(), below.to_owned()), "{text}");
        }
    }
}
