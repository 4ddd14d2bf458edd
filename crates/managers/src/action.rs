//! What a package manager is told to do, under one name for all of them.

use crate::tool::Tool;

/// What a call does. The same word for the same deed, whatever the tool calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Installs packages: `pip install`, `apt-get install`, `apk add`, `poetry install`, `zypper in`.
    Install,
    /// Installs groups or modules of packages: `dnf groupinstall`, `dnf module install`.
    InstallGroup,
    /// Installs what is needed to build a package: `apt-get build-dep`, `dnf builddep`.
    InstallBuildDependencies,
    /// Installs an application with an environment of its own: `pipx install`, `uv tool install`.
    InstallTool,
    /// Installs Python itself: `uv python install`, `pdm python install`.
    InstallPython,
    /// Makes the environment equal to a lock or requirements file: `uv sync`, `poetry sync`, `pip-sync`.
    Sync,
    /// Adds a dependency to the project and installs it: `uv add`, `poetry add`, `pdm add`.
    Add,
    /// Builds wheels of packages and their dependencies: `pip wheel`.
    Wheel,
    /// Fetches files without installing: `pip download`, `apt-get download`, `dnf download`.
    Download,
    /// Removes packages: `pip uninstall`, `apt-get remove`, `apk del`, `dnf erase`.
    Remove,
    /// Removes packages with their configuration: `apt-get purge`.
    Purge,
    /// Removes what nothing needs: `apt-get autoremove`.
    AutoRemove,
    /// Fetches the lists of packages: `apt-get update`, `apk update`, `dnf makecache`, `zypper refresh`.
    Update,
    /// Installs newer versions: `apt-get upgrade`, `apk upgrade`, `yum update`, `conda update`, `poetry update`.
    Upgrade,
    /// Empties a cache: `apt-get clean`, `dnf clean all`, `conda clean`, `pip cache purge`, `uv cache clean`.
    Clean,
    /// `apt-get dist-clean`: empties the package lists.
    DistClean,
    /// Writes a lock file: `uv lock`, `poetry lock`, `pipenv lock`, `pip lock`.
    Lock,
    /// Writes a requirements file: `uv export`, `poetry export`, `pipenv requirements`.
    Export,
    /// Writes a pinned requirements file: `pip-compile`, `uv pip compile`.
    Compile,
    /// Runs a program in the environment: `poetry run`, `conda run`, `uv run`.
    Run,
    /// Runs a program of a package that is fetched for it: `uvx`, `pipx run`.
    RunTool,
    /// Makes an environment: `uv venv`, `python -m venv`, `conda create`.
    CreateEnvironment,
    /// Changes an environment to what a file says: `conda env update`.
    UpdateEnvironment,
    /// Builds the project: `uv build`, `poetry build`, `setup.py bdist_wheel`.
    Build,
    /// Installs the project for development: `setup.py develop`.
    Develop,
    /// Changes settings or sources: `poetry config`, `conda config`, `zypper addrepo`, `dnf config-manager`.
    Configure,
    /// Marks packages: `apt-mark hold`, `apt-mark auto`.
    Mark,
    /// Anything else, also no action at all: `pip --version`, `apt-get check`.
    Other,
}

/// The action of a tool's command line that begins with these two words, and how many of them name it.
pub(crate) fn action(tool: Tool, first: &str, second: &str) -> (Action, usize) {
    if let Some(action) = two_words(tool, first, second) {
        return (action, 2);
    }
    let action = match tool {
        Tool::Pip | Tool::UvPip => pip(first),
        Tool::PipTools => match first {
            "sync" => Action::Sync,
            "compile" => Action::Compile,
            _ => Action::Other,
        },
        Tool::SetupPy => match first {
            "install" | "easy_install" => Action::Install,
            "develop" => Action::Develop,
            "build" | "build_ext" | "build_py" | "build_clib" | "bdist_wheel" | "bdist_egg"
            | "bdist" | "sdist" => Action::Build,
            _ => Action::Other,
        },
        Tool::Uv | Tool::Poetry | Tool::Pdm | Tool::Pipenv | Tool::Pipx => project(tool, first),
        _ if tool.is_conda() => conda(first),
        _ if tool.is_apt() => apt(first),
        Tool::AptMark => Action::Mark,
        Tool::Apk => match first {
            "add" => Action::Install,
            "del" => Action::Remove,
            "update" => Action::Update,
            "upgrade" => Action::Upgrade,
            "fetch" => Action::Download,
            _ => Action::Other,
        },
        _ if tool.is_dnf() => dnf(first),
        Tool::Zypper => zypper(first),
        _ => Action::Other,
    };
    (action, 1)
}

fn two_words(tool: Tool, first: &str, second: &str) -> Option<Action> {
    let action = match (tool, first, second) {
        (Tool::Pip, "cache", "purge") => Action::Clean,
        (Tool::Uv, "cache", "clean" | "prune") => Action::Clean,
        (Tool::Uv, "tool", "install" | "upgrade") => Action::InstallTool,
        (Tool::Uv, "tool", "run") => Action::RunTool,
        (Tool::Uv, "tool", "uninstall") => Action::Remove,
        (Tool::Uv, "python", "install") => Action::InstallPython,
        (Tool::Pdm, "python" | "py", "install") => Action::InstallPython,
        (Tool::Pdm, "venv", "create") => Action::CreateEnvironment,
        (Tool::Poetry | Tool::Pdm, "cache", "clear") => Action::Clean,
        (Tool::Poetry, "self", "add" | "update" | "install" | "sync") => Action::InstallTool,
        (Tool::Pdm, "self" | "plugin", "add" | "update") => Action::InstallTool,
        (Tool::Apk, "cache", "clean" | "purge") => Action::Clean,
        (Tool::Uv | Tool::Apk, "cache" | "tool" | "python", _)
        | (Tool::Pip | Tool::Poetry | Tool::Pdm, "cache" | "self", _) => Action::Other,
        _ if tool.is_conda() && first == "env" => match second {
            "create" => Action::CreateEnvironment,
            "update" => Action::UpdateEnvironment,
            "remove" => Action::Remove,
            "export" => Action::Export,
            _ => Action::Other,
        },
        _ if tool.is_dnf() && matches!(first, "group" | "groups" | "grp" | "module") => {
            match second {
                "install" | "enable" | "switch-to" => Action::InstallGroup,
                "remove" | "erase" => Action::Remove,
                "upgrade" | "update" => Action::Upgrade,
                _ => Action::Other,
            }
        }
        _ => return None,
    };
    (!second.is_empty()).then_some(action)
}

fn pip(word: &str) -> Action {
    match word {
        "install" => Action::Install,
        "sync" => Action::Sync,
        "compile" => Action::Compile,
        "wheel" => Action::Wheel,
        "download" => Action::Download,
        "uninstall" => Action::Remove,
        "lock" => Action::Lock,
        "config" => Action::Configure,
        _ => Action::Other,
    }
}

fn project(tool: Tool, word: &str) -> Action {
    match (tool, word) {
        (Tool::Pipx, "install" | "inject" | "upgrade" | "install-all") => Action::InstallTool,
        (Tool::Pipx, "run") => Action::RunTool,
        (Tool::Uv, "venv") => Action::CreateEnvironment,
        (Tool::Uv, "clean") => Action::Clean,
        (Tool::Pipenv, "requirements") => Action::Export,
        (Tool::Pipenv, "clean") => Action::Remove,
        (Tool::Pdm, "use") => Action::Configure,
        (_, "install" | "i") => Action::Install,
        (_, "sync") => Action::Sync,
        (_, "add") => Action::Add,
        (_, "remove" | "uninstall") => Action::Remove,
        (_, "update" | "upgrade") => Action::Upgrade,
        (_, "lock") => Action::Lock,
        (_, "export") => Action::Export,
        (_, "run") => Action::Run,
        (_, "build") => Action::Build,
        (_, "config") => Action::Configure,
        _ => Action::Other,
    }
}

fn conda(word: &str) -> Action {
    match word {
        "install" => Action::Install,
        "create" => Action::CreateEnvironment,
        "update" | "upgrade" => Action::Upgrade,
        "remove" | "uninstall" => Action::Remove,
        "clean" => Action::Clean,
        "run" => Action::Run,
        "config" => Action::Configure,
        "build" | "mambabuild" => Action::Build,
        _ => Action::Other,
    }
}

fn apt(word: &str) -> Action {
    match word {
        "install" | "reinstall" | "satisfy" => Action::Install,
        "remove" => Action::Remove,
        "purge" => Action::Purge,
        "autoremove" | "autopurge" | "auto-remove" => Action::AutoRemove,
        "update" => Action::Update,
        "upgrade" | "dist-upgrade" | "full-upgrade" | "safe-upgrade" | "dselect-upgrade" => {
            Action::Upgrade
        }
        // `autoclean` keeps what can still be fetched, so it empties nothing in an image.
        "clean" => Action::Clean,
        "dist-clean" | "distclean" => Action::DistClean,
        "build-dep" | "build-depends" => Action::InstallBuildDependencies,
        "download" | "source" => Action::Download,
        "hold" | "unhold" | "markauto" | "unmarkauto" => Action::Mark,
        _ => Action::Other,
    }
}

fn dnf(word: &str) -> Action {
    match word {
        "install" | "in" | "localinstall" | "reinstall" | "install-n" | "install-na" => {
            Action::Install
        }
        "groupinstall" | "group-install" => Action::InstallGroup,
        "builddep" | "build-dep" => Action::InstallBuildDependencies,
        "remove" | "erase" | "rm" | "groupremove" => Action::Remove,
        "autoremove" => Action::AutoRemove,
        "update" | "upgrade" | "up" | "distro-sync" | "distrosync" | "dsync" | "update-minimal"
        | "upgrade-minimal" | "swap" | "downgrade" | "distro-upgrade" | "groupupdate" => {
            Action::Upgrade
        }
        "makecache" | "check-update" | "updateinfo" => Action::Update,
        "clean" => Action::Clean,
        "download" => Action::Download,
        "config-manager" | "copr" => Action::Configure,
        _ => Action::Other,
    }
}

fn zypper(word: &str) -> Action {
    match word {
        "install" | "in" | "source-install" | "si" => Action::Install,
        "remove" | "rm" => Action::Remove,
        "refresh" | "ref" => Action::Update,
        "update" | "up" | "dist-upgrade" | "dup" | "patch" => Action::Upgrade,
        "clean" | "cc" => Action::Clean,
        "download" => Action::Download,
        "addrepo" | "ar" | "modifyrepo" | "mr" | "removerepo" | "rr" => Action::Configure,
        _ => Action::Other,
    }
}
