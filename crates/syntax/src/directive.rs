//! Parser directives: `# syntax=`, `# escape=`, `# check=` at the very top of a file.

use crate::Span;

/// A parser directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'t> {
    /// `syntax`, `escape` or `check`, as written.
    pub name: &'t str,
    /// The text behind `=`, trimmed.
    pub value: &'t str,
    /// Where the value stands.
    pub value_span: Span,
    /// The line from `#` on.
    pub span: Span,
}

const KNOWN: [&str; 3] = ["syntax", "escape", "check"];

/// Reads one line from its `#` on; `None` for an ordinary comment, which ends the directives.
pub(crate) fn parse(line: &str, start: usize) -> Option<Directive<'_>> {
    let rest = line.strip_prefix('#')?.trim_start();
    let name_length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let (name, rest) = rest.split_at(name_length);
    let known = KNOWN.iter().any(|it| it.eq_ignore_ascii_case(name));
    let value = rest.trim_start().strip_prefix('=')?.trim();
    if !known || value.is_empty() {
        return None;
    }
    let value_start = start + (value.as_ptr() as usize - line.as_ptr() as usize);
    Some(Directive {
        name,
        value,
        value_span: Span::new(value_start, value_start + value.len()),
        span: Span::new(start, start + line.len()),
    })
}
