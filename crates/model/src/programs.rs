//! Which programs the small Debian images of Python have.

use shell::Command;

/// Programs that are in `python:3.x-slim` of every release, and those that Python brings.
const PRESENT: &[&str] = &[
    ".",
    ":",
    "[",
    "alias",
    "apt",
    "apt-cache",
    "apt-get",
    "apt-key",
    "apt-mark",
    "awk",
    "base64",
    "basename",
    "bash",
    "break",
    "cat",
    "cd",
    "chgrp",
    "chmod",
    "chown",
    "chroot",
    "comm",
    "command",
    "continue",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dirname",
    "dpkg",
    "dpkg-query",
    "dpkg-reconfigure",
    "du",
    "echo",
    "egrep",
    "env",
    "eval",
    "exec",
    "exit",
    "export",
    "expr",
    "false",
    "fgrep",
    "find",
    "getent",
    "grep",
    "groupadd",
    "groupmod",
    "gunzip",
    "gzip",
    "hash",
    "head",
    "hostname",
    "id",
    "install",
    "ldconfig",
    "ln",
    "local",
    "ls",
    "mawk",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "openssl",
    "passwd",
    "perl",
    "popd",
    "printf",
    "pushd",
    "pwd",
    "python",
    "python3",
    "read",
    "readlink",
    "realpath",
    "return",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "set",
    "sh",
    "sha256sum",
    "sha512sum",
    "shift",
    "shopt",
    "sleep",
    "sort",
    "source",
    "split",
    "stat",
    "su",
    "sync",
    "tail",
    "tar",
    "tee",
    "test",
    "timeout",
    "touch",
    "tr",
    "trap",
    "true",
    "truncate",
    "type",
    "tzselect",
    "ulimit",
    "umask",
    "uname",
    "uniq",
    "unset",
    "update-alternatives",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wait",
    "wc",
    "which",
    "whoami",
    "xargs",
    "yes",
    "zcat",
];

/// Programs that the full images have and the small ones lack, each with the package that brings it.
const ABSENT: &[(&str, &str)] = &[
    ("autoconf", "autoconf"),
    ("automake", "automake"),
    ("autoreconf", "autoconf"),
    ("bunzip2", "bzip2"),
    ("bzcat", "bzip2"),
    ("bzip2", "bzip2"),
    ("bzr", "bzr"),
    ("c++", "g++"),
    ("cc", "gcc"),
    ("convert", "imagemagick"),
    ("curl", "curl"),
    ("file", "file"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("git", "git"),
    ("gpg", "gnupg"),
    ("hg", "mercurial"),
    ("make", "make"),
    ("mysql_config", "default-libmysqlclient-dev"),
    ("patch", "patch"),
    ("pg_config", "libpq-dev"),
    ("pkg-config", "pkg-config"),
    ("ps", "procps"),
    ("ssh", "openssh-client"),
    ("ssh-keyscan", "openssh-client"),
    ("svn", "subversion"),
    ("unxz", "xz-utils"),
    ("unzip", "unzip"),
    ("wget", "wget"),
    ("xz", "xz-utils"),
    ("xzcat", "xz-utils"),
];

/// What is known of a program in the small Debian images of Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InSlim {
    /// It is there.
    Present,
    /// It is not; this package brings it.
    Absent(&'static str),
    /// Not known.
    Unknown,
}

/// What is known of a program by its name without directories.
pub fn in_slim(program: &str) -> InSlim {
    if PRESENT.binary_search(&program).is_ok() {
        return InSlim::Present;
    }
    match ABSENT.binary_search_by_key(&program, |it| it.0) {
        Ok(at) => ABSENT.get(at).map_or(InSlim::Unknown, |it| InSlim::Absent(it.1)),
        Err(_) => InSlim::Unknown,
    }
}

/// The package of the program that `tar` starts to unpack or pack with, where the small images lack it: by an option, or
/// by the name of the archive.
pub fn unpacker(command: &Command<'_>) -> Option<&'static str> {
    if command.program() != Some("tar") {
        return None;
    }
    let words = || command.words.iter().skip(1).filter_map(|it| it.literal());
    let by_name = |it: &str| {
        let is_one = |endings: &[&str]| endings.iter().any(|ending| it.ends_with(ending));
        match it {
            "--xz" => Some("xz-utils"),
            "--bzip2" => Some("bzip2"),
            _ if is_one(&[".tar.xz", ".txz"]) => Some("xz-utils"),
            _ if is_one(&[".tar.bz2", ".tbz", ".tbz2"]) => Some("bzip2"),
            _ => None,
        }
    };
    let by_letter = |(index, it): (usize, &str)| {
        // The first word may do without the dash: `tar xjf`.
        let is_short = it.starts_with('-') && !it.starts_with("--");
        let letters = Some(it).filter(|_| is_short || index == 0 && !it.starts_with('-'))?;
        if letters.contains('J') {
            return Some("xz-utils");
        }
        letters.contains('j').then_some("bzip2")
    };
    words().find_map(by_name).or_else(|| words().enumerate().find_map(by_letter))
}

/// The first program that a start command (`CMD …`, with its keyword) runs and that the small images lack.
pub fn absent_in_start(text: &str) -> Option<&'static str> {
    let is_between =
        |it: char| it.is_whitespace() || matches!(it, '"' | '[' | ']' | ',' | '(' | '\'');
    let mut is_program = false;
    for word in text.split(is_between).filter(|it| !it.is_empty()) {
        let name = word.rsplit('/').next().unwrap_or(word);
        let found = ABSENT.iter().find(|it| it.0 == name);
        if let Some(found) = found.filter(|_| is_program) {
            return Some(found.0);
        }
        is_program = word.ends_with(';')
            || matches!(
                word,
                "CMD" | "ENTRYPOINT" | "cmd" | "entrypoint" | "&&" | "||" | "|" | "-c" | "exec"
            )
            || is_program && word.contains('=');
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_apart() {
        assert!(PRESENT.is_sorted() && ABSENT.is_sorted());
        let cases = [
            ("mkdir", InSlim::Present),
            (":", InSlim::Present),
            ("yes", InSlim::Present),
            ("git", InSlim::Absent("git")),
            ("cc", InSlim::Absent("gcc")),
            ("alembic", InSlim::Unknown),
        ];
        for (program, expected) in cases {
            assert_eq!(in_slim(program), expected, "{program}");
        }
        assert_eq!(absent_in_start("HEALTHCHECK CMD curl -f http://localhost"), Some("curl"));
        assert_eq!(absent_in_start("CMD [\"/usr/bin/git\"]"), Some("git"));
        assert_eq!(absent_in_start("CMD sh -c 'sleep 1 && wget x'"), Some("wget"));
        assert_eq!(absent_in_start("CMD [\"python\", \"curler.py\", \"file\"]"), None);
    }
}
