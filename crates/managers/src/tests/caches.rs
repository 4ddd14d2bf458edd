//! Caches: who writes them, what turns them off, where they are, what empties them.

use super::{check, cleans, disabling_option, disabling_variable, lookup, paths, written};
use crate::cache::Cache;
use crate::call;
use crate::removal::{covers, removed_paths};

#[test]
fn calls_write_caches_or_do_not() {
    let table = [
        ("pip install x", "[Pip]"),
        ("pip install --no-index -f /w x", "[]"),
        ("pip install --no-cache-dir x", "[Pip] --no-cache-dir"),
        ("pip install --no-cache x", "[Pip] --no-cache-dir"),
        ("PIP_NO_CACHE_DIR=off pip install x", "[Pip] PIP_NO_CACHE_DIR"),
        ("PIP_NO_CACHE_DIR= pip install x", "[Pip]"),
        ("env PIP_NO_CACHE_DIR=1 pip install x", "[Pip] PIP_NO_CACHE_DIR"),
        ("pip --version", "[]"),
        ("pip uninstall x", "[]"),
        ("pip config set global.x y", "[]"),
        ("pipx install x", "[Pip]"),
        ("pipx install --pip-args='--no-cache-dir -q' x", "[Pip] --pip-args"),
        ("uv pip install --no-cache x", "[Uv] --no-cache"),
        ("UV_NO_CACHE=0 uv sync -n", "[Uv] --no-cache"),
        ("UV_NO_CACHE=0 uv sync", "[Uv]"),
        ("UV_NO_CACHE=true uv sync", "[Uv] UV_NO_CACHE"),
        ("uv run --no-sync x", "[]"),
        ("uv run x", "[Uv]"),
        ("uv venv", "[]"),
        ("uv pip install --no-index x", "[Uv]"),
        ("poetry install --no-cache", "[Poetry]"),
        ("poetry config x y", "[]"),
        ("pdm --no-cache install", "[Pdm] --no-cache"),
        ("pipenv install --system", "[Pipenv]"),
        ("PIP_NO_CACHE_DIR=1 pipenv sync", "[Pipenv] PIP_NO_CACHE_DIR"),
        ("apt-get update", "[AptLists]"),
        ("apt-get install x", "[AptArchives]"),
        ("apt-get remove x", "[]"),
        ("apk add --no-cache x", "[Apk] --no-cache"),
        ("apk update", "[Apk]"),
        ("apk del x", "[]"),
        ("dnf install x", "[Dnf]"),
        ("microdnf update", "[Microdnf]"),
        ("yum makecache", "[Yum]"),
        ("zypper ref", "[Zypper]"),
        ("conda env create -f x", "[Conda]"),
        ("conda config --add channels x", "[]"),
        ("conda run -n x pip install y", "[Pip]"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let caches = written(&call, &lookup);
        let mut res = format!("{caches:?}");
        for cache in caches {
            let option = disabling_option(&call, *cache).map(|it| it.name.to_string());
            let variable = disabling_variable(command, *cache, &lookup).map(str::to_owned);
            if let Some(reason) = option.or(variable) {
                res = format!("{res} {reason}");
            }
        }
        Some(res)
    });
}

#[test]
fn caches_are_where_they_are_told_to_be() {
    let table = [
        ("pip install x", "/home/u/.cache/pip"),
        ("pip install --cache-dir=/c x", "/c"),
        ("PIP_CACHE_DIR=/p pip install x", "/p"),
        ("XDG_CACHE_HOME=/x/ pip install x", "/x/pip"),
        ("XDG_CACHE_HOME=/x PIP_CACHE_DIR=~/p pip install x", "/home/u/p"),
        ("poetry install", "/home/u/.cache/pypoetry"),
        ("dnf install x", "/var/cache/dnf /var/cache/libdnf5"),
        ("/srv/conda/bin/conda install x", "/srv/conda/pkgs"),
        ("CONDA_PKGS_DIRS=/a,/b conda install x", "/a"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let cache = written(&call, &lookup).first()?;
        Some(paths(*cache, Some(&call), &lookup, "/home/u").join(" "))
    });
}

#[test]
fn commands_empty_caches() {
    let table = [
        ("apt-get clean", "AptArchives"),
        ("apt-get dist-clean", "AptLists"),
        ("rm -rf /var/lib/apt/lists/*", "AptLists"),
        ("rm -fr /var/lib/apt/lists", "AptLists"),
        ("rm -rf /var/lib/apt/lists/* /var/cache/apt/*", "AptLists AptArchives"),
        ("rm -rf /var/lib/apt/lists/partial", ""),
        ("rm -rf /var/lib/apt/lists/*.gz", ""),
        ("rm -rf /var/lib/{apt,dpkg}/lists/*", "AptLists"),
        ("rm -rf /var/{lib/apt/lists,cache/apt/archives}/*", "AptLists AptArchives"),
        ("rm -rf /var/cache/*", "AptArchives Apk Dnf Yum Microdnf Tdnf Zypper"),
        ("find /var/lib/apt/lists -mindepth 1 -delete", "AptLists"),
        ("find /var/lib/apt/lists -type f -exec rm -f {} \\;", "AptLists"),
        ("find /var/lib/apt/lists -name '*.gz' -delete", ""),
        ("find /var/lib/apt/lists -type f", ""),
        ("rm -rf ~/.cache", "Pip Uv Poetry Pdm Pipenv"),
        ("rm -rf $HOME/.cache/pip", "Pip"),
        ("rm -rf \"${HOME}\"/.cache/*", "Pip Uv Poetry Pdm Pipenv"),
        ("rm -rf /root/.cache", ""),
        ("rm -rf /home/*/.cache/", "Pip Uv Poetry Pdm Pipenv"),
        ("rm -rf /opt/conda/pkgs/*", "Conda"),
        ("rm -rf /srv/mamba/pkgs", "Conda"),
        ("rm -rf $UNSET", ""),
        ("pip cache purge", "Pip"),
        ("pip3 cache dir", ""),
        ("conda clean -afy", "Conda"),
        ("conda clean -ty", "Conda part"),
        ("micromamba clean --all --yes", "Conda"),
        ("dnf clean all", "Dnf"),
        ("dnf clean packages", "Dnf part"),
        ("yum -y clean all", "Yum"),
        ("zypper clean -a", "Zypper"),
        ("zypper cc", "Zypper part"),
        ("poetry cache clear pypi --all", "Poetry part"),
        ("uv cache clean", "Uv"),
        ("uv cache clean ruff", "Uv part"),
        ("uv cache prune --ci", "Uv part"),
        ("pipenv --clear", "Pipenv"),
        ("apt-get install x", ""),
        ("echo rm -rf ~/.cache", ""),
    ];
    check(&table, |command| {
        let cleaned = cleans(command, &lookup, "/home/u").into_iter();
        let shown =
            cleaned.map(|it| format!("{:?}{}", it.cache, if it.is_partial { " part" } else { "" }));
        Some(shown.collect::<Vec<_>>().join(" "))
    });
}

#[test]
fn removed_paths_are_listed() {
    let table = [
        ("rm -rf /a /b/*", "/a /b/* r"),
        ("rm a -r", "a r"),
        ("rm -f -- -x", "-x"),
        ("rm '/a{b,c}' /d{e,f}", "/a{b,c} /de /df"),
        ("rm -rf $X/y", "?  r"),
        ("rmdir /a", "/a"),
        ("find . -name __pycache__ -exec rm -rf {} +", ". r part __pycache__"),
        ("find / -name '*.pyc' -o -name '*.pyo' -delete", "/ r part *.pyc,*.pyo"),
        ("find /a", ""),
        ("ls /a", ""),
    ];
    check(&table, |command| {
        let removed = removed_paths(command, &lookup)?;
        let paths: Vec<_> = removed.iter().map(|it| it.path.as_deref().unwrap_or("? ")).collect();
        let first = removed.first()?;
        let mut res = paths.join(" ");
        if first.is_recursive {
            res.push_str(" r");
        }
        if first.is_partial {
            res = format!("{res} part {}", first.names.join(","));
        }
        Some(res)
    });
}

#[test]
fn a_removed_path_covers_a_cache() {
    let yes = [
        ("/a/b", "/a/b"),
        ("/a/b/", "/a/b"),
        ("/a/b/*", "/a/b"),
        ("/a/b/**", "/a/b"),
        ("/a", "/a/b"),
        ("/a/*", "/a/b/c"),
        ("/a/**", "/a/b/c"),
        ("/a/b*", "/a/bcd"),
        ("/a/[bc]", "/a/b"),
        ("/a/{x,b}/*", "/a/b"),
        ("~/.cache", "~/.cache/pip"),
        ("$HOME/.cache", "/h/.cache/pip"),
        ("/h/.cache/*", "~/.cache/pip"),
        ("//a/./b", "/a/b"),
    ];
    for (removed, cache) in yes {
        assert!(covers(removed, cache, "/h"), "{removed} covers {cache}");
    }
    let no = [
        ("/a/b/c", "/a/b"),
        ("/a/bb", "/a/b"),
        ("/a/b/*.gz", "/a/b"),
        ("b", "/a/b"),
        ("/a/?", "/a/bc"),
        ("/root/.cache", "~/.cache/pip"),
        ("", "/a"),
    ];
    for (removed, cache) in no {
        assert!(!covers(removed, cache, "/h"), "{removed} does not cover {cache}");
    }
    assert!(covers("~root/.cache", "/root/.cache/pip", "/h"));
    assert_eq!(Cache::Apk.facts().disabling_option, Some("--no-cache"));
}
