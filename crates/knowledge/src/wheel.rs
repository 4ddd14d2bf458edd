//! Whether a Python package installs from a wheel on a given interpreter, libc and architecture.

use crate::image::{Answer, Libc};
use crate::python_package::{Native, Package, WheelSource, failing, package};
use crate::table::{Row, Table, pair};
use crate::version::{Version, parse};

mod refusal;

pub use refusal::{Refusal, refusal};

pub(crate) static WHEELS: Table = Table::new(include_str!("../data/wheels.tsv"));
pub(crate) static SDISTS: Table = Table::new(include_str!("../data/sdists.tsv"));
pub(crate) static REQUIRES: Table = Table::new(include_str!("../data/requires-python.tsv"));

/// The Pythons of which wheels are recorded.
const PYTHONS: std::ops::RangeInclusive<(u8, u8)> = (3, 6)..=(3, 15);

/// A processor architecture that the table knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Architecture {
    /// `linux/amd64`.
    X86_64,
    /// `linux/arm64`.
    Aarch64,
}

impl Architecture {
    /// The architecture of a platform such as `linux/arm64/v8`; `None` for the others.
    pub fn of_platform(platform: &str) -> Option<Architecture> {
        let platform = platform.to_ascii_lowercase();
        let processor = platform.strip_prefix("linux/").unwrap_or(&platform);
        match processor.split('/').next()? {
            "amd64" | "x86_64" | "x86-64" => Some(Architecture::X86_64),
            "arm64" | "aarch64" => Some(Architecture::Aarch64),
            _ => None,
        }
    }
}

/// Whether pip finds a wheel that it can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wheel {
    /// It does.
    Yes,
    /// It does not. With a source distribution it builds; without one the installation fails.
    No {
        /// Whether there is a source distribution.
        has_sdist: Answer,
    },
    /// The version does not accept this Python (`Requires-Python`): the installation fails.
    Excluded,
    /// Not known.
    Unknown,
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Certainty {
    /// From the complete list of the project's files.
    Listed,
    /// From lock files: the version or its neighbours were seen.
    Observed,
    /// Carried over: the version is newer than any in the table, none was given, or the version of
    /// the libc is not known.
    Assumed,
}

/// An answer about wheels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WheelAnswer {
    /// The answer itself.
    pub wheel: Wheel,
    /// How sure it is; without meaning if the answer is [`Wheel::Unknown`].
    pub certainty: Certainty,
    /// Where no version was given: the one that pip would choose, as far as the table knows.
    pub version: Option<&'static str>,
}

const UNKNOWN: WheelAnswer =
    WheelAnswer { wheel: Wheel::Unknown, certainty: Certainty::Assumed, version: None };

/// What pip does with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Installation {
    /// It installs a wheel.
    Wheel,
    /// It compiles: a compiler and headers must be there.
    Compiles,
    /// It builds from source, and no compiler is needed.
    BuildsWithoutCompiler,
    /// It fails: no wheel and no source for this place, or the version refuses this Python.
    Fails,
    /// Not known.
    Unknown,
}

/// What pip does with a package: the answer of [`has_wheel`] together with [`Package::native`].
pub fn installation(
    name: &str,
    version: Option<&str>,
    python: (u8, u8),
    libc: Libc,
    architecture: Architecture,
) -> Installation {
    if failing(name, version).is_some() {
        return Installation::Fails;
    }
    let native = package(name).map_or(Native::Unknown, Package::native);
    match (has_wheel(name, version, python, libc, architecture).wheel, native) {
        (Wheel::Yes, _) => Installation::Wheel,
        (Wheel::Excluded | Wheel::No { has_sdist: Answer::No }, _) => Installation::Fails,
        (Wheel::No { .. } | Wheel::Unknown, Native::No) => Installation::BuildsWithoutCompiler,
        (Wheel::No { .. }, Native::Optional) => Installation::BuildsWithoutCompiler,
        (Wheel::No { has_sdist: Answer::Yes }, Native::Yes) => Installation::Compiles,
        (Wheel::No { .. } | Wheel::Unknown, _) => Installation::Unknown,
    }
}

/// Whether no version of a package with native code is known to have a wheel for Linux, although its files are known:
/// then the next version has none either, as far as anybody can tell.
pub fn never_has_wheel(name: &str) -> bool {
    package(name).is_some_and(|it| {
        let is_known = it.wheel_source() != WheelSource::None || it.is_source_only();
        is_known && it.native() == Native::Yes && Wheels::of(it).next().is_none()
    })
}

/// The newest version in the tables from `least` up to `most` that accepts a Python; `is_below` leaves `most` itself
/// out. `None` if no such version is known by its number.
pub fn newest_between(
    name: &str,
    least: Option<&str>,
    most: &str,
    is_below: bool,
    python: (u8, u8),
) -> Option<&'static str> {
    let package = package(name)?;
    let (least, most) = (least.and_then(parse), parse(most)?);
    let is_allowed = |it: &Version<'_>| {
        least.is_none_or(|least| least <= *it) && if is_below { *it < most } else { *it <= most }
    };
    let accepts = |version: &Version<'_>| {
        let mut rows = REQUIRES.rows(package.name());
        !rows.any(|it| {
            is_between(version, it.column(1), it.column(2)) && !accepts_python(it, python)
        })
    };
    let ends = |table: Table, first: usize| {
        table.rows(package.name()).flat_map(move |it| [it.column(first), it.column(first + 1)])
    };
    ends(REQUIRES, 1)
        .chain(ends(SDISTS, 1))
        .chain(ends(WHEELS, 3))
        .filter_map(|it| Some((it, parse(it)?)))
        .filter(|(_, it)| it.is_stable() && is_allowed(it) && accepts(it))
        .max_by(|one, other| one.1.cmp(&other.1))
        .map(|it| it.0)
}

/// Whether pip finds a wheel of this package that it can use in this place.
///
/// `version` is an exact one (`==`); without it the newest that the table knows is meant.
/// Pre-releases and local versions (`2.1.0+cu118`) are not recorded and give [`Wheel::Unknown`].
pub fn has_wheel(
    name: &str,
    version: Option<&str>,
    python: (u8, u8),
    libc: Libc,
    architecture: Architecture,
) -> WheelAnswer {
    let Some(package) = package(name) else { return UNKNOWN };
    let Some(cell) = Cell::new(python, libc, architecture) else {
        // Without knowing the libc, an answer that holds for both is still an answer.
        return match libc {
            Libc::Unknown => {
                let on = |libc| has_wheel(name, version, python, libc, architecture);
                let (glibc, musl) = (on(Libc::Glibc(None)), on(Libc::Musl(None)));
                if glibc.wheel == musl.wheel { glibc } else { UNKNOWN }
            }
            _ => UNKNOWN,
        };
    };
    let version = match version.map(parse) {
        None => None,
        Some(Some(version)) if version.is_stable() && !version.is_local() => Some(version),
        Some(_) => return UNKNOWN,
    };
    let answer = match (package.wheel_source(), version) {
        (WheelSource::Index, Some(version)) => of_listed(package, version, &cell),
        (WheelSource::Index, None) => newest_listed(package, &cell),
        (WheelSource::Locks, Some(version)) => of_observed(package, version, &cell),
        (WheelSource::Locks, None) => newest_observed(package, &cell),
        (WheelSource::None, _) if package.is_source_only() => {
            let wheel = Wheel::No { has_sdist: Answer::Yes };
            Some(WheelAnswer { wheel, certainty: Certainty::Assumed, version: None })
        }
        (WheelSource::None, _) => None,
    };
    let answer = answer.unwrap_or(UNKNOWN);
    if cell.libc_version.is_none() {
        return WheelAnswer { certainty: Certainty::Assumed, ..answer };
    }
    answer
}

/// The place of an installation, in the spelling of the table.
struct Cell {
    /// `gx`, `ga`, `mx` or `ma`: libc and architecture.
    key: &'static str,
    python: (u8, u8),
    libc_version: Option<(u8, u8)>,
}

impl Cell {
    fn new(python: (u8, u8), libc: Libc, architecture: Architecture) -> Option<Cell> {
        let (key, libc_version) = match (libc, architecture) {
            (Libc::Glibc(version), Architecture::X86_64) => ("gx", version),
            (Libc::Glibc(version), Architecture::Aarch64) => ("ga", version),
            (Libc::Musl(version), Architecture::X86_64) => ("mx", version),
            (Libc::Musl(version), Architecture::Aarch64) => ("ma", version),
            (Libc::Unknown, _) => return None,
        };
        PYTHONS.contains(&python).then_some(Cell { key, python, libc_version })
    }

    /// Whether pip can use the wheels of a row in this place.
    fn accepts(&self, wheels: &Wheels) -> bool {
        let is_here = wheels.cells.split(',').any(|it| it == self.key);
        is_here && wheels.has_python(self.python) && self.accepts_floor(wheels.floor)
    }

    /// `2.17`: a libc at least so new; `any`: none needed; `2.17+any`: a wheel of either kind.
    fn accepts_floor(&self, floor: &str) -> bool {
        if floor.ends_with("any") {
            return true;
        }
        match (self.libc_version, pair(floor)) {
            (Some(libc), Some(floor)) => libc >= floor,
            (None, _) => true,
            (_, None) => false,
        }
    }
}

/// A row of the wheel table: the versions from `first` to `last` have such wheels.
struct Wheels {
    cells: &'static str,
    pythons: &'static str,
    first: &'static str,
    last: &'static str,
    floor: &'static str,
}

impl Wheels {
    fn of(package: Package) -> impl Iterator<Item = Wheels> {
        WHEELS.rows(package.name()).map(|it| {
            let [_, cells, pythons, first, last, floor] = it.columns();
            Wheels { cells, pythons, first, last, floor }
        })
    }

    fn has_python(&self, python: (u8, u8)) -> bool {
        self.pythons().any(|it| it == python)
    }

    fn pythons(&self) -> impl Iterator<Item = (u8, u8)> {
        self.pythons.split(',').filter_map(|it| {
            let (major, minor) = it.split_at_checked(1)?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        })
    }

    fn contains(&self, version: &Version<'_>) -> bool {
        is_between(version, self.first, self.last)
    }
}

fn is_between(version: &Version<'_>, first: &str, last: &str) -> bool {
    parse(first).is_some_and(|it| it <= *version) && parse(last).is_some_and(|it| *version <= it)
}

fn has_usable_wheel(package: Package, version: &Version<'_>, cell: &Cell) -> bool {
    Wheels::of(package).any(|it| cell.accepts(&it) && it.contains(version))
}

fn has_sdist(package: Package, version: &Version<'_>) -> Answer {
    let mut runs = SDISTS.rows(package.name());
    if runs.any(|it| is_between(version, it.column(1), it.column(2))) {
        Answer::Yes
    } else {
        Answer::No
    }
}

/// The version to look at for `version`, which may be newer than all that the table knows.
fn known_version<'a>(package: Package, version: Version<'a>) -> Option<(Version<'a>, bool)> {
    let oldest = parse(package.oldest()?)?;
    let newest = parse(package.newest()?)?;
    if version < oldest {
        return None;
    }
    Some(if version > newest { (newest, true) } else { (version, false) })
}

fn of_listed(package: Package, version: Version<'_>, cell: &Cell) -> Option<WheelAnswer> {
    let (version, is_newer) = known_version(package, version)?;
    let certainty = if is_newer { Certainty::Assumed } else { Certainty::Listed };
    let mut requirements = REQUIRES.rows(package.name());
    let is_excluded = requirements.any(|it| {
        is_between(&version, it.column(1), it.column(2)) && !accepts_python(it, cell.python)
    });
    let wheel = if is_excluded {
        Wheel::Excluded
    } else if has_usable_wheel(package, &version, cell) {
        Wheel::Yes
    } else {
        Wheel::No { has_sdist: has_sdist(package, &version) }
    };
    Some(WheelAnswer { wheel, certainty, version: None })
}

/// What pip chooses if it may choose: the newest version with a usable wheel or a source, among
/// those that accept this Python.
fn newest_listed(package: Package, cell: &Cell) -> Option<WheelAnswer> {
    let accepting: Vec<Run> = REQUIRES
        .rows(package.name())
        .filter(|it| accepts_python(*it, cell.python))
        .filter_map(|it| Run::new(it.column(1), it.column(2)))
        .collect();
    let wheel = Wheels::of(package)
        .filter(|it| cell.accepts(it))
        .filter_map(|it| Run::new(it.first, it.last)?.newest_in(&accepting))
        .max_by(|one, other| one.1.cmp(&other.1));
    let sdist = SDISTS
        .rows(package.name())
        .filter_map(|it| Run::new(it.column(1), it.column(2))?.newest_in(&accepting))
        .max_by(|one, other| one.1.cmp(&other.1));
    let (answer, version) = match (wheel, sdist) {
        (Some(wheel), Some(sdist)) if wheel.1 >= sdist.1 => (Wheel::Yes, Some(wheel.0)),
        (_, Some(sdist)) => (Wheel::No { has_sdist: Answer::Yes }, Some(sdist.0)),
        (Some(wheel), None) => (Wheel::Yes, Some(wheel.0)),
        (None, None) => {
            let has_sdist = Answer::No;
            let is_excluded = accepting.is_empty();
            (if is_excluded { Wheel::Excluded } else { Wheel::No { has_sdist } }, None)
        }
    };
    Some(WheelAnswer { wheel: answer, certainty: Certainty::Assumed, version })
}

/// The versions from one to another, both included.
struct Run {
    low: Version<'static>,
    high: Version<'static>,
    last: &'static str,
}

impl Run {
    fn new(first: &'static str, last: &'static str) -> Option<Run> {
        Some(Run { low: parse(first)?, high: parse(last)?, last })
    }

    /// The newest version that lies in this run and in one of the others.
    fn newest_in(&self, others: &[Run]) -> Option<(&'static str, Version<'static>)> {
        let overlapping = others.iter().filter(|it| it.low <= self.high && self.low <= it.high);
        let highest = overlapping.map(|it| if it.high < self.high { it } else { self });
        highest.map(|it| (it.last, it.high)).max_by(|one, other| one.1.cmp(&other.1))
    }
}

/// Whether the versions of a row of `requires-python.tsv` accept a Python.
fn accepts_python(row: Row, python: (u8, u8)) -> bool {
    let [_, _, _, least, below] = row.columns();
    pair(least).is_none_or(|it| python >= it) && pair(below).is_none_or(|it| python < it)
}

fn of_observed(package: Package, version: Version<'_>, cell: &Cell) -> Option<WheelAnswer> {
    let (version, is_newer) = known_version(package, version)?;
    let certainty = if is_newer { Certainty::Assumed } else { Certainty::Observed };
    let wheel = observed(package, &version, cell)?;
    Some(WheelAnswer { wheel, certainty, version: None })
}

/// The answer for a version that was seen in lock files, or lies between two that were.
///
/// A lock file leaves out wheels for Pythons older than those that its project accepts. So a
/// missing wheel proves something only for Pythons not older than the oldest one seen.
fn observed(package: Package, version: &Version<'_>, cell: &Cell) -> Option<Wheel> {
    if has_usable_wheel(package, version, cell) {
        return Some(Wheel::Yes);
    }
    let here = || Wheels::of(package).filter(|it| it.cells.split(',').any(|it| it == cell.key));
    let with_python = || here().filter(|it| it.has_python(cell.python));
    let lasts = with_python().filter_map(|it| parse(it.last)).filter(|it| it < version);
    let firsts = with_python().filter_map(|it| parse(it.first)).filter(|it| version < it);
    let (before, after) = (lasts.max(), firsts.min());
    // The ends of a row were seen; of what lies between them that is not known.
    let is_seen = |is_there: &dyn Fn(&Version<'_>) -> bool| {
        Wheels::of(package)
            .flat_map(|it| [it.first, it.last])
            .any(|it| parse(it).is_some_and(|it| is_there(&it)))
    };
    let oldest_python =
        Wheels::of(package).filter(|it| it.contains(version)).filter_map(|it| it.pythons().min());
    let has_sdist = has_sdist(package, version);
    match oldest_python.min() {
        Some(oldest) if cell.python < oldest => None,
        Some(_) => {
            let is_without = match (&before, &after) {
                // Between two versions with a wheel lies one that was not seen, not one without.
                (Some(_), Some(_)) => false,
                // One that was seen without lies between this one and the first, or last, with a wheel.
                (Some(before), None) => is_seen(&|it| before < it && it <= version),
                (None, Some(after)) => is_seen(&|it| version <= it && it < after),
                (None, None) => true,
            };
            is_without.then_some(Wheel::No { has_sdist })
        }
        None if has_sdist == Answer::Yes && here().next().is_none() => {
            Some(Wheel::No { has_sdist })
        }
        None => None,
    }
}

fn newest_observed(package: Package, cell: &Cell) -> Option<WheelAnswer> {
    let answer = |wheel, version| {
        Some(WheelAnswer { wheel, certainty: Certainty::Assumed, version: Some(version) })
    };
    let newest = package.newest()?;
    if let Some(wheel) = observed(package, &parse(newest)?, cell) {
        return answer(wheel, newest);
    }
    // The newest version was never seen with this Python: perhaps it does not accept it any more.
    // Then pip takes the last one that does, which is the last one that was seen with it.
    let (last, version) = Wheels::of(package)
        .filter(|it| it.has_python(cell.python))
        .filter_map(|it| Some((it.last, parse(it.last)?)))
        .max_by(|one, other| one.1.cmp(&other.1))?;
    answer(observed(package, &version, cell)?, last)
}

#[cfg(test)]
mod tests;
