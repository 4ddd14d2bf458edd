//! Commands that do nothing but clean: caches, package lists, bytecode, temporary files.

use managers::cache::{Cache, Cleaned};
use managers::removal::removed_paths;
use managers::{Action, Tool};
use shell::Command;

use crate::account::home;
use crate::emptier::{Emptier, emptiers};
use crate::{Build, CommandPlace, Run, Step, path};

/// What one element of a script's list cleans, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cleaning {
    /// The caches that it empties.
    pub caches: Vec<Cache>,
    /// It removes compiled Python files.
    pub is_bytecode: bool,
    /// It removes temporary files or logs.
    pub is_temporary: bool,
}

impl Cleaning {
    /// Whether it does nothing at all, such as `echo` or `set -e`.
    pub fn is_idle(&self) -> bool {
        *self == Cleaning::default()
    }
}

/// What each element of a RUN's script cleans; `None` as soon as one does anything else, or the RUN has no script or
/// several.
pub fn only_cleans(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>) -> Option<Vec<Cleaning>> {
    let [script] = run.scripts else { return None };
    let mut res = vec![Cleaning::default(); script.items.len()];
    for (index, command) in script.commands.iter().enumerate() {
        let found = of_command(build, step, run, command, index)?;
        let item = res.get_mut(command.place.item)?;
        item.caches.extend(found.caches);
        item.is_bytecode |= found.is_bytecode;
        item.is_temporary |= found.is_temporary;
    }
    (!res.is_empty()).then_some(res)
}

/// The caches that a command empties together with the places where it says so, if the paths it removes are nothing but
/// caches there.
pub fn cleaned_caches<'b>(
    build: &Build<'_>,
    step: &'b Step<'_>,
    run: &'b Run<'_>,
    place: CommandPlace,
) -> &'b [Cleaned] {
    let all = run.memory.cleaned.get_or_init(|| {
        let emptiers = emptiers(build, step, run).iter();
        let cleaned = emptiers.filter_map(|it| {
            let command = run.scripts.get(it.place.0)?.commands.get(it.place.1)?;
            let found = cleaned_by(build, step, it, command);
            (!found.is_empty()).then_some((it.place, found))
        });
        cleaned.collect()
    });
    let found = all.binary_search_by_key(&place, |it| it.0).ok().and_then(|it| all.get(it));
    found.map_or(&[], |it| &it.1)
}

fn cleaned_by(
    build: &Build<'_>,
    step: &Step<'_>,
    emptier: &Emptier,
    command: &Command<'_>,
) -> Vec<Cleaned> {
    let all = emptier.cleaned();
    if all.is_empty() {
        return Vec::new();
    }
    let lookup = |name: &str| build.value_at(step, emptier.place, name);
    let Some(removed) = removed_paths(command, &lookup) else { return all.to_vec() };
    let home = home(build, step).unwrap_or_else(|| "/root".to_owned());
    let is_cache_there = |it: &&Cleaned| {
        let paths = removed.iter().filter(|path| path.span == it.span);
        if paths.clone().count() == 0 {
            return true;
        }
        let mut written = paths.filter_map(|it| it.path.as_deref());
        written.clone().any(|it| kind(it) == Kind::Cache) || {
            let own = managers::cache::paths(it.cache, None, &lookup, &home);
            written.any(|it| own.iter().any(|own| own == it.trim_end_matches(['*', '/'])))
        }
    };
    all.iter().filter(is_cache_there).copied().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Cache,
    Temporary,
    Other,
}

/// What usually lies at a path.
fn kind(written: &str) -> Kind {
    let whole = written.trim_end_matches(['*', '/']);
    if path::clean(written).split('/').any(|it| it == ".cache") {
        return Kind::Cache;
    }
    let caches = ["/var/cache", "/var/lib/apt/lists"];
    let is_pkgs = whole.ends_with("/pkgs") && whole.contains("conda");
    if is_pkgs || caches.iter().any(|it| path::is_inside(whole, it)) {
        return Kind::Cache;
    }
    // Only all of it: what is named was put there for a purpose.
    match whole {
        "/tmp" | "/var/tmp" | "/var/log" | "/var/log/apt" | "/tmp/." | "/var/tmp/." => {
            Kind::Temporary
        }
        _ => Kind::Other,
    }
}

fn of_command(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    command: &Command<'_>,
    index: usize,
) -> Option<Cleaning> {
    let all = &run.scripts.first()?.commands;
    let lookup = |name: &str| build.value_at(step, (0, index), name);
    if command.place.is_conditional && !matches!(command.program(), Some("true" | ":")) {
        return None;
    }
    if let Some(call) = run.call_at((0, index)).map(|it| &it.call) {
        let cleaned = cleaned_caches(build, step, run, (0, index));
        let is_autoclean = call.tool.is_apt()
            && call.action == Action::Other
            && call
                .command
                .words
                .iter()
                .any(|it| matches!(it.literal(), Some("autoclean" | "auto-clean")));
        let caches: Vec<Cache> = match is_autoclean {
            true => vec![Cache::AptArchives],
            false => cleaned.iter().map(|it| it.cache).collect(),
        };
        let is_pipenv = call.tool == Tool::Pipenv;
        return (!caches.is_empty() && !is_pipenv)
            .then_some(Cleaning { caches, ..Cleaning::default() });
    }
    let program = command.program()?;
    if matches!(program, "set" | "echo" | "true" | ":" | "sync" | "df" | "du" | "history") {
        return (command.redirects.is_empty() || program == "true").then(Cleaning::default);
    }
    if program == "find" && command.place.writes_pipe {
        // `find … -name __pycache__ | xargs rm -r`
        let next = all.get(index + 1)?;
        let is_fed = next.program() == Some("rm")
            && next.place.reads_pipe
            && next.place.item == command.place.item;
        return (is_fed && names_only_bytecode(command)).then_some(Cleaning::default());
    }
    if program == "rm" && command.place.reads_pipe {
        let before = all.get(index.checked_sub(1)?)?;
        let is_fed = before.program() == Some("find") && names_only_bytecode(before);
        return is_fed.then(|| Cleaning { is_bytecode: true, ..Cleaning::default() });
    }
    let removed = removed_paths(command, &lookup)?;
    if removed.is_empty()
        || !command.redirects.iter().all(|it| it.target.literal() == Some("/dev/null"))
    {
        return None;
    }
    let is_sweep = removed.iter().all(|it| {
        it.is_partial && !it.names.is_empty() && it.names.iter().all(|it| is_bytecode(it))
    });
    if is_sweep {
        return Some(Cleaning { is_bytecode: true, ..Cleaning::default() });
    }
    let mut res = Cleaning::default();
    let cleaned = cleaned_caches(build, step, run, (0, index));
    for path in &removed {
        let mut here = cleaned.iter().filter(|it| it.span == path.span).peekable();
        if here.peek().is_some() {
            res.caches.extend(here.map(|it| it.cache));
            continue;
        }
        match kind(path.path.as_deref()?) {
            Kind::Temporary if !path.is_partial => res.is_temporary = true,
            _ => return None,
        }
    }
    res.caches.dedup();
    Some(res)
}

fn names_only_bytecode(find: &Command<'_>) -> bool {
    let words: Vec<&str> = find.words.iter().map(|it| it.literal().unwrap_or("")).collect();
    let mut patterns = words
        .windows(2)
        .filter(|it| matches!(it[0], "-name" | "-iname" | "-path" | "-regex"))
        .map(|it| it[1])
        .peekable();
    patterns.peek().is_some() && patterns.all(is_bytecode)
}

fn is_bytecode(pattern: &str) -> bool {
    ["__pycache__", ".pyc", ".pyo", ".py["].iter().any(|it| pattern.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Surroundings, scripts};
    use context::NoFiles;

    fn cleans_only(text: &str) -> String {
        let text = format!("FROM debian:12\nRUN {text}\n");
        let file = syntax::parse(&text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let (step, run) = build.runs().last().expect("a RUN");
        let Some(items) = only_cleans(&build, step, run) else { return "no".to_owned() };
        let shown = items.iter().map(|it| match it {
            it if it.is_idle() => "idle".to_owned(),
            it if it.is_bytecode => "bytecode".to_owned(),
            it => format!("{:?}{}", it.caches, if it.is_temporary { " temporary" } else { "" }),
        });
        shown.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn what_only_cleans() {
        let table = [
            ("apt-get clean", "[AptArchives]"),
            ("apt-get autoclean && rm -rf /var/lib/apt/lists/*", "[AptArchives], [AptLists]"),
            ("rm -rf /var/lib/apt/lists/* /tmp/*", "[AptLists] temporary"),
            ("rm -rf /var/lib/apt/lists/* /app/x", "no"),
            ("rm -rf /root/.cache/pip || true", "[Pip], idle"),
            ("pip cache purge && echo done", "[Pip], idle"),
            ("apt-get autoremove -y && apt-get clean", "no"),
            ("find / -name '*.pyc' -delete", "bytecode"),
            ("find /usr -type d -name __pycache__ | xargs rm -rf", "bytecode"),
            ("find /usr -name '*.md' | xargs rm -rf", "no"),
            ("rm -rf /root", "no"),
            ("rm -rf /tmp/x", "no"),
            ("pip install x && pip cache purge", "no"),
            ("conda clean -afy", "[Conda]"),
        ];
        for (text, expected) in table {
            assert_eq!(cleans_only(text), expected, "{text}");
        }
    }
}
