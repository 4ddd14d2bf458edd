//! Unified diffs of what a fix changes, as `patch -p0` reads them.

use similar::{ChangeTag, TextDiff};

use crate::output::{BOLD, CYAN, GREEN, styled};
use crate::wrap::harmless;

const REMOVED: anstyle::Style = anstyle::AnsiColor::Red.on_default();

/// Adds the diff of one file; `before` is `None` for a file that is created.
pub(crate) fn render(
    path: &str,
    before: Option<&str>,
    after: &str,
    has_colors: bool,
    out: &mut String,
) {
    let style = |text: &str, style| styled(text, style, has_colors);
    let path = harmless(path);
    let old = if before.is_some() { &path } else { "/dev/null" };
    out.push_str(&style(&format!("--- {old}"), BOLD));
    out.push('\n');
    out.push_str(&style(&format!("+++ {path}"), BOLD));
    out.push('\n');
    let diff = TextDiff::from_lines(before.unwrap_or(""), after);
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        out.push_str(&style(&hunk.header().to_string(), CYAN));
        out.push('\n');
        for change in hunk.iter_changes() {
            let (sign, color) = match change.tag() {
                ChangeTag::Delete => ("-", Some(REMOVED)),
                ChangeTag::Insert => ("+", Some(GREEN)),
                ChangeTag::Equal => (" ", None),
            };
            // The line end stays outside of the colour, `\r` included: a patch needs it as it is.
            let line = change.value();
            let body = line.trim_end_matches(['\r', '\n']);
            let shown = format!("{sign}{body}");
            match color {
                Some(color) => out.push_str(&style(&shown, color)),
                None => out.push_str(&shown),
            }
            out.push_str(&line[body.len()..]);
            if !line.ends_with('\n') {
                out.push_str("\n\\ No newline at end of file\n");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::render;

    fn diff(before: Option<&str>, after: &str) -> String {
        let mut out = String::new();
        render("a/Dockerfile", before, after, false, &mut out);
        out
    }

    #[test]
    fn changes_and_new_files() {
        assert_eq!(
            diff(Some("FROM a\r\nRUN b\r\nRUN c"), "FROM a\r\nRUN d\r\nRUN c"),
            "--- a/Dockerfile\n+++ a/Dockerfile\n@@ -1,3 +1,3 @@\n FROM a\r\n-RUN b\r\n+RUN d\r\n RUN c\n\
             \\ No newline at end of file\n"
        );
        assert_eq!(
            diff(None, ".git\n.venv\n"),
            "--- /dev/null\n+++ a/Dockerfile\n@@ -0,0 +1,2 @@\n+.git\n+.venv\n"
        );
    }
}
