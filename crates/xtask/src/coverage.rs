//! How many real Dockerfiles have every requirement decided: a wheel, compiled, built without a compiler or failing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use context::{Files, NoFiles};
use knowledge::wheel::Installation;
use model::installation::planned;
use model::{Build, Surroundings};
use project::{Contexts, infer_context, is_dockerfile};

/// How many names that are not known are printed unless all are asked for.
pub(crate) const MOST_NAMES: usize = 60;

#[derive(Default)]
struct Count {
    /// Files that install Python packages.
    installing: usize,
    /// Those of which each requirement was read and is decided.
    decided: usize,
    /// Those of which all that was read is decided, but a file or lock could not be read.
    unread: usize,
    /// Requirements, and those that are decided.
    requirements: usize,
    decided_requirements: usize,
    /// Names that are not decided, with the number of files.
    names: BTreeMap<String, usize>,
    /// Names of which nothing is known.
    unknown: BTreeMap<String, usize>,
}

/// Reads all Dockerfiles below some folders and says what is known of what they install, and which `most_names` names
/// are not known.
pub(crate) fn print(folders: &[PathBuf], most_names: usize) -> Result<String, String> {
    let mut count = Count::default();
    for folder in folders {
        for file in dockerfiles(folder) {
            let bytes = std::fs::read(&file).map_err(|it| format!("{}: {it}\n", file.display()))?;
            read(&file, folder, &String::from_utf8_lossy(&bytes), &mut count);
        }
    }
    Ok(described(&count, most_names))
}

fn dockerfiles(folder: &Path) -> Vec<PathBuf> {
    let mut res = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(next) = waiting.pop() {
        if next.is_file() {
            res.push(next);
            continue;
        }
        let entries = std::fs::read_dir(&next).into_iter().flatten().flatten();
        for path in entries.map(|it| it.path()) {
            let name = path.file_name().and_then(|it| it.to_str()).unwrap_or("");
            if path.is_dir() || is_dockerfile(name) {
                waiting.push(path);
            }
        }
    }
    res.sort();
    res
}

fn read(path: &Path, outermost: &Path, text: &str, count: &mut Count) {
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let directory = path.parent().unwrap_or(outermost);
    let bare = |files: &dyn Files, name: &str, count: &mut Count| {
        let surroundings = Surroundings { files, dockerfile: name, target: None };
        judge(&Build::new(&file, &scripts, surroundings), count);
    };
    let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
    let expected = model::expected_files(&Build::new(&file, &scripts, surroundings));
    match infer_context(directory, &expected, outermost) {
        Some(root) => {
            let contexts = Contexts::default();
            let name = project::relative_to(path, &root);
            bare(&contexts.at(root), &name, count);
        }
        None => bare(&NoFiles, "Dockerfile", count),
    }
}

fn judge(build: &Build<'_>, count: &mut Count) {
    let all: Vec<_> = build.stages.iter().flat_map(|it| planned(build, it)).collect();
    if all.is_empty() {
        return;
    }
    count.installing += 1;
    let mut names: Vec<&str> = Vec::new();
    let mut is_unread = false;
    for it in &all {
        if it.name.is_empty() {
            is_unread = true;
            continue;
        }
        count.requirements += 1;
        if it.installation == Installation::Unknown {
            names.push(&it.name);
        } else {
            count.decided_requirements += 1;
        }
    }
    names.sort_unstable();
    names.dedup();
    match (names.is_empty(), is_unread) {
        (true, false) => count.decided += 1,
        (true, true) => count.unread += 1,
        _ => {}
    }
    for name in names {
        *count.names.entry(name.to_owned()).or_default() += 1;
        if knowledge::python_package::package(name).is_none() {
            *count.unknown.entry(name.to_owned()).or_default() += 1;
        }
    }
}

fn described(count: &Count, most_names: usize) -> String {
    let mut res = String::new();
    let Count { installing, decided, unread, requirements, decided_requirements, .. } = count;
    let rest = installing - decided - unread;
    let _ = writeln!(res, "{installing} files install Python packages");
    let _ = writeln!(res, "{decided} have every requirement decided");
    let _ = writeln!(
        res,
        "{unread} have all decided that could be read, and a file or lock that could not"
    );
    let _ = writeln!(res, "{rest} have a requirement that is not decided");
    let _ = writeln!(res, "{decided_requirements} of {requirements} requirements are decided");
    for (title, names) in
        [("of which nothing is known", &count.unknown), ("not decided", &count.names)]
    {
        let mut sorted: Vec<(&String, &usize)> = names.iter().collect();
        sorted.sort_by_key(|it| (std::cmp::Reverse(*it.1), it.0));
        let _ = writeln!(res, "\n{} packages {title}, with the number of files:", sorted.len());
        for (name, n_files) in sorted.into_iter().take(most_names) {
            let _ = writeln!(res, "{n_files:5} {name}");
        }
    }
    res
}
