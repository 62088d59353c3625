# SPDX-License-Identifier: Apache-2.0
"""`place` beside what the real scheduler then does: more than 500 pods, one after the other.

Random worlds (tests/oracle/program/gen.py) are put into the API server. For each pod plimsoll is
asked first, from a dump of the world as kubectl gives it; then the pod is created, and the node
that kube-scheduler picks must be among the best ones. Among equals the scheduler throws dice, hence a
set. No controllers run, so nothing else moves.
"""
import concurrent.futures
import json
import os
import sys

import pytest

from api import COLLECTIONS, ApiError, collection, path_of
from conftest import ROOT, wait_until

sys.path.insert(0, os.path.join(ROOT, "tests", "oracle", "program"))
import gen  # noqa: E402

# Every node is looked at, and a pod that fits nowhere is tried again only when something changes.
SCHEDULER = {"percentageOfNodesToScore": 100}
WORLDS = [(seed, theme) for seed, theme in enumerate(
    ["resources", "taints", "nodeaffinity", "podaffinity", "spread", "defaultspread",
     "portsimages", "all"] * 2, 9000)]
NODES, BOUND, PENDING = 18, 40, 40
DUMPED = ["Namespace", "Node", "Pod", "Service", "ReplicaSet", "StatefulSet", "PriorityClass",
          "PodDisruptionBudget"]
LEAST_PODS, LEAST_SHARE = 500, 0.99


class World:
    """One random world in the API server, and gone again."""

    def __init__(self, plane, seed, theme):
        self.api, self.refused = plane.api, 0
        world = gen.G(seed, theme, NODES, BOUND, PENDING).run()["items"]
        self.pending = [i for i in world if i["kind"] == "Pod" and "nodeName" not in i["spec"]]
        rest = [i for i in world if i not in self.pending]
        for kinds in (("Namespace", "PriorityClass", "Node"), ("Pod",), None):
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                list(pool.map(self.add, [i for i in rest if kinds and i["kind"] in kinds]
                              if kinds else [i for i in rest if i["kind"] not in
                                             ("Namespace", "PriorityClass", "Node", "Pod")]))

    def add(self, item):
        """True when the API server takes it: the generator also makes what no server accepts."""
        meta = item["metadata"]
        for made_by_server in ("uid", "creationTimestamp", "deletionTimestamp",
                               "deletionGracePeriodSeconds"):
            meta.pop(made_by_server, None)
        status = item.pop("status", None)
        try:
            self.api.create(collection(item["kind"], meta.get("namespace", "default")), item)
            if status and item["kind"] in ("Node", "Pod", "PodDisruptionBudget"):
                self.api.merge(path_of(item) + "/status", {"status": status})
            return True
        except ApiError as e:
            assert e.status in (400, 403, 422), e
            self.refused += 1
            return False

    def dump(self):
        """As `kubectl get ... -A -o json` prints it."""
        items = []
        for kind in DUMPED:
            version = COLLECTIONS[kind][0].replace("/apis/", "").replace("/api/", "")
            for item in self.api.items(collection(kind)):
                items.append({"apiVersion": version, "kind": kind, **item})
        return {"apiVersion": "v1", "kind": "List", "items": items}

    def remove(self):
        for kind in reversed(DUMPED):
            for item in self.api.items(collection(kind)):
                item["kind"] = kind
                if kind == "Pod":
                    self.api.call("DELETE", path_of(item), {
                        "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0},
                                  accepted=(404,))
                elif kind != "Namespace" and not item["metadata"]["name"].startswith("system-"):
                    self.api.delete(path_of(item))


def ask_plimsoll(plimsoll, world, pod, folder):
    """The best nodes by name, and the whole answer."""
    with open(folder / "world.json", "w", encoding="utf-8") as f:
        json.dump(world.dump(), f)
    with open(folder / "pod.json", "w", encoding="utf-8") as f:
        json.dump(pod, f)
    got = plimsoll(None, "place", "-f", str(folder / "world.json"), "--complete", "--pod-file",
                   str(folder / "pod.json"), "-o", "json")
    assert got.code == 0, got
    answer = json.loads(got.out)["items"][0]
    return answer["best"], answer


def ask_scheduler(api, pod):
    """The node that it picks, or None; and what it says."""
    found = {}

    def decided():
        found.update(api.get(path_of(pod)))
        return found["spec"].get("nodeName") or reason_of(found)
    wait_until(decided, f"a decision about {pod['metadata']['name']}", 30)
    return found["spec"].get("nodeName"), reason_of(found)


def reason_of(pod):
    for c in pod["status"].get("conditions", []):
        if c["type"] == "PodScheduled" and c["status"] == "False":
            return c["message"]
    return None


def judge(best, answer, picked, said):
    """None when both agree, else the difference in words."""
    if picked is None:
        return None if not best else f"scheduler: {said}; place: {best}"
    if picked in best:
        return None
    totals = {f["node"]: f for f in answer["feasible"] or []}
    return f"scheduler took {picked} {totals.get(picked)}; place: {[totals[b] for b in best]}"


@pytest.fixture(scope="module")
def bare_plane():
    from conftest import make_plane
    with make_plane(scheduler=SCHEDULER, controllers=False) as plane:
        yield plane


def test_place_as_the_scheduler(bare_plane, plimsoll, tmp_path):
    asked, unschedulable, misses = 0, 0, []
    for seed, theme in WORLDS:
        world = World(bare_plane, seed, theme)
        for pod in world.pending:
            pod.pop("status", None)
            best, answer = ask_plimsoll(plimsoll, world, pod, tmp_path)
            if not world.add(pod):
                continue
            picked, said = ask_scheduler(bare_plane.api, pod)
            asked, unschedulable = asked + 1, unschedulable + (picked is None)
            difference = judge(best, answer, picked, said)
            if difference:
                misses.append(f"{theme} {seed} {pod['metadata']['name']}: {difference}")
            if picked is None:
                bare_plane.api.delete(path_of(pod))
        world.remove()
    print(f"{asked} pods, {unschedulable} of them fit nowhere, {len(misses)} differ")
    assert asked - unschedulable >= LEAST_PODS, (asked, unschedulable)
    assert len(misses) <= (1 - LEAST_SHARE) * asked, "\n".join(misses)
