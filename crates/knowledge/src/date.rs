//! A day of the calendar; nothing here asks the clock.

use std::fmt;
use std::str::FromStr;

/// A day of the proleptic Gregorian calendar, such as 2026-11-21; later days are greater. Knows no time zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    /// The year, such as 2026.
    pub year: u16,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

impl Date {
    /// The day that is `days` after 1970-01-01, as seconds of the system clock divided by 86,400.
    pub fn from_unix_days(days: u64) -> Date {
        let mut year: u16 = 1970;
        let mut left = days;
        while left >= days_of_year(year) && year < 9999 {
            left -= days_of_year(year);
            year += 1;
        }
        let mut month = 1;
        while month < 12 && left >= u64::from(days_of_month(year, month)) {
            left -= u64::from(days_of_month(year, month));
            month += 1;
        }
        let day = left.min(u64::from(days_of_month(year, month)) - 1) as u8 + 1;
        Date { year, month, day }
    }

    /// Reads `2026-10-01`; `None` if the text is anything else.
    pub fn parse(text: &str) -> Option<Date> {
        let mut parts = text.split('-');
        let mut number = |length: usize| -> Option<u16> {
            let part = parts.next()?;
            let is_number = part.len() == length && part.bytes().all(|it| it.is_ascii_digit());
            if is_number { part.parse().ok() } else { None }
        };
        let (year, month, day) = (number(4)?, number(2)? as u8, number(2)? as u8);
        let is_day = (1..=12).contains(&month) && day >= 1 && day <= days_of_month(year, month);
        (is_day && parts.next().is_none()).then_some(Date { year, month, day })
    }
}

fn is_leap(year: u16) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_of_year(year: u16) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_of_month(year: u16, month: u8) -> u8 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A text that is no date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateError {
    text: String,
}

impl fmt::Display for DateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a date; write year, month and day as in 2026-11-21", self.text)
    }
}

impl std::error::Error for DateError {}

impl FromStr for Date {
    type Err = DateError;

    /// Reads `YYYY-MM-DD`.
    fn from_str(text: &str) -> Result<Date, DateError> {
        Date::parse(text).ok_or_else(|| DateError { text: text.to_owned() })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_printed() {
        for text in ["2026-11-21", "2024-02-29", "2000-02-29", "1970-01-01"] {
            assert_eq!(text.parse::<Date>().unwrap().to_string(), text);
        }
        for text in
            ["2026-13-01", "2026-02-29", "1900-02-29", "26-1-1", "2026-11-21-", "", "+026-11-21"]
        {
            assert!(text.parse::<Date>().is_err(), "{text}");
        }
        assert!("2026-11-21".parse::<Date>().unwrap() > "2026-09-30".parse::<Date>().unwrap());
    }

    #[test]
    fn days_since_1970_are_counted() {
        for (days, text) in [
            (0, "1970-01-01"),
            (59, "1970-03-01"),
            (11_016, "2000-02-29"),
            (19_782, "2024-02-29"),
            (19_783, "2024-03-01"),
            (20_778, "2026-11-21"),
        ] {
            assert_eq!(Date::from_unix_days(days).to_string(), text);
        }
        assert_eq!(Date::from_unix_days(u64::MAX).to_string(), "9999-12-31");
    }
}
