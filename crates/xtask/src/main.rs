//! Chores of the project: rebuilds the tables of `knowledge`, compares answers with the world, builds images.

mod compare_wheels;
mod coverage;
mod debian_packages;
mod debian_sizes;
mod editors;
mod images;
mod index_files;
mod lock_files;
mod outputs;
mod packages_file;
mod program;
mod python_sizes;
mod refresh;
mod release;
mod wheel_rows;
mod wheel_size_rows;
mod working_tree;

use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask compare-wheels [NAME...] compares the tables of wheels with what pip finds
cargo xtask coverage [--all] FOLDER...
                                     how many Python Dockerfiles have every requirement decided, and what is not known
cargo xtask debian-sizes             installs sets of Debian packages and compares their size with the estimates
cargo xtask editors [vscode|neovim|helix]...
                                     shows, repairs and rewrites Dockerfiles in real editors and compares with `check --fix`
cargo xtask images [--shared] [--output FOLDER] [CASE...]
                                     builds the projects of tests/images before and after the fix and compares the images
cargo xtask outputs                  gives every output format, the action, workflows and hooks to the programs that read them
cargo xtask python-sizes [WORD...]   installs sets of Python packages with pip and compares their size with the estimates
cargo xtask refresh pure NAME...     adds packages to pure-packages.tsv that the index of pip shows to be pure Python
cargo xtask refresh wheels NAME...   rebuilds the rows of a few packages in the tables of wheels from the index of pip
cargo xtask refresh wheel-sizes FOLDER...
                                     rebuilds wheel-sizes.tsv from what python-sizes measured and from lock files
cargo xtask refresh locks FOLDER...  adds the packages that lock files below these folders list, by their wheels
cargo xtask refresh pure-in-debian FILE NAME...
                                     adds packages that Debian builds once for all architectures; FILE is dh-python's
                                     list of names
cargo xtask refresh availability     rebuilds one column of debian-availability.tsv from the lists that apt has here
cargo xtask refresh debian-packages RELEASE=PACKAGES... [NAMES]
                                     rebuilds debian-packages.tsv from the Packages files of releases
cargo xtask release VERSION [--check]
                                     writes a new version wherever it stands, closes the changelog, commits and tags; pushes nothing
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["compare-wheels", names @ ..] => compare_wheels::compare(names),
        ["editors", names @ ..] => editors::run(names).map_err(|it| it + "\n"),
        ["outputs"] => outputs::run().map_err(|it| it + "\n"),
        ["debian-sizes"] => debian_sizes::compare().map_err(|it| it + "\n"),
        ["python-sizes", words @ ..] => python_sizes::measure(words).map_err(|it| it + "\n"),
        ["images", rest @ ..] => images::run(rest).map_err(|it| it + "\n"),
        ["refresh", "debian-packages", rest @ ..] => debian_packages::refresh(rest),
        ["coverage", "--all", folders @ ..] if !folders.is_empty() => {
            coverage::print(&paths(folders), usize::MAX)
        }
        ["coverage", folders @ ..] if !folders.is_empty() => {
            coverage::print(&paths(folders), coverage::MOST_NAMES)
        }
        ["release", rest @ ..] => release::run(rest).map_err(|it| it + "\n"),
        ["refresh", "pure", names @ ..] => refresh::pure(names),
        ["refresh", "locks", folders @ ..] if !folders.is_empty() => lock_files::refresh(folders),
        ["refresh", "wheel-sizes", folders @ ..] if !folders.is_empty() => {
            wheel_size_rows::refresh(folders)
        }
        ["refresh", "wheels", names @ ..] if !names.is_empty() => index_files::refresh(names),
        ["refresh", "pure-in-debian", file, names @ ..] => refresh::pure_in_debian(file, names),
        ["refresh", "availability"] => refresh::availability(),
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

fn paths(words: &[&str]) -> Vec<PathBuf> {
    words.iter().map(PathBuf::from).collect()
}

#[expect(clippy::print_stdout, reason = "a chore prints its result")]
fn say(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "a chore prints what is wrong")]
fn complain(text: &str) {
    eprint!("{text}");
}
