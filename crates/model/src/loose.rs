//! Variables of a shell script whose value no single command decides: those of loops, of what reads, and of files that are
//! sourced.

use rustc_hash::FxHashSet;
use shell::{Command, Part, Parts, Script, Word};
use syntax::Expansion;

use crate::mount::Mount;
use crate::{Build, Step};

/// The names that are never certain in a RUN.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    names: FxHashSet<String>,
    /// A sourced file may set any other name too.
    is_open: bool,
}

/// Names to which the shell itself gives a value, other than HOME.
const OF_THE_SHELL: [&str; 15] = [
    "PWD", "OLDPWD", "PATH", "HOSTNAME", "UID", "EUID", "USER", "SHELL", "RANDOM", "SECONDS",
    "PPID", "IFS", "OSTYPE", "HOSTTYPE", "MACHTYPE",
];

/// Build arguments that need no ARG. Source: Docker's reference, "Predefined ARGs"; each also in lower case.
const PREDEFINED: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

impl Loose {
    /// Looks at the commands of a RUN's scripts, and at its mounts. A name that is not set after all is only taken for
    /// uncertain, of which no finding is made.
    pub(crate) fn of(scripts: &[Script<'_>], mounts: &[Mount<'_>]) -> Loose {
        let mut res = Loose::default();
        for script in scripts {
            res.names.extend(script.assigned.iter().map(|it| it.to_string()));
            script.commands.iter().for_each(|it| res.read(it));
        }
        let options = mounts.iter().flat_map(|it| &it.options);
        let secrets = options.filter(|it| it.0 == "env").filter_map(|it| it.1.as_deref());
        res.names.extend(secrets.map(str::to_owned));
        res
    }

    fn read(&mut self, command: &Command<'_>) {
        let values = command.assignments.iter().map(|it| &it.value);
        let targets = command.redirects.iter().map(|it| &it.target);
        for word in command.words.iter().chain(values).chain(targets) {
            self.expand(word);
        }
        let Some((program, words)) = command.words.split_first() else { return };
        let given = || words.iter().filter_map(Word::literal);
        match program.literal() {
            Some("." | "source") => self.is_open = true,
            Some("eval") => self.is_open |= !command.has_script,
            Some("export" | "readonly" | "local" | "declare" | "typeset") => {
                // `export A$B=1`
                let is_unknown =
                    |it: &Word<'_>| it.literal().is_none() && !it.start().contains('=');
                self.is_open |= words.iter().any(is_unknown);
            }
            Some("read" | "mapfile" | "readarray" | "getopts") => {
                self.names.extend(given().map(str::to_owned));
                let own = ["REPLY", "MAPFILE", "OPTARG", "OPTIND"].map(str::to_owned);
                self.names.extend(own);
            }
            Some("let") => given().for_each(|it| self.calculate(it)),
            Some("printf" | "wait") => {
                let name = given().skip_while(|it| !matches!(*it, "-v" | "-p")).nth(1);
                let joined = given().filter_map(|it| it.strip_prefix("-v"));
                self.names.extend(name.into_iter().chain(joined).map(str::to_owned));
            }
            _ => {}
        }
    }

    /// `${NAME:=value}` and `$((NAME = value))` set a variable wherever they stand.
    fn expand(&mut self, word: &Word<'_>) {
        let Parts::Mixed(parts) = &word.parts else { return };
        for part in parts {
            match part {
                Part::Variable { name, modifier, .. }
                    if modifier.starts_with(":=") || modifier.starts_with('=') =>
                {
                    self.names.insert(name.to_string());
                }
                Part::Unknown { text } if text.starts_with("$((") => self.calculate(text),
                _ => {}
            }
        }
    }

    fn calculate(&mut self, expression: &str) {
        let names = expression.split(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
        self.names.extend(names.filter(|it| !it.is_empty()).map(str::to_owned));
    }

    /// Whether nothing certain can be said of a name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a name that is not set may have a value all the same.
    pub(crate) fn may_set(&self, name: &str) -> bool {
        // `$1`, `$@`, `$?` and their kin.
        let is_special = !is_name(name);
        let is_predefined = || PREDEFINED.iter().any(|it| it.eq_ignore_ascii_case(name));
        self.is_open || is_special || OF_THE_SHELL.contains(&name) || is_predefined()
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
            ("RUN pip install . && rm $D", Some("")),
            ("RUN cp -r source . && read -r E; rm $D", Some("")),
            ("RUN echo for D in a b && rm $D", Some("")),
            ("RUN sh -c 'for D in a; do :; done' && rm $D", None),
            ("RUN for ((D=0;D<3;D++)); do rm $D; done", None),
            ("RUN eval \"$(x)\" && rm $D", None),
            ("RUN eval 'rm x' && rm $D", Some("")),
            ("RUN export $(cat .env) && rm $D", None),
            ("RUN mapfile -t D < x && rm $D", None),
            ("RUN : \"${D:=/opt}\"; rm $D", None),
            ("RUN ((D=3)); rm $D", None),
            ("RUN let D=3; rm $D", None),
            ("RUN echo $((D=3)); rm $D", None),
            ("RUN printf -vD x; rm $D", None),
            ("RUN export A$X=1; rm $D", None),
            ("RUN export A=$X; rm $D", Some("")),
            ("RUN --mount=type=secret,id=a,env=D rm $D", None),
            ("RUN <<EOF\nfor D in a\ndo rm $D\ndone\nEOF", None),
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
        assert_eq!(value("RUN set -- a; rm $1", "1"), None);
        assert_eq!(value("RUN rm $http_proxy", "http_proxy"), None);
    }
}
