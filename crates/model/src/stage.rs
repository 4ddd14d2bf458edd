//! Stages: what each is built from, and whether it is shipped.

use std::ops::Range;

use knowledge::image::Image;
use syntax::Word;

use crate::image_reference::ImageReference;
use crate::memory::StageMemory;

/// What a stage is built from.
#[derive(Debug)]
pub enum Base {
    /// An earlier stage.
    Stage(usize),
    /// An image of a registry.
    Image {
        /// The reference, variables replaced by their defaults.
        reference: ImageReference,
        /// What is known of it.
        known: Image,
    },
    /// Nothing.
    Scratch,
    /// A variable without a value.
    Unknown,
}

/// A stage.
#[derive(Debug)]
pub struct Stage<'f> {
    /// Its number.
    pub index: usize,
    /// Behind `AS`.
    pub name: Option<&'f Word<'f>>,
    /// The image as written.
    pub image: Option<&'f Word<'f>>,
    /// What it is built from.
    pub base: Base,
    /// Its steps, FROM first.
    pub steps: Range<usize>,
    /// It is the stage that is shipped, or that one is built FROM it.
    pub is_shipped: bool,
    /// The lowest of the stages that it is built from, itself if there is none.
    pub(crate) root: usize,
    pub(crate) memory: StageMemory,
}
