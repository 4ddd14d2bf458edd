//! How the words of a pip call change when it builds wheels, and when it installs them.

use model::{Build, Step};
use syntax::{Expansion, Span};

use crate::pip::Install;
use crate::plan::{Refusal, WHEELS};
use crate::words::without_words;

/// A part of the file and the text that takes its place.
type Edit = (Span, String);

/// Options that only an installation has.
const INSTALLING: [&str; 17] = [
    "--break-system-packages",
    "--compile",
    "--force-reinstall",
    "--ignore-installed",
    "--no-compile",
    "--no-warn-conflicts",
    "--no-warn-script-location",
    "--prefix",
    "--report",
    "--root",
    "--root-user-action",
    "--target",
    "--upgrade",
    "--upgrade-strategy",
    "--user",
    "--no-user",
    "--platform",
];

/// Options that say where packages come from or how they are built, which wheels that lie there do not ask.
const BUILDING: [&str; 19] = [
    "--build-option",
    "--build-constraint",
    "--client-cert",
    "--cert",
    "--config-settings",
    "--extra-index-url",
    "--find-links",
    "--global-option",
    "--index-url",
    "--no-binary",
    "--no-clean",
    "--only-binary",
    "--pre",
    "--prefer-binary",
    "--process-dependency-links",
    "--proxy",
    "--retries",
    "--trusted-host",
    "--use-pep517",
];

/// The changes that make wheels out of what the call installs.
pub(crate) fn building(build: &Build<'_>, install: &Install<'_, '_>) -> Result<Vec<Edit>, Refusal> {
    let call = &install.call.call;
    let Some(action) = call.action_span.filter(|it| it.of(build.file.text) == "install") else {
        return Err(Refusal::at(call.tool_span, "the action of pip is not written out"));
    };
    let mut edits = vec![(action, "wheel".to_owned())];
    let gone = without_options(build, install, &INSTALLING, &mut edits)?;
    edits.extend(without_words(build, &gone)?);
    let at = Span::at(call.option_offset as usize);
    edits.push((at, format!(" --wheel-dir={}", install.folder)));
    Ok(sorted(edits))
}

/// The changes that install the wheels.
pub(crate) fn installing(
    build: &Build<'_>,
    step: &Step<'_>,
    install: &Install<'_, '_>,
) -> Result<Vec<Edit>, Refusal> {
    let call = &install.call.call;
    let mut edits = Vec::new();
    let mut gone = without_options(build, install, &BUILDING, &mut edits)?;
    let lookup = |name: &str| step.run().and_then(|it| it.set_before(install.call, name));
    let is_set = |name: &str| match lookup(name).flatten() {
        Some(value) => !value.is_empty(),
        None => matches!(build.variable(step, name), Expansion::Value(it) if !it.is_empty()),
    };
    let mut added = String::new();
    if !call.has("--no-cache-dir") && !is_set("PIP_NO_CACHE_DIR") {
        added += " --no-cache-dir";
    }
    added += " --no-index";
    if install.by_file {
        if !call.has("--no-deps") {
            added += " --no-deps";
        }
        gone.extend(wheels_in_place(build, install, &mut edits)?);
    } else {
        added += &format!(" --find-links={WHEELS}");
    }
    edits.extend(without_words(build, &gone)?);
    edits.push((Span::at(call.option_offset as usize), added));
    let command = call.command;
    let starts_itself = command.wrappers.is_empty() && command.assignments.is_empty();
    if starts_itself && !is_set("PYTHONDONTWRITEBYTECODE") {
        // Those of pip and of the standard library, 10 MB; pip compiles what it installs all the same.
        let start = Span::at(command.span.start as usize);
        edits.push((start, "PYTHONDONTWRITEBYTECODE=1 ".to_owned()));
    }
    Ok(sorted(edits))
}

/// The wheel files in the place of all that is asked for; the result is what goes.
fn wheels_in_place(
    build: &Build<'_>,
    install: &Install<'_, '_>,
    edits: &mut Vec<Edit>,
) -> Result<Vec<Span>, Refusal> {
    const ASKING: [&str; 4] = ["--requirement", "--constraint", "--require-hashes", "--editable"];
    let call = &install.call.call;
    let options = call.options.iter().filter(|it| ASKING.contains(&&*it.name));
    let mut spans: Vec<(Span, bool)> = options.map(|it| (it.span, it.is_alone)).collect();
    spans.extend(call.operands.iter().map(|it| (it.word.span, true)));
    spans.sort();
    spans.dedup();
    if let Some(it) = spans.iter().find(|it| !it.1) {
        return Err(Refusal::at(it.0, NOT_ALONE));
    }
    let is_kept = |span: &Span| span.of(build.file.text) != "--require-hashes";
    let first = spans.iter().map(|it| it.0).find(is_kept);
    if let Some(first) = first {
        edits.push((first, format!("{}/*.whl", install.folder)));
    }
    Ok(spans.into_iter().map(|it| it.0).filter(|it| Some(*it) != first).collect())
}

const NOT_ALONE: &str = "an option of pip cannot be told apart from its neighbours";

/// The options of these names, which go; of several letters in one word the others stay.
fn without_options(
    build: &Build<'_>,
    install: &Install<'_, '_>,
    names: &[&str],
    edits: &mut Vec<Edit>,
) -> Result<Vec<Span>, Refusal> {
    let mut gone = Vec::new();
    for option in install.call.call.options.iter().filter(|it| names.contains(&&*it.name)) {
        if option.is_alone {
            gone.push(option.span);
            continue;
        }
        let letter = match &*option.name {
            "--upgrade" => 'U',
            "--ignore-installed" => 'I',
            _ => '?',
        };
        let written = option.span.of(build.file.text);
        let is_letters = written.starts_with('-') && !written.starts_with("--");
        if !is_letters || !written.contains(letter) {
            return Err(Refusal::at(option.span, NOT_ALONE));
        }
        edits.push((option.span, written.replacen(letter, "", 1)));
    }
    Ok(gone)
}

fn sorted(mut edits: Vec<Edit>) -> Vec<Edit> {
    edits.sort();
    edits
}
