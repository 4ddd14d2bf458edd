//! A cache mount that an option, a variable or a clean-up defeats.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::cache::Disabling;
use model::cache_mount::{Defeat, defeats, without_variable};
use model::{Build, Run, without_word};
use shell::layout;
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "cache-mount-unused",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/cache-mount-unused.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs() {
        for (mount, defeat) in defeats(build, step, run) {
            match defeat {
                Defeat::Disabled { call, disabling, is_by_name } => {
                    let spoken = call.spoken(build.file.text);
                    let (span, what, edit) = match disabling {
                        Disabling::Option(span) => {
                            let edit = without_option(build, run, call, span);
                            (span, span.of(build.file.text).to_owned(), edit)
                        }
                        Disabling::Assignment(name, span) => (
                            span,
                            name.to_owned(),
                            without_word(build, span).filter(|_| !run.is_exec),
                        ),
                        Disabling::Script(name) => (mount.span, name.to_owned(), None),
                        Disabling::Environment(name) => {
                            (mount.span, name.to_owned(), without_variable(build, step, name))
                        }
                        Disabling::Configuration => {
                            (mount.span, "the configuration".to_owned(), None)
                        }
                    };
                    let what = if what == "the configuration" { what } else { format!("`{what}`") };
                    let title = format!("Remove {}", what.trim_matches('`'));
                    reports
                        .report(span, format!("{what} keeps `{spoken}` from using its cache mount"))
                        .label(mount.span, "this mount stays empty")
                        .note("a mount belongs to no layer: with it the cache costs nothing in the image and saves the next build")
                        .fix_if(edit.map(|(span, text)| {
                            const REASON: &str = "if the user's home is elsewhere, the cache is not on the mount and comes into the layer";
                            let reasons = if is_by_name { vec![REASON.to_owned()] } else { Vec::new() };
                            Fix::safe_unless(title, reasons, [Edit::replace(span, text)])
                        }));
                }
                Defeat::Emptied { place: (script, index), words, is_all } => {
                    let Some(command) =
                        run.scripts.get(script).and_then(|it| it.commands.get(index))
                    else {
                        continue;
                    };
                    let span = if is_all {
                        command.span
                    } else {
                        words.first().copied().unwrap_or(command.span)
                    };
                    reports
                        .report(span, "this empties a cache mount, so that the next build finds nothing in it")
                        .label(mount.span, "mounted here")
                        .note("a mount belongs to no layer: there is nothing to clean in the image")
                        .fix_if(without_cleaning(build, run, (script, index), &words, is_all));
                }
            }
        }
    }
}

fn without_option(
    build: &Build<'_>,
    run: &Run<'_>,
    call: &model::RunCall<'_>,
    span: Span,
) -> Option<(Span, String)> {
    let option = call.call.options.iter().find(|it| it.span == span)?;
    let is_written = option.is_alone
        && option.value.is_none()
        && option.span.of(build.file.text).starts_with("--no");
    let is_clean = !run.is_exec && run.script_of(call).fault.is_none();
    without_word(build, span).filter(|_| is_written && is_clean)
}

fn without_cleaning(
    build: &Build<'_>,
    run: &Run<'_>,
    (script, index): (usize, usize),
    words: &[Span],
    is_all: bool,
) -> Option<Fix> {
    let script = run.scripts.get(script).filter(|it| it.fault.is_none() && !run.is_exec)?;
    let command = script.commands.get(index)?;
    let edits = if is_all {
        let is_item = command.place.is_item;
        layout::remove(script, build.file.text, command.place.item).filter(|_| is_item)?
    } else {
        let mut words = words.to_vec();
        words.dedup();
        let is_written = |it: &Span| !it.of(build.file.text).contains(['{', '$']);
        let all = words.iter().all(is_written) && command.place.subshells == 0 && !words.is_empty();
        words
            .iter()
            .filter(|_| all)
            .map(|it| without_word(build, *it))
            .collect::<Option<Vec<_>>>()?
    };
    let edits: Vec<Edit> =
        edits.into_iter().map(|(span, text)| Edit::replace(span, text)).collect();
    (!edits.is_empty()).then(|| Fix::safe("Leave the mounted cache alone", edits))
}
