//! The shipped stage of a full image, which becomes a slim one with what is missing there.

use knowledge::image::Image;
use knowledge::python_package::needs as needs_of;
use knowledge::system_package::Family;
use knowledge::wheel::Installation;
use model::programs::{InSlim, absent_in_start, in_slim, unpacker};
use model::{Base, Build, Stage, Step, has_no_outer_calls, installation, retag};
use syntax::{Keyword, Span};

use crate::packages::{Needs, is_in_base};
use crate::plan::{Judged, Refusal, StepPlan, Verdict, add};

/// The slim tag for a stage that is built from a full image of Python; `None` where it is not.
pub(crate) fn full_base<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
) -> Option<Result<retag::NewTag, Refusal>> {
    let Base::Image { known, .. } = &stage.base else { return None };
    if !known.is_full() || !known.python.is_official() {
        return None;
    }
    Some(retag::slim_tag(build, stage).map_err(Refusal::last))
}

/// Packages that detect libraries while they are built, and find more in the full image than in a slim one with headers.
/// Source: the `auto` values of uwsgi's `buildconf/base.ini`.
const DETECTING: [(&str, &str); 1] = [("uwsgi", "libxml2")];

/// Makes the shipped stage slim: the new tag, and a RUN that installs what it lacks.
pub(crate) fn slim<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (tag, judged): (retag::NewTag, &[Judged]),
    needs: &Needs,
    planned: &mut [StepPlan],
    doubts: &mut Vec<String>,
) -> Result<(Span, String), Refusal> {
    let Some(image) = build.image(stage) else {
        return Err(Refusal::last("the base image is not known"));
    };
    let mut missing: Vec<String> = Vec::new();
    let mut want = |name: &str| {
        let is_there = is_in_base(image, name) || needs.installed.iter().any(|it| it == name);
        if !is_there && !missing.iter().any(|it| it == name) {
            missing.push(name.to_owned());
        }
    };
    libraries(build, stage, image, &mut want, doubts);
    let stays = |span: Span| {
        !judged.iter().any(|it| it.verdict == Verdict::BuildOnly && it.span.contains(span))
    };
    for step in build.steps_of(stage) {
        programs(build, step, &stays, &mut want, doubts);
    }
    if !missing.is_empty() {
        install(build, &missing, planned)?;
    }
    Ok((tag.span, tag.text))
}

/// The libraries of the packages that are compiled in the full image, or that load some of it.
fn libraries<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    image: Image,
    want: &mut dyn FnMut(&str),
    doubts: &mut Vec<String>,
) {
    let mut detecting: Vec<String> = Vec::new();
    for it in installation::planned(build, stage) {
        let needs = needs_of(&it.name, it.version.as_deref(), Family::Apt, image.release);
        if it.installation == Installation::Compiles {
            needs.and_then(|it| it.run).into_iter().flatten().for_each(&mut *want);
            DETECTING.iter().filter(|(name, _)| *name == it.name).for_each(|it| want(it.1));
            if !detecting.contains(&it.name) {
                detecting.push(it.name);
            }
        } else {
            needs.map(|it| it.always).into_iter().flatten().for_each(&mut *want);
        }
    }
    if !detecting.is_empty() {
        let names = model::listed(&detecting);
        add(doubts, format!("{names} may link to more libraries of the full image"));
    }
}

/// The programs that the shipped stage calls.
fn programs(
    build: &Build<'_>,
    step: &Step<'_>,
    stays: &dyn Fn(Span) -> bool,
    want: &mut dyn FnMut(&str),
    doubts: &mut Vec<String>,
) {
    let text = step.instruction.span.of(build.file.text);
    if matches!(step.instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
        && let Some(name) = absent_in_start(text)
        && let InSlim::Absent(package) = in_slim(name)
    {
        want(package);
    }
    if step.copy().is_some_and(|it| !has_no_outer_calls(build, it)) {
        add(
            doubts,
            "the copied program may use programs or libraries of the full image (`git`, `curl`, `libpq5`, …)",
        );
    }
    let Some(run) = step.run() else { return };
    for command in run.commands().filter(|it| stays(it.span)) {
        let is_call = run.calls.iter().any(|it| std::ptr::eq(it.call.command, command));
        if let Some(InSlim::Absent(package)) = command.program().filter(|_| !is_call).map(in_slim) {
            want(package);
        }
        unpacker(command).into_iter().for_each(&mut *want);
    }
}

/// Puts a RUN that installs packages in front of the first RUN of the shipped stage.
fn install(
    build: &Build<'_>,
    packages: &[String],
    planned: &mut [StepPlan],
) -> Result<(), Refusal> {
    let is_run = |it: &&mut StepPlan| {
        build.steps.get(it.step).is_some_and(|it| it.instruction.keyword == Keyword::Run)
    };
    let Some(first) = planned.iter_mut().find(is_run) else {
        return Err(Refusal::last("nothing in the stage installs Python packages"));
    };
    let escape = build.file.escape;
    let names = packages.join(" ");
    let lines = [
        format!("RUN apt-get update {escape}"),
        format!("    && apt-get install -y --no-install-recommends {names} {escape}"),
        "    && rm -rf /var/lib/apt/lists/*".to_owned(),
    ];
    first.above.splice(0..0, lines);
    Ok(())
}
