//! A requirements file together with all that it includes.

use std::sync::Arc;

use syntax::Span;

use crate::Files;
use crate::requirement::Text;
use crate::requirements::{Content, Line, Requirements};
use crate::wildcard::clean;

/// A requirements file and every file that it names with `-r` or `-c`, directly or not.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// The files that could be read, in the order in which pip opens them; the first is the one asked for.
    pub files: Vec<CollectedFile>,
    /// What could not be followed.
    pub problems: Vec<IncludeProblem>,
}

/// One file of a collection.
#[derive(Clone, Debug)]
pub struct CollectedFile {
    /// Its path, relative to the context's root.
    pub path: String,
    /// Its text, which all spans in `requirements` refer to.
    pub text: Arc<str>,
    /// Whether it was named with `-c`: it limits versions and installs nothing.
    pub is_constraint: bool,
    /// What it says.
    pub requirements: Requirements,
}

/// A `-r` or `-c` that leads nowhere, or the file asked for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludeProblem {
    /// The file that names the other, and where; `None` when the file asked for cannot be read.
    pub included_from: Option<(String, Span)>,
    /// The path as pip would open it, relative to the context's root; a URL as it is written.
    pub path: String,
    /// Why it cannot be followed.
    pub reason: IncludeFault,
}

/// Why a file cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IncludeFault {
    /// The context is known, and has no such file.
    Missing,
    /// The file is not readable here: the context is not known or cut off, or it is too large or not text.
    Unreadable,
    /// The path leaves the context, so no `COPY` can bring the file.
    OutsideContext,
    /// It is a URL.
    Remote,
    /// The path has a variable in it.
    Variable,
    /// The file includes itself, maybe through others: pip stops here.
    Cycle,
}

impl Collected {
    /// Every line of every file with the file it stands in.
    pub fn lines(&self) -> impl Iterator<Item = (&CollectedFile, &Line)> {
        self.files.iter().flat_map(|file| file.requirements.lines.iter().map(move |it| (file, it)))
    }

    /// The paths of all files that were read, relative to the context's root, each once.
    pub fn paths(&self) -> Vec<&str> {
        let mut paths: Vec<&str> = self.files.iter().map(|it| it.path.as_str()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }
}

/// Reads the requirements file at `path` (relative to the context's root) and all that it includes.
///
/// A file that is reached twice on different ways is read once; as a requirement and as a constraint it counts as two.
pub fn collect(files: &dyn Files, path: &str) -> Collected {
    let mut res = Collected::default();
    let start = clean(path);
    // Files still to be read, each with the files that lead to it. The last is the next.
    let mut pending = vec![Include { path: start, is_constraint: false, from: None, above: None }];
    let mut opened: Vec<Opened> = Vec::new();
    while let Some(include) = pending.pop() {
        let is_known = |it: &CollectedFile| {
            it.path == include.path && it.is_constraint == include.is_constraint
        };
        let problem = |reason| IncludeProblem {
            included_from: include.from.clone(),
            path: include.path.clone(),
            reason,
        };
        if leads_to_itself(&opened, include.above, &include.path) {
            res.problems.push(problem(IncludeFault::Cycle));
            continue;
        }
        if res.files.iter().any(is_known) {
            continue;
        }
        if include.path == ".."
            || include.path.starts_with(['/'])
            || include.path.starts_with("../")
        {
            res.problems.push(problem(IncludeFault::OutsideContext));
            continue;
        }
        let Some(text) = files.read(&include.path) else {
            let is_known_tree = files.tree().is_some_and(|it| it.is_complete());
            let is_there = files.tree().is_some_and(|it| it.is_file(&include.path));
            let is_missing = is_known_tree && !is_there;
            let reason = if is_missing { IncludeFault::Missing } else { IncludeFault::Unreadable };
            res.problems.push(problem(reason));
            continue;
        };
        let requirements = Requirements::parse(&text);
        let index = opened.len();
        opened.push(Opened { path: include.path.clone(), above: include.above });
        let named = requirements.lines.iter().filter_map(|line| match &line.content {
            Content::Include(target) => Some((line, target, false)),
            Content::Constraint(target) => Some((line, target, true)),
            _ => None,
        });
        let first_new = pending.len();
        for (line, target, is_constraint) in named {
            let from = Some((include.path.clone(), target.span));
            match resolve(&include.path, line, target) {
                Ok(path) => {
                    pending.push(Include { path, is_constraint, from, above: Some(index) });
                }
                Err(reason) => res.problems.push(IncludeProblem {
                    included_from: from,
                    path: target.text.clone(),
                    reason,
                }),
            }
        }
        pending[first_new..].reverse();
        let Include { path, is_constraint, .. } = include;
        res.files.push(CollectedFile { path, text, is_constraint, requirements });
    }
    res
}

struct Include {
    path: String,
    is_constraint: bool,
    from: Option<(String, Span)>,
    /// The index of the including file among the opened ones.
    above: Option<usize>,
}

struct Opened {
    path: String,
    above: Option<usize>,
}

fn leads_to_itself(opened: &[Opened], mut above: Option<usize>, path: &str) -> bool {
    while let Some(file) = above.and_then(|it| opened.get(it)) {
        if file.path == path {
            return true;
        }
        above = file.above;
    }
    false
}

/// The path that a file names, relative to the context's root.
fn resolve(from: &str, line: &Line, target: &Text) -> Result<String, IncludeFault> {
    let scheme = target.text.split_once(':').map_or("", |it| it.0);
    if ["http", "https", "file"].iter().any(|it| it.eq_ignore_ascii_case(scheme)) {
        return Err(IncludeFault::Remote);
    }
    if line.variables.iter().any(|it| target.span.contains(it.span)) {
        return Err(IncludeFault::Variable);
    }
    if target.text.starts_with('/') {
        return Err(IncludeFault::OutsideContext);
    }
    let directory = from.rsplit_once('/').map_or("", |it| it.0);
    Ok(clean(&format!("{}/{}", if directory.is_empty() { "." } else { directory }, target.text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryFiles, NoFiles};

    fn collected(files: &[(&str, &str)], path: &str) -> (Vec<String>, Vec<(String, IncludeFault)>) {
        let collected = collect(&MemoryFiles::new(files.iter().copied()), path);
        let shown = |it: &CollectedFile| {
            format!("{}{}", if it.is_constraint { "-c " } else { "" }, it.path)
        };
        let problems = collected.problems.iter().map(|it| (it.path.clone(), it.reason)).collect();
        (collected.files.iter().map(shown).collect(), problems)
    }

    #[test]
    fn includes_are_followed() {
        let files = [
            ("requirements.txt", "-r requirements/base.txt\n-c constraints.txt\na\n-r dev.txt"),
            ("requirements/base.txt", "-r common.txt\n-r ../dev.txt\nb"),
            ("requirements/common.txt", "c"),
            ("constraints.txt", "c==1"),
            ("dev.txt", "-c constraints.txt\nd"),
        ];
        let (paths, problems) = collected(&files, "./requirements.txt");
        let expected = [
            "requirements.txt",
            "requirements/base.txt",
            "requirements/common.txt",
            "dev.txt",
            "-c constraints.txt",
        ];
        assert_eq!(paths, expected);
        assert_eq!(problems, []);
        let all = collect(&MemoryFiles::new(files), "requirements.txt");
        assert_eq!(all.lines().filter(|it| it.1.requirement().is_some()).count(), 5);
        assert_eq!(all.paths().len(), 5);
    }

    #[test]
    fn what_cannot_be_followed_is_reported() {
        use IncludeFault::*;
        for (text, path, reason) in [
            ("-r none.txt", "a/none.txt", Missing),
            ("-r ../../x.txt", "../x.txt", OutsideContext),
            ("-r /etc/x.txt", "/etc/x.txt", OutsideContext),
            ("-c https://h/c.txt", "https://h/c.txt", Remote),
            ("-r ${ENVIRONMENT}.txt", "${ENVIRONMENT}.txt", Variable),
            ("-r r.txt", "a/r.txt", Cycle),
            ("-r ../a/./r.txt", "a/r.txt", Cycle),
            ("-r b.txt", "a/r.txt", Cycle),
        ] {
            let files = [("a/r.txt", text), ("a/b.txt", "-r r.txt")];
            let (_, problems) = collected(&files, "a/r.txt");
            assert_eq!(problems, [(path.to_owned(), reason)], "{text}");
        }
        assert_eq!(collect(&NoFiles, "r.txt").problems[0].reason, Unreadable);
        assert_eq!(collected(&[], "r.txt").1, [("r.txt".to_owned(), Missing)]);
    }

    #[test]
    fn a_problem_knows_where_it_is_named() {
        let text = "a\n--requirement=none.txt # why\n";
        let all = collect(&MemoryFiles::new([("r.txt", text)]), "r.txt");
        let (path, span) = all.problems[0].included_from.clone().unwrap();
        assert_eq!((path.as_str(), span.of(text)), ("r.txt", "none.txt"));
    }
}
