//! Writes a plan as edits of the file.

use linter::Edit;
use model::{Build, Stage, Step, comments_above, without_word};
use shell::layout;
use syntax::{Keyword, PartKind, Span, line_end};

use crate::plan::{Builder, Part, Plan, Refusal, Shipped, Transfer, WHEELS};

/// The edits that make the file what the plan says.
///
/// # Errors
/// A place where the text cannot be changed without changing what the rest does.
pub fn print(build: &Build<'_>, plan: &Plan) -> Result<Vec<Edit>, Refusal> {
    let Some(stage) = build.stages.get(plan.stage) else {
        return Err(Refusal::new("the stage is not in the file"));
    };
    let mut printer = Printer { build, plan, edits: Vec::new() };
    printer.builder(stage)?;
    printer.shipped()?;
    printer.numbers(stage);
    Ok(printer.edits)
}

struct Printer<'p, 'f> {
    build: &'p Build<'f>,
    plan: &'p Plan,
    edits: Vec<Edit>,
}

impl Printer<'_, '_> {
    fn text(&self) -> &str {
        self.build.file.text
    }

    /// The new stage in front of the FROM.
    fn builder(&mut self, stage: &Stage<'_>) -> Result<(), Refusal> {
        let Some(from) = self.build.steps.get(stage.steps.start) else { return Ok(()) };
        let end = stage.image.map_or(from.instruction.span.end, |it| it.span.end);
        let head = Span { start: from.instruction.span.start, end };
        let mut lines = vec![format!("{} AS {}", head.of(self.text()), self.plan.builder_name)];
        for it in &self.plan.steps {
            let Some(step) = self.build.steps.get(it.step) else { continue };
            let own = self.builder_lines(step, &it.builder)?;
            if own.is_empty() {
                continue;
            }
            if lines.len() > 1 && self.has_blank_above(step) {
                lines.push(String::new());
            }
            if matches!(it.shipped, Shipped::Nothing) && it.above.is_empty() {
                let comments = comments_above(self.build, step);
                lines.extend(comments.iter().map(|it| it.of(self.text()).to_owned()));
            }
            lines.extend(own);
        }
        let line_end = line_end(self.text());
        let mut text = String::new();
        for line in lines {
            text += line.trim_end_matches(['\r', '\n']);
            text += line_end;
        }
        text += line_end;
        let at = self.above_from(stage, from);
        let above = self.text().get(..at).unwrap_or("").lines().next_back().unwrap_or("").trim();
        if stage.index > 0 && !above.is_empty() {
            text.insert_str(0, line_end);
        }
        self.edits.push(Edit::insert(at, text));
        Ok(())
    }

    /// Where the new stage begins. What is written above the FROM of a later stage speaks of that stage; at the top of
    /// the file it speaks of the whole.
    fn above_from(&self, stage: &Stage<'_>, from: &Step<'_>) -> usize {
        let comments = comments_above(self.build, from);
        let is_apart = |it: &&Span| {
            stage.index > 0 || !self.text().get(..it.start as usize).unwrap_or("").trim().is_empty()
        };
        let start = match comments.first().filter(is_apart) {
            Some(comment) => comment.start,
            None => from.instruction.span.start,
        };
        let before = self.text().get(..start as usize).unwrap_or("");
        before.rfind('\n').map_or(0, |it| it + 1).max(if before.starts_with('\u{feff}') {
            3
        } else {
            0
        })
    }

    fn builder_lines(&self, step: &Step<'_>, builder: &Builder) -> Result<Vec<String>, Refusal> {
        let own = || step.instruction.span.of(self.text()).to_owned();
        Ok(match builder {
            Builder::Nothing => Vec::new(),
            Builder::Same => vec![own()],
            Builder::Lines(lines) => lines.clone(),
            Builder::Part(part) => {
                let edits = self.part_edits(step, part)?;
                vec![applied(self.text(), step.instruction.span, edits)]
            }
            Builder::Behind(before, rest) => {
                let mut lines = before.clone();
                lines.extend(self.builder_lines(step, rest)?);
                lines
            }
        })
    }

    fn has_blank_above(&self, step: &Step<'_>) -> bool {
        let parts = &self.build.file.parts;
        let own = parts.iter().position(|it| it.span.contains(step.instruction.span));
        let before = parts.get(..own.unwrap_or(0)).unwrap_or(&[]).iter().rev();
        let mut before = before.skip_while(|it| it.kind == PartKind::Comment);
        before.next().is_some_and(|it| it.kind == PartKind::Blank)
    }

    fn part_edits(&self, step: &Step<'_>, part: &Part) -> Result<Vec<(Span, String)>, Refusal> {
        let mut edits = part.edits.clone();
        let place = step.instruction.keyword_span;
        if !part.without.is_empty() {
            let script = step.run().and_then(|it| it.scripts.first());
            let removed = script.and_then(|it| layout::remove_many(it, self.text(), &part.without));
            let Some(removed) = removed else {
                return Err(Refusal::at(place, "the commands of a RUN depend on each other"));
            };
            edits.extend(removed);
        }
        for flag in &part.without_flags {
            let Some(edit) = without_word(self.build, *flag) else {
                return Err(Refusal::at(*flag, "a flag cannot be taken out"));
            };
            edits.push(edit);
        }
        edits.sort();
        let overlap = edits.windows(2).any(|it| match it {
            [one, other] => one.0.end > other.0.start,
            _ => false,
        });
        if overlap {
            return Err(Refusal::at(place, "the words of a command cannot be told apart"));
        }
        Ok(edits)
    }

    /// The changes of the stage itself.
    fn shipped(&mut self) -> Result<(), Refusal> {
        let installing: Vec<usize> = self
            .plan
            .steps
            .iter()
            .filter(|it| matches!(it.shipped, Shipped::Part(_, Some(_))))
            .map(|it| it.step)
            .collect();
        let mut removed: Vec<&Step<'_>> = Vec::new();
        for it in &self.plan.steps {
            let Some(step) = self.build.steps.get(it.step) else { continue };
            let above = it.above.join(line_end(self.text()));
            let is_replaced = matches!(it.shipped, Shipped::Nothing) && !above.is_empty();
            if is_replaced {
                self.edits.push(Edit::replace(step.instruction.span, above));
                continue;
            }
            if !above.is_empty() {
                let start = step.instruction.span.start as usize;
                self.edits.push(Edit::insert(start, above + line_end(self.text())));
            }
            match &it.shipped {
                Shipped::Same => {}
                Shipped::Nothing => removed.push(step),
                Shipped::Part(part, folder) => {
                    let mut edits = self.part_edits(step, part)?;
                    if folder.is_some() {
                        let is_first = installing.first() == Some(&it.step);
                        let is_last = installing.last() == Some(&it.step);
                        self.hand_over(step, part, (is_first, is_last), &mut edits)?;
                    }
                    edits.sort();
                    self.edits.extend(edits.into_iter().map(|it| Edit::replace(it.0, it.1)));
                }
            }
        }
        self.remove(&removed);
        if let Some((span, text)) = &self.plan.retag {
            self.edits.push(Edit::replace(*span, text.as_str()));
        }
        Ok(())
    }

    /// Takes whole instructions out, with the comments above them; of the blank lines around them one remains.
    fn remove(&mut self, steps: &[&Step<'_>]) {
        let parts = &self.build.file.parts;
        let kind = |index: usize| parts.get(index).map(|it| it.kind);
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for step in steps {
            let Some(own) = parts.iter().position(|it| it.span.contains(step.instruction.span))
            else {
                continue;
            };
            let mut first = own;
            while first > 0 && kind(first - 1) == Some(PartKind::Comment) {
                first -= 1;
            }
            // What stands between two that go is blank, or it stays.
            let last = ranges
                .last_mut()
                .filter(|it| (it.1 + 1..first).all(|index| kind(index) == Some(PartKind::Blank)));
            match last {
                Some(last) => last.1 = own,
                None => ranges.push((first, own)),
            }
        }
        for (first, mut end) in ranges {
            let mut first = first;
            let is_blank =
                |index: Option<usize>| index.is_some_and(|it| kind(it) == Some(PartKind::Blank));
            if is_blank(first.checked_sub(1)) {
                while is_blank(Some(end + 1)) {
                    end += 1;
                }
                if end + 1 == parts.len() {
                    first -= 1;
                }
            }
            if let (Some(from), Some(to)) = (parts.get(first), parts.get(end)) {
                self.edits.push(Edit::delete(from.span.to(to.span)));
            }
        }
    }

    /// Brings the wheels to a RUN that installs them.
    fn hand_over(
        &mut self,
        step: &Step<'_>,
        part: &Part,
        (is_first, is_last): (bool, bool),
        edits: &mut Vec<(Span, String)>,
    ) -> Result<(), Refusal> {
        let name = &self.plan.builder_name;
        let place = step.instruction.keyword_span;
        if self.plan.transfer == Transfer::Copy {
            if is_first {
                let line = format!("COPY --from={name} {WHEELS} {WHEELS}{}", line_end(self.text()));
                self.edits.push(Edit::insert(step.instruction.span.start as usize, line));
            }
            if is_last {
                let script = step.run().and_then(|it| it.scripts.first());
                let kept = script.and_then(|script| {
                    let items = script.items.iter().enumerate();
                    items.filter(|it| !part.without.contains(&it.0)).map(|it| it.1.span).next_back()
                });
                let Some(last) = kept else {
                    return Err(Refusal::at(place, "a RUN is not understood"));
                };
                let escape = self.build.file.escape;
                let joint = format!(" {escape}{}    && rm -rf {WHEELS}", line_end(self.text()));
                edits.push((Span::at(last.end as usize), joint));
            }
            return Ok(());
        }
        let flags = &step.instruction.flags;
        let kept = flags.iter().find(|it| !part.without_flags.contains(&it.span));
        let mount = format!("--mount=type=bind,from={name},source={WHEELS},target={WHEELS}");
        let script = step.run().and_then(|it| it.scripts.first());
        if let Some(heredoc) = step.instruction.heredocs.first() {
            let at = kept.map_or(heredoc.span.start, |it| it.span.start);
            edits.push((Span::at(at as usize), format!("{mount} ")));
            return Ok(());
        }
        let first_item =
            script.and_then(|it| it.items.first()).map_or(place.end, |it| it.span.start);
        if let Some(flag) = flags.first().filter(|_| kept.is_none()) {
            let behind = Span { start: flag.span.end, end: first_item };
            let removal = edits.iter_mut().find(|it| it.0.contains(flag.span));
            if let Some(removal) = removal.filter(|_| behind.of(self.text()).contains('\n')) {
                // On a line of its own, one flag takes the place of the other.
                *removal = (flag.span, mount);
                return Ok(());
            }
        }
        let start = kept.map(|it| it.span.start);
        let start = start.or(script.and_then(|it| it.items.first()).map(|it| it.span.start));
        let Some(start) = start else {
            return Err(Refusal::at(place, "a RUN is not understood"));
        };
        let head = Span { start: place.end, end: start };
        let is_on_own_line = head.of(self.text()).contains('\n');
        let escape = self.build.file.escape;
        let indentation =
            if is_on_own_line { own_indentation(head.of(self.text())) } else { "    " };
        let text = format!("{mount} {escape}{}{indentation}", line_end(self.text()));
        edits.push((Span::at(start as usize), text));
        Ok(())
    }

    /// Stages that are named by their number count one more.
    fn numbers(&mut self, stage: &Stage<'_>) {
        for step in &self.build.steps {
            let Some(flag) = step.instruction.flag("from") else { continue };
            let is_copy = step.instruction.keyword == Keyword::Copy;
            let number = flag.value.as_deref().and_then(|it| it.parse::<usize>().ok());
            if let Some(number) = number.filter(|it| is_copy && *it >= stage.index) {
                self.edits.push(Edit::replace(flag.value_span, (number + 1).to_string()));
            }
        }
    }
}

/// The blanks that the last line of `head` begins with.
fn own_indentation(head: &str) -> &str {
    head.rsplit('\n').next().unwrap_or("    ")
}

/// The text of a span with the edits made, which are sorted and disjoint.
fn applied(file: &str, span: Span, edits: Vec<(Span, String)>) -> String {
    let mut res = String::new();
    let mut at = span.start as usize;
    for (place, text) in edits {
        res += file.get(at..place.start as usize).unwrap_or("");
        res += &text;
        at = place.end as usize;
    }
    res += file.get(at..span.end as usize).unwrap_or("");
    res
}
