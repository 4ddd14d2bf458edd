//! Compilers, headers and build systems in the stage that is shipped.

use knowledge::image::{Answer, Image};
use knowledge::system_package::Role;
use knowledge::wheel::Installation;
use linter::{Diagnostic, Repair, Reports, Rule, Severity};
use model::build_tools::{BuildTool, build_tools, compiling_commands};
use model::installation::{self, Planned};
use model::interpreter::is_about_python;
use model::{Build, Stage, estimate, is_for_building, is_for_development, is_toolbox, listed};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "compiler-in-final-stage",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &["prefer-multi-stage-build"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/compiler-in-final-stage.md"),
    check,
};

/// Below this a layer is not worth a word about its size.
const LEAST_BYTES: u64 = 20_000_000;

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some(last) = build.stages.iter().rfind(|it| it.is_shipped) else { return };
    // Below a stage to develop or test in lies the one that is deployed.
    let Some(last) = build.lineage(last).find(|it| !is_for_development(build, it)) else { return };
    let chain: Vec<usize> = build.lineage(last).map(|it| it.index).collect();
    for stage in build.stages.iter().filter(|it| chain.contains(&it.index)) {
        let tools = build_tools(build, stage);
        // What the base image carries already cannot be left behind here.
        let is_in_base = |it: Image| it.has_compiler == Answer::Yes && !it.python.is_official();
        let is_silent = !tools.iter().any(|it| it.role == Role::Compiler)
            || !is_about_python(build, last)
            || build.image(last).is_some_and(is_in_base)
            || is_for_building(build, last)
            || is_toolbox(build, last)
            || installation::needs_compiler_at_run_time(build);
        if !is_silent {
            report(build, stage, &tools, reports);
        }
    }
}

fn report<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    tools: &[BuildTool],
    reports: &mut Reports<'_>,
) {
    let Some(first) = tools.iter().find(|it| it.role == Role::Compiler) else { return };
    let compilers = tools.iter().filter(|it| it.role == Role::Compiler);
    let others = tools.iter().filter(|it| it.role != Role::Compiler);
    let mut names: Vec<&str> = Vec::new();
    for tool in compilers.chain(others) {
        if !names.contains(&tool.name.as_str()) {
            names.push(&tool.name);
        }
    }
    let verb = if names.len() == 1 { "stays" } else { "stay" };
    let message = format!("{} {verb} in the shipped image", listed(&names));
    let transfer = reports.wheel_transfer();
    let diagnostic = reports.report(first.span, message);
    for step in tools.chunk_by(|one, other| one.step == other.step) {
        if let Some(tool) = step.first().filter(|it| it.step != first.step) {
            let names: Vec<&str> = step.iter().map(|it| it.name.as_str()).collect();
            diagnostic.label(tool.span, format!("{} installed here", listed(&names)));
        }
    }
    for span in tools.iter().filter_map(|it| it.removed_later) {
        if !diagnostic.labels.iter().any(|it| it.span == span) {
            let (removed, left): (Vec<&BuildTool>, Vec<&BuildTool>) =
                tools.iter().partition(|it| it.removed_later == Some(span));
            let removed: Vec<&str> = removed.iter().map(|it| it.name.as_str()).collect();
            let subject = if left.is_empty() { String::new() } else { listed(&removed) + " " };
            diagnostic.label(span, format!("{subject}removed only here, in a later layer"));
        }
    }
    explain_need(build, stage, diagnostic);
    if tools.iter().any(|it| it.removed_later.is_some()) {
        diagnostic.note("a removal in a later layer does not make the image smaller");
    }
    let saved = estimate::saved_without(build, stage, tools);
    if let Some(saved) = saved.filter(|it| *it >= LEAST_BYTES) {
        let (subject, verb) = if names.len() == 1 { ("it", "takes") } else { ("they", "take") };
        let size = estimate::readable(saved);
        diagnostic.note(format!("{subject} {verb} {size} with what comes along"));
    }
    let users = compiling_commands(build, stage, first.step);
    let advice = match label_uses(&users, diagnostic) {
        true => "build it in an earlier stage and COPY the result",
        false => "build wheels in an earlier stage, and install the wheels in this one",
    };
    diagnostic.note(format!("only a build needs compilers: {advice}"));
    if let Err(reason) = rewrite::offer(build, stage, transfer, diagnostic) {
        diagnostic.note(format!("a rewrite is not offered, as {reason}"));
    }
}

/// Shows the commands that compile something themselves; whether there are any.
fn label_uses(users: &[(&str, Span)], diagnostic: &mut Diagnostic) -> bool {
    for (name, span) in users.iter().take(3) {
        diagnostic.label(*span, format!("`{name}` uses it here"));
    }
    !users.is_empty()
}

/// Says which requirements need the tools, or that none does.
fn explain_need<'f>(build: &Build<'f>, stage: &Stage<'f>, diagnostic: &mut Diagnostic) {
    let planned = installation::planned(build, stage);
    let compiled = planned.iter().filter(|it| it.installation == Installation::Compiles);
    let compiled: Vec<&Planned> = compiled.collect();
    for it in compiled.chunk_by(|one, other| one.span == other.span) {
        let names: Vec<&str> = it.iter().map(|it| it.name.as_str()).collect();
        let verb = if it.len() == 1 { "is" } else { "are" };
        if let Some(one) = it.first() {
            diagnostic.label(one.span, format!("{} {verb} compiled here", listed(&names)));
        }
    }
    let needs_none = |it: &Planned| {
        matches!(it.installation, Installation::Wheel | Installation::BuildsWithoutCompiler)
    };
    if !planned.is_empty() && planned.iter().all(needs_none) {
        let calls = installation::calls(build, stage);
        let by_lock = calls.iter().find(|it| !it.1.locks.is_empty());
        diagnostic.note(match by_lock.map(|it| it.0.call.tool.name()) {
            Some(tool) => format!(
                "all that {tool} installs here has wheels for this Python, so it needs no compiler"
            ),
            None => "all packages that are named here have wheels for this Python; only what they bring along may need a compiler".to_owned(),
        });
    }
}
