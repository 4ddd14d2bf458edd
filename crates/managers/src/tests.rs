//! Command lines and what they are taken for.

use syntax::{Excerpt, Span};

use crate::Call;
use crate::cache::{cleans, disabling_option, disabling_variable, paths, written};
use crate::requirement::requirement;

mod caches;
mod calls;
mod questions;

/// Variables that the tests know.
pub(crate) fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "PIP" => "pip3",
        "DEPS" => "gcc musl-dev",
        "VERSION" => "1.2",
        "INSTALL" => "apt-get install -y",
        "EMPTY" => "",
        _ => return None,
    };
    Some(value.to_owned())
}

/// Runs `ask` for every command of a line of shell text, and joins the answers.
pub(crate) fn each(line: &str, ask: impl Fn(&shell::Command<'_>) -> Option<String>) -> String {
    let excerpt = Excerpt::slice(line, Span::new(0, line.len()));
    let script = shell::parse(&excerpt);
    script.commands.iter().filter_map(ask).collect::<Vec<_>>().join(" ; ")
}

/// `tool Action [--option=value …] operand …`, with `?` for what is unknown, and `<tool` for what runs it.
pub(crate) fn shown(call: &Call<'_>) -> String {
    let mut res = format!("{} {:?}", call.tool.name(), call.action);
    for option in &call.options {
        res.push_str(if option.is_known { " " } else { " ?" });
        res.push_str(&option.name);
        if let Some(value) = &option.value {
            res.push('=');
            res.push_str(value.text().unwrap_or("?"));
        }
    }
    if !call.operands.is_empty() {
        res.push_str(" :");
    }
    for operand in &call.operands {
        res.push(' ');
        res.push_str(operand.text().unwrap_or("?"));
    }
    if call.may_have_more {
        res.push_str(" …");
    }
    if let Some(runner) = &call.runner {
        res.push_str(" < ");
        res.push_str(runner.tool.name());
    }
    res
}

/// Checks each line of a table: what is written, and what is expected.
pub(crate) fn check(table: &[(&str, &str)], ask: impl Fn(&shell::Command<'_>) -> Option<String>) {
    let wrong: Vec<String> = table
        .iter()
        .map(|(line, expected)| (line, expected, each(line, &ask)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(line, expected, found)| format!("{line}\n  expected {expected}\n  found    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
