//! Image references: `registry/repository:tag@digest`, with the place of each part.

use std::ops::Range;

/// A parsed image reference. Ranges are offsets in the text that was parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReference {
    /// The reference as resolved, without tag and digest: `docker.io/library/python` stays as written.
    pub repository: String,
    /// Behind the colon.
    pub tag: Option<String>,
    /// Behind `@`, with its algorithm.
    pub digest: Option<String>,
}

impl ImageReference {
    /// Splits a reference; `None` when it is empty.
    ///
    /// A colon before the last `/` belongs to a registry's port. Variables have been resolved before.
    pub fn parse(text: &str) -> Option<ImageReference> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest.to_owned())),
            None => (text, None),
        };
        let tag = tag_range(name).map(|it| name[it].to_owned());
        let repository = match tag_range(name) {
            Some(it) => &name[..it.start - 1],
            None => name,
        };
        if repository.is_empty() {
            return None;
        }
        Some(ImageReference { repository: repository.to_owned(), tag, digest })
    }
}

/// Where the tag stands in a reference without digest, as far as it is written out or a variable.
pub fn tag_range(name: &str) -> Option<Range<usize>> {
    let name_end = name.find('@').unwrap_or(name.len());
    let name = &name[..name_end];
    let mut depth = 0_usize;
    let mut colon = None;
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            // A colon inside `${NAME:-default}` is not the tag's, and one before a slash is a port's.
            b':' if depth == 0 => colon = Some(at),
            b'/' if depth == 0 => colon = None,
            _ => {}
        }
    }
    colon.map(|it| it + 1..name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_split() {
        let cases = [
            ("python", "python", None, None),
            ("python:3.12-slim", "python", Some("3.12-slim"), None),
            ("localhost:5000/a/b", "localhost:5000/a/b", None, None),
            ("localhost:5000/a/b:1@sha256:ab", "localhost:5000/a/b", Some("1"), Some("sha256:ab")),
            ("a@sha256:ab", "a", None, Some("sha256:ab")),
        ];
        for (text, repository, tag, digest) in cases {
            let found = ImageReference::parse(text).expect(text);
            assert_eq!(found.repository, repository);
            assert_eq!(found.tag.as_deref(), tag);
            assert_eq!(found.digest.as_deref(), digest);
        }
        assert_eq!(ImageReference::parse(""), None);
        assert_eq!(tag_range("${A:-x}/b:${T:-1}"), Some(10..17));
    }
}
