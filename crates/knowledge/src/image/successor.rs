//! The tag to move to when the Python or the distribution of an image has come to its end.

use super::tag::{Tag, read};
use super::{Distribution, IMAGES, PYTHON_TAGS, repository};
use crate::date::Date;
use crate::release::{Release, release, releases, supported_pythons};

/// The tag of the official `python` image with the oldest Python that is still supported and newer than the one that
/// `tag` names, in the same variant: `3.8-slim` gives `3.11-slim`.
///
/// Where the tag names a release of the distribution, it is kept if there is such a tag, else the next one is taken.
/// `None` if no such tag is known to be built today, or for Python 2, whose programs do not run on a newer Python.
pub fn next_python(tag: &str, today: Date) -> Option<String> {
    let words = read(tag);
    let old = words.leading?.0;
    if words.is_unresolved || old.0 < 3 || !is_in_front(tag) {
        return None;
    }
    let newer = supported_pythons(today).into_iter().filter(|it| *it > old);
    newer.flat_map(|it| with_release(tag, &words, it, today)).find(|it| is_python_tag(it))
}

/// The tags for a Python, one for each release that may be meant.
fn with_release(tag: &str, words: &Tag, python: (u8, u8), today: Date) -> Vec<String> {
    let version = format!("{}.{}", python.0, python.1);
    let Some(named) = words.release else { return vec![composed(tag, Some(&version), None)] };
    let releases = from(words.distribution, named).filter(|it| is_supported(*it, today));
    releases.map(|it| composed(tag, Some(&version), Some((named, it)))).collect()
}

/// Whether a tag of the official `python` image is built today.
pub fn is_python_tag(tag: &str) -> bool {
    PYTHON_TAGS.row(tag).is_some_and(|it| it.column(4).is_empty())
}

/// The tag of the official `python` image for another Python, in the same variant; `None` if no such tag is built today.
pub fn with_python(tag: &str, python: (u8, u8)) -> Option<String> {
    let version = format!("{}.{}", python.0, python.1);
    let is_plain = is_in_front(tag) && !tag.contains('$');
    Some(composed(tag, Some(&version), None)).filter(|it| is_plain && is_python_tag(it))
}

/// The tag of the same image with the next release of its distribution that is supported on a day: `12.04` of `ubuntu`
/// gives `22.04`, `3.12-slim-buster` of `python` gives `3.12-slim-bookworm`.
///
/// Known for `python` and for the images of distributions themselves. `None` if no such tag is known to exist.
pub fn next_distribution(repository: &str, tag: &str, today: Date) -> Option<String> {
    let name = repository::canonical(repository);
    if name == "python" { next_of_python(tag, today) } else { next_of_system(name, tag, today) }
}

fn next_of_python(tag: &str, today: Date) -> Option<String> {
    let words = read(tag);
    if words.is_unresolved {
        return None;
    }
    let minor =
        words.leading.filter(|_| is_in_front(tag)).map(|it| format!("{}.{}", it.0.0, it.0.1));
    let Some(named) = words.release else {
        // The tag is not rebuilt any more; that of its feature release is.
        let moving = composed(tag, Some(&minor?), None);
        return is_python_tag(&moving).then_some(moving);
    };
    let newer: Vec<Release> =
        from(words.distribution, named).skip(1).filter(|it| is_supported(*it, today)).collect();
    let same = newer.iter().map(|it| composed(tag, None, Some((named, *it))));
    let moving = newer.iter().map(|it| composed(tag, minor.as_deref(), Some((named, *it))));
    let is_listed = |it: &String| PYTHON_TAGS.row(it).is_some();
    same.chain(moving).find(is_listed)
}

fn next_of_system(name: &str, tag: &str, today: Date) -> Option<String> {
    const OWN: [&str; 5] = ["alpine", "amazonlinux", "debian", "fedora", "ubuntu"];
    if !OWN.contains(&name) {
        return None;
    }
    let distribution = Distribution::from_key(IMAGES.row(name)?.column(1));
    let (head, rest) = match tag.split_once('-') {
        Some((head, "slim")) if distribution == Distribution::Debian => (head, "-slim"),
        Some(_) => return None,
        None => (tag, ""),
    };
    let named = release(distribution, head)
        .or_else(|| super::tag::numbered(distribution, head))
        .filter(|_| !head.contains('$'))?;
    let next = next_release(distribution, named, today)?;
    let is_number = head.starts_with(|it: char| it.is_ascii_digit());
    let word = if is_number { next.version() } else { next.name() };
    Some(format!("{word}{rest}"))
}

/// The next release of a distribution that is supported on a day. One of Ubuntu that is made to be used for years is
/// followed by another such one, and CentOS ended: what bears its name today is another thing.
pub fn next_release(distribution: Distribution, old: Release, today: Date) -> Option<Release> {
    let is_of_kind = |it: &Release| match distribution {
        Distribution::Ubuntu => is_long_term(*it) || !is_long_term(old),
        Distribution::CentOs => old.name().starts_with("stream") && it.name().starts_with("stream"),
        _ => true,
    };
    let newer = from(distribution, old).skip(1).filter(is_of_kind);
    newer.filter(|it| it.version() != old.version()).find(|it| is_supported(*it, today))
}

/// The releases of a distribution from one on.
fn from(distribution: Distribution, first: Release) -> impl Iterator<Item = Release> {
    releases(distribution).into_iter().skip_while(move |it| *it != first)
}

/// An Ubuntu that is made to be used for years: April of an even year.
fn is_long_term(release: Release) -> bool {
    let (year, month) = release.version().split_once('.').unwrap_or(("", ""));
    month == "04" && year.parse::<u8>().is_ok_and(|it| it.is_multiple_of(2))
}

fn is_supported(release: Release, today: Date) -> bool {
    release.released().is_some_and(|it| it <= today)
        && release.end_of_support().is_some_and(|it| today < it)
}

fn is_in_front(tag: &str) -> bool {
    tag.starts_with(|it: char| it.is_ascii_digit())
}

/// The tag with another version in front and another release in its word, where one is given.
fn composed(tag: &str, version: Option<&str>, release: Option<(Release, Release)>) -> String {
    let mut words: Vec<String> = tag.split('-').map(str::to_owned).collect();
    if let (Some(first), Some(version)) = (words.first_mut(), version) {
        *first = version.to_owned();
    }
    if let Some((old, new)) = release {
        for word in &mut words {
            if word == old.name() {
                *word = new.name().to_owned();
            } else if word.strip_prefix("alpine") == Some(old.name()) {
                *word = format!("alpine{}", new.name());
            }
        }
    }
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date { year: 2026, month: 11, day: 21 };

    #[test]
    fn pythons_have_a_successor() {
        for (tag, expected) in [
            ("3.8", Some("3.11")),
            ("3.8-slim", Some("3.11-slim")),
            ("3.8.12-slim", Some("3.11-slim")),
            ("3.10-slim-bookworm", Some("3.11-slim-bookworm")),
            ("3.7-slim-buster", Some("3.11-slim-bookworm")),
            ("3.8-alpine", Some("3.11-alpine")),
            ("3.8-alpine3.12", Some("3.11-alpine3.23")),
            ("2.7-slim", None),
            ("3.6-onbuild", None),
            ("3.8-${X}", None),
            ("slim-buster", None),
            ("3.8-windowsservercore", None),
        ] {
            assert_eq!(next_python(tag, TODAY).as_deref(), expected, "{tag}");
        }
        let earlier = Date { year: 2024, month: 11, day: 1 };
        assert_eq!(next_python("3.8-slim", earlier).as_deref(), Some("3.10-slim"));
    }

    #[test]
    fn distributions_have_a_successor() {
        for (repository, tag, expected) in [
            ("python", "3.11-slim-buster", Some("3.11-slim-bookworm")),
            ("python", "3.11.2-slim-bullseye", Some("3.11-slim-bookworm")),
            ("python", "3.11.2-slim", Some("3.11-slim")),
            ("python", "3.12-alpine3.19", Some("3.12-alpine3.22")),
            ("debian", "buster", Some("bookworm")),
            ("debian", "10-slim", Some("12-slim")),
            ("debian", "buster-20200101", None),
            ("ubuntu", "18.04", Some("22.04")),
            ("ubuntu", "bionic", Some("jammy")),
            ("ubuntu", "25.04", Some("26.04")),
            ("alpine", "3.12.1", Some("3.22")),
            ("fedora", "38", Some("43")),
            ("amazonlinux", "2", Some("2023")),
            ("centos", "7", None),
            ("node", "18-buster", None),
        ] {
            let found = next_distribution(repository, tag, TODAY);
            assert_eq!(found.as_deref(), expected, "{repository}:{tag}");
        }
    }
}
