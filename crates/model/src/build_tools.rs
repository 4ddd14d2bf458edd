//! Compilers, headers and build systems that a stage installs, and which of them are still there when their layer ends.

use knowledge::system_package::{Family, Role, role};
use managers::system::{self, Package, PackageKind};
use managers::{Action, Call, Tool};
use syntax::Span;

use crate::run::RunCall;
use crate::{Build, Stage, Step};

/// A build tool that a RUN installs and does not remove again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildTool {
    /// The step that installs it.
    pub step: usize,
    /// The name of the package, or of the group.
    pub name: String,
    /// The word.
    pub span: Span,
    /// What it is for.
    pub role: Role,
    /// Where a later step of the same stage removes it, which does not make the image smaller.
    pub removed_later: Option<Span>,
}

/// The build tools in the layers of a stage itself, in order. What is installed under a condition, or removed under
/// one in the same RUN, is left out.
pub fn build_tools<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<BuildTool> {
    let steps = build.steps_of(stage);
    let removers = removers(steps);
    let mut res = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let Some(run) = step.run() else { continue };
        for (index, call) in run.calls.iter().enumerate() {
            let mut installed = installed(step, call);
            installed.retain(|it| !build.wishes.kept_packages.contains(&it.name));
            if installed.is_empty() {
                continue;
            }
            let group = system::virtual_name(&call.call).and_then(|it| it.text());
            let next = removers.partition_point(|it| it.place <= (at, index));
            let after = removers.get(next..).unwrap_or(&[]).iter().take(MAX_REMOVERS);
            for mut tool in installed {
                let mut removing = after.clone().filter(|it| removes(it, &tool, group));
                match removing.next() {
                    Some(it) if it.place.0 == at => continue,
                    later => tool.removed_later = later.map(|it| it.call.head()),
                }
                res.push(tool);
            }
        }
    }
    res
}

/// The commands of a stage, from a step on, that compile something themselves: their names and places, each once in a
/// row.
pub fn compiling_commands<'b>(
    build: &'b Build<'_>,
    stage: &Stage<'_>,
    from: usize,
) -> Vec<(&'b str, Span)> {
    const COMPILING: [&str; 8] =
        ["./configure", "configure", "make", "gcc", "g++", "cc", "cmake", "cargo"];
    let runs = build.steps.get(stage.steps.clone()).unwrap_or(&[]).iter();
    let commands =
        runs.filter(|it| it.index >= from).filter_map(|it| it.run()).flat_map(|it| it.commands());
    let mut users: Vec<(&str, Span)> = commands
        .filter_map(|it| Some((it.program()?, it.words.first()?.span)))
        .filter(|it| COMPILING.contains(&it.0))
        .collect();
    users.dedup_by_key(|it| it.0);
    users
}

/// The build tools that a call installs for certain.
fn installed(step: &Step<'_>, call: &RunCall<'_>) -> Vec<BuildTool> {
    let it = &call.call;
    let installs = matches!(it.action, Action::Install | Action::InstallGroup);
    if !installs || it.command.place.is_conditional {
        return Vec::new();
    }
    let role_of = |package: &Package<'_>| match package.kind {
        PackageKind::Absent | PackageKind::Virtual | PackageKind::File => None,
        _ if it.tool.is_conda() => is_conda_compiler(package.name).then_some(Role::Compiler),
        // The programs of Java that are used at run time come with the kit as well.
        _ if package.name.contains("jdk") => None,
        _ => Some(role(family(it.tool)?, package.name)).filter(|it| it.is_build_only()),
    };
    let tools = system::packages(it).filter_map(|package| {
        Some(BuildTool {
            step: step.index,
            name: package.name.to_owned(),
            span: package.span,
            role: role_of(&package)?,
            removed_later: None,
        })
    });
    tools.collect()
}

/// The tables that know the packages of a tool.
fn family(tool: Tool) -> Option<Family> {
    match tool {
        Tool::Apk => Some(Family::Apk),
        Tool::Zypper => Some(Family::Rpm),
        _ if tool.is_apt() => Some(Family::Apt),
        _ if tool.is_dnf() => Some(Family::Rpm),
        _ => None,
    }
}

/// The compilers of conda-forge and of the defaults channel: `gcc`, `gxx_linux-64`, `c-compiler`.
fn is_conda_compiler(name: &str) -> bool {
    const NAMES: [&str; 10] =
        ["gcc", "gxx", "gfortran", "compilers", "clang", "clangxx", "rust", "go", "cmake", "make"];
    name.ends_with("_linux-64") || name.ends_with("-compiler") || NAMES.contains(&name)
}

/// More removals than a person writes behind an installation; only so many are looked at, so that a huge file is read
/// in linear time.
const MAX_REMOVERS: usize = 64;

/// A call that may remove packages.
struct Remover<'b, 'f> {
    /// The index of its step in the stage, and its own in the RUN.
    place: (usize, usize),
    call: &'b RunCall<'f>,
    /// Its RUN marks packages as automatic: the official images mark all, then what is needed as manual, and remove the
    /// rest.
    marks: bool,
}

/// The calls that may remove packages, in order.
fn removers<'b, 'f>(steps: &'b [Step<'f>]) -> Vec<Remover<'b, 'f>> {
    let mut res = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        let Some(run) = step.run() else { continue };
        let marks = run.calls.iter().any(|it| {
            let mut words = it.call.command.words.iter();
            it.call.tool == Tool::AptMark
                && words.any(|it| matches!(it.literal(), Some("auto" | "markauto")))
        });
        for (index, call) in run.calls.iter().enumerate().filter(|it| may_remove(&it.1.call)) {
            res.push(Remover { place: (at, index), call, marks });
        }
    }
    res
}

fn may_remove(call: &Call<'_>) -> bool {
    match call.action {
        Action::Remove | Action::Purge | Action::AutoRemove => true,
        Action::Install => {
            call.has("--auto-remove")
                || system::packages(call).any(|it| it.kind == PackageKind::Absent)
        }
        Action::Other if call.tool.is_dnf() => true,
        _ => call.has("--auto-remove"),
    }
}

fn removes(remover: &Remover<'_, '_>, tool: &BuildTool, group: Option<&str>) -> bool {
    let call = &remover.call.call;
    if call.tool.is_dnf() && call.action == Action::Other {
        let has = |wanted: &str| call.command.words.iter().any(|it| it.literal() == Some(wanted));
        return has("history") && (has("undo") || has("rollback"));
    }
    let takes_automatic = call.action == Action::AutoRemove || call.has("--auto-remove");
    if takes_automatic && remover.marks {
        return true;
    }
    let is_named =
        |it: Package<'_>| is_meant(it.name, tool) || group.is_some_and(|group| it.name == group);
    match call.action {
        Action::Remove | Action::Purge | Action::AutoRemove => {
            system::has_unknown_packages(call) || system::packages(call).any(is_named)
        }
        // `apt-get install gcc-`
        Action::Install => {
            system::packages(call).filter(|it| it.kind == PackageKind::Absent).any(is_named)
        }
        _ => false,
    }
}

/// Whether removing the package `removed`, maybe a pattern, takes the tool away.
fn is_meant(removed: &str, tool: &BuildTool) -> bool {
    // What depends on a compiler goes with it.
    const NEEDS_GCC: [&str; 5] = ["build-essential", "g++", "gfortran", "gcc-c++", "gcc-gfortran"];
    const NEEDS_MORE: [&str; 3] = ["build-essential", "build-base", "alpine-sdk"];
    let name = tool.name.as_str();
    let start = removed.trim_end_matches(['*', '.', '$', '-']);
    removed == name
        || removed.ends_with('*') && name.starts_with(start)
        || removed.starts_with('*')
        || removed == "gcc" && NEEDS_GCC.contains(&name)
        || matches!(removed, "g++" | "make" | "libc6-dev" | "dpkg-dev")
            && NEEDS_MORE.contains(&name)
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    /// The tools that are left in the last stage; a star marks those that a later layer removes.
    fn left(text: &str) -> String {
        let text = format!("FROM python:3.12-slim\n{text}\n");
        let file = syntax::parse(&text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let tools = build_tools(&build, build.stages.last().unwrap());
        let names = tools.iter().map(|it| match it.removed_later {
            Some(_) => format!("{}*", it.name),
            None => it.name.clone(),
        });
        names.collect::<Vec<String>>().join(" ")
    }

    #[test]
    fn tools_that_stay_are_listed() {
        let cases = [
            (
                "RUN apt-get update && apt-get install -y gcc git libpq-dev make curl",
                "gcc libpq-dev make",
            ),
            ("RUN apt-get install -y libgomp1 libpq5 git curl ca-certificates", ""),
            ("RUN apt-get install -y default-jdk", ""),
            ("RUN apk add --no-cache build-base linux-headers bash", "build-base linux-headers"),
            ("RUN dnf install -y gcc-c++ python3-devel tar", "gcc-c++ python3-devel"),
            ("RUN yum groupinstall -y 'Development Tools'", "Development Tools"),
            ("RUN zypper -n in gcc make", "gcc make"),
            ("RUN conda install -y gcc_linux-64 numpy", "gcc_linux-64"),
            ("RUN if [ \"$DEV\" ]; then apt-get install -y gcc; fi", ""),
            ("RUN pip install gcc", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(left(text), expected, "{text}");
        }
    }

    #[test]
    fn tools_that_go_in_the_same_layer_are_not() {
        let cases = [
            ("RUN apt-get install -y gcc g++ && pip install x && apt-get purge -y gcc g++", ""),
            ("RUN apt-get install -y gcc libpq-dev && apt-get remove -y gcc", "libpq-dev"),
            ("RUN apt-get install -y build-essential && apt-get purge -y --auto-remove gcc", ""),
            ("RUN apt-get install -y gcc && apt-get autoremove -y", "gcc"),
            (
                "RUN apt-get install -y gcc && apt-mark auto '.*' && apt-get purge -y --auto-remove",
                "",
            ),
            ("RUN D='gcc make' && apt-get install -y $D && apt-get purge -y $D", ""),
            ("RUN apt-get install -y gcc && apt-get purge -y $(cat list)", ""),
            ("RUN apt-get install -y gcc g++ && apt-get purge -y 'g*'", ""),
            ("RUN apk add --virtual .b gcc musl-dev && pip install x && apk del .b", ""),
            ("RUN apk add gcc musl-dev && apk del gcc", "musl-dev"),
            ("RUN dnf install -y gcc && dnf history undo -y last", ""),
            ("RUN apt-get install -y gcc && if true; then apt-get purge -y gcc; fi", ""),
            ("RUN apk add --virtual .b gcc\nRUN apk del .b", "gcc*"),
            ("RUN apt-get install -y gcc make\nRUN apt-get purge -y gcc", "gcc* make"),
        ];
        for (text, expected) in cases {
            assert_eq!(left(text), expected, "{text}");
        }
    }
}
