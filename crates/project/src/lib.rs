//! The disk: finds Dockerfiles and configuration, reads context files, writes fixes atomically.
//!
//! Nothing here knows rules or output; everything that fails says so in a [`Problem`] and the rest goes on.

mod bake;
mod build_context;
mod builds;
mod clock;
mod compose;
mod configuration;
mod discovery;
mod disk;
mod git;
mod interpolation;
mod kept;
mod name;
mod problem;
mod revision;
mod source;
mod subject;
mod walk;
mod write;
mod yaml;

pub use build_context::infer_context;
pub use builds::{BuildArguments, Builds, LeftOut, NamedBuild, builds, names_builds};
pub use clock::today;
pub use configuration::{Configuration, Configurations};
pub use discovery::{Discovery, Dockerfile, discover, named, named_within};
pub use disk::{Contexts, DiskFiles, relative_to};
pub use name::is_dockerfile;
pub use problem::Problem;
pub use revision::{PastFiles, Revision};
pub use source::{LARGEST_DOCKERFILE, Source, read_text};
pub use subject::{Subject, without_context};
pub use write::{Change, write_all};
pub use yaml::read_yaml;
