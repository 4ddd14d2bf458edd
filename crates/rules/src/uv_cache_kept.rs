//! uv leaves its cache in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::kept;
use model::{Build, cleanup};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "uv-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/uv-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for kept in kept(build, &[Cache::Uv]) {
        let edit = cleanup::with_option(build, kept.run, kept.call, "--no-cache");
        let fix = edit.map(|(span, text)| Fix::safe("Add --no-cache", [Edit::replace(span, text)]));
        let spoken = kept.call.spoken(build.file.text);
        reports
            .report(kept.call.head(), format!("`{spoken}` keeps its cache in the layer"))
            .note("nothing in the image reads uv's cache again; a cache mount keeps it for the next build instead")
            .fix_if(fix);
    }
}
