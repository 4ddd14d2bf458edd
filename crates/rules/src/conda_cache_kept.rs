//! conda, mamba or micromamba leave their package archives in a shipped layer.

use knowledge::image::{Python, PythonOrigin};
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::Tool;
use managers::cache::Cache;
use model::cache::kept_once;
use model::{Base, Build, RunCall, Step, cleanup};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "conda-cache-kept",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/conda-cache-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for kept in kept_once(build, &[Cache::Conda]) {
        let command = clean_command(kept.call, is_recent(build, kept.step));
        let edit = cleanup::with_command(build, kept.run, kept.call, &command)
            .filter(|_| kept.is_unconditional());
        let fix = edit
            .map(|(span, text)| Fix::safe(format!("Add {command}"), [Edit::replace(span, text)]));
        let spoken = kept.call.spoken(build.file.text);
        reports
            .report(kept.call.head(), format!("`{spoken}` keeps its package archives in the layer"))
            .note("the archives are not used once their packages are installed; a clean-up counts only in the same RUN")
            .fix_if(fix);
    }
}

/// With the program as it was called, which need not be on the PATH.
fn clean_command(call: &RunCall<'_>, is_recent: bool) -> String {
    let program = call.call.command.words.first().and_then(|it| it.literal());
    let program = program.filter(|it| it.bytes().all(|it| it.is_ascii_graphic()));
    match call.call.tool {
        Tool::Micromamba => format!("{} clean --all --yes", program.unwrap_or("micromamba")),
        Tool::Mamba => format!("{} clean -afy", program.unwrap_or("mamba")),
        _ if is_recent => format!("{} clean -afy", program.unwrap_or("conda")),
        _ => format!("{} clean -ay", program.unwrap_or("conda")),
    }
}

/// Whether conda certainly knows `--force-pkgs-dirs`, which came with 4.6: the base is an image of conda of 2019 or
/// later. Older ones stop at `-f`; `-ay` leaves only what is hard-linked into environments, which takes no room.
fn is_recent(build: &Build<'_>, step: &Step<'_>) -> bool {
    let Some(last) = build.stage(step).and_then(|it| build.lineage(it).last()) else {
        return false;
    };
    let Base::Image { reference, known } = &last.base else { return false };
    if !matches!(known.python, Python::Present { origin: PythonOrigin::Conda, .. }) {
        return false;
    }
    let Some(tag) = reference.tag.as_deref() else { return true };
    let mut numbers = tag.trim_start_matches('v').split(['.', '-']).map(|it| it.parse::<u32>());
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), _) if major >= 22 => !(2000..2019).contains(&major),
        (Some(Ok(4)), Some(Ok(minor))) => minor >= 6,
        (Some(Ok(_)), _) => false,
        _ => true,
    }
}
