//! `pylintdock check`: goes through the files, in parallel where there are several, and prints in their order.

use std::process::ExitCode;

use project::{Contexts, Problem};
use rayon::prelude::*;

use crate::arguments::{Check, Color, Format};
use crate::examine::{Examined, examine};
use crate::guard::{guarded, install};
use crate::job::{Job, Plan};
use crate::output::{ErrorOutput, Output, has_colors};
use crate::repair::Repair;
use crate::report::Tally;
use crate::{statistics, summary};

/// Files that are worked on before the first of them is printed. It bounds the memory of a run over very many.
const FILES_AT_ONCE: usize = 256;
/// For deeply nested shell scripts; memory is only used when they are.
const STACK_SIZE: usize = 16 * 1024 * 1024;

const COULD_NOT_RUN: u8 = 2;

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Check, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    let plan = match Plan::new(options, &mut errors) {
        Ok(plan) => plan,
        Err(problem) => {
            errors.error(problem);
            return ExitCode::from(COULD_NOT_RUN);
        }
    };
    install();
    let mut run = Run {
        plan: &plan,
        contexts: &Contexts::default(),
        output: Output::new(),
        has_colors: has_colors(color, &std::io::stdout()),
        errors,
        tally: Tally::default(),
        has_problem: plan.has_problem,
    };
    run.open();
    for jobs in plan.jobs.chunks(FILES_AT_ONCE) {
        if options.fix || options.diff {
            run.repair(jobs);
        } else {
            run.report(jobs);
        }
        run.contexts.forget_unused();
        if run.output.is_closed() && !options.fix {
            break;
        }
    }
    run.close()
}

struct Run<'a> {
    plan: &'a Plan<'a>,
    contexts: &'a Contexts,
    output: Output,
    has_colors: bool,
    errors: ErrorOutput,
    tally: Tally,
    has_problem: bool,
}

impl Run<'_> {
    fn report(&mut self, jobs: &[Job]) {
        let (plan, contexts, has_colors) = (self.plan, self.contexts, self.has_colors);
        let examined = each(jobs, |job| examine(plan, contexts, has_colors, job));
        for (job, res) in jobs.iter().zip(examined) {
            match res {
                Ok(examined) => self.print(examined),
                Err(failure) => self.fail(job, failure),
            }
        }
    }

    /// Fixes are computed in parallel and applied in order: what one writes the next must see.
    fn repair(&mut self, jobs: &[Job]) {
        let (plan, contexts) = (self.plan, self.contexts);
        let repairs = each(jobs, |job| Repair::plan(plan, contexts, job));
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
            self.errors.warning(format_args!(
                "the fixes of `{rules}` do not settle in `{}`, so that it is left as it is; {REPORT_IT}",
                job.file.shown
            ));
        }
        if self.plan.options.diff {
            let examined = repair.diff(self.plan, self.contexts, job, self.has_colors);
            return self.print(examined);
        }
        let written = match repair.is_change() {
            true => repair.write(self.plan, self.contexts, job),
            false => Ok(()),
        };
        let examined = match written {
            Ok(()) => {
                if job.is_standard_input {
                    self.output.print(repair.text());
                }
                Ok(repair.remaining(self.plan, job, self.colors_of_findings(job)))
            }
            Err(problem) => {
                self.fail(job, Failure::Problem(problem));
                repair.untouched(self.plan, job, self.has_colors)
            }
        };
        match examined {
            Ok(examined) => self.print(examined),
            Err(message) => self.fail(job, Failure::Panic(message)),
        }
    }

    /// The findings go to standard error where standard output has the fixed text.
    fn colors_of_findings(&self, job: &Job) -> bool {
        if job.is_standard_input { self.errors.has_colors() } else { self.has_colors }
    }

    fn prints_text(&self) -> bool {
        self.plan.options.fix
            && !self.plan.options.diff
            && self.plan.jobs.first().is_some_and(|it| it.is_standard_input)
    }

    fn is_json(&self) -> bool {
        self.plan.options.output_format == Format::Json && !self.plan.options.diff
    }

    /// Findings and what belongs to them.
    fn say(&mut self, text: &str) {
        if self.prints_text() { self.errors.print(text) } else { self.output.print(text) }
    }

    fn open(&mut self) {
        if self.is_json() && !self.plan.options.statistics {
            self.say("[");
        }
    }

    fn print(&mut self, examined: Examined) {
        if self.is_json() && !examined.printed.is_empty() {
            self.say(if self.tally.n_found() == 0 { "\n" } else { ",\n" });
        }
        self.say(&examined.printed);
        examined.warnings.iter().for_each(|it| self.errors.warning(it));
        self.tally.merge(examined.tally);
    }

    fn fail(&mut self, job: &Job, failure: Failure) {
        self.has_problem = true;
        match failure {
            Failure::Problem(problem) => self.errors.error(problem),
            Failure::Panic(message) => self.errors.error(format_args!(
                "internal error in `{}`: {message}; {REPORT_IT}",
                job.file.shown
            )),
        }
    }

    fn close(mut self) -> ExitCode {
        let options = self.plan.options;
        if self.is_json() {
            let end = match (options.statistics, self.tally.n_found()) {
                (true, _) => statistics::json(&self.tally),
                (false, 0) => "]\n".to_owned(),
                (false, _) => "\n]\n".to_owned(),
            };
            self.say(&end);
        } else if options.statistics {
            let table = statistics::table(&self.tally);
            self.say(&table);
        }
        // Nothing is summed up when nothing could be looked at.
        if !options.quiet && self.tally.n_checked > 0 {
            self.sum_up();
        }
        let status = if self.has_problem {
            COULD_NOT_RUN
        } else if options.exit_zero {
            0
        } else if options.diff {
            u8::from(self.tally.n_files_fixed > 0)
        } else {
            u8::from(self.tally.n_found() > 0)
        };
        let is_written = self.output.finish();
        ExitCode::from(if is_written { status } else { COULD_NOT_RUN })
    }

    fn sum_up(&mut self) {
        let options = self.plan.options;
        if options.diff {
            // The diff itself is for `patch`.
            let text = summary::would_fix(&self.tally, options.unsafe_fixes);
            self.errors.print(&text);
        } else if self.is_json() {
            // The array says it all.
        } else if options.fix {
            let text = summary::fixed(&self.tally, options.unsafe_fixes);
            self.say(&text);
        } else {
            let text = summary::found(&self.tally, options.unsafe_fixes);
            self.say(&text);
        }
        let is_nameless = self.plan.jobs.first().is_some_and(|it| it.is_nameless);
        if is_nameless && self.plan.context.is_none() && !self.is_json() {
            self.errors.print(NAME_IT);
        }
    }
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
    work: impl Fn(&Job) -> Result<T, Problem> + Sync,
) -> Vec<Result<T, Failure>> {
    let guarded = |job: &Job| match guarded(|| work(job)) {
        Ok(res) => res.map_err(Failure::Problem),
        Err(message) => Err(Failure::Panic(message)),
    };
    if let [job] = jobs {
        return vec![guarded(job)];
    }
    start_threads();
    jobs.par_iter().map(guarded).collect()
}

/// Only called where there is work for several: starting threads takes longer than checking one file.
fn start_threads() {
    let pool = rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build_global();
    // An error means that they run already.
    let _is_started = pool.is_ok();
}
