#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The direct way to read YAML against libyaml's events: same trees, positions, spans and errors.

    tests/differential/yaml_ways.py --program build/tests/differential/yaml_ways
        --documents tests/differential/yaml.py [--rounds N] [--seed N]

Texts: the documents of yaml.py and its odd scalars, the project's own YAML, and that of
../shared/corpus where it is; each as it is and changed at random.
Exit: 0, 1 differences.
"""
import argparse
import importlib.util
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORPUS = os.path.join(os.environ.get("PLIMSOLL_SHARED", os.path.join(os.path.dirname(ROOT), "shared")),
                      "corpus")


def own_documents(path, folder):
    """Writes yaml.py's documents to files."""
    spec = importlib.util.spec_from_file_location("yaml_documents", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for i, (_, text) in enumerate(module.scalar_documents()):
        name = os.path.join(folder, f"{i}.yaml")
        with open(name, "wb") as f:
            f.write(text)
        yield name


def yaml_below(folder):
    for at, folders, names in os.walk(folder):
        folders.sort()
        folders[:] = [d for d in folders if not d.startswith((".", "build"))]
        for name in sorted(names):
            if name.endswith((".yaml", ".yml", ".data")):
                yield os.path.join(at, name)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--documents", required=True)
    p.add_argument("--rounds", type=int, default=4)
    p.add_argument("--seed", type=int, default=1)
    o = p.parse_args()
    with tempfile.TemporaryDirectory() as work:
        names = list(own_documents(o.documents, work))
        names += [n for d in ("src", "tests", "examples", "deploy", "docs")
                  for n in yaml_below(os.path.join(ROOT, d))]
        if os.path.isdir(CORPUS):
            names += yaml_below(CORPUS)
        else:
            print("skip: corpus: ../shared/corpus is not here")
        done = subprocess.run([o.program, str(o.seed), str(o.rounds)], input="\n".join(names) + "\n",
                              text=True, errors="replace", stdout=subprocess.PIPE, check=False)
    print(done.stdout[-20000:] + (f"ended with {done.returncode}" if done.returncode not in (0, 1) else ""))
    sys.exit(0 if done.returncode == 0 else 1)


if __name__ == "__main__":
    main()
