//! RUN: its mounts, its commands, and the package-manager calls among them.

use std::cell::OnceCell;

use managers::{Call, Tool};
use rustc_hash::FxHashMap;
use shell::{Command, Script};
use syntax::{Arguments, Expansion};

use crate::cache::CacheWrite;
use crate::loose::Loose;
use crate::memory::RunMemory;
use crate::python_estimate::PythonAddition;
use crate::requirements::Requirements;
use crate::{Mount, path};

/// A RUN instruction.
#[derive(Debug)]
pub struct Run<'f> {
    /// `--mount` flags.
    pub mounts: Vec<Mount<'f>>,
    /// Its shell text: the line, heredoc bodies, or the one command of the exec form.
    pub scripts: &'f [Script<'f>],
    /// Exec form: no shell is involved, and nothing can be joined to the command.
    pub is_exec: bool,
    /// Package-manager calls, in order.
    pub calls: Vec<RunCall<'f>>,
    settings: Settings,
    /// The commands that change the directory, or may: index of the script and of the command in it.
    movers: Vec<(usize, usize)>,
    /// The first command of each script that tests something.
    tests: Vec<(usize, usize)>,
    loose: Loose,
    pub(crate) memory: RunMemory,
}

/// The variables that scripts set, by name, each in order.
type Settings = FxHashMap<String, Vec<Setting>>;

/// A variable that a script sets for its later commands.
#[derive(Debug)]
struct Setting {
    script: usize,
    /// The command that sets it.
    command: usize,
    /// `None` when not certain.
    value: Option<String>,
}

fn last<'s>(
    settings: &'s Settings,
    script: usize,
    command: usize,
    name: &str,
) -> Option<&'s Setting> {
    let settings = settings.get(name)?;
    let n_before = settings.partition_point(|it| (it.script, it.command) < (script, command));
    settings.get(n_before.checked_sub(1)?).filter(|it| it.script == script)
}

/// A package-manager call and where it stands.
#[derive(Debug)]
pub struct RunCall<'f> {
    /// The call.
    pub call: Call<'f>,
    /// Index into [`Run::scripts`].
    pub script: usize,
    /// Index into the script's commands.
    pub command: usize,
    /// What becomes of the caches that it would fill, once that was asked.
    pub(crate) cache_writes: OnceCell<Vec<CacheWrite>>,
    /// What it installs, once that was asked.
    pub(crate) requirements: OnceCell<Option<Requirements>>,
    /// What it adds to the packages that are there, once that was asked of any call of the stage.
    pub(crate) adds: OnceCell<Option<PythonAddition>>,
}

/// More changes of the directory in one RUN than a person writes; behind them it is not certain any more, so that
/// following them stays linear.
const MAX_MOVES: usize = 64;

impl RunCall<'_> {
    /// The place of the tool and its action.
    pub fn head(&self) -> syntax::Span {
        let call = &self.call;
        call.action_span.map_or(call.tool_span, |it| call.tool_span.to(it))
    }

    /// The tool and its action as written, for a message: `pip install`, `python -m pip install`.
    pub fn spoken<'t>(&self, text: &'t str) -> &'t str {
        let written = self.head().of(text);
        let is_piped = self.call.tool == Tool::GetPip && !written.contains("get-pip");
        let is_awkward = written.contains(['\n', '"', '`', ',']) || written.len() > 40;
        if is_piped || is_awkward || written.is_empty() {
            return self.call.tool.name();
        }
        written
    }
}

impl<'f> Run<'f> {
    /// Reads the calls of a RUN. `lookup` knows the variables that hold when it begins.
    pub(crate) fn new(
        arguments: &Arguments<'_>,
        mounts: Vec<Mount<'f>>,
        scripts: &'f [Script<'f>],
        loose: Loose,
        lookup: &dyn Fn(&str) -> Expansion,
    ) -> Run<'f> {
        let is_exec = matches!(arguments, Arguments::Exec { .. });
        let mut calls = Vec::new();
        let mut settings = Settings::default();
        let mut movers = Vec::new();
        let mut tests: Vec<(usize, usize)> = Vec::new();
        for (script_index, script) in scripts.iter().enumerate() {
            for (index, command) in script.commands.iter().enumerate() {
                let value = |name: &str| match last(&settings, script_index, index, name) {
                    _ if loose.has(name) => None,
                    Some(set) => set.value.clone(),
                    None => match lookup(name) {
                        Expansion::Value(value) => Some(value),
                        Expansion::Unset if loose.may_set(name) => None,
                        Expansion::Unset => Some(String::new()),
                        Expansion::Unknown => None,
                    },
                };
                let feeder = index.checked_sub(1).and_then(|it| script.commands.get(it));
                let piped = || managers::piped_call(feeder?, command, &value);
                if let Some(call) = managers::call(command, &value).or_else(piped) {
                    calls.push(RunCall {
                        call,
                        script: script_index,
                        command: index,
                        cache_writes: OnceCell::new(),
                        requirements: OnceCell::new(),
                        adds: OnceCell::new(),
                    });
                }
                for (name, value) in changes(command, &value) {
                    let setting = Setting { script: script_index, command: index, value };
                    settings.entry(name).or_default().push(setting);
                }
                let is_first = tests.last().is_none_or(|it| it.0 != script_index);
                if is_first && matches!(command.program(), Some("[" | "test" | "[[")) {
                    tests.push((script_index, index));
                }
                if may_move(command) {
                    movers.push((script_index, index));
                }
            }
        }
        Run {
            mounts,
            scripts,
            is_exec,
            calls,
            settings,
            movers,
            tests,
            loose,
            memory: RunMemory::default(),
        }
    }

    /// Whether a test (`[ -f x ]`) stands before a command in its script.
    pub(crate) fn has_test_before(&self, (script, command): (usize, usize)) -> bool {
        self.tests.iter().any(|it| it.0 == script && it.1 < command)
    }

    /// The call that a command is.
    pub(crate) fn call_at(&self, place: (usize, usize)) -> Option<&RunCall<'f>> {
        let found = self.calls.binary_search_by_key(&place, |it| (it.script, it.command));
        self.calls.get(found.ok()?)
    }

    /// The commands before one in its script that change the directory or may, with their indexes; `None` when they are
    /// too many to follow.
    pub(crate) fn moves_before(
        &self,
        script: usize,
        command: usize,
    ) -> Option<impl Iterator<Item = (usize, &'f Command<'f>)>> {
        let start = self.movers.partition_point(|it| *it < (script, 0));
        let end = self.movers.partition_point(|it| *it < (script, command));
        let movers = self.movers.get(start..end).filter(|it| it.len() <= MAX_MOVES)?;
        let commands = &self.scripts.get(script)?.commands;
        Some(movers.iter().filter_map(|it| Some((it.1, commands.get(it.1)?))))
    }

    /// What the script itself sets `name` to before `call`, `Some(None)` when that is not certain.
    pub fn set_before(&self, call: &RunCall<'_>, name: &str) -> Option<Option<String>> {
        let own = call.call.command.assignments.iter().rev().find(|it| it.name == name);
        if let Some(own) = own {
            return Some(own.value.literal().map(str::to_owned));
        }
        if self.loose.has(name) {
            return Some(None);
        }
        last(&self.settings, call.script, call.command, name).map(|it| it.value.clone())
    }

    /// What the scripts themselves set `name` to before a command, `Some(None)` when that is not certain. `script` indexes
    /// [`Run::scripts`] and `command` its commands.
    pub fn set_at(&self, script: usize, command: usize, name: &str) -> Option<Option<String>> {
        if self.loose.has(name) {
            return Some(None);
        }
        last(&self.settings, script, command, name).map(|it| it.value.clone())
    }

    /// Whether a name that neither ENV nor ARG nor a command sets may have a value in its commands.
    pub(crate) fn may_set(&self, name: &str) -> bool {
        self.loose.may_set(name)
    }

    /// All commands of all scripts, in order.
    pub fn commands(&self) -> impl Iterator<Item = &'f Command<'f>> {
        let scripts = self.scripts;
        scripts.iter().flat_map(|it| it.commands.iter())
    }

    /// All commands of all scripts, in order, with the index of the script and that of the command in it.
    pub fn commands_with_places(&self) -> impl Iterator<Item = (usize, usize, &'f Command<'f>)> {
        let scripts = self.scripts;
        scripts.iter().enumerate().flat_map(|(script, it)| {
            it.commands.iter().enumerate().map(move |(index, command)| (script, index, command))
        })
    }

    /// The directory in force when a command runs that begins in `start`, as the `cd` before it say; `None` when it is
    /// not certain. `script` indexes [`Run::scripts`] and `command` its commands.
    pub fn directory_at(
        &self,
        script: usize,
        command: usize,
        start: Option<&str>,
    ) -> Option<String> {
        let commands = &self.scripts.get(script)?.commands;
        let place = commands.get(command)?.place;
        let mut directory = start.map(str::to_owned);
        for (index, before) in self.moves_before(script, command)? {
            let words = before.words.get(1..).unwrap_or(&[]);
            let first = words.first().and_then(|it| it.literal());
            match before.program() {
                Some("cd" | "chdir") => {}
                Some("pushd" | "popd") => return None,
                // A login begins in the home.
                Some("su" | "runuser") if before.has_script && is_login(before) => return None,
                _ => continue,
            }
            let has_own_shell =
                before.place.reads_pipe || before.place.writes_pipe || before.place.is_substitution;
            let is_over = before.place.subshells > place.subshells;
            if has_own_shell || is_over {
                continue;
            }
            if before.place.subshells > 0 && before.place.item != place.item {
                continue;
            }
            let value = |name: &str| {
                let set = last(&self.settings, script, index, name)?;
                set.value.clone().filter(|_| !self.loose.has(name))
            };
            let written = words.first().and_then(|it| it.resolve(&value));
            directory = match written {
                Some(path) if path.starts_with('/') => Some(path::clean(&path)),
                Some(path) if first != Some("-") && !path.starts_with('~') && !path.is_empty() => {
                    directory.map(|it| path::join(&it, &path))
                }
                _ => None,
            };
            if before.place.is_conditional {
                directory = None;
            }
        }
        let command = commands.get(command)?;
        let changes_it = |it: &shell::Word<'_>| {
            it.literal().is_some_and(|it| {
                matches!(it, "-i" | "-C" | "--login" | "-D" | "-") || it.starts_with("--chdir")
            })
        };
        directory.filter(|_| !command.wrappers.iter().any(changes_it))
    }

    /// The script that holds a call.
    pub fn script_of(&self, call: &RunCall<'_>) -> &'f Script<'f> {
        &self.scripts[call.script]
    }
}

/// A command that changes the directory for those behind it, or starts a shell elsewhere.
fn may_move(command: &Command<'_>) -> bool {
    matches!(command.program(), Some("cd" | "chdir" | "pushd" | "popd" | "su" | "runuser"))
}

/// `su - app -c …`
fn is_login(command: &Command<'_>) -> bool {
    command.words.iter().any(|it| matches!(it.literal(), Some("-" | "-l" | "--login")))
}

/// The variables that a command sets for those behind it.
fn changes(
    command: &Command<'_>,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Vec<(String, Option<String>)> {
    let is_certain = !command.place.is_conditional && command.place.subshells == 0;
    let value = |word: &shell::Word<'_>| {
        let value = if is_certain { word.resolve(lookup) } else { None };
        value.map(|it| it.into_owned())
    };
    if command.words.is_empty() {
        let set = command.assignments.iter();
        return set.map(|it| (it.name.to_string(), value(&it.value))).collect();
    }
    let words = &command.words[1..];
    match command.program() {
        Some("export" | "readonly" | "local" | "declare" | "typeset") => {
            let pairs = words.iter().filter_map(|it| {
                // The name is certain also where the value is not.
                let (name, _) = it.start().split_once('=')?;
                let value = it.resolve(lookup).filter(|_| is_certain);
                let value = value.and_then(|it| Some(it.split_once('=')?.1.to_owned()));
                Some((name.to_owned(), value))
            });
            pairs.collect()
        }
        Some("unset") => {
            let names =
                words.iter().filter_map(|it| it.literal()).filter(|it| !it.starts_with('-'));
            names.map(|it| (it.to_owned(), is_certain.then(String::new))).collect()
        }
        _ => Vec::new(),
    }
}
