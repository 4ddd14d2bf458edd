//! Where the environments lie that are built in one stage and copied to the other.

use knowledge::image::{Distribution, Image, Python, PythonOrigin};
use managers::python::{Destination, destination, editables, installs_project};
use managers::{Action, Tool};
use model::interpreter::interpreter;
use model::moved_packages::project_environment;
use model::package_folder::{first_in_path, virtual_environment};
use model::{Base, Build, RunCall, Stage, Step, context_file, path};
use syntax::Span;

use crate::compiled::{compiled, tree};
use crate::deed::{Deed, Task};
use crate::plan::{Refusal, add};

/// What is copied from the builder.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    /// Directories, absolute.
    pub(crate) paths: Vec<String>,
    /// Directories in which something is built in place, each with the last step that builds in it.
    pub(crate) trees: Vec<(String, usize)>,
    /// Directories of all sources that are built, as far as they are known.
    pub(crate) sources: Vec<Option<String>>,
    /// The environment of the interpreter itself is among them, and with it the tools that pip installs.
    pub(crate) has_system: bool,
    /// What pip installs cannot be copied, for this reason, but may come as wheels.
    pub(crate) as_wheels: Option<Refusal>,
}

/// What a stage builds that can be copied, or why it cannot.
pub(crate) fn environments<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    tasks: &[Vec<Task<'_, 'f>>],
    doubts: &mut Vec<String>,
) -> Result<Environments, Refusal> {
    let mut res = Environments::default();
    // Something but pip installs among the packages of the interpreter.
    let mut has_other = false;
    let mut made: Vec<String> = Vec::new();
    for task in tasks.iter().flatten() {
        let found = match task.deed {
            Deed::Python(call) | Deed::Grouped(call) => {
                compiles_nothing_in_place(build, task.step, call)?;
                of_call(build, task.step, call, &made)?
            }
            Deed::Environment(call) => {
                let own = of_environment(task.step, call);
                made.extend(match &own {
                    Place::Directory(it) => Some(it.clone()),
                    _ => None,
                });
                own
            }
            Deed::Project(call) if call.call.action == Action::Build => {
                of_build(task.step, call, doubts)?
            }
            Deed::Project(_) => Place::System,
            _ => continue,
        };
        match found {
            Place::System => {
                res.has_system = true;
                has_other |= !matches!(task.deed, Deed::Python(_));
            }
            Place::Directory(it) if !res.paths.contains(&it) => res.paths.push(it),
            Place::Directory(_) => {}
            Place::Unknown(span) => {
                return Err(Refusal::at(span, "where it installs to is not known"));
            }
        }
    }
    let has_prefix = tasks.iter().flatten().any(|it| matches!(it.deed, Deed::Compiles(..)));
    if has_prefix {
        let found = compiled(build, stage, tasks, doubts)?;
        if found.has_system {
            res.paths.push("/usr/local".to_owned());
        }
        res.paths.extend(found.paths);
        res.trees = found.trees;
        res.sources = found.sources;
    }
    if res.has_system {
        match system_paths(build, stage, has_prefix) {
            Ok((paths, doubt)) => {
                doubts.extend(doubt.map(str::to_owned));
                res.paths.extend(paths);
            }
            Err(refusal) if !has_other && (!res.paths.is_empty() || !res.trees.is_empty()) => {
                res.has_system = false;
                res.as_wheels = Some(refusal);
            }
            Err(refusal) => return Err(refusal),
        }
    }
    // A directory brings what lies below it.
    let all = res.paths.clone();
    let is_below = |it: &String| all.iter().any(|other| other != it && path::is_inside(it, other));
    res.paths.retain(|it| !is_below(it));
    res.paths.sort();
    res.paths.dedup();
    let paths = &res.paths;
    res.trees.retain(|it| !paths.iter().any(|other| path::is_inside(&it.0, other)));
    if res.paths.is_empty() && res.trees.is_empty() {
        return Err(Refusal::new("nothing in the stage installs Python packages"));
    }
    Ok(res)
}

/// Refuses where the project is installed as it lies in its source, and compiles something there: only the environment
/// is copied.
fn compiles_nothing_in_place<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
) -> Result<(), Refusal> {
    /// What `pyproject.toml` speaks of when a project compiles.
    const COMPILING: [&str; 8] = [
        "[tool.poetry.build",
        "cffi_modules",
        "ext-modules",
        "maturin",
        "mesonpy",
        "mypyc",
        "scikit_build_core",
        "setuptools_rust",
    ];
    let is_in_place = installs_project(&call.call) == Some(true) && !call.call.has("--no-editable")
        || editables(&call.call).next().is_some();
    if !is_in_place {
        return Ok(());
    }
    let file = context_file(build, step, call, "pyproject.toml");
    let text = file.and_then(|it| build.surroundings.files.read(&it));
    if text.is_some_and(|text| COMPILING.iter().any(|it| text.contains(it))) {
        let reason = "the project is compiled where its source lies, which is not copied";
        return Err(Refusal::at(call.head(), reason));
    }
    Ok(())
}

/// Where something is installed.
enum Place {
    /// Where the interpreter finds it by itself.
    System,
    Directory(String),
    Unknown(Span),
}

fn of_call(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
    made: &[String],
) -> Result<Place, Refusal> {
    let it = &call.call;
    let span = call.head();
    let place = (call.script, call.command);
    let directory = step
        .run()
        .and_then(|run| run.directory_at(place.0, place.1, step.state.directory.as_deref()));
    let value = |name: &str| build.value_at(step, place, name).filter(|it| !it.is_empty());
    let is_on = |name: &str| value(name).is_some_and(|it| is_true(&it));
    let here = |below: &str| match &directory {
        Some(directory) => Place::Directory(path::join(directory, below)),
        None => Place::Unknown(span),
    };
    let home = |below: &str| match build.home(step) {
        Some(home) => Place::Directory(path::join(&home, below)),
        None => Place::Unknown(span),
    };
    for option in it.options.iter().filter(|it| it.name == "--install-option") {
        let value = option.value.as_ref().and_then(|it| it.text());
        match value.and_then(|it| it.split_once('=')) {
            Some(("--prefix" | "--home" | "--install-lib" | "--install-scripts", to)) => {
                return Ok(Place::Directory(to.to_owned()));
            }
            // What else is asked for is said to the build.
            Some((name, _)) if !name.starts_with("--install") && name != "--root" => {}
            None if value.is_some() => {}
            _ => {
                return Err(Refusal::at(span, "`--install-option` says where parts of it go"));
            }
        }
    }
    match destination(it) {
        Some(Destination::User) => return Ok(home(".local")),
        Some(Destination::Target(to) | Destination::Prefix(to) | Destination::Root(to)) => {
            let to = to.text().filter(|it| *it != "." && *it != "/");
            return Ok(to.map_or(Place::Unknown(span), here));
        }
        None => {}
    }
    if let Some(own) = virtual_environment(step, call) {
        return Ok(here(&own));
    }
    if let Some(own) = first_in_path(build, step).filter(|it| made.contains(it)) {
        return Ok(Place::Directory(own));
    }
    Ok(match it.tool {
        Tool::Pip | Tool::GetPip | Tool::EasyInstall | Tool::PipTools => {
            value("VIRTUAL_ENV").map_or(Place::System, Place::Directory)
        }
        Tool::UvPip if it.has("--system") || is_on("UV_SYSTEM_PYTHON") => Place::System,
        Tool::UvPip => value("VIRTUAL_ENV").map_or_else(|| here(".venv"), Place::Directory),
        Tool::Uv if it.action == Action::InstallTool => {
            return Err(Refusal::at(span, "tools of uv lie apart from the project"));
        }
        Tool::Uv => match project_environment(build, step, call) {
            Some(own) if own.trim_end_matches('/') == "/usr/local" => Place::System,
            Some(own) => here(&own),
            None => Place::Unknown(span),
        },
        Tool::Poetry => {
            let says = |key: &str, variable: &str| {
                value(variable).or_else(|| configured(build, step, key))
            };
            let creates = says("virtualenvs.create", "POETRY_VIRTUALENVS_CREATE");
            let in_project = says("virtualenvs.in-project", "POETRY_VIRTUALENVS_IN_PROJECT");
            match (creates, in_project) {
                (Some(it), _) if !is_true(&it) => {
                    value("VIRTUAL_ENV").map_or(Place::System, Place::Directory)
                }
                (_, Some(it)) if is_true(&it) => here(".venv"),
                _ => match says("virtualenvs.path", "POETRY_VIRTUALENVS_PATH") {
                    Some(own) => Place::Directory(own),
                    None => value("VIRTUAL_ENV")
                        .map_or_else(|| home(".cache/pypoetry/virtualenvs"), Place::Directory),
                },
            }
        }
        Tool::Pdm => here(".venv"),
        Tool::Pipenv if it.has("--system") || is_on("PIPENV_SYSTEM") => Place::System,
        Tool::Pipenv if is_on("PIPENV_VENV_IN_PROJECT") => here(".venv"),
        Tool::Pipenv => home(".local/share/virtualenvs"),
        _ => {
            return Err(Refusal::at(
                span,
                format!("what `{}` installs is spread out", it.tool.name()),
            ));
        }
    })
}

/// Where the results of `setup.py build` and the like are used: installed in the same RUN, or in place.
fn of_build(
    step: &Step<'_>,
    call: &RunCall<'_>,
    doubts: &mut Vec<String>,
) -> Result<Place, Refusal> {
    let Some(run) = step.run() else { return Ok(Place::System) };
    let is_later = |it: &&RunCall<'_>| it.head().start > call.head().start;
    if run.calls.iter().filter(is_later).any(|it| it.call.action == Action::Install) {
        return Ok(Place::System);
    }
    let start = step.state.directory.as_deref();
    let directory = run.directory_at(call.script, call.command, start);
    let Some(own) = directory.as_deref().and_then(tree) else {
        return Err(Refusal::at(call.call.tool_span, "`setup.py` builds in an unknown directory"));
    };
    add(doubts, format!("only `{own}` is copied of what is compiled there"));
    Ok(Place::Directory(own))
}

fn of_environment(step: &Step<'_>, call: &RunCall<'_>) -> Place {
    let it = &call.call;
    let written = it.operands.last().and_then(|it| it.text());
    let written = written.or_else(|| (it.tool == Tool::Uv).then_some(".venv"));
    let place = (call.script, call.command);
    let directory = step
        .run()
        .and_then(|run| run.directory_at(place.0, place.1, step.state.directory.as_deref()));
    match (written, directory) {
        (Some(to), Some(directory)) if !to.starts_with('~') => {
            Place::Directory(path::join(&directory, to))
        }
        (Some(to), None) if to.starts_with('/') => Place::Directory(path::clean(to)),
        _ => Place::Unknown(it.tool_span),
    }
}

/// What `poetry config KEY VALUE` says in the stage, up to a step.
fn configured(build: &Build<'_>, step: &Step<'_>, key: &str) -> Option<String> {
    let before = build.steps_before(step).chain([step]);
    let runs = before.filter_map(|it| it.run());
    let mut calls = runs.flat_map(|it| &it.calls);
    calls.find_map(|it| {
        let is_config = it.call.tool == Tool::Poetry && it.call.action == Action::Configure;
        let mut operands = it.call.operands.iter().filter(|_| is_config);
        operands.find(|it| it.text() == Some(key))?;
        Some(operands.next()?.text()?.to_owned())
    })
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on")
}

/// Where the interpreter of a stage keeps packages.
fn system_paths<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    has_prefix: bool,
) -> Result<(Vec<String>, Option<&'static str>), Refusal> {
    let image = build.image(stage);
    let whole = || vec!["/usr/local".to_owned()];
    let distribution = image.map(|it: Image| it.distribution);
    if distribution == Some(Distribution::Alpine)
        && !image.is_some_and(|it| it.python.is_official())
    {
        return Err(Refusal::new("Alpine's own Python keeps packages among those of the system"));
    }
    let is_conda = |it: &Stage<'f>| {
        let runs = build.steps_of(it).iter().filter_map(|it| it.run());
        runs.flat_map(|it| &it.calls).any(|it| it.call.tool.is_conda())
    };
    let has_conda =
        |it: Image| matches!(it.python, Python::Present { origin: PythonOrigin::Conda, .. });
    if image.is_some_and(has_conda) || build.lineage(stage).any(is_conda) {
        return Err(Refusal::new("conda keeps packages and compilers in one environment"));
    }
    let repository = build.lineage(stage).last().and_then(|it| match &it.base {
        Base::Image { reference, .. } => Some(path::file_name(&reference.repository)),
        _ => None,
    });
    let is_official =
        image.is_some_and(|it| it.python.is_official()) || repository == Some("python");
    let installs = |wanted: fn(Tool) -> bool| {
        let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
        runs.flat_map(|it| &it.calls).any(|it| wanted(it.call.tool))
    };
    let is_debian = matches!(distribution, Some(Distribution::Debian | Distribution::Ubuntu));
    if !is_official && !is_debian && !installs(|it| it.is_apt()) {
        // From 8 on, and in Fedora, pip keeps what it installs apart from the system.
        let is_apart = image.is_some_and(|it| {
            let version =
                it.release.and_then(|it| it.version().split('.').next()?.parse::<u32>().ok());
            it.distribution.is_red_hat_family()
                && version.is_some_and(|it| it >= 8)
                && it.distribution != Distribution::Amazon
        });
        if !is_apart {
            return Err(Refusal::new("where its Python keeps packages is not known"));
        }
    }
    let version = interpreter(build, stage).map(|it| it.version);
    // A path with the version in it is right only as long as the tag says the same version, and nothing else.
    let tag = build.lineage(stage).last().and_then(|it| match &it.base {
        Base::Image { reference, .. } => reference.tag.as_deref(),
        _ => None,
    });
    let is_in_tag = |(major, minor): (u8, u8)| {
        let rest = tag.and_then(|it| it.strip_prefix(&format!("{major}.{minor}")));
        rest.is_some_and(|it| it.is_empty() || it.starts_with('-'))
    };
    Ok(match version.filter(|it| is_official && !has_prefix && is_in_tag(*it)) {
        Some((major, minor)) => (
            vec![
                format!("/usr/local/lib/python{major}.{minor}/site-packages"),
                "/usr/local/bin".to_owned(),
            ],
            Some(
                "files that packages put beside their modules and programs, as below `/usr/local/share`, are not copied",
            ),
        ),
        None => (
            whole(),
            (!is_official).then_some("what is installed outside of `/usr/local` is not copied"),
        ),
    })
}
