//! Which file names mean a Dockerfile.

/// Endings of files that lie beside Dockerfiles: ignore files, what editors and merges leave behind, templates
/// that are no Dockerfile before something has filled them in, and texts about a Dockerfile.
const OTHER_ENDINGS: &[&str] = &[
    ".dockerignore",
    "~",
    ".swp",
    ".swo",
    ".orig",
    ".rej",
    ".bak",
    ".tmp",
    ".j2",
    ".jinja",
    ".jinja2",
    ".tmpl",
    ".tpl",
    ".gotmpl",
    ".erb",
    ".mustache",
    ".template",
    ".md",
    ".html",
];

/// Whether a search takes a file of this name: `Dockerfile`, `Dockerfile.*`, `*.Dockerfile`, `Containerfile` and
/// so on, the first letter in either case.
pub fn is_dockerfile(name: &str) -> bool {
    if OTHER_ENDINGS.iter().any(|it| name.ends_with(it)) {
        return false;
    }
    ["Dockerfile", "dockerfile", "Containerfile", "containerfile"].iter().any(|word| {
        let extension = name.strip_prefix(word);
        let stem = name.strip_suffix(word);
        extension.is_some_and(|it| it.is_empty() || it.starts_with('.'))
            || stem.is_some_and(|it| it.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::is_dockerfile;

    #[test]
    fn usual_names_are_known() {
        let yes = [
            "Dockerfile",
            "dockerfile",
            "Dockerfile.prod",
            "Dockerfile.py",
            "web.Dockerfile",
            "web.dockerfile",
            "Containerfile",
            "Containerfile.test",
            "x.containerfile",
        ];
        let no = [
            "Dockerfile.dockerignore",
            "web.dockerignore",
            "Dockerfile~",
            "Dockerfile.swp",
            ".Dockerfile.swp",
            "Dockerfile.orig",
            "Dockerfile.j2",
            "Dockerfiles",
            "MyDockerfile",
            "Dockerfile-prod",
            "requirements.txt",
        ];
        for name in yes {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in no {
            assert!(!is_dockerfile(name), "{name}");
        }
    }
}
