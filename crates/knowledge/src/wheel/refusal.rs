//! Why pip stops at a version of a package: it does not accept the Python, or has no file for it.

use crate::image::{Answer, Libc};
use crate::python_package::{WheelSource, package};
use crate::table::pair;
use crate::version::parse;

use super::{
    Architecture, Cell, REQUIRES, Wheels, accepts_python, has_sdist, is_between, known_version,
};

/// Why nothing of a version can be installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Its `Requires-Python` leaves this Python out: the least that it accepts, and the one from which on it does not.
    Python {
        /// The least Python.
        least: Option<(u8, u8)>,
        /// The Python from which on it is refused.
        below: Option<(u8, u8)>,
    },
    /// It has no source distribution, and wheels for these Pythons only, in order.
    NoFile {
        /// The Pythons.
        pythons: Vec<(u8, u8)>,
    },
}

/// Why pip finds nothing of this version to install in a place; `None` where it finds something, or where that is not
/// certain: only packages whose files are all listed, and versions that the table knows, are looked at.
pub fn refusal(
    name: &str,
    version: &str,
    python: (u8, u8),
    libc: Libc,
    architecture: Architecture,
) -> Option<Refusal> {
    let package = package(name).filter(|it| it.wheel_source() == WheelSource::Index)?;
    let cell = Cell::new(python, libc, architecture)?;
    let version = parse(version).filter(|it| it.is_stable() && !it.is_local())?;
    let (version, is_newer) = known_version(package, version)?;
    if is_newer {
        return None;
    }
    let mut rows = REQUIRES.rows(package.name());
    let is_excluding = |it: &crate::table::Row| {
        is_between(&version, it.column(1), it.column(2)) && !accepts_python(*it, python)
    };
    if let Some(row) = rows.find(is_excluding) {
        return Some(Refusal::Python { least: pair(row.column(3)), below: pair(row.column(4)) });
    }
    if has_sdist(package, &version) == Answer::Yes {
        return None;
    }
    let here = || Wheels::of(package).filter(|it| it.contains(&version));
    if here().any(|it| cell.accepts(&it)) {
        return None;
    }
    let on_this_platform = here().filter(|it| it.cells.split(',').any(|it| it == cell.key));
    let mut pythons: Vec<(u8, u8)> =
        on_this_platform.flat_map(|it| it.pythons().collect::<Vec<_>>()).collect();
    pythons.sort_unstable();
    pythons.dedup();
    // Where its own Python is among them, it is the C library that is too old.
    (!pythons.is_empty() && !pythons.contains(&python)).then_some(Refusal::NoFile { pythons })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pip_refuses_says_why() {
        let glibc = Libc::Glibc(Some((2, 36)));
        let on = |name, version, python| {
            refusal(name, version, python, glibc, Architecture::X86_64).map(|it| match it {
                Refusal::Python { least, below } => format!("{least:?} {below:?}"),
                Refusal::NoFile { pythons } => format!("{pythons:?}"),
            })
        };
        for (name, version, python, expected) in [
            ("numpy", "2.3.0", (3, 9), Some("Some((3, 11)) None")),
            ("numpy", "2.3.0", (3, 12), None),
            // Its source distribution is compiled.
            ("numpy", "1.26.4", (3, 13), None),
            ("tensorflow", "2.15.0", (3, 13), Some("[(3, 9), (3, 10), (3, 11)]")),
            ("tensorflow", "2.15.0", (3, 11), None),
            ("tensorflow", "99.0", (3, 11), None),
            ("six", "1.16.0", (3, 13), None),
            ("never-heard-of", "1.0", (3, 13), None),
        ] {
            assert_eq!(on(name, version, python).as_deref(), expected, "{name} {version}");
        }
    }
}
