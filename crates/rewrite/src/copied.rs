//! The builder of an environment, which is copied to the same place in the shipped stage.

use model::{Build, Step, User};
use syntax::Keyword;

use crate::plan::{Builder, StepPlan};
use crate::share::Sharing;
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
    sharing: &Sharing<'_, '_>,
    name: &str,
    planned: &mut [StepPlan],
) {
    let start = steps.first().map(|it| it.state.user.clone());
    for (step, it) in steps.iter().skip(1).zip(&mut *planned) {
        if step.index > sharing.last.0 {
            break;
        }
        it.builder = match step.instruction.keyword {
            Keyword::Env | Keyword::Arg => {
                let mut pairs = step.instruction.arguments.pairs().iter();
                let is_idle = pairs.all(|it| ONLY_FOR_PROGRAMS.contains(&&*it.name.text));
                if is_idle { Builder::Nothing } else { Builder::Same }
            }
            Keyword::Workdir | Keyword::Shell => Builder::Same,
            // Where it does not run as root, files can be written by their owner alone.
            Keyword::Copy | Keyword::Add => {
                Builder::Lines(vec![whole(build, step, start != Some(User::Root))])
            }
            Keyword::User if start != Some(User::Root) => Builder::Same,
            _ => continue,
        };
    }
    let mut bring = |at: usize, paths: &mut dyn Iterator<Item = &String>| {
        let Some(step) = steps.iter().find(|it| it.index == at) else { return };
        let owner = match &step.state.user {
            User::Named(user) if Some(&step.state.user) != start.as_ref() => {
                format!(" --chown={user}")
            }
            _ => String::new(),
        };
        let lines = paths.map(|it| format!("COPY{owner} --from={name} {it} {it}"));
        if let Some(it) = planned.iter_mut().find(|it| it.step == at) {
            it.above.extend(lines);
        }
    };
    bring(sharing.first, &mut sharing.copied.iter());
    for (tree, last) in sharing.trees {
        bring(*last, &mut std::iter::once(tree));
    }
}
