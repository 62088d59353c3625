#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real kubelet, joined to a real control plane, against what plimsoll says: make test-node-full.

    tests/node/run.py --build build [--keep DIR] [--die-at FACT] [FACT]...

kubelet, containerd and crun run in QEMU (KVM where it works), the control plane on this host's
loopback, all in a namespace of the test's own, so that nothing is left behind whatever happens.
Needs QEMU, etcd, Debian's mirrors and, the first time, Go; root or user namespaces.
Exit: 0, 1 a fact does not hold, 77 skipped.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
for folder in ("vm", "cluster"):
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), folder))
import build  # noqa: E402
import kmsg  # noqa: E402
import vm  # noqa: E402

import image  # noqa: E402
import live  # noqa: E402
import pods  # noqa: E402
from node import NAME, Node, Plane, set_up_network  # noqa: E402

MEMORY_MIB = 672
PAGE = 4096
MIB = 1 << 20
KUBEPODS = "/sys/fs/cgroup/kubepods"
PODS = "/api/v1/namespaces/default/pods"


class Bench:
    """The joined node, plimsoll, and the account of what held."""

    def __init__(self, options, plane, node, scratch):
        self.options, self.plane, self.node, self.scratch = options, plane, node, scratch
        self.program = os.path.join(options.build, "src", "plimsoll")
        self.held = self.failed = 0

    def holds(self, fact, condition, detail=""):
        self.held += bool(condition)
        self.failed += not condition
        print(("ok    " if condition else "FAIL  ") + fact
              + (f" ({detail})" if detail and not condition else ""), flush=True)

    def equal(self, fact, got, want):
        self.holds(fact, got == want, f"got {got}, expected {want}")

    # ---- the cluster as plimsoll sees it ----

    def objects(self):
        """Node and pods as the API server has them."""
        items = [dict(self.node.object(), kind="Node", apiVersion="v1")]
        return items + [dict(p, kind="Pod", apiVersion="v1") for p in self.plane.api.items(PODS)]

    def ask(self, *words, samples=()):
        path = os.path.join(self.scratch, "world.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "List", "items": self.objects() + list(samples)},
                      f)
        done = subprocess.run([self.program, *words, "-f", path, "-f",
                               os.path.join(image.GUEST, "kubelet.yaml"), "-o", "json"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"plimsoll {words[0]}: {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def samples(self):
        """The kubelet's own numbers as PodMetrics, as metrics-server makes them of these."""
        return [{"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
                 "metadata": {k: p["podRef"][k] for k in ("name", "namespace")},
                 "timestamp": c[0]["memory"]["time"], "window": "15s",
                 "containers": [{"name": k["name"], "usage": {
                     "cpu": "1m", "memory": str(k["memory"]["workingSetBytes"])}} for k in c]}
                for p in self.node.summary()["pods"]
                for c in [[k for k in p.get("containers", []) if "workingSetBytes"
                           in k.get("memory", {})]] if c]

    # ---- the node as it is ----

    def container_ids(self):
        """{container id: (pod, container)} of what runs."""
        found = {}
        for p in self.plane.api.items(PODS):
            status = p["status"]
            for c in status.get("containerStatuses", []) + status.get("initContainerStatuses", []):
                if "running" in c["state"]:
                    found[c["containerID"].split("//")[1]] = p["metadata"]["name"], c["name"]
        return found

    def cgroups(self):
        """{path below kubepods: {file: value}}."""
        files = " -o ".join(f"-name memory.{n}" for n in ("max", "high", "oom.group", "current"))
        out = self.node.run(f"cd {KUBEPODS}; find . \\( {files} \\) -exec grep -H . {{}} \\;")
        found = {}
        for line in out.splitlines():
            path, value = line.split(":", 1)
            at, name = os.path.split(path)
            found.setdefault(os.path.normpath(at), {})[name] = value
        return found

    def processes(self):
        """[(cgroup below kubepods, pid, oom_score_adj)]."""
        out = self.node.run(
            f"cd {KUBEPODS}; for d in $(find . -name cgroup.procs); do for p in $(cat $d); do "
            "read -r adj </proc/$p/oom_score_adj && echo ${d%/cgroup.procs} $p $adj; done; done "
            "2>/dev/null; true")  # some end meanwhile
        return [(os.path.normpath(at), int(pid), int(adj))
                for at, pid, adj in (line.split() for line in out.splitlines())]

    def wake(self, name, signal_name):
        """To the program that waits in this pod."""
        uid = self.node.pod(name)["metadata"]["uid"]
        self.node.run(f"for d in $(find {KUBEPODS} -path '*pod{uid}/*' -name cgroup.procs); do "
                      "for p in $(cat $d); do grep -q hog /proc/$p/cmdline && "
                      f"kill -{signal_name} $p; done; done; true")


def limit_text(value):
    return "max" if value is None else str(value // PAGE * PAGE)


# ---- facts, in this order ----

def start(bench):
    """The pods start."""
    for p in pods.ALL:
        bench.plane.api.create(PODS, p)

    def all_up():
        phases = {p["metadata"]["name"]: p["status"] for p in bench.plane.api.items(PODS)}
        up = [n for n, s in phases.items() if s["phase"] != "Pending" and (n == "overlimit" or all(
            c["ready"] for c in s["containerStatuses"] + s.get("initContainerStatuses", [])
            if c["name"] != "setup"))]
        return len(up) == len(pods.ALL)
    bench.node.wait_until(all_up, 900, "all pods to run")
    bench.equal("all pods run, placed by the scheduler",
                {p["spec"]["nodeName"] for p in bench.plane.api.items(PODS)}, {NAME})


def written(bench):
    """What the kubelet wrote into cgroups is what inspect prints."""
    facts = {i["name"]: i for i in bench.ask("inspect")["items"]}
    ids, groups, processes = bench.container_ids(), bench.cgroups(), bench.processes()
    seen = set()
    for path, values in sorted(groups.items()):
        name = ids.get(os.path.basename(path))
        if not name:
            continue
        seen.add(name)
        want = next(c for c in facts[name[0]]["containers"] if c["name"] == name[1])
        label = "/".join(name)
        bench.equal(f"{label}: memory.max, memory.high and memory.oom.group",
                    (values["memory.max"], values["memory.high"], values["memory.oom.group"]),
                    (limit_text(want["memoryMaxBytes"]), limit_text(want["memoryHighBytes"]),
                     str(int(bool(want["oomGroup"])))))
        bench.equal(f"{label}: oom_score_adj {want['oomScoreAdj']['min']}",
                    {adj for at, _, adj in processes if at == path},
                    {want["oomScoreAdj"]["min"], want["oomScoreAdj"]["max"]})
    bench.equal("every running container was looked at", seen, set(ids.values()))
    for p in bench.plane.api.items(PODS):
        name, uid = p["metadata"]["name"], p["metadata"]["uid"]
        at = next((a for a in groups if a.endswith("pod" + uid)), None)
        if not at or name not in facts:
            continue  # overlimit has ended
        level = {"Guaranteed": "", "Burstable": "burstable/", "BestEffort": "besteffort/"}
        bench.equal(f"pod {name}: {facts[name]['qosClass']}, memory.max of the pod's cgroup",
                    (at, groups[at]["memory.max"]),
                    (level[facts[name]["qosClass"]] + "pod" + uid,
                     limit_text(facts[name]["podMemoryMaxBytes"])))
        bench.equal(f"pod {name}: qosClass in the API", p["status"]["qosClass"],
                    facts[name]["qosClass"])
    pauses = {adj for at, _, adj in processes
              if os.path.basename(at) not in ids and "/pod" in "/" + at}
    bench.equal("pause containers have oom_score_adj -998", pauses, {-998})


def allocatable(bench):
    """The node's sizes are what victims reckons with."""
    summary = bench.ask("victims", "--node", NAME, samples=bench.samples())["summary"]
    total = int(re.search(r"MemTotal:\s+(\d+)", bench.node.run("cat /proc/meminfo"))[1]) * 1024
    bench.equal("capacity is the kernel's MemTotal", summary["capacityBytes"], total)
    bench.equal("evictionHard is the kubelet's", summary["evictionHardBytes"], 120 * MIB)
    status = bench.node.object()["status"]
    bench.equal("allocatable is capacity - systemReserved - evictionHard",
                status["allocatable"]["memory"], f"{(total - (96 + 120) * MIB) // 1024}Ki")
    bench.equal("memory.max of kubepods is capacity - systemReserved: not the eviction threshold",
                bench.cgroups()["."]["memory.max"], str(total - 96 * MIB))


def own_limit(bench):
    """A container over its limit: OOMKilled, 137, and nobody else is touched."""
    def ended():
        states = bench.node.pod("overlimit")["status"].get("containerStatuses", [{}])
        return states[0].get("state", {}).get("terminated")
    state = bench.node.wait_until(ended, 180, "overlimit to end")
    bench.equal("its state", (state["reason"], state["exitCode"]), ("OOMKilled", 137))
    found = kmsg.reports(bench.node.run("dmesg -c"))
    uid = bench.node.pod("overlimit")["metadata"]["uid"]
    bench.equal("the kernel's report: the pod's limit was hit, which is the container's too",
                {(r.constraint, r.oom_memcg) for r in found},
                {("CONSTRAINT_MEMCG", f"/kubepods/burstable/pod{uid}")})
    events = bench.plane.api.items("/api/v1/events")
    bench.equal("no event says so", [e["reason"] for e in events if "OOM" in e["reason"]], [])


def usage(bench):
    """The kubelet's usage is the cgroup's: working set = memory.current - inactive_file."""
    ids = bench.container_ids()
    wanted = {("guaranteed", "app"), ("sidecar", "app"), ("sidecar", "proxy"), ("over", "app")}
    before = bench.cgroups()
    deadline = time.monotonic() + 180
    while wanted and time.monotonic() < deadline:
        summary, after = bench.node.summary(), bench.cgroups()
        told = {(p["podRef"]["name"], c["name"]): c["memory"] for p in summary["pods"]
                for c in p.get("containers", []) if "usageBytes" in c.get("memory", {})}
        for path in after:
            name = ids.get(os.path.basename(path))
            if name not in wanted or name not in told:
                continue
            low, high = sorted(int(g[path]["memory.current"]) for g in (before, after))
            if low <= told[name]["usageBytes"] <= high:
                wanted.discard(name)
        time.sleep(2)
    bench.equal("usageBytes is memory.current, byte for byte, of containers that stand still",
                wanted, set())
    samples = bench.samples()
    bench.holds("every running container has a sample",
                {(s["metadata"]["name"], c["name"]) for s in samples for c in s["containers"]}
                >= set(ids.values()))


def resize(bench):
    """A container that is resized in place: inspect follows, and so does the cgroup."""
    bench.plane.api.call("PATCH", PODS + "/sidecar/resize", {"spec": {"containers": [
        {"name": "app", "resources": {"limits": {"memory": "96Mi"}}}]}},
        "application/strategic-merge-patch+json")

    def resized():
        status = bench.node.pod("sidecar")["status"]["containerStatuses"][0]
        return status.get("resources", {}).get("limits", {}).get("memory") == "96Mi"
    bench.node.wait_until(resized, 180, "the resize")
    facts = {i["name"]: i for i in bench.ask("inspect")["items"]}
    ids, groups = bench.container_ids(), bench.cgroups()
    app = next(c for c in facts["sidecar"]["containers"] if c["name"] == "app")
    path = next(p for p in groups if ids.get(os.path.basename(p)) == ("sidecar", "app"))
    bench.equal("inspect prints the new limit", app["memoryMaxBytes"], 96 * MIB)
    bench.equal("the cgroups have it: container and pod",
                (groups[path]["memory.max"], groups[os.path.dirname(path)]["memory.max"]),
                (str(96 * MIB), str(facts["sidecar"]["podMemoryMaxBytes"])))
    restarts = bench.node.pod("sidecar")["status"]["containerStatuses"][0]["restartCount"]
    bench.equal("without a restart", restarts, 0)


def node_oom(bench):
    """Memory is gone before the kubelet looks: the kernel kills in the order of victims."""
    order = bench.ask("victims", "--node", NAME, samples=bench.samples())["items"]
    containers = [(i["name"], c) for i in order for c in i["containers"] if c["killRank"]]
    foretold = [(n, c["name"]) for n, c in sorted(containers, key=lambda x: x[1]["killRank"])]
    ids, leak = bench.container_ids(), ("leak", "app")
    names = {pid: ids.get(os.path.basename(at)) for at, pid, _ in bench.processes()}
    bench.node.run("dmesg -c; kill -STOP $(pidof kubelet)")  # so that it is the kernel's to decide
    report = []
    try:
        bench.wake("leak", "USR1")

        def killed():
            report.extend(kmsg.reports(bench.node.run("dmesg -c")))
            return any(names.get(r.pid) == leak for r in report)
        bench.node.wait_until(killed, 300, "the kernel to kill leak")
    finally:
        bench.node.run("kill -CONT $(pidof kubelet)")
    died = [names.get(r.pid) for r in report]
    bench.equal("it is a node OOM", {r.constraint for r in report}, {"CONSTRAINT_NONE"})
    before = [n for n in died if n != leak]
    bench.equal("whoever died before leak is who victims names first", before,
                [n for n in foretold if n != leak][:len(before)])
    judge_choices(bench, report)

    def restarted():
        status = bench.node.pod("leak")["status"]["containerStatuses"][0]
        return status["lastState"].get("terminated") and "running" in status["state"] and status
    status = bench.node.wait_until(restarted, 300, "leak to run again")
    state = status["lastState"]["terminated"]
    bench.equal("its state reads as that of a limit", (state["reason"], state["exitCode"]),
                ("OOMKilled", 137))

    def event():
        return [e for e in bench.plane.api.items("/api/v1/events") if e["reason"] == "SystemOOM"]
    bench.holds("only the event SystemOOM on the node tells them apart",
                bench.node.wait_until(event, 180, "the event SystemOOM"))


def judge_choices(bench, report):
    """Each choice of the kernel, of the tasks it saw, through plimsoll's badness."""
    total = int(re.search(r"MemTotal:\s+(\d+)", bench.node.run("cat /proc/meminfo"))[1])
    folder = os.path.join(bench.scratch, "choices")
    os.makedirs(folder)
    cases = [dict(kmsg.choice_case(r, total * 1024 // PAGE), id=n) for n, r in enumerate(report)]
    with open(os.path.join(folder, "kmsg.json"), "w", encoding="utf-8") as f:
        json.dump({"upstream": "a running kernel", "format": "as tests/fidelity/truth/kmsg.json",
                   "cases": cases}, f)
    done = subprocess.run([os.path.join(bench.options.build, "tests", "fidelity"), folder],
                          capture_output=True, text=True, check=False)
    bench.holds(f"the kernel's choice in {len(cases)} report(s) is the model's",
                cases and done.returncode == 0, done.stdout)


def eviction(bench):
    """Memory goes slowly: the kubelet evicts, in the order that victims gives."""
    bench.wake("leak", "USR2")
    given = {}

    def ranked():
        items = bench.ask("victims", "--node", NAME, samples=bench.samples())["items"]
        given["order"] = [i["name"] for i in sorted(
            (i for i in items if i["evictionRank"]), key=lambda i: i["evictionRank"])]
        return bench.node.run("grep 'pods ranked for eviction' /var/log/kubelet.log | tail -1")
    line = bench.node.wait_until(ranked, 600, "the kubelet to rank its pods")
    kubelet = re.findall(r'default/([a-z]+)', line)
    critical = {"critical"}  # the kubelet ranks it and leaves it; victims puts it apart
    bench.equal("the kubelet's ranking is victims'", [n for n in kubelet if n not in critical],
                given["order"])
    bench.equal("the first is the one that leaks, BestEffort is not", given["order"][0], "leak")

    def evicted():
        status = bench.node.pod("leak")["status"]
        return status if status.get("reason") == "Evicted" else None
    status = bench.node.wait_until(evicted, 180, "leak to be evicted")
    bench.equal("leak is Failed", status["phase"], "Failed")
    bench.node.wait_until(lambda: bench.node.condition("MemoryPressure") == "True", 180,
                          "the condition MemoryPressure")
    taints = [t["key"] for t in bench.node.object()["spec"].get("taints", [])]
    bench.holds("the node has MemoryPressure and its taint",
                "node.kubernetes.io/memory-pressure" in taints, taints)
    left = {p["metadata"]["name"] for p in bench.plane.api.items(PODS)
            if p["status"]["phase"] == "Running"}
    bench.holds("whoever runs within its request stays", left >= {"guaranteed", "sidecar", "critical"},
                left)


FACTS = [start, written, allocatable, own_limit, usage, resize, *live.FACTS, node_oom, eviction]


def run_facts(bench):
    for fact in FACTS:
        if bench.options.facts and fact.__name__ not in ["start", *bench.options.facts]:
            continue
        began = time.monotonic()
        print(f"-- {fact.__doc__}", flush=True)
        if bench.options.die_at == fact.__name__:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            fact(bench)
        except Exception as e:  # whatever it is: said, counted, and on to the next
            bench.holds(f"{fact.__name__} ran to its end", False, f"{type(e).__name__}: {e}")
        print(f"   {time.monotonic() - began:.0f} s, CPU of the machine so far "
              f"{bench.node.cpu_s():.0f} s", flush=True)


def keep(bench, folder):
    os.makedirs(folder, exist_ok=True)
    for name, script in (("kubelet.log", "cat /var/log/kubelet.log"), ("dmesg", "dmesg"),
                         ("containerd.log", "cat /var/log/containerd.log")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
            f.write(bench.node.run(script))


def inside(options):
    """In the namespaces."""
    set_up_network()
    began = time.monotonic()
    kernel = vm.Kernel()
    with Plane(folder=os.path.join(options.inside, "plane")) as plane:
        print(f"control plane after {time.monotonic() - began:.1f} s", flush=True)
        with Node(kernel, options.image, plane, MEMORY_MIB) as node:
            node.wait_up(300)
            print(f"node ({node.accel}) Ready after {node.wait_ready(300):.1f} s "
                  f"(CPU {node.cpu_s():.0f} s)", flush=True)
            bench = Bench(options, plane, node, options.inside)
            run_facts(bench)
            if options.keep:
                keep(bench, options.keep)
            print(f"{bench.held} held, {bench.failed} failed; {time.monotonic() - began:.0f} s "
                  f"(CPU of the machine {node.cpu_s():.0f} s); "
                  f"at most {node.peak_mib()} MiB for the machine and {plane.peak_mib()} MiB for "
                  "the control plane")
            return 1 if bench.failed or not bench.held else 0


# ---- outside ----

def namespaces():
    """The command that gives the test a network, processes and mounts of its own."""
    words = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid():
        words[1:1] = ["--user", "--map-root-user"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        raise vm.Skip("namespaces are not allowed here (unshare)")
    return words


def outside(options):
    vm.need("unshare", "ip", "qemu-system-x86_64")
    words = namespaces()
    try:
        kubelet = os.path.join(build.binaries(build.NEEDED + ["kubelet"]), "kubelet")
    except build.Unavailable as e:
        raise vm.Skip(str(e)) from e
    kernel = vm.Kernel()
    load = os.path.join(options.build, "tests", "vm", "load")
    folder = image.build(kernel, kubelet, load)
    with tempfile.TemporaryDirectory(prefix="plimsoll-node.") as scratch:
        child = subprocess.Popen(
            [*words, sys.executable, os.path.abspath(__file__), *sys.argv[1:], "--inside", scratch,
             "--image", folder], preexec_fn=vm.die_with_parent,
            env=dict(os.environ, TMPDIR=scratch))
        try:
            return child.wait()
        finally:
            child.kill()  # and with it all that is in its namespace
            child.wait()


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--build", default="build")
    p.add_argument("--keep", metavar="DIR", help="keep the node's logs there")
    p.add_argument("--die-at", metavar="FACT", help="SIGKILL to the test itself at this fact")
    p.add_argument("--inside", help=argparse.SUPPRESS)
    p.add_argument("--image", help=argparse.SUPPRESS)
    p.add_argument("facts", nargs="*", metavar="FACT",
                   help="only these: " + " ".join(f.__name__ for f in FACTS))
    options = p.parse_args()
    options.build = os.path.abspath(options.build)
    vm.end_on_signal()
    try:
        return inside(options) if options.inside else outside(options)
    except vm.Skip as e:
        print(f"skip: test-node-full: {e}")
        return 77


if __name__ == "__main__":
    sys.exit(main())
