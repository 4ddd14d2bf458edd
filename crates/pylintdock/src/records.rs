//! `pylintdock check --stdin-jsonl`: Dockerfiles as JSON lines on standard input, findings as JSON lines on standard
//! output, in the order of the records and in constant memory.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use context::MemoryFiles;
use linter::{Date, Input};
use project::{Configuration, Configurations, Contexts, Dockerfile, LARGEST_DOCKERFILE, Source};
use rayon::prelude::*;
use serde::Deserialize;

use crate::arguments::{Check, Color};
use crate::check::start_threads;
use crate::formats::json;
use crate::guard::{guarded, install};
use crate::job::leaves_out;
use crate::output::{ErrorOutput, Output};
use crate::report::Report;

/// Records that are worked on at once, and those that wait: together with the sizes below they bound the memory.
const RECORDS_AT_ONCE: usize = 256;
/// Bytes of records that are worked on at once.
const BYTES_AT_ONCE: usize = 8 * 1024 * 1024;
/// A line with a Dockerfile and its context; a longer one is told and passed over.
const LONGEST_LINE: u64 = 2 * LARGEST_DOCKERFILE;

const COULD_NOT_RUN: u8 = 2;

/// Said behind the first line that is none.
const RECORD: &str = "\
A record is an object on one line: {\"path\": \"app/Dockerfile\", \"content\": \"FROM python:3.13-slim\\n…\"},
and where they count, \"context\": \"DIRECTORY\" or {\"requirements.txt\": \"flask\\n\"}.
";

/// One record. Engines add keys of their own, which say nothing here.
#[derive(Deserialize)]
struct Record {
    /// What findings name; where such a file is, its configuration and context count as well.
    path: String,
    /// The Dockerfile.
    content: String,
    /// The build context.
    context: Option<Context>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Context {
    /// A directory on this machine.
    Directory(PathBuf),
    /// The files themselves, by their path.
    Files(BTreeMap<String, String>),
}

/// A line of the input with its number, or why it could not be read to its end.
struct Line {
    number: u64,
    text: Result<Vec<u8>, String>,
}

/// A record with the configuration that holds for it.
struct Job {
    record: Record,
    file: Dockerfile,
    configuration: Arc<Configuration>,
}

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Check, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let Check { config, select, ignore, .. } = options;
    let configurations = Configurations::new(rules::ALL, config.as_deref(), select, ignore);
    let mut configurations = match configurations {
        Ok(configurations) => configurations,
        Err(problem) => {
            errors.error(problem);
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    install();
    start_threads();
    let today = options.today.unwrap_or_else(project::today);
    let contexts = Contexts::default();
    let (sender, lines) = sync_channel(RECORDS_AT_ONCE);
    let reader = thread::spawn(move || read(|line| sender.send(line).is_ok()));
    let mut output = Output::new();
    let (mut n_records, mut n_found, mut n_bad) = (0_u64, 0, 0_u64);
    while let Some(batch) = next_batch(&lines, &mut output) {
        let jobs: Vec<Result<Job, String>> =
            batch.into_iter().map(|it| job(it, &mut configurations)).collect();
        let work = |job: &Job| guarded(|| check(job, options, today, &contexts));
        let results: Vec<Result<(String, usize), String>> =
            jobs.par_iter().map(|job| job.as_ref().map_err(String::clone).and_then(work)).collect();
        for (job, result) in jobs.iter().zip(results) {
            n_records += 1;
            match result {
                Ok((text, n)) => {
                    n_found += n;
                    output.print(&text);
                }
                Err(sentence) => {
                    n_bad += 1;
                    let place = job.as_ref().map(|it| format!("`{}`: ", it.record.path));
                    errors.error(format_args!("{}{sentence}", place.unwrap_or_default()));
                    if n_bad == 1 && job.is_err() {
                        errors.print(RECORD);
                    }
                }
            }
        }
        contexts.forget_unused();
        configurations.forget_many();
        if output.is_closed() {
            break;
        }
    }
    drop(lines);
    // A reader that waits for input that nobody wants ends with the process.
    if !output.is_closed() {
        let _is_done = reader.join();
    }
    if !options.quiet {
        errors.print(&summary(n_records, n_found, n_bad));
    }
    let status = match (n_bad, n_found) {
        (0, 0) => 0,
        (0, _) => u8::from(!options.exit_zero),
        _ => COULD_NOT_RUN,
    };
    ExitCode::from(if output.finish() { status } else { COULD_NOT_RUN })
}

fn summary(n_records: u64, n_found: usize, n_bad: u64) -> String {
    let bad = match n_bad {
        0 => String::new(),
        1 => "; 1 record could not be read".to_owned(),
        _ => format!("; {n_bad} records could not be read"),
    };
    let plural = |number: u64| if number == 1 { "" } else { "s" };
    format!(
        "Found {n_found} problem{} in {n_records} record{}{bad}\n",
        plural(n_found as u64),
        plural(n_records)
    )
}

/// Waits for one line and takes what else has come; `None` at the end. What was printed goes out before it waits, so
/// that whoever sends one record at a time gets its answer.
fn next_batch(lines: &Receiver<Line>, output: &mut Output) -> Option<Vec<Line>> {
    let first = match lines.try_recv() {
        Ok(line) => line,
        Err(_) => {
            output.flush();
            lines.recv().ok()?
        }
    };
    let size = |it: &Line| it.text.as_ref().map_or(0, Vec::len);
    let mut bytes = size(&first);
    let mut res = vec![first];
    while res.len() < RECORDS_AT_ONCE && bytes < BYTES_AT_ONCE {
        let Ok(line) = lines.try_recv() else { break };
        bytes += size(&line);
        res.push(line);
    }
    Some(res)
}

/// Sends the lines of standard input until nobody wants more; empty ones are passed over.
fn read(mut send: impl FnMut(Line) -> bool) {
    let mut input = BufReader::with_capacity(1 << 20, io::stdin());
    for number in 1.. {
        let text = match next_line(&mut input) {
            Ok(None) => return,
            Ok(Some(text)) => text,
            Err(error) => {
                send(Line { number, text: Err(format!("cannot be read: {error}")) });
                return;
            }
        };
        let is_empty = text.as_ref().is_ok_and(|it| it.trim_ascii().is_empty());
        if !is_empty && !send(Line { number, text }) {
            return;
        }
    }
}

/// The next line; an error inside for one that is too long, whose rest is passed over.
fn next_line(input: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, String>>> {
    let mut text = Vec::new();
    let n = input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut text)?;
    if n == 0 {
        return Ok(None);
    }
    if n as u64 == LONGEST_LINE && text.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
        let megabytes = LONGEST_LINE / (1024 * 1024);
        return Ok(Some(Err(format!("has more than {megabytes} MB"))));
    }
    Ok(Some(Ok(text)))
}

/// Reads a record.
///
/// # Errors
/// A sentence that names the line.
fn job(line: Line, configurations: &mut Configurations<'_>) -> Result<Job, String> {
    let number = line.number;
    let record: Record = line
        .text
        .and_then(|it| {
            // Behind the line's end there would be another, empty one.
            let text = it.trim_ascii_end();
            serde_json::from_slice(text).map_err(|error| no_record(text, &error))
        })
        .map_err(|it| format!("line {number} of standard input {it}"))?;
    if let Some(Context::Directory(directory)) = &record.context
        && !directory.is_dir()
    {
        let (path, directory) = (&record.path, directory.display());
        return Err(format!(
            "line {number} of standard input: the context `{directory}` of `{path}` is not a directory here"
        ));
    }
    let file = project::named(Path::new(&record.path));
    let configuration = configurations
        .nearest(&file.directory)
        .map_err(|it| format!("line {number} of standard input: {it}"))?;
    Ok(Job { record, file, configuration })
}

/// What is wrong with a line that is no record. The reader's own message counts lines too, of which there is but one.
fn no_record(text: &[u8], error: &serde_json::Error) -> String {
    let column = error.column();
    let message = error.to_string();
    let message = message.strip_suffix(&format!(" at line {} column {column}", error.line()));
    let message = message.map_or_else(|| error.to_string(), str::to_owned);
    // A whole object is read before its fields are.
    let place = match column == 0 || error.is_data() && column >= text.len() {
        true => String::new(),
        false => format!(", in column {column}"),
    };
    match (error.is_data(), message.starts_with("data did not match")) {
        (true, true) => {
            "is no record: `context` is neither a directory nor an object of texts".to_owned()
        }
        (true, false) => format!("is no record: {message}{place}"),
        (false, _) => format!("is no record, since it is no JSON: {message}{place}"),
    }
}

/// The findings of a record as JSON lines, and how many.
fn check(job: &Job, options: &Check, today: Date, contexts: &Contexts) -> (String, usize) {
    let Record { path, content, context } = &job.record;
    if leaves_out(options, &job.file, &job.configuration) {
        return (String::new(), 0);
    }
    let settings = job.configuration.settings(&job.file);
    let target = options.target.as_deref();
    let print = |input: &Input<'_>| {
        let found = linter::check(rules::ALL, input);
        let mut res = String::new();
        let report = Report::new(path, content, &found);
        json::render(&report, input.files, "\n", &mut res);
        if !res.is_empty() {
            res.push('\n');
        }
        (res, found.len())
    };
    if let Some(Context::Files(files)) = context {
        let files = MemoryFiles::new(files.iter().map(|it| (it.0.as_str(), it.1.as_str())));
        return print(&Input {
            text: content,
            dockerfile: "Dockerfile",
            files: &files,
            settings: &settings,
            today,
            target,
            arguments: &[],
            contexts: &[],
        });
    }
    let given = match context {
        Some(Context::Directory(directory)) => directory.canonicalize().ok(),
        _ => None,
    };
    // Beside a file that is not there nothing is to be found out.
    let file = Some(&job.file).filter(|it| given.is_some() || it.file.is_file());
    let source = Source { text: content.clone(), first_invalid_byte: None };
    let subject = project::Subject::new(file, given.as_deref(), source, contexts);
    print(&subject.input(&settings, today, target))
}
