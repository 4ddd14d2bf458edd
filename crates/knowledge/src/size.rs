//! How much disk packages of Debian take when they are installed together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::image::{Distribution, Image, Variant};
use crate::release::Release;
use crate::table::Table;

pub(crate) static DEBIAN: Table = Table::new(include_str!("../data/debian-packages.tsv"));

/// The system packages of an image, those it came with and those that were installed since, for as far as their size
/// goes. Known for Debian bullseye, bookworm and trixie, on x86-64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    release: Release,
    ground: Ground,
    rows: Rows,
}

/// Each row of the table with whether what it recommends came along.
type Rows = Arc<BTreeMap<&'static str, bool>>;

/// What an image has before anything is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ground {
    /// The places of the table that it holds.
    places: &'static [&'static str],
    /// Manuals and translations are left out of every installation, as the slim images are set up.
    is_slim: bool,
}

/// Installations that were looked up, the latest last: rules ask for the same ones, and an editor for those of the text
/// before. Each costs hundreds of look-ups in the table.
static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());

/// More than a file has, and few enough to look through.
const MOST_KNOWN: usize = 64;

/// One installation: what was there, what was asked for, and what came of it.
struct Known {
    release: Release,
    ground: Ground,
    before: Rows,
    names: Vec<String>,
    with_recommended: bool,
    after: Rows,
    addition: Addition,
}

impl Known {
    fn is(&self, there: &Installed, names: &[&str], with_recommended: bool) -> bool {
        self.with_recommended == with_recommended
            && self.names == names
            && self.release == there.release
            && self.ground == there.ground
            && (Arc::ptr_eq(&self.before, &there.rows) || self.before == there.rows)
    }
}

/// What an installation adds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Addition {
    /// The bytes of the files, as far as they are known: an estimate.
    pub bytes: u64,
    /// How many of the named packages are not known; their size is left out.
    pub n_unknown: usize,
}

impl Installed {
    /// The packages of a base image; `None` if it is not known what it has, or sizes of its release are not.
    pub fn of_image(image: &Image) -> Option<Installed> {
        let release = image.release.filter(|_| image.distribution == Distribution::Debian)?;
        if !matches!(release.name(), "bullseye" | "bookworm" | "trixie") {
            return None;
        }
        let is_official = image.python.is_official();
        let (places, is_slim): (&'static [&'static str], bool) = match image.variant {
            Variant::Full if is_official => (&["base", "slim", "full"], false),
            Variant::Slim if is_official => (&["base", "slim"], true),
            // An image of something else on Debian has more than its base; what is counted twice is small.
            Variant::Slim => (&["base"], true),
            Variant::Plain if image.has_compiler != crate::image::Answer::Yes => (&["base"], false),
            _ => return None,
        };
        let ground = Ground { places, is_slim };
        Some(Installed { release, ground, rows: Rows::default() })
    }

    /// Installs packages by name, with what they depend on and, if so, what they recommend; says what that adds to
    /// what is there already.
    pub fn install<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        with_recommended: bool,
    ) -> Addition {
        let names: Vec<&str> = names.collect();
        let all = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = |it: &&Known| it.is(self, &names, with_recommended);
        let known = all().iter().find(is_known).map(|it| (Arc::clone(&it.after), it.addition));
        if let Some((after, addition)) = known {
            self.rows = after;
            return addition;
        }
        let before = Arc::clone(&self.rows);
        let addition = self.look_up(&names, with_recommended);
        let mut all = all();
        if all.len() == MOST_KNOWN {
            all.remove(0);
        }
        all.push(Known {
            release: self.release,
            ground: self.ground,
            before,
            names: names.into_iter().map(str::to_owned).collect(),
            with_recommended,
            after: Arc::clone(&self.rows),
            addition,
        });
        addition
    }

    fn look_up(&mut self, names: &[&str], with_recommended: bool) -> Addition {
        let rows = Arc::make_mut(&mut self.rows);
        let mut res = Addition::default();
        let mut open: Vec<&'static str> = Vec::new();
        for name in names {
            match DEBIAN.row_of_two(name, self.release.name()) {
                Some(row) => open.push(row.column(0)),
                None => res.n_unknown += 1,
            }
        }
        while let Some(name) = open.pop() {
            let before = rows.get(name).copied();
            if before == Some(true) || before.is_some() && !with_recommended {
                continue;
            }
            let Some(row) = DEBIAN.row_of_two(name, self.release.name()) else { continue };
            let [_, _, place, whole, slim, recommended, slim_recommended, depends, recommends] =
                row.columns();
            // What the image came with brings nothing again, not even what it recommends.
            if self.ground.places.contains(&place) {
                rows.insert(row.column(0), true);
                continue;
            }
            let number = |whole: &str, slim: &str| {
                let text = if self.ground.is_slim { slim } else { whole };
                text.parse::<u64>().unwrap_or(0) * 1000
            };
            if before.is_none() {
                res.bytes += number(whole, slim);
                open.extend(depends.split(' ').filter(|it| !it.is_empty()));
            }
            // apt does not look again at what a package that is there recommends.
            if with_recommended && before.is_none() {
                res.bytes += number(recommended, slim_recommended);
                open.extend(recommends.split(' ').filter(|it| !it.is_empty()));
            }
            rows.insert(row.column(0), with_recommended);
        }
        res
    }

    /// Whether a package is there: in the image, installed by name, or brought along by one that was.
    pub fn has(&self, name: &str) -> bool {
        let row = DEBIAN.row_of_two(name, self.release.name());
        let is_of_image = row.is_some_and(|it| self.ground.places.contains(&it.column(2)));
        is_of_image || self.rows.contains_key(name)
    }

    /// What these packages add to the image, all together, without keeping them.
    pub fn would_add<'n>(
        &self,
        names: impl Iterator<Item = &'n str>,
        with_recommended: bool,
    ) -> Addition {
        self.clone().install(names, with_recommended)
    }

    /// The bytes of the package lists that `apt-get update` leaves, as the images keep them: compressed.
    ///
    /// Measured on 2026-11-21: the files of main, updates and security for x86-64 in `/var/lib/apt/lists`.
    pub fn package_lists(&self) -> u64 {
        match self.release.name() {
            "bullseye" => 18_500_000,
            "bookworm" => 19_900_000,
            _ => 21_700_000,
        }
    }
}

#[cfg(test)]
mod tests;
