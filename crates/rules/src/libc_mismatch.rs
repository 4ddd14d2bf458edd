//! Compiled packages that come from a stage with another C library.

use knowledge::image::{Distribution, Image, Libc};
use knowledge::python_package::{Native, package};
use linter::{Repair, Reports, Rule, Severity};
use model::moved_packages::{
    Built, Form, Installation, MovedPackages, built, is_all_pure, moved_packages,
};
use model::{Build, Stage, listed};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "libc-mismatch",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/libc-mismatch.md"),
    check,
};

/// Releases of glibc from which on almost everything that is compiled asks for it: 2.34 took the threads in, and with
/// 2.38 reading a number from text got a new version.
const THRESHOLDS: [(u8, u8); 2] = [(2, 34), (2, 38)];

/// More names than this are not told.
const MOST_NAMES: usize = 4;

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for stage in &build.stages {
        let Some(here) = build.image(stage) else { continue };
        for moved in moved_packages(build, stage) {
            let Some(there) = build.image(moved.origin) else { continue };
            match (there.libc, here.libc) {
                (Libc::Glibc(_), Libc::Musl(_)) | (Libc::Musl(_), Libc::Glibc(_))
                    if !is_all_pure(build, &moved) && !has_both(build, stage) =>
                {
                    other_kind(build, stage, (there, here), &moved, reports);
                }
                (Libc::Glibc(Some(built_on)), Libc::Glibc(Some(own))) if built_on > own => {
                    newer(build, stage, (there, here), &moved, reports);
                }
                _ => {}
            }
        }
    }
}

/// Whether a stage with musl brings a glibc along, or tells pip to take wheels for it.
fn has_both<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const SIGNS: [&str; 4] = ["glibc", "gcompat", "libc6-compat", "manylinux"];
    let steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    let mut texts = steps.map(|it| it.instruction.span.of(build.file.text));
    texts.any(|it| SIGNS.iter().any(|sign| it.contains(sign)))
}

fn other_kind<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (there, here): (Image, Image),
    moved: &MovedPackages<'_, 'f>,
    reports: &mut Reports<'_>,
) {
    let message = format!(
        "what is compiled in `{}` needs {}, and this image has {}",
        moved.source,
        name(there.libc),
        name(here.libc)
    );
    let native: Vec<String> = built(build, moved, here.libc)
        .iter()
        .filter(|it| package(&it.name).is_some_and(|it| it.native() == Native::Yes))
        .take(MOST_NAMES)
        .map(Built::title)
        .collect();
    let diagnostic = reports.report(moved.span, message);
    label(diagnostic, moved.origin, there);
    label(diagnostic, stage, here);
    let names: Vec<&str> = native.iter().map(String::as_str).collect();
    let subject = if names.is_empty() { "extension modules".to_owned() } else { listed(&names) };
    diagnostic.note(if moved.form == Form::Wheels {
        format!("pip refuses such wheels here ({subject}): they are for another C library")
    } else {
        format!("the import of {subject} fails at run time: the dynamic loader is another one")
    });
    diagnostic.note("build and ship on images of one distribution");
}

fn newer<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (there, here): (Image, Image),
    moved: &MovedPackages<'_, 'f>,
    reports: &mut Reports<'_>,
) {
    let (Libc::Glibc(Some(built_on)), Libc::Glibc(Some(own))) = (there.libc, here.libc) else {
        return;
    };
    let is_crossed = THRESHOLDS.iter().any(|it| own < *it && *it <= built_on);
    let fails = |it: &Built| match it.installation {
        Installation::Wheel => {
            matches!(it.elsewhere, Installation::Compiles | Installation::Fails)
        }
        Installation::Compiles => is_crossed,
        _ => false,
    };
    let found: Vec<String> =
        built(build, moved, here.libc).iter().filter(|it| fails(it)).map(Built::title).collect();
    if found.is_empty() {
        return;
    }
    let names: Vec<&str> = found.iter().map(String::as_str).take(MOST_NAMES).collect();
    let (major, minor) = own;
    let verb = if found.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{} {verb} built for glibc {}.{}, and this image has {major}.{minor}",
        listed(&names),
        built_on.0,
        built_on.1
    );
    let diagnostic = reports.report(moved.span, message);
    label(diagnostic, moved.origin, there);
    label(diagnostic, stage, here);
    let asked = THRESHOLDS.iter().rev().find(|it| own < **it && **it <= built_on);
    let sign = asked.map(|it| format!(" (`GLIBC_{}.{} not found`)", it.0, it.1));
    diagnostic.note(format!(
        "pip or the loader refuses it here{}; build on the same release as this image, or an older one",
        sign.unwrap_or_default()
    ));
}

fn label(diagnostic: &mut linter::Diagnostic, stage: &Stage<'_>, image: Image) {
    let version = image.release.map_or(String::new(), |it| format!(" {}", it.version()));
    let system = match image.distribution {
        Distribution::Unknown => String::new(),
        other => format!("{}{version}, ", other.name()),
    };
    if let Some(word) = stage.image {
        let text = format!("{system}{}", name_and_version(image.libc));
        diagnostic.label(word.span, text);
    }
}

fn name(libc: Libc) -> &'static str {
    match libc {
        Libc::Glibc(_) => "glibc",
        Libc::Musl(_) => "musl",
        Libc::Unknown => "another C library",
    }
}

fn name_and_version(libc: Libc) -> String {
    match libc {
        Libc::Glibc(Some((major, minor))) => format!("glibc {major}.{minor}"),
        Libc::Musl(Some((major, minor))) => format!("musl {major}.{minor}"),
        other => name(other).to_owned(),
    }
}
