//! A configuration file as it is written: the only list of its keys, from which the JSON schema is derived as well.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::Severity;
use crate::builder::TargetVersion;

/// What `pylintdock.toml` and the table `tool.pylintdock` of `pyproject.toml` say.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename = "pylintdock.toml"))]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Options {
    /// Another configuration file, relative to this one, on which this one stands: lists of rules and `exclude` add to
    /// its lists, every other key replaces what it says.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(super) extend: Option<Spanned<String>>,
    /// Rules that run, instead of those that run by default; `all` stands for every rule. What makes a file
    /// unreadable is reported in any case, unless it is ignored by name.
    #[cfg_attr(test, schemars(with = "Option<Vec<super::schema::RuleName>>"))]
    pub(super) select: Option<Vec<Spanned<String>>>,
    /// Rules that run besides those.
    #[cfg_attr(test, schemars(with = "Vec<super::schema::RuleName>"))]
    pub(super) extend_select: Vec<Spanned<String>>,
    /// Rules that do not run.
    #[cfg_attr(test, schemars(with = "Vec<super::schema::RuleName>"))]
    pub(super) ignore: Vec<Spanned<String>>,
    /// Rules whose fixes are offered and applied, instead of all.
    #[cfg_attr(test, schemars(with = "Option<Vec<super::schema::RuleName>>"))]
    pub(super) fixable: Option<Vec<Spanned<String>>>,
    /// Rules that report and offer no fix.
    #[cfg_attr(test, schemars(with = "Vec<super::schema::RuleName>"))]
    pub(super) unfixable: Vec<Spanned<String>>,
    /// How much a rule matters.
    #[cfg_attr(test, schemars(with = "BTreeMap<super::schema::RuleName, Level>"))]
    pub(super) severity: BTreeMap<Spanned<String>, Level>,
    /// Files and directories that are not looked at when a directory is searched, as patterns in the manner of
    /// `.gitignore`.
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    pub(super) exclude: Vec<Spanned<String>>,
    /// Whether `exclude` also holds for files that are named on the command line, as pre-commit names them.
    #[cfg_attr(test, schemars(with = "bool"))]
    pub(super) force_exclude: Option<Spanned<bool>>,
    /// Rules that do not run in the files that a pattern matches.
    #[cfg_attr(test, schemars(with = "BTreeMap<String, Vec<super::schema::RuleName>>"))]
    pub(super) per_file_ignores: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    /// The oldest builder that must build the files, such as `docker-20.10` or `buildkit-0.12`: fixes do not use what it
    /// lacks.
    #[cfg_attr(test, schemars(with = "Option<TargetVersion>"))]
    pub(super) target_version: Option<Spanned<TargetVersion>>,
    /// How the multi-stage rewrite hands wheels to the shipped stage.
    #[cfg_attr(test, schemars(with = "Option<WheelTransfer>"))]
    pub(super) wheel_transfer: Option<Spanned<WheelTransfer>>,
    /// Packages of the distribution that the shipped image needs although they look like build tools, such as `gcc`
    /// for a program that compiles while it runs.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub(super) keep_packages: Option<Spanned<Vec<String>>>,
    /// Registries that images may come from, such as `docker.io` or `*.example.com`; any when not said.
    #[cfg_attr(test, schemars(with = "Option<Vec<String>>"))]
    pub(super) allowed_registries: Option<Spanned<Vec<String>>>,
    /// The file of findings that are known, relative to this one.
    #[cfg_attr(test, schemars(with = "Option<String>"))]
    pub(super) baseline: Option<Spanned<String>>,
}

/// How the multi-stage rewrite hands wheels from the builder to the shipped stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WheelTransfer {
    /// A bind mount: no layer holds the wheels. Needs BuildKit.
    #[default]
    Mount,
    /// A COPY, for builders without mounts.
    Copy,
}

impl WheelTransfer {
    /// As it is written in a configuration file.
    pub fn name(self) -> &'static str {
        match self {
            WheelTransfer::Mount => "mount",
            WheelTransfer::Copy => "copy",
        }
    }
}

/// How much a rule matters, as a configuration file says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// The build fails, or the image does not work or leaks.
    Error,
    /// A real cost or risk.
    Warning,
    /// Worth knowing; many correct files have it.
    Info,
    /// The rule does not run.
    Off,
}

impl Level {
    /// `None` for a rule that does not run.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Level::Error => Some(Severity::Error),
            Level::Warning => Some(Severity::Warning),
            Level::Info => Some(Severity::Info),
            Level::Off => None,
        }
    }
}
