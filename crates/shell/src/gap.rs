//! What stands between two elements of a list: blanks, continuations, comment lines and the operator.

use syntax::Span;

use crate::script::{Operator, Script};

/// The text between the end of one item and the start of the next.
#[derive(Clone, Debug)]
pub(crate) struct Gap<'t> {
    pub(crate) operator: Operator,
    /// Everything before the operator; starts on the line on which the item before ends.
    pub(crate) before: String,
    /// The operator as written; a line end, or empty in faulty text.
    pub(crate) token: &'t str,
    /// Everything behind the operator.
    pub(crate) after: String,
}

impl<'t> Gap<'t> {
    /// The gap before the item at `index`, which must not be the first.
    pub(crate) fn before_item(script: &Script, file: &'t str, index: usize) -> Option<Gap<'t>> {
        let item = script.items.get(index)?;
        let (operator, token) = item.joined_by?;
        let start = script.items.get(index.checked_sub(1)?)?.span.end;
        let (start, end) = (start as usize, item.span.start as usize);
        if token.start < start as u32 || token.end > end as u32 {
            return None;
        }
        Some(Gap {
            operator,
            before: Span::new(start, token.start as usize).of(file).to_owned(),
            token: token.of(file),
            after: Span::new(token.end as usize, end).of(file).to_owned(),
        })
    }

    pub(crate) fn text(&self) -> String {
        [self.before.as_str(), self.token, self.after.as_str()].concat()
    }

    pub(crate) fn is_newline(&self) -> bool {
        self.token.ends_with('\n')
    }

    /// The operator stands first in its line.
    pub(crate) fn leads(&self) -> bool {
        self.before.contains('\n') && !self.is_newline()
    }

    /// The operator stands last in its line.
    pub(crate) fn trails(&self) -> bool {
        self.after.contains('\n') && !self.leads() && !self.is_newline()
    }

    /// The part on the line on which the item before ends, without its line end.
    pub(crate) fn first_line(text: &str) -> &str {
        text.split_once('\n').map_or(text, |(line, _)| line.strip_suffix('\r').unwrap_or(line))
    }

    /// Whether a comment follows the item before on its own line, as only a heredoc's text can have.
    fn has_remark(&self) -> bool {
        self.is_newline() && Gap::first_line(&self.text()).contains('#')
    }

    /// The comment lines, each with its line end.
    pub(crate) fn comments(&self) -> String {
        let text = self.text();
        let lines = text.split_inclusive('\n').skip(1);
        lines.filter(|it| it.ends_with('\n') && it.trim_start().starts_with('#')).collect()
    }

    /// The gap that remains when the item between this gap and the next is taken out. `None` if the comments in
    /// both cannot be kept.
    pub(crate) fn join(self, next: Gap<'t>) -> Option<Gap<'t>> {
        if self.has_remark() || next.has_remark() {
            // The remark behind the item that goes is about that item.
            if !self.is_newline() || !next.is_newline() {
                return None;
            }
            let after = [self.after.as_str(), next.after.as_str()].concat();
            return Some(Gap { after, ..self });
        }
        let must_be_first = match (self.operator, next.operator) {
            (Operator::Background, _) | (Operator::Then, Operator::And) => true,
            (Operator::And, Operator::Then) => false,
            // With the same operator on both sides the gap with a line break has room for comments.
            _ => !next.text().contains('\n') && !self.comments().is_empty(),
        };
        let (mut base, comments) = match must_be_first {
            true => {
                let comments = next.comments();
                (self, comments)
            }
            false => {
                let comments = self.comments();
                (next, comments)
            }
        };
        if comments.is_empty() {
            return Some(base);
        }
        // In the order of the text: those of the first gap in front, those of the second one behind.
        let place_in = |text: &str| match must_be_first {
            true => text.rfind('\n').map(|it| it + 1),
            false => text.find('\n').map(|it| it + 1),
        };
        let in_front = place_in(&base.before);
        let behind = place_in(&base.after);
        match (in_front, behind) {
            (Some(at), None) => base.before.insert_str(at, &comments),
            (Some(at), Some(_)) if !must_be_first => base.before.insert_str(at, &comments),
            (_, Some(at)) => base.after.insert_str(at, &comments),
            (None, None) if base.is_newline() => base.after.insert_str(0, &comments),
            (None, None) => return None,
        }
        Some(base)
    }

    /// What remains of the gap in front of an item that becomes the first.
    pub(crate) fn as_head(&self) -> String {
        if self.comments().is_empty() {
            return String::new();
        }
        let text = match self.is_newline() {
            true => self.after.clone(),
            false => [self.before.trim_end_matches([' ', '\t']), self.after.as_str()].concat(),
        };
        match self.leads() {
            // The blanks between operator and item go with the operator.
            true => [self.before.trim_start_matches([' ', '\t']), self.after.trim_start()].concat(),
            false => text.trim_start_matches([' ', '\t']).to_owned(),
        }
    }

    /// What remains of the gap behind an item that becomes the last: comment lines, no continuation, no line end at
    /// the end.
    pub(crate) fn as_tail(&self) -> String {
        let comments = self.comments();
        let remark = match self.has_remark() {
            true => Gap::first_line(&self.text()).to_owned(),
            false => String::new(),
        };
        if comments.is_empty() {
            return remark;
        }
        let line_end = if comments.ends_with("\r\n") { "\r\n" } else { "\n" };
        let comments = comments.strip_suffix(line_end).unwrap_or(&comments);
        [remark.as_str(), line_end, comments].concat()
    }
}
