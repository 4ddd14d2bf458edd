//! A page of a rule as text for a terminal: the words inside the fences belong to the tests, not to the reader.

use crate::wrap::{WIDTH, wrap};

/// The page without its Markdown: each example is indented, below a line that says what happens with it.
pub(crate) fn readable(page: &str) -> String {
    let mut res = String::with_capacity(page.len());
    let mut is_inside = false;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(_) if is_inside => is_inside = false,
            Some(information) => {
                is_inside = true;
                if let Some(heading) = heading(information) {
                    res.push_str(&heading);
                    res.push_str(":\n\n");
                }
            }
            None if is_inside && line.is_empty() => res.push('\n'),
            None if is_inside => {
                res.push_str("    ");
                res.push_str(line);
                res.push('\n');
            }
            None => {
                res.push_str(&wrap(
                    &plain(line.trim_start_matches('#').trim_start()),
                    WIDTH,
                    0,
                    "",
                ));
                res.push('\n');
            }
        }
    }
    res
}

/// What is said above an example, for the words of its fence; nothing above a report, which speaks for itself.
fn heading(information: &str) -> Option<String> {
    let words: Vec<&str> = information.split_whitespace().collect();
    let after = |start: &str| words.iter().find_map(|it| it.strip_prefix(start));
    let is = |word: &str| words.contains(&word);
    if let Some(name) = after("file=") {
        let when = if is("fixed") { " after --fix" } else { "" };
        return Some(format!("The file {name}{when}"));
    }
    if let Some(lines) = after("bad=") {
        let noun = if lines.contains(',') { "lines" } else { "line" };
        return Some(format!("Reported on {noun} {}", lines.replace(',', ", ")));
    }
    match words.as_slice() {
        [_, "good"] => Some("Not reported".to_owned()),
        [_, "fixed"] => Some("After --fix".to_owned()),
        [_, "fixed=unsafe"] => Some("After --fix --unsafe-fixes".to_owned()),
        ["toml", "config"] => Some("With this configuration".to_owned()),
        _ => None,
    }
}

/// A line of prose without links, and without stress on its first words (elsewhere `**` is a pattern).
fn plain(line: &str) -> String {
    if let Some((stressed, behind)) = line.strip_prefix("**").and_then(|it| it.split_once("**")) {
        return format!("{stressed}{}", plain(behind));
    }
    let mut res = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, link)) = rest.split_once('[') {
        let Some((text, behind)) = link.split_once("](") else { break };
        let Some((_, behind)) = behind.split_once(')').filter(|_| !text.contains('[')) else {
            break;
        };
        res.push_str(before);
        res.push_str(text);
        rest = behind;
    }
    res.push_str(rest);
    res
}
