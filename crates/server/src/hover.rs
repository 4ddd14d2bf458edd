//! What is known of the thing under the cursor, as Markdown.

use std::fmt::Write;

use knowledge::image::{Answer, Basis, Image, Libc, PackageManager, Python, User};
use knowledge::python_package::{self, Native};
use knowledge::wheel::{Architecture, Wheel, has_wheel};
use linter::Date;
use model::layers::layers;
use model::{Build, Step};
use syntax::{Expansion, Instruction, Keyword, Span};

use crate::links::rules_in_comments;
use crate::names::{self, Meaning};
use crate::reference;
use crate::sizes;

/// What is known, and of which bytes.
pub(crate) fn hover(build: &Build<'_>, offset: usize, today: Date) -> Option<(String, Span)> {
    let here = Span::at(offset);
    if let Some((span, rule)) =
        rules_in_comments(build.file).into_iter().find(|it| it.0.contains(here))
    {
        let text = format!(
            "**{}**\n\n{}\n\n{}\n\n[the whole page]({})",
            rule.name,
            rule.facts(),
            rule.summary(),
            linter::link(rule.name)
        );
        return Some((text, span));
    }
    let step = build.steps.iter().find(|it| it.instruction.span.contains(here))?;
    let instruction = step.instruction;
    if instruction.keyword_span.contains(here) {
        let entry = reference::entry(instruction.keyword)?;
        let mut text = format!("```dockerfile\n{}\n```\n{}", entry.usage, entry.text);
        let layer = layers(build).into_iter().find(|it| it.step == step.index);
        if let Some(size) = layer.and_then(|it| sizes::described(&it)) {
            text += &format!("\n\n{size}");
        }
        return Some((text, instruction.keyword_span));
    }
    name(build, step, offset)
        .or_else(|| flag(instruction, here))
        .or_else(|| base_image(build, step, here, today))
        .or_else(|| package(build, step, here))
}

fn flag(instruction: &Instruction<'_>, here: Span) -> Option<(String, Span)> {
    let flag = instruction.flags.iter().find(|it| it.span.contains(here))?;
    let entry = reference::flags(instruction.keyword).find(|it| it.name == flag.name)?;
    Some((format!("**--{}**\n\n{}", entry.name, entry.text), flag.span))
}

fn name(build: &Build<'_>, step: &Step<'_>, offset: usize) -> Option<(String, Span)> {
    let found = names::occurrences(build);
    let it = names::at(&found, offset)?;
    let text = match &it.meaning {
        Meaning::Stage(index) => {
            let stage = build.stages.get(*index)?;
            let name = stage.name.map_or("", |it| it.text.as_ref());
            let image = stage.image.map_or("", |it| it.text.as_ref());
            let shipped = if stage.is_shipped { "part of what is shipped" } else { "not shipped" };
            format!("stage `{name}`, built from `{image}`, {shipped}")
        }
        Meaning::Variable { name, .. } => {
            if step.stage.is_none() || step.instruction.keyword == Keyword::From {
                return Some((global(build, name), it.span));
            }
            // At its own ARG or ENV a name has the value that it gets there.
            let at = match it.is_definition {
                true => build.steps.get(step.index + 1).filter(|it| it.stage == step.stage)?,
                false => step,
            };
            match build.variable(at, name) {
                Expansion::Value(value) if value.is_empty() => format!("`{name}` is empty here"),
                Expansion::Value(value) => {
                    let (value, is_open) = shown(name, &value);
                    let rest = if is_open { "; `…` is what the base image has" } else { "" };
                    format!("`{name}` is `{value}` here{rest}")
                }
                Expansion::Unset => format!("`{name}` has no value here"),
                Expansion::Unknown => format!("`{name}` gets its value when the image is built"),
            }
        }
    };
    Some((text, it.span))
}

/// The value of a variable for a reader, and whether there is more to it. Every image has a PATH, which no table tells: where
/// ENV adds to that, an empty part is left.
pub(crate) fn shown(name: &str, value: &str) -> (String, bool) {
    let parts: Vec<&str> = value.split(':').collect();
    let is_open = name == "PATH" && parts.len() > 1 && parts.contains(&"");
    let part = |it: &str| if it.is_empty() && is_open { "…".to_owned() } else { it.to_owned() };
    let parts: Vec<String> = parts.into_iter().map(part).collect();
    (parts.join(":"), is_open)
}

/// An ARG above the first FROM: what it is unless the command line says otherwise.
fn global(build: &Build<'_>, name: &str) -> String {
    let above = build.steps.iter().take_while(|it| it.stage.is_none());
    let pairs = above.flat_map(|it| it.instruction.arguments.pairs());
    let given = pairs.filter(|it| it.name.text == name).last();
    match given.and_then(|it| it.value.as_ref()) {
        Some(value) => format!("`{name}` is `{}` unless `--build-arg` sets it", value.text),
        None => format!("`{name}` gets its value from `--build-arg`"),
    }
}

fn base_image(
    build: &Build<'_>,
    step: &Step<'_>,
    here: Span,
    today: Date,
) -> Option<(String, Span)> {
    let stage = build.stage(step).filter(|it| it.steps.start == step.index)?;
    let word = stage.image.filter(|it| it.span.contains(here))?;
    let image = build.image(stage)?;
    let mut text = format!("**{}**\n", word.text);
    match image.basis {
        Basis::Unknown => return Some((text + "\nnothing is known of this image", word.span)),
        Basis::Convention => text += "\nonly what its name says:\n",
        Basis::Table => text += "\n",
    }
    facts(&image, today, &mut text);
    Some((text, word.span))
}

/// A list of what is known of an image.
fn facts(image: &Image, today: Date, res: &mut String) {
    let mut fact = |text: String| {
        let _never_fails = writeln!(res, "- {text}");
    };
    if let Some(release) = image.release {
        let floats = if image.release_floats { ", and moves on with its tag" } else { "" };
        fact(format!(
            "{} {} ({}){floats}",
            image.distribution.name(),
            release.version(),
            release.name()
        ));
        if let Some(end) = release.end_of_support() {
            let verb = if end < today { "ended" } else { "ends" };
            fact(format!("support of the distribution {verb} on {end}"));
        }
    } else if image.distribution != knowledge::image::Distribution::Unknown {
        fact(image.distribution.name().to_owned());
    }
    match image.libc {
        Libc::Glibc(Some((major, minor))) => fact(format!("glibc {major}.{minor}")),
        Libc::Glibc(None) => fact("glibc".to_owned()),
        Libc::Musl(_) => {
            fact("musl: wheels for `manylinux` do not fit, only those for `musllinux`".to_owned())
        }
        Libc::Unknown => {}
    }
    match image.python {
        Python::Present { version: Some((major, minor)), .. } => {
            let floats = if image.python_floats { ", and moves on with its tag" } else { "" };
            fact(format!("Python {major}.{minor}{floats}"));
            let release = knowledge::release::python_release((major, minor));
            if let Some(end) = release.and_then(|it| it.end_of_life()) {
                let verb = if end < today { "ended" } else { "ends" };
                fact(format!("support of Python {major}.{minor} {verb} on {end}"));
            }
        }
        Python::Present { version: None, .. } => fact("Python".to_owned()),
        Python::Absent => fact("no Python".to_owned()),
        Python::Unknown => {}
    }
    match image.has_compiler {
        Answer::Yes => fact("a C compiler".to_owned()),
        Answer::No => fact("no C compiler".to_owned()),
        Answer::Unknown => {}
    }
    if image.package_manager != PackageManager::Unknown {
        let name = format!("{:?}", image.package_manager).to_lowercase();
        fact(match image.package_manager {
            PackageManager::None => "no package manager".to_owned(),
            _ => format!("packages by `{name}`"),
        });
    }
    if let User::Other(name) = image.user {
        fact(format!("runs as `{name}`"));
    }
}

/// A Python package that a command of a RUN names.
fn package(build: &Build<'_>, step: &Step<'_>, here: Span) -> Option<(String, Span)> {
    let run = step.run()?;
    let installs = |it: &&model::RunCall<'_>| {
        let tool = it.call.tool.name();
        ["pip", "uv", "poetry", "pdm", "pipenv"].iter().any(|name| tool.starts_with(name))
    };
    let mut operands = run.calls.iter().filter(installs).flat_map(|it| &it.call.operands);
    let operand = operands.find(|it| it.span.contains(here))?;
    let requirement = context::parse_requirement(operand.text.as_deref()?, 0).ok()?;
    let package = python_package::package(&requirement.normalized_name()?)?;
    let mut text = format!("**{}**\n\n", package.name());
    if let Some(newest) = package.newest() {
        let _never_fails = writeln!(text, "- newest known release {newest}");
    }
    let spoken = match package.native() {
        Native::Yes => Some("holds compiled code"),
        Native::Optional => Some("holds compiled code where it can be compiled"),
        Native::No => Some("is pure Python"),
        Native::Unknown => None,
    };
    if let Some(spoken) = spoken {
        let _never_fails = writeln!(text, "- {spoken}");
    }
    if let Some(line) = wheels(build, step, package.name(), requirement.pinned()) {
        let _never_fails = writeln!(text, "- {line}");
    }
    if let Some(note) = package.note() {
        let _never_fails = writeln!(text, "- {note}");
    }
    Some((text, operand.span))
}

/// Whether the package has a wheel for the image of the step.
fn wheels(build: &Build<'_>, step: &Step<'_>, name: &str, version: Option<&str>) -> Option<String> {
    let image = build.image(build.stage(step)?)?;
    let python = image.python.version()?;
    let answer = has_wheel(name, version, python, image.libc, Architecture::X86_64);
    let (major, minor) = python;
    let place = format!("Python {major}.{minor} of this image (x86-64)");
    match answer.wheel {
        Wheel::Yes => Some(format!("has a wheel for {place}")),
        Wheel::No { has_sdist: Answer::No } => {
            Some(format!("has neither a wheel nor sources for {place}"))
        }
        Wheel::No { .. } => Some(format!("has no wheel for {place}: it is compiled")),
        Wheel::Excluded => Some(format!("does not accept {place}")),
        Wheel::Unknown => None,
    }
}
