//! apt's package lists stay in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::{Kept, cache_writes, kept_once};
use model::cleanup::{ListsUser, lists_user, user_prefix, with_command};
use model::{Build, RunCall, Step, join};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "apt-lists-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DL3009"],
    since: "0.1.0",
    is_on_by_default: true,
    page: include_str!("../../../rules/apt-lists-kept.md"),
    check,
};

const CLEAN_UP: &str = "rm -rf /var/lib/apt/lists/*";

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let mut last_users = Vec::new();
    for kept in kept_once(build, &[Cache::AptLists]) {
        let spoken = kept.call.spoken(build.file.text);
        let own = kept.call.head();
        let user = lists_user(build, kept.step);
        let Some(ListsUser::Call(step, call)) = user else {
            let edit =
                with_command(build, kept.run, kept.call, CLEAN_UP).filter(|_| user.is_none());
            let fix = edit.map(|(span, text)| {
                Fix::safe("Remove the lists at the end of this RUN", [Edit::replace(span, text)])
            });
            let report = reports
                .report(own, format!("`{spoken}` leaves the package lists in the layer"))
                .note("only the next install would read these ~20 MB; a removal counts only in the same RUN")
                .fix_if(fix);
            if let Some(ListsUser::Perhaps(step)) = user {
                let span = build.steps[step].instruction.keyword_span;
                report.label(span, "what runs here may need these lists");
            }
            continue;
        };
        if last_users.contains(&step) {
            continue;
        }
        last_users.push(step);
        let place = call_place(build, step, call).unwrap_or(own);
        reports
            .report(place, "this install uses package lists that an earlier layer keeps".to_owned())
            .label(own, format!("`{spoken}` brings them here"))
            .note("only a removal in the RUN that brings the lists makes the image smaller; update, install and remove in one RUN")
            .fix_if(joined(build, &kept, step));
    }
}

fn call_place(build: &Build<'_>, step: usize, call: usize) -> Option<Span> {
    Some(build.steps.get(step)?.run()?.calls.get(call)?.head())
}

/// A RUN with more than this many joined would be harder to read than its size is worth.
const MAX_JOINED: usize = 6;

/// One RUN from the update to the last install, with the removal at its end.
fn joined(build: &Build<'_>, kept: &Kept<'_, '_>, last: usize) -> Option<Fix> {
    let step: &Step<'_> =
        build.steps.get(last).filter(|it| it.index - kept.step.index < MAX_JOINED)?;
    let run = step.run()?;
    // What a branch updates or installs decides which lists are needed; a join would hide it.
    let may_not_run = |it: &RunCall<'_>| it.call.command.place.is_conditional;
    let joined = build.steps.get(kept.step.index..=last)?;
    if joined.iter().filter_map(Step::run).any(|it| it.calls.iter().any(may_not_run)) {
        return None;
    }
    let cleans = |command: &shell::Command<'_>| {
        managers::cache::cleans(command, &|_| None, "/root")
            .iter()
            .any(|it| it.cache == Cache::AptLists)
    };
    let is_written_again =
        |it: &RunCall<'_>| !cache_writes(build, step, run, it, &[Cache::AptLists]).is_empty();
    let call = run.calls.iter().rev().find(|it| it.call.tool.is_apt())?;
    let prefix = user_prefix(call.call.command)?;
    let command = format!("{prefix}{CLEAN_UP}");
    let command = (!run.commands().any(cleans)).then_some(&*command);
    let edits = join(build, kept.step.index, last, command)
        .filter(|_| !run.calls.iter().any(is_written_again))?;
    let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text));
    Some(Fix::safe("Join these RUNs and remove the lists at their end", edits))
}
