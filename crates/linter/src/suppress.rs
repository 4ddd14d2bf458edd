//! Comments that silence rules: our own, hadolint's, and BuildKit's `# check=skip=`.

use syntax::{File, Instruction, Keyword, Span, closest};

use crate::{Diagnostic, Edit, Fix, Input, Repair, Reports, Rule, Settings, Severity};

/// The engine's own rule: a suppression that hides nothing.
pub static SUPPRESSION_UNUSED: Rule = Rule {
    name: "suppression-unused",
    severity: Severity::Warning,
    repair: Repair::Safe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/suppression-unused.md"),
    // Only the engine knows what was hidden; see `apply`.
    check: |_, _| {},
};

/// One name in one comment.
struct Suppression<'t> {
    /// A rule's name or alias; `None` silences all.
    name: Option<&'t str>,
    name_span: Span,
    /// The comment that it stands in.
    comment: Span,
    /// What it covers; `None` is the whole file.
    covers: Option<Span>,
    /// Written for this program, so that being unused is worth a word.
    is_ours: bool,
    /// What is missing in the comment, said with the first of its names, and how to write it.
    missing: Option<Missing>,
    is_used: bool,
}

/// A sign that a comment lacks.
struct Missing {
    message: &'static str,
    note: &'static str,
    fix: Fix,
}

/// The comments of one file.
#[derive(Default)]
struct Comments<'t> {
    suppressions: Vec<Suppression<'t>>,
    /// Comments for this program that silence nothing, with what is wrong with them.
    faulty: Vec<(Span, &'static str)>,
}

/// Removes what comments silence from `found`, and reports suppressions that hide nothing.
pub(crate) fn apply(
    rules: &[&'static Rule],
    input: &Input<'_>,
    file: &File<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let settings = input.settings;
    let Comments { mut suppressions, faulty } = read(rules, file);
    if suppressions.is_empty() && faulty.is_empty() {
        return;
    }
    found.retain(|diagnostic| {
        let rule = rules.iter().find(|it| it.name == diagnostic.rule);
        let start = Span::at(diagnostic.span.start as usize);
        let mut is_hidden = false;
        for it in &mut suppressions {
            let covers_it = it.covers.is_none_or(|span| span.contains(start));
            let names_it = || match (it.name, rule) {
                (Some(name), Some(rule)) => rule.answers_to(name),
                (Some(_), None) => false,
                (None, _) => true,
            };
            if covers_it && names_it() {
                it.is_used = true;
                is_hidden = true;
            }
        }
        !is_hidden
    });
    if settings.is_on(&SUPPRESSION_UNUSED) {
        let mut reports = Reports::new(&SUPPRESSION_UNUSED, settings, input.today, found);
        report_unused(rules, settings, file, &suppressions, &mut reports);
        report_malformed(&suppressions, &faulty, &mut reports);
    }
}

/// A comment without brackets is understood if a rule's name comes first, and one without the colon if it has brackets, so
/// that adding these changes nothing else.
fn report_malformed(
    suppressions: &[Suppression<'_>],
    faulty: &[(Span, &'static str)],
    reports: &mut Reports<'_>,
) {
    for it in suppressions {
        if let Some(Missing { message, note, fix }) = &it.missing {
            reports.report(it.name_span, *message).note(*note).fix(fix.clone());
        }
    }
    for (comment, message) in faulty {
        reports
            .report(*comment, *message)
            .note("write `# pylintdock: ignore[RULE]`; `pylintdock rule` lists all names");
    }
}

fn report_unused(
    rules: &[&'static Rule],
    settings: &Settings,
    file: &File<'_>,
    suppressions: &[Suppression<'_>],
    reports: &mut Reports<'_>,
) {
    for it in suppressions.iter().filter(|it| it.is_ours && !it.is_used) {
        let Some(name) = it.name else { continue };
        let Some(rule) = rules.iter().find(|rule| rule.answers_to(name)) else {
            let names = rules.iter().map(|it| it.name);
            let note = match closest(name, names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`pylintdock rule` lists all names".to_owned(),
            };
            reports.report(it.name_span, format!("no rule is named `{name}`")).note(note);
            continue;
        };
        // Once it is written as it should be it will be looked at again.
        if it.missing.is_some() {
            continue;
        }
        // A rule that is switched off cannot use its suppressions.
        if !settings.is_on(rule) {
            continue;
        }
        let n_names = suppressions.iter().filter(|other| other.comment == it.comment).count();
        reports
            .report(it.name_span, format!("this suppression of `{name}` hides nothing"))
            .note("what it silenced is gone; a left-over suppression would hide the next mistake")
            .fix(Fix::safe(
                format!("Remove the suppression of `{name}`"),
                [removal(file.text, it, n_names)],
            ));
    }
}

/// Deletes the whole comment line when it names only this, else the name with its comma.
fn removal(text: &str, it: &Suppression<'_>, n_names: usize) -> Edit {
    if n_names == 1 {
        let line_start = text[..it.comment.start as usize].rfind('\n').map_or(0, |it| it + 1);
        let rest = &text[it.comment.end as usize..];
        let line_end = it.comment.end as usize + rest.find('\n').map_or(rest.len(), |it| it + 1);
        return Edit::delete(Span::new(line_start, line_end));
    }
    let mut span = it.name_span;
    let after = &text[span.end as usize..it.comment.end as usize];
    let trimmed = after.trim_start();
    if let Some(rest) = trimmed.strip_prefix(',') {
        span.end += (after.len() - rest.trim_start().len()) as u32;
    } else {
        let before = &text[it.comment.start as usize..span.start as usize];
        let kept = before.trim_end().trim_end_matches(',');
        span.start = it.comment.start + kept.len() as u32;
    }
    Edit::delete(span)
}

fn read<'t>(rules: &[&'static Rule], file: &File<'t>) -> Comments<'t> {
    let mut res = Comments::default();
    for directive in &file.directives {
        if directive.name.eq_ignore_ascii_case("check") {
            let fields = directive.value.split(';');
            for names in fields.filter_map(|it| it.trim().strip_prefix("skip=")) {
                let none = (directive.span, None);
                names_into(file.text, names, none, false, &mut res.suppressions);
            }
        }
    }
    for comment in &file.comments {
        let text = comment.of(file.text).trim_start_matches('#').trim_start();
        if let Some(rest) = text.strip_prefix("pylintdock:") {
            ours(rules, file, *comment, rest.trim_start(), &mut res);
        } else if let Some(rest) = text.strip_prefix("pylintdock").filter(|it| lacks_colon(it)) {
            let n_before = res.suppressions.len();
            ours(
                rules,
                file,
                *comment,
                rest.trim_start().trim_start_matches(':').trim_start(),
                &mut res,
            );
            if let Some(first) = res.suppressions.get_mut(n_before) {
                let end = rest.as_ptr() as usize - file.text.as_ptr() as usize;
                let blank = rest.len() - rest.trim_start_matches([' ', '\t', ':']).len();
                let colon = Edit::replace(Span::new(end, end + blank), ": ");
                let fix = Fix::safe("Write the colon", [colon]);
                first.missing = Some(Missing {
                    message: "a colon belongs behind `pylintdock` here",
                    note: "it is written `# pylintdock: ignore[RULE] reason`",
                    fix,
                });
            }
        } else if let Some(rest) = text.strip_prefix("hadolint") {
            hadolint(file, *comment, rest, &mut res.suppressions);
        }
    }
    res
}

/// Whether what follows our name is `ignore[…]` or `ignore-file[…]` without the colon that belongs right in front.
fn lacks_colon(rest: &str) -> bool {
    let Some(names) = rest.trim_start_matches([' ', '\t', ':']).strip_prefix("ignore") else {
        return false;
    };
    let names = names.strip_prefix("-file").unwrap_or(names).trim_start();
    rest.starts_with([' ', '\t']) && names.starts_with('[')
}

fn ours<'t>(
    rules: &[&'static Rule],
    file: &File<'t>,
    comment: Span,
    rest: &'t str,
    res: &mut Comments<'t>,
) {
    let (covers, rest) = match rest.strip_prefix("ignore-file") {
        Some(rest) => (None, rest),
        None => match rest.strip_prefix("ignore") {
            Some(rest) => (Some(covered(file, comment)), rest),
            None => {
                let looks_like_one = rest.split_once('[').is_some_and(|(word, _)| {
                    let is_letter = |it: u8| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_');
                    !word.is_empty() && word.bytes().all(is_letter)
                });
                if looks_like_one {
                    res.faulty
                        .push((comment, "only `ignore[…]` and `ignore-file[…]` silence rules"));
                }
                return;
            }
        },
    };
    let names = rest.trim_start().strip_prefix('[').and_then(|it| it.split_once(']'));
    let n_before = res.suppressions.len();
    match names {
        Some((names, _reason)) => {
            names_into(file.text, names, (comment, covers), true, &mut res.suppressions);
        }
        None => {
            let names = bare_names(rules, rest);
            names_into(file.text, names, (comment, covers), true, &mut res.suppressions);
            if let Some(first) = res.suppressions.get_mut(n_before) {
                let start = rest.as_ptr() as usize - file.text.as_ptr() as usize;
                let open = Edit::replace(Span::new(start, first.name_span.start as usize), "[");
                let end = names.as_ptr() as usize - file.text.as_ptr() as usize + names.len();
                let close = Edit::insert(end, "]");
                let fix = Fix::safe("Write the brackets", [open, close]);
                first.missing = Some(Missing {
                    message: "the names of rules belong in brackets here",
                    note: "what follows the brackets is the reason",
                    fix,
                });
            }
        }
    }
    if res.suppressions.len() == n_before {
        res.faulty.push((comment, "this comment names no rule, so it silences nothing"));
    }
}

/// The names of rules, separated by commas, that a text without brackets begins with.
fn bare_names<'t>(rules: &[&'static Rule], text: &'t str) -> &'t str {
    let names = text.trim_start_matches([' ', '\t', '=', ':']);
    let mut end = 0;
    let mut rest = names;
    loop {
        let name = rest.split([' ', '\t', ',', ':']).next().unwrap_or("");
        if name != "all" && !rules.iter().any(|it| it.answers_to(name)) {
            break;
        }
        end = names.len() - rest.len() + name.len();
        let Some(following) = rest[name.len()..].trim_start().strip_prefix(',') else { break };
        rest = following.trim_start();
    }
    &names[..end]
}

fn hadolint<'t>(file: &File<'t>, comment: Span, rest: &'t str, res: &mut Vec<Suppression<'t>>) {
    let rest = rest.trim_start();
    let (is_global, rest) = match rest.strip_prefix("global") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, rest),
    };
    let Some(names) = rest.strip_prefix("ignore").map(str::trim_start) else { return };
    let Some(names) = names.strip_prefix('=') else { return };
    let covers = (!is_global).then(|| covered(file, comment));
    names_into(file.text, names, (comment, covers), false, res);
}

fn names_into<'t>(
    text: &'t str,
    names: &'t str,
    (comment, covers): (Span, Option<Span>),
    is_ours: bool,
    res: &mut Vec<Suppression<'t>>,
) {
    for name in names.split(',') {
        // A reason may follow the last name of a foreign suppression.
        let name = name.split_whitespace().next().unwrap_or("");
        if name.is_empty() {
            continue;
        }
        let start = name.as_ptr() as usize - text.as_ptr() as usize;
        res.push(Suppression {
            name: (!name.eq_ignore_ascii_case("all")).then_some(name),
            name_span: Span::new(start, start + name.len()),
            comment,
            covers,
            is_ours,
            missing: None,
            is_used: false,
        });
    }
}

/// What a comment above or inside an instruction covers: the instruction, or the whole stage above a FROM.
pub(crate) fn covered(file: &File<'_>, comment: Span) -> Span {
    let instructions = &file.instructions;
    let next = instructions.partition_point(|it| it.span.end <= comment.start);
    let Some(instruction) = instructions.get(next) else { return comment };
    let first_line = comment.to(instruction.span);
    let is_above = comment.end <= instruction.span.start;
    if instruction.keyword != Keyword::From || !is_above {
        return first_line;
    }
    let is_from = |it: &&Instruction<'_>| it.keyword == Keyword::From;
    match instructions[next + 1..].iter().find(is_from) {
        Some(following) => Span { start: comment.start, end: following.span.start },
        None => Span { start: comment.start, end: file.text.len() as u32 },
    }
}
