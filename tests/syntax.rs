//! The parser against BuildKit's own reading of every Dockerfile of the corpus, and its own invariants.

use serde_json::{Value, json};
use syntax::{Arguments, File, Instruction, Keyword, parse};
use tests::{corpus, invariants};

#[test]
fn every_instruction_is_read_as_buildkit_reads_it() {
    let (Some(folder), Some(lines)) =
        (corpus::folder(), corpus::json_lines("buildkit-instructions.jsonl.zst"))
    else {
        return;
    };
    let mut n_files = 0;
    let mut different = Vec::new();
    for expected in lines {
        let name = expected["file"].as_str().expect("a file name");
        let text = corpus::read(&folder.join("real").join(name));
        let file = parse(&text);
        n_files += 1;
        if let Some(difference) = difference(&file, &expected) {
            different.push(format!("{name}: {difference}"));
        }
    }
    assert!(n_files > 4000, "the corpus has {n_files} files");
    assert!(
        different.is_empty(),
        "{} of {n_files} differ:\n{}",
        different.len(),
        different.join("\n")
    );
}

fn difference(file: &File<'_>, expected: &Value) -> Option<String> {
    if expected["esc"] != json!(file.escape.to_string()) {
        return Some(format!("escape character {}", file.escape));
    }
    let instructions = expected["ins"].as_array().expect("a list");
    for (ours, theirs) in file.instructions.iter().zip(instructions) {
        let ours = dump(file, ours);
        if ours != *theirs {
            return Some(format!("\n  ours   {ours}\n  theirs {theirs}"));
        }
    }
    let (ours, theirs) = (file.instructions.len(), instructions.len());
    (ours != theirs).then(|| format!("{ours} instructions, not {theirs}"))
}

fn dump(file: &File<'_>, instruction: &Instruction<'_>) -> Value {
    let mut res = json!({
        "cmd": instruction.keyword_span.of(file.text),
        "s": instruction.lines.0,
        "e": instruction.lines.1,
        "orig": instruction.line.text(),
    });
    let mut args = Vec::new();
    if instruction.keyword == Keyword::Unknown {
        // BuildKit hangs an empty node below what it does not know.
        args.push(String::new());
    }
    arguments(&instruction.arguments, &mut args, &mut res, file);
    if !args.is_empty() {
        res["args"] = json!(args);
    }
    if !instruction.flags.is_empty() {
        let flag = |it: &syntax::Flag<'_>| match &it.value {
            Some(value) => format!("--{}={value}", it.name),
            None => format!("--{}", it.name),
        };
        res["flags"] = instruction.flags.iter().map(flag).collect();
    }
    if !instruction.heredocs.is_empty() {
        let heredoc = |it: &syntax::Heredoc<'_>| {
            json!({
                "Name": it.name, "Fd": it.descriptor, "Expand": it.expands, "Chomp": it.strips_tabs,
                "Content": it.body.of(file.text),
            })
        };
        res["here"] = instruction.heredocs.iter().map(heredoc).collect();
    }
    res
}

fn arguments(from: &Arguments<'_>, args: &mut Vec<String>, res: &mut Value, file: &File<'_>) {
    match from {
        Arguments::Missing => {}
        Arguments::Words(words) => args.extend(words.iter().map(|it| it.text.to_string())),
        Arguments::Exec { words, .. } => {
            args.extend(words.iter().map(|it| it.text.to_string()));
            res["json"] = json!(true);
        }
        Arguments::Shell(text) => args.push(text.text().to_owned()),
        Arguments::Text(word) => args.push(word.text.to_string()),
        Arguments::Pairs(pairs)
            if res["cmd"].as_str().is_some_and(|it| it.eq_ignore_ascii_case("ARG")) =>
        {
            args.extend(pairs.iter().map(|it| match &it.value {
                Some(value) => format!("{}={}", it.name.text, value.text),
                None => it.name.text.to_string(),
            }));
        }
        Arguments::Pairs(pairs) => {
            for pair in pairs {
                let value = pair.value.as_ref().expect("ENV and LABEL have values");
                let separator = if pair.is_legacy { "" } else { "=" };
                args.extend([pair.name.text.to_string(), value.text.to_string()]);
                args.push(separator.to_owned());
            }
        }
        Arguments::Nested(inner) => {
            let mut inner = dump(file, inner);
            inner["s"] = json!(0);
            inner["e"] = json!(0);
            res["sub"] = inner;
        }
        Arguments::Health { kind, command } => {
            args.push(kind.text.to_string());
            arguments(command, args, res, file);
        }
    }
}

#[test]
fn every_byte_belongs_to_one_part_and_every_span_is_true() {
    for (name, text) in corpus::dockerfiles() {
        invariants::check_parts(&name, &text);
    }
}

/// BuildKit's own parser cases: each file with the tree that its parser prints.
#[test]
fn buildkits_own_cases_are_read_alike() {
    let Some(folder) = corpus::folder() else { return };
    let cases = folder.join("rule-cases/buildkit-parser/testfiles");
    let mut n_cases = 0;
    for entry in std::fs::read_dir(cases).expect("the cases") {
        let case = entry.expect("an entry").path();
        let text = corpus::read(&case.join("Dockerfile"));
        let file = parse(&text);
        let ours: Vec<String> = file.instructions.iter().map(|it| tree(&file, it)).collect();
        let expected = corpus::read(&case.join("result"));
        let expected: Vec<&str> = expected.lines().collect();
        assert_eq!(ours, expected, "{}", case.display());
        n_cases += 1;
    }
    assert!(n_cases >= 30, "{n_cases} cases");
    for name in ["empty_dockerfile", "env_no_value", "only_comments", "shykes-nested-json"] {
        let negative = folder.join("rule-cases/buildkit-parser/testfiles-negative");
        let text = corpus::read(&negative.join(name).join("Dockerfile"));
        assert!(!parse(&text).errors.is_empty(), "{name} is refused by BuildKit");
    }
}

/// An instruction as BuildKit prints its tree: `(copy ["--from=a"] "b" "c")`.
fn tree(file: &File<'_>, instruction: &Instruction<'_>) -> String {
    let dumped = dump(file, instruction);
    let texts = |key: &str| {
        let list = dumped.get(key).and_then(Value::as_array);
        let text = |it: &Value| quoted(it.as_str().unwrap_or(""));
        list.map(|it| it.iter().map(text).collect::<Vec<_>>()).unwrap_or_default()
    };
    let mut res = format!("({}", instruction.keyword_span.of(file.text).to_lowercase());
    let flags = texts("flags");
    if !flags.is_empty() {
        res += &format!(" [{}]", flags.join(" "));
    }
    if let Some(nested) = instruction.nested() {
        res += &format!(" {}", tree(file, nested));
    }
    for argument in texts("args") {
        res += &format!(" {argument}");
    }
    res + ")"
}

/// Go's `strconv.Quote`, as far as the cases need it.
fn quoted(text: &str) -> String {
    let mut res = String::from("\"");
    for ch in text.chars() {
        match ch {
            '"' | '\\' => res.extend(['\\', ch]),
            '\t' => res += "\\t",
            '\n' => res += "\\n",
            '\r' => res += "\\r",
            '\u{8}' => res += "\\b",
            '\u{c}' => res += "\\f",
            '\0' => res += "\\x00",
            _ => res.push(ch),
        }
    }
    res + "\""
}
