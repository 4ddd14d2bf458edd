#!/usr/bin/env bash
# What the README says of an installation with Rust, from a clone and from sources without a repository; and the release
# of a clone. A debug build shares what cargo has built already; the commands are otherwise those of the README.
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
# Two copies of a workspace are one to cargo when they share a target directory: the next build is to look again.
trap 'rm -rf "$work"; touch "$top/crates/pylintdock/build.rs"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$top/target}
say() { printf '\n$ %s\n' "$*"; "$@"; }
promised() {
    grep -qF -- "$*" "$top/README.md" || { echo "README.md lacks: $*" >&2; exit 1; }
}
version=$(sed -n '/^\[workspace.package\]/,/^version/ s/^version = "\(.*\)"/\1/p' "$top/Cargo.toml")

# From a clone: the program says of which commit it is.
promised cargo install --path crates/pylintdock --locked
cd "$top"
say cargo install --quiet --path crates/pylintdock --locked --debug --root "$work/clone"
commit=$(git log -1 --date=short --format='%h %cd' 2>/dev/null) && commit=" ($commit)" || commit=""
test "$("$work/clone/bin/pylintdock" --version)" = "pylintdock $version$commit"
promised 'pylintdock completions bash > ~/.local/share/bash-completion/completions/pylintdock'
promised 'mkdir -p ~/.local/share/bash-completion/completions'
"$work/clone/bin/pylintdock" completions bash > "$work/completions"
bash -n "$work/completions"
# What the shell offers behind the words typed so far.
offered() {
    bash -c 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pylintdock "$1" "${@: -1}" "${@: -2:1}"; echo "${COMPREPLY[@]}"' \
        -- "$work/completions" pylintdock "$@"
}
test "$(offered check --select pip-cache-k)" = pip-cache-kept
test "$(offered check --ignore pip-cache-k)" = pip-cache-kept
test "$(offered rule pip-cache-k)" = pip-cache-kept
promised 'pylintdock man ~/.local/share/man/man1'
say "$work/clone/bin/pylintdock" man "$work/man"
test -s "$work/man/pylintdock-check.1"

git rev-parse --quiet --verify HEAD >/dev/null || { echo "skipped: no repository to take sources and a release from"; exit; }

# From sources without a repository, as an archive has them, also inside of somebody else's repository: no commit.
mkdir -p "$work/other/sources" && git init --quiet "$work/other"
git -C "$work/other" -c user.name=x -c user.email=x@example.com commit --quiet --allow-empty --message "not ours"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract --directory "$work/other/sources"
cd "$work/other/sources" && touch crates/pylintdock/build.rs
say cargo install --quiet --path crates/pylintdock --locked --debug --root "$work/archive"
say "$work/archive/bin/pylintdock" --version
test "$("$work/archive/bin/pylintdock" --version)" = "pylintdock $version"
say "$work/archive/bin/pylintdock" check --exit-zero --quiet --output-format concise tests/example | tee "$work/found"
grep -q compiler-in-final-stage "$work/found"

# A release of a clone: one commit and a tag there, nothing elsewhere.
cargo build --quiet --package xtask --manifest-path "$top/Cargo.toml"
git clone --quiet "$top" "$work/release" && cd "$work/release"
git config user.name someone && git config user.email someone@example.com
sed -i 's/^## Unreleased$/&\n\n- something new/' CHANGELOG.md && git commit --quiet --all --message "Something new"
say "$CARGO_TARGET_DIR/debug/xtask" release 99.0.0 --check
test -z "$(git tag --list v99.0.0)$(git status --porcelain)"
say "$CARGO_TARGET_DIR/debug/xtask" release 99.0.0
say "$CARGO_TARGET_DIR/debug/xtask" release --check | grep -F '99.0.0 stands in all'
test "$(git rev-parse v99.0.0^{commit})" = "$(git rev-parse HEAD)" && test -z "$(git status --porcelain)"
test -z "$(git -C "$top" tag --list v99.0.0)"
echo "the installation is green"
