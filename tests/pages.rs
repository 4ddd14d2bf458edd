//! Every page of `rules/`: its facts, its examples, what is reported and what fixes make of them.
//!
//! `UPDATE=1 cargo test --test pages` refreshes facts, reports and fixed files. The numbers behind `bad=` are typed by a
//! person and never changed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use context::{Files, MemoryFiles, NoFiles};
use linter::{Date, Diagnostic, Input, Outcome, Repair, Rule, Safety, Settings};
use tests::page::{self, Example, Page};

const TODAY: &str = "2026-11-21";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules")
}

fn pages() -> Vec<(&'static Rule, PathBuf, Page)> {
    let mut res = Vec::new();
    for rule in rules::ALL {
        let path = folder().join(format!("{}.md", rule.name));
        let text =
            fs::read_to_string(&path).unwrap_or_else(|it| panic!("{}: {it}", path.display()));
        let page = page::parse(rule.name, &text);
        res.push((*rule, path, page));
    }
    res
}

fn is_update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

struct Setting<'e> {
    example: &'e Example,
    files: Box<dyn Files>,
    settings: Settings,
}

impl<'e> Setting<'e> {
    fn new(example: &'e Example) -> Setting<'e> {
        let files: Box<dyn Files> = if example.files.is_empty() {
            Box::new(NoFiles)
        } else {
            let files = example.files.iter().map(|it| (it.0.as_str(), it.1.as_str()));
            Box::new(MemoryFiles::new(files.chain([("Dockerfile", example.dockerfile.as_str())])))
        };
        let config = example.config.as_deref().unwrap_or("");
        let layer = linter::config::parse(config, "pylintdock.toml", rules::ALL)
            .unwrap_or_else(|it| panic!("line {}: {it}", example.line));
        let settings = Settings::of(&layer);
        Setting { example, files, settings }
    }

    fn input(&self) -> Input<'_> {
        Input {
            text: &self.example.dockerfile,
            dockerfile: "Dockerfile",
            files: &*self.files,
            settings: &self.settings,
            today: TODAY.parse().expect("a date"),
            target: None,
            arguments: &[],
            contexts: &[],
        }
    }

    /// Like the settings of the example, with only `rule` running, also when it is off by default. What the engine says
    /// of suppressions depends on the rules that they silence, so there all of them run.
    fn only(&self, rule: &'static Rule) -> Settings {
        if rule.name == linter::SUPPRESSION_UNUSED.name {
            return self.settings.clone();
        }
        let select = [rule.name.to_owned()];
        self.settings.with_choice(&select, &[], rules::ALL).expect("a rule's own name")
    }

    fn fixed(&self, rules: &[&'static Rule], settings: &Settings, allowed: Safety) -> Outcome {
        linter::fix(rules, &Input { settings, ..self.input() }, allowed)
    }
}

#[test]
fn examples_are_reported_on_the_lines_that_a_person_typed() {
    let mut wrong = String::new();
    for (rule, _, page) in pages() {
        assert!(!page.examples.is_empty(), "rules/{}.md has no examples", rule.name);
        for example in &page.examples {
            let setting = Setting::new(example);
            let settings = setting.only(rule);
            let mut found =
                linter::check(rules::ALL, &Input { settings: &settings, ..setting.input() });
            found.retain(|it| it.rule == rule.name);
            let index = syntax::LineIndex::new(&example.dockerfile);
            let lines: Vec<u32> = found.iter().map(|it| index.line(it.span.start)).collect();
            let expected = example.bad.clone().unwrap_or_default();
            if lines != expected {
                let place = format!("rules/{}.md:{}", rule.name, example.line);
                let _ = writeln!(wrong, "{place}: reported on {lines:?}, not {expected:?}");
            }
            for diagnostic in &found {
                check_form(rule, diagnostic);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What every diagnostic of a rule must be like.
fn check_form(rule: &Rule, it: &Diagnostic) {
    let name = rule.name;
    assert!(!it.message.ends_with('.'), "{name}: a message ends in a full stop: {}", it.message);
    assert!(!it.message.is_empty() && !it.message.contains('\n'), "{name}: {:?}", it.message);
    for fix in &it.fixes {
        let is_allowed = match rule.repair {
            Repair::Never => false,
            Repair::Safe => fix.safety == Safety::Safe,
            Repair::SafeOrUnsafe => fix.safety != Safety::Manual,
            Repair::Unsafe => fix.safety == Safety::Unsafe,
            Repair::Manual => fix.safety == Safety::Manual,
        };
        assert!(is_allowed, "{name}: offers a {:?} fix, but says {:?}", fix.safety, rule.repair);
        assert_eq!(
            fix.safety == Safety::Safe,
            fix.reasons.is_empty() && fix.safety != Safety::Manual
        );
    }
}

#[test]
fn reports_and_fixed_files_are_those_of_the_page() {
    let mut wrong = String::new();
    for (rule, path, page) in pages() {
        let mut edits: Vec<(std::ops::Range<usize>, String)> = Vec::new();
        let mut shows_fix = false;
        for example in page.examples.iter().filter(|it| it.bad.is_some()) {
            let setting = Setting::new(example);
            let settings = setting.only(rule);
            let input = Input { settings: &settings, ..setting.input() };
            let found = linter::check(rules::ALL, &input);
            let report = pylintdock::printed("Dockerfile", &example.dockerfile, &found);
            let report = format!("{}\n", report.trim_end());
            let mut end = example.end;
            match &example.report {
                Some(block) => {
                    end = block.end;
                    edits.push((block.range.clone(), report));
                }
                None => edits.push((end..end, format!("\n```text report\n{report}```\n"))),
            }
            let offers =
                |it: Safety| found.iter().flat_map(|it| &it.fixes).any(|fix| fix.safety == it);
            let is_unsafe = match &example.fixed {
                Some((_, is_unsafe)) => *is_unsafe,
                None => !offers(Safety::Safe),
            };
            if !offers(Safety::Safe) && !offers(Safety::Unsafe) {
                assert!(
                    example.fixed.is_none(),
                    "rules/{}.md:{} is not fixed",
                    rule.name,
                    example.line
                );
                continue;
            }
            shows_fix = true;
            let allowed = if is_unsafe { Safety::Unsafe } else { Safety::Safe };
            let outcome = setting.fixed(rules::ALL, &settings, allowed);
            assert!(outcome.unsettled.is_empty(), "rules/{}.md:{}", rule.name, example.line);
            let info = if is_unsafe { "fixed=unsafe" } else { "fixed" };
            match &example.fixed {
                Some((block, _)) => {
                    end = block.end;
                    edits.push((block.range.clone(), outcome.text.clone()));
                }
                None if outcome.text != example.dockerfile => {
                    edits
                        .push((end..end, format!("\n```dockerfile {info}\n{}```\n", outcome.text)));
                }
                None => {}
            }
            for (file, text) in &outcome.files {
                match example.fixed_files.iter().find(|it| it.0 == *file) {
                    Some((_, block)) => edits.push((block.range.clone(), text.clone())),
                    None => {
                        edits.push((end..end, format!("\n```text file={file} fixed\n{text}```\n")));
                    }
                }
            }
        }
        let shows = shows_fix || matches!(rule.repair, Repair::Never | Repair::Manual);
        assert!(shows, "rules/{}.md shows no fix", rule.name);
        edits.push(facts_edit(rule, &page.text));
        let refreshed = apply(&page.text, edits);
        if is_update() {
            fs::write(&path, refreshed).expect("the page can be written");
        } else if refreshed != page.text {
            let _ = writeln!(wrong, "{}", difference(&page.text, &refreshed));
        }
    }
    assert!(
        wrong.is_empty(),
        "pages differ; UPDATE=1 refreshes them after you have read this:\n{wrong}"
    );
}

fn difference(old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new).unified_diff().to_string()
}

fn apply(text: &str, mut edits: Vec<(std::ops::Range<usize>, String)>) -> String {
    edits.sort_by_key(|it| it.0.start);
    let mut res = String::new();
    let mut at = 0;
    for (range, new) in edits {
        res.push_str(&text[at..range.start]);
        res.push_str(&new);
        at = range.end;
    }
    res + &text[at..]
}

/// The second paragraph of a page: what the Rust says of the rule.
fn facts_edit(rule: &Rule, text: &str) -> (std::ops::Range<usize>, String) {
    let title = format!("# {}\n\n", rule.name);
    assert!(text.starts_with(&title), "rules/{}.md does not begin with its name", rule.name);
    let rest = &text[title.len()..];
    let end = if rest.starts_with("**") { rest.find("\n\n").expect("a paragraph") + 2 } else { 0 };
    (title.len()..title.len() + end, format!("{}\n\n", rule.facts()))
}

#[test]
fn all_rules_together_settle_on_every_example() {
    for (rule, _, page) in pages() {
        for example in &page.examples {
            let setting = Setting::new(example);
            let place = format!("rules/{}.md:{}", rule.name, example.line);
            for allowed in [Safety::Safe, Safety::Unsafe] {
                tests::invariants::check_fixes(&place, rules::ALL, &setting.input(), allowed);
            }
        }
    }
}

#[test]
fn the_catalogue_lists_every_page() {
    let path = folder().join("README.md");
    let text = fs::read_to_string(&path).expect("rules/README.md");
    let (start, end) = ("<!-- catalogue -->\n", "<!-- end -->");
    let from = text.find(start).expect("the catalogue begins") + start.len();
    let to = text.find(end).expect("the catalogue ends");
    let mut table =
        String::from("| rule | severity | fix | what it is about |\n|---|---|---|---|\n");
    for rule in rules::ALL {
        let severity = rule.severity.name();
        let summary = rule.summary().replace('\n', " ");
        let name = rule.name;
        let off = if rule.is_on_by_default { "" } else { "; off by default" };
        let _ = writeln!(
            table,
            "| [`{name}`]({name}.md) | {severity}{off} | {} | {summary} |",
            rule.repair.name()
        );
    }
    let refreshed = format!("{}{table}{}", &text[..from], &text[to..]);
    if is_update() {
        fs::write(&path, refreshed).expect("the catalogue can be written");
    } else {
        let is_same = text == refreshed;
        assert!(is_same, "UPDATE=1 refreshes the catalogue:\n{}", difference(&text, &refreshed));
    }
    for entry in fs::read_dir(folder()).expect("rules/") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        let is_known =
            name == "README.md" || rules::ALL.iter().any(|it| format!("{}.md", it.name) == name);
        assert!(is_known, "rules/{name} belongs to no rule");
    }
}

#[test]
fn today_is_a_date() {
    let _: Date = TODAY.parse().expect("a date");
}
