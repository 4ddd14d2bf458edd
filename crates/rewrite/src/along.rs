//! What packages that go to the builder bring along, and the shipped stage still uses.

use knowledge::image::Image;
use knowledge::python_package::needs as needs_of;
use knowledge::system_package::{Availability, Family, Role, availability, role};
use managers::Tool;
use model::programs::{InSlim, in_slim, unpacker};
use model::{Build, RunCall, Stage, installation};

use crate::packages::{Needs, Split, family, is_in_base};

/// Packages of Debian and Ubuntu that depend on `dpkg-dev`, which depends on bzip2, patch and xz-utils.
const BRINGING_ARCHIVERS: [&str; 4] = ["build-essential", "debhelper", "devscripts", "dpkg-dev"];

/// Lets the shipped stage install by name what it had because something that goes depends on it.
pub(crate) fn keep_what_came_along<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    image: Option<Image>,
    needs: &Needs,
    splits: &mut [(&RunCall<'f>, Split)],
) {
    let mut there: Vec<String> = splits.iter().flat_map(|it| it.1.added.clone()).collect();
    there.extend(needs.installed.iter().filter(|it| !needs.removed.contains(it)).cloned());
    for (call, split) in splits {
        let Some(family) = family(call.call.tool) else { continue };
        let moved = split.moved_names.iter();
        let mut wanted: Vec<&'static str> = Vec::new();
        if moved.clone().any(|it| role(family, it) == Role::Compiler) {
            wanted.extend(loaded(build, stage, image, family));
        }
        if family == Family::Apt {
            if moved.clone().any(|it| BRINGING_ARCHIVERS.contains(&it.as_str())) {
                wanted.extend(archivers(build, stage));
            }
            let headers = |it: &&String| it.starts_with("python3") && it.ends_with("-dev");
            if moved.clone().any(|it| headers(&it)) && fetches_pip(build, stage) {
                wanted.extend(distutils(image));
            }
        }
        for name in wanted {
            let is_there =
                image.is_some_and(|it| is_in_base(it, name)) || there.iter().any(|it| it == name);
            if !is_there {
                there.push(name.to_owned());
                split.added.push(name.to_owned());
            }
        }
    }
}

/// The libraries of compilers that the packages of a stage load: OpenMP's, Fortran's.
fn loaded<'f>(
    build: &Build<'f>,
    stage: &Stage<'f>,
    image: Option<Image>,
    family: Family,
) -> Vec<&'static str> {
    const OF_COMPILERS: [&str; 4] = ["libatomic", "libgfortran", "libgomp", "libquadmath"];
    let release = image.and_then(|it| it.release);
    let planned = installation::planned(build, stage);
    let needs =
        planned.iter().filter_map(|it| needs_of(&it.name, it.version.as_deref(), family, release));
    let names = needs.flat_map(|it| it.always.into_iter().chain(it.run.into_iter().flatten()));
    names.filter(|it| OF_COMPILERS.iter().any(|start| it.starts_with(start))).collect()
}

/// The packages of the programs that unpack or patch something in a stage.
fn archivers<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Vec<&'static str> {
    const PACKAGES: [&str; 3] = ["bzip2", "patch", "xz-utils"];
    let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
    let commands = runs.flat_map(|it| it.commands());
    let packages = commands.flat_map(|command| {
        let own = match command.program().map(in_slim) {
            Some(InSlim::Absent(package)) => Some(package),
            _ => None,
        };
        own.into_iter().chain(unpacker(command))
    });
    packages.filter(|it| PACKAGES.contains(it)).collect()
}

/// Whether a stage runs `get-pip.py`, which imports `distutils`.
fn fetches_pip<'f>(build: &Build<'f>, stage: &Stage<'f>) -> bool {
    let runs = build.steps_of(stage).iter().filter_map(|it| it.run());
    runs.flat_map(|it| &it.calls).any(|it| it.call.tool == Tool::GetPip)
}

/// Up to Debian 12 and Ubuntu 23.10 `python3-dev` depends on `python3-distutils`, and `python3` does not.
fn distutils(image: Option<Image>) -> Option<&'static str> {
    const PACKAGE: &str = "python3-distutils";
    let release = image.and_then(|it| it.release)?;
    (availability(release, PACKAGE) != Availability::No).then_some(PACKAGE)
}
