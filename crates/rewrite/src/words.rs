//! Takes words out of a command so that nobody sees where they were.

use model::{Build, without_word};
use syntax::Span;

use crate::plan::Refusal;

/// The edits that take words out; those with nothing but blanks and line ends between them go together.
pub(crate) fn without_words(
    build: &Build<'_>,
    words: &[Span],
) -> Result<Vec<(Span, String)>, Refusal> {
    let mut words = words.to_vec();
    words.sort();
    words.dedup();
    let mut groups: Vec<Span> = Vec::new();
    for word in words {
        let joined = groups.last().and_then(|last| {
            let between = build.file.text.get(last.end as usize..word.start as usize)?;
            let is_gap = |it: char| it.is_whitespace() || it == build.file.escape;
            between.chars().all(is_gap).then(|| last.to(word))
        });
        match (joined, groups.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => groups.push(word),
        }
    }
    let edit = |span: Span| {
        without_word(build, span)
            .ok_or_else(|| Refusal::at(span, "a comment stands between the words of a command"))
    };
    groups.into_iter().map(edit).collect()
}
