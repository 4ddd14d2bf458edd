//! What a shell script consists of, as far as a linter asks.

use std::borrow::Cow;

use syntax::Span;

/// The commands of one piece of shell text: a RUN's line, a heredoc body, or the argument of `sh -c`.
#[derive(Clone, Debug, Default)]
pub struct Script<'t> {
    /// Every simple command, in the order of the text, also those inside lists, conditions, loops, functions,
    /// substitutions and `sh -c "…"`.
    pub commands: Vec<Command<'t>>,
    /// The top-level list: what `&&`, `||`, `;`, `&` and newlines separate, in order.
    pub items: Vec<Item>,
    /// The variables that the head of a `for` or `select` sets, and those that an arithmetic command names, in no order; a
    /// name may be there twice.
    pub assigned: Vec<Cow<'t, str>>,
    /// The first place that is not understood. No fix may touch a script that has one.
    pub fault: Option<Span>,
}

/// One element of the top-level list of a script; may be a compound command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The element with its redirections, without the operators around it.
    pub span: Span,
    /// How it is joined to the element before it; `None` for the first.
    pub joined_by: Option<(Operator, Span)>,
}

/// What stands between two elements of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;` or the end of a line
    Then,
    /// `&`
    Background,
}

/// A simple command: assignments, a program and its arguments, redirections.
#[derive(Clone, Debug)]
pub struct Command<'t> {
    /// From the first to the last byte, wrappers, assignments and redirections included.
    pub span: Span,
    /// `NAME=value` before the program, also those given to `env`.
    pub assignments: Vec<Assignment<'t>>,
    /// What is run by another program: `sudo -E`, `exec`, `time -p`, `env`, `nice -n 5`, `xargs -0` …; empty mostly.
    pub wrappers: Vec<Word<'t>>,
    /// The program and its arguments, after the wrappers; empty for a bare assignment.
    pub words: Vec<Word<'t>>,
    /// `> file`, `2>&1`, `< file` …
    pub redirects: Vec<Redirect<'t>>,
    /// Where the command stands.
    pub place: Place,
    /// It was handed a script as text (`sh -c '…'`, `su -c`, `eval`, `trap`) whose commands are listed as well,
    /// after this one: whoever looks for programs need not look into its words.
    pub has_script: bool,
}

/// Where a command stands in its script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Index into [`Script::items`] of the element that holds it.
    pub item: usize,
    /// The command is that element, alone: not a part of a pipeline, a condition or a group.
    pub is_item: bool,
    /// It may not run although the script succeeds: after `||`, in a branch, a loop body, a function, a trap or a case.
    pub is_conditional: bool,
    /// It stands in a pipeline, and it is not its first command.
    pub reads_pipe: bool,
    /// It stands in a pipeline, and it is not its last command.
    pub writes_pipe: bool,
    /// It stands inside `$(…)` or backticks: its output is used as text.
    pub is_substitution: bool,
    /// How many subshells, `sh -c` and the like enclose it; their `cd` and variables do not reach further.
    pub subshells: u8,
}

/// `NAME=value`.
#[derive(Clone, Debug)]
pub struct Assignment<'t> {
    /// The whole assignment.
    pub span: Span,
    /// The variable.
    pub name: Cow<'t, str>,
    /// What it is set to.
    pub value: Word<'t>,
}

/// A redirection.
#[derive(Clone, Debug)]
pub struct Redirect<'t> {
    /// The whole redirection.
    pub span: Span,
    /// `>`, `>>`, `<`, `>&`, `&>`, `<<`, `<<<` …, without the descriptor.
    pub operator: &'static str,
    /// The file or descriptor.
    pub target: Word<'t>,
}

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word as written, with its quotes.
    pub span: Span,
    /// Its parts, in order; adjacent text is one part.
    pub parts: Parts<'t>,
}

/// The parts of a word. The common case, one run of text, needs no allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts<'t> {
    /// Text only, quotes and escapes removed.
    Text(Cow<'t, str>),
    /// Text and expansions.
    Mixed(Vec<Part<'t>>),
}

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'t> {
    /// Text, quotes and escapes removed. `is_quoted` matters for globs and splitting.
    Text {
        /// The text.
        text: Cow<'t, str>,
        /// Whether it stood in quotes or behind a backslash.
        is_quoted: bool,
    },
    /// `$NAME`, `${NAME}`, or `${NAME:-default}` and its kin.
    Variable {
        /// The variable; also `@`, `*`, `1`, `?` and the like.
        name: Cow<'t, str>,
        /// What follows the name inside the braces, as written (`:-default`); empty mostly.
        modifier: Cow<'t, str>,
        /// Inside double quotes: not split into words.
        is_quoted: bool,
    },
    /// `$(…)`, backticks, `$((…))`, `<(…)`, `${!NAME}`, an array: not known before it runs. Globs and brace
    /// lists are text.
    Unknown {
        /// As written.
        text: Cow<'t, str>,
    },
}

impl<'t> Word<'t> {
    /// The text at its beginning, as far as that does not depend on anything.
    pub fn start(&self) -> &str {
        match &self.parts {
            Parts::Text(text) => text,
            Parts::Mixed(parts) => match parts.first() {
                Some(Part::Text { text, .. }) => text,
                _ => "",
            },
        }
    }

    /// The value, if it does not depend on anything: quotes and escapes removed. Globs count as text.
    pub fn literal(&self) -> Option<&str> {
        match &self.parts {
            Parts::Text(text) => Some(text),
            Parts::Mixed(_) => None,
        }
    }

    /// The value, with variables looked up by `lookup`; `None` as soon as a part is not certain, or an unquoted
    /// variable would be split into several words.
    pub fn resolve(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Option<Cow<'_, str>> {
        let parts = match &self.parts {
            Parts::Text(text) => return Some(Cow::Borrowed(text)),
            Parts::Mixed(parts) => parts,
        };
        let mut value = String::new();
        for part in parts {
            match part {
                Part::Text { text, .. } => value.push_str(text),
                Part::Variable { name, modifier, is_quoted } => {
                    let known = expand(modifier, lookup(name))?;
                    if !is_quoted && known.contains(char::is_whitespace) {
                        return None;
                    }
                    value.push_str(&known);
                }
                Part::Unknown { .. } => return None,
            }
        }
        Some(Cow::Owned(value))
    }
}

/// `${NAME…}` with the given value of NAME; `None` where the result is not certain.
fn expand(modifier: &str, value: Option<String>) -> Option<String> {
    let is_plain = |it: &str| !it.contains(['$', '`', '\\', '"', '\'']);
    match modifier {
        "" => value,
        _ if modifier.starts_with(":-") && is_plain(&modifier[2..]) => match value? {
            it if it.is_empty() => Some(modifier[2..].to_owned()),
            it => Some(it),
        },
        _ => None,
    }
}

impl<'t> Command<'t> {
    /// The last component of the program's path when it is certain: `pip` for `/venv/bin/pip`.
    pub fn program(&self) -> Option<&str> {
        let name = self.words.first()?.literal()?;
        Some(name.rsplit('/').next().unwrap_or(name))
    }
}
