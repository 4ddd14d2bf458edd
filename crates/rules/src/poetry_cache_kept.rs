//! poetry leaves its cache in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::kept_once;
use model::python_estimate::kept_cache;
use model::{Build, cleanup};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "poetry-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/poetry-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for kept in kept_once(build, &[Cache::Poetry]) {
        let edit = cleanup::without_cache(build, &kept);
        let fix = edit.map(|(command, (span, text))| {
            Fix::safe(format!("Add {command}"), [Edit::replace(span, text)])
        });
        let spoken = kept.call.spoken(build.file.text);
        let size = kept_cache(build, kept.step, kept.run, Cache::Poetry);
        let of_size = size.map_or(String::new(), |it| format!(" of {it}"));
        reports
            .report(kept.call.head(), format!("`{spoken}` keeps its cache{of_size} in the layer"))
            .note("nothing in the image reads poetry's metadata and artifacts again; a clean-up counts only in the same RUN")
            .fix_if(fix);
    }
}
