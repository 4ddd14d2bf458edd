//! User, directory and shell in force at an instruction.

use knowledge::image::{Basis, Image};

use crate::{ImageReference, path};

/// Who runs a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum User {
    /// Root.
    Root,
    /// A name or number, without the group.
    Named(String),
    /// The base image or a variable decides.
    #[default]
    Unknown,
}

/// What holds at an instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Who runs commands.
    pub user: User,
    /// The absolute path of the working directory, when it is certain.
    pub directory: Option<String>,
    /// What SHELL says; empty for the default.
    pub shell: Vec<String>,
}

/// Docker's own images whose Dockerfile has no WORKDIR; `golang`, `redis` and others have one.
const AT_ROOT: [&str; 20] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "buildpack-deps",
    "busybox",
    "centos",
    "debian",
    "eclipse-temurin",
    "fedora",
    "gcc",
    "java",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "pypy",
    "python",
    "rockylinux",
    "ruby",
    "ubuntu",
];

impl State {
    /// What holds at the first instruction of a stage that is built from an image.
    pub(crate) fn of_image(reference: &ImageReference, image: &Image) -> State {
        let user = match image.user {
            knowledge::image::User::Root => User::Root,
            knowledge::image::User::Other(name) => User::Named(name.to_owned()),
            knowledge::image::User::Unknown => User::Unknown,
        };
        let repository = reference.repository.as_str();
        let own =
            ["docker.io/library/", "public.ecr.aws/docker/library/", "docker.io/", "library/"]
                .iter()
                .find_map(|it| repository.strip_prefix(it));
        let is_at_root =
            image.basis == Basis::Table && AT_ROOT.contains(&own.unwrap_or(repository));
        let directory = is_at_root.then(|| "/".to_owned());
        State { user, directory, shell: Vec::new() }
    }

    pub(crate) fn of_scratch() -> State {
        State { user: User::Root, directory: Some("/".to_owned()), shell: Vec::new() }
    }

    pub(crate) fn set_user(&mut self, value: Option<&str>) {
        self.user = match value.map(|it| it.split(':').next().unwrap_or(it)) {
            Some("root" | "0") => User::Root,
            Some(name) => User::Named(name.to_owned()),
            None => User::Unknown,
        };
    }

    pub(crate) fn set_directory(&mut self, value: Option<&str>) {
        self.directory = value.and_then(|it| self.path(it));
    }

    /// `written` as an absolute path, seen from the working directory.
    pub fn path(&self, written: &str) -> Option<String> {
        if written.starts_with('/') {
            return Some(path::clean(written));
        }
        self.directory.as_deref().map(|it| path::join(it, written))
    }
}
