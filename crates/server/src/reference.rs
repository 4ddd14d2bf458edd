//! What the instructions and flags of the Dockerfile language mean, in a sentence or two each.

use syntax::Keyword;

/// An instruction: how it is written, and what it does.
pub(crate) struct Entry {
    pub(crate) keyword: Keyword,
    pub(crate) usage: &'static str,
    pub(crate) text: &'static str,
}

/// A flag of an instruction.
pub(crate) struct FlagEntry {
    pub(crate) keywords: &'static [Keyword],
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

/// What is known of an instruction.
pub(crate) fn entry(keyword: Keyword) -> Option<&'static Entry> {
    ENTRIES.iter().find(|it| it.keyword == keyword)
}

/// The flags of an instruction.
pub(crate) fn flags(keyword: Keyword) -> impl Iterator<Item = &'static FlagEntry> {
    FLAGS.iter().filter(move |it| it.keywords.contains(&keyword))
}

const ENTRIES: &[Entry] = &[
    Entry {
        keyword: Keyword::Add,
        usage: "ADD [--chown=…] [--checksum=…] SOURCE… DESTINATION",
        text: "Copies files, and unlike COPY also downloads addresses and unpacks local archives. Use COPY unless that is wanted.",
    },
    Entry {
        keyword: Keyword::Arg,
        usage: "ARG NAME[=DEFAULT]",
        text: "Declares a variable that `docker build --build-arg` can set. It holds from here to the end of the stage, and is not set in containers. One above the first FROM holds in FROM lines only; `ARG NAME` in a stage takes it over.",
    },
    Entry {
        keyword: Keyword::Cmd,
        usage: "CMD [\"PROGRAM\", \"ARGUMENT\"…]",
        text: "The command that a container runs when none is given, or the arguments of the ENTRYPOINT. The last one counts. As a JSON array the program gets signals itself.",
    },
    Entry {
        keyword: Keyword::Copy,
        usage: "COPY [--from=…] [--chown=…] [--chmod=…] SOURCE… DESTINATION",
        text: "Copies files of the build context, or of another stage or image with `--from`. The layer is built again when a copied file changes.",
    },
    Entry {
        keyword: Keyword::Entrypoint,
        usage: "ENTRYPOINT [\"PROGRAM\", \"ARGUMENT\"…]",
        text: "The program that a container always runs; CMD or the arguments of `docker run` are added. The shell form ignores them and does not pass signals on.",
    },
    Entry {
        keyword: Keyword::Env,
        usage: "ENV NAME=VALUE…",
        text: "Sets variables for the rest of the stage, for stages built from it, and for containers.",
    },
    Entry {
        keyword: Keyword::Expose,
        usage: "EXPOSE PORT[/tcp|/udp]…",
        text: "Says on which ports the program listens. It opens none.",
    },
    Entry {
        keyword: Keyword::From,
        usage: "FROM [--platform=…] IMAGE [AS NAME]",
        text: "Begins a stage: an image, or an earlier stage, on which the next instructions build. The last stage is what is shipped unless `--target` says otherwise.",
    },
    Entry {
        keyword: Keyword::Healthcheck,
        usage: "HEALTHCHECK [--interval=…] [--timeout=…] CMD COMMAND | NONE",
        text: "A command that tells whether a container works: 0 is healthy, 1 is not.",
    },
    Entry {
        keyword: Keyword::Label,
        usage: "LABEL NAME=VALUE…",
        text: "Adds data about the image, such as `org.opencontainers.image.source`.",
    },
    Entry {
        keyword: Keyword::Maintainer,
        usage: "MAINTAINER NAME",
        text: "Out of use; write `LABEL org.opencontainers.image.authors=…`.",
    },
    Entry {
        keyword: Keyword::Onbuild,
        usage: "ONBUILD INSTRUCTION",
        text: "An instruction that runs when another image is built FROM this one.",
    },
    Entry {
        keyword: Keyword::Run,
        usage: "RUN [--mount=…] COMMAND | [\"PROGRAM\", \"ARGUMENT\"…]",
        text: "Runs a command and keeps what it leaves behind as a layer. What a later RUN deletes stays in this layer. A cache mount keeps downloads out of it.",
    },
    Entry {
        keyword: Keyword::Shell,
        usage: "SHELL [\"PROGRAM\", \"ARGUMENT\"…]",
        text: "The shell of the RUN, CMD and ENTRYPOINT instructions below that are not JSON arrays; `[\"/bin/sh\", \"-c\"]` without it.",
    },
    Entry {
        keyword: Keyword::Stopsignal,
        usage: "STOPSIGNAL SIGNAL",
        text: "The signal that asks the program to end; SIGTERM without it.",
    },
    Entry {
        keyword: Keyword::User,
        usage: "USER NAME[:GROUP]",
        text: "The user of the instructions below and of containers. COPY and ADD make files of root nevertheless, unless `--chown` says otherwise.",
    },
    Entry {
        keyword: Keyword::Volume,
        usage: "VOLUME PATH…",
        text: "Keeps a directory out of the container's own file system. With the classic builder, later changes in it are lost.",
    },
    Entry {
        keyword: Keyword::Workdir,
        usage: "WORKDIR PATH",
        text: "The directory of the instructions below and of containers; it is made if need be. A relative path continues the one before.",
    },
];

const COPYING: &[Keyword] = &[Keyword::Copy, Keyword::Add];

const FLAGS: &[FlagEntry] = &[
    FlagEntry {
        keywords: &[Keyword::From],
        name: "platform",
        text: "The platform of the image, such as `linux/amd64` or `$BUILDPLATFORM`.",
    },
    FlagEntry {
        keywords: &[Keyword::Copy],
        name: "from",
        text: "A stage (name or number), an image or a named context that is copied from instead of the build context.",
    },
    FlagEntry {
        keywords: COPYING,
        name: "chown",
        text: "User and group of the copies; root without it.",
    },
    FlagEntry { keywords: COPYING, name: "chmod", text: "Mode of the copies, as in `755`." },
    FlagEntry {
        keywords: COPYING,
        name: "link",
        text: "Makes a layer of its own that stays valid when the layers below change.",
    },
    FlagEntry {
        keywords: COPYING,
        name: "exclude",
        text: "A pattern of files that are not copied.",
    },
    FlagEntry {
        keywords: &[Keyword::Copy],
        name: "parents",
        text: "Keeps the directories of the sources.",
    },
    FlagEntry {
        keywords: &[Keyword::Add],
        name: "checksum",
        text: "The digest that a download must have: `sha256:…`.",
    },
    FlagEntry {
        keywords: &[Keyword::Add],
        name: "keep-git-dir",
        text: "Keeps `.git` of a repository that is added.",
    },
    FlagEntry {
        keywords: &[Keyword::Run],
        name: "mount",
        text: "What the command sees without its being part of the layer: `type=cache,target=/root/.cache/pip`, `type=bind,source=…,target=…`, `type=secret,id=…`, `type=ssh`, `type=tmpfs,target=…`.",
    },
    FlagEntry { keywords: &[Keyword::Run], name: "network", text: "`default`, `none` or `host`." },
    FlagEntry {
        keywords: &[Keyword::Run],
        name: "security",
        text: "`sandbox` or, where the builder allows it, `insecure`.",
    },
    FlagEntry {
        keywords: &[Keyword::Healthcheck],
        name: "interval",
        text: "Time between two checks; 30s without it.",
    },
    FlagEntry {
        keywords: &[Keyword::Healthcheck],
        name: "timeout",
        text: "Longest time of a check; 30s without it.",
    },
    FlagEntry {
        keywords: &[Keyword::Healthcheck],
        name: "start-period",
        text: "Time to start in which failures do not count; 0s without it.",
    },
    FlagEntry {
        keywords: &[Keyword::Healthcheck],
        name: "start-interval",
        text: "Time between two checks while it starts; 5s without it.",
    },
    FlagEntry {
        keywords: &[Keyword::Healthcheck],
        name: "retries",
        text: "Failures in a row after which the container is unhealthy; 3 without it.",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_has_an_entry() {
        for (name, keyword) in Keyword::ALL {
            let entry = entry(keyword).unwrap_or_else(|| panic!("{name}"));
            assert!(entry.usage.starts_with(name), "{name}");
        }
        assert_eq!(ENTRIES.len(), Keyword::ALL.len());
    }
}
