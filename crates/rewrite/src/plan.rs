//! What the rewrite of a stage consists of, before any text is written.

use model::Build;
use syntax::Span;

/// How the parts of a stage are shared between a builder and the shipped stage, with the reasons.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The stage that is rewritten, by index.
    pub stage: usize,
    /// The name of the new stage.
    pub builder_name: String,
    /// What is built.
    pub shape: Shape,
    /// How wheels reach the shipped stage.
    pub transfer: Transfer,
    /// What becomes of every command, in order.
    pub judged: Vec<Judged>,
    /// What becomes of every instruction of the stage behind its FROM, in order.
    pub steps: Vec<StepPlan>,
    /// The tag of the shipped stage's image, where it becomes another one: its place and the new text.
    pub retag: Option<(Span, String)>,
    /// What could not be proved, each as a sentence without a full stop; empty when nothing can go wrong.
    pub doubts: Vec<String>,
}

/// What the builder makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Wheels, which the shipped stage installs.
    Wheels,
    /// Whole environments, which are copied to the same place.
    Environment {
        /// The environment of the interpreter itself is among them.
        has_system: bool,
        /// What pip installs comes as wheels all the same.
        has_wheels: bool,
    },
}

/// How the wheels that the builder makes reach the shipped stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transfer {
    /// Wheels that are mounted while they are installed: no layer holds them.
    #[default]
    Mount,
    /// Wheels that a COPY brings, for builders without mounts: they stay in its layer.
    Copy,
}

/// The folder that holds the wheels, in both stages.
pub const WHEELS: &str = "/wheels";

/// Where a command belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It serves the build alone: it goes to the builder, or nowhere.
    BuildOnly,
    /// The shipped image needs what it does.
    RunTime,
    /// Both stages need it, or a part of it each.
    Both,
    /// A clean-up or setting that goes with its neighbours.
    NoMatter,
    /// It is not known what it does: it stays, and the rewrite is not safe.
    Unknown,
}

impl Verdict {
    /// As a person would say it.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::BuildOnly => "build only",
            Verdict::RunTime => "run time",
            Verdict::Both => "both",
            Verdict::NoMatter => "does not matter",
            Verdict::Unknown => "unknown",
        }
    }
}

/// A command and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The command, with all that belongs to it.
    pub span: Span,
    /// Where it belongs.
    pub verdict: Verdict,
    /// Why, as a sentence without a full stop.
    pub reason: String,
}

/// What becomes of one instruction.
#[derive(Clone, Debug)]
pub struct StepPlan {
    /// Its index in the file.
    pub step: usize,
    /// What the builder does in its place.
    pub builder: Builder,
    /// Whole instructions that the shipped stage has in front of it.
    pub above: Vec<String>,
    /// What the shipped stage does in its place.
    pub shipped: Shipped,
}

/// What the builder does in the place of an instruction.
#[derive(Clone, Debug)]
pub enum Builder {
    /// Nothing.
    Nothing,
    /// The same.
    Same,
    /// These whole instructions.
    Lines(Vec<String>),
    /// A part of a RUN.
    Part(Part),
    /// These whole instructions, and behind them what else it does.
    Behind(Vec<String>, Box<Builder>),
}

/// What the shipped stage does in the place of an instruction.
#[derive(Clone, Debug)]
pub enum Shipped {
    /// The same.
    Same,
    /// Nothing.
    Nothing,
    /// A part of a RUN, with this folder mounted from the builder or copied from it.
    Part(Part, Option<String>),
}

/// A part of a RUN.
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// The items of its script that go, by index.
    pub without: Vec<usize>,
    /// Changes inside the items that stay.
    pub edits: Vec<(Span, String)>,
    /// Flags that go.
    pub without_flags: Vec<Span>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The place that decides, if there is one.
    pub span: Option<Span>,
    /// As the end of a sentence that begins with "as".
    pub reason: String,
    /// No other shape helps.
    pub(crate) is_final: bool,
}

impl Refusal {
    pub(crate) fn at(span: Span, reason: impl Into<String>) -> Refusal {
        Refusal { span: Some(span), reason: reason.into(), is_final: false }
    }

    pub(crate) fn new(reason: impl Into<String>) -> Refusal {
        Refusal { span: None, reason: reason.into(), is_final: false }
    }

    /// The reason with the line that it speaks of.
    pub fn told(&self, build: &Build<'_>) -> String {
        match self.span {
            Some(span) => format!("{} (line {})", self.reason, build.file.lines.line(span.start)),
            None => self.reason.clone(),
        }
    }

    /// A reason that stands whatever is built.
    pub(crate) fn last(reason: impl Into<String>) -> Refusal {
        Refusal { is_final: true, ..Refusal::new(reason) }
    }
}

/// Adds a sentence once.
pub(crate) fn add(doubts: &mut Vec<String>, doubt: impl Into<String>) {
    let doubt = doubt.into();
    if !doubts.contains(&doubt) {
        doubts.push(doubt);
    }
}
