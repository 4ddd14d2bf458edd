//! The shape of a Dockerfile: its stages and instructions as symbols, and what can be folded.

use model::Build;
use syntax::{File, Instruction, Keyword, PartKind, Span};
use tower_lsp_server::ls_types::{DocumentSymbol, FoldingRange, FoldingRangeKind, SymbolKind};

use crate::text::Text;

/// Stages with their instructions; what stands above the first FROM stands beside them.
pub(crate) fn symbols(build: &Build<'_>, text: &Text) -> Vec<DocumentSymbol> {
    let mut res = Vec::new();
    for step in build.steps.iter().filter(|it| it.stage.is_none()) {
        res.push(instruction(step.instruction, text));
    }
    for stage in &build.stages {
        let steps = build.steps_of(stage);
        let (Some(from), Some(last)) = (steps.first(), steps.last()) else { continue };
        let image = stage.image.map_or("", |it| it.text.as_ref());
        let (name, detail) = match stage.name {
            Some(name) => (name.text.to_string(), image.to_owned()),
            None => (image.to_owned(), format!("stage {}", stage.index)),
        };
        let selected =
            stage.name.or(stage.image).map_or(from.instruction.keyword_span, |it| it.span);
        let mut symbol = symbol(name, Some(detail), SymbolKind::MODULE);
        symbol.range = text.range(from.instruction.span.to(last.instruction.span));
        symbol.selection_range = text.range(selected);
        let children = steps.iter().skip(1).map(|it| instruction(it.instruction, text));
        symbol.children = Some(children.collect());
        res.push(symbol);
    }
    res
}

/// More of an instruction than this is not shown in a list.
const LONGEST_DETAIL: usize = 60;

fn instruction(it: &Instruction<'_>, text: &Text) -> DocumentSymbol {
    let kind = match it.keyword {
        Keyword::Arg | Keyword::Env => SymbolKind::VARIABLE,
        Keyword::Copy | Keyword::Add => SymbolKind::FILE,
        Keyword::Cmd | Keyword::Entrypoint => SymbolKind::EVENT,
        Keyword::Run => SymbolKind::FUNCTION,
        _ => SymbolKind::PROPERTY,
    };
    let line = it.line.text().trim();
    let words = line.split_once(char::is_whitespace).map_or("", |it| it.1);
    let mut detail: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = detail.char_indices().nth(LONGEST_DETAIL) {
        detail.truncate(end);
        detail.push('…');
    }
    let name = match it.keyword {
        Keyword::Unknown => it.keyword_span.of(text.as_str()).to_owned(),
        keyword => keyword.name().to_owned(),
    };
    let name = if name.is_empty() { "?".to_owned() } else { name };
    let mut symbol = symbol(name, Some(detail), kind);
    symbol.range = text.range(it.span);
    symbol.selection_range = text.range(it.keyword_span);
    symbol
}

fn symbol(name: String, detail: Option<String>, kind: SymbolKind) -> DocumentSymbol {
    // A name must not be empty or blank.
    let name = if name.trim().is_empty() { "?".to_owned() } else { name };
    #[expect(deprecated, reason = "the field has to be there")]
    DocumentSymbol {
        name,
        detail,
        kind,
        tags: None,
        deprecated: None,
        range: Default::default(),
        selection_range: Default::default(),
        children: None,
    }
}

/// Stages, instructions over several lines, heredocs and blocks of comments.
pub(crate) fn folds(build: &Build<'_>, text: &Text) -> Vec<FoldingRange> {
    let file = build.file;
    let mut res = Vec::new();
    let mut add = |span: Span, kind: Option<FoldingRangeKind>| {
        let range = text.range(span);
        if range.start.line < range.end.line {
            res.push(FoldingRange {
                start_line: range.start.line,
                end_line: range.end.line,
                kind,
                ..FoldingRange::default()
            });
        }
    };
    for stage in &build.stages {
        let steps = build.steps_of(stage);
        if let (Some(first), Some(last)) = (steps.first(), steps.last()) {
            add(first.instruction.span.to(last.instruction.span), Some(FoldingRangeKind::Region));
        }
    }
    for it in &file.instructions {
        add(it.span, None);
        for heredoc in it.heredocs.iter().filter(|it| !it.terminator.is_empty()) {
            add(heredoc.body.to(heredoc.terminator), None);
        }
    }
    comment_blocks(file).into_iter().for_each(|it| add(it, Some(FoldingRangeKind::Comment)));
    res
}

fn comment_blocks(file: &File<'_>) -> Vec<Span> {
    let mut res: Vec<Span> = Vec::new();
    let mut is_open = false;
    for part in &file.parts {
        let is_comment = part.kind == PartKind::Comment;
        if is_comment {
            let end = part.span.of(file.text).trim_end().len();
            let span = Span::new(part.span.start as usize, part.span.start as usize + end);
            match res.last_mut() {
                Some(last) if is_open => *last = last.to(span),
                _ => res.push(span),
            }
        }
        is_open = is_comment;
    }
    res
}
