//! Bake files in HCL or JSON: the Dockerfiles, contexts, stages and arguments of their targets.

use std::collections::BTreeMap;
use std::path::Path;

use hcl::eval::{Context, ErrorKind, Evaluate};
use hcl::expr::{ObjectKey, TemplateExpr};
use hcl::{Body, Expression, Value as Hcl};
use serde_json::{Map, Value};

use crate::builds::{Builds, LeftOut, NamedBuild, is_remote, joined};
use crate::problem::shown;

/// The options of a target, each with its value, or why that is not known.
type Options = BTreeMap<String, Result<Value, Unknown>>;

/// Why an expression has no value here.
#[derive(Clone, Debug)]
struct Unknown {
    reason: String,
    /// Whether it only lacks a variable that the file leaves to the environment.
    is_left_to_the_build: bool,
}

/// A file as it is written, in HCL or JSON.
#[derive(Default)]
struct Written {
    variables: Vec<(String, Option<Expression>)>,
    targets: Vec<(String, Vec<(String, Expression)>)>,
}

/// What a file says, worked out.
struct Reading<'a> {
    text: &'a str,
    path: &'a Path,
    targets: BTreeMap<String, Options>,
    /// The blocks that targets of a matrix come from, by their names.
    blocks: BTreeMap<String, String>,
    left_out: Vec<LeftOut>,
}

/// Reads a Bake file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(text: &str, path: &Path, is_json: bool) -> Result<Builds, String> {
    let written = if is_json { of_json(text)? } else { of_hcl(text)? };
    if written.targets.is_empty() {
        return Err("it has no `target`, so that it is no Bake file".to_owned());
    }
    let (targets, blocks, left_out) = Default::default();
    let mut reading = Reading { text, path, targets, blocks, left_out };
    let variables = reading.variables(&written.variables);
    for (name, options) in &written.targets {
        reading.expand(name, options, &variables);
    }
    let targets = &reading.targets;
    let parents: Vec<&str> = targets.values().flat_map(parents).collect();
    let mut res = Builds::default();
    let directory = path.parent().unwrap_or(Path::new(""));
    for name in targets.keys() {
        // What others inherit from is often no image of its own.
        let is_parent = parents.contains(&name.as_str());
        let build = reading.inherited(name).and_then(|it| reading.named(name, &it, directory));
        match build {
            Ok((build, _))
                if (is_parent || name.starts_with('_')) && !build.dockerfile.is_file() => {}
            Ok((build, notes)) => {
                res.left_out.extend(notes);
                res.builds.push(build);
            }
            Err(fault) => res.left_out.push(fault),
        }
    }
    res.left_out.splice(0..0, reading.left_out);
    Ok(res)
}

fn parents(options: &Options) -> impl Iterator<Item = &str> {
    let value = options.get("inherits").and_then(|it| it.as_ref().ok());
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn of_json(text: &str) -> Result<Written, String> {
    let file: Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
    let block = |kind: &str| file.get(kind).and_then(Value::as_object).cloned().unwrap_or_default();
    let options = |it: &Value| it.as_object().cloned().unwrap_or_default();
    let variables = block("variable").into_iter();
    let variables = variables.map(|it| (it.0, it.1.get("default").map(expression)));
    let targets = block("target").into_iter().filter(|it| it.1.is_object()).map(|it| {
        let options = options(&it.1).into_iter().map(|it| (it.0, expression(&it.1)));
        (it.0, options.collect())
    });
    Ok(Written { variables: variables.collect(), targets: targets.collect() })
}

/// A value of a Bake file in JSON, whose texts are templates.
fn expression(value: &Value) -> Expression {
    match value {
        Value::String(text) if text.contains("${") || text.contains("%{") => {
            Expression::from(TemplateExpr::QuotedString(text.clone()))
        }
        Value::Array(items) => Expression::Array(items.iter().map(expression).collect()),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|it| {
                (ObjectKey::Expression(Expression::from(it.0.as_str())), expression(it.1))
            });
            Expression::Object(entries.collect())
        }
        Value::Null => Expression::Null,
        Value::Bool(it) => Expression::Bool(*it),
        Value::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(it), _) => Expression::from(it),
            (None, Some(it)) => Expression::from(it),
            (None, None) => Expression::Null,
        },
        Value::String(text) => Expression::String(text.clone()),
    }
}

fn of_hcl(text: &str) -> Result<Written, String> {
    let body: Body = hcl::parse(text).map_err(|it| it.to_string())?;
    let mut res = Written::default();
    for attribute in body.attributes() {
        res.variables.push((attribute.key().to_owned(), Some(attribute.expr().clone())));
    }
    for block in body.blocks() {
        let Some(name) = block.labels().first().map(|it| it.as_str().to_owned()) else { continue };
        let mut options = block.body().attributes();
        match block.identifier() {
            "variable" => {
                let default = options.find(|it| it.key() == "default");
                res.variables.push((name, default.map(|it| it.expr().clone())));
            }
            "target" => {
                let options = options.map(|it| (it.key().to_owned(), it.expr().clone()));
                res.targets.push((name, options.collect()));
            }
            _ => {}
        }
    }
    Ok(res)
}

/// The value of an expression; in an object each entry for itself, since one that is not known spoils no other.
fn value(expression: &Expression, variables: &Context<'_>) -> Result<Value, Unknown> {
    let unknown = |it: hcl::eval::Error| {
        let kind = it.kind();
        let reason = match kind {
            ErrorKind::UndefinedVar(name) => format!("the variable `{name}` has no value here"),
            ErrorKind::UndefinedFunc(name) => {
                format!("it calls the function `{name}`, which is not worked out here")
            }
            other => other.to_string(),
        };
        Unknown { reason, is_left_to_the_build: matches!(kind, ErrorKind::UndefinedVar(_)) }
    };
    let value: Hcl = expression.evaluate(variables).map_err(unknown)?;
    serde_json::to_value(value)
        .map_err(|it| Unknown { reason: it.to_string(), is_left_to_the_build: false })
}

impl Reading<'_> {
    /// Something of a block, such as `target "web"`, that could not be followed.
    fn left_out(&self, kind: &str, name: &str, sentence: String) -> LeftOut {
        let name = self.blocks.get(name).map_or(name, String::as_str);
        let quoted = format!("\"{name}\"");
        let begins = |it: &&str| {
            let rest = it.trim_start().strip_prefix(kind).map(str::trim_start);
            rest.is_some_and(|it| it.starts_with(&quoted))
                // In JSON.
                || it.trim_start().strip_prefix(&quoted).is_some_and(|it| it.trim_start().starts_with(':'))
        };
        let line = self.text.lines().position(|it| begins(&it));
        let line = line.and_then(|it| u32::try_from(it + 1).ok());
        LeftOut { path: shown(self.path), line, sentence, is_wrong: false }
    }

    fn wrong(&self, name: &str, sentence: String) -> LeftOut {
        LeftOut { is_wrong: true, ..self.left_out("target", name, sentence) }
    }

    /// The variables with the values that the file gives them, which may be made of each other.
    fn variables(&mut self, written: &[(String, Option<Expression>)]) -> Context<'static> {
        let mut res = Context::new();
        let mut waiting: Vec<(&String, &Expression)> =
            written.iter().filter_map(|it| Some((&it.0, it.1.as_ref()?))).collect();
        loop {
            let n_before = waiting.len();
            waiting.retain(|(name, expression)| match expression.evaluate(&res) {
                Ok(value) => {
                    res.declare_var(name.as_str(), value);
                    false
                }
                Err(_) => true,
            });
            if waiting.len() == n_before {
                break;
            }
        }
        for (name, expression) in waiting {
            if let Err(unknown) = value(expression, &res)
                && !unknown.is_left_to_the_build
            {
                let sentence = format!("the variable `{name}` is not known: {}", unknown.reason);
                self.left_out.push(self.left_out("variable", name, sentence));
            }
        }
        res
    }

    /// Adds a target, or those that its matrix makes.
    fn expand(&mut self, name: &str, options: &[(String, Expression)], variables: &Context<'_>) {
        let option = |key: &str| options.iter().find(|it| it.0 == key).map(|it| &it.1);
        let Some(matrix) = option("matrix") else {
            self.targets.insert(name.to_owned(), evaluated(options, variables));
            return;
        };
        let axes = match value(matrix, variables) {
            Ok(Value::Object(axes)) => axes,
            Ok(_) => {
                let sentence = format!("`{name}` is left out: its `matrix` is no object of lists");
                return self.left_out.push(self.wrong(name, sentence));
            }
            Err(Unknown { reason, .. }) => {
                let sentence = format!("`{name}` is left out: its `matrix` is not known: {reason}");
                return self.left_out.push(self.left_out("target", name, sentence));
            }
        };
        let Some(own_name) = option("name") else {
            let sentence = format!(
                "`{name}` is left out: it has a `matrix` and no `name` for each of its targets"
            );
            return self.left_out.push(self.wrong(name, sentence));
        };
        for variables in combinations(&axes, variables) {
            match value(own_name, &variables) {
                Ok(Value::String(made)) => {
                    self.blocks.insert(made.clone(), name.to_owned());
                    self.targets.insert(made, evaluated(options, &variables));
                }
                Ok(_) => {
                    let sentence = format!("`{name}` is left out: its `name` is no text");
                    return self.left_out.push(self.wrong(name, sentence));
                }
                Err(Unknown { reason, .. }) => {
                    let sentence =
                        format!("`{name}` is left out: its `name` is not known: {reason}");
                    return self.left_out.push(self.left_out("target", name, sentence));
                }
            }
        }
    }

    /// The options of a target on top of those that it inherits; arguments are joined, everything else is replaced.
    fn inherited(&self, name: &str) -> Result<Options, LeftOut> {
        let mut res = Options::new();
        let mut waiting = vec![name.to_owned()];
        let mut order: Vec<String> = Vec::new();
        while let Some(one) = waiting.pop() {
            if order.contains(&one) {
                continue;
            }
            let Some(options) = self.targets.get(&one) else {
                let known = self.targets.keys().map(String::as_str);
                let near = syntax::closest(&one, known);
                let near = near.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
                let sentence = format!(
                    "`{name}` is left out: it inherits from `{one}`, which the file does not have{near}"
                );
                return Err(self.wrong(name, sentence));
            };
            if let Some(Err(Unknown { reason, .. })) = options.get("inherits") {
                let sentence =
                    format!("`{name}` is left out: its `inherits` is not known: {reason}");
                return Err(self.left_out("target", &one, sentence));
            }
            waiting.extend(parents(options).map(str::to_owned));
            order.push(one);
        }
        for options in order.iter().rev().filter_map(|it| self.targets.get(it)) {
            for (key, value) in options {
                match (res.get_mut(key), value) {
                    (Some(Ok(Value::Object(old))), Ok(Value::Object(new)))
                        if key == "args" || key == "contexts" =>
                    {
                        old.extend(new.clone());
                    }
                    _ => {
                        res.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        Ok(res)
    }

    /// The build of a target, and what of its arguments could not be worked out.
    fn named(
        &self,
        name: &str,
        options: &Options,
        directory: &Path,
    ) -> Result<(NamedBuild, Vec<LeftOut>), LeftOut> {
        let fault =
            |why: String| self.left_out("target", name, format!("`{name}` is left out: {why}"));
        if options.contains_key("dockerfile-inline") {
            return Err(fault(
                "its Dockerfile stands inside of the Bake file, which is not checked".to_owned(),
            ));
        }
        let text = |key: &str| match options.get(key) {
            None | Some(Ok(Value::Null)) => Ok(None),
            Some(Ok(Value::String(text))) => Ok(Some(text.clone())),
            Some(Ok(_)) => Err(fault(format!("its `{key}` is no text"))),
            Some(Err(unknown)) => {
                Err(fault(format!("its `{key}` is not known: {}", unknown.reason)))
            }
        };
        let context = text("context")?.unwrap_or_else(|| ".".to_owned());
        if is_remote(&context) || context.starts_with("target:") {
            return Err(fault(format!("its context `{context}` is not on this machine")));
        }
        let dockerfile = text("dockerfile")?.unwrap_or_else(|| "Dockerfile".to_owned());
        let context = joined(directory, &context);
        let argument = |it: &Value| match it {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(it) => Some(it.to_string()),
            _ => None,
        };
        let entries = |key: &str| match options.get(key) {
            Some(Ok(Value::Object(entries))) => Some(entries.iter()),
            _ => None,
        };
        let arguments = entries("args").into_iter().flatten();
        let arguments = arguments.map(|it| (it.0.clone(), argument(it.1))).collect();
        let note = |it: (&String, &Result<Value, Unknown>)| {
            let unknown = it.1.as_ref().err().filter(|it| !it.is_left_to_the_build)?;
            let argument = it.0.strip_prefix(ARGUMENT)?;
            let sentence =
                format!("`{name}`: the argument `{argument}` is not known: {}", unknown.reason);
            Some(self.left_out("target", name, sentence))
        };
        let build = NamedBuild {
            name: name.to_owned(),
            dockerfile: joined(&context, &dockerfile),
            context,
            target: text("target")?,
            arguments,
            contexts: entries("contexts").into_iter().flatten().map(|it| it.0.clone()).collect(),
            others: Vec::new(),
        };
        Ok((build, options.iter().filter_map(note).collect()))
    }
}

/// In front of the name of an argument that could not be worked out, among the options.
const ARGUMENT: &str = "args.";

/// The options of a target. An object's entries are worked out one by one; what is not known is nothing there.
fn evaluated(options: &[(String, Expression)], variables: &Context<'_>) -> Options {
    let mut res = Options::new();
    for (key, expression) in options {
        let Expression::Object(entries) = expression else {
            res.insert(key.clone(), value(expression, variables));
            continue;
        };
        let mut known = Map::new();
        for (name, entry) in entries {
            let name = name.to_string().trim_matches('"').to_owned();
            let entry = value(entry, variables).unwrap_or_else(|unknown| {
                res.insert(format!("{key}.{name}"), Err(unknown));
                Value::Null
            });
            known.insert(name, entry);
        }
        res.insert(key.clone(), Ok(Value::Object(known)));
    }
    res
}

/// The variables of each target of a matrix.
fn combinations<'a>(axes: &Map<String, Value>, variables: &Context<'a>) -> Vec<Context<'a>> {
    let mut res = vec![variables.clone()];
    for (name, values) in axes {
        let with = |variables: &Context<'a>, value: &Value| {
            let mut variables = variables.clone();
            variables.declare_var(name.as_str(), hcl::to_value(value).unwrap_or_default());
            variables
        };
        let values = values.as_array().map_or(&[][..], Vec::as_slice);
        res = res
            .iter()
            .flat_map(|variables| values.iter().map(move |it| with(variables, it)))
            .take(MOST_TARGETS)
            .collect();
    }
    res
}

/// A matrix makes no more of them here.
const MOST_TARGETS: usize = 1000;

#[cfg(test)]
mod tests;
