//! What a check costs beside the cost of merely reading the text: `cargo bench -p tests`.
//!
//! The ratios of the lines of one run hold on a noisy machine; the times alone do not. Where the corpus is present, all of
//! its files are checked, too.

use std::hash::{DefaultHasher, Hash, Hasher};

use divan::{Bencher, black_box};
use linter::Settings;
use tests::corpus;
use tests::input::without_context;

fn main() {
    divan::main();
}

const SMALL: &str = "FROM python:3.12-slim\n\
    RUN apt-get update && apt-get install -y gcc\n\
    COPY . .\n\
    RUN pip install -r requirements.txt\n\
    CMD python app.py\n";

/// A file of about ten thousand lines.
fn giant() -> String {
    let block = |it: usize| {
        format!("COPY r{it}.txt .\nRUN pip install -r r{it}.txt \\\n    && rm -rf /root/.cache\n")
    };
    let blocks: String = (0..3_333).map(block).collect();
    format!("FROM python:3.12-slim\n{blocks}")
}

fn all() -> Vec<String> {
    let files = corpus::dockerfiles();
    if files.is_empty() {
        vec![SMALL.to_owned()]
    } else {
        files.into_iter().map(|it| it.1).collect()
    }
}

fn check(text: &str) -> usize {
    let settings = Settings::default();
    let input = without_context(text, &settings);
    linter::check(rules::ALL, &input).len()
}

#[divan::bench]
fn small_check(bencher: Bencher<'_, '_>) {
    bencher.bench(|| check(black_box(SMALL)));
}

#[divan::bench]
fn giant_check(bencher: Bencher<'_, '_>) {
    let text = giant();
    bencher.bench(|| check(black_box(&text)));
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn corpus_hash(bencher: Bencher<'_, '_>) {
    let files = all();
    bencher.bench(|| {
        let mut hasher = DefaultHasher::new();
        files.iter().for_each(|it| it.hash(&mut hasher));
        hasher.finish()
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn corpus_parse(bencher: Bencher<'_, '_>) {
    let files = all();
    bencher.bench(|| files.iter().map(|it| syntax::parse(it).instructions.len()).sum::<usize>());
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn corpus_shell(bencher: Bencher<'_, '_>) {
    let files = all();
    bencher.bench(|| {
        let scripts = |it: &String| {
            let file = syntax::parse(it);
            model::scripts(&file).iter().flatten().map(|it| it.commands.len()).sum::<usize>()
        };
        files.iter().map(scripts).sum::<usize>()
    });
}

#[divan::bench(sample_count = 10, sample_size = 1)]
fn corpus_check(bencher: Bencher<'_, '_>) {
    let files = all();
    bencher.bench(|| files.iter().map(|it| check(it)).sum::<usize>());
}
