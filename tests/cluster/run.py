#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""All tests against the real Kubernetes: `make test-cluster`.

Builds Kubernetes when that is not done yet (build.py), runs pytest, and fails when a process or a
mount is left behind, whatever the tests said. Interrupted or killed it leaves none either: pytest dies
with it, and what a test has started dies with pytest. Their files are in a folder that goes, too.

usage: run.py [--program PROGRAM] [PYTEST WORD]...

Exit: 0 passed, 1 failed, 77 cannot run here (the reason is printed).
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

import build
from processes import die_with_parent

HERE = os.path.dirname(os.path.abspath(__file__))
MARK = "PLIMSOLL_TEST_RUN"
MOST_AGAIN = 5
PATIENCE_S = 30  # for pytest to end its fixtures; and for what it has started to be gone


def processes_of(mark, name=MARK):
    """Processes that have inherited the mark, but for this one: [(pid, command)]."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as f:
                if f"{name}={mark}".encode() not in f.read().split(b"\0"):
                    continue
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(pid) != os.getpid() and command:
            found.append((int(pid), command[:100]))
    return found


def mounts():
    with open("/proc/self/mounts", encoding="utf-8") as f:
        return set(f.read().splitlines())


def need_pytest():
    try:
        import pytest  # noqa: F401
        import yaml  # noqa: F401
    except ImportError as e:
        raise build.Unavailable(f"{e.name} is not installed (python3-pytest, python3-yaml)") from e


def say_skips(output):
    """pytest's lists of skipped tests, in the words of tools/test."""
    for line in output.splitlines():
        found = re.match(r"SKIPPED \[\d+\] (\S+?):\d+: (.*)", line)
        if found:
            print(f"skip: cluster/{os.path.basename(found[1])}: {found[2]}")


class Done:
    """What pytest printed, and its exit status."""

    def __init__(self, words, environment):
        process = subprocess.Popen([sys.executable, "-m", "pytest", *words], cwd=HERE, text=True,
                                   env=environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, preexec_fn=die_with_parent)
        try:
            self.stdout, _ = process.communicate()
        except BaseException:
            self.end(process)
            raise
        self.returncode = process.returncode

    @staticmethod
    def end(process):
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=PATIENCE_S)
        except BaseException:  # too late, or interrupted once more
            process.kill()
            process.wait()


def pytest(program, mark, words):
    with tempfile.TemporaryDirectory(prefix="plimsoll-test-cluster-",
                                     ignore_cleanup_errors=True) as scratch:
        done = Done(["-q", "-rsfE", "--durations=8", "-p", "no:cacheprovider", "--program",
                     os.path.abspath(program), *words],
                    {**os.environ, MARK: mark, "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": scratch})
    print(done.stdout, end="", flush=True)
    say_skips(done.stdout)
    return done


def failures(output):
    found = re.findall(r"^(?:FAILED|ERROR) (\S+\.py)::(.*?)(?: - .*)?$", output, re.M)
    return sorted({f"{os.path.join(HERE, os.path.basename(f))}::{test}" for f, test in found})


def run_pytest(program, words):
    """(exit status, what is left behind). A few tests that fail are run again, on a control plane of
    their own: real components on a busy machine now and then take longer than a test waits. Whoever
    fails twice has failed; the first failure stays in the output."""
    mark, before = f"{os.getpid()}-{time.time_ns()}", mounts()
    try:
        done = pytest(program, mark, [HERE, *words])
        again = failures(done.stdout)
        if done.returncode == 1 and 0 < len(again) <= MOST_AGAIN:
            print("once more:", *(os.path.basename(t) for t in again), flush=True)
            done = pytest(program, mark, again)
    except KeyboardInterrupt:
        return 130, what_is_left(mark, before, PATIENCE_S)
    return done.returncode, what_is_left(mark, before, 0)


def what_is_left(mark, before, patience_s):
    until = time.monotonic() + patience_s
    while time.monotonic() < until and processes_of(mark):
        time.sleep(0.1)
    return [f"process {pid}: {command}" for pid, command in processes_of(mark)] + [
        f"mount: {m}" for m in mounts() - before]


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", default=os.path.join(HERE, "..", "..", "build", "src", "plimsoll"))
    a, words = p.parse_known_args()
    began = time.monotonic()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        need_pytest()
        build.binaries()
    except build.Unavailable as e:
        print(f"skip: cluster: {e}")
        return 77
    print(f"Kubernetes {build.kubernetes_version()}: {time.monotonic() - began:.0f} s", flush=True)
    code, left = run_pytest(a.program, words)
    for line in left:
        print(f"left behind: {line}")
    return 1 if left else 130 if code == 130 else 1 if code else 0


if __name__ == "__main__":
    sys.exit(main())
