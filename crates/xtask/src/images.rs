//! `cargo xtask images`: builds every project of `tests/images` before and after the fix and compares what comes out.

mod bases;
mod builder;
mod case;
mod index;
mod machine;
mod measure;
mod report;

use crate::{program, working_tree};
use builder::Builder;
use case::{Bar, Case};
use measure::Image;
use report::Row;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

/// Names the folder that keeps the builder, the base images and the fetched packages between runs.
const HOME: &str = "PYLINTDOCK_IMAGES";
/// The port on which repositories are served, fixed because Dockerfiles of the cases name it.
const GIT_PORT: u16 = 18_942;
/// The largest middle ratio over the projects with build tools.
const MEDIAN: f64 = 0.45;

/// How many cases are built at once: while one waits for the network or the disk, the other computes.
const WORKERS: usize = 2;

const USAGE: &str = "\
usage: cargo xtask images [--shared | --ci] [--output FOLDER] [CASE…]
  --ci      only the cases that have `ci = true`: one of each shape, within 25 minutes on two cores
  --shared  answer steps that an earlier case has run from the cache: quicker, but build times mean nothing";

/// Runs the cases that `arguments` name, or all, and writes table, data and picture into a folder; returns the table.
///
/// # Errors
///
/// The machine cannot be set up, or a fixed image does not hold its bars; a machine on which nothing can be built is no error.
pub(crate) fn run(arguments: &[&str]) -> Result<String, String> {
    let (shared, ci, arguments) = match arguments {
        ["--shared", rest @ ..] => (true, false, rest),
        ["--ci", rest @ ..] => (false, true, rest),
        rest => (false, false, rest),
    };
    let (output, names) = match arguments {
        ["--output", folder, names @ ..] => (PathBuf::from(folder), names),
        names => (working_tree::target()?.join("images"), names),
    };
    if names.iter().any(|it| it.starts_with('-')) {
        return Err(USAGE.to_owned());
    }
    if let Some(reason) = machine::obstacle() {
        return Ok(format!("skipped: {reason}\n"));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/images");
    let mut cases = case::read(&root, names)?;
    cases.retain(|it| !ci || it.settings.ci);
    let program = working_tree::pylintdock()?;
    let start = Instant::now();
    let rows = {
        // In this order, the builder has ended before its folder is removed.
        let temporary = tempfile::tempdir()
            .map_err(|error| format!("cannot make a folder for temporary files: {error}"))?;
        let home =
            std::env::var_os(HOME).map_or_else(|| temporary.path().to_path_buf(), PathBuf::from);
        measured(&home, &temporary.path().join("work"), &cases, &program, shared)?
    };
    let markdown = report::markdown(&rows);
    let data = serde_json::to_string_pretty(&rows).map_err(|error| error.to_string())?;
    program::write(&output.join("images.md"), &markdown)?;
    program::write(&output.join("images.json"), &data)?;
    program::write(&output.join("images.svg"), &report::picture(&rows))?;
    let mut faults: Vec<String> = rows
        .iter()
        .flat_map(|row| {
            row.faults.iter().map(move |it| format!("{} ({}): {it}", row.case, row.fix))
        })
        .collect();
    if names.is_empty()
        && !ci
        && let Some(median) = report::median(&rows).filter(|it| *it > MEDIAN)
    {
        faults.push(format!("the middle ratio is {median:.3}, more than {MEDIAN}"));
    }
    let seconds = start.elapsed().as_secs_f64();
    let told = format!(
        "{markdown}\n{} images in {seconds:.0} s; table, data and picture are in `{}`\n",
        rows.len(),
        output.display()
    );
    if faults.is_empty() { Ok(told) } else { Err(format!("{told}\n{}", faults.join("\n"))) }
}

/// Sets the machine up below `home`, and builds each case in the folder `work`.
fn measured(
    home: &Path,
    work: &Path,
    cases: &[Case],
    program: &Path,
    shared: bool,
) -> Result<Vec<Row>, String> {
    std::fs::create_dir_all(home)
        .map_err(|error| format!("cannot make `{}`: {error}", home.display()))?;
    program::install(machine::PROGRAMS)?;
    index::serve(home.join("index"))?;
    let repositories = work.join("repositories");
    for case in cases {
        case.make_repositories(&repositories)?;
    }
    let _served = Repositories::serve(&repositories)?;
    let builder = Builder::start(home)?;
    let dockerfiles: String = cases
        .iter()
        .filter_map(|it| std::fs::read_to_string(it.folder.join("Dockerfile")).ok())
        .collect();
    bases::make(&builder, home, &dockerfiles)?;
    let bench = Bench { builder: &builder, work, program, shared };
    let queue = Mutex::new(cases.iter().enumerate());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                // A worker that panicked has left the queue and the rows as they were.
                let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                while let Some((place, case)) = next() {
                    let rows = bench.rows(case);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((place, rows));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(place, _)| *place);
    Ok(done.into_iter().flat_map(|(_, rows)| rows).collect())
}

/// What every case needs.
struct Bench<'a> {
    builder: &'a Builder,
    work: &'a Path,
    program: &'a Path,
    shared: bool,
}

impl Bench<'_> {
    /// The rows of one case: the image before, compared with the image after each of its fixes.
    fn rows(&self, case: &Case) -> Vec<Row> {
        let tag = |state: &str| format!("case-{}:{state}", case.name);
        let folder = self.work.join(&case.name);
        let attempt = |state: &str, fix| {
            let context = folder.join(state);
            lay_out(case, &context, fix)?;
            measure::image(self.builder, &context, &tag(state), &case.settings, self.shared)
        };
        let mut tags = vec![tag("before")];
        let before = attempt("before", None);
        let mut rows = Vec::new();
        for (fix, bar) in case.fixes() {
            let after = attempt(fix, Some((self.program, fix)));
            tags.push(tag(fix));
            let row = compared(case, fix, bar, before.clone(), after);
            tell(&row);
            rows.push(row);
        }
        measure::forget(self.builder, &tags, self.shared);
        let _ = std::fs::remove_dir_all(&folder);
        rows
    }
}

/// Lays the case out in the new folder `context` and, where told to, lets pylintdock fix it there.
fn lay_out(case: &Case, context: &Path, fix: Option<(&Path, &str)>) -> Result<(), String> {
    if let Some(parent) = context.parent() {
        std::fs::create_dir_all(parent)
            .map_err(|error| format!("cannot make `{}`: {error}", parent.display()))?;
    }
    case.lay_out(context)?;
    if let Some((program, kind)) = fix {
        let mut command = Command::new(program);
        command.current_dir(context).args(["check", "--fix"]);
        if kind != "safe" {
            command.arg("--unsafe-fixes");
        }
        if kind == "every-rule" {
            command.args(["--select", "all"]);
        }
        let out = command
            .arg("Dockerfile")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot start pylintdock: {error}"))?;
        // 1 says that something is left to report, which is no failure here.
        if !matches!(out.status.code(), Some(0 | 1)) {
            return Err(format!(
                "pylintdock failed:\n{}",
                program::last_lines(&String::from_utf8_lossy(&out.stderr))
            ));
        }
    }
    Ok(())
}

/// The row of a case, with everything that is wrong with the fixed image.
fn compared(
    case: &Case,
    fix: &'static str,
    bar: Bar,
    before: Result<Image, String>,
    after: Result<Image, String>,
) -> Row {
    let mut faults = Vec::new();
    let before = before.map_err(|it| faults.push(format!("the original {it}"))).ok();
    let after = after.map_err(|it| faults.push(format!("the fixed file {it}"))).ok();
    if let (Some(before), Some(after)) = (&before, &after) {
        if before.printed != after.printed {
            faults.push(format!(
                "the program printed `{}` before and `{}` after",
                before.printed.trim(),
                after.printed.trim()
            ));
        }
        let tools: Vec<String> =
            after.tools.iter().filter(|it| !case.settings.keeps.contains(it)).cloned().collect();
        if !tools.is_empty() {
            faults.push(format!("build tools are left: {}", report::some_of(&tools)));
        }
        let ratio = after.bytes as f64 / before.bytes as f64;
        let most = bar.ratio.unwrap_or(1.0);
        if ratio > most {
            faults.push(format!("the ratio is {ratio:.3}, more than {most}"));
        }
    }
    Row { case: case.name.clone(), about: case.settings.about.clone(), fix, before, after, faults }
}

/// One line on the terminal as soon as a case is done.
fn tell(row: &Row) {
    let size = |image: &Option<Image>| {
        image
            .as_ref()
            .map_or_else(|| "-".to_owned(), |it| format!("{:.1} MB", it.bytes as f64 / 1e6))
    };
    let ratio = row.ratio().map_or_else(String::new, |it| format!(" ({it:.3})"));
    say(&format!(
        "{} ({}): {} -> {}{ratio}",
        row.case,
        row.fix,
        size(&row.before),
        size(&row.after)
    ));
    for fault in &row.faults {
        say(&format!("  {}", fault.replace('\n', "\n    ")));
    }
}

/// Repositories served on loopback, until this value is dropped.
struct Repositories(Option<Child>);

impl Repositories {
    fn serve(folder: &Path) -> Result<Self, String> {
        if !folder.is_dir() {
            return Ok(Self(None));
        }
        TcpListener::bind(("127.0.0.1", GIT_PORT)).map_err(|error| {
            format!("cannot serve the repositories on port {GIT_PORT}: {error}; end the program that holds the port")
        })?;
        let port = format!("--port={GIT_PORT}");
        program::background("git")
            .args(["daemon", "--export-all", "--reuseaddr", "--listen=127.0.0.1", &port])
            .arg(format!("--base-path={}", folder.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(|it| Self(Some(it)))
            .map_err(|error| format!("cannot serve the repositories: {error}"))
    }
}

impl Drop for Repositories {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            // `git daemon` is a child of `git`; told to end, `git` takes it along.
            let _ = Command::new("kill").arg(child.id().to_string()).status();
            let _ = child.wait();
        }
    }
}

/// Says on standard error how far the work has come.
#[expect(clippy::print_stderr, reason = "builds take minutes")]
fn say(message: &str) {
    eprintln!("{message}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_case_is_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/images");
        let cases = case::read(&root, &[]).unwrap();
        assert!(cases.len() >= 24, "only {} cases", cases.len());
        for case in cases {
            assert!(case.folder.join("Dockerfile").is_file(), "{} has no Dockerfile", case.name);
            assert!(!case.fixes().is_empty(), "{} tries no fix", case.name);
            if let Some(file) = &case.settings.touch {
                assert!(case.folder.join(file).is_file(), "{} has no {file}", case.name);
            }
        }
    }

    #[test]
    fn a_case_that_does_not_exist_is_named() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/images");
        assert!(case::read(&root, &["nothing"]).is_err_and(|it| it.contains("`nothing`")));
    }
}
