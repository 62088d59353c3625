#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Builds upstream/main.go (the real resource.ParseQuantity) and compares it with PROGRAM (lines.c).

Skips, with the reason, where Go 1.26 is missing or its modules cannot be had.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NEEDED = (1, 26)


def skip(why):
    print(f"skip: quantity-diff: {why}")
    sys.exit(77)


def check_go():
    if not shutil.which("go"):
        skip("Go is not installed")
    # Not the toolchain that a go.mod asks for: nothing is downloaded for this.
    version = subprocess.run(["go", "version"], capture_output=True, text=True, cwd="/",
                             env={**os.environ, "GOTOOLCHAIN": "local"})
    found = re.search(r"go(\d+)\.(\d+)", version.stdout)
    if not found or tuple(map(int, found.groups())) < NEEDED:
        skip(f"Go 1.26 is needed, there is {version.stdout.strip() or 'none that runs'}")


def build(to):
    env = {**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    got = subprocess.run(["go", "mod", "download"], cwd=f"{HERE}/upstream", env=env,
                         capture_output=True, text=True)
    if got.returncode:
        reason = (got.stderr.strip() or "go mod download failed").splitlines()[-1]
        skip(f"the modules cannot be downloaded: {reason}")
    subprocess.run(["go", "build", "-o", to, "."], cwd=f"{HERE}/upstream", env=env, check=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--program", required=True)
    p.add_argument("-n", type=int, default=1000000)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    check_go()
    with tempfile.TemporaryDirectory() as folder:
        upstream = os.path.join(folder, "quantity-diff")
        build(upstream)
        sys.exit(subprocess.run([upstream, "-n", str(o.n), "-seed", str(o.seed),
                                 os.path.abspath(o.program)]).returncode)


main()
