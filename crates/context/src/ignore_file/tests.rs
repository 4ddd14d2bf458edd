//! Ignore files and the paths that they keep out, typed by hand.

use super::*;

/// (lines of the ignore file, path, whether it stays out)
fn check(cases: &[(&str, &str, bool)]) {
    for (text, path, expected) in cases {
        let file = IgnoreFile::parse(text);
        assert!(file.errors().is_empty(), "{text:?}: {:?}", file.errors());
        assert_eq!(file.excludes(path), *expected, "{text:?} {path:?}");
        // A whole tree is walked another way than one path; the answer must be the same.
        let tree = Tree::new([((*path).to_owned(), 1), ("0/1/2/3".to_owned(), 1)]);
        let is_kept = file.kept(&tree).any(|it| it.0 == *path);
        assert_eq!(is_kept, !expected, "kept: {text:?} {path:?}");
    }
}

#[test]
fn the_documented_examples() {
    check(&[
        ("# comment\n*/temp*\n*/*/temp*\ntemp?", "somedir/temporary.txt", true),
        ("*/temp*", "somedir/temp", true),
        ("*/temp*", "temporary.txt", false),
        ("*/*/temp*", "somedir/subdir/temporary.txt", true),
        ("*/*/temp*", "somedir/temporary.txt", false),
        ("temp?", "tempa", true),
        ("temp?", "temp", false),
        ("temp?", "tempab", false),
        ("/foo/bar", "foo/bar", true),
        ("foo/bar", "foo/bar", true),
        ("**/*.go", "a.go", true),
        ("**/*.go", "a/b/c.go", true),
        ("**/*.go", "a/b/c.gox", false),
        ("*.md\n!README.md", "LICENSE.md", true),
        ("*.md\n!README.md", "README.md", false),
        ("*.md\n!README*.md\nREADME-secret.md", "README-secret.md", true),
        ("*.md\n!README*.md\nREADME-secret.md", "README-public.md", false),
        ("*.md\nREADME-secret.md\n!README*.md", "README-secret.md", false),
        ("*.md\nREADME-secret.md\n!README*.md", "OTHER.md", true),
    ]);
}

#[test]
fn any_depth() {
    check(&[
        ("**", "file", true),
        ("**/", "file", true),
        ("**", "dir/file", true),
        ("**/**", "dir/file", true),
        ("dir/**", "dir/file", true),
        ("dir/**", "dir/dir2/file", true),
        ("dir/**", "dirs/file", false),
        ("abc/**", "abc", false),
        ("**/dir", "dir", true),
        ("**/dir", "dir/file", true),
        ("**/dir", "a/b/dir/file", true),
        ("**/dir", "a/b/mydir/file", false),
        ("**/dir2/*", "dir/dir2/file", true),
        ("**/dir2/**", "dir/dir2/dir3/file", true),
        ("**file", "file", true),
        ("**file", "dir/file", true),
        // A `**` before plain text compares the end of the path, component or not.
        ("**file", "dir/myfile", true),
        // Behind it an expression wants a whole component.
        ("**file*", "dir/myfile", false),
        ("**file*", "dir/file2", true),
        ("**/file*", "dir/dir/file.txt", true),
        ("**/file*txt", "dir/dir/file.txt", true),
        ("**/**/*.txt", "file.txt", true),
        ("**/**/*.txt", "dir/dir/file.txt", true),
        ("**/**/*.txt2", "dir/dir/file.txt", false),
        ("a**/*.txt", "a/file.txt", true),
        ("a**/*.txt", "a/dir/dir/file.txt", true),
        ("a**/*.txt", "ab/file.txt", true),
        ("a**", "ab/c", true),
        ("a**", "ba/c", false),
        ("a**b", "ab", true),
        ("a**b", "ax/b", true),
        ("a**b", "axb", false),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("a/**/b", "a/xb", false),
        ("a/*.txt**", "a/file.txt", true),
        ("a/*.txt**", "a/file.txt/b", true),
        ("**/.foo", ".foo", true),
        ("**/.foo", "bar.foo", false),
        ("***", "a", true),
        ("***x", "a/bx", true),
        ("**/__pycache__", "src/a/__pycache__/b.pyc", true),
    ]);
}

#[test]
fn one_component() {
    check(&[
        ("*", "file", true),
        ("*", "dir/file", true),
        ("*.txt", "file.txt", true),
        ("*.txt", "dir/file.txt", false),
        ("a/*.txt", "a/dir/file.txt", false),
        ("*/", "dir/file", true),
        ("*/*", "file", false),
        (".*", ".foo", true),
        (".*", "foo", false),
        (".*", ".git/config", true),
        ("a?c", "a/c", false),
        ("a?c", "aéc", true),
        ("abc.def", "abcZdef", false),
        ("abc.d*", "abcZdef", false),
        ("a[b-d]e", "ace", true),
        ("a[b-d]e", "aae", false),
        ("a[^b-d]e", "aze", true),
        // A negated class matches a `/` as well.
        ("a[^b]c", "a/c", true),
        ("a[!b]c", "abc", true),
        ("a[!b]c", "axc", false),
        ("*.py[cod]", "m.pyc", true),
        ("*.py[cod]", "m.py", false),
        ("x[[:digit:]]", "x7", true),
        ("x[[:digit:]]", "xd", false),
        ("a]", "a]", true),
    ]);
}

#[test]
fn escapes_and_regular_expression_characters() {
    check(&[
        (r"a\*b", "a*b", true),
        (r"a\*b", "axb", false),
        (r"\!important", "!important", true),
        (r"\#file", "#file", true),
        (r"a\\", r"a\", true),
        (r"a\[b", "a[b", true),
        ("a(b)c/def", "a(b)c/def", true),
        ("a.|)$(}+{bc", "a.|)$(}+{bc", true),
        ("dist/*.whl", "dist/p-2.4.0.dev36+g08acad9-py3-none-any.whl", true),
        ("a+*", "a+b", true),
        ("a+*", "aab", false),
        ("*$", "a$", true),
        // Braces mean nothing to Docker.
        ("*.{png,jpg}", "a.png", false),
        ("*.{png,jpg}", "a.{png,jpg}", true),
        // Docker forgets to escape these in its expression, and only there.
        ("*.png|x", "dir/mx", true),
        ("a.png|b.png", "a.png", false),
        (r"x\d", "x7", true),
        (r"x\d", "xd", false),
        // A path written for Windows: `\b` is the edge of a word.
        (r"obj\bin", "obj/bin", false),
        ("^a*", "ab", true),
        ("a^*", "a^b", false),
    ]);
}

#[test]
fn parents_and_exceptions() {
    check(&[
        ("dir", "dir/a/b", true),
        ("dir", "x/dir/a", false),
        ("dir\n!dir/a", "dir/a", false),
        ("dir\n!dir/a", "dir/b", true),
        ("dir\n!dir/a", "dir/a/deep/er", false),
        ("**\n!util/docker/web", "util/docker/web/foo", false),
        ("**\n!util/docker/web\nutil/docker/web/foo", "util/docker/web/foo", true),
        ("*\n!src\n!setup.py", "src/a/b.py", false),
        ("*\n!src\n!setup.py", "setup.py", false),
        ("*\n!src\n!setup.py", "tests/a.py", true),
        ("*\n!src/**", "src/a/b.py", false),
        ("*\n!**/*.py", "a/b/c.py", false),
        ("*\n!**/*.py", "a/b/c.pyc", true),
        ("*\n!src\nsrc/**/__pycache__", "src/a/__pycache__/x.pyc", true),
        ("*\n!src\n**/*.pyc", "src/a/x.pyc", true),
        ("*\n!src\n**/*.pyc", "src/a/x.py", false),
        ("!a", "a", false),
        ("!a\na", "a", true),
        ("!a\na", "a/b", true),
        ("a\n!a/b\na/b", "a/b", true),
        // Docker does not ask `a*` about the directory `a`, which is out already, so it does not hold below.
        ("a\n!a/b\na*", "a/b", false),
        ("a\n!a/b\na**", "a/b", true),
        // For the same reason a directory must be out itself before an exception for it means its files.
        ("**/*.pyc\n!a", "a/x.pyc", true),
        ("**/*.pyc\n!a/**", "a/x.pyc", false),
        ("dir/\n!dir/keep/\ndir/keep/*.log", "dir/keep/a.log", true),
        ("dir/\n!dir/keep/\ndir/keep/*.log", "dir/keep/a.txt", false),
    ]);
}

#[test]
fn lines_are_read_as_docker_reads_them() {
    check(&[
        ("  a  ", "a", true),
        ("a\r\nb\r\n", "b", true),
        ("\u{feff}a", "a", true),
        ("\u{feff}#a\nb", "#a", false),
        (" #a", "#a", true),
        ("#a", "#a", false),
        ("a#b", "a#b", true),
        ("a #b", "a", false),
        ("! a", "a", false),
        ("a\n!  a ", "a", false),
        ("./a", "a", true),
        ("a/", "a", true),
        ("a//b", "a/b", true),
        ("b/../a", "a", true),
        ("/../a", "a", true),
        ("../a", "a", false),
        (".", "a", false),
        ("/", "a", false),
        ("./*", "a", true),
        ("/*\n!/a", "a", false),
        ("*\n/!a", "a", false),
        ("a b", "a b", true),
        ("é/*", "é/x", true),
        ("", "a", false),
    ]);
}

#[test]
fn faulty_lines_are_reported_and_the_others_hold() {
    for (text, line, written) in [
        ("a\n!", 2, "!"),
        ("a\n!/ ", 2, "!/"),
        ("a\n[b", 2, "[b"),
        ("\n\n  a[]\n", 3, "a[]"),
        ("a\\", 1, "a\\"),
        ("a[-b]", 1, "a[-b]"),
        ("*[z-a]", 1, "*[z-a]"),
        ("\u{feff}a[", 1, "a["),
        ("*\\é", 1, "*\\é"),
        ("a\\qb", 1, "a\\qb"),
    ] {
        let file = IgnoreFile::parse(text);
        let [error] = file.errors() else { panic!("{text:?}: {:?}", file.errors()) };
        assert_eq!((error.line, error.span.of(text)), (line, written), "{text:?}");
        assert_eq!(file.excludes("a"), text.starts_with("a\n"), "{text:?}");
    }
}

#[test]
fn patterns_know_where_they_stand() {
    let text = "\u{feff}# c\r\n\r\n  ./a/ \r\n!b/../c\n";
    let file = IgnoreFile::parse(text);
    let seen: Vec<_> = file
        .patterns()
        .iter()
        .map(|it| (it.line, it.span.of(text), it.is_exception, it.cleaned.as_str()))
        .collect();
    assert_eq!(seen, [(3, "./a/", false, "a"), (4, "!b/../c", true, "c")]);
}

#[test]
fn the_deciding_pattern_is_told() {
    let file = IgnoreFile::parse("*.md\n!README.md\ndocs\n!docs/keep");
    let line = |path: &str| file.matched_by(path).map(|it| it.line);
    assert_eq!(line("a.md"), Some(1));
    assert_eq!(line("README.md"), Some(2));
    assert_eq!(line("docs/x/y"), Some(3));
    assert_eq!(line("docs/keep/y"), Some(4));
    assert_eq!(line("./docs/keep/"), Some(4));
    assert_eq!(line("a.txt"), None);
}

#[test]
fn what_is_kept_of_a_tree() {
    let paths = [".git/HEAD", "a-b/x.pyc", "a/b/x.py", "a/b/x.pyc", "a/c", "a.pyc", "logs/", "z"];
    let tree = Tree::new(paths.map(|it| (it.to_owned(), 10)));
    let file = IgnoreFile::parse(".git\n**/*.pyc\nlogs\n!a-b/**");
    let kept: Vec<_> = file.kept(&tree).map(|it| it.0).collect();
    assert_eq!(kept, ["a-b/x.pyc", "a/b/x.py", "a/c", "z"]);
    assert_eq!(file.kept(&tree).map(|it| it.1).sum::<u64>(), 40);
}

#[test]
fn the_file_beside_the_dockerfile_wins() {
    let find = |paths: &[&str], dockerfile: &str| {
        let files = crate::MemoryFiles::new(paths.iter().map(|it| (*it, "a")));
        IgnoreFile::find(&files, dockerfile).map(|it| it.0)
    };
    let both = [".dockerignore", "docker/web.Dockerfile.dockerignore", "docker/.dockerignore"];
    assert_eq!(find(&both, "docker/web.Dockerfile").as_deref(), Some(both[1]));
    assert_eq!(find(&both, "Dockerfile").as_deref(), Some(both[0]));
    assert_eq!(find(&both[2..], "docker/Dockerfile"), None);
    assert_eq!(
        find(&["Dockerfile.dockerignore"], "Dockerfile").as_deref(),
        Some("Dockerfile.dockerignore")
    );
}

#[test]
fn long_patterns_and_paths_take_linear_steps() {
    let text = format!("{}b\n", "*a".repeat(300));
    let file = IgnoreFile::parse(&text);
    assert!(!file.excludes(&"a".repeat(2_000)));
    assert!(file.excludes(&format!("{}b", "a".repeat(2_000))));
}
