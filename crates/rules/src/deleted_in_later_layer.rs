//! What an earlier layer added is removed in a later one.

use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use model::estimate::{readable, removed_late};
use model::layer::{Removal, late_removals};
use model::{Build, CopyFrom, Step, join, path, wheel_folder};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "deleted-in-later-layer",
    severity: Severity::Warning,
    repair: Repair::SafeOrUnsafe,
    aliases: &[],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/deleted-in-later-layer.md"),
    check,
};

/// A RUN with more than this many joined would be harder to read than its size is worth.
const MAX_JOINED: usize = 8;

/// Less is not worth a word about its size.
const LEAST_BYTES: u64 = 1_000_000;

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let mut reported = std::collections::HashSet::new();
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        for mut removal in late_removals(build, step, run) {
            removal.added.retain(|it| {
                let written = it.span.of(build.file.text);
                let is_copied = build.steps.get(it.step).is_some_and(|it| it.copy().is_some());
                removal.is_packages || matters(&it.name) && (!is_copied || matters(written))
            });
            // Wheels that are copied to be installed are better mounted than removed.
            let are_wheels =
                |it: usize| build.steps.get(it).is_some_and(|it| wheel_folder(build, it).is_some());
            removal.added.retain(|it| !are_wheels(it.step));
            // The first removal says it.
            removal.added.retain(|it| reported.insert((it.name.clone(), it.step)));
            if !removal.added.is_empty() {
                report(build, step, &removal, reports);
            }
        }
    }
}

fn report(build: &Build<'_>, step: &Step<'_>, removal: &Removal, reports: &mut Reports<'_>) {
    let names: Vec<String> = removal.added.iter().map(|it| format!("`{}`", it.name)).collect();
    let shown = match names.as_slice() {
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
        [] => return,
    };
    let is_secret = removal.added.iter().any(|it| is_secret(&it.name));
    let is_one = removal.added.len() == 1;
    let (stay, them) = if is_one { ("stays", "it") } else { ("stay", "them") };
    let verb = if removal.is_packages { "installed here" } else { "added here" };
    let first = removal.added.iter().map(|it| it.step).min();
    let is_copied = removal
        .added
        .iter()
        .any(|it| build.steps.get(it.step).is_some_and(|it| it.copy().is_some()));
    let is_from_stage = removal.added.iter().any(|it| {
        let copy = build.steps.get(it.step).and_then(|it| it.copy());
        copy.is_some_and(|it| it.from != CopyFrom::Context)
    });
    let size = removed_late(build, removal).filter(|it| *it >= LEAST_BYTES).map(readable);
    let of_size = size.map_or(String::new(), |it| format!(", {it},"));
    let message = format!(
        "{shown}{of_size} {stay} in an earlier layer, so removing {them} here frees nothing"
    );
    let report = reports.report(removal.span, message);
    let mut labelled: Vec<usize> = Vec::new();
    for it in &removal.added {
        if !labelled.contains(&it.step) {
            labelled.push(it.step);
            report.label(it.span, verb);
        }
    }
    if is_secret {
        report.note("whoever has the image can still read it from that layer; use a secret mount");
    } else if is_from_stage {
        report.note("remove it in the stage that it comes from, or copy only what is needed");
    } else if is_copied {
        report.note("mount it for the RUN that needs it (`RUN --mount=type=bind`); where none does, leave it out by .dockerignore");
    } else {
        report.note("add and remove in one RUN, or do it in a builder stage");
    }
    report.fix_if(first.and_then(|it| fix(build, it, step.index)));
}

fn fix(build: &Build<'_>, first: usize, last: usize) -> Option<Fix> {
    let edits = join(build, first, last, None).filter(|_| last - first < MAX_JOINED)?;
    let edits = edits.into_iter().map(|(span, text)| Edit::replace(span, text));
    Some(Fix::safe("Join the RUNs from where it is added to where it is removed", edits))
}

/// Not a small text file, whose removal is about order rather than size.
fn matters(path: &str) -> bool {
    // These scripts carry what they install.
    const LARGE: [&str; 5] = ["conda", "forge", "x86_64", "aarch64", "cuda"];
    const SMALL: &str = ".txt .toml .lock .sh .py .yml .yaml .json .cfg .ini .md .conf .in .list .asc .gpg .repo .sql \
        .c .h .cpp .patch .diff .template .xml .html .js .key .pub .pem .crt .env.example";
    let name = path::file_name(path);
    let is_large =
        name.ends_with(".sh") && LARGE.iter().any(|it| name.to_ascii_lowercase().contains(it));
    let is_small = SMALL.split(' ').any(|it| name.ends_with(it)) && !is_large
        || matches!(name, "Pipfile" | "Makefile" | "Dockerfile");
    is_secret(path) || !is_small
}

fn is_secret(path: &str) -> bool {
    let name = path::file_name(path);
    matches!(
        name,
        "id_rsa"
            | "id_ed25519"
            | "id_dsa"
            | ".netrc"
            | ".pypirc"
            | ".env"
            | ".npmrc"
            | ".git-credentials"
            | ".ssh"
            | "pip.conf"
    )
}
