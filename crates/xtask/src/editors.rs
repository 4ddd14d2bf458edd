//! `cargo xtask editors`: opens the projects of `tests/editors` in real editors, repairs them there, and compares with
//! what the command writes.

mod debian;
mod helix;
mod neovim;
mod project;
mod vscode;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::{program, working_tree};

/// Names the folder that keeps the editors and the pictures between runs.
const HOME: &str = "PYLINTDOCK_EDITORS";

const USAGE: &str = "usage: cargo xtask editors [vscode|neovim|helix]…";

/// What every editor's test needs.
struct Setting<'a> {
    /// The pylintdock that is tried.
    program: &'a Path,
    /// What is installed for the tests, kept between runs.
    home: &'a Path,
    /// Where pictures go.
    pictures: &'a Path,
}

type Test = fn(&Setting<'_>) -> Result<(), String>;

const EDITORS: [(&str, Test); 3] =
    [("vscode", vscode::test), ("neovim", neovim::test), ("helix", helix::test)];

/// Runs the tests of the editors in `names`, or of all; returns what was done.
///
/// # Errors
///
/// An editor cannot be installed, or does not do what a person expects; a machine on which none can be installed is no
/// error.
pub(crate) fn run(names: &[&str]) -> Result<String, String> {
    let is_known = |name: &&str| EDITORS.iter().any(|it| it.0 == *name);
    if !names.iter().all(is_known) {
        return Err(USAGE.to_owned());
    }
    if let Some(reason) = obstacle() {
        return Ok(format!("skipped: {reason}\n"));
    }
    let pylintdock = working_tree::pylintdock()?;
    let home = match std::env::var_os(HOME) {
        Some(path) => std::path::absolute(PathBuf::from(path)).map_err(|it| it.to_string())?,
        None => working_tree::target()?.join("editors"),
    };
    let pictures = home.join("pictures");
    std::fs::create_dir_all(&pictures)
        .map_err(|error| format!("cannot make `{}`: {error}", pictures.display()))?;
    let setting = Setting { program: &pylintdock, home: &home, pictures: &pictures };
    let mut told = String::new();
    let mut faults = Vec::new();
    for (name, test) in EDITORS.iter().filter(|it| names.is_empty() || names.contains(&it.0)) {
        let start = Instant::now();
        let result = test(&setting);
        let seconds = start.elapsed().as_secs();
        match result {
            Ok(()) => told += &format!("{name}: shows and repairs as it should ({seconds} s)\n"),
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    told += &format!("pictures are in `{}`\n", pictures.display());
    if faults.is_empty() { Ok(told) } else { Err(format!("{told}{}", faults.join("\n"))) }
}

/// Why no editor can be tried on this machine, if that is so.
fn obstacle() -> Option<&'static str> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Some("the editors are installed for Linux on x86-64");
    }
    if !program::exists("apt-get") {
        return Some("the editors are installed from Debian");
    }
    let is_root = program::output(std::process::Command::new("id").arg("-u"))
        .is_ok_and(|it| it.trim() == "0");
    (!is_root).then_some("packages can only be installed by root")
}

/// The folder of the tests' own files.
fn own_files() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/editors")
}

/// A page of the instructions for editors.
fn instructions(name: &str) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors").join(name);
    std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

/// The first block of code below a heading of a page, in a language: what a reader copies is what is tried.
fn block(page: &str, heading: &str, language: &str, containing: &str) -> Result<String, String> {
    let section = page.split_once(&format!("\n{heading}\n")).map_or("", |it| it.1);
    let fence = format!("\n```{language}\n");
    let blocks = section.split(&fence).skip(1);
    let mut texts = blocks.filter_map(|it| it.split_once("\n```")).map(|it| it.0);
    let found = texts.find(|it| it.contains(containing));
    found
        .map(|it| it.to_owned() + "\n")
        .ok_or_else(|| format!("the page has no block with `{containing}` below `{heading}`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_what_is_tried() {
        let page = instructions("README.md").unwrap();
        assert!(block(&page, "## Helix", "toml", "").unwrap().contains("language-servers"));
        assert!(block(&page, "## Neovim 0.11 and later", "lua", "BufWritePre").is_ok());
        assert!(block(&page, "## Helix", "toml", "nothing of this").is_err());
        let page = instructions("vscode/README.md").unwrap();
        let settings = block(&page, "## Fix on save", "json", "").unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&settings).is_ok(), "{settings}");
    }
}
