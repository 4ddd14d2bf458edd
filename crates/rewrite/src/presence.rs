//! Which commands of a RUN are in the builder, and which in the shipped stage.

use knowledge::system_package::role;
use managers::{Action, Tool, system};
use model::{Effect, Presence as Found, RunCall, effect_in, presence};

use crate::compiled::{is_absolute_link, tree};
use crate::deed::{Deed, Task};
use crate::packages::family;
use crate::plan::{Refusal, Shape};
use crate::share::Sharing;

/// Whether an item is in the builder, and in the shipped stage.
#[derive(Clone, Copy, Default)]
pub(crate) struct Presence {
    pub(crate) builder: bool,
    pub(crate) shipped: bool,
}

impl<'f> Sharing<'_, 'f> {
    /// A reason against the rewrite where later instructions use a tree that only the builder has.
    pub(crate) fn leaves_nothing_behind(
        &self,
        tasks: &[Task<'_, 'f>],
        places: &[Presence],
    ) -> Result<(), Refusal> {
        for (task, _) in tasks.iter().zip(places).filter(|it| it.1.builder && !it.1.shipped) {
            let Some(run) =
                task.step.run().filter(|_| matches!(task.deed, Deed::Program(_) | Deed::Files))
            else {
                continue;
            };
            for (script, index, command) in
                run.commands_with_places().filter(|it| task.span.contains(it.2.span))
            {
                let effect = effect_in(self.build, task.step, run, (script, index), command);
                let Effect::Uses { made, .. } = effect else { continue };
                // What is copied reaches them, and what is unpacked among other things is built from there.
                let is_brought = |it: &&String| {
                    tree(it).is_none()
                        || self
                            .copied
                            .iter()
                            .chain(self.trees.iter().map(|it| &it.0))
                            .any(|own| model::path::is_inside(it, own))
                };
                let later = self.build.file.text.get(task.step.instruction.span.end as usize..);
                let is_used = |it: &&String| {
                    let name = model::path::file_name(it);
                    let spellings = [format!("/{name}"), format!("cd {name}")];
                    let is_told = |text: &str| spellings.iter().any(|it| text.contains(it));
                    name.len() > 2 && later.is_some_and(is_told)
                };
                if made.iter().any(|it| !is_brought(&it) && is_used(&it)) {
                    return Err(Refusal::at(
                        task.span,
                        "later instructions use what is made there",
                    ));
                }
            }
        }
        Ok(())
    }

    /// Where an item belongs by itself.
    pub(crate) fn presence(&self, task: &Task<'_, 'f>) -> Presence {
        let is_before = self.is_before_last(task);
        let (has_system, has_wheels) = match self.shape {
            Shape::Wheels => (false, true),
            Shape::Environment { has_system, has_wheels } => (has_system, has_wheels),
        };
        let is_copied = self.shape != Shape::Wheels;
        let (builder, shipped) = match task.deed {
            Deed::Python(_) => (true, has_wheels),
            Deed::Project(_) | Deed::Grouped(_) | Deed::Environment(_) | Deed::Compiles(..) => {
                (true, false)
            }
            Deed::Tools(call) => {
                let own = call.call.command.words.first().and_then(|it| it.literal());
                let own = own.and_then(|it| it.rsplit_once("/bin/")).map_or("", |it| it.0);
                let is_inside = has_system || self.copied.iter().any(|it| it == own);
                let is_idle = is_copied && self.serves_only_the_build(call);
                (is_before, !(is_copied && (is_inside || is_idle) && is_before))
            }
            // The shipped stage has no headers, nor always the directory for them.
            Deed::Sources if task.span.of(self.build.file.text).contains("/usr/include") => {
                (is_before, false)
            }
            Deed::Sources if self.chooses_compiler(task) => (is_before, false),
            Deed::Sources => (is_before, !(is_copied && self.is_setting_of_tool(task))),
            Deed::Toolchain => (is_before, false),
            Deed::Upgrade | Deed::Perhaps => (is_before && !self.is_official, true),
            Deed::Install(call) => match self.split(call) {
                Some(it) => {
                    (it.builder_has_some && is_before, it.keeps_some || !it.added.is_empty())
                }
                None => (is_before, true),
            },
            Deed::Removal(call) => (false, !self.is_pointless(call)),
            // Sources are patched to be built.
            Deed::Program("patch") if is_copied && is_before => (true, false),
            Deed::Directory | Deed::Files | Deed::Program(_)
                if is_copied
                    && (is_before && self.is_brought(task) || self.belongs_to_sources(task)) =>
            {
                (true, false)
            }
            Deed::Directory | Deed::Files | Deed::Program(_) if is_copied && self.builds(task) => {
                // What is done before the build goes into its tree may be done for the program.
                (true, !self.is_behind_move(task) || self.makes_absolute_link(task))
            }
            // The home of a user may be where something is built.
            Deed::Account if is_copied && self.builds(task) => (true, true),
            Deed::Account => (false, true),
            Deed::Directory if !is_copied => (is_before && !self.is_official, true),
            Deed::Directory | Deed::Files | Deed::Program(_) if is_copied => (is_before, true),
            Deed::Directory | Deed::Files | Deed::Program(_) => {
                let is_needed = !self.is_official
                    || self.touches_requirements(task)
                    || self.needs.has_compiled && self.brings_sources(task);
                (is_before && is_needed, true)
            }
            Deed::Preamble | Deed::Move | Deed::Update | Deed::Cleaning => (false, false),
        };
        Presence { builder, shipped }
    }

    /// Whether the directory was changed before a command of its RUN.
    fn is_behind_move(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        let before = run.commands().filter(|it| it.span.start < task.span.start);
        before.into_iter().any(|it| matches!(it.program(), Some("cd" | "pushd")))
    }

    /// Whether all that a command makes comes from the builder anyway, and is there when the command would run.
    fn is_brought(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        if task.step.index < self.first {
            return false;
        }
        let own_trees = self.trees.iter().filter(|it| it.1 == task.step.index).map(|it| &it.0);
        // Sources that nothing uses later are not needed at all.
        let own_sources = self.sources.iter().flatten().filter(|_| self.builds(task));
        let places: Vec<&String> = self.copied.iter().chain(own_trees).chain(own_sources).collect();
        let own = run.commands_with_places().filter(|it| task.span.contains(it.2.span));
        let mut is_some = false;
        for (script, index, command) in own {
            let effect = effect_in(self.build, task.step, run, (script, index), command);
            let Effect::Uses { made, .. } = effect else { return false };
            is_some |= !made.is_empty();
            let is_there = |it: &String| places.iter().any(|own| model::path::is_inside(it, own));
            if !made.iter().all(is_there) {
                return false;
            }
        }
        is_some
    }

    /// Whether a command runs in the sources of something that is built, up to the end of the last RUN that builds.
    fn belongs_to_sources(&self, task: &Task<'_, 'f>) -> bool {
        if task.step.index > self.last.0 {
            return false;
        }
        let Some(run) = task.step.run() else { return false };
        let start = task.step.state.directory.as_deref();
        let mut own = run.commands_with_places().filter(|it| task.span.contains(it.2.span));
        own.any(|(script, index, command)| match run.directory_at(script, index, start) {
            Some(at) => self.sources.iter().flatten().any(|it| model::path::is_inside(&at, it)),
            None => {
                let program = command.words.first().and_then(|it| it.literal());
                self.sources.contains(&None) && program.is_some_and(|it| it.starts_with("./"))
            }
        })
    }

    /// Whether a command says which of several compilers is meant, none of which is in the shipped stage.
    fn chooses_compiler(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        let mut own = run.commands().filter(|it| task.span.contains(it.span));
        own.any(|it| {
            let words = it.words.get(1..).unwrap_or(&[]).iter().filter_map(|it| it.literal());
            let mut names = words.map(model::path::file_name);
            it.program() == Some("update-alternatives")
                && names.any(|it| matches!(it, "cc" | "c++" | "gcc" | "g++" | "gfortran" | "clang"))
        })
    }

    /// Whether a command links one place that it names in full to another.
    fn makes_absolute_link(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        let mut own = run.commands().filter(|it| task.span.contains(it.span));
        own.next().is_some_and(|it| is_absolute_link(self.build, it)) && own.next().is_none()
    }

    /// Whether the RUN of a command builds something from source, so that the rest of it serves that.
    fn builds(&self, task: &Task<'_, 'f>) -> bool {
        self.building.contains(&task.step.index)
    }

    /// Whether a command names a file that pip reads.
    fn touches_requirements(&self, task: &Task<'_, 'f>) -> bool {
        if self.makes_requirements(task) {
            return true;
        }
        let text = task.span.of(self.build.file.text);
        let files = self.installs.iter().filter(|it| !it.has_project).flat_map(|it| &it.files);
        files.into_iter().any(|it| {
            let name = model::path::file_name(it);
            !name.is_empty() && text.contains(name) && !text.trim_start().starts_with("rm ")
        })
    }

    /// Whether a command makes a file that pip reads and that no COPY brings.
    fn makes_requirements(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        let missing: Vec<&String> = self
            .installs
            .iter()
            .flat_map(|install| install.files.iter().map(move |file| (install, file)))
            .filter(|(install, file)| {
                !matches!(presence(self.build, install.step, None, file), Found::Present(_))
            })
            .map(|it| it.1)
            .collect();
        let commands = run.commands_with_places().filter(|it| task.span.contains(it.2.span));
        commands.into_iter().any(|(script, index, command)| {
            match effect_in(self.build, task.step, run, (script, index), command) {
                Effect::Unknown => false,
                effect => missing.iter().any(|it| effect.may_make(it)),
            }
        })
    }

    /// Whether the RUN of a command fetches something and unpacks or installs it, which may be there to build with.
    fn brings_sources(&self, task: &Task<'_, 'f>) -> bool {
        let Some(run) = task.step.run() else { return false };
        let has = |names: &[&str]| {
            run.commands().any(|it| it.program().is_some_and(|it| names.contains(&it)))
        };
        let is_node = task.step.instruction.span.of(self.build.file.text).contains("nodejs.org");
        !is_node
            && has(&["wget", "curl", "git", "tar", "unzip"])
            && has(&["tar", "unzip", "dpkg", "rpm", "ldconfig"])
    }

    /// Whether all that a removal names is not there any more.
    fn is_pointless(&self, call: &RunCall<'f>) -> bool {
        let it = &call.call;
        let mut names = system::packages(it).peekable();
        names.peek().is_some()
            && !system::has_unknown_packages(it)
            && self.loses_something(call)
            && names.all(|it| self.is_gone(it.name))
    }

    /// Whether a removal names something that does not reach the shipped stage.
    pub(crate) fn loses_something(&self, call: &RunCall<'f>) -> bool {
        let is_named = |names: &[String], name: &str| names.iter().any(|it| it == name);
        let is_build_only =
            |name: &str| family(call.call.tool).is_some_and(|it| role(it, name).is_build_only());
        system::packages(&call.call).any(|it| {
            is_named(self.moved, it.name)
                || is_build_only(it.name) && !is_named(&self.needs.installed, it.name)
        })
    }

    /// Whether a package is not there to be removed: it moved, or nothing but what moved brought it.
    pub(crate) fn is_gone(&self, name: &str) -> bool {
        let is_named = |names: &[String]| names.iter().any(|it| it == name);
        is_named(self.moved) || !is_named(&self.needs.installed) && !name.starts_with('.')
    }

    /// Updates, clean-ups and settings go where what they belong to goes.
    pub(crate) fn place_companions(&self, tasks: &[Task<'_, 'f>], places: &mut [Presence]) {
        let installs =
            |it: &Task<'_, 'f>| matches!(it.deed, Deed::Install(_) | Deed::Upgrade | Deed::Perhaps);
        let has_install = tasks.iter().any(installs);
        let any = |places: &[Presence], which: fn(&Presence) -> bool| {
            tasks.iter().zip(places).any(|it| installs(it.0) && which(it.1))
        };
        let (in_builder, in_shipped) = (any(places, |it| it.builder), any(places, |it| it.shipped));
        let loses_removal = tasks
            .iter()
            .zip(&*places)
            .any(|it| matches!(it.0.deed, Deed::Removal(_)) && !it.1.shipped);
        let is_python = |it: &Task<'_, 'f>| matches!(it.deed, Deed::Python(_));
        let is_tools = |it: &Task<'_, 'f>| matches!(it.deed, Deed::Tools(_));
        let has_python = tasks.iter().any(is_python) && !tasks.iter().any(is_tools);
        let last = tasks.last().map_or((0, 0), |it| (it.step.index, it.item));
        let (later_builder, later_shipped) = self.installs_behind(last);
        for (task, place) in tasks.iter().zip(&mut *places) {
            match task.deed {
                Deed::Update if has_install => {
                    *place = Presence { builder: in_builder, shipped: in_shipped };
                }
                Deed::Update => {
                    *place = Presence { builder: later_builder, shipped: later_shipped };
                }
                // What pip installs from wheels leaves no cache behind.
                Deed::Cleaning if has_python && self.cleans_only_pip(task) => {
                    *place = Presence::default();
                }
                Deed::Cleaning => {
                    let shipped = if has_install { in_shipped } else { true };
                    *place = Presence { builder: in_builder, shipped };
                }
                Deed::Removal(call) if names_nothing(call) => {
                    place.shipped = if has_install { in_shipped } else { !loses_removal };
                }
                _ => {}
            }
        }
        // What fetches pip goes with what installs it.
        let pip = tasks
            .iter()
            .zip(&*places)
            .find(|it| matches!(it.0.deed, Deed::Tools(call) if call.call.tool == Tool::GetPip));
        if pip.is_some_and(|it| !it.1.shipped) {
            for (task, place) in tasks.iter().zip(&mut *places) {
                place.shipped &= !task.span.of(self.build.file.text).contains("get-pip");
            }
        }
        let is_work = |deed: &Deed<'_, '_>| {
            !matches!(deed, Deed::Preamble | Deed::Move | Deed::Cleaning | Deed::Removal(_))
        };
        let works = |places: &[Presence], which: fn(&Presence) -> bool| {
            tasks.iter().zip(places).any(|it| is_work(&it.0.deed) && which(it.1))
        };
        // What remains of a RUN that lost something must do more than clean up.
        let has_loss = tasks
            .iter()
            .zip(&*places)
            .any(|it| !it.1.shipped && !matches!(it.0.deed, Deed::Preamble | Deed::Move));
        if has_loss && !works(places, |it| it.shipped) {
            let still_removes = tasks.iter().zip(&*places).any(|(task, place)| {
                matches!(task.deed, Deed::Removal(it) if !names_nothing(it)) && place.shipped
            });
            if !still_removes {
                places.iter_mut().for_each(|it| it.shipped = false);
            }
        }
        if !works(places, |it| it.builder) {
            places.iter_mut().for_each(|it| it.builder = false);
        }
        let is_idle = |it: &Task<'_, 'f>| matches!(it.deed, Deed::Preamble | Deed::Move);
        if tasks.iter().all(is_idle) {
            places.iter_mut().for_each(|it| it.shipped = true);
            return;
        }
        // Settings, for what stands behind them.
        for index in (0..tasks.len()).rev() {
            let deed = tasks.get(index).map(|it| it.deed);
            let behind = places.get(index + 1..).unwrap_or(&[]);
            let builder = behind.iter().any(|it| it.builder);
            let shipped = behind.iter().any(|it| it.shipped);
            let changes_directory = || {
                let rest = tasks.get(index + 1..).unwrap_or(&[]);
                rest.iter().any(|it| matches!(it.deed, Deed::Move))
            };
            let shipping: Vec<bool> = behind.iter().map(|it| it.shipped).collect();
            let Some(place) = places.get_mut(index) else { continue };
            match deed {
                Some(Deed::Preamble) => *place = Presence { builder, shipped },
                // The directories of what is built are not there in the shipped stage.
                Some(Deed::Move) => {
                    let stays = tasks.get(index).is_some_and(|it| !self.builds(it));
                    let rest = tasks.get(index + 1..).unwrap_or(&[]).iter().zip(shipping.iter());
                    let is_used = rest.filter(|it| *it.1).any(|it| self.uses_directory(it.0));
                    *place = Presence { builder, shipped: shipped && stays && is_used };
                }
                Some(Deed::Directory) if changes_directory() && builder => place.builder = true,
                _ => {}
            }
        }
    }

    /// Whether what a command does in the shipped stage depends on the directory.
    fn uses_directory(&self, task: &Task<'_, 'f>) -> bool {
        match task.deed {
            Deed::Python(call) => {
                !self.installs.iter().any(|it| std::ptr::eq(it.call, call) && it.by_file)
            }
            Deed::Preamble | Deed::Move | Deed::Update | Deed::Install(_) | Deed::Removal(_) => {
                false
            }
            _ => true,
        }
    }

    /// Whether a clean-up empties the cache of pip and nothing else.
    fn cleans_only_pip(&self, task: &Task<'_, 'f>) -> bool {
        let text = task.span.of(self.build.file.text);
        let mut paths = text.split_whitespace().filter(|it| it.contains('/')).peekable();
        text.contains("pip cache")
            || paths.peek().is_some() && paths.all(|it| it.contains("/.cache"))
    }

    /// Whether packages are installed behind a place, in the builder and in the shipped stage.
    fn installs_behind(&self, place: (usize, usize)) -> (bool, bool) {
        let mut res = (false, false);
        for (call, split) in self.splits {
            let at = call.call.command.span.start;
            let step = self.build.steps.get(place.0).map_or(0, |it| it.instruction.span.end);
            if at > step {
                res.0 |= split.builder_has_some;
                res.1 |= split.keeps_some || !split.added.is_empty();
            }
        }
        res
    }
}

fn names_nothing(call: &RunCall<'_>) -> bool {
    system::packages(&call.call).next().is_none() || call.call.action == Action::AutoRemove
}
