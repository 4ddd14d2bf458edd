//! Recommended packages that a build needs although it does not name them.

use knowledge::image::Answer;
use managers::Action;
use managers::system::packages;

use crate::{Build, Run, RunCall, Step};

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

/// What has to be named beside the packages of a call, once recommended ones are left out. `None` when that is not known, or
/// when a later command would remove what came along.
pub fn needed_by_name(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
) -> Option<Vec<&'static str>> {
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
    let mut added: Vec<&'static str> = Vec::new();
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
    Some(added)
}
