//! All that a call installs into a Python environment: what it names, and what the files that it reads name.

use std::cell::RefCell;
use std::rc::Rc;

use context::{Content, IncludeFault, Requirement, normalize_name};
use managers::{Action, Argument, Call, Tool, python};
use rustc_hash::FxHashMap;
use syntax::{Expansion, Span};

use crate::context_file::context_file;
use crate::lock_install::{LockInstall, is_lock, lock_install, named_lock};
use crate::run::{Run, RunCall};
use crate::{Build, Step};

/// What a call installs, as far as it can be read.
#[derive(Debug, Default)]
pub struct Requirements {
    /// Each thing that is asked for, in order.
    pub wanted: Vec<Wanted>,
    /// The lock files that are installed, beside what is in `wanted`.
    pub locks: Vec<LockInstall>,
    /// What could not be read; empty when `wanted` and `locks` are all that is asked for. What the packages of `wanted`
    /// require in turn is never listed.
    pub unread: Vec<Unread>,
    /// Where packages come from.
    pub origin: Origin,
}

/// One thing to install.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The name in the form in which names are compared; empty for a path or URL that does not tell.
    pub name: Rc<str>,
    /// As it was read. Its spans refer to `file`, or to the Dockerfile.
    pub requirement: Rc<Requirement>,
    /// The requirements file in the context; `None` on the command line.
    pub file: Option<Rc<str>>,
    /// The place in the Dockerfile: the operand, or the value of `-r`.
    pub span: Span,
    /// The exact version, from the requirement itself or a constraint.
    pub version: Option<Rc<str>>,
    /// `-e`.
    pub is_editable: bool,
}

/// Something that a call installs and that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Where it is named in the Dockerfile.
    pub span: Span,
    /// What it is, as the subject of a sentence: "`requirements.txt`", "what `uv sync` installs".
    pub what: String,
}

/// Where a call takes packages from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// All index addresses that replace or extend the usual one, from options, files and variables.
    pub indexes: Vec<String>,
    /// `--extra-index-url` is among them.
    pub has_extra_index: bool,
    /// No index is asked.
    pub is_no_index: bool,
    /// Folders or pages of archives are named.
    pub has_find_links: bool,
    /// `--only-binary`: nothing, or some of it, is never compiled.
    pub only_binary: bool,
    /// `--no-binary`: something is always compiled.
    pub no_binary: bool,
}

impl Wanted {
    /// The name with the exact version, where one is asked for.
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{}=={version}", self.name),
            None => self.name.to_string(),
        }
    }
}

impl Requirements {
    /// Whether everything that is asked for is in `wanted`.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }
}

impl Origin {
    /// Whether wheels may come from elsewhere than the usual index or a mirror of it.
    pub fn has_more_wheels(&self) -> bool {
        // Mirrors of the whole index have its name in theirs.
        let is_mirror = |it: &String| it.contains("pypi") || it.contains("mirror");
        self.is_no_index
            || self.has_find_links
            || self.has_extra_index
            || !self.indexes.iter().all(is_mirror)
    }
}

/// What a call of pip, uv, poetry or their kin installs; `None` if it installs nothing into a Python environment.
///
/// Of `uv sync`, `poetry install` and the like the lock file is read where it lies in the context; where it does not, the
/// result says only that it is not complete.
pub fn requirements<'r, 'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    call: &'r RunCall<'f>,
) -> Option<&'r Requirements> {
    call.requirements.get_or_init(|| read_call(build, step, step.run()?, call)).as_ref()
}

fn read_call<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    run: &Run<'f>,
    call: &RunCall<'f>,
) -> Option<Requirements> {
    let it = &call.call;
    let installs = matches!(
        it.action,
        Action::Install
            | Action::Sync
            | Action::Add
            | Action::Wheel
            | Action::Develop
            | Action::InstallTool
            | Action::UpdateEnvironment
    );
    if !installs || it.tool.is_system() || it.tool == Tool::AptMark {
        return None;
    }
    let mut res = Requirements::default();
    let reads = it.tool.is_pip() || matches!(it.tool, Tool::PipTools | Tool::GetPip);
    if !reads {
        if let Some((lock, unread)) = lock_install(build, step, call) {
            return Some(Requirements { locks: vec![lock], unread, ..res });
        }
        let what = format!("what `{}` installs", it.tool.name());
        res.unread.push(Unread { span: it.tool_span, what });
        return Some(res);
    }
    let lookup = |name: &str| value(build, step, run, call, name);
    read_origin(it, &lookup, &mut res.origin);
    if it.may_have_more {
        res.unread.push(Unread { span: it.tool_span, what: "a variable".to_owned() });
    }
    read_operands(it, &mut res);
    let mut limits = Vec::new();
    for (argument, is_constraint) in python::requirement_files(it)
        .map(|it| (it, false))
        .chain(python::constraint_files(it).map(|it| (it, true)))
    {
        if is_lock(argument) && !is_constraint {
            match named_lock(build, step, call, argument) {
                Some(lock) => res.locks.push(lock),
                None => res.unread.push(unread_file(argument)),
            }
            continue;
        }
        let path = argument.text().and_then(|text| context_file(build, step, call, text));
        match path {
            Some(path) => {
                let file = read_file(build, &path, is_constraint);
                add_file(&file, argument.span, &mut res, &mut limits);
            }
            None => res.unread.push(unread_file(argument)),
        }
    }
    for wanted in res.wanted.iter_mut().filter(|it| it.version.is_none()) {
        let limit = limits.iter().find(|it| *it.0 == *wanted.name);
        wanted.version = limit.map(|it| Rc::clone(&it.1));
    }
    Some(res)
}

fn unread_file(argument: &Argument<'_>) -> Unread {
    let what = argument.text().map_or_else(|| "a variable".to_owned(), |it| format!("`{it}`"));
    Unread { span: argument.span, what }
}

/// The value of a variable for a call; empty when it is not set, `None` when not certain.
pub(crate) fn value(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    name: &str,
) -> Option<String> {
    run.set_before(call, name).unwrap_or_else(|| match build.variable(step, name) {
        Expansion::Value(value) => Some(value),
        Expansion::Unset => Some(String::new()),
        Expansion::Unknown => None,
    })
}

fn read_origin(call: &Call<'_>, lookup: &dyn Fn(&str) -> Option<String>, origin: &mut Origin) {
    let text = |it: &managers::Argument<'_>| it.text().unwrap_or("").to_owned();
    origin.indexes.extend(python::index_urls(call).map(text));
    origin.has_extra_index |= call.has("--extra-index-url") || call.has("--index");
    origin.is_no_index |= python::is_no_index(call, lookup);
    origin.has_find_links |= call.has("--find-links");
    origin.only_binary |= call.has("--only-binary");
    origin.no_binary |= call.has("--no-binary");
    let uses_uv = matches!(call.tool, Tool::Uv | Tool::UvPip);
    let is_set = |variables: [&str; 2]| {
        let [of_pip, of_uv] = variables;
        lookup(if uses_uv { of_uv } else { of_pip }).filter(|it| !it.is_empty())
    };
    for (variables, is_extra) in [
        (["PIP_INDEX_URL", "UV_INDEX_URL"], false),
        (["PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL"], true),
        (["PIP_INDEX", "UV_INDEX"], true),
        (["PIP_DEFAULT_INDEX", "UV_DEFAULT_INDEX"], false),
    ] {
        if let Some(value) = is_set(variables) {
            origin.has_extra_index |= is_extra;
            origin.indexes.extend(value.split_whitespace().map(str::to_owned));
        }
    }
    origin.has_find_links |= is_set(["PIP_FIND_LINKS", "UV_FIND_LINKS"]).is_some();
    origin.only_binary |= is_set(["PIP_ONLY_BINARY", "UV_ONLY_BINARY"]).is_some();
    origin.no_binary |= is_set(["PIP_NO_BINARY", "UV_NO_BINARY"]).is_some();
}

fn read_operands(call: &Call<'_>, res: &mut Requirements) {
    let named = python::requirements(call).map(|it| (it.0, false));
    for (argument, is_editable) in named.chain(python::editables(call).map(|it| (it, true))) {
        let start = argument.span.start as usize;
        let read = argument.text().map(|text| match is_editable {
            true => context::parse_editable(text, start),
            false => context::parse_requirement(text, start),
        });
        match read {
            Some(Ok(requirement)) => res.wanted.push(Wanted {
                name: requirement.normalized_name().unwrap_or_default().into(),
                version: requirement.pinned().map(Rc::from),
                requirement: Rc::new(requirement),
                file: None,
                span: argument.span,
                is_editable,
            }),
            Some(Err(_)) | None => {
                let what = argument.text().map_or("a variable".to_owned(), |it| format!("`{it}`"));
                res.unread.push(Unread { span: argument.span, what });
            }
        }
    }
}

/// The requirements files of a build, by their paths and whether they were named as constraints.
pub(crate) type ReadFiles = RefCell<FxHashMap<(String, bool), Rc<ReadFile>>>;

/// What a requirements file and those that it names say, wherever it is named itself.
#[derive(Debug, Default)]
pub(crate) struct ReadFile {
    /// Without their places in the Dockerfile.
    wanted: Vec<Wanted>,
    /// The names of `Unread`.
    unread: Vec<String>,
    origin: Origin,
    /// Names with the versions that constraints give them.
    limits: Vec<(String, Rc<str>)>,
}

/// Takes in what a file says that is named at a place of the Dockerfile.
fn add_file(
    file: &ReadFile,
    span: Span,
    res: &mut Requirements,
    limits: &mut Vec<(String, Rc<str>)>,
) {
    res.wanted.extend(file.wanted.iter().map(|it| Wanted { span, ..it.clone() }));
    res.unread.extend(file.unread.iter().map(|it| Unread { span, what: it.clone() }));
    limits.extend(file.limits.iter().cloned());
    let Origin { indexes, has_extra_index, is_no_index, has_find_links, only_binary, no_binary } =
        &file.origin;
    res.origin.indexes.extend(indexes.iter().cloned());
    res.origin.has_extra_index |= has_extra_index;
    res.origin.is_no_index |= is_no_index;
    res.origin.has_find_links |= has_find_links;
    res.origin.only_binary |= only_binary;
    res.origin.no_binary |= no_binary;
}

fn read_file(build: &Build<'_>, path: &str, is_constraint: bool) -> Rc<ReadFile> {
    let key = (path.to_owned(), is_constraint);
    if let Some(known) = build.requirement_files.borrow().get(&key) {
        return Rc::clone(known);
    }
    let mut res = ReadFile::default();
    let collected = context::collect(build.surroundings.files, path);
    for file in &collected.files {
        let name: Rc<str> = Rc::from(file.path.as_str());
        for line in &file.requirements.lines {
            match &line.content {
                Content::Requirement(it) | Content::Editable(it)
                    if file.is_constraint || is_constraint =>
                {
                    let limit = it.name.as_ref().zip(it.pinned());
                    res.limits
                        .extend(limit.map(|(name, it)| (normalize_name(&name.text), it.into())));
                }
                Content::Requirement(it) | Content::Editable(it) => res.wanted.push(Wanted {
                    name: it.normalized_name().unwrap_or_default().into(),
                    version: it.pinned().map(Rc::from),
                    requirement: Rc::new(it.clone()),
                    file: Some(name.clone()),
                    span: Span::at(0),
                    is_editable: matches!(line.content, Content::Editable(_)),
                }),
                Content::IndexUrl(it) => res.origin.indexes.push(it.text.clone()),
                Content::ExtraIndexUrl(it) => {
                    res.origin.indexes.push(it.text.clone());
                    res.origin.has_extra_index = true;
                }
                Content::NoIndex => res.origin.is_no_index = true,
                Content::FindLinks(_) => res.origin.has_find_links = true,
                Content::OnlyBinary(_) | Content::PreferBinary => res.origin.only_binary = true,
                Content::NoBinary(_) => res.origin.no_binary = true,
                Content::Undetermined | Content::Error => {
                    res.unread.push(format!("line {} of `{name}`", line.number));
                }
                _ => {}
            }
        }
    }
    for problem in collected.problems.iter().filter(|it| it.reason != IncludeFault::Cycle) {
        res.unread.push(format!("`{}`", problem.path));
    }
    let res = Rc::new(res);
    build.requirement_files.borrow_mut().insert(key, Rc::clone(&res));
    res
}

#[cfg(test)]
mod tests {
    use context::MemoryFiles;

    use super::*;
    use crate::Surroundings;

    /// The result of the last call of the last RUN, in one line.
    fn read(dockerfile: &str) -> String {
        let file = syntax::parse(dockerfile);
        let scripts = crate::scripts(&file);
        let files = MemoryFiles::new([
            ("requirements.txt", "numpy==1.26.4\n-r more.txt\n-c limits.txt\n"),
            ("more.txt", "Flask\n-e git+https://example.com/a.git#egg=a\n"),
            ("limits.txt", "flask==3.0.0\nunused==1\n"),
            ("broken.txt", "-r absent.txt\n--extra-index-url https://example.com/simple\n"),
        ]);
        let surroundings = Surroundings { files: &files, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().last().unwrap();
        let Some(call) = run.calls.last() else { return "no call".to_owned() };
        let Some(found) = requirements(&build, step, call) else { return "nothing".to_owned() };
        let mut res: Vec<String> = found.wanted.iter().map(describe).collect();
        res.extend(found.unread.iter().map(|it| format!("?{}", it.what)));
        res.extend(found.origin.indexes.iter().map(|it| format!("@{it}")));
        res.join(" ")
    }

    fn describe(it: &Wanted) -> String {
        let version = it.version.as_deref().unwrap_or("*");
        let file = it.file.as_deref().unwrap_or("-");
        format!("{}={version}:{file}", it.name)
    }

    #[test]
    fn operands_and_files_are_read() {
        let cases = [
            ("RUN pip install Flask 'numpy>=1' x==2", "flask=*:- numpy=*:- x=2:-"),
            (
                "COPY . .\nRUN pip install gunicorn -r requirements.txt",
                "gunicorn=*:- numpy=1.26.4:requirements.txt flask=3.0.0:more.txt a=*:more.txt",
            ),
            ("RUN pip install -r requirements.txt", "?`requirements.txt`"),
            (
                "COPY . .\nRUN pip install -r broken.txt",
                "?`absent.txt` @https://example.com/simple",
            ),
            ("COPY limits.txt /\nRUN pip install -c /limits.txt flask", "flask=3.0.0:-"),
            ("ENV PIP_INDEX_URL=https://e.com\nRUN pip install a", "a=*:- @https://e.com"),
            ("RUN pip install $(cat x)", "?a variable ?a variable"),
            ("RUN pip install .", "=*:-"),
            ("RUN uv sync", "?what `uv` installs"),
            ("RUN pip uninstall x", "nothing"),
            ("RUN apt-get install x", "nothing"),
        ];
        for (text, expected) in cases {
            assert_eq!(read(&format!("FROM python:3.12\n{text}\n")), expected, "{text}");
        }
    }
}
