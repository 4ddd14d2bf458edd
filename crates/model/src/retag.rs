//! Whether stages can start from another variant of their base image, and what speaks against it.

use context::Source;
use knowledge::image::{Libc, glibc_counterpart, slim_counterpart};
use knowledge::python_package::needs;
use knowledge::system_package::{Family, role};
use knowledge::wheel::Installation;
use managers::{Action, Tool, system};
use shell::Command;
use syntax::{Keyword, Span};

use crate::image_reference::tag_range;
use crate::installation::{calls, planned};
use crate::interpreter::interpreter;
use crate::listed;
use crate::locked::locked;
use crate::programs::{InSlim, absent_in_start, in_slim, unpacker};
use crate::{Base, Build, CopyFrom, Stage, Step, copied_code::has_no_outer_calls};

/// New tags for the base images of some stages, which belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retag {
    /// The new tags.
    pub tags: Vec<NewTag>,
    /// What could not be proved, each as a sentence without a full stop; empty when nothing can go wrong.
    pub doubts: Vec<String>,
}

/// A new tag of one FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTag {
    /// Where the old one stands.
    pub span: Span,
    /// The new one.
    pub text: String,
    /// The image with its new tag.
    pub image: String,
}

/// The slim image of the same Python for a stage that is built from a full one; or the reason why it cannot be, as the
/// end of a sentence.
pub fn to_slim<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Result<Retag, String> {
    let root = root(build, stage);
    let mut res =
        Retag { tags: vec![new_tag(build, root, &slim_counterpart)?], doubts: Vec::new() };
    for stage in build.stages.iter().filter(|it| self::root(build, it).index == root.index) {
        needs_no_compiler(build, stage, &mut res.doubts)?;
        installs_from_lists(build, stage)?;
        for step in build.steps_of(stage) {
            uses_small_image(build, stage, step, &mut res.doubts)?;
            if step.copy().is_some_and(|it| !has_no_outer_calls(build, it)) {
                let doubt = "the copied program may use programs or libraries of the full image (`git`, `curl`, `libpq5`, …)";
                add(&mut res.doubts, doubt.to_owned());
            }
            let from = step.copy().map(|it| &it.from);
            let from_stage = match from {
                Some(CopyFrom::Stage(from)) => build.stages.get(*from),
                _ => None,
            };
            if let Some(from) = from_stage.filter(|it| self::root(build, it).index != root.index) {
                let name =
                    from.name.map_or_else(|| from.index.to_string(), |it| it.text.to_string());
                add(
                    &mut res.doubts,
                    format!("files from stage `{name}` may need libraries of the full image"),
                );
            }
        }
    }
    Ok(res)
}

/// The images with glibc of the same Python for a stage with musl, and for those that share files with it; or the
/// reason why it cannot be, as the end of a sentence.
pub fn to_glibc<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Result<Retag, String> {
    let mut res = Retag::default();
    for root in sharing_roots(build, root(build, stage)) {
        let Some(root) = build.stages.get(root) else { continue };
        res.tags.push(new_tag(build, root, &glibc_counterpart)?);
        for stage in build.stages.iter().filter(|it| self::root(build, it).index == root.index) {
            for step in build.steps_of(stage) {
                is_not_of_alpine(build, step)?;
                uses_small_image(build, stage, step, &mut res.doubts)?;
            }
        }
    }
    Ok(res)
}

/// The slim tag of the full image that a stage is built from, whatever the stage needs; or the reason why there is none,
/// as the end of a sentence.
///
/// # Errors
/// The base image is not a full one of Python, or its tag is not written out.
pub fn slim_tag<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Result<NewTag, String> {
    installs_from_lists(build, stage)?;
    new_tag(build, stage, &slim_counterpart)
}

fn root<'b, 'f>(build: &'b Build<'f>, stage: &'b Stage<'f>) -> &'b Stage<'f> {
    build.lineage(stage).last().unwrap_or(stage)
}

fn is_musl(build: &Build<'_>, root: usize) -> bool {
    let base = build.stages.get(root).map(|it| &it.base);
    matches!(base, Some(Base::Image { known, .. }) if matches!(known.libc, Libc::Musl(_)))
}

/// The lowest stages with musl that are connected with `first` by COPY, `first` included.
fn sharing_roots<'f>(build: &Build<'f>, first: &Stage<'f>) -> Vec<usize> {
    let root_of = |it: usize| build.stages.get(it).map_or(it, |it| root(build, it).index);
    let mut copies: Vec<(usize, usize)> = Vec::new();
    for step in &build.steps {
        let Some(own) = step.stage else { continue };
        if let Some(CopyFrom::Stage(from)) = step.copy().map(|it| &it.from) {
            copies.push((root_of(*from), root_of(own)));
        }
        let mounts = step.run().map_or(&[][..], |it| it.mounts.as_slice()).iter();
        let from = mounts.filter_map(|it| build.stage_named(it.from.as_deref()?));
        copies.extend(from.filter(|it| *it < own).map(|it| (root_of(it), root_of(own))));
    }
    let links: Vec<(usize, usize)> =
        copies.into_iter().filter(|it| is_musl(build, it.0) && is_musl(build, it.1)).collect();
    let mut res = vec![first.index];
    let mut next = 0;
    while let Some(root) = res.get(next).copied() {
        next += 1;
        for (one, other) in links.iter().flat_map(|it| [*it, (it.1, it.0)]) {
            if one == root && !res.contains(&other) {
                res.push(other);
            }
        }
    }
    res.sort_unstable();
    res
}

fn new_tag<'f>(
    build: &Build<'f>,
    root: &Stage<'f>,
    counterpart: &dyn Fn(&str) -> Option<String>,
) -> Result<NewTag, String> {
    let (Base::Image { reference, known }, Some(word)) = (&root.base, root.image) else {
        return Err("the base image is not known".to_owned());
    };
    let is_python = known.python.is_official()
        && (reference.repository == "python" || reference.repository.ends_with("library/python"));
    let tag = reference.tag.as_deref().filter(|_| is_python && reference.digest.is_none());
    let text = tag.and_then(counterpart);
    let Some(range) = tag_range(&word.text) else {
        return Err(format!("`{}` has no tag", word.text));
    };
    if word.text.get(range.clone()).is_some_and(|it| it.contains('$')) {
        return Err("the tag is a variable".to_owned());
    }
    let Some(text) = text else {
        return Err(format!("no such tag is known of `{}`", word.text));
    };
    let start = word.span.start as usize;
    let span = Span::new(start + range.start, start + range.end);
    if Some(span.of(build.file.text)) != tag {
        return Err("the tag is not written in one piece".to_owned());
    }
    let image = format!("{}:{text}", reference.repository);
    Ok(NewTag { span, text, image })
}

/// Whether each call of apt that installs has lists of packages: without them it succeeds only where the image has all
/// that it names already, and the slim one may not.
fn installs_from_lists<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Result<(), String> {
    let mut stages: Vec<&Stage<'f>> = build.lineage(stage).collect();
    stages.reverse();
    let steps = stages.into_iter().flat_map(|it| build.steps_of(it));
    let calls = steps.filter_map(|it| it.run()).flat_map(|it| &it.calls).map(|it| &it.call);
    for call in calls.filter(|it| it.tool.is_apt()) {
        match call.action {
            Action::Update => break,
            Action::Install => {
                let line = line(build, call.tool_span);
                return Err(format!(
                    "line {line} installs without `apt-get update`, so the image has it already"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether nothing that pip installs is compiled.
fn needs_no_compiler<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    doubts: &mut Vec<String>,
) -> Result<(), String> {
    let mut with_libraries = Vec::new();
    for (call, found, _) in calls(build, stage) {
        let repositories = found.wanted.iter().filter_map(|it| match &it.requirement.source {
            Source::Repository(repository) => Some(repository),
            _ => None,
        });
        if let Some(repository) = repositories.into_iter().next() {
            return Err(format!("`{}` is fetched with git", repository.url.text));
        }
        if found.origin.no_binary {
            return Err(format!("line {} compiles", line(build, call.call.tool_span)));
        }
        for it in &found.unread {
            add(doubts, format!("{} could not be read", it.what));
        }
        let place = interpreter(build, stage);
        let packages =
            found.locks.iter().filter_map(|it| Some(locked(it, place?, place?.libc))).flatten();
        for it in packages {
            // Poetry brings a git of its own.
            let url = it.repository().filter(|_| call.call.tool != Tool::Poetry && it.is_certain);
            if let Some(url) = url {
                return Err(format!("`{url}` is fetched with git"));
            }
            if needs_libraries(&it.package.name, it.package.version.as_deref()) {
                with_libraries.push(it.package.name.clone());
            }
        }
        let wanted = found.wanted.iter();
        let wanted = wanted.filter(|it| needs_libraries(&it.name, it.version.as_deref()));
        with_libraries.extend(wanted.map(|it| it.name.to_string()));
    }
    let mut unknown = Vec::new();
    for it in planned(build, stage) {
        match it.installation {
            Installation::Compiles | Installation::Fails => {
                return Err(format!("`{}` has no wheel for this Python", it.name));
            }
            Installation::Unknown if !it.name.is_empty() => unknown.push(it.name),
            _ => {}
        }
    }
    if !with_libraries.is_empty() {
        add(doubts, format!("{} may need libraries of the full image", listed(&with_libraries)));
    }
    if !unknown.is_empty() {
        add(doubts, format!("it is not known whether {} must be compiled", listed(&unknown)));
    }
    Ok(())
}

/// Whether a package needs programs or libraries of the system even when it is a wheel.
fn needs_libraries(name: &str, version: Option<&str>) -> bool {
    needs(name, version, Family::Apt, None).is_some_and(|it| !it.always.is_empty())
}

/// Whether a step uses nothing that the small Debian images lack.
fn uses_small_image<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    step: &Step<'f>,
    doubts: &mut Vec<String>,
) -> Result<(), String> {
    let text = step.instruction.span.of(build.file.text);
    if matches!(step.instruction.keyword, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck)
    {
        if let Some(name) = absent_in_start(text).filter(|it| !is_installed(build, stage, it)) {
            return Err(format!("`{name}` is used on line {}", line(build, step.instruction.span)));
        }
        if let Some(script) = text.split([' ', '"', ',', '[', ']']).find(|it| it.ends_with(".sh")) {
            add(doubts, format!("`{script}` may use programs that the other image lacks"));
        }
    }
    if let Some(CopyFrom::Other(name)) = step.copy().map(|it| &it.from)
        && !name.starts_with("ghcr.io/astral-sh/uv")
    {
        add(doubts, format!("files from `{name}` may need libraries that the other image lacks"));
    }
    let Some(run) = step.run() else { return Ok(()) };
    for script in run.scripts {
        if script.fault.is_some() {
            return Err("a RUN is not understood".to_owned());
        }
    }
    let built = run.calls.iter().map(|it| &it.call);
    let mut built = built.filter(|it| it.tool == Tool::SetupPy && it.action == Action::Build);
    if let Some(call) = built.next() {
        return Err(format!("line {} compiles", line(build, call.tool_span)));
    }
    let all_calls = run.calls.iter().map(|it| &it.call);
    let mut build_only =
        all_calls.filter(|it| it.tool.is_apt() && it.action == Action::Install).flat_map(|it| {
            system::packages(it).filter(|it| role(Family::Apt, it.name).is_build_only())
        });
    if let Some(package) = build_only.next() {
        return Err(format!("`{}` is installed to compile with", package.name));
    }
    for command in run.commands() {
        let is_call = run.calls.iter().any(|it| std::ptr::eq(it.call.command, command));
        if !is_call {
            program(build, stage, command, doubts)?;
        }
    }
    Ok(())
}

fn program<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    command: &Command<'_>,
    doubts: &mut Vec<String>,
) -> Result<(), String> {
    if command.words.is_empty() {
        return Ok(());
    }
    let Some(name) = command.program() else {
        add(doubts, format!("line {} runs a program that is not known", line(build, command.span)));
        return Ok(());
    };
    if let Some(package) = unpacker(command).filter(|it| !is_installed(build, stage, it)) {
        return Err(format!("`tar` on line {} needs `{package}`", line(build, command.span)));
    }
    match in_slim(name) {
        InSlim::Present => Ok(()),
        InSlim::Absent(package) if is_installed(build, stage, package) => Ok(()),
        InSlim::Absent(_) => Err(format!("`{name}` is used on line {}", line(build, command.span))),
        InSlim::Unknown if name.is_empty() => Ok(()),
        InSlim::Unknown => {
            add(
                doubts,
                format!(
                    "`{name}` on line {} may need what the other image lacks",
                    line(build, command.span)
                ),
            );
            Ok(())
        }
    }
}

fn is_installed<'f>(build: &Build<'f>, stage: &Stage<'f>, package: &str) -> bool {
    crate::interpreter::installs_system_package(build, stage, package)
}

/// Whether a step has nothing that only Alpine and BusyBox understand.
fn is_not_of_alpine(build: &Build<'_>, step: &Step<'_>) -> Result<(), String> {
    let at = |span: Span| line(build, span);
    let words: Vec<&str> =
        step.instruction.span.of(build.file.text).split([' ', '"', ',', '[', ']']).collect();
    let is_ash = |it: &&&str| matches!(it.rsplit('/').next(), Some("ash" | "busybox" | "su-exec"));
    if let Some(word) = words.iter().find(is_ash) {
        return Err(format!("`{word}` on line {} is Alpine's", at(step.instruction.span)));
    }
    if let Some(CopyFrom::Other(name)) = step.copy().map(|it| &it.from)
        && name.contains("alpine")
    {
        return Err(format!("files from `{name}` need musl"));
    }
    let Some(run) = step.run() else { return Ok(()) };
    for command in run.commands() {
        let name = command.program().unwrap_or("");
        if matches!(
            name,
            "apk" | "adduser" | "addgroup" | "delgroup" | "deluser" | "setup-timezone"
        ) {
            return Err(format!("`{name}` on line {} is Alpine's", at(command.span)));
        }
    }
    Ok(())
}

fn line(build: &Build<'_>, span: Span) -> usize {
    let before = build.file.text.get(..span.start as usize).unwrap_or("");
    before.bytes().filter(|it| *it == b'\n').count() + 1
}

/// More doubts than a person reads are not told.
fn add(doubts: &mut Vec<String>, doubt: String) {
    const MOST: usize = 6;
    if doubts.len() < MOST && !doubts.contains(&doubt) {
        doubts.push(doubt);
    }
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    /// The new images and the doubts, or the reason against them, for the last stage.
    fn asked(text: &str) -> String {
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let stage = build.stages.last().unwrap();
        let is_musl = super::is_musl(&build, root(&build, stage).index);
        match if is_musl { to_glibc(&build, stage) } else { to_slim(&build, stage) } {
            Ok(it) => {
                let images = it.tags.into_iter().map(|it| it.image);
                images.chain(it.doubts).collect::<Vec<String>>().join("; ")
            }
            Err(reason) => format!("no: {reason}"),
        }
    }

    #[test]
    fn full_images_become_slim() {
        let cases = [
            ("FROM python:3.12", "python:3.12-slim"),
            ("FROM python:3.12 AS a\nFROM a\nRUN mkdir /x", "python:3.12-slim"),
            ("FROM python:3.12\nRUN git clone x", "no: `git` is used on line 2"),
            (
                "FROM python:3.12\nRUN apt-get update && apt-get install -y git\nRUN git clone x",
                "python:3.12-slim",
            ),
            (
                "FROM python:3.12\nRUN apt-get install -y git\nRUN git clone x",
                "no: line 2 installs without `apt-get update`, so the image has it already",
            ),
            ("FROM python:3.12\nRUN pip install uwsgi", "no: `uwsgi` has no wheel for this Python"),
            ("FROM python:3.12\nRUN python setup.py build_ext", "no: line 2 compiles"),
            (
                "FROM python:3.12\nRUN pip install git+https://example.com/a.git",
                "no: `git+https://example.com/a.git` is fetched with git",
            ),
            (
                "FROM python:3.12\nRUN pip install -r r.txt",
                "python:3.12-slim; `r.txt` could not be read",
            ),
            ("FROM python:${X}", "no: the base image is not known"),
            ("FROM example/python:3.12", "no: no such tag is known of `example/python:3.12`"),
        ];
        for (text, expected) in cases {
            assert_eq!(asked(text), expected, "{text}");
        }
    }

    #[test]
    fn alpine_images_become_slim_together() {
        let cases = [
            ("FROM python:3.12-alpine3.19", "python:3.12-slim"),
            (
                "FROM python:3.12-alpine AS a\nFROM python:3.12-alpine\nCOPY --from=a /x /x",
                "python:3.12-slim; python:3.12-slim",
            ),
            (
                "FROM python:3.12-alpine AS a\nRUN apk add gcc\nFROM python:3.12-alpine\nCOPY --from=a /x /x",
                "no: `apk` on line 2 is Alpine's",
            ),
            ("FROM python:3.12-alpine\nCMD [\"/bin/ash\"]", "no: `/bin/ash` on line 2 is Alpine's"),
            ("FROM python:3.12-alpine\nRUN wget x", "no: `wget` is used on line 2"),
        ];
        for (text, expected) in cases {
            assert_eq!(asked(text), expected, "{text}");
        }
    }
}
