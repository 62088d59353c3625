#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds docs/schema/{Scenario,UsageProfile,Recording}.json against what plimsoll reads: the fields that
the decoder's tables name are those of the schemas, and every Scenario of the examples and of the
documentation is valid.

Exit: 0, 1 something differs, 77 Python's yaml or jsonschema is missing (the fields are compared all
the same).
"""
import glob
import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCE = os.path.join(ROOT, "src/model/decode_plimsoll.c")


def fields_of_schema(node, into):
    if isinstance(node, dict):
        into.update(node.get("properties", {}))
        for v in node.values():
            fields_of_schema(v, into)
    elif isinstance(node, list):
        for v in node:
            fields_of_schema(v, into)


def load(name):
    with open(os.path.join(ROOT, "docs/schema", name + ".json"), encoding="utf-8") as f:
        return json.load(f)


def documents(yaml):
    for path in sorted(glob.glob(os.path.join(ROOT, "examples/scenarios/*.yaml"))):
        with open(path, encoding="utf-8") as f:
            for doc in yaml.safe_load_all(f):
                yield os.path.relpath(path, ROOT), doc
    with open(os.path.join(ROOT, "docs/scenario.md"), encoding="utf-8") as f:
        for block in re.findall(r"^```yaml\n(.*?)^```", f.read(), re.M | re.S):
            for doc in yaml.safe_load_all(block):
                yield "docs/scenario.md", doc


def main():
    schemas = {name: load(name) for name in ("Scenario", "UsageProfile", "Recording")}
    known = set()
    for schema in schemas.values():
        fields_of_schema(schema, known)
    known -= {"apiVersion", "kind", "metadata", "name", "spec"}
    with open(SOURCE, encoding="utf-8") as f:
        read = set(re.findall(r'FIELD(?:_AT|_OF|_INTO|_FN)?\(\s*"(\w+)"', f.read()))
    read -= {"kind", "name", "spec"}
    for field in sorted(known ^ read):
        print(f"{field}: " + ("not in the schemas" if field in read else "is not read"))
    if known != read:
        return 1
    try:
        import jsonschema
        import yaml
    except ImportError as e:
        print(f"skip: scenario: {e}")
        return 77
    count = bad = 0
    for where, doc in documents(yaml):
        count += 1
        for fault in jsonschema.Draft202012Validator(schemas[doc["kind"]]).iter_errors(doc):
            print(f"{where}: {'/'.join(map(str, fault.path))}: {fault.message}")
            bad += 1
    print(f"{len(read)} fields, {count} documents, {bad} faults")
    return 1 if bad or not count else 0


if __name__ == "__main__":
    sys.exit(main())
