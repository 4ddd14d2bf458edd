//! What an installer does with each package of a lock file: takes a wheel, compiles, or fails.

use std::cell::RefCell;
use std::rc::Rc;

use context::Environment;
use context::lock::{Installed, Package, PackageSource};
use context::wheel_decision::{Decision, Doubt};
use context::wheel_tag::{self, Target, WheelName};
use knowledge::image::Libc;
use knowledge::python_package::{Native, package};
use knowledge::wheel::{self, Architecture, Installation};
use rustc_hash::FxHashMap;

use crate::interpreter::Interpreter;
use crate::lock_install::LockInstall;

/// A package of a lock file and what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Locked<'l> {
    /// The entry of the lock file.
    pub package: &'l Package,
    /// Whether it is known to be installed.
    pub is_certain: bool,
    /// What the installer does with it.
    pub installation: Installation,
}

impl Locked<'_> {
    /// The name with the version: `numpy==1.26.4`.
    pub fn title(&self) -> String {
        match &self.package.version {
            Some(version) => format!("{}=={version}", self.package.name),
            None => self.package.name.clone(),
        }
    }

    /// The address of the repository that it is fetched from.
    pub fn repository(&self) -> Option<&str> {
        match &self.package.source {
            PackageSource::Repository(address) => Some(address),
            _ => None,
        }
    }
}

/// What becomes of each package that a lock installs in the place of an interpreter, but with the given C library.
///
/// Where FROM does not say for which processor the image is, only what holds for x86-64 and ARM alike is known.
pub fn locked(install: &LockInstall, place: Interpreter, libc: Libc) -> Vec<Locked<'_>> {
    let answers = install.answers.of(place, libc, || {
        let on = |it| on_machine(install, place, libc, it);
        match place.architecture {
            Some(it) => on(it),
            None => merged(on(Architecture::X86_64), on(Architecture::Aarch64)),
        }
    });
    let packages = &install.lock.packages;
    let locked = |it: &Answer| {
        let package = packages.get(it.index)?;
        Some(Locked { package, is_certain: it.is_certain, installation: it.installation })
    };
    answers.iter().filter_map(locked).collect()
}

/// What becomes of the package with a number.
#[derive(Clone, Copy, Debug)]
struct Answer {
    index: usize,
    is_certain: bool,
    installation: Installation,
}

/// What was found out of one way of installing a lock, for each place where it was asked.
#[derive(Debug, Default)]
pub(crate) struct Answers(RefCell<Vec<InPlace>>);

type InPlace = (Interpreter, Libc, Rc<[Answer]>);

impl Answers {
    fn of(
        &self,
        place: Interpreter,
        libc: Libc,
        find: impl FnOnce() -> Vec<Answer>,
    ) -> Rc<[Answer]> {
        let known = self.0.borrow().iter().find(|it| (it.0, it.1) == (place, libc)).cloned();
        if let Some((_, _, known)) = known {
            return known;
        }
        let found: Rc<[Answer]> = find().into();
        self.0.borrow_mut().push((place, libc, Rc::clone(&found)));
        found
    }
}

/// The packages that are known to be installed and have a wheel for glibc but none for musl, which is the C library of
/// `place`.
pub fn without_musl_wheel(install: &LockInstall, place: Interpreter) -> Vec<Locked<'_>> {
    // That of Debian 11, the oldest of the images of Python that are still built.
    let on_glibc = locked(install, place, Libc::Glibc(Some((2, 31))));
    let has_wheel: FxHashMap<*const Package, bool> = on_glibc
        .iter()
        .map(|it| (std::ptr::from_ref(it.package), it.installation == Installation::Wheel))
        .collect();
    let mut res = locked(install, place, place.libc);
    res.retain(|it| {
        it.is_certain
            && matches!(it.installation, Installation::Compiles | Installation::Fails)
            && has_wheel.get(&std::ptr::from_ref(it.package)) == Some(&true)
    });
    res
}

/// The names of what may be installed, whatever the Python and the processor, each with whether the project itself asks
/// for it. That is not said in all formats.
pub fn possible_names(install: &LockInstall) -> impl Iterator<Item = (&str, bool)> {
    let anywhere = Environment::linux(None, None);
    let packages = install.lock.installed(&install.selection, &anywhere);
    let direct: Vec<&str> = install.direct().collect();
    packages.into_iter().map(move |it| {
        let name = it.package.name.as_str();
        (name, direct.contains(&name))
    })
}

fn on_machine(
    install: &LockInstall,
    place: Interpreter,
    libc: Libc,
    architecture: Architecture,
) -> Vec<Answer> {
    let machine = match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
    };
    let python = format!("{}.{}", place.version.0, place.version.1);
    let environment = Environment::linux(Some(&python), Some(machine));
    let target = target(place.version, libc, architecture);
    let packages = install.lock.installed(&install.selection, &environment);
    let packages = packages.into_iter().filter(|it| !install.leaves_out(it.package));
    let decisions = install.lock.decisions(&target);
    let answer = |it: Installed<'_>| {
        Some(Answer {
            index: it.index,
            is_certain: it.is_certain && install.is_known(it.package),
            installation: match *decisions.get(it.index)? {
                Decision::Unknown(Doubt::NoFileNames | Doubt::NamesInvented) => {
                    by_version(it.package, place.version, libc, architecture)
                }
                known => installation(it.package, known),
            },
        })
    };
    packages.filter_map(answer).collect()
}

/// The place that wheels are chosen for.
pub(crate) fn target(python: (u8, u8), libc: Libc, architecture: Architecture) -> Target {
    let machine = match architecture {
        Architecture::X86_64 => "x86_64",
        Architecture::Aarch64 => "aarch64",
    };
    Target { python, free_threaded: false, libc: tag_libc(libc), machine: machine.to_owned() }
}

fn tag_libc(libc: Libc) -> wheel_tag::Libc {
    match libc {
        Libc::Glibc(None) => wheel_tag::Libc::AnyGlibc,
        Libc::Glibc(Some((major, minor))) => wheel_tag::Libc::Glibc(major.into(), minor.into()),
        Libc::Musl(None) => wheel_tag::Libc::AnyMusl,
        Libc::Musl(Some((major, minor))) => wheel_tag::Libc::Musl(major.into(), minor.into()),
        Libc::Unknown => wheel_tag::Libc::Unknown,
    }
}

fn merged(one: Vec<Answer>, other: Vec<Answer>) -> Vec<Answer> {
    let mut rest: FxHashMap<usize, Answer> = other.iter().map(|it| (it.index, *it)).collect();
    let mut res: Vec<Answer> = Vec::with_capacity(one.len());
    for it in one {
        let there = rest.remove(&it.index);
        let is_certain = it.is_certain && there.is_some_and(|it| it.is_certain);
        let there = there.map_or(it.installation, |it| it.installation);
        let installation = match (it.installation, there) {
            (here, there) if here == there => here,
            (Installation::Compiles, Installation::Fails)
            | (Installation::Fails, Installation::Compiles) => Installation::Compiles,
            _ => Installation::Unknown,
        };
        res.push(Answer { is_certain, installation, ..it });
    }
    let only_there = other.into_iter().filter(|it| rest.contains_key(&it.index));
    res.extend(only_there.map(|it| Answer { is_certain: false, ..it }));
    res
}

/// What the tables say of a package whose lock tells the version and no files, as that of pipenv.
fn by_version(
    locked: &Package,
    python: (u8, u8),
    libc: Libc,
    architecture: Architecture,
) -> Installation {
    match (&locked.version, locked.source.is_pypi()) {
        (None, _) | (_, Some(false)) => Installation::Unknown,
        (version, _) => {
            wheel::installation(&locked.name, version.as_deref(), python, libc, architecture)
        }
    }
}

fn installation(locked: &Package, decision: Decision) -> Installation {
    let native = match locked.source.is_pypi() {
        Some(false) => Native::Unknown,
        _ => package(&locked.name).map_or(Native::Unknown, |it| it.native()),
    };
    match decision {
        Decision::Wheel(_) => Installation::Wheel,
        Decision::Impossible => Installation::Fails,
        Decision::Compile => match (native, kind_of(&locked.wheels)) {
            (Native::Yes, _) | (Native::Unknown, Kind::Native) => Installation::Compiles,
            (Native::Optional, _) | (Native::No, Kind::Pure | Kind::NotKnown) => {
                Installation::BuildsWithoutCompiler
            }
            (Native::Unknown, Kind::Pure) => Installation::BuildsWithoutCompiler,
            (Native::No, Kind::Native) | (Native::Unknown, Kind::NotKnown) => Installation::Unknown,
        },
        // Pure Python installs everywhere, from whatever file.
        Decision::Unknown(_) if native == Native::No => Installation::BuildsWithoutCompiler,
        Decision::Unknown(_) => Installation::Unknown,
    }
}

/// What the wheels of a package say of what is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// One is for a platform.
    Native,
    /// There are some, and all are for all platforms.
    Pure,
    /// There are none.
    NotKnown,
}

fn kind_of(wheels: &[String]) -> Kind {
    let mut platforms = wheels.iter().filter_map(|it| WheelName::parse(it)).map(|it| it.platforms);
    if wheels.is_empty() {
        return Kind::NotKnown;
    }
    if platforms.any(|it| it != "any") { Kind::Native } else { Kind::Pure }
}
