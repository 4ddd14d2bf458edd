//! The invariants of `crates/README.md`, as far as a test can guard them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Which crate may use which; an arrow that is not here is a decision, made here and explained in the commit.
const ARROWS: &[(&str, &[&str])] = &[
    ("syntax", &[]),
    ("shell", &["syntax"]),
    ("managers", &["shell", "syntax"]),
    ("knowledge", &[]),
    ("context", &["syntax"]),
    ("model", &["context", "knowledge", "managers", "shell", "syntax"]),
    ("linter", &["context", "knowledge", "model", "syntax"]),
    ("rewrite", &["context", "knowledge", "linter", "managers", "model", "shell", "syntax"]),
    (
        "rules",
        &["context", "knowledge", "linter", "managers", "model", "rewrite", "shell", "syntax"],
    ),
    ("project", &["context", "linter", "model", "syntax"]),
    ("index", &[]),
    (
        "server",
        &[
            "context",
            "knowledge",
            "linter",
            "managers",
            "model",
            "project",
            "rules",
            "shell",
            "syntax",
        ],
    ),
    (
        "pylintdock",
        &["context", "index", "linter", "model", "project", "rewrite", "rules", "server", "syntax"],
    ),
    ("xtask", &["context", "knowledge", "model", "project", "syntax"]),
];

/// Crates that may touch the disk, the clock or the environment.
const WITH_IO: &[&str] = &["index", "project", "pylintdock", "server", "xtask"];

/// Libraries that belong to one crate only.
const OWNERS: &[(&str, &str)] = &[
    ("clap", "pylintdock"),
    ("codespan-reporting", "pylintdock"),
    ("notify", "pylintdock"),
    ("rayon", "pylintdock"),
    ("tokio", "server"),
    ("tower-lsp-server", "server"),
    ("ignore", "project"),
    ("tree-sitter", "shell"),
    ("ureq", "index"),
];

const MAX_LINES: usize = 500;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|it| panic!("{}: {it}", path.display()))
}

/// The manifests of all crates by name.
fn manifests() -> BTreeMap<String, toml::Table> {
    let mut res = BTreeMap::new();
    for entry in fs::read_dir(crates()).expect("crates/") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            let manifest: toml::Table = text(&path.join("Cargo.toml")).parse().expect("a manifest");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            assert_eq!(
                manifest["package"]["name"].as_str(),
                Some(name.as_str()),
                "folder = crate name"
            );
            res.insert(name, manifest);
        }
    }
    res
}

fn dependencies(manifest: &toml::Table) -> Vec<&str> {
    let table = manifest.get("dependencies").and_then(|it| it.as_table());
    table.map(|it| it.keys().map(String::as_str).collect()).unwrap_or_default()
}

/// Every Rust file of the workspace with its path.
fn sources() -> Vec<(PathBuf, String)> {
    let mut res = Vec::new();
    let mut waiting = vec![crates(), Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let content = text(&path);
                res.push((path, content));
            }
        }
    }
    res
}

/// The crate that a source file belongs to; `None` for tests.
fn crate_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(crates()).ok()?;
    Some(inside.components().next()?.as_os_str().to_string_lossy().into_owned())
}

#[test]
fn arrows_are_only_those_that_are_drawn() {
    let manifests = manifests();
    let drawn: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    for (name, manifest) in &manifests {
        let allowed = drawn.get(name.as_str()).unwrap_or_else(|| panic!("{name} is not drawn"));
        let own = dependencies(manifest).into_iter().filter(|it| manifests.contains_key(*it));
        for used in own {
            assert!(allowed.contains(&used), "{name} uses {used}, which is not drawn in ARROWS");
        }
    }
    assert_eq!(drawn.len(), manifests.len(), "ARROWS names a crate that does not exist");
}

#[test]
fn libraries_stay_with_their_owner() {
    for (name, manifest) in manifests() {
        for (library, owner) in OWNERS {
            let uses = dependencies(&manifest).contains(library);
            assert!(!uses || name == *owner, "{name} uses {library}, which belongs to {owner}");
        }
    }
}

#[test]
fn only_the_outer_crates_do_io() {
    for (path, content) in sources() {
        let Some(name) = crate_of(&path) else { continue };
        if WITH_IO.contains(&name.as_str()) {
            continue;
        }
        for word in
            ["std::fs", "std::net", "std::process", "std::env::", "SystemTime", "Instant::now"]
        {
            let is_test_module = path.to_string_lossy().contains("tests");
            if is_test_module {
                continue;
            }
            let is_in_tests = content.find("#[cfg(test)]");
            let found = content.find(word).filter(|it| is_in_tests.is_none_or(|tests| *it < tests));
            assert!(found.is_none(), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_engine_names_no_rule() {
    for (path, content) in sources() {
        if !matches!(crate_of(&path).as_deref(), Some("linter" | "model" | "project")) {
            continue;
        }
        if path.file_stem().is_some_and(|it| it == "tests") {
            continue;
        }
        let code = content.split("#[cfg(test)]").next().unwrap_or("");
        let code: String = code.lines().filter(|it| !it.trim_start().starts_with("//")).collect();
        for rule in rules::ALL.iter().filter(|it| it.name != linter::SUPPRESSION_UNUSED.name) {
            let literal = format!("\"{}\"", rule.name);
            assert!(!code.contains(&literal), "{} names {}", path.display(), rule.name);
        }
    }
}

#[test]
fn modules_say_what_they_are_for_and_stay_small() {
    for (path, content) in sources() {
        let place = path.display();
        assert!(content.starts_with("//! "), "{place} does not begin with a `//!` sentence");
        let n_lines = content.lines().count();
        assert!(n_lines <= MAX_LINES, "{place} has {n_lines} lines; two subjects are in it");
        let stem = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let is_vague = ["utils", "util", "common", "helpers", "helper", "types", "core", "misc"];
        assert!(!is_vague.contains(&stem.as_str()), "{place}: name it for a noun");
        for word in ["macro_rules!", "todo!(", "unimplemented!(", "#[ignore", "allow(dead_code)"] {
            let is_this_test = stem == "tidy";
            assert!(is_this_test || !content.contains(word), "{place} has {word}");
        }
    }
}

#[test]
fn rules_live_where_their_name_says() {
    for rule in rules::ALL.iter().filter(|it| it.name != linter::SUPPRESSION_UNUSED.name) {
        let module = crates().join("rules/src").join(format!("{}.rs", rule.name.replace('-', "_")));
        let content = text(&module);
        assert!(content.contains(&format!("\"{}\"", rule.name)), "{}", module.display());
        assert!(
            content.lines().count() <= 160,
            "{} is long: move a part to model",
            module.display()
        );
    }
    let mut names: Vec<&str> = Vec::new();
    for rule in rules::ALL {
        names.push(rule.name);
        names.extend(rule.aliases);
    }
    let n_names = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), n_names, "two rules answer to one name");
}

#[test]
fn the_map_of_the_crates_is_complete() {
    let map = text(&crates().join("README.md"));
    for (name, manifest) in manifests() {
        let description = manifest["package"]["description"].as_str().expect("a description");
        let row = format!("| `{name}` | {description} |");
        assert!(map.contains(&row), "crates/README.md lacks the row\n{row}");
    }
}
