#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The configuration and its JSON Schema say the same.

    tests/config/run.py --program build/src/plimsoll [--update]

docs/schema/plimsoll-yaml.json is what `plimsoll rules -o schema` prints (--update rewrites it), and
a table of files is accepted or refused by both, the program's refusal with a place.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SCHEMA = os.path.join(HERE, "..", "..", "docs", "schema", "plimsoll-yaml.json")
POD = """apiVersion: v1
kind: Pod
metadata: {name: a}
spec: {containers: [{name: c, image: "i:1", resources: {limits: {memory: 1Gi}}}]}
"""
GOOD = [
    "",
    "# nothing but a comment\n",
    "rules:",
    "rules: {}",
    "rules: {image-latest: off}",
    "rules: {image-latest: 'off'}",
    "rules: {image-latest: false}",
    "rules:\n  image-latest: info\n  single-replica: error\n",
    "rules: {image-latest: {severity: warning}}",
    "rules: {image-latest: {}}",
    "rules: {pdb-missing: {severity: error, manyReplicas: 20}}",
    "rules: {pdb-missing: {manyReplicas: 1}}",
    "rules: {pdb-missing: {only: {namespaces: [prod-*]}}}",
    "rules: {pdb-missing: {exclude: {paths: [legacy/, '**/test/*.yaml'], namespaces: [dev]}}}",
    "exclude: {paths: [vendor, charts/*/templates]}",
    "exclude: {namespaces: [kube-system]}",
    "exclude:",
    "exclude: {}",
    "only: {paths: [apps]}",
    "only: {namespaces: [shop, 'prod-?']}",
    "sidecars: [house-proxy, log-shipper]",
    "sidecars: []",
    "sidecars:",
    "rules: {image-latest: off}\nexclude: {paths: [a]}\nonly: {paths: [b]}\nsidecars: [c]\n",
]
# The text, and what must be named after the place.
BAD = [
    ("- rules", "expected a map"),
    ("rules", "expected a map"),
    ("rule: {}", 'did you mean "rules"'),
    ("Rules: {}", 'did you mean "rules"'),
    ("excludes: {paths: [a]}", 'did you mean "exclude"'),
    ("failOn: warning", "failOn"),
    ("rules: []", "rules"),
    ("rules: {image-lastest: off}", 'did you mean "image-latest"'),
    ("rules: {nothing-like-it: off}", "nothing-like-it"),
    ("rules: {image-latest: on}", "not a severity"),
    ("rules: {image-latest: true}", "not a severity"),
    ("rules: {image-latest: fatal}", "not a severity"),
    ("rules: {image-latest: 1}", "not a severity"),
    ("rules: {image-latest: }", "not a severity"),
    ("rules: {image-latest: [off]}", "not a severity"),
    ("rules: {image-latest: {severity: fatal}}", "not a severity"),
    ("rules: {image-latest: {manyReplicas: 2}}", "manyReplicas"),
    ("rules: {pdb-missing: {manyReplica: 2}}", 'did you mean "manyReplicas"'),
    ("rules: {pdb-missing: {manyReplicas: 0}}", "whole number"),
    ("rules: {pdb-missing: {manyReplicas: 2147483648}}", "whole number"),
    ("rules: {pdb-missing: {manyReplicas: two}}", "whole number"),
    ("rules: {pdb-missing: {manyReplicas: '2'}}", "whole number"),
    ("rules: {pdb-missing: {manyReplicas: 2.5}}", "whole number"),
    ("rules: {pdb-missing: {manyReplicas: }}", "whole number"),
    ("rules: {pdb-missing: {only: [prod]}}", "only"),
    ("rules: {pdb-missing: {only: }}", "only"),
    ("rules: {pdb-missing: {only: {namespace: [prod]}}}", 'did you mean "namespaces"'),
    ("exclude: [vendor]", "exclude"),
    ("exclude: {path: [vendor]}", 'did you mean "paths"'),
    ("exclude: {paths: vendor}", "paths"),
    ("exclude: {paths: }", "paths"),
    ("exclude: {paths: [1]}", "1"),
    ("exclude: {paths: ['']}", "expected text"),
    ("exclude: {namespaces: [{a: b}]}", "expected text"),
    ("only: {rules: [a]}", "rules"),
    ("sidecars: house-proxy", "sidecars"),
    ("sidecars: [true]", "true"),
    ("sidecars: {a: b}", "sidecars"),
]


def refusal(program, text):
    """What the program says of the configuration, or None when it takes it."""
    with tempfile.TemporaryDirectory(prefix="plimsoll-config-") as folder:
        for name, content in (("pod.yaml", POD), ("c.yaml", text)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(content)
        done = subprocess.run([program, "check", "-f", "pod.yaml", "--config", "c.yaml"],
                              cwd=folder, capture_output=True, text=True, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    return done.stderr if done.returncode == 2 else None


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--update", action="store_true")
    o = p.parse_args()
    program = os.path.abspath(o.program)
    made = subprocess.run([program, "rules", "-o", "schema"], capture_output=True, text=True,
                          check=True, env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}).stdout
    if o.update:
        with open(SCHEMA, "w", encoding="utf-8") as f:
            f.write(made)
    faults = []
    with open(SCHEMA, encoding="utf-8") as f:
        if f.read() != made:
            faults.append("docs/schema/plimsoll-yaml.json is not what the rules are: make golden")
    for text in GOOD:
        said = refusal(program, text)
        if said:
            faults.append(f"refused: {text!r}: {said}")
    for text, wanted in BAD:
        said = refusal(program, text)
        if said is None:
            faults.append(f"accepted: {text!r}")
        elif not re.search(r"c\.yaml:\d+:\d+: ", said) or wanted not in said:
            faults.append(f"{text!r}: no place, or no word of {wanted!r}: {said}")
    try:
        import jsonschema
        import yaml
    except ImportError as e:
        print(f"skip: the schema against the table: {e}")
    else:
        schema = json.loads(made)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        for text, good in [(t, True) for t in GOOD] + [(t, False) for t, _ in BAD]:
            if validator.is_valid(yaml.safe_load(text)) != good:
                faults.append(f"the schema {'refuses' if good else 'accepts'} {text!r}")
    print("\n".join(faults + [f"{len(GOOD) + len(BAD)} configurations, {len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
