//! What a builder of some version can do, so that no fix uses what it lacks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, de};
use syntax::{File, Instruction};

use crate::{Diagnostic, Edit, edited};

/// Something that not every builder understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `RUN --mount`.
    Mount,
    /// `COPY --chmod`, `ADD --chmod`.
    Chmod,
    /// `COPY --link`, `ADD --link`.
    Link,
    /// `<<EOF` behind RUN, COPY and ADD.
    Heredoc,
}

impl Feature {
    const ALL: [Feature; 4] = [Feature::Mount, Feature::Chmod, Feature::Link, Feature::Heredoc];

    /// The first BuildKit that has it built in.
    /// Source: the reference of the Dockerfile says with which version of the syntax each came (1.2 for mounts and
    /// `--chmod`, 1.4 for `--link` and heredocs); BuildKit 0.8 brought the former, 0.10 the latter.
    fn first_buildkit(self) -> (u32, u32) {
        match self {
            Feature::Mount | Feature::Chmod => (0, 8),
            Feature::Link | Feature::Heredoc => (0, 10),
        }
    }

    fn is_used(self, instruction: &Instruction<'_>) -> bool {
        let instruction = instruction.nested().unwrap_or(instruction);
        match self {
            Feature::Mount => instruction.flag("mount").is_some(),
            Feature::Chmod => instruction.flag("chmod").is_some(),
            Feature::Link => instruction.flag("link").is_some(),
            Feature::Heredoc => !instruction.heredocs.is_empty(),
        }
    }
}

/// The oldest builder that must build a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetVersion {
    /// Docker Engine with its default builder: major and minor version.
    Docker(u32, u32),
    /// BuildKit, for those who choose it themselves.
    BuildKit(u32, u32),
}

impl TargetVersion {
    /// Whether the builder understands something.
    pub fn has(self, feature: Feature) -> bool {
        match self {
            // From 23.0 on BuildKit, then 0.10, is the default; before, the classic builder has none of these.
            // Source: the release notes of Docker Engine 23.0.
            TargetVersion::Docker(major, _) => major >= 23,
            TargetVersion::BuildKit(major, minor) => (major, minor) >= feature.first_buildkit(),
        }
    }
}

impl fmt::Display for TargetVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Until 19.03 the minor version was a month.
            TargetVersion::Docker(major @ 17..20, minor) => write!(f, "docker-{major}.{minor:02}"),
            TargetVersion::Docker(major, minor) => write!(f, "docker-{major}.{minor}"),
            TargetVersion::BuildKit(major, minor) => write!(f, "buildkit-{major}.{minor}"),
        }
    }
}

impl FromStr for TargetVersion {
    type Err = String;

    fn from_str(text: &str) -> Result<TargetVersion, String> {
        let unknown = || {
            format!("`{text}` is not a builder; write it like `docker-20.10` or `buildkit-0.12`")
        };
        let (name, version) = text.split_once('-').ok_or_else(unknown)?;
        let mut numbers = version.trim_start_matches('v').split('.').map(str::parse::<u32>);
        let mut next = |missing| match numbers.next() {
            None => missing,
            Some(number) => number.ok(),
        };
        let (Some(major), Some(minor)) = (next(None), next(Some(0))) else { return Err(unknown()) };
        match name {
            "docker" => Ok(TargetVersion::Docker(major, minor)),
            "buildkit" => Ok(TargetVersion::BuildKit(major, minor)),
            _ => Err(unknown()),
        }
    }
}

impl<'de> Deserialize<'de> for TargetVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<TargetVersion, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Takes away every fix that brings something to the Dockerfile which the builder lacks and the file does not use yet.
pub(crate) fn drop_unsupported(target: TargetVersion, file: &File<'_>, found: &mut [Diagnostic]) {
    let is_new = |it: &Feature| !target.has(*it) && !uses(file, *it);
    let lacking: Vec<Feature> = Feature::ALL.into_iter().filter(is_new).collect();
    if lacking.is_empty() {
        return;
    }
    for diagnostic in found {
        diagnostic.fixes.retain(|fix| {
            let own = |it: &&Edit| it.path.is_none();
            let text = edited(file.text, fix.edits.iter().filter(own));
            let after = syntax::parse(&text);
            !lacking.iter().any(|it| uses(&after, *it))
        });
    }
}

fn uses(file: &File<'_>, feature: Feature) -> bool {
    file.instructions.iter().any(|it| feature.is_used(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, expected) in [
            ("docker-20.10", Ok(TargetVersion::Docker(20, 10))),
            ("docker-27", Ok(TargetVersion::Docker(27, 0))),
            ("docker-19.03.12", Ok(TargetVersion::Docker(19, 3))),
            ("buildkit-v0.12.3", Ok(TargetVersion::BuildKit(0, 12))),
            (
                "20.10",
                Err("`20.10` is not a builder; write it like `docker-20.10` or `buildkit-0.12`"),
            ),
            (
                "podman-5",
                Err("`podman-5` is not a builder; write it like `docker-20.10` or `buildkit-0.12`"),
            ),
            (
                "docker-x",
                Err("`docker-x` is not a builder; write it like `docker-20.10` or `buildkit-0.12`"),
            ),
        ] {
            assert_eq!(text.parse::<TargetVersion>(), expected.map_err(str::to_owned), "{text}");
        }
        for text in ["docker-18.09", "docker-1.13", "docker-20.10", "docker-23.0", "buildkit-0.9"] {
            assert_eq!(text.parse::<TargetVersion>().map(|it| it.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn builders_differ_in_what_they_have() {
        for (target, mount, heredoc) in [
            ("docker-18.09", false, false),
            ("docker-20.10", false, false),
            ("docker-23.0", true, true),
            ("buildkit-0.7", false, false),
            ("buildkit-0.9", true, false),
            ("buildkit-0.10", true, true),
        ] {
            let it: TargetVersion = target.parse().unwrap();
            assert_eq!(
                (it.has(Feature::Mount), it.has(Feature::Heredoc)),
                (mount, heredoc),
                "{it}"
            );
        }
    }
}
