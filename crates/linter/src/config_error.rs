//! What is wrong with a configuration file or a rule's name, and where.

use std::fmt;

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use syntax::LineIndex;

use crate::Rule;
use crate::config::ALL;

/// A configuration file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was given.
    pub path: String,
    /// Counted from 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
    /// What is wrong there.
    pub message: String,
    /// What was probably meant, or what to do.
    pub help: Option<String>,
}

impl ConfigError {
    pub(crate) fn new(
        path: &str,
        text: &str,
        offset: usize,
        message: impl Into<String>,
    ) -> ConfigError {
        let (line, column) = LineIndex::new(text).place(text, offset as u32);
        ConfigError { path: path.to_owned(), line, column, message: message.into(), help: None }
    }

    pub(crate) fn of_toml(path: &str, text: &str, error: &toml::de::Error) -> ConfigError {
        let offset = error.span().map_or(0, |it| it.start);
        // Some of the reader's messages go over several lines.
        let lines: Vec<&str> = error.message().lines().map(str::trim).collect();
        let message = lines.join(", ");
        let message = plain(&message, key_in_front(text, offset)).unwrap_or(message);
        ConfigError::new(path, text, offset, message)
    }

    pub(crate) fn suggest(self, nearest: impl fmt::Display) -> ConfigError {
        self.hint(format!("did you mean `{nearest}`?"))
    }

    pub(crate) fn hint(mut self, help: impl Into<String>) -> ConfigError {
        self.help = Some(help.into());
        self
    }
}

/// The reader's message about a value in words for who writes the file; `None` for other messages.
fn plain(message: &str, key: Option<&str>) -> Option<String> {
    let subject = key.map_or("this".to_owned(), |it| format!("`{it}`"));
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let (value, known) = rest.split_once(", expected ")?;
        return Some(format!("{subject} cannot be {value}; write {known}"));
    }
    let (found, expected) = message.strip_prefix("invalid type: ")?.split_once(", expected ")?;
    let expected = match expected {
        "a sequence" => "a list, as in [\"…\"]",
        "a map" => "a table",
        "a string" => "a text in quotes",
        "a boolean" => "`true` or `false`",
        other => other,
    };
    let found = match found {
        "sequence" => "a list".to_owned(),
        "map" => "a table".to_owned(),
        other => match other.split_once(' ') {
            Some(("string", text)) => format!("the text {text}"),
            Some((_, value)) => value.to_owned(),
            None => other.to_owned(),
        },
    };
    Some(format!("{subject} must be {expected}, not {found}"))
}

/// The key whose value begins at an offset, if both stand on one line.
fn key_in_front(text: &str, offset: usize) -> Option<&str> {
    let line = text.get(..offset)?.rsplit('\n').next()?;
    let key = line.trim_end().strip_suffix('=')?.trim();
    (!key.is_empty()).then_some(key)
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ConfigError { path, line, column, message, help } = self;
        write!(f, "cannot read `{path}`: {message} on line {line}, column {column}")?;
        help.iter().try_for_each(|it| write!(f, "; {it}"))
    }
}

impl std::error::Error for ConfigError {}

/// A name that no rule answers to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// As it was written.
    pub name: String,
    /// The nearest name or alias.
    pub suggestion: Option<String>,
}

impl UnknownRule {
    /// For a name that none of `rules` answers to, with the nearest of their names, unless it is a code of hadolint that has
    /// no counterpart: then any other code would mislead.
    pub fn new(name: &str, rules: &[&'static Rule]) -> UnknownRule {
        let code = name.strip_prefix("DL").or(name.strip_prefix("SC")).unwrap_or("");
        let is_code = code.len() == 4 && code.bytes().all(|it| it.is_ascii_digit());
        let names = rules.iter().flat_map(|it| std::iter::once(&it.name).chain(it.aliases));
        let nearest = || syntax::closest(name, names.copied().chain([ALL])).map(str::to_owned);
        let suggestion = if is_code { None } else { nearest() };
        UnknownRule { name: name.to_owned(), suggestion }
    }
}

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown rule `{}`; ", self.name)?;
        match &self.suggestion {
            Some(nearest) => write!(f, "did you mean `{nearest}`?"),
            None => write!(f, "`pylintdock rule` lists all rules"),
        }
    }
}

impl std::error::Error for UnknownRule {}

/// The keys of a struct as serde knows them, so that no second list of them is kept.
pub(crate) fn key_names<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    let _never = T::deserialize(KeyNames { names: &mut names });
    names
}

/// Takes down the names that a struct asks for and gives it nothing.
struct KeyNames<'n> {
    names: &'n mut &'static [&'static str],
}

impl<'de> Deserializer<'de> for KeyNames<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("only the names of a struct's fields can be asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.names = fields;
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
