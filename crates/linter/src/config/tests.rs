//! Configuration files, typed by hand, and what they decide.

use super::*;
use crate::Repair;

static CACHE: Rule = rule("pip-cache-kept", &["DL3042"], true);
static LISTS: Rule = rule("apt-lists-kept", &["DL3009"], true);
static BULK: Rule = rule("site-packages-bulk-kept", &[], false);
static RULES: [&Rule; 3] = [&CACHE, &LISTS, &BULK];

const fn rule(name: &'static str, aliases: &'static [&'static str], is_on: bool) -> Rule {
    Rule {
        name,
        severity: Severity::Warning,
        repair: Repair::Never,
        aliases,
        since: "0.1.0",
        is_on_by_default: is_on,
        is_always_on: false,
        page: "",
        check: |_, _| {},
    }
}

#[test]
fn what_cannot_be_read_is_reported_unless_it_is_ignored_by_name() {
    static UNREADABLE: Rule = Rule { is_always_on: true, ..rule("file-unreadable", &["X1"], true) };
    static BOTH: [&Rule; 2] = [&CACHE, &UNREADABLE];
    let names = |it: &[&str]| it.iter().map(|it| it.to_string()).collect::<Vec<_>>();
    type Names = &'static [&'static str];
    let cases: [(&str, Names, Names, Names); 9] = [
        ("select = ['DL3042']", &[], &[], &["pip-cache-kept", "file-unreadable"]),
        ("select = []", &[], &[], &["file-unreadable"]),
        ("", &["DL3042"], &[], &["pip-cache-kept", "file-unreadable"]),
        ("select = ['DL3042']\nignore = ['X1']", &[], &[], &["pip-cache-kept"]),
        ("", &["DL3042"], &["x1"], &["pip-cache-kept"]),
        // A selection on the command line does not bring back what was ignored for its own sake.
        ("ignore = ['X1']", &["DL3042"], &[], &["pip-cache-kept"]),
        ("[severity]\nX1 = 'off'", &["DL3042"], &[], &["pip-cache-kept"]),
        ("ignore = ['X1', 'DL3042']", &["all"], &[], &["pip-cache-kept", "file-unreadable"]),
        ("", &[], &["all"], &[]),
    ];
    for (text, select, ignore, expected) in cases {
        let settings = Settings::of(&parse(text, "x.toml", &BOTH).unwrap());
        let settings = settings.with_choice(&names(select), &names(ignore), &BOTH).unwrap();
        let found: Vec<_> = BOTH.iter().filter(|it| settings.is_on(it)).map(|it| it.name).collect();
        assert_eq!(found, expected, "{text} {select:?} {ignore:?}");
    }
}

/// The names of the rules that run.
fn on(settings: &Settings) -> Vec<&'static str> {
    RULES.iter().filter(|it| settings.is_on(it)).map(|it| it.name).collect()
}

fn layer(text: &str) -> Layer {
    parse(text, "pylintdock.toml", &RULES).unwrap()
}

fn read(text: &str) -> Settings {
    Settings::of(&layer(text))
}

#[test]
fn rules_are_chosen() {
    let cases: [(&str, &[&str]); 8] = [
        ("", &["pip-cache-kept", "apt-lists-kept"]),
        ("select = ['DL3042']", &["pip-cache-kept"]),
        ("select = ['dl3042']", &["pip-cache-kept"]),
        ("select = ['all']", &["pip-cache-kept", "apt-lists-kept", "site-packages-bulk-kept"]),
        ("select = []", &[]),
        ("select = ['all']\nignore = ['pip-cache-kept', 'DL3009']", &["site-packages-bulk-kept"]),
        (
            "extend-select = ['site-packages-bulk-kept']\n[severity]\npip-cache-kept = 'off'",
            &["apt-lists-kept", "site-packages-bulk-kept"],
        ),
        ("wheel-transfer = 'copy'", &["pip-cache-kept", "apt-lists-kept"]),
    ];
    for (text, expected) in cases {
        assert_eq!(on(&read(text)), expected, "{text}");
    }
    assert_eq!(read("wheel-transfer = 'copy'").wheel_transfer(), WheelTransfer::Copy);
}

#[test]
fn the_command_line_has_the_last_word() {
    let settings = read("select = ['all']\nignore = ['pip-cache-kept']");
    let with = |select: &[&str], ignore: &[&str]| {
        let owned = |it: &[&str]| it.iter().map(|it| it.to_string()).collect::<Vec<_>>();
        settings.with_choice(&owned(select), &owned(ignore), &RULES)
    };
    assert_eq!(on(&with(&["pip-cache-kept"], &[]).unwrap()), ["pip-cache-kept"]);
    assert_eq!(on(&with(&[], &["DL3009"]).unwrap()), ["site-packages-bulk-kept"]);
    assert_eq!(
        on(&with(&["all"], &["DL3009"]).unwrap()),
        ["pip-cache-kept", "site-packages-bulk-kept"]
    );
    assert_eq!(
        with(&["pip-cache-keep"], &[]).unwrap_err().to_string(),
        "unknown rule `pip-cache-keep`; did you mean `pip-cache-kept`?"
    );
    assert_eq!(
        with(&[], &["xyz"]).unwrap_err().to_string(),
        "unknown rule `xyz`; `pylintdock rule` lists all rules"
    );
    // A code of hadolint is not a misspelling of another one.
    assert_eq!(
        with(&[], &["DL9999"]).unwrap_err().to_string(),
        "unknown rule `DL9999`; `pylintdock rule` lists all rules"
    );
}

#[test]
fn severities_and_files() {
    let layer = layer(
        "exclude = ['vendor']\n[severity]\npip-cache-kept = 'error'\nall = 'info'\n\
         [per-file-ignores]\n'docker/*' = ['all']\n'Dockerfile.dev' = ['DL3042']\n",
    );
    let settings = Settings::of(&layer);
    assert_eq!(settings.severity(&CACHE), Severity::Error);
    assert_eq!(settings.severity(&LISTS), Severity::Info);
    let on_in = |path: &str| on(&settings.without(layer.ignored_in(path)));
    assert!(layer.excludes("vendor/Dockerfile"));
    assert!(!layer.excludes("Dockerfile"));
    assert!(on_in("docker/Dockerfile").is_empty());
    assert_eq!(on_in("a/Dockerfile.dev"), ["apt-lists-kept"]);
    assert_eq!(on_in("Dockerfile").len(), 2);
}

#[test]
fn mistakes_are_named_with_their_place() {
    let cases = [
        (
            "# ours\n\nselect = ['all']\nignor = []\n",
            "unknown key `ignor` on line 4, column 1; did you mean `ignore`?",
        ),
        (
            "per-file-ignore = {}",
            "unknown key `per-file-ignore` on line 1, column 1; did you mean `per-file-ignores`?",
        ),
        (
            "fromage = 1",
            "unknown key `fromage` on line 1, column 1; the keys are `extend`, `select`, \
             `extend-select`, `ignore`, `fixable`, `unfixable`, `severity`, `exclude`, `force-exclude`, `per-file-ignores`, \
             `target-version`, `wheel-transfer`, `keep-packages`, `allowed-registries`, `baseline`",
        ),
        (
            "ignore = ['DL3009',\n  'é', 'pip-cash-kept']",
            "unknown rule `é` on line 2, column 3; `pylintdock rule` lists all rules",
        ),
        (
            "select = ['pip-cash-kept']",
            "unknown rule `pip-cash-kept` on line 1, column 11; did you mean `pip-cache-kept`?",
        ),
        (
            "[severity]\nDL304 = 'off'",
            "unknown rule `DL304` on line 2, column 1; did you mean `DL3042`?",
        ),
        (
            "exclude = ['a[b']",
            "`a[b` is not a pattern: unclosed character class; missing ']' on line 1, column 12",
        ),
    ];
    for (text, expected) in cases {
        let error = parse(text, "a/x.toml", &RULES).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read `a/x.toml`: {expected}"));
    }
    for (text, part) in [
        (
            "select = 'all'",
            "`select` must be a list, as in [\"…\"], not the text \"all\" on line 1",
        ),
        ("baseline = 3", "`baseline` must be a text in quotes, not `3`"),
        (
            "[severity]\nDL3042 = 'fatal'",
            "`DL3042` cannot be `fatal`; write one of `error`, `warning`, `info`, `off` on line 2",
        ),
        ("select = [", "on line 1, column"),
        (
            "wheel-transfer = 'tar'",
            "`wheel-transfer` cannot be `tar`; write `mount` or `copy` on line 1, column 18",
        ),
        ("ignore = []\nignore = []", "on line 2, column 1"),
        (
            "\ntarget-version = '20.10'",
            "write it like `docker-20.10` or `buildkit-0.12` on line 2, column 18",
        ),
    ] {
        let error = parse(text, "x.toml", &RULES).unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn pyproject_is_read_only_for_our_table() {
    let read = |text| parse_pyproject(text, "pyproject.toml", &RULES);
    assert!(read("this is not TOML").unwrap().is_none());
    assert!(read("[project]\ndependencies = ['pylintdock']").unwrap().is_none());
    let settings = read("[tool.pylintdock]\nselect = ['DL3042']\n[tool.ruff]\nx = 1").unwrap();
    assert_eq!(on(&Settings::of(&settings.unwrap())), ["pip-cache-kept"]);
    assert_eq!(
        read("[tool.ruff]\n[tool.pylintdock]\nselct = []").unwrap_err().to_string(),
        "cannot read `pyproject.toml`: unknown key `selct` on line 3, column 1; did you mean `select`?"
    );
    assert!(read("[tool]\npylintdock = 1").is_err());
}

/// Files from the bottom to the top, and what holds in the end.
#[test]
fn one_file_stands_on_another() {
    let stacked = |texts: &[&str]| {
        let mut res = Settings::default();
        texts.iter().for_each(|it| res.add(&layer(it)));
        res
    };
    let cases: [(&[&str], &[&str]); 8] = [
        (&["ignore = ['DL3042']", ""], &["apt-lists-kept"]),
        (&["ignore = ['DL3042']", "ignore = ['DL3009']"], &[]),
        // What is said later counts.
        (
            &["ignore = ['DL3042']", "extend-select = ['DL3042']"],
            &["pip-cache-kept", "apt-lists-kept"],
        ),
        (&["select = ['DL3042']", "select = ['DL3009']"], &["apt-lists-kept"]),
        (&["ignore = ['DL3042']", "select = ['DL3042']"], &["pip-cache-kept"]),
        (
            &["severity.DL3042 = 'off'", "severity.DL3042 = 'error'"],
            &["pip-cache-kept", "apt-lists-kept"],
        ),
        // In one file a rule that is ignored stays so.
        (&["ignore = ['DL3042']\nextend-select = ['DL3042']"], &["apt-lists-kept"]),
        (&["severity.all = 'off'\nseverity.DL3042 = 'info'"], &["pip-cache-kept"]),
    ];
    for (texts, expected) in cases {
        assert_eq!(on(&stacked(texts)), expected, "{texts:?}");
    }
    let settings = stacked(&["keep-packages = ['a', 'b']", "", "keep-packages = ['c']"]);
    assert_eq!(settings.keep_packages(), ["c"]);
    let origin = |line| Origin::File { path: "pylintdock.toml".into(), line };
    let settings = stacked(&["\nignore = [\n'DL3042']", "\n[severity]\nDL3009 = 'error'"]);
    assert_eq!(settings.decision(&CACHE), (false, Some(&origin(3))));
    assert_eq!(settings.decision(&LISTS), (true, None));
    assert_eq!(settings.severity_origin(&LISTS), Some(&origin(3)));
}

#[test]
fn fixes_are_offered_for_some_rules() {
    for (text, expected) in [
        ("", [true, true]),
        ("unfixable = ['DL3042']", [false, true]),
        ("fixable = ['DL3042']", [true, false]),
        ("fixable = []", [false, false]),
        ("fixable = ['all']\nunfixable = ['all']", [false, false]),
    ] {
        let settings = read(text);
        let found = [&CACHE, &LISTS].map(|it| settings.is_fixable(it.name));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn an_old_builder_gets_wheels_by_copy() {
    for (text, expected) in [
        ("target-version = 'docker-20.10'", WheelTransfer::Copy),
        ("target-version = 'docker-20.10'\nwheel-transfer = 'mount'", WheelTransfer::Copy),
        ("target-version = 'buildkit-0.8'", WheelTransfer::Mount),
        ("target-version = 'docker-27.3'\nwheel-transfer = 'copy'", WheelTransfer::Copy),
    ] {
        assert_eq!(read(text).wheel_transfer(), expected, "{text}");
    }
}
