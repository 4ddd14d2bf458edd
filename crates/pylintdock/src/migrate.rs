//! `pylintdock migrate`: makes a `pylintdock.toml` of the configuration of hadolint or tally.

mod hadolint;
mod tally;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use crate::arguments::Color;
use crate::output::{ErrorOutput, Output};

/// The files that are looked for in a directory.
const NAMES: [&str; 5] =
    [".hadolint.yaml", ".hadolint.yml", "hadolint.yaml", ".tally.toml", "tally.toml"];

/// Read the configuration of hadolint or tally, and write the same for pylintdock beside it; what has no counterpart
/// is told.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A configuration file of hadolint (YAML) or tally (TOML), or a directory that holds one
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// Print the configuration, and write nothing
    #[arg(long)]
    print: bool,
}

/// What another linter's configuration comes to.
#[derive(Debug, Default)]
struct Migrated {
    extend_select: BTreeSet<&'static str>,
    ignore: BTreeSet<&'static str>,
    unfixable: BTreeSet<&'static str>,
    severity: BTreeMap<&'static str, &'static str>,
    allowed_registries: Vec<String>,
    exclude: BTreeSet<String>,
    per_file_ignores: BTreeMap<String, BTreeSet<&'static str>>,
    /// Names of rules that are ignored there and do not exist here.
    unknown: Vec<String>,
    /// What is left out, as sentences.
    told: Vec<String>,
}

/// Runs the command; the result is the exit status.
pub(crate) fn run(options: &Arguments, color: Color) -> ExitCode {
    let mut errors = ErrorOutput::new(color);
    match migrate(options, &mut errors) {
        Ok(text) => {
            let mut output = Output::new();
            output.print(&text);
            if output.finish() { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        Err(sentence) => {
            errors.error(sentence);
            ExitCode::from(2)
        }
    }
}

/// What is printed.
fn migrate(options: &Arguments, errors: &mut ErrorOutput) -> Result<String, String> {
    let path = found(&options.path)?;
    let shown = path.display();
    let text = project::read_text(&path).map_err(|it| format!("cannot read `{shown}`: {it}"))?;
    let is_tally = path.extension().is_some_and(|it| it == "toml");
    let migrated = if is_tally { tally::read(&text) } else { hadolint::read(&text) };
    let migrated = migrated.map_err(|it| format!("cannot read `{shown}`: {it}"))?;
    let config = written(&migrated, &path);
    for sentence in &migrated.told {
        errors.warning(format_args!("{shown}: {sentence}"));
    }
    if !migrated.unknown.is_empty() {
        errors.print(&format!(
            "Left out, since pylintdock reports nothing of the kind: {}\n",
            migrated.unknown.join(", ")
        ));
    }
    if options.print {
        return Ok(config);
    }
    let directory = path.parent().unwrap_or(Path::new(""));
    let target = directory.join("pylintdock.toml");
    let shown_target = target.display();
    if let Some(there) = [".pylintdock.toml", "pylintdock.toml"]
        .map(|it| directory.join(it))
        .iter()
        .find(|it| it.exists())
    {
        let there = there.display();
        return Err(format!(
            "`{there}` exists already; move it away, or see with --print what would be written"
        ));
    }
    let pyproject = directory.join("pyproject.toml");
    let text = project::read_text(&pyproject).unwrap_or_default();
    // One that cannot be read has settings for nobody.
    if let Ok(Some(_)) = linter::config::parse_pyproject(&text, "pyproject.toml", rules::ALL) {
        return Err(format!(
            "`{}` has a table `[tool.pylintdock]` already, which would not count beside `{shown_target}`; see with --print \
             what to add there, with `[tool.pylintdock.severity]` for `[severity]`",
            pyproject.display()
        ));
    }
    fs::write(&target, config).map_err(|it| format!("cannot write `{shown_target}`: {it}"))?;
    Ok(format!("Wrote {shown_target}; `pylintdock config` shows what holds now.\n"))
}

fn found(path: &Path) -> Result<PathBuf, String> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let found: Vec<PathBuf> =
        NAMES.iter().map(|it| path.join(it)).filter(|it| it.is_file()).collect();
    match found.as_slice() {
        [one] => Ok(one.strip_prefix(".").unwrap_or(one).to_owned()),
        [] => Err(format!(
            "there is no configuration of hadolint or tally in `{}`; looked for {}",
            path.display(),
            NAMES.join(", ")
        )),
        [one, two, ..] => Err(format!(
            "there are both `{}` and `{}`; name the one that counts",
            one.display(),
            two.display()
        )),
    }
}

fn written(migrated: &Migrated, path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut res = format!("# Made of {name} by `pylintdock migrate`.\n");
    let list = |it: &mut dyn Iterator<Item = &str>| {
        let quoted: Vec<String> = it.map(|it| format!("{it:?}")).collect();
        format!("[{}]", quoted.join(", "))
    };
    let Migrated { extend_select, ignore, unfixable, exclude, allowed_registries, .. } = migrated;
    for (key, names) in
        [("extend-select", extend_select), ("ignore", ignore), ("unfixable", unfixable)]
    {
        if !names.is_empty() {
            res += &format!("{key} = {}\n", list(&mut names.iter().copied()));
        }
    }
    for (key, mut texts) in [
        ("exclude", exclude.iter().map(String::as_str).collect::<Vec<_>>()),
        ("allowed-registries", allowed_registries.iter().map(String::as_str).collect()),
    ] {
        if !texts.is_empty() {
            res += &format!("{key} = {}\n", list(&mut texts.drain(..)));
        }
    }
    if !migrated.severity.is_empty() {
        res += "\n[severity]\n";
        for (name, level) in &migrated.severity {
            res += &format!("{name} = {level:?}\n");
        }
    }
    if !migrated.per_file_ignores.is_empty() {
        res += "\n[per-file-ignores]\n";
        for (pattern, names) in &migrated.per_file_ignores {
            res += &format!("{pattern:?} = {}\n", list(&mut names.iter().copied()));
        }
    }
    res
}

/// Our rules of that name; other linters may put a namespace in front, such as `hadolint/DL3042`.
fn ours(name: &str) -> Vec<&'static str> {
    let name = name.rsplit('/').next().unwrap_or(name);
    rules::ALL.iter().filter(|it| it.answers_to(name)).map(|it| it.name).collect()
}

/// Our word for another linter's severity.
fn level(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "error" => Some("error"),
        "warning" => Some("warning"),
        "info" | "style" => Some("info"),
        "off" | "none" | "ignore" => Some("off"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hadolint_becomes_ours() {
        let text = "ignored: [DL3042, DL3008, SC2086]\ntrustedRegistries:\n  - docker.io\n  - '*.example.com'\n\
                    override:\n  error: [DL3006]\n  style: [DL3015]\n  warning: [DL3059]\nfailure-threshold: error\nno-color: true\n";
        let migrated = hadolint::read(text).unwrap();
        assert_eq!(
            written(&migrated, Path::new("a/.hadolint.yaml")),
            "# Made of .hadolint.yaml by `pylintdock migrate`.\n\
             ignore = [\"pip-cache-kept\"]\n\
             allowed-registries = [\"docker.io\", \"*.example.com\"]\n\
             \n[severity]\nimage-untagged = \"error\"\nrecommends-installed = \"info\"\n"
        );
        assert_eq!(migrated.unknown, ["DL3008", "SC2086", "DL3059"]);
        assert_eq!(migrated.told.len(), 1, "{:?}", migrated.told);
        assert!(migrated.told[0].starts_with("`failure-threshold` has no counterpart"));
        assert!(hadolint::read("- a").is_err());
    }

    #[test]
    fn tally_becomes_ours() {
        let text = r#"
[output]
format = "json"
[rules]
include = ["buildkit/*", "hadolint/DL3006"]
exclude = ["hadolint/DL3042", "buildkit/StageNameCasing"]
[rules.hadolint.DL3026]
severity = "warning"
trusted-registries = ["docker.io"]
[rules.hadolint.DL3015]
severity = "off"
exclude.paths = ["test/**"]
[rules.tally.prefer-multi-stage-build]
fix = "never"
min-score = 4
"#;
        let migrated = tally::read(text).unwrap();
        assert_eq!(
            written(&migrated, Path::new(".tally.toml")),
            "# Made of .tally.toml by `pylintdock migrate`.\n\
             ignore = [\"pip-cache-kept\"]\n\
             unfixable = [\"compiler-in-final-stage\"]\n\
             allowed-registries = [\"docker.io\"]\n\
             \n[severity]\nrecommends-installed = \"off\"\nregistry-not-allowed = \"warning\"\n\
             \n[per-file-ignores]\n\"test/**\" = [\"recommends-installed\"]\n"
        );
        let told = migrated.told.join("\n");
        for part in
            ["`[output]`", "`buildkit/*`", "`min-score` of `tally/prefer-multi-stage-build`"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(tally::read("[").is_err());
    }

    #[test]
    fn what_is_written_is_understood() {
        let migrated = hadolint::read("ignored: [DL3042]\noverride: {info: [DL3006]}").unwrap();
        let text = written(&migrated, Path::new("x.yaml"));
        linter::config::parse(&text, "pylintdock.toml", rules::ALL).unwrap();
    }
}
