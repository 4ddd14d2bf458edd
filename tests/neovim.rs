//! Neovim itself, headless, with the configuration of `editors/neovim`: problems arrive, and the repaired buffer is
//! what `--fix` makes of the file. Passes where there is no Neovim of version 0.11 or later.

use std::fs;
use std::path::Path;
use std::process::Command;

use tests::command::{binary, run};

const TEXT: &str = "\
FROM python:3.12-slim
COPY requirements.txt .
RUN pip install -r requirements.txt
RUN apt-get update && apt-get install -y curl
CMD [\"python\"]
";

/// Whether a Neovim is here that knows `vim.lsp.enable`.
fn has_neovim() -> bool {
    let Ok(output) = Command::new("nvim").arg("--version").output() else { return false };
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.split_whitespace().nth(1).unwrap_or("");
    let mut numbers = version.trim_start_matches('v').split('.').map(|it| it.parse().unwrap_or(0));
    (numbers.next(), numbers.next()) >= (Some(0), Some(11))
}

#[test]
fn neovim_shows_and_repairs() {
    if !has_neovim() {
        eprintln!("skipped: no Neovim of version 0.11 or later is here");
        return;
    }
    let directory = tempfile::tempdir().expect("a folder");
    let folders = ["edited", "fixed"].map(|it| directory.path().join(it));
    for folder in &folders {
        fs::create_dir(folder).expect("a folder");
        fs::write(folder.join("Dockerfile"), TEXT).expect("a file");
        fs::write(folder.join("requirements.txt"), "flask\n").expect("a file");
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = binary().parent().expect("a folder").display().to_string();
    let path = std::env::var("PATH").unwrap_or_default();
    let runtime = here.join("../editors/neovim").canonicalize().expect("the configuration");
    let output = Command::new("nvim")
        .args(["--headless", "-u", "NONE", "--cmd"])
        .arg(format!("set runtimepath^={}", runtime.display()))
        .arg("-l")
        .arg(here.join("neovim.lua"))
        .current_dir(&folders[0])
        .env("PATH", format!("{program}:{path}"))
        .env("XDG_STATE_HOME", directory.path())
        .output()
        .expect("Neovim starts");
    let printed = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("3 pip-cache-kept"), "{printed}");
    let fixed = run(&folders[1], ["check", "--fix", "."], b"");
    let text = |at: usize| fs::read_to_string(folders[at].join("Dockerfile")).expect("a file");
    assert_eq!(text(0), text(1), "{fixed:?}\n{printed}");
    assert_ne!(text(0), TEXT);
}
