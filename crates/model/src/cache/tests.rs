//! What becomes of caches: tables of RUN instructions.

use super::*;
use crate::{Surroundings, scripts};
use context::NoFiles;

/// What becomes of the caches of the last RUN's calls.
fn fates(text: &str) -> String {
    let file = syntax::parse(text);
    let scripts = scripts(&file);
    let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, surroundings);
    let (step, run) = build.runs().last().expect("a RUN");
    let caches = [Cache::Pip, Cache::Apk, Cache::AptLists, Cache::Poetry, Cache::Conda, Cache::Dnf];
    let calls = run.calls.iter().flat_map(|it| cache_writes(&build, step, run, it, &caches));
    let shown = calls.map(|it| match it.fate {
        Fate::Disabled(_) => "disabled".to_owned(),
        Fate::Mounted(mount) => format!("mount {mount}"),
        Fate::Removed => "removed".to_owned(),
        Fate::Kept => "kept".to_owned(),
        Fate::Unknown => "unknown".to_owned(),
    });
    shown.collect::<Vec<_>>().join(", ")
}

#[test]
fn what_becomes_of_a_cache() {
    const PYTHON: &str = "FROM python:3.13-slim\n";
    let table = [
        ("RUN pip install x", "kept"),
        ("RUN pip install x && pip install y && rm -rf /root/.cache/pip", "removed, removed"),
        ("RUN rm -rf /root/.cache/pip && pip install x", "kept"),
        ("RUN trap 'rm -rf ~/.cache' EXIT; pip install x", "removed"),
        ("RUN pip install x && cd /root && rm -rf .cache", "removed"),
        ("RUN pip install x && rm -rf \"$(pip cache dir)\"", "unknown"),
        ("RUN pip install x && clean-layer.sh", "unknown"),
        ("ARG PIP_NO_CACHE_DIR\nRUN pip install x", "unknown"),
        ("ENV PIP_NO_CACHE_DIR=$X\nARG X\nRUN pip install x", "kept"),
        ("ENV PIP_NO_CACHE_DIR=0\nRUN pip install x", "disabled"),
        ("RUN pip config set --global global.no-cache-dir false && pip install x", "disabled"),
        ("RUN --mount=type=cache,target=/root/.cache pip install x", "mount 0"),
        (
            "RUN --mount=type=secret,id=x --mount=type=tmpfs,target=/root/.cache pip install x",
            "mount 1",
        ),
        ("RUN --mount=type=cache,target=/root/.npm pip install x", "kept"),
        ("ENV XDG_CACHE_HOME=/c\nRUN --mount=type=cache,target=/c/pip pip install x", "mount 0"),
        ("RUN useradd app\nUSER app\nRUN pip install x && rm -rf /home/app/.cache", "removed"),
        ("RUN useradd app\nUSER app\nRUN pip install x && rm -rf /root/.cache", "kept"),
        ("RUN poetry install && rm -rf ~/.cache/pypoetry/artifacts", "removed"),
        ("RUN poetry install && rm -rf ~/.cache/pypoetry/virtualenvs", "kept"),
        ("RUN apt-get update && apt-get install -y x && apt-get dist-clean", "removed"),
        ("RUN apt-get -o Dir::State::Lists=/tmp/x update", "unknown"),
        ("RUN dnf install -y x && dnf clean packages", "kept"),
        ("RUN conda install x && conda clean -ty", "removed"),
        ("RUN <<EOF\napk add x\nrm -rf /var/cache/apk/*\nEOF", "removed"),
    ];
    for (text, expected) in table {
        assert_eq!(fates(&format!("{PYTHON}{text}\n")), expected, "{text}");
    }
}
