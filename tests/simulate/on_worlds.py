#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""on_worlds.py PROGRAM NODES PODS [NODES PODS]...: runs a test on generated worlds.

Each world of tests/bench/world.py goes to PROGRAM (tests/simulate/pairs.c compares every
loss of two nodes as proved with the same as simulated; twin_test.c the simulation with its twin).
"""
import os
import subprocess
import sys
import tempfile

WORLD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bench",
                     "world.py")


def main():
    program, sizes, failed = sys.argv[1], sys.argv[2:], False
    for nodes, pods in zip(sizes[::2], sizes[1::2]):
        with tempfile.NamedTemporaryFile(suffix=".json") as world:
            subprocess.run([sys.executable, WORLD, nodes, pods], stdout=world,
                           stderr=subprocess.DEVNULL, check=True)
            failed |= subprocess.run([program, world.name], check=False).returncode != 0
    sys.exit(failed)


if __name__ == "__main__":
    main()
