//! The folder into which a call installs Python packages.

use managers::python::{Destination, destination};
use managers::{Action, Tool};
use syntax::Keyword;

use crate::moved_packages::{certain_interpreter, environments};
use crate::state::User;
use crate::{Build, RunCall, Step, path};

/// Where a call of pip or `uv pip` puts packages, as one writes it in a shell: absolute, with `python3*` in the place of
/// a version that the next base image changes. `None` when it is not certain.
pub fn package_folder<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &RunCall<'f>,
) -> Option<String> {
    let it = &call.call;
    let installs = matches!(it.tool, Tool::Pip | Tool::UvPip)
        && matches!(it.action, Action::Install | Action::Sync);
    if !installs || it.runner.is_some() {
        return None;
    }
    let place = (call.script, call.command);
    let start = step.state.directory.as_deref();
    let directory = step.run()?.directory_at(place.0, place.1, start);
    let absolute = |text: &str| {
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"/._-".contains(&it);
        let path = match text.starts_with('/') {
            true => path::clean(text),
            false => path::join(directory.as_deref()?, text),
        };
        (path.len() > 1 && path.bytes().all(is_plain)).then_some(path)
    };
    let of_prefix = |prefix: String| format!("{prefix}/lib/python3*/site-packages");
    match destination(it) {
        Some(Destination::Target(to)) => return absolute(to.text()?),
        Some(Destination::Prefix(to)) => return absolute(to.text()?).map(of_prefix),
        Some(Destination::User) => {
            return absolute(&build.home(step)?).map(|it| of_prefix(it + "/.local"));
        }
        Some(Destination::Root(_)) => return None,
        None => {}
    }
    let stage = build.stage(step)?;
    let program = it.command.words.first()?.literal()?;
    let is_of_system = matches!(program.rsplit_once("/bin/"), Some(("/usr" | "", _)));
    if let Some(own) = virtual_environment(step, call) {
        return absolute(&own).map(of_prefix);
    }
    if let Some(own) = first_in_path(build, step) {
        let is_made = environments(build, stage).contains(&own);
        return absolute(&own).filter(|_| is_made).map(of_prefix);
    }
    let value = |name: &str| build.value_at(step, place, name);
    let is_on = |it: String| !matches!(&*it, "" | "0" | "false");
    let asks_for_system =
        it.tool == Tool::Pip || it.has("--system") || value("UV_SYSTEM_PYTHON").is_some_and(is_on);
    // As another user pip falls back to that user's home.
    let is_certain = asks_for_system
        && !is_of_system
        && value("VIRTUAL_ENV").is_some_and(|it| it.is_empty())
        && step.state.user == User::Root
        && certain_interpreter(build, stage).is_some_and(|it| !it.is_of_distribution)
        && build.image(stage).is_some_and(|it| it.python.is_official());
    is_certain.then(|| of_prefix("/usr/local".to_owned()))
}

/// The virtual environment whose pip is called, or that the RUN activates.
pub fn virtual_environment(step: &Step<'_>, call: &RunCall<'_>) -> Option<String> {
    let program = call.call.command.words.first()?.literal()?;
    if let Some(own) = program.rsplit_once("/bin/").map(|it| it.0) {
        let is_own = !matches!(own, "/usr" | "/usr/local" | "") && !own.starts_with("/opt/conda");
        return is_own.then(|| own.to_owned());
    }
    step.run()?.commands().find_map(|it| {
        let activates = matches!(it.program(), Some("." | "source"));
        let script = it.words.get(1).filter(|_| activates)?.literal()?;
        Some(script.strip_suffix("/bin/activate")?.to_owned())
    })
}

/// The environment whose programs are found first, as the last `ENV PATH` before a step says: `/opt/venv/bin:$PATH`.
pub fn first_in_path(build: &Build<'_>, step: &Step<'_>) -> Option<String> {
    let mut before = build.steps_before(step).filter(|it| it.stage == step.stage);
    let path = before.find_map(|it| {
        let is_env = it.instruction.keyword == Keyword::Env;
        let mut pairs = it.instruction.arguments.pairs().iter().filter(|_| is_env);
        pairs.find(|it| it.name.text == "PATH")?.value.as_ref()
    })?;
    let first = path.text.trim_matches(['"', '\'']).split(':').next()?;
    Some(first.strip_suffix("/bin")?.to_owned())
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn folders_are_found_where_they_are_certain() {
        let system = Some("/usr/local/lib/python3*/site-packages");
        let venv = Some("/opt/venv/lib/python3*/site-packages");
        let made = "FROM python:3.12-slim\nRUN python -m venv /opt/venv\n";
        let cases = [
            ("FROM python:3.12-slim\nRUN pip install x".to_owned(), system),
            ("FROM python:3.12-slim\nRUN python3 -m pip install x".to_owned(), system),
            ("FROM python:3.12-slim\nRUN uv pip install --system x".to_owned(), system),
            ("FROM python:3.12-slim\nRUN uv pip install x".to_owned(), None),
            ("FROM python:3.12-slim\nUSER app\nRUN pip install x".to_owned(), None),
            ("FROM python:3.12-slim\nRUN /usr/bin/pip3 install x".to_owned(), None),
            (
                "FROM python:3.12-slim\nRUN pip install --user x".to_owned(),
                Some("/root/.local/lib/python3*/site-packages"),
            ),
            (
                "FROM python:3.12-slim\nWORKDIR /app\nRUN pip install --target lib x".to_owned(),
                Some("/app/lib"),
            ),
            (
                "FROM python:3.12-slim\nRUN pip install --prefix=/install x".to_owned(),
                Some("/install/lib/python3*/site-packages"),
            ),
            ("FROM debian:12\nRUN pip install x".to_owned(), None),
            ("FROM example/x\nRUN pip install x".to_owned(), None),
            (format!("{made}RUN /opt/venv/bin/pip install x"), venv),
            (format!("{made}RUN . /opt/venv/bin/activate && pip install x"), venv),
            (format!("{made}ENV PATH=\"/opt/venv/bin:$PATH\"\nRUN pip install x"), venv),
            (format!("{made}ENV PATH=/other/bin:$PATH\nRUN pip install x"), None),
        ];
        for (text, expected) in cases {
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let (step, run) = build.runs().last().expect("a RUN");
            let call = run.calls.last().expect("a call");
            assert_eq!(package_folder(&build, step, call).as_deref(), expected, "{text}");
        }
    }
}
