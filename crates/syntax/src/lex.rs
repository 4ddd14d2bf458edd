//! The builder's own word expansion: quotes, escapes and `$variables` in Dockerfile words.
//!
//! This is not the shell's: it is what BuildKit applies to `FROM`, `ENV`, `COPY` and the like, and to find heredocs.

use std::borrow::Cow;
use std::ops::Range;

/// Why a word cannot be expanded; BuildKit refuses the instruction for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LexError {
    /// A quote or a brace is opened and not closed: the character that is missing.
    Unclosed(char),
    /// `${}`, `${:x}` or a modifier that does not exist.
    BadSubstitution,
    /// `${NAME:?message}` of a variable that has no value: the name.
    Required(String),
}

impl std::fmt::Display for LexError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LexError::Unclosed(ch) => write!(f, "a `{ch}` is missing"),
            LexError::BadSubstitution => {
                write!(f, "`${{…}}` is not a substitution that Docker knows")
            }
            LexError::Required(name) => {
                write!(f, "`{name}` has no value here, and `:?` requires one")
            }
        }
    }
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// Its value.
    Value(String),
    /// It has no value: the builder puts nothing there.
    Unset,
    /// It has a value that is not known before the build.
    Unknown,
}

/// The value of a word, variables looked up by `lookup`; `None` when it depends on an unknown one.
pub fn expand<'w>(
    word: &'w str,
    escape: char,
    lookup: &dyn Fn(&str) -> Expansion,
) -> Result<Option<Cow<'w, str>>, LexError> {
    if !word.contains(['$', '\'', '"', escape]) {
        return Ok(Some(Cow::Borrowed(word)));
    }
    let mut lexer = Lexer::new(word, escape, lookup);
    let value = lexer.until(None)?;
    Ok(lexer.is_certain.then_some(Cow::Owned(value)))
}

/// Why the builder cannot expand `word`, whatever its variables are, and the part that is wrong; `None` when it can.
///
/// Without `reads_quotes`, quotes are ordinary characters, as in a heredoc.
pub(crate) fn fault(
    word: &str,
    escape: char,
    reads_quotes: bool,
) -> Option<(LexError, Range<usize>)> {
    if !word.contains(['$', '\'', '"']) {
        return None;
    }
    let lookup = |_: &str| Expansion::Unknown;
    let mut lexer = Lexer { reads_quotes, ..Lexer::new(word, escape, &lookup) };
    let error = lexer.until(None).err()?;
    let start = lexer.opening;
    let rest = &word[start..];
    let length = match error {
        LexError::BadSubstitution => rest.find('}').map(|it| it + 1),
        _ => None,
    };
    Some((error, start..start + length.unwrap_or(rest.len())))
}

/// The word without its quotes and escapes, variables left as written.
pub fn unquote(word: &str, escape: char) -> Result<Cow<'_, str>, LexError> {
    if !word.contains(['$', '\'', '"', escape]) {
        return Ok(Cow::Borrowed(word));
    }
    let lookup = |_: &str| Expansion::Unset;
    let mut lexer = Lexer { keeps_unset: true, ..Lexer::new(word, escape, &lookup) };
    lexer.until(None).map(Cow::Owned)
}

/// Ranges of the words of `line`, quotes kept, as BuildKit splits it to look for heredocs.
pub(crate) fn raw_words(line: &str) -> Result<Vec<Range<usize>>, LexError> {
    let lookup = |_: &str| Expansion::Unset;
    let mut lexer = Lexer { keeps_unset: true, ..Lexer::new(line, '\\', &lookup) };
    let mut words = Vec::new();
    let mut start = None;
    while let Some(ch) = lexer.peek() {
        if ch.is_whitespace() {
            words.extend(start.take().map(|it| it..lexer.at));
            lexer.at += ch.len_utf8();
            continue;
        }
        start.get_or_insert(lexer.at);
        lexer.step(ch, &mut String::new())?;
    }
    words.extend(start.map(|it| it..line.len()));
    Ok(words)
}

/// The variables that a Dockerfile word uses, each with the range from `$` to its end.
pub fn variables(word: &str, escape: char) -> Vec<(&str, Range<usize>)> {
    let mut found = Vec::new();
    let bytes = word.as_bytes();
    let mut at = 0;
    let mut is_single_quoted = false;
    let mut is_double_quoted = false;
    while at < bytes.len() {
        match bytes[at] {
            b'\'' if !is_double_quoted => is_single_quoted = !is_single_quoted,
            b'"' if !is_single_quoted => is_double_quoted = !is_double_quoted,
            byte if char::from(byte) == escape && !is_single_quoted => at += 1,
            b'$' if !is_single_quoted => {
                let has_brace = bytes.get(at + 1) == Some(&b'{');
                let start = at + 1 + usize::from(has_brace);
                let length = name_length(&word[start..]);
                if length > 0 {
                    let end = start + length;
                    let closes = has_brace && bytes.get(end) == Some(&b'}');
                    found.push((&word[start..end], at..end + usize::from(closes)));
                    at = end - 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn name_length(text: &str) -> usize {
    let starts_well = text.starts_with(|it: char| it.is_alphabetic() || it == '_');
    let end = text.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(text.len());
    if starts_well { end } else { 0 }
}

struct Lexer<'w, 'l> {
    text: &'w str,
    at: usize,
    escape: char,
    lookup: &'l dyn Fn(&str) -> Expansion,
    /// No unknown variable was used so far.
    is_certain: bool,
    /// A variable without value stays as written instead of becoming empty.
    keeps_unset: bool,
    /// Quotes hold words together; otherwise they are ordinary characters.
    reads_quotes: bool,
    /// How many substitutions are open.
    depth: usize,
    /// Where the quote or substitution begins that was opened last and is not closed.
    opening: usize,
}

/// More substitutions inside each other than any person writes; deeper ones would exhaust the stack.
const MAX_DEPTH: usize = 100;

impl<'w, 'l> Lexer<'w, 'l> {
    fn new(text: &'w str, escape: char, lookup: &'l dyn Fn(&str) -> Expansion) -> Lexer<'w, 'l> {
        Lexer {
            text,
            at: 0,
            escape,
            lookup,
            is_certain: true,
            keeps_unset: false,
            reads_quotes: true,
            depth: 0,
            opening: 0,
        }
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let ch = self.peek()?;
        self.at += ch.len_utf8();
        Some(ch)
    }

    /// Expands up to `stop`, which is consumed, or to the end without one.
    fn until(&mut self, stop: Option<char>) -> Result<String, LexError> {
        let opening = self.opening;
        let mut out = String::new();
        while let Some(ch) = self.peek() {
            if Some(ch) == stop {
                self.at += ch.len_utf8();
                return Ok(out);
            }
            self.step(ch, &mut out)?;
        }
        let Some(ch) = stop else { return Ok(out) };
        self.opening = opening;
        Err(LexError::Unclosed(ch))
    }

    fn step(&mut self, ch: char, out: &mut String) -> Result<(), LexError> {
        match ch {
            '$' => self.dollar(out),
            '\'' if self.reads_quotes => {
                self.opening = self.at;
                self.at += 1;
                let rest = &self.text[self.at..];
                let end = rest.find('\'').ok_or(LexError::Unclosed('\''))?;
                out.push_str(&rest[..end]);
                self.at += end + 1;
                Ok(())
            }
            '"' if self.reads_quotes => self.double_quoted(out),
            _ => {
                self.at += ch.len_utf8();
                if ch == self.escape {
                    out.extend(self.next());
                } else {
                    out.push(ch);
                }
                Ok(())
            }
        }
    }

    fn double_quoted(&mut self, out: &mut String) -> Result<(), LexError> {
        let start = self.at;
        self.at += 1;
        loop {
            let Some(ch) = self.peek() else {
                self.opening = start;
                return Err(LexError::Unclosed('"'));
            };
            match ch {
                '"' => {
                    self.at += 1;
                    return Ok(());
                }
                '$' => self.dollar(out)?,
                ch => {
                    self.at += ch.len_utf8();
                    let escaped =
                        self.peek().filter(|it| matches!(it, '"' | '$') || *it == self.escape);
                    match escaped {
                        Some(next) if ch == self.escape => {
                            self.at += next.len_utf8();
                            out.push(next);
                        }
                        _ => out.push(ch),
                    }
                }
            }
        }
    }

    fn name(&mut self) -> &str {
        let rest = &self.text[self.at..];
        let length = match rest.chars().next() {
            Some(ch) if ch.is_numeric() => {
                rest.find(|it: char| !it.is_numeric()).unwrap_or(rest.len())
            }
            Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => 1,
            _ => rest.find(|it: char| !it.is_alphanumeric() && it != '_').unwrap_or(rest.len()),
        };
        let name = &self.text[self.at..self.at + length];
        self.at += length;
        name
    }

    fn dollar(&mut self, out: &mut String) -> Result<(), LexError> {
        let start = self.at;
        self.at += 1;
        if self.peek() != Some('{') {
            let name = self.name().to_owned();
            match (self.lookup)(&name) {
                _ if name.is_empty() => out.push('$'),
                Expansion::Value(value) => out.push_str(&value),
                Expansion::Unset if self.keeps_unset => out.push_str(&self.text[start..self.at]),
                Expansion::Unset => {}
                Expansion::Unknown => self.is_certain = false,
            }
            return Ok(());
        }
        self.at += 1;
        self.opening = start;
        match self.peek() {
            None => return Err(LexError::Unclosed('}')),
            Some('{' | '}' | ':') => return Err(LexError::BadSubstitution),
            Some(_) => {}
        }
        let name = self.name().to_owned();
        let known = (self.lookup)(&name);
        let mut modifier = self.next();
        let null_is_unset = modifier == Some(':');
        if null_is_unset {
            modifier = self.next();
        }
        let value = match &known {
            Expansion::Value(value) if !(null_is_unset && value.is_empty()) => Some(value.clone()),
            _ => None,
        };
        match modifier {
            Some('}') if !null_is_unset => {
                self.is_certain &= known != Expansion::Unknown;
                out.push_str(&value.unwrap_or_default());
            }
            Some(kind @ ('-' | '+' | '?')) => {
                let was_certain = self.is_certain;
                let word = self.closing_word()?;
                self.opening = start;
                match (kind, value) {
                    _ if known == Expansion::Unknown => self.is_certain = false,
                    ('-', None) => out.push_str(&word),
                    ('+', None) => self.is_certain = was_certain,
                    ('+', Some(_)) => out.push_str(&word),
                    ('?', None) if !self.keeps_unset => return Err(LexError::Required(name)),
                    (_, value) => {
                        self.is_certain = was_certain;
                        out.push_str(&value.unwrap_or_default());
                    }
                }
            }
            Some('#' | '%') if !null_is_unset => {
                self.closing_word()?;
                self.is_certain = false;
            }
            Some('/') if !null_is_unset => {
                if self.peek() == Some('/') {
                    self.at += 1;
                }
                self.until(Some('/'))?;
                self.closing_word()?;
                self.is_certain = false;
            }
            None => return Err(LexError::Unclosed('}')),
            Some(_) => return Err(LexError::BadSubstitution),
        }
        if self.keeps_unset && known == Expansion::Unset {
            // What was written stays, whatever the modifier would have made of it.
            out.push_str(&self.text[start..self.at]);
        }
        Ok(())
    }

    fn closing_word(&mut self) -> Result<String, LexError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(LexError::BadSubstitution);
        }
        let word = self.until(Some('}'));
        self.depth -= 1;
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Expansion {
        match name {
            "A" => Expansion::Value("1".to_owned()),
            "EMPTY" => Expansion::Value(String::new()),
            "LATER" => Expansion::Unknown,
            _ => Expansion::Unset,
        }
    }

    #[test]
    fn words_expand_as_in_buildkit() {
        let cases = [
            ("python:$A", Some("python:1")),
            ("'$A'", Some("$A")),
            ("\"$A\\\"x\\y\"", Some("1\"x\\y")),
            ("\\$A", Some("$A")),
            ("${A}b", Some("1b")),
            ("${B}b", Some("b")),
            ("${B:-x$A}", Some("x1")),
            ("${EMPTY:-x}${EMPTY-y}", Some("x")),
            ("${A:+set}${B:+set}", Some("set")),
            ("$LATER", None),
            ("${LATER:-x}", None),
            ("a$", Some("a$")),
        ];
        for (word, expected) in cases {
            assert_eq!(expand(word, '\\', &lookup), Ok(expected.map(Cow::from)), "{word}");
        }
        assert_eq!(expand("\"a", '\\', &lookup), Err(LexError::Unclosed('"')));
        assert_eq!(expand("${}", '\\', &lookup), Err(LexError::BadSubstitution));
        assert_eq!(expand("${B:?no}", '\\', &lookup), Err(LexError::Required("B".to_owned())));
        assert_eq!(expand("C:`$A`", '`', &lookup), Ok(Some("C:$A".into())));
    }

    #[test]
    fn faults_are_found_whatever_the_values_are() {
        let missing = LexError::Unclosed;
        let cases = [
            ("a\"b", Some((missing('"'), "\"b"))),
            ("\"a\"'b", Some((missing('\''), "'b"))),
            ("a${b", Some((missing('}'), "${b"))),
            ("${a:-${b}", Some((missing('}'), "${a:-${b}"))),
            ("x${t:image}y", Some((LexError::BadSubstitution, "${t:image}"))),
            ("${a}${}", Some((LexError::BadSubstitution, "${}"))),
            ("\"${a:?no}\"", None),
            ("$(date)", None),
            ("\\${t:i}'${t:i}'", None),
        ];
        for (word, expected) in cases {
            let found = fault(word, '\\', true);
            let found = found.map(|it| (it.0, &word[it.1]));
            assert_eq!(found, expected, "{word}");
        }
        assert_eq!(fault("it's \"", '\\', false), None);
        assert_eq!(fault("it's ${x:i}", '\\', false), Some((LexError::BadSubstitution, 5..11)));
    }

    #[test]
    fn variables_are_found_with_their_ranges() {
        let word = "a$B/${C:-x}'$D'\\$E\"$F\"";
        let found: Vec<_> =
            variables(word, '\\').into_iter().map(|it| (it.0, &word[it.1])).collect();
        assert_eq!(found, [("B", "$B"), ("C", "${C"), ("F", "$F")]);
    }

    #[test]
    fn unquoting_leaves_variables() {
        assert_eq!(unquote("\"a b\"'c'\\d$E", '\\'), Ok("a bcd$E".into()));
    }
}
