//! What becomes of the cache that a package-manager call fills: turned off, on a mount, removed, or kept in the layer.

use managers::cache::{self, Cache};
use managers::system::apt_setting;
use managers::{Action, Call, Tool};
use shell::Command;
use syntax::{Expansion, Span};

use crate::account::home;
use crate::emptier::{Emptier, emptiers, homes};
use crate::{Build, CommandPlace, Mount, MountKind, Run, RunCall, Step, path};

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
        let of_these = |it: &&CacheWrite| caches.contains(&it.cache) && it.fate == Fate::Kept;
        let write = all_cache_writes(build, step, run, call).iter().find(of_these)?;
        Some(Kept { step, run, call, cache: write.cache })
    })
}

/// Whether a call of a RUN would fill a cache, if nothing turned it off.
pub fn fills(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, cache: Cache) -> bool {
    filled(build, step, run).iter().any(|it| it.0 == cache)
}

/// The first call of a RUN that leaves a cache in its layer.
pub fn first_kept<'r, 'f>(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &'r Run<'f>,
    cache: Cache,
) -> Option<&'r RunCall<'f>> {
    let found = filled(build, step, run).iter().find(|it| it.0 == cache)?;
    run.calls.get(found.1?)
}

fn filled<'r>(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &'r Run<'_>,
) -> &'r [(Cache, Option<usize>)] {
    run.memory.filled.get_or_init(|| {
        let mut res: Vec<(Cache, Option<usize>)> = Vec::new();
        for (index, call) in run.calls.iter().enumerate() {
            for write in all_cache_writes(build, step, run, call) {
                let kept = (write.fate == Fate::Kept).then_some(index);
                match res.iter_mut().find(|it| it.0 == write.cache) {
                    Some(known) => known.1 = known.1.or(kept),
                    None => res.push((write.cache, kept)),
                }
            }
        }
        res
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
    let all = all_cache_writes(build, step, run, call).iter();
    all.filter(|it| caches.contains(&it.cache)).cloned().collect()
}

fn all_cache_writes<'r>(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &'r RunCall<'_>,
) -> &'r [CacheWrite] {
    call.cache_writes.get_or_init(|| find_cache_writes(build, step, run, call))
}

fn find_cache_writes(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
) -> Vec<CacheWrite> {
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    let written = cache::written(&call.call, &lookup).iter();
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
        removal(build, step, run, call, cache, place.paths)
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
    (is_pip && is_configured_without_cache(build, step, run, call))
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
fn is_configured_without_cache(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
) -> bool {
    let own = configuring_call(run).and_then(|it| run.calls.get(it));
    if own.is_some_and(|it| (it.script, it.command) < (call.script, call.command)) {
        return true;
    }
    let is_configuring = |before: &Step<'_>| {
        if let Some(run) = before.run() {
            return configuring_call(run).is_some();
        }
        *before.memory.configures_pip.get_or_init(|| brings_configuration(build, before))
    };
    let find = || build.steps_before(step).any(is_configuring);
    *run.memory.is_configured_before.get_or_init(find)
}

/// Whether a COPY or ADD brings a file of settings that turns pip's cache off.
fn brings_configuration(build: &Build<'_>, step: &Step<'_>) -> bool {
    let Some(copy) = step.copy() else { return false };
    copy.context_paths().any(|(path, _)| {
        let is_configuration = matches!(path::file_name(path), "pip.conf" | "pip.ini" | ".pip");
        let read = || build.surroundings.files.read(path);
        is_configuration && read().is_some_and(|it| it.contains("no-cache-dir"))
    })
}

/// The index of the first call of a RUN that turns pip's cache off for good.
fn configuring_call(run: &Run<'_>) -> Option<usize> {
    let sets_it = |it: &RunCall<'_>| {
        let mut words = it.call.command.words.iter();
        it.call.tool == Tool::Pip
            && it.call.action == Action::Configure
            && words.any(|it| it.literal().is_some_and(|it| it.ends_with(".no-cache-dir")))
    };
    *run.memory.configuring_call.get_or_init(|| run.calls.iter().position(sets_it))
}

/// Whether a command behind the call, or a trap anywhere, empties the cache.
fn removal(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    cache: Cache,
    paths: Vec<String>,
) -> Fate {
    let emptiers = emptiers(build, step, run);
    if emptiers.is_empty() {
        return Fate::Kept;
    }
    let mut outlooks = run.memory.outlooks.borrow_mut();
    let known = outlooks.iter().position(|it| it.cache == cache && it.paths == paths);
    let outlook = match known {
        Some(index) => outlooks.get(index),
        None if outlooks.len() < MAX_OUTLOOKS => {
            outlooks.push(Outlook::new(emptiers, cache, paths, &homes(build, step)));
            outlooks.last()
        }
        None => None,
    };
    let place = Some((call.script, call.command));
    match outlook {
        Some(it) if it.removed_until > place => Fate::Removed,
        Some(it) if it.doubtful_until <= place => Fate::Kept,
        _ => Fate::Unknown,
    }
}

/// More places of caches in one RUN than a person writes.
const MAX_OUTLOOKS: usize = 64;

/// What becomes of a cache at certain paths, depending on the place of the call that fills it.
#[derive(Debug)]
pub(crate) struct Outlook {
    cache: Cache,
    paths: Vec<String>,
    /// What is written before this command is removed.
    removed_until: Option<CommandPlace>,
    /// What is written before this command may be removed.
    doubtful_until: Option<CommandPlace>,
}

impl Outlook {
    fn new(emptiers: &[Emptier], cache: Cache, paths: Vec<String>, homes: &[String]) -> Outlook {
        let (mut removed_until, mut doubtful_until) = (None, None);
        for it in emptiers {
            let until = match it.empties(cache, &paths, homes) {
                Some(false) => continue,
                Some(true) => &mut removed_until,
                None => &mut doubtful_until,
            };
            // A trap runs at the end, wherever it stands.
            let reach = if it.is_in_trap { (usize::MAX, usize::MAX) } else { it.place };
            *until = (*until).max(Some(reach));
        }
        Outlook { cache, paths, removed_until, doubtful_until }
    }
}

#[cfg(test)]
mod tests;
