//! `pylintdock check --watch`: checks again after each change, until Ctrl+C.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use project::Problem;

use crate::arguments::{Check, Color};
use crate::check;
use crate::output::ErrorOutput;

/// Changes come in groups: a save is several, a `git switch` hundreds. The check waits until so long nothing comes.
const QUIET: Duration = Duration::from_millis(150);
/// Empties a terminal, what was scrolled away included, and goes to its top.
const EMPTY_TERMINAL: &str = "\u{1b}[2J\u{1b}[3J\u{1b}[H";

const COULD_NOT_RUN: u8 = 2;

/// Runs the command; it only ends when something cannot be watched.
pub(crate) fn run(options: &Check, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let problem = match watch(options) {
        // The watcher must live as long as its changes are waited for.
        Ok((_watcher, changes)) => {
            let written = written(options);
            loop {
                empty_terminal();
                let _each_run_tells_its_own = check::run(options, color);
                errors.print("Watching for changes; Ctrl+C ends.\n");
                if !wait(&changes, &written) {
                    break Problem::new("", "nothing tells of changes any more");
                }
            }
        }
        Err(problem) => problem,
    };
    errors.error(problem);
    ExitCode::from(COULD_NOT_RUN)
}

type Changes = Receiver<notify::Result<Event>>;

fn watch(options: &Check) -> Result<(RecommendedWatcher, Changes), Problem> {
    if options.paths.iter().any(|it| it.as_os_str() == "-") {
        return Err(Problem::new("", "--watch needs files; standard input does not change"));
    }
    let problem = |path: &Path, error: notify::Error| {
        let path = path.display();
        Problem::new(path.to_string(), format!("cannot watch `{path}`: {error}"))
    };
    let (sender, changes) = channel();
    let watcher = notify::recommended_watcher(sender);
    let mut watcher = watcher.map_err(|it| problem(Path::new("."), it))?;
    // Of a file its directory: editors put a new file in its place, and what lies around it matters too.
    let directories = options.paths.iter().chain(&options.context).map(|it| match it.is_dir() {
        true => (it.clone(), RecursiveMode::Recursive),
        false => (directory_of(it), RecursiveMode::Recursive),
    });
    let config = options.config.iter().chain(&options.baseline);
    let config = config.map(|it| (directory_of(it), RecursiveMode::NonRecursive));
    for (directory, mode) in directories.chain(config) {
        watcher.watch(&directory, mode).map_err(|it| problem(&directory, it))?;
    }
    Ok((watcher, changes))
}

fn directory_of(file: &Path) -> PathBuf {
    let parent = file.parent().filter(|it| !it.as_os_str().is_empty());
    parent.unwrap_or(Path::new(".")).to_owned()
}

/// The reports that each run writes: they are no change.
fn written(options: &Check) -> Vec<PathBuf> {
    let files = options.output_format.iter().filter_map(|it| it.file.as_ref());
    let files = files.chain(&options.output_file);
    let real = |it: &PathBuf| {
        let directory = directory_of(it).canonicalize().unwrap_or_default();
        directory.join(it.file_name().unwrap_or_default())
    };
    files.map(real).collect()
}

/// Waits for a change and for the end of the changes that come with it; false when none can come.
fn wait(changes: &Changes, written: &[PathBuf]) -> bool {
    loop {
        match changes.recv() {
            Err(_) => return false,
            Ok(Ok(event)) if is_change(&event, written) => break,
            // Something that was not understood may have been a change.
            Ok(Err(_)) => break,
            Ok(Ok(_)) => {}
        }
    }
    while changes.recv_timeout(QUIET).is_ok() {}
    true
}

fn is_change(event: &Event, written: &[PathBuf]) -> bool {
    let is_ours = |path: &Path| {
        let real = || directory_of(path).canonicalize().unwrap_or_default();
        written
            .iter()
            .any(|it| it.file_name() == path.file_name() && it.parent() == Some(real().as_path()))
    };
    let is_inside = |path: &Path| path.components().any(|it| it.as_os_str() == ".git");
    !matches!(event.kind, EventKind::Access(_))
        && event.paths.iter().any(|it| !is_inside(it) && !is_ours(it))
}

fn empty_terminal() {
    let mut output = io::stdout();
    if output.is_terminal() {
        let _nobody_to_tell =
            output.write_all(EMPTY_TERMINAL.as_bytes()).and_then(|()| output.flush());
    }
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, ModifyKind};

    use super::*;

    #[test]
    fn reports_and_the_repository_are_no_change() {
        let root = std::env::temp_dir().canonicalize().unwrap();
        let written = [root.join("report.json")];
        let modified = EventKind::Modify(ModifyKind::Any);
        for (kind, path, expected) in [
            (modified, "Dockerfile", true),
            (modified, "requirements.txt", true),
            (modified, "report.json", false),
            (modified, "sub/report.json", true),
            (modified, ".git/index", false),
            (EventKind::Access(AccessKind::Any), "Dockerfile", false),
        ] {
            let event = Event::new(kind).add_path(root.join(path));
            assert_eq!(is_change(&event, &written), expected, "{path}");
        }
    }
}
