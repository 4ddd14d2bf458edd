//! The documents that the client has open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use project::{Dockerfile, is_dockerfile};
use tower_lsp_server::ls_types::{TextDocumentItem, Uri};

use crate::check::Checked;
use crate::text::{Encoding, Text};

/// One open document.
#[derive(Clone)]
pub(crate) struct Document {
    /// Its address, as the client writes it.
    pub(crate) uri: Uri,
    /// The client's number of this text.
    pub(crate) version: i32,
    /// Our own number of this text: no other text of any document has it.
    pub(crate) edition: u64,
    /// The text. Whoever holds it keeps the text of its moment.
    pub(crate) text: Arc<Text>,
    /// Where it is on disk; `None` for an untitled one.
    pub(crate) path: Option<Arc<Path>>,
    /// Whether it is checked; the others are only looked at by Dockerfiles.
    pub(crate) is_dockerfile: bool,
    /// Its place as a Dockerfile, if it has one.
    pub(crate) file: Option<Arc<Dockerfile>>,
    /// What was found in it the last time.
    pub(crate) checked: Option<Arc<Checked>>,
}

/// All open documents.
#[derive(Default)]
pub(crate) struct Documents {
    open: HashMap<Uri, Document>,
    latest_edition: u64,
}

impl Documents {
    fn next_edition(&mut self) -> u64 {
        self.latest_edition += 1;
        self.latest_edition
    }

    /// Takes a document in, or replaces it. `folders` are those of the workspace.
    pub(crate) fn open(
        &mut self,
        item: TextDocumentItem,
        encoding: Encoding,
        folders: &[PathBuf],
    ) -> &Document {
        let path = file_path(&item.uri);
        let is_dockerfile = speaks_dockerfile(&item.language_id, &item.uri);
        let file = match &path {
            Some(path) if is_dockerfile => Some(Arc::new(project::named_within(path, folders))),
            _ => None,
        };
        let document = Document {
            uri: item.uri.clone(),
            version: item.version,
            edition: self.next_edition(),
            text: Arc::new(Text::new(item.text, encoding)),
            path: path.map(|it| real_path(&it).into()),
            is_dockerfile,
            file,
            checked: None,
        };
        self.open.entry(item.uri).insert_entry(document).into_mut()
    }

    /// Changes a document's text; `None` when it is not open.
    pub(crate) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        change: impl FnOnce(&mut Text),
    ) -> Option<&Document> {
        let edition = self.next_edition();
        let document = self.open.get_mut(uri)?;
        change(Arc::make_mut(&mut document.text));
        document.version = version;
        document.edition = edition;
        Some(document)
    }

    pub(crate) fn close(&mut self, uri: &Uri) -> Option<Document> {
        self.open.remove(uri)
    }

    pub(crate) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.open.get(uri)
    }

    /// The open document at a real path.
    pub(crate) fn at(&self, path: &Path) -> Option<&Document> {
        self.open.values().find(|it| it.path.as_deref() == Some(path))
    }

    /// Every open document.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Document> {
        self.open.values()
    }

    /// Places every Dockerfile anew, for other workspace folders.
    pub(crate) fn place(&mut self, folders: &[PathBuf]) {
        for it in self.open.values_mut().filter(|it| it.is_dockerfile) {
            it.file = file_path(&it.uri).map(|it| Arc::new(project::named_within(&it, folders)));
        }
    }

    /// Remembers what was found, unless the text has changed since.
    pub(crate) fn remember(&mut self, uri: &Uri, checked: &Arc<Checked>) {
        if let Some(document) = self.open.get_mut(uri).filter(|it| it.edition == checked.edition) {
            document.checked = Some(Arc::clone(checked));
        }
    }
}

/// The path of a `file:` address.
pub(crate) fn file_path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    let path = is_file.then(|| uri.to_file_path()).flatten()?;
    path.is_absolute().then(|| path.into_owned())
}

/// The path with the links of its directory followed, as the build context names it.
pub(crate) fn real_path(path: &Path) -> PathBuf {
    let file = project::named_within(path, &[]);
    file.file
}

fn speaks_dockerfile(language: &str, uri: &Uri) -> bool {
    let path = uri.path().decode().to_string_lossy();
    // `Dockerfile.dockerignore` looks like a Dockerfile to an editor that goes by `Dockerfile.*`.
    if path.ends_with("ignore") {
        return false;
    }
    if language.eq_ignore_ascii_case("dockerfile") || language.eq_ignore_ascii_case("containerfile")
    {
        return true;
    }
    is_dockerfile(path.rsplit('/').next().unwrap_or(""))
}
