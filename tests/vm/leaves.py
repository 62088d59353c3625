#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a test with machines leave anything behind when it is killed?

    tests/vm/leaves.py [--own-end] COMMAND...

Runs the command twice, and when its QEMU runs ends it, once with SIGTERM and once with SIGKILL;
with --own-end a third time, until it ends by itself (which may be a failure).
Afterwards no process that it started may live, and mounts and network devices must be as before.
Exit: 0, 1 something stayed, 77 the command skipped.
"""
import glob
import os
import signal
import subprocess
import sys
import time
import uuid

MARK = "PLIMSOLL_TEST_MARK"
PATIENCE_S = 600  # for the first QEMU
AFTERWARDS_S = 60


def marked(mark):
    """{pid: command line} of the processes that carry the mark."""
    found = {}
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            with open(path, "rb") as f:
                if f"{MARK}={mark}".encode() not in f.read().split(b"\0"):
                    continue
            with open(os.path.dirname(path) + "/cmdline", "rb") as f:
                words = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if words:  # not a zombie
            found[int(path.split("/")[2])] = words
    return found


def surroundings():
    with open("/proc/self/mounts", encoding="utf-8") as f:
        return sorted(f.read().splitlines()), sorted(os.listdir("/sys/class/net"))


def try_one(number, words):
    before, mark = surroundings(), uuid.uuid4().hex
    child = subprocess.Popen(words, env=dict(os.environ, **{MARK: mark}),
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    limit = time.monotonic() + PATIENCE_S
    while not any(c.startswith("qemu-system") for c in marked(mark).values()):
        if child.poll() == 77:
            print(child.stdout.read(), end="")
            sys.exit(77)
        if child.poll() is not None or time.monotonic() > limit:
            print(f"FAIL  the command ended with {child.poll()} before its QEMU ran")
            return False
        time.sleep(0.2)
    count = len(marked(mark))
    if number:
        child.send_signal(number)
    child.communicate()
    limit = time.monotonic() + AFTERWARDS_S
    while marked(mark) and time.monotonic() < limit:
        time.sleep(0.2)
    name = signal.Signals(number).name if number else f"its own end with {child.returncode}"
    left, same = marked(mark), surroundings() == before
    for pid, command in left.items():
        print(f"      {pid}: {command[:150]}")
        os.kill(pid, signal.SIGKILL)
    good = same and not left
    print(f"{'ok   ' if good else 'FAIL '} after {name}: of {count} processes {len(left)} are left, "
          f"mounts and network devices are {'as before' if same else 'not as before'}")
    return good


def main():
    words, ends = sys.argv[1:], [signal.SIGTERM, signal.SIGKILL]
    if words[:1] == ["--own-end"]:
        words, ends = words[1:], ends + [None]
    if not words:
        sys.exit(__doc__)
    return 0 if all([try_one(s, words) for s in ends]) else 1


if __name__ == "__main__":
    sys.exit(main())
