//! What a removal takes away that an earlier layer added: packages that a RUN installed, files that were copied or
//! downloaded.

use managers::removal::{covers, removed_paths};
use managers::system::{PackageKind, packages, virtual_name};
use managers::{Action, Tool};
use syntax::Span;

use crate::effect::Effect;
use crate::{Build, CommandPlace, Run, SourceKind, Step, effect_in, path};

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
    for (script, index, command) in run.commands_with_places() {
        let place = (script, index);
        if let Some(call) = run.calls.iter().find(|it| (it.script, it.command) == place) {
            let added = removed_packages(build, step, run, place, call);
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
            let directory = run.directory_at(script, index, step.state.directory.as_deref());
            let home = crate::home(build, step).unwrap_or_else(|| "/root".to_owned());
            let whole = match written.starts_with(['/', '~', '$']) {
                true => written.to_owned(),
                false => match directory {
                    Some(directory) => path::join(&directory, written),
                    None => continue,
                },
            };
            let is_taken = |path: &str| {
                covers(&whole, path, &home)
                    && (removed.is_recursive
                        || covers(&whole, path, &home) && is_named(&whole, path))
            };
            for it in added_files(build, step, run, place, &is_taken) {
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
    place: CommandPlace,
    call: &crate::RunCall<'_>,
) -> Vec<Added> {
    let own = family(call.call.tool);
    let removes = matches!(call.call.action, Action::Remove | Action::Purge | Action::AutoRemove);
    if own == 0 || !removes {
        return Vec::new();
    }
    let named = packages(&call.call);
    let names = named.filter(|it| matches!(it.kind, PackageKind::Named | PackageKind::Virtual));
    let is_installed_here = |name: &str| {
        let before = run
            .calls
            .iter()
            .filter(|it| (it.script, it.command) < place && family(it.call.tool) == own);
        before.filter_map(|it| installed_at(it, name)).next().is_some()
    };
    let mut res = Vec::new();
    for package in names {
        if is_installed_here(package.name) {
            continue;
        }
        let found = build.steps_before(step).find_map(|before| {
            let calls = before.run()?.calls.iter().filter(|it| family(it.call.tool) == own);
            let span = calls.filter_map(|it| installed_at(it, package.name)).next()?;
            Some(Added { name: package.name.to_owned(), step: before.index, span })
        });
        res.extend(found);
    }
    res
}

/// Where a call installs a package of this name, or a virtual one.
fn installed_at(call: &crate::RunCall<'_>, name: &str) -> Option<Span> {
    let call = &call.call;
    if !matches!(call.action, Action::Install) {
        return None;
    }
    if virtual_name(call).and_then(|it| it.text()) == Some(name) {
        return virtual_name(call).map(|it| it.span);
    }
    let mut packages = packages(call);
    packages.find(|it| it.kind == PackageKind::Named && it.name == name).map(|it| it.span)
}

/// The files of earlier layers that certainly exist and that `is_taken` says go.
fn added_files(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    place: CommandPlace,
    is_taken: &dyn Fn(&str) -> bool,
) -> Vec<Added> {
    // What this RUN brings itself is no concern of an earlier layer.
    let mut own: Vec<String> = Vec::new();
    for (script, index, command) in run.commands_with_places().filter(|it| (it.0, it.1) < place) {
        match effect_in(build, step, run, (script, index), command) {
            Effect::Uses { made, .. } => own.extend(made),
            Effect::None | Effect::Unknown => {}
        }
    }
    let mut res = Vec::new();
    for before in build.steps_before(step) {
        if let Some(copy) = before.copy() {
            let Some(target) = copy.target.as_deref() else { continue };
            for source in copy.sources.iter().filter(|it| it.kind != SourceKind::Heredoc) {
                let name = source.path.as_deref().unwrap_or(&source.word.text);
                let lands_in = copy.is_directory && !source.is_pattern() && name != ".";
                let is_directory_itself = !path::file_name(name).contains('.');
                // A directory's contents are copied, a file itself.
                let path = match lands_in && !is_directory_itself {
                    true => path::join(target, path::file_name(name)),
                    false => target.to_owned(),
                };
                if path != "/"
                    && is_taken(&path)
                    && !own.iter().any(|it| path::is_inside(it, &path))
                {
                    res.push(Added { name: path, step: before.index, span: source.word.span });
                }
            }
        }
        let Some(other) = before.run() else { continue };
        for (script, index, command) in other.commands_with_places() {
            let fetches = matches!(command.program(), Some("curl" | "wget" | "git" | "aria2c"));
            let is_certain = !command.place.is_conditional && !command.place.writes_pipe;
            if !fetches || !is_certain {
                continue;
            }
            let Effect::Uses { made, .. } =
                effect_in(build, before, other, (script, index), command)
            else {
                continue;
            };
            for path in made {
                let is_gone = is_removed_there(build, before, other, (script, index), &path);
                if path.len() > 1
                    && is_taken(&path)
                    && !is_gone
                    && !own.iter().any(|it| path::is_inside(it, &path))
                {
                    res.push(Added { name: path, step: before.index, span: command.span });
                }
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
            ("RUN rm -rf /usr/share/doc", ""),
            ("RUN if true; then wget -O /tmp/x http://h/y; fi\nRUN rm -f /tmp/x", ""),
        ];
        for (text, expected) in table {
            assert_eq!(late(&format!("FROM python:3.13-alpine\n{text}\n")), expected, "{text}");
        }
    }
}
