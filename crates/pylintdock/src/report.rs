//! What was found in one Dockerfile, and how often what was found in all.

use std::collections::BTreeMap;

use linter::{Diagnostic, Safety, Severity};
use syntax::{LineIndex, Span};

use crate::scope::Counted;

/// The findings of one file with the text that they speak of.
pub(crate) struct Report<'a> {
    /// The file as the person knows it.
    pub(crate) path: &'a str,
    /// What the spans refer to.
    pub(crate) text: &'a str,
    /// Where the text's lines begin.
    pub(crate) lines: LineIndex,
    /// Sorted by place.
    pub(crate) diagnostics: &'a [Diagnostic],
    /// The root of the build context as the person knows it, empty for the working directory; `None` if there is none.
    pub(crate) context: Option<String>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(path: &'a str, text: &'a str, diagnostics: &'a [Diagnostic]) -> Report<'a> {
        // Most files have nothing to report, and then nobody asks for lines.
        let lines = LineIndex::new(if diagnostics.is_empty() { "" } else { text });
        Report { path, text, lines, diagnostics, context: None }
    }

    /// The same for a file whose build context is at `root`.
    pub(crate) fn in_context(mut self, root: Option<String>) -> Report<'a> {
        self.context = root;
        self
    }

    /// A path of the build context as the person knows it.
    pub(crate) fn path_in_context(&self, path: &str) -> String {
        match self.context.as_deref() {
            None | Some("") => path.to_owned(),
            Some(root) => format!("{}/{path}", root.trim_end_matches('/')),
        }
    }

    /// The line of the last character of a place.
    pub(crate) fn last_line(&self, span: Span) -> u32 {
        self.lines.line(span.end.saturating_sub(1).max(span.start))
    }

    /// Line and column from 1 of an offset, in characters.
    pub(crate) fn place(&self, offset: u32) -> (u32, u32) {
        self.lines.place(self.text, offset)
    }
}

/// The word for a severity.
pub(crate) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// How the best fix of a finding can be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fixable {
    /// `--fix`.
    Safely,
    /// `--fix --unsafe-fixes`.
    Unsafely,
    /// Only by a person.
    No,
}

/// How the finding can be fixed by a command.
pub(crate) fn fixable(diagnostic: &Diagnostic) -> Fixable {
    match diagnostic.fixes.iter().map(|it| it.safety).min() {
        Some(Safety::Safe) => Fixable::Safely,
        Some(Safety::Unsafe) => Fixable::Unsafely,
        Some(Safety::Manual) | None => Fixable::No,
    }
}

/// How often one rule found something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RuleCount {
    pub(crate) n_found: usize,
    /// The highest that it was reported with.
    pub(crate) severity: Severity,
    pub(crate) n_safe: usize,
    pub(crate) n_unsafe: usize,
}

/// Counts over all files of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) n_errors: usize,
    pub(crate) n_warnings: usize,
    pub(crate) n_infos: usize,
    pub(crate) n_safe: usize,
    pub(crate) n_unsafe: usize,
    /// Files with something to report.
    pub(crate) n_files: usize,
    /// Files that were looked at.
    pub(crate) n_checked: usize,
    /// Fixes that were applied, or would be.
    pub(crate) n_fixed: usize,
    /// Dockerfiles that were changed, or would be.
    pub(crate) n_files_fixed: usize,
    /// Files that were created, or would be, as they are shown.
    pub(crate) created: Vec<String>,
    /// Left out because the baseline has them.
    pub(crate) n_known: usize,
    /// In the baseline, and gone.
    pub(crate) n_gone: usize,
    /// In the baseline, of Dockerfiles that are no more.
    pub(crate) n_deleted: usize,
    /// Files without the stage that `--target` names.
    pub(crate) n_without_stage: usize,
    /// Left out because they were there at the revision that is compared with.
    pub(crate) n_unchanged: usize,
    pub(crate) by_rule: BTreeMap<&'static str, RuleCount>,
}

impl Tally {
    /// Everything that was found.
    pub(crate) fn n_found(&self) -> usize {
        self.n_errors + self.n_warnings + self.n_infos
    }

    /// Counts what was left out of one file.
    pub(crate) fn leave_out(&mut self, counted: &Counted) {
        self.n_known += counted.n_known;
        self.n_gone += counted.n_gone;
        self.n_unchanged += counted.n_unchanged;
    }

    /// Counts what was found in one file.
    pub(crate) fn add(&mut self, diagnostics: &[Diagnostic]) {
        self.n_checked += 1;
        self.n_files += usize::from(!diagnostics.is_empty());
        for diagnostic in diagnostics {
            match diagnostic.severity {
                Severity::Error => self.n_errors += 1,
                Severity::Warning => self.n_warnings += 1,
                Severity::Info => self.n_infos += 1,
            }
            let count = self.by_rule.entry(diagnostic.rule).or_insert(RuleCount {
                n_found: 0,
                severity: diagnostic.severity,
                n_safe: 0,
                n_unsafe: 0,
            });
            count.n_found += 1;
            count.severity = count.severity.max(diagnostic.severity);
            let fixable = fixable(diagnostic);
            count.n_safe += usize::from(fixable == Fixable::Safely);
            count.n_unsafe += usize::from(fixable == Fixable::Unsafely);
            self.n_safe += usize::from(fixable == Fixable::Safely);
            self.n_unsafe += usize::from(fixable == Fixable::Unsafely);
        }
    }
}

impl Tally {
    /// Adds the counts of another file.
    pub(crate) fn merge(&mut self, other: Tally) {
        self.n_errors += other.n_errors;
        self.n_warnings += other.n_warnings;
        self.n_infos += other.n_infos;
        self.n_safe += other.n_safe;
        self.n_unsafe += other.n_unsafe;
        self.n_files += other.n_files;
        self.n_checked += other.n_checked;
        self.n_fixed += other.n_fixed;
        self.n_files_fixed += other.n_files_fixed;
        let new = other.created.into_iter().filter(|it| !self.created.contains(it));
        self.created.extend(new.collect::<Vec<_>>());
        self.n_known += other.n_known;
        self.n_gone += other.n_gone;
        self.n_deleted += other.n_deleted;
        self.n_without_stage += other.n_without_stage;
        self.n_unchanged += other.n_unchanged;
        for (rule, theirs) in other.by_rule {
            match self.by_rule.get_mut(rule) {
                None => {
                    self.by_rule.insert(rule, theirs);
                }
                Some(ours) => {
                    ours.n_found += theirs.n_found;
                    ours.severity = ours.severity.max(theirs.severity);
                    ours.n_safe += theirs.n_safe;
                    ours.n_unsafe += theirs.n_unsafe;
                }
            }
        }
    }
}

/// "1 problem", "2 problems".
pub(crate) fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
