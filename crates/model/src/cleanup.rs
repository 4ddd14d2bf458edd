//! Edits that keep a cache out of a layer: one more option for a call, or one more command at the end of its RUN.

use managers::cache::Cache;
use managers::{Action, Tool};
use shell::{Command, layout};
use syntax::{Expansion, Span};

use crate::cache::Kept;
use crate::{Build, Run, RunCall, Step, path};

/// A part of the file and the text that takes its place.
pub type Edit = (Span, String);

/// Gives a call one more option, where a person would write it. `None` where its words are not the text of the file,
/// as when they come out of a variable.
pub fn with_option(
    build: &Build<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    option: &str,
) -> Option<Edit> {
    let script = run.scripts.get(call.script)?;
    let command = call.call.command;
    let at = call.call.option_offset;
    let anchor = command.words.iter().chain(&command.wrappers).find(|it| it.span.end == at)?;
    let (written, value) = (anchor.span.of(build.file.text), anchor.literal()?);
    if script.fault.is_some() {
        return None;
    }
    if run.is_exec && command.place.subshells == 0 {
        // An element of the JSON array, whose span may hold its quotes.
        let rest = build.file.text.get(at as usize..)?;
        let end = match written.strip_prefix('"') {
            Some(inner) if inner.strip_suffix('"') == Some(value) => at as usize,
            None if written == value && rest.starts_with('"') => at as usize + 1,
            _ => return None,
        };
        return Some((Span::at(end), format!(", \"{option}\"")));
    }
    (written == value).then(|| (Span::at(at as usize), format!(" {option}")))
}

/// Adds words behind the last one of a list: each on a line of its own where that one has its own.
pub fn words_behind(build: &Build<'_>, last: Span, words: &[&str]) -> Edit {
    let joint = own_line(build, last).unwrap_or_else(|| " ".to_owned());
    let added = words.iter().map(|it| format!("{joint}{it}")).collect();
    (Span::at(last.end as usize), added)
}

/// What stands between a word that begins its line and the end of the line before: ` \`, the line end, blanks.
fn own_line(build: &Build<'_>, word: Span) -> Option<String> {
    let (before, indentation) = build.file.text.get(..word.start as usize)?.rsplit_once('\n')?;
    let previous = before.rsplit('\n').next()?.trim_end();
    let content = previous.strip_suffix(build.file.escape)?;
    let gap = previous.get(content.trim_end().len()..)?;
    let line_end = syntax::line_end(build.file.text);
    (indentation.trim().is_empty() && !content.trim_start().starts_with('#'))
        .then(|| format!("{gap}{line_end}{indentation}"))
}

/// Adds a command to the end of the script that holds a call, run as the user who runs the call.
pub fn with_command(
    build: &Build<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
    command: &str,
) -> Option<Edit> {
    let prefix = user_prefix(call.call.command)?;
    append(build, run, call.script, &format!("{prefix}{command}"))
}

/// Adds a command to the end of a script of a RUN.
pub fn append(build: &Build<'_>, run: &Run<'_>, script: usize, command: &str) -> Option<Edit> {
    let script = run.scripts.get(script).filter(|_| !run.is_exec)?;
    layout::append(script, build.file.text, build.file.escape, command)
}

/// The command that removes the cache of poetry, pdm or pipenv, and the edit that adds it to the end of the RUN.
pub fn without_cache(build: &Build<'_>, kept: &Kept<'_, '_>) -> Option<(String, Edit)> {
    let Kept { step, run, call, cache } = *kept;
    let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
    // Under sudo the shell's `~` is another one.
    let is_own_home = user_prefix(call.call.command)?.is_empty();
    let paths = managers::cache::paths(cache, Some(&call.call), &lookup, "~");
    let [path] = &*paths else { return None };
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"/._-~".contains(&it);
    if !is_own_home
        || !path.bytes().all(is_plain)
        || !path.starts_with(['~', '/'])
        || path.len() < 3
    {
        return None;
    }
    let is_uncertain = |name: &str| build.declared(step, name) == Some(Expansion::Unknown);
    if cache.facts().moving_variables.iter().any(|it| is_uncertain(it.0)) {
        return None;
    }
    let command = match cache {
        // The environment is below `virtualenvs` of the same folder unless something else is said.
        Cache::Poetry if !has_own_environment(build, kept) => {
            format!("rm -rf {path}/cache {path}/artifacts")
        }
        // Packages may be links into the cache.
        Cache::Pdm if links_into_cache(build, kept) => return None,
        _ => format!("rm -rf {path}"),
    };
    let edit = append(build, run, call.script, &command)?;
    Some((command, edit))
}

/// Whether poetry's environment is certainly not in its cache.
fn has_own_environment(build: &Build<'_>, kept: &Kept<'_, '_>) -> bool {
    let Kept { step, run, call, .. } = *kept;
    let value = |name: &str| {
        let lookup = |name: &str| build.value_at(step, (call.script, call.command), name);
        managers::environment(call.call.command, &lookup, name)
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let is_false = |it: &str| matches!(it, "false" | "0" | "no" | "off");
    let is_true = |it: &str| matches!(it, "true" | "1" | "yes" | "on");
    let is_set = is_false(&value("POETRY_VIRTUALENVS_CREATE"))
        || is_true(&value("POETRY_VIRTUALENVS_IN_PROJECT"))
        || !value("POETRY_VIRTUALENVS_PATH").is_empty()
        || !value("VIRTUAL_ENV").is_empty();
    let configures = |it: &&RunCall<'_>| {
        let mut words = it.call.operands.iter().filter_map(|it| it.text());
        let (name, value) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
        it.call.tool == Tool::Poetry
            && it.call.action == Action::Configure
            && (name == "virtualenvs.create" && is_false(value)
                || name == "virtualenvs.in-project" && is_true(value)
                || name == "virtualenvs.path" && !value.is_empty())
    };
    let here = |it: &&RunCall<'_>| (it.script, it.command) < (call.script, call.command);
    is_set
        || run.calls.iter().filter(here).any(|it| configures(&it))
        || build
            .steps_before(step)
            .filter_map(Step::run)
            .any(|it| it.calls.iter().any(|it| configures(&it)))
}

/// `pdm config install.cache true`, `PDM_INSTALL_CACHE`.
fn links_into_cache(build: &Build<'_>, kept: &Kept<'_, '_>) -> bool {
    let Kept { step, run, .. } = *kept;
    let sets_it = |it: &RunCall<'_>| {
        it.call.tool == Tool::Pdm
            && it.call.operands.iter().any(|it| it.text() == Some("install.cache"))
    };
    build.declared(step, "PDM_INSTALL_CACHE").is_some()
        || run.calls.iter().any(sets_it)
        || build.steps_before(step).filter_map(Step::run).any(|it| it.calls.iter().any(sets_it))
}

/// `sudo ` where a command is run by sudo, empty where nothing changes the user; `None` for other ways to do so.
pub fn user_prefix(command: &Command<'_>) -> Option<&'static str> {
    let programs =
        command.wrappers.iter().filter_map(|it| it.literal()).filter(|it| !it.starts_with('-'));
    let mut res = "";
    for program in programs {
        match path::file_name(program) {
            "sudo" => res = "sudo ",
            "env" | "exec" | "time" | "nice" | "eatmydata" | "command" | "chronic" | "nohup"
            | "timeout" => {}
            // The value of an option, as in `nice -n 5`, or a variable.
            name if name.contains('=') || name.bytes().all(|it| it.is_ascii_digit()) => {}
            _ => return None,
        }
    }
    Some(res)
}
