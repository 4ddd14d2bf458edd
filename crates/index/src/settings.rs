//! Which index pip asks, and how: its configuration files, its `PIP_…` variables and the proxy variables.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::address::Address;

/// Where settings are read from. The variables come as a function, so that tests need no process of their own.
pub struct Environment<'e> {
    /// The value of an environment variable.
    pub variable: &'e dyn Fn(&str) -> Option<String>,
    /// Reads a configuration file; `None` if there is none.
    pub read: &'e dyn Fn(&Path) -> Option<String>,
}

/// How an index is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The index and the extra ones. pip takes the best file of all of them.
    pub indexes: Vec<Address>,
    /// Hosts, with or without a port, whose certificates are not looked at.
    pub trusted_hosts: Vec<String>,
    /// For one request.
    pub timeout: Duration,
    /// How often a request that failed without an answer is made again.
    pub retries: usize,
    /// `proxy`: used for all requests. Without it the proxy variables count.
    pub(crate) proxy: Option<String>,
    /// A file of certificates that are trusted instead of the usual ones.
    pub certificates: Option<PathBuf>,
    /// The text of `.netrc`.
    pub(crate) netrc: Option<String>,
}

const PYPI: &str = "https://pypi.org/simple";

impl Settings {
    /// Reads them as `pip download` does: the files for all users, for this user and of the virtual environment, the
    /// file that PIP_CONFIG_FILE names, then variables; what comes later counts.
    ///
    /// # Errors
    /// A sentence that says which setting cannot be used. It holds no credentials.
    pub fn read(environment: &Environment<'_>) -> Result<Settings, String> {
        let variable = |name: &str| (environment.variable)(name).filter(|it| !it.is_empty());
        let texts: Vec<String> =
            files(&variable).iter().filter_map(|it| (environment.read)(it)).collect();
        // A section for a command counts more than the one for all, in whichever file.
        let from_files = |key: &str| {
            let sections = ["global", "download"];
            sections
                .iter()
                .rev()
                .find_map(|section| texts.iter().rev().find_map(|it| value(it, section, key)))
        };
        let setting = |key: &str| {
            let name = format!("PIP_{}", key.replace('-', "_").to_ascii_uppercase());
            variable(&name).or_else(|| from_files(key))
        };
        let is_on = |key: &str| {
            setting(key).is_some_and(|it| matches!(it.trim(), "1" | "true" | "yes" | "on" | "True"))
        };
        if is_on("no-index") {
            return Err("pip is told to use no index (`no-index`); unset it to ask one".to_owned());
        }
        let written = setting("index-url").unwrap_or_else(|| PYPI.to_owned());
        let extra = setting("extra-index-url").unwrap_or_default();
        let mut indexes = Vec::new();
        for (key, text) in std::iter::once(("index-url", written.trim()))
            .chain(extra.split_whitespace().map(|it| ("extra-index-url", it)))
        {
            indexes.push(Address::parse(text).ok_or_else(|| {
                format!("`{key}` of pip's configuration is not an http or https address")
            })?);
        }
        let home = variable("HOME").map(PathBuf::from);
        let netrc = variable("NETRC").map(PathBuf::from);
        let netrc = netrc.or_else(|| home.map(|it| it.join(".netrc")));
        let certificates = setting("cert")
            .or_else(|| variable("REQUESTS_CA_BUNDLE"))
            .or_else(|| variable("CURL_CA_BUNDLE"))
            .or_else(|| variable("SSL_CERT_FILE"));
        let number = |key: &str| setting(key)?.trim().parse::<f64>().ok().filter(|it| *it >= 0.0);
        Ok(Settings {
            indexes,
            trusted_hosts: words(setting("trusted-host")),
            timeout: Duration::from_secs_f64(number("timeout").unwrap_or(15.0).clamp(0.1, 600.0)),
            retries: number("retries").map_or(3, |it| it.min(10.0) as usize),
            proxy: setting("proxy"),
            certificates: certificates.map(PathBuf::from),
            netrc: netrc.and_then(|it| (environment.read)(&it)),
        })
    }

    pub(crate) fn is_trusted(&self, address: &Address) -> bool {
        let names = [address.host(), address.authority()];
        self.trusted_hosts.iter().any(|it| names.contains(&it.to_ascii_lowercase().as_str()))
    }
}

fn words(text: Option<String>) -> Vec<String> {
    text.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The configuration files of pip on Linux and macOS, the one that counts most last.
fn files(variable: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let own = variable("PIP_CONFIG_FILE");
    if own.as_deref() == Some("/dev/null") {
        return Vec::new();
    }
    let mut res: Vec<PathBuf> = Vec::new();
    let shared = variable("XDG_CONFIG_DIRS").unwrap_or_else(|| "/etc/xdg".to_owned());
    res.extend(shared.split(':').rev().map(|it| Path::new(it).join("pip/pip.conf")));
    res.push(PathBuf::from("/etc/pip.conf"));
    let home = variable("HOME").map(PathBuf::from);
    res.extend(home.iter().map(|it| it.join(".pip/pip.conf")));
    if cfg!(target_os = "macos") {
        res.extend(home.iter().map(|it| it.join("Library/Application Support/pip/pip.conf")));
    }
    let user = variable("XDG_CONFIG_HOME").map(PathBuf::from);
    let user = user.or_else(|| home.map(|it| it.join(".config")));
    res.extend(user.map(|it| it.join("pip/pip.conf")));
    res.extend(variable("VIRTUAL_ENV").map(|it| Path::new(&it).join("pip.conf")));
    res.extend(own.map(PathBuf::from));
    res
}

/// The value of a key in a section of an INI file, as Python's `configparser` reads it: continued on indented lines,
/// `_` and `-` the same.
fn value(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_here = false;
    let mut is_open = false;
    let mut res: Option<String> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with(char::is_whitespace) {
            if let Some(value) = res.as_mut().filter(|_| is_open) {
                value.push('\n');
                value.push_str(trimmed);
            }
            continue;
        }
        is_open = false;
        if let Some(name) = trimmed.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            is_here = name == section;
            continue;
        }
        let Some(at) = trimmed.find(['=', ':']).filter(|_| is_here) else { continue };
        let (name, value) = trimmed.split_at_checked(at)?;
        if name.trim().replace('_', "-").eq_ignore_ascii_case(key) {
            res = Some(value.get(1..).unwrap_or("").trim().to_owned());
            is_open = true;
        }
    }
    res.map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)], files: &[(&str, &str)]) -> Result<Settings, String> {
        let find = |list: &[(&str, &str)], name: &str| {
            list.iter().find(|it| it.0 == name).map(|it| it.1.to_owned())
        };
        Settings::read(&Environment {
            variable: &|name| find(variables, name),
            read: &|path| find(files, path.to_str().unwrap()),
        })
    }

    fn indexes(variables: &[(&str, &str)], files: &[(&str, &str)]) -> String {
        let found = read(variables, files).map(|it| it.indexes);
        found.map_or_else(
            |it| it,
            |it| it.iter().map(|it| it.to_string()).collect::<Vec<_>>().join(" "),
        )
    }

    #[test]
    fn what_counts_is_as_with_pip() {
        let home = ("HOME", "/h");
        let global = ("/etc/pip.conf", "[global]\nindex-url = https://global.example/simple\n");
        let user = ("/h/.config/pip/pip.conf", "[global]\nindex_url: https://user.example/s\n");
        let command = ("/h/.pip/pip.conf", "[download]\nindex-url = https://command.example/s\n");
        let site = (
            "/v/pip.conf",
            "[global]\nextra-index-url =\n  https://a.example/s\n  # no\n  https://b.example/s\n",
        );
        assert_eq!(indexes(&[], &[]), "https://pypi.org/simple");
        assert_eq!(indexes(&[], &[global]), "https://global.example/simple");
        assert_eq!(indexes(&[home], &[global, user]), "https://user.example/s");
        assert_eq!(indexes(&[home], &[global, user, command]), "https://command.example/s");
        assert_eq!(
            indexes(&[home, ("VIRTUAL_ENV", "/v")], &[user, site]),
            "https://user.example/s https://a.example/s https://b.example/s"
        );
        let variable = ("PIP_INDEX_URL", "https://u:p@variable.example/s");
        assert_eq!(indexes(&[home, variable], &[user, command]), "https://variable.example/s");
        let own = ("PIP_CONFIG_FILE", "/own");
        assert_eq!(
            indexes(&[home, own], &[user, ("/own", "[global]\nindex-url=https://o/s")]),
            "https://o/s"
        );
        assert_eq!(
            indexes(&[("PIP_CONFIG_FILE", "/dev/null")], &[global]),
            "https://pypi.org/simple"
        );
        assert_eq!(
            indexes(&[("PIP_INDEX_URL", "ftp://u:secret@x")], &[]),
            "`index-url` of pip's configuration is not an http or https address"
        );
        assert!(indexes(&[("PIP_NO_INDEX", "1")], &[]).starts_with("pip is told to use no index"));
    }

    #[test]
    fn the_other_settings_are_read() {
        let settings = read(
            &[
                ("PIP_TIMEOUT", "2.5"),
                ("PIP_TRUSTED_HOST", "a.example b.example:8080"),
                ("HOME", "/h"),
                ("SSL_CERT_FILE", "/ca.pem"),
            ],
            &[
                ("/h/.netrc", "machine x login y"),
                ("/etc/pip.conf", "[global]\nretries = 1\nproxy = http://p:1\n"),
            ],
        );
        let settings = settings.unwrap();
        assert_eq!(settings.timeout, Duration::from_millis(2500));
        assert_eq!((settings.retries, settings.proxy.as_deref()), (1, Some("http://p:1")));
        assert_eq!(settings.certificates.as_deref(), Some(Path::new("/ca.pem")));
        let trusted = |it: &str| settings.is_trusted(&Address::parse(it).unwrap());
        assert!(trusted("https://a.example/x") && trusted("https://b.example:8080/"));
        assert!(!trusted("https://b.example/") && !trusted("https://c.example/"));
        assert!(settings.netrc.is_some());
    }
}
