//! Which findings count: not those that a baseline knows, and with `--diff-base` only those on what has changed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use linter::Diagnostic;
use project::Problem;

use crate::arguments::Check;
use crate::baseline::{self, Baseline};
use crate::changed::on_changed;
use crate::job::Job;

/// What the findings of a run are held against.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// By the path of the file.
    baselines: BTreeMap<PathBuf, Baseline>,
    /// What the Dockerfiles were before; those that were not there are absent. `None` when all of a file counts.
    before: Option<HashMap<PathBuf, String>>,
}

/// The findings that count, and how many do not.
#[derive(Debug, Default)]
pub(crate) struct Counted {
    pub(crate) found: Vec<Diagnostic>,
    /// Left out because the baseline has them.
    pub(crate) n_known: usize,
    /// In the baseline, and gone.
    pub(crate) n_gone: usize,
    /// Left out because nothing has changed there.
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
            res.before = Some(project::texts_at(revision, &files)?);
        }
        Ok(res)
    }

    /// What counts of the findings in a text of a Dockerfile.
    pub(crate) fn counted(
        &self,
        options: &Check,
        job: &Job,
        text: &str,
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
        let found = self.changed(job, text, found);
        let n_unchanged = n_new - found.len();
        // Of fixes on changed lines only what they leave there is known here.
        let n_gone = if self.before.is_some() { 0 } else { n_gone };
        Counted { found, n_known, n_gone, n_unchanged }
    }

    /// The findings on what has changed.
    pub(crate) fn changed(&self, job: &Job, text: &str, found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        match &self.before {
            None => found,
            Some(before) => match before.get(&job.file.file) {
                Some(before) => on_changed(before, text, found),
                // All of a new file is new.
                None => found,
            },
        }
    }
}

/// The baseline that holds for a Dockerfile.
fn file_of(options: &Check, job: &Job) -> Option<PathBuf> {
    if options.no_baseline || options.write_baseline.is_some() || job.is_nameless {
        return None;
    }
    options.baseline.clone().or_else(|| job.configuration.baseline())
}
