//! `pylintdock config`: the settings that hold for a Dockerfile, and where each was said.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use linter::{Origin, Rule, Settings};
use project::{Configurations, Problem, relative_to};

use crate::arguments::Color;
use crate::output::{ErrorOutput, Output};
use crate::report::severity_name;

/// Show the settings that hold for a Dockerfile, and where each comes from.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A Dockerfile, which need not exist, or the directory of one
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// Use this configuration instead of the nearest pylintdock.toml or pyproject.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Arguments, color: Color) -> ExitCode {
    match told(options) {
        Ok(text) => {
            let mut output = Output::new();
            output.print(&text);
            if output.finish() { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        Err(problem) => {
            ErrorOutput::new(color).error(problem);
            ExitCode::from(2)
        }
    }
}

fn told(options: &Arguments) -> Result<String, Problem> {
    let path = match options.path.is_dir() {
        true => options.path.join("Dockerfile"),
        false => options.path.clone(),
    };
    let file = project::named(&path);
    let mut configurations = Configurations::new(rules::ALL, options.config.as_deref(), &[], &[])?;
    let configuration = configurations.nearest(&file.directory)?;
    let settings = configuration.settings(&file);
    let mut res = format!("# Settings of {}\n", file.shown);
    match configuration.files().as_slice() {
        [] => res += "# There is no configuration file, so that every value is the default.\n",
        files => res += &format!("# from {}\n", files.join(", which extends ")),
    }
    if let Some((pattern, origin)) = configuration.excluding(&file) {
        res += &format!("# A search leaves it out: exclude = [\"{pattern}\"], {origin}\n");
    }
    res.push('\n');
    let (is_forced, origin) = configuration.force_exclude();
    res += &value("force-exclude", Some(is_forced.to_string()), origin);
    let baseline = configuration.baseline();
    let named = baseline.as_ref().map(|it| format!("{:?}", shown_path(&it.0)));
    res += &value("baseline", named, baseline.map(|it| it.1));
    for (key, text, origin) in settings.values() {
        res += &value(key, text, origin);
    }
    res.push('\n');
    res += &rules_of(&settings);
    Ok(res)
}

/// A line of a configuration file, with where it was said.
fn value(key: &str, value: Option<String>, origin: Option<&Origin>) -> String {
    let said = match value {
        Some(value) => format!("{key} = {value}"),
        None => format!("# {key} is not set"),
    };
    format!("{said:<38}# {}\n", shown(origin))
}

/// A path as a configuration file in the working directory would say it.
fn shown_path(path: &Path) -> String {
    let working = std::env::current_dir().and_then(|it| it.canonicalize()).unwrap_or_default();
    relative_to(path, &working)
}

fn shown(origin: Option<&Origin>) -> String {
    origin.map_or_else(|| "default".to_owned(), Origin::to_string)
}

fn rules_of(settings: &Settings) -> String {
    let n_on = rules::ALL.iter().filter(|it| settings.is_on(it)).count();
    let mut res = format!("# Of {} rules {n_on} run:\n", rules::ALL.len());
    let width = rules::ALL.iter().map(|it| it.name.len()).max().unwrap_or(0);
    for rule in rules::ALL {
        let (severity, reasons) = line(settings, rule);
        res += &format!("# {:<width$}  {severity:<8} {reasons}\n", rule.name);
    }
    res
}

/// The severity of a rule, or `off`, and where that comes from.
fn line(settings: &Settings, rule: &Rule) -> (&'static str, String) {
    let (is_on, origin) = settings.decision(rule);
    let default = match rule.is_on_by_default {
        _ if is_on => "default",
        true => "not selected",
        false => "off by default",
    };
    if !is_on {
        return ("off", origin.map_or_else(|| default.to_owned(), Origin::to_string));
    }
    let mut reasons: Vec<String> = origin.iter().map(|it| it.to_string()).collect();
    reasons.extend(settings.severity_origin(rule).map(Origin::to_string));
    if reasons.is_empty() {
        reasons.push(default.to_owned());
    }
    if let Some(origin) = settings.unfixable_origin(rule.name) {
        reasons.push(format!("no fixes by {origin}"));
    }
    (severity_name(settings.severity(rule)), reasons.join(", "))
}
