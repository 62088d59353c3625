#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory on a live cluster: `make bench-cluster`.

Fills a real API server (fill.py) and measures `check` and `snapshot` against it. What `check` may
cost is measured in the same run: `gzip -d` of the very pages that it asked for, plus `check` of the
same pages as files. Times are CPU time of the program, for the server shares the machine.

usage: bench.py [--program PROGRAM] [--nodes N] [--pods N] [--rounds N] [--record FOLDER]
       bench.py --replay FOLDER     the pages recorded before, from a server that does nothing else

Exit: 0 all targets met, 1 not, 77 cannot run here.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import build
import fill
import replay
from control_plane import ControlPlane
from metrics import Metrics

HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
SAMPLE_S = 0.002


class Cost:
    """Wall and CPU seconds, and the most anonymous memory that was seen."""

    def __init__(self, words, environment=None, stdin=None):
        self.anon_bytes = 0
        with tempfile.TemporaryFile() as err:
            began = time.monotonic()
            self.process = subprocess.Popen(
                words, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL,
                stderr=err, stdin=stdin or subprocess.DEVNULL)
            watcher = threading.Thread(target=self.watch)
            watcher.start()
            _, status, usage = os.wait4(self.process.pid, 0)
            self.wall_s = time.monotonic() - began
            self.process.returncode = os.waitstatus_to_exitcode(status)
            watcher.join()
            err.seek(0)
            self.err = err.read().decode(errors="replace")
        self.cpu_s = usage.ru_utime + usage.ru_stime
        if self.process.returncode not in (0, 1):
            raise RuntimeError(f"{' '.join(words)}: {self.process.returncode}: {self.err[-500:]}")

    def watch(self):
        while self.process.returncode is None:
            try:
                with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
                    found = re.search(r"RssAnon:\s+(\d+)", f.read())
            except OSError:
                return
            self.anon_bytes = max(self.anon_bytes, int(found[1]) << 10 if found else 0)
            time.sleep(SAMPLE_S)


def median(rounds, words, **more):
    costs = [Cost(words, **more) for _ in range(rounds)]
    best = sorted(costs, key=lambda c: c.cpu_s)[len(costs) // 2]
    best.anon_bytes = max(c.anon_bytes for c in costs)
    return best


class Bench:
    def __init__(self, program, kubeconfig, rounds):
        self.program, self.rounds = program, rounds
        self.environment = {"KUBECONFIG": kubeconfig}
        self.missed = 0

    def row(self, what, value, target, unit, more=""):
        met = value <= target
        self.missed += not met
        print(f"{'ok  ' if met else 'MISS'}  {what:<58} {value:9.2f} {unit:<4} <= {target:g}"
              f"  {more}".rstrip(), flush=True)

    def live(self, *words):
        return median(self.rounds, [self.program, *words], environment=self.environment)

    def check(self, pages):
        """pages: a folder with what the server answered, NAME.json.gz."""
        live = self.live("check", "-A", "--fail-on", "never")
        names = [os.path.join(pages, n) for n in sorted(os.listdir(pages))]
        unzip = median(self.rounds, ["gzip", "-dc", *names])
        with tempfile.TemporaryDirectory() as folder:
            for name in names:
                plain = os.path.join(folder, os.path.basename(name)[:-3])
                with open(plain, "wb") as f:
                    subprocess.run(["gzip", "-dc", name], stdout=f, check=True)
            size = sum(os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder))
            files = median(self.rounds, [self.program, "check", "-f", folder, "--complete",
                                         "--fail-on", "never"])
        print(f"      {len(names)} pages, {size / MIB:.0f} MiB; live {live.cpu_s:.2f} s CPU "
              f"({live.wall_s:.1f} s), gzip -d {unzip.cpu_s:.2f} s, from files {files.cpu_s:.2f} s")
        self.row("check: CPU / (gzip -d + check of files)",
                 live.cpu_s / (unzip.cpu_s + files.cpu_s), 1.3, "")
        self.row("check: anonymous memory", live.anon_bytes / MIB, 200, "MiB")

    def snapshot(self):
        cost = self.live("snapshot", "-q")
        self.row("snapshot: anonymous memory", cost.anon_bytes / MIB, 128, "MiB",
                 f"{cost.cpu_s:.2f} s CPU, {cost.wall_s:.1f} s")

    def first_output(self, plane):
        """check of a small namespace, beside asking for the same lists one after the other."""
        kubeconfig = plane.admin
        self.environment = {"KUBECONFIG": kubeconfig}
        words = [self.program, "check", "-v", "-n", "small", "--fail-on", "never"]
        paths = requests_of(Cost(words, environment=self.environment).err)
        ours, server = [], []
        for _ in range(9):
            ours.append(Cost([w for w in words if w != "-v"], environment=self.environment).wall_s)
            began = time.monotonic()
            api = plane.new_client()  # as plimsoll has to
            for path in paths:
                api.raw("GET", path, headers={"Accept-Encoding": "gzip"})
            server.append(time.monotonic() - began)
        self.row("check -n of a small cluster, beyond the server's answers",
                 1000 * max(0, statistics.median(ours) - statistics.median(server)), 50, "ms",
                 f"{1000 * statistics.median(ours):.0f} ms in all, {len(paths)} requests")


def requests_of(trace):
    """The paths that plimsoll -v says it has asked for."""
    return re.findall(r"GET https://[^/ ]+(\S+): 200 OK", trace)


def record(program, kubeconfig, api, folder):
    """The pages that check asks for, as the server sends them: compressed."""
    trace = Cost([program, "check", "-v", "-A", "--fail-on", "never"],
                 environment={"KUBECONFIG": kubeconfig}).err
    os.makedirs(folder, exist_ok=True)
    return replay.record(api, requests_of(trace), folder)


def measure(a, kubeconfig, pages, api=None):
    b = Bench(a.program, kubeconfig, a.rounds)
    b.check(pages)
    b.snapshot()
    return b


def bench_live(a):
    began = time.monotonic()
    with ControlPlane(controllers=False) as plane, tempfile.TemporaryDirectory() as scratch:
        count = fill.fill(plane, a.nodes, a.pods)
        with Metrics(plane, cached_s=3600):
            kubeconfig = plane.user("bench", ["system:masters"])
            folder = a.record or os.path.join(scratch, "pages")
            record(a.program, kubeconfig, plane.api, folder)
            print(f"{a.nodes} nodes, {a.pods} pods: {count} objects, filled and recorded in "
                  f"{time.monotonic() - began:.0f} s", flush=True)
            b = measure(a, kubeconfig, os.path.join(folder, "bodies"))
    with ControlPlane(controllers=False) as plane:
        plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                "metadata": {"name": "small"}})
        b.first_output(plane)
    return b.missed


def bench_replay(a):
    with replay.Server(a.replay) as server:
        return measure(a, server.kubeconfig, os.path.join(a.replay, "bodies")).missed


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", default=os.path.join(HERE, "..", "..", "build", "src", "plimsoll"))
    p.add_argument("--nodes", type=int, default=1000)
    p.add_argument("--pods", type=int, default=30000)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--record", metavar="FOLDER", help="keep the pages")
    p.add_argument("--replay", metavar="FOLDER")
    a = p.parse_args()
    a.program = os.path.abspath(a.program)
    try:
        return 1 if (bench_replay(a) if a.replay else bench_live(a)) else 0
    except build.Unavailable as e:
        print(f"skip: bench-cluster: {e}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
