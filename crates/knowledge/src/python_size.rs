//! How much disk Python packages take when they are installed from wheels, together with what they bring along.

use std::collections::BTreeSet;

use crate::python_package::normalize;
use crate::table::{Row, Table};
use crate::version::{Version, parse};
use crate::wheel::Architecture;

pub(crate) static WHEEL_SIZES: Table = Table::new(include_str!("../data/wheel-sizes.tsv"));

/// The bytes of a package, in its three forms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WheelSize {
    /// The wheel, compressed: what is fetched, and what pip's cache keeps of it.
    pub wheel: u64,
    /// The files that it is unpacked to.
    pub files: u64,
    /// The bytecode that pip compiles of them.
    pub bytecode: u64,
}

/// What files and bytecode take for each thousand bytes of a wheel, where nothing but the wheel is known: the medians of
/// `crates/xtask/data/python-measured.tsv`, `cargo xtask refresh wheel-sizes` prints them.
const PURE: [u64; 2] = [3300, 3400];
const NATIVE: [u64; 2] = [3090, 170];

impl WheelSize {
    /// An estimate for a wheel of which only the compressed size is known.
    pub fn of_wheel(wheel: u64, is_pure: bool) -> WheelSize {
        let [files, bytecode] = if is_pure { PURE } else { NATIVE };
        WheelSize { wheel, files: wheel * files / 1000, bytecode: wheel * bytecode / 1000 }
    }

    /// An estimate for another wheel of the same package: as much larger as the wheel is.
    pub fn scaled_to(self, wheel: u64) -> WheelSize {
        let part = |it: u64| (it * wheel).checked_div(self.wheel).unwrap_or(it);
        WheelSize { wheel, files: part(self.files), bytecode: part(self.bytecode) }
    }

    /// All that an installation writes, with bytecode or without.
    pub fn installed(self, with_bytecode: bool) -> u64 {
        self.files + if with_bytecode { self.bytecode } else { 0 }
    }
}

impl std::ops::AddAssign for WheelSize {
    fn add_assign(&mut self, other: WheelSize) {
        self.wheel += other.wheel;
        self.files += other.files;
        self.bytecode += other.bytecode;
    }
}

/// The size of a package at a version, or at the nearest one below it that is known; without a version, of the newest.
/// `None` if nothing is known, and for builds of another index (`2.1.0+cpu`), which have nothing but the name in common.
pub fn wheel_size(name: &str, version: Option<&str>) -> Option<WheelSize> {
    row(&normalize(name), version).map(size_of)
}

fn row(name: &str, version: Option<&str>) -> Option<Row> {
    if version.is_some_and(|it| it.contains('+')) {
        return None;
    }
    let wanted = version.and_then(parse);
    let rows = WHEEL_SIZES.rows(name).filter_map(|it| Some((parse(it.column(1))?, it)));
    let mut res: Option<(Version<'_>, Row)> = None;
    for (version, row) in rows {
        let is_better = res.as_ref().is_none_or(|(best, _)| match &wanted {
            // The newest that is not too new; where all are too new, the oldest.
            Some(wanted) if best <= wanted => version > *best && version <= *wanted,
            Some(_) => version < *best,
            None => version > *best,
        });
        if is_better {
            res = Some((version, row));
        }
    }
    res.map(|it| it.1)
}

fn size_of(row: Row) -> WheelSize {
    let kilobytes = |column: usize| {
        let text = row.column(column).trim_start_matches('~');
        text.parse::<u64>().unwrap_or(0) * 1000
    };
    WheelSize { wheel: kilobytes(2), files: kilobytes(3), bytecode: kilobytes(4) }
}

/// A package that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// The normalized name.
    pub name: String,
    /// The version, or one that is near; `None` for the newest.
    pub version: Option<String>,
    /// The extras, as they are written.
    pub extras: Vec<String>,
    /// Its size where it is known better than from the table.
    pub size: Option<WheelSize>,
    /// It is written anew even if there is one already: `--upgrade`, or another version.
    pub is_renewed: bool,
}

/// What an installation adds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PythonAddition {
    /// The bytes, as far as they are known: an estimate.
    pub size: WheelSize,
    /// How many packages, or extras of them, have no known size. What they bring along is not counted.
    pub n_unknown: usize,
}

/// The Python packages of an environment, by their names.
#[derive(Debug, Clone, Default)]
pub struct PythonPackages {
    names: BTreeSet<String>,
}

impl PythonPackages {
    /// Those of an official image of Python.
    pub fn of_image() -> PythonPackages {
        PythonPackages { names: BTreeSet::from(["pip".to_owned()]) }
    }

    /// Installs packages, if so with what they require, and says what that adds to what is there already. Of what they
    /// require the newest version is taken, as pip does.
    pub fn install(
        &mut self,
        asked: &[Asked],
        with_dependencies: bool,
        architecture: Architecture,
    ) -> PythonAddition {
        let mut res = PythonAddition::default();
        let mut open: Vec<&'static str> = Vec::new();
        let mut seen = BTreeSet::new();
        for it in asked.iter().filter(|it| !it.name.is_empty() && seen.insert(&*it.name)) {
            let row = row(&it.name, it.version.as_deref());
            let is_new = self.names.insert(it.name.clone());
            if is_new || it.is_renewed {
                match it.size.or_else(|| row.map(size_of)) {
                    Some(size) => res.size += size,
                    None => res.n_unknown += 1,
                }
            }
            open.extend(row.filter(|_| is_new && with_dependencies).map(|it| it.column(0)));
            for extra in it.extras.iter().filter(|_| with_dependencies) {
                let key = format!("{}[{}]", it.name, normalize(extra));
                match self::row(&key, it.version.as_deref()) {
                    Some(row) => open.push(row.column(0)),
                    // Where nothing is known of the package, the extra is not worth a word of its own.
                    None => res.n_unknown += usize::from(row.is_some()),
                }
            }
        }
        res.n_unknown += asked.iter().filter(|it| it.name.is_empty()).count();
        // What was asked for is there; only what it requires is still open.
        let versions = |name: &str| {
            let asked = asked.iter().find(|it| it.name == name.split('[').next().unwrap_or(name));
            asked.and_then(|it| it.version.as_deref())
        };
        let mut done = BTreeSet::new();
        while let Some(name) = open.pop() {
            if !done.insert(name) {
                continue;
            }
            // An extra stands beside its package.
            open.extend(name.split_once('[').map(|it| it.0));
            let Some(row) = row(name, versions(name)) else {
                res.n_unknown += 1;
                continue;
            };
            if self.names.insert(name.to_owned()) {
                res.size += size_of(row);
            }
            let is_x86 = architecture == Architecture::X86_64;
            let [_, _, _, _, _, everywhere, on_x86] = row.columns();
            let names = [everywhere, if is_x86 { on_x86 } else { "" }];
            open.extend(names.iter().flat_map(|it| it.split(' ')).filter(|it| !it.is_empty()));
        }
        res
    }
}

#[cfg(test)]
mod tests;
