//! `pylintdock completions` and `pylintdock man`: what a shell and `man` want to know of the command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;
use clap::{Args, Command, CommandFactory};
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
    let mut command = with_rules(Arguments::command());
    clap_complete::generate(options.shell, &mut command, "pylintdock", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// The command with the names of all rules where one is expected. Only a shell is told: the program itself understands
/// more, such as aliases, and says more about what it does not understand.
fn with_rules(command: Command) -> Command {
    let names = || PossibleValuesParser::new(rules::ALL.iter().map(|it| it.name));
    let with_all = || PossibleValuesParser::new(rules::ALL.iter().map(|it| it.name).chain(["all"]));
    command
        .mut_subcommand("check", |it| {
            it.mut_arg("select", |it| it.value_parser(with_all()))
                .mut_arg("ignore", |it| it.value_parser(with_all()))
        })
        .mut_subcommand("rule", |it| it.mut_arg("name", |it| it.value_parser(names())))
}

/// Prints a manual page, or writes all of them.
pub(crate) fn man(options: &Man) -> ExitCode {
    let command = Arguments::command();
    let Some(directory) = &options.directory else {
        return match page(command) {
            Ok(page) => print(&page),
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
    let mut command = command.disable_help_subcommand(true);
    command.build();
    for one in command.get_subcommands() {
        let name = one.get_display_name().unwrap_or_else(|| one.get_name()).to_owned();
        fs::write(directory.join(format!("{name}.1")), page(one.clone())?)?;
    }
    fs::write(directory.join("pylintdock.1"), page(command)?)
}

/// The manual page of one command, with the program and its version at the foot.
fn page(command: Command) -> std::io::Result<String> {
    let mut text = Vec::new();
    clap_mangen::Man::new(command)
        .source(concat!("pylintdock ", env!("CARGO_PKG_VERSION")))
        .manual("Manual of pylintdock")
        .render(&mut text)?;
    // Examples and the exit status stand there.
    Ok(String::from_utf8_lossy(&text).replace("\n.SH EXTRA\n", "\n.SH MORE\n"))
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
