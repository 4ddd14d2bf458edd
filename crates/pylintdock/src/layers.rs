//! `pylintdock layers`: a table of what each layer of the shipped image adds, and the same image after fixes.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Arc;

use context::{Files, Tree};
use linter::Safety;
use model::estimate::readable;
use model::layers::{Layer, layers};
use model::{Build, Surroundings};
use project::Contexts;
use serde::Serialize;

use crate::arguments::{Check, Color, Layers, TableFormat};
use crate::examine::Subject;
use crate::job::{Job, Plan};
use crate::output::{ErrorOutput, Output};

const COULD_NOT_RUN: u8 = 2;

/// The width of the table.
const WIDTH: usize = 80;
/// The columns before the instruction: the line, what is added, what is of no use.
const INDENT: usize = 30;

/// The layers of one Dockerfile.
#[derive(Debug, Serialize)]
struct Image {
    path: String,
    layers: Vec<Row>,
    total: Total,
    after_safe_fixes: Total,
    #[serde(skip_serializing_if = "Option::is_none")]
    after_unsafe_fixes: Option<Total>,
}

/// A layer for a reader.
#[derive(Debug, Serialize)]
struct Row {
    line: usize,
    instruction: String,
    #[serde(flatten)]
    total: Total,
    parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Part {
    what: String,
    /// `null` where it is not known.
    bytes: Option<u64>,
    is_wasted: bool,
}

/// Sums of what is known; all are estimates.
#[derive(Debug, Clone, Copy, Default, Serialize)]
struct Total {
    bytes: u64,
    wasted: u64,
    /// Some parts are not known and are left out of `bytes`.
    has_unknown: bool,
    /// Some parts that are of no use are not known.
    has_unknown_waste: bool,
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
    for job in &plan.jobs {
        match Subject::read(&plan, &contexts, job) {
            Ok(subject) => images.push(image(options, &plan, job, &subject)),
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
    let target = options.target.as_deref();
    let rows = subject.with_model(target, rows);
    let after = |allowed: Safety| {
        let outcome = subject.with_input(plan, job, |it| linter::fix(rules::ALL, it, allowed));
        let files = Fixed { base: subject.files(), changed: &outcome.files };
        let file = syntax::parse(&outcome.text);
        let scripts = model::scripts(&file);
        let dockerfile = subject.path();
        let surroundings = Surroundings { files: &files, dockerfile, target };
        total(&self::rows(&Build::new(&file, &scripts, surroundings)))
    };
    Image {
        path: job.file.shown.clone(),
        total: total(&rows),
        layers: rows,
        after_safe_fixes: after(Safety::Safe),
        after_unsafe_fixes: options.unsafe_fixes.then(|| after(Safety::Unsafe)),
    }
}

fn rows(build: &Build<'_>) -> Vec<Row> {
    let text = build.file.text;
    let row = |layer: Layer| {
        let instruction = build.steps.get(layer.step)?.instruction;
        let start = instruction.span.start as usize;
        let (adds, wastes) = (layer.adds(), layer.wastes());
        Some(Row {
            line: text.get(..start)?.bytes().filter(|it| *it == b'\n').count() + 1,
            instruction: one_line(instruction.span.of(text)),
            total: Total {
                bytes: adds.0,
                wasted: wastes.0,
                has_unknown: adds.1,
                has_unknown_waste: wastes.1,
            },
            parts: layer
                .parts
                .into_iter()
                .map(|it| Part { what: it.what, bytes: it.bytes, is_wasted: it.is_wasted })
                .collect(),
        })
    };
    layers(build).into_iter().filter_map(row).collect()
}

fn total(rows: &[Row]) -> Total {
    rows.iter().fold(Total::default(), |sum, row| Total {
        bytes: sum.bytes + row.total.bytes,
        wasted: sum.wasted + row.total.wasted,
        has_unknown: sum.has_unknown || row.total.has_unknown,
        has_unknown_waste: sum.has_unknown_waste || row.total.has_unknown_waste,
    })
}

/// The words of an instruction, without the ends of its lines.
fn one_line(text: &str) -> String {
    text.split_whitespace().filter(|it| *it != "\\").collect::<Vec<_>>().join(" ")
}

fn table(image: &Image, has_unsafe: bool) -> String {
    let mut res = format!("{}\n", image.path);
    res += &format!("{:>5}  {:>10}  {:>9}  instruction\n", "line", "adds", "no use");
    for row in &image.layers {
        let instruction = cut(&row.instruction, WIDTH - INDENT);
        let (adds, wastes) = cells(row.total);
        res += &format!("{:>5}  {adds:>10}  {wastes:>9}  {instruction}\n", row.line);
        let is_plain = matches!(row.parts.as_slice(), [only] if !only.is_wasted);
        for part in row.parts.iter().filter(|_| !is_plain) {
            let size = part.bytes.map_or("size not known".to_owned(), readable);
            let end = if part.is_wasted { ", of no use" } else { "" };
            let line = format!("{}: {size}{end}", part.what);
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

/// What is added and what is of no use: `~214 MB`, `~214 MB+` with unknown parts, `?` if nothing is known.
fn cells(total: Total) -> (String, String) {
    let adds = match (total.bytes, total.has_unknown) {
        (0, true) => "?".to_owned(),
        (bytes, is_open) => readable(bytes) + if is_open { "+" } else { "" },
    };
    let wastes = match (total.wasted, total.has_unknown_waste) {
        (0, false) => String::new(),
        (0, true) => "?".to_owned(),
        (bytes, is_open) => readable(bytes) + if is_open { "+" } else { "" },
    };
    (adds, wastes)
}

/// The beginning of a text, with a mark where it goes on.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let start: String = text.chars().take(width.saturating_sub(1)).collect();
    start.trim_end().to_owned() + "…"
}

/// The build context with the files that fixes changed.
struct Fixed<'f> {
    base: &'f dyn Files,
    changed: &'f BTreeMap<String, String>,
}

impl Files for Fixed<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        match self.changed.get(path) {
            Some(text) => Some(Arc::from(text.as_str())),
            None => self.base.read(path),
        }
    }

    fn tree(&self) -> Option<&Tree> {
        self.base.tree()
    }
}
