#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares random worlds with kube-scheduler's own code (tests/oracle/program).

usage: compare.py --fidelity build/tests/fidelity [--worlds N] [--seed S] [--seconds T] [--jobs J]
                  [--oracle PROGRAM] [--keep DIR] [--themes A,B]

Builds the oracle with Go when no --oracle is given (minutes, the first time). Worlds go in batches:
one process answers for all of a batch, one `fidelity --oracle` compares them, and what differs is
kept. With --seconds no batch is begun after so long. Exit status 0, 1 (a difference, or an oracle
that failed), 77 (Go or the modules are missing).
"""
import argparse
import hashlib
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.join(HERE, "program")
sys.path.append(PROGRAM)
import gen  # noqa: E402

THEMES = ["resources", "taints", "nodeaffinity", "podaffinity", "spread", "defaultspread",
          "portsimages", "preemption", "preempt-mix", "all", "extras", "ties", "volumes", "nominated",
          "waiting", "resized", "labelkeys", "mix", "mix", "drivers"]
BATCH = 100  # five of each theme


def build_oracle():
    """The oracle of these very sources, built once into the user's cache."""
    text = hashlib.sha256()
    for name in sorted(os.listdir(PROGRAM)):
        if name.endswith(".go") or name.startswith("go."):
            with open(os.path.join(PROGRAM, name), "rb") as f:
                text.update(f.read())
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    program = os.path.join(cache, "plimsoll", "oracle", text.hexdigest()[:16], "oracle")
    if os.path.exists(program):
        return program
    missing = None if shutil.which("go") else "Go is not installed"
    if not missing and subprocess.run(["go", "mod", "download"], cwd=PROGRAM, check=False).returncode:
        missing = "the Go modules cannot be downloaded"
    if missing:
        print("skip: oracle: " + missing)
        sys.exit(77)
    os.makedirs(os.path.dirname(program), exist_ok=True)
    part = f"{program}.{os.getpid()}"
    # As tests/cluster builds Kubernetes: what both need is compiled once.
    subprocess.run(["go", "build", "-trimpath", "-ldflags=-s -w", "-o", part, "."], check=True,
                   cwd=PROGRAM, env=dict(os.environ, CGO_ENABLED="0", GOFLAGS=""))
    os.replace(part, program)
    return program


def size(rng, theme):
    nodes = rng.randint(1, 30)
    full = theme in ("preemption", "preempt-mix", "ties")
    bound = rng.randint(0, nodes * (12 if full else 6))
    return nodes, bound, rng.randint(1, 14)


def generate(folder, seed, theme):
    nodes, bound, pending = size(random.Random(seed), theme)
    path = os.path.join(folder, f"r{seed}-{theme}.json")
    with open(path, "w", encoding="ascii") as f:
        gen.dump(gen.G(seed, theme, nodes, bound, pending).run(), f)
    return path


def answer(oracle, paths):
    """Lets the oracle write its answers; what it says of worlds that it refuses."""
    said = subprocess.run([oracle, "beside"], input="".join(p + "\n" for p in paths), text=True,
                          capture_output=True, env=dict(os.environ, GOMAXPROCS="1"))
    refused, answered = [], 0
    for line in said.stdout.splitlines():
        path, what = line.split("\t", 1)
        answered += 1
        if what != "answered":
            refused.append(f"{os.path.basename(path)}: {what}")
            os.unlink(path)
    if said.returncode or answered != len(paths):
        raise RuntimeError(f"the oracle ended with {said.returncode} at {paths[answered:][:1]}: "
                           f"{said.stderr.strip()[:2000]}")
    return refused


def batch(work):
    """(worlds, refused, passed, failed, lines) of one batch."""
    oracle, fidelity, keep, themes, seeds = work
    with tempfile.TemporaryDirectory(prefix="oracle-") as folder:
        paths = [generate(folder, s, themes[s % len(themes)]) for s in seeds]
        refused = answer(oracle, paths)
        out = subprocess.run([fidelity, "--oracle", folder], capture_output=True).stdout.decode()
        lines = out.splitlines()
        for name in {line.split()[0] for line in lines[:-1] if ".json " in line}:
            os.makedirs(keep, exist_ok=True)
            for part in (name, name.replace(".json", ".answer.json")):
                shutil.copy(os.path.join(folder, part), keep)
    words = lines[-1].split()
    return len(paths), len(refused), int(words[0]), int(words[2]), refused + lines[:-1]


def batches(a, oracle, themes, start):
    for first in range(a.seed, a.seed + a.worlds, BATCH):
        if a.seconds and time.monotonic() - start > a.seconds:
            return
        seeds = range(first, min(first + BATCH, a.seed + a.worlds))
        yield oracle, os.path.abspath(a.fidelity), os.path.abspath(a.keep), themes, seeds


def results(a, work):
    """What each batch gave; no batch is taken before a worker is free for it."""
    if a.jobs == 1:
        yield from map(batch, work)
        return
    with multiprocessing.Pool(a.jobs) as pool:
        waiting = []
        for w in work:
            waiting.append(pool.apply_async(batch, (w,)))
            if len(waiting) >= a.jobs:
                yield waiting.pop(0).get()
        for w in waiting:
            yield w.get()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--fidelity", required=True)
    p.add_argument("--worlds", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--seconds", type=float, default=0, help="begin no batch after so long; 0 = all")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    p.add_argument("--oracle")
    p.add_argument("--keep", default="oracle-differences")
    p.add_argument("--themes", default=",".join(THEMES))
    a = p.parse_args()
    oracle = a.oracle or build_oracle()
    sums, start = [0, 0, 0, 0], time.monotonic()
    for *numbers, lines in results(a, batches(a, oracle, a.themes.split(","), start)):
        sums = [x + y for x, y in zip(sums, numbers)]
        for line in lines:
            print(line)
        sys.stdout.flush()
    worlds, refused, passed, failed = sums
    minutes = (time.monotonic() - start) / 60
    print(f"{worlds} worlds ({refused} refused by the oracle), {worlds / max(minutes, 1e-9):.0f} a minute: "
          f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 or refused * 20 > worlds else 0


if __name__ == "__main__":
    sys.exit(main())
