//! Whole stages in, rewritten files or reasons out.

use context::MemoryFiles;
use linter::edited;
use model::{Build, Surroundings};

use crate::{Transfer, Verdict, plan, print};

/// The rewritten file, or the reason why there is none, for the last stage.
fn rewritten(text: &str, files: &[(&str, &str)], transfer: Transfer) -> String {
    let files = MemoryFiles::new(files.iter().copied());
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let around = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, around);
    let stage = build.stages.last().unwrap();
    match plan(&build, stage, transfer).and_then(|it| print(&build, &it)) {
        Ok(edits) => edited(text, edits.iter()),
        Err(refusal) => format!("no: {}", refusal.told(&build)),
    }
}

const HEAD: &str = "FROM python:3.11-slim-bookworm\n";

#[test]
fn what_cannot_be_rewritten_says_why() {
    let cases = [
        ("RUN apt-get install -y gcc && cargo build\n", "`cargo` puts what it compiles"),
        ("RUN apt-get install -y gcc && make\n", "where `make` compiles is not known"),
        ("RUN apt-get install -y gcc\nONBUILD RUN pip install x\n", "ONBUILD"),
        ("RUN apt-get install -y gcc\n", "nothing in the stage installs Python packages"),
        (
            "RUN apt-get install -y gcc\nRUN python setup.py build_ext\n",
            "`setup.py` builds in an unknown",
        ),
        ("SHELL [\"fish\", \"-c\"]\nRUN pip install uwsgi\n", "`fish` is not a shell"),
        ("RUN apt-get install -y gcc && pip install uwsgi || true\n", "depend on each other"),
        (
            "RUN apt-get install -y gcc && conda install -y six\nWORKDIR /src\nRUN python setup.py install\n",
            "conda keeps packages and compilers",
        ),
    ];
    for (text, reason) in cases {
        let found = rewritten(&format!("{HEAD}{text}"), &[], Transfer::Mount);
        assert!(found.starts_with("no: ") && found.contains(reason), "{text}{found}");
    }
}

#[test]
fn what_the_stage_calls_stays_though_it_is_removed_later() {
    let text = format!(
        "{HEAD}RUN apt-get update && apt-get install -y gcc nodejs gnupg unzip\nRUN npm ci && gpg --import key\nRUN pip install uwsgi==2.0.28\nRUN apt-get purge -y nodejs gnupg unzip\n"
    );
    let found = rewritten(&text, &[], Transfer::Mount);
    let (_, shipped) = found.split_once("\n\nFROM").unwrap_or_else(|| panic!("{found}"));
    assert!(shipped.contains("apt-get install -y nodejs gnupg\n"), "{found}");
}

#[test]
fn the_builder_repeats_only_what_it_needs() {
    let text = "FROM python:3.11-slim-bookworm\r\nENV PORT=80 \\\r\n    PIP_NO_CACHE_DIR=1\r\nWORKDIR /app\r\nRUN apt-get update && apt-get install -y gcc libpq-dev\r\nCOPY . .\r\nRUN pip install -r requirements.txt\r\n";
    let files = [("requirements.txt", "psycopg2==2.9.9\n"), ("app.py", "")];
    let expected = "FROM python:3.11-slim-bookworm AS builder\r\nENV PIP_NO_CACHE_DIR=1\r\nRUN apt-get update && apt-get install -y gcc libpq-dev\r\nWORKDIR /app\r\nCOPY requirements.txt .\r\nRUN pip wheel --wheel-dir=/wheels -r requirements.txt\r\n\r\nFROM python:3.11-slim-bookworm\r\nENV PORT=80 \\\r\n    PIP_NO_CACHE_DIR=1\r\nWORKDIR /app\r\nRUN apt-get update && apt-get install -y libpq5\r\nCOPY . .\r\nRUN --mount=type=bind,from=builder,source=/wheels,target=/wheels \\\r\n    PYTHONDONTWRITEBYTECODE=1 pip install --no-index --find-links=/wheels -r requirements.txt\r\n";
    assert_eq!(rewritten(text, &files, Transfer::Mount), expected);
}

#[test]
fn a_heredoc_is_shared_line_by_line() {
    let text = "FROM python:3.11-slim-bookworm\nRUN <<EOF\nset -e\napt-get update\napt-get install -y gcc\npip install uwsgi==2.0.28\nEOF\n";
    let expected = "FROM python:3.11-slim-bookworm AS builder\nRUN <<EOF\nset -e\napt-get update\napt-get install -y gcc\npip wheel --wheel-dir=/wheels uwsgi==2.0.28\nEOF\n\nFROM python:3.11-slim-bookworm\nRUN --mount=type=bind,from=builder,source=/wheels,target=/wheels <<EOF\nset -e\nPYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-index --find-links=/wheels uwsgi==2.0.28\nEOF\n";
    assert_eq!(rewritten(text, &[], Transfer::Mount), expected);
}

#[test]
fn stages_with_numbers_count_one_more() {
    let text = "FROM alpine AS a\nFROM python:3.11-slim\nRUN apt-get install -y gcc && pip install uwsgi==2.0.28\nCOPY --from=0 /x /x\nFROM scratch\n";
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let files = context::NoFiles;
    let around = Surroundings { files: &files, dockerfile: "Dockerfile", target: Some("1") };
    let build = Build::new(&file, &scripts, around);
    let edits = print(&build, &plan(&build, &build.stages[1], Transfer::Mount).unwrap()).unwrap();
    let found = edited(text, edits.iter());
    assert!(found.contains("COPY --from=0 /x /x"), "{found}");
}

#[test]
fn copied_wheels_are_removed_in_the_last_run() {
    let text = format!("{HEAD}RUN apt-get install -y gcc\nRUN pip install uwsgi==2.0.28\n");
    let expected = "\nCOPY --from=builder /wheels /wheels\nRUN PYTHONDONTWRITEBYTECODE=1 pip install --no-cache-dir --no-index --find-links=/wheels uwsgi==2.0.28 \\\n    && rm -rf /wheels\n";
    let found = rewritten(&text, &[], Transfer::Copy);
    assert!(found.ends_with(expected), "{found}");
}

#[test]
fn every_command_has_a_verdict() {
    let text = format!(
        "{HEAD}RUN apt-get update && apt-get install -y gcc curl\nRUN pip install uwsgi\nRUN useradd app && ./setup.sh\n"
    );
    let file = syntax::parse(&text);
    let scripts = model::scripts(&file);
    let files = context::NoFiles;
    let around = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, around);
    let plan = plan(&build, &build.stages[0], Transfer::Mount).unwrap();
    let verdicts: Vec<Verdict> = plan.judged.iter().map(|it| it.verdict).collect();
    let expected =
        [Verdict::NoMatter, Verdict::Both, Verdict::Both, Verdict::RunTime, Verdict::Unknown];
    assert_eq!(verdicts, expected);
}

#[test]
fn pip_stays_where_it_installs_wheels_before_it_is_removed() {
    let text = "FROM alpine:3.19\nRUN apk add --no-cache python3 py3-pip gcc musl-dev python3-dev\nRUN pip install --break-system-packages uwsgi==2.0.28\nRUN apk del py3-pip gcc musl-dev\n";
    let found = rewritten(text, &[], Transfer::Mount);
    let shipped = found.rsplit("FROM ").next().unwrap();
    assert!(shipped.contains("apk add --no-cache python3 py3-pip"), "{found}");
    assert!(shipped.contains("apk del py3-pip\n"), "{found}");
}

#[test]
fn what_is_compiled_in_its_directory_replaces_the_commands_that_work_there() {
    let text = format!(
        "{HEAD}RUN apt-get install -y gcc make git\nRUN git clone https://example.com/tool.git /opt/tool\nWORKDIR /opt/tool\nRUN ./configure.sh && patch -p1 < x.patch\nRUN make\nRUN pip install flask==3.0.0\nCMD [\"/opt/tool/tool\"]\n"
    );
    let found = rewritten(&text, &[], Transfer::Mount);
    let shipped = found.rsplit("FROM ").next().unwrap();
    assert!(shipped.contains("COPY --from=builder /opt/tool /opt/tool\nCMD"), "{found}");
    assert!(!shipped.contains("patch") && !shipped.contains("configure.sh"), "{found}");
}
