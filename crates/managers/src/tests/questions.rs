//! What rules ask of a call.

use super::{check, lookup, requirement};
use crate::call;
use crate::python::{
    Destination, destination, enforces_lock, groups, installs_development, installs_project,
    is_no_index, needs_index, requirement_files,
};
use crate::requirement::{Requirement, classify};
use crate::system::{assumes_yes, leaves_out_recommends, packages, virtual_name};

#[test]
fn requirements_are_told_apart() {
    let named = |name, extras, specifier| Requirement::Named { name, extras, specifier };
    let path = |path, extras| Requirement::Path { path, extras };
    let table = [
        ("flask", named("flask", "", "")),
        ("Flask-RESTful[a,b]>=1,<2", named("Flask-RESTful", "a,b", ">=1,<2")),
        ("x == 1.0 ; python_version<'3'", named("x", "", "== 1.0")),
        ("uvicorn[standard]", named("uvicorn", "standard", "")),
        (".", path(".", "")),
        (".[dev]", path(".", "dev")),
        ("./x", path("./x", "")),
        ("/src[all]", path("/src", "all")),
        ("src/pkg", path("src/pkg", "")),
        ("pkg-1.0.tar.gz", path("pkg-1.0.tar.gz", "")),
        ("file:///src/x", path("/src/x", "")),
        ("*.whl", Requirement::Wheel { path: "*.whl", extras: "" }),
        (
            "/w/x-1-py3-none-any.whl[dev]",
            Requirement::Wheel { path: "/w/x-1-py3-none-any.whl", extras: "dev" },
        ),
        ("https://h/x.whl", Requirement::Url { name: "", url: "https://h/x.whl" }),
        ("x @ https://h/x.zip", Requirement::Url { name: "x", url: "https://h/x.zip" }),
        ("x[e]@https://u@h/x.zip", Requirement::Url { name: "x", url: "https://u@h/x.zip" }),
        (
            "git+https://h/x@v1#egg=x",
            Requirement::Repository { name: "", url: "git+https://h/x@v1#egg=x" },
        ),
        ("x @ git+ssh://git@h/x", Requirement::Repository { name: "x", url: "git+ssh://git@h/x" }),
        ("", Requirement::Unknown),
    ];
    for (text, expected) in table {
        assert_eq!(classify(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_certain_is_cut() {
    let table = [
        ("pip install x $UNSET y$UNSET z-$UNSET", "named x  | unknown | unknown | unknown"),
        ("pip install x==$UNSET y[e]~=1.$UNSET", "named x == | named y ~=1."),
        ("pip install git+https://h/x@$REF https://h/$X.whl", "git+https://h/x@ | https://h/"),
        ("pip install /w/$X \"$(cat r)\"", "unknown | unknown"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let shown = call.operands.iter().map(|it| match requirement(it) {
            Requirement::Named { name, specifier, .. } => format!("named {name} {specifier}"),
            Requirement::Url { url, .. } | Requirement::Repository { url, .. } => url.to_owned(),
            Requirement::Path { path, .. } | Requirement::Wheel { path, .. } => path.to_owned(),
            Requirement::Unknown => "unknown".to_owned(),
        });
        Some(shown.collect::<Vec<_>>().join(" | "))
    });
}

#[test]
fn index_and_files() {
    let table = [
        ("pip install -r a -c b", "a index"),
        ("pip install --no-index x", " none"),
        ("PIP_NO_INDEX=1 pip install x", " none"),
        ("PIP_NO_INDEX=0 pip install x", " index"),
        ("pip install --no-deps /w/*.whl", " none"),
        ("pip install /w/*.whl", " index"),
        ("pip install --no-deps /w/a.whl b", " index"),
        ("uv pip sync r.txt", "r.txt index"),
        ("uv pip install --offline x", " none"),
        ("conda env update -f e.yml", "e.yml index"),
        ("pipenv install -r r.txt", "r.txt index"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let files: Vec<_> = requirement_files(&call).filter_map(|it| it.text()).collect();
        assert!(!is_no_index(&call, &lookup) || !needs_index(&call, &lookup));
        Some(format!(
            "{} {}",
            files.join(","),
            if needs_index(&call, &lookup) { "index" } else { "none" }
        ))
    });
}

#[test]
fn destinations() {
    let table = [
        ("pip install x", "none"),
        ("pip install --user x", "user"),
        ("pip install -t /a x", "target /a"),
        ("pip install --prefix=/a --prefix=/b x", "prefix /b"),
        ("conda install -p /a x", "none"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        Some(match destination(&call) {
            None => "none".to_owned(),
            Some(Destination::User) => "user".to_owned(),
            Some(Destination::Target(it)) => format!("target {}", it.text().unwrap_or("?")),
            Some(Destination::Prefix(it)) => format!("prefix {}", it.text().unwrap_or("?")),
            Some(Destination::Root(it)) => format!("root {}", it.text().unwrap_or("?")),
        })
    });
}

#[test]
fn groups_project_and_lock() {
    // Whether the development group, the project, and the lock: yes, no, or - where that is no question.
    let table = [
        ("poetry install", "yes yes yes"),
        ("poetry install --no-root --only main", "no no yes"),
        ("poetry install --without dev,docs", "no yes yes"),
        ("poetry install --no-dev", "no yes yes"),
        ("poetry install --only main,dev", "yes yes yes"),
        ("poetry install --without $GROUPS", "- yes yes"),
        ("uv sync", "yes yes no"),
        ("uv sync --frozen --no-dev --no-install-project", "no no yes"),
        ("UV_NO_DEV=1 UV_LOCKED=1 uv sync", "no yes yes"),
        ("uv sync --locked --only-group docs", "no no yes"),
        ("uv run --no-sync x", "- - -"),
        ("uv run x", "yes yes no"),
        ("pdm install --prod", "no yes no"),
        ("pdm install --frozen-lockfile --no-self", "yes no yes"),
        ("pdm sync", "yes yes yes"),
        ("pipenv install --deploy --system", "no - yes"),
        ("pipenv install --dev", "yes - no"),
        ("pipenv install flask", "no - -"),
        ("pipenv sync", "no - yes"),
        ("pip install x", "- - -"),
    ];
    let word = |it: Option<bool>| match it {
        Some(true) => "yes",
        Some(false) => "no",
        None => "-",
    };
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let development = installs_development(&call, &lookup);
        let project = installs_project(&call);
        let lock = enforces_lock(&call, &lookup);
        Some(format!("{} {} {}", word(development), word(project), word(lock)))
    });
    check(
        &[("poetry install --with a,b --without c -E d --extras 'e f'", "[a, b] [c] [d, e, f]")],
        |command| {
            let call = call(command, &lookup)?;
            let groups = groups(&call);
            Some(
                format!("{:?} {:?} {:?}", groups.with, groups.without, groups.extras)
                    .replace('"', ""),
            )
        },
    );
}

#[test]
fn packages_of_the_distribution() {
    let table = [
        (
            "apt-get install gcc=4:12 g++ libpq5:amd64 gcc+ make-",
            "gcc=4:12 g++ libpq5 gcc Absent:make",
        ),
        (
            "apt-get install x/sid ./a.deb /tmp/b.deb lamp^",
            "x@sid File:./a.deb File:/tmp/b.deb Group:lamp",
        ),
        ("apt-get install --no-install-recommends $DEPS", "gcc musl-dev"),
        (
            "apk add 'gcc~=12' x@edge so:libpq.so.5 !y 'z>1'",
            "gcc~=12 x@edge Provided:so:libpq.so.5 Absent:y z>1",
        ),
        ("apk del .build gcc", "Virtual:.build gcc"),
        (
            "dnf install gcc-12.2-3.el9 glibc.i686 python3-devel java-1.8.0-openjdk-devel nodejs-18 @dev",
            "gcc12.2-3.el9 glibc python3-devel java-1.8.0-openjdk-devel nodejs-18 Group:dev",
        ),
        ("yum groupinstall 'Development Tools'", "Group:Development Tools"),
        ("yum install https://h/epel.rpm kernel-5.*", "File:https://h/epel.rpm kernel5.*"),
        (
            "dnf install /usr/bin/git 'perl(JSON)' /tmp/x.rpm",
            "Provided:/usr/bin/git Provided:perl(JSON) File:/tmp/x.rpm",
        ),
        ("zypper in -t pattern devel", "Group:devel"),
        ("zypper in gcc=12", "gcc=12"),
        ("conda install numpy=1.2 conda-forge::scipy 'x>=1'", "numpy=1.2 scipy@conda-forge x>=1"),
        ("apt-get install gcc=$UNSET make-$UNSET $UNSET", "gcc="),
        ("apt-get update x", ""),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let shown = packages(&call).map(|it| {
            let kind = match it.kind {
                crate::system::PackageKind::Named => String::new(),
                kind => format!("{kind:?}:"),
            };
            let source =
                if it.source.is_empty() { String::new() } else { format!("@{}", it.source) };
            format!("{kind}{}{}{source}", it.name, it.version)
        });
        Some(shown.collect::<Vec<_>>().join(" "))
    });
    check(&[("apk add -t .b x", ".b"), ("apt-get install -t sid x", "")], |command| {
        let call = call(command, &lookup)?;
        Some(virtual_name(&call).and_then(|it| it.text().map(str::to_owned)).unwrap_or_default())
    });
}

#[test]
fn questions_and_recommends() {
    let table = [
        ("apt-get install x", "asks all"),
        ("apt-get install -y --no-install-recommends x", "quiet few"),
        ("apt-get install -qq -o APT::Install-Recommends=false x", "quiet few"),
        ("apt-get install -q=2 -o APT::Install-Recommends=1 x", "quiet all"),
        ("apt-get install -q x", "asks all"),
        ("apt-get install --yes=false x", "asks all"),
        ("apt-get install -o 'APT::Get::Assume-Yes=\"true\";' x", "quiet all"),
        ("apk add x", "quiet all"),
        ("dnf install --setopt=install_weak_deps=False --assumeyes x", "quiet few"),
        ("zypper -n in --no-recommends x", "quiet few"),
    ];
    check(&table, |command| {
        let call = call(command, &lookup)?;
        let asks = if assumes_yes(&call) { "quiet" } else { "asks" };
        let amount = if leaves_out_recommends(&call) { "few" } else { "all" };
        Some(format!("{asks} {amount}"))
    });
}
