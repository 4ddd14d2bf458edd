//! The projects that are opened, and what the command makes of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::program;

/// Lays the project `name` of the tests out as the new folder `target`.
///
/// # Errors
///
/// The disk refuses.
pub(super) fn lay_out(name: &str, target: &Path) -> Result<(), String> {
    if target.exists() {
        std::fs::remove_dir_all(target)
            .map_err(|error| format!("cannot empty `{}`: {error}", target.display()))?;
    }
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|error| format!("cannot make `{}`: {error}", parent.display()))?;
    }
    let source = super::own_files().join("projects").join(name);
    program::output(Command::new("cp").arg("--archive").arg(&source).arg(target)).map(|_| ())
}

/// Compares a folder with what `pylintdock check --fix` makes of the project `name`.
///
/// # Errors
///
/// They differ, or the command changed nothing.
pub(super) fn compare(name: &str, edited: &Path, pylintdock: &Path) -> Result<(), String> {
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let fixed = temporary.path().join("fixed");
    lay_out(name, &fixed)?;
    let before = files(&fixed)?;
    let status = Command::new(pylintdock)
        .args(["check", "--quiet", "--fix", "Dockerfile"])
        .current_dir(&fixed)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| format!("cannot start pylintdock: {error}"))?;
    // 1 says that something is left to report, which is no failure here.
    if !matches!(status.code(), Some(0 | 1)) {
        return Err(format!("`pylintdock check --fix` failed: {status}"));
    }
    let expected = files(&fixed)?;
    if expected == before {
        return Err(format!("`pylintdock check --fix` changes nothing in the project `{name}`"));
    }
    let found = files(edited)?;
    for (path, text) in &expected {
        match found.get(path) {
            Some(it) if it == text => {}
            Some(it) => {
                return Err(format!(
                    "`{path}` of the project `{name}` is not what --fix writes:\n{it}\nbut should be\n{text}"
                ));
            }
            None => return Err(format!("`{path}` was not made in the project `{name}`")),
        }
    }
    match found.keys().find(|it| !expected.contains_key(*it)) {
        Some(path) => Err(format!("`{path}` was made in the project `{name}`, but not by --fix")),
        None => Ok(()),
    }
}

/// The files of a project, which has no folders but the editor's own.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, String> {
    let problem = |error| format!("cannot read `{}`: {error}", folder.display());
    let mut res = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.is_file() {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            res.insert(name, std::fs::read_to_string(&path).map_err(problem)?);
        }
    }
    Ok(res)
}
