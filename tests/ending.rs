//! How the language server ends: with its client, whichever way that goes.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tests::session::{Session, capabilities};

#[test]
fn the_exit_status_tells_how_it_ended() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    assert_eq!(Session::start(root, capabilities("utf-16")).end(), 0);
    assert_eq!(Session::start(root, capabilities("utf-16")).hang_up(), 1);
    assert_eq!(Session::spawn(root).hang_up(), 1);
    let mut session = Session::start(root, capabilities("utf-16"));
    session.notify("exit", Value::Null);
    assert_eq!(session.hang_up(), 1);
    // Before it is initialized a server answers nothing else.
    let mut session = Session::spawn(root);
    let answer = session.request("textDocument/hover", json!({}));
    assert_eq!(answer["error"]["code"], -32002, "{answer}");
    assert_eq!(session.hang_up(), 1);
}

#[cfg(unix)]
#[test]
fn the_server_follows_its_client() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut client = Command::new("sleep").arg("1000").spawn().expect("sleep starts");
    let mut session = Session::spawn(root);
    let params = json!({"processId": client.id(), "capabilities": capabilities("utf-16")});
    assert!(session.request("initialize", params)["result"].is_object());
    client.kill().expect("a child can be ended");
    client.wait().expect("a child is waited for");
    // Its pipes are open all the while: this process holds them.
    assert_eq!(session.wait_for_end(), 1);
}

#[test]
fn who_is_not_read_does_not_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let mut child = tests::command::command(root)
        .args(["server", "--stdio"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the server starts");
    drop(child.stdout.take());
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}"#;
    let mut input = child.stdin.take().expect("standard input is piped");
    write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).expect("it is read");
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
}
