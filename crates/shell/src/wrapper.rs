//! Programs that run the program given as their argument (`sudo`, `env`, `xargs` …), and those that run a script
//! given as text (`sh -c`, `eval` …).

use std::borrow::Cow;
use std::ops::Range;

use syntax::Span;

use crate::script::{Assignment, Command, Part, Parts, Word};

/// How a wrapper's own arguments end, from its manual.
pub(crate) struct Wrapper {
    pub(crate) name: &'static str,
    /// Letters of the options that take a value.
    letters: &'static str,
    /// Long options that take their value from the next argument.
    long: &'static [&'static str],
    /// Arguments between the options and the program: the duration of `timeout`, the user of `gosu`.
    n_operands: usize,
    /// With one of these letters it runs nothing.
    inert: &'static str,
}

const fn plain(name: &'static str) -> Wrapper {
    Wrapper { name, letters: "", long: &[], n_operands: 0, inert: "" }
}

/// GNU coreutils, util-linux, sudo, findutils, bash and the init programs common in images.
pub(crate) const WRAPPERS: [Wrapper; 29] = [
    plain("builtin"),
    plain("busybox"),
    plain("catchsegv"),
    plain("chronic"),
    Wrapper { inert: "vV", ..plain("command") },
    Wrapper { letters: "uC", long: &["--user", "--config"], inert: "Ls", ..plain("doas") },
    Wrapper { letters: "r", long: &["--rewrite"], inert: "hV", ..plain("dumb-init") },
    plain("eatmydata"),
    Wrapper { letters: "uCP", long: &["--unset", "--chdir"], ..plain("env") },
    Wrapper { letters: "a", ..plain("exec") },
    Wrapper { n_operands: 1, ..plain("gosu") },
    Wrapper {
        letters: "cnpPu",
        long: &["--class", "--classdata"],
        inert: "pPu",
        ..plain("ionice")
    },
    plain("linux32"),
    plain("linux64"),
    Wrapper { letters: "n", long: &["--adjustment"], ..plain("nice") },
    plain("nohup"),
    Wrapper {
        letters: "ugGsTw",
        long: &["--user", "--group", "--supp-group", "--shell", "--whitelist-environment"],
        inert: "cl",
        ..plain("runuser")
    },
    Wrapper { n_operands: 1, ..plain("setarch") },
    plain("setsid"),
    Wrapper { letters: "ioe", long: &["--input", "--output", "--error"], ..plain("stdbuf") },
    Wrapper { n_operands: 1, ..plain("su-exec") },
    Wrapper {
        letters: "CcDghpRrTtUu",
        long: &[
            "--user",
            "--group",
            "--prompt",
            "--close-from",
            "--chdir",
            "--host",
            "--chroot",
            "--role",
            "--type",
            "--command-timeout",
            "--other-user",
        ],
        inert: "Kklve",
        ..plain("sudo")
    },
    Wrapper { letters: "fo", long: &["--format", "--output"], ..plain("time") },
    Wrapper {
        letters: "ks",
        long: &["--kill-after", "--signal"],
        n_operands: 1,
        ..plain("timeout")
    },
    Wrapper { letters: "pe", inert: "h", ..plain("tini") },
    Wrapper { letters: "pe", inert: "h", ..plain("tini-static") },
    plain("unbuffer"),
    plain("unshare"),
    Wrapper {
        letters: "aEdILnPs",
        long: &[
            "--arg-file",
            "--delimiter",
            "--max-args",
            "--max-procs",
            "--max-chars",
            "--process-slot-var",
        ],
        ..plain("xargs")
    },
];

/// Programs that run the script given with `-c`.
const SHELLS: [&str; 6] = ["sh", "bash", "ash", "dash", "zsh", "ksh"];

/// Moves the wrappers in front of the program from `words` to `wrappers`, and what `env` sets to `assignments`.
pub(crate) fn see_through(command: &mut Command) {
    while let Some(wrapper) = wrapper_of(command)
        && let Some((n_words, split)) = own_words(wrapper, &command.words)
    {
        if matches!(wrapper.name, "xargs") {
            command.place.reads_pipe = true;
        }
        let is_env = matches!(wrapper.name, "env" | "sudo");
        let rest = command.words.split_off(n_words);
        let own = std::mem::replace(&mut command.words, rest);
        for word in own {
            match is_env.then(|| as_assignment(&word)).flatten() {
                Some(assignment) => command.assignments.push(assignment),
                None => command.wrappers.push(word),
            }
        }
        if let Some(words) = split {
            command.words.splice(0..0, words);
        }
    }
}

fn wrapper_of(command: &Command) -> Option<&'static Wrapper> {
    let program = command.program()?;
    let index = WRAPPERS.binary_search_by(|it| it.name.cmp(program)).ok()?;
    WRAPPERS.get(index)
}

/// How many of the words are the wrapper's own, and the words that `env -S` makes of its argument. `None` if no
/// program follows.
fn own_words<'t>(wrapper: &Wrapper, words: &[Word<'t>]) -> Option<(usize, Option<Vec<Word<'t>>>)> {
    let mut next = 1;
    let mut n_operands = wrapper.n_operands;
    if wrapper.name == "setarch" {
        // Its operand comes before its options, and may be left out.
        let is_option = words.get(1)?.literal().is_some_and(|it| it.starts_with('-'));
        next += usize::from(!is_option);
        n_operands = 0;
    }
    while let Some(word) = words.get(next) {
        let option = match &word.parts {
            Parts::Text(text) => text.as_ref(),
            Parts::Mixed(parts) => match parts.first() {
                Some(Part::Text { text, .. }) => text.as_ref(),
                _ => break,
            },
        };
        if option == "--" {
            next += 1;
            break;
        }
        if wrapper.name == "env" {
            if let Some(split) = split_argument(words, next, option) {
                return Some(split);
            }
            if option == "-" {
                next += 1;
                continue;
            }
        }
        let is_assignment = assigned_name(option).is_some();
        if is_assignment && matches!(wrapper.name, "env" | "sudo") {
            next += 1;
        } else if option.starts_with("--") {
            next += 1 + usize::from(wrapper.long.contains(&option));
        } else if option.len() > 1 && option.starts_with('-') {
            let letters = &option[1..];
            if letters.contains(|it| wrapper.inert.contains(it)) {
                return None;
            }
            let takes_value = letters.find(|it| wrapper.letters.contains(it));
            let is_last = takes_value.is_some_and(|it| it + 1 == letters.len());
            next += 1 + usize::from(is_last);
        } else {
            break;
        }
    }
    if wrapper.name == "sudo" {
        // `sudo -u x A=1 -- cmd` is refused by sudo, but `sudo -- A=1 cmd` is not.
        let is_set = |it: &Word| it.literal().is_some_and(|it| assigned_name(it).is_some());
        next += words.get(next..).unwrap_or(&[]).iter().take_while(|it| is_set(it)).count();
    }
    next += n_operands;
    (next < words.len()).then_some((next, None))
}

/// The words of `env -S "a b"`; what stands before them, the option included, is `env`'s own.
fn split_argument<'t>(
    words: &[Word<'t>],
    at: usize,
    option: &str,
) -> Option<(usize, Option<Vec<Word<'t>>>)> {
    let is_long = option.starts_with("--split-string");
    let is_short = option.starts_with('-') && !option.starts_with("--") && option.contains('S');
    if !is_long && !is_short {
        return None;
    }
    let word = words.get(at)?;
    let (value, n_words, start) = match option.split_once(if is_long { "=" } else { "S" }) {
        Some((before, value)) if !value.is_empty() => (value, at + 1, before.len() + 1),
        _ => (words.get(at + 1)?.literal()?, at + 2, 0),
    };
    let whole = if n_words == at + 1 { word } else { words.get(at + 1)? };
    let skipped = start + if whole.span.len() == value.len() + start + 2 { 1 } else { 0 };
    let is_plain = value.len() + 2 + start >= whole.span.len();
    let mut split = Vec::new();
    let mut from = 0;
    for part in value.split([' ', '\t']) {
        let begin = whole.span.start as usize + skipped + from;
        from += part.len() + 1;
        if part.is_empty() {
            continue;
        }
        let span = if is_plain { Span::new(begin, begin + part.len()) } else { whole.span };
        split.push(Word { span, parts: Parts::Text(Cow::Owned(part.to_owned())) });
    }
    if split.is_empty() && n_words >= words.len() {
        return None;
    }
    Some((n_words, Some(split)))
}

/// The name in front of `=` if the text begins like an assignment.
fn assigned_name(text: &str) -> Option<&str> {
    let (name, _) = text.split_once('=')?;
    let is_name = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    (is_name && !name.is_empty() && !name.starts_with(|it: char| it.is_ascii_digit()))
        .then_some(name)
}

/// `NAME=value` given to `env` as an assignment.
fn as_assignment<'t>(word: &Word<'t>) -> Option<Assignment<'t>> {
    let (name, parts) = match &word.parts {
        Parts::Text(text) => {
            let name = assigned_name(text)?.to_owned();
            let value = cut(text, name.len() + 1);
            (name, Parts::Text(value))
        }
        Parts::Mixed(parts) => {
            let Some(Part::Text { text, is_quoted }) = parts.first() else { return None };
            let name = assigned_name(text)?.to_owned();
            let rest = cut(text, name.len() + 1);
            let mut value = parts.clone();
            if rest.is_empty() {
                value.remove(0);
            } else if let Some(first) = value.first_mut() {
                *first = Part::Text { text: rest, is_quoted: *is_quoted };
            }
            (name, Parts::Mixed(value))
        }
    };
    let start = (word.span.start as usize + name.len() + 1).min(word.span.end as usize);
    let span = Span::new(start, word.span.end as usize);
    let value = Word { span, parts };
    Some(Assignment { span: word.span, name: Cow::Owned(name), value })
}

/// The text from `at` on, borrowed where it was.
fn cut<'t>(text: &Cow<'t, str>, at: usize) -> Cow<'t, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(at..).unwrap_or("")),
        Cow::Owned(text) => Cow::Owned(text.get(at..).unwrap_or("").to_owned()),
    }
}

/// A script that a command is given as text.
pub(crate) struct Given {
    /// Which of the command's words it consists of; several only for `eval`.
    pub(crate) words: Range<usize>,
    /// It runs in a shell of its own.
    pub(crate) has_own_shell: bool,
    /// It runs only if a signal comes.
    pub(crate) is_conditional: bool,
}

/// The script given to `sh -c`, `su -c`, `eval` or `trap`.
pub(crate) fn given_script(command: &Command) -> Option<Given> {
    let program = command.program()?;
    let words = &command.words;
    let own_shell = |index: usize| Given {
        words: index..index + 1,
        has_own_shell: true,
        is_conditional: false,
    };
    match program {
        "eval" => {
            let is_known = |it: &Word| it.literal().is_some();
            let start = 1 + usize::from(words.get(1)?.literal() == Some("--"));
            let is_certain = start < words.len() && words.get(start..)?.iter().all(is_known);
            let words = start..words.len();
            is_certain.then_some(Given { words, has_own_shell: false, is_conditional: false })
        }
        "trap" => {
            let start = 1 + usize::from(words.get(1)?.literal() == Some("--"));
            let script = words.get(start)?.literal()?;
            let is_script = words.len() > start + 1 && !matches!(script, "" | "-" | "-p" | "-l");
            let words = start..start + 1;
            is_script.then_some(Given { words, has_own_shell: false, is_conditional: true })
        }
        "su" | "runuser" => {
            let is_option = |it: &&str| {
                *it == "--command"
                    || (it.starts_with('-') && !it.starts_with("--") && it.ends_with('c'))
            };
            let index = words.iter().position(|it| it.literal().as_ref().is_some_and(is_option))?;
            (index > 0 && index + 1 < words.len()).then(|| own_shell(index + 1))
        }
        _ if SHELLS.contains(&program) => shell_argument(words).map(own_shell),
        _ => None,
    }
}

/// The index of the script in the arguments of a shell called with `-c`.
fn shell_argument(words: &[Word]) -> Option<usize> {
    let mut has_c = false;
    let mut next = 1;
    loop {
        let word = words.get(next)?;
        let option = match &word.parts {
            Parts::Text(text) => text.as_ref(),
            Parts::Mixed(_) => return has_c.then_some(next),
        };
        next += 1;
        if option == "--" || option == "-" {
            return (has_c && next < words.len()).then_some(next);
        }
        if option.starts_with("--") {
            next += usize::from(matches!(option, "--rcfile" | "--init-file"));
        } else if option.len() > 1 && option.starts_with(['-', '+']) {
            has_c |= option.starts_with('-') && option.contains('c');
            next += usize::from(option.contains(['o', 'O']));
        } else {
            return has_c.then_some(next - 1);
        }
    }
}
