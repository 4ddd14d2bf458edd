//! Compares what `knowledge` says of wheels with what pip does: `pip download` for 40 packages in four places.
//!
//! Needs the network, through pip's own configuration, so that it is a task and no test. Of each package the newest
//! version that the table knows is asked for; a package that pip takes from a folder of wheels proves nothing, so that
//! `PIP_FIND_LINKS` is left out.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use knowledge::image::Libc;
use knowledge::python_package::package;
use knowledge::wheel::{Architecture, Wheel, has_wheel};

use crate::say;

const NAMES: &str = "aiohttp asyncpg bcrypt brotli cffi confluent-kafka coverage cryptography cython frozenlist gevent \
                     greenlet grpcio httptools kiwisolver lxml markupsafe msgpack multidict mysqlclient numpy \
                     orjson pillow psutil psycopg2 psycopg2-binary pycryptodome pydantic-core pymssql pynacl pyodbc \
                     pyyaml pyzmq regex rpds-py sqlalchemy ujson uvloop uwsgi yarl";

const PYTHON: (u8, u8) = (3, 12);

/// At most so many processes at once, out of politeness.
const WORKERS: usize = 3;

/// A place that packages are installed in: its name, what the tables call it, and the platforms that pip is told.
struct Place {
    name: &'static str,
    libc: Libc,
    architecture: Architecture,
    platforms: Vec<String>,
}

fn places() -> Vec<Place> {
    let machines = [(Architecture::X86_64, "x86_64"), (Architecture::Aarch64, "aarch64")];
    let mut res = Vec::new();
    for (architecture, machine) in machines {
        let is_x86 = machine == "x86_64";
        let mut glibc: Vec<String> =
            (5..=36).rev().map(|it| format!("manylinux_2_{it}_{machine}")).collect();
        glibc.extend(["2014", "2010", "1"].map(|it| format!("manylinux{it}_{machine}")));
        glibc.push(format!("linux_{machine}"));
        let musl = (0..=2).rev().map(|it| format!("musllinux_1_{it}_{machine}")).collect();
        let name = if is_x86 { "glibc x86_64" } else { "glibc aarch64" };
        res.push(Place { name, libc: Libc::Glibc(Some((2, 36))), architecture, platforms: glibc });
        let name = if is_x86 { "musl x86_64" } else { "musl aarch64" };
        res.push(Place { name, libc: Libc::Musl(Some((1, 2))), architecture, platforms: musl });
    }
    res
}

/// Prints one line for each package and each disagreement, and the sums; an error if an answer differs.
pub(crate) fn compare(names: &[&str]) -> Result<String, String> {
    let usual: Vec<&str> = NAMES.split_whitespace().collect();
    let names = if names.is_empty() { usual.as_slice() } else { names };
    let places = places();
    let folder = std::env::temp_dir().join(format!("compare-wheels-{}", std::process::id()));
    let next = AtomicUsize::new(0);
    let lines: Mutex<Vec<(String, usize, usize)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for worker in 0..WORKERS {
            let (next, lines, places, folder) =
                (&next, &lines, &places, folder.join(worker.to_string()));
            scope.spawn(move || {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let line = compare_one(name, places, &folder);
                    say(&format!("{}\n", line.0));
                    lines.lock().unwrap_or_else(|it| it.into_inner()).push(line);
                }
            });
        }
    });
    let _ = std::fs::remove_dir_all(&folder);
    let lines = lines.into_inner().unwrap_or_else(|it| it.into_inner());
    let sum = |of: fn(&(String, usize, usize)) -> usize| lines.iter().map(of).sum::<usize>();
    let (n_same, n_other) = (sum(|it| it.1), sum(|it| it.2));
    let res = format!(
        "{} packages: {n_same} answers the same, {n_other} not, the others unknown\n",
        names.len()
    );
    if n_other == 0 { Ok(res) } else { Err(res) }
}

/// The line of a package, the number of equal answers and of others.
fn compare_one(name: &str, places: &[Place], folder: &Path) -> (String, usize, usize) {
    let version = package(name).and_then(|it| it.newest());
    let Some(version) = version else { return (format!("{name}: not in the table"), 0, 0) };
    let (mut n_same, mut n_other) = (0, 0);
    let mut line = format!("{name} {version}:");
    for place in places {
        let ours = has_wheel(name, Some(version), PYTHON, place.libc, place.architecture).wheel;
        let pips = downloads(&format!("{name}=={version}"), place, folder);
        let is_same = match (ours, pips) {
            (Wheel::Unknown, _) => {
                line += &format!(" [{}: unknown, pip {pips}]", place.name);
                continue;
            }
            (ours, pips) => (ours == Wheel::Yes) == pips,
        };
        if is_same {
            n_same += 1;
            line += if pips { " yes" } else { " no" };
        } else {
            n_other += 1;
            line += &format!(" [{}: {ours:?}, pip {pips}]", place.name);
        }
    }
    (line, n_same, n_other)
}

/// Whether `pip download --only-binary=:all:` finds a wheel.
fn downloads(requirement: &str, place: &Place, folder: &Path) -> bool {
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--no-cache-dir",
    ]);
    pip.args(["--disable-pip-version-check", "--implementation", "cp"]);
    pip.args(["--python-version", &format!("{}.{}", PYTHON.0, PYTHON.1)]);
    for platform in &place.platforms {
        pip.args(["--platform", platform]);
    }
    pip.arg("--dest").arg(folder).arg(requirement).env_remove("PIP_FIND_LINKS");
    pip.stdout(Stdio::null()).stderr(Stdio::null());
    let res = pip.status().is_ok_and(|it| it.success());
    let _ = std::fs::remove_dir_all(folder);
    res
}
