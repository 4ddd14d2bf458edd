//! Bake files in HCL or JSON: the Dockerfiles, contexts, stages and arguments of their targets.

use std::collections::BTreeMap;
use std::path::Path;

use hcl::eval::{Context, Evaluate};
use hcl::{Body, Expression, Value as Hcl};
use serde_json::{Map, Value};

use crate::builds::{Builds, NamedBuild, is_remote, joined};

/// The targets by name, with the options that could be worked out; `None` for those that could not.
type Targets = BTreeMap<String, BTreeMap<String, Option<Value>>>;

/// Reads a Bake file that lies in `directory`.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str, directory: &Path, is_json: bool) -> Result<Builds, String> {
    let targets = if is_json { of_json(text)? } else { of_hcl(text)? };
    if targets.is_empty() {
        return Err("it has no `target`, so that it is no Bake file".to_owned());
    }
    let parents: Vec<&str> = targets
        .values()
        .flat_map(|it| it.get("inherits").into_iter().flatten())
        .flat_map(texts)
        .collect();
    let mut res = Builds::default();
    for name in targets.keys() {
        // What others inherit from is often no image of its own.
        let is_parent = parents.contains(&name.as_str());
        match named(name, &inherited(&targets, name), directory) {
            Ok(build) if (is_parent || name.starts_with('_')) && !build.dockerfile.is_file() => {}
            Ok(build) => res.builds.push(build),
            Err(reason) => res.left_out.push(format!("`{name}` is left out: {reason}")),
        }
    }
    Ok(res)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn of_json(text: &str) -> Result<Targets, String> {
    let file: Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
    let targets = file.get("target").and_then(Value::as_object).cloned().unwrap_or_default();
    let known = |it: Map<String, Value>| it.into_iter().map(|it| (it.0, Some(it.1))).collect();
    let objects = targets.into_iter().filter_map(|(name, target)| match target {
        Value::Object(options) => Some((name, known(options))),
        _ => None,
    });
    Ok(objects.collect())
}

fn of_hcl(text: &str) -> Result<Targets, String> {
    let body: Body = hcl::parse(text).map_err(|it| it.to_string())?;
    let mut variables = Context::new();
    for block in body.blocks().filter(|it| it.identifier() == "variable") {
        let default = block.body().attributes().find(|it| it.key() == "default");
        let name = block.labels().first().map(|it| it.as_str().to_owned());
        if let (Some(name), Some(default)) = (name, default)
            && let Ok(value) = default.expr().evaluate(&variables)
        {
            variables.declare_var(name.as_str(), value);
        }
    }
    let mut res = Targets::new();
    for block in body.blocks().filter(|it| it.identifier() == "target") {
        let Some(name) = block.labels().first().map(|it| it.as_str().to_owned()) else { continue };
        let options = block.body().attributes();
        let options = options.map(|it| (it.key().to_owned(), value(it.expr(), &variables)));
        res.insert(name, options.collect());
    }
    Ok(res)
}

/// The value of an expression; in an object each entry for itself, since one that is not known spoils no other.
fn value(expression: &Expression, variables: &Context<'_>) -> Option<Value> {
    if let Expression::Object(entries) = expression {
        let mut res = Map::new();
        for (key, entry) in entries {
            let value = value(entry, variables).unwrap_or(Value::Null);
            res.insert(key.to_string().trim_matches('"').to_owned(), value);
        }
        return Some(Value::Object(res));
    }
    let value: Hcl = expression.evaluate(variables).ok()?;
    serde_json::to_value(value).ok()
}

/// The options of a target on top of those that it inherits; arguments are joined, everything else is replaced.
fn inherited(targets: &Targets, name: &str) -> BTreeMap<String, Option<Value>> {
    let mut res = BTreeMap::new();
    let mut waiting = vec![name.to_owned()];
    let mut order: Vec<String> = Vec::new();
    while let Some(name) = waiting.pop() {
        if order.contains(&name) {
            continue;
        }
        let parents = targets.get(&name).and_then(|it| it.get("inherits")?.as_ref());
        waiting.extend(parents.into_iter().flat_map(texts).map(str::to_owned));
        order.push(name);
    }
    for options in order.iter().rev().filter_map(|it| targets.get(it)) {
        for (key, value) in options {
            match (res.get_mut(key), value) {
                (Some(Some(Value::Object(old))), Some(Value::Object(new))) if key == "args" => {
                    old.extend(new.clone());
                }
                _ => {
                    res.insert(key.clone(), value.clone());
                }
            }
        }
    }
    res
}

fn named(
    name: &str,
    options: &BTreeMap<String, Option<Value>>,
    directory: &Path,
) -> Result<NamedBuild, String> {
    if options.contains_key("dockerfile-inline") {
        return Err(
            "its Dockerfile stands inside of the Bake file, which is not checked".to_owned()
        );
    }
    let text = |key: &str| match options.get(key) {
        None | Some(Some(Value::Null)) => Ok(None),
        Some(Some(Value::String(text))) if !text.contains("${") => Ok(Some(text.clone())),
        Some(_) => Err(format!("its `{key}` needs something that only the build knows")),
    };
    let context = text("context")?.unwrap_or_else(|| ".".to_owned());
    if is_remote(&context) || context.starts_with("target:") {
        return Err(format!("its context `{context}` is not on this machine"));
    }
    let dockerfile = text("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
    let context = joined(directory, &context);
    let argument = |it: &Value| match it {
        Value::String(text) if !text.contains("${") => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(it) => Some(it.to_string()),
        _ => None,
    };
    let arguments = options.get("args").and_then(|it| it.as_ref()?.as_object());
    let arguments = arguments.into_iter().flatten().map(|it| (it.0.clone(), argument(it.1)));
    Ok(NamedBuild {
        name: name.to_owned(),
        dockerfile: joined(&context, &dockerfile),
        context,
        target: text("target")?,
        arguments: arguments.collect(),
        others: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_inherit_and_variables_have_their_defaults() {
        let text = r#"
variable "PYTHON" { default = "3.12" }
variable "TAG" {}
group "default" { targets = ["web"] }
target "_base" {
  args = { PYTHON = "${PYTHON}-slim", TAG = TAG }
}
target "web" {
  inherits = ["_base"]
  context = "."
  dockerfile = "docker/web.Dockerfile"
  target = "prod"
  args = { EXTRA = 1 }
}
target "other" { context = "./${TAG}" }
"#;
        let found = read(text, Path::new("ci"), false).unwrap();
        let some = |it: &str| Some(it.to_owned());
        let web = NamedBuild {
            name: "web".to_owned(),
            context: "ci".into(),
            dockerfile: "ci/docker/web.Dockerfile".into(),
            target: some("prod"),
            arguments: vec![
                ("EXTRA".to_owned(), some("1")),
                ("PYTHON".to_owned(), some("3.12-slim")),
                ("TAG".to_owned(), None),
            ],
            others: Vec::new(),
        };
        assert_eq!(found.builds, [web]);
        assert_eq!(
            found.left_out,
            ["`other` is left out: its `context` needs something that only the build knows"]
        );
        let text = r#"{"target": {"app": {"context": "app", "args": {"A": "b"}}}}"#;
        let found = read(text, Path::new(""), true).unwrap();
        assert_eq!(found.builds[0].dockerfile, Path::new("app/Dockerfile"));
        assert_eq!(found.builds[0].arguments, [("A".to_owned(), some("b"))]);
        assert!(read("{}", Path::new(""), true).unwrap_err().contains("no `target`"));
        assert!(read("target \"a\" {", Path::new(""), false).is_err());
    }
}
