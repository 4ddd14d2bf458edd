//! What is known of packages, base images and releases; tables compiled in.
//!
//! One function per question, each with a small answer that can be copied; "unknown" is an answer.
//! The tables are text files under `data/`, whose README says where each comes from. Does no IO.

pub mod image;
pub mod python_package;
pub mod python_size;
pub mod release;
pub mod size;
pub mod system_package;
pub mod wheel;

mod date;
mod names;
mod table;
mod version;

pub use date::{Date, DateError};
pub use names::Names;

#[cfg(test)]
mod tables;
