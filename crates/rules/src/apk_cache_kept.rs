//! apk leaves its index in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::Action;
use managers::cache::Cache;
use model::cache::{Kept, kept_in};
use model::package_lists::{is_certain, lists_users};
use model::{Build, cleanup};
use shell::layout;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "apk-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DL3019"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/apk-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        let kept: Vec<Kept<'_, '_>> = kept_in(build, step, run, &[Cache::Apk]).collect();
        let installs = |it: &&Kept<'_, '_>| it.call.call.action != Action::Update;
        let Some(first) = kept.iter().find(installs).or(kept.first()) else { continue };
        let spoken = first.call.spoken(build.file.text);
        reports
            .report(first.call.head(), format!("`{spoken}` leaves the package index in the layer"))
            .note("`--no-cache` reads the index without storing it, so that no `apk update` is needed either")
            .fix_if(fix(build, &kept));
    }
}

/// `--no-cache` for every call of the RUN, in place of `--update-cache` and of an `apk update` before.
fn fix(build: &Build<'_>, kept: &[Kept<'_, '_>]) -> Option<Fix> {
    let mut edits = Vec::new();
    let mut updates = Vec::new();
    // What a later call reads may go only when that call does without.
    let is_read_later =
        kept.first().is_some_and(|it| !lists_users(build, it.step, Cache::Apk).is_empty());
    for it in kept {
        let call = &it.call.call;
        if call.action == Action::Update {
            updates.push(it);
            continue;
        }
        if is_read_later && call.has("--update-cache") {
            return None;
        }
        match call.option("--update-cache").filter(|it| it.is_alone) {
            Some(option) => edits.push(Edit::replace(option.span, "--no-cache")),
            None => {
                let (span, text) = cleanup::with_option(build, it.run, it.call, "--no-cache")?;
                edits.push(Edit::replace(span, text));
            }
        }
    }
    if let Some(update) = updates.first() {
        // Alone, the update serves a later RUN, which has to change first.
        let script = update.run.script_of(update.call);
        let is_item = |it: &&Kept<'_, '_>| {
            it.call.call.command.place.is_item && it.call.script == update.call.script
        };
        let is_unsure =
            |it: &&Kept<'_, '_>| !is_certain(build, it.run, it.call.script, it.call.command);
        // What follows reads the index without storing it already.
        let calls = update.run.calls.iter();
        let mut behind = calls
            .filter(|it| it.script == update.call.script && it.command > update.call.command)
            .filter(|it| it.call.tool == update.call.call.tool)
            .peekable();
        let is_needless = behind.peek().is_some() && behind.all(|it| it.call.has("--no-cache"));
        if edits.is_empty() && !is_needless
            || is_read_later
            || updates.iter().any(is_unsure)
            || !updates.iter().all(is_item)
        {
            return None;
        }
        let items: Vec<usize> = updates.iter().map(|it| it.call.call.command.place.item).collect();
        let removed = layout::remove_many(script, build.file.text, &items)?;
        edits.extend(removed.into_iter().map(|(span, text)| Edit::replace(span, text)));
        return Some(Fix::safe("Use --no-cache instead of apk update", edits));
    }
    Some(Fix::safe("Add --no-cache", edits))
}
