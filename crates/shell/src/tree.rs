//! Commands from tree-sitter's tree, for text that `grammar` does not understand.
//!
//! Only the structure is taken from the tree. Its word boundaries are wrong for `$a/$b` and the like, and it
//! attaches a redirection to a whole list: words are read by our own cursor from each command's first byte on.

use std::cell::RefCell;
use std::ops::Range;

use tree_sitter::{Node, Parser, Tree};

use crate::cursor::Cursor;
use crate::grammar::operator_at;
use crate::reading::{Element, Reading, mark_conditional};
use crate::script::{Operator, Place};

/// How deep nodes may enclose each other; deeper ones are not looked into.
const MAX_DEPTH: u8 = 60;

thread_local! {
    /// Making a parser costs more than parsing a line.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Reads a range of the text.
pub(crate) fn read(reading: &mut Reading, range: Range<usize>, place: Place, is_top: bool) {
    let text = reading.excerpt.text().get(range.clone()).unwrap_or("");
    let Some(tree) = parse(text) else {
        reading.add_fault(reading.excerpt.span(range));
        return;
    };
    let root = tree.root_node();
    if let Some(fault) = first_fault(root) {
        let (start, end) = (range.start + fault.start_byte(), range.start + fault.end_byte());
        reading.add_fault(reading.excerpt.span(start..end));
    }
    let cursor = Cursor::new(reading.excerpt, range.clone());
    let mut walk = Walk { reading, cursor, base: range.start, read_to: range.start, depth: 0 };
    walk.list(&statements(root), place, is_top);
}

fn parse(text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_bash::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        slot.as_mut()?.parse(text, None)
    })
}

/// The first ERROR or MISSING node.
fn first_fault(root: Node) -> Option<Node> {
    let mut node = root;
    while node.has_error() {
        if node.is_error() || node.is_missing() {
            return Some(node);
        }
        let mut cursor = node.walk();
        let child = node.children(&mut cursor).find(|it| it.has_error() || it.is_missing());
        match child {
            Some(it) => node = it,
            None => return Some(node),
        }
    }
    node.is_missing().then_some(node)
}

/// The statements among a node's children.
fn statements<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    let mut cursor = node.walk();
    let children: Vec<Node> = node.named_children(&mut cursor).collect();
    children.into_iter().flat_map(flatten).collect()
}

/// The statement that a node is, or those of the list or pipeline that it is. Which operators join them is read
/// from the text: the tree takes `a | b && c > d` for a pipeline of two.
fn flatten<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    let mut res = Vec::new();
    // Not recursive: `a && b && c …` is as deep a tree as it is long.
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        let is_container = match node.kind() {
            "list" | "pipeline" | "negated_command" | "ERROR" => true,
            "redirected_statement" => node.child_by_field_name("body").is_some(),
            _ => false,
        };
        if is_container {
            let mut cursor = node.walk();
            let first = stack.len();
            stack.extend(node.named_children(&mut cursor));
            if let Some(added) = stack.get_mut(first..) {
                added.reverse();
            }
        } else if is_statement(node) {
            res.push(node);
        }
    }
    res
}

fn is_statement(node: Node) -> bool {
    matches!(
        node.kind(),
        "command"
            | "command_name"
            | "declaration_command"
            | "unset_command"
            | "variable_assignment"
            | "variable_assignments"
            | "test_command"
            | "redirected_statement"
            | "subshell"
            | "compound_statement"
            | "if_statement"
            | "while_statement"
            | "for_statement"
            | "c_style_for_statement"
            | "case_statement"
            | "function_definition"
            | "do_group"
            | "elif_clause"
            | "else_clause"
            | "case_item"
    )
}

/// How a statement is joined to the one before it.
enum Joint {
    Start,
    Pipe,
    List(Operator, Range<usize>),
}

struct Walk<'r, 't> {
    reading: &'r mut Reading<'t>,
    cursor: Cursor<'t>,
    /// Where the parsed text begins in the excerpt's.
    base: usize,
    /// What our own cursor has read already; nodes before it are artefacts of wrong word boundaries.
    read_to: usize,
    depth: u8,
}

impl<'t> Walk<'_, 't> {
    fn start(&self, node: Node) -> usize {
        self.base + node.start_byte()
    }

    fn end(&self, node: Node) -> usize {
        self.base + node.end_byte()
    }

    fn list(&mut self, nodes: &[Node], place: Place, is_top: bool) {
        let mut elements: Vec<Element> = Vec::new();
        let outer = Place { is_item: false, ..place };
        let mut place = outer;
        let mut first_of_last = 0;
        for node in nodes {
            if self.start(*node) < self.read_to {
                continue;
            }
            let joint = match elements.is_empty() {
                true => Joint::Start,
                false => self.joint_before(*node),
            };
            let n_commands = self.reading.script.commands.len();
            let is_pipe = matches!(joint, Joint::Pipe);
            if is_pipe {
                self.reading.mark_writers(first_of_last);
                place.reads_pipe = true;
            } else {
                place = outer;
                place.is_conditional |= matches!(joint, Joint::List(Operator::Or, _));
                if is_top {
                    place.item = self.reading.script.items.len();
                }
            }
            let start = self.item_start(*node, elements.is_empty());
            let is_negated = self.cursor.byte(start) == b'!' && start < self.start(*node);
            first_of_last = n_commands;
            let is_simple = self.statement(*node, place);
            let end = self.read_to.max(start);
            if is_pipe {
                if let Some(element) = elements.last_mut() {
                    element.commands.end = self.reading.script.commands.len();
                    if is_top {
                        self.reading.extend_item(end, element.commands.start);
                    }
                }
                continue;
            }
            let commands = n_commands..self.reading.script.commands.len();
            let joined_by = match joint {
                Joint::List(operator, range) => Some((operator, range)),
                Joint::Start | Joint::Pipe => None,
            };
            elements.push(Element { commands, operator: joined_by.as_ref().map(|it| it.0) });
            if is_top {
                if is_simple
                    && !is_negated
                    && let Some(it) = self.reading.script.commands.get_mut(n_commands)
                {
                    it.place.is_item = true;
                }
                self.reading.add_item(start..end, joined_by);
            }
        }
        mark_conditional(&mut self.reading.script.commands, &elements);
    }

    /// What stands between the text that was read and the node.
    fn joint_before(&mut self, node: Node) -> Joint {
        self.cursor.at = self.read_to;
        self.cursor.skip_blanks_and_comment();
        let at = self.cursor.at.min(self.start(node));
        match operator_at(&self.cursor) {
            Some((operator, range)) => Joint::List(operator, range),
            None if self.cursor.byte(at) == b'|' => Joint::Pipe,
            None => Joint::List(Operator::Then, at..at),
        }
    }

    /// Where the element begins whose first statement is the node: `!` belongs to it.
    fn item_start(&mut self, node: Node, is_first: bool) -> usize {
        let start = self.start(node);
        self.cursor.at = self.read_to;
        self.cursor.skip_blanks_and_comment();
        if !is_first && let Some((_, range)) = operator_at(&self.cursor) {
            self.cursor.at = range.end;
        }
        loop {
            self.cursor.skip_blanks_and_comment();
            match self.cursor.newline(self.cursor.at) {
                0 => break,
                length => self.cursor.at += length,
            }
        }
        if self.cursor.byte(self.cursor.at) == b'!' { self.cursor.at.min(start) } else { start }
    }

    /// Reads one element; true if it is one simple command alone.
    fn statement(&mut self, node: Node, place: Place) -> bool {
        if self.depth >= MAX_DEPTH {
            self.reading.add_fault(self.reading.excerpt.span(self.start(node)..self.end(node)));
            self.read_to = self.read_to.max(self.end(node));
            return false;
        }
        self.depth += 1;
        let is_simple = self.dispatch(node, place);
        self.depth -= 1;
        is_simple
    }

    fn dispatch(&mut self, node: Node, place: Place) -> bool {
        let branch = Place { is_conditional: true, ..place };
        match node.kind() {
            "subshell" => {
                let subshells = place.subshells.saturating_add(1);
                self.list(&statements(node), Place { subshells, ..place }, false);
            }
            "compound_statement" => {
                if self
                    .reading
                    .excerpt
                    .text()
                    .get(self.start(node)..)
                    .is_some_and(|it| it.starts_with("(("))
                {
                    self.reading.add_assigned(self.start(node)..self.end(node));
                    self.header(node, self.end(node), place);
                } else {
                    self.list(&statements(node), place, false);
                }
            }
            "if_statement" => self.branches(node, "then", place, branch),
            "while_statement" => self.branches(node, "do_group", place, branch),
            "elif_clause" | "else_clause" | "do_group" => self.branches(node, "", branch, branch),
            "for_statement" | "c_style_for_statement" => {
                let body = node.child_by_field_name("body");
                let end = body.map_or(self.end(node), |it| self.start(it));
                match node.child_by_field_name("variable") {
                    Some(it) => self.reading.add_assigned(self.start(it)..self.end(it)),
                    None => self.reading.add_assigned(self.start(node)..end),
                }
                self.header(node, end, place);
                if let Some(body) = body {
                    self.list(&statements(body), branch, false);
                }
            }
            "case_statement" => {
                let items: Vec<Node> =
                    statements(node).into_iter().filter(|it| it.kind() == "case_item").collect();
                let end = items.first().map_or(self.end(node), |it| self.start(*it));
                self.header(node, end, place);
                for item in items {
                    self.list(&statements(item), branch, false);
                }
            }
            "case_item" => self.list(&statements(node), branch, false),
            "function_definition" => {
                for child in statements(node) {
                    self.statement(child, branch);
                }
            }
            "test_command" if self.is_double_test(node) => {
                self.cursor.at = self.start(node);
                let command = self.cursor.test_command(place);
                if let Some(command) = command {
                    self.reading.add_command(command, &mut self.cursor.substitutions);
                }
                self.finish(node);
                return true;
            }
            _ => return self.simple(node, place),
        }
        self.finish(node);
        false
    }

    /// Steps over a compound command's end and the redirections behind it.
    fn finish(&mut self, node: Node) {
        self.cursor.at = self.end(node).max(self.read_to);
        loop {
            let end = self.cursor.at;
            self.cursor.skip_blanks();
            if self.cursor.redirect().is_none() {
                self.cursor.at = end;
                break;
            }
        }
        self.cursor.is_broken = false;
        self.read_to = self.cursor.at;
    }

    fn is_double_test(&self, node: Node) -> bool {
        let text = self.reading.excerpt.text();
        text.get(self.start(node)..).is_some_and(|it| it.starts_with("[["))
    }

    fn simple(&mut self, node: Node, place: Place) -> bool {
        let start = self.start(node);
        self.cursor.at = start;
        let Some(command) = self.cursor.simple_command(place) else { return false };
        self.read_to = self.cursor.at;
        self.reading.check_cursor(&mut self.cursor, start);
        self.reading.add_command(command, &mut self.cursor.substitutions);
        self.cursor.skip_blanks();
        if self.cursor.byte(self.cursor.at) == b'(' {
            let at = self.cursor.at;
            self.reading.add_fault(self.reading.excerpt.span(at..at + 1));
        }
        true
    }

    /// The parts of `if` and `while`: conditions before the child of kind `turn`, bodies from it on.
    fn branches(&mut self, node: Node, turn: &str, condition: Place, body: Place) {
        let mut cursor = node.walk();
        let mut group: Vec<Node> = Vec::new();
        let mut place = condition;
        for child in node.children(&mut cursor) {
            let is_part =
                matches!(child.kind(), "elif_clause" | "else_clause" | "do_group" | "then");
            if is_part {
                self.list(&std::mem::take(&mut group), place, false);
            }
            if child.kind() == turn {
                place = body;
            }
            if is_part && child.is_named() {
                self.statement(child, body);
            } else {
                group.extend(flatten(child));
            }
        }
        self.list(&group, place, false);
    }

    /// Notes the substitutions in the head of a `for` or `case`.
    fn header(&mut self, node: Node, end: usize, place: Place) {
        let start = self.start(node);
        self.cursor.collect_substitutions(start..end);
        self.reading.add_substitutions(&mut self.cursor.substitutions, place);
        self.read_to = self.read_to.max(end);
    }
}
