# SPDX-License-Identifier: Apache-2.0
"""The kernel's OOM reports, read without any code of plimsoll's.

A report becomes two things: a struct for the tests, and cases in the form of
tests/fidelity/truth/kmsg.json, with which tests/fidelity holds plimsoll's own reader of kernel logs
and its choice of a victim against what this kernel wrote and did.
"""
import re

STAMP = re.compile(r"^\[ *(\d+\.\d+)\] (.*)$")
KILLED = re.compile(r"^(Memory cgroup out of memory|Out of memory): Killed process (\d+) \((.*)\) "
                    r"total-vm:(\d+)kB, anon-rss:(\d+)kB, file-rss:(\d+)kB, shmem-rss:(\d+)kB, "
                    r"UID:(\d+) pgtables:(\d+)kB oom_score_adj:(-?\d+)$")
SUMMARY = re.compile(r"^oom-kill:constraint=(\w+),(.*)$")
HEADER = re.compile(r"^\[ *pid *\] ")
ROW = re.compile(r"^\[ *(\d+)\] +(.*)$")
GROUP = re.compile(r"^Tasks in (\S+) are going to be killed due to memory.oom.group set$")
INVOKED = re.compile(r"^(.*) invoked oom-killer: gfp_mask=(0x[0-9a-f]+)\(.*\), order=(\d+), "
                     r"oom_score_adj=(-?\d+)$")
USAGE = re.compile(r"^memory: usage (\d+)kB, limit (\d+)kB, failcnt (\d+)$")


class Report:
    """One choice of the kernel: the tasks it saw, whom it took, and why."""

    def __init__(self):
        self.tasks, self.columns = [], []
        self.constraint = self.oom_memcg = self.task_memcg = None
        self.limit_kb = None
        self.pid, self.name = None, None
        self.scope = None
        self.killed = []  # pids, the first one twice where the group goes

    def is_node(self):
        return self.scope == "global"


def lines(text):
    """(uptime in seconds, line) of each line of dmesg."""
    for line in text.splitlines():
        found = STAMP.match(line)
        if found:
            yield found[1], found[2]


def row_of(report, line):
    found = ROW.match(line)
    if not found or not report.columns:
        return None
    values = found[2].split(None, len(report.columns) - 2)
    row = dict(zip(report.columns, [found[1], *values]))
    return {"pid": int(row["pid"]), "name": row["name"], "rss": int(row["rss"]),
            "swap": int(row["swapents"]), "pgtables": int(row["pgtables_bytes"]),
            "adj": int(row["oom_score_adj"])}


def summary_into(report, found):
    report.constraint = found[1]
    fields = dict(part.split("=", 1) for part in found[2].split(",") if "=" in part)
    report.oom_memcg = fields.get("oom_memcg")
    report.task_memcg = fields["task_memcg"]
    report.pid, report.name = int(fields["pid"]), fields["task"]


def reports(text):
    """The reports of a kernel log, in order."""
    found, current = [], None
    for _, line in lines(text):
        if INVOKED.match(line):
            current = Report()
            found.append(current)
        if not current:
            continue
        if HEADER.match(line):
            current.columns = [w.strip() for w in line.replace("[", " ").replace("]", " ").split()]
        elif USAGE.match(line):
            current.limit_kb = int(USAGE.match(line)[2])
        elif SUMMARY.match(line):
            summary_into(current, SUMMARY.match(line))
        elif KILLED.match(line):
            current.scope = "memcg" if line.startswith("Memory") else "global"
            current.killed.append(int(KILLED.match(line)[2]))
        else:
            row = row_of(current, line)
            if row:
                current.tasks.append(row)
    return [r for r in found if r.pid is not None]


# ---- cases for tests/fidelity ----

def killed_case(found):
    return "killed", {"scope": "memcg" if found[1].startswith("Memory") else "global",
                      "pid": int(found[2]), "comm": found[3], "total_vm_kb": int(found[4]),
                      "anon_rss_kb": int(found[5]), "file_rss_kb": int(found[6]),
                      "shmem_rss_kb": int(found[7]), "uid": int(found[8]),
                      "pgtables_kb": int(found[9]), "oom_score_adj": int(found[10])}


def summary_case(found):
    report = Report()
    summary_into(report, found)
    want = {"constraint": report.constraint, "task_memcg": report.task_memcg, "comm": report.name,
            "pid": report.pid}
    if report.oom_memcg:
        want["oom_memcg"] = report.oom_memcg
    return "summary", want


def start_case(found):
    return "start", {"comm": found[1], "gfp_mask": found[2], "order": int(found[3]),
                     "oom_score_adj": int(found[4])}


def usage_case(found):
    return "usage", {"usage_kb": int(found[1]), "limit_kb": int(found[2]), "failcnt": int(found[3])}


def group_case(found):
    return "group", {"memcg": found[1]}


CASES = [(KILLED, killed_case), (SUMMARY, summary_case), (INVOKED, start_case),
         (USAGE, usage_case), (GROUP, group_case)]


def line_cases(text):
    """Each line that says something about an OOM kill, with what it says."""
    for uptime, line in lines(text):
        for pattern, make in CASES:
            found = pattern.match(line)
            if found:
                kind, want = make(found)
                yield {"kind": kind, "name": "from this kernel", "kernel": ">=5.9",
                       "line": f"[{uptime:>12}] {line}", "expect": dict(want, uptime_s=float(uptime))}


def choice_case(report, total_pages):
    """Whom the kernel took, of whom it saw. The tasks' names must differ."""
    return {"kind": "badness", "name": f"{report.scope}: {report.name} was taken",
            "kernel": ">=5.9", "totalpages": total_pages,
            "tasks": [{**t, "name": f"{t['name']}/{t['pid']}"} for t in report.tasks],
            "expect_victim": f"{report.name}/{report.pid}"}


def score_case(task, total_pages, score):
    """/proc/PID/oom_score of a task as this kernel shows it."""
    return {"kind": "oom_score", "name": f"oom_score_adj {task['adj']}", "kernel": ">=5.9",
            "totalpages": total_pages, "task": task, "expect": score}
