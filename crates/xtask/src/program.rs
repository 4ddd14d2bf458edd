//! Runs a program of the machine and says what went wrong when it fails.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// The lines of a program's last words that a message repeats.
const LAST_LINES: usize = 15;

/// What the program `command` prints on standard output.
///
/// # Errors
///
/// The program cannot be started, or ends with another code than 0: its name and the end of what it printed.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = name(command);
    let out = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start `{name}`: {error}"))?;
    let stdout = String::from_utf8_lossy(&out.stdout).into_owned();
    if out.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&out.stderr);
    Err(format!("`{name}` failed ({}):\n{}", out.status, last_lines(&format!("{stdout}{stderr}"))))
}

/// A command for a program that runs in the background: it is told to end when this process does, however that ends.
pub(crate) fn background(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command
}

/// Whether a program called `name` can be found in the search path.
pub(crate) fn exists(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|it| it.join(name).is_file()))
}

/// Installs the programs of a list that are missing; beside each stands the Debian package that has it.
///
/// # Errors
///
/// What apt-get said.
pub(crate) fn install(programs: &[(&str, &str)]) -> Result<(), String> {
    let missing: Vec<&str> =
        programs.iter().filter(|(it, _)| !exists(it)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    output(Command::new("apt-get").args(["-qq", "update"]))?;
    output(
        Command::new("apt-get")
            .env("DEBIAN_FRONTEND", "noninteractive")
            .args([
                "-qq",
                "-o",
                "DPkg::Lock::Timeout=600",
                "install",
                "--yes",
                "--no-install-recommends",
            ])
            .args(&missing),
    )?;
    Ok(())
}

/// Writes `text` to the file `path` and makes the folders above it.
///
/// # Errors
///
/// The disk refuses: the path and the reason.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("cannot make `{}`: {error}", folder.display()))?;
    }
    std::fs::write(path, text)
        .map_err(|error| format!("cannot write `{}`: {error}", path.display()))
}

/// The last lines of `text`, for a message.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|it| !it.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

fn name(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let text = words.take(6).map(|it| it.to_string_lossy()).collect::<Vec<_>>().join(" ");
    text.lines().next().unwrap_or_default().to_owned()
}
