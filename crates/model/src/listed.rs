//! Lists of names as a message shows them.

/// Up to four names in backticks, and how many there are beyond: "`a`, `b`, `c`, `d` and 3 more".
pub fn listed<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let (shown, n_more) = match names.len() {
        n if n > 4 => (names.get(..4).unwrap_or(&[]), n - 4),
        _ => (&names[..], 0),
    };
    let quoted: Vec<String> = shown.iter().map(|it| format!("`{it}`")).collect();
    match (quoted.split_last(), n_more) {
        (None, _) => String::new(),
        (Some(_), 1..) => format!("{} and {n_more} more", quoted.join(", ")),
        (Some((last, [])), _) => last.clone(),
        (Some((last, before)), _) => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed() {
        let cases: [(&[&str], &str); 5] = [
            (&[], ""),
            (&["a"], "`a`"),
            (&["a", "b"], "`a` and `b`"),
            (&["a", "b", "c", "d"], "`a`, `b`, `c` and `d`"),
            (&["a", "b", "c", "d", "e", "f"], "`a`, `b`, `c`, `d` and 2 more"),
        ];
        for (names, expected) in cases {
            assert_eq!(listed(names), expected);
        }
    }
}
