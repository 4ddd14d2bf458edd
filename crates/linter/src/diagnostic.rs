//! What a rule says about a place in a Dockerfile.

use syntax::Span;

use crate::Fix;

/// How much a diagnostic matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; many correct files have it.
    Info,
    /// A real cost or risk.
    Warning,
    /// The build fails, or the image does not work or leaks.
    Error,
}

impl Severity {
    /// In lower case, as it is written everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One finding. Made by [`crate::Reports::report`] only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Name of the rule.
    pub rule: &'static str,
    /// How much it matters, after the configuration had its say.
    pub severity: Severity,
    /// The place, in the bytes of the Dockerfile.
    pub span: Span,
    /// What is wrong here: present tense, lower case, no full stop.
    pub message: String,
    /// Other places of the same file that explain it.
    pub labels: Vec<Label>,
    /// Why it matters, and what else to know; a sentence or two each.
    pub notes: Vec<String>,
    /// Ways to repair it, the best first.
    pub fixes: Vec<Fix>,
}

/// A second place with its explanation, such as "compiler installed here".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place, in the bytes of the Dockerfile.
    pub span: Span,
    /// What is there.
    pub text: String,
}

impl Diagnostic {
    /// Adds a note: why it matters, or what to do. A full sentence without a full stop is fine.
    pub fn note(&mut self, text: impl Into<String>) -> &mut Diagnostic {
        self.notes.push(text.into());
        self
    }

    /// Adds a second place.
    pub fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Diagnostic {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Adds a way to repair it.
    pub fn fix(&mut self, fix: Fix) -> &mut Diagnostic {
        self.fixes.push(fix);
        self
    }

    /// Adds a way to repair it that changes other places of the Dockerfile as well, and labels those with `text`.
    pub fn fix_elsewhere(&mut self, fix: Fix, text: &str) -> &mut Diagnostic {
        for edit in fix.edits.iter().filter(|it| it.path.is_none() && !it.span.is_empty()) {
            let is_told = |it: Span| it.start <= edit.span.start && edit.span.end <= it.end;
            if !is_told(self.span) && !self.labels.iter().any(|it| is_told(it.span)) {
                self.labels.push(Label { span: edit.span, text: text.to_owned() });
            }
        }
        self.fix(fix)
    }

    /// Adds a way to repair it, if there is one.
    pub fn fix_if(&mut self, fix: Option<Fix>) -> &mut Diagnostic {
        self.fixes.extend(fix);
        self
    }
}
