//! A call of a package manager, typed.

use shell::Command;
use syntax::Span;

use crate::action::{self, Action};
use crate::argument::{Argument, Field, fields};
use crate::conda_options::{CONDA, CONDA_CLEAN, CONDA_CONFIG, CONDA_FILE, CONDA_RUN};
use crate::option::{CommandOption, Definition, Grammar, Line, read};
use crate::pip_options::{BUILD, EASY_INSTALL, PIP, PIP_TOOLS, PIPX, VENV};
use crate::poetry_options::{PDM, PDM_BUILD, PDM_RUN, PIPENV, PIPENV_LOCK, POETRY};
use crate::system_options::{APK, APT, APTITUDE, DNF, ZYPPER, ZYPPER_COMMAND};
use crate::tool::{self, Start, Tool};
use crate::uv_options::{UV, UV_ENVIRONMENT, UV_PIP, UV_PROJECT, UV_RUN};

/// The value of a variable, where it is certain.
pub type Lookup<'l> = &'l dyn Fn(&str) -> Option<String>;

/// A command that starts a package manager.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// The package manager.
    pub tool: Tool,
    /// What it is told to do.
    pub action: Action,
    /// The action as written (`install`, `cache purge`); `None` when the program's name says it all (`uvx`,
    /// `python -m venv`), or when there is none.
    pub action_span: Option<Span>,
    /// What names the tool: `pip`, `python3 -m pip`, `uv pip`.
    pub tool_span: Span,
    /// The options, in order.
    pub options: Vec<CommandOption<'a>>,
    /// The operands, in order. Of [`Action::Run`] and [`Action::RunTool`]: the program that is run, with all
    /// of its arguments.
    pub operands: Vec<Argument<'a>>,
    /// Where a person would write one more option: behind the action and the flags that follow it.
    pub option_offset: u32,
    /// An operand may turn out as several, or as options: `pip install $FLAGS x` with FLAGS unknown, and all that
    /// `xargs` feeds. A variable behind an option (`-r $FILE`) or a text (`x==$VERSION`) is taken to be one word.
    pub may_have_more: bool,
    /// The call that runs this one: `conda run -n base` before `pip install`.
    pub runner: Option<Box<Call<'a>>>,
    /// The command.
    pub command: &'a Command<'a>,
}

impl<'a> Call<'a> {
    /// The first option of this full name (`--requirement`, with its dashes).
    pub fn option(&self, name: &str) -> Option<&CommandOption<'a>> {
        self.options.iter().find(|it| it.name == name)
    }

    /// Whether an option of this full name is given, and not switched off by `=false`.
    pub fn has(&self, name: &str) -> bool {
        self.options.iter().any(|it| it.name == name && it.is_on())
    }

    /// The values of all options of this full name, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &Argument<'a>> {
        self.options.iter().filter(move |it| it.name == name).filter_map(|it| it.value.as_ref())
    }

    /// The full names of the options that the tool is known to have here.
    pub fn known_options(&self) -> impl Iterator<Item = &'static str> {
        let ends_action = |it: &&shell::Word<'a>| {
            self.action_span.is_some_and(|action| action.end == it.span.end)
        };
        let action = self.command.words.iter().find(ends_action);
        let word = action.and_then(|it| it.literal()).unwrap_or("");
        grammar(self.tool, Some(self.action), word).names()
    }

    /// The value of the last option of this full name, which is the one that counts.
    pub fn last_value(&self, name: &str) -> Option<&Argument<'a>> {
        self.values(name).last()
    }
}

/// The call that a command is, or `None` if it starts no package manager. What runs another one is seen through:
/// `conda run -n base pip install x` is a call of pip, with conda as its runner.
pub fn call<'a>(command: &'a Command<'a>, lookup: Lookup<'_>) -> Option<Call<'a>> {
    let first = command.words.first()?;
    if first.literal().is_some_and(|it| !tool::may_start(it.rsplit('/').next().unwrap_or(it))) {
        return None;
    }
    let fields = fields(&command.words, lookup);
    let start = tool::start(&fields, 0)?;
    Some(read_call(command, &fields, 0, start, None))
}

/// The call that a Python makes of the get-pip.py that the command before it in the pipeline fetches:
/// `curl https://bootstrap.pypa.io/get-pip.py | python3 - --user`.
pub fn piped_call<'a>(
    feeder: &Command<'_>,
    command: &'a Command<'a>,
    lookup: Lookup<'_>,
) -> Option<Call<'a>> {
    let is_fed = command.place.reads_pipe && feeder.place.writes_pipe;
    if !is_fed || !matches!(feeder.program(), Some("curl" | "wget")) {
        return None;
    }
    let is_script = |it: &str| it.rsplit('/').next() == Some("get-pip.py");
    if !feeder.words.iter().any(|it| it.literal().is_some_and(is_script)) {
        return None;
    }
    let fields = fields(&command.words, lookup);
    let start = tool::piped_start(&fields)?;
    Some(read_call(command, &fields, 0, start, None))
}

/// The value of an environment variable for a command: set before the command itself, or by the surroundings.
pub fn environment(command: &Command<'_>, lookup: Lookup<'_>, name: &str) -> Option<String> {
    match command.assignments.iter().rev().find(|it| it.name == name) {
        Some(assignment) => assignment.value.resolve(lookup).map(|it| it.into_owned()),
        None => lookup(name),
    }
}

fn read_call<'a>(
    command: &'a Command<'a>,
    fields: &[Field<'a>],
    first: usize,
    start: Start,
    runner: Option<Box<Call<'a>>>,
) -> Call<'a> {
    let Start { mut tool, mut next, action: known_action } = start;
    let text = |at: usize| fields.get(at).and_then(|it| it.text()).unwrap_or("");
    let mut tool_end = next.saturating_sub(1);
    let mut options = Vec::new();
    let mut action = known_action.unwrap_or(Action::Other);
    let mut action_span = None;
    let mut has_unknown_flags = false;
    if known_action.is_none() {
        let before = read(fields, next, &grammar(tool, None, ""));
        options = before.options;
        next = before.next;
        if tool == Tool::Uv && text(next) == "pip" {
            tool = Tool::UvPip;
            tool_end = next;
            let more = read(fields, next + 1, &grammar(tool, None, ""));
            options.extend(more.options);
            next = more.next;
        }
        // `yum $FLAGS install gcc`: the variable holds options, or nothing.
        while fields.get(next).is_some_and(|it| it.may_split && it.head.is_empty())
            && action::action(tool, text(next + 1), "").0 != Action::Other
        {
            next += 1;
            has_unknown_flags = true;
        }
        let (found, n_words) = action::action(tool, text(next), text(next + 1));
        action = found;
        let words = fields.get(next..(next + n_words).min(fields.len())).unwrap_or(&[]);
        if let (Some(one), Some(other)) = (words.first(), words.last()) {
            action_span = Some(one.word.span.to(other.word.span));
        }
        next += words.len();
        options.iter_mut().for_each(|it| it.is_before_action = true);
    }
    let span = |at: usize| fields.get(at).map_or(command.span, |it: &Field<'_>| it.word.span);
    let tool_span = span(first).to(span(tool_end));
    let line = read(fields, next, &grammar(tool, Some(action), text(next.saturating_sub(1))));
    let Line { options: after, mut operands, next: rest, may_have_more } = line;
    let option_offset = option_offset(&after, &operands, action_span.unwrap_or(tool_span));
    options.extend(after);
    if tool == Tool::SetupPy {
        action = last_command(action, &operands);
    }
    operands.extend(fields.get(rest..).unwrap_or(&[]).iter().map(Field::argument));
    let is_fed = command.wrappers.iter().any(|it| it.literal().is_some_and(is_feeder));
    let is_unknown_action = action_span.is_some()
        && known_action.is_none()
        && fields.get(next.saturating_sub(1)).is_some_and(|it| !it.is_certain);
    let may_have_more = may_have_more || is_fed || is_unknown_action || has_unknown_flags;
    let call = Call {
        tool,
        action,
        action_span,
        tool_span,
        options,
        operands,
        option_offset,
        may_have_more,
        runner,
        command,
    };
    match inner(&call, fields, rest) {
        Some((at, start)) => read_call(command, fields, at, start, Some(Box::new(call))),
        None => call,
    }
}

/// Behind the flags that directly follow the action: an option with a value begins what the call is about.
fn option_offset(after: &[CommandOption<'_>], operands: &[Argument<'_>], anchor: Span) -> u32 {
    let limit = operands.first().map_or(u32::MAX, |it| it.word.span.start);
    let follows = |it: &&CommandOption<'_>| {
        it.is_known
            && it.value.is_none()
            && !it.lacks_value
            && it.span.start >= anchor.end
            && it.span.end <= limit
    };
    after.iter().take_while(follows).last().map_or(anchor.end, |it| it.span.end)
}

/// `setup.py build_ext -i install`: of several commands of setup.py, the one that installs counts.
fn last_command(action: Action, operands: &[Argument<'_>]) -> Action {
    let mut commands = operands.iter().filter_map(|it| it.text());
    let is_install = |it: &str| matches!(it, "install" | "develop");
    commands.find(|it| is_install(it)).map_or(action, |it| action::action(Tool::SetupPy, it, "").0)
}

fn is_feeder(wrapper: &str) -> bool {
    matches!(wrapper.rsplit('/').next(), Some("xargs" | "parallel"))
}

/// The call that a running tool runs, if that is a package manager too, and the index where it begins.
fn inner(call: &Call<'_>, fields: &[Field<'_>], at: usize) -> Option<(usize, Start)> {
    if !matches!(call.action, Action::Run | Action::RunTool) {
        return None;
    }
    if call.tool == Tool::Uv && call.has("--module") {
        return Some((at, tool::module_start(fields.get(at)?.text()?, at + 1)?));
    }
    if let Some(start) = tool::start(fields, at) {
        return Some((at, start));
    }
    // `uvx poetry@1.8 install`, `pipx run pip-tools==7`.
    let field = fields.get(at).filter(|_| call.action == Action::RunTool)?;
    let name = match field.head.split_once(['@', '=', '[']) {
        Some((name, _)) => name,
        None => field.text()?,
    };
    let (tool, action) = tool::named(name)?;
    Some((at, Start { tool, next: at + 1, action }))
}

/// How a tool reads its options; before its action when `action` is `None`. `word` is the action as written.
fn grammar(tool: Tool, action: Option<Action>, word: &str) -> Grammar {
    let none: &'static [Definition] = &[];
    let tables = match tool {
        Tool::Pip | Tool::GetPip => [PIP, none, none],
        Tool::PipTools => [PIP_TOOLS, none, none],
        Tool::UvPip => [UV_PIP, UV, none],
        Tool::Uv => match action {
            Some(Action::Run | Action::RunTool | Action::InstallTool) => [UV_RUN, UV, none],
            Some(Action::CreateEnvironment | Action::InstallPython | Action::Clean) => {
                [UV_ENVIRONMENT, UV, none]
            }
            _ => [UV_PROJECT, UV, none],
        },
        Tool::Poetry => [POETRY, none, none],
        Tool::Pdm => match action {
            Some(Action::Build) => [PDM_BUILD, PDM, none],
            Some(Action::Run) => [PDM_RUN, PDM, none],
            _ => [PDM, none, none],
        },
        Tool::Pipenv if action == Some(Action::Lock) => [PIPENV_LOCK, PIPENV, none],
        Tool::Pipenv => [PIPENV, none, none],
        Tool::Pipx => [PIPX, none, none],
        Tool::EasyInstall | Tool::SetupPy => [EASY_INSTALL, none, none],
        Tool::Build => [BUILD, none, none],
        Tool::Venv | Tool::Virtualenv => [VENV, none, none],
        Tool::Conda | Tool::Mamba | Tool::Micromamba => match action {
            Some(Action::Clean) => [CONDA_CLEAN, CONDA, none],
            Some(Action::Run) => [CONDA_RUN, CONDA, none],
            Some(Action::Configure) => [CONDA_CONFIG, CONDA, none],
            Some(Action::UpdateEnvironment | Action::CreateEnvironment | Action::Export) => {
                [CONDA_FILE, CONDA, none]
            }
            _ if tool != Tool::Conda || word == "env" => [CONDA_FILE, CONDA, none],
            _ => [CONDA, none, none],
        },
        Tool::AptGet | Tool::Apt | Tool::AptMark => [APT, none, none],
        Tool::Aptitude => [APTITUDE, APT, none],
        Tool::Apk => [APK, none, none],
        Tool::Dnf | Tool::Microdnf | Tool::Yum | Tool::Tdnf => [DNF, none, none],
        Tool::Zypper if action.is_none() => [ZYPPER, none, none],
        Tool::Zypper => [ZYPPER_COMMAND, ZYPPER, none],
    };
    let is_optparse = matches!(tool, Tool::Pip | Tool::GetPip);
    let is_argparse = tool.is_conda() || tool.is_dnf() || tool == Tool::Virtualenv;
    Grammar {
        tables,
        abbreviates: is_optparse || is_argparse,
        strips_equals: !(is_optparse || matches!(tool, Tool::Apk | Tool::Poetry)),
        stops_at_operand: matches!(action, None | Some(Action::Run | Action::RunTool)),
    }
}
