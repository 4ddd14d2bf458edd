//! Which rules run, how much they matter, and the other choices that a project makes in its configuration file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config_error::{ConfigError, UnknownRule, key_names};
use crate::patterns::Patterns;
use crate::{Rule, Severity};

/// The word that stands for every rule wherever names of rules are listed.
const ALL: &str = "all";

/// How the multi-stage rewrite hands wheels from the builder to the shipped stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WheelTransfer {
    /// A bind mount: no layer holds the wheels. Needs BuildKit.
    #[default]
    Mount,
    /// A COPY, for builders without mounts.
    Copy,
}

/// The file as it is written: the only list of its keys.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Options {
    /// Rules that run, instead of those that run by default.
    select: Option<Vec<Spanned<String>>>,
    /// Rules that run besides those.
    extend_select: Vec<Spanned<String>>,
    /// Rules that do not run.
    ignore: Vec<Spanned<String>>,
    /// How much a rule matters.
    severity: BTreeMap<Spanned<String>, Level>,
    /// Files and directories that are not looked at when a directory is searched.
    exclude: Vec<Spanned<String>>,
    /// Rules that do not run in the files that a pattern matches.
    per_file_ignores: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    /// How wheels reach the shipped stage.
    wheel_transfer: WheelTransfer,
    /// The file of findings that are known, relative to this one.
    baseline: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Info,
    Off,
}

/// What was decided, with every name resolved. The default is what an empty file means.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The rules that run by choice; `None` when those run that do so by default.
    chosen: Option<BTreeSet<&'static str>>,
    added: BTreeSet<&'static str>,
    ignored: BTreeSet<&'static str>,
    severities: BTreeMap<&'static str, Severity>,
    excluded: Patterns,
    ignored_in: Vec<(Patterns, BTreeSet<&'static str>)>,
    /// How the multi-stage rewrite hands wheels over.
    pub wheel_transfer: WheelTransfer,
    /// The file of findings that are known, as written: relative to the configuration's directory.
    pub baseline: Option<String>,
}

impl Settings {
    /// Whether the rule runs.
    pub fn is_on(&self, rule: &Rule) -> bool {
        let is_chosen = match &self.chosen {
            Some(chosen) => chosen.contains(rule.name),
            None => rule.is_on_by_default,
        };
        (is_chosen || self.added.contains(rule.name)) && !self.ignored.contains(rule.name)
    }

    /// How much the rule's findings matter here.
    pub fn severity(&self, rule: &Rule) -> Severity {
        self.severities.get(rule.name).copied().unwrap_or(rule.severity)
    }

    /// Whether a search passes over `path`, which is relative to the configuration's directory.
    pub fn excludes(&self, path: &str) -> bool {
        self.excluded.matches(path)
    }

    /// The settings for one file, `path` being relative to the configuration's directory.
    pub fn for_file(&self, path: &str) -> Cow<'_, Settings> {
        let mut res = Cow::Borrowed(self);
        for (patterns, names) in &self.ignored_in {
            if patterns.matches(path) {
                res.to_mut().ignored.extend(names);
            }
        }
        res
    }

    /// These settings with the command line's choice on top: `select` replaces the configuration's choice of
    /// rules when it is not empty (what it ignores in single files stays), `ignore` adds to what is ignored.
    ///
    /// # Errors
    /// A name that no rule answers to.
    pub fn with_choice(
        &self,
        select: &[String],
        ignore: &[String],
        rules: &[&'static Rule],
    ) -> Result<Settings, UnknownRule> {
        let mut res = self.clone();
        if !select.is_empty() {
            let mut chosen = BTreeSet::new();
            for name in select {
                chosen.extend(resolve(name, rules)?);
            }
            res.chosen = Some(chosen);
            res.added.clear();
            res.ignored.clear();
        }
        for name in ignore {
            res.ignored.extend(resolve(name, rules)?);
        }
        Ok(res)
    }
}

/// The keys that a configuration file may have, in the order in which they are declared.
pub fn keys() -> &'static [&'static str] {
    key_names::<Options>()
}

/// Reads a `pylintdock.toml`; `path` is only named in errors.
///
/// # Errors
/// Text that is not TOML, unknown keys and rules, values of another type: with their place.
pub fn parse(text: &str, path: &str, rules: &[&'static Rule]) -> Result<Settings, ConfigError> {
    let table = DeTable::parse(text).map_err(|it| ConfigError::of_toml(path, text, &it))?;
    settings(table, text, path, rules)
}

/// Reads `[tool.pylintdock]` of a `pyproject.toml`; `None` when it has no such table.
///
/// # Errors
/// As [`parse`]. A file that does not contain the word `pylintdock` is never an error.
pub fn parse_pyproject(
    text: &str,
    path: &str,
    rules: &[&'static Rule],
) -> Result<Option<Settings>, ConfigError> {
    if !text.contains("pylintdock") {
        return Ok(None);
    }
    let mut table = DeTable::parse(text).map_err(|it| ConfigError::of_toml(path, text, &it))?;
    let Some(tool) = table.get_mut().get_mut("tool") else { return Ok(None) };
    let DeValue::Table(tools) = tool.get_mut() else { return Ok(None) };
    let Some(ours) = tools.remove("pylintdock") else { return Ok(None) };
    let span = ours.span();
    match ours.into_inner() {
        DeValue::Table(ours) => settings(Spanned::new(span, ours), text, path, rules).map(Some),
        _ => Err(ConfigError::new(path, text, span.start, "`tool.pylintdock` is not a table")),
    }
}

fn settings(
    table: Spanned<DeTable<'_>>,
    text: &str,
    path: &str,
    rules: &[&'static Rule],
) -> Result<Settings, ConfigError> {
    let known = key_names::<Options>();
    if let Some(key) = table.get_ref().keys().find(|it| !known.contains(&it.get_ref().as_ref())) {
        let error = ConfigError::new(
            path,
            text,
            key.span().start,
            format!("unknown key `{}`", key.get_ref()),
        );
        let nearest = syntax::closest(key.get_ref(), known.iter().copied());
        return Err(match nearest {
            Some(nearest) => error.suggest(nearest),
            None => error.hint(format!("the keys are {}", list(known))),
        });
    }
    let options = Options::deserialize(toml::Deserializer::from(table))
        .map_err(|it| ConfigError::of_toml(path, text, &it))?;
    Reading { text, path, rules }.settings(options)
}

fn list(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    quoted.join(", ")
}

/// The file that is read, for the places of errors.
struct Reading<'a> {
    text: &'a str,
    path: &'a str,
    rules: &'a [&'static Rule],
}

impl Reading<'_> {
    fn settings(&self, options: Options) -> Result<Settings, ConfigError> {
        let mut res = Settings {
            wheel_transfer: options.wheel_transfer,
            baseline: options.baseline,
            ..Settings::default()
        };
        res.chosen = options.select.map(|it| self.names(&it)).transpose()?;
        res.added = self.names(&options.extend_select)?;
        res.ignored = self.names(&options.ignore)?;
        // A severity for `all` is the ground on which those of single rules stand.
        let (general, single): (Vec<_>, Vec<_>) =
            options.severity.iter().partition(|it| it.0.get_ref() == ALL);
        for (name, level) in general.into_iter().chain(single) {
            let names = self.names(std::slice::from_ref(name))?;
            let severity = match level {
                Level::Error => Severity::Error,
                Level::Warning => Severity::Warning,
                Level::Info => Severity::Info,
                Level::Off => {
                    res.ignored.extend(names);
                    continue;
                }
            };
            res.severities.extend(names.into_iter().map(|it| (it, severity)));
        }
        res.excluded = self.patterns(&options.exclude)?;
        for (pattern, names) in &options.per_file_ignores {
            let patterns = self.patterns(std::slice::from_ref(pattern))?;
            res.ignored_in.push((patterns, self.names(names)?));
        }
        Ok(res)
    }

    fn names(&self, names: &[Spanned<String>]) -> Result<BTreeSet<&'static str>, ConfigError> {
        let mut res = BTreeSet::new();
        for name in names {
            res.extend(resolve(name.get_ref(), self.rules).map_err(|it| {
                let message = format!("unknown rule `{}`", it.name);
                let error = ConfigError::new(self.path, self.text, name.span().start, message);
                match it.suggestion {
                    Some(nearest) => error.suggest(nearest),
                    None => error.hint("`pylintdock rule` lists all rules"),
                }
            })?);
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
fn resolve(name: &str, rules: &[&'static Rule]) -> Result<Vec<&'static str>, UnknownRule> {
    let name = name.trim();
    let found: Vec<&'static str> =
        rules.iter().filter(|it| name == ALL || it.answers_to(name)).map(|it| it.name).collect();
    if !found.is_empty() || name == ALL {
        return Ok(found);
    }
    let names = rules.iter().flat_map(|it| std::iter::once(&it.name).chain(it.aliases));
    let suggestion = syntax::closest(name, names.copied().chain([ALL])).map(str::to_owned);
    Err(UnknownRule { name: name.to_owned(), suggestion })
}

#[cfg(test)]
mod tests;
