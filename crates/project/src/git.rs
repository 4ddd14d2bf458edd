//! Git, asked about one repository. The only place where a program is started while files are checked, for a person who
//! asked to compare with a revision.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::problem::Problem;

/// The repository at a root, for a comparison with a revision.
pub(crate) struct Git<'a> {
    pub(crate) root: &'a Path,
    pub(crate) revision: &'a str,
}

/// A file that a commit and the working tree do not have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Changed {
    /// Its name now; its name then when it is there no more.
    pub(crate) name: String,
    /// Its name and content then; `None` for a file that was added.
    pub(crate) before: Option<(String, Blob)>,
}

/// The name of a content that git keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Blob(String);

/// The nearest directory above with `.git`, a directory or, in a worktree or submodule, a file.
pub(crate) fn root_of(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|it| it.join(".git").exists()).map(Path::to_owned)
}

impl Git<'_> {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.root).args(arguments);
        // Where git was started from a hook, it must still look at this repository.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command
    }

    fn problem(&self, reason: &str) -> Problem {
        let text = format!("cannot compare with `{}`: {reason}", self.revision);
        Problem::new("", text)
    }

    fn not_started(&self, error: &std::io::Error) -> Problem {
        match error.kind() {
            ErrorKind::NotFound => self.problem("git is not installed; --diff-base needs it"),
            _ => self.problem(&format!("git cannot be started: {error}")),
        }
    }

    /// What a command prints; `None` when it fails.
    fn output(&self, arguments: &[&str]) -> Result<Option<Vec<u8>>, Problem> {
        let mut command = self.command(arguments);
        let output = command.stdin(Stdio::null()).output().map_err(|it| self.not_started(&it))?;
        Ok(output.status.success().then_some(output.stdout))
    }

    /// The commit to compare with: where the branches parted, or the revision itself where that is not known, as in a
    /// shallow clone. The second value tells whether it is another one than the revision.
    ///
    /// # Errors
    /// There is no such revision, or no git.
    pub(crate) fn start(&self) -> Result<(String, bool), Problem> {
        let name = format!("{}^{{commit}}", self.revision);
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &name];
        let Some(commit) = self.output(&arguments)? else {
            return Err(self.problem(
                "git knows no such revision here; in a shallow clone fetch it first, as with \
                 `git fetch origin BRANCH` and then --diff-base origin/BRANCH",
            ));
        };
        let commit = line(&commit);
        let parted = self.output(&["merge-base", &commit, "HEAD"])?.map(|it| line(&it));
        Ok(match parted {
            Some(parted) if parted != commit => (parted, true),
            _ => (commit, false),
        })
    }

    /// What has changed between a commit and the files on disk. Links and submodules are left out, and so are files that
    /// git does not know.
    ///
    /// # Errors
    /// Git cannot be started.
    pub(crate) fn changes(&self, commit: &str) -> Result<Vec<Changed>, Problem> {
        let arguments =
            ["diff", "--raw", "-z", "--no-abbrev", "-M", "--no-ext-diff", "--no-textconv", commit];
        let listed = self.output(&[&arguments[..], &["--"]].concat())?.unwrap_or_default();
        Ok(changes(&String::from_utf8_lossy(&listed)))
    }

    /// The sizes in bytes of contents, in their order; 0 where git does not tell.
    pub(crate) fn sizes(&self, blobs: &[&Blob]) -> Vec<u64> {
        let asked: Vec<String> = blobs.iter().map(|it| format!("{}\n", it.0)).collect();
        let answer = |output: &mut dyn BufRead| {
            let mut line = String::new();
            output.read_line(&mut line).ok()?;
            line.trim().parse().ok()
        };
        let format = "--batch-check=%(objectsize)";
        let sizes = self.batch(format, asked, |output| answer(output).unwrap_or(0));
        sizes.unwrap_or_else(|_| vec![0; blobs.len()])
    }

    /// The bytes of a content; `None` where git does not have it.
    pub(crate) fn bytes(&self, blob: &Blob) -> Option<Vec<u8>> {
        self.output(&["cat-file", "blob", &blob.0]).ok()?
    }

    /// The texts of files in a commit, in their order, `None` for those that it lacks.
    ///
    /// # Errors
    /// Git cannot be started.
    pub(crate) fn texts(
        &self,
        commit: &str,
        names: &[String],
    ) -> Result<Vec<Option<String>>, Problem> {
        // A name with a line break would be two; nothing is called like an empty one.
        let plain = |it: &String| if it.contains('\n') { String::new() } else { it.clone() };
        let asked = names.iter().map(|it| format!("{commit}:{}\n", plain(it))).collect();
        self.batch("--batch", asked, |output| blob(output))
    }

    /// The answers of `git cat-file` to each line.
    fn batch<T>(
        &self,
        option: &str,
        asked: Vec<String>,
        mut answer: impl FnMut(&mut dyn BufRead) -> T,
    ) -> Result<Vec<T>, Problem> {
        let mut command = self.command(&["cat-file", option]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child: Child = command.spawn().map_err(|it| self.not_started(&it))?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.problem("git has no input"));
        };
        let n_asked = asked.len();
        // Both ends at once: git stops reading while nobody takes its answers.
        let answers = std::thread::scope(|scope| {
            scope.spawn(move || {
                let _git_may_have_ended = input.write_all(asked.concat().as_bytes());
            });
            let mut output = BufReader::new(output);
            (0..n_asked).map(|_| answer(&mut output)).collect()
        });
        let _status = child.wait();
        Ok(answers)
    }
}

/// One answer of `git cat-file --batch`: a line with the size and the bytes, or a line that ends with `missing`.
fn blob(output: &mut dyn BufRead) -> Option<String> {
    let mut head = String::new();
    output.read_line(&mut head).ok()?;
    let mut words = head.split_whitespace().rev();
    let size: u64 = words.next()?.parse().ok()?;
    let is_blob = words.next() == Some("blob");
    let mut bytes = Vec::new();
    // The answer ends with a line break of its own.
    output.take(size + 1).read_to_end(&mut bytes).ok()?;
    bytes.pop();
    is_blob.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

/// The answer of `git diff --raw -z`: `:MODE MODE NAME NAME STATUS`, then the path, and behind that the new one of a file
/// that was renamed.
fn changes(listed: &str) -> Vec<Changed> {
    let mut res = Vec::new();
    let mut fields = listed.split('\0');
    while let (Some(head), Some(path)) = (fields.next(), fields.next()) {
        let words: Vec<&str> = head.split(' ').collect();
        let [mode, _, blob, _, status] = words.as_slice() else { break };
        let is_renamed = status.starts_with(['R', 'C']);
        let name = if is_renamed { fields.next().unwrap_or(path) } else { path };
        // A link (120000) has its target as its content, a submodule (160000) has none.
        let before = match *mode {
            ":000000" => None,
            mode if mode.starts_with(":100") => Some((path.to_owned(), Blob((*blob).to_owned()))),
            _ => continue,
        };
        res.push(Changed { name: name.to_owned(), before });
    }
    res
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_git_are_read() {
        let mut answers: &[u8] =
            b"0a1b blob 7\nFROM a\n\nmain:x y missing\n0a1b tree 2\nab\n0c blob 0\n\n";
        let mut next = || blob(&mut answers);
        assert_eq!(next().as_deref(), Some("FROM a\n"));
        assert_eq!(next(), None);
        assert_eq!(next(), None);
        assert_eq!(next().as_deref(), Some(""));
        assert_eq!(next(), None);
    }

    #[test]
    fn changes_are_read() {
        let listed = ":100644 100644 aa 00 M\0a b\0:000000 100644 00 bb A\0new\0:100755 000000 cc 00 D\0gone\0\
                      :100644 100644 dd 00 R090\0old\0now\0:120000 100644 ee 00 T\0link\0:160000 160000 f0 00 M\0sub\0";
        let before = |name: &str, blob: &str| Some((name.to_owned(), Blob(blob.to_owned())));
        let changed = |name: &str, before| Changed { name: name.to_owned(), before };
        assert_eq!(
            changes(listed),
            [
                changed("a b", before("a b", "aa")),
                changed("new", None),
                changed("gone", before("gone", "cc")),
                changed("now", before("old", "dd")),
            ]
        );
        assert_eq!(changes(""), []);
    }
}
