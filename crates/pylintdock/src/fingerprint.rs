//! What makes a finding the same finding after lines above it have come or gone.

use std::collections::BTreeMap;

use linter::Diagnostic;

use crate::report::Report;

/// Longer texts are cut: a place may be a whole stage.
const LONGEST_TEXT: usize = 120;

/// The text at the place of a finding, with runs of white space as one space; the text of the line where the place is
/// empty. Not longer than a line of a screen or two.
pub(crate) fn text_of_place(report: &Report<'_>, diagnostic: &Diagnostic) -> String {
    let at_place = one_line(diagnostic.span.of(report.text));
    if !at_place.is_empty() {
        return at_place;
    }
    let line = report.lines.line(diagnostic.span.start);
    let start = report.lines.start(line) as usize;
    one_line(report.text.get(start..).and_then(|it| it.lines().next()).unwrap_or(""))
}

fn one_line(text: &str) -> String {
    let mut res = String::new();
    for word in text.split_whitespace().filter(|it| *it != "\\") {
        if !res.is_empty() {
            res.push(' ');
        }
        res.push_str(word);
        if res.len() > LONGEST_TEXT {
            let cut: String = res.chars().take(LONGEST_TEXT).collect();
            return cut + "…";
        }
    }
    res
}

/// Numbers the findings of one file that have rule and text in common, so that each has a fingerprint of its own.
#[derive(Default)]
pub(crate) struct Fingerprints {
    seen: BTreeMap<(&'static str, String), usize>,
}

impl Fingerprints {
    /// Sixteen hexadecimal digits for the next finding of the file, of its path, rule, text and number.
    pub(crate) fn next(&mut self, report: &Report<'_>, diagnostic: &Diagnostic) -> String {
        let text = text_of_place(report, diagnostic);
        let number = self.seen.entry((diagnostic.rule, text.clone())).or_default();
        *number += 1;
        let path = report.path.replace('\\', "/");
        let parts = [path.as_str(), diagnostic.rule, &text, &number.to_string()];
        format!("{:016x}", hash(parts.join("\0").as_bytes()))
    }
}

/// FNV-1a with 64 bits: short, and the same on every machine and in every release.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_short_and_on_one_line() {
        assert_eq!(one_line(" pip  install \\\n\tx "), "pip install x");
        assert_eq!(one_line(&"é".repeat(200)), "é".repeat(LONGEST_TEXT) + "…");
        assert_eq!(hash(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(hash(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
