//! Puts the rewrite on a diagnostic: as its fix, or as a note that says why there is none.

use linter::{Diagnostic, Edit, Fix, WheelTransfer};
use model::{Build, Stage, Step};
use syntax::Span;

use crate::plan::{Builder, Plan, Refusal, Transfer};
use crate::print::print;
use crate::stage::plan;

/// The title of the fix.
const TITLE: &str = "Rewrite as a multi-stage wheel build";

/// Offers the rewrite of a stage as a fix of a diagnostic that speaks of it.
///
/// # Errors
/// Why there is none, as the end of a sentence that begins with "as".
pub fn offer<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    transfer: WheelTransfer,
    diagnostic: &mut Diagnostic,
) -> Result<(), String> {
    let (plan, edits) = planned(build, stage, transfer).map_err(|it| it.told(build))?;
    label_changes(build, &edits, diagnostic);
    let repeated = repeated(build, stage, &plan);
    diagnostic.fix(Fix::safe_unless(TITLE, plan.doubts, edits).repeating(repeated));
    Ok(())
}

/// The plan of a stage and its edits.
pub(crate) fn planned<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    transfer: WheelTransfer,
) -> Result<(Plan, Vec<Edit>), Refusal> {
    let transfer = match transfer {
        WheelTransfer::Mount => Transfer::Mount,
        WheelTransfer::Copy => Transfer::Copy,
    };
    let plan = plan(build, stage, transfer)?;
    let edits = print(build, &plan)?;
    Ok((plan, edits))
}

/// What the builder has a copy of: FROM, and each instruction that stands in both stages.
fn repeated(build: &Build<'_>, stage: &Stage<'_>, plan: &Plan) -> Vec<Span> {
    let from = std::iter::once(stage.steps.start);
    let copied = plan.steps.iter().filter(|it| !matches!(it.builder, Builder::Nothing));
    let steps = from.chain(copied.map(|it| it.step));
    steps.filter_map(|it| Some(build.steps.get(it)?.instruction.span)).collect()
}

/// The fix also changes instructions that the diagnostic does not name yet: the first and the last of them get a label.
fn label_changes(build: &Build<'_>, edits: &[Edit], diagnostic: &mut Diagnostic) {
    let spans = diagnostic.labels.iter().map(|it| it.span);
    let told = spans.fold(diagnostic.span, |all, it| Span {
        start: all.start.min(it.start),
        end: all.end.max(it.end),
    });
    let is_changed = |it: &&Step<'_>| {
        let own = it.instruction.span;
        edits.iter().any(|edit| edit.span.start < own.end && own.start < edit.span.end)
    };
    if let Some(last) = build.steps.iter().rev().find(is_changed)
        && last.instruction.span.start >= told.end
    {
        diagnostic.label(last.instruction.keyword_span, "the rewrite changes up to here");
    }
    if let Some(first) = build.steps.iter().find(is_changed)
        && first.instruction.span.end <= told.start
    {
        diagnostic.label(first.instruction.keyword_span, "the rewrite changes from here on");
    }
}
