//! The layers of an image as bars, before and after fixes.

use std::fmt::Write;

use crate::formats::markup::{attribute, escaped};
use crate::stack::{Part, Row, Total, cells, total};

/// Adds a table for each state of the image that differs from the one before, or a word where no size is known.
pub(super) fn render(states: &[(&str, Vec<Row>)], out: &mut String) {
    let mut shown: Vec<&(&str, Vec<Row>)> = Vec::new();
    for state in states {
        if shown.last().is_none_or(|it| differs(&it.1, &state.1)) {
            shown.push(state);
        }
    }
    let rows = || shown.iter().flat_map(|it| &it.1);
    let largest = rows().map(|it| it.total.bytes).max().unwrap_or(0);
    if rows().next().is_none() {
        return;
    }
    if largest == 0 {
        out.push_str("<p class=\"legend\">What the layers add is not known.</p>\n");
        return;
    }
    out.push_str("<div class=\"states\">\n");
    for (name, rows) in &shown {
        table(name, rows, largest, out);
    }
    out.push_str("</div>\n");
    let has = |part: fn(&Total) -> bool| rows().any(|it| part(&it.total));
    let mut legend = vec!["<span class=\"key used\"></span> used"];
    if has(|it| it.wasted > 0) {
        legend.push("<span class=\"key wasted\"></span> of no use in the image");
    }
    if has(|it| it.has_unknown || it.has_unknown_waste) {
        legend.push("<b>+</b> and more, whose size is not known");
    }
    let _cannot_fail = writeln!(out, "<p class=\"legend\">{}</p>", legend.join(" · "));
}

fn differs(a: &[Row], b: &[Row]) -> bool {
    let figures = |it: &Row| (it.total, it.instruction.clone());
    a.iter().map(figures).ne(b.iter().map(figures))
}

fn table(name: &str, rows: &[Row], largest: u64, out: &mut String) {
    let sum = total(rows);
    let (adds, wastes) = cells(sum);
    let adds = escaped(&adds);
    let of_no_use = match wastes.as_str() {
        "" => String::new(),
        "?" => "; something in it is of no use".to_owned(),
        wastes => format!("; of no use {}", escaped(wastes)),
    };
    let _cannot_fail = writeln!(
        out,
        "<div>\n<table class=\"layers\">\n<caption><b>{name}</b> {adds}{of_no_use}</caption>\n\
         <colgroup><col class=\"n\"><col><col class=\"size\"><col class=\"bar\"></colgroup>\n<thead class=\"hidden\"><tr>\
         <th scope=\"col\">Line</th><th scope=\"col\">Instruction</th><th scope=\"col\">Adds</th>\
         <th scope=\"col\">Share</th></tr></thead>\n<tbody>"
    );
    for row in rows {
        let (adds, wastes) = cells(row.total);
        let adds = escaped(&adds);
        let parts = row.parts.iter().map(|it| {
            format!("{}: {}{}", it.what, it.size, if it.is_wasted { ", of no use" } else { "" })
        });
        let parts: Vec<String> = parts.collect();
        let hint = attribute(&format!("{}\n{}", row.instruction, parts.join("\n")));
        let waste = match wastes.as_str() {
            "" => String::new(),
            it => format!("<span class=\"hidden\">, of no use {}</span>", escaped(it)),
        };
        let used = row.total.bytes.saturating_sub(row.total.wasted);
        let _cannot_fail = writeln!(
            out,
            "<tr title=\"{hint}\"><td class=\"number\">{}</td><td class=\"instruction\">{}</td>\
             <td class=\"number\">{adds}{waste}</td>\
             <td class=\"bar\" aria-hidden=\"true\"><span class=\"used\" style=\"width:{}%\"></span>\
             <span class=\"wasted\" style=\"width:{}%\"></span></td></tr>",
            row.line,
            escaped(&row.instruction),
            percent(used, largest),
            percent(row.total.wasted, largest),
        );
    }
    out.push_str("</tbody>\n</table>\n");
    let wasted = rows.iter().flat_map(|row| row.parts.iter().map(move |it| (row.line, it)));
    let wasted: Vec<(usize, &Part)> = wasted.filter(|it| it.1.is_wasted).collect();
    if !wasted.is_empty() {
        out.push_str("<ul class=\"waste\">\n");
        for (line, part) in wasted {
            let (what, size) = (escaped(&part.what), escaped(&part.size));
            let _cannot_fail = writeln!(out, "<li>line {line}: {what}, {size}, of no use</li>");
        }
        out.push_str("</ul>\n");
    }
    out.push_str("</div>\n");
}

/// With one decimal.
fn percent(bytes: u64, of: u64) -> String {
    let thousandths = (bytes * 1000).checked_div(of).unwrap_or(0).min(1000);
    format!("{}.{}", thousandths / 10, thousandths % 10)
}
