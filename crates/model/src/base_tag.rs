//! Where the tag of a base image is written, in FROM or as the default of an ARG, and how to write another one.

use std::borrow::Cow;

use syntax::{Expansion, Instruction, Keyword, Span, Word};

use crate::image_reference::{ImageReference, tag_range};
use crate::{Base, Build, Stage};

/// Writes another tag for the base image of a stage: the places and what comes there. The reason why it cannot be done,
/// as the end of a sentence, where the tag is put together in a way that is not understood.
pub fn tag_edits<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    tag: &str,
) -> Result<Vec<(Span, String)>, String> {
    let (Base::Image { reference, .. }, Some(word)) = (&stage.base, stage.image) else {
        return Err("the base image is not known".to_owned());
    };
    if reference.digest.is_some() {
        return Err("the image is fixed by a digest".to_owned());
    }
    let old = reference.tag.as_deref().unwrap_or("");
    if let Some(span) = written_at(build, word, old) {
        return Ok(vec![(span, tag.to_owned())]);
    }
    let wanted = format!("{}:{tag}", reference.repository);
    let defaults = defaults(build);
    for (name, value, span) in &defaults {
        // The value lies where a sign that no reference holds comes out.
        let Some(pattern) = expanded(build, word, Some((name, "\u{1}"))) else { continue };
        let Some((head, tail)) = pattern.split_once('\u{1}') else { continue };
        let new = wanted.strip_prefix(head).and_then(|it| it.strip_suffix(tail));
        let Some(new) = new.filter(|it| !it.is_empty() && it != value) else { continue };
        if expanded(build, word, Some((name, new))).as_deref() != Some(wanted.as_str()) {
            continue;
        }
        let others = build.stages.iter().filter(|it| it.index != stage.index);
        for other in others.filter_map(|it| it.image) {
            follows(build, other, (name, new), &reference.repository)?;
        }
        return Ok(vec![(*span, new.to_owned())]);
    }
    Err("the tag is made of variables".to_owned())
}

/// Gives the official image at the bottom of a stage another Python: the image and the edits. `None` where no such tag is
/// known to be built, or it cannot be written.
pub fn with_python<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    version: (u8, u8),
) -> Option<(String, Vec<(Span, String)>)> {
    let root = build.lineage(stage).last()?;
    let Base::Image { reference, known } = &root.base else { return None };
    let tag = reference.tag.as_deref().filter(|_| known.python.is_official())?;
    let new = knowledge::image::with_python(tag, version)?;
    let edits = tag_edits(build, root, &new).ok()?;
    Some((format!("{}:{new}", reference.repository), edits))
}

/// The place of the tag in FROM, if it stands there letter by letter.
fn written_at(build: &Build<'_>, word: &Word<'_>, tag: &str) -> Option<Span> {
    let range = tag_range(&word.text)?;
    let start = word.span.start as usize;
    let span = Span::new(start + range.start, start + range.end);
    let is_whole = build.file.text.get(span.range()) == Some(tag) && !tag.is_empty();
    is_whole.then_some(span)
}

/// ARG before the first FROM with a plain default: name, default, place of the default.
fn defaults<'f>(build: &Build<'f>) -> Vec<(&'f str, &'f str, Span)> {
    let file = build.file;
    let before = file.instructions.iter().take_while(|it| it.keyword != Keyword::From);
    let arguments = before.filter(|it| it.keyword == Keyword::Arg);
    let pairs = arguments.flat_map(|it: &Instruction<'f>| it.arguments.pairs());
    let mut res = Vec::new();
    for pair in pairs {
        let Some(value) = &pair.value else { continue };
        // Quotes may stand around it; only what is inside is replaced.
        let written = value.span.of(file.text);
        let Some(at) = written.find(&*value.text).filter(|_| !value.text.is_empty()) else {
            continue;
        };
        if value.text.contains('$') {
            continue;
        }
        let bare = written.trim_matches(['"', '\'']);
        let inner = bare.len();
        let start = value.span.start as usize + written.find(bare).unwrap_or(at);
        let name: &str = match &pair.name.text {
            Cow::Borrowed(name) => name,
            Cow::Owned(_) => continue,
        };
        // What the builder is given counts, not what is written here.
        if !build.wishes.arguments.iter().any(|it| it.0 == name) {
            res.push((name, bare, Span::new(start, start + inner)));
        }
    }
    // The last one of a name counts.
    let last = |name: &str| res.iter().rposition(|it| it.0 == name);
    let keep: Vec<bool> = res.iter().enumerate().map(|(at, it)| last(it.0) == Some(at)).collect();
    let mut keep = keep.into_iter();
    res.retain(|_| keep.next().unwrap_or(false));
    res
}

/// A word of FROM with its variables replaced, one of them by another value.
fn expanded(build: &Build<'_>, word: &Word<'_>, change: Option<(&str, &str)>) -> Option<String> {
    let defaults = defaults(build);
    let lookup = |name: &str| match change {
        Some((changed, value)) if changed == name => Expansion::Value(value.to_owned()),
        _ => match defaults.iter().find(|it| it.0 == name) {
            Some(it) => Expansion::Value(it.1.to_owned()),
            None => Expansion::Unknown,
        },
    };
    Some(syntax::expand(&word.text, build.file.escape, &lookup).ok()??.into_owned())
}

/// Whether another FROM that uses the variable names an image that exists, after the change.
fn follows(
    build: &Build<'_>,
    word: &Word<'_>,
    change: (&str, &str),
    repository: &str,
) -> Result<(), String> {
    let (before, after) = (expanded(build, word, None), expanded(build, word, Some(change)));
    if before == after {
        return Ok(());
    }
    let reference = after.as_deref().and_then(ImageReference::parse);
    let is_known = reference.as_ref().is_some_and(|it| {
        let is_same = it.repository == repository;
        is_same && it.tag.as_deref().is_some_and(knowledge::image::is_python_tag)
    });
    if is_known {
        return Ok(());
    }
    Err(format!("another FROM uses `{}` as well", change.0))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    /// The lines that differ after the edits for the last stage, or the reason.
    fn edited(text: &str, tag: &str) -> String {
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        match tag_edits(&build, build.stages.last().unwrap(), tag) {
            Ok(edits) => {
                let mut res = text.to_owned();
                for (span, new) in edits {
                    res.replace_range(span.range(), &new);
                }
                res.replace('\n', "; ")
            }
            Err(reason) => format!("no: {reason}"),
        }
    }

    #[test]
    fn tags_are_found_where_they_are_written() {
        for (text, tag, expected) in [
            ("FROM python:3.8-slim AS a", "3.11-slim", "FROM python:3.11-slim AS a"),
            ("ARG V=3.8\nFROM python:${V}-slim", "3.11-slim", "ARG V=3.11; FROM python:${V}-slim"),
            (
                "ARG T=\"3.8-slim\"\nFROM python:$T",
                "3.11-slim",
                "ARG T=\"3.11-slim\"; FROM python:$T",
            ),
            ("ARG I=python:3.8\nFROM $I", "3.11", "ARG I=python:3.11; FROM $I"),
            (
                "ARG V=3.8\nARG D=buster\nFROM python:${V}-slim-${D}",
                "3.8-slim-bookworm",
                "ARG V=3.8; ARG D=bookworm; FROM python:${V}-slim-${D}",
            ),
            (
                "ARG V=3.8\nARG D=buster\nFROM python:${V}-slim-${D}",
                "3.11-slim-bookworm",
                "no: the tag is made of variables",
            ),
            (
                "ARG V=3.8\nFROM example/x:$V AS a\nFROM python:$V",
                "3.11",
                "no: another FROM uses `V` as well",
            ),
            (
                "ARG V=3.8\nFROM python:$V AS a\nFROM python:$V-slim",
                "3.11-slim",
                "ARG V=3.11; FROM python:$V AS a; FROM python:$V-slim",
            ),
            ("FROM python:${V:-3.8}", "3.11", "no: the base image is not known"),
            ("FROM python:3.8@sha256:aa", "3.11", "no: the image is fixed by a digest"),
        ] {
            assert_eq!(edited(text, tag), expected, "{text}");
        }
    }
}
