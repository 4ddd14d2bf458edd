//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use linter::Date;

use crate::destination::{Destination, DestinationParser};
use crate::{effective, generate, migrate};

/// Finds and repairs what makes Python images large, slow to rebuild, broken or unsafe.
#[derive(Debug, Parser)]
#[command(name = "pylintdock", version = env!("PYLINTDOCK_VERSION"), max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; `auto` looks at the terminal and at NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

const EXIT_CODES: &str = "\
Exit status: 0 nothing to report (or all fixed), 1 problems found, 2 something could not be done.
With --diff: 0 nothing to change, though problems may be left; 1 --fix would change something; 2 as above.";

/// The groups of the options of `check`.
const FIXES: &str = "Fixes";
const CHOICE: &str = "What is checked";
const OUTPUT: &str = "Output";
const ADOPTION: &str = "Where much is found";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check Dockerfiles, and fix them with --fix
    Check(Box<Check>),
    /// Show the page of a rule, or list all rules
    Rule(Rule),
    /// Show what each layer of the shipped image adds, and what of it is of no use
    Layers(Layers),
    /// Ask pip's package index about packages that pylintdock does not know; uses the network
    Wheels(Wheels),
    /// Show the settings that hold for a Dockerfile, and where each comes from
    Config(effective::Arguments),
    /// Make a pylintdock.toml of the configuration of hadolint or tally
    Migrate(migrate::Arguments),
    /// Serve an editor on standard input and output (the Language Server Protocol)
    Server,
    /// Print a script that completes the command in a shell
    Completions(generate::Completions),
    /// Print the manual page, or write those of all commands
    Man(generate::Man),
}

/// Show what each layer of the shipped image adds, as estimates, and what of it is of no use.
#[derive(Debug, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Layers {
    /// Dockerfiles, or directories to search for them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Also show the image after fixes after which something may differ
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// A table, or one JSON array
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: TableFormat,

    /// The directory that `docker build` is given; otherwise inferred from what is copied
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,

    /// The stage that is built and shipped; otherwise the last one
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
}

/// Ask the package index that pip is configured with which wheels there are of packages that pylintdock does not
/// know, and write the answers to `.pylintdock-wheels.tsv` in the build context, where `pylintdock check` reads them.
#[derive(Debug, Args)]
pub(crate) struct Wheels {
    /// Dockerfiles, or directories to search for them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// The directory that `docker build` is given; otherwise inferred from what is copied
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,
}

/// How to print a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For a reader
    #[default]
    Table,
    /// One JSON array
    Json,
}

/// Check Dockerfiles and the files around them.
#[derive(Debug, Default, Args)]
#[command(after_help = EXIT_CODES)]
pub(crate) struct Check {
    /// Dockerfiles, directories to search for them, or `-` for standard input; with `- --fix` the fixed
    /// text goes to standard output and what is left to standard error
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Repair what can be repaired safely: the image holds the same programs afterwards
    #[arg(long, help_heading = FIXES)]
    pub(crate) fix: bool,

    /// With --fix or --diff also apply fixes after which something may differ; without them, count those
    #[arg(long, help_heading = FIXES)]
    pub(crate) unsafe_fixes: bool,

    /// Print what --fix would change, and change nothing; exit status 1 if there is something
    #[arg(long, help_heading = FIXES)]
    pub(crate) diff: bool,

    /// Run only these rules (names or aliases such as DL3042, or `all`)
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = CHOICE)]
    pub(crate) select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = CHOICE)]
    pub(crate) ignore: Vec<String>,

    /// How to print what was found, and with `=FILE` to which file; may be given several times
    ///
    /// `--output-format full --output-format sarif=report.sarif` prints for a reader and writes a file. What has no
    /// `=FILE` goes to standard output; when all have one, only the closing sentence does.
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = DestinationParser, default_value = "full", help_heading = OUTPUT)]
    pub(crate) output_format: Vec<Destination>,

    /// The same as `=FILE` behind the only --output-format
    #[arg(long, short, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) output_file: Option<PathBuf>,

    /// Write a comment `# pylintdock: ignore[…]` above everything that is found, which silences it from now on
    #[arg(long, conflicts_with_all = ["fix", "statistics", "write_baseline"], help_heading = ADOPTION)]
    pub(crate) add_ignore: bool,

    /// The reason that the comments of --add-ignore give; otherwise "was there on" and the day
    #[arg(long, value_name = "TEXT", requires = "add_ignore", help_heading = ADOPTION)]
    pub(crate) reason: Option<String>,

    /// Report only what this file does not know, as --write-baseline wrote it; otherwise the `baseline` of the configuration
    #[arg(long, value_name = "FILE", help_heading = ADOPTION)]
    pub(crate) baseline: Option<PathBuf>,

    /// Write all that is found to this file, so that --baseline leaves it out; what is gone is forgotten
    #[arg(long, value_name = "FILE", conflicts_with_all = ["diff", "statistics", "baseline", "diff_base"], help_heading = ADOPTION)]
    pub(crate) write_baseline: Option<PathBuf>,

    /// Report everything, also what the baseline of the configuration knows
    #[arg(long, conflicts_with = "baseline", help_heading = ADOPTION)]
    pub(crate) no_baseline: bool,

    /// Report and fix only what has changed since this revision, or since a branch parted from it; runs git
    ///
    /// A RUN or another instruction of several lines counts as changed when one of its lines is; a file that git does
    /// not know counts as a whole.
    #[arg(long, value_name = "REV", help_heading = ADOPTION)]
    pub(crate) diff_base: Option<String>,

    /// Print how often each rule found something, instead of what it found
    #[arg(long, conflicts_with = "diff", help_heading = OUTPUT)]
    pub(crate) statistics: bool,

    /// Print what the multi-stage rewrite makes of every command of the shipped stage, instead of what was found
    #[arg(long, conflicts_with_all = ["diff", "fix", "statistics", "output_format", "add_ignore", "write_baseline"], help_heading = FIXES)]
    pub(crate) explain_rewrite: bool,

    /// Check again after each change of the files, until Ctrl+C
    #[arg(long, conflicts_with = "write_baseline", help_heading = OUTPUT)]
    pub(crate) watch: bool,

    /// Exit with 0 even if there are problems
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) exit_zero: bool,

    /// The directory that `docker build` is given; otherwise inferred from what is copied
    #[arg(long, value_name = "DIR", help_heading = CHOICE)]
    pub(crate) context: Option<PathBuf>,

    /// The stage that is built and shipped; otherwise the last one
    #[arg(long, value_name = "STAGE", help_heading = CHOICE)]
    pub(crate) target: Option<String>,

    /// Use this configuration instead of the nearest pylintdock.toml or pyproject.toml
    #[arg(long, value_name = "FILE", help_heading = CHOICE)]
    pub(crate) config: Option<PathBuf>,

    /// The path that the Dockerfile on standard input has or will have
    #[arg(long, value_name = "PATH", help_heading = CHOICE)]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Read one JSON object per line, `{"path": …, "content": …}`, from standard input, and print findings as JSON lines;
    /// `"context"` may be a directory or an object of files
    #[arg(long, conflicts_with_all = ["paths", "fix", "diff", "statistics", "output_format", "stdin_filename", "context", "watch"])]
    pub(crate) stdin_jsonl: bool,

    /// The date by which versions are out of support; otherwise today
    #[arg(long, value_name = "YYYY-MM-DD", help_heading = CHOICE)]
    pub(crate) today: Option<Date>,

    /// Print problems only, no summary
    #[arg(long, short, help_heading = OUTPUT)]
    pub(crate) quiet: bool,
}

impl Check {
    /// Whether files are changed, or it is shown how they would be.
    pub(crate) fn repairs(&self) -> bool {
        self.fix || self.diff || self.add_ignore
    }
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
