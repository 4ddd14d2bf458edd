//! Single requirements, typed by hand.

use super::*;

fn shown(text: &str) -> String {
    // An offset shows that spans are those of the file.
    let file = format!("RUN pip install {text}");
    let requirement = match parse_requirement(text, 16) {
        Ok(requirement) => requirement,
        Err(error) => return format!("error at `{}`", error.span.of(&file)),
    };
    assert_eq!(requirement.span.of(&file), text.trim().trim_end_matches(" ;"), "{text}");
    let mut res = String::new();
    let part = |it: &Text| {
        assert_eq!(it.span.of(&file), it.text, "{text}");
        it.text.clone()
    };
    if let Some(name) = &requirement.name {
        res.push_str(&part(name));
    }
    for extra in &requirement.extras {
        res.push_str(&format!("[{}]", part(extra)));
    }
    for it in &requirement.specifiers {
        assert_eq!(it.operator_span.of(&file), it.operator.as_str());
        res.push_str(&format!(" {}{}", it.operator.as_str(), part(&it.version)));
    }
    match &requirement.source {
        Source::Index => {}
        Source::Url(url) => res.push_str(&format!(" url {}", part(url))),
        Source::Path(path) => res.push_str(&format!(" path {}", part(path))),
        Source::Repository(it) => {
            let reference = it.reference.as_ref().map_or("-".to_owned(), part);
            res.push_str(&format!(" {} {} {reference}", it.system, part(&it.url)));
        }
    }
    if let Some(marker) = &requirement.marker {
        res.push_str(&format!(" ; {}", part(marker)));
    }
    for fault in &requirement.faults {
        res.push_str(&format!(" fault `{}`", fault.span.of(&file)));
    }
    res.trim().to_owned()
}

#[test]
fn requirements_are_taken_apart() {
    for (text, expected) in [
        ("foo", "foo"),
        (" foo ", "foo"),
        ("Foo.bar_baz-1", "Foo.bar_baz-1"),
        ("foo==1.0", "foo ==1.0"),
        ("foo == 1.0", "foo ==1.0"),
        ("foo (>=1, <2)", "foo >=1 <2"),
        ("foo(==1)", "foo ==1"),
        ("foo>=1,<2,!=1.5.*", "foo >=1 <2 !=1.5.*"),
        ("foo>=1,", "foo >=1"),
        ("foo~=1.4.2", "foo ~=1.4.2"),
        ("foo===weird_version,>=1", "foo ===weird_version >=1"),
        ("foo==1.0+cu118", "foo ==1.0+cu118"),
        ("foo==v1.0", "foo ==v1.0"),
        ("foo==1!2.0rc1.post2.dev3", "foo ==1!2.0rc1.post2.dev3"),
        ("foo[bar]>=1,<2; python_version<\"3.8\"", "foo[bar] >=1 <2 ; python_version<\"3.8\""),
        ("foo [ bar , b.z ] ==1", "foo[bar][b.z] ==1"),
        ("foo[]", "foo"),
        ("foo;sys_platform == 'linux'", "foo ; sys_platform == 'linux'"),
        ("foo ;", "foo"),
        ("foo @ https://h/x.zip", "foo url https://h/x.zip"),
        ("foo@https://h/x.zip", "foo url https://h/x.zip"),
        (
            "foo[a] @ https://h/x.zip ; os_name == 'posix'",
            "foo[a] url https://h/x.zip ; os_name == 'posix'",
        ),
        ("foo @ git+https://h/x.git@main#subdirectory=a", "foo git git+https://h/x.git main"),
        ("foo @ file:///x/foo-1.whl", "foo url file:///x/foo-1.whl"),
        ("git+https://h/x.git", "git git+https://h/x.git -"),
        (
            "git+https://h/x.git@v1#egg=foo[a,b]&subdirectory=c",
            "foo[a][b] git git+https://h/x.git v1",
        ),
        ("git+ssh://git@h/x.git", "git git+ssh://git@h/x.git -"),
        ("git+ssh://git@h/x.git@a/b#subdirectory=c&egg=foo", "foo git git+ssh://git@h/x.git a/b"),
        (
            "git+https://u:p@h/x ; os_name == 'posix'",
            "git git+https://u:p@h/x - ; os_name == 'posix'",
        ),
        ("hg+https://h/x@2#egg=foo", "foo hg hg+https://h/x 2"),
        ("https://h/a;b/x.tar.gz#sha256=1", "url https://h/a;b/x.tar.gz#sha256=1"),
        ("https://h/foo-1.0-py3-none-any.whl", "foo url https://h/foo-1.0-py3-none-any.whl"),
        ("HTTPS://h/x.zip#egg=foo", "foo url HTTPS://h/x.zip#egg=foo"),
        (".", "path ."),
        (".[dev,test]", "[dev][test] path ."),
        ("./dir", "path ./dir"),
        ("../dir[a]", "[a] path ../dir"),
        ("/abs/dir", "path /abs/dir"),
        ("dir/sub", "path dir/sub"),
        ("dir/sub; os_name == 'posix'", "path dir/sub ; os_name == 'posix'"),
        ("foo-1.0.tar.gz", "path foo-1.0.tar.gz"),
        ("foo-1.0-py3-none-any.whl", "foo path foo-1.0-py3-none-any.whl"),
        (
            "w/foo_b-1.0-1-cp312-cp312-linux_x86_64.whl[x]",
            "foo_b[x] path w/foo_b-1.0-1-cp312-cp312-linux_x86_64.whl",
        ),
        ("*.whl", "path *.whl"),
        ("foo==${VERSION}", "foo ==${VERSION}"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn faults_are_told() {
    for (text, expected) in [
        ("", "error at ``"),
        ("-foo", "error at `-foo`"),
        ("foo-", "error at `-`"),
        ("foo bar", "error at `bar`"),
        ("foo=1", "error at `=1`"),
        ("foo 1.0", "error at `1.0`"),
        ("foo>=1 <2", "error at `<2`"),
        ("foo>=1,bar", "error at `bar`"),
        ("foo(>=1", "error at `(>=1`"),
        ("foo[a b]", "error at `[a `"),
        ("foo[a,]", "error at `[a,`"),
        ("foo[a", "error at `[a`"),
        ("foo @", "error at `@`"),
        ("foo @ a b", "error at `@ a b`"),
        ("git+https://h/x@", "error at `@`"),
        ("foo==", "foo == fault `==`"),
        ("foo>=1.*", "foo >=1.* fault `>=1.*`"),
        ("foo~=1", "foo ~=1 fault `~=1`"),
        ("foo>=1.0+local", "foo >=1.0+local fault `>=1.0+local`"),
        ("foo==latest", "foo ==latest fault `==latest`"),
        ("foo; python > '3'", "foo ; python > '3' fault `python`"),
    ] {
        assert_eq!(shown(text), expected, "{text}");
    }
}

#[test]
fn pins_are_exact() {
    for (text, expected) in [
        ("foo==1.0", Some("1.0")),
        ("foo===1.0", Some("1.0")),
        ("foo>=1,==1.2", Some("1.2")),
        ("foo==1.*", None),
        ("foo>=1", None),
        ("foo", None),
        ("./foo", None),
    ] {
        assert_eq!(parse_requirement(text, 0).unwrap().pinned(), expected, "{text}");
    }
}

#[test]
fn a_requirement_without_marker_always_applies() {
    let linux = Environment::linux(Some("3.12"), None);
    for (text, expected) in [
        ("foo", Some(true)),
        ("foo; sys_platform == 'win32'", Some(false)),
        ("foo; platform_machine == 'x86_64'", None),
        ("foo; nonsense", None),
    ] {
        assert_eq!(parse_requirement(text, 0).unwrap().applies_in(&linux), expected, "{text}");
    }
}

#[test]
fn names_are_normalized() {
    for (name, expected) in [
        ("Foo", "foo"),
        ("foo.-_bar", "foo-bar"),
        ("A__b..c", "a-b-c"),
        ("zope.interface", "zope-interface"),
    ] {
        assert_eq!(normalize_name(name), expected, "{name}");
    }
}

#[test]
fn an_editable_name_is_a_directory() {
    for (text, expected) in [
        ("src", Source::Path(Text { text: "src".to_owned(), span: Span::new(3, 6) })),
        ("src[a]", Source::Path(Text { text: "src".to_owned(), span: Span::new(3, 6) })),
    ] {
        assert_eq!(parse_editable(text, 3).unwrap().source, expected);
    }
    let named = parse_editable("foo @ git+https://h/x", 0).unwrap();
    assert_eq!(named.normalized_name().as_deref(), Some("foo"));
}

#[test]
fn a_word_of_pieces_keeps_its_positions() {
    let file = "RUN pip install 'fo\\\no'>=1";
    let word = Excerpt::join(file, &[Span::new(17, 19), Span::new(21, 22), Span::new(23, 26)]);
    let requirement = parse_requirement_in(&word).unwrap();
    let name = requirement.name.unwrap();
    assert_eq!((name.text.as_str(), name.span.of(file)), ("foo", "fo\\\no"));
    assert_eq!(requirement.specifiers[0].version.span.of(file), "1");
}
