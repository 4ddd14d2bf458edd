//! Which findings count: not those that a baseline knows, and with `--diff-base` only those that have come since.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use linter::Diagnostic;
use project::{Problem, Revision};

use crate::arguments::Check;
use crate::baseline::{self, Baseline};
use crate::earlier::Earlier;
use crate::job::Job;

/// What the findings of a run are held against.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// By the path of the file.
    baselines: BTreeMap<PathBuf, Baseline>,
    /// What is compared with; `None` when all of a file counts.
    revision: Option<Revision>,
}

/// The findings that count, and how many do not.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) found: Vec<Diagnostic>,
    /// Left out because the baseline has them.
    pub(crate) n_known: usize,
    /// In the baseline, and gone.
    pub(crate) n_gone: usize,
    /// Left out because they were there at the revision that is compared with.
    pub(crate) n_unchanged: usize,
}

impl Scope {
    /// Reads the baselines that the command line or the configurations name, and asks git for the earlier texts.
    ///
    /// # Errors
    /// A baseline that cannot be read, a revision that does not exist.
    pub(crate) fn new(options: &Check, jobs: &[Job]) -> Result<Scope, Problem> {
        let mut res = Scope::default();
        for path in jobs.iter().filter_map(|it| file_of(options, it)) {
            if let Entry::Vacant(place) = res.baselines.entry(path) {
                let baseline = Baseline::read(place.key())?;
                place.insert(baseline);
            }
        }
        if let Some(revision) = &options.diff_base {
            let files: Vec<PathBuf> = jobs.iter().map(|it| it.file.file.clone()).collect();
            res.revision = Some(Revision::read(revision, &files)?);
        }
        Ok(res)
    }

    /// How many findings the baselines have of Dockerfiles that are no more.
    pub(crate) fn n_deleted(&self) -> usize {
        self.baselines.values().map(Baseline::n_deleted).sum()
    }

    /// What is compared with.
    pub(crate) fn revision(&self) -> Option<&Revision> {
        self.revision.as_ref()
    }

    /// What counts of the findings in a text of a Dockerfile that was `earlier`.
    pub(crate) fn counted(
        &self,
        options: &Check,
        job: &Job,
        (text, earlier): (&str, Option<&Earlier<'_>>),
        found: Vec<Diagnostic>,
    ) -> Counted {
        let baseline = file_of(options, job).and_then(|it| self.baselines.get(&it));
        let nothing = baseline::Counts::new();
        let (found, n_known, n_gone) = match baseline {
            None => (found, 0, 0),
            Some(baseline) => {
                let known = baseline.of(&job.file.file).unwrap_or(&nothing);
                baseline::new_ones(known, text, found, &|it| job.has_run(it))
            }
        };
        let n_new = found.len();
        let found = changed(earlier, text, found);
        let n_unchanged = n_new - found.len();
        // Of fixes on changed lines only what they leave there is known here.
        let n_gone = if self.revision.is_some() { 0 } else { n_gone };
        Counted { found, n_known, n_gone, n_unchanged }
    }
}

/// The findings that have come since a Dockerfile was `earlier`; all of them where that is not known.
pub(crate) fn changed(
    earlier: Option<&Earlier<'_>>,
    text: &str,
    found: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    match earlier {
        None => found,
        Some(earlier) => earlier.new_ones(text, found),
    }
}

/// The baseline that holds for a Dockerfile.
fn file_of(options: &Check, job: &Job) -> Option<PathBuf> {
    if options.no_baseline || options.write_baseline.is_some() || job.is_nameless {
        return None;
    }
    options.baseline.clone().or_else(|| Some(job.configuration.baseline()?.0))
}
