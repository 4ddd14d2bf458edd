//! Variables in Compose files, and the `.env` file that gives them values.

use std::collections::BTreeMap;

/// Values by name.
pub(crate) type Variables = BTreeMap<String, String>;

/// A text with its variables replaced, as Compose writes them: `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`,
/// `${NAME:+other}`, `${NAME:?complaint}`, and `$$` for a dollar. Nothing is taken from the environment.
///
/// # Errors
/// The name of a variable that has neither a value nor a default.
pub(crate) fn expanded(text: &str, variables: &Variables) -> Result<String, String> {
    let mut res = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        res += before;
        if let Some(behind) = behind.strip_prefix('$') {
            res.push('$');
            rest = behind;
        } else if let Some((inside, behind)) = behind.strip_prefix('{').and_then(braced) {
            res += &value(inside, variables)?;
            rest = behind;
        } else {
            let (name, behind) = behind.split_at(name_length(behind));
            match variables.get(name) {
                Some(value) => res += value,
                // A dollar in front of something else is one.
                None if name.is_empty() => res.push('$'),
                None => return Err(name.to_owned()),
            }
            rest = behind;
        }
    }
    Ok(res + rest)
}

/// The text up to the brace that closes what was opened before it, and what comes behind.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((text.get(..at)?, text.get(at + 1..)?));
        }
    }
    None
}

fn name_length(text: &str) -> usize {
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
    text.find(|it| !is_name(it)).unwrap_or(text.len())
}

fn value(inside: &str, variables: &Variables) -> Result<String, String> {
    let (name, operator) = inside.split_at(name_length(inside));
    let (operator, counts_empty) = match operator.strip_prefix(':') {
        Some(operator) => (operator, false),
        None => (operator, true),
    };
    let known = variables.get(name).filter(|it| counts_empty || !it.is_empty());
    match (known, operator.chars().next(), operator.get(1..)) {
        (Some(_), Some('+'), Some(other)) => expanded(other, variables),
        (None, Some('+'), _) => Ok(String::new()),
        (Some(value), ..) => Ok(value.clone()),
        (None, Some('-'), Some(default)) => expanded(default, variables),
        (None, ..) => Err(name.to_owned()),
    }
}

/// Reads a `.env` file: `NAME=value` on each line, with quotes, comments and variables that were said before or are
/// `known`, which also count more than what the file says. What cannot be known is left out.
pub(crate) fn variables(text: &str, known: &Variables) -> Variables {
    let mut res = known.clone();
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((name, value)) = line.split_once('=') else { continue };
        let (name, value) = (name.trim(), value.trim());
        if res.contains_key(name) && known.contains_key(name) {
            continue;
        }
        let quoted = |quote: char| value.strip_prefix(quote)?.split(quote).next();
        let value = match (quoted('\''), quoted('"')) {
            (Some(value), _) => Ok(value.to_owned()),
            (_, Some(value)) => expanded(value, &res),
            _ => {
                let end = value.find(" #").unwrap_or(value.len());
                expanded(value.split_at(end).0.trim_end(), &res)
            }
        };
        if let Ok(value) = value {
            res.insert(name.to_owned(), value);
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_have_values_and_defaults() {
        let file = "# c\nA=a\nexport B='$A'\nC=\"x ${A}\" \nD=d # why\nEMPTY=\nF=$NONE\nA=z\nKNOWN=other\n";
        let known = Variables::from([("KNOWN".to_owned(), "k".to_owned())]);
        let variables = variables(file, &known);
        for (text, expected) in [
            ("$A/${A}", Ok("z/z")),
            ("${B}", Ok("$A")),
            ("$C.$D", Ok("x a.d")),
            ("$KNOWN", Ok("k")),
            ("${F}", Err("F")),
            ("${F:-${G-${A}}}", Ok("z")),
            ("${EMPTY-d}|${EMPTY:-d}", Ok("|d")),
            ("${A:+yes}${F:+yes}${F+yes}", Ok("yes")),
            ("${F:?must be there}", Err("F")),
            ("${A:?must be there}", Ok("z")),
            ("$$A $ 1$", Ok("$A $ 1$")),
            ("${A", Ok("${A")),
            ("$F", Err("F")),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(expanded(text, &variables), expected, "{text}");
        }
    }
}
