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
use crate::{Build, Stage, path};

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

/// What of a call's exact requirements cannot be installed in a stage, whatever its processor and C library. Not for a
/// Dockerfile of which [`chooses_otherwise`] holds.
pub fn refused<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (call, found, step): &Installing<'_, 'f>,
) -> Vec<Refused> {
    let it = &call.call;
    let program = it.command.program();
    let is_plain = matches!(program, Some("pip" | "pip3" | "python" | "python3"))
        || it.tool == Tool::UvPip && it.has("--system");
    let is_certain = |run| is_certain(build, run, call.script, call.command);
    let stops_the_build = is_plain && it.runner.is_none() && step.run().is_some_and(is_certain);
    if found.origin.has_more_wheels() || !stops_the_build {
        return Vec::new();
    }
    let Some(place) = certain_interpreter(build, stage) else { return Vec::new() };
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
            None => everywhere(Architecture::Aarch64).and(everywhere(Architecture::X86_64)),
        };
        let is_told = res.iter().any(|it| it.name == *wanted.name);
        let is_edited = || wanted.file.as_deref().is_some_and(|it| is_edited(build, stage, it));
        if let Some(reason) = reason.filter(|_| !is_told && !is_edited()) {
            let (name, version) = (wanted.name.to_string(), version.to_owned());
            res.push(Refused { name, version, span: wanted.span, reason });
        }
    }
    res
}

/// Whether something in a Dockerfile may have pip ask another index, run another Python or not look at what is required.
pub fn chooses_otherwise(text: &str) -> bool {
    const SIGNS: [&str; 12] = [
        "pip.conf",
        "pip config",
        "PIP_CONFIG_FILE",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_INDEX_URL",
        "PIP_PYTHON",
        "PIP_IGNORE_REQUIRES_PYTHON",
        "--ignore-requires-python",
        "/activate",
        "RUN python3.",
        "&& python3.",
    ];
    SIGNS.iter().any(|it| text.contains(it))
}

/// Whether a command of a stage may change a file of requirements, so that what is installed is not what it says.
pub(crate) fn is_edited<'f>(build: &Build<'f>, stage: &Stage<'f>, file: &str) -> bool {
    let name = path::file_name(file);
    let names = |it: &shell::Word<'_>| {
        it.literal().is_none_or(|it| it == name || it.ends_with(&format!("/{name}")))
    };
    let steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    let mut commands = steps.filter_map(|it| it.run()).flat_map(|it| it.commands());
    commands.any(|it| {
        let edits =
            matches!(it.program(), Some("awk" | "cp" | "ed" | "mv" | "perl" | "sed" | "tee"));
        let is_written =
            |it: &shell::Redirect<'_>| it.operator.starts_with('>') && names(&it.target);
        edits && it.words.iter().any(names) || it.redirects.iter().any(is_written)
    })
}

#[cfg(test)]
mod tests {
    use context::MemoryFiles;

    use super::*;
    use crate::Surroundings;
    use crate::installation::calls;

    #[test]
    fn only_what_certainly_stops_pip_is_refused() {
        let files = MemoryFiles::new([("requirements.txt", "tensorflow==2.15.0\n")]);
        for (lines, expected) in [
            ("RUN pip install tensorflow==2.15.0 numpy==2.3.0", "tensorflow==2.15.0"),
            ("COPY . .\nRUN pip install -r requirements.txt", "tensorflow==2.15.0"),
            ("COPY . .\nRUN sed -i /ten/d requirements.txt && pip install -r requirements.txt", ""),
            ("COPY . .\nRUN echo six > requirements.txt\nRUN pip install -r requirements.txt", ""),
            ("RUN pip install tensorflow==2.15.0 || true", ""),
            ("RUN pip config set global.index-url x && pip install tensorflow==2.15.0", ""),
            ("RUN pip install --ignore-requires-python tensorflow==2.15.0", ""),
            ("RUN python -m venv /v && . /v/bin/activate && pip install tensorflow==2.15.0", ""),
            ("RUN pip install tensorflow", ""),
        ] {
            let text = format!("FROM python:3.13-slim\nWORKDIR /app\n{lines}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let around = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, around);
            let stage = build.stages.last().unwrap();
            let calls = calls(&build, stage);
            let is_judged = !chooses_otherwise(&text);
            let found =
                calls.iter().filter(|_| is_judged).flat_map(|it| refused(&build, stage, it));
            let titles: Vec<String> =
                found.map(|it| format!("{}=={}", it.name, it.version)).collect();
            assert_eq!(titles.join(" "), expected, "{lines}");
        }
    }
}
