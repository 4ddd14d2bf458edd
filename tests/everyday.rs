//! What a team does around a check: configuration shown and taken over, files left out, builds named by Compose and Bake.

use std::fs;
use std::path::Path;

use context::{MemoryFiles, NoFiles};
use linter::{Input, Safety, Settings};
use tests::command::run;
use tests::project;

const BAD: &str = "ARG PYTHON=3.12\nFROM python:${PYTHON}-slim\nRUN pip install flask==3.1.0\n";

#[test]
fn config_tells_where_each_setting_comes_from() {
    let directory = project::directory(&[
        ("base.toml", "target-version = 'docker-20.10'\nignore = ['DL3015']\n"),
        (
            "pylintdock.toml",
            "extend = 'base.toml'\nunfixable = ['pip-cache-kept']\nexclude = ['old']\n[severity]\nimage-untagged = 'error'\n",
        ),
    ]);
    let run = |arguments: &[&str]| run(directory.path(), arguments, b"");
    let shown = run(&["config", "old/Dockerfile"]);
    assert_eq!((shown.status, shown.errors.as_str()), (0, ""));
    let lines: Vec<String> = shown
        .output
        .lines()
        .map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "# Settings of old/Dockerfile",
        "# from pylintdock.toml, which extends base.toml",
        "# A search leaves it out: exclude = [\"old\"], pylintdock.toml:3",
        "target-version = \"docker-20.10\" # base.toml:1",
        "wheel-transfer = \"copy\" # base.toml:1",
        "keep-packages = [] # default",
        "# allowed-registries is not set # default",
        "# recommends-installed off base.toml:2",
        "# image-untagged error pylintdock.toml:5",
        "# pip-cache-kept warning default, no fixes by pylintdock.toml:2",
        "# apt-lists-kept warning default",
    ] {
        assert!(lines.iter().any(|it| it == line), "{line}\n{}", shown.output);
    }
    // What it prints is a configuration file itself.
    linter::config::parse(&shown.output, "pylintdock.toml", rules::ALL).unwrap();
    fs::write(directory.path().join("base.toml"), "extend = 'pylintdock.toml'\n").unwrap();
    let failed = run(&["config"]);
    assert_eq!(failed.status, 2);
    assert!(
        failed.errors.contains(
            "`extend` leads in a circle, `pylintdock.toml` -> `base.toml` -> `pylintdock.toml`"
        ),
        "{}",
        failed.errors
    );
}

#[test]
fn what_is_excluded_is_left_out_when_named_only_if_that_is_said() {
    let directory = project::directory(&[
        ("Dockerfile", "FROM python:3.12-slim\n"),
        ("old/Dockerfile", BAD),
        ("pylintdock.toml", "exclude = ['old']\n"),
    ]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--select", "pip-cache-kept"].iter().chain(arguments);
        run(directory.path(), all, b"")
    };
    assert_eq!(check(&["old/Dockerfile"]).status, 1);
    let forced = |more: &[&str]| {
        let all = ["old/Dockerfile", "Dockerfile", "--force-exclude"];
        check(&[&all[..], more].concat())
    };
    assert_eq!(forced(&[]).output, "No problems found in 1 file.\n");
    assert_eq!(forced(&["--fix"]).status, 0);
    assert_eq!(fs::read_to_string(directory.path().join("old/Dockerfile")).unwrap(), BAD);
    let alone = check(&["old/Dockerfile", "--force-exclude"]);
    assert_eq!((alone.status, alone.output.as_str()), (0, ""));
    assert_eq!(
        alone.errors,
        "warning: every Dockerfile that was found is excluded by the configuration\n"
    );
    // An editor that names what it pipes gets its text back.
    let piped = ["check", "-", "--stdin-filename", "old/Dockerfile", "--fix", "--force-exclude"];
    let piped = run(directory.path(), piped, BAD.as_bytes());
    assert_eq!((piped.status, piped.output.as_str(), piped.errors.as_str()), (0, BAD, ""));
    let said = "exclude = ['old']\nforce-exclude = true\n";
    fs::write(directory.path().join("pylintdock.toml"), said).unwrap();
    let records =
        [r#"{"path": "old/Dockerfile", "content": "FROM python\nRUN pip install flask"}"#];
    assert_eq!(run(directory.path(), ["check", "--stdin-jsonl"], records[0].as_bytes()).status, 0);
    assert_eq!(check(&["old/Dockerfile"]).status, 0);
    let shown = run(directory.path(), ["config"], b"");
    assert!(shown.output.contains("force-exclude = true"), "{shown:?}");
}

#[test]
fn a_stage_is_looked_for_in_what_a_search_finds() {
    let directory = project::directory(&[
        (
            "a/Dockerfile",
            "FROM python:3.13-slim AS web\nRUN pip install flask\nFROM web AS other\n",
        ),
        ("b/Dockerfile", "FROM python:3.13-slim\n"),
    ]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--select", "pip-cache-kept", "--target"].iter().chain(arguments);
        run(directory.path(), all, b"")
    };
    let some = check(&["web"]);
    assert_eq!(some.status, 1);
    assert!(
        some.errors.starts_with("warning: --target `web`: 1 of 2 Dockerfiles have no such stage"),
        "{some:?}"
    );
    for more in [&[][..], &["--fix"]] {
        let none = check(&[&["wbe"], more].concat());
        assert_eq!(none.status, 2);
        assert!(
            none.errors.starts_with(
                "error: --target `wbe`: no Dockerfile that was found has such a stage"
            ),
            "{none:?}"
        );
    }
    let named = check(&["web", "b/Dockerfile"]);
    assert!(
        named.errors.contains("cannot check `b/Dockerfile`: it has no stage `web`"),
        "{named:?}"
    );
}

/// pre-commit chooses by a pattern what a search of a directory would find.
#[test]
fn the_hooks_take_what_a_search_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let names = [
        ("Dockerfile", true),
        ("dockerfile", true),
        ("dockerfile", true),
        ("web.Dockerfile", true),
        ("web.dockerfile", true),
        ("Dockerfile.prod", true),
        ("x.containerfile", true),
        ("Containerfile", true),
        ("Containerfile.test", true),
        ("Dockerfile.dockerignore", false),
        ("web.dockerignore", false),
        ("Dockerfile~", false),
        ("Dockerfile.j2", false),
        ("Dockerfile.jinja2", false),
        ("Dockerfile.orig", false),
        ("Dockerfile.md", false),
        ("Dockerfile.py", false),
        ("Dockerfiles", false),
        ("MyDockerfile", false),
    ];
    for file in [".pre-commit-hooks.yaml", "README.md"] {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let patterns = |key: &str| {
            let lines = text.lines().filter_map(|it| it.trim().strip_prefix(key));
            let quoted = lines.filter_map(|it| Some(it.split_once('\'')?.1.trim_end_matches('\'')));
            quoted.map(|it| regex::Regex::new(it).unwrap()).collect::<Vec<_>>()
        };
        let (files, exclude) = (patterns("files:"), patterns("exclude:"));
        assert_eq!((files.len(), exclude.len()), (1, 1), "{file}");
        for (name, expected) in names {
            let is_taken = |it: &str| files[0].is_match(it) && !exclude[0].is_match(it);
            assert_eq!(is_taken(name), expected, "{file}: {name}");
            assert_eq!(is_taken(&format!("a b/{name}")), expected, "{file}: {name}");
        }
        let n_hooks =
            text.lines().filter(|it| it.trim().starts_with("entry: pylintdock check")).count();
        assert_eq!(
            text.matches("entry: pylintdock check --force-exclude").count(),
            n_hooks,
            "{file}"
        );
    }
}

#[test]
fn migrate_writes_a_configuration_and_never_over_one() {
    let directory = project::directory(&[(".hadolint.yaml", "ignored: [DL3042, DL3008]\n")]);
    let run = |arguments: &[&str]| run(directory.path(), arguments, b"");
    let printed = run(&["migrate", "--print"]);
    let expected =
        "# Made of .hadolint.yaml by `pylintdock migrate`.\nignore = [\"pip-cache-kept\"]\n";
    assert_eq!(printed.output, expected);
    assert!(printed.errors.contains("reports nothing of the kind: DL3008"), "{}", printed.errors);
    assert!(!directory.path().join("pylintdock.toml").exists());
    assert_eq!(run(&["migrate"]).status, 0);
    let written = fs::read_to_string(directory.path().join("pylintdock.toml")).unwrap();
    assert_eq!(written, expected);
    let again = run(&["migrate"]);
    assert_eq!(again.status, 2);
    assert!(again.errors.contains("`pylintdock.toml` exists already"), "{}", again.errors);
    // Settings that are there already are not put out of force.
    fs::remove_file(directory.path().join("pylintdock.toml")).unwrap();
    fs::write(directory.path().join("pyproject.toml"), "[tool.pylintdock]\nignore = []\n").unwrap();
    let beside = run(&["migrate"]);
    assert_eq!(beside.status, 2, "{beside:?}");
    assert!(
        beside.errors.contains("`pyproject.toml` has a table `[tool.pylintdock]` already"),
        "{}",
        beside.errors
    );
    assert!(!directory.path().join("pylintdock.toml").exists());
    fs::write(directory.path().join("pyproject.toml"), "[project]\nname = 'x'\n").unwrap();
    assert_eq!(run(&["migrate"]).status, 0);
    fs::write(directory.path().join(".tally.toml"), "").unwrap();
    assert!(run(&["migrate"]).errors.contains("name the one that counts"));
}

#[test]
fn compose_and_bake_files_name_what_is_checked_and_how() {
    let directory = project::directory(&[
        ("app/Dockerfile", BAD),
        ("other/Dockerfile", BAD),
        (
            "compose.yaml",
            "services:\n  web:\n    build: {context: app, args: {PYTHON: '3.7'}}\n  x: {build: $DIR}\n",
        ),
        (
            "docker-bake.hcl",
            "variable \"P\" { default = \"3.7\" }\ntarget \"web\" {\n  context = \"app\"\n  args = { PYTHON = P }\n}\n",
        ),
        ("none.yaml", "a: 1\n"),
    ]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--today", "2026-11-21", "--output-format", "concise", "--select"];
        run(directory.path(), all.iter().chain(arguments), b"")
    };
    let found = check(&["python-end-of-life", "compose.yaml"]);
    assert!(found.output.starts_with("app/Dockerfile:2:"), "{found:?}");
    assert!(found.output.contains("python:3.7-slim") || found.output.contains("3.7"), "{found:?}");
    assert!(
        found
            .errors
            .contains("warning: compose.yaml:4: `x` is left out: `$DIR` needs the variable `DIR`"),
        "{found:?}"
    );
    assert_eq!(check(&["python-end-of-life", "docker-bake.hcl"]).output, found.output);
    // Without the file that names the argument the default counts.
    assert_eq!(check(&["python-end-of-life", "app/Dockerfile"]).status, 0);
    let fixed = check(&["pip-cache-kept", "--fix", "compose.yaml"]);
    assert_eq!(fixed.status, 0, "{fixed:?}");
    let read = |path: &str| fs::read_to_string(directory.path().join(path)).unwrap();
    assert!(read("app/Dockerfile").contains("--no-cache-dir"));
    assert_eq!(read("other/Dockerfile"), BAD);
    let failed = check(&["pip-cache-kept", "none.yaml"]);
    assert_eq!(failed.status, 2);
    assert!(failed.errors.contains("cannot read `none.yaml`: it has no `services`"), "{failed:?}");
}

const SEVERAL: &str = "\
ARG PYTHON=3.13
FROM python:${PYTHON}-slim AS base
RUN pip install uv
FROM base AS web
RUN pip install flask
FROM base AS worker
# pylintdock: ignore[pip-cache-kept] kept here
RUN pip install celery
FROM base AS docs
RUN pip install sphinx
";

/// What each service is built from is checked; nothing is fixed that another service may need as it is.
#[test]
fn services_with_different_stages_of_one_dockerfile_are_all_checked() {
    let compose = "services:\n  web: {build: {context: ., target: web}}\n  web2: {build: {context: ., target: web}}\n  \
                   worker: {build: {context: ., target: worker}}\n";
    let directory = project::directory(&[("Dockerfile", SEVERAL), ("compose.yaml", compose)]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--today", "2026-11-21", "--output-format", "concise", "--select"];
        run(directory.path(), all.iter().chain(arguments), b"")
    };
    let found = check(&["pip-cache-kept,suppression-unused", "compose.yaml"]);
    let lines: Vec<&str> =
        found.output.lines().filter_map(|it| it.strip_prefix("Dockerfile:")).collect();
    let places: Vec<&str> = lines.iter().filter_map(|it| it.split(':').next()).collect();
    // The stage of both, that of `web`; what `worker` silences is silent, and nobody builds `docs`.
    assert_eq!(places, ["3", "5"], "{found:?}");
    assert_eq!(found.errors, "");
    // One whose stage does not exist is told.
    let wrong = compose.replace("target: worker", "target: nope");
    fs::write(directory.path().join("wrong.yaml"), wrong).unwrap();
    let failed = check(&["pip-cache-kept", "wrong.yaml"]);
    assert!(failed.errors.contains("it has no stage `nope`"), "{failed:?}");
    let layers = run(directory.path(), ["layers", "compose.yaml"], b"");
    assert!(layers.output.contains("Dockerfile, as `web`"), "{layers:?}");
    assert!(layers.output.contains("Dockerfile, as `worker`"), "{layers:?}");
    let fixed = check(&["pip-cache-kept", "--fix", "compose.yaml"]);
    assert_eq!(fixed.status, 0, "{fixed:?}");
    let text = fs::read_to_string(directory.path().join("Dockerfile")).unwrap();
    let expected = SEVERAL.replace("install uv", "install --no-cache-dir uv");
    assert_eq!(text, expected.replace("install flask", "install --no-cache-dir flask"));
}

#[test]
fn a_fix_that_another_service_may_mind_is_not_applied() {
    // `web` is made of files that `tools` installs, where nothing is found when only `web` is built.
    let text = "FROM python:3.13-slim AS tools\nRUN pip install ruff\n\
                FROM python:3.13-slim AS web\nCOPY --from=tools /root /root\n";
    let compose = "services:\n  web: {build: {context: ., target: web}}\n  tools: {build: {context: ., target: tools}}\n";
    let directory = project::directory(&[("Dockerfile", text), ("compose.yaml", compose)]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--today", "2026-11-21", "--select", "pip-cache-kept"];
        run(directory.path(), all.iter().chain(arguments), b"")
    };
    let alone = check(&["--target", "tools", "--diff", "Dockerfile"]);
    assert!(alone.output.contains("+RUN pip install --no-cache-dir ruff"), "{alone:?}");
    let both = check(&["compose.yaml"]);
    // What leads to the same Dockerfile is read once, and told once.
    assert_eq!(check(&["compose.yaml", "."]).output, both.output);
    assert_eq!(check(&["compose.yaml", "compose.yaml"]).output, both.output);
    // With another context it is another build: what is missing there is told, and nothing is taken from the first one.
    let apart = "services:\n  a: {build: {context: a, dockerfile: ../Dockerfile}}\n  b: {build: {context: b, dockerfile: ../Dockerfile}}\n";
    let taking = "FROM python:3.13-slim\nCOPY req.txt .\n";
    let files = [("Dockerfile", taking), ("compose.yaml", apart), ("a/req.txt", ""), ("b/x", "")];
    let contexts = project::directory(&files);
    let arguments = ["check", "--select", "copy-source-missing", "compose.yaml"];
    let missing = run(contexts.path(), arguments, b"");
    assert!(missing.output.contains("`req.txt` does not exist"), "{missing:?}");
    assert!(both.output.contains("no fix, since it may change the image of `web`"), "{both:?}");
    assert_eq!(check(&["--fix", "compose.yaml"]).status, 1);
    assert_eq!(fs::read_to_string(directory.path().join("Dockerfile")).unwrap(), text);
}

/// A stage that is built FROM another target of the same file is built of no image that could be outdated or untagged.
#[test]
fn other_files_variables_and_contexts_of_builds_count() {
    let text =
        "ARG PYTHON=3.13\nFROM base AS one\nFROM python:${PYTHON}-slim\nCOPY --from=one /x /x\n";
    let directory = project::directory(&[
        ("app/Dockerfile", text),
        (".env", "PYTHON=3.7\n"),
        (
            "compose.yaml",
            "include: [app/compose.yaml]\nservices:\n  web: {extends: {file: app/base.yaml, service: b}}\n",
        ),
        (
            "app/base.yaml",
            "services:\n  b: {build: {context: ., args: [PYTHON], additional_contexts: {base: ../b}}}\n",
        ),
        ("app/compose.yaml", "services:\n  lost: {extends: nobody}\n"),
        (
            "docker-bake.json",
            r#"{"variable": {"V": {"default": "3.7"}}, "target": {"app": {"matrix": {"v": ["${V}", "3.13"]},
            "name": "app-${v}", "context": "app", "args": {"PYTHON": "${v}"}, "contexts": {"base": "target:x"}}}}"#,
        ),
    ]);
    let check = |arguments: &[&str]| {
        let all = ["check", "--today", "2026-11-21", "--output-format", "concise", "--select"];
        let all = all.iter().chain(&["python-end-of-life,image-untagged"]).chain(arguments);
        run(directory.path(), all, b"")
    };
    let alone = check(&["app/Dockerfile"]);
    assert_eq!(places(&alone.output), ["app/Dockerfile:2"], "{alone:?}");
    let found = check(&["compose.yaml"]);
    assert_eq!(places(&found.output), ["app/Dockerfile:3"], "{found:?}");
    let told = "error: app/compose.yaml:2: `lost` extends `nobody`, which is not there\n";
    assert_eq!((found.errors.as_str(), found.status), (told, 2));
    let found = check(&["docker-bake.json"]);
    assert_eq!(places(&found.output), ["app/Dockerfile:3"], "{found:?}");
    assert_eq!((found.errors.as_str(), found.status), ("", 1));
}

/// Path and line of what is found.
fn places(output: &str) -> Vec<String> {
    let lines = output.lines().filter(|it| it.ends_with(']'));
    lines.map(|it| it.split(':').take(2).collect::<Vec<_>>().join(":")).collect()
}

#[test]
fn arguments_of_each_service_count() {
    let compose =
        "services:\n  new: {build: .}\n  old: {build: {context: ., args: {PYTHON: '3.7'}}}\n";
    let text = "ARG PYTHON=3.13\nFROM python:${PYTHON}-slim\nRUN pip install flask\n";
    let directory = project::directory(&[("Dockerfile", text), ("compose.yaml", compose)]);
    let rules = "python-end-of-life,pip-cache-kept";
    let all = ["check", "--today", "2026-11-21", "--select", rules, "compose.yaml"];
    let found = run(directory.path(), all, b"");
    assert!(found.output.contains("warning[python-end-of-life]"), "{found:?}");
    assert!(found.output.contains("in the image of `old`"), "{found:?}");
    assert_eq!(found.output.matches("warning[pip-cache-kept]").count(), 1, "{found:?}");
}

#[test]
fn no_fix_uses_what_an_old_builder_lacks() {
    let layer =
        linter::config::parse("target-version = 'docker-20.10'\nselect = ['all']", "x", rules::ALL);
    let settings = Settings::of(&layer.unwrap());
    let mut n_fixed = 0;
    for rule in rules::ALL {
        let page = tests::page::parse(rule.name, rule.page);
        for example in page.examples {
            let text = &example.dockerfile;
            let files =
                MemoryFiles::new(example.files.iter().map(|it| (it.0.as_str(), it.1.as_str())));
            let input = Input {
                text,
                dockerfile: "Dockerfile",
                files: if example.files.is_empty() { &NoFiles } else { &files },
                settings: &settings,
                today: "2026-11-21".parse().unwrap(),
                target: None,
                arguments: &[],
                contexts: &[],
            };
            let outcome = linter::fix(rules::ALL, &input, Safety::Unsafe);
            n_fixed += usize::from(!outcome.applied.is_empty());
            for part in ["--mount=", "--link", "--chmod", "<<"] {
                let is_new = outcome.text.contains(part) && !text.contains(part);
                assert!(
                    !is_new,
                    "rules/{}.md:{}: {part} in\n{}",
                    rule.name, example.line, outcome.text
                );
            }
        }
    }
    assert!(n_fixed > 100, "{n_fixed}");
}
