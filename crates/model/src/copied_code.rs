//! Whether code that is copied from the context starts programs or loads libraries that are not Python's own.

use context::{copy_sources, manager_of};

use crate::unwanted::{environments, unwanted_part};
use crate::{Build, Copy, CopyFrom, SourceKind, path};

/// Words in a Python file that may start another program or load a library of the system.
const WORDS: [&str; 11] = [
    "subprocess",
    "os.system",
    "popen",
    "os.exec",
    "os.spawn",
    "ctypes",
    "cffi",
    "dlopen",
    "shutil.which",
    "git",
    "curl",
];

/// Larger sources are not read.
const MOST_FILES: usize = 50;

/// Whether what a COPY takes from the context is proved to need nothing but Python: files that say what to install,
/// data, and small programs without a trace of other programs or libraries. Files of other origin are not judged.
pub fn has_no_outer_calls(build: &Build<'_>, copy: &Copy<'_>) -> bool {
    if copy.from != CopyFrom::Context {
        return true;
    }
    copy.sources.iter().all(|it| match (it.kind, it.path.as_deref()) {
        (SourceKind::Path, Some(path)) => is_harmless(build, path),
        _ => false,
    })
}

fn is_harmless(build: &Build<'_>, written: &str) -> bool {
    if is_data(path::file_name(written)) {
        return true;
    }
    let Some(tree) = build.surroundings.files.tree().filter(|it| it.is_complete()) else {
        return false;
    };
    if tree.is_file(written) {
        return is_harmless_program(build, written);
    }
    if written != "*" && copy_sources::has_wildcard(written) {
        return false;
    }
    let ignore = build.ignore_file().map(|it| &it.1);
    let files = tree.below(if written == "*" { "." } else { written }).map(|it| it.0);
    let files = files.filter(|it| !ignore.is_some_and(|ignore| ignore.excludes(it)));
    // A program does not reach into what tools keep beside it, and an environment of somebody else's machine fails here.
    let environments = environments(tree);
    let files = files.filter(|it| unwanted_part(it, &environments).is_none());
    let mut files = files.peekable();
    // What is not in the tree was not read.
    if files.peek().is_none() {
        return false;
    }
    let are_harmless = files
        .by_ref()
        .take(MOST_FILES)
        .all(|it| is_data(path::file_name(it)) || is_harmless_program(build, it));
    are_harmless && files.next().is_none()
}

fn is_harmless_program(build: &Build<'_>, file: &str) -> bool {
    let text = build.surroundings.files.read(file).filter(|_| file.ends_with(".py"));
    text.is_some_and(|text| {
        let text = text.to_ascii_lowercase();
        !WORDS.iter().any(|it| text.contains(it))
    })
}

fn is_data(name: &str) -> bool {
    const ENDINGS: [&str; 35] = [
        ".txt",
        ".toml",
        ".lock",
        ".json",
        ".yml",
        ".yaml",
        ".md",
        ".rst",
        ".csv",
        ".cfg",
        ".ini",
        ".html",
        ".css",
        "ockerfile",
        ".bin",
        ".dat",
        ".gif",
        ".gz",
        ".h5",
        ".ico",
        ".jpeg",
        ".jpg",
        ".mo",
        ".npy",
        ".npz",
        ".parquet",
        ".pdf",
        ".pkl",
        ".png",
        ".po",
        ".sql",
        ".svg",
        ".tsv",
        ".woff2",
        ".xml",
    ];
    let is_known = manager_of(name).is_some() || name == "LICENSE";
    !name.ends_with(".py")
        && (is_known
            || ENDINGS.iter().any(|it| name.ends_with(it))
            || name.starts_with(".git")
            || name == ".dockerignore")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Surroundings;

    /// A line of the Dockerfile, the files of the context, and the answer.
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], bool);

    #[test]
    fn copied_code_is_judged() {
        let cases: [Case<'_>; 10] = [
            ("COPY requirements.txt pyproject.toml .", &[], true),
            ("COPY main.py .", &[], false),
            ("COPY main.py .", &[("main.py", "import flask\n")], true),
            ("COPY main.py .", &[("main.py", "import subprocess\n")], false),
            ("COPY . .", &[("main.py", "print(1)"), ("data/a.json", "{}")], true),
            ("COPY . .", &[("main.py", "print(1)"), ("start.sh", "git pull")], false),
            (
                "COPY . .",
                &[("main.py", "print(1)"), ("env/pyvenv.cfg", ""), ("env/x.py", "import ctypes")],
                true,
            ),
            ("COPY src /src", &[("src/a.py", "os.popen('x')")], false),
            ("ADD https://example.com/x /x", &[], false),
            ("COPY --from=python:3 /x /x", &[], true),
        ];
        for (line, files, expected) in cases {
            let file_text = format!("FROM python:3.12\n{line}\n");
            let files = context::MemoryFiles::new(files.iter().copied());
            let file = syntax::parse(&file_text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let copy = build.steps.last().and_then(|it| it.copy()).unwrap();
            assert_eq!(has_no_outer_calls(&build, copy), expected, "{line}");
        }
    }
}
