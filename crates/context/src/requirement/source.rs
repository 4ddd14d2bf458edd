//! Where a requirement comes from when it is not an index: URLs, repositories, files and directories.

use std::ops::Range;

use super::{Parts, Reader, RequirementError, Text};

/// Where pip gets a requirement from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A package index, by name.
    Index,
    /// An archive behind a URL; `file:` included.
    Url(Text),
    /// A version control repository.
    Repository(Repository),
    /// A directory or archive beside the requirements file's working directory, without extras.
    Path(Text),
}

/// A repository that pip checks out and builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    /// The program that pip calls: `git`, `hg`, `svn` or `bzr`.
    pub system: &'static str,
    /// The URL as it is written, from `git+` up to the reference or fragment.
    pub url: Text,
    /// The branch, tag or commit behind `@`.
    pub reference: Option<Text>,
}

const SYSTEMS: [&str; 4] = ["git", "hg", "svn", "bzr"];
const SCHEMES: [&str; 8] = ["http", "https", "file", "ftp", "ssh", "git", "sftp", "svn"];
const ARCHIVES: [&str; 12] = [
    ".whl",
    ".zip",
    ".tar.gz",
    ".tgz",
    ".tar",
    ".tar.bz2",
    ".tbz",
    ".tar.xz",
    ".txz",
    ".tlz",
    ".tar.lz",
    ".tar.lzma",
];

/// Whether pip takes the text for a URL: only a scheme that it knows makes one.
pub(super) fn is_url(text: &str) -> bool {
    let Some((scheme, _)) = text.split_once(':') else { return false };
    let scheme = scheme.trim_start();
    let is_one_of = |list: &[&str], text: &str| list.iter().any(|it| it.eq_ignore_ascii_case(text));
    match scheme.split_once('+') {
        Some((system, transport)) => {
            is_one_of(&SYSTEMS, system)
                && (is_one_of(&SCHEMES, transport)
                    || is_one_of(&["static-http", "lp", "hg"], transport))
        }
        None => is_one_of(&SCHEMES, scheme) || is_one_of(&SYSTEMS, scheme),
    }
}

/// Whether the text can only be a directory or a file, and not a name with conditions.
pub(super) fn looks_like_path(text: &str) -> bool {
    let has_condition = text.contains(['<', '>', '=', '!', '~']);
    text.starts_with(['.', '/']) || is_archive(text) || (text.contains('/') && !has_condition)
}

fn is_archive(text: &str) -> bool {
    let text = without_extras(text);
    ARCHIVES.iter().any(|it| {
        let start = text.len().checked_sub(it.len());
        start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(it))
    })
}

/// The text before a `[…]` at its end.
fn without_extras(text: &str) -> &str {
    match text.strip_suffix(']').and_then(|it| it.rsplit_once('[')) {
        Some((path, extras)) if !path.is_empty() && !extras.is_empty() => path,
        _ => text,
    }
}

pub(super) fn read_path(
    reader: &Reader<'_, '_>,
    range: Range<usize>,
) -> Result<Parts, RequirementError> {
    let text = reader.slice(range.clone());
    if text.is_empty() {
        return Err(reader.error(range, "a path, a URL or the name of a package is missing"));
    }
    if SYSTEMS.iter().any(|it| text.strip_prefix(it).is_some_and(|rest| rest.starts_with('+'))) {
        let message = "pip does not know this kind of URL; write `git+https://host/path` or \
                       `git+ssh://git@host/path`";
        return Err(reader.error(range, message));
    }
    let path = range.start..range.start + without_extras(text).len();
    let (extras, end) = reader.extras(path.end, range.end)?;
    if end < range.end {
        return Err(reader.error(end..range.end, "nothing can follow the extras of a path"));
    }
    let name = wheel_name(reader, path.clone());
    Ok(Parts { name, extras, specifiers: Vec::new(), source: Source::Path(reader.piece(path)) })
}

pub(super) fn read_url(
    reader: &Reader<'_, '_>,
    range: Range<usize>,
) -> Result<Parts, RequirementError> {
    let text = reader.slice(range.clone());
    let url_length = text.find('#').unwrap_or(text.len());
    let url = range.start..range.start + url_length;
    let fragment = (url.end + 1).min(range.end)..range.end;
    let egg = fragment_value(reader, fragment, "egg=");
    let (mut name, mut extras) = (None, Vec::new());
    if let Some(egg) = egg {
        let text = reader.slice(egg.clone());
        let name_length = text.find('[').unwrap_or(text.len());
        name =
            Some(reader.piece(egg.start..egg.start + name_length)).filter(|it| !it.text.is_empty());
        extras = reader.extras(egg.start + name_length, egg.end)?.0;
    }
    let text = reader.slice(url.clone());
    let system = SYSTEMS.into_iter().find(|it| {
        let prefix = text.get(..it.len()).unwrap_or("");
        prefix.eq_ignore_ascii_case(it) && text[it.len()..].starts_with(['+', ':'])
    });
    let Some(system) = system else {
        let name = name.or_else(|| wheel_name(reader, url.clone()));
        let source = Source::Url(reader.piece(range));
        return Ok(Parts { name, extras, specifiers: Vec::new(), source });
    };
    // An `@` before the first slash behind `://` belongs to the user, as in `git@host`.
    let path_start = text.find("://").map_or(text.len(), |it| {
        let host = it + 3;
        host + text[host..].find('/').unwrap_or(text.len() - host)
    });
    let reference = text[path_start..].rfind('@').map(|it| path_start + it);
    let url_end = url.start + reference.unwrap_or(text.len());
    let reference = reference.map(|it| reader.piece(url.start + it + 1..url.end));
    if reference.as_ref().is_some_and(|it| it.text.is_empty()) {
        let message = "the branch, tag or commit after `@` is missing";
        return Err(reader.error(url_end..url.end, message));
    }
    let url = reader.piece(url.start..url_end);
    let source = Source::Repository(Repository { system, url, reference });
    Ok(Parts { name, extras, specifiers: Vec::new(), source })
}

/// The value behind `key` in a fragment `a=1&b=2`.
fn fragment_value(
    reader: &Reader<'_, '_>,
    fragment: Range<usize>,
    key: &str,
) -> Option<Range<usize>> {
    let mut start = fragment.start;
    for part in reader.slice(fragment).split('&') {
        if part.starts_with(key) {
            return Some(start + key.len()..start + part.trim_end().len().max(key.len()));
        }
        start += part.len() + 1;
    }
    None
}

/// The name at the start of a wheel's file name.
fn wheel_name(reader: &Reader<'_, '_>, path: Range<usize>) -> Option<Text> {
    let text = reader.slice(path.clone());
    let text = &text[..text.find('?').unwrap_or(text.len())];
    let start = text.rfind('/').map_or(0, |it| it + 1);
    let file_name = text.get(start..)?;
    let stem = file_name.strip_suffix(".whl")?;
    // name, version, an optional build number and three tags
    let n_parts = stem.split('-').count();
    let length = stem.find('-').filter(|it| *it > 0 && (5..=6).contains(&n_parts))?;
    let start = path.start + start;
    Some(reader.piece(start..start + length))
}
