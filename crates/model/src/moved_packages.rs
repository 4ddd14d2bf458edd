//! Installed packages, or wheels, that a stage takes from another stage.

use knowledge::image::{Libc, Python, PythonOrigin};
use managers::{Action, Tool, python};
use syntax::{Keyword, Span, Word};

use crate::installation::{Installing, applies, calls, installation_of};
use crate::interpreter::{Interpreter, interpreter};
use crate::locked::locked;
use crate::{Base, Build, Copy, CopyFrom, MountKind, RunCall, Stage, Step, path};

pub use knowledge::wheel::Installation;

/// In which form packages come from another stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A virtual environment. `was_made` if a command of the other stage makes it at that path, so that it is certain.
    Environment {
        /// A command that makes it is there.
        was_made: bool,
    },
    /// The `site-packages` of an interpreter, or the `lib/python3.x` around it, with the version that the path names.
    SitePackages {
        /// The version in the source.
        source: Option<(u8, u8)>,
        /// The version in the destination.
        target: Option<(u8, u8)>,
    },
    /// What `pip install --user` fills.
    UserFolder,
    /// What `pip install --prefix` fills.
    Prefix,
    /// What `pip install --target` fills.
    Target,
    /// Wheels, to be installed from.
    Wheels,
}

/// Packages on their way from one stage to another.
#[derive(Debug)]
pub struct MovedPackages<'b, 'f> {
    /// The COPY, or the RUN with the mount.
    pub step: &'b Step<'f>,
    /// The source of the COPY as written, or the mount.
    pub span: Span,
    /// The destination of the COPY as written.
    pub destination: Option<&'f Word<'f>>,
    /// The other stage.
    pub origin: &'b Stage<'f>,
    /// In which form.
    pub form: Form,
    /// Where they lie in the other stage, absolute.
    pub source: String,
    /// Where they come to lie, absolute.
    pub target: String,
}

/// A package that was installed or built in the other stage, for certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Its normalized name.
    pub name: String,
    /// Its version, where one is asked for.
    pub version: Option<String>,
    /// Where it is asked for in the Dockerfile.
    pub span: Span,
    /// What happened in the other stage.
    pub installation: Installation,
    /// What would happen on another C library.
    pub elsewhere: Installation,
}

impl Built {
    /// The name with the version.
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{}=={version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What the steps of a stage itself take from other stages.
pub fn moved_packages<'b, 'f>(
    build: &'b Build<'f>,
    stage: &Stage<'f>,
) -> Vec<MovedPackages<'b, 'f>> {
    let steps = build.steps.get(stage.steps.clone()).unwrap_or(&[]);
    let mut res = Vec::new();
    for step in steps {
        if let Some(copy) = step.copy() {
            by_copy(build, step, copy, &mut res);
        }
        for mount in step.run().map_or(&[][..], |it| it.mounts.as_slice()) {
            let from = mount.from.as_deref().filter(|_| mount.kind == MountKind::Bind);
            let origin = from.and_then(|it| build.stage_named(it)).filter(|it| *it < stage.index);
            let Some(origin) = origin.and_then(|it| build.stages.get(it)) else { continue };
            let source = path::join("/", mount.source.as_deref().unwrap_or("/"));
            let is_wheels = wheel_folders(build, origin).contains(&source);
            let Some(target) = mount.target.clone().filter(|_| is_wheels) else { continue };
            let (form, destination) = (Form::Wheels, None);
            let span = mount.span;
            res.push(MovedPackages { step, span, destination, origin, form, source, target });
        }
    }
    res
}

fn by_copy<'b, 'f>(
    build: &'b Build<'f>,
    step: &'b Step<'f>,
    copy: &Copy<'f>,
    res: &mut Vec<MovedPackages<'b, 'f>>,
) {
    let CopyFrom::Stage(origin) = copy.from else { return };
    let (Some(origin), Some(target)) = (build.stages.get(origin), copy.target.as_deref()) else {
        return;
    };
    for source in &copy.sources {
        let Some(written) = source.path.as_deref() else { continue };
        let from = path::join("/", written);
        let Some((form, inner)) = form_of(build, origin, &from, target) else { continue };
        res.push(MovedPackages {
            step,
            span: source.word.span,
            destination: Some(copy.destination),
            origin,
            form,
            target: if inner.is_empty() { target.to_owned() } else { path::join(target, &inner) },
            source: path::join(&from, &inner),
        });
    }
}

/// What a path of a stage holds, and where below it that lies.
fn form_of<'f>(
    build: &Build<'f>,
    origin: &Stage<'f>,
    from: &str,
    target: &str,
) -> Option<(Form, String)> {
    for made in environments(build, origin) {
        let Some(inner) = path::strip(&made, from) else { continue };
        // All of an image is another thing.
        if from != "/" && !matches!(from, "/usr" | "/usr/local") {
            return Some((Form::Environment { was_made: true }, inner.to_owned()));
        }
    }
    let name = path::file_name(from);
    let form = match name {
        "venv" | ".venv" | "virtualenv" => Form::Environment { was_made: false },
        ".local" => Form::UserFolder,
        _ if named_version(from).is_some() && !from.contains("/bin/") => {
            Form::SitePackages { source: named_version(from), target: named_version(target) }
        }
        _ => by_destination(build, origin, from)?,
    };
    Some((form, String::new()))
}

/// The version in `/usr/local/lib/python3.10/…`.
pub fn named_version(path: &str) -> Option<(u8, u8)> {
    let (_, rest) = path.split_once("/lib/python3.")?;
    let digits = rest.split('/').next()?;
    Some((3, digits.parse().ok()?))
}

fn by_destination<'f>(build: &Build<'f>, origin: &Stage<'f>, from: &str) -> Option<Form> {
    let folder = from.strip_suffix("/*.whl").unwrap_or(from);
    if wheel_folders(build, origin).iter().any(|it| it == folder) {
        return Some(Form::Wheels);
    }
    let installing = build.lineage(origin).flat_map(|it| calls(build, it));
    installing.into_iter().find_map(|(call, _, step)| {
        let (form, argument) = match python::destination(&call.call)? {
            python::Destination::Prefix(it) => (Form::Prefix, it),
            python::Destination::Target(it) => (Form::Target, it),
            _ => return None,
        };
        let folder = resolved(step, call, argument.text()?)?;
        (folder == from || folder == path::join("/", from)).then_some(form)
    })
}

fn resolved(step: &Step<'_>, call: &RunCall<'_>, written: &str) -> Option<String> {
    let run = step.run()?;
    let directory = run.directory_at(call.script, call.command, step.state.directory.as_deref());
    if written.starts_with('/') {
        return Some(path::clean(written));
    }
    Some(path::join(&directory?, written))
}

/// The folders that `pip wheel` of a stage fills.
fn wheel_folders<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<String> {
    let all = build.lineage(stage).flat_map(|it| calls(build, it));
    all.filter(|it| it.0.call.action == Action::Wheel)
        .filter_map(|(call, _, step)| {
            let folder = python::wheel_folder(&call.call).and_then(|it| it.text()).unwrap_or(".");
            resolved(step, call, folder)
        })
        .collect()
}

/// The virtual environments that commands of a stage, or of what it is built from, make.
pub fn environments<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<String> {
    let mut res = Vec::new();
    for step in build.lineage(stage).flat_map(|it| build.steps_of(it)) {
        let Some(run) = step.run() else { continue };
        for it in &run.calls {
            let call = &it.call;
            let makes = call.action == Action::CreateEnvironment
                && matches!(call.tool, Tool::Venv | Tool::Virtualenv | Tool::Uv);
            let syncs = call.tool == Tool::Uv && call.action == Action::Sync;
            let can_move = call.has("--relocatable") || call.has("--always-copy");
            if can_move || !(makes || syncs) {
                continue;
            }
            let written = match call.operands.first().filter(|_| makes) {
                Some(operand) => operand.text().map(str::to_owned),
                None if syncs => project_environment(build, step, it),
                None => (call.tool == Tool::Uv).then(|| ".venv".to_owned()),
            };
            res.extend(written.and_then(|written| resolved(step, it, &written)));
        }
    }
    res
}

/// The virtual environment of the project that `uv sync` and `uv run` work in, as it is written; `None` where that is not
/// certain. Source: uv's documentation of projects, "Configuring projects", project environment path.
pub fn project_environment(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
) -> Option<String> {
    let value = |name: &str| build.value_at(step, (call.script, call.command), name);
    if call.call.has("--active") {
        let active = value("VIRTUAL_ENV")?;
        if !active.is_empty() {
            return Some(active);
        }
    }
    let set = value("UV_PROJECT_ENVIRONMENT")?;
    Some(if set.is_empty() { ".venv".to_owned() } else { set })
}

/// Words of instructions that install or choose a Python; the last is no sign where the image has one of its own.
const DOUBTS: [&str; 8] =
    ["pyenv", "conda", "mamba", "uv python", "deadsnakes", "--python", "UV_PYTHON", "python3."];

/// The Python of a stage, where nothing makes it doubtful which one is meant.
pub fn certain_interpreter<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Interpreter> {
    let image = build.image(stage)?;
    let is_alone = matches!(image.python, Python::Present { origin: PythonOrigin::Official, .. });
    let is_doubtful = |it: &Stage<'f>| {
        // The image is the same for all stages from the lowest on.
        *it.memory.brings_python.get_or_init(|| brings_python(build, it, is_alone))
    };
    if build.lineage(stage).any(is_doubtful) {
        return None;
    }
    interpreter(build, stage)
}

/// Whether instructions of a stage itself may bring another Python than that of its image.
fn brings_python<'f>(build: &Build<'f>, stage: &Stage<'f>, is_alone: bool) -> bool {
    build.steps_of(stage).iter().any(|step| {
        let text = step.instruction.span.of(build.file.text);
        let is_setting = matches!(step.instruction.keyword, Keyword::Run | Keyword::Env);
        // A copied interpreter replaces that of the image.
        let replaces = step.copy().is_some_and(|it| {
            it.from != CopyFrom::Context
                && it.sources.iter().any(|it| {
                    matches!(it.path.as_deref(), Some("." | "usr" | "usr/local" | "usr/local/lib"))
                })
        });
        let doubts = if is_alone { &DOUBTS[..7] } else { &DOUBTS[..] };
        replaces || is_setting && doubts.iter().any(|it| text.contains(it))
    })
}

/// Whether everything that a stage installs is known to be pure Python.
pub fn is_all_pure<'f>(build: &Build<'f>, moved: &MovedPackages<'_, 'f>) -> bool {
    use knowledge::python_package::{Native, package};
    let native = |it: &str| package(it).map_or(Native::Unknown, |it| it.native());
    let all = moved_calls(build, moved);
    !all.is_empty()
        && all.iter().all(|(_, found, _)| {
            let names = found.wanted.iter().map(|it| &*it.name);
            let mut names = names.map(native);
            found.is_complete() && found.locks.is_empty() && names.all(|it| it == Native::No)
        })
}

/// The calls of the other stage that fill what is moved.
pub(crate) fn moved_calls<'b, 'f>(
    build: &'b Build<'f>,
    moved: &MovedPackages<'b, 'f>,
) -> Vec<Installing<'b, 'f>> {
    let all = build.lineage(moved.origin).flat_map(|it| calls(build, it));
    let fills = |(call, _, step): &Installing<'b, 'f>| {
        let destination = python::destination(&call.call);
        let is_wheel = call.call.action == Action::Wheel;
        match (&moved.form, destination) {
            (Form::Wheels, _) => is_wheel,
            (Form::UserFolder, it) => it == Some(python::Destination::User),
            (Form::Prefix, Some(python::Destination::Prefix(it)))
            | (Form::Target, Some(python::Destination::Target(it))) => {
                it.text().and_then(|it| resolved(step, call, it)).as_deref() == Some(&moved.source)
            }
            (Form::Environment { .. } | Form::SitePackages { .. }, None) => !is_wheel,
            _ => false,
        }
    };
    all.filter(fills).collect()
}

/// The packages that fill what is moved, as far as they are known for certain, with what would happen on `libc`.
pub fn built<'f>(build: &Build<'f>, moved: &MovedPackages<'_, 'f>, libc: Libc) -> Vec<Built> {
    let Some(place) = interpreter(build, moved.origin) else { return Vec::new() };
    let mut res = Vec::new();
    for (_, found, _) in moved_calls(build, moved) {
        let has_more_wheels = found.origin.has_more_wheels();
        for wanted in found.wanted.iter().filter(|it| applies(it, place) == Some(true)) {
            let installation = match installation_of(build, wanted, place, place.libc) {
                _ if has_more_wheels => Installation::Unknown,
                Installation::Wheel if found.origin.no_binary => Installation::Unknown,
                known => known,
            };
            res.push(Built {
                name: wanted.name.to_string(),
                version: wanted.version.as_deref().map(str::to_owned),
                span: wanted.span,
                installation,
                elsewhere: installation_of(build, wanted, place, libc),
            });
        }
        for lock in &found.locks {
            let there = locked(lock, place, libc);
            for it in locked(lock, place, place.libc).into_iter().filter(|it| it.is_certain) {
                let same = there.iter().find(|there| std::ptr::eq(there.package, it.package));
                res.push(Built {
                    name: it.package.name.clone(),
                    version: it.package.version.clone(),
                    span: lock.span,
                    installation: it.installation,
                    elsewhere: same.map_or(Installation::Unknown, |it| it.installation),
                });
            }
        }
    }
    res
}

/// How a stage is called in a message: its name, or its image.
pub fn stage_title(stage: &Stage<'_>) -> String {
    match (stage.name, &stage.base) {
        (Some(name), _) => format!("stage `{}`", name.text),
        (None, Base::Image { reference, .. }) => match &reference.tag {
            Some(tag) => format!("`{}:{tag}`", reference.repository),
            None => format!("`{}`", reference.repository),
        },
        _ => format!("stage {}", stage.index),
    }
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn packages_are_seen_on_their_way() {
        for (builder, line, expected) in [
            ("RUN python -m venv /opt/venv", "COPY --from=b /opt/venv /opt/venv", "venv /opt/venv"),
            ("RUN python -m venv /opt/venv", "COPY --from=b /opt/venv /venv", "venv /venv"),
            ("WORKDIR /app\nRUN uv sync", "COPY --from=b /app /srv", "venv /srv/.venv"),
            (
                "ENV VIRTUAL_ENV=/opt/v\nWORKDIR /app\nRUN uv sync --active",
                "COPY --from=b /opt/v /opt/v",
                "venv /opt/v",
            ),
            (
                "ENV VIRTUAL_ENV=/opt/v\nWORKDIR /app\nRUN uv sync",
                "COPY --from=b /opt/v /opt/v",
                "",
            ),
            ("WORKDIR /app\nRUN uv venv", "COPY --from=b /app/.venv /app/.venv", "venv /app/.venv"),
            (
                "RUN pip install --user flask",
                "COPY --from=b /root/.local /root/.local",
                "user /root/.local",
            ),
            (
                "RUN pip install --prefix=/install flask",
                "COPY --from=b /install /usr/local",
                "prefix /usr/local",
            ),
            ("RUN pip install -t /deps flask", "COPY --from=b /deps /deps", "target /deps"),
            ("RUN pip wheel -w /wheels flask", "COPY --from=b /wheels /wheels", "wheels /wheels"),
            (
                "RUN pip wheel -w /wheels flask",
                "RUN --mount=type=bind,from=b,source=/wheels,target=/w pip install /w/*",
                "wheels /w",
            ),
            (
                "RUN pip install flask",
                "COPY --from=b /usr/local/lib/python3.12/site-packages /usr/local/lib/python3.11/site-packages",
                "site 3.12 3.11 /usr/local/lib/python3.11/site-packages",
            ),
            ("RUN pip install flask", "COPY --from=b /usr/local /usr/local", ""),
            ("RUN pip install flask", "COPY --from=b /app /app", ""),
        ] {
            let text = format!("FROM python:3.12 AS b\n{builder}\nFROM python:3.12-slim\n{line}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let moved = moved_packages(&build, build.stages.last().unwrap());
            let described: Vec<String> = moved
                .iter()
                .map(|it| {
                    let form = match it.form {
                        Form::Environment { .. } => "venv".to_owned(),
                        Form::SitePackages { source: Some(one), target: Some(two) } => {
                            format!("site {}.{} {}.{}", one.0, one.1, two.0, two.1)
                        }
                        Form::SitePackages { .. } => "site".to_owned(),
                        Form::UserFolder => "user".to_owned(),
                        Form::Prefix => "prefix".to_owned(),
                        Form::Target => "target".to_owned(),
                        Form::Wheels => "wheels".to_owned(),
                    };
                    format!("{form} {}", it.target)
                })
                .collect();
            assert_eq!(described.join("; "), expected, "{builder} {line}");
        }
    }
}
