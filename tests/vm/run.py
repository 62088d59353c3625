#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the kernel really does, held against what plimsoll says it does: make test-vm.

    tests/vm/run.py --build build [--keep DIR] [FACT]...

Boots Debian's kernel in QEMU, makes the cgroups of pods with the values that `plimsoll inspect`
gives them, lets programs use memory in them, and compares: what the kernel accepts, whom it kills,
what it counts and logs. Every OOM report of the run also becomes cases for tests/fidelity. Needs
QEMU and, the first time, Debian's mirrors; not root. Exit: 0, 1 a fact does not hold, 77 skipped.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import kmsg  # noqa: E402
import vm  # noqa: E402
import world  # noqa: E402
from account import Account  # noqa: E402
from world import MIB, container, guaranteed, pod  # noqa: E402

MEMORY_MIB = 256
PAGE = 4096
KUBEPODS = "/sys/fs/cgroup/kubepods"
CONTROLLERS = "+memory +pids +cpu"


class Fleet:
    """Pods in the machine: cgroups as the kubelet (cgroup driver cgroupfs) lays them out, with
    plimsoll's values, and one program for each container that uses memory."""

    def __init__(self, bench, pods):
        self.bench, self.pods, self.pids = bench, pods, {}
        self.objects = [bench.node, *pods]
        self.facts, self.pod_facts = world.inspect(bench.program, self.objects)
        script = []
        for p in pods:
            script += self.make_pod(p)
        bench.machine.run("\n".join(script))

    def pod_folder(self, p):
        level = {"Burstable": "/burstable", "BestEffort": "/besteffort",
                 "Guaranteed": ""}[self.pod_facts[p["metadata"]["name"]]["qosClass"]]
        return f"{KUBEPODS}{level}/pod{p['metadata']['uid']}"

    def folder(self, p, name):
        # A container's cgroup has the name of its id: 64 hexadecimal digits.
        number = sum(p["metadata"]["name"].encode()) * 1000 + sum(name.encode())
        return f"{self.pod_folder(p)}/{number:064x}"

    def make_pod(self, p):
        at = self.pod_folder(p)
        script = [f"mkdir -p {at}", f"echo '{CONTROLLERS}' >{at}/cgroup.subtree_control"]
        limit = self.pod_facts[p["metadata"]["name"]]["podMemoryMaxBytes"]
        script += [f"echo {limit} >{at}/memory.max"] if limit is not None else []
        for c in world.containers_of(p):
            facts = self.facts[p["metadata"]["name"], c["name"]]
            here = self.folder(p, c["name"])
            script.append(f"mkdir -p {here}")
            for key, file in (("memoryMaxBytes", "memory.max"),
                              ("memoryHighBytes", "memory.high")):
                if facts[key] is not None:
                    script.append(f"echo {facts[key]} >{here}/{file}")
            if facts["oomGroup"] is not None:
                script.append(f"echo {int(facts['oomGroup'])} >{here}/memory.oom.group")
        return script

    def adj(self, p, name):
        facts = self.facts[p["metadata"]["name"], name]["oomScoreAdj"]
        assert facts["min"] == facts["max"], "the node is known, so there is one value"
        return facts["min"]

    def start(self, p, name, words, wait=True):
        """Starts a program in a container; returns its pid."""
        log = f"/tmp/{p['metadata']['name']}.{name}"
        out = self.bench.machine.run(
            f"rm -f {log}; load {words} -n {p['metadata']['name']}.{name} -a {self.adj(p, name)} "
            f"-g {self.folder(p, name)} >{log} 2>&1 & echo $!; "
            + (f"i=0; until grep -q holding {log} || [ $i = 300 ]; do usleep 50000; i=$((i+1)); "
               f"done; cat {log}" if wait else ""))
        pid, *said = out.split()
        if wait and "holding" not in said:
            raise AssertionError(f"{name} did not get its memory: {' '.join(said)}")
        self.pids[p["metadata"]["name"], name] = int(pid)
        return int(pid)

    def start_all(self):
        for p in self.pods:
            for c in world.containers_of(p):
                if c["uses"]:
                    self.start(p, c["name"], f"hog -m {c['uses']}")

    def alive(self, pid):
        return self.bench.machine.run(f"grep -q '^State:.[^ZX]' /proc/{pid}/status && echo yes || :"
                                      ) == "yes"

    def usage(self):
        """What oom_badness() counts of each process, in bytes: rss, swap and page tables."""
        found = {}
        for key, pid in self.pids.items():
            rss, swap, tables = self.sizes(pid)
            found[key] = rss + swap + tables
        return found

    def sizes(self, pid):
        text = self.bench.machine.run(f"cat /proc/{pid}/status")
        return [int(re.search(field + r":\s+(\d+) kB", text)[1]) * 1024
                for field in ("VmRSS", "VmSwap", "VmPTE")]

    def samples(self, usage):
        return [world.sample(p, {c["name"]: usage.get((p["metadata"]["name"], c["name"]), 0)
                                 for c in world.containers_of(p)}) for p in self.pods]

    def events(self, p, name=None, local=False):
        at = self.folder(p, name) if name else self.pod_folder(p)
        text = self.bench.machine.run(f"cat {at}/memory.events{'.local' if local else ''}")
        return {k: int(v) for k, v in (line.split() for line in text.splitlines())}

    def read(self, p, name, file):
        at = self.folder(p, name) if name else self.pod_folder(p)
        return self.bench.machine.run(f"cat {at}/{file}").strip()

    def end(self):
        for pid in self.pids.values():
            self.bench.machine.run(f"kill -9 {pid} 2>/dev/null || :")
        self.bench.machine.run(
            f"for g in {KUBEPODS}/cgroup.kill; do echo 1 >$g; done; usleep 200000; "
            f"find {KUBEPODS} -depth -mindepth 1 -type d -name '[0p]*' -exec rmdir {{}} \\; "
            "2>/dev/null || :")


class Bench(Account):
    """The machine, plimsoll, and the account of what held."""

    def __init__(self, build, machine, kernel):
        self.program = os.path.join(build, "src", "plimsoll")
        self.fidelity = os.path.join(build, "tests", "fidelity")
        super().__init__()
        self.machine = machine
        self.cases, self.logs = [], []
        total_kb = int(re.search(r"MemTotal:\s+(\d+)", machine.run("cat /proc/meminfo"))[1])
        self.capacity_bytes = total_kb * 1024
        self.node = world.node(self.capacity_bytes, kernel)
        machine.run(f"mkdir -p {KUBEPODS}/burstable {KUBEPODS}/besteffort; "
                    f"for d in {KUBEPODS} {KUBEPODS}/*/; do "
                    f"echo '{CONTROLLERS}' >$d/cgroup.subtree_control; done")

    def wait_for_end(self, fleet, pid, seconds=60):
        limit = time.monotonic() + seconds
        while fleet.alive(pid):
            if time.monotonic() > limit:
                raise AssertionError(f"process {pid} still runs after {seconds} s")
            time.sleep(0.2)

    def log(self):
        """The kernel's log since the last call; its lines and choices become cases."""
        text = self.machine.run("dmesg -c")
        self.logs.append(text)
        self.cases += kmsg.line_cases(text)
        found = kmsg.reports(text)
        for r in found:
            total = self.capacity_bytes // PAGE if r.is_node() else r.limit_kb * 1024 // PAGE
            self.cases.append(kmsg.choice_case(r, total))
        return found


# ---- facts: each is a function of the bench ----

def values(bench):
    """The kernel takes the values that inspect prints, and reads them back rounded down to pages."""
    pods = [pod("a", guaranteed("app", 0, "32Mi")),
            pod("b", container("app", 0, "20M", "100M")),  # 100,000,000 is not a multiple of a page
            pod("c", container("app", 0)),
            pod("d", container("app", 0, "16Mi", "24Mi"), container("other", 0, "8Mi", "16Mi"),
                init=[container("proxy", 0, "8Mi", "12Mi", restartPolicy="Always")])]
    fleet = Fleet(bench, pods)
    for p in pods:
        for c in world.containers_of(p):
            want = fleet.facts[p["metadata"]["name"], c["name"]]["memoryMaxBytes"]
            bench.equal(f"memory.max of {p['metadata']['name']}/{c['name']}",
                        fleet.read(p, c["name"], "memory.max"),
                        "max" if want is None else str(want // PAGE * PAGE))
        want = fleet.pod_facts[p["metadata"]["name"]]["podMemoryMaxBytes"]
        bench.equal(f"memory.max of pod {p['metadata']['name']}",
                    fleet.read(p, None, "memory.max"),
                    "max" if want is None else str(want // PAGE * PAGE))
    fleet.end()


def fleet_of_all_classes():
    return [pod("guaranteed", guaranteed("app", 24, "40Mi")),
            pod("critical", container("app", 6, "8Mi"), priority=2000001000,
                priorityClassName="system-node-critical"),
            pod("large", container("app", 16, "100Mi")),
            pod("small", container("app", 12, "4Mi")),
            pod("besteffort", container("app", 2)),
            pod("sidecar", container("app", 8, "30Mi"),
                init=[container("proxy", 4, "2Mi", restartPolicy="Always")])]


def scores(bench):
    """/proc/PID/oom_score is what victims prints as oomScore."""
    fleet = Fleet(bench, fleet_of_all_classes())
    fleet.start_all()
    order = world.kill_order(bench.program, fleet.objects + fleet.samples(fleet.usage()))
    for name, inner, facts in order:
        pid = fleet.pids[name, inner]
        got = int(bench.machine.run(f"cat /proc/{pid}/oom_score"))
        bench.equal(f"oom_score of {name}/{inner}, oom_score_adj {facts['oomScoreAdj']}", got,
                    facts["oomScore"])
        rss, swap, tables = fleet.sizes(pid)
        bench.cases.append(kmsg.score_case(
            {"rss": rss // PAGE, "swap": swap // PAGE, "pgtables": tables,
             "adj": facts["oomScoreAdj"]}, bench.capacity_bytes // PAGE, got))
    fleet.end()


def node_oom(bench):
    """A node without memory: the kernel kills in the order of victims, and counts it apart."""
    pods = fleet_of_all_classes() + [pod("leak", container("app", 0, "190Mi"))]
    fleet = Fleet(bench, pods)
    fleet.start_all()
    order = world.kill_order(bench.program, fleet.objects + fleet.samples(fleet.usage()))
    foretold = [(name, inner) for name, inner, _ in order if name != "leak"]
    pid = fleet.start(pods[-1], "app", "hog -m 4000 -r 150", wait=False)
    bench.wait_for_end(fleet, pid, 90)
    found = bench.log()
    bench.holds("every report says CONSTRAINT_NONE and names no cgroup of a limit",
                all(r.constraint == "CONSTRAINT_NONE" and not r.oom_memcg for r in found))
    taken = [tuple(r.name.split(".")) for r in found]
    others = [t for t in taken if t[0] != "leak"]
    bench.holds("at least three pods died before the one that leaked", len(others) >= 3, taken)
    bench.equal("they died in the order that victims gave beforehand", others,
                foretold[:len(others)])
    each_choice(bench, fleet, found)
    left = sorted(k for k, p in fleet.pids.items() if fleet.alive(p))
    bench.equal("all others live", left, sorted(set(fleet.pids) - set(taken)))
    first = next(p for p in pods if p["metadata"]["name"] == others[0][0])
    events = fleet.events(first, others[0][1])
    bench.equal("memory.events of who died counts oom_kill", events["oom_kill"] > 0, True)
    bench.equal("but neither oom nor max: that is what tells a node OOM from a limit's",
                (events["oom"], events["max"]), (0, 0))
    fleet.end()


def each_choice(bench, fleet, found):
    """At each kill, the first of victims in the world of that moment is who died."""
    dead, wrong = set(), []
    for r in found:
        seen = {}
        for t in r.tasks:
            key = tuple(t["name"].split("."))
            if key in fleet.pids and key not in dead:
                seen[key] = (t["rss"] + t["swap"]) * PAGE + t["pgtables"]
        pods = [p for p in fleet.pods if any(k[0] == p["metadata"]["name"] for k in seen)]
        part = [s for s in fleet.samples(seen)
                if s["metadata"]["name"] in {p["metadata"]["name"] for p in pods}]
        first = next(f for f in world.kill_order(bench.program, [bench.node, *pods, *part])
                     if f[:2] in seen)
        if first[:2] != tuple(r.name.split(".")):
            wrong.append(f"{r.name} died, not {first[0]}.{first[1]}")
        dead.add(tuple(r.name.split(".")))
    bench.holds(f"each of the {len(found)} victims was first in victims' list at that moment",
                found and not wrong, wrong)


def container_limit(bench):
    """Over its own limit a container dies alone; where it is counted depends on the pod's limit."""
    alone = pod("alone", container("app", 0, "16Mi", "32Mi"))
    pair = pod("pair", container("app", 0, "16Mi", "32Mi"), container("other", 4, "8Mi", "48Mi"))
    fleet = Fleet(bench, [alone, pair, pod("bystander", container("app", 8))])
    fleet.start_all()
    for p, where in ((alone, "pod"), (pair, "container")):
        name = p["metadata"]["name"]
        pid = fleet.start(p, "app", "hog -m 64 -r 100", wait=False)
        bench.wait_for_end(fleet, pid)
        found = bench.log()
        bench.equal(f"{name}: one kill, by a memory cgroup",
                    [(r.name, r.constraint) for r in found], [(name + ".app", "CONSTRAINT_MEMCG")])
        at = fleet.pod_folder(p) if where == "pod" else fleet.folder(p, "app")
        bench.equal(f"{name}: the limit hit is the {where}'s", found[0].oom_memcg,
                    at[len("/sys/fs/cgroup"):])
        bench.holds(f"{name}: the container's memory.events counts oom_kill",
                    fleet.events(p, "app")["oom_kill"] > 0)
        mine, pods = fleet.events(p, "app")["oom"], fleet.events(p, local=True)["oom"]
        bench.equal(f"{name}: oom is counted at the {where}", (mine > 0, pods > 0),
                    (where == "container", where == "pod"))
    bench.equal("nobody else died", all(fleet.alive(fleet.pids[k]) for k in
                                        (("pair", "other"), ("bystander", "app"))), True)
    fleet.end()


def oom_group(bench):
    """memory.oom.group 1 takes all processes of the container; 0 (singleProcessOOMKill) one."""
    p = pod("workers", container("app", 0, "16Mi", "40Mi"), container("other", 0, "1Mi", "64Mi"))
    for single in (False, True):
        config = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
                  "singleProcessOOMKill": single}
        fleet = Fleet(bench, [p])
        facts, _ = world.inspect(bench.program, [bench.node, config, p])
        group = facts["workers", "app"]["oomGroup"]
        bench.equal(f"singleProcessOOMKill {single}: inspect has oomGroup", group,
                    None if single else True)  # null: not written, the kernel's 0 stands
        group = bool(group)
        at = fleet.folder(p, "app")
        bench.machine.run(f"echo {int(group)} >{at}/memory.oom.group")
        pid = fleet.start(p, "app", "family -m 80", wait=False)
        bench.wait_for_end(fleet, pid)
        time.sleep(0.5)
        left = len(bench.machine.run(f"cat {at}/cgroup.procs").split())
        bench.equal(f"oom.group {int(group)}: processes left of three", left, 0 if group else 2)
        events = fleet.events(p, "app")
        # The first victim is counted again when the group goes.
        bench.equal(f"oom.group {int(group)}: oom_kill and oom_group_kill",
                    (events["oom_kill"], events["oom_group_kill"]), (4, 1) if group else (1, 0))
        bench.machine.run(f"echo 1 >{at}/cgroup.kill")
        bench.log()
        fleet.end()


def memory_high(bench):
    """memory.high, as MemoryQoS sets it, holds a container back and never kills it."""
    config = {"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
              "featureGates": {"MemoryQoS": True}, "memoryThrottlingFactor": 0.5}
    p = pod("held", container("app", 0, "16Mi", "48Mi"), container("other", 0, "1Mi", "64Mi"))
    fleet = Fleet(bench, [p])
    facts, _ = world.inspect(bench.program, [bench.node, config, p])
    high = facts["held", "app"]["memoryHighBytes"]
    bench.equal("inspect: memory.high is request + 0.5 * (limit - request)", high, 32 * MIB)
    bench.machine.run(f"echo {high or 'max'} >{fleet.folder(p, 'app')}/memory.high")
    pid = fleet.start(p, "app", "hog -m 44", wait=False)
    time.sleep(5)
    bench.holds("it lives", fleet.alive(pid))
    current = int(fleet.read(p, "app", "memory.current"))
    bench.holds("it got past memory.high, slowly, and not far", high < current < high + 8 * MIB,
                current)
    events = fleet.events(p, "app")
    bench.holds("memory.events counts high and no kill",
                events["high"] > 10 and events["oom_kill"] == 0, events)
    stalled = int(re.search(r"some .*total=(\d+)", fleet.read(p, "app", "memory.pressure"))[1])
    bench.holds("memory.pressure shows it: over 0.5 s of stall", stalled > 500000, stalled)
    fleet.end()


def page_cache(bench):
    """Page cache is given back before anybody dies, and until then counts as usage."""
    p = pod("reader", container("app", 0, "16Mi", "32Mi"), container("other", 0, "1Mi", "64Mi"))
    fleet = Fleet(bench, [p])
    bench.machine.run("mkdir -p /disk; mountpoint -q /disk || mount -t ext4 /dev/vda /disk")
    pid = fleet.start(p, "app", "cache -m 64 -f /disk/file")
    time.sleep(2)
    bench.holds("64 MiB read with a limit of 32 MiB: it lives", fleet.alive(pid))
    bench.equal("no kill is counted", fleet.events(p, "app")["oom_kill"], 0)
    current = int(fleet.read(p, "app", "memory.current"))
    anon = int(re.search(r"^anon (\d+)", fleet.read(p, "app", "memory.stat"), re.M)[1])
    bench.holds("memory.current is near the limit, anonymous memory is not",
                current > 24 * MIB and anon < 4 * MIB, f"{current}, {anon}")
    fleet.end()
    bench.machine.run("rm -f /disk/file; umount /disk")


def memory_volume(bench):
    """Files of an emptyDir in memory are the container's memory, and outlive it."""
    p = pod("writer", container("app", 0, "16Mi", "32Mi"), container("other", 0, "1Mi", "64Mi"))
    fleet = Fleet(bench, [p])
    bench.machine.run("mkdir -p /volume; mount -t tmpfs tmpfs /volume")
    fleet.start(p, "app", "file -m 20 -f /volume/first")
    pid = fleet.start(p, "app", "file -m 60 -f /volume/file", wait=False)
    bench.wait_for_end(fleet, pid)
    found = bench.log()
    bench.holds("32 MiB of files kill the container with a limit of 32 MiB",
                [r.constraint for r in found[:1]] == ["CONSTRAINT_MEMCG"])
    time.sleep(0.5)
    bench.machine.run(f"rmdir {fleet.folder(p, 'app')}")
    left = int(fleet.read(p, None, "memory.current"))
    bench.holds("its memory stays charged to the pod after the container is gone", left > 24 * MIB,
                left)
    bench.machine.run("umount /volume")
    left = int(fleet.read(p, None, "memory.current"))
    bench.holds("until the volume goes", left < 8 * MIB, left)
    fleet.end()


def allocatable(bench):
    """At the limit of all pods only pods die, whatever runs outside of them."""
    pods = fleet_of_all_classes() + [pod("leak", container("app", 0, "190Mi"))]
    fleet = Fleet(bench, pods)
    fleet.start_all()
    used = int(bench.machine.run(f"cat {KUBEPODS}/memory.current"))
    bench.machine.run(f"echo {used + 24 * MIB} >{KUBEPODS}/memory.max")
    outside = int(bench.machine.run(
        "load hog -m 12 -a 1000 -n outside >/tmp/outside 2>&1 & echo $!").split()[0])
    pid = fleet.start(pods[-1], "app", "hog -m 400 -r 100", wait=False)
    bench.wait_for_end(fleet, pid, 90)
    found = bench.log()
    bench.equal("every report names the cgroup of all pods",
                {(r.constraint, r.oom_memcg) for r in found}, {("CONSTRAINT_MEMCG", "/kubepods")})
    bench.holds("who runs outside lives, with oom_score_adj 1000", fleet.alive(outside))
    bench.machine.run(f"kill -9 {outside}; echo max >{KUBEPODS}/memory.max")
    fleet.end()


FACTS = [values, scores, node_oom, container_limit, oom_group, memory_high, page_cache,
         memory_volume, allocatable]


def judge_cases(bench, scratch):
    """What the kernel logged and chose, through plimsoll's own reader and badness."""
    if not bench.cases:
        return
    for number, case in enumerate(bench.cases):
        case["id"] = number
    with open(os.path.join(scratch, "kmsg.json"), "w", encoding="utf-8") as f:
        json.dump({"upstream": "a running kernel", "format": "as tests/fidelity/truth/kmsg.json",
                   "cases": bench.cases}, f)
    done = subprocess.run([bench.fidelity, scratch], capture_output=True, text=True, check=False)
    kinds = sorted({c["kind"] for c in bench.cases})
    bench.holds(f"{len(bench.cases)} lines and choices of this kernel are read and foretold "
                f"({', '.join(kinds)})", done.returncode == 0, done.stdout + done.stderr)


def make_initramfs(load, kernel, path):
    archive = vm.Archive()
    archive.copy("init", os.path.join(vm.HERE, "guest", "init"))
    archive.copy("bin/busybox", vm.busybox())
    archive.copy("bin/load", load)
    for name in ("dev", "proc", "sys", "tmp", "etc"):
        archive.folder(name)
    for number, name in enumerate(vm.DISK_MODULES):
        data = kernel.module(name)
        if data:
            archive.file(f"modules/{number}-{name}.ko", data, 0o644)
    archive.write(path)


def run(options, scratch):
    vm.need("qemu-system-x86_64", "mke2fs")
    kernel = vm.Kernel()
    make_initramfs(os.path.join(options.build, "tests", "vm", "load"), kernel, scratch + "/root")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-O", "^has_journal", scratch + "/disk", "96M"],
                   check=True, stdout=subprocess.DEVNULL)
    disk = ["-drive", f"file={scratch}/disk,if=none,id=d0,format=raw,cache=unsafe",
            "-device", "virtio-blk-pci,drive=d0"]
    with vm.Machine(kernel, scratch + "/root", MEMORY_MIB, more=disk) as machine:
        up = machine.wait_up(90)
        print(f"kernel {kernel.version} ({machine.accel}) up after {up:.1f} s", flush=True)
        bench = Bench(options.build, machine, kernel.version)
        bench.log()
        for fact in FACTS:
            if options.facts and fact.__name__ not in options.facts:
                continue
            print(f"-- {fact.__doc__}", flush=True)
            try:
                fact(bench)
            except (AssertionError, LookupError, TypeError, ValueError, vm.Broken, TimeoutError) as e:
                bench.holds(f"{fact.__name__} ran to its end", False, e)
        print("-- The kernel's log.")
        judge_cases(bench, scratch)
        if options.keep:
            os.makedirs(options.keep, exist_ok=True)
            with open(os.path.join(options.keep, "dmesg"), "w", encoding="utf-8") as f:
                f.write("".join(bench.logs))
        print(f"{bench.held} held, {bench.failed} failed; {time.monotonic() - machine.began:.0f} s, "
              f"{machine.peak_mib()} MiB")
        return 1 if bench.failed or not bench.held else 0


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build")
    p.add_argument("--keep", metavar="DIR", help="keep the kernel's log there")
    p.add_argument("facts", nargs="*", metavar="FACT",
                   help="only these: " + " ".join(f.__name__ for f in FACTS))
    options = p.parse_args()
    vm.end_on_signal()
    try:
        with tempfile.TemporaryDirectory(prefix="plimsoll-vm.") as scratch:
            return run(options, scratch)
    except vm.Skip as e:
        print(f"skip: test-vm: {e}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
