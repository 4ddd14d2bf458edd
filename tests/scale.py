"""Sends many records through `pylintdock check --stdin-jsonl`: memory must stay flat, and the order must be kept.

    scale.py PROGRAM [DIRECTORY] [NUMBER]

The Dockerfiles are those below DIRECTORY, again and again, or the example of the README; NUMBER is 100000 when not said,
and a tenth of it goes first. Prints peak memory and throughput of both; the exit status is 1 if the memory grew by more
than a quarter and 16 MB, or if findings come out of order or differ between two records with the same content.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent


def dockerfiles(directory):
    """The texts of Dockerfiles, in the order of their paths."""
    paths = sorted(it for it in pathlib.Path(directory).rglob("*Dockerfile*") if it.is_file())
    texts = [it.read_bytes().decode("utf-8", "replace") for it in paths]
    # Small ones: nobody writes a larger one by hand. The program takes records up to 40 MB.
    return [it for it in texts if len(it) < 100_000] or [(TOP / "example/Dockerfile").read_text()]


def run(program, texts, number):
    """Peak memory in MB, seconds as the clock and as processors count them, and findings; asserts that the order is kept."""
    command = [program, "check", "--stdin-jsonl", "--exit-zero", "--quiet"]
    began = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def send():
        with child.stdin as stdin:
            for at in range(number):
                record = {"path": f"{at}/Dockerfile", "content": texts[at % len(texts)]}
                stdin.write(json.dumps(record).encode() + b"\n")

    sender = threading.Thread(target=send)
    sender.start()
    n_found, before = 0, -1
    # What was said of each text: the first time, and whenever it comes again.
    said, current = {}, hashlib.sha1()

    def close(at):
        if at >= 0 and said.setdefault(at % len(texts), current.digest()) != current.digest():
            sys.exit(f"record {at} has other findings than the same text before")

    for line in child.stdout:
        path, rest = line.split(b'"', 4)[3], line.split(b'"', 4)[4]
        at = int(path.split(b"/")[0])
        if at < before:
            sys.exit(f"a finding of record {at} comes behind one of record {before}")
        if at != before:
            close(before)
            before, current = at, hashlib.sha1()
        current.update(rest)
        n_found += 1
    close(before)
    sender.join()
    _, status, usage = os.wait4(child.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    # Linux counts in kilobytes.
    busy = usage.ru_utime + usage.ru_stime
    return usage.ru_maxrss / 1024, time.monotonic() - began, busy, n_found


def main(program, directory=TOP / "example", number="100000"):
    texts = dockerfiles(directory)
    number = int(number)
    run(program, texts, 1000)
    peaks = []
    for n_records in (number // 10, number):
        peak, seconds, busy, n_found = run(program, texts, n_records)
        peaks.append(peak)
        print(
            f"{n_records:,} records of {len(texts):,} texts: {n_found:,} findings in order, "
            f"{n_records / seconds:,.0f} records a second ({n_records / busy:,.0f} for each processor that was busy), "
            f"{peak:.0f} MB at most",
            flush=True,
        )
    return peaks[1] > peaks[0] * 1.25 + 16


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
