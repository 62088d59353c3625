# SPDX-License-Identifier: Apache-2.0
"""A hundred nodes and 3,000 pods (or as many as PLIMSOLL_PODS says) through the real scheduler, and
what plimsoll makes of them."""
import json
import os
import time

import pytest

import player as play
from conftest import make_plane, wait_nodes, wait_until

NODES, WORKLOADS = 100, 60
REPLICAS = int(os.environ.get("PLIMSOLL_PODS", "3000")) // WORKLOADS
NAMESPACE = "scale"
PATIENCE_S = 900  # pods are created, bound and started; a busy machine takes its time


def deployment(index):
    name = f"app-{index:02d}"
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"replicas": REPLICAS, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{
                    "name": "main", "image": f"registry.example.com/{name}:1",
                    "resources": {"requests": {"cpu": "100m", "memory": f"{128 + 16 * index}Mi"},
                                  "limits": {"memory": f"{256 + 16 * index}Mi"}}}]}}}}


@pytest.fixture(scope="module")
def scale():
    """The cluster, with every pod running."""
    with make_plane() as plane, play.Player(plane) as player:
        player.add_nodes([play.node(i, cpu=16, memory_gib=64) for i in range(NODES)])
        wait_nodes(plane, player)
        plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                "metadata": {"name": NAMESPACE}})
        for i in range(WORKLOADS):
            plane.api.create(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments", deployment(i))
        path = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
        wait_until(lambda: time.sleep(1) or all(  # asking costs the server, too
            d["status"].get("readyReplicas") == REPLICAS for d in plane.api.items(path)),
                   f"{WORKLOADS * REPLICAS} ready pods", PATIENCE_S)
        assert not player.errors, player.errors[:3]
        yield plane


def test_check(scale, plimsoll):
    """Findings at the Deployments, of what their pods show."""
    got = plimsoll(scale.admin, "check", "-n", NAMESPACE, "--fail-on", "never", "-o", "json")
    assert got.code == 0, got
    objects = {(i["object"]["kind"], i["object"]["name"]) for i in json.loads(got.out)["items"]}
    assert {n for k, n in objects if k == "Deployment"} == {f"app-{i:02d}"
                                                           for i in range(WORKLOADS)}
    assert not {k for k, _ in objects} & {"Pod", "ReplicaSet"}, objects


def test_simulate(scale, plimsoll):
    got = plimsoll(scale.admin, "simulate", "-o", "json")
    assert got.code in (0, 1), got
    assert json.loads(got.out)["kind"] == "SimulationReport"


def test_snapshot_is_the_cluster(scale, plimsoll, tmp_path):
    """The same findings from the recording as from the cluster, at every pod."""
    file = str(tmp_path / "world.json.gz")
    taken = plimsoll(scale.admin, "snapshot", "--to", file)
    assert taken.code == 0, taken
    live = plimsoll(scale.admin, "check", "-A", "--fail-on", "never", "-o", "json")
    recorded = plimsoll(None, "check", "-f", file, "--fail-on", "never", "-o", "json")
    assert live.code == recorded.code == 0, (live, recorded)
    assert fingerprints(live) == fingerprints(recorded)


def fingerprints(answer):
    found = [i["fingerprint"] for i in json.loads(answer.out)["items"]]
    assert found
    return sorted(found)
