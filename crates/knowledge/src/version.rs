//! Python versions as PEP 440 orders them, compared without building anything.

use std::cmp::Ordering;

/// A version taken apart; borrowed from the text it was read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    epoch: u64,
    release: &'a str,
    /// Phase (alpha, beta, candidate as 0, 1, 2) and number.
    pre: Option<(u8, u64)>,
    post: Option<u64>,
    dev: Option<u64>,
    local: Option<&'a str>,
}

/// Reads a version; `None` if it is not one that PEP 440 knows.
pub(crate) fn parse(text: &str) -> Option<Version<'_>> {
    let text = text.trim();
    let (public, local) = match text.split_once('+') {
        Some((public, local)) if !local.is_empty() => (public, Some(local)),
        Some(_) => return None,
        None => (text, None),
    };
    let public = public.strip_prefix(['v', 'V']).unwrap_or(public);
    let (epoch, rest) = match public.split_once('!') {
        Some((epoch, rest)) => (epoch.parse().ok()?, rest),
        None => (0, public),
    };
    let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.').unwrap_or(rest.len());
    let (numbers, mut rest) = rest.split_at_checked(end)?;
    let release = numbers.strip_suffix('.').filter(|_| !rest.is_empty()).unwrap_or(numbers);
    if release.split('.').any(str::is_empty) {
        return None;
    }
    let mut version = Version { epoch, release, pre: None, post: None, dev: None, local };
    if let Some((phase, number, after)) = suffix(rest, &PRE) {
        version.pre = Some((phase, number));
        rest = after;
    }
    if let Some((_, number, after)) = suffix(rest, &POST) {
        version.post = Some(number);
        rest = after;
    } else if let Some(after) = rest.strip_prefix('-')
        && after.starts_with(|it: char| it.is_ascii_digit())
    {
        let (number, after) = digits(after);
        version.post = Some(number);
        rest = after;
    }
    if let Some((_, number, after)) = suffix(rest, &DEV) {
        version.dev = Some(number);
        rest = after;
    }
    rest.is_empty().then_some(version)
}

/// Spellings in the order in which they must be tried: a longer one before its own beginning.
const PRE: [(&str, u8); 8] = [
    ("alpha", 0),
    ("a", 0),
    ("beta", 1),
    ("b", 1),
    ("preview", 2),
    ("pre", 2),
    ("rc", 2),
    ("c", 2),
];
const POST: [(&str, u8); 3] = [("post", 0), ("rev", 0), ("r", 0)];
const DEV: [(&str, u8); 1] = [("dev", 0)];

/// Reads `[.-_]?word[.-_]?number?`; the number is 0 if it is left out.
fn suffix<'a>(text: &'a str, words: &[(&str, u8)]) -> Option<(u8, u64, &'a str)> {
    let text = text.strip_prefix(['.', '-', '_']).unwrap_or(text);
    words.iter().find_map(|(word, value)| {
        let head = text.get(..word.len())?;
        if !head.eq_ignore_ascii_case(word) {
            return None;
        }
        let rest = text.get(word.len()..)?;
        let unseparated = rest.strip_prefix(['.', '-', '_']).unwrap_or(rest);
        if unseparated.starts_with(|it: char| it.is_ascii_digit()) {
            let (number, after) = digits(unseparated);
            Some((*value, number, after))
        } else {
            Some((*value, 0, rest))
        }
    })
}

fn digits(text: &str) -> (u64, &str) {
    let end = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    (number.parse().unwrap_or(u64::MAX), rest)
}

impl Version<'_> {
    /// Whether it is neither a pre-release nor a development release.
    pub(crate) fn is_stable(&self) -> bool {
        self.pre.is_none() && self.dev.is_none()
    }

    /// Whether it names a local build (`1.0+cpu`), which the public index does not hold.
    pub(crate) fn is_local(&self) -> bool {
        self.local.is_some()
    }

    /// What is compared after epoch and release, in this order.
    fn stage(&self) -> ((u8, u8, u64), u64, u64) {
        let pre = match (self.pre, self.post, self.dev) {
            (Some((phase, number)), _, _) => (1, phase, number),
            (None, None, Some(_)) => (0, 0, 0),
            _ => (2, 0, 0),
        };
        (pre, self.post.map_or(0, |it| it.saturating_add(1)), self.dev.unwrap_or(u64::MAX))
    }
}

impl PartialEq for Version<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version<'_> {}

impl PartialOrd for Version<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version<'_> {
    /// The order of PEP 440; local versions are left out, since no table holds one.
    fn cmp(&self, other: &Self) -> Ordering {
        self.epoch
            .cmp(&other.epoch)
            .then_with(|| compare_releases(self.release, other.release))
            .then_with(|| self.stage().cmp(&other.stage()))
    }
}

/// Compares `1.10` and `1.9.0` number by number; numbers left out are 0.
fn compare_releases(left: &str, right: &str) -> Ordering {
    let mut left = left.split('.');
    let mut right = right.split('.');
    loop {
        let (one, other) = (left.next(), right.next());
        if one.is_none() && other.is_none() {
            return Ordering::Equal;
        }
        let number = |it: Option<&str>| it.map_or(0, |it| digits(it).0);
        match number(one).cmp(&number(other)) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_as_in_pep_440() {
        let ascending = [
            "0.9",
            "1.dev0",
            "1.0.dev456",
            "1.0a1",
            "1.0a2.dev456",
            "1.0a12.dev456",
            "1.0a12",
            "1.0b1.dev456",
            "1.0b2",
            "1.0b2.post345.dev456",
            "1.0b2.post345",
            "1.0rc1.dev456",
            "1.0rc1",
            "1.0",
            "1.0.post456.dev34",
            "1.0.post456",
            "1.0.15",
            "1.1.dev1",
            "1.9",
            "1.10",
            "1.10.0.1",
            "2023.11",
            "1!0.1",
        ];
        for pair in ascending.windows(2) {
            let [lower, higher] = pair else { unreachable!() };
            assert!(parse(lower).unwrap() < parse(higher).unwrap(), "{lower} < {higher}");
        }
    }

    #[test]
    fn spellings_of_one_version_are_equal() {
        for (one, other) in [
            ("1.0", "1"),
            ("1.0.0", "v1.0"),
            ("1.0alpha1", "1.0a1"),
            ("1.0-beta.2", "1.0b2"),
            ("1.0c1", "1.0-rc-1"),
            ("1.0.preview3", "1.0rc3"),
            ("1.0-1", "1.0.post1"),
            ("1.0.r4", "1.0post4"),
            ("1.0.post", "1.0.post0"),
            ("1.0.DEV", "1.0.dev0"),
            ("1.0+cpu", "1.0"),
            ("01.02", "1.2"),
        ] {
            assert_eq!(parse(one).unwrap(), parse(other).unwrap(), "{one} == {other}");
        }
    }

    #[test]
    fn what_is_not_a_version_is_refused() {
        for text in
            ["", "abc", "1..2", "1.", ".1", "1.0foo", "1.0+", "1.*", "1.0a1b1", "x!1", "${V}"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn stable_and_local_are_told_apart() {
        assert!(parse("1.0.post1").unwrap().is_stable());
        assert!(!parse("1.0rc1").unwrap().is_stable());
        assert!(!parse("1.0.post1.dev0").unwrap().is_stable());
        assert!(parse("2.1.0+cu118").unwrap().is_local());
    }
}
