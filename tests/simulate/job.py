#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does every pod of deploy/simulate-job.yaml what the manifest says, on the example cluster, and merges.

    job.py PROGRAM

The arguments are those of the manifest, $(JOB_COMPLETION_INDEX) replaced as the kubelet does, with fewer
runs and the example in place of the volume. The parts, merged, must be the report of all runs in one,
and the manifest must pass `plimsoll check`.
"""
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MANIFEST = os.path.join(ROOT, "deploy", "simulate-job.yaml")
RUNS = 60


def run(program, words):
    done = subprocess.run([program, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"FAIL {' '.join(words)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def main():
    program = sys.argv[1]
    with open(MANIFEST, encoding="utf-8") as f:
        text = f.read()
    block = re.search(r"^          args:\n((?:            - .*\n)+)", text, re.M).group(1)
    args = [line.strip()[2:] for line in block.splitlines()]
    completions = int(re.search(r"^  completions: (\d+)$", text, re.M).group(1))
    here = {"--file=/world": "--file=" + os.path.join(ROOT, "examples", "black-friday"),
            "--runs=100000": f"--runs={RUNS}"}
    if not all(word in args for word in here):
        sys.exit(f"FAIL the manifest's arguments are others: {args}")
    args = [here.get(word, word) for word in args]
    with tempfile.TemporaryDirectory(prefix="plimsoll-job-") as folder:
        parts = []
        for i in range(completions):
            words = [w.replace("$(JOB_COMPLETION_INDEX)", str(i)) for w in args]
            parts.append(os.path.join(folder, f"part-{i}.json"))
            with open(parts[-1], "w", encoding="utf-8") as f:
                f.write(run(program, words))
        merged = run(program, ["simulate", "merge", *parts, "--digest"])
    whole = [w for w in args if not w.startswith("--shard")] + ["--digest"]
    if run(program, whole) != merged:
        sys.exit("FAIL the merged report is not that of all runs in one")
    run(program, ["check", "-f", os.path.join(ROOT, "deploy"), "--complete", "--fail-on", "warning"])
    print(f"{completions} pods, {RUNS} runs, merged: the same report; the manifest is clean")


if __name__ == "__main__":
    main()
