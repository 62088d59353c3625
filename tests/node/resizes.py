# SPDX-License-Identifier: Apache-2.0
"""Pods that are resized in place: carried out, refused, waiting."""
import os

from joined import MIB, PODS, limit_text


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


def restarts_of_leak(bench):
    return bench.node.pod("leak")["status"]["containerStatuses"][0]["restartCount"]


def wait_for_restart(bench, restarts):
    """Until leak runs again, after so many restarts."""
    def restarted():
        status = bench.node.pod("leak")["status"]["containerStatuses"][0]
        return "running" in status["state"] and status["restartCount"] > restarts
    bench.node.wait_until(restarted, "leak to run again")


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
    restarts = restarts_of_leak(bench)
    bench.wake("leak", "TERM")
    wait_for_restart(bench, restarts)
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


FACTS = [resize, resize_request, resize_refused, resize_deferred]
