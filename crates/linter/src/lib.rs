//! Rules, diagnostics, edits, fixes and configuration; runs rules, suppresses, and fixes until settled.

mod builder;
pub mod config;
mod config_error;
mod diagnostic;
mod engine;
mod fix;
mod patterns;
mod rule;
mod settle;
pub mod silence;
mod suppress;

pub use builder::{Feature, TargetVersion};
pub use config::{Layer, Origin, Settings, WheelTransfer};
pub use config_error::{ConfigError, UnknownRule};
pub use diagnostic::{Diagnostic, Label, Severity};
pub use engine::{Input, check, check_build, check_with_inputs};
pub use fix::{Edit, Fix, Safety};
pub use knowledge::{Date, DateError};
pub use rule::{Repair, Reports, Rule, link};
pub use settle::{Applied, Outcome, edited, fix, fix_wanted};
pub use suppress::SUPPRESSION_UNUSED;
