//! Wheel file names (PEP 427) and whether pip installs them on a Linux (PEP 425, 600 and 656).

/// The interpreter and system that packages are installed for: CPython on Linux.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    /// Major and minor version of Python.
    pub python: (u8, u8),
    /// Whether it is the build without the global lock (`3.13t`).
    pub free_threaded: bool,
    /// The C library.
    pub libc: Libc,
    /// The processor as `uname -m` names it: `x86_64`, `aarch64`, `armv7l`.
    pub machine: String,
}

/// A C library, with its version as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Libc {
    /// glibc of a major and minor version.
    Glibc(u16, u16),
    /// musl of a major and minor version.
    Musl(u16, u16),
    /// glibc of a version that is not known.
    AnyGlibc,
    /// musl of a version that is not known.
    AnyMusl,
    /// Not known at all.
    Unknown,
}

/// The parts of a wheel's file name. Sets of tags are as written, with dots between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WheelName<'n> {
    /// The name of the package, as the file has it.
    pub distribution: &'n str,
    /// The version, as the file has it.
    pub version: &'n str,
    /// The number of the build, which decides between files that are equal otherwise.
    pub build: Option<&'n str>,
    /// The interpreters: `cp39.cp310`, `py3`.
    pub pythons: &'n str,
    /// The binary interfaces: `cp39`, `abi3`, `none`.
    pub abis: &'n str,
    /// The platforms: `manylinux_2_17_x86_64.manylinux2014_x86_64`, `any`.
    pub platforms: &'n str,
}

/// How well a wheel fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// pip installs it; of several it takes the one with the smallest number.
    Yes(u32),
    /// That depends on the version of the C library.
    Unknown,
    /// pip passes it over.
    No,
}

/// Every rank of an interpreter and interface has room for this many platforms.
const PLATFORM_RANKS: u32 = 1 << 16;

/// The newest minor version that pip assumes an older major version of glibc to have had.
const LAST_OLDER_GLIBC_MINOR: u16 = 50;

/// Every glibc image of the last decade has at least this one, and what it cannot load is not asked about.
const LOWEST_GLIBC: (u16, u16) = (2, 17);

/// The machines of which pip knows that manylinux tags name them, beside `i686` and `armv7l`.
const MANYLINUX_MACHINES: [&str; 7] =
    ["x86_64", "aarch64", "ppc64", "ppc64le", "s390x", "loongarch64", "riscv64"];

impl<'n> WheelName<'n> {
    /// Splits a file name; `None` when it is not that of a wheel.
    pub fn parse(file_name: &'n str) -> Option<WheelName<'n>> {
        let stem = file_name.strip_suffix(".whl")?;
        let mut parts = stem.rsplitn(4, '-');
        let (platforms, abis, pythons) = (parts.next()?, parts.next()?, parts.next()?);
        let mut front = parts.next()?.split('-');
        let (distribution, version, build) = (front.next()?, front.next()?, front.next());
        let is_whole = front.next().is_none() && !distribution.is_empty() && !version.is_empty();
        let has_number = build.is_none_or(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        let res = WheelName { distribution, version, build, pythons, abis, platforms };
        (is_whole && has_number).then_some(res)
    }

    /// How well the file fits a target.
    pub fn fit(&self, target: &Target) -> Fit {
        let mut best = Fit::No;
        for platform in self.platforms.split('.') {
            let platform = platform_fit(platform, target);
            if platform == Some(Fit::No) {
                continue;
            }
            for python in self.pythons.split('.') {
                for abi in self.abis.split('.') {
                    let Some(rank) = python_rank(python, abi, platform.is_none(), target) else {
                        continue;
                    };
                    best = best.min(match platform {
                        None => Fit::Yes(rank * PLATFORM_RANKS),
                        Some(Fit::Yes(platform)) => Fit::Yes(rank * PLATFORM_RANKS + platform),
                        Some(other) => other,
                    });
                }
            }
        }
        best
    }

    /// The build's number and what is behind it; the greater one wins.
    fn build_order(&self) -> (u64, &'n str) {
        let build = self.build.unwrap_or("");
        let end = build.find(|it: char| !it.is_ascii_digit()).unwrap_or(build.len());
        let (number, rest) = build.split_at_checked(end).unwrap_or(("", ""));
        (number.parse().unwrap_or(0), rest)
    }
}

/// Whether pip installs the file on the target. `false` also for what is no wheel, and where only the version of the C
/// library could tell; [`WheelName::fit`] tells these apart.
pub fn fits(file_name: &str, target: &Target) -> bool {
    WheelName::parse(file_name).is_some_and(|it| matches!(it.fit(target), Fit::Yes(_)))
}

/// The number of the file that pip takes of those of one version, with how well it fits; of files that do not fit, none.
pub fn best<'n>(files: impl IntoIterator<Item = &'n str>, target: &Target) -> Option<(usize, Fit)> {
    let named = files.into_iter().map(WheelName::parse).enumerate();
    let named = named.filter_map(|(number, name)| Some((number, name?)));
    let fitting = named.map(|(number, name)| (number, name.fit(target), name.build_order()));
    let chosen = fitting
        .filter(|it| it.1 != Fit::No)
        .min_by(|left, right| left.1.cmp(&right.1).then(right.2.cmp(&left.2)))?;
    Some((chosen.0, chosen.1))
}

/// The version in the name of a wheel or of a source archive.
pub(crate) fn version_in(file_name: &str) -> Option<&str> {
    if file_name.ends_with(".whl") {
        return WheelName::parse(file_name).map(|it| it.version);
    }
    let stem = file_name.strip_suffix(".zip").or_else(|| {
        let stem = file_name.rsplit_once('.')?.0;
        Some(stem.strip_suffix(".tar").unwrap_or(stem))
    })?;
    stem.rsplit_once('-').map(|it| it.1)
}

/// The place of an interpreter and interface in pip's order, or `None` when they do not fit.
///
/// Own interface, stable interface, none; then the stable interface of older versions; then any Python; and last, the
/// files for all platforms.
fn python_rank(python: &str, abi: &str, is_any_platform: bool, target: &Target) -> Option<u32> {
    let (major, minor) = target.python;
    let (implementation, version) = split_python(python)?;
    if implementation == "cp" && !is_any_platform {
        let is_own = version == (u32::from(major), Some(u32::from(minor)));
        // The interface without the global lock is of PEP 803.
        let stable_abi = if target.free_threaded { "abi3t" } else { "abi3" };
        if is_own && abi.eq_ignore_ascii_case("none") {
            return Some(2);
        }
        if abi.eq_ignore_ascii_case(stable_abi) {
            let is_known = version.0 == u32::from(major) && version.1? >= 2;
            let older_by = u32::from(minor).checked_sub(version.1?).filter(|_| is_known)?;
            return Some(if older_by == 0 { 1 } else { 2 + older_by });
        }
        return (is_own && is_own_abi(abi, target)).then_some(0);
    }
    if !abi.eq_ignore_ascii_case("none") {
        return None;
    }
    let base = if is_any_platform { 601 } else { 300 };
    match (implementation, version) {
        ("cp", (found, Some(found_minor))) => {
            let is_own = (found, found_minor) == (u32::from(major), u32::from(minor));
            is_own.then_some(600)
        }
        ("py", (found, _)) if found != u32::from(major) => None,
        ("py", (_, None)) => Some(base + 1),
        ("py", (_, Some(found))) if found == u32::from(minor) => Some(base),
        ("py", (_, Some(found))) => u32::from(minor).checked_sub(found).map(|it| base + 1 + it),
        _ => None,
    }
}

/// `("cp", (3, Some(12)))` of `cp312`.
fn split_python(python: &str) -> Option<(&'static str, (u32, Option<u32>))> {
    let (implementation, digits) = python.split_at_checked(2)?;
    let implementation =
        ["cp", "py"].into_iter().find(|it| implementation.eq_ignore_ascii_case(it))?;
    if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let (major, minor) = digits.split_at_checked(1)?;
    // Nobody writes `cp3012`, and pip would not know it.
    if minor.len() > 1 && minor.starts_with('0') {
        return None;
    }
    Some((implementation, (major.parse().ok()?, minor.parse().ok())))
        .filter(|it| minor.is_empty() == it.1.1.is_none())
}

/// Whether an interface is the interpreter's own: `cp312`, `cp313t`, `cp37m`, `cp27mu`.
fn is_own_abi(abi: &str, target: &Target) -> bool {
    let (major, minor) = target.python;
    let suffix = match target.python {
        (2, _) => "mu",
        (3, 0..=7) => "m",
        _ if target.free_threaded => "t",
        _ => "",
    };
    let Some((name, rest)) = abi.split_at_checked(2) else { return false };
    let version = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
    let Some((digits, found)) = rest.split_at_checked(version) else { return false };
    name.eq_ignore_ascii_case("cp")
        && found.eq_ignore_ascii_case(suffix)
        && digits.split_at_checked(1).is_some_and(|(left, right)| {
            left.parse() == Ok(major) && right.parse() == Ok(minor) && !right.starts_with('+')
        })
}

/// How well a platform fits; `None` for `any`.
fn platform_fit(platform: &str, target: &Target) -> Option<Fit> {
    if platform.eq_ignore_ascii_case("any") {
        return None;
    }
    let has_capitals = platform.bytes().any(|it| it.is_ascii_uppercase());
    Some(match has_capitals {
        true => linux_fit(&platform.to_ascii_lowercase(), target),
        false => linux_fit(platform, target),
    })
}

fn linux_fit(platform: &str, target: &Target) -> Fit {
    let after = |prefix: &str| platform.strip_prefix(prefix);
    // A processor with 64 bits that runs a system of 32 takes its elder's files too.
    let machines: &[&str] = match target.machine.as_str() {
        "armv8l" => &["armv8l", "armv7l"],
        machine => &[machine],
    };
    let place = |machine: &str| machines.iter().position(|it| *it == machine);
    let is_legacy =
        [("manylinux1_", (2, 5)), ("manylinux2010_", (2, 12)), ("manylinux2014_", (2, 17))];
    if let Some((machine, version)) =
        is_legacy.into_iter().find_map(|(prefix, version)| Some((after(prefix)?, version)))
    {
        return place(machine)
            .map_or(Fit::No, |it| later(glibc_fit(version, machine, target), it, 1));
    }
    if let Some((version, machine)) = after("manylinux_").and_then(versioned) {
        return place(machine)
            .map_or(Fit::No, |it| later(glibc_fit(version, machine, target), it, 0));
    }
    if let Some((version, machine)) = after("musllinux_").and_then(versioned) {
        return place(machine).map_or(Fit::No, |it| later(musl_fit(version, target), it, 0));
    }
    let machine = after("linux_").and_then(place);
    machine.map_or(Fit::No, |it| Fit::Yes(PLATFORM_RANKS / 2 + it as u32))
}

/// `((2, 17), "x86_64")` of `2_17_x86_64`.
fn versioned(text: &str) -> Option<((u16, u16), &str)> {
    let (major, rest) = text.split_once('_')?;
    let (minor, machine) = rest.split_once('_')?;
    // The form without leading zeros is the only one that pip makes.
    let number = |it: &str| -> Option<u16> {
        let is_plain =
            it.bytes().all(|it| it.is_ascii_digit()) && (it == "0" || !it.starts_with('0'));
        it.parse().ok().filter(|_| is_plain)
    };
    Some(((number(major)?, number(minor)?), machine))
}

/// Puts a platform behind the same one of a better machine, and an old name behind its new one.
fn later(fit: Fit, machine: usize, by: u32) -> Fit {
    match fit {
        Fit::Yes(rank) => Fit::Yes(rank * 2 + by + machine as u32 * (PLATFORM_RANKS / 8)),
        other => other,
    }
}

fn glibc_fit(wanted: (u16, u16), machine: &str, target: &Target) -> Fit {
    let is_known =
        MANYLINUX_MACHINES.contains(&machine) || matches!(machine, "i686" | "armv7l" | "armv8l");
    let lowest = if matches!(machine, "x86_64" | "i686") { (2, 5) } else { (2, 17) };
    if !is_known || wanted < lowest {
        return Fit::No;
    }
    match target.libc {
        Libc::Glibc(major, minor) if wanted.0 == major && wanted.1 <= minor => {
            Fit::Yes(u32::from(minor - wanted.1))
        }
        Libc::Glibc(major, _) if wanted.0 < major && wanted.1 <= LAST_OLDER_GLIBC_MINOR => {
            Fit::Yes(1000 + u32::from(LAST_OLDER_GLIBC_MINOR - wanted.1))
        }
        Libc::AnyGlibc if wanted <= LOWEST_GLIBC => {
            Fit::Yes(u32::from(LOWEST_GLIBC.1.saturating_sub(wanted.1)))
        }
        Libc::AnyGlibc | Libc::Unknown => Fit::Unknown,
        _ => Fit::No,
    }
}

fn musl_fit(wanted: (u16, u16), target: &Target) -> Fit {
    match target.libc {
        Libc::Musl(major, minor) if wanted.0 == major && wanted.1 <= minor => {
            Fit::Yes(u32::from(minor - wanted.1))
        }
        // All of Alpine since 3.12 has musl 1.2, and every musl that is in use has 1.1.
        Libc::AnyMusl if wanted <= (1, 1) && wanted.0 == 1 => Fit::Yes(0),
        Libc::AnyMusl | Libc::Unknown => Fit::Unknown,
        _ => Fit::No,
    }
}

#[cfg(test)]
mod tests;
