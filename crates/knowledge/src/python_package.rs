//! Python packages: names, native code, what building and running them needs from the system.

use std::borrow::Cow;

use crate::names::Names;
use crate::release::Release;
use crate::system_package::Family;
use crate::table::{Row, Table};
use crate::version::parse;

pub(crate) static PACKAGES: Table = Table::new(include_str!("../data/python-packages.tsv"));
pub(crate) static PURE: Table = Table::new(include_str!("../data/pure-packages.tsv"));
pub(crate) static NEEDS: Table = Table::new(include_str!("../data/package-needs.tsv"));
pub(crate) static NOTES: Table = Table::new(include_str!("../data/package-notes.tsv"));
pub(crate) static RUN_TIME_COMPILERS: Table =
    Table::new(include_str!("../data/run-time-compilers.tsv"));
pub(crate) static READ_BULK: Table = Table::new(include_str!("../data/read-bulk.tsv"));
pub(crate) static FAILING: Table = Table::new(include_str!("../data/failing-packages.tsv"));

/// The name of a package as indexes compare it (PEP 503): `Flask_SQLAlchemy` is `flask-sqlalchemy`.
pub fn normalize(name: &str) -> Cow<'_, str> {
    let is_normal = !name.contains("--")
        && name.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-');
    if is_normal {
        return Cow::Borrowed(name);
    }
    let mut normal = String::with_capacity(name.len());
    for character in name.chars() {
        match character {
            '-' | '_' | '.' if normal.ends_with('-') => {}
            '-' | '_' | '.' => normal.push('-'),
            _ => normal.push(character.to_ascii_lowercase()),
        }
    }
    Cow::Owned(normal)
}

/// Whether a package holds code that must be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Native {
    /// Without a wheel, a compiler must be there.
    Yes,
    /// It can; without a compiler the build falls back to pure Python, slower and with fewer features.
    Optional,
    /// It is pure Python: it installs everywhere, from a wheel or not.
    No,
    /// The package is not in the table; most such packages are pure Python.
    Unknown,
}

/// A package that the tables know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    row: Row,
}

/// The package with this name, in any spelling; `None` if nothing is known of it.
pub fn package(name: &str) -> Option<Package> {
    let name = normalize(name);
    PACKAGES.row(&name).or_else(|| PURE.line(&name)).map(|row| Package { row })
}

/// Another package that takes the place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Replacement {
    /// The name of the other package.
    pub name: &'static str,
    /// Whether it is imported under the same name, so that programs need no change.
    pub has_same_import: bool,
}

/// Where what is known of the wheels of a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum WheelSource {
    /// The whole list of files of the project: what is not listed does not exist.
    Index,
    /// Lock files in public repositories: only some versions were seen.
    Locks,
    /// Nothing.
    None,
}

impl Package {
    /// The normalized name.
    pub fn name(self) -> &'static str {
        self.row.column(0)
    }

    /// Whether it holds code that must be compiled.
    pub fn native(self) -> Native {
        match self.row.column(2) {
            "yes" => Native::Yes,
            "optional" => Native::Optional,
            // The table of pure packages holds names alone.
            "no" | "" => Native::No,
            _ => Native::Unknown,
        }
    }

    /// The languages of its native code, where somebody wrote them down: `C`, `C++`, `Fortran`, `Rust`.
    pub fn languages(self) -> impl Iterator<Item = &'static str> {
        self.row.column(3).split(',').filter(|it| !it.is_empty())
    }

    /// The newest version that the table knows.
    pub fn newest(self) -> Option<&'static str> {
        Some(self.row.column(5)).filter(|it| !it.is_empty())
    }

    /// The package that takes its place and needs no compiler, if there is one.
    pub fn replacement(self) -> Option<Replacement> {
        let [.., name, kind] = self.row.columns::<9>();
        let has_same_import = kind == "same-import";
        (!name.is_empty()).then_some(Replacement { name, has_same_import })
    }

    /// A remark about its wheels or its build, for a reader.
    pub fn note(self) -> Option<&'static str> {
        Some(NOTES.row(self.name())?.column(1))
    }

    pub(crate) fn wheel_source(self) -> WheelSource {
        match self.row.column(1) {
            "index" => WheelSource::Index,
            "locks" => WheelSource::Locks,
            _ => WheelSource::None,
        }
    }

    /// The oldest version that the table knows.
    pub(crate) fn oldest(self) -> Option<&'static str> {
        Some(self.row.column(4)).filter(|it| !it.is_empty())
    }

    /// Whether it is known to have no wheel for Linux at all, without a list of its versions.
    pub(crate) fn is_source_only(self) -> bool {
        self.row.column(6) == "sdist-only"
    }
}

/// What a package needs from the system, on top of the official Python image without compilers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Packages to build it from source, compilers included; `None` if that is not known.
    pub build: Option<Names>,
    /// Packages with the shared libraries that such a build links to; `None` if not known.
    pub run: Option<Names>,
    /// Packages that are needed at run time even if it comes as a wheel: a program that it calls
    /// (`graphviz`), a library that it loads (`libgl1`).
    pub always: Names,
    /// Those of `always` without which the import fails for certain, whatever the program does.
    pub to_import: Names,
}

impl Needs {
    /// The names in `build` that are compilers and the C library's headers, not libraries.
    pub fn compilers(&self, family: Family) -> impl Iterator<Item = &'static str> {
        let names = self.build.unwrap_or_default().into_iter();
        names.filter(move |it| {
            crate::system_package::role(family, it) == crate::system_package::Role::Compiler
        })
    }
}

/// What a package needs from the system; `None` if nothing is known of it.
///
/// Without a version, the newest is meant. Names of Debian's libraries depend on the release: those
/// of a release that is not in the table are left out (`run` is `None`).
pub fn needs(
    name: &str,
    version: Option<&str>,
    family: Family,
    release: Option<Release>,
) -> Option<Needs> {
    let package = package(name)?;
    let release = release.map_or("", Release::name);
    let none = Names::new("");
    let mut needs = Needs { build: None, run: None, always: none, to_import: none };
    let version = version.and_then(parse);
    // Rows of one kind are sorted by the version from which they hold, and one without a release is
    // before one with it, so the last row that applies counts. Versions with two digits in a place
    // would break the order; a test guards it.
    for row in NEEDS.rows(package.name()) {
        let [_, manager, kind, row_release, since, names] = row.columns();
        let is_old_enough = || match (version, parse(since)) {
            (Some(version), Some(since)) => version >= since,
            _ => true,
        };
        if manager != family.key()
            || !(row_release.is_empty() || row_release == release)
            || !(since.is_empty() || is_old_enough())
        {
            continue;
        }
        match kind {
            "build" => needs.build = Some(Names::new(names)),
            "run" => needs.run = Some(Names::new(names)),
            "wheel" => needs.always = Names::new(names),
            "import" => needs.to_import = Names::new(names),
            _ => {}
        }
    }
    Some(needs)
}

/// A package that calls a compiler when the program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunTimeCompiler {
    /// Whether it always does, or only if the program uses a certain feature.
    pub always: bool,
    /// When and why, as the end of a sentence that begins with the name of the package.
    pub reason: &'static str,
}

/// Whether a package compiles code at run time, so that the compiler must stay.
pub fn compiles_at_run_time(name: &str) -> Option<RunTimeCompiler> {
    let name = normalize(name);
    // One wheel per CUDA version: `cupy-cuda12x`.
    let name = if name.starts_with("cupy-cuda") { "cupy" } else { &name };
    let row = RUN_TIME_COMPILERS.row(name)?;
    Some(RunTimeCompiler { always: row.column(1) == "always", reason: row.column(2) })
}

/// A package that cannot be installed anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failing {
    /// The package to write instead; it is imported under the same name.
    pub replacement: &'static str,
    /// The variable that, set to anything, lets it be installed all the same.
    pub variable: Option<&'static str>,
    /// Why, as a clause about it.
    pub reason: &'static str,
}

/// Whether the usual index has nothing under this name that installs: for all versions, or for the newest where none is
/// asked for.
pub fn failing(name: &str, version: Option<&str>) -> Option<Failing> {
    let [_, versions, replacement, variable, reason] = FAILING.row(&normalize(name))?.columns();
    let variable = Some(variable).filter(|it| !it.is_empty());
    let is_meant = versions == "all" || version.is_none();
    is_meant.then_some(Failing { replacement, variable, reason })
}

/// What a program rarely reads of an installed package, and some packages do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bulk {
    /// A directory named `tests`.
    Tests,
    /// C and Cython sources, headers, static libraries.
    Sources,
}

/// A folder of installed files that are read when the program runs although most of their kind never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadBulk {
    /// What lies there and is read.
    pub bulk: Bulk,
    /// The folder below `site-packages` as a pattern of `find`, such as `astropy/tests` or `warp/native/*`.
    pub folder: &'static str,
    /// What reads it, as a sentence without its full stop.
    pub reason: &'static str,
}

/// The folders with tests or sources that must stay for a package to work: its own, and those of packages that come
/// with it. `name` may have an extra: `pandas[performance]`.
pub fn read_bulk(name: &str) -> impl Iterator<Item = ReadBulk> {
    let key = match name.split_once('[') {
        Some((name, extra)) => format!("{}[{extra}", normalize(name)),
        // Each database has a package of its own: `dbt-postgres`.
        None if name.starts_with("dbt-") => "dbt-core".to_owned(),
        None => normalize(name).into_owned(),
    };
    READ_BULK.rows(&key).collect::<Vec<_>>().into_iter().map(|row| ReadBulk {
        bulk: if row.column(1) == "tests" { Bulk::Tests } else { Bulk::Sources },
        folder: row.column(2),
        reason: row.column(3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Distribution;
    use crate::release::release;

    #[test]
    fn names_are_normalized() {
        for (written, normal) in [
            ("psycopg2", "psycopg2"),
            ("Flask_SQLAlchemy", "flask-sqlalchemy"),
            ("zope.interface", "zope-interface"),
            ("a._-b", "a-b"),
            ("a--b", "a-b"),
        ] {
            assert_eq!(normalize(written), normal);
        }
    }

    #[test]
    fn packages_are_found_in_any_spelling() {
        let package = package("PyYAML").unwrap();
        assert_eq!((package.name(), package.native()), ("pyyaml", Native::Optional));
        let native = |name: &str| super::package(name).map_or(Native::Unknown, Package::native);
        assert_eq!(native("numpy"), Native::Yes);
        assert_eq!(native("gunicorn"), Native::No);
        assert_eq!(native("Flask"), Native::No);
        assert_eq!(native("my-company-tool"), Native::Unknown);
    }

    #[test]
    fn replacements_say_whether_programs_change() {
        let replacement = |name: &str| package(name).unwrap().replacement();
        let same = Replacement { name: "psycopg2-binary", has_same_import: true };
        assert_eq!(replacement("psycopg2"), Some(same));
        let other = Replacement { name: "pymysql", has_same_import: false };
        assert_eq!(replacement("mysqlclient"), Some(other));
        assert_eq!(replacement("numpy"), None);
    }

    #[test]
    fn needs_follow_family_release_and_version() {
        let bookworm = release(Distribution::Debian, "bookworm");
        let trixie = release(Distribution::Debian, "trixie");
        let needs = |name: &str, version, family, release| {
            let needs = needs(name, version, family, release).unwrap();
            (needs.build.map(Names::as_str), needs.run.map(Names::as_str), needs.always.as_str())
        };
        assert_eq!(
            needs("psycopg2", Some("2.9.9"), Family::Apt, bookworm),
            (Some("gcc libc6-dev libpq-dev"), Some("libpq5"), "")
        );
        assert_eq!(
            needs("psycopg2", None, Family::Apk, None),
            (Some("gcc musl-dev libpq-dev"), Some("libpq"), "")
        );
        assert_eq!(
            needs("psycopg2", None, Family::Rpm, None),
            (Some("gcc glibc-devel libpq-devel"), Some("libpq"), "")
        );
        assert_eq!(
            needs("cryptography", Some("3.3.2"), Family::Apt, trixie),
            (Some("gcc libc6-dev libffi-dev libssl-dev"), Some("libssl3t64"), "")
        );
        let newest = "gcc libc6-dev libssl-dev libffi-dev cargo pkg-config";
        assert_eq!(needs("cryptography", None, Family::Apt, None), (Some(newest), None, ""));
        assert_eq!(needs("opencv-python", None, Family::Apt, bookworm).2, "libgl1 libglib2.0-0");
        assert_eq!(needs("opencv-python", None, Family::Apt, trixie).2, "libgl1 libglib2.0-0t64");
        assert!(super::needs("my-company-tool", None, Family::Apt, None).is_none());
    }

    #[test]
    fn compilers_are_told_from_libraries() {
        let needs = needs("mysqlclient", None, Family::Apt, None).unwrap();
        let compilers: Vec<&str> = needs.compilers(Family::Apt).collect();
        assert_eq!(compilers, ["gcc", "libc6-dev"]);
    }

    #[test]
    fn what_never_installs_is_known() {
        assert_eq!(failing("PIL", Some("1.1.7")).unwrap().replacement, "pillow");
        assert_eq!(failing("sklearn", None).unwrap().replacement, "scikit-learn");
        // It has no code, but it installs.
        assert!(failing("sklearn", Some("0.0")).is_none());
        assert!(failing("bs4", None).is_none());
    }

    #[test]
    fn tests_and_sources_that_are_read_are_known() {
        let folders = |name: &str| read_bulk(name).map(|it| it.folder).collect::<Vec<_>>();
        assert_eq!(folders("astropy"), ["astropy/tests"]);
        assert_eq!(folders("Warp_Lang"), ["warp/native/*"]);
        assert_eq!(folders("pandas[performance]"), ["bottleneck/tests"]);
        assert!(folders("pandas").is_empty());
        assert!(read_bulk("tables").all(|it| it.bulk == Bulk::Tests));
    }

    #[test]
    fn compiling_at_run_time_is_known() {
        assert!(compiles_at_run_time("cmdstanpy").unwrap().always);
        assert!(!compiles_at_run_time("torch").unwrap().always);
        assert!(compiles_at_run_time("cupy-cuda12x").is_some());
        assert!(compiles_at_run_time("numpy").is_none());
    }
}
