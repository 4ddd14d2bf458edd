//! What a Dockerfile takes from its build context, as evidence of where that context is.

use crate::build::MAX_LOOK_BACK;
use crate::dependency_install::dependency_installs;
use crate::supply::supposed_source;
use crate::{Build, CopyFrom, MountKind, SourceKind, Step};

/// The paths that must exist in the build context, `.` for all of it: sources of COPY, ADD and bind mounts, and the
/// files that installations read out of what was copied. Relative to the context's root; what is not certain is left
/// out. The context of `build` itself is not looked at.
pub fn expected_files(build: &Build<'_>) -> Vec<String> {
    let mut res = Vec::new();
    for step in &build.steps {
        if let Some(copy) = step.copy().filter(|it| it.from == CopyFrom::Context) {
            let sources = copy.sources.iter().filter(|it| it.kind == SourceKind::Path);
            res.extend(sources.filter_map(|it| it.path.clone()));
        }
        if let Some(run) = step.run() {
            let binds = run.mounts.iter();
            let binds = binds.filter(|it| it.kind == MountKind::Bind && it.from.is_none());
            res.extend(binds.filter_map(|it| it.source.clone()));
            read_by_installs(build, step, &mut res);
        }
    }
    res
}

/// `pip install -r requirements.txt` behind `COPY . .` means that the context holds `requirements.txt`.
fn read_by_installs(build: &Build<'_>, step: &Step<'_>, res: &mut Vec<String>) {
    let (Some(run), Some(stage)) = (step.run(), build.stage(step)) else { return };
    let inputs = dependency_installs(step, run).into_iter().flat_map(|it| it.inputs);
    for input in inputs.filter(|it| !it.is_optional) {
        let Some(path) = input.paths.first() else { continue };
        // So many that a stage written by hand has fewer, and a huge file is read in linear time. What is installed is
        // copied just before, so that end is searched first.
        let steps = build.steps_of(stage);
        let (before, behind) = steps.split_at(steps.partition_point(|it| it.index < step.index));
        let copies = before.iter().rev().chain(behind).filter_map(Step::copy).take(MAX_LOOK_BACK);
        res.extend(copies.filter_map(|it| supposed_source(it, path)).next());
    }
}

#[cfg(test)]
mod tests {
    use context::NoFiles;

    use super::expected_files;
    use crate::{Build, Surroundings, scripts};

    #[test]
    fn only_the_context_counts() {
        let text = "FROM python:3.12 AS b\n\
            WORKDIR /app\n\
            COPY --chown=x a.txt \\\n  # why\n  b.txt ./\n\
            ADD [\"c d\", \"/\"]\n\
            RUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=cache,target=/c true\n\
            ADD https://example.com/x.tar.gz /x/\n\
            FROM python:3.12\n\
            WORKDIR /app\n\
            COPY --from=b /x /y\n\
            RUN --mount=type=bind,from=b,source=/w,target=/w true\n\
            COPY <<EOF /f\nEOF\n\
            COPY . .\n\
            RUN pip install -r requirements/all.txt\n";
        let file = syntax::parse(text);
        let scripts = scripts(&file);
        let around = Surroundings { files: &NoFiles, dockerfile: "Dockerfile", target: None };
        let found = expected_files(&Build::new(&file, &scripts, around));
        assert_eq!(found, ["a.txt", "b.txt", "c d", "uv.lock", ".", "requirements/all.txt"]);
    }
}
