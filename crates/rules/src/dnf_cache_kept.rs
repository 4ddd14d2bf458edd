//! dnf, microdnf or tdnf leave their metadata in a shipped layer.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::cache::Cache;
use model::cache::kept_once;
use model::{Build, cleanup};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "dnf-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DL3040"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/dnf-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for kept in kept_once(build, &[Cache::Dnf, Cache::Microdnf, Cache::Tdnf]) {
        let command = format!("{} clean all", kept.call.call.tool.name());
        let edit = cleanup::with_command(build, kept.run, kept.call, &command)
            .filter(|_| kept.is_unconditional());
        let fix = edit
            .map(|(span, text)| Fix::safe(format!("Add {command}"), [Edit::replace(span, text)]));
        let spoken = kept.call.spoken(build.file.text);
        reports
            .report(kept.call.head(), format!("`{spoken}` keeps metadata and packages in the layer"))
            .note("the metadata alone often takes more room than what was installed; a clean-up counts only in the same RUN")
            .fix_if(fix);
    }
}
