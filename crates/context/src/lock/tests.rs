//! What each format says, what is installed of it, and what is said of files that are broken.

use super::samples::*;
use super::*;
use crate::Environment;

/// Name, version, wheels and whether there is an sdist.
fn summary(lock: &Lock) -> Vec<String> {
    let line = |it: &Package| {
        let version = it.version.as_deref().unwrap_or("?");
        let sdist = if it.has_sdist { " sdist" } else { "" };
        format!("{} {version} {}{sdist}", it.name, it.wheels.join(" "))
            .replace("  ", " ")
            .trim_end()
            .to_owned()
    };
    lock.packages.iter().map(line).collect()
}

fn installed(lock: &Lock, selection: &Selection, python: &str, machine: &str) -> String {
    let environment = Environment::linux(Some(python), Some(machine));
    let mark = |it: Installed<'_>| {
        let version = it.package.version.as_deref().filter(|it| it.contains('+')).unwrap_or("");
        format!("{}{version}{}", it.package.name, if it.is_certain { "" } else { "?" })
    };
    let names: Vec<String> =
        lock.installed(selection, &environment).into_iter().map(mark).collect();
    names.join(" ")
}

fn plain(format: LockFormat) -> Selection {
    Selection::plain(format)
}

fn own(names: &[&str]) -> Vec<String> {
    names.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn uv_locks_are_read() {
    let lock = parse(LockFormat::Uv, UV).unwrap();
    assert_eq!(
        summary(&lock),
        [
            "app 0.1.0",
            "other-app 0.1.0",
            "psycopg2 2.9.9 sdist",
            "pytest 8.0",
            "pywin32 306 pywin32-306-cp312-cp312-win_amd64.whl",
            "sphinx 7 sphinx-7-py3-none-any.whl",
            "torch 2.5.1 torch-2.5.1-cp312-cp312-manylinux2014_aarch64.whl",
            "torch 2.5.1+cpu torch-2.5.1+cpu-cp312-cp312-linux_x86_64.whl",
            "uvicorn 0.30 uvicorn-0.30-py3-none-any.whl sdist",
            "uvloop 0.19 sdist",
        ]
    );
    let sources: Vec<_> = lock.packages.iter().map(|it| it.source.is_pypi()).collect();
    let (yes, no) = (Some(true), Some(false));
    assert_eq!(sources, [no, no, yes, no, yes, no, yes, no, no, no]);
    assert_eq!(lock.packages[2].span.of(UV), "\"psycopg2\"");
    assert_eq!(lock.members, ["app", "other-app"]);
    assert_eq!(lock.allows_python((3, 9)), Some(false));
    assert_eq!(lock.allows_python((3, 13)), Some(true));
    assert_eq!(lock.listing, Listing::Complete);
}

#[test]
fn uv_installs_what_the_root_reaches() {
    let lock = parse(LockFormat::Uv, UV).unwrap();
    let plain = plain(LockFormat::Uv);
    for (selection, machine, expected) in [
        (plain.clone(), "x86_64", "app pytest torch2.5.1+cpu uvicorn uvloop"),
        (plain.clone(), "aarch64", "app pytest torch uvicorn uvloop"),
        (Selection::default(), "x86_64", "app torch2.5.1+cpu uvicorn uvloop"),
        (
            Selection { extras: own(&["PG"]), ..Selection::default() },
            "x86_64",
            "app psycopg2 torch2.5.1+cpu uvicorn uvloop",
        ),
        (
            Selection { groups: own(&["docs"]), only_groups: true, ..Selection::default() },
            "x86_64",
            "sphinx",
        ),
        (Selection { members: own(&["other_app"]), ..plain }, "x86_64", "sphinx"),
    ] {
        assert_eq!(installed(&lock, &selection, "3.12", machine), expected, "{selection:?}");
    }
    // What only the unknown processor decides is not certain.
    let environment = Environment::linux(Some("3.12"), None);
    let all = lock.installed(&Selection::default(), &environment);
    let doubtful: Vec<_> =
        all.iter().filter(|it| !it.is_certain).map(|it| &it.package.version).collect();
    assert_eq!(doubtful, [&Some("2.5.1".to_owned()), &Some("2.5.1+cpu".to_owned())]);
}

#[test]
fn poetry_locks_are_read() {
    let lock = parse(LockFormat::Poetry, POETRY).unwrap();
    assert_eq!(
        summary(&lock),
        ["anyio 4.13.0 anyio-4.13.0-py3-none-any.whl sdist", "private-thing 1", "sibling 0"]
    );
    let index = PackageSource::Index(Some("https://example.com/simple".to_owned()));
    assert_eq!(lock.packages[1].source, index);
    assert_eq!(lock.packages[0].source.is_pypi(), None);
    let plain = plain(LockFormat::Poetry);
    let private = Selection { extras: own(&["private"]), ..Selection::default() };
    for (selection, python, expected) in [
        (&plain, "3.11", "anyio sibling?"),
        (&plain, "3.12", "anyio sibling?"),
        (&Selection::default(), "3.12", ""),
        (&Selection::default(), "3.11", "anyio"),
        (&private, "3.12", "private-thing"),
    ] {
        assert_eq!(installed(&lock, selection, python, "x86_64"), expected, "{selection:?}");
    }
}

#[test]
fn old_poetry_locks_keep_files_apart() {
    let lock = parse(LockFormat::Poetry, POETRY_1).unwrap();
    assert_eq!(
        summary(&lock),
        [
            "numpy 1.21.0 numpy-1.21.0-cp39-cp39-manylinux1_x86_64.whl",
            "numpy 1.26.0 numpy-1.26.0-cp39-cp39-manylinux1_x86_64.whl sdist",
            "size 1 sdist",
        ]
    );
    assert_eq!(lock.allows_python((3, 8)), Some(false));
    let all = Selection { extras: own(&["all"]), ..Selection::default() };
    assert_eq!(installed(&lock, &Selection::default(), "3.9", "x86_64"), "numpy");
    assert_eq!(installed(&lock, &all, "3.9", "x86_64"), "numpy size");
}

#[test]
fn pdm_locks_are_read() {
    let lock = parse(LockFormat::Pdm, PDM).unwrap();
    assert_eq!(
        summary(&lock),
        ["anyio 4 anyio-4-py3-none-any.whl sdist", "psycopg2 2.9.9", "tool 1"]
    );
    assert_eq!(lock.listing, Listing::Trimmed);
    let plain = plain(LockFormat::Pdm);
    assert_eq!(installed(&lock, &plain, "3.12", "x86_64"), "anyio psycopg2? tool");
    assert_eq!(installed(&lock, &plain, "3.10", "x86_64"), "psycopg2? tool");
    assert_eq!(installed(&lock, &Selection::default(), "3.12", "x86_64"), "anyio");
    let lock = parse(LockFormat::Pdm, PDM_2).unwrap();
    assert_eq!(summary(&lock), ["anyio 4 anyio-4-py3-none-any.whl"]);
    assert_eq!(lock.listing, Listing::Complete);
    let trimmed = PDM.replace("platform = \"manylinux_2_17_x86_64\"\n", "");
    assert_eq!(parse(LockFormat::Pdm, &trimmed).unwrap().listing, Listing::Complete);
    let old = trimmed.replace("4.5.1", "4.4.1");
    assert_eq!(parse(LockFormat::Pdm, &old).unwrap().listing, Listing::Trimmed);
    let old = old.replace("[\"inherit_metadata\"]", "[\"cross_platform\"]");
    assert_eq!(parse(LockFormat::Pdm, &old).unwrap().listing, Listing::Complete);
}

#[test]
fn pylock_files_are_read() {
    let lock = parse(LockFormat::Pylock, PYLOCK).unwrap();
    assert_eq!(
        summary(&lock),
        [
            "numpy 2.2.3 numpy-2.2.3-cp312-cp312-manylinux2014_x86_64.whl sdist",
            "flask 3 flask-3-py3-none-any.whl",
            "here ?",
            "there ?",
            "archive ? sdist",
        ]
    );
    assert_eq!(lock.allows_environment(&Environment::linux(None, None)), Some(true));
    let plain = plain(LockFormat::Pylock);
    let more = Selection { extras: own(&["more"]), ..plain.clone() };
    assert_eq!(installed(&lock, &plain, "3.13", "x86_64"), "numpy flask here there");
    assert_eq!(installed(&lock, &more, "3.13", "x86_64"), "numpy flask here there archive");
    let pipenv = PYLOCK.replace("\"uv\"", "\"pipenv\"");
    assert_eq!(parse(LockFormat::Pylock, &pipenv).unwrap().listing, Listing::Invented);
}

#[test]
fn pipfile_locks_are_read() {
    let lock = parse(LockFormat::Pipfile, PIPFILE).unwrap();
    assert_eq!(summary(&lock), ["certifi 2026.2.25", "tool ?", "here ?", "pytest 8"]);
    assert_eq!(lock.packages[0].source.is_pypi(), Some(false));
    assert_eq!(lock.packages[3].source, PackageSource::Index(None));
    assert_eq!(lock.packages[3].span.of(PIPFILE), "\"pytest\"");
    assert_eq!(lock.requires_python[0].text, "==3.11.*");
    assert_eq!(lock.requires_python[0].span.of(PIPFILE), "\"3.11\"");
    assert_eq!(
        installed(&lock, &plain(LockFormat::Pipfile), "3.11", "x86_64"),
        "certifi tool here"
    );
    let with_dev = Selection { development: true, ..Selection::default() };
    assert_eq!(installed(&lock, &with_dev, "3.6", "x86_64"), "tool here pytest");
}

#[test]
fn both_toml_readers_read_the_same() {
    for (format, text) in [
        (LockFormat::Uv, UV),
        (LockFormat::Poetry, POETRY),
        (LockFormat::Poetry, POETRY_1),
        (LockFormat::Pdm, PDM),
        (LockFormat::Pdm, PDM_2),
        (LockFormat::Pylock, PYLOCK),
    ] {
        let lock = parse_with_toml(format, text).unwrap();
        assert_eq!(parse_regular(format, text).as_ref(), Some(&lock));
        let windows = text.replace('\n', "\r\n");
        let lock = parse_with_toml(format, &windows).unwrap();
        assert_eq!(parse_regular(format, &windows), Some(lock));
        // Cut anywhere, both read the same or neither does.
        for end in (0..text.len()).filter(|it| text.is_char_boundary(*it)) {
            let cut = &text[..end];
            let regular = regular::read(cut).and_then(|it| interpret(format, &it).ok());
            assert_eq!(regular, parse_with_toml(format, cut).ok(), "{cut}");
        }
    }
}

#[test]
fn the_fast_reader_accepts_no_more_than_toml() {
    for (text, is_regular) in [
        ("a = 1\n", true),
        ("a = 1 # why\n# more\n", true),
        ("\"a b\" = \"\\\"\\\\\"\n", true),
        ("a = 'x\"\\'\n", true),
        ("a = [1, [2], {b = true},\n]\n", true),
        ("[a]\n[a.b]\n[[c]]\n[c.d]\n[[c]]\n[c.d]\n", true),
        ("[a.b]\n[a]\n", true),
        ("a = 2025-02-13T17:17:30.123Z\n", true),
        // Right, but not regular.
        ("a.b = 1\n", false),
        ("a = \"\"\"x\"\"\"\n", false),
        ("a = '''x'''\n", false),
        ("a = 1_000\n", false),
        ("a = -1.5\n", false),
        ("a = \"\\u0041\"\n", false),
        ("[ a ]\n", false),
        // Wrong.
        ("a = 1\na = 2\n", false),
        ("hash = 1\nhash = 2\n", false),
        ("a = {hash = 1, hash = 2}\n", false),
        ("[a]\n[a]\n", false),
        ("[a]\n[[a]]\n", false),
        ("[[a]]\n[a]\n", false),
        ("a = {}\n[a.b]\n", false),
        ("a = []\n[[a]]\n", false),
        ("a = 1 b = 2\n", false),
        ("a = 01\n", false),
        ("a = 2025-02-30T17:17:30Z\n", false),
        ("a = 2025-02-13T25:17:30Z\n", false),
        ("a = \"x\ny\"\n", false),
        ("a = \"\u{1}\"\n", false),
        ("a = 1 # \u{1}\n", false),
        ("a = [1 2]\n", false),
        ("a = tru\n", false),
        ("a = \n", false),
        ("a\n", false),
        ("a = 1\r", false),
        ("<<<<<<< HEAD\n", false),
        ("a = \"", false),
        ("[a", false),
    ] {
        let regular = regular::read(text);
        assert_eq!(regular.is_some(), is_regular, "{text:?}");
        if is_regular {
            assert!(document::read(text).is_ok(), "{text:?}");
        }
    }
    assert_eq!(regular::read(&"a = [".repeat(100_000)), None);
    assert_eq!(regular::read(&format!("a = {}", "[".repeat(100_000))), None);
}

#[test]
fn broken_files_are_said_with_their_place() {
    for (format, text, kind, place, message) in [
        (
            LockFormat::Uv,
            "version = 2\n",
            LockErrorKind::Unsupported,
            (1, 11),
            "version 1 of uv.lock",
        ),
        (LockFormat::Uv, "", LockErrorKind::Broken, (1, 1), "no `version` at its top"),
        (
            LockFormat::Uv,
            "version = 1\n\n[[package]]\nversion = \"1\"\n",
            LockErrorKind::Broken,
            (3, 1),
            "this package has no `name`; write it anew with `uv lock`",
        ),
        (
            LockFormat::Uv,
            "version = 1\n<<<<<<< HEAD\n",
            LockErrorKind::Broken,
            (2, 1),
            "a merge conflict is not resolved here; take one side, then run `uv lock`",
        ),
        (LockFormat::Uv, "version = 1\nä = \"é\n", LockErrorKind::Broken, (2, 1), "`uv lock`"),
        (
            LockFormat::Poetry,
            "[metadata]\nlock-version = \"3.0\"\n",
            LockErrorKind::Unsupported,
            (2, 16),
            "versions 1 and 2",
        ),
        (LockFormat::Poetry, "a = 1\n", LockErrorKind::Broken, (1, 1), "no table `metadata`"),
        (
            LockFormat::Pdm,
            "[metadata]\nlock_version = \"5.0\"\n",
            LockErrorKind::Unsupported,
            (2, 16),
            "versions 2 to 4",
        ),
        (
            LockFormat::Pylock,
            "lock-version = \"2.0\"\n",
            LockErrorKind::Unsupported,
            (1, 16),
            "version 1 of pylock.toml",
        ),
        (
            LockFormat::Pylock,
            "created-by = \"x\"\n",
            LockErrorKind::Broken,
            (1, 1),
            "no `lock-version`",
        ),
        (
            LockFormat::Pipfile,
            "{\n  \"_meta\": {\"pipfile-spec\": 7}\n}\n",
            LockErrorKind::Unsupported,
            (2, 13),
            "`pipfile-spec` 6",
        ),
        (LockFormat::Pipfile, "{\n  \"default\": {\n", LockErrorKind::Broken, (3, 1), "EOF"),
        (
            LockFormat::Pipfile,
            "{\n  \"_meta\": {},\n  \"default\": 3\n}",
            LockErrorKind::Broken,
            (3, 14),
            "expected an object",
        ),
        (LockFormat::Pipfile, "{}", LockErrorKind::Broken, (1, 1), "no `_meta`"),
        (LockFormat::Pipfile, "", LockErrorKind::Broken, (1, 1), "`pipenv lock`"),
    ] {
        let error = parse(format, text).unwrap_err();
        assert!(error.message.contains(message), "{text}: {}", error.message);
        assert!(error.message.contains(format.file_name()), "{}", error.message);
        assert_eq!(
            (error.kind, error.line, error.column),
            (kind, place.0, place.1),
            "{text}: {}",
            error.message
        );
    }
}

#[test]
fn file_names_are_taken_from_addresses() {
    for (place, expected) in [
        ("https://a/b/c-1%2Bcpu-py3-none-any.whl", "c-1+cpu-py3-none-any.whl"),
        ("https://a/b/c.tar.gz?x=/y#sha256=0/0", "c.tar.gz"),
        ("c.whl", "c.whl"),
        ("%zz%", "%zz%"),
        ("%ff%2", "\u{fffd}%2"),
        ("", ""),
    ] {
        assert_eq!(file_name_of(place), expected, "{place}");
    }
}

#[test]
fn formats_are_known_by_file_name() {
    for (name, expected) in [
        ("uv.lock", Some(LockFormat::Uv)),
        ("poetry.lock", Some(LockFormat::Poetry)),
        ("pdm.lock", Some(LockFormat::Pdm)),
        ("pylock.toml", Some(LockFormat::Pylock)),
        ("pylock.dev.toml", Some(LockFormat::Pylock)),
        ("Pipfile.lock", Some(LockFormat::Pipfile)),
        ("conda-lock.yml", None),
        ("Cargo.lock", None),
    ] {
        assert_eq!(LockFormat::of(name), expected, "{name}");
    }
}
