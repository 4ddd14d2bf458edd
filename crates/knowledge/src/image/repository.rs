//! From a row of the image table and a tag to the answer.

use super::tag::{Tag, feature_release, numbered, python_version, read};
use super::{
    Answer, Basis, Distribution, Environment, Image, Libc, PackageManager, Python, PythonOrigin,
    User, Variant, official,
};
use crate::names::Names;
use crate::release::{Release, libc, release};
use crate::table::Row;

/// Registries and folders that hold the official images of Docker under their own names.
const OFFICIAL: [&str; 9] = [
    "docker.io/library/",
    "index.docker.io/library/",
    "registry-1.docker.io/library/",
    "registry.hub.docker.com/library/",
    "public.ecr.aws/docker/library/",
    "mirror.gcr.io/library/",
    "docker.io/",
    "index.docker.io/",
    "library/",
];

/// Folders of Docker Hub that hold the official images of one processor architecture.
const ARCHITECTURES: [&str; 12] = [
    "aarch64/",
    "amd64/",
    "arm32v5/",
    "arm32v6/",
    "arm32v7/",
    "arm64v8/",
    "armhf/",
    "i386/",
    "mips64le/",
    "ppc64le/",
    "riscv64/",
    "s390x/",
];

/// The name under which the table holds a repository.
pub(super) fn canonical(repository: &str) -> &str {
    let without_registry = OFFICIAL.iter().find_map(|it| repository.strip_prefix(it));
    let repository = without_registry.unwrap_or(repository);
    if let Some(name) = ARCHITECTURES.iter().find_map(|it| repository.strip_prefix(it)) {
        return name;
    }
    // A mirror keeps the folder of the official images: `registry.example.com/hub/library/python`.
    if let Some((_, name)) = repository.rsplit_once("/library/") {
        return name;
    }
    // The other registry of Red Hat holds the same images and asks for a login.
    // Podman looks up short names such as `ubi9/python-312` there as well.
    let red_hat = match repository.strip_prefix("registry.redhat.io/") {
        Some(name) => name,
        None if repository.starts_with("ubi") => repository,
        None => return repository,
    };
    let same = super::IMAGES.row(&format!("registry.access.redhat.com/{red_hat}"));
    same.map_or(repository, |it| it.column(0))
}

/// The answer for a repository in the table.
pub(super) fn known(row: Row, tag_text: &str) -> Image {
    // Of some repositories the first word of the tag decides the distribution: `openjdk:11`.
    let row = match row.column(3) {
        "by-tag" => {
            let word = tag_text.split(['-', '_']).next().unwrap_or(tag_text);
            let digits = word.find(|it: char| !it.is_ascii_digit()).unwrap_or(word.len());
            let number = word.get(..digits).unwrap_or(word);
            let of = |word: &str| super::IMAGES.row(&format!("{}:{word}", row.column(0)));
            of(word).or_else(|| of(number)).unwrap_or(row)
        }
        _ => row,
    };
    let [_, family, default, style, python, compiler, user, environment] = row.columns();
    if python == "official" {
        return official::image(tag_text);
    }
    let mut tag = read(tag_text);
    let mut image = Image { basis: Basis::Table, ..Image::UNKNOWN };
    image.environment = Environment { text: Names::new(environment) };
    image.user = match user {
        "" => User::Unknown,
        "root" => User::Root,
        name => User::Other(name),
    };
    let is_default = tag.distribution == Distribution::Unknown;
    if style == "release" {
        tag.distribution = Distribution::from_key(family);
        (tag.release, image.release_floats) = channel(tag.distribution, default, tag_text);
    } else if is_default && !(tag.is_unresolved && may_differ(style)) {
        tag.distribution = Distribution::from_key(family);
        tag.release = release(tag.distribution, default);
        image.release_floats = tag.release.is_none();
    } else {
        image.release_floats = tag.release.is_none() && !tag.is_unresolved;
    }
    match python {
        "uv" => uv(&mut image, &mut tag, tag_text),
        "lambda" => {
            tag.release = lambda_release(&tag);
            image.release_floats = tag.release.is_none();
        }
        _ => {}
    }
    image.variant = variant(style, python, compiler, &tag);
    image.has_compiler = compiler_inside(compiler, image.variant, tag.without_compiler);
    if style == "chainguard" {
        // Only the tags that end so have a shell and a package manager.
        let has_tools = tag_text.ends_with("-dev");
        image.variant = if has_tools { Variant::Full } else { Variant::Distroless };
        image.has_compiler = if has_tools { Answer::Yes } else { Answer::No };
    }
    image.distribution = tag.distribution;
    image.release = tag.release;
    if image.python == Python::Unknown {
        image.python = python_inside(python, &tag, image.release);
    }
    finish(&mut image);
    image.release_floats &= image.libc != Libc::Unknown;
    image
}

/// The answer for a repository that is not in the table: only what its words say.
pub(super) fn by_convention(repository: &str, tag_text: &str) -> Image {
    let mut tag = read(tag_text);
    if tag.distribution == Distribution::Unknown {
        let last = repository.rsplit('/').next().unwrap_or(repository);
        let words = read(last);
        tag.distribution = words.distribution;
        tag.release = words.release;
        tag.python = tag.python.or(words.python);
    }
    if tag.distribution == Distribution::Unknown {
        return Image::UNKNOWN;
    }
    let mut image = Image { basis: Basis::Convention, ..Image::UNKNOWN };
    image.distribution = tag.distribution;
    image.release = tag.release;
    image.release_floats = tag.release.is_none() && !tag.is_unresolved;
    if tag.slim {
        image.variant = Variant::Slim;
    } else if tag.distribution == Distribution::Alpine {
        image.variant = Variant::Alpine;
    }
    if tag.python.is_some() {
        image.python =
            Python::Present { version: tag.python, patch: None, origin: PythonOrigin::Other };
    }
    finish(&mut image);
    // Whether apt keeps its packages depends on how the image was made.
    image.has_docker_clean = Answer::Unknown;
    image
}

/// Fills in what follows from distribution, release and variant.
pub(super) fn finish(image: &mut Image) {
    image.libc = libc(image.distribution, image.release);
    image.package_manager = package_manager(image.distribution, image.release, image.variant);
    image.has_docker_clean = match image.package_manager {
        PackageManager::Apt => Answer::Yes,
        PackageManager::Unknown => Answer::Unknown,
        _ => Answer::No,
    };
}

/// Whether the tag of such a repository may name another distribution than the usual one.
fn may_differ(style: &str) -> bool {
    !matches!(style, "minimal" | "micro" | "distroless" | "chainguard")
}

/// The release that a tag of a distribution's own repository names, and whether it moves on.
fn channel(distribution: Distribution, default: &str, tag: &str) -> (Option<Release>, bool) {
    let word = tag.split('-').next().unwrap_or(tag);
    if word.contains('$') {
        return (None, false);
    }
    let named = match (distribution, word) {
        (_, "latest" | "minimal" | "slim") => default,
        (Distribution::Debian, "stable") => default,
        (Distribution::Debian, "oldstable") => "bookworm",
        (Distribution::Debian, "oldoldstable") => "bullseye",
        (Distribution::Alpine, "3") => default,
        _ => {
            let number = word.strip_prefix("centos").or(word.strip_prefix("ubi")).unwrap_or(word);
            let found = release(distribution, word).or_else(|| numbered(distribution, number));
            return (found, found.is_none());
        }
    };
    (release(distribution, named), true)
}

/// The images of uv: the program alone, or the program on an image of Debian, Alpine or Python.
fn uv(image: &mut Image, tag: &mut Tag, text: &str) {
    if tag.distribution == Distribution::Unknown && !tag.is_unresolved {
        // `latest`, `0.5` and `0.5.1` hold nothing but the program.
        tag.distribution = Distribution::Scratch;
        image.python = Python::Absent;
        image.release_floats = false;
        return;
    }
    if tag.python.is_none() && !tag.is_unresolved {
        image.python = Python::Absent;
    } else {
        let origin = PythonOrigin::Official;
        image.python = Python::Present { version: tag.python, patch: None, origin };
        image.python_floats = tag.python.is_some();
    }
    if text.split('-').any(|it| it == "debian") && tag.release.is_none() {
        tag.release = release(Distribution::Debian, "trixie");
    }
}

fn variant(style: &str, python: &str, compiler: &str, tag: &Tag) -> Variant {
    let is_full = compiler.split(',').any(|it| it == "full");
    match style {
        "minimal" => return Variant::Minimal,
        "micro" | "distroless" => return Variant::Distroless,
        "release" | "" if tag.slim => return Variant::Slim,
        "release" if tag.minimal => return Variant::Minimal,
        "release" => return Variant::Plain,
        _ => {}
    }
    if tag.distribution == Distribution::Scratch {
        return Variant::Distroless;
    }
    if tag.slim {
        return Variant::Slim;
    }
    if tag.onbuild {
        return Variant::Onbuild;
    }
    if tag.development {
        return Variant::Development;
    }
    if style == "cuda" && tag.runtime {
        return Variant::Runtime;
    }
    match tag.distribution {
        Distribution::Alpine if !tag.is_unresolved || !python.is_empty() || style == "language" => {
            Variant::Alpine
        }
        _ if tag.is_unresolved => Variant::Unknown,
        _ if tag.without_compiler => Variant::Plain,
        _ if is_full && (!style.is_empty() || has_variants(python)) => Variant::Full,
        _ if tag.runtime => Variant::Runtime,
        _ => Variant::Plain,
    }
}

/// Whether images with such a Python come as full and slim ones.
fn has_variants(python: &str) -> bool {
    matches!(python, "uv" | "tag" | "token" | "official-tag" | "official-token")
}

/// The Amazon Linux below the Python of AWS Lambda.
fn lambda_release(tag: &Tag) -> Option<Release> {
    let ((_, minor), _) = tag.leading?;
    let name = match minor {
        12.. => "2023",
        8..=11 => "2",
        _ => "1",
    };
    release(Distribution::Amazon, name)
}

fn python_inside(style: &str, tag: &Tag, release: Option<Release>) -> Python {
    let present =
        |version: Option<(u8, u8)>, patch, origin| Python::Present { version, patch, origin };
    match style {
        "" => match tag.python {
            Some(version) => present(Some(version), None, PythonOrigin::Other),
            None => Python::Unknown,
        },
        "none" => Python::Absent,
        "conda" => present(tag.python, None, PythonOrigin::Conda),
        "system" => {
            let version = release.and_then(Release::system_python);
            present(version, None, PythonOrigin::Distribution)
        }
        "pypy" => present(None, None, PythonOrigin::Other),
        "tag" | "official-tag" | "lambda" | "wolfi" => {
            let (version, patch) = tag.leading.map_or((tag.python, None), |it| (Some(it.0), it.1));
            let origin = match style {
                "official-tag" => PythonOrigin::Official,
                "wolfi" => PythonOrigin::Distribution,
                _ => PythonOrigin::Other,
            };
            present(version, patch, origin)
        }
        "token" => present(tag.python, None, PythonOrigin::Other),
        "official-token" => present(tag.python, None, PythonOrigin::Official),
        version => {
            let (version, patch) = python_version(version)
                .map_or((feature_release(version), None), |it| (Some(it.0), it.1));
            present(version, patch, PythonOrigin::Other)
        }
    }
}

/// Whether the variants that carry a compiler include this one.
fn compiler_inside(variants: &str, variant: Variant, without_compiler: bool) -> Answer {
    let key = match variant {
        Variant::Full | Variant::Onbuild => "full",
        Variant::Slim => "slim",
        Variant::Alpine => "alpine",
        Variant::Development => "devel",
        Variant::Runtime | Variant::Plain => "",
        Variant::Minimal | Variant::Distroless => "minimal",
        Variant::Unknown if variants == "none" => return Answer::No,
        Variant::Unknown => return Answer::Unknown,
    };
    match variants {
        "" => Answer::Unknown,
        "none" => Answer::No,
        _ if without_compiler => Answer::No,
        // A repository without variants says `full` when its one image has a compiler.
        _ if variant == Variant::Plain => {
            if variants.split(',').any(|it| it == "full") {
                Answer::Yes
            } else {
                Answer::Unknown
            }
        }
        _ if variants.split(',').any(|it| it == key) => Answer::Yes,
        _ => Answer::No,
    }
}

fn package_manager(
    distribution: Distribution,
    release: Option<Release>,
    variant: Variant,
) -> PackageManager {
    if variant == Variant::Distroless {
        return PackageManager::None;
    }
    let major = release.and_then(|it| it.version().split('.').next()?.parse::<u16>().ok());
    match distribution {
        Distribution::Debian | Distribution::Ubuntu => PackageManager::Apt,
        Distribution::Alpine | Distribution::Wolfi => PackageManager::Apk,
        Distribution::Fedora => PackageManager::Dnf,
        Distribution::RedHat
        | Distribution::CentOs
        | Distribution::Rocky
        | Distribution::Alma
        | Distribution::Oracle => match (variant, major) {
            (_, Some(..=7)) => PackageManager::Yum,
            (Variant::Minimal, _) => PackageManager::Microdnf,
            (Variant::Slim, _) if distribution == Distribution::Oracle => PackageManager::Microdnf,
            (_, Some(_)) => PackageManager::Dnf,
            (_, None) => PackageManager::Unknown,
        },
        Distribution::Amazon => match major {
            Some(2023) => PackageManager::Dnf,
            Some(_) => PackageManager::Yum,
            None => PackageManager::Unknown,
        },
        Distribution::Suse => PackageManager::Zypper,
        Distribution::Arch => PackageManager::Pacman,
        Distribution::Photon | Distribution::AzureLinux => PackageManager::Tdnf,
        Distribution::BusyBox | Distribution::Scratch | Distribution::Windows => {
            PackageManager::None
        }
        Distribution::Unknown => PackageManager::Unknown,
    }
}
