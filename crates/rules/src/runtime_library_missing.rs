//! A package in a shipped image without the shared library of the system that it is linked to, or loads.

mod at_import;

use knowledge::python_package::{needs, package};
use linter::{Diagnostic, Edit, Fix, Repair, Reports, Rule, Severity};
use model::compiled::{Compiled, compiled_by_calls, compiled_in};
use model::loading::{loading, loading_in};
use model::moved_packages::{moved_packages, stage_title};
use model::system_packages::{Installed, can_link_to, install_before, installed};
use model::{Build, Stage, Step, listed};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "runtime-library-missing",
    severity: Severity::Warning,
    repair: Repair::Unsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/runtime-library-missing.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    // What counts is there at the end of the last stage.
    let shipped = build.stages.iter().filter(|it| it.is_shipped);
    let Some(last) = shipped.max_by_key(|it| it.index) else { return };
    let Some(there) = installed(build, last, None).filter(Installed::is_complete) else { return };
    let mut told = Vec::new();
    for stage in build.lineage(last) {
        for moved in moved_packages(build, stage) {
            let found = Found {
                place: format!("compiled in {}", stage_title(moved.origin)),
                compiled: compiled_in(build, &moved),
                origin: moved.origin,
                span: Some(moved.span),
                step: Some(moved.step),
            };
            report(build, (last, &there), found, &mut told, reports);
            let loading = loading_in(build, &moved, last);
            at_import::report(build, &there, (loading, Some(moved.span)), &mut told, reports);
        }
        let found = Found {
            place: "compiled here".to_owned(),
            compiled: compiled_by_calls(build, stage),
            origin: stage,
            span: None,
            step: None,
        };
        report(build, (last, &there), found, &mut told, reports);
        let loading = (loading(build, stage, last), None);
        at_import::report(build, &there, loading, &mut told, reports);
    }
}

/// Packages that come into the image together.
struct Found<'b, 'f> {
    place: String,
    compiled: Vec<Compiled>,
    origin: &'b Stage<'f>,
    /// Where they come in; where they are compiled if that is the same.
    span: Option<Span>,
    step: Option<&'b Step<'f>>,
}

fn report<'f>(
    build: &Build<'f>,
    (last, there): (&Stage<'f>, &Installed),
    found: Found<'_, 'f>,
    told: &mut Vec<&'static str>,
    reports: &mut Reports<'_>,
) {
    let release = build.image(last).and_then(|it| it.release);
    let mut lacking: Vec<(&Compiled, Vec<&'static str>)> = Vec::new();
    for it in &found.compiled {
        let needed = needs(&it.name, it.version.as_deref(), there.family(), release);
        let Some(run) = needed.and_then(|it| it.run) else { continue };
        let is_missing = |library: &&'static str| {
            there.lacks_library(library) && can_link_to(build, found.origin, library)
        };
        let missing: Vec<&'static str> =
            run.iter().filter(|it| !told.contains(it)).filter(is_missing).collect();
        if !missing.is_empty() {
            told.extend(&missing);
            lacking.push((it, missing));
        }
    }
    let Some((first, _)) = lacking.first() else { return };
    let span = found.span.unwrap_or(first.span);
    let titles: Vec<String> = lacking.iter().map(|it| it.0.title()).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let all: Vec<&'static str> = lacking.iter().flat_map(|it| it.1.iter().copied()).collect();
    let libraries = listed(&all);
    let (is, needs) = if lacking.len() == 1 { ("is", "needs") } else { ("are", "need") };
    let lacks = if all.len() == 1 { "is not" } else { "are not" };
    let message = format!(
        "{} {is} {} and {needs} {libraries}, which {lacks} in the image at its end",
        listed(&titles),
        found.place
    );
    let diagnostic = reports.report(span, message);
    if span != first.span {
        diagnostic.label(first.span, "compiled here");
    }
    diagnostic.note(
        "the import fails at run time: the shared library came with the headers, and they are not in this image",
    );
    for (it, _) in &lacking {
        note_replacement(diagnostic, &it.name);
    }
    if lacking.iter().any(|it| it.0.has_glibc_wheel) {
        diagnostic.note("an image with glibc, such as the slim one of the same Python, takes a wheel that brings its libraries along");
        return;
    }
    if let Some(step) = found.step.or_else(|| step_at(build, first.span)) {
        offer_to_install(build, step, there, &all, diagnostic);
    }
}

fn note_replacement(diagnostic: &mut Diagnostic, name: &str) {
    if let Some(other) = package(name).and_then(|it| it.replacement()) {
        let import = if other.has_same_import { "" } else { ", and has another name in imports" };
        diagnostic.note(format!("`{}` needs no library of the system{import}", other.name));
    }
}

/// Offers to install what is missing, in front of `step`.
fn offer_to_install<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    there: &Installed,
    names: &[&'static str],
    diagnostic: &mut Diagnostic,
) {
    let Some(it) = install_before(build, step, there.family(), names) else { return };
    if let Some(beside) = it.beside {
        diagnostic.label(beside, "system packages are installed here");
    }
    let title = format!("Install {}", listed(names));
    let reason = "the image gets larger, and other libraries may be needed as well";
    diagnostic.fix(Fix::unsafe_because(title, reason, [Edit::replace(it.at, it.text)]));
}

fn step_at<'b, 'f>(build: &'b Build<'f>, span: Span) -> Option<&'b Step<'f>> {
    build.steps.iter().find(|it| it.instruction.span.contains(span))
}
