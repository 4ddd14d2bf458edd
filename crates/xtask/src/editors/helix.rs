//! Helix in a terminal that is read and typed into, with the configuration of its page.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::debian::Debian;
use super::{Setting, block, instructions, project};
use crate::program;

/// How long anything may take to appear.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the terminal is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// Goes from problem to problem and applies what is offered first.
pub(super) fn test(setting: &Setting<'_>) -> Result<(), String> {
    program::install(&[("tmux", "tmux")])?;
    let debian = Debian::install(setting)?;
    let languages = block(&instructions("README.md")?, "## Helix", "toml", "")?;
    program::write(&debian.path("root/.config/helix/languages.toml"), &languages)?;
    repair(&debian, setting)?;
    rewrite(&debian, setting)
}

fn repair(debian: &Debian, setting: &Setting<'_>) -> Result<(), String> {
    let folder = debian.project("helix-repair");
    project::lay_out("repair", &folder)?;
    let terminal = Terminal::start(&debian.command("helix-repair", "hx Dockerfile"))?;
    terminal.wait_for("keeps its cache in the layer")?;
    terminal.press(&["7", "g", "g", "w", "Space", "a"])?;
    let shown = terminal.wait_for("Add --no-cache-dir")?;
    program::write(&setting.pictures.join("helix-actions.txt"), &shown)?;
    terminal.press(&["Enter"])?;
    terminal.wait_for("pip install --no-cache-dir -r")?;
    terminal.press(&["3", "g", "g", "w", "Space", "a"])?;
    terminal.wait_for("Remove the lists")?;
    terminal.press(&["Enter"])?;
    terminal.wait_for("rm -rf /var/lib/apt/lists/*")?;
    terminal.press(&[":", "x", "Enter"])?;
    terminal.wait_for_end()?;
    project::compare("repair", &folder, setting.program)
}

fn rewrite(debian: &Debian, setting: &Setting<'_>) -> Result<(), String> {
    let folder = debian.project("helix-rewrite");
    project::lay_out("rewrite", &folder)?;
    let terminal = Terminal::start(&debian.command("helix-rewrite", "hx Dockerfile"))?;
    terminal.wait_for("stay in the shipped image")?;
    // On FROM, where the rewrite is the first that is offered.
    terminal.press(&["g", "g", "Space", "a"])?;
    let shown = terminal.wait_for("Rewrite as a multi-stage wheel build, saves ~")?;
    program::write(&setting.pictures.join("helix-rewrite.txt"), &shown)?;
    terminal.press(&["Enter"])?;
    terminal.wait_for("AS builder")?;
    terminal.press(&[":", "x", "Enter"])?;
    terminal.wait_for_end()?;
    project::compare("rewrite", &folder, setting.program)
}

/// A terminal of tmux, which ends with this value.
struct Terminal {
    socket: tempfile::TempDir,
}

impl Terminal {
    fn start(command: &Command) -> Result<Terminal, String> {
        let socket = tempfile::tempdir().map_err(|error| error.to_string())?;
        let terminal = Terminal { socket };
        let mut tmux = terminal.tmux();
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "40"]);
        for (name, value) in command.get_envs() {
            let value = value.unwrap_or(OsStr::new("")).to_string_lossy();
            tmux.arg("-e").arg(format!("{}={value}", name.to_string_lossy()));
        }
        tmux.arg("--").arg(command.get_program()).args(command.get_args());
        program::output(&mut tmux)?;
        Ok(terminal)
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        tmux.arg("-S")
            .arg(Path::new(self.socket.path()).join("tmux"))
            .env("TERM", "xterm-256color");
        tmux
    }

    /// Presses keys one after the other, as the editor takes those of a chord.
    fn press(&self, keys: &[&str]) -> Result<(), String> {
        for key in keys {
            program::output(self.tmux().args(["send-keys", key]))?;
            sleep(LOOK);
        }
        Ok(())
    }

    /// Waits until a text is shown; the result is all that is shown then.
    fn wait_for(&self, text: &str) -> Result<String, String> {
        let start = Instant::now();
        loop {
            let shown = program::output(self.tmux().args(["capture-pane", "-p"]))?;
            if shown.contains(text) {
                return Ok(shown);
            }
            if start.elapsed() > PATIENCE {
                return Err(format!("the editor never shows `{text}`, but\n{shown}"));
            }
            sleep(LOOK);
        }
    }

    /// Waits until the program has ended, and the terminal with it.
    fn wait_for_end(&self) -> Result<(), String> {
        let start = Instant::now();
        while program::output(self.tmux().arg("list-sessions")).is_ok() {
            if start.elapsed() > PATIENCE {
                return Err("the editor does not end".to_owned());
            }
            sleep(LOOK);
        }
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _has_ended_before = self.tmux().arg("kill-server").output();
    }
}
