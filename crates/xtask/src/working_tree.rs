//! Where this working tree builds to, and what the machine it is on offers.

use std::path::PathBuf;
use std::process::Command;

use crate::program;

/// Names another pylintdock than the one of this working tree.
const PROGRAM: &str = "PYLINTDOCK";

/// The pylintdock to try: the one that is named, or that of this working tree, built now.
pub(crate) fn pylintdock() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(PROGRAM) {
        return std::path::absolute(path).map_err(|error| error.to_string());
    }
    program::output(Command::new(env!("CARGO")).args([
        "build",
        "--quiet",
        "--package",
        "pylintdock",
    ]))?;
    Ok(target()?.join("debug/pylintdock"))
}

/// The folder of everything that cargo builds.
pub(crate) fn target() -> Result<PathBuf, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    own.ancestors()
        .nth(2)
        .map(std::path::Path::to_path_buf)
        .ok_or_else(|| "this program stands in no folder".to_owned())
}

/// The Debian mirror of the machine.
pub(crate) fn debian_mirror() -> String {
    let first = debian_mirrors().into_iter().next();
    first.unwrap_or_else(|| "http://deb.debian.org/debian".to_owned())
}

/// All mirrors that apt is told of: Debian, then its security updates.
pub(crate) fn debian_mirrors() -> Vec<String> {
    let text =
        std::fs::read_to_string("/etc/apt/sources.list.d/debian.sources").unwrap_or_default();
    text.lines().filter_map(|it| it.strip_prefix("URIs:")).map(|it| it.trim().to_owned()).collect()
}
