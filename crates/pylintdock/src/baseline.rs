//! Findings that are known and do not count: a file of how often each rule found what in which Dockerfile.
//!
//! A finding is known by its path, its rule and the text that it speaks of, so that lines may come and go above it. The
//! file is sorted and has one of them on a line, so that two branches merge.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use linter::Diagnostic;
use project::{Problem, relative_to};
use serde::{Deserialize, Serialize};

use crate::fingerprint::text_of_place;
use crate::report::Report;

/// A later version of the file would not be understood by this program.
const VERSION: u32 = 1;

/// How often, by rule and text.
pub(crate) type Counts = BTreeMap<String, BTreeMap<String, usize>>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u32,
    /// By path, relative to the file.
    findings: BTreeMap<String, Counts>,
}

/// The known findings of some Dockerfiles.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    /// Where the file is; its paths are relative to this.
    directory: PathBuf,
    findings: BTreeMap<String, Counts>,
}

/// What a new baseline has that the old one had not, and the other way round.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) n_new: usize,
    pub(crate) n_gone: usize,
}

impl Baseline {
    /// An empty one at a place.
    pub(crate) fn new(path: &Path) -> Baseline {
        let directory = path.parent().filter(|it| !it.as_os_str().is_empty());
        let directory = directory.unwrap_or(Path::new("."));
        let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
        Baseline { directory, findings: BTreeMap::new() }
    }

    /// Reads one.
    ///
    /// # Errors
    /// The file cannot be read, or is none that this program wrote.
    pub(crate) fn read(path: &Path) -> Result<Baseline, Problem> {
        let name = path.display().to_string();
        let text = project::read_text(path).map_err(|it| match it.kind() {
            std::io::ErrorKind::NotFound => Problem::new(
                &name,
                format!(
                    "there is no baseline `{name}`; write it with `pylintdock check --write-baseline {name}`"
                ),
            ),
            _ => Problem::of_reading(path, &it),
        })?;
        let problem = |what: String| {
            let sentence = format!(
                "`{name}` is no baseline: {what}; write it anew with `pylintdock check --write-baseline {name}`"
            );
            Problem::new(&name, sentence)
        };
        let written: Written = serde_json::from_str(&text).map_err(|it| {
            let (line, column) = (it.line(), it.column());
            problem(format!("--write-baseline wrote nothing like line {line}, column {column}"))
        })?;
        if written.version != VERSION {
            return Err(problem(format!("its version is {}, not {VERSION}", written.version)));
        }
        Ok(Baseline { findings: written.findings, ..Baseline::new(path) })
    }

    fn name_of(&self, file: &Path) -> String {
        relative_to(file, &self.directory)
    }

    /// What is known of a Dockerfile.
    pub(crate) fn of(&self, file: &Path) -> Option<&Counts> {
        self.findings.get(&self.name_of(file))
    }

    /// Puts what was found in a Dockerfile in place of what was known of it. What rules that did not run had found stays.
    pub(crate) fn replace(
        &mut self,
        file: &Path,
        found: Counts,
        ran: &dyn Fn(&str) -> bool,
    ) -> Difference {
        let name = self.name_of(file);
        let before = self.findings.remove(&name).unwrap_or_default();
        let (before, mut after): (Counts, Counts) = before.into_iter().partition(|it| ran(&it.0));
        let n_before = n_of(&before);
        let kept = before.iter().map(|(rule, texts)| {
            let now =
                |text: &str| found.get(rule).and_then(|it| it.get(text)).copied().unwrap_or(0);
            texts.iter().map(|it| now(it.0).min(*it.1)).sum::<usize>()
        });
        let n_kept: usize = kept.sum();
        let res = Difference { n_new: n_of(&found) - n_kept, n_gone: n_before - n_kept };
        after.extend(found);
        if !after.is_empty() {
            self.findings.insert(name, after);
        }
        res
    }

    /// How many findings are known of Dockerfiles that are no more.
    pub(crate) fn n_deleted(&self) -> usize {
        self.findings.iter().filter(|it| !self.is_there(it.0)).map(|it| n_of(it.1)).sum()
    }

    /// Also where it is a link that leads nowhere: what cannot be read is not gone.
    fn is_there(&self, path: &str) -> bool {
        self.directory.join(path).symlink_metadata().is_ok()
    }

    /// Forgets the Dockerfiles that are no more; how many findings those had.
    pub(crate) fn prune(&mut self) -> usize {
        let n_deleted = self.n_deleted();
        let mut findings = std::mem::take(&mut self.findings);
        findings.retain(|path, _| self.is_there(path));
        self.findings = findings;
        n_deleted
    }

    /// All findings.
    pub(crate) fn len(&self) -> usize {
        self.findings.values().map(n_of).sum()
    }

    /// The Dockerfiles with findings.
    pub(crate) fn n_files(&self) -> usize {
        self.findings.len()
    }

    /// Writes it, at one stroke.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write(self, path: &Path) -> Result<(), Problem> {
        let written = Written { version: VERSION, findings: self.findings };
        let text = serde_json::to_string_pretty(&written).unwrap_or_default() + "\n";
        let before = project::read_text(path).ok();
        if before.as_deref() == Some(&text) {
            return Ok(());
        }
        project::write_all(&[project::Change {
            file: path.to_owned(),
            shown: path.display().to_string(),
            before,
            after: text,
            within: vec![self.directory],
        }])
    }
}

fn n_of(counts: &Counts) -> usize {
    counts.values().flat_map(|it| it.values()).sum()
}

/// How often each rule found what.
pub(crate) fn counts(report: &Report<'_>) -> Counts {
    let mut res = Counts::new();
    for diagnostic in report.diagnostics {
        let texts = res.entry(diagnostic.rule.to_owned()).or_default();
        *texts.entry(text_of_place(report, diagnostic)).or_default() += 1;
    }
    res
}

/// Takes the counterpart of a finding out of what is known; whether there was one.
pub(crate) fn take(known: &mut Counts, report: &Report<'_>, diagnostic: &Diagnostic) -> bool {
    let texts = known.get_mut(diagnostic.rule);
    let count = texts.and_then(|texts| texts.get_mut(&text_of_place(report, diagnostic)));
    match count.filter(|it| **it > 0) {
        Some(count) => {
            *count -= 1;
            true
        }
        None => false,
    }
}

/// What is left of the findings in a text without those that are known; how many were known, and how many that were
/// known are gone although their rule ran.
pub(crate) fn new_ones(
    known: &Counts,
    text: &str,
    found: Vec<Diagnostic>,
    ran: &dyn Fn(&str) -> bool,
) -> (Vec<Diagnostic>, usize, usize) {
    let mut left = known.clone();
    let report = Report::new("", text, &found);
    let is_new: Vec<bool> = found.iter().map(|it| !take(&mut left, &report, it)).collect();
    let n_found = found.len();
    let mut is_new = is_new.into_iter();
    let mut found = found;
    found.retain(|_| is_new.next().unwrap_or(true));
    left.retain(|rule, _| ran(rule));
    let n_known = n_found - found.len();
    (found, n_known, n_of(&left))
}
