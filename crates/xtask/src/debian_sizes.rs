//! Measures what installations of Debian packages add to a slim image, beside what `knowledge` estimates.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use knowledge::image::image;
use knowledge::size::Installed;

use crate::debian_packages::SLIM;
use crate::{program, say};

/// Recommended packages or not, the bytes measured last, and the packages: the sets that people install most.
const SETS: &str = "data/debian-sets.tsv";

/// What dpkg and the triggers write beside the packages; `model::estimate` adds it for each layer.
const DATABASES: u64 = 1_000_000;

/// How far an estimate may be off.
const MOST_ERROR: f64 = 0.15;

/// Settings as in the official images: packages are not kept after they are installed, lists are compressed, manuals and
/// translations are left out.
const SETTINGS: [(&str, &str); 2] = [
    (
        "etc/apt/apt.conf.d/docker-clean",
        "DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };\n\
         Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n\
         Acquire::GzipIndexes \"true\";\nAcquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\n",
    ),
    (
        "etc/dpkg/dpkg.cfg.d/docker",
        "path-exclude=/usr/share/doc/*\npath-exclude=/usr/share/man/*\npath-exclude=/usr/share/info/*\n\
         path-exclude=/usr/share/locale/*\npath-exclude=/usr/share/groff/*\npath-exclude=/usr/share/lintian/*\n\
         path-include=/usr/share/doc/*/copyright\nforce-unsafe-io\n",
    ),
];

/// Makes a root file system of bookworm with mmdebstrap, installs each set over it, and prints estimate, size and ratio.
/// Writes the sizes into the table; an error if an estimate is off by more than 15 %. Needs root.
pub(crate) fn compare() -> Result<String, String> {
    let work = tempfile::tempdir().map_err(|it| it.to_string())?;
    let base = work.path().join("base");
    say("the base: ");
    root_file_system(&base)?;
    let lists = size_below(&base.join("var/lib/apt/lists"), &[]);
    let slim = Installed::of_image(&image("python", Some("3.11-slim-bookworm")))
        .ok_or("nothing is known of the slim image")?;
    say(&format!(
        "package lists {:.1} MB, known as {:.1} MB\n",
        mega(lists),
        mega(slim.package_lists())
    ));
    say(" estimate  measured  ratio\n");
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join(SETS);
    let text = fs::read_to_string(&table).map_err(|it| format!("cannot read {SETS}: {it}"))?;
    let (mut rows, mut n_off) = (String::new(), 0);
    for line in text.lines() {
        let [recommended, _, packages] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{SETS}: `{line}` has not three columns"));
        };
        let is_recommended = recommended == "yes";
        let measured = installed(work.path(), &base, is_recommended, packages)?;
        let estimate = slim.would_add(packages.split(' '), is_recommended);
        let estimated = estimate.bytes + DATABASES;
        let ratio = estimated as f64 / measured as f64;
        let is_off = estimate.n_unknown > 0 || (ratio - 1.0).abs() > MOST_ERROR;
        n_off += usize::from(is_off);
        let with = if is_recommended { " with recommended" } else { "" };
        let mark = if is_off { "  OFF" } else { "" };
        say(&format!(
            "{:6.1} MB {:6.1} MB  {ratio:.3}  {packages}{with}{mark}\n",
            mega(estimated),
            mega(measured),
        ));
        rows += &format!("{recommended}\t{measured}\t{packages}\n");
    }
    fs::write(&table, rows).map_err(|it| format!("cannot write {SETS}: {it}"))?;
    if n_off == 0 { Ok(String::new()) } else { Err(format!("{n_off} estimates are off")) }
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// What the official slim image of Python has, but Python.
fn root_file_system(base: &Path) -> Result<(), String> {
    let include = SLIM.split_whitespace().filter(|it| is_of_bookworm(it));
    let include: Vec<&str> = include.collect();
    let mut command = Command::new("mmdebstrap");
    command.args(["--quiet", "--variant=minbase", "--format=directory"]);
    command.arg(format!("--include=adduser,debian-archive-keyring,{}", include.join(",")));
    for (_, text) in SETTINGS.iter().filter(|it| it.0.contains("dpkg")) {
        let options = text.lines().filter(|it| it.starts_with("path-"));
        command.args(options.map(|it| format!("--dpkgopt={it}")));
    }
    command.args([
        "--aptopt=Acquire::Check-Valid-Until \"false\"",
        "--aptopt=Acquire::Check-Date \"false\"",
    ]);
    command.args([
        "--aptopt=Acquire::Languages \"none\"",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
    ]);
    command.arg("bookworm").arg(base);
    for (address, suites) in [
        ("http://deb.debian.org/debian", "bookworm"),
        ("http://deb.debian.org/debian", "bookworm-updates"),
        ("http://deb.debian.org/debian-security", "bookworm-security"),
    ] {
        command.arg(format!("deb {address} {suites} main"));
    }
    program::output(&mut command)?;
    for (path, text) in SETTINGS {
        program::write(&base.join(path), text)?;
    }
    for name in ["/etc/resolv.conf", "/etc/hosts"] {
        let _may_be_absent = fs::copy(name, base.join(name.trim_start_matches('/')));
    }
    let _may_be_absent = fs::remove_dir_all(base.join("var/lib/apt/lists"));
    fs::create_dir_all(base.join("var/lib/apt/lists/partial")).map_err(|it| it.to_string())?;
    program::output(Command::new("chroot").arg(base).args(["apt-get", "-qq", "update"])).map(drop)
}

/// Whether a library of the slim images is bookworm's, not that of another release.
fn is_of_bookworm(name: &str) -> bool {
    !matches!(name, "libffi7" | "libssl1.1") && !name.ends_with("t64")
}

/// The bytes that an installation adds: the regular files of an overlay, hard links once.
fn installed(
    work: &Path,
    base: &Path,
    with_recommended: bool,
    packages: &str,
) -> Result<u64, String> {
    let [upper, scratch, merged] = ["upper", "scratch", "merged"].map(|it| work.join(it));
    for folder in [&upper, &scratch, &merged] {
        fs::create_dir_all(folder).map_err(|it| it.to_string())?;
    }
    let options = format!(
        "lowerdir={},upperdir={},workdir={}",
        base.display(),
        upper.display(),
        scratch.display()
    );
    program::output(
        Command::new("mount").args(["-t", "overlay", "overlay", "-o", &options]).arg(&merged),
    )?;
    let mut command = Command::new("chroot");
    command.arg(&merged).args(["apt-get", "install", "-y", "-qq"]);
    if !with_recommended {
        command.arg("--no-install-recommends");
    }
    command.args(packages.split(' ')).env("DEBIAN_FRONTEND", "noninteractive");
    let result = program::output(&mut command);
    program::output(Command::new("umount").arg(&merged))?;
    result?;
    let res = size_below(&upper, &[upper.join("var/cache/apt")]);
    for folder in [&upper, &scratch] {
        fs::remove_dir_all(folder).map_err(|it| it.to_string())?;
    }
    Ok(res)
}

fn size_below(folder: &Path, without: &[PathBuf]) -> u64 {
    let (mut res, mut waiting, mut linked) = (0, vec![folder.to_owned()], BTreeSet::new());
    while let Some(next) = waiting.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() && !without.contains(&path) {
                waiting.push(path);
            } else if about.is_file() && (about.nlink() == 1 || linked.insert(about.ino())) {
                res += about.len();
            }
        }
    }
    res
}
