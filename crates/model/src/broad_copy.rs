//! COPY of the source: the whole context, or a directory that changes with every commit.

use context::{copy_sources, project_files};

use crate::{Build, Copy, CopyFrom, looks_like_file, path};

/// Whether a COPY or ADD takes source code along, not only the files that say what to install.
///
/// Where the context is not known, a directory counts if it has one of the usual names.
pub fn takes_source(build: &Build<'_>, copy: &Copy<'_>) -> bool {
    if copy.from != CopyFrom::Context {
        return false;
    }
    let tree = build.surroundings.files.tree();
    let ignore = build.ignore_file().map(|it| &it.1);
    copy.context_paths().any(|(written, _)| {
        let is_whole = matches!(written, "." | "*");
        let Some(tree) = tree else {
            return is_whole || (is_directory_name(written) && is_usual(written));
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
