//! Fixes one Dockerfile and the files around it: writes them, or shows the difference.

use std::path::Path;
use std::sync::Arc;

use linter::silence::silence;
use linter::{Input, Outcome, Safety};
use project::{Change, Contexts, Problem, Source, write_all};

use crate::diff;
use crate::earlier::Earlier;
use crate::examine::{Examined, Subject, print};
use crate::formats::Style;
use crate::guard::guarded;
use crate::job::{Job, Plan};
use crate::scope::{Counted, changed};
use crate::views;

/// A Dockerfile with what fixing it would lead to.
pub(crate) struct Repair<'c> {
    subject: Subject<'c>,
    outcome: Outcome,
    /// What of the findings that are left does not count.
    counted: Counted,
}

impl<'c> Repair<'c> {
    /// Reads a file and computes its fixes; writes nothing.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn plan(
        plan: &Plan<'_>,
        contexts: &'c Contexts,
        job: &Job,
    ) -> Result<Repair<'c>, Problem> {
        Subject::read(plan, contexts, job).map(|it| Repair::of(plan, job, it))
    }

    fn of(plan: &Plan<'_>, job: &Job, subject: Subject<'c>) -> Repair<'c> {
        let options = plan.options;
        let allowed = if options.unsafe_fixes { Safety::Unsafe } else { Safety::Safe };
        let earlier = Earlier::of(plan, job, &subject);
        let earlier = earlier.as_ref();
        let counted = |text: &str, found| plan.scope.counted(options, job, (text, earlier), found);
        let all = |input: &Input<'_>, text: &str, found| {
            let found = views::of_all(options, job, &Input { text, ..*input }, found);
            subject.within(plan, job, found)
        };
        let mut outcome = match subject.source.first_invalid_byte {
            // Its text is not its bytes, so that writing it would lose something.
            Some(_) => unchanged(&subject, plan, job),
            None if options.add_ignore => subject.with_input(plan, job, |it| {
                let reason = reason(plan);
                let wanted = |text: &str, found| counted(text, all(it, text, found)).found;
                silence(rules::ALL, it, &reason, &wanted)
            }),
            // What the baseline knows is fixed too.
            None => subject.with_input(plan, job, |it| {
                let wanted = |text: &str, found| changed(earlier, text, all(it, text, found));
                linter::fix_wanted(rules::ALL, it, allowed, &wanted)
            }),
        };
        let remaining = std::mem::take(&mut outcome.remaining);
        let mut counted = counted(&outcome.text, remaining);
        outcome.remaining = std::mem::take(&mut counted.found);
        if options.add_ignore {
            // What the baseline knows is not among the rest, which no comment can silence.
            counted.n_gone = 0;
        }
        Repair { subject, outcome, counted }
    }

    /// Computes the fixes again if they touch a file that a fix of another Dockerfile has changed in this run.
    ///
    /// # Errors
    /// A panic while doing so, as its message.
    pub(crate) fn refreshed(
        self,
        plan: &Plan<'_>,
        contexts: &'c Contexts,
        job: &Job,
    ) -> Result<Repair<'c>, String> {
        let overlaps = self.subject.disk().is_some_and(|disk| {
            let located = self.outcome.files.keys().filter_map(|it| disk.locate(it));
            located.into_iter().any(|it| contexts.overlaid(&it).is_some())
        });
        if !overlaps {
            return Ok(self);
        }
        let source: Source = self.subject.source.clone();
        let lacks_stage = self.subject.lacks_stage;
        guarded(|| {
            let mut subject = Subject::new(plan, contexts, job, source);
            subject.lacks_stage = lacks_stage;
            Repair::of(plan, job, subject)
        })
    }

    /// Rules whose fixes do not settle; then nothing is changed.
    pub(crate) fn unsettled(&self) -> &[&'static str] {
        &self.outcome.unsettled
    }

    /// The text after the fixes.
    pub(crate) fn text(&self) -> &str {
        &self.outcome.text
    }

    /// Whether there is something to write.
    pub(crate) fn is_change(&self) -> bool {
        self.outcome.text != self.subject.source.text || !self.outcome.files.is_empty()
    }

    /// What changes. The context files come first: a Dockerfile may rely on them.
    fn changes(&self, plan: &Plan<'_>, job: &Job) -> Vec<Change> {
        let mut res = Vec::new();
        if let Some(disk) = self.subject.disk() {
            for (path, after) in &self.outcome.files {
                let Some(file) = disk.locate(path) else { continue };
                let before = self.before(path);
                let shown = shown(&file, job, path);
                let within = vec![disk.root().to_path_buf()];
                res.push(Change { file, shown, before, after: after.clone(), within });
            }
        }
        if self.outcome.text != self.subject.source.text {
            res.push(Change {
                file: job.file.file.clone(),
                shown: job.file.shown.clone(),
                before: Some(self.subject.source.text.clone()),
                after: self.outcome.text.clone(),
                within: plan.given.clone(),
            });
        }
        res
    }

    fn before(&self, path: &str) -> Option<String> {
        let text: Option<Arc<str>> = self.subject.files().read(path);
        text.map(|it| it.to_string())
    }

    /// Writes all files or none; a text from standard input is printed by the caller instead.
    ///
    /// # Errors
    /// Nothing was written, and why.
    pub(crate) fn write(
        &self,
        plan: &Plan<'_>,
        contexts: &Contexts,
        job: &Job,
    ) -> Result<(), Problem> {
        let mut changes = self.changes(plan, job);
        if job.is_standard_input {
            changes.retain(|it| it.file != job.file.file);
        }
        write_all(&changes)?;
        remember(contexts, changes);
        Ok(())
    }

    /// The differences as a diff; later files of this run see the context as if they had been written.
    pub(crate) fn diff(
        &self,
        plan: &Plan<'_>,
        contexts: &Contexts,
        job: &Job,
        has_colors: bool,
    ) -> Examined {
        let mut res = Examined::default();
        res.tally.add(&self.outcome.remaining);
        let changes = self.changes(plan, job);
        for change in &changes {
            let before = change.before.as_deref();
            diff::render(&change.shown, before, &change.after, has_colors, &mut res.printed);
        }
        self.count(plan, job, &mut res);
        res.warnings = self.subject.warnings(plan, job, &self.outcome.text);
        remember(contexts, changes);
        res
    }

    /// What is left after the fixes.
    pub(crate) fn remaining(&self, plan: &Plan<'_>, job: &Job, styles: &[Style]) -> Examined {
        let text = &self.outcome.text;
        let report = self.subject.report(job, text, &self.outcome.remaining);
        let mut res = self
            .subject
            .with_input(plan, job, |it| print(plan, styles, &report, &Input { text, ..*it }));
        self.count(plan, job, &mut res);
        res.warnings = self.subject.warnings(plan, job, text);
        res
    }

    /// What is found when nothing could be written.
    pub(crate) fn untouched(
        &self,
        plan: &Plan<'_>,
        job: &Job,
        styles: &[Style],
    ) -> Result<Examined, String> {
        guarded(|| {
            let text = &self.subject.source.text;
            let found = self.subject.check(plan, job);
            let earlier = Earlier::of(plan, job, &self.subject);
            let counted = plan.scope.counted(plan.options, job, (text, earlier.as_ref()), found);
            let report = self.subject.report(job, text, &counted.found);
            self.subject.with_input(plan, job, |it| print(plan, styles, &report, it))
        })
    }

    fn count(&self, plan: &Plan<'_>, job: &Job, res: &mut Examined) {
        res.tally.leave_out(&self.counted);
        res.tally.n_without_stage = usize::from(self.subject.lacks_stage);
        res.tally.n_fixed += self.outcome.applied.len();
        res.tally.n_files_fixed += usize::from(self.is_change());
        let created = self.changes(plan, job).into_iter().filter(|it| it.before.is_none());
        res.tally.created.extend(created.map(|it| it.shown));
    }
}

/// What the comments of `--add-ignore` say after the names of the rules.
fn reason(plan: &Plan<'_>) -> String {
    match &plan.options.reason {
        Some(reason) => reason.clone(),
        None => format!("was there on {}", plan.today),
    }
}

fn unchanged(subject: &Subject<'_>, plan: &Plan<'_>, job: &Job) -> Outcome {
    Outcome {
        text: subject.source.text.clone(),
        files: Default::default(),
        applied: Vec::new(),
        remaining: subject.check(plan, job),
        unsettled: Vec::new(),
    }
}

/// Files that the next Dockerfiles of this run may share; the Dockerfile itself is never one of them.
fn remember(contexts: &Contexts, changes: Vec<Change>) {
    for change in changes {
        contexts.overlay(change.file, &change.after);
    }
}

/// The name of a context file as the Dockerfile's name begins.
fn shown(file: &Path, job: &Job, path: &str) -> String {
    let directory = Path::new(&job.file.shown).parent().unwrap_or(Path::new(""));
    match file.strip_prefix(&job.file.directory) {
        Ok(below) => directory.join(below).to_string_lossy().into_owned(),
        Err(_) => {
            let working = std::env::current_dir().and_then(|it| it.canonicalize()).ok();
            let below = working.as_deref().and_then(|it| file.strip_prefix(it).ok());
            below.map_or_else(|| path.to_owned(), |it| it.to_string_lossy().into_owned())
        }
    }
}
