//! What of installed packages a program seldom reads: bytecode, tests, sources; and whether a RUN leaves it behind.

use knowledge::image::Answer;
use knowledge::python_package::{ReadBulk, read_bulk};
use knowledge::system_package::Role;
use managers::Tool;
use managers::removal::removed_paths;

use crate::build_tools::{BuildTool, build_tools};
use crate::installation::needs_compiler_at_run_time;
use crate::requirements::Requirements;
use crate::{Build, Run, RunCall, Step};

/// Whether a command of the RUN removes tests already: what else it leaves is a choice.
pub fn removes_tests(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>) -> bool {
    run.commands_with_places().any(|(script, index, command)| {
        let lookup = |name: &str| build.value_at(step, (script, index), name);
        let removed = removed_paths(command, &lookup).unwrap_or_default();
        removed.iter().flat_map(|it| &it.names).any(|it| it.contains("test"))
    })
}

/// Why sources and headers of installed packages may be read in the image of a step: something may be compiled there. The
/// end of a sentence behind "as".
pub fn reason_to_keep_sources(build: &Build<'_>, step: &Step<'_>) -> Option<&'static str> {
    let own = build.stage(step)?;
    if build.image(own).is_none_or(|it| it.has_compiler != Answer::No) {
        return Some("the base image may have a compiler");
    }
    let above = |index: usize| build.stages.get(index).map(|it| build.lineage(it));
    let joined = build.stages.iter().filter(|it| {
        let is_below = above(it.index).is_some_and(|mut it| it.any(|it| it.index == own.index));
        is_below || build.lineage(own).any(|below| below.index == it.index)
    });
    let is_compiler = |it: BuildTool| it.role == Role::Compiler;
    if joined.into_iter().any(|it| build_tools(build, it).into_iter().any(is_compiler)) {
        return Some("a compiler is installed that may read them");
    }
    needs_compiler_at_run_time(build).then_some("packages compile code when the program runs")
}

/// Whether a call compiles what it installs: pip does unless told otherwise, uv only if told to, and then it is wanted.
pub fn writes_bytecode(build: &Build<'_>, step: &Step<'_>, call: &RunCall<'_>) -> bool {
    let it = &call.call;
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    let value = |name: &str| managers::environment(it.command, &lookup, name);
    let is_set = |name: &str| value(name).is_none_or(|it| !it.is_empty());
    let says = it.has("--compile") || it.has("--no-compile");
    it.tool == Tool::Pip && !says && !is_set("PIP_COMPILE") && !is_set("PIP_NO_COMPILE")
}

/// The folders with tests or sources that are read by packages which calls name, each once.
pub fn read_by<'r>(calls: impl Iterator<Item = &'r Requirements>) -> Vec<ReadBulk> {
    let mut res = Vec::new();
    for wanted in calls.flat_map(|it| &it.wanted) {
        let extras = wanted.requirement.extras.iter();
        let names = extras.map(|extra| format!("{}[{}]", wanted.name, extra.text));
        for name in names.chain([wanted.name.to_string()]) {
            res.extend(read_bulk(&name));
        }
    }
    res.sort_by_key(|it| it.folder);
    res.dedup_by_key(|it| it.folder);
    res
}

/// Whether a later RUN of the same stage, or of one that is built from it, starts Python, which compiles what it imports.
pub fn runs_python_later(build: &Build<'_>, step: &Step<'_>) -> bool {
    let starts = |run: &Run<'_>| {
        run.commands().any(|it| it.program().is_some_and(|it| it.starts_with("python")))
    };
    let later = build.runs().filter(|it| it.0.index > step.index && build.is_shipped(it.0));
    later.into_iter().any(|it| starts(it.1))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    fn with_first_run<T>(text: &str, ask: impl Fn(&Build<'_>, &Step<'_>, &Run<'_>) -> T) -> T {
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().next().expect("a RUN");
        ask(&build, step, run)
    }

    #[test]
    fn a_clean_up_of_tests_is_seen() {
        let cases = [
            ("pip install x && find /usr -name tests -exec rm -rf {} +", true),
            ("pip install x && find /usr -name '*.pyc' -delete", false),
            ("pip install x", false),
        ];
        for (text, expected) in cases {
            let text = format!("FROM python:3.12-slim\nRUN {text}\n");
            assert_eq!(with_first_run(&text, removes_tests), expected, "{text}");
        }
    }

    #[test]
    fn sources_stay_where_something_may_be_compiled() {
        let cases = [
            ("FROM python:3.12-slim\nRUN pip install numpy", false),
            ("FROM python:3.12\nRUN pip install numpy", true),
            ("FROM python:3.12-slim\nRUN pip install numpy\nRUN apt-get install -y gcc", true),
            (
                "FROM python:3.12-slim AS a\nRUN pip install numpy\nFROM a\nRUN apt-get install -y gcc",
                true,
            ),
            ("FROM python:3.12-slim\nRUN pip install torch", true),
        ];
        for (text, expected) in cases {
            let found = with_first_run(text, |build, step, _| {
                reason_to_keep_sources(build, step).is_some()
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn pip_writes_bytecode_unless_told_otherwise() {
        let cases = [
            ("pip install x", true),
            ("pip install --no-compile x", false),
            ("pip install --compile x", false),
            ("PIP_NO_COMPILE=1 pip install x", false),
            ("export PIP_NO_COMPILE=1 && pip install x", false),
            ("uv pip install x", false),
        ];
        for (text, expected) in cases {
            let text = format!("FROM python:3.12-slim\nRUN {text}\n");
            let found = with_first_run(&text, |build, step, run| {
                writes_bytecode(build, step, run.calls.last().expect("a call"))
            });
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_later_python_is_seen() {
        let cases = [("RUN [\"python3\", \"-c\", \"import x\"]", true), ("RUN useradd app", false)];
        for (text, expected) in cases {
            let text = format!("FROM python:3.12-slim\nRUN pip install x\n{text}\n");
            let found = with_first_run(&text, |build, step, _| runs_python_later(build, step));
            assert_eq!(found, expected, "{text}");
        }
    }
}
