//! Reads lists, pipelines and compound commands of well-formed shell text; gives up at the first surprise.
//!
//! It is what nearly every script goes through. Where it gives up, tree-sitter's error-tolerant tree is asked
//! instead, see `tree`.

use std::ops::Range;

use crate::cursor::Cursor;
use crate::reading::{Element, Reading, mark_conditional};
use crate::script::{Operator, Place};

/// How deep compound commands may enclose each other.
pub(crate) const MAX_DEPTH: u8 = 40;

/// Words that end a list when they stand where a command could begin.
const CLOSERS: [&str; 9] = ["then", "elif", "else", "fi", "do", "done", "esac", "}", "in"];

/// Words that begin a compound command.
pub(crate) const OPENERS: [&str; 10] =
    ["if", "while", "until", "for", "case", "select", "function", "{", "[[", "coproc"];

/// One attempt to read a block of shell text.
pub(crate) struct Grammar<'r, 't> {
    pub(crate) cursor: Cursor<'t>,
    pub(crate) reading: &'r mut Reading<'t>,
    pub(crate) depth: u8,
}

/// What a command turned out to be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Simple,
    Compound,
}

impl<'r, 't> Grammar<'r, 't> {
    /// Reads the whole range as a list; if anything in it is not understood, tells where reading stopped.
    pub(crate) fn read(
        reading: &'r mut Reading<'t>,
        range: Range<usize>,
        place: Place,
        is_top: bool,
    ) -> Result<(), usize> {
        let cursor = Cursor::new(reading.excerpt, range);
        let mut grammar = Grammar { cursor, reading, depth: 0 };
        match grammar.list(place, is_top) {
            Some(_) if grammar.cursor.is_at_end() => Ok(()),
            _ => Err(grammar.cursor.at),
        }
    }

    /// Reads elements and operators up to a closer, `)`, `;;` or the end; returns the number of elements.
    pub(crate) fn list(&mut self, place: Place, is_top: bool) -> Option<usize> {
        self.depth = self.depth.checked_add(1).filter(|it| *it < MAX_DEPTH)?;
        let mut elements: Vec<Element> = Vec::new();
        let mut n_elements = 0;
        let mut joined_by: Option<(Operator, Range<usize>)> = None;
        loop {
            self.skip_lines()?;
            let must_follow = matches!(joined_by, Some((Operator::And | Operator::Or, _)));
            if self.is_at_list_end() {
                if must_follow {
                    return None;
                }
                break;
            }
            let mut place = place;
            if is_top {
                place.item = self.reading.script.items.len();
            }
            let operator = joined_by.as_ref().map(|it| it.0);
            place.is_conditional |= operator == Some(Operator::Or);
            let (start, first) = (self.cursor.at, self.reading.script.commands.len());
            let is_alone = self.pipeline(place)?;
            n_elements += 1;
            let commands = first..self.reading.script.commands.len();
            if is_top {
                if is_alone && let Some(it) = self.reading.script.commands.get_mut(first) {
                    it.place.is_item = true;
                }
                let joined_by = joined_by.take();
                self.reading.add_item(start..self.cursor.at, joined_by);
            }
            elements.push(Element { commands, operator });
            self.cursor.skip_blanks_and_comment();
            let Some((operator, range)) = operator_at(&self.cursor) else {
                if self.is_at_list_end() {
                    break;
                }
                return None;
            };
            // A newline is left to be read by `skip_lines`, which knows of heredocs.
            if self.cursor.newline(range.start) == 0 {
                self.cursor.at = range.end;
            }
            joined_by = Some((operator, range));
        }
        mark_conditional(&mut self.reading.script.commands, &elements);
        self.depth -= 1;
        Some(n_elements)
    }

    /// A list that must not be empty.
    pub(crate) fn full_list(&mut self, place: Place) -> Option<()> {
        (self.list(Place { is_item: false, ..place }, false)? > 0).then_some(())
    }

    /// A full list, then this closing word or bracket.
    pub(crate) fn list_until(&mut self, place: Place, closer: &str) -> Option<()> {
        self.full_list(place)?;
        self.expect(closer)
    }

    /// Whether the cursor, where a command could begin, stands at something that ends a list.
    fn is_at_list_end(&self) -> bool {
        match self.cursor.byte(self.cursor.at) {
            b')' => true,
            b';' => matches!(self.cursor.byte(self.cursor.at + 1), b';' | b'&'),
            b't' | b'e' | b'f' | b'd' | b'}' => {
                let name = self.bare_word();
                name != "in" && CLOSERS.contains(&name)
            }
            _ => self.cursor.is_at_end(),
        }
    }

    /// The unquoted word at the cursor if it could be a reserved word; else an empty text.
    pub(crate) fn bare_word(&self) -> &'t str {
        let start = self.cursor.at;
        let rest = self.cursor.bytes.get(start..).unwrap_or(&[]);
        let is_end = |it: &u8| !matches!(it, b'a'..=b'z' | b'{' | b'}' | b'[' | b'!');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        match self.cursor.byte(start + length) {
            b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' | 0 => {
                self.cursor.slice(start..start + length)
            }
            b'\\' if self.cursor.newline(start + length + 1) > 0 => {
                self.cursor.slice(start..start + length)
            }
            _ => "",
        }
    }

    /// Steps over this reserved word or bracket.
    pub(crate) fn expect(&mut self, token: &str) -> Option<()> {
        self.skip_lines()?;
        let is_here = match token {
            ")" => self.cursor.byte(self.cursor.at) == b')',
            _ => self.bare_word() == token,
        };
        self.cursor.at += if is_here { token.len() } else { 0 };
        is_here.then_some(())
    }

    /// Steps over blanks, comments, newlines and the heredoc bodies that follow them.
    pub(crate) fn skip_lines(&mut self) -> Option<()> {
        loop {
            self.cursor.skip_blanks_and_comment();
            match self.cursor.newline(self.cursor.at) {
                0 => return Some(()),
                length => {
                    self.cursor.at += length;
                    self.skip_heredocs()?;
                }
            }
        }
    }

    /// Steps over the bodies of the heredocs of the line that has just ended.
    fn skip_heredocs(&mut self) -> Option<()> {
        for heredoc in std::mem::take(&mut self.cursor.heredocs) {
            loop {
                if self.cursor.is_at_end() {
                    return None;
                }
                let end = self.cursor.line_end(self.cursor.at);
                let line = self.cursor.slice(self.cursor.at..end);
                let line = if heredoc.strips_tabs { line.trim_start_matches('\t') } else { line };
                self.cursor.at = end + self.cursor.newline(end);
                if line == heredoc.delimiter {
                    break;
                }
            }
        }
        Some(())
    }

    /// A pipeline; true if it is one simple command alone.
    fn pipeline(&mut self, place: Place) -> Option<bool> {
        let mut is_negated = false;
        while self.bare_word() == "!" {
            self.cursor.at += 1;
            self.cursor.skip_blanks();
            is_negated = true;
        }
        self.skip_time();
        let mut place = place;
        let mut n_commands = 0;
        loop {
            let first = self.reading.script.commands.len();
            let shape = self.command(place)?;
            n_commands += 1;
            let end = self.cursor.at;
            self.cursor.skip_blanks();
            let at = self.cursor.at;
            let is_pipe = self.cursor.byte(at) == b'|' && self.cursor.byte(at + 1) != b'|';
            if !is_pipe {
                self.cursor.at = end;
                return Some(n_commands == 1 && shape == Shape::Simple && !is_negated);
            }
            self.reading.mark_writers(first);
            place.reads_pipe = true;
            self.cursor.at += if self.cursor.byte(at + 1) == b'&' { 2 } else { 1 };
            self.skip_lines()?;
        }
    }

    /// Steps over `time` before a compound command; before a simple one it counts as a wrapper.
    fn skip_time(&mut self) {
        if self.bare_word() != "time" {
            return;
        }
        let start = self.cursor.at;
        self.cursor.at += "time".len();
        self.cursor.skip_blanks();
        if self.cursor.is_at("-p ") {
            self.cursor.at += 2;
            self.cursor.skip_blanks();
        }
        let is_compound =
            self.cursor.byte(self.cursor.at) == b'(' || OPENERS.contains(&self.bare_word());
        if !is_compound {
            self.cursor.at = start;
        }
    }

    pub(crate) fn command(&mut self, place: Place) -> Option<Shape> {
        let branch = Place { is_conditional: true, ..place };
        if self.cursor.byte(self.cursor.at) == b'(' {
            self.parenthesis(place)?;
            return self.redirects();
        }
        let word = self.bare_word();
        if self.is_function(word) {
            return self.function(branch);
        }
        match word {
            "" => return self.simple(place),
            "{" => {
                self.cursor.at += 1;
                self.list_until(place, "}")?;
            }
            "if" => {
                self.cursor.at += word.len();
                self.list_until(place, "then")?;
                self.full_list(branch)?;
                while self.bare_word() == "elif" {
                    self.cursor.at += "elif".len();
                    self.list_until(branch, "then")?;
                    self.full_list(branch)?;
                }
                if self.bare_word() == "else" {
                    self.cursor.at += "else".len();
                    self.full_list(branch)?;
                }
                self.expect("fi")?;
            }
            "while" | "until" => {
                self.cursor.at += word.len();
                self.list_until(place, "do")?;
                self.list_until(branch, "done")?;
            }
            "for" | "select" => {
                self.cursor.at += word.len();
                self.for_header(place)?;
                let closer = if self.bare_word() == "{" { "}" } else { "done" };
                self.cursor.at += if closer == "}" { 1 } else { "do".len() };
                self.list_until(branch, closer)?;
            }
            "case" => {
                self.cursor.at += word.len();
                self.case(place)?;
            }
            "function" => {
                self.cursor.at += word.len();
                self.cursor.skip_blanks();
                return self.function(branch);
            }
            "[[" => {
                self.test(place)?;
                self.redirects()?;
                return Some(Shape::Simple);
            }
            "coproc" | "!" => return None,
            _ if CLOSERS.contains(&word) && word != "in" => return None,
            _ => return self.simple(place),
        }
        self.redirects()
    }

    fn simple(&mut self, place: Place) -> Option<Shape> {
        let command = self.cursor.simple_command(place)?;
        if self.cursor.is_broken {
            return None;
        }
        self.reading.add_command(command, &mut self.cursor.substitutions);
        Some(Shape::Simple)
    }

    /// The redirections behind a compound command.
    fn redirects(&mut self) -> Option<Shape> {
        loop {
            let end = self.cursor.at;
            self.cursor.skip_blanks();
            if self.cursor.redirect().is_none() {
                self.cursor.at = end;
                break;
            }
        }
        (!self.cursor.is_broken).then_some(Shape::Compound)
    }
}

/// The operator of a list that stands at the cursor, with its place in the text.
pub(crate) fn operator_at(cursor: &Cursor) -> Option<(Operator, Range<usize>)> {
    let at = cursor.at;
    let (operator, length) = match (cursor.byte(at), cursor.byte(at + 1)) {
        (b'&', b'&') => (Operator::And, 2),
        (b'|', b'|') => (Operator::Or, 2),
        (b'&', _) => (Operator::Background, 1),
        (b';', b';' | b'&') => return None,
        (b';', _) => (Operator::Then, 1),
        _ => match cursor.newline(at) {
            0 => return None,
            length => (Operator::Then, length),
        },
    };
    Some((operator, at..at + length))
}
