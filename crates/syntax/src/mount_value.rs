//! `RUN --mount=…` that the builder refuses.

use std::ops::Range;

use crate::value::{literal, substitution_error};
use crate::{Excerpt, File, Flag, Instruction, Span, SyntaxError, closest, lex};

const TYPES: [&str; 5] = ["bind", "cache", "tmpfs", "secret", "ssh"];
const SHARINGS: [&str; 3] = ["shared", "private", "locked"];

/// Every key with what its value must be. The longer names come first, so that they are what is suggested.
const KEYS: [(&str, Kind); 19] = [
    ("type", Kind::Type),
    ("target", Kind::Target),
    ("source", Kind::Source),
    ("from", Kind::From),
    ("id", Kind::Text),
    ("sharing", Kind::Sharing),
    ("mode", Kind::Octal),
    ("uid", Kind::Number),
    ("gid", Kind::Number),
    ("required", Kind::Required),
    ("readonly", Kind::Boolean),
    ("readwrite", Kind::Boolean),
    ("size", Kind::Size),
    ("env", Kind::Text),
    ("src", Kind::Source),
    ("dst", Kind::Target),
    ("destination", Kind::Target),
    ("ro", Kind::Boolean),
    ("rw", Kind::Boolean),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Type,
    Target,
    Source,
    From,
    Text,
    Sharing,
    Octal,
    Number,
    Required,
    Boolean,
    Size,
}

/// Adds the errors of the mounts of one RUN.
pub(crate) fn check(file: &File<'_>, run: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    for flag in run.flags_named("mount") {
        if let Some(value) = flag.value.as_deref() {
            let kind = Some("bind".to_owned());
            let mut mount = Mount { file, line: &run.line, flag, value, kind, seen: Vec::new() };
            // The builder stops at the first thing that it refuses, and what follows from it need not be told.
            found.extend(mount.fields().or_else(|| mount.combination()));
        }
    }
}

struct Mount<'a, 't> {
    file: &'a File<'t>,
    line: &'a Excerpt<'t>,
    flag: &'a Flag<'t>,
    value: &'a str,
    /// The type as far as it was read; `None` when a variable decides.
    kind: Option<String>,
    /// Every key with the place of its field and its value; `None` for a value with a variable.
    seen: Vec<(Kind, Range<usize>, Option<String>)>,
}

impl Mount<'_, '_> {
    /// Where a part of the value stands, also over several lines; the whole value where quotes make the two differ.
    fn place(&self, range: Range<usize>) -> Span {
        let span = self.flag.value_span;
        let start = self.line.position(span.start as usize).filter(|_| !span.is_empty());
        let is_plain = |it: &usize| self.line.text()[*it..].starts_with(self.value);
        match start.filter(is_plain) {
            Some(start) => self.line.span(start + range.start..start + range.end),
            None if span.is_empty() => self.flag.span,
            None => span,
        }
    }

    fn error(&self, range: Range<usize>, message: String, help: impl Into<String>) -> SyntaxError {
        SyntaxError::new(self.place(range), message, help)
    }

    fn fields(&mut self) -> Option<SyntaxError> {
        if self.value.is_empty() {
            return Some(SyntaxError::new(
                self.flag.span,
                "`--mount` has no value",
                "write what is mounted, such as `--mount=type=cache,target=/root/.cache/pip`",
            ));
        }
        for range in split(self.value)? {
            let written = &self.value[range.clone()];
            let unquoted = written.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            let field = unquoted.unwrap_or(written);
            let start = range.start + usize::from(unquoted.is_some());
            if let Some(error) = self.field(field, start) {
                return Some(error);
            }
        }
        None
    }

    fn field(&mut self, field: &str, start: usize) -> Option<SyntaxError> {
        let whole = start..start + field.len();
        if field.is_empty() {
            // The comma before or behind it is what is wrong.
            let from = whole.start.saturating_sub(1);
            let comma = from..(from + 1).min(self.value.len());
            return Some(self.error(
                comma,
                "a mount option is empty".to_owned(),
                "delete the comma",
            ));
        }
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (field, None),
        };
        let name = key.to_ascii_lowercase();
        let Some((_, kind)) = KEYS.iter().find(|it| it.0 == name) else {
            let names = KEYS.iter().map(|it| it.0);
            let help = match closest(key, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it takes {}", names.take(14).collect::<Vec<_>>().join(", ")),
            };
            let place = whole.start..whole.start + key.len();
            return Some(self.error(place, format!("`--mount` has no option `{key}`"), help));
        };
        let Some(value) = value else {
            return match kind {
                Kind::Boolean => {
                    self.seen.push((*kind, whole, None));
                    None
                }
                Kind::Required => self.required(whole),
                _ => Some(self.error(
                    whole,
                    format!("`{key}` has no value"),
                    format!("write `{name}=value`"),
                )),
            };
        };
        let place = whole.end - value.len()..whole.end;
        if *kind == Kind::From && value.find('$').is_some_and(|it| it + 1 < value.len()) {
            return Some(self.error(
                place,
                "variables are not replaced in `from`".to_owned(),
                "name a stage instead: `FROM $IMAGE AS name` above, and `from=name` here",
            ));
        }
        if let Some((error, range)) = lex::fault(value, self.file.escape, true) {
            let range = place.start + range.start..place.start + range.end;
            return Some(substitution_error(&self.value[range.clone()], &error, self.place(range)));
        }
        let Some(literal) = literal(value, self.file.escape).map(|it| it.into_owned()) else {
            if *kind == Kind::Type {
                self.kind = None;
            }
            self.seen.push((*kind, whole, None));
            return None;
        };
        if let Some(error) = self.judge(*kind, &name, &literal, place) {
            return Some(error);
        }
        match kind {
            Kind::Required => return self.required(whole),
            Kind::Size if self.kind.as_deref().is_some_and(|it| it != "tmpfs") => {
                return Some(self.misplaced(whole, "size"));
            }
            _ => {}
        }
        self.seen.push((*kind, whole, Some(literal)));
        None
    }

    fn judge(
        &mut self,
        kind: Kind,
        name: &str,
        value: &str,
        place: Range<usize>,
    ) -> Option<SyntaxError> {
        let is_unsigned =
            |radix| !value.starts_with('+') && u32::from_str_radix(value, radix).is_ok();
        let (is_right, help) = match kind {
            Kind::Type => {
                let lower = value.to_ascii_lowercase();
                let is_known = TYPES.contains(&lower.as_str());
                self.kind = Some(lower);
                (is_known, one_of(value, &TYPES))
            }
            Kind::Sharing => {
                (SHARINGS.contains(&value.to_ascii_lowercase().as_str()), one_of(value, &SHARINGS))
            }
            Kind::Boolean | Kind::Required => {
                (is_boolean(value), "write `true` or `false`".to_owned())
            }
            Kind::Octal => (is_unsigned(8), "write an octal number, such as `0755`".to_owned()),
            Kind::Number => (is_unsigned(10), "write the number of the user or group".to_owned()),
            Kind::Size if self.kind.as_deref() == Some("tmpfs") => {
                (is_size(value), "write a number of bytes, or `64m`, `1g`".to_owned())
            }
            _ => return None,
        };
        let what = match kind {
            Kind::Type => "a mount type".to_owned(),
            Kind::Sharing => "a way to share a cache".to_owned(),
            _ => format!("a value for `{name}`"),
        };
        (!is_right).then(|| self.error(place, format!("`{value}` is not {what}"), help))
    }

    /// `required` belongs to secret and ssh, and must stand behind the type.
    fn required(&self, whole: Range<usize>) -> Option<SyntaxError> {
        let kind = self.kind.as_deref()?;
        (!matches!(kind, "secret" | "ssh")).then(|| {
            let help = "it belongs to `type=secret` and `type=ssh`, and stands behind the type";
            self.error(whole, format!("`required` does not fit a {kind} mount"), help)
        })
    }

    fn misplaced(&self, place: Range<usize>, name: &str) -> SyntaxError {
        let kind = self.kind.as_deref().unwrap_or("bind");
        let help = if name == "size" {
            "it belongs to `type=tmpfs`, and stands behind the type"
        } else {
            "delete it, or choose another type"
        };
        self.error(place, format!("`{name}` does not fit a {kind} mount"), help)
    }

    /// What each option allows, but not all of them together.
    fn combination(&self) -> Option<SyntaxError> {
        let kind = self.kind.as_deref()?;
        // The last one counts; an empty text is as good as none.
        let last = |wanted: Kind| {
            let found = self.seen.iter().rev().find(|it| it.0 == wanted)?;
            (found.2.as_deref() != Some("")).then(|| found.1.clone())
        };
        let is_there = |name: &str| {
            self.seen.iter().rev().find(|it| {
                let key = self.value[it.1.clone()].split('=').next().unwrap_or("");
                key.eq_ignore_ascii_case(name) && it.2.as_deref() != Some("")
            })
        };
        if matches!(kind, "bind" | "tmpfs") {
            for name in ["mode", "uid", "gid"] {
                if let Some(it) = is_there(name) {
                    return Some(self.misplaced(it.1.clone(), name));
                }
            }
        }
        if kind != "cache"
            && let Some(place) = last(Kind::Sharing)
        {
            return Some(self.misplaced(place, "sharing"));
        }
        match kind {
            "secret" => {
                let source = last(Kind::Source);
                let id = is_there("id");
                if let Some(place) = last(Kind::From) {
                    return Some(self.misplaced(place, "from"));
                }
                if source.is_none() && id.is_none() && last(Kind::Target).is_none() {
                    let message = "a secret mount needs `id`".to_owned();
                    return Some(self.error(0..self.value.len(), message, "write `id=name`"));
                }
                let (source, id) = (source?, id?);
                let is_certain = |range: &Range<usize>| {
                    self.seen.iter().any(|it| it.1 == *range && it.2.is_some())
                };
                if is_certain(&source) && id.2.is_some() {
                    let message = "a secret mount has `id` or `source`, not both".to_owned();
                    return Some(self.error(source, message, "keep `id`"));
                }
                None
            }
            "ssh" => {
                let source = self.seen.iter().rev().find(|it| it.0 == Kind::Source)?;
                let is_given = source.2.as_deref().is_some_and(|it| !it.is_empty());
                is_given.then(|| self.misplaced(source.1.clone(), "source"))
            }
            _ => {
                let target = self.seen.iter().rev().find(|it| it.0 == Kind::Target)?;
                (target.2.as_deref() == Some("/")).then(|| {
                    let help = "name a folder below it";
                    self.error(target.1.clone(), "nothing can be mounted on `/`".to_owned(), help)
                })
            }
        }
    }
}

fn one_of(value: &str, known: &[&str]) -> String {
    match closest(value, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("it is one of {}", known.join(", ")),
    }
}

/// What Go's `strconv.ParseBool` takes.
fn is_boolean(text: &str) -> bool {
    let known = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
    known.contains(&text)
}

/// A number with a unit such as `64m` or `1.5GiB`.
fn is_size(text: &str) -> bool {
    let is_number = |it: char| it.is_ascii_digit() || matches!(it, '.' | ' ');
    let Some(end) = text.rfind(is_number) else { return false };
    let (number, unit) = text.split_at(end + 1);
    let unit = unit.to_ascii_lowercase();
    let prefix = unit.strip_suffix('b').unwrap_or(&unit);
    let prefix = prefix.strip_suffix('i').unwrap_or(prefix);
    number.trim_end().parse::<f64>().is_ok_and(|it| it >= 0.0)
        && matches!(prefix, "" | "k" | "m" | "g" | "t" | "p")
}

/// The fields between commas, with their quotes; `None` when the quotes are beyond what is read here.
fn split(value: &str) -> Option<Vec<Range<usize>>> {
    let mut fields = Vec::new();
    let mut start = 0;
    let mut is_quoted = false;
    for (at, byte) in value.bytes().enumerate() {
        match byte {
            b'"' if at == start => is_quoted = true,
            b'"' if is_quoted && matches!(value.as_bytes().get(at + 1), None | Some(b',')) => {
                is_quoted = false;
            }
            b'"' => return None,
            b',' if !is_quoted => {
                fields.push(start..at);
                start = at + 1;
            }
            _ => {}
        }
    }
    fields.push(start..value.len());
    (!is_quoted).then_some(fields)
}
