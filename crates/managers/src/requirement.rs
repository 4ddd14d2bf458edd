//! What an operand of `pip install` stands for: a name, a path, a wheel, a URL or a repository.

use crate::argument::Argument;

/// A requirement as written on a command line. Versions and markers are not interpreted. Where a variable that is
/// not known follows, the last field is cut before it: `==` for `flask==$VERSION`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement<'r> {
    /// `name[extra,…]==1.0; marker`
    Named {
        /// The name as written, not normalised.
        name: &'r str,
        /// The text between the brackets; empty without.
        extras: &'r str,
        /// The specifier (`==1.0`, `>=2,<3`, `@1.0`), without marker; empty without.
        specifier: &'r str,
    },
    /// A directory or source archive: `.`, `./x`, `/src`, `.[dev]`, `dist/*.tar.gz`.
    Path {
        /// The path without extras; may be a glob.
        path: &'r str,
        /// The text between the brackets; empty without.
        extras: &'r str,
    },
    /// A wheel file: `/wheels/*.whl`.
    Wheel {
        /// The path without extras; may be a glob.
        path: &'r str,
        /// The text between the brackets; empty without.
        extras: &'r str,
    },
    /// A file that is fetched: `https://…`, `name @ https://…`.
    Url {
        /// The name before the `@`; empty without.
        name: &'r str,
        /// The URL.
        url: &'r str,
    },
    /// A repository: `git+https://…@ref#egg=…`, `name @ git+…`.
    Repository {
        /// The name before the `@`; empty without.
        name: &'r str,
        /// The URL with its `git+`.
        url: &'r str,
    },
    /// Not certain, because of a variable or a substitution.
    Unknown,
}

const ARCHIVES: [&str; 7] = [".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tbz", ".tar.xz", ".tar"];

/// What an operand, or the value of `--editable`, stands for.
pub fn requirement<'r>(argument: &'r Argument<'_>) -> Requirement<'r> {
    if let Some(text) = argument.text() {
        return classify(text);
    }
    match classify(&argument.head) {
        known @ (Requirement::Url { .. } | Requirement::Repository { .. }) => known,
        known @ Requirement::Named { specifier, .. } if !specifier.is_empty() => known,
        _ => Requirement::Unknown,
    }
}

/// What the text of a requirement stands for; source: pip's `constructors.py` (order of the checks).
pub fn classify(text: &str) -> Requirement<'_> {
    let text = text.trim();
    if text.is_empty() {
        return Requirement::Unknown;
    }
    let (name, location) = match text.split_once('@') {
        Some((name, rest)) if is_location(rest.trim_start()) && !name.contains([':', '/', '+']) => {
            let end = name.find('[').unwrap_or(name.len());
            (name.get(..end).unwrap_or(name).trim(), rest.trim_start())
        }
        _ => ("", text),
    };
    let location = match location.split_once(" ;") {
        Some((before, _)) => before.trim_end(),
        None => location,
    };
    let is_repository =
        ["git+", "hg+", "svn+", "bzr+", "git://", "git@"].iter().any(|it| location.starts_with(it));
    if is_repository {
        return Requirement::Repository { name, url: location };
    }
    if location.contains("://") && !location.starts_with("file:") {
        return Requirement::Url { name, url: location };
    }
    let location = location.strip_prefix("file://").unwrap_or(location);
    let (path, extras) = split_extras(location);
    if path.ends_with(".whl") {
        return Requirement::Wheel { path, extras };
    }
    let is_path = path.starts_with(['.', '/', '~', '*']) || path.contains('/');
    if is_path || ARCHIVES.iter().any(|it| path.ends_with(it)) {
        return Requirement::Path { path, extras };
    }
    named(text)
}

/// `path[extras]`; a bracket that is not at the end belongs to a glob.
fn split_extras(text: &str) -> (&str, &str) {
    let inside = text.strip_suffix(']').and_then(|it| it.split_once('['));
    match inside {
        Some((path, extras)) if !extras.contains(['[', '/']) => (path, extras),
        _ => (text, ""),
    }
}

fn named(text: &str) -> Requirement<'_> {
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let end = text.find(|it| !is_name(it)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    if name.is_empty() {
        return Requirement::Unknown;
    }
    let rest = rest.trim_start();
    let (extras, rest) = match rest.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((extras, rest)) => (extras, rest),
        None => ("", rest),
    };
    let specifier = rest.split(';').next().unwrap_or("").trim();
    Requirement::Named { name, extras, specifier }
}

fn is_location(text: &str) -> bool {
    text.contains("://") || text.starts_with("file:") || text.starts_with("git@")
}
