//! Finds and reads the configuration that holds for a Dockerfile.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use linter::{ConfigError, Layer, Origin, Rule, Settings, config};

use crate::discovery::Dockerfile;
use crate::disk::relative_to;
use crate::kept::Stamp;
use crate::problem::{Problem, reason, shown};
use crate::source::read_text;

/// The names that are looked for in each directory, the first that has settings wins.
const NAMES: [&str; 3] = ["pylintdock.toml", ".pylintdock.toml", PYPROJECT];
const PYPROJECT: &str = "pyproject.toml";

/// More than a repository has, and a few megabytes.
const MOST_DIRECTORIES: usize = 4096;

/// Settings, and the files that they come from.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// The file that holds, then the one that it extends, and so on; empty when there is none.
    parts: Vec<Part>,
    settings: Settings,
}

/// One configuration file.
#[derive(Clone, Debug)]
struct Part {
    /// As seen from the working directory.
    name: String,
    /// What its patterns are relative to.
    directory: PathBuf,
    layer: Layer,
}

impl Configuration {
    /// The settings for one Dockerfile.
    pub fn settings(&self, file: &Dockerfile) -> Cow<'_, Settings> {
        let mut ignored = BTreeMap::new();
        for part in self.parts.iter().rev() {
            ignored.extend(part.layer.ignored_in(&relative_to(&file.file, &part.directory)));
        }
        self.settings.without(ignored)
    }

    /// The settings for a text that has no place on disk.
    pub fn general(&self) -> &Settings {
        &self.settings
    }

    /// The file of findings that are known, if the configuration names one, and where it does.
    pub fn baseline(&self) -> Option<(PathBuf, &Origin)> {
        self.parts.iter().find_map(|part| {
            let (path, origin) = part.layer.baseline()?;
            Some((part.directory.join(path), origin))
        })
    }

    /// Whether what a search leaves out is left out when it is named, too, and where that was said.
    pub fn force_exclude(&self) -> (bool, Option<&Origin>) {
        let said = self.parts.iter().find_map(|it| it.layer.force_exclude());
        said.map_or((false, None), |it| (it.0, Some(it.1)))
    }

    /// Whether the Dockerfile is to be left out when a search has found it.
    pub fn excludes(&self, file: &Dockerfile) -> bool {
        let excludes = |it: &Part| it.layer.excludes(&relative_to(&file.file, &it.directory));
        self.parts.iter().any(excludes)
    }

    /// The pattern by which a search leaves the Dockerfile out, with its place.
    pub fn excluding(&self, file: &Dockerfile) -> Option<(&str, &Origin)> {
        self.parts.iter().find_map(|it| it.layer.excluding(&relative_to(&file.file, &it.directory)))
    }

    /// The files that it comes from, as seen from the working directory: each extends the next.
    pub fn files(&self) -> Vec<&str> {
        self.parts.iter().map(|it| it.name.as_str()).collect()
    }
}

/// What a directory's configuration is, or why it cannot be read.
type Loaded = Result<Arc<Configuration>, Problem>;

/// The configurations of one run, each read once.
pub struct Configurations<'r> {
    rules: &'r [&'static Rule],
    select: Vec<String>,
    ignore: Vec<String>,
    /// The one that `--config` names.
    given: Option<Arc<Configuration>>,
    default: Arc<Configuration>,
    cache: BTreeMap<PathBuf, Loaded>,
    /// The files that were looked for, as they were then.
    seen: Mutex<BTreeMap<PathBuf, Option<Stamp>>>,
}

impl<'r> Configurations<'r> {
    /// With what the command line says: a configuration file instead of those found, rules chosen and ignored.
    ///
    /// # Errors
    /// An unknown rule, or a given file that cannot be used.
    pub fn new(
        rules: &'r [&'static Rule],
        given: Option<&Path>,
        select: &[String],
        ignore: &[String],
    ) -> Result<Configurations<'r>, Problem> {
        let settings = Settings::default().with_choice(select, ignore, rules);
        let settings = settings.map_err(|it| Problem::new("", it.to_string()))?;
        let mut res = Configurations {
            select: select.to_vec(),
            ignore: ignore.to_vec(),
            default: Arc::new(Configuration { parts: Vec::new(), settings }),
            ..Configurations::by_default(rules)
        };
        if let Some(path) = given {
            let configuration = res.read(path, None)?.ok_or_else(|| without_table(path))?;
            res.given = Some(configuration);
        }
        Ok(res)
    }

    /// Without any choice: what the files say.
    pub fn by_default(rules: &'r [&'static Rule]) -> Configurations<'r> {
        Configurations {
            rules,
            select: Vec::new(),
            ignore: Vec::new(),
            given: None,
            default: Arc::default(),
            cache: BTreeMap::new(),
            seen: Mutex::default(),
        }
    }

    /// Forgets what was found in directories once they are very many, so that a run over millions of them does not keep
    /// them all; who asks again has it read again.
    pub fn forget_many(&mut self) {
        if self.cache.len() > MOST_DIRECTORIES {
            self.cache.clear();
            self.seen.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Whether a file that was read, or looked for, is another one now.
    pub fn is_outdated(&self) -> bool {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.iter().any(|(path, stamp)| Stamp::of(path) != *stamp)
    }

    fn see(&self, path: &Path) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(path.to_path_buf(), Stamp::of(path));
    }

    /// The configuration for what has no place on disk.
    pub fn anywhere(&self) -> Arc<Configuration> {
        Arc::clone(self.given.as_ref().unwrap_or(&self.default))
    }

    /// The configuration nearest to a directory (absolute), going up.
    ///
    /// # Errors
    /// The nearest file cannot be read or used; the same for every Dockerfile that it holds for.
    pub fn nearest(&mut self, directory: &Path) -> Loaded {
        if let Some(given) = &self.given {
            return Ok(Arc::clone(given));
        }
        if let Some(known) = self.cache.get(directory) {
            return known.clone();
        }
        let found = match self.look_in(directory) {
            Ok(None) => match directory.parent() {
                Some(parent) => self.nearest(parent),
                None => Ok(Arc::clone(&self.default)),
            },
            Ok(Some(found)) => Ok(found),
            Err(problem) => Err(problem),
        };
        self.cache.insert(directory.to_path_buf(), found.clone());
        found
    }

    fn look_in(&self, directory: &Path) -> Result<Option<Arc<Configuration>>, Problem> {
        for name in NAMES {
            let path = directory.join(name);
            self.see(&path);
            let text = match read_text(&path) {
                Ok(text) => text,
                // A directory of that name is none of our business, nor is another tool's unreadable file.
                Err(error) if is_absent(&error) || name == PYPROJECT => continue,
                Err(error) => return Err(Problem::reading(&near(&path), reason(&error))),
            };
            if let Some(found) = self.read(&path, Some(text))? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    /// The configuration of a file, whose text may be known already, and of those that it extends; `None` when it is a
    /// `pyproject.toml` without our table.
    fn read(
        &self,
        path: &Path,
        text: Option<String>,
    ) -> Result<Option<Arc<Configuration>>, Problem> {
        let text = match text {
            Some(text) => text,
            None => {
                self.see(path);
                read(path, &near(path))?
            }
        };
        let Some(first) = self.part(path, &text)? else { return Ok(None) };
        let mut parts = vec![first];
        let mut paths = vec![real(path)];
        while let Some((part, extension)) =
            parts.last().and_then(|it| Some((it, it.layer.extend.as_ref()?)))
        {
            let wrong = |message: String, help: &str| {
                let error = ConfigError {
                    path: part.name.clone(),
                    line: extension.line,
                    column: extension.column,
                    message,
                    help: Some(help.to_owned()),
                };
                Problem::new(&part.name, error.to_string())
            };
            let next = part.directory.join(&extension.path);
            self.see(&next);
            let shown = &extension.path;
            if !next.is_file() {
                return Err(wrong(
                    format!("`extend` names `{shown}`, which is not a file"),
                    "the path is relative to the file that names it",
                ));
            }
            let next = real(&next);
            if paths.contains(&next) {
                let names: Vec<String> = paths.iter().chain([&next]).map(|it| near(it)).collect();
                let circle = names.join("` -> `");
                return Err(wrong(
                    format!("`extend` leads in a circle, `{circle}`"),
                    "take one of these `extend` away",
                ));
            }
            let text = read(&next, &near(&next))?;
            let part = self.part(&next, &text)?.ok_or_else(|| without_table(&next))?;
            parts.push(part);
            paths.push(next);
        }
        let mut settings = Settings::default();
        parts.iter().rev().for_each(|it| settings.add(&it.layer));
        let settings = settings
            .with_choice(&self.select, &self.ignore, self.rules)
            .map_err(|it| Problem::new(near(path), it.to_string()))?;
        Ok(Some(Arc::new(Configuration { parts, settings })))
    }

    /// One file; `None` when it is a `pyproject.toml` without our table.
    fn part(&self, path: &Path, text: &str) -> Result<Option<Part>, Problem> {
        let name = near(path);
        let read = if path.file_name().is_some_and(|it| it == PYPROJECT) {
            config::parse_pyproject(text, &name, self.rules)
        } else {
            config::parse(text, &name, self.rules).map(Some)
        };
        let Some(layer) = read.map_err(|it| Problem::new(&name, it.to_string()))? else {
            return Ok(None);
        };
        let directory = real(path).parent().map(Path::to_owned).unwrap_or_default();
        Ok(Some(Part { name, directory, layer }))
    }
}

fn read(path: &Path, name: &str) -> Result<String, Problem> {
    read_text(path).map_err(|it| Problem::reading(name, reason(&it)))
}

fn without_table(path: &Path) -> Problem {
    Problem::reading(&near(path), "it has no table `[tool.pylintdock]`; add one")
}

/// The path with the symbolic links of its directory followed, so that two spellings of one file are equal; the name
/// stays, since it tells what kind of file it is.
fn real(path: &Path) -> PathBuf {
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let directory = fs::canonicalize(parent).unwrap_or_else(|_| parent.to_owned());
    path.file_name().map_or_else(|| directory.clone(), |it| directory.join(it))
}

fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// A path as seen from the working directory when it is below it.
fn near(path: &Path) -> String {
    let working = std::env::current_dir().and_then(fs::canonicalize).ok();
    shown(working.as_deref().and_then(|it| path.strip_prefix(it).ok()).unwrap_or(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::discover;

    #[test]
    fn the_nearest_configuration_holds() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        for (file, text) in [
            ("pylintdock.toml", "exclude = ['a']\n"),
            ("a/Dockerfile", ""),
            ("a/pyproject.toml", "[project]\nname = 'x'\n"),
            ("b/Dockerfile", ""),
            ("b/pyproject.toml", "[tool.pylintdock]\n"),
            ("b/deep/down/Dockerfile", ""),
            ("c/Dockerfile", ""),
            ("c/.pylintdock.toml", "\nexclud = []\n"),
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        let files = discover(std::slice::from_ref(&root)).files;
        let mut configurations = Configurations::new(&[], None, &[], &[]).unwrap();
        assert!(!configurations.is_outdated());
        let mut nearest = |at: usize| configurations.nearest(&files[at].directory);
        assert!(nearest(0).unwrap().excludes(&files[0]));
        assert_eq!(nearest(1).unwrap().parts[0].directory, root.join("b"));
        assert_eq!(nearest(2).unwrap().parts[0].directory, root.join("b"));
        let text = nearest(3).unwrap_err().to_string();
        assert!(
            text.ends_with(
                "c/.pylintdock.toml`: unknown key `exclud` on line 2, column 1; did you mean `exclude`?"
            ),
            "{text}"
        );
        let given = root.join("pylintdock.toml");
        let mut configurations = Configurations::new(&[], Some(&given), &[], &[]).unwrap();
        assert_eq!(configurations.nearest(&root.join("c")).unwrap().parts[0].directory, root);
        let error = Configurations::new(&[], Some(&root.join("a/pyproject.toml")), &[], &[]);
        assert!(error.err().unwrap().to_string().contains("no table `[tool.pylintdock]`"));
        let error = Configurations::new(&[], Some(Path::new(".")), &[], &[]).err().unwrap();
        assert_eq!(error.to_string(), "cannot read `.`: it is a directory; name a file in it");
        let error = Configurations::new(&[], None, &["x".to_owned()], &[]);
        assert!(error.err().unwrap().to_string().starts_with("unknown rule `x`"));
    }
    #[test]
    fn a_configuration_stands_on_those_that_it_extends() {
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        for (file, text) in [
            ("shared/base.toml", "exclude = ['old/*']\n[per-file-ignores]\n'/b' = ['all']\n"),
            ("shared/pyproject.toml", "[tool.pylintdock]\nextend = 'base.toml'\n"),
            ("pylintdock.toml", "extend = 'shared/pyproject.toml'\nexclude = ['a']\n"),
            ("circle/one.toml", "extend = '../circle/two.toml'\n"),
            ("circle/two.toml", "\nextend = 'one.toml'\n"),
            ("absent/pylintdock.toml", "extend = 'none.toml'\n"),
            ("a/Dockerfile", ""),
            ("old/Dockerfile", ""),
            ("shared/old/Dockerfile", ""),
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        let mut configurations = Configurations::new(&[], None, &[], &[]).unwrap();
        let configuration = configurations.nearest(&root.join("a")).unwrap();
        let files = discover(std::slice::from_ref(&root)).files;
        let excluded = files.iter().map(|it| configuration.excludes(it)).collect::<Vec<bool>>();
        // Patterns with a slash are relative to the file that has them.
        assert_eq!(excluded, [true, false, true]);
        let names = configuration.files();
        assert_eq!(names.len(), 3);
        assert!(names[1].ends_with("shared/pyproject.toml"), "{names:?}");
        let error = |path: &str| {
            let given = root.join(path);
            Configurations::new(&[], Some(&given), &[], &[]).err().unwrap().to_string()
        };
        let text = error("circle/one.toml");
        assert!(text.contains("two.toml`: `extend` leads in a circle, `"), "{text}");
        assert!(text.contains("two.toml` -> `"), "{text}");
        assert!(text.ends_with("on line 2, column 10; take one of these `extend` away"), "{text}");
        let text = error("absent/pylintdock.toml");
        assert!(
            text.contains("`extend` names `none.toml`, which is not a file on line 1"),
            "{text}"
        );
    }
}
