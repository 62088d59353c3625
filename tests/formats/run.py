#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the outputs of `check` that other programs read against what those programs demand, and
against the findings of -o json.

    tests/formats/run.py --program build/src/plimsoll [--schema]

SARIF: every property that the standard and GitHub's code scanning require; with --schema also the
official JSON Schema of OASIS, as the Go module github.com/securego/gosec/v2 carries it (skipped
where Go, the network or Python's jsonschema is missing). JUnit: the counts and elements that GitLab
and Jenkins read. GitHub: lines are parsed back as the runner does. GitLab: the required fields.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import xml.etree.ElementTree as ElementTree

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from worlds import WORLDS  # noqa: E402

MODULE = "github.com/securego/gosec/v2@v2.30.0"
SCHEMA = "report/sarif/testdata/sarif-schema-2.1.0.json"
FORMATS = ("json", "sarif", "junit", "github", "gitlab")


def skip(why):
    print(f"skip: sarif-schema: {why}")
    sys.exit(77)


def official_schema():
    if not shutil.which("go"):
        skip("Go is not installed")
    with tempfile.TemporaryDirectory() as folder:
        got = subprocess.run(["go", "mod", "download", "-json", MODULE], cwd=folder,
                             env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"},
                             capture_output=True, text=True)
    try:
        path = os.path.join(json.loads(got.stdout)["Dir"], SCHEMA)
        with open(path, encoding="utf-8") as f:
            return json.load(f)
    except (ValueError, KeyError, OSError):
        skip(f"{MODULE} cannot be had")


def outputs(program, world, extra):
    """The text of each format, from one run that writes them all."""
    _, files, args = world
    with tempfile.TemporaryDirectory(prefix="plimsoll-formats-") as folder:
        for name, text in files.items():
            path = os.path.join(folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        os.symlink(os.path.join(ROOT, "examples"), os.path.join(folder, "examples"))
        command = [program, "check", *args, *extra, "-o", "text"]
        for f in FORMATS:
            command += ["-o", f"{f}=out.{f}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
        assert done.returncode in (0, 1, 2), done.stderr.decode()
        texts = {f: open(os.path.join(folder, f"out.{f}"), encoding="utf-8").read()
                 for f in FORMATS}
        return texts, done.stderr.decode()


def line_of(finding, key="line"):
    """As these formats are to have it: what helm wrote has the file of its template, and no line."""
    return None if "/templates/" in (finding["file"] or "") else finding[key]


def is_open(finding):
    return not finding["suppressed"] and not finding["known"]


def path_of(finding):
    return re.sub(r"^(\./)+", "", finding["file"]) if finding["file"] else "cluster"


def check_sarif(text, findings, listed):
    log = json.loads(text)
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "plimsoll" and driver["version"]
    rules = driver["rules"]
    assert len({r["id"] for r in rules}) == len(rules)
    for r in rules:
        for key in ("shortDescription", "fullDescription", "help"):
            assert r[key]["text"].strip(), (r["id"], key)
        assert r["help"]["markdown"].startswith("#")
        assert r["defaultConfiguration"]["level"] in ("error", "warning", "note")
    assert len(run["results"]) == len(listed)
    levels = {"error": "error", "warning": "warning", "info": "note"}
    for result, finding in zip(run["results"], listed):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding["rule"]
        assert result["level"] == levels[finding["severity"]]
        assert result["partialFingerprints"]["primaryLocationLineHash"] == finding["fingerprint"]
        # What a reader of SARIF shows: doubled braces are single ones, no placeholder is left.
        message = result["message"]["text"]
        assert not re.search(r"(?<!\{)\{\d+\}(?!\})", message), message
        assert finding["message"] in message.replace("{{", "{").replace("}}", "}")
        (place,) = result["locations"]
        artifact = place["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~/%-]+", artifact), artifact
        assert urllib.parse.unquote(artifact) == path_of(finding)
        region = place["physicalLocation"].get("region")
        assert (region or {}).get("startLine") == line_of(finding)
        assert (region or {}).get("startColumn") == line_of(finding, "column")
        assert bool(result.get("suppressions")) == (not is_open(finding))
    return log


def check_junit(text, findings, listed):
    root = ElementTree.fromstring(text)
    assert root.tag == "testsuites"
    cases = root.findall("testsuite/testcase")
    for element in [root] + root.findall("testsuite"):
        inside = element.findall(".//testcase")
        for name, tag in (("tests", None), ("failures", "failure"), ("errors", "error"),
                          ("skipped", "skipped")):
            found = len(inside) if not tag else sum(c.find(tag) is not None for c in inside)
            assert int(element.get(name)) == found, (element.attrib, name, found)
    assert cases, "an empty report is an error to Jenkins"
    failures = [c.find("failure").get("message") for c in cases if c.find("failure") is not None]
    wanted = [f["message"] for f in findings if is_open(f) and f["severity"] == "error"]
    assert sorted(failures) == sorted(wanted)
    files = sorted((c.get("file"), c.get("line") or "") for c in cases if c.get("file"))
    assert files == sorted((path_of(f), str(line_of(f) or "")) for f in findings)


def check_github(text, findings, listed):
    """As the runner's ActionCommand.TryParseV2 reads a line."""
    seen = []
    for line in text.splitlines():
        m = re.fullmatch(r"::(error|warning) ([^:]*)::(.*)", line)
        assert m, line
        properties = dict(p.split("=", 1) for p in m.group(2).split(","))
        for key, value in properties.items():
            for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","),
                               ("%25", "%")):
                value = value.replace(code, char)
            properties[key] = value
        message = m.group(3)
        for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
            message = message.replace(code, char)
        seen.append((m.group(1), properties, message))
    wanted = [f for f in findings if is_open(f) and f["severity"] != "info"]
    wanted.sort(key=lambda f: f["severity"] != "error")
    seen = [s for s in seen if s[1]["title"] not in ("unreadable", "not judged")]
    assert len(seen) == len(wanted)
    for (level, properties, message), finding in zip(seen, wanted):
        assert level == finding["severity"] and properties["title"] == finding["rule"]
        assert properties.get("file") == (path_of(finding) if finding["file"] else None)
        assert int(properties.get("line", 0)) == (line_of(finding) or 0)
        first, second = message.split("\n")
        assert first.endswith(finding["message"]) and second.startswith("fix: ")


def check_gitlab(text, findings, listed):
    entries = json.loads(text)
    assert len(entries) == len(listed)
    for entry, finding in zip(entries, listed):
        assert entry["check_name"] == finding["rule"]
        assert entry["fingerprint"] == finding["fingerprint"]
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert finding["message"] in entry["description"]
        path = entry["location"]["path"]
        assert path == path_of(finding) and not path.startswith("./")
        assert entry["location"]["lines"]["begin"] == (line_of(finding) or 1)


def check_not_listed(texts, said, report):
    """No format keeps to itself what the cluster would not list. GitLab's has no place for it."""
    for rule in report["summary"]["notJudged"]:
        for resource in rule["cannotList"]:
            clean = resource.split("{")[0]
            notes = json.loads(texts["sarif"])["runs"][0]["invocations"][0][
                "toolExecutionNotifications"]
            skipped = [c.find("skipped").get("message") for c in ElementTree.fromstring(
                texts["junit"]).iterfind(f"testsuite[@name='{rule['rule']}']/testcase")]
            lines = [m for m in texts["github"].splitlines() if m.startswith("::warning title=not")]
            for name, text in (
                    ("sarif", "".join(n["message"]["text"] for n in notes)),
                    ("junit", skipped[0] + rule["rule"]), ("github", "".join(lines)),
                    ("stderr beside gitlab", said)):
                assert clean in text and rule["rule"] in text, (name, rule)


CHECKS = {"sarif": check_sarif, "junit": check_junit, "github": check_github,
          "gitlab": check_gitlab}


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--schema", action="store_true")
    o = p.parse_args()
    program = os.path.abspath(o.program)
    validator = None
    if o.schema:
        try:
            import jsonschema
        except ImportError:
            skip("Python's jsonschema is not installed")
        schema = official_schema()
        validator = jsonschema.validators.validator_for(schema)(schema)
    faults = tried = 0
    for world in WORLDS:
        for extra in ([], ["--show-suppressed"]):
            texts, said = outputs(program, world, extra)
            report = json.loads(texts["json"])
            findings = report["items"]
            listed = [f for f in findings if extra or is_open(f)]
            for name, check in CHECKS.items():
                tried += 1
                try:
                    check_not_listed(texts, said, report)
                    log = check(texts[name], findings, listed)
                    if name == "sarif" and validator:
                        validator.validate(log)
                except Exception as e:  # noqa: BLE001 - every fault is told, whatever its kind
                    faults += 1
                    print(f"{world[0]} {extra}, {name}: {type(e).__name__}: {str(e)[:400]}")
    print(f"{tried} outputs, {faults} at fault"
          + ("; SARIF held against the schema of OASIS" if validator else ""))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
