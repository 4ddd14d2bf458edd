//! COPY and ADD: what comes from where, and where it lands.

use syntax::{Span, Word};

use crate::path;

/// Where a COPY takes files from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CopyFrom {
    /// The build context.
    Context,
    /// An earlier stage, by index.
    Stage(usize),
    /// An image, a named context, or something that is not known.
    Other(String),
}

/// A COPY or ADD instruction.
#[derive(Clone, Debug)]
pub struct Copy<'f> {
    /// ADD: archives are unpacked and addresses are fetched.
    pub is_add: bool,
    /// Where from.
    pub from: CopyFrom,
    /// The sources, heredocs and addresses included.
    pub sources: Vec<Source<'f>>,
    /// The destination as written.
    pub destination: &'f Word<'f>,
    /// The destination as an absolute path without a slash at its end; `None` when not certain.
    pub target: Option<String>,
    /// It is written as a directory (`/` or `.` at its end), or several sources make it one.
    pub is_directory: bool,
}

/// One source of a COPY.
#[derive(Clone, Debug)]
pub struct Source<'f> {
    /// As written.
    pub word: &'f Word<'f>,
    /// Its path relative to the root of the context or stage, cleaned, `.` for all of it; wildcards kept. `None` when it is
    /// not certain.
    pub path: Option<String>,
    /// What kind.
    pub kind: SourceKind,
}

/// What a source is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    /// A path.
    Path,
    /// A heredoc of the instruction.
    Heredoc,
    /// `https://…` or a repository, with ADD.
    Address,
}

impl<'f> Source<'f> {
    pub(crate) fn new(word: &'f Word<'f>, value: Option<String>, is_heredoc: bool) -> Source<'f> {
        let is_address =
            value.as_deref().unwrap_or(&word.text).contains("://") || word.text.starts_with("git@");
        let kind = match () {
            () if is_heredoc => SourceKind::Heredoc,
            () if is_address => SourceKind::Address,
            () => SourceKind::Path,
        };
        let cleaned = |it: String| {
            let inside = path::clean(&format!("/{it}"));
            let inside = inside.trim_start_matches('/');
            if inside.is_empty() { ".".to_owned() } else { inside.to_owned() }
        };
        Source { word, path: value.filter(|_| kind == SourceKind::Path).map(cleaned), kind }
    }

    /// Whether it has wildcards.
    pub fn is_pattern(&self) -> bool {
        let is_wild = |it: u8| matches!(it, b'*' | b'?' | b'[');
        self.path.as_deref().is_some_and(|it| it.bytes().any(is_wild))
    }
}

impl Copy<'_> {
    /// The paths from the context that are certain, with the place of each.
    pub fn context_paths(&self) -> impl Iterator<Item = (&str, Span)> {
        let is_context = self.from == CopyFrom::Context;
        let paths = self.sources.iter().filter(move |_| is_context);
        paths.filter_map(|it| Some((it.path.as_deref()?, it.word.span)))
    }

    /// Whether it takes the whole context, or all that lies at its root (`.`, `./`, `*`).
    pub fn takes_everything(&self) -> bool {
        self.context_paths().any(|it| matches!(it.0, "." | "*"))
    }
}
