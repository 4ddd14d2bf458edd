//! What the builder would refuse to read.

use linter::{Repair, Reports, Rule, Severity};
use model::{Build, MountKind};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "syntax-error",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &["DL1000"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: true,
    page: include_str!("../../../rules/syntax-error.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for error in &build.file.errors {
        reports.report(error.span, error.message.as_str()).note(error.help.as_str());
    }
    without_target(build, reports);
}

/// A mount without a target covers the working directory, which the builder refuses where that is `/`.
fn without_target(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs() {
        if step.state.directory.as_deref() != Some("/") {
            continue;
        }
        for mount in &run.mounts {
            let kind = match mount.kind {
                MountKind::Bind => "bind",
                MountKind::Cache => "cache",
                MountKind::Tmpfs => "tmpfs",
                MountKind::Secret | MountKind::Ssh | MountKind::Other => continue,
            };
            let names = ["target", "dst", "destination"];
            let has_target = mount.options.iter().any(|it| names.contains(&&*it.0));
            let is_told = build.file.errors.iter().any(|it| mount.span.contains(it.span));
            if !has_target && !is_told {
                let message = format!("the {kind} mount has no target");
                let help = "write where it is to appear, such as `target=/root/.cache/pip`";
                reports.report(mount.span, message).note(help);
            }
        }
    }
}
