//! Repairs: edits of a file, and how far they can be trusted.

use syntax::Span;

/// Replaces the bytes of a span by a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// Which file: `None` is the Dockerfile itself, otherwise a path relative to the build context's root. A file
    /// that does not exist yet counts as empty.
    pub path: Option<String>,
    /// The bytes that go; empty to insert.
    pub span: Span,
    /// What comes instead.
    pub text: String,
}

impl Edit {
    /// Replaces `span` of the Dockerfile by `text`.
    pub fn replace(span: Span, text: impl Into<String>) -> Edit {
        Edit { path: None, span, text: text.into() }
    }

    /// Inserts `text` before the byte at `offset` of the Dockerfile.
    pub fn insert(offset: usize, text: impl Into<String>) -> Edit {
        Edit::replace(Span::at(offset), text)
    }

    /// Deletes `span` of the Dockerfile.
    pub fn delete(span: Span) -> Edit {
        Edit::replace(span, "")
    }

    /// Replaces `span` of a file of the build context.
    pub fn in_file(path: impl Into<String>, span: Span, text: impl Into<String>) -> Edit {
        Edit { path: Some(path.into()), span, text: text.into() }
    }
}

/// How far a fix can be trusted, in terms of the image that is built.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// The same Python packages, run-time libraries, usable files and start command; only caches, temporary files,
    /// build tools that nothing uses later, order without effect, or spelling differ. Comments survive.
    Safe,
    /// It should still build, but what is installed, when or from where may differ, or something could not be
    /// proved. Applied only with `--unsafe-fixes`.
    Unsafe,
    /// A person must fill something in. Shown in an editor, never applied by a command.
    Manual,
}

/// A repair: all of its edits belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Imperative: what will be typed ("Add --no-cache-dir").
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// Why it is not safe; empty when it is.
    pub reasons: Vec<String>,
    /// Sorted by file and place, disjoint.
    pub edits: Vec<Edit>,
    /// Places of the Dockerfile whose text the edits repeat elsewhere: a fix that changes one of them waits for the next
    /// round, or the other way round.
    pub repeats: Vec<Span>,
    /// It changes a base image, by which other findings are judged: it is applied before fixes that repeat text.
    pub is_of_base: bool,
}

impl Fix {
    /// A safe fix. See [`Safety::Safe`] for what that promises.
    pub fn safe(title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> Fix {
        Fix::new(title.into(), Safety::Safe, Vec::new(), edits)
    }

    /// An unsafe fix, with what could not be proved or what will differ.
    pub fn unsafe_because(
        title: impl Into<String>,
        reason: impl Into<String>,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Fix {
        Fix::new(title.into(), Safety::Unsafe, vec![reason.into()], edits)
    }

    /// A fix that a person must complete.
    pub fn manual(title: impl Into<String>, edits: impl IntoIterator<Item = Edit>) -> Fix {
        Fix::new(title.into(), Safety::Manual, Vec::new(), edits)
    }

    /// The same fix, whose edits repeat the text at these places.
    pub fn repeating(mut self, places: Vec<Span>) -> Fix {
        self.repeats = places;
        self
    }

    /// The same fix, which changes a base image.
    pub fn of_base(mut self) -> Fix {
        self.is_of_base = true;
        self
    }

    /// Safe without reasons, unsafe with any.
    pub fn safe_unless(
        title: impl Into<String>,
        reasons: Vec<String>,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Fix {
        let safety = if reasons.is_empty() { Safety::Safe } else { Safety::Unsafe };
        Fix::new(title.into(), safety, reasons, edits)
    }

    fn new(
        title: String,
        safety: Safety,
        reasons: Vec<String>,
        edits: impl IntoIterator<Item = Edit>,
    ) -> Fix {
        let mut edits: Vec<Edit> = edits.into_iter().collect();
        edits.sort_by(|a, b| (&a.path, a.span).cmp(&(&b.path, b.span)));
        for pair in edits.windows(2) {
            assert!(
                pair[0].path != pair[1].path || pair[0].span.end <= pair[1].span.start,
                "edits of «{title}» overlap: {:?} and {:?}",
                pair[0],
                pair[1]
            );
        }
        Fix { title, safety, reasons, edits, repeats: Vec::new(), is_of_base: false }
    }
}
