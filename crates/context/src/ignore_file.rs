//! Ignore files: which files of the context Docker never sends to the build.
//!
//! The rules are those of moby/patternmatcher and of the walk that BuildKit's client makes over the context.

use syntax::Span;

use crate::ignore_pattern::{Matcher, compile};
use crate::wildcard::{clean, fault};
use crate::{Files, Tree};

/// An ignore file, read.
#[derive(Clone, Debug, Default)]
pub struct IgnoreFile {
    patterns: Vec<Pattern>,
    errors: Vec<PatternError>,
    has_exceptions: bool,
}

/// One line of an ignore file that names files.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The line in the file, counted from 1.
    pub line: u32,
    /// The pattern as it is written, without the space around it.
    pub span: Span,
    /// Whether it begins with `!`: what it matches is kept.
    pub is_exception: bool,
    /// The pattern as Docker uses it: without the `!`, cleaned and relative to the context's root.
    pub cleaned: String,
    matcher: Matcher,
}

/// A line that Docker cannot use; the build stops at it. The other patterns are still applied here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    /// The line in the file, counted from 1.
    pub line: u32,
    /// The pattern as it is written.
    pub span: Span,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl IgnoreFile {
    /// Reads an ignore file; never fails, see [`IgnoreFile::errors`].
    pub fn parse(text: &str) -> IgnoreFile {
        let mut res = IgnoreFile::default();
        let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        for (index, raw) in text[start..].split_inclusive('\n').enumerate() {
            let line = index as u32 + 1;
            // A `#` after a space begins a pattern, not a comment: only then is the space taken off.
            let written = raw.trim();
            if !raw.starts_with('#') && !written.is_empty() {
                let at = start + (raw.len() - raw.trim_start().len());
                res.add(line, Span::new(at, at + written.len()), written);
            }
            start += raw.len();
        }
        res
    }

    fn add(&mut self, line: u32, span: Span, written: &str) {
        let relative = relative_to_root(written);
        let (is_exception, cleaned) = match relative.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, relative.as_str()),
        };
        let matcher = if is_exception && cleaned.is_empty() {
            Err("`!` names nothing to keep; write a path behind it or remove the line".to_owned())
        } else {
            fault(cleaned).map_or_else(|| compile(cleaned), |message| Err(message.to_owned()))
        };
        match matcher {
            Ok(matcher) => {
                let cleaned = cleaned.to_owned();
                self.has_exceptions |= is_exception;
                self.patterns.push(Pattern { line, span, is_exception, cleaned, matcher });
            }
            Err(message) => self.errors.push(PatternError { line, span, message }),
        }
    }

    /// The patterns, in the order of the file.
    pub fn patterns(&self) -> &[Pattern] {
        &self.patterns
    }

    /// The lines that stop the build.
    pub fn errors(&self) -> &[PatternError] {
        &self.errors
    }

    /// Whether the file at `path` (relative to the context's root) stays out of the build.
    pub fn excludes(&self, path: &str) -> bool {
        self.matched_by(path).is_some_and(|it| !it.is_exception)
    }

    /// The pattern that decides about `path`: an exception keeps it, any other leaves it out. `None` when no
    /// pattern matches, so that it is kept.
    pub fn matched_by(&self, path: &str) -> Option<&Pattern> {
        let path = path.strip_prefix("./").unwrap_or(path).trim_matches('/');
        let mut walk = Walk::new(self);
        walk.enter_parents(path);
        walk.decide(path).0.and_then(|it| self.patterns.get(it))
    }

    /// The files of `tree` that Docker sends to the build, with their sizes in bytes.
    pub fn kept<'a>(&'a self, tree: &'a Tree) -> impl Iterator<Item = (&'a str, u64)> {
        let mut walk = Walk::new(self);
        tree.files().filter(move |(path, _)| {
            walk.enter_parents(path);
            !walk.is_excluded(path)
        })
    }

    /// The ignore file that holds for `dockerfile` (a path relative to the context's root), and its path.
    ///
    /// `<Dockerfile>.dockerignore` beside the Dockerfile wins over `.dockerignore` at the context's root; the
    /// two are never joined.
    pub fn find(files: &dyn Files, dockerfile: &str) -> Option<(String, IgnoreFile)> {
        let own = format!("{dockerfile}.dockerignore");
        [own, ".dockerignore".to_owned()].into_iter().find_map(|path| {
            let text = files.read(&path)?;
            Some((path, IgnoreFile::parse(&text)))
        })
    }
}

/// A trimmed line as Docker rewrites it: cleaned, without a leading `/`, the `!` in front.
///
/// Docker cleans twice, once when it reads the file and once when it builds the matcher, and looks for the `!`
/// both times; so `/!a` is an exception, and nothing is left of `!/`.
fn relative_to_root(written: &str) -> String {
    let (mark, body) = match written.strip_prefix('!') {
        Some(rest) => ("!", rest.trim()),
        None => ("", written),
    };
    if body.is_empty() {
        return mark.to_owned();
    }
    let mut relative = clean(body);
    if relative.len() > 1 && relative.starts_with('/') {
        relative.remove(0);
    }
    relative.insert_str(0, mark);
    clean(relative.trim())
}

/// A walk over paths in the order of a tree. It remembers the directories that the last path was in.
///
/// Docker asks each pattern about each directory only once, and not at all while the answer cannot change
/// the outcome. A pattern that was not asked about a directory does not hold for what is below it. So the
/// order of questions is part of the semantics: after `a`, `!a/b`, `a*` the file `a/b` is kept.
struct Walk<'a> {
    file: &'a IgnoreFile,
    directories: Vec<Directory>,
    parent: String,
}

struct Directory {
    /// Length of the directory's path without the `/` behind it.
    length: usize,
    /// For each pattern, whether it holds for the directory.
    matched: Vec<bool>,
    is_excluded: bool,
}

impl<'a> Walk<'a> {
    fn new(file: &'a IgnoreFile) -> Walk<'a> {
        Walk { file, directories: Vec::new(), parent: String::new() }
    }

    /// Makes the directories above `path` the current ones.
    fn enter_parents(&mut self, path: &str) {
        let parent = path.rsplit_once('/').map_or("", |it| it.0);
        if parent == self.parent {
            return;
        }
        let is_shared = |length: usize| {
            let is_same = parent.get(..length) == self.parent.get(..length);
            is_same && matches!(parent.as_bytes().get(length), None | Some(b'/'))
        };
        let n_shared = self.directories.iter().take_while(|it| is_shared(it.length)).count();
        self.directories.truncate(n_shared);
        let known = self.directories.last().map_or(0, |it| it.length + 1);
        let ends = parent.match_indices('/').map(|it| it.0).chain([parent.len()]);
        for length in ends.filter(|it| *it >= known && *it > 0) {
            let Some(path) = parent.get(..length) else { continue };
            let mut matched = vec![false; self.file.patterns.len()];
            let is_excluded = self.ask(path, Some(&mut matched)).1;
            self.directories.push(Directory { length, matched, is_excluded });
        }
        self.parent.clear();
        self.parent.push_str(parent);
    }

    fn is_excluded(&self, path: &str) -> bool {
        let parent_is_excluded = self.directories.last().is_some_and(|it| it.is_excluded);
        // Without exceptions nothing below an excluded directory comes back.
        (parent_is_excluded && !self.file.has_exceptions) || self.decide(path).1
    }

    /// The index of the deciding pattern, and whether `path` is excluded.
    fn decide(&self, path: &str) -> (Option<usize>, bool) {
        self.ask(path.trim_end_matches('/'), None)
    }

    fn ask(&self, path: &str, mut matched: Option<&mut [bool]>) -> (Option<usize>, bool) {
        let parent = self.directories.last();
        let mut is_excluded = false;
        let mut deciding = None;
        for (index, pattern) in self.file.patterns.iter().enumerate() {
            let holds_for_parent = parent.is_some_and(|it| it.matched.get(index) == Some(&true));
            let can_change = pattern.is_exception == is_excluded;
            let holds = holds_for_parent || (can_change && pattern.matcher.is_match(path));
            if !holds {
                continue;
            }
            if let Some(it) = matched.as_deref_mut().and_then(|it| it.get_mut(index)) {
                *it = true;
            }
            is_excluded = !pattern.is_exception;
            deciding = Some(index);
        }
        (deciding, is_excluded)
    }
}

#[cfg(test)]
mod tests;
