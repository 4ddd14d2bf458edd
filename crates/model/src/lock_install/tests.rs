//! Which lock file a call installs, and what becomes of its packages.

use context::MemoryFiles;
use knowledge::image::Libc;

use crate::interpreter::interpreter;
use crate::locked::{locked, without_musl_wheel};
use crate::requirements::requirements;
use crate::{Build, Surroundings};

const UV: &str = r#"version = 1
requires-python = ">=3.8"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "acme" },
    { name = "scipy" },
    { name = "tool" },
    { name = "wheelless" },
]

[package.dev-dependencies]
dev = [{ name = "plain" }]

[[package]]
name = "acme"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://f/acme-1.0.tar.gz", hash = "sha256:00" }
wheels = [
    { url = "https://f/acme-1.0-cp38-cp38-manylinux2014_x86_64.whl", hash = "sha256:00" },
    { url = "https://f/acme-1.0-cp38-cp38-musllinux_1_1_x86_64.whl", hash = "sha256:00" },
    { url = "https://f/acme-1.0-cp38-cp38-manylinux2014_aarch64.whl", hash = "sha256:00" },
]

[[package]]
name = "plain"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
wheels = [{ url = "https://f/plain-2.0-py3-none-any.whl", hash = "sha256:00" }]

[[package]]
name = "scipy"
version = "1.5.2"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://f/scipy-1.5.2.tar.gz", hash = "sha256:00" }
wheels = [
    { url = "https://f/scipy-1.5.2-cp38-cp38-manylinux1_x86_64.whl", hash = "sha256:00" },
    { url = "https://f/scipy-1.5.2-cp38-cp38-manylinux2014_aarch64.whl", hash = "sha256:00" },
]

[[package]]
name = "tool"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://f/tool-3.0-py3-none-manylinux_2_17_x86_64.whl", hash = "sha256:00" },
    { url = "https://f/tool-3.0-py3-none-manylinux_2_17_aarch64.whl", hash = "sha256:00" },
]

[[package]]
name = "wheelless"
version = "4.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://f/wheelless-4.0.tar.gz", hash = "sha256:00" }
"#;

const POETRY: &str = r#"[[package]]
name = "scipy"
version = "1.5.2"
files = [
    {file = "scipy-1.5.2-cp38-cp38-manylinux1_x86_64.whl", hash = "sha256:00"},
    {file = "scipy-1.5.2-cp38-cp38-manylinux2014_aarch64.whl", hash = "sha256:00"},
    {file = "scipy-1.5.2.tar.gz", hash = "sha256:00"},
]

[[package]]
name = "numpy"
version = "1.19.2"
files = [
    {file = "numpy-1.19.2-cp38-cp38-manylinux2010_x86_64.whl", hash = "sha256:00"},
    {file = "numpy-1.19.2-cp38-cp38-manylinux2014_aarch64.whl", hash = "sha256:00"},
    {file = "numpy-1.19.2.zip", hash = "sha256:00"},
]

[metadata]
lock-version = "2.0"
python-versions = "^3.8"
"#;

const PYPROJECT: &str = r#"[tool.poetry.dependencies]
python = "^3.8"
scipy = "1.5.2"

[tool.poetry.group.dev.dependencies]
numpy = "*"

[build-system]
build-backend = "poetry.core.masonry.api"
"#;

const PYLOCK: &str = r#"lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "scipy"
version = "1.5.2"
sdist = { name = "scipy-1.5.2.tar.gz", hashes = { sha256 = "00" } }
wheels = [
    { name = "scipy-1.5.2-cp38-cp38-manylinux1_x86_64.whl", hashes = { sha256 = "00" } },
    { name = "scipy-1.5.2-cp38-cp38-manylinux2014_aarch64.whl", hashes = { sha256 = "00" } },
]
"#;

/// Hashes and no names of files: the tables know what wheels these versions have.
const PIPFILE: &str = r#"{
    "_meta": {
        "hash": {"sha256": "00"},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.8"},
        "sources": [
            {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": true},
            {"name": "own", "url": "https://packages.example.com/simple", "verify_ssl": true}
        ]
    },
    "default": {
        "scipy": {"hashes": ["sha256:00"], "index": "pypi", "version": "==1.5.4"},
        "six": {"hashes": ["sha256:00"], "version": "==1.16.0"},
        "pandas": {"hashes": ["sha256:00"], "index": "own", "version": "==1.1.0"},
        "never-heard-of": {"hashes": ["sha256:00"], "version": "==1.0"}
    },
    "develop": {}
}"#;

fn with_last_call<T>(
    dockerfile: &str,
    ask: impl for<'f> FnOnce(&Build<'f>, &crate::requirements::Requirements) -> T,
) -> T {
    let file = syntax::parse(dockerfile);
    let scripts = crate::scripts(&file);
    let files = MemoryFiles::new([
        ("uv.lock", UV),
        ("poetry.lock", POETRY),
        ("pyproject.toml", PYPROJECT),
        ("pylock.toml", PYLOCK),
        ("sub/uv.lock", UV),
        ("old/uv.lock", UV),
        ("old/.python-version", "3.13\n"),
        ("groups/uv.lock", UV),
        ("groups/pyproject.toml", "[tool.uv]\ndefault-groups = [\"x\"]\n"),
        ("source/uv.lock", UV),
        ("source/pyproject.toml", "[tool.uv]\nno-binary-package = [\"x\"]\n"),
        ("pipenv/Pipfile", "[packages]\n"),
        ("pipenv/Pipfile.lock", PIPFILE),
        ("broken/uv.lock", "version = 1\n[[package"),
    ]);
    let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, surroundings);
    let (step, run) = build.runs().last().expect("a RUN");
    let call = run.calls.last().expect("a call");
    let found = requirements(&build, step, call).expect("an installation");
    ask(&build, found)
}

/// The path of the lock, what is compiled or fails on musl, and what was not read.
fn shown(dockerfile: &str) -> String {
    with_last_call(dockerfile, |build, found| {
        let place = interpreter(build, build.stages.last().unwrap()).unwrap();
        let mut res: Vec<String> = Vec::new();
        for lock in &found.locks {
            res.push(lock.path.clone());
            let packages = without_musl_wheel(lock, place);
            res.extend(packages.iter().map(|it| format!("{} {:?}", it.title(), it.installation)));
        }
        res.extend(found.unread.iter().map(|it| format!("?{}", it.what)));
        res.join(", ")
    })
}

#[test]
fn locks_are_found_and_decided() {
    const UV_LOCK: &str = "uv.lock, scipy==1.5.2 Compiles, tool==3.0 Fails";
    const POETRY_LOCK: &str = "poetry.lock, scipy==1.5.2 Compiles, numpy==1.19.2 Compiles";
    for (lines, expected) in [
        ("COPY . .\nRUN uv sync", UV_LOCK),
        (
            "COPY . .\nRUN uv sync --frozen --no-dev --no-install-package scipy",
            "uv.lock, tool==3.0 Fails",
        ),
        ("RUN --mount=type=bind,source=uv.lock,target=uv.lock uv sync --locked", UV_LOCK),
        (
            "COPY . /x\nRUN uv sync --project /x/sub",
            "sub/uv.lock, scipy==1.5.2 Compiles, tool==3.0 Fails",
        ),
        ("COPY . .\nRUN uv sync --only-group dev", "uv.lock"),
        ("COPY . .\nRUN uv sync --no-binary-package scipy", "?what `uv` installs"),
        ("COPY . .\nENV UV_NO_BINARY=1\nRUN uv sync", "?what `uv` installs"),
        ("COPY . .\nRUN uv sync -U", "?what `uv` installs"),
        ("COPY . .\nRUN uv sync --python 3.13", "?what `uv` installs"),
        ("COPY . .\nRUN uv sync --python python3.8", UV_LOCK),
        ("COPY . .\nENV UV_PYTHON=3.12\nRUN uv sync", "?what `uv` installs"),
        ("COPY . .\nRUN uv venv --python 3.11 && uv sync", "?what `uv` installs"),
        ("COPY . .\nRUN uv lock\nRUN uv sync", "?what `uv` installs"),
        ("COPY . .\nRUN uv lock --check && uv sync", UV_LOCK),
        ("COPY . .\nRUN rm uv.lock && uv sync", "?what `uv` installs"),
        ("COPY . .\nRUN uv sync $(cat flags)", "?what `uv` installs"),
        ("RUN uv sync", "?what `uv` installs"),
        ("COPY old .\nRUN uv sync", "?what `uv` installs"),
        ("COPY source .\nRUN uv sync", "?what `uv` installs"),
        ("COPY broken .\nRUN uv sync", "?what `uv` installs"),
        (
            "COPY groups .\nRUN uv sync",
            "groups/uv.lock, scipy==1.5.2 Compiles, tool==3.0 Fails, ?some of what `uv` installs",
        ),
        ("COPY . .\nRUN poetry install --no-root", POETRY_LOCK),
        ("COPY . .\nRUN poetry install", POETRY_LOCK),
        // The lock does not say that numpy is for development, the project does not say that it is not.
        ("COPY . .\nRUN poetry install --only main", "poetry.lock, scipy==1.5.2 Compiles"),
        ("COPY . .\nRUN poetry lock && poetry install", "?what `poetry` installs"),
        (
            "COPY . .\nRUN poetry config installer.no-binary :all: && poetry install",
            "?what `poetry` installs",
        ),
        (
            "COPY . .\nRUN uv pip install --system -r pylock.toml",
            "pylock.toml, scipy==1.5.2 Compiles",
        ),
        ("COPY . .\nRUN uv pip sync --system pylock.toml", "pylock.toml, scipy==1.5.2 Compiles"),
        ("RUN uv pip sync --system pylock.toml", "?`pylock.toml`"),
        ("COPY . .\nRUN pdm sync", "?what `pdm` installs"),
        ("COPY . .\nRUN pipenv install --deploy", "?what `pipenv` installs"),
        (
            "COPY pipenv .\nRUN pipenv install --system --deploy",
            "pipenv/Pipfile.lock, scipy==1.5.4 Compiles",
        ),
    ] {
        let dockerfile = format!("FROM python:3.8-alpine\nWORKDIR /app\n{lines}\n");
        assert_eq!(shown(&dockerfile), expected, "{lines}");
    }
}

#[test]
fn only_what_holds_for_every_processor_is_known() {
    for (platform, expected) in [
        ("", "acme Unknown, scipy Compiles, tool Fails, wheelless Unknown, plain Wheel"),
        ("linux/amd64", "acme Wheel, scipy Compiles, tool Fails, wheelless Unknown, plain Wheel"),
        (
            "linux/arm64",
            "acme Compiles, scipy Compiles, tool Fails, wheelless Unknown, plain Wheel",
        ),
    ] {
        let flag =
            if platform.is_empty() { String::new() } else { format!("--platform={platform} ") };
        let dockerfile = format!("FROM {flag}python:3.8-alpine\nCOPY . /\nRUN cd / && uv sync\n");
        let shown = with_last_call(&dockerfile, |build, found| {
            let place = interpreter(build, build.stages.last().unwrap()).unwrap();
            let mut packages = locked(&found.locks[0], place, Libc::Musl(Some((1, 2))));
            packages.sort_by_key(|it| (it.package.name == "plain", it.package.name.clone()));
            let packages = packages.iter();
            let packages = packages.map(|it| format!("{} {:?}", it.package.name, it.installation));
            packages.collect::<Vec<String>>().join(", ")
        });
        assert_eq!(shown, expected, "{platform}");
    }
}
