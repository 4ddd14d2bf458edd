//! A package that must be compiled in a stage without a compiler or the headers for it.

use knowledge::python_package::{needs, package};
use knowledge::wheel::{Architecture, Wheel, has_wheel};
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::compiled::{Compiled, compiled, impossible, missing_to_compile};
use model::installation::{Installing, calls};
use model::interpreter::{Interpreter, interpreter};
use model::system_packages::{self, Installed, install_before, installed};
use model::{Build, Stage, listed};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "compiler-missing",
    severity: Severity::Error,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/compiler-missing.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        for call in calls(build, stage) {
            let place = call.0.call.command;
            if place.place.is_conditional {
                continue;
            }
            let all = compiled(build, stage, &call);
            if all.is_empty() {
                continue;
            }
            let Some(there) = installed(build, stage, Some(place.span)) else { continue };
            if there.has_compiler() {
                all.iter().for_each(|it| report(build, stage, &call, &there, &[it], reports));
            } else {
                let all: Vec<&Compiled> = all.iter().collect();
                report(build, stage, &call, &there, &all, reports);
            }
        }
    }
}

/// Reports packages of one call, which lack the same.
fn report<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    call: &Installing<'_, 'f>,
    there: &Installed,
    all: &[&Compiled],
    reports: &mut Reports<'_>,
) {
    let (Some(first), Some(place)) = (all.first(), interpreter(build, stage)) else { return };
    let family = there.family();
    let release = build.image(stage).and_then(|it| it.release);
    let mut names: Vec<&'static str> = Vec::new();
    for it in all {
        let needed = needs(&it.name, it.version.as_deref(), family, release);
        let Some(missing) = missing_to_compile(there, &it.name, needed) else { return };
        let is_new = |it: &&'static str| !names.contains(it);
        let missing: Vec<&'static str> = missing.into_iter().filter(is_new).collect();
        names.extend(missing);
    }
    let what = match (there.has_compiler(), names.as_slice()) {
        (false, _) => "this stage has no compiler".to_owned(),
        (true, [one]) => format!("`{one}` is not in this stage"),
        (true, names) => format!("{} are not in this stage", listed(names)),
    };
    let is_of_musl = all.iter().any(|it| it.has_glibc_wheel);
    let titles: Vec<String> = all.iter().map(|it| it.title()).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let verb = if all.len() == 1 { "has" } else { "have" };
    let wheels = if is_of_musl { "no musl wheel" } else { "no wheel" };
    let python = format!("Python {}.{}", place.version.0, place.version.1);
    let message = format!(
        "{} {verb} {wheels} for {python} and must be compiled, and {what}",
        listed(&titles)
    );
    let diagnostic = reports.report(first.span, message);
    for it in all.iter().filter(|it| it.span != first.span) {
        diagnostic.label(it.span, "this as well");
    }
    if names.is_empty() {
        names = system_packages::compilers(family);
    }
    let own = build.image(stage).map_or("here", |it| it.distribution.name());
    let object = if all.len() == 1 { "it needs" } else { "they need" };
    diagnostic.note(format!("the build fails here; on {own} {object} {}", listed(&names)));
    let nowhere = impossible(build, stage, call);
    if !nowhere.is_empty() {
        let (verb, object) = if nowhere.len() == 1 { ("has", "it") } else { ("have", "them") };
        diagnostic.note(format!(
            "{} {verb} neither a wheel nor a source distribution for {python}, so a compiler alone does not help: take another version of {object}, or an older Python",
            listed(&nowhere)
        ));
        return;
    }
    if is_of_musl {
        diagnostic
            .note("an image with glibc, such as the slim one of the same Python, takes a wheel");
        return;
    }
    for it in all {
        let Some(other) = package(&it.name).and_then(|it| it.replacement()) else { continue };
        let import =
            if other.has_same_import { "" } else { ", and is imported under another name" };
        diagnostic.note(format!("`{}` has wheels{import}", other.name));
        let fix = replacement(build, place, it, other.name);
        if let Some(fix) = fix.filter(|_| other.has_same_import && all.len() == 1) {
            diagnostic.fix(fix);
            return;
        }
    }
    if stage.is_shipped {
        diagnostic.note("compile in a builder stage, so that the compiler is not shipped");
        return;
    }
    if let Some(it) = install_before(build, call.2, family, &names) {
        if let Some(beside) = it.beside {
            diagnostic.label(beside, "system packages are installed here");
        }
        let reason = "these packages may not be all that is needed";
        let title = format!("Install {}", listed(&names));
        diagnostic.fix(Fix::unsafe_because(title, reason, [Edit::replace(it.at, it.text)]));
    }
}

/// Another name for the requirement, where a wheel of the same version is known.
fn replacement(
    build: &Build<'_>,
    place: Interpreter,
    it: &Compiled,
    name: &'static str,
) -> Option<Fix> {
    let architecture = place.architecture.unwrap_or(Architecture::X86_64);
    let wheel = has_wheel(name, it.version.as_deref(), place.version, place.libc, architecture);
    let written = it.span.of(build.file.text);
    let is_plain = it.is_written && written.starts_with(&it.name) && wheel.wheel == Wheel::Yes;
    let rest = written.get(it.name.len()..).filter(|_| is_plain)?;
    let text = format!("{name}{rest}");
    let reason = "the wheel brings libraries of its own, which are updated with it only";
    Some(Fix::unsafe_because(format!("Use `{name}`"), reason, [Edit::replace(it.span, text)]))
}
