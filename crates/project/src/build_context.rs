//! Infers the build context of a Dockerfile from where the files are that it takes.

use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::is_dockerfile;

/// The directory that `docker build` is most likely given, `None` when none explains the sources.
///
/// Candidates are the Dockerfile's own `directory` and those above it, up to the repository's root (a directory
/// with `.git`) or `outermost`, whichever is nearer; never the file system's root. The one where most of the
/// expected files exist is taken, the nearest of equals; fewer than half of them prove nothing. A Dockerfile that
/// names no particular file (nothing copied, or only `.`) is taken to be built in its own directory, unless that
/// holds nothing but Dockerfiles: `docker/Dockerfile` with `COPY . .` is built from somewhere else.
pub fn infer_context(
    directory: &Path,
    expected_files: &[String],
    outermost: &Path,
) -> Option<PathBuf> {
    let mut telling: Vec<&str> = expected_files.iter().filter_map(|it| telling_part(it)).collect();
    telling.sort_unstable();
    telling.dedup();
    // Plain paths tell as much, and a wildcard costs the reading of a directory, which may be large.
    if telling.iter().any(|it| !is_pattern(it)) {
        telling.retain(|it| !is_pattern(it));
    }
    // So many prove as much as all of a huge file, and each is looked for on disk.
    telling.truncate(MOST_TELLING);
    if telling.is_empty() {
        let may_be_elsewhere = !expected_files.is_empty() && holds_only_dockerfiles(directory);
        return (!may_be_elsewhere).then(|| directory.to_path_buf());
    }
    let mut best: Option<(usize, &Path)> = None;
    for candidate in candidates(directory, outermost) {
        let n_found = telling.iter().filter(|it| exists(candidate, it)).count();
        if n_found > best.map_or(0, |it| it.0) {
            best = Some((n_found, candidate));
        }
        if n_found == telling.len() {
            break;
        }
    }
    best.filter(|it| it.0 * 2 >= telling.len()).map(|it| it.1.to_path_buf())
}

const MOST_TELLING: usize = 100;

fn holds_only_dockerfiles(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else { return false };
    // More of them than this, and nothing else yet: a collection of Dockerfiles.
    const ENOUGH: usize = 50;
    entries.flatten().take(ENOUGH).all(|entry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|it| is_dockerfile(it) || it.ends_with("ignore") || it == ".git")
    })
}

fn candidates<'a>(directory: &'a Path, outermost: &'a Path) -> impl Iterator<Item = &'a Path> {
    let mut is_past_the_end = false;
    directory.ancestors().take_while(move |candidate| {
        if is_past_the_end || candidate.parent().is_none() {
            return false;
        }
        is_past_the_end = *candidate == outermost
            || !directory.starts_with(outermost)
            || candidate.join(".git").exists();
        true
    })
}

/// The source without decoration, if it names something particular in the context.
fn telling_part(source: &str) -> Option<&str> {
    let is_elsewhere = source.contains("://") || source.starts_with("git@");
    if source.contains('$') || source.contains("<<") || is_elsewhere {
        return None;
    }
    let path = source.trim_start_matches('/').trim_start_matches("./").trim_end_matches('/');
    let is_broad = path.split('/').all(|it| matches!(it, "" | "." | ".." | "*" | "**"));
    (!is_broad).then_some(path)
}

fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?', '['])
}

/// Whether a source exists below a directory. It never looks outside of it.
fn exists(root: &Path, source: &str) -> bool {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(source).components() {
        match component {
            Component::Normal(part) => match part.to_str() {
                Some(part) => parts.push(part),
                None => return false,
            },
            // Docker ends a path at the context's root.
            Component::ParentDir => {
                parts.pop();
            }
            _ => {}
        }
    }
    exists_below(root, &parts)
}

fn exists_below(root: &Path, parts: &[&str]) -> bool {
    let Some(at) = parts.iter().position(|it| is_pattern(it)) else {
        return fs::symlink_metadata(root.join(parts.join("/"))).is_ok();
    };
    let (plain, rest) = parts.split_at(at);
    let Some((pattern, rest)) = rest.split_first() else { return false };
    let Ok(entries) = fs::read_dir(root.join(plain.join("/"))) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        name.to_str().is_some_and(|it| matches(pattern.as_bytes(), it.as_bytes()))
            && (rest.is_empty() || exists_below(&entry.path(), rest))
    })
}

/// Go's `filepath.Match` for one component, as far as evidence needs it: a bracket matches any one character.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // The last `*` and where its match ended; the usual linear way without recursion.
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(b'[') if pattern[p..].contains(&b']') => {
                p += pattern[p..].iter().position(|it| *it == b']').unwrap_or(0) + 1;
                n += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, end)) => {
                    star = Some((at, end + 1));
                    (p, n) = (at + 1, end + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|it| *it == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_is_where_the_sources_are() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        for file in [
            "repo/.git/HEAD",
            "repo/requirements.txt",
            "repo/src/app.py",
            "repo/docker/api/Dockerfile",
            "repo/docker/api/entrypoint.sh",
            "repo/docker/only/Dockerfile",
            "repo/service/Dockerfile",
            "repo/service/requirements.txt",
            "above.txt",
        ] {
            fs::create_dir_all(root.join(file).parent().unwrap()).unwrap();
            fs::write(root.join(file), "").unwrap();
        }
        // (directory of the Dockerfile, sources, context)
        let cases: [(&str, &[&str], Option<&str>); 17] = [
            ("repo/docker/api", &[], Some("repo/docker/api")),
            ("repo/docker/api", &["."], Some("repo/docker/api")),
            ("repo/docker/api", &["requirements.txt", "."], Some("repo")),
            ("repo/docker/api", &["requirements*.txt", "./src/"], Some("repo")),
            ("repo/docker/api", &["entrypoint.sh"], Some("repo/docker/api")),
            ("repo/docker/api", &["entrypoint.sh", "src", "requirements.txt"], Some("repo")),
            ("repo/docker/api", &["api/entrypoint.sh"], Some("repo/docker")),
            ("repo/docker/api", &["docker/*/entry?oint.sh"], Some("repo")),
            ("repo/service", &["requirements.txt", "."], Some("repo/service")),
            ("repo/service", &["nothing.txt", "."], None),
            ("repo/service", &["$FILE", "https://x/y.tar.gz"], Some("repo/service")),
            ("repo/docker/only", &["."], None),
            ("repo/service", &["requirements.txt", "a.txt", "b.txt"], None),
            ("repo/service", &["above.txt"], None),
            ("repo/service", &["../../above.txt"], None),
            ("repo/service", &["/requirements.txt"], Some("repo/service")),
            ("repo/service", &["s*p.py"], None),
        ];
        for (at, sources, expected) in cases {
            let sources: Vec<String> = sources.iter().map(|it| it.to_string()).collect();
            let context = infer_context(&root.join(at), &sources, root);
            assert_eq!(context, expected.map(|it| root.join(it)), "{at} {sources:?}");
        }
        let sources = ["requirements.txt".to_owned()];
        let docker = root.join("repo/docker");
        assert_eq!(infer_context(&docker.join("api"), &sources, &docker), None);
    }

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("*", "a", true),
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txt.x", false),
            ("r*-*.txt", "r-a-b.txt", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("[ab]x", "ax", true),
            ("a*", "", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }
}
