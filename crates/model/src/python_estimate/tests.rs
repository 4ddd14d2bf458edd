//! What the RUNs of a Dockerfile add, in one line each.

use context::MemoryFiles;

use super::*;
use crate::Surroundings;

const LOCK: &str = r#"version = 1
requires-python = ">=3.10"

[[package]]
name = "acme"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://f.example/acme-1.0-py3-none-any.whl", hash = "sha256:00", size = 10000000 },
]

[[package]]
name = "app"
version = "0"
source = { virtual = "." }
dependencies = [
    { name = "acme" },
    { name = "flask" },
    { name = "source" },
]

[[package]]
name = "flask"
version = "3.0.3"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://f.example/flask-3.0.3-py3-none-any.whl", hash = "sha256:00" },
]

[[package]]
name = "source"
version = "1.0"
source = { git = "https://git.example/source" }
"#;

/// What the calls of the last stage add: full megabytes installed and fetched, and what is not in them.
fn added_by(text: &str) -> Vec<(u64, u64, Option<String>)> {
    let file = syntax::parse(text);
    let scripts = crate::scripts(&file);
    let files = MemoryFiles::new([
        ("requirements.txt", "numpy==1.26.4\npandas; python_version < '3'\nacme-tools\n"),
        ("pyproject.toml", "[project]\nname = \"app\"\n"),
        ("uv.lock", LOCK),
    ]);
    let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, surroundings);
    let runs = build.runs().filter(|it| build.is_shipped(it.0));
    let mut res = Vec::new();
    for (step, run) in runs {
        for call in &run.calls {
            let Some(added) = added(&build, step, call) else { continue };
            let mega = |bytes: u64| bytes / 1_000_000;
            res.push((mega(added.installed), mega(added.fetched), added.rest()));
        }
    }
    res
}

fn one(command: &str) -> (u64, u64, Option<String>) {
    let text = format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN {command}\n");
    let mut all = added_by(&text);
    assert_eq!(all.len(), 1, "{command}: {all:?}");
    all.remove(0)
}

#[test]
fn bytecode_is_compiled_by_pip() {
    let (installed, fetched, rest) = one("pip install numpy==1.26.4");
    assert!((55..110).contains(&installed) && (15..22).contains(&fetched), "{installed} {fetched}");
    assert_eq!(rest, None);
    let without = one("pip install --no-compile numpy==1.26.4").0;
    assert!(without < installed);
    assert_eq!(one("uv pip install --system numpy==1.26.4").0, without);
    let compiled = one("UV_COMPILE_BYTECODE=1 uv pip install --system numpy==1.26.4").0;
    assert_eq!(compiled, installed);
}

#[test]
fn what_is_not_known_is_said() {
    let (numpy, fetched, _) = one("pip install numpy==1.26.4");
    let unknown = |n: &str| Some(format!("{n} of unknown size"));
    assert_eq!(one("pip install -r requirements.txt"), (numpy, fetched, unknown("1")));
    assert_eq!(one("pip install acme-one acme-two"), (0, 0, unknown("2")));
    assert_eq!(one("pip install -e ."), (0, 0, unknown("1")));
    // Compiled, it has not the libraries of a wheel.
    assert_eq!(one("pip install uwsgi"), (0, 0, unknown("1")));
    let unread = Some("what could not be read".to_owned());
    assert_eq!(one("pip install -r $(ls *.txt)"), (0, 0, unread.clone()));
    assert_eq!(one("poetry install"), (0, 0, unread.clone()));
    assert_eq!(one("if [ -f x ]; then pip install numpy==1.26.4; fi"), (0, 0, unread));
}

#[test]
fn another_index_may_have_other_builds() {
    assert!(one("pip install torch").0 > 1000);
    let cpu = one("pip install torch --index-url https://download.pytorch.org/whl/cpu");
    assert_eq!(cpu, (0, 0, Some("1 of unknown size".to_owned())));
}

#[test]
fn a_lock_gives_sizes() {
    let (installed, fetched, rest) = one("uv sync --frozen");
    assert_eq!(rest.as_deref(), Some("1 of unknown size"));
    assert_eq!(fetched, 10);
    // No bytecode: three times the wheel.
    assert!((30..40).contains(&installed), "{installed}");
    assert!(one("uv sync --frozen --compile-bytecode").0 > installed + 30);
}

#[test]
fn layers_go_on_from_those_before() {
    let text = "FROM python:3.12-slim AS base\nRUN pip install numpy\n\
                FROM base\nRUN pip install pandas && pip install numpy\nRUN pip install pip\n";
    let all = added_by(text);
    let together = one("pip install pandas").0;
    assert_eq!(all.len(), 4, "{all:?}");
    assert!(all[1].0 < together && all[0].0 + all[1].0 + 2 > together, "{all:?}");
    assert_eq!((all[2].0, all[3].0), (0, 0), "{all:?}");
}

#[test]
fn wheels_of_another_stage_are_counted() {
    let text = "FROM python:3.12 AS builder\nRUN pip wheel --wheel-dir=/wheels pandas\n\
                FROM python:3.12-slim\nCOPY --from=builder /wheels /wheels\n\
                RUN pip install --no-index /wheels/*.whl\n";
    assert_eq!(added_by(text), [one("pip install pandas")]);
}

#[test]
fn an_environment_is_copied_with_its_packages() {
    let of_copy = |lines: &str, copy: &str| {
        let text = format!("FROM python:3.12 AS builder\n{lines}FROM python:3.12-slim\n{copy}\n");
        let file = syntax::parse(&text);
        let scripts = crate::scripts(&file);
        let files = MemoryFiles::new([("requirements.txt", "")]);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        copied(&build, build.steps.last().unwrap()).map(|it| (it.0.installed / 1_000_000, it.1))
    };
    let numpy = one("pip install numpy").0;
    let made = "RUN pip install poetry\nRUN python -m venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n\
                RUN pip install numpy\n";
    let copy = "COPY --from=builder /opt/venv /opt/venv";
    assert_eq!(of_copy(made, copy), Some((numpy, false)));
    assert_eq!(of_copy(made, "COPY --from=builder /opt /opt"), Some((numpy, true)));
    assert_eq!(of_copy("RUN make\n", "COPY --from=builder /app /app"), None);
    let prefix = "RUN pip install --prefix=/install numpy\n";
    assert_eq!(of_copy(prefix, "COPY --from=builder /install /usr/local"), Some((numpy, false)));
}
