//! The output formats: what each says of the same Dockerfile, where it goes, and that nothing in a file can break out.
//!
//! Whether the consumers of the formats agree is asked by `cargo xtask outputs`.

use std::fs;

use serde_json::Value;
use tests::project::{check, project};

/// Found on line 3, columns 16 to 26, behind a character of two bytes; a safe fix.
const BAD: &str = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN echo é && pip install -r requirements.txt\n";
const GOOD: &str = "FROM python:3.12-slim\nCOPY requirements.txt .\nRUN pip install --no-cache-dir -r requirements.txt\n";
const LINK: &str = "https://github.com/pylintdock/pylintdock/blob/main/rules/pip-cache-kept.md";
const WHY: &str = "nothing in the image reads the downloads and wheels in pip's cache again";

/// What a format says of one bad file and one good one.
fn output(format: &str) -> String {
    let directory = project(&[("a b/Dockerfile", BAD), ("good/Dockerfile", GOOD)]);
    let run = check(&directory, &["--output-format", format]);
    assert_eq!((run.status, run.errors.as_str()), (1, ""), "{format}");
    run.output
}

#[test]
fn lines_and_tables() {
    let last = "Found 1 problem in 1 file (1 warning); 1 fixable with --fix\n";
    assert_eq!(
        output("github"),
        format!(
            "::warning file=a b/Dockerfile,line=3,col=15,endColumn=26,title=pip-cache-kept::`pip install` keeps its \
             cache in the layer%0A{WHY}%0Asee {LINK}\n{last}"
        )
    );
    assert_eq!(
        output("markdown"),
        format!(
            "## pylintdock\n\n{last}\n### `a b/Dockerfile`\n\n| line | | problem | rule | fix |\n|---:|---|---|---|---|\n\
             | 3 | warning | `pip install` keeps its cache in the layer | [pip-cache-kept]({LINK}) | Add --no-cache-dir \
             (`--fix`) |\n"
        )
    );
}

#[test]
fn xml() {
    assert_eq!(
        output("checkstyle"),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n  <file name=\"a b/Dockerfile\">\n    \
         <error line=\"3\" column=\"15\" severity=\"warning\" message=\"`pip install` keeps its cache in the layer\" \
         source=\"pylintdock.pip-cache-kept\"/>\n  </file>\n</checkstyle>\n"
    );
    let why = WHY.replace('\'', "&#39;");
    assert_eq!(
        output("junit"),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <testsuites name=\"pylintdock\" tests=\"2\" failures=\"1\" errors=\"0\">\n  \
             <testsuite name=\"a b/Dockerfile\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n    \
             <testcase name=\"pip-cache-kept (line 3, column 15)\" classname=\"a b/Dockerfile\" file=\"a b/Dockerfile\" \
             line=\"3\">\n      <failure message=\"`pip install` keeps its cache in the layer\" type=\"warning\">\
             a b/Dockerfile:3:15: `pip install` keeps its cache in the layer\n{why}\n\
             help: Add --no-cache-dir [--fix]\nsee: {LINK}</failure>\n    </testcase>\n  </testsuite>\n  \
             <testsuite name=\"good/Dockerfile\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">\n    \
             <testcase name=\"no problems\" classname=\"good/Dockerfile\" file=\"good/Dockerfile\"/>\n  \
             </testsuite>\n</testsuites>\n"
        )
    );
}

#[test]
fn json_of_other_tools() {
    let gitlab: Value = serde_json::from_str(&output("gitlab")).unwrap();
    let one = &gitlab[0];
    assert_eq!(one["check_name"], "pip-cache-kept");
    assert_eq!(one["severity"], "major");
    assert_eq!(one["location"]["path"], "a b/Dockerfile");
    assert_eq!(one["location"]["lines"]["begin"], 3);
    assert_eq!(one["fingerprint"].as_str().map(str::len), Some(16));

    let rdjson: Value = serde_json::from_str(&output("rdjson")).unwrap();
    let one = &rdjson["diagnostics"][0];
    assert_eq!(
        (&one["severity"], &one["code"]["value"]),
        (&"WARNING".into(), &"pip-cache-kept".into())
    );
    // Columns count bytes here: `é` has two.
    assert_eq!(one["location"]["range"]["start"], serde_json::json!({ "line": 3, "column": 16 }));
    assert_eq!(one["suggestions"][0]["text"], " --no-cache-dir");
    assert_eq!(one["suggestions"][0]["range"]["start"]["column"], 27);

    let lines = output("json-lines");
    let array: Value = serde_json::from_str(&output("json")).unwrap();
    let line: Value = serde_json::from_str(lines.trim_end()).unwrap();
    assert_eq!((lines.lines().count(), line), (1, array[0].clone()));
}

#[test]
fn sarif() {
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    let run = &sarif["runs"][0];
    assert_eq!(
        (&sarif["version"], &run["columnKind"]),
        (&"2.1.0".into(), &"unicodeCodePoints".into())
    );
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let result = &run["results"][0];
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "pip-cache-kept");
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"pip-cache-kept".into(), &"warning".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b/Dockerfile");
    let region =
        serde_json::json!({ "startLine": 3, "startColumn": 15, "endLine": 3, "endColumn": 26 });
    assert_eq!(place["region"], region);
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "a%20b/Dockerfile");
    assert_eq!(change["replacements"][0]["deletedRegion"]["startColumn"], 26);
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], " --no-cache-dir");
}

#[test]
fn a_fingerprint_survives_moves_and_is_given_once() {
    let fingerprints = |text: &str| -> Vec<String> {
        let directory = project(&[("Dockerfile", text)]);
        let run = check(&directory, &["--output-format", "gitlab"]);
        let found: Vec<Value> = serde_json::from_str(&run.output).unwrap();
        found.iter().map(|it| it["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let twice = "FROM python:3.12-slim\nRUN pip install flask\nRUN pip install flask\n";
    let moved = twice.replace("RUN", "# a comment\nRUN");
    let before = fingerprints(twice);
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1]);
    assert_eq!(before, fingerprints(&moved));
}

#[test]
fn a_page_for_a_browser() {
    let page = output("html");
    for part in [
        "<!doctype html>",
        "<title>pylintdock: 1 problem in 1 file</title>",
        "<details class=\"file\" open>\n<summary><h3>a b/Dockerfile</h3> <span class=\"tag warning\">1 warning</span></summary>",
        "<details class=\"file\">\n<summary><h3>good/Dockerfile</h3> <span class=\"tag\">no problems</span></summary>",
        "<b>Now</b>",
        "<b>After --fix</b>",
        "<span class=\"keyword\">RUN</span> echo é &amp;&amp; <mark class=\"warning\">pip install</mark> -r",
        "<b><code>pip install</code> keeps its cache in the layer</b>",
        "<li class=\"fix\">Add --no-cache-dir: <code>--fix</code></li>",
        "<span class=\"added\">+RUN echo é &amp;&amp; pip install --no-cache-dir",
        "prefers-color-scheme: dark",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    // Nothing is loaded, nothing runs.
    for part in ["<script", "<link", "<img", "@import", "url(", "onclick", "http://"] {
        assert!(!page.contains(part), "{part}");
    }
    assert_eq!(balanced(&page), Ok(()));
}

#[test]
fn nothing_breaks_out_of_a_report() {
    let text = "FROM python:3.12-slim\n# <script>alert(1)</script> ]]> -->\nRUN echo '</code><b>' \u{1b}[31m \u{202e} && pip install \"a&b\"\n";
    let name = "<i>'\"&|`.Dockerfile";
    let directory = project(&[(name, text)]);
    let output = |format: &str| check(&directory, &["--output-format", format]).output;
    let page = output("html");
    assert!(!page.contains("<script") && !page.contains("<i>"), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
    assert_eq!(balanced(&page), Ok(()));
    for format in ["junit", "checkstyle"] {
        let xml = output(format);
        assert!(xml.contains("&lt;i&gt;&#39;&quot;&amp;|`.Dockerfile"), "{xml}");
        assert_eq!(balanced(&xml), Ok(()));
    }
    assert!(output("markdown").contains("### `` <i>'\"&|`.Dockerfile ``\n"));
    assert!(output("github").starts_with("::warning file=<i>'\"&|`.Dockerfile,line=3,"));
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "%3Ci%3E%27%22%26%7C%60.Dockerfile");
}

/// Whether every element is closed by its own name.
fn balanced(page: &str) -> Result<(), String> {
    const EMPTY: [&str; 4] = ["meta", "col", "!doctype", "?xml"];
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _text) = tag.split_once('>').ok_or_else(|| format!("<{tag} does not end"))?;
        let name = tag.split([' ', '\n']).next().unwrap_or("");
        match name.strip_prefix('/') {
            Some(name) if open.pop() == Some(name) => {}
            Some(name) => return Err(format!("</{name}> closes something else")),
            None if tag.ends_with('/') || EMPTY.contains(&name) => {}
            None => open.push(name),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} are not closed")) }
}

#[test]
fn several_at_once() {
    let directory = project(&[("Dockerfile", BAD)]);
    let read = |path: &str| fs::read_to_string(directory.path().join(path)).unwrap();
    let summary = "Found 1 problem in 1 file (1 warning); 1 fixable with --fix\n";
    // Only to files: the sentence tells what was found.
    let run = check(
        &directory,
        &["--output-format", "json=out/deep/report.json", "--output-format", "junit=report.xml"],
    );
    assert_eq!((run.status, run.output.as_str()), (1, summary));
    assert!(read("out/deep/report.json").starts_with("[\n{\"path\":\"Dockerfile\""));
    assert!(read("report.xml").ends_with("</testsuites>\n"));
    let run = check(
        &directory,
        &["--output-format", "concise", "--output-format", "full=full.txt", "--color", "always"],
    );
    assert_eq!(run.output.lines().count(), 2);
    // Colours are for terminals, even if they are asked for.
    assert!(run.output.contains('\u{1b}') && !read("full.txt").contains('\u{1b}'));
    assert!(!read("full.txt").contains(summary));
    let run = check(&directory, &["--output-format", "sarif", "-o", "report.sarif", "-q"]);
    assert_eq!((run.status, run.output.as_str()), (1, ""));
    assert!(serde_json::from_str::<Value>(&read("report.sarif")).is_ok());
    // After a fix, what is left.
    let run = check(&directory, &["--fix", "--output-format", "json=report.json"]);
    assert_eq!(
        (run.status, run.output.as_str()),
        (0, "Fixed 1 problem in 1 file; no problem is left.\n")
    );
    assert_eq!(read("report.json"), "[]\n");
}

#[test]
fn what_cannot_be_is_said() {
    let directory = project(&[("Dockerfile", BAD), ("file", "")]);
    for (arguments, expected) in [
        (&["--output-format", "jsn"][..], "a similar value exists: 'json'"),
        (&["--output-format", "json="], "invalid value 'json='"),
        (
            &["--output-format", "json", "--output-format", "full"],
            "two formats would mix on standard output",
        ),
        (
            &["--output-format", "json=a", "--output-format", "full=a"],
            "two formats would go to `a`",
        ),
        (
            &["--output-format", "json=a", "-o", "b"],
            "--output-file needs exactly one --output-format",
        ),
        (
            &["-o", "json=out.json"],
            "-o names a file, and `json=out.json` has a format in front; write --output-format json=out.json",
        ),
        (
            &["--output-format", "sarif", "--statistics"],
            "`sarif` has no place for --statistics; formats for counts are",
        ),
        (&["--output-format", "json=a", "--diff"], "--diff prints a diff and no findings"),
        (&["--output-format", "json=file/a"], "cannot write `file/a`: "),
    ] {
        let run = check(&directory, arguments);
        assert_eq!((run.status, run.output.as_str()), (2, ""), "{arguments:?}");
        assert!(run.errors.contains(expected), "{arguments:?}\n{}", run.errors);
    }
}

#[test]
fn a_hyphen_is_standard_output() {
    let directory = project(&[("Dockerfile", BAD)]);
    let plain = check(&directory, &["--output-format", "json"]).output;
    for arguments in [&["--output-format", "json=-"][..], &["--output-format", "json", "-o", "-"]] {
        assert_eq!(check(&directory, arguments).output, plain, "{arguments:?}");
    }
    assert!(!directory.path().join("-").exists());
}

#[test]
fn a_file_that_cannot_be_read_is_in_the_report() {
    let directory = project(&[("Dockerfile", GOOD)]);
    fs::write(directory.path().join("b.Dockerfile"), b"\xff\xfeF\0").unwrap();
    let output = |format: &str| {
        let run = check(&directory, &["--output-format", format]);
        assert_eq!(run.status, 2, "{format}");
        run.output
    };
    let sarif: Value = serde_json::from_str(&output("sarif")).unwrap();
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let text = &invocation["toolExecutionNotifications"][0]["message"]["text"];
    assert!(text.as_str().unwrap().starts_with("cannot read `b.Dockerfile`: it is UTF-16"));
    assert!(output("junit").contains("errors=\"1\">\n"));
    assert!(output("junit").contains("<error message=\"cannot read `b.Dockerfile`: it is UTF-16"));
    assert!(
        output("html").contains("<code>b.Dockerfile</code> cannot read <code>b.Dockerfile</code>")
    );
    assert!(output("markdown").contains("`b.Dockerfile`: cannot read `b.Dockerfile`"));
}

#[test]
fn counts_in_each_format_that_has_them() {
    let directory = project(&[("Dockerfile", BAD)]);
    for (format, expected) in [
        ("full", "1  warning  pip-cache-kept  1 fixable\n"),
        ("concise", "1  warning  pip-cache-kept  1 fixable\n"),
        (
            "json",
            "[{\"rule\":\"pip-cache-kept\",\"severity\":\"warning\",\"count\":1,\"fixable\":1,\"fixable_unsafely\":0}]\n",
        ),
        (
            "json-lines",
            "{\"rule\":\"pip-cache-kept\",\"severity\":\"warning\",\"count\":1,\"fixable\":1,\"fixable_unsafely\":0}\n",
        ),
    ] {
        let run = check(&directory, &["--statistics", "-q", "--output-format", format]);
        assert_eq!((run.status, run.output.as_str()), (1, expected), "{format}");
    }
    let markdown = check(&directory, &["--statistics", "--output-format", "markdown"]).output;
    assert!(markdown.contains(&format!("| 1 | warning | [pip-cache-kept]({LINK}) | 1 | 0 |\n")));
    let html = check(&directory, &["--statistics", "--output-format", "html"]).output;
    assert!(html.contains("pip-cache-kept</a>") && !html.contains("<details"));
}
