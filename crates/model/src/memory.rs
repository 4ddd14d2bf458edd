//! What is worked out of a step or a stage once and kept, because many rules and later steps ask for it.

use std::cell::{OnceCell, RefCell};

use managers::cache::{Cache, Cleaned};
use rustc_hash::FxHashMap;
use syntax::Span;

use crate::CommandPlace;
use crate::cache::Outlook;
use crate::effect::Effect;
use crate::emptier::Emptier;
use crate::estimate::Grown;
use crate::interpreter::Interpreter;
use crate::layer::Added;
use crate::package_lists::Reading;
use crate::system_packages::Installed;

/// Answers about a RUN.
#[derive(Debug, Default)]
pub(crate) struct RunMemory {
    /// What each command does to files, by script.
    pub(crate) effects: OnceCell<Vec<Vec<OnceCell<Effect>>>>,
    /// The commands that may empty a cache, in order.
    pub(crate) emptiers: OnceCell<Vec<Emptier>>,
    /// The caches that its commands empty, for those that do.
    pub(crate) cleaned: OnceCell<Vec<(CommandPlace, Vec<Cleaned>)>>,
    /// What becomes of a cache at certain paths.
    pub(crate) outlooks: RefCell<Vec<Outlook>>,
    /// What it does with package lists of earlier layers, for each kind that was asked for.
    pub(crate) readings: RefCell<Vec<Reading>>,
    /// The caches that its calls fill, each with the index of the first call that leaves it in the layer.
    pub(crate) filled: OnceCell<Vec<(Cache, Option<usize>)>>,
    /// The index of the first call that turns pip's cache off for the later ones.
    pub(crate) configuring_call: OnceCell<Option<usize>>,
    /// An earlier step turns pip's cache off.
    pub(crate) is_configured_before: OnceCell<bool>,
    /// Where a package is first installed, by the family of its tool and its name: the index of the call, the word.
    pub(crate) installed: OnceCell<FxHashMap<(u8, String), (usize, Span)>>,
}

/// Answers about a stage.
#[derive(Debug, Default)]
pub(crate) struct StageMemory {
    /// What its RUNs, and those of the stages that it is built from, install of the system.
    pub(crate) grown: OnceCell<Option<Vec<Grown>>>,
    /// The system packages before the step of it that was asked for last, by its place in the stage.
    pub(crate) system_packages: RefCell<Option<(usize, Installed)>>,
    /// Whether what is compiled in it can be linked to a library.
    pub(crate) links: RefCell<FxHashMap<String, bool>>,
    /// Whether instructions of its own may bring another Python than that of its image.
    pub(crate) brings_python: OnceCell<bool>,
    /// Its Python.
    pub(crate) interpreter: OnceCell<Option<Interpreter>>,
}

/// Answers about any step.
#[derive(Debug, Default)]
pub(crate) struct StepMemory {
    /// The directory of `~`.
    pub(crate) home: OnceCell<Option<String>>,
    /// The files that it certainly brings.
    pub(crate) brought: OnceCell<Vec<Added>>,
    /// It brings a file that turns pip's cache off.
    pub(crate) configures_pip: OnceCell<bool>,
}
