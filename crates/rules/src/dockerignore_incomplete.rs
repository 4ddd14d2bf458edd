//! The ignore file lets things pass that are of no use in an image.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::Build;
use model::unwanted::{broad_copy, contents, environment_note, measured};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "dockerignore-incomplete",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/dockerignore-incomplete.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some((path, _)) = build.ignore_file() else { return };
    let Some(step) = broad_copy(build) else { return };
    let contents = contents(build);
    let unwanted = &contents.unwanted;
    let (Some(text), Some(measured)) = (build.surroundings.files.read(path), measured(unwanted))
    else {
        return;
    };
    let names: Vec<String> = unwanted.iter().map(|it| format!("`{}`", it.pattern)).collect();
    let newline = syntax::line_end(&text);
    let mut added = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        added.push_str(newline);
    }
    for it in unwanted {
        added.push_str(&it.pattern);
        added.push_str(newline);
    }
    let edit = Edit::in_file(path.as_str(), Span::at(text.len()), added);
    let diagnostic = reports
        .report(step.instruction.span, format!("`{path}` lets {} pass", names.join(", ")))
        .note(measured);
    if let Some(note) = environment_note(&contents) {
        diagnostic.note(note);
    }
    diagnostic
        .fix(Fix::safe(format!("Add {} to {path}", names.join(", ").replace('`', "")), [edit]));
}
