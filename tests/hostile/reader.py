#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hostile and huge input against the document readers, through docdump -q.

    tests/hostile/reader.py --docdump build/tests/tools/docdump [--slow FACTOR]

Each bomb must be refused or read within its time and memory; for each growth, twice the size may
take at most 2.5 times the CPU time (best of several runs, so that a busy machine does not matter).
What takes longer is measured again at twice the sizes: what is not linear is over the bound there all
the more, and what was the noise of a short run is not.
FACTOR stretches the times, for builds with sanitizers. Exit: 0, 1 faults.
"""
import argparse
import os
import resource
import subprocess
import sys
import tempfile

MIB = 1 << 20
LINE = 100 * MIB


def chain(n):
    """An alias bomb: each anchor has nine aliases of the one before."""
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]" for i in range(1, n)]
    return "\n".join(lines) + "\n"


# name: (text, seconds, MiB of memory, must be refused)
BOMBS = {
    "100,000 brackets": (lambda: "[" * 100000, 1, 64, True),
    "100,000 brackets on lines of their own": (lambda: "[\n" * 100000, 1, 64, True),
    "100,000 braces": (lambda: "{" * 100000, 1, 64, True),
    "100,000 nested keys": (lambda: "{a: " * 100000, 1, 64, True),
    "100,000 nested JSON arrays": (lambda: "[" * 100000 + "]" * 100000, 1, 64, True),
    "1,000,000 brackets": (lambda: "[" * 1000000, 1, 64, True),
    "100,000 block sequences": (lambda: "- " * 100000 + "x\n", 1, 64, True),
    "100,000 complex keys": (lambda: "? " * 100000 + "x\n", 1, 64, True),
    "brackets in a block scalar": (lambda: "a: |\n  " + "[" * 100000 + "\n", 1, 64, False),
    "brackets in a comment": (lambda: "a: 1 # " + "[" * 100000 + "\n", 1, 64, False),
    "brackets in quotes": (lambda: "a: '" + "[" * 100000 + "'\n", 1, 64, False),
    "brackets in a plain scalar": (lambda: "a: x" + "[" * 100000 + "\n", 1, 64, False),
    "brackets in a JSON string": (lambda: '{"a":"' + "[" * 100000 + '"}', 1, 64, False),
    "40,000 anchors": (lambda: "".join(f"- &a{i} x\n" for i in range(40000)), 1, 64, False),
    "40,000 anchors and aliases": (
        lambda: "".join(f"- &a{i} x\n- *a{i}\n" for i in range(40000)), 1, 64, False),
    "alias bomb 9^9": (lambda: chain(9), 1, 64, True),
    "alias bomb 9^10": (lambda: chain(10), 1, 64, True),
    "alias bomb of 100 levels": (lambda: chain(100), 1, 64, True),
    "merge bomb": (lambda: "a: &a {" + ",".join(f"k{i}: 1" for i in range(1000)) + "}\n"
                   + "b: {<<: [" + ",".join(["*a"] * 5000) + "]}\n", 1, 64, True),
    "alias of itself": (lambda: "a: &a [*a]\n", 1, 64, True),
    "40,000 tag directives": (
        lambda: "".join(f"%TAG !t{i}! tag:x,{i}:\n" for i in range(40000)) + "---\na\n", 1, 64, True),
    "tag directives on lines of CR": (
        lambda: "".join(f"%TAG !t{i}! tag:x,{i}:\r" for i in range(40000)) + "---\ra\n", 1, 64, True),
    "NUL bytes": (lambda: "a: b\0c\n" * 1000, 1, 64, True),
    "a number of 1,000,000 digits": (lambda: "a: " + "1" * 1000000 + "\n", 1, 64, False),
    "the same in JSON": (lambda: '{"a": ' + "1" * 1000000 + "}", 1, 64, False),
    "numbers that round": (lambda: "a: 0.12345678901234567e-300\n" * 20000, 1, 64, False),
    "a key of 1 MiB": (lambda: "? " + "k" * MIB + "\n: v\n", 1, 64, False),
    "a JSON line of 100 MiB": (lambda: '{"a":"' + "x" * LINE + '"}', 2, 300, False),
    "a JSON line of 100 MiB that is none": (lambda: '{"a":"' + "x" * LINE + '"', 4, 300, True),
    # libyaml alone takes 1.3 to 2.2 s of these.
    "a plain scalar of 100 MiB": (lambda: "a: " + "x" * LINE + "\n", 4, 310, False),
    "a comment of 100 MiB": (lambda: "a: 1 # " + "x" * LINE + "\n", 4, 210, False),
}


def items(text):
    return lambda n: "".join(text.replace("@", str(i)) for i in range(n))


# name: (text of size n, n). Sizes take some tens of milliseconds.
GROWTHS = {
    "documents": (items("---\nkind: Pod\nmetadata: {name: a@}\n"), 4000),
    "empty documents": (items("---\n"), 20000),
    "end markers": (items("...\n"), 100000),
    "a sequence": (items("- a@\n"), 40000),
    "keys of a block map": (items("k@: v\n"), 40000),
    "the same key again and again": (items("k: v\n"), 60000),
    "keys of a JSON map": (lambda n: "{" + ",".join(f'"k{i}":{i}' for i in range(n)) + "}", 100000),
    "JSON items": (lambda n: "[" + ",".join('{"a":[1,2,{"b":"c"}]}' for i in range(n)) + "]", 50000),
    "JSON strings of escapes": (lambda n: '["' + "\\n\\u00e4" * n + '"]', 500000),
    "JSON values one after the other": (items('{"a":@}\n'), 100000),
    "a flow sequence on one line": (lambda n: "[" + "a, " * n + "]", 60000),
    "a flow map on one line": (lambda n: "x: {" + ", ".join(f"k{i}: v" for i in range(n)) + "}", 30000),
    "anchors": (items("- &a@ x\n"), 30000),
    "anchors of one name": (items("- &a x\n- *a\n"), 20000),
    "merge keys": (lambda n: "a: &a {p: 1, q: 2}\n" + "".join(f"k{i}: {{<<: *a}}\n" for i in range(n)), 10000),
    "aliases of a small map": (lambda n: "- &a {p: 1, q: [2]}\n" + "- *a\n" * n, 20000),
    "comments": (items("# comment @\n"), 60000),
    "comments inside": (items("- a # comment @\n"), 30000),
    "blank lines": (lambda n: "a: 1\n" + "\n" * n + "b: 2\n", 500000),
    "a literal scalar": (lambda n: "a: |\n" + "  a line of text\n" * n, 50000),
    "a folded scalar": (lambda n: "a: >\n" + "  a line\n\n" * n, 50000),
    "a quoted scalar on many lines": (lambda n: 'a: "' + "x\n\n  " * n + '"\n', 100000),
    "a plain scalar on many lines": (lambda n: "a: x\n" + "  y\n\n" * n, 100000),
    "non-ASCII text": (items("\u00e4@: \u20ac \U0001f600\n"), 30000),
    "lone carriage returns": (items("k@: v\r"), 40000),
    "tags": (items("- !!str @\n"), 30000),
    "numbers of odd forms": (items("- 0x@\n- 1.5e@\n"), 20000),
    "broken documents": (items("---\na: [\n"), 8000),
    "template actions": (lambda n: "a: |\n" + "  {{ x }}\n" * n + "b: [\n", 60000),
    "braces": (lambda n: "a: '" + "{ {" * n + "'\n", 300000),
    "directives": (items("%YAML 1.1\n---\na: @\n...\n"), 4000),
}


def run(docdump, path):
    """(CPU seconds, wall-free peak RSS in bytes, refused)"""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_STACK, (256 * 1024, 256 * 1024))
        os.dup2(write, 1)
        os.execv(docdump, [docdump, "-q", path])
    os.close(write)
    with os.fdopen(read) as f:
        out = f.read()
    _, status, usage = os.wait4(pid, 0)
    if status:
        return None
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, not out.endswith("\t0 errors\n")


def write_text(folder, text):
    path = os.path.join(folder, "input.yaml")
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write(text)
    return path


def bombs(options, folder, faults):
    for name, (make, seconds, mib, refused) in BOMBS.items():
        path = write_text(folder, make())
        got = run(options.docdump, path)
        if not got:
            faults.append(f"{name}: docdump failed")
            continue
        cpu, rss, was_refused = got
        print(f"{name:<42} {cpu:7.3f} s {rss / MIB:7.1f} MiB  {'refused' if was_refused else 'read'}")
        if cpu > seconds * options.slow:
            faults.append(f"{name}: {cpu:.2f} s, allowed {seconds}")
        if rss > mib * MIB and options.slow == 1:
            faults.append(f"{name}: {rss / MIB:.0f} MiB, allowed {mib}")
        if was_refused != refused:
            faults.append(f"{name}: was {'refused' if was_refused else 'read'}")


def growth(options, folder, make, n):
    """(CPU seconds of n, of 2n, their ratio), or None where docdump fails"""
    best = {}
    for _ in range(25):  # one good round is enough; a busy machine spoils many short ones
        for size in (n, 2 * n):
            got = run(options.docdump, write_text(folder, make(size)))
            if not got:
                return None
            best[size] = min(best.get(size, 1e9), got[0])
        # What every run costs is no growth.
        ratio = best[2 * n] / max(best[n], 0.004)
        if ratio <= 2.3:
            break
    return best[n], best[2 * n], ratio


def growths(options, folder, faults):
    for name, (make, n) in GROWTHS.items():
        for size in (n, 2 * n):
            got = growth(options, folder, make, size)
            if not got:
                faults.append(f"{name}: docdump failed")
                break
            print(f"{name:<42} {got[0]:7.3f} s {got[1]:7.3f} s  x {got[2]:.2f}")
            if got[2] <= 2.5:
                break
        else:
            faults.append(f"{name}: twice the size takes {got[2]:.2f} times as long")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--docdump", required=True)
    p.add_argument("--slow", type=float, default=1)
    options = p.parse_args()
    options.docdump = os.path.abspath(options.docdump)
    faults = []
    with tempfile.TemporaryDirectory(prefix="plimsoll-") as folder:
        bombs(options, folder, faults)
        growths(options, folder, faults)
    for f in faults:
        print("FAIL " + f)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
