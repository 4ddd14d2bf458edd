//! How often each rule found something.

use std::cmp::Reverse;
use std::fmt::Write;

use serde::Serialize;

use crate::report::{RuleCount, Tally, severity_name};

#[derive(Serialize)]
struct JsonCount<'a> {
    rule: &'a str,
    severity: linter::Severity,
    count: usize,
    fixable: usize,
    fixable_unsafely: usize,
}

/// Most frequent first.
pub(crate) fn sorted(tally: &Tally) -> Vec<(&'static str, RuleCount)> {
    let mut counts: Vec<_> = tally.by_rule.iter().map(|it| (*it.0, *it.1)).collect();
    counts.sort_by_key(|it| (Reverse(it.1.n_found), it.0));
    counts
}

/// A table: count, severity, rule, what can be fixed.
pub(crate) fn table(tally: &Tally) -> String {
    let counts = sorted(tally);
    let digits = counts.first().map_or(0, |it| it.1.n_found.to_string().len());
    let longest = counts.iter().map(|it| it.0.len()).max().unwrap_or(0);
    let mut res = String::new();
    for (rule, count) in counts {
        let fixable = match (count.n_safe, count.n_unsafe) {
            (0, 0) => String::new(),
            (safe, 0) => format!("{safe} fixable"),
            (0, risky) => format!("{risky} fixable unsafely"),
            (safe, risky) => format!("{safe} fixable, {risky} unsafely"),
        };
        let line = format!(
            "{:>digits$}  {:<7}  {rule:<longest$}  {fixable}",
            count.n_found,
            severity_name(count.severity)
        );
        let _cannot_fail = writeln!(res, "{}", line.trim_end());
    }
    res
}

/// The same as a JSON array.
pub(crate) fn json(tally: &Tally) -> String {
    serde_json::to_string(&counts(tally)).unwrap_or_default() + "\n"
}

/// The same as a JSON object on each line.
pub(crate) fn json_lines(tally: &Tally) -> String {
    let lines = counts(tally).into_iter();
    lines.map(|it| serde_json::to_string(&it).unwrap_or_default() + "\n").collect()
}

/// The same as a table in Markdown.
pub(crate) fn markdown(tally: &Tally) -> String {
    let mut res = "| count | | rule | fixable | unsafely |\n|---:|---|---|---:|---:|\n".to_owned();
    for (rule, count) in sorted(tally) {
        let _cannot_fail = writeln!(
            res,
            "| {} | {} | [{rule}]({}) | {} | {} |",
            count.n_found,
            severity_name(count.severity),
            linter::link(rule),
            count.n_safe,
            count.n_unsafe
        );
    }
    res
}

fn counts(tally: &Tally) -> Vec<JsonCount<'static>> {
    let counts = sorted(tally).into_iter().map(|(rule, count)| JsonCount {
        rule,
        severity: count.severity,
        count: count.n_found,
        fixable: count.n_safe,
        fixable_unsafely: count.n_unsafe,
    });
    counts.collect()
}
