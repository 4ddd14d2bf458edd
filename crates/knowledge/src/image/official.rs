//! The tags of the official `python` image.

use super::repository::finish;
use super::tag::{Tag, python_version, read};
use super::{
    Answer, Basis, Distribution, Environment, Image, PYTHON_PIPS, PYTHON_TAGS, Python,
    PythonOrigin, User, Variant,
};
use crate::date::Date;
use crate::names::Names;
use crate::release::release;
use crate::table::Row;

/// The answer for `python:<tag>`.
pub(super) fn image(text: &str) -> Image {
    let tag = read(text);
    let mut image = Image { basis: Basis::Table, user: User::Root, ..Image::UNKNOWN };
    image.environment = Environment { text: Names::new("") };
    image.variant = variant(&tag);
    let row = PYTHON_TAGS.row(text);
    match row {
        Some(row) => listed(&mut image, row),
        None => unlisted(&mut image, &tag),
    }
    let is_named = tag.release.is_some();
    image.release_floats = !is_named && image.distribution != Distribution::Unknown;
    image.has_compiler = match image.variant {
        Variant::Full | Variant::Onbuild => Answer::Yes,
        Variant::Slim | Variant::Alpine => Answer::No,
        _ => Answer::Unknown,
    };
    finish(&mut image);
    image
}

/// What the words of the tag say of the variant: a word that is not there means the full image.
fn variant(tag: &Tag) -> Variant {
    if tag.slim {
        Variant::Slim
    } else if tag.onbuild {
        Variant::Onbuild
    } else if tag.distribution == Distribution::Alpine {
        Variant::Alpine
    } else if tag.is_unresolved || tag.distribution == Distribution::Windows {
        Variant::Unknown
    } else {
        Variant::Full
    }
}

fn listed(image: &mut Image, row: Row) {
    let [tag, release_name, python, moved, last_rebuilt] = row.columns();
    let head = tag.split('-').next().unwrap_or(tag);
    let full = if python.is_empty() { head } else { python };
    let origin = PythonOrigin::Official;
    image.python = match python_version(full) {
        Some((version, patch)) => Python::Present { version: Some(version), patch, origin },
        None => Python::Present { version: None, patch: None, origin },
    };
    image.python_floats = !python.is_empty();
    image.distribution = match release_name.chars().next() {
        None => Distribution::Debian,
        Some(it) if it.is_ascii_digit() => Distribution::Alpine,
        Some(_) => Distribution::Debian,
    };
    image.release = release(image.distribution, release_name);
    image.moved = Date::parse(moved);
    image.last_rebuilt = Date::parse(last_rebuilt);
}

/// A tag newer than the table, of Windows, misspelt, or with variables in it.
fn unlisted(image: &mut Image, tag: &Tag) {
    let (version, patch) = tag.leading.map_or((None, None), |it| (Some(it.0), it.1));
    image.python = Python::Present { version, patch, origin: PythonOrigin::Official };
    image.python_floats = version.is_some() && patch.is_none();
    image.distribution = match tag.distribution {
        // Slim images are Debian even where the variable could name the release.
        Distribution::Unknown if !tag.is_unresolved || tag.slim => Distribution::Debian,
        named => named,
    };
    image.release = tag.release;
}

/// The version of pip in the official image of this Python version (`3.11.4`), if it is known.
///
/// It is the one of the last images built of that version; older builds may hold an older pip.
pub fn pip_version(python: &str) -> Option<&'static str> {
    let pip = PYTHON_PIPS.row(python)?.column(1);
    (!pip.is_empty()).then_some(pip)
}

/// The slim counterpart of a tag of the official `python` image: `3.12` gives `3.12-slim`,
/// `3.12-bookworm` gives `3.12-slim-bookworm`, `latest` gives `slim`.
///
/// `None` if the tag is slim or on Alpine already, or if no such tag was ever published.
pub fn slim_counterpart(tag: &str) -> Option<String> {
    let words = read(tag);
    if words.is_unresolved || variant(&words) != Variant::Full {
        return None;
    }
    let slim = match tag.rsplit_once('-') {
        _ if tag == "latest" => "slim".to_owned(),
        Some((head, _)) if words.release.is_some() => {
            let name = tag.get(head.len() + 1..)?;
            format!("{head}-slim-{name}")
        }
        None if words.release.is_some() => format!("slim-{tag}"),
        _ => format!("{tag}-slim"),
    };
    is_published(&slim, tag).then_some(slim)
}

/// The Debian counterpart of an Alpine tag of the official `python` image: `3.12-alpine3.19` and
/// `3.12-alpine` give `3.12-slim`, `alpine` gives `slim`.
pub fn glibc_counterpart(tag: &str) -> Option<String> {
    let words = read(tag);
    if words.is_unresolved || words.distribution != Distribution::Alpine {
        return None;
    }
    let slim = match tag.rsplit_once('-') {
        Some((head, _)) => format!("{head}-slim"),
        None => "slim".to_owned(),
    };
    is_published(&slim, tag).then_some(slim)
}

/// Whether the table lists the tag, or the tag it is made from is too new for the table: every
/// version of today is published in both variants.
fn is_published(made: &str, from: &str) -> bool {
    let is_newer = || {
        let version = read(from).leading.map(|it| it.0);
        PYTHON_TAGS.row(from).is_none() && version.is_some_and(|it| it >= (3, 10))
    };
    PYTHON_TAGS.row(made).is_some() || is_newer()
}
