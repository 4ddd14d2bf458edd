//! A sorted TSV table compiled into the program and binary-searched in place.

use std::cell::Cell;
use std::hash::{Hash, Hasher};

use memchr::{memchr, memrchr};
use rustc_hash::FxHasher;

/// How many answers are remembered.
const N_GUESSES: usize = 1024;

thread_local! {
    /// Where keys were found last, by their hash. What stands there is looked at before it is believed, so that it does
    /// not matter which key, or table, it was for. A search touches a dozen places in a table, a guess one.
    static GUESSES: [Cell<usize>; N_GUESSES] = const { [const { Cell::new(0) }; N_GUESSES] };
}

/// A table: lines of tab-separated columns, sorted by bytes, each ended by a line feed.
///
/// Nothing is parsed before it is asked for, so a table costs nothing at start-up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    text: &'static str,
}

/// One line of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Row {
    line: &'static str,
}

impl Table {
    /// Wraps the text of a table file.
    pub(crate) const fn new(text: &'static str) -> Table {
        Table { text }
    }

    /// The rows whose leading columns are `key`; the columns of a longer key are joined by tabs.
    pub(crate) fn rows(self, key: &str) -> impl Iterator<Item = Row> + Clone {
        let rest = self.text.get(self.lower_bound(&[key, "\t"])..).unwrap_or("");
        // The prefix is taken from the table, so that the iterator does not borrow the key.
        let prefix = if rest.starts_with(key) { rest.get(..key.len()) } else { None };
        let lines = prefix.map(|prefix| {
            rest.lines().take_while(move |line| {
                line.strip_prefix(prefix).is_some_and(|it| it.starts_with('\t'))
            })
        });
        lines.into_iter().flatten().map(|line| Row { line })
    }

    /// The row whose leading columns are `key`, the first if there are several.
    pub(crate) fn row(self, key: &str) -> Option<Row> {
        self.rows(key).next()
    }

    /// The row of a table with a single column that is `key`.
    pub(crate) fn line(self, key: &str) -> Option<Row> {
        let rest = self.text.get(self.lower_bound(&[key])..)?;
        let line = rest.lines().next()?;
        (line == key && !key.is_empty()).then_some(Row { line })
    }

    /// The row with these two columns at its beginning.
    pub(crate) fn row_of_two(self, first: &str, second: &str) -> Option<Row> {
        let start = self.lower_bound(&[first, "\t", second, "\t"]);
        let line = self.text.get(start..)?.lines().next()?;
        let rest = line.strip_prefix(first)?.strip_prefix('\t')?.strip_prefix(second)?;
        rest.starts_with('\t').then_some(Row { line })
    }

    /// All rows, for the rare question that is not asked by the first column.
    pub(crate) fn all(self) -> impl Iterator<Item = Row> {
        self.text.lines().map(|line| Row { line })
    }

    /// All lines as they are.
    #[cfg(test)]
    pub(crate) fn lines(self) -> impl Iterator<Item = &'static str> {
        self.text.lines()
    }

    /// The offset of the first line that is not less than the parts of a key, one behind the other.
    fn lower_bound(self, key: &[&str]) -> usize {
        let mut hasher = FxHasher::default();
        (self.text.as_ptr(), key).hash(&mut hasher);
        let slot = hasher.finish() as usize % N_GUESSES;
        GUESSES.with(|guesses| {
            let Some(guess) = guesses.get(slot) else { return self.search(key) };
            if !self.is_lower_bound(guess.get(), key) {
                guess.set(self.search(key));
            }
            guess.get()
        })
    }

    /// Whether an offset, which may be any number, is the answer of [`Table::search`].
    fn is_lower_bound(self, offset: usize, key: &[&str]) -> bool {
        let Some((before, behind)) = self.text.as_bytes().split_at_checked(offset) else {
            return false;
        };
        let is_before = match before.split_last() {
            None => true,
            Some((b'\n', lines)) => {
                let start = memrchr(b'\n', lines).map_or(0, |it| it + 1);
                is_less(before.get(start..).unwrap_or(&[]), key)
            }
            Some(_) => false,
        };
        is_before && (behind.is_empty() || !is_less(behind, key))
    }

    fn search(self, key: &[&str]) -> usize {
        let bytes = self.text.as_bytes();
        let (mut lo, mut hi) = (0, bytes.len());
        while lo < hi {
            let middle = lo + (hi - lo) / 2;
            let (before, behind) = bytes.split_at(middle);
            let before = before.get(lo..).unwrap_or(&[]);
            let start = memrchr(b'\n', before).map_or(lo, |it| lo + it + 1);
            if is_less(bytes.get(start..).unwrap_or(&[]), key) {
                lo = memchr(b'\n', behind).map_or(bytes.len(), |it| middle + it + 1);
            } else {
                hi = start;
            }
        }
        lo
    }
}

/// Whether the first line of `rest` is less than the parts of a key, one behind the other.
fn is_less(rest: &[u8], key: &[&str]) -> bool {
    let mut line = rest.iter();
    for wanted in key.iter().flat_map(|it| it.bytes()) {
        match line.next() {
            None | Some(b'\n') => return true,
            Some(byte) if *byte != wanted => return *byte < wanted,
            Some(_) => {}
        }
    }
    false
}

impl Row {
    /// The column with this index, counted from 0; empty if the row has fewer.
    pub(crate) fn column(self, index: usize) -> &'static str {
        self.line.split('\t').nth(index).unwrap_or("")
    }

    /// The first columns of the row.
    pub(crate) fn columns<const N: usize>(self) -> [&'static str; N] {
        let mut columns = self.line.split('\t');
        std::array::from_fn(|_| columns.next().unwrap_or(""))
    }
}

/// Reads `3.12` as `(3, 12)`; anything behind a second dot is left out.
pub(crate) fn pair(text: &str) -> Option<(u8, u8)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Table = Table::new("a\t1\na-b\t2\nb\tx\t3\nb\ty\t4\nc\t\n");

    fn found(key: &str) -> Vec<&'static str> {
        SMALL.rows(key).map(|it| it.line).collect()
    }

    #[test]
    fn every_key_is_found_and_no_other() {
        assert_eq!(found("a"), ["a\t1"]);
        assert_eq!(found("a-b"), ["a-b\t2"]);
        assert_eq!(found("b"), ["b\tx\t3", "b\ty\t4"]);
        assert_eq!(found("b\ty"), ["b\ty\t4"]);
        assert_eq!(found("c"), ["c\t"]);
        for absent in ["", "0", "a-", "aa", "b\tz", "d", "\u{e9}"] {
            assert!(found(absent).is_empty(), "{absent}");
        }
        assert_eq!(SMALL.row_of_two("b", "y").unwrap().column(2), "4");
        assert_eq!(SMALL.row_of_two("b", "z"), None);
        assert_eq!(SMALL.row_of_two("b\tx", "3"), None);
    }

    #[test]
    fn a_guess_is_believed_where_it_is_right() {
        for key in ["", "a", "a-", "b", "b\tz", "c", "d"] {
            let found = SMALL.search(&[key, "\t"]);
            let right: Vec<usize> =
                (0..99).filter(|it| SMALL.is_lower_bound(*it, &[key, "\t"])).collect();
            assert_eq!(right, [found], "{key}");
        }
    }

    #[test]
    fn columns_that_are_not_there_are_empty() {
        let row = SMALL.row("a").unwrap();
        assert_eq!(row.columns::<3>(), ["a", "1", ""]);
        assert_eq!(row.column(7), "");
    }
}
