//! Wheels that COPY brings stay in a layer after they are installed.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity, WheelTransfer};
use model::python_estimate::{built_wheels, readable};
use model::{Build, wheel_folder};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "wheels-copied-as-layer",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/wheels-copied-as-layer.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    // Where the file must build without mounts there is no other way.
    if reports.wheel_transfer() == WheelTransfer::Copy {
        return;
    }
    for step in build.steps.iter().filter(|it| build.is_shipped(it)) {
        let Some(folder) = wheel_folder(build, step) else { continue };
        let edited = folder.edits.iter().flatten().filter_map(|edit| {
            let place = syntax::Span::at(edit.0.start as usize);
            let mut later = build.steps.iter().skip(step.index + 1);
            later.find(|it| it.instruction.span.contains(place))
        });
        let mut removals: Vec<syntax::Span> = edited
            .filter(|it| !folder.installs.contains(&it.index))
            .map(|it| it.instruction.keyword_span)
            .collect();
        removals.dedup();
        let fix = folder.edits.map(|edits| {
            let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text));
            Fix::safe("Mount the wheels for the install instead", edits)
        });
        let installs = folder.installs.first().and_then(|it| build.steps.get(*it));
        let added = built_wheels(build, step);
        let size = added.and_then(|it| readable(it.installed, it.is_least()));
        let of_size = size.map_or(String::new(), |it| format!(", {it},"));
        let report = reports.report(
            step.instruction.keyword_span,
            format!(
                "the wheels in `{}`{of_size} stay in this layer after they are installed",
                folder.target
            ),
        );
        if let Some(installs) = installs {
            report.label(installs.instruction.keyword_span, "installed here");
        }
        for place in removals {
            report.label(place, "removed here, which frees nothing");
        }
        report
            .note("a bind mount brings them for one RUN only (needs BuildKit); a removal in a later layer frees nothing")
            .fix_if(fix);
    }
}
