//! Values that the builder refuses although the instruction around them is well formed.
//!
//! What is judged here is what BuildKit's instruction parser and its conversion refuse without looking at a base image, a build argument or a file.
//! A value with a variable is left alone: only the build knows it. So is what stands behind ONBUILD, which this build does not run.

use std::borrow::Cow;

use crate::{
    Arguments, Expansion, File, Instruction, Keyword, LexError, Span, SyntaxError, Word, expand,
    flag_value, lex, mount_value, stage_value,
};

/// Adds the errors of every value to `found`.
pub(crate) fn check(file: &File<'_>, found: &mut Vec<SyntaxError>) {
    if !is_read_by_docker(file) {
        return;
    }
    for instruction in &file.instructions {
        substitutions(file, instruction, found);
        arguments(file, instruction, found);
        flag_value::check(file, instruction, found);
        if instruction.keyword == Keyword::Run {
            mount_value::check(file, instruction, found);
        }
    }
    stage_value::check(file, found);
}

/// `# syntax=` may name a builder with a language of its own; of that nothing is known.
fn is_read_by_docker(file: &File<'_>) -> bool {
    let directive = file.directives.iter().find(|it| it.name.eq_ignore_ascii_case("syntax"));
    directive.is_none_or(|it| {
        let image = it.value.split_whitespace().next().unwrap_or("");
        let name = image.rsplit('/').next().unwrap_or(image);
        name.starts_with("dockerfile")
    })
}

/// The value of a word that has no variable; `None` if it has one or cannot be read.
pub(crate) fn literal(text: &str, escape: char) -> Option<Cow<'_, str>> {
    expand(text, escape, &|_| Expansion::Unknown).ok().flatten()
}

/// Where `range` of the text of a word stands, or the whole word where its text is not in the file as it is.
pub(crate) fn place(file: &File<'_>, word: &Word<'_>, range: std::ops::Range<usize>) -> Span {
    if word.span.of(file.text) != word.text {
        return word.span;
    }
    let start = word.span.start as usize;
    Span::new(start + range.start, start + range.end)
}

/// Quotes and `${…}` that the builder cannot read.
fn substitutions(file: &File<'_>, instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    for word in expanded_words(instruction) {
        let Some((error, range)) = lex::fault(&word.text, file.escape, true) else { continue };
        let span = place(file, word, range.clone());
        let mut told = substitution_error(&word.text[range], &error, span);
        let is_quote = matches!(error, LexError::Unclosed('"' | '\''));
        let is_legacy = instruction.arguments.pairs().iter().any(|it| it.is_legacy);
        if is_quote && is_legacy {
            told.help = format!("write `{} name=\"value\"`", instruction.keyword.name());
        } else if is_quote && matches!(instruction.arguments, Arguments::Words(_)) {
            told.help = match instruction.keyword {
                Keyword::Copy | Keyword::Add | Keyword::Volume => format!(
                    "quotes do not hold words together here; for a blank in a path write {} [\"a b\", …]",
                    instruction.keyword.name()
                ),
                _ => "words end at a blank, also in quotes; leave the quotes out".to_owned(),
            };
        }
        found.push(told);
        if is_quote {
            // What follows is only the other end of the same mistake.
            return;
        }
    }
    if matches!(instruction.keyword, Keyword::Copy | Keyword::Add) {
        for heredoc in instruction.heredocs.iter().filter(|it| it.expands) {
            let body = heredoc.text.text();
            if let Some((error, range)) = lex::fault(body, '\\', false) {
                let span = heredoc.text.span(range.clone());
                found.push(substitution_error(&body[range], &error, span));
            }
        }
    }
}

/// The words in which the builder replaces variables.
fn expanded_words<'i, 't>(instruction: &'i Instruction<'t>) -> Vec<&'i Word<'t>> {
    match &instruction.arguments {
        Arguments::Pairs(pairs) => {
            // The name of a build argument is not expanded.
            let has_names = instruction.keyword != Keyword::Arg;
            let names = |pair: &'i crate::Pair<'t>| has_names.then_some(&pair.name);
            pairs.iter().flat_map(|it| names(it).into_iter().chain(&it.value)).collect()
        }
        Arguments::Text(word) if instruction.keyword != Keyword::Maintainer => vec![word],
        Arguments::Words(words) | Arguments::Exec { words, .. } => match instruction.keyword {
            // Behind the image stands the name of the stage, which is not expanded.
            Keyword::From => words.iter().take(1).collect(),
            Keyword::Copy | Keyword::Add | Keyword::Volume | Keyword::Expose => {
                let is_heredoc =
                    |it: &&Word<'_>| instruction.heredocs.iter().any(|h| h.span == it.span);
                words.iter().filter(|it| !is_heredoc(it)).collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// `part` is what cannot be read.
pub(crate) fn substitution_error(part: &str, error: &LexError, span: Span) -> SyntaxError {
    match error {
        LexError::Unclosed('}') => SyntaxError::new(
            span,
            "`${` is not closed",
            "write `${NAME}`, or `\\$` for the character itself",
        ),
        LexError::Unclosed(quote) => SyntaxError::new(
            span,
            format!("the quote `{quote}` is not closed"),
            format!("close it, or write `\\{quote}` for the character itself"),
        ),
        LexError::BadSubstitution | LexError::Required(_) => SyntaxError::new(
            span,
            format!("`{part}` is not a substitution that the builder knows"),
            "write `${NAME}` or `${NAME:-default}`, or `\\$` for the character itself",
        ),
    }
}

fn arguments(file: &File<'_>, instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    let words = instruction.arguments.words();
    match instruction.keyword {
        Keyword::Env | Keyword::Label | Keyword::Arg => names(instruction, found),
        Keyword::Volume => {
            let is_empty = |it: &&Word<'_>| {
                it.text.trim().is_empty()
                    || literal(&it.text, file.escape).is_some_and(|it| it.is_empty())
            };
            for word in words.iter().filter(is_empty) {
                found.push(SyntaxError::new(
                    word.span,
                    "a volume needs a path",
                    "write the folder, such as `VOLUME /data`, or delete it",
                ));
            }
        }
        Keyword::Expose => ports(file, words, found),
        Keyword::Stopsignal => {
            if let Some(word) = instruction.arguments.text()
                && let Some(signal) = literal(&word.text, file.escape)
                && !is_signal(&signal)
            {
                found.push(SyntaxError::new(
                    word.span,
                    format!("`{signal}` is not a signal"),
                    "write its name or its number, such as `SIGTERM` or `15`",
                ));
            }
        }
        Keyword::Copy | Keyword::Add => copied(instruction, found),
        _ => {}
    }
}

/// `ENV =value`: the name is missing.
fn names(instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    for pair in instruction.arguments.pairs().iter().filter(|it| it.name.text.is_empty()) {
        let keyword = instruction.keyword.name();
        found.push(SyntaxError::new(
            pair.span,
            format!("{keyword} has no name before `=`"),
            format!("write `{keyword} NAME=value`, without a blank around `=`"),
        ));
    }
}

fn ports(file: &File<'_>, words: &[Word<'_>], found: &mut Vec<SyntaxError>) {
    for (index, word) in words.iter().enumerate() {
        if word.text.starts_with('#') {
            let last = words.last().unwrap_or(word);
            found.push(SyntaxError::new(
                word.span.to(last.span),
                "a comment cannot stand behind an instruction",
                "put it on a line of its own: EXPOSE takes every word for a port",
            ));
            return;
        }
        let Some(port) = literal(&word.text, file.escape) else { continue };
        if port.is_empty() || is_port(&port) {
            continue;
        }
        let help = if index == 0 && port.starts_with('[') {
            "EXPOSE takes no JSON array: write `EXPOSE 80 443`".to_owned()
        } else if port.contains([',', ';']) {
            "separate ports with blanks: `EXPOSE 80 443`".to_owned()
        } else {
            "a port is a number up to 65535 or a range such as `8000-8010`, with `/tcp`, `/udp` or `/sctp` behind it".to_owned()
        };
        found.push(SyntaxError::new(word.span, format!("`{port}` is not a port"), help));
        if index == 0 && port.starts_with('[') {
            return;
        }
    }
}

/// `[ip:][host:]port[-port][/protocol]`.
fn is_port(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let (port, host, address) = (parts.next().unwrap_or(""), parts.next(), parts.next());
    let (port, protocol) = port.split_once('/').unwrap_or((port, ""));
    // Versions differ on what may follow behind a second slash.
    let protocol = protocol.split('/').next().unwrap_or("");
    let is_protocol = ["", "tcp", "udp", "sctp"].iter().any(|it| it.eq_ignore_ascii_case(protocol));
    let address = address.unwrap_or("");
    let bare = address.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(address);
    let is_address = bare.is_empty() || bare.parse::<std::net::IpAddr>().is_ok();
    let Some(range) = port_range(port).filter(|_| is_protocol && is_address) else { return false };
    match host {
        None | Some("") => true,
        // One port may be given several of the host, not the other way round.
        Some(host) => port_range(host).is_some_and(|it| range == 1 || it == range),
    }
}

/// How many ports a range has.
fn port_range(text: &str) -> Option<u32> {
    let number = |it: &str| -> Option<u32> {
        let is_number = !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        it.parse::<u32>().ok().filter(|it| is_number && *it <= 65535)
    };
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then(|| last - first + 1)
}

/// Linux's signals without `SIG`, that of MIPS included; `RTMIN+n` and `RTMAX-n` are read apart.
const SIGNALS: [&str; 37] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS",
    "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
    "XFSZ", "EMT",
];

fn is_signal(text: &str) -> bool {
    if let Ok(number) = text.parse::<i64>() {
        return number != 0;
    }
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let is_small = |it: &str, limit: u8| it.parse::<u8>().is_ok_and(|it| it <= limit);
    SIGNALS.contains(&name)
        || name.strip_prefix("RTMIN+").is_some_and(|it| is_small(it, 15))
        || name.strip_prefix("RTMAX-").is_some_and(|it| is_small(it, 14))
}

/// COPY from a URL, a heredoc as destination, `--checksum` where it cannot be.
fn copied(instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    let name = instruction.keyword.name();
    let [sources @ .., destination] = instruction.arguments.words() else { return };
    let is_heredoc = |it: &Word<'_>| instruction.heredocs.iter().any(|h| h.span == it.span);
    if !sources.is_empty() && is_heredoc(destination) {
        found.push(SyntaxError::new(
            destination.span,
            format!("{name} cannot write to a heredoc"),
            format!("the destination stands last: `{name} {} /path`", destination.text),
        ));
    }
    let sources: Vec<&Word<'_>> = sources.iter().filter(|it| !is_heredoc(it)).collect();
    if instruction.keyword == Keyword::Copy {
        let is_url =
            |it: &&&Word<'_>| it.text.starts_with("http://") || it.text.starts_with("https://");
        for word in sources.iter().filter(is_url) {
            found.push(SyntaxError::new(
                word.span,
                "COPY cannot download",
                "use ADD for a URL, or RUN with curl",
            ));
        }
    }
    if let Some(flag) = instruction.flag("checksum")
        && flag.value.as_deref().is_some_and(|it| !it.is_empty() && !it.contains('$'))
        && sources.len() > 1
    {
        found.push(SyntaxError::new(
            flag.span,
            "`--checksum` is of one source",
            "give each source an ADD of its own",
        ));
    }
}

#[cfg(test)]
mod tests;
