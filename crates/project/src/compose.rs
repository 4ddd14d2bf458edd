//! Compose files: the Dockerfiles, contexts, stages and arguments that services are built with.

use std::path::Path;

use serde_json::{Map, Value};

use crate::builds::{BuildArguments, Builds, NamedBuild, is_remote, joined};
use crate::yaml::read_yaml;

/// Reads a Compose file that lies in `directory`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str, directory: &Path) -> Result<Builds, String> {
    let file = read_yaml(text)?;
    let Some(services) = file.get("services").and_then(Value::as_object) else {
        return Err("it has no `services`, so that it is no Compose file".to_owned());
    };
    let mut res = Builds::default();
    for (name, service) in services {
        let Some(build) = service.get("build") else { continue };
        match named(name, build, directory) {
            Ok(build) => res.builds.push(build),
            Err(reason) => res.left_out.push(format!("`{name}` is left out: {reason}")),
        }
    }
    if res.builds.is_empty() && res.left_out.is_empty() {
        res.left_out.push("no service has a `build`, so that there is nothing to check".to_owned());
    }
    Ok(res)
}

fn named(name: &str, build: &Value, directory: &Path) -> Result<NamedBuild, String> {
    let empty = Map::new();
    let (context, options) = match build {
        Value::String(context) => (context.as_str(), &empty),
        Value::Object(options) => {
            (options.get("context").and_then(Value::as_str).unwrap_or("."), options)
        }
        _ => return Err("its `build` is neither a directory nor a mapping".to_owned()),
    };
    if options.contains_key("dockerfile_inline") {
        return Err(
            "its Dockerfile stands inside of the Compose file, which is not checked".to_owned()
        );
    }
    let context = resolved(context)?;
    if is_remote(&context) {
        return Err(format!("its context `{context}` is not on this machine"));
    }
    let text = |key: &str| options.get(key).and_then(Value::as_str).map(resolved).transpose();
    let dockerfile = text("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
    let target = text("target")?;
    let context = joined(directory, &context);
    Ok(NamedBuild {
        name: name.to_owned(),
        dockerfile: joined(&context, &dockerfile),
        context,
        target,
        arguments: options.get("args").map(arguments).unwrap_or_default(),
        others: Vec::new(),
    })
}

/// `{NAME: value}` or `[NAME=value]`; a name alone gets its value where the build is started.
fn arguments(value: &Value) -> BuildArguments {
    let known = |it: &str| resolved(it).ok();
    match value {
        Value::Object(entries) => {
            let value = |it: &Value| match it {
                Value::String(text) => known(text),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(it) => Some(it.to_string()),
                _ => None,
            };
            entries.iter().map(|it| (it.0.clone(), value(it.1))).collect()
        }
        Value::Array(items) => {
            let texts = items.iter().filter_map(Value::as_str);
            let split = texts.map(|it| match it.split_once('=') {
                Some((name, value)) => (name.to_owned(), known(value)),
                None => (it.to_owned(), None),
            });
            split.collect()
        }
        _ => BuildArguments::new(),
    }
}

/// A text with its variables replaced by their defaults, as Compose writes them: `${NAME:-default}`, `${NAME-default}`,
/// `$$` for a dollar.
///
/// # Errors
/// The variable that has no default.
fn resolved(text: &str) -> Result<String, String> {
    let mut res = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        res += &rest[..at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('$') {
            res.push('$');
            rest = behind;
            continue;
        }
        let unknown = |name: &str| {
            format!("`{text}` needs the variable `{name}`, which has no default in the file")
        };
        let inside = rest.strip_prefix('{').and_then(|it| it.split_once('}'));
        let Some((inside, behind)) = inside else {
            let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
            let name = rest.split(|it| !is_name(it)).next().unwrap_or(rest);
            return Err(unknown(name));
        };
        let at = inside.find([':', '-', '?', '+']).unwrap_or(inside.len());
        let (name, operator) = inside.split_at(at);
        let default = operator.strip_prefix(":-").or_else(|| operator.strip_prefix('-'));
        // A default that is a variable itself is as little known.
        res += default.filter(|it| !it.contains('$')).ok_or_else(|| unknown(name))?;
        rest = behind;
    }
    Ok(res + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(name: &str, context: &str, dockerfile: &str) -> NamedBuild {
        NamedBuild {
            name: name.to_owned(),
            context: context.into(),
            dockerfile: dockerfile.into(),
            ..NamedBuild::default()
        }
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
        let found = read(text, Path::new("deploy")).unwrap();
        let some = |it: &str| Some(it.to_owned());
        let api = NamedBuild {
            target: some("prod"),
            arguments: vec![
                ("A".to_owned(), some("$x")),
                ("PYTHON".to_owned(), some("3.12")),
                ("TAG".to_owned(), None),
            ],
            ..build("api", "api", "api/docker/api.Dockerfile")
        };
        let mut found_builds = found.builds;
        found_builds.sort_by(|a, b| a.name.cmp(&b.name));
        found_builds.iter_mut().for_each(|it| it.arguments.sort());
        let worker = NamedBuild {
            arguments: vec![("A".to_owned(), some("1")), ("B".to_owned(), None)],
            ..build("worker", "deploy/w", "deploy/w/Dockerfile")
        };
        assert_eq!(found_builds, [api, build("web", "deploy", "deploy/Dockerfile"), worker]);
        assert_eq!(found.left_out.len(), 3);
        assert!(found.left_out.contains(
            &"`unknown` is left out: `$ROOT/x` needs the variable `ROOT`, which has no default in the file"
                .to_owned()
        ));
        assert!(read("a: 1", Path::new("")).unwrap_err().contains("no `services`"));
    }
}
