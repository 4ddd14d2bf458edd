//! Whether a locked package is installed from a wheel or built, as far as the lock file says.

use std::fmt;
use std::sync::Arc;

use crate::lock::{Listing, Lock, Package, PackageSource};
use crate::marker::Environment;
use crate::wheel_tag::{Fit, Target, best};

/// What the installer does with a locked package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It installs the file with this number in [`Package::wheels`].
    Wheel(usize),
    /// It builds the source archive, repository or directory. Whether that calls a compiler is another question: many
    /// sources are pure Python.
    Compile,
    /// It stops: no wheel fits, and there are no sources.
    Impossible,
    /// The lock file does not say.
    Unknown(Doubt),
}

/// Why a lock file does not say how a package is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The format has hashes and no file names, or no file is listed.
    NoFileNames,
    /// pipenv made the file names up.
    NamesInvented,
    /// The lock, or the entry, is for other Pythons, and the files for this one are left out; the installer refuses it.
    OtherPython,
    /// The lock is for other environments, and their files alone are listed; the installer refuses it.
    OtherEnvironment,
    /// Files for other platforms than the lock's own are left out.
    Trimmed,
    /// The wheels that there are ask for a version of the C library, and the image's is not known.
    LibcNotKnown,
    /// Only its dependencies are installed.
    NotInstalled,
}

impl fmt::Display for Doubt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Doubt::NoFileNames => "the lock file does not name its files",
            Doubt::NamesInvented => "pipenv does not write the real file names into `pylock.toml`",
            Doubt::OtherPython => "the lock file is not made for this version of Python",
            Doubt::OtherEnvironment => "the lock file is not made for this platform",
            Doubt::Trimmed => "the lock file names the files of some platforms only",
            Doubt::LibcNotKnown => "the version of the image's C library is not known",
            Doubt::NotInstalled => "only its dependencies are installed",
        })
    }
}

impl Lock {
    /// How each of [`Lock::packages`] is installed on a target; see [`decision`].
    pub fn decisions(&self, target: &Target) -> Arc<[Decision]> {
        let find = || self.packages.iter().map(|it| decision(self, it, target)).collect();
        self.memory.decisions(target, find)
    }
}

/// How `package`, an entry of `lock`, is installed on `target`.
///
/// Options such as `--no-binary` are not looked at, nor is whether the package is installed at all: that is
/// [`Lock::installed`].
pub fn decision(lock: &Lock, package: &Package, target: &Target) -> Decision {
    match package.source {
        PackageSource::Repository(_) | PackageSource::Directory { .. } => return Decision::Compile,
        PackageSource::Virtual(_) => return Decision::Unknown(Doubt::NotInstalled),
        PackageSource::Index(_) | PackageSource::Url(_) | PackageSource::Archive(_) => {}
    }
    // One archive has its own, real name, whatever the rest of the lock is worth.
    let is_from_index = matches!(package.source, PackageSource::Index(_));
    if is_from_index && lock.listing == Listing::Invented {
        return Decision::Unknown(Doubt::NamesInvented);
    }
    let has_files = package.has_sdist || !package.wheels.is_empty();
    if !has_files && (!is_from_index || lock.listing == Listing::Absent || !lists_every_file(lock))
    {
        return Decision::Unknown(Doubt::NoFileNames);
    }
    let is_other_python = [lock.allows_python(target.python), package.allows_python(target.python)];
    if is_other_python.contains(&Some(false)) {
        return Decision::Unknown(Doubt::OtherPython);
    }
    let has_environments = !lock.environments.is_empty();
    if has_environments && lock.allows_environment(&environment_of(target)) == Some(false) {
        return Decision::Unknown(Doubt::OtherEnvironment);
    }
    match best(package.wheels.iter().map(String::as_str), target) {
        Some((number, Fit::Yes(_))) => Decision::Wheel(number),
        Some(_) => Decision::Unknown(Doubt::LibcNotKnown),
        None if lock.listing == Listing::Trimmed => Decision::Unknown(Doubt::Trimmed),
        None if package.has_sdist => Decision::Compile,
        None => Decision::Impossible,
    }
}

/// Whether an entry without files says that there are none: uv and PEP 751 always list files, the others may have been
/// told hashes alone.
fn lists_every_file(lock: &Lock) -> bool {
    matches!(lock.format, crate::lock::LockFormat::Uv | crate::lock::LockFormat::Pylock)
}

/// What markers may ask of a target. Extras and groups are left open.
fn environment_of(target: &Target) -> Environment {
    let (major, minor) = target.python;
    Environment::linux(Some(&format!("{major}.{minor}")), Some(&target.machine))
}

#[cfg(test)]
mod tests;
