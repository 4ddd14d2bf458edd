//! The formats in which findings are printed: how a run begins, what is said of each file, and how it ends.

mod change;
mod checkstyle;
mod concise;
pub(crate) mod full;
mod github;
mod gitlab;
mod html;
pub(crate) mod json;
mod junit;
mod markdown;
mod markup;
mod rdjson;
mod sarif;
mod snippet;

use clap::ValueEnum;
use linter::Input;

use crate::report::{Report, Tally};
use crate::statistics;

/// How to print what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// With the lines of the Dockerfile, explanations and fixes
    #[default]
    Full,
    /// One line for each problem
    Concise,
    /// One JSON array; of files that cannot be read only the exit status 2 and standard error tell
    Json,
    /// One JSON object on a line for each problem
    JsonLines,
    /// SARIF 2.1.0 with fixes, for code scanning and SARIF viewers
    Sarif,
    /// Annotations of a GitHub workflow
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit XML, for test reports of build servers
    Junit,
    /// Reviewdog's diagnostic format
    Rdjson,
    /// Checkstyle XML
    Checkstyle,
    /// Markdown, for the summary of a job or a comment
    Markdown,
    /// A page to be opened in a browser: the Dockerfiles with their problems, and their layers before and after fixes
    Html,
}

impl Format {
    /// Whether the closing sentence may stand below, because a person or a log reads it.
    pub(crate) fn is_for_readers(self) -> bool {
        matches!(self, Format::Full | Format::Concise | Format::Github)
    }

    /// Whether counts by rule can be written in it.
    pub(crate) fn has_statistics(self) -> bool {
        use Format::{Concise, Full, Html, Json, JsonLines, Markdown};
        matches!(self, Full | Concise | Json | JsonLines | Markdown | Html)
    }

    /// Whether the beginning tells what only the end of a run knows.
    pub(crate) fn begins_with_sums(self) -> bool {
        matches!(self, Format::Junit | Format::Markdown | Format::Html)
    }
}

/// How a file is printed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    pub(crate) format: Format,
    pub(crate) has_colors: bool,
    /// Unsafe fixes are offered as changes too.
    pub(crate) allows_unsafe: bool,
    /// Few files are looked at, so that each can be shown at once.
    pub(crate) is_short: bool,
}

/// What a run came to, for the formats that tell.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    pub(crate) tally: Tally,
    /// The files without a result, each with the sentence that says why.
    pub(crate) failures: Vec<(String, String)>,
    /// Something could not be read or done.
    pub(crate) has_problem: bool,
    /// Only counts are wanted.
    pub(crate) is_statistics: bool,
    /// What became of the problems, in a sentence.
    pub(crate) sentence: String,
}

/// What is said of one file; empty when nothing is.
pub(crate) fn fragment(style: Style, report: &Report<'_>, input: &Input<'_>) -> String {
    let mut out = String::new();
    match style.format {
        Format::Full => full::render(report, style.has_colors, &mut out),
        Format::Concise => concise::render(report, style.has_colors, &mut out),
        Format::Json => json::render(report, input.files, ",\n", &mut out),
        Format::JsonLines => json::render(report, input.files, "\n", &mut out),
        Format::Sarif => sarif::render(report, input.files, &mut out),
        Format::Github => github::render(report, &mut out),
        Format::Gitlab => gitlab::render(report, &mut out),
        Format::Junit => junit::render(report, &mut out),
        Format::Rdjson => rdjson::render(report, style.allows_unsafe, &mut out),
        Format::Checkstyle => checkstyle::render(report, &mut out),
        Format::Markdown => markdown::render(report, &mut out),
        Format::Html => html::render(report, input, style, &mut out),
    }
    out
}

/// What stands between the fragments of two files.
pub(crate) fn separator(format: Format) -> &'static str {
    match format {
        Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => ",\n",
        Format::JsonLines => "\n",
        _ => "",
    }
}

/// What comes before the first fragment. `summary` is only filled where [`Format::begins_with_sums`].
pub(crate) fn opening(format: Format, summary: &Summary) -> String {
    match format {
        Format::Json | Format::Gitlab if summary.is_statistics => String::new(),
        Format::Json | Format::Gitlab => "[".to_owned(),
        Format::Sarif => sarif::opening(),
        Format::Junit => junit::opening(summary),
        Format::Rdjson => rdjson::opening(),
        Format::Checkstyle => checkstyle::opening(),
        Format::Markdown => markdown::opening(summary),
        Format::Html => html::opening(summary),
        Format::Full | Format::Concise | Format::JsonLines | Format::Github => String::new(),
    }
}

/// What comes behind the last fragment; `is_empty` when there was none.
pub(crate) fn closing(format: Format, summary: &Summary, is_empty: bool) -> String {
    let end = |text: &str| format!("{}{text}", if is_empty { "" } else { "\n" });
    match format {
        Format::Full | Format::Concise if summary.is_statistics => {
            statistics::table(&summary.tally)
        }
        Format::Json if summary.is_statistics => statistics::json(&summary.tally),
        Format::JsonLines if summary.is_statistics => statistics::json_lines(&summary.tally),
        Format::Json | Format::Gitlab => end("]\n"),
        Format::JsonLines => end(""),
        Format::Sarif => end(&sarif::closing(summary)),
        Format::Junit => junit::closing(summary),
        Format::Rdjson => end("]}\n"),
        Format::Checkstyle => checkstyle::closing(),
        Format::Markdown => markdown::closing(summary),
        Format::Html => html::closing(summary),
        Format::Full | Format::Concise | Format::Github => String::new(),
    }
}

/// The message and what is said beside it, as one text of several lines.
fn explained(diagnostic: &linter::Diagnostic) -> String {
    let mut lines = vec![diagnostic.message.as_str()];
    lines.extend(diagnostic.notes.iter().map(String::as_str));
    lines.join("\n")
}
