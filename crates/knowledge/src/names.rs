//! A list of package names as a table holds it: separated by single spaces.

/// Names of system packages, in the order in which they should be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Names {
    text: &'static str,
}

impl Names {
    pub(crate) const fn new(text: &'static str) -> Names {
        Names { text }
    }

    /// The names, one by one.
    pub fn iter(self) -> impl Iterator<Item = &'static str> + Clone {
        self.into_iter()
    }

    /// Whether there is no name.
    pub fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    /// Whether this name is among them.
    pub fn contains(self, name: &str) -> bool {
        self.iter().any(|it| it == name)
    }

    /// The names as one string with spaces between them.
    pub fn as_str(self) -> &'static str {
        self.text
    }
}

impl IntoIterator for Names {
    type Item = &'static str;
    type IntoIter = std::iter::Filter<std::str::Split<'static, char>, fn(&&'static str) -> bool>;

    fn into_iter(self) -> Self::IntoIter {
        let is_name: fn(&&'static str) -> bool = |it| !it.is_empty();
        self.text.split(' ').filter(is_name)
    }
}
