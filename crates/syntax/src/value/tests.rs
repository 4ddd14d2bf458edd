//! Values as BuildKit judges them: each case was given to it.

use crate::parse;

/// One Dockerfile a line; `\\n` begins a new line in it, and without FROM it begins with `FROM scratch`. What is reported stands in « ».
///
/// Where a variable decides or versions of BuildKit differ, nothing is reported.
const CASES: &str = r##"
VOLUME [«""»]
«VOLUME» []
VOLUME [«" "»]
VOLUME ["$X"]
VOLUME $X
VOLUME «""»
ENV «=x»
ENV a=b «=x»
ENV ""=x
ENV $X=1
ARG «=x»
ARG ""=x
ARG a «=x»
ARG $A=1
LABEL «=x»
LABEL ""=x
LABEL $A=1
RUN --mount=type=«foo» x
RUN --mount=type=$X x
RUN --mount=«typ»=cache x
RUN --mount=«type=secret» x
RUN --mount=type=ssh x
RUN --mount=type=cache,«target=/» x
RUN --mount=type=cache,target=/a,sharing=«foo» x
RUN --mount=type=cache,target=/a,sharing=Locked x
RUN --mount=type=cache,target=/a,ro=«maybe» x
RUN --mount=type=cache,target=/a,ro=1 x
RUN --mount=type=cache,target=/a,ro=«yes» x
RUN --mount=type=cache,target=/a,«required» x
RUN --mount=type=secret,id=a,required=«maybe» x
RUN --mount=type=secret,id=a,required x
RUN --mount=«required»,type=secret,id=a x
RUN --mount=id=a,type=secret,required x
RUN --mount=type=cache,target=/a,from=«$X» x
RUN --mount=type=cache,target=/a,from=$ x
RUN --mount=type=cache,«target» x
RUN --mount=type=cache«,»,target=/a x
RUN --mount=type=cache,target=/a«,» x
RUN --mount=type=cache«,» x
RUN «--mount=» x
RUN «--mount» x
RUN --mount=type=secret,«from=a»,id=x x
RUN --mount=type=secret,id=x,«sharing=locked» x
RUN --mount=type=bind,target=/a,«sharing=locked» x
RUN --mount=type=secret,id=x,«source=y» x
RUN --mount=type=bind,target=/a,«mode=0755» x
RUN --mount=type=cache,target=/a,mode=«0788» x
RUN --mount=type=cache,target=/a,mode=«-1» x
RUN --mount=type=cache,target=/a,uid=«x» x
RUN --mount=type=cache,target=/a,uid=$X x
RUN --mount=type=tmpfs,target=/a,size=«1x» x
RUN --mount=type=tmpfs,target=/a,size=1g x
RUN --mount=type=cache,target=/a,«size=1g» x
RUN --mount=type=bind,target=/a,TYPE=cache x
RUN --mount=type=cache,target=/a\ b x
RUN --mount=type=cache,"target=/a b" x
RUN --mount='type=cache,"target=/a b"' x
RUN --mount='type=cache,target="/a b"' x
RUN --mount=type=secret,id=a,env=X x
RUN --mount=type=ssh,from=a x
RUN --mount=type=ssh,id=a,target=/x x
RUN --mount=type=cache,target=. x
RUN --mount=type=cache,target=/../ x
RUN --network=«zzz» x
RUN --network=«Host» x
RUN --network=none x
RUN --network=«$X» x
RUN «--network=» x
RUN --security=«bad» x
RUN --security=insecure x
RUN --security=sandbox x
RUN --security=«$X» x
HEALTHCHECK --interval=«x» CMD a
HEALTHCHECK --interval=«1» CMD a
HEALTHCHECK --interval=0 CMD a
HEALTHCHECK --interval=0s CMD a
HEALTHCHECK --interval=«1us» CMD a
HEALTHCHECK --interval=«-1s» CMD a
HEALTHCHECK --interval=1ms CMD a
HEALTHCHECK --interval=«$X» CMD a
HEALTHCHECK --interval=1h30m CMD a
HEALTHCHECK --interval=1.5s CMD a
HEALTHCHECK --interval=.5s CMD a
HEALTHCHECK --interval=5.s CMD a
HEALTHCHECK --interval=«.s» CMD a
HEALTHCHECK --interval=+5s CMD a
HEALTHCHECK --interval=«5S» CMD a
HEALTHCHECK --interval=«1d» CMD a
HEALTHCHECK --interval=«9999999999h» CMD a
HEALTHCHECK --interval= CMD a
HEALTHCHECK «--interval» CMD a
HEALTHCHECK --interval=5s «--interval=6s» CMD a
HEALTHCHECK --retries=«x» CMD a
HEALTHCHECK --retries=0 CMD a
HEALTHCHECK --retries=«-1» CMD a
HEALTHCHECK --retries=+3 CMD a
HEALTHCHECK --retries=«1_000» CMD a
HEALTHCHECK --retries=«99999999999» CMD a
HEALTHCHECK --retries= CMD a
HEALTHCHECK --start-interval=«x» CMD a
HEALTHCHECK --start-interval=0 CMD a
HEALTHCHECK --interval=x NONE
HEALTHCHECK «NONE» x
HEALTHCHECK --interval=5s NONE
HEALTHCHECK --zork=5s NONE
HEALTHCHECK none
«HEALTHCHECK» CMD []
HEALTHCHECK CMD [""]
«HEALTHCHECK» FOO a
FROM scratch AS «1a»
FROM scratch AS «a/b»
FROM scratch AS A_b
«FROM» Apache Airflow 3.4.1
FROM scratch AS a-b.c
FROM scratch AS «-a»
FROM scratch AS «é»
FROM scratch AS «$X»
FROM scratch AS scratch
FROM scratch AS Builder\nFROM «Builder»
FROM scratch AS Builder\nFROM builder
FROM scratch AS b\nFROM "b"
FROM scratch AS b\nFROM 'b'
FROM «""»
FROM «$X»
FROM scratch\nARG X=\nFROM «$X»
FROM scratch\nARG X=scratch\nFROM «$X»
FROM ${X:-scratch}
FROM ${TARGETOS}
FROM «${X:?foo}»
FROM --platform=$X scratch
FROM --platform=«foo/bar/baz/qux» scratch
FROM --platform=linux scratch
FROM --platform=zork scratch
FROM --platform=linux/zork scratch
FROM --platform=$BUILDPLATFORM scratch
FROM --platform=«linux/» scratch
FROM --platform=linux_x scratch
FROM --platform=linux/amd64 «--platform=linux/arm64» scratch
FROM scratch\nCOPY --from=0 a b
FROM scratch\nCOPY --from=1 a b
FROM scratch\nCOPY --from=later a b\nFROM scratch AS later
FROM scratch AS a\nCOPY --from=a a b
FROM scratch AS a\nFROM scratch\nCOPY --from=A a b
FROM scratch\nCOPY --from=«$X» a b
FROM scratch\nCOPY --from=«$» a b
FROM scratch\nCOPY --from= a b
FROM scratch\nCOPY «--from» a b
FROM scratch\nCOPY --from=«a:b:c» a b
ADD --keep-git-dir=«maybe» a b
ADD --keep-git-dir=TRUE a b
ADD «--keep-git-dir=» a b
ADD --keep-git-dir a b
COPY --link=«x» a b
COPY --link=«1» a b
COPY --link=«$X» a b
COPY --link «--link» a b
COPY --chmod=x a b
COPY --chmod=u+x a b
COPY --chmod=«0888» a b
COPY --chmod=«77777» a b
COPY --chmod=7777 a b
COPY --chmod= a b
COPY --chmod=«0o755» a b
COPY --chmod=$X a b
COPY --chmod=-1 a b
COPY --chown= a b
COPY --chown=a:b:c a b
COPY --chown=$X a b
ADD --checksum=sha256:1234 a b
ADD --checksum=sha256:1234 http://x/a b
ADD «--checksum=x» http://x/a http://x/b c
ADD --checksum= a b
COPY «http://x/a» b
COPY git@github.com:a/b.git c
COPY <<E a b\nE
COPY a «<<E»\nE
ADD a «<<E»\nE
COPY <<E <<F x\nE\nF
COPY <<E x\n«${a:i}»\nE
COPY <<"E" x\n${a:i}\nE
COPY <<E x\n"foo\nE
STOPSIGNAL «x»
STOPSIGNAL 9
STOPSIGNAL «0»
STOPSIGNAL -1
STOPSIGNAL kill
STOPSIGNAL SIGKILL
STOPSIGNAL sigrtmin+3
STOPSIGNAL RTMIN+3
STOPSIGNAL $X
STOPSIGNAL "SIGTERM"
STOPSIGNAL «SIGTERM SIGKILL»
STOPSIGNAL 999
STOPSIGNAL --x SIGTERM
STOPSIGNAL «SIGFOO»
EXPOSE «x»
EXPOSE 80
EXPOSE 80/tcp
EXPOSE 80/TCP
EXPOSE «80/foo»
EXPOSE 80/
EXPOSE «/tcp»
EXPOSE «70000»
EXPOSE 0
EXPOSE 80-90
EXPOSE «90-80»
EXPOSE «80-»
EXPOSE 80:90
EXPOSE 80-90:80
EXPOSE «80:80-90»
EXPOSE 127.0.0.1:80:80
EXPOSE «1.2.3:80:80»
EXPOSE [::1]:80:80
EXPOSE ::1:80:80
EXPOSE «80,90»
EXPOSE $X
EXPOSE $X/tcp
EXPOSE ""
EXPOSE «"80» 90"
EXPOSE "80"
EXPOSE '80/tcp'
EXPOSE «80#x»
EXPOSE 80 «# http»
EXPOSE «+80»
EXPOSE 080
EXPOSE 80/tcp/udp
EXPOSE «["80"]»
EXPOSE «80;»
USER ""
USER $X
USER a b
WORKDIR ""
WORKDIR $X
ENV «a»
ENV a b=«"»
ENV a=«"b»
ENV a=«${x:i}»
ENV a '${x:i}'
ENV a=\${x:i}
LABEL a=«${x:i}»
LABEL a=«"b»
RUN echo ${x:i} "
USER «${x:i}»
WORKDIR «${x»
VOLUME «${}»
EXPOSE «${x:i}»
ARG a=«${x:i}»
ARG a=«"b»
COPY «${x:i}» b
COPY «"a» b
COPY [«"${x:i}"», "b"]
COPY --chown=${x:i} a b
RUN --mount=type=cache,target=«${x:i}» x
RUN --mount=type=bind,source=«${x» b
STOPSIGNAL «${x:i}»
LABEL «${x:i}»=3
ENV «${x:i}»=3
RUN --mount=type=cache,target=/a,id= x
RUN --mount=type=ssh,«source=/x» x
RUN --mount=type=cache,target=/a,from=scratch x
RUN --mount=type=«cahce»,target=/a x
COPY «"a» b" c
LABEL «"my» label"
FROM «https://ghcr.io/a/b»
FROM «python:»
FROM «%%BASE%%»
FROM python:3.13 AS «"b"»
COPY --link --from=x «--from=y» a b
COPY --from=«A:b» c d
RUN --mount=type=cache,target=/a,sharing=locked,mode=0755,uid=1000 x
RUN --mount=target=/a,source=b,from=c,rw x
RUN --mount=type=secret,id=a,env=A,required=true x
RUN --mount=type=ssh,required x
HEALTHCHECK --interval=«30» --timeout=5s --retries=«three» CMD a
RUN --mount=type=cache,\\nsharing=«lock»,target=/a x
# syntax=someone/else:1\nFROM %%BASE%%\nRUN --mount=type=foo x
# syntax=docker/dockerfile:1\nFROM «%%BASE%%»\nRUN --mount=type=«foo» x
ONBUILD RUN --mount=type=foo x
"##;

#[test]
fn values_are_reported_where_buildkit_refuses_them() {
    for case in CASES.lines().filter(|it| !it.is_empty()) {
        let has_from = case.contains("FROM ");
        let marked = case.replace("\\n", "\n");
        let marked = if has_from { marked } else { format!("FROM scratch\n{marked}") };
        let text = marked.replace(['«', '»'], "");
        let mut found = text.clone();
        for error in parse(&text).errors.iter().rev() {
            found.insert(error.span.end as usize, '»');
            found.insert(error.span.start as usize, '«');
        }
        assert_eq!(found, marked, "{:#?}", parse(&text).errors);
    }
}

#[test]
fn the_help_says_what_was_meant() {
    let cases = [
        ("RUN --mount=type=cahce,target=/a x", "did you mean `cache`?"),
        ("RUN --mount=typ=cache,target=/a x", "did you mean `type`?"),
        ("RUN --mount=type=cache,target=/a,sharing=lock x", "did you mean `locked`?"),
        ("RUN --network=hots x", "did you mean `host`?"),
        ("EXPOSE 80,443", "separate ports with blanks: `EXPOSE 80 443`"),
        ("ARG BASE\nFROM BASE", "did you mean `$BASE`?"),
        (
            "FROM a AS Base\nFROM Base",
            "the builder keeps names of stages in small letters: write `base`",
        ),
        (
            "FROM a\nARG X=1\nFROM b:$X",
            "FROM sees an ARG only before the first FROM: put `ARG X` there",
        ),
        ("FROM b:$X", "declare it before the first FROM: `ARG X=value`"),
        ("LABEL \"my label\"", "write `LABEL name=\"value\"`"),
    ];
    for (text, expected) in cases {
        let text = if text.contains("FROM") { text.to_owned() } else { format!("FROM a\n{text}") };
        let errors = parse(&text).errors;
        assert_eq!(errors.first().map(|it| it.help.as_str()), Some(expected), "{text}");
    }
}
