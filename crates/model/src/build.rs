//! The whole meaning of one Dockerfile.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use context::known_wheels::{KNOWN_WHEELS, KnownWheels};
use context::{Files, IgnoreFile};
use knowledge::image::{Basis, Image, image};
use knowledge::python_size::PythonPackages;
use knowledge::size::Installed;
use rustc_hash::FxHashMap;
use syntax::{Arguments, Expansion, File, Flag, Instruction, Keyword, Word};

use crate::copy::{Copy, CopyFrom, Source};
use crate::image_reference::ImageReference;
use crate::installation::Installations;
use crate::lock_install::Locks;
use crate::loose::Loose;
use crate::memory::{StageMemory, StepMemory};
use crate::mount::Mount;
use crate::purpose::last_product;
use crate::requirements::ReadFiles;
use crate::run::Run;
use crate::scripts::Scripts;
use crate::stage::{Base, Stage};
use crate::state::{State, User};
use crate::step::{Detail, Step};
use crate::surroundings::{Surroundings, Wishes};
use crate::variables::{self, Scope};

/// A Dockerfile as the builder understands it.
pub struct Build<'f> {
    /// The parsed text.
    pub file: &'f File<'f>,
    /// The stages, in order.
    pub stages: Vec<Stage<'f>>,
    /// One step per instruction of the file, in order.
    pub steps: Vec<Step<'f>>,
    /// What surrounds it.
    pub surroundings: Surroundings<'f>,
    /// What is asked of it.
    pub wishes: Wishes<'f>,
    scopes: Vec<Scope<'f>>,
    /// By step and path in its stage.
    pub(crate) context_files: RefCell<FxHashMap<(usize, String), Option<String>>>,
    /// The system packages before the step that was asked for last.
    pub(crate) installed: RefCell<Option<(usize, Installed)>>,
    /// The Python packages at the end of the stage that was asked for last.
    pub(crate) python_packages: RefCell<Option<(usize, PythonPackages)>>,
    ignore: OnceCell<Option<(String, IgnoreFile)>>,
    known_wheels: OnceCell<Option<KnownWheels>>,
    pub(crate) locks: Locks,
    pub(crate) requirement_files: ReadFiles,
    pub(crate) installations: Installations,
}

/// How many steps are looked back at.
pub(crate) const MAX_LOOK_BACK: usize = 96;

impl<'f> Build<'f> {
    /// Reads the meaning of a parsed file; `scripts` comes from [`crate::scripts`].
    pub fn new(
        file: &'f File<'f>,
        scripts: &'f Scripts<'f>,
        surroundings: Surroundings<'f>,
    ) -> Build<'f> {
        Build::with_wishes(file, scripts, surroundings, Wishes::default())
    }

    /// Like [`Build::new`], with what is asked of the build.
    pub fn with_wishes(
        file: &'f File<'f>,
        scripts: &'f Scripts<'f>,
        surroundings: Surroundings<'f>,
        wishes: Wishes<'f>,
    ) -> Build<'f> {
        let build = Build {
            file,
            stages: Vec::new(),
            steps: Vec::with_capacity(file.instructions.len()),
            surroundings,
            wishes,
            scopes: Vec::new(),
            context_files: RefCell::default(),
            installed: RefCell::default(),
            python_packages: RefCell::default(),
            ignore: OnceCell::new(),
            known_wheels: OnceCell::new(),
            locks: Locks::default(),
            requirement_files: ReadFiles::default(),
            installations: Installations::default(),
        };
        let mut reader = Reader { build, names: FxHashMap::default(), globals: Vec::new() };
        for (index, instruction) in file.instructions.iter().enumerate() {
            reader.step(index, instruction, scripts);
        }
        let mut build = reader.build;
        build.mark_shipped();
        build
    }

    /// The same in a build context that was not known before. Of the build nothing may have been asked that is answered
    /// from the context.
    pub fn in_context(mut self, files: &'f dyn Files, dockerfile: &'f str) -> Build<'f> {
        self.surroundings = Surroundings { files, dockerfile, ..self.surroundings };
        self
    }

    fn mark_shipped(&mut self) {
        let by_target = self.surroundings.target.and_then(|it| self.stage_named(it));
        let mut next = by_target.or_else(|| last_product(&self.stages));
        while let Some(index) = next {
            self.stages[index].is_shipped = true;
            next = match self.stages[index].base {
                Base::Stage(parent) if parent < index => Some(parent),
                _ => None,
            };
        }
    }

    /// The stage of this name or number.
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        let by_name = |it: &Stage<'_>| it.name.is_some_and(|it| it.text.eq_ignore_ascii_case(name));
        let found = self.stages.iter().rposition(by_name);
        found.or_else(|| name.parse().ok().filter(|it| *it < self.stages.len()))
    }

    /// Whether the instruction belongs to the image that is shipped.
    pub fn is_shipped(&self, step: &Step<'_>) -> bool {
        step.stage.is_some_and(|it| self.stages[it].is_shipped)
    }

    /// The stage of a step.
    pub fn stage(&self, step: &Step<'_>) -> Option<&Stage<'f>> {
        step.stage.map(|it| &self.stages[it])
    }

    /// The steps of a stage, its FROM first.
    pub fn steps_of(&self, stage: &Stage<'_>) -> &[Step<'f>] {
        &self.steps[stage.steps.clone()]
    }

    /// Every RUN with its step.
    pub fn runs(&self) -> impl Iterator<Item = (&Step<'f>, &Run<'f>)> {
        self.steps.iter().filter_map(|it| Some((it, it.run()?)))
    }

    /// The value of a variable for the instruction of `step`, as ARG and ENV before it say.
    pub fn variable(&self, step: &Step<'_>, name: &str) -> Expansion {
        match step.stage {
            Some(stage) => variables::lookup(&self.scopes, stage, step.index, name),
            None => Expansion::Unknown,
        }
    }

    /// The value that ENV gives to a name before `step`, in the stage, the stages it is built FROM, or a known base
    /// image.
    pub fn environment(&self, step: &Step<'_>, name: &str) -> Option<Expansion> {
        variables::environment(&self.scopes, step.stage?, step.index, name)
    }

    /// The value that ENV or ARG gives to a name before `step`; `None` when neither mentions it.
    pub fn declared(&self, step: &Step<'_>, name: &str) -> Option<Expansion> {
        variables::declared(&self.scopes, step.stage?, step.index, name)
    }

    /// The value of a variable for a command of a RUN, where it is certain: what its scripts set before it counts
    /// more than ENV and ARG. `script` indexes [`Run::scripts`] and `command` its commands.
    pub fn value_at(
        &self,
        step: &Step<'_>,
        (script, command): (usize, usize),
        name: &str,
    ) -> Option<String> {
        if let Some(set) = step.run().and_then(|it| it.set_at(script, command, name)) {
            return set;
        }
        match self.shell_variable(step, name) {
            Expansion::Value(value) => Some(value),
            Expansion::Unset if step.run().is_some_and(|it| it.may_set(name)) => None,
            Expansion::Unset => Some(String::new()),
            Expansion::Unknown => None,
        }
    }

    /// The steps before `step`, the latest first: of its stage, then of the stages that this is built FROM. Only the
    /// nearest ones, more than any stage written by hand has, so that asking at each step of a huge file stays linear.
    pub fn steps_before(&self, step: &Step<'f>) -> impl Iterator<Item = &Step<'f>> {
        let index = step.index;
        let stages = self.stage(step).into_iter().flat_map(|it| self.lineage(it));
        let own = move |it: &Stage<'f>| {
            let end = it.steps.end.min(index);
            self.steps.get(it.steps.start..end).unwrap_or(&[])
        };
        let steps = stages.flat_map(move |it| own(it).iter().rev());
        steps.take(MAX_LOOK_BACK)
    }

    /// The stages from `stage` down to the one with a base image.
    pub fn lineage<'a>(&'a self, stage: &'a Stage<'f>) -> impl Iterator<Item = &'a Stage<'f>> {
        std::iter::successors(Some(stage), |it| match it.base {
            Base::Stage(parent) if parent < it.index => Some(&self.stages[parent]),
            _ => None,
        })
    }

    /// What is known of the image at the bottom of a stage.
    pub fn image(&self, stage: &Stage<'f>) -> Option<Image> {
        match &self.stages.get(stage.root)?.base {
            Base::Image { known, .. } => Some(*known),
            _ => None,
        }
    }

    /// The COPY and ADD instructions that take from the build context, in order.
    pub fn copies_from_context(&self) -> impl Iterator<Item = (&Step<'f>, &Copy<'f>)> {
        let copies = self.steps.iter().filter_map(|it| Some((it, it.copy()?)));
        copies.filter(|it| it.1.from == CopyFrom::Context)
    }

    /// The ignore file that the builder takes, with its path.
    pub fn ignore_file(&self) -> Option<&(String, IgnoreFile)> {
        let find = || IgnoreFile::find(self.surroundings.files, self.surroundings.dockerfile);
        self.ignore.get_or_init(find).as_ref()
    }

    /// What `pylintdock wheels` wrote down beside the Dockerfile's context.
    pub(crate) fn known_wheels(&self) -> Option<&KnownWheels> {
        let read = || Some(KnownWheels::parse(&self.surroundings.files.read(KNOWN_WHEELS)?));
        self.known_wheels.get_or_init(read).as_ref()
    }

    /// The directory of `~` for the user in force at `step`, when it is certain.
    pub fn home(&self, step: &Step<'_>) -> Option<String> {
        match self.environment(step, "HOME") {
            Some(Expansion::Value(home)) => Some(home),
            Some(_) => None,
            None => match &step.state.user {
                User::Root => Some("/root".to_owned()),
                User::Named(_) | User::Unknown => None,
            },
        }
    }
}

/// Walks through the instructions and keeps what holds at each.
struct Reader<'f> {
    build: Build<'f>,
    /// Stage names in lower case.
    names: FxHashMap<String, usize>,
    /// ARG before the first FROM.
    globals: Vec<(Cow<'f, str>, Option<String>)>,
}

impl<'f> Reader<'f> {
    fn step(&mut self, index: usize, instruction: &'f Instruction<'f>, scripts: &'f Scripts<'f>) {
        if instruction.keyword == Keyword::From {
            self.from(index, instruction);
        }
        let stage = self.build.stages.len().checked_sub(1);
        let state = match self.build.steps.last() {
            Some(last) if instruction.keyword != Keyword::From => last.state.clone(),
            _ => self.initial_state(),
        };
        let memory = StepMemory::default();
        let mut step = Step { index, instruction, stage, state, detail: Detail::Other, memory };
        match instruction.keyword {
            Keyword::Run => {
                let lookup = |name: &str| self.build.shell_variable(&step, name);
                let mounts = instruction.flags_named("mount");
                let mounts: Vec<Mount<'f>> = mounts.map(|it| self.mount(it, &step)).collect();
                let own = scripts.get(index).map_or(&[][..], Vec::as_slice);
                let loose = Loose::of(own, &mounts);
                let run = Run::new(&instruction.arguments, mounts, own, loose, &lookup);
                step.detail = Detail::Run(run);
            }
            Keyword::Copy | Keyword::Add => {
                if let Some(copy) = self.copy(instruction, &step) {
                    step.detail = Detail::Copy(copy);
                }
            }
            _ => {}
        }
        self.build.steps.push(step);
        if let Some(stage) = stage {
            self.build.stages[stage].steps.end = index + 1;
        }
        self.effect(index, instruction, stage);
    }

    /// What an instruction changes for those after it.
    fn effect(&mut self, index: usize, instruction: &'f Instruction<'f>, stage: Option<usize>) {
        match (instruction.keyword, stage) {
            (Keyword::Arg, None) => {
                for pair in instruction.arguments.pairs() {
                    let own = || pair.value.as_ref().and_then(|it| self.global_value(&it.text));
                    let value = self.given(&pair.name.text).unwrap_or_else(own);
                    self.globals.push((pair.name.text.clone(), value));
                }
            }
            (Keyword::Arg, Some(stage)) => {
                for pair in instruction.arguments.pairs() {
                    let own = || match &pair.value {
                        Some(value) => self.value(index, &value.text),
                        None => self.global(&pair.name.text),
                    };
                    let value = self.given(&pair.name.text).unwrap_or_else(own);
                    self.build.scopes[stage].set_argument(pair.name.text.clone(), index, value);
                }
            }
            (Keyword::Env, Some(stage)) => {
                let pairs = instruction.arguments.pairs().iter();
                let values: Vec<_> = pairs
                    .filter_map(|it| {
                        let value = it.value.as_ref()?;
                        Some((it.name.text.clone(), self.value(index, &value.text)))
                    })
                    .collect();
                for (name, value) in values {
                    self.build.scopes[stage].set_environment(name, index, value);
                }
            }
            (Keyword::User | Keyword::Workdir, Some(_)) => {
                let Some(word) = instruction.arguments.text() else { return };
                let value = self.value(index, &word.text);
                self.change_state(|it| match instruction.keyword {
                    Keyword::User => it.set_user(value.as_deref()),
                    _ => it.set_directory(value.as_deref()),
                });
            }
            (Keyword::Shell, Some(_)) => {
                let words = instruction.arguments.words();
                let shell: Vec<String> = words.iter().map(|it| it.text.to_string()).collect();
                self.change_state(|it| it.shell = shell);
            }
            _ => {}
        }
    }

    /// The state after the last step is kept in a step of its own kind: the next step clones it.
    fn change_state(&mut self, change: impl FnOnce(&mut State)) {
        if let Some(last) = self.build.steps.last_mut() {
            let mut state = (*last.state).clone();
            change(&mut state);
            last.state = Rc::new(state);
        }
    }

    fn initial_state(&self) -> Rc<State> {
        let Some(stage) = self.build.stages.last() else { return Rc::default() };
        match &stage.base {
            Base::Stage(parent) => {
                let parent = &self.build.stages[*parent];
                let last = parent.steps.end.checked_sub(1).and_then(|it| self.build.steps.get(it));
                last.map(|it| it.state.clone()).unwrap_or_default()
            }
            Base::Image { reference, known } => Rc::new(State::of_image(reference, known)),
            Base::Scratch => Rc::new(State::of_scratch()),
            Base::Unknown => Rc::default(),
        }
    }

    fn from(&mut self, index: usize, instruction: &'f Instruction<'f>) {
        let words = instruction.arguments.words();
        let stage = self.build.stages.len();
        let base = match words.first() {
            Some(word) => self.base(word),
            None => Base::Unknown,
        };
        let mut scope = Scope::default();
        match &base {
            Base::Stage(parent) => scope.parent = Some(*parent),
            Base::Image { known, .. } => {
                scope.inherited = known.environment.iter().collect();
                scope.is_open = known.basis != Basis::Table;
            }
            Base::Scratch => {}
            Base::Unknown => scope.is_open = true,
        }
        let parent = scope.parent.and_then(|it| self.build.stages.get(it));
        let root = parent.map_or(stage, |it| it.root);
        self.build.scopes.push(scope);
        let name = words.get(2);
        self.build.stages.push(Stage {
            index: stage,
            name,
            image: words.first(),
            base,
            steps: index..index + 1,
            is_shipped: false,
            root,
            memory: StageMemory::default(),
        });
        if let Some(name) = name {
            self.names.insert(name.text.to_ascii_lowercase(), stage);
        }
    }

    fn base(&self, word: &'f Word<'f>) -> Base {
        let contexts = self.build.wishes.contexts;
        let is_context = |it: &str| contexts.iter().any(|name| name == it);
        if is_context(&word.text) {
            return Base::Unknown;
        }
        if let Some(stage) = self.names.get(&word.text.to_ascii_lowercase()) {
            return Base::Stage(*stage);
        }
        let value = self.global_value(&word.text).filter(|it| !is_context(it));
        let Some(value) = value else { return Base::Unknown };
        if let Some(stage) = self.names.get(&value.to_ascii_lowercase()) {
            return Base::Stage(*stage);
        }
        if value == "scratch" {
            return Base::Scratch;
        }
        match ImageReference::parse(&value) {
            Some(reference) => {
                let known = image(&reference.repository, reference.tag.as_deref());
                Base::Image { reference, known }
            }
            None => Base::Unknown,
        }
    }

    /// The value that the builder is given for an ARG, if it is given one.
    fn given(&self, name: &str) -> Option<Option<String>> {
        let given = self.build.wishes.arguments.iter().rev().find(|it| it.0 == name);
        given.map(|it| it.1.clone())
    }

    fn global(&self, name: &str) -> Option<String> {
        self.globals.iter().rev().find(|it| it.0 == name)?.1.clone()
    }

    /// A text that may use ARGs from before the first FROM.
    fn global_value(&self, text: &str) -> Option<String> {
        let lookup = |name: &str| match self.globals.iter().rev().find(|it| it.0 == name) {
            Some((_, Some(value))) => Expansion::Value(value.clone()),
            _ => Expansion::Unknown,
        };
        let value = syntax::expand(text, self.build.file.escape, &lookup).ok()??;
        Some(value.into_owned())
    }

    /// A text of the instruction at `index` with its variables replaced, if they are certain.
    fn value(&self, index: usize, text: &str) -> Option<String> {
        let stage = self.build.stages.len().checked_sub(1)?;
        let lookup = |name: &str| variables::lookup(&self.build.scopes, stage, index, name);
        let value = syntax::expand(text, self.build.file.escape, &lookup).ok()??;
        Some(value.into_owned())
    }

    fn mount(&self, flag: &Flag<'f>, step: &Step<'f>) -> Mount<'f> {
        let mut mount = Mount::read(flag, &|it| self.value(step.index, it));
        mount.target = mount.target.map(|it| step.state.path(&it).unwrap_or(it));
        mount
    }

    fn copy(&self, instruction: &'f Instruction<'f>, step: &Step<'f>) -> Option<Copy<'f>> {
        let (destination, sources) = instruction.arguments.words().split_last()?;
        let is_heredoc =
            |it: &Word<'_>| instruction.heredocs.iter().any(|heredoc| heredoc.span == it.span);
        let sources: Vec<Source<'f>> = sources
            .iter()
            .map(|it| Source::new(it, self.value(step.index, &it.text), is_heredoc(it)))
            .collect();
        let written = self.value(step.index, &destination.text);
        let is_directory = sources.len() > 1
            || written
                .as_deref()
                .is_some_and(|it| it.ends_with('/') || it == "." || it.ends_with("/."));
        let target = written.and_then(|it| step.state.path(&it));
        let is_exec = matches!(instruction.arguments, Arguments::Exec { .. });
        debug_assert!(!is_exec || instruction.heredocs.is_empty());
        Some(Copy {
            is_add: instruction.keyword == Keyword::Add,
            from: self.copy_from(instruction, step),
            sources,
            destination,
            target,
            is_directory,
        })
    }

    fn copy_from(&self, instruction: &Instruction<'f>, step: &Step<'f>) -> CopyFrom {
        let Some(flag) = instruction.flag("from") else { return CopyFrom::Context };
        let written = flag.value.as_deref().unwrap_or("");
        let Some(name) = self.value(step.index, written) else {
            return CopyFrom::Other(written.to_owned());
        };
        let own = self.build.stages.len().saturating_sub(1);
        let by_number = name.parse().ok().filter(|it: &usize| *it < own);
        match self.names.get(&name.to_ascii_lowercase()).copied().or(by_number) {
            Some(stage) => CopyFrom::Stage(stage),
            None => CopyFrom::Other(name),
        }
    }
}
