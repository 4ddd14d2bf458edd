//! SARIF 2.1.0: one run, the rules with their pages, a result for each finding, with its fixes.

use context::Files;
use linter::{Diagnostic, Edit, Fix, Repair, Rule, Safety, Severity};
use serde::Serialize;
use serde_json::{Value, json};
use syntax::Span;

use super::change::{Place, Places};
use super::markup::uri;
use super::{Summary, explained};
use crate::fingerprint::Fingerprints;
use crate::report::Report;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// What relative addresses are relative to: where the command was called.
const BASE: &str = "%SRCROOT%";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: String,
    short_description: Text,
    full_description: Text,
    help: Text,
    help_uri: String,
    default_configuration: Value,
    properties: Value,
}

/// SARIF's `message` and `multiformatMessageString`.
#[derive(Serialize)]
struct Text {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

fn text(text: impl Into<String>) -> Text {
    Text { text: text.into(), markdown: None }
}

pub(crate) fn opening() -> String {
    let rules: Vec<Descriptor> = rules::ALL.iter().map(|it| descriptor(it)).collect();
    let driver = json!({
        "name": "pylintdock",
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    });
    let base = json!({ BASE: { "description": { "text": "The directory in which pylintdock was called." } } });
    // The results follow while the files are looked at; their braces are closed at the end.
    format!(
        "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"tool\":{{\"driver\":{driver}}},\
         \"columnKind\":\"unicodeCodePoints\",\"originalUriBaseIds\":{base},\"results\":[\n"
    )
}

fn descriptor(rule: &Rule) -> Descriptor {
    let summary = rule.summary().replace('\n', " ").replace('`', "");
    let first = summary.split_once(". ").map_or(summary.as_str(), |it| it.0);
    Descriptor {
        id: rule.name,
        name: pascal_case(rule.name),
        short_description: text(format!("{}.", first.trim_end_matches('.'))),
        full_description: text(summary.clone()),
        help: Text { text: summary, markdown: Some(rule.page) },
        help_uri: linter::link(rule.name),
        default_configuration: json!({
            "level": level(rule.severity),
            "enabled": rule.is_on_by_default,
        }),
        properties: json!({
            "aliases": rule.aliases,
            "tags": if rule.repair == Repair::Never { vec![] } else { vec!["fixable"] },
        }),
    }
}

fn pascal_case(name: &str) -> String {
    let words = name.split('-').map(|it| {
        let mut letters = it.chars();
        letters
            .next()
            .map(|it| it.to_ascii_uppercase())
            .into_iter()
            .chain(letters)
            .collect::<String>()
    });
    words.collect()
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Adds the findings of one file as results.
pub(crate) fn render(report: &Report<'_>, files: &dyn Files, out: &mut String) {
    let mut places = Places::new(files);
    let mut fingerprints = Fingerprints::default();
    for diagnostic in report.diagnostics {
        let fingerprint = fingerprints.next(report, diagnostic);
        let result = result(report, diagnostic, fingerprint, &mut places);
        if !out.is_empty() {
            out.push_str(",\n");
        }
        out.push_str(&result.to_string());
    }
}

fn result(
    report: &Report<'_>,
    diagnostic: &Diagnostic,
    fingerprint: String,
    places: &mut Places<'_>,
) -> Value {
    let mut res = json!({
        "ruleId": diagnostic.rule,
        "level": level(diagnostic.severity),
        "message": { "text": explained(diagnostic) },
        "locations": [{ "physicalLocation": physical(report, diagnostic.span) }],
        "partialFingerprints": { "pylintdock/v1": fingerprint },
    });
    if let Some(index) = rules::ALL.iter().position(|it| it.name == diagnostic.rule) {
        res["ruleIndex"] = json!(index);
    }
    if !diagnostic.labels.is_empty() {
        let related = diagnostic.labels.iter().enumerate().map(|(at, it)| {
            json!({
                "id": at + 1,
                "physicalLocation": physical(report, it.span),
                "message": { "text": it.text },
            })
        });
        res["relatedLocations"] = related.collect();
    }
    // A program may apply what stands here, so what a person must complete does not.
    let applicable = |it: &&Fix| it.safety != Safety::Manual && !it.edits.is_empty();
    let fixes: Vec<Value> =
        diagnostic.fixes.iter().filter(applicable).map(|it| fix(report, it, places)).collect();
    if !fixes.is_empty() {
        res["fixes"] = Value::Array(fixes);
    }
    res
}

fn fix(report: &Report<'_>, fix: &Fix, places: &mut Places<'_>) -> Value {
    let title = match fix.safety {
        Safety::Safe => fix.title.clone(),
        _ => format!("{} (unsafe: {})", fix.title, fix.reasons.join("; ")),
    };
    // The edits are sorted by file.
    let changes = fix.edits.chunk_by(|a, b| a.path == b.path).map(|edits| {
        let replacements: Vec<Value> =
            edits.iter().map(|it| replacement(places.of(report, it), it)).collect();
        let path = edits[0].path.as_deref().map(|it| report.path_in_context(it));
        json!({
            "artifactLocation": artifact(path.as_deref().unwrap_or(report.path)),
            "replacements": replacements,
        })
    });
    json!({
        "description": { "text": title },
        "artifactChanges": changes.collect::<Vec<Value>>(),
        "properties": { "safety": fix.safety },
    })
}

fn replacement((start, end): (Place, Place), edit: &Edit) -> Value {
    let mut res = json!({ "deletedRegion": region(start, end) });
    if !edit.text.is_empty() {
        res["insertedContent"] = json!({ "text": edit.text });
    }
    res
}

fn physical(report: &Report<'_>, span: Span) -> Value {
    json!({
        "artifactLocation": artifact(report.path),
        "region": region(report.place(span.start), report.place(span.end)),
    })
}

fn artifact(path: &str) -> Value {
    match path.starts_with('/') {
        true => json!({ "uri": uri(path) }),
        false => json!({ "uri": uri(path), "uriBaseId": BASE }),
    }
}

fn region(start: Place, end: Place) -> Value {
    json!({ "startLine": start.0, "startColumn": start.1, "endLine": end.0, "endColumn": end.1 })
}

pub(crate) fn closing(summary: &Summary) -> String {
    let notifications = summary.failures.iter().map(|(path, sentence)| {
        json!({
            "level": "error",
            "message": { "text": sentence },
            "locations": [{ "physicalLocation": { "artifactLocation": artifact(path) } }],
        })
    });
    let invocation = json!({
        "executionSuccessful": !summary.has_problem,
        "toolExecutionNotifications": notifications.collect::<Vec<Value>>(),
    });
    format!("],\"invocations\":[{invocation}]}}]}}\n")
}
