//! Options of a command line: which exist, which take a value, and what was given.

use std::borrow::Cow;

use syntax::Span;

use crate::argument::{Argument, Field};

/// An option as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandOption<'a> {
    /// The tool's full spelling: `--requirement` for `-r`, `-rfile` and `--req=file`. As written when unknown.
    pub name: Cow<'a, str>,
    /// The option, with its value when that is a word of its own.
    pub span: Span,
    /// Its value. Also on an option that needs none, when written behind `=` (`--yes=true`).
    pub value: Option<Argument<'a>>,
    /// Whether the tool is known to have it. An unknown option is taken to have no value unless behind `=`.
    pub is_known: bool,
    /// It takes a value, and the command ends before one.
    pub lacks_value: bool,
    /// Whether `span` holds nothing but this option: not one of several letters (`-yq`), not out of a variable.
    pub is_alone: bool,
    /// Whether it stands before the action: `pip --no-cache-dir install`.
    pub is_before_action: bool,
}

impl CommandOption<'_> {
    /// Whether its value, if any, says yes: `--yes`, `--yes=true`, but not `--yes=false`.
    pub fn is_on(&self) -> bool {
        let value = self.value.as_ref().and_then(|it| it.text());
        !value.is_some_and(|it| {
            ["false", "no", "off", "0"].contains(&it.to_ascii_lowercase().as_str())
        })
    }
}

/// Whether an option is followed by a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
}

/// One option that a tool defines.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Definition {
    /// The full spelling.
    name: &'static str,
    /// The other spellings, between blanks.
    aliases: &'static str,
    takes: Takes,
}

/// An option without a value.
pub(crate) const fn flag(name: &'static str, aliases: &'static str) -> Definition {
    Definition { name, aliases, takes: Takes::Nothing }
}

/// An option with a value.
pub(crate) const fn value(name: &'static str, aliases: &'static str) -> Definition {
    Definition { name, aliases, takes: Takes::Value }
}

/// How a tool reads its command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grammar {
    /// The definitions; the first table that has an option decides.
    pub(crate) tables: [&'static [Definition]; 3],
    /// Whether a unique beginning of a long option stands for it.
    pub(crate) abbreviates: bool,
    /// Whether `-r=file` gives the value `file` rather than `=file`.
    pub(crate) strips_equals: bool,
    /// Whether the first operand ends the options, as where another command follows.
    pub(crate) stops_at_operand: bool,
}

impl Grammar {
    fn definitions(&self) -> impl Iterator<Item = &'static Definition> {
        self.tables.into_iter().flatten()
    }

    /// The full names of all options, each once.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let mut names: Vec<&'static str> = self.definitions().map(|it| it.name).collect();
        names.sort_unstable();
        names.dedup();
        names.into_iter()
    }

    fn find(&self, written: &str) -> Option<&'static Definition> {
        self.definitions().find(|it| it.is(written)).or_else(|| {
            let is_long = self.abbreviates && written.len() > 3 && written.starts_with("--");
            is_long.then(|| self.find_abbreviated(written)).flatten()
        })
    }

    fn find_abbreviated(&self, written: &str) -> Option<&'static Definition> {
        let mut matching = self.definitions().filter(|it| it.begins_with(written));
        let first = matching.next()?;
        matching.all(|it| it.name == first.name).then_some(first)
    }
}

impl Definition {
    fn is(&self, written: &str) -> bool {
        self.name == written || self.aliases.split(' ').any(|it| it == written)
    }

    fn begins_with(&self, written: &str) -> bool {
        self.name.starts_with(written) || self.aliases.split(' ').any(|it| it.starts_with(written))
    }
}

/// What a part of a command line holds.
#[derive(Default)]
pub(crate) struct Line<'a> {
    pub(crate) options: Vec<CommandOption<'a>>,
    pub(crate) operands: Vec<Argument<'a>>,
    /// Index of the first field that was not read.
    pub(crate) next: usize,
    /// An operand is a variable or substitution that may turn out as several, or as options.
    pub(crate) may_have_more: bool,
}

/// Reads the options and operands from `fields[start]` on.
pub(crate) fn read<'a>(fields: &[Field<'a>], start: usize, grammar: &Grammar) -> Line<'a> {
    let mut line = Line { next: start, ..Line::default() };
    let mut only_operands = false;
    while let Some(field) = fields.get(line.next) {
        let is_option = !only_operands && field.head.len() > 1 && field.head.starts_with('-');
        if is_option && field.text() == Some("--") {
            only_operands = true;
            line.next += 1;
        } else if is_option {
            line.next += 1;
            let following = fields.get(line.next);
            let took_following = if field.head.starts_with("--") {
                read_long(field, following, grammar, &mut line.options)
            } else {
                read_short(field, following, grammar, &mut line.options)
            };
            line.next += usize::from(took_following);
        } else if grammar.stops_at_operand {
            break;
        } else {
            line.may_have_more |= field.may_split && field.head.is_empty();
            line.operands.push(field.argument());
            line.next += 1;
        }
    }
    line
}

/// `--name`, `--name=value` or `--name value`; whether the following field is its value.
fn read_long<'a>(
    field: &Field<'a>,
    following: Option<&Field<'a>>,
    grammar: &Grammar,
    options: &mut Vec<CommandOption<'a>>,
) -> bool {
    let equals = field.head.find('=');
    let written = field.head.get(..equals.unwrap_or(field.head.len())).unwrap_or("");
    let is_whole = field.is_certain || equals.is_some();
    let definition = grammar.find(written).filter(|_| is_whole);
    let own_value = equals.map(|it| field.argument_after(it + 1));
    let takes_following =
        own_value.is_none() && definition.is_some_and(|it| it.takes == Takes::Value);
    let value = own_value.or(following.filter(|_| takes_following).map(Field::argument));
    let name =
        definition.map_or_else(|| Cow::Owned(written.to_owned()), |it| Cow::Borrowed(it.name));
    options.push(given(field, definition, name, value, true));
    takes_following && following.is_some()
}

/// `-x`, `-xyz`, `-xvalue` or `-x value`; whether the following field is the value.
fn read_short<'a>(
    field: &Field<'a>,
    following: Option<&Field<'a>>,
    grammar: &Grammar,
    options: &mut Vec<CommandOption<'a>>,
) -> bool {
    let head = &*field.head;
    let is_single = field.is_certain && head.chars().count() == 2;
    for (position, letter) in head.char_indices().skip(1) {
        let after = position + letter.len_utf8();
        let mut buffer = [b'-'; 5];
        let length = 1 + letter.encode_utf8(&mut buffer[1..]).len();
        let written = std::str::from_utf8(&buffer[..length]).unwrap_or("-");
        let Some(definition) = grammar.find(written) else {
            // Nothing is known of the letters behind it.
            let name = head.get(position..).map(|it| Cow::Owned(format!("-{it}")));
            let name = name.filter(|_| position > 1).unwrap_or_else(|| field.head.clone());
            options.push(given(field, None, name, None, position == 1));
            return false;
        };
        let rest = head.get(after..).unwrap_or("");
        if definition.takes == Takes::Nothing {
            let value = rest.starts_with('=').then(|| field.argument_after(after + 1));
            let ends = value.is_some();
            let name = Cow::Borrowed(definition.name);
            let is_alone = position == 1 && (is_single || ends);
            options.push(given(field, Some(definition), name, value, is_alone));
            if ends {
                return false;
            }
            continue;
        }
        let name = Cow::Borrowed(definition.name);
        let has_own_value = !rest.is_empty() || !field.is_certain;
        if has_own_value {
            let skip = usize::from(grammar.strips_equals && rest.starts_with('='));
            let value = Some(field.argument_after(after + skip));
            options.push(given(field, Some(definition), name, value, position == 1));
            return false;
        }
        let value = following.map(Field::argument);
        options.push(given(field, Some(definition), name, value, position == 1));
        return following.is_some();
    }
    false
}

fn given<'a>(
    field: &Field<'a>,
    definition: Option<&'static Definition>,
    name: Cow<'a, str>,
    value: Option<Argument<'a>>,
    is_alone: bool,
) -> CommandOption<'a> {
    let own = field.word.span;
    let span = value.as_ref().map_or(own, |it| own.to(it.word.span));
    CommandOption {
        name,
        span,
        is_known: definition.is_some(),
        lacks_value: value.is_none() && definition.is_some_and(|it| it.takes == Takes::Value),
        is_alone: is_alone && !field.is_piece,
        is_before_action: false,
        value,
    }
}
