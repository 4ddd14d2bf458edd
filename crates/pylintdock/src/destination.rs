//! Where findings are printed: `FORMAT` for standard output, `FORMAT=FILE` for a file.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command, ValueEnum};
use project::Problem;

use crate::arguments::Check;
use crate::formats::{Format, Summary, closing, opening, separator};

/// A format and the file that it goes to; `None` is standard output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

/// Reads a [`Destination`] from the command line.
#[derive(Clone)]
pub(crate) struct DestinationParser;

impl TypedValueParser for DestinationParser {
    type Value = Destination;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<Destination, clap::Error> {
        let text = value.to_string_lossy();
        let (name, file) = match text.split_once('=') {
            Some((name, file)) => (name, Some(file)),
            None => (&*text, None),
        };
        let format = Format::from_str(name, false);
        match (format, file) {
            (Ok(format), None) => Ok(Destination { format, file: None }),
            (Ok(format), Some("-")) => Ok(Destination { format, file: None }),
            (Ok(format), Some(file)) if !file.is_empty() => {
                Ok(Destination { format, file: Some(PathBuf::from(file)) })
            }
            _ => {
                let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
                let argument = argument.map_or_else(String::new, ToString::to_string);
                error.insert(ContextKind::InvalidArg, ContextValue::String(argument));
                error.insert(ContextKind::InvalidValue, ContextValue::String(text.to_string()));
                let names = Format::value_variants().iter().map(|it| self::name(*it));
                let names: Vec<String> = names.collect();
                if let Some(near) = syntax::closest(name, names.iter().map(String::as_str)) {
                    let near = ContextValue::String(near.to_owned());
                    error.insert(ContextKind::SuggestedValue, near);
                }
                error.insert(ContextKind::ValidValue, ContextValue::Strings(names));
                Err(error)
            }
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

/// The destinations that the command line asks for.
///
/// # Errors
/// Two of them would mix, or cannot hold what is wanted.
pub(crate) fn destinations(options: &Check) -> Result<Vec<Destination>, Problem> {
    let mut res = options.output_format.clone();
    if let Some(file) = &options.output_file {
        let [Destination { file: place @ None, .. }] = res.as_mut_slice() else {
            return Err(Problem::new(
                "",
                "--output-file needs exactly one --output-format; for several write \
                 --output-format FORMAT=FILE for each",
            ));
        };
        let text = file.to_string_lossy();
        let begins_with = |it: &Format| text.starts_with(&format!("{}=", name(*it)));
        if Format::value_variants().iter().any(begins_with) {
            let sentence = format!(
                "-o names a file, and `{text}` has a format in front; write --output-format {text}, or -o with a file alone"
            );
            return Err(Problem::new("", sentence));
        }
        *place = Some(file.clone()).filter(|it| it.as_os_str() != "-");
    }
    for (at, one) in res.iter().enumerate() {
        let name = name(one.format);
        if res[..at].iter().any(|it| it.file == one.file) {
            let sentence = match &one.file {
                None => format!(
                    "two formats would mix on standard output; write one of them to a file: \
                     --output-format {name}=FILE"
                ),
                Some(file) => format!("two formats would go to `{}`", file.display()),
            };
            return Err(Problem::new("", sentence));
        }
        if options.statistics && !one.format.has_statistics() {
            let sentence = format!(
                "`{name}` has no place for --statistics; formats for counts are full, concise, json, json-lines, \
                 markdown and html"
            );
            return Err(Problem::new("", sentence));
        }
        if options.diff && one.file.is_some() {
            let sentence =
                "--diff prints a diff and no findings; run again without it to write a report";
            return Err(Problem::new("", sentence));
        }
    }
    Ok(res)
}

fn name(format: Format) -> String {
    format.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned())
}

/// The places of one run, written to while it goes on.
pub(crate) struct Outputs {
    all: Vec<Writing>,
}

struct Writing {
    destination: Destination,
    /// `None` for standard output.
    file: Option<BufWriter<File>>,
    failure: Option<io::Error>,
    is_empty: bool,
    /// Fragments that wait for the sums, which come first.
    held: String,
}

impl Outputs {
    /// Opens the files, so that what cannot be written is told before any work is done.
    ///
    /// # Errors
    /// A file that cannot be made.
    pub(crate) fn open(destinations: &[Destination]) -> Result<Outputs, Problem> {
        let all: Result<Vec<Writing>, Problem> = destinations.iter().map(Writing::open).collect();
        Ok(Outputs { all: all? })
    }

    /// The formats, in the order of the fragments of a file.
    pub(crate) fn formats(&self) -> impl Iterator<Item = (Format, bool)> {
        self.all.iter().map(|it| (it.destination.format, it.destination.file.is_some()))
    }

    /// Whether a sentence for a reader belongs on standard output: nothing goes there that a program reads.
    pub(crate) fn is_for_readers(&self) -> bool {
        let mut standard = self.all.iter().filter(|it| it.destination.file.is_none());
        standard.all(|it| it.destination.format.is_for_readers())
    }

    /// Whether something is written that a reader of standard output who leaves does not stop.
    pub(crate) fn has_files(&self) -> bool {
        self.all.iter().any(|it| it.file.is_some())
    }

    /// Begins.
    pub(crate) fn begin(&mut self, summary: &Summary, say: &mut dyn FnMut(&str)) {
        for writing in self.all.iter_mut().filter(|it| !it.destination.format.begins_with_sums()) {
            writing.write(&opening(writing.destination.format, summary), say);
        }
    }

    /// Adds the fragments of one file, one for each format.
    pub(crate) fn add(&mut self, fragments: &[String], say: &mut dyn FnMut(&str)) {
        for (writing, fragment) in self.all.iter_mut().zip(fragments) {
            let format = writing.destination.format;
            if fragment.is_empty() {
                continue;
            }
            if format.begins_with_sums() {
                writing.held.push_str(fragment);
                continue;
            }
            // An array begins on a line of its own.
            let before = match (writing.is_empty, format) {
                (true, Format::Json | Format::Gitlab) => "\n",
                (true, _) => "",
                (false, format) => separator(format),
            };
            writing.write(before, say);
            writing.write(fragment, say);
            writing.is_empty = false;
        }
    }

    /// Ends; tells which files could not be written.
    pub(crate) fn end(mut self, summary: &Summary, say: &mut dyn FnMut(&str)) -> Vec<Problem> {
        let mut problems = Vec::new();
        for writing in &mut self.all {
            let format = writing.destination.format;
            if format.begins_with_sums() {
                writing.write(&opening(format, summary), say);
                let held = std::mem::take(&mut writing.held);
                writing.write(&held, say);
            }
            writing.write(&closing(format, summary, writing.is_empty), say);
            problems.extend(writing.finish());
        }
        problems
    }
}

impl Writing {
    fn open(destination: &Destination) -> Result<Writing, Problem> {
        let file = match &destination.file {
            None => None,
            Some(path) => Some(create(path).map_err(|it| Problem::of_writing(path, &it))?),
        };
        Ok(Writing {
            destination: destination.clone(),
            file: file.map(BufWriter::new),
            failure: None,
            is_empty: true,
            held: String::new(),
        })
    }

    fn write(&mut self, text: &str, say: &mut dyn FnMut(&str)) {
        match &mut self.file {
            None => say(text),
            Some(file) if self.failure.is_none() => {
                self.failure = file.write_all(text.as_bytes()).err();
            }
            Some(_) => {}
        }
    }

    fn finish(&mut self) -> Option<Problem> {
        let path = self.destination.file.as_deref()?;
        let failure = match (self.failure.take(), &mut self.file) {
            (None, Some(file)) => file.flush().err(),
            (failure, _) => failure,
        };
        failure.map(|it| Problem::of_writing(path, &it))
    }
}

/// Makes the directories on the way too, as a report often goes to one that only holds reports.
fn create(path: &Path) -> io::Result<File> {
    if let Some(parent) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(parent)?;
    }
    File::create(path)
}
