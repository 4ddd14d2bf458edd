//! Makes the plan for a stage, or tells why there is none.

use managers::system;
use model::{Base, Build, RunCall, Stage, Step, User, has_no_outer_calls};
use syntax::Keyword;

use crate::along::keep_what_came_along;
use crate::copied::bring_back;
use crate::deed::{Deed, Task, has_no_build_tool, tasks};
use crate::environment::{Environments, environments};
use crate::packages::{Needs, Split, split};
use crate::pip::{Install, installs, judge_packages};
use crate::plan::{
    Builder, Judged, Plan, Refusal, Shape, Shipped, StepPlan, Transfer, Verdict, add,
};
use crate::share::Sharing;
use crate::slim::{full_base, slim};
use crate::surroundings::{Place, bringing, check_sources, copied, read_by, variables, whole};

/// More than a stage written by hand has: each is compared with the others.
const MAX_STEPS: usize = 500;

/// How a stage is shared between a builder and what is shipped, or the reason why it cannot be.
///
/// # Errors
/// What speaks against any rewrite, with its place.
pub fn plan<'f>(build: &Build<'f>, stage: &Stage<'f>, transfer: Transfer) -> Result<Plan, Refusal> {
    can_be_read(build, stage)?;
    if stage.steps.len() > MAX_STEPS {
        return Err(Refusal::last("the stage has more instructions than are followed"));
    }
    let mut all: Vec<Vec<Task<'_, 'f>>> = Vec::new();
    for step in build.steps_of(stage) {
        all.push(match step.run() {
            Some(run) => tasks(build, step, run)?,
            None => Vec::new(),
        });
    }
    match wheels(build, stage, &all, transfer) {
        Ok(plan) => Ok(plan),
        Err(Refusal { is_final: true, span, reason }) => {
            Err(Refusal { is_final: true, span, reason })
        }
        Err(_) => environment(build, stage, &all, transfer),
    }
}

/// What both shapes begin with.
struct Start<'b, 'f> {
    installs: Vec<Install<'b, 'f>>,
    shape: Shape,
    needs: Needs,
    last: (usize, usize),
    doubts: Vec<String>,
}

fn wheels<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    all: &[Vec<Task<'_, 'f>>],
    transfer: Transfer,
) -> Result<Plan, Refusal> {
    let mut doubts = Vec::new();
    let mut chosen: Vec<&RunCall<'f>> = Vec::new();
    let mut last = None;
    for task in all.iter().flatten() {
        match task.deed {
            Deed::Python(call) => {
                chosen.push(call);
                last = Some((task.step.index, task.item));
            }
            Deed::Project(call) | Deed::Grouped(call) | Deed::Environment(call) => {
                return Err(Refusal::at(call.head(), "it makes no wheels"));
            }
            Deed::Compiles(name, span) => {
                let reason = format!("`{name}` compiles something that is no Python package");
                return Err(Refusal::at(span, reason));
            }
            _ => {}
        }
    }
    let Some(last) = last else {
        return Err(Refusal::new("nothing in the stage installs Python packages"));
    };
    let found = installs(build, stage, &chosen, &mut doubts)?;
    let mut needs = Needs::of(build, stage, found.has_compiled, found.uses_git);
    let calls_git = |it: &String| it == "git";
    needs.only_fetches = found.fetches_with_git && !needs.programs.iter().any(calls_git);
    let start = Start { installs: found.calls, shape: Shape::Wheels, needs, last, doubts };
    finish(build, stage, all, transfer, start, &Environments::default())
}

fn environment<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    all: &[Vec<Task<'_, 'f>>],
    transfer: Transfer,
) -> Result<Plan, Refusal> {
    let mut doubts = Vec::new();
    let found = environments(build, stage, all, &mut doubts)?;
    let last = all.iter().flatten().rfind(|it| it.deed.builds());
    let last = last.map_or((0, 0), |it| (it.step.index, it.item));
    let has_compiled = judge_packages(build, stage, &mut doubts)
        || all.iter().flatten().any(|it| matches!(it.deed, Deed::Project(_) | Deed::Compiles(..)));
    let needs = Needs::of(build, stage, has_compiled, true);
    let mut installs = Vec::new();
    if let Some(refusal) = &found.as_wheels {
        let mut chosen: Vec<&RunCall<'f>> = Vec::new();
        for task in all.iter().flatten() {
            if let Deed::Python(call) = task.deed {
                chosen.push(call);
            }
        }
        let shared = crate::pip::installs(build, stage, &chosen, &mut doubts);
        installs = shared.map_err(|_| refusal.clone())?.calls;
    }
    let has_wheels = found.as_wheels.is_some();
    let shape = Shape::Environment { has_system: found.has_system, has_wheels };
    let start = Start { installs, shape, needs, last, doubts };
    finish(build, stage, all, transfer, start, &found)
}

/// Shares the packages and commands of a stage, once it is known what is built.
fn finish<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    all: &[Vec<Task<'_, 'f>>],
    transfer: Transfer,
    start: Start<'_, 'f>,
    found: &Environments,
) -> Result<Plan, Refusal> {
    let Start { installs, shape, needs, last, mut doubts } = start;
    let steps = build.steps_of(stage);
    let image = build.image(stage);
    let mut splits: Vec<(&RunCall<'f>, Split)> = Vec::new();
    for task in all.iter().flatten() {
        if let Deed::Install(call) = task.deed {
            splits.push((call, split(call, image, &needs, &mut doubts)));
        }
    }
    keep_what_came_along(build, stage, image, &needs, &mut splits);
    let kept: Vec<String> = splits.iter().flat_map(|it| it.1.kept_headers.clone()).collect();
    if !kept.is_empty() {
        let (verb, pronoun) =
            if kept.len() == 1 { ("leaves", "it stays") } else { ("leave", "they stay") };
        let names = model::listed(&kept);
        add(
            &mut doubts,
            format!("which libraries {names} {verb} behind is not known, so {pronoun}"),
        );
    }
    let moved = moved_names(&splits);
    let full = full_base(build, stage);
    if full.is_none() && !splits.iter().any(|it| !it.1.moved.is_empty()) {
        return Err(Refusal::last("its build tools stand in a variable together with others"));
    }
    let is_source = |it: &&Task<'_, '_>| matches!(it.deed, Deed::Project(_) | Deed::Compiles(..));
    let building = all.iter().flatten().filter(is_source).map(|it| it.step.index);
    let building: Vec<usize> = building.collect();
    let mut sharing = Sharing {
        build,
        shape,
        is_official: image.is_some_and(|it| it.python.is_official()),
        last,
        installs: &installs,
        splits: &splits,
        moved: &moved,
        needs: &needs,
        first: all.iter().flatten().find(|it| it.deed.builds()).map_or(0, |it| it.step.index),
        copied: &found.paths,
        trees: &found.trees,
        sources: &found.sources,
        building: &building,
    };
    // What sets up a tool that is copied needs it.
    let mut before = all.iter().flatten().filter(|it| it.step.index < sharing.first);
    if let Some(it) = before.find(|it| sharing.sets_up_copied_tool(it)) {
        sharing.first = it.step.index;
    }
    let mut judged = Vec::new();
    let mut planned: Vec<StepPlan> = Vec::new();
    for (step, tasks) in steps.iter().zip(all).skip(1) {
        planned.push(match step.run() {
            Some(_) => sharing.run(step, tasks, &mut judged)?,
            None => StepPlan {
                step: step.index,
                builder: Builder::Nothing,
                above: Vec::new(),
                shipped: Shipped::Same,
            },
        });
    }
    let builder_name = builder_name(build);
    match shape {
        Shape::Wheels => {
            check_sources(build, &installs)?;
            surround(build, steps, (all, &installs), &mut planned);
        }
        Shape::Environment { .. } => {
            bring_back(build, steps, &sharing, &builder_name, &mut planned);
        }
    }
    let retag = match full {
        Some(full) => {
            Some(slim(build, stage, (full?, &judged), &needs, &mut planned, &mut doubts)?)
        }
        None => None,
    };
    doubt_programs(build, &splits, all, &mut doubts);
    doubt_other_stages(build, stage, &mut doubts)?;
    let stage = stage.index;
    Ok(Plan { stage, builder_name, shape, transfer, judged, steps: planned, retag, doubts })
}

/// What each command of a stage is there for, where there is no plan.
pub(crate) fn judged<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<Judged> {
    let runs = build.steps_of(stage).iter().filter_map(|it| Some((it, it.run()?)));
    let all = runs.filter_map(|(step, run)| tasks(build, step, run).ok()).flatten();
    let verdict = |deed: &Deed<'_, '_>| match deed {
        Deed::Compiles(name, _) => (Verdict::BuildOnly, format!("`{name}` compiles")),
        Deed::Python(_) | Deed::Grouped(_) | Deed::Project(_) | Deed::Environment(_) => {
            (Verdict::Both, "it installs Python packages".to_owned())
        }
        Deed::Install(call) if has_no_build_tool(call) => {
            (Verdict::RunTime, "it installs what the program may use".to_owned())
        }
        Deed::Install(_) => (Verdict::BuildOnly, "it installs build tools".to_owned()),
        Deed::Toolchain => (Verdict::BuildOnly, "it installs compilers".to_owned()),
        Deed::Program("") => (Verdict::Unknown, "which program it runs is not known".to_owned()),
        Deed::Program(name) => (Verdict::Unknown, format!("`{name}` may do anything")),
        Deed::Account | Deed::Files => {
            (Verdict::RunTime, "it works with files of the shipped stage".to_owned())
        }
        _ => (Verdict::NoMatter, "it serves other commands".to_owned()),
    };
    let told = all.map(|it| {
        let (verdict, reason) = verdict(&it.deed);
        Judged { span: it.span, verdict, reason }
    });
    told.collect()
}

fn can_be_read<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Result<(), Refusal> {
    if let Some(error) = build.file.errors.first() {
        return Err(Refusal::at(error.span, "the file has a syntax error"));
    }
    if let Base::Unknown | Base::Scratch = stage.base
        && stage.image.is_none_or(|it| !it.text.contains('$'))
    {
        return Err(Refusal::new("the base image is not known"));
    }
    for step in build.steps_of(stage) {
        let keyword = step.instruction.keyword_span;
        if step.instruction.keyword == Keyword::Onbuild {
            return Err(Refusal::at(keyword, "ONBUILD runs in builds that are not seen here"));
        }
        let Some(run) = step.run() else { continue };
        let shell = step.state.shell.first().map_or("sh", |it| model::path::file_name(it));
        if !matches!(shell, "sh" | "bash" | "ash" | "dash") {
            return Err(Refusal::at(
                keyword,
                format!("`{shell}` is not a shell that is understood"),
            ));
        }
        if run.scripts.iter().any(|it| it.fault.is_some()) {
            return Err(Refusal::at(keyword, "a RUN is not understood"));
        }
    }
    let from = build.steps_of(stage).first();
    if let Some(User::Named(name)) = from.map(|it| &it.state.user)
        && !build.steps_of(stage).iter().any(|it| it.state.user == User::Root)
    {
        return Err(Refusal::new(format!("the base image runs everything as `{name}`")));
    }
    Ok(())
}

/// All names that no longer reach the shipped stage, virtual groups included.
fn moved_names(splits: &[(&RunCall<'_>, Split)]) -> Vec<String> {
    let mut res: Vec<String> = Vec::new();
    for (call, split) in splits {
        res.extend(split.moved_names.iter().cloned());
        let group = system::virtual_name(&call.call).and_then(|it| it.text());
        if let Some(group) = group.filter(|_| !split.keeps_some) {
            res.push(group.to_owned());
        }
        res.extend(split.added.iter().cloned());
    }
    res
}

/// Programs that call no compiler, whatever they work with.
const NEVER_BUILDING: [&str; 20] = [
    "awk", "cat", "chmod", "cp", "curl", "find", "gpg", "grep", "gunzip", "mv", "rm", "sed",
    "sleep", "tar", "test", "touch", "unxz", "unzip", "wget", "xz",
];

/// Commands behind the first build tool that may need one.
fn doubt_programs(
    build: &Build<'_>,
    splits: &[(&RunCall<'_>, Split)],
    all: &[Vec<Task<'_, '_>>],
    doubts: &mut Vec<String>,
) {
    const MOST: usize = 4;
    /// What scripts call that are no compilers.
    const CALLED: [&str; 3] = ["cmake", "git", "make"];
    let moved = splits.iter().flat_map(|it| &it.1.moved_names);
    let called: Vec<&String> = moved.filter(|it| CALLED.contains(&it.as_str())).collect();
    for step in &build.steps {
        let is_start = matches!(step.instruction.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let text = step.instruction.span.of(build.file.text);
        if is_start && text.contains("pip") && text.contains("install") {
            add(
                doubts,
                "the container installs packages when it starts, which may need a compiler",
            );
        }
        if !called.is_empty() && step.copy().is_some_and(|it| !has_no_outer_calls(build, it)) {
            add(doubts, format!("the copied program may call {}", model::listed(&called)));
        }
    }
    let says_more = |it: &Step<'_>| {
        let is_start = matches!(it.instruction.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let is_program = it.copy().is_some_and(|it| it.from == model::CopyFrom::Context);
        is_start || is_program
    };
    if !build.steps.iter().any(says_more) {
        add(
            doubts,
            "no program is copied or started, so images that are built on this one may compile",
        );
    }
    let moving = splits.iter().filter(|it| !it.1.moved.is_empty());
    let first = moving.map(|it| it.0.call.command.span.start).min().unwrap_or(0);
    let behind = all.iter().flatten().filter(|it| it.span.start > first);
    let mut n_told = 0;
    for task in behind {
        let Deed::Program(name) = task.deed else { continue };
        if NEVER_BUILDING.binary_search(&name).is_ok() {
            continue;
        }
        if n_told == MOST {
            break;
        }
        n_told += 1;
        let line = build.file.lines.line(task.span.start);
        let told = match name {
            "" => format!("line {line} runs a program that is not known"),
            name => format!("`{name}` on line {line} may need a build tool"),
        };
        add(doubts, told);
    }
}

fn doubt_other_stages(
    build: &Build<'_>,
    stage: &Stage<'_>,
    doubts: &mut Vec<String>,
) -> Result<(), Refusal> {
    for other in build.stages.iter().filter(|it| it.index != stage.index) {
        if matches!(other.base, Base::Stage(it) if it == stage.index) {
            let has_runs = build.steps_of(other).iter().any(|it| it.run().is_some());
            let name = other.name.map_or_else(|| other.index.to_string(), |it| it.text.to_string());
            if has_runs {
                add(
                    doubts,
                    format!("stage `{name}` is built from this one and may need a build tool"),
                );
            }
        }
    }
    let takes =
        |it: &&Step<'_>| it.copy().is_some_and(|it| it.from == model::CopyFrom::Stage(stage.index));
    if let Some(step) = build.steps.iter().find(takes) {
        let span = step.instruction.keyword_span;
        return Err(Refusal::at(span, "a later stage copies files out of this one"));
    }
    Ok(())
}

/// Fills in what the builder repeats of the other instructions.
fn surround(
    build: &Build<'_>,
    steps: &[Step<'_>],
    (all, installs): (&[Vec<Task<'_, '_>>], &[Install<'_, '_>]),
    planned: &mut [StepPlan],
) {
    let bringing = bringing(build, installs);
    let mut readers: Vec<usize> = Vec::new();
    let mut read: Vec<usize> = Vec::new();
    for ((step, tasks), it) in steps.iter().zip(all).skip(1).zip(&*planned) {
        let Builder::Part(part) = &it.builder else { continue };
        let in_builder: Vec<&Task<'_, '_>> =
            tasks.iter().filter(|it| !part.without.contains(&it.item)).collect();
        let found = read_by(build, step, &in_builder);
        if !found.is_empty() {
            readers.push(step.index);
            read.extend(found);
        }
    }
    let mut moved_text = String::new();
    let mut last = 0;
    for (step, it) in steps.iter().skip(1).zip(&mut *planned) {
        let mut is_moved = !matches!(it.builder, Builder::Nothing);
        if bringing.contains(&step.index) && step.copy().is_some() {
            it.builder = Builder::Lines(copied(build, step, installs));
            is_moved = true;
        }
        if read.contains(&step.index) {
            it.builder = Builder::Lines(vec![whole(build, step, false)]);
            is_moved = true;
        }
        if is_moved {
            moved_text += step.instruction.span.of(build.file.text);
            moved_text.push('\n');
            last = step.index;
        }
        if step.instruction.keyword == Keyword::Workdir {
            moved_text += step.instruction.span.of(build.file.text);
            moved_text.push('\n');
        }
        if step.instruction.keyword == Keyword::Shell {
            it.builder = Builder::Same;
        }
    }
    let until = steps.iter().filter(|it| it.index < last).count();
    let repeated = variables(build, steps.get(..until).unwrap_or(&[]), &moved_text);
    let Some(first) = steps.first() else { return };
    let mut place = Place::at_start(first);
    for (step, it) in steps.iter().skip(1).zip(planned) {
        if let Some(lines) = repeated.iter().find(|it| it.0 == step.index) {
            it.builder = Builder::Lines(lines.1.clone());
            continue;
        }
        if step.index > last {
            it.builder = Builder::Nothing;
            continue;
        }
        let uses_directory = match &it.builder {
            Builder::Nothing => continue,
            Builder::Lines(_) => {
                step.copy().is_some_and(|it| !it.destination.text.starts_with('/'))
            }
            _ => {
                step.run().is_some()
                    && (readers.contains(&step.index) || uses_directory(step, installs))
            }
        };
        let before = place.reach(build, steps, step, uses_directory);
        if !before.is_empty() {
            it.builder = match std::mem::replace(&mut it.builder, Builder::Nothing) {
                Builder::Lines(lines) => Builder::Lines(before.into_iter().chain(lines).collect()),
                other => Builder::Behind(before, Box::new(other)),
            };
        }
    }
}

/// Whether a RUN depends on the directory that it begins in.
fn uses_directory(step: &Step<'_>, installs: &[Install<'_, '_>]) -> bool {
    let own = installs.iter().filter(|it| it.step.index == step.index);
    let mut words = own.flat_map(|it| {
        let call = &it.call.call;
        call.operands.iter().chain(call.options.iter().filter_map(|it| it.value.as_ref()))
    });
    let is_relative =
        |text: &str| !text.starts_with('/') && (text.contains(['/', '.']) && !text.contains("://"));
    let by_pip = words.any(|it| is_relative(&it.head));
    by_pip || step.run().is_some_and(|it| it.commands().any(|it| it.program() == Some("cd")))
}

fn builder_name(build: &Build<'_>) -> String {
    const NAMES: [&str; 4] = ["builder", "wheel-builder", "python-builder", "wheels-builder"];
    let is_free = |name: &&str| build.stage_named(name).is_none();
    NAMES.into_iter().find(|it| is_free(it)).unwrap_or("wheels-of-this-stage").to_owned()
}
