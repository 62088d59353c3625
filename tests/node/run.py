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
import os
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
import pressure  # noqa: E402
import resizes  # noqa: E402
from joined import EVICTION_HARD, MIB, PODS, Bench, limit_text  # noqa: E402
from node import NAME, PATIENCE_S, Node, Plane, set_up_network  # noqa: E402

MEMORY_MIB = 640


# ---- facts, in this order ----

def start(bench):
    """The pods start."""
    for p in pods.ALL:
        bench.plane.api.create(PODS, p)

    def all_up():
        items = bench.plane.api.items(PODS)
        return len(items) == len(pods.ALL) and all(pods.is_up(p["status"]) for p in items)
    bench.node.wait_until(all_up, "all pods to run")
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
                                      if pods.is_up(p["status"])},
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


FACTS = [start, written, allocatable, own_limit, usage, *resizes.FACTS, *live.FACTS,
         *pressure.FACTS]


def run_facts(bench):
    for fact in FACTS:
        if bench.options.facts and fact.__name__ not in ["start", *bench.options.facts]:
            continue
        began = time.monotonic()
        print(f"-- {fact.__doc__}", flush=True)
        if bench.options.die_at == fact.__name__:
            os._exit(9)  # SIGKILL would not end the first process of a namespace
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
    p.add_argument("--die-at", metavar="FACT", help="end at this fact at once, with nothing put away")
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
