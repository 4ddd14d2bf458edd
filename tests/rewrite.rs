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
    assert!(n_planned * 2 > n_reported, "{n_planned} of {n_reported}");
}
