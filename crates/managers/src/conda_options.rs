//! The options of conda, mamba and micromamba.

use crate::option::{Definition, flag, value};

/// Every command but clean and run. Source: conda 24's and micromamba 2's reference.
pub(crate) const CONDA: &[Definition] = &[
    value("--name", "-n"),
    value("--prefix", "-p"),
    value("--channel", "-c"),
    value("--file", ""),
    value("--repodata-fn", ""),
    value("--experimental", ""),
    value("--solver", ""),
    value("--subdir", "--platform"),
    value("--clone", ""),
    value("--root-prefix", "-r"),
    value("--rc-file", ""),
    value("--category", ""),
    value("--channel-priority", ""),
    value("--pyc", ""),
    value("--revision", ""),
    value("--package-format", ""),
    value("--console", ""),
    value("--add", ""),
    value("--append", ""),
    value("--prepend", ""),
    value("--remove", ""),
    value("--remove-key", ""),
    value("--croot", ""),
    value("--python", ""),
    value("--numpy", ""),
    value("--output-folder", ""),
    flag("--use-local", ""),
    flag("--override-channels", ""),
    flag("--strict-channel-priority", ""),
    flag("--no-channel-priority", ""),
    flag("--flexible-channel-priority", ""),
    flag("--no-deps", ""),
    flag("--only-deps", ""),
    flag("--no-pin", ""),
    flag("--no-py-pin", ""),
    flag("--copy", ""),
    flag("--always-copy", ""),
    flag("--always-softlink", ""),
    flag("--mkdir", ""),
    flag("--no-shortcuts", ""),
    flag("--no-rc", ""),
    flag("--no-env", ""),
    flag("--no-default-packages", ""),
    flag("--update-deps", ""),
    flag("--update-all", "--all"),
    flag("--update-specs", ""),
    flag("--freeze-installed", "--no-update-deps"),
    flag("--satisfied-skip-solve", "-S"),
    flag("--force-reinstall", ""),
    flag("--force", "-f"),
    flag("--force-remove", ""),
    flag("--clobber", "--allow-clobber"),
    flag("--insecure", "-k"),
    flag("--offline", ""),
    flag("--use-index-cache", "-C"),
    flag("--download-only", ""),
    flag("--show-channel-urls", ""),
    flag("--dev", ""),
    flag("--dry-run", "-d"),
    flag("--json", ""),
    flag("--unknown", ""),
    flag("--prune", ""),
    flag("--relocate-prefix", ""),
    flag("--system", ""),
    flag("--env", ""),
    flag("--reverse", ""),
    flag("--all-users", ""),
    flag("--yes", "-y"),
    flag("--quiet", "-q"),
    flag("--verbose", "-v"),
    flag("--debug", ""),
    flag("--version", "-V"),
    flag("--help", "-h"),
];

/// Commands where `-f` names a file: `conda env …`, and install, create and update of mamba and micromamba.
pub(crate) const CONDA_FILE: &[Definition] = &[value("--file", "-f")];

/// `conda config`: values that `--set KEY VALUE` takes are left as operands, the key belongs to the option.
pub(crate) const CONDA_CONFIG: &[Definition] =
    &[value("--set", ""), value("--get", ""), value("--file", "")];

/// `conda clean`.
pub(crate) const CONDA_CLEAN: &[Definition] = &[
    flag("--all", "-a"),
    flag("--index-cache", "-i"),
    flag("--packages", "-p"),
    flag("--tarballs", "-t"),
    flag("--force-pkgs-dirs", "-f"),
    flag("--tempfiles", "-c"),
    flag("--logfiles", "-l"),
    flag("--source-cache", "-s"),
    flag("--locks", ""),
    flag("--trash", ""),
];

/// `conda run` and `micromamba run`.
pub(crate) const CONDA_RUN: &[Definition] = &[
    value("--cwd", ""),
    value("--attach", "-a"),
    value("--env", "-e"),
    value("--label", ""),
    flag("--no-capture-output", "--live-stream"),
    flag("--debug-wrapper-scripts", ""),
    flag("--detach", "-d"),
    flag("--clean-env", ""),
    flag("--dev", ""),
];
