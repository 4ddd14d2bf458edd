//! The language server: what an editor shows of a Dockerfile, and the repairs it offers.

mod actions;
mod backend;
mod check;
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

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncRead, AsyncWrite};
use tower_lsp_server::{LspService, Server};

use crate::state::State;
use crate::upkeep::Backend;

/// For deeply nested shell scripts; memory is only used when they are.
const STACK_SIZE: usize = 16 * 1024 * 1024;
/// Bytes that are read ahead of the messages that are being answered.
const PIPE_SIZE: usize = 64 * 1024;
/// Messages are read and written by these; checks run on threads of their own.
const N_THREADS: usize = 2;

/// Serves standard input and output until the client says `exit` or is gone. The exit status is 0 after an orderly
/// `shutdown` and 1 otherwise, as the protocol has it, and 2 when no thread could be started.
pub fn run() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(N_THREADS)
        .thread_stack_size(STACK_SIZE)
        .enable_time()
        .build();
    let Ok(runtime) = runtime else { return ExitCode::from(2) };
    let is_orderly = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout()));
    // A check that still runs, and the thread that reads standard input, need not be waited for.
    runtime.shutdown_background();
    if is_orderly { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The settings that a client can send below `pylintdock`, with their defaults: an object of JSON.
pub fn settings() -> serde_json::Value {
    serde_json::to_value(preferences::Preferences::default()).unwrap_or_default()
}

/// Serves one client; the result is whether it said `shutdown` before it went.
pub async fn serve(
    input: impl AsyncRead + Unpin + Send + 'static,
    output: impl AsyncWrite,
) -> bool {
    let mut shared: Option<Arc<State>> = None;
    let service = LspService::build(|client| {
        let state = Arc::new(State::new(client));
        shared = Some(Arc::clone(&state));
        Backend::new(state)
    });
    let service = service.custom_method(intake::NOT_JSON, Backend::not_json);
    let (service, socket) = service.custom_method(intake::NO_MESSAGE, Backend::no_message).finish();
    let Some(state) = shared else { return false };
    let schedule = tokio::spawn(schedule::run(Arc::clone(&state)));
    let (checked, taken) = tokio::io::duplex(PIPE_SIZE);
    let intake = tokio::spawn(intake::run(input, checked));
    Server::new(taken, output, socket).serve(service).await;
    intake.abort();
    schedule.abort();
    state.was_shut_down.load(Ordering::SeqCst)
}
