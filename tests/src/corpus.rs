//! The corpus of real Dockerfiles in `../shared/corpus`, unpacked once into the target directory.
//!
//! The corpus is material for tests and not part of the project: where it is absent, tests that need it say so and
//! pass.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ruzstd::decoding::StreamingDecoder;

fn packed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus")
}

/// The folder `dev/` of the unpacked corpus, or `None` (with a word on standard error) where there is none.
pub fn folder() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOLDER.get_or_init(unpack).as_deref()
}

fn unpack() -> Option<PathBuf> {
    let archive = packed().join("dev.tar.zst");
    let Ok(file) = File::open(&archive) else {
        skip(&archive);
        return None;
    };
    let size = file.metadata().expect("the corpus can be read").len();
    let target = target_folder().join(format!("corpus-{size}"));
    if !target.join("dev").is_dir() {
        // Several test programs may unpack at once; the rename decides which of them is kept.
        let own = target.with_extension(std::process::id().to_string());
        let decoder = StreamingDecoder::new(file).expect("the corpus is a zstd file");
        tar::Archive::new(decoder).unpack(&own).expect("the corpus is a tar file");
        if fs::rename(&own, &target).is_err() {
            fs::remove_dir_all(&own).expect("the second copy can be removed");
        }
    }
    Some(target.join("dev"))
}

fn skip(path: &Path) {
    eprintln!("skipped: {} is not here", path.display());
}

/// The lines of a packed JSON file of the corpus, such as `buildkit-instructions.jsonl.zst`.
pub fn json_lines(name: &str) -> Option<impl Iterator<Item = serde_json::Value>> {
    let path = packed().join(name);
    let Ok(file) = File::open(&path) else {
        skip(&path);
        return None;
    };
    let decoder = StreamingDecoder::new(BufReader::new(file)).expect("a zstd file");
    let lines = BufReader::with_capacity(1 << 20, decoder).lines();
    Some(lines.map(|it| serde_json::from_str(&it.expect("text")).expect("a JSON line")))
}

/// Every Dockerfile of the corpus as (path below `dev/`, text), sorted by path.
pub fn dockerfiles() -> Vec<(String, String)> {
    let Some(folder) = folder() else { return Vec::new() };
    let mut res = Vec::new();
    for part in ["real", "seeds"] {
        for entry in fs::read_dir(folder.join(part)).expect("a folder of the corpus") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|it| it == "Dockerfile") {
                res.push((format!("{part}/{}", file_name(&path)), read(&path)));
            }
        }
    }
    res.sort();
    res
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// The text of a file of the corpus.
pub fn read(path: &Path) -> String {
    let mut text = String::new();
    let read = File::open(path).and_then(|mut it| it.read_to_string(&mut text));
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text
}

/// Cargo's target directory: the test program lies in `<target>/<profile>/deps/`.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().expect("the path of this program");
    program.ancestors().nth(3).expect("a target directory").to_owned()
}
