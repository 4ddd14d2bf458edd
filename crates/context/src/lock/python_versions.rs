//! Whether a Python is among those that a lock file allows.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifier};

use super::any;

/// Whether a `(major, minor)` version is allowed by specifiers of PEP 440 or of Poetry (`^3.9`, `~3.9`, `||`); `None`
/// when it depends on the patch release or when they cannot be read.
pub(crate) fn allows(specifiers: &str, python: (u8, u8)) -> Option<bool> {
    any(specifiers.split("||").map(|it| allows_all(it, python)))
}

fn allows_all(specifiers: &str, python: (u8, u8)) -> Option<bool> {
    let mut res = Some(true);
    for part in specifiers.split(',').map(str::trim).filter(|it| !matches!(*it, "" | "*")) {
        match allows_one(part, python) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => res = None,
        }
    }
    res
}

fn allows_one(part: &str, python: (u8, u8)) -> Option<bool> {
    let tilde = part.strip_prefix('~').filter(|it| !it.starts_with('='));
    if let Some(lowest) = part.strip_prefix('^').or(tilde) {
        let version = Version::from_str(lowest.trim()).ok()?;
        let end = match version.release() {
            // `~3.9` ends before 3.10; `^3.9` and `~3` end before 4.
            [major, minor, ..] if tilde.is_some() => format!("<{major}.{}", minor.checked_add(1)?),
            [major, ..] => format!("<{}", major.checked_add(1)?),
            [] => return None,
        };
        return allows_all(&format!(">={version},{end}"), python);
    }
    let specifier = VersionSpecifier::from_str(part).ok()?;
    let (major, minor) = (u64::from(python.0), u64::from(python.1));
    // No version of Python has as many patch releases; what holds for both ends holds between, unless one between
    // them is named.
    let [first, last] = [0, 999].map(|it| specifier.contains(&Version::new([major, minor, it])));
    let is_named = specifier.version().release().get(..2) == Some(&[major, minor][..])
        && specifier.version().release().len() > 2
        && !part.contains('*');
    let is_exact = part.starts_with("==") || part.starts_with("!=");
    (first == last && !(is_exact && is_named)).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specifiers_allow_pythons() {
        let yes = Some(true);
        let no = Some(false);
        for (specifiers, expected) in [
            // For Python 3.9, 3.11 and 3.12.
            (">=3.10", [no, yes, yes]),
            (">=3.10, <3.12", [no, yes, no]),
            ("==3.12.*", [no, no, yes]),
            (">=3.11.4", [no, None, yes]),
            ("==3.11.4", [no, None, no]),
            ("!=3.11.4", [yes, None, yes]),
            ("~=3.9", [yes, yes, yes]),
            ("~=3.11.0", [no, yes, no]),
            ("^3.11", [no, yes, yes]),
            ("~3.11", [no, yes, no]),
            ("^2.7 || ^3.12", [no, no, yes]),
            ("~2.7 || ~3.9", [yes, no, no]),
            ("*", [yes, yes, yes]),
            ("", [yes, yes, yes]),
            (">=3.9,<4.0", [yes, yes, yes]),
            ("of late", [None, None, None]),
        ] {
            let answers = [(3, 9), (3, 11), (3, 12)].map(|it| allows(specifiers, it));
            assert_eq!(answers, expected, "{specifiers}");
        }
    }
}
