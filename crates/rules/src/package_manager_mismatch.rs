//! A package manager that the image does not have.

use knowledge::image::{Distribution, PackageManager};
use linter::{Repair, Reports, Rule, Severity};
use managers::{Action, Tool, system};
use model::{Build, CopyFrom, Run, RunCall, Stage, certain_system};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "package-manager-mismatch",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/package-manager-mismatch.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        let Some(known) = certain_system(build, stage) else { continue };
        let own = name(known.package_manager);
        if own.is_empty() || known.distribution == Distribution::Windows {
            continue;
        }
        // A system that is copied over the image brings its own.
        if build.lineage(stage).any(|it| replaces_system(build, it)) {
            continue;
        }
        for step in build.steps_of(stage) {
            let Some(run) = step.run() else { continue };
            let is_wrong = |it: &&RunCall<'_>| {
                !fits(it.call.tool, known.package_manager)
                    && always_runs(run, it)
                    && !is_installed(build, stage, it)
            };
            let Some(wrong) = run.calls.iter().find(is_wrong) else { continue };
            let (distribution, tool) = (known.distribution.name(), wrong.call.tool.name());
            let span = wrong.call.command.words.first().map_or(wrong.call.tool_span, |it| it.span);
            let report = reports
                .report(span, format!("`{tool}` does not exist here: the image is {distribution}"));
            match stage.image {
                Some(image) => report.label(image.span, format!("{distribution}, with `{own}`")),
                None => report,
            };
            report.note(format!(
                "use `{own}`, whose packages may have other names, or another base image"
            ));
        }
    }
}

/// The program, as it is called; empty where there is none or it is not known.
fn name(manager: PackageManager) -> &'static str {
    match manager {
        PackageManager::Apt => "apt-get",
        PackageManager::Apk => "apk",
        PackageManager::Dnf => "dnf",
        PackageManager::Microdnf => "microdnf",
        PackageManager::Yum => "yum",
        PackageManager::Zypper => "zypper",
        PackageManager::Pacman => "pacman",
        PackageManager::Tdnf => "tdnf",
        PackageManager::None | PackageManager::Unknown => "",
    }
}

/// Whether an image with this package manager may have the tool, or it is no package manager of a distribution.
fn fits(tool: Tool, manager: PackageManager) -> bool {
    let is_rpm =
        !matches!(manager, PackageManager::Apt | PackageManager::Apk | PackageManager::Pacman);
    match tool {
        _ if tool.is_apt() || tool == Tool::AptMark => manager == PackageManager::Apt,
        Tool::Apk => manager == PackageManager::Apk,
        Tool::Zypper => manager == PackageManager::Zypper,
        // A minimal image has the small one alone, and old releases have yum alone.
        Tool::Dnf => is_rpm && !matches!(manager, PackageManager::Microdnf | PackageManager::Yum),
        Tool::Yum => is_rpm && manager != PackageManager::Microdnf,
        Tool::Microdnf | Tool::Tdnf => is_rpm,
        _ => true,
    }
}

/// Whether the call runs whatever happens, and its failure makes the build fail.
fn always_runs(run: &Run<'_>, call: &RunCall<'_>) -> bool {
    let script = run.script_of(call);
    let command = call.call.command;
    let place = command.place;
    let is_plain = place.is_item || place.reads_pipe || place.writes_pipe;
    let is_saved = script.items.get(place.item + 1).and_then(|it| it.joined_by);
    let is_saved = is_saved.is_some_and(|it| it.0 == shell::Operator::Or);
    let before = script.commands.iter().take(call.command);
    let asks_first = before.filter_map(|it| it.program()).any(|it| {
        matches!(
            it,
            "[" | "[[" | "test" | "which" | "type" | "hash" | "command" | "chroot" | "grep"
        )
    });
    let has_own_path = command.words.first().and_then(|it| it.literal()).is_some_and(|it| {
        it.contains('/')
            && !["/usr/bin/", "/bin/", "/sbin/", "/usr/sbin/"].iter().any(|dir| it.starts_with(dir))
    });
    is_plain
        && !place.is_conditional
        && !is_saved
        && !asks_first
        && !has_own_path
        && script.fault.is_none()
}

/// Whether an earlier command may have installed the tool: a package of its name, or a copied program.
fn is_installed<'f>(build: &Build<'f>, stage: &Stage<'f>, call: &RunCall<'_>) -> bool {
    let wanted = match call.call.tool {
        Tool::AptGet | Tool::Apt | Tool::AptMark => "apt",
        Tool::Aptitude => "aptitude",
        tool => tool.name(),
    };
    let brings = |it: &str| it == wanted || wanted == "apk" && it == "apk-tools";
    let before = call.call.command.span.start;
    build.lineage(stage).flat_map(|it| build.steps_of(it)).any(|step| {
        let by_copy = step.copy().is_some_and(|it| {
            it.target.as_deref().is_some_and(|it| it.rsplit('/').next().is_some_and(brings))
        });
        let calls = step.run().map_or(&[][..], |it| it.calls.as_slice()).iter();
        let mut installs = calls.map(|it| &it.call).filter(|it| {
            it.tool.is_system() && it.action == Action::Install && it.command.span.start < before
        });
        by_copy || installs.any(|it| system::packages(it).any(|it| brings(it.name)))
    })
}

fn replaces_system<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    build.steps_of(stage).iter().filter_map(|it| it.copy()).any(|it| {
        let from_root = it.sources.iter().any(|it| it.path.as_deref() == Some("."));
        it.target.as_deref() == Some("/")
            && (it.is_add || from_root && it.from != CopyFrom::Context)
    })
}
