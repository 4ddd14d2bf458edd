//! Shell text in, its commands out in short form.

use std::borrow::Cow;

use syntax::{Excerpt, Span};

use crate::{Command, Part, Parts, Script, Word, parse, parse_argv, parse_by_tree};

/// `<a|$B:-c>` for a word of text and variable, `?…?` for what is not known.
fn word_text(word: &Word) -> String {
    match &word.parts {
        Parts::Text(text) => text.to_string(),
        Parts::Mixed(parts) => {
            let part = |it: &Part| match it {
                Part::Text { text, .. } => text.to_string(),
                Part::Variable { name, modifier, is_quoted: true } => {
                    format!("\"${name}{modifier}\"")
                }
                Part::Variable { name, modifier, .. } => format!("${name}{modifier}"),
                Part::Unknown { text } => format!("?{text}?"),
            };
            format!("<{}>", parts.iter().map(part).collect::<Vec<_>>().join("|"))
        }
    }
}

/// `item flags: NAME=value (wrappers) words >target`. Flags: `i` is the item, `c` conditional, `r` reads and `w`
/// writes a pipe, `s` substitution, `S` has a script, and the number of subshells.
fn command_text(command: &Command) -> String {
    let place = command.place;
    let flags: String = [
        (place.is_item, 'i'),
        (place.is_conditional, 'c'),
        (place.reads_pipe, 'r'),
        (place.writes_pipe, 'w'),
        (place.is_substitution, 's'),
        (command.has_script, 'S'),
    ]
    .iter()
    .filter_map(|(is_set, flag)| is_set.then_some(*flag))
    .collect();
    let mut res = format!("{}{flags}", place.item);
    if place.subshells > 0 {
        res += &place.subshells.to_string();
    }
    res.push(':');
    for assignment in &command.assignments {
        res += &format!(" {}={}", assignment.name, word_text(&assignment.value));
    }
    if !command.wrappers.is_empty() {
        let words: Vec<String> = command.wrappers.iter().map(word_text).collect();
        res += &format!(" ({})", words.join("·"));
    }
    if !command.words.is_empty() {
        let words: Vec<String> = command.words.iter().map(word_text).collect();
        res += &format!(" {}", words.join("·"));
    }
    for redirect in &command.redirects {
        res += &format!(" {}{}", redirect.operator, word_text(&redirect.target));
    }
    res
}

fn commands_text(script: &Script) -> Vec<String> {
    script.commands.iter().map(command_text).collect()
}

fn whole(text: &str) -> Excerpt<'_> {
    Excerpt::slice(text, Span::new(0, text.len()))
}

/// Both ways of reading must give these commands, and no fault.
fn check(text: &str, expected: &[&str]) {
    let excerpt = whole(text);
    let script = parse(&excerpt);
    assert_eq!(commands_text(&script), expected, "{text}");
    assert_eq!(script.fault, None, "{text}");
    let by_tree = parse_by_tree(&excerpt);
    assert_eq!(commands_text(&by_tree), expected, "by tree: {text}");
    assert_eq!(by_tree.items, script.items, "{text}");
}

#[test]
fn words() {
    check("echo a 'b c' \"d e\" f\\ g", &["0i: echo·a·b c·d e·f g"]);
    check("echo a'b'\"c\"d '' \"\"", &["0i: echo·abcd··"]);
    check(
        "echo $A ${B} \"$C\" ${D:-x y} x$E-y",
        &["0i: echo·<$A>·<$B>·<\"$C\">·<$D:-x y>·<x|$E|-y>"],
    );
    check("curl http://h/$A/$B.tgz $a/$b/c", &["0i: curl·<http://h/|$A|/|$B|.tgz>·<$a|/|$b|/c>"]);
    check("pip install 'a>=1' \"b[c]<2\" d==1.*", &["0i: pip·install·a>=1·b[c]<2·d==1.*"]);
    check("printf $'a\\tb\\x41\\u00e9' $\"x\"", &["0i: printf·a\tbAé·x"]);
    check("echo \"a \\\"b\\\" \\$C \\d\" \"$\" a$", &["0i: echo·a \"b\" $C \\d·$·a$"]);
    check(
        "echo {a,b} *.py $1 $@ ${#A} ${!A}",
        &["0i: echo·{a,b}·*.py·<$1>·<$@>·<?${#A}?>·<?${!A}?>"],
    );
    check("echo $((1 + 2)) ${A%%[a-z]*}", &["0i: echo·<?$((1 + 2))?>·<$A%%[a-z]*>"]);
    check("echo a#b # c && d", &["0i: echo·a#b"]);
}

#[test]
fn words_are_resolved() {
    let lookup = |name: &str| match name {
        "A" => Some("1".to_owned()),
        "EMPTY" => Some(String::new()),
        "LIST" => Some("a b".to_owned()),
        _ => None,
    };
    let cases = [
        ("x", Some("x")),
        ("'$A'", Some("$A")),
        ("x-$A/${A}y", Some("x-1/1y")),
        ("${EMPTY:-z}${A:-z}", Some("z1")),
        ("\"$LIST\"", Some("a b")),
        ("$LIST", None),
        ("$UNKNOWN", None),
        ("${A%x}", None),
        ("$(a)", None),
    ];
    for (text, expected) in cases {
        let excerpt = whole(text);
        let script = parse(&excerpt);
        assert_eq!(script.commands[0].words[0].resolve(&lookup).as_deref(), expected, "{text}");
    }
}

#[test]
fn redirections_and_assignments() {
    check("a > x 2>&1 < y >>z", &["0i: a >x >&1 <y >>z"]);
    check("a && echo >&2 x", &["0i: a", "1i: echo·x >&2"]);
    check("a 2>/dev/null | b &> c", &["0w: a >/dev/null", "0r: b &>c"]);
    check("A=1 B=\"x y\" C= cmd D=2", &["0i: A=1 B=x y C= cmd·D=2"]);
    check("A=$B/c", &["0i: A=<$B|/c>"]);
    check("A+=1", &["0i: A=<\"$A\"|1>"]);
    check("A=(x y) && b", &["0i: A=<?(x y)?>", "1i: b"]);
    check("export A=1 B=$C", &["0i: export·A=1·<B=|$C>"]);
    check("cat <<< x", &["0i: cat <<<x"]);
    check("> f", &["0i: >f"]);
}

#[test]
fn lists() {
    check("a && b; c & d", &["0i: a", "1i: b", "2i: c", "3i: d"]);
    check("a || b", &["0i: a", "1ic: b"]);
    check("a || b && c", &["0i: a", "1ic: b", "2i: c"]);
    check("[ -f x ] && a || b", &["0i: [·-f·x·]", "1ic: a", "2ic: b"]);
    check("[ -f x ] && a; b", &["0i: [·-f·x·]", "1ic: a", "2i: b"]);
    check("a | b | c && d", &["0w: a", "0rw: b", "0r: c", "1i: d"]);
    check("! a && b", &["0: a", "1i: b"]);
    check("a;", &["0i: a"]);
    check("a\n# c\nb # d\n\nc \\\n  x\n", &["0i: a", "1i: b", "2i: c·x"]);
    check("a\r\nb\r\n", &["0i: a", "1i: b"]);
}

#[test]
fn compound_commands() {
    check(
        "if a; then b; elif c; then d; else e; fi",
        &["0: a", "0c: b", "0c: c", "0c: d", "0c: e"],
    );
    check("for i in a $(b); do c $i; done", &["0s1: b", "0c: c·<$i>"]);
    check("for i in a; do b; done > x && c", &["0c: b", "1i: c"]);
    check("while a; do b; done", &["0: a", "0c: b"]);
    check("a | while read x; do b; done", &["0w: a", "0r: read·x", "0cr: b"]);
    check("case $A in x|y) b;; *) c; esac; d", &["0c: b", "0c: c", "1i: d"]);
    check("f() { a; b; }; f", &["0c: a", "0c: b", "1i: f"]);
    check("(a; b) && { c; d; }", &["01: a", "01: b", "1: c", "1: d"]);
    check("[[ -f x && $A == b* ]] && c", &["0i: [[·-f·x·&&·<$A>·==·b*·]]", "1i: c"]);
    check("a && (b || c) | d", &["0i: a", "1w1: b", "1cw1: c", "1r: d"]);
    check("if a && b > c; then d; fi", &["0: a", "0: b >c", "0c: d"]);
    check("a \"if\" then", &["0i: a·if·then"]);
}

#[test]
fn substitutions() {
    check("A=$(b | c) d", &["0i: A=<?$(b | c)?> d", "0ws1: b", "0rs1: c"]);
    check(
        "echo \"x $(a \"$(b)\")\" `c`",
        &["0i: echo·<x |?$(a \"$(b)\")?>·<?`c`?>", "0s1: a·<?$(b)?>", "0s2: b", "0s1: c"],
    );
    check("echo `a \\`b\\``", &["0i: echo·<?`a \\`b\\``?>", "0s1: a·<?`b`?>", "0s2: b"]);
    check("a || b $(c)", &["0i: a", "1ic: b·<?$(c)?>", "1cs1: c"]);
    check("echo ${A:-$(b)}", &["0i: echo·<$A:-$(b)>", "0s1: b"]);
    check("diff <(a) <(b)", &["0i: diff·<?<(a)?>·<?<(b)?>", "0s1: a", "0s1: b"]);
}

#[test]
fn wrappers() {
    let cases = [
        ("sudo -E -u x pip install y", "0i: (sudo·-E·-u·x) pip·install·y"),
        ("sudo A=1 --user=x -- cmd", "0i: A=1 (sudo·--user=x·--) cmd"),
        ("sudo -v", "0i: sudo·-v"),
        ("exec gunicorn app", "0i: (exec) gunicorn·app"),
        ("exec > log", "0i: exec >log"),
        ("time -p make", "0i: (time·-p) make"),
        ("nice -n 5 a", "0i: (nice·-n·5) a"),
        ("nice -5 ionice -c2 -n 7 a", "0i: (nice·-5·ionice·-c2·-n·7) a"),
        ("nohup a", "0i: (nohup) a"),
        ("env", "0i: env"),
        ("env -i -u X A=1 B=$C pip -V", "0i: A=1 B=<$C> (env·-i·-u·X) pip·-V"),
        ("env -S 'a b' c", "0i: (env·-S·a b) a·b·c"),
        ("/usr/bin/env python3 x", "0i: (/usr/bin/env) python3·x"),
        ("xargs -0 -n 1 pip install", "0ir: (xargs·-0·-n·1) pip·install"),
        ("a | xargs -I{} sh {}", "0w: a|0r: (xargs·-I{}) sh·{}"),
        ("command pip x", "0i: (command) pip·x"),
        ("command -v pip", "0i: command·-v·pip"),
        ("builtin cd x", "0i: (builtin) cd·x"),
        ("timeout -k 1 --signal KILL 5 a", "0i: (timeout·-k·1·--signal·KILL·5) a"),
        ("stdbuf -oL -e 0 a", "0i: (stdbuf·-oL·-e·0) a"),
        ("linux32 a", "0i: (linux32) a"),
        ("setarch x86_64 -R a", "0i: (setarch·x86_64·-R) a"),
        ("gosu user a", "0i: (gosu·user) a"),
        ("su-exec user:g a -b", "0i: (su-exec·user:g) a·-b"),
        ("tini -s -- a", "0i: (tini·-s·--) a"),
        ("dumb-init -r 15:2 -- a", "0i: (dumb-init·-r·15:2·--) a"),
        ("catchsegv a", "0i: (catchsegv) a"),
        ("chroot /x a", "0i: chroot·/x·a"),
        ("sudo $X a", "0i: (sudo) <$X>·a"),
    ];
    for (text, expected) in cases {
        check(text, &expected.split('|').collect::<Vec<_>>());
    }
}

#[test]
fn wrappers_are_sorted() {
    let names: Vec<&str> = crate::wrapper::WRAPPERS.iter().map(|it| it.name).collect();
    assert!(names.is_sorted(), "binary search needs order: {names:?}");
}

#[test]
fn scripts_in_words() {
    check("sh -c 'a && b' x", &["0iS: sh·-c·a && b·x", "01: a", "01: b"]);
    check(
        "bash -lc \"a $B \\\"c d\\\"\"",
        &["0iS: bash·-lc·<a |\"$B\"| \"c d\">", "01: a·<$B>·c d"],
    );
    check(
        "/bin/bash -o pipefail -c 'a | b'",
        &["0iS: /bin/bash·-o·pipefail·-c·a | b", "0w1: a", "0r1: b"],
    );
    check("su -c 'a' user", &["0iS: su·-c·a·user", "01: a"]);
    check("su - user -c a", &["0iS: su·-·user·-c·a", "01: a"]);
    check("sudo sh -c 'echo x > y'", &["0iS: (sudo) sh·-c·echo x > y", "01: echo·x >y"]);
    check("eval 'a; b' c", &["0iS: eval·a; b·c", "0: a", "0: b·c"]);
    check("eval \"$(a)\"", &["0i: eval·<?$(a)?>", "0s1: a"]);
    check("trap 'rm x' EXIT", &["0iS: trap·rm x·EXIT", "0c: rm·x"]);
    check("a || sh -c 'b | c'", &["0i: a", "1icS: sh·-c·b | c", "1cw1: b", "1cr1: c"]);
    check(
        "sh -c \"a $(b) \\$(c)\"",
        &["0iS: sh·-c·<a |?$(b)?| $(c)>", "01: a·<?$(b)?>·<?$(c)?>", "0s1: b", "0s2: c"],
    );
    check("bash -c \"sh -c 'a'\"", &["0iS: bash·-c·sh -c 'a'", "0S1: sh·-c·a", "02: a"]);
    check("sh -c \"$X\"", &["0i: sh·-c·<\"$X\">"]);
    check("sh x -c", &["0i: sh·x·-c"]);
}

#[test]
fn heredocs() {
    check("cat <<EOF > x\na && $b\nEOF\nc", &["0i: cat <<EOF >x", "1i: c"]);
    // The body stands elsewhere when a RUN's own line is read.
    let excerpt = whole("cat <<EOF > x && b");
    let script = parse(&excerpt);
    assert_eq!(commands_text(&script), ["0i: cat <<EOF >x", "1i: b"]);
    assert_eq!(script.fault, None);
}

#[test]
fn positions_across_continuations() {
    let file = "RUN a 'b \\\n  c' \\\n  # d\n  && sh -c \"e \\\\\\\"f\" >g\n";
    // Without ` \` and the comment line.
    let spans = [Span::new(4, 9), Span::new(11, 16), Span::new(24, 47)];
    let excerpt = Excerpt::join(file, &spans);
    assert_eq!(excerpt.text(), "a 'b   c'   && sh -c \"e \\\\\\\"f\" >g");
    let script = parse(&excerpt);
    let of = |span: Span| span.of(file);
    assert_eq!(of(script.items[0].span), "a 'b \\\n  c'");
    assert_eq!(script.items[1].joined_by.map(|it| of(it.1)), Some("&&"));
    assert_eq!(of(script.commands[0].words[1].span), "'b \\\n  c'");
    assert_eq!(of(script.commands[1].redirects[0].span), ">g");
    let inner = &script.commands[2];
    assert_eq!(command_text(inner), "11: e·\"f");
    assert_eq!(of(inner.words[0].span), "e");
    // From its first byte that the inner shell sees; the backslash before it is the outer shell's.
    assert_eq!(of(inner.words[1].span), "\\\\\"f");
}

#[test]
fn faults() {
    let cases = [
        "a && ",
        "a | | b",
        "a 'b",
        "a \"b $(c",
        "if a; then b",
        "a )",
        "a; ; b",
        "a &; b",
        "find . ( -name x )",
        "done",
        "a >",
        "case x in",
        "sh -c 'a && '",
        "echo ${A",
    ];
    for text in cases {
        assert!(parse(&whole(text)).fault.is_some(), "{text}");
    }
    let half_typed = whole("apt-get update && pip install x && if");
    let found = commands_text(&parse(&half_typed));
    assert!(found.contains(&"1i: pip·install·x".to_owned()), "{found:?}");
}

#[test]
fn any_cut_of_a_script_is_read_without_panic() {
    let text = "a=1 b 'é\\' \"$(x `y \\`z\\``) ${q:-$(r)}\" && if [[ $a =~ ^(b|c)$ ]]; then f() { c; }; \
        fi | while d; do e; done <<EOF\nbody\nEOF\ncase $x in (a|b) c;; esac; sh -c \"g \\\"h\\\"\" $'\\u00e9' &";
    let n_bytes = text.len();
    for start in (0..n_bytes).filter(|it| text.is_char_boundary(*it)) {
        for end in (start..=n_bytes).step_by(7).filter(|it| text.is_char_boundary(*it)) {
            let span = Span::new(start, end);
            let excerpt = Excerpt::slice(text, span);
            for command in parse(&excerpt).commands {
                assert!(span.contains(command.span), "{}", excerpt.text());
                for word in command.words.iter().chain(&command.wrappers) {
                    assert!(command.span.contains(word.span), "{}", excerpt.text());
                }
            }
        }
    }
}

#[test]
fn deep_nesting_is_a_fault_and_no_overflow() {
    for (open, close) in
        [("(", ")"), ("$(", ")"), ("{ ", "; }"), ("\"$(", ")\""), ("if a; then ", "; fi")]
    {
        let text = [open.repeat(3000), "a".to_owned(), close.repeat(3000)].concat();
        let excerpt = whole(&text);
        parse(&excerpt);
        parse(&whole(&open.repeat(3000)));
    }
}

#[test]
fn exec_form() {
    let file = r#"["sh","-c","a && b"] ["tini","--","pip","x"] ["sh","-c","a \"b c\""]"#;
    let element = |written: &str, text: &'static str| {
        let start = file.find(written).expect("stands in the file");
        (Cow::Borrowed(text), Span::new(start, start + written.len()))
    };
    let sh = [element("\"sh\"", "sh"), element("\"-c\"", "-c")];
    let script = parse_argv(file, sh.clone().into_iter().chain([element("\"a && b\"", "a && b")]));
    assert_eq!(commands_text(&script), ["0iS: sh·-c·a && b", "01: a", "01: b"]);
    assert_eq!(script.commands[2].span.of(file), "b");
    assert_eq!(script.items.len(), 1);
    let words = ["tini", "--", "pip", "x"].map(|it| (Cow::Borrowed(it), Span::new(22, 26)));
    assert_eq!(commands_text(&parse_argv(file, words)), ["0i: (tini·--) pip·x"]);
    let escaped = element(r#""a \"b c\"""#, "a \"b c\"");
    let span = escaped.1;
    let script = parse_argv(file, sh.into_iter().chain([escaped]));
    assert_eq!(command_text(&script.commands[1]), "01: a·b c");
    assert_eq!(script.commands[1].words[1].span, span);
    let none: [(Cow<str>, Span); 0] = [];
    assert!(parse_argv(file, none).commands.is_empty());
}

#[test]
fn both_ways_agree() {
    for text in include_str!("lines.txt").lines().filter(|it| !it.is_empty()) {
        let excerpt = whole(text);
        let (ours, by_tree) = (parse(&excerpt), parse_by_tree(&excerpt));
        assert_eq!(ours.fault, None, "{text}");
        assert_eq!(format!("{:?}", ours.commands), format!("{:?}", by_tree.commands), "{text}");
        assert_eq!(ours.items, by_tree.items, "{text}");
    }
}
