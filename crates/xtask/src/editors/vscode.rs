//! VS Code as code-server in a headless Chromium, with the extension of `editors/vscode` as it is packaged.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Setting, block, instructions, own_files, project};
use crate::program;

/// The programs that are called, with the Debian package of each.
const PROGRAMS: &[(&str, &str)] = &[
    ("chromium", "chromium"),
    ("rg", "ripgrep"),
    ("pkg-config", "pkg-config"),
    ("make", "make"),
    ("c++", "g++"),
    ("krb5-config", "libkrb5-dev"),
    ("node", "nodejs"),
    ("npm", "npm"),
];

/// What makes code-server of its package: its own way ends at a download of ripgrep, which Debian has. The module of the
/// terminal is left out, which nothing here needs.
const BUILD: &str = "\
npm ci --no-audit --no-fund --ignore-scripts
npm rebuild argon2
cd node_modules/code-server/lib/vscode
npm install --no-audit --no-fund --omit=dev --ignore-scripts
npm rebuild @vscode/spdlog native-watchdog @parcel/watcher
(cd extensions && npm install --no-audit --no-fund --omit=dev --ignore-scripts && ln -sfn node_modules node_modules.asar)
ln -sfn node_modules node_modules.asar
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf \"$(command -v rg)\" node_modules/@vscode/ripgrep/bin/rg
";

/// The folders that are opened, and the project that each is.
const FOLDERS: [(&str, &str); 3] =
    [("quick-fix", "repair"), ("rewrite", "rewrite"), ("on-save", "repair")];

/// Shows, hovers, repairs, rewrites and fixes on save.
pub(super) fn test(setting: &Setting<'_>) -> Result<(), String> {
    program::install(PROGRAMS)?;
    let code_server = install(setting.home)?;
    let extension = package(setting)?;
    let work = tempfile::tempdir().map_err(|error| error.to_string())?;
    for (folder, name) in FOLDERS {
        project::lay_out(name, &work.path().join(folder))?;
    }
    let settings = block(&instructions("vscode/README.md")?, "## Fix on save", "json", "")?;
    program::write(&work.path().join("on-save/.vscode/settings.json"), &settings)?;
    program::output(
        Command::new("timeout")
            .args(["--kill-after=10", "400", "node"])
            .arg(own_files().join("vscode.mjs"))
            .args([&code_server, &extension, work.path(), setting.pictures]),
    )?;
    for (folder, name) in FOLDERS {
        project::compare(name, &work.path().join(folder), setting.program)
            .map_err(|it| format!("{folder}: {it}"))?;
    }
    Ok(())
}

/// Installs code-server and what drives the browser, unless an earlier run has; the result is their folder.
fn install(home: &Path) -> Result<PathBuf, String> {
    let folder = home.join("vscode");
    let locked = read(&own_files().join("package-lock.json"))?;
    let stamp = folder.join("built");
    let wanted = format!("{BUILD}{locked}");
    if std::fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) {
        return Ok(folder);
    }
    program::write(&folder.join("package.json"), &read(&own_files().join("package.json"))?)?;
    program::write(&folder.join("package-lock.json"), &locked)?;
    program::output(Command::new("sh").args(["-e", "-c", BUILD]).current_dir(&folder))?;
    program::write(&stamp, &wanted)?;
    Ok(folder)
}

/// Packages the extension with the pylintdock that is tried; the result is the package.
fn package(setting: &Setting<'_>) -> Result<PathBuf, String> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../editors/vscode");
    let stamp = source.join("node_modules/installed");
    let locked = read(&source.join("package-lock.json"))?;
    if std::fs::read_to_string(&stamp).is_ok_and(|it| it != locked) || !stamp.exists() {
        program::output(
            Command::new("npm")
                .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
                .current_dir(&source),
        )?;
        program::write(&stamp, &locked)?;
    }
    let package = setting.home.join("pylintdock-linux-x64.vsix");
    program::output(
        Command::new("node")
            .arg("package.mjs")
            .arg("linux-x64")
            .args([setting.program, &package])
            .current_dir(&source),
    )?;
    Ok(package)
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands behind a key in the lines of a workflow's matrix.
    fn values<'w>(workflow: &'w str, key: &str) -> Vec<&'w str> {
        let behind = workflow.lines().filter_map(|it| it.split_once(key)).map(|it| it.1);
        behind.filter_map(|it| it.split([',', ' ', '}']).find(|it| !it.is_empty())).collect()
    }

    #[test]
    fn a_release_has_a_package_for_the_platform_of_each_wheel() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let workflow = read(&root.join(".github/workflows/release.yml")).unwrap();
        let (wheels, rest) = workflow.split_once("\n  programs:\n").unwrap();
        let (_, extensions) = rest.split_once("\n  extensions:\n").unwrap();
        let (extensions, _) = extensions.split_once("\n  publish:\n").unwrap();
        let sorted = |mut targets: Vec<&str>| {
            targets.retain(|it| *it != "${{");
            targets.sort_unstable();
            targets.join("\n")
        };
        let of_wheels = sorted(values(wheels, " target:"));
        assert!(!of_wheels.is_empty());
        assert_eq!(sorted(values(extensions, " target:")), of_wheels);
        let script = read(&root.join("editors/vscode/package.mjs")).unwrap();
        let page = read(&root.join("editors/vscode/README.md")).unwrap();
        for platform in values(extensions, "{ platform:") {
            assert!(script.contains(&format!("'{platform}': [")), "{platform} is not known");
            assert!(page.contains(&format!("`{platform}`")), "{platform} is not on the page");
        }
    }
}
