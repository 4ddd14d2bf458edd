//! A shipped image with a Python that nobody repairs any more.

use knowledge::image::{Basis, Image, Python, PythonOrigin, image, next_python};
use knowledge::release::{Release, python_release, supported_pythons};
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::newer_base::{line_with, retagged, stands_against, stands_on};
use model::{Base, Build, Stage};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "python-end-of-life",
    severity: Severity::Warning,
    repair: Repair::Unsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/python-end-of-life.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let shipped = build.stages.iter().filter(|it| it.is_shipped);
    let today = reports.today();
    for stage in shipped {
        let (Base::Image { known, .. }, Some(word)) = (&stage.base, stage.image) else { continue };
        let Some(version) = own_python(known) else { continue };
        let end = python_release(version).and_then(|it| it.end_of_life());
        let Some(end) = end.filter(|it| *it <= today) else { continue };
        let (major, minor) = version;
        let message = format!("Python {major}.{minor} has had no security updates since {end}");
        let diagnostic = reports.report(word.span, message);
        for other in build.stages.iter().filter(|it| it.index != stage.index) {
            let is_same = matches!(&other.base, Base::Image { known, .. } if own_python(known) == Some(version));
            if let Some(word) = other.image.filter(|_| is_same) {
                diagnostic.label(word.span, "the same Python");
            }
        }
        let Some(next) = supported_pythons(today).into_iter().find(|it| *it > version) else {
            continue;
        };
        let until = python_release(next).and_then(|it| it.end_of_life());
        let until = until.map(|it| format!(", which is supported until {it}")).unwrap_or_default();
        diagnostic.note(format!(
            "holes that are found stay open; move to Python {}.{}{until}, or a newer one",
            next.0, next.1
        ));
        match edits(build, version, &|_, tag| next_python(tag, today)) {
            Ok((edits, moved)) => {
                let mut reasons = vec![format!(
                    "the program and its packages must run on Python {}.{}",
                    next.0, next.1
                )];
                let mut title = format!("Move to Python {}.{}", next.0, next.1);
                if let Some(release) = moved {
                    title += &format!(" on {release}");
                    reasons.push(
                        "system packages have other versions there, and some other names"
                            .to_owned(),
                    );
                }
                diagnostic.fix_elsewhere(
                    Fix::safe_unless(title, reasons, edits).of_base(),
                    "the version is set here",
                );
            }
            Err(reason) => {
                diagnostic.note(format!("a fix is not offered, as {reason}"));
            }
        }
    }
}

/// The version of a Python that the image brings for programs. That of a distribution is repaired as long as the
/// distribution is, and Red Hat's are its own.
fn own_python(image: &Image) -> Option<(u8, u8)> {
    let Python::Present { version, origin, .. } = image.python else { return None };
    let is_own = image.basis == Basis::Table
        && origin != PythonOrigin::Distribution
        && (origin != PythonOrigin::Other || !image.distribution.is_red_hat_family());
    version.filter(|_| is_own)
}

/// The edits, and the release of the distribution that they move to as well, if it is another one.
fn edits(
    build: &Build<'_>,
    version: (u8, u8),
    next: &dyn Fn(&str, &str) -> Option<String>,
) -> Result<(Vec<Edit>, Option<String>), String> {
    let (major, minor) = version;
    if major < 3 {
        return Err("a program for Python 2 has to be ported".to_owned());
    }
    for name in [format!("python{major}.{minor}"), format!("cp{major}{minor}")] {
        if let Some(line) = line_with(build, &name) {
            return Err(format!("line {line} names `{name}`"));
        }
    }
    let is_old = |stage: &Stage<'_>| matches!(&stage.base, Base::Image { known, .. } if own_python(known) == Some(version));
    let mut moved = None;
    for stage in build.stages.iter().filter(|it| is_old(it)) {
        let Base::Image { reference, known } = &stage.base else { continue };
        if !known.python.is_official() || !reference.repository.ends_with("python") {
            return Err(format!("the tags of `{}` are not known", reference.repository));
        }
        let tag = reference.tag.as_deref().unwrap_or("latest");
        let Some(new) = next(&reference.repository, tag) else { continue };
        let new = image(&reference.repository, Some(&new));
        if let Some(release) = new.release.filter(|it| known.release != Some(*it)) {
            release_may_change(build, (known, release))?;
            moved = Some(format!("{} {}", new.distribution.name(), release.version()));
        }
    }
    let edits = retagged(build, &is_old, next)?;
    Ok((edits.into_iter().map(|(span, text)| Edit::replace(span, text)).collect(), moved))
}

/// The tags of an old Python end with an old release of the distribution: what stands against a newer one counts here
/// as well. A reason is the end of a sentence.
fn release_may_change(build: &Build<'_>, (old, release): (&Image, Release)) -> Result<(), String> {
    let Some(own) = old.release else { return Ok(()) };
    let is_word = own.name().starts_with(|it: char| it.is_ascii_alphabetic());
    if let Some(line) = line_with(build, own.name()).filter(|_| is_word) {
        return Err(format!("line {line} names `{}`", own.name()));
    }
    let standing = build.stages.iter().filter(|it| stands_on(build, it, old.distribution, own));
    match standing.into_iter().find_map(|it| stands_against(build, it, release)) {
        Some(reason) => Err(reason),
        None => Ok(()),
    }
}
