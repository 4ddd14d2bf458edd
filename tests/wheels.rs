//! `pylintdock wheels` against an index on the loopback interface, and what `check` makes of its answers.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};

use tests::command::command;

const NATIVE: &str = r#"{"files": [
    {"filename": "acme_native-1.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", "requires-python": ">=3.8"},
    {"filename": "acme_native-1.0-cp312-cp312-win_amd64.whl"}, {"filename": "acme_native-1.0.tar.gz"}]}"#;

/// An index that knows `acme-native` and asks everybody for the password; the number of its requests.
fn index() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    let n_requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&n_requests);
    let (started, waiting) = mpsc::channel();
    std::thread::spawn(move || {
        started.send(()).unwrap();
        for mut stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            let mut head = String::new();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            while reader.read_line(&mut head).unwrap_or(0) > 2 {}
            let head = head.to_ascii_lowercase();
            let (status, body) = match () {
                () if !head.contains("authorization: basic ") => ("401 Unauthorized", ""),
                () if head.starts_with("get /simple/acme-native/ ") => ("200 OK", NATIVE),
                () => ("404 Not Found", ""),
            };
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Type: application/vnd.pypi.simple.v1+json\r\n\
                 Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    waiting.recv().unwrap();
    (authority, n_requests)
}

/// Runs a command with this index and no other setting of pip.
fn run(directory: &Path, index: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = command(directory);
    for (name, _) in std::env::vars()
        .filter(|it| it.0.starts_with("PIP_") || it.0.to_lowercase().ends_with("_proxy"))
    {
        command.env_remove(name);
    }
    command.env("PIP_CONFIG_FILE", "/dev/null").env("HOME", directory.join("home"));
    command.env("XDG_CACHE_HOME", directory.join("cache")).env("PIP_INDEX_URL", index);
    command.env("PIP_RETRIES", "0").env_remove("VIRTUAL_ENV").env_remove("SSL_CERT_FILE");
    command.env_remove("REQUESTS_CA_BUNDLE").env_remove("CURL_CA_BUNDLE");
    let output = command.args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8(text).unwrap())
}

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(directory.path().join(path), text).unwrap();
    write(
        "Dockerfile",
        "FROM python:3.12-alpine\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n",
    );
    write("requirements.txt", "acme-native==1.0\nacme_absent\nflask==3.1.0\n");
    directory
}

#[test]
fn what_the_index_says_is_known_to_check() {
    let (authority, n_requests) = index();
    let directory = project();
    let path = directory.path();
    let index = format!("http://user:secret@{authority}/simple");
    let check = ["check", "--select", "musl-without-wheels", "--output-format", "concise"];
    let (status, text) = run(path, &index, &check);
    assert_eq!(status, 0, "{text}");
    assert_eq!(n_requests.load(Ordering::SeqCst), 0, "a check asks nobody");
    let (status, text) = run(path, &index, &["wheels"]);
    assert_eq!(status, 0, "{text}");
    assert!(
        text.contains(&format!("asking `http://{authority}/simple` about 2 packages")),
        "{text}"
    );
    assert!(
        text.contains("wrote 1 package to") && text.contains("not on the index: `acme-absent`"),
        "{text}"
    );
    let written = fs::read_to_string(path.join(".pylintdock-wheels.tsv")).unwrap();
    let expected =
        "acme-native\t1.0\t>=3.8\tsdist\tcp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64\n";
    assert!(
        written.starts_with("# pylintdock wheels 1\n") && written.ends_with(expected),
        "{written}"
    );
    assert!(!text.contains("secret") && !written.contains("secret"), "{text}");
    let (status, text) = run(path, &index, &check);
    assert_eq!(status, 1, "{text}");
    assert!(text.contains("`acme-native==1.0`"), "{text}");
    // The answer is kept; only what is not there is asked for again.
    assert_eq!(n_requests.load(Ordering::SeqCst), 2);
    run(path, &index, &["wheels"]);
    assert_eq!(n_requests.load(Ordering::SeqCst), 3);
}

#[test]
fn without_an_answer_nothing_is_written() {
    let (authority, n_requests) = index();
    let directory = project();
    let (status, text) = run(directory.path(), &format!("http://{authority}/simple"), &["wheels"]);
    assert_eq!(status, 2, "{text}");
    assert!(text.contains("asks for credentials (401)"), "{text}");
    assert_eq!(n_requests.load(Ordering::SeqCst), 1, "the next package would fare no better");
    assert!(!directory.path().join(".pylintdock-wheels.tsv").exists());
}

#[test]
fn where_everything_is_known_nobody_is_asked() {
    let directory = project();
    fs::write(directory.path().join("requirements.txt"), "flask==3.1.0\n").unwrap();
    let (status, text) = run(directory.path(), "http://127.0.0.1:1/", &["wheels"]);
    assert_eq!(
        (status, text.as_str()),
        (0, "pylintdock knows every package that is asked for by name\n")
    );
}
