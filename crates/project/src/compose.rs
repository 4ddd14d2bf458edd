//! Compose files: the Dockerfiles, contexts, stages and arguments that services are built with.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::builds::{BuildArguments, Builds, LeftOut, NamedBuild, is_remote, joined};
use crate::interpolation::{Variables, expanded, variables};
use crate::problem::{reason, shown};
use crate::source::read_text;
use crate::yaml::{line_of, read_yaml};

/// Files and services that lead to each other are followed so far.
const DEEPEST: usize = 32;

/// Reads a Compose file, and those that it includes and extends.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str, path: &Path) -> Result<Builds, String> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let document = Document::new(text.to_owned(), path, directory, &Variables::new())?;
    if document.services().is_none() && document.file.get("include").is_none() {
        return Err("it has no `services`, so that it is no Compose file".to_owned());
    }
    let mut res = Builds::default();
    document.read_into(&mut res, 0);
    if res.builds.is_empty() && res.left_out.is_empty() {
        let sentence = "no service has a `build`, so that there is nothing to check";
        res.left_out.push(document.left_out(&["services"], sentence.to_owned()));
    }
    Ok(res)
}

/// One file.
struct Document {
    path: PathBuf,
    /// What paths are relative to.
    directory: PathBuf,
    text: String,
    file: Value,
    variables: Variables,
}

/// The `build` of a service, as far as it is said in one place.
struct Part {
    options: Map<String, Value>,
    /// What the context is relative to.
    directory: PathBuf,
}

impl Document {
    fn new(
        text: String,
        path: &Path,
        directory: &Path,
        known: &Variables,
    ) -> Result<Document, String> {
        let file = read_yaml(&text)?;
        let environment = read_text(&directory.join(".env")).unwrap_or_default();
        Ok(Document {
            path: path.to_owned(),
            directory: directory.to_owned(),
            text,
            file,
            variables: variables(&environment, known),
        })
    }

    fn services(&self) -> Option<&Map<String, Value>> {
        self.file.get("services")?.as_object()
    }

    /// What could not be followed, at the place of a key.
    fn left_out(&self, keys: &[&str], sentence: String) -> LeftOut {
        let line = line_of(&self.text, keys);
        LeftOut { path: shown(&self.path), line, sentence, is_wrong: false }
    }

    fn wrong(&self, keys: &[&str], sentence: String) -> LeftOut {
        LeftOut { is_wrong: true, ..self.left_out(keys, sentence) }
    }

    fn read_into(&self, res: &mut Builds, depth: usize) {
        match self.file.get("include") {
            Some(Value::Array(entries)) => {
                for entry in entries {
                    if let Err(fault) = self.include(entry, res, depth) {
                        res.left_out.push(fault);
                    }
                }
            }
            None | Some(Value::Null) => {}
            Some(_) => {
                res.left_out.push(self.wrong(&["include"], "`include` is no list".to_owned()));
            }
        }
        for name in self.services().into_iter().flatten().map(|it| it.0) {
            let build = self.part(name, &mut Vec::new());
            let build = build.and_then(|it| it.map(|it| self.named(name, it)).transpose());
            match build {
                Ok(build) => res.builds.extend(build),
                Err(fault) => res.left_out.push(fault),
            }
        }
    }

    /// An entry of `include`: a path, or a mapping with one.
    fn include(&self, entry: &Value, res: &mut Builds, depth: usize) -> Result<(), LeftOut> {
        let options = entry.as_object();
        let path = match entry.get("path").unwrap_or(entry) {
            Value::String(path) => path,
            Value::Array(paths) => match paths.as_slice() {
                [Value::String(path)] => path,
                _ => {
                    let sentence = "an `include` of several files that go over each other is not followed; name them \
                                    one by one";
                    return Err(self.left_out(&["include"], sentence.to_owned()));
                }
            },
            _ => return Err(self.wrong(&["include"], "an `include` has no `path`".to_owned())),
        };
        let path = joined(&self.directory, &self.expanded(path, &["include"])?);
        let directory = options.and_then(|it| it.get("project_directory")?.as_str());
        let directory = match directory {
            Some(directory) => joined(&self.directory, &self.expanded(directory, &["include"])?),
            None => path.parent().unwrap_or(Path::new("")).to_owned(),
        };
        if depth == DEEPEST {
            return Err(self.wrong(&["include"], "`include` leads in a circle".to_owned()));
        }
        let included = self.other(&path, &directory, &["include"])?;
        included.read_into(res, depth + 1);
        Ok(())
    }

    /// Another file that this one names.
    fn other(&self, path: &Path, directory: &Path, keys: &[&str]) -> Result<Document, LeftOut> {
        let wrong = |why: String| self.wrong(keys, format!("cannot read `{}`: {why}", shown(path)));
        let text = read_text(path).map_err(|it| wrong(reason(&it)))?;
        Document::new(text, path, directory, &self.variables).map_err(wrong)
    }

    fn expanded(&self, text: &str, keys: &[&str]) -> Result<String, LeftOut> {
        expanded(text, &self.variables).map_err(|variable| {
            let name = keys.get(1).map_or(String::new(), |it| format!("`{it}` is left out: "));
            let sentence = format!(
                "{name}`{text}` needs the variable `{variable}`, which has neither a default nor a value in `.env`"
            );
            self.left_out(keys, sentence)
        })
    }

    /// What a service is built from, on top of what it extends; `None` when it is not built. `trail` are the services
    /// that extend it.
    fn part(
        &self,
        name: &str,
        trail: &mut Vec<(PathBuf, String)>,
    ) -> Result<Option<Part>, LeftOut> {
        let keys = ["services", name, "extends"];
        let Some(service) = self.services().and_then(|it| it.get(name)) else {
            let known = self.services().into_iter().flatten().map(|it| it.0.as_str());
            let near = syntax::closest(name, known);
            let near = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
            let (path, extending) = trail.last().cloned().unwrap_or_default();
            let sentence = format!("`{extending}` extends `{name}`, which is not there{near}");
            let keys = ["services", &extending, "extends"];
            let is_here = path == self.path;
            return Err(self.wrong(if is_here { &keys } else { &keys[..1] }, sentence));
        };
        let place = (self.path.clone(), name.to_owned());
        if trail.contains(&place) || trail.len() == DEEPEST {
            return Err(self.wrong(&keys, format!("`extends` of `{name}` leads in a circle")));
        }
        trail.push(place);
        let own = match service.get("build") {
            None | Some(Value::Null) => None,
            Some(Value::String(context)) => {
                Some(Map::from_iter([("context".to_owned(), Value::from(context.as_str()))]))
            }
            Some(Value::Object(options)) => Some(options.clone()),
            Some(_) => {
                let sentence = format!(
                    "`{name}` is left out: its `build` is neither a directory nor a mapping"
                );
                return Err(self.wrong(&["services", name, "build"], sentence));
            }
        };
        let own = own.map(|options| Part { options, directory: self.directory.clone() });
        let text = |key: &str| service.get("extends")?.get(key)?.as_str();
        let base = match (service.get("extends"), text("service"), text("file")) {
            (None | Some(Value::Null), ..) => return Ok(own),
            (Some(Value::String(base)), ..) => self.part(base, trail)?,
            (_, Some(base), None) => self.part(base, trail)?,
            (_, Some(base), Some(file)) => {
                let path = joined(&self.directory, &self.expanded(file, &keys)?);
                let directory = path.parent().unwrap_or(Path::new("")).to_owned();
                self.other(&path, &directory, &keys)?.part(base, trail)?
            }
            (_, None, _) => {
                return Err(self.wrong(&keys, format!("`extends` of `{name}` names no `service`")));
            }
        };
        Ok(match (base, own) {
            (Some(base), Some(own)) => Some(base.under(own)),
            (base, own) => own.or(base),
        })
    }

    fn named(&self, name: &str, part: Part) -> Result<NamedBuild, LeftOut> {
        let keys = ["services", name, "build"];
        let options = &part.options;
        if options.contains_key("dockerfile_inline") {
            let sentence = format!(
                "`{name}` is left out: its Dockerfile stands inside of the Compose file, which is not checked"
            );
            return Err(self.left_out(&keys, sentence));
        }
        let text = |key: &str| {
            let text = options.get(key).and_then(Value::as_str);
            text.map(|it| self.expanded(it, &keys)).transpose()
        };
        let context = text("context")?.unwrap_or_else(|| ".".to_owned());
        if is_remote(&context) {
            let sentence =
                format!("`{name}` is left out: its context `{context}` is not on this machine");
            return Err(self.left_out(&keys, sentence));
        }
        let dockerfile = text("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
        let context = joined(&part.directory, &context);
        let contexts = options.get("additional_contexts").map(entries).unwrap_or_default();
        let arguments = options.get("args").map(entries).unwrap_or_default();
        Ok(NamedBuild {
            name: name.to_owned(),
            dockerfile: joined(&context, &dockerfile),
            context,
            target: text("target")?,
            arguments: self.arguments(&arguments),
            contexts: contexts.into_iter().map(|it| it.0).collect(),
            others: Vec::new(),
        })
    }

    /// A name alone gets its value where the build is started, or from `.env`.
    fn arguments(&self, entries: &Map<String, Value>) -> BuildArguments {
        let value = |name: &str, value: &Value| match value {
            Value::String(text) => expanded(text, &self.variables).ok(),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(it) => Some(it.to_string()),
            _ => self.variables.get(name).cloned(),
        };
        entries.iter().map(|it| (it.0.clone(), value(it.0, it.1))).collect()
    }
}

impl Part {
    /// What another one says goes over this one; arguments and contexts are joined.
    fn under(self, over: Part) -> Part {
        let has_context = over.options.contains_key("context");
        let mut options = self.options;
        for (key, value) in over.options {
            let value = match options.get(&key) {
                Some(before) if key == "args" || key == "additional_contexts" => {
                    let mut both = entries(before);
                    both.extend(entries(&value));
                    Value::Object(both)
                }
                _ => value,
            };
            options.insert(key, value);
        }
        Part { options, directory: if has_context { over.directory } else { self.directory } }
    }
}

/// `{NAME: value}` or `[NAME=value, NAME]`.
fn entries(value: &Value) -> Map<String, Value> {
    match value {
        Value::Object(entries) => entries.clone(),
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            let split = texts.map(|it| match it.split_once('=') {
                Some((name, value)) => (name.to_owned(), Value::from(value)),
                None => (it.to_owned(), Value::Null),
            });
            split.collect()
        }
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn build(name: &str, context: &str, dockerfile: &str) -> NamedBuild {
        NamedBuild {
            name: name.to_owned(),
            context: context.into(),
            dockerfile: dockerfile.into(),
            ..NamedBuild::default()
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn told(builds: &Builds) -> Vec<String> {
        let mut res: Vec<String> = builds.left_out.iter().map(LeftOut::to_string).collect();
        res.sort();
        res
    }

    #[test]
    fn services_name_what_they_are_built_from() {
        let text = "\
services:
  web:
    build: .
  api:
    build:
      context: ../api
      dockerfile: docker/api.Dockerfile
      target: ${STAGE:-prod}
      args: {PYTHON: 3.12, TAG: '${TAG}', A: \"$$x\"}
      additional_contexts: [data=../data]
  worker:
    build: {context: './${DIR-w}', args: [A=1, B]}
  database:
    image: postgres
  inline:
    build: {dockerfile_inline: 'FROM a'}
  remote:
    build: https://github.com/a/b.git
  unknown:
    build: {context: $ROOT/x}
";
        let found = read(text, Path::new("deploy/compose.yaml")).unwrap();
        let api = NamedBuild {
            target: some("prod"),
            arguments: vec![
                ("A".to_owned(), some("$x")),
                ("PYTHON".to_owned(), some("3.12")),
                ("TAG".to_owned(), None),
            ],
            contexts: vec!["data".to_owned()],
            ..build("api", "api", "api/docker/api.Dockerfile")
        };
        let mut found_builds = found.builds.clone();
        found_builds.sort_by(|a, b| a.name.cmp(&b.name));
        found_builds.iter_mut().for_each(|it| it.arguments.sort());
        let worker = NamedBuild {
            arguments: vec![("A".to_owned(), some("1")), ("B".to_owned(), None)],
            ..build("worker", "deploy/w", "deploy/w/Dockerfile")
        };
        assert_eq!(found_builds, [api, build("web", "deploy", "deploy/Dockerfile"), worker]);
        assert_eq!(
            told(&found),
            [
                "deploy/compose.yaml:16: `inline` is left out: its Dockerfile stands inside of the Compose file, which is not checked",
                "deploy/compose.yaml:18: `remote` is left out: its context `https://github.com/a/b.git` is not on this machine",
                "deploy/compose.yaml:20: `unknown` is left out: `$ROOT/x` needs the variable `ROOT`, which has neither a default nor a value in `.env`",
            ]
        );
        assert!(read("a: 1", Path::new("x.yaml")).unwrap_err().contains("no `services`"));
    }

    #[test]
    fn other_files_are_followed() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for (file, text) in [
            (".env", "BASE=3.13\nB=from-env\n"),
            (
                "compose.yaml",
                "include: [sub/compose.yaml, {path: none.yaml}]\n\
                 services:\n  base: {build: {context: app, args: {A: '1', PYTHON: $BASE, B: }}}\n  \
                 web:\n    extends: base\n    build: {target: web, args: [A=2]}\n  \
                 api: {extends: {file: sub/common.yaml, service: common}}\n  \
                 one: {extends: {service: two}}\n  two: {extends: one}\n  \
                 lost: {extends: bse}\n",
            ),
            ("sub/.env", "BASE=3.9\nOWN=own\n"),
            (
                "sub/compose.yaml",
                "services:\n  job: {build: {context: ., args: ['P=$BASE', 'O=$OWN']}}\n",
            ),
            ("sub/common.yaml", "services:\n  common: {build: {context: ../lib}}\n"),
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), text).unwrap();
        }
        let path = root.join("compose.yaml");
        let found = read(&fs::read_to_string(&path).unwrap(), &path).unwrap();
        let at = |name: &str| found.builds.iter().find(|it| it.name == name).unwrap();
        let arguments = |name: &str| {
            let mut arguments = at(name).arguments.clone();
            arguments.sort();
            let text = arguments.iter().map(|it| format!("{}={:?}", it.0, it.1.as_deref()));
            text.collect::<Vec<_>>().join(" ").replace("Some(", "").replace("\")", "\"")
        };
        assert_eq!(arguments("base"), "A=\"1\" B=\"from-env\" PYTHON=\"3.13\"");
        assert_eq!(arguments("web"), "A=\"2\" B=\"from-env\" PYTHON=\"3.13\"");
        assert_eq!(
            (at("web").target.as_deref(), &at("web").context),
            (Some("web"), &root.join("app"))
        );
        assert_eq!(at("api").dockerfile, root.join("lib/Dockerfile"));
        // The variables of the project count more than those of what it includes.
        assert_eq!(arguments("job"), "O=\"own\" P=\"3.13\"");
        assert_eq!(at("job").context, root.join("sub"));
        assert_eq!(found.builds.len(), 4);
        let told = told(&found).join("\n").replace(&format!("{}/", root.display()), "");
        assert_eq!(
            told,
            "compose.yaml:10: `lost` extends `bse`, which is not there; did you mean `base`?\n\
             compose.yaml:1: cannot read `none.yaml`: there is no such file or directory\n\
             compose.yaml:8: `extends` of `one` leads in a circle\n\
             compose.yaml:9: `extends` of `two` leads in a circle"
        );
        assert!(found.left_out.iter().all(|it| it.is_wrong));
    }
}
