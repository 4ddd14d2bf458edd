//! The `.netrc` file, from which pip takes credentials for hosts.

use crate::address::Credentials;

/// The credentials that a file gives for a host: those of its `machine`, else of `default`.
pub(crate) fn credentials(text: &str, host: &str) -> Option<Credentials> {
    let lines = text.lines().map(|it| it.split(" #").next().unwrap_or(""));
    let mut words =
        lines.filter(|it| !it.trim_start().starts_with('#')).flat_map(str::split_whitespace);
    let mut is_here = false;
    let mut found: (Option<&str>, Option<&str>) = (None, None);
    while let Some(word) = words.next() {
        match word {
            "machine" | "default" => {
                if is_here {
                    break;
                }
                is_here = word == "default" || words.next() == Some(host);
            }
            "login" | "user" if is_here => found.0 = words.next(),
            "password" if is_here => found.1 = words.next(),
            "login" | "user" | "password" | "account" => _ = words.next(),
            _ => {}
        }
    }
    let (user, password) = found;
    let owned = |it: Option<&str>| it.unwrap_or("").to_owned();
    (user.is_some() || password.is_some())
        .then(|| Credentials { user: owned(user), password: owned(password) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_counts_before_the_default() {
        let text = "# all\nmachine a.example login u password p\n\
                    machine b.example\n  login v\n  password q\ndefault login d password e\n";
        let found =
            |host: &str| credentials(text, host).map(|it| format!("{}:{}", it.user, it.password));
        assert_eq!(found("a.example").as_deref(), Some("u:p"));
        assert_eq!(found("b.example").as_deref(), Some("v:q"));
        assert_eq!(found("c.example").as_deref(), Some("d:e"));
        assert!(credentials("machine a login x", "b").is_none());
        assert!(credentials("machine", "b").is_none());
    }
}
