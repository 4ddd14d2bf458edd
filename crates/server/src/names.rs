//! The names that a Dockerfile gives: stages and the variables of ARG and ENV; where each is given and used.

use model::{Build, Stage, Step};
use syntax::{Flag, Instruction, Keyword, Span};

/// What a name means. Two occurrences with equal meanings are renamed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The stage of this number.
    Stage(usize),
    /// A variable.
    Variable {
        /// As it is written.
        name: String,
        /// The stage at the bottom of those that are built from each other and share it; `None` for an ARG above the
        /// first FROM and for those that take its value.
        root: Option<usize>,
    },
}

/// One place where a name stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Occurrence {
    /// The name, without `$` and braces.
    pub(crate) span: Span,
    pub(crate) meaning: Meaning,
    /// Whether it is given here.
    pub(crate) is_definition: bool,
}

/// Every occurrence of every name, in the order of the file.
pub(crate) fn occurrences(build: &Build<'_>) -> Vec<Occurrence> {
    let mut reader = Reader { build, globals: globals(build), found: Vec::new() };
    for step in &build.steps {
        reader.stages(step);
        reader.definitions(step);
        reader.uses(step);
    }
    let mut res = reader.found;
    res.sort_by_key(|it| (it.span, !it.is_definition));
    res.dedup_by_key(|it| it.span);
    res
}

/// The occurrence at an offset; the end of a name belongs to it.
pub(crate) fn at(occurrences: &[Occurrence], offset: usize) -> Option<&Occurrence> {
    occurrences.iter().find(|it| it.span.contains(Span::at(offset)))
}

/// Whether a new name can stand for what `meaning` is.
pub(crate) fn is_possible(meaning: &Meaning, name: &str) -> bool {
    let mut characters = name.chars();
    let first = characters.next();
    match meaning {
        Meaning::Stage(_) => {
            first.is_some_and(|it| it.is_ascii_lowercase())
                && characters.all(|it| {
                    it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '-' | '_' | '.')
                })
        }
        Meaning::Variable { .. } => {
            first.is_some_and(|it| it.is_ascii_alphabetic() || it == '_')
                && characters.all(|it| it.is_ascii_alphanumeric() || it == '_')
        }
    }
}

/// Variables to which the builder gives a value under their own name: <https://docs.docker.com/reference/dockerfile/#predefined-args>.
const OF_THE_BUILDER: [&str; 6] =
    ["TARGET", "BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT", "BUILDKIT_"];
const PROXIES: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];

/// Why the file would mean something else if what is called `old` were called `new`, as a sentence.
pub(crate) fn obstacle(
    build: &Build<'_>,
    meaning: &Meaning,
    old: &str,
    new: &str,
) -> Option<String> {
    let text = build.file.text;
    let is_defined = |it: &Occurrence| it.is_definition && it.span.of(text) == new;
    if occurrences(build).iter().any(is_defined) {
        return Some(format!("`{new}` is the name of something else in this file"));
    }
    match meaning {
        Meaning::Stage(_) => {
            if matches!(new, "scratch" | "context") {
                return Some(format!("`{new}` has a meaning of its own, and names no stage"));
            }
            let images = build.stages.iter().filter_map(|it| it.image).map(|it| &*it.text);
            let flags = build.steps.iter().flat_map(|it| &it.instruction.flags);
            let sources = flags.filter_map(|it| Some(stage_name(text, it)?.of(text)));
            let is_taken = images.chain(sources).any(|it| it.eq_ignore_ascii_case(new));
            is_taken.then(|| format!("`{new}` is an image in this file, and would be the stage"))
        }
        Meaning::Variable { .. } => {
            let is_given = |name: &str| {
                OF_THE_BUILDER.iter().any(|it| name.starts_with(it))
                    || PROXIES.contains(&name.to_ascii_uppercase().as_str())
            };
            if let Some(name) = [old, new].into_iter().find(|it| is_given(it)) {
                return Some(format!("the builder gives `{name}` its value, by this name"));
            }
            let is_used = |it: &Step<'_>| {
                let line = it.instruction.line.text();
                syntax::variables(line, '\\').into_iter().any(|it| it.0 == new)
            };
            if build.steps.iter().any(is_used) {
                return Some(format!("`${new}` is used in this file, and would be this variable"));
            }
            let step = build.steps.iter().find(|it| is_set_by_shell(it, old))?;
            let line = text.get(..step.instruction.span.start as usize)?.matches('\n').count() + 1;
            Some(format!(
                "the commands of line {line} give `{old}` a value themselves; rename it there by hand"
            ))
        }
    }
}

/// The names of ARGs above the first FROM.
fn globals(build: &Build<'_>) -> Vec<String> {
    let above = build.steps.iter().take_while(|it| it.stage.is_none());
    let pairs = above.flat_map(|it| it.instruction.arguments.pairs());
    pairs.map(|it| it.name.text.to_string()).collect()
}

struct Reader<'b, 'f> {
    build: &'b Build<'f>,
    globals: Vec<String>,
    found: Vec<Occurrence>,
}

impl Reader<'_, '_> {
    fn add(&mut self, span: Span, meaning: Meaning, is_definition: bool) {
        self.found.push(Occurrence { span, meaning, is_definition });
    }

    fn stages(&mut self, step: &Step<'_>) {
        let build = self.build;
        let instruction = step.instruction;
        let own = step.stage.unwrap_or(0);
        if instruction.keyword == Keyword::From
            && let Some(stage) = build.stages.get(own)
        {
            if let Some(name) = stage.name {
                self.add(name.span, Meaning::Stage(own), true);
            }
            if let Some(image) = stage.image
                && let Some(used) = stage_before(build, own, &image.text)
            {
                self.add(image.span, Meaning::Stage(used), false);
            }
        }
        for flag in &instruction.flags {
            if let Some(span) = stage_name(build.file.text, flag)
                && let Some(used) = stage_before(build, own, span.of(build.file.text))
            {
                self.add(span, Meaning::Stage(used), false);
            }
        }
    }

    fn definitions(&mut self, step: &Step<'_>) {
        let instruction = step.instruction;
        if !matches!(instruction.keyword, Keyword::Arg | Keyword::Env) {
            return;
        }
        for pair in instruction.arguments.pairs() {
            let name = pair.name.text.to_string();
            if is_plain(&name) && pair.name.span.of(self.build.file.text) == name {
                let meaning = self.variable(name, step);
                self.add(pair.name.span, meaning, true);
            }
        }
    }

    /// `$NAME` in what the builder replaces, and in shell text where no command sets the name itself.
    fn uses(&mut self, step: &Step<'_>) {
        let instruction = step.instruction;
        if matches!(instruction.keyword, Keyword::Onbuild | Keyword::Unknown | Keyword::Shell) {
            return;
        }
        let escape = if is_shell(instruction) { '\\' } else { self.build.file.escape };
        self.uses_in(step, &instruction.line, escape);
        for heredoc in instruction.heredocs.iter().filter(|it| it.expands) {
            self.uses_in(step, &heredoc.text, '\\');
        }
    }

    fn uses_in(&mut self, step: &Step<'_>, excerpt: &syntax::Excerpt<'_>, escape: char) {
        let text = excerpt.text();
        for (name, _) in syntax::variables(text, escape) {
            let start = name.as_ptr() as usize - text.as_ptr() as usize;
            let span = excerpt.span(start..start + name.len());
            let is_known = match step.instruction.keyword {
                // FROM sees only what stands above the first one.
                Keyword::From => self.globals.iter().any(|it| it == name),
                _ if step.stage.is_none() => self.globals.iter().any(|it| it == name),
                _ => self.build.declared(step, name).is_some() && !is_set_by_shell(step, name),
            };
            if is_known && span.of(self.build.file.text) == name {
                let meaning = match step.instruction.keyword {
                    Keyword::From => Meaning::Variable { name: name.to_owned(), root: None },
                    _ => self.variable(name.to_owned(), step),
                };
                self.add(span, meaning, false);
            }
        }
    }

    /// The variable that a name means at a step.
    fn variable(&self, name: String, step: &Step<'_>) -> Meaning {
        let Some(stage) = self.build.stage(step) else {
            return Meaning::Variable { name, root: None };
        };
        let root = self.root(stage);
        let takes_global = self.globals.contains(&name)
            && self.build.steps.iter().any(|it| {
                it.instruction.keyword == Keyword::Arg
                    && self.build.stage(it).is_some_and(|it| self.root(it) == root)
                    && it
                        .instruction
                        .arguments
                        .pairs()
                        .iter()
                        .any(|it| it.value.is_none() && it.name.text == name)
            });
        Meaning::Variable { name, root: (!takes_global).then_some(root) }
    }

    fn root(&self, stage: &Stage<'_>) -> usize {
        let mut root = stage.index;
        while let Some(model::Base::Stage(parent)) = self.build.stages.get(root).map(|it| &it.base)
            && *parent < root
        {
            root = *parent;
        }
        root
    }
}

/// The latest stage of this name before a stage.
fn stage_before(build: &Build<'_>, own: usize, name: &str) -> Option<usize> {
    let named = |it: &Stage<'_>| it.name.is_some_and(|it| it.text.eq_ignore_ascii_case(name));
    build.stages.get(..own)?.iter().rposition(named)
}

/// Where a flag names a stage or an image: `--from=NAME`, `--mount=type=bind,from=NAME`.
fn stage_name(text: &str, flag: &Flag<'_>) -> Option<Span> {
    let span = flag.value_span;
    let written = span.of(text);
    if flag.name == "from" {
        return Some(span);
    }
    if flag.name != "mount" {
        return None;
    }
    let mut at = span.start as usize;
    for part in written.split(',') {
        if let Some(name) = part.strip_prefix("from=") {
            let start = at + part.len() - name.len();
            return Some(Span::new(start, start + name.len()));
        }
        at += part.len() + 1;
    }
    None
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

fn is_shell(instruction: &Instruction<'_>) -> bool {
    matches!(
        instruction.keyword,
        Keyword::Run | Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck
    )
}

/// Whether the shell text of a step may give the name a value of its own.
fn is_set_by_shell(step: &Step<'_>, name: &str) -> bool {
    let Some(run) = step.run() else { return false };
    let line = step.instruction.line.text();
    let is_loop = line.contains(&format!("for {name} ")) || line.contains(&format!("read {name}"));
    let mut commands = run.scripts.iter().flat_map(|it| &it.commands);
    is_loop
        || commands.any(|command| {
            command.assignments.iter().any(|it| it.name == name)
                || command.words.iter().any(|it| {
                    it.literal().is_some_and(|it| {
                        it.strip_prefix(name).is_some_and(|rest| rest.starts_with('='))
                    })
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use context::NoFiles;
    use model::Surroundings;

    /// The text with each occurrence of what stands at the first `|` in brackets, definitions in braces.
    fn marked(text: &str) -> String {
        let offset = text.find('|').unwrap();
        let text = text.replacen('|', "", 1);
        let file = syntax::parse(&text);
        let scripts = model::scripts(&file);
        let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let found = occurrences(&Build::new(&file, &scripts, around));
        let here = at(&found, offset).expect("a name").meaning.clone();
        let mut res = text.clone();
        for it in found.iter().rev().filter(|it| it.meaning == here) {
            let (open, close) = if it.is_definition { ("{", "}") } else { ("[", "]") };
            res.insert_str(it.span.end as usize, close);
            res.insert_str(it.span.start as usize, open);
        }
        res
    }

    #[test]
    fn stages_are_found_by_name() {
        assert_eq!(
            marked(
                "FROM a AS |b\nFROM b AS c\nCOPY --from=B x y\nRUN --mount=type=bind,from=b,target=/x ls b\n"
            ),
            "FROM a AS {b}\nFROM [b] AS c\nCOPY --from=[B] x y\nRUN --mount=type=bind,from=[b],target=/x ls b\n"
        );
        assert_eq!(
            marked("FROM a AS b\nFROM b AS b\nFROM x\nCOPY --from=|b x y\n"),
            "FROM a AS b\nFROM b AS {b}\nFROM x\nCOPY --from=[b] x y\n"
        );
    }

    #[test]
    fn variables_are_found_where_they_hold() {
        assert_eq!(
            marked(
                "ARG |V=3\nFROM a:$V\nARG V\nRUN x ${V} '$V' \\\n  \"${V:-1}\"\nFROM b\nENV V=1\nRUN $V\n"
            ),
            "ARG {V}=3\nFROM a:$[V]\nARG {V}\nRUN x ${[V]} '$V' \\\n  \"${[V]:-1}\"\nFROM b\nENV V=1\nRUN $V\n"
        );
        assert_eq!(
            marked("FROM a AS b\nENV |P=1 Q=$P\nFROM b\nENV P=$P:2\nCOPY $P /$Q\nFROM c\nRUN $P\n"),
            "FROM a AS b\nENV {P}=1 Q=$P\nFROM b\nENV {P}=$[P]:2\nCOPY $[P] /$Q\nFROM c\nRUN $P\n"
        );
        assert_eq!(
            marked("FROM a\nARG |V\nRUN V=2 && echo $V\nRUN echo $V\n"),
            "FROM a\nARG {V}\nRUN V=2 && echo $V\nRUN echo $[V]\n"
        );
    }

    #[test]
    fn a_new_name_must_not_change_the_meaning() {
        let text = "ARG V=1\nFROM python AS one\nARG TARGETARCH\nENV W=1\nRUN W=2 x && echo $FOO\nFROM nginx\nCOPY --from=busybox a b\n";
        let file = syntax::parse(text);
        let scripts = model::scripts(&file);
        let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, around);
        let stage = Meaning::Stage(0);
        let variable = Meaning::Variable { name: String::new(), root: Some(0) };
        for (meaning, old, new, is_possible) in [
            (&stage, "one", "two", true),
            (&stage, "one", "Python", false),
            (&stage, "one", "busybox", false),
            (&stage, "one", "scratch", false),
            (&variable, "V", "X", true),
            (&variable, "V", "W", false),
            (&variable, "V", "FOO", false),
            (&variable, "V", "TARGETOS", false),
            (&variable, "TARGETARCH", "X", false),
            (&variable, "W", "X", false),
        ] {
            assert_eq!(obstacle(&build, meaning, old, new).is_none(), is_possible, "{old} {new}");
        }
    }

    #[test]
    fn new_names_must_be_names() {
        let stage = Meaning::Stage(0);
        let variable = Meaning::Variable { name: "A".to_owned(), root: None };
        for (meaning, name, expected) in [
            (&stage, "build-2.x", true),
            (&stage, "Build", false),
            (&stage, "2", false),
            (&variable, "_A1", true),
            (&variable, "1A", false),
            (&variable, "a-b", false),
            (&variable, "", false),
        ] {
            assert_eq!(is_possible(meaning, name), expected, "{name}");
        }
    }
}
