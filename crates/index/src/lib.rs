//! Asks a Python package index which files a project has, as pip is configured to.
//!
//! The only crate that opens network connections, and only for a command whose purpose that is.

mod address;
mod client;
mod netrc;
mod page;
mod settings;
mod store;

pub use address::Address;
pub use client::{Client, Failure};
pub use page::ProjectFile;
pub use settings::{Environment, Settings};

#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
