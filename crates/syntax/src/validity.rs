//! What parses but is not an instruction that the builder accepts: unknown keywords, flags and argument counts.

use crate::{Arguments, File, Instruction, Keyword, Span, SyntaxError, closest, value};

/// Adds the errors of every instruction to `file.errors`.
pub(crate) fn check(file: &mut File<'_>) {
    let mut found = Vec::new();
    for (index, instruction) in file.instructions.iter().enumerate() {
        let before = index.checked_sub(1).map(|it| &file.instructions[it]);
        keyword(file.text, instruction, before, &mut found);
        flags(instruction, &mut found);
        if !has_error_in(&file.errors, instruction.span) {
            arguments(instruction, &mut found);
        }
        if let Some(nested) = instruction.nested() {
            nested_keyword(file.text, nested, &mut found);
            flags(nested, &mut found);
        }
    }
    first_stage(file, &mut found);
    value::check(file, &mut found);
    file.errors.append(&mut found);
}

fn has_error_in(errors: &[SyntaxError], span: Span) -> bool {
    errors.iter().any(|it| span.contains(it.span))
}

fn keyword(
    text: &str,
    instruction: &Instruction<'_>,
    before: Option<&Instruction<'_>>,
    found: &mut Vec<SyntaxError>,
) {
    if instruction.keyword != Keyword::Unknown {
        return;
    }
    let word = instruction.keyword_span.of(text);
    let message = format!("`{}` is not a Dockerfile instruction", shortened(word));
    let help = match closest(word, Keyword::ALL.iter().map(|it| it.0)) {
        Some(near) => format!("did you mean {near}?"),
        None if before.is_some_and(|it| it.keyword == Keyword::Run) => {
            "if it belongs to the RUN above, end the line before with a backslash".to_owned()
        }
        None => {
            "a line begins with an instruction such as RUN, COPY or ENV, or with `#`".to_owned()
        }
    };
    found.push(SyntaxError::new(instruction.keyword_span, message, help));
}

/// The start of a word that may be a whole line of another language.
fn shortened(word: &str) -> String {
    const LIMIT: usize = 40;
    if word.chars().count() <= LIMIT {
        return word.to_owned();
    }
    word.chars().take(LIMIT).chain(['…']).collect()
}

fn nested_keyword(text: &str, nested: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    match nested.keyword {
        Keyword::Unknown => keyword(text, nested, None, found),
        Keyword::Onbuild | Keyword::From | Keyword::Maintainer => found.push(SyntaxError::new(
            nested.keyword_span,
            format!("{} cannot stand behind ONBUILD", nested.keyword.name()),
            "put it on a line of its own",
        )),
        _ => {}
    }
}

fn allowed_flags(keyword: Keyword) -> &'static [&'static str] {
    match keyword {
        Keyword::From => &["platform"],
        Keyword::Run => &["mount", "network", "security", "device"],
        Keyword::Copy => &["from", "chown", "chmod", "link", "parents", "exclude"],
        Keyword::Add => {
            &["chown", "chmod", "link", "keep-git-dir", "checksum", "unpack", "exclude"]
        }
        Keyword::Healthcheck => {
            &["interval", "timeout", "start-period", "start-interval", "retries"]
        }
        _ => &[],
    }
}

fn flags(instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    // BuildKit does not look at the flags of these.
    let takes_any = match &instruction.arguments {
        Arguments::Health { kind, .. } => kind.text.eq_ignore_ascii_case("none"),
        _ => matches!(instruction.keyword, Keyword::Unknown | Keyword::Arg | Keyword::Stopsignal),
    };
    if takes_any {
        return;
    }
    let allowed = allowed_flags(instruction.keyword);
    let name = instruction.keyword.name();
    for (index, flag) in instruction.flags.iter().enumerate() {
        let is_boolean = matches!(&*flag.name, "link" | "parents" | "keep-git-dir" | "unpack");
        let may_repeat = matches!(&*flag.name, "mount" | "device" | "exclude");
        let is_repeated = || instruction.flags[..index].iter().any(|it| it.name == flag.name);
        if !allowed.contains(&&*flag.name) {
            let message = format!("{name} has no flag `--{}`", shortened(&flag.name));
            let help = match closest(&flag.name, allowed.iter().copied()) {
                Some(near) => format!("did you mean `--{near}`?"),
                None if allowed.is_empty() => format!("{name} takes no flags"),
                None => format!("it takes --{}", allowed.join(", --")),
            };
            found.push(SyntaxError::new(flag.span, message, help));
        } else if !may_repeat && is_repeated() {
            found.push(SyntaxError::new(
                flag.span,
                format!("`--{}` is given twice", flag.name),
                "keep one of them",
            ));
        } else if !is_boolean && flag.value.is_none() {
            found.push(SyntaxError::new(
                flag.span,
                format!("`--{}` has no value", flag.name),
                format!("write `--{}=value`, without a blank around `=`", flag.name),
            ));
        }
    }
}

/// How many words an instruction takes, where that is an error to get wrong.
fn arguments(instruction: &Instruction<'_>, found: &mut Vec<SyntaxError>) {
    let keyword = instruction.keyword;
    let name = keyword.name();
    let words = instruction.arguments.words();
    let has_heredoc = !instruction.heredocs.is_empty();
    let needs = |what: &str| {
        SyntaxError::new(instruction.keyword_span, format!("{name} needs {what}"), help(keyword))
    };
    match (keyword, &instruction.arguments) {
        (Keyword::Unknown, _) => {}
        // `CMD []` and `ENTRYPOINT []` take back what the base image says; the other exec forms need an element.
        (Keyword::Cmd | Keyword::Entrypoint | Keyword::Run, Arguments::Missing)
            if keyword == Keyword::Run && !has_heredoc =>
        {
            found.push(needs("a command"));
        }
        (Keyword::Shell, Arguments::Exec { words, .. }) if !words.is_empty() => {}
        (Keyword::Shell, _) => found.push(needs("a JSON array")),
        (Keyword::Healthcheck, Arguments::Health { kind, command }) => {
            let is_none = kind.text.eq_ignore_ascii_case("none");
            let is_cmd = kind.text.eq_ignore_ascii_case("cmd");
            let is_missing = matches!(**command, Arguments::Missing);
            let is_empty = matches!(&**command, Arguments::Exec { words, .. } if words.is_empty());
            if !is_none && !is_cmd || is_cmd && (is_missing || is_empty) {
                found.push(needs("`CMD` and a command, or `NONE`"));
            } else if is_none && !is_missing {
                found.push(SyntaxError::new(
                    kind.span,
                    "HEALTHCHECK NONE takes no arguments",
                    "write `HEALTHCHECK CMD` and the command, or `HEALTHCHECK NONE` alone",
                ));
            }
        }
        (_, Arguments::Missing) => found.push(needs("an argument")),
        (Keyword::From, _) => {
            let is_plain = words.len() == 1;
            let is_named = words.len() == 3 && words[1].text.eq_ignore_ascii_case("as");
            if !is_plain && !is_named {
                found.push(needs("an image, or an image and `AS name`"));
            }
        }
        (Keyword::Volume, _) if words.is_empty() => found.push(needs("a path")),
        (Keyword::Copy | Keyword::Add, _) if words.len() < 2 => {
            found.push(needs("at least one source and a destination"));
        }
        _ => {}
    }
}

fn help(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::From => "write `FROM python:3.13-slim` or `FROM python:3.13-slim AS builder`",
        Keyword::Copy | Keyword::Add => "write `COPY source destination`",
        Keyword::Volume => "write `VOLUME /data` or delete the line",
        Keyword::Shell => "write `SHELL [\"/bin/bash\", \"-c\"]`",
        Keyword::Healthcheck => "write `HEALTHCHECK CMD curl -f http://localhost/`",
        _ => "complete the line or delete it",
    }
}

fn first_stage(file: &File<'_>, found: &mut Vec<SyntaxError>) {
    let is_global = |it: &&Instruction<'_>| matches!(it.keyword, Keyword::Arg | Keyword::Unknown);
    let Some(first) = file.instructions.iter().find(|it| !is_global(it)) else {
        if !file.instructions.iter().any(|it| it.keyword == Keyword::Unknown) {
            found.push(SyntaxError::new(
                Span::at(file.text.len()),
                "the file has no FROM",
                "begin with `FROM` and a base image, such as `FROM python:3.13-slim`",
            ));
        }
        return;
    };
    if first.keyword != Keyword::From {
        found.push(SyntaxError::new(
            first.keyword_span,
            format!("{} stands before the first FROM", first.keyword.name()),
            "begin with `FROM`; only ARG may stand before it",
        ));
    }
}
