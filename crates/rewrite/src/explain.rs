//! Tells what the rewrite makes of every command of a stage.

use linter::WheelTransfer;
use model::{Build, Stage};
use syntax::Span;

use crate::offer::planned;
use crate::plan::{Judged, Plan, Shape, Verdict};

/// Longer commands are cut.
const WIDTH: usize = 60;

/// The verdict of every command of a stage with its reason, and the plan or why there is none, as lines of text.
pub fn explain<'f>(build: &Build<'f>, stage: &Stage<'f>, transfer: WheelTransfer) -> String {
    let mut res = String::new();
    match planned(build, stage, transfer) {
        Ok((plan, _)) => {
            for it in &plan.judged {
                res += &line(build, it);
            }
            res += &summary(&plan);
            for doubt in &plan.doubts {
                res += &format!("  unsafe, as {doubt}\n");
            }
        }
        Err(refusal) => {
            for it in crate::stage::judged(build, stage) {
                res += &line(build, &it);
            }
            res += &format!("no rewrite, as {}\n", refusal.told(build));
        }
    }
    res
}

fn line(build: &Build<'_>, judged: &Judged) -> String {
    let number = build.file.lines.line(judged.span.start);
    let verdict = judged.verdict.name();
    let command = shown(build, judged.span);
    format!("{number:>5}  {verdict:<15}  {command:<WIDTH$}  {}\n", judged.reason)
}

/// A command on one line, as far as there is room.
fn shown(build: &Build<'_>, span: Span) -> String {
    let escape = build.file.escape.to_string();
    let words = span.of(build.file.text).split_whitespace().filter(|it| *it != escape);
    let text = words.collect::<Vec<&str>>().join(" ");
    if text.chars().count() <= WIDTH {
        return text;
    }
    let cut: String = text.chars().take(WIDTH - 1).collect();
    cut + "…"
}

fn summary(plan: &Plan) -> String {
    let name = &plan.builder_name;
    let n_moved = plan.judged.iter().filter(|it| it.verdict == Verdict::BuildOnly).count();
    let what = match plan.shape {
        Shape::Wheels => "builds wheels",
        Shape::Environment { .. } => "builds what is copied",
    };
    let safety = if plan.doubts.is_empty() { "safe" } else { "unsafe" };
    let commands = if n_moved == 1 { "command" } else { "commands" };
    format!(
        "a rewrite ({safety}): stage `{name}` {what}, {n_moved} {commands} of the build alone\n"
    )
}
