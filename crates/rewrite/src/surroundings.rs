//! What the builder repeats of the other instructions: files, variables, directories, the shell and the user.

use context::copy_sources;
use model::{
    Build, Copy, CopyFrom, Effect, Presence, SourceKind, Step, User, effect_in, path, presence,
};
use syntax::{Keyword, line_end};

use crate::deed::{Deed, Task};
use crate::pip::Install;
use crate::plan::Refusal;

/// The steps whose COPY or ADD brings what the calls read.
pub(crate) fn bringing(build: &Build<'_>, installs: &[Install<'_, '_>]) -> Vec<usize> {
    let mut res = Vec::new();
    for install in installs {
        for file in &install.files {
            match presence(build, install.step, None, file) {
                Presence::Present(step) => res.push(step),
                _ => res.extend(nearest(build, install.step, file, install.has_project)),
            }
        }
        if install.has_project || !install.is_read {
            // What is not read may ask for more files, and a project for all of its own.
            for step in build.steps_before(install.step).filter(|it| it.stage == install.step.stage)
            {
                let is_near = step.copy().is_some_and(|copy| {
                    let Some(target) = copy.target.as_deref() else { return true };
                    install.files.iter().any(|it| {
                        let folder = if install.has_project { it.as_str() } else { parent(it) };
                        path::is_inside(target, folder)
                            || path::is_inside(it, target)
                            || parent(target) == folder
                    })
                });
                if is_near {
                    res.push(step.index);
                }
            }
        }
    }
    // The settings of the installers go where these run.
    let first = installs.iter().map(|it| it.step).min_by_key(|it| it.index);
    for step in first.into_iter().flat_map(|it| build.steps_before(it)) {
        if step.copy().is_some_and(brings_settings) {
            res.push(step.index);
        }
    }
    res.sort_unstable();
    res.dedup();
    res
}

/// The COPYs and ADDs before a RUN that bring what its commands in the builder work with.
pub(crate) fn read_by(
    build: &Build<'_>,
    step: &Step<'_>,
    in_builder: &[&Task<'_, '_>],
) -> Vec<usize> {
    let Some(run) = step.run() else { return Vec::new() };
    let is_own = |it: &&&Task<'_, '_>| {
        matches!(it.deed, Deed::Files | Deed::Program(_) | Deed::Sources | Deed::Perhaps)
    };
    let own: Vec<&&Task<'_, '_>> = in_builder.iter().filter(is_own).collect();
    let before = build.steps_before(step).filter(|it| it.stage == step.stage);
    let bringing = before.filter(|it| {
        let Some(copy) = it.copy() else { return false };
        let Some(target) = copy.target.as_deref() else { return !own.is_empty() };
        let names: Vec<&str> = copy.context_paths().map(|it| path::file_name(it.0)).collect();
        let meets = |it: &String| {
            path::is_inside(it, target) || target != "/" && path::is_inside(target, it)
        };
        run.commands_with_places().any(|(script, index, command)| {
            if !own.iter().any(|it| it.span.contains(command.span)) {
                return false;
            }
            if command.program() == Some("update-ca-certificates") {
                return target.contains("certificates");
            }
            match effect_in(build, step, run, (script, index), command) {
                Effect::Uses { paths, made, .. } => paths.iter().chain(made).any(meets),
                Effect::None | Effect::Unknown => {
                    let text = command.span.of(build.file.text);
                    let at = run.directory_at(script, index, step.state.directory.as_deref());
                    let is_there =
                        target != "/" && at.is_some_and(|it| path::is_inside(&it, target));
                    let is_named = |it: &&str| it.len() > 1 && text.contains(*it);
                    is_there || text.contains(target) && target != "/" || names.iter().any(is_named)
                }
            }
        })
    });
    bringing.map(|it| it.index).collect()
}

/// Whether a COPY brings `pip.conf`, `.netrc` and the like to where they are read.
fn brings_settings(copy: &Copy<'_>) -> bool {
    const SETTINGS: [&str; 4] = ["pip.conf", "pip.ini", ".netrc", "uv.toml"];
    let is_one = |it: &str| SETTINGS.contains(&path::file_name(it));
    copy.target.as_deref().is_some_and(is_one) || copy.context_paths().any(|it| is_one(it.0))
}

/// Refuses where a file that pip reads may come only from a command that nobody sees into: the builder would lack it.
pub(crate) fn check_sources(
    build: &Build<'_>,
    installs: &[Install<'_, '_>],
) -> Result<(), Refusal> {
    for install in installs.iter().filter(|it| !it.has_project) {
        for file in &install.files {
            let is_doubtful = presence(build, install.step, None, file) == Presence::Unknown;
            let makes = |step: &Step<'_>| {
                let Some(run) = step.run() else { return false };
                run.commands_with_places().any(|(script, index, command)| {
                    let effect = effect_in(build, step, run, (script, index), command);
                    *effect != Effect::Unknown && effect.may_make(file)
                })
            };
            let is_mounted = install.step.run().is_some_and(|it| !it.mounts.is_empty());
            let is_made = || makes(install.step) || build.steps_before(install.step).any(makes);
            let is_copied = || !nearest(build, install.step, file, false).is_empty();
            if is_doubtful && !is_mounted && !is_copied() && !is_made() {
                let name = path::file_name(file);
                let reason = format!("no COPY brings `{name}`, so a command before may make it");
                return Err(Refusal::at(install.call.head(), reason));
            }
        }
    }
    Ok(())
}

fn parent(file: &str) -> &str {
    match file.rsplit_once('/') {
        Some(("", _)) | None => "/",
        Some((folder, _)) => folder,
    }
}

/// The last COPYs before a call that may bring a file.
fn nearest(build: &Build<'_>, step: &Step<'_>, file: &str, is_folder: bool) -> Vec<usize> {
    let before = build.steps_before(step).filter(|it| it.stage == step.stage);
    let may_bring = before.filter(|it| {
        it.copy().is_some_and(|copy| match copy.target.as_deref() {
            Some(target) => {
                path::is_inside(file, target) || is_folder && path::is_inside(target, file)
            }
            None => true,
        })
    });
    let found: Vec<usize> = may_bring.map(|it| it.index).collect();
    match is_folder {
        true => found,
        false => found.into_iter().take(1).collect(),
    }
}

/// What the builder does in the place of a COPY: the same, or only the files that are read.
pub(crate) fn copied(
    build: &Build<'_>,
    step: &Step<'_>,
    installs: &[Install<'_, '_>],
) -> Vec<String> {
    let Some(copy) = step.copy() else { return Vec::new() };
    let whole = vec![whole(build, step, false)];
    let is_small = installs.iter().all(|it| it.is_read && !it.has_project);
    if !is_small || copy.from != CopyFrom::Context || copy.is_add {
        return whole;
    }
    let [source] = &*copy.sources else {
        return narrowed_sources(build, step, copy, installs).map_or(whole, |it| vec![it]);
    };
    let Some((written, target)) = source.path.as_deref().zip(copy.target.as_deref()) else {
        return whole;
    };
    if written.ends_with(".txt") || source.kind != SourceKind::Path {
        return whole;
    }
    let Some(tree) = build.surroundings.files.tree() else { return whole };
    if tree.is_file(written) || written != "." && copy_sources::has_wildcard(written) {
        return whole;
    }
    let mut folders: Vec<(String, Vec<String>)> = Vec::new();
    for file in installs.iter().flat_map(|it| &it.files) {
        let Some(below) = path::strip(file, target) else { continue };
        let from = if written == "." { below.to_owned() } else { format!("{written}/{below}") };
        if !tree.is_file(&from) {
            return whole;
        }
        let folder = below.rsplit_once('/').map_or("", |it| it.0);
        match folders.iter_mut().find(|it| it.0 == folder) {
            Some(it) if !it.1.contains(&from) => it.1.push(from),
            Some(_) => {}
            None => folders.push((folder.to_owned(), vec![from])),
        }
    }
    let destination = copy.destination.span.of(build.file.text);
    let lines = folders.into_iter().map(|(folder, files)| {
        let base = destination.trim_end_matches('/');
        let to = match (folder.as_str(), destination) {
            ("", "." | "./" | "/") => destination.to_owned(),
            ("", _) => format!("{base}/"),
            (_, "." | "./") => format!("{folder}/"),
            _ => format!("{base}/{folder}/"),
        };
        format!("COPY {} {to}", files.join(" "))
    });
    let lines: Vec<String> = lines.collect();
    if lines.is_empty() { whole } else { lines }
}

/// A COPY of several files without those that are not read.
fn narrowed_sources(
    build: &Build<'_>,
    step: &Step<'_>,
    copy: &Copy<'_>,
    installs: &[Install<'_, '_>],
) -> Option<String> {
    let target = copy.target.as_deref()?;
    if matches!(step.instruction.arguments, syntax::Arguments::Exec { .. }) {
        return None;
    }
    let is_read = |written: &str| {
        let at = path::join(target, path::file_name(written));
        installs.iter().flat_map(|it| &it.files).any(|it| *it == at)
    };
    let mut kept: Vec<&str> = Vec::new();
    for source in &copy.sources {
        let written = source.path.as_deref().filter(|_| !source.is_pattern())?;
        if is_read(written) {
            kept.push(source.word.span.of(build.file.text));
        }
    }
    let destination = copy.destination.span.of(build.file.text);
    (!kept.is_empty() && kept.len() < copy.sources.len())
        .then(|| format!("COPY {} {destination}", kept.join(" ")))
}

/// The instruction as it is written, but for modes and owners: the builder has no users that are made in the stage.
/// With `keeps_numbers` owners by number stay.
pub(crate) fn whole(build: &Build<'_>, step: &Step<'_>, keeps_numbers: bool) -> String {
    let instruction = step.instruction;
    let text = instruction.span.of(build.file.text);
    let start = instruction.span.start as usize;
    let mut res = text.to_owned();
    for flag in instruction.flags.iter().rev() {
        let goes = match &*flag.name {
            "chmod" => true,
            "chown" => {
                let owner = flag.span.of(build.file.text).split_once('=').map_or("", |it| it.1);
                !keeps_numbers || !owner.starts_with(|it: char| it.is_ascii_digit())
            }
            _ => false,
        };
        if goes {
            let from = flag.span.start as usize - start;
            let rest = text.get(flag.span.end as usize - start..).unwrap_or("");
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let to = flag.span.end as usize - start + blanks;
            res.replace_range(from..to, "");
        }
    }
    res
}

/// The ARG and ENV instructions that the builder repeats, of those before `last`: for each the lines.
pub(crate) fn variables(
    build: &Build<'_>,
    steps: &[Step<'_>],
    moved_text: &str,
) -> Vec<(usize, Vec<String>)> {
    // What is unpacked to build with is found by variables of such names.
    let unpacks = ["unzip ", "tar ", "dpkg "].iter().any(|it| moved_text.contains(it));
    let is_place = |name: &str| {
        ["_HOME", "_ROOT", "_DIR", "_PREFIX", "_PATH"].iter().any(|it| name.ends_with(it))
    };
    let mut texts = vec![moved_text.to_owned()];
    let mut res = Vec::new();
    for step in steps.iter().rev() {
        if !matches!(step.instruction.keyword, Keyword::Arg | Keyword::Env) {
            continue;
        }
        let pairs = step.instruction.arguments.pairs();
        let is_needed = |name: &str, value: Option<&str>| {
            matters(name, value.unwrap_or(""))
                || unpacks && is_place(name)
                || texts.iter().any(|it| uses(it, name))
        };
        let needed: Vec<_> = pairs
            .iter()
            .filter(|it| is_needed(&it.name.text, it.value.as_ref().map(|it| &*it.text)))
            .collect();
        if needed.is_empty() {
            continue;
        }
        let own = step.instruction.span.of(build.file.text);
        let lines = if needed.len() == pairs.len() {
            vec![own.to_owned()]
        } else {
            let kept: Vec<&str> = needed.iter().map(|it| it.span.of(build.file.text)).collect();
            let keyword = step.instruction.keyword_span.of(build.file.text);
            let joint = format!(" {}{}    ", build.file.escape, line_end(build.file.text));
            vec![format!("{keyword} {}", kept.join(&joint))]
        };
        texts.extend(needed.iter().filter_map(|it| Some(it.value.as_ref()?.text.to_string())));
        res.push((step.index, lines));
    }
    res
}

/// Whether a text uses a variable.
fn uses(text: &str, name: &str) -> bool {
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    text.match_indices('$').any(|(at, _)| {
        let rest = text.get(at + 1..).unwrap_or("").trim_start_matches('{');
        rest.strip_prefix(name).is_some_and(|it| !it.starts_with(is_name))
    })
}

/// Whether a variable changes what installers and compilers do, without being named on their command lines.
fn matters(name: &str, value: &str) -> bool {
    const PLACES: [&str; 9] =
        ["venv", "conda", "cargo", "rust", ".local", "virtualenv", "cuda", "llvm", "/usr/lib"];
    const EXACT: [&str; 19] = [
        "CC",
        "CXX",
        "CPP",
        "LD",
        "CPATH",
        "LIBRARY_PATH",
        "LD_LIBRARY_PATH",
        "MAKEFLAGS",
        "DEBIAN_FRONTEND",
        "JAVA_HOME",
        "LANG",
        "LC_ALL",
        "PYTHONHASHSEED",
        "SSL_CERT_FILE",
        "REQUESTS_CA_BUNDLE",
        "GIT_SSH_COMMAND",
        "GIT_SSL_NO_VERIFY",
        "CURL_CA_BUNDLE",
        "TMPDIR",
    ];
    const BEGINNINGS: [&str; 16] = [
        "PIP_",
        "UV_",
        "SETUPTOOLS_",
        "CARGO",
        "RUST",
        "CMAKE_",
        "GRPC_",
        "CRYPTOGRAPHY_",
        "UWSGI_",
        "PKG_CONFIG",
        "SLUGIFY_",
        "PYCURL_",
        "NPY_",
        "BLAS",
        "LAPACK",
        "HDF5",
    ];
    const ENDINGS: [&str; 5] = ["FLAGS", "_PROXY", "_proxy", "_INCLUDE_PATH", "_INCLUDE_DIR"];
    if name == "PATH" {
        return PLACES.iter().any(|it| value.contains(it));
    }
    EXACT.contains(&name)
        || BEGINNINGS.iter().any(|it| name.starts_with(it))
        || ENDINGS.iter().any(|it| name.ends_with(it))
        || name.contains("_VERSION_FOR_")
}

/// The directory and user that hold at a step of the builder, written when they change.
pub(crate) struct Place {
    directory: Option<String>,
    user: User,
}

impl Place {
    /// What holds at the beginning of the stage.
    pub(crate) fn at_start(step: &Step<'_>) -> Place {
        Place { directory: step.state.directory.clone(), user: step.state.user.clone() }
    }

    /// The instructions that make the state of `step` hold, as far as the builder needs it.
    pub(crate) fn reach(
        &mut self,
        build: &Build<'_>,
        steps: &[Step<'_>],
        step: &Step<'_>,
        uses_directory: bool,
    ) -> Vec<String> {
        let mut res = Vec::new();
        let is_root = step.state.user == User::Root;
        if is_root && self.user != User::Root {
            self.user = User::Root;
            res.push("USER root".to_owned());
        }
        let before = steps.iter().filter(|it| it.index < step.index);
        let workdirs = before.filter(|it| it.instruction.keyword == Keyword::Workdir);
        let workdirs: Vec<&Step<'_>> = workdirs.collect();
        if !uses_directory || workdirs.is_empty() {
            return res;
        }
        if step.state.directory.is_some() && step.state.directory == self.directory {
            return res;
        }
        let text = |it: &Step<'_>| it.instruction.span.of(build.file.text).to_owned();
        match (&step.state.directory, workdirs.last()) {
            (Some(directory), Some(last)) => {
                let written = last.instruction.arguments.text().map_or("", |it| &it.text);
                let is_whole = written.starts_with(['/', '$', '"']);
                let line = if is_whole { text(last) } else { format!("WORKDIR {directory}") };
                res.push(line);
            }
            // Which one it is depends on a variable: all of them, in order.
            _ if self.directory.as_deref() == Some("?") => {}
            _ => res.extend(workdirs.into_iter().map(text)),
        }
        self.directory = step.state.directory.clone().or_else(|| Some("?".to_owned()));
        res
    }
}
