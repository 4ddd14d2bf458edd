//! The lines of a Dockerfile that a finding speaks of, cut to the width of the output.
//!
//! codespan-reporting draws whole lines as they are. A line of 400 characters, a tab after a cut or a control
//! character would spoil the picture, so it is given a small text of its own in which all of that is settled, with
//! the numbers of the real lines.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use codespan_reporting::files::{Error, Files, Location};
use linter::Diagnostic;
use syntax::{LineIndex, Span};

use crate::report::Report;
use crate::wrap::{WIDTH, columns, printable, width_of};

/// Of a longer mark only the beginning and the end are shown.
pub(crate) const LINES_AT_START: u32 = 3;
/// Lines before the last one that are shown with it.
pub(crate) const LINES_AT_END: u32 = 1;
/// Columns shown before a mark when the beginning of its line is cut off.
const COLUMNS_BEFORE: usize = 8;
const TAB_WIDTH: usize = 4;

/// What codespan-reporting draws from.
pub(crate) struct Snippet<'a> {
    path: &'a str,
    text: String,
    /// Number in the file and bytes in `text` of each line.
    lines: Vec<(u32, Range<usize>)>,
    place: (u32, u32),
}

/// A mark with its text, in the file and in the snippet.
struct Mark {
    start: usize,
    end: usize,
    first_line: u32,
    last_line: u32,
    text_width: usize,
    range: Range<usize>,
}

impl<'a> Snippet<'a> {
    /// The snippet of a finding, and where in its text the finding and each of its labels are.
    pub(crate) fn new(
        report: &Report<'a>,
        diagnostic: &Diagnostic,
        path: &'a str,
    ) -> (Snippet<'a>, Vec<Range<usize>>) {
        let primary = mark(report, diagnostic.span, "");
        let labels = diagnostic.labels.iter().map(|it| mark(report, it.span, &it.text));
        let mut marks: Vec<Mark> = std::iter::once(primary).chain(labels).collect();
        let mut snippet = Snippet {
            path,
            text: String::new(),
            lines: Vec::new(),
            place: report.place(diagnostic.span.start),
        };
        let numbers = numbers(&marks);
        let digits = numbers.last().map_or(1, |it| it.to_string().len());
        let n_long = marks.iter().filter(|it| it.first_line != it.last_line).count();
        // The number, a space, the border and a space; two columns for the arm of each mark over several lines.
        let width = WIDTH.saturating_sub(digits + 3 + 2 * n_long).max(20);
        let mut by_line: HashMap<u32, Vec<usize>> = HashMap::new();
        for (index, mark) in marks.iter().enumerate() {
            by_line.entry(mark.first_line).or_default().push(index);
            if mark.last_line != mark.first_line {
                by_line.entry(mark.last_line).or_default().push(index);
            }
        }
        let mut previous = None;
        for number in numbers {
            if previous.is_some_and(|it| number > it + 1) {
                // Two lines that are never drawn make a gap, however many are left out.
                snippet
                    .lines
                    .extend([(number, 0..0), (number, 0..0)].map(|it| (it.0, snippet.end())));
            }
            previous = Some(number);
            let own = by_line.get(&number).map_or(&[][..], Vec::as_slice);
            snippet.push_line(report, number, width, (&mut marks, own));
        }
        let ranges = marks.into_iter().map(|it| it.range.start..it.range.end.max(it.range.start));
        (snippet, ranges.collect())
    }

    fn end(&self) -> Range<usize> {
        self.text.len()..self.text.len()
    }

    /// Adds a line; `own` are the indexes of the marks that begin or end on it.
    fn push_line(
        &mut self,
        report: &Report<'_>,
        number: u32,
        width: usize,
        (marks, own): (&mut [Mark], &[usize]),
    ) {
        let start = report.lines.start(number) as usize;
        let rest = report.text.get(start..).unwrap_or("");
        let line = rest.split('\n').next().unwrap_or("").trim_end_matches('\r');
        let window = window(line, start, number, width, own.iter().filter_map(|it| marks.get(*it)));
        let begin = self.text.len();
        if window.start > 0 {
            self.text.push('…');
        }
        // Positions of the line's own characters in the snippet, as far as a mark begins or ends there.
        let mut settle = |offset: usize, at: usize| {
            for index in own {
                let Some(mark) = marks.get_mut(*index) else { continue };
                if mark.first_line == number && mark.start == offset {
                    mark.range.start = at;
                }
                if mark.last_line == number && mark.end == offset {
                    mark.range.end = at;
                }
            }
        };
        let mut column = 0;
        for (at, character) in line.char_indices() {
            settle(start + at, self.text.len());
            let wide = width_at(character, column);
            let is_inside = window.contains(&column) && column + wide <= window.end;
            column += wide;
            if !is_inside {
                continue;
            }
            match printable(character) {
                '\t' => self.text.extend(std::iter::repeat_n(' ', wide)),
                it => self.text.push(it),
            }
        }
        settle(start + line.len(), self.text.len());
        if column > window.end {
            self.text.push('…');
        }
        self.lines.push((number, begin..self.text.len()));
        self.text.push('\n');
    }
}

fn width_at(character: char, column: usize) -> usize {
    match character {
        '\t' => TAB_WIDTH - column % TAB_WIDTH,
        it => width_of(printable(it)),
    }
}

fn mark(report: &Report<'_>, span: Span, text: &str) -> Mark {
    let source = report.text;
    let start = char_start(source, span.start as usize);
    let end = char_start(source, span.end as usize).max(start);
    // A mark that ends with a line end would seem to reach into the next line.
    let end = start + source.get(start..end).unwrap_or("").trim_end_matches(['\r', '\n']).len();
    let start = line_content_end(source, &report.lines, start).min(start);
    Mark {
        start,
        end: end.max(start),
        first_line: report.lines.line(start as u32),
        last_line: report.lines.line(end.max(start) as u32),
        text_width: if text.is_empty() { 0 } else { columns(text) + 1 },
        range: 0..0,
    }
}

/// The nearest offset at or before `offset` where a character begins.
fn char_start(text: &str, offset: usize) -> usize {
    let offset = offset.min(text.len());
    (0..=offset).rev().find(|it| text.is_char_boundary(*it)).unwrap_or(0)
}

/// Where the content of the line at `offset` ends, before its line end.
fn line_content_end(source: &str, lines: &LineIndex, offset: usize) -> usize {
    let start = lines.start(lines.line(offset as u32)) as usize;
    let line = source.get(start..).unwrap_or("").split('\n').next().unwrap_or("");
    start + line.trim_end_matches('\r').len()
}

/// The numbers of the lines to draw, sorted.
fn numbers(marks: &[Mark]) -> BTreeSet<u32> {
    let mut res = BTreeSet::new();
    for mark in marks {
        if mark.last_line - mark.first_line <= LINES_AT_START + LINES_AT_END + 2 {
            res.extend(mark.first_line..=mark.last_line);
        } else {
            res.extend(mark.first_line..=mark.first_line + LINES_AT_START);
            res.extend(mark.last_line - LINES_AT_END..=mark.last_line);
        }
    }
    // A gap of one line is as long as the sign for a gap.
    let gaps: Vec<u32> = res
        .iter()
        .map(|it| it + 1)
        .filter(|it| !res.contains(it) && res.contains(&(it + 1)))
        .collect();
    res.extend(gaps);
    res
}

/// The columns of a line that are shown so that its marks, or at least the first one, can be seen.
fn window<'m>(
    line: &str,
    start: usize,
    number: u32,
    width: usize,
    marks: impl Iterator<Item = &'m Mark>,
) -> Range<usize> {
    let column = |offset: usize| {
        let before = line.get(..offset.saturating_sub(start)).unwrap_or(line);
        before.chars().fold(0, |at, it| at + width_at(it, at))
    };
    let whole = line.chars().fold(0, |at, it| at + width_at(it, at));
    // From and to which column a mark reaches on this line, its text included.
    let extent = |mark: &Mark| -> Option<(usize, usize)> {
        let (is_first, is_last) = (mark.first_line == number, mark.last_line == number);
        match (is_first, is_last) {
            (true, true) => Some((
                column(mark.start),
                column(mark.end).max(column(mark.start) + 1) + mark.text_width,
            )),
            (true, false) => Some((column(mark.start), column(mark.start) + 1)),
            (false, true) => Some((column(mark.end), column(mark.end) + mark.text_width)),
            (false, false) => None,
        }
    };
    let extents: Vec<(usize, usize)> = marks.filter_map(extent).collect();
    let Some(first) = extents.first().copied() else { return 0..cut(whole, width) };
    let all = extents.iter().fold(first, |acc, it| (acc.0.min(it.0), acc.1.max(it.1)));
    let (from, to) = if all.1 - all.0 + COLUMNS_BEFORE <= width { all } else { first };
    if whole.max(to) <= width {
        return 0..width;
    }
    let reach = whole.max(to) + 1 - width;
    let lo = if to < width { 0 } else { from.saturating_sub(COLUMNS_BEFORE).min(reach) };
    if lo == 0 {
        return 0..cut(whole, width);
    }
    // The sign for what is cut off at the left takes a column, the one at the right too.
    lo + 1..lo + 1 + cut(whole - lo.min(whole), width - 1)
}

/// Columns that are left for text when a line of `whole` columns must fit into `width`.
fn cut(whole: usize, width: usize) -> usize {
    if whole <= width { width } else { width - 1 }
}

impl<'a> Files<'a> for Snippet<'_> {
    type FileId = ();
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, _id: ()) -> Result<&'a str, Error> {
        Ok(self.path)
    }

    fn source(&'a self, _id: ()) -> Result<&'a str, Error> {
        Ok(&self.text)
    }

    fn line_index(&'a self, _id: (), byte_index: usize) -> Result<usize, Error> {
        Ok(self.lines.partition_point(|it| it.1.start <= byte_index).saturating_sub(1))
    }

    fn line_number(&'a self, _id: (), line_index: usize) -> Result<usize, Error> {
        self.line(line_index).map(|it| it.0 as usize)
    }

    fn line_range(&'a self, _id: (), line_index: usize) -> Result<Range<usize>, Error> {
        self.line(line_index).map(|it| it.1.clone())
    }

    /// The heading names the place of the finding itself, whatever label comes first.
    fn location(&'a self, _id: (), _byte_index: usize) -> Result<Location, Error> {
        let (line, column) = self.place;
        Ok(Location { line_number: line as usize, column_number: column as usize })
    }
}

impl Snippet<'_> {
    fn line(&self, given: usize) -> Result<&(u32, Range<usize>), Error> {
        self.lines.get(given).ok_or(Error::LineTooLarge { given, max: self.lines.len() })
    }
}
