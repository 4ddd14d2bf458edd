//! What a stage is made for: to run a program, or to develop, test and build with.

use knowledge::image::{Python, PythonOrigin};
use syntax::{Arguments, Keyword};

use crate::{Base, Build, Stage, User};

/// Words in the names of stages and files whose image is a tool for its owner and not what is deployed.
const WORDS: [&str; 15] = [
    "dev",
    "devel",
    "develop",
    "development",
    "devcontainer",
    "test",
    "tests",
    "testing",
    "tester",
    "ci",
    "lint",
    "debug",
    "docs",
    "notebook",
    "jupyter",
];

/// The same for what is built in it and taken out, unless it starts a program of its own: what is started is shipped,
/// whatever its name.
const BUILD_WORDS: [&str; 6] = ["builder", "build", "compile", "compiler", "wheel", "wheels"];

/// Names of stages that are built on a finished one to try it.
const TRIALS: [&str; 5] = ["dev", "lint", "test", "testing", "tests"];

/// Whether a stage of this name, built on another one, is there to try what that one has: `test`, `unit-test`.
fn is_trial(name: &str) -> bool {
    name.split(['-', '_']).any(|it| TRIALS.iter().any(|word| it.eq_ignore_ascii_case(word)))
}

/// The last stage, or the one below it if it only tries or develops that: `FROM app AS test`.
pub(crate) fn last_product(stages: &[Stage<'_>]) -> Option<usize> {
    let mut last = stages.last()?;
    while let Base::Stage(parent) = last.base
        && parent < last.index
        && last.name.is_some_and(|it| is_trial(&it.text))
    {
        last = stages.get(parent)?;
    }
    Some(last.index)
}

/// Beginnings of base images in which people work.
const WORKPLACES: [&str; 13] = [
    "mcr.microsoft.com/devcontainers/",
    "mcr.microsoft.com/vscode/",
    "ghcr.io/devcontainers/",
    "jupyter/",
    "quay.io/jupyter/",
    "jupyterhub/",
    "quay.io/jupyterhub/",
    "gitpod/",
    "circleci/",
    "cimg/",
    "quay.io/pypa/",
    "pypa/",
    "kaggle/",
];

/// Whether a stage is a place to work, test or build in, where compilers are wanted: its name or the file's name says
/// so, its base image is of that kind, or it starts a notebook.
pub fn is_for_development<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    let by_name = stage.name.is_some_and(|it| {
        has_word(&it.text, &WORDS)
            || has_word(&it.text, &BUILD_WORDS) && !starts_program(build, stage)
    });
    by_name
        || is_file_for_development(build.surroundings.dockerfile)
        || is_workplace(build, stage)
        || {
            let steps = build.steps_of(stage).iter();
            let mut starts = steps
                .filter(|it| matches!(it.instruction.keyword, Keyword::Cmd | Keyword::Entrypoint));
            starts.any(|it| starts_notebook(it.instruction.span.of(build.file.text)))
        }
}

/// `.devcontainer/Dockerfile`, `Dockerfile.dev`, `test.Dockerfile`.
fn is_file_for_development(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    folder.split('/').any(|it| it == ".devcontainer")
        || has_word(name, &WORDS)
        || has_word(name, &BUILD_WORDS)
}

fn is_workplace<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    match build.lineage(stage).last().map(|it| &it.base) {
        Some(Base::Image { reference, .. }) => {
            let name = reference.repository.as_str();
            let name = name.strip_prefix("docker.io/").unwrap_or(name);
            WORKPLACES.iter().any(|it| name.starts_with(it)) || is_for_its_user(build, stage)
        }
        _ => is_for_its_user(build, stage),
    }
}

/// Whether the last user of a stage is one that only services to work in have: `USER circleci`.
fn is_for_its_user<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const USERS: [&str; 5] = ["circleci", "codespace", "gitpod", "jenkins", "vscode"];
    let last = build.steps_of(stage).last().map(|it| &it.state.user);
    matches!(last, Some(User::Named(name)) if USERS.contains(&name.as_str()))
}

/// Whether the stage itself says what is started.
fn starts_program(build: &Build<'_>, stage: &Stage<'_>) -> bool {
    let is_start = |it: Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint);
    build
        .steps_of(stage)
        .iter()
        .any(|it| is_start(it.instruction.keyword) && !is_shell(&it.instruction.arguments))
}

fn has_word(name: &str, words: &[&str]) -> bool {
    let is_word = |it: &str| words.iter().any(|word| it.eq_ignore_ascii_case(word));
    name.split(['-', '_', '.', '/']).any(is_word)
}

fn starts_notebook(text: &str) -> bool {
    let words =
        text.split(|it: char| it.is_whitespace() || matches!(it, '"' | '[' | ']' | ',' | '/'));
    words
        .into_iter()
        .any(|it| it == "jupyter" || it.starts_with("jupyter-") || it == "start-notebook.sh")
}

/// Whether a stage is there to build other software: it starts a build tool or packs packages, or it works with the
/// toolchain of another language than Python.
pub fn is_for_building<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const STARTED: [&str; 12] = [
        "make", "gcc", "g++", "cc", "clang", "cargo", "go", "bazel", "cmake", "ninja", "tox", "nox",
    ];
    const OTHER: [&str; 8] = ["cargo", "rustc", "go", "bazel", "mvn", "gradle", "ant", "sbt"];
    // What makes packages of a distribution or frozen programs, anywhere in what is started.
    const PACKING: [&str; 5] = ["debuild", "dpkg-buildpackage", "fpm", "pyinstaller", "rpmbuild"];
    let starts = |arguments: &Arguments<'_>| {
        let words: Vec<&str> = match arguments {
            Arguments::Shell(line) => line.text().split_whitespace().collect(),
            _ => arguments.words().iter().map(|it| it.text.as_ref()).collect(),
        };
        let mut parts = words.iter().flat_map(|it| it.split_whitespace());
        words.first().is_some_and(|it| STARTED.contains(&crate::path::file_name(it)))
            || parts.any(|it| PACKING.contains(&it))
    };
    let mut steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    steps.any(|step| match step.instruction.keyword {
        Keyword::Cmd | Keyword::Entrypoint => starts(&step.instruction.arguments),
        Keyword::Env => {
            let text = step.instruction.span.of(build.file.text);
            text.contains("GOPATH") || text.contains("GOROOT") || text.contains("/go/bin")
        }
        Keyword::Copy | Keyword::Label => {
            // An image of OpenShift's source-to-image builds the programs of others.
            let text = step.instruction.span.of(build.file.text);
            text.contains("STI_SCRIPTS_PATH") || text.contains("io.openshift.s2i")
        }
        _ => step.run().is_some_and(|run| {
            run.commands().any(|it| it.program().is_some_and(|it| OTHER.contains(&it)))
        }),
    })
}

/// Whether a stage offers a set of tools and no program: nothing of the context is copied into it, and it starts
/// nothing but a shell. Images made for Python are for programs, also without a start command.
pub fn is_toolbox<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    let is_own = |it: PythonOrigin| it != PythonOrigin::Distribution;
    let python = build.image(stage).map(|it| it.python);
    if matches!(python, Some(Python::Present { origin, .. }) if is_own(origin)) {
        return false;
    }
    let steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    !steps.into_iter().any(|step| match step.instruction.keyword {
        Keyword::Copy | Keyword::Add => true,
        Keyword::Cmd | Keyword::Entrypoint => !is_shell(&step.instruction.arguments),
        _ => false,
    })
}

/// `CMD bash`, `CMD ["/bin/sh"]`, `CMD /bin/bash -l`.
fn is_shell(arguments: &Arguments<'_>) -> bool {
    let mut words: Vec<&str> = arguments.words().iter().map(|it| it.text.as_ref()).collect();
    if let Arguments::Shell(line) = arguments {
        words = line.text().split_whitespace().collect();
    }
    let is_option = |it: &&str| it.starts_with('-') && *it != "-c";
    let is_all = words.iter().skip(1).all(is_option);
    is_all && words.first().is_none_or(|it| crate::scripts::is_shell(it))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn purposes_are_told() {
        let cases = [
            ("FROM python:3.12", "Dockerfile", false),
            ("FROM python:3.12 AS runtime", "web/Dockerfile", false),
            ("FROM python:3.12 AS devcontainer", "Dockerfile", true),
            ("FROM python:3.12 AS unit-test", "Dockerfile", true),
            ("FROM python:3.12 AS latest", "Dockerfile", false),
            ("FROM python:3.12 AS build", "Dockerfile", true),
            ("FROM python:3.12 AS build\nCMD bash", "Dockerfile", true),
            ("FROM python:3.12 AS build\nCMD [\"python\", \"app.py\"]", "Dockerfile", false),
            ("FROM python:3.12", ".devcontainer/Dockerfile", true),
            ("FROM python:3.12", "docker/Dockerfile.dev", true),
            ("FROM python:3.12", "device.Dockerfile", false),
            ("FROM mcr.microsoft.com/devcontainers/python:3", "Dockerfile", true),
            ("FROM python:3.12\nCMD [\"jupyter\", \"lab\"]", "Dockerfile", true),
            ("FROM python:3.12\nCMD python app.py", "Dockerfile", false),
        ];
        for (text, dockerfile, expected) in cases {
            let file = syntax::parse(text);
            let scripts = crate::scripts(&file);
            let surroundings = Surroundings { files: &NoFiles, dockerfile, target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let found = is_for_development(&build, build.stages.last().unwrap());
            assert_eq!(found, expected, "{text} {dockerfile}");
        }
    }

    #[test]
    fn images_to_build_in_are_told() {
        let cases = [
            ("CMD [\"make\", \"test\"]", true),
            ("ENTRYPOINT /usr/bin/cargo build", true),
            ("RUN go install example.com/x@v1", true),
            ("ENV GOPATH=/go", true),
            ("COPY 3.9/s2i/bin/ $STI_SCRIPTS_PATH", true),
            ("LABEL io.openshift.s2i.scripts-url=image:///usr/libexec/s2i", true),
            ("RUN make install\nCMD [\"python\", \"app.py\"]", false),
        ];
        for (text, expected) in cases {
            let text = format!("FROM ubuntu:24.04\n{text}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            assert_eq!(is_for_building(&build, build.stages.last().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn toolboxes_are_told() {
        let cases = [
            ("FROM ubuntu:24.04\nRUN pip install conan", true),
            ("FROM ubuntu:24.04\nCMD [\"/bin/bash\"]", true),
            ("FROM ubuntu:24.04\nCMD bash -l", true),
            ("FROM ubuntu:24.04\nCMD bash -c serve", false),
            ("FROM ubuntu:24.04\nCOPY app /app", false),
            ("FROM ubuntu:24.04\nENTRYPOINT [\"serve\"]", false),
            ("FROM python:3.12\nRUN pip install uwsgi", false),
            ("FROM continuumio/miniconda3\nRUN conda install gcc", false),
        ];
        for (text, expected) in cases {
            let file = syntax::parse(text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            assert_eq!(is_toolbox(&build, build.stages.last().unwrap()), expected, "{text}");
        }
    }
}
