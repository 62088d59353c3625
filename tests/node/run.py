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
import shutil
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
from node import NAME, PATIENCE_S, Node, Plane, set_up_network  # noqa: E402

MEMORY_MIB = 640
EVICTION_HARD = 120 << 20  # guest/kubelet.yaml
PAGE = 4096
MIB = 1 << 20
KUBEPODS = "/sys/fs/cgroup/kubepods"
PODS = "/api/v1/namespaces/default/pods"


class Bench:
    """The joined node, plimsoll, and the account of what held."""

    def __init__(self, options, plane, node, scratch):
        self.options, self.plane, self.node, self.scratch = options, plane, node, scratch
        self.program = os.path.join(options.build, "src", "plimsoll")
        self.held = self.failed = self.tables = 0

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

    # ---- what the node did, as cases of tests/fidelity ----

    def fidelity(self, what, form, cases):
        """The cases hold for the model; --keep keeps them."""
        self.tables += 1
        folder = os.path.join(self.scratch, f"fidelity-{self.tables}")
        os.makedirs(folder)
        for number, case in enumerate(cases):
            case["id"] = number
        with open(os.path.join(folder, "node.json"), "w", encoding="utf-8") as f:
            json.dump({"upstream": "a running node", "format": form, "cases": cases}, f)
        done = subprocess.run([os.path.join(self.options.build, "tests", "fidelity"), folder],
                              capture_output=True, text=True, check=False)
        if self.options.keep:
            shutil.copytree(folder, os.path.join(self.options.keep, os.path.basename(folder)),
                            dirs_exist_ok=True)
        self.holds(f"{what} is the model's", cases and done.returncode == 0, done.stdout)

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
        items = bench.plane.api.items(PODS)
        return len(items) == len(pods.ALL) and all(is_up(p["status"]) for p in items)
    bench.node.wait_until(all_up, "all pods to run")
    bench.equal("all pods run, placed by the scheduler",
                {p["spec"]["nodeName"] for p in bench.plane.api.items(PODS)}, {NAME})


def is_up(status):
    containers = status.get("containerStatuses", []) + status.get("initContainerStatuses", [])
    return status["phase"] == "Running" and all(
        c["ready"] for c in containers if c["name"] != "setup")


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
    total = bench.node.memory_bytes()
    bench.equal("capacity is the kernel's MemTotal", summary["capacityBytes"], total)
    bench.equal("evictionHard is the kubelet's", summary["evictionHardBytes"], EVICTION_HARD)
    status = bench.node.object()["status"]
    bench.equal("allocatable is capacity - systemReserved - evictionHard",
                status["allocatable"]["memory"], f"{(total - 96 * MIB - EVICTION_HARD) // 1024}Ki")
    bench.equal("memory.max of kubepods is capacity - systemReserved: not the eviction threshold",
                bench.cgroups()["."]["memory.max"], str(total - 96 * MIB))


def own_limit(bench):
    """A container over its limit: OOMKilled, 137, and nobody else is touched."""
    bench.node.run("dmesg -c")
    bench.plane.api.create(PODS, pods.OVER_LIMIT)

    def failed():
        status = bench.node.pod("overlimit")["status"]
        return status if status["phase"] == "Failed" else None
    status = bench.node.wait_until(failed, "overlimit to end")
    state = status["containerStatuses"][0]["state"]["terminated"]
    bench.equal("its state", (state["reason"], state["exitCode"]), ("OOMKilled", 137))
    found = kmsg.reports(bench.node.run("dmesg -c"))
    uid = bench.node.pod("overlimit")["metadata"]["uid"]
    bench.equal("the kernel's report: the pod's limit was hit, which is the container's too",
                {(r.constraint, r.oom_memcg) for r in found},
                {("CONSTRAINT_MEMCG", f"/kubepods/burstable/pod{uid}")})
    bench.equal("the others run on", {p["metadata"]["name"] for p in bench.plane.api.items(PODS)
                                      if is_up(p["status"])},
                {p["metadata"]["name"] for p in pods.ALL})
    events = bench.plane.api.items("/api/v1/events")
    bench.equal("no event says so", [e["reason"] for e in events if "OOM" in e["reason"]], [])
    bench.plane.api.delete(PODS + "/overlimit")


def usage(bench):
    """The kubelet's usage is the cgroup's: working set = memory.current - inactive_file."""
    ids = bench.container_ids()
    wanted = {("guaranteed", "app"), ("sidecar", "app"), ("sidecar", "proxy"), ("over", "app")}
    before = bench.cgroups()
    deadline = time.monotonic() + PATIENCE_S
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


def patch_resources(bench, name, resources):
    bench.plane.api.call("PATCH", f"{PODS}/{name}/resize",
                         {"spec": {"containers": [{"name": "app", "resources": resources}]}},
                         "application/strategic-merge-patch+json")


def resize(bench):
    """A container that is resized in place: inspect follows, and so does the cgroup."""
    patch_resources(bench, "sidecar", {"limits": {"memory": "96Mi"}})

    def resized():
        status = bench.node.pod("sidecar")["status"]["containerStatuses"][0]
        return status.get("resources", {}).get("limits", {}).get("memory") == "96Mi"
    bench.node.wait_until(resized, "the resize")
    judge_resize(bench, "sidecar", 96)
    restarts = bench.node.pod("sidecar")["status"]["containerStatuses"][0]["restartCount"]
    bench.equal("without a restart", restarts, 0)


def resize_request(bench):
    """A larger request that is granted: running processes keep their oom_score_adj, the next start
    has that of inspect (nothing in the API tells which of the two a process has)."""
    def adj_of_leak():
        ids = bench.container_ids()
        return {adj for at, _, adj in bench.processes()
                if ids.get(os.path.basename(at)) == ("leak", "app")}

    def adj_of_inspect():
        item = next(i for i in bench.ask("inspect")["items"] if i["name"] == "leak")
        return {item["containers"][0]["oomScoreAdj"]["min"]}
    old = adj_of_inspect()
    patch_resources(bench, "leak", {"requests": {"memory": "80Mi"}})

    def granted():
        status = bench.node.pod("leak")["status"]
        allocated = status["containerStatuses"][0].get("allocatedResources", {})
        return allocated.get("memory") == "80Mi" and not any(
            c["type"].startswith("PodResize") for c in status["conditions"])
    bench.node.wait_until(granted, "the larger request to be granted")
    bench.equal("inspect has another oom_score_adj", adj_of_inspect() == old, False)
    bench.equal("running processes have the old one", adj_of_leak(), old)
    restarts = bench.node.pod("leak")["status"]["containerStatuses"][0]["restartCount"]
    bench.wake("leak", "TERM")

    def restarted():
        status = bench.node.pod("leak")["status"]["containerStatuses"][0]
        return "running" in status["state"] and status["restartCount"] > restarts
    bench.node.wait_until(restarted, "leak to run again")
    bench.equal("after a restart they have that of inspect", adj_of_leak(), adj_of_inspect())


def resize_refused(bench):
    """A limit below what is used: the kubelet leaves the old one, and inspect says the old one."""
    patch_resources(bench, "sidecar", {"limits": {"memory": "36Mi"}})

    def refused():
        return resize_condition(bench, "sidecar", "PodResizeInProgress", "Error")
    condition = bench.node.wait_until(refused, "the kubelet to refuse the resize")
    bench.holds("the kubelet says why", "below current usage" in condition["message"],
                condition["message"])
    judge_resize(bench, "sidecar", 96)


def resize_deferred(bench):
    """A request that does not fit now waits: oom_score_adj stays that of the old one."""
    patch_resources(bench, "over", {"requests": {"memory": "200Mi"}})

    def deferred():
        return resize_condition(bench, "over", "PodResizePending", "Deferred")
    bench.node.wait_until(deferred, "the kubelet to defer the resize")
    judge_resize(bench, "over", None)


def resize_condition(bench, name, kind, reason):
    conditions = bench.node.pod(name)["status"].get("conditions", [])
    return next((c for c in conditions if c["type"] == kind and c.get("reason") == reason), None)


def judge_resize(bench, name, limit_mib):
    """inspect, the node, and tests/fidelity, of which this pod becomes a case."""
    item = next(i for i in bench.ask("inspect")["items"] if i["name"] == name)
    app = next(c for c in item["containers"] if c["name"] == "app")
    ids, groups = bench.container_ids(), bench.cgroups()
    path = next(p for p in groups if ids.get(os.path.basename(p)) == (name, "app"))
    adj = {adj for at, _, adj in bench.processes() if at == path}
    here, pod = groups[path]["memory.max"], groups[os.path.dirname(path)]["memory.max"]
    bench.equal("the container's memory.max", here,
                "max" if limit_mib is None else str(limit_mib * MIB))
    bench.equal("inspect has what the cgroups have: container and pod",
                (limit_text(app["memoryMaxBytes"]), limit_text(item["podMemoryMaxBytes"])),
                (here, pod))
    bench.equal("and its processes' oom_score_adj", {app["oomScoreAdj"]["min"]}, adj)
    live_pod = bench.node.pod(name)
    keep_fields = {"metadata": ("name", "namespace"), "spec": ("containers", "initContainers"),
                   "status": ("phase", "qosClass", "conditions", "containerStatuses",
                              "initContainerStatuses")}
    case = {"kind": "resize", "name": f"{name} on a running node", "memory_capacity":
            bench.node.memory_bytes(), "memory_max": None if pod == "max" else int(pod),
            "containers": {"app": {"memory_max": None if here == "max" else int(here),
                                   "oom_score_adj": adj.pop()}},
            "pod": {part: {k: live_pod[part][k] for k in names if k in live_pod[part]}
                    for part, names in keep_fields.items()}}
    bench.fidelity("resize", "as tests/fidelity/truth/resize.json", [case])


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
        bench.node.wait_until(killed, "the kernel to kill leak")
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
    status = bench.node.wait_until(restarted, "leak to run again")
    state = status["lastState"]["terminated"]
    bench.equal("its state reads as that of a limit", (state["reason"], state["exitCode"]),
                ("OOMKilled", 137))

    def event():
        return [e for e in bench.plane.api.items("/api/v1/events") if e["reason"] == "SystemOOM"]
    bench.holds("only the event SystemOOM on the node tells them apart",
                bench.node.wait_until(event, "the event SystemOOM"))


def judge_choices(bench, report):
    """Each choice of the kernel, of the tasks it saw, through plimsoll's badness."""
    pages = bench.node.memory_bytes() // PAGE
    bench.fidelity(f"the kernel's choice in {len(report)} report(s)",
                   "as tests/fidelity/truth/kmsg.json",
                   [kmsg.choice_case(r, pages) for r in report])


def eviction_order(bench):
    """Pods in the order in which victims, which asks the kubelet itself, has them evicted."""
    answer, _ = live.run(bench, "victims", "--node", NAME, "--via-nodes-proxy")
    ranked = [i for i in answer["items"] if i["evictionRank"]]
    return [i["name"] for i in sorted(ranked, key=lambda i: i["evictionRank"])]


def rankings(bench):
    """The kubelet's rankings of pods for eviction since it started."""
    lines = bench.node.run("grep 'pods ranked for eviction' /var/log/kubelet.log || true")
    return [re.findall(r"default/([a-z]+)", line) for line in lines.splitlines()]


def use_up(bench):
    """leak takes one step after the other, each seen by the kubelet before the next, until that
    ranks its pods; the order that victims gave before the last step, and the kubelet's. From the
    second step on leak is the one that is furthest over its request, so nothing else changes."""
    taken, foretold, before = 0, [], len(rankings(bench))
    while True:
        bench.wake("leak", "USR2")
        taken += pods.STEP_MIB * MIB

        def seen():
            ranked = rankings(bench)[before:]
            if ranked:
                return ranked[0], None
            summary = bench.node.summary()
            told = next((p for p in summary["pods"] if p["podRef"]["name"] == "leak"), {})
            used = told.get("memory", {}).get("workingSetBytes", 0)
            available = summary["node"]["memory"]["availableBytes"]
            # Below the threshold it is the kubelet's turn.
            return (None, available) if used >= taken and available > EVICTION_HARD else None
        ranked, available = bench.node.wait_until(seen, f"the kubelet to see {taken >> 20} MiB")
        if ranked:
            return foretold, ranked
        print(f"      leak has {taken >> 20} MiB, {available >> 20} MiB are available", flush=True)
        if taken > pods.STEP_MIB * MIB:
            foretold = eviction_order(bench)


def eviction(bench):
    """Memory goes slowly: the kubelet evicts, in the order that victims gives."""
    def calm():
        return (bench.node.condition("MemoryPressure") == "False"
                and all(is_up(p["status"]) for p in bench.plane.api.items(PODS)))
    bench.node.wait_until(calm, "all pods to run and no memory pressure")
    foretold, ranking = use_up(bench)
    critical = {"critical"}  # the kubelet ranks it and leaves it; victims puts it apart
    bench.equal("the kubelet's ranking is victims'", [n for n in ranking if n not in critical],
                foretold)
    bench.equal("it begins: the one that leaks, the one whose larger request waits, the one whose "
                "volume is memory, and only then BestEffort", ranking[:4],
                ["leak", "over", "volume", "besteffort"])

    def evicted():
        status = bench.node.pod("leak")["status"]
        return status if status.get("reason") == "Evicted" else None
    status = bench.node.wait_until(evicted, "leak to be evicted")
    bench.equal("leak is Failed", status["phase"], "Failed")
    bench.node.wait_until(lambda: bench.node.condition("MemoryPressure") == "True",
                          "the condition MemoryPressure")

    def tainted():
        return "node.kubernetes.io/memory-pressure" in [
            t["key"] for t in bench.node.object()["spec"].get("taints", [])]
    bench.holds("the node has MemoryPressure and its taint",
                bench.node.wait_until(tainted, "the taint of memory pressure"))
    left = {p["metadata"]["name"] for p in bench.plane.api.items(PODS)
            if p["status"]["phase"] == "Running"}
    bench.equal("nobody else is evicted", left,
                {p["metadata"]["name"] for p in pods.STANDING})


FACTS = [start, written, allocatable, own_limit, usage, resize, resize_request, resize_refused, resize_deferred,
         *live.FACTS, node_oom, eviction]


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
            node.wait_up(PATIENCE_S)
            print(f"node ({node.accel}) Ready after {node.wait_ready():.1f} s "
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
