//! What is known of a base image from its reference: distribution, libc, Python, compiler, user.

mod official;
mod repository;
mod successor;
mod tag;

pub use official::{glibc_counterpart, pip_version, slim_counterpart};
pub use successor::{is_python_tag, next_distribution, next_python, next_release, with_python};

use crate::date::Date;
use crate::names::Names;
use crate::release::Release;
use crate::table::Table;

pub(crate) static IMAGES: Table = Table::new(include_str!("../data/images.tsv"));
pub(crate) static PYTHON_TAGS: Table = Table::new(include_str!("../data/python-tags.tsv"));
pub(crate) static PYTHON_PIPS: Table = Table::new(include_str!("../data/python-image-pip.tsv"));

/// What an image reference says, as far as it is known without a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image {
    /// How the answer was found.
    pub basis: Basis,
    /// The Linux distribution.
    pub distribution: Distribution,
    /// The release of the distribution.
    pub release: Option<Release>,
    /// The tag moves on to newer releases of the distribution; `release` is the newest known one.
    pub release_floats: bool,
    /// The C library.
    pub libc: Libc,
    /// The program that installs system packages.
    pub package_manager: PackageManager,
    /// Which of the images of one repository it is.
    pub variant: Variant,
    /// The Python inside.
    pub python: Python,
    /// The tag moves on to newer versions of Python; `python` holds the newest known one.
    pub python_floats: bool,
    /// Whether a C compiler is inside.
    pub has_compiler: Answer,
    /// Who runs the commands that follow FROM.
    pub user: User,
    /// Variables that the image sets and that change what pip or uv does.
    pub environment: Environment,
    /// Whether `/etc/apt/apt.conf.d/docker-clean` deletes each package file after its installation.
    pub has_docker_clean: Answer,
    /// For a floating tag: the day on which it moved to `release`.
    pub moved: Option<Date>,
    /// The day on which the tag was last rebuilt, if it is no longer rebuilt.
    pub last_rebuilt: Option<Date>,
}

/// How an answer about an image was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Basis {
    /// The repository is in the table.
    Table,
    /// The repository is not known; the names used in it follow a widespread convention
    /// (`acme/web:1.0-alpine3.19`), and only what they say is filled in.
    Convention,
    /// Nothing is known.
    Unknown,
}

/// A yes or no that may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is so.
    Yes,
    /// It is not so.
    No,
    /// Not known: stay silent or say so.
    Unknown,
}

/// A Linux distribution, or what an image has in place of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Debian.
    Debian,
    /// Ubuntu.
    Ubuntu,
    /// Alpine, the one with musl.
    Alpine,
    /// Fedora.
    Fedora,
    /// Red Hat Enterprise Linux and its universal base images (UBI).
    RedHat,
    /// CentOS and CentOS Stream.
    CentOs,
    /// Rocky Linux.
    Rocky,
    /// AlmaLinux.
    Alma,
    /// Oracle Linux.
    Oracle,
    /// Amazon Linux.
    Amazon,
    /// openSUSE and SUSE Linux Enterprise.
    Suse,
    /// Arch Linux.
    Arch,
    /// Wolfi and Chainguard images.
    Wolfi,
    /// VMware Photon.
    Photon,
    /// Azure Linux, formerly CBL-Mariner.
    AzureLinux,
    /// BusyBox alone.
    BusyBox,
    /// The empty image.
    Scratch,
    /// Windows.
    Windows,
    /// Not known.
    Unknown,
}

impl Distribution {
    const NAMED: [(Distribution, &'static str, &'static str); 18] = [
        (Distribution::Debian, "debian", "Debian"),
        (Distribution::Ubuntu, "ubuntu", "Ubuntu"),
        (Distribution::Alpine, "alpine", "Alpine"),
        (Distribution::Fedora, "fedora", "Fedora"),
        (Distribution::RedHat, "redhat", "Red Hat Enterprise Linux"),
        (Distribution::CentOs, "centos", "CentOS"),
        (Distribution::Rocky, "rocky", "Rocky Linux"),
        (Distribution::Alma, "alma", "AlmaLinux"),
        (Distribution::Oracle, "oracle", "Oracle Linux"),
        (Distribution::Amazon, "amazon", "Amazon Linux"),
        (Distribution::Suse, "suse", "openSUSE"),
        (Distribution::Arch, "arch", "Arch Linux"),
        (Distribution::Wolfi, "wolfi", "Wolfi"),
        (Distribution::Photon, "photon", "Photon"),
        (Distribution::AzureLinux, "azure", "Azure Linux"),
        (Distribution::BusyBox, "busybox", "BusyBox"),
        (Distribution::Scratch, "scratch", "scratch"),
        (Distribution::Windows, "windows", "Windows"),
    ];

    /// The name for a reader, such as `Debian`; `unknown` if there is none.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|it| it.0 == self).map_or("unknown", |it| it.2)
    }

    /// Whether it is one of the family around Red Hat Enterprise Linux, with the same package names.
    pub fn is_red_hat_family(self) -> bool {
        matches!(
            self,
            Distribution::RedHat
                | Distribution::CentOs
                | Distribution::Rocky
                | Distribution::Alma
                | Distribution::Oracle
                | Distribution::Fedora
                | Distribution::Amazon
        )
    }

    /// The word that stands for it in the tables.
    pub(crate) fn key(self) -> &'static str {
        Self::NAMED.iter().find(|it| it.0 == self).map_or("", |it| it.1)
    }

    pub(crate) fn from_key(key: &str) -> Distribution {
        Self::NAMED.iter().find(|it| it.1 == key).map_or(Distribution::Unknown, |it| it.0)
    }
}

/// The C library of an image, with its version as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Libc {
    /// The GNU C library.
    Glibc(Option<(u8, u8)>),
    /// musl.
    Musl(Option<(u8, u8)>),
    /// Not known.
    Unknown,
}

/// The program that installs system packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackageManager {
    /// `apt-get` of Debian and Ubuntu.
    Apt,
    /// `apk` of Alpine and Wolfi.
    Apk,
    /// `dnf`; answers to the name `yum` as well.
    Dnf,
    /// `microdnf` of minimal images.
    Microdnf,
    /// `yum` of the time before `dnf`.
    Yum,
    /// `zypper` of SUSE.
    Zypper,
    /// `pacman` of Arch Linux.
    Pacman,
    /// `tdnf` of Photon and Azure Linux.
    Tdnf,
    /// There is none in the image.
    None,
    /// Not known.
    Unknown,
}

/// Which of the images of one repository a tag names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// The image with compilers and headers (`python:3.12`, from `buildpack-deps`).
    Full,
    /// A small Debian or Ubuntu image.
    Slim,
    /// The one on Alpine.
    Alpine,
    /// The retired images with ONBUILD instructions.
    Onbuild,
    /// A minimal image with a minimal package manager (`ubi-minimal`).
    Minimal,
    /// An image without a shell and package manager.
    Distroless,
    /// An image with the tools to compile for a GPU.
    Development,
    /// An image with the libraries of a GPU and no tools.
    Runtime,
    /// The only one, as of a distribution.
    Plain,
    /// Not known.
    Unknown,
}

/// The Python inside an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Python {
    /// There is none.
    Absent,
    /// There is one.
    Present {
        /// Its feature release, such as `(3, 12)`.
        version: Option<(u8, u8)>,
        /// The third number of its version.
        patch: Option<u8>,
        /// Where it comes from, and with that where it lies.
        origin: PythonOrigin,
    },
    /// Not known.
    Unknown,
}

/// Where the Python of an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PythonOrigin {
    /// Built by the official image: `/usr/local/bin/python3`, headers included.
    Official,
    /// The distribution's own package: `/usr/bin/python3`.
    Distribution,
    /// A conda environment.
    Conda,
    /// Anything else.
    Other,
}

impl Python {
    /// The feature release, such as `(3, 12)`.
    pub fn version(self) -> Option<(u8, u8)> {
        match self {
            Python::Present { version, .. } => version,
            Python::Absent | Python::Unknown => None,
        }
    }

    /// Whether it is the one that the official `python` images build.
    pub fn is_official(self) -> bool {
        matches!(self, Python::Present { origin: PythonOrigin::Official, .. })
    }
}

/// Who runs the commands that follow FROM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum User {
    /// The administrator.
    Root,
    /// Another user, by name or number.
    Other(&'static str),
    /// Not known.
    Unknown,
}

/// Variables that an image sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Environment {
    text: Names,
}

impl Environment {
    /// The variables as name and value.
    pub fn iter(self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.text.iter().filter_map(|it| it.split_once('='))
    }

    /// The value of one variable.
    pub fn get(self, name: &str) -> Option<&'static str> {
        self.iter().find(|it| it.0 == name).map(|it| it.1)
    }
}

impl Image {
    /// An image of which nothing is known.
    pub const UNKNOWN: Image = Image {
        basis: Basis::Unknown,
        distribution: Distribution::Unknown,
        release: None,
        release_floats: false,
        libc: Libc::Unknown,
        package_manager: PackageManager::Unknown,
        variant: Variant::Unknown,
        python: Python::Unknown,
        python_floats: false,
        has_compiler: Answer::Unknown,
        user: User::Unknown,
        environment: Environment { text: Names::new("") },
        has_docker_clean: Answer::Unknown,
        moved: None,
        last_rebuilt: None,
    };

    /// Whether it is the image with compilers of a repository that has a slim one beside it.
    pub fn is_full(&self) -> bool {
        self.variant == Variant::Full && self.has_compiler == Answer::Yes
    }

    /// Forgets what only the newest state of a floating tag says.
    fn fix(&mut self, names_python: bool) {
        if self.release_floats {
            (self.release, self.release_floats) = (None, false);
            repository::finish(self);
        }
        if let Python::Present { version, patch, .. } = &mut self.python
            && self.python_floats
        {
            *patch = None;
            if !names_python {
                *version = None;
            }
        }
        self.python_floats = false;
        self.moved = None;
        self.last_rebuilt = None;
    }
}

/// What is known of the image `repository:tag`.
///
/// The repository is taken as it is written: `python`, `docker.io/library/python`,
/// `public.ecr.aws/docker/library/python`. No tag means `latest`. Variables that are still in the
/// text make unknown what they could decide; the rest is answered. A digest may stand behind either
/// part (`@sha256:…`, also as the whole tag): it fixes the image at some state of its tag, so what
/// only the newest state of the tag says is then unknown.
pub fn image(repository: &str, tag: Option<&str>) -> Image {
    let (repository, digest) = without_digest(repository);
    let (tag, tag_digest) = tag.map_or(("", false), without_digest);
    let has_digest = digest || tag_digest;
    let tag = match tag {
        // Like a variable: nothing is known of it.
        "" if has_digest => "$",
        "" => "latest",
        tag => tag,
    };
    let repository = repository::canonical(repository);
    let mut image = match IMAGES.row(repository) {
        Some(row) => repository::known(row, tag),
        None => repository::by_convention(repository, tag),
    };
    if has_digest {
        let words = tag::read(tag);
        image.fix(words.leading.is_some() || words.python.is_some());
    }
    image
}

/// A name without the digest behind it, and whether there was one.
fn without_digest(text: &str) -> (&str, bool) {
    match text.split_once('@') {
        Some((name, _)) => (name, true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests;
