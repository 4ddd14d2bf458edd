//! The context is copied broadly, and nothing says what to leave out.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::Build;
use model::unwanted::{
    Contents, broad_copy, contents, environment_note, is_named, measured, readable_size,
};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "dockerignore-missing",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &["DF033"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/dockerignore-missing.md"),
    check,
};

/// What git and Python write into every working copy, so that it belongs in the file before it is there.
const BASE: [&str; 3] = [".git", "**/__pycache__", "**/*.py[cod]"];

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some(step) = broad_copy(build) else { return };
    let Some(tree) = build.surroundings.files.tree() else { return };
    if build.ignore_file().is_some() || tree.is_file(".dockerignore") {
        return;
    }
    let contents = contents(build);
    let diagnostic = reports.report(
        step.instruction.span,
        match tree.is_complete() {
            true => format!(
                "there is no `.dockerignore`, so all of the build context ({}) is sent and copied",
                readable_size(tree.files().map(|it| it.1).sum())
            ),
            false => "there is no `.dockerignore`, so all of the build context is sent and copied"
                .to_owned(),
        },
    );
    if let Some(measured) = measured(&contents.unwanted) {
        diagnostic.note(measured);
    }
    if let Some(reader) = contents.git_reader {
        diagnostic.note(format!("`.git` stays in, because {reader} reads it in the build"));
    }
    if let Some(note) = environment_note(&contents) {
        diagnostic.note(note);
    }
    diagnostic.note(match tree.contains(".git") {
        true => "every change there, a commit included, builds all that follows again",
        false => "every change there builds all that follows again",
    });
    let lines = lines(build, &contents);
    let fix = Edit::in_file(".dockerignore", Span::at(0), lines.join("\n") + "\n");
    diagnostic.fix_if((!lines.is_empty()).then(|| Fix::safe("Create .dockerignore", [fix])));
}

fn lines(build: &Build<'_>, contents: &Contents) -> Vec<String> {
    let is_free = |it: &&str| !is_named(build, it.trim_start_matches("**/"));
    let base = BASE
        .iter()
        .filter(|it| **it != ".git" || contents.git_reader.is_none())
        .filter(|it| is_free(it));
    let mut res: Vec<String> = base.map(|it| (*it).to_owned()).collect();
    for it in &contents.unwanted {
        let plain = it.pattern.trim_start_matches("**/");
        match res.iter_mut().find(|line| line.trim_start_matches("**/") == plain) {
            // What lies deeper needs the wider pattern.
            Some(line) if it.pattern.len() > line.len() => *line = it.pattern.clone(),
            Some(_) => {}
            None => res.push(it.pattern.clone()),
        }
    }
    res
}
