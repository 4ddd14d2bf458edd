//! Path patterns of the configuration, in the manner of `.gitignore`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// A set of patterns. One without `/` matches a file or directory of that name at any depth, one with `/` is
/// relative to the configuration's directory; a directory that matches stands for everything below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Patterns {
    /// `None` when there is no pattern, so that nothing is compiled.
    set: Option<GlobSet>,
}

impl Patterns {
    /// Compiles patterns; the error says what is wrong with one.
    pub(crate) fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Patterns, String> {
        let mut builder = GlobSetBuilder::new();
        let mut is_empty = true;
        for pattern in patterns {
            is_empty = false;
            for glob in expand(pattern) {
                let glob = GlobBuilder::new(&glob).literal_separator(true).build();
                builder.add(glob.map_err(|it| it.kind().to_string())?);
            }
        }
        if is_empty {
            return Ok(Patterns::default());
        }
        builder.build().map(|it| Patterns { set: Some(it) }).map_err(|it| it.to_string())
    }

    /// Whether one of them matches a relative path with `/`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.set.as_ref().is_some_and(|it| it.is_match(path))
    }
}

fn expand(pattern: &str) -> [String; 2] {
    let body = pattern.strip_prefix("./").unwrap_or(pattern).trim_end_matches('/');
    let anchored = match body.strip_prefix('/') {
        Some(rest) => rest.to_owned(),
        None if body.contains('/') => body.to_owned(),
        None => format!("**/{body}"),
    };
    [format!("{anchored}/**"), anchored]
}

#[cfg(test)]
mod tests {
    use super::Patterns;

    #[test]
    fn patterns_match_as_in_gitignore() {
        let cases = [
            ("vendor", "vendor/x/Dockerfile", true),
            ("vendor", "a/vendor/Dockerfile", true),
            ("vendor", "a/vendors/Dockerfile", false),
            ("vendor/", "vendor/Dockerfile", true),
            ("/vendor", "a/vendor/Dockerfile", false),
            ("./vendor", "vendor/Dockerfile", true),
            ("a/vendor", "a/vendor/b/Dockerfile", true),
            ("a/vendor", "b/a/vendor/Dockerfile", false),
            ("*.dockerfile", "deep/x.dockerfile", true),
            ("a/*/Dockerfile", "a/b/c/Dockerfile", false),
            ("a/**/Dockerfile", "a/b/c/Dockerfile", true),
            ("Dockerfile.{dev,test}", "Dockerfile.test", true),
        ];
        for (pattern, path, expected) in cases {
            let patterns = Patterns::new([pattern]).unwrap();
            assert_eq!(patterns.matches(path), expected, "{pattern} on {path}");
        }
        assert!(!Patterns::new([]).unwrap().matches("Dockerfile"));
        assert!(Patterns::new(["a[b"]).is_err());
    }
}
