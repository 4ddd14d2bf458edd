//! Decides when documents are checked, and publishes what was found in the order of their changes.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tower_lsp_server::ls_types::{MessageType, Uri};

use crate::check::{Checked, lock};
use crate::documents::Document;
use crate::faults;
use crate::present;
use crate::state::State;

/// When a text changed while it was checked, the next check waits until nothing has come for this long: what a
/// client sends in one go arrives faster, and nobody types as fast.
const QUIET: Duration = Duration::from_millis(2);

/// Checks what is due, for ever. A change is checked at once; of a burst the first and the last text are.
pub(crate) async fn run(state: Arc<State>) {
    let mut running: JoinSet<(Uri, Option<Arc<Checked>>)> = JoinSet::new();
    let mut busy: BTreeSet<Uri> = BTreeSet::new();
    loop {
        tokio::select! {
            () = state.wake.notified() => {}
            Some(Ok((uri, checked))) = running.join_next(), if !running.is_empty() => {
                busy.remove(&uri);
                if let Some(checked) = checked {
                    publish(&state, &uri, &checked).await;
                    tokio::spawn(faults::settle(Arc::clone(&state), uri));
                }
            }
        }
        for uri in state.take_due(|it| !busy.contains(it)) {
            if state.document(&uri).is_none_or(|it| !it.is_dockerfile) {
                clear(&state, uri.clone());
                tokio::spawn(faults::settle(Arc::clone(&state), uri));
            } else if state.facilities().pulls_diagnostics {
                tokio::spawn(faults::settle(Arc::clone(&state), uri));
            } else {
                busy.insert(uri.clone());
                running.spawn(settled(Arc::clone(&state), uri));
            }
        }
    }
}

/// What is found in a document's newest text; `None` when it was closed meanwhile.
async fn settled(state: Arc<State>, uri: Uri) -> (Uri, Option<Arc<Checked>>) {
    loop {
        caught_up(&state).await;
        let Some(document) = state.document(&uri) else { return (uri, None) };
        let Some(checked) = check(&state, document).await else { return (uri, None) };
        caught_up(&state).await;
        if state.is_fresh(&uri, &checked) {
            return (uri, Some(checked));
        }
        quiet(&state, &uri).await;
    }
}

/// Lets the messages that have come be looked at, so that what they change is known.
async fn caught_up(state: &State) {
    /// Messages may have to wait for the answers to those before them, and this must not.
    const MOST_TURNS: usize = 64;
    for _ in 0..MOST_TURNS {
        let is_any = state.waiting.is_any();
        // Also when none is left: the last one is taken, but what it asks for is done in the next turn.
        tokio::task::yield_now().await;
        if !is_any {
            return;
        }
    }
}

/// Checks a document; `None` after a panic, which is logged.
pub(crate) async fn check(state: &Arc<State>, document: Document) -> Option<Arc<Checked>> {
    let shown = document.uri.as_str().to_owned();
    let checked = if is_quick(state, &document) {
        let checked = catch_unwind(AssertUnwindSafe(|| state.checked(&document)));
        checked.map_err(|_| "a panic".to_owned())
    } else {
        let shared = Arc::clone(state);
        let checked = tokio::task::spawn_blocking(move || shared.checked(&document)).await;
        checked.map_err(|it| it.to_string())
    };
    match checked {
        Ok(checked) => {
            let n_found = checked.diagnostics.len();
            let took = checked.duration;
            let text = format!("checked {shown} in {took:.1?}: {n_found} findings");
            state.log(MessageType::LOG, text).await;
            Some(checked)
        }
        Err(error) => {
            state.log(MessageType::ERROR, format!("cannot check {shown}: {error}")).await;
            None
        }
    }
}

/// Whether a check will take so little time that messages can wait for it: the last one did, and what it has read need
/// not be read again.
fn is_quick(state: &State, document: &Document) -> bool {
    const QUICK: Duration = Duration::from_millis(4);
    const MUCH: usize = 4 * 1024;
    document.checked.as_ref().is_some_and(|last| {
        last.duration < QUICK
            && last.surroundings == state.surroundings_number()
            && document.text.as_str().len() < last.text.as_str().len() + MUCH
    })
}

async fn quiet(state: &State, uri: &Uri) {
    let edition = || lock(&state.documents).get(uri).map(|it| it.edition);
    loop {
        let before = edition();
        tokio::time::sleep(QUIET).await;
        if edition() == before {
            return;
        }
    }
}

async fn publish(state: &State, uri: &Uri, checked: &Checked) {
    if let Some(problem) = &checked.problem {
        state.tell(&problem.sentence).await;
    }
    // A change that came in the meantime has made the document due again.
    if state.is_fresh(uri, checked) {
        let diagnostics = present::diagnostics(checked, uri, state.facilities());
        state.publish(uri.clone(), diagnostics, Some(checked.version));
    }
}

/// A document that is closed is not reported on any more.
fn clear(state: &State, uri: Uri) {
    if !state.facilities().pulls_diagnostics {
        state.publish(uri, Vec::new(), None);
    }
}
