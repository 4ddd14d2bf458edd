//! The configuration of hadolint. Its keys are those that hadolint's README describes.

use serde_json::Value;

use super::{Migrated, level, ours};

/// Reads a `.hadolint.yaml`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn read(text: &str) -> Result<Migrated, String> {
    let file = project::read_yaml(text)?;
    let Some(keys) = file.as_object() else {
        return Err(
            "it is no configuration of hadolint, which is YAML with keys such as `ignored:`"
                .to_owned(),
        );
    };
    let mut res = Migrated::default();
    for (key, value) in keys {
        match key.as_str() {
            "ignored" => texts(value).for_each(|name| res.ignore(name)),
            "trustedRegistries" => res.allowed_registries = texts(value).map(str::to_owned).collect(),
            "override" => {
                for (word, names) in value.as_object().into_iter().flatten() {
                    let Some(level) = level(word) else { continue };
                    texts(names).for_each(|name| res.judge(name, level));
                }
            }
            "failure-threshold" => res.told.push(
                "`failure-threshold` has no counterpart: every finding fails; write `off` below `[severity]` for \
                 rules that should not, or begin with a baseline"
                    .to_owned(),
            ),
            "no-fail" => res.told.push("`no-fail` is the option `check --exit-zero` here".to_owned()),
            "format" | "output" => {
                res.told.push(format!("`{key}` is the option `check --output-format` here"));
            }
            // How a terminal looks is no matter of the project.
            "no-color" | "verbose" => {}
            _ => res.told.push(format!("`{key}` has no counterpart, so that it is left out")),
        }
    }
    Ok(res)
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

impl Migrated {
    /// Ignores a rule by another linter's name.
    pub(super) fn ignore(&mut self, name: &str) {
        let found = ours(name);
        if found.is_empty() {
            self.unknown.push(name.to_owned());
        }
        self.ignore.extend(found);
    }

    /// Gives a rule a severity by another linter's name.
    pub(super) fn judge(&mut self, name: &str, level: &'static str) {
        let found = ours(name);
        if found.is_empty() {
            self.unknown.push(name.to_owned());
        }
        self.severity.extend(found.into_iter().map(|it| (it, level)));
    }
}
