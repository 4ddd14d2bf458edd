//! Releases of distributions and of Python: when they end, and what they bring.

use crate::date::Date;
use crate::image::{Distribution, Libc};
use crate::table::{Row, Table, pair};

pub(crate) static RELEASES: Table = Table::new(include_str!("../data/releases.tsv"));
pub(crate) static PYTHONS: Table = Table::new(include_str!("../data/python-releases.tsv"));

/// A release of a distribution, such as Debian bookworm or Alpine 3.19.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    row: Row,
}

impl Release {
    /// The name as tags write it: `bookworm`, `jammy`, `3.19`, `9`.
    pub fn name(self) -> &'static str {
        self.row.column(1)
    }

    /// The version number: `12`, `22.04`, `3.19`, `9`.
    pub fn version(self) -> &'static str {
        self.row.column(2)
    }

    /// The day it came out.
    pub fn released(self) -> Option<Date> {
        Date::parse(self.row.column(3))
    }

    /// The day after which the distribution itself makes no more security updates.
    pub fn end_of_life(self) -> Option<Date> {
        Date::parse(self.row.column(4))
    }

    /// The end of long-term support, by other people (Debian LTS) or for money (Ubuntu ESM).
    pub fn long_term_end(self) -> Option<Date> {
        Date::parse(self.row.column(5))
    }

    /// The version of glibc or musl.
    pub fn libc_version(self) -> Option<(u8, u8)> {
        pair(self.row.column(6))
    }

    /// The Python that the distribution's own `python3` package installs.
    pub fn system_python(self) -> Option<(u8, u8)> {
        pair(self.row.column(7))
    }

    /// The day after which nobody repairs its security holes for everyone: the end of long-term support for Debian,
    /// whose images get those updates without a change, else the end of life.
    pub fn end_of_support(self) -> Option<Date> {
        let is_debian = self.row.column(0) == "debian";
        self.long_term_end().filter(|_| is_debian).or(self.end_of_life())
    }

    /// Whether pip refuses to install into the distribution's own Python (PEP 668).
    pub fn is_externally_managed(self) -> bool {
        self.row.column(8) == "yes"
    }
}

/// The release of a distribution with this name (`bookworm`, `22.04`, `3.19`, `12`).
///
/// Point releases and channel names (`stable`, `12.5`) are not read here: [`crate::image::image`] does.
pub fn release(distribution: Distribution, name: &str) -> Option<Release> {
    let family = distribution.key();
    let row = RELEASES.row_of_two(family, name).or_else(|| {
        // Only Debian and Ubuntu have numbers beside their names, and numbers begin with a digit.
        let is_number = name.starts_with(|it: char| it.is_ascii_digit());
        is_number.then(|| RELEASES.rows(family).find(|it| it.column(2) == name))?
    })?;
    Some(Release { row })
}

/// The releases of a distribution, the oldest first.
pub fn releases(distribution: Distribution) -> Vec<Release> {
    let mut res: Vec<Release> =
        RELEASES.rows(distribution.key()).map(|row| Release { row }).collect();
    res.sort_by_key(|it| number(it.version()));
    res
}

/// Version numbers in the order of their parts.
fn number(version: &str) -> (u16, u16) {
    let mut parts = version.split('.').map(|it| it.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}

/// The libc of a distribution, with its version if the release is known.
pub(crate) fn libc(distribution: Distribution, release: Option<Release>) -> Libc {
    let version = release.and_then(Release::libc_version);
    match distribution {
        Distribution::Alpine => Libc::Musl(version),
        Distribution::Debian
        | Distribution::Ubuntu
        | Distribution::Fedora
        | Distribution::RedHat
        | Distribution::CentOs
        | Distribution::Rocky
        | Distribution::Alma
        | Distribution::Oracle
        | Distribution::Amazon
        | Distribution::Suse
        | Distribution::Arch
        | Distribution::Wolfi
        | Distribution::Photon
        | Distribution::AzureLinux => Libc::Glibc(version),
        Distribution::BusyBox
        | Distribution::Scratch
        | Distribution::Windows
        | Distribution::Unknown => Libc::Unknown,
    }
}

/// A feature release of Python, such as 3.12.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PythonRelease {
    row: Row,
}

impl PythonRelease {
    /// The day it came out, or will.
    pub fn released(self) -> Option<Date> {
        Date::parse(self.row.column(1))
    }

    /// The day after which only security is repaired.
    pub fn end_of_bug_fixes(self) -> Option<Date> {
        Date::parse(self.row.column(2))
    }

    /// The day after which nothing is repaired.
    pub fn end_of_life(self) -> Option<Date> {
        Date::parse(self.row.column(3))
    }
}

/// The feature releases of Python that are out and not at their end on a day, the oldest first.
pub fn supported_pythons(today: Date) -> Vec<(u8, u8)> {
    let is_supported = |it: &PythonRelease| {
        it.released().is_some_and(|it| it <= today) && it.end_of_life().is_some_and(|it| today < it)
    };
    let supported = PYTHONS.all().filter(|row| is_supported(&PythonRelease { row: *row }));
    let mut res: Vec<(u8, u8)> = supported.filter_map(|it| pair(it.column(0))).collect();
    res.sort_unstable();
    res
}

/// The dates of a feature release of Python, by major and minor number.
pub fn python_release(version: (u8, u8)) -> Option<PythonRelease> {
    // The table has some twenty rows, so building a key would cost more than looking at each.
    PYTHONS.all().find(|it| pair(it.column(0)) == Some(version)).map(|row| PythonRelease { row })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_found_by_name_and_by_number() {
        let bookworm = release(Distribution::Debian, "bookworm").unwrap();
        assert_eq!(release(Distribution::Debian, "12"), Some(bookworm));
        assert_eq!(bookworm.end_of_life(), Date::parse("2026-07-11"));
        assert_eq!(bookworm.long_term_end(), Date::parse("2028-06-30"));
        assert_eq!(bookworm.libc_version(), Some((2, 36)));
        assert_eq!(bookworm.system_python(), Some((3, 11)));
        assert!(bookworm.is_externally_managed());
        let focal = release(Distribution::Ubuntu, "20.04").unwrap();
        assert_eq!((focal.name(), focal.end_of_life()), ("focal", Date::parse("2025-05-31")));
        assert_eq!(release(Distribution::Alpine, "3.12").unwrap().libc_version(), Some((1, 1)));
        assert_eq!(release(Distribution::Debian, "3.12"), None);
    }

    #[test]
    fn python_releases_have_dates() {
        let python = python_release((3, 9)).unwrap();
        assert_eq!(python.end_of_life(), Date::parse("2025-10-31"));
        assert_eq!(python.released(), Date::parse("2020-10-05"));
        assert!(python_release((3, 99)).is_none());
    }
}
