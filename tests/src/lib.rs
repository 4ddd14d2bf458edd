//! Shared support of the test programs beside this file.

pub mod command;
pub mod corpus;
pub mod input;
pub mod invariants;
pub mod page;
pub mod project;
pub mod random;
pub mod session;
