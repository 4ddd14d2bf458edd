//! Looks at one Dockerfile: reads it, finds its context, calls the linter, prints what it found.

use std::ops::Deref;
use std::path::Path;

use context::NoFiles;
use linter::{Diagnostic, Input};
use model::{Build, InputFault, Surroundings};
use project::{Contexts, Problem, Source, relative_to};

use crate::baseline::{self, Counts};
use crate::earlier::Earlier;
use crate::formats::{Style, fragment};
use crate::job::{Job, Plan};
use crate::report::{Report, Tally};
use crate::views;

/// A Dockerfile that was read, with what it is built from.
pub(crate) struct Subject<'c> {
    subject: project::Subject<'c>,
    /// Whether the stage that is to be shipped is not there, in a file that was not named.
    pub(crate) lacks_stage: bool,
}

impl<'c> Deref for Subject<'c> {
    type Target = project::Subject<'c>;

    fn deref(&self) -> &project::Subject<'c> {
        &self.subject
    }
}

impl<'c> Subject<'c> {
    /// Reads a Dockerfile and infers its context.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn read(
        plan: &Plan<'_>,
        contexts: &'c Contexts,
        job: &Job,
    ) -> Result<Subject<'c>, Problem> {
        let source = if job.is_standard_input {
            Source::read_standard_input(&job.file.shown)?
        } else {
            Source::read(&job.file.file, &job.file.shown)?
        };
        let mut lacks_stage = false;
        for job in job.each_image() {
            if let Some(target) = job.target(plan.options)
                && let Err(problem) = has_stage(&source.text, target, &job.file.shown)
            {
                if job.file.is_named {
                    return Err(problem);
                }
                lacks_stage = true;
            }
        }
        Ok(Subject { lacks_stage, ..Subject::new(plan, contexts, job, source) })
    }

    /// The same of a text that was already read.
    pub(crate) fn new(
        plan: &Plan<'_>,
        contexts: &'c Contexts,
        job: &Job,
        source: Source,
    ) -> Subject<'c> {
        let file = Some(&job.file).filter(|_| !job.is_nameless);
        let named = job.build.as_ref().map(|it| it.context.as_path()).filter(|it| it.is_dir());
        let context = plan.context.as_deref().or(named);
        let subject = project::Subject::new(file, context, source, contexts);
        Subject { subject, lacks_stage: false }
    }

    /// Calls `work` with what the linter needs to know.
    pub(crate) fn with_input<T>(
        &self,
        plan: &Plan<'_>,
        job: &Job,
        work: impl FnOnce(&Input<'_>) -> T,
    ) -> T {
        let settings = job.configuration.settings(&job.file);
        let input = self.input(&settings, plan.today, job.target(plan.options));
        work(&Input { arguments: job.arguments(), contexts: job.contexts(), ..input })
    }

    /// Calls `work` with the meaning of the file.
    pub(crate) fn with_model<T>(
        &self,
        target: Option<&str>,
        work: impl FnOnce(&Build<'_>) -> T,
    ) -> T {
        let file = syntax::parse(&self.source.text);
        let scripts = model::scripts(&file);
        let surroundings = Surroundings { files: self.files(), dockerfile: self.path(), target };
        work(&Build::new(&file, &scripts, surroundings))
    }

    /// What was found in a text of this file.
    pub(crate) fn report<'a>(
        &self,
        job: &'a Job,
        text: &'a str,
        found: &'a [Diagnostic],
    ) -> Report<'a> {
        let working = std::env::current_dir().unwrap_or_default();
        let root = self.disk().map(|it| relative_to(it.root(), &working));
        Report::new(&job.file.shown, text, found).in_context(root)
    }

    /// What the linter finds.
    pub(crate) fn check(&self, plan: &Plan<'_>, job: &Job) -> Vec<Diagnostic> {
        self.with_input(plan, job, |input| {
            let found = linter::check(rules::ALL, input);
            self.offered(self.within(plan, job, views::of_all(plan.options, job, input, found)))
        })
    }

    /// Takes away the fixes that write a file outside of what was given, where nobody has said that the context lies there.
    pub(crate) fn within(
        &self,
        plan: &Plan<'_>,
        job: &Job,
        mut found: Vec<Diagnostic>,
    ) -> Vec<Diagnostic> {
        let Some(disk) = self.disk().filter(|_| plan.context.is_none() && job.build.is_none())
        else {
            return found;
        };
        let is_given = |file: &Path| {
            let given = plan.given.iter().filter(|it| it.is_dir());
            file.starts_with(&job.file.directory)
                || given.into_iter().any(|it| file.starts_with(it))
        };
        for diagnostic in &mut found {
            let mut outside = None;
            diagnostic.fixes.retain(|fix| {
                let paths = fix.edits.iter().filter_map(|it| it.path.as_deref());
                let far = paths.filter_map(|it| disk.locate(it)).find(|it| !is_given(it));
                let is_inside = far.is_none();
                outside = outside.take().or(far);
                is_inside
            });
            if let Some(file) = outside.filter(|_| diagnostic.fixes.is_empty()) {
                let working = std::env::current_dir().unwrap_or_default();
                let (file, root) =
                    (relative_to(&file, &working), relative_to(disk.root(), &working));
                let root = if root.is_empty() { ".".to_owned() } else { root };
                diagnostic.note(format!(
                    "`{file}` is outside of the paths given; run with `--context {root}` to have it written"
                ));
            }
        }
        found
    }

    /// What the linter finds, also in the files that the Dockerfile installs from.
    fn check_with_inputs(&self, plan: &Plan<'_>, job: &Job) -> (Vec<Diagnostic>, Vec<InputFault>) {
        self.with_input(plan, job, |input| {
            let (found, faults) = linter::check_with_inputs(rules::ALL, input);
            let found = self.within(plan, job, views::of_all(plan.options, job, input, found));
            (self.offered(found), faults)
        })
    }

    /// What is wrong in the files that `text`, this file as it is or after its fixes, installs from: `path:line: what`.
    pub(crate) fn warnings(&self, plan: &Plan<'_>, job: &Job, text: &str) -> Vec<String> {
        let find = |it: &Input<'_>| linter::check_with_inputs(&[], &Input { text, ..*it }).1;
        self.told(job, &self.with_input(plan, job, find))
    }

    fn told(&self, job: &Job, faults: &[InputFault]) -> Vec<String> {
        let shown = |path: &str| {
            if path == self.path() {
                return job.file.shown.clone();
            }
            let on_disk = self.disk().and_then(|it| it.locate(path));
            let current = std::env::current_dir().unwrap_or_default();
            on_disk.map_or_else(|| path.to_owned(), |it| relative_to(&it, &current))
        };
        faults.iter().map(|it| format!("{}:{}: {}", shown(&it.path), it.line, it.text)).collect()
    }

    /// Where no fix is applied, because the text is not the bytes of the file, none is offered.
    fn offered(&self, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
        if self.source.first_invalid_byte.is_some() {
            found.iter_mut().for_each(|it| it.fixes.clear());
        }
        found
    }
}

/// `docker build --target` refuses a stage that a file does not have, and so does a check of that file. In a search of
/// directories `--target` chooses where it can.
fn has_stage(text: &str, target: &str, shown: &str) -> Result<(), Problem> {
    with_build(text, |build| {
        if build.stage_named(target).is_some() {
            return Ok(());
        }
        let names = build.stages.iter().filter_map(|it| it.name).map(|it| format!("`{}`", it.text));
        let names: Vec<String> = names.collect();
        let known = match names.as_slice() {
            [] => "none of its stages has a name; they are numbered from 0".to_owned(),
            _ => format!("its stages are {}", names.join(", ")),
        };
        let sentence = format!("cannot check `{shown}`: it has no stage `{target}`; {known}");
        Err(Problem::new(shown, sentence))
    })
}

/// What `ask` says of the Dockerfile without its context.
fn with_build<T>(text: &str, ask: impl FnOnce(&Build<'_>) -> T) -> T {
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    ask(&Build::new(&file, &scripts, around))
}

/// What was found in one file, ready to be printed.
#[derive(Default)]
pub(crate) struct Examined {
    /// What is printed as it is: a diff, an explanation.
    pub(crate) printed: String,
    /// In each of the chosen formats, to be put between what stands around them.
    pub(crate) fragments: Vec<String>,
    pub(crate) tally: Tally,
    /// For a new baseline: what was found.
    pub(crate) counts: Counts,
    /// What is wrong with files that the Dockerfile installs from: `path:line: what`.
    pub(crate) warnings: Vec<String>,
}

/// Prints findings in the chosen formats. `input` is what they were found in.
pub(crate) fn print(
    plan: &Plan<'_>,
    styles: &[Style],
    report: &Report<'_>,
    input: &Input<'_>,
) -> Examined {
    let mut res = Examined::default();
    res.tally.add(report.diagnostics);
    if plan.options.write_baseline.is_some() {
        res.counts = baseline::counts(report);
    } else if !plan.options.statistics {
        res.fragments = styles.iter().map(|it| fragment(*it, report, input)).collect();
    }
    res
}

/// What the multi-stage rewrite makes of the shipped stage: of the last one that it is built from.
fn explained(input: &Input<'_>) -> String {
    let file = syntax::parse(input.text);
    let scripts = model::scripts(&file);
    let around =
        Surroundings { files: input.files, dockerfile: input.dockerfile, target: input.target };
    let build = Build::new(&file, &scripts, around);
    let installs = |it: &&model::Stage<'_>| !model::build_tools::build_tools(&build, it).is_empty();
    let shipped = || build.stages.iter().filter(|it| it.is_shipped);
    match shipped().find(installs).or_else(|| shipped().next_back()) {
        Some(stage) => rewrite::explain(&build, stage, input.settings.wheel_transfer()),
        None => "no rewrite, as there is no stage\n".to_owned(),
    }
}

/// Reads, checks and prints one file.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn examine(
    plan: &Plan<'_>,
    contexts: &Contexts,
    styles: &[Style],
    job: &Job,
) -> Result<Examined, Problem> {
    let subject = Subject::read(plan, contexts, job)?;
    if plan.options.explain_rewrite {
        let images = job.each_image();
        let printed = images.iter().map(|job| {
            let told = subject.with_input(plan, job, explained);
            let name = job.build.as_ref().filter(|_| images.len() > 1).map(|it| &it.name);
            let name = name.map_or(String::new(), |it| format!(", as `{it}`"));
            format!("{}{name}\n{told}\n", job.file.shown)
        });
        let printed = printed.collect();
        return Ok(Examined { printed, ..Examined::default() });
    }
    let (found, faults) = subject.check_with_inputs(plan, job);
    let warnings = subject.told(job, &faults);
    let text = &subject.source.text;
    let earlier = match found.is_empty() {
        true => None,
        false => Earlier::of(plan, job, &subject),
    };
    let counted = plan.scope.counted(plan.options, job, (text, earlier.as_ref()), found);
    let report = subject.report(job, text, &counted.found);
    let mut res = subject.with_input(plan, job, |it| print(plan, styles, &report, it));
    res.tally.leave_out(&counted);
    res.tally.n_without_stage = usize::from(subject.lacks_stage);
    res.warnings = warnings;
    Ok(res)
}
