//! The report for a browser: one page that needs nothing else, readable without scripts.

mod bars;
mod source;

use std::fmt::Write;

use linter::{Input, Safety, Severity};

use super::markup::{escaped, with_code};
use super::{Style, Summary};
use crate::diff;
use crate::report::{Report, count, severity_name};
use crate::stack::{after_fixes, rows};
use crate::statistics;

const STYLE: &str = include_str!("html/style.css");

/// The head of the page, and what was found in all.
pub(crate) fn opening(summary: &Summary) -> String {
    let n_found = summary.tally.n_found();
    let title = match n_found {
        0 => "no problems".to_owned(),
        _ => format!("{} in {}", count(n_found, "problem"), count(summary.tally.n_files, "file")),
    };
    let mut res = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>pylintdock: {title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#files\">Skip to the Dockerfiles</a>\n\
         <header>\n<h1>pylintdock</h1>\n<p>{}</p>\n</header>\n<main>\n",
        with_code(summary.sentence.trim_end())
    );
    if n_found > 0 {
        rules(summary, &mut res);
    }
    res +=
        "<section aria-labelledby=\"files\">\n<h2 id=\"files\" tabindex=\"-1\">Dockerfiles</h2>\n";
    for (path, sentence) in &summary.failures {
        let (path, sentence) = (escaped(path), with_code(sentence));
        let _cannot_fail = writeln!(res, "<p class=\"failure\"><code>{path}</code> {sentence}</p>");
    }
    res
}

/// A table of the rules that found something, with bars.
fn rules(summary: &Summary, out: &mut String) {
    out.push_str(
        "<section aria-labelledby=\"rules\">\n<h2 id=\"rules\">Rules</h2>\n<table class=\"rules\">\n<thead><tr>\
         <th scope=\"col\">Rule</th><th scope=\"col\">Severity</th><th scope=\"col\" class=\"number\">Found</th>\
         <th scope=\"col\" class=\"number\">--fix</th><th scope=\"col\" class=\"number\">--unsafe-fixes</th>\
         <td aria-hidden=\"true\"></td></tr></thead>\n<tbody>\n",
    );
    let counts = statistics::sorted(&summary.tally);
    let most = counts.first().map_or(1, |it| it.1.n_found.max(1));
    for (rule, count) in counts {
        let severity = severity_name(count.severity);
        let _cannot_fail = writeln!(
            out,
            "<tr><th scope=\"row\"><a href=\"{}\">{rule}</a></th><td><span class=\"tag {severity}\">{severity}</span></td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"share\" aria-hidden=\"true\"><span class=\"{severity}\" style=\"width:{}%\"></span></td></tr>",
            linter::link(rule),
            count.n_found,
            or_nothing(count.n_safe),
            or_nothing(count.n_unsafe),
            (count.n_found * 100).div_ceil(most),
        );
    }
    out.push_str("</tbody>\n</table>\n</section>\n");
}

fn or_nothing(number: usize) -> String {
    if number == 0 { String::new() } else { number.to_string() }
}

/// Adds one Dockerfile: its layers, its text with the findings, and what fixes change.
pub(crate) fn render(report: &Report<'_>, input: &Input<'_>, style: Style, out: &mut String) {
    let is_open = style.is_short && !report.diagnostics.is_empty();
    let _cannot_fail = writeln!(
        out,
        "<details class=\"file\"{}>\n<summary><h3>{}</h3>{}</summary>",
        if is_open { " open" } else { "" },
        escaped(report.path),
        tags(report)
    );
    let (fixed, after_safe) = after_fixes(input, Safety::Safe);
    let (_, after_unsafe) = after_fixes(input, Safety::Unsafe);
    let before = rows(input);
    bars::render(
        &[
            ("Now", before),
            ("After --fix", after_safe),
            ("After --fix --unsafe-fixes", after_unsafe),
        ],
        out,
    );
    source::render(report, out);
    let mut changes = String::new();
    for (path, after) in &fixed.files {
        let before = input.files.read(path);
        let path = report.path_in_context(path);
        diff::render(&path, before.as_deref(), after, false, &mut changes);
    }
    if fixed.text != input.text {
        diff::render(report.path, Some(input.text), &fixed.text, false, &mut changes);
    }
    if !changes.is_empty() {
        difference(&changes, out);
    }
    out.push_str("</details>\n");
}

/// How often each severity was found.
fn tags(report: &Report<'_>) -> String {
    let number = |severity| report.diagnostics.iter().filter(|it| it.severity == severity).count();
    let mut res = String::new();
    for severity in [Severity::Error, Severity::Warning, Severity::Info] {
        let (number, name) = (number(severity), severity_name(severity));
        if number > 0 {
            let text = if severity == Severity::Info {
                format!("{number} info")
            } else {
                count(number, name)
            };
            let _cannot_fail = write!(res, " <span class=\"tag {name}\">{text}</span>");
        }
    }
    if res.is_empty() { " <span class=\"tag\">no problems</span>".to_owned() } else { res }
}

/// What `--fix` changes, as a unified diff.
fn difference(changes: &str, out: &mut String) {
    out.push_str(
        "<details class=\"difference\">\n<summary>What <code>--fix</code> changes</summary>\n<pre>",
    );
    for line in changes.lines() {
        let class = match line {
            it if it.starts_with("--- ") || it.starts_with("+++ ") => "head",
            it if it.starts_with("@@") => "hunk",
            it if it.starts_with('+') => "added",
            it if it.starts_with('-') => "removed",
            _ => "same",
        };
        let _cannot_fail = writeln!(out, "<span class=\"{class}\">{}</span>", escaped(line));
    }
    out.push_str("</pre>\n</details>\n");
}

/// The end of the page.
pub(crate) fn closing(summary: &Summary) -> String {
    let nothing =
        if summary.tally.n_checked == 0 { "<p>No Dockerfile was looked at.</p>\n" } else { "" };
    format!(
        "{nothing}</section>\n</main>\n<footer>\n<p>Written by <a href=\"{}\">pylintdock</a> {}. Sizes are estimates.</p>\n\
         </footer>\n</body>\n</html>\n",
        env!("CARGO_PKG_REPOSITORY"),
        env!("CARGO_PKG_VERSION")
    )
}
