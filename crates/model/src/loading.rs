//! Packages that load a library of the system when they are imported, although they do not compile anything.

use knowledge::python_package::needs;
use knowledge::system_package::Family;
use knowledge::wheel::Installation;
use managers::{Action, Tool};
use syntax::Span;

use crate::estimate::installed_at_end;
use crate::installation::planned;
use crate::moved_packages::{MovedPackages, moved_calls};
use crate::{Build, Stage};

/// A package that is installed and lacks a library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loading {
    /// Its normalized name.
    pub name: String,
    /// Where it is asked for in the Dockerfile.
    pub span: Span,
    /// The packages of Debian with the libraries that it lacks.
    pub missing: Vec<&'static str>,
}

/// What the calls of a stage install that cannot be imported at the end of `last`, a stage built from it.
pub fn loading<'f>(build: &Build<'f>, stage: &Stage<'f>, last: &Stage<'f>) -> Vec<Loading> {
    found(build, stage, last, &|_| true)
}

/// What of the packages that are moved to `last`, or to a stage that it is built from, cannot be imported at its end.
pub fn loading_in<'f>(
    build: &Build<'f>,
    moved: &MovedPackages<'_, 'f>,
    last: &Stage<'f>,
) -> Vec<Loading> {
    let filling = moved_calls(build, moved);
    let is_moved = |span: Span| filling.iter().any(|it| it.0.call.command.span.contains(span));
    found(build, moved.origin, last, &is_moved)
}

fn found<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    last: &Stage<'f>,
    is_meant: &dyn Fn(Span) -> bool,
) -> Vec<Loading> {
    let Some(there) = installed_at_end(build, last) else { return Vec::new() };
    let release = build.image(last).and_then(|it| it.release);
    let all = planned(build, stage);
    // Both builds of OpenCV are imported as `cv2`, and the one without windows takes the place of the other.
    let has_other = |name: &str| {
        let other = format!("{name}-headless");
        all.iter().any(|it| it.name == other) || removes(build, last, name)
    };
    let mut res: Vec<Loading> = Vec::new();
    for it in all.iter().filter(|it| !it.name.is_empty() && is_meant(it.span)) {
        let is_installed =
            matches!(it.installation, Installation::Wheel | Installation::BuildsWithoutCompiler);
        let is_told = res.iter().any(|other| other.name == it.name);
        if !is_installed || is_told {
            continue;
        }
        let needed = needs(&it.name, it.version.as_deref(), Family::Apt, release);
        let needed = needed.into_iter().flat_map(|it| it.to_import);
        let missing: Vec<&'static str> = needed.filter(|it| !there.has(it)).collect();
        if !missing.is_empty() && !has_other(&it.name) {
            res.push(Loading { name: it.name.clone(), span: it.span, missing });
        }
    }
    res
}

/// Whether a call uninstalls a package again.
fn removes<'f>(build: &Build<'f>, stage: &Stage<'f>, name: &str) -> bool {
    let steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    let mut calls = steps.filter_map(|it| it.run()).flat_map(|it| &it.calls);
    calls.any(|it| {
        let is_removal =
            it.call.action == Action::Remove && matches!(it.call.tool, Tool::Pip | Tool::UvPip);
        is_removal && it.call.operands.iter().any(|it| it.text().is_none_or(|it| it == name))
    })
}
