//! The system packages that are in a stage at some point, as far as its instructions say.

mod names;

use knowledge::image::{Answer, Basis, Distribution, Image, PackageManager, Variant};
use knowledge::release::Release;
use knowledge::system_package::{Family, Role, role, runtime_of};
use managers::system::{PackageKind, has_unknown_packages, packages, virtual_name};
use managers::{Action, Call, Tool};
use shell::Command;
use syntax::Span;

use self::names::{IN_ALPINE, IN_DEBIAN, IN_FULL, SIMPLE, is_in};
use crate::state::User;
use crate::{Build, CopyFrom, Stage, Step};

/// What instructions have installed.
#[derive(Clone, Debug)]
pub struct Installed {
    /// Names of packages, with the group that `apk add --virtual` gave them.
    packages: Vec<(String, Option<String>)>,
    /// Nothing else can have been installed.
    is_complete: bool,
    family: Family,
    distribution: Distribution,
    release: Option<Release>,
}

/// The packages that are installed in a stage, and in what it is built from, before the command at `until`, or at the end.
///
/// `None` where the image is not known well enough: only the small official images and those of distributions are.
pub fn installed<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    until: Option<Span>,
) -> Option<Installed> {
    let image = build.image(stage).filter(is_bare)?;
    let is_before = |it: Span| until.is_none_or(|until| it.start < until.start);
    let own = build.steps_of(stage);
    let n_before = own.partition_point(|it| is_before(it.instruction.span));
    let n_whole = n_before.saturating_sub(1);
    // A rule asks for one call after the other, so each goes on from where the one before it was.
    let (first, mut res) = match stage.memory.system_packages.take() {
        Some((known, it)) if known <= n_whole && n_before > 0 => (known, it),
        _ => {
            let mut res = Installed {
                packages: Vec::new(),
                is_complete: true,
                family: Family::of(image.package_manager)?,
                distribution: image.distribution,
                release: image.release,
            };
            let mut parents: Vec<&Stage<'f>> = build.lineage(stage).skip(1).collect();
            parents.reverse();
            let steps = parents.into_iter().flat_map(|it| build.steps_of(it));
            steps.for_each(|it| res.take_step(it, &is_before));
            (0, res)
        }
    };
    own.get(first..n_whole)?.iter().for_each(|it| res.take_step(it, &is_before));
    if n_before > 0 {
        stage.memory.system_packages.replace(Some((n_whole, res.clone())));
    }
    own.get(n_whole..n_before)?.iter().for_each(|it| res.take_step(it, &is_before));
    Some(res)
}

/// Whether an image is one in which nothing but Python and the base of the distribution is installed.
fn is_bare(image: &Image) -> bool {
    let is_small =
        matches!(image.variant, Variant::Slim | Variant::Alpine) && image.python.is_official();
    let is_system = matches!(image.variant, Variant::Plain | Variant::Slim | Variant::Alpine)
        && image.package_manager != PackageManager::None
        && matches!(
            image.distribution,
            Distribution::Debian | Distribution::Ubuntu | Distribution::Alpine
        )
        && image.has_compiler == Answer::No;
    image.basis == Basis::Table && (is_small || is_system) && image.has_compiler == Answer::No
}

/// Whether a COPY may bring libraries or programs of a system.
fn brings_libraries(step: &Step<'_>) -> bool {
    step.copy().is_some_and(|copy| {
        let is_foreign = copy.from != CopyFrom::Context;
        copy.target.as_deref().is_none_or(|it| {
            let is_system = ["/usr/lib", "/lib", "/usr/bin", "/usr/local/lib"];
            let is_python = it.contains("/python3.") || it.contains("-packages");
            is_system.iter().any(|folder| it.starts_with(folder)) && !is_python
                || is_foreign && matches!(it, "/" | "/usr")
        })
    })
}

/// Whether a command may install anything: a script, another package manager, a download that is run.
fn is_opaque(command: &Command<'_>) -> bool {
    let Some(name) = command.program() else { return !command.words.is_empty() };
    let runs_file = matches!(name, "sh" | "bash" | "ash" | "source" | ".") && !command.has_script;
    let is_script = name.ends_with(".sh")
        || name.contains('/') && !name.starts_with("/usr/") && !name.contains("/bin/");
    runs_file
        || is_script
        || matches!(
            name,
            "dpkg"
                | "gdebi"
                | "install_packages"
                | "apt-fast"
                | "nix"
                | "nix-env"
                | "brew"
                | "make"
                | "ldconfig"
                | "conda"
                | "mamba"
                | "micromamba"
                | "rustup-init"
                | "meson"
                | "cmake"
                | "playwright"
                | "eatmydata"
        )
}

impl Installed {
    /// What a step changes, for as far as it stands where `is_before` says.
    fn take_step(&mut self, step: &Step<'_>, is_before: &dyn Fn(Span) -> bool) {
        if !is_before(step.instruction.span) {
            return;
        }
        self.is_complete &= !brings_libraries(step);
        let Some(run) = step.run() else { return };
        for command in run.commands().filter(|it| is_before(it.span)) {
            self.is_complete &= !is_opaque(command);
        }
        for call in run.calls.iter().map(|it| &it.call).filter(|it| is_before(it.command.span)) {
            self.take(call);
        }
    }

    /// What a call changes.
    fn take(&mut self, call: &Call<'_>) {
        let is_system = call.tool.is_system() && !call.tool.is_conda();
        match call.action {
            _ if call.tool.is_conda() => self.is_complete = false,
            _ if call.tool == Tool::AptMark => self.is_complete = false,
            Action::Install if is_system => {
                self.is_complete &= !has_unknown_packages(call);
                let group = virtual_name(call).and_then(|it| it.text()).map(str::to_owned);
                for it in packages(call) {
                    match it.kind {
                        PackageKind::Named => {
                            self.packages.push((it.name.to_owned(), group.clone()));
                        }
                        PackageKind::Virtual | PackageKind::Absent => {}
                        _ => self.is_complete = false,
                    }
                }
            }
            Action::InstallGroup | Action::InstallBuildDependencies if is_system => {
                self.is_complete = false;
            }
            Action::Remove | Action::Purge | Action::AutoRemove if is_system => self.remove(call),
            _ => {}
        }
    }

    fn remove(&mut self, call: &Call<'_>) {
        let takes_all = call.tool == Tool::Apk
            || call.tool.is_dnf()
            || call.action == Action::AutoRemove
            || call.has("--auto-remove")
            || call.has("--autoremove");
        self.is_complete &= !has_unknown_packages(call);
        for removed in packages(call) {
            if removed.name.contains('*') {
                self.is_complete = false;
            }
            let is_gone = |it: &(String, Option<String>)| {
                it.0 == removed.name || it.1.as_deref() == Some(removed.name)
            };
            if !takes_all {
                // Without autoremove the library of a header package stays.
                let left = self.runtime(removed.name);
                self.packages.extend(left.into_iter().map(|it| (it, None)));
            }
            self.packages.retain(|it| !is_gone(it));
        }
    }

    fn runtime(&self, name: &str) -> Vec<String> {
        let names = runtime_of(self.distribution, self.release, name);
        names.into_iter().flatten().map(str::to_owned).collect()
    }

    /// The family of the names.
    pub fn family(&self) -> Family {
        self.family
    }

    /// Whether nothing else can have been installed.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether a compiler is there.
    pub fn has_compiler(&self) -> bool {
        let headers = ["libc6-dev", "libc-dev", "musl-dev", "glibc-devel", "libstdc++-dev"];
        let names = self.packages.iter().map(|it| it.0.as_str());
        names.filter(|it| !headers.contains(it)).any(|it| {
            role(self.family, it) == Role::Compiler
                || it.contains("toolchain")
                || it.contains("build-dep")
                || it.ends_with("-sdk")
        })
    }

    /// Whether Alpine's gcc is there without the headers of its C library, which it does not bring along.
    pub fn lacks_musl_headers(&self) -> bool {
        let names = || self.packages.iter().map(|it| it.0.as_str());
        let may_bring = |it: &str| {
            it != "gcc" && (role(Family::Apk, it) == Role::Compiler || it.ends_with("-dev"))
        };
        self.family == Family::Apk && names().any(|it| it == "gcc") && !names().any(may_bring)
    }

    /// Whether a package with headers is there, or one that may bring them.
    pub fn has_headers(&self, wanted: &str) -> bool {
        let key = key(wanted);
        let aliases = aliases(key);
        self.packages
            .iter()
            .any(|(name, _)| name.contains(key) || aliases.iter().any(|it| name.contains(it)))
    }

    /// Whether a library is known not to be there.
    pub fn lacks_library(&self, library: &str) -> bool {
        let in_image = match self.family {
            Family::Apt => IN_DEBIAN,
            Family::Apk => IN_ALPINE,
            Family::Rpm => return false,
        };
        let key = key(library);
        if !self.is_complete || is_in(in_image, key) {
            return false;
        }
        let brings = |name: &str| {
            name == library
                || name.contains(key)
                || aliases(key).iter().any(|it| name.contains(it))
                || key.contains(self::key(name)) && self::key(name).len() > 2
                || self.runtime(name).iter().any(|it| it == library)
                || !is_simple(self.family, name)
        };
        !self.packages.iter().any(|it| brings(&it.0))
    }
}

/// Whether something that a stage compiles can be linked to a library: its headers are in the image, or were installed.
pub fn can_link_to<'f>(build: &Build<'f>, stage: &Stage<'f>, library: &str) -> bool {
    let known = stage.memory.links.borrow().get(library).copied();
    known.unwrap_or_else(|| {
        let res = find_link(build, stage, library);
        stage.memory.links.borrow_mut().insert(library.to_owned(), res);
        res
    })
}

fn find_link<'f>(build: &Build<'f>, stage: &Stage<'f>, library: &str) -> bool {
    let key = key(library);
    let Some(image) = build.image(stage) else { return false };
    let is_full = image.variant == Variant::Full && image.has_compiler == Answer::Yes;
    // The compilers bring these along.
    if is_full && (key == "gomp" || is_in(IN_FULL, key)) {
        return true;
    }
    let (distribution, release) = (image.distribution, image.release);
    let is_it = |name: &str| {
        let runtime = runtime_of(distribution, release, name);
        let is_build =
            Family::of(image.package_manager).is_some_and(|it| role(it, name).is_build_only());
        is_build
            && (name.contains(key)
                || key == "gomp"
                || aliases(key).iter().any(|it| name.contains(it))
                || runtime.is_some_and(|it| it.contains(library)))
    };
    build.lineage(stage).flat_map(|it| build.steps_of(it)).filter_map(|it| it.run()).any(|run| {
        let calls = run.calls.iter().map(|it| &it.call);
        let mut installing = calls.filter(|it| it.tool.is_system() && it.action == Action::Install);
        installing.any(|it| packages(it).any(|it| is_it(it.name)))
    })
}

/// What else stands in the names of packages that belong to a library.
fn aliases(key: &str) -> &'static [&'static str] {
    match key {
        "pq" | "postgresql" => &["pq", "postgres"],
        "default-libmysqlclient" | "mysqlclient" | "mariadb-connector-c" | "mariadb" => {
            &["mysql", "maria"]
        }
        "ldap" | "ldap2" | "openldap" => &["ldap"],
        "sasl2" | "cyrus-sasl" => &["sasl"],
        "xml2" | "xslt" | "xslt1" => &["xml", "xslt"],
        "jpeg" | "jpeg62-turbo" | "jpeg-turbo" => &["jpeg"],
        "krb5" => &["krb5", "gssapi"],
        "ssl" | "openssl" => &["ssl"],
        "curl4-openssl" | "curl" => &["curl"],
        "graphviz" => &["graphviz", "cgraph"],
        _ => &[],
    }
}

/// The name without `lib`, `-dev`, version and transition: `pq` for `libpq5` and `libpq-dev`, `xslt` for `libxslt1.1`.
fn key(name: &str) -> &str {
    let name = name.split([':', '=']).next().unwrap_or(name);
    let name = name.strip_prefix("lib").unwrap_or(name);
    let name = name.strip_suffix("-devel").or(name.strip_suffix("-dev")).unwrap_or(name);
    let name = name.strip_suffix("t64").unwrap_or(name);
    let end =
        name.trim_end_matches(|it: char| it.is_ascii_digit() || matches!(it, '.' | '-' | 'v'));
    if end.is_empty() { name } else { end }
}

/// Whether a package is known to bring no library of others along, but those with its own name.
fn is_simple(family: Family, name: &str) -> bool {
    // A library by its own name brings what it is linked to, which is another name mostly.
    let is_library = name.starts_with("lib");
    is_in(SIMPLE, name) || is_library || role(family, name) == Role::Header && name == "python3-dev"
}

/// The packages without which nothing is compiled.
pub fn compilers(family: Family) -> Vec<&'static str> {
    match family {
        Family::Apt => vec!["gcc", "libc6-dev"],
        Family::Apk => vec!["gcc", "musl-dev"],
        Family::Rpm => vec!["gcc"],
    }
}

/// The instruction that installs packages of the system, as a person writes it.
pub fn install_instruction(family: Family, names: &[&str]) -> String {
    let names = names.join(" ");
    match family {
        Family::Apt => format!(
            "RUN apt-get update && apt-get install -y --no-install-recommends {names} && rm -rf /var/lib/apt/lists/*"
        ),
        Family::Apk => format!("RUN apk add --no-cache {names}"),
        Family::Rpm => format!("RUN dnf install -y {names} && dnf clean all"),
    }
}

/// What to write where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// The place.
    pub at: Span,
    /// What is inserted.
    pub text: String,
    /// The word that it stands behind, when it is one more for a list.
    pub beside: Option<Span>,
}

/// Installs packages before `step`: more names for the last call of its stage before it that installs some, or an
/// instruction in front. `None` where it is not certain that root runs it.
pub fn install_before<'f>(
    build: &Build<'f>,
    step: &Step<'f>,
    family: Family,
    names: &[&str],
) -> Option<Addition> {
    let stage = build.stage(step)?;
    let own = build.steps.get(stage.steps.start..step.index).unwrap_or(&[]);
    for earlier in own.iter().rev() {
        let Some(run) = earlier.run() else { continue };
        let mut calls = run.calls.iter().rev().map(|it| &it.call);
        let is_plain = |it: &&Call<'_>| {
            let is_own = match family {
                Family::Apt => it.tool.is_apt(),
                Family::Apk => it.tool == Tool::Apk,
                Family::Rpm => it.tool.is_dnf(),
            };
            is_own
                && it.action == Action::Install
                && !it.command.place.is_conditional
                && virtual_name(it).is_none()
        };
        if let Some(call) = calls.find(is_plain) {
            let last = call.operands.last()?;
            let is_written = last.text() == Some(last.span.of(build.file.text));
            let at = Span::at(last.span.end as usize);
            let text = format!(" {}", names.join(" "));
            return is_written.then_some(Addition { at, text, beside: Some(last.span) });
        }
    }
    if step.state.user != User::Root {
        return None;
    }
    let line_end = syntax::line_end(build.file.text);
    let start = Span::at(step.instruction.span.start as usize);
    let text = install_instruction(family, names) + line_end;
    Some(Addition { at: start, text, beside: None })
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn libraries_are_known_to_be_absent_only_where_nothing_can_have_brought_them() {
        for (lines, library, expected) in [
            ("", "libpq5", true),
            ("", "libffi8", false),
            ("RUN apt-get install -y curl", "libpq5", false),
            ("RUN apt-get install -y tini ca-certificates", "libpq5", true),
            ("RUN apt-get install -y libpq5", "libpq5", false),
            ("RUN apt-get install -y postgresql-client-15", "libpq5", false),
            ("RUN apt-get install -y libpq-dev", "libpq5", false),
            ("RUN apt-get install -y libpq-dev && apt-get purge -y libpq-dev", "libpq5", false),
            (
                "RUN apt-get install -y libpq-dev && apt-get purge -y --auto-remove libpq-dev",
                "libpq5",
                true,
            ),
            ("RUN apt-get install -y $(cat list)", "libpq5", false),
            ("RUN ./install.sh", "libpq5", false),
            ("RUN dpkg -i /tmp/x.deb", "libpq5", false),
            ("COPY --from=x /usr/lib/libpq.so.5 /usr/lib/", "libpq5", false),
            ("COPY app.py /app/", "libpq5", true),
        ] {
            let text = format!("FROM python:3.12-slim-bookworm\n{lines}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            let there = installed(&build, &build.stages[0], None).unwrap();
            assert_eq!(there.lacks_library(library), expected, "{lines}");
        }
    }

    #[test]
    fn names_have_a_key() {
        for (name, expected) in [
            ("libpq5", "pq"),
            ("libpq-dev", "pq"),
            ("libxslt1.1", "xslt"),
            ("libssl3t64", "ssl"),
            ("libffi8", "ffi"),
            ("libldap-2.5-0", "ldap"),
            ("zlib", "zlib"),
            ("default-libmysqlclient-dev", "default-libmysqlclient"),
        ] {
            assert_eq!(key(name), expected, "{name}");
        }
    }
}
