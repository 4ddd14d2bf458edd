//! Wheels of packages that were looked up by hand.

use super::*;

const BOOKWORM: Libc = Libc::Glibc(Some((2, 36)));
const BULLSEYE: Libc = Libc::Glibc(Some((2, 31)));
const CENTOS_7: Libc = Libc::Glibc(Some((2, 17)));
const ALPINE: Libc = Libc::Musl(Some((1, 2)));
const OLD_ALPINE: Libc = Libc::Musl(Some((1, 1)));
const COMPILES: Wheel = Wheel::No { has_sdist: Answer::Yes };
const FAILS: Wheel = Wheel::No { has_sdist: Answer::No };

fn on_x86_64(name: &str, version: &str, python: (u8, u8), libc: Libc) -> Wheel {
    let version = Some(version).filter(|it| !it.is_empty());
    has_wheel(name, version, python, libc, Architecture::X86_64).wheel
}

#[test]
fn wheels_depend_on_version_python_and_libc() {
    for (name, version, python, libc, expected) in [
        ("numpy", "2.2.6", (3, 12), BOOKWORM, Wheel::Yes),
        ("numpy", "2.2.6", (3, 12), ALPINE, Wheel::Yes),
        ("numpy", "1.24.4", (3, 12), BOOKWORM, COMPILES),
        ("numpy", "1.24.4", (3, 9), BOOKWORM, Wheel::Yes),
        ("numpy", "1.24.4", (3, 9), ALPINE, COMPILES),
        ("numpy", "2.2.6", (3, 9), BOOKWORM, Wheel::Excluded),
        ("numpy", "2.3.0", (3, 12), CENTOS_7, COMPILES),
        ("numpy", "2.2.6", (3, 12), OLD_ALPINE, COMPILES),
        ("psycopg2", "2.9.9", (3, 12), BOOKWORM, COMPILES),
        ("psycopg2-binary", "2.9.9", (3, 12), ALPINE, Wheel::Yes),
        ("psycopg2-binary", "2.9.2", (3, 9), ALPINE, COMPILES),
        ("mysqlclient", "2.2.4", (3, 12), BOOKWORM, COMPILES),
        ("torch", "2.4.0", (3, 12), BOOKWORM, Wheel::Yes),
        ("torch", "2.4.0", (3, 12), ALPINE, FAILS),
        ("scikit-learn", "1.5.0", (3, 12), ALPINE, COMPILES),
        ("dlib", "19.24.6", (3, 12), BOOKWORM, COMPILES),
        ("uWSGI", "2.0.25", (3, 12), BOOKWORM, COMPILES),
    ] {
        let found = on_x86_64(name, version, python, libc);
        assert_eq!(found, expected, "{name} {version} {python:?} {libc:?}");
    }
}

#[test]
fn a_pure_wheel_serves_where_no_other_does() {
    assert_eq!(on_x86_64("protobuf", "4.25.3", (3, 12), ALPINE), Wheel::Yes);
    assert_eq!(on_x86_64("protobuf", "4.25.3", (3, 12), CENTOS_7), Wheel::Yes);
}

#[test]
fn the_architecture_counts() {
    let fiona = |architecture| has_wheel("fiona", Some("1.9.6"), (3, 11), BOOKWORM, architecture);
    assert_eq!(fiona(Architecture::X86_64).wheel, Wheel::Yes);
    assert_eq!(fiona(Architecture::Aarch64).wheel, COMPILES);
    assert_eq!(Architecture::of_platform("linux/arm64/v8"), Some(Architecture::Aarch64));
    assert_eq!(Architecture::of_platform("linux/amd64"), Some(Architecture::X86_64));
    assert_eq!(Architecture::of_platform("linux/arm/v7"), None);
}

#[test]
fn without_a_version_the_newest_that_accepts_the_python_is_meant() {
    let newest = |name: &str, python| {
        let answer = has_wheel(name, None, python, BULLSEYE, Architecture::X86_64);
        (answer.wheel, answer.version)
    };
    assert_eq!(newest("numpy", (3, 8)), (Wheel::Yes, Some("1.24.4")));
    assert_eq!(newest("numpy", (3, 6)), (Wheel::Yes, Some("1.19.5")));
    assert_eq!(newest("tensorflow", (3, 6)), (Wheel::Yes, Some("2.6.2")));
    assert_eq!(newest("uwsgi", (3, 12)), (COMPILES, Some("2.0.31")));
    assert_eq!(newest("psycopg2", (3, 12)).0, COMPILES);
}

#[test]
fn how_sure_an_answer_is() {
    let certainty = |name: &str, version, libc| {
        has_wheel(name, version, (3, 12), libc, Architecture::X86_64).certainty
    };
    assert_eq!(certainty("numpy", Some("2.2.6"), BOOKWORM), Certainty::Listed);
    assert_eq!(certainty("numpy", Some("99.0"), BOOKWORM), Certainty::Assumed);
    assert_eq!(certainty("numpy", Some("2.2.6"), Libc::Glibc(None)), Certainty::Assumed);
    assert_eq!(certainty("psycopg2", Some("2.9.9"), BOOKWORM), Certainty::Observed);
    assert_eq!(certainty("numpy", None, BOOKWORM), Certainty::Assumed);
}

#[test]
fn what_the_table_cannot_know_is_unknown() {
    for (name, version, python) in [
        ("my-company-tool", "1.0", (3, 12)),
        ("numpy", "2.3.0rc1", (3, 12)),
        ("torch", "2.1.0+cu118", (3, 11)),
        ("torch", "0.4.1", (3, 6)),
        ("numpy", "2.2.6", (3, 99)),
        ("numpy", "1.16.6", (2, 7)),
        ("numpy", "not-a-version", (3, 12)),
        ("psycopg2", "2.0", (3, 12)),
        ("astropy", "6.0", (3, 12)),
    ] {
        assert_eq!(on_x86_64(name, version, python, BOOKWORM), Wheel::Unknown, "{name} {version}");
    }
}

#[test]
fn a_version_that_was_not_seen_is_no_version_without_a_wheel() {
    // 1.2.0 has wheels and stands in no lock file that was read; the versions around it do.
    assert_eq!(on_x86_64("kiwisolver", "1.2.0", (3, 8), BOOKWORM), Wheel::Unknown);
    for (name, expected) in [("psycopg2", true), ("uwsgi", true), ("numpy", false), ("x", false)] {
        assert_eq!(never_has_wheel(name), expected, "{name}");
    }
}

#[test]
fn without_a_libc_only_a_common_answer_counts() {
    assert_eq!(on_x86_64("psycopg2", "2.9.9", (3, 12), Libc::Unknown), COMPILES);
    assert_eq!(on_x86_64("torch", "2.4.0", (3, 12), Libc::Unknown), Wheel::Unknown);
}

#[test]
fn installations_tell_compiling_from_building() {
    let on = |name: &str, version: &str, libc| {
        installation(name, Some(version), (3, 12), libc, Architecture::X86_64)
    };
    assert_eq!(on("numpy", "2.2.6", BOOKWORM), Installation::Wheel);
    assert_eq!(on("psycopg2", "2.9.9", BOOKWORM), Installation::Compiles);
    assert_eq!(on("pyyaml", "6.0", BOOKWORM), Installation::BuildsWithoutCompiler);
    assert_eq!(on("pyspark", "3.5.1", BOOKWORM), Installation::BuildsWithoutCompiler);
    assert_eq!(on("torch", "2.4.0", ALPINE), Installation::Fails);
    assert_eq!(on("astropy", "6.0", BOOKWORM), Installation::Unknown);
    assert_eq!(on("my-company-tool", "1.0", BOOKWORM), Installation::Unknown);
}

#[test]
fn a_version_just_before_the_first_with_a_wheel_may_have_one() {
    let answer = |version| on_x86_64("psutil", version, (3, 12), ALPINE);
    assert_eq!(answer("7.2.1"), Wheel::Yes);
    assert_eq!(answer("7.2.0"), Wheel::Unknown);
    assert!(matches!(answer("6.0.0"), Wheel::No { .. }));
}
