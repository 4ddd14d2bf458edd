//! The known word that a misspelt one was most likely meant to be.

/// Longer words are not misspelt keywords, and comparing them would cost time.
const LONGEST_WORD: usize = 64;

/// The candidate nearest to `word` by edit distance, letters compared without regard to case.
///
/// A change, an insertion, a deletion or a swap of neighbours counts one; about a third of the letters may differ.
/// Of equally near candidates the first is taken. `None` when nothing is near.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST_WORD + 1).map(lower_case).collect();
    if word.is_empty() || word.len() > LONGEST_WORD {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let letters: Vec<char> = candidate.chars().map(lower_case).collect();
        let limit = (word.len().max(letters.len()) / 3).max(1);
        if word.len().abs_diff(letters.len()) > limit {
            continue;
        }
        let distance = distance(&word, &letters);
        // A word of two letters has nothing in common with one that differs in two thirds of it.
        let is_near = distance <= limit && distance < word.len().min(letters.len());
        if is_near && best.is_none_or(|it| distance < it.0) {
            best = Some((distance, candidate));
        }
    }
    best.map(|it| it.1)
}

fn lower_case(letter: char) -> char {
    letter.to_ascii_lowercase()
}

/// Optimal string alignment: edit distance where swapping two neighbours is one step.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut row: Vec<usize> = vec![0; b.len() + 1];
    for i in 1..=a.len() {
        row[0] = i;
        for j in 1..=b.len() {
            let change = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        std::mem::swap(&mut before, &mut above);
        std::mem::swap(&mut above, &mut row);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn nearest_word_is_found() {
        let keywords = ["ADD", "ARG", "CMD", "COPY", "ENV", "ENTRYPOINT", "FROM", "RUN", "WORKDIR"];
        let cases = [
            ("RUM", Some("RUN")),
            ("form", Some("FROM")),
            ("FRMO", Some("FROM")),
            ("COPPY", Some("COPY")),
            ("ENTRYPIONT", Some("ENTRYPOINT")),
            ("WORKDIRECTORY", None),
            ("apt-get", None),
            ("X", None),
            ("", None),
            ("&&", None),
        ];
        for (word, expected) in cases {
            assert_eq!(closest(word, keywords), expected, "{word}");
        }
    }

    #[test]
    fn the_first_of_equals_wins_and_long_words_are_skipped() {
        assert_eq!(closest("cat", ["bat", "car"]), Some("bat"));
        assert_eq!(closest(&"a".repeat(1_000_000), ["aaaa"]), None);
    }
}
