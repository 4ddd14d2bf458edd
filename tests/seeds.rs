//! The Dockerfiles of the documents that taught this project: each is told what its document teaches.

use context::MemoryFiles;
use linter::{Date, Input, Safety, Settings};
use tests::{corpus, invariants};

/// (file, what its document teaches as "line rule", in the order of the report)
const TAUGHT: &[(&str, &[&str])] = &[
    ("000-big", &["2 compiler-in-final-stage", "3 pip-cache-kept"]),
    ("000-break", &["2 pip-cache-kept", "2 compiler-missing"]),
    ("000-small", &["11 wheels-copied-as-layer"]),
    (
        "000-uninstall",
        &["2 compiler-in-final-stage", "3 pip-cache-kept", "4 deleted-in-later-layer"],
    ),
    (
        "001-multistage",
        &[
            "2 image-latest",
            "12 wheels-copied-as-layer",
            "12 runtime-library-missing",
            "17 image-latest",
            "22 dockerignore-missing",
            "29 wheels-copied-as-layer",
        ],
    ),
    ("001-slim", &["5 compiler-missing", "8 dockerignore-missing", "9 pip-cache-kept"]),
    ("002-devcon-spark", &["1 image-latest", "11 wheels-copied-as-layer"]),
    ("002-service", &["1 full-image-in-final-stage", "5 pip-cache-kept", "6 pip-cache-kept"]),
    ("002-slim", &["11 wheels-copied-as-layer"]),
    ("003-big", &["3 compiler-in-final-stage", "5 pip-cache-kept"]),
    ("003-break", &["3 pip-cache-kept", "3 compiler-missing"]),
    ("003-small", &["13 wheels-copied-as-layer"]),
    (
        "003-uninstall",
        &["3 compiler-in-final-stage", "5 pip-cache-kept", "7 deleted-in-later-layer"],
    ),
    (
        "004-alpine-builddeps",
        &[
            "5 compiler-in-final-stage",
            "10 pip-cache-kept",
            "10 musl-without-wheels",
            "12 pip-cache-kept",
            "12 musl-without-wheels",
            "13 pip-cache-kept",
            "13 musl-without-wheels",
            "14 deleted-in-later-layer",
        ],
    ),
    (
        "004-alpine-multistage",
        &[
            "9 musl-without-wheels",
            "10 musl-without-wheels",
            "11 musl-without-wheels",
            "15 package-manager-mismatch",
            "16 libc-mismatch",
        ],
    ),
    (
        "004-alpine-retry",
        &[
            "6 compiler-in-final-stage",
            "11 pip-cache-kept",
            "11 musl-without-wheels",
            "13 pip-cache-kept",
            "13 musl-without-wheels",
        ],
    ),
    (
        "004-alpine-wheel-repair",
        &[
            "3 compiler-in-final-stage",
            "5 pip-cache-kept",
            "5 musl-without-wheels",
            "7 pip-cache-kept",
        ],
    ),
    (
        "004-alpine-wheel-show",
        &[
            "3 compiler-in-final-stage",
            "5 pip-cache-kept",
            "5 musl-without-wheels",
            "7 pip-cache-kept",
        ],
    ),
    ("004-alpine-wheel", &["8 musl-without-wheels", "13 musl-without-wheels"]),
    ("004-py38-alpine", &["5 pip-cache-kept", "5 musl-without-wheels", "5 compiler-missing"]),
    (
        "004-py38-slim-no-cache",
        &["5 pip-cache-kept", "7 cache-deleted-in-later-layer", "13 cache-deleted-in-later-layer"],
    ),
    ("004-py38-slim-no-cache2", &[]),
    ("004-py38-slim", &["5 pip-cache-kept"]),
    (
        "004-py38",
        &[
            "1 full-image-in-final-stage",
            "5 pip-cache-kept",
            "7 dockerignore-missing",
            "9 pip-cache-kept",
        ],
    ),
];

#[test]
fn every_document_is_heeded() {
    let Some(folder) = corpus::folder() else { return };
    let requirements = corpus::read(&folder.join("seeds/004-requirements.txt"));
    let settings = Settings::default();
    let mut wrong = String::new();
    for (name, expected) in TAUGHT {
        let text = corpus::read(&folder.join(format!("seeds/{name}.Dockerfile")));
        let files =
            MemoryFiles::new([("requirements.txt", requirements.as_str()), ("test.py", "")]);
        let input = Input {
            text: &text,
            dockerfile: "Dockerfile",
            files: &files,
            settings: &settings,
            // When the documents were written, their images were not out of support.
            today: Date { year: 2021, month: 6, day: 1 },
            target: None,
            arguments: &[],
            contexts: &[],
        };
        let index = syntax::LineIndex::new(&text);
        let found: Vec<String> = linter::check(rules::ALL, &input)
            .iter()
            .map(|it| format!("{} {}", index.line(it.span.start), it.rule))
            .collect();
        if found != *expected {
            wrong += &format!("    (\"{name}\", &{found:?}),\n");
        }
        for allowed in [Safety::Safe, Safety::Unsafe] {
            invariants::check_fixes(name, rules::ALL, &input, allowed);
        }
    }
    assert!(wrong.is_empty(), "reported otherwise:\n{wrong}");
}
