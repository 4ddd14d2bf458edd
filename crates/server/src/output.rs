//! Standard output, written to at once: handing every message to another thread costs more than most checks.
//!
//! A client that does not read makes us wait. It can go on sending meanwhile, as [`crate::intake`] takes all that it
//! sends, so that the two never wait for each other.

use std::fs::File;
use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use serde::Serialize;
use tokio::io::AsyncWrite;

use crate::check::lock;

/// Standard output without the standard library's buffer, which would write each message in two pieces.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<File>>);

/// A notification as it is sent.
#[derive(Serialize)]
struct Notification<'n, T> {
    jsonrpc: &'static str,
    method: &'n str,
    params: &'n T,
}

impl Output {
    /// # Errors
    /// The process has no standard output.
    #[cfg(unix)]
    pub(crate) fn standard() -> io::Result<Output> {
        use std::os::fd::AsFd;
        Ok(Output::to(File::from(io::stdout().as_fd().try_clone_to_owned()?)))
    }

    /// # Errors
    /// The process has no standard output.
    #[cfg(windows)]
    pub(crate) fn standard() -> io::Result<Output> {
        use std::os::windows::io::AsHandle;
        Ok(Output::to(File::from(io::stdout().as_handle().try_clone_to_owned()?)))
    }
}

impl Output {
    fn to(file: File) -> Output {
        Output(Arc::new(Mutex::new(file)))
    }

    /// Sends a notification past the library, which would make a tree of values of it and a queue besides.
    pub(crate) fn notify(&self, method: &str, params: &impl Serialize) {
        let notification = Notification { jsonrpc: "2.0", method, params };
        let Ok(body) = serde_json::to_vec(&notification) else { return };
        let mut message = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        message.extend(body);
        self.write(&message);
    }
}

impl Output {
    /// Writes all, or ends the process where nobody reads it any more: then nobody asks either, even if the other pipe is
    /// held open.
    fn write(&self, bytes: &[u8]) {
        if lock(&self.0).write_all(bytes).is_err() {
            std::process::exit(1);
        }
    }
}

impl AsyncWrite for Output {
    /// Writes all of it: what the library has are whole messages, and between two of them [`Output::notify`] may write.
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
