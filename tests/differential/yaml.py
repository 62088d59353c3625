#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The YAML reader against Kubernetes' decoder, sigs.k8s.io/yaml, document by document.

    tests/differential/yaml.py --docdump build/tests/tools/docdump --work DIR [--random N]

Documents: odd scalars as values and keys, plain and tagged; anchors, merge keys and duplicates;
generated numbers; and those of ../shared/corpus where it is. Values must be the same to the digit,
and what one refuses the other must refuse, but for the reasons listed in EXCUSES.
Exit: 0, 1 differences, 77 no Go.
"""
import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(os.environ.get("PLIMSOLL_SHARED", os.path.join(os.path.dirname(ROOT), "shared")),
                      "corpus")

SCALARS = """
y Y yes Yes YES yEs n N no No NO nO true True TRUE tRUE false False FALSE on On ON oN off Off OFF oFF
~ null Null NULL nULL 0 -0 +0 00 1 -1 +1 07 08 09 010 0644 0o644 0O17 0o8 0o 0x1F 0X1f 0xg 0x 0x_1F -0x10 +0x10
0b101 0B101 0b2 -0b11 +0b11 0b-11 0b+11 -0b-1 0b 1_000 1__0 _1 1_ -_1 +_1 0_7 0x1_F 1_000.5 1_0e1_0
9223372036854775807 9223372036854775808 18446744073709551615 18446744073709551616 -9223372036854775808
-9223372036854775809 +9223372036854775807 +9223372036854775808 0x7fffffffffffffff 0xffffffffffffffff
0x10000000000000000 01777777777777777777777 0777777777777777777777777777
1.5 -1.5 +1.5 .5 -.5 +.5 5. -5. . -. +. - + .e1 .5e3 .5_5 .5e .5e+ 1e3 1E3 1e+3 1e-3 1e 1e+ 1.e3 1.5e3 +1e3
1.0 1.10 100.0 1e5 1e6 1e20 1e21 1e22 123456789e15 1e-5 1e-6 1e-7 0.000001 0.0000001 1e308 1e309 1e400 .5e400 1e-400
-1e400 0.1 0.10 0.30000000000000004 0.1000000000000000055511151231257827 123456789012345678901234567890
1.7976931348623157e308 4.9e-324 2.2250738585072014e-308 9007199254740993.0
0.0 -0.0 00.5 01.5 0e0 1e0 0x1p4 1e1.5 1.2.3 1..2 1-2 1+2 --1 ++1 +-1
.inf .Inf .INF +.inf -.inf -.INF .iNF inf Inf nan .nan .NaN .NAN .nAN -.nan infinity
1:30 12:30:45 190:20:30 190:20:30.15 -1:30 2001-01-01 2001-1-1 2001-12-14t21:59:43.10-05:00
2001-12-14T21:59:43Z 20011-01-01 1.2.3.4 10.0.0.1/24 1Gi 100m 1e3m 0.5 5% a << = ? : - 0.5Gi
1234567 1000000.0 1e6 0.0001 0.00001 123456.789 1e10 3.14159265358979 16777217.0 1.5e-10 .1 100000 999999.5
""".split()

TAGS = ["!!str", "!!int", "!!float", "!!bool", "!!null", "!!binary", "!custom", "!", "!!timestamp"]

DOCUMENTS = [
    "", "\n", "# only\n", "---\n", "--- # c\n", "---\n...\n", "~", "''", '"a\\tb\\u00e4\\x41\\n"', "'it''s'",
    "a: ''\nb: \"\"\nc:\nd: ~\n", "- a\n-\n- b\n", "{a: 1, b, c: }", "[a, [b, {c: d}], ]", "a: |\n  x\n   y\n\n  z\n\nb: >-\n  p\n  q\n",
    "a: |2\n   x\nb: |+\n  k\n\n\nc: 1\n", "a: 1\na: 2\n", "a: {b: 1}\na: {c: 2}\n", "a: &x 1\na: 2\nb: *x\n",
    "a: &x {p: 1, q: [1, 2]}\nb: *x\nc: {<<: *x, p: 2}\n", "x: &x {p: 1}\nc: {p: 2, <<: *x}\n",
    "x: &x {p: 1}\ny: &y {p: 2, q: 3}\nc: {<<: [*x, *y]}\nd: {<<: [*y, *x], r: 1}\n", "c: {<<: {a: 1}, b: 2}\n",
    "x: &x {p: 1}\nc:\n  <<: *x\n  <<: {p: 3}\n", "x: &x [1]\nc: {<<: *x}\n", "c: {<<: 1}\n", "c: {<<: [1]}\n", "c: {<<: }\n", "c: {'<<': {a: 1}}\n",
    "x: &x {a: &y {b: 1}, c: *y}\nd: *x\ne: *y\n", "a: &a [*a]\n", "a: *nope\n", "a: &a 1\nb: &a 2\nc: *a\n", "&k key: 1\n*k : 2\n", "&k key: 1\nb: {*k : 2}\n",
    "? a\n: b\n", "? [a]\n: b\n", "? {a: 1}\n: b\n", "null: 1\n", "~: 1\n", ": 1\n", "{: 1}\n", "1: a\n'1': a\n", "yes: 1\n", "1.5: x\n", "1e3: x\n", "!!str 1: x\n",
    "a: 'multi\n  line\n\n  text'\n", "a: \"multi\n  line \\\n  text\"\n", "a: plain\n  over\n\n  lines\n", "a:\tb\n", "\ta: b\n", "a: b\tc\n", "a: 'b\tc'\n",
    "\ufeffa: 1\n", "a: 1\r\nb: |\r\n  x\r\n  y\r\n", "a: \u00e4\u20ac\U0001f600\n\u00fc: 1\n", "a: \"\\ud83d\\ude00\"\n", "a: \x07\n", "a: \x85b\n", "a: \u2028b\n",
    "a: #x\n", "a: b#c\n", "a: b #c\n", "- - - a\n    - b\n", "a:\n- b\n- c:\n  - d\n", "%YAML 1.1\n---\na: 1\n", "%TAG ! tag:x,2000:\n---\n!a b\n", "a: !!map {b: 1}\n", "a: !!seq [1]\n",
    "a: !!set {b, c}\n", "a: !!binary aGVsbG8=\n", "a: !!binary /w==\n", "a: !!binary |\n  aGVs\n  bG8=\n", "a: !!binary a\n", "a: {{ .Values.x }}\n", "a: x{{ .name }}\n", "{\"a\": [1, 2.50, \"x\"]}",
    "a: @b\n", "a: `b\n", "a: %b\n", "a: &b\n", "a: &b c\n", "a: !!str\n", "a: !!int\n", "a: !!null\n", "a: !\n", "a: !x\n", "a: ? b\n", "a: - b\n", "a: b: c\n", "[a: b, c]\n", "a: [b\n", "a: 'b\n",
    "deep: " + "[" * 120 + "]" * 120, "- &a {a: 1}\n- {<<: [*a, *a], b: *a}\n",
]

# Where our answer differs on purpose: a pattern of the decoder's error, or of ours.
EXCUSES = [
    ("theirs", r"unsupported value: (\+Inf|-Inf|NaN)"),   # JSON cannot hold them; we keep .inf
    ("theirs", r"as a !!timestamp"),                      # read as strings anyway, so not checked
    ("theirs", r"found incompatible YAML document"),      # %YAML 1.2, which libyaml reads
    ("ours", r"unrendered Helm template"),                # says what it is before Kubernetes would
    ("ours", r"nested deeper than 128 levels"),
    ("ours", r"make the document more than 10 times larger|make more than 1,000,000"),
    ("ours", r"JSON: "),                                  # JSON that is none, and YAML neither
]
# The decoder's copy of libyaml takes a byte order mark inside a stream for text.
SKIPPED = {"yaml-tests/pyyaml/spec-05-02-utf8.data"}


def split(text):
    """Documents as the reader cuts them: at lines of "---" and "..."."""
    pieces, current, content = [], [], False
    for line in text.split(b"\n"):
        if re.match(rb"---([ \t\r]|$)", line):
            if content:
                pieces.append(b"\n".join(current) + b"\n")
                current = []
            content = True
        elif line.strip() and not content and not re.match(rb"\s*#|%", line):
            content = True
        current.append(line)
        if re.match(rb"\.\.\.([ \t\r]|$)", line):
            pieces.append(b"\n".join(current) + b"\n")
            current, content = [], False
    pieces.append(b"\n".join(current))
    return pieces


def corpus_documents():
    index = os.path.join(CORPUS, "INDEX.tsv")
    if not os.path.exists(index):
        print("skip: corpus: ../shared/corpus is not here")
        return
    with open(index, encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f][1:]
    for row in rows:
        if row[0] in SKIPPED or row[4] not in ("manifest", "lint-fixture", "yaml-conformance"):
            continue
        with open(os.path.join(CORPUS, row[0]), "rb") as f:
            text = f.read()
        if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
            continue
        for i, piece in enumerate(split(text)):
            yield f"{row[0]}#{i}", piece


def scalar_documents():
    for s in SCALARS:
        for form in ("{}", "a: {}\n", "[{}, x]", "{}: v\n", "- {}\n- {}\n", "'{}'", "a: !!str {}\n"):
            yield f"scalar {form!r}", form.replace("{}", s).encode()
        for tag in TAGS:
            yield "tagged", f"a: {tag} {s}\n".encode()
            yield "tagged", f'a: {tag} "{s}"\n'.encode()
    for d in DOCUMENTS:
        yield "document", d.encode("utf-8", "surrogatepass")


def random_documents(count):
    rng = random.Random(20261121)
    for _ in range(count):
        if rng.random() < 0.5:
            s = "".join(rng.choice("0123456789.eE+-_xobX:") for _ in range(rng.randint(1, 8)))
        else:
            digits = "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 22)))
            point = rng.randint(0, len(digits))
            s = rng.choice(["", "-", "+"]) + digits[:point] + rng.choice([".", ""]) + digits[point:]
            s += rng.choice(["", "", f"e{rng.randint(-330, 320)}"])
        yield "random", f"a: {s}\n".encode()


def ask(command, documents):
    data = b"".join(b"%d\n%s" % (len(d), d) for _, d in documents)
    done = subprocess.run(command, input=data, capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"{command}: {done.stderr.decode('utf-8', 'replace')[-2000:]}")
    lines = done.stdout.split(b"\n")[:-1]
    if len(lines) != len(documents):
        sys.exit(f"{command}: {len(documents)} questions, {len(lines)} answers")
    exact = {"parse_int": lambda s: ("number", s), "parse_float": lambda s: ("number", s)}
    return [json.loads(line.decode("utf-8", "replace"), **exact) for line in lines]


def is_json(text):
    try:
        json.loads(text, parse_constant=lambda s: 1 / 0)
    except (ValueError, ZeroDivisionError, RecursionError):
        return False
    return True


def rounded(value):
    """Numbers as doubles: JSON goes to Kubernetes without passing through YAML, digits untouched."""
    if isinstance(value, tuple):
        return float(value[1])
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def differs(ours, theirs, text):
    if "error" in ours and "error" in theirs:
        return None
    for side, pattern in EXCUSES:
        if re.search(pattern, (ours if side == "ours" else theirs).get("error", "")):
            return None
    if "error" in theirs:
        return f"refused there: {theirs['error']}"
    if "error" in ours:
        return f"refused here: {ours['error']}"
    if ours["value"] != theirs.get("value"):
        if text.lstrip()[:1] in (b"{", b"[") and is_json(text):
            if rounded(ours["value"]) == rounded(theirs["value"]):
                return None
        return f"ours   {json.dumps(ours['value'])[:600]}\n    theirs {json.dumps(theirs.get('value'))[:600]}"
    return None


def go_program(work):
    if not shutil.which("go"):
        print("skip: yaml differential: Go is not installed")
        sys.exit(77)
    program = os.path.join(os.path.abspath(work), "yaml2json")
    done = subprocess.run(["go", "build", "-o", program, "."], cwd=os.path.join(HERE, "yaml2json"),
                          capture_output=True, text=True, check=False)
    if done.returncode:
        print("skip: yaml differential: go build: " + done.stderr.strip().splitlines()[-1])
        sys.exit(77)
    return program


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--docdump", required=True)
    p.add_argument("--work", required=True)
    p.add_argument("--random", type=int, default=20000)
    options = p.parse_args()
    os.makedirs(options.work, exist_ok=True)
    go = go_program(options.work)
    documents = [*scalar_documents(), *random_documents(options.random), *corpus_documents()]
    ours = ask([options.docdump, "-s"], documents)
    theirs = ask([go], documents)
    faults = 0
    for (name, text), a, b in zip(documents, ours, theirs):
        why = differs(a, b, text)
        if why:
            faults += 1
            if faults <= 60:
                print(f"FAIL {name}: {text[:200]!r}\n    {why[:1500]}")
    print(f"{len(documents)} documents, {faults} differ")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
