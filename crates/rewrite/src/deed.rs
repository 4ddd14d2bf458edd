//! What each command of a RUN is there for, as far as the rewrite asks.

use knowledge::system_package::role;
use managers::removal::removed_paths;
use managers::{Action, Tool, system};
use model::{Build, Effect, Run, RunCall, Step, effect_in};
use shell::{Command, Script};
use syntax::Span;

use crate::compiled::BUILDERS;
use crate::packages::family;
use crate::plan::Refusal;

/// One item of the script of a RUN.
pub(crate) struct Task<'b, 'f> {
    /// Its RUN.
    pub(crate) step: &'b Step<'f>,
    /// The index of the item in the script.
    pub(crate) item: usize,
    /// The whole item.
    pub(crate) span: Span,
    /// What it is there for.
    pub(crate) deed: Deed<'b, 'f>,
}

/// What an item of a script is there for.
#[derive(Clone, Copy)]
pub(crate) enum Deed<'b, 'f> {
    /// `set -e`, a variable: it serves what follows.
    Preamble,
    /// `cd`: it serves what follows.
    Move,
    /// Fetches the lists of packages.
    Update,
    /// Installs packages of the distribution.
    Install(&'b RunCall<'f>),
    /// Installs newer versions of what is there.
    Upgrade,
    /// Installs packages of the distribution where a condition holds, none of which is there to build with.
    Perhaps,
    /// Fetches compilers from elsewhere: rustup.
    Toolchain,
    /// Removes packages of the distribution.
    Removal(&'b RunCall<'f>),
    /// Empties caches and lists.
    Cleaning,
    /// Installs Python packages, which may be compiled.
    Python(&'b RunCall<'f>),
    /// Installs what installs or builds others: pip, setuptools, Cython.
    Tools(&'b RunCall<'f>),
    /// Makes an environment for Python packages.
    Environment(&'b RunCall<'f>),
    /// Builds and installs a project with its `setup.py`.
    Project(&'b RunCall<'f>),
    /// Installs Python packages in a condition, a loop, a group or a pipeline.
    Grouped(&'b RunCall<'f>),
    /// Compiles something that is no Python package, by the name of its program and its place.
    Compiles(&'f str, Span),
    /// Says where packages come from, or makes ready for fetching them.
    Sources,
    /// Makes users and groups, or changes owners.
    Account,
    /// Makes directories.
    Directory,
    /// Touches only files that it names.
    Files,
    /// Anything else, by the name of its program; empty when that is not known.
    Program(&'f str),
}

impl Deed<'_, '_> {
    /// Whether it makes something that the shipped stage gets from the builder.
    pub(crate) fn builds(&self) -> bool {
        matches!(
            self,
            Deed::Python(_)
                | Deed::Project(_)
                | Deed::Grouped(_)
                | Deed::Environment(_)
                | Deed::Compiles(..)
        )
    }
}

/// The items of all scripts of a RUN.
pub(crate) fn tasks<'b, 'f>(
    build: &Build<'f>,
    step: &'b Step<'f>,
    run: &'b Run<'f>,
) -> Result<Vec<Task<'b, 'f>>, Refusal> {
    let mut res = Vec::new();
    for (index, script) in run.scripts.iter().enumerate() {
        for item in 0..script.items.len() {
            let Some(span) = script.items.get(item).map(|it| it.span) else { continue };
            let deed = deed(build, step, run, (index, script), item)?;
            res.push(Task { step, item, span, deed });
        }
    }
    Ok(res)
}

fn deed<'b, 'f>(
    build: &Build<'f>,
    step: &'b Step<'f>,
    run: &'b Run<'f>,
    (index, script): (usize, &'f Script<'f>),
    item: usize,
) -> Result<Deed<'b, 'f>, Refusal> {
    let commands = script.commands.iter().enumerate().filter(|it| it.1.place.item == item);
    let commands: Vec<(usize, &'f Command<'f>)> = commands.collect();
    let call_at = |at: usize| run.calls.iter().find(|it| (it.script, it.command) == (index, at));
    let compiling =
        commands.iter().find_map(|(at, it)| compiles(it, call_at(*at).is_some(), build));
    if let Some((name, span)) = compiling {
        return Ok(Deed::Compiles(name, span));
    }
    let alone = commands.iter().find(|it| it.1.place.is_item);
    let Some((at, command)) = alone.filter(|it| !it.1.has_script) else {
        return of_group(build, step, run, index, &commands);
    };
    if let Some(call) = call_at(*at) {
        return of_call(call, command);
    }
    let lookup = |name: &str| build.value_at(step, (index, *at), name);
    if let Some(paths) = removed_paths(command, &lookup) {
        let is_cache = |it: &str| CACHES.iter().any(|cache| it.starts_with(cache));
        if !paths.is_empty() && paths.iter().all(|it| it.path.as_deref().is_some_and(is_cache)) {
            return Ok(Deed::Cleaning);
        }
    }
    Ok(of_command(build, step, run, (index, *at), command))
}

/// What package managers leave behind.
const CACHES: [&str; 8] = [
    "/var/lib/apt/lists",
    "/var/cache/",
    "/tmp/*",
    "/var/tmp/*",
    "/root/.cache",
    "~/.cache",
    "$HOME/.cache",
    "/var/lib/dnf",
];

fn of_call<'b, 'f>(call: &'b RunCall<'f>, command: &Command<'f>) -> Result<Deed<'b, 'f>, Refusal> {
    let it = &call.call;
    if it.tool.is_system() {
        return Ok(match it.action {
            Action::Update => Deed::Update,
            Action::Install | Action::InstallGroup => Deed::Install(call),
            Action::InstallBuildDependencies => {
                return Err(Refusal::at(command.span, "packages are named by what they build"));
            }
            Action::Remove | Action::Purge | Action::AutoRemove => Deed::Removal(call),
            Action::Clean | Action::DistClean => Deed::Cleaning,
            Action::Upgrade => Deed::Upgrade,
            _ => Deed::Sources,
        });
    }
    if it.tool.is_conda() {
        return Ok(Deed::Program("conda"));
    }
    Ok(match (it.tool, it.action) {
        (Tool::AptMark, _) => Deed::Sources,
        (Tool::SetupPy, Action::Install | Action::Develop | Action::Build) => Deed::Project(call),
        (_, Action::CreateEnvironment) => Deed::Environment(call),
        (Tool::Pip, Action::Install) if installs_tools(call) => Deed::Tools(call),
        (Tool::GetPip, _) => Deed::Tools(call),
        (_, Action::Install | Action::Sync | Action::Add | Action::Wheel | Action::InstallTool) => {
            Deed::Python(call)
        }
        (Tool::Pip, Action::Configure) => Deed::Sources,
        (_, Action::Configure) => Deed::Sources,
        (_, Action::Clean) => Deed::Cleaning,
        _ => Deed::Program(it.tool.name()),
    })
}

/// Whether a call installs nothing but what installs or builds other packages.
fn installs_tools(call: &RunCall<'_>) -> bool {
    const TOOLS: [&str; 22] = [
        "pip",
        "setuptools",
        "wheel",
        "cython",
        "pybind11",
        "cffi",
        "scikit-build",
        "cmake",
        "ninja",
        "setuptools-scm",
        "setuptools-rust",
        "virtualenv",
        "pip-tools",
        "build",
        "poetry-core",
        "hatchling",
        "flit-core",
        "pdm",
        "pipenv",
        "pipx",
        "poetry",
        "uv",
    ];
    let mut operands = call.call.operands.iter();
    let is_tool = |text: &str| {
        let end = text.find(['=', '<', '>', '~', '!', '[', ' ', ';']).unwrap_or(text.len());
        let name = context::normalize_name(text.get(..end).unwrap_or(text).trim());
        TOOLS.contains(&name.as_str())
    };
    !call.call.operands.is_empty()
        && !call.call.has("--requirement")
        && !call.call.has("--editable")
        && operands.all(|it| is_tool(&it.head))
}

/// Pipelines, conditions, loops and groups.
fn of_group<'b, 'f>(
    build: &Build<'f>,
    step: &'b Step<'f>,
    run: &'b Run<'f>,
    script: usize,
    commands: &[(usize, &'f Command<'f>)],
) -> Result<Deed<'b, 'f>, Refusal> {
    let mut res = Deed::Files;
    for (at, command) in commands {
        let call = run.calls.iter().find(|it| (it.script, it.command) == (script, *at));
        if let Some(call) = call {
            match of_call(call, command)? {
                Deed::Tools(_) | Deed::Sources | Deed::Cleaning | Deed::Update => {
                    res = Deed::Sources;
                }
                Deed::Program(name) => res = Deed::Program(name),
                Deed::Install(call) if has_no_build_tool(call) => res = Deed::Perhaps,
                Deed::Upgrade => res = Deed::Perhaps,
                Deed::Python(call) | Deed::Project(call) => return Ok(Deed::Grouped(call)),
                Deed::Environment(_) => res = Deed::Grouped(call),
                _ => {
                    let what = call.call.tool.name();
                    let reason = format!("`{what}` stands in a condition, a group or a pipeline");
                    return Err(Refusal::at(command.span, reason));
                }
            }
            continue;
        }
        match of_command(build, step, run, (script, *at), command) {
            found @ (Deed::Sources | Deed::Toolchain) => return Ok(found),
            Deed::Program(name) => res = Deed::Program(name),
            _ => {}
        }
    }
    Ok(res)
}

/// Whether a call installs nothing that only a build needs.
pub(crate) fn has_no_build_tool(call: &RunCall<'_>) -> bool {
    let Some(family) = family(call.call.tool) else { return false };
    let is_build_only = |name: &str| role(family, name).is_build_only();
    !system::has_unknown_packages(&call.call)
        && !system::packages(&call.call).any(|it| is_build_only(it.name))
}

fn of_command<'b, 'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &Run<'f>,
    place: (usize, usize),
    command: &'f Command<'f>,
) -> Deed<'b, 'f> {
    if command.words.is_empty() {
        return Deed::Preamble;
    }
    let Some(program) = command.program() else { return Deed::Program("") };
    let text = command.span.of(build.file.text);
    let is_about_sources = SOURCES.iter().any(|it| text.contains(it));
    match program {
        "cd" | "pushd" | "popd" => Deed::Move,
        "set" | "export" | "umask" | "ulimit" | "shopt" | "unset" => Deed::Preamble,
        "useradd" | "adduser" | "groupadd" | "addgroup" | "usermod" | "groupmod" | "userdel"
        | "deluser" | "groupdel" | "delgroup" | "gpasswd" | "chown" | "chgrp" | "passwd"
        | "chpasswd" => Deed::Account,
        "mkdir" => Deed::Directory,
        "echo" | "true" | ":" if command.redirects.is_empty() => Deed::Files,
        "add-apt-repository"
        | "apt-add-repository"
        | "apt-key"
        | "ssh-keyscan"
        | "debconf-set-selections"
        | "ln"
        | "update-alternatives"
        | "update-ca-certificates"
        | "locale-gen"
        | "ldconfig" => Deed::Sources,
        _ if text.contains("rustup") => Deed::Toolchain,
        _ if is_about_sources => Deed::Sources,
        _ => match effect_in(build, step, run, place, command) {
            Effect::Unknown => Deed::Program(program),
            _ => Deed::Files,
        },
    }
}

/// What the commands speak of that say where packages come from and how they are fetched.
const SOURCES: [&str; 14] = [
    "/etc/apt",
    "/etc/apk",
    "/etc/yum",
    "/etc/pip",
    "/etc/ssl",
    "/etc/ssh",
    "sources.list",
    ".ssh",
    ".netrc",
    ".gitconfig",
    "git config",
    "pip.conf",
    "/usr/include",
    "get-pip",
];

/// The program of a command that compiles something that is no Python package, and its place.
pub(crate) fn compiles<'f>(
    command: &'f Command<'f>,
    is_call: bool,
    build: &Build<'_>,
) -> Option<(&'f str, Span)> {
    /// Those of other languages, which know themselves where things go.
    const OF_LANGUAGES: [&str; 19] = [
        "cabal",
        "cargo",
        "cpan",
        "cpanm",
        "docker-php-ext-install",
        "gem",
        "go",
        "gradle",
        "javac",
        "luarocks",
        "mvn",
        "nvcc",
        "pear",
        "pecl",
        "phpize",
        "qmake",
        "rustc",
        "stack",
        "xcodebuild",
    ];
    if is_call || command.has_script {
        return None;
    }
    let program = command.program()?;
    let is_question = command
        .words
        .get(1)
        .and_then(|it| it.literal())
        .is_some_and(|it| matches!(it, "--version" | "-v" | "version" | "--help"));
    let is_in = |names: &[&str]| names.binary_search(&program).is_ok();
    let is_known = (is_in(&BUILDERS) || is_in(&OF_LANGUAGES)) && !is_question;
    let text = command.span.of(build.file.text);
    let runs_bazel = command.words.iter().any(|it| it.literal() == Some("bazel"));
    if runs_bazel && !is_question {
        return Some(("bazel", command.span));
    }
    let is_script_of_r =
        matches!(program, "R" | "Rscript" | "install2.r") && text.contains("install");
    let place = command.words.first().map_or(command.span, |it| it.span);
    (is_known || is_script_of_r).then_some((program, place))
}
