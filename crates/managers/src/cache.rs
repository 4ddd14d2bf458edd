//! The caches that package managers keep: who fills them, what turns them off, where they are, what empties them.
//!
//! Facts only, in one table ([`Cache::facts`]); whether a cache mount or a base image changes the answer is for
//! the caller to decide. Sources: each tool's own documentation and source, poetry 2.4's and pipenv 2026's read.

use std::borrow::Cow;

use shell::Command;
use syntax::Span;

use crate::action::Action;
use crate::call::{Call, Lookup, call, environment};
use crate::option::CommandOption;
use crate::python::{is_true, needs_index};
use crate::removal::{covers, removed_paths};
use crate::tool::Tool;

/// A place where a package manager keeps what it downloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cache {
    /// pip's downloads and locally built wheels; pipx and pip-tools share it.
    Pip,
    /// uv's.
    Uv,
    /// poetry's: metadata and artifacts.
    Poetry,
    /// pdm's.
    Pdm,
    /// pipenv's, to which it also directs pip.
    Pipenv,
    /// apt's package lists.
    AptLists,
    /// apt's downloaded packages. Official Debian and Ubuntu images empty it by themselves (`docker-clean`).
    AptArchives,
    /// apk's index.
    Apk,
    /// dnf's metadata and packages.
    Dnf,
    /// yum's.
    Yum,
    /// microdnf's.
    Microdnf,
    /// tdnf's.
    Tdnf,
    /// zypper's.
    Zypper,
    /// The `pkgs` folder of conda, mamba and micromamba.
    Conda,
}

/// How the values of a variable are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// Anything but the empty string, also `0` and `off`: `PIP_NO_CACHE_DIR` of pip >= 19, `PDM_NO_CACHE`.
    NotEmpty,
    /// Only a yes: `1 true yes on y t`.
    True,
}

/// What is known of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The option that keeps the cache from being written; `None` where the tool has none that does.
    pub disabling_option: Option<&'static str>,
    /// The variables that do the same.
    pub disabling_variables: &'static [(&'static str, Switch)],
    /// The variables that move it, the strongest first, and what is appended to their value.
    pub moving_variables: &'static [(&'static str, &'static str)],
    /// Where it is otherwise; `~` is the home directory. Several where versions differ: each is a candidate.
    pub default_paths: &'static [&'static str],
}

/// A cache that stays where it is, and that neither an option nor a variable turns off.
const fn fixed(default_paths: &'static [&'static str]) -> Facts {
    Facts { disabling_option: None, disabling_variables: &[], moving_variables: &[], default_paths }
}

impl Cache {
    /// Every cache.
    pub const ALL: [Cache; 14] = [
        Cache::Pip,
        Cache::Uv,
        Cache::Poetry,
        Cache::Pdm,
        Cache::Pipenv,
        Cache::AptLists,
        Cache::AptArchives,
        Cache::Apk,
        Cache::Dnf,
        Cache::Yum,
        Cache::Microdnf,
        Cache::Tdnf,
        Cache::Zypper,
        Cache::Conda,
    ];

    /// What is known of it.
    pub fn facts(self) -> Facts {
        match self {
            Cache::Pip => Facts {
                disabling_option: Some("--no-cache-dir"),
                disabling_variables: &[("PIP_NO_CACHE_DIR", Switch::NotEmpty)],
                moving_variables: &[("PIP_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pip")],
                default_paths: &["~/.cache/pip"],
            },
            Cache::Uv => Facts {
                disabling_option: Some("--no-cache"),
                disabling_variables: &[("UV_NO_CACHE", Switch::True)],
                moving_variables: &[("UV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/uv")],
                default_paths: &["~/.cache/uv"],
            },
            // `--no-cache` only leaves out the metadata: artifacts are written all the same.
            Cache::Poetry => Facts {
                moving_variables: &[("POETRY_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pypoetry")],
                ..fixed(&["~/.cache/pypoetry"])
            },
            Cache::Pdm => Facts {
                disabling_option: Some("--no-cache"),
                disabling_variables: &[("PDM_NO_CACHE", Switch::NotEmpty)],
                moving_variables: &[("PDM_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pdm")],
                default_paths: &["~/.cache/pdm"],
            },
            // pipenv has no option of its own; the pip that it starts obeys pip's variable.
            Cache::Pipenv => Facts {
                disabling_option: None,
                disabling_variables: &[("PIP_NO_CACHE_DIR", Switch::NotEmpty)],
                moving_variables: &[("PIPENV_CACHE_DIR", ""), ("XDG_CACHE_HOME", "/pipenv")],
                default_paths: &["~/.cache/pipenv"],
            },
            Cache::AptLists => fixed(&["/var/lib/apt/lists"]),
            Cache::AptArchives => fixed(&["/var/cache/apt/archives"]),
            Cache::Apk => {
                Facts { disabling_option: Some("--no-cache"), ..fixed(&["/var/cache/apk"]) }
            }
            Cache::Dnf => fixed(&["/var/cache/dnf", "/var/cache/libdnf5"]),
            // On RHEL 8 and later yum is dnf.
            Cache::Yum => fixed(&["/var/cache/yum", "/var/cache/dnf"]),
            Cache::Microdnf => fixed(&["/var/cache/yum", "/var/cache/dnf", "/var/cache/libdnf5"]),
            Cache::Tdnf => fixed(&["/var/cache/tdnf"]),
            Cache::Zypper => fixed(&["/var/cache/zypp"]),
            Cache::Conda => Facts {
                moving_variables: &[
                    ("CONDA_PKGS_DIRS", ""),
                    ("MAMBA_ROOT_PREFIX", "/pkgs"),
                    ("CONDA_ROOT", "/pkgs"),
                    ("CONDA_DIR", "/pkgs"),
                ],
                ..fixed(&[
                    "/opt/conda/pkgs",
                    "~/miniconda3/pkgs",
                    "~/miniconda/pkgs",
                    "~/anaconda3/pkgs",
                    "/opt/miniconda3/pkgs",
                    "/opt/miniconda/pkgs",
                    "/opt/miniforge3/pkgs",
                    "~/miniforge3/pkgs",
                    // micromamba's root until 1.5 and since 2.0, where the image sets none.
                    "~/micromamba/pkgs",
                    "~/.local/share/mamba/pkgs",
                ])
            },
        }
    }
}

/// The caches that a call writes into, if nothing turns them off. Options that make it do without are regarded:
/// `--no-index`, `--help`, `uv run --no-sync`.
pub fn written(call: &Call<'_>, lookup: Lookup<'_>) -> &'static [Cache] {
    let only_asks = call.tool != Tool::Pip && call.has("--version")
        || call.has("--help")
        || call.tool.is_conda() && call.has("--dry-run");
    if only_asks {
        return &[];
    }
    let installs = matches!(
        call.action,
        Action::Install
            | Action::InstallGroup
            | Action::InstallBuildDependencies
            | Action::InstallTool
            | Action::Sync
            | Action::Add
            | Action::Wheel
            | Action::Download
            | Action::Upgrade
    );
    let resolves = installs || matches!(call.action, Action::Lock | Action::Compile);
    match call.tool {
        Tool::Pip | Tool::GetPip if resolves && needs_index(call, lookup) => &[Cache::Pip],
        Tool::PipTools | Tool::Pipx if resolves || call.action == Action::RunTool => &[Cache::Pip],
        Tool::Build if !call.has("--no-isolation") => &[Cache::Pip],
        Tool::Venv if call.has("--upgrade-deps") => &[Cache::Pip],
        // Also with `--no-index`: uv unpacks wheels into its cache and links them from there.
        Tool::UvPip if resolves => &[Cache::Uv],
        Tool::Uv if resolves || matches!(call.action, Action::Build | Action::RunTool) => {
            &[Cache::Uv]
        }
        Tool::Uv if call.action == Action::Run => {
            let leaves_alone = call.has("--no-sync") || call.has("--no-project");
            if leaves_alone && !call.has("--with") { &[] } else { &[Cache::Uv] }
        }
        Tool::Uv if call.has("--seed") => &[Cache::Uv],
        Tool::Poetry if resolves => &[Cache::Poetry],
        Tool::Pdm if resolves => &[Cache::Pdm],
        Tool::Pipenv if resolves => &[Cache::Pipenv],
        Tool::AptGet | Tool::Apt | Tool::Aptitude if call.action == Action::Update => {
            &[Cache::AptLists]
        }
        Tool::AptGet | Tool::Apt if installs && call.has("--update") => {
            &[Cache::AptLists, Cache::AptArchives]
        }
        Tool::AptGet | Tool::Apt | Tool::Aptitude if installs => &[Cache::AptArchives],
        Tool::Apk if installs || call.action == Action::Update => &[Cache::Apk],
        Tool::Zypper if installs || call.action == Action::Update => &[Cache::Zypper],
        Tool::Dnf if installs || call.action == Action::Update => &[Cache::Dnf],
        Tool::Yum if installs || call.action == Action::Update => &[Cache::Yum],
        Tool::Microdnf if installs || call.action == Action::Update => &[Cache::Microdnf],
        Tool::Tdnf if installs || call.action == Action::Update => &[Cache::Tdnf],
        _ if call.tool.is_conda() => {
            let makes =
                matches!(call.action, Action::CreateEnvironment | Action::UpdateEnvironment);
            if installs || makes { &[Cache::Conda] } else { &[] }
        }
        _ => &[],
    }
}

/// The option of this call that keeps a cache from being written. Also inside `--pip-args`.
pub fn disabling_option<'c, 'a>(call: &'c Call<'a>, cache: Cache) -> Option<&'c CommandOption<'a>> {
    let name = cache.facts().disabling_option?;
    let passed_on = |it: &&CommandOption<'a>| {
        let value = it.value.as_ref().and_then(|it| it.text());
        it.name == "--pip-args" && value.is_some_and(|it| it.split(' ').any(|it| it == name))
    };
    let own = call.options.iter().find(|it| it.name == name && it.is_on());
    own.or_else(|| call.options.iter().find(passed_on))
}

/// The variable that keeps a cache from being written, set before the command or by its surroundings.
pub fn disabling_variable(
    command: &Command<'_>,
    cache: Cache,
    lookup: Lookup<'_>,
) -> Option<&'static str> {
    let variables = cache.facts().disabling_variables.iter();
    let in_force = variables.filter(|(name, switch)| {
        environment(command, lookup, name).is_some_and(|it| match switch {
            Switch::NotEmpty => !it.is_empty(),
            Switch::True => is_true(&it),
        })
    });
    in_force.map(|(name, _)| *name).next()
}

/// Where a cache is: one path where that is certain, else every candidate. `home` is the home directory.
pub fn paths(cache: Cache, call: Option<&Call<'_>>, lookup: Lookup<'_>, home: &str) -> Vec<String> {
    let given = call.and_then(|it| it.last_value("--cache-dir")).and_then(|it| it.text());
    if let Some(path) = given {
        return vec![absolute(path, home)];
    }
    if let Some(path) = moved(cache, call, lookup) {
        return vec![absolute(&path, home)];
    }
    let program = call.filter(|_| cache == Cache::Conda).and_then(|it| it.command.words.first());
    let prefix = program.and_then(|it| it.literal()).and_then(|it| {
        let (folder, _) = it.rsplit_once('/')?;
        folder.strip_suffix("/bin").or_else(|| folder.strip_suffix("/condabin"))
    });
    if let Some(prefix) = prefix {
        return vec![absolute(&format!("{prefix}/pkgs"), home)];
    }
    cache.facts().default_paths.iter().map(|it| absolute(it, home)).collect()
}

/// Where a variable of the environment puts a cache.
fn moved(cache: Cache, call: Option<&Call<'_>>, lookup: Lookup<'_>) -> Option<String> {
    cache.facts().moving_variables.iter().find_map(|(name, suffix)| {
        let value = match call {
            Some(call) => environment(call.command, lookup, name),
            None => lookup(name),
        };
        let value = value.filter(|it| !it.is_empty())?;
        let first = value.split(',').next().unwrap_or(&value);
        Some(format!("{}{suffix}", first.trim_end_matches('/')))
    })
}

fn absolute(path: &str, home: &str) -> String {
    match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => {
            format!("{}{rest}", home.trim_end_matches('/'))
        }
        _ => path.to_owned(),
    }
}

/// A cache that a command empties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cleaned {
    /// The cache.
    pub cache: Cache,
    /// Whether a noticeable part stays behind: `uv cache prune`, `dnf clean packages`, `conda clean -t`,
    /// `zypper clean` without `--all`, and `poetry cache clear`, which leaves the artifacts.
    pub is_partial: bool,
    /// What does it: the whole command, or the path in an `rm`.
    pub span: Span,
}

/// The caches that a command empties, by the manager's own command or by removing files. `home` is the home
/// directory of the user who runs it.
pub fn cleans(command: &Command<'_>, lookup: Lookup<'_>, home: &str) -> Vec<Cleaned> {
    let Some(removed) = removed_paths(command, lookup) else {
        return call(command, lookup).map(|it| cleaned_by_call(&it)).unwrap_or_default();
    };
    let mut res = Vec::new();
    let whole = removed.iter().filter(|it| !it.is_partial);
    let whole: Vec<_> = whole.filter_map(|it| Some((it.path.as_deref()?, it.span))).collect();
    if whole.is_empty() {
        return res;
    }
    for cache in Cache::ALL {
        let moved = moved(cache, None, lookup);
        let is_there = |path: &str| match &moved {
            Some(moved) => covers(path, moved, home),
            None => cache.facts().default_paths.iter().any(|it| covers(path, it, home)),
        };
        for (path, span) in &whole {
            if cache == Cache::Conda && is_package_folder(path) || is_there(path) {
                res.push(Cleaned { cache, is_partial: false, span: *span });
            }
        }
    }
    res.sort_by_key(|it| it.span.start);
    res
}

/// The caches that a manager's own command empties.
pub fn cleaned_by_call(call: &Call<'_>) -> Vec<Cleaned> {
    let has_operand = |name: &str| call.operands.iter().any(|it| it.text() == Some(name));
    let cleans = call.action == Action::Clean;
    let (cache, is_partial) = match call.tool {
        Tool::Pip if cleans => (Cache::Pip, false),
        Tool::Uv if cleans => {
            let written: Option<Cow<'_, str>> =
                call.action_span.and_then(|it| last_word(call.command, it));
            let is_prune = written.as_deref() == Some("prune");
            (Cache::Uv, is_prune || !call.operands.is_empty())
        }
        Tool::Poetry if cleans => (Cache::Poetry, true),
        Tool::Pdm if cleans => (Cache::Pdm, !call.operands.is_empty()),
        Tool::Pipenv if call.action_span.is_none() && call.has("--clear") => (Cache::Pipenv, false),
        _ if call.tool.is_apt() && cleans => (Cache::AptArchives, false),
        _ if call.tool.is_apt() && call.action == Action::DistClean => (Cache::AptLists, false),
        Tool::Dnf if cleans => (Cache::Dnf, !has_operand("all")),
        Tool::Yum if cleans => (Cache::Yum, !has_operand("all")),
        Tool::Microdnf if cleans => (Cache::Microdnf, !has_operand("all")),
        Tool::Tdnf if cleans => (Cache::Tdnf, !has_operand("all")),
        Tool::Zypper if cleans => (Cache::Zypper, !call.has("--all")),
        _ if call.tool.is_conda() && cleans => (Cache::Conda, !call.has("--all")),
        _ => return Vec::new(),
    };
    vec![Cleaned { cache, is_partial, span: call.command.span }]
}

/// The text of the word that ends where `span` ends.
fn last_word<'c>(command: &'c Command<'_>, span: Span) -> Option<Cow<'c, str>> {
    let word = command.words.iter().find(|it| it.span.end == span.end)?;
    word.literal().map(Cow::Borrowed)
}

/// `…/pkgs`, `…/pkgs/*`: a conda's folder of packages, wherever that conda is.
fn is_package_folder(path: &str) -> bool {
    path.trim_end_matches(['*', '/']).ends_with("/pkgs")
}
