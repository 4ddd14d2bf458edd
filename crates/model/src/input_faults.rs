//! What is wrong with the files that package managers are told to install from.

use context::lock::LockFormat;
use context::{IncludeFault, Source, collect};
use knowledge::python_package::failing;
use managers::{Action, Tool, python};
use syntax::Span;

use crate::context_file::context_file;
use crate::lock_install::is_lock;
use crate::requirements::{Wanted, requirements, value};
use crate::{Build, RunCall, Step};

/// A fault in a file of the build context. The rest of the file counts all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFault {
    /// The path, relative to the context's root.
    pub path: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub text: String,
}

/// What is wrong with the requirements and lock files that the calls of a Dockerfile read, each once: a line that pip
/// rejects, an inclusion that leads nowhere or to itself, a lock that is broken or of a version that is not known.
pub fn input_faults(build: &Build<'_>) -> Vec<InputFault> {
    let mut res: Vec<InputFault> = Vec::new();
    for (step, run) in build.runs() {
        for call in &run.calls {
            let installs = matches!(
                call.call.action,
                Action::Install | Action::Sync | Action::Wheel | Action::Download
            );
            if !installs || call.call.tool.is_system() {
                continue;
            }
            for fault in of_call(build, step, call) {
                if !res.contains(&fault) {
                    res.push(fault);
                }
            }
        }
    }
    // As a reader goes through the files; a stable order of paths would tear apart what one call reads.
    let order: Vec<String> = res.iter().map(|it| it.path.clone()).collect();
    res.sort_by_key(|it| (order.iter().position(|path| *path == it.path), it.line));
    res
}

fn of_call<'f>(build: &Build<'f>, step: &Step<'f>, call: &RunCall<'f>) -> Vec<InputFault> {
    let mut res = Vec::new();
    let lock = match call.call.tool {
        Tool::Uv => Some(LockFormat::Uv),
        Tool::Poetry => Some(LockFormat::Poetry),
        Tool::Pdm => Some(LockFormat::Pdm),
        Tool::Pipenv => Some(LockFormat::Pipfile),
        _ => None,
    };
    if let Some(format) = lock {
        res.extend(of_lock(build, step, call, format.file_name(), format));
    }
    let is_pip = call.call.tool.is_pip();
    if is_pip {
        res.extend(of_names(build, step, call));
    }
    let named = python::requirement_files(&call.call).chain(python::constraint_files(&call.call));
    for argument in named.filter(|_| is_pip) {
        let Some(name) = argument.text() else { continue };
        if is_lock(argument) {
            res.extend(of_lock(build, step, call, name, LockFormat::Pylock));
        } else if let Some(path) = context_file(build, step, call, name) {
            of_requirements(build, &path, &mut res);
        }
    }
    res
}

/// Names under which the index has nothing that installs.
fn of_names<'f>(build: &Build<'f>, step: &Step<'f>, call: &RunCall<'f>) -> Vec<InputFault> {
    let Some(found) = requirements(build, step, call) else { return Vec::new() };
    if found.origin.has_more_wheels() {
        return Vec::new();
    }
    let fault = |it: &Wanted| {
        let is_of_index = it.requirement.source == Source::Index && it.requirement.marker.is_none();
        let is_newest = it.requirement.specifiers.is_empty() && it.version.is_none();
        let version = if is_newest { None } else { Some("") };
        let why = failing(&it.name, version).filter(|_| is_of_index)?;
        let is_set = |name| {
            let value = value(build, step, step.run()?, call, name);
            Some(value.is_none_or(|it| !it.is_empty()))
        };
        if why.variable.is_some_and(|name| is_set(name) != Some(false)) {
            return None;
        }
        let name = it.requirement.name.as_ref()?;
        let (path, line) = match &it.file {
            Some(path) => {
                let text = build.surroundings.files.read(path)?;
                (path.to_string(), line_at(&text, name.span.start))
            }
            None => {
                let start = it.span.start;
                (build.surroundings.dockerfile.to_owned(), line_at(build.file.text, start))
            }
        };
        let (written, other) = (&name.text, why.replacement);
        let text = format!("pip stops at `{written}`, as {}: write `{other}`", why.reason);
        Some(InputFault { path, line, text })
    };
    found.wanted.iter().filter_map(fault).collect()
}

/// The line of a byte, counted from 1.
fn line_at(text: &str, start: u32) -> usize {
    let before = text.get(..start as usize).unwrap_or("");
    before.bytes().filter(|it| *it == b'\n').count() + 1
}

fn of_lock<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    name: &str,
    format: LockFormat,
) -> Option<InputFault> {
    let path = context_file(build, step, call, name)?;
    let error = build.locks.read(build.surroundings.files, &path, format)?.err()?;
    Some(InputFault { path, line: error.line as usize, text: error.message })
}

fn of_requirements(build: &Build<'_>, path: &str, res: &mut Vec<InputFault>) {
    // uv reads what a project asks for from these as well.
    if [".toml", ".py", ".cfg"].iter().any(|it| path.ends_with(it)) {
        return;
    }
    let collected = collect(build.surroundings.files, path);
    let line_of = |path: &str, span: Span| {
        let file = collected.files.iter().find(|it| it.path == path);
        line_at(file.map_or("", |it| &it.text), span.start)
    };
    for file in &collected.files {
        res.extend(file.requirements.errors.iter().map(|it| InputFault {
            path: file.path.clone(),
            line: line_of(&file.path, it.span),
            text: format!("pip stops here: {}", it.message),
        }));
    }
    for it in &collected.problems {
        let Some((from, span)) = &it.included_from else { continue };
        let what = match it.reason {
            IncludeFault::Missing => "does not exist in the build context",
            IncludeFault::OutsideContext => {
                "lies outside the build context, so what it asks for is not known here"
            }
            IncludeFault::Cycle => "includes itself, and pip stops here",
            IncludeFault::Unreadable | IncludeFault::Remote | IncludeFault::Variable => continue,
        };
        let text = format!("`{}` {what}", it.path);
        res.push(InputFault { path: from.clone(), line: line_of(from, *span), text });
    }
}

#[cfg(test)]
mod tests {
    use context::MemoryFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn faults_are_told_with_their_place() {
        let poetry = "[[package]]\nname = \"a\"\nversion = \n";
        let files = MemoryFiles::new([
            (
                "requirements.txt",
                "flask\n-r more.txt\n-r gone.txt\n-c ../up.txt\nflask==\nSKLearn\n",
            ),
            ("more.txt", "# again\n-r requirements.txt\n"),
            ("poetry.lock", poetry),
            ("uv.lock", "version = 99\n"),
        ]);
        let text = "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n\
                    RUN poetry install --no-root\nRUN uv sync --frozen\n\
                    RUN pip install sklearn==0.0 bs4\nRUN pip install \\\n    PIL\n";
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let found = input_faults(&build);
        let places: Vec<String> =
            found.iter().map(|it| format!("{}:{}", it.path, it.line)).collect();
        let expected = [
            "requirements.txt:3",
            "requirements.txt:4",
            "requirements.txt:5",
            "requirements.txt:6",
            "more.txt:2",
            "poetry.lock:3",
            "uv.lock:1",
            "Dockerfile:8",
        ];
        assert_eq!(places, expected, "{found:#?}");
    }
}
