//! `RUN --mount=…`: what is mounted where.

use std::borrow::Cow;

use syntax::{Flag, Span};

/// What kind of mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the context, another stage or an image, for this RUN only.
    Bind,
    /// A directory that outlives the build and belongs to no layer.
    Cache,
    /// Memory.
    Tmpfs,
    /// A secret file or variable.
    Secret,
    /// The agent's socket.
    Ssh,
    /// Misspelt or newer than this program.
    Other,
}

/// One mount of a RUN.
#[derive(Clone, Debug)]
pub struct Mount<'f> {
    /// What kind; bind when not said.
    pub kind: MountKind,
    /// Where it appears, as written and resolved; `None` when not said or not known.
    pub target: Option<String>,
    /// `from=`: a stage, an image or a named context.
    pub from: Option<String>,
    /// `source=`: what is mounted, relative to the root of where it is from.
    pub source: Option<String>,
    /// Every `key[=value]` as written, in order.
    pub options: Vec<(Cow<'f, str>, Option<Cow<'f, str>>)>,
    /// The whole flag.
    pub span: Span,
    /// The flag's value as written.
    pub value_span: Span,
}

impl<'f> Mount<'f> {
    /// Reads a `--mount` flag; `resolve` gives the value of a text with variables where it is certain.
    pub fn read(flag: &Flag<'f>, resolve: &dyn Fn(&str) -> Option<String>) -> Mount<'f> {
        let value = flag.value.as_deref().unwrap_or("");
        let mut options: Vec<(Cow<'f, str>, Option<Cow<'f, str>>)> = Vec::new();
        for field in value.split(',').filter(|it| !it.is_empty()) {
            let field = field.trim_matches('"');
            options.push(match field.split_once('=') {
                Some((key, value)) => {
                    (key.to_ascii_lowercase().into(), Some(value.to_owned().into()))
                }
                None => (field.to_ascii_lowercase().into(), None),
            });
        }
        let find = |names: &[&str]| {
            let found = options.iter().find(|it| names.contains(&&*it.0))?;
            resolve(found.1.as_deref()?)
        };
        let kind = match find(&["type"]).as_deref() {
            None | Some("bind") => MountKind::Bind,
            Some("cache") => MountKind::Cache,
            Some("tmpfs") => MountKind::Tmpfs,
            Some("secret") => MountKind::Secret,
            Some("ssh") => MountKind::Ssh,
            Some(_) => MountKind::Other,
        };
        Mount {
            kind,
            target: find(&["target", "dst", "destination"]),
            from: find(&["from"]),
            source: find(&["source", "src"]),
            options,
            span: flag.span,
            value_span: flag.value_span,
        }
    }

    /// The value of an option, such as `uid`; `Some("")` when it stands without a value.
    pub fn option(&self, key: &str) -> Option<&str> {
        let found = self.options.iter().find(|it| it.0 == key)?;
        Some(found.1.as_deref().unwrap_or(""))
    }

    /// Whether `path`, absolute, lies in the mount or is its target.
    pub fn covers(&self, path: &str) -> bool {
        self.target.as_deref().is_some_and(|it| crate::path::is_inside(path, it))
    }
}
