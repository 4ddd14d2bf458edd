//! `pylintdock check`: goes through the files, in parallel where there are several, and prints in their order.

use std::path::Path;
use std::process::ExitCode;

use project::{Contexts, Problem};
use rayon::prelude::*;

use crate::arguments::{Check, Color};
use crate::baseline::{Baseline, Difference};
use crate::destination::{Destination, Outputs, destinations};
use crate::examine::{Examined, examine};
use crate::formats::{Format, Style, Summary};
use crate::guard::{guarded, install};
use crate::job::{Job, Plan};
use crate::output::{ErrorOutput, Output, has_colors};
use crate::progress::Progress;
use crate::repair::Repair;
use crate::report::{Tally, count};
use crate::summary;

/// Files that are worked on before the first of them is printed. It bounds the memory of a run over very many.
const FILES_AT_ONCE: usize = 256;
/// A report of so many files shows each at once.
const FEW_FILES: usize = 3;
/// For deeply nested shell scripts; memory is only used when they are.
const STACK_SIZE: usize = 16 * 1024 * 1024;

const COULD_NOT_RUN: u8 = 2;

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Check, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let prepared = destinations(options).and_then(|it| {
        let plan = Plan::new(options, &mut errors)?;
        overwrites_nothing(&plan, &it)?;
        Ok((plan, Outputs::open(&it)?))
    });
    let (plan, outputs) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            errors.error(problem);
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    install();
    if plan.is_left_out && options.repairs() && !options.diff {
        return pass_through(errors);
    }
    let has_colors = has_colors(color, &std::io::stdout());
    let mut run = Run {
        contexts: &Contexts::default(),
        console: Console::new(&plan, errors),
        styles: styles(&plan, &outputs, has_colors),
        has_colors,
        outputs,
        progress: Progress::new(plan.jobs.len(), options.quiet),
        summary: Summary {
            has_problem: plan.has_problem,
            is_statistics: options.statistics,
            ..Summary::default()
        },
        baseline: plan.options.write_baseline.as_deref().map(baseline_before),
        plan: &plan,
    };
    if run.prints_findings() {
        run.outputs.begin(&run.summary, &mut |it| run.console.say(it));
    }
    for jobs in plan.jobs.chunks(FILES_AT_ONCE) {
        if options.repairs() {
            run.repair(jobs);
        } else {
            run.report(jobs);
        }
        run.contexts.forget_unused();
        if run.console.output.is_closed() && !options.repairs() && !run.outputs.has_files() {
            break;
        }
    }
    run.close()
}

/// Prints standard input as it is, for an editor that puts the output in its place.
fn pass_through(mut errors: ErrorOutput) -> ExitCode {
    match std::io::copy(&mut std::io::stdin(), &mut std::io::stdout()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            errors.error(Problem::of_writing(Path::new("standard output"), &error));
            ExitCode::from(COULD_NOT_RUN)
        }
    }
}

/// Refuses to write a report or a baseline over a file that is checked, or a baseline over a file that is none.
fn overwrites_nothing(plan: &Plan<'_>, destinations: &[Destination]) -> Result<(), Problem> {
    let baseline = plan.options.write_baseline.as_deref();
    let written = destinations.iter().filter_map(|it| it.file.as_deref()).chain(baseline);
    for file in written {
        let Ok(real) = file.canonicalize() else { continue };
        let name = file.display().to_string();
        let is_checked = |it: &Job| {
            !it.is_standard_input && it.file.file.canonicalize().is_ok_and(|it| it == real)
        };
        if plan.jobs.iter().any(is_checked) {
            let sentence = format!(
                "`{name}` is checked, so that nothing else is written to it; name another file"
            );
            return Err(Problem::new(&name, sentence));
        }
    }
    let Some(file) = baseline else { return Ok(()) };
    let text = project::read_text(file).unwrap_or_default();
    if !text.trim().is_empty() && !text.contains("\"findings\"") {
        let name = file.display().to_string();
        let sentence = format!(
            "`{name}` is there and is no baseline, so that it is not overwritten; name another file, or remove this one"
        );
        return Err(Problem::new(&name, sentence));
    }
    Ok(())
}

/// The baseline that is replaced; one that cannot be read counts as none.
fn baseline_before(path: &Path) -> (Baseline, Difference) {
    (Baseline::read(path).unwrap_or_else(|_| Baseline::new(path)), Difference::default())
}

/// How each destination prints; colours are for terminals.
fn styles(plan: &Plan<'_>, outputs: &Outputs, has_colors: bool) -> Vec<Style> {
    let style = |(format, is_file): (Format, bool)| Style {
        format,
        has_colors: has_colors && !is_file,
        allows_unsafe: plan.options.unsafe_fixes,
        is_short: plan.jobs.len() <= FEW_FILES,
    };
    outputs.formats().map(style).collect()
}

/// The terminal, or what stands for it.
struct Console {
    output: Output,
    errors: ErrorOutput,
    /// Standard output has the fixed text, so that the findings go to standard error.
    prints_text: bool,
}

impl Console {
    fn new(plan: &Plan<'_>, errors: ErrorOutput) -> Console {
        let is_standard_input = plan.jobs.first().is_some_and(|it| it.is_standard_input);
        let prints_text = plan.options.repairs() && !plan.options.diff && is_standard_input;
        Console { output: Output::new(), errors, prints_text }
    }

    /// Findings and what belongs to them.
    fn say(&mut self, text: &str) {
        if self.prints_text { self.errors.print(text) } else { self.output.print(text) }
    }
}

struct Run<'a> {
    plan: &'a Plan<'a>,
    contexts: &'a Contexts,
    outputs: Outputs,
    styles: Vec<Style>,
    console: Console,
    has_colors: bool,
    summary: Summary,
    progress: Progress,
    /// The one that is written.
    baseline: Option<(Baseline, Difference)>,
}

impl Run<'_> {
    fn report(&mut self, jobs: &[Job]) {
        let (plan, contexts, styles) = (self.plan, self.contexts, &self.styles);
        let examined = each(jobs, &self.progress, |job| examine(plan, contexts, styles, job));
        self.progress.clear();
        for (job, res) in jobs.iter().zip(examined) {
            match res {
                Ok(examined) => self.print(job, examined),
                Err(failure) => self.fail(job, failure),
            }
        }
    }

    /// Fixes are computed in parallel and applied in order: what one writes the next must see.
    fn repair(&mut self, jobs: &[Job]) {
        let (plan, contexts) = (self.plan, self.contexts);
        let repairs = each(jobs, &self.progress, |job| Repair::plan(plan, contexts, job));
        self.progress.clear();
        for (job, repair) in jobs.iter().zip(repairs) {
            let repair =
                repair.and_then(|it| it.refreshed(plan, contexts, job).map_err(Failure::Panic));
            match repair {
                Ok(repair) => self.apply(job, &repair),
                Err(failure) => self.fail(job, failure),
            }
        }
    }

    fn apply(&mut self, job: &Job, repair: &Repair<'_>) {
        if !repair.unsettled().is_empty() {
            let rules = repair.unsettled().join("`, `");
            self.console.errors.warning(format_args!(
                "the fixes of `{rules}` do not settle in `{}`, so that it is left as it is; {REPORT_IT}",
                job.file.shown
            ));
        }
        if self.plan.options.diff {
            let examined = repair.diff(self.plan, self.contexts, job, self.has_colors);
            return self.print(job, examined);
        }
        let written = match repair.is_change() {
            true => repair.write(self.plan, self.contexts, job),
            false => Ok(()),
        };
        let examined = match written {
            Ok(()) => {
                if job.is_standard_input {
                    self.console.output.print(repair.text());
                }
                Ok(repair.remaining(self.plan, job, &self.styles_of_findings()))
            }
            Err(problem) => {
                self.fail(job, Failure::Problem(problem));
                repair.untouched(self.plan, job, &self.styles_of_findings())
            }
        };
        match examined {
            Ok(examined) => self.print(job, examined),
            Err(message) => self.fail(job, Failure::Panic(message)),
        }
    }

    /// The findings go to standard error where standard output has the fixed text.
    fn styles_of_findings(&self) -> Vec<Style> {
        let mut res = self.styles.clone();
        if self.console.prints_text {
            let has_colors = self.console.errors.has_colors();
            let is_console = self.outputs.formats().map(|it| !it.1);
            res.iter_mut().zip(is_console).for_each(|it| it.0.has_colors = has_colors && it.1);
        }
        res
    }

    /// Not with options that print something else instead.
    fn prints_findings(&self) -> bool {
        let Check { diff, explain_rewrite, write_baseline, .. } = self.plan.options;
        !diff && !explain_rewrite && write_baseline.is_none()
    }

    fn print(&mut self, job: &Job, examined: Examined) {
        if let Some((baseline, difference)) = &mut self.baseline {
            let ran = |it: &str| job.has_run(it);
            let one = baseline.replace(&job.file.file, examined.counts, &ran);
            difference.n_new += one.n_new;
            difference.n_gone += one.n_gone;
        }
        self.console.say(&examined.printed);
        self.outputs.add(&examined.fragments, &mut |it| self.console.say(it));
        examined.warnings.iter().for_each(|it| self.console.errors.warning(it));
        self.summary.tally.merge(examined.tally);
    }

    fn fail(&mut self, job: &Job, failure: Failure) {
        self.summary.has_problem = true;
        let sentence = match failure {
            Failure::Problem(problem) => problem.to_string(),
            Failure::Panic(message) => {
                format!("internal error in `{}`: {message}; {REPORT_IT}", job.file.shown)
            }
        };
        self.console.errors.error(&sentence);
        self.summary.failures.push((job.file.shown.clone(), sentence));
    }

    fn close(mut self) -> ExitCode {
        let options = self.plan.options;
        self.summary.tally.n_deleted = self.plan.scope.n_deleted();
        self.tell_missing_stage();
        self.summary.sentence = self.sentence();
        let is_for_readers = self.outputs.is_for_readers();
        let prints_findings = self.prints_findings();
        let Run { outputs, mut console, mut summary, plan, baseline, .. } = self;
        if prints_findings {
            for problem in outputs.end(&summary, &mut |it| console.say(it)) {
                console.errors.error(problem);
                summary.has_problem = true;
            }
        }
        let mut written = String::new();
        if let (Some((baseline, difference)), Some(path)) = (baseline, &options.write_baseline) {
            match write_baseline(baseline, difference, path) {
                Ok(sentence) => written = sentence,
                Err(problem) => {
                    console.errors.error(problem);
                    summary.has_problem = true;
                }
            }
        }
        // Nothing is summed up when nothing could be looked at.
        if !options.quiet && summary.tally.n_checked > 0 {
            if options.write_baseline.is_some() {
                if options.fix {
                    console.say(&summary.sentence);
                }
                console.say(&written);
            } else if options.diff {
                // The diff itself is for `patch`.
                console.errors.print(&summary.sentence);
            } else if is_for_readers {
                console.say(&summary.sentence);
            }
            let is_nameless = plan.jobs.first().is_some_and(|it| it.is_nameless);
            if is_nameless && plan.context.is_none() && (is_for_readers || options.diff) {
                console.errors.print(NAME_IT);
            }
        }
        let status = if summary.has_problem {
            COULD_NOT_RUN
        } else if options.exit_zero || options.write_baseline.is_some() {
            0
        } else if options.diff || options.exit_non_zero_on_fix && summary.tally.n_files_fixed > 0 {
            u8::from(summary.tally.n_files_fixed > 0)
        } else {
            u8::from(summary.tally.n_found() > 0)
        };
        let is_written = console.output.finish();
        ExitCode::from(if is_written { status } else { COULD_NOT_RUN })
    }

    /// Tells where a search has found Dockerfiles without the stage that `--target` names. Where none has it, a name is
    /// wrong.
    fn tell_missing_stage(&mut self) {
        let Some(target) = &self.plan.options.target else { return };
        let Tally { n_without_stage, n_checked, .. } = self.summary.tally;
        if n_without_stage == 0 {
            return;
        }
        if n_without_stage == n_checked {
            self.summary.has_problem = true;
            self.console.errors.error(format_args!(
                "--target `{target}`: no Dockerfile that was found has such a stage; each was checked as if nothing was said"
            ));
        } else if !self.plan.options.quiet {
            self.console.errors.warning(format_args!(
                "--target `{target}`: {n_without_stage} of {n_checked} Dockerfiles have no such stage, and were checked as if nothing was said"
            ));
        }
    }

    /// What was found, and what can be done about it.
    fn sentence(&self) -> String {
        let (options, tally) = (self.plan.options, &self.summary.tally);
        let sentence = match (options.diff, options.fix) {
            (is_preview, _) if options.add_ignore => summary::silenced(tally, is_preview),
            (true, _) => summary::would_fix(tally, options.unsafe_fixes),
            (false, true) => summary::fixed(tally, options.unsafe_fixes),
            (false, false) => summary::found(tally, options.unsafe_fixes),
        };
        let compared = self.plan.scope.revision().map(|it| summary::compared(&it.told()));
        sentence + &compared.unwrap_or_default()
    }
}

/// Writes what was found as known; says what became of the baseline.
fn write_baseline(
    mut baseline: Baseline,
    difference: Difference,
    path: &Path,
) -> Result<String, Problem> {
    let Difference { n_new, n_gone } = difference;
    let n_gone = n_gone + baseline.prune();
    let (found, files) =
        (count(baseline.len(), "known problem"), count(baseline.n_files(), "file"));
    baseline.write(path)?;
    let path = path.display();
    Ok(format!("Wrote {found} in {files} to {path}: {n_new} new, {n_gone} gone.\n"))
}

const NAME_IT: &str = "The files around this Dockerfile were not looked at; say where it lies with \
                       --stdin-filename PATH.\n";

const REPORT_IT: &str = "this is a fault of pylintdock, report it with the file at \
                         https://github.com/pylintdock/pylintdock/issues";

/// Why there is no result for a file.
enum Failure {
    /// It cannot be read or written.
    Problem(Problem),
    /// The program is wrong; message and place.
    Panic(String),
}

/// Calls `work` for each job, in parallel when there are several; the results are in their order.
fn each<T: Send>(
    jobs: &[Job],
    progress: &Progress,
    work: impl Fn(&Job) -> Result<T, Problem> + Sync,
) -> Vec<Result<T, Failure>> {
    let guarded = |job: &Job| {
        let res = guarded(|| work(job));
        progress.tick();
        match res {
            Ok(res) => res.map_err(Failure::Problem),
            Err(message) => Err(Failure::Panic(message)),
        }
    };
    if let [job] = jobs {
        return vec![guarded(job)];
    }
    start_threads();
    jobs.par_iter().map(guarded).collect()
}

/// Only called where there is work for several: starting threads takes longer than checking one file.
pub(crate) fn start_threads() {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build_global();
    // An error means that they run already.
    let _is_started = pool.is_ok();
}
