//! Tests of the tables themselves: their form, and that every row is reached by its question.

use crate::date::Date;
use crate::image::{
    Answer, Basis, Distribution, IMAGES, Libc, PYTHON_PIPS, PYTHON_TAGS, Python, User, image,
    pip_version,
};
use crate::names::Names;
use crate::python_package::{
    FAILING, NEEDS, NOTES, Native, PACKAGES, PURE, READ_BULK, RUN_TIME_COMPILERS,
    compiles_at_run_time, failing, needs, normalize, package, read_bulk,
};
use crate::python_size::{WHEEL_SIZES, wheel_size};
use crate::release::{PYTHONS, RELEASES, python_release, release};
use crate::size::DEBIAN;
use crate::system_package::{
    ALPINE_RUNTIME, AVAILABILITY, Availability, DEBIAN_RUNTIME, Family, ROLES, RPM_RUNTIME, Role,
    availability, role, runtime_of,
};
use crate::table::{Row, Table, pair};
use crate::version::parse;
use crate::wheel::{Architecture, REQUIRES, SDISTS, WHEELS, Wheel, has_wheel};

/// Each table with its number of columns and of rows. The numbers of rows are typed by a person: a
/// refresh that loses half of a table must not pass unseen.
const TABLES: [(&str, Table, usize, usize); 22] = [
    ("alpine-runtime.tsv", ALPINE_RUNTIME, 3, 242),
    ("debian-availability.tsv", AVAILABILITY, 4, 1499),
    ("debian-runtime.tsv", DEBIAN_RUNTIME, 3, 1145),
    ("debian-packages.tsv", DEBIAN, 9, 6340),
    ("failing-packages.tsv", FAILING, 5, 3),
    ("images.tsv", IMAGES, 8, 535),
    ("package-needs.tsv", NEEDS, 6, 1801),
    ("package-notes.tsv", NOTES, 2, 183),
    ("pure-packages.tsv", PURE, 1, 1016),
    ("python-image-pip.tsv", PYTHON_PIPS, 2, 144),
    ("python-packages.tsv", PACKAGES, 9, 585),
    ("python-releases.tsv", PYTHONS, 4, 18),
    ("python-tags.tsv", PYTHON_TAGS, 5, 3106),
    ("read-bulk.tsv", READ_BULK, 4, 37),
    ("releases.tsv", RELEASES, 9, 125),
    ("requires-python.tsv", REQUIRES, 5, 373),
    ("rpm-runtime.tsv", RPM_RUNTIME, 2, 86),
    ("run-time-compilers.tsv", RUN_TIME_COMPILERS, 3, 34),
    ("sdists.tsv", SDISTS, 3, 490),
    ("system-package-roles.tsv", ROLES, 3, 713),
    ("wheel-sizes.tsv", WHEEL_SIZES, 7, 1544),
    ("wheels.tsv", WHEELS, 6, 4047),
];

/// All bytes of the tables together; they are a part of the program that everybody downloads.
const MOST_BYTES: usize = 1_150_000;

#[test]
fn tables_are_sorted_unique_ascii_and_have_their_columns() {
    let mut bytes = 0;
    for (name, table, columns, rows) in TABLES {
        let lines: Vec<&str> = table.lines().collect();
        assert_eq!(lines.len(), rows, "number of rows of {name}");
        for line in &lines {
            assert_eq!(line.split('\t').count(), columns, "columns of {name}: {line}");
            assert!(
                line.bytes().all(|it| it == b'\t' || (b' '..=b'~').contains(&it)),
                "{name}: {line}"
            );
            assert!(line.split('\t').all(|it| it.trim() == it), "spaces in {name}: {line}");
            bytes += line.len() + 1;
        }
        for pair in lines.windows(2) {
            assert!(pair[0] < pair[1], "order of {name}: {} before {}", pair[0], pair[1]);
        }
    }
    assert!(bytes < MOST_BYTES, "{bytes} bytes");
}

fn one_of(row: Row, column: usize, words: &[&str]) {
    assert!(words.contains(&row.column(column)), "column {column} of {row:?}");
}

fn date_or_nothing(row: Row, column: usize) {
    let text = row.column(column);
    assert!(text.is_empty() || Date::parse(text).is_some(), "date in column {column} of {row:?}");
}

fn names(row: Row, column: usize) -> Names {
    let names = Names::new(row.column(column));
    let text = names.iter().collect::<Vec<_>>().join(" ");
    assert_eq!(text, row.column(column), "single spaces between names in {row:?}");
    names
}

#[test]
fn releases_are_reached_and_parse() {
    for row in RELEASES.all() {
        let distribution = Distribution::from_key(row.column(0));
        assert_ne!(distribution, Distribution::Unknown, "{row:?}");
        let found = release(distribution, row.column(1)).unwrap();
        assert_eq!(found.name(), row.column(1));
        assert!(release(distribution, row.column(2)).is_some(), "{row:?}");
        (3..=5).for_each(|it| date_or_nothing(row, it));
        assert!(row.column(6).is_empty() || found.libc_version().is_some(), "{row:?}");
        assert!(row.column(7).is_empty() || found.system_python().is_some(), "{row:?}");
        one_of(row, 8, &["yes", "no"]);
    }
    for row in PYTHONS.all() {
        let version = pair(row.column(0)).unwrap();
        assert!(python_release(version).unwrap().end_of_life().is_some(), "{row:?}");
        (1..=3).for_each(|it| date_or_nothing(row, it));
    }
}

#[test]
fn images_are_reached_and_parse() {
    for row in IMAGES.all() {
        let [repository, distribution, release_name, style, python, compiler, user, variables] =
            row.columns();
        let (name, tag) = match repository.split_once(':') {
            Some((name, tag)) => (name, Some(tag)),
            None => (repository, None),
        };
        let found = image(name, tag);
        assert_eq!(found.basis, Basis::Table, "{row:?}");
        assert!(
            distribution.is_empty()
                || Distribution::from_key(distribution) != Distribution::Unknown,
            "{row:?}"
        );
        if !release_name.is_empty() {
            let known = release(Distribution::from_key(distribution), release_name);
            assert!(known.is_some(), "{row:?}");
        }
        one_of(
            row,
            3,
            &[
                "",
                "release",
                "language",
                "buildpack",
                "cuda",
                "minimal",
                "micro",
                "distroless",
                "chainguard",
                "by-tag",
            ],
        );
        let styles = [
            "",
            "official",
            "tag",
            "token",
            "official-tag",
            "official-token",
            "lambda",
            "uv",
            "conda",
            "system",
            "pypy",
            "wolfi",
            "none",
        ];
        assert!(styles.contains(&python) || pair(python).is_some(), "{row:?}");
        let variants = ["none", "full", "slim", "alpine", "devel", ""];
        assert!(compiler.split(',').all(|it| variants.contains(&it)), "{row:?}");
        assert_eq!(found.user == User::Unknown, user.is_empty() && python != "official", "{row:?}");
        assert_eq!(found.environment.iter().count(), names_in(variables), "{row:?}");
        if style == "release" {
            assert_ne!(found.distribution, Distribution::Unknown, "{row:?}");
        }
    }
}

fn names_in(text: &'static str) -> usize {
    Names::new(text).iter().count()
}

#[test]
fn python_tags_are_reached_and_parse() {
    for row in PYTHON_TAGS.all() {
        let found = image("python", Some(row.column(0)));
        assert!(matches!(found.python, Python::Present { version: Some(_), .. }), "{row:?}");
        assert!(matches!(found.libc, Libc::Glibc(_) | Libc::Musl(_)), "{row:?}");
        assert_ne!(found.has_compiler, Answer::Unknown, "{row:?}");
        let is_onbuild = row.column(0).contains("onbuild");
        assert!(found.release.is_some() || is_onbuild, "{row:?}");
        (3..=4).for_each(|it| date_or_nothing(row, it));
    }
    for row in PYTHON_PIPS.all() {
        let pip = pip_version(row.column(0)).unwrap();
        assert!(parse(pip).is_some(), "{row:?}");
    }
}

#[test]
fn system_packages_are_reached_and_parse() {
    let family = |key: &str| match key {
        "apt" => Family::Apt,
        "apk" => Family::Apk,
        _ => Family::Rpm,
    };
    for row in ROLES.all() {
        one_of(row, 0, &["apt", "apk", "rpm"]);
        one_of(row, 2, &["compiler", "build-tool", "header", "runtime"]);
        let expected = match row.column(2) {
            "compiler" => Role::Compiler,
            "build-tool" => Role::BuildTool,
            "header" => Role::Header,
            _ => Role::Runtime,
        };
        assert_eq!(role(family(row.column(0)), row.column(1)), expected, "{row:?}");
    }
    for row in DEBIAN_RUNTIME.all() {
        let release = release(Distribution::Debian, row.column(1));
        let found = runtime_of(Distribution::Debian, release, row.column(0));
        assert_eq!(found, Some(names(row, 2)), "{row:?}");
    }
    for row in ALPINE_RUNTIME.all() {
        let since = Some(row.column(1)).filter(|it| !it.is_empty()).unwrap_or("3.19");
        let release = release(Distribution::Alpine, since);
        assert!(release.is_some(), "{row:?}");
        let found = runtime_of(Distribution::Alpine, release, row.column(0));
        assert_eq!(found, Some(names(row, 2)), "{row:?}");
    }
    for row in RPM_RUNTIME.all() {
        let found = runtime_of(Distribution::Fedora, None, row.column(0));
        assert_eq!(found, Some(names(row, 1)), "{row:?}");
    }
    let releases = ["bullseye", "bookworm", "trixie"];
    for row in AVAILABILITY.all() {
        for name in releases {
            let release = release(Distribution::Debian, name).unwrap();
            assert_ne!(availability(release, row.column(0)), Availability::Unknown, "{row:?}");
        }
    }
    for row in DEBIAN.all() {
        one_of(row, 1, &releases);
        one_of(row, 2, &["", "base", "slim", "full"]);
        assert_eq!(DEBIAN.row_of_two(row.column(0), row.column(1)), Some(row));
        assert!((3..=6).all(|it| row.column(it).parse::<u32>().is_ok()), "{row:?}");
        for name in names(row, 7).iter().chain(names(row, 8).iter()) {
            assert!(DEBIAN.row_of_two(name, row.column(1)).is_some(), "{name} of {row:?}");
        }
    }
}

#[test]
fn python_packages_are_reached_and_parse() {
    for row in PACKAGES.all() {
        assert_eq!(normalize(row.column(0)), row.column(0));
        let found = package(row.column(0)).unwrap();
        one_of(row, 1, &["index", "locks", "none"]);
        assert_ne!(found.native(), Native::Unknown, "{row:?}");
        for language in found.languages() {
            assert!(["C", "C++", "Fortran", "Rust"].contains(&language), "{row:?}");
        }
        for bound in [4, 5] {
            let is_known = parse(row.column(bound)).is_some();
            assert_eq!(is_known, row.column(1) != "none", "{row:?}");
        }
        one_of(row, 6, &["", "sdist-only"]);
        one_of(row, 8, &["", "same-import", "other-import"]);
        assert_eq!(row.column(7).is_empty(), row.column(8).is_empty(), "{row:?}");
    }
    for row in PURE.all() {
        assert_eq!(normalize(row.column(0)), row.column(0));
        assert!(PACKAGES.row(row.column(0)).is_none(), "{row:?} is in both tables");
        assert_eq!(package(row.column(0)).map(|it| it.native()), Some(Native::No), "{row:?}");
    }
    for row in NOTES.all() {
        assert_eq!(package(row.column(0)).unwrap().note(), Some(row.column(1)));
    }
    for row in FAILING.all() {
        one_of(row, 1, &["all", "newest"]);
        let found = failing(row.column(0), None).unwrap();
        assert!(package(found.replacement).is_some() && !found.reason.is_empty(), "{row:?}");
    }
    for row in RUN_TIME_COMPILERS.all() {
        one_of(row, 1, &["always", "sometimes"]);
        let found = compiles_at_run_time(row.column(0)).unwrap();
        assert_eq!(found.reason, row.column(2));
    }
    for row in READ_BULK.all() {
        one_of(row, 1, &["sources", "tests"]);
        let mut found = read_bulk(row.column(0));
        assert!(
            found.any(|it| (it.folder, it.reason) == (row.column(2), row.column(3))),
            "{row:?}"
        );
    }
}

#[test]
fn wheel_sizes_are_reached_and_parse() {
    for row in WHEEL_SIZES.all() {
        let [title, version, wheel, files, bytecode, everywhere, on_x86] = row.columns();
        let (name, extra) = title.split_once('[').unwrap_or((title, ""));
        assert_eq!(normalize(name), name, "{row:?}");
        assert!(parse(version).is_some(), "{row:?}");
        let needs = names_of(everywhere).chain(names_of(on_x86));
        if !extra.is_empty() {
            assert!(extra.ends_with(']') && wheel.is_empty() && files.is_empty(), "{row:?}");
            // An extra is known only with all that it brings.
            assert!(needs.clone().all(|it| WHEEL_SIZES.row(it).is_some()), "{row:?}");
            assert!(WHEEL_SIZES.row(name).is_some(), "{row:?}");
            continue;
        }
        let number = |text: &str| text.trim_start_matches('~').parse::<u64>().unwrap();
        let found = wheel_size(name, Some(version)).unwrap();
        assert_eq!(found.wheel, number(wheel) * 1000, "{row:?}");
        assert_eq!(found.installed(true), (number(files) + number(bytecode)) * 1000, "{row:?}");
        // Nothing is compressed to a hundredth, and nothing grows.
        assert!(found.files + 2000 >= found.wheel / 2, "{row:?}");
        assert_eq!(files.starts_with('~'), bytecode.starts_with('~'), "{row:?}");
    }
}

fn names_of(text: &'static str) -> impl Iterator<Item = &'static str> + Clone {
    text.split(' ').filter(|it| !it.is_empty())
}

#[test]
fn needs_are_reached_and_parse() {
    for row in NEEDS.all() {
        let [name, manager, kind, release_name, since, _] = row.columns();
        let family = match manager {
            "apt" => Family::Apt,
            "apk" => Family::Apk,
            other => {
                assert_eq!(other, "rpm", "{row:?}");
                Family::Rpm
            }
        };
        // A row without a release or version is hidden by a more exact one; ask for what it serves.
        let release_name = if release_name.is_empty() { "buster" } else { release_name };
        let release = release(Distribution::Debian, release_name);
        let version = if since.is_empty() { "0.0.1" } else { since };
        let found = needs(name, Some(version), family, release).unwrap();
        let found = match kind {
            "build" => found.build,
            "run" => found.run,
            "wheel" => Some(found.always),
            "import" => Some(found.to_import),
            _ => None,
        };
        assert_eq!(found, Some(names(row, 5)), "{row:?}");
        // `needs` takes the last row that applies, so the order of bytes must be that of versions.
        assert!(since.is_empty() || since.split('.').all(|it| it.len() == 1), "{row:?}");
    }
}

#[test]
fn wheels_are_reached_and_parse() {
    for row in SDISTS.all().chain(REQUIRES.all()) {
        assert!(package(row.column(0)).is_some(), "{row:?}");
        assert!(parse(row.column(1)).unwrap() <= parse(row.column(2)).unwrap(), "{row:?}");
    }
    for row in REQUIRES.all() {
        for bound in [3, 4] {
            assert!(row.column(bound).is_empty() || pair(row.column(bound)).is_some(), "{row:?}");
        }
    }
    for row in WHEELS.all() {
        let [name, cells, pythons, first, last, floor] = row.columns();
        assert!(parse(first).unwrap() <= parse(last).unwrap(), "{row:?}");
        assert!(floor == "any" || pair(floor.trim_end_matches("+any")).is_some(), "{row:?}");
        for cell in cells.split(',') {
            let architecture =
                if cell.ends_with('x') { Architecture::X86_64 } else { Architecture::Aarch64 };
            let libc = match cell.split_at(1).0 {
                "g" => Libc::Glibc(Some((2, 99))),
                _ => Libc::Musl(Some((1, 99))),
            };
            // The first and the last will do: a test of each takes seconds.
            for python in pythons.split(',').take(1).chain(pythons.split(',').next_back()) {
                let (major, minor) = python.split_at(1);
                let python = (major.parse().unwrap(), minor.parse().unwrap());
                for version in [first, last] {
                    let found = has_wheel(name, Some(version), python, libc, architecture).wheel;
                    // A pure wheel fits every Python, but its version may refuse this one.
                    let is_fine = found == Wheel::Yes || found == Wheel::Excluded;
                    assert!(is_fine, "{found:?} for {python:?}, {cell}: {row:?}");
                }
            }
        }
    }
}
