//! What is wrong in the requirements and lock files that open Dockerfiles install from, as diagnostics on those files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use syntax::Span;
use tower_lsp_server::ls_types::{Diagnostic, DiagnosticSeverity, Range, Uri};

use crate::check::lock;
use crate::documents::Document;
use crate::present::SOURCE;
use crate::state::State;
use crate::text::Text;
use crate::upkeep::Backend;

/// These files are looked at when a Dockerfile has not changed for this long: nobody waits for it while typing.
const QUIET: Duration = Duration::from_millis(250);

/// A fault where the client shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault {
    range: Range,
    text: String,
}

/// By the Dockerfiles that install from them, the faults of files by their paths.
#[derive(Default)]
pub(crate) struct Faults {
    found: BTreeMap<Uri, BTreeMap<PathBuf, Vec<Fault>>>,
}

impl Faults {
    /// Takes in what a Dockerfile leads to; the paths whose faults are other ones now.
    fn replace(&mut self, dockerfile: &Uri, new: BTreeMap<PathBuf, Vec<Fault>>) -> Vec<PathBuf> {
        let touched: BTreeSet<PathBuf> = self
            .found
            .get(dockerfile)
            .into_iter()
            .flatten()
            .chain(&new)
            .map(|it| it.0.clone())
            .collect();
        let before: Vec<Vec<Fault>> = touched.iter().map(|it| self.of(it)).collect();
        match new.is_empty() {
            true => self.found.remove(dockerfile),
            false => self.found.insert(dockerfile.clone(), new),
        };
        let changed =
            touched.into_iter().zip(before).filter(|(path, before)| self.of(path) != *before);
        changed.map(|it| it.0).collect()
    }

    /// The faults of a file, each once.
    fn of(&self, path: &Path) -> Vec<Fault> {
        let mut res: Vec<Fault> = Vec::new();
        for it in self.found.values().filter_map(|it| it.get(path)).flatten() {
            if !res.contains(it) {
                res.push(it.clone());
            }
        }
        res
    }
}

/// Waits until a Dockerfile is left alone, and then publishes what is wrong in the files that it installs from. A
/// Dockerfile that is not open leads to nothing.
pub(crate) async fn settle(state: Arc<State>, dockerfile: Uri) {
    let seen = || (state.document(&dockerfile).map(|it| it.edition), state.surroundings_number());
    let before = seen();
    tokio::time::sleep(QUIET).await;
    if seen() != before {
        return;
    }
    let document = state.document(&dockerfile).filter(|it| it.is_dockerfile);
    let shared = Arc::clone(&state);
    if !state.facilities().watches_files {
        tokio::time::sleep(state.surroundings.rest()).await;
        if seen() != before {
            return;
        }
        let look = move || shared.surroundings.differ_on_disk();
        if tokio::task::spawn_blocking(look).await.unwrap_or(false) {
            // All is checked again, which leads here once more.
            return Backend::new(state).disk_changed().await;
        }
    }
    let shared = Arc::clone(&state);
    let work = move || document.map(|it| find(&shared, &it)).unwrap_or_default();
    let Ok(new) = tokio::task::spawn_blocking(work).await else { return };
    if seen() != before {
        return;
    }
    let changed = lock(&state.faults).replace(&dockerfile, new);
    for path in changed {
        let open = lock(&state.documents).at(&path).map(|it| it.uri.clone());
        let Some(uri) = open.or_else(|| Uri::from_file_path(&path)) else { continue };
        let faults = lock(&state.faults).of(&path);
        let diagnostics = faults.into_iter().map(diagnostic).collect();
        state.publish(uri, diagnostics, None);
    }
}

fn find(state: &State, document: &Document) -> BTreeMap<PathBuf, Vec<Fault>> {
    let mut res: BTreeMap<PathBuf, Vec<Fault>> = BTreeMap::new();
    if !state.surroundings.preferences().enable {
        return res;
    }
    let encoding = state.facilities().encoding;
    state.surroundings.with_input(document, |input, subject, _| {
        let (_, faults) = linter::check_with_inputs(&[], input);
        for fault in faults {
            // Those of a Dockerfile itself would replace its findings.
            if fault.path == input.dockerfile {
                continue;
            }
            let Some(path) = subject.disk().and_then(|it| it.locate(&fault.path)) else { continue };
            let content = subject.files().read(&fault.path).unwrap_or_default();
            let start = content.split_inclusive('\n').take(fault.line.saturating_sub(1));
            let start = start.map(str::len).sum::<usize>();
            let rest = content.get(start..).unwrap_or("");
            let line = rest.lines().next().unwrap_or("").trim_end();
            let indent = line.len() - line.trim_start().len();
            let text = Text::new(content.to_string(), encoding);
            let range = text.range(Span::new(start + indent, start + line.len()));
            res.entry(path).or_default().push(Fault { range, text: fault.text });
        }
    });
    res
}

fn diagnostic(fault: Fault) -> Diagnostic {
    Diagnostic {
        range: fault.range,
        severity: Some(DiagnosticSeverity::WARNING),
        source: Some(SOURCE.to_owned()),
        message: fault.text,
        ..Diagnostic::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_told_again() {
        let mut faults = Faults::default();
        let [one, two]: [Uri; 2] = ["file:///a", "file:///b"].map(|it| it.parse().unwrap());
        let path = PathBuf::from("/requirements.txt");
        let fault = Fault { range: Range::default(), text: "x".to_owned() };
        let new = BTreeMap::from([(path.clone(), vec![fault.clone()])]);
        assert_eq!(faults.replace(&one, new.clone()), std::slice::from_ref(&path));
        assert!(faults.replace(&two, new).is_empty());
        assert!(faults.replace(&one, BTreeMap::new()).is_empty());
        assert_eq!(faults.of(&path), [fault]);
        assert_eq!(faults.replace(&two, BTreeMap::new()), std::slice::from_ref(&path));
        assert!(faults.of(&path).is_empty());
    }
}
