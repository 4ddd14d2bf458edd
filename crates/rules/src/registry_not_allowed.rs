//! Images from a registry that the project does not allow.

use linter::{Repair, Reports, Rule, Severity};
use model::{Base, Build, CopyFrom, ImageReference, listed};
use syntax::Span;

/// See the page.
pub(crate) static RULE: Rule = Rule {
    name: "registry-not-allowed",
    severity: Severity::Error,
    repair: Repair::Never,
    aliases: &["DL3026"],
    since: "0.1.0",
    is_on_by_default: true,
    is_always_on: false,
    page: include_str!("../../../rules/registry-not-allowed.md"),
    check,
};

fn check(build: &Build<'_>, reports: &mut Reports<'_>) {
    let Some(allowed) = reports.allowed_registries() else { return };
    for (span, reference) in images(build) {
        let repository = canonical(&reference.repository);
        if allowed.iter().any(|it| allows(it, &repository)) {
            continue;
        }
        let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
        let told = match names.len() {
            0 => "`allowed-registries` allows none".to_owned(),
            _ => format!("`allowed-registries` allows {}", listed(&names)),
        };
        let registry = repository.split('/').next().unwrap_or_default();
        let message = format!("`{}` is not from an allowed registry", reference.repository);
        reports
            .report(span, message)
            .note(told)
            .note(format!("take the image from there, or allow `{registry}` in the configuration"));
    }
}

/// Every image that the file certainly takes from a registry, with its place.
fn images(build: &Build<'_>) -> Vec<(Span, ImageReference)> {
    let mut res = Vec::new();
    for stage in &build.stages {
        if let (Base::Image { reference, .. }, Some(word)) = (&stage.base, stage.image) {
            res.push((word.span, reference.clone()));
        }
    }
    for step in &build.steps {
        if let Some(copy) = step.copy()
            && let CopyFrom::Other(name) = &copy.from
            && let Some(flag) = step.instruction.flag("from")
        {
            res.extend(named_outright(name).map(|it| (flag.value_span, it)));
        }
        for mount in step.run().map(|it| it.mounts.as_slice()).unwrap_or_default() {
            let name = mount.from.as_deref().filter(|it| build.stage_named(it).is_none());
            res.extend(name.and_then(named_outright).map(|it| (mount.value_span, it)));
        }
    }
    res.sort_by_key(|it| it.0);
    res
}

/// A bare word behind `from=` may be a context that the builder is given by that name.
fn named_outright(name: &str) -> Option<ImageReference> {
    let reference = ImageReference::parse(name)?;
    let is_image = name.contains('/') || reference.tag.is_some() || reference.digest.is_some();
    is_image.then_some(reference)
}

/// With the registry in front, as Docker completes it.
fn canonical(repository: &str) -> String {
    match repository.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "index.docker.io" | "registry-1.docker.io" => format!("docker.io/{rest}"),
            _ => repository.to_owned(),
        },
        Some(_) => format!("docker.io/{repository}"),
        None => format!("docker.io/library/{repository}"),
    }
}

/// Whether an entry of the list allows a repository: a registry, `*.` and its end, or a registry with the beginning of a
/// path.
fn allows(entry: &str, repository: &str) -> bool {
    let registry = repository.split('/').next().unwrap_or_default();
    if entry == "*" || entry == registry {
        return true;
    }
    match entry.strip_prefix('*') {
        Some(end) => registry.ends_with(end),
        None => {
            let rest = repository.strip_prefix(entry.trim_end_matches('/'));
            rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
        }
    }
}
