# SPDX-License-Identifier: Apache-2.0
"""Plays the nodes of a cluster that has none: Node objects with status and leases, pods that
run as soon as the scheduler has bound them, volumes for claims that wait.

It writes what a kubelet would have written, no more: no container exists. The scheduler and the
controllers are the real ones, and see no difference. Like a kubelet it sees to it that its word
stands: a node or a pod that the controllers took for lost (this machine was too busy to renew a
lease in time) is reported Ready again.
"""
import concurrent.futures
import datetime
import glob
import hashlib
import http.client
import json
import os
import socket
import threading

from api import ApiError, create

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.normpath(os.path.join(HERE, "..", "..", "examples"))
WORKERS = 8
LEASE_S = 10
LEASES_AT_ONCE = 4  # apart from the pods: a node whose lease waits behind them would be lost
LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
ZONES = ("a", "b", "c")
GIB = 1 << 30


def now(micro=False):
    t = datetime.datetime.now(datetime.timezone.utc)
    return t.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if micro else "%Y-%m-%dT%H:%M:%SZ")


def node(index, cpu=8, memory_gib=32, pods=110, labels=None, name=None, taints=None):
    """A node of a three-zone cluster; 1.5 GiB of its memory is not for pods."""
    name = name or f"node-{index:05d}"
    zone = f"region-1{ZONES[index % len(ZONES)]}"
    capacity = {"cpu": str(cpu), "memory": f"{memory_gib * GIB >> 10}Ki", "pods": str(pods),
                "ephemeral-storage": "104845292Ki", "hugepages-2Mi": "0", "hugepages-1Gi": "0"}
    allocatable = dict(capacity, memory=f"{(memory_gib * GIB - 3 * GIB // 2) >> 10}Ki",
                       cpu=f"{cpu * 1000 - 80}m", **{"ephemeral-storage": "95551679124"})
    spec = {"providerID": f"bench:///{zone}/{name}"}
    if taints:
        spec["taints"] = taints
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64", "topology.kubernetes.io/region": "region-1",
            "topology.kubernetes.io/zone": zone,
            "node.kubernetes.io/instance-type": f"bench-{cpu}x{memory_gib}", **(labels or {})}},
        "spec": spec,
        "status": {
            "capacity": capacity, "allocatable": allocatable,
            "addresses": [{"type": "InternalIP", "address": address(10, index + 1)},
                          {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": {"architecture": "amd64", "operatingSystem": "linux",
                         "bootID": uuid_of(name + "boot"), "machineID": uuid_of(name),
                         "systemUUID": uuid_of(name + "system"), "kernelVersion": "6.1.0-56-amd64",
                         "osImage": "Debian GNU/Linux 12 (bookworm)",
                         "containerRuntimeVersion": "containerd://2.1.4", "kubeProxyVersion": "",
                         "kubeletVersion": "v1.36.3"}}}


def uuid_of(text):
    h = hashlib.sha256(text.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:32]}"


def address(first, index):
    return f"{first}.{index >> 16 & 255}.{index >> 8 & 255}.{index & 255}"


def node_conditions():
    words = [("MemoryPressure", "False", "KubeletHasSufficientMemory"),
             ("DiskPressure", "False", "KubeletHasNoDiskPressure"),
             ("PIDPressure", "False", "KubeletHasSufficientPID"), ("Ready", "True", "KubeletReady")]
    return [{"type": kind, "status": status, "reason": reason, "message": reason,
             "lastHeartbeatTime": now(), "lastTransitionTime": now()}
            for kind, status, reason in words]


def container_status(container, state, ready):
    resources = container.get("resources", {})
    digest = hashlib.sha256(container["image"].encode()).hexdigest()
    status = {"name": container["name"], "image": container["image"],
              "imageID": f"{container['image'].split('@')[0].split(':')[0]}@sha256:{digest}",
              "containerID": "containerd://" + hashlib.sha256(os.urandom(8)).hexdigest(),
              "ready": ready, "started": ready, "restartCount": 0, "state": state, "lastState": {}}
    if resources:
        status["resources"] = {k: v for k, v in resources.items() if k in ("requests", "limits")}
    if resources.get("requests"):
        status["allocatedResources"] = resources["requests"]
    return status


def pod_status(pod, index):
    """What a kubelet reports once every container of the pod runs."""
    at = now()
    running, done = {"running": {"startedAt": at}}, {"terminated": {
        "exitCode": 0, "reason": "Completed", "startedAt": at, "finishedAt": at}}
    spec = pod["spec"]
    init = [container_status(c, running if c.get("restartPolicy") == "Always" else done, True)
            for c in spec.get("initContainers", [])]
    conditions = [{"type": t, "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
                  for t in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady",
                            "PodScheduled")]
    ip = address(100, index + 2)
    status = {"phase": "Running", "conditions": conditions, "startTime": at, "podIP": ip,
              "podIPs": [{"ip": ip}], "hostIP": "10.0.0.1", "hostIPs": [{"ip": "10.0.0.1"}],
              "containerStatuses": [container_status(c, running, True)
                                    for c in spec["containers"]]}
    if init:
        status["initContainerStatuses"] = init
    return status


def is_ready(item):
    return any(c["type"] == "Ready" and c["status"] == "True"
               for c in item["status"].get("conditions", []))


class Player:
    """Plays until stop(); a context manager. What it cannot do raises at the end."""

    def __init__(self, plane, workers=WORKERS):
        self.api = plane.api
        self.watcher = plane.new_client()
        self.nodes, self.started, self.silent = {}, set(), set()
        self.count, self.lock = 0, threading.Lock()
        self.ending = threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(workers)
        self.lease_pool = concurrent.futures.ThreadPoolExecutor(LEASES_AT_ONCE)
        self.threads = []
        self.errors, self.watches = [], set()

    def __enter__(self):
        for loop in (self.keep_leases, self.follow_nodes, self.follow_pods, self.follow_claims):
            t = threading.Thread(target=self.guarded, args=(loop,), daemon=True)
            t.start()
            self.threads.append(t)
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.ending.set()
        for c in list(self.watches):
            if c.sock:
                c.sock.shutdown(socket.SHUT_RDWR)
        for t in self.threads:
            t.join(timeout=LEASE_S + 5)
        self.lease_pool.shutdown(wait=True, cancel_futures=True)
        self.pool.shutdown(wait=True, cancel_futures=True)

    def guarded(self, loop):
        """An API server that restarts is waited for; the rest is kept for whoever asks."""
        while not self.ending.is_set():
            try:
                loop()
            except (OSError, http.client.HTTPException):
                self.ending.wait(0.5)
            except (ApiError, ValueError, KeyError) as e:
                self.errors.append(e)
                self.ending.wait(0.5)

    # --- nodes -------------------------------------------------------------------------------

    def add_nodes(self, nodes):
        list(self.pool.map(self.add_node, nodes))
        return self

    def add_node(self, item):
        self.api.create("/api/v1/nodes", {k: item[k] for k in
                                          ("apiVersion", "kind", "metadata", "spec")})
        name = item["metadata"]["name"]
        self.nodes[name] = item
        self.api.apply(f"{LEASES}/{name}", {
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": name, "namespace": "kube-node-lease"},
            "spec": {"holderIdentity": name, "leaseDurationSeconds": 40,
                     "renewTime": now(micro=True)}}, manager="kubelet")
        self.report(item)

    def report(self, item):
        self.api.merge(f"/api/v1/nodes/{item['metadata']['name']}/status",
                       {"status": dict(item["status"], conditions=node_conditions())})

    def keep_leases(self):
        while not self.ending.wait(LEASE_S):
            names = [n for n in list(self.nodes) if n not in self.silent]
            list(self.lease_pool.map(self.renew, names))

    def renew(self, name):
        """A kubelet only writes the time, too."""
        try:
            self.api.merge(f"{LEASES}/{name}", {"spec": {"renewTime": now(micro=True)}})
        except ApiError as e:
            if e.status not in (404, 409):
                self.errors.append(e)

    def follow_nodes(self):
        """What the node controller takes for lost although its lease is kept is Ready again."""
        for item in self.follow("/api/v1/nodes"):
            name = item["metadata"]["name"]
            if name in self.nodes and name not in self.silent and not is_ready(item):
                self.quietly(self.report, self.nodes[name])

    # --- pods --------------------------------------------------------------------------------

    def follow_pods(self):
        for pod in self.follow("/api/v1/pods"):
            uid = pod["metadata"]["uid"]
            node, phase = pod["spec"].get("nodeName"), pod["status"].get("phase")
            if node not in self.nodes:
                continue
            if pod["metadata"].get("deletionTimestamp"):
                self.pool.submit(self.quietly, self.remove, pod)
            elif phase == "Pending" and uid not in self.started:
                self.started.add(uid)
                self.pool.submit(self.quietly, self.run_pod, pod)
            elif phase == "Running" and node not in self.silent and not is_ready(pod):
                self.pool.submit(self.quietly, self.report_pod, pod)

    def run_pod(self, pod):
        with self.lock:
            self.count += 1
            index = self.count
        meta = pod["metadata"]
        self.api.merge(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status",
                       {"status": pod_status(pod, index)})

    def report_pod(self, pod):
        """The controllers have set its conditions; its containers run on."""
        meta, words = pod["metadata"], ("type", "lastProbeTime", "lastTransitionTime")
        conditions = [dict({k: c.get(k) for k in words}, status="True")
                      for c in pod["status"].get("conditions", [])]
        self.api.merge(f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status",
                       {"status": {"conditions": conditions}})

    def remove(self, pod):
        meta = pod["metadata"]
        self.api.call("DELETE", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}",
                      {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
                       "preconditions": {"uid": meta["uid"]}}, accepted=(404, 409))

    def follow_claims(self):
        """A volume for every claim that names a storage class and has none."""
        for claim in self.follow("/api/v1/persistentvolumeclaims"):
            if claim["spec"].get("volumeName") or not claim["spec"].get("storageClassName"):
                continue
            self.quietly(self.make_volume, claim)

    def make_volume(self, claim):
        meta, spec = claim["metadata"], claim["spec"]
        self.api.create("/api/v1/persistentvolumes", {
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": f"pvc-{meta['uid']}"},
            "spec": {"capacity": {"storage": spec["resources"]["requests"]["storage"]},
                     "accessModes": spec["accessModes"],
                     "storageClassName": spec["storageClassName"],
                     "persistentVolumeReclaimPolicy": "Delete",
                     "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                                  "name": meta["name"], "namespace": meta["namespace"],
                                  "uid": meta["uid"]},
                     "csi": {"driver": "block.csi.example", "volumeHandle": meta["uid"]}}})

    def quietly(self, do, item):
        """An object that is gone or has changed in between is somebody else's business."""
        try:
            do(item)
        except ApiError as e:
            if e.status not in (404, 409):
                self.errors.append(e)
        except (OSError, http.client.HTTPException):
            self.started.discard(item["metadata"].get("uid"))

    # --- list and watch ----------------------------------------------------------------------

    def follow(self, path):
        """Objects that are there, then those added or changed, until the version is too old."""
        page = self.watcher.get(path)
        yield from page["items"]
        version = page["metadata"]["resourceVersion"]
        while version and not self.ending.is_set():
            for event in self.watch(path, version):
                if event["type"] == "ERROR":
                    return
                version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield event["object"]

    def watch(self, path, version):
        """The events of one watch; stop() cuts the connection."""
        c = http.client.HTTPSConnection(self.watcher.host, self.watcher.port,
                                        context=self.watcher.tls, timeout=300)
        try:
            c.request("GET", f"{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=240"
                             f"&resourceVersion={version}")
            self.watches.add(c)
            answer = c.getresponse()
            while line := answer.readline():
                yield json.loads(line)
        finally:
            self.watches.discard(c)
            c.close()


# --- worlds ----------------------------------------------------------------------------------

def manifests(folder, replicas_at_most=None):
    """The objects of the YAML files of a folder; not what only the tools of a node read."""
    import yaml
    for path in sorted(glob.glob(os.path.join(folder, "*.yaml"))):
        with open(path, encoding="utf-8") as f:
            for item in yaml.safe_load_all(f):
                if not item or item["kind"] == "KubeletConfiguration":
                    continue
                spec = item.get("spec", {})
                if replicas_at_most and item["kind"] in ("Deployment", "StatefulSet"):
                    spec["replicas"] = min(spec.get("replicas", 1), replicas_at_most)
                yield item


def small_world(plane):
    """Twelve nodes with the example cluster on them, few replicas of each workload, and metrics.
    Plays on until the process ends."""
    player = Player(plane).__enter__()
    player.add_nodes([node(i) for i in range(12)])
    items = [i for i in manifests(os.path.join(EXAMPLES, "black-friday"), 2)
             if not i["kind"].endswith("WebhookConfiguration")]  # nobody would answer it
    for item in sorted(items, key=lambda i: i["kind"] != "Namespace"):
        create(plane.api, item)
    return player
