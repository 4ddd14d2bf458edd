//! `pylintdock layers`: a table of what each layer of the shipped image adds, and the same image after fixes.

use std::process::ExitCode;

use linter::Safety;
use project::Contexts;
use serde::Serialize;

use crate::arguments::{Check, Color, Layers, TableFormat};
use crate::examine::Subject;
use crate::job::{Job, Plan};
use crate::output::{ErrorOutput, Output};
use crate::stack::{Part, Row, Total, after_fixes, cells, rows, total};

const COULD_NOT_RUN: u8 = 2;

/// The width of the table.
const WIDTH: usize = 80;
/// The columns before the instruction: the line, what is added, what is of no use.
const INDENT: usize = 30;

/// The layers of one Dockerfile.
#[derive(Debug, Serialize)]
struct Image {
    path: String,
    /// What a Compose or Bake file calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    layers: Vec<Row>,
    total: Total,
    after_safe_fixes: Total,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_unsafe_fixes: Option<Total>,
}

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Layers, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let check = Check {
        paths: options.paths.clone(),
        context: options.context.clone(),
        target: options.target.clone(),
        ..Check::default()
    };
    let plan = match Plan::new(&check, &mut errors) {
        Ok(plan) => plan,
        Err(problem) => {
            errors.error(problem);
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    let mut is_done = !plan.has_problem;
    let mut output = Output::new();
    let contexts = Contexts::default();
    let mut images = Vec::new();
    for job in plan.jobs.iter().flat_map(Job::each_image) {
        match Subject::read(&plan, &contexts, &job) {
            Ok(subject) => images.push(image(options, &plan, &job, &subject)),
            Err(problem) => {
                errors.error(problem);
                is_done = false;
            }
        }
    }
    match options.output_format {
        TableFormat::Json => match serde_json::to_string_pretty(&images) {
            Ok(text) => output.print(&(text + "\n")),
            Err(problem) => errors.error(problem),
        },
        TableFormat::Table => {
            for (at, image) in images.iter().enumerate() {
                output.print(if at > 0 { "\n" } else { "" });
                output.print(&table(image, options.unsafe_fixes));
            }
        }
    }
    if output.finish() && is_done { ExitCode::SUCCESS } else { ExitCode::from(COULD_NOT_RUN) }
}

fn image(options: &Layers, plan: &Plan<'_>, job: &Job, subject: &Subject<'_>) -> Image {
    subject.with_input(plan, job, |input| {
        let layers = rows(input);
        let after = |allowed| total(&after_fixes(input, allowed).1);
        Image {
            path: job.file.shown.clone(),
            name: job.build.as_ref().map(|it| it.name.clone()),
            total: total(&layers),
            layers,
            after_safe_fixes: after(Safety::Safe),
            after_unsafe_fixes: options.unsafe_fixes.then(|| after(Safety::Unsafe)),
        }
    })
}

fn table(image: &Image, has_unsafe: bool) -> String {
    let mut res = match &image.name {
        Some(name) => format!("{}, as `{name}`\n", image.path),
        None => format!("{}\n", image.path),
    };
    res += &format!("{:>5}  {:>10}  {:>9}  instruction\n", "line", "adds", "no use");
    for row in &image.layers {
        let instruction = cut(&row.instruction, WIDTH - INDENT);
        let (adds, wastes) = cells(row.total);
        res += &format!("{:>5}  {adds:>10}  {wastes:>9}  {instruction}\n", row.line);
        let says_all = |it: &Part| !(it.is_wasted || it.bytes.is_some() && it.has_unknown);
        let is_plain = matches!(row.parts.as_slice(), [only] if says_all(only));
        for part in row.parts.iter().filter(|_| !is_plain) {
            let end = if part.is_wasted { ", of no use" } else { "" };
            let line = format!("{}: {}{end}", part.what, part.size);
            res += &format!("{:INDENT$}{}\n", "", cut(&line, WIDTH - INDENT));
        }
    }
    let mut sums = vec![("in all", image.total), ("after safe fixes", image.after_safe_fixes)];
    sums.extend(image.after_unsafe_fixes.map(|it| ("after all fixes", it)));
    res += "\n";
    for (what, total) in sums {
        let (adds, wastes) = cells(total);
        res += &format!("{:>5}  {adds:>10}  {wastes:>9}  {what}\n", "");
    }
    if image.total.has_unknown || image.total.has_unknown_waste {
        res += "\n`+`: and more, whose size is not known. `~`: an estimate.\n";
    }
    if !has_unsafe {
        res += "With --unsafe-fixes: the same after fixes that may change something.\n";
    }
    res
}

/// The beginning of a text, with a mark where it goes on.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    start.trim_end().to_owned() + "…"
}
