//! `pylintdock layers` as a person meets it.

use std::fs;

use serde_json::Value;
use tests::command::run;

const TEXT: &str = "\
FROM python:3.12-slim-bookworm
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev curl
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY big.bin /tmp/big.bin
RUN rm /tmp/big.bin
COPY . .
";

fn project() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".git")).unwrap();
    let write = |path: &str, bytes: &[u8]| fs::write(directory.path().join(path), bytes).unwrap();
    write("Dockerfile", TEXT.as_bytes());
    write("requirements.txt", b"numpy==1.26.4\nacme-tools==1\n");
    write("big.bin", &vec![1; 2_000_000]);
    write(".git/pack", &vec![1; 900_000]);
    directory
}

#[test]
fn the_table_says_what_is_added_and_what_is_of_no_use() {
    let directory = project();
    let run = run(directory.path(), ["layers", "--unsafe-fixes"], b"");
    assert_eq!((run.status, run.errors.as_str()), (0, ""), "{}", run.output);
    for expected in [
        "FROM python:3.12-slim-bookworm",
        "package lists: ~20 MB, of no use",
        "`big.bin`, removed in a later layer: ~2.0 MB",
        "Python packages: ~76 MB and 1 of unknown size",
        "pip's cache: ~18 MB and 1 of unknown size",
        "files of no use in an image: ~0.9 MB, of no use",
        "in all",
        "after safe fixes",
        "after all fixes",
    ] {
        assert!(run.output.contains(expected), "{expected}:\n{}", run.output);
    }
    let widest = run.output.lines().map(|it| it.chars().count()).max();
    assert!(widest <= Some(80), "{}", run.output);
    assert!(!run.output.contains('\u{1b}'));
}

#[test]
fn the_same_as_json() {
    let directory = project();
    let run = run(directory.path(), ["layers", "--output-format", "json"], b"");
    let images: Value = serde_json::from_str(&run.output).unwrap();
    let image = &images[0];
    assert_eq!(image["path"], "Dockerfile");
    let lines: Vec<u64> =
        image["layers"].as_array().unwrap().iter().map(|it| it["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, [1, 3, 4, 5, 6, 7, 8]);
    let number = |value: &Value| value.as_u64().unwrap();
    let compiler = number(&image["layers"][1]["wasted"]);
    assert!((120_000_000..260_000_000).contains(&compiler), "{compiler}");
    let packages = &image["layers"][3]["parts"][0];
    assert_eq!(packages["what"], "Python packages");
    assert!((60_000_000..100_000_000).contains(&number(&packages["bytes"])), "{packages}");
    assert_eq!((&packages["has_unknown"], &packages["is_wasted"]), (&true.into(), &false.into()));
    let cache = &image["layers"][3]["parts"][1];
    assert!((15_000_000..20_000_000).contains(&number(&cache["bytes"])), "{cache}");
    let saved = number(&image["total"]["bytes"]) - number(&image["after_safe_fixes"]["bytes"]);
    assert!(saved >= 20_000_000, "{saved}");
    assert_eq!(image["total"]["has_unknown"], true);
    assert!(image.get("after_unsafe_fixes").is_none());
}
