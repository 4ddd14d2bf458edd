//! The files of the context that an installation's input consists of: itself, and what it includes.

use context::{Content, IncludeFault, Requirements, collect};

use crate::dependency_install::Input;
use crate::narrow_copy::Placed;
use crate::{Brought, Build, Copy, CopyFrom, SourceKind, Step, brought_from, path};

/// The files that an input needs, and what speaks against trusting that these are all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Supply {
    /// The input itself first, then what it includes.
    pub files: Vec<Placed>,
    /// What could not be proved; full clauses.
    pub doubts: Vec<String>,
    /// It names something local that is not a requirements file.
    pub needs_source: bool,
}

/// Which file of the context a COPY or ADD puts at an absolute path.
pub fn brought_by(build: &Build<'_>, copy: &Copy<'_>, path: &str) -> Brought {
    let Some(target) = copy.target.as_deref() else { return Brought::Perhaps };
    let Some(below) = path::strip(path, target) else { return Brought::Never };
    if copy.from != CopyFrom::Context {
        return Brought::Perhaps;
    }
    let mut res = Brought::Never;
    for source in copy.sources.iter().filter(|it| it.kind == SourceKind::Path) {
        match brought_from(build, copy, source, below) {
            Brought::Certainly(file) => return Brought::Certainly(file),
            Brought::Perhaps => res = Brought::Perhaps,
            Brought::Never => {}
        }
    }
    res
}

/// Where a COPY of whole directories would take the file at an absolute path from, the tree not being known.
pub fn supposed_source(copy: &Copy<'_>, path: &str) -> Option<String> {
    let below = path::strip(path, copy.target.as_deref()?).filter(|it| !it.is_empty())?;
    let (source, _) = copy.context_paths().next()?;
    match source {
        _ if path::file_name(source) == below => Some(source.to_owned()),
        _ if copy.sources.len() > 1 || copy.from != CopyFrom::Context => None,
        "." => Some(below.to_owned()),
        "*" if !below.contains('/') => Some(below.to_owned()),
        _ if source.contains(['*', '?', '[']) || crate::looks_like_file(source) => None,
        _ => Some(format!("{source}/{below}")),
    }
}

/// Whether the file reaches the build: it is in the tree and the ignore file lets it pass. `None` without a tree.
pub fn is_available(build: &Build<'_>, file: &str) -> Option<bool> {
    let tree = build.surroundings.files.tree()?;
    let is_kept = !build.ignore_file().is_some_and(|it| it.1.excludes(file));
    (tree.is_complete() || tree.is_file(file)).then(|| tree.is_file(file) && is_kept)
}

/// What has to be copied so that the input, the file `from` of the context, can be read at the absolute path `to`.
pub fn supply(build: &Build<'_>, from: &str, to: &str, is_requirements: bool) -> Supply {
    let mut res = Supply::default();
    res.files.push(Placed { from: from.to_owned(), to: to.to_owned() });
    if build.surroundings.files.tree().is_none() {
        let more = if is_requirements { ", so it may include other files" } else { "" };
        res.doubts.push(format!("the build context is not known{more}"));
        return res;
    }
    if !is_requirements {
        match build.surroundings.files.read(from) {
            Some(text) => res.needs_source = names_local_path(path::file_name(from), &text),
            None => res.doubts.push(format!("`{from}` could not be read")),
        }
        return res;
    }
    let collected = collect(build.surroundings.files, from);
    let home = from.rsplit_once('/').map_or("", |it| it.0);
    let image_home = to.rsplit_once('/').map_or("", |it| it.0);
    for file in &collected.files {
        res.needs_source |= needs_source(&file.requirements);
        let to = path::join(image_home, &seen_from(&file.path, home));
        if !res.files.iter().any(|it| it.from == file.path) {
            res.files.push(Placed { from: file.path.clone(), to });
        }
    }
    for problem in &collected.problems {
        match problem.reason {
            IncludeFault::Remote | IncludeFault::Cycle => {}
            _ => res.doubts.push(format!("`{}` could not be read", problem.path)),
        }
    }
    for file in res.files.iter().skip(1) {
        if is_available(build, &file.from) != Some(true) {
            res.doubts.push(format!("`{}` does not reach the build", file.from));
        }
    }
    res
}

/// A COPY behind an installation that brings one of its inputs.
pub struct Later {
    /// The step that copies it.
    pub step: usize,
    /// The file in the context.
    pub file: String,
}

/// The first COPY behind `step` in its stage that brings an input, if need be to another directory.
pub fn later_copy(build: &Build<'_>, step: &Step<'_>, input: &Input) -> Option<Later> {
    let stage = build.stage(step)?;
    let wanted = input.paths.first()?;
    let mut elsewhere = None;
    for later in build.steps_of(stage).iter().filter(|it| it.index > step.index) {
        let Some(copy) = later.copy() else { continue };
        let found = |file: String| Later { step: later.index, file };
        match brought_by(build, copy, wanted) {
            Brought::Certainly(file) => return Some(found(file)),
            Brought::Perhaps if build.surroundings.files.tree().is_none() => {
                if let Some(file) = supposed_source(copy, wanted) {
                    return Some(found(file));
                }
            }
            _ => {}
        }
        // The same file, but the working directory is set too late: it is the one that is meant.
        let target = later.state.path(&input.name).filter(|it| it != wanted);
        if let (None, Some(target)) = (&elsewhere, target) {
            elsewhere = match brought_by(build, copy, &target) {
                Brought::Certainly(file) => Some(found(file)),
                Brought::Perhaps if build.surroundings.files.tree().is_none() => {
                    supposed_source(copy, &target).map(found)
                }
                _ => None,
            };
        }
    }
    elsewhere
}

fn needs_source(requirements: &Requirements) -> bool {
    requirements.lines.iter().any(|line| match &line.content {
        Content::Requirement(it) | Content::Editable(it) => match &it.source {
            context::Source::Path(_) => true,
            context::Source::Url(url) => url.text.starts_with("file:"),
            _ => false,
        },
        Content::FindLinks(it) => !it.text.contains("://"),
        Content::Undetermined => true,
        _ => false,
    })
}

/// Whether a project file has dependencies that lie beside it, or needs the source to be understood.
fn names_local_path(name: &str, text: &str) -> bool {
    let has_line = |test: &dyn Fn(&str) -> bool| text.lines().any(|it| test(it.trim()));
    match name {
        "pyproject.toml" | "Pipfile" => has_line(&|line| {
            let compact: String = line.chars().filter(|it| !it.is_whitespace()).collect();
            ["path=", "{path=", ",path=", "editable=true"].iter().any(|it| {
                compact.starts_with(it) || (compact.contains(it) && compact.contains('{'))
            }) || line.starts_with("[tool.uv.workspace")
                || line.contains("file:")
                || (compact.starts_with("dynamic=") && compact.contains("dependencies"))
        }),
        _ if name.ends_with(".yml") || name.ends_with(".yaml") => has_line(&|line| {
            let item = line.trim_start_matches(['-', ' ', '"', '\'']);
            line.starts_with('-')
                && (line.contains("-r ")
                    || line.contains("-e ")
                    || line.contains("file:")
                    || item.starts_with('.'))
        }),
        _ => false,
    }
}

/// `path` seen from `directory`, both relative to the context's root; with `..` where it leads out.
fn seen_from(path: &str, directory: &str) -> String {
    let mut directory = directory;
    let mut ups = String::new();
    loop {
        if directory.is_empty() {
            return ups + path;
        }
        if let Some(rest) = path.strip_prefix(directory).and_then(|it| it.strip_prefix('/')) {
            return ups + rest;
        }
        ups.push_str("../");
        directory = directory.rsplit_once('/').map_or("", |it| it.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Surroundings;

    fn of(files: &[(&str, &str)], from: &str, to: &str) -> Supply {
        let files = context::MemoryFiles::new(files.iter().copied());
        let file = syntax::parse("FROM python\n");
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        supply(&build, from, to, !from.ends_with(".toml"))
    }

    #[test]
    fn included_files_keep_their_places() {
        let files = [
            ("reqs/prod.txt", "-r base.txt\n-c ../limits.txt\n-r sub/x.txt\nflask"),
            ("reqs/base.txt", "a"),
            ("reqs/sub/x.txt", "b"),
            ("limits.txt", "a==1"),
        ];
        let found = of(&files, "reqs/prod.txt", "/app/reqs/prod.txt");
        let shown: Vec<String> =
            found.files.iter().map(|it| format!("{} {}", it.from, it.to)).collect();
        let expected = [
            "reqs/prod.txt /app/reqs/prod.txt",
            "reqs/base.txt /app/reqs/base.txt",
            "reqs/sub/x.txt /app/reqs/sub/x.txt",
            "limits.txt /app/limits.txt",
        ];
        let mut sorted = shown.clone();
        sorted.sort();
        let mut expected: Vec<&str> = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(sorted, expected);
        assert!(found.doubts.is_empty() && !found.needs_source);
    }

    #[test]
    fn local_paths_need_the_source() {
        for (name, text, expected) in [
            ("r.txt", "flask\ngit+https://h/x@a#egg=x\n", false),
            ("r.txt", "-e .\n", true),
            ("r.txt", "./libs/x\n", true),
            ("r.txt", "--find-links wheels\n", true),
            ("pyproject.toml", "[tool.poetry.dependencies]\nx = { path = \"../x\" }\n", true),
            ("pyproject.toml", "[tool.ruff]\nsrc = [\"a\"]\n", false),
        ] {
            assert_eq!(of(&[(name, text)], name, "/app/x").needs_source, expected, "{text}");
        }
        assert_eq!(of(&[("r.txt", "-r none.txt\n")], "r.txt", "/r.txt").doubts.len(), 1);
    }
}
