//! Real lock files: the two readers agree on each, and what is said of a wheel is what pip says.
//!
//! pip's own word comes from the package `packaging`, its own or the one inside pip; without either, the test says that
//! it is skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use context::Environment;
use context::lock::{Lock, LockFormat, Selection, parse, parse_regular, parse_with_toml};
use context::wheel_decision::{Decision, decision};
use context::wheel_tag::{Fit, Libc, Target, WheelName, best, fits};
use tests::corpus;
use tests::random::Random;

/// Reads targets and file names; prints for each target the best rank of each file among pip's own tags, or -1.
const PIPS_ANSWERS: &str = r#"
import sys
try:
    import packaging
    from packaging import tags, _manylinux, _musllinux, utils
except ImportError:
    try:
        from pip._vendor import packaging
        from pip._vendor.packaging import tags, _manylinux, _musllinux, utils
    except ImportError:
        sys.exit(3)

def platforms(libc, version, machine):
    manylinux = tuple(version) if libc == "glibc" else (-1, -1)
    _manylinux._get_glibc_version = lambda: _manylinux._GLibCVersion(*manylinux)
    musl = _musllinux._MuslVersion(*version) if libc == "musl" else None
    _musllinux._get_musl_version = lambda executable: musl
    try:
        many, muslic = _manylinux.platform_tags([machine]), _musllinux.platform_tags([machine])
        res = list(many if libc == "glibc" else []) + list(muslic)
    except Exception:
        many, muslic = _manylinux.platform_tags("linux_" + machine, machine), _musllinux.platform_tags(machine)
        res = list(many if libc == "glibc" else []) + list(muslic)
    return res + ["linux_" + machine]

targets, files = [], []
for line in sys.stdin:
    word, *rest = line.split()
    (targets if word == "target" else files).append(rest)
parsed = []
for (name,) in files:
    try:
        parsed.append(utils.parse_wheel_filename(name)[3])
    except Exception:
        parsed.append(())
print(getattr(packaging, "__version__", "?"))
for minor, libc, major, libc_minor, machine in targets:
    python = (3, int(minor))
    found = platforms(libc, (int(major), int(libc_minor)), machine)
    own = "cp3" + minor
    order = list(tags.cpython_tags(python, abis=[own], platforms=found))
    order += list(tags.compatible_tags(python, interpreter=own, platforms=found))
    rank = {}
    for index, tag in enumerate(order):
        rank.setdefault(tag, index)
    print(" ".join(str(min((rank[it] for it in tags if it in rank), default=-1)) for tags in parsed))
"#;

const MACHINES: [&str; 2] = ["x86_64", "aarch64"];
const LIBCS: [Libc; 6] = [
    Libc::Glibc(2, 17),
    Libc::Glibc(2, 28),
    Libc::Glibc(2, 36),
    Libc::Glibc(2, 41),
    Libc::Musl(1, 1),
    Libc::Musl(1, 2),
];

fn targets() -> Vec<Target> {
    let mut res = Vec::new();
    for minor in 8..=14 {
        for libc in LIBCS {
            for machine in MACHINES {
                let machine = machine.to_owned();
                res.push(Target { python: (3, minor), free_threaded: false, libc, machine });
            }
        }
    }
    res
}

/// Every lock file of the corpus, each text once.
fn lock_files() -> Vec<(PathBuf, LockFormat, String)> {
    let Some(folder) = corpus::folder() else { return Vec::new() };
    let mut paths = Vec::new();
    collect(&folder.join("python/ctx"), &mut paths);
    assert!(!paths.is_empty(), "the corpus has no contexts");
    paths.sort();
    let mut seen = BTreeSet::new();
    let format = |it: &Path| LockFormat::of(&it.file_name().unwrap_or_default().to_string_lossy());
    let read = paths.into_iter().filter_map(|it| Some((format(&it)?, it)));
    let texts = read.map(|(format, path)| (corpus::read(&path), format, path));
    texts
        .filter(|it| seen.insert(it.0.clone()))
        .map(|(text, format, path)| (path, format, text))
        .collect()
}

fn collect(folder: &Path, res: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, res);
        } else {
            res.push(path);
        }
    }
}

fn locks() -> Vec<(PathBuf, Lock)> {
    let read = |(path, format, text): (PathBuf, LockFormat, String)| match parse(format, &text) {
        Ok(lock) => (path, lock),
        Err(error) => panic!("{}: {error:?}", path.display()),
    };
    lock_files().into_iter().map(read).collect()
}

/// The answers of `packaging`: its version, and for each target the rank of each file; `None` where it is not installed.
fn pips_answers(targets: &[Target], files: &[&str]) -> Option<(String, Vec<Vec<i64>>)> {
    let mut input = String::new();
    for it in targets {
        let (libc, major, minor) = match it.libc {
            Libc::Glibc(major, minor) => ("glibc", major, minor),
            Libc::Musl(major, minor) => ("musl", major, minor),
            other => panic!("{other:?} has no version"),
        };
        input += &format!("target {} {libc} {major} {minor} {}\n", it.python.1, it.machine);
    }
    for it in files {
        input += &format!("file {it}\n");
    }
    let mut python = Command::new("python3")
        .args(["-c", PIPS_ANSWERS])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut stdin = python.stdin.take()?;
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().ok()?;
    let _ = writer.join();
    if output.status.code() == Some(3) {
        return None;
    }
    assert!(output.status.success(), "the Python program failed");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let version = lines.next()?.to_owned();
    let ranks = lines.map(|it| it.split(' ').map(|it| it.parse().unwrap_or(i64::MIN)).collect());
    Some((version, ranks.collect()))
}

#[test]
fn wheels_fit_as_pip_says() {
    let locks = locks();
    let mut files: BTreeSet<&str> = BTreeSet::new();
    for (_, lock) in &locks {
        files.extend(lock.packages.iter().flat_map(|it| &it.wheels).map(String::as_str));
    }
    // Forms that no file of the corpus has.
    files.extend([
        "a-1-cp310.cp312-abi3.cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.any.whl",
        "a-1-py2.py3-none-manylinux1_x86_64.whl",
        "a-1-py311-none-any.whl",
        "a-1-py31-none-linux_aarch64.whl",
        "a-1-cp39-none-any.whl",
        "a-1-cp39-none-linux_x86_64.whl",
        "a-1-cp39-abi3-any.whl",
        "a-1-cp32-abi3-linux_x86_64.whl",
        "a-1-cp31-abi3-linux_x86_64.whl",
        "a-1-py3-abi3-linux_x86_64.whl",
        "a-1-cp3-none-any.whl",
        "a-1-cp313-cp313t-manylinux_2_28_x86_64.whl",
        "a-1-CP311-CP311-ManyLinux_2_28_x86_64.whl",
        "a-1-1x-cp311-cp311-manylinux_2_05_x86_64.whl",
        "a-1-cp311-cp311-manylinux_2_4_x86_64.whl",
        "a-1-cp311-cp311-manylinux_1_30_x86_64.whl",
        "a-1-cp311-cp311-manylinux2010_aarch64.whl",
        "a-1-cp311-cp311-musllinux_2_0_x86_64.whl",
        "a-1-pp311-pypy311_pp73-manylinux_2_28_x86_64.whl",
        "a-1-b-cp311-cp311-linux_x86_64.whl",
    ]);
    let files: Vec<&str> = files.into_iter().collect();
    let targets = targets();
    let Some((version, expected)) = pips_answers(&targets, &files) else {
        eprintln!("skipped: neither `packaging` nor `pip` is here");
        return;
    };
    assert_eq!(expected.len(), targets.len());
    let mut n_fitting = 0;
    let mut wrong = Vec::new();
    for (target, ranks) in targets.iter().zip(&expected) {
        assert_eq!(ranks.len(), files.len());
        assert!(ranks.iter().all(|it| *it >= -1), "not all answers are numbers");
        for (file, rank) in files.iter().zip(ranks) {
            n_fitting += usize::from(*rank >= 0);
            if fits(file, target) != (*rank >= 0) {
                wrong.push(format!("{file} on {target:?}: pip says {rank}"));
            }
        }
    }
    let n_answers = files.len() * targets.len();
    eprintln!(
        "packaging {version}: {} locks, {} files, {n_answers} answers, {n_fitting} fit, {} differ",
        locks.len(),
        files.len(),
        wrong.len(),
    );
    assert_eq!(wrong, [""; 0]);

    // The file that is chosen of each package is the one that pip likes best.
    let by_name: Vec<BTreeMap<&str, i64>> = expected
        .iter()
        .map(|ranks| files.iter().copied().zip(ranks.iter().copied()).collect())
        .collect();
    let mut n_choices = 0;
    for (path, lock) in &locks {
        for package in lock.packages.iter().filter(|it| !it.wheels.is_empty()) {
            // Every fifth has all versions, libraries and machines among them.
            for (target, ranks) in targets.iter().zip(&by_name).step_by(5) {
                let rank = |it: &str| ranks.get(it).copied().filter(|it| *it >= 0);
                let lowest = package.wheels.iter().filter_map(|it| rank(it)).min();
                let chosen = best(package.wheels.iter().map(String::as_str), target);
                let place = || format!("{}: {} on {target:?}", path.display(), package.name);
                let chosen = chosen.and_then(|it| rank(&package.wheels[it.0]));
                assert_eq!(chosen, lowest, "{}", place());
                n_choices += 1;
            }
        }
    }
    eprintln!("{n_choices} choices of a file are pip's");
}

#[test]
fn both_readers_read_the_same() {
    let mut random = Random::new(1);
    let mut n_regular = 0;
    let mut n_changed = 0;
    for (path, format, text) in lock_files() {
        if format == LockFormat::Pipfile {
            for _ in 0..20 {
                // Any answer is right but a panic.
                let end = text.floor_char_boundary(random.below(text.len()));
                let error = parse(format, text.get(..end).unwrap_or("")).unwrap_err();
                assert!(error.line > 0 && error.span.end as usize <= end, "{error:?}");
            }
            continue;
        }
        let expected = parse_with_toml(format, &text);
        assert_eq!(parse_regular(format, &text), expected.ok(), "{}", path.display());
        n_regular += 1;
        // A piece from the beginning, for speed, with one piece of it missing or put in twice.
        let piece = |random: &mut Random| {
            let start = text.floor_char_boundary(random.below(8000).min(text.len()));
            start..text.floor_char_boundary((start + random.below(60)).min(text.len()))
        };
        for round in 0..40 {
            let mut changed =
                text.get(..text.floor_char_boundary(12_000)).unwrap_or(&text).to_owned();
            let end = changed.rfind("\n\n").unwrap_or(changed.len());
            changed.truncate(end);
            let range = piece(&mut random);
            let Some(old) = changed.get(range.clone()).map(str::to_owned) else { continue };
            match round % 3 {
                0 => changed.replace_range(range, ""),
                1 => changed.insert_str(range.start, &old),
                _ => changed.replace_range(
                    range,
                    ["\r\n", "\"", "'", "\t", "#", "[x]\n", "\u{1}", "\\"][round % 8],
                ),
            }
            if let Some(lock) = parse_regular(format, &changed) {
                assert_eq!(
                    Ok(lock),
                    parse_with_toml(format, &changed),
                    "{}: {changed}",
                    path.display()
                );
                n_changed += 1;
            }
        }
    }
    eprintln!("{n_regular} files and {n_changed} broken copies read the same both ways");
}

#[test]
fn lock_files_are_decided() {
    let locks = locks();
    let mut counts: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    for (path, lock) in &locks {
        let python = (8..=14).rev().find(|it| lock.allows_python((3, *it)) == Some(true));
        let target = Target {
            python: (3, python.unwrap_or(11)),
            free_threaded: false,
            libc: Libc::Glibc(2, 36),
            machine: "x86_64".to_owned(),
        };
        let version = format!("3.{}", target.python.1);
        let environment = Environment::linux(Some(&version), Some("x86_64"));
        let installed = lock.installed(&Selection::plain(lock.format), &environment);
        assert!(installed.len() <= lock.packages.len());
        let is_empty = lock
            .packages
            .iter()
            .all(|it| it.wanted_by.iter().all(|it| it.group.as_deref() != Some("default")));
        assert!(!installed.is_empty() || is_empty, "{}: nothing is installed", path.display());
        for it in installed {
            let line = it.package.span.start as usize;
            assert!(line > 0, "{}: {} has no place", path.display(), it.package.name);
            let index = match decision(lock, it.package, &target) {
                Decision::Wheel(_) => 0,
                Decision::Compile => 1,
                Decision::Impossible => 2,
                Decision::Unknown(_) => 3,
            };
            counts.entry(format!("{:?}", lock.format)).or_default()[index] += 1;
        }
        for file in lock.packages.iter().flat_map(|it| &it.wheels) {
            let name = WheelName::parse(file);
            assert!(name.is_some(), "{}: `{file}` is no wheel", path.display());
            assert_ne!(name.map(|it| it.fit(&target)), Some(Fit::Unknown), "{file}");
        }
    }
    for (format, [wheels, compiled, impossible, unknown]) in counts {
        eprintln!(
            "{format}: {wheels} wheels, {compiled} built, {impossible} impossible, {unknown} unknown"
        );
        assert!(format == "Pipfile" || wheels > 10 * (compiled + impossible + unknown), "{format}");
    }
}
