//! Calls that install the dependencies of a project, and the files of the project that they read.

use managers::requirement::Requirement;
use managers::{Action, Call, Tool, python};
use syntax::Span;

use crate::mount::Mount;
use crate::run::RunCall;
use crate::{CommandPlace, Run, Step, path};

/// A call that installs dependencies.
#[derive(Debug)]
pub struct DependencyInstall<'r, 'f> {
    /// The call.
    pub call: &'r Call<'f>,
    /// Where it stands in its RUN.
    pub place: CommandPlace,
    /// The files that it reads.
    pub inputs: Vec<Input>,
    /// What else it needs.
    pub needs: Needs,
}

/// What an installation needs beside its inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: packages come from an index.
    Nothing,
    /// The project itself, because that is installed too; an option of the tool leaves it out.
    ProjectUnlessToldOtherwise,
    /// The project or another local path.
    Project,
    /// Not certain.
    Unknown,
}

/// A file that an installation reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name as written, or as the tool knows it.
    pub name: String,
    /// Where it is named; the tool and action where it is not.
    pub span: Span,
    /// The absolute paths where it is looked for, in order; empty when the directory is not certain.
    pub paths: Vec<String>,
    /// The tool works without it.
    pub is_optional: bool,
    /// It is a requirements or constraints file, which may include others.
    pub is_requirements: bool,
}

/// The installations of a RUN, in order.
pub fn dependency_installs<'r, 'f>(
    step: &Step<'f>,
    run: &'r Run<'f>,
) -> Vec<DependencyInstall<'r, 'f>> {
    let start = step.state.directory.as_deref();
    let read = |it: &'r RunCall<'f>| {
        if !is_install(&it.call) {
            return None;
        }
        let directory = run.directory_at(it.script, it.command, start);
        // Behind a `cd` into what a COPY brings, the RUN needs that COPY whatever is mounted.
        let mounts = if directory.as_deref() == start { &run.mounts[..] } else { &[] };
        dependency_install(&it.call, (it.script, it.command), directory.as_deref(), mounts)
    };
    run.calls.iter().filter_map(read).collect()
}

fn is_install(call: &Call<'_>) -> bool {
    let tool = call.tool;
    match call.action {
        Action::Install | Action::Sync => {
            tool.is_pip()
                || tool.is_conda()
                || matches!(
                    tool,
                    Tool::PipTools | Tool::Uv | Tool::Poetry | Tool::Pdm | Tool::Pipenv
                )
        }
        Action::Wheel | Action::Download => tool.is_pip(),
        Action::UpdateEnvironment | Action::CreateEnvironment => tool.is_conda(),
        _ => false,
    }
}

fn dependency_install<'r, 'f>(
    call: &'r Call<'f>,
    place: CommandPlace,
    directory: Option<&str>,
    mounts: &[Mount<'_>],
) -> Option<DependencyInstall<'r, 'f>> {
    let mut res = DependencyInstall { call, place, inputs: Vec::new(), needs: Needs::Nothing };
    match call.tool {
        Tool::Uv | Tool::Poetry | Tool::Pdm => {
            let lock = match call.tool {
                Tool::Uv => "uv.lock",
                Tool::Poetry => "poetry.lock",
                _ => "pdm.lock",
            };
            res.add_project(directory, &["pyproject.toml", lock]);
            if call.tool == Tool::Uv {
                res.add_project(directory, &["", "uv.toml", ".python-version"]);
            }
            if python::installs_project(call) != Some(false) {
                res.needs = Needs::ProjectUnlessToldOtherwise;
            }
        }
        Tool::Pipenv
            if call.operands.is_empty() && python::requirement_files(call).next().is_none() =>
        {
            res.add_project(directory, &["Pipfile", "Pipfile.lock"]);
        }
        Tool::Pipenv => return None,
        _ => res.add_named(directory, mounts)?,
    }
    const ELSEWHERE: [&str; 5] =
        ["--directory", "--project", "--package", "--all-packages", "--script"];
    let is_elsewhere = call.tool != Tool::Pip && ELSEWHERE.iter().any(|it| call.has(it));
    if is_elsewhere || call.may_have_more {
        res.needs = Needs::Unknown;
        res.inputs.iter_mut().filter(|_| is_elsewhere).for_each(|it| it.paths.clear());
    }
    Some(res)
}

impl DependencyInstall<'_, '_> {
    /// Whether the command may not run, or may fail without harm.
    pub fn may_be_skipped(&self, run: &Run<'_>) -> bool {
        let Some(script) = run.scripts.get(self.place.0) else { return true };
        let place = self.call.command.place;
        let is_forgiven = script.items.get(place.item + 1).and_then(|it| it.joined_by);
        place.is_conditional
            || matches!(is_forgiven, Some((shell::Operator::Or, _)))
            || run.has_test_before(self.place)
    }

    /// The tool and what it does, as a person would say it: `pip install`.
    pub fn title(&self) -> String {
        let verb = match self.call.action {
            Action::Sync => "sync",
            Action::Wheel => "wheel",
            Action::Download => "download",
            Action::UpdateEnvironment => "env update",
            Action::CreateEnvironment => "create",
            _ => "install",
        };
        format!("{} {verb}", self.call.tool.name())
    }

    /// The tool and the action as written.
    pub fn span(&self) -> Span {
        self.call.action_span.map_or(self.call.tool_span, |it| self.call.tool_span.to(it))
    }

    /// Files that the tool looks for by itself, also in the directories above; the first must be there.
    fn add_project(&mut self, directory: Option<&str>, names: &[&str]) {
        let span = self.span();
        for (index, name) in names.iter().enumerate().filter(|it| !it.1.is_empty()) {
            let paths = directory.map_or(Vec::new(), |it| paths_upwards(it, name));
            let name = (*name).to_owned();
            self.inputs.push(Input {
                name,
                span,
                paths,
                is_optional: index > 0,
                is_requirements: false,
            });
        }
    }

    /// Files and packages on the command line; `None` when there are none.
    fn add_named(&mut self, directory: Option<&str>, mounts: &[Mount<'_>]) -> Option<()> {
        let call = self.call;
        // What a mount brings is there wherever the copies of the source stand.
        let is_mounted = |it: &str| mounts.iter().any(|mount| mount.covers(it));
        let files = python::requirement_files(call).chain(python::constraint_files(call));
        for file in files {
            let Some(text) = file.text().filter(|it| is_plain_file(it)) else {
                if !file.text().is_some_and(|it| it.contains("://")) {
                    self.needs = Needs::Unknown;
                }
                continue;
            };
            let paths = match directory {
                _ if text.starts_with('/') => vec![path::clean(text)],
                Some(directory) => vec![path::join(directory, text)],
                None => Vec::new(),
            };
            let is_requirements = !call.tool.is_conda();
            let name = text.to_owned();
            self.inputs.push(Input {
                name,
                span: file.span,
                paths,
                is_optional: false,
                is_requirements,
            });
        }
        let operands = python::requirements(call).map(|it| it.1);
        let editables = python::editables(call).map(managers::requirement::requirement);
        let mut n_packages = 0;
        for requirement in operands.chain(editables) {
            match requirement {
                Requirement::Wheel { path, .. } if is_mounted(path) => n_packages += 1,
                Requirement::Path { .. } | Requirement::Wheel { .. } if !call.tool.is_conda() => {
                    self.needs = Needs::Project;
                }
                Requirement::Unknown => self.needs = Needs::Unknown,
                _ => n_packages += 1,
            }
        }
        let is_local = |it: &managers::Argument<'_>| {
            it.text().is_none_or(|it| !it.contains("://") && !is_mounted(it))
        };
        if python::find_links(call).any(is_local) && self.needs == Needs::Nothing {
            self.needs = Needs::Unknown;
        }
        // Without a file, conda reads `environment.yml` or makes an empty environment.
        let is_by_default = call.tool.is_conda()
            && self.inputs.is_empty()
            && n_packages == 0
            && matches!(call.action, Action::CreateEnvironment | Action::UpdateEnvironment);
        if is_by_default {
            self.needs = Needs::Unknown;
        }
        let is_empty = self.inputs.is_empty() && n_packages == 0 && self.needs == Needs::Nothing;
        (!is_empty).then_some(())
    }
}

/// A path that pip opens as it stands: no address, standard input, pattern or home.
fn is_plain_file(text: &str) -> bool {
    let is_odd =
        text.is_empty() || text == "-" || text.starts_with("/dev/") || text.contains("://");
    !is_odd && !text.contains(['*', '?', '[', '{', '~'])
}

/// `name` in a directory and all those above it.
fn paths_upwards(directory: &str, name: &str) -> Vec<String> {
    let mut res = Vec::new();
    let mut at = path::clean(directory);
    while at.starts_with('/') {
        res.push(path::join(&at, name));
        if at == "/" {
            break;
        }
        at = path::join(&at, "..");
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Build, Surroundings};

    #[test]
    fn what_an_installation_reads() {
        for (line, expected) in [
            ("pip install -r requirements.txt", "/app/requirements.txt Nothing"),
            ("cd a && pip3 install -r b/r.txt -c /c.txt", "/app/a/b/r.txt /c.txt Nothing"),
            ("pip install flask", " Nothing"),
            ("pip install -r r.txt .", "/app/r.txt Project"),
            ("pip install -e .[dev]", " Project"),
            ("pip install -r $(x)", " Unknown"),
            ("pip install --no-index --find-links=/w x", " Unknown"),
            ("pip install -r https://h/r.txt flask", " Nothing"),
            ("uv pip install --system -r r.txt", "/app/r.txt Nothing"),
            ("poetry install --no-root", "/app/pyproject.toml /app/poetry.lock? Nothing"),
            ("poetry install", "/app/pyproject.toml /app/poetry.lock? ProjectUnlessToldOtherwise"),
            ("poetry -C /x install", "? Unknown"),
            ("pdm install --no-self", "/app/pyproject.toml /app/pdm.lock? Nothing"),
            ("pipenv install --deploy", "/app/Pipfile /app/Pipfile.lock? Nothing"),
            (
                "uv sync --no-install-project",
                "/app/pyproject.toml /app/uv.lock? /app/uv.toml? /app/.python-version? Nothing",
            ),
            ("conda env create -f environment.yml", "/app/environment.yml Nothing"),
            ("conda install numpy", " Nothing"),
            ("apt-get install gcc", "none"),
        ] {
            let text = format!("FROM python\nWORKDIR /app\nRUN {line}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &context::NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let (step, run) = build.runs().last().expect("a RUN");
            let found = dependency_installs(step, run);
            let shown = found.last().map_or("none".to_owned(), |it| {
                let input = |it: &Input| {
                    let first = it.paths.first().map_or("", |it| it.as_str());
                    format!("{first}{}", if it.is_optional { "?" } else { "" })
                };
                let inputs: Vec<String> = it.inputs.iter().map(input).collect();
                format!("{} {:?}", inputs.join(" ").trim_start(), it.needs)
            });
            assert_eq!(shown.trim_start(), expected.trim_start(), "{line}");
        }
    }
}
