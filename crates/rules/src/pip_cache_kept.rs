//! pip leaves its cache in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use managers::python;
use managers::requirement::Requirement;
use managers::{Call, Tool};
use model::cache::{Kept, kept};
use model::pip_release::is_before_cache;
use model::python_estimate::{added, readable};
use model::{Build, cleanup};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "pip-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DL3042"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/pip-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    // pipx has an environment for each program, and no option for this.
    for kept in kept(build, &[Cache::Pip]).filter(|it| it.call.call.tool != Tool::Pipx) {
        let call = kept.call;
        if is_before_cache(build, kept.step, kept.run, call) || is_one_of_many(build, &kept) {
            continue;
        }
        let added = added(build, kept.step, call);
        let size = added.and_then(|it| readable(it.fetched, it.is_least()));
        let of_size = size.map_or(String::new(), |it| format!(" of {it}"));
        let spoken = call.spoken(build.file.text);
        reports
            .report(call.head(), format!("`{spoken}` keeps its cache{of_size} in the layer"))
            .note("nothing in the image reads the downloads and wheels in pip's cache again")
            .fix_if(fix(build, &kept));
    }
}

/// Wheels of the context that are installed one by one, each after what it requires: nothing is left to download.
fn is_one_of_many(build: &Build<'_>, kept: &Kept<'_, '_>) -> bool {
    is_one_wheel(&kept.call.call) && {
        let stage = build.runs().filter(|it| it.0.stage == kept.step.stage);
        stage.flat_map(|it| &it.1.calls).filter(|it| is_one_wheel(&it.call)).count() >= MANY
    }
}

fn is_one_wheel(call: &Call<'_>) -> bool {
    let mut named = python::requirements(call);
    let is_wheel =
        matches!(named.next(), Some((_, Requirement::Wheel { path, .. })) if !path.contains('*'));
    is_wheel && named.next().is_none() && !call.has("--requirement")
}

/// So many wheels are a list with its requirements; fewer may be the project and one of its parts.
const MANY: usize = 3;

fn fix(build: &Build<'_>, kept: &Kept<'_, '_>) -> Option<Fix> {
    let call = kept.call;
    if matches!(call.call.tool, Tool::Pip | Tool::GetPip) {
        let command = call.call.command;
        // Without the dash Python would take the option for one of its own.
        let is_bare = call.call.tool == Tool::GetPip && command.words.len() == 1;
        let option = match command.place.reads_pipe && is_bare {
            true => "- --no-cache-dir",
            false => "--no-cache-dir",
        };
        let (span, text) = cleanup::with_option(build, kept.run, call, option)?;
        return Some(Fix::safe("Add --no-cache-dir", [Edit::replace(span, text)]));
    }
    // pip-tools, build and venv start a pip of their own, which obeys the variable.
    let command = call.call.command;
    let first = command.words.first()?;
    let is_plain =
        command.wrappers.is_empty() && first.literal() == Some(first.span.of(build.file.text));
    let can_set = is_plain && !kept.run.is_exec && kept.run.script_of(call).fault.is_none();
    let edit = Edit::replace(Span::at(first.span.start as usize), "PIP_NO_CACHE_DIR=1 ");
    can_set.then(|| Fix::safe("Set PIP_NO_CACHE_DIR for this command", [edit]))
}
