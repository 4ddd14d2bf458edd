//! Pictures as they should be.

use linter::{Fix, Label};
use syntax::Span;

use super::*;

fn diagnostic(text: &str, marked: &str, message: &str) -> Diagnostic {
    let start = text.find(marked).unwrap();
    Diagnostic {
        rule: "pip-cache-kept",
        severity: Severity::Warning,
        span: Span::new(start, start + marked.len()),
        message: message.to_owned(),
        labels: Vec::new(),
        notes: Vec::new(),
        fixes: Vec::new(),
    }
}

fn picture(text: &str, diagnostic: Diagnostic) -> String {
    let diagnostics = [diagnostic];
    let mut out = String::new();
    render(&Report::new("a/Dockerfile", text, &diagnostics), false, &mut out);
    out
}

const SEE: &str =
    "  = see: https://github.com/pylintdock/pylintdock/blob/main/rules/pip-cache-kept.md\n\n";

#[test]
fn labels_notes_and_help() {
    let text = "FROM python:3.12\n# 1\n# 2\n# 3\nRUN pip install x\n";
    let mut diagnostic = diagnostic(
        text,
        "pip install",
        "a long message that does not fit into the first line of eighty columns",
    );
    diagnostic.labels.push(Label { span: Span::new(0, 16), text: "in this stage".to_owned() });
    diagnostic.note(
        "Why it matters is explained in a sentence that needs more than one line of the output",
    );
    diagnostic.fix(Fix::safe("Add --no-cache-dir", []));
    diagnostic.fix(Fix::unsafe_because("Mount the cache", "an old builder may not know it", []));
    let expected = "\
warning[pip-cache-kept]: a long message that does not fit into the first line of
  eighty columns
  ┌─ a/Dockerfile:5:5
  │
1 │ FROM python:3.12
  │ ---------------- in this stage
  ·
5 │ RUN pip install x
  │     ^^^^^^^^^^^
  │
  = note: Why it matters is explained in a sentence that needs more than one
          line of the output
  = help: Add --no-cache-dir [--fix]
  = help: Mount the cache [--fix --unsafe-fixes], unsafe because an old builder
          may not know it
";
    assert_eq!(picture(text, diagnostic), format!("{expected}{SEE}"));
}

#[test]
fn long_lines_are_cut_where_nothing_is_marked() {
    let text = format!("RUN {} pip install x {}\n", "a".repeat(100), "z".repeat(100));
    let expected = "\
warning[pip-cache-kept]: m
  ┌─ a/Dockerfile:1:106
  │
1 │ …aaaaaa pip install x zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…
  │         ^^^^^^^^^^^
  │
";
    let res = picture(&text, diagnostic(&text, "pip install", "m"));
    assert_eq!(res, format!("{expected}{SEE}"));
    let expected = "\
warning[pip-cache-kept]: m
  ┌─ a/Dockerfile:1:1
  │
1 │ RUN aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…
  │ ^^^
  │
";
    assert_eq!(picture(&text, diagnostic(&text, "RUN", "m")), format!("{expected}{SEE}"));
}

#[test]
fn tabs_wide_characters_line_ends_and_control_characters() {
    let text = "FROM a\r\nRUN\techo \"日本\" \u{1b}[31m\tpip\r\n";
    let expected = "\
warning[pip-cache-kept]: m
  ┌─ a/Dockerfile:2:21
  │
2 │ RUN echo \"日本\" \u{fffd}[31m   pip
  │                         ^^^
  │
";
    assert_eq!(picture(text, diagnostic(text, "pip", "m")), format!("{expected}{SEE}"));
}

#[test]
fn marks_over_many_lines_show_both_ends() {
    let body: String = (2..30).map(|it| format!("  line{it} \\\n")).collect();
    let text = format!("RUN a \\\n{body}  end\nCMD x\n");
    let marked = &text[..text.find("CMD").unwrap()];
    let expected = "\
warning[pip-cache-kept]: m
   ┌─ a/Dockerfile:1:1
   │  
 1 │ ╭ RUN a \\
 2 │ │   line2 \\
 3 │ │   line3 \\
 4 │ │   line4 \\
   · │
29 │ │   line29 \\
30 │ │   end
   │ ╰─────^
   │  
";
    let res = picture(&text, diagnostic(&text, marked, "m"));
    assert_eq!(res, format!("{expected} {SEE}"));
}

#[test]
fn every_place_can_be_drawn() {
    let text = "\u{feff}FROM é\r\n\r\nRUN x";
    for start in 0..=text.len() + 2 {
        for end in start..=text.len() + 2 {
            let mut diagnostic = diagnostic(text, "RUN", "m");
            diagnostic.span = Span::new(start, end);
            assert!(picture(text, diagnostic).contains("┌─ a/Dockerfile:"));
        }
    }
}

#[test]
fn colours_only_when_asked_for() {
    let text = "RUN pip install x\n";
    let diagnostics = [diagnostic(text, "pip", "m")];
    let mut out = String::new();
    render(&Report::new("Dockerfile", text, &diagnostics), true, &mut out);
    assert!(out.starts_with("\u{1b}[1m\u{1b}[93mwarning[pip-cache-kept]\u{1b}[0m: "));
    assert!(!picture(text, diagnostic(text, "pip", "m")).contains('\u{1b}'));
}
