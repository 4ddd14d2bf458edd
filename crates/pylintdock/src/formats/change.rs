//! The places of a fix's edits, in the Dockerfile and in the files around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use context::Files;
use linter::Edit;
use syntax::LineIndex;

use crate::report::Report;

/// Line and column from 1; columns count characters.
pub(crate) type Place = (u32, u32);

/// Finds the places of edits. A file that does not exist counts as empty.
pub(crate) struct Places<'a> {
    files: &'a dyn Files,
    texts: BTreeMap<String, (Arc<str>, LineIndex)>,
}

impl<'a> Places<'a> {
    /// For fixes that edit these files too.
    pub(crate) fn new(files: &'a dyn Files) -> Places<'a> {
        Places { files, texts: BTreeMap::new() }
    }

    /// Where an edit begins and ends.
    pub(crate) fn of(&mut self, report: &Report<'_>, edit: &Edit) -> (Place, Place) {
        let Some(path) = &edit.path else {
            return (report.place(edit.span.start), report.place(edit.span.end));
        };
        let (text, lines) = self.texts.entry(path.clone()).or_insert_with(|| {
            let text = self.files.read(path).unwrap_or_default();
            let lines = LineIndex::new(&text);
            (text, lines)
        });
        (lines.place(text, edit.span.start), lines.place(text, edit.span.end))
    }
}
