//! The builder of an environment, which is copied to the same place in the shipped stage.

use model::{Build, Step, User};
use syntax::Keyword;

use crate::deed::{Deed, Task};
use crate::plan::{Builder, StepPlan};
use crate::surroundings::whole;

/// Variables that no build asks for.
const ONLY_FOR_PROGRAMS: [&str; 7] = [
    "PYTHONUNBUFFERED",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONFAULTHANDLER",
    "PORT",
    "DJANGO_SETTINGS_MODULE",
    "FLASK_APP",
    "FLASK_ENV",
];

/// Lets the builder repeat all that stands before the last thing it builds, and the shipped stage copy the results.
pub(crate) fn bring_back(
    build: &Build<'_>,
    steps: &[Step<'_>],
    all: &[Vec<Task<'_, '_>>],
    (name, paths): (&str, &[String]),
    last: (usize, usize),
    planned: &mut [StepPlan],
) {
    let start = steps.first().map(|it| it.state.user.clone());
    for (step, it) in steps.iter().skip(1).zip(&mut *planned) {
        if step.index > last.0 {
            break;
        }
        it.builder = match step.instruction.keyword {
            Keyword::Env | Keyword::Arg => {
                let mut pairs = step.instruction.arguments.pairs().iter();
                let is_idle = pairs.all(|it| ONLY_FOR_PROGRAMS.contains(&&*it.name.text));
                if is_idle { Builder::Nothing } else { Builder::Same }
            }
            Keyword::Workdir | Keyword::Shell => Builder::Same,
            Keyword::Copy | Keyword::Add => Builder::Lines(vec![whole(build, step)]),
            Keyword::User if start != Some(User::Root) => Builder::Same,
            _ => continue,
        };
    }
    let is_built = |it: &Task<'_, '_>| {
        matches!(
            it.deed,
            Deed::Python(_)
                | Deed::Project(_)
                | Deed::Grouped(_)
                | Deed::Environment(_)
                | Deed::Compiles(..)
        )
    };
    let first = all.iter().flatten().find(|it| is_built(it)).map(|it| it.step.index);
    let Some(step) = steps.iter().find(|it| Some(it.index) == first) else { return };
    let owner = match &step.state.user {
        User::Named(user) if Some(&step.state.user) != start.as_ref() => format!(" --chown={user}"),
        _ => String::new(),
    };
    let lines = paths.iter().map(|it| format!("COPY{owner} --from={name} {it} {it}"));
    if let Some(it) = planned.iter_mut().find(|it| Some(it.step) == first) {
        it.above = lines.collect();
    }
}
