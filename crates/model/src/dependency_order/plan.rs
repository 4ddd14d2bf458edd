//! How a COPY of the source could follow the installations of the dependencies.

use managers::removal::removed_paths;
use managers::{Action, Tool};
use shell::Operator;
use syntax::{Keyword, Span};

use super::{Destination, Late, Move};
use crate::dependency_install::{DependencyInstall, Input, Needs, dependency_installs};
use crate::narrow_copy::Placed;
use crate::supply::{brought_by, is_available, supply, supposed_source};
use crate::{
    Brought, Build, CommandPlace, Copy, Presence, Run, Step, effect_in, looks_like_file, path,
    presence,
};

/// How the copies could follow the installations; `None` where that is not certain to work.
pub fn plan(build: &Build<'_>, late: &Late) -> Option<Move> {
    let first = build.steps.get(*late.copies.first()?)?;
    let stage = build.stage(first)?;
    let mut walk = Walk { build, late, moved: vec![first.index], stays: Vec::new() };
    let mut best = None;
    let mut placed: Vec<Placed> = Vec::new();
    let mut doubts: Vec<String> = Vec::new();
    let steps = build.steps_of(stage).iter().filter(|it| it.index > first.index);
    for step in steps {
        let is_passed = match (step.copy(), step.run()) {
            (Some(_), _) => walk.pass_copy(step),
            (_, Some(run)) => {
                let own = dependency_installs(step, run);
                let is_late = late.installs.binary_search_by_key(&step.index, |it| it.0).is_ok();
                match walk.pass_run(step, run, &own, &mut placed, &mut doubts) {
                    Passage::Free => {
                        if is_late {
                            best = Some((
                                step.index,
                                Destination::Behind(step.index),
                                placed.len(),
                                doubts.len(),
                                walk.moved.len(),
                            ));
                        }
                        true
                    }
                    Passage::Ends(destination) if is_late => {
                        best = Some((
                            step.index,
                            destination,
                            placed.len(),
                            doubts.len(),
                            walk.moved.len(),
                        ));
                        false
                    }
                    _ => false,
                }
            }
            _ => walk.pass_other(step),
        };
        if !is_passed {
            break;
        }
    }
    let (last, destination, n_placed, n_doubts, n_moved) = best?;
    placed.truncate(n_placed);
    doubts.truncate(n_doubts);
    doubts.dedup();
    walk.moved.truncate(n_moved);
    let last = build.steps.get(last)?;
    if let Destination::Between(..) = destination {
        doubts.push(
            "the project's own installation then runs on its own, behind its dependencies"
                .to_owned(),
        );
    }
    let is_elsewhere = last.state.directory != first.state.directory;
    Some(Move { copies: walk.moved, placed, destination, is_elsewhere, doubts })
}

/// Whether the copies can move behind a RUN.
enum Passage {
    Free,
    /// No further than here.
    Ends(Destination),
    Blocked,
}

struct Walk<'b, 'f> {
    build: &'b Build<'f>,
    late: &'b Late,
    moved: Vec<usize>,
    /// Copies between that stay where they are.
    stays: Vec<usize>,
}

impl<'f> Walk<'_, 'f> {
    fn targets(&self) -> impl Iterator<Item = &str> {
        self.moved.iter().filter_map(|it| self.build.steps.get(*it)?.copy()?.target.as_deref())
    }

    fn pass_other(&self, step: &Step<'_>) -> bool {
        let build = self.build;
        let text = |it: &usize| {
            build.steps.get(*it).map_or("", |it| it.instruction.span.of(build.file.text))
        };
        match step.instruction.keyword {
            Keyword::Env | Keyword::Arg => !self.moved.iter().any(|it| text(it).contains('$')),
            Keyword::Volume | Keyword::Unknown => false,
            _ => true,
        }
    }

    /// A COPY between either stays, when it brings the same or to elsewhere, or moves along.
    fn pass_copy(&mut self, step: &Step<'f>) -> bool {
        let Some(copy) = step.copy() else { return false };
        let Some(target) = copy.target.as_deref() else { return false };
        if self.late.copies.binary_search(&step.index).is_ok() {
            self.moved.push(step.index);
            return true;
        }
        let overlaps =
            self.targets().any(|it| path::is_inside(it, target) || path::is_inside(target, it));
        // What the moved copies do not bring, or bring in the same form, cannot be overwritten by them.
        let is_unharmed = copy.context_paths().count() == copy.sources.len()
            && copy.context_paths().all(|(source, _)| {
                let name = path::file_name(source);
                let is_renamed = !copy.is_directory && looks_like_file(target);
                let to = if is_renamed { target.to_owned() } else { path::join(target, name) };
                looks_like_file(source) && self.origin(&to).is_none_or(|it| it == source)
            });
        if overlaps && !is_unharmed {
            self.moved.push(step.index);
        } else {
            self.stays.push(step.index);
        }
        true
    }

    /// The file of the context that the moved copies put at a path.
    fn origin(&self, to: &str) -> Option<String> {
        let build = self.build;
        self.moved.iter().rev().find_map(|it| {
            let copy = build.steps.get(*it)?.copy()?;
            match brought_by(build, copy, to) {
                Brought::Certainly(file) => Some(file),
                Brought::Perhaps if build.surroundings.files.tree().is_none() => {
                    supposed_source(copy, to)
                }
                _ => None,
            }
        })
    }

    fn pass_run(
        &self,
        step: &Step<'f>,
        run: &Run<'f>,
        own: &[DependencyInstall<'_, '_>],
        placed: &mut Vec<Placed>,
        doubts: &mut Vec<String>,
    ) -> Passage {
        if run.scripts.is_empty() || run.scripts.iter().any(|it| it.fault.is_some()) {
            return Passage::Blocked;
        }
        let mut options = Vec::new();
        // Directories that must exist, with the item that needs each.
        let mut entered: Vec<(usize, String)> = Vec::new();
        let (n_placed, n_doubts) = (placed.len(), doubts.len());
        let mut blocked_at = None;
        for (script_index, script) in run.scripts.iter().enumerate() {
            for (index, command) in script.commands.iter().enumerate() {
                let place = (script_index, index);
                let installation = own.iter().find(|it| it.place == place);
                let is_free = match installation {
                    Some(it)
                        if matches!(
                            it.needs,
                            Needs::Nothing | Needs::ProjectUnlessToldOtherwise
                        ) =>
                    {
                        if it.needs == Needs::ProjectUnlessToldOtherwise {
                            let is_late = self.late.installs.iter().any(|late| late.1 == it.span());
                            if !is_late {
                                blocked_at.get_or_insert(command.place.item);
                                break;
                            }
                            options.extend(
                                without_project(it).map(|option| (it.call.option_offset, option)),
                            );
                        }
                        self.gather(step, run, it, placed, doubts).is_some()
                    }
                    Some(_) => false,
                    None => {
                        self.doubt_environment(step, run, place, doubts);
                        let effect = effect_in(self.build, step, run, place, command);
                        let needed = self.needed_directory(step, run, place, command);
                        let is_known = needed.is_some();
                        let needed = needed.flatten();
                        entered.extend(needed.map(|it| (command.place.item, it)));
                        is_known && !self.targets().any(|it| effect.may_use(it))
                    }
                };
                if !is_free {
                    blocked_at.get_or_insert(command.place.item);
                    break;
                }
            }
        }
        // The files of an installation make the directory that it is entered for.
        let reached = |item: usize| blocked_at.is_none_or(|end| item < end);
        let is_made = |directory: &str| {
            placed.iter().any(|it| path::is_inside(&it.to, directory) && it.to != directory)
        };
        if entered.iter().any(|it| reached(it.0) && !is_made(&it.1)) {
            placed.truncate(n_placed);
            doubts.truncate(n_doubts);
            return Passage::Blocked;
        }
        match blocked_at {
            None if options.is_empty() => Passage::Free,
            None => Passage::Ends(Destination::Between(step.index, options)),
            Some(item) => {
                let is_late = |it: &DependencyInstall<'_, '_>| {
                    self.late.installs.iter().any(|late| late.1 == it.span())
                };
                let installs_before =
                    own.iter().any(|it| it.call.command.place.item < item && is_late(it));
                let gap = split_gap(self.build, step, run, item)
                    .filter(|_| installs_before && options.is_empty());
                match gap {
                    Some(gap) => Passage::Ends(Destination::Within(step.index, gap)),
                    None => {
                        placed.truncate(n_placed);
                        doubts.truncate(n_doubts);
                        Passage::Blocked
                    }
                }
            }
        }
    }

    /// An environment that is made among the files of the source: the source of the host may bring one of that name.
    fn doubt_environment(
        &self,
        step: &Step<'f>,
        run: &Run<'f>,
        place: CommandPlace,
        doubts: &mut Vec<String>,
    ) {
        let made = run.calls.iter().find(|it| (it.script, it.command) == place).map(|it| &it.call);
        let Some(call) =
            made.filter(|it| it.action == Action::CreateEnvironment && !it.tool.is_conda())
        else {
            return;
        };
        let name = call.operands.first().and_then(|it| it.text()).unwrap_or(".venv");
        let Some(path) = step.state.path(name) else { return };
        let is_inside = self.targets().any(|it| path::is_inside(&path, it));
        let tree = self.build.surroundings.files.tree();
        let in_context = self.origin(&path::join(&path, "pyvenv.cfg"));
        if is_inside && (tree.is_none() || in_context.is_some()) {
            doubts
                .push(format!("`{name}` of the host may be copied over the one that is made here"));
        }
    }

    /// The directory that must exist for a `cd` or a `mkdir` and that only the moved copies may have made; `None` when
    /// it is not certain which one that is.
    fn needed_directory(
        &self,
        step: &Step<'_>,
        run: &Run<'_>,
        place: CommandPlace,
        command: &shell::Command<'_>,
    ) -> Option<Option<String>> {
        let operands = command.words.get(1..).unwrap_or(&[]);
        let is_option = |it: &&shell::Word<'_>| it.literal().is_some_and(|it| it.starts_with('-'));
        let makes_parents = || {
            let mut options = operands.iter().filter(is_option).filter_map(|it| it.literal());
            options.any(|it| it == "--parents" || !it.starts_with("--") && it.contains('p'))
        };
        let directory = || run.directory_at(place.0, place.1, step.state.directory.as_deref());
        let absolute = |it: &shell::Word<'_>| Some(path::join(&directory()?, it.literal()?));
        let is_needed = |wanted: &String| {
            let is_made = step.state.directory.as_deref();
            !is_made.is_some_and(|it| path::is_inside(it, wanted))
                && self.targets().any(|it| path::is_inside(wanted, it))
        };
        match command.program() {
            Some("cd" | "pushd") => {
                let Some(to) = operands.first() else { return Some(None) };
                Some(Some(absolute(to)?).filter(is_needed))
            }
            Some("mkdir") if !makes_parents() => {
                let mut parents = Vec::new();
                for made in operands.iter().filter(|it| !is_option(it)) {
                    parents.push(path::join(&absolute(made)?, ".."));
                }
                Some(parents.into_iter().find(is_needed))
            }
            _ => Some(None),
        }
    }

    /// A variable that points the installer to a file that the moved copies bring.
    fn is_configured_by_source(&self, step: &Step<'f>, it: &DependencyInstall<'_, '_>) -> bool {
        const VARIABLES: [&str; 14] = [
            "NETRC",
            "PIP_BUILD_CONSTRAINT",
            "PIP_CERT",
            "PIP_CLIENT_CERT",
            "PIP_CONFIG_FILE",
            "PIP_CONSTRAINT",
            "PIP_FIND_LINKS",
            "PIP_REQUIREMENT",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
            "UV_BUILD_CONSTRAINT",
            "UV_CONFIG_FILE",
            "UV_CONSTRAINT",
            "UV_FIND_LINKS",
        ];
        VARIABLES.iter().filter_map(|name| self.build.value_at(step, it.place, name)).any(|value| {
            let words = value.split_ascii_whitespace();
            let mut paths = words.filter_map(|it| step.state.path(it));
            paths.any(|path| self.targets().any(|it| path::is_inside(&path, it)))
        })
    }

    /// The copies of the stage before a step that stay where they are.
    fn earlier_copies<'a>(&'a self, step: &'a Step<'f>) -> impl Iterator<Item = &'a Copy<'f>> {
        let stage = self.build.stage(step);
        let steps = stage.map_or(&[][..], |it| self.build.steps_of(it)).iter();
        let first = self.moved.first().copied();
        let before = steps.take_while(move |it| Some(it.index) != first);
        let stays = self.stays.iter().filter_map(|it| self.build.steps.get(*it));
        before.chain(stays).filter_map(|it| it.copy())
    }

    /// Adds the files that an installation needs and that only the moved copies bring.
    fn gather(
        &self,
        step: &Step<'f>,
        run: &Run<'f>,
        it: &DependencyInstall<'_, '_>,
        placed: &mut Vec<Placed>,
        doubts: &mut Vec<String>,
    ) -> Option<()> {
        let build = self.build;
        if self.is_configured_by_source(step, it) {
            return None;
        }
        for input in &it.inputs {
            if input.paths.is_empty() {
                return None;
            }
            let is_mounted = |to: &String| run.mounts.iter().any(|it| it.covers(to));
            if input.paths.iter().take(1).any(is_mounted) {
                continue;
            }
            let found = input.paths.iter().find_map(|to| Some((self.origin(to)?, to)));
            let Some((from, to)) = found else {
                self.stands_without_moved(step, it, input)?;
                continue;
            };
            let from = match is_available(build, &from) {
                // The lock of a member of a workspace lies in the directory of the workspace, which may be any above.
                None if it.call.tool == Tool::Uv && from.contains('/') => return None,
                None if input.is_optional => {
                    // Whether there is a lock file is not known; a pattern does not mind.
                    if !from.ends_with(".lock") {
                        continue;
                    }
                    // These refuse to go on without it.
                    let needs_it = ["--frozen", "--locked", "--deploy"];
                    match needs_it.iter().any(|option| it.call.has(option)) {
                        true => from,
                        false => format!("{from}*"),
                    }
                }
                _ => from,
            };
            let supply = supply(build, &from, to, input.is_requirements);
            if supply.needs_source {
                return None;
            }
            doubts.extend(supply.doubts);
            for file in supply.files {
                let is_brought = self
                    .earlier_copies(step)
                    .any(|it| matches!(brought_by(build, it, &file.to), Brought::Certainly(_)));
                if !is_brought && !placed.contains(&file) {
                    placed.push(file);
                }
            }
        }
        Some(())
    }

    /// Whether an input is there, or need not be, without the copies that move.
    fn stands_without_moved(
        &self,
        step: &Step<'f>,
        it: &DependencyInstall<'_, '_>,
        input: &Input,
    ) -> Option<()> {
        let first = self.build.steps.get(*self.moved.first()?)?;
        let is_there = |to: &String| {
            let before = presence(self.build, first, None, to);
            let now = presence(self.build, step, Some(it.place), to);
            match (before, now) {
                (Presence::Present(_), _) => true,
                (_, Presence::Present(by)) => self.stays.binary_search(&by).is_ok(),
                _ => false,
            }
        };
        (input.is_optional || input.paths.iter().any(is_there)).then_some(())
    }
}

/// The option that leaves out the project itself.
fn without_project(it: &DependencyInstall<'_, '_>) -> Option<&'static str> {
    match it.call.tool {
        Tool::Poetry => Some("--no-root"),
        Tool::Uv => Some("--no-install-project"),
        Tool::Pdm => Some("--no-self"),
        _ => None,
    }
}

/// What stands before the item of a plain `&&` list, so that it can begin a RUN of its own.
fn split_gap(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, item: usize) -> Option<Span> {
    let [script] = run.scripts else { return None };
    let is_plain =
        !run.is_exec && step.instruction.flags.is_empty() && step.instruction.heredocs.is_empty();
    let before = script.items.get(..item).filter(|it| !it.is_empty() && is_plain)?;
    let joined =
        script.items.get(1..)?.iter().all(|it| matches!(it.joined_by, Some((Operator::And, _))));
    let changes_shell = script.commands.iter().filter(|it| it.place.item < item).any(|it| {
        it.words.is_empty()
            || matches!(
                it.program(),
                Some("cd" | "export" | "set" | "." | "source" | "umask" | "alias" | "unset")
            )
    });
    // What the second RUN removed of the first one's would stay in the first one's layer.
    let cleans = run.calls.iter().any(|it| {
        let is_removal = matches!(
            it.call.action,
            Action::Remove | Action::Purge | Action::AutoRemove | Action::Clean | Action::DistClean
        );
        is_removal && it.call.command.place.item >= item
    }) || script
        .commands
        .iter()
        .any(|it| it.place.item >= item && removed_paths(it, &|_| None).is_some());
    let gap = Span { start: before.last()?.span.end, end: script.items.get(item)?.span.start };
    let is_bare = !gap.of(build.file.text).contains('#');
    (joined && !changes_shell && !cleans && is_bare).then_some(gap)
}
