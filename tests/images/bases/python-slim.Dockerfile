# The stand-in for python:3.11-slim-bookworm: the machine's CPython moved to /usr/local, and the libraries it is linked to.
FROM debian:bookworm-slim AS python
COPY python /python
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends binutils
RUN grep -rlIF "$(cat /python/.prefix)" /python | xargs -r sed -i "s#$(cat /python/.prefix)#/usr/local#g" \
    && rm -r /python/.prefix \
    && find /python -type f \( -name '*.so*' -o -name 'python3.11' \) -exec strip --strip-unneeded {} +

FROM debian:bookworm-slim
ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 PYTHON_VERSION=3.11
COPY --from=python /python /usr/local
RUN apt-get update -qq \
    && apt-get install -y -qq --no-install-recommends ca-certificates netbase tzdata \
        libbz2-1.0 libexpat1 libffi8 libgdbm6 liblzma5 libncursesw6 libnsl2 libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g \
    && ldconfig \
    && export PYTHONDONTWRITEBYTECODE=1 \
    && python -m ensurepip --upgrade \
    && ln -sf pip3 /usr/local/bin/pip \
    && pip install --quiet --no-cache-dir --no-compile wheel \
    && python -c 'import bz2, ctypes, curses, lzma, readline, sqlite3, ssl, uuid, zlib' \
    && find /usr/local -name __pycache__ -prune -exec rm -r {} + \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/ldconfig /root/.cache
CMD ["python3"]
