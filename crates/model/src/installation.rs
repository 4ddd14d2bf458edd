//! What pip does with each requirement of a stage: takes a wheel, compiles, or fails.

use std::cell::RefCell;
use std::rc::Rc;

use context::Source;
use context::known_wheels::KnownInstallation;
use knowledge::image::Libc;
use knowledge::python_package::{Native, compiles_at_run_time, normalize, package};
use knowledge::wheel::{Architecture, Installation, installation};
use rustc_hash::FxHashMap;
use syntax::Span;

use crate::interpreter::{Interpreter, installs_system_package, interpreter};
use crate::lock_install::LockInstall;
use crate::locked::{locked, possible_names, target};
use crate::requirements::{Requirements, Wanted, requirements};
use crate::{Build, RunCall, Stage, Step};

/// A requirement and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The name; empty for what is not read or tells none.
    pub name: String,
    /// The version that was asked for, exactly or as the highest.
    pub version: Option<String>,
    /// The place in the Dockerfile.
    pub span: Span,
    /// What pip does.
    pub installation: Installation,
}

/// What the tables say of a package at a version in a place, which calls of several stages ask for.
pub(crate) type Installations =
    RefCell<FxHashMap<(Rc<str>, Option<Rc<str>>, (u8, u8), Libc, Architecture), Installation>>;

/// A call that installs Python packages, with what it installs.
pub type Installing<'b, 'f> = (&'b RunCall<'f>, &'b Requirements, &'b Step<'f>);

/// The calls of a stage itself that install Python packages, in order.
pub fn calls<'b, 'f>(build: &'b Build<'f>, stage: &Stage<'f>) -> Vec<Installing<'b, 'f>> {
    let steps = build.steps.get(stage.steps.clone()).unwrap_or(&[]).iter();
    let runs = steps.filter_map(|step| Some((step, step.run()?)));
    runs.flat_map(|(step, run)| run.calls.iter().map(move |it| (step, it)))
        .filter_map(|(step, call)| Some((call, requirements(build, step, call)?, step)))
        .collect()
}

/// What becomes of everything that the calls of a stage ask for. What is not read is there with an unknown end.
pub fn planned<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<Planned> {
    let interpreter = interpreter(build, stage);
    let mut res = Vec::new();
    for (_, found, _) in calls(build, stage) {
        res.extend(found.unread.iter().map(|it| Planned {
            name: String::new(),
            version: None,
            span: it.span,
            installation: Installation::Unknown,
        }));
        for lock in &found.locks {
            res.extend(planned_from_lock(lock, interpreter));
        }
        let applied =
            |it: &&Wanted| interpreter.and_then(|place| applies(it, place)) != Some(false);
        for wanted in found.wanted.iter().filter(applied) {
            let by_table = match interpreter {
                Some(place) => installation_of(build, wanted, place, place.libc),
                // Pure Python installs with every Python.
                None if is_pure(wanted) => Installation::BuildsWithoutCompiler,
                None => Installation::Unknown,
            };
            let installation = match by_table {
                // Wheels may lie in a folder, or on another index.
                Installation::Compiles | Installation::Fails if found.origin.has_more_wheels() => {
                    Installation::Unknown
                }
                Installation::Wheel if found.origin.no_binary => Installation::Unknown,
                known => known,
            };
            res.push(Planned {
                name: wanted.name.to_string(),
                version: wanted
                    .newest_allowed(interpreter.map(|it| it.version))
                    .as_deref()
                    .map(str::to_owned),
                span: wanted.span,
                installation,
            });
        }
    }
    res
}

fn is_pure(wanted: &Wanted) -> bool {
    let native = package(&wanted.name).map(|it| it.native());
    wanted.requirement.source == Source::Index && native == Some(Native::No)
}

fn planned_from_lock(lock: &LockInstall, interpreter: Option<Interpreter>) -> Vec<Planned> {
    let Some(place) = interpreter else {
        let name = String::new();
        let (version, installation) = (None, Installation::Unknown);
        return vec![Planned { name, version, span: lock.span, installation }];
    };
    let packages = locked(lock, place, place.libc).into_iter();
    packages
        .map(|it| Planned {
            name: it.package.name.clone(),
            version: it.package.version.clone(),
            span: lock.span,
            installation: match it.installation {
                Installation::Compiles | Installation::Fails if !it.is_certain => {
                    Installation::Unknown
                }
                known => known,
            },
        })
        .collect()
}

/// Whether something that is installed in any stage calls a compiler when the program runs, so that it must stay.
pub fn needs_compiler_at_run_time(build: &Build<'_>) -> bool {
    let is_needed = |it: &str| compiles_at_run_time(it).is_some();
    // What others bring along counts only where it always compiles.
    let is_needed_of_lock = |(name, is_direct): (&str, bool)| {
        compiles_at_run_time(name).is_some_and(|it| it.always || is_direct)
    };
    let mut all = build.stages.iter().flat_map(|it| calls(build, it));
    all.any(|(_, found, _)| {
        found.wanted.iter().any(|it| is_needed(&it.name))
            || found.locks.iter().any(|it| possible_names(it).any(is_needed_of_lock))
    })
}

/// What pip does with a requirement in the place of an interpreter, but with the given C library. Without
/// `--platform` the image is taken to be for x86-64.
pub fn installation_of(
    build: &Build<'_>,
    wanted: &Wanted,
    place: Interpreter,
    libc: Libc,
) -> Installation {
    match &wanted.requirement.source {
        Source::Index => {}
        Source::Path(it) | Source::Url(it) if it.text.ends_with(".whl") => {
            return Installation::Wheel;
        }
        _ => return Installation::Unknown,
    }
    let architecture = place.architecture.unwrap_or(Architecture::X86_64);
    let version = wanted.newest_allowed(Some(place.version));
    let key = (Rc::clone(&wanted.name), version, place.version, libc, architecture);
    let known = build.installations.borrow().get(&key).copied();
    let by_table = known.unwrap_or_else(|| {
        let version = key.1.as_deref();
        let found = installation(&wanted.name, version, place.version, libc, architecture);
        build.installations.borrow_mut().insert(key, found);
        found
    });
    match by_table {
        Installation::Unknown => {
            let target = target(place.version, libc, architecture);
            // A bound stands for no version of the file.
            let is_any = wanted.requirement.specifiers.is_empty();
            let known = build.known_wheels();
            let exact = wanted.version.as_deref();
            let known = known.filter(|_| is_any || exact.is_some());
            match known.and_then(|it| it.installation(&wanted.name, exact, &target)) {
                Some(KnownInstallation::Wheel) => Installation::Wheel,
                Some(KnownInstallation::Compiles) => Installation::Compiles,
                Some(KnownInstallation::Fails) => Installation::Fails,
                Some(KnownInstallation::Builds) | None => Installation::Unknown,
            }
        }
        known => known,
    }
}

/// The packages of an index that a file asks for and of which the tables know nothing: the normalized name and the
/// exact version, if one is asked for.
pub fn not_in_tables(build: &Build<'_>) -> Vec<(String, Option<String>)> {
    let mut res = Vec::new();
    for (_, found, _) in build.stages.iter().flat_map(|it| calls(build, it)) {
        let is_unknown = |it: &&Wanted| {
            !it.name.is_empty()
                && matches!(it.requirement.source, Source::Index)
                && package(&it.name).is_none()
        };
        let wanted = found.wanted.iter().filter(is_unknown);
        res.extend(wanted.map(|it| {
            (normalize(&it.name).into_owned(), it.version.as_deref().map(str::to_owned))
        }));
    }
    res.sort();
    res.dedup();
    res
}

/// Whether the marker of a requirement holds; `None` when that is not known.
pub fn applies(wanted: &Wanted, place: Interpreter) -> Option<bool> {
    let Some(marker) = &wanted.requirement.marker else { return Some(true) };
    let version = format!("{}.{}", place.version.0, place.version.1);
    let machine = match place.architecture.unwrap_or(Architecture::X86_64) {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
    };
    let environment = context::Environment::linux(Some(&version), Some(machine));
    context::Marker::parse(&marker.text).ok()?.evaluate(&environment)
}

/// Whether the distribution's own package of the same name is installed, so that pip finds it there.
pub fn is_in_distribution<'f>(build: &Build<'f>, stage: &Stage<'f>, name: &str) -> bool {
    let name = normalize(name);
    let forms = [format!("py3-{name}"), format!("python3-{name}")];
    forms.iter().any(|it| installs_system_package(build, stage, it))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn what_pip_does_is_foreseen() {
        let cases = [
            ("python:3.12-slim", "pip install numpy==1.26.4", Installation::Wheel),
            ("python:3.8-alpine", "pip install numpy==1.19.2", Installation::Compiles),
            ("python:3.12-slim", "pip install uwsgi", Installation::Compiles),
            ("python:3.12-slim", "pip install --no-index uwsgi", Installation::Unknown),
            ("python:3.12-slim", "pip install acme-client", Installation::Unknown),
            ("python:3.12-slim", "pip install ./x-1-py3-none-any.whl", Installation::Wheel),
            ("python:3.12-slim", "pip install .", Installation::Unknown),
            ("python:3.12-slim", "poetry install", Installation::Unknown),
        ];
        for (image, command, expected) in cases {
            let text = format!("FROM {image}\nRUN {command}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let found = planned(&build, &build.stages[0]);
            assert_eq!(
                found.first().map(|it| it.installation),
                Some(expected),
                "{image} {command}"
            );
        }
    }
}
