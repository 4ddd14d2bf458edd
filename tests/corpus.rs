//! Every Dockerfile of the corpus: no panic, valid spans, and fixes that break nothing.

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
fn what_is_called_a_syntax_error_is_refused_by_buildkit() {
    let (Some(folder), Some(lines)) =
        (corpus::folder(), corpus::json_lines("buildkit-checks.jsonl.zst"))
    else {
        return;
    };
    for expected in lines {
        let name = expected["file"].as_str().expect("a file name");
        let text = corpus::read(&folder.join("real").join(name));
        let errors = syntax::parse(&text).errors;
        let is_refused = expected.get("build_error").is_some();
        assert!(is_refused || errors.is_empty(), "{name}: {errors:?}");
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
