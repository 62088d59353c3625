#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares random worlds with kube-scheduler's own code (tests/oracle/program) without end.

usage: random.py --fidelity build/tests/fidelity [--worlds N] [--seed S] [--oracle PROGRAM] [--keep DIR]

Builds the oracle with Go when no --oracle is given (minutes, the first time), then generates
worlds, asks the oracle and `fidelity --oracle`, and keeps every world that differs. Exit status 0,
1 (a difference), 77 (Go is missing).
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
THEMES = ["resources", "taints", "nodeaffinity", "podaffinity", "spread", "defaultspread",
          "portsimages", "preemption", "preempt-mix", "all", "extras", "ties", "volumes", "nominated"]
BATCH = 40


def build_oracle(cache):
    program = os.path.join(cache, "oracle")
    if os.path.exists(program):
        return program
    if not shutil.which("go"):
        print("skip: oracle: Go is not installed")
        sys.exit(77)
    os.makedirs(cache, exist_ok=True)
    env = dict(os.environ, CGO_ENABLED="0")
    subprocess.run(["go", "build", "-o", program, "."], check=True, env=env,
                   cwd=os.path.join(HERE, "program"))
    return program


def size(rng, theme):
    nodes = rng.randint(1, 30)
    full = theme in ("preemption", "preempt-mix", "ties")
    bound = rng.randint(0, nodes * (12 if full else 6))
    return nodes, bound, rng.randint(1, 14)


def world(oracle, folder, seed, theme):
    rng = random.Random(seed)
    nodes, bound, pending = size(rng, theme)
    stem = os.path.join(folder, f"r{seed}-{theme}")
    text = subprocess.run([sys.executable, os.path.join(HERE, "program", "gen.py"), str(seed), theme,
                           str(nodes), str(bound), str(pending)], check=True, capture_output=True)
    with open(stem + ".json", "wb") as f:
        f.write(text.stdout)
    answer = subprocess.run([oracle, "all", stem + ".json"], capture_output=True)
    if answer.returncode:
        print(f"{stem}: oracle: {answer.stderr.decode(errors='replace').strip()}")
        os.unlink(stem + ".json")
        return False
    json.loads(answer.stdout)
    with open(stem + ".answer.json", "wb") as f:
        f.write(answer.stdout)
    return True


def compare(fidelity, folder, keep):
    """Returns (passed, failed) and keeps what differs."""
    out = subprocess.run([fidelity, "--oracle", folder], capture_output=True).stdout.decode()
    lines = out.splitlines()
    for name in {line.split()[0] for line in lines[:-1] if ".json " in line}:
        os.makedirs(keep, exist_ok=True)
        for part in (name, name.replace(".json", ".answer.json")):
            shutil.copy(os.path.join(folder, part), keep)
    for line in lines[:-1]:
        print(line)
    words = lines[-1].split()
    return int(words[0]), int(words[2])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--fidelity", required=True)
    p.add_argument("--worlds", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--oracle")
    p.add_argument("--keep", default="oracle-differences")
    p.add_argument("--themes", default=",".join(THEMES))
    a = p.parse_args()
    cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")),
                         "plimsoll-oracle")
    oracle = a.oracle or build_oracle(cache)
    themes = a.themes.split(",")
    passed = failed = unread = 0
    for first in range(a.seed, a.seed + a.worlds, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            for seed in range(first, min(first + BATCH, a.seed + a.worlds)):
                unread += not world(oracle, folder, seed, themes[seed % len(themes)])
            good, bad = compare(a.fidelity, folder, a.keep)
        passed += good
        failed += bad
    print(f"{a.worlds} worlds ({unread} refused by the oracle), {passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
