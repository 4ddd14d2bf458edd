//! Debian sid in a folder: Neovim and Helix of this year, without a change of the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Setting;
use crate::{program, working_tree};

/// The packages of the editors.
const PACKAGES: &str = "neovim,hx";
/// Where projects lie in the folder.
const WORK: &str = "work";

/// A folder with Debian sid, the editors and the pylintdock that is tried.
pub(super) struct Debian {
    root: PathBuf,
}

impl Debian {
    /// Makes the folder, unless an earlier run has.
    ///
    /// # Errors
    ///
    /// What the programs said that were called.
    pub(super) fn install(setting: &Setting<'_>) -> Result<Debian, String> {
        program::install(&[("mmdebstrap", "mmdebstrap"), ("unshare", "util-linux")])?;
        let root = setting.home.join("sid");
        let is_made = root.join("usr/bin/hx").exists() && root.join("usr/bin/nvim").exists();
        if !is_made {
            if root.exists() {
                std::fs::remove_dir_all(&root)
                    .map_err(|error| format!("cannot empty `{}`: {error}", root.display()))?;
            }
            let source = format!("deb [trusted=yes] {} sid main", working_tree::debian_mirror());
            program::output(
                Command::new("mmdebstrap")
                    .args(["--variant=apt", "--aptopt=Acquire::Check-Valid-Until \"false\""])
                    .arg(format!("--include={PACKAGES}"))
                    .arg("sid")
                    .arg(&root)
                    .arg(source),
            )?;
        }
        let debian = Debian { root };
        let copy = debian.path("usr/local/bin/pylintdock");
        std::fs::copy(setting.program, &copy)
            .map_err(|error| format!("cannot copy pylintdock to `{}`: {error}", copy.display()))?;
        Ok(debian)
    }

    /// A path in the folder as the machine sees it.
    pub(super) fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        self.root.join(inside)
    }

    /// The place of a project as the machine sees it.
    pub(super) fn project(&self, name: &str) -> PathBuf {
        self.path(WORK).join(name)
    }

    /// A command that runs `line` of a shell in a project's folder. Programs there look for their own files by `/proc`.
    pub(super) fn command(&self, project: &str, line: &str) -> Command {
        let outer = "mount --bind /proc \"$0/proc\" && exec chroot \"$0\" sh -c \"$1\"";
        let inner = format!("cd /{WORK}/{project} && {line}");
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", outer]).arg(&self.root).arg(inner);
        command.env("HOME", "/root").env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        command
    }
}
