//! The layers of the shipped image, and of the same image after fixes: estimates.

use std::collections::BTreeMap;
use std::sync::Arc;

use context::{Files, Tree};
use linter::{Input, Outcome, Safety};
use model::estimate::readable;
use model::layers::{Layer, layers};
use model::{Build, Surroundings};
use serde::Serialize;

/// A layer for a reader.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) line: usize,
    pub(crate) instruction: String,
    #[serde(flatten)]
    pub(crate) total: Total,
    pub(crate) parts: Vec<Part>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Part {
    pub(crate) what: String,
    /// `null` where it is not known.
    pub(crate) bytes: Option<u64>,
    /// `bytes` is not all of it.
    pub(crate) has_unknown: bool,
    pub(crate) is_wasted: bool,
    /// The size in words.
    #[serde(skip)]
    pub(crate) size: String,
}

/// Sums of what is known; all are estimates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Total {
    pub(crate) bytes: u64,
    pub(crate) wasted: u64,
    /// Some parts are not known and are left out of `bytes`.
    pub(crate) has_unknown: bool,
    /// Some parts that are of no use are not known.
    pub(crate) has_unknown_waste: bool,
}

/// The layers of the image that a text builds, the base image first.
pub(crate) fn rows(input: &Input<'_>) -> Vec<Row> {
    let file = syntax::parse(input.text);
    let scripts = model::scripts(&file);
    let surroundings =
        Surroundings { files: input.files, dockerfile: input.dockerfile, target: input.target };
    rows_of(&Build::new(&file, &scripts, surroundings))
}

/// What the fixes up to `allowed` make of a Dockerfile, with the layers of its image then.
pub(crate) fn after_fixes(input: &Input<'_>, allowed: Safety) -> (Outcome, Vec<Row>) {
    let outcome = linter::fix(rules::ALL, input, allowed);
    let files = Fixed { base: input.files, changed: &outcome.files };
    let rows = rows(&Input { text: &outcome.text, files: &files, ..*input });
    (outcome, rows)
}

fn rows_of(build: &Build<'_>) -> Vec<Row> {
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
                .map(|it| Part {
                    size: it.size(),
                    bytes: it.bytes,
                    has_unknown: it.bytes.is_none() || it.rest.is_some(),
                    is_wasted: it.is_wasted,
                    what: it.what,
                })
                .collect(),
        })
    };
    layers(build).into_iter().filter_map(row).collect()
}

/// The sums of all layers.
pub(crate) fn total(rows: &[Row]) -> Total {
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

/// So little beside what is not known says nothing.
const LEAST_BYTES: u64 = 50_000;

/// What is added and what is of no use: `~214 MB`, `~214 MB+` with unknown parts, `?` if next to nothing is known.
pub(crate) fn cells(total: Total) -> (String, String) {
    let adds = match (total.bytes, total.has_unknown) {
        (0..LEAST_BYTES, true) => "?".to_owned(),
        (bytes, is_open) => readable(bytes) + if is_open { "+" } else { "" },
    };
    let wastes = match (total.wasted, total.has_unknown_waste) {
        (0, false) => String::new(),
        (0..LEAST_BYTES, true) => "?".to_owned(),
        (bytes, is_open) => readable(bytes) + if is_open { "+" } else { "" },
    };
    (adds, wastes)
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
