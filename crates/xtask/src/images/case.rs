//! One project of `tests/images`: a Dockerfile, the files around it, and how it is checked.

use crate::program;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The name of the file that says how a case is checked; it is not part of the build context.
pub(super) const SETTINGS: &str = "case.toml";
/// The folder of a case whose folders are repositories, served on loopback; it is not part of the build context.
pub(super) const REPOSITORIES: &str = "git";

/// A project that is built before and after the fix.
pub(super) struct Case {
    /// The name of its folder.
    pub(super) name: String,
    /// The folder.
    pub(super) folder: PathBuf,
    /// What its `case.toml` says.
    pub(super) settings: Settings,
}

/// What a `case.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    /// The project in one line, for the table.
    pub(super) about: String,
    /// A shell command that starts the program; it runs in both images without a network, and must print the same in both.
    pub(super) check: String,
    /// A source file that gets one more line before the images are built again.
    pub(super) touch: Option<String>,
    /// Folders that are too big for a repository: made when the case is built, with this many megabytes in each.
    #[serde(default)]
    pub(super) folders: BTreeMap<String, u64>,
    /// It is one of those that `--ci` builds: together they have every shape.
    #[serde(default)]
    pub(super) ci: bool,
    /// Build tools that the shipped image may keep, because the program calls them.
    #[serde(default)]
    pub(super) keeps: Vec<String>,
    /// Applied are the safe fixes; held to this bar.
    pub(super) safe: Option<Bar>,
    /// Applied are the unsafe fixes too; held to this bar.
    #[serde(rename = "unsafe")]
    pub(super) with_unsafe: Option<Bar>,
    /// Applied are all fixes of all rules, also of those that are off by default; held to this bar.
    pub(super) every_rule: Option<Bar>,
}

/// What a fixed image is held to.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bar {
    /// The largest size after the fix, as a part of the size before.
    pub(super) ratio: Option<f64>,
}

/// The cases below `root`, in the order of their names; only those in `names` unless that is empty.
///
/// # Errors
///
/// A `case.toml` that cannot be read or understood, or a name without a case.
pub(super) fn read(root: &Path, names: &[&str]) -> Result<Vec<Case>, String> {
    let folders = std::fs::read_dir(root)
        .map_err(|error| format!("cannot read `{}`: {error}", root.display()))?;
    let mut cases = Vec::new();
    for folder in folders.filter_map(Result::ok).map(|it| it.path()) {
        let (file, Some(name)) =
            (folder.join(SETTINGS), folder.file_name().and_then(|it| it.to_str()))
        else {
            continue;
        };
        if !file.is_file() || !(names.is_empty() || names.contains(&name)) {
            continue;
        }
        let text = std::fs::read_to_string(&file)
            .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
        let settings = toml::from_str(&text)
            .map_err(|error| format!("cannot understand `{}`: {error}", file.display()))?;
        cases.push(Case { name: name.to_owned(), folder: folder.clone(), settings });
    }
    cases.sort_by(|one, other| one.name.cmp(&other.name));
    match names.iter().find(|name| !cases.iter().any(|it| it.name == **name)) {
        Some(name) => Err(format!("there is no case `{name}` below `{}`", root.display())),
        None => Ok(cases),
    }
}

impl Case {
    /// The fixes that are tried, each with its bar.
    pub(super) fn fixes(&self) -> Vec<(&'static str, Bar)> {
        let safe = self.settings.safe.map(|it| ("safe", it));
        let with_unsafe = self.settings.with_unsafe.map(|it| ("unsafe", it));
        let every_rule = self.settings.every_rule.map(|it| ("every-rule", it));
        safe.into_iter().chain(with_unsafe).chain(every_rule).collect()
    }

    /// Puts the build context into the new folder `target`.
    ///
    /// # Errors
    ///
    /// The disk refuses.
    pub(super) fn lay_out(&self, target: &Path) -> Result<(), String> {
        program::output(Command::new("cp").arg("--archive").arg(&self.folder).arg(target))?;
        let refused =
            |error: std::io::Error| format!("cannot lay out `{}`: {error}", target.display());
        std::fs::remove_file(target.join(SETTINGS)).map_err(refused)?;
        if target.join(REPOSITORIES).is_dir() {
            std::fs::remove_dir_all(target.join(REPOSITORIES)).map_err(refused)?;
        }
        for (name, megabytes) in &self.settings.folders {
            let folder = target.join(name);
            std::fs::create_dir_all(&folder).map_err(refused)?;
            // Several files, as data has; what is in them does not matter, since a layer's size is that of its files.
            for part in 0..4 {
                let mut file =
                    File::create(folder.join(format!("part-{part}.bin"))).map_err(refused)?;
                for _ in 0..megabytes * 4 {
                    file.write_all(&[b'0'; 62_500]).map_err(refused)?;
                }
            }
        }
        Ok(())
    }

    /// Makes each folder in the case's `git` folder a repository below `target`, with everything in one commit, tagged `v1.0`.
    ///
    /// # Errors
    ///
    /// What git said.
    pub(super) fn make_repositories(&self, target: &Path) -> Result<(), String> {
        let Ok(folders) = std::fs::read_dir(self.folder.join(REPOSITORIES)) else { return Ok(()) };
        for folder in folders.filter_map(Result::ok) {
            let repository = target.join(folder.file_name());
            std::fs::create_dir_all(target)
                .map_err(|error| format!("cannot make `{}`: {error}", target.display()))?;
            program::output(
                Command::new("cp").arg("--archive").arg(folder.path()).arg(&repository),
            )?;
            let git = |words: &[&str]| {
                let mut command = Command::new("git");
                command
                    .arg("-C")
                    .arg(&repository)
                    .args(["-c", "user.name=nobody", "-c", "user.email=nobody@example.org"])
                    .args(words);
                program::output(&mut command)
            };
            git(&["init", "--quiet"])?;
            git(&["add", "--all"])?;
            git(&["commit", "--quiet", "--no-gpg-sign", "--message=all"])?;
            git(&["tag", "v1.0"])?;
        }
        Ok(())
    }
}
