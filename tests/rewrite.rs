//! The multi-stage rewrite over the corpus: what it makes of real files still is the same image.

use std::path::Path;

use context::NoFiles;
use linter::{Input, Rule, Safety, Settings};
use model::{Build, Surroundings};
use syntax::Keyword;
use tests::input::without_context;
use tests::{corpus, invariants};

/// The rules whose fix is the rewrite.
const RULES: [&str; 2] = ["compiler-in-final-stage", "full-image-in-final-stage"];

fn rules() -> Vec<&'static Rule> {
    rules::ALL.iter().copied().filter(|it| RULES.contains(&it.name)).collect()
}

#[test]
fn a_rewritten_file_settles_and_brings_nothing_new() {
    let settings = Settings::default();
    let own = rules();
    for (name, text) in corpus::dockerfiles() {
        let input = without_context(&text, &settings);
        invariants::check_fixes(&name, &own, &input, Safety::Unsafe);
        let outcome = linter::fix(&own, &input, Safety::Unsafe);
        if outcome.applied.is_empty() {
            continue;
        }
        let again = linter::fix(&own, &Input { text: &outcome.text, ..input }, Safety::Unsafe);
        assert_eq!(again.text, outcome.text, "{name}: twice is not once");
        let found = |text: &str| linter::check(rules::ALL, &Input { text, ..input });
        let before: Vec<&str> = found(&text).into_iter().map(|it| it.rule).collect();
        for it in found(&outcome.text) {
            // A safe fix of another rule is applied in the same run: packages of the system's own Python are copied by a
            // path that names its version, until a variable does.
            let is_settled = it.fixes.iter().any(|fix| fix.safety == Safety::Safe);
            let is_new = !before.contains(&it.rule) && !is_settled;
            assert!(!is_new, "{name}: {} is new in\n{}", it.rule, outcome.text);
        }
    }
}

#[test]
fn what_describes_the_image_reaches_the_shipped_stage() {
    let settings = Settings::default();
    let own = rules();
    for (name, text) in corpus::dockerfiles() {
        let outcome = linter::fix(&own, &without_context(&text, &settings), Safety::Unsafe);
        if !outcome.applied.is_empty() {
            assert_eq!(facts(&text), facts(&outcome.text), "{name}\n{}", outcome.text);
        }
    }
}

/// What the shipped stage, and the stages that it is built from, say of the image, in order.
fn facts(text: &str) -> Vec<String> {
    const SAID: [Keyword; 9] = [
        Keyword::Cmd,
        Keyword::Entrypoint,
        Keyword::Expose,
        Keyword::Env,
        Keyword::User,
        Keyword::Volume,
        Keyword::Healthcheck,
        Keyword::Label,
        Keyword::Stopsignal,
    ];
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, around);
    let shipped = build.steps.iter().filter(|it| build.is_shipped(it));
    let said = shipped.filter(|it| SAID.contains(&it.instruction.keyword));
    said.map(|it| it.instruction.span.of(text).to_owned()).collect()
}

#[test]
fn most_images_with_build_tools_get_a_plan() {
    let Some(folder) = corpus::folder() else { return };
    let settings = Settings::default();
    let list = corpus::read(&folder.join("python/list.txt"));
    let (mut n_reported, mut n_planned) = (0, 0);
    for name in list.lines() {
        let text = corpus::read(&folder.join("python").join(Path::new(name)));
        for it in linter::check(&rules(), &without_context(&text, &settings)) {
            n_reported += 1;
            n_planned += usize::from(!it.fixes.is_empty());
            let is_told = it.notes.iter().any(|note| note.contains("is not offered, as"));
            assert!(is_told || !it.fixes.is_empty(), "{name}: neither a fix nor a reason");
        }
    }
    eprintln!("{n_planned} of {n_reported} have a plan");
    assert!(n_planned * 4 >= n_reported * 3, "{n_planned} of {n_reported}");
}

/// Reasons that no example can show: the plan falls back to copying an environment, or the text cannot come to be in a
/// file that the rule speaks of.
const WITHOUT_EXAMPLE: [&str; 17] = [
    "may be compiled with the",
    "that is installed before it",
    "does not make wheels",
    "it makes no wheels",
    "the RUN is in exec form",
    "another tool runs pip",
    "builds with what is installed before",
    "an editable install uses the source where it lies",
    "pip of a virtual environment is used",
    "the action of pip is not written out",
    "compiles something that is no Python package",
    "so a command before may make it",
    "the file has a syntax error",
    "the stage is not in the file",
    "a flag cannot be taken out",
    "a comment stands between the words of a command",
    "the words of a command cannot be told apart",
];

/// The longest of all examples is shorter than what this speaks of.
const TOO_LONG: &str = "the stage has more instructions than are followed";

#[test]
fn every_reason_has_its_example_on_a_page() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let pages: String = ["compiler-in-final-stage", "full-image-in-final-stage"]
        .iter()
        .map(|it| corpus::read(&root.join(format!("rules/{it}.md"))))
        .collect();
    let words: Vec<&str> = pages.split_whitespace().collect();
    let pages = words.join(" ");
    let mut n_found = 0;
    let folder = std::fs::read_dir(root.join("crates/rewrite/src")).unwrap();
    for path in folder.map(|it| it.unwrap().path()) {
        for reason in reasons(&corpus::read(&path)) {
            n_found += 1;
            let is_told = pages.contains(&reason)
                || WITHOUT_EXAMPLE.iter().any(|it| reason.contains(it))
                || reason == TOO_LONG;
            assert!(is_told, "{}: no page has an example of `{reason}`", path.display());
        }
    }
    assert!(n_found > 50, "only {n_found} reasons are found");
}

/// The texts of refusals and doubts in a source, each without what is filled in.
fn reasons(source: &str) -> Vec<String> {
    const MADE: [&str; 5] =
        ["Refusal::at(", "Refusal::new(", "Refusal::last(", "add(", "let reason ="];
    let mut res = Vec::new();
    for made in MADE {
        for (at, _) in source.match_indices(made) {
            let is_word = source[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
            let rest = &source[at + made.len()..];
            let end = rest.find([';', '}']).unwrap_or(rest.len());
            // A brace inside of a text is no end of a statement.
            let end = rest.find(";\n").unwrap_or(end).max(end);
            let mut parts = rest[..end].split('"').skip(1).step_by(2);
            let is_match = rest.trim_start().starts_with("match ");
            let text = parts.next().filter(|it| it.contains(' ') && !is_word && !is_match);
            let pieces = text.into_iter().flat_map(|it| it.split(['{', '}', '`']));
            let longest = pieces.max_by_key(|it| it.len()).unwrap_or("").trim();
            if longest.len() > 7 {
                res.push(longest.to_owned());
            }
        }
    }
    res
}
