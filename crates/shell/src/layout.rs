//! Adds commands to a script and takes commands out of it, so that the result looks written by hand.
//!
//! All functions return edits of the file as pairs of a span and its new text, sorted and disjoint; `None` where the
//! edit cannot be made without changing what the rest of the script does.

use syntax::Span;

use crate::gap::Gap;
use crate::script::{Command, Operator, Script};

/// A part of the file and the text that takes its place.
pub type Edit = (Span, String);

/// Adds a command behind the last one, to be run if that succeeds.
///
/// `escape` is the Dockerfile's escape character. Where the items stand on lines of their own, the new one gets a line
/// of its own in the same style. It is joined by `;` or a new line only if the script runs under `set -e`, else by
/// `&&`: a failure of the last command must not be hidden.
pub fn append(script: &Script, file: &str, escape: char, command: &str) -> Option<Edit> {
    let last = script.items.len().checked_sub(1)?;
    let item = script.items.get(last)?;
    let never_returns = commands_of(script, last)
        .any(|it| it.place.is_item && (is_program(it, &["exit", "return", "exec"]) || is_exec(it)));
    let is_or_list = chain_has_or(script, last);
    if script.fault.is_some() || is_or_list || never_returns || is_background(file, item.span.end) {
        return None;
    }
    let end = item.span.end as usize;
    // Blanks at the end of the line would stand behind the command.
    let rest = file.get(end..)?;
    let behind = rest.trim_start_matches([' ', '\t']);
    let n_blanks = match behind.is_empty() || behind.starts_with(['\n', '\r']) {
        true => rest.len() - behind.len(),
        false => 0,
    };
    let end = Span::new(end, end + n_blanks);
    if commands_of(script, last).any(reads_heredoc) {
        return Some((end, format!(" && {command}")));
    }
    let joint = Joint::find(script, file, escape, last)?;
    Some((end, joint.text_before(command)))
}

/// Adds a command in front of the first one, which is to run only if it succeeds; a `set …` in front stays in front.
pub fn prepend(script: &Script, file: &str, escape: char, command: &str) -> Option<Edit> {
    let is_set = |it: &Command| it.place.is_item && is_program(it, &["set"]);
    let mut index = 0;
    while script.items.len() > index + 1 && commands_of(script, index).any(is_set) {
        index += 1;
    }
    let item = script.items.get(index)?;
    let is_joined_by_or = chain_has_or(script, index);
    let next = script.items.get(index + 1).and_then(|it| it.joined_by);
    let runs_in_background = match next {
        Some((operator, _)) => operator == Operator::Background,
        None => is_background(file, item.span.end),
    };
    if script.fault.is_some() || is_joined_by_or || runs_in_background {
        return None;
    }
    let start = Span::at(item.span.start as usize);
    let joint = Joint::find(script, file, escape, (index + 1).min(script.items.len() - 1))?;
    Some((start, joint.text_behind(command)))
}

/// Takes one item out, see [`remove_many`].
pub fn remove(script: &Script, file: &str, index: usize) -> Option<Vec<Edit>> {
    remove_many(script, file, &[index])
}

/// Takes items out, with the operators that become superfluous. Comment lines between continuation lines stay.
///
/// `None` if nothing would remain, or where an item's success decides about others: next to `||` and `&`, and behind a
/// test such as `[ -f x ] &&`.
pub fn remove_many(script: &Script, file: &str, indices: &[usize]) -> Option<Vec<Edit>> {
    let n_items = script.items.len();
    let has_heredoc = script.commands.iter().any(reads_heredoc);
    if script.fault.is_some() || has_heredoc || indices.iter().any(|it| *it >= n_items) {
        return None;
    }
    if !indices.iter().all(|it| is_removable(script, file, *it)) {
        return None;
    }
    let mut is_kept = vec![true; n_items];
    for index in indices {
        if let Some(it) = is_kept.get_mut(*index) {
            *it = false;
        }
    }
    let kept: Vec<usize> = (0..n_items).filter(|it| is_kept.get(*it) == Some(&true)).collect();
    let (first, last) = (*kept.first()?, *kept.last()?);
    let mut edits = Vec::new();
    let gap = |index: usize| Gap::before_item(script, file, index);
    let span = |index: usize| script.items.get(index).map(|it| it.span);
    if first > 0 {
        let whole = Span { start: span(0)?.start, end: span(first)?.start };
        edits.push((whole, joined(1, first, gap)?.as_head()));
    }
    for pair in kept.windows(2) {
        if let [before, after] = *pair
            && after > before + 1
        {
            let whole = Span { start: span(before)?.end, end: span(after)?.start };
            let text = joined(before + 1, after, gap)?.text();
            edits.push(narrowed(whole, text, file));
        }
    }
    if last + 1 < n_items {
        let end = span(n_items - 1)?.end as usize;
        let rest = file.get(end..)?;
        let line = Gap::first_line(rest);
        let remark = line.trim_start_matches([' ', '\t']);
        let end = if remark.starts_with('#') { end + line.len() } else { end };
        let tail = joined(last + 1, n_items - 1, gap)?.as_tail();
        if tail.contains('\n') && !remark.is_empty() && !remark.starts_with('#') {
            return None;
        }
        edits.push((Span { start: span(last)?.end, end: end as u32 }, tail));
    }
    Some(edits)
}

/// The gaps before the items `from` to `to`, made one.
fn joined<'t>(from: usize, to: usize, gap: impl Fn(usize) -> Option<Gap<'t>>) -> Option<Gap<'t>> {
    let mut res = gap(from)?;
    for index in from + 1..=to {
        res = res.join(gap(index)?)?;
    }
    Some(res)
}

/// The edit without the text that remains the same at its end.
fn narrowed(span: Span, text: String, file: &str) -> Edit {
    let old = span.of(file);
    match old.strip_suffix(text.as_str()) {
        Some(removed) => {
            let start = span.start as usize;
            (Span::new(start, start + removed.len()), String::new())
        }
        None => (span, text),
    }
}

fn is_removable(script: &Script, file: &str, index: usize) -> bool {
    let Some(item) = script.items.get(index) else { return false };
    let next = script.items.get(index + 1).and_then(|it| it.joined_by).map(|it| it.0);
    let runs_in_background = match next {
        Some(operator) => operator == Operator::Background,
        None => is_background(file, item.span.end),
    };
    let follows = item.joined_by.map(|it| it.0);
    let is_test_of_next = next == Some(Operator::And) && is_test(script, index);
    let is_behind_test = follows == Some(Operator::And)
        && (chain_start(script, index)..index).any(|it| is_test(script, it));
    !(runs_in_background || chain_has_or(script, index) || is_test_of_next || is_behind_test)
}

/// The index of the first item of the `&&` and `||` list that holds the item.
fn chain_start(script: &Script, index: usize) -> usize {
    let mut start = index;
    while start > 0 && is_chained(script, start) {
        start -= 1;
    }
    start
}

fn is_chained(script: &Script, index: usize) -> bool {
    let joined_by = script.items.get(index).and_then(|it| it.joined_by);
    matches!(joined_by, Some((Operator::And | Operator::Or, _)))
}

/// Whether `||` stands in the `&&` and `||` list that holds the item.
fn chain_has_or(script: &Script, index: usize) -> bool {
    let start = chain_start(script, index);
    let rest = script.items.get(start + 1..).unwrap_or(&[]);
    rest.iter()
        .map_while(|it| it.joined_by.filter(|it| matches!(it.0, Operator::And | Operator::Or)))
        .any(|it| it.0 == Operator::Or)
}

fn commands_of<'s, 't>(
    script: &'s Script<'t>,
    index: usize,
) -> impl Iterator<Item = &'s Command<'t>> {
    // Commands are in the order of the text, and so are their items.
    let start = script.commands.partition_point(|it| it.place.item < index);
    script.commands.iter().skip(start).take_while(move |it| it.place.item == index)
}

fn is_test(script: &Script, index: usize) -> bool {
    commands_of(script, index).next().is_some_and(|it| is_program(it, &["[", "[[", "test"]))
}

fn is_program(command: &Command, names: &[&str]) -> bool {
    command.program().is_some_and(|it| names.contains(&it))
}

fn is_exec(command: &Command) -> bool {
    command.wrappers.first().and_then(|it| it.literal()) == Some("exec")
}

fn reads_heredoc(command: &Command) -> bool {
    command.redirects.iter().any(|it| matches!(it.operator, "<<" | "<<-"))
}

/// Whether `&` follows the item that ends at `end`.
fn is_background(file: &str, end: u32) -> bool {
    let mut rest = file.get(end as usize..).unwrap_or("").trim_start_matches([' ', '\t']);
    // Over continuations and the comment lines between them.
    while let Some(next) = rest.strip_prefix(['\\', '`'])
        && let Some((_, next)) = next.split_once('\n').filter(|it| it.0.trim().is_empty())
    {
        rest = next;
        while let Some((_, next)) =
            rest.split_once('\n').filter(|it| it.0.trim_start().starts_with('#'))
        {
            rest = next;
        }
        rest = rest.trim_start_matches([' ', '\t']);
    }
    rest.starts_with('&') && !rest.starts_with("&&")
}

/// Whether the script has `set -e` as an item, so that a failure ends it.
fn stops_on_failure(script: &Script) -> bool {
    script.commands.iter().filter(|it| it.place.is_item && !it.place.is_conditional).any(|it| {
        let sets = |words: &[&str]| match words {
            ["-o", "errexit"] => true,
            [flags, ..] => {
                flags.starts_with('-') && !flags.starts_with("--") && flags.contains('e')
            }
            [] => false,
        };
        let words: Vec<&str> = it.words.iter().filter_map(|it| it.literal()).collect();
        is_program(it, &["set"])
            && (1..words.len())
                .any(|from| sets(words.get(from..from + 2).or(words.get(from..)).unwrap_or(&[])))
    })
}

/// How a new item is to be joined to its neighbour.
struct Joint {
    /// `&&`, `;`, or empty for a new line.
    operator: &'static str,
    style: Style,
    /// What ends a line: the escape character if there must be one, and the line end.
    line_end: String,
    indentation: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Everything on one line.
    Inline,
    /// Operators begin lines.
    Leading,
    /// Operators end lines.
    Trailing,
}

impl Joint {
    /// The style of the joint before the item at `index`, or of the nearest one over two lines.
    fn find(script: &Script, file: &str, escape: char, index: usize) -> Option<Joint> {
        let gap = Gap::before_item(script, file, index);
        let keeps_separator = stops_on_failure(script);
        let operator =
            match &gap {
                Some(gap) if gap.operator == Operator::Then && keeps_separator => {
                    if gap.is_newline() { "" } else { ";" }
                }
                _ => "&&",
            };
        let line_feed = syntax::line_end(file);
        if operator.is_empty() {
            let start = script.items.get(index)?.span.start as usize;
            let indentation = indentation_at(file, start).to_owned();
            let line_end = line_feed.to_owned();
            return Some(Joint { operator, style: Style::Trailing, line_end, indentation });
        }
        let n_items = script.items.len();
        let near = std::iter::once(index).chain((1..index).rev()).chain(index + 1..n_items);
        let broken = near
            .filter_map(|it| Some((it, Gap::before_item(script, file, it)?)))
            .find(|(_, gap)| gap.leads() || gap.trails());
        let Some((index, gap)) = broken else {
            return Some(Joint::beside_lines(script, file, escape, operator, line_feed));
        };
        let (item, (_, token)) = (script.items.get(index)?, script.items.get(index)?.joined_by?);
        let leads = gap.leads() && operator != ";";
        let at = if leads { token.start } else { item.span.start };
        let indentation = indentation_at(file, at as usize).to_owned();
        let broken_part = if gap.leads() { &gap.before } else { &gap.after };
        let line = Gap::first_line(broken_part).trim_end();
        let is_escaped = line.ends_with([escape, '\\', '`']);
        let escape = line.chars().next_back().filter(|_| is_escaped);
        let line_end = escape.map_or(line_feed.to_owned(), |it| format!(" {it}{line_feed}"));
        let style = if leads { Style::Leading } else { Style::Trailing };
        Some(Joint { operator, style, line_end, indentation })
    }

    /// No operator stands at a line's start or end: a line of its own only if a command goes over several lines.
    fn beside_lines(
        script: &Script,
        file: &str,
        escape: char,
        operator: &'static str,
        line_feed: &str,
    ) -> Joint {
        let mut style = Style::Inline;
        let mut indentation: Option<&str> = None;
        for item in &script.items {
            let mut lines = item.span.of(file).split('\n').peekable();
            while let Some(line) = lines.next() {
                let is_continued = line.trim_end().ends_with(escape);
                if let Some(next) = lines.peek().filter(|_| is_continued) {
                    style = Style::Leading;
                    let blanks = indentation_at(next, next.len());
                    let is_less = indentation.is_none_or(|it| blanks.len() < it.len());
                    if is_less && !next.trim_start().starts_with('#') {
                        indentation = Some(blanks);
                    }
                }
            }
        }
        let line_end = format!(" {escape}{line_feed}");
        let indentation = indentation.unwrap_or("    ").to_owned();
        Joint { operator, style, line_end, indentation }
    }

    /// The text that adds the command behind an item.
    fn text_before(&self, command: &str) -> String {
        let Joint { operator, line_end, indentation, .. } = self;
        let blank = if *operator == "&&" { " " } else { "" };
        match self.style {
            Style::Inline => format!("{blank}{operator} {command}"),
            Style::Leading => format!("{line_end}{indentation}{operator} {command}"),
            Style::Trailing => format!("{blank}{operator}{line_end}{indentation}{command}"),
        }
    }

    /// The text that adds the command in front of an item.
    fn text_behind(&self, command: &str) -> String {
        let Joint { operator, line_end, indentation, .. } = self;
        let blank = if *operator == "&&" { " " } else { "" };
        match self.style {
            Style::Inline => format!("{command}{blank}{operator} "),
            Style::Leading => format!("{command}{line_end}{indentation}{operator} "),
            Style::Trailing => format!("{command}{blank}{operator}{line_end}{indentation}"),
        }
    }
}

/// The blanks that the line which holds `at` begins with.
fn indentation_at(text: &str, at: usize) -> &str {
    let start = text.get(..at).and_then(|it| it.rfind('\n')).map_or(0, |it| it + 1);
    let line = text.get(start..).unwrap_or("");
    let length = line.len() - line.trim_start_matches([' ', '\t']).len();
    line.get(..length).unwrap_or("")
}
