//! The pip of an old distribution, which keeps no cache and refuses the option that turns one off.

use knowledge::image::{Distribution, Python, PythonOrigin};
use managers::python::requirements;
use managers::requirement::Requirement;
use managers::{Action, Tool, system};
use syntax::Keyword;

use crate::{Build, Run, RunCall, Step, path};

/// The releases whose package of pip is older than 6.0, the first one with `--no-cache-dir`: 1.0 to 1.1 of Debian 7 and
/// Ubuntu 12, 1.5.4 of Ubuntu 14.04, 1.5.6 of Debian 8 and Ubuntu up to 15.10. Source: pip's changelog, and the
/// package archives of Debian and Ubuntu.
const RELEASES: [&str; 8] =
    ["wheezy", "jessie", "precise", "quantal", "trusty", "utopic", "vivid", "wily"];

/// The same of Fedora: 1.4.1 and 1.5.6. Source: its package archives.
const FEDORA: [&str; 2] = ["20", "21"];

/// Whether a call starts the pip that a package of an old distribution brought, which knows no `--no-cache-dir`.
pub fn is_before_cache(
    build: &Build<'_>,
    step: &Step<'_>,
    run: &Run<'_>,
    call: &RunCall<'_>,
) -> bool {
    let Some(image) = build.stage(step).and_then(|it| build.image(it)) else { return false };
    let is_old = image.release.is_some_and(|it| match image.distribution {
        Distribution::Debian | Distribution::Ubuntu => RELEASES.contains(&it.name()),
        Distribution::Fedora => FEDORA.contains(&it.name()),
        _ => false,
    });
    let has_own = matches!(image.python, Python::Present { origin, .. } if origin != PythonOrigin::Distribution);
    let system_python = image.release.and_then(|it| it.system_python());
    if !is_old
        || has_own
        || call.call.tool != Tool::Pip
        || is_elsewhere(build, step, call, system_python)
    {
        return false;
    }
    let own = run.calls.iter().filter(|it| (it.script, it.command) < (call.script, call.command));
    let before = build.steps_before(step).filter_map(Step::run).flat_map(|it| &it.calls);
    let name = spoken(build, call);
    // The shell remembers where it found `pip`, and the upgraded one is elsewhere.
    let is_remembered =
        |it: &RunCall<'_>| it.script == call.script && spoken(build, it) == name && is_word(name);
    let replaces = |it: &RunCall<'_>| {
        let is_same = is_for_python_3(spoken(build, it)) == is_for_python_3(name);
        (is_same || path::file_name(name) == "pip") && upgrades_pip(it)
    };
    let mut is_packaged = false;
    for earlier in own {
        if replaces(earlier) && !is_remembered(earlier) {
            return false;
        }
        is_packaged |= installs_package(earlier);
    }
    for earlier in before {
        if replaces(earlier) {
            return false;
        }
        is_packaged |= installs_package(earlier);
    }
    is_packaged
}

/// `pip3`, `python -m pip`.
fn spoken<'t>(build: &Build<'t>, call: &RunCall<'_>) -> &'t str {
    call.call.tool_span.of(build.file.text)
}

fn is_word(name: &str) -> bool {
    !name.contains(char::is_whitespace)
}

fn is_for_python_3(name: &str) -> bool {
    ["pip3", "pip-3", "python3", "easy_install3", "easy_install-3"]
        .iter()
        .any(|it| name.contains(it))
}

/// The pip of conda, or of a Python that the distribution does not have.
fn is_elsewhere(
    build: &Build<'_>,
    step: &Step<'_>,
    call: &RunCall<'_>,
    system_python: Option<(u8, u8)>,
) -> bool {
    let name = spoken(build, call);
    let version = path::file_name(name).trim_start_matches("pip").trim_start_matches('-');
    let minor = version.strip_prefix("3.").and_then(|it| it.parse().ok());
    let is_other_python = minor.is_some_and(|it| system_python != Some((3, it)));
    let is_on_path = |it: &Step<'_>| {
        let text = it.instruction.span.of(build.file.text);
        it.instruction.keyword == Keyword::Env && text.contains("PATH") && text.contains("conda")
    };
    is_other_python
        || call.call.runner.is_some()
        || name.contains("conda")
        || name.starts_with("/usr/local/")
        || build.steps_before(step).any(is_on_path)
}

/// Whether a call surely puts a newer pip in place: `pip install -U pip`, `easy_install pip`, `get-pip.py`.
fn upgrades_pip(it: &RunCall<'_>) -> bool {
    let call = &it.call;
    if call.command.place.is_conditional || call.action != Action::Install {
        return false;
    }
    let is_asked = call.has("--upgrade") || call.has("--ignore-installed");
    match call.tool {
        Tool::GetPip => true,
        Tool::EasyInstall | Tool::Pip => requirements(call).any(|(_, it)| match it {
            Requirement::Named { name, specifier, .. } if name.eq_ignore_ascii_case("pip") => {
                let replaces = is_asked || !specifier.is_empty() || call.tool == Tool::EasyInstall;
                replaces && !is_old_version(specifier)
            }
            _ => false,
        }),
        _ => false,
    }
}

/// `==1.5.6`, `<6`.
fn is_old_version(specifier: &str) -> bool {
    specifier.split(',').any(|it| {
        let is_limit = it.trim().starts_with(['=', '<', '~']);
        let version = it.trim().trim_start_matches(['=', '<', '~']).trim();
        let major = version.split('.').next().and_then(|it| it.parse::<u32>().ok());
        let is_below = it.trim().starts_with('<') && !it.trim().starts_with("<=");
        is_limit && major.is_some_and(|it| it < 6 || is_below && it == 6)
    })
}

fn installs_package(it: &RunCall<'_>) -> bool {
    (it.call.tool.is_apt() || it.call.tool.is_dnf())
        && it.call.action == Action::Install
        && system::packages(&it.call).any(|it| matches!(it.name, "python-pip" | "python3-pip"))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn the_packaged_pip_of_an_old_release_is_known_until_it_is_replaced() {
        const APT: &str = "RUN apt-get install -y python-pip python3-pip\n";
        let cases = [
            ("ubuntu:14.04", "RUN pip install x", true),
            ("ubuntu:15.10", "RUN pip3 install x", true),
            ("debian:8", "RUN sudo -H python -m pip install x", true),
            ("fedora:21", "RUN yum -y install python-pip\nRUN pip install x", true),
            ("fedora:24", "RUN yum -y install python-pip\nRUN pip install x", false),
            ("ubuntu:16.04", "RUN pip install x", false),
            ("debian:stretch", "RUN pip install x", false),
            ("python:3.5-jessie", "RUN pip install x", false),
            ("ubuntu:14.04", "RUN pip3.6 install x", false),
            ("ubuntu:14.04", "RUN pip3.4 install x", true),
            ("ubuntu:14.04", "RUN /opt/conda/bin/pip install x", false),
            ("ubuntu:14.04", "RUN pip install -U pip", true),
            ("ubuntu:14.04", "RUN pip install -U pip\nRUN pip install x", false),
            ("ubuntu:14.04", "RUN pip install -U pip && pip install x", true),
            ("ubuntu:14.04", "RUN pip install -U pip && python -m pip install x", false),
            ("ubuntu:14.04", "RUN pip install -U pip || true\nRUN pip install x", false),
            ("ubuntu:14.04", "RUN pip install pip==1.5.6\nRUN pip install x", true),
            ("ubuntu:14.04", "RUN pip install 'pip<=20'\nRUN pip install x", false),
            ("ubuntu:14.04", "RUN pip install pip\nRUN pip install x", true),
            ("ubuntu:14.04", "RUN pip3 install -U pip\nRUN python -m pip install x", true),
            ("ubuntu:14.04", "RUN pip3 install -U pip\nRUN pip install x", false),
            ("ubuntu:14.04", "RUN easy_install pip && pip install x", false),
            ("ubuntu:14.04", "RUN test -e /x && pip install -U pip; pip install x", true),
        ];
        for (image, rest, expected) in cases {
            let text = format!("FROM {image}\n{APT}{rest}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let (step, run) = build.runs().last().unwrap();
            let found = is_before_cache(&build, step, run, run.calls.last().unwrap());
            assert_eq!(found, expected, "{image} {rest}");
        }
    }
}
