//! Moves the commands of a RUN that only cleans to the RUNs that fill what it cleans.

use managers::Action;
use managers::cache::Cache;
use shell::{Command, Word};
use syntax::Span;

use crate::cache::{fills, first_kept, kept_in};
use crate::cleaning::{Cleaning, cleaned_caches};
use crate::cleanup::{Edit, append, with_option};
use crate::erase::{comments_above, without_step};
use crate::join::joint_after;
use crate::package_lists::lists_users;
use crate::{Base, Build, Effect, Run, Step, effect_in, path};

/// To how many RUNs one clean-up is moved at most.
const MAX_WRITERS: usize = 3;

/// Where an element of the script goes.
struct Move {
    /// The step of the RUN that it goes to.
    target: usize,
    /// Its index in the script.
    item: usize,
    /// The cache that is filled there; `None` if all of the element is meant.
    cache: Option<Cache>,
}

/// The edits that clean where the caches are filled, and delete this RUN. Where nothing fills them any more it is just
/// deleted. `cleanings` are those of [`crate::cleaning::only_cleans`].
pub fn moved_cleaning(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    cleanings: &[Cleaning],
) -> Option<Vec<Edit>> {
    let [script] = run.scripts else { return None };
    if script.fault.is_some() || !run.mounts.is_empty() {
        return None;
    }
    let mut moves: Vec<Move> = Vec::new();
    let mut edits: Vec<Edit> = Vec::new();
    for (item, cleaning) in cleanings.iter().enumerate() {
        for cache in &cleaning.caches {
            for writer in writers(build, step, *cache)? {
                if option(*cache).is_some() {
                    edits.extend(options(build, writer, *cache)?);
                } else {
                    moves.push(Move { target: writer.index, item, cache: Some(*cache) });
                }
            }
        }
        if cleaning.is_bytecode {
            let target = installer(build, step)?;
            if is_swept_between(build, step, run, target) {
                return None;
            }
            moves.push(Move { target, item, cache: None });
        }
        if cleaning.is_temporary {
            // Other steps may leave files there until the last moment.
            let before = build.steps.get(step.index.checked_sub(1)?)?;
            before.run().filter(|_| before.stage == step.stage && before.state == step.state)?;
            moves.push(Move { target: before.index, item, cache: None });
        }
    }
    moves.sort_by_key(|it| (it.target, it.item));
    let comments = comments_above(build, step);
    let mut rest = &*moves;
    while let Some(first) = rest.first() {
        let n_here = rest.iter().take_while(|it| it.target == first.target).count();
        let (here, behind) = rest.split_at(n_here);
        rest = behind;
        let mut texts: Vec<String> = Vec::new();
        for of_item in here.chunk_by(|a, b| a.item == b.item) {
            texts.push(text_of(build, step, run, of_item)?);
        }
        let above: &[Span] = if rest.is_empty() { &comments } else { &[] };
        edits.push(moved(build, first.target, &texts, above)?);
    }
    // Comments go where the command goes. Where it just goes away, so does a line that speaks of nothing else.
    let with_comments = !moves.is_empty()
        || is_about_cleaning(build, &comments) && !is_followed_by_removal(build, step);
    edits.push(without_step(build, step, with_comments)?);
    edits.sort_by_key(|it| it.0);
    edits.dedup();
    Some(edits)
}

/// Whether a comment is one line that announces a clean-up.
fn is_about_cleaning(build: &Build<'_>, comments: &[Span]) -> bool {
    const WORDS: [&str; 8] =
        ["clean", "clear", "remove", "delete", "cache", "purge", "tidy", "size"];
    let [comment] = comments else { return false };
    let text = comment.of(build.file.text).to_ascii_lowercase();
    let text = text.trim_matches(|it: char| !it.is_ascii_alphanumeric());
    text.len() < 60 && WORDS.iter().any(|it| text.contains(it))
}

/// Whether the next line removes something as well, so that a comment speaks of both.
fn is_followed_by_removal(build: &Build<'_>, step: &Step<'_>) -> bool {
    let Some(next) = build.steps.get(step.index + 1) else { return false };
    let between = Span { start: step.instruction.span.end, end: next.instruction.span.start };
    let removes = |it: &shell::Command<'_>| matches!(it.program(), Some("rm" | "find" | "rmdir"));
    between.of(build.file.text).matches('\n').count() == 1
        && next.run().is_some_and(|it| it.commands().next().is_some_and(removes))
}

/// The text of an element; of an `rm` only the paths that matter where it goes.
fn text_of(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, moves: &[Move]) -> Option<String> {
    let script = run.scripts.first()?;
    let item = moves.first()?.item;
    let whole = script.items.get(item)?.span.of(build.file.text).to_owned();
    let index = script.commands.iter().position(|it| it.place.is_item && it.place.item == item);
    let Some((index, command)) = index.and_then(|it| Some((it, script.commands.get(it)?))) else {
        return Some(whole);
    };
    let caches: Option<Vec<Cache>> = moves.iter().map(|it| it.cache).collect();
    let Some(caches) = caches.filter(|_| command.program() == Some("rm")) else {
        return Some(whole);
    };
    let cleaned = cleaned_caches(build, step, run, (0, index));
    let is_wanted =
        |span: Span| cleaned.iter().any(|it| it.span == span && caches.contains(&it.cache));
    let is_option =
        |it: &Word<'_>| it.literal().is_some_and(|it| it.starts_with('-') || it == "rm");
    let words = command.wrappers.iter().chain(&command.words);
    let kept: Vec<&str> = words
        .filter(|it| is_wanted(it.span) || is_option(it) || command.wrappers.contains(it))
        .map(|it| it.span.of(build.file.text))
        .collect();
    Some(kept.join(" "))
}

fn moved(build: &Build<'_>, target: usize, texts: &[String], comments: &[Span]) -> Option<Edit> {
    let step = build.steps.get(target)?;
    let run = step.run()?;
    let last = run.scripts.len().checked_sub(1)?;
    let command = texts.join(" && ");
    if command.contains(['\n', '#']) {
        return None;
    }
    let (at, text) = append(build, run, last, &command)?;
    let is_heredoc = !step.instruction.heredocs.is_empty();
    if comments.is_empty() || is_heredoc {
        return Some((at, text));
    }
    Some((at, format!("{}{command}", joint_after(build, step, comments))))
}

/// The steps before whose calls keep a cache; `None` where a removal there would be wrong: another user, lists that a
/// later install needs, or a RUN before that nobody can see into.
fn writers<'b, 'f>(
    build: &'b Build<'f>,
    step: &Step<'f>,
    cache: Cache,
) -> Option<Vec<&'b Step<'f>>> {
    let mut res = Vec::new();
    let mut is_known = cache == Cache::AptArchives && has_docker_clean(build, step);
    if is_known {
        return Some(res);
    }
    let steps: Vec<usize> = build.steps_before(step).map(|it| it.index).collect();
    for before in steps.iter().filter_map(|it| build.steps.get(*it)) {
        let Some(run) = before.run() else { continue };
        is_known |= fills(build, before, run, cache);
        if first_kept(build, before, run, cache).is_none() {
            continue;
        }
        let is_needed = cache == Cache::AptLists && !lists_users(build, before, cache).is_empty();
        // A RUN that only fetches lists and removes them again would be of no use at all.
        let only_updates = || {
            let mut kept = kept_in(build, before, run, std::slice::from_ref(&cache));
            let tools = |it: &crate::RunCall<'_>| it.call.tool.is_system();
            kept.all(|it| it.call.call.action == Action::Update)
                && run
                    .calls
                    .iter()
                    .filter(|it| tools(it))
                    .all(|it| it.call.action == Action::Update)
        };
        if before.state.user != step.state.user || is_needed || only_updates() {
            return None;
        }
        res.push(before);
    }
    // The same command in many RUNs would be worse than the bytes that it saves.
    let is_readable = res.len() <= MAX_WRITERS || option(cache).is_some();
    (is_known && is_readable).then_some(res)
}

/// The images of Debian and Ubuntu empty the folder of downloaded packages themselves.
fn has_docker_clean(build: &Build<'_>, step: &Step<'_>) -> bool {
    use knowledge::image::Distribution;
    let base = build.stage(step).and_then(|it| build.image(it));
    let is_official = base
        .is_some_and(|it| matches!(it.distribution, Distribution::Debian | Distribution::Ubuntu));
    let keeps = |it: &Step<'_>| it.instruction.span.of(build.file.text).contains("docker-clean");
    let has_base = build.stage(step).is_some_and(|it| !matches!(it.base, Base::Unknown));
    is_official && has_base && !build.steps_before(step).any(keeps)
}

fn option(cache: Cache) -> Option<&'static str> {
    match cache {
        Cache::Pip | Cache::Uv | Cache::Apk => cache.facts().disabling_option,
        _ => None,
    }
}

fn options(build: &Build<'_>, step: &Step<'_>, cache: Cache) -> Option<Vec<Edit>> {
    let run = step.run()?;
    let name = option(cache)?;
    let kept: Vec<_> = kept_in(build, step, run, std::slice::from_ref(&cache)).collect();
    if kept
        .iter()
        .any(|it| it.call.call.action == Action::Update || it.call.call.has("--update-cache"))
    {
        return None;
    }
    kept.iter().map(|it| with_option(build, run, it.call, name)).collect()
}

/// Whether a step between brings, uses or may make anything where bytecode is swept: earlier the sweep would take other
/// files.
fn is_swept_between(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, target: usize) -> bool {
    let swept = |(script, index, command): (usize, usize, &Command<'_>)| {
        let effect = effect_in(build, step, run, (script, index), command);
        match effect {
            Effect::Uses { paths, .. } => Some(paths.as_slice()),
            Effect::None => Some(&[][..]),
            Effect::Unknown => None,
        }
    };
    let swept: Option<Vec<&[String]>> = run.commands_with_places().map(swept).collect();
    let overlaps = |it: &str| {
        let Some(swept) = &swept else { return true };
        let mut paths = swept.iter().flat_map(|it| it.iter());
        paths.any(|own| path::is_inside(own, it) || path::is_inside(it, own))
    };
    let between = build.steps.get(target + 1..step.index).unwrap_or(&[]);
    between.iter().any(|between| match (between.copy(), between.run()) {
        (Some(copy), _) => copy.target.as_deref().is_none_or(overlaps),
        (_, Some(run)) => {
            run.commands_with_places().any(|(script, index, command)| {
                match effect_in(build, between, run, (script, index), command) {
                    Effect::None => false,
                    Effect::Uses { paths, made, .. } => {
                        paths.iter().chain(made).any(|it| overlaps(it))
                    }
                    Effect::Unknown => true,
                }
            })
        }
        _ => false,
    })
}

/// The last RUN before that installs Python packages.
fn installer(build: &Build<'_>, step: &Step<'_>) -> Option<usize> {
    let own = build.stage(step)?;
    let mut before = build
        .steps_of(own)
        .iter()
        .rev()
        .filter(|it| it.index < step.index && it.state.user == step.state.user);
    let installs = |it: &crate::RunCall<'_>| {
        matches!(it.call.action, Action::Install | Action::Sync)
            && !it.call.tool.is_system()
            && !it.call.tool.is_conda()
    };
    before.find(|it| it.run().is_some_and(|it| it.calls.iter().any(installs))).map(|it| it.index)
}
