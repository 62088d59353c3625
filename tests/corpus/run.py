#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real manifests, linters' fixtures and YAML test suites through the program.

    tests/corpus/run.py --program build/src/plimsoll --parse build/tests/corpus/corpus_parse

1. A file that libyaml reads, we read; PARSE-EXPECT.tsv's must-parse and must-fail hold. Reasoned
   exceptions stand in exceptions.tsv; one that is no longer needed is a fault.
2. `check` and `inspect` over every file, many at once: documented exit status, no crash, no hang,
   no control byte; a batch that fails is halved until the file is found.

The corpus is looked for in ../shared/corpus. Exit: 0, 1 faults, 77 no corpus.
"""
import argparse
import concurrent.futures
import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import run as cli  # noqa: E402
from case import unsafe_bytes  # noqa: E402

CORPUS = cli.CORPUS
KINDS = ("manifest", "lint-fixture", "yaml-conformance")
BATCH = 200
VERBS = (["check", "-o", "json"], ["inspect", "-o", "json"], ["check"])


def table(path):
    with open(path, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        return [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f]


def text_files():
    """Files of the kinds that hold YAML or JSON, below the corpus."""
    return [r["path"] for r in table(os.path.join(CORPUS, "INDEX.tsv"))
            if r["kind"] in KINDS or r["path"].endswith((".yaml", ".yml", ".json"))]


def parse_faults(parse):
    names = text_files()
    expected = {r["path"]: r["expected"]
                for r in table(os.path.join(CORPUS, "PARSE-EXPECT.tsv"))}
    excused = {r["path"]: r["reason"] for r in table(os.path.join(HERE, "exceptions.tsv"))}
    done = subprocess.run([parse], cwd=CORPUS, input="\n".join(names) + "\n", text=True,
                          encoding="utf-8", errors="replace", capture_output=True, check=False)
    if done.returncode:
        return [f"corpus_parse ended with {done.returncode}: {done.stderr[-2000:]}"]
    faults, used = [], set()
    for line in done.stdout.splitlines():
        ours, libyaml, name, message = line.split("\t", 3)
        wrong = None
        must_fail = expected.get(name, "").endswith("must-fail")
        if ours == "refused" and libyaml == "ok" and not must_fail:
            wrong = f"libyaml reads it, we refuse: {message}"
        elif ours == "refused" and expected.get(name) == "must-parse":
            wrong = f"must parse: {message}"
        elif ours == "ok" and expected.get(name) == "must-fail":
            wrong = "must fail, but we read it"
        if wrong and name in excused:
            used.add(name)
        elif wrong:
            faults.append(f"{name}: {wrong}")
    faults += [f"exceptions.tsv: {n} is no exception any more" for n in set(excused) - used]
    print(f"parse: {len(names)} files, {len(faults)} faults, {len(used)} reasoned exceptions")
    return faults


def run_batch(program, words, names):
    """Why the program failed on these files, or None."""
    command = [program, *words]
    for n in names:
        command += ["-f", n]
    try:
        r = subprocess.run(command, cwd=CORPUS, capture_output=True, stdin=subprocess.DEVNULL,
                           env=dict(os.environ, **cli.ENVIRONMENT), check=False,
                           timeout=10 + 0.05 * len(names) * cli.slowness(program))
    except subprocess.TimeoutExpired:
        return "does not end in time"
    if r.returncode not in (0, 1, 2):
        return f"status {r.returncode}: {r.stderr[-1500:].decode('utf-8', 'replace')}"
    for name, data in (("stdout", r.stdout), ("stderr", r.stderr)):
        why = unsafe_bytes(data)
        if why:
            return f"{name}: {why}"
    if "json" in words and r.stdout:
        try:
            json.loads(r.stdout)
        except ValueError as e:
            return f"stdout is no JSON: {e}"
    return None


def find(program, words, names):
    """The faults of a batch, told for single files where they show there too."""
    why = run_batch(program, words, names)
    if not why:
        return []
    if len(names) == 1:
        return [f"{names[0]}: plimsoll {' '.join(words)}: {why}"]
    half = len(names) // 2
    return (find(program, words, names[:half]) + find(program, words, names[half:])
            or [f"{names[0]} and {len(names) - 1} more, only together: {why}"])


def verb_faults(program, jobs):
    names = text_files()
    for words in VERBS:
        if subprocess.run([program, "help", words[0]], capture_output=True,
                          check=False).returncode:
            return [f"there is no verb {words[0]}"]
    batches = [(words, names[i:i + BATCH]) for words in VERBS
               for i in range(0, len(names), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = [f for part in pool.map(lambda b: find(program, *b), batches) for f in part]
    print(f"verbs: {len(names)} files in {len(batches)} runs, {len(found)} faults")
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--parse", required=True)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = p.parse_args()
    if not os.path.exists(os.path.join(CORPUS, "INDEX.tsv")):
        print("skip: corpus: ../shared/corpus is not here")
        sys.exit(77)
    faults = parse_faults(os.path.abspath(options.parse))
    faults += verb_faults(os.path.abspath(options.program), options.jobs)
    for f in faults[:60]:
        print("FAIL " + f)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
