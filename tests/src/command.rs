//! The `pylintdock` command as a person runs it.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// What a run of the command printed, and its exit status.
#[derive(Debug)]
pub struct Run {
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
    /// The exit status; -1 when it was killed.
    pub status: i32,
}

/// Runs `pylintdock` in `directory` with `input` on standard input.
pub fn run(
    directory: &Path,
    arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
    input: &[u8],
) -> Run {
    let mut child = command(directory)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input is piped");
    // A command that does not read its input closes it; that is no fault.
    let _may_be_closed = stdin.write_all(input);
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().expect("the command ends");
    let text = |bytes| String::from_utf8(bytes).expect("the output is text");
    Run { output: text(stdout), errors: text(stderr), status: status.code().unwrap_or(-1) }
}

/// `pylintdock` in a directory, with nothing of the caller's environment that changes its output.
pub fn command(directory: &Path) -> Command {
    let mut command = Command::new(binary());
    command.current_dir(directory);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "RUST_BACKTRACE"] {
        command.env_remove(name);
    }
    command
}

/// The binary, built once with the profile of the running test.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(build)
}

fn build() -> PathBuf {
    // <target>/[<triple>/]<profile>/deps/<test>
    let test = std::env::current_exe().expect("a running program has a path");
    let directory = test.parent().and_then(Path::parent).expect("tests lie in deps");
    let profile = directory.file_name().and_then(OsStr::to_str).unwrap_or("debug");
    let above = directory.parent().expect("a profile is in the target directory");
    let is_target = above.join("CACHEDIR.TAG").exists() || above.join(".rustc_info.json").exists();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(["build", "--quiet", "--workspace", "--bin", "pylintdock"]);
    cargo.args(["--profile", if profile == "debug" { "dev" } else { profile }]);
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    if is_target {
        cargo.arg("--target-dir").arg(above);
    } else {
        let triple = above.file_name().expect("a triple is a directory");
        cargo.arg("--target").arg(triple);
        cargo.arg("--target-dir").arg(above.parent().unwrap_or(above));
    }
    let status = cargo.status().expect("cargo starts");
    assert!(status.success(), "pylintdock could not be built");
    directory.join(format!("pylintdock{}", std::env::consts::EXE_SUFFIX))
}
