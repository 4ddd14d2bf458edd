//! What Bake files say.

use super::*;

#[test]
fn targets_inherit_and_variables_have_their_defaults() {
    let text = r#"
variable "PYTHON" { default = "3.12" }
variable "TAG" {}
group "default" { targets = ["web"] }
target "_base" {
  args = { PYTHON = "${PYTHON}-slim", TAG = TAG }
}
target "web" {
  inherits = ["_base"]
  context = "."
  dockerfile = "docker/web.Dockerfile"
  target = "prod"
  args = { EXTRA = 1 }
}
target "other" { context = "./${TAG}" }
"#;
    let found = read(text, Path::new("ci/bake.hcl"), false).unwrap();
    let some = |it: &str| Some(it.to_owned());
    let web = NamedBuild {
        name: "web".to_owned(),
        context: "ci".into(),
        dockerfile: "ci/docker/web.Dockerfile".into(),
        target: some("prod"),
        arguments: vec![
            ("EXTRA".to_owned(), some("1")),
            ("PYTHON".to_owned(), some("3.12-slim")),
            ("TAG".to_owned(), None),
        ],
        ..NamedBuild::default()
    };
    assert_eq!(found.builds, [web]);
    assert_eq!(
        told(&found),
        [
            "ci/bake.hcl:15: `other` is left out: its `context` is not known: the variable `TAG` has no value here"
        ]
    );
    let text = r#"{"target": {"app": {"context": "app", "args": {"A": "b"}}}}"#;
    let found = read(text, Path::new("bake.json"), true).unwrap();
    assert_eq!(found.builds[0].dockerfile, Path::new("app/Dockerfile"));
    assert_eq!(found.builds[0].arguments, [("A".to_owned(), some("b"))]);
    assert!(read("{}", Path::new("bake.json"), true).unwrap_err().contains("no `target`"));
    assert!(read("target \"a\" {", Path::new("bake.hcl"), false).is_err());
}
fn told(found: &Builds) -> Vec<String> {
    found.left_out.iter().map(LeftOut::to_string).collect()
}

#[test]
fn a_matrix_makes_targets() {
    let text = r#"
variable "REGISTRY" { default = "r" }
variable "NAME" { default = "${REGISTRY}/app" }
target "app" {
  name = "app-${replaced}-${py.tag}"
  matrix = {
    replaced = ["a", "b"]
    py = [{ tag = "new", version = "3.13" }, { tag = "old", version = "3.9" }]
  }
  contexts = { base = "target:base" }
  args = { PYTHON = py.version, IMAGE = NAME }
  target = replaced
}
target "base" {}
"#;
    let found = read(text, Path::new("bake.hcl"), false).unwrap();
    assert_eq!(told(&found), [""; 0]);
    let names: Vec<&str> = found.builds.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["app-a-new", "app-a-old", "app-b-new", "app-b-old", "base"]);
    let old = &found.builds[3];
    assert_eq!(
        (old.target.as_deref(), old.contexts.as_slice()),
        (Some("b"), &["base".to_owned()][..])
    );
    let some = |it: &str| Some(it.to_owned());
    let expected = [("IMAGE".to_owned(), some("r/app")), ("PYTHON".to_owned(), some("3.9"))];
    assert_eq!(old.arguments, expected);
    let text = r#"{
  "variable": {"TAG": {"default": "3.13"}, "FULL": {"default": "${TAG}-slim"}},
  "target": {
    "_base": {"args": {"PYTHON": "${FULL}"}},
    "app": {"inherits": ["_base"], "name": "app-${v}", "matrix": {"v": ["x", "y"]}, "context": "./${v}"}
  }
}"#;
    let found = read(text, Path::new("bake.json"), true).unwrap();
    assert_eq!(told(&found), [""; 0]);
    let contexts: Vec<&Path> = found.builds.iter().map(|it| it.context.as_path()).collect();
    assert_eq!(contexts, [Path::new("x"), Path::new("y")]);
    assert_eq!(found.builds[1].arguments, [("PYTHON".to_owned(), some("3.13-slim"))]);
}

#[test]
fn what_cannot_be_worked_out_is_told() {
    let text = r#"
variable "NOW" { default = timestamp() }
target "base" {}
target "web" {
  inherits = ["bse"]
}
target "api" {
  dockerfile = lower("X")
}
target "job" {
  args = { DAY = formatdate("DD", NOW), REST = NOW, A = "a" }
}
target "many" { matrix = { a = ["b"] } }
target "inline" { dockerfile-inline = "FROM a" }
"#;
    let found = read(text, Path::new("bake.hcl"), false).unwrap();
    let expected = [
        "bake.hcl:2: the variable `NOW` is not known: it calls the function `timestamp`, which is not worked out here",
        "bake.hcl:13: `many` is left out: it has a `matrix` and no `name` for each of its targets",
        "bake.hcl:7: `api` is left out: its `dockerfile` is not known: it calls the function `lower`, which is not worked out here",
        "bake.hcl:14: `inline` is left out: its Dockerfile stands inside of the Bake file, which is not checked",
        "bake.hcl:10: `job`: the argument `DAY` is not known: it calls the function `formatdate`, which is not worked out here",
        "bake.hcl:4: `web` is left out: it inherits from `bse`, which the file does not have; did you mean `base`?",
    ];
    assert_eq!(told(&found), expected);
    let wrong: Vec<bool> = found.left_out.iter().map(|it| it.is_wrong).collect();
    assert_eq!(wrong, [false, true, false, false, false, true]);
    let names: Vec<&str> = found.builds.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["base", "job"]);
}
