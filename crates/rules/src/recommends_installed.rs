//! apt-get installs recommended packages into a shipped stage.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::system::{apt_setting, has_unknown_packages, leaves_out_recommends, packages};
use managers::{Action, Tool};
use model::recommended::needed_by_name;
use model::{Build, Run, RunCall, Step, cleanup, estimate};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "recommends-installed",
    severity: Severity::Info,
    repair: Repair::Unsafe,
    aliases: &["DL3015"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/recommends-installed.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        let calls = run.calls.iter().filter(|it| installs_recommends(it));
        let calls: Vec<_> = calls.filter(|it| !is_configured(build, step, run, it)).collect();
        let [first, others @ ..] = calls.as_slice() else { continue };
        let spoken = first.spoken(build.file.text);
        let message = match others.len() {
            0 => {
                let size = estimate::recommended(build, step, first);
                let size = size.map_or(String::new(), |it| format!(", {it}"));
                format!("`{spoken}` also installs recommended packages{size}")
            }
            n_more => {
                let more = if n_more == 1 { "another" } else { "others" };
                format!("`{spoken}` and {more} in this RUN also install recommended packages")
            }
        };
        let report = reports.report(first.head(), message);
        report.note("name those that the image needs, and leave the others out with `--no-install-recommends`");
        for other in others {
            report.label(other.head(), "here too");
        }
        report.fix_if(fix(build, step, run, &calls));
    }
}

/// One fix for every call of a RUN that can be repaired.
fn fix(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, calls: &[&RunCall<'_>]) -> Option<Fix> {
    let mut edits = Vec::new();
    let mut named: Vec<&str> = Vec::new();
    for call in calls {
        if let Some((own, added)) = edits_of(build, step, run, call) {
            edits.extend(own);
            let new: Vec<&str> = added.into_iter().filter(|it| !named.contains(it)).collect();
            named.extend(new);
        }
    }
    if edits.is_empty() {
        return None;
    }
    let mut title = "Add --no-install-recommends".to_owned();
    if !named.is_empty() {
        title = format!("{title}, and name {}", model::listed(&named));
    }
    let reason = "what a recommended package does for the program would be missing";
    Some(Fix::unsafe_because(title, reason, edits))
}

/// Adds the option, and by name what is certainly needed of the packages that it leaves out; the edits and these names.
fn edits_of(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
) -> Option<(Vec<Edit>, Vec<&'static str>)> {
    let (span, text) = cleanup::with_option(build, run, call, "--no-install-recommends")?;
    let mut edits = vec![Edit::replace(span, text)];
    let added = needed_by_name(build, step, run, call)?;
    if !added.is_empty() {
        let last = call.call.operands.last()?;
        // A list that comes out of a variable cannot be added to.
        if last.span.of(build.file.text) != last.text()? {
            return None;
        }
        let (span, text) = cleanup::words_behind(build, last.span, &added);
        edits.push(Edit::replace(span, text));
    }
    Some((edits, added))
}

fn installs_recommends(call: &RunCall<'_>) -> bool {
    let call = &call.call;
    // An explicit yes is a decision.
    let is_decided = call.has("--install-recommends")
        || call.has("--recommends")
        || apt_setting(call, "APT::Install-Recommends").is_some();
    matches!(call.tool, Tool::AptGet | Tool::Apt)
        && call.action == Action::Install
        // `apt-get install -f` names none.
        && (packages(call).next().is_some() || has_unknown_packages(call))
        && !leaves_out_recommends(call)
        && !is_decided
        && !call.has("--help")
}

/// A file below `/etc/apt` that an earlier command or COPY wrote switches them off.
fn is_configured(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, call: &RunCall<'_>) -> bool {
    const SETTING: &str = "install-recommends";
    let says_so = |it: &str| it.to_ascii_lowercase().contains(SETTING);
    let written = |it: &shell::Command<'_>| {
        let file =
            it.redirects.iter().any(|it| it.target.span.of(build.file.text).contains("apt.conf"))
                || it.words.iter().any(|it| it.literal().is_some_and(|it| it.contains("apt.conf")));
        file && says_so(it.span.of(build.file.text))
    };
    let before =
        |it: &(usize, usize, &shell::Command<'_>)| (it.0, it.1) < (call.script, call.command);
    if run.commands_with_places().filter(before).any(|it| written(it.2)) {
        return true;
    }
    build.steps_before(step).any(|before| match (before.run(), before.copy()) {
        (Some(run), _) => {
            let may_pipe = run.commands().any(written);
            let text = before.instruction.span.of(build.file.text);
            may_pipe || text.contains("apt.conf") && says_so(text)
        }
        (_, Some(copy)) => {
            let is_there = copy.target.as_deref().is_some_and(|it| it.starts_with("/etc/apt"));
            let text = before.instruction.span.of(build.file.text);
            let read =
                |path: &str| build.surroundings.files.read(path).is_some_and(|it| says_so(&it));
            is_there && (says_so(text) || copy.context_paths().any(|it| read(it.0)))
        }
        _ => false,
    })
}
