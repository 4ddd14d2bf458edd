# The stand-in for ghcr.io/astral-sh/uv: nothing but the two programs.
FROM python:3.11-slim-bookworm AS index
RUN pip install --quiet --no-cache-dir uv

FROM scratch
COPY --from=index /usr/local/bin/uv /usr/local/bin/uvx /
