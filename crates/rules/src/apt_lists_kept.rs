//! apt's package lists stay in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::{Cache, written};
use managers::{Action, Call};
use model::cache::{Kept, kept_in};
use model::cleaning::cleaned_caches;
use model::cleanup::{user_prefix, with_command};
use model::package_lists::{ListsUser, is_certain, lists_users};
use model::{Build, RunCall, Step, estimate, join};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "apt-lists-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DL3009"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/apt-lists-kept.md"),
    check,
};

const CLEAN_UP: &str = "rm -rf /var/lib/apt/lists/*";

/// More labels would hide the text.
const MAX_LABELS: usize = 3;

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let mut last_users = Vec::new();
    let removers = std::cell::LazyCell::new(|| removers(build));
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        let mut all = kept_in(build, step, run, &[Cache::AptLists]);
        let Some(first) = all.next() else { continue };
        let sure = |it: &Kept<'_, '_>| is_certain(build, run, it.call.script, it.call.command);
        let kept = if sure(&first) { first } else { all.find(sure).unwrap_or(first) };
        let users = lists_users(build, step, Cache::AptLists);
        let last = users.last().map(ListsUser::step);
        let is_said = !sure(&kept) && last.is_some_and(|it| last_users.contains(&it));
        // `cache-deleted-in-later-layer` says so.
        let removes = |it: &(Option<usize>, usize)| it.0 == step.stage && it.1 > step.index;
        if is_said || removers.iter().any(removes) {
            continue;
        }
        last_users.extend(last);
        let spoken = kept.call.spoken(build.file.text);
        let fix = match last {
            None if sure(&kept) => removed_here(build, &kept),
            Some(last) if sure(&kept) => joined(build, &kept, &users, last),
            _ => None,
        };
        let note = match users.first() {
            Some(ListsUser::Call(..)) => {
                "only a removal in the RUN that brings the lists makes the image smaller; update, install and remove in one RUN"
            }
            _ => "only the next install would read them; a removal counts only in the same RUN",
        };
        let stage = step.stage.and_then(|it| build.stages.get(it));
        let size = stage.and_then(|it| estimate::package_lists(build, it));
        let lists = size.map_or("the".to_owned(), |it| format!("{it} of"));
        let message = format!("`{spoken}` leaves {lists} package lists in the layer");
        let report = reports.report(kept.call.head(), message).note(note).fix_if(fix);
        let mut shown = users;
        shown.dedup_by_key(|it| it.step());
        // The last tells how far a fix reaches.
        if shown.len() > MAX_LABELS {
            shown.drain(MAX_LABELS - 1..shown.len() - 1);
        }
        for user in &shown {
            let Some(at) = build.steps.get(user.step()) else { continue };
            match user {
                ListsUser::Call(_, span) => report.label(*span, "reads them"),
                ListsUser::Perhaps(_) => {
                    report.label(at.instruction.keyword_span, "what runs here may read them")
                }
            };
        }
    }
}

fn installs(call: &Call<'_>) -> bool {
    call.tool.is_apt() && !matches!(call.action, Action::Update | Action::Clean)
}

/// The removal at the end of the RUN; a RUN that does nothing but update would be of no use with it.
fn removed_here(build: &Build<'_>, kept: &Kept<'_, '_>) -> Option<Fix> {
    let is_useful = kept.call.call.action != Action::Update
        || kept.run.calls.iter().any(|it| installs(&it.call))
        || kept.run.commands().count() > kept.run.calls.len();
    let (span, text) = with_command(build, kept.run, kept.call, CLEAN_UP).filter(|_| is_useful)?;
    Some(Fix::safe("Remove the lists at the end of this RUN", [Edit::replace(span, text)]))
}

/// The RUNs that remove lists and do not fill them: the stage and the step.
fn removers(build: &Build<'_>) -> Vec<(Option<usize>, usize)> {
    let lookup = |_: &str| None;
    let runs = build.runs().filter(|(step, run)| {
        let mut commands = run.commands_with_places();
        let removes = commands.any(|it| {
            let cleaned = cleaned_caches(build, step, run, (it.0, it.1));
            cleaned.iter().any(|it| it.cache == Cache::AptLists)
        });
        let fills = |it: &RunCall<'_>| written(&it.call, &lookup).contains(&Cache::AptLists);
        removes && !run.calls.iter().any(fills)
    });
    runs.map(|it| (it.0.stage, it.0.index)).collect()
}

/// A RUN with more than this many joined would be harder to read than its size is worth.
const MAX_JOINED: usize = 6;

/// One RUN from the update to the last install, with the removal at its end, if there is nothing but apt.
fn joined(build: &Build<'_>, kept: &Kept<'_, '_>, users: &[ListsUser], last: usize) -> Option<Fix> {
    let is_seen = users.iter().all(|it| matches!(it, ListsUser::Call(..)));
    let step: &Step<'_> =
        build.steps.get(last).filter(|it| is_seen && it.index - kept.step.index < MAX_JOINED)?;
    for it in build.steps.get(kept.step.index..=last)? {
        let run = it.run()?;
        let is_plain = run.calls.iter().all(|it| {
            let is_known = installs(&it.call) || it.call.action == Action::Update;
            it.call.tool.is_apt() && is_known && !it.call.command.place.is_conditional
        });
        if !is_plain || run.commands().count() != run.calls.len() {
            return None;
        }
    }
    let call = step.run()?.calls.last()?;
    let command = format!("{}{CLEAN_UP}", user_prefix(call.call.command)?);
    let edits = join(build, kept.step.index, last, Some(&command))?;
    let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text));
    Some(Fix::safe("Join these RUNs and remove the lists at their end", edits))
}
