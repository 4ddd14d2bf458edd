//! The version of Python that a COPY writes into its paths, and one ARG for it and for FROM.

use syntax::{Expansion, Keyword, Span, Word, line_end};

use crate::cleanup::Edit;
use crate::image_reference::tag_range;
use crate::{Base, Build, Copy, CopyFrom, Stage, Step};

/// A feature release of Python, such as `(3, 12)`.
type Version = (u8, u8);

/// Edits that leave what is built as it is, and the name of the ARG that holds the version then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionArgument {
    /// The name.
    pub name: String,
    /// The edits.
    pub edits: Vec<Edit>,
}

/// Where the words of a COPY name the version in `…/lib/python3.10/…`: the place of `3.10`, and what it is.
pub fn in_words(build: &Build<'_>, step: &Step<'_>) -> Vec<(Span, Version)> {
    let words = step.instruction.arguments.words();
    words.iter().filter_map(|it| in_word(build, it)).collect()
}

fn in_word(build: &Build<'_>, word: &Word<'_>) -> Option<(Span, Version)> {
    const BEFORE: &str = "/lib/python";
    let text = word.span.of(build.file.text);
    let at = text.find(BEFORE)? + BEFORE.len();
    let rest = text.get(at..)?;
    let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
    let version = rest.get(..end)?;
    let goes_on = rest.get(end..)?;
    let is_whole = goes_on.is_empty() || goes_on.starts_with(['/', '"']);
    let (major, minor) = version.split_once('.').filter(|_| is_whole)?;
    let version = (major.parse().ok()?, minor.parse().ok()?);
    let start = word.span.start as usize + at;
    Some((Span::new(start, start + end), version))
}

/// One ARG for the version in both FROMs and in the paths of the COPY; or the reason why not, as the end of a sentence.
pub fn version_argument<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    copy: &Copy<'f>,
    places: &[(Span, Version)],
) -> Result<VersionArgument, String> {
    let Some((_, version)) = places.first().copied() else { return Err("nothing is named".into()) };
    if places.iter().any(|it| it.1 != version) {
        return Err("two versions are named".to_owned());
    }
    let own = build.stage(step).and_then(|it| build.lineage(it).last());
    let other = match copy.from {
        CopyFrom::Stage(from) => build.stages.get(from).and_then(|it| build.lineage(it).last()),
        _ => None,
    };
    let (Some(own), Some(other)) = (own, other) else {
        return Err("the other image is not a stage of this file".to_owned());
    };
    for stage in [own, other] {
        let Base::Image { known, .. } = &stage.base else {
            return Err("an image is not known".to_owned());
        };
        let image = stage.image.map_or("", |it| it.span.of(build.file.text));
        if !known.python.is_official() {
            return Err(format!("`{image}` is no official image of Python"));
        }
        if known.python.version() != Some(version) {
            let (major, minor) = version;
            return Err(format!("`{image}` is not known to have Python {major}.{minor}"));
        }
    }
    let text = format!("{}.{}", version.0, version.1);
    let (name, mut edits) = match used_argument(build, own, &text) {
        Some(name) if used_argument(build, other, &text).as_deref() == Some(&name) => {
            (name, Vec::new())
        }
        Some(_) => return Err("the two images do not share a variable".to_owned()),
        None => new_argument(build, [own, other], &text)?,
    };
    match build.declared(step, &name) {
        None => {
            let start = step.instruction.span.start as usize;
            edits.push((Span::at(start), format!("ARG {name}{}", line_end(build.file.text))));
        }
        Some(Expansion::Value(value)) if value == text => {}
        Some(_) => return Err(format!("`{name}` has another value there")),
    }
    edits.extend(places.iter().map(|it| (it.0, format!("${{{name}}}"))));
    Ok(VersionArgument { name, edits })
}

/// The variable with exactly the version as its default with which the tag of a stage begins.
fn used_argument(build: &Build<'_>, stage: &Stage<'_>, version: &str) -> Option<String> {
    let word = stage.image?;
    let tag = word.text.get(tag_range(&word.text)?)?;
    let rest = tag.strip_prefix("${").and_then(|it| it.split_once('}')).map(|it| it.0);
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let plain = tag.strip_prefix('$').map(|it| it.split(|it| !is_name(it)).next().unwrap_or(""));
    let name = rest.or(plain).filter(|it| !it.is_empty() && it.chars().all(is_name))?;
    let before = build.file.instructions.iter().take_while(|it| it.keyword != Keyword::From);
    let mut pairs = before.flat_map(|it| it.arguments.pairs());
    let is_it = pairs
        .any(|it| it.name.text == name && it.value.as_ref().is_some_and(|it| it.text == version));
    is_it.then(|| name.to_owned())
}

/// An ARG before the first FROM, used in both.
fn new_argument(
    build: &Build<'_>,
    stages: [&Stage<'_>; 2],
    version: &str,
) -> Result<(String, Vec<Edit>), String> {
    // Not PYTHON_VERSION, which the official images set to the whole version: builders differ in which of the two counts.
    const NAME: &str = "PYTHON_SERIES";
    let text = build.file.text;
    if text.contains(NAME) {
        return Err(format!("`{NAME}` is used for something else"));
    }
    let first = build.file.instructions.iter().find(|it| it.keyword == Keyword::From);
    let Some(first) = first else { return Err("there is no FROM".to_owned()) };
    let start = first.span.start as usize;
    let mut edits =
        vec![(Span::at(start), format!("ARG {NAME}={version}{}", line_end(build.file.text)))];
    for stage in stages {
        let tag = stage.image.and_then(|word| {
            let range = tag_range(&word.text)?;
            let start = word.span.start as usize + range.start;
            let end = start + version.len();
            let is_written = text.get(start..end) == Some(version)
                && word.text.get(range) == text.get(start..word.span.end as usize);
            let next = text.get(end..).and_then(|it| it.chars().next());
            let is_whole = next.is_none_or(|it| it == '-' || it.is_whitespace());
            (is_written && is_whole).then(|| Span::new(start, end))
        });
        let Some(tag) = tag else {
            let image = stage.image.map_or("", |it| it.span.of(text));
            return Err(format!("`{image}` names more of the version than the path does"));
        };
        let edit = (tag, format!("${{{NAME}}}"));
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    Ok((NAME.to_owned(), edits))
}
