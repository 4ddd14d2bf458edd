//! One configuration file that was read: its names resolved, each choice with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use syntax::LineIndex;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::options::{Level, Options, WheelTransfer};
use super::{ALL, Origin};
use crate::Rule;
use crate::builder::TargetVersion;
use crate::config_error::{ConfigError, UnknownRule, key_names};
use crate::patterns::Patterns;

/// Rules, each with where it was named.
pub(super) type Names = BTreeMap<&'static str, Origin>;

/// A value with where it was said.
pub(super) type Said<T> = Option<(T, Origin)>;

/// One configuration file. [`super::Settings::add`] puts several on top of each other.
#[derive(Clone, Debug, Default)]
pub struct Layer {
    /// The file on which this one stands.
    pub extend: Option<Extension>,
    pub(super) select: Option<Names>,
    pub(super) extend_select: Names,
    pub(super) ignore: Names,
    pub(super) fixable: Option<Names>,
    pub(super) unfixable: Names,
    pub(super) levels: BTreeMap<&'static str, (Level, Origin)>,
    pub(super) target_version: Said<TargetVersion>,
    pub(super) wheel_transfer: Said<WheelTransfer>,
    pub(super) keep_packages: Said<Vec<String>>,
    pub(super) allowed_registries: Said<Vec<String>>,
    baseline: Said<String>,
    force_exclude: Said<bool>,
    excluded: Patterns,
    exclude: Vec<(String, Origin)>,
    ignored_in: Vec<(Patterns, Names)>,
}

/// The value of `extend`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    /// As it is written, relative to the file's directory.
    pub path: String,
    /// Where it stands, counted from 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Layer {
    /// Whether a search passes over `path`, which is relative to the directory of this file.
    pub fn excludes(&self, path: &str) -> bool {
        self.excluded.matches(path)
    }

    /// The file of findings that are known, relative to the directory of this file, and where that was said.
    pub fn baseline(&self) -> Option<(&str, &Origin)> {
        self.baseline.as_ref().map(|it| (it.0.as_str(), &it.1))
    }

    /// Whether [`Layer::excludes`] holds for files that are named too, and where that was said.
    pub fn force_exclude(&self) -> Option<(bool, &Origin)> {
        self.force_exclude.as_ref().map(|it| (it.0, &it.1))
    }

    /// The pattern by which a search passes over `path`, with its place.
    pub fn excluding(&self, path: &str) -> Option<(&str, &Origin)> {
        let found = self.exclude.iter().find(|it| {
            let pattern = Patterns::new([it.0.as_str()]);
            pattern.is_ok_and(|it| it.matches(path))
        });
        found.map(|it| (it.0.as_str(), &it.1))
    }

    /// The rules that do not run in the file at `path`, which is relative to the directory of this file.
    pub fn ignored_in(&self, path: &str) -> BTreeMap<&'static str, Origin> {
        let lists = self.ignored_in.iter().filter(|it| it.0.matches(path));
        lists.flat_map(|it| it.1.clone()).collect()
    }
}

/// Reads a `pylintdock.toml`; `path` is only named in errors and origins.
///
/// # Errors
/// Text that is not TOML, unknown keys and rules, values of another type: with their place.
pub fn parse(text: &str, path: &str, rules: &[&'static Rule]) -> Result<Layer, ConfigError> {
    let table = DeTable::parse(text).map_err(|it| ConfigError::of_toml(path, text, &it))?;
    layer(table, text, path, rules)
}

/// Reads `[tool.pylintdock]` of a `pyproject.toml`; `None` when it has no such table.
///
/// # Errors
/// As [`parse`]. A file that does not contain the word `pylintdock` is never an error.
pub fn parse_pyproject(
    text: &str,
    path: &str,
    rules: &[&'static Rule],
) -> Result<Option<Layer>, ConfigError> {
    if !text.contains("pylintdock") {
        return Ok(None);
    }
    let mut table = DeTable::parse(text).map_err(|it| ConfigError::of_toml(path, text, &it))?;
    let Some(tool) = table.get_mut().get_mut("tool") else { return Ok(None) };
    let DeValue::Table(tools) = tool.get_mut() else { return Ok(None) };
    let Some(ours) = tools.remove("pylintdock") else { return Ok(None) };
    let span = ours.span();
    match ours.into_inner() {
        DeValue::Table(ours) => layer(Spanned::new(span, ours), text, path, rules).map(Some),
        _ => Err(ConfigError::new(path, text, span.start, "`tool.pylintdock` is not a table")),
    }
}

fn layer(
    table: Spanned<DeTable<'_>>,
    text: &str,
    path: &str,
    rules: &[&'static Rule],
) -> Result<Layer, ConfigError> {
    let known = key_names::<Options>();
    if let Some(key) = table.get_ref().keys().find(|it| !known.contains(&it.get_ref().as_ref())) {
        let message = format!("unknown key `{}`", key.get_ref());
        let error = ConfigError::new(path, text, key.span().start, message);
        let nearest = syntax::closest(key.get_ref(), known.iter().copied());
        return Err(match nearest {
            Some(nearest) => error.suggest(nearest),
            None => error.hint(format!("the keys are {}", list(known))),
        });
    }
    let options = Options::deserialize(toml::Deserializer::from(table))
        .map_err(|it| ConfigError::of_toml(path, text, &it))?;
    let lines = LineIndex::new(text);
    Reading { text, path, shared_path: path.into(), lines, rules }.layer(options)
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}

/// The file that is read, for the places of choices and errors.
struct Reading<'a> {
    text: &'a str,
    path: &'a str,
    shared_path: Arc<str>,
    lines: LineIndex,
    rules: &'a [&'static Rule],
}

impl Reading<'_> {
    fn layer(&self, options: Options) -> Result<Layer, ConfigError> {
        let extend = options.extend.as_ref().map(|it| {
            let (line, column) = self.lines.place(self.text, it.span().start as u32);
            Extension { path: it.get_ref().clone(), line, column }
        });
        let mut res = Layer {
            extend,
            select: options.select.map(|it| self.names(&it)).transpose()?,
            extend_select: self.names(&options.extend_select)?,
            ignore: self.names(&options.ignore)?,
            fixable: options.fixable.map(|it| self.names(&it)).transpose()?,
            unfixable: self.names(&options.unfixable)?,
            levels: self.levels(&options.severity)?,
            target_version: self.said(options.target_version),
            wheel_transfer: self.said(options.wheel_transfer),
            keep_packages: self.said(options.keep_packages),
            allowed_registries: self.said(options.allowed_registries),
            baseline: self.said(options.baseline),
            force_exclude: self.said(options.force_exclude),
            excluded: self.patterns(&options.exclude)?,
            ..Layer::default()
        };
        let exclude = options.exclude.iter();
        res.exclude = exclude.map(|it| (it.get_ref().clone(), self.origin(it))).collect();
        for (pattern, names) in &options.per_file_ignores {
            let patterns = self.patterns(std::slice::from_ref(pattern))?;
            res.ignored_in.push((patterns, self.names(names)?));
        }
        Ok(res)
    }

    fn origin<T>(&self, value: &Spanned<T>) -> Origin {
        let line = self.lines.line(value.span().start as u32);
        Origin::File { path: Arc::clone(&self.shared_path), line }
    }

    fn said<T>(&self, value: Option<Spanned<T>>) -> Said<T> {
        value.map(|it| {
            let origin = self.origin(&it);
            (it.into_inner(), origin)
        })
    }

    /// A severity for `all` is the ground on which those of single rules stand.
    fn levels(
        &self,
        severity: &BTreeMap<Spanned<String>, Level>,
    ) -> Result<BTreeMap<&'static str, (Level, Origin)>, ConfigError> {
        let (general, single): (Vec<_>, Vec<_>) =
            severity.iter().partition(|it| it.0.get_ref() == ALL);
        let mut res = BTreeMap::new();
        for (name, level) in general.into_iter().chain(single) {
            let names = self.names(std::slice::from_ref(name))?;
            res.extend(names.into_iter().map(|it| (it.0, (*level, it.1))));
        }
        Ok(res)
    }

    fn names(&self, names: &[Spanned<String>]) -> Result<Names, ConfigError> {
        let mut res = BTreeMap::new();
        for name in names {
            let found = resolve(name.get_ref(), self.rules).map_err(|it| {
                let message = format!("unknown rule `{}`", it.name);
                let error = ConfigError::new(self.path, self.text, name.span().start, message);
                match it.suggestion {
                    Some(nearest) => error.suggest(nearest),
                    None => error.hint("`pylintdock rule` lists all rules"),
                }
            })?;
            let origin = self.origin(name);
            res.extend(found.into_iter().map(|it| (it, origin.clone())));
        }
        Ok(res)
    }

    fn patterns(&self, patterns: &[Spanned<String>]) -> Result<Patterns, ConfigError> {
        // One at a time first, so that an error can tell which.
        for pattern in patterns {
            if let Err(reason) = Patterns::new([pattern.get_ref().as_str()]) {
                let message = format!("`{}` is not a pattern: {reason}", pattern.get_ref());
                return Err(ConfigError::new(self.path, self.text, pattern.span().start, message));
            }
        }
        Ok(Patterns::new(patterns.iter().map(|it| it.get_ref().as_str())).unwrap_or_default())
    }
}

/// The rules that a name stands for; an alias may stand for several.
pub(super) fn resolve(
    name: &str,
    rules: &[&'static Rule],
) -> Result<BTreeSet<&'static str>, UnknownRule> {
    let name = name.trim();
    let found: BTreeSet<&'static str> =
        rules.iter().filter(|it| name == ALL || it.answers_to(name)).map(|it| it.name).collect();
    if !found.is_empty() || name == ALL {
        return Ok(found);
    }
    Err(UnknownRule::new(name, rules))
}
