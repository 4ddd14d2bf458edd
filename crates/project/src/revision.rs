//! What files were in a revision of a git repository. The only place where a program is started while files are
//! checked, for a person who asked to compare with a revision.

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::disk::relative_to;
use crate::problem::{Problem, shown};

/// The texts that files (absolute, without symbolic links in their directories) had where the branch of `revision` and
/// the checked-out one parted; a file that is absent there was added since. A renamed file is found under its old name.
///
/// # Errors
/// A file in no repository, a revision that does not exist, or git that cannot be run: with what to do.
pub fn texts_at(revision: &str, files: &[PathBuf]) -> Result<HashMap<PathBuf, String>, Problem> {
    let mut by_root: BTreeMap<PathBuf, Vec<&Path>> = BTreeMap::new();
    for file in files {
        let Some(root) = root_of(file) else {
            let text = format!(
                "cannot compare `{}` with `{revision}`: it is in no git repository; leave --diff-base out to check all of it",
                shown(file)
            );
            return Err(Problem::new(shown(file), text));
        };
        by_root.entry(root).or_default().push(file);
    }
    let mut res = HashMap::new();
    for (root, files) in by_root {
        let git = Git { root: &root, revision };
        let start = git.start()?;
        let old_names = git.renames(&start)?;
        let names = files.iter().map(|file| {
            let name = relative_to(file, &root);
            old_names.get(&name).cloned().unwrap_or(name)
        });
        let names: Vec<String> = names.collect();
        let texts = git.texts(&start, &names)?;
        let found = files.iter().zip(texts);
        res.extend(found.filter_map(|(file, text)| Some((file.to_path_buf(), text?))));
    }
    Ok(res)
}

/// The nearest directory above with `.git`, a directory or, in a worktree or submodule, a file.
fn root_of(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|it| it.join(".git").exists()).map(Path::to_owned)
}

struct Git<'a> {
    root: &'a Path,
    revision: &'a str,
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
    /// shallow clone.
    fn start(&self) -> Result<String, Problem> {
        let name = format!("{}^{{commit}}", self.revision);
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &name];
        let Some(commit) = self.output(&arguments)? else {
            return Err(self.problem(
                "git knows no such revision here; in a shallow clone fetch it first, as with \
                 `git fetch origin BRANCH` and then --diff-base origin/BRANCH",
            ));
        };
        let commit = line(&commit);
        let parted = self.output(&["merge-base", &commit, "HEAD"])?;
        Ok(parted.map_or(commit, |it| line(&it)))
    }

    /// Old names by new ones.
    fn renames(&self, commit: &str) -> Result<HashMap<String, String>, Problem> {
        let arguments = [
            "diff",
            "--name-status",
            "-z",
            "-M",
            "--diff-filter=R",
            "--no-ext-diff",
            "--no-textconv",
            commit,
            "--",
        ];
        let listed = self.output(&arguments)?.unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        let fields: Vec<&str> = listed.split('\0').collect();
        let renames = fields.chunks_exact(3).filter(|it| it[0].starts_with('R'));
        Ok(renames.map(|it| (it[2].to_owned(), it[1].to_owned())).collect())
    }

    /// The texts of files in a commit, in their order, `None` for those that it lacks.
    fn texts(&self, commit: &str, names: &[String]) -> Result<Vec<Option<String>>, Problem> {
        let mut command = self.command(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child: Child = command.spawn().map_err(|it| self.not_started(&it))?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(self.problem("git has no input"));
        };
        // A name with a line break would be two; such a file counts as new.
        let is_plain = |it: &&String| !it.contains('\n');
        let asked: Vec<String> =
            names.iter().filter(is_plain).map(|it| format!("{commit}:{it}\n")).collect();
        // Both ends at once: git stops reading while nobody takes its answers.
        let answers = std::thread::scope(|scope| {
            scope.spawn(move || {
                let _git_may_have_ended = input.write_all(asked.concat().as_bytes());
            });
            let mut output = BufReader::new(output);
            names.iter().map(|it| is_plain(&it).then(|| blob(&mut output)).flatten()).collect()
        });
        let _status = child.wait();
        Ok(answers)
    }
}

/// One answer of `git cat-file --batch`: a line with the size and the bytes, or a line that ends with `missing`.
fn blob(output: &mut impl BufRead) -> Option<String> {
    let mut head = String::new();
    output.read_line(&mut head).ok()?;
    let mut words = head.split_whitespace().rev();
    let size: u64 = words.next()?.parse().ok()?;
    let is_blob = words.next() == Some("blob");
    let mut bytes = Vec::new();
    // The answer ends with a line break of its own.
    output.by_ref().take(size + 1).read_to_end(&mut bytes).ok()?;
    bytes.pop();
    is_blob.then(|| String::from_utf8_lossy(&bytes).into_owned())
}

fn line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::blob;

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
}
