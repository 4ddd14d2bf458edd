//! A folder of wheels that COPY brings from another stage only to be installed from.

use managers::python::{find_links, requirements, wheel_folder as wheel_folder_of};
use managers::removal::removed_paths;
use managers::requirement::Requirement;
use managers::{Action, Tool};
use shell::layout;
use syntax::{Expansion, Keyword, Span, Word};

use crate::cleanup::Edit;
use crate::erase::without_step;
use crate::state::User;
use crate::{Build, Copy, CopyFrom, Run, SourceKind, Step, path};

/// Wheels that are copied into a layer and installed from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WheelFolder {
    /// The step of the COPY.
    pub copy: usize,
    /// Where the wheels land, absolute.
    pub target: String,
    /// The steps that install from there.
    pub installs: Vec<usize>,
    /// The edits that mount the folder instead; `None` where something else may use it, or the file's syntax is too old.
    pub edits: Option<Vec<Edit>>,
}

/// How many steps behind a COPY its install is looked for.
const MAX_DISTANCE: usize = 64;

/// The wheels that a COPY brings, if a later pip of the same stage installs from there.
pub fn wheel_folder(build: &Build<'_>, step: &Step<'_>) -> Option<WheelFolder> {
    let copy = step
        .copy()
        .filter(|it| !it.is_add && matches!(it.from, CopyFrom::Stage(_) | CopyFrom::Other(_)))?;
    let target = copy.target.clone().filter(|it| it.len() > 1)?;
    let [source] = &*copy.sources else { return None };
    let from = source.path.as_deref().filter(|_| source.kind == SourceKind::Path)?;
    if !holds_wheels(build, copy, from) {
        return None;
    }
    let stage = build.stage(step)?;
    let all = build.steps_of(stage);
    let later = || all.iter().filter(|it| it.index > step.index).take(MAX_DISTANCE);
    let mut installs = Vec::new();
    for other in later() {
        let Some(run) = other.run() else { continue };
        if run.calls.iter().any(|it| installs_from(build, other, run, it, &target)) {
            installs.push(other.index);
        }
    }
    if installs.is_empty() {
        return None;
    }
    let is_glob = from.ends_with("/*.whl") || from == "*.whl";
    let is_folder = !source.is_pattern() && !path::file_name(from).ends_with(".whl");
    let edits = (is_glob || is_folder)
        .then(|| edits(build, step, copy, (from, source.word), &target, &installs))
        .flatten();
    Some(WheelFolder { copy: step.index, target, installs, edits })
}

/// Whether the source is surely wheels: by its name, or because the other stage builds them there.
fn holds_wheels(build: &Build<'_>, copy: &Copy<'_>, from: &str) -> bool {
    let name = path::file_name(from);
    let is_named =
        name.ends_with(".whl") || name.contains("wheel") || matches!(name, "whl" | "whls" | "dist");
    let CopyFrom::Stage(stage) = copy.from else { return is_named };
    let Some(other) = build.stages.get(stage) else { return is_named };
    let is_built_there = |it: &Step<'_>, call: &crate::RunCall<'_>| {
        let folder =
            wheel_folder_of(&call.call).and_then(|it| it.text()).and_then(|to| it.state.path(to));
        matches!(call.call.action, Action::Wheel | Action::Download)
            && folder.is_some_and(|it| it == format!("/{from}"))
    };
    let mut steps = build.steps_of(other).iter();
    is_named
        || steps.any(|it| {
            it.run().is_some_and(|run| run.calls.iter().any(|call| is_built_there(it, call)))
        })
}

/// Directories that hold other things, which a mount would hide.
const SHARED: [&str; 15] = [
    "/app",
    "/code",
    "/etc",
    "/home",
    "/mnt",
    "/opt",
    "/root",
    "/src",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/src",
    "/var",
    "/var/tmp",
];

fn resolved(step: &Step<'_>, written: &str) -> Option<String> {
    let written = written.strip_prefix("file://").unwrap_or(written);
    step.state.path(written)
}

/// Whether a call of pip or uv installs from the folder.
fn installs_from(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &crate::RunCall<'_>,
    target: &str,
) -> bool {
    let place = (call.script, call.command);
    let directory = run.directory_at(place.0, place.1, step.state.directory.as_deref());
    let is_pip = call.call.tool.is_pip() && call.call.action == Action::Install;
    if !is_pip
        || directory.is_none()
        || directory != step.state.directory && step.state.directory.is_some()
    {
        return false;
    }
    let is_there = |written: &str| resolved(step, written).is_some_and(|it| it == target);
    let links = find_links(&call.call).filter_map(|it| it.text());
    let variable =
        build.value_at(step, place, "PIP_FIND_LINKS").filter(|_| call.call.tool == Tool::Pip);
    let by_wheel = requirements(&call.call).any(|(_, it)| match it {
        Requirement::Wheel { path, .. } | Requirement::Path { path, .. } => {
            path.rsplit_once('/').is_some_and(|(folder, name)| {
                is_there(folder) && (name.ends_with(".whl") || name == "*")
            })
        }
        _ => false,
    });
    by_wheel || links.into_iter().any(is_there) || variable.is_some_and(|it| is_there(&it))
}

fn edits(
    build: &Build<'_>,
    step: &Step<'_>,
    copy: &Copy<'_>,
    (from, written_from): (&str, &Word<'_>),
    target: &str,
    installs: &[usize],
) -> Option<Vec<Edit>> {
    let name = match &copy.from {
        CopyFrom::Stage(stage) => build.stages.get(*stage)?.name.map(|it| it.text.to_string())?,
        CopyFrom::Other(name) => name.clone(),
        CopyFrom::Context => return None,
    };
    let source = match from.strip_suffix("*.whl") {
        Some(folder) => format!("/{}", folder.trim_end_matches('/')),
        None => format!("/{from}"),
    };
    let is_plain =
        |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"/._-:@".contains(&it));
    if ![&name, &source, target].iter().all(|it| is_plain(it))
        || !has_mounts(build)
        || SHARED.contains(&target)
    {
        return None;
    }
    let stage = build.stage(step)?;
    // A variable stays one: `--build-arg` may set it.
    let written = [&*written_from.text, &*copy.destination.text];
    let places = [(written[0], &*source), (written[1], target)];
    let mut places = places.map(|(it, value)| place_of(build, it, value, installs, step));
    let (source, written_target) = (places[0].take()?, places[1].take()?);
    let mut edits = vec![without_step(build, step, false)?];
    for other in build.steps_of(stage).iter().filter(|it| it.index > step.index) {
        if installs.contains(&other.index) {
            let mount =
                format!("--mount=type=bind,from={name},source={source},target={written_target}");
            edits.extend(mounted(build, other, &mount, target)?);
        } else if let Some(removal) = pure_removal(build, other, target) {
            edits.push(removal);
        } else if mentions(build, other, target) {
            return None;
        }
    }
    // A later stage that is built from this one, or takes from it, may use the folder too.
    let is_elsewhere = |it: &&Step<'_>| it.stage != step.stage && it.index > step.index;
    let uses = |it: &Step<'_>| {
        let own =
            build.stage(it).is_some_and(|own| build.lineage(own).any(|it| it.index == stage.index));
        let takes = it.copy().is_some_and(|it| it.from == CopyFrom::Stage(stage.index));
        (own || takes) && mentions(build, it, target) && !is_covered_again(build, it, target)
    };
    (!build.steps.iter().filter(is_elsewhere).any(uses)).then_some(edits)
}

/// A later COPY into the same folder, and what installs from it, have wheels of their own.
fn is_covered_again(build: &Build<'_>, step: &Step<'_>, target: &str) -> bool {
    let is_copy = |it: &Step<'_>| it.copy().is_some_and(|it| it.target.as_deref() == Some(target));
    let before = build.stage(step).map(|it| build.steps_of(it)).unwrap_or(&[]);
    is_copy(step) || before.iter().any(|it| it.index < step.index && is_copy(it))
}

/// How a mount names a place: as COPY does, if a variable is in it and still has the same value at each install.
fn place_of(
    build: &Build<'_>,
    written: &str,
    value: &str,
    installs: &[usize],
    step: &Step<'_>,
) -> Option<String> {
    if !written.contains('$') {
        return Some(value.to_owned());
    }
    // Mounts know variables since 1.3 (moby/buildkit#2909).
    let is_plain =
        |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || b"/._-:@${}".contains(&it));
    let last = installs.last()?;
    let sets = |it: &Step<'_>| {
        let mut pairs = it.instruction.arguments.pairs().iter();
        matches!(it.instruction.keyword, Keyword::Env | Keyword::Arg)
            && pairs.any(|it| written.contains(&*it.name.text))
    };
    let mut between = build.steps.get(step.index..*last)?.iter();
    let text = written.strip_suffix("*.whl").unwrap_or(written);
    let text = if text.len() > 1 { text.trim_end_matches('/') } else { text };
    // Relative to the working directory, which may be another one there.
    let is_absolute = text.starts_with('/') || text.starts_with('$');
    let is_same = is_plain(text) && is_absolute && !between.any(sets);
    (is_same && !is_syntax_before(build, &["1.0", "1.1", "1.2"])).then(|| text.to_owned())
}

fn has_mounts(build: &Build<'_>) -> bool {
    !is_syntax_before(build, &["1.0", "1.1"])
}

/// Whether the file asks for one of these old versions of the syntax.
fn is_syntax_before(build: &Build<'_>, versions: &[&str]) -> bool {
    let syntax = build.file.directives.iter().find(|it| it.name.eq_ignore_ascii_case("syntax"));
    let version = syntax.and_then(|it| it.value.rsplit_once(':')).map_or("", |it| it.1);
    versions.iter().any(|it| {
        version.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with(['.', '-']))
    })
}

/// The edits of a RUN that installs: the mount, and no removal of what is mounted.
fn mounted(build: &Build<'_>, step: &Step<'_>, mount: &str, target: &str) -> Option<Vec<Edit>> {
    let run = step.run()?;
    let text = build.file.text;
    let [script] = run.scripts else { return None };
    if script.fault.is_some()
        || matches!(step.state.user, User::Named(_))
        || run.mounts.iter().any(|it| it.covers(target))
    {
        return None;
    }
    let mut items: Vec<usize> = Vec::new();
    for (script_index, index, command) in run.commands_with_places() {
        let lookup = |name: &str| build.value_at(step, (script_index, index), name);
        let call = run.calls.iter().find(|it| (it.script, it.command) == (script_index, index));
        if let Some(removed) = removed_paths(command, &lookup) {
            let is_there = |it: &str| it.trim_end_matches(['*', '/']) == target;
            if removed.iter().all(|it| it.path.as_deref().is_some_and(is_there)) {
                if !command.place.is_item {
                    return None;
                }
                items.push(command.place.item);
                continue;
            }
        }
        let installs = call.is_some_and(|it| installs_from(build, step, run, it, target));
        if !installs && mentions_in(build, step, command.span, target) {
            return None;
        }
        if installs && call.is_some_and(|it| takes_other_files(it, target)) {
            return None;
        }
    }
    let start = step.instruction.flags.first().map(|it| it.span.start);
    let start = start.or(script.items.first().filter(|_| !run.is_exec).map(|it| it.span.start))?;
    let head = Span { start: step.instruction.keyword_span.end, end: start };
    if !head.of(text).trim().is_empty() || !step.instruction.heredocs.is_empty() {
        return None;
    }
    let line_end = syntax::line_end(text);
    let mut edits =
        vec![(Span::at(start as usize), format!("{mount} {}{line_end}    ", build.file.escape))];
    if !items.is_empty() {
        edits.extend(layout::remove_many(script, text, &items)?);
    }
    Some(edits)
}

/// `/wheels/*` would also take what a wider folder of the other stage holds.
fn takes_other_files(call: &crate::RunCall<'_>, target: &str) -> bool {
    let mut operands = call.call.operands.iter().filter_map(|it| it.text());
    operands.any(|it| it.starts_with(target) && !it.ends_with(".whl") && !it.contains(".whl["))
}

/// A RUN that does nothing but remove the folder.
fn pure_removal(build: &Build<'_>, step: &Step<'_>, target: &str) -> Option<Edit> {
    let run = step.run()?;
    let [script] = run.scripts else { return None };
    let [command] = &*script.commands else { return None };
    let lookup = |name: &str| build.value_at(step, (0, 0), name);
    let removed = removed_paths(command, &lookup)?;
    let is_there = |it: &str| it.trim_end_matches(['*', '/']) == target;
    let is_all =
        !removed.is_empty() && removed.iter().all(|it| it.path.as_deref().is_some_and(is_there));
    if is_all { without_step(build, step, true) } else { None }
}

/// Whether a part of an instruction names the folder, itself or by a variable.
fn mentions_in(build: &Build<'_>, step: &Step<'_>, span: Span, target: &str) -> bool {
    let text = span.of(build.file.text);
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let by_variable = text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or("").trim_start_matches('{');
        let name = rest.get(..rest.find(|it| !is_name(it)).unwrap_or(rest.len())).unwrap_or("");
        matches!(build.variable(step, name), Expansion::Value(value) if names(&value, target))
    });
    by_variable || names(text, target)
}

/// Whether an instruction names the folder, or one above it that is copied as a whole.
fn mentions(build: &Build<'_>, step: &Step<'_>, target: &str) -> bool {
    if matches!(step.instruction.keyword, Keyword::Label | Keyword::From) {
        return false;
    }
    let above = |it: &str| it != "." && path::is_inside(target, &format!("/{it}"));
    let copies_above = step.copy().is_some_and(|it| {
        it.from != CopyFrom::Context
            && it
                .sources
                .iter()
                .any(|it| it.path.as_deref().is_some_and(|it| it == "." || above(it)))
    });
    let works_there = step.state.directory.as_deref().is_some_and(|it| path::is_inside(it, target));
    copies_above || works_there || mentions_in(build, step, step.instruction.span, target)
}

/// Whether a text holds the path as a whole component.
fn names(text: &str, target: &str) -> bool {
    text.match_indices(target).any(|(at, _)| {
        let next = text.get(at + target.len()..).and_then(|it| it.chars().next());
        !next.is_some_and(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'))
    })
}
