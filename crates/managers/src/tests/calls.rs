//! Tools, actions, options and operands.

use super::{check, each, lookup, shown};
use crate::call;

fn check_calls(table: &[(&str, &str)]) {
    check(table, |command| call(command, &lookup).map(|it| shown(&it)));
}

#[test]
fn pip_in_all_spellings() {
    check_calls(&[
        ("pip install flask", "pip Install : flask"),
        ("pip3 install -r requirements.txt", "pip Install --requirement=requirements.txt"),
        ("pip3.12 install -rrequirements.txt", "pip Install --requirement=requirements.txt"),
        (
            "/venv/bin/pip install --requirement=a.txt -r b.txt",
            "pip Install --requirement=a.txt --requirement=b.txt",
        ),
        ("$VENV/bin/pip install x", "pip Install : x"),
        ("python -m pip install -U pip", "pip Install --upgrade : pip"),
        ("python3.11 -u -m pip install .", "pip Install : ."),
        ("python -um pip install .", "pip Install : ."),
        ("python -mpip install .", "pip Install : ."),
        ("python -W ignore -X dev -m pip wheel -w /w .", "pip Wheel --wheel-dir=/w : ."),
        ("$PYTHON -m pip install x", "pip Install : x"),
        ("\"$PYTHON\" -m pip install x", "pip Install : x"),
        ("$PIP install x", "pip Install : x"),
        ("pip --no-cache-dir install x", "pip Install --no-cache-dir : x"),
        ("pip install --no-cache x", "pip Install --no-cache-dir : x"),
        ("pip install --index https://i/simple x", "pip Install --index-url=https://i/simple : x"),
        ("pip install --no-c x", "pip Install ?--no-c : x"),
        ("pip install -qU -e .[dev]", "pip Install --quiet --upgrade --editable=.[dev]"),
        (
            "pip install -e. --find-links=/w -f /x",
            "pip Install --editable=. --find-links=/w --find-links=/x",
        ),
        (
            "pip install --no-index --find-links $W x==$VERSION",
            "pip Install --no-index --find-links=? : x==1.2",
        ),
        ("pip install $DEPS", "pip Install : gcc musl-dev"),
        ("pip install \"$DEPS\"", "pip Install : gcc musl-dev"),
        ("pip install $EMPTY x", "pip Install : x"),
        ("pip install $FLAGS x", "pip Install : ? x …"),
        ("pip $WHAT x", "pip Other : x …"),
        ("pip install x-$UNSET", "pip Install : ?"),
        ("pip install $(cat r.txt)", "pip Install : ? …"),
        ("pip install -- -x", "pip Install : -x"),
        ("pip install /wheels/*.whl", "pip Install : /wheels/*.whl"),
        ("pip install --frobnicate x", "pip Install ?--frobnicate : x"),
        ("pip install --frobnicate=1 -r$FILE", "pip Install ?--frobnicate=1 --requirement=?"),
        ("pip cache purge", "pip Clean"),
        ("pip uninstall -y pip", "pip Remove --yes : pip"),
        ("pip --version", "pip Other --version"),
        ("pip", "pip Other"),
        (
            "pip download -d /w --only-binary :all: x",
            "pip Download --dest=/w --only-binary=:all: : x",
        ),
        ("echo pip install x", ""),
        ("pipeline install x", ""),
        ("python -c 'import pip' -m pip", ""),
        ("python manage.py migrate", ""),
        ("python -m http.server", ""),
        ("pip3 install x && python -m pip install y", "pip Install : x ; pip Install : y"),
        ("sudo -H pip install x", "pip Install : x"),
        ("xargs pip install < r.txt", "pip Install …"),
        ("sh -c \"pip install -q x\"", "pip Install --quiet : x"),
    ]);
}

#[test]
fn other_python_installers() {
    check_calls(&[
        ("easy_install -U pip", "easy_install Install --upgrade : pip"),
        ("python setup.py install", "setup.py Install"),
        ("python setup.py build_ext --inplace", "setup.py Build --inplace"),
        (
            "python3 ./setup.py build_ext install --prefix=/x",
            "setup.py Install --prefix=/x : install",
        ),
        ("python setup.py develop", "setup.py Develop"),
        (
            "python get-pip.py --no-cache-dir 'pip==20'",
            "get-pip.py Install --no-cache-dir : pip==20",
        ),
        ("pip-sync requirements.txt", "pip-tools Sync : requirements.txt"),
        ("pipx install poetry==1.8", "pipx InstallTool : poetry==1.8"),
        (
            "pipx install --pip-args='--no-cache-dir' uv",
            "pipx InstallTool --pip-args=--no-cache-dir : uv",
        ),
        ("python -m venv --copies /venv", "venv CreateEnvironment --copies : /venv"),
        ("virtualenv -p python3 .venv", "virtualenv CreateEnvironment --python=python3 : .venv"),
        ("python -m build --wheel -o /w .", "build Build --wheel --outdir=/w : ."),
    ]);
}

#[test]
fn uv() {
    check_calls(&[
        (
            "uv pip install --system -r requirements.txt",
            "uv pip Install --system --requirement=requirements.txt",
        ),
        ("uv pip install --no-binary lxml -e .", "uv pip Install --no-binary=lxml --editable=."),
        ("uv --quiet pip --no-cache sync r.txt", "uv pip Sync --quiet --no-cache : r.txt"),
        (
            "uv pip compile -o r.txt pyproject.toml",
            "uv pip Compile --output-file=r.txt : pyproject.toml",
        ),
        ("/bin/uv sync --frozen --no-dev -p=3.12", "uv Sync --frozen --no-dev --python=3.12"),
        (
            "uv sync --locked --no-install-project --group docs --no-binary",
            "uv Sync --locked --no-install-project --group=docs --no-binary",
        ),
        ("uv add -r r.txt flask", "uv Add --requirement=r.txt : flask"),
        ("uv venv -c /opt/venv", "uv CreateEnvironment --clear : /opt/venv"),
        ("uv export --no-hashes -o r.txt", "uv Export --no-hashes --output-file=r.txt"),
        ("uv lock --check", "uv Lock --check"),
        ("uv build --wheel", "uv Build --wheel"),
        ("uv tool install --with x poetry", "uv InstallTool --with=x : poetry"),
        ("uv tool run ruff check -x", "uv RunTool : ruff check -x"),
        ("uvx --from httpie http -v", "uv RunTool --from=httpie : http -v"),
        ("uv cache prune --ci", "uv Clean --ci"),
        ("uv python install 3.12", "uv InstallPython : 3.12"),
        ("uv run --frozen manage.py --noinput", "uv Run --frozen : manage.py --noinput"),
        ("uv --version", "uv Other --version"),
    ]);
}

#[test]
fn project_tools() {
    check_calls(&[
        ("poetry install --no-root --only main", "poetry Install --no-root --only=main"),
        ("~/.local/bin/poetry install -n --no-ansi", "poetry Install --no-interaction --no-ansi"),
        ("$POETRY_HOME/bin/poetry install -vvv", "poetry Install --verbose --verbose --verbose"),
        (
            "python -m poetry export -f requirements.txt --without-hashes -o r.txt",
            "poetry Export --format=requirements.txt --without-hashes --output=r.txt",
        ),
        ("poetry config virtualenvs.create false", "poetry Configure : virtualenvs.create false"),
        ("poetry cache clear --all pypi -n", "poetry Clean --all --no-interaction : pypi"),
        ("poetry self add poetry-plugin-export", "poetry InstallTool : poetry-plugin-export"),
        ("pdm sync --prod -G docs --no-editable", "pdm Sync --prod --group=docs --no-editable"),
        ("pdm build -d /w", "pdm Build --dest=/w"),
        ("pdm install --check -d", "pdm Install --check --dev"),
        ("pipenv install --deploy --system -d", "pipenv Install --deploy --system --dev"),
        ("pipenv lock -r --dev", "pipenv Lock --requirements --dev"),
        ("pipenv install -r r.txt", "pipenv Install --requirements=r.txt"),
        ("pipenv --clear", "pipenv Other --clear"),
    ]);
}

#[test]
fn runners_are_seen_through() {
    check_calls(&[
        ("conda run -n env pip install x", "pip Install : x < conda"),
        ("conda run --no-capture-output -n env python -m pip install x", "pip Install : x < conda"),
        (
            "micromamba run -n base pip install -r r.txt",
            "pip Install --requirement=r.txt < micromamba",
        ),
        ("poetry run pip install x", "pip Install : x < poetry"),
        ("poetry run -- pip install x", "pip Install : x < poetry"),
        ("pipenv run pip install x", "pip Install : x < pipenv"),
        ("uv run pip install x", "pip Install : x < uv"),
        ("uv run --with pip -m pip install x", "pip Install : x < uv"),
        ("uvx poetry@1.8 install --no-root", "poetry Install --no-root < uv"),
        ("uvx poetry@$UNSET lock", "poetry Lock < uv"),
        ("conda run -n a poetry run pip install x", "pip Install : x < poetry"),
        ("conda run -n a python app.py -n b", "conda Run --name=a : python app.py -n b"),
    ]);
}

#[test]
fn conda() {
    check_calls(&[
        (
            "conda install -y -c conda-forge numpy=1.2",
            "conda Install --yes --channel=conda-forge : numpy=1.2",
        ),
        (
            "conda env update -n base -f env.yml",
            "conda UpdateEnvironment --name=base --file=env.yml",
        ),
        ("conda env create -qf env.yml", "conda CreateEnvironment --quiet --file=env.yml"),
        ("mamba env create --file env.yml", "mamba CreateEnvironment --file=env.yml"),
        ("/opt/conda/bin/conda clean -afy", "conda Clean --all --force-pkgs-dirs --yes"),
        (
            "conda clean -tipsy",
            "conda Clean --tarballs --index-cache --packages --source-cache --yes",
        ),
        ("micromamba install -yf env.yml", "micromamba Install --yes --file=env.yml"),
        ("conda create -n x python=3.9", "conda CreateEnvironment --name=x : python=3.9"),
        ("conda config --set always_yes yes", "conda Configure --set=always_yes : yes"),
        ("conda update conda", "conda Upgrade : conda"),
        ("conda init bash", "conda Other : bash"),
    ]);
}

#[test]
fn system_package_managers() {
    check_calls(&[
        ("apt-get -qq update", "apt-get Update --quiet --quiet"),
        (
            "apt-get install -yq --no-install-recommends gcc",
            "apt-get Install --yes --quiet --no-install-recommends : gcc",
        ),
        (
            "apt-get -y -o Dpkg::Options::=\"--force-confold\" install gcc",
            "apt-get Install --yes --option=Dpkg::Options::=--force-confold : gcc",
        ),
        (
            "apt-get install -q=2 -t=sid gcc --assume-yes",
            "apt-get Install --quiet=2 --target-release=sid --yes : gcc",
        ),
        ("apt-get install --yes=true $DEPS $MORE", "apt-get Install --yes=true : gcc musl-dev ? …"),
        ("$INSTALL gcc", "apt-get Install --yes : gcc"),
        ("apt install -y gcc", "apt Install --yes : gcc"),
        ("apt-get purge -y --auto-remove gcc", "apt-get Purge --yes --auto-remove : gcc"),
        ("apt-get autoremove -y", "apt-get AutoRemove --yes"),
        ("apt-get clean", "apt-get Clean"),
        ("apt-get autoclean", "apt-get Other"),
        ("apt-get dist-clean", "apt-get DistClean"),
        ("apt-get build-dep -y python3", "apt-get InstallBuildDependencies --yes : python3"),
        ("aptitude install -yR gcc", "aptitude Install --yes --no-install-recommends : gcc"),
        ("apt-mark auto '.*'", "apt-mark Mark : .*"),
        (
            "apk add --no-cache --virtual .build gcc",
            "apk Install --no-cache --virtual=.build : gcc",
        ),
        (
            "apk --no-cache --update add -t .b gcc",
            "apk Install --no-cache --update-cache --virtual=.b : gcc",
        ),
        ("apk add -U -X http://r gcc", "apk Install --update-cache --repository=http://r : gcc"),
        ("apk del .build", "apk Remove : .build"),
        ("apk cache clean", "apk Clean"),
        (
            "dnf install -y --setopt=install_weak_deps=0 gcc",
            "dnf Install --yes --setopt=install_weak_deps=0 : gcc",
        ),
        ("dnf -y groupinstall 'Development Tools'", "dnf InstallGroup --yes : Development Tools"),
        ("dnf module enable -y nodejs:18", "dnf InstallGroup --yes : nodejs:18"),
        ("dnf group install x", "dnf InstallGroup : x"),
        ("yum-builddep -y python3", "yum InstallBuildDependencies --yes : python3"),
        ("dnf builddep python3", "dnf InstallBuildDependencies : python3"),
        (
            "microdnf install -y --nodocs --enablerepo=x gcc",
            "microdnf Install --yes --nodocs --enablerepo=x : gcc",
        ),
        ("yum clean all", "yum Clean : all"),
        (
            "zypper -n in -y --no-recommends gcc",
            "zypper Install --non-interactive --yes --no-recommends : gcc",
        ),
        (
            "zypper --non-interactive install -t pattern devel",
            "zypper Install --non-interactive --type=pattern : devel",
        ),
        ("zypper clean -a", "zypper Clean --all"),
        ("yum $FLAGS install gcc", "yum Install : gcc …"),
        ("brew install gcc", ""),
    ]);
}

#[test]
fn an_option_is_added_where_a_person_would() {
    let added = |line: &str| {
        each(line, |command| {
            let offset = call(command, &lookup)?.option_offset as usize;
            let (before, after) = line.split_at(offset);
            Some(format!("{before} --new{after}"))
        })
    };
    let table = [
        ("pip install -r a.txt", "pip install --new -r a.txt"),
        ("pip install", "pip install --new"),
        ("pip install -U pip", "pip install -U --new pip"),
        ("pip -q install flask -U", "pip -q install --new flask -U"),
        ("apt-get install -yq gcc", "apt-get install -yq --new gcc"),
        ("apt-get -y install gcc -f", "apt-get -y install --new gcc -f"),
        ("apt-get install -y \\\n    gcc", "apt-get install -y --new \\\n    gcc"),
        ("apk add --virtual .b gcc", "apk add --new --virtual .b gcc"),
        ("pip install --frobnicate x", "pip install --new --frobnicate x"),
        ("uv run pip install -q x", "uv run pip install -q --new x"),
        ("python -m venv /v", "python -m venv --new /v"),
        ("uvx ruff", "uvx --new ruff"),
        ("$INSTALL gcc", "$INSTALL --new gcc"),
    ];
    for (line, expected) in table {
        assert_eq!(added(line), expected);
    }
}

#[test]
fn parts_know_where_they_stand() {
    let line = "python -m pip -q cache purge; uv -q pip install --find-links=/w --find-links=$W -r\"a b\" -yq x";
    let parts = each(line, |command| {
        let call = call(command, &lookup)?;
        let mut res = vec![call.tool_span.of(line), call.action_span.map_or("", |it| it.of(line))];
        for option in &call.options {
            res.push(option.span.of(line));
            res.push(option.value.as_ref().map_or("", |it| it.span.of(line)));
            res.push(if option.is_alone { "alone" } else { "" });
        }
        Some(res.join("|"))
    });
    let expected = "python -m pip|cache purge|-q||alone ; uv -q pip|install|-q||alone|--find-links=/w|/w|alone|\
                    --find-links=$W|$W|alone|-r\"a b\"|-r\"a b\"|alone|-yq|||-yq||";
    assert_eq!(parts, expected);
}
