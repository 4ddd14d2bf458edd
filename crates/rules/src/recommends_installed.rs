//! apt-get installs recommended packages into a shipped stage.

use knowledge::image::Answer;
use linter::{Edit, Fix, Repair, Reports, Rule, Severity};
use managers::system::{apt_setting, has_unknown_packages, leaves_out_recommends, packages};
use managers::{Action, Tool};
use model::{Build, Run, RunCall, Step, cleanup, estimate};

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "recommends-installed",
    severity: Severity::Info,
    repair: Repair::Unsafe,
    aliases: &["DL3015"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/recommends-installed.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    for (step, run) in build.runs().filter(|it| build.is_shipped(it.0)) {
        for call in run.calls.iter().filter(|it| installs_recommends(it)) {
            if is_configured(build, step, run, call) {
                continue;
            }
            let fix = fix(build, step, run, call);
            let spoken = call.spoken(build.file.text);
            let size = estimate::recommended(build, step, call);
            let size = size.map_or(String::new(), |it| format!(", {it}"));
            reports
                .report(call.head(), format!("`{spoken}` also installs recommended packages{size}"))
                .note("name those that the image needs, and leave the others out with `--no-install-recommends`")
                .fix_if(fix);
        }
    }
}

/// Recommended packages without which the other one is of little use (package, what it needs): gcc finds no header,
/// autoreconf no automake, pip cannot build what has no wheel, add-apt-repository reads no key, and the others trust no certificate.
const NEEDED: [(&str, &str); 11] = [
    ("gcc", "libc6-dev"),
    ("clang", "libc6-dev"),
    ("curl", "ca-certificates"),
    ("wget", "ca-certificates"),
    ("git", "ca-certificates"),
    ("autoconf", "automake"),
    ("python-pip", "python-dev"),
    ("python-pip", "python-setuptools"),
    ("python3-pip", "python3-dev"),
    ("python3-pip", "python3-setuptools"),
    ("software-properties-common", "gnupg"),
];

/// Packages whose recommended ones a build commonly needs without naming them, and one that shows that it does name
/// them: pip and npm's node-gyp recommend a compiler, cmake gcc and make. Source: the packages' own Recommends in Debian
/// and Ubuntu.
const NEEDS_MORE: [(&str, &str); 4] = [
    ("python-pip", "build-essential"),
    ("python3-pip", "build-essential"),
    ("npm", "build-essential"),
    ("cmake", "build-essential"),
];

/// Adds the option, and by name what is certainly needed of the packages that it leaves out.
fn fix(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, call: &RunCall<'_>) -> Option<Fix> {
    let (span, text) = cleanup::with_option(build, run, call, "--no-install-recommends")?;
    let mut edits = vec![Edit::replace(span, text)];
    let names: Vec<&str> = packages(&call.call).map(|it| it.name).collect();
    let is_named = |name: &str| names.contains(&name);
    // These bring the headers of the C library as dependencies.
    let has_headers = is_named("build-essential") || is_named("g++");
    let image = build.stage(step).and_then(|it| build.image(it));
    let has_certificates = image.is_some_and(|it| it.python.is_official());
    let has_compiler = image.is_some_and(|it| it.has_compiler == Answer::Yes);
    let is_sure = |it: &str| is_named(it) || it == "build-essential" && has_compiler;
    if NEEDS_MORE.iter().any(|it| is_named(it.0) && !is_sure(it.1)) {
        return None;
    }
    let mut added: Vec<&str> = Vec::new();
    for (package, needed) in NEEDED {
        let is_there = match needed {
            "libc6-dev" => has_headers,
            "ca-certificates" => has_certificates,
            "automake" => has_compiler,
            _ => false,
        };
        if is_named(package) && !is_named(needed) && !is_there && !added.contains(&needed) {
            added.push(needed);
        }
    }
    let removes = |it: &RunCall<'_>| {
        matches!(it.call.action, Action::Remove | Action::Purge | Action::AutoRemove)
    };
    // What is named stays when the package that needed it is removed with all that came along.
    if !added.is_empty() && run.calls.iter().any(removes) {
        return None;
    }
    let mut title = "Add --no-install-recommends".to_owned();
    if !added.is_empty() {
        let last = call.call.operands.last()?;
        // A list that comes out of a variable cannot be added to.
        if last.span.of(build.file.text) != last.text()? {
            return None;
        }
        let (span, text) = cleanup::words_behind(build, last.span, &added);
        edits.push(Edit::replace(span, text));
        title = format!("{title}, and name {}", model::listed(&added));
    }
    let reason = "what a recommended package does for the program would be missing";
    Some(Fix::unsafe_because(title, reason, edits))
}

fn installs_recommends(call: &RunCall<'_>) -> bool {
    let call = &call.call;
    // An explicit yes is a decision.
    let is_decided = call.has("--install-recommends")
        || call.has("--recommends")
        || apt_setting(call, "APT::Install-Recommends").is_some();
    matches!(call.tool, Tool::AptGet | Tool::Apt)
        && call.action == Action::Install
        // `apt-get install -f` names none.
        && (packages(call).next().is_some() || has_unknown_packages(call))
        && !leaves_out_recommends(call)
        && !is_decided
        && !call.has("--help")
}

/// A file below `/etc/apt` that an earlier command or COPY wrote switches them off.
fn is_configured(build: &Build<'_>, step: &Step<'_>, run: &Run<'_>, call: &RunCall<'_>) -> bool {
    const SETTING: &str = "install-recommends";
    let says_so = |it: &str| it.to_ascii_lowercase().contains(SETTING);
    let written = |it: &shell::Command<'_>| {
        let file =
            it.redirects.iter().any(|it| it.target.span.of(build.file.text).contains("apt.conf"))
                || it.words.iter().any(|it| it.literal().is_some_and(|it| it.contains("apt.conf")));
        file && says_so(it.span.of(build.file.text))
    };
    let before =
        |it: &(usize, usize, &shell::Command<'_>)| (it.0, it.1) < (call.script, call.command);
    if run.commands_with_places().filter(before).any(|it| written(it.2)) {
        return true;
    }
    build.steps_before(step).any(|before| match (before.run(), before.copy()) {
        (Some(run), _) => {
            let may_pipe = run.commands().any(written);
            let text = before.instruction.span.of(build.file.text);
            may_pipe || text.contains("apt.conf") && says_so(text)
        }
        (_, Some(copy)) => {
            let is_there = copy.target.as_deref().is_some_and(|it| it.starts_with("/etc/apt"));
            let text = before.instruction.span.of(build.file.text);
            let read =
                |path: &str| build.surroundings.files.read(path).is_some_and(|it| says_so(&it));
            is_there && (says_so(text) || copy.context_paths().any(|it| read(it.0)))
        }
        _ => false,
    })
}
