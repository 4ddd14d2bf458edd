//! The words of a command as the program receives them: variables replaced, unquoted lists split.

use std::borrow::Cow;

use shell::{Part, Parts, Word};
use syntax::Span;

use crate::call::Lookup;

/// An operand or the value of an option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument<'a> {
    /// The word that it stands in.
    pub word: &'a Word<'a>,
    /// Where it is written. The whole word when it cannot be told apart from the option before it
    /// (`"--find-links=/w"`, or a value that came out of a variable).
    pub span: Span,
    /// The text, variables replaced; `None` when it is not certain. Unquoted globs and brace lists are kept as
    /// written: `dist/*.whl`.
    pub text: Option<Cow<'a, str>>,
    /// What stands before the first part that is not certain: `flask==` of `flask==$VERSION`. The whole text when
    /// all is certain.
    pub head: Cow<'a, str>,
}

impl Argument<'_> {
    /// The text when it is certain.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// One argument that the program receives, as far as it is known before it runs.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) word: &'a Word<'a>,
    /// The whole text, or what stands before the first part that is not certain.
    pub(crate) head: Cow<'a, str>,
    /// What stands after the last uncertain part; empty when all is certain.
    pub(crate) tail: String,
    pub(crate) is_certain: bool,
    /// An unquoted unknown, which may turn out as several arguments or none.
    pub(crate) may_split: bool,
    /// One of several arguments that one word became.
    pub(crate) is_piece: bool,
}

impl<'a> Field<'a> {
    fn certain(word: &'a Word<'a>, head: Cow<'a, str>, is_piece: bool) -> Field<'a> {
        Field { word, head, tail: String::new(), is_certain: true, may_split: false, is_piece }
    }

    /// The whole text when it is certain.
    pub(crate) fn text(&self) -> Option<&str> {
        self.is_certain.then_some(&*self.head)
    }

    /// The last component of the path, also when only the directory is unknown (`$VENV/bin/pip`).
    pub(crate) fn program(&self) -> Option<&str> {
        let text = if self.is_certain { &*self.head } else { &self.tail };
        match text.rsplit_once('/') {
            Some((_, name)) => Some(name),
            None => self.is_certain.then_some(text),
        }
    }

    /// The field as one argument.
    pub(crate) fn argument(&self) -> Argument<'a> {
        let text = self.is_certain.then(|| self.head.clone());
        Argument { word: self.word, span: self.word.span, text, head: self.head.clone() }
    }

    /// What follows the first `skip` bytes (which are ASCII and certain) as an argument.
    pub(crate) fn argument_after(&self, skip: usize) -> Argument<'a> {
        let head = match &self.head {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(skip..).unwrap_or("")),
            Cow::Owned(text) => Cow::Owned(text.get(skip..).unwrap_or("").to_owned()),
        };
        let text = self.is_certain.then(|| head.clone());
        let span = self.word.span;
        let skips_what_is_written = !self.is_piece
            && match &self.word.parts {
                Parts::Text(text) => text.len() == span.len(),
                Parts::Mixed(parts) => matches!(parts.first(),
                    Some(Part::Text { text, is_quoted: false }) if text.len() >= skip),
            };
        let is_inside = skips_what_is_written && skip <= span.len();
        let start = span.start as usize + if is_inside { skip } else { 0 };
        Argument { word: self.word, span: Span::new(start, span.end as usize), text, head }
    }
}

/// The arguments that `words` become.
pub(crate) fn fields<'a>(words: &'a [Word<'a>], lookup: Lookup<'_>) -> Vec<Field<'a>> {
    let mut res = Vec::with_capacity(words.len());
    for word in words {
        match &word.parts {
            Parts::Text(text) => res.push(Field::certain(word, Cow::Borrowed(text), false)),
            Parts::Mixed(parts) => expand(word, parts, lookup, &mut res),
        }
    }
    res
}

/// Adds what a word with expansions becomes: one argument mostly, several if an unquoted variable holds a list.
fn expand<'a>(
    word: &'a Word<'a>,
    parts: &'a [Part<'a>],
    lookup: Lookup<'_>,
    res: &mut Vec<Field<'a>>,
) {
    let before = res.len();
    let mut text = String::new();
    let mut head: Option<String> = None;
    let mut may_split = false;
    let mut has_text = false;
    for part in parts {
        match part {
            Part::Text { text: more, is_quoted } => {
                text.push_str(more);
                has_text |= *is_quoted || !more.is_empty();
            }
            Part::Unknown { text: written } if is_pattern(written) => {
                text.push_str(written);
                has_text = true;
            }
            Part::Variable { name, modifier, is_quoted } => match value(name, modifier, lookup) {
                Some(value) if *is_quoted || !value.contains(char::is_whitespace) => {
                    text.push_str(&value);
                    has_text |= *is_quoted || !value.is_empty();
                }
                Some(value) if head.is_none() => {
                    // The first and the last piece of a list are joined to what stands beside them.
                    let mut pieces = value.split_whitespace().peekable();
                    if value.starts_with(char::is_whitespace) && !text.is_empty() {
                        res.push(Field::certain(word, Cow::Owned(std::mem::take(&mut text)), true));
                    }
                    while let Some(piece) = pieces.next() {
                        text.push_str(piece);
                        if pieces.peek().is_some() || value.ends_with(char::is_whitespace) {
                            let whole = std::mem::take(&mut text);
                            res.push(Field::certain(word, Cow::Owned(whole), true));
                        }
                    }
                    has_text = !text.is_empty();
                }
                _ => {
                    head.get_or_insert_with(|| std::mem::take(&mut text));
                    text.clear();
                    may_split |= !is_quoted;
                }
            },
            Part::Unknown { .. } => {
                head.get_or_insert_with(|| std::mem::take(&mut text));
                text.clear();
                may_split = true;
            }
        }
    }
    let is_piece = res.len() > before;
    match head {
        Some(head) => res.push(Field {
            word,
            head: Cow::Owned(head),
            tail: text,
            is_certain: false,
            may_split,
            is_piece,
        }),
        None if has_text => res.push(Field::certain(word, Cow::Owned(text), is_piece)),
        None => {}
    }
}

/// Whether an expansion is a glob or a brace list, which is kept as written.
fn is_pattern(written: &str) -> bool {
    written.starts_with(['*', '?', '[', ']', '{', '}', ',', '!'])
}

/// The value of `${NAME…}`; `None` where it is not certain.
fn value(name: &str, modifier: &str, lookup: Lookup<'_>) -> Option<String> {
    let value = lookup(name);
    if modifier.is_empty() {
        return value;
    }
    let has_default = modifier.starts_with(":-") || modifier.starts_with('-');
    value.filter(|it| has_default && !it.is_empty())
}
