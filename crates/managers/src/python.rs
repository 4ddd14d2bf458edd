//! What rules ask of a call of pip, uv, poetry, pdm or pipenv.

use crate::action::Action;
use crate::argument::Argument;
use crate::call::{Call, Lookup, environment};
use crate::requirement::{self, Requirement};
use crate::tool::Tool;

/// The requirements files that are read: `-r FILE`, and the operands of `uv pip sync` and `pip-sync`. For conda
/// the environment files, `-f FILE` and `--file FILE`.
pub fn requirement_files<'c, 'a>(call: &'c Call<'a>) -> impl Iterator<Item = &'c Argument<'a>> {
    let option = match call.tool {
        Tool::Pipenv => "--requirements",
        _ if call.tool.is_conda() => "--file",
        _ => "--requirement",
    };
    let operands_are_files = matches!(call.tool, Tool::UvPip | Tool::PipTools)
        && matches!(call.action, Action::Sync | Action::Compile);
    let operands = call.operands.iter().filter(move |_| operands_are_files);
    call.values(option).chain(call.values("--with-requirement")).chain(operands)
}

/// The constraints files: `-c FILE`.
pub fn constraint_files<'c, 'a>(call: &'c Call<'a>) -> impl Iterator<Item = &'c Argument<'a>> {
    let is_conda = call.tool.is_conda();
    call.values("--constraint").filter(move |_| !is_conda)
}

/// What is installed in place: `-e .`.
pub fn editables<'c, 'a>(call: &'c Call<'a>) -> impl Iterator<Item = &'c Argument<'a>> {
    call.values("--editable")
}

/// The folders and pages of `--find-links`.
pub fn find_links<'c, 'a>(call: &'c Call<'a>) -> impl Iterator<Item = &'c Argument<'a>> {
    call.values("--find-links")
}

/// All index URLs: `--index-url`, `--extra-index-url`, uv's `--index` and `--default-index`.
pub fn index_urls<'c, 'a>(call: &'c Call<'a>) -> impl Iterator<Item = &'c Argument<'a>> {
    const NAMES: [&str; 4] = ["--index-url", "--extra-index-url", "--index", "--default-index"];
    let options = call.options.iter().filter(|it| NAMES.contains(&&*it.name));
    options.filter_map(|it| it.value.as_ref())
}

/// Whether no index is asked: `--no-index`, or `PIP_NO_INDEX` (`UV_NO_INDEX`) in force.
pub fn is_no_index(call: &Call<'_>, lookup: Lookup<'_>) -> bool {
    let variable = match call.tool {
        Tool::Pip | Tool::GetPip | Tool::PipTools => "PIP_NO_INDEX",
        Tool::Uv | Tool::UvPip => "UV_NO_INDEX",
        _ => return false,
    };
    call.has("--no-index")
        || environment(call.command, lookup, variable).is_some_and(|it| is_true(&it))
}

/// Where the packages go, when not to the environment of the interpreter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'c, 'a> {
    /// `--user`
    User,
    /// `--target DIR`
    Target(&'c Argument<'a>),
    /// `--prefix DIR`
    Prefix(&'c Argument<'a>),
    /// `--root DIR`
    Root(&'c Argument<'a>),
}

/// The destination that is given on the command line of pip or uv.
pub fn destination<'c, 'a>(call: &'c Call<'a>) -> Option<Destination<'c, 'a>> {
    let target = call.last_value("--target").map(Destination::Target);
    let prefix = call.last_value("--prefix").map(Destination::Prefix);
    let root = call.last_value("--root").map(Destination::Root);
    let found = target.or(prefix).or(root).filter(|_| !call.tool.is_conda());
    found.or_else(|| call.has("--user").then_some(Destination::User))
}

/// Where `pip wheel` and `pip download` write; the working directory without.
pub fn wheel_folder<'c, 'a>(call: &'c Call<'a>) -> Option<&'c Argument<'a>> {
    let name = if call.action == Action::Wheel { "--wheel-dir" } else { "--dest" };
    call.last_value(name)
}

/// The operands of an installing call, each with what it stands for.
pub fn requirements<'c, 'a>(
    call: &'c Call<'a>,
) -> impl Iterator<Item = (&'c Argument<'a>, Requirement<'c>)> {
    let reads = matches!(
        call.action,
        Action::Install | Action::Wheel | Action::Download | Action::Add | Action::InstallTool
    );
    let operands = call.operands.iter().filter(move |_| reads);
    operands.map(|it| (it, requirement::requirement(it)))
}

/// Whether packages may be fetched from an index. False with `--no-index`, and for wheel files with `--no-deps`.
pub fn needs_index(call: &Call<'_>, lookup: Lookup<'_>) -> bool {
    let is_only_wheels = !call.operands.is_empty()
        && call.has("--no-deps")
        && requirement_files(call).next().is_none()
        && editables(call).next().is_none()
        && requirements(call).all(|(_, it)| matches!(it, Requirement::Wheel { .. }));
    !(is_only_wheels || call.has("--offline") || is_no_index(call, lookup))
}

/// Which dependency groups a poetry, uv, pdm or pipenv call names. Comma and blank separated lists are split.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups<'c> {
    /// `--only main`, `--only-group docs`: nothing else is installed.
    pub only: Vec<&'c str>,
    /// `--with docs`, `--group docs`, `-G docs`, `--categories docs`.
    pub with: Vec<&'c str>,
    /// `--without dev`, `--no-group dev`.
    pub without: Vec<&'c str>,
    /// `--extra pdf`, `-E pdf`.
    pub extras: Vec<&'c str>,
    /// A value is not certain, so any list may be longer.
    pub may_have_more: bool,
}

/// The groups that a call names.
pub fn groups<'c>(call: &'c Call<'_>) -> Groups<'c> {
    let mut res = Groups { may_have_more: call.may_have_more, ..Groups::default() };
    for option in &call.options {
        let list = match (call.tool, &*option.name) {
            (Tool::Poetry, "--only") | (Tool::Uv | Tool::UvPip, "--only-group") => &mut res.only,
            (Tool::Poetry, "--with" | "--group")
            | (Tool::Uv | Tool::UvPip | Tool::Pdm, "--group")
            | (Tool::Pipenv, "--categories") => &mut res.with,
            (Tool::Poetry | Tool::Pdm, "--without") | (Tool::Uv, "--no-group") => &mut res.without,
            (_, "--extra" | "--extras") => &mut res.extras,
            _ => continue,
        };
        match option.value.as_ref().and_then(|it| it.text()) {
            Some(text) => list.extend(text.split([',', ' ']).filter(|it| !it.is_empty())),
            None => res.may_have_more = true,
        }
    }
    res
}

/// Whether the development group is installed too; `None` where it is not certain, or where the tool has none.
/// Poetry, uv and pdm install it unless told otherwise, pipenv only when told so.
pub fn installs_development(call: &Call<'_>, lookup: Lookup<'_>) -> Option<bool> {
    let installs = matches!(call.action, Action::Install | Action::Sync | Action::Run);
    if !installs || matches!(call.tool, Tool::Poetry | Tool::Pipenv) && call.action == Action::Run {
        return None;
    }
    let groups = groups(call);
    let names = |list: &[&str]| list.iter().any(|it| matches!(*it, "dev" | "development"));
    let is_set = |name| environment(call.command, lookup, name).is_some_and(|it| is_true(&it));
    let res = match call.tool {
        Tool::Poetry => {
            let is_left_out = call.has("--no-dev")
                || call.has("--only-root")
                || names(&groups.without)
                || !groups.only.is_empty() && !names(&groups.only);
            !is_left_out
        }
        Tool::Uv if call.action == Action::Run && skips_sync(call) => return None,
        Tool::Uv => {
            let is_left_out = call.has("--no-dev")
                || is_set("UV_NO_DEV")
                || call.has("--no-default-groups") && !names(&groups.with)
                || names(&groups.without)
                || !groups.only.is_empty() && !names(&groups.only);
            !is_left_out || call.has("--only-dev")
        }
        Tool::Pdm if call.action == Action::Run => return None,
        Tool::Pdm => !(call.has("--prod") || call.has("--no-dev")),
        Tool::Pipenv => call.has("--dev") || is_set("PIPENV_DEV") || names(&groups.with),
        _ => return None,
    };
    // A list that may be longer could still leave the group out, or name it.
    (!groups.may_have_more).then_some(res)
}

/// Whether the project itself is installed along with its dependencies; `None` where the tool has no project.
pub fn installs_project(call: &Call<'_>) -> Option<bool> {
    if !matches!(call.action, Action::Install | Action::Sync | Action::Add | Action::Run) {
        return None;
    }
    match call.tool {
        Tool::Poetry if call.action != Action::Run => Some(!call.has("--no-root")),
        Tool::Uv if call.action == Action::Run && skips_sync(call) => None,
        Tool::Uv => {
            const LEFT_OUT: [&str; 5] = [
                "--no-install-project",
                "--no-install-workspace",
                "--no-install-local",
                "--only-group",
                "--only-dev",
            ];
            Some(!call.options.iter().any(|it| LEFT_OUT.contains(&&*it.name) && it.is_on()))
        }
        Tool::Pdm if call.action != Action::Run => Some(!call.has("--no-self")),
        _ => None,
    }
}

/// Whether the call fails, or changes nothing, when the lock file does not match the project; `None` where the
/// tool has no lock, or the call does not install from it.
pub fn enforces_lock(call: &Call<'_>, lookup: Lookup<'_>) -> Option<bool> {
    let is_set = |name| environment(call.command, lookup, name).is_some_and(|it| is_true(&it));
    match (call.tool, call.action) {
        (Tool::Uv, Action::Run) if skips_sync(call) => None,
        (Tool::Uv, Action::Sync | Action::Run | Action::Export | Action::Add) => Some(
            call.has("--locked")
                || call.has("--frozen")
                || is_set("UV_LOCKED")
                || is_set("UV_FROZEN"),
        ),
        (Tool::Pipenv, Action::Sync) | (Tool::Pdm, Action::Sync) => Some(true),
        (Tool::Pipenv, Action::Install) if call.operands.is_empty() => {
            Some(call.has("--deploy") || call.has("--ignore-pipfile"))
        }
        (Tool::Pdm, Action::Install) => Some(
            call.has("--frozen-lockfile") || call.has("--check") || is_set("PDM_FROZEN_LOCKFILE"),
        ),
        // poetry refuses to install from a lock that does not match.
        (Tool::Poetry, Action::Install | Action::Sync) => Some(true),
        _ => None,
    }
}

/// `uv run` that leaves the environment alone.
fn skips_sync(call: &Call<'_>) -> bool {
    call.has("--no-sync") || call.has("--no-project")
}

/// Whether a variable's value means yes.
pub(crate) fn is_true(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    matches!(value.as_str(), "1" | "true" | "yes" | "on" | "y" | "t")
}
