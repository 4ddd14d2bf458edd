//! The client against a local index.

use std::path::Path;

use crate::server::{Server, response};
use crate::{Client, Environment, Failure, Settings};

const JSON: &str = "Content-Type: application/vnd.pypi.simple.v1+json\r\n";
const PAGE: &str =
    r#"{"files": [{"filename": "x-1.tar.gz"}, {"filename": "x-1-py3-none-any.whl"}]}"#;

fn client(variables: &[(&str, String)], cache: Option<&Path>) -> Client {
    let find = |name: &str| variables.iter().find(|it| it.0 == name).map(|it| it.1.clone());
    let netrc = "machine 127.0.0.1 login file password s3cret";
    let read = |path: &Path| path.ends_with(".netrc").then(|| netrc.to_owned());
    let settings = Settings::read(&Environment { variable: &find, read: &read }).unwrap();
    Client::new(settings, cache).unwrap().without_pause()
}

fn index(server: &Server) -> (&'static str, String) {
    ("PIP_INDEX_URL", format!("http://{}/simple", server.authority))
}

fn names(client: &Client, name: &str) -> Result<Option<Vec<String>>, Failure> {
    Ok(client.files(name)?.map(|it| it.into_iter().map(|it| it.name).collect()))
}

fn both() -> Result<Option<Vec<String>>, Failure> {
    Ok(Some(vec!["x-1.tar.gz".to_owned(), "x-1-py3-none-any.whl".to_owned()]))
}

#[test]
fn pages_of_both_forms_are_read() {
    let server = Server::start(|path, _| {
        Some(match path {
            "/simple/x/" => response("200 OK", JSON, PAGE),
            "/simple/y/" => response(
                "200 OK",
                "Content-Type: text/html\r\n",
                "<html><body><a href=\"/f/x-1.tar.gz\">a</a><a href=\"x-1-py3-none-any.whl#sha256=1\">b</a></body></html>",
            ),
            "/simple/empty/" => response("200 OK", JSON, r#"{"files": []}"#),
            _ => response("404 Not Found", "", "no"),
        })
    });
    let client = client(&[index(&server)], None);
    assert_eq!(names(&client, "x"), both());
    assert_eq!(names(&client, "y"), both());
    assert_eq!(names(&client, "empty"), Ok(Some(Vec::new())));
    assert_eq!(names(&client, "absent"), Ok(None));
    let asked = server.requests();
    assert!(asked[0].to_ascii_lowercase().contains("accept: application/vnd.pypi.simple.v1+json"));
}

#[test]
fn extra_indexes_are_asked_too() {
    let one = Server::start(|_, _| Some(response("404 Not Found", "", "")));
    let other = Server::start(|_, _| Some(response("200 OK", JSON, PAGE)));
    let extra = ("PIP_EXTRA_INDEX_URL", format!("http://{}/s", other.authority));
    assert_eq!(names(&client(&[index(&one), extra], None), "x"), both());
}

#[test]
fn redirections_are_followed_but_not_in_circles() {
    let server = Server::start(|path, _| {
        Some(match path {
            "/simple/x/" => response("302 Found", "Location: /there/x/\r\n", ""),
            "/there/x/" => response("200 OK", JSON, PAGE),
            _ => response("302 Found", "Location: /simple/round/\r\n", ""),
        })
    });
    let client = client(&[index(&server)], None);
    assert_eq!(names(&client, "x"), both());
    assert!(matches!(names(&client, "round"), Err(Failure::Unreadable(_))));
}

#[test]
fn credentials_go_to_their_host_and_nowhere_else() {
    let elsewhere = Server::start(|_, _| Some(response("200 OK", JSON, PAGE)));
    let target = format!(
        "Location: http://localhost:{}/x/\r\n",
        elsewhere.authority.rsplit(':').next().unwrap()
    );
    let server = Server::start(move |path, head| {
        let is_right = head.to_ascii_lowercase().contains("authorization: basic");
        Some(match (path, is_right) {
            ("/simple/away/", true) => response("302 Found", &target, ""),
            (_, true) => response("200 OK", JSON, PAGE),
            (_, false) => response("401 Unauthorized", "", "who?"),
        })
    });
    let cache = tempfile::tempdir().unwrap();
    let address = format!("http://user:pass%21word@{}/simple", server.authority);
    let with = client(&[("PIP_INDEX_URL", address)], Some(cache.path()));
    assert_eq!(names(&with, "x"), both());
    assert!(server.requests()[0].contains("dXNlcjpwYXNzIXdvcmQ="), "{:?}", server.requests());
    assert_eq!(names(&with, "away"), both());
    assert!(!elsewhere.requests()[0].to_ascii_lowercase().contains("authorization"));
    for file in std::fs::read_dir(cache.path()).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("pass") && !text.contains("user:"), "{text}");
    }
    let home = ("HOME", "/h".to_owned());
    assert_eq!(names(&client(&[index(&server), home], None), "x"), both());
    let without = client(&[index(&server)], None);
    let Err(Failure::Refused(message)) = names(&without, "x") else { panic!("not refused") };
    assert!(message.contains("asks for credentials (401)"), "{message}");
}

#[test]
fn failures_are_named_without_secrets() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{\"files\": [";
    let server = Server::start(move |path, _| match path {
        "/simple/slow/" => None,
        "/simple/cut/" => Some(cut.to_owned()),
        "/simple/odd/" => Some(response("200 OK", JSON, "[1, 2]")),
        _ => Some(response("500 Oops", "", "")),
    });
    let address = format!("http://u:hidden@{}/simple", server.authority);
    let few = [
        ("PIP_INDEX_URL", address),
        ("PIP_TIMEOUT", "0.3".to_owned()),
        ("PIP_RETRIES", "1".to_owned()),
    ];
    let client_ = client(&few, None);
    for (name, expected, n_requests) in [
        ("slow", "it did not answer in time", 2),
        ("cut", "is cut off or not the page of a project", 1),
        ("odd", "is cut off or not the page of a project", 1),
        ("broken", "answered 500", 2),
    ] {
        let before = server.requests().len();
        let message = names(&client_, name).unwrap_err().to_string();
        assert!(message.contains(expected) && !message.contains("hidden"), "{message}");
        assert_eq!(server.requests().len() - before, n_requests, "{name}");
    }
    // Nobody listens there.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gone = client(&[("PIP_INDEX_URL", format!("http://{nobody}/")), few[2].clone()], None);
    let message = names(&gone, "x").unwrap_err().to_string();
    assert!(message.contains("the connection was refused"), "{message}");
}

#[test]
fn an_answer_is_kept_for_as_long_as_it_holds() {
    let server = Server::start(|path, head| {
        let is_known = head.to_ascii_lowercase().contains("if-none-match: \"v1\"");
        Some(match path {
            "/simple/x/" => {
                response("200 OK", &format!("{JSON}Cache-Control: max-age=600\r\n"), PAGE)
            }
            "/simple/y/" if is_known => {
                response("304 Not Modified", "Cache-Control: max-age=600\r\n", "")
            }
            "/simple/y/" => response(
                "200 OK",
                &format!("{JSON}ETag: \"v1\"\r\nCache-Control: max-age=0\r\n"),
                PAGE,
            ),
            _ => response("200 OK", &format!("{JSON}Cache-Control: no-store\r\n"), PAGE),
        })
    });
    let cache = tempfile::tempdir().unwrap();
    for (name, n_requests) in [("x", [1, 1, 1]), ("y", [1, 2, 2]), ("z", [1, 2, 3])] {
        let before = server.requests().len();
        for expected in n_requests {
            // As a run of its own.
            let client = client(&[index(&server)], Some(cache.path()));
            assert_eq!(names(&client, name), both(), "{name}");
            assert_eq!(server.requests().len() - before, expected, "{name}");
        }
    }
}
