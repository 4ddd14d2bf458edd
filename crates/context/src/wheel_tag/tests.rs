//! Which files fit where, typed by hand from PEP 425, 600 and 656.

use super::*;

fn target(python: (u8, u8), libc: Libc, machine: &str) -> Target {
    Target { python, free_threaded: false, libc, machine: machine.to_owned() }
}

const BOOKWORM: Libc = Libc::Glibc(2, 36);
const ALPINE: Libc = Libc::Musl(1, 2);

#[test]
fn names_are_split() {
    let name = WheelName::parse(
        "numpy-1.21.0-1a-cp39.cp310-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    )
    .unwrap();
    assert_eq!((name.distribution, name.version, name.build), ("numpy", "1.21.0", Some("1a")));
    assert_eq!((name.pythons, name.abis), ("cp39.cp310", "abi3"));
    assert_eq!(name.platforms, "manylinux_2_17_x86_64.manylinux2014_x86_64");
    for wrong in [
        "",
        ".whl",
        "a-1.tar.gz",
        "a-1-py3-none-any",
        "a-1-none-any.whl",
        "-1-py3-none-any.whl",
        "a--py3-none-any.whl",
        "a-1-b-py3-none-any.whl",
        "a-1-2-3-py3-none-any.whl",
    ] {
        assert_eq!(WheelName::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn tags_fit_interpreters() {
    let python = |minor| target((3, minor), BOOKWORM, "x86_64");
    for (tags, expected) in [
        // For Python 3.8, 3.11 and 3.13.
        ("py3-none-any", [true, true, true]),
        ("py2.py3-none-any", [true, true, true]),
        ("py2-none-any", [false, false, false]),
        ("py311-none-any", [false, true, true]),
        ("py38-none-linux_x86_64", [true, true, true]),
        ("cp311-none-any", [false, true, false]),
        ("cp311-cp311-any", [false, false, false]),
        ("cp311-cp311-linux_x86_64", [false, true, false]),
        ("cp311-none-linux_x86_64", [false, true, false]),
        ("cp38-abi3-linux_x86_64", [true, true, true]),
        ("cp39-abi3-linux_x86_64", [false, true, true]),
        ("cp32-abi3-linux_x86_64", [true, true, true]),
        ("cp31-abi3-linux_x86_64", [false, false, false]),
        ("cp312-abi3-linux_x86_64", [false, false, true]),
        ("cp313-abi3-linux_x86_64", [false, false, true]),
        ("cp38.cp311-cp38.cp311-linux_x86_64", [true, true, false]),
        ("cp313-cp313t-linux_x86_64", [false, false, false]),
        ("cp37-cp37m-linux_x86_64", [false, false, false]),
        ("cp38-cp38m-linux_x86_64", [false, false, false]),
        ("pp311-pypy311_pp73-linux_x86_64", [false, false, false]),
        ("py3-abi3-linux_x86_64", [false, false, false]),
        ("cp3-none-any", [false, false, false]),
        ("py-none-any", [false, false, false]),
        ("é-none-any", [false, false, false]),
        ("cp+11-cp+11-linux_x86_64", [false, false, false]),
        ("PY3-None-Any", [true, true, true]),
    ] {
        let file = format!("a-1-{tags}.whl");
        assert_eq!([8, 11, 13].map(|it| fits(&file, &python(it))), expected, "{tags}");
    }
    assert!(fits("a-1-cp37-cp37m-linux_x86_64.whl", &python(7)));
    assert!(!fits("a-1-cp37-cp37-linux_x86_64.whl", &python(7)));
}

#[test]
fn free_threaded_pythons_have_their_own_interface() {
    let target = Target { free_threaded: true, ..target((3, 14), BOOKWORM, "x86_64") };
    for (tags, expected) in [
        ("cp314-cp314t-linux_x86_64", true),
        ("cp314-cp314-linux_x86_64", false),
        ("cp39-abi3-linux_x86_64", false),
        ("cp314-abi3t-linux_x86_64", true),
        ("cp314-abi3.abi3t-linux_x86_64", true),
        ("py3-none-any", true),
        ("cp314-none-linux_x86_64", true),
    ] {
        assert_eq!(fits(&format!("a-1-{tags}.whl"), &target), expected, "{tags}");
    }
}

#[test]
fn tags_fit_systems() {
    let targets = [
        target((3, 12), Libc::Glibc(2, 17), "x86_64"),
        target((3, 12), BOOKWORM, "x86_64"),
        target((3, 12), BOOKWORM, "aarch64"),
        target((3, 12), ALPINE, "x86_64"),
    ];
    for (platform, expected) in [
        ("any", [true, true, true, true]),
        ("linux_x86_64", [true, true, false, true]),
        ("manylinux1_x86_64", [true, true, false, false]),
        ("manylinux2010_x86_64", [true, true, false, false]),
        ("manylinux2014_x86_64", [true, true, false, false]),
        ("manylinux2014_aarch64", [false, false, true, false]),
        ("manylinux2010_aarch64", [false, false, false, false]),
        ("manylinux_2_5_x86_64", [true, true, false, false]),
        ("manylinux_2_4_x86_64", [false, false, false, false]),
        ("manylinux_2_17_x86_64", [true, true, false, false]),
        ("manylinux_2_28_x86_64", [false, true, false, false]),
        ("manylinux_2_36_x86_64", [false, true, false, false]),
        ("manylinux_2_37_x86_64", [false, false, false, false]),
        ("manylinux_2_28_x86_64.manylinux2014_x86_64", [true, true, false, false]),
        ("manylinux_2_017_x86_64", [false, false, false, false]),
        ("manylinux_3_0_x86_64", [false, false, false, false]),
        ("musllinux_1_1_x86_64", [false, false, false, true]),
        ("musllinux_1_2_x86_64", [false, false, false, true]),
        ("musllinux_1_3_x86_64", [false, false, false, false]),
        ("musllinux_2_0_x86_64", [false, false, false, false]),
        ("musllinux_1_1_aarch64", [false, false, false, false]),
        ("macosx_11_0_x86_64", [false, false, false, false]),
        ("macosx_11_0_arm64", [false, false, false, false]),
        ("win_amd64", [false, false, false, false]),
        ("android_21_x86_64", [false, false, false, false]),
        ("manylinux_2_17", [false, false, false, false]),
        ("", [false, false, false, false]),
    ] {
        let file = format!("a-1-py3-none-{platform}.whl");
        assert_eq!(targets.each_ref().map(|it| fits(&file, it)), expected, "{platform}");
    }
}

#[test]
fn machines_differ() {
    for (machine, platform, expected) in [
        ("armv7l", "manylinux_2_31_armv7l", true),
        ("armv7l", "manylinux2014_armv7l", true),
        ("armv7l", "manylinux2010_armv7l", false),
        ("armv8l", "manylinux2014_armv7l", true),
        ("armv6l", "manylinux2014_armv6l", false),
        ("armv6l", "linux_armv6l", true),
        ("i686", "manylinux1_i686", true),
        ("i686", "manylinux1_x86_64", false),
        ("ppc64le", "manylinux_2_17_ppc64le", true),
        ("s390x", "manylinux2014_s390x", true),
        ("riscv64", "manylinux_2_31_riscv64", true),
        ("mips", "manylinux_2_31_mips", false),
    ] {
        let target = target((3, 12), BOOKWORM, machine);
        assert_eq!(
            fits(&format!("a-1-py3-none-{platform}.whl"), &target),
            expected,
            "{platform} on {machine}"
        );
    }
    assert!(fits("a-1-py3-none-musllinux_1_2_armv6l.whl", &target((3, 12), ALPINE, "armv6l")));
    assert!(fits(
        "a-1-py3-none-manylinux_2_40_x86_64.whl",
        &target((3, 12), Libc::Glibc(3, 0), "x86_64")
    ));
}

#[test]
fn an_unknown_library_leaves_some_files_unknown() {
    for (libc, platform, expected) in [
        (Libc::AnyGlibc, "manylinux2014_x86_64", Some(true)),
        (Libc::AnyGlibc, "manylinux_2_28_x86_64", None),
        (Libc::AnyGlibc, "musllinux_1_1_x86_64", Some(false)),
        (Libc::AnyMusl, "musllinux_1_1_x86_64", Some(true)),
        (Libc::AnyMusl, "musllinux_1_2_x86_64", None),
        (Libc::AnyMusl, "manylinux2014_x86_64", Some(false)),
        (Libc::Unknown, "manylinux2014_x86_64", None),
        (Libc::Unknown, "musllinux_1_1_x86_64", None),
        (Libc::Unknown, "musllinux_1_1_aarch64", Some(false)),
        (Libc::Unknown, "linux_x86_64", Some(true)),
        (Libc::Unknown, "any", Some(true)),
        (Libc::Unknown, "win_amd64", Some(false)),
    ] {
        let file = format!("a-1-py3-none-{platform}.whl");
        let fit = WheelName::parse(&file).unwrap().fit(&target((3, 12), libc, "x86_64"));
        let answer = match fit {
            Fit::Yes(_) => Some(true),
            Fit::Unknown => None,
            Fit::No => Some(false),
        };
        assert_eq!(answer, expected, "{platform} on {libc:?}");
    }
}

#[test]
fn the_best_file_is_pips() {
    // Each file is better than all behind it.
    let files = [
        "a-1-cp312-cp312-manylinux_2_36_x86_64.whl",
        "a-1-cp312-cp312-manylinux_2_17_x86_64.whl",
        "a-1-cp312-cp312-manylinux2014_x86_64.whl",
        "a-1-cp312-cp312-linux_x86_64.whl",
        "a-1-cp312-abi3-manylinux1_x86_64.whl",
        "a-1-cp312-none-linux_x86_64.whl",
        "a-1-cp311-abi3-linux_x86_64.whl",
        "a-1-cp38-abi3-manylinux_2_28_x86_64.whl",
        "a-1-py312-none-linux_x86_64.whl",
        "a-1-py3-none-manylinux_2_28_x86_64.whl",
        "a-1-py311-none-linux_x86_64.whl",
        "a-1-cp312-none-any.whl",
        "a-1-py312-none-any.whl",
        "a-1-10-py3-none-any.whl",
        "a-1-9-py3-none-any.whl",
        "a-1-py3-none-any.whl",
        "a-1-py39-none-any.whl",
    ];
    let target = target((3, 12), BOOKWORM, "x86_64");
    for (index, expected) in files.iter().enumerate() {
        let rest: Vec<&str> = files.iter().skip(index).rev().copied().collect();
        let chosen = best(rest.iter().copied(), &target).map(|it| rest[it.0]);
        assert_eq!(chosen, Some(*expected));
    }
    assert_eq!(best(["a-1-cp311-cp311-win_amd64.whl", "a-1.tar.gz"], &target), None);
}

#[test]
fn versions_stand_in_file_names() {
    for (file, expected) in [
        ("numpy-1.21.0-cp39-cp39-win32.whl", Some("1.21.0")),
        ("python-dateutil-2.8.2.tar.gz", Some("2.8.2")),
        ("a-1.zip", Some("1")),
        ("a", None),
        ("", None),
    ] {
        assert_eq!(version_in(file), expected, "{file}");
    }
}
