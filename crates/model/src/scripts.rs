//! Which text of a Dockerfile is shell, parsed once per file.

use std::borrow::Cow;

use shell::Script;
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
            let shell_reads_input = script.commands.iter().any(|it| {
                it.program().is_some_and(is_shell)
                    && it.redirects.iter().any(|it| it.operator == "<<")
            });
            res.push(script);
            if shell_reads_input {
                res.extend(instruction.heredocs.iter().map(|it| shell::parse(&it.text)));
            }
        }
        _ => {}
    }
}

/// `RUN <<EOF` without a command of its own.
fn is_only_heredocs(line: &Excerpt<'_>, heredocs: &[Heredoc<'_>]) -> bool {
    !heredocs.is_empty() && line.text().split_whitespace().all(|it| it.contains("<<"))
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
