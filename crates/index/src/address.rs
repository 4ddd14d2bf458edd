//! The address of an index, with its credentials kept apart so that they are never shown or written.

use std::fmt;

/// An `http` or `https` address. Shown without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// `http` or `https`.
    scheme: String,
    /// Host and port as written, in lower case.
    authority: String,
    /// From the slash on.
    path: String,
    credentials: Option<Credentials>,
}

/// A name and a password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Address {
    /// Reads an address; `None` if it is not one of `http` or `https`. Escapes in name and password are resolved.
    pub fn parse(text: &str) -> Option<Address> {
        let (scheme, rest) = text.trim().split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        if !matches!(scheme.as_str(), "http" | "https") {
            return None;
        }
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (credentials, authority) = match authority.rsplit_once('@') {
            Some((written, authority)) => (Some(Credentials::parse(written)), authority),
            None => (None, authority),
        };
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "-._:[]".contains(it);
        if authority.is_empty() || !authority.chars().all(is_plain) {
            return None;
        }
        let path = path.split('#').next().unwrap_or("");
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Some(Address { scheme, authority: authority.to_ascii_lowercase(), path, credentials })
    }

    /// The page of a project below an index: `NAME/` behind the path.
    pub fn project(&self, name: &str) -> Address {
        let path = format!("{}/{name}/", self.path.trim_end_matches('/'));
        Address { path, ..self.clone() }
    }

    /// Where a redirection leads: an address, or a path on the same host. Credentials go along to the same host only.
    pub(crate) fn redirected(&self, location: &str) -> Option<Address> {
        let target = if location.contains("://") {
            Address::parse(location)?
        } else if let Some(rest) = location.strip_prefix("//") {
            Address::parse(&format!("{}://{rest}", self.scheme))?
        } else if location.starts_with('/') {
            Address { path: location.to_owned(), ..self.clone() }
        } else {
            let folder = self.path.rfind('/').and_then(|it| self.path.get(..=it)).unwrap_or("/");
            Address { path: format!("{folder}{location}"), ..self.clone() }
        };
        // A connection that began encrypted stays so.
        if self.scheme == "https" && target.scheme == "http" {
            return None;
        }
        let is_same_host = target.authority == self.authority && target.scheme == self.scheme;
        let own = self.credentials.clone().filter(|_| is_same_host);
        Some(Address { credentials: target.credentials.clone().or(own), ..target })
    }

    /// The name of the host, without the port.
    pub(crate) fn host(&self) -> &str {
        match self.authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((host, _)) => host,
            None => self.authority.split(':').next().unwrap_or(""),
        }
    }

    /// Host and port as written.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    pub(crate) fn credentials(&self) -> Option<&Credentials> {
        self.credentials.as_ref()
    }
}

/// Without credentials, and without a query, which may hold a secret as well.
impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.split('?').next().unwrap_or("");
        write!(out, "{}://{}{path}", self.scheme, self.authority)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Address {
    /// The text for a request: without credentials, with the query.
    pub(crate) fn request_text(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }
}

impl Credentials {
    fn parse(written: &str) -> Credentials {
        let (user, password) = written.split_once(':').unwrap_or((written, ""));
        Credentials { user: unescaped(user), password: unescaped(password) }
    }

    /// The value of the `Authorization` header.
    pub(crate) fn basic(&self) -> String {
        format!("Basic {}", base64(format!("{}:{}", self.user, self.password).as_bytes()))
    }
}

/// Resolves `%40`; what is no escape stays.
pub(crate) fn unescaped(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut res = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|it| std::str::from_utf8(it).ok());
        let digits = digits.filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        match digits.and_then(|it| u8::from_str_radix(it, 16).ok()).filter(|_| *byte == b'%') {
            Some(value) => {
                res.push(value);
                at += 3;
            }
            None => {
                res.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&res).into_owned()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut res = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (bits >> (18 - 6 * digit)) & 63;
            match DIGITS.get(index as usize).filter(|_| digit <= chunk.len()) {
                Some(it) => res.push(char::from(*it)),
                None => res.push('='),
            }
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_apart_and_not_shown() {
        let address =
            Address::parse("HTTPS://user%40x:p%3Ass@Example.com:8080/simple?t=1").unwrap();
        assert_eq!(address.to_string(), "https://example.com:8080/simple");
        assert!(!format!("{address:?}").contains("ss"));
        let credentials = address.credentials().unwrap();
        assert_eq!((credentials.user.as_str(), credentials.password.as_str()), ("user@x", "p:ss"));
        assert_eq!(credentials.basic(), "Basic dXNlckB4OnA6c3M=");
        assert_eq!(base64(b"a"), "YQ==");
        for wrong in ["ftp://x/", "x", "http://", "http://a b/", "file:///x"] {
            assert_eq!(Address::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn redirections_take_credentials_to_the_same_host_only() {
        let address = Address::parse("https://u:p@a.example/simple/").unwrap().project("x");
        assert_eq!(address.request_text(), "https://a.example/simple/x/");
        for (location, expected, has_credentials) in [
            ("/other/x/", Some("https://a.example/other/x/"), true),
            ("y/", Some("https://a.example/simple/x/y/"), true),
            ("https://a.example/z", Some("https://a.example/z"), true),
            ("https://b.example/z", Some("https://b.example/z"), false),
            ("//b.example/z", Some("https://b.example/z"), false),
            ("http://a.example/z", None, false),
        ] {
            let found = address.redirected(location);
            assert_eq!(found.as_ref().map(|it| it.to_string()).as_deref(), expected, "{location}");
            let has = found.is_some_and(|it| it.credentials().is_some());
            assert_eq!(has, has_credentials, "{location}");
        }
    }
}
