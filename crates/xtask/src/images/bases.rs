//! Stand-ins for the official base images, made from Debian's packages and the machine's own CPython; they stay on this machine.

use super::builder::Builder;
use super::{index, machine};
use crate::program;
use std::path::Path;
use std::process::Command;

const DEBIAN: &str = include_str!("../../../../tests/images/bases/debian.Dockerfile");
const SLIM: &str = include_str!("../../../../tests/images/bases/python-slim.Dockerfile");
const FULL: &str = include_str!("../../../../tests/images/bases/python.Dockerfile");
const UV: &str = include_str!("../../../../tests/images/bases/uv.Dockerfile");

/// What the official slim images leave out of every package.
const LEFT_OUT: &[&str] = &[
    "/usr/share/doc/*",
    "/usr/share/man/*",
    "/usr/share/info/*",
    "/usr/share/locale/*",
    "/usr/share/groff/*",
    "/usr/share/lintian/*",
];
/// The part of a CPython installation that the official images have.
const PYTHON_FILES: &[&str] = &[
    "include",
    "lib",
    "share",
    "bin/python",
    "bin/python3",
    "bin/python3.11",
    "bin/python3.11-config",
];

/// Makes the base images that `dockerfiles` name and the store lacks.
///
/// # Errors
///
/// A package cannot be fetched, or a step fails: what the program said.
pub(super) fn make(builder: &Builder, home: &Path, dockerfiles: &str) -> Result<(), String> {
    let work = home.join("bases");
    if !builder.has("debian:bookworm-slim") {
        minimal(builder, &work)?;
        machine_settings(&work.join("context/machine"))?;
        build(builder, &work, DEBIAN, "debian:bookworm-slim")?;
    }
    if !builder.has("python:3.11-slim-bookworm") {
        python(&work.join("context/python"))?;
        build(builder, &work, SLIM, "python:3.11-slim-bookworm")?;
    }
    if dockerfiles.contains("python:3.11-bookworm") && !builder.has("python:3.11-bookworm") {
        build(builder, &work, FULL, "python:3.11-bookworm")?;
    }
    let uv = dockerfiles
        .split_whitespace()
        .filter_map(|it| it.strip_prefix("--from=ghcr.io/astral-sh/uv:"))
        .next();
    if let Some(tag) = uv {
        let name = format!("ghcr.io/astral-sh/uv:{tag}");
        if !builder.has(&name) {
            build(builder, &work, UV, &name)?;
        }
    }
    std::fs::remove_dir_all(&work)
        .or_else(|error| if work.exists() { Err(error.to_string()) } else { Ok(()) })
}

fn build(builder: &Builder, work: &Path, dockerfile: &str, name: &str) -> Result<(), String> {
    let file = work.join("Dockerfile");
    program::write(&file, dockerfile)?;
    let context = work.join("context");
    std::fs::create_dir_all(&context)
        .map_err(|error| format!("cannot make `{}`: {error}", context.display()))?;
    super::say(&format!("base image {name}"));
    program::output(
        builder
            .docker()
            .args(["build", "--quiet", "--network=host", "--tag", name, "--file"])
            .arg(&file)
            .arg(&context),
    )?;
    Ok(())
}

/// Debian's smallest system, imported as `debian-minbase`.
fn minimal(builder: &Builder, work: &Path) -> Result<(), String> {
    std::fs::create_dir_all(work)
        .map_err(|error| format!("cannot make `{}`: {error}", work.display()))?;
    let tar = work.join("minbase.tar");
    let left_out = LEFT_OUT.iter().map(|it| format!("--dpkgopt=path-exclude={it}"));
    super::say("base image debian:bookworm-slim");
    program::output(
        Command::new("mmdebstrap")
            .args(["--quiet", "--variant=minbase", "--include=adduser,debian-archive-keyring"])
            .args(left_out)
            .args(["--dpkgopt=path-include=/usr/share/doc/*/copyright", "--aptopt=Acquire::Languages \"none\""])
            .args(["--aptopt=Acquire::Check-Valid-Until \"false\"", "--aptopt=Acquire::Check-Date \"false\""])
            .args(["--customize-hook=rm -rf \"$1\"/etc/apt/apt.conf.d/99mmdebstrap \"$1\"/etc/dpkg/dpkg.cfg.d/99mmdebstrap \"$1\"/var/lib/apt/lists/* \"$1\"/var/cache/apt/*.bin \"$1\"/var/log/*"])
            .arg("--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr")
            .arg(machine::RELEASE)
            .arg(&tar)
            .args(machine::sources().lines()),
    )?;
    program::output(
        builder
            .docker()
            .args(["import", "--change", "CMD [\"bash\"]"])
            .arg(&tar)
            .arg("debian-minbase"),
    )?;
    Ok(())
}

/// The files by which apt-get and pip reach their indexes from inside a RUN.
fn machine_settings(root: &Path) -> Result<(), String> {
    program::write(&root.join("etc/apt/sources.list"), &machine::sources())?;
    program::write(
        &root.join("etc/apt/apt.conf.d/99stand-in"),
        "Acquire::Check-Valid-Until \"false\";\nAcquire::Check-Date \"false\";\nAPT::Sandbox::User \"root\";\nDPkg::Lock::Timeout \"600\";\n",
    )?;
    // As in the official images: packages are not kept after they are installed, and lists are compressed.
    program::write(
        &root.join("etc/apt/apt.conf.d/docker-clean"),
        "DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };\n\
         Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\n\
         Acquire::GzipIndexes \"true\";\nAcquire::Languages \"none\";\nApt::AutoRemove::SuggestsImportant \"false\";\n",
    )?;
    let left_out: String = LEFT_OUT.iter().map(|it| format!("path-exclude={it}\n")).collect();
    program::write(
        &root.join("etc/dpkg/dpkg.cfg.d/docker"),
        &format!("{left_out}path-include=/usr/share/doc/*/copyright\nforce-unsafe-io\n"),
    )?;
    program::write(
        &root.join("etc/pip.conf"),
        &format!(
            "[global]\nindex-url = http://127.0.0.1:{}/simple\ncert = /etc/ssl/certs/ca-certificates.crt\ndisable-pip-version-check = true\n",
            index::PORT
        ),
    )?;
    for path in machine::certificates() {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
        let Some(name) = path.file_name() else { continue };
        program::write(&root.join("usr/local/share/ca-certificates").join(name), &text)?;
    }
    Ok(())
}

/// Copies the machine's CPython, without what was installed into it, and notes where it stood.
fn python(target: &Path) -> Result<(), String> {
    let source = machine::python().ok_or("no CPython of pyenv is here")?;
    std::fs::create_dir_all(target)
        .map_err(|error| format!("cannot make `{}`: {error}", target.display()))?;
    let tar = target.with_extension("tar");
    program::output(
        Command::new("tar")
            .arg("--directory")
            .arg(&source)
            .args([
                "--exclude=site-packages/*",
                "--exclude=__pycache__",
                "--exclude=python3.11/test",
                "--exclude=tests",
            ])
            .args([
                "--exclude=idle_test",
                "--exclude=libpython*.a",
                "--exclude=share/man",
                "--create",
                "--file",
            ])
            .arg(&tar)
            .args(PYTHON_FILES),
    )?;
    program::output(
        Command::new("tar").arg("--directory").arg(target).args(["--extract", "--file"]).arg(&tar),
    )?;
    std::fs::remove_file(&tar).map_err(|error| error.to_string())?;
    program::write(&target.join(".prefix"), &source.display().to_string())
}
