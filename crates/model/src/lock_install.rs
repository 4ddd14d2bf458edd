//! Calls that install what a lock file of the build context lists: `uv sync`, `poetry install` and their kin.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use context::lock::{Lock, LockError, LockFormat, Package, Part, Selection};
use context::{Files, normalize_name};
use managers::{Action, Argument, Call, Tool, environment, python};
use rustc_hash::FxHashMap;
use syntax::Span;

mod manifest;

use manifest::{beside, has_key, is_project, is_pure, known};

use crate::context_file::context_file;
use crate::interpreter::interpreter;
use crate::locked::Answers;
use crate::requirements::{Unread, value};
use crate::run::RunCall;
use crate::{Build, Step, path};

/// A lock file that a call installs.
#[derive(Clone, Debug)]
pub struct LockInstall {
    /// The file, read.
    pub lock: Arc<Lock>,
    /// Its path in the build context.
    pub path: String,
    /// The place in the Dockerfile: the tool and its action, or the value of `-r`.
    pub span: Span,
    /// What is asked for.
    pub selection: Selection,
    /// Normalised names that are left out although the lock has them.
    left_out: Vec<String>,
    /// Where the lock does not say which group wants a package: those that are known to be installed.
    known: Option<Vec<String>>,
    /// What becomes of the packages, shared by all that ask the same of the lock.
    pub(crate) answers: Rc<Answers>,
}

/// The lock files of a build.
#[derive(Default)]
pub(crate) struct Locks {
    /// Those that were read, by their paths.
    read: RefCell<FxHashMap<String, ReadLock>>,
    /// One for each way in which they are installed.
    installs: RefCell<Vec<LockInstall>>,
}

type ReadLock = Option<Result<Arc<Lock>, LockError>>;

impl Locks {
    /// A lock file, or what is wrong with it; `None` when it cannot be read at all.
    pub(crate) fn read(&self, files: &dyn Files, path: &str, format: LockFormat) -> ReadLock {
        if let Some(known) = self.read.borrow().get(path) {
            return known.clone();
        }
        let lock = files.lock(path, format);
        self.read.borrow_mut().insert(path.to_owned(), lock.clone());
        lock
    }

    /// The install with the answers of one that asks the same.
    fn shared(&self, mut install: LockInstall) -> LockInstall {
        let mut installs = self.installs.borrow_mut();
        match installs.iter().find(|it| it.asks_the_same(&install)) {
            Some(known) => install.answers = Rc::clone(&known.answers),
            None => installs.push(install.clone()),
        }
        install
    }
}

impl LockInstall {
    fn asks_the_same(&self, other: &LockInstall) -> bool {
        Arc::ptr_eq(&self.lock, &other.lock)
            && self.selection == other.selection
            && self.left_out == other.left_out
            && self.known == other.known
    }

    /// Whether an entry is left out whatever the lock says: the project itself, and what the call names.
    pub(crate) fn leaves_out(&self, package: &Package) -> bool {
        is_project(package) || self.left_out.contains(&package.name)
    }

    /// The names of what the project of a `uv.lock` asks for itself.
    pub(crate) fn direct(&self) -> impl Iterator<Item = &str> {
        let projects = self.lock.packages.iter().filter(|it| is_project(it));
        projects.flat_map(|it| &it.dependencies).map(|it| it.name.as_str())
    }

    /// Whether the lock, or the project beside it, says for certain that an entry is among what is asked for.
    pub(crate) fn is_known(&self, package: &Package) -> bool {
        self.known.as_ref().is_none_or(|it| it.contains(&package.name))
    }
}

/// Options with which the lock, or what it lists, is not what is installed.
const CHANGING: [&str; 28] = [
    "--check",
    "--dry-run",
    "--exclude-newer",
    "--lock",
    "--no-binary",
    "--no-binary-package",
    "--no-build",
    "--no-build-package",
    "--no-extra",
    "--no-index",
    "--no-sources",
    "--no-sources-package",
    "--only-binary",
    "--only-root",
    "--override",
    "--package",
    "--prerelease",
    "--python-platform",
    "--python-preference",
    "--managed-python",
    "--python-version",
    "--resolution",
    "--script",
    "--skip-lock",
    "--torch-backend",
    "--upgrade",
    "--upgrade-group",
    "--upgrade-package",
];

/// Variables that do the same.
const CHANGING_VARIABLES: [&str; 13] = [
    "PDM_NO_BINARY",
    "PDM_ONLY_BINARY",
    "PIPENV_PIPFILE",
    "PIPENV_SKIP_LOCK",
    "PIP_NO_BINARY",
    "POETRY_INSTALLER_NO_BINARY",
    "POETRY_INSTALLER_ONLY_BINARY",
    "UV_MANAGED_PYTHON",
    "UV_NO_BINARY",
    "UV_NO_BINARY_PACKAGE",
    "UV_NO_BUILD",
    "UV_PROJECT",
    "UV_PYTHON_PREFERENCE",
];

/// The lock file that a call of uv, Poetry, PDM or Pipenv installs, and what else it installs that cannot be read;
/// `None` where it is not certain that it installs the lock as it lies in the context, or the lock cannot be read.
pub(crate) fn lock_install<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
) -> Option<(LockInstall, Vec<Unread>)> {
    let it = &call.call;
    let format = match it.tool {
        Tool::Uv => LockFormat::Uv,
        Tool::Poetry => LockFormat::Poetry,
        Tool::Pdm => LockFormat::Pdm,
        Tool::Pipenv => LockFormat::Pipfile,
        _ => return None,
    };
    let installs = matches!(it.action, Action::Install | Action::Sync) && it.operands.is_empty();
    if !installs || it.tool == Tool::Uv && it.action != Action::Sync {
        return None;
    }
    let lookup = |name: &str| value(build, step, step.run()?, call, name);
    // Without these, Pipenv writes the lock anew.
    let is_exact = it.tool != Tool::Pipenv
        || python::enforces_lock(it, &lookup) == Some(true)
        || it.has("--system");
    let is_plain = is_exact
        && python::editables(it).next().is_none()
        && python::requirement_files(it).next().is_none();
    if !is_plain {
        return None;
    }
    let name = match it.last_value("--lockfile") {
        Some(file) => file.text()?,
        None => format.file_name(),
    };
    let mut place = name.to_owned();
    for option in ["--directory", "--project"] {
        if let Some(directory) = it.last_value(option) {
            place = path::join(directory.text()?, &place);
        }
    }
    let span = it.action_span.map_or(it.tool_span, |action| it.tool_span.to(action));
    let (mut res, groups_may_differ) = read(build, step, call, &place, format, span)?;
    let mut unread = Vec::new();
    let manifest = beside(build, &res.path, "pyproject.toml");
    let manifest = manifest.as_deref().unwrap_or("");
    // What is always, or never, built, and which groups are asked for without being named.
    let has_setting = |names: &[&str]| names.iter().any(|it| has_key(manifest, it));
    if has_setting(&["no-binary", "no-binary-package", "no-build", "no-build-package"]) {
        return None;
    }
    if groups_may_differ || has_setting(&["default-groups"]) {
        let what = format!("some of what `{}` installs", it.tool.name());
        unread.push(Unread { span: it.tool_span, what });
    }
    if python::installs_project(it) == Some(true) && !is_pure(&res.lock, manifest) {
        let what = "what building the project needs".to_owned();
        unread.push(Unread { span: it.tool_span, what });
    }
    res.known = known(&res, manifest);
    Some((build.locks.shared(res), unread))
}

/// The file of PEP 751 that `-r` names; `None` where it is none, or cannot be read.
pub(crate) fn named_lock<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    file: &Argument<'_>,
) -> Option<LockInstall> {
    let name = file.text()?;
    let (res, _) = read(build, step, call, name, LockFormat::Pylock, file.span)?;
    Some(build.locks.shared(res))
}

/// Whether `-r` names a lock file of PEP 751 rather than a requirements file.
pub(crate) fn is_lock(file: &Argument<'_>) -> bool {
    let name = file.text().map(path::file_name);
    name.and_then(LockFormat::of) == Some(LockFormat::Pylock)
}

/// The lock file at a path with what a call asks of it, and whether it may ask for more.
fn read<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    place: &str,
    format: LockFormat,
    span: Span,
) -> Option<(LockInstall, bool)> {
    let it = &call.call;
    let lookup = |name: &str| value(build, step, step.run()?, call, name);
    let is_set =
        |name: &&str| environment(it.command, &lookup, name).is_some_and(|it| !it.is_empty());
    let is_changed = it.may_have_more
        || CHANGING.iter().any(|name| it.has(name))
        || CHANGING_VARIABLES.iter().any(is_set)
        || is_written_before(build, step, call, path::file_name(place));
    let path = context_file(build, step, call, place).filter(|_| !is_changed)?;
    if build.ignore_file().is_some_and(|it| it.1.excludes(&path)) {
        return None;
    }
    if uses_other_python(build, step, call, &path, &lookup) {
        return None;
    }
    let lock = build.locks.read(build.surroundings.files, &path, format)?.ok()?;
    let (selection, may_have_more) = selection(it, &lock, &lookup)?;
    let left_out = it.values("--no-install-package").filter_map(|it| it.text());
    let left_out = left_out.map(normalize_name).collect();
    let answers = Rc::default();
    let res = LockInstall { lock, path, span, selection, left_out, known: None, answers };
    Some((res, may_have_more))
}

/// What a call asks of a lock, and whether it may ask for more.
fn selection(
    call: &Call<'_>,
    lock: &Lock,
    lookup: managers::Lookup<'_>,
) -> Option<(Selection, bool)> {
    let groups = python::groups(call);
    if groups.may_have_more {
        return None;
    }
    let mut res = Selection::plain(lock.format);
    if lock.format != LockFormat::Pylock {
        res.development = python::installs_development(call, lookup)?;
    }
    res.only_groups = !groups.only.is_empty() || call.has("--only-dev") || call.has("--no-default");
    let named = groups.only.iter().chain(&groups.with);
    res.groups = named.map(|it| (*it).to_owned()).collect();
    res.extras = groups.extras.iter().map(|it| (*it).to_owned()).collect();
    let has_all = |name: &str| call.has(name) || groups.with.contains(&":all");
    let is_all = [has_all("--all-groups"), has_all("--all-extras"), call.has("--all-packages")];
    if lock.format != LockFormat::Uv {
        // `--without main` leaves out the rest, which has no name here.
        let leaves_out_main = groups.without.iter().any(|it| matches!(*it, "main" | "default"));
        return (!leaves_out_main).then_some((res, is_all.contains(&true)));
    }
    let dependencies = lock.packages.iter().flat_map(|it| &it.dependencies);
    for it in dependencies.chain(&lock.requirements) {
        match &it.part {
            Part::Group(group) if is_all[0] && !groups.without.contains(&group.as_str()) => {
                res.groups.push(group.clone());
            }
            _ => {}
        }
    }
    if is_all[1] {
        let projects = lock.packages.iter().filter(|it| is_project(it));
        for it in projects.flat_map(|it| &it.dependencies) {
            if let Part::Extra(extra) = &it.part {
                res.extras.push(extra.clone());
            }
        }
    }
    if is_all[2] {
        res.members.clone_from(&lock.members);
    }
    Some((res, false))
}

/// Whether a step before writes the lock, or makes it anew.
fn is_written_before<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    lock: &str,
) -> bool {
    let is_of_tool = |it: &RunCall<'_>| it.call.tool == call.call.tool;
    let relocks = |it: &RunCall<'_>| {
        let is_lock = matches!(
            it.call.action,
            Action::Lock | Action::Add | Action::Remove | Action::Upgrade | Action::InstallPython
        );
        let is_setting = it.call.action == Action::Configure
            && it.call.operands.iter().filter_map(|it| it.text()).any(|it| it.contains("binary"));
        is_of_tool(it) && (is_lock && !it.call.has("--check") || is_setting)
    };
    let own = step.run().into_iter();
    let before = build.steps_before(step).filter_map(|it| it.run());
    own.map(|run| (run, true)).chain(before.map(|run| (run, false))).any(|(run, is_own)| {
        let mut calls = run.calls.iter();
        let is_earlier = |script: usize, command: usize| {
            !is_own || (script, command) < (call.script, call.command)
        };
        let mut commands = run.commands_with_places().filter(|it| is_earlier(it.0, it.1));
        calls.any(|it| is_earlier(it.script, it.command) && relocks(it))
            || commands.any(|(_, _, command)| {
                let writes = matches!(command.program(), Some("rm" | "sed" | "mv" | "cp" | "tee"));
                let mut words = command.words.iter().filter_map(|it| it.literal());
                writes && words.any(|it| it.ends_with(lock))
            })
    })
}

/// Whether another Python than that of the image is asked for, or may be.
fn uses_other_python<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
    lock: &str,
    lookup: managers::Lookup<'_>,
) -> bool {
    let own = build.stage(step).and_then(|it| interpreter(build, it)).map(|it| it.version);
    let is_other = |text: &str| version_named(text).is_some_and(|it| Some(it) != own);
    let before = build.steps_before(step).filter_map(|it| it.run());
    let calls = before.chain(step.run()).flat_map(|it| &it.calls).map(|it| &it.call);
    let mut named = calls
        .filter(|it| it.tool == call.call.tool)
        .flat_map(|it| it.values("--python"))
        .filter_map(|it| it.text());
    if named.any(is_other) {
        return true;
    }
    matches!(call.call.tool, Tool::Uv | Tool::UvPip)
        && (environment(call.call.command, lookup, "UV_PYTHON").is_some_and(|it| is_other(&it))
            || beside(build, lock, ".python-version").is_some_and(|it| is_other(&it)))
}

/// The first `3.12` in a text.
fn version_named(text: &str) -> Option<(u8, u8)> {
    let start = text.find("3.")?;
    let digits = text.get(start + 2..)?;
    let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
    Some((3, digits.get(..end)?.parse().ok()?))
}

#[cfg(test)]
mod tests;
