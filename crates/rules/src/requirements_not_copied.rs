//! An installation that reads a file which is not in the image yet.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::dependency_install::{DependencyInstall, Input, Needs, dependency_installs};
use model::narrow_copy::{CopyStyle, Placed, narrow_copies};
use model::supply::{brought_by, is_available, later_copy, supply};
use model::{Brought, Build, Presence, Step, presence};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "requirements-not-copied",
    severity: Severity::Error,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/requirements-not-copied.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs() {
        for installation in dependency_installs(step, run) {
            if installation.may_be_skipped(run) {
                continue;
            }
            let missing: Vec<&Input> = installation
                .inputs
                .iter()
                .filter(|it| is_missing(build, step, &installation, it))
                .collect();
            for (index, input) in missing.iter().enumerate() {
                let message = format!(
                    "`{}` is not in the image yet when `{}` reads it",
                    input.name,
                    installation.title()
                );
                let diagnostic = reports.report(input.span, message);
                let later = later_copy(build, step, input);
                if let Some(later) = &later {
                    let span = build.steps[later.step].instruction.span;
                    diagnostic.label(span, "it is copied only here");
                }
                diagnostic.note(match later {
                    Some(_) => "instructions run in order, so the build stops here; copy the file before it is read",
                    None if is_in_context(build, input) == Some(false) => {
                        "the build context has no such file, so the build stops here"
                    }
                    None => "no COPY before it brings the file, so the build stops here",
                });
                if index == 0 && installation.needs == Needs::Nothing {
                    diagnostic.fix_if(fix(build, step, &installation, &missing));
                }
            }
        }
    }
}

fn is_missing(
    build: &Build<'_>,
    step: &Step<'_>,
    installation: &DependencyInstall<'_, '_>,
    input: &Input,
) -> bool {
    let is_absent =
        |it: &String| presence(build, step, Some(installation.place), it) == Presence::Absent;
    !input.is_optional && !input.paths.is_empty() && input.paths.iter().all(is_absent)
}

/// Whether the context has the file, wherever a COPY might take it from; `None` where that is not known.
fn is_in_context(build: &Build<'_>, input: &Input) -> Option<bool> {
    let tree = build.surroundings.files.tree().filter(|it| it.is_complete())?;
    let name = model::path::file_name(&input.name);
    Some(tree.files().any(|it| model::path::file_name(it.0) == name))
}

/// Copies what is missing right before the RUN; a COPY of exactly these files that comes later goes away.
fn fix(
    build: &Build<'_>,
    step: &Step<'_>,
    installation: &DependencyInstall<'_, '_>,
    missing: &[&Input],
) -> Option<Fix> {
    // A directory that the COPY makes would stop a plain `mkdir`.
    let makes_directory = |it: &shell::Command<'_>| {
        let is_plain = !it.words.iter().any(|it| matches!(it.literal(), Some("-p" | "--parents")));
        it.program() == Some("mkdir") && is_plain
    };
    if step.run()?.commands().any(makes_directory) {
        return None;
    }
    let mut placed: Vec<Placed> = Vec::new();
    let mut doubts = Vec::new();
    let mut flags = String::new();
    let mut moved = None;
    for input in &installation.inputs {
        let is_missing = missing.iter().any(|it| it.paths == input.paths);
        let Some(to) = input.paths.first().filter(|_| is_missing || input.is_optional) else {
            continue;
        };
        let later = later_copy(build, step, input);
        let file = match &later {
            Some(later) => later.file.clone(),
            None => input.name.trim_start_matches("./").to_owned(),
        };
        match is_available(build, &file) {
            Some(true) => {}
            _ if input.is_optional => continue,
            None if later.is_some() => {}
            _ => return None,
        }
        let found = supply(build, &file, to, input.is_requirements);
        if found.needs_source {
            return None;
        }
        doubts.extend(found.doubts);
        placed.extend(found.files.into_iter().filter(|it| !it.to.starts_with("/..")));
        if let Some(later) = later {
            flags = copy_flags(build, later.step);
            moved = Some(later.step);
        }
    }
    placed.dedup();
    doubts.dedup();
    let style =
        CopyStyle { keyword: "COPY", flags: &flags, directory: step.state.directory.as_deref() };
    let lines = narrow_copies(&placed, style)?;
    let names: Vec<String> = placed.iter().map(|it| format!("`{}`", it.from)).collect();
    let text = build.file.text;
    let newline = syntax::line_end(text);
    let start = step.instruction.span.start as usize;
    let inserted: String = lines.iter().flat_map(|it| [it.as_str(), newline]).collect();
    let mut edits = vec![Edit::insert(start, inserted)];
    edits.extend(moved.and_then(|it| superfluous(build, it, &placed)).map(Edit::delete));
    Some(Fix::safe_unless(format!("Copy {} before it is read", names.join(", ")), doubts, edits))
}

/// The flags of a COPY that hold for its files too, a blank behind each.
fn copy_flags(build: &Build<'_>, step: usize) -> String {
    let flags = build.steps[step].instruction.flags.iter();
    let kept = flags.filter(|it| matches!(&*it.name, "chown" | "chmod" | "link"));
    kept.map(|it| format!("{} ", it.span.of(build.file.text))).collect()
}

/// The lines of a COPY that brings nothing but these files to these places.
fn superfluous(build: &Build<'_>, step: usize, placed: &[Placed]) -> Option<Span> {
    let step = build.steps.get(step)?;
    let copy = step.copy()?;
    let is_placed =
        |it: &Placed| brought_by(build, copy, &it.to) == Brought::Certainly(it.from.clone());
    let is_all = copy.sources.iter().all(|source| {
        placed.iter().any(|it| source.path.as_deref() == Some(&it.from) && is_placed(it))
    });
    let part = build.file.parts.iter().find(|it| it.span.contains(step.instruction.span))?;
    is_all.then_some(part.span)
}
