//! The pylintdock command: arguments, output formats and exit codes.

mod arguments;
mod baseline;
mod changed;
mod check;
mod destination;
mod diff;
mod earlier;
mod effective;
mod examine;
mod fingerprint;
mod formats;
mod generate;
mod guard;
mod job;
mod layers;
mod migrate;
mod output;
mod page;
mod page_text;
mod progress;
mod records;
mod repair;
mod report;
mod scope;
mod stack;
mod statistics;
mod summary;
mod views;
mod watch;
mod wheels;
mod wrap;

use std::process::ExitCode;

use clap::Parser;
use linter::Diagnostic;

use crate::arguments::{Arguments, Command};

/// Runs the command with the arguments of this process.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match &arguments.command {
        Command::Check(options) if options.watch => watch::run(options, arguments.color),
        Command::Check(options) if options.stdin_jsonl => records::run(options, arguments.color),
        Command::Check(options) => check::run(options, arguments.color),
        Command::Rule(options) => page::run(options),
        Command::Layers(options) => layers::run(options, arguments.color),
        Command::Wheels(options) => wheels::run(options, arguments.color),
        Command::Config(options) => effective::run(options, arguments.color),
        Command::Migrate(options) => migrate::run(options, arguments.color),
        Command::Completions(options) => generate::completions(options),
        Command::Man(options) => generate::man(options),
        Command::Server(_) => server::run(),
    }
}

/// What `pylintdock check` prints of findings in one file, without colours and summary.
pub fn printed(path: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut res = String::new();
    formats::full::render(&report::Report::new(path, text, diagnostics), false, &mut res);
    res
}
