//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use linter::Date;

use crate::destination::{Destination, DestinationParser};
use crate::{effective, generate, migrate};

/// Finds and repairs what makes Python images large, slow to rebuild, broken or unsafe.
#[derive(Debug, Parser)]
#[command(name = "pylintdock", version = env!("PYLINTDOCK_VERSION"), max_term_width = 100, after_help = FIRST_STEPS)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// When to use colours; `auto` looks at the terminal and at NO_COLOR.
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    pub(crate) color: Color,
}

const FIRST_STEPS: &str = "\
First steps:
  pylintdock check         what is wrong in the Dockerfiles below this directory
  pylintdock check --diff  what --fix would change
  pylintdock check --fix   change it
  pylintdock rule NAME     what a rule is about, with examples";

const CHECK_END: &str = "\
Examples:
  pylintdock check --fix docker/            repair what is below a directory
  pylintdock check compose.yaml             the images that a Compose file builds
  pylintdock check --diff-base origin/main  what is new since a branch began
  pylintdock check --output-format github --output-format sarif=report.sarif

Exit status:
  0  nothing is found, or all of it was fixed
  1  something is left; with --diff, --fix would change something
  2  a file could not be read, or the command could not run";

const LAYERS_END: &str =
    "Exit status: 0, or 2 if a file could not be read; a layer of no use is no failure.";

const COMPLETIONS_END: &str = "\
Examples, in a directory that is there (`mkdir -p` makes one):
  pylintdock completions bash > ~/.local/share/bash-completion/completions/pylintdock
  pylintdock completions fish > ~/.config/fish/completions/pylintdock.fish
  pylintdock completions zsh > DIRECTORY/_pylintdock    (a directory of $fpath)";

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
    ///
    /// Sizes are estimates: nothing is built. Below the layers stands what the same image takes after fixes.
    Layers(Layers),
    /// Ask pip's package index about packages that pylintdock does not know; uses the network
    ///
    /// It asks the index that pip is configured with which wheels there are, and writes the answers to
    /// `.pylintdock-wheels.tsv` in the build context, where `pylintdock check` reads them. Commit that file.
    Wheels(Wheels),
    /// Show the settings that hold for a Dockerfile, and where each comes from
    Config(effective::Arguments),
    /// Write a pylintdock.toml that does what the configuration of hadolint or tally does
    ///
    /// It is written beside the configuration that is read; what has no counterpart is told.
    Migrate(migrate::Arguments),
    /// Serve an editor on standard input and output (the Language Server Protocol)
    ///
    /// Editors start it themselves; how to tell them is said at
    /// https://github.com/pylintdock/pylintdock/blob/main/editors/README.md
    Server(Server),
    /// Print a script that completes the command in a shell
    #[command(after_help = COMPLETIONS_END)]
    Completions(generate::Completions),
    /// Print the manual page, or write those of all commands
    Man(generate::Man),
}

/// What clients tell every server.
#[derive(Debug, Args)]
pub(crate) struct Server {
    /// Taken because many clients say so to every server; there is no other way
    #[arg(long = "stdio")]
    _stdio: bool,

    /// The client's process, which it tells again when it begins
    #[arg(long = "clientProcessId", value_name = "ID", hide = true)]
    _client: Option<u32>,
}

/// What `layers` is asked.
#[derive(Debug, Args)]
#[command(after_help = LAYERS_END)]
pub(crate) struct Layers {
    /// Dockerfiles, directories to search for them, or Compose and Bake files that name them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Also show the image after fixes after which something may differ
    #[arg(long)]
    pub(crate) unsafe_fixes: bool,

    /// A table, or one JSON array
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) output_format: TableFormat,

    /// The build context, the directory that `docker build` is given; otherwise found by the files that are copied
    #[arg(long, value_name = "DIR")]
    pub(crate) context: Option<PathBuf>,

    /// The stage that is shipped; otherwise the last one, or the one below a last one named test, lint or dev
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,
}

/// What `wheels` is asked.
#[derive(Debug, Args)]
pub(crate) struct Wheels {
    /// Dockerfiles, directories to search for them, or Compose and Bake files that name them
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// The build context, the directory that `docker build` is given; otherwise found by the files that are copied
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
#[command(after_help = CHECK_END)]
pub(crate) struct Check {
    /// Dockerfiles, directories to search for them, Compose or Bake files that name them, or `-` for standard input
    ///
    /// With `- --fix` the fixed text goes to standard output, and the problems that are left to standard error.
    #[arg(value_name = "PATH", default_value = ".")]
    pub(crate) paths: Vec<PathBuf>,

    /// Apply the safe fixes: afterwards the image has the same packages, files and start command
    #[arg(long, help_heading = FIXES)]
    pub(crate) fix: bool,

    /// Use unsafe fixes too: they should build, but what is installed may differ, or something was not proved
    ///
    /// With --fix they are applied, with --diff shown; otherwise they are offered and counted as fixable.
    #[arg(long, help_heading = FIXES)]
    pub(crate) unsafe_fixes: bool,

    /// Print what --fix would change, and change nothing; exit status 1 if there is something
    #[arg(long, help_heading = FIXES)]
    pub(crate) diff: bool,

    /// Run only these rules: names or aliases such as DL3042, with commas between them, or `all`
    ///
    /// Files that cannot be read are reported in any case, by syntax-error and not-utf-8, unless --ignore names these.
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = CHOICE)]
    pub(crate) select: Vec<String>,

    /// Do not run these rules
    #[arg(long, value_name = "RULE", value_delimiter = ',', help_heading = CHOICE)]
    pub(crate) ignore: Vec<String>,

    /// How to print what was found, and with `=FILE` to which file (`-` is standard output); may be given several times
    ///
    /// `--output-format full --output-format sarif=report.sarif` prints for a reader and writes a file. What has no
    /// `=FILE` goes to standard output; when all have one, only the closing sentence does.
    #[arg(long, value_name = "FORMAT[=FILE]", value_parser = DestinationParser, default_value = "full", help_heading = OUTPUT)]
    pub(crate) output_format: Vec<Destination>,

    /// The file that the one --output-format goes to, instead of standard output; short for `=FILE` behind it
    #[arg(long, short, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) output_file: Option<PathBuf>,

    /// Write a comment `# pylintdock: ignore[…]` above everything that is found, which silences it from now on
    #[arg(long, conflicts_with_all = ["fix", "statistics", "write_baseline"], help_heading = ADOPTION)]
    pub(crate) add_ignore: bool,

    /// The reason that the comments of --add-ignore give; otherwise "was there on" and the day
    #[arg(long, value_name = "TEXT", requires = "add_ignore", help_heading = ADOPTION)]
    pub(crate) reason: Option<String>,

    /// Report only what is not in this file, which --write-baseline wrote; otherwise the `baseline` of the configuration
    #[arg(long, value_name = "FILE", help_heading = ADOPTION)]
    pub(crate) baseline: Option<PathBuf>,

    /// Write all that is found to this file, so that --baseline leaves it out; what is not found any more goes out of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["diff", "statistics", "baseline", "diff_base"], help_heading = ADOPTION)]
    pub(crate) write_baseline: Option<PathBuf>,

    /// Report everything, also what is in the baseline that the configuration names
    #[arg(long, conflicts_with = "baseline", help_heading = ADOPTION)]
    pub(crate) no_baseline: bool,

    /// Report and fix only what is new since the branch left this revision, such as origin/main; runs git
    ///
    /// New is what stands on a changed line, and what is not found in the Dockerfile and the files around it as they were
    /// then. A RUN or another instruction of several lines counts as changed when one of its lines is; a Dockerfile that
    /// git does not know counts as a whole.
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

    /// Exit with 1 if --fix changed or created a file, so that a commit waits for it
    #[arg(long, requires = "fix", conflicts_with_all = ["exit_zero", "write_baseline"], help_heading = FIXES)]
    pub(crate) exit_non_zero_on_fix: bool,

    /// The build context, the directory that `docker build` is given; otherwise found by the files that are copied
    #[arg(long, value_name = "DIR", help_heading = CHOICE)]
    pub(crate) context: Option<PathBuf>,

    /// The stage that is shipped; otherwise the last one, or the one below a last one named test, lint or dev
    #[arg(long, value_name = "STAGE", help_heading = CHOICE)]
    pub(crate) target: Option<String>,

    /// Use this configuration instead of the nearest pylintdock.toml or pyproject.toml
    #[arg(long, value_name = "FILE", help_heading = CHOICE)]
    pub(crate) config: Option<PathBuf>,

    /// Leave out what the configuration excludes also where it is named here
    ///
    /// For pre-commit and other programs that name files. Also `force-exclude = true` in the configuration.
    #[arg(long, help_heading = CHOICE)]
    pub(crate) force_exclude: bool,

    /// The path that the Dockerfile on standard input has or will have
    #[arg(long, value_name = "PATH", help_heading = CHOICE)]
    pub(crate) stdin_filename: Option<PathBuf>,

    /// Read Dockerfiles as JSON from standard input, one on each line, and print what is found as JSON lines
    ///
    /// A line is `{"path": "app/Dockerfile", "content": "FROM …"}`; `"context"` may be a directory, or an object of files
    /// such as `{"requirements.txt": "flask"}`, and other keys are passed over. The order is kept, and memory stays the
    /// same however many there are. No baseline counts, also none that the configuration names.
    #[arg(long, help_heading = CHOICE, conflicts_with_all = [
        "paths", "fix", "diff", "unsafe_fixes", "statistics", "output_format", "output_file", "stdin_filename", "context",
        "watch", "add_ignore", "baseline", "no_baseline", "write_baseline", "diff_base", "explain_rewrite",
    ])]
    pub(crate) stdin_jsonl: bool,

    /// Judge what is still supported as on this day; otherwise today
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
    /// A rule's name or alias, such as `pip-cache-kept` or `DL3042`; without it all rules are listed
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
