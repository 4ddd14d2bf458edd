//! The commands of a RUN that empty caches.

use managers::cache::{self, Cache, Cleaned};
use managers::removal::{covers, removed_paths};
use shell::Command;
use syntax::Span;

use crate::account::home;
use crate::state::User;
use crate::{Build, CommandPlace, Run, Step, path};

/// A command that may empty a cache.
#[derive(Debug)]
pub(crate) struct Emptier {
    /// Where it stands.
    pub(crate) place: CommandPlace,
    /// It runs when the shell ends.
    pub(crate) is_in_trap: bool,
    what: Emptied,
}

#[derive(Debug)]
enum Emptied {
    /// A script or function of this name cleans, by all appearance.
    Perhaps,
    /// What it cleans, for each home that `~` may mean, and the paths that it removes.
    These(Vec<Vec<Cleaned>>, Vec<EmptiedPath>),
}

#[derive(Debug)]
enum EmptiedPath {
    Known(String),
    /// `rm -rf "$(pip cache dir)"`, `rm -rf $CACHE`.
    NamesCache,
}

/// The commands of a RUN that may empty a cache, in order.
pub(crate) fn emptiers<'r>(build: &Build<'_>, step: &Step<'_>, run: &'r Run<'_>) -> &'r [Emptier] {
    run.memory.emptiers.get_or_init(|| find_emptiers(build, step, run))
}

fn find_emptiers(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>) -> Vec<Emptier> {
    let homes = homes(build, step);
    let mut res = Vec::new();
    let traps = run.commands_with_places().filter(|it| it.2.program() == Some("trap"));
    let traps: Vec<(usize, Span)> = traps.map(|it| (it.0, it.2.span)).collect();
    for (script, index, command) in run.commands_with_places() {
        let place = (script, index);
        let Some(what) = emptied(build, step, run, place, command, &homes) else { continue };
        let is_in_trap = command.place.is_conditional
            && traps.iter().any(|it| it.0 == script && it.1.contains(command.span));
        res.push(Emptier { place, is_in_trap, what });
    }
    res
}

fn emptied(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    command: &Command<'_>,
    homes: &[String],
) -> Option<Emptied> {
    let program = command.program()?;
    let lookup = |name: &str| build.value_at(step, place, name);
    let removed = removed_paths(command, &lookup);
    if removed.is_none() && run.call_at(place).is_none() {
        let sounds_so = program.contains("clean") && !matches!(program, "make" | "git");
        return sounds_so.then_some(Emptied::Perhaps);
    }
    let cleaned = homes.iter().map(|it| cache::cleans(command, &lookup, it)).collect();
    let mut paths = Vec::new();
    for removed in removed.into_iter().flatten().filter(|it| !it.is_partial) {
        let Some(written) = removed.path else {
            let mut words = command.words.iter().filter(|it| it.span == removed.span);
            let names_cache = |it: &shell::Word<'_>| {
                format!("{:?}", it.parts).to_ascii_lowercase().contains("cache")
            };
            paths.extend(words.any(names_cache).then_some(EmptiedPath::NamesCache));
            continue;
        };
        let is_relative = !written.starts_with(['/', '~', '$']);
        let directory = || run.directory_at(place.0, place.1, step.state.directory.as_deref());
        let whole =
            if is_relative { directory().map(|it| path::join(&it, &written)) } else { None };
        paths.push(EmptiedPath::Known(whole.unwrap_or(written)));
    }
    let cleans_nothing = |it: &Vec<Vec<Cleaned>>| it.iter().all(Vec::is_empty);
    (!paths.is_empty() || !cleans_nothing(&cleaned)).then_some(Emptied::These(cleaned, paths))
}

/// The homes that `~` may mean: one where that is certain.
pub(crate) fn homes(build: &Build<'_>, step: &Step<'_>) -> Vec<String> {
    if let Some(home) = home(build, step) {
        return vec![home];
    }
    let mut res = vec!["/root".to_owned()];
    if let User::Named(name) = &step.state.user {
        res.push(format!("/home/{name}"));
    }
    res
}

impl Emptier {
    /// What the command cleans where `~` is the first of the homes that it may be.
    pub(crate) fn cleaned(&self) -> &[Cleaned] {
        match &self.what {
            Emptied::These(cleaned, _) => cleaned.first().map_or(&[], |it| it),
            Emptied::Perhaps => &[],
        }
    }

    /// Whether the command empties a cache at these paths; `None` when it may.
    pub(crate) fn empties(&self, cache: Cache, paths: &[String], homes: &[String]) -> Option<bool> {
        let Emptied::These(cleaned, removed) = &self.what else { return None };
        for (home, cleaned) in homes.iter().zip(cleaned) {
            let empties_it =
                |it: &Cleaned| it.cache == cache && (!it.is_partial || leaves_little(cache));
            if cleaned.iter().any(empties_it) {
                return Some(true);
            }
            for removed in removed {
                let EmptiedPath::Known(written) = removed else { return None };
                let is_covered = |it: &String| {
                    let at_home =
                        it.strip_prefix('~').map_or(it.clone(), |tail| format!("{home}{tail}"));
                    let main_part = match cache {
                        Cache::Poetry => format!("{at_home}/artifacts"),
                        _ => at_home,
                    };
                    covers(written, &main_part, home)
                };
                if paths.iter().any(is_covered) {
                    return Some(true);
                }
            }
        }
        Some(false)
    }
}

/// Whether a clean-up that spares a part (`conda clean -t`, `uv cache prune`, `zypper clean`) still does its job. Not
/// `dnf clean packages`, which leaves the metadata, nor `poetry cache clear`, which leaves the artifacts.
fn leaves_little(cache: Cache) -> bool {
    matches!(cache, Cache::Conda | Cache::Uv | Cache::Zypper | Cache::Pdm)
}
