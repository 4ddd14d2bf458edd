//! What the words of an image tag say, whatever the repository.

use super::Distribution;
use crate::release::{Release, release};
use crate::table::pair;

/// The meaning of the words of a tag, such as `3.12-slim-bookworm`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tag {
    pub(super) distribution: Distribution,
    pub(super) release: Option<Release>,
    /// A variable is left in the tag, so that a missing word proves nothing.
    pub(super) is_unresolved: bool,
    pub(super) slim: bool,
    pub(super) onbuild: bool,
    pub(super) minimal: bool,
    pub(super) development: bool,
    pub(super) runtime: bool,
    /// A `buildpack-deps` without compilers (`-curl`, `-scm`).
    pub(super) without_compiler: bool,
    /// The version in a word such as `python3.12`, `py312` or `python-3.12`.
    pub(super) python: Option<(u8, u8)>,
    /// The first word that reads like a version of Python: `3.12` or `3.12.4`.
    pub(super) leading: Option<((u8, u8), Option<u8>)>,
}

/// Reads the words of a tag.
pub(super) fn read(text: &str) -> Tag {
    let mut tag = Tag {
        distribution: Distribution::Unknown,
        release: None,
        is_unresolved: false,
        slim: false,
        onbuild: false,
        minimal: false,
        development: false,
        runtime: false,
        without_compiler: false,
        python: None,
        leading: None,
    };
    // The words before this one, for names whose number stands on its own: `debian-12`,
    // `python-3.11`, `ubuntu-24-04`.
    let mut previous = "";
    let mut distribution_number = "";
    let mut rest = text;
    while !rest.is_empty() {
        let (word, has_variable, after) = next_word(rest);
        rest = after;
        if has_variable {
            tag.is_unresolved = true;
            // `alpine${RELEASE}` is Alpine all the same; a number could go on in the variable.
            let letters = word.find(|it: char| !it.is_ascii_alphabetic()).unwrap_or(word.len());
            name(&mut tag, word.get(..letters).unwrap_or(""));
            previous = "";
            continue;
        }
        if word.starts_with(|it: char| it.is_ascii_digit()) {
            number(&mut tag, previous, &mut distribution_number, word);
        } else {
            name(&mut tag, word);
        }
        previous = word;
    }
    tag
}

/// The text up to the next `-`, `_` or `/`, whether it goes on in a variable, and what follows.
///
/// Of a word with a variable only the part before the variable is given.
fn next_word(text: &str) -> (&str, bool, &str) {
    let mut end = None;
    let mut is_braced = false;
    let mut is_named = false;
    for (index, byte) in text.bytes().enumerate() {
        match byte {
            b'$' => {
                end = end.or(Some(index));
                is_named = true;
            }
            b'{' if is_named => is_braced = true,
            b'}' if is_braced => (is_braced, is_named) = (false, false),
            _ if is_braced => {}
            b'_' if is_named => {}
            b'-' | b'_' | b'/' => {
                let word = text.get(..end.unwrap_or(index)).unwrap_or("");
                return (word, end.is_some(), text.get(index + 1..).unwrap_or(""));
            }
            _ if byte.is_ascii_alphanumeric() => {}
            _ => is_named = false,
        }
    }
    (text.get(..end.unwrap_or(text.len())).unwrap_or(""), end.is_some(), "")
}

/// A word that begins with a digit.
fn number<'a>(tag: &mut Tag, previous: &str, distribution_number: &mut &'a str, word: &'a str) {
    match previous {
        "python" | "py" => tag.python = tag.python.or(feature_release(word)),
        "debian" | "ubuntu" | "alpine" | "centos" | "fedora" | "rocky" | "rockylinux"
        | "oraclelinux" | "leap" => {
            tag.release = tag.release.or_else(|| numbered(tag.distribution, word));
            *distribution_number = word;
        }
        // `ubuntu-24-04`
        _ if previous == *distribution_number && previous.len() == 2 && word.len() == 2 => {
            let both = [previous.as_bytes(), b".", word.as_bytes()].concat();
            let name = std::str::from_utf8(&both).unwrap_or("");
            tag.release = tag.release.or_else(|| release(tag.distribution, name));
        }
        _ if tag.leading.is_none() => tag.leading = python_version(word),
        _ => {}
    }
}

/// A word that begins with a letter.
fn name(tag: &mut Tag, word: &str) {
    match word {
        "slim" => tag.slim = true,
        "onbuild" => tag.onbuild = true,
        "minimal" => tag.minimal = true,
        "devel" => tag.development = true,
        "runtime" | "base" => tag.runtime = true,
        "curl" | "scm" => tag.without_compiler = true,
        _ => {}
    }
    let digits = word.find(|it: char| it.is_ascii_digit()).unwrap_or(word.len());
    let (letters, digits) = word.split_at_checked(digits).unwrap_or((word, ""));
    let found = match letters {
        "python" | "py" => {
            tag.python = tag.python.or(feature_release(digits));
            return;
        }
        "alpine" => Distribution::Alpine,
        "debian" => Distribution::Debian,
        "ubuntu" => Distribution::Ubuntu,
        "fedora" => Distribution::Fedora,
        "centos" | "stream" => Distribution::CentOs,
        "rocky" | "rockylinux" => Distribution::Rocky,
        "alma" | "almalinux" => Distribution::Alma,
        "oracle" | "oraclelinux" | "ol" => Distribution::Oracle,
        "ubi" | "rhel" => Distribution::RedHat,
        "el" if !digits.is_empty() => Distribution::RedHat,
        "amazonlinux" | "amzn" => Distribution::Amazon,
        "al" if !digits.is_empty() => Distribution::Amazon,
        "leap" | "opensuse" | "sles" => Distribution::Suse,
        "archlinux" => Distribution::Arch,
        "wolfi" => Distribution::Wolfi,
        "photon" => Distribution::Photon,
        "azurelinux" | "mariner" => Distribution::AzureLinux,
        "busybox" => Distribution::BusyBox,
        "windowsservercore" | "nanoserver" | "servercore" | "windows" => Distribution::Windows,
        _ => {
            let named = [Distribution::Debian, Distribution::Ubuntu]
                .into_iter()
                .find_map(|it| Some((it, release(it, word).filter(|it| it.name() == word)?)));
            if let Some((distribution, named)) = named {
                tag.distribution = distribution;
                tag.release = Some(named);
            }
            return;
        }
    };
    // `noble-alpine` does not exist; the first distribution that is named counts, unless a later
    // word is more exact (`debian-bookworm` is handled above).
    if tag.distribution == Distribution::Unknown || tag.release.is_none() {
        tag.distribution = found;
        let stream = letters == "stream";
        tag.release = if stream { release(found, word) } else { numbered(found, digits) };
    }
}

/// The release that a number names, in the ways in which each distribution writes it:
/// `12.5` of Debian, `2204` and `22.04.3` of Ubuntu, `3.19.1` of Alpine, `7.6.1810` of CentOS.
pub(super) fn numbered(distribution: Distribution, text: &str) -> Option<Release> {
    let mut parts = text.split('.');
    let (first, second) = (parts.next()?, parts.next());
    let two_parts = match second {
        Some(second) => text.get(..first.len() + 1 + second.len())?,
        None => text,
    };
    match distribution {
        Distribution::Ubuntu if second.is_none() && first.len() == 4 => {
            let (year, month) = first.split_at_checked(2)?;
            let mut versions = crate::release::RELEASES.rows(distribution.key());
            let version = versions.find_map(|it| {
                let version = it.column(2);
                (version.split_once('.') == Some((year, month))).then_some(version)
            })?;
            release(distribution, version)
        }
        Distribution::Ubuntu
        | Distribution::Alpine
        | Distribution::Suse
        | Distribution::AzureLinux => release(distribution, two_parts),
        Distribution::Amazon if matches!(first, "2016" | "2017" | "2018") => {
            release(distribution, "1")
        }
        _ => release(distribution, first),
    }
}

/// Reads `3.12`, `3.12.4` and `312` as a feature release of Python.
pub(super) fn feature_release(text: &str) -> Option<(u8, u8)> {
    if text.contains('.') {
        return pair(text).filter(|it| matches!(it.0, 2 | 3));
    }
    let (major, minor) = text.split_at_checked(1)?;
    let version = (major.parse().ok()?, minor.parse().ok()?);
    matches!(version.0, 2 | 3).then_some(version)
}

/// Reads `3.12` and `3.12.4` (also `3.13.0rc1`); `None` for anything that is no version of Python.
pub(super) fn python_version(text: &str) -> Option<((u8, u8), Option<u8>)> {
    let mut parts = text.split('.');
    let major: u8 = parts.next()?.parse().ok()?;
    let minor: u8 = parts.next()?.parse().ok()?;
    let is_python = major == 3 || (major == 2 && minor >= 6);
    let patch = parts.next().and_then(|it| {
        let digits = it.find(|it: char| !it.is_ascii_digit()).unwrap_or(it.len());
        it.get(..digits)?.parse().ok()
    });
    is_python.then_some(((major, minor), patch))
}
