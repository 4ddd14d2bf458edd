//! Tools that manage projects, such as poetry, and are installed only for the build.

use managers::{Action, Tool};
use model::RunCall;
use syntax::Keyword;

use crate::deed::Task;
use crate::plan::Shape;
use crate::share::Sharing;

/// The tools, by the names of their packages.
const MANAGERS: [&str; 7] = ["pdm", "pip-tools", "pipenv", "pipx", "poetry", "uv", "virtualenv"];

/// What a start command speaks of that is written elsewhere, and may call anything.
const SCRIPTS: [&str; 5] = [".sh", "./", "entrypoint", "bash", "make"];

impl<'f> Sharing<'_, 'f> {
    /// Whether a call installs nothing but tools that manage projects, and nothing that the shipped stage does or
    /// starts calls them.
    pub(crate) fn serves_only_the_build(&self, call: &RunCall<'f>) -> bool {
        let names = names(call);
        let own = names.iter().filter(|it| MANAGERS.contains(&it.as_str()));
        let own: Vec<&String> = own.collect();
        !own.is_empty()
            && call.head().start < self.end_of_build()
            && self.starts_program()
            && !own.into_iter().any(|it| self.is_called_later(it))
    }

    /// Whether a command only sets up a tool that does not reach the shipped stage.
    pub(crate) fn is_setting_of_tool(&self, task: &Task<'_, 'f>) -> bool {
        self.installation_of(task).is_some_and(|it| self.serves_only_the_build(it))
    }

    /// Whether a command of the shipped stage sets up a tool that comes there with the environment of the interpreter.
    pub(crate) fn sets_up_copied_tool(&self, task: &Task<'_, 'f>) -> bool {
        matches!(self.shape, Shape::Environment { has_system: true, .. })
            && self.installation_of(task).is_some_and(|it| !self.serves_only_the_build(it))
    }

    /// The call of pip in the stage that installs the tool which a command sets up.
    fn installation_of(&self, task: &Task<'_, 'f>) -> Option<&RunCall<'f>> {
        let run = task.step.run()?;
        let own = run.calls.iter().find(|it| task.span.contains(it.head()));
        let name = own.filter(|it| it.call.action == Action::Configure)?.call.tool.name();
        let all = self.build.steps.iter().filter(|it| it.stage == task.step.stage);
        let mut calls = all.filter_map(|it| it.run()).flat_map(|it| &it.calls);
        calls.find(|it| it.call.tool == Tool::Pip && names(it).iter().any(|it| it == name))
    }

    fn end_of_build(&self) -> u32 {
        self.build.steps.get(self.last.0).map_or(0, |it| it.instruction.span.end)
    }

    /// Whether what is started can be seen: a program, and no script of the project's.
    fn starts_program(&self) -> bool {
        let text = self.build.file.text;
        let is_start = |it: Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint);
        let steps = self.build.steps.iter().filter(|it| is_start(it.instruction.keyword));
        let mut starts = steps.map(|it| it.instruction.span.of(text)).peekable();
        starts.peek().is_some() && !starts.any(|it| SCRIPTS.iter().any(|word| it.contains(word)))
    }

    /// Whether a command of the shipped stage, or an instruction behind the build, speaks of a tool.
    fn is_called_later(&self, name: &str) -> bool {
        let text = self.build.file.text;
        let speaks = |it: &&model::Step<'f>| {
            it.copy().is_none() && has_word(it.instruction.span.of(text), name)
        };
        let later = self.build.steps.iter().filter(|it| it.index > self.last.0);
        let runs = self.build.steps.iter().filter(|it| it.index <= self.last.0);
        let mut calls = runs.filter_map(|it| it.run()).flat_map(|run| {
            run.commands().filter(|it| it.program() == Some(name)).map(move |it| (run, it))
        });
        later.into_iter().any(|it| speaks(&it))
            || calls.any(|(run, command)| {
                let call = run.calls.iter().find(|it| std::ptr::eq(it.call.command, command));
                call.is_none_or(|it| {
                    !matches!(
                        it.call.action,
                        Action::Add
                            | Action::Clean
                            | Action::Configure
                            | Action::CreateEnvironment
                            | Action::Install
                            | Action::Sync
                    )
                })
            })
    }
}

/// Whether a text has a word that no letter, digit, dot or dash continues: not the `poetry` of `poetry.lock`.
fn has_word(text: &str, word: &str) -> bool {
    let goes_on = |it: Option<char>| {
        it.is_some_and(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_'))
    };
    text.match_indices(word).any(|(at, _)| {
        let behind = text.get(at + word.len()..).and_then(|it| it.chars().next());
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        !goes_on(behind) && !goes_on(before)
    })
}

/// The packages that a call names, without versions.
fn names(call: &RunCall<'_>) -> Vec<String> {
    let name = |text: &str| {
        let end = text.find(['=', '<', '>', '~', '!', '[', ' ', ';']).unwrap_or(text.len());
        text.get(..end).unwrap_or(text).to_ascii_lowercase()
    };
    call.call.operands.iter().map(|it| name(&it.head)).collect()
}
