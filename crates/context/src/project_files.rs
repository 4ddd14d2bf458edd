//! The files by which package managers know a project.

use crate::Tree;

/// A package manager or build tool for Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Manager {
    /// pip, with requirements files.
    Pip,
    /// Any installer that reads `pyproject.toml`.
    Pyproject,
    /// Any installer that reads the lock format of PEP 751.
    Pylock,
    /// setuptools without `pyproject.toml`.
    Setuptools,
    /// Poetry.
    Poetry,
    /// uv.
    Uv,
    /// PDM.
    Pdm,
    /// Pipenv.
    Pipenv,
    /// conda, mamba and micromamba.
    Conda,
    /// pixi.
    Pixi,
}

/// What a file is to its manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Says what is wanted, by people.
    Manifest,
    /// Says which versions that means, by a program.
    Lock,
    /// Settings that change what is installed.
    Settings,
}

/// Names that stand alone. Sorted.
const NAMES: [(&str, Manager, Role); 23] = [
    ("Pipfile", Manager::Pipenv, Role::Manifest),
    ("Pipfile.lock", Manager::Pipenv, Role::Lock),
    ("conda-lock.yaml", Manager::Conda, Role::Lock),
    ("conda-lock.yml", Manager::Conda, Role::Lock),
    ("constraints.txt", Manager::Pip, Role::Manifest),
    ("environment.yaml", Manager::Conda, Role::Manifest),
    ("environment.yml", Manager::Conda, Role::Manifest),
    ("pdm.lock", Manager::Pdm, Role::Lock),
    ("pdm.toml", Manager::Pdm, Role::Settings),
    ("pip.conf", Manager::Pip, Role::Settings),
    ("pixi.lock", Manager::Pixi, Role::Lock),
    ("pixi.toml", Manager::Pixi, Role::Manifest),
    ("poetry.lock", Manager::Poetry, Role::Lock),
    ("poetry.toml", Manager::Poetry, Role::Settings),
    ("pylock.toml", Manager::Pylock, Role::Lock),
    ("pyproject.toml", Manager::Pyproject, Role::Manifest),
    ("requirements.in", Manager::Pip, Role::Manifest),
    ("requirements.txt", Manager::Pip, Role::Manifest),
    ("setup.cfg", Manager::Setuptools, Role::Manifest),
    ("setup.py", Manager::Setuptools, Role::Manifest),
    ("spec-file.txt", Manager::Conda, Role::Lock),
    ("uv.lock", Manager::Uv, Role::Lock),
    ("uv.toml", Manager::Uv, Role::Settings),
];

/// The manager that a file belongs to and what it is to it, by the file's name (without directories).
///
/// `pyproject.toml` belongs to many: what it holds decides. `requirements-dev.txt`, `dev-requirements.txt` and
/// `pylock.dev.toml` are known by their form.
pub fn manager_of(file_name: &str) -> Option<(Manager, Role)> {
    if let Ok(index) = NAMES.binary_search_by(|it| it.0.cmp(file_name)) {
        return NAMES.get(index).map(|it| (it.1, it.2));
    }
    // PEP 751 allows one name without dots between the two.
    let lock = file_name.strip_prefix("pylock.").and_then(|it| it.strip_suffix(".toml"));
    if lock.is_some_and(|it| !it.is_empty() && !it.contains('.')) {
        return Some((Manager::Pylock, Role::Lock));
    }
    let is_requirements = file_name.strip_suffix(".txt").or(file_name.strip_suffix(".in"));
    let is_named = is_requirements.is_some_and(|stem| {
        stem.split(['-', '_', '.'])
            .any(|it| matches!(it, "requirements" | "requirement" | "constraints"))
    });
    is_named.then_some((Manager::Pip, Role::Manifest))
}

/// The package-manager files that lie directly in a directory of the tree (`""` is the root), sorted by name.
pub fn in_directory<'a>(tree: &'a Tree, directory: &str) -> Vec<(&'a str, Manager, Role)> {
    let directory = directory.trim_matches('/');
    let skipped = match directory {
        "" | "." => 0,
        _ => directory.len() + 1,
    };
    let files = tree.below(directory).filter_map(|(path, _)| path.get(skipped..));
    files
        .filter(|it| !it.contains('/'))
        .filter_map(|it| manager_of(it).map(|(manager, role)| (it, manager, role)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_manager() {
        use Manager::*;
        use Role::*;
        for (name, expected) in [
            ("requirements.txt", Some((Pip, Manifest))),
            ("requirements-dev.txt", Some((Pip, Manifest))),
            ("requirements_test.txt", Some((Pip, Manifest))),
            ("dev-requirements.txt", Some((Pip, Manifest))),
            ("requirements.dev.txt", Some((Pip, Manifest))),
            ("requirements.in", Some((Pip, Manifest))),
            ("constraints-3.12.txt", Some((Pip, Manifest))),
            ("requirements.lock", None),
            ("notes.txt", None),
            ("myrequirements.md", None),
            ("pyproject.toml", Some((Pyproject, Manifest))),
            ("poetry.lock", Some((Poetry, Lock))),
            ("uv.lock", Some((Uv, Lock))),
            ("pdm.lock", Some((Pdm, Lock))),
            ("pylock.toml", Some((Pylock, Lock))),
            ("pylock.dev.toml", Some((Pylock, Lock))),
            ("pylock..toml", None),
            ("pylock.a.b.toml", None),
            ("Pipfile", Some((Pipenv, Manifest))),
            ("pipfile", None),
            ("Pipfile.lock", Some((Pipenv, Lock))),
            ("setup.py", Some((Setuptools, Manifest))),
            ("setup.cfg", Some((Setuptools, Manifest))),
            ("environment.yml", Some((Conda, Manifest))),
            ("pixi.toml", Some((Pixi, Manifest))),
            ("", None),
        ] {
            assert_eq!(manager_of(name), expected, "{name}");
        }
        assert!(NAMES.is_sorted_by(|a, b| a.0 < b.0));
    }

    #[test]
    fn only_files_of_the_directory_itself_count() {
        let paths = ["a/b/uv.lock", "a/uv.lock", "a/x.py", "pyproject.toml", "uv.lock"];
        let tree = Tree::new(paths.map(|it| (it.to_owned(), 1)));
        let names = |directory: &str| -> Vec<&str> {
            in_directory(&tree, directory).into_iter().map(|it| it.0).collect()
        };
        assert_eq!(names(""), ["pyproject.toml", "uv.lock"]);
        assert_eq!(names("a/"), ["uv.lock"]);
        assert_eq!(names("none"), [""; 0]);
    }
}
