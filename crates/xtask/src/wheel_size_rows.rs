//! Rebuilds `wheel-sizes.tsv` from packages that were measured and from the sizes of wheels that lock files list.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use context::lock::{Dependency, Lock, LockFormat, Package, Part, parse};
use context::wheel_tag::{Libc, Target, WheelName, best};
use context::{Environment, Marker};
use knowledge::python_package::{Native, package};
use knowledge::python_size::WheelSize;
use pep440_rs::Version;

use crate::lock_files::lock_files;
use crate::python_sizes::{MARKER_PYTHON, MEASURED, path_of, with_extras};
use crate::refresh::write;

/// A version of a package, or of an extra, which has no size.
#[derive(Clone, Default)]
struct Entry {
    wheel: u64,
    /// Files and bytecode, where they were measured.
    measured: Option<(u64, u64)>,
    is_pure: bool,
    everywhere: String,
    on_x86: String,
}

/// By name, `uvicorn` or `uvicorn[standard]`, and version.
type Entries = BTreeMap<String, BTreeMap<Version, Entry>>;

/// A version whose wheel is this much larger or smaller than the one before it gets a row of its own.
const LEAST_CHANGE: f64 = 0.2;
const LEAST_BYTES: u64 = 300_000;

/// Rebuilds the table. Measured packages count more than lock files.
pub(crate) fn refresh(folders: &[&str]) -> Result<String, String> {
    let mut entries = Entries::new();
    let mut n_locks = 0;
    for path in folders.iter().flat_map(|it| lock_files(Path::new(it))) {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
        if LockFormat::of(name) != Some(LockFormat::Uv) {
            continue;
        }
        let bytes = fs::read(&path).map_err(|it| format!("{}: {it}\n", path.display()))?;
        let Ok(lock) = parse(LockFormat::Uv, &String::from_utf8_lossy(&bytes)) else { continue };
        n_locks += 1;
        add_lock(&mut entries, &lock);
    }
    let text = fs::read_to_string(path_of(MEASURED));
    let text = text.map_err(|it| format!("cannot read {MEASURED}: {it}\n"))?;
    for line in text.lines() {
        add_measured(&mut entries, line)?;
    }
    let known = known(&entries);
    let ratios = ratios(&entries);
    let mut lines = BTreeSet::new();
    let mut n_unmeasured = 0;
    for (name, versions) in &entries {
        let is_extra = name.contains('[');
        let kept = kept(versions, is_extra);
        n_unmeasured += usize::from(!is_extra && versions.values().all(|it| it.measured.is_none()));
        for (version, entry) in kept {
            if known.contains(name.as_str()) {
                lines.insert(line(name, version, entry, measured_near(&entries, name)));
            }
        }
    }
    write("wheel-sizes.tsv", &lines)?;
    let n_names = known.iter().filter(|it| !it.contains('[')).count();
    Ok(format!(
        "{n_locks} lock files; {} rows, {n_names} packages, of which {n_unmeasured} were not measured\n{ratios}\
         type the number of rows into crates/knowledge/src/tables.rs, the ratios into python_size.rs\n",
        lines.len()
    ))
}

/// The names that get rows: an extra of which a part is not known is not known, nor is one that brings such an extra.
fn known(entries: &Entries) -> BTreeSet<&str> {
    let mut res: BTreeSet<&str> = entries.keys().map(String::as_str).collect();
    loop {
        let before = res.len();
        for (name, versions) in entries.iter().filter(|it| it.0.contains('[')) {
            let base = name.split('[').next().unwrap_or("");
            let newest = versions.values().next_back();
            let needs = newest.map(|it| [it.everywhere.as_str(), &it.on_x86].join(" "));
            let needs = needs.unwrap_or_default();
            if !res.contains(base) || !needs.split_whitespace().all(|it| res.contains(it)) {
                res.remove(name.as_str());
            }
        }
        if res.len() == before {
            return res;
        }
    }
}

fn add_lock(entries: &mut Entries, lock: &Lock) {
    for package in lock.packages.iter().filter(|it| it.source.is_pypi() == Some(true)) {
        let version = package.version.as_deref().and_then(|it| it.parse::<Version>().ok());
        let Some(version) = version.filter(|it| it.is_stable() && !it.is_local()) else { continue };
        let Some((file, wheel)) = wheel_of(package) else { continue };
        let is_pure = WheelName::parse(file).is_some_and(|it| it.platforms == "any");
        let main = package.dependencies.iter().filter(|it| it.part == Part::Main);
        let (everywhere, on_x86) = names(main);
        let entry = Entry { wheel, measured: None, is_pure, everywhere, on_x86 };
        entries.entry(package.name.clone()).or_default().insert(version.clone(), entry);
        let mut extras: Vec<&str> = Vec::new();
        for it in &package.dependencies {
            match &it.part {
                Part::Extra(extra) if !extras.contains(&extra.as_str()) => extras.push(extra),
                _ => {}
            }
        }
        for extra in extras {
            let part = Part::Extra(extra.to_owned());
            let (everywhere, on_x86) =
                names(package.dependencies.iter().filter(|it| it.part == part));
            let entry = Entry { everywhere, on_x86, ..Entry::default() };
            let name = format!("{}[{extra}]", package.name);
            entries.entry(name).or_default().insert(version.clone(), entry);
        }
    }
}

/// The wheel that is installed on Linux for x86-64, by one of the usual Pythons, with its size.
fn wheel_of(package: &Package) -> Option<(&str, u64)> {
    [12, 11, 13, 10].into_iter().find_map(|minor| {
        let target = Target {
            python: (3, minor),
            free_threaded: false,
            libc: Libc::AnyGlibc,
            machine: "x86_64".to_owned(),
        };
        let (number, _) = best(package.wheels.iter().map(String::as_str), &target)?;
        Some((package.wheels.get(number)?.as_str(), package.wheel_size(number)?))
    })
}

/// The names of dependencies on Linux, and those only on x86-64.
fn names<'d>(dependencies: impl Iterator<Item = &'d Dependency>) -> (String, String) {
    let (mut everywhere, mut on_x86) = (BTreeSet::new(), BTreeSet::new());
    for it in dependencies {
        let holds = |machine: &str| {
            let mut place = Environment::linux(Some(MARKER_PYTHON), Some(machine));
            place.python_full_version = Some(format!("{MARKER_PYTHON}.4"));
            let marker = it.marker.as_deref().map(Marker::parse);
            marker.is_none_or(|it| it.is_ok_and(|it| it.evaluate(&place) == Some(true)))
        };
        let name = with_extras(&it.name, &it.extras);
        match (holds("x86_64"), holds("aarch64")) {
            (true, true) => everywhere.insert(name),
            (true, false) => on_x86.insert(name),
            _ => false,
        };
    }
    let joined = |it: BTreeSet<String>| it.into_iter().collect::<Vec<_>>().join(" ");
    (joined(everywhere), joined(on_x86))
}

fn add_measured(entries: &mut Entries, line: &str) -> Result<(), String> {
    let [name, version, wheel, files, bytecode, everywhere, on_x86] =
        line.split('\t').collect::<Vec<_>>()[..]
    else {
        return Err(format!("{MEASURED}: `{line}` has not seven columns\n"));
    };
    let Ok(version) = version.parse::<Version>() else { return Ok(()) };
    let number = |text: &str| text.parse::<u64>().unwrap_or(0);
    let is_pure = match package(name).map(|it| it.native()) {
        Some(Native::Yes) => false,
        Some(Native::No) => true,
        // Extensions weigh more than sources, and have no bytecode.
        _ => number(bytecode) * 2 > number(files),
    };
    let entry = Entry {
        wheel: number(wheel),
        measured: (!name.contains('[')).then(|| (number(files), number(bytecode))),
        is_pure,
        everywhere: everywhere.to_owned(),
        on_x86: on_x86.to_owned(),
    };
    entries.entry(name.to_owned()).or_default().insert(version, entry);
    Ok(())
}

/// The versions that get a row.
fn kept(versions: &BTreeMap<Version, Entry>, is_extra: bool) -> Vec<(&Version, &Entry)> {
    let newest = versions.keys().next_back();
    let mut res: Vec<(&Version, &Entry)> = Vec::new();
    for (version, entry) in versions {
        let is_other = res.last().is_none_or(|(_, last)| {
            let change = entry.wheel.abs_diff(last.wheel);
            change > LEAST_BYTES && change as f64 > LEAST_CHANGE * last.wheel as f64
        });
        let is_newest = newest == Some(version);
        if is_newest || !is_extra && (is_other || entry.measured.is_some()) {
            res.push((version, entry));
        }
    }
    res
}

/// The newest version of a package that was measured, with its wheel, files and bytecode; or of the same libraries for
/// another version of CUDA, which have other names.
fn measured_near(entries: &Entries, name: &str) -> Option<WheelSize> {
    let of_cuda = name.trim_end_matches("-cu11").trim_end_matches("-cu12");
    let others = [of_cuda.to_owned(), format!("{of_cuda}-cu13")];
    let names = std::iter::once(name).chain(others.iter().map(String::as_str));
    let mut versions = names.filter_map(|it| entries.get(it));
    versions.find_map(|it| {
        it.values().rev().find_map(|it| {
            let (files, bytecode) = it.measured?;
            Some(WheelSize { wheel: it.wheel, files, bytecode })
        })
    })
}

fn line(name: &str, version: &Version, entry: &Entry, near: Option<WheelSize>) -> String {
    let Entry { wheel, measured, is_pure, everywhere, on_x86 } = entry;
    let kilobytes = |bytes: u64| (bytes + 500) / 1000;
    let sizes = match measured {
        _ if name.contains('[') => "\t\t".to_owned(),
        Some((files, bytecode)) => {
            let [wheel, files, bytecode] = [*wheel, *files, *bytecode].map(kilobytes);
            format!("{}\t{files}\t{bytecode}", wheel.max(1))
        }
        None => {
            let size = match near {
                Some(near) => near.scaled_to(entry.wheel),
                None => WheelSize::of_wheel(*wheel, *is_pure),
            };
            let [wheel, files, bytecode] = [size.wheel, size.files, size.bytecode].map(kilobytes);
            format!("{}\t~{files}\t~{bytecode}", wheel.max(1))
        }
    };
    format!("{name}\t{version}\t{sizes}\t{everywhere}\t{on_x86}")
}

/// What files and bytecode take for a thousand bytes of a wheel: the medians of all that was measured.
fn ratios(entries: &Entries) -> String {
    let mut res = String::new();
    for (kind, is_pure) in [("pure", true), ("native", false)] {
        let all = entries.values().flat_map(BTreeMap::values);
        let of_kind = all.filter(|it| it.is_pure == is_pure && it.wheel > 0);
        let sizes: Vec<(u64, (u64, u64))> =
            of_kind.filter_map(|it| Some((it.wheel, it.measured?))).collect();
        let median = |of: fn(&(u64, u64)) -> u64| {
            let mut all: Vec<u64> = sizes.iter().map(|it| of(&it.1) * 1000 / it.0).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied().unwrap_or(0)
        };
        let (files, bytecode) = (median(|it| it.0), median(|it| it.1));
        res +=
            &format!("{kind}: files {files}, bytecode {bytecode}, of {} packages\n", sizes.len());
    }
    res
}
