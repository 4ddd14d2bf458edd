//! What installations of Python packages add to the layers of a stage: estimates, from the table of wheels' sizes and
//! from lock files.

use context::Source;
use context::wheel_decision::{Decision, decision};
use knowledge::python_package::{Native, package};
use knowledge::python_size::{Asked, PythonPackages, WheelSize, wheel_size};
use knowledge::wheel::{Architecture, Installation};
use managers::cache::Cache;
use managers::{Action, Tool, environment};

use crate::installation::{applies, calls, installation_of};
use crate::interpreter::{Interpreter, interpreter, is_foreign};
use crate::lock_install::LockInstall;
use crate::locked::{Locked, locked, target};
use crate::moved_packages::{moved_calls, moved_packages};
use crate::requirements::{Origin, Requirements, Wanted, requirements, value};
use crate::{Base, Build, Run, RunCall, Stage, Step, estimate, path};

/// What calls add: estimates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PythonAddition {
    /// The bytes of what is written where the packages go, as far as they are known.
    pub installed: u64,
    /// The bytes of the wheels that are fetched, which is about what a cache keeps of them.
    pub fetched: u64,
    /// Packages whose size is not known.
    pub n_unknown: usize,
    /// Something is installed that could not be read.
    pub is_open: bool,
}

impl PythonAddition {
    /// Whether there is more than the known bytes.
    pub fn is_least(&self) -> bool {
        self.is_open || self.n_unknown > 0
    }

    /// What is not in the known bytes, for a reader: "3 of unknown size"; `None` where all is in them.
    pub fn rest(&self) -> Option<String> {
        match (self.n_unknown, self.is_open) {
            (0, false) => None,
            (0, true) => Some("what could not be read".to_owned()),
            (n_unknown, false) => Some(format!("{n_unknown} of unknown size")),
            (n_unknown, true) => Some(format!("{n_unknown} of unknown size, others unread")),
        }
    }

    fn add(&mut self, other: PythonAddition) {
        self.installed += other.installed;
        self.fetched += other.fetched;
        self.n_unknown += other.n_unknown;
        self.is_open |= other.is_open;
    }
}

/// An estimate as a part of a sentence: `~64 MB`, `at least ~64 MB`; `None` for what is next to nothing beside what is
/// not known, or too little to speak of.
pub fn readable(bytes: u64, is_least: bool) -> Option<String> {
    const LEAST_BYTES: u64 = 1_000_000;
    let size = estimate::readable(bytes);
    (bytes >= LEAST_BYTES).then(|| if is_least { format!("at least {size}") } else { size })
}

/// What the wheels take that another stage builds, as they are fetched or built; `None` where it is not known which.
pub fn built_wheels<'f>(build: &Build<'f>, step: &Step<'f>) -> Option<PythonAddition> {
    let (wheels, has_dependencies, is_open) = wheels_built(build, step)?;
    let architecture = Architecture::X86_64;
    let added = PythonPackages::default().install(&wheels, has_dependencies, architecture);
    let wheel = added.size.wheel;
    Some(PythonAddition { installed: wheel, fetched: wheel, n_unknown: added.n_unknown, is_open })
}

/// What the calls of a RUN leave in a cache that they keep, for a reader: `~64 MB`, `at least ~64 MB`; `None` where it is
/// not known or too little to speak of.
pub fn kept_cache<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &Run<'f>,
    cache: Cache,
) -> Option<String> {
    match cache {
        Cache::AptLists => estimate::package_lists(build, build.stage(step)?),
        // Both keep the wheels as they are fetched; what uv keeps it may share with what it installs.
        Cache::Pip | Cache::Poetry => {
            let mut all: Option<PythonAddition> = None;
            for added in run.calls.iter().filter_map(|it| added(build, step, it)) {
                all.get_or_insert_default().add(added);
            }
            let all = all?;
            readable(all.fetched, all.is_least())
        }
        _ => None,
    }
}

/// What the calls of a RUN add to the packages that are there; `None` if none of them installs Python packages.
pub fn added_by_run<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &Run<'f>,
    packages: &mut PythonPackages,
) -> Option<PythonAddition> {
    let mut res: Option<PythonAddition> = None;
    for call in &run.calls {
        if let Some(added) = added_by_call(build, step, call, packages) {
            res.get_or_insert_default().add(added);
        }
    }
    res
}

/// What one call adds, with nothing but what the steps before it and the calls before it in its RUN installed.
pub fn added<'f>(build: &Build<'f>, step: &Step<'f>, call: &RunCall<'f>) -> Option<PythonAddition> {
    if call.adds.get().is_none() {
        find_additions(build, build.stage(step)?);
    }
    call.adds.get().copied().flatten()
}

/// Finds what each call of a stage adds, and of the stages below: one after the other, so that a huge stage is read once.
fn find_additions<'f>(build: &Build<'f>, stage: &Stage<'f>) {
    // A stage mostly goes on from the one that was asked for before it.
    let last = build.python_packages.take();
    let is_last = |it: &Stage<'f>| last.as_ref().is_some_and(|last| last.0 == it.index);
    let mut lineage: Vec<&Stage<'f>> = build.lineage(stage).take_while(|it| !is_last(it)).collect();
    let known = last.filter(|last| {
        let lowest = lineage.last();
        lowest.is_none_or(|it| matches!(it.base, Base::Stage(parent) if parent == last.0))
    });
    let mut packages = known.map_or_else(PythonPackages::of_image, |it| it.1);
    lineage.reverse();
    for step in lineage.iter().flat_map(|it| build.steps_of(it)) {
        for call in step.run().into_iter().flat_map(|it| &it.calls) {
            let added = added_by_call(build, step, call, &mut packages);
            let _is_known_already = call.adds.set(added);
        }
    }
    build.python_packages.replace(Some((stage.index, packages)));
}

fn added_by_call<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    packages: &mut PythonPackages,
) -> Option<PythonAddition> {
    let found = requirements(build, step, call)?;
    // What a condition leaves out is not in the image, and other processors have other wheels.
    let is_foreign = build.stage(step).is_some_and(|it| is_foreign(build, it));
    if call.call.command.place.is_conditional || is_foreign {
        return Some(PythonAddition { is_open: true, ..PythonAddition::default() });
    }
    let place = build.stage(step).and_then(|it| interpreter(build, it));
    // As elsewhere, an image without `--platform` is taken to be for x86-64.
    let architecture = place.and_then(|it| it.architecture).unwrap_or(Architecture::X86_64);
    let place = place.map(|it| Interpreter { architecture: Some(architecture), ..it });
    let mut is_open = !found.unread.is_empty();
    // Wheels are built for another place; nothing is installed here.
    let mut elsewhere = PythonPackages::default();
    let is_wheel = call.call.action == Action::Wheel;
    let packages = if is_wheel { &mut elsewhere } else { packages };
    let names_wheels = |it: &&Wanted| match &it.requirement.source {
        Source::Path(path) => path.text.ends_with(['*']) || path.text.ends_with("*.whl"),
        _ => false,
    };
    let built = found.wanted.iter().find(names_wheels).and_then(|_| wheels_built(build, step));
    let of_table: Vec<Asked> = found
        .wanted
        .iter()
        .filter(|it| built.is_none() || !names_wheels(it))
        .filter_map(|it| asked(build, call, found, it, place))
        .collect();
    let has_dependencies = !call.call.has("--no-deps") && call.call.action != Action::Sync;
    let mut added = packages.install(&of_table, has_dependencies, architecture);
    if let Some((wheels, has_dependencies, is_unread)) = built {
        is_open |= is_unread;
        let of_wheels = packages.install(&wheels, has_dependencies, architecture);
        added.size += of_wheels.size;
        added.n_unknown += of_wheels.n_unknown;
    }
    for lock in &found.locks {
        let Some(place) = place else {
            is_open = true;
            continue;
        };
        let entries = locked(lock, place, place.libc);
        is_open |= entries.iter().any(|it| !it.is_certain);
        let certain = entries.iter().filter(|it| it.is_certain);
        let listed: Vec<Asked> = certain.map(|it| asked_of_lock(lock, it, place)).collect();
        let of_lock = packages.install(&listed, false, architecture);
        added.size += of_lock.size;
        added.n_unknown += of_lock.n_unknown;
    }
    let installed = match is_wheel {
        true => added.size.wheel,
        false => added.size.installed(compiles_bytecode(build, step, call)),
    };
    Some(PythonAddition {
        installed,
        fetched: added.size.wheel,
        n_unknown: added.n_unknown,
        is_open,
    })
}

/// What is asked for by the one call of another stage that builds wheels, whether what that requires is built too, and
/// whether some of it could not be read.
fn wheels_built<'f>(build: &Build<'f>, step: &Step<'f>) -> Option<(Vec<Asked>, bool, bool)> {
    let others = build.stages.iter().filter(|it| Some(it.index) != step.stage);
    let mut all = others.flat_map(|stage| {
        let calls = calls(build, stage).into_iter();
        calls.filter(|it| it.0.call.action == Action::Wheel).map(move |it| (stage, it))
    });
    let (stage, (call, found, _)) = all.next()?;
    if all.next().is_some() {
        return None;
    }
    let place = interpreter(build, stage);
    let wanted = found.wanted.iter().filter_map(|it| asked(build, call, found, it, place));
    let is_open = !found.unread.is_empty() || !found.locks.is_empty();
    Some((wanted.collect(), !call.call.has("--no-deps"), is_open))
}

/// Programs that only install others, and stay behind when an environment is copied.
const INSTALLERS: [&str; 10] = [
    "build",
    "pdm",
    "pip",
    "pip-tools",
    "pipenv",
    "poetry",
    "setuptools",
    "uv",
    "virtualenv",
    "wheel",
];

/// What a COPY brings of Python packages that another stage installed, and whether other files come along; `None` where
/// it brings none for certain.
pub fn copied<'f>(build: &Build<'f>, step: &Step<'f>) -> Option<(PythonAddition, bool)> {
    let copy = step.copy()?;
    let [source] = &*copy.sources else { return None };
    let stage = build.stage(step)?;
    let all = moved_packages(build, stage);
    let moved = all.iter().find(|it| it.step.index == step.index)?;
    let has_more = path::join("/", source.path.as_deref()?) != moved.source;
    let mut packages = PythonPackages::default();
    let mut res: Option<PythonAddition> = None;
    for (call, found, step) in moved_calls(build, moved) {
        let is_installer = |it: &Wanted| INSTALLERS.contains(&&*it.name);
        let has_others = !found.wanted.iter().all(is_installer)
            || !found.locks.is_empty()
            || !found.unread.is_empty();
        if has_others && let Some(added) = added_by_call(build, step, call, &mut packages) {
            res.get_or_insert_default().add(added);
        }
    }
    Some((res?, has_more))
}

/// What a requirement asks for; `None` where its marker leaves it out.
fn asked(
    build: &Build<'_>,
    call: &RunCall<'_>,
    found: &Requirements,
    wanted: &Wanted,
    place: Option<Interpreter>,
) -> Option<Asked> {
    // The sizes are those of versions for Python 3.
    let is_old = place.is_some_and(|it| it.version.0 < 3);
    let applies = place.map_or(Some(wanted.requirement.marker.is_none()), |it| applies(wanted, it));
    if applies == Some(false) {
        return None;
    }
    let installation = place.map(|it| installation_of(build, wanted, it, it.libc));
    // What is compiled here has not the libraries that wheels carry, and other indexes have other builds.
    let is_native = package(&wanted.name).is_none_or(|it| it.native() == Native::Yes);
    let is_other = is_native
        && (installation == Some(Installation::Compiles)
            || found.origin.no_binary
            || has_other_index(&found.origin) && has_builds_elsewhere(&wanted.name));
    let is_of_index = wanted.requirement.source == Source::Index;
    let is_known = is_of_index && applies.is_some() && !is_other && !is_old;
    let version = wanted.newest_allowed(place.map(|it| it.version));
    Some(Asked {
        name: if is_known { wanted.name.to_string() } else { String::new() },
        // The image has a pip already, of another version.
        is_renewed: &*wanted.name == "pip" && version.is_some() || call.call.has("--upgrade"),
        version: version.as_deref().map(str::to_owned),
        extras: wanted.requirement.extras.iter().map(|it| it.text.clone()).collect(),
        size: None,
    })
}

/// Whether wheels come from an index that is no mirror of the usual one. A folder of wheels has what was taken from there.
fn has_other_index(origin: &Origin) -> bool {
    origin.has_more_wheels() && !origin.is_no_index
}

/// Packages whose other builds, on an index of their own, are many times smaller: without what a graphics card needs.
fn has_builds_elsewhere(name: &str) -> bool {
    name.starts_with("torch") || name.starts_with("jax") || name.starts_with("nvidia-")
}

fn asked_of_lock(lock: &LockInstall, it: &Locked<'_>, place: Interpreter) -> Asked {
    let version = it.package.version.clone();
    let by_table = wheel_size(&it.package.name, version.as_deref());
    let architecture = place.architecture.unwrap_or(Architecture::X86_64);
    let target = target(place.version, place.libc, architecture);
    let by_lock = match decision(&lock.lock, it.package, &target) {
        Decision::Wheel(number) => it.package.wheel_size(number).map(|wheel| match by_table {
            Some(known) => known.scaled_to(wheel),
            None => {
                let file = it.package.wheels.get(number);
                WheelSize::of_wheel(wheel, file.is_some_and(|it| it.ends_with("-any.whl")))
            }
        }),
        _ => None,
    };
    let is_of_index = it.package.source.is_pypi() != Some(false);
    let is_compiled = it.installation == Installation::Compiles;
    let size = by_lock.or(by_table.filter(|_| is_of_index && !is_compiled));
    let name = if size.is_some() { it.package.name.clone() } else { String::new() };
    Asked { name, version, extras: Vec::new(), size, is_renewed: false }
}

/// Whether a call compiles the bytecode of what it installs. pip does whatever PYTHONDONTWRITEBYTECODE says; the others
/// leave it to the first start.
fn compiles_bytecode(build: &Build<'_>, step: &Step<'_>, call: &RunCall<'_>) -> bool {
    let it = &call.call;
    match it.tool {
        Tool::Uv | Tool::UvPip => {
            let lookup = |name: &str| value(build, step, step.run()?, call, name);
            let variable = environment(it.command, &lookup, "UV_COMPILE_BYTECODE");
            it.has("--compile-bytecode")
                || variable.is_some_and(|it| matches!(it.as_str(), "1" | "true" | "yes" | "on"))
        }
        Tool::Poetry => it.has("--compile"),
        Tool::Pdm => false,
        _ => !it.has("--no-compile"),
    }
}

#[cfg(test)]
mod tests;
