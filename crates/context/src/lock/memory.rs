//! Answers about a lock file that are kept as long as the file is, since every check asks the same again.

use std::sync::{Arc, Mutex, PoisonError};

use super::Selection;
use crate::marker::Environment;
use crate::wheel_decision::Decision;
use crate::wheel_tag::Target;

/// More ways of installing one lock than there are in a project; the oldest answer is forgotten for another one.
const MOST: usize = 64;

/// Whether each package is installed, in the order of the file; `None` where that is not known.
pub(super) type Answers = Arc<[Option<bool>]>;

/// What was answered. Locks are equal whatever was asked of them.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    installed: Asked<(Selection, Environment), Option<bool>>,
    decisions: Asked<Target, Decision>,
}

/// Questions and an answer for each package, the oldest first.
type Asked<Q, A> = Mutex<Vec<(Q, Arc<[A]>)>>;

impl Memory {
    /// What is installed of a selection in an environment, worked out by `find` the first time.
    pub(super) fn installed(
        &self,
        selection: &Selection,
        environment: &Environment,
        find: impl FnOnce() -> Vec<Option<bool>>,
    ) -> Answers {
        let is_same = |it: &(Selection, Environment)| it.0 == *selection && it.1 == *environment;
        let question = || (selection.clone(), environment.clone());
        remembered(&self.installed, is_same, question, find)
    }

    /// How each package is installed on a target, worked out by `find` the first time.
    pub(crate) fn decisions(
        &self,
        target: &Target,
        find: impl FnOnce() -> Vec<Decision>,
    ) -> Arc<[Decision]> {
        remembered(&self.decisions, |it| it == target, || target.clone(), find)
    }
}

fn remembered<Q, A>(
    asked: &Asked<Q, A>,
    is_same: impl Fn(&Q) -> bool,
    question: impl FnOnce() -> Q,
    find: impl FnOnce() -> Vec<A>,
) -> Arc<[A]> {
    let known = || asked.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, answers)) = known().iter().find(|it| is_same(&it.0)) {
        return Arc::clone(answers);
    }
    let answers: Arc<[A]> = find().into();
    let mut known = known();
    if known.len() == MOST {
        known.remove(0);
    }
    known.push((question(), Arc::clone(&answers)));
    answers
}

impl Clone for Memory {
    fn clone(&self) -> Memory {
        Memory::default()
    }
}

impl PartialEq for Memory {
    fn eq(&self, _: &Memory) -> bool {
        true
    }
}

impl Eq for Memory {}
