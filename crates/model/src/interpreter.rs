//! The Python of a stage: its version, and the place for which pip chooses wheels.

use knowledge::image::{Image, Libc, Python, PythonOrigin};
use knowledge::wheel::Architecture;
use managers::{Action, Call, Tool, system};
use syntax::Keyword;

use crate::{Base, Build, Stage, Step};

/// What pip must know to choose a wheel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interpreter {
    /// The feature release, such as `(3, 12)`.
    pub version: (u8, u8),
    /// The C library below it.
    pub libc: Libc,
    /// What `--platform` of FROM says; `None` where that is the builder's choice.
    pub architecture: Option<Architecture>,
    /// It is the distribution's own Python, which shares its packages with those of the system.
    pub is_of_distribution: bool,
}

/// The Python that pip of a stage installs for: the one of the base image, or the one that the stage installs from the
/// distribution. `None` when it is not known.
pub fn interpreter<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Interpreter> {
    *stage.memory.interpreter.get_or_init(|| find_interpreter(build, stage))
}

fn find_interpreter<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Interpreter> {
    if is_foreign(build, stage) {
        return None;
    }
    let image = build.image(stage)?;
    let (version, is_of_distribution) = match image.python {
        Python::Present { version, origin, .. } => (version?, origin == PythonOrigin::Distribution),
        Python::Absent | Python::Unknown => {
            (image.release.filter(|_| installs_python(build, stage))?.system_python()?, true)
        }
    };
    let architecture = architecture(build, stage);
    Some(Interpreter { version, libc: image.libc, architecture, is_of_distribution })
}

/// The architecture that FROM of the lowest stage names, unless a variable does.
fn architecture<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Architecture> {
    Architecture::of_platform(platform(build, stage)?)
}

/// The platform that FROM of the lowest stage names, or the namespace of its image.
fn platform<'b, 'f>(build: &'b Build<'f>, stage: &'b Stage<'f>) -> Option<&'b str> {
    let lowest = build.stages.get(stage.root)?;
    let from = build.steps.get(lowest.steps.start)?;
    if let Some(flag) = from.instruction.flag("platform") {
        return flag.value.as_deref();
    }
    let Base::Image { reference, .. } = &lowest.base else { return None };
    let mut parts = reference.repository.rsplit('/');
    match parts.nth(1)? {
        "arm64v8" => Some("linux/arm64"),
        namespace @ ("amd64" | "ppc64le" | "s390x" | "riscv64" | "i386" | "mips64le"
        | "arm32v5" | "arm32v6" | "arm32v7") => Some(namespace),
        _ => None,
    }
}

/// Whether the image of a stage is for a processor of which nothing is known here: neither x86-64 nor 64-bit ARM.
pub(crate) fn is_foreign<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const FOREIGN: [&str; 7] = ["386", "i386", "loong", "mips", "ppc64", "riscv64", "s390x"];
    platform(build, stage).is_some_and(|it| {
        let it = it.to_ascii_lowercase();
        let processor = it.strip_prefix("linux/").unwrap_or(&it);
        let is_small_arm = processor.starts_with("arm") && !processor.starts_with("arm64");
        is_small_arm || FOREIGN.iter().any(|it| processor.starts_with(it))
    })
}

/// Whether the stage installs the distribution's `python3`.
fn installs_python<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const NAMES: [&str; 5] = ["python3", "py3-pip", "python3-pip", "python3-dev", "python3-venv"];
    system_packages(build, stage, &|name| NAMES.contains(&name))
}

fn system_packages<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    wanted: &dyn Fn(&str) -> bool,
) -> bool {
    build.lineage(stage).any(|stage| {
        let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
        let mut calls = runs.flat_map(|it| &it.calls).map(|it| &it.call);
        calls.any(|it| {
            let installs = it.tool.is_system() && it.action == Action::Install;
            installs && system::packages(it).any(|it| wanted(it.name))
        })
    })
}

/// Whether a package of the distribution is installed in a stage, or in what it is built from.
pub fn installs_system_package<'f>(build: &Build<'f>, stage: &Stage<'f>, name: &str) -> bool {
    system_packages(build, stage, &|it| it == name)
}

/// Whether a stage has to do with Python at all: an image with a Python of its own, a call that installs Python packages,
/// or a start command that runs Python. That the distribution's `python3` is there says nothing: build systems need it.
pub fn is_about_python<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    let has_own = |it: Image| matches!(it.python, Python::Present { origin, .. } if origin != PythonOrigin::Distribution);
    let is_sign = |step: &Step<'_>| match (step.instruction.keyword, step.run()) {
        (Keyword::Cmd | Keyword::Entrypoint, _) => {
            starts_python(step.instruction.span.of(build.file.text))
        }
        (_, Some(run)) => run.calls.iter().any(|it| installs_packages(&it.call)),
        _ => false,
    };
    build.image(stage).is_some_and(has_own)
        || build.lineage(stage).any(|it| build.steps_of(it).iter().any(is_sign))
}

fn installs_packages(call: &Call<'_>) -> bool {
    let is_of_system = call.tool.is_system() || call.tool == Tool::AptMark;
    let installs =
        matches!(call.action, Action::Install | Action::Sync | Action::Add | Action::Develop);
    installs && !is_of_system
}

/// Whether a start command names Python or a usual server for it.
fn starts_python(text: &str) -> bool {
    let is_between =
        |it: char| it.is_whitespace() || matches!(it, '"' | '[' | ']' | ',' | '/' | ';');
    text.split(is_between).any(|it| {
        it.starts_with("python")
            || it.ends_with(".py")
            || matches!(it, "gunicorn" | "uvicorn" | "uwsgi" | "celery" | "flask" | "django-admin")
    })
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    fn with_last_stage<T>(text: &str, ask: impl for<'f> Fn(&Build<'f>, &Stage<'f>) -> T) -> T {
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        ask(&build, build.stages.last().unwrap())
    }

    #[test]
    fn the_version_comes_from_the_image_or_the_distribution() {
        let cases = [
            ("FROM python:3.8-alpine3.12", Some((3, 8)), false),
            ("FROM python:3.12-slim AS a\nFROM a", Some((3, 12)), false),
            ("FROM alpine:3.19\nRUN apk add --no-cache py3-pip", Some((3, 11)), true),
            ("FROM alpine:3.19\nRUN apk add --no-cache curl", None, false),
            ("FROM example/x", None, false),
        ];
        for (text, version, is_own) in cases {
            let found = with_last_stage(text, interpreter);
            assert_eq!(found.map(|it| it.version), version, "{text}");
            assert_eq!(found.is_some_and(|it| it.is_of_distribution), is_own, "{text}");
        }
        let text = "FROM --platform=linux/arm64 python:3.12 AS a\nFROM a";
        let found = with_last_stage(text, interpreter);
        assert_eq!(found.and_then(|it| it.architecture), Some(Architecture::Aarch64));
    }

    #[test]
    fn python_is_seen() {
        let cases = [
            ("FROM python:3.12", true),
            ("FROM debian:12\nRUN apt-get install -y python3-pip", false),
            ("FROM debian:12\nRUN pip --version", false),
            ("FROM debian:12\nCMD [\"/usr/bin/python3\", \"/app.py\"]", true),
            ("FROM debian:12\nENTRYPOINT exec gunicorn app", true),
            ("FROM continuumio/miniconda3", true),
            ("FROM debian:12\nRUN apt-get install -y gcc", false),
            ("FROM example/x\nRUN pip install x", true),
            ("FROM node:20\nRUN npm ci", false),
            ("FROM golang:1.22\nRUN go build", false),
        ];
        for (text, expected) in cases {
            let found = with_last_stage(text, is_about_python);
            assert_eq!(found, expected, "{text}");
        }
    }
}
