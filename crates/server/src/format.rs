//! Formatting: white space and continuations only, never inside of words and heredocs.

use linter::Edit;
use model::{Build, Surroundings};
use shell::Script;
use syntax::{File, Instruction, PartKind, Span, line_end};

/// How far a continued line is moved in that began at the margin.
const INDENT: &str = "    ";

/// What a file needs to be well laid out, as disjoint edits of white space in the order of the file; nothing where
/// that would change what it means.
pub(crate) fn format(text: &str) -> Vec<Edit> {
    let file = syntax::parse(text);
    if !file.errors.is_empty() {
        return Vec::new();
    }
    let scripts = model::scripts(&file);
    let mut layout = Layout { text, end: line_end(text), edits: Vec::new() };
    layout.parts(&file);
    for (index, instruction) in file.instructions.iter().enumerate() {
        let own = scripts.get(index).map_or(&[][..], Vec::as_slice);
        if own.iter().all(|it| it.fault.is_none()) {
            layout.instruction(&file, instruction, own);
        }
    }
    let mut edits = layout.edits;
    edits.retain(|it| it.span.of(text) != it.text);
    edits.sort_by_key(|it| it.span);
    let after = linter::edited(text, edits.iter());
    if meaning(text) == meaning(&after) { edits } else { Vec::new() }
}

struct Layout<'t> {
    text: &'t str,
    end: &'static str,
    edits: Vec<Edit>,
}

impl Layout<'_> {
    fn put(&mut self, start: usize, end: usize, text: &str) {
        self.edits.push(Edit::replace(Span::new(start, end), text));
    }

    /// Comments begin at the margin; of blank lines one is kept, none at the top, and the file ends with a line's end.
    fn parts(&mut self, file: &File<'_>) {
        let mut is_after_blank = true;
        for (at, part) in file.parts.iter().enumerate() {
            let (start, end) = (part.span.start as usize, part.span.end as usize);
            let line = part.span.of(self.text);
            match part.kind {
                PartKind::Blank => {
                    let is_last = file.parts.iter().skip(at).all(|it| it.kind == PartKind::Blank);
                    let kept = if is_after_blank || is_last { "" } else { self.end };
                    self.put(start, end, kept);
                    is_after_blank = true;
                }
                PartKind::ByteOrderMark => {}
                PartKind::Comment | PartKind::Directive => {
                    let content = start + line.len() - line.trim_start().len();
                    self.put(start, content, "");
                    self.line_end(content, end);
                    is_after_blank = false;
                }
                PartKind::Instruction => {
                    let content = start + line.len() - line.trim_start().len();
                    self.put(start, content, "");
                    let has_end = line.ends_with('\n');
                    if !has_end {
                        self.put(end, end, self.end);
                    }
                    is_after_blank = false;
                }
            }
        }
    }

    /// Removes white space before the end of a line, whose end is written if it is missing.
    fn line_end(&mut self, start: usize, end: usize) {
        let line = self.text.get(start..end).unwrap_or("");
        let kept = start + line.trim_end().len();
        let ending = if line.ends_with('\n') { line_ending(line) } else { self.end };
        self.put(kept, end, ending);
    }

    fn instruction(
        &mut self,
        file: &File<'_>,
        instruction: &Instruction<'_>,
        scripts: &[Script<'_>],
    ) {
        let heredocs = instruction.heredocs.iter().map(|it| it.body.start as usize);
        let body = heredocs.min().unwrap_or(instruction.span.end as usize);
        self.after_keyword(instruction, body);
        let words = words(instruction, scripts);
        let is_inside = |at: usize| {
            let after = words.partition_point(|it| (it.start as usize) < at);
            words[..after].iter().any(|it| at < it.end as usize)
        };
        let mut at = instruction.span.start as usize;
        let whole = self.text.get(at..body).unwrap_or("");
        let mut is_first = true;
        for line in whole.split_inclusive('\n') {
            let (start, end) = (at, at + line.len());
            at = end;
            let content = line.trim_start();
            let is_comment = content.starts_with('#') && !is_first;
            let first = end - content.len();
            if !is_first && first == start && !content.trim().is_empty() && !is_inside(start) {
                self.put(start, start, INDENT);
            }
            is_first = false;
            let kept = line.trim_end();
            if !line.ends_with('\n') {
                // The last line: what follows it belongs to its part.
                continue;
            }
            let before = kept.strip_suffix(file.escape).filter(|_| !is_comment);
            match before {
                Some(before) if !is_inside(start + before.len()) => {
                    let word_end = before.trim_end();
                    let gap = if word_end.is_empty() { before } else { " " };
                    let from = if word_end.is_empty() { before.len() } else { word_end.len() };
                    let gap = if word_end.is_empty() { "" } else { gap };
                    self.put(
                        start + from,
                        end,
                        &format!("{gap}{}{}", file.escape, line_ending(line)),
                    );
                }
                // White space behind the escape character, inside of a word.
                Some(_) => self.put(start + kept.len(), end, line_ending(line)),
                None if is_comment || content.trim().is_empty() => {
                    let kept = if content.trim().is_empty() { start } else { start + kept.len() };
                    self.put(kept, end, line_ending(line));
                }
                None => self.put(start + kept.len(), end, line_ending(line)),
            }
        }
        let tail_start = whole.trim_end().len() + instruction.span.start as usize;
        if body == instruction.span.end as usize && tail_start < body {
            self.put(tail_start, body, "");
        }
    }

    /// One blank between the keyword and what follows on its line.
    fn after_keyword(&mut self, instruction: &Instruction<'_>, body: usize) {
        let keyword = instruction.keyword_span.end as usize;
        let rest = self.text.get(keyword..body).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("");
        let blank = line.len() - line.trim_start().len();
        if blank > 0 && blank < line.len() && !line.trim_start().starts_with(['\\', '`']) {
            self.put(keyword, keyword + blank, " ");
        }
    }
}

fn line_ending(line: &str) -> &'static str {
    if line.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// What must not be touched: words with all that they hold, in the order of the file.
fn words(instruction: &Instruction<'_>, scripts: &[Script<'_>]) -> Vec<Span> {
    let mut res: Vec<Span> = Vec::new();
    for command in scripts.iter().flat_map(|it| &it.commands) {
        res.extend(command.words.iter().chain(&command.wrappers).map(|it| it.span));
        res.extend(command.assignments.iter().map(|it| it.span));
        res.extend(command.redirects.iter().map(|it| it.span));
    }
    for pair in instruction.arguments.pairs() {
        res.extend([Some(&pair.name), pair.value.as_ref()].into_iter().flatten().map(|it| it.span));
    }
    res.extend(instruction.arguments.words().iter().map(|it| it.span));
    res.extend(instruction.arguments.text().map(|it| it.span));
    res.extend(instruction.flags.iter().map(|it| it.span));
    res.sort();
    res
}

/// What a file says, apart from the white space between its words.
fn meaning(text: &str) -> String {
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let around = Surroundings { files: &context::NoFiles, dockerfile: "Dockerfile", target: None };
    let build = Build::new(&file, &scripts, around);
    let mut res = String::new();
    for (step, own) in build.steps.iter().zip(&scripts) {
        let it = step.instruction;
        res.push_str(it.keyword.name());
        for flag in &it.flags {
            res += &format!(" {}={:?}", flag.name, flag.value);
        }
        let words = it.arguments.words().iter().chain(it.arguments.text());
        words.for_each(|it| res += &format!(" {:?}", it.text));
        for pair in it.arguments.pairs() {
            res += &format!(" {:?}={:?}", pair.name.text, pair.value.as_ref().map(|it| &it.text));
        }
        if own.is_empty() && it.arguments.words().is_empty() && it.arguments.pairs().is_empty() {
            // Not understood in parts: the whole must stay as it is.
            let line = it.line.text();
            res += line.get(it.keyword.name().len()..).unwrap_or("").trim();
        }
        for command in own.iter().flat_map(|it| &it.commands) {
            let words = command.wrappers.iter().chain(&command.words);
            words.for_each(|it| res += &format!(" {:?}", it.parts));
            command
                .assignments
                .iter()
                .for_each(|it| res += &format!(" {}={:?}", it.name, it.value.parts));
            command
                .redirects
                .iter()
                .for_each(|it| res += &format!(" {}{:?}", it.operator, it.target.parts));
            res.push(';');
        }
        it.heredocs.iter().for_each(|it| res += it.body.of(text));
        res.push('\n');
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        linter::edited(text, format(text).iter())
    }

    #[test]
    fn only_white_space_between_words_changes() {
        // (before, after)
        let cases = [
            ("", ""),
            ("FROM a", "FROM a\n"),
            ("\n\n  # c  \nFROM   a   \n\n\n\nRUN\tls\n\n", "# c\nFROM a\n\nRUN ls\n"),
            ("FROM a\r\nRUN a   \\  \r\n&& b \r\n", "FROM a\r\nRUN a \\\r\n    && b\r\n"),
            ("FROM a\nRUN a \\\n\t&& b\\\n   && c\n", "FROM a\nRUN a \\\n\t&& b \\\n   && c\n"),
            ("FROM a\nRUN a \\\n# c  \n && b\n", "FROM a\nRUN a \\\n    # c\n && b\n"),
            (
                "FROM a\nRUN echo \"x   \\\ny  \\\n z\"\n",
                "FROM a\nRUN echo \"x   \\\ny  \\\n z\"\n",
            ),
            ("FROM a\nRUN  <<E\n  x  \n\ty\nE\n", "FROM a\nRUN <<E\n  x  \n\ty\nE\n"),
            (
                "FROM a\nENV A=\"1   \\\n2\"   B=2   \\\nC=3\n",
                "FROM a\nENV A=\"1   \\\n2\"   B=2 \\\n    C=3\n",
            ),
            ("FROM a\nRUN foo\\\nbar\n", "FROM a\nRUN foo\\\nbar\n"),
            ("NOSUCH  a\n", "NOSUCH  a\n"),
        ];
        for (before, after) in cases {
            assert_eq!(formatted(before), after, "{before:?}");
            assert_eq!(formatted(after), after, "twice: {before:?}");
        }
    }
}
