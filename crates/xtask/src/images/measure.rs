//! Builds one Dockerfile and measures what comes out.

use super::builder::Builder;
use super::case::Settings;
use crate::program;
use serde::Serialize;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// A built image.
#[derive(Clone, Serialize)]
pub(super) struct Image {
    /// The size of all its layers, in bytes.
    pub(super) bytes: u64,
    /// The number of its layers, those of the base image included.
    pub(super) layers: usize,
    /// How long the build took, in seconds; only the base image was there before.
    pub(super) seconds: f64,
    /// What its program printed.
    #[serde(skip)]
    pub(super) printed: String,
    /// The compilers and header packages in it.
    pub(super) tools: Vec<String>,
    /// What a change of one source file costs.
    pub(super) rebuild: Option<Rebuild>,
}

/// The second build, after one source file changed.
#[derive(Clone, Serialize)]
pub(super) struct Rebuild {
    /// How long it took, in seconds.
    pub(super) seconds: f64,
    /// The steps that ran again, in the order of the build's output.
    pub(super) steps: Vec<String>,
}

/// Builds the Dockerfile in `context`, starts the case's check in the image, appends a line to the file to touch and builds again.
/// Where `shared`, steps that an earlier case has run are answered from the cache.
///
/// # Errors
///
/// The image does not build, or the program does not start: the end of what was printed.
pub(super) fn image(
    builder: &Builder,
    context: &Path,
    tag: &str,
    settings: &Settings,
    shared: bool,
) -> Result<Image, String> {
    let start = Instant::now();
    build(builder, context, tag, !shared).map_err(|it| format!("does not build: {it}"))?;
    let seconds = start.elapsed().as_secs_f64();
    let inspected = program::output(builder.docker().args([
        "image",
        "inspect",
        "--format",
        "{{.Size}} {{len .RootFS.Layers}}",
        tag,
    ]))?;
    let mut numbers = inspected.split_whitespace();
    let bytes = numbers.next().and_then(|it| it.parse().ok()).ok_or("the image has no size")?;
    let layers = numbers.next().and_then(|it| it.parse().ok()).ok_or("the image has no layers")?;
    let inside = |entrypoint: &str, words: &[&str], user: &[&str]| {
        let mut command = builder.docker();
        command
            .args(["run", "--rm", "--network=none"])
            .args(user)
            .args(["--entrypoint", entrypoint, tag])
            .args(words);
        program::output(&mut command)
    };
    let packages = inside(
        "dpkg-query",
        &["--show", "--showformat=${db:Status-Abbrev} ${Package}\\n"],
        &["--user=0"],
    )?;
    let printed = inside("sh", &["-c", &settings.check], &[])
        .map_err(|it| format!("does not start: {it}"))?;
    let rebuild = match &settings.touch {
        Some(file) => Some(rebuilt(builder, context, tag, file)?),
        None => None,
    };
    Ok(Image { bytes, layers, seconds, printed, tools: build_tools(&packages), rebuild })
}

fn rebuilt(builder: &Builder, context: &Path, tag: &str, file: &str) -> Result<Rebuild, String> {
    let path = context.join(file);
    let mut text = std::fs::read_to_string(&path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    text.push_str("\n# changed\n");
    program::write(&path, &text)?;
    let start = Instant::now();
    let log =
        build(builder, context, tag, false).map_err(|it| format!("does not build again: {it}"))?;
    Ok(Rebuild { seconds: start.elapsed().as_secs_f64(), steps: steps_run(&log) })
}

/// Builds the image and returns the builder's plain log.
fn build(
    builder: &Builder,
    context: &Path,
    tag: &str,
    from_nothing: bool,
) -> Result<String, String> {
    let file = context.join("Dockerfile");
    let text = std::fs::read_to_string(&file)
        .map_err(|error| format!("cannot read `{}`: {error}", file.display()))?;
    // A frontend would have to be fetched from a registry; the daemon's own one understands all that is written here.
    let first = text.lines().next().unwrap_or_default().replace(' ', "");
    if first.starts_with("#syntax=") {
        program::write(&file, text.split_once('\n').map_or("", |(_, rest)| rest))?;
    }
    let mut command = builder.docker();
    command.args(["build", "--network=host", "--progress=plain", "--tag", tag]);
    if from_nothing {
        command.arg("--no-cache");
    }
    let out = command
        .arg(context)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start docker: {error}"))?;
    let log = String::from_utf8_lossy(&out.stderr).into_owned();
    if out.status.success() {
        Ok(log)
    } else {
        Err(format!("`docker build` failed:\n{}", program::last_lines(&log)))
    }
}

/// The steps of a plain log that were not answered from the cache; a FROM is no step.
fn steps_run(log: &str) -> Vec<String> {
    let mut steps: Vec<(&str, &str, bool)> = Vec::new();
    for line in log.lines() {
        let Some((number, rest)) = line.split_once(' ') else { continue };
        if !number.starts_with('#') {
            continue;
        }
        if let Some((_, name)) = rest.strip_prefix('[').and_then(|it| it.split_once("] ")) {
            let is_ours = !rest.starts_with("[internal]")
                && !rest.starts_with("[auth]")
                && !name.starts_with("FROM ");
            if is_ours && !steps.iter().any(|(known, ..)| *known == number) {
                steps.push((number, name, false));
            }
        } else if rest.starts_with("DONE ")
            && let Some(step) = steps.iter_mut().find(|(known, ..)| *known == number)
        {
            step.2 = true;
        }
    }
    steps.into_iter().filter(|(.., ran)| *ran).map(|(_, name, _)| name.to_owned()).collect()
}

/// The installed packages of `dpkg-query`'s output that only a build needs.
fn build_tools(packages: &str) -> Vec<String> {
    let installed = packages.lines().filter_map(|it| it.strip_prefix("ii ")).map(str::trim);
    installed.filter(|it| is_build_tool(it)).map(str::to_owned).collect()
}

/// Whether a Debian package of this name is a compiler, a header package or another tool of a build.
fn is_build_tool(name: &str) -> bool {
    // `gcc-12-base` is a directory of documentation that the run-time library of every image pulls in.
    if name.ends_with("-base") {
        return false;
    }
    const TOOLS: &[&str] = &[
        "autoconf",
        "automake",
        "binutils",
        "bison",
        "build-essential",
        "cargo",
        "clang",
        "cmake",
        "cpp",
        "flex",
        "g++",
        "gcc",
        "gfortran",
        "make",
        "meson",
        "ninja-build",
        "pkg-config",
        "pkgconf",
        "rustc",
        "swig",
    ];
    let stem =
        name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.').trim_end_matches('-');
    name.ends_with("-dev") || TOOLS.contains(&name) || TOOLS.contains(&stem)
}

/// Ends a case: its images and, unless `shared`, what the builder remembers of earlier ones are removed, so that the disk does not fill.
pub(super) fn forget(builder: &Builder, tags: &[String], shared: bool) {
    let silent = |command: &mut Command| {
        // What cannot be removed goes with the store.
        let _ = program::output(command);
    };
    silent(builder.docker().args(["image", "rm", "--force"]).args(tags));
    // The second build has left the first one without a name.
    silent(builder.docker().args(["image", "prune", "--force"]));
    if !shared {
        // What is younger may belong to a case that is still being built.
        let old = ["builder", "prune", "--all", "--force", "--filter", "until=5m"];
        silent(builder.docker().args(old));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_steps_that_ran_count() {
        let log = "\
#1 [internal] load build definition from Dockerfile
#1 DONE 0.0s
#4 [builder 1/3] FROM docker.io/library/python:3.11-slim-bookworm
#4 DONE 0.0s
#5 [builder 2/3] RUN apt-get update
#5 CACHED
#6 [stage-1 2/3] COPY . .
#6 DONE 0.1s
#7 [stage-1 3/3] RUN --mount=type=bind,from=builder pip install x
#7 0.512 Looking in links: /wheels
#7 DONE 2.4s
#8 exporting to image
#8 DONE 0.2s
";
        assert_eq!(
            steps_run(log),
            ["COPY . .", "RUN --mount=type=bind,from=builder pip install x"]
        );
    }

    #[test]
    fn compilers_and_headers_are_build_tools() {
        for name in [
            "gcc",
            "gcc-12",
            "g++-12",
            "cpp-12",
            "libpq-dev",
            "make",
            "binutils",
            "linux-libc-dev",
            "pkg-config",
        ] {
            assert!(is_build_tool(name), "{name}");
        }
        for name in [
            "gcc-12-base",
            "libgcc-s1",
            "libpq5",
            "libstdc++6",
            "git",
            "makedev",
            "mariadb-common",
            "perl-base",
        ] {
            assert!(!is_build_tool(name), "{name}");
        }
        assert_eq!(build_tools("ii  gcc\nrc  make\nii  libpq5\n"), ["gcc"]);
    }
}
