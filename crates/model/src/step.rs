//! One instruction in its stage, with what is known of it there.

use std::rc::Rc;

use syntax::Instruction;

use crate::copy::Copy;
use crate::memory::StepMemory;
use crate::run::Run;
use crate::state::State;

/// One instruction in its stage.
#[derive(Debug)]
pub struct Step<'f> {
    /// Its index in the file.
    pub index: usize,
    /// The instruction.
    pub instruction: &'f Instruction<'f>,
    /// The stage it belongs to; `None` before the first FROM.
    pub stage: Option<usize>,
    /// User, directory and shell in force when it runs.
    pub state: Rc<State>,
    /// What is known beyond the instruction itself.
    pub detail: Detail<'f>,
    pub(crate) memory: StepMemory,
}

/// What an instruction does, for those that need more than their words.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "most steps that have a detail are RUN")]
pub enum Detail<'f> {
    /// RUN.
    Run(Run<'f>),
    /// COPY and ADD.
    Copy(Copy<'f>),
    /// Everything else.
    Other,
}

impl<'f> Step<'f> {
    /// The RUN, if it is one.
    pub fn run(&self) -> Option<&Run<'f>> {
        match &self.detail {
            Detail::Run(run) => Some(run),
            _ => None,
        }
    }

    /// The COPY or ADD, if it is one.
    pub fn copy(&self) -> Option<&Copy<'f>> {
        match &self.detail {
            Detail::Copy(copy) => Some(copy),
            _ => None,
        }
    }
}
