//! What is in the image before a step.

use context::{Files, MemoryFiles, NoFiles};

use super::{Presence, presence};
use crate::{Build, Surroundings};

/// Asks for `path` at the last RUN, before its last command.
fn ask(text: &str, files: &dyn Files, path: &str) -> Presence {
    let file = syntax::parse(text);
    let scripts = crate::scripts(&file);
    let surroundings = Surroundings { files, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, surroundings);
    let (step, run) = build.runs().last().expect("a RUN");
    let place = run.scripts.first().map(|it| (0, it.commands.len().saturating_sub(1)));
    presence(&build, step, place, path)
}

const PYTHON: &str = "FROM python:3.12-slim\nWORKDIR /app\n";

#[test]
fn without_a_context() {
    use Presence::{Absent, Present, Unknown};
    for (lines, expected) in [
        ("RUN x", Absent),
        ("COPY . .\nRUN x", Unknown),
        ("COPY requirements.txt .\nRUN x", Present(2)),
        ("COPY requirements.txt ./\nRUN x", Present(2)),
        ("COPY requirements.txt /app\nRUN x", Present(2)),
        ("COPY requirements.txt /app/requirements.txt\nRUN x", Present(2)),
        ("COPY r.txt requirements.txt\nRUN x", Present(2)),
        ("COPY requirements.txt /tmp/\nRUN x", Absent),
        ("COPY setup.py main.py ./\nRUN x", Absent),
        ("COPY requirements ./\nRUN x", Unknown),
        ("COPY *.py ./\nRUN x", Absent),
        ("COPY *.txt ./\nRUN x", Unknown),
        ("COPY * ./\nRUN x", Unknown),
        ("COPY $FILES ./\nRUN x", Unknown),
        ("COPY <<requirements.txt ./\nflask\nrequirements.txt\nRUN x", Present(2)),
        ("ADD https://h/requirements.txt .\nRUN x", Unknown),
        ("ADD x.tar.gz .\nRUN x", Unknown),
        ("COPY --from=ghcr.io/astral-sh/uv /uv /bin/\nRUN x", Absent),
        ("COPY --from=other/image /app .\nRUN x", Unknown),
        (
            "RUN apt-get update && apt-get install -y gcc && rm -rf /var/lib/apt/lists/*\nRUN x",
            Absent,
        ),
        ("RUN pip install -U pip\nRUN mkdir -p /data && useradd app\nRUN x", Absent),
        ("RUN echo flask > requirements.txt\nRUN x", Unknown),
        ("RUN echo flask > requirements.txt && x", Unknown),
        ("RUN echo flask > /etc/y && x", Absent),
        ("RUN make\nRUN x", Unknown),
        ("RUN <<EOF\n#!/usr/bin/env python3\nimport x\nEOF\nRUN x", Unknown),
        ("RUN --mount=target=requirements.txt,source=requirements.txt x", Present(2)),
        ("RUN --mount=target=. x", Unknown),
        ("RUN --mount=type=cache,target=/root/.cache x", Absent),
        ("COPY requirements.txt .\nRUN rm requirements.txt && x", Unknown),
    ] {
        let text = format!("{PYTHON}{lines}\n");
        assert_eq!(ask(&text, &NoFiles, "/app/requirements.txt"), expected, "{lines}");
    }
}

#[test]
fn images_that_bring_something() {
    for (from, expected) in [
        ("FROM python:3.12", Presence::Absent),
        ("FROM docker.io/library/python:3.12", Presence::Absent),
        ("FROM scratch", Presence::Absent),
        ("FROM python:3-onbuild", Presence::Unknown),
        ("FROM acme/base", Presence::Unknown),
        ("FROM $BASE", Presence::Unknown),
        ("FROM python AS a\nFROM a", Presence::Absent),
        ("FROM python AS a\nWORKDIR /app\nCOPY requirements.txt .\nFROM a", Presence::Present(2)),
        ("FROM python AS a\nONBUILD COPY . /app\nFROM a", Presence::Unknown),
    ] {
        let text = format!("{from}\nRUN x\n");
        assert_eq!(ask(&text, &NoFiles, "/app/requirements.txt"), expected, "{from}");
    }
    assert_eq!(ask("FROM python\nRUN x\n", &NoFiles, "/etc/x.txt"), Presence::Unknown);
}

#[test]
fn with_a_context() {
    use Presence::{Absent, Present, Unknown};
    let files = MemoryFiles::new([
        (".dockerignore", "ignored.txt\n"),
        ("ignored.txt", ""),
        ("requirements.txt", ""),
        ("src/app.py", ""),
        ("src/requirements.txt", ""),
        ("linked", ""),
    ]);
    for (lines, path, expected) in [
        ("COPY . .\nRUN x", "/app/requirements.txt", Present(2)),
        ("COPY * ./\nRUN x", "/app/requirements.txt", Present(2)),
        ("COPY * ./\nRUN x", "/app/app.py", Present(2)),
        ("COPY . .\nRUN x", "/app/other.txt", Absent),
        ("COPY . .\nRUN x", "/app/ignored.txt", Absent),
        ("COPY . .\nRUN x", "/app/src/requirements.txt", Present(2)),
        ("COPY . /srv\nRUN x", "/app/requirements.txt", Absent),
        ("COPY src .\nRUN x", "/app/requirements.txt", Present(2)),
        ("COPY src src\nRUN x", "/app/requirements.txt", Absent),
        ("COPY r*.txt ./\nRUN x", "/app/requirements.txt", Present(2)),
        ("COPY *.py ./\nRUN x", "/app/requirements.txt", Absent),
        ("COPY linked .\nRUN x", "/app/requirements.txt", Unknown),
        ("COPY built .\nRUN x", "/app/requirements.txt", Unknown),
        ("COPY . .\nRUN rm -rf /app/*\nRUN x", "/app/requirements.txt", Unknown),
    ] {
        let text = format!("{PYTHON}{lines}\n");
        assert_eq!(ask(&text, &files, path), expected, "{lines} {path}");
    }
}

#[test]
fn what_another_stage_has() {
    let text = |copy: &str| {
        format!(
            "FROM python AS b\nWORKDIR /b\nCOPY requirements.txt .\nFROM python\nWORKDIR /app\n{copy}\nRUN x\n"
        )
    };
    for (copy, expected) in [
        ("COPY --from=b /b/requirements.txt .", Presence::Present(5)),
        ("COPY --from=b /b .", Presence::Present(5)),
        ("COPY --from=b /b /c", Presence::Absent),
        ("COPY --from=b /c .", Presence::Absent),
        ("COPY --from=0 /usr/local .", Presence::Unknown),
    ] {
        assert_eq!(ask(&text(copy), &NoFiles, "/app/requirements.txt"), expected, "{copy}");
    }
}

#[test]
fn the_directory_of_a_command() {
    for (line, expected) in [
        ("x", Some("/app")),
        ("cd src && x", Some("/app/src")),
        ("cd /srv; cd a/..; x", Some("/srv")),
        ("(cd src && y) && x", Some("/app")),
        ("(cd src && x)", Some("/app/src")),
        ("cd $DIR && x", None),
        ("cd - && x", None),
        ("cd && x", None),
        ("if true; then cd src; fi; x", None),
        ("pushd src && x", None),
        ("sh -c 'cd src && x'", Some("/app/src")),
        ("cd src | y; x", Some("/app")),
    ] {
        let text = format!("{PYTHON}RUN {line}\n");
        let file = syntax::parse(&text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().last().expect("a RUN");
        let last = run.scripts[0].commands.iter().rposition(|it| it.program() == Some("x"));
        let last = last.expect("the command x");
        let directory = run.directory_at(0, last, step.state.directory.as_deref());
        assert_eq!(directory.as_deref(), expected, "{line}");
    }
}
