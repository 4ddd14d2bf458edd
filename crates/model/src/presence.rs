//! Whether a file exists in the image when a step runs: what COPY, ADD, mounts and commands before it brought.

use std::cell::OnceCell;

use context::{IgnoreFile, Tree, copy_sources};
use knowledge::image::{Basis, Variant};
use shell::Command;
use syntax::{Expansion, Keyword};

use crate::build::MAX_LOOK_BACK;
use crate::effect::{Effect, effect};
use crate::supply::is_available;
use crate::{
    Base, Build, Copy, CopyFrom, Mount, MountKind, Run, Source, SourceKind, Stage, Step,
    is_made_before, path,
};

/// Whether a file exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The step of this index brought it.
    Present(usize),
    /// Nothing can have brought it.
    Absent,
    /// Not certain.
    Unknown,
}

/// A command of a RUN: the index of its script and its own in that script.
pub type CommandPlace = (usize, usize);

/// Whether there is a file at `path`, absolute and cleaned, before `step` runs; with `command` before that command of
/// its RUN, whose own mounts and earlier commands then count as well. Never a false [`Presence::Absent`].
pub fn presence(
    build: &Build<'_>,
    step: &Step<'_>,
    command: Option<CommandPlace>,
    path: &str,
) -> Presence {
    let mut search = Search { build, n_lookups: 0 };
    if let (Some(place), Some(run)) = (command, step.run()) {
        match search.in_run(step, run, Some(place), path) {
            Found::Nothing => {}
            found => return found.presence(step.index),
        }
    }
    let Some(stage) = build.stage(step) else { return Presence::Unknown };
    search.before(stage, step.index, path)
}

/// More lookups into other stages than a file written by hand needs.
const MAX_LOOKUPS: usize = 64;

/// What one step says of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Brought,
    Nothing,
    Perhaps,
}

impl Found {
    fn presence(self, step: usize) -> Presence {
        match self {
            Found::Brought => Presence::Present(step),
            Found::Nothing => Presence::Absent,
            Found::Perhaps => Presence::Unknown,
        }
    }

    fn or(self, other: Found) -> Found {
        match (self, other) {
            (Found::Brought, _) | (_, Found::Brought) => Found::Brought,
            (Found::Nothing, Found::Nothing) => Found::Nothing,
            _ => Found::Perhaps,
        }
    }
}

struct Search<'b, 'f> {
    build: &'b Build<'f>,
    n_lookups: usize,
}

impl Search<'_, '_> {
    /// Whether the file is there before the step of index `end` in `stage`.
    fn before(&mut self, stage: &Stage<'_>, end: usize, path: &str) -> Presence {
        self.n_lookups += 1;
        if self.n_lookups > MAX_LOOKUPS {
            return Presence::Unknown;
        }
        let build = self.build;
        let steps = build.steps.get(stage.steps.start..end.min(stage.steps.end)).unwrap_or(&[]);
        for (n_before, step) in steps.iter().rev().enumerate() {
            if n_before > MAX_LOOK_BACK {
                return Presence::Unknown;
            }
            let found = match (step.copy(), step.run()) {
                (Some(copy), _) => self.in_copy(step, copy, path),
                (_, Some(run)) => self.in_run(step, run, None, path),
                _ if matches!(
                    step.instruction.keyword,
                    Keyword::Copy | Keyword::Add | Keyword::Run
                ) =>
                {
                    Found::Perhaps
                }
                _ => Found::Nothing,
            };
            if found != Found::Nothing {
                return found.presence(step.index);
            }
        }
        match &stage.base {
            Base::Stage(parent) if *parent < stage.index => {
                let Some(parent) = build.stages.get(*parent) else { return Presence::Unknown };
                let runs_more = |it: &Step<'_>| it.instruction.keyword == Keyword::Onbuild;
                if build.steps_of(parent).iter().any(runs_more) {
                    return Presence::Unknown;
                }
                self.before(parent, parent.steps.end, path)
            }
            Base::Scratch => Presence::Absent,
            Base::Image { reference, known } => {
                let is_bare = known.basis == Basis::Table
                    && known.variant != Variant::Onbuild
                    && is_bare_image(&reference.repository)
                    && !is_of_system(path);
                if is_bare { Presence::Absent } else { Presence::Unknown }
            }
            _ => Presence::Unknown,
        }
    }

    fn in_run(
        &mut self,
        step: &Step<'_>,
        run: &Run<'_>,
        until: Option<CommandPlace>,
        path: &str,
    ) -> Found {
        if until.is_some() {
            for mount in &run.mounts {
                let target = mount.target.as_deref().and_then(|it| step.state.path(it));
                let Some(target) = target else { return Found::Perhaps };
                if !path::is_inside(path, &target) {
                    continue;
                }
                let is_file = mount.kind == MountKind::Bind && target == path;
                if !self.lacks(mount, &target, path) {
                    return if is_file { Found::Brought } else { Found::Perhaps };
                }
            }
        }
        if run.scripts.is_empty() {
            return Found::Perhaps;
        }
        for (script_index, script) in run.scripts.iter().enumerate() {
            let end = match until {
                Some((last, _)) if script_index > last => break,
                Some((last, command)) if script_index == last => command,
                _ => script.commands.len(),
            };
            if script.fault.is_some() {
                return Found::Perhaps;
            }
            for (index, command) in script.commands.iter().take(end).enumerate() {
                let effect = effect_in(self.build, step, run, (script_index, index), command);
                if effect.may_make(path) || effect.may_remove(path) {
                    return Found::Perhaps;
                }
            }
        }
        Found::Nothing
    }

    /// Whether a mount of the build context is certain not to bring a file.
    fn lacks(&self, mount: &Mount<'_>, target: &str, path: &str) -> bool {
        let is_known = |name: &str| mount.option(name).is_none();
        let source = match mount.source.as_deref() {
            None if is_known("source") && is_known("src") => "",
            None => return false,
            Some(source) => source,
        };
        let Some(below) = path::strip(path, target) else { return false };
        let file = path::join("/", &format!("{source}/{below}"));
        let file = file.trim_start_matches('/');
        let Some(tree) = self.build.surroundings.files.tree() else { return false };
        mount.kind == MountKind::Bind
            && is_known("from")
            && is_available(self.build, file) == Some(false)
            && !has_file_above(tree, file)
            && !is_made_before(self.build, file)
    }

    fn in_copy(&mut self, step: &Step<'_>, copy: &Copy<'_>, path: &str) -> Found {
        let Some(target) = copy.target.as_deref() else { return Found::Perhaps };
        let Some(below) = path::strip(path, target) else { return Found::Nothing };
        let has_filter =
            ["parents", "exclude"].iter().any(|it| step.instruction.flag(it).is_some());
        if has_filter {
            return Found::Perhaps;
        }
        let mut res = Found::Nothing;
        for source in &copy.sources {
            let found = match (&copy.from, source.kind) {
                (_, SourceKind::Heredoc) => {
                    named(source.word.text.trim_start_matches(['<', '-']), copy, below)
                }
                (_, SourceKind::Address) => Found::Perhaps,
                (CopyFrom::Context, SourceKind::Path) => {
                    match brought_from(self.build, copy, source, below) {
                        Brought::Certainly(_) => Found::Brought,
                        Brought::Never => Found::Nothing,
                        Brought::Perhaps => Found::Perhaps,
                    }
                }
                (CopyFrom::Stage(stage), SourceKind::Path) => {
                    self.in_other_stage(*stage, source, below)
                }
                (CopyFrom::Other(_), SourceKind::Path) => Found::Perhaps,
            };
            res = res.or(found);
        }
        res
    }

    fn in_other_stage(&mut self, stage: usize, source: &Source<'_>, below: &str) -> Found {
        let Some(written) = source.path.as_deref().filter(|_| !source.is_pattern()) else {
            return Found::Perhaps;
        };
        let Some(stage) = self.build.stages.get(stage) else { return Found::Perhaps };
        let from = path::join("/", written);
        let inside = path::join(&from, below);
        let is_itself = path::file_name(&from) == below || below.is_empty();
        let mut candidates = vec![inside];
        if is_itself {
            candidates.push(from);
        }
        let mut res = Found::Nothing;
        for candidate in candidates {
            res = res.or(match self.before(stage, stage.steps.end, &candidate) {
                Presence::Present(_) => Found::Brought,
                Presence::Absent => Found::Nothing,
                Presence::Unknown => Found::Perhaps,
            });
        }
        res
    }
}

/// What a command of the RUN at `step` does to files.
pub fn effect_in<'r>(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &'r Run<'_>,
    place: CommandPlace,
    command: &Command<'_>,
) -> &'r Effect {
    let empty = || {
        let scripts = run.scripts.iter();
        scripts.map(|it| it.commands.iter().map(|_| OnceCell::new()).collect()).collect()
    };
    let effects = run.memory.effects.get_or_init(empty);
    match effects.get(place.0).and_then(|it| it.get(place.1)) {
        Some(cell) => cell.get_or_init(|| find_effect(build, step, run, place, command)),
        None => &Effect::Unknown,
    }
}

fn find_effect(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    command: &Command<'_>,
) -> Effect {
    let lookup = |name: &str| match build.variable(step, name) {
        Expansion::Value(value) => Some(value),
        _ => None,
    };
    let call = run.call_at(place);
    let start = step.state.directory.as_deref();
    let directory = run.directory_at(place.0, place.1, start);
    effect(command, call.map(|it| &it.call), directory.as_deref(), &lookup)
}

/// Which file of the context a COPY puts at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Brought {
    /// This one, relative to the context's root.
    Certainly(String),
    /// None.
    Never,
    /// Not certain.
    Perhaps,
}

/// Which file a source from the context puts at `below`, the path seen from the destination (empty for itself).
pub fn brought_from(
    build: &Build<'_>,
    copy: &Copy<'_>,
    source: &Source<'_>,
    below: &str,
) -> Brought {
    let Some(written) = source.path.as_deref() else { return Brought::Perhaps };
    if copy.is_add && is_archive(written) {
        return Brought::Perhaps;
    }
    let tree = build.surroundings.files.tree().filter(|it| it.is_complete());
    let ignore = build.ignore_file().map(|it| &it.1);
    match tree {
        Some(tree) => in_tree(tree, ignore, copy, written, below),
        None => untold(copy, written, below),
    }
}

fn in_tree(
    tree: &Tree,
    ignore: Option<&IgnoreFile>,
    copy: &Copy<'_>,
    written: &str,
    below: &str,
) -> Brought {
    let is_kept = |it: &str| !ignore.is_some_and(|ignore| ignore.excludes(it));
    let n_parts = if written == "." { 0 } else { written.split('/').count() };
    if !copy_sources::has_wildcard(written) {
        if tree.is_file(written) {
            let is_here =
                path::file_name(written) == below || (below.is_empty() && !copy.is_directory);
            return match is_here {
                true if is_kept(written) => Brought::Certainly(written.to_owned()),
                // A link to a directory is listed like a file.
                false if !looks_like_file(written) => Brought::Perhaps,
                _ => Brought::Never,
            };
        }
        if !tree.contains(written) {
            return untold(copy, written, below);
        }
        let inside = if written == "." { below.to_owned() } else { format!("{written}/{below}") };
        return match tree.is_file(&inside) && is_kept(&inside) {
            true => Brought::Certainly(inside),
            false if has_file_above(tree, &inside) => Brought::Perhaps,
            false => Brought::Never,
        };
    }
    let matched = copy_sources::matched(tree, written);
    if matched.is_empty() {
        return untold(copy, written, below);
    }
    for file in matched.into_iter().filter(|it| is_kept(it)) {
        let entry_end = file.match_indices('/').map(|it| it.0).nth(n_parts.saturating_sub(1));
        let is_here = match entry_end {
            Some(end) => file.get(end + 1..) == Some(below),
            None => path::file_name(file) == below || below.is_empty(),
        };
        if is_here {
            return Brought::Certainly(file.to_owned());
        }
    }
    Brought::Never
}

/// A file on the way to `inside` may be a link to a directory.
fn has_file_above(tree: &Tree, inside: &str) -> bool {
    inside.match_indices('/').any(|(at, _)| inside.get(..at).is_some_and(|it| tree.is_file(it)))
}

/// What a source may bring whose tree is not known, or that is made before the build.
fn untold(copy: &Copy<'_>, written: &str, below: &str) -> Brought {
    let name = path::file_name(written);
    if !looks_like_file(name) {
        return Brought::Perhaps;
    }
    if copy_sources::has_wildcard(written) {
        let only = Tree::new([(path::file_name(below).to_owned(), 0)]);
        let may_be =
            below.is_empty() || (!below.contains('/') && copy_sources::exists(&only, name));
        return if may_be { Brought::Perhaps } else { Brought::Never };
    }
    match name == below || (below.is_empty() && !copy.is_directory) {
        true => Brought::Certainly(written.to_owned()),
        false => Brought::Never,
    }
}

fn named(name: &str, copy: &Copy<'_>, below: &str) -> Found {
    let is_here = below == name || (below.is_empty() && !copy.is_directory);
    if is_here { Found::Brought } else { Found::Nothing }
}

/// Whether a name is surely that of a file, because of its ending or because it is well known.
pub fn looks_like_file(path: &str) -> bool {
    let name = path::file_name(path).trim_end_matches('*');
    let dot = name.bytes().rposition(|it| it == b'.');
    let ending = dot.and_then(|it| name.get(it + 1..)).unwrap_or("").trim_end_matches(['*', '?']);
    let is_usual = matches!(
        ending,
        "cfg"
            | "conf"
            | "crt"
            | "in"
            | "ini"
            | "js"
            | "json"
            | "lock"
            | "md"
            | "pem"
            | "py"
            | "rst"
            | "sh"
            | "toml"
            | "tsx"
            | "txt"
            | "whl"
            | "xml"
            | "yaml"
            | "yml"
    );
    is_usual || matches!(name, "Pipfile" | "Makefile" | "Dockerfile" | "LICENSE" | "Procfile")
}

fn is_archive(path: &str) -> bool {
    [".tar", ".gz", ".tgz", ".bz2", ".xz", ".txz", ".zst"].iter().any(|it| path.ends_with(it))
}

/// Images that have nothing of a project in them: those of Docker and some others that only add programs.
fn is_bare_image(repository: &str) -> bool {
    const OTHERS: [&str; 12] = [
        "amazonlinux",
        "astral-sh/uv",
        "condaforge/mambaforge",
        "condaforge/miniforge3",
        "conda/miniconda3",
        "continuumio/anaconda3",
        "continuumio/miniconda3",
        "nvidia/cuda",
        "bitnami/minideb",
        "astral/uv",
        "rockylinux/rockylinux",
        "mambaorg/micromamba",
    ];
    const HOSTS: [&str; 5] = [
        "docker.io/library/",
        "public.ecr.aws/docker/library/",
        "docker.io/",
        "library/",
        "ghcr.io/",
    ];
    let own = HOSTS.iter().find_map(|it| repository.strip_prefix(it)).unwrap_or(repository);
    !own.contains('/') || OTHERS.contains(&own)
}

/// Directories that images and packages fill themselves.
fn is_of_system(path: &str) -> bool {
    const FILLED: [&str; 17] = [
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/proc",
        "/run",
        "/sbin",
        "/sys",
        "/usr/bin",
        "/usr/include",
        "/usr/lib",
        "/usr/local",
        "/usr/sbin",
        "/usr/share",
        "/var/lib",
    ];
    FILLED.iter().any(|it| path::is_inside(path, it))
}

#[cfg(test)]
mod tests;
