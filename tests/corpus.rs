//! Every Dockerfile of the corpus: no panic, valid spans, and fixes that break nothing.

use std::collections::BTreeMap;

use linter::{Safety, Settings};
use syntax::Keyword;
use tests::input::without_context;
use tests::{corpus, invariants};

#[test]
fn safe_fixes_break_no_real_file() {
    check(Safety::Safe);
}

#[test]
fn unsafe_fixes_break_no_real_file() {
    check(Safety::Unsafe);
}

fn check(allowed: Safety) {
    let settings = Settings::default();
    let broken: Vec<String> = corpus::dockerfiles()
        .into_iter()
        .filter(|(name, text)| {
            let input = without_context(text, &settings);
            let run = || invariants::check_fixes(name, rules::ALL, &input, allowed);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err()
        })
        .map(|it| it.0)
        .collect();
    assert!(broken.is_empty(), "{} files, told above: {broken:?}", broken.len());
}

#[test]
fn comments_silence_every_real_file_and_change_nothing_else() {
    let settings = Settings::default().with_choice(&["all".to_owned()], &[], rules::ALL);
    let settings = settings.expect("all rules");
    let reason = "this is the reason";
    let silenced = |text: &str| {
        let input = without_context(text, &settings);
        linter::silence::silence(rules::ALL, &input, reason, &|_, found| found)
    };
    for (name, text) in corpus::dockerfiles() {
        let first = silenced(&text);
        // Only the rule that looks after such comments has none of its own.
        let is_left = first.remaining.iter().any(|it| it.rule != "suppression-unused");
        assert!(!is_left, "{name}: {:?}", first.remaining);
        let lines = first.text.split_inclusive('\n').filter(|it| !it.contains(reason));
        assert_eq!(lines.collect::<String>(), text, "{name}");
        let second = silenced(&first.text);
        assert_eq!((second.text == first.text, second.applied.len()), (true, 0), "{name}");
    }
}

#[test]
fn an_edit_touches_only_what_its_diagnostic_speaks_of() {
    let settings = Settings::default();
    for (name, text) in corpus::dockerfiles() {
        let file = syntax::parse(&text);
        for it in linter::check(rules::ALL, &without_context(&text, &settings)) {
            // Everything from the first to the last place that it names.
            let told = it.labels.iter().fold(it.span, |span, label| span.to(label.span));
            for edit in
                it.fixes.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.path.is_none())
            {
                let touched = file.instructions.iter().filter(|instruction| {
                    edit.span.start < instruction.span.end && instruction.span.start < edit.span.end
                });
                for instruction in touched {
                    let is_related =
                        told.start < instruction.span.end && instruction.span.start <= told.end;
                    assert!(is_related, "{name}: {} edits {:?}, not told", it.rule, edit.span);
                }
            }
        }
    }
}

#[test]
fn syntax_errors_are_what_buildkit_refuses() {
    let (Some(folder), Some(lines)) =
        (corpus::folder(), corpus::json_lines("buildkit-checks.jsonl.zst"))
    else {
        return;
    };
    let settings = Settings::default();
    let (mut n_files, mut n_reported) = (0, 0);
    let mut undecided: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for expected in lines {
        let name = expected["file"].as_str().expect("a file name");
        let text = corpus::read(&folder.join("real").join(name));
        let found = linter::check(rules::ALL, &without_context(&text, &settings));
        let errors: Vec<_> = found.iter().filter(|it| it.rule == "syntax-error").collect();
        n_files += 1;
        match (expected.get("build_error"), errors.as_slice()) {
            (None, []) => {}
            (None, [first, ..]) => wrong.push(format!("{name} is accepted: {}", first.message)),
            (Some(_), [_, ..]) => n_reported += 1,
            (Some(refusal), []) => match why_undecided(&text, refusal) {
                Some(reason) => *undecided.entry(reason).or_default() += 1,
                None => wrong.push(format!("{name} is refused: {refusal}")),
            },
        }
    }
    println!("{n_files} files, {n_reported} refused and reported, undecided: {undecided:?}");
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(n_reported >= 39, "{n_reported} are reported");
}

/// Why a refusal cannot be known without the build: BuildKit was asked without build arguments and without base images.
fn why_undecided(text: &str, refusal: &serde_json::Value) -> Option<&'static str> {
    let message = refusal["message"].as_str()?;
    let line = u32::try_from(refusal["lines"][0].as_u64()?).ok()?;
    let file = syntax::parse(text);
    let instruction = file.instructions.iter().find(|it| it.lines.0 == line)?;
    let word = instruction.arguments.words().first()?;
    let variables = syntax::variables(&word.text, file.escape);
    let is_global = |name: &str| {
        let before = file.instructions.iter().take_while(|it| it.keyword != Keyword::From);
        before.flat_map(|it| it.arguments.pairs()).any(|it| it.name.text == name)
    };
    match instruction.keyword {
        Keyword::From if !variables.is_empty() && variables.iter().any(|it| is_global(it.0)) => {
            Some("an ARG without a default is meant to be given")
        }
        Keyword::Volume if message.contains("empty string") && !variables.is_empty() => {
            Some("the base image may set the variable")
        }
        _ => None,
    }
}

#[test]
fn start_and_shape_of_the_image_stay() {
    let settings = Settings::default();
    for (name, text) in corpus::dockerfiles() {
        let outcome = linter::fix(rules::ALL, &without_context(&text, &settings), Safety::Safe);
        let (before, after) = (image_facts(&text), image_facts(&outcome.text));
        assert_eq!(before, after, "{name}");
    }
}

/// What a fix must leave as it is, in order: the instructions that describe the image and its start.
fn image_facts(text: &str) -> Vec<String> {
    let file = syntax::parse(text);
    let is_fact = |it: &Keyword| {
        matches!(
            it,
            Keyword::Cmd
                | Keyword::Entrypoint
                | Keyword::Expose
                | Keyword::Healthcheck
                | Keyword::Label
                | Keyword::Stopsignal
                | Keyword::User
                | Keyword::Volume
                | Keyword::Onbuild
        )
    };
    let facts = file.instructions.iter().filter(|it| is_fact(&it.keyword));
    facts.map(|it| it.span.of(text).to_owned()).collect()
}
