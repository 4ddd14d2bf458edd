#!/usr/bin/env bash
# From nothing to a green hook, as the README says it: the wheel in a fresh environment, a repository of twenty old
# projects, what is safe is fixed, the rest is known, and the commit goes through. Needs git, Python and PyPI.
#
# usage: tests/adopt.sh [WHEEL]      without a wheel one is built, as quickly as possible
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
# Two copies of a workspace are one to cargo when they share a target directory: the next build is to look again.
trap 'rm -rf "$work"; touch "$top/crates/pylintdock/build.rs"' EXIT
say() { printf '\n$ %s\n' "$*"; "$@"; }

# Each command below that the README promises stands there word by word.
promised() {
    grep -qF -- "$*" "$top/README.md" || { echo "README.md lacks: $*" >&2; exit 1; }
    say "$@"
}

python3 -m venv "$work/tools"
if [ $# -gt 0 ]; then
    mkdir "$work/wheels" && cp "$1" "$work/wheels/"
else
    "$work/tools/bin/pip" install --quiet 'maturin>=1.9,<2'
    (cd "$top" && "$work/tools/bin/maturin" build --quiet --profile dev --out "$work/wheels")
fi
# The index has no release yet, so that the wheel is found here; everything else comes from PyPI.
export PIP_FIND_LINKS="$work/wheels" PIP_DISABLE_PIP_VERSION_CHECK=1 PRE_COMMIT_HOME="$work/pre-commit"

python3 -m venv "$work/venv"
. "$work/venv/bin/activate"
promised pip install pylintdock pre-commit
say pylintdock --version

repository="$work/repository"
mkdir "$repository" && cd "$repository"
git init --quiet && git config user.name someone && git config user.email someone@example.com
corpus=${CORPUS:-$top/../shared/corpus/dev.tar.zst}
if [ -e "$corpus" ] && command -v zstd >/dev/null; then
    mkdir "$work/corpus" && zstd -dcq "$corpus" | tar -x -C "$work/corpus"
    # Every other of the first forty, so that they are not all of one kind.
    find "$work/corpus/dev/python/ctx" -mindepth 1 -maxdepth 1 -type d | sort | awk 'NR % 2 && NR < 41' |
        while read -r project; do cp -r "$project" .; done
else
    echo "skipped: the corpus is not here; the example of the README stands for it"
    for number in $(seq 20); do cp -r "$top/tests/example" "project-$number"; done
fi
git add --all && git commit --quiet --message "As it was"
echo "$(pylintdock check --quiet --output-format concise | wc -l) findings in $(git ls-files | wc -l) files"

# The hook of the README, taken from there.
awk '/^repos:/ { found = 1 } /^```/ { if (found) exit } found' "$top/README.md" > .pre-commit-config.yaml
cat .pre-commit-config.yaml
promised pylintdock check --fix || [ $? -eq 1 ]
promised pylintdock check --write-baseline pylintdock-baseline.json
echo 'baseline = "pylintdock-baseline.json"' > pylintdock.toml
promised pre-commit install
promised git add --all
say git commit --message "Dockerfiles are checked"
say pre-commit run --all-files

# A new mistake is stopped.
printf 'FROM python:3.12-slim\nRUN pip install flask\n' > "$work/mistake"
cp "$work/mistake" Dockerfile
git add Dockerfile
if git commit --quiet --message "A mistake"; then
    echo "the hook let a new mistake through" >&2
    exit 1
fi
git reset --quiet --hard

# What the configuration excludes is excluded here too, although pre-commit names it.
echo 'exclude = ["third-party"]' >> pylintdock.toml
mkdir third-party && cp "$work/mistake" third-party/Dockerfile
git add --all
say git commit --quiet --message "A mistake of somebody else"

# All hooks of the repository itself: two build the program, here as quickly as possible, one takes that on the PATH. From
# a clone, since pre-commit takes a commit; what is not committed yet is tried as well.
git clone --quiet "$top" "$work/hooks"
git -C "$top" diff --binary HEAD | git -C "$work/hooks" apply --allow-empty
git -C "$work/hooks" -c user.name=x -c user.email=x@example.com commit --quiet --all --allow-empty --message "As it is"
{
    printf 'repos:\n  - repo: %s\n    rev: %s\n    hooks:\n' "$work/hooks" "$(git -C "$work/hooks" rev-parse HEAD)"
    sed -n 's/^- id:/      - id:/p' "$top/.pre-commit-hooks.yaml"
} > "$work/hooks.yaml"
cat "$work/hooks.yaml"
hooks() {
    MATURIN_PEP517_ARGS="--profile dev" CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target} \
        pre-commit run --config "$work/hooks.yaml" --all-files
}
say hooks
test -z "$(git status --porcelain)"
# A new mistake fails the first; the second has repaired it, so that the third finds nothing.
cp "$work/mistake" Dockerfile && git add Dockerfile
hooks > "$work/log" && { cat "$work/log"; echo "the hooks let a new mistake through" >&2; exit 1; }
cat "$work/log"
test "$(grep '^- hook id:' "$work/log" | tr '\n' ' ')" = "- hook id: pylintdock - hook id: pylintdock-fix "
grep -q 'files were modified by this hook' "$work/log"
grep -q 'pip install --no-cache-dir flask' Dockerfile
git add Dockerfile && say hooks
git reset --quiet --hard

# The GitHub Action and the job for GitLab, their steps run by hand: the wheel comes from PIP_FIND_LINKS as it would from
# PyPI. Both are green here, and fail with an annotation or a report once there is a new mistake.
python -c 'import yaml' 2>/dev/null || pip install --quiet pyyaml
pipeline() { say python "$top/tests/pipeline.py" "$@"; }
fails() { if "$@" > "$work/log"; then echo "this passed with a mistake in the tree: $*" >&2; exit 1; fi; cat "$work/log"; }
python "$top/tests/pipeline.py" snippet "$top/README.md" pylintdock > "$work/gitlab-ci.yml"
pipeline action "$top/action.yml"
pipeline action "$top/action.yml" version=latest arguments="--diff-base HEAD"
pipeline gitlab "$work/gitlab-ci.yml" pylintdock
test "$(cat gl-code-quality.json)" = "[]"
mkdir "with a space" && cp "$work/mistake" "with a space/Dockerfile"
fails pipeline action "$top/action.yml"
grep -q '^::warning file=with a space/Dockerfile,line=2,' "$work/log"
# Words on several lines; nothing in them is run.
fails pipeline action "$top/action.yml" arguments='--exit-zero
  --ignore $(touch${IFS}run-by-mistake) .'
pipeline action "$top/action.yml" arguments='--exit-zero
  --quiet
  .'
test ! -e run-by-mistake
fails pipeline gitlab "$work/gitlab-ci.yml" pylintdock
grep -q '"path":"with a space/Dockerfile"' gl-code-quality.json
echo "the session is green"
