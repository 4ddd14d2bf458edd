//! What a removal takes away that an earlier layer added: packages that a RUN installed, files that were copied or
//! downloaded.

use std::borrow::Cow;

use managers::removal::{covers, removed_paths};
use managers::system::{PackageKind, packages, virtual_name};
use managers::{Action, Tool};
use rustc_hash::FxHashMap;
use syntax::Span;

use crate::effect::Effect;
use crate::{Build, CommandPlace, Copy, CopyFrom, Run, SourceKind, Step, effect_in, path};

/// Something that an earlier layer of the same stage, or of one that it is built from, added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    /// The package's name or the path.
    pub name: String,
    /// The step that added it.
    pub step: usize,
    /// Where it is written.
    pub span: Span,
}

/// What a command of a RUN removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Where the command says so.
    pub span: Span,
    /// What earlier layers certainly added of it.
    pub added: Vec<Added>,
    /// Packages, not files.
    pub is_packages: bool,
}

/// The removals of a RUN that come too late: what they take away stays in an earlier layer.
pub fn late_removals(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>) -> Vec<Removal> {
    let mut res = Vec::new();
    let mut home: Option<String> = None;
    for (script, index, command) in run.commands_with_places() {
        let place = (script, index);
        if let Some(call) = run.call_at(place) {
            let added = removed_packages(build, step, run, call);
            if !added.is_empty() {
                res.push(Removal { span: call.head(), added, is_packages: true });
            }
            continue;
        }
        let lookup = |name: &str| build.value_at(step, place, name);
        let Some(removed) = removed_paths(command, &lookup) else { continue };
        let mut added: Vec<Added> = Vec::new();
        for removed in removed.iter().filter(|it| !it.is_partial) {
            let Some(written) = removed.path.as_deref() else { continue };
            let home = home.get_or_insert_with(|| {
                crate::home(build, step).unwrap_or_else(|| "/root".to_owned())
            });
            let whole = match written.starts_with(['/', '~', '$']) {
                true => Cow::Borrowed(written),
                false => match run.directory_at(script, index, step.state.directory.as_deref()) {
                    Some(directory) => Cow::Owned(path::join(&directory, written)),
                    None => continue,
                },
            };
            // Most paths are plain, and most files lie elsewhere, which is seen without looking at each component.
            let is_plain = !whole.contains(['*', '?', '[', '{', '~', '$']);
            let plain = is_plain.then(|| path::clean(&whole));
            let may_cover =
                |it: &str| plain.as_ref().is_none_or(|plain| path::is_inside(it, plain));
            let is_taken = |path: &str| {
                may_cover(path)
                    && (removed.is_recursive || is_named(&whole, path))
                    && covers(&whole, path, home)
            };
            let mut found = added_files(build, step, run, place, &is_taken);
            if found.is_empty() {
                let part = copied_part(build, step, run, place, (&whole, removed.is_recursive));
                found.extend(part);
            }
            // What a condition takes away was copied for the other case.
            let is_copy =
                |it: &Added| build.steps.get(it.step).is_some_and(|it| it.copy().is_some());
            found.retain(|it| !command.place.is_conditional || !is_copy(it));
            for it in found {
                if !added.iter().any(|other| other.name == it.name) {
                    added.push(it);
                }
            }
        }
        if !added.is_empty() {
            res.push(Removal { span: command.span, added, is_packages: false });
        }
    }
    res
}

/// Without `-r` only the file that is named goes.
fn is_named(removed: &str, path: &str) -> bool {
    removed.matches('/').count() == path.matches('/').count()
}

fn family(tool: Tool) -> u8 {
    match tool {
        Tool::AptGet | Tool::Apt | Tool::Aptitude => 1,
        Tool::Apk => 2,
        Tool::Dnf | Tool::Microdnf | Tool::Yum | Tool::Tdnf => 3,
        Tool::Zypper => 4,
        _ => 0,
    }
}

fn removed_packages(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &crate::RunCall<'_>,
) -> Vec<Added> {
    let own = family(call.call.tool);
    let removes = matches!(call.call.action, Action::Remove | Action::Purge | Action::AutoRemove);
    if own == 0 || !removes {
        return Vec::new();
    }
    let named = packages(&call.call);
    let names = named.filter(|it| matches!(it.kind, PackageKind::Named | PackageKind::Virtual));
    let mut res = Vec::new();
    for package in names {
        let key = (own, package.name.to_owned());
        let here = installed(run).get(&key).and_then(|it| run.calls.get(it.0));
        if here.is_some_and(|it| (it.script, it.command) < (call.script, call.command)) {
            continue;
        }
        let found = build.steps_before(step).find_map(|before| {
            let span = installed(before.run()?).get(&key)?.1;
            Some(Added { name: package.name.to_owned(), step: before.index, span })
        });
        res.extend(found);
    }
    res
}

/// The packages that the calls of a RUN install, virtual ones as well: each with the first call, by the family of its
/// tool and its name.
fn installed<'r>(run: &'r Run<'_>) -> &'r FxHashMap<(u8, String), (usize, Span)> {
    run.memory.installed.get_or_init(|| {
        let mut res = FxHashMap::default();
        for (index, call) in run.calls.iter().map(|it| &it.call).enumerate() {
            let own = family(call.tool);
            if own == 0 || !matches!(call.action, Action::Install) {
                continue;
            }
            if let Some((name, span)) =
                virtual_name(call).and_then(|it| Some((it.text()?, it.span)))
            {
                res.entry((own, name.to_owned())).or_insert((index, span));
            }
            for package in packages(call).filter(|it| it.kind == PackageKind::Named) {
                res.entry((own, package.name.to_owned())).or_insert((index, package.span));
            }
        }
        res
    })
}

/// The files of earlier layers that certainly exist and that `is_taken` says go.
fn added_files(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    is_taken: &dyn Fn(&str) -> bool,
) -> Vec<Added> {
    let brought = build.steps_before(step).flat_map(|it| brought(build, it));
    let mut res: Vec<Added> = brought.filter(|it| is_taken(&it.name)).cloned().collect();
    if res.is_empty() {
        return res;
    }
    // What this RUN brings itself is no concern of an earlier layer.
    for (script, index, command) in run.commands_with_places().take_while(|it| (it.0, it.1) < place)
    {
        let Effect::Uses { made, .. } = effect_in(build, step, run, (script, index), command)
        else {
            continue;
        };
        res.retain(|it| !made.iter().any(|own| path::is_inside(own, &it.name)));
    }
    res
}

/// What the removal of `removed` takes out of a directory that a COPY brought: for certain when the context has it, and
/// when nothing behind the COPY can have made it.
fn copied_part(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    (removed, is_recursive): (&str, bool),
) -> Option<Added> {
    const SYSTEM: [&str; 5] = ["/usr", "/var", "/etc", "/lib", "/opt/conda"];
    let is_literal = removed.starts_with('/') && !removed.contains(['*', '?', '[', '{', '$']);
    if !is_literal || SYSTEM.iter().any(|it| path::is_inside(removed, it)) {
        return None;
    }
    let removed = path::clean(removed);
    for before in build.steps_before(step) {
        let Some(copy) = before.copy() else { continue };
        let tree = build.surroundings.files.tree();
        let (Some(target), [source]) = (copy.target.as_deref(), copy.sources.as_slice()) else {
            continue;
        };
        let Some(from) = source.path.as_deref() else { continue };
        let is_known = tree.is_some() && copy.from == CopyFrom::Context;
        // Of what is not known, a single file is small, as a rule.
        if !is_known && (!is_recursive || from == "." || path::file_name(from).contains('.')) {
            continue;
        }
        let Some(below) = path::strip(&removed, target) else { continue };
        if below.is_empty() || source.kind != SourceKind::Path || source.is_pattern() {
            continue;
        }
        let is_there = match tree.filter(|_| is_known) {
            Some(tree) => {
                let ignore = build.ignore_file().map(|it| &it.1);
                let mut files = tree.below(path::join(from, below).trim_start_matches('/'));
                files.any(|it| !ignore.is_some_and(|ignore| ignore.excludes(it.0)))
            }
            None => !is_made_behind(build, before, (step, run, place), &removed),
        };
        if is_there {
            return Some(Added { name: removed, step: before.index, span: source.word.span });
        }
    }
    None
}

/// Whether a command behind the step `first` and before a place may make `path` or something below it.
fn is_made_behind(
    build: &Build<'_>,
    first: &Step<'_>,
    (step, run, place): (&Step<'_>, &Run<'_>, CommandPlace),
    path: &str,
) -> bool {
    let mut own = run.commands_with_places().take_while(|it| (it.0, it.1) < place);
    let mut between = build.steps_before(step).take_while(|it| it.index > first.index);
    own.any(|it| may_make(build, step, run, it, path))
        || between.any(|it| {
            let Some(run) = it.run() else { return false };
            run.commands_with_places().any(|command| may_make(build, it, run, command, path))
        })
}

/// Whether a command may make `path` or something below it; package managers may build things in any directory.
fn may_make(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    (script, index, command): (usize, usize, &shell::Command<'_>),
    path: &str,
) -> bool {
    let effect = effect_in(build, step, run, (script, index), command);
    let makes_below = match effect {
        Effect::Uses { made, .. } => made.iter().any(|it| path::is_inside(it, path)),
        _ => false,
    };
    run.call_at((script, index)).is_some() || makes_below || effect.may_make(path)
}

/// The files that a step certainly brings.
fn brought<'b>(build: &Build<'_>, step: &'b Step<'_>) -> &'b [Added] {
    step.memory.brought.get_or_init(|| match (step.copy(), step.run()) {
        (Some(copy), _) => copied(step, copy),
        (_, Some(run)) => fetched(build, step, run),
        _ => Vec::new(),
    })
}

fn copied(step: &Step<'_>, copy: &Copy<'_>) -> Vec<Added> {
    let Some(target) = copy.target.as_deref() else { return Vec::new() };
    let mut res = Vec::new();
    for source in copy.sources.iter().filter(|it| it.kind != SourceKind::Heredoc) {
        let name = source.path.as_deref().unwrap_or(&source.word.text);
        let lands_in = copy.is_directory && !source.is_pattern() && name != ".";
        let is_directory_itself = !path::file_name(name).contains('.');
        // A directory's contents are copied, a file itself.
        let path = match lands_in && !is_directory_itself {
            true => path::join(target, path::file_name(name)),
            false => target.to_owned(),
        };
        if path != "/" {
            res.push(Added { name: path, step: step.index, span: source.word.span });
        }
    }
    res
}

fn fetched(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>) -> Vec<Added> {
    let mut res = Vec::new();
    for (script, index, command) in run.commands_with_places() {
        let fetches = matches!(command.program(), Some("curl" | "wget" | "git" | "aria2c"));
        let is_certain = !command.place.is_conditional && !command.place.writes_pipe;
        if !fetches || !is_certain {
            continue;
        }
        let place = (script, index);
        let Effect::Uses { made, .. } = effect_in(build, step, run, place, command) else {
            continue;
        };
        for path in made.iter().filter(|it| it.len() > 1) {
            if !is_removed_there(build, step, run, place, path) {
                res.push(Added { name: path.clone(), step: step.index, span: command.span });
            }
        }
    }
    res
}

/// Whether a later command of the same RUN takes the path away already.
fn is_removed_there(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    path: &str,
) -> bool {
    let behind = run.commands_with_places().filter(|it| (it.0, it.1) > place);
    let mut effects = behind.map(|it| effect_in(build, step, run, (it.0, it.1), it.2));
    effects.any(|it| matches!(it, Effect::Uses { .. }) && it.may_remove(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Surroundings, scripts};
    use context::NoFiles;

    /// What the last RUN removes too late, each with its step.
    fn late(text: &str) -> String {
        let file = syntax::parse(text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().last().expect("a RUN");
        let removals = late_removals(&build, step, run).into_iter().flat_map(|it| it.added);
        removals.map(|it| format!("{}@{}", it.name, it.step)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn removals_that_come_too_late() {
        let table = [
            ("RUN apk add gcc\nRUN apk del gcc tzdata", "gcc@1"),
            ("RUN apk add -t deps gcc\nRUN apk del deps", "deps@1"),
            ("ENV D=\"gcc make\"\nRUN apt-get install $D\nRUN apt-get purge $D", "gcc@2 make@2"),
            ("RUN apk add gcc && apk del gcc", ""),
            ("RUN apk add gcc\nRUN apk add gcc && apk del gcc", ""),
            ("RUN apt-get remove gcc", ""),
            ("RUN wget -O /tmp/x http://h/y\nRUN rm /tmp/x", "/tmp/x@1"),
            ("RUN wget -O /tmp/x http://h/y && rm /tmp/x\nRUN rm -f /tmp/x", ""),
            ("WORKDIR /w\nRUN curl -O http://h/y.tgz\nRUN rm y.tgz", "/w/y.tgz@2"),
            ("RUN git clone http://h/y.git /src\nRUN rm -rf /src", "/src@1"),
            ("RUN git clone http://h/y.git /src\nRUN rm -f /src/x", ""),
            ("COPY a.tgz b.tgz /tmp/\nRUN rm /tmp/a.tgz", "/tmp/a.tgz@1"),
            ("COPY src /tmp/src\nRUN rm -rf /tmp/*", "/tmp/src@1"),
            ("COPY . /app\nRUN rm -rf /app/tests", ""),
            ("COPY w /w\nRUN rm -rf /w/big", "/w/big@1"),
            ("COPY w /w\nRUN chmod -R a+r /w && rm -rf /w/big", "/w/big@1"),
            ("WORKDIR /srv\nCOPY shop shop\nRUN rm -r shop/static", "/srv/shop/static@2"),
            ("COPY w /w\nRUN make && rm -rf /w/big", ""),
            ("COPY w /w\nRUN pip install /w && rm -rf /w/build", ""),
            ("COPY w /w\nRUN mkdir /w/big\nRUN touch /w/big/x && rm -rf /w/big", ""),
            ("COPY w /w\nRUN rm -rf /w/*", "/w@1"),
            ("COPY w /w\nRUN if x; then rm -rf /w; fi", ""),
            ("RUN rm -rf /usr/share/doc", ""),
            ("RUN if true; then wget -O /tmp/x http://h/y; fi\nRUN rm -f /tmp/x", ""),
        ];
        for (text, expected) in table {
            assert_eq!(late(&format!("FROM python:3.13-alpine\n{text}\n")), expected, "{text}");
        }
    }
}
