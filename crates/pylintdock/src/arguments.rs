//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use linter::Date;

/// Finds and repairs what makes Python images large, slow to rebuild, broken or unsafe.
#[derive(Debug, Parser)]
#[command(name = "pylintdock", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; `auto` looks at the terminal and at NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

const EXIT_CODES: &str = "\
Exit status: 0 nothing to report (or all fixed), 1 problems found, 2 something could not be done.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check Dockerfiles, and fix them with --fix
    Check(Check),
    /// Show the page of a rule, or list all rules
    Rule(Rule),
}

/// Check Dockerfiles and the files around them.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Check {
    /// Dockerfiles, directories to search for them, or `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Repair what can be repaired safely: the image holds the same programs afterwards
    #[arg(long)]
    pub(crate) fix: bool,

    /// Count, and with --fix or --diff also apply, fixes after which something may differ
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// Print what --fix would change, and change nothing; exit status 1 if there is something
    #[arg(long)]
    pub(crate) diff: bool,

    /// Run only these rules (names or aliases such as DL3042, or `all`)
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',')]
    pub(crate) ignore: Vec<String>,

    /// How to print what was found
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: Format,

    /// Print how often each rule found something, instead of what it found
    #[arg(long, conflicts_with = "diff")]
    pub(crate) statistics: bool,

    /// Exit with 0 even if there are problems
    #[arg(long)]
    pub(crate) exit_zero: bool,

    /// The directory that `docker build` is given; otherwise inferred from what is copied
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,

    /// The stage that is built and shipped; otherwise the last one
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,

    /// Use this configuration instead of the nearest pylintdock.toml or pyproject.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The path that the Dockerfile on standard input has or will have
    #[arg(long, value_name = "PATH")]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// The date by which versions are out of support; otherwise today
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) today: Option<Date>,

    /// Print problems only, no summary
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Show the page of a rule, or list all rules.
#[derive(Debug, Args)]
pub(crate) struct Rule {
    /// A rule's name or alias, such as `pip-cache-kept` or `DL3042`
    pub(crate) name: Option<String>,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// How to print what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// With the lines of the Dockerfile, explanations and fixes
    #[default]
    Full,
    /// One line for each problem
    Concise,
    /// One JSON array
    Json,
}
