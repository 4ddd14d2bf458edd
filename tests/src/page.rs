//! The pages in `rules/` as tests: their examples, what is reported of them, and what fixes make of them.

use std::ops::Range;

/// A page and its examples.
#[derive(Debug)]
pub struct Page {
    /// The Markdown text.
    pub text: String,
    /// Its examples, in order.
    pub examples: Vec<Example>,
}

/// One Dockerfile of a page with all that belongs to it.
#[derive(Debug, Default)]
pub struct Example {
    /// The line of the page, from 1.
    pub line: usize,
    /// The Dockerfile.
    pub dockerfile: String,
    /// The lines that must be reported, typed by a person; `None` for a good example.
    pub bad: Option<Vec<u32>>,
    /// Files of the build context; none means that the context is not known.
    pub files: Vec<(String, String)>,
    /// The text of a `pylintdock.toml`.
    pub config: Option<String>,
    /// What the page says is printed.
    pub report: Option<Block>,
    /// What the page says the fix makes of it, and whether unsafe fixes are needed for it.
    pub fixed: Option<(Block, bool)>,
    /// What the page says of context files after the fix.
    pub fixed_files: Vec<(String, Block)>,
    /// Where the example's Dockerfile block ends, for inserting what is missing.
    pub end: usize,
}

/// The inside of a fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its text, without the fences.
    pub text: String,
    /// Where the text stands in the page.
    pub range: Range<usize>,
    /// Past the closing fence.
    pub end: usize,
}

/// Splits a page; panics with the place when it is not of the form that `rules/README.md` describes.
pub fn parse(name: &str, text: &str) -> Page {
    let mut examples: Vec<Example> = Vec::new();
    let mut waiting = Example::default();
    for (line, info, block) in blocks(text) {
        let mut words = info.split_whitespace();
        let language = words.next().unwrap_or("");
        let words: Vec<&str> = words.collect();
        let value = |key: &str| words.iter().find_map(|it| it.strip_prefix(key)?.strip_prefix('='));
        let has = |key: &str| words.contains(&key);
        let place = format!("rules/{name}.md:{line}");
        if let Some(path) = value("file") {
            if has("fixed") {
                last(&mut examples, &place).fixed_files.push((path.to_owned(), block));
            } else {
                waiting.files.push((path.to_owned(), block.text));
            }
        } else if has("config") {
            waiting.config = Some(block.text);
        } else if has("report") {
            last(&mut examples, &place).report = Some(block);
        } else if has("fixed") || value("fixed").is_some() {
            let is_unsafe = value("fixed") == Some("unsafe");
            last(&mut examples, &place).fixed = Some((block, is_unsafe));
        } else if language == "dockerfile" && (has("good") || value("bad").is_some()) {
            let number =
                |it: &str| it.parse().unwrap_or_else(|_| panic!("{place}: `{it}` is no line"));
            let mut example = std::mem::take(&mut waiting);
            example.bad = value("bad").map(|it| it.split(',').map(number).collect());
            example.dockerfile = block.text;
            example.line = line;
            example.end = block.end;
            examples.push(example);
        } else {
            assert!(
                language != "dockerfile",
                "{place}: write `dockerfile bad=LINES` or `dockerfile good`"
            );
        }
    }
    Page { text: text.to_owned(), examples }
}

fn last<'e>(examples: &'e mut [Example], place: &str) -> &'e mut Example {
    examples.last_mut().unwrap_or_else(|| panic!("{place}: no example above"))
}

/// Every fenced block as (line of its fence, info string, inside).
fn blocks(text: &str) -> Vec<(usize, &str, Block)> {
    let mut res = Vec::new();
    let mut open: Option<(usize, &str, usize, &str)> = None;
    let mut at = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        let content = line.trim_end();
        let fence_length = content.bytes().take_while(|it| *it == b'`').count();
        let fence = &content[..fence_length];
        match open {
            Some((number, info, start, opening)) if fence == opening && content == fence => {
                let block = Block { text: text[start..at].to_owned(), range: start..at, end: next };
                res.push((number, info, block));
                open = None;
            }
            None if fence_length >= 3 => {
                open = Some((index + 1, content[fence_length..].trim(), next, fence));
            }
            _ => {}
        }
        at = next;
    }
    res
}
