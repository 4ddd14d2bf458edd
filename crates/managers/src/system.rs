//! What rules ask of a call of apt-get, apk, dnf, zypper or conda: the packages it names.

use syntax::Span;

use crate::action::Action;
use crate::argument::Argument;
use crate::call::Call;
use crate::tool::Tool;

/// A package on a command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Package<'c> {
    /// The word, with its version.
    pub span: Span,
    /// The name, without version, release, architecture and repository. The path or URL of a file.
    pub name: &'c str,
    /// The version with its operator (`=1.2`, `~=3`, `>=2`), or what follows the dash (`gcc-12.2`); empty without.
    pub version: &'c str,
    /// The repository or release that it shall come from: `pkg@edge`, `pkg/bookworm-backports`, `forge::pkg`.
    pub source: &'c str,
    /// What the name is.
    pub kind: PackageKind,
}

/// What stands in the place of a package's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageKind {
    /// A package.
    Named,
    /// A group, task or pattern: `@development`, `lamp-server^`, `zypper in -t pattern`.
    Group,
    /// A name made up for this image by `apk add --virtual`.
    Virtual,
    /// A file or URL: `/tmp/x.deb`.
    File,
    /// What the package provides or holds, not its name: `so:libpq.so.5`, `cmd:git`, `/usr/bin/git`.
    Provided,
    /// Asked to be absent: `apt-get install gcc-`, `apk add !gcc`.
    Absent,
}

/// The packages that a call names. Operands whose name is not certain are left out, see [`has_unknown_packages`];
/// a version is cut before what is not certain: `=` for `gcc=$VERSION`.
pub fn packages<'c>(call: &'c Call<'_>) -> impl Iterator<Item = Package<'c>> {
    let names_packages = matches!(
        call.action,
        Action::Install
            | Action::InstallGroup
            | Action::InstallBuildDependencies
            | Action::Remove
            | Action::Purge
            | Action::AutoRemove
            | Action::Upgrade
            | Action::Download
            | Action::CreateEnvironment
            | Action::Mark
    );
    let operands = call.operands.iter().filter(move |_| names_packages);
    operands.filter_map(move |it| {
        // The name ends where the version begins.
        let named = Some(&*it.head).filter(|it| it.contains('=') && !it.contains("://"));
        Some(package(call, it.text().or(named)?, it.span))
    })
}

/// Whether the call names packages that cannot be known: a variable, a substitution, `xargs`.
pub fn has_unknown_packages(call: &Call<'_>) -> bool {
    call.may_have_more || call.operands.iter().any(|it| it.text.is_none())
}

/// The name of `apk add --virtual NAME`.
pub fn virtual_name<'c, 'a>(call: &'c Call<'a>) -> Option<&'c Argument<'a>> {
    call.last_value("--virtual").filter(|_| call.tool == Tool::Apk)
}

/// Whether recommended packages are left out: `--no-install-recommends` or `-o APT::Install-Recommends=false`.
pub fn leaves_out_recommends(call: &Call<'_>) -> bool {
    let last = call.options.iter().rev().find_map(|it| match &*it.name {
        "--no-install-recommends" | "--no-recommends" => Some(it.is_on()),
        "--install-recommends" | "--recommends" => Some(!it.is_on()),
        _ => None,
    });
    last.unwrap_or_else(|| {
        apt_setting(call, "APT::Install-Recommends").is_some_and(|it| !is_apt_true(it))
            || dnf_setting(call, "install_weak_deps").is_some_and(|it| !is_apt_true(it))
    })
}

/// Whether the call asks nothing: `-y`, `-qq`, `zypper --non-interactive`. apk never asks.
pub fn assumes_yes(call: &Call<'_>) -> bool {
    let quiet: usize = call.options.iter().filter(|it| it.name == "--quiet").map(quietness).sum();
    call.tool == Tool::Apk
        || call.has("--yes")
        || call.has("--force-yes")
        || call.tool.is_apt() && quiet >= 2
        || call.has("--non-interactive")
        || apt_setting(call, "APT::Get::Assume-Yes").is_some_and(is_apt_true)
        || dnf_setting(call, "assumeyes").is_some_and(is_apt_true)
}

/// The value that `-o NAME=VALUE` gives to an apt setting; names are compared without regard to case.
pub fn apt_setting<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    let is_apt = call.tool.is_apt();
    setting(call, "--option", name).filter(|_| is_apt)
}

/// The value that `--setopt=NAME=VALUE` gives to a dnf setting.
pub fn dnf_setting<'c>(call: &'c Call<'_>, name: &str) -> Option<&'c str> {
    let is_dnf = call.tool.is_dnf();
    setting(call, "--setopt", name).filter(|_| is_dnf)
}

fn setting<'c>(call: &'c Call<'_>, option: &str, name: &str) -> Option<&'c str> {
    let pairs = call.values(option).filter_map(|it| it.text()?.split_once('='));
    let found =
        pairs.filter(|(key, _)| key.trim_end_matches("::").eq_ignore_ascii_case(name)).last();
    found.map(|(_, value)| value.trim_matches(['"', '\'', ';']))
}

/// `-q` counts one; `-q=2` says the level.
fn quietness(option: &crate::CommandOption<'_>) -> usize {
    let level = option.value.as_ref().and_then(|it| it.text());
    level.map_or(1, |it| it.parse().unwrap_or(1))
}

fn is_apt_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "with" | "enable")
}

fn package<'c>(call: &'c Call<'_>, text: &'c str, span: Span) -> Package<'c> {
    let named = Package { span, name: text, version: "", source: "", kind: PackageKind::Named };
    // `dnf install /usr/bin/git 'perl(JSON)'`: what a package holds or provides.
    let is_rpm = call.tool.is_dnf() || call.tool == Tool::Zypper;
    let is_held = text.starts_with('/') && !text.ends_with(".rpm") || text.ends_with(')');
    if is_rpm && is_held {
        return Package { kind: PackageKind::Provided, ..named };
    }
    let is_file = text.contains("://")
        || text.starts_with(['/', '.', '~']) && text.contains('/')
        || [".deb", ".rpm", ".apk"].iter().any(|it| text.ends_with(it));
    if is_file {
        return Package { kind: PackageKind::File, ..named };
    }
    match call.tool {
        Tool::Apk => apk(call, named),
        Tool::AptGet | Tool::Apt | Tool::Aptitude | Tool::AptMark => apt(call, named),
        Tool::Zypper => {
            let kind = call.last_value("--type").and_then(|it| it.text());
            let is_group = kind.is_some_and(|it| it != "package") || text.starts_with("pattern:");
            let kind = if is_group { PackageKind::Group } else { PackageKind::Named };
            let at = text.find(['=', '<', '>']).unwrap_or(text.len());
            let (name, version) = text.split_at(at);
            let (name, release) = if version.is_empty() { rpm(name) } else { (name, version) };
            Package { name, version: release, kind, ..named }
        }
        _ if call.tool.is_dnf() => {
            let is_group = call.action == Action::InstallGroup || text.starts_with('@');
            let kind = if is_group { PackageKind::Group } else { PackageKind::Named };
            let name = text.trim_start_matches('@');
            let (name, version) = if is_group { (name, "") } else { rpm(name) };
            Package { name, version, kind, ..named }
        }
        _ => {
            let (source, rest) = text.rsplit_once("::").unwrap_or(("", text));
            let at = rest.find(['=', '<', '>', '!', '~', ' ', '[']).unwrap_or(rest.len());
            let (name, version) = rest.split_at(at);
            Package { name, version: version.trim_start(), source, ..named }
        }
    }
}

fn apt<'c>(call: &Call<'_>, named: Package<'c>) -> Package<'c> {
    let (text, version) = match named.name.find('=') {
        Some(at) => named.name.split_at(at),
        None => (named.name, ""),
    };
    let (text, source) = text.split_once('/').unwrap_or((text, ""));
    let text = text.split(':').next().unwrap_or(text);
    if let Some(name) = text.strip_suffix('^') {
        return Package { name, version, source, kind: PackageKind::Group, ..named };
    }
    let is_install = call.action == Action::Install;
    if let Some(name) = text.strip_suffix('-').filter(|_| is_install) {
        return Package { name, version, source, kind: PackageKind::Absent, ..named };
    }
    // `g++` is a name; `gcc+` asks for gcc.
    let plus = text.strip_suffix('+').filter(|it| !it.ends_with('+'));
    Package { name: plus.unwrap_or(text), version, source, ..named }
}

fn apk<'c>(call: &Call<'_>, named: Package<'c>) -> Package<'c> {
    let text = named.name;
    if let Some(name) = text.strip_prefix('!') {
        return Package { name, kind: PackageKind::Absent, ..named };
    }
    let (text, source) = text.split_once('@').unwrap_or((text, ""));
    let at = text.find(['=', '<', '>', '~']).unwrap_or(text.len());
    let (name, version) = text.split_at(at);
    let is_virtual = name.starts_with('.') && call.action != Action::Install;
    let kind = match name.split_once(':') {
        Some(("so" | "cmd" | "pc" | "py3", _)) => PackageKind::Provided,
        _ if is_virtual => PackageKind::Virtual,
        _ => PackageKind::Named,
    };
    Package { name, version, source, kind, ..named }
}

/// `name-version[-release][.arch]`. A version is what begins with a digit behind a dash and holds a dot or a
/// star; the tools themselves decide by what is in the repository.
fn rpm(text: &str) -> (&str, &str) {
    const ARCHITECTURES: [&str; 6] =
        [".x86_64", ".aarch64", ".noarch", ".i686", ".i386", ".ppc64le"];
    let bare = ARCHITECTURES.iter().find_map(|it| text.strip_suffix(it)).unwrap_or(text);
    let is_version =
        |it: &str| it.starts_with(|it: char| it.is_ascii_digit()) && it.contains(['.', '*']);
    let Some((before, last)) = bare.rsplit_once('-') else { return (bare, "") };
    if let Some((name, version)) = before.rsplit_once('-')
        && is_version(version)
        && last.starts_with(|it: char| it.is_ascii_digit())
    {
        return (name, bare.get(name.len() + 1..).unwrap_or(version));
    }
    if is_version(last) { (before, last) } else { (bare, "") }
}
