//! Which file of the build context lies at a path of a stage, as COPY, ADD and bind mounts say.

use std::borrow::Cow;
use std::cell::Cell;

use context::copy_sources;
use shell::Command;
use syntax::Word;

use crate::build::MAX_LOOK_BACK;
use crate::copy::{Copy, CopyFrom, Source, SourceKind};
use crate::mount::{Mount, MountKind};
use crate::run::{Run, RunCall};
use crate::state::State;
use crate::{Base, Build, Step, looks_like_file, path};

/// Stands for a working directory that is not known: files that are copied to it and read from it still meet.
const UNKNOWN_DIRECTORY: &str = "/?";

/// More stages to look into than a file written by hand has; each COPY from a stage looks into one or two.
const MAX_LOOKUPS: usize = 64;

/// The file of the context, relative to its root, that a call of a RUN finds at `written`; `None` when no COPY, ADD or
/// bind mount is known to have brought it, the context does not hold it, or no context is known.
///
/// What a RUN writes itself is not seen.
pub fn context_file(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
    written: &str,
) -> Option<String> {
    let run = step.run()?;
    let directory = directory(&step.state, run, call)?;
    let wanted = path::join(&directory, written);
    let key = (step.index, wanted);
    if let Some(known) = build.context_files.borrow().get(&key) {
        return known.clone();
    }
    let wanted = &key.1;
    let search = Search { build, n_lookups: Cell::new(0) };
    let mounted = run.mounts.iter().rev().find_map(|it| search.in_mount(step, it, wanted));
    let found = mounted.or_else(|| search.in_stage(step.stage?, step.index, wanted));
    build.context_files.borrow_mut().insert(key, found.clone());
    found
}

/// The directory in which a command of a RUN runs: that of WORKDIR, or where `cd` led; `None` when not certain.
fn directory(state: &State, run: &Run<'_>, call: &RunCall<'_>) -> Option<String> {
    let mut res = state.directory.clone().unwrap_or_else(|| UNKNOWN_DIRECTORY.to_owned());
    let place = call.call.command.place;
    for (_, it) in run.moves_before(call.script, call.command)? {
        // A subshell's directory ends with it.
        let reaches = it.place.subshells == 0
            || it.place.item == place.item && it.place.subshells <= place.subshells;
        if !matches!(it.program(), Some("cd" | "pushd" | "popd")) || !reaches {
            continue;
        }
        res = path::join(&res, destination(it)?);
    }
    Some(res)
}

fn destination<'c>(command: &'c Command<'_>) -> Option<&'c str> {
    let to = command.words.get(1)?.literal()?;
    (!to.starts_with(['-', '~']) && command.program() == Some("cd")).then_some(to)
}

struct Search<'b, 'f> {
    build: &'b Build<'f>,
    n_lookups: Cell<usize>,
}

impl Search<'_, '_> {
    fn in_mount(&self, step: &Step<'_>, mount: &Mount<'_>, wanted: &str) -> Option<String> {
        if mount.kind != MountKind::Bind {
            return None;
        }
        let target = absolute(&step.state, mount.target.as_deref()?);
        let rest = rest_below(wanted, &target)?;
        let source = mount.source.as_deref().unwrap_or(".");
        let at = path::join("/", &format!("{source}/{rest}"));
        match mount.from.as_deref() {
            None => existing(self.build, &at),
            Some(name) => {
                let stage = self.build.stage_named(name).filter(|it| Some(*it) < step.stage)?;
                self.in_stage(stage, usize::MAX, &at)
            }
        }
    }

    /// Looks through the COPYs of a stage before a step, the last first, and then through what the stage is built
    /// from.
    fn in_stage(&self, stage: usize, before: usize, wanted: &str) -> Option<String> {
        self.n_lookups.set(self.n_lookups.get() + 1);
        let stage = self.build.stages.get(stage).filter(|_| self.n_lookups.get() < MAX_LOOKUPS)?;
        let end = stage.steps.end.min(before);
        let steps = self.build.steps.get(stage.steps.start..end).unwrap_or(&[]);
        for step in steps.iter().rev().take(MAX_LOOK_BACK) {
            let Some(copy) = step.copy() else { continue };
            // Where no context is known, no other COPY will tell either.
            self.build.surroundings.files.tree()?;
            let Some(target) = target(copy, &step.state) else { continue };
            let mut sources = copy.sources.iter().rev().filter(|it| it.kind == SourceKind::Path);
            let found = sources.find_map(|source| match copy.from {
                CopyFrom::Context => {
                    from_context(self.build, source, &target, copy.is_directory, wanted)
                }
                CopyFrom::Stage(from) if from < stage.index => {
                    let at = path::join("/", source.path.as_deref()?);
                    let candidates = candidates(&at, &target, wanted);
                    candidates.iter().find_map(|it| self.in_stage(from, usize::MAX, it))
                }
                _ => None,
            });
            if found.is_some() {
                return found;
            }
        }
        match stage.base {
            Base::Stage(parent) if parent < stage.index => {
                self.in_stage(parent, usize::MAX, wanted)
            }
            _ => None,
        }
    }
}

fn target<'c>(copy: &'c Copy<'_>, state: &State) -> Option<Cow<'c, str>> {
    let is_plain = |it: &Word<'_>| !it.text.contains('$');
    let written = || Some(copy.destination).filter(|it| is_plain(it));
    let target = copy.target.as_deref().map(Cow::Borrowed);
    target.or_else(|| Some(Cow::Owned(absolute(state, &written()?.text))))
}

fn absolute(state: &State, written: &str) -> String {
    state.path(written).unwrap_or_else(|| path::join(UNKNOWN_DIRECTORY, written))
}

fn from_context(
    build: &Build<'_>,
    source: &Source<'_>,
    target: &str,
    is_directory: bool,
    wanted: &str,
) -> Option<String> {
    let from = source.path.as_deref()?;
    let rest = rest_below(wanted, target)?;
    if !source.is_pattern() {
        // All three are cleaned, so that nothing has to be resolved.
        let own = if from == "." { "" } else { from };
        if own.is_empty() {
            return existing(build, rest);
        }
        let itself = Some(own).filter(|_| rest.is_empty() || rest == path::file_name(own));
        return itself.and_then(|it| existing(build, it)).or_else(|| {
            let is_inside = !rest.is_empty() && !looks_like_file(own);
            existing(build, &is_inside.then(|| format!("{own}/{rest}"))?)
        });
    }
    let n_parts = from.split('/').count();
    let tree = build.surroundings.files.tree()?;
    let matched = copy_sources::matched(tree, from).into_iter().find(|it| {
        let mut rest = it.splitn(n_parts + 1, '/').skip(n_parts);
        match rest.next() {
            // A directory that matches brings what is in it.
            Some(rest) => path::join(target, rest) == wanted,
            None => {
                path::join(target, path::file_name(it)) == wanted
                    || !is_directory && target == wanted
            }
        }
    });
    matched.map(str::to_owned)
}

/// Where `wanted` may come from when `source` (a file or a directory, absolute) is copied to `target`.
fn candidates(source: &str, target: &str, wanted: &str) -> Vec<String> {
    let Some(rest) = rest_below(wanted, target) else { return Vec::new() };
    let name = path::file_name(source);
    if rest.is_empty() {
        return vec![source.to_owned()];
    }
    let mut res = vec![path::join(source, rest)];
    if rest == name {
        res.push(source.to_owned());
    }
    res
}

/// What follows `directory` in `path`, without the slash; empty when they are the same.
fn rest_below<'p>(path: &'p str, directory: &str) -> Option<&'p str> {
    let is_inside = path::is_inside(path, directory);
    let rest = path.get(directory.trim_end_matches('/').len()..).filter(|_| is_inside)?;
    Some(rest.trim_start_matches('/'))
}

/// The path relative to the context's root, if there is a file.
fn existing(build: &Build<'_>, path: &str) -> Option<String> {
    let files = build.surroundings.files;
    let path = path.trim_start_matches('/');
    files.tree()?.is_file(path).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use context::MemoryFiles;

    use super::*;
    use crate::Surroundings;

    /// The context file that the first `-r` of the last RUN means.
    fn found(dockerfile: &str) -> Option<String> {
        let file = syntax::parse(dockerfile);
        let scripts = crate::scripts(&file);
        let files = MemoryFiles::new([
            ("requirements.txt", ""),
            ("requirements/base.txt", ""),
            ("requirements/dev.txt", ""),
            ("app/requirements.txt", ""),
        ]);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().last().unwrap();
        let call = run.calls.last().unwrap();
        let written = call.call.last_value("--requirement").unwrap().text().unwrap().to_owned();
        context_file(&build, step, call, &written)
    }

    #[test]
    fn files_are_found_where_copy_brought_them() {
        let r = "requirements.txt";
        let cases = [
            ("COPY requirements.txt .\nRUN pip install -r requirements.txt", Some(r)),
            ("COPY . /app/\nRUN pip install -r /app/requirements.txt", Some(r)),
            (
                "COPY . .\nRUN cd app && pip install -r requirements.txt",
                Some("app/requirements.txt"),
            ),
            ("COPY . .\nRUN (cd app); pip install -r requirements.txt", Some(r)),
            ("COPY . .\nRUN cd $X && pip install -r requirements.txt", None),
            ("COPY requirements.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt", Some(r)),
            ("COPY requirements.txt /app\nRUN pip install -r /app/requirements.txt", Some(r)),
            (
                "WORKDIR /a\nCOPY app b\nRUN pip install -r b/requirements.txt",
                Some("app/requirements.txt"),
            ),
            (
                "COPY requirements/*.txt /r/\nRUN pip install -r /r/base.txt",
                Some("requirements/base.txt"),
            ),
            ("COPY requirements*.txt /r/\nRUN pip install -r /r/requirements.txt", Some(r)),
            (
                "RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt",
                Some(r),
            ),
            ("RUN --mount=target=/src pip install -r /src/requirements.txt", Some(r)),
            ("RUN pip install -r requirements.txt", None),
            ("COPY missing.txt .\nRUN pip install -r missing.txt", None),
        ];
        for (text, expected) in cases {
            for base in ["python:3.12", "example/unknown"] {
                assert_eq!(found(&format!("FROM {base}\n{text}\n")).as_deref(), expected, "{text}");
            }
        }
    }

    #[test]
    fn files_are_followed_through_stages() {
        let stages = "FROM python:3.12 AS a\nWORKDIR /src\nCOPY app .\nFROM python:3.12\n";
        let cases = [
            "COPY --from=a /src /x\nRUN pip install -r /x/requirements.txt",
            "COPY --from=a /src/requirements.txt /x/\nRUN pip install -r /x/requirements.txt",
            "RUN --mount=type=bind,from=a,source=/src,target=/y pip install -r /y/requirements.txt",
        ];
        for text in cases {
            let found = found(&format!("{stages}{text}\n"));
            assert_eq!(found.as_deref(), Some("app/requirements.txt"), "{text}");
        }
        let child =
            "FROM python:3.12 AS a\nCOPY . /x\nFROM a\nRUN pip install -r /x/requirements.txt";
        assert_eq!(found(child).as_deref(), Some("requirements.txt"));
    }
}
