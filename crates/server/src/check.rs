//! The check of one open document: the same call as the command's, on the text in the editor.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use linter::{Diagnostic, Input};
use project::{Configuration, Configurations, Contexts, Problem, Source, Subject};

use crate::documents::Document;
use crate::preferences::Preferences;
use crate::text::Text;

/// What was found in one text of one document.
pub(crate) struct Checked {
    /// The text's number.
    pub(crate) edition: u64,
    /// The number of the surroundings that it was checked in.
    pub(crate) surroundings: u64,
    /// The text.
    pub(crate) text: Arc<Text>,
    /// The client's number of the text.
    pub(crate) version: i32,
    /// What was found.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Why it could not be checked as it should.
    pub(crate) problem: Option<Problem>,
    /// How long that took.
    pub(crate) duration: Duration,
}

/// The disk as all checks see it.
pub(crate) struct Surroundings {
    contexts: Contexts,
    configurations: Mutex<Configurations<'static>>,
    preferences: Mutex<Arc<Preferences>>,
    /// When the disk was looked over the last time, and how long that took.
    looked: Mutex<Option<(Instant, Duration)>>,
}

impl Default for Surroundings {
    fn default() -> Surroundings {
        Surroundings {
            contexts: Contexts::default(),
            configurations: Mutex::new(Configurations::by_default(rules::ALL)),
            preferences: Mutex::default(),
            looked: Mutex::default(),
        }
    }
}

impl Surroundings {
    /// From now on these preferences hold.
    ///
    /// # Errors
    /// They name a rule or a configuration file that cannot be used; the rest of them holds.
    pub(crate) fn prefer(&self, preferences: Preferences) -> Result<(), Problem> {
        let preferences = Arc::new(preferences);
        *lock(&self.preferences) = preferences;
        self.reread_configurations()
    }

    pub(crate) fn preferences(&self) -> Arc<Preferences> {
        Arc::clone(&lock(&self.preferences))
    }

    /// Reads every configuration file again when it is needed next.
    ///
    /// # Errors
    /// As [`Surroundings::prefer`].
    pub(crate) fn reread_configurations(&self) -> Result<(), Problem> {
        let preferences = self.preferences();
        let given = preferences.configuration.as_deref().map(Path::new);
        let read = Configurations::new(rules::ALL, given, &preferences.select, &preferences.ignore);
        let (configurations, res) = match read {
            Ok(configurations) => (configurations, Ok(())),
            Err(problem) => (Configurations::by_default(rules::ALL), Err(problem)),
        };
        *lock(&self.configurations) = configurations;
        res
    }

    /// The open text of a file of a build context counts instead of the one on disk.
    pub(crate) fn overlay(&self, path: &Path, text: &str) {
        self.contexts.overlay(path.to_path_buf(), text);
    }

    /// The file on disk counts again.
    pub(crate) fn uncover(&self, path: &Path) {
        self.contexts.uncover(path);
    }

    /// Something may have been created or deleted.
    pub(crate) fn forget_trees(&self) {
        self.contexts.forget_trees();
    }

    /// How long to wait before the disk is looked over again, so that in the long run that takes a small part of the time.
    pub(crate) fn rest(&self) -> Duration {
        const PART: u32 = 20;
        let looked = *lock(&self.looked);
        let rest = looked.map(|(last, took)| (took * PART).saturating_sub(last.elapsed()));
        rest.unwrap_or_default()
    }

    /// Looks whether a configuration or a tree is another one now, which a client may not tell of. Takes its time.
    pub(crate) fn differ_on_disk(&self) -> bool {
        let start = Instant::now();
        let is_outdated = lock(&self.configurations).is_outdated();
        let res = self.contexts.walk_again() || is_outdated;
        *lock(&self.looked) = Some((start, start.elapsed()));
        res
    }

    fn configuration(&self, document: &Document) -> (Arc<Configuration>, Option<Problem>) {
        let mut configurations = lock(&self.configurations);
        let Some(file) = &document.file else { return (configurations.anywhere(), None) };
        match configurations.nearest(&file.directory) {
            Ok(configuration) => (configuration, None),
            Err(problem) => (configurations.anywhere(), Some(problem)),
        }
    }

    /// Whether the configuration passes over a document when directories are searched.
    pub(crate) fn excludes(&self, document: &Document) -> bool {
        let (configuration, _) = self.configuration(document);
        document.file.as_deref().is_some_and(|it| configuration.excludes(it))
    }

    /// Calls `work` with what the linter needs to know of a document, and with the document's surroundings.
    pub(crate) fn with_input<T>(
        &self,
        document: &Document,
        work: impl FnOnce(&Input<'_>, &Subject<'_>, Option<Problem>) -> T,
    ) -> T {
        let source = Source { text: document.text.as_str().to_owned(), first_invalid_byte: None };
        let subject = Subject::new(document.file.as_deref(), None, source, &self.contexts);
        self.with_subject(document, &subject, work)
    }

    fn with_subject<T>(
        &self,
        document: &Document,
        subject: &Subject<'_>,
        work: impl FnOnce(&Input<'_>, &Subject<'_>, Option<Problem>) -> T,
    ) -> T {
        let (configuration, problem) = self.configuration(document);
        let settings = match document.file.as_deref() {
            Some(file) => configuration.settings(file),
            None => Cow::Borrowed(configuration.general()),
        };
        work(&subject.input(&settings, project::today(), None), subject, problem)
    }

    fn found(&self, document: &Document) -> (Vec<Diagnostic>, Option<Problem>) {
        let text = document.text.as_str();
        let parsed = syntax::parse(text);
        let scripts = model::scripts(&parsed);
        let source = Source { text: text.to_owned(), first_invalid_byte: None };
        let file = document.file.as_deref();
        let build = project::without_context(&parsed, &scripts);
        let subject = Subject::of_build(file, source, &build, &self.contexts);
        self.with_subject(document, &subject, |input, _, problem| {
            (linter::check_build(rules::ALL, input, build), problem)
        })
    }

    /// Forgets what is known of contexts that have not been used for a while.
    pub(crate) fn forget_unused(&self) {
        self.contexts.forget_unused();
    }

    /// Checks a document.
    pub(crate) fn check(&self, document: &Document, surroundings: u64) -> Checked {
        let start = Instant::now();
        let is_on = self.preferences().enable;
        let (diagnostics, problem) = match is_on {
            true => self.found(document),
            false => (Vec::new(), None),
        };
        Checked {
            edition: document.edition,
            surroundings,
            text: Arc::clone(&document.text),
            version: document.version,
            diagnostics,
            problem,
            duration: start.elapsed(),
        }
    }
}

/// A lock that a panic while it was held does not close: everything behind our locks is whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
