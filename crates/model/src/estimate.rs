//! What installations of system packages add to the layers of a stage: estimates, from the tables of package sizes.

use knowledge::size::{Addition, Installed};
use managers::system::{PackageKind, has_unknown_packages, leaves_out_recommends, packages};
use managers::{Action, Tool};
use rustc_hash::FxHashSet;

use crate::build_tools::BuildTool;
use crate::layer::{Added, Removal};
use crate::{Build, CopyFrom, Run, RunCall, SourceKind, Stage, Step, path};

/// What a layer with an installation holds beside the packages: dpkg writes its databases and the list of fonts,
/// libraries and the like anew. Measured with one small package on the slim image.
pub const DATABASES: u64 = 1_000_000;

/// The system packages before `step`: those of the base image and those that earlier layers install. `None` if the
/// sizes of the packages of this image are not known.
pub fn installed_before<'f>(build: &Build<'f>, step: &Step<'f>) -> Option<Installed> {
    let stage = build.stage(step)?;
    // A rule asks for one step after the other, so each goes on from where the one before it was.
    let (mut res, first) = match build.installed.take() {
        Some((known, it)) if stage.steps.start < known && known <= step.index => (it, known),
        _ => {
            let mut res = Installed::of_image(&build.image(stage)?)?;
            let mut parents: Vec<&Stage<'f>> = build.lineage(stage).skip(1).collect();
            parents.reverse();
            parents.iter().for_each(|it| install_all(&mut res, build.steps_of(it)));
            (res, stage.steps.start)
        }
    };
    install_all(&mut res, build.steps.get(first..step.index).unwrap_or(&[]));
    build.installed.replace(Some((step.index, res.clone())));
    Some(res)
}

/// The system packages at the end of a stage; `None` as with [`installed_before`], and where one is not known, which may
/// bring others along.
pub fn installed_at_end<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Installed> {
    let mut res = Installed::of_image(&build.image(stage)?)?;
    let mut stages: Vec<&Stage<'f>> = build.lineage(stage).collect();
    stages.reverse();
    for run in stages.iter().flat_map(|it| build.steps_of(it)).filter_map(|it| it.run()) {
        if install(&mut res, run, &|_| true).n_unknown > 0 {
            return None;
        }
    }
    Some(res)
}

fn install_all(installed: &mut Installed, steps: &[Step<'_>]) {
    for run in steps.iter().filter_map(|it| it.run()) {
        install(installed, run, &|_| true);
    }
}

/// What a RUN adds to the system packages in `installed`, which have its packages afterwards. What the same RUN
/// removes again is left out.
pub fn install(
    installed: &mut Installed,
    run: &Run<'_>,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Addition {
    let mut res = Addition::default();
    for call in run.calls.iter().filter(|it| installs(it)) {
        let stays = |name: &str| !run.calls.iter().any(|it| takes_away(it, call, name));
        let named = packages(&call.call);
        let named = named.filter(|it| it.kind == PackageKind::Named).map(|it| it.name);
        let named = named.filter(|it| stays(it) && is_wanted(it));
        let added = installed.install(named, !leaves_out_recommends(&call.call));
        res.bytes += added.bytes;
        res.n_unknown += added.n_unknown + usize::from(has_unknown_packages(&call.call));
    }
    if res.bytes > 0 {
        res.bytes += DATABASES;
    }
    res
}

/// What the recommended packages of an installation add, for a reader; `None` where it is not known or next to nothing.
pub fn recommended<'f>(build: &Build<'f>, step: &Step<'f>, call: &RunCall<'f>) -> Option<String> {
    const LEAST_BYTES: u64 = 100_000;
    let installed = installed_before(build, step)?;
    let named = || {
        let named = packages(&call.call).filter(|it| it.kind == PackageKind::Named);
        named.map(|it| it.name)
    };
    let with = installed.would_add(named(), true);
    let without = installed.would_add(named(), false);
    let is_known = with.n_unknown == 0 && !has_unknown_packages(&call.call);
    let bytes = with.bytes.saturating_sub(without.bytes);
    (is_known && bytes >= LEAST_BYTES).then(|| readable(bytes))
}

/// The bytes by which the image would be smaller without these build tools and all that only they bring along: an
/// estimate, `None` where it is not known. The tools are those of `stage`, from [`crate::build_tools::build_tools`].
pub fn saved_without<'f>(build: &Build<'f>, stage: &Stage<'f>, tools: &[BuildTool]) -> Option<u64> {
    without(build, stage, &tools.iter().map(|it| (it.step, &*it.name)).collect())
}

/// The bytes of what a late removal leaves in earlier layers: system packages with what only they bring along, or whole
/// files and folders of the build context. An estimate, `None` where it is not known.
pub fn removed_late<'f>(build: &Build<'f>, removal: &Removal) -> Option<u64> {
    let added = &removal.added;
    if removal.is_packages {
        let stage = build.stages.iter().rfind(|it| it.is_shipped)?;
        return without(build, stage, &added.iter().map(|it| (it.step, &*it.name)).collect());
    }
    let tree = build.surroundings.files.tree()?;
    let size = |it: &Added| {
        let copy = build.steps.get(it.step)?.copy().filter(|it| it.from == CopyFrom::Context)?;
        let [source] = &*copy.sources else { return None };
        let path = source.path.as_deref().filter(|_| source.kind == SourceKind::Path)?;
        let is_whole = !source.is_pattern() && path::file_name(path) == path::file_name(&it.name);
        let files = tree.below(path).map(|it| it.1);
        is_whole.then(|| files.sum::<u64>())
    };
    added.iter().map(size).sum()
}

/// By how much less installations of system packages would write without these, by step and name.
fn without<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    left_out: &FxHashSet<(usize, &str)>,
) -> Option<u64> {
    let all = grown(build, stage)?;
    let steps = || left_out.iter().map(|it| it.0);
    let (first, last) = (steps().min()?, steps().max()?);
    let start = all.partition_point(|it| it.step < first);
    let Grown { mut installed, bytes: mut full, .. } = all.get(start.checked_sub(1)?)?.clone();
    let mut bytes = full;
    for it in all.get(start..)? {
        let run = build.steps.get(it.step)?.run()?;
        let is_wanted = |name: &str| !left_out.contains(&(it.step, name));
        bytes += install(&mut installed, run, &is_wanted).bytes;
        full = it.bytes;
        // With the same packages there, the later ones write the same.
        if it.step >= last && installed == it.installed {
            break;
        }
    }
    Some(full.saturating_sub(bytes)).filter(|it| *it > 0)
}

/// The system packages behind a RUN.
#[derive(Clone, Debug)]
pub(crate) struct Grown {
    step: usize,
    installed: Installed,
    /// What the installations up to here write.
    bytes: u64,
}

/// The base image, at step 0, and each RUN of a stage and of those that it is built from.
fn grown<'a, 'f>(build: &'a Build<'f>, stage: &'a Stage<'f>) -> Option<&'a [Grown]> {
    let find = || {
        let mut installed = Installed::of_image(&build.image(stage)?)?;
        let mut bytes = 0;
        let mut res = vec![Grown { step: 0, installed: installed.clone(), bytes }];
        let mut lineage: Vec<&Stage<'f>> = build.lineage(stage).collect();
        lineage.reverse();
        for step in lineage.iter().flat_map(|it| build.steps_of(it)) {
            let Some(run) = step.run() else { continue };
            bytes += install(&mut installed, run, &|_| true).bytes;
            // One copy of the packages is kept for all the RUNs that add none.
            if let Some(last) = res.last().filter(|it| it.installed == installed) {
                installed = last.installed.clone();
            }
            res.push(Grown { step: step.index, installed: installed.clone(), bytes });
        }
        Some(res)
    };
    stage.memory.grown.get_or_init(find).as_deref()
}

/// The package lists that `apt-get update` brings to the image of a stage, for a reader: an estimate, `None` where it is
/// not known.
pub fn package_lists<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<String> {
    Some(readable(Installed::of_image(&build.image(stage)?)?.package_lists()))
}

/// An estimate for a reader: `~214 MB`, `~3.5 MB`, `<0.1 MB`. Megabytes are millions of bytes, as Docker shows them.
pub fn readable(bytes: u64) -> String {
    let tenths = (bytes + 50_000) / 100_000;
    match tenths {
        0 => "<0.1 MB".to_owned(),
        1..=99 => format!("~{}.{} MB", tenths / 10, tenths % 10),
        _ => format!("~{} MB", (bytes + 500_000) / 1_000_000),
    }
}

/// Whether a call installs packages of Debian for certain.
fn installs(call: &RunCall<'_>) -> bool {
    let call = &call.call;
    let is_apt = matches!(call.tool, Tool::AptGet | Tool::Apt | Tool::Aptitude);
    is_apt && call.action == Action::Install && !call.command.place.is_conditional
}

/// Whether a later call of the same RUN removes a package that `call` installs.
fn takes_away(later: &RunCall<'_>, call: &RunCall<'_>, name: &str) -> bool {
    let removes = matches!(later.call.action, Action::Remove | Action::Purge | Action::AutoRemove);
    removes
        && (later.script, later.command) > (call.script, call.command)
        && packages(&later.call).any(|it| it.name == name)
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::{Surroundings, build_tools::build_tools, scripts};

    fn with_build<T>(text: &str, ask: impl FnOnce(&Build<'_>) -> T) -> T {
        let file = syntax::parse(text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        ask(&Build::new(&file, &scripts, surroundings))
    }

    /// What each RUN of the last stage adds, in full megabytes.
    fn added(text: &str) -> Vec<Option<u64>> {
        with_build(text, |build| {
            let runs = build.runs().filter(|it| build.is_shipped(it.0));
            let added = runs.map(|(step, run)| {
                let mut installed = installed_before(build, step)?;
                let added = install(&mut installed, run, &|_| true);
                (added.n_unknown == 0).then_some(added.bytes / 1_000_000)
            });
            added.collect()
        })
    }

    #[test]
    fn a_layer_adds_what_is_not_there_yet() {
        let slim = "FROM python:3.12-slim-bookworm\n";
        let gcc = "RUN apt-get install -y --no-install-recommends gcc libc6-dev";
        let first = added(&format!("{slim}{gcc}\n"));
        let both = added(&format!("{slim}{gcc}\n{gcc} g++\n"));
        assert_eq!(both[0], first[0]);
        assert!(first[0] > Some(100) && both[1] < first[0], "{both:?}");
        let removed = added(&format!("{slim}{gcc} curl && apt-get purge -y gcc libc6-dev\n"));
        assert!(removed[0] < Some(10), "{removed:?}");
        let full = added(&format!("FROM python:3.12-bookworm\n{gcc}\n"));
        assert_eq!(full, [Some(0)]);
        assert_eq!(added(&format!("{slim}RUN apt-get install -y acme-tools\n")), [None]);
        assert_eq!(added(&format!("FROM ubuntu:24.04\n{gcc}\n")), [None]);
        assert_eq!(added("FROM python:3.12-alpine\nRUN apk add gcc\n"), [None]);
    }

    #[test]
    fn tools_are_counted_with_what_only_they_need() {
        let text = "FROM python:3.12-slim-bookworm\nRUN apt-get install -y --no-install-recommends gcc libc6-dev git\n";
        with_build(text, |build| {
            let stage = &build.stages[0];
            let saved = saved_without(build, stage, &build_tools(build, stage)).unwrap();
            assert!((100_000_000..200_000_000).contains(&saved), "{saved}");
            assert_eq!(saved_without(build, stage, &[]), None);
        });
    }

    #[test]
    fn estimates_say_that_they_are() {
        assert_eq!(readable(213_700_000), "~214 MB");
        assert_eq!(readable(3_460_000), "~3.5 MB");
        assert_eq!(readable(9_950_000), "~10 MB");
        assert_eq!(readable(50_000), "~0.1 MB");
        assert_eq!(readable(49_999), "<0.1 MB");
    }
}
