#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check --fix as it is used: diffs that patch and git apply take, files that change in place and
only once, and real manifests.

    tests/fix/run.py --program build/src/plimsoll diff      patch -p1 and git apply make of the old
                                                            files what --fix makes of them
    tests/fix/run.py --program ... --corpus fix_corpus corpus
                                                            all manifests of ../shared/corpus, if
                                                            it is there

Exit status 77 or a line `skip: ...` = what cannot run here.
"""
import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLE = os.path.join(ROOT, "examples", "black-friday")

WEB = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: registry.example.com/web:v1
        livenessProbe: # a comment
          httpGet: {path: /live, port: 8080}
          # the end"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n"


def write_tree(folder):
    """Names and line ends that trip up programs that make or read diffs."""
    files = {
        "plain.yaml": WEB + "\n",
        "no-newline.yaml": WEB.replace("name: web", "name: bare"),
        "crlf.yaml": WEB.replace("name: web", "name: crlf").replace("\n", "\r\n") + "\r\n",
        "with space.yaml": WEB.replace("name: web", "name: space") + "\n",
        "quote\"d.yaml": WEB.replace("name: web", "name: quoted") + "\n",
        "h\u00f6he.yaml": WEB.replace("name: web", "name: umlaut") + "\n",
        "deep/er/one.yaml": WEB.replace("name: web", "name: deep") + "\n",
        "ns.yaml": NAMESPACE,
    }
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        text = text.replace("app: web", "app: " + str(abs(hash(name)) % 10**6))
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)


def run(words, folder, **more):
    return subprocess.run(words, cwd=folder, capture_output=True, timeout=120, check=False, **more)


def same_tree(a, b):
    """Names of files that differ."""
    bad = []
    for folder, _, names in os.walk(a):
        for name in names:
            path = os.path.join(folder, name)
            other = os.path.join(b, os.path.relpath(path, a))
            if not os.path.exists(other) or not filecmp.cmp(path, other, shallow=False):
                bad.append(os.path.relpath(path, a))
    return bad


def check_tree(program, make, tool, apply, options):
    """None, or what is wrong when `tool` applies the diff of a tree."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-fix-") as work:
        old, new = os.path.join(work, "old"), os.path.join(work, "new")
        make(os.path.join(old, "d"))
        shutil.copytree(old, new)
        check = [program, "check", *options, "-f", "d"]
        dry = run(check + ["--dry-run"], old)
        if dry.returncode not in (0, 1) or not dry.stdout:
            return f"--dry-run: exit {dry.returncode}, {dry.stderr.decode()[-300:]}"
        if same_tree(old, new):
            return "--dry-run changed files"
        wet = run(check, new)
        if wet.returncode not in (0, 1):
            return f"--fix: exit {wet.returncode}, {wet.stderr.decode()[-300:]}"
        if not same_tree(old, new):
            return "--fix changed nothing"
        done = run(apply, old, input=dry.stdout)
        if done.returncode != 0:
            return f"{tool} refused the diff: {(done.stdout + done.stderr).decode()[-400:]}"
        if same_tree(old, new):
            return f"{tool} made other files than --fix: {same_tree(old, new)}"
        again = os.path.join(work, "again")
        shutil.copytree(new, again)
        run(check, new)
        left = [n for f, _, names in os.walk(new) for n in names if n.startswith(".")]
        return f"a second --fix changed {same_tree(new, again)}" if same_tree(new, again) else (
            f"left behind: {left}" if left else None)


def diffs(program):
    tools = {"patch": ["patch", "-p1", "--no-backup-if-mismatch", "-s", "--binary"],
             "git": ["git", "apply", "-"]}
    trees = {"odd names": (write_tree, ["--fix"]),
             "black-friday": (lambda d: shutil.copytree(EXAMPLE, d),
                              ["--fix=all", "--memory-limit", "64Gi"])}
    failed = 0
    for tool, apply in tools.items():
        if not shutil.which(tool):
            print(f"skip: {tool}: it is not installed")
            continue
        for name, (make, options) in trees.items():
            why = check_tree(program, make, tool, apply, options)
            print(f"{'FAIL' if why else 'ok'} {tool}, {name}{': ' + why if why else ''}")
            failed += why is not None
    return 1 if failed else 0


def corpus(program):
    folder = os.path.join(os.path.dirname(ROOT), "shared", "corpus")
    if not os.path.isdir(folder):
        print("skip: corpus: ../shared/corpus is not there")
        return 77
    return subprocess.run([program, folder], check=False).returncode


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--corpus")
    p.add_argument("part", choices=["diff", "corpus"])
    args = p.parse_args()
    if args.part == "corpus":
        sys.exit(corpus(os.path.abspath(args.corpus)))
    sys.exit(diffs(os.path.abspath(args.program)))


if __name__ == "__main__":
    main()
