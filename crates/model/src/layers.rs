//! What each layer of the shipped image adds, and how much of it is of no use: estimates.

use knowledge::image::{Image, Variant};
use knowledge::python_size::PythonPackages;
use knowledge::size::Installed;
use managers::cache::Cache;

use crate::build_tools::{BuildTool, build_tools};
use crate::estimate::{DATABASES, install, readable, saved_without};
use crate::layer::late_removals;
use crate::python_estimate::{PythonAddition, added_by_run, copied};
use crate::unwanted::{broad_copy, contents};
use crate::{Build, Copy, CopyFrom, Run, SourceKind, Stage, Step, cache, path};

/// A layer of the shipped image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// The step that makes it.
    pub step: usize,
    /// What is known of it, the largest part first.
    pub parts: Vec<Part>,
}

/// A part of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is, for a reader: "build tools", "the package lists of apt".
    pub what: String,
    /// Its bytes: an estimate. `None` if they are not known.
    pub bytes: Option<u64>,
    /// What is not in these bytes, for a reader: "3 of unknown size".
    pub rest: Option<String>,
    /// Nothing in the image needs it.
    pub is_wasted: bool,
}

impl Part {
    /// Its size for a reader: `~214 MB`, `~120 MB and 3 of unknown size`, "size not known".
    pub fn size(&self) -> String {
        match (self.bytes, &self.rest) {
            (None, _) => "size not known".to_owned(),
            (Some(bytes), None) => readable(bytes),
            (Some(bytes), Some(rest)) => format!("{} and {rest}", readable(bytes)),
        }
    }
}

impl Layer {
    /// The bytes of all parts whose size is known, and whether there are others.
    pub fn adds(&self) -> (u64, bool) {
        sum(self.parts.iter())
    }

    /// The same of the parts that are of no use.
    pub fn wastes(&self) -> (u64, bool) {
        sum(self.parts.iter().filter(|it| it.is_wasted))
    }
}

fn sum<'p>(parts: impl Iterator<Item = &'p Part> + Clone) -> (u64, bool) {
    let is_open = parts.clone().any(|it| it.bytes.is_none() || it.rest.is_some());
    (parts.filter_map(|it| it.bytes).sum(), is_open)
}

/// The caches that a package manager may leave, with the words for each.
const CACHES: [(Cache, &str); 4] = [
    (Cache::AptLists, "package lists"),
    (Cache::Pip, "pip's cache"),
    (Cache::Uv, "uv's cache"),
    (Cache::Poetry, "Poetry's cache"),
];

/// The layers of the image that is shipped, the base image first. Instructions that add no files are left out.
pub fn layers<'f>(build: &Build<'f>) -> Vec<Layer> {
    let Some(last) = build.stages.iter().rfind(|it| it.is_shipped) else { return Vec::new() };
    let mut lineage: Vec<&Stage<'f>> = build.lineage(last).collect();
    lineage.reverse();
    let mut installed = lineage.first().and_then(|it| Installed::of_image(&build.image(it)?));
    let mut packages = PythonPackages::of_image();
    let mut res = Vec::new();
    for (at, stage) in lineage.iter().enumerate() {
        let tools = build_tools(build, stage);
        for step in build.steps_of(stage) {
            let is_first = step.index == stage.steps.start;
            let mut parts = match (step.run(), step.copy()) {
                (Some(run), _) => {
                    let tools = tools.iter().filter(|it| it.step == step.index).cloned().collect();
                    run_parts(build, stage, (step, run), tools, (&mut installed, &mut packages))
                }
                (_, Some(copy)) => copy_parts(build, step, copy),
                _ if is_first && at == 0 => vec![base_part(build, stage)],
                _ => continue,
            };
            parts.sort_by_key(|it| std::cmp::Reverse(it.bytes));
            res.push(Layer { step: step.index, parts });
        }
    }
    mark_removed(build, &mut res);
    res
}

fn base_part<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Part {
    let bytes = build.image(stage).as_ref().and_then(base_bytes);
    Part { what: "base image".to_owned(), bytes, rest: None, is_wasted: false }
}

/// The size of an official image of Python, without patches of single versions. Measured on Debian 12.
fn base_bytes(image: &Image) -> Option<u64> {
    match image.variant {
        _ if !image.python.is_official() => None,
        Variant::Slim => Some(131_000_000),
        Variant::Full => Some(1_000_000_000),
        Variant::Alpine => Some(50_000_000),
        _ => None,
    }
}

fn run_parts<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (step, run): (&Step<'f>, &Run<'f>),
    tools: Vec<BuildTool>,
    (installed, packages): (&mut Option<Installed>, &mut PythonPackages),
) -> Vec<Part> {
    let part = |what: &str, bytes: Option<u64>, is_wasted: bool| Part {
        what: what.to_owned(),
        bytes,
        rest: None,
        is_wasted,
    };
    let mut res = Vec::new();
    let installs = |it: &crate::RunCall<'_>| {
        it.call.tool.is_system() && it.call.action == managers::Action::Install
    };
    if run.calls.iter().any(installs) {
        // Without any there is nothing to ask, which would take as long as the stage has steps.
        let of_tools = if tools.is_empty() { None } else { saved_without(build, stage, &tools) };
        let added = installed.as_mut().map(|it| install(it, run, &|_| true));
        let all = added.filter(|it| it.n_unknown == 0).map(|it| it.bytes);
        let at_least = added.map_or(0, |it| it.bytes);
        if !tools.is_empty() {
            res.push(part("build tools", of_tools, true));
        }
        let rest = at_least.saturating_sub(of_tools.unwrap_or(0));
        if rest > DATABASES || tools.is_empty() || all.is_none() {
            let known = (at_least > 0 || all.is_some()).then_some(rest);
            res.push(part("system packages", known, false));
        }
        if let Some(unknown) = added.filter(|it| it.n_unknown > 0 && it.bytes > 0) {
            let packages = if unknown.n_unknown == 1 { "package" } else { "packages" };
            res.push(part(&format!("{} more {packages}", unknown.n_unknown), None, false));
        }
    }
    let added = added_by_run(build, step, run, packages);
    for (cache, what) in CACHES {
        if cache::kept_in(build, step, run, &[cache]).next().is_none() {
            continue;
        }
        let fetched = added.as_ref().and_then(|it| Some((known(it.fetched, it)?, it.rest())));
        let (bytes, rest) = match cache {
            Cache::AptLists => (installed.as_ref().map(Installed::package_lists), None),
            // pip and Poetry keep the wheels as they are fetched; what uv keeps it may share with what it installs.
            Cache::Pip | Cache::Poetry => fetched.map_or((None, None), |it| (Some(it.0), it.1)),
            _ => (None, None),
        };
        res.push(Part { rest, ..part(what, bytes, true) });
    }
    if let Some(added) = added {
        let bytes = known(added.installed, &added);
        let rest = added.rest().filter(|_| bytes.is_some());
        res.push(Part { rest, ..part("Python packages", bytes, false) });
    } else if res.is_empty() {
        res.push(part("what the commands write", None, false));
    }
    res
}

/// What is known of an addition; nothing where all of it is unknown.
fn known(bytes: u64, of: &PythonAddition) -> Option<u64> {
    (bytes > 0 || !of.is_least()).then_some(bytes)
}

fn copy_parts<'f>(build: &Build<'f>, step: &Step<'f>, copy: &Copy<'f>) -> Vec<Part> {
    let tree = build.surroundings.files.tree().filter(|_| copy.from == CopyFrom::Context);
    let ignore = build.ignore_file().map(|it| &it.1);
    let size = |path: &str| {
        let files = tree?.below(path);
        let kept = files.filter(|it| !ignore.is_some_and(|ignore| ignore.excludes(it.0)));
        Some(kept.map(|it| it.1).sum::<u64>())
    };
    let is_plain = |it: &crate::Source<'_>| it.kind == SourceKind::Path && !it.is_pattern();
    let sizes = copy
        .sources
        .iter()
        .filter(|it| it.kind != SourceKind::Heredoc)
        .map(|it| size(it.path.as_deref().filter(|_| is_plain(it))?));
    let all: Option<u64> = sizes.sum();
    let mut res = Vec::new();
    let is_broad = broad_copy(build).is_some_and(|it| it.index == step.index);
    let unwanted = || contents(build).unwanted.iter().map(|it| it.size).sum::<u64>();
    let unwanted = if is_broad { unwanted() } else { 0 };
    if unwanted > 0 {
        let what = "files of no use in an image".to_owned();
        res.push(Part { what, bytes: Some(unwanted), rest: None, is_wasted: true });
    }
    let what = match &copy.from {
        CopyFrom::Context => "copied files".to_owned(),
        CopyFrom::Stage(_) => "files of another stage".to_owned(),
        CopyFrom::Other(_) => "files of another image".to_owned(),
    };
    if all.is_none()
        && let Some((added, has_more)) = copied(build, step)
    {
        let bytes = known(added.installed, &added);
        let others = has_more.then(|| "other files".to_owned());
        let rest = added.rest().or(others).filter(|_| bytes.is_some());
        let what = "Python packages of another stage".to_owned();
        res.push(Part { what, bytes, rest, is_wasted: false });
        return res;
    }
    let bytes = all.map(|it| it.saturating_sub(unwanted));
    res.push(Part { what, bytes, rest: None, is_wasted: false });
    res
}

/// Marks what a later layer removes: it stays all the same.
fn mark_removed<'f>(build: &Build<'f>, layers: &mut [Layer]) {
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        for removal in late_removals(build, step, run) {
            for added in removal.added.iter().filter(|_| !removal.is_packages) {
                let Some(layer) = layers.iter_mut().find(|it| it.step == added.step) else {
                    continue;
                };
                // A layer with other things too is only partly removed.
                if let [only] = layer.parts.as_mut_slice() {
                    only.is_wasted = true;
                    only.what =
                        format!("`{}`, removed in a later layer", path::file_name(&added.name));
                }
            }
        }
    }
}
