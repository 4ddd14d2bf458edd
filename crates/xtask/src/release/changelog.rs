//! The changelog: what is told of a version, and what is not released yet.

use std::path::Path;

use super::places::{Rewritten, read};
use super::version::Version;

const FILE: &str = "CHANGELOG.md";
/// Above what the next version brings.
const UNRELEASED: &str = "## Unreleased\n";

/// The changelog with its unreleased part under the heading of `version` and the day `today`.
///
/// # Errors
///
/// There is nothing unreleased, or a version that is as new has been released.
pub(crate) fn closed(root: &Path, version: Version, today: &str) -> Result<Rewritten, String> {
    let before = read(root, FILE)?;
    if let Some(newest) = released(&before)?.into_iter().max()
        && version <= newest
    {
        return Err(format!("{version} is not newer than {newest}, which {FILE} says is released"));
    }
    let (above, below) = before
        .split_once(UNRELEASED)
        .ok_or_else(|| format!("{FILE} has no heading `{}`", UNRELEASED.trim()))?;
    let section = below.split("\n## ").next().unwrap_or(below);
    if !section.lines().any(|it| it.starts_with("- ")) {
        return Err(format!(
            "`{}` in {FILE} is empty: write there what {version} brings, one `- ` for each",
            UNRELEASED.trim()
        ));
    }
    let after = format!("{above}{UNRELEASED}\n## {version} ({today})\n{below}");
    Ok(Rewritten { file: FILE, before, after })
}

/// The versions that have a heading.
fn released(text: &str) -> Result<Vec<Version>, String> {
    let headings = text.lines().filter_map(|it| it.strip_prefix("## "));
    let versions = headings.filter(|it| *it != "Unreleased");
    versions.map(|it| Version::parse(it.split(' ').next().unwrap_or(it))).collect()
}
