//! What was measured, as a table, as data and as a picture.

use super::measure::Image;
use serde::Serialize;
use std::fmt::Write;

/// One case with one kind of fix.
#[derive(Serialize)]
pub(super) struct Row {
    /// The folder of the case.
    pub(super) case: String,
    /// The project in one line.
    pub(super) about: String,
    /// Which fixes were applied: `safe`, `unsafe` for both kinds, or `every-rule` for those of rules that are off by default
    /// as well.
    pub(super) fix: &'static str,
    /// The image of the file as it was.
    pub(super) before: Option<Image>,
    /// The image of the fixed file.
    pub(super) after: Option<Image>,
    /// What is wrong with the fixed image; empty when all bars hold.
    pub(super) faults: Vec<String>,
}

impl Row {
    /// The size after the fix as a part of the size before, where both images were built.
    pub(super) fn ratio(&self) -> Option<f64> {
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        Some(after.bytes as f64 / before.bytes as f64)
    }

    /// Whether the image carried build tools before the fix.
    fn had_tools(&self) -> bool {
        self.before.as_ref().is_some_and(|it| !it.tools.is_empty())
    }
}

/// The middle of the ratios of the projects whose image carried build tools.
pub(super) fn median(rows: &[Row]) -> Option<f64> {
    let mut ratios: Vec<f64> =
        rows.iter().filter(|it| it.had_tools()).filter_map(Row::ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let n_ratios = ratios.len();
    let (low, high) = (ratios.get(n_ratios.checked_sub(1)? / 2)?, ratios.get(n_ratios / 2)?);
    Some((low + high) / 2.0)
}

/// The table.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| project | fixes | before | after | ratio | layers | build | after a change of one source file | compilers and headers left |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let (Some(before), Some(after)) = (&row.before, &row.after) else {
            let _ = writeln!(
                text,
                "| {} | {} | | | | | | | {} |",
                row.about,
                row.fix,
                one_line(&row.faults.join("; "))
            );
            continue;
        };
        let again = match (&before.rebuild, &after.rebuild) {
            (Some(before), Some(after)) => {
                let (old, new) = (before.steps.len(), after.steps.len());
                format!("{old} → {new} steps, {:.1} → {:.1} s", before.seconds, after.seconds)
            }
            _ => String::new(),
        };
        let tools = if after.tools.is_empty() { "none".to_owned() } else { some_of(&after.tools) };
        let _ = writeln!(
            text,
            "| {} | {} | {:.1} MB | {:.1} MB | {:.3} | {} → {} | {:.0} → {:.0} s | {again} | {} → {tools} |",
            row.about,
            row.fix,
            megabytes(before.bytes),
            megabytes(after.bytes),
            row.ratio().unwrap_or_default(),
            before.layers,
            after.layers,
            before.seconds,
            after.seconds,
            before.tools.len(),
        );
    }
    if let Some(median) = median(rows) {
        let _ = writeln!(text, "\nThe middle ratio of the projects with build tools: {median:.3}.");
    }
    text
}

/// The picture: two bars for each row, the size before and the size after.
pub(super) fn picture(rows: &[Row]) -> String {
    const LABEL: f64 = 500.0;
    const BARS: f64 = 400.0;
    const HEIGHT: usize = 34;
    let built: Vec<(&Row, &Image, &Image)> =
        rows.iter().filter_map(|it| Some((it, it.before.as_ref()?, it.after.as_ref()?))).collect();
    let largest =
        built.iter().map(|(_, before, after)| before.bytes.max(after.bytes)).max().unwrap_or(1)
            as f64;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1000\" height=\"{}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <style>text {{ fill: #24292f }} .before {{ fill: #b0b8c1 }} .after {{ fill: #2da44e }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #d0d7de }} .before {{ fill: #57606a }} }}</style>\n",
        built.len() * HEIGHT + 24
    );
    for (number, (row, before, after)) in built.iter().enumerate() {
        let top = number * HEIGHT + 8;
        let fixes = match row.fix {
            "safe" => "",
            "every-rule" => " (unsafe fixes of every rule)",
            _ => " (unsafe fixes)",
        };
        let label = format!("{}{fixes}", row.about);
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            LABEL - 8.0,
            top + 18,
            escaped(&label)
        );
        for (class, image, down) in [("before", before, 0), ("after", after, 13)] {
            let width = image.bytes as f64 / largest * BARS;
            let y = top + down;
            let _ = writeln!(
                text,
                "<rect class=\"{class}\" x=\"{LABEL}\" y=\"{y}\" width=\"{width:.1}\" height=\"12\"/>"
            );
            let (x, size) = (LABEL + width + 5.0, megabytes(image.bytes));
            let _ = writeln!(
                text,
                "<text x=\"{x:.1}\" y=\"{}\" font-size=\"10\">{size:.0} MB</text>",
                y + 10
            );
        }
    }
    text.push_str("</svg>\n");
    text
}

/// The first few of `names`, and how many more there are.
pub(super) fn some_of(names: &[String]) -> String {
    const SOME: usize = 6;
    let shown = names.iter().take(SOME).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(SOME) {
        Some(n_more @ 1..) => format!("{shown} and {n_more} more"),
        _ => shown,
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(before: u64, after: u64, tools: &[&str]) -> Row {
        let image = |bytes, tools: &[&str]| Image {
            bytes,
            layers: 3,
            seconds: 1.0,
            printed: String::new(),
            tools: tools.iter().map(|it| (*it).to_owned()).collect(),
            rebuild: None,
        };
        Row {
            case: "x".to_owned(),
            about: "a & b".to_owned(),
            fix: "safe",
            before: Some(image(before, tools)),
            after: Some(image(after, &[])),
            faults: Vec::new(),
        }
    }

    #[test]
    fn the_median_is_over_projects_with_build_tools() {
        let rows = [row(100, 30, &["gcc"]), row(100, 50, &["gcc"]), row(100, 99, &[])];
        assert_eq!(median(&rows), Some(0.4));
        assert_eq!(median(&rows[2..]), None);
    }

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (1..=8).map(|it| it.to_string()).collect();
        assert_eq!(some_of(&names), "1, 2, 3, 4, 5, 6 and 2 more");
        assert_eq!(some_of(&names[..6]), "1, 2, 3, 4, 5, 6");
    }

    #[test]
    fn every_row_is_in_the_table_and_in_the_picture() {
        let rows = [row(400_000_000, 100_000_000, &["gcc"])];
        assert!(markdown(&rows).contains("| 400.0 MB | 100.0 MB | 0.250 |"));
        let picture = picture(&rows);
        assert!(
            picture.contains("a &amp; b")
                && picture.contains("width=\"400.0\"")
                && picture.contains("width=\"100.0\"")
        );
    }
}
