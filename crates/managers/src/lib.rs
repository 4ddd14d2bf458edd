//! What pip, uv, poetry, apt, apk and the other package managers are told to do, typed.
//!
//! [`call`] turns a command of a script into a [`Call`]: the tool, the action, its options under their full
//! names, its operands. The other functions answer what rules ask of a call: which requirement files it reads
//! ([`python`]), which packages it names ([`system`], [`requirement`]), which caches it fills and which
//! commands empty them ([`cache`], [`removal`]). Does no IO and knows no image: whether a default path is the
//! right one there is for the caller to decide.

mod action;
mod argument;
pub mod cache;
mod call;
mod conda_options;
mod option;
mod pip_options;
mod poetry_options;
pub mod python;
pub mod removal;
pub mod requirement;
pub mod system;
mod system_options;
mod tool;
mod uv_options;

#[cfg(test)]
mod tests;

pub use action::Action;
pub use argument::Argument;
pub use call::{Call, Lookup, call, environment, piped_call};
pub use option::CommandOption;
pub use tool::Tool;
