#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed and memory of plimsoll against yardsticks measured in the same run.

    tests/bench/run.py --build DIR [--rounds N] [--strict]

Each figure is the smallest over rounds in which the candidates take turns: on a busy machine the
run that was disturbed least. Ratios, not seconds, have targets; a miss is marked, and is an error with
--strict. What cannot be measured here is said with its reason (`skip: ...`).
The manifests are those of ../shared/corpus; kube-score is built once into the user's cache.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CORPUS = os.path.join(os.path.dirname(ROOT), "shared", "corpus")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "plimsoll")
KUBE_SCORE = "github.com/zegl/kube-score/cmd/kube-score@v1.20.0"
MIB = 1 << 20


class Bench:
    def __init__(self, build, rounds):
        self.program = os.path.join(build, "src", "plimsoll")
        self.events = os.path.join(build, "tests", "bench", "yaml_events")
        self.simulate = os.path.join(build, "tests", "bench", "simulate")
        self.place = os.path.join(build, "tests", "bench", "place")
        self.measure = os.path.join(build, "tests", "bench", "measure")
        self.rounds, self.misses = rounds, 0
        self.work = tempfile.mkdtemp(prefix="plimsoll-bench-")

    def once(self, words, good=(0, 1, 2)):
        """(wall seconds, CPU seconds, peak RSS in bytes)"""
        out = subprocess.run([self.measure, *words], capture_output=True, text=True, check=True)
        status, wall, cpu, rss = map(int, out.stdout.split())
        if status not in good:
            sys.exit(f"bench: {' '.join(words)[:200]} ended with {status}")
        return wall / 1e6, cpu / 1e6, rss * 1024

    def turns(self, candidates, rounds=None):
        """name -> smallest (wall, CPU, RSS); candidates take turns, order reversed each round."""
        runs = {name: [] for name in candidates}
        for words in candidates.values():
            self.once(words)  # warm the page cache
        for i in range(rounds or self.rounds):
            for name in list(candidates)[::-1 if i % 2 else 1]:
                runs[name].append(self.once(candidates[name]))
        return {n: tuple(min(c) for c in zip(*r)) for n, r in runs.items()}

    def row(self, what, measured, target=None, unit="", lower=True):
        mark = ""
        if target is not None:
            good = measured <= target if lower else measured >= target
            self.misses += not good
            mark = f"  target {'<=' if lower else '>='} {target:,g}{unit}  " + (
                "ok" if good else "MISSED")
        text = f"{measured:10,.0f}" if measured >= 1000 else f"{measured:10.3g}"
        print(f"  {what:<58} {text}{unit}{mark}", flush=True)


def manifests(b):
    """Copies the corpus' manifests into one folder; (folder, files, largest) or None."""
    index = os.path.join(CORPUS, "INDEX.tsv")
    if not os.path.exists(index):
        print("skip: bench of real manifests: ../shared/corpus is not here")
        return None
    folder, paths, largest = os.path.join(b.work, "manifests"), [], 0
    with open(index, encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            row = dict(zip(head, line.rstrip("\n").split("\t")))
            if row["kind"] != "manifest":
                continue
            path = os.path.join(folder, row["path"])
            os.makedirs(os.path.dirname(path), exist_ok=True)
            shutil.copyfile(os.path.join(CORPUS, row["path"]), path)
            paths.append(path)
            largest = max(largest, os.path.getsize(path))
    return folder, paths, largest


def bench_manifests(b):
    found = manifests(b)
    if not found:
        return
    folder, paths, largest = found
    size = sum(os.path.getsize(p) for p in paths)
    print(f"check over {len(paths)} real manifests, {size / 1e6:.2f} MB "
          f"(largest {largest / 1e6:.2f} MB), {os.cpu_count()} CPUs, {b.rounds} rounds")
    r = b.turns({"check": [b.program, "check", "-f", folder],
                 "check json": [b.program, "check", "-f", folder, "-o", "json"],
                 "libyaml": [b.events, folder]})
    for name, (wall, cpu, rss) in r.items():
        print(f"  {name:<12} wall {wall * 1e3:8.1f} ms   CPU {cpu * 1e3:8.1f} ms   "
              f"RSS {rss / MIB:7.1f} MiB")
    check, events = r["check"], r["libyaml"]
    b.row("CPU of check / CPU of libyaml's events", check[1] / events[1], 1.8)
    b.row("wall of check / wall of libyaml's events", check[0] / events[0], 1.0)
    b.row("RSS above the largest file", (check[2] - largest) / MIB, 24, " MiB")
    bench_kube_score(b, paths)


def kube_score():
    """The path of kube-score, built when that is possible, or None with the reason printed."""
    path = os.path.join(CACHE, "bin", "kube-score")
    if os.path.exists(path):
        return path
    if not shutil.which("go"):
        print("skip: bench against kube-score: Go is not installed")
        return None
    os.makedirs(os.path.dirname(path), exist_ok=True)
    done = subprocess.run(["go", "install", KUBE_SCORE], capture_output=True, text=True,
                          check=False, env=dict(os.environ, GOBIN=os.path.dirname(path)))
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"skip: bench against kube-score: it cannot be built ({last})")
        return None
    return path


def readable(score, paths):
    """The files that kube-score can read: it gives up on all when one is not, so each is tried;
    halving keeps that short."""
    done = subprocess.run([score, "score", "-o", "json", *paths], capture_output=True, check=False)
    try:
        json.loads(done.stdout)
        return list(paths)
    except ValueError:
        if len(paths) == 1:
            return []
    half = len(paths) // 2
    return readable(score, paths[:half]) + readable(score, paths[half:])


def bench_kube_score(b, paths):
    score = kube_score()
    if not score:
        return
    folder = os.path.join(b.work, "readable")
    kept = []
    for p in readable(score, paths):
        path = os.path.join(folder, os.path.relpath(p, b.work))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(p, path)
        kept.append(path)
    print(f"check against kube-score over the {len(kept)} files that it can read")
    r = b.turns({"check": [b.program, "check", "-f", folder],
                 "kube-score": [score, "score", "-o", "json", *kept]}, rounds=3)
    for name, (wall, cpu, rss) in r.items():
        print(f"  {name:<12} wall {wall * 1e3:8.1f} ms   CPU {cpu * 1e3:8.1f} ms   "
              f"RSS {rss / MIB:7.1f} MiB")
    b.row("wall of kube-score / wall of check", r["kube-score"][0] / r["check"][0], 10, lower=False)


POD = """---
apiVersion: v1
kind: Pod
metadata: {{name: pod-{0}, namespace: ns-{1}, labels: {{app: a{1}}}}}
spec:
  containers:
  - name: c
    image: example.org/app:1.{0}
    resources:
      requests: {{cpu: 100m, memory: 64Mi}}
      limits: {{memory: 128Mi}}
    livenessProbe: {{httpGet: {{path: /live, port: 8080}}}}
    readinessProbe: {{httpGet: {{path: /ready, port: 8080}}}}
"""


def growing(b, n):
    """Inputs of size n: name -> the folder or file."""
    many = os.path.join(b.work, f"files-{n}")
    os.makedirs(many)
    for i in range(n):
        with open(os.path.join(many, f"{i}.yaml"), "w", encoding="utf-8") as f:
            f.write(POD.format(i, i % 50))
    texts = {
        "documents": "".join(POD.format(i, i % 50) for i in range(4 * n)),
        "one document": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: big}\ndata:\n" + "".join(
            f"  key-{i}: some text of a configuration, line {i}\n" for i in range(30 * n)),
        "one json list": json.dumps({"apiVersion": "v1", "kind": "List", "items": [
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{i}", "namespace": "n"},
             "spec": {"containers": [{"name": "c", "image": "i:1", "resources": {
                 "limits": {"memory": "1Gi"}}}]}} for i in range(10 * n)]}),
        "objects of one name": "".join(POD.format(1, 1) for _ in range(4 * n)),
    }
    paths = {"files": many}
    for name, text in texts.items():
        paths[name] = os.path.join(b.work, f"{name.replace(' ', '-')}-{n}.yaml")
        with open(paths[name], "w", encoding="utf-8") as f:
            f.write(text)
    return paths


def bench_growth(b):
    print("growth of CPU time when the input doubles")
    one, two = growing(b, 2000), growing(b, 4000)
    for name in one:
        r = b.turns({"N": [b.program, "check", "-f", one[name]],
                     "2N": [b.program, "check", "-f", two[name]]}, rounds=3)
        b.row(f"{name}: time(2N) / time(N), 2N = {r['2N'][1] * 1e3:.0f} ms",
              r["2N"][1] / r["N"][1], 2.5)


HOSTILE = {
    "100,000 nested brackets": "[" * 100000,
    "100,000 nested braces": "{a: " * 100000,
    "40,000 anchors": "".join(f"- &a{i} x\n" for i in range(40000)),
    "alias bomb": "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 9)),
}


def bench_hostile(b):
    print("hostile input")
    for name, text in HOSTILE.items():
        path = os.path.join(b.work, "hostile.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        wall, _, rss = b.once([b.program, "check", "-f", path])
        b.row(f"{name}: seconds", wall, 1, " s")
        b.row(f"{name}: RSS", rss / MIB, 64, " MiB")
    path = os.path.join(b.work, "line.yaml")
    with open(path, "wb") as f:
        f.write(b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  a: ")
        for _ in range(100):
            f.write(b"x" * MIB)
        f.write(b"\n")
    wall, _, rss = b.once([b.program, "check", "-f", path])
    b.row("one line of 100 MiB: seconds", wall, 2, " s")
    b.row("one line of 100 MiB: RSS / size", rss / os.path.getsize(path), 3)


def make_world(b, nodes, pods):
    """A generated cluster (tests/bench/world.py)."""
    path = os.path.join(b.work, f"world-{nodes}-{pods}.json")
    with open(path, "wb") as f:
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "bench", "world.py"),
                        str(nodes), str(pods)], stdout=f, stderr=subprocess.DEVNULL, check=True)
    return path


def simulate_phases(b, *words):
    """phase -> (contingencies, wall, CPU) of tests/bench/simulate.c, and its other lines."""
    out = subprocess.run([b.simulate, *words], capture_output=True, text=True, check=True).stdout
    phases, other = {}, []
    for line in out.splitlines():
        parts = line.split()
        if len(parts) == 4 and parts[1].isdigit():
            phases[parts[0]] = (int(parts[1]), float(parts[2]), float(parts[3]))
        else:
            other.append(line)
    return phases, other


def bench_simulate_growth(b):
    """CPU of the simulation when one size doubles."""
    print("growth of the simulation's CPU time")

    def least(size, phase, *options):
        path = make_world(b, *size)
        found = min(simulate_phases(b, *options, path)[0][phase][::-1] for _ in range(3))
        os.unlink(path)
        return found

    base = least((500, 15000), "n-1")[0]
    b.row("nodes, and with them losses: time(2N) / time(N)", least((1000, 15000), "n-1")[0] / base,
          2.5)
    b.row("pods: time(2N) / time(N)", least((500, 30000), "n-1")[0] / base, 2.5)
    one, two = (least(size, "n-2", "--pairs") for size in ((70, 500), (99, 707)))
    b.row(f"contingencies ({one[2]:,} to {two[2]:,} pairs): time(2N) / time(N)", two[0] / one[0],
          2.5)


def bench_pairs(b, nodes=1000, pods=30000):
    """Every loss of two nodes, by proof where there is one."""
    path = make_world(b, nodes, pods)
    phases, other = simulate_phases(b, "--pairs", path)
    count, wall, cpu = phases["n-2"]
    print(f"every loss of two of {nodes:,} nodes, {count:,} pairs: {'; '.join(other)}")
    b.row(f"N-2: wall seconds (CPU {cpu:.0f} s)", wall, 60, " s")
    os.unlink(path)


def bench_world(b, nodes=5000, pods=150000):
    """A generated cluster: reading it, every loss of a node, its load line."""
    path = make_world(b, nodes, pods)
    print(f"a world of {nodes:,} nodes and {pods:,} pods, {os.path.getsize(path) / 1e6:.0f} MB")
    wall, cpu, rss = b.once([b.program, "victims", "--node", "node-00000", "-f", path])
    b.row(f"reading it: wall seconds (CPU {cpu:.1f} s)", wall, 3, " s")
    b.row("reading it: RSS", rss / MIB, 600, " MiB")
    phases, _ = simulate_phases(b, path)
    n1, line = phases["n-1"], phases["n-1-and-line"]
    b.row(f"N-1 of every node: wall seconds (CPU {n1[2]:.1f} s)", n1[1], 5, " s")
    b.row(f"N-1 and the load line: wall seconds (CPU {line[2]:.1f} s)", line[1], 30, " s")
    wall, cpu, rss = b.once([b.program, "simulate", "-f", path])
    b.row(f"simulate with reading and printing: wall seconds (CPU {cpu:.0f} s)", wall, None, " s")
    b.row("simulate: RSS", rss / MIB, None, " MiB")
    bench_place(b, path)
    os.unlink(path)


def placements(b, *words):
    """kind of pod -> most placements in a CPU second, of three runs."""
    best = {}
    for _ in range(3):
        out = subprocess.run([b.place, *words], capture_output=True, text=True, check=True).stdout
        for line in out.splitlines():
            kind, rest = line.split(":")
            best[kind] = max(best.get(kind, 0), float(rest.split()[0]))
    return best


def bench_place(b, path):
    """One placement after the other, every node considered, one thread."""
    targets = {"plain": 50000, "spread": 10000, "required anti-affinity": 3000}
    for where, words in (("empty nodes", []), ("that world, of whose pods 20,000 are placed again",
                                               ["-f", path])):
        print(f"placements in a CPU second at 5,000 nodes, all nodes considered: {where}")
        for kind, figure in placements(b, *words).items():
            b.row(kind, figure, targets.get(kind), "/s", lower=False)


def bench_remedies(b, nodes=1000, pods=30000):
    """What the search for three remedies adds to a simulation."""
    path = os.path.join(b.work, "remedies.json")
    with open(path, "wb") as f:
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "bench", "world.py"),
                        str(nodes), str(pods)], stdout=f, stderr=subprocess.DEVNULL, check=True)
    without = b.once([b.program, "simulate", "--remedies", "0", "-f", path])
    wall, cpu, rss = b.once([b.program, "simulate", "--remedies", "3", "-f", path])
    print(f"remedies for a world of {nodes:,} nodes and {pods:,} pods")
    b.row(f"three remedies: wall seconds (CPU {cpu - without[1]:.0f} s)", wall - without[0], 60, " s")
    b.row("three remedies: RSS", rss / MIB, None, " MiB")


SIX_HOURS = """apiVersion: plimsoll.dev/v1
kind: Scenario
metadata: {name: six-hours}
spec:
  until: 6h
  usage:
    - target: {kind: Deployment, namespace: team-25, name: app-01092}
      containers: [{level: 200Mi, growthPerMinute: 1Mi, jitterPercent: 10}]
  events:
    - {at: 30m, lose: node/node-00017}
    - {at: 90m, drain: node/node-00101}
    - {at: 2h, leak: {workload: deploy/app-00932, growthPerMinute: 2Mi}}
    - {at: 4h, lose: node/node-00500}
"""


def bench_runs(b, nodes=1000, pods=30000, runs=1000):
    """Monte Carlo: a loss drawn at random, and a Scenario of six hours, each run with its load line."""
    path, scenario = os.path.join(b.work, "runs.json"), os.path.join(b.work, "six-hours.yaml")
    with open(path, "wb") as f:
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "bench", "world.py"),
                        str(nodes), str(pods)], stdout=f, stderr=subprocess.DEVNULL, check=True)
    with open(scenario, "w", encoding="utf-8") as f:
        f.write(SIX_HOURS)
    print(f"Monte Carlo, {runs:,} runs of 6 h at {nodes:,} nodes and {pods:,} pods, with reading")
    for what, words in (("one node lost in each", ["--until", "6h"]),
                        ("a Scenario of losses, a drain and leaks",
                         ["-f", scenario, "--scenario", "six-hours"])):
        wall, cpu, rss = b.once([b.program, "simulate", "-f", path, "--runs", str(runs), *words])
        b.row(f"{what} (CPU {cpu:.0f} s, RSS {rss / MIB:.0f} MiB)", wall, 60, " s")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", required=True)
    p.add_argument("--rounds", type=int, default=15)
    p.add_argument("--strict", action="store_true", help="a missed target is an error")
    options = p.parse_args()
    b = Bench(os.path.abspath(options.build), options.rounds)
    try:
        bench_manifests(b)
        bench_growth(b)
        bench_hostile(b)
        bench_world(b)
        bench_pairs(b)
        bench_simulate_growth(b)
        bench_remedies(b)
        bench_runs(b)
    finally:
        shutil.rmtree(b.work, ignore_errors=True)
    print(f"{b.misses} targets missed" if b.misses else "all targets met")
    sys.exit(1 if options.strict and b.misses else 0)


if __name__ == "__main__":
    main()
