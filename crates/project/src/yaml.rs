//! YAML as the values that JSON has, with aliases and merge keys (`<<`) resolved.

use saphyr::{LoadableYamlNode, MarkedYaml, Scalar, Yaml, YamlData};
use serde_json::{Map, Value};

/// Deeper files are not read: nobody writes them, and reading them would need a stack as deep.
const DEEPEST: usize = 64;

/// Reads the first document of a text; `Null` when there is none.
///
/// # Errors
/// What is wrong with the text, with its line.
pub fn read_yaml(text: &str) -> Result<Value, String> {
    let documents = Yaml::load_from_str(text).map_err(|it| it.to_string())?;
    documents.first().map_or(Ok(Value::Null), |it| value(it, 0))
}

/// The line, from 1, of a key in mappings of mappings, or of the last of `keys` that is there.
pub(crate) fn line_of(text: &str, keys: &[&str]) -> Option<u32> {
    let documents = MarkedYaml::load_from_str(text).ok()?;
    let mut node = documents.first()?;
    let mut line = None;
    for wanted in keys {
        let YamlData::Mapping(entries) = &node.data else { break };
        let Some((key, value)) = entries.iter().find(|it| it.0.data.as_str() == Some(wanted))
        else {
            break;
        };
        line = u32::try_from(key.span.start.line()).ok();
        node = value;
    }
    line
}

fn value(node: &Yaml<'_>, depth: usize) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err(format!("it is nested more than {DEEPEST} levels deep"));
    }
    Ok(match node {
        Yaml::Value(scalar) => match scalar {
            Scalar::Null => Value::Null,
            Scalar::Boolean(it) => Value::Bool(*it),
            Scalar::Integer(it) => Value::from(*it),
            Scalar::FloatingPoint(it) => Value::from(f64::from(*it)),
            Scalar::String(it) => Value::from(it.as_ref()),
        },
        Yaml::Sequence(items) => {
            Value::Array(items.iter().map(|it| value(it, depth + 1)).collect::<Result<_, _>>()?)
        }
        Yaml::Mapping(entries) => {
            let mut res = Map::new();
            let mut merged = Vec::new();
            for (key, item) in entries {
                let item = value(item, depth + 1)?;
                match value(key, depth + 1)? {
                    Value::String(key) if key == "<<" => merged.push(item),
                    Value::String(key) => {
                        res.insert(key, item);
                    }
                    other => {
                        res.insert(other.to_string(), item);
                    }
                }
            }
            // What a mapping says itself counts more than what it merges.
            for item in merged.into_iter().flat_map(|it| match it {
                Value::Array(items) => items,
                one => vec![one],
            }) {
                for (key, item) in item.as_object().into_iter().flatten() {
                    res.entry(key).or_insert_with(|| item.clone());
                }
            }
            Value::Object(res)
        }
        Yaml::Tagged(_, node) => value(node, depth + 1)?,
        Yaml::Representation(text, ..) => Value::from(text.as_ref()),
        Yaml::Alias(_) | Yaml::BadValue => Value::Null,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let text = "x-base: &base\n  a: 1\n  b: [x, 'yes']\nservice:\n  <<: *base\n  a: 2\nlist:\n  <<: [*base, {c: true}]\n";
        let base = json!({ "a": 1, "b": ["x", "yes"] });
        assert_eq!(
            read_yaml(text),
            Ok(json!({
                "x-base": base,
                "service": { "a": 2, "b": ["x", "yes"] },
                "list": { "a": 1, "b": ["x", "yes"], "c": true }
            }))
        );
        assert_eq!(read_yaml(""), Ok(Value::Null));
        assert!(read_yaml("a: [").is_err());
        assert!(read_yaml(&"[".repeat(500)).is_err());
    }
}
