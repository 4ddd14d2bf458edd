//! Applies fixes until nothing changes any more, or nothing at all.

use std::collections::BTreeMap;
use std::sync::Arc;

use context::{Files, Tree};
use syntax::Span;

use crate::{Diagnostic, Edit, Fix, Input, Rule, Safety, check};

/// What fixing one Dockerfile led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The Dockerfile after the fixes.
    pub text: String,
    /// Files of the context that were changed or made, with their whole text.
    pub files: BTreeMap<String, String>,
    /// What was applied, in order.
    pub applied: Vec<Applied>,
    /// What is reported of the new text.
    pub remaining: Vec<Diagnostic>,
    /// Not empty: the fixes of these rules did not settle or broke the file, so that nothing was changed.
    pub unsettled: Vec<&'static str>,
}

/// One fix that was applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// The rule that offered it.
    pub rule: &'static str,
    /// Its title.
    pub title: String,
}

/// More rounds than any chain of fixes needs: each round makes room for fixes that waited for a neighbour.
const MAX_ROUNDS: usize = 10;

/// Applies every fix up to `allowed`, checks again and goes on until no fix is left.
///
/// If that does not end, or a fix makes text that does not parse, the outcome has the original text and names the
/// rules.
pub fn fix(rules: &[&'static Rule], input: &Input<'_>, allowed: Safety) -> Outcome {
    fix_wanted(rules, input, allowed, &|_, found| found)
}

/// Like [`fix`], of the findings that `wanted` leaves of those in a text.
pub fn fix_wanted(
    rules: &[&'static Rule],
    input: &Input<'_>,
    allowed: Safety,
    wanted: &dyn Fn(&str, Vec<Diagnostic>) -> Vec<Diagnostic>,
) -> Outcome {
    let mut text = input.text.to_owned();
    let mut overlay = Overlay { base: input.files, changed: BTreeMap::new(), tree: None };
    let mut applied = Vec::new();
    let n_errors = syntax::parse(input.text).errors.len();
    let mut unsettled: Vec<&'static str> = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let found = check(rules, &Input { text: &text, files: &overlay, ..*input });
        let found = wanted(&text, found);
        let chosen = choose(&found, allowed);
        if chosen.is_empty() {
            let files = overlay.changed.iter().map(|it| (it.0.clone(), it.1.to_string()));
            let files = files.collect();
            return Outcome { text, files, applied, remaining: found, unsettled: Vec::new() };
        }
        unsettled = chosen.iter().map(|it| it.0).collect();
        let edits = chosen.iter().flat_map(|it| &it.1.edits);
        let changed = edited(&text, edits.clone().filter(|it| it.path.is_none()));
        if syntax::parse(&changed).errors.len() > n_errors {
            break;
        }
        text = changed;
        overlay.edit(edits);
        applied.extend(chosen.iter().map(|it| Applied { rule: it.0, title: it.1.title.clone() }));
    }
    unsettled.sort_unstable();
    unsettled.dedup();
    Outcome {
        text: input.text.to_owned(),
        files: BTreeMap::new(),
        applied: Vec::new(),
        remaining: wanted(input.text, check(rules, input)),
        unsettled,
    }
}

/// The fixes of one round: those of base images and then the others, in the order of the file, each only if it touches no edit of one before it.
fn choose(found: &[Diagnostic], allowed: Safety) -> Vec<(&'static str, &Fix)> {
    let is_allowed = |it: &&Fix| it.safety <= allowed && it.safety != Safety::Manual;
    let mut candidates: Vec<(&'static str, &Fix)> = found
        .iter()
        .filter_map(|it| Some((it.rule, it.fixes.iter().find(is_allowed)?)))
        .filter(|it| !it.1.edits.is_empty())
        .collect();
    // The findings are in the order of the file and of the list already; a stable sort keeps that for ties.
    candidates.sort_by_key(|it| (!it.1.is_of_base, it.1.edits[0].span.start));
    let mut taken = Taken::default();
    candidates.retain(|(_, fix)| {
        let is_free = fix.edits.iter().all(|it| taken.leaves_free(it))
            && !fix.repeats.iter().any(|it| taken.changes(*it));
        if is_free {
            taken.edits.extend(fix.edits.iter().map(|it| (place(it), it)));
            taken.repeated.extend(&fix.repeats);
        }
        is_free
    });
    candidates
}

#[derive(Default)]
struct Taken<'e> {
    /// Of which no two touch, by file and start.
    edits: BTreeMap<(Option<&'e str>, u32), &'e Edit>,
    /// Places of the Dockerfile that must stay as they are.
    repeated: Vec<Span>,
}

fn place(edit: &Edit) -> (Option<&str>, u32) {
    (edit.path.as_deref(), edit.span.start)
}

impl<'e> Taken<'e> {
    fn leaves_free(&self, edit: &'e Edit) -> bool {
        let (path, start) = place(edit);
        // Those that start earlier end earlier too, so only the last of them can reach this one.
        let before = self.edits.range(..(path, start)).next_back();
        let behind = self.edits.range((path, start)..=(path, edit.span.end));
        let is_repeated = || self.repeated.iter().any(|it| is_within(edit, *it));
        !before.into_iter().chain(behind).any(|it| touches(edit, it.1)) && !is_repeated()
    }

    /// Whether an edit changes what stands at a place.
    fn changes(&self, place: Span) -> bool {
        let own = self.edits.range(..(None, place.end));
        own.rev().take_while(|it| it.1.span.end > place.start).any(|it| is_within(it.1, place))
    }
}

/// Overlapping edits, and two insertions at one place, whose order would be arbitrary.
fn touches(a: &Edit, b: &Edit) -> bool {
    a.path == b.path
        && (a.span.start < b.span.end && b.span.start < a.span.end
            || a.span.start == b.span.start
            || a.span.is_empty() && b.span.contains(a.span)
            || b.span.is_empty() && a.span.contains(b.span))
}

/// Whether an edit of the Dockerfile changes something inside of a place, not only next to it.
fn is_within(edit: &Edit, place: Span) -> bool {
    edit.path.is_none()
        && edit.span.start < place.end
        && place.start < edit.span.end.max(edit.span.start + 1)
        && !(edit.span.is_empty() && edit.span.start == place.start)
}

/// `text` with the edits made, which are disjoint.
pub fn edited<'e>(text: &str, edits: impl Iterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.collect();
    edits.sort_by_key(|it| it.span);
    let mut res = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        res.push_str(text.get(at..edit.span.start as usize).unwrap_or(""));
        res.push_str(&edit.text);
        at = edit.span.end as usize;
    }
    res.push_str(text.get(at..).unwrap_or(""));
    res
}

/// The context as it is after the edits of earlier rounds.
struct Overlay<'a> {
    base: &'a dyn Files,
    changed: BTreeMap<String, Arc<str>>,
    /// The tree with the new files; `None` while none was made.
    tree: Option<Tree>,
}

impl Overlay<'_> {
    fn edit<'e>(&mut self, edits: impl Iterator<Item = &'e Edit> + Clone) {
        let mut paths: Vec<&str> = edits.clone().filter_map(|it| it.path.as_deref()).collect();
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            let before = self.read(path).unwrap_or_default();
            let of_this = edits.clone().filter(|it| it.path.as_deref() == Some(path));
            let after = edited(&before, of_this);
            self.changed.insert(path.to_owned(), after.into());
        }
        if !self.changed.is_empty()
            && let Some(tree) = self.base.tree()
        {
            let known = tree.files().filter(|it| !self.changed.contains_key(it.0));
            let known = known.map(|it| (it.0.to_owned(), it.1));
            let new = self.changed.iter().map(|it| (it.0.clone(), it.1.len() as u64));
            let joined = Tree::new(known.chain(new));
            self.tree = Some(if tree.is_complete() { joined } else { joined.cut_off() });
        }
    }
}

impl Files for Overlay<'_> {
    fn read(&self, path: &str) -> Option<Arc<str>> {
        self.changed.get(path).cloned().or_else(|| self.base.read(path))
    }

    fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref().or_else(|| self.base.tree())
    }
}
