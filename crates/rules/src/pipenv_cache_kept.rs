//! pipenv leaves its cache in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::kept_once;
use model::{Build, cleanup};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "pipenv-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/pipenv-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for kept in kept_once(build, &[Cache::Pipenv]) {
        let edit = cleanup::without_cache(build, &kept);
        let fix = edit.map(|(command, (span, text))| {
            Fix::safe(format!("Add {command}"), [Edit::replace(span, text)])
        });
        let spoken = kept.call.spoken(build.file.text);
        reports
            .report(kept.call.head(), format!("`{spoken}` keeps its cache in the layer"))
            .note("nothing in the image reads the downloads in pipenv's cache again; a clean-up counts only in the same RUN")
            .fix_if(fix);
    }
}
