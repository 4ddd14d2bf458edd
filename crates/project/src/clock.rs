//! Today's date.

use std::time::SystemTime;

use linter::Date;

const SECONDS_A_DAY: u64 = 24 * 60 * 60;

/// The date now, in UTC; 1970-01-01 when the clock stands before it.
pub fn today() -> Date {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Date::from_unix_days(since.as_secs() / SECONDS_A_DAY)
}
