//! The estimates beside what was measured.

use super::*;
use crate::image::image;

fn slim() -> Installed {
    Installed::of_image(&image("python", Some("3.11-slim-bookworm"))).unwrap()
}

fn added(recommended: bool, packages: &str) -> Addition {
    slim().install(packages.split(' '), recommended)
}

#[test]
fn what_is_there_adds_nothing() {
    assert_eq!(added(true, "apt ca-certificates").bytes, 0);
    assert_eq!(added(false, "acme-tools").n_unknown, 1);
    let mut installed = slim();
    assert!(installed.install(["gcc"].into_iter(), false).bytes > 50_000_000);
    assert_eq!(installed.install(["gcc"].into_iter(), false).bytes, 0);
    let whole = Installed::of_image(&image("python", Some("3.11-bookworm"))).unwrap();
    assert_eq!(whole.would_add(["gcc", "git"].into_iter(), false).bytes, 0);
    let known = |name: &str, tag: &str| Installed::of_image(&image(name, Some(tag))).is_some();
    assert!(known("python", "3.12-slim") && known("debian", "12"));
    assert!(!known("ubuntu", "24.04") && !known("python", "3.8-buster") && !known("acme/web", "1"));
}

/// The package sets that public Python Dockerfiles install most, as far as bookworm has them, and those that programs
/// with pictures need: recommended packages or not, the bytes that the installation added, and the packages.
///
/// Measured by `cargo xtask debian-sizes` on 2026-11-21 on a root file system made like `python:3.11-slim-bookworm`, with
/// the package lists in place: overlayfs over it, `apt-get install -y [--no-install-recommends] PACKAGES` in a chroot, then
/// the sizes of the regular files in the upper directory, hard links once.
const MEASURED: &str = include_str!("../../../xtask/data/debian-sets.tsv");

/// What dpkg and the triggers write beside the packages; `model::estimate` adds it for each layer.
const DATABASES: u64 = 1_000_000;

#[test]
fn estimates_are_near_what_was_measured() {
    assert!(MEASURED.lines().count() >= 20);
    for line in MEASURED.lines() {
        let [recommended, measured, packages] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let measured: u64 = measured.parse().unwrap();
        let estimate = added(recommended == "yes", packages);
        assert_eq!(estimate.n_unknown, 0, "{packages}");
        let error = (estimate.bytes + DATABASES) as f64 / measured as f64 - 1.0;
        assert!(error.abs() < 0.15, "{packages}: {:.0} % off", error * 100.0);
    }
}
