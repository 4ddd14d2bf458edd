//! What `pylintdock wheels` asked of an index and wrote down: the files of packages that the tables do not know.

use std::collections::BTreeMap;

use pep440_rs::Version;

use crate::lock::python_versions;
use crate::wheel_tag::{Fit, Target, WheelName, best};

/// The name of the file, in the root of the build context.
pub const KNOWN_WHEELS: &str = ".pylintdock-wheels.tsv";

/// The first line of the file.
pub const HEADER: &str = "# pylintdock wheels 1";

/// The files of some versions of some packages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownWheels {
    releases: Vec<Release>,
}

/// One version of a package, as an index lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The normalized name.
    pub name: String,
    /// The version.
    pub version: String,
    /// `Requires-Python`; empty for none.
    pub requires_python: String,
    /// There is a source distribution.
    pub has_sdist: bool,
    /// The tags of the wheels for Linux: `cp312-cp312-musllinux_1_2_x86_64`.
    pub wheels: Vec<String>,
}

/// What pip does with a package, as far as an index tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownInstallation {
    /// It installs a wheel.
    Wheel,
    /// It builds the source. Other files of the version are for one platform, so that it compiles.
    Compiles,
    /// It builds the source, which may be pure Python.
    Builds,
    /// There is nothing that it could install: no file, or none for this Python.
    Fails,
}

impl KnownWheels {
    /// Reads the file. Lines that have another form are passed over; of another version of the form, all.
    pub fn parse(text: &str) -> KnownWheels {
        let mut lines = text.lines();
        if lines.next().map(str::trim) != Some(HEADER) {
            return KnownWheels::default();
        }
        let rows = lines.filter(|it| !it.starts_with('#'));
        let mut releases: Vec<Release> = rows.filter_map(Release::parse).collect();
        releases.sort_by(|one, other| one.name.cmp(&other.name));
        KnownWheels { releases }
    }

    /// What pip does with a package on `target`: with this version, or else with the newest that accepts the Python.
    /// `None` if the file does not know it. The name must be normalized.
    pub fn installation(
        &self,
        name: &str,
        version: Option<&str>,
        target: &Target,
    ) -> Option<KnownInstallation> {
        let start = self.releases.partition_point(|it| it.name.as_str() < name);
        let own = self.releases.get(start..).unwrap_or(&[]);
        let own = own.iter().take_while(|it| it.name == name);
        let accepts = |it: &&Release| it.accepts(target.python) != Some(false);
        let release = match version {
            Some(version) => {
                let wanted: Version = version.parse().ok()?;
                let mut own = own.filter(|it| it.parsed().as_ref() == Some(&wanted));
                let release = own.next()?;
                if !accepts(&release) {
                    return Some(KnownInstallation::Fails);
                }
                release
            }
            None => own.filter(accepts).max_by_key(|it| it.parsed())?,
        };
        release.installation(target)
    }
}

/// A file that an index lists: its name, `Requires-Python`, and whether it was taken back.
pub type Listed<'f> = (&'f str, Option<&'f str>, bool);

/// The newest versions of a package that are worth writing down: pip takes an older one only where it is told to.
const NEWEST: usize = 5;

/// The versions to write down of all that an index lists for a package: the `wanted` ones, and the newest stable ones
/// that were not taken back. The newest comes first.
pub fn releases<'f>(
    name: &str,
    files: impl Iterator<Item = Listed<'f>>,
    wanted: &[String],
) -> Vec<Release> {
    let wanted: Vec<Version> = wanted.iter().filter_map(|it| it.parse().ok()).collect();
    let mut found: BTreeMap<Version, Release> = BTreeMap::new();
    for (file, requires_python, is_yanked) in files {
        let Some(version) = version_in(file).and_then(|it| it.parse::<Version>().ok()) else {
            continue;
        };
        let is_wanted = wanted.contains(&version);
        if !is_wanted && (is_yanked || version.any_prerelease()) {
            continue;
        }
        let release = found.entry(version.clone()).or_insert_with(|| Release {
            name: name.to_owned(),
            version: version.to_string(),
            requires_python: requires_python.unwrap_or("").replace(['\t', '\n'], " "),
            has_sdist: false,
            wheels: Vec::new(),
        });
        match WheelName::parse(file) {
            Some(it) if it.platforms.contains("linux") || it.platforms == "any" => {
                release.wheels.push(format!("{}-{}-{}", it.pythons, it.abis, it.platforms));
            }
            Some(_) => {}
            None => release.has_sdist = true,
        }
    }
    let newest = found.into_iter().rev().enumerate();
    let kept = newest.filter(|(at, (version, _))| *at < NEWEST || wanted.contains(version));
    kept.map(|(_, (_, mut release))| {
        release.wheels.sort();
        release.wheels.dedup();
        release
    })
    .collect()
}

/// The version in the name of a wheel or a source archive; `None` for installers and signatures.
fn version_in(file: &str) -> Option<&str> {
    if let Some(wheel) = WheelName::parse(file) {
        return Some(wheel.version);
    }
    let endings = [".tar.gz", ".zip", ".tar.bz2", ".tar.xz", ".tgz"];
    let stem = endings.iter().find_map(|it| file.strip_suffix(it))?;
    stem.rsplit_once('-').map(|it| it.1)
}

impl Release {
    fn parse(line: &str) -> Option<Release> {
        let mut columns = line.split('\t');
        let mut column = || columns.next();
        let (name, version, requires_python) = (column()?, column()?, column()?);
        let (sdist, wheels) = (column()?, column()?);
        let release = Release {
            name: name.to_owned(),
            version: version.to_owned(),
            requires_python: requires_python.to_owned(),
            has_sdist: sdist == "sdist",
            wheels: wheels.split(' ').filter(|it| !it.is_empty()).map(str::to_owned).collect(),
        };
        (!name.is_empty() && release.parsed().is_some()).then_some(release)
    }

    /// The line of the file, without its end.
    pub fn line(&self) -> String {
        let sdist = if self.has_sdist { "sdist" } else { "" };
        let wheels = self.wheels.join(" ");
        format!("{}\t{}\t{}\t{sdist}\t{wheels}", self.name, self.version, self.requires_python)
    }

    fn parsed(&self) -> Option<Version> {
        self.version.parse().ok()
    }

    fn accepts(&self, python: (u8, u8)) -> Option<bool> {
        if self.requires_python.is_empty() {
            return Some(true);
        }
        python_versions::allows(&self.requires_python, python)
    }

    fn installation(&self, target: &Target) -> Option<KnownInstallation> {
        let names: Vec<String> = self.wheels.iter().map(|it| format!("x-1-{it}.whl")).collect();
        match best(names.iter().map(String::as_str), target) {
            Some((_, Fit::Yes(_))) => return Some(KnownInstallation::Wheel),
            // Only the version of the C library could tell.
            Some(_) => return None,
            None => {}
        }
        let mut wheels = names.iter().filter_map(|it| WheelName::parse(it));
        Some(match self.has_sdist {
            false => KnownInstallation::Fails,
            true if wheels.any(|it| it.platforms != "any") => KnownInstallation::Compiles,
            true => KnownInstallation::Builds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wheel_tag::Libc;

    #[test]
    fn what_was_written_down_is_what_pip_does() {
        let known = KnownWheels::parse(&format!(
            "{HEADER}\n# a remark\nbroken line\n\
             native\t1.10\t>=3.8\tsdist\tcp312-cp312-manylinux_2_17_x86_64\n\
             native\t1.9\t\tsdist\tcp312-cp312-manylinux_2_17_x86_64 cp312-cp312-musllinux_1_2_x86_64\n\
             only\t1\t\t\tcp312-cp312-manylinux_2_17_x86_64\n\
             plain\t2\t<3\tsdist\t\nplain\t1\t\tsdist\t\n\
             pure\t1.0\t\t\tpy3-none-any\n"
        ));
        let target = |libc, python| Target {
            python,
            free_threaded: false,
            libc,
            machine: "x86_64".to_owned(),
        };
        let glibc = target(Libc::Glibc(2, 36), (3, 12));
        let musl = target(Libc::Musl(1, 2), (3, 12));
        use KnownInstallation::{Builds, Compiles, Fails, Wheel};
        for (name, version, on_glibc, on_musl) in [
            ("native", None, Some(Wheel), Some(Compiles)),
            ("native", Some("1.10.0"), Some(Wheel), Some(Compiles)),
            ("native", Some("1.9"), Some(Wheel), Some(Wheel)),
            ("native", Some("2"), None, None),
            ("only", None, Some(Wheel), Some(Fails)),
            ("plain", None, Some(Builds), Some(Builds)),
            ("plain", Some("2"), Some(Fails), Some(Fails)),
            ("pure", Some("1"), Some(Wheel), Some(Wheel)),
            ("absent", None, None, None),
        ] {
            assert_eq!(known.installation(name, version, &glibc), on_glibc, "{name} {version:?}");
            assert_eq!(known.installation(name, version, &musl), on_musl, "{name} {version:?}");
        }
        let other = target(Libc::Glibc(2, 36), (3, 13));
        assert_eq!(known.installation("native", None, &other), Some(Compiles));
        assert_eq!(KnownWheels::parse("name\t1\t\t\tpy3-none-any\n"), KnownWheels::default());
    }

    #[test]
    fn the_newest_versions_and_the_wanted_ones_are_kept() {
        let files = [
            ("a-1.0.tar.gz", None, false),
            ("a-1.1-py3-none-any.whl", Some(">=3.8"), true),
            ("a-2.0rc1.tar.gz", None, false),
            ("a-1.2-cp312-cp312-win_amd64.whl", None, false),
            ("a-1.2-cp312-cp312-musllinux_1_2_x86_64.whl", None, false),
            ("a-1.2.tar.gz.asc", None, false),
            ("a-1.2.exe", None, false),
            ("a-1.3.zip", None, false),
            ("a-1.4.zip", None, false),
            ("a-1.5.zip", None, false),
            ("a-1.6.zip", None, false),
        ];
        let kept = |wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|it| (*it).to_owned()).collect();
            let found = releases("a", files.into_iter(), &wanted);
            found.iter().map(Release::line).collect::<Vec<_>>()
        };
        let newest = [
            "a\t1.6\t\tsdist\t",
            "a\t1.5\t\tsdist\t",
            "a\t1.4\t\tsdist\t",
            "a\t1.3\t\tsdist\t",
            "a\t1.2\t\t\tcp312-cp312-musllinux_1_2_x86_64",
        ];
        assert_eq!(kept(&[]), newest);
        assert_eq!(kept(&["1.1"])[5..], ["a\t1.1\t>=3.8\t\tpy3-none-any"]);
        assert_eq!(kept(&["2.0rc1"])[0], "a\t2rc1\t\tsdist\t".replace("2rc1", "2.0rc1"));
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let release = Release {
            name: "a".to_owned(),
            version: "1.2".to_owned(),
            requires_python: ">=3.8".to_owned(),
            has_sdist: true,
            wheels: vec!["py3-none-any".to_owned(), "cp312-abi3-musllinux_1_2_aarch64".to_owned()],
        };
        let text = format!("{HEADER}\n{}\n", release.line());
        assert_eq!(KnownWheels::parse(&text), KnownWheels { releases: vec![release] });
    }
}
