//! Packages that come from a stage with another Python, or have no file for the one that there is.

mod requirement;

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::interpreter::Interpreter;
use model::moved_packages::{
    Form, Installation, MovedPackages, built, certain_interpreter, moved_packages, stage_title,
};
use model::{Build, Stage, listed, version_argument::in_words, with_python};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "python-version-mismatch",
    severity: Severity::Error,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/python-version-mismatch.md"),
    check,
};

/// Packages whose wheels are for one version of Python each, in all of their versions.
const FOR_ONE_PYTHON: &str = "aiohttp asyncpg grpcio lxml matplotlib mysqlclient numpy orjson pandas pillow psycopg2 \
    psycopg2-binary pydantic-core scikit-learn scipy torch";

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    requirement::check(build, reports);
    for stage in &build.stages {
        for moved in moved_packages(build, stage) {
            let Some(there) = certain_interpreter(build, moved.origin) else { continue };
            let here = certain_interpreter(build, stage);
            match moved.form {
                Form::SitePackages { source: Some(source), .. }
                    if source != there.version && is_own(&moved.source) =>
                {
                    wrong_path(build, (there, here), &moved, None, reports);
                }
                Form::SitePackages { source, target } => {
                    let lands = target.or(source).filter(|_| is_own(&moved.target));
                    if here.zip(lands).is_some_and(|(here, it)| it != here.version) {
                        wrong_path(build, (there, here), &moved, here, reports);
                    }
                }
                _ => {
                    let Some(here) = here.filter(|it| it.version != there.version) else {
                        continue;
                    };
                    other_python(build, stage, (there, here), &moved, reports);
                }
            }
        }
    }
}

/// Whether a path is that of the official image, whose one Python is known.
fn is_own(path: &str) -> bool {
    path.starts_with("/usr/local/lib/python3.")
}

fn spoken(place: Interpreter) -> String {
    format!("Python {}.{}", place.version.0, place.version.1)
}

/// The path does not exist in the other stage, or is not one in which the Python of this stage looks.
fn wrong_path(
    build: &Build<'_>,
    (there, here): (Interpreter, Option<Interpreter>),
    moved: &MovedPackages<'_, '_>,
    unseen_by: Option<Interpreter>,
    reports: &mut Reports<'_>,
) {
    let diagnostic = match unseen_by {
        None => {
            let (origin, python) = (stage_title(moved.origin), spoken(there));
            let message = format!("`{}` does not exist: {origin} has {python}", moved.source);
            reports.report(moved.span, message).note("the build stops here")
        }
        Some(here) => {
            let span = moved.destination.map_or(moved.span, |it| it.span);
            let python = spoken(here);
            let message = format!("{python} does not look for packages in `{}`", moved.target);
            reports.report(span, message).note("every import of what is copied fails at run time")
        }
    };
    match (here.is_some_and(|it| it.version == there.version), unseen_by) {
        (true, _) => fix_paths(build, there, moved, diagnostic),
        (false, Some(here)) => fix_image(build, moved, here, diagnostic),
        (false, None) => {}
    }
}

/// Everything else that was made for another Python.
fn other_python<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (there, here): (Interpreter, Interpreter),
    moved: &MovedPackages<'_, 'f>,
    reports: &mut Reports<'_>,
) {
    let (made, own) = (spoken(there), spoken(here));
    let is_bound = matches!(moved.form, Form::Target | Form::Wheels);
    let mut names: Vec<String> = Vec::new();
    if is_bound {
        let all = built(build, moved, here.libc);
        let compiled = all.iter().filter(|it| {
            FOR_ONE_PYTHON.split(' ').any(|name| name == it.name)
                && matches!(it.installation, Installation::Wheel | Installation::Compiles)
        });
        names = compiled.map(|it| it.title()).take(4).collect();
        if names.is_empty() {
            return;
        }
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let message = if is_bound {
        format!("{} in `{}` needs {made}, and this stage has {own}", listed(&names), moved.source)
    } else {
        format!("`{}` was made for {made}, and this stage has {own}", moved.source)
    };
    let diagnostic = reports.report(moved.span, message);
    for (word, python) in [(moved.origin.image, &made), (stage.image, &own)] {
        word.map(|it| diagnostic.label(it.span, python.clone()));
    }
    diagnostic.note(match moved.form {
        Form::Wheels => "pip finds no wheel for this Python among them".to_owned(),
        Form::Target => "extension modules are built for one Python: their import fails".to_owned(),
        _ => format!("its packages lie in a folder of {made}, where {own} does not look"),
    });
    fix_image(build, moved, here, diagnostic);
}

/// Writes the version that both stages have into the paths.
fn fix_paths(
    build: &Build<'_>,
    there: Interpreter,
    moved: &MovedPackages<'_, '_>,
    diagnostic: &mut linter::Diagnostic,
) {
    let version = format!("{}.{}", there.version.0, there.version.1);
    let wrong = in_words(build, moved.step).into_iter().filter(|it| it.1 != there.version);
    let edits = wrong.map(|it| Edit::replace(it.0, version.as_str()));
    diagnostic.fix(Fix::safe(format!("Name Python {version} in the path"), edits));
}

/// Gives the other stage the Python of this one.
fn fix_image(
    build: &Build<'_>,
    moved: &MovedPackages<'_, '_>,
    here: Interpreter,
    diagnostic: &mut linter::Diagnostic,
) {
    let Some((image, edits)) = with_python(build, moved.origin, here.version) else { return };
    let reason = format!("packages may have other versions for {}", spoken(here));
    let edits = edits.into_iter().map(|it| Edit::replace(it.0, it.1));
    let fix = Fix::unsafe_because(format!("Build on `{image}`"), reason, edits);
    diagnostic.fix_elsewhere(fix, "built here");
}
