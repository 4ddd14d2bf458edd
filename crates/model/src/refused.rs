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
        let is_edited = || wanted.file.is_some() && are_edited(build);
        if let Some(reason) = reason.filter(|_| !is_told && !is_edited()) {
            let (name, version) = (wanted.name.to_string(), version.to_owned());
            res.push(Refused { name, version, span: wanted.span, reason });
        }
    }
    res
}

/// Whether an instruction may have pip ask another index, run another Python or not look at what is required.
pub fn chooses_otherwise(build: &Build<'_>) -> bool {
    const SIGNS: [&str; 16] = [
        "pip.conf",
        "pip config",
        "/xdg/pip",
        "PIP_CONFIG_FILE",
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        "PIP_INDEX_URL",
        "PIP_PYTHON",
        "PIP_IGNORE_REQUIRES_PYTHON",
        "--ignore-requires-python",
        "/activate",
        "/bin/python3 -m venv",
        "RUN python3.",
        "&& python3.",
        "env -p",
        "mise use",
    ];
    let mut texts = build.file.instructions.iter().map(|it| it.span.of(build.file.text));
    texts.any(|text| SIGNS.iter().any(|it| text.contains(it)))
}

/// Whether a command may change files of requirements, so that what is installed is not what they say.
pub(crate) fn are_edited(build: &Build<'_>) -> bool {
    const EDITORS: [&str; 10] =
        ["awk", "curl", "ed", "find", "mv", "patch", "perl", "sed", "tee", "wget"];
    let may_be_one = |it: &shell::Word<'_>| {
        let text = it.literal().unwrap_or("*.txt");
        text.contains("require") || text.ends_with(".txt") || text.ends_with(".in")
    };
    let mut commands = build.runs().flat_map(|it| it.1.commands());
    commands.any(|it| {
        let program = it.program().unwrap_or("");
        let edits = EDITORS.contains(&program)
            || program == "sponge"
            || it.words.iter().any(|it| matches!(it.literal(), Some("compile" | "export")));
        let runs_sed = || it.words.iter().any(|it| it.literal() == Some("sed"));
        let always = program == "patch" || program == "find" && runs_sed();
        let is_written =
            |it: &shell::Redirect<'_>| it.operator.starts_with('>') && may_be_one(&it.target);
        let operands = it.words.get(1..).unwrap_or(&[]);
        edits && (always || operands.iter().any(|it| it.literal().is_some() && may_be_one(it)))
            || it.redirects.iter().any(is_written)
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
            ("COPY . .\nRUN sed -i /ten/d *.txt\nRUN pip install -r requirements.txt", ""),
            ("COPY . .\nRUN curl -o requirements.txt x\nRUN pip install -r requirements.txt", ""),
            (
                "# pip.conf\nCOPY . .\nRUN sed -i s/a/b/ /etc/apt/sources.list\nRUN pip install -r requirements.txt && rm requirements.txt",
                "tensorflow==2.15.0",
            ),
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
            let is_judged = !chooses_otherwise(&build);
            let found =
                calls.iter().filter(|_| is_judged).flat_map(|it| refused(&build, stage, it));
            let titles: Vec<String> =
                found.map(|it| format!("{}=={}", it.name, it.version)).collect();
            assert_eq!(titles.join(" "), expected, "{lines}");
        }
    }
}
