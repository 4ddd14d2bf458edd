//! What the suite needs of the machine it runs on: whether it can run here, and the settings by which packages are reached.

use crate::{program, working_tree};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release that the stand-ins are made of. The machine's own Python is linked to this release's libraries.
pub(super) const RELEASE: &str = "bookworm";
/// The Python of the stand-ins.
pub(super) const PYTHON: &str = "3.11";

/// Programs the suite calls, with the Debian package of each.
pub(super) const PROGRAMS: &[(&str, &str)] =
    &[("mmdebstrap", "mmdebstrap"), ("curl", "curl"), ("git", "git"), ("tar", "tar")];

/// Why the suite cannot run on this machine, if it cannot.
pub(super) fn obstacle() -> Option<String> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Some("the stand-ins are made for Linux on x86-64".to_owned());
    }
    let is_root = program::output(Command::new("id").arg("-u")).is_ok_and(|it| it.trim() == "0");
    if !is_root {
        return Some("an image builder of its own needs root".to_owned());
    }
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if !system.lines().any(|it| it == format!("VERSION_CODENAME={RELEASE}")) {
        return Some(format!(
            "the base images are made from the machine's own packages, which must be Debian {RELEASE}'s"
        ));
    }
    if python().is_none() {
        return Some(format!("no CPython {PYTHON} of pyenv is here to put into the base images"));
    }
    None
}

/// The folder of the newest CPython 3.11 that pyenv has built, or nothing.
pub(super) fn python() -> Option<PathBuf> {
    let root = std::env::var_os("PYENV_ROOT")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|it| PathBuf::from(it).join(".pyenv")))?;
    let versions = std::fs::read_dir(root.join("versions")).ok()?;
    let patch =
        |path: &Path| path.file_name()?.to_str()?.strip_prefix("3.11.")?.parse::<u32>().ok();
    versions
        .filter_map(Result::ok)
        .map(|it| it.path())
        .filter_map(|it| Some((patch(&it)?, it)))
        .max()
        .map(|(_, path)| path)
}

/// The lines of a `sources.list` that reach Debian as the machine does, security updates included.
pub(super) fn sources() -> String {
    let security = working_tree::debian_mirrors()
        .into_iter()
        .nth(1)
        .unwrap_or_else(|| "http://deb.debian.org/debian-security".to_owned());
    let key = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg";
    format!(
        "deb [{key}] {} {RELEASE} main\ndeb [{key}] {security} {RELEASE}-security main\n",
        working_tree::debian_mirror()
    )
}

/// The Python index of the machine.
pub(super) fn python_index() -> String {
    let told = std::env::var("PIP_INDEX_URL").ok().filter(|it| !it.is_empty());
    told.unwrap_or_else(|| "https://pypi.org/simple".to_owned()).trim_end_matches('/').to_owned()
}

/// Certificates that were added to the machine's own.
pub(super) fn certificates() -> Vec<PathBuf> {
    let Ok(files) = std::fs::read_dir("/usr/local/share/ca-certificates") else {
        return Vec::new();
    };
    files
        .filter_map(Result::ok)
        .map(|it| it.path())
        .filter(|it| it.extension().is_some_and(|it| it == "crt"))
        .collect()
}
