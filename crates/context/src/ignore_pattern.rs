//! One pattern of an ignore file: what Docker makes of it, and which paths it matches.
//!
//! Docker (moby/patternmatcher) compares plain patterns as text and turns all others into a regular expression
//! of Go, which is why some odd spellings mean odd things: `[^a]` matches a `/` too, `\d` is a digit, and `a|b*`
//! is a choice. The same is done here, so that the answer is Docker's. One thing is left out: a repetition
//! count such as `{2}` beside a wildcard is read as the characters it is written with.

/// How a cleaned pattern is compared with a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Matcher {
    /// The path is this text.
    Exact(String),
    /// The path begins with this text: `dir/**`.
    Prefix(String),
    /// The path ends with this text, or is this text without its first `/`: `**/name`.
    Suffix(String),
    /// The path takes one of these choices; there are several only if the pattern has a `|`.
    Choices(Vec<Choice>),
}

/// A part of a pattern between two `|`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Only the first choice is bound to the start of the path, only the last to its end.
    is_bound_to_start: bool,
    is_bound_to_end: bool,
    /// Text that every match begins and ends with: most paths are told apart by it alone.
    prefix: String,
    suffix: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Character(char),
    One(Set),
    Many(Set),
    /// Nothing, or any directories up to and with a `/`.
    AnyDepth,
    Boundary(Boundary),
}

/// A place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Boundary {
    Start,
    End,
    Word,
    NoWord,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Set {
    is_negated: bool,
    ranges: Vec<(char, char)>,
    /// Letters of `\d`, `\W` and their like.
    shorthands: Vec<char>,
}

/// The matcher of a cleaned pattern without its `!`, or what is wrong with it, as prose.
pub(crate) fn compile(pattern: &str) -> Result<Matcher, String> {
    let kind = Kind::of(pattern);
    match kind {
        Kind::Exact => Ok(Matcher::Exact(pattern.to_owned())),
        Kind::Prefix => {
            Ok(Matcher::Prefix(pattern.strip_suffix("**").unwrap_or(pattern).to_owned()))
        }
        Kind::Suffix => Ok(Matcher::Suffix(pattern.get(2..).unwrap_or("").to_owned())),
        Kind::Expression => parse(&expression(pattern)).map(Matcher::Choices),
    }
}

impl Matcher {
    /// Whether this very path matches; what is below a matched directory is the caller's question.
    pub(crate) fn is_match(&self, path: &str) -> bool {
        match self {
            Matcher::Exact(text) => path == text,
            Matcher::Prefix(text) => path.starts_with(text.as_str()),
            Matcher::Suffix(text) => {
                path.ends_with(text.as_str()) || text.strip_prefix('/') == Some(path)
            }
            Matcher::Choices(choices) => choices.iter().any(|it| it.is_match(path)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Exact,
    Prefix,
    Suffix,
    Expression,
}

impl Kind {
    /// A `**` at the very start or end leaves the rest a plain text; everything else needs an expression.
    fn of(pattern: &str) -> Kind {
        let mut kind = Kind::Exact;
        let mut rest = pattern;
        let mut is_first = true;
        while let Some(char) = rest.chars().next() {
            rest = &rest[char.len_utf8()..];
            match char {
                '*' if rest.starts_with('*') => {
                    rest = &rest[1..];
                    rest = rest.strip_prefix('/').unwrap_or(rest);
                    let is_plain_so_far = kind == Kind::Exact;
                    kind = match (is_first, rest.is_empty()) {
                        (true, _) => Kind::Suffix,
                        (false, true) if is_plain_so_far => Kind::Prefix,
                        _ => Kind::Expression,
                    };
                }
                '*' | '?' | '[' | ']' => kind = Kind::Expression,
                '\\' if !rest.is_empty() => {
                    let escaped = rest.chars().next().map_or(0, char::len_utf8);
                    rest = &rest[escaped..];
                    kind = Kind::Expression;
                }
                _ => {}
            }
            is_first = false;
        }
        kind
    }
}

/// The regular expression that Docker writes for a pattern, without the `^` before and the `$` behind.
fn expression(pattern: &str) -> String {
    let mut res = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                res.push_str(if rest.peek().is_none() { ".*" } else { "(.*/)?" });
            }
            '*' => res.push_str("[^/]*"),
            '?' => res.push_str("[^/]"),
            // Docker means to escape `|`, `{` and `}` as well, but its bit mask is too narrow for them.
            '.' | '+' | '(' | ')' | '$' => res.extend(['\\', char]),
            '\\' => res.extend(['\\', rest.next().unwrap_or('\\')]),
            _ => res.push(char),
        }
    }
    res
}

fn parse(expression: &str) -> Result<Vec<Choice>, String> {
    let mut choices = vec![Choice { is_bound_to_start: true, ..Choice::default() }];
    let mut pieces = Vec::new();
    let mut rest = expression;
    while let Some(char) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("(.*/)?") {
            pieces.push(Piece::AnyDepth);
            rest = after;
            continue;
        }
        rest = &rest[char.len_utf8()..];
        let piece = match char {
            '|' => {
                choices
                    .last_mut()
                    .into_iter()
                    .for_each(|it| it.pieces = std::mem::take(&mut pieces));
                choices.push(Choice::default());
                continue;
            }
            '^' => Piece::Boundary(Boundary::Start),
            '.' => Piece::One(any_but_newline()),
            '[' => Piece::One(parse_class(&mut rest)?),
            '\\' => parse_escape(&mut rest)?,
            '*' => {
                match pieces.pop() {
                    Some(Piece::One(set)) => pieces.push(Piece::Many(set)),
                    _ => return Err("Docker cannot read this combination of wildcards".to_owned()),
                }
                continue;
            }
            _ => Piece::Character(char),
        };
        pieces.push(piece);
    }
    if let Some(last) = choices.last_mut() {
        last.pieces = pieces;
        last.is_bound_to_end = true;
    }
    for choice in &mut choices {
        choice.take_out_literals();
    }
    Ok(choices)
}

fn any_but_newline() -> Set {
    Set { is_negated: true, ranges: vec![('\n', '\n')], shorthands: Vec::new() }
}

/// What a `\` and the character after it (first of `rest`) mean to Go.
fn parse_escape(rest: &mut &str) -> Result<Piece, String> {
    let Some(char) = rest.chars().next() else { return Ok(Piece::Character('\\')) };
    *rest = &rest[char.len_utf8()..];
    Ok(match char {
        'd' | 'D' | 's' | 'S' | 'w' | 'W' => {
            Piece::One(Set { shorthands: vec![char], ..Set::default() })
        }
        'b' => Piece::Boundary(Boundary::Word),
        'B' => Piece::Boundary(Boundary::NoWord),
        'A' => Piece::Boundary(Boundary::Start),
        'z' => Piece::Boundary(Boundary::End),
        _ => Piece::Character(escaped_character(char)?),
    })
}

fn escaped_character(char: char) -> Result<char, String> {
    match char {
        'a' => Ok('\x07'),
        'f' => Ok('\x0c'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        'v' => Ok('\x0b'),
        _ if char.is_ascii() && !char.is_ascii_alphanumeric() => Ok(char),
        _ => Err(format!(
            "`\\{char}` means nothing to Docker, and the build stops at it; directories are \
             separated by `/`"
        )),
    }
}

/// Reads a class up to its `]`; the `[` is already read.
fn parse_class(rest: &mut &str) -> Result<Set, String> {
    const OPEN: &str = "the `[` has no closing `]`; write `\\[` for a bracket";
    let mut set = Set::default();
    if let Some(after) = rest.strip_prefix('^') {
        set.is_negated = true;
        *rest = after;
    }
    let mut is_first = true;
    loop {
        let Some(char) = rest.chars().next() else { return Err(OPEN.to_owned()) };
        if char == ']' && !is_first {
            *rest = &rest[1..];
            return Ok(set);
        }
        is_first = false;
        if let Some((ranges, after)) = named_class(rest) {
            set.ranges.extend(ranges);
            *rest = after;
            continue;
        }
        *rest = &rest[char.len_utf8()..];
        let lo = match char {
            '\\' => match rest.chars().next() {
                Some(letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W')) => {
                    *rest = &rest[1..];
                    set.shorthands.push(letter);
                    continue;
                }
                _ => class_escape(rest)?,
            },
            _ => char,
        };
        let mut hi = lo;
        if let Some(after) = rest.strip_prefix('-').filter(|it| !it.starts_with(']')) {
            let Some(end) = after.chars().next() else { return Err(OPEN.to_owned()) };
            *rest = &after[end.len_utf8()..];
            hi = if end == '\\' { class_escape(rest)? } else { end };
        }
        if hi < lo {
            return Err(format!("the range `{lo}-{hi}` runs backwards; write `{hi}-{lo}`"));
        }
        set.ranges.push((lo, hi));
    }
}

fn class_escape(rest: &mut &str) -> Result<char, String> {
    let char = rest.chars().next().unwrap_or('\\');
    *rest = rest.get(char.len_utf8()..).unwrap_or("");
    escaped_character(char)
}

/// The ranges of a class such as `[:alpha:]`, and what stands behind it.
fn named_class(text: &str) -> Option<(&'static [(char, char)], &str)> {
    let (name, after) = text.strip_prefix("[:")?.split_once(":]")?;
    let ranges: &[(char, char)] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7f')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1f'), ('\x7f', '\x7f')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some((ranges, after))
}

impl Set {
    fn contains(&self, char: char) -> bool {
        let is_in = self.ranges.iter().any(|(lo, hi)| (*lo..=*hi).contains(&char))
            || self.shorthands.iter().any(|it| match it {
                'd' => char.is_ascii_digit(),
                'D' => !char.is_ascii_digit(),
                's' => matches!(char, '\t' | '\n' | '\x0c' | '\r' | ' '),
                'S' => !matches!(char, '\t' | '\n' | '\x0c' | '\r' | ' '),
                'w' => is_word(char),
                _ => !is_word(char),
            });
        is_in != self.is_negated
    }
}

fn is_word(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

impl Choice {
    fn take_out_literals(&mut self) {
        let literal = |it: &Piece| match it {
            Piece::Character(char) => Some(*char),
            _ => None,
        };
        if self.is_bound_to_start {
            self.prefix = self.pieces.iter().map_while(literal).collect();
        }
        if self.is_bound_to_end {
            let reversed: Vec<char> = self.pieces.iter().rev().map_while(literal).collect();
            self.suffix = reversed.into_iter().rev().collect();
        }
    }

    /// Carries the set of all offsets that can be reached through the pieces, so that time is bounded by
    /// the length of the pattern times the length of the path.
    fn is_match(&self, path: &str) -> bool {
        if !path.starts_with(self.prefix.as_str()) || !path.ends_with(self.suffix.as_str()) {
            return false;
        }
        let mut reached = vec![!self.is_bound_to_start; path.len() + 1];
        reached[0] = true;
        let mut next = vec![false; path.len() + 1];
        for piece in &self.pieces {
            next.fill(false);
            match piece {
                Piece::Character(wanted) => {
                    advance(path, &reached, &mut next, |char| char == *wanted);
                }
                Piece::One(set) => advance(path, &reached, &mut next, |char| set.contains(char)),
                Piece::Many(set) => {
                    let mut is_running = false;
                    for (at, char) in path.char_indices() {
                        is_running |= reached[at];
                        next[at] = is_running;
                        is_running &= set.contains(char);
                    }
                    next[path.len()] = is_running || reached[path.len()];
                }
                Piece::AnyDepth => {
                    next.copy_from_slice(&reached);
                    let mut is_running = false;
                    for (at, byte) in path.bytes().enumerate() {
                        is_running |= reached[at];
                        next[at + 1] |= is_running && byte == b'/';
                        is_running &= byte != b'\n';
                    }
                }
                Piece::Boundary(boundary) => {
                    for (at, is_reached) in reached.iter().enumerate() {
                        next[at] = *is_reached && boundary.is_at(path, at);
                    }
                }
            }
            std::mem::swap(&mut reached, &mut next);
        }
        if self.is_bound_to_end { reached[path.len()] } else { reached.contains(&true) }
    }
}

fn advance(path: &str, reached: &[bool], next: &mut [bool], accepts: impl Fn(char) -> bool) {
    for (at, char) in path.char_indices() {
        if reached[at] && accepts(char) {
            next[at + char.len_utf8()] = true;
        }
    }
}

impl Boundary {
    fn is_at(self, path: &str, at: usize) -> bool {
        let is_word_at = |at: usize| path.as_bytes().get(at).is_some_and(|it| is_word(*it as char));
        let is_between_word_and_other = is_word_at(at) != (at > 0 && is_word_at(at - 1));
        match self {
            Boundary::Start => at == 0,
            Boundary::End => at == path.len(),
            Boundary::Word => is_between_word_and_other,
            Boundary::NoWord => !is_between_word_and_other,
        }
    }
}
