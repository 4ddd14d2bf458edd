//! One requirement, as it stands in a requirements file or behind `pip install`.

use std::ops::Range;
use std::str::FromStr;

use pep440_rs::VersionSpecifier;
use syntax::{Excerpt, Span};

use crate::marker::{Environment, Marker};

mod source;

pub use source::{Repository, Source};
use source::{is_url, looks_like_path, read_path, read_url};

/// A piece of text and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The text, without quotes and continuations.
    pub text: String,
    /// Where it stands in the file.
    pub span: Span,
}

/// What one line or one argument asks pip to install.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The whole requirement, without options behind it.
    pub span: Span,
    /// The name as it is written; for a URL or path the one in `#egg=` or in a wheel's file name, if any.
    pub name: Option<Text>,
    /// The extras in `[…]`.
    pub extras: Vec<Text>,
    /// What versions will do; empty for any.
    pub specifiers: Vec<Specifier>,
    /// Where it comes from.
    pub source: Source,
    /// The environment marker behind the `;`, as it is written; a good one unless `faults` says otherwise.
    pub marker: Option<Text>,
    /// What is wrong although it can be understood; pip stops at each of them.
    pub faults: Vec<RequirementError>,
}

/// One condition on the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specifier {
    /// How the version is compared.
    pub operator: Operator,
    /// Where the operator stands.
    pub operator_span: Span,
    /// The version as it is written; `1.*` included.
    pub version: Text,
}

/// How a version is compared (PEP 440).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `===`
    ArbitraryEqual,
    /// `==`
    Equal,
    /// `~=`
    Compatible,
    /// `!=`
    NotEqual,
    /// `<=`
    LessThanEqual,
    /// `>=`
    GreaterThanEqual,
    /// `<`
    LessThan,
    /// `>`
    GreaterThan,
}

/// Why a requirement cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementError {
    /// The bytes that are wrong.
    pub span: Span,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl Operator {
    const ALL: [Operator; 8] = [
        Operator::ArbitraryEqual,
        Operator::Equal,
        Operator::Compatible,
        Operator::NotEqual,
        Operator::LessThanEqual,
        Operator::GreaterThanEqual,
        Operator::LessThan,
        Operator::GreaterThan,
    ];

    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Operator::ArbitraryEqual => "===",
            Operator::Equal => "==",
            Operator::Compatible => "~=",
            Operator::NotEqual => "!=",
            Operator::LessThanEqual => "<=",
            Operator::GreaterThanEqual => ">=",
            Operator::LessThan => "<",
            Operator::GreaterThan => ">",
        }
    }

    /// The operator that `text` begins with. `ALL` has longer ones before their beginnings.
    fn at_start(text: &str) -> Option<Operator> {
        Operator::ALL.into_iter().find(|it| text.starts_with(it.as_str()))
    }
}

impl Requirement {
    /// The name in the form in which names are compared; see [`normalize_name`].
    pub fn normalized_name(&self) -> Option<String> {
        self.name.as_ref().map(|it| normalize_name(&it.text))
    }

    /// Whether the marker lets it be installed in `environment`; `None` when that is not known or the marker is faulty.
    pub fn applies_in(&self, environment: &Environment) -> Option<bool> {
        match &self.marker {
            None => Some(true),
            Some(text) => Marker::parse(&text.text).ok()?.evaluate(environment),
        }
    }

    /// The one version that `==` or `===` allows; `None` for `== 1.*`.
    pub fn pinned(&self) -> Option<&str> {
        let is_exact = |it: &&Specifier| match it.operator {
            Operator::ArbitraryEqual => true,
            Operator::Equal => !it.version.text.ends_with(".*"),
            _ => false,
        };
        self.specifiers.iter().find(is_exact).map(|it| it.version.text.as_str())
    }
}

/// The form in which names are compared (PEP 503): lower case, and one `-` for each run of `-`, `_` and `.`.
pub fn normalize_name(name: &str) -> String {
    let mut res = String::with_capacity(name.len());
    for char in name.chars() {
        match char {
            '-' | '_' | '.' if res.ends_with('-') => {}
            '-' | '_' | '.' => res.push('-'),
            _ => res.push(char.to_ascii_lowercase()),
        }
    }
    res
}

/// Reads a requirement such as `foo[bar]>=1,<2; python_version < "3.8"`, `./dir`, `git+https://…` or `x.whl`.
///
/// `offset` is where `text` begins in its file.
pub fn parse_requirement(text: &str, offset: usize) -> Result<Requirement, RequirementError> {
    read(text, &|it| Span::new(offset + it.start, offset + it.end))
}

/// The same for a word that was assembled from pieces of the file.
pub fn parse_requirement_in(word: &Excerpt<'_>) -> Result<Requirement, RequirementError> {
    read(word.text(), &|it| word.span(it))
}

/// The same for the value of `--editable`, where a name alone means a directory.
pub fn parse_editable(text: &str, offset: usize) -> Result<Requirement, RequirementError> {
    read_editable(text, &|it| Span::new(offset + it.start, offset + it.end))
}

/// Where a range of the text that is read stands in the file.
pub(crate) type Positions<'p> = dyn Fn(Range<usize>) -> Span + 'p;

pub(crate) fn read(text: &str, at: &Positions<'_>) -> Result<Requirement, RequirementError> {
    let mut reader = Reader::new(text, at);
    let body = reader.split_marker();
    reader.body(body, false)
}

pub(crate) fn read_editable(
    text: &str,
    at: &Positions<'_>,
) -> Result<Requirement, RequirementError> {
    let mut reader = Reader::new(text, at);
    let body = reader.split_marker();
    reader.body(body, true)
}

/// A requirement without its marker.
struct Parts {
    name: Option<Text>,
    extras: Vec<Text>,
    specifiers: Vec<Specifier>,
    source: Source,
}

struct Reader<'t, 'p> {
    text: &'t str,
    at: &'p Positions<'p>,
    marker: Option<Text>,
    faults: Vec<RequirementError>,
}

impl<'t, 'p> Reader<'t, 'p> {
    fn new(text: &'t str, at: &'p Positions<'p>) -> Reader<'t, 'p> {
        Reader { text, at, marker: None, faults: Vec::new() }
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    fn piece(&self, range: Range<usize>) -> Text {
        Text { text: self.slice(range.clone()).to_owned(), span: (self.at)(range) }
    }

    pub(crate) fn error(
        &self,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> RequirementError {
        RequirementError { span: (self.at)(range), message: message.into() }
    }

    /// Takes the marker off; in a URL only a `;` with a space behind it begins one.
    fn split_marker(&mut self) -> Range<usize> {
        let whole = self.trim(0..self.text.len());
        let separator = if is_url(self.slice(whole.clone())) { "; " } else { ";" };
        let Some(at) = self.slice(whole.clone()).find(separator) else { return whole };
        let at = whole.start + at;
        let marker = self.trim(at + 1..whole.end);
        if !marker.is_empty() {
            if let Err(error) = Marker::parse(self.slice(marker.clone())) {
                let range = marker.start + error.range.start..marker.start + error.range.end;
                self.faults.push(self.error(range, error.message));
            }
            self.marker = Some(self.piece(marker));
        }
        self.trim(whole.start..at)
    }

    fn trim(&self, range: Range<usize>) -> Range<usize> {
        let text = self.slice(range.clone());
        let start = range.start + (text.len() - text.trim_start().len());
        start..start + text.trim().len()
    }

    fn skip_space(&self, from: usize, end: usize) -> usize {
        let space = self.slice(from..end).bytes().take_while(|it| matches!(it, b' ' | b'\t'));
        from + space.count()
    }

    fn body(
        mut self,
        body: Range<usize>,
        is_editable: bool,
    ) -> Result<Requirement, RequirementError> {
        let text = self.slice(body.clone());
        let parts = if is_url(text) {
            read_url(&self, body.clone())?
        } else if !is_names_url(text) && (is_editable || looks_like_path(text)) {
            read_path(&self, body.clone())?
        } else {
            self.named(body.clone())?
        };
        let end = self.marker.as_ref().map(|it| it.span);
        let span = (self.at)(body);
        Ok(Requirement {
            span: end.map_or(span, |it| span.to(it)),
            name: parts.name,
            extras: parts.extras,
            specifiers: parts.specifiers,
            source: parts.source,
            marker: self.marker,
            faults: self.faults,
        })
    }

    fn named(&mut self, body: Range<usize>) -> Result<Parts, RequirementError> {
        let end = body.end;
        let Some(name) = self.identifier(body.start, end) else {
            return Err(self
                .error(body, "a requirement begins with the name of a package, a URL or a path"));
        };
        let at = self.skip_space(name.end, end);
        let (extras, at) = self.extras(at, end)?;
        let at = self.skip_space(at, end);
        let name = Some(self.piece(name));
        if self.slice(at..end).starts_with('@') {
            let url = self.skip_space(at + 1, end)..end;
            let length = self.slice(url.clone()).find([' ', '\t']).unwrap_or(url.len());
            if url.is_empty() || length < url.len() {
                return Err(self.error(at..end, "`@` must be followed by one URL"));
            }
            let source = if is_url(self.slice(url.clone())) {
                read_url(self, url)?.source
            } else {
                Source::Url(self.piece(url))
            };
            return Ok(Parts { name, extras, specifiers: Vec::new(), source });
        }
        let specifiers = self.specifiers(at, end)?;
        Ok(Parts { name, extras, specifiers, source: Source::Index })
    }

    /// A name of letters, digits, `.`, `-` and `_` that begins and ends with a letter or digit.
    fn identifier(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let text = self.slice(start..end);
        let run = &text[..text.find(|it| !is_in_name(it)).unwrap_or(text.len())];
        let is_cut = text[run.len()..].starts_with(char::is_alphanumeric);
        let name = run.trim_end_matches(['.', '-']);
        let is_name = name.starts_with(|it: char| it.is_ascii_alphanumeric()) && !is_cut;
        is_name.then(|| start..start + name.len())
    }

    fn extras(&self, start: usize, end: usize) -> Result<(Vec<Text>, usize), RequirementError> {
        let mut extras = Vec::new();
        if !self.slice(start..end).starts_with('[') {
            return Ok((extras, start));
        }
        let mut at = self.skip_space(start + 1, end);
        loop {
            let rest = self.slice(at..end);
            if rest.starts_with(']') {
                return Ok((extras, at + 1));
            }
            if !extras.is_empty() {
                if !rest.starts_with(',') {
                    return Err(
                        self.error(start..at, "extras are separated by commas and end with `]`")
                    );
                }
                at = self.skip_space(at + 1, end);
            }
            let Some(extra) = self.identifier(at, end) else {
                return Err(self.error(start..at, "the name of an extra or a `]` is missing"));
            };
            at = self.skip_space(extra.end, end);
            extras.push(self.piece(extra));
        }
    }

    fn specifiers(&mut self, start: usize, end: usize) -> Result<Vec<Specifier>, RequirementError> {
        let mut specifiers = Vec::new();
        let has_parenthesis = self.slice(start..end).starts_with('(');
        let mut at = self.skip_space(start + usize::from(has_parenthesis), end);
        while let Some(operator) = Operator::at_start(self.slice(at..end)) {
            let operator_range = at..at + operator.as_str().len();
            at = self.skip_space(operator_range.end, end);
            let is_end = |it: char| it.is_whitespace() || matches!(it, ')' | ',');
            let rest = self.slice(at..end);
            let version = at..at + rest.find(is_end).unwrap_or(rest.len());
            at = self.skip_space(version.end, end);
            self.check_version(operator, operator_range.start..version.end, version.clone());
            let operator_span = (self.at)(operator_range);
            specifiers.push(Specifier { operator, operator_span, version: self.piece(version) });
            if !self.slice(at..end).starts_with(',') {
                break;
            }
            at = self.skip_space(at + 1, end);
        }
        if has_parenthesis {
            if !self.slice(at..end).starts_with(')') {
                return Err(self.error(start..at, "this `(` has no closing `)`"));
            }
            at = self.skip_space(at + 1, end);
        }
        if at < end {
            let rest = self.slice(at..end);
            let message = if rest.starts_with('=') {
                "`=` compares nothing; write `==`".to_owned()
            } else if Operator::at_start(rest).is_some() {
                "a comma is missing between two versions".to_owned()
            } else if specifiers.is_empty() {
                format!("`{rest}` cannot follow a name; a version needs an operator such as `==`")
            } else {
                format!("`{rest}` cannot follow a version; separate versions by commas")
            };
            return Err(self.error(at..end, message));
        }
        Ok(specifiers)
    }

    fn check_version(&mut self, operator: Operator, both: Range<usize>, version: Range<usize>) {
        let text = self.slice(version);
        // pip puts the value of a variable in before it reads the version.
        if operator == Operator::ArbitraryEqual || text.contains("${") {
            return;
        }
        let written = format!("{}{text}", operator.as_str());
        if VersionSpecifier::from_str(&written).is_err() {
            let message = match text {
                "" => format!("a version is missing after `{}`", operator.as_str()),
                _ => format!(
                    "`{text}` is not a version that `{}` can compare (PEP 440)",
                    operator.as_str()
                ),
            };
            self.faults.push(self.error(both, message));
        }
    }
}

/// Whether the text has the form `name @ …` or `name[extras] @ …`.
fn is_names_url(text: &str) -> bool {
    let Some((name, _)) = text.split_once('@') else { return false };
    let name = name.split_once('[').map_or(name, |it| it.0).trim_end();
    name.starts_with(|it: char| it.is_ascii_alphanumeric()) && name.chars().all(is_in_name)
}

fn is_in_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '.' | '-' | '_')
}

#[cfg(test)]
mod tests;
