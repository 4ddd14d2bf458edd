//! Wheel, build or neither, for lock files of one package.

use super::*;
use crate::lock::{LockFormat, parse};
use crate::wheel_tag::Libc;

/// The answer for the only package of a lock file, on Python 3.12.
fn answer(format: LockFormat, text: &str, libc: Libc) -> String {
    let target =
        Target { python: (3, 12), free_threaded: false, libc, machine: "x86_64".to_owned() };
    let lock = parse(format, text).unwrap();
    match decision(&lock, &lock.packages[0], &target) {
        Decision::Wheel(number) => lock.packages[0].wheels[number].clone(),
        Decision::Unknown(doubt) => format!("{doubt:?}"),
        other => format!("{other:?}"),
    }
}

fn uv(head: &str, source: &str, files: &str) -> String {
    format!(
        "version = 1\n{head}\n[[package]]\nname = \"a\"\nversion = \"1\"\nsource = {source}\n{files}\n"
    )
}

#[test]
fn uv_locks_decide() {
    let pypi = r#"{ registry = "https://pypi.org/simple" }"#;
    let sdist = r#"sdist = { url = "https://files/a-1.tar.gz" }"#;
    let old = r#"wheels = [{ url = "https://files/a-1-cp312-cp312-manylinux2014_x86_64.whl" }]"#;
    let new = r#"wheels = [{ url = "https://files/a-1-cp312-cp312-manylinux_2_28_x86_64.whl" }]"#;
    let both = format!("{sdist}\n{old}");
    let glibc = Libc::Glibc(2, 36);
    let musl = Libc::Musl(1, 2);
    let old_wheel = "a-1-cp312-cp312-manylinux2014_x86_64.whl";
    let other_python = "requires-python = \">=3.13\"";
    let other_system = "supported-markers = [\"sys_platform == 'darwin'\"]";
    for (head, source, files, libc, expected) in [
        ("", pypi, old, glibc, old_wheel),
        ("", pypi, both.as_str(), glibc, old_wheel),
        ("", pypi, both.as_str(), musl, "Compile"),
        ("", pypi, old, musl, "Impossible"),
        ("", pypi, sdist, glibc, "Compile"),
        ("", pypi, "", glibc, "Impossible"),
        ("", pypi, new, Libc::Glibc(2, 17), "Impossible"),
        ("", pypi, new, Libc::AnyGlibc, "LibcNotKnown"),
        ("", pypi, old, Libc::AnyGlibc, old_wheel),
        (other_python, pypi, both.as_str(), glibc, "OtherPython"),
        (other_system, pypi, both.as_str(), glibc, "OtherEnvironment"),
        ("", r#"{ git = "https://example.com/a#00" }"#, "", glibc, "Compile"),
        ("", r#"{ editable = "." }"#, "", glibc, "Compile"),
        ("", r#"{ virtual = "." }"#, "", glibc, "NotInstalled"),
        ("", r#"{ path = "a-1-py3-none-any.whl" }"#, "", musl, "a-1-py3-none-any.whl"),
        ("", r#"{ url = "https://x/a-1.tar.gz" }"#, "sdist = { hash = \"\" }", musl, "Compile"),
    ] {
        let text = uv(head, source, files);
        assert_eq!(answer(LockFormat::Uv, &text, libc), expected, "{text}");
    }
}

#[test]
fn what_a_lock_does_not_say_is_unknown() {
    let pylock = |by: &str, rest: &str| {
        format!(
            "lock-version = \"1.0\"\ncreated-by = \"{by}\"\n[[packages]]\nname = \"a\"\n{rest}\n"
        )
    };
    let wheel = r#"wheels = [{ name = "a-1-py3-none-any.whl" }]"#;
    let windows = r#"wheels = [{ name = "a-1-cp312-cp312-win_amd64.whl" }]"#;
    let pdm = |target: &str| {
        format!(
            "[[package]]\nname = \"a\"\nversion = \"1\"\nfiles = [{{file = \"a-1.tar.gz\"}}]\n\
             [metadata]\nlock_version = \"4.5.0\"\n[[metadata.targets]]\n{target}\n"
        )
    };
    let poetry = "[[package]]\nname = \"a\"\nversion = \"1\"\n[metadata]\npython-versions = \"*\"\n[metadata.hashes]\na = [\"00\"]\n";
    let pipfile = r#"{"_meta": {"pipfile-spec": 6}, "default": {"a": {"version": "==1"}}}"#;
    for (format, text, expected) in [
        (LockFormat::Pylock, pylock("pipenv", wheel), "NamesInvented"),
        (LockFormat::Pylock, pylock("pipenv", "vcs = { url = \"x\" }"), "Compile"),
        (LockFormat::Pylock, pylock("uv", wheel), "a-1-py3-none-any.whl"),
        (LockFormat::Pylock, pylock("pip", windows), "Impossible"),
        (
            LockFormat::Pylock,
            pylock("uv", &format!("requires-python = \">=3.13\"\n{wheel}")),
            "OtherPython",
        ),
        (LockFormat::Pdm, pdm("platform = \"macos_arm64\""), "Trimmed"),
        (LockFormat::Pdm, pdm("requires_python = \">=3.9\""), "Compile"),
        (LockFormat::Poetry, poetry.to_owned(), "NoFileNames"),
        (LockFormat::Pipfile, pipfile.to_owned(), "NoFileNames"),
    ] {
        assert_eq!(answer(format, &text, Libc::Glibc(2, 36)), expected, "{text}");
    }
    assert_eq!(Doubt::Trimmed.to_string(), "the lock file names the files of some platforms only");
}
