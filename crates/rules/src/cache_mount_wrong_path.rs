//! A cache mount that is not where this user's cache is, or that this user cannot write to.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::cache_mount::{Misplaced, misplaced};
use model::{Build, Mount};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "cache-mount-wrong-path",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/cache-mount-wrong-path.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs() {
        for it in misplaced(build, step, run) {
            let spoken = it.call.spoken(build.file.text);
            let message = match (&it.path, &it.owner) {
                (Some(path), _) => {
                    format!("`{spoken}` keeps its cache in `{path}`, which is not on this mount")
                }
                (None, Some((name, _))) => {
                    format!("this cache mount belongs to root, so that `{name}` cannot write to it")
                }
                (None, None) => continue,
            };
            let report = reports.report(it.mount.span, message);
            report.label(it.call.head(), "the cache of this call");
            if let Some((name, number)) = &it.owner {
                match number {
                    Some(number) => report
                        .note(format!("a mount belongs to root unless it says `uid={number}`")),
                    None => report.note(format!(
                        "a mount belongs to root unless `uid=` gives the number of `{name}`"
                    )),
                };
            }
            report.fix_if(fix(build, &it));
        }
    }
}

fn fix(build: &Build<'_>, it: &Misplaced<'_, '_>) -> Option<Fix> {
    let mut edits = Vec::new();
    let mut reasons = Vec::new();
    let mut title = Vec::new();
    if it.path.is_some() {
        let (target, reason) = it.target.as_ref()?;
        let is_plain = target.bytes().all(|it| it.is_ascii_alphanumeric() || b"/._-".contains(&it));
        let span = target_span(build, it.mount).filter(|_| is_plain)?;
        edits.push(Edit::replace(span, target.as_str()));
        reasons.extend(reason.clone());
        title.push(format!("mount `{target}`"));
    }
    if let Some((_, Some(number))) = it.owner {
        let end = it.mount.value_span.end as usize;
        let is_plain = !it.mount.value_span.of(build.file.text).ends_with(['"', '\'']);
        edits.extend(is_plain.then(|| Edit::insert(end, format!(",uid={number}"))));
        title.push(format!("give the mount to {number}"));
    }
    if edits.is_empty() {
        return None;
    }
    let mut title = title.join(" and ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Some(Fix::safe_unless(title, reasons, edits))
}

/// Where the target is written.
fn target_span(build: &Build<'_>, mount: &Mount<'_>) -> Option<Span> {
    let value = mount.value_span.of(build.file.text);
    let mut at = 0;
    for field in value.split(',') {
        if let Some((key, target)) = field.split_once('=')
            && matches!(key, "target" | "dst" | "destination")
        {
            let start = mount.value_span.start as usize + at + key.len() + 1;
            return Some(Span::new(start, start + target.len()));
        }
        at += field.len() + 1;
    }
    None
}
