//! Completion in configuration files: keys, names of rules, and the words that a key takes.

use syntax::Span;
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, TextEdit, Uri,
};

use crate::text::Text;

/// The table of ours in a `pyproject.toml`.
const TABLE: &str = "tool.pylintdock";

/// What the keys are for, in the words of the editor's list.
const DETAILS: &[(&str, &str)] = &[
    ("select", "rules that run, instead of those that run by default"),
    ("extend-select", "rules that run besides those"),
    ("ignore", "rules that do not run"),
    ("severity", "how much a rule matters: error, warning, info or off"),
    ("exclude", "files and directories that a search passes over"),
    ("per-file-ignores", "rules that do not run in the files of a pattern"),
    ("baseline", "a file of findings that are not reported"),
    ("wheel-transfer", "how a rewrite hands wheels over: mount or copy"),
];

/// Keys whose strings are names of rules.
const LISTS_OF_RULES: [&str; 4] = ["select", "extend-select", "ignore", "per-file-ignores"];

/// Words that a key takes, where there are few.
const WORDS: &[(&str, &[&str])] =
    &[("severity", &["error", "warning", "info", "off"]), ("wheel-transfer", &["mount", "copy"])];

/// The kinds of configuration files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of ours.
    Own,
    /// `pyproject.toml`, with a table of ours.
    Project,
}

/// Which kind of configuration file is at an address; `None` for any other file.
pub(crate) fn kind(uri: &Uri) -> Option<Kind> {
    let path = uri.path().decode().to_string_lossy();
    match path.rsplit('/').next().unwrap_or("") {
        "pylintdock.toml" | ".pylintdock.toml" => Some(Kind::Own),
        "pyproject.toml" => Some(Kind::Project),
        _ => None,
    }
}

/// What can stand at an offset of a configuration file.
pub(crate) fn complete(kind: Kind, text: &Text, offset: usize) -> Vec<CompletionItem> {
    let before = text.as_str().get(..offset).unwrap_or("");
    let Some(place) = place(kind, before) else { return Vec::new() };
    let is_typed = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    let typed = before.len() - before.trim_end_matches(is_typed).len();
    let offered = offered(&place);
    let behind = text.as_str().get(offset..).unwrap_or("");
    let n_behind = behind.len() - behind.trim_start_matches(is_typed).len();
    let range = text.range(Span::new(offset - typed, offset + n_behind));
    let item = |(label, kind, detail): (String, CompletionItemKind, Option<String>)| {
        let edit = TextEdit { range, new_text: label.clone() };
        CompletionItem {
            label,
            kind: Some(kind),
            detail,
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        }
    };
    offered.into_iter().map(item).collect()
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A key of our table.
    Key,
    /// A key of a table below ours.
    KeyOf(String),
    /// A string in the value of a key, which is a key of our table or the table below it.
    StringOf(String),
}

/// Reads what stands before the cursor: the last header, and the key whose value has begun.
fn place(kind: Kind, before: &str) -> Option<Place> {
    let mut table = String::new();
    let mut key = String::new();
    let mut open_brackets = 0_usize;
    let mut quote: Option<char> = None;
    let mut lines = before.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_last = lines.peek().is_none();
        let written = line.trim();
        if open_brackets == 0 {
            if written.starts_with('[') && !is_last {
                table = written.trim_matches(['[', ']']).replace([' ', '"', '\''], "");
                key.clear();
                continue;
            }
            key = written.split_once('=').map_or(String::new(), |it| unquoted(it.0));
        }
        // A string ends with its line: those over several lines are not written here.
        quote = None;
        let value = match open_brackets {
            0 => written.split_once('=').map_or("", |it| it.1),
            _ => written,
        };
        for character in value.chars() {
            match (quote, character) {
                (Some(it), _) if it == character => quote = None,
                (Some(_), _) => {}
                (None, '#') => break,
                (None, '"' | '\'') => quote = Some(character),
                (None, '[') => open_brackets += 1,
                (None, ']') => open_brackets = open_brackets.saturating_sub(1),
                (None, _) => {}
            }
        }
    }
    let below = match kind {
        Kind::Own => table.as_str(),
        Kind::Project => {
            let rest = table.strip_prefix(TABLE)?;
            rest.strip_prefix('.').or(rest.is_empty().then_some(""))?
        }
    };
    if quote.is_some() {
        let owner = if below.is_empty() { key } else { below.to_owned() };
        return Some(Place::StringOf(owner));
    }
    let line = before.rsplit('\n').next().unwrap_or("");
    let is_key = open_brackets == 0 && !line.contains(['=', '#', '[']);
    match (is_key, below) {
        (false, _) => None,
        (true, "") => Some(Place::Key),
        (true, below) => Some(Place::KeyOf(below.to_owned())),
    }
}

fn unquoted(key: &str) -> String {
    key.trim().trim_matches(['"', '\'']).to_owned()
}

fn offered(place: &Place) -> Vec<(String, CompletionItemKind, Option<String>)> {
    let detail_of = |key: &str| DETAILS.iter().find(|it| it.0 == key).map(|it| it.1.to_owned());
    let words_of = |key: &str| WORDS.iter().find(|it| it.0 == key).map_or(&[][..], |it| it.1);
    match place {
        Place::Key => {
            let keys = linter::config::keys().iter();
            let item =
                |key: &&str| ((*key).to_owned(), CompletionItemKind::PROPERTY, detail_of(key));
            keys.map(item).collect()
        }
        Place::KeyOf(table) if table == "severity" => rules(CompletionItemKind::PROPERTY, false),
        Place::KeyOf(_) => Vec::new(),
        Place::StringOf(key) if !words_of(key).is_empty() => {
            let item = |word: &&str| ((*word).to_owned(), CompletionItemKind::ENUM_MEMBER, None);
            words_of(key).iter().map(item).collect()
        }
        Place::StringOf(key) if LISTS_OF_RULES.contains(&key.as_str()) => {
            rules(CompletionItemKind::CONSTANT, true)
        }
        Place::StringOf(_) => Vec::new(),
    }
}

/// The names of all rules, and the word for all of them where that can be written.
fn rules(
    kind: CompletionItemKind,
    has_all: bool,
) -> Vec<(String, CompletionItemKind, Option<String>)> {
    let all = ("all".to_owned(), kind, Some("every rule".to_owned()));
    let named = rules::ALL
        .iter()
        .map(|rule| (rule.name.to_owned(), kind, Some(rule.summary().replace('\n', " "))));
    has_all.then_some(all).into_iter().chain(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_of_a_configuration_is_told() {
        let of = |key: &str| Some(Place::StringOf(key.to_owned()));
        let cases = [
            (Kind::Own, "", Some(Place::Key)),
            (Kind::Own, "sel", Some(Place::Key)),
            (Kind::Own, "ignore = [\"pip", of("ignore")),
            (Kind::Own, "ignore = [\n  \"a\", # it's\n  \"pi", of("ignore")),
            (Kind::Own, "ignore = [\"a\"]\nex", Some(Place::Key)),
            (Kind::Own, "ignore = [\"a\"", None),
            (Kind::Own, "wheel-transfer = \"", of("wheel-transfer")),
            (Kind::Own, "[severity]\npip", Some(Place::KeyOf("severity".to_owned()))),
            (Kind::Own, "[severity]\npip-cache-kept = \"e", of("severity")),
            (Kind::Own, "[per-file-ignores]\n\"a/**\" = [\"", of("per-file-ignores")),
            (Kind::Own, "# ign", None),
            (Kind::Project, "[project]\nna", None),
            (Kind::Project, "[tool.pylintdock]\n", Some(Place::Key)),
            (
                Kind::Project,
                "[tool.pylintdock.severity]\n",
                Some(Place::KeyOf("severity".to_owned())),
            ),
            (Kind::Project, "[tool.pylintdocks]\n", None),
            (Kind::Project, "[tool.pylintdock]\nselect = ['", of("select")),
            (Kind::Project, "[tool.pylintdock]\n\n[tool.x]\nselect = ['", None),
        ];
        for (kind, before, expected) in cases {
            assert_eq!(place(kind, before), expected, "{before:?}");
        }
    }

    #[test]
    fn what_is_explained_exists() {
        for (key, _) in DETAILS {
            assert!(linter::config::keys().contains(key), "there is no key `{key}`");
        }
    }
}
