//! What of a Dockerfile leads elsewhere: copied files, and rules named in comments.

use linter::Rule;
use model::{Build, CopyFrom};
use project::Subject;
use syntax::Span;
use tower_lsp_server::ls_types::{DocumentLink, Uri};

use crate::text::Text;

/// The links of a file.
pub(crate) fn links(build: &Build<'_>, subject: &Subject<'_>, text: &Text) -> Vec<DocumentLink> {
    let mut res = Vec::new();
    let mut add = |span: Span, target: Option<Uri>, tooltip: &str| {
        if target.is_some() {
            let tooltip = Some(tooltip.to_owned());
            res.push(DocumentLink { range: text.range(span), target, tooltip, data: None });
        }
    };
    for copy in build.steps.iter().filter_map(|it| it.copy()) {
        if copy.from != CopyFrom::Context {
            continue;
        }
        for source in &copy.sources {
            // A link to a directory opens nothing.
            let file = subject.disk().and_then(|it| it.locate(&source.word.text));
            let target = file.filter(|it| it.is_file()).and_then(Uri::from_file_path);
            add(source.word.span, target, "Open the file that is copied");
        }
    }
    for (span, rule) in rules_in_comments(build.file) {
        add(span, linter::link(rule.name).parse().ok(), "Open the page of the rule");
    }
    res
}

/// The rules that comments name.
pub(crate) fn rules_in_comments(file: &syntax::File<'_>) -> Vec<(Span, &'static Rule)> {
    let mut res = Vec::new();
    for comment in &file.comments {
        let text = comment.of(file.text);
        if !text.contains("pylintdock") && !text.contains("hadolint") {
            continue;
        }
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '-';
        let mut at = 0;
        while let Some(start) = text.get(at..).and_then(|it| it.find(is_name)).map(|it| at + it) {
            let rest = text.get(start..).unwrap_or("");
            let length = rest.find(|it| !is_name(it)).unwrap_or(rest.len());
            let name = rest.get(..length).unwrap_or("");
            if let Some(rule) = rules::ALL.iter().find(|it| it.answers_to(name)) {
                let from = comment.start as usize + start;
                res.push((Span::new(from, from + length), *rule));
            }
            at = start + length;
        }
    }
    res
}
