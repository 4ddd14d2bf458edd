//! Finds and reads the configuration that holds for a Dockerfile.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use linter::{Rule, Settings, config};

use crate::discovery::Dockerfile;
use crate::disk::relative_to;
use crate::problem::{Problem, reason, shown};

/// The names that are looked for in each directory, the first that has settings wins.
const NAMES: [&str; 3] = ["pylintdock.toml", ".pylintdock.toml", PYPROJECT];
const PYPROJECT: &str = "pyproject.toml";

/// Settings, and the directory that their patterns are relative to.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Empty when there is no configuration file.
    directory: PathBuf,
    settings: Settings,
}

impl Configuration {
    /// The settings for one Dockerfile.
    pub fn settings(&self, file: &Dockerfile) -> Cow<'_, Settings> {
        self.settings.for_file(&relative_to(&file.file, &self.directory))
    }

    /// The settings for a text that has no place on disk.
    pub fn general(&self) -> &Settings {
        &self.settings
    }

    /// The file of findings that are known, if the configuration names one.
    pub fn baseline(&self) -> Option<PathBuf> {
        self.settings.baseline.as_ref().map(|it| self.directory.join(it))
    }

    /// Whether the Dockerfile, found by a search, is to be left out.
    pub fn excludes(&self, file: &Dockerfile) -> bool {
        self.settings.excludes(&relative_to(&file.file, &self.directory))
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
            default: Arc::new(Configuration { directory: PathBuf::new(), settings }),
            ..Configurations::by_default(rules)
        };
        if let Some(path) = given {
            let text = fs::read_to_string(path)
                .map_err(|it| Problem::reading(&shown(path), reason(&it)))?;
            let directory = match path.parent() {
                Some(it) if !it.as_os_str().is_empty() => it,
                _ => Path::new("."),
            };
            let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
            let without_table =
                || Problem::reading(&shown(path), "it has no table `[tool.pylintdock]`; add one");
            let configuration = res.read(&text, path, &directory)?.ok_or_else(without_table)?;
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
        }
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
            let text = match fs::read_to_string(&path) {
                Ok(text) => text,
                // A directory of that name is none of our business, nor is another tool's unreadable file.
                Err(error) if is_absent(&error) || name == PYPROJECT => continue,
                Err(error) => return Err(Problem::reading(&near(&path), reason(&error))),
            };
            if let Some(found) = self.read(&text, &path, directory)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn read(
        &self,
        text: &str,
        path: &Path,
        directory: &Path,
    ) -> Result<Option<Arc<Configuration>>, Problem> {
        let name = near(path);
        let read = if path.file_name().is_some_and(|it| it == PYPROJECT) {
            config::parse_pyproject(text, &name, self.rules)
        } else {
            config::parse(text, &name, self.rules).map(Some)
        };
        let Some(settings) = read.map_err(|it| Problem::new(&name, it.to_string()))? else {
            return Ok(None);
        };
        let settings = settings
            .with_choice(&self.select, &self.ignore, self.rules)
            .map_err(|it| Problem::new(&name, it.to_string()))?;
        Ok(Some(Arc::new(Configuration { directory: directory.to_path_buf(), settings })))
    }
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
        let mut nearest = |at: usize| configurations.nearest(&files[at].directory);
        assert!(nearest(0).unwrap().excludes(&files[0]));
        assert_eq!(nearest(1).unwrap().directory, root.join("b"));
        assert_eq!(nearest(2).unwrap().directory, root.join("b"));
        let text = nearest(3).unwrap_err().to_string();
        assert!(
            text.ends_with(
                "c/.pylintdock.toml`: unknown key `exclud` on line 2, column 1; did you mean `exclude`?"
            ),
            "{text}"
        );
        let given = root.join("pylintdock.toml");
        let mut configurations = Configurations::new(&[], Some(&given), &[], &[]).unwrap();
        assert_eq!(configurations.nearest(&root.join("c")).unwrap().directory, root);
        let error = Configurations::new(&[], Some(&root.join("a/pyproject.toml")), &[], &[]);
        assert!(error.err().unwrap().to_string().contains("no table `[tool.pylintdock]`"));
        let error = Configurations::new(&[], None, &["x".to_owned()], &[]);
        assert!(error.err().unwrap().to_string().starts_with("unknown rule `x`"));
    }
}
