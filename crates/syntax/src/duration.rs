//! Durations as HEALTHCHECK takes them: Go's notation, such as `1m30s`.

/// Why a text is no duration for the builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DurationFault {
    /// A number without a unit, such as `30`.
    NoUnit,
    /// A unit that Go does not know, such as `d`.
    UnknownUnit,
    /// Less than a millisecond, or negative.
    TooShort,
    /// Anything else.
    Malformed,
}

/// What is wrong with a duration for HEALTHCHECK; nothing, if it is empty, zero or at least a millisecond.
pub(crate) fn fault(text: &str) -> Option<DurationFault> {
    if text.is_empty() {
        return None;
    }
    match nanoseconds(text) {
        Ok(it) if it == 0.0 || it >= 1e6 => None,
        Ok(_) => Some(DurationFault::TooShort),
        Err(fault) => Some(fault),
    }
}

/// Every unit with its nanoseconds.
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// Go keeps a duration in a signed 64-bit number of nanoseconds.
const LIMIT: f64 = 9_223_372_036_854_775_807.0;

fn nanoseconds(text: &str) -> Result<f64, DurationFault> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0.0);
    }
    if rest.is_empty() {
        return Err(DurationFault::Malformed);
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let is_number = |it: char| it.is_ascii_digit() || it == '.';
        let end = rest.find(|it| !is_number(it)).unwrap_or(rest.len());
        let (number, behind) = rest.split_at(end);
        // `.5` and `5.` are numbers; `.` and `1.2.3` are not.
        let number: f64 = number.parse().map_err(|_| DurationFault::Malformed)?;
        let end = behind.find(is_number).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(end);
        if unit.is_empty() {
            return Err(DurationFault::NoUnit);
        }
        let Some(scale) = UNITS.iter().find(|it| it.0 == unit) else {
            return Err(DurationFault::UnknownUnit);
        };
        sum += number * scale.1;
        if sum > LIMIT {
            return Err(DurationFault::Malformed);
        }
        rest = behind;
    }
    Ok(sign * sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each was given to BuildKit.
    #[test]
    fn durations_are_read_as_go_reads_them() {
        let accepted = [
            "", "0", "0s", "1ms", "1h30m", "1.5s", ".5s", "5.s", "+5s", "1m30s", "-0s", "1us999us",
        ];
        for text in accepted {
            assert_eq!(fault(text), None, "{text}");
        }
        let refused = [
            ("x", DurationFault::Malformed),
            ("$X", DurationFault::Malformed),
            (".s", DurationFault::Malformed),
            ("1.2.3s", DurationFault::Malformed),
            ("-", DurationFault::Malformed),
            ("9999999999h", DurationFault::Malformed),
            ("1", DurationFault::NoUnit),
            ("1s5", DurationFault::NoUnit),
            ("5S", DurationFault::UnknownUnit),
            ("1d", DurationFault::UnknownUnit),
            ("1 s", DurationFault::UnknownUnit),
            ("1us", DurationFault::TooShort),
            ("-1s", DurationFault::TooShort),
        ];
        for (text, expected) in refused {
            assert_eq!(fault(text), Some(expected), "{text}");
        }
    }
}
