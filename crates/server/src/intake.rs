//! Lets only whole and valid messages through to the library that answers them, which ends at the first one that is
//! not. What is not valid becomes a request whose answer is the protocol's error.

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream};

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

/// Passes messages on until the input ends or nobody takes them any more.
pub(crate) async fn run(input: impl AsyncRead + Unpin, mut output: DuplexStream) {
    let mut reader = BufReader::new(input);
    while let Some(length) = header(&mut reader).await {
        let mut body = Vec::new();
        if length > LONGEST {
            let mut rest = (&mut reader).take(length as u64);
            if tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.is_err() {
                return;
            }
        } else {
            body.resize(length, 0);
            if reader.read_exact(&mut body).await.is_err() {
                return;
            }
        }
        if let Some(method) = fault(&body) {
            body =
                format!("{{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"{method}\"}}").into_bytes();
        }
        let head = format!("Content-Length: {}\r\n\r\n", body.len());
        let is_taken = output.write_all(head.as_bytes()).await.is_ok()
            && output.write_all(&body).await.is_ok();
        if !is_taken {
            return;
        }
    }
}

/// Reads up to the empty line before a message; the result is the message's length, `None` at the end of the input.
/// Lines that are no header are passed over.
async fn header(reader: &mut (impl AsyncBufReadExt + Unpin)) -> Option<usize> {
    /// No header line is longer; what is, cannot be one.
    const LONGEST_LINE: u64 = 64 * 1024;
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let n_bytes = (&mut *reader).take(LONGEST_LINE).read_until(b'\n', &mut line).await.ok()?;
        if n_bytes == 0 {
            return None;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        if text.is_empty() && length.is_some() {
            return length;
        }
        if let Some((name, value)) = text.split_once(':')
            && name.trim().eq_ignore_ascii_case("content-length")
        {
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
