//! A TOML file as the lock formats need it: texts with their places, tables and lists, nothing else.

use std::borrow::Cow;

use syntax::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Fault;

/// Values of these keys make up two thirds of a lock file and answer no question. Only single values are left out, so
/// that a package named `hash` keeps its list of files in old Poetry locks.
const SKIPPED: [&str; 6] =
    ["content-hash", "description", "hash", "summary", "upload-time", "upload_time"];

/// A value; numbers that are no versions, dates and the like are [`Value::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'t> {
    /// A text and where it stands, quotes included.
    Text(Cow<'t, str>, Span),
    Boolean(bool),
    Integer(u64, Span),
    Array(Vec<Value<'t>>),
    Table(Table<'t>),
    /// What `[[name]]` headers make.
    Tables(Vec<Table<'t>>),
    Other,
}

/// How a table came to be, which decides whether a header may add to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Form {
    /// Only named in the header of a table within it.
    #[default]
    Implied,
    /// Has its own header.
    Opened,
    /// Written between braces.
    Inline,
}

/// Keys and values in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(super) struct Table<'t> {
    pub(super) entries: Vec<(Cow<'t, str>, Value<'t>)>,
    pub(super) form: Form,
    /// Its header or its braces.
    pub(super) span: Span,
}

impl<'t> Table<'t> {
    pub(super) fn get(&self, key: &str) -> Option<&Value<'t>> {
        self.entries.iter().find(|it| it.0 == key).map(|it| &it.1)
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.text_and_span(key).map(|it| it.0)
    }

    pub(super) fn text_and_span(&self, key: &str) -> Option<(&str, Span)> {
        match self.get(key)? {
            Value::Text(text, span) => Some((text, *span)),
            _ => None,
        }
    }

    pub(super) fn owned(&self, key: &str) -> Option<String> {
        self.text(key).map(str::to_owned)
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        match self.get(key)? {
            Value::Integer(number, _) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn is_true(&self, key: &str) -> bool {
        matches!(self.get(key), Some(Value::Boolean(true)))
    }

    pub(super) fn table(&self, key: &str) -> Option<&Table<'t>> {
        match self.get(key)? {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The tables of a list, whether it is written with headers or between brackets.
    pub(super) fn tables(&self, key: &str) -> impl Iterator<Item = &Table<'t>> {
        self.get(key).into_iter().flat_map(Value::tables)
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Value::Array(values)) => values
                .iter()
                .filter_map(|it| match it {
                    Value::Text(text, _) => Some(text.clone().into_owned()),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}

impl<'t> Value<'t> {
    pub(super) fn tables(&self) -> impl Iterator<Item = &Table<'t>> {
        let (values, tables): (&[Value<'t>], &[Table<'t>]) = match self {
            Value::Array(values) => (values, &[]),
            Value::Tables(tables) => (&[], tables),
            _ => (&[], &[]),
        };
        let inline = values.iter().filter_map(|it| match it {
            Value::Table(table) => Some(table),
            _ => None,
        });
        inline.chain(tables)
    }

    pub(super) fn is_single(&self) -> bool {
        !matches!(self, Value::Array(_) | Value::Table(_) | Value::Tables(_))
    }
}

/// The place of a key in the list of those that are left out.
pub(super) fn skipped(key: &str) -> Option<usize> {
    SKIPPED.iter().position(|it| *it == key)
}

/// Reads any TOML with the `toml` crate.
pub(super) fn read(text: &str) -> Result<Table<'_>, Fault> {
    match DeTable::parse(text) {
        Ok(table) => Ok(from_table(table)),
        Err(error) => {
            let span = error.span().unwrap_or(0..0);
            let span = Span::new(span.start.min(text.len()), span.end.min(text.len()));
            Err(Fault::broken(span, error.message().trim()))
        }
    }
}

fn from_table(table: Spanned<DeTable<'_>>) -> Table<'_> {
    let span = table.span();
    let mut pairs: Vec<_> = table.into_inner().into_iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    let mut entries = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let value = from_value(value);
        if skipped(key.get_ref()).is_none() || !value.is_single() {
            entries.push((key.into_inner(), value));
        }
    }
    Table { entries, form: Form::Opened, span: Span::new(span.start, span.end) }
}

fn from_value(value: Spanned<DeValue<'_>>) -> Value<'_> {
    let range = value.span();
    let span = Span::new(range.start, range.end);
    match value.into_inner() {
        DeValue::String(text) => Value::Text(text, span),
        DeValue::Boolean(is_true) => Value::Boolean(is_true),
        DeValue::Integer(number) if number.radix() == 10 => {
            number.as_str().parse().map_or(Value::Other, |it| Value::Integer(it, span))
        }
        DeValue::Array(array) => Value::Array(array.into_iter().map(from_value).collect()),
        DeValue::Table(table) => Value::Table(from_table(Spanned::new(range, table))),
        _ => Value::Other,
    }
}
