//! Gives the program the commit that it is built from; nothing where git or the repository is absent.

use std::path::Path;
use std::process::Command;

fn main() {
    let version = std::env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let told = match commit() {
        Some(commit) => format!("{version} ({commit})"),
        None => version,
    };
    say(&format!("cargo::rustc-env=PYLINTDOCK_VERSION={told}"));
    say("cargo::rerun-if-changed=build.rs");
    // Only the repository itself tells when the commit changes.
    for file in ["../../.git/HEAD", "../../.git/logs/HEAD"] {
        if Path::new(file).exists() {
            say(&format!("cargo::rerun-if-changed={file}"));
        }
    }
}

/// Commit and day, such as `1a2b3c4 2026-11-21`.
fn commit() -> Option<String> {
    // Sources that were unpacked inside of another repository are not of its commit.
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    git(&["log", "-1", "--date=short", "--format=%h %cd"]).filter(|it| !it.is_empty())
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

fn say(line: &str) {
    println!("{line}");
}
