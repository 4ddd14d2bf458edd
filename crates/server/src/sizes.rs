//! Estimates of sizes as a reader sees them: what a layer adds, and what a rewrite saves.

use linter::{Edit, Input};
use model::estimate::readable;
use model::layers::{Layer, Part, layers};
use model::{Build, Surroundings};

/// Less than this is not worth a word.
const LEAST_BYTES: u64 = 1_000_000;

/// What a layer adds in one word, such as `~214 MB` or, with parts whose size is not known, `~214 MB+`; `None` where
/// next to nothing is known.
pub(crate) fn label(layer: &Layer) -> Option<String> {
    let (bytes, is_open) = layer.adds();
    let more = if is_open { "+" } else { "" };
    (bytes >= LEAST_BYTES).then(|| format!("{}{more}", readable(bytes)))
}

/// What a layer adds as a sentence and a list, for a hover; `None` where nothing is known.
pub(crate) fn described(layer: &Layer) -> Option<String> {
    let (bytes, is_open) = layer.adds();
    if bytes == 0 && !layer.parts.iter().any(|it| it.is_wasted) {
        return None;
    }
    let mut res = match (bytes, is_open) {
        (0, _) => "This layer adds what is not known:\n".to_owned(),
        (bytes, false) => format!("This layer adds {}, estimated:\n", readable(bytes)),
        (bytes, true) => format!("This layer adds {} and what is not known:\n", readable(bytes)),
    };
    for part in &layer.parts {
        let use_of_it = if part.is_wasted { ", of no use in the image" } else { "" };
        res += &format!("\n- {}: {}{use_of_it}", part.what, part.size());
    }
    Some(res)
}

/// By how many bytes the shipped image gets smaller through edits of the Dockerfile: an estimate, `None` where it is not
/// known, or too little to speak of.
pub(crate) fn saved(input: &Input<'_>, edits: &[Edit]) -> Option<u64> {
    // Edits of other files do not change what is installed.
    let own = edits.iter().filter(|it| it.path.is_none());
    let after = linter::edited(input.text, own);
    let (before, unknown_before) = total(input, input.text);
    let (after, unknown_after) = total(input, &after);
    let saved = before.saturating_sub(after);
    // A part that was known and is not any more would look as if it were saved.
    (unknown_after <= unknown_before && saved >= LEAST_BYTES).then_some(saved)
}

/// The bytes of all layers together, and how many parts are not known.
fn total(input: &Input<'_>, text: &str) -> (u64, usize) {
    let file = syntax::parse(text);
    let scripts = model::scripts(&file);
    let around =
        Surroundings { files: input.files, dockerfile: input.dockerfile, target: input.target };
    let layers = layers(&Build::new(&file, &scripts, around));
    let is_open = |it: &&Part| it.bytes.is_none() || it.rest.is_some();
    let parts = || layers.iter().flat_map(|it| &it.parts);
    (parts().filter_map(|it| it.bytes).sum(), parts().filter(is_open).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(parts: &[(&str, Option<u64>, bool)]) -> Layer {
        let part = |it: &(&str, Option<u64>, bool)| Part {
            what: it.0.to_owned(),
            bytes: it.1,
            rest: None,
            is_wasted: it.2,
        };
        Layer { step: 0, parts: parts.iter().map(part).collect() }
    }

    #[test]
    fn sizes_are_told_with_what_is_open() {
        let tools = ("build tools", Some(200_000_000), true);
        let unknown = ("Python packages", None, false);
        assert_eq!(label(&layer(&[tools])).as_deref(), Some("~200 MB"));
        assert_eq!(label(&layer(&[tools, unknown])).as_deref(), Some("~200 MB+"));
        assert_eq!(label(&layer(&[unknown])), None);
        assert_eq!(described(&layer(&[unknown])), None);
        assert_eq!(
            described(&layer(&[tools, unknown])).as_deref(),
            Some(
                "This layer adds ~200 MB and what is not known:\n\n- build tools: ~200 MB, of no use in the image\n- Python packages: size not known"
            )
        );
    }
}
