//! System packages: what each is for, which library a header package leaves behind, where it exists.

use crate::image::{Distribution, PackageManager};
use crate::names::Names;
use crate::release::Release;
use crate::table::Table;

pub(crate) static ROLES: Table = Table::new(include_str!("../data/system-package-roles.tsv"));
pub(crate) static DEBIAN_RUNTIME: Table = Table::new(include_str!("../data/debian-runtime.tsv"));
pub(crate) static ALPINE_RUNTIME: Table = Table::new(include_str!("../data/alpine-runtime.tsv"));
pub(crate) static RPM_RUNTIME: Table = Table::new(include_str!("../data/rpm-runtime.tsv"));
pub(crate) static AVAILABILITY: Table = Table::new(include_str!("../data/debian-availability.tsv"));

/// The packages that belong together under one kind of name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Debian and Ubuntu: `libpq-dev`.
    Apt,
    /// Alpine and Wolfi: `libpq-dev`, with other names than Debian's.
    Apk,
    /// Fedora, Red Hat and their relatives, and roughly SUSE: `libpq-devel`.
    Rpm,
}

impl Family {
    /// The family of the packages that a package manager installs; `None` for those without a table.
    pub fn of(manager: PackageManager) -> Option<Family> {
        match manager {
            PackageManager::Apt => Some(Family::Apt),
            PackageManager::Apk => Some(Family::Apk),
            PackageManager::Dnf
            | PackageManager::Microdnf
            | PackageManager::Yum
            | PackageManager::Tdnf
            | PackageManager::Zypper => Some(Family::Rpm),
            PackageManager::Pacman | PackageManager::None | PackageManager::Unknown => None,
        }
    }

    pub(crate) fn key(self) -> &'static str {
        match self {
            Family::Apt => "apt",
            Family::Apk => "apk",
            Family::Rpm => "rpm",
        }
    }
}

/// What a system package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// A compiler, or what a compiler cannot work without (`libc6-dev`, `musl-dev`).
    Compiler,
    /// A program that is needed only to build others: `make`, `cmake`, `pkg-config`.
    BuildTool,
    /// Headers of a library: `libpq-dev`, `openssl-devel`, `linux-headers`.
    Header,
    /// A program or library that is used at run time.
    Runtime,
    /// Not known: keep it wherever it stands.
    Unknown,
}

impl Role {
    /// Whether nothing needs it once everything is built.
    pub fn is_build_only(self) -> bool {
        matches!(self, Role::Compiler | Role::BuildTool | Role::Header)
    }
}

/// What a package is for.
///
/// The name may carry what the package manager accepts behind it: a version (`gcc=4:12`,
/// `gcc~12`), an architecture (`gcc:amd64`) or a target release (`gcc/bookworm`).
pub fn role(family: Family, package: &str) -> Role {
    let name = bare(family, package);
    match listed_role(family, name) {
        Some(role) => role,
        None => patterned_role(family, name),
    }
}

/// The name without version, architecture and release.
fn bare(family: Family, package: &str) -> &str {
    let end = match family {
        Family::Apt => package.find(['=', ':', '/']),
        Family::Apk => package.find(['=', '<', '>', '~', '@']),
        Family::Rpm => None,
    };
    package.get(..end.unwrap_or(package.len())).unwrap_or(package)
}

fn listed_role(family: Family, name: &str) -> Option<Role> {
    match ROLES.row_of_two(family.key(), name)?.column(2) {
        "compiler" => Some(Role::Compiler),
        "build-tool" => Some(Role::BuildTool),
        "header" => Some(Role::Header),
        "runtime" => Some(Role::Runtime),
        _ => None,
    }
}

/// What the form of a name says where no table holds it.
fn patterned_role(family: Family, name: &str) -> Role {
    let is_version =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let versioned = |base: &str| name.strip_prefix(base).is_some_and(is_version);
    match family {
        Family::Apt => {
            let compilers =
                ["gcc-", "g++-", "clang-", "cpp-", "gfortran-", "llvm-", "golang-", "rustc-"];
            let is_standard_library = name.starts_with("libstdc++-") && name.ends_with("-dev");
            let is_development_kit = name.starts_with("openjdk-")
                && (name.ends_with("-jdk") || name.ends_with("-jdk-headless"));
            if compilers.iter().any(|it| versioned(it)) || is_standard_library || is_development_kit
            {
                Role::Compiler
            } else if name.starts_with("linux-headers-") || name.ends_with("-dev") {
                Role::Header
            } else if is_used_at_run_time(name) {
                Role::Runtime
            } else {
                Role::Unknown
            }
        }
        Family::Apk => {
            let compilers = ["gcc", "clang", "llvm", "openjdk", "go", "rust"];
            if name.ends_with("-dev") {
                Role::Header
            } else if compilers.iter().any(|it| versioned(it))
                || (name.starts_with("openjdk") && name.ends_with("-jdk"))
            {
                Role::Compiler
            } else if name.ends_with("-static") {
                Role::Header
            } else {
                Role::Unknown
            }
        }
        Family::Rpm => {
            let group = name.trim_start_matches('@').trim_matches(['"', '\'']);
            let is_group = group.eq_ignore_ascii_case("development tools")
                || group.eq_ignore_ascii_case("development-tools")
                || group.eq_ignore_ascii_case("development");
            let is_toolset = name.starts_with("gcc-toolset-") || name.starts_with("devtoolset-");
            let is_java = name.starts_with("java-") && name.ends_with("-devel");
            if (is_group && group.len() > "development".len()) || is_toolset || is_java {
                Role::Compiler
            } else if name.ends_with("-devel") || name.ends_with("-static") {
                Role::Header
            } else {
                Role::Unknown
            }
        }
    }
}

/// Whether the name has a form that Debian gives to shared libraries (`libpq5`, `libssl3t64`), to
/// modules of an interpreter, to fonts and to Java without its compiler.
fn is_used_at_run_time(name: &str) -> bool {
    let is_apart = ["-doc", "-dbg", "-dbgsym", "-source"].iter().any(|it| name.ends_with(it));
    let is_library = name.starts_with("lib")
        && name.strip_suffix("t64").unwrap_or(name).ends_with(|it: char| it.is_ascii_digit());
    let is_module = ["python3-", "python-", "fonts-", "xfonts-", "ttf-", "language-pack-"]
        .iter()
        .any(|it| name.starts_with(it));
    let is_java = name.starts_with("openjdk-") && name.contains("-jre");
    !is_apart && (is_library || is_module || is_java)
}

/// The packages with the shared libraries that programs need which were built against this package.
///
/// `Some` of an empty list means that nothing is needed (headers only); `None` that it is not known.
/// For a compiler of Alpine it is its own run-time library (`g++` gives `libstdc++ libgcc`).
/// Names depend on the release, so a release that is not in the table gives `None`.
pub fn runtime_of(
    distribution: Distribution,
    release: Option<Release>,
    package: &str,
) -> Option<Names> {
    match distribution {
        Distribution::Debian => {
            let name = bare(Family::Apt, package);
            let release = release?.name();
            let row = DEBIAN_RUNTIME.row_of_two(name, release)?;
            Some(Names::new(row.column(2)))
        }
        Distribution::Alpine => {
            let name = bare(Family::Apk, package);
            let release = release.map(|it| version_key(it.version()));
            // The rows of a name say since which Alpine they hold; the newest that holds counts.
            let rows = ALPINE_RUNTIME.rows(name).filter(|it| {
                let since = it.column(1);
                since.is_empty() || release.is_some_and(|it| it >= version_key(since))
            });
            let row = rows.max_by_key(|it| version_key(it.column(1)))?;
            Some(Names::new(row.column(2)))
        }
        _ if distribution.is_red_hat_family() => {
            Some(Names::new(RPM_RUNTIME.row(package)?.column(1)))
        }
        _ => None,
    }
}

fn version_key(text: &str) -> (u8, u8) {
    crate::table::pair(text).unwrap_or((0, 0))
}

/// Whether a release of Debian has a package of this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Availability {
    /// There is one.
    Yes,
    /// There is none: `apt-get install` fails.
    No,
    /// The name is another name for these packages; with exactly one, apt installs it.
    Virtual(Names),
    /// Not known.
    Unknown,
}

/// Whether a release of Debian has this package. Known for bullseye, bookworm and trixie.
pub fn availability(release: Release, package: &str) -> Availability {
    let column = match release.name() {
        "bullseye" => 1,
        "bookworm" => 2,
        "trixie" => 3,
        _ => return Availability::Unknown,
    };
    let Some(row) = AVAILABILITY.row(bare(Family::Apt, package)) else {
        return Availability::Unknown;
    };
    match row.column(column) {
        "yes" => Availability::Yes,
        "no" => Availability::No,
        other => match other.strip_prefix('=') {
            Some(names) => Availability::Virtual(Names::new(names)),
            None => Availability::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::release;

    fn debian(name: &str) -> Option<Release> {
        release(Distribution::Debian, name)
    }

    #[test]
    fn roles_of_debian_packages() {
        for (name, expected) in [
            ("gcc", Role::Compiler),
            ("gcc-12", Role::Compiler),
            ("g++=4:12.2.0-3", Role::Compiler),
            ("build-essential", Role::Compiler),
            ("libc6-dev", Role::Compiler),
            ("libstdc++-12-dev", Role::Compiler),
            ("openjdk-17-jdk-headless", Role::Compiler),
            ("cargo", Role::Compiler),
            ("make", Role::BuildTool),
            ("dpkg-dev", Role::BuildTool),
            ("pkg-config", Role::BuildTool),
            ("libpq-dev", Role::Header),
            ("libpq-dev:arm64", Role::Header),
            ("python3-dev", Role::Header),
            ("libsomething-unheard-of-dev", Role::Header),
            ("libpq5", Role::Runtime),
            ("curl", Role::Runtime),
            ("git", Role::Runtime),
            ("libssl3t64", Role::Runtime),
            ("python3-numpy", Role::Runtime),
            ("python3.11-dev", Role::Header),
            ("python3-doc", Role::Unknown),
            ("openjdk-8-jre-headless", Role::Runtime),
            ("gcc-12-base", Role::Unknown),
            ("libxslt", Role::Unknown),
            ("", Role::Unknown),
        ] {
            assert_eq!(role(Family::Apt, name), expected, "{name}");
        }
    }

    #[test]
    fn roles_of_alpine_and_red_hat_packages() {
        for (family, name, expected) in [
            (Family::Apk, "build-base", Role::Compiler),
            (Family::Apk, "musl-dev", Role::Compiler),
            (Family::Apk, "gcc>=12", Role::Compiler),
            (Family::Apk, "linux-headers", Role::Header),
            (Family::Apk, "postgresql-dev", Role::Header),
            (Family::Apk, "py3-numpy-dev", Role::Header),
            (Family::Apk, "make", Role::BuildTool),
            (Family::Apk, "libpq", Role::Runtime),
            (Family::Apk, "bash@edge", Role::Runtime),
            (Family::Rpm, "gcc-c++", Role::Compiler),
            (Family::Rpm, "gcc-toolset-13-gcc", Role::Compiler),
            (Family::Rpm, "@development-tools", Role::Compiler),
            (Family::Rpm, "Development Tools", Role::Compiler),
            (Family::Rpm, "python3.12-devel", Role::Header),
            (Family::Rpm, "openssl-devel", Role::Header),
            (Family::Rpm, "tar", Role::Runtime),
        ] {
            assert_eq!(role(family, name), expected, "{name}");
        }
    }

    #[test]
    fn a_header_package_leaves_its_library() {
        let of = |name: &str, package: &str| {
            runtime_of(Distribution::Debian, debian(name), package).map(Names::as_str)
        };
        assert_eq!(of("bookworm", "libpq-dev"), Some("libpq5"));
        assert_eq!(of("trixie", "libglib2.0-dev"), Some("libglib2.0-0t64"));
        assert_eq!(of("bullseye", "libffi-dev"), Some("libffi7"));
        assert_eq!(of("bookworm", "libffi-dev=3.4.4-1"), Some("libffi8"));
        assert_eq!(of("bookworm", "python3-dev"), Some(""));
        assert_eq!(of("bookworm", "libunheard-dev"), None);
        assert_eq!(of("jessie", "libpq-dev"), None);
        let ubuntu = release(Distribution::Ubuntu, "jammy");
        assert_eq!(runtime_of(Distribution::Ubuntu, ubuntu, "libpq-dev"), None);
    }

    #[test]
    fn alpine_names_follow_the_release() {
        let of = |name: &str, package: &str| {
            let release = release(Distribution::Alpine, name);
            runtime_of(Distribution::Alpine, release, package).map(Names::as_str)
        };
        assert_eq!(of("3.19", "openssl-dev"), Some("libssl3 libcrypto3"));
        assert_eq!(of("3.12", "openssl-dev"), Some("libssl1.1 libcrypto1.1"));
        assert_eq!(of("3.19", "postgresql-dev"), Some("libpq"));
        assert_eq!(of("3.19", "g++"), Some("libstdc++ libgcc"));
        assert_eq!(of("3.19", "linux-headers"), Some(""));
        assert_eq!(runtime_of(Distribution::Alpine, None, "openssl-dev"), None);
        let rpm = runtime_of(Distribution::Rocky, None, "libpq-devel").map(Names::as_str);
        assert_eq!(rpm, Some("libpq"));
    }

    #[test]
    fn availability_follows_the_release() {
        let of = |name: &str, package: &str| availability(debian(name).unwrap(), package);
        assert_eq!(of("bookworm", "git"), Availability::Yes);
        assert_eq!(of("bookworm", "libgl1-mesa-glx"), Availability::Yes);
        assert_eq!(of("trixie", "libgl1-mesa-glx"), Availability::No);
        assert_eq!(
            of("trixie", "libglib2.0-0"),
            Availability::Virtual(Names::new("libglib2.0-0t64"))
        );
        assert_eq!(of("trixie", "unheard-of"), Availability::Unknown);
        assert_eq!(of("jessie", "git"), Availability::Unknown);
    }
}
