//! Values of flags that the builder refuses: booleans, durations, counts, file modes, networks.

use crate::duration::{self, DurationFault};
use crate::value::literal;
use crate::{Arguments, File, Flag, Instruction, Keyword, Span, SyntaxError, closest};

const NETWORKS: [&str; 3] = ["default", "none", "host"];
const SECURITIES: [&str; 2] = ["sandbox", "insecure"];

/// Adds the errors of the flags of one instruction; `--mount` is judged elsewhere.
pub(crate) fn check(file: &File<'_>, instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    for flag in &instruction.flags {
        let Some(value) = flag.value.as_deref() else { continue };
        found.extend(match (instruction.keyword, &*flag.name) {
            (Keyword::Run, "network") => one_of(flag, value, "a network", &NETWORKS),
            (Keyword::Run, "security") => one_of(flag, value, "a security mode", &SECURITIES),
            (Keyword::Copy, "link" | "parents") => boolean(flag, value),
            (Keyword::Add, "link" | "keep-git-dir" | "unpack") => boolean(flag, value),
            (Keyword::Copy | Keyword::Add, "chmod") => mode(file, flag, value),
            (Keyword::From, "platform") => platform(file, flag, value),
            (Keyword::Healthcheck, name) if is_command(instruction) => match name {
                "interval" | "timeout" | "start-period" | "start-interval" => duration(flag, value),
                "retries" => retries(flag, value),
                _ => None,
            },
            _ => None,
        });
    }
}

/// BuildKit does not look at the flags of HEALTHCHECK NONE.
fn is_command(instruction: &Instruction<'_>) -> bool {
    matches!(&instruction.arguments, Arguments::Health { kind, .. } if kind.text.eq_ignore_ascii_case("cmd"))
}

/// The value as written, or the whole flag where there is none.
fn place(flag: &Flag<'_>) -> Span {
    if flag.value_span.is_empty() { flag.span } else { flag.value_span }
}

fn one_of(flag: &Flag<'_>, value: &str, what: &str, known: &[&'static str]) -> Option<SyntaxError> {
    if known.contains(&value) {
        return None;
    }
    if value.is_empty() {
        return Some(without_value(flag, known.first().unwrap_or(&"")));
    }
    let help = match closest(value, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if value.contains('$') => {
            format!("variables are not replaced here; it is one of {}", known.join(", "))
        }
        None => format!("it is one of {}", known.join(", ")),
    };
    Some(SyntaxError::new(place(flag), format!("`{value}` is not {what}"), help))
}

fn without_value(flag: &Flag<'_>, example: &str) -> SyntaxError {
    let name = &flag.name;
    let help = format!("write `--{name}={example}`, or leave the flag out");
    SyntaxError::new(flag.span, format!("`--{name}` has no value"), help)
}

fn boolean(flag: &Flag<'_>, value: &str) -> Option<SyntaxError> {
    if value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false") {
        return None;
    }
    if value.is_empty() {
        return Some(without_value(flag, "true"));
    }
    let name = &flag.name;
    Some(SyntaxError::new(
        place(flag),
        format!("`--{name}` is `true` or `false`, not `{value}`"),
        format!(
            "write `--{name}`, `--{name}=true` or `--{name}=false`; variables are not replaced here"
        ),
    ))
}

fn duration(flag: &Flag<'_>, value: &str) -> Option<SyntaxError> {
    let message = match duration::fault(value)? {
        DurationFault::NoUnit => format!("the duration `{value}` has no unit"),
        DurationFault::UnknownUnit => {
            format!("the duration `{value}` has a unit that is not known")
        }
        DurationFault::TooShort => format!("the duration `{value}` is shorter than a millisecond"),
        DurationFault::Malformed => format!("`{value}` is not a duration"),
    };
    let help = if value.contains('$') {
        "variables are not replaced here; write it out, such as `30s`"
    } else {
        "write numbers with `h`, `m`, `s` or `ms`, such as `30s` or `1m30s`"
    };
    Some(SyntaxError::new(place(flag), message, help))
}

fn retries(flag: &Flag<'_>, value: &str) -> Option<SyntaxError> {
    if value.is_empty() || value.parse::<i32>().is_ok_and(|it| it >= 0) {
        return None;
    }
    let help = if value.contains('$') {
        "variables are not replaced here; write the number, such as `--retries=3`"
    } else {
        "write a number from 0 on, such as `--retries=3`"
    };
    Some(SyntaxError::new(place(flag), format!("`{value}` is not a number of retries"), help))
}

/// A mode that begins as a number must be an octal one; letters are left to the builder, whose versions differ.
fn mode(file: &File<'_>, flag: &Flag<'_>, value: &str) -> Option<SyntaxError> {
    let value = literal(value, file.escape)?;
    let is_number = value.starts_with(|it: char| it.is_ascii_digit());
    if !is_number || u32::from_str_radix(&value, 8).is_ok_and(|it| it <= 0o7777) {
        return None;
    }
    Some(SyntaxError::new(
        place(flag),
        format!("`{value}` is not a file mode"),
        "write an octal number up to 7777, such as `--chmod=755`",
    ))
}

/// `os[/architecture[/variant]]`, each of letters, digits, `_` and `-`.
fn platform(file: &File<'_>, flag: &Flag<'_>, value: &str) -> Option<SyntaxError> {
    let value = literal(value, file.escape)?;
    let is_plain = |it: &str| {
        let name = it.split('(').next().unwrap_or(it);
        !name.is_empty()
            && name.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-'))
    };
    let n_parts = value.split('/').count();
    if value.is_empty() || n_parts <= 3 && value.split('/').all(is_plain) {
        return None;
    }
    Some(SyntaxError::new(
        place(flag),
        format!("`{value}` is not a platform"),
        "write the system and the architecture, such as `linux/amd64`",
    ))
}
