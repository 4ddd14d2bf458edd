//! `cargo xtask release`: moves the version on wherever it stands, closes the changelog, commits and tags; never pushes.

mod changelog;
mod places;
#[cfg(test)]
mod tests;
mod version;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program;
use places::Rewritten;
use version::Version;

const USAGE: &str = "\
usage: cargo xtask release VERSION [--check]
       cargo xtask release --check
  VERSION          three numbers, newer than every version in CHANGELOG.md
  VERSION --check  say what would be changed, and change nothing
  --check          say whether the version is the same wherever it stands";

/// Releases the version that `arguments` name from the repository around the current directory; returns what was done.
///
/// # Errors
///
/// The arguments mean nothing, the version stands in two forms, or the release is refused; nothing is changed then.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let top = program::output(Command::new("git").args(["rev-parse", "--show-toplevel"]))?;
    let root = PathBuf::from(top.trim());
    match arguments {
        ["--check"] => {
            let (version, n_places) = places::agree(&root)?;
            Ok(format!("{version} stands in all {n_places} places\n"))
        }
        [version, "--check"] | ["--check", version] => {
            let version = Version::parse(version)?;
            let rewritten = prepare(&root, version, &project::today().to_string())?;
            Ok(told(&rewritten) + "Nothing has been changed.\n")
        }
        [version] if !version.starts_with('-') => {
            let version = Version::parse(version)?;
            let rewritten = prepare(&root, version, &project::today().to_string())?;
            release(&root, version, &rewritten)?;
            Ok(told(&rewritten)
                + &format!(
                    "Committed, and tagged as v{version}. Nothing has been pushed: look at `git show v{version}`, then\n\
                     git push origin HEAD v{version}\n\
                     starts .github/workflows/release.yml, which builds and publishes.\n"
                ))
        }
        _ => Err(USAGE.to_owned()),
    }
}

/// The files as they are to be for `version` on the day `today`.
///
/// # Errors
///
/// Why there can be no such release: the tree has changes that are not committed, the version is not newer, it is
/// tagged already, nothing is told of it, or the places differ as it is.
fn prepare(root: &Path, version: Version, today: &str) -> Result<Vec<Rewritten>, String> {
    let changes = git(root, &["status", "--porcelain"])?;
    if !changes.is_empty() {
        return Err(format!("commit or stash these changes first:\n{changes}"));
    }
    let tag = format!("v{version}");
    if !git(root, &["tag", "--list", &tag])?.is_empty() {
        return Err(format!("there is a tag {tag} already; take a newer version"));
    }
    let (now, _) = places::agree(root)?;
    if version < now {
        return Err(format!("{version} is older than {now}, which Cargo.toml says"));
    }
    let mut res = places::rewritten(root, version)?;
    res.push(changelog::closed(root, version, today)?);
    Ok(res)
}

/// Writes the files, proves that cargo takes them, commits and tags; puts everything back if that cannot be done.
fn release(root: &Path, version: Version, rewritten: &[Rewritten]) -> Result<(), String> {
    for it in rewritten {
        program::write(&root.join(it.file), &it.after)?;
    }
    let (message, tag) = (format!("Release {version}"), format!("v{version}"));
    let done = cargo_takes_the_lock(root)
        .and_then(|()| git(root, &["commit", "--quiet", "--all", "--message", &message]))
        .and_then(|_| git(root, &["tag", "--annotate", "--message", &message, &tag]));
    let Err(error) = done else { return Ok(()) };
    for it in rewritten {
        program::write(&root.join(it.file), &it.before)?;
    }
    Err(format!("{error}\nthe files are as they were"))
}

/// Fails where the lock file does not fit the manifests.
fn cargo_takes_the_lock(root: &Path) -> Result<(), String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["metadata", "--quiet", "--locked", "--format-version=1"]);
    program::output(cargo.current_dir(root)).map(|_| ())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, String> {
    program::output(Command::new("git").arg("-C").arg(root).args(arguments))
}

/// What becomes of each file, each new line once.
fn told(rewritten: &[Rewritten]) -> String {
    let mut res = String::new();
    for it in rewritten {
        let (before, after): (Vec<&str>, Vec<&str>) =
            (it.before.lines().collect(), it.after.lines().collect());
        let is_new = |(number, line): &(usize, &&str)| match before.len() == after.len() {
            true => before.get(*number) != Some(*line),
            // The changelog gets a heading.
            false => !before.contains(*line),
        };
        let mut said: Vec<&str> = Vec::new();
        for (_, line) in after.iter().enumerate().filter(is_new) {
            if !said.contains(line) {
                res += &format!("{}: {}\n", it.file, line.trim());
                said.push(line);
            }
        }
    }
    res
}
