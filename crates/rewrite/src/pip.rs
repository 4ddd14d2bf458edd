//! The calls of pip that are shared: a wheel is built in one stage and installed in the other.

use context::Source;
use knowledge::image::{Python, PythonOrigin};
use knowledge::python_package::needs;
use knowledge::wheel::Installation;
use managers::{Action, Tool, python};
use model::requirements::Requirements;
use model::{Build, RunCall, Stage, Step, installation, listed, path};

use crate::plan::{Refusal, WHEELS, add};

/// A call that installs Python packages, and how it is shared.
pub(crate) struct Install<'b, 'f> {
    /// The call.
    pub(crate) call: &'b RunCall<'f>,
    /// Its RUN.
    pub(crate) step: &'b Step<'f>,
    /// The wheels themselves are installed, instead of what asks for them.
    pub(crate) by_file: bool,
    /// Where the wheels lie.
    pub(crate) folder: String,
    /// The files that it reads, as absolute paths in the image; a directory for a project.
    pub(crate) files: Vec<String>,
    /// Whether all these files are known, so that no others are needed.
    pub(crate) is_read: bool,
    /// It builds a project that is copied.
    pub(crate) has_project: bool,
}

/// What is known of all calls together.
pub(crate) struct Installs<'b, 'f> {
    /// The calls, in order.
    pub(crate) calls: Vec<Install<'b, 'f>>,
    /// Something may be compiled.
    pub(crate) has_compiled: bool,
    /// Something is fetched with git, or may be.
    pub(crate) uses_git: bool,
    /// Something is fetched with git for certain, and nothing that is asked for calls it while it runs.
    pub(crate) fetches_with_git: bool,
}

/// How the calls of a stage are shared, or why they cannot be.
pub(crate) fn installs<'b, 'f>(
    build: &'b Build<'f>,
    stage: &Stage<'f>,
    chosen: &[&RunCall<'f>],
    doubts: &mut Vec<String>,
) -> Result<Installs<'b, 'f>, Refusal> {
    let mut res = Installs {
        calls: Vec::new(),
        has_compiled: false,
        uses_git: false,
        fetches_with_git: false,
    };
    let mut calls_git = false;
    for (call, found, step) in installation::calls(build, stage) {
        if !chosen.iter().any(|it| std::ptr::eq(*it, call)) {
            continue;
        }
        may_be_shared(build, call, step, found)?;
        for it in &found.unread {
            add(doubts, format!("{} could not be read", it.what));
        }
        let wanted = found.wanted.iter();
        let is_direct = |it: &Source| matches!(it, Source::Url(_) | Source::Repository(_));
        let has_direct = wanted.clone().any(|it| is_direct(&it.requirement.source));
        let has_path = wanted.clone().any(|it| matches!(it.requirement.source, Source::Path(_)));
        let repositories = wanted.clone();
        res.uses_git |= !found.unread.is_empty();
        res.fetches_with_git |= repositories
            .into_iter()
            .any(|it| matches!(it.requirement.source, Source::Repository(_)));
        res.uses_git |= res.fetches_with_git;
        calls_git |= !found.unread.is_empty()
            || wanted.clone().any(|it| {
                let name = it.requirement.name.as_ref().map_or("", |it| &*it.text);
                CALLING_GIT.contains(&&*context::normalize_name(name))
            });
        let has_hashes = call.call.has("--require-hashes") || reads_hashes(build, found);
        let is_read = found.unread.is_empty();
        // A requirements file or variable that forbids wheels forbids those that were built, too.
        let forbids_wheels = found.origin.no_binary && !call.call.has("--no-binary");
        let by_file = has_direct || has_path || has_hashes || forbids_wheels || !is_read;
        if has_path {
            add(
                doubts,
                "the project may read files or settings that are not copied before it is built",
            );
        }
        res.calls.push(Install {
            call,
            step,
            by_file,
            folder: WHEELS.to_owned(),
            files: files(build, step, call, found),
            is_read,
            has_project: has_path,
        });
    }
    builds_alone(build, stage, &res.calls)?;
    has_wheel_command(build, stage, &res.calls)?;
    res.fetches_with_git &= !calls_git;
    let several = res.calls.len() > 1;
    let mut used: Vec<String> = Vec::new();
    for (index, it) in res.calls.iter_mut().enumerate().filter(|it| several && it.1.by_file) {
        // Named after the requirements file, else by number.
        let stem = python::requirement_files(&it.call.call).find_map(|it| it.text());
        let stem = stem.map(path::file_name).and_then(|it| it.strip_suffix(".txt"));
        let is_plain = |it: &&str| {
            it.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
                && !used.iter().any(|other| other == it)
        };
        let number = (used.len() + 1).to_string();
        let name = stem.filter(is_plain).map_or(number, str::to_owned);
        it.folder = path::join(WHEELS, &name);
        used.push(name);
        if index > 0 {
            add(doubts, "what several calls of pip share may get another version than before");
        }
    }
    res.has_compiled = judge_packages(build, stage, doubts);
    Ok(res)
}

/// The pip of Red Hat's own Python is 9.0 up to release 8, and `pip wheel` of that asks for the package `wheel`, which
/// no other package brings. Source: `required_packages` in pip 9's `commands/wheel.py`.
fn has_wheel_command<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    calls: &[Install<'_, 'f>],
) -> Result<(), Refusal> {
    let version = build.image(stage).and_then(|it| {
        let has_own = matches!(it.python, Python::Present { origin, .. } if origin != PythonOrigin::Distribution);
        let release = it.release.filter(|_| it.distribution.is_red_hat_family() && !has_own)?;
        release.version().split('.').next()?.parse::<u32>().ok()
    });
    let Some(version) = version.filter(|it| *it < 9) else { return Ok(()) };
    let Some(first) = calls.iter().find(|it| it.call.call.tool == Tool::Pip) else {
        return Ok(());
    };
    let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
    let before =
        runs.flat_map(|it| &it.calls).filter(|it| it.head().start < first.call.head().start);
    let brings = |it: &RunCall<'_>| {
        let words = it.call.operands.iter().filter_map(|it| it.text());
        let names = words.map(|it| it.split(['=', '<', '>', '~', '!']).next().unwrap_or(it));
        it.call.tool == Tool::GetPip
            || names.into_iter().any(|it| it == "pip" || it == "wheel" || it.ends_with("-wheel"))
    };
    if before.into_iter().any(brings) {
        return Ok(());
    }
    let reason = "the pip of this release builds no wheels without the package `wheel`";
    // From 8 on, the environment can be copied instead.
    Err(Refusal { is_final: version < 8, ..Refusal::at(first.call.head(), reason) })
}

/// A source distribution without `pyproject.toml` is built with what is installed, and the builder installs nothing.
fn builds_alone<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    calls: &[Install<'_, 'f>],
) -> Result<(), Refusal> {
    /// What such distributions import when they are built.
    const IMPORTED: [&str; 4] = ["cython", "numpy", "scipy", "torch"];
    let planned = installation::planned(build, stage);
    let of = |call: &Install<'_, 'f>| {
        let span = call.call.call.command.span;
        planned.iter().filter(move |it| span.contains(it.span))
    };
    for (index, call) in calls.iter().enumerate().skip(1) {
        let is_built = |it: &Installation| {
            !matches!(it, Installation::Wheel | Installation::BuildsWithoutCompiler)
        };
        let Some(built) = of(call).find(|it| is_built(&it.installation)) else { continue };
        let mut before = calls.iter().take(index).flat_map(of);
        let name = &built.name;
        if let Some(other) = before.find(|it| IMPORTED.contains(&it.name.as_str())) {
            let reason = format!(
                "`{name}` may be compiled with the `{}` that is installed before it",
                other.name
            );
            return Err(Refusal::at(built.span, reason));
        }
    }
    Ok(())
}

/// Packages that call git when they run.
const CALLING_GIT: [&str; 8] =
    ["ansible", "copier", "cookiecutter", "dvc", "gitpython", "mlflow", "pre-commit", "wandb"];

fn may_be_shared(
    build: &Build<'_>,
    call: &RunCall<'_>,
    step: &Step<'_>,
    found: &Requirements,
) -> Result<(), Refusal> {
    let it = &call.call;
    let span = call.head();
    if it.tool != Tool::Pip || it.action != Action::Install {
        let name = call.spoken(build.file.text);
        return Err(Refusal::at(span, format!("`{name}` does not make wheels")));
    }
    if step.run().is_none_or(|it| it.is_exec) {
        return Err(Refusal::at(span, "the RUN is in exec form"));
    }
    if it.runner.is_some() {
        return Err(Refusal::at(span, "another tool runs pip"));
    }
    if let Some(option) = it.option("--install-option") {
        return Err(Refusal::at(option.span, "`pip wheel` does not know `--install-option`"));
    }
    if it.has("--no-build-isolation") {
        return Err(Refusal::at(
            span,
            "`--no-build-isolation` builds with what is installed before",
        ));
    }
    if found.wanted.iter().any(|it| it.is_editable) || python::editables(it).next().is_some() {
        return Err(Refusal::at(span, "an editable install uses the source where it lies"));
    }
    let is_venv = it.command.words.first().and_then(|it| it.literal());
    if is_venv.is_some_and(|it| it.contains('/') && !it.starts_with("/usr/")) {
        return Err(Refusal::at(span, "pip of a virtual environment is used"));
    }
    Ok(())
}

/// Whether a requirements file gives hashes.
fn reads_hashes(build: &Build<'_>, found: &Requirements) -> bool {
    let files = found.wanted.iter().filter_map(|it| it.file.as_deref());
    let mut paths: Vec<&str> = files.collect();
    paths.dedup();
    paths
        .into_iter()
        .any(|it| build.surroundings.files.read(it).is_some_and(|text| text.contains("--hash=")))
}

/// The files that a call reads, in the image.
fn files(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
    found: &Requirements,
) -> Vec<String> {
    let Some(run) = step.run() else { return Vec::new() };
    let place = (call.script, call.command);
    let directory = run.directory_at(place.0, place.1, step.state.directory.as_deref());
    let absolute = |text: &str| match &directory {
        Some(directory) => Some(path::join(directory, text)),
        None => text.starts_with('/').then(|| path::clean(text)),
    };
    let mut res: Vec<String> = Vec::new();
    let named = python::requirement_files(&call.call).chain(python::constraint_files(&call.call));
    for argument in named {
        let Some(text) = argument.text() else { continue };
        let Some(at) = absolute(text) else { continue };
        // What the file includes lies beside it, as it does in the context.
        if let Some(inside) = model::context_file(build, step, call, text) {
            let collected = context::collect(build.surroundings.files, &inside);
            let base = inside.rsplit_once('/').map_or("", |it| it.0);
            for file in &collected.files {
                let below = if base.is_empty() {
                    Some(file.path.as_ref())
                } else {
                    path::strip(&file.path, base)
                };
                let folder = at.rsplit_once('/').map_or("/", |it| it.0);
                let other =
                    below.map(|it| path::join(if folder.is_empty() { "/" } else { folder }, it));
                res.extend(other.filter(|it| *it != at));
            }
        }
        res.push(at);
    }
    for wanted in &found.wanted {
        if let Source::Path(it) = &wanted.requirement.source {
            res.extend(absolute(it.text.trim_start_matches("file://")));
        }
    }
    res.sort();
    res.dedup();
    res
}

/// Whether something may be compiled, and what is not known of it.
pub(crate) fn judge_packages<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    doubts: &mut Vec<String>,
) -> bool {
    let image = build.image(stage);
    let mut has_compiled = false;
    let mut unknown: Vec<String> = Vec::new();
    let mut without_libraries: Vec<String> = Vec::new();
    for it in installation::planned(build, stage) {
        match it.installation {
            Installation::Unknown | Installation::Fails => {
                has_compiled = true;
                let is_told = doubts.iter().any(|it| it.ends_with("could not be read"));
                if it.name.is_empty() && !is_told {
                    let line = build.file.lines.line(it.span.start);
                    add(doubts, format!("what line {line} installs could not be read"));
                }
                if !it.name.is_empty() && !unknown.contains(&it.name) {
                    unknown.push(it.name);
                }
            }
            Installation::Compiles => {
                has_compiled = true;
                let family =
                    image.and_then(|it| knowledge::system_package::Family::of(it.package_manager));
                let release = image.and_then(|it| it.release);
                let needs = family
                    .and_then(|family| needs(&it.name, it.version.as_deref(), family, release));
                if needs.is_none_or(|it| it.run.is_none()) && !without_libraries.contains(&it.name)
                {
                    without_libraries.push(it.name);
                }
            }
            Installation::Wheel | Installation::BuildsWithoutCompiler => {}
        }
    }
    if !unknown.is_empty() {
        add(doubts, format!("it is not known whether {} must be compiled", listed(&unknown)));
    }
    if !without_libraries.is_empty() {
        add(
            doubts,
            format!("which libraries {} links to is not known", listed(&without_libraries)),
        );
    }
    let is_own =
        |it: PythonOrigin| matches!(it, PythonOrigin::Official | PythonOrigin::Distribution);
    let origin = image.map(|it| it.python);
    let brings_packages = match origin {
        Some(knowledge::image::Python::Present { origin, .. }) => !is_own(origin),
        Some(knowledge::image::Python::Absent) => false,
        _ => true,
    };
    if brings_packages {
        add(doubts, "the base image may bring Python packages, which the builder resolves anew");
    }
    has_compiled
}
