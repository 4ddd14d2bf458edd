//! Lock files: which versions are installed, from where, and which wheel files exist for them.

use syntax::Span;

mod document;
mod error;
mod installed;
mod memory;
mod pdm;
mod pipfile;
mod poetry;
mod pylock;
pub(crate) mod python_versions;
mod regular;
mod uv;

pub use error::{LockError, LockErrorKind};
pub use installed::{Installed, Selection};

use document::{Table, Value};
use error::{Fault, located};

use crate::marker::{Environment, Marker};
use crate::requirement::{Text, normalize_name};

/// The program whose format a lock file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockFormat {
    /// `uv.lock`, version 1 of any revision.
    Uv,
    /// `poetry.lock` of Poetry 1 and 2.
    Poetry,
    /// `pdm.lock`, versions 2 to 4.
    Pdm,
    /// `pylock.toml` and `pylock.<name>.toml` (PEP 751), version 1.
    Pylock,
    /// `Pipfile.lock` with `pipfile-spec` 6.
    Pipfile,
}

impl LockFormat {
    /// The format of a file, by its name (without directories).
    pub fn of(file_name: &str) -> Option<LockFormat> {
        match file_name {
            "uv.lock" => Some(LockFormat::Uv),
            "poetry.lock" => Some(LockFormat::Poetry),
            "pdm.lock" => Some(LockFormat::Pdm),
            "Pipfile.lock" => Some(LockFormat::Pipfile),
            _ => {
                let is_pylock = crate::manager_of(file_name)
                    .is_some_and(|(manager, _)| manager == crate::Manager::Pylock);
                is_pylock.then_some(LockFormat::Pylock)
            }
        }
    }

    /// The name that files of this format have: `uv.lock`.
    pub fn file_name(self) -> &'static str {
        match self {
            LockFormat::Uv => "uv.lock",
            LockFormat::Poetry => "poetry.lock",
            LockFormat::Pdm => "pdm.lock",
            LockFormat::Pylock => "pylock.toml",
            LockFormat::Pipfile => "Pipfile.lock",
        }
    }

    /// What writes such a file anew.
    fn command(self) -> &'static str {
        match self {
            LockFormat::Uv => "uv lock",
            LockFormat::Poetry => "poetry lock",
            LockFormat::Pdm => "pdm lock",
            LockFormat::Pylock => "pip lock` or `uv export --format pylock.toml",
            LockFormat::Pipfile => "pipenv lock",
        }
    }
}

/// A lock file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The format that it is written in.
    pub format: LockFormat,
    /// The version of the format as the file gives it, empty where old files give none.
    pub version: String,
    /// The Pythons that the lock is made for, in the words of the file: PEP 440, or Poetry's own signs in `poetry.lock`.
    /// Any one of several will do; with none, any Python.
    pub requires_python: Vec<Text>,
    /// The environments that the lock is made for, as markers; with none, all.
    pub environments: Vec<String>,
    /// Whether the file names are all that there are.
    pub listing: Listing,
    /// Every entry, in the order of the file. One name may have several.
    pub packages: Vec<Package>,
    /// uv: the normalised names of the workspace's members.
    pub members: Vec<String>,
    /// uv: what is asked for by the workspace itself rather than by a package of it.
    pub requirements: Vec<Dependency>,
    /// PEP 751: the dependency groups that are installed unless others are asked for.
    pub default_groups: Vec<String>,
    /// Poetry 1: the normalised names of the optional packages that each extra brings directly.
    pub extras: Vec<(String, Vec<String>)>,
    pub(crate) memory: memory::Memory,
}

/// What the file names of a lock file are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Listing {
    /// All files that the index had, or all that the lock's own environments can use: what is not listed is not
    /// installed.
    Complete,
    /// Only the files for some platforms; the index may have had others.
    Trimmed,
    /// The names are made up: pipenv writes `<name>-<version>-py3-none-any.whl` for each hash into `pylock.toml`.
    Invented,
    /// The format has hashes and no names.
    Absent,
}

/// One package at one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The normalised name.
    pub name: String,
    /// The version; `None` for directories and repositories that find out when they are built.
    pub version: Option<String>,
    /// Where it comes from.
    pub source: PackageSource,
    /// Whether a source archive is listed.
    pub has_sdist: bool,
    /// The names of the wheel files, decoded.
    pub wheels: Vec<String>,
    /// The bytes of these files, in their order; empty where the lock gives none.
    wheel_sizes: Vec<u64>,
    /// Poetry, PDM, Pipenv and PEP 751: why it is installed; one that holds is enough.
    pub wanted_by: Vec<Want>,
    /// Poetry: whether only an extra brings it.
    pub is_optional: bool,
    /// uv: what it brings along.
    pub dependencies: Vec<Dependency>,
    /// PEP 751: the Pythons that this package alone is for.
    pub requires_python: Option<String>,
    /// Its name where the entry begins, quotes included: the place to point at.
    pub span: Span,
}

/// Where a package comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PackageSource {
    /// An index, by its address or directory; `None` is the one that the installer is set to, PyPI unless somebody
    /// changed it.
    Index(Option<String>),
    /// One archive at an address.
    Url(String),
    /// A repository, by its address.
    Repository(String),
    /// One archive on disk.
    Archive(String),
    /// A directory that is built.
    Directory {
        /// The directory, as the file gives it.
        path: String,
        /// Whether it is installed in place.
        is_editable: bool,
    },
    /// A directory of which only the dependencies are installed.
    Virtual(String),
}

impl PackageSource {
    /// Whether the package is PyPI's, so that what is known of PyPI's files holds: other indexes have other files under
    /// the same name and version. `None` when that depends on the installer's settings.
    pub fn is_pypi(&self) -> Option<bool> {
        match self {
            PackageSource::Index(None) => None,
            PackageSource::Index(Some(address)) => {
                let host = address.split_once("://").map_or("", |it| it.1);
                Some(matches!(
                    host.trim_end_matches('/'),
                    "pypi.org/simple" | "pypi.python.org/simple"
                ))
            }
            _ => Some(false),
        }
    }
}

/// One reason for a package to be installed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Want {
    /// The group that wants it: `main`, `default`, `dev`; `None` where the marker says all.
    pub group: Option<String>,
    /// The marker that must hold.
    pub marker: Option<String>,
}

/// An edge from one package of `uv.lock` to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// The normalised name.
    pub name: String,
    /// The version, where the lock has several.
    pub version: Option<String>,
    /// The source, where the lock has several.
    pub source: Option<PackageSource>,
    /// The extras of the package that are asked for.
    pub extras: Vec<String>,
    /// The marker that must hold.
    pub marker: Option<String>,
    /// What of the package that has the edge must be asked for.
    pub part: Part,
}

/// The part of a package's dependencies that one belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Always installed with the package.
    Main,
    /// Installed when this extra is asked for.
    Extra(String),
    /// Installed when this dependency group is asked for.
    Group(String),
}

/// Reads a lock file.
pub fn parse(format: LockFormat, text: &str) -> Result<Lock, LockError> {
    if format == LockFormat::Pipfile {
        return pipfile::read(text).map_err(|it| located(it, format, text));
    }
    parse_regular(format, text).map_or_else(|| parse_with_toml(format, text), Ok)
}

/// The first way of [`parse`] for files in TOML, fast: `None` where the file is not in the plain form that programs
/// write, or not right.
pub fn parse_regular(format: LockFormat, text: &str) -> Option<Lock> {
    regular::read(text).and_then(|it| interpret(format, &it).ok())
}

/// The second way of [`parse`] for files in TOML: any TOML, a sixth as fast, and it says where a fault is.
pub fn parse_with_toml(format: LockFormat, text: &str) -> Result<Lock, LockError> {
    let lock = document::read(text).and_then(|it| interpret(format, &it));
    lock.map_err(|it| located(it, format, text))
}

fn interpret(format: LockFormat, root: &Table<'_>) -> Result<Lock, Fault> {
    match format {
        LockFormat::Uv => uv::lock(root),
        LockFormat::Poetry => poetry::lock(root),
        LockFormat::Pdm => pdm::lock(root),
        // A Pipfile.lock is JSON and does not come here.
        LockFormat::Pylock | LockFormat::Pipfile => pylock::lock(root),
    }
}

impl Lock {
    /// Whether the lock is made for a Python, by its `(major, minor)` version; `None` when that depends on the patch
    /// release or is not readable.
    pub fn allows_python(&self, python: (u8, u8)) -> Option<bool> {
        if self.requires_python.is_empty() {
            return Some(true);
        }
        let answers =
            self.requires_python.iter().map(|it| python_versions::allows(&it.text, python));
        any(answers)
    }

    /// Whether the lock is made for an environment; `None` when that is not known.
    pub fn allows_environment(&self, environment: &Environment) -> Option<bool> {
        if self.environments.is_empty() {
            return Some(true);
        }
        any(self.environments.iter().map(|it| holds(Some(it), environment)))
    }

    fn new(format: LockFormat, version: &str, listing: Listing) -> Lock {
        Lock {
            format,
            version: version.to_owned(),
            requires_python: Vec::new(),
            environments: Vec::new(),
            listing,
            packages: Vec::new(),
            members: Vec::new(),
            requirements: Vec::new(),
            default_groups: Vec::new(),
            extras: Vec::new(),
            memory: memory::Memory::default(),
        }
    }
}

impl Package {
    /// Whether a package alone is for a Python, by its `(major, minor)` version; see [`Lock::allows_python`].
    pub fn allows_python(&self, python: (u8, u8)) -> Option<bool> {
        self.requires_python.as_deref().map_or(Some(true), |it| python_versions::allows(it, python))
    }

    /// The package of an entry, without its files. The key is `name`.
    fn named(entry: &Table<'_>) -> Result<Package, Fault> {
        let Some((name, span)) = entry.text_and_span("name") else {
            return Err(Fault::broken(entry.span, "this package has no `name`"));
        };
        let mut package = Package::new(name, span, PackageSource::Index(None));
        package.version = entry.owned("version");
        Ok(package)
    }

    fn new(name: &str, span: Span, source: PackageSource) -> Package {
        Package {
            name: normalize_name(name),
            version: None,
            source,
            has_sdist: false,
            wheels: Vec::new(),
            wheel_sizes: Vec::new(),
            wanted_by: Vec::new(),
            is_optional: false,
            dependencies: Vec::new(),
            requires_python: None,
            span,
        }
    }

    /// The bytes of the wheel file with a number in `wheels`, compressed as it is fetched; `None` where the lock does not
    /// say. uv.lock does, and PEP 751 allows it.
    pub fn wheel_size(&self, number: usize) -> Option<u64> {
        self.wheel_sizes.get(number).copied().filter(|it| *it > 0)
    }

    /// Takes in one file of the list of wheels, with its size.
    fn add_wheel(&mut self, file: String, size: Option<u64>) {
        if size.is_some() {
            self.wheel_sizes.resize(self.wheels.len(), 0);
            self.wheel_sizes.extend(size);
        }
        self.wheels.push(file);
    }

    /// Takes in one file of the list; what is neither wheel nor source archive (an egg, an installer) is passed over.
    fn add_file(&mut self, file: String) {
        if file.ends_with(".whl") {
            self.wheels.push(file);
        } else {
            self.has_sdist |= is_source_archive(&file);
        }
    }

    /// A single archive is its own list of files.
    fn add_own_archive(&mut self) {
        if let PackageSource::Url(place) | PackageSource::Archive(place) = &self.source
            && self.wheels.is_empty()
            && !self.has_sdist
        {
            let file = file_name_of(place);
            self.add_file(file);
        }
    }
}

fn is_source_archive(file: &str) -> bool {
    [".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz", ".tar.Z", ".tar"]
        .iter()
        .any(|it| file.ends_with(it))
}

/// The last part of an address or path, `%2B` and the like decoded.
fn file_name_of(place: &str) -> String {
    let place = place.split('#').next().unwrap_or("");
    let place = place.split('?').next().unwrap_or("");
    let name = place.rsplit('/').next().unwrap_or("");
    if !name.contains('%') {
        return name.to_owned();
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let code = digits.filter(|_| *first == b'%').and_then(|it| u8::from_str_radix(it, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A text of a table with its place.
fn text_of(table: &Table<'_>, key: &str) -> Option<Text> {
    table.text_and_span(key).map(|(text, span)| Text { text: text.to_owned(), span })
}

/// Whether a marker holds; none always does, and one that cannot be read is not known to.
fn holds(marker: Option<&str>, environment: &Environment) -> Option<bool> {
    marker.map_or(Some(true), |it| Marker::parse(it).ok()?.evaluate(environment))
}

/// True if one is, false if all are, otherwise not known.
fn any(answers: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut res = Some(false);
    for it in answers {
        match it {
            Some(true) => return Some(true),
            Some(false) => {}
            None => res = None,
        }
    }
    res
}

/// The version of the lock's format, which stands as a text or as a number.
fn version_of(table: &Table<'_>, key: &str) -> Option<(String, Span)> {
    match table.get(key)? {
        Value::Text(text, span) => Some((text.clone().into_owned(), *span)),
        Value::Integer(number, span) => Some((number.to_string(), *span)),
        _ => None,
    }
}

/// The number before the first dot.
fn major_of(version: &str) -> Option<u32> {
    version.split('.').next().and_then(|it| it.parse().ok())
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
