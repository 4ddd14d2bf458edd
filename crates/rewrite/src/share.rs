//! Shares one RUN between the builder and the shipped stage.

use managers::system;
use model::{Build, MountKind, RunCall, Step, cleanup};
use syntax::Span;

use crate::deed::{Deed, Task};
use crate::packages::{Needs, Split};
use crate::pip::Install;
use crate::pip_text::{building, installing};
use crate::plan::{Builder, Judged, Part, Refusal, Shape, Shipped, StepPlan, Verdict};
use crate::presence::Presence;
use crate::words::without_words;

/// What the sharing of every RUN depends on.
pub(crate) struct Sharing<'b, 'f> {
    pub(crate) build: &'b Build<'f>,
    pub(crate) shape: Shape,
    /// The base image brings the Python that pip installs for, and nothing else.
    pub(crate) is_official: bool,
    /// The place of the last call of pip: step, and item of its script.
    pub(crate) last: (usize, usize),
    pub(crate) installs: &'b [Install<'b, 'f>],
    /// How the packages of each call are shared.
    pub(crate) splits: &'b [(&'b RunCall<'f>, Split)],
    /// All names that no longer reach the shipped stage, virtual groups included.
    pub(crate) moved: &'b [String],
    pub(crate) needs: &'b Needs,
    /// The first step that makes something which the shipped stage gets from the builder.
    pub(crate) first: usize,
    /// The directories that are copied from the builder in front of that step.
    pub(crate) copied: &'b [String],
    /// Those in which something is built, which are copied in place of the last step that does.
    pub(crate) trees: &'b [(String, usize)],
    /// The directories of all sources that are built, as far as they are known.
    pub(crate) sources: &'b [Option<String>],
    /// The steps that build from source.
    pub(crate) building: &'b [usize],
}

impl<'f> Sharing<'_, 'f> {
    pub(crate) fn split(&self, call: &RunCall<'f>) -> Option<&Split> {
        self.splits.iter().find(|it| std::ptr::eq(it.0, call)).map(|it| &it.1)
    }

    fn install(&self, call: &RunCall<'f>) -> Option<&Install<'_, 'f>> {
        self.installs.iter().find(|it| std::ptr::eq(it.call, call))
    }

    pub(crate) fn is_before_last(&self, task: &Task<'_, 'f>) -> bool {
        (task.step.index, task.item) <= self.last
    }

    /// How a RUN is shared, and the verdicts of its commands.
    pub(crate) fn run(
        &self,
        step: &Step<'f>,
        tasks: &[Task<'_, 'f>],
        judged: &mut Vec<Judged>,
    ) -> Result<StepPlan, Refusal> {
        let mut places: Vec<Presence> = tasks.iter().map(|it| self.presence(it)).collect();
        self.place_companions(tasks, &mut places);
        for (task, place) in tasks.iter().zip(&places) {
            judged.push(self.judgement(task, *place));
        }
        self.leaves_nothing_behind(tasks, &places)?;
        let builder = self.builder_part(step, tasks, &places)?;
        let shipped = self.shipped_part(step, tasks, &places)?;
        Ok(StepPlan { step: step.index, builder, above: Vec::new(), shipped })
    }

    fn builder_part(
        &self,
        step: &Step<'f>,
        tasks: &[Task<'_, 'f>],
        places: &[Presence],
    ) -> Result<Builder, Refusal> {
        if places.iter().all(|it| !it.builder) {
            return Ok(Builder::Nothing);
        }
        let mut part = Part::default();
        for (task, place) in tasks.iter().zip(places) {
            if !place.builder {
                part.without.push(task.item);
                continue;
            }
            match task.deed {
                Deed::Python(call) => {
                    if let Some(install) = self.install(call) {
                        part.edits.extend(building(self.build, install)?);
                    }
                }
                Deed::Install(call) => {
                    let words = self.split(call).map_or(&[][..], |it| &it.not_in_builder);
                    part.edits.extend(self.without_words(words)?);
                }
                _ => {}
            }
        }
        self.has_one_script(step, &part)?;
        Ok(Builder::Part(part))
    }

    fn shipped_part(
        &self,
        step: &Step<'f>,
        tasks: &[Task<'_, 'f>],
        places: &[Presence],
    ) -> Result<Shipped, Refusal> {
        if places.iter().all(|it| it.shipped)
            && !tasks
                .iter()
                .any(|it| matches!(it.deed, Deed::Python(_) | Deed::Install(_) | Deed::Removal(_)))
        {
            return Ok(Shipped::Same);
        }
        if places.iter().all(|it| !it.shipped) {
            return Ok(Shipped::Nothing);
        }
        let mut part = Part::default();
        let mut has_wheels = false;
        for (task, place) in tasks.iter().zip(places) {
            if !place.shipped {
                part.without.push(task.item);
                continue;
            }
            match task.deed {
                Deed::Python(call) => {
                    if let Some(install) = self.install(call) {
                        has_wheels = true;
                        part.edits.extend(installing(self.build, step, install)?);
                    }
                }
                Deed::Install(call) => {
                    part.edits.extend(self.replaced_words(call)?);
                    let is_bare = self.split(call).is_some_and(|it| it.without_recommends);
                    if let Some(run) = step.run().filter(|_| is_bare) {
                        let option = "--no-install-recommends";
                        part.edits.extend(cleanup::with_option(self.build, run, call, option));
                    }
                }
                Deed::Removal(call) => part.edits.extend(self.without_moved(call)?),
                _ => {}
            }
        }
        if part.without.is_empty() && part.edits.is_empty() {
            return Ok(Shipped::Same);
        }
        self.has_one_script(step, &part)?;
        if has_wheels {
            part.without_flags = self.superfluous_mounts(step, tasks, places);
        }
        let folder = has_wheels.then(|| crate::plan::WHEELS.to_owned());
        Ok(Shipped::Part(part, folder))
    }

    fn has_one_script(&self, step: &Step<'f>, part: &Part) -> Result<(), Refusal> {
        let is_changed = !part.without.is_empty() || !part.edits.is_empty();
        let run = step.run();
        let can_change = run.is_some_and(|it| it.scripts.len() == 1 && !it.is_exec);
        if is_changed && !can_change {
            let span = step.instruction.keyword_span;
            return Err(Refusal::at(span, "a RUN has another form than one shell script"));
        }
        Ok(())
    }

    fn without_words(&self, words: &[Span]) -> Result<Vec<(Span, String)>, Refusal> {
        without_words(self.build, words)
    }

    /// The libraries in the place of the packages that go.
    fn replaced_words(&self, call: &RunCall<'f>) -> Result<Vec<(Span, String)>, Refusal> {
        let Some(split) = self.split(call) else { return Ok(Vec::new()) };
        let written: Vec<String> = system::packages(&call.call)
            .filter(|it| !split.moved.contains(&it.span))
            .map(|it| it.name.to_owned())
            .collect();
        let mut added: Vec<&str> = Vec::new();
        for name in split.added.iter().filter(|it| !written.contains(it)) {
            added.push(name);
        }
        let mut edits = Vec::new();
        let mut gone: Vec<Span> = Vec::new();
        for (index, span) in split.moved.iter().enumerate() {
            match added.get(index) {
                // Each library in the place of a package, the rest behind the last of these.
                Some(name) if index + 1 < split.moved.len() => {
                    edits.push((*span, (*name).to_owned()));
                }
                Some(_) => {
                    let rest = added.get(index..).unwrap_or(&[]).join(" ");
                    edits.push((*span, rest));
                }
                None => gone.push(*span),
            }
        }
        // A group that was made to be removed holds nothing of the kind any more.
        let group = call.call.option("--virtual").filter(|it| it.is_alone && !split.keeps_some);
        if let Some(group) = group.filter(|_| !split.moved.is_empty()) {
            gone.push(group.span);
        }
        edits.extend(self.without_words(&gone)?);
        Ok(edits)
    }

    /// A removal without what is not there any more.
    fn without_moved(&self, call: &RunCall<'f>) -> Result<Vec<(Span, String)>, Refusal> {
        let mut spans: Vec<Span> = Vec::new();
        if !self.loses_something(call) {
            return Ok(Vec::new());
        }
        for package in system::packages(&call.call).filter(|it| self.is_gone(it.name)) {
            if !spans.contains(&package.span) {
                spans.push(package.span);
            }
        }
        self.without_words(&spans)
    }

    /// Mounts that served fetching and building alone.
    fn superfluous_mounts(
        &self,
        step: &Step<'f>,
        tasks: &[Task<'_, 'f>],
        places: &[Presence],
    ) -> Vec<Span> {
        let Some(run) = step.run() else { return Vec::new() };
        let shipped = || tasks.iter().zip(places).filter(|it| it.1.shipped).map(|it| it.0);
        let fetches = shipped()
            .any(|it| matches!(it.deed, Deed::Tools(_) | Deed::Sources | Deed::Program(_)));
        let reads = |target: &str| {
            self.installs.iter().any(|it| {
                it.by_file && it.step.index == step.index && it.files.iter().any(|it| it == target)
            })
        };
        let mounts = run.mounts.iter().filter(|it| match it.kind {
            MountKind::Cache => {
                !fetches && it.target.as_deref().is_some_and(|it| it.contains("pip"))
            }
            MountKind::Secret | MountKind::Ssh => !fetches,
            MountKind::Bind => {
                let target = it.target.as_deref().and_then(|it| step.state.path(it));
                target.is_some_and(|it| reads(&it))
            }
            _ => false,
        });
        mounts.map(|it| it.span).collect()
    }

    fn judgement(&self, task: &Task<'_, 'f>, place: Presence) -> Judged {
        let verdict = match (task.deed, place.builder, place.shipped) {
            (Deed::Preamble | Deed::Move | Deed::Update | Deed::Cleaning | Deed::Directory, ..) => {
                Verdict::NoMatter
            }
            (Deed::Program(_), _, true) => Verdict::Unknown,
            (_, true, true) => Verdict::Both,
            (_, true, false) | (_, false, false) => Verdict::BuildOnly,
            (_, false, true) => Verdict::RunTime,
        };
        let reason = match task.deed {
            Deed::Preamble | Deed::Move => "it serves what follows it".to_owned(),
            Deed::Update => "it goes where packages are installed".to_owned(),
            Deed::Cleaning => "it goes with what it cleans up".to_owned(),
            Deed::Directory => "it makes directories".to_owned(),
            Deed::Install(call) => self.told(call),
            Deed::Upgrade | Deed::Perhaps => {
                "it installs nothing that only a build needs".to_owned()
            }
            Deed::Toolchain => "it installs compilers".to_owned(),
            Deed::Removal(_) if !place.shipped => {
                "what it removes does not reach the shipped stage".to_owned()
            }
            Deed::Removal(_) => "it removes what the shipped stage has".to_owned(),
            Deed::Python(_) if !place.shipped => "it is built in the builder and copied".to_owned(),
            Deed::Python(_) => "wheels are built in the builder and installed here".to_owned(),
            Deed::Project(_) | Deed::Grouped(_) | Deed::Environment(_) | Deed::Compiles(..) => {
                "it is built in the builder and copied".to_owned()
            }
            Deed::Tools(_) => "pip needs it in both stages".to_owned(),
            Deed::Sources => "packages are fetched in both stages".to_owned(),
            Deed::Account => "users and owners matter in the shipped stage".to_owned(),
            Deed::Files => "it works with files of the shipped stage".to_owned(),
            Deed::Program("") => "which program it runs is not known".to_owned(),
            Deed::Program(name) => format!("`{name}` may do anything"),
        };
        Judged { span: task.span, verdict, reason }
    }

    fn told(&self, call: &RunCall<'f>) -> String {
        let Some(split) = self.split(call) else {
            return "it installs packages".to_owned();
        };
        let mut res = match (split.moved_names.is_empty(), split.keeps_some) {
            (true, _) => return "it installs what the program may use".to_owned(),
            (false, false) => "only a build needs what it installs".to_owned(),
            (false, true) => {
                format!("only a build needs {}", model::listed(&split.moved_names))
            }
        };
        if !split.added.is_empty() {
            res += &format!("; {} takes their place", model::listed(&split.added));
        }
        res
    }
}
