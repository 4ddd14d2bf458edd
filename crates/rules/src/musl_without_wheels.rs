//! Packages that have wheels for glibc alone, in an image with musl.

use knowledge::image::Libc;
use knowledge::wheel::Installation;
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::Call;
use model::installation::{applies, calls, installation_of, is_in_distribution};
use model::interpreter::{Interpreter, interpreter};
use model::locked::without_musl_wheel;
use model::requirements::{Requirements, Wanted};
use model::{Build, Stage, listed, retag};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "musl-without-wheels",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/musl-without-wheels.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        let Some(place) = interpreter(build, stage) else { continue };
        if !matches!(place.libc, Libc::Musl(_)) {
            continue;
        }
        for (call, requirements, _) in calls(build, stage) {
            report(build, stage, place, (&call.call, requirements), reports);
        }
    }
}

/// A requirement that has no wheel here.
struct Found {
    span: Span,
    /// The name, and the version where one is asked for.
    name: String,
    /// No source distribution either.
    fails: bool,
}

fn report<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    place: Interpreter,
    (call, requirements): (&Call<'f>, &Requirements),
    reports: &mut Reports<'_>,
) {
    // Wheels for musl may lie elsewhere; with `--only-binary` nothing is compiled, and another version is taken.
    if requirements.origin.has_more_wheels() || requirements.origin.only_binary {
        return;
    }
    let is_given = |it: &str| place.is_of_distribution && is_in_distribution(build, stage, it);
    let wanted = requirements.wanted.iter().filter(|it| !is_given(&it.name));
    let mut found: Vec<Found> = wanted.filter_map(|it| without_wheel(build, it, place)).collect();
    for lock in &requirements.locks {
        let packages = without_musl_wheel(lock, place).into_iter();
        found.extend(packages.filter(|it| !is_given(&it.package.name)).map(|it| Found {
            span: lock.span,
            name: it.title(),
            fails: it.installation == Installation::Fails,
        }));
    }
    let Some(first) = found.first() else { return };
    let (verb, object) = if found.len() == 1 { ("has", "it") } else { ("have", "them") };
    let python = format!("Python {}.{}", place.version.0, place.version.1);
    let names: Vec<&str> = found.iter().map(|it| it.name.as_str()).collect();
    let names = listed(&names);
    let message = format!("{names} {verb} no musl wheel for {python}");
    let diagnostic = reports.report(first.span, message);
    for it in found.iter().filter(|it| it.span != first.span) {
        let is_new = !diagnostic.labels.iter().any(|label| label.span == it.span);
        if is_new {
            diagnostic.label(it.span, format!("`{}`", it.name));
        }
    }
    let tool = if requirements.locks.is_empty() { "pip" } else { call.tool.name() };
    let failing: Vec<&str> =
        found.iter().filter(|it| it.fails).map(|it| it.name.as_str()).collect();
    diagnostic.note(match failing.as_slice() {
        [] => format!("{tool} compiles {object} here, for minutes, or fails where a compiler or library is missing; on glibc it takes a wheel"),
        names => format!("{} cannot be installed here at all: there is no source distribution either", listed(names)),
    });
    match retag::to_glibc(build, stage) {
        Ok(change) => {
            let edits = change.tags.iter().map(|it| Edit::replace(it.span, it.text.as_str()));
            let title = match change.tags.as_slice() {
                [one] => format!("Use the glibc image `{}`", one.image),
                _ => "Use the glibc images of the same Python".to_owned(),
            };
            diagnostic.fix(Fix::safe_unless(title, change.doubts, edits));
        }
        Err(reason) => {
            let image = format!("python:{}.{}-slim", place.version.0, place.version.1);
            diagnostic.note(format!("use a glibc image such as `{image}`"));
            diagnostic.note(format!("a fix is not offered, as {reason}"));
        }
    }
}

/// Whether a requirement has wheels for glibc but none for musl.
fn without_wheel(build: &Build<'_>, wanted: &Wanted, place: Interpreter) -> Option<Found> {
    if applies(wanted, place) != Some(true) {
        return None;
    }
    let fails = match installation_of(build, wanted, place, place.libc) {
        Installation::Compiles => false,
        Installation::Fails => true,
        _ => return None,
    };
    if installation_of(build, wanted, place, Libc::Glibc(None)) != Installation::Wheel {
        return None;
    }
    Some(Found { span: wanted.span, name: wanted.title(), fails })
}
