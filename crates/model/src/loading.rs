//! Packages that load a library of the system when they are imported, although they do not compile anything.

use knowledge::python_package::{needs, normalize};
use knowledge::system_package::Family;
use knowledge::wheel::Installation;
use managers::{Action, Tool};
use syntax::Span;

use crate::estimate::installed_at_end;
use crate::installation::{Installing, Planned, calls, planned};
use crate::moved_packages::{MovedPackages, moved_calls};
use crate::refused::are_edited;
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
    let mut own = calls(build, stage);
    own.retain(|it| !matches!(it.0.call.action, Action::Wheel | Action::Download));
    found(build, stage, last, &own)
}

/// What of the packages that are moved to `last`, or to a stage that it is built from, cannot be imported at its end.
pub fn loading_in<'f>(
    build: &Build<'f>,
    moved: &MovedPackages<'_, 'f>,
    last: &Stage<'f>,
) -> Vec<Loading> {
    found(build, moved.origin, last, &moved_calls(build, moved))
}

fn found<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    last: &Stage<'f>,
    installing: &[Installing<'_, 'f>],
) -> Vec<Loading> {
    if installing.is_empty() {
        return Vec::new();
    }
    let release = build.image(last).and_then(|it| it.release);
    let needed = |it: &Planned| {
        let needed = needs(&it.name, it.version.as_deref(), Family::Apt, release);
        needed.into_iter().flat_map(|it| it.to_import)
    };
    let all = planned(build, stage);
    let mut candidates = all.iter().filter(|it| needed(it).next().is_some()).peekable();
    if candidates.peek().is_none() {
        return Vec::new();
    }
    let Some(there) = installed_at_end(build, last) else { return Vec::new() };
    // Both builds of OpenCV are imported as `cv2`, and the one without windows takes the place of the other.
    let is_headless =
        |it: &Planned| it.name.starts_with("opencv") && it.name.ends_with("-headless");
    let has_headless = all.iter().any(is_headless)
        || build.lineage(last).any(|it| planned(build, it).iter().any(is_headless));
    let mut res: Vec<Loading> = Vec::new();
    for it in candidates {
        let call = installing.iter().find(|call| call.0.call.command.span.contains(it.span));
        let Some((call, requirements, _)) = call else { continue };
        let is_installed =
            matches!(it.installation, Installation::Wheel | Installation::BuildsWithoutCompiler);
        let wanted = requirements.wanted.iter().find(|other| *other.name == it.name);
        let is_doubtful = !is_installed
            || call.call.command.place.is_conditional
            || it.name.starts_with("opencv") && has_headless
            || res.iter().any(|other| other.name == it.name)
            || removes(build, stage, &it.name)
            || removes(build, last, &it.name)
            || wanted.is_some_and(|it| it.file.is_some()) && are_edited(build);
        let missing: Vec<&'static str> = needed(it).filter(|it| !there.has(it)).collect();
        if !is_doubtful && !missing.is_empty() {
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
        let names = |it: &str| normalize(it) == name;
        is_removal && it.call.operands.iter().any(|it| it.text().is_none_or(names))
    })
}
