//! `pylintdock rule`: the page of a rule, or the list of all.

use std::process::ExitCode;

use linter::{Repair, Rule, UnknownRule};

use crate::arguments;
use crate::output::{ErrorOutput, Output};
use crate::page_text::readable;
use crate::report::severity_name;
use crate::wrap::{WIDTH, wrap};

pub(crate) fn run(options: &arguments::Rule) -> ExitCode {
    let mut output = Output::new();
    match &options.name {
        None => rules::ALL.iter().for_each(|it| output.print(&entry(it))),
        Some(name) => {
            let found: Vec<&&Rule> = rules::ALL.iter().filter(|it| it.answers_to(name)).collect();
            if found.is_empty() {
                let unknown = UnknownRule::new(name, rules::ALL);
                ErrorOutput::new(arguments::Color::Auto).error(unknown);
                return ExitCode::from(2);
            }
            for (at, rule) in found.into_iter().enumerate() {
                output.print(if at > 0 { "\n" } else { "" });
                output.print(&readable(rule.page));
            }
        }
    }
    if output.finish() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

/// Two or three lines of the catalogue.
fn entry(rule: &Rule) -> String {
    let mut facts = vec![severity_name(rule.severity).to_owned()];
    facts.extend(match rule.repair {
        Repair::Never => None,
        Repair::Safe => Some("fix".to_owned()),
        Repair::SafeOrUnsafe => Some("fix, unsafe in part".to_owned()),
        Repair::Unsafe => Some("unsafe fix".to_owned()),
        Repair::Manual => Some("fix by hand".to_owned()),
    });
    if !rule.is_on_by_default {
        facts.push("off by default, on by `extend-select` in the configuration".to_owned());
    }
    let aliases = match rule.aliases {
        [] => String::new(),
        aliases => format!(" ({})", aliases.join(", ")),
    };
    let summary = rule.summary().replace('\n', " ");
    let summary = wrap(&summary, WIDTH, 4, "    ");
    format!("{}{aliases}: {}\n    {summary}\n", rule.name, facts.join(", "))
}
