//! Which text of a Dockerfile is shell, parsed once per file.

use std::borrow::Cow;

use shell::{Command, Redirect, Script};
use syntax::{Arguments, Excerpt, File, Heredoc, Instruction, Keyword};

/// The scripts of each instruction, by its index in the file. Mostly one; none where the text is not for a POSIX shell.
pub type Scripts<'f> = Vec<Vec<Script<'f>>>;

/// Parses the shell text of RUN, CMD, ENTRYPOINT and HEALTHCHECK, heredocs included.
pub fn scripts<'f>(file: &'f File<'f>) -> Scripts<'f> {
    let mut is_posix = true;
    let mut stages: Vec<(&str, bool)> = Vec::new();
    let mut res = Vec::with_capacity(file.instructions.len());
    for instruction in &file.instructions {
        match instruction.keyword {
            Keyword::From => {
                let words = instruction.arguments.words();
                let base = words.first().map_or("", |it| it.text.as_ref());
                is_posix = stages
                    .iter()
                    .rev()
                    .find(|it| it.0.eq_ignore_ascii_case(base))
                    .is_none_or(|it| it.1);
                if let Some(name) = words.get(2) {
                    stages.push((&name.text, is_posix));
                }
            }
            Keyword::Shell => {
                let program = instruction.arguments.words().first().map_or("", |it| &it.text);
                is_posix = is_shell(program) || is_environment_wrapper(instruction);
                if let Some(last) = stages.last_mut() {
                    last.1 = is_posix;
                }
            }
            _ => {}
        }
        let mut own = Vec::new();
        let is_command = matches!(
            instruction.keyword,
            Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck
        );
        if is_command {
            read(file, instruction, &instruction.arguments, is_posix, &mut own);
        }
        res.push(own);
    }
    res
}

fn read<'f>(
    file: &'f File<'f>,
    instruction: &'f Instruction<'f>,
    arguments: &'f Arguments<'f>,
    is_posix: bool,
    res: &mut Vec<Script<'f>>,
) {
    match arguments {
        Arguments::Health { command, .. } => read(file, instruction, command, is_posix, res),
        Arguments::Exec { words, .. } if !words.is_empty() => {
            let argv = words.iter().map(|it| (Cow::Borrowed(&*it.text), it.span));
            res.push(shell::parse_argv(file.text, argv));
        }
        Arguments::Shell(line) if is_posix => {
            if is_only_heredocs(line, &instruction.heredocs) {
                // The builder runs the bodies themselves, by the interpreter that a first line `#!` names.
                let bodies = instruction.heredocs.iter().filter(|it| runs_in_shell(it.text.text()));
                res.extend(bodies.map(|it| shell::parse(&it.text)));
                return;
            }
            let script = shell::parse(line);
            let run = instruction.heredocs.iter().filter(|it| is_run(&script, it));
            let bodies: Vec<Script<'f>> = run.map(|it| shell::parse(&it.text)).collect();
            res.push(script);
            res.extend(bodies);
        }
        _ => {}
    }
}

/// `RUN <<EOF` without a command of its own.
fn is_only_heredocs(line: &Excerpt<'_>, heredocs: &[Heredoc<'_>]) -> bool {
    !heredocs.is_empty() && line.text().split_whitespace().all(|it| it.contains("<<"))
}

/// Whether a shell runs the text of a heredoc: `bash <<E`, `sh -s <<E`, `cat <<E | sh`.
fn is_run(script: &Script<'_>, heredoc: &Heredoc<'_>) -> bool {
    let is_it = |it: &Redirect<'_>| {
        let is_same = it.span.contains(heredoc.span) || heredoc.span.contains(it.span);
        matches!(it.operator, "<<" | "<<-") && is_same
    };
    let reads_it = |it: &&Command<'_>| it.redirects.iter().any(is_it);
    let mut commands = script.commands.iter().skip_while(|it| !reads_it(it));
    let Some(mut command) = commands.next() else { return false };
    while !runs_input(command) {
        // What `cat` and `tee` read, the next of the pipeline gets.
        let hands_on = match command.program() {
            Some("cat") => {
                let mut operands = command.words.iter().skip(1).filter_map(|it| it.literal());
                operands.all(|it| it == "-")
                    && command.words.iter().all(|it| it.literal().is_some())
            }
            Some("tee") => true,
            _ => false,
        };
        let is_redirected = command.redirects.iter().any(|it| it.operator.contains('>'));
        match commands.next() {
            Some(next) if hands_on && !is_redirected && next.place.reads_pipe => command = next,
            _ => return false,
        }
    }
    true
}

/// Whether a command is a shell that takes its script from standard input.
fn runs_input(command: &Command<'_>) -> bool {
    let is_given_words = command.wrappers.iter().any(|it| it.literal() == Some("xargs"));
    if is_given_words || !command.program().is_some_and(is_shell) {
        return false;
    }
    let mut words = command.words.iter().skip(1).map(|it| it.literal());
    while let Some(word) = words.next() {
        match word {
            Some("-" | "--" | "/dev/stdin") => return true,
            Some("--rcfile" | "--init-file") => {
                words.next();
            }
            Some(long) if long.starts_with("--") => {}
            Some(letters) if letters.starts_with(['-', '+']) => {
                if letters.contains('c') {
                    return false;
                }
                if letters.contains('s') {
                    return true;
                }
                if letters.ends_with(['o', 'O']) {
                    words.next();
                }
            }
            // A script of its own, which may read the text as it likes.
            _ => return false,
        }
    }
    true
}

/// Without a first line `#!` the default shell runs it.
fn runs_in_shell(body: &str) -> bool {
    let Some(rest) = body.strip_prefix("#!") else { return true };
    let line = rest.lines().next().unwrap_or("");
    let mut words = line.split_whitespace().filter(|it| !it.starts_with('-'));
    let first = words.next().unwrap_or("");
    let program = if first.ends_with("/env") { words.next().unwrap_or("") } else { first };
    is_shell(program)
}

/// Whether a program is a POSIX shell or near enough to be read as one.
pub(crate) fn is_shell(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    matches!(name, "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "busybox")
}

/// `SHELL ["conda", "run", "-n", "env", "/bin/bash", "-c"]` and the like end in a shell.
fn is_environment_wrapper(instruction: &Instruction<'_>) -> bool {
    let words = instruction.arguments.words();
    words.iter().any(|it| is_shell(&it.text))
        || words.first().is_some_and(|it| {
            matches!(&*it.text, "conda" | "mamba" | "micromamba" | "/usr/bin/env")
        })
        || words.first().is_some_and(|it| it.text.ends_with("_dockerfile_shell.sh"))
}
