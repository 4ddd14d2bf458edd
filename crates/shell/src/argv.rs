//! The command of an exec form, whose words are given instead of written as shell text.

use std::borrow::Cow;

use syntax::{Excerpt, Span};

use crate::reading::{place_of_given, read_given};
use crate::script::{Assignment, Command, Item, Parts, Place, Redirect, Script, Word};
use crate::wrapper::{given_script, see_through};

/// The command of an exec form such as `["sh", "-c", "…"]`: one item, its words without any expansion.
///
/// Each word comes with the part of `file` that it stands in, with or without its quotes. What a shell is given with
/// `-c` is read too; its commands have their own spans where the string has no JSON escape, else the string's.
pub fn parse_argv<'t>(
    file: &'t str,
    words: impl IntoIterator<Item = (Cow<'t, str>, Span)>,
) -> Script<'t> {
    let words: Vec<Word> =
        words.into_iter().map(|(text, span)| Word { span, parts: Parts::Text(text) }).collect();
    let (Some(first), Some(last)) = (words.first(), words.last()) else {
        return Script::default();
    };
    let span = first.span.to(last.span);
    let place = Place { is_item: true, ..Place::default() };
    let mut command = Command {
        span,
        assignments: Vec::new(),
        wrappers: Vec::new(),
        words,
        redirects: Vec::new(),
        place,
        has_script: false,
    };
    see_through(&mut command);
    let mut inner = Script::default();
    // `eval` and `trap` are no programs: without a shell around them nothing runs their arguments.
    if let Some(given) = given_script(&command).filter(|it| it.has_own_shell)
        && let Some(word) = command.words.get(given.words.start)
        && let Some(text) = word.literal()
    {
        inner = read_element(file, text, word.span, place_of_given(place, true, false));
        command.has_script = true;
    }
    let mut commands = vec![command];
    commands.append(&mut inner.commands);
    Script { commands, items: vec![Item { span, joined_by: None }], ..inner }
}

/// The commands of a string element.
fn read_element(file: &str, text: &str, span: Span, place: Place) -> Script<'static> {
    let (start, end) = (span.start as usize, span.end as usize);
    let inside = (end >= start + 2).then(|| Span::new(start + 1, end - 1));
    let as_written = [inside, Some(span)].into_iter().flatten().find(|it| it.of(file) == text);
    if let Some(as_written) = as_written {
        return read_given(&Excerpt::slice(file, as_written), place);
    }
    let mut script = read_given(&Excerpt::slice(text, Span::new(0, text.len())), place);
    script.commands.iter_mut().for_each(|it| put_at(it, span));
    Script { fault: script.fault.map(|_| span), ..script }
}

/// Gives every part of the command the same span.
fn put_at(command: &mut Command, span: Span) {
    command.span = span;
    for word in command.words.iter_mut().chain(&mut command.wrappers) {
        word.span = span;
    }
    for Assignment { span: whole, value, .. } in &mut command.assignments {
        (*whole, value.span) = (span, span);
    }
    for Redirect { span: whole, target, .. } in &mut command.redirects {
        (*whole, target.span) = (span, span);
    }
}
