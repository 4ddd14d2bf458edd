//! The commands inside RUN, CMD, ENTRYPOINT and HEALTHCHECK, with spans in the Dockerfile's own bytes.

mod argv;
mod compound;
mod cursor;
mod gap;
mod grammar;
pub mod layout;
mod nested;
mod reading;
mod script;
mod simple;
mod tree;
mod word;
mod wrapper;

#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod tests;

use syntax::Excerpt;

pub use argv::parse_argv;
pub use script::{Assignment, Command, Item, Operator, Part, Parts, Place, Redirect, Script, Word};

/// The commands of shell text: a RUN's joined line, or a heredoc's body with its newlines. Never fails; what is
/// not understood is told in [`Script::fault`], and the commands around it are still listed.
pub fn parse<'t>(excerpt: &'t Excerpt<'t>) -> Script<'t> {
    reading::read(excerpt, false)
}

/// The same by way of tree-sitter alone, which `parse` uses only where the text is faulty or unusual.
///
/// More than ten times slower; here so that a test can compare the two.
pub fn parse_by_tree<'t>(excerpt: &'t Excerpt<'t>) -> Script<'t> {
    reading::read(excerpt, true)
}
