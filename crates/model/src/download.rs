//! The files that a call of curl or wget writes, as far as its words tell.

use shell::Word;

use crate::path;

/// Letters of curl's options that have a value; source: curl(1), 8.10.
const CURL_LETTERS: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";
/// Letters of wget's options that have a value; source: wget(1), 1.24.
const WGET_LETTERS: &str = "aeioBtOTwQPUDARIXl";

/// Long options of curl that stand alone. All others have a value, so that a new one is no file.
const CURL_ALONE: [&str; 38] = [
    "anyauth",
    "basic",
    "compressed",
    "create-dirs",
    "disable",
    "fail",
    "fail-early",
    "fail-with-body",
    "ftp-pasv",
    "get",
    "globoff",
    "head",
    "http1.0",
    "http1.1",
    "http2",
    "http2-prior-knowledge",
    "http3",
    "include",
    "insecure",
    "ipv4",
    "ipv6",
    "junk-session-cookies",
    "location",
    "location-trusted",
    "netrc",
    "parallel",
    "progress-bar",
    "remote-header-name",
    "remote-name",
    "remote-name-all",
    "remote-time",
    "retry-all-errors",
    "retry-connrefused",
    "show-error",
    "silent",
    "ssl-reqd",
    "tlsv1.2",
    "verbose",
];

/// Long options of wget that have a value, where it is not attached by `=`.
const WGET_VALUED: [&str; 32] = [
    "accept",
    "append-output",
    "base",
    "body-data",
    "body-file",
    "ca-certificate",
    "certificate",
    "connect-timeout",
    "cut-dirs",
    "directory-prefix",
    "dns-timeout",
    "domains",
    "execute",
    "header",
    "http-password",
    "http-user",
    "limit-rate",
    "load-cookies",
    "max-redirect",
    "method",
    "output-document",
    "output-file",
    "password",
    "post-data",
    "private-key",
    "progress",
    "read-timeout",
    "referer",
    "timeout",
    "tries",
    "user",
    "user-agent",
];

/// What the words of a call say.
#[derive(Default)]
struct Words {
    /// Files named by `-o` of curl or `-O` of wget.
    outputs: Vec<String>,
    /// The directory of `--output-dir` or `-P`.
    folder: Option<String>,
    addresses: Vec<String>,
    /// curl takes names from addresses.
    takes_names: bool,
    /// Lists, configuration files or whole sites: nobody knows.
    is_unknown: bool,
}

/// The paths that `curl` or `wget` with these arguments makes, relative ones to where it runs; `None` when that is not
/// certain.
pub(crate) fn downloaded(
    program: &str,
    arguments: &[Word<'_>],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<Vec<String>> {
    let is_curl = program == "curl";
    let words = read(is_curl, arguments, lookup)?;
    if words.is_unknown {
        return None;
    }
    let mut names = words.outputs;
    if is_curl && words.takes_names || !is_curl && names.is_empty() {
        names.extend(words.addresses.iter().map(|it| name_of(it).to_owned()));
    }
    names.retain(|it| it != "-" && !it.starts_with("/dev/"));
    let place = |name: String| match &words.folder {
        Some(folder) if !name.starts_with('/') => format!("{folder}/{name}"),
        _ => name,
    };
    Some(names.into_iter().map(place).collect())
}

fn read(
    is_curl: bool,
    arguments: &[Word<'_>],
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Option<Words> {
    let mut res = Words::default();
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let text = word.resolve(lookup)?;
        if let Some(long) = text.strip_prefix("--") {
            let (name, attached) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let has_value = match is_curl {
                true => !CURL_ALONE.contains(&name) && !name.starts_with("no-") && !name.is_empty(),
                false => WGET_VALUED.contains(&name),
            };
            let next = if has_value && attached.is_none() { words.next() } else { None };
            res.long(is_curl, name, attached, next, lookup)?;
        } else if text.len() > 1 && text.starts_with('-') {
            let letters = text.get(1..).unwrap_or("");
            for (at, letter) in letters.char_indices() {
                if !is_curl && letter == 'n' {
                    // `-nv`, `-nc`, `-nH`
                    break;
                }
                let valued = if is_curl { CURL_LETTERS } else { WGET_LETTERS };
                if !valued.contains(letter) {
                    res.takes_names |= is_curl && letter == 'O';
                    res.is_unknown |= !is_curl && matches!(letter, 'r' | 'm' | 'p');
                    continue;
                }
                let attached = letters.get(at + letter.len_utf8()..).filter(|it| !it.is_empty());
                let next = if attached.is_none() { words.next() } else { None };
                let name = match (is_curl, letter) {
                    (true, 'o') => "output",
                    (false, 'O') => "output-document",
                    (false, 'P') => "directory-prefix",
                    (true, 'K') => "config",
                    (false, 'i') => "input-file",
                    // The rest makes no file that matters.
                    _ => "other",
                };
                res.long(is_curl, name, attached, next, lookup)?;
                break;
            }
        } else if text.len() > 1 {
            res.addresses.push(text.into_owned());
        }
    }
    Some(res)
}

impl Words {
    fn long(
        &mut self,
        is_curl: bool,
        name: &str,
        attached: Option<&str>,
        next: Option<&Word<'_>>,
        lookup: &dyn Fn(&str) -> Option<String>,
    ) -> Option<()> {
        let value = || -> Option<String> {
            match attached {
                Some(value) => Some(value.to_owned()),
                None => Some(next?.resolve(lookup)?.into_owned()),
            }
        };
        match name {
            "output" if is_curl => self.outputs.push(value()?),
            "output-document" if !is_curl => self.outputs.push(value()?),
            "output-dir" | "directory-prefix" => self.folder = Some(value()?),
            "url" if is_curl => self.addresses.push(value()?),
            "remote-name" | "remote-name-all" => self.takes_names = true,
            "config" | "input-file" | "recursive" | "mirror" | "page-requisites" => {
                self.is_unknown = true;
            }
            _ => {}
        }
        Some(())
    }
}

/// The last part of an address.
fn name_of(address: &str) -> &str {
    let path = address.split_once("://").map_or(address, |it| it.1);
    match path.contains('/') {
        true if !path.ends_with('/') => path::file_name(path),
        _ => "index.html",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_land_where_the_words_say() {
        for (text, expected) in [
            ("curl --retry 3 -sSL -o pool.zip http://h/x", Some("pool.zip")),
            ("curl -fsSLo /tmp/x.sh http://h/y", Some("/tmp/x.sh")),
            ("curl -sSL http://h/y", Some("")),
            ("curl -LO http://h/y.tgz", Some("y.tgz")),
            ("curl -m 10 -H 'A: b' --output-dir /tmp -O http://h/y.tgz", Some("/tmp/y.tgz")),
            ("curl --proto =https --tlsv1.2 -sSf http://h -o x", Some("x")),
            ("curl -o - http://h/y", Some("")),
            ("curl -o $X http://h/y", None),
            ("wget -q -t 3 --timeout 5 http://h/y.tgz", Some("y.tgz")),
            ("wget -qO- http://h/y.tgz", Some("")),
            ("wget -nv -O /tmp/z http://h/y.tgz", Some("/tmp/z")),
            ("wget -P /opt --no-check-certificate http://h/y.tgz", Some("/opt/y.tgz")),
            ("wget --progress=dot:giga h/y.tgz", Some("y.tgz")),
            ("wget http://h", Some("index.html")),
            ("wget -r http://h/y", None),
            ("wget -i list", None),
            ("wget $X", None),
        ] {
            let whole = format!("FROM x\nRUN {text}\n");
            let file = syntax::parse(&whole);
            let scripts = crate::scripts(&file);
            let around = crate::Surroundings {
                files: &context::NoFiles,
                dockerfile: "Dockerfile",
                target: None,
            };
            let build = crate::Build::new(&file, &scripts, around);
            let (_, run) = build.runs().next().expect("a RUN");
            let command = run.commands().next().expect("a command");
            let program = command.program().expect("a program");
            let found = downloaded(program, &command.words[1..], &|_| None);
            let found = found.map(|it| it.join(" "));
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }
}
