# SPDX-License-Identifier: Apache-2.0
"""The node is short of memory: whom the kernel kills, whom the kubelet evicts."""
import os
import re

import kmsg
import live
import pods
import resizes
from joined import EVICTION_HARD, MIB, PAGE, PODS
from node import NAME


def node_oom(bench):
    """Memory is gone before the kubelet looks: the kernel kills in the order of victims."""
    order = bench.ask("victims", "--node", NAME, samples=bench.samples())["items"]
    containers = [(i["name"], c) for i in order for c in i["containers"] if c["killRank"]]
    foretold = [(n, c["name"]) for n, c in sorted(containers, key=lambda x: x[1]["killRank"])]
    ids, leak = bench.container_ids(), ("leak", "app")
    names = {pid: ids.get(os.path.basename(at)) for at, pid, _ in bench.processes()}
    restarts = resizes.restarts_of_leak(bench)
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

    resizes.wait_for_restart(bench, restarts)
    state = bench.node.pod("leak")["status"]["containerStatuses"][0]["lastState"]["terminated"]
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
                and all(pods.is_up(p["status"]) for p in bench.plane.api.items(PODS)))
    bench.node.wait_until(calm, "all pods to run and no memory pressure")
    foretold, ranking = use_up(bench)
    critical = {"critical"}  # the kubelet ranks it and leaves it; victims puts it apart
    bench.equal("the kubelet's ranking is victims'", [n for n in ranking if n not in critical],
                foretold)
    bench.equal("it begins: the one that leaks, the one whose larger request waits, the one whose "
                "volume is memory, and only then BestEffort", ranking[:4],
                ["leak", "over", "volume", "besteffort"])

    bench.node.wait_until(lambda: bench.node.condition("MemoryPressure") == "True",
                          "the condition MemoryPressure")

    def tainted():
        return "node.kubernetes.io/memory-pressure" in [
            t["key"] for t in bench.node.object()["spec"].get("taints", [])]
    bench.holds("the node has MemoryPressure and its taint",
                bench.node.wait_until(tainted, "the taint of memory pressure"))
    judge_evicted(bench)
    left = {p["metadata"]["name"] for p in bench.plane.api.items(PODS)
            if p["status"]["phase"] == "Running"}
    bench.equal("nobody else is evicted", left,
                {p["metadata"]["name"] for p in pods.STANDING})


def judge_evicted(bench):
    """How leak's end reads in the API: who ends well at SIGTERM has "succeeded"."""
    def ended():
        status = bench.node.pod("leak")["status"]
        return status if status["phase"] in ("Failed", "Succeeded") else None
    status = bench.node.wait_until(ended, "leak to be evicted")
    conditions = {c["type"]: c.get("reason") for c in status["conditions"]}
    bench.equal("the condition DisruptionTarget says by whom", conditions.get("DisruptionTarget"),
                "TerminationByKubelet")
    terminated = status["containerStatuses"][0]["state"].get("terminated", {})
    well = terminated.get("exitCode") == 0
    bench.equal("Failed and Evicted, or Succeeded without a reason if it ended well at SIGTERM",
                (status["phase"], status.get("reason")),
                ("Succeeded", None) if well else ("Failed", "Evicted"))

    def told():
        return [e for e in bench.plane.api.items("/api/v1/events") if e["reason"] == "Evicted"]
    events = bench.node.wait_until(told, "the event Evicted")
    bench.equal("the event Evicted is about leak alone",
                {e["involvedObject"]["name"] for e in events}, {"leak"})


FACTS = [node_oom, eviction]
