//! Which findings speak of what has changed since an earlier text.

use linter::Diagnostic;
use similar::{DiffTag, TextDiff};
use syntax::{File, LineIndex, Span};

/// Whether each finding touches a changed instruction, or a changed line outside of instructions. An instruction counts as
/// a whole, however many lines it has: it makes one layer, and a line that was taken out of it is no line any more.
pub(crate) fn are_on_changed(before: &str, text: &str, found: &[Diagnostic]) -> Vec<bool> {
    if found.is_empty() {
        return Vec::new();
    }
    let changed = Changed::new(before, text);
    let file = syntax::parse(text);
    let lines = LineIndex::new(text);
    let is_on_changed = |it: &Diagnostic| {
        let labels = it.labels.iter().map(|it| it.span);
        std::iter::once(it.span).chain(labels).any(|it| changed.touches(&file, &lines, it))
    };
    found.iter().map(is_on_changed).collect()
}

/// Lines from 1.
struct Changed {
    /// Changed or new, first and last.
    lines: Vec<(u32, u32)>,
    /// Lines behind which others were taken out.
    gaps: Vec<u32>,
}

impl Changed {
    fn new(before: &str, text: &str) -> Changed {
        // Git may have turned line ends; that changes no line.
        let before: Vec<&str> = before.lines().collect();
        let after: Vec<&str> = text.lines().collect();
        let diff = TextDiff::from_slices(&before, &after);
        let mut res = Changed { lines: Vec::new(), gaps: Vec::new() };
        for op in diff.ops() {
            let (tag, _, new) = op.as_tag_tuple();
            match tag {
                DiffTag::Equal => {}
                DiffTag::Delete => res.gaps.push(new.start as u32),
                DiffTag::Insert | DiffTag::Replace => {
                    res.lines.push((new.start as u32 + 1, new.end as u32));
                }
            }
        }
        res
    }

    fn touches(&self, file: &File<'_>, lines: &LineIndex, span: Span) -> bool {
        let (first, last) = (lines.line(span.start), lines.line(span.end));
        if self.has(first, last) {
            return true;
        }
        let around =
            file.instructions.iter().filter(|it| it.lines.0 <= last && first <= it.lines.1);
        // A place that goes over several instructions is no reason to call each of them changed.
        around.take(1).any(|it| self.has(it.lines.0, it.lines.1))
    }

    /// Whether something from the first to the last line is changed.
    fn has(&self, first: u32, last: u32) -> bool {
        self.lines.iter().any(|it| it.0 <= last && first <= it.1)
            || self.gaps.iter().any(|it| first <= *it && *it < last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of `text` that count as changed since `before`.
    fn changed(before: &str, text: &str) -> Vec<u32> {
        let found = text.lines().scan(0, |start, line| {
            let span = Span::new(*start, *start + line.len());
            *start += line.len() + 1;
            Some(Diagnostic {
                rule: "r",
                severity: linter::Severity::Info,
                span,
                message: String::new(),
                labels: Vec::new(),
                notes: Vec::new(),
                fixes: Vec::new(),
            })
        });
        let lines = LineIndex::new(text);
        let found: Vec<Diagnostic> = found.collect();
        let is_changed = are_on_changed(before, text, &found);
        let changed = found.iter().zip(is_changed).filter(|it| it.1);
        changed.map(|it| lines.line(it.0.span.start)).collect()
    }

    #[test]
    fn lines_count_with_their_instruction() {
        let before = "FROM a\nRUN b \\\n  && c \\\n  && d\n# e\nRUN f\n";
        for (text, expected) in [
            (before.to_owned(), vec![]),
            (before.replace('\n', "\r\n"), vec![]),
            (before.replace("FROM a", "FROM b"), vec![1]),
            (before.replace("&& c", "&& x"), vec![2, 3, 4]),
            // Taken out of the RUN.
            (before.replace("  && c \\\n", ""), vec![2, 3]),
            (before.replace("# e\n", ""), vec![]),
            (before.replace("# e\n", "# x\n"), vec![5]),
            (before.replace("RUN f\n", "RUN f\nRUN g\n"), vec![7]),
            (format!("# new\n{before}"), vec![1]),
        ] {
            assert_eq!(changed(before, &text), expected, "{text}");
        }
        assert_eq!(changed("", before), [1, 2, 3, 4, 5, 6]);
    }
}
