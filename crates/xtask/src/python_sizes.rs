//! Measures what installations of Python packages write, package by package and beside what `knowledge` estimates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use context::wheel_tag::WheelName;
use context::{Environment, normalize_name, parse_requirement};

use knowledge::python_size::{Asked, PythonAddition, PythonPackages};
use knowledge::wheel::Architecture;

use crate::{program, say};

/// What a set is for, the bytes that it wrote and downloaded last, and the requirements. The packages of a set `table`
/// are written into [`MEASURED`]; those of a set `check` are not, so that they show how good an estimate is.
const SETS: &str = "data/python-sets.tsv";

/// Name, version, bytes of the wheel, of its files, of their bytecode, dependencies, and those only on x86-64.
pub(crate) const MEASURED: &str = "data/python-measured.tsv";

/// The Python that installs, and the one that dependencies are written down for.
const PYTHON: &str = "python3.11";
pub(crate) const MARKER_PYTHON: &str = "3.12";

/// How far an estimate may be off.
const MOST_ERROR: f64 = 0.15;

/// Extras that nobody installs in an image.
const FOR_DEVELOPMENT: [&str; 14] = [
    "all",
    "ci",
    "complete",
    "coverage",
    "dev",
    "develop",
    "development",
    "doc",
    "docs",
    "lint",
    "test",
    "testing",
    "tests",
    "typing",
];

/// A package that was installed.
struct Package {
    name: String,
    version: String,
    wheel: u64,
    files: u64,
    bytecode: u64,
    needs: Vec<Need>,
}

/// A line of `Requires-Dist`.
struct Need {
    /// With extras: `uvicorn[standard]`.
    name: String,
    /// The extra that asks for it; empty for none.
    extra: String,
    is_only_x86: bool,
}

pub(crate) fn path_of(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

/// Installs each set with pip into an environment of its own, prints estimate, size and ratio, and writes down what came of
/// it; an error if an estimate is off by more than 15 %. With words, only the
/// sets that have one of them in their requirements.
pub(crate) fn measure(words: &[&str]) -> Result<String, String> {
    let work = tempfile::tempdir().map_err(|it| it.to_string())?;
    let text =
        fs::read_to_string(path_of(SETS)).map_err(|it| format!("cannot read {SETS}: {it}"))?;
    let known = fs::read_to_string(path_of(MEASURED)).unwrap_or_default();
    let mut rows: BTreeSet<String> = known.lines().map(str::to_owned).collect();
    let (mut sets, mut n_off) = (String::new(), 0);
    say("estimate  measured  ratio\n");
    for line in text.lines() {
        let [kind, installed, downloaded, requirements] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            return Err(format!("{SETS}: `{line}` has not four columns"));
        };
        let is_asked = words.is_empty() || words.iter().any(|it| requirements.contains(it));
        if !is_asked {
            sets += &format!("{kind}\t{installed}\t{downloaded}\t{requirements}\n");
            continue;
        }
        let folder = work.path().join("set");
        let (installed, downloaded, packages) = install(&folder, work.path(), requirements)?;
        fs::remove_dir_all(&folder).map_err(|it| it.to_string())?;
        let estimate = estimated(requirements);
        let ratio = estimate.size.installed(true) as f64 / installed as f64;
        let is_off = estimate.n_unknown > 0 || (ratio - 1.0).abs() > MOST_ERROR;
        n_off += usize::from(is_off);
        say(&format!(
            "{:7.1} MB {:7.1} MB  {ratio:.3}  fetched {:6.1} MB {:6.1} MB  {kind}: {requirements}{}\n",
            mega(estimate.size.installed(true)),
            mega(installed),
            mega(estimate.size.wheel),
            mega(downloaded),
            if is_off { "  OFF" } else { "" },
        ));
        sets += &format!("{kind}\t{installed}\t{downloaded}\t{requirements}\n");
        if kind == "table" {
            for package in &packages {
                rows.retain(|it| !is_row_of(it, &package.name, &package.version));
                rows.extend(rows_of(package));
            }
        }
        // Written after each set: an installation may fail, and most take a minute.
        let text = rows.iter().map(|it| format!("{it}\n")).collect::<String>();
        program::write(&path_of(MEASURED), &text)?;
    }
    program::write(&path_of(SETS), &sets)?;
    if n_off == 0 { Ok(String::new()) } else { Err(format!("{n_off} estimates are off")) }
}

/// What the tables say that an installation adds.
fn estimated(requirements: &str) -> PythonAddition {
    let asked = requirements.split(' ').filter_map(|it| parse_requirement(it, 0).ok());
    let asked: Vec<Asked> = asked
        .map(|it| Asked {
            name: it.normalized_name().unwrap_or_default(),
            version: it.pinned().map(str::to_owned),
            extras: it.extras.iter().map(|it| it.text.clone()).collect(),
            ..Asked::default()
        })
        .collect();
    PythonPackages::default().install(&asked, true, Architecture::X86_64)
}

fn mega(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Whether a row is about a version of a package, or an extra of it.
fn is_row_of(row: &str, name: &str, version: &str) -> bool {
    let mut columns = row.split('\t');
    let own = columns.next().map(|it| it.split('[').next());
    own == Some(Some(name)) && columns.next() == Some(version)
}

/// Installs requirements into an environment in `folder` and gives the bytes of all that the installation wrote, of the
/// wheels, and the packages.
fn install(
    folder: &Path,
    work: &Path,
    requirements: &str,
) -> Result<(u64, u64, Vec<Package>), String> {
    let (wheels, environment) = (folder.join("wheels"), folder.join("environment"));
    let words: Vec<&str> = requirements.split(' ').collect();
    let pip = || {
        let mut pip = Command::new(PYTHON);
        pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
        // A folder of wheels on this machine has not what everybody gets.
        pip.env_remove("PIP_FIND_LINKS");
        pip
    };
    let mut download = pip();
    download.args(["download", "--only-binary=:all:", "--cache-dir"]).arg(work.join("cache"));
    program::output(download.arg("--dest").arg(&wheels).args(&words))?;
    program::output(Command::new(PYTHON).args(["-m", "venv", "--without-pip"]).arg(&environment))?;
    let before = size_below(&environment);
    let mut install = pip();
    install.arg("--python").arg(environment.join("bin/python"));
    install.args(["install", "--no-cache-dir", "--no-index", "--find-links"]).arg(&wheels);
    program::output(install.args(&words))?;
    let site = environment.join("lib").join(PYTHON).join("site-packages");
    let mut sizes = BTreeMap::new();
    for path in entries(&wheels) {
        let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
        if let Some(wheel) = WheelName::parse(name) {
            sizes.insert(normalize_name(wheel.distribution), size_of(&path));
        }
    }
    let is_record = |it: &PathBuf| it.extension().is_some_and(|it| it == "dist-info");
    let mut packages = Vec::new();
    for record in entries(&site).iter().filter(|it| is_record(it)) {
        packages.push(package(&site, record, &sizes)?);
    }
    Ok((size_below(&environment) - before, sizes.values().sum(), packages))
}

fn package(site: &Path, record: &Path, sizes: &BTreeMap<String, u64>) -> Result<Package, String> {
    let read = |file: &str| {
        let path = record.join(file);
        fs::read_to_string(&path).map_err(|it| format!("{}: {it}", path.display()))
    };
    let metadata = read("METADATA")?;
    let head = metadata.split("\n\n").next().unwrap_or("");
    let fields = |name: &'static str| {
        head.lines().filter_map(move |it| it.strip_prefix(name)?.strip_prefix(": "))
    };
    let name = normalize_name(fields("Name").next().unwrap_or(""));
    let version = fields("Version").next().unwrap_or("").to_owned();
    let (mut files, mut bytecode) = (0, 0);
    for line in read("RECORD")?.lines() {
        let file = line.rsplitn(3, ',').nth(2).unwrap_or("").trim_matches('"');
        let size = size_of(&site.join(file));
        *(if file.ends_with(".pyc") { &mut bytecode } else { &mut files }) += size;
    }
    let wheel = sizes.get(&name).copied().ok_or(format!("no wheel of {name}"))?;
    let needs = fields("Requires-Dist").filter_map(need).collect();
    Ok(Package { name, version, wheel, files, bytecode, needs })
}

/// What a line of `Requires-Dist` brings on Linux; `None` for what is for other systems or for development.
fn need(line: &str) -> Option<Need> {
    let requirement = parse_requirement(line, 0).ok()?;
    let marker = requirement.marker.as_ref().map_or("", |it| it.text.as_str());
    let extra =
        marker.split("extra").nth(1).map_or("", |it| it.split(['"', '\'']).nth(1).unwrap_or(""));
    let holds = |machine: &str| {
        let mut place = Environment::linux(Some(MARKER_PYTHON), Some(machine));
        place.python_full_version = Some(format!("{MARKER_PYTHON}.4"));
        place.extras = Some(vec![extra.to_owned()]);
        requirement.applies_in(&place) == Some(true)
    };
    let name = requirement.normalized_name()?;
    let extras: Vec<String> =
        requirement.extras.iter().map(|it| normalize_name(&it.text)).collect();
    let extra = normalize_name(extra);
    let is_wanted = holds("x86_64") && !FOR_DEVELOPMENT.contains(&extra.as_str());
    is_wanted.then(|| Need {
        name: with_extras(&name, &extras),
        extra,
        is_only_x86: !holds("aarch64"),
    })
}

/// `uvicorn[standard]`: one entry for each extra stands for the package and the extra.
pub(crate) fn with_extras(name: &str, extras: &[String]) -> String {
    match extras {
        [] => name.to_owned(),
        extras => {
            let all: Vec<String> = extras.iter().map(|it| format!("{name}[{it}]")).collect();
            all.join(" ")
        }
    }
}

/// The rows of a package: its own, and one for each extra.
fn rows_of(package: &Package) -> Vec<String> {
    let Package { name, version, wheel, files, bytecode, needs } = package;
    let mut extras: Vec<&str> = needs.iter().map(|it| it.extra.as_str()).collect();
    extras.push("");
    extras.sort_unstable();
    extras.dedup();
    let row = |extra: &str| {
        let listed = |is_only_x86: bool| {
            let wanted =
                needs.iter().filter(|it| it.extra == extra && it.is_only_x86 == is_only_x86);
            let mut names: Vec<&str> = wanted.flat_map(|it| it.name.split(' ')).collect();
            names.sort_unstable();
            names.dedup();
            names.join(" ")
        };
        let size = match extra {
            "" => format!("{wheel}\t{files}\t{bytecode}"),
            _ => "\t\t".to_owned(),
        };
        let title = if extra.is_empty() { name.clone() } else { format!("{name}[{extra}]") };
        format!("{title}\t{version}\t{size}\t{}\t{}", listed(false), listed(true))
    };
    extras.into_iter().map(row).collect()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path()).collect()
}

/// The bytes of a regular file; 0 for anything else.
fn size_of(path: &Path) -> u64 {
    fs::symlink_metadata(path).ok().filter(|it| it.is_file()).map_or(0, |it| it.len())
}

/// The bytes of all regular files below a folder.
fn size_below(folder: &Path) -> u64 {
    let below =
        |it: PathBuf| if it.is_dir() && !it.is_symlink() { size_below(&it) } else { size_of(&it) };
    entries(folder).into_iter().map(below).sum()
}
