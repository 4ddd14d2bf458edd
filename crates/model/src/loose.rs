//! Variables of a shell script whose value no single command decides: those of loops, of what reads, and of files that are
//! sourced.

use syntax::{Expansion, Instruction};

use crate::{Build, Step};

/// The names that are never certain in a RUN.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    names: Vec<String>,
    /// A sourced file may set any other name too.
    is_open: bool,
}

/// Names to which the shell itself gives a value, other than HOME.
const OF_THE_SHELL: [&str; 12] = [
    "PWD", "OLDPWD", "PATH", "HOSTNAME", "UID", "EUID", "USER", "SHELL", "RANDOM", "SECONDS",
    "PPID", "IFS",
];

/// What stands before the names that a word of the shell sets, and how many names that may be.
const SETTERS: [(&str, usize); 7] = [
    ("for", 1),
    ("select", 1),
    ("read", 8),
    ("mapfile", 4),
    ("readarray", 4),
    ("getopts", 2),
    ("-v", 1),
];

impl Loose {
    /// Looks at the words of an instruction. A word that only looks like one of these makes a name uncertain that is not,
    /// which no finding is made of.
    pub(crate) fn of(instruction: &Instruction<'_>) -> Loose {
        let mut res = Loose::default();
        res.read(instruction.line.text());
        for heredoc in &instruction.heredocs {
            res.read(heredoc.text.text());
        }
        res
    }

    fn read(&mut self, text: &str) {
        let may_have = |it: &str| text.contains(it);
        if !SETTERS.iter().any(|it| may_have(it.0)) && !may_have(". ") && !may_have("source") {
            return;
        }
        let is_end = |it: char| it.is_whitespace() || ";&|(){}`\"".contains(it);
        let words: Vec<&str> = text.split(is_end).filter(|it| !it.is_empty()).collect();
        for (at, word) in words.iter().enumerate() {
            self.is_open |= matches!(*word, "." | "source");
            let Some((_, most)) = SETTERS.iter().find(|it| it.0 == *word) else { continue };
            let following = words.get(at + 1..).unwrap_or(&[]).iter().take(*most);
            self.names.extend(following.filter(|it| is_name(it)).map(|it| (*it).to_owned()));
        }
    }

    /// Whether nothing certain can be said of a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|it| it == name)
    }

    /// Whether a name that is not set may have a value all the same.
    pub(crate) fn may_set(&self, name: &str) -> bool {
        self.is_open || OF_THE_SHELL.contains(&name)
    }
}

impl Build<'_> {
    /// Like [`Build::variable`] for a shell, which knows HOME also where nobody sets it.
    pub(crate) fn shell_variable(&self, step: &Step<'_>, name: &str) -> Expansion {
        match self.variable(step, name) {
            Expansion::Unset if name == "HOME" => {
                self.home(step).map_or(Expansion::Unknown, Expansion::Value)
            }
            known => known,
        }
    }
}

fn is_name(word: &str) -> bool {
    !word.starts_with(|it: char| it.is_ascii_digit())
        && word.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn only_what_is_certain_has_a_value() {
        let cases = [
            ("RUN rm $D", Some("")),
            ("RUN D=1 && rm $D", Some("1")),
            ("RUN export D=1 && rm $D", Some("1")),
            ("RUN export D=\"$(mktemp -d)\" && rm \"$D\"", None),
            ("ENV D=/x\nRUN export D=`a` E=1; rm $D", None),
            ("ENV D=/x\nRUN for D in a b; do rm $D; done", None),
            ("RUN echo a | while read -r D; do rm $D; done", None),
            ("RUN printf -v D %s a && rm $D", None),
            ("RUN . /x && rm $D", None),
            ("RUN --mount=type=bind,source=/a,target=/a rm $D", Some("")),
            ("ENV D=/x\nRUN source /y && rm $D", Some("/x")),
        ];
        let value = |text: &str, name: &str| {
            let text = format!("FROM python:3.12-slim\n{text}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let (step, run) = build.runs().last().unwrap();
            let last = run.commands_with_places().last().unwrap();
            build.value_at(step, (last.0, last.1), name)
        };
        for (text, expected) in cases {
            assert_eq!(value(text, "D").as_deref(), expected, "{text}");
        }
        assert_eq!(value("RUN rm $HOME", "HOME").as_deref(), Some("/root"));
        assert_eq!(value("USER me\nRUN rm $HOME", "HOME"), None);
        assert_eq!(value("RUN rm $PWD", "PWD"), None);
    }
}
