//! What a Dockerfile was in the revision that `--diff-base` names, and what was found in it then.

use linter::{Diagnostic, Input};

use crate::baseline::{self, Counts};
use crate::changed::are_on_changed;
use crate::examine::Subject;
use crate::job::{Job, Plan};
use crate::report::Report;
use crate::views;

/// Said below a finding on a line that is as it was.
const CAUSE: &str = "this was not found at the revision of --diff-base: a change on another line, or in a file around \
                     the Dockerfile, has led to it";

/// One Dockerfile as it was.
pub(crate) struct Earlier<'p> {
    text: &'p str,
    /// How often which rule found what; `None` where nothing has changed, so that all that is found was found then.
    found: Option<Counts>,
}

impl<'p> Earlier<'p> {
    /// Checks the text that a Dockerfile had, among the files that were around it then, with the settings and for the day
    /// of this run. `None` when nothing is compared, or when there was no such Dockerfile, so that all of it counts.
    pub(crate) fn of(plan: &'p Plan<'_>, job: &Job, subject: &Subject<'_>) -> Option<Earlier<'p>> {
        let revision = plan.scope.revision()?;
        let text = revision.text(&job.file.file)?;
        let past = subject.disk().and_then(|it| revision.files(it));
        if past.is_none() && text.lines().eq(subject.source.text.lines()) {
            return Some(Earlier { text, found: None });
        }
        let found = subject.with_input(plan, job, |input| {
            let files = past.as_ref().map_or(input.files, |it| it);
            let input = Input { text, files, ..*input };
            let found = views::of_all(plan.options, job, &input, linter::check(rules::ALL, &input));
            baseline::counts(&Report::new(&job.file.shown, text, &found))
        });
        Some(Earlier { text, found: Some(found) })
    }

    /// The findings in a text of the Dockerfile that stand on changed lines, or have no counterpart then.
    pub(crate) fn new_ones(&self, text: &str, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let is_changed = are_on_changed(self.text, text, &found);
        let mut left = self.found.clone();
        let report = Report::new("", text, &found);
        // What stands on changed lines is no counterpart of what was there.
        let mut has_come =
            |it: &Diagnostic| left.as_mut().is_some_and(|left| !baseline::take(left, &report, it));
        let has_come: Vec<bool> =
            found.iter().zip(&is_changed).map(|it| !it.1 && has_come(it.0)).collect();
        for (diagnostic, _) in found.iter_mut().zip(&has_come).filter(|it| *it.1) {
            diagnostic.note(CAUSE);
        }
        let mut is_new = is_changed.iter().zip(&has_come).map(|it| *it.0 || *it.1);
        found.retain(|_| is_new.next().unwrap_or(true));
        found
    }
}
