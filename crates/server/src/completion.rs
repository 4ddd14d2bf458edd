//! What can be written at a place: instructions, flags, stages, variables, images, options and rules.

use linter::Date;
use managers::Tool;
use model::{Build, Step};
use syntax::{Expansion, Instruction, Keyword, Span};
use tower_lsp_server::ls_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, TextEdit,
};

use crate::hover;
use crate::reference;
use crate::text::Text;

/// What is known of an option, and what it does.
type Described = (&'static str, &'static str);

/// Options that are worth a word, for each tool; the others that it has are offered behind them.
fn described(tool: Tool) -> &'static [Described] {
    match tool {
        Tool::Pip => &[
            ("--no-cache-dir", "keep the download cache out of the layer"),
            ("--requirement", "install what a file lists"),
            ("--no-deps", "install nothing that was not named"),
            ("--require-hashes", "install only what has the expected hash"),
            ("--only-binary", "never compile: `:all:` or names"),
            ("--no-index", "do not ask the package index"),
            ("--find-links", "look for packages in a directory"),
            ("--no-compile", "write no byte code"),
        ],
        Tool::Uv | Tool::UvPip => &[
            ("--no-cache", "keep the cache out of the layer"),
            ("--frozen", "take the lock as it is"),
            ("--locked", "stop where the lock is not up to date"),
            ("--no-dev", "leave out what is for development only"),
            ("--compile-bytecode", "compile once, here, and not at every start"),
        ],
        Tool::AptGet | Tool::Apt => &[
            ("--no-install-recommends", "leave out what is only recommended"),
            ("--yes", "do not ask"),
        ],
        Tool::Apk => &[
            ("--no-cache", "keep the index out of the layer"),
            ("--virtual", "name the group, to delete it later"),
        ],
        Tool::Poetry => &[
            ("--no-root", "install the dependencies without the project"),
            ("--only", "install these groups alone, such as `main`"),
        ],
        _ => &[],
    }
}

struct Completer<'a> {
    text: &'a Text,
    /// What is typed already and will be replaced.
    typed: Span,
    /// How much behind it belongs to the same word, and is replaced as well.
    n_behind: usize,
    items: Vec<CompletionItem>,
}

impl Completer<'_> {
    fn add(&mut self, label: &str, kind: CompletionItemKind, detail: Option<String>) {
        let word = Span::new(self.typed.start as usize, self.typed.end as usize + self.n_behind);
        let edit = TextEdit { range: self.text.range(word), new_text: label.to_owned() };
        self.items.push(CompletionItem {
            label: label.to_owned(),
            kind: Some(kind),
            detail,
            filter_text: Some(label.to_owned()),
            text_edit: Some(CompletionTextEdit::Edit(edit)),
            ..CompletionItem::default()
        });
    }
}

/// What can stand at an offset.
pub(crate) fn complete(
    build: &Build<'_>,
    text: &Text,
    offset: usize,
    today: Date,
) -> Vec<CompletionItem> {
    let source = text.as_str();
    let before = source.get(..offset).unwrap_or("");
    let line_start = before.rfind('\n').map_or(0, |it| it + 1);
    let line = before.get(line_start..).unwrap_or("");
    let word_start = line_start + line.rfind(char::is_whitespace).map_or(0, |it| it + 1);
    let word = source.get(word_start..offset).unwrap_or("");
    let behind = source.get(offset..).unwrap_or("");
    let length = |ends: fn(char) -> bool| behind.find(ends).unwrap_or(behind.len());
    let n_behind = length(|it| it.is_whitespace() || ",;]}\"'$=&|)".contains(it));
    let typed = Span::new(word_start, offset);
    let mut completer = Completer { text, typed, n_behind, items: Vec::new() };
    let instruction = instruction_at(build, offset);
    let is_continued = instruction.is_some_and(|it| (it.span.start as usize) < line_start);
    if line.trim_start().starts_with('#') {
        in_comment(&mut completer, line, line_start);
    } else if let Some(start) = variable_start(word) {
        completer.typed = Span::new(word_start + start, offset);
        completer.n_behind = length(|it| !it.is_ascii_alphanumeric() && it != '_');
        variables(&mut completer, build, offset);
    } else if word.len() == line.trim_start().len() && !is_continued {
        for (name, keyword) in Keyword::ALL.iter().filter(|it| it.1 != Keyword::Maintainer) {
            let usage = reference::entry(*keyword).map(|it| it.usage.to_owned());
            completer.add(name, CompletionItemKind::KEYWORD, usage);
        }
    } else if let Some(instruction) = instruction {
        in_instruction(&mut completer, build, instruction, (word, word_start), today);
    }
    completer.items
}

/// The instruction that holds an offset, or that ends before it on the same line.
fn instruction_at<'b, 'f>(build: &'b Build<'f>, offset: usize) -> Option<&'b Instruction<'f>> {
    let all = &build.file.instructions;
    let after = all.partition_point(|it| it.span.start as usize <= offset);
    let found = all.get(after.checked_sub(1)?)?;
    let gap = build.file.text.get(found.span.end as usize..offset).unwrap_or("");
    (!gap.contains('\n')).then_some(found)
}

fn in_comment(completer: &mut Completer<'_>, line: &str, line_start: usize) {
    let Some(open) = line.rfind('[') else { return };
    let is_suppression = line.get(..open).is_some_and(|it| {
        let it = it.trim_start_matches(['#', ' ', '\t']);
        it == "pylintdock: ignore" || it == "pylintdock: ignore-file"
    });
    let names = line.get(open + 1..).unwrap_or("");
    if !is_suppression || names.contains(']') {
        return;
    }
    let typed = names.rsplit([',', ' ']).next().unwrap_or("").len();
    let end = line_start + line.len();
    completer.typed = Span::new(end - typed, end);
    for rule in rules::ALL {
        let summary = rule.summary().replace('\n', " ");
        completer.add(rule.name, CompletionItemKind::CONSTANT, Some(summary));
    }
}

/// Where in a word the name of a variable begins that is being typed.
fn variable_start(word: &str) -> Option<usize> {
    let dollar = word.rfind('$')?;
    let rest = word.get(dollar + 1..)?;
    let name = rest.strip_prefix('{').unwrap_or(rest);
    let is_name = name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    is_name.then(|| word.len() - name.len())
}

fn variables(completer: &mut Completer<'_>, build: &Build<'_>, offset: usize) {
    let Some(instruction) = instruction_at(build, offset) else { return };
    let start = instruction.span.start;
    let is_from = instruction.keyword == Keyword::From;
    let step = build.steps.iter().find(|it| it.instruction.span.start == start);
    let mut names: Vec<String> = Vec::new();
    for it in build.steps.iter().take_while(|it| it.instruction.span.start < start) {
        let declares = matches!(it.instruction.keyword, Keyword::Arg | Keyword::Env);
        if declares && (!is_from || it.stage.is_none()) {
            let pairs = it.instruction.arguments.pairs().iter();
            names.extend(pairs.map(|it| it.name.text.to_string()));
        }
    }
    names.sort_unstable();
    names.dedup();
    for name in names {
        let holds = is_from || step.is_some_and(|it| build.declared(it, &name).is_some());
        if !holds {
            continue;
        }
        let value = match step.filter(|_| !is_from).map(|it| build.variable(it, &name)) {
            Some(Expansion::Value(value)) => Some(hover::shown(&name, &value).0),
            _ => None,
        };
        completer.add(&name, CompletionItemKind::VARIABLE, value);
    }
}

fn in_instruction(
    completer: &mut Completer<'_>,
    build: &Build<'_>,
    instruction: &Instruction<'_>,
    (word, word_start): (&str, usize),
    today: Date,
) {
    let stage_typed = word.strip_prefix("--from=").or_else(|| {
        let parameters = word.strip_prefix("--mount=")?;
        parameters.rsplit(',').next()?.strip_prefix("from=")
    });
    let end = completer.typed.end as usize;
    if let Some(typed) = stage_typed {
        completer.typed = Span::new(end - typed.len(), end);
        stages(completer, build, instruction);
        return;
    }
    if word.starts_with("--") && is_flag_place(build, instruction, word_start) {
        for it in reference::flags(instruction.keyword) {
            let label = format!("--{}=", it.name);
            let label = if it.name == "link" || it.name == "parents" {
                format!("--{}", it.name)
            } else {
                label
            };
            completer.add(&label, CompletionItemKind::PROPERTY, Some(it.text.to_owned()));
        }
    } else if word.starts_with('-') && instruction.keyword == Keyword::Run {
        options(completer, build, instruction, word_start);
    } else if instruction.keyword == Keyword::From {
        let words = instruction.arguments.words();
        let is_image = words.first().is_none_or(|it| it.span.start as usize == word_start);
        if is_image {
            stages(completer, build, instruction);
            images(completer, today);
        } else if words.len() < 3 {
            completer.add("AS", CompletionItemKind::KEYWORD, None);
        }
    }
}

/// The options of the call in which a word stands.
fn options(
    completer: &mut Completer<'_>,
    build: &Build<'_>,
    instruction: &Instruction<'_>,
    word_start: usize,
) {
    let is_here = |it: &&Step<'_>| it.instruction.span.start == instruction.span.start;
    let Some(run) = build.steps.iter().find(is_here).and_then(Step::run) else { return };
    let word = Span::at(word_start);
    let Some(call) = run.calls.iter().rfind(|it| it.call.command.span.contains(word)) else {
        return;
    };
    let described = described(call.call.tool);
    let known: Vec<&str> = call.call.known_options().collect();
    let name = call.call.tool.name();
    for (option, text) in described.iter().filter(|it| known.contains(&it.0)) {
        let detail = format!("{name}: {text}");
        completer.add(option, CompletionItemKind::PROPERTY, Some(detail));
    }
    let is_plain = |it: &&&str| it.starts_with("--") && !described.iter().any(|own| own.0 == **it);
    for option in known.iter().filter(is_plain) {
        completer.add(option, CompletionItemKind::PROPERTY, Some(name.to_owned()));
    }
}

/// Flags stand before everything else.
fn is_flag_place(build: &Build<'_>, instruction: &Instruction<'_>, word_start: usize) -> bool {
    let keyword = instruction.keyword_span.end as usize;
    let between = build.file.text.get(keyword..word_start).unwrap_or("");
    between.split_whitespace().all(|it| it.starts_with("--") || it == "\\")
}

fn stages(completer: &mut Completer<'_>, build: &Build<'_>, instruction: &Instruction<'_>) {
    for stage in &build.stages {
        let from = build.steps_of(stage).first().map(|it| it.instruction.span.start);
        let is_before = from.is_some_and(|it| it < instruction.span.start);
        if let Some(name) = stage.name.filter(|_| is_before) {
            let ends = build.stages.get(stage.index + 1).and_then(|it| build.steps_of(it).first());
            let is_own = instruction.keyword != Keyword::From
                && ends.is_none_or(|it| instruction.span.start < it.instruction.span.start);
            if !is_own {
                let image = stage.image.map(|it| it.text.to_string());
                completer.add(&name.text, CompletionItemKind::MODULE, image);
            }
        }
    }
}

/// Official images of the Pythons that are supported, the newest first.
fn images(completer: &mut Completer<'_>, today: Date) {
    let mut pythons = knowledge::release::supported_pythons(today);
    pythons.sort_unstable();
    for (major, minor) in pythons.into_iter().rev() {
        for variant in ["-slim", ""] {
            let label = format!("python:{major}.{minor}{variant}");
            completer.add(&label, CompletionItemKind::VALUE, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Encoding;
    use context::NoFiles;
    use model::Surroundings;

    /// What is offered at the `|`, as label and replaced text.
    fn offered(text: &str) -> Vec<(String, String)> {
        let offset = text.find('|').unwrap();
        let text = Text::new(text.replacen('|', "", 1), Encoding::Utf8);
        let file = syntax::parse(text.as_str());
        let scripts = model::scripts(&file);
        let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, around);
        let today = Date::from_unix_days(20_000);
        let items = complete(&build, &text, offset, today);
        let replaced = |it: &CompletionItem| match &it.text_edit {
            Some(CompletionTextEdit::Edit(edit)) => {
                text.span(edit.range).of(text.as_str()).to_owned()
            }
            _ => String::new(),
        };
        items.iter().map(|it| (it.label.clone(), replaced(it))).collect()
    }

    #[test]
    fn each_place_has_its_own_words() {
        // (text, one that is offered, what it replaces)
        let cases = [
            ("|", "FROM", ""),
            ("FROM a\nRU|", "RUN", "RU"),
            ("FROM a\n  c|\n", "COPY", "c"),
            ("FROM a AS b\nFROM c\nCOPY --from=|", "b", ""),
            ("FROM a AS b\nFROM c\nCOPY --fr|", "--from=", "--fr"),
            ("FROM a AS b\nFROM c\nRUN --mount=type=bind,from=b|", "b", "b"),
            ("FROM a AS b\nFROM |", "b", ""),
            ("FROM py|", "python:3.12-slim", "py"),
            ("FROM a |", "AS", ""),
            ("ARG V=1\nFROM a:$|", "V", ""),
            ("FROM a\nARG VX\nRUN echo ${V|", "VX", "V"),
            ("FROM a\nRUN pip install -|", "--no-cache-dir", "-"),
            ("FROM a\nRUN x && \\\n  apt-get install --no|", "--no-install-recommends", "--no"),
            ("FROM a\nRUN pip3 install --no-c|ache x", "--no-cache-dir", "--no-cache"),
            ("FROM a\nRUN apt-get -y install --|", "--no-install-recommends", "--"),
            ("FROM a\nRUN uv sync --|", "--frozen", "--"),
            ("FROM a\nRUN uv pip install --|", "--system", "--"),
            ("FROM a\nRUN poetry install --|", "--no-root", "--"),
            ("# pylintdock: ignore[pip-cache-kept, un|", "image-untagged", "un"),
            ("# pylintdock: ignore[pip|-cache-kept] x", "pip-cache-kept", "pip-cache-kept"),
            ("FROM pyth|:3.12 AS b", "python:3.12-slim", "pyth:3.12"),
            ("FROM a\nARG VX\nRUN echo ${V|X}/b", "VX", "VX"),
        ];
        for (text, label, replaced) in cases {
            let found = offered(text);
            assert!(
                found.iter().any(|it| it.0 == label && it.1 == replaced),
                "{text:?} lacks {label}: {found:?}"
            );
        }
        assert_eq!(offered("FROM a\nRUN x \\\n  c|"), []);
        assert_eq!(offered("# c|"), []);
        assert_eq!(offered("FROM a AS b\nCOPY --from=|"), []);
    }
}
