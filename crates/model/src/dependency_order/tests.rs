//! What is late, and where the COPY can go.

use context::NoFiles;

use super::{Destination, late, plan};
use crate::{Build, Surroundings};

fn with(text: &str, check: impl Fn(&Build<'_>)) {
    let file = syntax::parse(text);
    let scripts = crate::scripts(&file);
    let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    check(&Build::new(&file, &scripts, surroundings));
}

#[test]
fn where_the_copy_goes() {
    // (lines behind FROM and WORKDIR, installs that are late, step behind which the COPY goes, files in its place)
    for (lines, n_installs, expected) in [
        ("COPY . .\nRUN pip install -r requirements.txt", 1, "behind 3: requirements.txt"),
        ("COPY . .\nRUN pip install flask", 1, "behind 3: "),
        ("COPY . .\nRUN pip install -U pip", 0, ""),
        ("COPY . .\nRUN pip install .", 0, ""),
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .", 0, ""),
        ("COPY requirements.txt .\nCOPY . .\nRUN pip install -r requirements.txt", 1, "behind 4: "),
        ("COPY . .\nRUN apt-get update\nRUN pip install -r r.txt\nRUN make", 1, "behind 4: r.txt"),
        ("COPY . .\nRUN make\nRUN pip install -r r.txt", 1, "none"),
        ("COPY . .\nRUN pip install -r r.txt && make", 1, "within 3: r.txt"),
        ("COPY . .\nRUN cd x && pip install -r r.txt && make", 1, "none"),
        ("COPY . .\nRUN poetry install", 1, "between 3: pyproject.toml poetry.lock*"),
        ("COPY . .\nRUN --mount=target=r.txt,source=r.txt pip install -r r.txt", 1, "behind 3: "),
    ] {
        with(&format!("FROM python\nWORKDIR /app\n{lines}\n"), |build| {
            let found = late(build);
            let n_found: usize = found.iter().map(|it| it.installs.len()).sum();
            assert_eq!(n_found, n_installs, "{lines}");
            let Some(first) = found.first() else { return };
            let shown = plan(build, first).map_or("none".to_owned(), |it| {
                let place = match it.destination {
                    Destination::Behind(step) => format!("behind {step}"),
                    Destination::Within(step, _) => format!("within {step}"),
                    Destination::Between(step, _) => format!("between {step}"),
                };
                let files: Vec<&str> = it.placed.iter().map(|it| it.from.as_str()).collect();
                format!("{place}: {}", files.join(" "))
            });
            assert_eq!(shown, expected, "{lines}");
        });
    }
}

#[test]
fn only_stages_that_reach_the_image_count() {
    let text = "FROM python AS unused\nCOPY . /a\nRUN pip install x\nFROM python AS b\nCOPY . /a\nRUN pip install x\n\
        FROM python\nCOPY --from=b /a /a\n";
    with(text, |build| {
        let found = late(build);
        assert_eq!(found.iter().map(|it| it.copies.clone()).collect::<Vec<_>>(), [[4]]);
    });
}
