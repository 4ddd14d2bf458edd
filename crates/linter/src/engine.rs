//! One check of one Dockerfile: parse, run the rules, suppress, sort.

use context::Files;
use model::{Build, InputFault, Scripts, Surroundings, Wishes, input_faults};
use syntax::File;

use crate::builder::drop_unsupported;
use crate::{Date, Diagnostic, Reports, Rule, Settings, suppress};

/// What a check depends on; nothing else has an influence.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The Dockerfile.
    pub text: &'a str,
    /// Its path relative to the root of the build context, with `/`.
    pub dockerfile: &'a str,
    /// The build context.
    pub files: &'a dyn Files,
    /// Which rules run and how much they matter.
    pub settings: &'a Settings,
    /// The day for which end-of-life dates are judged.
    pub today: Date,
    /// The stage that is shipped; the last one when not said.
    pub target: Option<&'a str>,
    /// Values of ARG that the builder is given, by name; `None` when only the build will know.
    pub arguments: &'a [(String, Option<String>)],
    /// Names of contexts that the builder is given beside its own, which may stand where an image's name would.
    pub contexts: &'a [String],
}

/// Checks one Dockerfile. The findings are sorted by place, then by the order of `rules`.
pub fn check(rules: &[&'static Rule], input: &Input<'_>) -> Vec<Diagnostic> {
    with_build(input, |build| found(rules, input, build))
}

/// Like [`check`], where the text has been read already: `build` knows no context yet, no target and no arguments.
pub fn check_build<'f>(
    rules: &[&'static Rule],
    input: &Input<'f>,
    build: Build<'f>,
) -> Vec<Diagnostic> {
    let mut build = build.in_context(input.files, input.dockerfile);
    build.wishes.kept_packages = input.settings.keep_packages();
    found(rules, input, &build)
}

/// Like [`check`], with what is wrong in the requirements and lock files that the Dockerfile installs from.
pub fn check_with_inputs(
    rules: &[&'static Rule],
    input: &Input<'_>,
) -> (Vec<Diagnostic>, Vec<InputFault>) {
    with_build(input, |build| (found(rules, input, build), input_faults(build)))
}

fn with_build<T>(input: &Input<'_>, ask: impl FnOnce(&Build<'_>) -> T) -> T {
    let file = syntax::parse(input.text);
    let scripts = model::scripts(&file);
    ask(&build(input, &file, &scripts))
}

fn build<'f>(input: &Input<'f>, file: &'f File<'f>, scripts: &'f Scripts<'f>) -> Build<'f> {
    let surroundings =
        Surroundings { files: input.files, dockerfile: input.dockerfile, target: input.target };
    let wishes = Wishes {
        arguments: input.arguments,
        contexts: input.contexts,
        kept_packages: input.settings.keep_packages(),
    };
    Build::with_wishes(file, scripts, surroundings, wishes)
}

fn found(rules: &[&'static Rule], input: &Input<'_>, build: &Build<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for rule in rules.iter().filter(|it| input.settings.is_on(it)) {
        (rule.check)(build, &mut Reports::new(rule, input.settings, input.today, &mut found));
    }
    suppress::apply(rules, input, build.file, &mut found);
    for diagnostic in found.iter_mut().filter(|it| !input.settings.is_fixable(it.rule)) {
        diagnostic.fixes.clear();
    }
    if let Some(target) = input.settings.target_version() {
        drop_unsupported(target, build.file, &mut found);
    }
    let place_in_list =
        |it: &Diagnostic| rules.iter().position(|rule| rule.name == it.rule).unwrap_or(rules.len());
    found.sort_by_key(|it| (it.span.start, it.span.end, place_in_list(it)));
    found
}
