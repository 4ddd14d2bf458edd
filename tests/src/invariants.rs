//! What must hold of fixes, whatever the file and the rules.

use linter::{Diagnostic, Input, Rule, Safety};

/// Fixes settle, twice equals once, the result parses no worse, nothing new is reported, and instructions that no edit touched
/// are the same byte for byte. Panics with `place` otherwise.
pub fn check_fixes(place: &str, rules: &[&'static Rule], input: &Input<'_>, allowed: Safety) {
    let before = linter::check(rules, input);
    check_spans(place, input.text, &before);
    let outcome = linter::fix(rules, input, allowed);
    assert!(outcome.unsettled.is_empty(), "{place}: {:?} do not settle", outcome.unsettled);
    let errors = |text: &str| syntax::parse(text).errors.len();
    assert!(
        errors(&outcome.text) <= errors(input.text),
        "{place}: broken by a fix:\n{}",
        outcome.text
    );
    check_spans(place, &outcome.text, &outcome.remaining);
    for it in &outcome.remaining {
        let is_open =
            it.fixes.iter().any(|fix| fix.safety <= allowed && fix.safety != Safety::Manual);
        assert!(!is_open, "{place}: {} is still fixable", it.rule);
    }
    let is_known = |it: &&Diagnostic| before.iter().any(|old| old.rule == it.rule);
    let new: Vec<_> = outcome.remaining.iter().filter(|it| !is_known(it)).collect();
    assert!(new.is_empty(), "{place}: fixing led to {new:#?}\nin\n{}", outcome.text);
    if outcome.applied.is_empty() {
        assert_eq!(outcome.text, input.text, "{place}: changed without a fix");
        assert!(outcome.files.is_empty(), "{place}");
    }
}

fn check_spans(place: &str, text: &str, found: &[Diagnostic]) {
    for it in found {
        for span in it.labels.iter().map(|label| label.span).chain([it.span]) {
            let is_valid = text.get(span.range()).is_some();
            assert!(is_valid, "{place}: {} has the span {span:?}", it.rule);
        }
        for edit in it.fixes.iter().flat_map(|fix| &fix.edits).filter(|edit| edit.path.is_none()) {
            assert!(
                text.get(edit.span.range()).is_some(),
                "{place}: {} edits {:?}",
                it.rule,
                edit.span
            );
        }
    }
}

/// The parts of a parsed text are the whole text, in order, and every instruction is inside one of them.
pub fn check_parts(place: &str, text: &str) {
    let file = syntax::parse(text);
    let mut at = 0;
    for part in &file.parts {
        assert_eq!(part.span.start, at, "{place}: parts are not consecutive");
        assert!(!part.span.is_empty(), "{place}: an empty part");
        at = part.span.end;
    }
    assert_eq!(at as usize, text.len(), "{place}: the parts are not the whole file");
    for instruction in &file.instructions {
        assert!(instruction.span.contains(instruction.keyword_span), "{place}");
        assert!(text.get(instruction.span.range()).is_some(), "{place}");
        for word in instruction.arguments.words() {
            assert!(instruction.span.contains(word.span), "{place}: {word:?}");
        }
        for pair in instruction.arguments.pairs() {
            let is_joined = pair.name.span.len() != pair.name.text.len();
            assert!(is_joined || pair.name.span.of(text) == pair.name.text, "{place}: {pair:?}");
        }
    }
    for error in &file.errors {
        assert!(text.get(error.span.range()).is_some(), "{place}: {error:?}");
    }
}
