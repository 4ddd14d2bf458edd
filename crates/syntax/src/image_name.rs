//! Whether a text can be the name of an image: `registry/repository:tag@digest`.
//!
//! The grammar is that of the distribution project's reference package, which the builder uses.

/// Why a text is no image name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NameFault {
    /// The repository has capital letters, and is right otherwise.
    Uppercase,
    /// A part is empty or has characters that it may not have.
    Malformed,
}

/// Hexadecimal digits of each digest algorithm.
const DIGESTS: [(&str, usize); 3] = [("sha256", 64), ("sha384", 96), ("sha512", 128)];

/// The longest tag.
const LONGEST_TAG: usize = 128;

/// The longest repository with its registry.
const LONGEST_NAME: usize = 255;

/// What is wrong with an image name in which no variable is left.
pub(crate) fn fault(text: &str) -> Option<NameFault> {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    // A colon before the last slash belongs to the port of the registry.
    let path_start = name.rfind('/').map_or(0, |it| it + 1);
    let (name, tag) = match name[path_start..].find(':') {
        Some(it) => (&name[..path_start + it], Some(&name[path_start + it + 1..])),
        None => (name, None),
    };
    if !tag.is_none_or(is_tag) || !digest.is_none_or(is_digest) || name.len() > LONGEST_NAME {
        return Some(NameFault::Malformed);
    }
    let (registry, repository) = match name.split_once('/') {
        Some((first, rest)) if is_registry_by_look(first) => (Some(first), rest),
        _ => (None, name),
    };
    // What only looks like a registry, such as `my_company.com`, is a part of the path to the builder.
    let is_registry_right = registry.is_none_or(|it| is_registry(it) || is_path_component(it));
    let is_path = |it: &str| it.split('/').all(is_path_component);
    let is_id = registry.is_none() && is_hexadecimal(repository, 64);
    if is_registry_right && is_path(repository) && !is_id {
        return None;
    }
    let is_lower_right = is_registry_right && is_path(&repository.to_ascii_lowercase()) && !is_id;
    Some(if is_lower_right { NameFault::Uppercase } else { NameFault::Malformed })
}

/// The first part is a registry if it has a dot, a port or a capital letter, or is `localhost`.
fn is_registry_by_look(text: &str) -> bool {
    text.contains(['.', ':'])
        || text == "localhost"
        || text.chars().any(|it| it.is_ascii_uppercase())
}

fn is_registry(text: &str) -> bool {
    if text.starts_with('[') {
        // An IPv6 address: rare, and not judged here.
        return true;
    }
    let (host, port) = match text.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let is_component = |it: &str| {
        !it.is_empty()
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
            && !it.starts_with('-')
            && !it.ends_with('-')
    };
    let is_port = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    host.split('.').all(is_component) && port.is_none_or(is_port)
}

/// Lower-case words joined by one dot, one or two underscores or any number of dashes.
fn is_path_component(text: &str) -> bool {
    let is_word = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit();
    let mut separators = text.split(is_word);
    let is_separator = |it: &str| matches!(it, "." | "_" | "__") || it.bytes().all(|it| it == b'-');
    text.starts_with(is_word) && text.ends_with(is_word) && separators.all(is_separator)
}

fn is_tag(text: &str) -> bool {
    let is_word = |it: u8| it.is_ascii_alphanumeric() || it == b'_';
    text.len() <= LONGEST_TAG
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|it| is_word(it) || matches!(it, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    let Some((algorithm, digits)) = text.split_once(':') else { return false };
    DIGESTS.iter().any(|it| it.0 == algorithm && is_hexadecimal(digits, it.1))
}

fn is_hexadecimal(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was given to BuildKit.
    #[test]
    fn names_are_judged_as_buildkit_judges_them() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let accepted = [
            "python".to_owned(),
            "python:3.13-slim".to_owned(),
            "a/b/c:_x".to_owned(),
            "a__b.c--d/e_f:1.2-3".to_owned(),
            "localhost/a".to_owned(),
            "localhost:5000/a/b:1".to_owned(),
            "Registry.example.com/a".to_owned(),
            "HOST/a".to_owned(),
            "my_company.com/a".to_owned(),
            "[::1]:5000/a".to_owned(),
            "ghcr.io/a/b".to_owned(),
            format!("python@{digest}"),
            format!("python:3@{digest}"),
        ];
        for text in &accepted {
            assert_eq!(fault(text), None, "{text}");
        }
        let refused = [
            ("", NameFault::Malformed),
            ("php:", NameFault::Malformed),
            ("python:-slim", NameFault::Malformed),
            ("a:b:c", NameFault::Malformed),
            ("alpine:%%TAG%%", NameFault::Malformed),
            ("a/", NameFault::Malformed),
            ("/a", NameFault::Malformed),
            ("a//b", NameFault::Malformed),
            ("a b", NameFault::Malformed),
            ("a___b", NameFault::Malformed),
            ("a..b/c", NameFault::Malformed),
            ("a:b/c", NameFault::Malformed),
            ("foo_Bar/x", NameFault::Malformed),
            ("\u{e9}", NameFault::Malformed),
            ("-a", NameFault::Malformed),
            ("a-", NameFault::Malformed),
            ("ubuntu:alpine@123", NameFault::Malformed),
            ("a:sha256:0123", NameFault::Malformed),
            ("a@sha256:0123", NameFault::Malformed),
            (".dkr.ecr..amazonaws.com/a:1", NameFault::Malformed),
            ("https://a.example/b", NameFault::Malformed),
            ("ARG_FROM", NameFault::Uppercase),
            ("me/Image", NameFault::Uppercase),
            ("%%NAME%%", NameFault::Malformed),
        ];
        for (text, expected) in refused {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
        assert_eq!(fault(&"a".repeat(64)), Some(NameFault::Malformed), "64 hexadecimal digits");
        assert_eq!(fault(&"g".repeat(64)), None);
    }
}
