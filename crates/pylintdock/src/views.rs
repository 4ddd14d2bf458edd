//! Several images that are built from one Dockerfile, as services of a Compose file are: what is found in any of them,
//! and which repairs none of them minds.

use linter::{Diagnostic, Edit, Fix, Input, SUPPRESSION_UNUSED};
use model::{Build, Surroundings};

use crate::arguments::Check;
use crate::job::Job;

/// The Dockerfile as the build of one image sees it.
struct View<'a> {
    /// The service or target.
    name: &'a str,
    found: Vec<Diagnostic>,
    /// First and last offset of each stage, and whether the image is made of it.
    stages: Vec<(u32, u32, bool)>,
}

/// What is found in any image that is built from the text of `input`, each once; `found` is what was found in the first.
/// A fix stays only if every other image is made of none of the lines it changes, or has the same fix.
pub(crate) fn of_all(
    options: &Check,
    job: &Job,
    input: &Input<'_>,
    found: Vec<Diagnostic>,
) -> Vec<Diagnostic> {
    let Some(build) = job.build.as_ref().filter(|it| !it.others.is_empty()) else { return found };
    let mut views = vec![View { name: &build.name, found, stages: stages(input) }];
    for other in &build.others {
        let target = options.target.as_deref().or(other.target.as_deref());
        let (arguments, contexts) = (&other.arguments, &other.contexts);
        let input = Input { target, arguments, contexts, ..*input };
        let found = linter::check(rules::ALL, &input);
        views.push(View { name: &other.name, found, stages: stages(&input) });
    }
    let mut res: Vec<Diagnostic> = Vec::new();
    for (at, view) in views.iter().enumerate() {
        for diagnostic in &view.found {
            let is_known = res.iter().any(|it| is_same(it, diagnostic));
            if is_known || !holds(&views, view, diagnostic) {
                continue;
            }
            let mut diagnostic = diagnostic.clone();
            // What the first image has, or all of them have, needs no word on whose it is.
            let is_general = at == 0 || views.iter().all(|it| it.has(&diagnostic));
            if !is_general {
                diagnostic.note(format!("in the image of `{}`", view.name));
            }
            keep_what_all_bear(&views, at, &mut diagnostic);
            res.push(diagnostic);
        }
    }
    res.sort_by_key(|it| (it.span.start, it.span.end));
    res
}

/// Whether a finding of one view is one of the file: a comment that silences something in another image is of use, and of
/// a stage that an image is not made of another one knows more.
fn holds(views: &[View<'_>], view: &View<'_>, diagnostic: &Diagnostic) -> bool {
    let at = diagnostic.span.start;
    let is_comment = diagnostic.rule == SUPPRESSION_UNUSED.name;
    let knows_more = |it: &&View<'_>| is_comment || !view.is_made_of(at) && it.is_made_of(at);
    views.iter().filter(knows_more).all(|it| it.has(diagnostic))
}

/// Takes away the fixes that may change another image, and says whose.
fn keep_what_all_bear(views: &[View<'_>], at: usize, diagnostic: &mut Diagnostic) {
    let others = || views.iter().enumerate().filter(|it| it.0 != at).map(|it| it.1);
    let had_fixes = !diagnostic.fixes.is_empty();
    let mut changed = None;
    let rule = diagnostic.rule;
    diagnostic.fixes.retain(|fix| {
        let minding = others().find(|it| !it.bears(rule, fix));
        changed = changed.or(minding.map(|it| it.name));
        // A file beside the Dockerfile is written for the first image only; the others do not see that it was.
        minding.is_none() && (at == 0 || fix.edits.iter().all(|it| it.path.is_none()))
    });
    if let Some(name) = changed.filter(|_| had_fixes && diagnostic.fixes.is_empty()) {
        diagnostic.note(format!("no fix, since it may change the image of `{name}`"));
    }
}

impl View<'_> {
    fn has(&self, diagnostic: &Diagnostic) -> bool {
        self.found.iter().any(|it| is_same(it, diagnostic))
    }

    /// Whether the image is made of the stage at an offset; what is in front of all stages is for all.
    fn is_made_of(&self, offset: u32) -> bool {
        let stage = self.stages.iter().rfind(|it| it.0 <= offset);
        stage.is_none_or(|it| it.2)
    }

    /// Whether the image stays the same, or is repaired by the same fix.
    fn bears(&self, rule: &str, fix: &Fix) -> bool {
        let has_it = || {
            let own = self.found.iter().filter(|it| it.rule == rule);
            own.flat_map(|it| &it.fixes).any(|it| it.edits == fix.edits)
        };
        has_it() || fix.edits.iter().all(|it| self.is_beside(it))
    }

    /// Whether an edit changes no stage that the image is made of. A whole new stage changes none.
    fn is_beside(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        let adds_stage = start == end && edit.text.starts_with("FROM ");
        let is_in_front = self.stages.first().is_none_or(|it| end < it.0);
        let touches = |it: &(u32, u32, bool)| it.2 && start <= it.1 && end >= it.0;
        edit.path.is_none() && (adds_stage || !is_in_front && !self.stages.iter().any(touches))
    }
}

fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    (one.rule, one.span, &one.message) == (other.rule, other.span, &other.message)
}

fn stages(input: &Input<'_>) -> Vec<(u32, u32, bool)> {
    let file = syntax::parse(input.text);
    let scripts = model::scripts(&file);
    let Input { files, dockerfile, target, .. } = *input;
    let build = Build::new(&file, &scripts, Surroundings { files, dockerfile, target });
    let is_used = model::contributing(&build);
    let stages = build.stages.iter().zip(is_used);
    let place = |stage: &model::Stage<'_>, is_used| {
        let spans = build.steps_of(stage).iter().map(|it| it.instruction.span);
        let (start, end) =
            spans.fold((u32::MAX, 0), |all, it| (all.0.min(it.start), all.1.max(it.end)));
        (start, end, is_used)
    };
    stages.map(|(stage, is_used)| place(stage, is_used)).collect()
}
