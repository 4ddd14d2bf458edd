//! `Pipfile.lock`: versions and hashes, no file names.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use syntax::Span;

use super::{Fault, Listing, Lock, LockFormat, Package, PackageSource, Want};
use crate::requirement::Text;

/// The names and contents of an object in the order of the file.
struct Pairs<'t, T>(Vec<(Cow<'t, str>, T)>);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    version: Option<String>,
    markers: Option<String>,
    index: Option<String>,
    git: Option<String>,
    path: Option<String>,
    file: Option<String>,
    editable: bool,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta<'t> {
    #[serde(rename = "pipfile-spec")]
    version: Option<u64>,
    #[serde(borrow)]
    requires: Requires<'t>,
    sources: Vec<Index>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Requires<'t> {
    #[serde(borrow)]
    python_version: Option<Word<'t>>,
    #[serde(borrow)]
    python_full_version: Option<Word<'t>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Index {
    name: String,
    url: String,
}

#[derive(Default)]
struct Document<'t> {
    meta: Option<Meta<'t>>,
    groups: Vec<(Cow<'t, str>, Pairs<'t, Entry>)>,
}

pub(super) fn read(text: &str) -> Result<Lock, Fault> {
    let document: Document<'_> = serde_json::from_str(text).map_err(|it| fault(&it, text))?;
    let Some(meta) = document.meta else {
        return Err(Fault::broken(Span::default(), "it has no `_meta`"));
    };
    let version = meta.version.map(|it| it.to_string()).unwrap_or_default();
    if !matches!(meta.version, None | Some(6)) {
        let key = text.find("\"pipfile-spec\"").unwrap_or(0);
        let span = Span::new(key, key);
        return Err(Fault::unsupported(span, &version, "`pipfile-spec` 6 of Pipfile.lock"));
    }
    let mut lock = Lock::new(LockFormat::Pipfile, &version, Listing::Absent);
    lock.requires_python.extend(required_python(&meta.requires, text));
    for (group, entries) in document.groups {
        for (name, entry) in entries.0 {
            let mut package =
                Package::new(&name, span_of(&name, text), source_of(&entry, &meta.sources));
            let version = entry.version.as_deref().and_then(|it| it.strip_prefix("=="));
            package.version = version.map(|it| it.trim_start_matches('=').to_owned());
            package.add_own_archive();
            let group = Some(group.clone().into_owned());
            package.wanted_by.push(Want { group, marker: entry.markers });
            lock.packages.push(package);
        }
    }
    Ok(lock)
}

/// Pipenv refuses or warns when the Python is another one; `3.11` means any patch release of it.
fn required_python(requires: &Requires<'_>, text: &str) -> Option<Text> {
    let is_number = |it: &&Word<'_>| it.0.starts_with(|it: char| it.is_ascii_digit());
    if let Some(Word(version)) = requires.python_full_version.as_ref().filter(is_number) {
        return Some(Text { text: format!("=={version}"), span: span_of(version, text) });
    }
    let Word(version) = requires.python_version.as_ref().filter(is_number)?;
    Some(Text { text: format!("=={version}.*"), span: span_of(version, text) })
}

fn source_of(entry: &Entry, indexes: &[Index]) -> PackageSource {
    if let Some(address) = &entry.git {
        return PackageSource::Repository(address.clone());
    }
    if let Some(place) = entry.file.as_ref().or(entry.path.as_ref()) {
        let place = place.clone();
        let file = place.split('#').next().unwrap_or("");
        let is_archive = file.ends_with(".whl") || super::is_source_archive(file);
        return match is_archive {
            true if place.contains("://") => PackageSource::Url(place),
            true => PackageSource::Archive(place),
            false => PackageSource::Directory { path: place, is_editable: entry.editable },
        };
    }
    let index = entry.index.as_ref().and_then(|name| indexes.iter().find(|it| it.name == *name));
    PackageSource::Index(index.map(|it| it.url.clone()))
}

/// Where a text that is borrowed from the file stands in it, quotes included; with escapes in it, it is not borrowed,
/// and the file's beginning stands for it.
fn span_of(part: &str, text: &str) -> Span {
    let start = (part.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    match start >= 1 && start < text.len() {
        true => Span::new(start - 1, (start + part.len() + 1).min(text.len())),
        false => Span::default(),
    }
}

fn fault(error: &serde_json::Error, text: &str) -> Fault {
    let n_before = error.line().saturating_sub(1);
    let line_start =
        text.match_indices('\n').nth(n_before.wrapping_sub(1)).map_or(0, |it| it.0 + 1);
    let at = (line_start + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |it| it.0);
    Fault::broken(Span::at(at), message)
}

impl<'de: 't, 't, T: Deserialize<'de>> Deserialize<'de> for Pairs<'t, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Read<T> {
            type Value = Vec<(Cow<'de, str>, T)>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut res = Vec::new();
                while let Some(Word(name)) = map.next_key()? {
                    res.push((name, map.next_value()?));
                }
                Ok(res)
            }
        }
        deserializer.deserialize_map(Read(std::marker::PhantomData)).map(Pairs)
    }
}

/// A text that is borrowed where it can be; a bare `Cow` never is.
#[derive(Deserialize)]
#[serde(transparent)]
struct Word<'t>(#[serde(borrow)] Cow<'t, str>);

impl<'de> Deserialize<'de> for Document<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Document<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("an object with `_meta`, `default` and `develop`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut res = Document::default();
                while let Some(Word(name)) = map.next_key()? {
                    if name == "_meta" {
                        res.meta = Some(map.next_value()?);
                    } else if name.starts_with('_') {
                        map.next_value::<IgnoredAny>()?;
                    } else {
                        res.groups.push((name, map.next_value()?));
                    }
                }
                Ok(res)
            }
        }
        deserializer.deserialize_map(Read)
    }
}
