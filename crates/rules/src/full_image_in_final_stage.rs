//! A shipped stage that starts from a full image, with compilers and headers.

use knowledge::image::{Python, PythonOrigin, slim_counterpart};
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::interpreter::is_about_python;
use model::{Base, Build, Stage, installation, is_for_development, retag, tag_range};
use syntax::{Keyword, Span};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "full-image-in-final-stage",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/full-image-in-final-stage.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some(last) = build.stages.iter().rfind(|it| it.is_shipped) else { return };
    let Some(stage) = build.lineage(last).last() else { return };
    let (Base::Image { reference, known }, Some(word)) = (&stage.base, stage.image) else { return };
    let is_python = match known.python {
        Python::Present { origin, .. } => origin == PythonOrigin::Official,
        _ => reference.repository.ends_with("buildpack-deps") && is_about_python(build, last),
    };
    if !known.is_full()
        || !is_python
        || is_for_development(build, last)
        || !has_program(build, last)
        || installation::needs_compiler_at_run_time(build)
    {
        return;
    }
    let span = match tag_range(&word.text) {
        Some(tag) if word.text.len() == word.span.len() => {
            let start = word.span.start as usize;
            Span::new(start + tag.start, start + tag.end)
        }
        _ => word.span,
    };
    let name = match &reference.tag {
        Some(tag) => format!("{}:{tag}", reference.repository),
        None => reference.repository.clone(),
    };
    let message = format!("`{name}` brings compilers and headers into the shipped image");
    let transfer = reports.wheel_transfer();
    let diagnostic = reports.report(span, message);
    let slim = reference.tag.as_deref().map_or(Some("slim".to_owned()), slim_counterpart);
    // The sizes of older releases were not measured.
    let has_known_size =
        is_official(&reference.repository) && known.python.version() >= Some((3, 8));
    if let Some(slim) = slim.filter(|_| has_known_size) {
        diagnostic
            .note(format!("`{}:{slim}` takes ~130 MB instead of ~1 GB", reference.repository));
    }
    match retag::to_slim(build, stage) {
        Ok(change) => {
            let edits = change.tags.iter().map(|it| Edit::replace(it.span, it.text.as_str()));
            let title =
                change.tags.iter().map(|it| format!("Use `{}`", it.image)).collect::<String>();
            diagnostic.fix(Fix::safe_unless(title, change.doubts, edits));
        }
        Err(reason) => {
            diagnostic.note("build in a stage from this image, and ship a slim one");
            if rewrite::offer(build, stage, transfer, diagnostic).is_err() {
                diagnostic.note(format!("a fix is not offered, as {reason}"));
            }
        }
    }
}

/// Whether something is copied or started; an image with neither is a tool, or a base to build on.
fn has_program<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    const PROGRAM: [Keyword; 4] = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Copy, Keyword::Add];
    let mut steps = build.lineage(stage).flat_map(|it| build.steps_of(it));
    steps.any(|it| PROGRAM.contains(&it.instruction.keyword))
}

fn is_official(repository: &str) -> bool {
    repository == "python" || repository.ends_with("library/python")
}
