//! Code actions: repairs of single findings, of all of one rule and of all that is safe, rewrites, and comments that
//! silence.

use std::collections::BTreeSet;
use std::sync::Arc;

use linter::silence::{self, Reach};
use linter::{Edit, Fix, Rule, Safety};
use model::estimate::readable;
use serde::{Deserialize, Serialize};
use syntax::{Keyword, Span};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, Uri, WorkspaceEdit,
};

use crate::check::Checked;
use crate::documents::Document;
use crate::edits::{self, Caution};
use crate::present;
use crate::sizes;
use crate::state::State;

/// The command that shows a rule's page.
pub(crate) const SHOW_RULE: &str = "pylintdock.showRule";
/// Everything that is safe, as on save.
const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.pylintdock");

/// A rewrite into stages.
const REWRITE: CodeActionKind = CodeActionKind::new("refactor.rewrite.pylintdock");

/// The rules whose fixes rewrite the file into stages: a refactoring, offered on FROM as well.
const REWRITING: [&str; 2] = ["compiler-in-final-stage", "full-image-in-final-stage"];

/// The kinds of actions that are offered.
pub(crate) fn kinds() -> Vec<CodeActionKind> {
    vec![CodeActionKind::QUICKFIX, FIX_ALL, REWRITE]
}

/// What an action would do; sent to the client and back when the action is chosen.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    uri: Uri,
    /// The client's number of the text that the action was offered for, and ours.
    version: i32,
    edition: u64,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Wanted {
    /// One fix of one finding.
    Fix { rule: String, start: u32, end: u32, title: String },
    /// Every safe fix of one rule.
    Rule(String),
    /// Every safe fix.
    All,
    /// A comment above an instruction.
    IgnoreHere { rule: String, start: u32 },
    /// A comment for the whole file.
    IgnoreFile(String),
}

/// Why an action cannot be made an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The document is another one by now.
    Changed,
    /// The fixes do not settle, or the client cannot make such edits.
    Impossible,
}

/// The actions for a range of a document, without those that the client has not asked for.
pub(crate) fn offered(
    state: &State,
    document: &Document,
    checked: &Checked,
    range: Span,
    only: Option<&[CodeActionKind]>,
) -> Vec<CodeActionOrCommand> {
    let mut offer = Offer { state, document, checked, only, actions: Vec::new() };
    let here: Vec<&linter::Diagnostic> =
        checked.diagnostics.iter().filter(|it| meets(it.span, range)).collect();
    if offer.is_wanted(&CodeActionKind::QUICKFIX) {
        here.iter().for_each(|it| offer.fixes(it));
        let rules: BTreeSet<&str> = here.iter().map(|it| it.rule).collect();
        rules.iter().for_each(|it| offer.whole_rule(it));
        offer.ignoring(&here);
        rules.iter().for_each(|it| offer.page(it));
    }
    if offer.is_wanted(&REWRITE) {
        offer.rewrites(range);
    }
    let is_fixable = |it: &linter::Diagnostic| it.fixes.iter().any(|it| it.safety == Safety::Safe);
    if offer.is_wanted(&FIX_ALL) && checked.diagnostics.iter().any(is_fixable) {
        offer.add("Fix everything that is safe to fix".to_owned(), FIX_ALL, None, Wanted::All);
    }
    offer.actions
}

/// Whether two spans touch; a place without length lies in what it touches.
fn meets(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

struct Offer<'a> {
    state: &'a State,
    document: &'a Document,
    checked: &'a Checked,
    only: Option<&'a [CodeActionKind]>,
    actions: Vec<CodeActionOrCommand>,
}

impl Offer<'_> {
    /// Whether the client has asked for a kind or for one above it.
    fn is_wanted(&self, kind: &CodeActionKind) -> bool {
        let kind = kind.as_str();
        self.only.is_none_or(|only| {
            only.iter().any(|it| {
                let rest = kind.strip_prefix(it.as_str());
                // The empty kind is above all others.
                rest.is_some_and(|rest| {
                    it.as_str().is_empty() || rest.is_empty() || rest.starts_with('.')
                })
            })
        })
    }

    fn fixes(&mut self, found: &linter::Diagnostic) {
        let mut is_first = true;
        for fix in found.fixes.iter().filter(|it| !it.edits.is_empty()) {
            let is_preferred = is_first && fix.safety == Safety::Safe;
            is_first = false;
            let before = self.actions.len();
            let title = self.title(found, fix);
            self.add(title, CodeActionKind::QUICKFIX, Some(found), wanted_fix(found, fix));
            if let Some(CodeActionOrCommand::CodeAction(action)) = self.actions.get_mut(before) {
                action.is_preferred = is_preferred.then_some(true);
            }
        }
    }

    /// One action for all findings of a rule, where there are several to be fixed safely.
    fn whole_rule(&mut self, rule: &str) {
        let is_fixable = |it: &&linter::Diagnostic| {
            it.rule == rule && it.fixes.iter().any(|it| it.safety == Safety::Safe)
        };
        if self.checked.diagnostics.iter().filter(is_fixable).count() > 1 {
            let title = format!("Fix all `{rule}` in this file");
            self.add(title, CodeActionKind::QUICKFIX, None, Wanted::Rule(rule.to_owned()));
        }
    }

    fn ignoring(&mut self, here: &[&linter::Diagnostic]) {
        let file = syntax::parse(self.checked.text.as_str());
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        for found in here {
            let rule = found.rule;
            if !seen.insert(rule) {
                continue;
            }
            if let Some(reach) = silence::reach(&file, found.span) {
                let place = match reach {
                    Reach::Instruction => "for this instruction",
                    Reach::Stage => "in this stage",
                };
                let wanted = Wanted::IgnoreHere { rule: rule.to_owned(), start: found.span.start };
                let title = format!("Ignore `{rule}` {place}");
                self.add(title, CodeActionKind::QUICKFIX, Some(found), wanted);
            }
            let wanted = Wanted::IgnoreFile(rule.to_owned());
            let title = format!("Ignore `{rule}` in this file");
            self.add(title, CodeActionKind::QUICKFIX, Some(found), wanted);
        }
    }

    fn page(&mut self, rule: &str) {
        let title = format!("Show the rule `{rule}`");
        self.actions.push(CodeActionOrCommand::CodeAction(CodeAction {
            title: title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            command: Some(Command {
                title,
                command: SHOW_RULE.to_owned(),
                arguments: Some(vec![rule.into()]),
            }),
            ..CodeAction::default()
        }));
    }

    /// Rewrites, for a range on what they repair or on a FROM, and wherever a client asks for nothing else.
    fn rewrites(&mut self, range: Span) {
        let checked = self.checked;
        let is_rewriting = |it: &&linter::Diagnostic| REWRITING.contains(&it.rule);
        let found: Vec<_> = checked.diagnostics.iter().filter(is_rewriting).collect();
        if found.is_empty() {
            return;
        }
        let file = syntax::parse(checked.text.as_str());
        let is_on_from = self.only.is_some_and(|it| *it == [REWRITE])
            || file
                .instructions
                .iter()
                .any(|it| it.keyword == Keyword::From && meets(it.span, range));
        let mut titles: BTreeSet<&str> = BTreeSet::new();
        for it in found.into_iter().filter(|it| is_on_from || meets(it.span, range)) {
            for fix in it.fixes.iter().filter(|it| !it.edits.is_empty()) {
                if titles.insert(&fix.title) {
                    self.add(self.title(it, fix), REWRITE, None, wanted_fix(it, fix));
                }
            }
        }
    }

    /// What a fix will do, with what has to be known of it, and what a rewrite saves.
    fn title(&self, found: &linter::Diagnostic, fix: &Fix) -> String {
        let mut res = fix.title.clone();
        if REWRITING.contains(&found.rule) {
            let surroundings = &self.state.surroundings;
            let saved =
                surroundings.with_input(self.document, |it, _, _| sizes::saved(it, &fix.edits));
            res += &saved.map_or(String::new(), |it| format!(", saves {}", readable(it)));
        }
        match fix.safety {
            Safety::Safe => res,
            Safety::Unsafe => res + " (unsafe)",
            Safety::Manual => res + " (to be completed)",
        }
    }

    /// Adds an action, with its edit at once for a client that does not ask for it later.
    fn add(
        &mut self,
        title: String,
        kind: CodeActionKind,
        found: Option<&linter::Diagnostic>,
        wanted: Wanted,
    ) {
        let (document, state) = (self.document, self.state);
        let request = Request {
            uri: document.uri.clone(),
            version: document.version,
            edition: document.edition,
            wanted,
        };
        let mut action = CodeAction { title, kind: Some(kind), ..CodeAction::default() };
        action.diagnostics = found.map(|it| {
            vec![present::diagnostic(it, self.checked, &document.uri, state.facilities())]
        });
        if state.facilities().resolves_edits {
            action.data = serde_json::to_value(&request).ok();
        } else {
            let Ok(edit) = edit_in(state, document, &request) else { return };
            action.edit = Some(edit);
        }
        self.actions.push(CodeActionOrCommand::CodeAction(action));
    }
}

fn wanted_fix(found: &linter::Diagnostic, fix: &Fix) -> Wanted {
    Wanted::Fix {
        rule: found.rule.to_owned(),
        start: found.span.start,
        end: found.span.end,
        title: fix.title.clone(),
    }
}

/// The edit of an action that was chosen. Takes its time.
///
/// # Errors
/// See [`Refusal`].
pub(crate) fn edit(state: &State, request: &Request) -> Result<WorkspaceEdit, Refusal> {
    let document = state.document(&request.uri).ok_or(Refusal::Changed)?;
    if (document.edition, document.version) != (request.edition, request.version) {
        return Err(Refusal::Changed);
    }
    edit_in(state, &document, request)
}

fn edit_in(
    state: &State,
    document: &Document,
    request: &Request,
) -> Result<WorkspaceEdit, Refusal> {
    let checked: Arc<Checked> = state.checked(document);
    state.surroundings.with_input(document, |input, subject, _| {
        let mut caution = None;
        let edits: Vec<Edit> = match &request.wanted {
            Wanted::Fix { rule, start, end, title } => {
                let span = Span { start: *start, end: *end };
                let mut found = checked.diagnostics.iter();
                let fix = found
                    .find_map(|it| {
                        let is_it = it.rule == rule && it.span == span;
                        let mut fixes = it.fixes.iter().filter(|_| is_it);
                        fixes.find(|it| it.title == *title)
                    })
                    .ok_or(Refusal::Changed)?;
                caution = Caution::of(fix);
                fix.edits.clone()
            }
            Wanted::Rule(rule) => {
                let only: Vec<&'static Rule> =
                    rules::ALL.iter().copied().filter(|it| it.name == rule).collect();
                settled(document, subject, &linter::fix(&only, input, Safety::Safe))?
            }
            Wanted::All => {
                settled(document, subject, &linter::fix(rules::ALL, input, Safety::Safe))?
            }
            Wanted::IgnoreHere { rule, start } => {
                let file = syntax::parse(input.text);
                let edit = silence::above(&file, Span::at(*start as usize), rule);
                vec![edit.ok_or(Refusal::Impossible)?]
            }
            Wanted::IgnoreFile(rule) => {
                vec![silence::everywhere(&syntax::parse(input.text), rule)]
            }
        };
        edits::workspace_edit(state, document, subject, &edits, caution).ok_or(Refusal::Impossible)
    })
}

fn settled(
    document: &Document,
    subject: &project::Subject<'_>,
    outcome: &linter::Outcome,
) -> Result<Vec<Edit>, Refusal> {
    match outcome.unsettled.is_empty() {
        true => Ok(edits::of_outcome(document, subject, outcome)),
        false => Err(Refusal::Impossible),
    }
}
