"""Checks Dockerfiles with PySpark in local mode, as the README says, and holds the findings against those of one run.

    spark.py PROGRAM [DIRECTORY]

Needs PySpark and Java. The Dockerfiles are those below DIRECTORY, or the example of the README; records have no context.
Prints figures; the exit status is 1 if the findings differ, also in their order.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent


def records(directory, file):
    paths = sorted(it for it in directory.rglob("*Dockerfile*") if it.is_file())
    with file.open("w") as lines:
        for path in paths:
            content = path.read_bytes().decode("utf-8", "replace")
            # Nobody writes a larger one by hand; the corpus has bytes made for parsers.
            if len(content) < 500_000:
                record = {"path": str(path.relative_to(directory)), "content": content}
                lines.write(json.dumps(record) + "\n")
    return sum(1 for _ in file.open())


def main(program, directory=TOP / "example"):
    program = pathlib.Path(program).resolve()
    # The block of the README itself, with the program that is tried as `pylintdock`.
    readme = (TOP.parent / "README.md").read_text()
    (block,) = re.findall(r"```python\n(import os\nfrom pyspark.*?)```", readme, re.S)
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        n_records = records(pathlib.Path(directory).resolve(), work / "records.jsonl")
        (work / "bin").mkdir()
        (work / "bin/pylintdock").symlink_to(program)
        environment = {**os.environ, "PATH": f"{work / 'bin'}:{os.environ['PATH']}"}
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", block], cwd=work, env=environment, check=True)
        seconds = time.monotonic() - began
        parts = sorted((work / "findings").glob("part-*"))
        spread = "".join(it.read_text() for it in parts)
        began = time.monotonic()
        single = subprocess.run(
            ["pylintdock", "check", "--stdin-jsonl", "--exit-zero", "--quiet"],
            stdin=(work / "records.jsonl").open(),
            capture_output=True,
            text=True,
            cwd=work,
            env=environment,
            check=True,
        ).stdout
        alone = time.monotonic() - began
    print(
        f"{n_records:,} records: {single.count(chr(10)):,} findings by one run in {alone:.1f} s, "
        f"{spread.count(chr(10)):,} by PySpark in {len(parts)} parts in {seconds:.1f} s, its start included; "
        f"{'equal' if spread == single else 'NOT EQUAL'}"
    )
    return spread != single


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
