//! Findings with the lines they speak of, explanations and fixes.

use std::collections::HashSet;
use std::io::{self, Write};

use anstyle::Style;
use codespan_reporting::diagnostic::{self, Label, LabelStyle};
use codespan_reporting::term::{Config, WriteStyle, emit_to_write_style};
use linter::{Diagnostic, Fix, Safety, Severity};

use super::snippet::{LINES_AT_END, LINES_AT_START, Snippet};
use crate::output::{BOLD, CYAN, FRAME, RED, YELLOW, styled};
use crate::report::{Report, severity_name};
use crate::wrap::{WIDTH, harmless, wrap};

/// The style of a severity's word and marks.
pub(crate) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
        Severity::Info => CYAN,
    }
}

/// Adds the findings of one file, each followed by an empty line. A note and a link that stand above already are not
/// printed again.
pub(crate) fn render(report: &Report<'_>, has_colors: bool, out: &mut String) {
    let path = harmless(report.path);
    let config = Config {
        start_context_lines: LINES_AT_START as usize,
        end_context_lines: LINES_AT_END as usize,
        ..Config::default()
    };
    let mut told: HashSet<(&str, &str)> = HashSet::new();
    for diagnostic in report.diagnostics {
        header(diagnostic, has_colors, out);
        let (snippet, ranges) = Snippet::new(report, diagnostic, &path);
        let mut ranges = ranges.into_iter();
        let primary = Label::primary((), ranges.next().unwrap_or_default());
        let labels =
            diagnostic.labels.iter().zip(ranges).map(|(label, range)| {
                Label::secondary((), range).with_message(harmless(&label.text))
            });
        let drawn = diagnostic::Diagnostic::new(diagnostic::Severity::Error)
            .with_labels(std::iter::once(primary).chain(labels).collect())
            .with_notes(notes(report, diagnostic, &mut told));
        let mut painter = Painter {
            bytes: Vec::with_capacity(1024),
            mark: severity_style(diagnostic.severity),
            has_colors,
            is_before_header: true,
        };
        let drawn = emit_to_write_style(&mut painter, &config, &snippet, &drawn);
        match (drawn, String::from_utf8(painter.bytes)) {
            (Ok(()), Ok(text)) => out.push_str(&text),
            // The picture is an addition; the place must be told in any case.
            _ => {
                let (line, column) = report.place(diagnostic.span.start);
                out.push_str(&format!("  --> {path}:{line}:{column}\n\n"));
            }
        }
    }
}

/// `warning[rule]: message`, wrapped.
fn header(diagnostic: &Diagnostic, has_colors: bool, out: &mut String) {
    let word = format!("{}[{}]", severity_name(diagnostic.severity), diagnostic.rule);
    let message = wrap(&harmless(&diagnostic.message), WIDTH, word.len() + 2, "  ");
    out.push_str(&styled(word, severity_style(diagnostic.severity), has_colors));
    out.push_str(": ");
    out.push_str(&styled(message, BOLD, has_colors));
}

fn notes<'d>(
    report: &Report<'_>,
    diagnostic: &'d Diagnostic,
    told: &mut HashSet<(&'d str, &'d str)>,
) -> Vec<String> {
    let last = diagnostic.labels.iter().map(|it| it.span).chain([diagnostic.span]);
    let last = last.map(|it| report.lines.line(it.end)).max().unwrap_or(1);
    // "  = " before the text.
    let width = WIDTH.saturating_sub(last.to_string().len() + 3);
    let note = |word: &str, text: &str| {
        let indent = " ".repeat(word.len() + 2);
        format!("{word}: {}", wrap(&harmless(text), width, word.len() + 2, &indent))
    };
    let rule = diagnostic.rule;
    let is_first = told.insert((rule, ""));
    let new = diagnostic.notes.iter().filter(|it| told.insert((rule, it)));
    let mut res: Vec<String> = new.map(|it| note("note", it)).collect();
    res.extend(diagnostic.fixes.iter().map(|it| note("help", &help(it))));
    if is_first {
        res.push(format!("see: {}", linter::link(rule)));
    }
    res
}

/// What a fix does and which options apply it.
pub(crate) fn help(fix: &Fix) -> String {
    let title = &fix.title;
    match fix.safety {
        Safety::Safe => format!("{title} [--fix]"),
        Safety::Unsafe if fix.reasons.is_empty() => format!("{title} [--fix --unsafe-fixes]"),
        Safety::Unsafe => {
            format!("{title} [--fix --unsafe-fixes], unsafe because {}", fix.reasons.join("; "))
        }
        Safety::Manual => format!("{title} [by hand]"),
    }
}

/// Takes the picture without codespan-reporting's own heading, which neither wraps nor knows our severities.
struct Painter {
    bytes: Vec<u8>,
    mark: Style,
    has_colors: bool,
    is_before_header: bool,
}

impl Painter {
    fn set(&mut self, style: Style) -> io::Result<()> {
        if self.has_colors { write!(self.bytes, "{style}") } else { Ok(()) }
    }
}

impl Write for Painter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_before_header {
            self.bytes.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl WriteStyle for Painter {
    fn set_header(&mut self, _severity: diagnostic::Severity) -> io::Result<()> {
        Ok(())
    }

    fn set_header_message(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn set_line_number(&mut self) -> io::Result<()> {
        self.set(FRAME)
    }

    fn set_note_bullet(&mut self) -> io::Result<()> {
        self.set(FRAME)
    }

    fn set_source_border(&mut self) -> io::Result<()> {
        self.set(FRAME)
    }

    fn set_label(&mut self, _severity: diagnostic::Severity, style: LabelStyle) -> io::Result<()> {
        let style = if style == LabelStyle::Primary { self.mark } else { FRAME };
        self.set(style)
    }

    /// The first one ends the heading.
    fn reset(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_before_header) || !self.has_colors {
            return Ok(());
        }
        self.bytes.extend_from_slice(anstyle::Reset.render().to_string().as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests;
