//! What a command of a RUN does to files: nothing, only what its words name, or nobody knows.

use managers::{Action, Call, Tool};
use shell::Command;

use crate::download::downloaded;
use crate::path;

/// The value of a variable, where it is certain.
type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// What a command does to files outside of the system's own directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It reads and writes nothing there: accounts, settings, packages.
    None,
    /// It uses the files and directories at these paths, and no others; absolute and cleaned.
    Uses {
        /// What it reads, changes or removes.
        paths: Vec<String>,
        /// What it may make: these paths themselves or anything below them.
        made: Vec<String>,
        /// It takes things away.
        removes: bool,
    },
    /// It may do anything.
    Unknown,
}

/// What `command` does; `call` is its package-manager call, if it is one, and `directory` the one that it runs in.
pub(crate) fn effect(
    command: &Command<'_>,
    call: Option<&Call<'_>>,
    directory: Option<&str>,
    lookup: Lookup<'_>,
) -> Effect {
    let own = match call {
        Some(call) => of_call(call),
        None => of_program(command, directory, lookup),
    };
    with_redirects(own, command, directory, lookup)
}

fn with_redirects(
    own: Effect,
    command: &Command<'_>,
    directory: Option<&str>,
    lookup: Lookup<'_>,
) -> Effect {
    let mut made = Vec::new();
    let mut read = Vec::new();
    for redirect in &command.redirects {
        let list = match redirect.operator {
            ">" | ">>" | ">|" | "&>" | "&>>" | "<>" => &mut made,
            "<" => &mut read,
            _ => continue,
        };
        let Some(text) = redirect.target.resolve(lookup) else { return Effect::Unknown };
        let Some(path) = absolute(&text, directory) else { return Effect::Unknown };
        if !path.starts_with("/dev/") {
            list.push(path);
        }
    }
    if made.is_empty() && read.is_empty() {
        return own;
    }
    match own {
        Effect::None => Effect::Uses { paths: read, made, removes: false },
        Effect::Uses { mut paths, made: mut own_made, removes } => {
            paths.append(&mut read);
            own_made.append(&mut made);
            Effect::Uses { paths, made: own_made, removes }
        }
        Effect::Unknown => Effect::Unknown,
    }
}

/// Packages land in the system's directories or an environment of their own.
fn of_call(call: &Call<'_>) -> Effect {
    use Action::{
        Add, Build, Compile, Develop, Download, Export, Install, Lock, Other, Run, RunTool, Sync,
        Upgrade, Wheel,
    };
    let writes_elsewhere = call.has("--target") || call.has("--root") || call.has("--prefix");
    if call.runner.as_ref().is_some_and(|it| !it.tool.is_conda()) || writes_elsewhere {
        return Effect::Unknown;
    }
    let is_project_tool = matches!(call.tool, Tool::Uv | Tool::Poetry | Tool::Pdm | Tool::Pipenv);
    match call.action {
        Other if is_project_tool && call.action_span.is_some() => Effect::Unknown,
        // Its commands are the project's own.
        _ if call.tool == Tool::SetupPy => Effect::Unknown,
        // Pipenv writes the files that it does not find.
        _ if call.tool == Tool::Pipenv => Effect::Unknown,
        Sync | Install | Upgrade => Effect::None,
        Wheel if call.tool == Tool::Pip => Effect::None,
        Run | RunTool | Build | Develop | Compile | Export | Lock | Add | Download | Wheel => {
            Effect::Unknown
        }
        _ => Effect::None,
    }
}

fn of_program(command: &Command<'_>, directory: Option<&str>, lookup: Lookup<'_>) -> Effect {
    let is_feeder = |it: &shell::Word<'_>| {
        it.literal().is_some_and(|it| matches!(path::file_name(it), "xargs" | "parallel"))
    };
    if command.has_script || command.words.is_empty() {
        // What the script does is listed in commands of its own.
        return Effect::None;
    }
    if command.wrappers.iter().any(is_feeder) {
        return Effect::Unknown;
    }
    let Some(program) = command.program() else { return Effect::Unknown };
    let rest = command.words.get(1..).unwrap_or(&[]);
    if let [only] = rest
        && matches!(only.literal(), Some("--version" | "-V" | "--help"))
    {
        return Effect::None;
    }
    if HARMLESS.binary_search(&program).is_ok() {
        return Effect::None;
    }
    let operands = || -> Option<Vec<String>> {
        let words = rest.iter().filter(|it| !it.literal().is_some_and(|it| it.starts_with('-')));
        words.map(|it| it.resolve(lookup).map(|it| it.into_owned())).collect()
    };
    let all = |words: &[String]| -> Option<Vec<String>> {
        words.iter().map(|it| absolute(it, directory)).collect()
    };
    let uses = || -> Option<Effect> {
        let words = operands()?;
        match program {
            "mkdir" => Some(Effect::None),
            "chmod" | "chown" | "chgrp" => {
                let paths = all(words.get(1..).unwrap_or(&[]))?;
                Some(Effect::Uses { paths, made: Vec::new(), removes: false })
            }
            "sed" | "grep" | "egrep" | "awk" => {
                let paths = all(words.get(1..).unwrap_or(&[]))?;
                Some(Effect::Uses { paths, made: Vec::new(), removes: false })
            }
            "test" | "[" | "[[" => tested(rest, directory, lookup),
            "ls" | "cat" | "head" | "tail" | "wc" | "stat" | "du" | "file" | "find" => {
                let is_action = |it: &String| it == "-exec" || it == "-fprint";
                if program == "find"
                    && rest
                        .iter()
                        .any(|it| it.literal().is_some_and(|it| is_action(&it.to_owned())))
                {
                    return None;
                }
                let removes = rest.iter().any(|it| it.literal() == Some("-delete"));
                Some(Effect::Uses { paths: all(&words)?, made: Vec::new(), removes })
            }
            "rm" | "rmdir" => {
                Some(Effect::Uses { paths: all(&words)?, made: Vec::new(), removes: true })
            }
            "touch" | "tee" => {
                Some(Effect::Uses { paths: Vec::new(), made: all(&words)?, removes: false })
            }
            "cp" | "mv" | "ln" | "install" => {
                let has_target_option = rest.iter().any(|it| {
                    it.literal()
                        .is_some_and(|it| it.starts_with("-t") || it.starts_with("--target"))
                });
                let paths = all(&words)?;
                let made = vec![paths.last().filter(|_| !has_target_option)?.clone()];
                Some(Effect::Uses { paths, made, removes: program == "mv" })
            }
            "git" => git(&words, directory),
            "curl" | "wget" => {
                let made = all(&downloaded(program, rest, lookup)?)?;
                Some(Effect::Uses { paths: Vec::new(), made, removes: false })
            }
            "tar" | "unzip" => extracted(rest, directory, lookup),
            "." | "source" => {
                let file = words.first()?;
                let is_known = file.ends_with("activate") || file.ends_with("/conda.sh");
                is_known.then_some(Effect::None)
            }
            _ => None,
        }
    };
    uses().unwrap_or(Effect::Unknown)
}

/// Programs that touch no files but the system's own. Sorted.
const HARMLESS: [&str; 64] = [
    ":",
    "addgroup",
    "adduser",
    "alias",
    "apt-key",
    "arch",
    "basename",
    "cd",
    "chpasswd",
    "command",
    "continue",
    "date",
    "debconf-set-selections",
    "declare",
    "deluser",
    "df",
    "dirname",
    "dpkg",
    "dpkg-reconfigure",
    "echo",
    "exit",
    "export",
    "expr",
    "false",
    "fc-cache",
    "getent",
    "gpg",
    "gpgconf",
    "groupadd",
    "groupmod",
    "hash",
    "hostname",
    "id",
    "ldconfig",
    "local",
    "locale-gen",
    "localedef",
    "nproc",
    "passwd",
    "popd",
    "printenv",
    "printf",
    "pwd",
    "read",
    "readonly",
    "return",
    "rpm",
    "set",
    "shopt",
    "sleep",
    "sync",
    "tr",
    "true",
    "type",
    "ulimit",
    "umask",
    "uname",
    "unset",
    "update-alternatives",
    "update-ca-certificates",
    "update-locale",
    "useradd",
    "usermod",
    "whoami",
];

/// Of a test only what is asked about files matters: `-f x`, `x -nt y`.
fn tested(
    words: &[shell::Word<'_>],
    directory: Option<&str>,
    lookup: Lookup<'_>,
) -> Option<Effect> {
    const OF_FILES: [&str; 17] = [
        "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-p", "-r", "-s", "-u", "-w", "-x", "-L",
        "-O", "-S",
    ];
    let mut paths = Vec::new();
    for pair in words.windows(2) {
        let [operator, operand] = pair else { continue };
        let is_of_files = operator.literal().is_some_and(|it| OF_FILES.contains(&it));
        if is_of_files {
            paths.push(absolute(&operand.resolve(lookup)?, directory)?);
        }
    }
    let compares = |it: &shell::Word<'_>| matches!(it.literal(), Some("-nt" | "-ot" | "-ef"));
    if words.iter().any(compares) {
        return None;
    }
    Some(match paths.is_empty() {
        true => Effect::None,
        false => Effect::Uses { paths, made: Vec::new(), removes: false },
    })
}

fn git(words: &[String], directory: Option<&str>) -> Option<Effect> {
    match words.first()?.as_str() {
        "config" => Some(Effect::None),
        "clone" => {
            // Values of options stand among the operands; the address and what follows it is what counts.
            let at = words.iter().position(|it| it.contains("://") || it.starts_with("git@"))?;
            let name = match words.get(at + 1) {
                Some(written) => written.clone(),
                None => path::file_name(words.get(at)?).trim_end_matches(".git").to_owned(),
            };
            let made = vec![absolute(&name, directory)?];
            Some(Effect::Uses { paths: Vec::new(), made, removes: false })
        }
        _ => None,
    }
}

/// An archive unpacked into a directory that is given.
fn extracted(
    rest: &[shell::Word<'_>],
    directory: Option<&str>,
    lookup: Lookup<'_>,
) -> Option<Effect> {
    let mut made = directory.map(str::to_owned);
    let mut paths = Vec::new();
    let mut words = rest.iter();
    while let Some(word) = words.next() {
        let text = word.resolve(lookup)?;
        if matches!(&*text, "-C" | "--directory" | "-d") {
            made = Some(absolute(&words.next()?.resolve(lookup)?, directory)?);
        } else if let Some(it) = text.strip_prefix("--directory=") {
            made = Some(absolute(it, directory)?);
        } else if text.starts_with('-') && text.contains('C') {
            made = Some(absolute(&words.next()?.resolve(lookup)?, directory)?);
        } else if !text.starts_with('-') && text.contains(['.', '/']) {
            paths.push(absolute(&text, directory)?);
        }
    }
    Some(Effect::Uses { paths, made: vec![made?], removes: false })
}

fn absolute(written: &str, directory: Option<&str>) -> Option<String> {
    if written.starts_with('~') {
        // Homes hold nothing of a project; the exact one does not matter.
        return Some(path::join("/root", written.trim_start_matches('~').trim_start_matches('/')));
    }
    match directory {
        Some(directory) => Some(path::join(directory, written)),
        None => written.starts_with('/').then(|| path::clean(written)),
    }
}

impl Effect {
    /// Whether the command may make a file at `path`, absolute and cleaned.
    pub fn may_make(&self, path: &str) -> bool {
        match self {
            Effect::None => false,
            Effect::Uses { made, .. } => made.iter().any(|it| path::is_inside(path, it)),
            Effect::Unknown => true,
        }
    }

    /// Whether the command may take away the file at `path`, absolute and cleaned.
    pub fn may_remove(&self, path: &str) -> bool {
        match self {
            Effect::None => false,
            Effect::Uses { paths, removes, .. } => {
                // Of a pattern, what stands before its first wildcard decides.
                let fixed = |it: &str| match it.find(['*', '?', '[']) {
                    Some(at) => it
                        .get(..at)
                        .and_then(|it| it.rsplit_once('/'))
                        .map_or(String::new(), |it| it.0.to_owned()),
                    None => it.to_owned(),
                };
                *removes && paths.iter().any(|it| path::is_inside(path, &fixed(it)))
            }
            Effect::Unknown => true,
        }
    }

    /// Whether the command may use anything that lies in `directory`, absolute and cleaned.
    pub fn may_use(&self, directory: &str) -> bool {
        let overlaps =
            |it: &String| path::is_inside(it, directory) || path::is_inside(directory, it);
        match self {
            Effect::None => false,
            Effect::Uses { paths, made, .. } => paths.iter().chain(made).any(overlaps),
            Effect::Unknown => true,
        }
    }
}

#[cfg(test)]
mod tests;
