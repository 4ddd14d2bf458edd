//! What a stage compiles that is no Python package, and where the results lie that are copied from the builder.

use knowledge::image::{Distribution, Image};
use model::{Base, Build, Effect, Stage, Step, effect_in, path};
use shell::Command;
use syntax::{Keyword, Span};

use crate::deed::{Deed, Task, compiles};
use crate::plan::{Refusal, add};

/// What is copied of what a stage compiles.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    /// Directories and files, absolute.
    pub(crate) paths: Vec<String>,
    /// Directories of sources that hold what is built, each with the last step that builds in it.
    pub(crate) trees: Vec<(String, usize)>,
    /// `/usr/local` is among them.
    pub(crate) has_system: bool,
    /// Directories of all sources that are built, as far as they are known.
    pub(crate) sources: Vec<Option<String>>,
}

/// One command that compiles.
struct Making<'f> {
    name: &'f str,
    span: Span,
    /// The index of its step.
    step: usize,
    /// The directory of the whole source, as far as it is known.
    tree: Option<String>,
    /// Where it says that the results go.
    prefix: Option<Prefix>,
    installs: bool,
}

enum Prefix {
    Known(String),
    Unknown,
}

/// Programs that configure or run a build in a directory of sources, in order.
pub(crate) const BUILDERS: [&str; 23] = [
    "autoconf",
    "autogen.sh",
    "autoreconf",
    "b2",
    "bazel",
    "bjam",
    "bootstrap",
    "bootstrap.sh",
    "c++",
    "cc",
    "clang",
    "clang++",
    "cmake",
    "configure",
    "g++",
    "gcc",
    "gfortran",
    "make",
    "meson",
    "ninja",
    "scons",
    "swig",
    "waf",
];

/// Those of them whose results go below `/usr/local` unless they are told otherwise.
const CONFIGURING: [&str; 8] =
    ["b2", "bjam", "bootstrap.sh", "cmake", "configure", "meson", "scons", "waf"];

/// Where the results of all that a stage compiles lie, or why that is not known.
pub(crate) fn compiled<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    all: &[Vec<Task<'_, 'f>>],
    doubts: &mut Vec<String>,
) -> Result<Compiled, Refusal> {
    let mut res = Compiled::default();
    let mut makings: Vec<Making<'f>> = Vec::new();
    let is_building = |it: &&Task<'_, 'f>| matches!(it.deed, Deed::Compiles(..));
    let mut steps: Vec<&Step<'f>> =
        all.iter().flatten().filter(is_building).map(|it| it.step).collect();
    steps.dedup_by_key(|it| it.index);
    for step in &steps {
        let Some(run) = step.run() else { continue };
        for (script, index, command) in run.commands_with_places() {
            let is_call = run.calls.iter().any(|it| std::ptr::eq(it.call.command, command));
            let Some((name, span)) = compiles(command, is_call, build) else { continue };
            if BUILDERS.contains(&name) {
                makings.push(making(build, step, (script, index), command, (name, span)));
            } else {
                res.has_system = true;
                let own = of_other_language(build, stage, name, span)?;
                res.paths.extend(own.map(str::to_owned));
            }
        }
    }
    for (index, it) in makings.iter().enumerate().filter(|it| it.1.installs) {
        let before = makings.get(..=index).unwrap_or(&[]);
        match destination(before, it, doubts)? {
            Some(own) => res.paths.push(own),
            None => res.has_system = true,
        }
        add(doubts, "what `make install` writes outside of its prefix is not copied");
    }
    let last = all.iter().flatten().rfind(|it| it.deed.builds()).map_or(0, |it| it.step.index);
    let trees = trees_in_use(build, &makings, last)?;
    res.sources = makings.iter().map(|it| it.tree.clone()).collect();
    for (tree, _) in &trees {
        add(doubts, format!("only `{tree}` is copied of what is compiled there"));
    }
    res.trees = trees;
    others(build, &steps, &makings, &mut res)?;
    Ok(res)
}

fn making<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    place: (usize, usize),
    command: &'f Command<'f>,
    (name, span): (&'f str, Span),
) -> Making<'f> {
    let value = |name: &str| build.value_at(step, place, name);
    let directory = step
        .run()
        .and_then(|run| run.directory_at(place.0, place.1, step.state.directory.as_deref()));
    let words = command.words.get(1..).unwrap_or(&[]);
    let mut prefix = None;
    let mut directory = directory;
    for (index, word) in words.iter().enumerate() {
        let written = word.span.of(build.file.text);
        let next = || words.get(index + 1)?.resolve(&value).map(|it| it.into_owned());
        let resolved = word.resolve(&value);
        if matches!(written, "-C" | "--directory" | "--build" | "-S") {
            directory = match (next(), directory) {
                (Some(to), Some(from)) => Some(path::join(&from, &to)),
                (Some(to), None) if to.starts_with('/') => Some(to),
                _ => None,
            };
        }
        let text = resolved.as_deref().unwrap_or(written);
        let own = NAMES_OF_PREFIX.iter().find_map(|it| text.strip_prefix(it));
        if written == "--prefix" {
            prefix = Some(next().map_or(Prefix::Unknown, Prefix::Known));
        } else if let Some(own) = own {
            let is_known = resolved.is_some();
            prefix = Some(if is_known { Prefix::Known(own.to_owned()) } else { Prefix::Unknown });
        }
    }
    let says =
        |wanted: &[&str]| words.iter().filter_map(|it| it.literal()).any(|it| wanted.contains(&it));
    let installs = says(&["install", "--install", "altinstall", "install-strip", "install_sw"]);
    let tree = directory.as_deref().and_then(tree);
    Making { name, span, step: step.index, tree, prefix, installs }
}

/// How commands are told where to install to.
const NAMES_OF_PREFIX: [&str; 6] = [
    "--prefix=",
    "-DCMAKE_INSTALL_PREFIX=",
    "-DCMAKE_INSTALL_PREFIX:PATH=",
    "CMAKE_INSTALL_PREFIX=",
    "PREFIX=",
    "prefix=",
];

/// The directory that holds the whole source of a build in `directory`; `None` where it is not one of its own.
pub(crate) fn tree(directory: &str) -> Option<String> {
    const SHARED: [&str; 16] = [
        "/",
        "/data",
        "/etc",
        "/home",
        "/mnt",
        "/opt",
        "/root",
        "/root/src",
        "/srv",
        "/tmp",
        "/usr/local/share",
        "/usr/local/src",
        "/usr/share",
        "/usr/src",
        "/var/tmp",
        "/var/www",
    ];
    const ABOVE: [&str; 7] = ["/usr", "/var", "/var/lib", "/usr/lib", "/lib", "/bin", "/usr/bin"];
    if SHARED.contains(&directory) || ABOVE.contains(&directory) {
        return None;
    }
    if path::is_inside(directory, "/usr/local")
        && !SHARED.iter().any(|it| it.starts_with("/usr/local/") && path::is_inside(directory, it))
    {
        return Some("/usr/local".to_owned());
    }
    let above = SHARED.iter().chain(&ABOVE).filter(|it| path::is_inside(directory, it));
    let above = above.max_by_key(|it| it.len())?;
    // A home is somebody's.
    let n_own = if *above == "/home" { 2 } else { 1 };
    let below = path::strip(directory, above)?;
    let own: Vec<&str> = below.split('/').take(n_own).collect();
    (own.len() == n_own).then(|| path::join(above, &own.join("/")))
}

/// The directory that an installation goes to; `None` for `/usr/local`.
fn destination(
    before: &[Making<'_>],
    making: &Making<'_>,
    doubts: &mut Vec<String>,
) -> Result<Option<String>, Refusal> {
    let name = making.name;
    let same = || before.iter().rev().filter(|it| it.tree == making.tree);
    let told = same().find_map(|it| it.prefix.as_ref());
    let prefix = match told {
        Some(Prefix::Known(it)) => path::clean(it),
        Some(Prefix::Unknown) => {
            let reason = format!("where `{name}` installs to is not known");
            return Err(Refusal::at(making.span, reason));
        }
        None => {
            if !same().any(|it| CONFIGURING.contains(&it.name)) {
                add(doubts, format!("`{name} install` is taken to write below `/usr/local`"));
            }
            return Ok(None);
        }
    };
    if prefix == "/usr/local" {
        return Ok(None);
    }
    if is_of_system(&prefix) || !prefix.starts_with('/') {
        let reason = format!("`{name}` installs among the files of the system");
        return Err(Refusal::at(making.span, reason));
    }
    Ok(Some(prefix))
}

/// Whether packages of the distribution have files there, so that the whole directory is not for copying.
fn is_of_system(directory: &str) -> bool {
    const SHARED: [&str; 4] = ["/", "/home", "/root", "/var"];
    const OWNED: [&str; 10] = [
        "/bin",
        "/boot",
        "/etc",
        "/lib",
        "/lib64",
        "/sbin",
        "/usr",
        "/var/cache",
        "/var/lib/apt",
        "/var/lib/dpkg",
    ];
    let is_owned = OWNED.iter().any(|it| path::is_inside(directory, it));
    SHARED.contains(&directory) || is_owned && !path::is_inside(directory, "/usr/local")
}

/// The directories of sources that are used after the build: what is not installed from them, or what is spoken of later.
fn trees_in_use(
    build: &Build<'_>,
    makings: &[Making<'_>],
    end: usize,
) -> Result<Vec<(String, usize)>, Refusal> {
    let mut res: Vec<(String, usize)> = Vec::new();
    for it in makings {
        let same = || makings.iter().filter(|other| other.tree == it.tree);
        let is_installed = same().any(|it| it.installs || is_taken_out(build, it));
        let Some(tree) = &it.tree else {
            if is_installed || is_removed(build, it.step, "/tmp") {
                continue;
            }
            let reason = format!("where `{}` compiles is not known", it.name);
            return Err(Refusal::at(it.span, reason));
        };
        let last = same().map(|it| it.step).max().unwrap_or(it.step);
        let is_wanted =
            !is_installed || is_spoken_of(build, last, tree) || is_worked_in(build, end, tree);
        let is_listed = res.iter().any(|it| it.0 == *tree);
        if is_wanted && !is_removed(build, it.step, tree) && !is_listed {
            res.push((tree.clone(), last));
        }
    }
    Ok(res)
}

/// Whether the results of a build are copied or moved to `/usr/local` in the same RUN.
fn is_taken_out(build: &Build<'_>, making: &Making<'_>) -> bool {
    let Some(step) = build.steps.get(making.step) else { return false };
    let Some(run) = step.run() else { return false };
    run.commands_with_places().any(|(script, index, command)| {
        let takes = matches!(command.program(), Some("cp" | "mv" | "install"));
        let effect = effect_in(build, step, run, (script, index), command);
        let Effect::Uses { made, .. } = effect else { return false };
        takes
            && command.span.start > making.span.start
            && made.iter().any(|it| path::is_inside(it, "/usr/local"))
    })
}

/// Whether commands behind a step run in a directory.
fn is_worked_in(build: &Build<'_>, end: usize, directory: &str) -> bool {
    build.steps.iter().filter(|it| it.index > end).any(|step| {
        let Some(run) = step.run() else { return false };
        let start = step.state.directory.as_deref();
        run.commands_with_places().any(|(script, index, _)| {
            let own = run.directory_at(script, index, start);
            own.is_some_and(|it| path::is_inside(&it, directory))
        })
    })
}

/// Whether a directory is removed from a step on.
fn is_removed(build: &Build<'_>, step: usize, directory: &str) -> bool {
    let after = build.steps.iter().filter(|it| it.index >= step);
    after.filter_map(|it| Some((it, it.run()?))).any(|(step, run)| {
        run.commands_with_places().any(|(script, index, command)| {
            let effect = effect_in(build, step, run, (script, index), command);
            let Effect::Uses { paths, removes: true, .. } = effect else { return false };
            command.program() == Some("rm")
                && paths.iter().any(|it| {
                    let it = it.trim_end_matches("/*");
                    !it.is_empty() && path::is_inside(directory, it)
                })
        })
    })
}

/// Whether an ENV, or an instruction behind a step, names a directory.
fn is_spoken_of(build: &Build<'_>, step: usize, directory: &str) -> bool {
    let name = format!("/{}", path::file_name(directory));
    let names = |text: &str| {
        let ends = text.match_indices(&name).map(|it| text.get(it.0 + name.len()..).unwrap_or(""));
        ends.into_iter().any(|rest| !rest.starts_with(|it: char| it.is_alphanumeric() || it == '.'))
    };
    let speaks = |it: &Step<'_>| {
        let is_env = it.instruction.keyword == Keyword::Env;
        (is_env || it.index > step) && names(it.instruction.span.of(build.file.text))
    };
    build.steps.iter().any(speaks)
}

/// What the other commands of the same RUNs make outside of what is copied.
fn others<'f>(
    build: &Build<'f>,
    steps: &[&Step<'f>],
    makings: &[Making<'_>],
    res: &mut Compiled,
) -> Result<(), Refusal> {
    for step in steps {
        let Some(run) = step.run() else { continue };
        let first = makings.iter().filter(|it| it.step == step.index).map(|it| it.span.start);
        let Some(first) = first.min() else { continue };
        for (script, index, command) in run.commands_with_places() {
            let places = matches!(command.program(), Some("cp" | "mv" | "install" | "ln"));
            if command.span.start < first || !places || is_absolute_link(build, command) {
                continue;
            }
            let effect = effect_in(build, step, run, (script, index), command);
            let Effect::Uses { made, .. } = effect else { continue };
            for it in made {
                let is_copied = res.paths.iter().any(|own| path::is_inside(it, own));
                let is_in_tree = makings
                    .iter()
                    .filter_map(|it| it.tree.as_deref())
                    .any(|own| path::is_inside(it, own));
                if is_copied || is_in_tree || path::is_inside(it, "/tmp") {
                    continue;
                }
                if path::is_inside(it, "/usr/local") {
                    res.has_system = true;
                } else if !is_of_system(it) {
                    res.trees.push((it.clone(), step.index));
                } else {
                    let reason = "what is compiled is put among the files of the system";
                    return Err(Refusal::at(command.span, reason));
                }
            }
        }
    }
    Ok(())
}

/// Whether a command makes a link between places that it names in full, which works in any stage.
pub(crate) fn is_absolute_link(build: &Build<'_>, command: &Command<'_>) -> bool {
    let words = command.words.get(1..).unwrap_or(&[]).iter();
    let is_whole = |text: &str| text.starts_with(['/', '-', '$']);
    command.program() == Some("ln") && words.map(|it| it.span.of(build.file.text)).all(is_whole)
}

/// Where the installers of other languages put what they compile, beside `/usr/local`.
fn of_other_language<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    name: &str,
    span: Span,
) -> Result<Option<&'static str>, Refusal> {
    let image = build.image(stage);
    let distribution = image.map(|it: Image| it.distribution);
    let is_debian = matches!(distribution, Some(Distribution::Debian | Distribution::Ubuntu));
    let is_red_hat = distribution.is_some_and(Distribution::is_red_hat_family);
    let base = build.lineage(stage).last().and_then(|it| match &it.base {
        Base::Image { reference, .. } => Some(path::file_name(&reference.repository)),
        _ => None,
    });
    let has_package = |wanted: &str| {
        let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
        let calls = runs.flat_map(|it| &it.calls).filter(|it| it.call.tool.is_system());
        calls
            .into_iter()
            .any(|it| managers::system::packages(&it.call).any(|it| it.name.starts_with(wanted)))
    };
    match name {
        "gem" if base == Some("ruby") => Ok(None),
        // Source: the defaults of Debian's and Fedora's packages of Ruby, `gem environment`.
        "gem" if is_debian && has_package("ruby") => Ok(Some("/var/lib/gems")),
        "gem" if is_red_hat && has_package("ruby") => Ok(None),
        "cpanm" | "cpan" if is_debian || is_red_hat => Ok(None),
        "luarocks" if has_package("luarocks") => Ok(None),
        "R" | "Rscript" | "install2.r" if is_debian && has_package("r-") => Ok(None),
        "docker-php-ext-install" | "pecl" | "pear" | "phpize" if base == Some("php") => Ok(None),
        _ => Err(Refusal::at(span, format!("where `{name}` puts what it compiles is not known"))),
    }
}
