//! Rebuilds `debian-packages.tsv`: what each Debian package that people name brings along, and its size.
//!
//! `apt-get update` for a release leaves its `Packages` files; `apt-helper cat-file` unpacks them. They are read in
//! the order main, updates, security. NAMES is a file with one more package name per line; a name that the table has
//! once stays in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use crate::packages_file::Archive;

/// What the official slim image of Python adds to Debian's, without the libraries that differ between releases.
pub(crate) const SLIM: &str = "ca-certificates netbase tzdata libsqlite3-0 libbz2-1.0 liblzma5 libncursesw6 libuuid1 libexpat1 \
                    zlib1g libnsl2 libffi7 libssl1.1 libreadline8 libgdbm6 libffi8 libssl3 libssl3t64 \
                    libreadline8t64 libgdbm6t64";

/// What `buildpack-deps` and the full image of Python install, from docker-library/buildpack-deps and
/// docker-library/python.
const FULL: &str = "curl gnupg sq wget git mercurial openssh-client subversion procps autoconf automake bzip2 \
                    default-libmysqlclient-dev dpkg-dev file g++ gcc imagemagick libbz2-dev libc6-dev \
                    libcurl4-openssl-dev libdb-dev libevent-dev libffi-dev libgdbm-dev libglib2.0-dev libgmp-dev \
                    libjpeg-dev libkrb5-dev liblzma-dev libmagickcore-dev libmagickwand-dev libmaxminddb-dev \
                    libncurses5-dev libncursesw5-dev libpng-dev libpq-dev libreadline-dev libsqlite3-dev libssl-dev \
                    libtool libwebp-dev libxml2-dev libxslt-dev libyaml-dev make patch unzip xz-utils zlib1g-dev \
                    libbluetooth-dev tk-dev uuid-dev";

/// A package, or several that always come together, with what that brings along.
#[derive(Debug, Clone, Default)]
struct Node {
    /// People name it.
    is_asked: bool,
    /// `base`, `slim`, `full`: the smallest image that has it; empty for none.
    place: &'static str,
    size: Size,
    /// Of what it recommends and nothing else needs.
    recommended: Size,
    depends: BTreeSet<String>,
    recommends: BTreeSet<String>,
}

/// The bytes of the files of a package, and of those that a slim image keeps: without manuals and translations.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    whole: u64,
    slim: u64,
}

impl std::ops::AddAssign for Size {
    fn add_assign(&mut self, other: Size) {
        self.whole += other.whole;
        self.slim += other.slim;
    }
}

/// Of packages that were looked into: `Installed-Size`, and the bytes of the files.
type Measured = BTreeMap<String, (u64, Size)>;

/// The parts of `Installed-Size` that the files of a package make up, when it was not looked into: the medians of
/// those that were.
const WHOLE: f64 = 0.95;
const SLIM_PART: f64 = 0.89;

/// What dpkg itself writes for a package: its lists of files, its entries and scripts; measured over 24 installations.
const ENTRIES: u64 = 20_000;

impl Size {
    fn of(name: &str, kilobytes: u64, measured: &Measured) -> Size {
        let installed = kilobytes as f64 * 1024.0;
        // The parts hold for other releases too, also where a name has got `t64`.
        let found = measured.get(name).or_else(|| measured.get(&name.replace("t64", "")));
        let (whole, slim) = match found.filter(|it| it.0 > 0) {
            Some((known, size)) => {
                let part = |it: u64| it as f64 / (*known as f64 * 1024.0);
                (part(size.whole), part(size.slim))
            }
            None => (WHOLE, SLIM_PART),
        };
        let size = |part: f64| (installed * part) as u64 + ENTRIES;
        Size { whole: size(whole), slim: size(slim) }
    }
}

type Nodes = BTreeMap<String, Node>;

/// Writes the table anew. The arguments are `bookworm=FILE` for each release, then NAMES.
pub(crate) fn refresh(arguments: &[&str]) -> Result<String, String> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../knowledge/data");
    let read = |path: &Path| {
        std::fs::read_to_string(path)
            .map_err(|it| format!("cannot read `{}`: {it}\n", path.display()))
    };
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let column = |text: &str, row: &str, column: usize| -> Vec<String> {
        let rows = text.lines().map(|it| it.split('\t').collect::<Vec<_>>());
        let rows = rows.filter(|it| row.is_empty() || it.contains(&row));
        rows.flat_map(|it| {
            it.get(column).unwrap_or(&"").split(' ').map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|it| !it.is_empty())
        .collect()
    };
    asked.extend(column(&read(&data.join("package-needs.tsv"))?, "apt", 5));
    asked.extend(column(&read(&data.join("system-package-roles.tsv"))?, "apt", 1));
    let table = data.join("debian-packages.tsv");
    if table.exists() {
        asked.extend(column(&read(&table)?, "", 0));
    }
    let measured = measured(&read(&data.join("../../xtask/data/debian-measured.tsv"))?);
    let mut res = String::new();
    let mut lines: Vec<String> = Vec::new();
    let releases = arguments.iter().filter_map(|it| it.split_once('='));
    for path in arguments.iter().filter(|it| !it.contains('=')) {
        asked.extend(column(&read(Path::new(path))?, "", 0));
    }
    asked.retain(|it| !it.starts_with('+'));
    for (release, path) in releases {
        let mut nodes = nodes(&Archive::read(&read(Path::new(path))?), &asked, &measured);
        let before = nodes.len();
        join(&mut nodes);
        leave_out_what_follows(&mut nodes);
        let _ = writeln!(res, "{release}: {before} packages in {} rows", nodes.len());
        lines.extend(rows(release, &nodes));
    }
    if lines.is_empty() {
        return Err("name at least one RELEASE=PACKAGES\n".to_owned());
    }
    lines.sort();
    std::fs::write(&table, lines.concat())
        .map(|()| res)
        .map_err(|it| format!("cannot write `{}`: {it}\n", table.display()))
}

fn measured(text: &str) -> Measured {
    let row = |line: &str| {
        let mut columns = line.split('\t');
        let name = columns.next()?.to_owned();
        let mut number = || columns.next()?.parse().ok();
        Some((name, (number()?, Size { whole: number()?, slim: number()? })))
    };
    text.lines().filter_map(row).collect()
}

/// The packages that are asked for, with all that they may bring along.
fn nodes(archive: &Archive, asked: &BTreeSet<String>, measured: &Measured) -> Nodes {
    let basic = archive.packages.iter().filter(|it| it.1.is_basic);
    let basic: Vec<&str> = basic.map(|it| it.0.as_str()).collect();
    // Where a choice is open, the images take the package without contents.
    let first = archive.closure(&["usr-is-merged"], &BTreeSet::new());
    let base = archive.closure(&basic, &first);
    let slim = archive.closure(&SLIM.split(' ').collect::<Vec<_>>(), &base);
    let full = archive.closure(&FULL.split_whitespace().collect::<Vec<_>>(), &slim);
    let place = |it: &str| match it {
        _ if base.contains(it) => "base",
        _ if slim.contains(it) => "slim",
        _ if full.contains(it) => "full",
        _ => "",
    };
    let mut res = Nodes::new();
    let mut open: Vec<String> = Vec::new();
    for name in asked {
        let Some(package) = archive.resolve(name) else { continue };
        open.push(package.to_owned());
        if package != name {
            // A name that one package alone provides.
            let depends = BTreeSet::from([package.to_owned()]);
            let place = if base.contains(package) { "base" } else { "" };
            res.insert(name.clone(), Node { is_asked: true, place, depends, ..Node::default() });
        }
    }
    while let Some(name) = open.pop() {
        let Some(package) = archive.packages.get(&name).filter(|_| !res.contains_key(&name)) else {
            continue;
        };
        let mut node = Node {
            is_asked: asked.contains(&name),
            place: place(&name),
            size: Size::of(&name, package.kilobytes, measured),
            ..Node::default()
        };
        if node.place == "base" {
            if node.is_asked {
                res.insert(name, Node { size: Size::default(), ..node });
            }
            continue;
        }
        node.depends = archive.depends(&name, &base).into_iter().filter(|it| *it != name).collect();
        let recommends = archive.recommends(&name, &base).into_iter();
        node.recommends =
            recommends.filter(|it| *it != name && !node.depends.contains(it)).collect();
        open.extend(node.depends.iter().chain(&node.recommends).cloned());
        res.insert(name, node);
    }
    let known: BTreeSet<String> =
        res.iter().filter(|it| it.1.place != "base").map(|it| it.0.clone()).collect();
    for node in res.values_mut() {
        node.depends.retain(|it| known.contains(it));
        node.recommends.retain(|it| known.contains(it));
    }
    res
}

/// Who depends on a package or recommends it: the name, and whether it is needed.
type Users<'n> = BTreeSet<(&'n str, bool)>;

/// Joins what cannot come alone: a package that only one other brings along goes into that one, and packages that
/// the same others bring along become one. Only packages that nobody names, and that are in the same images.
fn join(nodes: &mut Nodes) {
    loop {
        let mut users: BTreeMap<&str, Users<'_>> = BTreeMap::new();
        for (name, node) in nodes.iter() {
            node.depends
                .iter()
                .for_each(|it| _ = users.entry(it).or_default().insert((name, true)));
            node.recommends
                .iter()
                .for_each(|it| _ = users.entry(it).or_default().insert((name, false)));
        }
        let mut groups: BTreeMap<(Users<'_>, &str), Vec<&str>> = BTreeMap::new();
        for (name, node) in nodes.iter().filter(|it| !it.1.is_asked) {
            let users = users.get(name.as_str()).cloned().unwrap_or_default();
            groups.entry((users, node.place)).or_default().push(name);
        }
        let mut moves: Vec<(String, String, bool)> = Vec::new();
        let mut touched: BTreeSet<&str> = BTreeSet::new();
        for ((users, place), members) in &groups {
            let mut members = members.iter().copied();
            let only = users.iter().next().filter(|_| users.len() == 1);
            let only = only.filter(|it| nodes.get(it.0).is_some_and(|it| it.place == *place));
            let Some((home, is_needed)) = only.copied().or_else(|| Some((members.next()?, true)))
            else {
                continue;
            };
            for member in members {
                if !touched.contains(home) && member != home && touched.insert(member) {
                    moves.push((member.to_owned(), home.to_owned(), is_needed));
                }
            }
            touched.insert(home);
        }
        if moves.is_empty() {
            return;
        }
        move_into(nodes, &moves);
    }
}

fn move_into(nodes: &mut Nodes, moves: &[(String, String, bool)]) {
    for (member, home, is_needed) in moves {
        let Some(gone) = nodes.remove(member) else { continue };
        let Some(home) = nodes.get_mut(home) else { continue };
        if *is_needed {
            home.size += gone.size;
            home.recommended += gone.recommended;
            home.depends.extend(gone.depends);
            home.recommends.extend(gone.recommends);
        } else {
            home.recommended += gone.size;
            home.recommended += gone.recommended;
            home.recommends.extend(gone.depends.into_iter().chain(gone.recommends));
        }
    }
    let moved: BTreeMap<&str, &str> =
        moves.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    for (name, node) in nodes.iter_mut() {
        for names in [&mut node.depends, &mut node.recommends] {
            let renamed = |it: &String| {
                moved.get(it.as_str()).map_or_else(|| it.clone(), |it| (*it).to_owned())
            };
            *names = names.iter().map(renamed).filter(|it| it != name).collect();
        }
        node.recommends = node.recommends.difference(&node.depends).cloned().collect();
    }
}

/// Leaves out what another dependency of the same package brings along anyhow.
fn leave_out_what_follows(nodes: &mut Nodes) {
    let closures: BTreeMap<String, BTreeSet<String>> =
        nodes.keys().map(|it| (it.clone(), reached(nodes, it))).collect();
    let reaches = |one: &str, other: &str| closures.get(one).is_some_and(|it| it.contains(other));
    for (name, node) in nodes.iter_mut() {
        let depends = node.depends.clone();
        // What leads back here may need the edge that would be left out.
        let follows = |it: &String, by: &String| {
            by != it && reaches(by, it) && !reaches(it, by) && !reaches(by, name)
        };
        node.depends.retain(|it| !depends.iter().any(|by| follows(it, by)));
        let all: Vec<String> = depends.iter().chain(&node.recommends).cloned().collect();
        node.recommends.retain(|it| !all.iter().any(|by| follows(it, by)));
    }
}

fn reached(nodes: &Nodes, name: &str) -> BTreeSet<String> {
    let depends = |it: &str| nodes.get(it).into_iter().flat_map(|it| it.depends.iter().cloned());
    let mut res = BTreeSet::new();
    let mut open: Vec<String> = depends(name).collect();
    while let Some(name) = open.pop() {
        if res.insert(name.clone()) {
            open.extend(depends(&name));
        }
    }
    res
}

/// The lines of the table. A name that nobody asks for gets a `+`, which no package name begins with.
fn rows(release: &str, nodes: &Nodes) -> Vec<String> {
    let marked = |name: &String| match nodes.get(name) {
        Some(node) if !node.is_asked => format!("+{name}"),
        _ => name.clone(),
    };
    let listed = |names: &BTreeSet<String>| names.iter().map(marked).collect::<Vec<_>>().join(" ");
    let row = |(name, node): (&String, &Node)| {
        let mut line = format!("{}\t{release}\t{}\t", marked(name), node.place);
        for bytes in
            [node.size.whole, node.size.slim, node.recommended.whole, node.recommended.slim]
        {
            let _ = write!(line, "{}\t", (bytes + 500) / 1000);
        }
        let _ = writeln!(line, "{}\t{}", listed(&node.depends), listed(&node.recommends));
        line
    };
    nodes.iter().map(row).collect()
}
