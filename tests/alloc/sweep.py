#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes allocations of the command-line cases fail, one after the other, and looks at what is left.

    tests/alloc/sweep.py --program build/src/plimsoll [--sample N | --minutes M] [--seed S]
                         [--case PATH]

For each case the allocations of an undisturbed run are counted; then the n-th fails, once, and in
another run that one and all later ones. libyaml's allocations are among them (base/yaml_memory.h),
but in a sanitizer build. Each run must end in time and either give the full result of the
undisturbed run or say that memory is out: exit status 70, or the case's own "cannot read" with one
line on stderr. Never a signal, a sanitizer report, a control byte, or half of an output file.

The runs to make are drawn from all (case, n, once or for good) with a seed; --minutes goes on until
the time is over or all are done, and takes the cases over whole clusters in. Needs a developer build. Exit: 0, 1 faults, 77 cannot run.
"""
import argparse
import concurrent.futures
import os
import random
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import run as cli  # noqa: E402
from case import Case, unsafe_bytes  # noqa: E402

OUT_OF_MEMORY, BAD_INPUT = 70, 2
VARIABLE = "PLIMSOLL_FAIL_ALLOC"


def written(folder):
    """The regular files in folder that the case did not bring: name -> bytes."""
    found = {}
    for top, subs, names in os.walk(folder):
        subs[:] = [s for s in subs if s != ".bin"]
        for n in names:
            path = os.path.join(top, n)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as f:
                    found[os.path.relpath(path, folder)] = f.read()
    return found


class Sweep:
    def __init__(self, options):
        self.options = options
        self.program = os.path.abspath(options.program)

    def once(self, case, env):
        """One run: (Result or None, files afterwards)."""
        folder = tempfile.mkdtemp(prefix="plimsoll-alloc-")
        try:
            r = cli.execute(case, self.program, folder, env, timeout=20)
            return r, written(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def count(self, case):
        """Undisturbed run: (Result, files, number of allocations)."""
        with tempfile.NamedTemporaryFile(prefix="plimsoll-count-") as counted:
            r, files = self.once(case, {"PLIMSOLL_COUNT_ALLOC": counted.name})
            return r, files, max([int(l) for l in counted.read().split()], default=0)

    def fault(self, case, clean, files, env):
        """What is wrong with the run under env, or None."""
        r, now = self.once(case, env)
        if r is None:
            return "did not end within 20 s"
        if r.code < 0 or r.code > 125:
            return f"died by a signal (status {r.code}): {r.err[-600:]!r}"
        if cli.SANITIZER.search(r.err) or r.code == 99:
            return f"sanitizer report: {r.err[-2000:].decode('utf-8', 'replace')}"
        for data in (r.out, r.err):
            why = unsafe_bytes(data)
            if why:
                return why
        strange = [n for n in now if n not in files]
        if strange:
            return f"left behind: {strange}"
        half = [n for n in now if now[n] != files[n]]
        if r.code == OUT_OF_MEMORY:
            if b"out of memory" not in r.err:
                return f"exit 70 without a word on stderr: {r.err!r}"
            return f"half of an output file: {half}" if half else None
        if r.code == clean.code and r.out == clean.out:
            return f"other content in {half}" if half else None
        if r.code == BAD_INPUT and b"memory" in r.err:
            return f"half of an output file: {half}" if half else None
        return (f"exit {r.code} and {len(r.out)} bytes of output; undisturbed: exit {clean.code} "
                f"and {len(clean.out)} bytes; stderr {r.err[-300:]!r}")


def usable(paths, whole_clusters):
    """Cases that can be swept: they run here, do not play with memory themselves, and their shell
    lines are one command (a second would hide the status of the first). A sample leaves out the
    example clusters, whose runs take long."""
    for path in paths:
        case = Case(path)
        script = case.first("run").text.strip()
        if cli.missing(case) or "FAIL_ALLOC" in "".join(s.text for s in case.all("env")):
            continue
        if "@examples" in script and not whole_clusters:
            continue
        if len(script.splitlines()) == 1 and not any(w in script for w in (";", "|", "&&", ">")):
            yield case


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--sample", type=int, default=200)
    p.add_argument("--minutes", type=float, help="instead of --sample: as many as fit")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--case", action="append", help="only these case files")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = p.parse_args()
    sweep = Sweep(options)
    with open(options.program, "rb") as f:
        program = f.read()
    if b"PLIMSOLL_COUNT_ALLOC" not in program:
        print("skip: allocation failures: this is not a developer build")
        sys.exit(77)
    if b"__asan_init" in program:
        print("skip: libyaml's allocation failures: a sanitizer build has its own malloc")

    cases = list(usable(options.case or cli.collect([]), options.minutes or options.case))
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        counted = list(pool.map(sweep.count, cases))
    runs, total = [], 0
    for case, (clean, files, n) in zip(cases, counted):
        if clean is None:
            continue
        total += 2 * n
        runs += [(case, clean, files, i, mark) for i in range(1, n + 1) for mark in ("", "+")]
    if not runs:
        sys.exit("sweep.py: no allocation was counted, so nothing could be tested")
    random.Random(options.seed).shuffle(runs)
    if not options.minutes:
        runs = runs[:options.sample]
    deadline = time.monotonic() + 60 * (options.minutes or 1e6)

    def go(run):
        case, clean, files, i, mark = run
        if time.monotonic() > deadline:
            return run, None, False
        return run, sweep.fault(case, clean, files, {VARIABLE: f"{i}{mark}"}), True

    made, faults = 0, 0
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for (case, _, _, i, mark), why, done in pool.map(go, runs):
            made += done
            if why:
                faults += 1
                print(f"FAIL {os.path.relpath(case.path, cli.ROOT)} with {VARIABLE}={i}{mark}: "
                      f"{why}")
    print(f"{made} of {total} failures over {len(cases)} cases, {faults} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
