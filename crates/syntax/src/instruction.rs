//! One instruction with everything that belongs to it.

use crate::{Arguments, Excerpt, Flag, Heredoc, Span};

/// The instructions of the Dockerfile language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the instruction of its name")]
pub enum Keyword {
    Add,
    Arg,
    Cmd,
    Copy,
    Entrypoint,
    Env,
    Expose,
    From,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
    /// Not an instruction; reported as a syntax error.
    Unknown,
}

impl Keyword {
    /// Every instruction with its spelling.
    pub const ALL: [(&'static str, Keyword); 18] = [
        ("ADD", Keyword::Add),
        ("ARG", Keyword::Arg),
        ("CMD", Keyword::Cmd),
        ("COPY", Keyword::Copy),
        ("ENTRYPOINT", Keyword::Entrypoint),
        ("ENV", Keyword::Env),
        ("EXPOSE", Keyword::Expose),
        ("FROM", Keyword::From),
        ("HEALTHCHECK", Keyword::Healthcheck),
        ("LABEL", Keyword::Label),
        ("MAINTAINER", Keyword::Maintainer),
        ("ONBUILD", Keyword::Onbuild),
        ("RUN", Keyword::Run),
        ("SHELL", Keyword::Shell),
        ("STOPSIGNAL", Keyword::Stopsignal),
        ("USER", Keyword::User),
        ("VOLUME", Keyword::Volume),
        ("WORKDIR", Keyword::Workdir),
    ];

    /// The instruction that `word` names, in any case.
    pub fn of(word: &str) -> Keyword {
        let found = Keyword::ALL.iter().find(|it| it.0.eq_ignore_ascii_case(word));
        found.map_or(Keyword::Unknown, |it| it.1)
    }

    /// The spelling in upper case; empty for an unknown word.
    pub fn name(self) -> &'static str {
        Keyword::ALL.iter().find(|it| it.1 == self).map_or("", |it| it.0)
    }
}

/// An instruction.
#[derive(Clone, Debug)]
pub struct Instruction<'t> {
    /// Which instruction.
    pub keyword: Keyword,
    /// The keyword as written.
    pub keyword_span: Span,
    /// From the keyword to the last byte, heredoc bodies included, without the line end.
    pub span: Span,
    /// First and last physical line, counted from 1, heredocs included.
    pub lines: (u32, u32),
    /// The joined line: continuations and the comments between are taken out. For an instruction inside ONBUILD it
    /// begins at the inner keyword.
    pub line: Excerpt<'t>,
    /// `--name=value` words before the arguments.
    pub flags: Vec<Flag<'t>>,
    /// What follows the flags.
    pub arguments: Arguments<'t>,
    /// Heredocs, in the order of their bodies.
    pub heredocs: Vec<Heredoc<'t>>,
    /// Blank lines between continuation lines, without their line end; BuildKit warns of them.
    pub blank_lines: Vec<Span>,
}

impl<'t> Instruction<'t> {
    /// The first flag of this name (without `--`).
    pub fn flag(&self, name: &str) -> Option<&Flag<'t>> {
        self.flags.iter().find(|it| it.name == name)
    }

    /// All flags of this name.
    pub fn flags_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Flag<'t>> {
        self.flags.iter().filter(move |it| it.name == name)
    }

    /// The instruction behind ONBUILD.
    pub fn nested(&self) -> Option<&Instruction<'t>> {
        match &self.arguments {
            Arguments::Nested(inner) => Some(inner),
            _ => None,
        }
    }
}
