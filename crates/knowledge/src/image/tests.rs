//! Images whose contents were looked up by hand.

use super::*;
use crate::release::release;

fn described(reference: &str) -> String {
    let (repository, tag) = match reference.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
        _ => (reference, None),
    };
    let image = image(repository, tag);
    let release = image.release.map_or("-", Release::name);
    let python = match image.python {
        Python::Absent => "no python".to_owned(),
        Python::Unknown => "python ?".to_owned(),
        Python::Present { version: None, .. } => "python".to_owned(),
        Python::Present { version: Some((major, minor)), patch, .. } => {
            let patch = patch.map_or(String::new(), |it| format!(".{it}"));
            format!("python {major}.{minor}{patch}")
        }
    };
    format!(
        "{} {release} {:?} {:?} {python} {:?}",
        image.distribution.name(),
        image.package_manager,
        image.variant,
        image.has_compiler,
    )
}

#[test]
fn references_are_understood() {
    for (reference, expected) in [
        ("python:3.12.4", "Debian bookworm Apt Full python 3.12.4 Yes"),
        ("python:3.12.4-slim-bullseye", "Debian bullseye Apt Slim python 3.12.4 No"),
        ("docker.io/library/python:3.6-stretch", "Debian stretch Apt Full python 3.6.14 Yes"),
        ("public.ecr.aws/docker/library/python:2.7", "Debian buster Apt Full python 2.7.18 Yes"),
        ("python:3.12-alpine3.19", "Alpine 3.19 Apk Alpine python 3.12.8 No"),
        ("arm64v8/python:3.9-slim-buster", "Debian buster Apt Slim python 3.9.17 No"),
        ("hub.example.com/library/python:3.12.4-slim", "Debian bookworm Apt Slim python 3.12.4 No"),
        ("python:3.99.1-slim", "Debian - Apt Slim python 3.99.1 No"),
        ("python:${V}-slim", "Debian - Apt Slim python No"),
        ("python:3.12-${OS}", "unknown - Unknown Unknown python 3.12 Unknown"),
        ("debian:12.5-slim", "Debian bookworm Apt Slim no python No"),
        ("ubuntu:22.04", "Ubuntu jammy Apt Plain no python No"),
        ("ubuntu:14.04.5", "Ubuntu trusty Apt Plain no python No"),
        ("alpine:3.19.1", "Alpine 3.19 Apk Plain no python No"),
        ("alpine:edge", "Alpine - Apk Plain no python No"),
        ("centos:7.6.1810", "CentOS 7 Yum Plain python ? No"),
        ("quay.io/centos/centos:stream9", "CentOS stream9 Dnf Plain python ? No"),
        ("fedora:28", "Fedora 28 Dnf Plain python ? No"),
        ("rockylinux:9-minimal", "Rocky Linux 9 Microdnf Minimal python ? No"),
        ("amazonlinux:2", "Amazon Linux 2 Yum Plain python ? No"),
        (
            "registry.access.redhat.com/ubi9/python-311",
            "Red Hat Enterprise Linux 9 Dnf Plain python 3.11 Yes",
        ),
        (
            "registry.redhat.io/ubi9/python-312-minimal:latest",
            "Red Hat Enterprise Linux 9 Microdnf Minimal python 3.12 No",
        ),
        ("public.ecr.aws/lambda/python:3.12", "Amazon Linux 2023 Dnf Plain python 3.12 No"),
        (
            "ghcr.io/astral-sh/uv:python3.12-bookworm-slim",
            "Debian bookworm Apt Slim python 3.12 No",
        ),
        ("ghcr.io/astral-sh/uv:0.5.1", "scratch - None Distroless no python No"),
        ("ghcr.io/astral-sh/uv:debian-slim", "Debian trixie Apt Slim no python No"),
        ("nvidia/cuda:12.1.0-devel-ubuntu22.04", "Ubuntu jammy Apt Development python ? Yes"),
        ("nvidia/cuda:9.0-base-ubuntu16.04", "Ubuntu xenial Apt Runtime python ? No"),
        ("tiangolo/uvicorn-gunicorn-fastapi:python3.11", "Debian - Apt Full python 3.11 Yes"),
        ("jupyter/scipy-notebook:python-3.11", "Ubuntu - Apt Plain python 3.11 Yes"),
        ("continuumio/miniconda3", "Debian - Apt Plain python No"),
        ("gcr.io/distroless/python3-debian12", "Debian bookworm None Distroless python 3.11 No"),
        ("cgr.dev/chainguard/python:latest-dev", "Wolfi - Apk Full python Yes"),
        ("bitnami/python:3.12-debian-12", "Debian bookworm Apt Full python 3.12 Yes"),
        (
            "mcr.microsoft.com/devcontainers/python:1-3.12-bookworm",
            "Debian bookworm Apt Full python 3.12 Yes",
        ),
        ("golang:1.22-alpine3.19", "Alpine 3.19 Apk Alpine python ? No"),
        ("node:20-bookworm-slim", "Debian bookworm Apt Slim python ? No"),
        ("node:20", "Debian - Apt Full python ? Yes"),
        ("rust:1.74-slim", "Debian - Apt Slim python ? Yes"),
        ("buildpack-deps:jammy", "Ubuntu jammy Apt Full python ? Yes"),
        ("gcr.io/oss-fuzz-base/base-builder:ubuntu-24-04", "Ubuntu noble Apt Plain python ? Yes"),
        ("golang:${GO}-alpine${ALPINE_VERSION}", "Alpine - Apk Alpine python ? No"),
        ("golang:${GO_slim}", "unknown - Unknown Unknown python ? Unknown"),
        ("buildpack-deps:jammy-curl", "Ubuntu jammy Apt Plain python ? No"),
        ("openjdk:11.0.3-jdk", "Debian - Apt Plain python ? Unknown"),
        ("mcr.microsoft.com/dotnet/sdk:6.0", "Debian bullseye Apt Plain python ? Unknown"),
        ("phusion/baseimage:0.11", "Ubuntu bionic Apt Plain python ? No"),
        ("demisto/python3:3.12.13.10404775", "Alpine - Apk Alpine python 3.12.13 Unknown"),
        ("nginx", "Debian - Apt Plain python ? Unknown"),
        ("ubi9/ubi-minimal:latest", "Red Hat Enterprise Linux 9 Microdnf Minimal python ? No"),
        ("docker.io/amd64/python:3.12.4-slim", "Debian bookworm Apt Slim python 3.12.4 No"),
        ("openjdk:8u171-jdk-slim", "Debian - Apt Slim python ? Unknown"),
        ("scratch", "scratch - None Distroless no python No"),
        ("acme/web:1.0-alpine3.18", "Alpine 3.18 Apk Alpine python ? Unknown"),
        ("acme/web:1.0", "unknown - Unknown Unknown python ? Unknown"),
        ("${BASE}", "unknown - Unknown Unknown python ? Unknown"),
    ] {
        assert_eq!(described(reference), expected, "{reference}");
    }
}

#[test]
fn tags_that_move_are_marked() {
    let floats = |tag: Option<&str>| {
        let image = image("python", tag);
        (image.release_floats, image.python_floats)
    };
    assert_eq!(floats(None), (true, true));
    assert_eq!(floats(Some("3")), (true, true));
    assert_eq!(floats(Some("3.12-slim")), (true, true));
    assert_eq!(floats(Some("3.12-bookworm")), (false, true));
    assert_eq!(floats(Some("3.12.4-slim")), (true, false));
    assert_eq!(floats(Some("3.12.4-slim-bookworm")), (false, false));
    let moved = image("python", Some("3.12")).moved;
    assert_eq!(moved, Date::parse("2025-08-11"));
    let frozen = image("python", Some("3.6-stretch")).last_rebuilt;
    assert_eq!(frozen, Date::parse("2021-08-16"));
    assert!(image("debian", Some("latest")).release_floats);
    assert!(!image("debian", Some("bookworm-slim")).release_floats);
}

#[test]
fn libc_follows_the_release() {
    let libc = |repository: &str, tag: &str| image(repository, Some(tag)).libc;
    assert_eq!(libc("python", "3.12-bookworm"), Libc::Glibc(Some((2, 36))));
    assert_eq!(libc("python", "3.12-alpine3.19"), Libc::Musl(Some((1, 2))));
    assert_eq!(libc("python", "3.6-alpine3.8"), Libc::Musl(Some((1, 1))));
    assert_eq!(libc("node", "20"), Libc::Glibc(None));
    assert_eq!(libc("scratch", "latest"), Libc::Unknown);
}

#[test]
fn users_and_variables_are_known() {
    let image = image("registry.access.redhat.com/ubi9/python-312", None);
    assert_eq!(image.user, User::Other("1001"));
    assert_eq!(image.environment.get("PIP_NO_CACHE_DIR"), Some("off"));
    assert_eq!(super::image("python", None).user, User::Root);
    assert_eq!(super::image("acme/web", None).user, User::Unknown);
    assert_eq!(super::image("python", Some("3.12-slim")).has_docker_clean, Answer::Yes);
    assert_eq!(super::image("python", Some("3.12-alpine")).has_docker_clean, Answer::No);
    assert_eq!(super::image("acme/web", Some("1-bookworm")).has_docker_clean, Answer::Unknown);
}

#[test]
fn slim_counterparts_exist() {
    for (tag, expected) in [
        ("3.12", Some("3.12-slim")),
        ("3.12-bookworm", Some("3.12-slim-bookworm")),
        ("3.12.4", Some("3.12.4-slim")),
        ("latest", Some("slim")),
        ("bookworm", Some("slim-bookworm")),
        ("3.6-stretch", Some("3.6-slim-stretch")),
        ("3.14.99-trixie", Some("3.14.99-slim-trixie")),
        ("3.12-slim", None),
        ("3.12-alpine", None),
        ("3.12-windowsservercore-ltsc2022", None),
        ("2.7-wheezy", None),
        ("$TAG", None),
        ("9.99", None),
    ] {
        assert_eq!(slim_counterpart(tag).as_deref(), expected, "{tag}");
    }
}

#[test]
fn glibc_counterparts_exist() {
    for (tag, expected) in [
        ("3.12-alpine3.19", Some("3.12-slim")),
        ("3.12.4-alpine", Some("3.12.4-slim")),
        ("alpine", Some("slim")),
        ("3.12-slim", None),
        ("${V}-alpine", None),
    ] {
        assert_eq!(glibc_counterpart(tag).as_deref(), expected, "{tag}");
    }
}

#[test]
fn pip_versions_are_known_for_older_images() {
    assert_eq!(pip_version("3.12.4"), Some("24.0"));
    assert_eq!(pip_version("3.99.0"), None);
    assert_eq!(release(Distribution::Debian, "stretch").map(Release::version), Some("9"));
}

#[test]
fn a_digest_fixes_what_floats() {
    let of = |repository: &str, tag: Option<&str>| {
        let image = image(repository, tag);
        (image.release.map(Release::name), image.python.version(), image.python_floats)
    };
    assert_eq!(of("python", Some("3.12@sha256:0a")), (None, Some((3, 12)), false));
    assert_eq!(of("python", Some("3.12-bookworm@sha256:0a")).0, Some("bookworm"));
    assert_eq!(of("python", Some("3-slim@sha256:0a")), (None, None, false));
    assert_eq!(of("python@sha256:0a", None), (None, None, false));
    assert_eq!(of("python", Some("@sha256:0a")), (None, None, false));
    assert_eq!(of("debian@sha256:0a", None).0, None);
    assert_eq!(image("debian@sha256:0a", None).package_manager, PackageManager::Apt);
}
