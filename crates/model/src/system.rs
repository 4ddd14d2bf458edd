//! The distribution below a stage, where it is beyond doubt.

use knowledge::image::{Basis, Image, Python, PythonOrigin, image};

use crate::{Base, Build, Stage};

/// What is known of the image at the bottom of a stage, if its distribution is certain for every tag of any age.
///
/// Images of programs change their distribution over the years, so what a table says of them today is not enough: the
/// tag names it, the repository is the distribution's own, or all images with this Python share it.
pub fn certain_system<'f>(build: &Build<'f>, stage: &Stage<'f>) -> Option<Image> {
    let Base::Image { reference, known } = &build.lineage(stage).last()?.base else { return None };
    let named = |repository: &str, tag: Option<&str>| image(repository, tag).distribution;
    let name = reference.repository.rsplit('/').next().unwrap_or("");
    let by_tag = || named(".", reference.tag.as_deref()) == known.distribution;
    let by_name = || named(&format!("./{name}"), None) == known.distribution;
    let is_certain = match known.basis {
        Basis::Table => is_for_python(known.python) || by_tag() || by_name(),
        Basis::Convention => by_tag(),
        Basis::Unknown => false,
    };
    is_certain.then_some(*known)
}

fn is_for_python(python: Python) -> bool {
    let is_own = |it| matches!(it, PythonOrigin::Official | PythonOrigin::Conda);
    matches!(python, Python::Present { origin, .. } if is_own(origin))
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::*;
    use crate::Surroundings;

    #[test]
    fn only_what_cannot_differ_is_certain() {
        let cases = [
            ("python:3.12-slim", true),
            ("continuumio/miniconda3:24.5.0-0", true),
            ("debian:12", true),
            ("ubuntu:24.04", true),
            ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", true),
            ("openjdk:12-jdk-oraclelinux7", true),
            ("example.com/web:1-alpine3.20", true),
            ("openjdk:17.0.2-slim", false),
            ("registry:0.9.1", false),
            ("example.com/alpine-web:1", false),
            ("example.com/web:1", false),
        ];
        for (name, expected) in cases {
            let text = format!("FROM {name}\n");
            let file = syntax::parse(&text);
            let scripts = crate::scripts(&file);
            let surroundings =
                Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
            let build = Build::new(&file, &scripts, surroundings);
            assert_eq!(certain_system(&build, &build.stages[0]).is_some(), expected, "{name}");
        }
    }
}
