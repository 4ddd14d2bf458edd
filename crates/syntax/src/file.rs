//! A whole Dockerfile: physical lines to instructions, comments and blank lines.

use std::ops::Range;

use crate::arguments::Reader;
use crate::directive::{self, Directive};
use crate::heredoc::{self, Announced};
use crate::line::{Line, Lines};
use crate::{Arguments, Excerpt, Heredoc, Instruction, Keyword, LineIndex, Span, flag, validity};

/// A parsed Dockerfile.
#[derive(Clone, Debug)]
pub struct File<'t> {
    /// The text that was parsed.
    pub text: &'t str,
    /// The escape character: `\`, or what `# escape=` says.
    pub escape: char,
    /// Parser directives, in order.
    pub directives: Vec<Directive<'t>>,
    /// All instructions, in order; unknown ones included.
    pub instructions: Vec<Instruction<'t>>,
    /// Every comment from its `#` to the end of the line, those between continuation lines included.
    pub comments: Vec<Span>,
    /// The file cut into consecutive parts: together they are the whole file, byte for byte.
    pub parts: Vec<Part>,
    /// What is not a Dockerfile; sorted by place.
    pub errors: Vec<SyntaxError>,
    /// Line numbers of the text.
    pub lines: LineIndex,
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: PartKind,
    /// Its bytes, line end included.
    pub span: Span,
}

/// What a part of the file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// The byte order mark.
    ByteOrderMark,
    /// A parser directive.
    Directive,
    /// A comment line outside instructions.
    Comment,
    /// A line without anything.
    Blank,
    /// An instruction with its continuation lines, the comments between them, and its heredocs.
    Instruction,
}

/// A place that the builder would refuse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The place.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: String,
}

impl SyntaxError {
    pub(crate) fn new(
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> SyntaxError {
        SyntaxError { span, message: message.into(), help: help.into() }
    }
}

/// Parses a Dockerfile. Whatever the text is, the result has all of it.
pub fn parse(text: &str) -> File<'_> {
    let mut parser = Parser {
        file: File {
            text,
            escape: '\\',
            directives: Vec::new(),
            instructions: Vec::new(),
            comments: Vec::new(),
            parts: Vec::new(),
            errors: Vec::new(),
            lines: LineIndex::new(text),
        },
        reads_directives: true,
        unclosed: None,
    };
    parser.run();
    let unclosed = parser.unclosed;
    let mut file = parser.file;
    validity::check(&mut file);
    file.errors.sort_by_key(|it| it.span);
    // What follows is text to the builder: what is wrong with it as instructions is only what comes of the one mistake.
    if let Some(unclosed) = unclosed {
        file.errors.retain(|it| it.span <= unclosed);
    }
    file
}

const BYTE_ORDER_MARK: &str = "\u{feff}";

struct Parser<'t> {
    file: File<'t>,
    reads_directives: bool,
    /// The first heredoc without an end.
    unclosed: Option<Span>,
}

impl<'t> Parser<'t> {
    fn run(&mut self) {
        let text = self.file.text;
        let mut start = 0;
        if text.starts_with(BYTE_ORDER_MARK) {
            start = BYTE_ORDER_MARK.len();
            self.part(PartKind::ByteOrderMark, 0, start);
        }
        let mut lines = Lines::new(text, start);
        while let Some(line) = lines.next() {
            let content = text[line.start..line.end].trim_start();
            let first = line.end - content.len();
            let is_directive = self.reads_directives && self.directive(content, first);
            if is_directive {
                self.part(PartKind::Directive, line.start, line.next);
            } else if content.starts_with('#') {
                self.file.comments.push(Span::new(first, line.end));
                self.part(PartKind::Comment, line.start, line.next);
            } else if content.is_empty() {
                self.part(PartKind::Blank, line.start, line.next);
            } else {
                self.instruction(&mut lines, line, first);
                self.part(PartKind::Instruction, line.start, lines.offset());
            }
        }
    }

    fn part(&mut self, kind: PartKind, start: usize, end: usize) {
        self.file.parts.push(Part { kind, span: Span::new(start, end) });
    }

    /// Directives stand at the top; any other line, even a comment, ends them.
    fn directive(&mut self, content: &'t str, start: usize) -> bool {
        let Some(found) = directive::parse(content, start) else {
            self.reads_directives = false;
            return false;
        };
        let is_repeated =
            self.file.directives.iter().any(|it| it.name.eq_ignore_ascii_case(found.name));
        if is_repeated {
            self.file.errors.push(SyntaxError::new(
                found.span,
                format!("the directive `{}` is given twice", found.name),
                "keep one of them",
            ));
        } else if found.name.eq_ignore_ascii_case("escape") {
            match found.value {
                "\\" => self.file.escape = '\\',
                "`" => self.file.escape = '`',
                other => self.file.errors.push(SyntaxError::new(
                    found.value_span,
                    format!("`{other}` cannot be the escape character"),
                    "use a backslash or a backtick: `# escape=\\` or ``# escape=` ``",
                )),
            }
        }
        self.file.directives.push(found);
        true
    }

    /// The part of a line before its continuation character, if it has one.
    fn before_continuation(&self, start: usize, end: usize) -> Option<usize> {
        let text = self.file.text[start..end].trim_end_matches([' ', '\t']);
        let before = text.strip_suffix(self.file.escape)?;
        if before.ends_with(self.file.escape) {
            return None;
        }
        Some(start + before.len())
    }

    fn instruction(&mut self, lines: &mut Lines<'t>, first: Line, start: usize) {
        let text = self.file.text;
        let mut blank_lines = Vec::new();
        let mut end = first.end;
        let mut pieces = Vec::new();
        let mut continues = match self.before_continuation(start, first.end) {
            Some(before) => {
                pieces.push(Span::new(start, before));
                true
            }
            None => {
                pieces.push(Span::new(start, first.end));
                false
            }
        };
        while continues && let Some(line) = lines.next() {
            let content = text[line.start..line.end].trim_start();
            end = line.end;
            if content.starts_with('#') {
                self.file.comments.push(Span::new(line.end - content.len(), line.end));
            } else if content.is_empty() {
                blank_lines.push(Span::new(line.start, line.end));
            } else {
                let before = self.before_continuation(line.start, line.end);
                continues = before.is_some();
                pieces.push(Span::new(line.start, before.unwrap_or(line.end)));
            }
        }
        let line = Excerpt::join(text, &pieces);
        let whole = 0..line.text().len();
        let mut instruction = self.read(line, whole, 0);
        instruction.blank_lines = blank_lines;
        instruction.span = Span::new(start, end.max(start));
        if takes_heredocs(&instruction) {
            self.heredocs(lines, &mut instruction);
        }
        let first_line = self.file.lines.line(start as u32);
        let last_line = self.file.lines.line(instruction.span.end).max(first_line);
        instruction.lines = (first_line, last_line);
        self.file.instructions.push(instruction);
    }

    /// Reads the instruction in `range` of a joined line, `depth` ONBUILDs deep.
    fn read(&mut self, line: Excerpt<'t>, range: Range<usize>, depth: usize) -> Instruction<'t> {
        let text = &line.text()[range.clone()];
        let start = range.start + text.len() - text.trim_start().len();
        let end = range.start + text.trim_end().len();
        let end = end.max(start);
        let trimmed = &line.text()[start..end];
        let keyword_length =
            trimmed.find(['\t', '\x0b', '\x0c', '\r', ' ']).unwrap_or(trimmed.len());
        let keyword = Keyword::of(&trimmed[..keyword_length]);
        let keyword_span = line.span(start..start + keyword_length);
        let (flags, rest) = flag::parse(self.file.text, &line, start + keyword_length..end);
        let rest_text = line.text()[rest.clone()].trim_start();
        let rest = rest.end - rest_text.len()..rest.end;
        let mut instruction = Instruction {
            keyword,
            keyword_span,
            span: line.span(start..end),
            lines: (0, 0),
            line,
            flags,
            arguments: Arguments::Missing,
            heredocs: Vec::new(),
            blank_lines: Vec::new(),
        };
        // ONBUILD ONBUILD is an error; how much of it is read only matters for the stack.
        if keyword == Keyword::Onbuild && !rest.is_empty() && depth < 4 {
            let inner = instruction.line.detached(self.file.text, rest);
            let whole = 0..inner.text().len();
            let nested = self.read(inner, whole, depth + 1);
            instruction.arguments = Arguments::Nested(Box::new(nested));
        } else {
            let mut reader = Reader {
                file: self.file.text,
                line: &instruction.line,
                escape: self.file.escape,
                errors: &mut self.file.errors,
            };
            instruction.arguments = reader.read(keyword, rest);
        }
        instruction
    }

    fn heredocs(&mut self, lines: &mut Lines<'t>, instruction: &mut Instruction<'t>) {
        let announced = heredoc::announced(instruction.line.text());
        let after_line = lines.offset();
        let mut found = Vec::with_capacity(announced.len());
        for it in announced {
            let span = instruction.line.span(it.range.clone());
            let body_start = lines.offset();
            let Some(end) = find_terminator(lines, self.file.text, &it) else {
                let rest = Lines::new(self.file.text, body_start);
                let near = rest.into_iter().find(|line| {
                    let content = self.file.text[line.start..line.end].trim();
                    content.trim_end_matches(';') == it.name
                });
                let help = match near {
                    Some(line) => format!(
                        "line {} does not end it: `{}` must stand there alone, without blanks before or behind it",
                        self.file.lines.line(line.start as u32),
                        it.name
                    ),
                    None => format!(
                        "everything below is taken for its text; write a line with only `{}` where it ends",
                        it.name
                    ),
                };
                self.unclosed.get_or_insert(span);
                let message = format!("the heredoc `{}` has no end", it.name);
                self.file.errors.push(SyntaxError::new(span, message, help));
                // The lines below are read as instructions, so that the rest of a half-typed file is still checked.
                lines.rewind(after_line);
                let here = Span::at(instruction.span.end as usize);
                found.push(heredoc(self.file.text, it, span, here, here));
                break;
            };
            let body = Span::new(body_start, end.start);
            let terminator = Span::new(end.start, end.end);
            instruction.span.end = terminator.end;
            found.push(heredoc(self.file.text, it, span, body, terminator));
        }
        instruction.heredocs = found;
    }
}

fn heredoc<'t>(
    file: &'t str,
    it: Announced,
    span: Span,
    body: Span,
    terminator: Span,
) -> Heredoc<'t> {
    Heredoc {
        name: it.name.into(),
        descriptor: it.descriptor,
        expands: it.expands,
        strips_tabs: it.strips_tabs,
        span,
        body,
        text: heredoc::text(file, body, it.strips_tabs),
        terminator,
    }
}

fn find_terminator(lines: &mut Lines<'_>, text: &str, it: &Announced) -> Option<Line> {
    lines.find(|line| {
        let content = &text[line.start..line.end];
        let content = if it.strips_tabs { content.trim_start_matches('\t') } else { content };
        content == it.name
    })
}

/// RUN, COPY and ADD in shell form, also behind ONBUILD.
fn takes_heredocs(instruction: &Instruction<'_>) -> bool {
    let target = instruction.nested().unwrap_or(instruction);
    matches!(target.keyword, Keyword::Run | Keyword::Copy | Keyword::Add)
        && !matches!(target.arguments, Arguments::Exec { .. })
}
