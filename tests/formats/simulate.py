#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds the page and the JUnit report of `simulate` against its -o json, all of one run.

    tests/formats/simulate.py --program build/src/plimsoll

HTML: well formed, only the elements and attributes of the page, nothing that loads or runs, every
contingency that JSON has first, a size that a browser opens at once. JUnit: the counts that its
attributes state, and a case for each contingency with the verdict that JSON has. The worlds: the
examples, and one whose names are written to break out.
"""
import argparse
import html.parser
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VOID = {"meta", "br"}
SVG_LEAVES = {"path", "circle", "rect"}
ELEMENTS = VOID | SVG_LEAVES | set(
    "html head title style body main section h1 h2 h3 p dl dt dd div span table thead tbody tr th td "
    "details summary ol ul li time b i small code svg g text footer".split())
ATTRIBUTES = set(
    "lang charset name content http-equiv id class aria-label aria-labelledby aria-hidden role title "
    "viewbox width height d fill fill-opacity stroke stroke-width stroke-dasharray cx cy r x y "
    "text-anchor font-size font-weight".split())

HOSTILE = r"""
apiVersion: v1
kind: Node
metadata:
  name: "a<script>alert(1)</script>"
  labels: {topology.kubernetes.io/zone: "z\"><img src=x onerror=alert(1)>", karpenter.sh/nodepool: "p'&<b>\u202e"}
status: &status
  capacity: {cpu: "8", memory: 1000Mi, pods: "110"}
  allocatable: {cpu: "8", memory: 1000Mi, pods: "110"}
---
apiVersion: v1
kind: Node
metadata: {name: "b]]>&\u0007\0", labels: {topology.kubernetes.io/zone: "--><y", karpenter.sh/nodepool: "</style>"}}
status:
  capacity: {cpu: "8", memory: 1000Mi, pods: "110"}
  allocatable: {cpu: "8", memory: 1000Mi, pods: "110"}
---
apiVersion: v1
kind: Pod
metadata: {name: "</title><svg onload=x>", namespace: "<i>'\"", uid: u1, labels: {app: x}}
spec:
  nodeName: "a<script>alert(1)</script>"
  containers: [{name: "\"'><c> onclick=x", image: "app:1", resources: {requests: {memory: 100Mi}}}]
status: {phase: Running}
---
apiVersion: metrics.k8s.io/v1beta1
kind: PodMetrics
metadata: {name: "</title><svg onload=x>", namespace: "<i>'\""}
timestamp: "2026-11-21T09:30:00Z"
window: 30s
containers: [{name: "\"'><c> onclick=x", usage: {cpu: 10m, memory: 950Mi}}]
"""

BLACK_FRIDAY = ["-f", "examples/black-friday"]
FIXED = ["-f", "examples/fixed"]
RUNS = {
    "black-friday": BLACK_FRIDAY + ["--remedies", "0"],
    "fixed": FIXED + ["--remedies", "0", "--min-load-line", "1.05"],
    "gate": FIXED + ["--remedies", "0", "--min-load-line", "1.5"],
    "zones": FIXED + ["--remedies", "0", "--zones"],
    "leaks": BLACK_FRIDAY + ["--remedies", "0", "--leaks", "20Mi/min", "--until", "20m"],
    "surges": FIXED + ["--remedies", "0", "--surges", "1.5", "--elastic", "0.5"],
    "scenario": BLACK_FRIDAY + ["-f", "examples/scenarios", "--remedies", "0", "--scenario",
                                "black-friday-as-told"],
    "drain": FIXED + ["--remedies", "0", "--drain", "node/ip-10-0-1-11"],
    "hostile": ["-f", "hostile.yaml"],
    "no usage": ["-f", "nodes.yaml"],
}
# Monte Carlo runs.
MANY = {
    "runs": BLACK_FRIDAY + ["--runs", "40", "--max-outage", "10%"],
    "runs, gate": FIXED + ["--runs", "20", "--min-load-line", "0.1", "--max-outage", "100%"],
    "hostile runs": ["-f", "hostile.yaml", "--runs", "20"],
}
NODES = HOSTILE.split("---")[0].replace("&status", "")
faults = []


def fault(name, text):
    faults.append(name)
    print(f"FAIL {name}: {text}")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.text, self.style = [], [], [], ""

    def handle_starttag(self, tag, attrs):
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for key, value in attrs:
            if key not in ATTRIBUTES:
                self.wrong.append(f"<{tag} {key}={value}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        while self.open and self.open[-1] in ("p", "li") and self.open[-1] != tag:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes nothing")

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
        self.text.append(data)


def check_markup(name, page):
    """Returns the text of the page."""
    p = Page()
    p.feed(page)
    p.close()
    for wrong in p.wrong:
        fault(name, f"html: {wrong}")
    if p.open:
        fault(name, f"html: left open: {p.open}")
    if re.search(r"url\(|@import|https?:", p.style) or "Content-Security-Policy" not in page:
        fault(name, "html: something may be loaded")
    if re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e]", page):
        fault(name, "html: control characters")
    if len(page) > 1_000_000:
        fault(name, f"html: {len(page)} bytes")
    return "".join(p.text)


def check_page(name, page, report):
    text = check_markup(name, page)
    line = report["summary"]["loadLine"]
    if line is not None and not report["summary"]["loadLineIsLowerBound"]:
        shown = round(line * 10000) // 100 / 100  # rounded down: nobody is to load deeper
        if f"Load line {shown:.2f}" not in text:
            fault(name, f"html: load line {shown:.2f} is not there")
    for a in report["assumptions"]:
        if a["option"] and a["option"] not in text:
            fault(name, f"html: {a['option']} is not there")
    if name != "hostile":
        for item in report["items"][:500]:
            if item["name"] not in text:
                fault(name, f"html: {item['name']} is not there")


def check_counts(name, xml):
    """Returns the test cases by suite."""
    root = ElementTree.fromstring(xml)
    total = {"tests": 0, "failures": 0, "errors": 0}
    suites = {}
    for suite in root:
        cases = suites[suite.get("name")] = suite.findall("testcase")
        counts = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
                  "errors": len(suite.findall("testcase/error")),
                  "skipped": len(suite.findall("testcase/skipped"))}
        for key, value in counts.items():
            if int(suite.get(key)) != value:
                fault(name, f"junit: {suite.get('name')} {key}={suite.get(key)}, not {value}")
            if key in total:
                total[key] += value
    for key, value in total.items():
        if int(root.get(key)) != value:
            fault(name, f"junit: {key}={root.get(key)}, not {value}")
    return suites


def verdicts_of(cases):
    return {c.get("name"): c.find("failure") is None for c in cases}


def check_junit(name, xml, report, gate):
    suites = check_counts(name, xml)
    verdicts = verdicts_of(suites["contingencies"])
    if all(verdicts_of(suites["gate"]).values()) == gate:
        fault(name, "junit: the gate says something else than the exit status")
    wanted = {i["name"]: i["survived"] and not i["drainBlocked"] for i in report["items"]}
    if name == "hostile":
        wanted, verdicts = sorted(wanted.values()), sorted(verdicts.values())
    if wanted != verdicts:
        fault(name, "junit: other contingencies or verdicts than JSON")


def check_many(name, text, report, failed):
    page = check_markup(name, text["html"])
    suites = check_counts(name, text["junit"])
    if all(verdicts_of(suites["gates"]).values()) == failed:
        fault(name, "junit: the gates say something else than the exit status")
    outages = sorted(c["outages"] == 0 for c in report["contingencies"])
    if outages != sorted(verdicts_of(suites["contingencies"]).values()):
        fault(name, "junit: other contingencies or verdicts than JSON")
    share = report["summary"]["probabilityOfOutage"]["estimate"] * 100
    shown = re.search(r"Probability of an outage ([0-9.]+) %", page)
    if not shown or abs(float(shown[1]) - share) > 0.05:
        fault(name, f"html: {share} % is not there")
    for item in report["items"] if name != "hostile runs" else []:
        if item["name"] not in page:
            fault(name, f"html: {item['name']} is not there")


def check(program, name, args, folder):
    files = {kind: os.path.join(folder, f"out.{kind}") for kind in ("html", "junit", "json")}
    words = [os.path.join(folder if a.endswith(".yaml") else ROOT, a)
             if a.startswith("examples/") or a.endswith(".yaml") else a for a in args]
    done = subprocess.run(
        [program, "simulate", *words, *(w for k, f in files.items() for w in ("-o", f"{k}={f}"))],
        capture_output=True, text=True, check=False,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"})
    if done.returncode not in (0, 1) or done.stdout:
        fault(name, f"exit status {done.returncode}: {done.stdout}{done.stderr}")
        return
    text = {kind: open(f, encoding="utf-8").read() for kind, f in files.items()}
    report = json.loads(text["json"])
    if "--runs" in args:
        check_many(name, text, report, done.returncode == 1)
        return
    check_page(name, text["html"], report)
    check_junit(name, text["junit"], report,
                done.returncode == 1 and "--min-load-line" in args)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True)
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory(prefix="plimsoll-formats-") as folder:
        for name, text in (("hostile.yaml", HOSTILE), ("nodes.yaml", NODES)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        for name, args in {**RUNS, **MANY}.items():
            check(program, name, args, folder)
    print(f"{len(RUNS) + len(MANY)} runs, {len(faults)} faults")
    sys.exit(1 if faults else 0)


main()
