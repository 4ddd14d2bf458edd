//! Semantic tokens: instructions and flags, and inside of RUN the programs, options, strings and variables.

use model::scripts;
use shell::Script;
use syntax::{File, Instruction, Span};
use tower_lsp_server::ls_types::{SemanticToken, SemanticTokenType};

use crate::text::Text;

/// What a token is; the number is its place in [`legend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    Keyword,
    Comment,
    Property,
    Function,
    Parameter,
    String,
    Variable,
    Operator,
    Namespace,
}

/// The names of the kinds, in the order of [`Kind`].
pub(crate) fn legend() -> Vec<SemanticTokenType> {
    vec![
        SemanticTokenType::KEYWORD,
        SemanticTokenType::COMMENT,
        SemanticTokenType::PROPERTY,
        SemanticTokenType::FUNCTION,
        SemanticTokenType::PARAMETER,
        SemanticTokenType::STRING,
        SemanticTokenType::VARIABLE,
        SemanticTokenType::OPERATOR,
        SemanticTokenType::NAMESPACE,
    ]
}

/// The tokens of a text, or of the part of it in `within`, as the protocol packs them.
pub(crate) fn tokens(text: &Text, within: Span) -> Vec<SemanticToken> {
    let file = syntax::parse(text.as_str());
    let mut found = spans(&file);
    // Of tokens that overlap, the longer one gives way to those inside of it.
    found.sort_by_key(|it| (it.0.start, it.0.end));
    let pieces = disjoint(&found, text.as_str());
    packed(text, pieces.into_iter().filter(|it| it.0.start < within.end && within.start < it.0.end))
}

/// Every token with its kind; those of variables lie inside of others.
fn spans(file: &File<'_>) -> Vec<(Span, Kind)> {
    let mut res: Vec<(Span, Kind)> = file.comments.iter().map(|it| (*it, Kind::Comment)).collect();
    res.extend(file.directives.iter().map(|it| (it.span, Kind::Comment)));
    let scripts = scripts(file);
    for (index, instruction) in file.instructions.iter().enumerate() {
        of_instruction(instruction, &mut res);
        let own = scripts.get(index).map_or(&[][..], Vec::as_slice);
        own.iter().for_each(|it| of_script(it, file.text, &mut res));
        let escape = if own.is_empty() { file.escape } else { '\\' };
        let heredocs = instruction.heredocs.iter().filter(|it| it.expands).map(|it| &it.text);
        for excerpt in std::iter::once(&instruction.line).chain(heredocs) {
            for (_, range) in syntax::variables(excerpt.text(), escape) {
                res.push((excerpt.span(range), Kind::Variable));
            }
        }
    }
    res
}

fn of_instruction(instruction: &Instruction<'_>, res: &mut Vec<(Span, Kind)>) {
    res.push((instruction.keyword_span, Kind::Keyword));
    res.extend(instruction.flags.iter().map(|it| (it.span, Kind::Property)));
    for heredoc in &instruction.heredocs {
        res.push((heredoc.span, Kind::Operator));
        res.push((heredoc.terminator, Kind::Operator));
    }
    if let Some(inner) = instruction.nested() {
        return of_instruction(inner, res);
    }
    let words = instruction.arguments.words();
    if instruction.keyword == syntax::Keyword::From {
        if let Some(name) = words.get(2) {
            res.push((name.span, Kind::Namespace));
        }
        if let Some(between) = words.get(1).filter(|it| it.text.eq_ignore_ascii_case("as")) {
            res.push((between.span, Kind::Keyword));
        }
    }
    for pair in instruction.arguments.pairs() {
        res.push((pair.name.span, Kind::Variable));
        res.extend(pair.value.as_ref().map(|it| (it.span, Kind::String)));
    }
}

fn of_script(script: &Script<'_>, text: &str, res: &mut Vec<(Span, Kind)>) {
    for item in &script.items {
        res.extend(item.joined_by.map(|it| (it.1, Kind::Operator)));
    }
    for command in &script.commands {
        res.extend(command.assignments.iter().map(|it| (it.span, Kind::Variable)));
        res.extend(command.wrappers.first().map(|it| (it.span, Kind::Function)));
        res.extend(command.words.first().map(|it| (it.span, Kind::Function)));
        for word in command.words.iter().skip(1) {
            let written = word.span.of(text);
            if written.starts_with('-') {
                res.push((word.span, Kind::Parameter));
            } else if written.starts_with(['"', '\'']) {
                res.push((word.span, Kind::String));
            }
        }
        for redirect in &command.redirects {
            res.push((redirect.span, Kind::Operator));
        }
    }
}

/// Cuts what lies inside of a token out of it, and tokens at the ends of lines.
fn disjoint(sorted: &[(Span, Kind)], text: &str) -> Vec<(Span, Kind)> {
    let mut res: Vec<(Span, Kind)> = Vec::new();
    for (span, kind) in sorted.iter().filter(|it| !it.0.is_empty()) {
        let mut rest = None;
        while let Some(last) = res.last_mut().filter(|it| span.start < it.0.end) {
            if span.end < last.0.end {
                rest = Some((Span { start: span.end, end: last.0.end }, last.1));
            }
            last.0.end = span.start.max(last.0.start);
            if last.0.is_empty() {
                res.pop();
            } else {
                break;
            }
        }
        res.push((*span, *kind));
        res.extend(rest);
    }
    res.iter().flat_map(|it| lines(it.0, text).into_iter().map(move |span| (span, it.1))).collect()
}

/// The parts of a span on each line, without the white space around them.
fn lines(span: Span, text: &str) -> Vec<Span> {
    let mut res = Vec::new();
    let mut at = span.start as usize;
    for line in span.of(text).split_inclusive('\n') {
        let content = line.trim();
        let start = at + line.len() - line.trim_start().len();
        if !content.is_empty() {
            res.push(Span::new(start, start + content.len()));
        }
        at += line.len();
    }
    res
}

/// Each token as its distance from the one before.
fn packed(text: &Text, tokens: impl Iterator<Item = (Span, Kind)>) -> Vec<SemanticToken> {
    let mut res = Vec::new();
    let (mut line, mut start) = (0, 0);
    for (span, kind) in tokens {
        let range = text.range(span);
        // A lone carriage return ends a line for the protocol, but not in a Dockerfile.
        if range.start.line != range.end.line || range.start.line < line {
            continue;
        }
        let delta_line = range.start.line - line;
        let from = if delta_line == 0 { start } else { 0 };
        if range.start.character < from {
            continue;
        }
        res.push(SemanticToken {
            delta_line,
            delta_start: range.start.character - from,
            length: range.end.character - range.start.character,
            token_type: kind as u32,
            token_modifiers_bitset: 0,
        });
        (line, start) = (range.start.line, range.start.character);
    }
    res
}

/// The tokens with their text.
#[cfg(test)]
fn shown(text: &str) -> Vec<(String, Kind)> {
    let file = syntax::parse(text);
    let mut found = spans(&file);
    found.sort_by_key(|it| (it.0.start, it.0.end));
    let pieces = disjoint(&found, text);
    pieces.into_iter().map(|it| (it.0.of(text).to_owned(), it.1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Encoding;

    #[test]
    fn the_inside_of_a_run_has_tokens() {
        let text = "FROM a AS b # x\nRUN --mount=type=ssh pip install -r \"x$Y\" \\\n # why\n && Z=1 sudo ls > f\n";
        let shown = shown(text);
        let expected = [
            ("FROM", Kind::Keyword),
            ("AS", Kind::Keyword),
            ("b", Kind::Namespace),
            ("RUN", Kind::Keyword),
            ("--mount=type=ssh", Kind::Property),
            ("pip", Kind::Function),
            ("-r", Kind::Parameter),
            ("\"x", Kind::String),
            ("$Y", Kind::Variable),
            ("\"", Kind::String),
            ("# why", Kind::Comment),
            ("&&", Kind::Operator),
            ("Z=1", Kind::Variable),
            ("sudo", Kind::Function),
            ("ls", Kind::Function),
            ("> f", Kind::Operator),
        ];
        let shown: Vec<(&str, Kind)> = shown.iter().map(|it| (it.0.as_str(), it.1)).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn tokens_are_packed_by_distance() {
        let text = Text::new("# é😀\nRUN ls $A\n".to_owned(), Encoding::Utf16);
        let whole = Span::new(0, text.as_str().len());
        let packed: Vec<[u32; 4]> = tokens(&text, whole)
            .iter()
            .map(|it| [it.delta_line, it.delta_start, it.length, it.token_type])
            .collect();
        assert_eq!(packed, [[0, 0, 5, 1], [1, 0, 3, 0], [0, 4, 2, 3], [0, 3, 2, 6]]);
        assert_eq!(tokens(&text, Span::new(0, 3)).len(), 1);
    }
}
