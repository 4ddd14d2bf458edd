//! Why a lock file cannot be used, and where.

use syntax::Span;

use super::LockFormat;

/// Why a lock file cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockError {
    /// What kind of fault it is.
    pub kind: LockErrorKind,
    /// The bytes that are wrong; empty where something is missing.
    pub span: Span,
    /// The line of the first of these bytes, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// What is wrong and what to do next, without the place.
    pub message: String,
}

/// The kinds of [`LockError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LockErrorKind {
    /// The file is not what its name says; its package manager cannot read it either.
    Broken,
    /// The file is newer or older than what is understood here; its package manager may read it well.
    Unsupported,
}

/// A [`LockError`] whose line is not yet counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: LockErrorKind,
    pub(super) span: Span,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn broken(span: Span, message: &str) -> Fault {
        Fault { kind: LockErrorKind::Broken, span, message: message.to_owned() }
    }

    pub(super) fn unsupported(span: Span, found: &str, supported: &str) -> Fault {
        let message = format!("lock version {found} is not known here; {supported} can be read");
        Fault { kind: LockErrorKind::Unsupported, span, message }
    }
}

/// Finds the line of a fault and says what to do next.
pub(super) fn located(fault: Fault, format: LockFormat, text: &str) -> LockError {
    let Fault { kind, span, message } = fault;
    let start = (0..=span.start as usize).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0);
    let before = text.get(..start).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    let line_text = text.get(line_start..).and_then(|it| it.lines().next()).unwrap_or("");
    let is_conflict =
        ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|it| line_text.starts_with(it));
    let name = format.file_name();
    let command = format.command();
    let line = before.bytes().filter(|it| *it == b'\n').count() + 1;
    let column = before.get(line_start..).unwrap_or("").chars().count() + 1;
    let error = |span: Span, column: usize, message: String| LockError {
        kind,
        span,
        line: line as u32,
        column: column as u32,
        message,
    };
    if is_conflict {
        let message = format!(
            "cannot read `{name}`: a merge conflict is not resolved here; take one side, then run `{command}`"
        );
        return error(Span::new(line_start, line_start + line_text.len()), 1, message);
    }
    let message = match kind {
        LockErrorKind::Unsupported => format!("cannot use `{name}`: {message}"),
        LockErrorKind::Broken => {
            format!("cannot read `{name}`: {message}; write it anew with `{command}`")
        }
    };
    error(span, column, message)
}
