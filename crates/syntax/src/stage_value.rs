//! Images and stages that FROM, `COPY --from` and mounts name and that cannot be.

use crate::image_name::{self, NameFault};
use crate::value::{literal, place};
use crate::{Expansion, File, Instruction, Keyword, LexError, Span, SyntaxError, Word, expand};

/// Set by the builder for every FROM, and not declared.
const GIVEN: [&str; 13] = [
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
    "BUILDKIT_SBOM_SCAN_STAGE",
    "BUILDKIT_SBOM_SCAN_CONTEXT",
];

/// Adds the errors of everything that names an image or a stage.
pub(crate) fn check(file: &File<'_>, found: &mut Vec<SyntaxError>) {
    let declared = declared(file);
    let names: Vec<String> = file.instructions.iter().filter_map(stage_name).collect();
    let mut n_named = 0;
    for instruction in &file.instructions {
        match instruction.keyword {
            Keyword::From => {
                let words = instruction.arguments.words();
                let name = stage_name(instruction);
                if let Some(image) = words.first().filter(|_| words.len() == 1 || name.is_some()) {
                    let stages = names.get(..n_named).unwrap_or_default();
                    found.extend(base(file, image, &declared, stages));
                }
                if let Some(name) = words.get(2).filter(|_| name.is_some()) {
                    found.extend(name_fault(file, name));
                    n_named += 1;
                }
            }
            Keyword::Copy => found.extend(copied_from(file, instruction, &names)),
            _ => {}
        }
    }
}

/// The names that ARG declares before the first FROM, each with whether it stands there.
fn declared<'f>(file: &'f File<'_>) -> Vec<(&'f str, bool)> {
    let mut is_before = true;
    let mut res = Vec::new();
    for instruction in &file.instructions {
        is_before &= instruction.keyword != Keyword::From;
        if instruction.keyword == Keyword::Arg {
            let pairs = instruction.arguments.pairs().iter();
            res.extend(pairs.map(|it| (&*it.name.text, is_before)));
        }
    }
    res
}

/// The name that a FROM gives its stage, as the builder keeps it.
fn stage_name(instruction: &Instruction<'_>) -> Option<String> {
    match instruction.arguments.words() {
        [_, between, name]
            if instruction.keyword == Keyword::From && between.text.eq_ignore_ascii_case("as") =>
        {
            Some(name.text.to_lowercase())
        }
        _ => None,
    }
}

fn name_fault(file: &File<'_>, name: &Word<'_>) -> Option<SyntaxError> {
    let lower = name.text.to_lowercase();
    let is_right = lower.starts_with(|it: char| it.is_ascii_lowercase())
        && lower.bytes().all(|it| {
            it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'-' | b'_' | b'.')
        });
    if is_right {
        return None;
    }
    let help = if name.text.contains('$') {
        "variables are not replaced here; write the name out"
    } else {
        "begin with a letter; digits, `-`, `_` and `.` may follow"
    };
    let span = place(file, name, 0..name.text.len());
    Some(SyntaxError::new(span, format!("`{}` cannot name a stage", name.text), help))
}

fn base(
    file: &File<'_>,
    image: &Word<'_>,
    declared: &[(&str, bool)],
    stages: &[String],
) -> Option<SyntaxError> {
    let lookup = |name: &str| {
        let is_known = declared.contains(&(name, true)) || GIVEN.contains(&name);
        if is_known { Expansion::Unknown } else { Expansion::Unset }
    };
    let name = match expand(&image.text, file.escape, &lookup) {
        Ok(Some(name)) => name,
        Err(LexError::Required(name)) => return Some(undeclared(image, &name, declared)),
        Ok(None) | Err(_) => return None,
    };
    let is_stage = |it: &str| stages.iter().any(|stage| stage == it);
    if *name == *"scratch" || is_stage(&name) {
        return None;
    }
    let fault = if name.is_empty() { NameFault::Malformed } else { image_name::fault(&name)? };
    // A variable that is empty here is what a person has to look at.
    let variables = crate::variables(&image.text, file.escape);
    if let Some((variable, _)) = variables.iter().find(|it| lookup(it.0) == Expansion::Unset) {
        return Some(undeclared(image, variable, declared));
    }
    let lower = name.to_lowercase();
    let mut error = image_error(image.span, &name, fault);
    if is_stage(&lower) {
        error.help = format!("the builder keeps names of stages in small letters: write `{lower}`");
    } else if declared.contains(&(&*name, true)) {
        error.help = format!("did you mean `${name}`?");
    }
    Some(error)
}

fn undeclared(image: &Word<'_>, variable: &str, declared: &[(&str, bool)]) -> SyntaxError {
    if declared.iter().any(|it| it.0 == variable) {
        let message = format!("`{variable}` is empty in a FROM: its ARG stands inside a stage");
        let help =
            format!("FROM sees an ARG only before the first FROM: put `ARG {variable}` there");
        return SyntaxError::new(image.span, message, help);
    }
    let message = format!("`{variable}` is empty: no ARG declares it");
    let help = format!("declare it before the first FROM: `ARG {variable}=value`");
    SyntaxError::new(image.span, message, help)
}

fn image_error(span: Span, name: &str, fault: NameFault) -> SyntaxError {
    let help = match fault {
        NameFault::Uppercase => "write it in small letters, or what it stands for",
        NameFault::Malformed if name.contains("://") => "leave out the scheme: `registry/name:tag`",
        NameFault::Malformed if name.ends_with(':') => {
            "write a tag behind the colon, or leave the colon out"
        }
        NameFault::Malformed if name.contains(['%', '{', '<']) => {
            "fill in the placeholder, or declare it: `ARG NAME` above, and `${NAME}` here"
        }
        NameFault::Malformed if name.contains("$(") => {
            "the builder runs no commands here; a variable is `${NAME}` and declared with ARG"
        }
        NameFault::Malformed => {
            "an image is `name`, `name:tag` or `registry/name:tag@sha256:…`, in small letters"
        }
    };
    let message = match fault {
        _ if name.is_empty() => "the name of the image is empty".to_owned(),
        NameFault::Uppercase => format!("`{name}` has capital letters, which no image name has"),
        NameFault::Malformed => format!("`{name}` is not the name of an image"),
    };
    SyntaxError::new(span, message, help)
}

/// `COPY --from=`: a stage, its number, or an image; never a variable.
fn copied_from(file: &File<'_>, copy: &Instruction<'_>, names: &[String]) -> Option<SyntaxError> {
    let flag = copy.flag("from")?;
    let value = flag.value.as_deref().filter(|it| !it.is_empty())?;
    let span = if flag.value_span.is_empty() { flag.span } else { flag.value_span };
    if !crate::variables(value, file.escape).is_empty() {
        return Some(SyntaxError::new(
            span,
            "variables are not replaced in `--from`",
            "name a stage instead: `FROM $IMAGE AS name` above, and `--from=name` here",
        ));
    }
    let name = literal(value, file.escape)?;
    let lower = name.to_lowercase();
    if name != value || name.parse::<i64>().is_ok() || names.contains(&lower) {
        return None;
    }
    Some(image_error(span, &name, image_name::fault(&name)?))
}
