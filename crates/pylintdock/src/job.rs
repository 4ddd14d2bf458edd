//! The Dockerfiles of one run, each with its configuration.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use linter::Date;
use project::{Configuration, Configurations, Discovery, Dockerfile, NamedBuild, Problem};

use crate::arguments::Check;
use crate::output::ErrorOutput;
use crate::scope::Scope;

/// One Dockerfile to look at.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) file: Dockerfile,
    pub(crate) configuration: Arc<Configuration>,
    /// Whether the text comes from standard input.
    pub(crate) is_standard_input: bool,
    /// Whether the path is only a name for standard input that nobody gave.
    pub(crate) is_nameless: bool,
    /// How a Compose or Bake file says that it is built.
    pub(crate) build: Option<NamedBuild>,
}

impl Job {
    /// The stage that is shipped: what the command line says, else what the file that names the build says.
    pub(crate) fn target<'a>(&'a self, options: &'a Check) -> Option<&'a str> {
        let named = || self.build.as_ref().and_then(|it| it.target.as_deref());
        options.target.as_deref().or_else(named)
    }

    /// One job for each image that a Compose or Bake file builds of it.
    pub(crate) fn each_image(&self) -> Vec<Job> {
        let Some(build) = &self.build else { return vec![self.clone()] };
        let images = std::iter::once(build).chain(&build.others);
        let image = |it: &NamedBuild| NamedBuild { others: Vec::new(), ..it.clone() };
        images.map(|it| Job { build: Some(image(it)), ..self.clone() }).collect()
    }

    /// Values of ARG that the builder is given.
    pub(crate) fn arguments(&self) -> &[(String, Option<String>)] {
        self.build.as_ref().map_or(&[], |it| &it.arguments)
    }

    /// Names of contexts that the builder is given beside its own.
    pub(crate) fn contexts(&self) -> &[String] {
        self.build.as_ref().map_or(&[], |it| &it.contexts)
    }
}

impl Job {
    /// Whether the rule of this name looks at the file; also true of a name that no rule has any more.
    pub(crate) fn has_run(&self, name: &str) -> bool {
        let rule = rules::ALL.iter().find(|it| it.name == name);
        let settings = self.configuration.settings(&self.file);
        rule.is_none_or(|it| settings.is_on(it))
    }
}

/// What all jobs have in common.
pub(crate) struct Plan<'a> {
    pub(crate) options: &'a Check,
    pub(crate) today: Date,
    /// The context that `--context` names.
    pub(crate) context: Option<PathBuf>,
    pub(crate) jobs: Vec<Job>,
    /// Which of their findings count.
    pub(crate) scope: Scope,
    /// The real paths of what was named, for writing through symbolic links.
    pub(crate) given: Vec<PathBuf>,
    /// Whether something could not be read already.
    pub(crate) has_problem: bool,
    /// Whether the configuration leaves standard input out.
    pub(crate) is_left_out: bool,
}

/// Whether a Dockerfile is not looked at: a search passes over what is excluded, and what is named is only left out where
/// the command line or the configuration says so.
pub(crate) fn leaves_out(
    options: &Check,
    file: &Dockerfile,
    configuration: &Configuration,
) -> bool {
    let is_forced = || options.force_exclude || configuration.force_exclude().0;
    (!file.is_named || is_forced()) && configuration.excludes(file)
}

impl<'a> Plan<'a> {
    /// Reads the command line, finds files and their configurations; problems with single files are printed.
    ///
    /// # Errors
    /// What makes the whole run impossible.
    pub(crate) fn new(options: &'a Check, errors: &mut ErrorOutput) -> Result<Plan<'a>, Problem> {
        let Check { config, select, ignore, .. } = options;
        let mut configurations =
            Configurations::new(rules::ALL, config.as_deref(), select, ignore)?;
        let mut plan = Plan {
            options,
            today: options.today.unwrap_or_else(project::today),
            context: options.context.as_deref().map(directory).transpose()?,
            jobs: Vec::new(),
            scope: Scope::default(),
            given: Vec::new(),
            has_problem: false,
            is_left_out: false,
        };
        if options.paths.iter().any(|it| it.as_os_str() == "-") {
            plan.standard_input(&mut configurations)?;
        } else if options.stdin_filename.is_some() {
            let text = "--stdin-filename needs `-` for standard input as the path";
            return Err(Problem::new("", text));
        } else {
            plan.search(&mut configurations, errors);
        }
        plan.scope = Scope::new(options, &plan.jobs)?;
        Ok(plan)
    }

    fn standard_input(&mut self, configurations: &mut Configurations<'_>) -> Result<(), Problem> {
        if self.options.paths.len() > 1 {
            return Err(Problem::new("", "`-` for standard input must be the only path"));
        }
        let name = self.options.stdin_filename.as_deref();
        let mut file = project::named(name.unwrap_or(Path::new("Dockerfile")));
        if name.is_none() {
            file.shown = "-".to_owned();
        }
        let configuration = configurations.nearest(&file.directory)?;
        let is_nameless = name.is_none();
        if !is_nameless && leaves_out(self.options, &file, &configuration) {
            self.is_left_out = true;
            return Ok(());
        }
        self.jobs.push(Job {
            file,
            configuration,
            is_standard_input: true,
            is_nameless,
            build: None,
        });
        Ok(())
    }

    fn search(&mut self, configurations: &mut Configurations<'_>, errors: &mut ErrorOutput) {
        let (named, paths): (Vec<PathBuf>, Vec<PathBuf>) =
            self.options.paths.iter().cloned().partition(|it| project::names_builds(it));
        let mut found = project::discover(&paths);
        let mut builds: Vec<Option<NamedBuild>> = found.files.iter().map(|_| None).collect();
        for path in named {
            self.named_builds(&path, &mut found, &mut builds, errors);
        }
        self.given.extend(paths.iter().filter_map(|it| given(it)));
        for problem in &found.problems {
            errors.error(problem);
            self.has_problem = true;
        }
        for directory in &found.empty {
            errors.error(format_args!(
                "no Dockerfile found in `{directory}`; looked for Dockerfile, Dockerfile.*, *.Dockerfile, \
                 *.dockerfile, Containerfile and Containerfile.*; name a file to check it whatever it is called"
            ));
            self.has_problem = true;
        }
        let mut said: Vec<String> = Vec::new();
        let n_found = found.files.len();
        for (file, build) in found.files.into_iter().zip(builds) {
            let configuration = match configurations.nearest(&file.directory) {
                Ok(configuration) => configuration,
                Err(problem) => {
                    self.has_problem = true;
                    // Once, however many Dockerfiles it holds for.
                    if !said.contains(&problem.path) {
                        errors.error(&problem);
                        said.push(problem.path);
                    }
                    continue;
                }
            };
            if !leaves_out(self.options, &file, &configuration) {
                self.jobs.push(Job {
                    file,
                    configuration,
                    is_standard_input: false,
                    is_nameless: false,
                    build,
                });
            }
        }
        if self.jobs.is_empty() && n_found > 0 && !self.has_problem {
            errors.warning("every Dockerfile that was found is excluded by the configuration");
        }
    }
}

impl Plan<'_> {
    /// Adds the Dockerfiles that a Compose or Bake file names.
    fn named_builds(
        &mut self,
        path: &Path,
        found: &mut Discovery,
        builds: &mut Vec<Option<NamedBuild>>,
        errors: &mut ErrorOutput,
    ) {
        let read = match project::builds(path) {
            Ok(read) => read,
            Err(problem) => return found.problems.push(problem),
        };
        for left_out in &read.left_out {
            match left_out.is_wrong {
                true => {
                    self.has_problem = true;
                    errors.error(left_out);
                }
                false => errors.warning(left_out),
            }
        }
        for mut build in read.builds {
            let one = project::discover(std::slice::from_ref(&build.dockerfile));
            let name = &build.name;
            found.problems.extend(one.problems.into_iter().map(|it| {
                Problem::new(it.path, format!("{}: `{name}`: {}", path.display(), it.sentence))
            }));
            // Its own directory is a context too, when the one that is named is not there.
            build.context = build.context.canonicalize().unwrap_or(build.context);
            for file in one.files {
                self.given.push(file.directory.to_path_buf());
                // One that a directory or another of these files leads to as well is checked once, for all of its images;
                // another context may have other files, and is checked apart.
                let is_same = |(it, other): (&Dockerfile, &Option<NamedBuild>)| {
                    it.file == file.file
                        && other.as_ref().is_none_or(|it| it.context == build.context)
                };
                let known = found.files.iter().zip(builds.iter()).position(is_same);
                match known.and_then(|it| builds.get_mut(it)) {
                    Some(Some(first)) => {
                        first.others.push(build.clone());
                        let others =
                            first.others.last_mut().map(|it| std::mem::take(&mut it.others));
                        first.others.extend(others.unwrap_or_default());
                    }
                    Some(none) => *none = Some(build.clone()),
                    None => {
                        found.files.push(file);
                        builds.push(Some(build.clone()));
                    }
                }
            }
        }
    }
}

/// The real path of what was named; of a file that is a symbolic link, the link.
fn given(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return path.canonicalize().ok();
    }
    let parent = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some(parent.canonicalize().ok()?.join(path.file_name()?))
}

fn directory(path: &Path) -> Result<PathBuf, Problem> {
    let shown = path.display().to_string();
    match path.canonicalize() {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(Problem::new(
            &shown,
            format!(
                "--context `{shown}` is not a directory; name the one that `docker build` is given"
            ),
        )),
        Err(_) => Err(Problem::new(
            &shown,
            format!(
                "--context `{shown}` does not exist; name the directory that `docker build` is given"
            ),
        )),
    }
}
