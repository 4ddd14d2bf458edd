//! Installations of dependencies that stand behind a COPY of the source, and how the COPY could follow them.

use managers::Tool;
use managers::requirement::Requirement;
use syntax::Span;

use crate::broad_copy::takes_source;
use crate::contributing::contributing;
use crate::dependency_install::{DependencyInstall, Needs, dependency_installs};
use crate::narrow_copy::Placed;
use crate::supply::{brought_by, supply, supposed_source};
use crate::{Brought, Build, Copy, Stage, Step};

mod plan;

pub use plan::plan;

/// A COPY of the source with installations behind it.
#[derive(Debug)]
pub struct Late {
    /// The COPY or ADD steps that take the source, in order.
    pub copies: Vec<usize>,
    /// Each installation behind the first of them: its step, its place in the file and its title.
    pub installs: Vec<(usize, Span, String)>,
}

/// What moves where so that the installations come first.
#[derive(Debug)]
pub struct Move {
    /// The steps that move, in order.
    pub copies: Vec<usize>,
    /// The files that the installations need in their place.
    pub placed: Vec<Placed>,
    /// Where the copies go.
    pub destination: Destination,
    /// The working directory differs there, so that relative destinations must be made absolute.
    pub is_elsewhere: bool,
    /// What could not be proved.
    pub doubts: Vec<String>,
}

/// Where a COPY moves to.
#[derive(Debug, PartialEq, Eq)]
pub enum Destination {
    /// Behind the step.
    Behind(usize),
    /// Between two parts of a RUN: what stands between them is at the span.
    Within(usize, Span),
    /// Before the step, behind a second RUN that has these options too, each at its offset in the file.
    Between(usize, Vec<(u32, &'static str)>),
}

/// The late installations of each stage that the shipped image is made from.
pub fn late(build: &Build<'_>) -> Vec<Late> {
    if !build.steps.iter().any(|it| it.copy().is_some()) {
        return Vec::new();
    }
    let contributes = contributing(build);
    let stages = build.stages.iter().filter(|it| contributes.get(it.index) == Some(&true));
    stages.filter_map(|it| late_in(build, it)).collect()
}

fn late_in(build: &Build<'_>, stage: &Stage<'_>) -> Option<Late> {
    let steps = build.steps_of(stage);
    let all: Vec<(&Step<'_>, Vec<DependencyInstall<'_, '_>>)> =
        steps.iter().filter_map(|it| Some((it, dependency_installs(it, it.run()?)))).collect();
    let mut res = Late { copies: Vec::new(), installs: Vec::new() };
    let last_install = all.iter().rev().find(|it| !it.1.is_empty()).map_or(0, |it| it.0.index);
    let mut all = all.iter().peekable();
    let mut is_prepared: Vec<Tool> = Vec::new();
    for step in steps {
        if let Some(copy) = step.copy() {
            let is_before = res.installs.last().is_none_or(|it| it.0 > step.index);
            if step.index < last_install
                && (is_before || !res.copies.is_empty())
                && takes_source(build, step)
                && !is_read(copy, all.clone())
            {
                res.copies.push(step.index);
            }
            continue;
        }
        let Some((_, own)) = all.next_if(|it| it.0.index == step.index) else { continue };
        for it in own {
            if it.needs == Needs::Nothing {
                is_prepared.push(it.call.tool);
            }
            if !res.copies.is_empty()
                && depends_only_on_files(build, &res, it)
                && !is_prepared_by(it, &is_prepared)
            {
                res.installs.push((step.index, it.span(), it.title()));
            }
        }
    }
    let last = res.installs.last()?.0;
    res.copies.retain(|it| *it < last);
    Some(res)
}

/// More installations, and more copies of the source, than a stage written by hand has.
const MAX_LATE: usize = 100;

/// Whether what is copied is itself a file that an installation reads, whatever its name looks like.
fn is_read<'a, 'r: 'a, 'f: 'r>(
    copy: &Copy<'_>,
    installs: impl Iterator<Item = &'a (&'a Step<'f>, Vec<DependencyInstall<'r, 'f>>)>,
) -> bool {
    let inputs = installs.take(MAX_LATE).flat_map(|it| &it.1).flat_map(|it| &it.inputs);
    let mut read = inputs.flat_map(|it| &it.paths).filter_map(|it| supposed_source(copy, it));
    read.any(|file| copy.context_paths().any(|it| it.0 == file))
}

/// Whether an earlier call before the source has installed the dependencies of the project already.
fn is_prepared_by(it: &DependencyInstall<'_, '_>, tools: &[Tool]) -> bool {
    it.needs == Needs::ProjectUnlessToldOtherwise && tools.contains(&it.call.tool)
}

/// Whether the files that say what to install are enough, and there is more to install than an installer.
fn depends_only_on_files(build: &Build<'_>, late: &Late, it: &DependencyInstall<'_, '_>) -> bool {
    if matches!(it.needs, Needs::Project | Needs::Unknown) {
        return false;
    }
    if it.inputs.is_empty() && is_installer_only(it) {
        return false;
    }
    let copies = || late.copies.iter().take(MAX_LATE).filter_map(|it| build.steps.get(*it)?.copy());
    !it.inputs.iter().filter(|it| it.is_requirements).any(|input| {
        let file = input.paths.iter().find_map(|path| {
            copies().find_map(|it| match brought_by(build, it, path) {
                Brought::Certainly(file) => Some(file),
                _ => None,
            })
        });
        file.is_some_and(|file| supply(build, &file, &file, true).needs_source)
    })
}

/// `pip install --upgrade pip`, `pip install poetry`: not the dependencies.
fn is_installer_only(it: &DependencyInstall<'_, '_>) -> bool {
    const INSTALLERS: [&str; 16] = [
        "build",
        "flit",
        "hatch",
        "hatchling",
        "installer",
        "pdm",
        "pip",
        "pip-tools",
        "pipenv",
        "pipx",
        "poetry",
        "poetry-core",
        "setuptools",
        "uv",
        "virtualenv",
        "wheel",
    ];
    let mut named = managers::python::requirements(it.call);
    named.all(|(_, it)| match it {
        Requirement::Named { name, .. } => {
            INSTALLERS.binary_search(&&*name.to_ascii_lowercase()).is_ok()
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests;
