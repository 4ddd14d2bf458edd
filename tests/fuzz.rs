//! Damaged Dockerfiles with fixed seeds: nothing panics, and what holds of good files holds of broken ones.

use linter::{Safety, Settings};
use tests::input::without_context;
use tests::random::Random;
use tests::{corpus, invariants, page};

/// Pieces that are likely to upset a parser.
const PIECES: &[&str] = &[
    "\\\n",
    "\\",
    "\n",
    "\r\n",
    "<<EOF",
    "<<-'X'",
    "\nEOF\n",
    "\"",
    "'",
    "`",
    "$",
    "${",
    "}",
    "$(",
    ")",
    "[",
    "]",
    "[\"",
    "&&",
    "||",
    ";",
    "|",
    "#",
    "# comment\n",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "漢",
    "🐍",
    " ",
    "FROM ",
    "RUN ",
    "COPY . .\n",
    "--mount=type=cache,target=",
    "--from=",
    "ENV A ",
    "ONBUILD ",
    "=",
    "if ",
    "then ",
    "fi",
    "for i in a; do ",
    "done",
    "{",
    "case x in ",
    "esac",
    "pip install ",
    "rm -rf /",
    "# escape=`\n",
    "# pylintdock: ignore[",
    "apt-get install -y gcc",
    "RUN <<A <<B\n",
];

fn inputs() -> Vec<String> {
    let mut res = Vec::new();
    for rule in rules::ALL {
        let page = page::parse(rule.name, rule.page);
        res.extend(page.examples.into_iter().map(|it| it.dockerfile));
    }
    let corpus = corpus::dockerfiles();
    let step = (corpus.len() / 150).max(1);
    res.extend(corpus.into_iter().step_by(step).map(|it| it.1).filter(|it| it.len() < 20_000));
    res
}

fn damage(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        let at = boundary(&text, random.below(text.len() + 1));
        match random.below(4) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = boundary(&text, (at + random.below(12)).min(text.len()));
                text.replace_range(at..end.max(at), "");
            }
            2 => {
                let from = boundary(&text, random.below(text.len() + 1));
                let end = boundary(&text, (from + random.below(80)).min(text.len())).max(from);
                let piece = text[from..end].to_owned();
                text.insert_str(at, &piece);
            }
            _ => text.truncate(at),
        }
    }
    text
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[test]
fn damaged_files_are_read_whole_and_checked() {
    let settings = Settings::default();
    let mut random = Random::new(20_261_121);
    for (index, text) in inputs().iter().enumerate() {
        for round in 0..6 {
            let damaged = damage(text, &mut random);
            let place = format!("input {index}, round {round}:\n{damaged}\n");
            invariants::check_parts(&place, &damaged);
            let input = without_context(&damaged, &settings);
            invariants::check_fixes(&place, rules::ALL, &input, Safety::Unsafe);
        }
    }
}

#[test]
fn long_and_deep_files_are_read_in_linear_time() {
    // Not timed: a quadratic reader would not come back within a test run.
    let deep = format!("FROM x\nRUN {}{}\n", "( ".repeat(20_000), ") ".repeat(20_000));
    let braces = format!("FROM x\nENV A={}\n", "${A:-".repeat(20_000));
    let array = format!("FROM x\nCMD {}\n", "[".repeat(100_000));
    let substitutions = format!("FROM x\nRUN echo {}\n", "$(".repeat(5_000));
    let shells = format!("FROM x\nRUN {} true\n", "sh -c ".repeat(5_000));
    let onbuild = format!("FROM x\n{}RUN true\n", "ONBUILD ".repeat(5_000));
    let long_line = format!("FROM x\nRUN {}\n", "pip install flask && ".repeat(20_000));
    let many = format!("FROM x\n{}", "COPY a b\nENV A=$A\nRUN pip install flask\n".repeat(5_000));
    let continued = format!("FROM x\nRUN a{}\n", " \\\n  b".repeat(20_000));
    let comments = format!("FROM x\n{}", "# pylintdock: ignore[pip-cache-kept]\n".repeat(3_000));
    let each = |n: usize, line: fn(usize) -> String| (0..n).map(line).collect::<String>();
    let pairs = each(3_000, |it| {
        format!("RUN apt-get update && apt-get install -y a{it}\nRUN apt-get purge a{it}\n")
    });
    let purged = format!("FROM debian:12\n{pairs}");
    let turns = each(3_000, |it| {
        format!("WORKDIR /a{it}\nCOPY . .\nRUN pip install -r requirements.txt\n")
    });
    let in_turns = format!("FROM python:3.12\n{turns}");
    let stages = each(2_000, |it| format!("FROM s{it} AS s{}\nRUN pip install x\n", it + 1));
    let chain = format!("FROM python:3.12 AS s0\n{stages}");
    let reads = each(10_000, |it| format!("read -r v{it} && pip install x$v{it} && "));
    let variables = format!("FROM python:3.12\nRUN {reads} true\n");
    let versions =
        each(5_000, |it| format!("RUN pip install numpy==1.{}.{}\n", it / 100, it % 100));
    let compiled = format!("FROM python:3.12-alpine\n{versions}");
    let settings = Settings::default();
    for text in [
        deep,
        braces,
        array,
        substitutions,
        shells,
        onbuild,
        long_line,
        many,
        continued,
        comments,
        purged,
        in_turns,
        chain,
        variables,
        compiled,
    ] {
        let input = without_context(&text, &settings);
        let _ = linter::check(rules::ALL, &input);
    }
}
