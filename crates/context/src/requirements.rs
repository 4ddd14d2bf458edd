//! Requirements files, read line by line as pip reads them, with a span for every part.

use std::ops::Range;

use syntax::Span;

use crate::requirement::{Requirement, RequirementError, Text, read, read_editable};
use crate::requirement_line::{LogicalLine, logical_lines};
use crate::requirement_options::{FileOption, FoundOption, Word, options_start, read_options};

/// A requirements file, read; never fails.
#[derive(Clone, Debug, Default)]
pub struct Requirements {
    /// All logical lines that are not blank. An option line with several options stands here once for each.
    pub lines: Vec<Line>,
    /// Everything that pip would stop at, in the order of the lines.
    pub errors: Vec<RequirementError>,
}

/// A logical line: continuations joined, comments taken off.
#[derive(Clone, Debug)]
pub struct Line {
    /// The number of its first line in the file, counted from 1.
    pub number: u32,
    /// The whole line, from its first to its last byte that is neither space nor comment.
    pub span: Span,
    /// What it says.
    pub content: Content,
    /// The values of `--hash`: `sha256:…`.
    pub hashes: Vec<Text>,
    /// The other options behind a requirement, such as `--config-settings`. pip ignores those that belong on a line of
    /// their own.
    pub options: Vec<(FileOption, Option<Text>)>,
    /// The names in `${NAME}`: pip puts in their values if they are set.
    pub variables: Vec<Text>,
}

/// What a line of a requirements file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// Something to install.
    Requirement(Requirement),
    /// Something to install in place: `-e`.
    Editable(Requirement),
    /// `-r`: another requirements file, relative to this one.
    Include(Text),
    /// `-c`: a constraints file, relative to this one.
    Constraint(Text),
    /// `-i`: the index instead of PyPI.
    IndexUrl(Text),
    /// `--extra-index-url`: an index beside the first.
    ExtraIndexUrl(Text),
    /// `--no-index`: no index at all.
    NoIndex,
    /// `-f`: a page or directory with archives.
    FindLinks(Text),
    /// `--no-binary`: packages, or `:all:`, that are always compiled.
    NoBinary(Text),
    /// `--only-binary`: packages, or `:all:`, that are never compiled.
    OnlyBinary(Text),
    /// `--prefer-binary`: an older version with a wheel rather than a newer one without.
    PreferBinary,
    /// `--require-hashes`: every requirement needs a hash.
    RequireHashes,
    /// `--pre`: pre-releases will do.
    Pre,
    /// `--trusted-host`: a host without a valid certificate.
    TrustedHost(Text),
    /// Any other option on a line of its own.
    Option(FileOption, Option<Text>),
    /// Not readable as it stands, but variables in it may make it so.
    Undetermined,
    /// pip stops here; the reason is in [`Requirements::errors`].
    Error,
}

impl Requirements {
    /// Reads a requirements file.
    pub fn parse(text: &str) -> Requirements {
        let mut res = Requirements::default();
        for line in logical_lines(text) {
            res.add(&line);
        }
        res
    }

    /// Everything to install, editables included, with its line.
    pub fn requirements(&self) -> impl Iterator<Item = (&Line, &Requirement)> {
        self.lines.iter().filter_map(|line| line.requirement().map(|it| (line, it)))
    }

    fn add(&mut self, line: &LogicalLine<'_>) {
        let text = line.text();
        let start = options_start(text);
        let requirement = 0..text.get(..start).unwrap_or(text).trim_end().len();
        let options = match read_options(text, start) {
            Ok(options) => options,
            Err(error) => {
                let span = line.span(error.range);
                self.errors.push(RequirementError { span, message: error.message });
                self.lines.push(new_line(line, Content::Error));
                return;
            }
        };
        let is = |wanted: FileOption| move |it: &&FoundOption| it.option == wanted;
        let include = options.iter().find(is(FileOption::Requirement));
        let constraint = options.iter().find(is(FileOption::Constraint));
        if !requirement.is_empty() {
            let read = read(&text[requirement], &|it| line.span(it));
            self.add_requirement(line, &options, read, Content::Requirement);
        } else if let Some(value) = value_of(&options, FileOption::Editable) {
            // Within quotes the offsets are not known one by one.
            let is_plain = text.get(value.range.clone()) == Some(value.text.as_str());
            let position = |it: Range<usize>| match is_plain {
                true => line.span(value.range.start + it.start..value.range.start + it.end),
                false => line.span(value.range.clone()),
            };
            let read = read_editable(&value.text, &position);
            self.add_requirement(line, &options, read, Content::Editable);
        } else if let Some(file) = include.or(constraint) {
            // Only one file of a line is read, and no option beside it has an effect.
            self.lines.push(new_line(line, option_content(line, file)));
        } else {
            let contents = options.iter().map(|it| option_content(line, it));
            self.lines.extend(contents.map(|it| new_line(line, it)));
        }
    }

    fn add_requirement(
        &mut self,
        line: &LogicalLine<'_>,
        options: &[FoundOption],
        read: Result<Requirement, RequirementError>,
        content: impl Fn(Requirement) -> Content,
    ) {
        let mut new = new_line(line, Content::Undetermined);
        for it in options {
            let value = it.value.as_ref().map(|it| text_of(line, it));
            match (it.option, value) {
                (FileOption::Hash, Some(hash)) => new.hashes.push(hash),
                (FileOption::Editable, _) => {}
                (option, value) => new.options.push((option, value)),
            }
        }
        match read {
            Ok(requirement) => {
                if new.variables.is_empty() {
                    self.errors.extend_from_slice(&requirement.faults);
                }
                new.content = content(requirement);
            }
            Err(_) if !new.variables.is_empty() => {}
            Err(error) => {
                self.errors.push(error);
                new.content = Content::Error;
            }
        }
        self.lines.push(new);
    }
}

impl Line {
    /// What the line asks to install, in place or not.
    pub fn requirement(&self) -> Option<&Requirement> {
        match &self.content {
            Content::Requirement(it) | Content::Editable(it) => Some(it),
            _ => None,
        }
    }

    /// The one version that the line allows, if it names a package and pins it.
    pub fn pinned(&self) -> Option<&str> {
        self.requirement().and_then(Requirement::pinned)
    }
}

fn new_line(line: &LogicalLine<'_>, content: Content) -> Line {
    Line {
        number: line.number,
        span: line.span(0..line.text().len()),
        content,
        hashes: Vec::new(),
        options: Vec::new(),
        variables: variables(line),
    }
}

fn value_of(options: &[FoundOption], wanted: FileOption) -> Option<&Word> {
    options.iter().find(|it| it.option == wanted).and_then(|it| it.value.as_ref())
}

fn text_of(line: &LogicalLine<'_>, word: &Word) -> Text {
    Text { text: word.text.clone(), span: line.span(word.range.clone()) }
}

fn option_content(line: &LogicalLine<'_>, found: &FoundOption) -> Content {
    let value = found.value.as_ref().map(|it| text_of(line, it));
    match (found.option, value) {
        (FileOption::Requirement, Some(path)) => Content::Include(path),
        (FileOption::Constraint, Some(path)) => Content::Constraint(path),
        (FileOption::IndexUrl, Some(url)) => Content::IndexUrl(url),
        (FileOption::ExtraIndexUrl, Some(url)) => Content::ExtraIndexUrl(url),
        (FileOption::NoIndex, _) => Content::NoIndex,
        (FileOption::FindLinks, Some(place)) => Content::FindLinks(place),
        (FileOption::NoBinary, Some(names)) => Content::NoBinary(names),
        (FileOption::OnlyBinary, Some(names)) => Content::OnlyBinary(names),
        (FileOption::PreferBinary, _) => Content::PreferBinary,
        (FileOption::RequireHashes, _) => Content::RequireHashes,
        (FileOption::Pre, _) => Content::Pre,
        (FileOption::TrustedHost, Some(host)) => Content::TrustedHost(host),
        (option, value) => Content::Option(option, value),
    }
}

/// The names in `${NAME}`; pip knows only upper case letters, digits and `_` in them.
fn variables(line: &LogicalLine<'_>) -> Vec<Text> {
    let text = line.text();
    let mut res = Vec::new();
    for (at, _) in text.match_indices("${") {
        let start = at + 2;
        let is_inside = |it: &u8| it.is_ascii_uppercase() || it.is_ascii_digit() || *it == b'_';
        let length = text.bytes().skip(start).take_while(is_inside).count();
        let name = start..start + length;
        if length > 0 && text.as_bytes().get(name.end) == Some(&b'}') {
            res.push(Text { text: text[name.clone()].to_owned(), span: line.span(name) });
        }
    }
    res
}

#[cfg(test)]
mod tests;
