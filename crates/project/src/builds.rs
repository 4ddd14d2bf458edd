//! Files that say what is built from which Dockerfile: Compose and Bake files as a way into a project.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use crate::problem::{Problem, reason, shown};
use crate::source::read_text;
use crate::{bake, compose};

/// Values of ARG, by name; `None` when only the build will know.
pub type BuildArguments = Vec<(String, Option<String>)>;

/// One image that a file says how to build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NamedBuild {
    /// The service or target.
    pub name: String,
    /// The build context.
    pub context: PathBuf,
    /// The Dockerfile.
    pub dockerfile: PathBuf,
    /// The stage that is built; the last one when not said.
    pub target: Option<String>,
    /// Values of ARG.
    pub arguments: BuildArguments,
    /// Names of other contexts, which `FROM` and `COPY --from` may say instead of an image's.
    pub contexts: Vec<String>,
    /// Other images of the same Dockerfile and context, with another stage or other arguments.
    pub others: Vec<NamedBuild>,
}

/// What a Compose or Bake file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Builds {
    /// What can be checked, each Dockerfile with its context once.
    pub builds: Vec<NamedBuild>,
    /// What is left out and why.
    pub left_out: Vec<LeftOut>,
}

/// Something that cannot be checked. Its text has the place in front: `compose.yaml:7: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The file, as a person would name it.
    pub path: String,
    /// From 1; `None` when it is not known.
    pub line: Option<u32>,
    /// What, and why.
    pub sentence: String,
    /// Whether no builder would know either, so that the file is wrong.
    pub is_wrong: bool,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or(String::new(), |it| format!(":{it}"));
        write!(f, "{}{line}: {}", self.path, self.sentence)
    }
}

/// Whether a file that was named says what is built: YAML and HCL are never Dockerfiles.
pub fn names_builds(path: &Path) -> bool {
    let name = path.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    let is_bake = || name.contains("bake") && name.ends_with(".json");
    [".yml", ".yaml", ".hcl"].iter().any(|it| name.ends_with(it)) || is_bake()
}

/// Reads a Compose or Bake file, with those that a Compose file includes and extends. Nothing is taken from the
/// environment: a variable has the value of the `.env` beside a Compose file, or its default, or is not known.
///
/// # Errors
/// The file cannot be read, is not of its format or says nothing of builds.
pub fn builds(path: &Path) -> Result<Builds, Problem> {
    let name = shown(path);
    let text = read_text(path).map_err(|it| Problem::reading(&name, reason(&it)))?;
    let is_compose = path.extension().is_some_and(|it| it == "yml" || it == "yaml");
    let read = if is_compose {
        compose::read(&text, path)
    } else {
        bake::read(&text, path, path.extension().is_some_and(|it| it == "json"))
    };
    let mut res = read.map_err(|it| Problem::reading(&name, it))?;
    merge(&mut res);
    Ok(res)
}

/// One Dockerfile is looked at once in a context; images that are built of it otherwise are told with the first one.
fn merge(found: &mut Builds) {
    let mut res: Vec<NamedBuild> = Vec::new();
    for build in std::mem::take(&mut found.builds) {
        let is_same =
            |it: &&mut NamedBuild| it.dockerfile == build.dockerfile && it.context == build.context;
        let Some(known) = res.iter_mut().find(is_same) else {
            res.push(build);
            continue;
        };
        let is_known = |it: &NamedBuild| {
            (&it.target, &it.arguments, &it.contexts)
                == (&build.target, &build.arguments, &build.contexts)
        };
        if !is_known(known) && !known.others.iter().any(is_known) {
            known.others.push(build);
        }
    }
    found.builds = res;
}

/// A path below a directory, without `.` and, where that is possible, without `..`.
pub(crate) fn joined(directory: &Path, path: &str) -> PathBuf {
    let mut res = PathBuf::new();
    for part in directory.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(res.components().next_back(), Some(Component::Normal(_))) =>
            {
                res.pop();
            }
            part => res.push(part),
        }
    }
    if res.as_os_str().is_empty() { PathBuf::from(".") } else { res }
}

/// Whether a context is no directory of this machine.
pub(crate) fn is_remote(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}
