#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How often each rule speaks on real manifests, and where linters' own expectations differ.

    tests/corpus/rules.py --program build/src/plimsoll [--update]

1. Every folder of the collection's manifests is one input of `check`. A rule that speaks up as
   error or warning on more than half of the workloads must be justified in JUSTIFIED.
2. Each expectation of kube-score, checkov and kubescape (EXPECT.tsv) whose rule peers.tsv maps to
   ours is compared; a difference that disagreements.tsv does not explain is a fault, and so is an
   explanation that is needed no more.

3. docs/two-projects.md lists the findings on two projects and must say something of each rule.

--update writes the tables between the markers of the pages; without it, they are compared.
The corpus is looked for in ../shared/corpus. Exit: 0, 1 faults, 77 no corpus.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "cli"))
import run as cli  # noqa: E402

CORPUS = cli.CORPUS
DOCS = os.path.join(ROOT, "docs")
# Rules that speak as error or warning on more than half of the workloads, and why that is right.
JUSTIFIED = {
    "memory-limit-missing": "Most of the collection's manifests are examples and tests that set no resources at all. "
                            "It is the fault that all five post-mortems begin with, and nothing else stops a leak.",
    "memory-request-missing": "The same manifests. Without a request the scheduler sees nothing, and the loss of one "
                              "node overloads the next.",
}


def table(path):
    with open(path, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        return [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f if line.strip()]


def check(program, paths, *more):
    command = [program, "check", "-o", "json", "--fail-on", "never", *more]
    for p in paths:
        command += ["-f", p]
    r = subprocess.run(command, cwd=CORPUS, capture_output=True, stdin=subprocess.DEVNULL,
                       env=dict(os.environ, **cli.ENVIRONMENT), check=False)
    if r.returncode not in (0, 2):  # 2: some of the files cannot be read
        sys.exit(f"FAIL plimsoll {' '.join(command[1:])}: status {r.returncode}: "
                 + r.stderr[-1500:].decode("utf-8", "replace"))
    return json.loads(r.stdout) if r.stdout else {"summary": {"workloads": 0}, "items": []}


def rule_ids(program):
    out = subprocess.run([program, "rules"], capture_output=True, text=True, check=True).stdout
    return [line.split()[0] for line in out.splitlines()[1:]]


# ---- how often ----

def folders():
    found = collections.defaultdict(list)
    for r in table(os.path.join(CORPUS, "INDEX.tsv")):
        if r["kind"] == "manifest":
            found[os.path.dirname(r["path"])].append(r["path"])
    return sorted(found.items())


def count(program, jobs):
    inputs = folders()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        results = list(pool.map(lambda i: check(program, i[1]), inputs))
    seen = {"files": sum(len(p) for _, p in inputs), "folders": len(inputs),
            "workloads": sum(r["summary"].get("workloads", 0) for r in results)}
    found = collections.defaultdict(lambda: [collections.Counter(), set(), set()])
    for (folder, _), result in zip(inputs, results):
        for item in result["items"]:
            by_severity, objects, loud = found[item["rule"]]
            by_severity[item["severity"]] += 1
            o = item["object"] or {}
            key = (folder, item["file"], o.get("kind"), o.get("namespace"), o.get("name"))
            objects.add(key)
            if item["severity"] != "info":
                loud.add(key)
    return seen, found


def frequency(program, jobs):
    seen, found = count(program, jobs)
    faults, lines, because = [], [], []
    for rule in rule_ids(program):
        by_severity, objects, loud = found[rule]
        share = 100 * len(loud) / max(1, seen["workloads"])
        if share > 50 and rule not in JUSTIFIED:
            faults.append(f"{rule} is an error or a warning on {share:.0f} % of the workloads, and nothing says why")
        if share <= 50 and rule in JUSTIFIED:
            faults.append(f"{rule} needs no justification any more ({share:.0f} %)")
        if share > 50:
            because.append(f"- `{rule}` ({share:.0f} %): {JUSTIFIED[rule]}")
        cells = [str(by_severity[s] or "") for s in ("error", "warning", "info")]
        lines.append(f"| `{rule}` | {' | '.join(cells)} | {len(objects) or ''} | {f'{share:.0f} %' if loud else ''} |")
    head = [f"{seen['files']:,} files in {seen['folders']:,} folders, {seen['workloads']:,} workloads. The last column "
            "is the share of workloads on which the rule is an error or a warning (for rules about other objects: as "
            "many objects, against the same number).", "",
            "| rule | errors | warnings | info | objects | of workloads |", "|---|---:|---:|---:|---:|---:|"]
    return head + lines + ["", "Above half of the workloads, and why they stay:", ""] + because, faults


# ---- beside others ----

def verdicts(row):
    """What the peer says of an input: (fails, object or None); None = nothing to compare."""
    expected, who = row["expected"], row["object_or_message"]
    if row["tool"] == "kube-score":
        if "with config" in expected and "MinReplicas" in expected:
            return None
        grade = expected.split()[0]
        return None if grade.startswith("Grade0") else (grade in ("Critical", "Warning"), None)
    if row["tool"] == "checkov":
        word = expected.split()[0]
        return (word == "FAIL", None) if word in ("PASS", "FAIL") else None
    word = expected.split()[0]
    if word not in ("PASS", "FAIL"):
        return None
    return word == "FAIL", who if "/" in who else None


def speaks(result, rules, name):
    for item in result["items"]:
        o = item["object"] or {}
        if item["rule"] in rules and (name is None or f"{o.get('kind')}/{o.get('name')}" == name):
            return True
    return False


def explain(reasons, row, who):
    """The reason whose path names the input most closely."""
    fit = [r for r in reasons if (r["tool"], r["rule"], r["who"]) == (row["tool"], row["rule"], who)
           and row["path"].startswith(r["path"])]
    return max(fit, key=lambda r: len(r["path"]), default=None)


def compare(program):
    peers = {(p["tool"], p["rule"]): p["ours"].split() for p in table(os.path.join(HERE, "peers.tsv"))}
    reasons = table(os.path.join(HERE, "disagreements.tsv"))
    known = set(rule_ids(program))
    faults = [f"peers.tsv names {r}, which is no rule" for ours in peers.values() for r in ours if r not in known]
    cache, counts, used = {}, collections.OrderedDict(), []
    for row in table(os.path.join(CORPUS, "EXPECT.tsv")):
        ours = peers.get((row["tool"], row["rule"]))
        verdict = verdicts(row) if ours else None
        if verdict is None:
            continue
        if row["path"] not in cache:
            cache[row["path"]] = check(program, [row["path"]], "--complete")
        c = counts.setdefault((row["tool"], row["rule"]), [ours, 0, 0, collections.OrderedDict()])
        c[1] += 1
        got = speaks(cache[row["path"]], ours, verdict[1])
        if got == verdict[0]:
            c[2] += 1
            continue
        who = "peer" if verdict[0] else "ours"
        r = explain(reasons, row, who)
        if r:
            used.append(id(r))
            c[3][(who, r["reason"])] = c[3].get((who, r["reason"]), 0) + 1
        else:
            faults.append(f"{row['tool']} {row['rule']}: only {'it' if who == 'peer' else 'we'} speak(s) on "
                          f"{row['path']} {row['object_or_message']}")
    faults += [f"disagreements.tsv: {r['tool']} {r['rule']} {r['path']} is no disagreement any more"
               for r in reasons if id(r) not in used]
    return counts, faults


def peers_table(program):
    counts, faults = compare(program)
    inputs = sum(c[1] for c in counts.values())
    agreed = sum(c[2] for c in counts.values())
    lines = [f"{inputs} expectations of {len(counts)} rules of theirs; we agree on {agreed}.", "",
             "| tool | its rule | ours | inputs | agree | where not, and why |", "|---|---|---|---:|---:|---|"]
    for (tool, rule), (ours, n, agree, why) in counts.items():
        text = "<br>".join(f"{k} {'it alone speaks' if who == 'peer' else 'we alone speak'}: {reason}"
                           for (who, reason), k in why.items())
        lines.append(f"| {tool} | {rule} | {', '.join(f'`{o}`' for o in ours)} | {n} | {agree} | {text} |")
    return lines, faults


# ---- two projects ----

def findings_table(program, path):
    """Errors and warnings of an input by rule: severity, rule, where, what is said of the first."""
    by_rule = collections.OrderedDict()
    order = {"error": 0, "warning": 1}
    items = [i for i in check(program, [path])["items"] if i["severity"] in order]
    for i in sorted(items, key=lambda i: (order[i["severity"]], i["rule"])):
        by_rule.setdefault((i["severity"], i["rule"]), []).append(i)
    lines = [f"{len(items)} findings.", "", "| severity | rule | of | the first says |", "|---|---|---|---|"]
    for (severity, rule), found in by_rule.items():
        names = list(collections.OrderedDict.fromkeys(i["object"]["name"] for i in found))
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        message = found[0]["message"].replace("|", "\\|")
        lines.append(f"| {severity} | `{rule}` | {', '.join(names[:3])}{more} | {message} |")
    return lines, {rule for _, rule in by_rule}


def projects(program, text):
    """The page of two projects with its tables, and the rules that it does not speak about."""
    faults = []
    parts = re.split(r"(<!-- findings: (\S+) -->\n.*?<!-- end of findings -->\n)", text, flags=re.S)
    out = parts[0]
    for i in range(1, len(parts), 3):
        lines, rules = findings_table(program, parts[i + 1])
        prose = parts[i + 2]
        faults += [f"two-projects.md says nothing of {r} in {parts[i + 1]}" for r in sorted(rules)
                   if f"- `{r}`" not in prose]
        out += f"<!-- findings: {parts[i + 1]} -->\n" + "\n".join(lines) + "\n<!-- end of findings -->\n" + prose
    return out, faults


# ---- the page ----

def put(text, name, lines):
    marker = re.compile(rf"(<!-- {name}: [^\n]*-->\n).*?(<!-- end of {name} -->)", re.S)
    return marker.sub(lambda m: m.group(1) + "\n".join(lines) + "\n" + m.group(2), text)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    p.add_argument("--update", action="store_true")
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = p.parse_args()
    if not os.path.exists(os.path.join(CORPUS, "INDEX.tsv")):
        print("skip: corpus: ../shared/corpus is not here")
        sys.exit(77)
    program = os.path.abspath(options.program)
    often, faults = frequency(program, options.jobs)
    beside, more = peers_table(program)
    faults += more
    for name in ("rules.md", "two-projects.md"):
        page = os.path.join(DOCS, name)
        with open(page, encoding="utf-8") as f:
            old = f.read()
        new = put(put(old, "frequency", often), "peers", beside)
        new, more = projects(program, new)
        faults += more
        if options.update and new != old:
            with open(page, "w", encoding="utf-8") as f:
                f.write(new)
            print(f"updated docs/{name}")
        elif new != old:
            faults.append(f"docs/{name} is out of date: tests/corpus/rules.py --program ... --update")
    for fault in faults:
        print("FAIL " + fault)
    print(f"{len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
