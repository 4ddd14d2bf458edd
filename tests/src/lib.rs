//! Shared support of the test programs beside this file.

pub mod corpus;
