//! `pylintdock completions` and `pylintdock man`: what a shell and `man` want to know of the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use project::Problem;

use crate::arguments::{Arguments, Color};
use crate::output::{ErrorOutput, Output};

/// Print a script that completes options and names of rules; the shell's own documentation says where it belongs.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Print the manual page, or write those of all commands.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// A directory such as ~/.local/share/man/man1, where a page of each command is written
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Prints a script for a shell.
pub(crate) fn completions(options: &Completions) -> ExitCode {
    let mut script = Vec::new();
    let mut command = Arguments::command();
    clap_complete::generate(options.shell, &mut command, "pylintdock", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// Prints a manual page, or writes all of them.
pub(crate) fn man(options: &Man) -> ExitCode {
    let command = Arguments::command();
    let Some(directory) = &options.directory else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        return match rendered {
            Ok(()) => print(&String::from_utf8_lossy(&page)),
            Err(error) => fail(&format!("cannot make the manual page: {error}")),
        };
    };
    match write(command, directory) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let problem = Problem::of_writing(directory, &error).sentence;
            fail(&format!("{problem}; name a directory for the manual pages"))
        }
    }
}

fn write(command: clap::Command, directory: &Path) -> std::io::Result<()> {
    fs::create_dir_all(directory)?;
    clap_mangen::generate_to(command, directory)
}

fn print(text: &str) -> ExitCode {
    let mut output = Output::new();
    output.print(text);
    if output.finish() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}

fn fail(sentence: &str) -> ExitCode {
    ErrorOutput::new(Color::Auto).error(sentence);
    ExitCode::from(2)
}
