//! Asks the indexes for the files of projects.

use std::fmt;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ureq::http::Response;
use ureq::tls::{PemItem, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy};

use crate::address::Address;
use crate::netrc;
use crate::page::{ProjectFile, read};
use crate::settings::Settings;
use crate::store::{Entry, Store};

/// The largest page that is read. That of the project with the most files is smaller by half.
const LARGEST_PAGE: u64 = 64 * 1024 * 1024;
/// For an index that does not say how long its answers hold: as long as PyPI says.
const USUAL_AGE: u64 = 600;
const MOST_REDIRECTIONS: usize = 5;
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, \
                      application/vnd.pypi.simple.v1+html; q=0.2, text/html; q=0.01";

/// Why an index did not answer. Shown without credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The index asks for credentials, or does not take those that it was given.
    Refused(String),
    /// It was not reached in time, or not at all.
    Unreachable(String),
    /// It answered with something else than a page of a project.
    Unreadable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(it) | Failure::Unreachable(it) | Failure::Unreadable(it) => {
                out.write_str(it)
            }
        }
    }
}

/// Asks indexes, one request at a time, and keeps the answers.
pub struct Client {
    settings: Settings,
    agent: Agent,
    /// For trusted hosts: does not look at certificates.
    trusting: Agent,
    store: Store,
    /// The time between two tries.
    pause: Duration,
}

impl Client {
    /// A client for these settings that keeps answers below `cache`.
    ///
    /// # Errors
    /// A sentence: the file of certificates or the address of the proxy cannot be used.
    pub fn new(settings: Settings, cache: Option<&Path>) -> Result<Client, String> {
        let proxy = match &settings.proxy {
            // The address may hold a password.
            Some(text) => Some(Proxy::new(text).map_err(|_| {
                "`proxy` of pip's configuration is not an address of a proxy".to_owned()
            })?),
            None => Proxy::try_from_env(),
        };
        let roots = settings.certificates.as_deref().map(certificates).transpose()?;
        let agent = |is_trusting: bool| {
            let mut tls = TlsConfig::builder().disable_verification(is_trusting);
            if let Some(roots) = &roots {
                tls = tls.root_certs(roots.clone());
            }
            let config = Agent::config_builder()
                .timeout_global(Some(settings.timeout))
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .user_agent(concat!("pylintdock/", env!("CARGO_PKG_VERSION")))
                .proxy(proxy.clone())
                .tls_config(tls.build());
            config.build().new_agent()
        };
        let (agent, trusting) = (agent(false), agent(true));
        let pause = Duration::from_millis(250);
        Ok(Client { agent, trusting, store: Store::new(cache), pause, settings })
    }

    /// The same without a pause between tries.
    #[cfg(test)]
    pub(crate) fn without_pause(mut self) -> Client {
        self.pause = Duration::ZERO;
        self
    }

    /// The files of a project on all indexes together; `None` if none of them has it. The name must be normalized.
    ///
    /// # Errors
    /// An index did not answer, so that nothing is certain.
    pub fn files(&self, name: &str) -> Result<Option<Vec<ProjectFile>>, Failure> {
        let mut res: Option<Vec<ProjectFile>> = None;
        for index in &self.settings.indexes {
            if let Some(files) = self.page(&index.project(name))? {
                res.get_or_insert_default().extend(files);
            }
        }
        Ok(res)
    }

    fn page(&self, address: &Address) -> Result<Option<Vec<ProjectFile>>, Failure> {
        let key = address.to_string();
        let kept = self.store.get(&key);
        if let Some(files) = kept.as_ref().filter(|it| now() < it.fresh_until).and_then(files_of) {
            return Ok(Some(files));
        }
        let mut place = address.clone();
        for _ in 0..=MOST_REDIRECTIONS {
            let response = self.ask(&place, kept.as_ref().and_then(|it| it.etag.as_deref()))?;
            let status = response.status().as_u16();
            match status {
                200 => return self.keep(&key, address, response).map(Some),
                304 => {
                    let fresh_until = fresh_until(&response).unwrap_or(0);
                    let entry = kept.map(|it| Entry { fresh_until, ..it });
                    if let Some(entry) = &entry {
                        self.store.put(entry);
                    }
                    let files = entry.as_ref().and_then(files_of);
                    return files.map(Some).ok_or_else(|| unreadable(address));
                }
                301 | 302 | 303 | 307 | 308 => {
                    let location = header(&response, "location").unwrap_or("");
                    place = place.redirected(location).ok_or_else(|| {
                        Failure::Unreadable(format!(
                            "`{place}` redirects to an address that cannot be used"
                        ))
                    })?;
                }
                404 | 410 => return Ok(None),
                401 | 403 | 407 => {
                    return Err(Failure::Refused(format!(
                        "`{place}` asks for credentials ({status}); give them as pip takes them, in \
                         PIP_INDEX_URL or ~/.netrc"
                    )));
                }
                _ => {
                    return Err(Failure::Unreachable(format!(
                        "`{place}` answered {status}; try again later"
                    )));
                }
            }
        }
        Err(Failure::Unreadable(format!("`{address}` redirects in a circle")))
    }

    /// One request, made again if there is no answer, or one that says to come back.
    fn ask(&self, place: &Address, etag: Option<&str>) -> Result<Response<Body>, Failure> {
        let mut tries_left = self.settings.retries;
        loop {
            let agent = if self.settings.is_trusted(place) { &self.trusting } else { &self.agent };
            let mut request = agent.get(place.request_text()).header("Accept", ACCEPT);
            let from_file = || netrc::credentials(self.settings.netrc.as_deref()?, place.host());
            if let Some(credentials) = place.credentials().cloned().or_else(from_file) {
                request = request.header("Authorization", credentials.basic());
            }
            if let Some(etag) = etag {
                request = request.header("If-None-Match", etag);
            }
            let answer = request.call();
            let may_recover = match &answer {
                Ok(it) => matches!(it.status().as_u16(), 429 | 500 | 502 | 503 | 504),
                Err(_) => true,
            };
            if may_recover && tries_left > 0 {
                tries_left -= 1;
                std::thread::sleep(self.pause * (self.settings.retries - tries_left) as u32);
                continue;
            }
            return answer.map_err(|it| Failure::Unreachable(unreachable(place, &it)));
        }
    }

    fn keep(
        &self,
        key: &str,
        address: &Address,
        mut response: Response<Body>,
    ) -> Result<Vec<ProjectFile>, Failure> {
        let content_type = header(&response, "content-type").unwrap_or("text/html").to_owned();
        let etag = header(&response, "etag").map(str::to_owned);
        let fresh_until = fresh_until(&response);
        let reading = response.body_mut().with_config().limit(LARGEST_PAGE).read_to_string();
        let body = reading.map_err(|_| unreadable(address))?;
        let files = read(&content_type, &body).ok_or_else(|| unreadable(address))?;
        if let Some(fresh_until) = fresh_until {
            self.store.put(&Entry {
                address: key.to_owned(),
                content_type,
                etag,
                fresh_until,
                body,
            });
        }
        Ok(files)
    }
}

fn files_of(entry: &Entry) -> Option<Vec<ProjectFile>> {
    read(&entry.content_type, &entry.body)
}

fn unreadable(address: &Address) -> Failure {
    Failure::Unreadable(format!(
        "the answer of `{address}` is cut off or not the page of a project"
    ))
}

/// What went wrong, without the address that the library would name.
fn unreachable(place: &Address, error: &ureq::Error) -> String {
    let reason = match error {
        ureq::Error::Timeout(_) => "it did not answer in time; raise PIP_TIMEOUT",
        ureq::Error::HostNotFound => "there is no such host",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => {
            "its certificate is not trusted; name the right ones with PIP_CERT"
        }
        ureq::Error::ConnectionFailed => "the connection was refused",
        ureq::Error::Io(it) if it.kind() == std::io::ErrorKind::ConnectionRefused => {
            "the connection was refused"
        }
        ureq::Error::Io(_) => "the connection broke off",
        _ => "the request failed",
    };
    format!("cannot reach `{place}`: {reason}")
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// Until when an answer may be used without asking; `None` if it may not be kept.
fn fresh_until(response: &Response<Body>) -> Option<u64> {
    let control = header(response, "cache-control").unwrap_or("").to_ascii_lowercase();
    let mut words = control.split(',').map(str::trim);
    if words.clone().any(|it| it == "no-store") {
        return None;
    }
    let is_checked_always = words.clone().any(|it| it == "no-cache");
    let age = words.find_map(|it| it.strip_prefix("max-age=")?.parse().ok());
    Some(now() + if is_checked_always { 0 } else { age.unwrap_or(USUAL_AGE) })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

fn certificates(path: &Path) -> Result<RootCerts, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|it| {
        format!("cannot read the certificates in `{shown}` that pip is told to use: {it}")
    })?;
    let items = ureq::tls::parse_pem(&bytes).flatten();
    let found: Vec<_> = items
        .filter_map(|it| match it {
            PemItem::Certificate(it) => Some(it),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(format!("`{shown}`, which pip is told to use, holds no certificate"));
    }
    Ok(RootCerts::new_with_certs(&found))
}
