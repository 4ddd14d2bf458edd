//! The version that stands for the newest one that the bounds of a requirement allow.

use std::rc::Rc;

use context::Operator;
use knowledge::wheel::newest_between;

use crate::requirements::Wanted;

impl Wanted {
    /// A version that stands for the newest that is allowed for a Python: the exact one, or the newest known below the
    /// bound above. `None` without either.
    pub fn newest_allowed(&self, python: Option<(u8, u8)>) -> Option<Rc<str>> {
        if self.version.is_some() {
            return self.version.clone();
        }
        let specifiers = &self.requirement.specifiers;
        let (most, is_below) = specifiers.iter().find_map(|it| {
            let version = it.version.text.trim_end_matches(".*");
            match it.operator {
                Operator::LessThan => Some((version.to_owned(), true)),
                Operator::LessThanEqual => Some((version.to_owned(), false)),
                Operator::Equal => Some((next_of(version)?, true)),
                Operator::Compatible => Some((next_of(version.rsplit_once('.')?.0)?, true)),
                _ => None,
            }
        })?;
        let least = specifiers.iter().find_map(|it| match it.operator {
            Operator::GreaterThan
            | Operator::GreaterThanEqual
            | Operator::Equal
            | Operator::Compatible => Some(it.version.text.trim_end_matches(".*")),
            _ => None,
        });
        let known = python.and_then(|it| newest_between(&self.name, least, &most, is_below, it));
        // Where none is known by its number, the bound that is a version itself says most.
        Some(known.or(least).unwrap_or(&most).into())
    }
}

/// The version in which the last number is one higher: `1.5` for `1.4`.
fn next_of(version: &str) -> Option<String> {
    let (before, last) = version.rsplit_once('.').map_or(("", version), |it| it);
    let next = last.parse::<u32>().ok()?.checked_add(1)?;
    Some(if before.is_empty() { next.to_string() } else { format!("{before}.{next}") })
}

#[cfg(test)]
mod tests {
    use syntax::Span;

    use super::*;

    #[test]
    fn bounds_stand_for_the_newest_version() {
        let cases = [
            ("a==1.2", Some("1.2")),
            ("a==1.2.*", Some("1.2")),
            ("a>=1,<2", Some("1")),
            ("a<2", Some("2")),
            ("a~=1.4.2", Some("1.4.2")),
            ("matplotlib~=3.7.1", Some("3.7.5")),
            ("matplotlib~=3.7", Some("3.7.5")),
            ("matplotlib<4", Some("3.7.5")),
            ("matplotlib>=3,<=3.5", Some("3.5.0")),
            ("numpy<2", Some("1.24.4")),
            ("a>=1", None),
            ("a", None),
        ];
        for (text, expected) in cases {
            let requirement = context::parse_requirement(text, 0).unwrap();
            let version = requirement.pinned().map(Rc::from);
            let span = Span::at(0);
            let name = requirement.normalized_name().unwrap().into();
            let wanted = Wanted {
                name,
                requirement: requirement.into(),
                file: None,
                span,
                version,
                is_editable: false,
            };
            assert_eq!(wanted.newest_allowed(Some((3, 8))).as_deref(), expected, "{text}");
        }
    }
}
