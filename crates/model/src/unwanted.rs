//! What lies in a build context and is of no use in an image: version control, environments, caches, secrets.

use context::IgnoreFile;

use crate::{Build, CopyFrom, Step, contributing, path};

/// Files of the context that a broad COPY takes along, under one pattern that would leave them out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwanted {
    /// The line for the ignore file.
    pub pattern: String,
    /// How many files it leaves out.
    pub n_files: usize,
    /// Their size in bytes.
    pub size: u64,
}

/// What should stay out, and what has to stay in although it looks like that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Sorted by pattern.
    pub unwanted: Vec<Unwanted>,
    /// `.git` is read by the build, by the tool of this name.
    pub git_reader: Option<&'static str>,
    /// A `.env` that is copied although no instruction names it. The program may read it.
    pub environment_file: Option<String>,
}

/// Directories that tools make, wherever they lie.
const DIRECTORIES: [&str; 12] = [
    ".git",
    ".idea",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pytest_cache",
    ".ruff_cache",
    ".tox",
    ".vscode",
    "__pycache__",
    "htmlcov",
    "node_modules",
];

/// Files that tools make, wherever they lie.
const FILES: [&str; 2] = [".DS_Store", ".coverage"];

/// Looks through the context for what `build` does not need, as far as the ignore file lets it pass.
pub fn contents(build: &Build<'_>) -> Contents {
    let mut res = Contents { git_reader: git_reader(build), ..Contents::default() };
    let Some(tree) = build.surroundings.files.tree() else { return res };
    let ignore = build.ignore_file().map(|it| &it.1);
    let environments = environments(tree);
    let named = named_paths(build);
    // (pattern for the place, pattern for anywhere, directory): joined below if it is found in several places.
    let mut found: Vec<(String, Found)> = Vec::new();
    for (file, size) in tree.files() {
        let is_copied = |place: &str, name: &str| {
            !named.iter().any(|it| names(it, place, name))
                && !ignore.is_some_and(|it| it.excludes(file) || is_kept_on_purpose(it, file, name))
        };
        if path::file_name(file) == ".env"
            && res.environment_file.is_none()
            && unwanted_part(file, &environments).is_none()
            && is_copied(file, ".env")
        {
            res.environment_file = Some(file.to_owned());
        }
        let Some((home, name)) = unwanted_part(file, &environments) else { continue };
        if name == ".git" && res.git_reader.is_some() {
            continue;
        }
        let place = path_of(home, name);
        if !is_copied(&place, name) {
            continue;
        }
        let key = if is_bytecode(name) {
            "*.py[cod]".to_owned()
        } else {
            egg_info(name).unwrap_or(name).to_owned()
        };
        let is_environment = environments.contains(&place.as_str());
        let key = if is_environment { place } else { key };
        let index = match found.iter().position(|it| it.0 == key) {
            Some(index) => index,
            None => {
                found.push((key, Found { is_fixed: is_environment, ..Found::default() }));
                found.len() - 1
            }
        };
        if let Some((_, it)) = found.get_mut(index) {
            it.n_files += 1;
            it.size += size;
            it.is_below |= !home.is_empty();
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    res.unwanted = found
        .into_iter()
        .map(|(key, it)| {
            let is_anywhere =
                (it.is_below || matches!(&*key, "__pycache__" | "*.py[cod]")) && !it.is_fixed;
            let pattern = if is_anywhere { format!("**/{key}") } else { key };
            Unwanted { pattern, n_files: it.n_files, size: it.size }
        })
        .collect();
    res
}

/// Whether the Dockerfile copies something of this name by its name.
pub fn is_named(build: &Build<'_>, name: &str) -> bool {
    named_paths(build).iter().any(|it| names(it, name, name))
}

/// Whether a path in the Dockerfile asks for the thing at `place`, or for another of the same name.
fn names(written: &str, place: &str, name: &str) -> bool {
    let is_same = |part: &str| match part.split_once(['*', '?', '[']) {
        Some((start, _)) => !start.is_empty() && name.starts_with(start),
        None => part == name,
    };
    path::is_inside(written, place) || written.split('/').any(is_same)
}

/// The first COPY of the whole context in a stage that reaches the image.
pub fn broad_copy<'b, 'f>(build: &'b Build<'f>) -> Option<&'b Step<'f>> {
    let contributes = contributing(build);
    let reaches = |it: &&Step<'f>| it.stage.is_some_and(|it| contributes.get(it) == Some(&true));
    build.steps.iter().filter(reaches).find(|it| it.copy().is_some_and(|it| it.takes_everything()))
}

/// What to do about a `.env` that is copied, as a note.
pub fn environment_note(contents: &Contents) -> Option<String> {
    let file = contents.environment_file.as_deref()?;
    Some(format!(
        "`{file}` is copied into the image: pass it at run time instead, and add it to the ignore file"
    ))
}

/// What the unwanted files weigh, the largest first; `None` if there are none.
pub fn measured(unwanted: &[Unwanted]) -> Option<String> {
    if unwanted.is_empty() {
        return None;
    }
    let total = readable_size(unwanted.iter().map(|it| it.size).sum());
    let mut largest: Vec<&Unwanted> = unwanted.iter().collect();
    largest.sort_by_key(|it| std::cmp::Reverse(it.size));
    let sized = |it: &&Unwanted| format!("`{}` {}", it.pattern, readable_size(it.size));
    let named: Vec<String> = largest.iter().take(4).map(sized).collect();
    let rest = if largest.len() > 4 { ", …" } else { "" };
    Some(format!("{total} are of no use in the image: {}{rest}", named.join(", ")))
}

#[derive(Default)]
struct Found {
    n_files: usize,
    size: u64,
    is_below: bool,
    is_fixed: bool,
}

/// The directory and name of the first part of a path that is unwanted.
pub(crate) fn unwanted_part<'p>(
    file: &'p str,
    environments: &[&str],
) -> Option<(&'p str, &'p str)> {
    let mut start = 0;
    for part in file.split('/') {
        let end = start + part.len();
        let is_last = end == file.len();
        let here = file.get(..end)?;
        let is_unwanted = if is_last {
            FILES.contains(&part) || is_bytecode(part)
        } else {
            DIRECTORIES.contains(&part) || egg_info(part).is_some() || environments.contains(&here)
        };
        if is_unwanted {
            return Some((file.get(..start.saturating_sub(1))?, part));
        }
        start = end + 1;
    }
    None
}

fn path_of(home: &str, name: &str) -> String {
    if home.is_empty() { name.to_owned() } else { format!("{home}/{name}") }
}

fn is_bytecode(name: &str) -> bool {
    name.ends_with(".pyc") || name.ends_with(".pyo")
}

fn egg_info(name: &str) -> Option<&'static str> {
    name.ends_with(".egg-info").then_some("*.egg-info")
}

/// The directories that are virtual environments.
pub(crate) fn environments(tree: &context::Tree) -> Vec<&str> {
    let mut res: Vec<&str> = Vec::new();
    for (file, _) in tree.files() {
        let home = file.strip_suffix("/pyvenv.cfg").or_else(|| file.strip_suffix("/bin/activate"));
        if let Some(home) = home.filter(|it| !res.contains(it)) {
            res.push(home);
        }
    }
    res
}

/// An exception that names the unwanted thing itself was written for it.
fn is_kept_on_purpose(ignore: &IgnoreFile, file: &str, name: &str) -> bool {
    ignore.matched_by(file).is_some_and(|it| it.is_exception && it.cleaned.contains(name))
}

/// The paths of the context that COPY and bind mounts name, but not the whole of it.
fn named_paths(build: &Build<'_>) -> Vec<String> {
    let mut res = Vec::new();
    for step in &build.steps {
        if let Some(copy) = step.copy().filter(|it| it.from == CopyFrom::Context) {
            res.extend(copy.context_paths().map(|it| it.0.to_owned()));
        }
        let mounts = step.run().map_or(&[][..], |it| &it.mounts);
        let own =
            mounts.iter().filter(|it| it.from.is_none()).filter_map(|it| it.source.as_deref());
        res.extend(own.map(|it| path::clean(&format!("/{it}")).trim_start_matches('/').to_owned()));
    }
    // Directories are taken as they come; only what names the thing itself asks for it.
    res.retain(|it| !it.is_empty() && it != "." && it != "*");
    res
}

/// What reads `.git` when the project is built: a tool that takes the version from it, or git itself.
fn git_reader(build: &Build<'_>) -> Option<&'static str> {
    const READERS: [&str; 8] = [
        "setuptools_scm",
        "setuptools-scm",
        "versioneer",
        "hatch-vcs",
        "pbr",
        "dunamai",
        "poetry-dynamic-versioning",
        "versioningit",
    ];
    for (_, run) in build.runs() {
        let is_git = run.commands().any(|it| {
            let action = it.words.get(1).and_then(|it| it.literal());
            it.program() == Some("git")
                && !matches!(action, Some("clone" | "config" | "lfs" | "init"))
        });
        if is_git {
            return Some("git");
        }
    }
    let files = build.surroundings.files;
    let texts = ["pyproject.toml", "setup.py", "setup.cfg"].map(|it| files.read(it));
    READERS.into_iter().find(|reader| texts.iter().flatten().any(|it| it.contains(reader)))
}

/// A size as people write it: `3.4 MB`.
pub fn readable_size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Surroundings;

    fn of(dockerfile: &str, files: &[(&str, &str)]) -> Vec<String> {
        let files = context::MemoryFiles::new(files.iter().copied());
        let file = syntax::parse(dockerfile);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let found = contents(&build).unwanted;
        found.iter().map(|it| format!("{} {} {}", it.pattern, it.n_files, it.size)).collect()
    }

    #[test]
    fn what_is_of_no_use_is_found() {
        let files = [
            (".git/HEAD", "x"),
            (".git/config", "xx"),
            (".env", "S=1"),
            (".env.example", "S="),
            ("env/pyvenv.cfg", "x"),
            ("env/lib/python3.12/site-packages/a/__pycache__/a.pyc", "xx"),
            ("src/__pycache__/a.pyc", "x"),
            ("src/a.py", "x"),
            ("src/old.pyc", "x"),
            ("src/x.egg-info/PKG-INFO", "x"),
            ("README.md", "x"),
            ("tests/test.py", "x"),
        ];
        let broad = "FROM x\nCOPY . .\n";
        let expected =
            ["**/*.egg-info 1 1", "**/*.py[cod] 1 1", ".git 2 3", "**/__pycache__ 1 1", "env 2 3"];
        assert_eq!(of(broad, &files), expected);
        assert_eq!(of("FROM x\nCOPY .env .\nCOPY . .\n", &[(".env", "x")]), [""; 0]);
        assert_eq!(of("FROM x\nCOPY . .\nRUN git describe\n", &files[..2]), [""; 0]);
        let scm = ("pyproject.toml", "requires = [\"setuptools-scm\"]");
        assert_eq!(of(broad, &[files[0], scm]), [""; 0]);
    }

    #[test]
    fn what_an_exception_names_stays() {
        let of = |ignore| {
            of(
                "FROM x\nCOPY . .\n",
                &[(".dockerignore", ignore), (".env", "x"), ("s/__pycache__/a.pyc", "x")],
            )
        };
        assert_eq!(of("*\n!.env\n"), [""; 0]);
        assert_eq!(of("*\n!s\n"), ["**/__pycache__ 1 1"]);
        assert_eq!(of("x\n"), ["**/__pycache__ 1 1"]);
    }

    #[test]
    fn sizes_are_readable() {
        let sizes = [0, 999, 1_001, 3_450_000].map(readable_size);
        assert_eq!(sizes, ["0 bytes", "999 bytes", "2 kB", "3.4 MB"]);
    }
}
