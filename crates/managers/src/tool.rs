//! Which package manager a command starts, in all the spellings there are.

use crate::action::Action;
use crate::argument::Field;

/// A program that installs or removes packages, or makes a place for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tool {
    /// `pip`, `pip3.12`, `python -m pip` …
    Pip,
    /// `pip-compile` and `pip-sync`.
    PipTools,
    /// `uv pip …`, which has an interface of its own.
    UvPip,
    /// `uv` otherwise, and `uvx`.
    Uv,
    /// `poetry`.
    Poetry,
    /// `pdm`.
    Pdm,
    /// `pipenv`.
    Pipenv,
    /// `pipx`.
    Pipx,
    /// `easy_install`.
    EasyInstall,
    /// `python setup.py …`.
    SetupPy,
    /// `python get-pip.py`, which takes pip's options.
    GetPip,
    /// `python -m build`, `pyproject-build`.
    Build,
    /// `python -m venv`, `pyvenv`.
    Venv,
    /// `virtualenv`.
    Virtualenv,
    /// `conda`.
    Conda,
    /// `mamba`.
    Mamba,
    /// `micromamba`.
    Micromamba,
    /// `apt-get`.
    AptGet,
    /// `apt`.
    Apt,
    /// `aptitude`.
    Aptitude,
    /// `apt-mark`.
    AptMark,
    /// `apk`.
    Apk,
    /// `dnf`, `dnf5`.
    Dnf,
    /// `microdnf`.
    Microdnf,
    /// `yum`, `yum-builddep`.
    Yum,
    /// `tdnf`.
    Tdnf,
    /// `zypper`.
    Zypper,
}

impl Tool {
    /// The name as a person would write it in a sentence.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Pip => "pip",
            Tool::PipTools => "pip-tools",
            Tool::UvPip => "uv pip",
            Tool::Uv => "uv",
            Tool::Poetry => "poetry",
            Tool::Pdm => "pdm",
            Tool::Pipenv => "pipenv",
            Tool::Pipx => "pipx",
            Tool::EasyInstall => "easy_install",
            Tool::SetupPy => "setup.py",
            Tool::GetPip => "get-pip.py",
            Tool::Build => "build",
            Tool::Venv => "venv",
            Tool::Virtualenv => "virtualenv",
            Tool::Conda => "conda",
            Tool::Mamba => "mamba",
            Tool::Micromamba => "micromamba",
            Tool::AptGet => "apt-get",
            Tool::Apt => "apt",
            Tool::Aptitude => "aptitude",
            Tool::AptMark => "apt-mark",
            Tool::Apk => "apk",
            Tool::Dnf => "dnf",
            Tool::Microdnf => "microdnf",
            Tool::Yum => "yum",
            Tool::Tdnf => "tdnf",
            Tool::Zypper => "zypper",
        }
    }

    /// apt-get, apt or aptitude.
    pub fn is_apt(self) -> bool {
        matches!(self, Tool::AptGet | Tool::Apt | Tool::Aptitude)
    }

    /// dnf, microdnf, yum or tdnf: the same commands and options.
    pub fn is_dnf(self) -> bool {
        matches!(self, Tool::Dnf | Tool::Microdnf | Tool::Yum | Tool::Tdnf)
    }

    /// conda, mamba or micromamba.
    pub fn is_conda(self) -> bool {
        matches!(self, Tool::Conda | Tool::Mamba | Tool::Micromamba)
    }

    /// pip or uv's pip interface: requirements and index options have the same names.
    pub fn is_pip(self) -> bool {
        matches!(self, Tool::Pip | Tool::UvPip)
    }

    /// A package manager of the distribution.
    pub fn is_system(self) -> bool {
        self.is_apt() || self.is_dnf() || matches!(self, Tool::Apk | Tool::Zypper)
    }
}

/// The tool that a command starts, before its own arguments are read.
pub(crate) struct Start {
    pub(crate) tool: Tool,
    /// Index of the first argument of the tool.
    pub(crate) next: usize,
    /// What the program's name says already: `uvx` runs, `yum-builddep` installs.
    pub(crate) action: Option<Action>,
}

/// The tool that `fields` start, from index `at` on.
pub(crate) fn start(fields: &[Field<'_>], at: usize) -> Option<Start> {
    let field = fields.get(at)?;
    let Some(program) = field.program() else {
        // `$PYTHON -m pip`: whatever the variable holds, this is the module pip.
        let is_module = fields.get(at + 1).is_some_and(|it| it.text() == Some("-m"));
        return if is_module { python(fields, at + 1) } else { None };
    };
    if is_versioned(program, "python") || is_versioned(program, "pypy") || program == "py" {
        return python(fields, at + 1);
    }
    let (tool, action) = named(program)?;
    Some(Start { tool, next: at + 1, action })
}

/// get-pip.py, for a Python that reads its program from a pipe: `python3`, `python3 -`.
pub(crate) fn piped_start(fields: &[Field<'_>]) -> Option<Start> {
    let is_python = |it: &str| is_versioned(it, "python") || is_versioned(it, "pypy");
    fields.first()?.program().filter(|it| is_python(it))?;
    let next = match fields.get(1) {
        None => 1,
        Some(field) if field.text() == Some("-") => 2,
        Some(_) => return None,
    };
    Some(Start { tool: Tool::GetPip, next, action: Some(Action::Install) })
}

/// Whether the first word of a command can be the beginning of a call; cheap, to skip all others.
pub(crate) fn may_start(program: &str) -> bool {
    named(program).is_some()
        || is_versioned(program, "python")
        || is_versioned(program, "pypy")
        || program == "py"
}

/// The tool of a program's name, or of a package that brings a program of that name.
pub(crate) fn named(program: &str) -> Option<(Tool, Option<Action>)> {
    let tool = match program {
        "uv" => Tool::Uv,
        "uvx" => return Some((Tool::Uv, Some(Action::RunTool))),
        "poetry" => Tool::Poetry,
        "pdm" => Tool::Pdm,
        "pipenv" => Tool::Pipenv,
        "pipx" => Tool::Pipx,
        "pip-sync" => return Some((Tool::PipTools, Some(Action::Sync))),
        "pip-compile" => return Some((Tool::PipTools, Some(Action::Compile))),
        "setup.py" => Tool::SetupPy,
        "get-pip.py" => return Some((Tool::GetPip, Some(Action::Install))),
        "pyproject-build" => return Some((Tool::Build, Some(Action::Build))),
        "virtualenv" => return Some((Tool::Virtualenv, Some(Action::CreateEnvironment))),
        "conda" => Tool::Conda,
        "mamba" => Tool::Mamba,
        "micromamba" => Tool::Micromamba,
        "apt-get" => Tool::AptGet,
        "apt" => Tool::Apt,
        "aptitude" => Tool::Aptitude,
        "apt-mark" => Tool::AptMark,
        "apk" | "apk.static" => Tool::Apk,
        "dnf" | "dnf5" | "dnf4" | "dnf-3" => Tool::Dnf,
        "microdnf" => Tool::Microdnf,
        "yum" => Tool::Yum,
        "yum-builddep" => return Some((Tool::Yum, Some(Action::InstallBuildDependencies))),
        "tdnf" => Tool::Tdnf,
        "zypper" => Tool::Zypper,
        _ if is_versioned(program, "pip") => Tool::Pip,
        _ if is_versioned(program, "pyvenv") => {
            return Some((Tool::Venv, Some(Action::CreateEnvironment)));
        }
        _ if is_versioned(program, "easy_install") => {
            return Some((Tool::EasyInstall, Some(Action::Install)));
        }
        _ => return None,
    };
    Some((tool, None))
}

/// Whether `program` is `name`, or `name` and a version: `pip3.12`, `pip-3.6`.
fn is_versioned(program: &str, name: &str) -> bool {
    let Some(version) = program.strip_prefix(name) else { return false };
    let version = version.strip_prefix('-').unwrap_or(version);
    version.bytes().all(|it| it.is_ascii_digit() || it == b'.')
}

/// The tool behind `python`: `-m pip`, `setup.py`.
fn python(fields: &[Field<'_>], first: usize) -> Option<Start> {
    let mut at = first;
    while let Some(field) = fields.get(at) {
        let text = field.text()?;
        at += 1;
        let Some(letters) = text.strip_prefix('-').filter(|it| !it.is_empty()) else {
            let name = text.rsplit('/').next().unwrap_or(text);
            let (tool, action) = named(name).filter(|_| name.ends_with(".py"))?;
            return Some(Start { tool, next: at, action });
        };
        if text.starts_with("--") {
            at += usize::from(text == "--check-hash-based-pycs");
            continue;
        }
        for (position, letter) in letters.char_indices() {
            let rest = letters.get(position + 1..).unwrap_or("");
            match letter {
                'm' => {
                    let module = if rest.is_empty() { fields.get(at)?.text()? } else { rest };
                    return module_start(module, at + usize::from(rest.is_empty()));
                }
                'c' => return None,
                'W' | 'X' => {
                    at += usize::from(rest.is_empty());
                    break;
                }
                _ => {}
            }
        }
    }
    None
}

/// The tool that is run as a module of Python.
pub(crate) fn module_start(module: &str, next: usize) -> Option<Start> {
    let (tool, action) = match module {
        "pip._internal" | "pip.__main__" => (Tool::Pip, None),
        "venv" => (Tool::Venv, Some(Action::CreateEnvironment)),
        "build" => (Tool::Build, Some(Action::Build)),
        "piptools" => (Tool::PipTools, None),
        "pip" | "uv" | "poetry" | "pdm" | "pipenv" | "pipx" | "virtualenv" | "easy_install"
        | "conda" => named(module)?,
        _ => return None,
    };
    Some(Start { tool, next, action })
}
