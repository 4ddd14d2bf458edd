//! The options in a requirements file, split and read as pip does (`shlex` and `optparse`).

use std::ops::Range;

/// An option that a requirements file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileOption {
    /// `-i`, `--index-url`
    IndexUrl,
    /// `--extra-index-url`
    ExtraIndexUrl,
    /// `--no-index`
    NoIndex,
    /// `-c`, `--constraint`
    Constraint,
    /// `-r`, `--requirement`
    Requirement,
    /// `-e`, `--editable`
    Editable,
    /// `-f`, `--find-links`
    FindLinks,
    /// `--no-binary`
    NoBinary,
    /// `--only-binary`
    OnlyBinary,
    /// `--prefer-binary`
    PreferBinary,
    /// `--require-hashes`
    RequireHashes,
    /// `--no-require-hashes`, since pip 26.2
    NoRequireHashes,
    /// `--pre`
    Pre,
    /// `--all-releases`, since pip 26.0
    AllReleases,
    /// `--only-final`, since pip 26.0
    OnlyFinal,
    /// `--trusted-host`
    TrustedHost,
    /// `--use-feature`
    UseFeature,
    /// `--hash`, of one requirement
    Hash,
    /// `-C`, `--config-settings`, of one requirement
    ConfigSettings,
    /// `--global-option`, of one requirement; gone since pip 25.3
    GlobalOption,
    /// `--install-option`, of one requirement; gone since pip 23.1
    InstallOption,
}

struct Spelling {
    option: FileOption,
    long: &'static str,
    short: Option<char>,
    takes_value: bool,
}

const fn valued(option: FileOption, long: &'static str, short: Option<char>) -> Spelling {
    Spelling { option, long, short, takes_value: true }
}

const fn flag(option: FileOption, long: &'static str) -> Spelling {
    Spelling { option, long, short: None, takes_value: false }
}

/// What pip 26 and older ones accept.
const SPELLINGS: [Spelling; 23] = [
    valued(FileOption::IndexUrl, "--index-url", Some('i')),
    valued(FileOption::IndexUrl, "--pypi-url", None),
    valued(FileOption::ExtraIndexUrl, "--extra-index-url", None),
    flag(FileOption::NoIndex, "--no-index"),
    valued(FileOption::Constraint, "--constraint", Some('c')),
    valued(FileOption::Requirement, "--requirement", Some('r')),
    valued(FileOption::Editable, "--editable", Some('e')),
    valued(FileOption::FindLinks, "--find-links", Some('f')),
    valued(FileOption::NoBinary, "--no-binary", None),
    valued(FileOption::OnlyBinary, "--only-binary", None),
    flag(FileOption::PreferBinary, "--prefer-binary"),
    flag(FileOption::RequireHashes, "--require-hashes"),
    flag(FileOption::NoRequireHashes, "--no-require-hashes"),
    flag(FileOption::Pre, "--pre"),
    valued(FileOption::AllReleases, "--all-releases", None),
    valued(FileOption::OnlyFinal, "--only-final", None),
    valued(FileOption::TrustedHost, "--trusted-host", None),
    valued(FileOption::UseFeature, "--use-feature", None),
    valued(FileOption::Hash, "--hash", None),
    valued(FileOption::ConfigSettings, "--config-settings", Some('C')),
    valued(FileOption::ConfigSettings, "--config-setting", None),
    valued(FileOption::GlobalOption, "--global-option", None),
    valued(FileOption::InstallOption, "--install-option", None),
];

/// An option as it was found; ranges are offsets in the text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundOption {
    pub(crate) option: FileOption,
    pub(crate) range: Range<usize>,
    pub(crate) value: Option<Word>,
}

/// A word with its quotes and escapes resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) range: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OptionError {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
}

/// Where the options of a line begin: at the first `-` that begins the line or follows a blank. (pip does not take a
/// tab for a blank here.)
pub(crate) fn options_start(line: &str) -> usize {
    let is_start = |at: &usize| *at == 0 || line.as_bytes().get(at - 1) == Some(&b' ');
    line.match_indices('-').map(|it| it.0).find(is_start).unwrap_or(line.len())
}

/// Reads the options that begin at `start` of `line`. Words that are no options are passed over, as pip does.
pub(crate) fn read_options(line: &str, start: usize) -> Result<Vec<FoundOption>, OptionError> {
    let mut res = Vec::new();
    let mut words = split(line, start)?.into_iter();
    while let Some(word) = words.next() {
        if word.text == "--" {
            break;
        }
        if word.text.starts_with("--") {
            res.push(long_option(line, word, &mut words)?);
        } else if word.text.len() > 1 && word.text.starts_with('-') {
            res.push(short_option(line, word, &mut words)?);
        }
    }
    Ok(res)
}

fn long_option(
    line: &str,
    word: Word,
    words: &mut impl Iterator<Item = Word>,
) -> Result<FoundOption, OptionError> {
    let (name, value) = match word.text.split_once('=') {
        Some((name, _)) => (name, Some(tail(line, &word, name.len() + 1))),
        None => (word.text.as_str(), None),
    };
    let spelling = match find_long(name) {
        Ok(spelling) => spelling,
        Err(message) => return Err(OptionError { range: word.range, message }),
    };
    finish(line, spelling, word.range.clone(), value, words)
}

fn short_option(
    line: &str,
    word: Word,
    words: &mut impl Iterator<Item = Word>,
) -> Result<FoundOption, OptionError> {
    let letter = word.text.chars().nth(1);
    // No short option is a flag, so what follows the letter is its value.
    let Some(spelling) = SPELLINGS.iter().find(|it| it.short.is_some() && it.short == letter)
    else {
        let message = unknown(&word.text);
        return Err(OptionError { range: word.range, message });
    };
    let value = (word.text.len() > 2).then(|| tail(line, &word, 2));
    finish(line, spelling, word.range.clone(), value, words)
}

fn finish(
    line: &str,
    spelling: &Spelling,
    range: Range<usize>,
    value: Option<Word>,
    words: &mut impl Iterator<Item = Word>,
) -> Result<FoundOption, OptionError> {
    if !spelling.takes_value {
        if value.is_some() {
            let message = format!("`{}` takes no value", spelling.long);
            return Err(OptionError { range, message });
        }
        return Ok(FoundOption { option: spelling.option, range, value: None });
    }
    match value.or_else(|| words.next()) {
        Some(value) => {
            let range = range.start..value.range.end.max(range.end);
            if spelling.option == FileOption::Hash && !is_strong_hash(&value.text) {
                let message =
                    "a hash is written `sha256:` (or `sha384:`, `sha512:`) and the digest; \
                               pip takes no other"
                        .to_owned();
                return Err(OptionError { range: value.range, message });
            }
            let value = Some(within_quotes(line, value));
            Ok(FoundOption { option: spelling.option, range, value })
        }
        None => Err(OptionError {
            range,
            message: format!("the value of `{}` is missing", spelling.long),
        }),
    }
}

fn is_strong_hash(value: &str) -> bool {
    ["sha256:", "sha384:", "sha512:"].iter().any(|it| value.starts_with(it))
}

/// The same word with the range of what is between its quotes, if it is quoted as a whole.
fn within_quotes(line: &str, mut word: Word) -> Word {
    let inner = word.range.start + 1..word.range.end.saturating_sub(1);
    if line.get(inner.clone()) == Some(word.text.as_str()) {
        word.range = inner;
    }
    word
}

/// The option of a long name; a beginning that only one option has will do.
fn find_long(name: &str) -> Result<&'static Spelling, String> {
    if let Some(spelling) = SPELLINGS.iter().find(|it| it.long == name) {
        return Ok(spelling);
    }
    let is_current =
        |it: &FileOption| !matches!(it, FileOption::GlobalOption | FileOption::InstallOption);
    let mut candidates =
        SPELLINGS.iter().filter(|it| is_current(&it.option) && it.long.starts_with(name));
    let Some(first) = candidates.next() else { return Err(unknown(name)) };
    match candidates.find(|it| it.option != first.option) {
        None => Ok(first),
        Some(other) => {
            Err(format!("`{name}` can mean `{}` and `{}`; write it out", first.long, other.long))
        }
    }
}

fn unknown(name: &str) -> String {
    format!("`{name}` is not an option of a requirements file, and pip stops at it; remove it")
}

/// The part of a word from an offset on; its own range only if no quote or escape is in the word.
fn tail(line: &str, word: &Word, from: usize) -> Word {
    let is_plain = line.get(word.range.clone()) == Some(word.text.as_str());
    let start = if is_plain { word.range.start + from } else { word.range.start };
    let text = word.text.get(from..).unwrap_or("").to_owned();
    Word { text, range: start..word.range.end }
}

/// Splits into words as a POSIX shell would, without expansions and comments.
fn split(line: &str, from: usize) -> Result<Vec<Word>, OptionError> {
    let mut res = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote: Option<(char, usize)> = None;
    let mut chars = line.char_indices().skip_while(|it| it.0 < from);
    while let Some((at, char)) = chars.next() {
        if quote.is_none() && matches!(char, ' ' | '\t' | '\r' | '\n') {
            res.extend(word.take());
            continue;
        }
        let word = word.get_or_insert_with(|| Word { text: String::new(), range: at..at });
        word.range.end = at + char.len_utf8();
        match (char, quote) {
            (_, Some((open, _))) if char == open => quote = None,
            ('\\', None | Some(('"', _))) => {
                let Some((at, escaped)) = chars.next() else {
                    let message = "the `\\` at the end escapes nothing; remove it".to_owned();
                    return Err(OptionError { range: at..at + 1, message });
                };
                // Within double quotes only a quote and a backslash can be escaped.
                if quote.is_some() && !matches!(escaped, '"' | '\\') {
                    word.text.push('\\');
                }
                word.text.push(escaped);
                word.range.end = at + escaped.len_utf8();
            }
            ('"' | '\'', None) => quote = Some((char, at)),
            _ => word.text.push(char),
        }
    }
    if let Some((_, at)) = quote {
        let message = "the closing quote is missing".to_owned();
        return Err(OptionError { range: at..line.len(), message });
    }
    res.extend(word);
    Ok(res)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Vec<(FileOption, String, String)>, String> {
        let shown = |it: FoundOption| {
            let value = it.value.map(|it| (it.text, line[it.range].to_owned())).unwrap_or_default();
            (it.option, value.0, value.1)
        };
        read_options(line, 0)
            .map(|it| it.into_iter().map(shown).collect())
            .map_err(|it| line[it.range].to_owned())
    }

    #[test]
    fn options_are_read() {
        use FileOption::*;
        for (line, expected) in [
            ("-r a.txt", &[(Requirement, "a.txt", "a.txt")][..]),
            ("-ra.txt", &[(Requirement, "a.txt", "a.txt")]),
            ("-r  'a b.txt'", &[(Requirement, "a b.txt", "a b.txt")]),
            ("--requirement=a.txt", &[(Requirement, "a.txt", "a.txt")]),
            ("--requirement a.txt", &[(Requirement, "a.txt", "a.txt")]),
            ("--requirem a.txt", &[(Requirement, "a.txt", "a.txt")]),
            ("--extra https://x", &[(ExtraIndexUrl, "https://x", "https://x")]),
            ("--config x", &[(ConfigSettings, "x", "x")]),
            ("-i u --no-index --pre", &[(IndexUrl, "u", "u"), (NoIndex, "", ""), (Pre, "", "")]),
            (
                "--hash=sha256:a --hash sha256:b",
                &[(Hash, "sha256:a", "sha256:a"), (Hash, "sha256:b", "sha256:b")],
            ),
            ("--find-links=\"a\\\"b\\c\"", &[(FindLinks, "a\"b\\c", "--find-links=\"a\\\"b\\c\"")]),
            ("-e .[dev] junk", &[(Editable, ".[dev]", ".[dev]")]),
            ("-f a\\ b", &[(FindLinks, "a b", "a\\ b")]),
            ("--pre -- --no-index", &[(Pre, "", "")]),
            ("-", &[]),
        ] {
            let expected: Vec<_> =
                expected.iter().map(|it| (it.0, it.1.to_owned(), it.2.to_owned())).collect();
            assert_eq!(read(line), Ok(expected), "{line}");
        }
    }

    #[test]
    fn errors_point_at_the_option() {
        for (line, written) in [
            ("--no-cache-dir", "--no-cache-dir"),
            ("--pre --upgrade", "--upgrade"),
            ("-x", "-x"),
            ("-é", "-é"),
            ("-r", "-r"),
            ("--pre=1", "--pre=1"),
            ("--no", "--no"),
            ("--hash=md5:1", "md5:1"),
            ("--hash sha256", "sha256"),
            ("--req a.txt", "--req"),
            ("-r 'a", "'a"),
            ("-r a\\", "\\"),
        ] {
            assert_eq!(read(line), Err(written.to_owned()), "{line}");
        }
    }

    #[test]
    fn options_begin_at_a_dash_after_a_blank() {
        for (line, start) in [("a -r b", 2), ("-r", 0), ("a-b", 3), ("a\t-r", 4), ("a  --hash", 3)]
        {
            assert_eq!(options_start(line), start, "{line:?}");
        }
    }
}
