//! Chores of the project: rebuilds the tables of `knowledge`, compares answers with the world.

mod compare_wheels;
mod debian_packages;
mod packages_file;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask compare-wheels [NAME...]     compares the tables of wheels with what pip finds
cargo xtask refresh debian-packages RELEASE=PACKAGES... [NAMES]
                                         rebuilds debian-packages.tsv from the Packages files of releases
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["compare-wheels", names @ ..] => compare_wheels::compare(names),
        ["refresh", "debian-packages", rest @ ..] => debian_packages::refresh(rest),
        _ => Err(HELP.to_owned()),
    };
    match result {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(text) => {
            complain(&text);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "a chore prints its result")]
fn say(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "a chore prints what is wrong")]
fn complain(text: &str) {
    eprint!("{text}");
}
