//! The configuration of tally. Its keys are those that tally's guide to configuration describes.

use toml::{Table, Value};

use super::{Migrated, level, ours};

/// Reads a `.tally.toml`.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn read(text: &str) -> Result<Migrated, String> {
    let file: Table = text.parse().map_err(|it: toml::de::Error| it.to_string())?;
    let mut res = Migrated::default();
    for (key, value) in &file {
        match (key.as_str(), value) {
            ("rules", Value::Table(rules)) => read_rules(rules, &mut res),
            ("exclude" | "exclude-paths", value) => {
                res.exclude.extend(texts(Some(value)).map(str::to_owned));
            }
            ("unsafe-fixes", _) => {
                res.told
                    .push("`unsafe-fixes` is the option `check --unsafe-fixes` here".to_owned());
            }
            (key, Value::Table(_)) => {
                res.told.push(format!("`[{key}]` has no counterpart, so that it is left out"));
            }
            (key, _) => {
                res.told.push(format!("`{key}` has no counterpart, so that it is left out"));
            }
        }
    }
    Ok(res)
}

fn texts(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn read_rules(rules: &Table, res: &mut Migrated) {
    for name in texts(rules.get("include")) {
        if name.contains('*') {
            res.told.push(format!("the pattern `{name}` in `include` is left out; name the rules"));
            continue;
        }
        let is_off = |it: &&&linter::Rule| !it.is_on_by_default && ours(name).contains(&it.name);
        res.extend_select.extend(rules::ALL.iter().filter(is_off).map(|it| it.name));
    }
    for name in texts(rules.get("exclude")) {
        match name.contains('*') {
            true => res
                .told
                .push(format!("the pattern `{name}` in `exclude` is left out; name the rules")),
            false => res.ignore(name),
        }
    }
    for (namespace, table) in rules.iter().filter(|it| it.1.is_table()) {
        for (name, options) in table.as_table().into_iter().flatten() {
            match options.as_table() {
                Some(options) => read_rule(&format!("{namespace}/{name}"), options, res),
                // `[rules.max-lines]` without a namespace.
                None => res.told.push(format!("`{name}` of `{namespace}` is left out")),
            }
        }
    }
}

fn read_rule(name: &str, options: &Table, res: &mut Migrated) {
    let found = ours(name);
    if found.is_empty() {
        return res.unknown.push(name.to_owned());
    }
    for (key, value) in options {
        match (key.as_str(), value) {
            ("severity", Value::String(word)) => match level(word) {
                Some(level) => res.judge(name, level),
                None => res.told.push(format!("the severity `{word}` of `{name}` is not known")),
            },
            ("trusted-registries", _) => {
                res.allowed_registries = texts(Some(value)).map(str::to_owned).collect();
            }
            ("fix", Value::String(word)) if word == "never" => res.unfixable.extend(&found),
            ("exclude", Value::Table(exclude)) => {
                for pattern in texts(exclude.get("paths")) {
                    res.per_file_ignores.entry(pattern.to_owned()).or_default().extend(&found);
                }
            }
            (key, _) => res.told.push(format!("`{key}` of `{name}` has no counterpart")),
        }
    }
}
