//! The `Packages` index of a Debian release, as far as the size of an installation depends on it.

use std::collections::{BTreeMap, BTreeSet};

/// A binary package.
#[derive(Debug, Default, Clone)]
pub(crate) struct Package {
    /// `Installed-Size`, in units of 1,024 bytes.
    pub(crate) kilobytes: u64,
    /// It is part of every installation: essential, of priority `required`, or apt itself.
    pub(crate) is_basic: bool,
    depends: Vec<Vec<String>>,
    recommends: Vec<Vec<String>>,
    provides: Vec<String>,
}

/// All packages of a release by name, the newest version of each.
pub(crate) struct Archive {
    pub(crate) packages: BTreeMap<String, Package>,
    providers: BTreeMap<String, Vec<String>>,
}

impl Archive {
    /// Reads the stanzas of one or several `Packages` files. Of two stanzas with one name the later counts.
    pub(crate) fn read(text: &str) -> Archive {
        let mut packages = BTreeMap::new();
        for stanza in text.split("\n\n") {
            let mut package = Package::default();
            let mut name = "";
            for (key, value) in stanza.lines().filter_map(|it| it.split_once(": ")) {
                match key {
                    "Package" => name = value,
                    "Installed-Size" => package.kilobytes = value.trim().parse().unwrap_or(0),
                    "Priority" => package.is_basic |= value == "required",
                    "Essential" => package.is_basic |= value == "yes",
                    "Depends" | "Pre-Depends" => package.depends.extend(relations(value)),
                    "Recommends" => package.recommends.extend(relations(value)),
                    "Provides" => {
                        package.provides = relations(value).into_iter().flatten().collect()
                    }
                    _ => {}
                }
            }
            if !name.is_empty() {
                package.is_basic |= name == "apt";
                packages.insert(name.to_owned(), package);
            }
        }
        let mut providers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, package) in &packages {
            for provided in &package.provides {
                providers.entry(provided.clone()).or_default().push(name.clone());
            }
        }
        Archive { packages, providers }
    }

    /// The package that apt takes for a name: itself, or the only one that provides it.
    pub(crate) fn resolve(&self, name: &str) -> Option<&str> {
        if let Some((name, _)) = self.packages.get_key_value(name) {
            return Some(name);
        }
        match self.providers.get(name)?.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What a package depends on, where `present` satisfies nothing already. Of alternatives the first counts.
    pub(crate) fn depends(&self, name: &str, present: &BTreeSet<String>) -> Vec<String> {
        self.packages.get(name).map_or(Vec::new(), |it| self.chosen(&it.depends, present))
    }

    /// What a package recommends, read like [`Archive::depends`].
    pub(crate) fn recommends(&self, name: &str, present: &BTreeSet<String>) -> Vec<String> {
        self.packages.get(name).map_or(Vec::new(), |it| self.chosen(&it.recommends, present))
    }

    /// The packages that come with these, recommended ones left out.
    pub(crate) fn closure(&self, names: &[&str], present: &BTreeSet<String>) -> BTreeSet<String> {
        let mut res = present.clone();
        let mut open: Vec<String> =
            names.iter().filter_map(|it| self.resolve(it)).map(str::to_owned).collect();
        while let Some(name) = open.pop() {
            if res.insert(name.clone()) {
                open.extend(self.depends(&name, &res));
            }
        }
        res
    }

    fn chosen(&self, relations: &[Vec<String>], present: &BTreeSet<String>) -> Vec<String> {
        let provides = |it: &String| self.providers.get(it).map_or(&[][..], Vec::as_slice);
        let is_there = |it: &String| {
            present.contains(it) || provides(it).iter().any(|it| present.contains(it))
        };
        let open = relations.iter().filter(|it| !it.iter().any(is_there));
        let first = |alternatives: &Vec<String>| {
            alternatives.iter().find_map(|it| match self.packages.contains_key(it) {
                true => Some(it.clone()),
                false => provides(it).first().cloned(),
            })
        };
        open.filter_map(first).collect()
    }
}

/// `a (>= 1) | b, c` as names.
fn relations(value: &str) -> Vec<Vec<String>> {
    let name = |it: &str| {
        let end = it.find([' ', '(', '[', ':']).unwrap_or(it.len());
        it.get(..end).unwrap_or("").to_owned()
    };
    let parts = value.split(',').map(|it| it.split('|').map(|it| name(it.trim())).collect());
    parts.filter(|it: &Vec<String>| it.iter().any(|it| !it.is_empty())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relations_become_names() {
        let read = Archive::read(
            "Package: a\nInstalled-Size: 3\nDepends: b (>= 1) | c, d:any\nRecommends: e\n\n\
             Package: c\nProvides: b (= 2)\n\nPackage: d\nPriority: required\n\nPackage: e\n",
        );
        let nothing = BTreeSet::new();
        assert_eq!(read.depends("a", &nothing), ["c", "d"]);
        assert_eq!(read.recommends("a", &nothing), ["e"]);
        assert_eq!(read.resolve("b"), Some("c"));
        let closure = read.closure(&["a"], &nothing);
        assert_eq!(closure.into_iter().collect::<Vec<_>>(), ["a", "c", "d"]);
        assert!(read.packages["d"].is_basic);
    }
}
