//! Which packages of a lock file its package manager installs.

use std::collections::HashMap;

use super::{Dependency, Lock, LockFormat, Package, PackageSource, Part, any, holds};
use crate::marker::Environment;
use crate::requirement::normalize_name;

/// What is asked of the package manager.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Selection {
    /// Whether packages for development are installed too: uv, Poetry and PDM do so unless told not to.
    pub development: bool,
    /// Whether the project's own dependencies are left out: `uv sync --only-group`, `poetry install --only`.
    pub only_groups: bool,
    /// The extras that are asked for.
    pub extras: Vec<String>,
    /// The dependency groups that are asked for by name.
    pub groups: Vec<String>,
    /// uv: the members of the workspace that are installed. With none: the root, and all members when the root is no
    /// package.
    pub members: Vec<String>,
}

impl Selection {
    /// What the plain command does: `uv sync`, `poetry install`, `pdm install`, `pipenv install`, `pip install -r
    /// pylock.toml`.
    pub fn plain(format: LockFormat) -> Selection {
        let development = matches!(format, LockFormat::Uv | LockFormat::Poetry | LockFormat::Pdm);
        Selection { development, ..Selection::default() }
    }

    fn has_group(&self, group: &str) -> bool {
        self.groups.iter().any(|it| normalize_name(it) == group)
    }

    fn has_extra(&self, extra: &str) -> bool {
        self.extras.iter().any(|it| normalize_name(it) == extra)
    }
}

/// A package that is, or may be, installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Installed<'l> {
    /// The entry of the lock file.
    pub package: &'l Package,
    /// Its number in [`Lock::packages`].
    pub index: usize,
    /// Whether it is known to be installed; it may be otherwise, depending on what is not known of the environment or
    /// not said in the lock file.
    pub is_certain: bool,
}

impl Lock {
    /// The packages that are installed, in the order of the file.
    ///
    /// Directories that only stand for their dependencies are left out. The extras and dependency groups of
    /// `environment` are replaced by those of `selection`.
    pub fn installed(
        &self,
        selection: &Selection,
        environment: &Environment,
    ) -> Vec<Installed<'_>> {
        let find = || self.answers(selection, environment);
        let answers = self.memory.installed(selection, environment, find);
        let is_real = |it: &Package| !matches!(it.source, PackageSource::Virtual(_));
        let packages = self.packages.iter().zip(answers.iter()).enumerate();
        packages
            .filter(|(_, (package, answer))| is_real(package) && **answer != Some(false))
            .map(|(index, (package, answer))| Installed {
                package,
                index,
                is_certain: answer.is_some(),
            })
            .collect()
    }

    /// Whether each package is installed, in the order of the file.
    fn answers(&self, selection: &Selection, environment: &Environment) -> Vec<Option<bool>> {
        let environment = self.environment(selection, environment);
        if self.format != LockFormat::Uv {
            let packages = self.packages.iter();
            return packages.map(|it| self.is_wanted(it, selection, &environment)).collect();
        }
        let possible = reached(self, selection, &environment, true);
        let certain = reached(self, selection, &environment, false);
        let both = possible.into_iter().zip(certain);
        both.map(|(is_possible, is_certain)| match (is_possible, is_certain) {
            (_, true) => Some(true),
            (false, _) => Some(false),
            _ => None,
        })
        .collect()
    }

    fn environment(&self, selection: &Selection, environment: &Environment) -> Environment {
        let mut groups = selection.groups.clone();
        groups.extend(self.default_groups.iter().cloned());
        let mut extras = selection.extras.clone();
        for member in self.packages.iter().filter(|it| is_local(&it.source)) {
            // uv writes its conflicting extras and groups in this way into the markers.
            let name = &member.name;
            let own = |kind: &str, it: &String| format!("{kind}-{}-{name}-{it}", name.len());
            extras.extend(selection.extras.iter().map(|it| own("extra", it)));
            extras.extend(selection.groups.iter().map(|it| own("group", it)));
        }
        let dependency_groups = Some(groups);
        Environment { extras: Some(extras), dependency_groups, ..environment.clone() }
    }

    /// For the formats that say of each package who wants it.
    fn is_wanted(
        &self,
        package: &Package,
        selection: &Selection,
        environment: &Environment,
    ) -> Option<bool> {
        if package.wanted_by.is_empty() {
            return None;
        }
        let is_optional = package.is_optional && !self.is_optional_wanted(package, selection)?;
        if is_optional {
            return Some(false);
        }
        any(package.wanted_by.iter().map(|want| {
            let group =
                want.group.as_deref().map_or(Some(true), |it| is_group_wanted(it, selection));
            match (group, holds(want.marker.as_deref(), environment)) {
                (Some(true), answer) | (answer, Some(true)) => answer,
                (Some(false), _) | (_, Some(false)) => Some(false),
                _ => None,
            }
        }))
    }

    fn is_optional_wanted(&self, package: &Package, selection: &Selection) -> Option<bool> {
        if selection.extras.is_empty() {
            return Some(false);
        }
        let is_direct = self
            .extras
            .iter()
            .any(|(extra, names)| selection.has_extra(extra) && names.contains(&package.name));
        // Poetry 2.1 puts the extras into the markers; before, what an extra brings in turn is not written.
        let is_in_markers = package
            .wanted_by
            .iter()
            .any(|it| it.marker.as_deref().is_some_and(|it| it.contains("extra ==")));
        (is_direct || is_in_markers).then_some(true)
    }
}

fn is_group_wanted(group: &str, selection: &Selection) -> Option<bool> {
    let group = normalize_name(group);
    match group.as_str() {
        "main" | "default" => Some(!selection.only_groups || selection.has_group(&group)),
        _ if selection.has_group(&group) || selection.has_extra(&group) => Some(true),
        "dev" | "develop" => Some(selection.development),
        // Only the project's own file says which groups are optional.
        _ => {
            if selection.development {
                None
            } else {
                Some(false)
            }
        }
    }
}

fn is_local(source: &PackageSource) -> bool {
    matches!(source, PackageSource::Directory { .. } | PackageSource::Virtual(_))
}

fn is_root(source: &PackageSource) -> bool {
    match source {
        PackageSource::Directory { path, .. } | PackageSource::Virtual(path) => path == ".",
        _ => false,
    }
}

/// Follows the edges of `uv.lock` from the workspace; for each package whether it is reached. `maybe` says whether an
/// edge is followed whose marker is not known to hold.
fn reached(
    lock: &Lock,
    selection: &Selection,
    environment: &Environment,
    maybe: bool,
) -> Vec<bool> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, package) in lock.packages.iter().enumerate() {
        by_name.entry(&package.name).or_default().push(index);
    }
    let mut walk = Walk {
        lock,
        by_name,
        environment,
        maybe,
        parts: vec![None; lock.packages.len()],
        open: Vec::new(),
    };
    let chosen: Vec<String> = selection.members.iter().map(|it| normalize_name(it)).collect();
    let root = lock.packages.iter().position(|it| is_root(&it.source));
    let is_start = |index: usize, package: &Package| match (chosen.as_slice(), root) {
        ([], Some(root)) => index == root,
        ([], None) => lock.members.contains(&package.name),
        (chosen, _) => chosen.contains(&package.name) && is_local(&package.source),
    };
    let is_asked_for = |part: &Part| match part {
        Part::Main => !selection.only_groups,
        Part::Extra(extra) => !selection.only_groups && selection.has_extra(extra),
        Part::Group(group) => group == "dev" && selection.development || selection.has_group(group),
    };
    for it in lock.requirements.iter().filter(|it| is_asked_for(&it.part)) {
        walk.follow(it);
    }
    for (index, package) in lock.packages.iter().enumerate().filter(|it| is_start(it.0, it.1)) {
        if !selection.only_groups {
            walk.reach(index, &[]);
        }
        for it in package.dependencies.iter().filter(|it| is_asked_for(&it.part)) {
            walk.follow(it);
        }
    }
    while let Some((index, extra)) = walk.open.pop() {
        let Some(package) = lock.packages.get(index) else { continue };
        for it in &package.dependencies {
            let is_part = match (&it.part, extra) {
                (Part::Main, None) => true,
                (Part::Extra(name), Some(extra)) => name == extra,
                _ => false,
            };
            if is_part {
                walk.follow(it);
            }
        }
    }
    walk.parts.iter().map(Option::is_some).collect()
}

struct Walk<'l> {
    lock: &'l Lock,
    by_name: HashMap<&'l str, Vec<usize>>,
    environment: &'l Environment,
    maybe: bool,
    /// For each package that is reached, the extras that were.
    parts: Vec<Option<Vec<&'l str>>>,
    /// What is reached and not yet followed: a package by itself, or one extra of it.
    open: Vec<(usize, Option<&'l str>)>,
}

impl<'l> Walk<'l> {
    fn follow(&mut self, dependency: &'l Dependency) {
        let answer = holds(dependency.marker.as_deref(), self.environment);
        if !answer.unwrap_or(self.maybe) {
            return;
        }
        let indexes = self.by_name.get(dependency.name.as_str()).cloned().unwrap_or_default();
        for index in indexes {
            let Some(package) = self.lock.packages.get(index) else { continue };
            let is_version = dependency.version.is_none() || dependency.version == package.version;
            let is_source = dependency.source.as_ref().is_none_or(|it| *it == package.source);
            if is_version && is_source {
                self.reach(index, &dependency.extras);
            }
        }
    }

    fn reach(&mut self, index: usize, extras: &'l [String]) {
        let Some(parts) = self.parts.get_mut(index) else { return };
        if parts.is_none() {
            self.open.push((index, None));
        }
        let known = parts.get_or_insert_default();
        for extra in extras {
            if !known.contains(&extra.as_str()) {
                known.push(extra);
                self.open.push((index, Some(extra)));
            }
        }
    }
}
