//! The files around a Dockerfile: requirement files, lock files, ignore files and the directory tree, read as data.
//!
//! Does no IO: files are reached through [`Files`].

pub mod copy_sources;
mod files;
mod ignore_file;
mod ignore_pattern;
pub mod known_wheels;
pub mod lock;
pub mod marker;
pub mod project_files;
pub mod requirement;
mod requirement_files;
mod requirement_line;
mod requirement_options;
mod requirements;
mod tree;
pub mod wheel_decision;
pub mod wheel_tag;
mod wildcard;

pub use files::{Files, MemoryFiles, NoFiles};
pub use ignore_file::{IgnoreFile, Pattern, PatternError};
pub use marker::{Environment, Marker, MarkerError};
pub use project_files::{Manager, manager_of};
pub use requirement::{
    Operator, Repository, Requirement, RequirementError, Source, Specifier, Text, normalize_name,
    parse_editable, parse_requirement, parse_requirement_in,
};
pub use requirement_files::{Collected, CollectedFile, IncludeFault, IncludeProblem, collect};
pub use requirement_options::FileOption;
pub use requirements::{Content, Line, Requirements};
pub use tree::Tree;
