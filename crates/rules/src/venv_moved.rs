//! A virtual environment that is copied to another path than it was made at.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::moved_packages::{Form, MovedPackages, moved_packages, stage_title};
use model::{Build, Stage};
use syntax::{Keyword, Span};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "venv-moved",
    severity: Severity::Warning,
    repair: Repair::Unsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/venv-moved.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        for moved in moved_packages(build, stage) {
            let is_certain = moved.form == Form::Environment { was_made: true };
            if !is_certain || moved.source == moved.target {
                continue;
            }
            let (made, now) = (&moved.source, &moved.target);
            let message =
                format!("the environment was made at `{made}` and does not work at `{now}`");
            let diagnostic = reports.report(moved.span, message);
            diagnostic.note(format!(
                "the first line of each of its scripts names `{made}/bin/python`: `{now}/bin/pip` and the like are not found or run another Python"
            ));
            match edits(build, stage, &moved) {
                Some(edits) => {
                    let reason = "what else names the new path is not known";
                    let title = format!("Copy it to `{made}`");
                    diagnostic.fix_elsewhere(
                        Fix::unsafe_because(title, reason, edits),
                        "named here as well",
                    );
                }
                None => {
                    let origin = stage_title(moved.origin);
                    diagnostic
                        .note(format!("make it at `{now}` in {origin}, or copy it to `{made}`"));
                }
            }
        }
    }
}

/// The old path in place of the new one: in the COPY, and wherever the stage names it.
fn edits<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    moved: &MovedPackages<'_, 'f>,
) -> Option<Vec<Edit>> {
    let destination = moved.destination?;
    let copy = moved.step.copy()?;
    let is_alone = copy.sources.len() == 1 && copy.target.as_deref() == Some(&moved.target);
    if !is_alone || moved.target == "/" {
        return None;
    }
    let text = build.file.text;
    let mut res = vec![Edit::replace(destination.span, moved.source.as_str())];
    for step in build.steps_of(stage) {
        if step.index == moved.step.index {
            continue;
        }
        let span = step.instruction.span;
        let own = span.of(text);
        for (at, _) in own.match_indices(moved.target.as_str()) {
            let after = own.get(at + moved.target.len()..).and_then(|it| it.chars().next());
            let before = own.get(..at).and_then(|it| it.chars().next_back());
            let goes_on =
                |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | '$' | '{');
            if after.is_some_and(goes_on)
                || before.is_some_and(|it| goes_on(it) || matches!(it, '/' | '}'))
            {
                continue;
            }
            // Another instruction puts something there as well.
            if matches!(step.instruction.keyword, Keyword::Copy | Keyword::Add | Keyword::Workdir) {
                return None;
            }
            let start = span.start as usize + at;
            let span = Span::new(start, start + moved.target.len());
            res.push(Edit::replace(span, moved.source.as_str()));
        }
    }
    Some(res)
}
