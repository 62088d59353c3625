# SPDX-License-Identifier: Apache-2.0
"""Fills a control plane with a cluster of any size: 1,000 nodes and 30,000 pods in a minute.

One object of each sort is created through the API server, with its defaults and managedFields, and
read back from etcd as it was stored. Its copies are written to etcd with other names of the same
length, and from there on they are what the API server serves. No controller may run.
"""
import base64
import hashlib

import player
from api import collection, create

SHAPES = [  # name, requests, limits
    ("web", {"cpu": "100m", "memory": "256Mi"}, {"memory": "512Mi"}),
    ("api", {"cpu": "250m", "memory": "512Mi"}, {"cpu": "1", "memory": "1Gi"}),
    ("db", {"cpu": "500m", "memory": "2Gi"}, {"memory": "2Gi"}),
    ("cache", {"cpu": "50m", "memory": "128Mi"}, {}),
    ("batch", {}, {}),
    ("queue", {"cpu": "100m", "memory": "384Mi"}, {"cpu": "500m", "memory": "384Mi"}),
]
PER_TRANSACTION = 400
HASH = "5d8f7b9c4"
PODS_PER_WORKLOAD = 30
NAMESPACES = 25


def pod_spec(name, requests, limits):
    return {"containers": [
        {"name": "main", "image": f"registry.example.com/shop/{name}:1.4.2",
         "ports": [{"name": "http", "containerPort": 8080}],
         "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-XX:MaxRAMPercentage=70"},
                 {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
         "resources": {"requests": requests, "limits": limits},
         "readinessProbe": {"httpGet": {"path": "/ready", "port": "http"}},
         "livenessProbe": {"httpGet": {"path": "/live", "port": "http"}}},
        {"name": "proxy", "image": "registry.example.com/mesh/proxy:1.22",
         "resources": {"requests": {"cpu": "10m", "memory": "40Mi"},
                       "limits": {"memory": "128Mi"}}}],
            "topologySpreadConstraints": [{
                "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": name}}}]}


def uuid(*names):
    h = hashlib.md5("/".join(map(str, names)).encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}"


def address(first, index):
    """Always of the same length, as everything that is replaced."""
    return f"{first}.{100 + index // 22500 % 150}.{100 + index // 150 % 150}.{100 + index % 150}"


class Original:
    """An object as the API server has stored it, and the words in it that copies change."""

    def __init__(self, plane, item, key, words):
        made = create(plane.api, item)
        if item["kind"] in ("Node", "Pod"):
            status = item.get("status") or player.pod_status(made, 1)
            plane.api.merge(collection(item["kind"], made["metadata"].get("namespace"))
                            + f"/{made['metadata']['name']}/status", {"status": status})
        self.uid, self.key = made["metadata"]["uid"], key
        self.stored = plane.etcd_get("/registry/" + key)
        self.words = [w.encode() for w in [*words, self.uid]]
        for word in self.words:
            assert word in self.stored, f"{word} is not in the stored {key}"
        plane.etcd_delete("/registry/" + key)

    def copy(self, *words):
        """(key, bytes) of a copy, whose words are these."""
        key, stored = self.key.encode(), self.stored
        for old, new in zip(self.words, words):
            new = new.encode()
            assert len(old) == len(new), (old, new)
            stored, key = stored.replace(old, new), key.replace(old, new)
        return key, stored


class Workload:
    """The originals of a Deployment, its ReplicaSet and a Pod of one shape."""

    def __init__(self, plane, app, requests, limits):
        self.app = app
        labels = {"app": app, "pod-template-hash": HASH}
        spec = {"replicas": PODS_PER_WORKLOAD, "selector": {"matchLabels": {"app": app}},
                "template": {"metadata": {"labels": labels},
                             "spec": pod_spec(app, requests, limits)}}
        top, namespace = f"{app}-9999", "team-99"
        self.words = [namespace, top]

        def item(version, kind, name, body, owner=None):
            meta = {"name": name, "namespace": namespace, "labels": labels}
            if owner:
                meta["ownerReferences"] = [{
                    "apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "uid": owner[2],
                    "controller": True, "blockOwnerDeletion": True}]
            return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": body}
        self.deployment = Original(plane, item("apps/v1", "Deployment", top, spec),
                                   f"deployments/{namespace}/{top}", self.words)
        middle = f"{top}-{HASH}"
        self.replica_set = Original(
            plane, item("apps/v1", "ReplicaSet", middle, spec,
                        ("Deployment", top, self.deployment.uid)),
            f"replicasets/{namespace}/{middle}", [*self.words, self.deployment.uid])
        pod = item("v1", "Pod", f"{middle}-fffff",
                   dict(spec["template"]["spec"], nodeName="node-99999"),
                   ("ReplicaSet", middle, self.replica_set.uid))
        pod["status"] = dict(player.pod_status(pod, 1), podIP=address(101, 0), hostIP="10.0.0.1",
                             podIPs=[{"ip": address(101, 0)}])
        self.pod = Original(plane, pod, f"pods/{namespace}/{middle}-fffff",
                            [*self.words, self.replica_set.uid, f"{HASH}-fffff", "node-99999",
                             address(101, 0)])


class Filler:
    """Collects objects and writes them to etcd, many at once."""

    def __init__(self, plane):
        self.plane, self.operations, self.count = plane, [], 0

    def add(self, pair):
        key, stored = pair
        self.operations.append({"requestPut": {
            "key": base64.b64encode(b"/registry/" + key).decode(),
            "value": base64.b64encode(stored).decode()}})
        self.count += 1
        if len(self.operations) >= PER_TRANSACTION:
            self.flush()

    def flush(self):
        if self.operations:
            self.plane.etcd("kv/txn", {"success": self.operations})
        self.operations = []


def fill(plane, nodes, pods):
    """Nodes node-00000 ..., namespaces team-00 ..., and workloads of PODS_PER_WORKLOAD pods.
    Returns how many objects were written."""
    filler = Filler(plane)
    for i in [99, *range(NAMESPACES)]:
        plane.api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                                "metadata": {"name": f"team-{i:02d}"}})
    first = player.node(0, cpu=32, memory_gib=64, pods=250, name="node-99999")
    first["status"].update(conditions=player.node_conditions(), addresses=[
        {"type": "InternalIP", "address": address(101, 0)}])
    node = Original(plane, first, "minions/node-99999",
                    ["node-99999", "region-1a", address(101, 0)])
    for i in range(nodes):
        filler.add(node.copy(f"node-{i:05d}", "region-1" + "abc"[i % 3], address(102, i),
                             uuid("node", i)))
    shapes = [Workload(plane, *shape) for shape in SHAPES]
    for i in range(pods // PODS_PER_WORKLOAD):
        add_workload(filler, shapes[i % len(shapes)], i, nodes)
    filler.flush()
    return filler.count


def add_workload(filler, shape, index, nodes):
    words = [f"team-{index % NAMESPACES:02d}", f"{shape.app}-{index:04d}"]
    top, middle = uuid("deployment", index), uuid("replicaset", index)
    filler.add(shape.deployment.copy(*words, top))
    filler.add(shape.replica_set.copy(*words, top, middle))
    for i in range(PODS_PER_WORKLOAD):
        number = index * PODS_PER_WORKLOAD + i
        filler.add(shape.pod.copy(*words, middle, f"{HASH}-{i:05x}",
                                  f"node-{number * 7919 % nodes:05d}", address(101, number),
                                  uuid("pod", number)))
