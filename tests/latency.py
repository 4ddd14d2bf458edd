#!/usr/bin/env python3
"""From a change in an editor to its diagnostics: one client, the same files, one language server after the other.

    tests/latency.py target/release/pylintdock\\ server [OTHER\\ SERVER…]

Each argument is one command. Three files are made: 9 lines, 101 lines, and 600 lines in 43 stages beside a requirements file
and a uv.lock of 11 MB. The last line is typed anew 200 times; printed are the median, the 95th and the 99th percentile of
the milliseconds until the diagnostics of that version are there, and how many times the first server is faster.
"""

import json
import os
import pathlib
import queue
import shlex
import statistics
import subprocess
import sys
import tempfile
import threading
import time

N_CHANGES = 200
# As between two keys of somebody who types fast.
PAUSE = 0.05
PATIENCE = 120

SMALL = """FROM python:3.12-slim
WORKDIR /app
RUN apt-get update && apt-get install -y gcc
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY . .
ENV A=1
EXPOSE 80
CMD ["python", "app.py"]
"""

SERVICE = """FROM python:3.12-slim AS service{i}
ENV PYTHONUNBUFFERED=1 \\
    UV_LINK_MODE=copy
WORKDIR /srv/service{i}
RUN apt-get update && apt-get install -y --no-install-recommends \\
        build-essential libpq-dev \\
    && rm -rf /var/lib/apt/lists/*
COPY --from=ghcr.io/astral-sh/uv:0.5 /uv /bin/uv
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev
COPY requirements.txt .
RUN pip install -r requirements.txt
COPY app{i}.py .
CMD ["python", "app{i}.py"]
"""

LAST = """FROM python:3.12-slim
WORKDIR /srv
COPY --from=service0 /srv/service0 /srv/service0
COPY --from=service1 /srv/service1 /srv/service1
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
USER 1000
EXPOSE 8000
CMD ["python", "app0.py"]
"""


def lock(n_packages):
    """A lock of `n_packages`, each with forty wheels, as large packages have."""
    pythons = [f"cp3{minor}-cp3{minor}" for minor in range(9, 14)]
    platforms = ["manylinux_2_17_x86_64.manylinux2014_x86_64", "manylinux_2_17_aarch64.manylinux2014_aarch64", "musllinux_1_1_x86_64",
                 "musllinux_1_1_aarch64", "macosx_10_9_x86_64", "macosx_11_0_arm64", "win32", "win_amd64"]
    yield 'version = 1\nrequires-python = ">=3.12"\n\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [\n'
    yield from (f'    {{ name = "package{i}" }},\n' for i in range(n_packages))
    yield "]\n"
    for i in range(n_packages):
        yield f'\n[[package]]\nname = "package{i}"\nversion = "{i}.0"\nsource = {{ registry = "https://pypi.org/simple" }}\nwheels = [\n'
        for name in (f"package{i}-{i}.0-{python}-{platform}.whl" for python in pythons for platform in platforms):
            yield f'    {{ url = "https://files.pythonhosted.org/packages/{i:064x}/{name}", hash = "sha256:{i:064x}", size = 1234567 }},\n'
        yield "]\n"


def make(folder):
    """The files; returns the Dockerfiles with their names in the table."""
    small, middle, large = (folder / name for name in ("9", "101", "600"))
    for it in (small, middle, large):
        it.mkdir()
    (small / "Dockerfile").write_text(SMALL)
    steps = "".join(f"COPY r{i}.txt .\nRUN pip install -r r{i}.txt \\\n    && echo {i}\n" for i in range(31))
    (middle / "Dockerfile").write_text(SMALL.replace("ENV A=1\n", steps))
    (large / "Dockerfile").write_text("# syntax=docker/dockerfile:1\n" + "".join(SERVICE.format(i=i) for i in range(42)) + LAST)
    (large / "uv.lock").write_text("".join(lock(900)))
    (large / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.12"\n')
    (large / "requirements.txt").write_text("".join(f"package{i}=={i}.0\n" for i in range(200)) + "flask==3.0.0\npsycopg2==2.9.9\nnumpy==2.0.0\n")
    for i in range(42):
        (large / f"app{i}.py").write_text("print()\n")
    return [(f"{it.name} lines", it / "Dockerfile") for it in (small, middle, large)]


class Server:
    """A running language server."""

    def __init__(self, command, folder):
        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=folder)
        self.received = queue.Queue()
        threading.Thread(target=self.receive, daemon=True).start()

    def receive(self):
        while True:
            length = None
            while line := self.process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            if length is None:
                return
            body = self.process.stdout.read(length)
            self.received.put((time.perf_counter(), json.loads(body)))

    def send(self, method, params, number=None):
        message = {"jsonrpc": "2.0", "method": method, "params": params}
        self.write(message if number is None else {**message, "id": number})

    def write(self, message):
        body = json.dumps(message).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def wait(self, is_wanted):
        """When the message came; what the server asks meanwhile is answered with nothing."""
        while True:
            at, message = self.received.get(timeout=PATIENCE)
            if "method" in message and "id" in message:
                items = message.get("params", {}).get("items") if isinstance(message.get("params"), dict) else None
                self.write({"jsonrpc": "2.0", "id": message["id"], "result": [None for _ in items] if items else None})
            elif is_wanted(message):
                return at

    def answer(self, method, params, number):
        self.send(method, params, number)
        self.wait(lambda it: it.get("id") == number)


def measure(command, file):
    """The milliseconds of each change."""
    address = file.as_uri()
    server = Server(command, file.parent)
    capabilities = {"textDocument": {"publishDiagnostics": {"relatedInformation": True, "versionSupport": True}}, "workspace": {"configuration": True, "workspaceFolders": True}}
    folders = [{"uri": file.parent.as_uri(), "name": "folder"}]
    server.answer("initialize", {"processId": os.getpid(), "rootUri": file.parent.as_uri(), "capabilities": capabilities, "workspaceFolders": folders}, 1)
    server.send("initialized", {})
    text = file.read_text()

    def is_published(version):
        return lambda it: it.get("method") == "textDocument/publishDiagnostics" and it["params"]["uri"] == address and it["params"].get("version") in (None, version)

    server.send("textDocument/didOpen", {"textDocument": {"uri": address, "languageId": "dockerfile", "version": 0, "text": text}})
    server.wait(is_published(0))
    time.sleep(0.5)
    line, before, res = text.count("\n"), 0, []
    for version in range(1, N_CHANGES + 1):
        new = f"RUN pip install package{version}"
        place = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": before}}
        start = time.perf_counter()
        server.send("textDocument/didChange", {"textDocument": {"uri": address, "version": version}, "contentChanges": [{"range": place, "text": new}]})
        res.append((server.wait(is_published(version)) - start) * 1000)
        before = len(new)
        time.sleep(PAUSE)
        while not server.received.empty():
            server.received.get()
    server.process.kill()
    return res


def main():
    commands = sys.argv[1:] or sys.exit(__doc__)
    print("| file | server | median | 95 % | 99 % | of the first |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for name, file in make(pathlib.Path(folder)):
            first = None
            for command in commands:
                times = measure(command, file)
                median = statistics.median(times)
                first = first or median
                parts = statistics.quantiles(times, n=100)
                print(f"| {name} | {pathlib.Path(shlex.split(command)[0]).name} | {median:.2f} | {parts[94]:.2f} | {parts[98]:.2f} | {median / first:.1f} |", flush=True)


main()
