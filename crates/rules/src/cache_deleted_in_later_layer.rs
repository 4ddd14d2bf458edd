//! A RUN that only cleans caches, which earlier layers keep.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::{fills, first_kept};
use model::cleaning::{cleaned_caches, only_cleans};
use model::python_estimate::kept_cache;
use model::{Build, Run, RunCall, Step, moved_cleaning};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "cache-deleted-in-later-layer",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/cache-deleted-in-later-layer.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let mut told = Vec::new();
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        let cleanings = only_cleans(build, step, run).unwrap_or_default();
        let is_late = cleanings.iter().any(|it| it.is_bytecode || !it.caches.is_empty());
        let first = run.scripts.first().and_then(|it| it.items.first());
        if let Some(first) = first.filter(|_| is_late) {
            let edits = moved_cleaning(build, step, run, &cleanings);
            let is_deleted = edits.as_ref().is_some_and(|it| it.len() == 1);
            let filled = edits.iter().flatten().filter_map(|it| filled_at(build, step, it.0));
            let mut filled: Vec<syntax::Span> = filled.collect();
            filled.dedup();
            let fix = edits.map(|edits| {
                let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text));
                let title = if is_deleted {
                    "Delete this RUN"
                } else {
                    "Clean in the RUN that fills the cache"
                };
                Fix::safe(title, edits)
            });
            let message = match is_deleted {
                true => "this RUN only cleans, and no earlier layer keeps what it removes",
                false => "this RUN only cleans, and earlier layers keep what it removes",
            };
            let report = reports.report(first.span, message);
            for place in filled {
                report.label(place, "filled here");
            }
            let caches = cleanings.iter().flat_map(|it| &it.caches);
            let size = caches.clone().find_map(|it| kept_size(build, step, *it));
            report.fix_if(fix).note(match is_deleted {
                true => "where the cache is filled it is emptied or not written at all".to_owned(),
                false => advice(size.filter(|_| caches.count() == 1)),
            });
            continue;
        }
        check_commands(build, step, run, &mut told, reports);
    }
}

/// The RUN in front of `step` that an edit changes.
fn filled_at(build: &Build<'_>, step: &Step<'_>, edited: syntax::Span) -> Option<syntax::Span> {
    let place = syntax::Span::at(edited.start as usize);
    let is_edited = |it: &&Step<'_>| it.run().is_some() && it.instruction.span.contains(place);
    let filling = build.steps_before(step).find(is_edited)?;
    Some(filling.instruction.keyword_span)
}

/// A command that cleans what this RUN did not write.
fn check_commands(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    told: &mut Vec<(Cache, syntax::Span)>,
    reports: &mut Reports<'_>,
) {
    for (script, index, _) in run.commands_with_places() {
        let cleaned = cleaned_caches(build, step, run, (script, index));
        let late = cleaned.iter().find_map(|it| Some((it, keeper(build, step, run, it.cache)?)));
        let Some((cleaned, keeper)) = late else { continue };
        // The first one says it.
        if told.contains(&(cleaned.cache, keeper)) {
            continue;
        }
        told.push((cleaned.cache, keeper));
        reports
            .report(
                cleaned.span,
                "this RUN did not fill this cache, and the layer that did keeps it",
            )
            .label(keeper, "filled here")
            .note(advice(kept_size(build, step, cleaned.cache)));
    }
}

fn advice(size: Option<String>) -> String {
    let here = size.map_or(String::new(), |it| format!(", here {it}"));
    format!(
        "a layer cannot take bytes out of an earlier one{here}: clean in the RUN that fills the cache"
    )
}

/// What the one earlier layer that keeps a cache has of it.
fn kept_size(build: &Build<'_>, step: &Step<'_>, cache: Cache) -> Option<String> {
    let runs = build.steps_before(step).filter_map(|it| Some((it, it.run()?)));
    let mut keeping = runs.filter(|(it, run)| first_kept(build, it, run, cache).is_some());
    let (filling, run) = keeping.next()?;
    kept_cache(build, filling, run, cache).filter(|_| keeping.next().is_none())
}

/// The call of an earlier layer that keeps a cache, if this RUN does not write it.
fn keeper(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, cache: Cache) -> Option<syntax::Span> {
    // Official images empty it after every install, and no rule asks for more.
    if cache == Cache::AptArchives || fills(build, step, run, cache) {
        return None;
    }
    let mut runs = build.steps_before(step).filter_map(|it| Some((it, it.run()?)));
    runs.find_map(|(before, other)| first_kept(build, before, other, cache)).map(RunCall::head)
}
