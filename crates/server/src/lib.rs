//! The language server: what an editor shows of a Dockerfile, and the repairs it offers.

mod actions;
mod backend;
mod check;
mod client_process;
mod completion;
mod configuration;
mod documents;
mod edits;
mod facilities;
mod faults;
mod features;
mod format;
mod hover;
mod intake;
mod links;
mod names;
mod outline;
mod output;
mod preferences;
mod present;
mod reference;
mod schedule;
mod sizes;
mod state;
mod text;
mod tokens;
mod upkeep;
mod workspace;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use tower_lsp_server::{LspService, Server};

use crate::intake::Messages;
use crate::output::Output;
use crate::state::State;
use crate::upkeep::Backend;

/// For deeply nested shell scripts; memory is only used when they are.
const STACK_SIZE: usize = 16 * 1024 * 1024;

/// Serves standard input and output until the client says `exit` or is gone. The exit status is 0 after an orderly
/// `shutdown` and 1 otherwise, as the protocol has it, and 2 when no thread could be started.
pub fn run() -> ExitCode {
    // The stack of the main thread may be a small one.
    let served = thread::Builder::new().stack_size(STACK_SIZE).spawn(serve_standard_streams);
    match served.map(thread::JoinHandle::join) {
        Ok(Ok(Ok(true))) => ExitCode::SUCCESS,
        Ok(Ok(Ok(false))) => ExitCode::FAILURE,
        _ => ExitCode::from(2),
    }
}

/// Messages are answered on this thread, and documents checked that take no time; everything else runs on threads of its
/// own. Waking another thread takes as long as many a check.
fn serve_standard_streams() -> io::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .thread_stack_size(STACK_SIZE)
        .enable_time()
        .build()?;
    let messages = Messages::start(io::stdin())?;
    let is_orderly = runtime.block_on(serve(messages, Output::standard()?));
    // A check that still runs, and the thread that reads standard input, need not be waited for.
    runtime.shutdown_background();
    Ok(is_orderly)
}

/// The settings that a client can send below `pylintdock`, with their defaults: an object of JSON.
pub fn settings() -> serde_json::Value {
    serde_json::to_value(preferences::Preferences::default()).unwrap_or_default()
}

/// Serves one client; the result is whether it said `shutdown` before it went.
async fn serve(messages: Messages, output: Output) -> bool {
    let mut shared: Option<Arc<State>> = None;
    let service = LspService::build(|client| {
        let state = Arc::new(State::new(client, messages.waiting(), output.clone()));
        shared = Some(Arc::clone(&state));
        Backend::new(state)
    });
    let service = service.custom_method(intake::NOT_JSON, Backend::not_json);
    let (service, socket) = service.custom_method(intake::NO_MESSAGE, Backend::no_message).finish();
    let Some(state) = shared else { return false };
    let schedule = tokio::spawn(schedule::run(Arc::clone(&state)));
    Server::new(messages, output, socket).serve(service).await;
    schedule.abort();
    state.was_shut_down.load(Ordering::SeqCst)
}
