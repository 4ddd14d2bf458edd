//! Which packages of the distribution go to the builder, and which libraries they leave in the shipped stage.

use knowledge::image::{Distribution, Image, Python};
use knowledge::system_package::{Family, Role, role, runtime_of};
use managers::system::{self, Package, PackageKind};
use managers::{Action, Tool};
use model::programs::{InSlim, in_slim};
use model::{Build, RunCall, Stage};
use syntax::Span;

use crate::plan::add;

/// How the packages of one call are shared.
#[derive(Debug, Default)]
pub(crate) struct Split {
    /// Words that the shipped stage does without.
    pub(crate) moved: Vec<Span>,
    /// The names in these words.
    pub(crate) moved_names: Vec<String>,
    /// Words that the builder does without.
    pub(crate) not_in_builder: Vec<Span>,
    /// Packages that the shipped stage needs in place of what moved.
    pub(crate) added: Vec<String>,
    /// Whether the shipped stage still installs something that was named.
    pub(crate) keeps_some: bool,
    /// Whether the builder installs something that was named.
    pub(crate) builder_has_some: bool,
    /// Header packages that stay, because their libraries are not known.
    pub(crate) kept_headers: Vec<String>,
    /// What the shipped stage installs comes without what it recommends.
    pub(crate) without_recommends: bool,
}

/// What the split of packages depends on, beside the call.
pub(crate) struct Needs {
    /// Something may be compiled, so that headers leave their libraries.
    pub(crate) has_compiled: bool,
    /// A requirement is fetched with git, or may be.
    pub(crate) uses_git: bool,
    /// One is for certain, and nothing else is known to call git.
    pub(crate) only_fetches: bool,
    /// The names of all packages that the stage removes again, groups included.
    pub(crate) removed: Vec<String>,
    /// The names of all packages that the stage installs.
    pub(crate) installed: Vec<String>,
    /// The programs that the stage runs itself.
    pub(crate) programs: Vec<String>,
    /// The names of packages that the shipped stage keeps because a person said so.
    pub(crate) kept: Vec<String>,
}

impl Needs {
    /// What a stage says of it.
    pub(crate) fn of<'f>(
        build: &Build<'f>,
        stage: &Stage<'f>,
        has_compiled: bool,
        uses_git: bool,
    ) -> Needs {
        let runs = || build.steps_of(stage).iter().filter_map(|it| it.run());
        let calls = runs().flat_map(|it| &it.calls).map(|it| &it.call);
        let installs = calls.filter(|it| it.tool.is_system() && it.action == Action::Install);
        let installed = installs.flat_map(system::packages).map(|it| it.name.to_owned()).collect();
        let commands = runs().flat_map(|it| it.commands());
        let programs = commands.filter_map(|it| it.program()).map(str::to_owned).collect();
        Needs {
            has_compiled,
            uses_git,
            only_fetches: false,
            removed: removed(build, stage),
            installed,
            programs,
            kept: build.wishes.kept_packages.to_vec(),
        }
    }
}

/// The names of all packages that a stage removes again, groups included.
fn removed<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<String> {
    let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
    let calls = runs.flat_map(|it| &it.calls).map(|it| &it.call);
    let removals = calls.filter(|it| {
        it.tool.is_system()
            && matches!(it.action, Action::Remove | Action::Purge | Action::AutoRemove)
    });
    removals.flat_map(system::packages).map(|it| it.name.to_owned()).collect()
}

/// The tables that know the packages of a tool.
pub(crate) fn family(tool: Tool) -> Option<Family> {
    match tool {
        Tool::Apk => Some(Family::Apk),
        Tool::Zypper => Some(Family::Rpm),
        _ if tool.is_apt() => Some(Family::Apt),
        _ if tool.is_dnf() => Some(Family::Rpm),
        _ => None,
    }
}

/// How the packages of a call are shared.
pub(crate) fn split(
    call: &RunCall<'_>,
    image: Option<Image>,
    needs: &Needs,
    doubts: &mut Vec<String>,
) -> Split {
    let it = &call.call;
    let mut res = Split::default();
    let Some(family) = family(it.tool) else { return res };
    let group = system::virtual_name(it).and_then(|it| it.text());
    let is_removed_group = group.is_some_and(|it| needs.removed.iter().any(|name| name == it));
    let is_official = image.is_some_and(|it| it.python.is_official());
    let packages: Vec<Package<'_>> = system::packages(it).collect();
    let mut words: Vec<Span> = packages.iter().map(|it| it.span).collect();
    words.dedup();
    let moves_git = needs.only_fetches && !doubts.is_empty();
    let roles = Roles { family, is_removed_group, needs, image };
    res.keeps_some = words.is_empty();
    for word in words {
        let here = || packages.iter().filter(|it| it.span == word);
        if here().any(|it| matches!(it.kind, PackageKind::Virtual)) {
            continue;
        }
        if here().any(|it| needs.kept.iter().any(|name| name == it.name)) {
            // What is needed to compile while the program runs is needed to build as well.
            res.keeps_some = true;
            res.builder_has_some = true;
            continue;
        }
        let fetches = moves_git && here().all(|it| it.name == "git");
        if fetches {
            add(doubts, "the program may call `git`, which only fetches requirements here");
        }
        let can_go = fetches || here().all(|it| roles.is_build_only(it));
        let libraries = here().map(|it| roles.libraries(it));
        let libraries: Option<Vec<Vec<String>>> = libraries.collect();
        match libraries.filter(|_| can_go) {
            Some(libraries) => {
                res.moved.push(word);
                res.moved_names.extend(here().map(|it| it.name.to_owned()));
                res.builder_has_some = true;
                for library in libraries.into_iter().flatten() {
                    if !res.added.contains(&library) {
                        res.added.push(library);
                    }
                }
            }
            None if can_go => {
                res.keeps_some = true;
                res.builder_has_some = true;
                res.kept_headers.extend(here().map(|it| it.name.to_owned()));
            }
            None => {
                res.keeps_some = true;
                if here().all(|it| roles.is_needed_to_build(it, needs)) || !is_official {
                    res.builder_has_some = true;
                } else {
                    res.not_in_builder.push(word);
                }
            }
        }
    }
    for name in res.moved_names.iter().filter(|it| LOADED_BY_NAME.contains(&it.as_str())) {
        if family == Family::Apk {
            let library = name.trim_end_matches("-dev");
            add(
                doubts,
                format!("on Alpine, Python finds `{library}` only with `{name}` or a compiler"),
            );
        }
    }
    let bringing = packages.iter().find(|it| RECOMMENDING.contains(&it.name));
    if let Some(it) = bringing.filter(|_| family == Family::Apt && !res.moved.is_empty())
        && !system::leaves_out_recommends(&call.call)
    {
        res.without_recommends = true;
        let name = it.name;
        add(
            doubts,
            format!("what the packages recommend is left out, as `{name}` recommends compilers"),
        );
    }
    if system::has_unknown_packages(it) {
        res.keeps_some = true;
        res.builder_has_some = true;
        add(doubts, "a variable or file names packages that are not known");
    }
    res
}

/// Headers of libraries that programs load by `ctypes.util.find_library`. On Alpine that asks a compiler or linker, and the
/// link without a version, which the headers bring. Source: CPython's `Lib/ctypes/util.py`.
const LOADED_BY_NAME: [&str; 9] = [
    "file-dev",
    "gdal-dev",
    "geos-dev",
    "hidapi-dev",
    "libsndfile-dev",
    "libspatialite-dev",
    "libusb-dev",
    "proj-dev",
    "zbar-dev",
];

/// Packages of Debian and Ubuntu that recommend a compiler, from their Recommends.
const RECOMMENDING: [&str; 4] = ["npm", "python-pip", "python3-pip", "cmake"];

struct Roles<'a> {
    family: Family,
    is_removed_group: bool,
    needs: &'a Needs,
    image: Option<Image>,
}

impl Roles<'_> {
    fn role(&self, package: &Package<'_>) -> Role {
        match package.kind {
            PackageKind::Named | PackageKind::Group => role(self.family, package.name),
            _ => Role::Unknown,
        }
    }

    /// Whether nothing needs it once everything is built: by its role, or because the stage removes it again.
    fn is_build_only(&self, package: &Package<'_>) -> bool {
        // Programs compile messages with gettext while they run, and Java's kit holds what runs it.
        let is_for_programs = package.name.contains("jdk") || package.name == "gettext";
        let by_role = self.role(package).is_build_only() && !is_for_programs;
        // What the stage itself uses before it is removed stays for that.
        let is_used = || {
            let is_installer = ["-pip", "-setuptools"].iter().any(|it| package.name.ends_with(it));
            is_installer || self.needs.programs.iter().any(|it| brings(package.name, it))
        };
        by_role || self.is_removed(package.name) && !is_used()
    }

    fn is_removed(&self, name: &str) -> bool {
        self.is_removed_group || self.needs.removed.iter().any(|it| it == name)
    }

    /// Whether the builder must have it although the shipped stage keeps it.
    fn is_needed_to_build(&self, package: &Package<'_>, needs: &Needs) -> bool {
        const FETCHING: [&str; 5] = ["git", "mercurial", "openssh-client", "ssh", "subversion"];
        let is_fetching = FETCHING.contains(&package.name);
        if is_fetching {
            return needs.uses_git;
        }
        let is_used = needs.has_compiled && needs.programs.iter().any(|it| it == package.name);
        self.role(package) == Role::Unknown || package.name == "ca-certificates" || is_used
    }

    /// The libraries that a package that goes leaves behind; `None` when they are not known.
    fn libraries(&self, package: &Package<'_>) -> Option<Vec<String>> {
        let name = package.name;
        if let Some(python) = own_python(self.family, name) {
            let has_own = self.image.is_some_and(|it| matches!(it.python, Python::Present { .. }));
            let brings = |it: &String| {
                let rest = it.strip_prefix(&python);
                rest.is_some_and(|it| it.is_empty() || matches!(it, "-pip" | "-venv" | "-minimal"))
                    || it.strip_prefix("py3-").is_some()
            };
            let has_one = has_own || self.needs.installed.iter().any(brings);
            return Some(if has_one { Vec::new() } else { vec![python] });
        }
        let role = self.role(package);
        let is_gone_anyway = self.is_removed(name);
        // Also where nothing that is asked for by name is compiled: what that brings along may be, or loads the library
        // by its name, as psycopg does.
        if matches!(role, Role::BuildTool) || name == "git" {
            return Some(Vec::new());
        }
        let image = self.image.filter(|it| it.distribution != Distribution::Unknown);
        let image = image.unwrap_or_else(|| {
            // The package manager tells the distribution, if not its release.
            let distribution = match self.family {
                Family::Apt => Distribution::Unknown,
                Family::Apk => Distribution::Alpine,
                Family::Rpm => Distribution::RedHat,
            };
            Image { distribution, ..Image::UNKNOWN }
        });
        let named = runtime_of(image.distribution, image.release, name);
        let Some(named) = named else {
            let is_compiler = role == Role::Compiler && self.family != Family::Apk;
            return (is_compiler || is_gone_anyway).then(Vec::new);
        };
        // Installed without the compiler, the C++ library is in every image of Debian.
        let is_there =
            |it: &str| self.needs.installed.iter().any(|name| name == it) && !self.is_removed(it);
        let names = named.iter().filter(|it| !is_in_base(image, it) && !is_there(it));
        let names = names.map(str::to_owned);
        Some(names.collect())
    }
}

/// Whether a package has a program.
fn brings(package: &str, program: &str) -> bool {
    let is_of_node = package == "nodejs" && matches!(program, "node" | "npm" | "npx" | "corepack");
    let named = |it| matches!(it, InSlim::Absent(it) if it == package);
    program == package || is_of_node || named(in_slim(program))
}

/// The interpreter that the distribution's headers of Python bring along: `python3` for `python3-dev`.
fn own_python(family: Family, name: &str) -> Option<String> {
    let ending = if family == Family::Rpm { "-devel" } else { "-dev" };
    let own = name.strip_suffix(ending)?.trim_end_matches("-all");
    let version = own.strip_prefix("python")?;
    let is_version = version.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    is_version.then(|| own.to_owned())
}

/// Libraries that are in the image already, because its Python or its package manager needs them.
/// Source: the Dockerfiles of docker-library/python, which keep what `ldd` finds of the interpreter, and the lists of
/// packages of Debian's and Alpine's base images.
pub(crate) fn is_in_base(image: Image, library: &str) -> bool {
    const DEBIAN: [&str; 15] = [
        "libc6",
        "libgcc-s1",
        "libstdc++6",
        "zlib1g",
        "libbz2-1.0",
        "liblzma5",
        "libzstd1",
        "libselinux1",
        "libpcre2-8-0",
        "libcap2",
        "libacl1",
        "libattr1",
        "libgmp10",
        "libuuid1",
        "libcrypt1",
    ];
    const OF_PYTHON: [&str; 14] = [
        "libffi6",
        "libffi7",
        "libffi8",
        "libssl1.1",
        "libssl3",
        "libssl3t64",
        "libsqlite3-0",
        "libreadline8",
        "libreadline8t64",
        "libncursesw6",
        "libtinfo6",
        "libexpat1",
        "libgdbm6",
        "libgdbm6t64",
    ];
    const ALPINE: [&str; 6] =
        ["musl", "zlib", "libssl3", "libcrypto3", "libssl1.1", "libcrypto1.1"];
    const OF_PYTHON_ON_ALPINE: [&str; 10] = [
        "libffi",
        "sqlite-libs",
        "libbz2",
        "xz-libs",
        "ncurses-libs",
        "readline",
        "expat",
        "libexpat",
        "gdbm",
        "libuuid",
    ];
    let has_python = image.python.is_official();
    match image.distribution {
        Distribution::Debian => {
            DEBIAN.contains(&library) || has_python && OF_PYTHON.contains(&library)
        }
        Distribution::Alpine => {
            ALPINE.contains(&library) || has_python && OF_PYTHON_ON_ALPINE.contains(&library)
        }
        _ => false,
    }
}
