//! The page of a project on an index: the JSON form of PEP 691 and the HTML form of PEP 503.

use serde::Deserialize;

use crate::address::unescaped;

/// A file of a project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ProjectFile {
    /// Its name: `numpy-2.1.0-cp313-cp313-musllinux_1_2_x86_64.whl`.
    #[serde(rename = "filename")]
    pub name: String,
    /// `Requires-Python`, where the index says it.
    #[serde(rename = "requires-python")]
    pub requires_python: Option<String>,
    /// It was taken back (PEP 592): pip passes it over unless its version is asked for exactly.
    #[serde(default, rename = "yanked", deserialize_with = "yanked")]
    pub is_yanked: bool,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<ProjectFile>,
}

/// `true`, `false`, or the reason.
fn yanked<'d, D: serde::Deserializer<'d>>(from: D) -> Result<bool, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    Ok(!matches!(value, serde_json::Value::Bool(false) | serde_json::Value::Null))
}

/// Reads a page of this content type; `None` if it cannot be read.
pub(crate) fn read(content_type: &str, body: &str) -> Option<Vec<ProjectFile>> {
    if content_type.contains("json") {
        return serde_json::from_str::<Page>(body).ok().map(|it| it.files);
    }
    // A page that was cut off has no end.
    let lower = body.to_ascii_lowercase();
    let is_whole = lower.contains("</html") || lower.contains("</body") || !lower.contains("<html");
    (is_whole && lower.contains('<')).then(|| anchors(body))
}

/// The files that the anchors of an HTML page lead to.
fn anchors(body: &str) -> Vec<ProjectFile> {
    let mut res = Vec::new();
    for part in body.split("<a ").skip(1) {
        let Some(end) = tag_end(part) else { continue };
        let tag = part.get(..end).unwrap_or("");
        let Some(link) = attribute(tag, "href") else { continue };
        let path = link.split(['#', '?']).next().unwrap_or("");
        let name = unescaped(path.rsplit('/').next().unwrap_or(""));
        if name.is_empty() {
            continue;
        }
        res.push(ProjectFile {
            name,
            requires_python: attribute(tag, "data-requires-python"),
            is_yanked: attribute(tag, "data-yanked").is_some(),
        });
    }
    res
}

/// Where the tag ends; `>` in quotes does not end it.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, it)| match (quote, it) {
        (None, '"' | '\'') => {
            quote = Some(it);
            None
        }
        (Some(open), _) if open == it => {
            quote = None;
            None
        }
        (None, '>') => Some(at),
        _ => None,
    })
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let is_start = rest
            .get(..at)
            .is_some_and(|it| it.is_empty() || it.ends_with([' ', '\n', '\t', '"', '\'']));
        rest = rest.get(at + name.len()..)?;
        if !is_start {
            continue;
        }
        let Some(value) = rest.trim_start().strip_prefix('=') else {
            let ends_here = rest.is_empty() || rest.starts_with(char::is_whitespace);
            if ends_here { return Some(String::new()) } else { continue }
        };
        let value = value.trim_start();
        let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
        let value = match quote {
            Some(quote) => value.get(1..)?.split(quote).next()?,
            None => value.split(char::is_whitespace).next()?,
        };
        let plain = value.replace("&gt;", ">").replace("&lt;", "<").replace("&quot;", "\"");
        return Some(plain.replace("&#39;", "'").replace("&amp;", "&"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        let json = r#"{"meta": {"api-version": "1.1"}, "name": "x", "files": [
            {"filename": "x-1.tar.gz", "url": "u", "hashes": {}, "yanked": "broken"},
            {"filename": "x-2-py3-none-any.whl", "url": "u", "hashes": {}, "requires-python": ">=3.8", "yanked": false}]}"#;
        let html = "<!DOCTYPE html><html><body>\n<a href=\"../../p/x-1.tar.gz#sha256=0\" data-yanked=\"broken\">x</a><br/>\n\
            <a href='https://h/x-2-py3-none-any.whl' data-requires-python=\"&gt;=3.8\">x</a>\n</body></html>";
        let file = |name: &str, requires: Option<&str>, is_yanked| ProjectFile {
            name: name.to_owned(),
            requires_python: requires.map(str::to_owned),
            is_yanked,
        };
        let expected = vec![
            file("x-1.tar.gz", None, true),
            file("x-2-py3-none-any.whl", Some(">=3.8"), false),
        ];
        assert_eq!(read("application/vnd.pypi.simple.v1+json", json), Some(expected.clone()));
        assert_eq!(read("text/html; charset=utf-8", html), Some(expected));
    }

    #[test]
    fn what_was_cut_off_is_not_read() {
        assert_eq!(read("application/json", "{\"files\": [{\"filename\": \"x-1"), None);
        assert_eq!(read("text/html", "<html><body><a href=\"x-1.tar.gz\">x"), None);
        assert_eq!(read("text/html", ""), None);
        assert_eq!(read("text/html", "<html><body></body></html>"), Some(Vec::new()));
    }
}
