//! A version: three numbers, in their order.

use std::fmt;

/// Such as `0.2.0`. Nothing may follow: cargo, PyPI and editors write preliminary versions in three ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version([u32; 3]);

impl Version {
    /// Reads `text`.
    ///
    /// # Errors
    ///
    /// It is not three numbers with dots between them.
    pub(crate) fn parse(text: &str) -> Result<Version, String> {
        let numbers: Vec<u32> = text.split('.').map_while(number).collect();
        let is_whole = text.split('.').count() == numbers.len();
        let numbers = <[u32; 3]>::try_from(numbers).ok().filter(|_| is_whole);
        numbers.map(Version).ok_or_else(|| {
            format!("`{text}` is no version: three numbers such as 0.2.0, and nothing after them")
        })
    }
}

/// A number without zeros in front of it.
fn number(text: &str) -> Option<u32> {
    let number: u32 = text.parse().ok()?;
    (number.to_string() == text).then_some(number)
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Version([major, minor, patch]) = self;
        write!(formatter, "{major}.{minor}.{patch}")
    }
}
