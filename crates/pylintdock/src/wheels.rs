//! `pylintdock wheels`: asks pip's index about packages that the tables do not know, and writes the answers down.
//!
//! The only command that uses the network.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use context::known_wheels::{HEADER, KNOWN_WHEELS, releases};
use index::{Client, Environment, Failure, Settings};
use model::installation::not_in_tables;
use project::Contexts;

use crate::arguments::{Check, Color, Wheels};
use crate::examine::Subject;
use crate::job::Plan;
use crate::output::{ErrorOutput, Output};

const COULD_NOT_RUN: u8 = 2;

/// The packages of a context: the names, each with the exact versions that are asked for.
type Asked = BTreeMap<String, BTreeSet<String>>;

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Wheels, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let mut output = Output::new();
    let is_done = ask_all(options, &mut output, &mut errors).unwrap_or_else(|problem| {
        errors.error(problem);
        false
    });
    if output.finish() && is_done { ExitCode::SUCCESS } else { ExitCode::from(COULD_NOT_RUN) }
}

/// Whether everything was answered.
fn ask_all(
    options: &Wheels,
    output: &mut Output,
    errors: &mut ErrorOutput,
) -> Result<bool, String> {
    let check = Check {
        paths: options.paths.clone(),
        context: options.context.clone(),
        ..Check::default()
    };
    let plan = Plan::new(&check, errors).map_err(|it| it.to_string())?;
    let mut is_done = !plan.has_problem;
    let mut asked: BTreeMap<PathBuf, Asked> = BTreeMap::new();
    let contexts = Contexts::default();
    for job in &plan.jobs {
        let subject = match Subject::read(&plan, &contexts, job) {
            Ok(subject) => subject,
            Err(problem) => {
                errors.error(problem);
                is_done = false;
                continue;
            }
        };
        let Some(root) = subject.disk().map(|it| it.root().to_path_buf()) else {
            errors.warning(format_args!(
                "`{}` is passed over: its build context is not known; name it with --context",
                job.file.shown
            ));
            continue;
        };
        let found = subject.with_model(None, not_in_tables);
        let own = asked.entry(root).or_default();
        for (name, version) in found {
            own.entry(name).or_default().extend(version);
        }
    }
    asked.retain(|_, it| !it.is_empty());
    if asked.is_empty() && plan.jobs.is_empty() {
        return Ok(is_done);
    }
    if asked.is_empty() {
        output.print("pylintdock knows every package that is asked for by name\n");
        return Ok(is_done);
    }
    let settings = settings()?;
    let names: Vec<String> = settings.indexes.iter().map(|it| format!("`{it}`")).collect();
    let n_packages = asked.values().flat_map(|it| it.keys()).collect::<BTreeSet<_>>().len();
    let packages = if n_packages == 1 { "package" } else { "packages" };
    output.print(&format!("asking {} about {n_packages} {packages}\n", names.join(" and ")));
    let client = Client::new(settings, cache().as_deref())?;
    for (root, asked) in &asked {
        is_done &= ask(&client, root, asked, output, errors)?;
    }
    Ok(is_done)
}

/// Asks about the packages of one context and writes its file.
fn ask(
    client: &Client,
    root: &Path,
    asked: &Asked,
    output: &mut Output,
    errors: &mut ErrorOutput,
) -> Result<bool, String> {
    let mut lines: Vec<String> = Vec::new();
    let mut absent: Vec<String> = Vec::new();
    let (mut n_found, mut is_done) = (0, true);
    for (name, versions) in asked {
        let versions: Vec<String> = versions.iter().cloned().collect();
        match client.files(name) {
            Ok(Some(files)) => {
                let files = files
                    .iter()
                    .map(|it| (it.name.as_str(), it.requires_python.as_deref(), it.is_yanked));
                lines.extend(releases(name, files, &versions).iter().map(|it| it.line() + "\n"));
                n_found += 1;
            }
            Ok(None) => absent.push(format!("`{name}`")),
            Err(failure) => {
                errors.error(format_args!("nothing is known of `{name}`: {failure}"));
                is_done = false;
                // The next package would fare no better.
                if matches!(failure, Failure::Refused(_) | Failure::Unreachable(_)) {
                    break;
                }
            }
        }
    }
    let path = root.join(KNOWN_WHEELS);
    if n_found > 0 {
        let about = "# Written by `pylintdock wheels` for `pylintdock check`. Columns: package, version, \
                     Requires-Python, source, wheels for Linux.";
        let text = format!("{HEADER}\n{about}\n{}", lines.concat());
        std::fs::write(&path, text)
            .map_err(|it| format!("cannot write `{}`: {it}", path.display()))?;
        let packages = if n_found == 1 { "package" } else { "packages" };
        output.print(&format!("wrote {n_found} {packages} to `{}`\n", path.display()));
    }
    if !absent.is_empty() {
        output.print(&format!("not on the index: {}\n", absent.join(", ")));
    }
    Ok(is_done)
}

fn settings() -> Result<Settings, String> {
    Settings::read(&Environment {
        variable: &|name| std::env::var(name).ok(),
        read: &|path| project::read_text(path).ok(),
    })
}

/// Where answers are kept between runs.
fn cache() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = || Some(folder("HOME")?.join(".cache"));
    Some(folder("XDG_CACHE_HOME").or_else(home)?.join("pylintdock/index"))
}
