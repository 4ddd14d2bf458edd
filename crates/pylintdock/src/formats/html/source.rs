//! A Dockerfile with its findings below the lines that they speak of.

use std::fmt::Write;

use linter::{Diagnostic, Safety};
use syntax::{LineIndex, Span};

use crate::fingerprint::hash;
use crate::formats::markup::{escaped, with_code};
use crate::report::{Report, severity_name};

/// A finding of a longer place stands below its first line.
const MOST_LINES_ABOVE: u32 = 6;

/// What colours a part of the text.
struct Mark {
    span: Span,
    class: &'static str,
}

/// Adds the text with the findings.
pub(super) fn render(report: &Report<'_>, out: &mut String) {
    let text = report.text;
    let file = syntax::parse(text);
    let marks = marks(report, &file);
    let lines = LineIndex::new(text);
    // Links to lines need names that no other file of the page has.
    let id = format!("{:08x}", hash(report.path.as_bytes()) >> 32);
    let _cannot_fail = writeln!(
        out,
        "<div class=\"source\" role=\"region\" aria-label=\"Text of {}\">",
        escaped(report.path)
    );
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let number = at as u32 + 1;
        let end = start + line.trim_end_matches(['\n', '\r']).len();
        let _cannot_fail = writeln!(
            out,
            "<div class=\"line\" id=\"{id}-{number}\"><span class=\"n\" data-n=\"{number}\"></span><code>{}</code></div>",
            marked(text, Span::new(start, end), &marks)
        );
        for diagnostic in report.diagnostics.iter().filter(|it| below(report, &lines, it) == number)
        {
            finding(report, diagnostic, &id, out);
        }
        start += line.len();
    }
    // A finding of an empty file, or behind the last line.
    let n_lines = text.split_inclusive('\n').count() as u32;
    for diagnostic in report.diagnostics.iter().filter(|it| below(report, &lines, it) > n_lines) {
        finding(report, diagnostic, &id, out);
    }
    out.push_str("</div>\n");
}

/// The line below which a finding is told.
fn below(report: &Report<'_>, lines: &LineIndex, diagnostic: &Diagnostic) -> u32 {
    let first = lines.line(diagnostic.span.start);
    let last = report.last_line(diagnostic.span);
    if last - first < MOST_LINES_ABOVE { last } else { first }
}

/// In the order in which later ones lie on top.
fn marks(report: &Report<'_>, file: &syntax::File<'_>) -> Vec<Mark> {
    let mut res = Vec::new();
    let keywords = file.instructions.iter().map(|it| (it.keyword_span, "keyword"));
    let comments = file.comments.iter().map(|it| (*it, "comment"));
    let directives = file.directives.iter().map(|it| (it.span, "comment"));
    let labels = report.diagnostics.iter().flat_map(|it| &it.labels).map(|it| (it.span, "label"));
    let mut found: Vec<&Diagnostic> = report.diagnostics.iter().collect();
    found.sort_by_key(|it| it.severity);
    let found = found.into_iter().map(|it| (it.span, severity_name(it.severity)));
    for (span, class) in keywords.chain(comments).chain(directives).chain(labels).chain(found) {
        if !span.is_empty() {
            res.push(Mark { span, class });
        }
    }
    res
}

/// A line as HTML, cut where a mark begins or ends.
fn marked(text: &str, line: Span, marks: &[Mark]) -> String {
    let here: Vec<&Mark> =
        marks.iter().filter(|it| it.span.start < line.end && line.start < it.span.end).collect();
    let mut cuts = vec![line.start, line.end];
    for mark in &here {
        cuts.push(mark.span.start.max(line.start));
        cuts.push(mark.span.end.min(line.end));
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut res = String::new();
    for pair in cuts.windows(2) {
        let [start, end] = pair else { continue };
        let piece = text.get(*start as usize..*end as usize).unwrap_or("");
        let covers = |it: &&&Mark| it.span.start <= *start && *end <= it.span.end;
        let syntax = here.iter().find(|it| covers(it) && is_syntax(it)).map(|it| it.class);
        let told = here.iter().rfind(|it| covers(it) && !is_syntax(it)).map(|it| it.class);
        let inner = match syntax {
            Some(class) => format!("<span class=\"{class}\">{}</span>", escaped(piece)),
            None => escaped(piece).into_owned(),
        };
        match told {
            Some(class) => {
                let _cannot_fail = write!(res, "<mark class=\"{class}\">{inner}</mark>");
            }
            None => res.push_str(&inner),
        }
    }
    res
}

fn is_syntax(mark: &Mark) -> bool {
    matches!(mark.class, "keyword" | "comment")
}

fn finding(report: &Report<'_>, diagnostic: &Diagnostic, id: &str, out: &mut String) {
    let severity = severity_name(diagnostic.severity);
    let _cannot_fail = writeln!(
        out,
        "<div class=\"finding {severity}\">\n<p><span class=\"tag {severity}\">{severity}</span> <b>{}</b> \
         <a href=\"{}\">{}</a></p>",
        with_code(&diagnostic.message),
        linter::link(diagnostic.rule),
        diagnostic.rule
    );
    let labels = diagnostic.labels.iter().map(|it| {
        let line = report.lines.line(it.span.start);
        format!("<li><a href=\"#{id}-{line}\">line {line}</a>: {}</li>\n", with_code(&it.text))
    });
    let notes = diagnostic.notes.iter().map(|it| format!("<li>{}</li>\n", with_code(it)));
    let fixes = diagnostic.fixes.iter().map(|it| {
        let how = match it.safety {
            Safety::Safe => "<code>--fix</code>".to_owned(),
            Safety::Unsafe => {
                let reasons = with_code(&it.reasons.join("; "));
                format!("<code>--fix --unsafe-fixes</code>; unsafe because {reasons}")
            }
            Safety::Manual => "by hand".to_owned(),
        };
        format!("<li class=\"fix\">{}: {how}</li>\n", with_code(&it.title))
    });
    let items: String = labels.chain(notes).chain(fixes).collect();
    if !items.is_empty() {
        let _cannot_fail = write!(out, "<ul>\n{items}</ul>\n");
    }
    out.push_str("</div>\n");
}
