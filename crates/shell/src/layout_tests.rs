//! A Dockerfile in, the same with one command more or less out.

use syntax::{Excerpt, Span};

use crate::layout::{Edit, append, prepend, remove_many};
use crate::{Script, parse};

/// The shell text of the file's only RUN: without continuations and comment lines, or a heredoc's body.
fn excerpt(file: &str) -> Excerpt<'_> {
    if let Some(start) = file.find("<<EOF") {
        let start = start + file[start..].find('\n').expect("has a body") + 1;
        return Excerpt::slice(file, Span::new(start, file.rfind("EOF").expect("is closed")));
    }
    let mut spans = Vec::new();
    let mut at = 0;
    for line in file.split_inclusive('\n') {
        let text = line.trim_end_matches(['\r', '\n']);
        let skipped = if at == 0 { "RUN ".len() } else { 0 };
        if !text.trim_start().starts_with('#') {
            let end = at + text.trim_end_matches(['\\', '`']).len();
            spans.push(Span::new(at + skipped, end));
            if !text.ends_with(['\\', '`']) {
                break;
            }
        }
        at += line.len();
    }
    Excerpt::join(file, &spans)
}

fn apply(file: &str, edits: &[Edit]) -> String {
    let mut res = String::new();
    let mut at = 0;
    for (span, text) in edits {
        assert!(at <= span.start as usize, "edits are sorted and disjoint: {edits:?}");
        res += &file[at..span.start as usize];
        res += text;
        at = span.end as usize;
    }
    res + &file[at..]
}

fn check(file: &str, expected: Option<&str>, edit: impl Fn(&Script) -> Option<Vec<Edit>>) {
    let excerpt = excerpt(file);
    let script = parse(&excerpt);
    let edited = edit(&script).map(|it| apply(file, &it));
    assert_eq!(edited.as_deref(), expected, "in:\n{file}");
}

fn check_append(file: &str, expected: &str) {
    check(file, Some(expected), |it| append(it, file, '\\', "new").map(|it| vec![it]));
}

fn check_prepend(file: &str, expected: &str) {
    check(file, Some(expected), |it| prepend(it, file, '\\', "new").map(|it| vec![it]));
}

fn check_remove(file: &str, indices: &[usize], expected: &str) {
    check(file, Some(expected), |it| remove_many(it, file, indices));
}

#[test]
fn appends_in_the_style_of_the_script() {
    check_append("RUN a\n", "RUN a && new\n");
    check_append("RUN a && b", "RUN a && b && new");
    check_append("RUN a;\n", "RUN a && new;\n");
    check_append("RUN a # c\n", "RUN a && new # c\n");
    check_append("RUN a \\\n    && b\n", "RUN a \\\n    && b \\\n    && new\n");
    check_append("RUN a && \\\n  b\n", "RUN a && \\\n  b && \\\n  new\n");
    check_append(
        "RUN \\\n\ta \\\n\t&& b \\\n\t# c\n\t&& d\n",
        "RUN \\\n\ta \\\n\t&& b \\\n\t# c\n\t&& d \\\n\t&& new\n",
    );
    check_append("RUN a \\\r\n && b\r\n", "RUN a \\\r\n && b \\\r\n && new\r\n");
    check_append("RUN a \\\n  && b && c\n", "RUN a \\\n  && b && c \\\n  && new\n");
    check_append(
        "RUN a && b \\\n        c \\\n        d\n",
        "RUN a && b \\\n        c \\\n        d \\\n        && new\n",
    );
    check_append("RUN set -ex; \\\n  a; \\\n  b\n", "RUN set -ex; \\\n  a; \\\n  b; \\\n  new\n");
    check_append("RUN set -ex; \\\n  a; \\\n  b;\n", "RUN set -ex; \\\n  a; \\\n  b; \\\n  new;\n");
    check_append("RUN a; b\n", "RUN a; b && new\n");
    check_append("RUN a `\n    && b\n", "RUN a `\n    && b `\n    && new\n");
    check_append("RUN if a; then b; fi\n", "RUN if a; then b; fi && new\n");
}

#[test]
fn appends_to_heredocs() {
    check_append("RUN <<EOF\nset -e\na\nEOF\n", "RUN <<EOF\nset -e\na\nnew\nEOF\n");
    check_append(
        "RUN <<EOF\n  set -e\n  a # c\nEOF\n",
        "RUN <<EOF\n  set -e\n  a\n  new # c\nEOF\n",
    );
    // Without `set -e` a new line would hide that `b` failed.
    check_append("RUN <<EOF\na\nb\nEOF\n", "RUN <<EOF\na\nb && new\nEOF\n");
}

#[test]
fn appends_nothing_where_that_changes_the_meaning() {
    for file in ["RUN a &\n", "RUN a || b\n", "RUN a &&\n", "RUN exec a\n", "RUN a; exit 1\n"] {
        check(file, None, |it| append(it, file, '\\', "new").map(|it| vec![it]));
    }
}

#[test]
fn prepends_in_the_style_of_the_script() {
    check_prepend("RUN a\n", "RUN new && a\n");
    check_prepend("RUN a && b\n", "RUN new && a && b\n");
    check_prepend("RUN a \\\n    && b\n", "RUN new \\\n    && a \\\n    && b\n");
    check_prepend("RUN a && \\\n    b\n", "RUN new && \\\n    a && \\\n    b\n");
    check_prepend("RUN \\\n  a; \\\n  b\n", "RUN \\\n  new && \\\n  a; \\\n  b\n");
    check_prepend(
        "RUN set -eux; \\\n  a; \\\n  b\n",
        "RUN set -eux; \\\n  new; \\\n  a; \\\n  b\n",
    );
    check_prepend("RUN set -x && a\n", "RUN set -x && new && a\n");
    check_prepend("RUN a \\\n    b \\\n    c\n", "RUN new \\\n    && a \\\n    b \\\n    c\n");
    check_prepend("RUN <<EOF\nset -e\na\nb\nEOF\n", "RUN <<EOF\nset -e\nnew\na\nb\nEOF\n");
    for file in ["RUN a || b\n", "RUN a & b\n", "RUN a &\n", "RUN a &&\n"] {
        check(file, None, |it| prepend(it, file, '\\', "new").map(|it| vec![it]));
    }
}

#[test]
fn removes_with_the_right_operator() {
    check_remove("RUN a && b && c\n", &[0], "RUN b && c\n");
    check_remove("RUN a && b && c\n", &[1], "RUN a && c\n");
    check_remove("RUN a && b && c\n", &[2], "RUN a && b\n");
    check_remove("RUN a && b && c\n", &[0, 2], "RUN b\n");
    check_remove("RUN a; b && c\n", &[1], "RUN a; c\n");
    check_remove("RUN a && b; c\n", &[1], "RUN a; c\n");
    check_remove("RUN a & b && c\n", &[1], "RUN a & c\n");
    check_remove("RUN a; b;\n", &[1], "RUN a;\n");
    check_remove("RUN a | b && c\n", &[0], "RUN c\n");
}

#[test]
fn removes_lines() {
    let leading = "RUN a \\\n    && b \\\n    && c\n";
    check_remove(leading, &[0], "RUN b \\\n    && c\n");
    check_remove(leading, &[1], "RUN a \\\n    && c\n");
    check_remove(leading, &[2], "RUN a \\\n    && b\n");
    check_remove(leading, &[1, 2], "RUN a\n");
    let trailing = "RUN a && \\\n    b && \\\n    c\n";
    check_remove(trailing, &[0], "RUN b && \\\n    c\n");
    check_remove(trailing, &[1], "RUN a && \\\n    c\n");
    check_remove(trailing, &[2], "RUN a && \\\n    b\n");
    let own_lines = "RUN set -ex; \\\r\n  a; \\\r\n  b;\r\n";
    check_remove(own_lines, &[1], "RUN set -ex; \\\r\n  b;\r\n");
    check_remove(own_lines, &[2], "RUN set -ex; \\\r\n  a;\r\n");
}

#[test]
fn comments_survive() {
    let leading = "RUN a \\\n    # one\n    && b \\\n    # two\n    && c\n";
    check_remove(leading, &[0], "RUN \\\n    # one\n    b \\\n    # two\n    && c\n");
    check_remove(leading, &[1], "RUN a \\\n    # one\n    # two\n    && c\n");
    check_remove(leading, &[2], "RUN a \\\n    # one\n    && b\n    # two\n");
    let trailing = "RUN a && \\\n    # one\n    b && \\\n    c\n";
    check_remove(trailing, &[0], "RUN \\\n    # one\n    b && \\\n    c\n");
    check_remove(trailing, &[1], "RUN a && \\\n    # one\n    c\n");
    let mixed = "RUN a \\\n    # one\n    && b && c\n";
    check_remove(mixed, &[1], "RUN a \\\n    # one\n    && c\n");
    let heredoc = "RUN <<EOF\n# zero\na\n# one\nb # b\nc # c\nEOF\n";
    check_remove(heredoc, &[0], "RUN <<EOF\n# zero\n# one\nb # b\nc # c\nEOF\n");
    check_remove(heredoc, &[1], "RUN <<EOF\n# zero\na\n# one\nc # c\nEOF\n");
    check_remove(heredoc, &[2], "RUN <<EOF\n# zero\na\n# one\nb # b\nEOF\n");
}

#[test]
fn removes_nothing_where_that_changes_the_meaning() {
    let cases = [
        ("RUN a\n", 0),
        ("RUN a || b\n", 1),
        ("RUN a || b\n", 0),
        ("RUN a && b || c\n", 0),
        ("RUN [ -f x ] && a; b\n", 1),
        ("RUN [ -f x ] && a; b\n", 0),
        ("RUN a; b & c\n", 1),
        ("RUN a; b &\n", 1),
        ("RUN a; b &&\n", 0),
        ("RUN a; b\n", 7),
    ];
    for (file, index) in cases {
        check(file, None, |it| remove_many(it, file, &[index]));
    }
}
