//! Gathers the commands of a script, and those inside substitutions and scripts given as text.

use std::borrow::Cow;
use std::ops::Range;

use syntax::{Excerpt, Span};

use crate::cursor::{Cursor, Substitution};
use crate::grammar::Grammar;
use crate::nested::{given_excerpt, into_owned, own_names, without_backslashes};
use crate::script::{Command, Item, Operator, Place, Script};
use crate::tree;
use crate::wrapper::{given_script, see_through};

/// How deep substitutions and scripts given as text may enclose each other; deeper ones are not looked into.
const MAX_DEPTH: u8 = 12;

/// A script that is being read.
pub(crate) struct Reading<'t> {
    pub(crate) excerpt: &'t Excerpt<'t>,
    pub(crate) script: Script<'t>,
    /// What is read when the list around it is complete, so that its command's place is final.
    tasks: Vec<Task>,
    depth: u8,
    by_tree: bool,
}

/// A piece of shell text inside a word.
struct Task {
    kind: Kind,
    owner: Owner,
    depth: u8,
}

enum Kind {
    Substitution(Substitution),
    /// The script given to the owner, with the substitutions in its words: those the outer shell runs.
    Given(Vec<Substitution>),
}

/// What a substitution belongs to.
#[derive(Clone, Copy)]
enum Owner {
    Command(usize),
    Place(Place),
}

/// One element of a list at any level.
pub(crate) struct Element {
    /// Its commands, as indices.
    pub(crate) commands: Range<usize>,
    /// The operator before it.
    pub(crate) operator: Option<Operator>,
}

/// Reads a whole excerpt. With `by_tree`, tree-sitter is asked at once.
pub(crate) fn read<'t>(excerpt: &'t Excerpt<'t>, by_tree: bool) -> Script<'t> {
    read_nested(excerpt, Place::default(), 0, by_tree, true)
}

fn read_nested<'t>(
    excerpt: &'t Excerpt<'t>,
    place: Place,
    depth: u8,
    by_tree: bool,
    is_top: bool,
) -> Script<'t> {
    let script = Script::default();
    let mut reading = Reading { excerpt, script, tasks: Vec::new(), depth, by_tree };
    reading.block(0..excerpt.text().len(), place, is_top);
    let has_tasks = !reading.tasks.is_empty();
    while let Some(task) = reading.tasks.pop() {
        reading.perform(task);
    }
    if has_tasks {
        reading.script.commands.sort_by_key(|it| it.span.start);
    }
    reading.script
}

impl<'t> Reading<'t> {
    /// Reads a range of the text as a list of commands.
    fn block(&mut self, range: Range<usize>, place: Place, is_top: bool) {
        let (n_commands, n_tasks) = (self.script.commands.len(), self.tasks.len());
        if self.by_tree {
            return tree::read(self, range, place, is_top);
        }
        let end = range.end;
        let Err(stopped_at) = Grammar::read(self, range.clone(), place, is_top) else { return };
        self.script.commands.truncate(n_commands);
        self.tasks.truncate(n_tasks);
        if is_top {
            self.script.items.clear();
        }
        tree::read(self, range, place, is_top);
        // The tree accepts more than a shell does, a lone `done` for one.
        if self.script.fault.is_none() {
            let start = stopped_at.min(end);
            let length = self.excerpt.text().get(start..).and_then(|it| it.chars().next());
            let length = length.map_or(0, char::len_utf8);
            self.add_fault(self.excerpt.span(start..(start + length).min(end)));
        }
    }

    /// Notes an element of the top-level list.
    pub(crate) fn add_item(
        &mut self,
        range: Range<usize>,
        joined_by: Option<(Operator, Range<usize>)>,
    ) {
        let joined_by = joined_by.map(|(operator, range)| (operator, self.excerpt.span(range)));
        self.script.items.push(Item { span: self.excerpt.span(range), joined_by });
    }

    /// The last item goes on up to `end` as a pipeline; its first command is at index `first`.
    pub(crate) fn extend_item(&mut self, end: usize, first: usize) {
        if let Some(item) = self.script.items.last_mut() {
            let end = self.excerpt.span(end.saturating_sub(1)..end).end;
            item.span.end = item.span.end.max(end);
        }
        if let Some(command) = self.script.commands.get_mut(first) {
            command.place.is_item = false;
        }
    }

    /// Notes a command as it was scanned, and what its words contain. Takes the substitutions out of the list.
    pub(crate) fn add_command(
        &mut self,
        mut command: Command<'t>,
        substitutions: &mut Vec<Substitution>,
    ) {
        see_through(&mut command);
        let owner = Owner::Command(self.script.commands.len());
        let depth = self.depth;
        if given_script(&command).is_some() {
            let kind = Kind::Given(substitutions.clone());
            self.tasks.push(Task { kind, owner, depth });
        }
        self.script.commands.push(command);
        self.add_tasks(substitutions, owner);
    }

    /// Notes substitutions that are not part of a simple command, as in the words of `for`.
    pub(crate) fn add_substitutions(
        &mut self,
        substitutions: &mut Vec<Substitution>,
        place: Place,
    ) {
        self.add_tasks(substitutions, Owner::Place(place));
    }

    /// Notes the names in a range of the text, the variable of a `for` or the expressions of `((…))`, as set there.
    pub(crate) fn add_assigned(&mut self, range: Range<usize>) {
        let text = self.excerpt.text().get(range).unwrap_or("");
        let names = text.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
        let names = names.filter(|it| !it.is_empty()).map(Cow::Borrowed);
        self.script.assigned.extend(names);
    }

    fn add_tasks(&mut self, substitutions: &mut Vec<Substitution>, owner: Owner) {
        let depth = self.depth;
        for substitution in substitutions.drain(..) {
            self.tasks.push(Task { kind: Kind::Substitution(substitution), owner, depth });
        }
    }

    /// The commands from `first` on stand in a pipeline that goes on behind them.
    pub(crate) fn mark_writers(&mut self, first: usize) {
        for command in self.script.commands.iter_mut().skip(first) {
            command.place.writes_pipe = true;
        }
    }

    /// Notes a place that is not understood; the first one in the file counts.
    pub(crate) fn add_fault(&mut self, fault: Span) {
        let is_first = self.script.fault.is_none_or(|it| fault.start < it.start);
        if is_first {
            self.script.fault = Some(fault);
        }
    }

    fn perform(&mut self, task: Task) {
        if task.depth >= MAX_DEPTH {
            return;
        }
        let place = match task.owner {
            Owner::Command(index) => self.script.commands.get(index).map(|it| it.place),
            Owner::Place(place) => Some(place),
        };
        let mut place = Place { is_item: false, ..place.unwrap_or_default() };
        match task.kind {
            Kind::Substitution(substitution) => {
                place.reads_pipe = false;
                place.writes_pipe = false;
                place.is_substitution = true;
                place.subshells = place.subshells.saturating_add(1);
                self.substitution(substitution, place, task.depth + 1);
            }
            Kind::Given(substitutions) => {
                if let Owner::Command(index) = task.owner {
                    self.given(index, &substitutions, place, task.depth + 1);
                }
            }
        }
    }

    fn substitution(&mut self, substitution: Substitution, place: Place, depth: u8) {
        let range = substitution.range;
        let text = self.excerpt.text().get(range.clone()).unwrap_or("");
        if substitution.is_backtick && text.contains('\\') {
            let excerpt = without_backslashes(self.excerpt, range);
            let inner = read_nested(&excerpt, place, depth, self.by_tree, false);
            self.adopt(inner, |_| true);
            return;
        }
        let before = std::mem::replace(&mut self.depth, depth);
        self.block(range, place, false);
        self.depth = before;
    }

    /// Reads the script that the command was given.
    fn given(&mut self, index: usize, outer: &[Substitution], place: Place, depth: u8) {
        let Some(command) = self.script.commands.get_mut(index) else { return };
        let Some(given) = given_script(command) else { return };
        let words = command.words.get(given.words.clone()).unwrap_or(&[]);
        let Some(excerpt) = given_excerpt(self.excerpt, words) else { return };
        command.has_script = true;
        let place = place_of_given(place, given.has_own_shell, given.is_conditional);
        let inner = read_nested(&excerpt, place, depth, self.by_tree, false);
        // What the outer shell substitutes is listed with the outer command.
        let outer: Vec<Span> = outer.iter().map(|it| self.excerpt.span(it.range.clone())).collect();
        let is_new = |it: &Command| {
            !it.place.is_substitution || !outer.iter().any(|outer| outer.contains(it.span))
        };
        self.adopt(inner, is_new);
    }

    /// Takes over the commands of a script read from an excerpt of its own.
    fn adopt(&mut self, inner: Script<'_>, is_wanted: impl Fn(&Command) -> bool) {
        if let Some(fault) = inner.fault {
            self.add_fault(fault);
        }
        self.script.assigned.extend(own_names(inner.assigned));
        for command in inner.commands {
            if is_wanted(&command) {
                self.script.commands.push(into_owned(command));
            }
        }
    }

    /// Steps over what was read from the text by a cursor of another reader and reports what it could not read.
    pub(crate) fn check_cursor(&mut self, cursor: &mut Cursor<'t>, start: usize) {
        if std::mem::take(&mut cursor.is_broken) {
            self.add_fault(self.excerpt.span(start..cursor.at));
        }
    }
}

/// Where the commands of a script stand that was given to a command at `place`.
pub(crate) fn place_of_given(place: Place, has_own_shell: bool, is_conditional: bool) -> Place {
    Place {
        is_item: false,
        is_conditional: place.is_conditional || is_conditional,
        subshells: place.subshells.saturating_add(u8::from(has_own_shell)),
        ..place
    }
}

/// Reads a script that is not part of a larger one, and makes it independent of its text.
pub(crate) fn read_given(excerpt: &Excerpt, place: Place) -> Script<'static> {
    let script = read_nested(excerpt, place, 1, false, false);
    Script {
        commands: script.commands.into_iter().map(into_owned).collect(),
        items: script.items,
        assigned: own_names(script.assigned),
        fault: script.fault,
    }
}

/// Marks what runs only if a test before it holds, as in `[ -f x ] && a; b` and `[ -f x ] && a || b`.
pub(crate) fn mark_conditional(commands: &mut [Command], elements: &[Element]) {
    let is_joined = |it: &Element| matches!(it.operator, Some(Operator::And | Operator::Or));
    let mut start = 0;
    while start < elements.len() {
        let rest = elements.get(start + 1..).unwrap_or(&[]);
        let end = start + 1 + rest.iter().take_while(|it| is_joined(it)).count();
        let is_last = end == elements.len();
        let chain = elements.get(start..end).unwrap_or(&[]);
        start = end;
        let last_or = chain.iter().rposition(|it| it.operator == Some(Operator::Or));
        let mut follows_test = false;
        for (index, element) in chain.iter().enumerate() {
            let may_be_skipped = !is_last || last_or.is_some_and(|it| index < it);
            let members = commands.get_mut(element.commands.clone()).unwrap_or_default();
            if follows_test && may_be_skipped && element.operator == Some(Operator::And) {
                for command in members.iter_mut() {
                    command.place.is_conditional = true;
                }
            }
            follows_test |= members.first().is_some_and(is_test);
        }
    }
}

/// Whether the command's purpose is its exit status.
fn is_test(command: &Command) -> bool {
    match command.program() {
        Some("[" | "[[" | "test") => true,
        Some("command") => {
            command.words.get(1).and_then(|it| it.literal()).is_some_and(|it| it == "-v")
        }
        _ => false,
    }
}
