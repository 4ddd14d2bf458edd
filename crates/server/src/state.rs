//! What the server knows at a moment: documents, their surroundings, the client.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use tokio::sync::Notify;
use tower_lsp_server::Client;
use tower_lsp_server::ls_types::notification::{Notification, PublishDiagnostics};
use tower_lsp_server::ls_types::{Diagnostic, MessageType, PublishDiagnosticsParams, Uri};

use crate::check::{Checked, Surroundings, lock};
use crate::documents::{Document, Documents};
use crate::facilities::Facilities;
use crate::faults::Faults;
use crate::intake::Waiting;
use crate::output::Output;
use crate::workspace::Closed;

/// Shared by all requests.
pub(crate) struct State {
    pub(crate) client: Client,
    output: Output,
    /// Messages that have come and are not known yet.
    pub(crate) waiting: Waiting,
    pub(crate) documents: Mutex<Documents>,
    pub(crate) surroundings: Surroundings,
    /// The folders of the workspace: absolute, without symbolic links.
    pub(crate) folders: Mutex<Vec<PathBuf>>,
    pub(crate) was_shut_down: AtomicBool,
    /// What is wrong in the files that Dockerfiles install from, as it was published.
    pub(crate) faults: Mutex<Faults>,
    /// What was found in Dockerfiles that are not open, with the number of the surroundings of that time.
    pub(crate) workspace: Mutex<Option<(u64, Arc<Vec<Closed>>)>>,
    /// Documents to be checked, or to be emptied of what was reported.
    due: Mutex<BTreeSet<Uri>>,
    /// Told when something becomes due.
    pub(crate) wake: Notify,
    /// Changes whenever anything around the Dockerfiles may have changed.
    surroundings_number: AtomicU64,
    facilities: OnceLock<Facilities>,
    /// Problems that the person was told, so that each is told once.
    told: Mutex<BTreeSet<String>>,
}

impl State {
    pub(crate) fn new(client: Client, waiting: Waiting, output: Output) -> State {
        State {
            client,
            output,
            waiting,
            documents: Mutex::default(),
            surroundings: Surroundings::default(),
            folders: Mutex::default(),
            was_shut_down: AtomicBool::new(false),
            faults: Mutex::default(),
            workspace: Mutex::default(),
            due: Mutex::default(),
            wake: Notify::new(),
            surroundings_number: AtomicU64::new(0),
            facilities: OnceLock::new(),
            told: Mutex::default(),
        }
    }

    /// What the client can do; nothing before it has said so.
    pub(crate) fn facilities(&self) -> &Facilities {
        static NONE: OnceLock<Facilities> = OnceLock::new();
        self.facilities.get().unwrap_or_else(|| NONE.get_or_init(Facilities::default))
    }

    pub(crate) fn set_facilities(&self, facilities: Facilities) {
        let _only_once = self.facilities.set(facilities);
    }

    pub(crate) fn surroundings_number(&self) -> u64 {
        self.surroundings_number.load(Ordering::SeqCst)
    }

    /// Has a document checked.
    pub(crate) fn is_due(&self, uri: &Uri) {
        lock(&self.due).insert(uri.clone());
        self.wake.notify_one();
    }

    /// Has every open Dockerfile checked, because something around them changed.
    pub(crate) fn all_are_due(&self, documents: &Documents) {
        self.surroundings_number.fetch_add(1, Ordering::SeqCst);
        let dockerfiles = documents.all().filter(|it| it.is_dockerfile).map(|it| it.uri.clone());
        lock(&self.due).extend(dockerfiles);
        self.wake.notify_one();
    }

    /// Takes the documents that are due and that `may_start`; the others stay.
    pub(crate) fn take_due(&self, may_start: impl Fn(&Uri) -> bool) -> Vec<Uri> {
        let mut due = lock(&self.due);
        let taken: Vec<Uri> = due.iter().filter(|it| may_start(it)).cloned().collect();
        taken.iter().for_each(|it| {
            due.remove(it);
        });
        taken
    }

    /// A document as it is now.
    pub(crate) fn document(&self, uri: &Uri) -> Option<Document> {
        lock(&self.documents).get(uri).cloned()
    }

    /// What is found in a document, which is checked unless that was done before. Takes its time.
    pub(crate) fn checked(&self, document: &Document) -> Arc<Checked> {
        let number = self.surroundings_number();
        if let Some(known) = &document.checked
            && (known.edition, known.surroundings) == (document.edition, number)
        {
            return Arc::clone(known);
        }
        let checked = Arc::new(self.surroundings.check(document, number));
        lock(&self.documents).remember(&document.uri, &checked);
        checked
    }

    /// Whether what was found is what would be found now.
    pub(crate) fn is_fresh(&self, uri: &Uri, checked: &Checked) -> bool {
        let edition = lock(&self.documents).get(uri).map(|it| it.edition);
        edition == Some(checked.edition) && self.surroundings_number() == checked.surroundings
    }

    /// Publishes what was found in a document, or in a version of it.
    pub(crate) fn publish(&self, uri: Uri, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        let params = PublishDiagnosticsParams { uri, diagnostics, version };
        self.output.notify(PublishDiagnostics::METHOD, &params);
    }

    /// Writes to the client's log, if the person wants to know as much.
    pub(crate) async fn log(&self, kind: MessageType, message: String) {
        if self.surroundings.preferences().log_level.tells(kind) {
            self.client.log_message(kind, message).await;
        }
    }

    /// Shows the person a problem, once.
    pub(crate) async fn tell(&self, problem: &str) {
        if lock(&self.told).insert(problem.to_owned()) {
            self.client.show_message(MessageType::WARNING, problem).await;
        }
    }

    /// Problems may be told again: what caused them was changed.
    pub(crate) fn forget_told(&self) {
        lock(&self.told).clear();
    }
}
