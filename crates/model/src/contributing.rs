//! The stages that the shipped image is made from, in any way.

use crate::{Base, Build, CopyFrom, MountKind};

/// For each stage, whether something of it reaches the shipped image: it is shipped, built upon, copied from or mounted.
pub fn contributing(build: &Build<'_>) -> Vec<bool> {
    let mut res: Vec<bool> = build.stages.iter().map(|it| it.is_shipped).collect();
    let add = |res: &mut Vec<bool>, stage: usize| {
        if let Some(it) = res.get_mut(stage) {
            *it = true;
        }
    };
    // A stage uses only those above it, so one walk upwards sees all.
    for stage in build.stages.iter().rev() {
        if res.get(stage.index) != Some(&true) {
            continue;
        }
        if let Base::Stage(parent) = stage.base {
            add(&mut res, parent);
        }
        for step in build.steps_of(stage) {
            if let Some(CopyFrom::Stage(from)) = step.copy().map(|it| &it.from) {
                add(&mut res, *from);
            }
            let mounts = step.run().map_or(&[][..], |it| &it.mounts);
            for mount in
                mounts.iter().filter(|it| matches!(it.kind, MountKind::Bind | MountKind::Cache))
            {
                if let Some(from) = mount.from.as_deref().and_then(|it| build.stage_named(it)) {
                    add(&mut res, from);
                }
            }
        }
    }
    res
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Surroundings;

    #[test]
    fn what_reaches_the_image() {
        let text = "FROM x AS base\nFROM base AS b\nFROM x AS unused\nFROM x AS m\nFROM x\nCOPY --from=b /a /a\n\
            RUN --mount=from=m,target=/m y\n";
        let file = syntax::parse(text);
        let scripts = crate::scripts(&file);
        let surroundings =
            Surroundings { files: &context::NoFiles, dockerfile: "Dockerfile", target: None };
        let build = Build::new(&file, &scripts, surroundings);
        assert_eq!(contributing(&build), [true, true, false, true, true]);
    }
}
