//! What speaks against a newer Python or a newer release of the distribution below a stage.

use knowledge::image::{Distribution, Python, PythonOrigin, image};
use knowledge::release::Release;
use knowledge::system_package::{Availability, availability};
use knowledge::wheel::Installation;
use managers::system::PackageKind;
use managers::{Action, system};
use syntax::{Keyword, Span};

use crate::installation::{applies, calls, installation_of};
use crate::interpreter::{Interpreter, interpreter};
use crate::locked::locked;
use crate::requirements::Requirements;
use crate::{Base, Build, Stage, tag_edits};

/// The edits that give `next` as the tag to all stages whose image has the same old version, as `next` finds it for each
/// repository and tag; or the reason why that cannot be, as the end of a sentence.
pub fn retagged<'f>(
    build: &Build<'f>,
    is_old: &dyn Fn(&Stage<'f>) -> bool,
    next: &dyn Fn(&str, &str) -> Option<String>,
) -> Result<Vec<(Span, String)>, String> {
    let mut res: Vec<(Span, String)> = Vec::new();
    for stage in build.stages.iter().filter(|it| is_old(it)) {
        let Base::Image { reference, .. } = &stage.base else { continue };
        let tag = reference.tag.as_deref().unwrap_or("latest");
        let new = next(&reference.repository, tag)
            .ok_or_else(|| format!("no newer tag like `{tag}` is known"))?;
        let newer = image(&reference.repository, Some(&new));
        let of_system = newer.release.and_then(Release::system_python);
        let new_place = Interpreter {
            version: newer.python.version().or(of_system).unwrap_or((0, 0)),
            libc: newer.libc,
            architecture: None,
            is_of_distribution: false,
        };
        packages_install(build, stage, new_place)?;
        for edit in tag_edits(build, stage, &new)? {
            match res.iter().find(|it| it.0 == edit.0) {
                Some(same) if same.1 == edit.1 => {}
                Some(_) => return Err("one variable stands for several images".to_owned()),
                None => res.push(edit),
            }
        }
    }
    Ok(res)
}

/// Whether nothing that installs today stops installing, in the stages that are built from this one as well.
fn packages_install<'f>(
    build: &Build<'f>,
    root: &Stage<'f>,
    new: Interpreter,
) -> Result<(), String> {
    if new.version == (0, 0) {
        return Ok(());
    }
    let above = build.stages.iter();
    let above =
        above.filter(|it| build.lineage(it).last().is_some_and(|it| it.index == root.index));
    for stage in above {
        let Some(old) = interpreter(build, stage) else { continue };
        let new = Interpreter { architecture: old.architecture, ..new };
        for (_, found, _) in calls(build, stage) {
            if let Some(name) = stops_installing(build, found, old, new) {
                let (major, minor) = new.version;
                return Err(format!("`{name}` has no wheel for Python {major}.{minor}"));
            }
        }
    }
    Ok(())
}

/// The first package that installs from a wheel in one place and not in the other.
fn stops_installing(
    build: &Build<'_>,
    found: &Requirements,
    old: Interpreter,
    new: Interpreter,
) -> Option<String> {
    let is_bad = |it| matches!(it, Installation::Compiles | Installation::Fails);
    for wanted in found.wanted.iter().filter(|it| applies(it, new) == Some(true)) {
        let after = installation_of(build, wanted, new, new.libc);
        if is_bad(after) && !is_bad(installation_of(build, wanted, old, old.libc)) {
            return Some(wanted.title());
        }
    }
    for lock in &found.locks {
        let before = locked(lock, old, old.libc);
        let was_bad =
            |name: &str| before.iter().any(|it| it.package.name == name && is_bad(it.installation));
        let after = locked(lock, new, new.libc);
        let first = after
            .iter()
            .find(|it| it.is_certain && is_bad(it.installation) && !was_bad(&it.package.name));
        if let Some(it) = first {
            return Some(it.title());
        }
    }
    None
}

/// The line that names a word outside FROM and ARG, such as `python3.8` or `buster`.
pub fn line_with(build: &Build<'_>, word: &str) -> Option<u32> {
    let mut steps = build.steps.iter().map(|it| it.instruction);
    let at = steps.find_map(|it| {
        let is_apart = !matches!(it.keyword, Keyword::From | Keyword::Arg);
        let place = place_of(it.span.of(build.file.text), word).filter(|_| is_apart)?;
        Some(it.span.start + u32::try_from(place).ok()?)
    })?;
    Some(build.file.lines.line(at))
}

/// Where a text has a word that no letter or digit continues.
fn place_of(text: &str, word: &str) -> Option<usize> {
    let mut matches = text.match_indices(word).map(|it| it.0);
    matches.find(|at| {
        let after = text.get(at + word.len()..).and_then(|it| it.chars().next());
        let before = text.get(..*at).and_then(|it| it.chars().next_back());
        let goes_on = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
        !goes_on(after) && !goes_on(before)
    })
}

/// What a stage installs that another release of its distribution does not have, or refuses to install; the reason, as
/// the end of a sentence.
pub fn stands_against<'f>(build: &Build<'f>, stage: &Stage<'f>, next: Release) -> Option<String> {
    let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
    let calls: Vec<&managers::Call<'f>> =
        runs.flat_map(|it| &it.calls).map(|it| &it.call).collect();
    let mut installing =
        calls.iter().filter(|it| it.tool.is_system() && it.action == Action::Install);
    let by_package = installing.find_map(|call| {
        system::packages(call).find_map(|it| {
            if it.kind != PackageKind::Named {
                return None;
            }
            let is_gone = availability(next, it.name) == Availability::No || has_left(it.name);
            let is_fixed = !it.version.is_empty();
            match (is_gone, is_fixed) {
                (true, _) => Some(format!("`{}` does not exist there", it.name)),
                (_, true) => Some(format!("the version of `{}` is fixed", it.name)),
                _ => None,
            }
        })
    });
    by_package.or_else(|| refused_pip(build, stage, &calls, next))
}

/// Names that every distribution gave up with the program or the version of the library that they stand for.
fn has_left(name: &str) -> bool {
    let old = ["python2", "python-", "py2-", "gnupg1", "libssl1.", "libcrypto1.", "libreadline6"];
    name == "python" || old.iter().any(|it| name.starts_with(it)) && name != "python-is-python3"
}

/// pip of a distribution that keeps its Python to itself stops outside of an environment (PEP 668).
fn refused_pip<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    calls: &[&managers::Call<'f>],
    next: Release,
) -> Option<String> {
    let python = build.image(stage)?.python;
    let has_own =
        matches!(python, Python::Present { origin, .. } if origin != PythonOrigin::Distribution);
    let was_refused = build.image(stage)?.release.is_some_and(Release::is_externally_managed);
    if has_own || was_refused || !next.is_externally_managed() {
        return None;
    }
    let is_outside = |it: &&&managers::Call<'f>| {
        let program = it.command.words.first().and_then(|it| it.literal()).unwrap_or("");
        it.tool.is_pip()
            && it.action == Action::Install
            && !it.has("--break-system-packages")
            && !it.has("--target")
            && (!program.contains('/') || program.starts_with("/usr/"))
    };
    calls
        .iter()
        .find(is_outside)
        .map(|_| "`pip install` stops there outside of an environment".to_owned())
}

/// Whether a stage stands on this release of a distribution.
pub fn stands_on<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    distribution: Distribution,
    release: Release,
) -> bool {
    build
        .image(stage)
        .is_some_and(|it| it.distribution == distribution && it.release == Some(release))
}
