//! Makes one RUN of several that follow each other, so that they make one layer.

use shell::{Command, Operator, Script, layout};
use syntax::Span;

use crate::cleanup::Edit;
use crate::{Build, Run, Step};

/// The edits that join the RUN instructions from step `first` to step `last`.
///
/// `None` unless nothing but RUN instructions, comments and blank lines stands there, and running the commands in one
/// shell, each only if those before it succeeded, does the same: no `cd` or variable that would reach further, no list
/// whose failures would be taken differently, the same flags. `command`, if given, is added behind the last one.
pub fn join(
    build: &Build<'_>,
    first: usize,
    last: usize,
    command: Option<&str>,
) -> Option<Vec<Edit>> {
    let steps = build.steps.get(first..=last)?;
    let stage = steps.first()?.stage?;
    if !is_readable(build, steps) {
        return None;
    }
    let mut edits = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let (is_first, is_last) = (index == 0, index + 1 == steps.len());
        let script = plain_script(build, step).filter(|_| step.stage == Some(stage))?;
        let is_chain = |it: &shell::Item| matches!(it.joined_by, None | Some((Operator::And, _)));
        let runs_in_background =
            |it: &shell::Item| matches!(it.joined_by, Some((Operator::Background, _)));
        if script.items.iter().any(runs_in_background)
            || !is_first && !script.items.iter().all(is_chain)
            || !is_last && script.commands.iter().any(changes_the_shell)
        {
            return None;
        }
    }
    for pair in steps.windows(2) {
        let [before, after] = pair else { return None };
        if flags(build, before) != flags(build, after) {
            return None;
        }
        edits.push(joint(build, steps.first()?, before, after)?);
    }
    if let Some(command) = command {
        let step = steps.last()?;
        let script = plain_script(build, step)?;
        let (at, _) = layout::append(script, build.file.text, build.file.escape, command)?;
        edits
            .push((at, format!("{}{command}", Style::of(build, steps.first()?).joint(build, &[]))));
    }
    Some(edits)
}

/// More lines than a person wants to read as one command.
const MAX_LINES: usize = 25;

/// Whether the joined RUN could still be read: it is not too long, and no comment that would stand in the middle is a
/// banner or an instruction that was switched off.
fn is_readable(build: &Build<'_>, steps: &[Step<'_>]) -> bool {
    let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return false };
    let whole = first.instruction.span.to(last.instruction.span);
    let lines = whole.of(build.file.text).lines().filter(|it| !it.trim().is_empty()).count();
    let comments = &build.file.comments;
    let from = comments.partition_point(|it| it.start < whole.start);
    let to = comments.partition_point(|it| it.start < whole.end);
    let is_own = |it: &Span| steps.iter().any(|step| step.instruction.span.contains(*it));
    let between = comments.get(from..to).unwrap_or(&[]).iter().filter(|it| !is_own(it));
    let mut texts = between.map(|it| it.of(build.file.text).trim_start_matches(['#', ' ', '\t']));
    lines <= MAX_LINES && !texts.any(|it| is_banner(it) || is_instruction(it))
}

/// `-- Cleanup --`, `=====`.
fn is_banner(comment: &str) -> bool {
    comment.is_empty()
        || ["--", "==", "**", "~~", "__", "+-"].iter().any(|it| comment.starts_with(it))
}

/// `RUN make`
fn is_instruction(comment: &str) -> bool {
    let word = comment.split([' ', '\t']).next().unwrap_or("");
    matches!(
        word,
        "RUN" | "COPY" | "ADD" | "ENV" | "ARG" | "FROM" | "USER" | "WORKDIR" | "CMD" | "ENTRYPOINT"
    )
}

/// The one script of a RUN in shell form, from the end of its flags to the end of the instruction.
fn plain_script<'b, 'f>(build: &Build<'f>, step: &'b Step<'f>) -> Option<&'b Script<'f>> {
    let run: &Run<'f> = step.run()?;
    let [script] = run.scripts else { return None };
    let instruction = step.instruction;
    if run.is_exec || script.fault.is_some() || !instruction.heredocs.is_empty() {
        return None;
    }
    let (first, last) = (script.items.first()?, script.items.last()?);
    let head_end = instruction.flags.last().map_or(instruction.keyword_span.end, |it| it.span.end);
    let text = build.file.text;
    let head = Span { start: head_end, end: first.span.start }.of(text);
    let tail = Span { start: last.span.end, end: instruction.span.end }.of(text);
    let is_blank = |it: &str| it.chars().all(|it| it.is_whitespace() || it == build.file.escape);
    (is_blank(head) && tail.trim().is_empty() && last.span.end <= instruction.span.end)
        .then_some(script)
}

/// Whether a command has an effect on those behind it in the same shell: directory, variables, options, traps.
fn changes_the_shell(command: &Command<'_>) -> bool {
    let place = command.place;
    if place.subshells > 0 || place.is_substitution || place.reads_pipe || place.writes_pipe {
        return false;
    }
    if command.words.is_empty() {
        return !command.assignments.is_empty();
    }
    let is_exec = command.wrappers.first().and_then(|it| it.literal()) == Some("exec");
    let Some(program) = command.program() else { return is_exec };
    let stops_or_prints = || {
        let words = command.words.iter().skip(1);
        let is_plain = |it: &str| {
            it.starts_with('-')
                && it.trim_start_matches('-').bytes().all(|it| matches!(it, b'e' | b'x' | b'v'))
        };
        words.into_iter().all(|it| it.literal().is_some_and(is_plain))
    };
    match program {
        "set" => !stops_or_prints(),
        "cd" | "pushd" | "popd" | "export" | "unset" | "umask" | "trap" | "exec" | "exit"
        | "return" | "source" | "." | "ulimit" | "shopt" | "alias" | "eval" | "read"
        | "declare" | "typeset" | "local" | "readonly" | "enable" | "getopts" | "shift"
        | "wait" => true,
        _ => is_exec,
    }
}

fn flags<'f>(build: &Build<'f>, step: &Step<'f>) -> Vec<&'f str> {
    step.instruction.flags.iter().map(|it| it.span.of(build.file.text)).collect()
}

/// What takes the place of everything between two RUNs' commands. Comments stay, blank lines go: between continuation
/// lines the builder warns of them.
fn joint(build: &Build<'_>, first: &Step<'_>, before: &Step<'_>, after: &Step<'_>) -> Option<Edit> {
    // Blanks behind the last command would stand before the continuation.
    let start = plain_script(build, before)?.items.last()?.span.end;
    let end = plain_script(build, after)?.items.first()?.span.start;
    let comments = &build.file.comments;
    let from = comments.partition_point(|it| it.start < start);
    let to = comments.partition_point(|it| it.start < end);
    let text = Style::of(build, first).joint(build, comments.get(from..to)?);
    Some((Span { start, end }, text))
}

/// What joins one more command, with comment lines above it, to the end of the RUN at `step` in the style of that RUN.
pub fn joint_after(build: &Build<'_>, step: &Step<'_>, comments: &[Span]) -> String {
    Style::of(build, step).joint(build, comments)
}

/// How the lines of a RUN are written.
struct Style<'t> {
    indentation: &'t str,
    /// `&&` stands at the end of lines.
    trails: bool,
}

impl<'t> Style<'t> {
    fn of(build: &Build<'t>, step: &Step<'_>) -> Style<'t> {
        let whole = step.instruction.span.of(build.file.text);
        let mut lines = whole.split('\n').skip(1).filter(|it| !it.trim_start().starts_with('#'));
        let indentation = lines.next().map_or("    ", |it| {
            let rest = it.trim_start_matches([' ', '\t']);
            it.get(..it.len() - rest.len()).filter(|it| !it.is_empty()).unwrap_or("    ")
        });
        let content = |it: &'t str| it.trim_end().trim_end_matches(build.file.escape).trim_end();
        let trails = whole.split('\n').any(|it| content(it).ends_with("&&"));
        Style { indentation, trails }
    }

    fn joint(&self, build: &Build<'_>, comments: &[Span]) -> String {
        let (text, escape) = (build.file.text, build.file.escape);
        let line_end = syntax::line_end(text);
        let mut res = if self.trails {
            format!(" && {escape}{line_end}")
        } else {
            format!(" {escape}{line_end}")
        };
        for comment in comments {
            res.push_str(self.indentation);
            res.push_str(comment.of(text).trim_end());
            res.push_str(line_end);
        }
        res.push_str(self.indentation);
        if !self.trails {
            res.push_str("&& ");
        }
        res
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Surroundings, scripts};
    use context::NoFiles;

    fn joined(text: &str, command: Option<&str>) -> String {
        let file = syntax::parse(text);
        let scripts = scripts(&file);
        let surroundings = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        let Some(edits) = join(&build, 1, build.steps.len() - 1, command) else {
            return "no".to_owned();
        };
        let mut res = text.to_owned();
        for (span, new) in edits.iter().rev() {
            res.replace_range(span.range(), new);
        }
        res
    }

    #[test]
    fn runs_become_one() {
        let table = [
            ("FROM a\nRUN b\nRUN c\n", "FROM a\nRUN b \\\n    && c\n"),
            (
                "FROM a\nRUN b && \\\n  c\n\n# d\nRUN e\n",
                "FROM a\nRUN b && \\\n  c && \\\n  # d\n  e\n",
            ),
            ("FROM a\r\nRUN b\r\nRUN c\r\n", "FROM a\r\nRUN b \\\r\n    && c\r\n"),
            ("FROM a\nRUN b; c\nRUN d || e\n", "no"),
            ("FROM a\nRUN b || c\nRUN d\n", "FROM a\nRUN b || c \\\n    && d\n"),
            ("FROM a\nRUN set -ex && b\nRUN d\n", "FROM a\nRUN set -ex && b \\\n    && d\n"),
            ("FROM a\nRUN set -o pipefail && b\nRUN d\n", "no"),
            ("FROM a\nRUN cd b\nRUN c\n", "no"),
            ("FROM a\nRUN (cd b)\nRUN cd c\n", "FROM a\nRUN (cd b) \\\n    && cd c\n"),
            ("FROM a\nRUN b # c\nRUN d\n", "no"),
            ("FROM a\nRUN b\n# RUN c\nRUN d\n", "no"),
            ("FROM a\nRUN b\n# -- D ----\nRUN d\n", "no"),
            ("FROM a\nRUN b\n########\n# D\nRUN d\n", "no"),
            ("FROM a\nRUN b &\nRUN d\n", "no"),
            ("FROM a\nRUN b\nENV c=d\nRUN e\n", "no"),
            ("FROM a\nRUN b\nRUN --network=none c\n", "no"),
            ("FROM a\nRUN [\"b\"]\nRUN c\n", "no"),
            ("FROM a\nRUN <<EOF\nb\nEOF\nRUN c\n", "no"),
            ("FROM a\nRUN export A=1 && b\nRUN c\n", "no"),
            ("FROM a\nRUN exec b\nRUN c\n", "no"),
        ];
        for (text, expected) in table {
            assert_eq!(joined(text, None), expected, "{text}");
        }
        let text = "FROM a\nRUN b\nRUN c\n";
        assert_eq!(joined(text, Some("d")), "FROM a\nRUN b \\\n    && c \\\n    && d\n");
        assert_eq!(joined("FROM a\nRUN b\nRUN c || e\n", Some("d")), "no");
    }
}
