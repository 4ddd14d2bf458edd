//! Tests, sources, headers and bytecode of installed packages in the stage that is shipped.

use knowledge::image::PackageManager;
use knowledge::python_package::{Bulk, ReadBulk};
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::Tool;
use model::package_bulk::{
    read_by, reason_to_keep_sources, removes_tests, runs_python_later, writes_bytecode,
};
use model::package_folder::package_folder;
use model::requirements::{Requirements, requirements};
use model::{Build, Run, RunCall, Step, cleanup, comments_above, is_for_development};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "site-packages-bulk-kept",
    severity: Severity::Info,
    repair: Repair::Unsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: false,
    is_always_on: false,
    page: include_str!("../../../rules/site-packages-bulk-kept.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        let is_for_others = build.stage(step).is_none_or(|it| is_for_development(build, it));
        if is_for_others || removes_tests(build, step, run) {
            continue;
        }
        let calls = run.calls.iter().filter(|it| matches!(it.call.tool, Tool::Pip | Tool::UvPip));
        let calls = calls.filter_map(|it| Some((it, requirements(build, step, it)?)));
        let calls: Vec<(&RunCall<'_>, &Requirements)> = calls.collect();
        let Some(first) = calls.first().filter(|it| !it.0.call.command.place.is_conditional) else {
            continue;
        };
        let reason = reason_to_keep_sources(build, step);
        let has_bytecode = calls.iter().any(|it| writes_bytecode(build, step, it.0));
        let what = match (has_bytecode, reason) {
            (true, None) => "bytecode, tests, C sources and headers",
            (true, Some(_)) => "bytecode and tests",
            (false, None) => "tests, C sources and headers",
            (false, Some(_)) => "tests",
        };
        let diagnostic = reports
            .report(first.0.head(), format!("{what} of installed packages stay in the image"))
            .note("a program seldom needs them; what the same RUN removes never gets into a layer");
        if let Some(reason) = reason {
            diagnostic.note(format!("sources and headers are left alone, as {reason}"));
        }
        let read = read_by(calls.iter().map(|it| it.1));
        for it in read.iter().filter(|it| it.bulk == Bulk::Tests || reason.is_none()) {
            let folder = it.folder.trim_end_matches("/*");
            diagnostic.note(format!("`{folder}` is left alone: {}", it.reason));
        }
        match fix(build, step, run, &calls, &read, reason.is_none()) {
            Ok(fix) => diagnostic.fix(fix),
            Err(reason) => diagnostic.note(format!("a clean-up is not offered, as {reason}")),
        };
    }
}

fn fix(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    calls: &[(&RunCall<'_>, &Requirements)],
    read: &[ReadBulk],
    takes_sources: bool,
) -> Result<Fix, String> {
    const CHANGED: &str = "the RUN cannot be changed without changing what it does";
    if let Some(it) = calls.iter().find_map(|it| it.1.unread.first()) {
        return Err(format!("{} could not be read", it.what));
    }
    let mut folders = Vec::new();
    for (call, _) in calls {
        let folder = package_folder(build, step, call);
        folders.push(folder.ok_or("it is not certain where the packages are installed")?);
    }
    folders.dedup();
    let last = calls.last().ok_or(CHANGED)?.0;
    let image = build.stage(step).and_then(|it| build.image(it));
    if !image
        .is_some_and(|it| matches!(it.package_manager, PackageManager::Apt | PackageManager::Apk))
    {
        return Err("it is not known whether the image has `find`".to_owned());
    }
    // A heredoc has no continued lines; a RUN of one line gets a second one.
    let is_heredoc = !step.instruction.heredocs.is_empty();
    let new_line = format!(" {}{}    ", build.file.escape, syntax::line_end(build.file.text));
    let joint = if is_heredoc { " ".to_owned() } else { format!("{new_line}    ") };
    let command = clean_up(&joint, &folders, read, takes_sources);
    let (place, mut text) = cleanup::with_command(build, run, last, &command).ok_or(CHANGED)?;
    if let Some(own) = text.strip_prefix(" && ").filter(|_| !is_heredoc) {
        text = format!("{new_line}&& {own}");
    }
    let mut edits = vec![Edit::replace(place, text)];
    let writing = calls.iter().map(|it| it.0).filter(|it| writes_bytecode(build, step, it));
    let writing: Vec<&RunCall<'_>> = writing.collect();
    for call in &writing {
        let edit = cleanup::with_option(build, run, call, "--no-compile").ok_or(CHANGED)?;
        edits.push(Edit::replace(edit.0, edit.1));
    }
    edits.extend(writing.first().and_then(|it| without_own_bytecode(build, step, &writing, it)));
    let title = match edits.len() {
        1 => "Remove them in the same RUN",
        _ => "Write no bytecode, and remove the rest in the same RUN",
    };
    let mut fix = Fix::unsafe_because(title, "a package may read its own tests or sources", edits);
    if fix.edits.len() > 1 {
        fix.reasons.push("without bytecode each start compiles what it imports".to_owned());
    }
    // With a smaller base image more can go, so this waits for a fix that changes it.
    let bases = build.stage(step).into_iter().flat_map(|it| build.lineage(it));
    let bases = bases.filter_map(|it| it.image).map(|it| it.span).collect();
    Ok(fix.repeating(bases))
}

/// Keeps pip, and Python when later commands run it, from compiling what they import themselves: for the one call, or by
/// ENV where that is not all.
fn without_own_bytecode(
    build: &Build<'_>,
    step: &Step<'_>,
    writing: &[&RunCall<'_>],
    first: &RunCall<'_>,
) -> Option<Edit> {
    const SETTING: &str = "PYTHONDONTWRITEBYTECODE=1";
    let value = |it: &str| build.value_at(step, (first.script, first.command), it);
    if value("PYTHONDONTWRITEBYTECODE").is_none_or(|it| !it.is_empty()) {
        return None;
    }
    let command = first.call.command;
    if writing.len() > 1 || runs_python_later(build, step) {
        let comments = comments_above(build, step);
        let start = comments.first().map_or(step.instruction.span.start, |it| it.start);
        let line = format!("ENV {SETTING}{}", syntax::line_end(build.file.text));
        return Some(Edit::insert(start as usize, line));
    }
    let starts_itself = command.wrappers.is_empty() && command.assignments.is_empty();
    starts_itself.then(|| Edit::insert(command.span.start as usize, format!("{SETTING} ")))
}

/// The command that removes what nothing reads. It succeeds where there is nothing to remove.
fn clean_up(joint: &str, folders: &[String], read: &[ReadBulk], takes_sources: bool) -> String {
    let without = |bulk: Bulk| {
        let kept = read.iter().filter(move |it| it.bulk == bulk);
        kept.map(|it| format!(" ! -path '*/{}'", it.folder)).collect::<String>()
    };
    let tests = format!("-type d -name tests{}", without(Bulk::Tests));
    let sources = ["c", "h", "pyx", "pxd", "a"].map(|it| format!("-name '*.{it}'")).join(" -o ");
    let kept = without(Bulk::Sources);
    let what = match (takes_sources, kept.is_empty()) {
        (false, _) => tests,
        (true, true) => format!("\\( {tests} -o {sources} \\)"),
        (true, false) => format!("\\( {tests} -o \\( {sources} \\){kept} \\)"),
    };
    format!("find {}{joint}{what} -prune -exec rm -rf {{}} +", folders.join(" "))
}
