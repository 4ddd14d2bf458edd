//! COPY of the source: the whole context, or a directory that changes with every commit.

use context::{copy_sources, project_files};

use crate::{Build, Copy, CopyFrom, Step, looks_like_file, path};

/// Whether a COPY or ADD takes source code along, not only the files that say what to install.
///
/// Where the context is not known, a directory counts if it has one of the usual names, or if later instructions work
/// in it.
pub fn takes_source(build: &Build<'_>, step: &Step<'_>) -> bool {
    let Some(copy) = step.copy().filter(|it| it.from == CopyFrom::Context) else { return false };
    let tree = build.surroundings.files.tree();
    let ignore = build.ignore_file().map(|it| &it.1);
    copy.context_paths().any(|(written, _)| {
        if is_module(written) {
            return is_of_program(build, step, written);
        }
        let is_whole = matches!(written, "." | "*");
        let Some(tree) = tree else {
            let is_source = || is_usual(written) || is_worked_in(build, step, copy, written);
            return is_whole || (is_directory_name(written) && is_source());
        };
        if tree.is_file(written) || (!is_whole && copy_sources::has_wildcard(written)) {
            return false;
        }
        let mut files = tree
            .below(written)
            .map(|it| it.0)
            .filter(|it| !ignore.is_some_and(|ignore| ignore.excludes(it)));
        match is_whole {
            true => files.any(|it| !is_manifest(it)) || !tree.is_complete(),
            false => files.any(|it| it.ends_with(".py")),
        }
    })
}

fn is_module(written: &str) -> bool {
    written.ends_with(".py") && !copy_sources::has_wildcard(written)
}

/// Whether a Python file that is copied by its name is of the program: none that a later RUN uses, and none that
/// configures, prepares or starts something.
fn is_of_program(build: &Build<'_>, step: &Step<'_>, written: &str) -> bool {
    const OTHERS: [&str; 14] = [
        "build", "check", "conf", "docker", "download", "entry", "gunicorn", "health", "init",
        "install", "patch", "setup", "version", "wait",
    ];
    let file = path::file_name(written);
    let name = file.trim_end_matches(".py");
    let lower = name.to_ascii_lowercase();
    if OTHERS.iter().any(|it| lower.contains(it)) {
        return false;
    }
    let stage = step.stage.and_then(|it| build.stages.get(it));
    let steps = stage.map_or(&[][..], |it| build.steps_of(it)).iter();
    let mut runs = steps.filter(|it| it.index > step.index && it.run().is_some());
    let uses = [file.to_owned(), format!("-m {name}"), format!("import {name}")];
    !runs.any(|it| {
        let text = it.instruction.span.of(build.file.text);
        uses.iter().any(|it| text.contains(it.as_str()))
    })
}

fn is_directory_name(written: &str) -> bool {
    !looks_like_file(written)
        && !path::file_name(written).trim_start_matches('.').contains(['.', '*', '?'])
}

/// Names of directories that hold the code of a project.
fn is_usual(written: &str) -> bool {
    matches!(
        path::file_name(written),
        "src" | "app" | "source" | "code" | "backend" | "server" | "api" | "project"
    )
}

/// Whether later instructions of the stage run inside of the directory that alone was copied: its target is the home of
/// the program then.
fn is_worked_in(build: &Build<'_>, step: &Step<'_>, copy: &Copy<'_>, written: &str) -> bool {
    const OTHERS: [&str; 9] =
        ["build", "conf", "dep", "docker", "install", "package", "pip", "req", "script"];
    let name = path::file_name(written).to_ascii_lowercase();
    let Some(target) = copy.target.as_deref().filter(|it| *it != "/") else { return false };
    if copy.sources.len() != 1 || OTHERS.iter().any(|it| name.contains(it)) {
        return false;
    }
    let stage = step.stage.and_then(|it| build.stages.get(it));
    let rest = stage.map_or(&[][..], |it| build.steps_of(it));
    let mut later = rest.iter().filter(|it| it.index > step.index).peekable();
    let is_inside = |it: &str| path::is_inside(it, target);
    // Where more is copied to the same place this is not the program, or not all of it.
    let copies_there = |it: &&Step<'_>| {
        it.copy().and_then(|it| it.target.as_deref()).is_some_and(|it| path::is_inside(target, it))
    };
    later
        .clone()
        .any(|it| it.run().is_some() && it.state.directory.as_deref().is_some_and(is_inside))
        && !later.any(|it| copies_there(&it))
}

/// Files that say what to install or how to build, and those that seldom change.
fn is_manifest(file: &str) -> bool {
    let name = path::file_name(file);
    let is_build_file = name.contains("ockerfile")
        || name.ends_with(".dockerignore")
        || name.starts_with("docker-compose");
    let is_known = matches!(
        name,
        "Makefile"
            | "LICENSE"
            | ".gitignore"
            | ".gitattributes"
            | ".env"
            | "compose.yml"
            | "compose.yaml"
    );
    is_build_file || is_known || name.ends_with(".md") || project_files::manager_of(name).is_some()
}
