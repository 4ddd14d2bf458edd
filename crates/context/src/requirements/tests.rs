//! Requirements files, typed by hand, and how pip reads their lines.

use super::*;

fn shown(text: &str, line: &Line) -> String {
    let name = |it: &Requirement| it.normalized_name().unwrap_or_default();
    let value = |it: &Text| {
        assert!(line.span.contains(it.span));
        it.text.clone()
    };
    let content = match &line.content {
        Content::Requirement(it) => format!("{} {}", name(it), it.pinned().unwrap_or("-")),
        Content::Editable(it) => format!("-e {} {}", name(it), it.span.of(text)),
        Content::Include(it) => format!("-r {}", value(it)),
        Content::Constraint(it) => format!("-c {}", value(it)),
        Content::IndexUrl(it) => format!("-i {}", value(it)),
        Content::ExtraIndexUrl(it) => format!("extra {}", value(it)),
        Content::FindLinks(it) => format!("-f {}", value(it)),
        Content::NoBinary(it) => format!("no-binary {}", value(it)),
        Content::OnlyBinary(it) => format!("only-binary {}", value(it)),
        Content::TrustedHost(it) => format!("trust {}", value(it)),
        Content::Option(option, it) => {
            format!("{option:?} {}", it.as_ref().map(value).unwrap_or_default())
        }
        other => format!("{other:?}"),
    };
    let hashes: Vec<_> = line.hashes.iter().map(|it| it.span.of(text)).collect();
    format!("{}: {content} {}", line.number, hashes.join(" ")).trim_end().to_owned()
}

#[test]
fn files_are_read_line_by_line() {
    for (text, expected) in [
        ("a==1\nB.c_D>=2 # x\n", &["1: a 1", "2: b-c-d -"][..]),
        (
            "-r base.txt\n--requirement=x.txt\n-rx.txt",
            &["1: -r base.txt", "2: -r x.txt", "3: -r x.txt"],
        ),
        ("-c c.txt\n--constraint c.txt", &["1: -c c.txt", "2: -c c.txt"]),
        (
            "-e .\n-e ./pkg[dev]\n--editable=git+https://h/x@v1#egg=X",
            &["1: -e  .", "2: -e  ./pkg[dev]", "3: -e x git+https://h/x@v1#egg=X"],
        ),
        ("-e 'a b'\n-e src", &["1: -e  a b", "2: -e  src"]),
        (
            "-i https://i\n--index-url=https://i\n--extra-index-url https://e",
            &["1: -i https://i", "2: -i https://i", "3: extra https://e"],
        ),
        ("-i a --extra-index-url b --pre", &["1: -i a", "1: extra b", "1: Pre"]),
        (
            "--no-index\n-f wheels\n--prefer-binary\n--require-hashes",
            &["1: NoIndex", "2: -f wheels", "3: PreferBinary", "4: RequireHashes"],
        ),
        ("--no-binary :all:\n--only-binary=a,b", &["1: no-binary :all:", "2: only-binary a,b"]),
        (
            "--trusted-host h\n--use-feature fast-deps\n--hash=sha256:1",
            &["1: trust h", "2: UseFeature fast-deps", "3: Hash sha256:1"],
        ),
        // Options that belong elsewhere have no effect behind a requirement or an include.
        ("a -r b.txt", &["1: a -"]),
        ("-r b.txt -c c.txt --pre", &["1: -r b.txt"]),
        (
            "a==1 \\\n  --hash=sha256:1 \\\n  --hash sha256:2\nb",
            &["1: a 1 sha256:1 sha256:2", "4: b -"],
        ),
        ("https://h/p-1.0-py3-none-any.whl --hash=sha512:1", &["1: p - sha512:1"]),
        ("a==${V}\n${P}==1\n-r ${R}.txt", &["1: a ${V}", "2: Undetermined", "3: -r ${R}.txt"]),
        ("a ; python_version < '3' and sys_platform == 'x' --hash=sha384:1", &["1: a - sha384:1"]),
        ("", &[]),
    ] {
        let requirements = Requirements::parse(text);
        assert_eq!(requirements.errors, [], "{text:?}");
        let seen: Vec<_> = requirements.lines.iter().map(|it| shown(text, it)).collect();
        assert_eq!(seen, expected, "{text:?}");
    }
}

#[test]
fn errors_have_their_place() {
    for (text, number, written) in [
        ("a\nb c", 2, "c"),
        ("a=1", 1, "=1"),
        ("a >= 1 < 2", 1, "< 2"),
        ("a==x", 1, "==x"),
        ("a~=1", 1, "~=1"),
        ("a>=1.*", 1, ">=1.*"),
        ("a[b", 1, "[b"),
        ("a; python_versions > '3'", 1, "python_versions"),
        ("a \\\n  ==1 2", 1, "2"),
        ("\u{feff}--upgrade", 1, "--upgrade"),
        ("a --no-cache-dir", 1, "--no-cache-dir"),
        ("-r", 1, "-r"),
        ("é", 1, "é"),
        ("git+git@github.com:a/b.git", 1, "git+git@github.com:a/b.git"),
        ("pip install a", 1, "install a"),
        ("<<<<<<< HEAD", 1, "<<<<<<< HEAD"),
    ] {
        let requirements = Requirements::parse(text);
        let [error] = requirements.errors.as_slice() else {
            panic!("{text:?}: {:?}", requirements.errors)
        };
        assert_eq!(error.span.of(text), written, "{text:?}: {}", error.message);
        let line = requirements.lines.iter().find(|it| it.span.contains(error.span));
        assert_eq!(line.map(|it| it.number), Some(number), "{text:?}");
    }
}

#[test]
fn a_bad_version_leaves_the_name_known() {
    let requirements = Requirements::parse("a==1.0-custom-x");
    assert_eq!(requirements.errors.len(), 1);
    assert_eq!(requirements.requirements().count(), 1);
    assert_eq!(requirements.lines[0].pinned(), Some("1.0-custom-x"));
}

#[test]
fn variables_are_known() {
    let text = "git+https://${TOKEN}@h/${repo}/x${A_1}";
    let requirements = Requirements::parse(text);
    let names: Vec<_> = requirements.lines[0].variables.iter().map(|it| it.span.of(text)).collect();
    assert_eq!(names, ["TOKEN", "A_1"]);
}

#[test]
fn options_of_one_requirement_are_kept() {
    let text = "a --config-settings x=1 --global-option='-v' -C y";
    let requirements = Requirements::parse(text);
    let options: Vec<_> = requirements.lines[0]
        .options
        .iter()
        .map(|it| (it.0, it.1.as_ref().map_or("", |it| it.text.as_str())))
        .collect();
    let expected = [
        (FileOption::ConfigSettings, "x=1"),
        (FileOption::GlobalOption, "-v"),
        (FileOption::ConfigSettings, "y"),
    ];
    assert_eq!(options, expected);
}
