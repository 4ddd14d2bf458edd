//! A local index for tests: a thread that answers requests on the loopback interface.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Answers a request: its path and headers in, the whole response out; `None` never answers.
type Answer = dyn Fn(&str, &str) -> Option<String> + Send + Sync;

/// A server that lives as long as the process.
pub(crate) struct Server {
    /// `127.0.0.1:PORT`.
    pub(crate) authority: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts one.
    pub(crate) fn start(
        answer: impl Fn(&str, &str) -> Option<String> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let answer: Arc<Answer> = Arc::new(answer);
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                if let Some(kept) = serve(stream, &answer, &seen) {
                    silent.push(kept);
                }
            }
        });
        Server { authority, requests }
    }

    /// The requests so far: the path and the headers of each.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Answers one request and closes; a connection that gets no answer is given back, so that it stays open.
fn serve(
    mut stream: TcpStream,
    answer: &Arc<Answer>,
    seen: &Mutex<Vec<String>>,
) -> Option<TcpStream> {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    while reader.read_line(&mut head).ok()? > 2 {}
    let path = head.split(' ').nth(1).unwrap_or("").to_owned();
    seen.lock().unwrap().push(head.clone());
    let Some(text) = answer(&path, &head) else { return Some(stream) };
    let _ = stream.write_all(text.as_bytes());
    None
}

/// A response with a length.
pub(crate) fn response(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}
