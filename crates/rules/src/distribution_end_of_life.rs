//! A shipped image with a release of a distribution that nobody repairs any more.

use knowledge::image::{Basis, Distribution, Image, next_distribution, next_release};
use knowledge::release::{Release, python_release};
use linter::{Date, Edit, Fix, Repair, Reports, Rule, Severity};
use model::newer_base::{line_with, retagged, stands_against, stands_on};
use model::{Base, Build, certain_system};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "distribution-end-of-life",
    severity: Severity::Warning,
    repair: Repair::Unsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/distribution-end-of-life.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let today = reports.today();
    for stage in build.stages.iter().filter(|it| it.is_shipped) {
        let (Base::Image { .. }, Some(word)) = (&stage.base, stage.image) else { continue };
        let Some(image) = certain_system(build, stage) else { continue };
        let Some((release, end)) = ended(&image, today) else { continue };
        let title = title(&image, release);
        let message = format!("{title} has had no security updates since {end}");
        let diagnostic = reports.report(word.span, message);
        for other in build.stages.iter().filter(|it| it.index != stage.index) {
            let is_same = stands_on(build, other, image.distribution, release);
            let own = other.image.filter(|_| is_same && matches!(other.base, Base::Image { .. }));
            if let Some(word) = own {
                diagnostic.label(word.span, "the same release");
            }
        }
        let next = next_release(image.distribution, release, today);
        diagnostic.note(match next {
            Some(next) => {
                let until = next.end_of_support().map(|it| format!(", which is supported until {it}"));
                let name = self::title(&image, next);
                format!(
                    "its packages are not repaired any more, and its mirrors go away; move to {name}{}, or a newer one",
                    until.unwrap_or_default()
                )
            }
            None if image.distribution == Distribution::CentOs => {
                "CentOS ended; Rocky Linux and AlmaLinux have the same packages and go on".to_owned()
            }
            None => "its packages are not repaired any more".to_owned(),
        });
        match edits(build, &image, release, today) {
            Ok((edits, tag)) => {
                let reason = "system packages have other versions there, and some other names";
                let fix = Fix::unsafe_because(format!("Move to `{tag}`"), reason, edits).of_base();
                diagnostic.fix_elsewhere(fix, "the release is set here");
            }
            Err(reason) => {
                diagnostic.note(format!("a fix is not offered, as {reason}"));
            }
        }
    }
}

/// The release of the image with the day of its end, if that is over.
///
/// A tag that moves on is never out of support, and one that names neither the release nor a Python that is supported
/// needs another Python first.
fn ended(image: &Image, today: Date) -> Option<(Release, Date)> {
    let release = image.release.filter(|_| image.basis == Basis::Table)?;
    let end = release.end_of_support().filter(|it| *it <= today)?;
    let python = image.python.version().and_then(python_release).and_then(|it| it.end_of_life());
    let is_python_fine = python.is_none_or(|it| today < it);
    let is_frozen = image.last_rebuilt.is_some() && is_python_fine;
    (!image.release_floats || is_frozen).then_some((release, end))
}

fn title(image: &Image, release: Release) -> String {
    let (name, version) = (release.name(), release.version());
    let distribution = image.distribution.name();
    if name == version || name.starts_with("stream") {
        format!("{distribution} {version}")
    } else {
        format!("{distribution} {version} ({name})")
    }
}

fn edits(
    build: &Build<'_>,
    image: &Image,
    release: Release,
    today: Date,
) -> Result<(Vec<Edit>, String), String> {
    let name = release.name();
    let is_word = name.starts_with(|it: char| it.is_ascii_alphabetic());
    if let Some(line) = line_with(build, name).filter(|_| is_word) {
        return Err(format!("line {line} names `{name}`"));
    }
    let newer = next_release(image.distribution, release, today);
    let python = release.system_python();
    let python_moves = python.is_some() && newer.and_then(Release::system_python) != python;
    if let Some((major, minor)) = python.filter(|_| python_moves) {
        let name = format!("python{major}.{minor}");
        if let Some(line) = line_with(build, &name) {
            return Err(format!("line {line} names `{name}`"));
        }
    }
    let standing =
        build.stages.iter().filter(|it| stands_on(build, it, image.distribution, release));
    for stage in standing {
        if let Some(reason) = newer.and_then(|it| stands_against(build, stage, it)) {
            return Err(reason);
        }
    }
    let mut first = None;
    let next = |repository: &str, tag: &str| next_distribution(repository, tag, today);
    let is_old = |stage: &model::Stage<'_>| matches!(&stage.base, Base::Image { known, .. } if known.distribution == image.distribution && known.release == Some(release));
    for stage in build.stages.iter().filter(|it| is_old(it)) {
        let Base::Image { reference, .. } = &stage.base else { continue };
        let tag = reference.tag.as_deref().unwrap_or("");
        let new = next(&reference.repository, tag);
        first = first.or(new.map(|it| format!("{}:{it}", reference.repository)));
    }
    let edits = retagged(build, &is_old, &next)?;
    let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text)).collect();
    Ok((edits, first.ok_or("no newer tag is known")?))
}
