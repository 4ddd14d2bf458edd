//! Who reads the package lists that a layer keeps: later installs without a certain update of their own.

use managers::cache::Cache;
use managers::{Action, Call, Tool};
use shell::{Command, Operator};
use syntax::{Keyword, Span};

use crate::cleaning::cleaned_caches;
use crate::{Base, Build, Run, RunCall, Step, path};

/// A step that needs the package lists that an earlier layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListsUser {
    /// It installs without an update of its own: the step and the place of the call.
    Call(usize, Span),
    /// Perhaps: it runs a script that is not seen.
    Perhaps(usize),
}

impl ListsUser {
    /// The index of the step.
    pub fn step(&self) -> usize {
        match self {
            ListsUser::Call(step, _) | ListsUser::Perhaps(step) => *step,
        }
    }
}

/// What comes after `step`, in its stage or those built FROM it, and reads the lists that it leaves, in order. `cache`
/// is [`Cache::AptLists`] or [`Cache::Apk`].
pub fn lists_users(build: &Build<'_>, step: &Step<'_>, cache: Cache) -> Vec<ListsUser> {
    let mut walk = Walk { build, cache, found: Vec::new(), n_steps: 0 };
    if let Some(stage) = step.stage {
        walk.stage(stage, step.index + 1);
    }
    walk.found
}

/// More steps than a file written by hand has; those behind count as users.
const MAX_STEPS: usize = 1000;

/// What one RUN does with the lists of an earlier layer.
#[derive(Debug)]
pub(crate) struct Reading {
    cache: Cache,
    users: Vec<ListsUser>,
    replaces: bool,
}

struct Walk<'b, 'f> {
    build: &'b Build<'f>,
    cache: Cache,
    found: Vec<ListsUser>,
    n_steps: usize,
}

impl Walk<'_, '_> {
    fn stage(&mut self, stage: usize, from: usize) {
        let build = self.build;
        let Some(own) = build.stages.get(stage) else { return };
        let start = from.max(own.steps.start);
        for later in build.steps.get(start..own.steps.end).unwrap_or(&[]) {
            self.n_steps += 1;
            if self.n_steps > MAX_STEPS {
                self.found.push(ListsUser::Perhaps(later.index));
                return;
            }
            let Some(run) = later.run() else {
                // What ONBUILD runs later reads these lists unless it updates them.
                if later.instruction.keyword == Keyword::Onbuild {
                    let text = later.instruction.span.of(build.file.text);
                    let reads = text.contains(" install") && !text.contains(" update");
                    self.found.extend(reads.then_some(ListsUser::Perhaps(later.index)));
                }
                continue;
            };
            if self.replaces_lists(later, run) {
                return;
            }
        }
        for child in build
            .stages
            .iter()
            .filter(|it| matches!(it.base, Base::Stage(parent) if parent == stage))
        {
            // A stage's parent stands before it, so this ends.
            if child.index > stage {
                self.stage(child.index, 0);
            }
        }
    }

    fn replaces_lists(&mut self, step: &Step<'_>, run: &Run<'_>) -> bool {
        let mut known = run.memory.readings.borrow_mut();
        let index = known.iter().position(|it| it.cache == self.cache).unwrap_or_else(|| {
            let mut users = Vec::new();
            let replaces = replaces_lists(self.build, step, run, self.cache, &mut users);
            known.push(Reading { cache: self.cache, users, replaces });
            known.len() - 1
        });
        let Some(reading) = known.get(index) else { return false };
        self.found.extend(&reading.users);
        reading.replaces
    }
}

/// Adds the users among the commands of a RUN; whether one of them certainly replaces or removes the lists.
fn replaces_lists(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    cache: Cache,
    found: &mut Vec<ListsUser>,
) -> bool {
    let mut calls = run.calls.iter().peekable();
    let mut last_update: Option<&RunCall<'_>> = None;
    for (script, index, command) in run.commands_with_places() {
        let call = calls.next_if(|it| (it.script, it.command) == (script, index));
        let Some(call) = call else {
            if runs_unseen_script(build, step, command, cache) || is_reader(command, cache) {
                found.push(ListsUser::Perhaps(step.index));
            }
            let removes = matches!(command.program(), Some("rm" | "find"))
                && cleaned_caches(build, step, run, (script, index))
                    .iter()
                    .any(|it| it.cache == cache && !it.is_partial);
            if removes && is_certain(build, run, script, index) {
                return true;
            }
            continue;
        };
        if !is_of(call.call.tool, cache) {
            continue;
        }
        if updates(&call.call) {
            if is_certain(build, run, script, index) {
                return true;
            }
            last_update = Some(call);
        } else if reads(&call.call)
            && !last_update.is_some_and(|it| depends_on(build, run, call, it))
        {
            found.push(ListsUser::Call(step.index, call.head()));
        }
    }
    false
}

fn is_of(tool: Tool, cache: Cache) -> bool {
    match cache {
        Cache::Apk => tool == Tool::Apk,
        _ => tool.is_apt(),
    }
}

fn updates(call: &Call<'_>) -> bool {
    call.action == Action::Update
        || call.action == Action::Install && (call.has("--update") || call.has("--update-cache"))
}

fn reads(call: &Call<'_>) -> bool {
    let installs = matches!(
        call.action,
        Action::Install | Action::InstallBuildDependencies | Action::Upgrade | Action::Download
    );
    installs && !(call.tool == Tool::Apk && call.has("--no-cache"))
}

/// Whether a command runs whenever its RUN succeeds, and its failure is a failure of the RUN.
pub fn is_certain(build: &Build<'_>, run: &Run<'_>, script: usize, index: usize) -> bool {
    let Some(script) = run.scripts.get(script) else { return false };
    let Some(command) = script.commands.get(index) else { return false };
    let place = command.place;
    let ends_before = || script.commands.iter().take(index).any(|it| it.program() == Some("exit"));
    if place.is_conditional || script.fault.is_some() || ends_before() {
        return false;
    }
    // `apt-get update || true`, also inside of a group.
    let behind = script.items.iter().skip(place.item + 1).filter_map(|it| it.joined_by);
    let mut list = behind.map(|it| it.0).take_while(|it| *it != Operator::Then);
    let is_tolerated = list.any(|it| matches!(it, Operator::Or | Operator::Background));
    let whole = script.items.get(place.item).map_or("", |it| it.span.of(build.file.text));
    !is_tolerated && (place.is_item || !whole.contains("||"))
}

/// In bytes.
const MAX_BETWEEN: u32 = 4000;

/// Whether `call` runs only behind `update`: nothing but `&&` joins the two.
fn depends_on(build: &Build<'_>, run: &Run<'_>, call: &RunCall<'_>, update: &RunCall<'_>) -> bool {
    let (first, second) = (update.call.command, call.call.command);
    if update.script != call.script || run.scripts.get(call.script).is_none() {
        return false;
    }
    // So long a list is not looked at for every call in it.
    if first.span.end > second.span.start || second.span.start - first.span.end > MAX_BETWEEN {
        return false;
    }
    let between = Span { start: first.span.end, end: second.span.start }.of(build.file.text);
    let escape = build.file.escape;
    let ends_list = |it: &str| {
        let line = it.trim_end_matches(['\r', ' ', '\t']);
        line.replace("&&", "").contains([';', '|', '&', '(', ')', '{', '}'])
    };
    let mut lines = between.split('\n').peekable();
    while let Some(line) = lines.next() {
        let is_comment = line.trim_start().starts_with('#');
        let goes_on = is_comment
            || lines.peek().is_none()
            || line.trim_end().ends_with(escape)
            || line.trim_end().ends_with("&&");
        if !goes_on || !is_comment && ends_list(line) {
            return false;
        }
    }
    true
}

/// Programs that read the lists of apt, or let it install.
const READERS: [&str; 9] = [
    "ansible",
    "ansible-playbook",
    "apt-cache",
    "apt-fast",
    "gdebi",
    "mk-build-deps",
    "nala",
    "rosdep",
    "tasksel",
];

fn is_reader(command: &Command<'_>, cache: Cache) -> bool {
    let is_known = |it: &str| READERS.binary_search(&it).is_ok();
    cache == Cache::AptLists && command.program().map(path::file_name).is_some_and(is_known)
}

/// Parts of the names of installers that use no package manager of the system.
const HARMLESS: [&str; 8] =
    ["conda", "mamba", "forge", "rustup", "sdkman", "nvm", "get-poetry", "nltk"];

/// `./install.sh`, `bash /tmp/setup.sh`: what it does is not in the Dockerfile. Where the build context holds a file of
/// this name that was copied, that one tells.
fn runs_unseen_script(
    build: &Build<'_>,
    step: &Step<'_>,
    command: &Command<'_>,
    cache: Cache,
) -> bool {
    let is_shell = matches!(command.program(), Some("sh" | "bash" | "dash" | "ash"));
    let mut words = command.words.iter().skip(usize::from(is_shell)).filter_map(|it| it.literal());
    let script = match is_shell {
        true if command.has_script => None,
        true => words.find(|it| !it.starts_with('-')),
        false => words.next(),
    };
    let is_script = |it: &&str| it.ends_with(".sh") || it.ends_with(".bash");
    let Some(name) = script.filter(is_script).map(path::file_name) else { return false };
    let lower = name.to_ascii_lowercase();
    if HARMLESS.iter().any(|it| lower.contains(it)) {
        return false;
    }
    let copies = build.steps_before(step).filter_map(Step::copy);
    let mut named =
        copies.flat_map(|it| it.context_paths()).filter(|it| path::file_name(it.0) == name);
    let text = named.next().and_then(|it| build.surroundings.files.read(it.0));
    let program = if cache == Cache::Apk { "apk" } else { "apt" };
    text.is_none_or(|it| it.contains(program))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Surroundings, scripts};
    use context::NoFiles;

    /// The steps behind the second that read its lists, `?` behind those that only may.
    fn users(text: &str) -> String {
        let text = format!("FROM debian:12 AS a\nRUN apt-get update\n{text}\n");
        let file = syntax::parse(&text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let users = lists_users(&build, &build.steps[1], Cache::AptLists);
        let shown = users.iter().map(|it| match it {
            ListsUser::Call(step, _) => step.to_string(),
            ListsUser::Perhaps(step) => format!("{step}?"),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn users_of_lists() {
        let update_and = "apt-get update && apt-get install vim";
        let table = [
            ("RUN apt-get install git".to_owned(), "2"),
            (format!("RUN {update_and}\nRUN apt-get install git"), ""),
            (format!("RUN if a; then {update_and}; fi\nRUN apt-get install git"), "3"),
            (format!("RUN case $A in b) {update_and};; esac\nRUN apt-get install git"), "3"),
            (format!("RUN for i in a; do {update_and}; done\nRUN apt-get install git"), "3"),
            (format!("RUN while a; do {update_and}; done\nRUN apt-get install git"), "3"),
            ("RUN [ a ] && apt-get update; apt-get install git".to_owned(), "2"),
            ("RUN if a; then apt-get update; else apt-get install b; fi".to_owned(), "2"),
            ("RUN apt-get update || true\nRUN apt-get install git".to_owned(), "3"),
            ("RUN (apt-get update || true) && apt-get install git".to_owned(), "2"),
            (format!("RUN {update_and} || true\nRUN apt-get install git"), "3"),
            ("RUN a || exit 0; apt-get update\nRUN apt-get install git".to_owned(), "3"),
            (
                "RUN if a; then apt-get install --update b; fi\nRUN apt-get install c".to_owned(),
                "3",
            ),
            ("RUN apt-get install --update b\nRUN apt-get install c".to_owned(), ""),
            ("RUN ./x.sh && apt-get update".to_owned(), "2?"),
            ("RUN rm -rf /var/lib/apt/lists/*\nRUN apt-get install git".to_owned(), ""),
            ("RUN a || rm -rf /var/lib/apt/lists/*\nRUN apt-get install git".to_owned(), "3"),
            ("FROM a\nRUN apt-get install git".to_owned(), "3"),
            ("RUN gdebi -n x.deb".to_owned(), "2?"),
            ("RUN apt-cache policy x && apt-get update".to_owned(), "2?"),
            ("ONBUILD RUN apt-get install git".to_owned(), "2?"),
            ("ONBUILD RUN apt-get update && apt-get install git".to_owned(), ""),
        ];
        for (text, expected) in table {
            assert_eq!(users(&text), expected, "{text}");
        }
    }
}
