//! Answers about a lock file that are kept as long as the file is, since every check asks the same again.

use std::sync::{Arc, Mutex, PoisonError};

use super::Selection;
use crate::marker::Environment;

/// More ways of installing one lock than there are in a project; the oldest answer is forgotten for another one.
const MOST: usize = 64;

/// Whether each package is installed, in the order of the file; `None` where that is not known.
pub(super) type Answers = Arc<[Option<bool>]>;

/// What was answered. Locks are equal whatever was asked of them.
#[derive(Debug, Default)]
pub(super) struct Memory {
    installed: Mutex<Vec<(Selection, Environment, Answers)>>,
}

impl Memory {
    /// What is installed of a selection in an environment, worked out by `find` the first time.
    pub(super) fn installed(
        &self,
        selection: &Selection,
        environment: &Environment,
        find: impl FnOnce() -> Vec<Option<bool>>,
    ) -> Answers {
        let known = || self.installed.lock().unwrap_or_else(PoisonError::into_inner);
        let is_asked =
            |it: &&(Selection, Environment, Answers)| it.0 == *selection && it.1 == *environment;
        if let Some((_, _, answers)) = known().iter().find(is_asked) {
            return Arc::clone(answers);
        }
        let answers: Answers = find().into();
        let mut known = known();
        if known.len() == MOST {
            known.remove(0);
        }
        known.push((selection.clone(), environment.clone(), Arc::clone(&answers)));
        answers
    }
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
