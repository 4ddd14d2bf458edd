//! The Python index on loopback: passes requests on, keeps the files, and answers with the cache headers of the real index.
//!
//! A proxy in front of a machine may drop those headers; pip then keeps nothing in its cache, and a fix that keeps the cache out
//! of the image would seem to save nothing.

use super::machine;
use crate::program;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

/// The port, fixed because it is written into the base images, which outlive a run.
pub(super) const PORT: u16 = 18_941;
/// Where the real index keeps its files.
const FILES: &str = "https://files.pythonhosted.org/";

/// Serves the index until the program ends; what was fetched is kept below `folder`.
///
/// # Errors
///
/// The port is taken.
pub(super) fn serve(folder: PathBuf) -> Result<(), String> {
    let listener = TcpListener::bind(("127.0.0.1", PORT)).map_err(|error| {
        format!(
            "cannot serve the index on port {PORT}: {error}; end the program that holds the port"
        )
    })?;
    // Pages grow old, files never change.
    let _ = std::fs::remove_dir_all(folder.join("simple"));
    let folder = Arc::new(folder);
    thread::spawn(move || {
        for stream in listener.incoming().filter_map(Result::ok) {
            let folder = Arc::clone(&folder);
            thread::spawn(move || {
                // A client that hangs up has its answer.
                let _ = converse(&stream, &folder);
            });
        }
    });
    Ok(())
}

/// Answers the requests of one connection.
fn converse(stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request)? == 0 {
            return Ok(());
        }
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
        }
        let mut words = request.split_whitespace();
        let only_headers = words.next() == Some("HEAD");
        let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default();
        let (status, kind, keep, body) = match answer(path, folder) {
            Some((kind, keep, body)) => ("200 OK", kind, keep, body),
            None => ("404 Not Found", "text/plain", "no-store", b"not found".to_vec()),
        };
        let length = body.len();
        write!(
            writer,
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: {keep}\r\n\r\n"
        )?;
        if !only_headers {
            writer.write_all(&body)?;
        }
    }
}

/// The kind, the time to keep and the bytes of what stands at `path`.
fn answer(path: &str, folder: &Path) -> Option<(&'static str, &'static str, Vec<u8>)> {
    let path = path.trim_matches('/');
    if path.split('/').any(|it| it.is_empty() || it.starts_with('.')) {
        return None;
    }
    if let Some(name) = path.strip_prefix("simple/") {
        let address = format!("{}/{name}/", machine::python_index());
        let page = std::fs::read_to_string(fetched(
            &address,
            &folder.join("simple").join(format!("{name}.html")),
        )?)
        .ok()?;
        return Some((
            "text/html; charset=utf-8",
            "max-age=600, public",
            page.replace(FILES, "/files/").into_bytes(),
        ));
    }
    let file = path.strip_prefix("files/")?;
    let bytes =
        std::fs::read(fetched(&format!("{FILES}{file}"), &folder.join("files").join(file))?)
            .ok()?;
    Some(("application/octet-stream", "max-age=365000000, immutable, public", bytes))
}

/// The file that holds what stands at `address`, fetched if it is not there yet.
fn fetched(address: &str, file: &Path) -> Option<PathBuf> {
    if !file.is_file() {
        std::fs::create_dir_all(file.parent()?).ok()?;
        let name = file.file_name()?.to_str()?;
        let part = file.with_file_name(
            format!("{name}.{:?}", thread::current().id()).replace(['(', ')'], "-"),
        );
        program::output(
            Command::new("curl")
                .args(["-fsSL", "--retry", "3", "-H", "Accept: text/html", "-o"])
                .arg(&part)
                .arg(address),
        )
        .ok()?;
        std::fs::rename(&part, file).ok()?;
    }
    Some(file.to_path_buf())
}
