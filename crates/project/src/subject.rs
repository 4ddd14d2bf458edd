//! A Dockerfile that was read, with what it is built from: what the command and the language server check.

use std::path::{Path, PathBuf};

use context::{Files, NoFiles};
use linter::{Date, Input, Settings};
use model::{Build, Scripts, Surroundings};
use syntax::File;

use crate::{Contexts, DiskFiles, Dockerfile, Source, infer_context, relative_to};

/// A Dockerfile with its build context.
pub struct Subject<'c> {
    /// Its text.
    pub source: Source,
    /// Relative to the context's root.
    path: String,
    /// `None` when the context is not known.
    files: Option<DiskFiles<'c>>,
}

impl<'c> Subject<'c> {
    /// Finds the context of a text: the directory `given`, otherwise the one that what is copied points to. `file` is
    /// `None` for a text that has no place on disk; nothing is known around it but what is given.
    pub fn new(
        file: Option<&Dockerfile>,
        given: Option<&Path>,
        source: Source,
        contexts: &'c Contexts,
    ) -> Subject<'c> {
        let root = match (given, file) {
            (Some(root), _) => Some(root.to_path_buf()),
            (None, Some(file)) => {
                let parsed = parsed_start(&source.text);
                root(file, &without_context(&parsed, &model::scripts(&parsed)))
            }
            (None, None) => None,
        };
        Subject::at(root, file, source, contexts)
    }

    /// Like [`Subject::new`] without a given context, where the text has been read already; see [`without_context`].
    pub fn of_build(
        file: Option<&Dockerfile>,
        source: Source,
        build: &Build<'_>,
        contexts: &'c Contexts,
    ) -> Subject<'c> {
        let root = file.and_then(|it| root(it, build));
        Subject::at(root, file, source, contexts)
    }

    fn at(
        root: Option<PathBuf>,
        file: Option<&Dockerfile>,
        source: Source,
        contexts: &'c Contexts,
    ) -> Subject<'c> {
        let path = match (&root, file) {
            (Some(root), Some(file)) => relative_to(&file.file, root),
            _ => "Dockerfile".to_owned(),
        };
        Subject { source, path, files: root.map(|it| contexts.at(it)) }
    }

    /// Its path, relative to the context's root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The files of the context; none when it is not known.
    pub fn files(&self) -> &dyn Files {
        match &self.files {
            Some(files) => files,
            None => &NoFiles,
        }
    }

    /// The files on disk.
    pub fn disk(&self) -> Option<&DiskFiles<'c>> {
        self.files.as_ref()
    }

    /// What the linter needs to know.
    pub fn input<'s>(
        &'s self,
        settings: &'s Settings,
        today: Date,
        target: Option<&'s str>,
    ) -> Input<'s> {
        Input {
            text: &self.source.text,
            dockerfile: &self.path,
            files: self.files(),
            settings,
            today,
            target,
            arguments: &[],
            contexts: &[],
        }
    }
}

/// Longer than a file written by hand is. What tells the context stands before this many bytes, or is told again.
const TELLING: usize = 64 * 1024;

/// The start of a text that tells the context, parsed.
fn parsed_start(text: &str) -> File<'_> {
    let start = text.as_bytes().get(..TELLING);
    let cut = start.and_then(|it| it.iter().rposition(|it| *it == b'\n'));
    let mut file = syntax::parse(cut.and_then(|at| text.get(..at)).unwrap_or(text));
    if cut.is_some() {
        // The last one may go on behind the cut.
        file.instructions.pop();
    }
    file
}

/// What a Dockerfile means as long as its context is not known.
pub fn without_context<'f>(parsed: &'f File<'f>, scripts: &'f Scripts<'f>) -> Build<'f> {
    let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    Build::new(parsed, scripts, around)
}

/// The context that what is copied points to: the files that must be there are expected wherever it is.
fn root(file: &Dockerfile, build: &Build<'_>) -> Option<PathBuf> {
    let expected = model::expected_files(build);
    let root = infer_context(&file.directory, &expected, &file.outermost);
    // What is not saved yet may claim to be in a directory that does not exist.
    root.filter(|it| it.is_dir())
}
