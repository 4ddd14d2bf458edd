//! What becomes of the cache that a package-manager call fills: turned off, on a mount, removed, or kept in the layer.

use managers::cache::{self, Cache};
use managers::removal::{covers, removed_paths};
use managers::system::apt_setting;
use managers::{Action, Call, Tool};
use shell::Command;
use syntax::{Expansion, Span};

use crate::account::home;
use crate::state::User;
use crate::{Build, Mount, MountKind, Run, RunCall, Step, path};

/// A cache that a call would fill, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheWrite {
    /// The cache.
    pub cache: Cache,
    /// What becomes of it.
    pub fate: Fate,
}

/// What becomes of a cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is not written.
    Disabled(Disabling),
    /// It is on this mount, an index into [`Run::mounts`].
    Mounted(usize),
    /// A later command of the same RUN removes it.
    Removed,
    /// It stays in the layer.
    Kept,
    /// Not certain.
    Unknown,
}

/// What turns a cache off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disabling {
    /// An option of the call.
    Option(Span),
    /// A variable that is set before the command itself: the name and the whole assignment.
    Assignment(&'static str, Span),
    /// A variable that the script sets before.
    Script(&'static str),
    /// ENV, ARG or the base image.
    Environment(&'static str),
    /// A configuration file or `pip config set`.
    Configuration,
}

/// Where the cache of a call is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CachePlace {
    /// Every path that it may have; a path in an unknown home begins with `~`.
    pub paths: Vec<String>,
    /// There is one path, and it is certain.
    pub is_certain: bool,
}

/// A call that leaves a cache in a layer that is shipped.
#[derive(Clone, Copy, Debug)]
pub struct Kept<'b, 'f> {
    /// The step of the RUN.
    pub step: &'b Step<'f>,
    /// The RUN.
    pub run: &'b Run<'f>,
    /// The call.
    pub call: &'b RunCall<'f>,
    /// The cache.
    pub cache: Cache,
}

/// The calls of shipped stages that leave one of these caches in a layer, in order.
pub fn kept<'b, 'f>(
    build: &'b Build<'f>,
    caches: &'b [Cache],
) -> impl Iterator<Item = Kept<'b, 'f>> {
    let shipped = build.runs().filter(|it| build.is_shipped(it.0));
    shipped.flat_map(move |(step, run)| kept_in(build, step, run, caches))
}

/// Like [`kept`], but of each RUN only the first call: one clean-up at its end does for all.
pub fn kept_once<'b, 'f>(
    build: &'b Build<'f>,
    caches: &'b [Cache],
) -> impl Iterator<Item = Kept<'b, 'f>> {
    let shipped = build.runs().filter(|it| build.is_shipped(it.0));
    shipped.filter_map(move |(step, run)| kept_in(build, step, run, caches).next())
}

impl Kept<'_, '_> {
    /// Whether the call runs whenever its RUN succeeds, so that its program is there at the end.
    pub fn is_unconditional(&self) -> bool {
        !self.call.call.command.place.is_conditional
    }
}

/// The calls of one RUN that leave one of these caches in its layer, in order.
pub fn kept_in<'b, 'f>(
    build: &'b Build<'f>,
    step: &'b Step<'f>,
    run: &'b Run<'f>,
    caches: &'b [Cache],
) -> impl Iterator<Item = Kept<'b, 'f>> {
    run.calls.iter().filter_map(move |call| {
        let of_these = |it: &CacheWrite| caches.contains(&it.cache) && it.fate == Fate::Kept;
        let write = cache_writes(build, step, run, call, caches).into_iter().find(of_these)?;
        Some(Kept { step, run, call, cache: write.cache })
    })
}

/// What becomes of the caches among `caches` that a call would fill.
pub fn cache_writes(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    caches: &[Cache],
) -> Vec<CacheWrite> {
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    let written = cache::written(&call.call, &lookup).iter().filter(|it| caches.contains(it));
    let fate = |cache: Cache| {
        if let Some(disabling) = disabling(build, step, run, call, cache) {
            return disabling;
        }
        let place = cache_place(build, step, call, cache);
        let mounts = || run.mounts.iter();
        let mount = mounts().position(|it| holds(it, &place.paths));
        // One that was made for this cache but misses it is a mistake of its own.
        let meant =
            || mounts().position(|it| place.paths.iter().any(|path| is_meant(it, path, cache)));
        if let Some(mount) = mount.or_else(meant) {
            return Fate::Mounted(mount);
        }
        removal(build, step, run, call, cache, &place.paths)
    };
    written.map(|it| CacheWrite { cache: *it, fate: fate(*it) }).collect()
}

/// Where the cache of a call is.
pub fn cache_place(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
    cache: Cache,
) -> CachePlace {
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    let home = home_of(build, step, call.call.command);
    let paths = cache::paths(cache, Some(&call.call), &lookup, home.as_deref().unwrap_or("~"));
    let paths: Vec<String> = paths
        .into_iter()
        .map(|it| if it.starts_with('/') { path::clean(&it) } else { it })
        .collect();
    let is_certain = matches!(&*paths, [one] if one.starts_with('/'));
    CachePlace { paths, is_certain }
}

/// Whether a mount holds one of these paths, or a part of what is there.
pub(crate) fn holds(mount: &Mount<'_>, paths: &[String]) -> bool {
    let Some(target) = mount.target.as_deref() else {
        // A variable names the place; whoever wrote a cache mount meant one.
        return mount.kind == MountKind::Cache;
    };
    if matches!(mount.kind, MountKind::Secret | MountKind::Ssh) {
        return false;
    }
    paths.iter().any(|it| match it.strip_prefix('~') {
        Some(tail) => {
            let above = tail.rsplit_once('/').map_or("", |it| it.0);
            let is_home = target == "/root"
                || target.starts_with("/home/") && target.matches('/').count() == 2;
            is_home || target.ends_with(tail) || !above.is_empty() && target.ends_with(above)
        }
        None => path::is_inside(it, target) || path::is_inside(target, it),
    })
}

/// Whether a cache mount was made for this cache, by its name.
pub(crate) fn is_meant(mount: &Mount<'_>, path: &str, cache: Cache) -> bool {
    let target = mount.target.as_deref().unwrap_or("");
    let mut defaults = cache.facts().default_paths.iter().filter_map(|it| it.strip_prefix('~'));
    let by_name = defaults.any(|it| target.ends_with(it));
    let all_caches = target.ends_with("/.cache") && path.contains("/.cache/");
    mount.kind == MountKind::Cache && (by_name || all_caches)
}

/// The home of the user who runs a command.
fn home_of(build: &Build<'_>, step: &Step<'_>, command: &Command<'_>) -> Option<String> {
    let own = home(build, step);
    let changes_user = |it: &shell::Word<'_>| {
        it.literal().is_some_and(|it| {
            matches!(path::file_name(it), "sudo" | "su-exec" | "gosu" | "doas" | "runuser")
        })
    };
    let is_root = own.as_deref() == Some("/root");
    own.filter(|_| is_root || !command.wrappers.iter().any(changes_user))
}

fn disabling(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    cache: Cache,
) -> Option<Fate> {
    let Call { command, .. } = call.call;
    if let Some(option) = cache::disabling_option(&call.call, cache) {
        return Some(Fate::Disabled(Disabling::Option(option.span)));
    }
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    if let Some(name) = cache::disabling_variable(command, cache, &lookup) {
        let own = command.assignments.iter().rev().find(|it| it.name == name);
        let is_set_by_script = run.set_at(call.script, call.command, name).is_some();
        return Some(Fate::Disabled(match own {
            Some(own) => Disabling::Assignment(name, own.span),
            None if is_set_by_script => Disabling::Script(name),
            None => Disabling::Environment(name),
        }));
    }
    let is_uncertain = |name: &str| {
        let own = command.assignments.iter().rev().find(|it| it.name == name);
        match own {
            Some(own) => own.value.resolve(&lookup).is_none(),
            None => match run.set_at(call.script, call.command, name) {
                Some(set) => set.is_none(),
                None => build.declared(step, name) == Some(Expansion::Unknown),
            },
        }
    };
    let mut variables = cache.facts().disabling_variables.iter();
    if variables.any(|it| is_uncertain(it.0)) || is_elsewhere(&call.call, cache) {
        return Some(Fate::Unknown);
    }
    let is_pip = cache == Cache::Pip;
    (is_pip && is_configured_without_cache(build, step, call))
        .then_some(Fate::Disabled(Disabling::Configuration))
}

/// `apt-get -o Dir::State::Lists=…` puts the lists elsewhere; `apk --no-network` reads an index and fetches none.
fn is_elsewhere(call: &Call<'_>, cache: Cache) -> bool {
    match cache {
        Cache::AptLists => {
            const SETTINGS: [&str; 3] = ["Dir::State::Lists", "Dir::State", "Dir"];
            SETTINGS.iter().any(|it| apt_setting(call, it).is_some())
        }
        Cache::Apk => call.has("--no-network"),
        _ => false,
    }
}

/// `pip config set global.no-cache-dir true` before, or a `pip.conf` that says so. Any value turns it off.
fn is_configured_without_cache(build: &Build<'_>, step: &Step<'_>, call: &RunCall<'_>) -> bool {
    let sets_it = |it: &&RunCall<'_>| {
        it.call.tool == Tool::Pip
            && it.call.action == Action::Configure
            && it
                .call
                .command
                .words
                .iter()
                .any(|it| it.literal().is_some_and(|it| it.ends_with(".no-cache-dir")))
    };
    let own = step.run().into_iter().flat_map(|it| &it.calls);
    let mut own = own.filter(|it| (it.script, it.command) < (call.script, call.command));
    if own.any(|it| sets_it(&it)) {
        return true;
    }
    build.steps_before(step).any(|before| {
        if let Some(run) = before.run() {
            return run.calls.iter().any(|it| sets_it(&it));
        }
        let Some(copy) = before.copy() else { return false };
        copy.context_paths().any(|(path, _)| {
            let name = path::file_name(path);
            let is_configuration = matches!(name, "pip.conf" | "pip.ini" | ".pip");
            let read = || build.surroundings.files.read(path);
            is_configuration && read().is_some_and(|it| it.contains("no-cache-dir"))
        })
    })
}

/// Whether a command behind the call, or a trap anywhere, empties the cache.
fn removal(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    cache: Cache,
    paths: &[String],
) -> Fate {
    let homes = homes(build, step);
    let mut is_uncertain = false;
    for (script, index, command) in run.commands_with_places() {
        let is_behind = (script, index) > (call.script, call.command);
        if !is_behind && !is_in_trap(run, script, command) {
            continue;
        }
        let lookup = |name: &str| build.value_at(step, (script, index), name);
        let directory = || run.directory_at(script, index, step.state.directory.as_deref());
        match empties(command, cache, paths, &homes, &lookup, &directory) {
            Some(true) => return Fate::Removed,
            Some(false) => {}
            None => is_uncertain = true,
        }
    }
    if is_uncertain { Fate::Unknown } else { Fate::Kept }
}

fn is_in_trap(run: &Run<'_>, script: usize, command: &Command<'_>) -> bool {
    let commands = run.scripts.get(script).map_or(&[][..], |it| &it.commands);
    let is_trap = |it: &Command<'_>| it.program() == Some("trap") && it.span.contains(command.span);
    command.place.is_conditional && commands.iter().any(is_trap)
}

/// The homes that `~` may mean: one where that is certain.
fn homes(build: &Build<'_>, step: &Step<'_>) -> Vec<String> {
    if let Some(home) = home(build, step) {
        return vec![home];
    }
    let mut res = vec!["/root".to_owned()];
    if let User::Named(name) = &step.state.user {
        res.push(format!("/home/{name}"));
    }
    res
}

/// Whether a command empties a cache; `None` when it may.
fn empties(
    command: &Command<'_>,
    cache: Cache,
    paths: &[String],
    homes: &[String],
    lookup: &dyn Fn(&str) -> Option<String>,
    directory: &dyn Fn() -> Option<String>,
) -> Option<bool> {
    let Some(program) = command.program() else { return Some(false) };
    let removed = removed_paths(command, lookup);
    if removed.is_none() && managers::call(command, lookup).is_none() {
        // A script or function of this name does it, by all appearance.
        let sounds_so = program.contains("clean") && !matches!(program, "make" | "git");
        return if sounds_so { None } else { Some(false) };
    }
    for home in homes {
        let cleaned = cache::cleans(command, lookup, home);
        if cleaned.iter().any(|it| it.cache == cache && (!it.is_partial || leaves_little(cache))) {
            return Some(true);
        }
        for removed in removed.iter().flatten().filter(|it| !it.is_partial) {
            let Some(written) = removed.path.as_deref() else {
                // `rm -rf "$(pip cache dir)"`, `rm -rf $CACHE`.
                let words = command.words.iter().filter(|it| it.span == removed.span);
                let names_cache = |it: &shell::Word<'_>| {
                    format!("{:?}", it.parts).to_ascii_lowercase().contains("cache")
                };
                if words.clone().any(names_cache) {
                    return None;
                }
                continue;
            };
            let is_relative = !written.starts_with(['/', '~', '$']);
            let whole =
                if is_relative { directory().map(|it| path::join(&it, written)) } else { None };
            let written = whole.as_deref().unwrap_or(written);
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

/// Whether a clean-up that spares a part (`conda clean -t`, `uv cache prune`, `zypper clean`) still does its job. Not
/// `dnf clean packages`, which leaves the metadata, nor `poetry cache clear`, which leaves the artifacts.
fn leaves_little(cache: Cache) -> bool {
    matches!(cache, Cache::Conda | Cache::Uv | Cache::Zypper | Cache::Pdm)
}

#[cfg(test)]
mod tests;
