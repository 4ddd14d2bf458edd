//! Which rules run, how much they matter, and the other choices that a project makes in its configuration files.

mod layer;
mod options;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use layer::{Extension, Layer, parse, parse_pyproject};
pub use options::WheelTransfer;

use crate::builder::{Feature, TargetVersion};
use crate::config_error::{UnknownRule, key_names};
use crate::{Rule, Severity};
use layer::{Names, Said, resolve};
use options::Level;

/// The word that stands for every rule wherever names of rules are listed.
pub(crate) const ALL: &str = "all";

/// Where a choice was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By an argument of the command, or in the settings of an editor.
    CommandLine,
    /// In a configuration file, on a line counted from 1.
    File {
        /// The file, as it was given.
        path: Arc<str>,
        /// Counted from 1.
        line: u32,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::CommandLine => f.write_str("the command line"),
            Origin::File { path, line } => write!(f, "{path}:{line}"),
        }
    }
}

/// What was decided, with every name resolved. The default is what an empty file means.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The rules that run by choice; `None` when those run that do so by default.
    chosen: Option<Names>,
    added: Names,
    ignored: Names,
    levels: BTreeMap<&'static str, (Level, Origin)>,
    /// The rules whose fixes are offered; `None` for all.
    fixable: Option<Names>,
    unfixable: Names,
    target_version: Said<TargetVersion>,
    wheel_transfer: Said<WheelTransfer>,
    keep_packages: Said<Vec<String>>,
    allowed_registries: Said<Vec<String>>,
}

impl Settings {
    /// The settings of one file that extends no other.
    pub fn of(layer: &Layer) -> Settings {
        let mut res = Settings::default();
        res.add(layer);
        res
    }

    /// Puts a file on top: its lists of rules add to what was said before, its `select` and `fixable` begin anew, and
    /// its other keys replace what was said.
    pub fn add(&mut self, layer: &Layer) {
        if let Some(chosen) = &layer.select {
            self.chosen = Some(chosen.clone());
            self.added.clear();
            self.ignored.clear();
        }
        self.ignored.retain(|name, _| !layer.extend_select.contains_key(name));
        self.added.extend(layer.extend_select.clone());
        self.ignored.extend(layer.ignore.clone());
        self.levels.extend(layer.levels.clone());
        if let Some(fixable) = &layer.fixable {
            self.fixable = Some(fixable.clone());
            self.unfixable.clear();
        }
        self.unfixable.extend(layer.unfixable.clone());
        replace(&mut self.target_version, &layer.target_version);
        replace(&mut self.wheel_transfer, &layer.wheel_transfer);
        replace(&mut self.keep_packages, &layer.keep_packages);
        replace(&mut self.allowed_registries, &layer.allowed_registries);
    }

    /// Whether the rule runs.
    pub fn is_on(&self, rule: &Rule) -> bool {
        self.decision(rule).0
    }

    /// Whether the rule runs, and where that was said; `None` when it is the default.
    pub fn decision(&self, rule: &Rule) -> (bool, Option<&Origin>) {
        if let Some(origin) = self.ignored.get(rule.name) {
            return (false, Some(origin));
        }
        if let Some((Level::Off, origin)) = self.levels.get(rule.name) {
            return (false, Some(origin));
        }
        if let Some(origin) = self.added.get(rule.name) {
            return (true, Some(origin));
        }
        match &self.chosen {
            None => (rule.is_on_by_default, None),
            Some(chosen) => match chosen.get(rule.name) {
                Some(origin) => (true, Some(origin)),
                None if rule.is_always_on => (true, None),
                None => (false, chosen.values().next()),
            },
        }
    }

    /// How much the rule's findings matter here.
    pub fn severity(&self, rule: &Rule) -> Severity {
        let level = self.levels.get(rule.name);
        level.and_then(|it| it.0.severity()).unwrap_or(rule.severity)
    }

    /// Where the severity was said; `None` when it is the rule's own.
    pub fn severity_origin(&self, rule: &Rule) -> Option<&Origin> {
        self.levels.get(rule.name).map(|it| &it.1)
    }

    /// Whether fixes of the rule are offered.
    pub fn is_fixable(&self, rule: &str) -> bool {
        self.unfixable_origin(rule).is_none()
    }

    /// Where it was said that fixes of the rule are not offered.
    pub fn unfixable_origin(&self, rule: &str) -> Option<Origin> {
        let left_out = || {
            let fixable = self.fixable.as_ref().filter(|it| !it.contains_key(rule))?;
            Some(fixable.values().next().cloned().unwrap_or(Origin::CommandLine))
        };
        self.unfixable.get(rule).cloned().or_else(left_out)
    }

    /// The oldest builder that must build the file; `None` for one that has everything that fixes use.
    pub fn target_version(&self) -> Option<TargetVersion> {
        self.target_version.as_ref().map(|it| it.0)
    }

    /// How the multi-stage rewrite hands wheels over: what was chosen, as far as the builder has it.
    pub fn wheel_transfer(&self) -> WheelTransfer {
        let lacks_mounts = self.target_version().is_some_and(|it| !it.has(Feature::Mount));
        match &self.wheel_transfer {
            _ if lacks_mounts => WheelTransfer::Copy,
            Some((transfer, _)) => *transfer,
            None => WheelTransfer::default(),
        }
    }

    /// Packages of the distribution that are no build tools here.
    pub fn keep_packages(&self) -> &[String] {
        self.keep_packages.as_ref().map_or(&[], |it| &it.0)
    }

    /// Registries that images may come from; `None` for any.
    pub fn allowed_registries(&self) -> Option<&[String]> {
        self.allowed_registries.as_ref().map(|it| it.0.as_slice())
    }

    /// The options that are no lists of rules: key, value as TOML (`None` where there is none), and where it was said
    /// (`None` for the default).
    pub fn values(&self) -> Vec<(&'static str, Option<String>, Option<&Origin>)> {
        fn origin<T>(said: &Said<T>) -> Option<&Origin> {
            said.as_ref().map(|it| &it.1)
        }
        let target = self.target_version().map(|it| format!("\"{it}\""));
        let transfer = match &self.wheel_transfer {
            // A builder without mounts decides over what was said here.
            Some((said, _)) if *said != self.wheel_transfer() => origin(&self.target_version),
            None if self.wheel_transfer() != WheelTransfer::default() => {
                origin(&self.target_version)
            }
            said => origin(said),
        };
        let list = |it: &[String]| {
            let quoted: Vec<String> = it.iter().map(|it| format!("{it:?}")).collect();
            format!("[{}]", quoted.join(", "))
        };
        vec![
            ("target-version", target, origin(&self.target_version)),
            ("wheel-transfer", Some(format!("\"{}\"", self.wheel_transfer().name())), transfer),
            ("keep-packages", Some(list(self.keep_packages())), origin(&self.keep_packages)),
            (
                "allowed-registries",
                self.allowed_registries().map(list),
                origin(&self.allowed_registries),
            ),
        ]
    }

    /// These settings without some rules.
    pub fn without(&self, names: BTreeMap<&'static str, Origin>) -> Cow<'_, Settings> {
        if names.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut res = self.clone();
        res.ignored.extend(names);
        Cow::Owned(res)
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
        let here = |it| (it, Origin::CommandLine);
        if !select.is_empty() {
            let mut chosen = BTreeMap::new();
            for name in select {
                chosen.extend(resolve(name, rules)?.into_iter().map(here));
            }
            // What runs whatever is selected was ignored for its own sake.
            let stays = |name: &str| {
                let is_always_on = rules.iter().any(|it| it.name == name && it.is_always_on);
                is_always_on && !chosen.contains_key(name)
            };
            res.ignored.retain(|name, _| stays(name));
            res.levels.retain(|name, it| it.0 != Level::Off || stays(name));
            res.chosen = Some(chosen);
            res.added.clear();
        }
        for name in ignore {
            res.ignored.extend(resolve(name, rules)?.into_iter().map(here));
        }
        Ok(res)
    }
}

/// The keys that a configuration file may have, in the order in which they are declared.
pub fn keys() -> &'static [&'static str] {
    key_names::<options::Options>()
}

fn replace<T: Clone>(old: &mut Said<T>, new: &Said<T>) {
    if new.is_some() {
        old.clone_from(new);
    }
}
