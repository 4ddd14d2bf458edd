//! Which paths a command removes: `rm`, `find … -delete`, `find … -exec rm`, `rmdir`, `unlink`.

use shell::{Command, Part, Parts, Word};
use syntax::Span;

use crate::argument::fields;
use crate::call::Lookup;

/// A path that a command removes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The path or glob, as the shell sees it. An unknown `$HOME` is given as `~`. `None` when not certain.
    pub path: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// Whether a directory goes with all it holds.
    pub is_recursive: bool,
    /// Whether only some of what is below goes: `find … -name '*.pyc' -delete`.
    pub is_partial: bool,
    /// The patterns of `find`'s `-name`, `-iname`, `-path` and `-regex`.
    pub names: Vec<String>,
}

/// The paths that a command removes, brace lists expanded; `None` if it is no command that removes.
pub fn removed_paths(command: &Command<'_>, lookup: Lookup<'_>) -> Option<Vec<Removed>> {
    let program = command.program()?;
    let is_busybox = program == "busybox";
    let skip = usize::from(is_busybox);
    let program = if is_busybox { command.words.get(1)?.literal()? } else { program };
    let words = command.words.get(skip + 1..)?;
    match program {
        "rm" | "rmdir" | "unlink" | "srm" => Some(by_name(program, words, lookup)),
        "find" => by_search(words, lookup),
        _ => None,
    }
}

fn by_name(program: &str, words: &[Word<'_>], lookup: Lookup<'_>) -> Vec<Removed> {
    let with_home = |name: &str| value_or_home(name, lookup);
    let mut only_operands = false;
    let mut is_recursive = false;
    let mut res = Vec::new();
    for field in fields(words, &with_home) {
        let head = &*field.head;
        if !only_operands && head.starts_with('-') && head.len() > 1 {
            only_operands = head == "--";
            let is_short = !head.starts_with("--");
            is_recursive |= head == "--recursive" || is_short && head.contains(['r', 'R']);
            continue;
        }
        let span = field.word.span;
        let removed = |path| Removed { path, span, is_recursive, is_partial: false, names: vec![] };
        match field.text() {
            Some(text) if may_have_braces(field.word) => {
                res.extend(braces(text).into_iter().map(|it| removed(Some(it))));
            }
            Some(text) => res.push(removed(Some(text.to_owned()))),
            None => res.push(removed(None)),
        }
    }
    // GNU rm takes options behind the operands as well.
    res.iter_mut().for_each(|it| it.is_recursive = is_recursive && program == "rm");
    res
}

/// `find PATH… [tests] -delete`, `-exec rm … {} +`, `-execdir rm`.
fn by_search(words: &[Word<'_>], lookup: Lookup<'_>) -> Option<Vec<Removed>> {
    let with_home = |name: &str| value_or_home(name, lookup);
    let fields = fields(words, &with_home);
    let texts: Vec<&str> = fields.iter().map(|it| it.text().unwrap_or("")).collect();
    let is_expression =
        |it: &&str| it.starts_with('-') && it.len() > 1 || matches!(*it, "(" | "!" | "\\(");
    let is_global = |it: &&str| matches!(*it, "-H" | "-L" | "-P" | "-D" | "-O1" | "-O2" | "-O3");
    let first = texts.iter().take_while(|it| is_global(it)).count();
    let n_paths = texts.iter().skip(first).take_while(|it| !is_expression(it)).count();
    let expression = texts.get(first + n_paths..).unwrap_or(&[]);
    let removes_by_program = expression.windows(2).any(|it| match it {
        [action, program] => {
            let name = program.rsplit('/').next().unwrap_or(program);
            matches!(*action, "-exec" | "-execdir" | "-ok")
                && matches!(name, "rm" | "rmdir" | "unlink")
        }
        _ => false,
    });
    if !removes_by_program && !expression.contains(&"-delete") {
        return None;
    }
    let mut names = Vec::new();
    let mut is_partial = false;
    let mut rest = expression.iter();
    while let Some(word) = rest.next() {
        match *word {
            "-name" | "-iname" | "-path" | "-ipath" | "-wholename" | "-regex" | "-iregex" => {
                let pattern = rest.next().copied().unwrap_or("");
                is_partial |= !matches!(pattern, "*" | "*.*");
                names.push(pattern.to_owned());
            }
            "-exec" | "-execdir" | "-ok" => {
                while rest.next().is_some_and(|it| !matches!(*it, ";" | "+" | "\\;")) {}
            }
            // Depth and type leave empty directories at most.
            "-type" | "-mindepth" | "-maxdepth" | "-regextype" => {
                let value = rest.next().copied().unwrap_or("");
                let is_shallow = *word == "-maxdepth" && matches!(value, "0");
                is_partial |= *word == "-type" && !value.contains('f') || is_shallow;
            }
            "-delete" | "-print" | "-print0" | "-depth" | "-d" | "-xdev" | "-mount" | "-follow"
            | "-ls" | "-and" | "-a" | "(" | ")" | "\\(" | "\\)" => {}
            _ => is_partial = true,
        }
    }
    let paths = fields.get(first..first + n_paths).unwrap_or(&[]).iter().map(|it| Removed {
        path: it.text().map(str::to_owned),
        span: it.word.span,
        is_recursive: true,
        is_partial,
        names: names.clone(),
    });
    Some(paths.collect())
}

/// Whether removing `removed` empties the directory `cache`: it is that directory, one above it, or all that is in
/// one of these. Understands `~`, `$HOME`, globs and brace lists; `home` is what `~` stands for. A relative path
/// covers nothing.
pub fn covers(removed: &str, cache: &str, home: &str) -> bool {
    match removed.contains('{') {
        true => braces(removed).iter().any(|it| covers_one(it, cache, home)),
        false => covers_one(removed, cache, home),
    }
}

fn covers_one(removed: &str, cache: &str, home: &str) -> bool {
    let (Some(mut removed), Some(mut cache)) = (components(removed, home), components(cache, home))
    else {
        return false;
    };
    while let Some(component) = removed.next() {
        match cache.next() {
            Some(_) if component == b"**" => return removed.all(is_all),
            Some(name) if matches_glob(component, name) => {}
            Some(_) => return false,
            // Inside the cache: only a pattern for everything empties it.
            None => return is_all(component) && removed.all(is_all),
        }
    }
    true
}

/// The components of an absolute path, with those of `home` in place of `~` or `$HOME`; `None` for a relative path.
fn components<'p>(path: &'p str, home: &'p str) -> Option<impl Iterator<Item = &'p [u8]>> {
    let (start, rest) = match path.as_bytes().first()? {
        b'/' => ("", path),
        _ => ["~root", "~", "${HOME}", "$HOME"].iter().find_map(|prefix| {
            let rest = path.strip_prefix(prefix)?;
            let start = if *prefix == "~root" { "/root" } else { home };
            (rest.is_empty() || rest.starts_with('/')).then_some((start, rest))
        })?,
    };
    // These texts are so short that a plain loop over the bytes is the fastest search.
    let split = |it: &'p str| it.as_bytes().split(|it| *it == b'/');
    let is_name = |it: &&[u8]| !matches!(*it, b"" | b".");
    let is_absolute = start.is_empty() || start.starts_with('/');
    is_absolute.then(|| split(start).chain(split(rest)).filter(is_name))
}

/// Whether a glob below a directory takes (nearly) everything: `*`, `**/*`, `*.*`, `*_*` in apt's lists.
fn is_all(component: &[u8]) -> bool {
    matches!(component, b"*" | b"**" | b"*.*" | b"*_*" | b"*_dists_*")
}

/// Whether a glob of one component matches a name: `*`, `?`, and `[…]` taken as any character.
fn matches_glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while position < name.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                retry = Some((at + 1, position));
                at += 1;
                continue;
            }
            Some(b'?') => 1,
            Some(b'[') => {
                let rest = pattern.get(at + 1..).unwrap_or(&[]);
                rest.iter().position(|it| *it == b']').map_or(0, |it| it + 2)
            }
            Some(letter) if name.get(position) == Some(letter) => 1,
            _ => 0,
        };
        if step > 0 {
            at += step;
            position += 1;
        } else if let Some((again, from)) = retry {
            // The star takes one more character.
            at = again;
            position = from + 1;
            retry = Some((again, from + 1));
        } else {
            return false;
        }
    }
    pattern.get(at..).unwrap_or(&[]).iter().all(|it| *it == b'*')
}

fn value_or_home(name: &str, lookup: Lookup<'_>) -> Option<String> {
    lookup(name).or_else(|| (name == "HOME").then(|| "~".to_owned()))
}

/// Whether a word can hold a brace list that the shell expands: one that is not quoted.
fn may_have_braces(word: &Word<'_>) -> bool {
    match &word.parts {
        Parts::Text(text) => text.contains('{') && text.len() == word.span.len(),
        Parts::Mixed(parts) => parts.iter().any(|it| match it {
            Part::Unknown { text } => text.contains('{'),
            Part::Text { text, is_quoted } => !is_quoted && text.contains('{'),
            Part::Variable { .. } => false,
        }),
    }
}

/// How many paths one brace list may become; beyond, it is kept as written.
const BRACES_LIMIT: usize = 64;

/// `/a/{b,c}` as `/a/b` and `/a/c`; the text itself when it holds no list.
fn braces(text: &str) -> Vec<String> {
    let mut pending = vec![text.to_owned()];
    let mut res = Vec::new();
    while let Some(one) = pending.pop() {
        match first_list(&one) {
            Some((before, choices, after)) if pending.len() + res.len() < BRACES_LIMIT => {
                pending.extend(choices.iter().rev().map(|it| format!("{before}{it}{after}")));
            }
            _ => res.push(one),
        }
    }
    res
}

/// The first `{a,b}` of a text, split at the commas of its own level, and what stands around it.
fn first_list(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = text.find('{').filter(|it| !text.get(..*it).is_some_and(|it| it.ends_with('$')))?;
    let mut depth = 0_usize;
    let mut from = open + 1;
    let mut choices = Vec::new();
    for (position, letter) in text.char_indices().skip_while(|it| it.0 <= open) {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' if choices.is_empty() => return None,
            ',' if depth == 0 => {
                choices.push(text.get(from..position)?);
                from = position + 1;
            }
            '}' => {
                choices.push(text.get(from..position)?);
                return Some((text.get(..open)?, choices, text.get(position + 1..)?));
            }
            _ => {}
        }
    }
    None
}
