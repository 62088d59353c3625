#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds what a snapshot promises.

    tests/snapshot/run.py --program build/src/plimsoll [--only TEXT] [--every N]

Every case of every rule, and the example worlds, go through `snapshot` with and without --redact. The
findings must be the same: without --redact down to their fingerprints, with it by rule, severity and
number; and what simulate says of the worlds, the random ones too, must be equal, with --redact the load
line. No word of theirs may be left with --redact but the well-known ones (names.py). canary.yaml has a
telling word in every place where one can stand: none may be left with --redact, and what never belongs
into a snapshot may not be there without it either.
"""
import argparse
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

import names

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# What is wrong with a file, and not with the objects in it.
OF_FILES = {"duplicate-key"}
WORLDS = ["examples/black-friday", "examples/fixed", "examples/post-mortems"]


class Failed(Exception):
    pass


class Bench:
    def __init__(self, program, folder):
        self.program, self.folder, self.number = os.path.abspath(program), folder, 0

    def run(self, *args, text=None, may_fail=False):
        r = subprocess.run([self.program, *args], input=text, capture_output=True, cwd=self.folder,
                           check=False)
        if r.returncode not in ((0, 1, 2) if may_fail else (0, 1)):
            raise Failed(f"plimsoll {' '.join(args)}: exit {r.returncode}\n"
                         + r.stderr.decode("utf-8", "replace"))
        return r.stdout

    def findings(self, world, complete):
        out = self.run("check", "-f", world, *(["--complete"] if complete else []), "-o", "json",
                       may_fail=True)
        items = json.loads(out)["items"] if out.strip() else []  # nothing to judge: exit 2
        return [i for i in items if i["rule"] not in OF_FILES]

    def snapshots(self, world):
        plain, redacted = (os.path.join(self.folder, n) for n in ("plain.json", "redacted.json"))
        self.run("snapshot", "-q", "-f", world, "--to", plain)
        # Always the same pseudonyms, so that a run can be repeated.
        key = os.path.join(self.folder, "pseudonyms")
        with open(key, "w", encoding="utf-8") as f:
            f.write("not a secret\n")
        self.run("snapshot", "-q", "-f", world, "--redact-key", key, "--to", redacted)
        return plain, redacted


def differences(a, b):
    return [f"{k}: {a[k]} before, {b[k]} after" for k in sorted(set(a) | set(b)) if a[k] != b[k]]


def compare(bench, world, complete):
    before = bench.findings(world, complete)
    plain, redacted = bench.snapshots(world)
    wrong = []
    for what, path, key in (("snapshot", plain, lambda i: (i["rule"], i["severity"],
                                                           i["fingerprint"])),
                            ("--redact", redacted, lambda i: (i["rule"], i["severity"]))):
        after = bench.findings(path, complete)
        wrong += [f"{what}: {d}" for d in
                  differences(Counter(map(key, before)), Counter(map(key, after)))]
    wrong += [f"--redact: {line}" for line in left_in(plain, redacted)]
    return wrong, len(before)


def left_in(plain, redacted):
    with open(plain, encoding="utf-8") as f, open(redacted, encoding="utf-8") as g:
        return names.left_over(json.load(f), json.load(g))


def rule_cases():
    for path in sorted(glob.glob(os.path.join(ROOT, "src/rules/*/*.yaml"))):
        with open(path, encoding="utf-8") as f:
            parts = re.split(r"^(?=# case: )", f.read(), flags=re.M)
        for part in parts[1:]:
            title = part.split("\n", 1)[0][8:]
            yield f"{os.path.basename(path)}: {title}", part


def check_rules(bench, only, every):
    failed = total = 0
    for i, (name, text) in enumerate(rule_cases()):
        if i % every or only not in name or name.startswith("duplicate_key"):
            continue
        path = os.path.join(bench.folder, "case.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        wrong, n = compare(bench, path, re.search(r"^# complete", text, re.M))
        total += n
        for line in wrong:
            print(f"{name}: {line}")
        failed += bool(wrong)
    print(f"rules: {total} findings compared, {failed} cases differ")
    return failed


def simulated(bench, world):
    return json.loads(bench.run("simulate", "-f", world, "--remedies", "0", "-o", "json"))


def load_line(report):
    return {k: v for k, v in report["summary"].items() if not isinstance(v, (dict, list, str))}


def compare_simulated(bench, world):
    """The whole report of the plain snapshot, and the load line of the redacted one."""
    before = simulated(bench, world)
    plain, redacted = (simulated(bench, os.path.join(bench.folder, n))
                       for n in ("plain.json", "redacted.json"))
    wrong = [f"plain.json: simulate: {k} differs" for k in before
             if before[k] != plain.get(k)]
    line, after = load_line(before), load_line(redacted)
    return wrong + [f"redacted.json: {k}: {line[k]} before, {after.get(k)} after"
                    for k in line if line[k] != after.get(k)]


def check_worlds(bench, only):
    failed = 0
    for world in WORLDS:
        if only not in world:
            continue
        path = os.path.join(ROOT, world)
        wrong, n = compare(bench, path, False)
        if world != "examples/post-mortems":
            wrong += compare_simulated(bench, path)
        for line in wrong:
            print(f"{world}: {line}")
        print(f"{world}: {n} findings compared")
        failed += bool(wrong)
    return failed


def check_random(bench, count):
    """Worlds of tests/bench/world.py: nodes, workloads of all kinds, budgets, spread, usage."""
    failed = found = 0
    for seed in range(1, count + 1):
        path = os.path.join(bench.folder, "world.json")
        with open(path, "wb") as f:
            subprocess.run([sys.executable, os.path.join(ROOT, "tests/bench/world.py"),
                            str(5 + 2 * seed), str(40 * seed), str(seed)], stdout=f,
                           stderr=subprocess.DEVNULL, check=True)
        wrong, n = compare(bench, path, True)
        wrong += compare_simulated(bench, path)
        for line in wrong:
            print(f"random world {seed}: {line}")
        failed += bool(wrong)
        found += n
    print(f"random worlds: {count}, {found} findings compared, {failed} worlds differ")
    return failed + (not found)


def places(text, word):
    return [text[max(m.start() - 60, 0):m.end() + 40].replace("\n", " ")
            for m in re.finditer(word, text, re.I)]


def check_canary(bench):
    """canary: a name; never: what no snapshot holds."""
    world = os.path.join(HERE, "canary.yaml")
    with open(world, encoding="utf-8") as f:
        planted = len(places(f.read(), "canary"))
    plain, redacted = bench.snapshots(world)
    with open(plain, encoding="utf-8") as f:
        plain = f.read()
    with open(redacted, encoding="utf-8") as f:
        redacted = f.read()
    left = places(redacted, "canary|10\\.99\\.|172\\.20\\.|dead:beef")
    never = places(plain, "never") + places(redacted, "never")
    for p in left:
        print(f"canary: a name is left: {p}")
    for p in never:
        print(f"canary: what no snapshot may hold: {p}")
    if len(places(plain, "canary")) < 40:
        print("canary: the world does not show its names without --redact: the test is blind")
        return 1
    print(f"canary: {planted} names planted, {len(left) + len(never)} found")
    return len(left) + len(never)


def check_names(bench, worlds):
    """canary.yaml again and again, with names of every form."""
    plain, _ = bench.snapshots(os.path.join(HERE, "canary.yaml"))
    with open(plain, encoding="utf-8") as f:
        canary = json.load(f)
    failed = planted = 0
    for seed in range(worlds):
        made = names.Names(seed)
        path = os.path.join(bench.folder, "names.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(made.world(canary), f)
        plain, redacted = bench.snapshots(path)
        with open(plain, encoding="utf-8") as f:
            seen = names.still_there(made, f.read().replace("\\u00e9", "\u00e9"))
        with open(redacted, encoding="utf-8") as f:
            left = names.still_there(made, f.read())
        planted += len(seen)
        for name in left:
            print(f"names, world {seed}: {name!r} is left")
        for line in left_in(plain, redacted):
            print(f"names, world {seed}: {line}")
            failed += 1
        failed += len(left)
    print(f"names: {planted} planted in {worlds} worlds, {failed} found")
    return failed + (planted < 40 * worlds)


def check_forms(bench):
    """The same bytes by every way in and out; nothing but the owner may read the file."""
    world = os.path.join(ROOT, "examples/black-friday/checkout.yaml")
    key = os.path.join(bench.folder, "key")
    with open(key, "w", encoding="utf-8") as f:
        f.write("not a secret\n")
    args = ["snapshot", "-q", "-f", world, "--redact-key", key]
    want = bench.run(*args)
    names = {"to": "plain.json", "gz": "packed.json.gz"}
    for name in names.values():
        bench.run(*args, "--to", name)
    got = {}
    for how, name in names.items():
        path = os.path.join(bench.folder, name)
        if os.stat(path).st_mode & 0o777 != 0o600:
            print(f"forms: {name}: others may read it")
            return 1
        with open(path, "rb") as f:
            got[how] = gzip.decompress(f.read()) if how == "gz" else f.read()
    with open(world, "rb") as f:
        got["stdin"] = bench.run("snapshot", "-q", "--redact-key", key, text=f.read())
    bench.run(*args, "--to", "folder/")
    items = []
    for path in glob.glob(os.path.join(bench.folder, "folder/*.json")):
        with open(path, encoding="utf-8") as f:
            items += json.load(f)["items"]
    whole = json.loads(want)["items"]
    got["folder"] = want if sorted(map(json.dumps, items)) == sorted(map(json.dumps, whole)) else b""
    # ... and every way back in: a snapshot of the snapshot is the snapshot.
    for how, given in (("from gz", ["-f", "packed.json.gz"]), ("from stdin", [])):
        with open(os.path.join(bench.folder, "packed.json.gz"), "rb") as f:
            packed = f.read()
        again = bench.run("snapshot", "-q", *given, text=None if given else packed)
        got[how] = want if json.loads(again) == json.loads(want) else again
    found = [[i["fingerprint"] for i in bench.findings(n, False)]
             for n in ("packed.json.gz", "plain.json")]
    got["check"] = want if found[0] and found[0] == found[1] else b""
    with open(os.path.join(bench.folder, "cut.json.gz"), "wb") as f:
        f.write(packed[:len(packed) // 2])
    for verb in ("check", "snapshot"):
        r = subprocess.run([bench.program, verb, "-f", "cut.json.gz"], capture_output=True,
                           cwd=bench.folder, check=False)
        said = b"cut.json.gz: cannot be unpacked: the gzip text ends too early" in r.stderr
        got[f"{verb} of half a file"] = want if r.returncode == 2 and said else r.stderr
    wrong = [how for how, text in got.items() if text != want]
    left = [n for n in os.listdir(bench.folder) if n.startswith(".")]
    for how in wrong + left:
        print(f"forms: {how}: differs, or is left behind")
    print(f"forms: {len(got)} compared")
    return len(wrong) + len(left)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--program", required=True)
    p.add_argument("--only", default="")
    p.add_argument("--every", type=int, default=1, help="only each N-th case of a rule")
    args = p.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args.program, folder)
        failed = check_rules(bench, args.only, args.every) + check_worlds(bench, args.only)
        if not args.only:
            failed += check_canary(bench) + check_names(bench, 60 // args.every)
            failed += check_random(bench, max(1, 6 // args.every)) + check_forms(bench)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
