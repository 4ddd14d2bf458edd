//! Writes the files of one fix, all or none of them, without ever leaving half a file.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::problem::{Problem, reason};

/// The new text of one file.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where it is.
    pub file: PathBuf,
    /// Its name in messages.
    pub shown: String,
    /// The text that the fix was made for; `None` when the file did not exist.
    pub before: Option<String>,
    /// The text that it shall have.
    pub after: String,
    /// Real paths; a symbolic link is written through only when its target is one of them or below one.
    pub within: Vec<PathBuf>,
}

/// Writes all changes or none.
///
/// Every new text is first written to a file beside its target, then the targets are replaced at one stroke each;
/// should that fail half-way, those already replaced get their old text back. The mode is kept, and the owner when
/// the caller may set it.
///
/// # Errors
/// A file that changed since it was read, is read-only, has other names (hard links), leads outside, or cannot be written: nothing is changed.
pub fn write_all(changes: &[Change]) -> Result<(), Problem> {
    let prepared: Vec<Prepared> = changes.iter().map(prepare).collect::<Result<_, _>>()?;
    // As late as possible: an editor may have saved the file in the meantime.
    for (change, prepared) in changes.iter().zip(&prepared) {
        check_unchanged(change, &prepared.target)?;
    }
    let mut done: Vec<(&Change, PathBuf)> = Vec::new();
    for (change, Prepared { temporary, target }) in changes.iter().zip(prepared) {
        let res = match change.before {
            Some(_) => temporary.persist(&target),
            None => temporary.persist_noclobber(&target),
        };
        if let Err(error) = res {
            done.into_iter().for_each(|(change, target)| undo(change, &target));
            return Err(Problem::writing(&change.shown, reason(&error.error)));
        }
        done.push((change, target));
    }
    Ok(())
}

struct Prepared {
    temporary: NamedTempFile,
    target: PathBuf,
}

fn prepare(change: &Change) -> Result<Prepared, Problem> {
    let target = match change.before {
        Some(_) => target(change)?,
        None => change.file.clone(),
    };
    temporary(change, &target)
        .map(|temporary| Prepared { temporary, target })
        .map_err(|it| Problem::writing(&change.shown, reason(&it)))
}

/// The file behind a symbolic link, if it may be written.
fn target(change: &Change) -> Result<PathBuf, Problem> {
    let problem = |text: String| Problem::writing(&change.shown, text);
    let error = |it: io::Error| problem(reason(&it));
    let target = fs::canonicalize(&change.file).map_err(error)?;
    let is_link = fs::symlink_metadata(&change.file).map_err(error)?.is_symlink();
    if is_link && !change.within.iter().any(|it| target.starts_with(it)) {
        return Err(problem(format!(
            "it is a symbolic link to `{}`, outside of the paths given; name that file to have it fixed",
            target.display()
        )));
    }
    let metadata = fs::metadata(&target).map_err(error)?;
    let n_names = names(&metadata);
    if n_names > 1 {
        return Err(problem(format!(
            "it has {n_names} names (hard links), and the others would keep the old text; \
             make it a file of its own, such as with `cp`, or a symbolic link"
        )));
    }
    if metadata.permissions().readonly() {
        return Err(problem("it is read-only; make it writable first".to_owned()));
    }
    // Replacing needs rights for the directory only, but a file that may not be written must stay.
    File::options().write(true).open(&target).map_err(error)?;
    Ok(target)
}

/// How many hard links a file has.
#[cfg(unix)]
fn names(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(metadata)
}

#[cfg(not(unix))]
fn names(_metadata: &Metadata) -> u64 {
    1
}

fn temporary(change: &Change, target: &Path) -> io::Result<NamedTempFile> {
    let directory = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".pylintdock-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What a new file gets, less the process's mask.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut temporary = builder.tempfile_in(directory)?;
    temporary.write_all(change.after.as_bytes())?;
    if change.before.is_some() {
        let metadata = fs::metadata(target)?;
        keep_owner(&metadata, temporary.path());
        temporary.as_file().set_permissions(metadata.permissions())?;
    }
    temporary.as_file().sync_all()?;
    Ok(temporary)
}

/// Gives the new file its predecessor's owner. Only a privileged process may; for others the file becomes theirs,
/// as with every editor that replaces files.
#[cfg(unix)]
fn keep_owner(metadata: &Metadata, path: &Path) {
    use std::os::unix::fs::{MetadataExt, chown};
    let Ok(new) = fs::metadata(path) else { return };
    if (new.uid(), new.gid()) != (metadata.uid(), metadata.gid()) {
        let _unprivileged = chown(path, Some(metadata.uid()), Some(metadata.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_metadata: &Metadata, _path: &Path) {}

fn check_unchanged(change: &Change, target: &Path) -> Result<(), Problem> {
    let is_unchanged = match (&change.before, fs::read(target)) {
        (Some(before), Ok(now)) => before.as_bytes() == now,
        (None, Err(error)) => error.kind() == io::ErrorKind::NotFound,
        _ => false,
    };
    if is_unchanged {
        return Ok(());
    }
    let text = "it was changed by something else meanwhile; nothing was overwritten, run again";
    Err(Problem::writing(&change.shown, text))
}

/// Puts the old text back; there is nobody to tell if that fails too.
fn undo(change: &Change, target: &Path) {
    let _best_effort = match &change.before {
        Some(before) => fs::write(target, before),
        None => fs::remove_file(target),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(file: &Path, before: Option<&str>, after: &str) -> Change {
        Change {
            file: file.to_path_buf(),
            shown: file.file_name().unwrap().to_string_lossy().into_owned(),
            before: before.map(str::to_owned),
            after: after.to_owned(),
            within: Vec::new(),
        }
    }

    fn entries(directory: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(directory)
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_replaced_and_created() {
        let directory = tempfile::tempdir().unwrap();
        let (old, new) =
            (directory.path().join("Dockerfile"), directory.path().join(".dockerignore"));
        fs::write(&old, "\u{feff}FROM a\r\n").unwrap();
        let changes = [
            change(&old, Some("\u{feff}FROM a\r\n"), "\u{feff}FROM b\r\n"),
            change(&new, None, ".git\n"),
        ];
        write_all(&changes).unwrap();
        assert_eq!(fs::read_to_string(&old).unwrap(), "\u{feff}FROM b\r\n");
        assert_eq!(fs::read_to_string(&new).unwrap(), ".git\n");
        assert_eq!(entries(directory.path()), [".dockerignore", "Dockerfile"]);
    }

    #[test]
    fn one_file_that_changed_stops_them_all() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        fs::write(&one, "1").unwrap();
        fs::write(&two, "newer").unwrap();
        let error = write_all(&[change(&one, Some("1"), "x"), change(&two, Some("2"), "x")]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "cannot write `two`: it was changed by something else meanwhile; nothing was overwritten, run again"
        );
        let error = write_all(&[change(&one, Some("1"), "x"), change(&two, None, "x")]);
        assert!(error.is_err());
        assert_eq!(fs::read_to_string(&one).unwrap(), "1");
        assert_eq!(fs::read_to_string(&two).unwrap(), "newer");
        assert_eq!(entries(directory.path()), ["one", "two"]);
    }

    #[test]
    #[cfg(unix)]
    fn modes_are_kept_and_links_only_followed_inside() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(directory.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let set_mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap()
        };
        fs::create_dir_all(root.join("in")).unwrap();
        fs::create_dir_all(root.join("out")).unwrap();
        let (inside, outside) = (root.join("in/a"), root.join("out/a"));
        fs::write(&inside, "1").unwrap();
        fs::write(&outside, "1").unwrap();
        set_mode(&inside, 0o755);
        symlink("a", root.join("in/link")).unwrap();
        symlink("../out/a", root.join("in/far")).unwrap();
        let write = |path: &str, before, after| {
            let within = vec![root.join("in")];
            write_all(&[Change { within, ..change(&root.join(path), Some(before), after) }])
        };
        write("in/link", "1", "2").unwrap();
        assert!(fs::symlink_metadata(root.join("in/link")).unwrap().is_symlink());
        assert_eq!((fs::read_to_string(&inside).unwrap().as_str(), mode(&inside)), ("2", 0o755));
        let error = write("in/far", "1", "2");
        assert!(error.unwrap_err().to_string().contains("outside of the paths given"));
        set_mode(&inside, 0o444);
        let error = write("in/a", "2", "3").unwrap_err();
        assert_eq!(error.to_string(), "cannot write `a`: it is read-only; make it writable first");
        assert_eq!(fs::read_to_string(&inside).unwrap(), "2");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_several_names_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let (file, other) = (directory.path().join("Dockerfile"), directory.path().join("other"));
        fs::write(&file, "FROM a\n").unwrap();
        fs::hard_link(&file, &other).unwrap();
        let refused = write_all(&[change(&file, Some("FROM a\n"), "FROM b\n")]).unwrap_err();
        assert!(refused.to_string().contains("it has 2 names (hard links)"), "{refused}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "FROM a\n");
        fs::remove_file(&other).unwrap();
        write_all(&[change(&file, Some("FROM a\n"), "FROM b\n")]).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "FROM b\n");
    }
}
