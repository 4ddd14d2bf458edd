//! Cache mounts that do not help: the cache is turned off, emptied, somewhere else, or not writable.

use managers::cache::{self, Cache};
use managers::removal::{covers, removed_paths};
use shell::Command;
use syntax::{Keyword, Span};

use crate::account::{account, home};
use crate::cache::{Disabling, Fate, cache_place, cache_writes, is_meant};
use crate::cleanup::{Edit, user_prefix};
use crate::erase::{without_step, without_word};
use crate::state::User;
use crate::{Build, Mount, MountKind, Run, RunCall, Step, path};

/// Why a cache mount stays empty.
#[derive(Clone, Debug)]
pub enum Defeat<'b, 'f> {
    /// A call does not use it.
    Disabled {
        /// The call.
        call: &'b RunCall<'f>,
        /// What turns its cache off.
        disabling: Disabling,
        /// The mount's name says that it is for this cache; where the cache would be is not known, or elsewhere.
        is_by_name: bool,
    },
    /// A command empties it: its place, the paths that are all on the mount, and whether it removes nothing else.
    Emptied {
        /// The index of the script and of the command in it.
        place: (usize, usize),
        /// The words that name what is on the mount; empty for a manager's own clean-up.
        words: Vec<Span>,
        /// Nothing else is removed by it.
        is_all: bool,
    },
}

/// The cache mounts of a RUN that are defeated, each with the reason.
pub fn defeats<'b, 'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &'b Run<'f>,
) -> Vec<(&'b Mount<'f>, Defeat<'b, 'f>)> {
    let mut res = Vec::new();
    let is_cache = |it: &&Mount<'_>| it.kind == MountKind::Cache && it.target.is_some();
    if !run.mounts.iter().any(|it| is_cache(&it)) {
        return res;
    }
    let mounts = || run.mounts.iter().filter(is_cache);
    for call in &run.calls {
        for write in cache_writes(build, step, run, call, &Cache::ALL) {
            let Fate::Disabled(disabling) = write.fate else { continue };
            let place = cache_place(build, step, call, write.cache);
            let at = mounts().find(|mount| place.paths.iter().any(|it| mount.covers(it)));
            let is_by_name = at.is_none();
            let mount = at.or_else(|| mounts().find(|it| is_named_after(it, write.cache)));
            res.extend(mount.map(|it| (it, Defeat::Disabled { call, disabling, is_by_name })));
        }
    }
    for (script, index, command) in run.commands_with_places() {
        let mount =
            mounts().find_map(|it| Some((it, emptied(build, step, (script, index), command, it)?)));
        res.extend(mount);
    }
    res
}

/// `…/.cache/pip` is for pip, whoever's home that is.
fn is_named_after(mount: &Mount<'_>, cache: Cache) -> bool {
    let target = mount.target.as_deref().unwrap_or("");
    let mut defaults = cache.facts().default_paths.iter().filter_map(|it| it.strip_prefix('~'));
    defaults.any(|it| target.ends_with(it))
}

fn emptied<'b, 'f>(
    build: &Build<'_>,
    step: &Step<'_>,
    place: (usize, usize),
    command: &Command<'_>,
    mount: &Mount<'_>,
) -> Option<Defeat<'b, 'f>> {
    let lookup = |name: &str| build.value_at(step, place, name);
    let home = home(build, step).unwrap_or_else(|| "/root".to_owned());
    let target = mount.target.as_deref()?;
    if let Some(removed) = removed_paths(command, &lookup) {
        let is_on_mount = |it: &managers::removal::Removed| {
            let written = it.path.as_deref().unwrap_or("");
            let written = match written.strip_prefix('~') {
                Some(tail) => format!("{home}{tail}"),
                None => written.to_owned(),
            };
            let whole = path::clean(written.trim_end_matches(['*', '/']));
            !it.is_partial
                && written.starts_with('/')
                && whole != "/"
                && path::is_inside(&whole, target)
        };
        let above = |it: &&managers::removal::Removed| {
            !it.is_partial && it.path.as_deref().is_some_and(|it| covers(it, target, &home))
        };
        let words: Vec<Span> =
            removed.iter().filter(|it| is_on_mount(it)).map(|it| it.span).collect();
        if words.is_empty() && !removed.iter().any(|it| above(&it)) {
            return None;
        }
        // Something next to the cache that happens to be on the mount, such as one wheel, is no clean-up.
        let is_cleaning = removed.iter().any(|it| above(&it))
            || cache::cleans(command, &lookup, &home).iter().any(|it| words.contains(&it.span));
        let is_all = words.len() == removed.len();
        return is_cleaning.then_some(Defeat::Emptied { place, words, is_all });
    }
    let cleaned = cache::cleans(command, &lookup, &home);
    let is_on_mount = |it: &cache::Cleaned| {
        !it.is_partial
            && cache::paths(it.cache, None, &lookup, &home).iter().any(|it| mount.covers(it))
    };
    let is_emptied = cleaned.iter().any(is_on_mount);
    is_emptied.then(|| Defeat::Emptied { place, words: Vec::new(), is_all: true })
}

/// Without the variable of an ENV, if every call that it reaches has its cache on a mount.
pub fn without_variable(build: &Build<'_>, step: &Step<'_>, name: &str) -> Option<Edit> {
    let sets = |it: &&Step<'_>| {
        matches!(it.instruction.keyword, Keyword::Env | Keyword::Arg)
            && it.instruction.arguments.pairs().iter().any(|it| it.name.text == name)
    };
    let mut setting = build.steps_before(step).filter(sets);
    let (only, None) = (setting.next()?, setting.next()) else { return None };
    let stage = only.stage?;
    for (later, run) in build.runs().filter(|it| it.0.index > only.index) {
        let Some(own) = build.stage(later) else { continue };
        if !build.lineage(own).any(|it| it.index == stage) {
            continue;
        }
        for call in &run.calls {
            let writes = cache_writes(build, later, run, call, &Cache::ALL);
            let by_this = |it: &Fate| matches!(it, Fate::Disabled(Disabling::Environment(found)) if *found == name);
            if !writes.iter().any(|it| by_this(&it.fate)) {
                continue;
            }
            let is_mounted = defeats(build, later, run).iter().any(
                |it| matches!(&it.1, Defeat::Disabled { call: other, .. } if std::ptr::eq(*other, call)),
            );
            if !is_mounted {
                return None;
            }
        }
    }
    let pairs = only.instruction.arguments.pairs();
    let pair = pairs.iter().find(|it| it.name.text == name)?;
    if pairs.len() == 1 {
        return without_step(build, only, false);
    }
    without_word(build, pair.span)
}

/// A cache mount that a call cannot use as it is.
#[derive(Clone, Debug)]
pub struct Misplaced<'b, 'f> {
    /// The mount.
    pub mount: &'b Mount<'f>,
    /// The call.
    pub call: &'b RunCall<'f>,
    /// Where the call keeps its cache, if it is not on the mount; not certain where it begins with `~`.
    pub path: Option<String>,
    /// What the mount's target should be, and why that is a guess.
    pub target: Option<(String, Option<String>)>,
    /// The user cannot write to the mount: the name, and the number where it is known.
    pub owner: Option<(String, Option<u32>)>,
}

/// The cache mounts of a RUN that are in the wrong place or belong to the wrong user.
pub fn misplaced<'b, 'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &'b Run<'f>,
) -> Vec<Misplaced<'b, 'f>> {
    const AT_HOME: [Cache; 5] = [Cache::Pip, Cache::Uv, Cache::Poetry, Cache::Pdm, Cache::Pipenv];
    let mut res: Vec<Misplaced<'b, 'f>> = Vec::new();
    let is_cache = |it: &&Mount<'_>| it.kind == MountKind::Cache && it.target.is_some();
    for call in run.calls.iter().filter(|_| run.mounts.iter().any(|it| is_cache(&it))) {
        if user_prefix(call.call.command) != Some("") {
            continue;
        }
        for write in cache_writes(build, step, run, call, &AT_HOME) {
            if matches!(write.fate, Fate::Disabled(_) | Fate::Unknown) {
                continue;
            }
            let place = cache_place(build, step, call, write.cache);
            let [path] = &*place.paths else { continue };
            let mounts = || run.mounts.iter().filter(is_cache);
            let used = mounts().find(|it| is_at(it, path, &step.state.user));
            let meant = mounts().find(|it| used.is_none() && is_meant(it, path, write.cache));
            let Some(mount) = used.or(meant) else { continue };
            if res.iter().any(|it| it.mount.span == mount.span) {
                continue;
            }
            let owner = owner(build, step, mount);
            let is_wrong = meant.is_some();
            if is_wrong || owner.is_some() {
                let target = if is_wrong { right_target(step, mount, path) } else { None };
                res.push(Misplaced {
                    mount,
                    call,
                    path: is_wrong.then(|| path.clone()),
                    target,
                    owner,
                });
            }
        }
    }
    res
}

/// Whether a mount is where the cache is, or may be where the home is not known.
fn is_at(mount: &Mount<'_>, path: &str, user: &User) -> bool {
    let target = mount.target.as_deref().unwrap_or("");
    let Some(tail) = path.strip_prefix('~') else {
        return path::is_inside(path, target) || path::is_inside(target, path);
    };
    // Root's home is not that of another user.
    let is_of_root = matches!(user, User::Named(_)) && path::is_inside(target, "/root");
    let above = tail.rsplit_once('/').map_or("", |it| it.0);
    !is_of_root && (target.ends_with(tail) || !above.is_empty() && target.ends_with(above))
}

fn right_target(
    step: &Step<'_>,
    mount: &Mount<'_>,
    path: &str,
) -> Option<(String, Option<String>)> {
    let is_above = mount.target.as_deref().is_some_and(|it| it.ends_with("/.cache"));
    let wanted = match path.rsplit_once('/') {
        Some((parent, _)) if is_above && parent.ends_with("/.cache") => parent,
        _ => path,
    };
    let Some(tail) = wanted.strip_prefix('~') else { return Some((wanted.to_owned(), None)) };
    let User::Named(name) = &step.state.user else { return None };
    let is_number = name.bytes().all(|it| it.is_ascii_digit());
    let home = format!("/home/{name}");
    (!is_number).then(|| {
        (format!("{home}{tail}"), Some(format!("the home of `{name}` is taken to be `{home}`")))
    })
}

/// The user in force, if a mount is not theirs to write.
fn owner(build: &Build<'_>, step: &Step<'_>, mount: &Mount<'_>) -> Option<(String, Option<u32>)> {
    let User::Named(name) = &step.state.user else { return None };
    let is_given = ["uid", "gid", "mode"].iter().any(|it| mount.option(it).is_some());
    (!is_given).then(|| (name.clone(), account(build, step).and_then(|it| it.number)))
}
