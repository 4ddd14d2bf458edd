//! Requirements at which pip stops, because no file of their version is for the Python of the stage.

use context::Source;
use knowledge::image::Libc;
use knowledge::python_package::failing;
use knowledge::wheel::{Architecture, Refusal, refusal};
use managers::Tool;
use syntax::Span;

use crate::installation::{Installing, applies};
use crate::moved_packages::certain_interpreter;
use crate::package_lists::is_certain;
use crate::{Build, Stage};

/// A requirement at which pip stops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its normalized name.
    pub name: String,
    /// The version that is asked for.
    pub version: String,
    /// Where it is asked for in the Dockerfile.
    pub span: Span,
    /// Why.
    pub reason: Refusal,
}

/// What of a call's exact requirements cannot be installed in a stage, whatever its processor and C library.
pub fn refused<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (call, found, step): &Installing<'_, 'f>,
) -> Vec<Refused> {
    let Some(place) = certain_interpreter(build, stage) else { return Vec::new() };
    let it = &call.call;
    let program = it.command.program();
    let is_plain = matches!(program, Some("pip" | "pip3" | "python" | "python3"))
        || it.tool == Tool::UvPip && it.has("--system");
    let is_certain = |run| is_certain(build, run, call.script, call.command);
    let stops_the_build = is_plain && it.runner.is_none() && step.run().is_some_and(is_certain);
    if found.origin.has_more_wheels() || !stops_the_build {
        return Vec::new();
    }
    let mut res: Vec<Refused> = Vec::new();
    for wanted in found.wanted.iter().filter(|it| applies(it, place) == Some(true)) {
        let Some(version) = wanted.version.as_deref() else { continue };
        let is_of_index = wanted.requirement.source == Source::Index;
        if !is_of_index || failing(&wanted.name, Some(version)).is_some() {
            continue;
        }
        let on = |libc, it| refusal(&wanted.name, version, place.version, libc, it);
        // What only musl lacks is said of musl.
        let everywhere = |it| on(place.libc, it).and(on(Libc::Glibc(None), it));
        let reason = match place.architecture {
            Some(it) => everywhere(it),
            None => everywhere(Architecture::X86_64).and(everywhere(Architecture::Aarch64)),
        };
        let is_told = res.iter().any(|it| it.name == *wanted.name);
        if let Some(reason) = reason.filter(|_| !is_told) {
            let (name, version) = (wanted.name.to_string(), version.to_owned());
            res.push(Refused { name, version, span: wanted.span, reason });
        }
    }
    res
}
