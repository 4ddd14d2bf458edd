//! Requirements of which pip finds no file for the Python of the stage.

use knowledge::python_package::package;
use knowledge::wheel::{Architecture, Refusal, newest_between, refusal};
use linter::Reports;
use model::installation::calls;
use model::interpreter::{Interpreter, interpreter};
use model::refused::{Refused, chooses_otherwise, refused};
use model::{Build, Stage};

use super::spoken;

pub(super) fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    if !chooses_otherwise(build) {
        build.stages.iter().for_each(|it| report(build, it, reports));
    }
}

fn report<'f>(build: &Build<'f>, stage: &Stage<'f>, reports: &mut Reports<'_>) {
    let Some(place) = interpreter(build, stage) else { return };
    let own = spoken(place);
    for call in calls(build, stage) {
        for it in refused(build, stage, &call) {
            let Refused { name, version, span, reason } = it;
            let message = match reason {
                Refusal::Python { .. } => format!("`{name}=={version}` does not accept {own}"),
                Refusal::NoFile { .. } => format!("`{name}=={version}` has no file for {own}"),
            };
            let diagnostic = reports.report(span, message);
            stage.image.map(|it| diagnostic.label(it.span, own.clone()));
            diagnostic.note(format!("{}, so pip stops here", told(&reason)));
            if let Some(newest) = newest_for(&name, place) {
                diagnostic.note(format!("the newest version for {own} is {newest}"));
            }
        }
    }
}

/// The newest version of a package of which pip finds something for this Python.
fn newest_for(name: &str, place: Interpreter) -> Option<&'static str> {
    let most = package(name)?.newest()?;
    let newest = newest_between(name, None, most, false, place.version)?;
    let architecture = place.architecture.unwrap_or(Architecture::X86_64);
    let refused = refusal(name, newest, place.version, place.libc, architecture);
    refused.is_none().then_some(newest)
}

/// What a version asks for, as the beginning of a sentence.
fn told(reason: &Refusal) -> String {
    let dotted = |it: &(u8, u8)| format!("{}.{}", it.0, it.1);
    match reason {
        Refusal::Python { least: Some(least), below: Some(below) } => {
            format!("it asks for Python {} or newer, older than {}", dotted(least), dotted(below))
        }
        Refusal::Python { least: Some(least), .. } => {
            format!("it asks for Python {} or newer", dotted(least))
        }
        Refusal::Python { below: Some(below), .. } => {
            format!("it asks for a Python older than {}", dotted(below))
        }
        Refusal::Python { .. } => "it asks for another Python".to_owned(),
        Refusal::NoFile { pythons } => match pythons.as_slice() {
            [first, .., last] => format!(
                "it has wheels for Python {} to {} and no source distribution",
                dotted(first),
                dotted(last)
            ),
            all => format!(
                "it has wheels for Python {} only and no source distribution",
                all.first().map(dotted).unwrap_or_default()
            ),
        },
    }
}
