//! Takes messages from the client, on a thread of its own: standard input cannot be awaited, and a client that sends
//! much before it reads anything must not wait for us.
//!
//! Only whole and valid messages go to the library that answers them, which ends at the first one that is not. What is
//! not valid becomes a request whose answer is the protocol's error.

use std::io::{self, BufRead, BufReader, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// The method that stands for a message that is no JSON.
pub(crate) const NOT_JSON: &str = "pylintdock/notJson";
/// The method that stands for JSON that is no message.
pub(crate) const NO_MESSAGE: &str = "pylintdock/noMessage";

/// A longer message is not read; its sender is told that it is none. Documents of this size are refused elsewhere.
const LONGEST: usize = 256 * 1024 * 1024;

/// What every message has, whatever it is about.
#[derive(Deserialize)]
struct Shape {
    jsonrpc: String,
    method: Option<String>,
    #[serde(rename = "id")]
    _id: Option<Id>,
    result: Option<IgnoredAny>,
    error: Option<Failure>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Id {
    Number(#[expect(dead_code, reason = "only its kind matters")] i64),
    Text(#[expect(dead_code, reason = "only its kind matters")] String),
}

#[derive(Deserialize)]
struct Failure {
    #[serde(rename = "code")]
    _code: i64,
    #[serde(rename = "message")]
    _message: String,
}

/// How long the answers to the last messages may take when the client has closed its end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many messages have come that nobody has looked at yet.
#[derive(Clone, Default)]
pub(crate) struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    /// Whether there are any.
    pub(crate) fn is_any(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

/// The valid messages of a client, in their order, each with its header.
pub(crate) struct Messages {
    receiver: UnboundedReceiver<Vec<u8>>,
    waiting: Waiting,
    /// The message that is being read, and how much of it was.
    current: Vec<u8>,
    at: usize,
}

impl Messages {
    /// Reads messages until the input ends.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(crate) fn start(input: impl Read + Send + 'static) -> io::Result<Messages> {
        let (sender, receiver) = unbounded_channel();
        let waiting = Waiting::default();
        let counted = waiting.clone();
        thread::Builder::new().name("input".to_owned()).spawn(move || {
            pass_on(&mut BufReader::new(input), &sender, &counted);
            drop(sender);
            // Usually the process has ended long before. It has not when somebody holds our output and never reads it.
            thread::sleep(PATIENCE);
            std::process::exit(1);
        })?;
        Ok(Messages { receiver, waiting, current: Vec::new(), at: 0 })
    }

    pub(crate) fn waiting(&self) -> Waiting {
        self.waiting.clone()
    }
}

impl AsyncRead for Messages {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.at == self.current.len() {
            // At the end of the input nothing is read, which says so.
            let Some(next) = ready!(self.receiver.poll_recv(context)) else {
                return Poll::Ready(Ok(()));
            };
            self.waiting.0.fetch_sub(1, Ordering::SeqCst);
            self.current = next;
            self.at = 0;
        }
        let rest = self.current.get(self.at..).unwrap_or(&[]);
        let taken = rest.get(..buffer.remaining()).unwrap_or(rest);
        buffer.put_slice(taken);
        self.at += taken.len();
        Poll::Ready(Ok(()))
    }
}

/// Passes messages on until the input ends or nobody takes them any more.
fn pass_on(input: &mut impl BufRead, taker: &UnboundedSender<Vec<u8>>, waiting: &Waiting) {
    while let Some(length) = header(input) {
        let mut body = Vec::new();
        // A header that tells no length is answered like a message that is none.
        let length = length.unwrap_or(0);
        let rest = &mut input.take(length as u64);
        let is_whole = match length > LONGEST {
            true => io::copy(rest, &mut io::sink()).is_ok(),
            false => rest.read_to_end(&mut body).is_ok() && body.len() == length,
        };
        if !is_whole {
            return;
        }
        if let Some(method) = fault(&body) {
            body =
                format!("{{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"{method}\"}}").into_bytes();
        }
        let mut message = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        message.append(&mut body);
        waiting.0.fetch_add(1, Ordering::SeqCst);
        if taker.send(message).is_err() {
            return;
        }
    }
}

/// Reads up to the empty line before a message; the result is the message's length if it is told, `None` at the end of the
/// input. What else stands there is passed over, as a body that came without its length does.
fn header(input: &mut impl BufRead) -> Option<Option<usize>> {
    /// No header line is longer; what is, cannot be one.
    const LONGEST_LINE: u64 = 64 * 1024;
    const NAME: &str = "content-length:";
    let mut length = None;
    let mut is_told = false;
    let mut line = Vec::new();
    loop {
        line.clear();
        let n_bytes = input.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
        if n_bytes == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&line).trim().to_ascii_lowercase();
        if text.is_empty() && is_told {
            return Some(length);
        }
        if let Some(at) = text.rfind(NAME) {
            is_told = true;
            let value = text.get(at + NAME.len()..).unwrap_or("");
            length = value.trim().parse().ok().or(length);
        }
    }
}

/// Which of the two methods stands for a message that cannot be taken.
fn fault(body: &[u8]) -> Option<&'static str> {
    match serde_json::from_slice::<Shape>(body) {
        Ok(shape) => {
            let is_message =
                shape.method.is_some() || shape.result.is_some() || shape.error.is_some();
            // The result of an answer may be null, which is not told apart from none.
            let is_answer = shape.method.is_none() && shape._id.is_some();
            let is_valid = shape.jsonrpc == "2.0" && (is_message || is_answer);
            (!is_valid).then_some(NO_MESSAGE)
        }
        Err(error) if error.is_data() => Some(NO_MESSAGE),
        Err(_) => Some(NOT_JSON),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_message_is_found_behind_a_broken_header() {
        let sent = "content-Length : x\r\nContent-Length: abc\r\n\r\n{}Content-Length: 2\r\nContent-Type: x\r\n\r\n[]";
        let (sender, mut receiver) = unbounded_channel();
        pass_on(&mut sent.as_bytes(), &sender, &Waiting::default());
        drop(sender);
        let mut methods = Vec::new();
        while let Ok(message) = receiver.try_recv() {
            let text = String::from_utf8(message).unwrap();
            methods.extend([NOT_JSON, NO_MESSAGE].iter().filter(|it| text.contains(**it)).copied());
        }
        assert_eq!(methods, [NOT_JSON, NO_MESSAGE]);
    }

    #[test]
    fn what_is_no_message_is_told_apart() {
        let cases: [(&str, Option<&str>); 11] = [
            (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{}}"#, None),
            (r#"{"jsonrpc":"2.0","method":"a"}"#, None),
            (r#"{"jsonrpc":"2.0","id":"x","result":null}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"x"}}"#, None),
            (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, Some(NO_MESSAGE)),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"a"}"#, Some(NO_MESSAGE)),
            (r#"{"jsonrpc":"1.0","id":1,"method":"a"}"#, Some(NO_MESSAGE)),
            ("[1]", Some(NO_MESSAGE)),
            ("{}", Some(NO_MESSAGE)),
            (r#"{"jsonrpc":"#, Some(NOT_JSON)),
            ("", Some(NOT_JSON)),
        ];
        for (body, expected) in cases {
            assert_eq!(fault(body.as_bytes()), expected, "{body}");
        }
        assert_eq!(fault(b"\xff"), Some(NOT_JSON));
    }
}
