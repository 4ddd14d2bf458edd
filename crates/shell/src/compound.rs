//! The parts of `grammar` that read one kind of compound command each.

use crate::grammar::{Grammar, MAX_DEPTH, OPENERS, Shape};
use crate::script::Place;

impl<'t> Grammar<'_, 't> {
    /// `(list)` or `((expression))`.
    pub(crate) fn parenthesis(&mut self, place: Place) -> Option<()> {
        let at = self.cursor.at;
        if self.cursor.byte(at + 1) == b'(' {
            let inner = self.cursor.after_parenthesis(at + 1, 0)?;
            if self.cursor.byte(inner) == b')' {
                self.cursor.collect_substitutions(at + 2..inner - 1);
                self.reading.add_assigned(at + 2..inner - 1);
                self.reading.add_substitutions(&mut self.cursor.substitutions, place);
                self.cursor.at = inner + 1;
                return Some(());
            }
        }
        self.cursor.at += 1;
        self.list_until(Place { subshells: place.subshells.saturating_add(1), ..place }, ")")
    }

    /// Whether `name ()` stands at the cursor; `word` is the reserved word there, if any.
    pub(crate) fn is_function(&self, word: &str) -> bool {
        let rest = self.cursor.bytes.get(self.cursor.at..).unwrap_or(&[]);
        let is_end = |it: &u8| !(it.is_ascii_alphanumeric() || b"_-.:+".contains(it));
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let mut rest = rest.get(length..).unwrap_or(&[]).trim_ascii_start();
        if length == 0 || OPENERS.contains(&word) || rest.first() != Some(&b'(') {
            return false;
        }
        rest = rest.get(1..).unwrap_or(&[]).trim_ascii_start();
        rest.first() == Some(&b')')
    }

    /// `name () command` or, after `function`, `name command`.
    pub(crate) fn function(&mut self, place: Place) -> Option<Shape> {
        self.cursor.word()?;
        self.cursor.skip_blanks();
        if self.cursor.byte(self.cursor.at) == b'(' {
            self.cursor.at += 1;
            self.expect(")")?;
        }
        self.skip_lines()?;
        let is_compound =
            self.cursor.byte(self.cursor.at) == b'(' || OPENERS.contains(&self.bare_word());
        if !is_compound {
            return None;
        }
        self.depth = self.depth.checked_add(1).filter(|it| *it < MAX_DEPTH)?;
        self.command(place)?;
        self.depth -= 1;
        Some(Shape::Compound)
    }

    /// What stands between `for` and the body's `do` or `{`.
    pub(crate) fn for_header(&mut self, place: Place) -> Option<()> {
        self.cursor.skip_blanks();
        let at = self.cursor.at;
        if self.cursor.is_at("((") {
            self.cursor.at = self.cursor.after_parenthesis(at, 0)?;
            self.reading.add_assigned(at..self.cursor.at);
        } else {
            self.cursor.word()?;
            self.reading.add_assigned(at..self.cursor.at);
            self.skip_lines()?;
            if self.bare_word() == "in" {
                self.cursor.at += "in".len();
                self.cursor.skip_blanks_and_comment();
                while self.cursor.word().is_some() {
                    self.cursor.skip_blanks_and_comment();
                }
            }
        }
        if self.cursor.is_broken {
            return None;
        }
        self.reading.add_substitutions(&mut self.cursor.substitutions, place);
        self.cursor.skip_blanks_and_comment();
        if self.cursor.byte(self.cursor.at) == b';' {
            self.cursor.at += 1;
        }
        self.skip_lines()?;
        matches!(self.bare_word(), "do" | "{").then_some(())
    }

    /// What follows `case`, up to its `esac`.
    pub(crate) fn case(&mut self, place: Place) -> Option<()> {
        let branch = Place { is_conditional: true, ..place };
        self.cursor.skip_blanks();
        self.cursor.word()?;
        self.reading.add_substitutions(&mut self.cursor.substitutions, place);
        self.expect("in")?;
        loop {
            self.skip_lines()?;
            if self.bare_word() == "esac" {
                self.cursor.at += "esac".len();
                return Some(());
            }
            if self.cursor.byte(self.cursor.at) == b'(' {
                self.cursor.at += 1;
            }
            loop {
                self.cursor.skip_blanks();
                self.cursor.word()?;
                self.cursor.skip_blanks();
                self.cursor.at += 1;
                match self.cursor.byte(self.cursor.at - 1) {
                    b'|' => {}
                    b')' => break,
                    _ => return None,
                }
            }
            if self.cursor.is_broken {
                return None;
            }
            self.reading.add_substitutions(&mut self.cursor.substitutions, branch);
            self.list(branch, false)?;
            if let Some(it) = [";;&", ";;", ";&"].iter().find(|it| self.cursor.is_at(it)) {
                self.cursor.at += it.len();
            } else if self.bare_word() != "esac" {
                return None;
            }
        }
    }

    /// `[[ expression ]]`, as one command.
    pub(crate) fn test(&mut self, place: Place) -> Option<()> {
        let command = self.cursor.test_command(place)?;
        self.reading.add_command(command, &mut self.cursor.substitutions);
        Some(())
    }
}
