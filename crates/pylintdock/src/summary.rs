//! The last lines: what was created and found, and what `--fix` can do about it.

use crate::report::{Tally, count};

/// For a run that only reports.
pub(crate) fn found(tally: &Tally, allows_unsafe: bool) -> String {
    if tally.n_found() == 0 {
        let files = count(tally.n_checked, "file");
        let new = if tally.n_known + tally.n_unchanged > 0 { "new " } else { "" };
        return format!("No {new}problems found in {files}.\n{}", left_out(tally));
    }
    let (files, severities) = (count(tally.n_files, "file"), severities(tally));
    let found = count(tally.n_found(), "problem");
    let fixable = fixable(tally, allows_unsafe);
    format!("Found {found} in {files} ({severities}){fixable}\n{}", left_out(tally))
}

/// For a run with `--add-ignore`, which also may only show what it would do.
pub(crate) fn silenced(tally: &Tally, is_preview: bool) -> String {
    let verb = if is_preview { "Would silence" } else { "Silenced" };
    let (n_silenced, n_files) = (tally.n_fixed, tally.n_files_fixed);
    let silenced = format!("{verb} {} in {}", count(n_silenced, "problem"), count(n_files, "file"));
    match tally.n_found() {
        0 if n_silenced == 0 => format!("Nothing to silence.\n{}", left_out(tally)),
        0 => format!("{silenced}; no problem is left.\n{}", left_out(tally)),
        left => format!(
            "{silenced}; {} in {} left that no comment can silence.\n{}",
            count(left, "problem"),
            count(tally.n_files, "file"),
            left_out(tally)
        ),
    }
}

/// A line for what was found and does not count, and one for what a baseline need not have any more.
fn left_out(tally: &Tally) -> String {
    let mut parts = Vec::new();
    if tally.n_known > 0 {
        parts.push(format!("{} that the baseline knows", tally.n_known));
    }
    if tally.n_unchanged > 0 {
        parts.push(format!("{} that were there already", tally.n_unchanged));
    }
    let mut res = String::new();
    if !parts.is_empty() {
        res += &format!("Left out: {}.\n", parts.join(", "));
    }
    let gone = |n: usize, why: &str| match n {
        0 => String::new(),
        1 => format!(
            "1 problem of the baseline is gone{why}; write it anew with --write-baseline to forget it.\n"
        ),
        _ => format!(
            "{n} problems of the baseline are gone{why}; write it anew with --write-baseline to forget them.\n"
        ),
    };
    res += &gone(tally.n_gone, "");
    res + &gone(tally.n_deleted, " with the Dockerfile")
}

/// What `--diff-base` has compared with.
pub(crate) fn compared(revision: &str) -> String {
    format!(
        "Compared with {revision}: what stands on changed lines or was not found there is new.\n"
    )
}

/// For a run with `--fix`.
pub(crate) fn fixed(tally: &Tally, allows_unsafe: bool) -> String {
    repaired("Fixed", tally, allows_unsafe)
}

/// For a run with `--diff`.
pub(crate) fn would_fix(tally: &Tally, allows_unsafe: bool) -> String {
    repaired("Would fix", tally, allows_unsafe)
}

fn repaired(verb: &str, tally: &Tally, allows_unsafe: bool) -> String {
    let applied = if tally.n_fixed == 0 {
        "Nothing to fix".to_owned()
    } else {
        let (fixed, files) = (count(tally.n_fixed, "problem"), count(tally.n_files_fixed, "file"));
        let verb_of_files = if verb == "Fixed" { "Created" } else { "Would create" };
        let created = tally.created.iter().map(|it| format!("{verb_of_files} `{it}`.\n"));
        format!("{}{verb} {fixed} in {files}", created.collect::<String>())
    };
    match tally.n_found() {
        0 => {
            let new = if tally.n_known + tally.n_unchanged > 0 { "new " } else { "" };
            format!("{applied}; no {new}problem is left.\n{}", left_out(tally))
        }
        left => format!(
            "{applied}; {} in {} left ({}){}\n{}",
            count(left, "problem"),
            count(tally.n_files, "file"),
            severities(tally),
            fixable(tally, allows_unsafe),
            left_out(tally)
        ),
    }
}

fn severities(tally: &Tally) -> String {
    let parts = [(tally.n_errors, "error"), (tally.n_warnings, "warning"), (tally.n_infos, "info")];
    let parts: Vec<String> = parts
        .iter()
        .filter(|it| it.0 > 0)
        // "Info" has no plural.
        .map(|it| if it.1 == "info" { format!("{} info", it.0) } else { count(it.0, it.1) })
        .collect();
    parts.join(", ")
}

fn fixable(tally: &Tally, allows_unsafe: bool) -> String {
    match (tally.n_safe, tally.n_unsafe) {
        (0, 0) => String::new(),
        (safe, 0) => format!("; {safe} fixable with --fix"),
        (safe, risky) if allows_unsafe => {
            format!("; {} fixable with --fix --unsafe-fixes", safe + risky)
        }
        (0, risky) => format!("; {risky} fixable with --fix --unsafe-fixes"),
        (safe, risky) => format!("; {safe} fixable with --fix, {risky} more with --unsafe-fixes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_fixed_is_said() {
        let mut tally = Tally { n_checked: 3, ..Tally::default() };
        assert_eq!(found(&tally, false), "No problems found in 3 files.\n");
        tally = Tally { n_errors: 3, n_warnings: 2, n_files: 2, n_safe: 4, n_unsafe: 1, ..tally };
        assert_eq!(
            found(&tally, false),
            "Found 5 problems in 2 files (3 errors, 2 warnings); 4 fixable with --fix, 1 more with --unsafe-fixes\n"
        );
        assert_eq!(
            found(&tally, true),
            "Found 5 problems in 2 files (3 errors, 2 warnings); 5 fixable with --fix --unsafe-fixes\n"
        );
        tally = Tally {
            n_infos: 1,
            n_files: 1,
            n_unsafe: 1,
            n_fixed: 1,
            n_files_fixed: 1,
            ..Tally::default()
        };
        assert_eq!(
            fixed(&tally, false),
            "Fixed 1 problem in 1 file; 1 problem in 1 file left (1 info); 1 fixable with --fix --unsafe-fixes\n"
        );
        let created = Tally { created: vec!["a/.dockerignore".to_owned()], ..tally.clone() };
        assert_eq!(
            fixed(&created, false),
            "Created `a/.dockerignore`.\nFixed 1 problem in 1 file; 1 problem in 1 file left (1 info); 1 fixable with --fix --unsafe-fixes\n"
        );
        assert_eq!(
            would_fix(&tally, true),
            "Would fix 1 problem in 1 file; 1 problem in 1 file left (1 info); 1 fixable with --fix --unsafe-fixes\n"
        );
    }
}
