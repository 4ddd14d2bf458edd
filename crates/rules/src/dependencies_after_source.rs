//! The source is copied before the dependencies are installed.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::dependency_order::{Destination, Late, Move, late, plan};
use model::narrow_copy::{CopyStyle, narrow_copies};
use model::{Block, Build, Step};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "dependencies-after-source",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &["DF070"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/dependencies-after-source.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for late in late(build) {
        let Some(step) = late.copies.first().and_then(|it| build.steps.get(*it)) else { continue };
        let Some((_, _, title)) = late.installs.first() else { continue };
        let keyword = step.instruction.keyword.name();
        let message = format!("this {keyword} takes the source before `{title}` runs");
        let diagnostic = reports.report(step.instruction.span, message);
        for (_, span, _) in &late.installs {
            diagnostic.label(*span, "runs again after every change of the source");
        }
        diagnostic
            .note("copy only the files that say what to install, install, then copy the source");
        diagnostic.fix_if(fix(build, &late));
    }
}

fn fix(build: &Build<'_>, late: &Late) -> Option<Fix> {
    let moves = plan(build, late)?;
    let first = build.steps.get(*moves.copies.first()?)?;
    let text = build.file.text;
    let newline = syntax::line_end(text);
    let flags =
        first.instruction.flags.iter().filter(|it| matches!(&*it.name, "chown" | "chmod" | "link"));
    let flags: String = flags.map(|it| format!("{} ", it.span.of(text))).collect();
    let is_lower = first.instruction.keyword_span.of(text).starts_with(char::is_lowercase);
    let is_relative = first.copy().is_some_and(|it| !it.destination.text.starts_with('/'));
    let style = CopyStyle {
        keyword: if is_lower { "copy" } else { "COPY" },
        flags: &flags,
        directory: first.state.directory.as_deref().filter(|_| is_relative),
    };
    let narrow = narrow_copies(&moves.placed, style)?;
    let mut edits = Vec::new();
    let mut behind = String::new();
    let mut is_set_off = false;
    let mut is_apart = false;
    for (index, step) in moves.copies.iter().filter_map(|it| build.steps.get(*it)).enumerate() {
        let block = Block::of(build, step)?;
        is_set_off |= index == 0 && block.follows_blank;
        is_apart |= index == 0 && block.blank_behind.is_some();
        let replacement = if index == 0 { narrow.join(newline) } else { String::new() };
        behind.push_str(if block.comment_moves { block.comment.of(text) } else { "" });
        behind.push_str(&instruction(build, step, &moves)?);
        behind.push_str(newline);
        let gone = if block.comment_moves { block.comment.to(block.line) } else { block.line };
        if replacement.is_empty() {
            // One of two blank lines that would meet goes too.
            let end = if block.follows_blank { block.blank_behind.unwrap_or(gone) } else { gone };
            edits.push(Edit::delete(gone.to(end)));
        } else {
            edits.push(Edit::replace(gone, replacement + newline));
        }
    }
    let step = match &moves.destination {
        Destination::Behind(step)
        | Destination::Within(step, _)
        | Destination::Between(step, _) => build.steps.get(*step)?,
    };
    let own = Block::of(build, step)?;
    match &moves.destination {
        Destination::Behind(_) => {
            let is_last = own.line.end as usize == text.len();
            let is_open = !own.line.of(text).ends_with('\n');
            let is_apart = is_apart || is_set_off && (is_last || own.blank_behind.is_some());
            let set_off = if is_apart { newline } else { "" };
            let start = if is_open { newline } else { "" };
            edits.push(Edit::insert(own.line.end as usize, format!("{start}{set_off}{behind}")));
        }
        Destination::Within(_, gap) => {
            let keyword = step.instruction.keyword_span.of(text);
            edits.push(Edit::replace(*gap, format!("{newline}{behind}{keyword} ")));
        }
        Destination::Between(_, options) => {
            let mut copy = String::new();
            let mut at = own.line.start as usize;
            for (offset, option) in options {
                copy.push_str(text.get(at..*offset as usize)?);
                copy.push_str(&format!(" {option}"));
                at = *offset as usize;
            }
            copy.push_str(text.get(at..step.instruction.span.end as usize)?);
            edits.push(Edit::insert(own.line.start as usize, format!("{copy}{newline}{behind}")));
        }
    }
    let title = "Copy the source behind the installation of the dependencies";
    Some(Fix::safe_unless(title, moves.doubts, edits))
}

/// The text of a COPY, its destination absolute where the working directory has changed.
fn instruction(build: &Build<'_>, step: &Step<'_>, moves: &Move) -> Option<String> {
    let text = build.file.text;
    let copy = step.copy()?;
    let span = step.instruction.span;
    let written = copy.destination.span;
    if !moves.is_elsewhere || copy.destination.text.starts_with('/') {
        return Some(span.of(text).to_owned());
    }
    let target = copy.target.as_deref().filter(|_| written.of(text) == copy.destination.text)?;
    let slash = if copy.is_directory && target != "/" { "/" } else { "" };
    let before = Span { start: span.start, end: written.start };
    let behind = Span { start: written.end, end: span.end };
    Some(format!("{}{target}{slash}{}", before.of(text), behind.of(text)))
}
