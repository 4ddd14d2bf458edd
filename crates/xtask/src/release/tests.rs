//! That the version is the same everywhere, and what a release changes and refuses.

use super::*;
use std::fs;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[test]
fn the_version_is_the_same_wherever_it_stands() {
    let (version, n_places) = places::agree(&repository()).unwrap_or_else(|it| panic!("{it}"));
    assert_eq!(version.to_string(), env!("CARGO_PKG_VERSION"));
    assert!(n_places > 20, "{n_places}");
}

#[test]
fn the_version_stands_nowhere_else() {
    let version = env!("CARGO_PKG_VERSION");
    let places: Vec<_> = places::PLACES.iter().collect();
    for file in [
        "README.md",
        "action.yml",
        ".pre-commit-hooks.yaml",
        "pyproject.toml",
        "editors/README.md",
        "editors/vscode/README.md",
        ".github/workflows/release.yml",
    ] {
        let text = places::read(&repository(), file).expect("a file of the repository");
        let known = places.iter().filter(|(it, _)| *it == file);
        let n_known: usize = known.map(|(_, front)| places::found(&text, front).count()).sum();
        let n_all = text.matches(version).count();
        assert_eq!(n_all, n_known, "{file} names the version in a place that PLACES lacks");
    }
    let wheel: toml::Table =
        places::read(&repository(), "pyproject.toml").expect("it").parse().expect("TOML");
    assert_eq!(wheel["project"]["dynamic"][0].as_str(), Some("version"));
}

#[test]
fn every_crate_takes_the_version_of_the_workspace() {
    let mut manifests = vec![repository().join("tests/Cargo.toml")];
    for entry in fs::read_dir(repository().join("crates")).expect("crates/") {
        manifests.push(entry.expect("an entry").path().join("Cargo.toml"));
    }
    for path in manifests.into_iter().filter(|it| it.exists()) {
        let text = fs::read_to_string(&path).expect("a manifest");
        assert!(text.contains("\nversion.workspace = true\n"), "{}", path.display());
    }
}

/// A repository with the real files and a changelog of its own.
fn copy(changelog: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    for file in places::PLACES.iter().map(|it| it.0).chain([places::LOCK]) {
        let text = places::read(&repository(), file).expect("a file of the repository");
        let (version, _) = places::agree(&repository()).expect("a version");
        let fronts = places::PLACES.iter().filter(|it| it.0 == file);
        // The real version does not matter: it is 1.4.0 here.
        let mut copied = text.clone();
        for (_, front) in fronts {
            copied = copied.replace(&format!("{front}{version}"), &format!("{front}1.4.0"));
        }
        program::write(&root.join(file), &copied).expect("written");
    }
    let lock = "[[package]]\nname = \"other\"\nversion = \"1.4.0\"\nsource = \"registry\"\n\n\
                [[package]]\nname = \"syntax\"\nversion = \"1.4.0\"\ndependencies = [\n \"other\",\n]\n";
    program::write(&root.join(places::LOCK), lock).expect("written");
    program::write(&root.join("CHANGELOG.md"), changelog).expect("written");
    for arguments in [
        &["init", "--quiet"][..],
        &["config", "user.name", "someone"],
        &["config", "user.email", "someone@example.com"],
        &["config", "core.autocrlf", "false"],
        &["add", "--all"],
        &["commit", "--quiet", "--message", "all"],
    ] {
        git(root, arguments).expect("git");
    }
    folder
}

const CHANGELOG: &str =
    "# Changelog\n\n## Unreleased\n\n- a rule\n\n## 1.4.0 (2026-01-02)\n\n- another\n";

#[test]
fn a_release_changes_every_place_and_nothing_else() {
    let folder = copy(CHANGELOG);
    let version = Version::parse("1.5.0").expect("a version");
    let rewritten = prepare(folder.path(), version, "2026-11-21").expect("nothing to refuse");
    let files: Vec<&str> = rewritten.iter().map(|it| it.file).collect();
    let expected = [
        "Cargo.toml",
        "README.md",
        "action.yml",
        "editors/vscode/package.json",
        "editors/vscode/package-lock.json",
        "Cargo.lock",
        "CHANGELOG.md",
    ];
    assert_eq!(files, expected);
    for it in &rewritten {
        program::write(&folder.path().join(it.file), &it.after).expect("written");
        let n_lines = [&it.before, &it.after].map(|text| text.lines().count());
        let n_added = if it.file == "CHANGELOG.md" { 2 } else { 0 };
        assert_eq!(n_lines[0] + n_added, n_lines[1], "{}", it.file);
    }
    assert_eq!(places::agree(folder.path()).expect("they agree").0, version);
    let changelog = places::read(folder.path(), "CHANGELOG.md").expect("it");
    let expected = "# Changelog\n\n## Unreleased\n\n## 1.5.0 (2026-11-21)\n\n- a rule\n\n## 1.4.0 (2026-01-02)\n\n- another\n";
    assert_eq!(changelog, expected);
    let lock = places::read(folder.path(), "Cargo.lock").expect("it");
    assert!(lock.contains("name = \"other\"\nversion = \"1.4.0\""), "{lock}");
    assert!(lock.contains("name = \"syntax\"\nversion = \"1.5.0\""), "{lock}");
}

#[test]
fn a_release_is_refused_with_its_reason() {
    let cases = [
        ("1.4.0", CHANGELOG, "1.4.0 is not newer than 1.4.0"),
        ("1.3.9", CHANGELOG, "1.3.9 is older than 1.4.0"),
        (
            "1.5.0",
            "# Changelog\n\n## Unreleased\n\n## 1.4.0 (2026-01-02)\n\n- a rule\n",
            "is empty",
        ),
        ("1.5.0", "# Changelog\n\n## 1.4.0 (2026-01-02)\n", "no heading `## Unreleased`"),
        (
            "1.5.0",
            "# Changelog\n\n## Unreleased\n\n- a\n\n## 1.10.0 (2026-01-02)\n",
            "not newer than 1.10.0",
        ),
    ];
    for (version, changelog, reason) in cases {
        let folder = copy(changelog);
        let version = Version::parse(version).expect("a version");
        let error = prepare(folder.path(), version, "2026-11-21").map(|_| ()).expect_err("refused");
        assert!(error.contains(reason), "{error}");
    }
}

#[test]
fn a_first_release_takes_the_version_that_is_there() {
    let folder = copy("# Changelog\n\n## Unreleased\n\n- all of it\n");
    let version = Version::parse("1.4.0").expect("a version");
    let rewritten = prepare(folder.path(), version, "2026-11-21").expect("nothing to refuse");
    assert_eq!(rewritten.iter().map(|it| it.file).collect::<Vec<_>>(), ["CHANGELOG.md"]);
}

#[test]
fn a_tree_with_changes_and_a_version_with_a_tag_are_refused() {
    let folder = copy(CHANGELOG);
    let version = Version::parse("1.5.0").expect("a version");
    git(folder.path(), &["tag", "v1.5.0"]).expect("git");
    let error = prepare(folder.path(), version, "2026-11-21").map(|_| ()).expect_err("refused");
    assert!(error.contains("a tag v1.5.0"), "{error}");
    program::write(&folder.path().join("new.txt"), "").expect("written");
    let error = prepare(folder.path(), version, "2026-11-21").map(|_| ()).expect_err("refused");
    assert!(error.contains("new.txt"), "{error}");
}

#[test]
fn a_place_that_differs_is_named() {
    for (file, front) in places::PLACES.iter().skip(1) {
        let folder = copy(CHANGELOG);
        let path = folder.path().join(file);
        let text = fs::read_to_string(&path).expect("a file");
        let other = text.replace(&format!("{front}1.4.0"), &format!("{front}1.3.0"));
        assert_ne!(text, other, "{file}: {front}");
        program::write(&path, &other).expect("written");
        let error = places::agree(folder.path()).map(|_| ()).expect_err("they differ");
        assert!(error.starts_with(file) && error.contains("1.3.0"), "{error}");
    }
}

#[test]
fn versions_are_three_numbers() {
    for text in ["1.2", "1.2.3.4", "v1.2.3", "1.2.3-rc1", "1.02.3", "1..3", "", "1.2.3 "] {
        assert!(Version::parse(text).is_err(), "{text}");
    }
    let [older, newer] = ["1.9.12", "1.10.2"].map(|it| Version::parse(it).expect("a version"));
    assert!(older < newer);
    assert_eq!(newer.to_string(), "1.10.2");
}
