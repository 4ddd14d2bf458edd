//! ENV and ARG: which value a name has at a step of a stage.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use syntax::Expansion;

/// Values of one name in one stage: (step from which it holds, value), in order of steps; `None` when not certain.
type History = Vec<(usize, Option<String>)>;

/// What one stage sets itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'f> {
    environment: FxHashMap<Cow<'f, str>, History>,
    arguments: FxHashMap<Cow<'f, str>, History>,
    /// The stage it is built FROM, whose ENV it has.
    pub(crate) parent: Option<usize>,
    /// The base image is not known, so that any name may have a value.
    pub(crate) is_open: bool,
    /// ENV that the base image is known to set.
    pub(crate) inherited: Vec<(&'static str, &'static str)>,
}

impl<'f> Scope<'f> {
    pub(crate) fn set_environment(
        &mut self,
        name: Cow<'f, str>,
        step: usize,
        value: Option<String>,
    ) {
        self.environment.entry(name).or_default().push((step, value));
    }

    pub(crate) fn set_argument(&mut self, name: Cow<'f, str>, step: usize, value: Option<String>) {
        self.arguments.entry(name).or_default().push((step, value));
    }
}

fn last_before(history: Option<&History>, step: usize) -> Option<&Option<String>> {
    let history = history?;
    let after = history.partition_point(|it| it.0 < step);
    Some(&history[after.checked_sub(1)?].1)
}

fn known(value: &Option<String>) -> Expansion {
    value.clone().map_or(Expansion::Unknown, Expansion::Value)
}

/// The value of `name` for the instruction at `step` of `stage`: what earlier instructions set.
pub(crate) fn lookup(scopes: &[Scope<'_>], stage: usize, step: usize, name: &str) -> Expansion {
    if let Some(found) = environment(scopes, stage, step, name) {
        return found;
    }
    match last_before(scopes[stage].arguments.get(name), step) {
        Some(value) => known(value),
        None if root(scopes, stage).is_open => Expansion::Unknown,
        None => Expansion::Unset,
    }
}

/// Like [`lookup`] for what ENV and ARG say; `None` when neither mentions the name and no known base image sets it.
pub(crate) fn declared(
    scopes: &[Scope<'_>],
    stage: usize,
    step: usize,
    name: &str,
) -> Option<Expansion> {
    let own = || last_before(scopes.get(stage)?.arguments.get(name), step).map(known);
    environment(scopes, stage, step, name).or_else(own)
}

/// Like [`lookup`] for ENV alone; `None` when no ENV that is written or known sets it.
pub(crate) fn environment(
    scopes: &[Scope<'_>],
    mut stage: usize,
    mut step: usize,
    name: &str,
) -> Option<Expansion> {
    loop {
        let scope = &scopes[stage];
        if let Some(value) = last_before(scope.environment.get(name), step) {
            return Some(known(value));
        }
        match scope.parent {
            // A stage's parent stands before it, so this ends.
            Some(parent) if parent < stage => {
                stage = parent;
                step = usize::MAX;
            }
            _ => break,
        }
    }
    let inherited = scopes[stage].inherited.iter().find(|it| it.0 == name)?;
    Some(Expansion::Value(inherited.1.to_owned()))
}

fn root<'a, 'f>(scopes: &'a [Scope<'f>], mut stage: usize) -> &'a Scope<'f> {
    while let Some(parent) = scopes[stage].parent.filter(|it| *it < stage) {
        stage = parent;
    }
    &scopes[stage]
}
