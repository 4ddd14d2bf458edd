//! What the linter is asked in tests.

use context::NoFiles;
use linter::{Date, Input, Settings};

/// The day on which every test runs, so that what a rule says of ends of life stays the same.
pub const TODAY: Date = Date { year: 2026, month: 11, day: 21 };

/// A Dockerfile whose build context is not known.
pub fn without_context<'a>(text: &'a str, settings: &'a Settings) -> Input<'a> {
    Input {
        text,
        dockerfile: "Dockerfile",
        files: &NoFiles,
        settings,
        today: TODAY,
        target: None,
        arguments: &[],
        contexts: &[],
    }
}
