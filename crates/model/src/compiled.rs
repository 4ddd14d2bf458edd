//! Packages that are compiled for certain.

use knowledge::image::Libc;
use knowledge::python_package::{Needs, failing};
use knowledge::system_package::{Role, role};
use knowledge::wheel::{Architecture, Certainty, Installation, has_wheel, never_has_wheel};
use managers::Action;
use syntax::Span;

use crate::installation::{Installing, applies, calls, installation_of, is_in_distribution};
use crate::interpreter::interpreter;
use crate::locked::locked;
use crate::moved_packages::{MovedPackages, moved_calls};
use crate::system_packages::Installed;
use crate::{Build, Stage};

/// A package that a call compiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiled {
    /// Its normalized name.
    pub name: String,
    /// Its version, where one is asked for.
    pub version: Option<String>,
    /// Where it is asked for in the Dockerfile.
    pub span: Span,
    /// It stands on the command line, alone with its version.
    pub is_written: bool,
    /// There is a wheel for it, but not for this C library.
    pub has_glibc_wheel: bool,
}

impl Compiled {
    /// The name with the version.
    pub fn title(&self) -> String {
        match &self.version {
            Some(version) => format!("{}=={version}", self.name),
            None => self.name.clone(),
        }
    }
}

/// From this Python on a release that is newer than the tables may have wheels that no earlier one has.
const RECENT: (u8, u8) = (3, 14);

/// What a call compiles, where nothing speaks against it: wheels may not lie elsewhere, and the table knows the version.
pub fn compiled<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (_, found, _): &Installing<'_, 'f>,
) -> Vec<Compiled> {
    let Some(place) = interpreter(build, stage) else { return Vec::new() };
    if found.origin.has_more_wheels() || found.origin.only_binary {
        return Vec::new();
    }
    let mut res = Vec::new();
    for wanted in found.wanted.iter().filter(|it| applies(it, place) == Some(true)) {
        let is_compiled =
            installation_of(build, wanted, place, place.libc) == Installation::Compiles;
        let is_given = place.is_of_distribution && is_in_distribution(build, stage, &wanted.name);
        if !is_compiled || is_given {
            continue;
        }
        let version = wanted.newest_allowed(Some(place.version));
        let architecture = place.architecture.unwrap_or(Architecture::X86_64);
        let answer =
            has_wheel(&wanted.name, version.as_deref(), place.version, place.libc, architecture);
        let is_guess = wanted.version.is_some() || place.version >= RECENT;
        let is_assumed = answer.certainty == Certainty::Assumed && is_guess;
        if is_assumed && !never_has_wheel(&wanted.name) {
            continue;
        }
        let on_glibc = installation_of(build, wanted, place, Libc::Glibc(None));
        res.push(Compiled {
            name: wanted.name.to_string(),
            version: wanted.version.as_deref().map(str::to_owned),
            span: wanted.span,
            is_written: wanted.file.is_none(),
            has_glibc_wheel: on_glibc == Installation::Wheel,
        });
    }
    for lock in &found.locks {
        let on_glibc = locked(lock, place, Libc::Glibc(Some((2, 31))));
        for it in locked(lock, place, place.libc) {
            if !it.is_certain || it.installation != Installation::Compiles {
                continue;
            }
            let same = on_glibc.iter().find(|other| std::ptr::eq(other.package, it.package));
            res.push(Compiled {
                name: it.package.name.clone(),
                version: it.package.version.clone(),
                span: lock.span,
                is_written: false,
                has_glibc_wheel: same.is_some_and(|it| it.installation == Installation::Wheel),
            });
        }
    }
    res
}

/// What a call asks for by name of which there is neither a wheel nor a source distribution for the Python of the stage,
/// each with its version.
pub fn impossible<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    (_, found, _): &Installing<'_, 'f>,
) -> Vec<String> {
    let Some(place) = interpreter(build, stage) else { return Vec::new() };
    if found.origin.has_more_wheels() {
        return Vec::new();
    }
    let wanted = found.wanted.iter().filter(|it| applies(it, place) == Some(true));
    // What fails everywhere is told where it is written.
    let wanted = wanted.filter(|it| failing(&it.name, it.version.as_deref()).is_none());
    let impossible =
        wanted.filter(|it| installation_of(build, it, place, place.libc) == Installation::Fails);
    impossible.map(|it| it.title()).collect()
}

/// What the calls of a stage compile that install into it.
pub fn compiled_by_calls<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<Compiled> {
    let own = calls(build, stage);
    let installs = own.iter().filter(|it| it.0.call.action != Action::Wheel);
    installs.flat_map(|it| compiled(build, stage, it)).collect()
}

/// What was compiled of that which is moved from another stage.
pub fn compiled_in<'f>(build: &Build<'f>, moved: &MovedPackages<'_, 'f>) -> Vec<Compiled> {
    let filling = moved_calls(build, moved);
    filling.iter().flat_map(|it| compiled(build, moved.origin, it)).collect()
}

/// Headers without which a build fails, by a part of the names of their packages. Others in the tables only add features.
const REQUIRED: [(&str, &str); 14] = [
    ("dbus-python", "dbus"),
    ("gssapi", "krb5"),
    ("lxml", "xml2 xslt"),
    ("m2crypto", "ssl"),
    ("mysqlclient", "mysql maria"),
    ("psycopg2", "pq"),
    ("pyaudio", "portaudio"),
    ("pycairo", "cairo"),
    ("pycurl", "curl"),
    ("pygraphviz", "graphviz"),
    ("pymssql", "freetds"),
    ("pyodbc", "odbc"),
    ("python-ldap", "ldap"),
    ("xmlsec", "xmlsec"),
];

/// The system packages that are missing; `None` where nothing is known to be. Empty if it is only known that there is no
/// compiler.
pub fn missing_to_compile(
    there: &Installed,
    name: &str,
    needed: Option<Needs>,
) -> Option<Vec<&'static str>> {
    let family = there.family();
    let build = needed.and_then(|it| it.build);
    let names = || build.into_iter().flatten();
    if !there.has_compiler() {
        return there.is_complete().then(|| {
            names()
                .filter(|it| role(family, it) == Role::Compiler || !there.has_headers(it))
                .collect()
        });
    }
    if !there.is_complete() {
        return None;
    }
    let required = REQUIRED.iter().find(|it| it.0 == name).map_or("", |it| it.1);
    let is_required =
        |it: &&str| required.split(' ').any(|key| it.contains(key) && !key.is_empty());
    let is_header = |it: &&str| role(family, it) == Role::Header && !there.has_headers(it);
    let mut res: Vec<&'static str> = names().filter(is_header).filter(is_required).collect();
    if there.lacks_musl_headers() {
        res.push("musl-dev");
    }
    (!res.is_empty()).then_some(res)
}
