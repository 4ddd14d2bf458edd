//! The JSON schema of the configuration file, derived from the struct that reads it.
//!
//! `UPDATE=1 cargo test -p linter` writes it to `editors/pylintdock.schema.json`.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;

use super::options::Options;
use crate::builder::TargetVersion;

/// The name of a rule, or another linter's name for it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleName;

impl JsonSchema for RuleName {
    fn schema_name() -> Cow<'static, str> {
        "RuleName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // Names are offered, and others are allowed: aliases such as DL3042 are accepted too.
        json_schema!({
            "description": "The name of a rule, or another linter's name for it such as `DL3042`; `all` for every rule.",
            "anyOf": [{ "enum": names() }, { "type": "string" }]
        })
    }
}

impl JsonSchema for TargetVersion {
    fn schema_name() -> Cow<'static, str> {
        "TargetVersion".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A builder and its version, such as `docker-20.10` or `buildkit-0.12`.",
            "type": "string",
            "pattern": "^(docker|buildkit)-v?\\d+(\\.\\d+)*$"
        })
    }
}

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The rules are known by their pages here: this crate does not know them otherwise.
fn names() -> Vec<String> {
    let entries = fs::read_dir(top().join("rules")).unwrap();
    let files = entries.map(|it| it.unwrap().file_name().into_string().unwrap());
    let pages = files.filter_map(|it| it.strip_suffix(".md").map(str::to_owned));
    let mut res: Vec<String> = pages.filter(|it| it != "README").collect();
    res.push("all".to_owned());
    res.sort();
    res
}

fn schema() -> String {
    let mut schema = schemars::schema_for!(Options);
    let about = "Configuration of pylintdock: `pylintdock.toml`, or `[tool.pylintdock]` of `pyproject.toml`";
    schema.insert("description".to_owned(), Value::from(about));
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn the_published_schema_is_the_derived_one() {
    let path = top().join("editors/pylintdock.schema.json");
    let derived = schema();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &derived).unwrap();
    }
    let published = fs::read_to_string(&path).unwrap_or_default();
    assert!(published == derived, "`UPDATE=1 cargo test -p linter` writes it anew:\n{derived}");
}

#[test]
fn the_schema_names_every_key_of_the_file() {
    let schema: Value = serde_json::from_str(&schema()).unwrap();
    let mut properties: Vec<&str> =
        schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = crate::config_error::key_names::<Options>().to_vec();
    properties.sort_unstable();
    keys.sort_unstable();
    assert_eq!(properties, keys);
    assert_eq!(schema["additionalProperties"], false);
}
