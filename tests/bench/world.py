#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a world of any size as `kubectl get -o json` would: nodes, workloads, pods, usage.

Four node shapes, three zones, memory booked to 85 %, used 75 +- 15 % of the requests, limits at one
to two times the requests or none, 40 % of the workloads with topology spread, 10 % with required
anti-affinity, PodDisruptionBudgets on half, three DaemonSets. Each pod is as long as a real one
(about 4.3 kB with managedFields). The same arguments give the same bytes.

usage: world.py NODES PODS [SEED] > world.json
"""
import heapq
import json
import random
import sys

GI, MI = 1 << 30, 1 << 20
SHAPES = [(8, 32 * GI), (16, 64 * GI), (16, 128 * GI), (32, 128 * GI)]  # CPU, bytes
ZONES = ["zone-a", "zone-b", "zone-c"]
BOOKED = 0.85
RESERVED = 100 * MI  # the kubelet's default hard eviction threshold
DAEMONS = [("logs", 200 * MI, 100), ("metrics", 64 * MI, 50), ("network", 128 * MI, 100)]
TAKEN = "2026-11-21T12:00:00Z"


class Node:
    def __init__(self, i):
        self.cpu, self.memory = SHAPES[i % len(SHAPES)]
        self.index = i
        self.name = f"node-{i:05d}"
        self.zone = ZONES[i // len(SHAPES) % len(ZONES)]
        self.pods = 0
        self.booked = 0

    def share(self):
        return self.booked / self.memory


class Workload:
    def __init__(self, i, rng, replicas):
        self.name = f"app-{i:05d}"
        self.namespace = f"team-{i % 97:02d}"
        self.replicas = replicas
        self.spread = rng.random() < 0.4
        self.apart = not self.spread and rng.random() < 0.11
        self.budget = rng.random() < 0.5 and replicas > 1
        self.kind = "StatefulSet" if rng.random() < 0.1 else "ReplicaSet"
        self.limit = rng.choice([None, 1.0, 1.25, 1.5, 2.0, 2.0])
        self.size = min(max(rng.lognormvariate(0, 0.9), 0.1), 6)
        self.cpu_share = rng.uniform(0.4, 0.75)
        self.uid = f"00000000-0000-4000-8000-{i:012x}"


def workloads_of(rng, pods):
    result, left = [], pods
    while left > 0:
        replicas = min(left, max(1, min(400, int(rng.lognormvariate(2.2, 1.1)))))
        result.append(Workload(len(result), rng, replicas))
        left -= replicas
    return result


def managed_fields(rng):
    names = ["f:metadata", "f:spec", "f:containers", "f:env", "f:image", "f:imagePullPolicy",
             "f:livenessProbe", "f:readinessProbe", "f:resources", "f:securityContext",
             "f:terminationMessagePath", "f:terminationMessagePolicy", "f:volumeMounts"]
    fields = {n: {f"k:{{\\\"name\\\":\\\"X{j}\\\"}}": {".": {}, "f:name": {}, "f:value": {}}
                  for j in range(3)} for n in names[:4]}
    return [{"manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1",
             "time": TAKEN, "fieldsType": "FieldsV1", "fieldsV1": fields},
            {"manager": "kubelet", "operation": "Update", "apiVersion": "v1", "time": TAKEN,
             "fieldsType": "FieldsV1", "subresource": "status",
             "fieldsV1": {"f:status": {n: {} for n in names}}}]


MANAGED = json.dumps(managed_fields(None), separators=(",", ":"))


def dump(o):
    return json.dumps(o, separators=(",", ":"))


def node_object(n):
    allocatable = n.memory - RESERVED
    amounts = {"cpu": str(n.cpu), "memory": f"{n.memory // 1024}Ki", "pods": "110",
               "ephemeral-storage": "102400Mi"}
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": n.name, "uid": f"10000000-0000-4000-8000-{n.index:012x}", "labels": {
            "kubernetes.io/hostname": n.name, "topology.kubernetes.io/zone": n.zone,
            "topology.kubernetes.io/region": "region-1", "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": f"shape-{n.index % len(SHAPES)}"}},
        "spec": {"providerID": f"cloud:///{n.name}"},
        "status": {"capacity": amounts,
                   "allocatable": dict(amounts, memory=f"{allocatable // 1024}Ki"),
                   "conditions": [{"type": "Ready", "status": "True"},
                                  {"type": "MemoryPressure", "status": "False"}],
                   "nodeInfo": {"kubeletVersion": "v1.36.3", "kernelVersion": "6.1.0",
                                "osImage": "Debian GNU/Linux 12 (bookworm)",
                                "containerRuntimeVersion": "containerd://1.7.12"}}}


def pod_spec(w, memory, cpu):
    resources = {"requests": {"cpu": f"{cpu}m", "memory": f"{memory // MI}Mi"}}
    if w.limit:
        resources["limits"] = {"memory": f"{int(memory // MI * w.limit)}Mi"}
    probe = {"httpGet": {"path": "/live", "port": 8080, "scheme": "HTTP"}, "timeoutSeconds": 2,
             "periodSeconds": 20, "successThreshold": 1, "failureThreshold": 5}
    spec = {
        "containers": [{
            "name": "main", "image": f"registry.example.com/{w.namespace}/{w.name}:v1.2.3",
            "ports": [{"containerPort": 8080, "protocol": "TCP"}],
            "env": [{"name": f"SETTING_{i}", "value": f"value-{i}"} for i in range(6)],
            "resources": resources, "livenessProbe": probe, "readinessProbe": probe,
            "volumeMounts": [{"name": "kube-api-access", "readOnly": True,
                              "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}],
            "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
            "imagePullPolicy": "IfNotPresent"}],
        "volumes": [{"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]}}],
        "restartPolicy": "Always", "terminationGracePeriodSeconds": 30,
        "dnsPolicy": "ClusterFirst", "serviceAccountName": "default",
        "schedulerName": "default-scheduler", "priority": 0, "enableServiceLinks": True,
        "preemptionPolicy": "PreemptLowerPriority",
        "tolerations": [{"key": f"node.kubernetes.io/{k}", "operator": "Exists",
                         "effect": "NoExecute", "tolerationSeconds": 300}
                        for k in ("not-ready", "unreachable")]}
    selector = {"matchLabels": {"app": w.name}}
    if w.spread:
        spec["topologySpreadConstraints"] = [{
            "maxSkew": 2, "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "DoNotSchedule", "labelSelector": selector}, {
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": selector}]
    if w.apart:
        spec["affinity"] = {"podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [
                {"topologyKey": "kubernetes.io/hostname", "labelSelector": selector}]}}
    return spec


def owner_objects(w, memory, cpu):
    """The Deployment and its ReplicaSet, or the StatefulSet, and the budget."""
    labels = {"app": w.name}
    template = {"metadata": {"labels": labels}, "spec": pod_spec(w, memory, cpu)}
    top = "Deployment" if w.kind == "ReplicaSet" else w.kind
    spec = {"replicas": w.replicas, "selector": {"matchLabels": labels}, "template": template}
    meta = {"name": w.name, "namespace": w.namespace, "labels": labels}
    yield {"apiVersion": "apps/v1", "kind": top, "metadata": dict(meta, uid=w.uid), "spec": spec}
    if top == "Deployment":
        yield {"apiVersion": "apps/v1", "kind": "ReplicaSet",
               "metadata": dict(meta, name=w.name + "-5d", uid=w.uid[:-13] + "r" + w.uid[-12:],
                                ownerReferences=[{"apiVersion": "apps/v1", "kind": top,
                                                  "name": w.name, "uid": w.uid,
                                                  "controller": True}]), "spec": spec}
    if w.budget:
        yield {"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": dict(meta),
               "spec": {"maxUnavailable": max(1, w.replicas // 10),
                        "selector": {"matchLabels": labels}},
               "status": {"disruptionsAllowed": max(1, w.replicas // 10),
                          "currentHealthy": w.replicas, "expectedPods": w.replicas,
                          "desiredHealthy": w.replicas - max(1, w.replicas // 10)}}


def write_pod(out, serial, name, w, owner, spec_text, node, used):
    uid = f"20000000-0000-4000-8000-{serial:012x}"
    out.write(
        '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"%s","uid":"%s",'
        '"resourceVersion":"%d","creationTimestamp":"%s","labels":{"app":"%s",'
        '"pod-template-hash":"5d"},"ownerReferences":[%s],"managedFields":%s},"spec":%s,"status":{'
        '"phase":"Running","conditions":[{"type":"Ready","status":"True","lastTransitionTime":"%s"},'
        '{"type":"PodScheduled","status":"True","lastTransitionTime":"%s"}],"hostIP":"10.0.0.1",'
        '"podIP":"10.1.0.1","startTime":"%s","qosClass":"%s","containerStatuses":[{"name":"main",'
        '"state":{"running":{"startedAt":"%s"}},"lastState":{},"ready":true,"restartCount":0,'
        '"image":"registry.example.com/%s:v1.2.3","imageID":"sha256:%064x","containerID":'
        '"containerd://%064x","started":true}]}},\n'
        % (name, w.namespace, uid, serial, TAKEN, w.name, owner, MANAGED,
           spec_text.replace('"NODE"', f'"{node.name}"'), TAKEN, TAKEN, TAKEN,
           "Burstable", TAKEN, w.name, serial, serial))
    out.write(
        '{"apiVersion":"metrics.k8s.io/v1beta1","kind":"PodMetrics","metadata":{"name":"%s",'
        '"namespace":"%s"},"timestamp":"%s","window":"15s","containers":[{"name":"main","usage":{'
        '"cpu":"10m","memory":"%dKi"}}]},\n' % (name, w.namespace, TAKEN, used // 1024))


def owner_text(w):
    name, kind, uid = w.name, w.kind, w.uid
    if kind == "ReplicaSet":
        name, uid = w.name + "-5d", w.uid[:-13] + "r" + w.uid[-12:]
    return dump({"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid,
                 "controller": True})


class Placer:
    """Least booked node first; zone by zone where the workload is spread."""

    def __init__(self, nodes):
        self.nodes = nodes
        self.heaps = {}
        for n in nodes:
            self.heaps.setdefault(n.zone, []).append((n.share(), n.index))
        for h in self.heaps.values():
            heapq.heapify(h)
        self.zones = sorted(self.heaps)

    def place(self, memory, taken, zone_counts, apart):
        zones = sorted(self.zones, key=lambda z: (zone_counts.get(z, 0), z)) \
            if zone_counts is not None else sorted(self.zones, key=lambda z: self.heaps[z][0])
        for zone in zones:
            heap, skipped, found = self.heaps[zone], [], None
            while heap and found is None and len(skipped) < 400:
                entry = heapq.heappop(heap)
                n = self.nodes[entry[1]]
                fits = n.booked + memory <= n.memory - RESERVED and n.pods < 110
                if fits and not (apart and n.index in taken):
                    found = n
                else:
                    skipped.append(entry)
            for entry in skipped:
                heapq.heappush(heap, entry)
            if found is not None:
                found.booked += memory
                found.pods += 1
                heapq.heappush(heap, (found.share(), found.index))
                return found
        return None


def write_daemons(out, rng, nodes, serial):
    for i, (name, memory, cpu) in enumerate(DAEMONS):
        w = Workload(90000 + i, random.Random(i), 0)
        w.name, w.namespace, w.kind = name, "kube-system", "DaemonSet"
        w.spread = w.apart = False
        w.limit = 1.5
        spec = pod_spec(w, memory, cpu)
        labels = {"app": name}
        out.write(dump({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {
            "name": name, "namespace": "kube-system", "uid": w.uid, "labels": labels},
            "spec": {"selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels}, "spec": spec}}}) + ",\n")
        text = dump(dict(spec, nodeName="NODE"))
        for n in nodes:
            n.booked += memory
            n.pods += 1
            serial += 1
            used = int(memory * rng.uniform(0.6, 0.9))
            write_pod(out, serial, f"{name}-{n.index:05d}", w, owner_text(w), text, n, used)
    return serial


def write_world(out, node_count, pod_count, seed):
    rng = random.Random(seed)
    nodes = [Node(i) for i in range(node_count)]
    out.write('{"apiVersion":"v1","kind":"List","items":[\n')
    for n in nodes:
        out.write(dump(node_object(n)) + ",\n")
    for ns in ["kube-system"] + [f"team-{i:02d}" for i in range(97)]:
        out.write(dump({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ns, "labels": {
            "kubernetes.io/metadata.name": ns}}}) + ",\n")
    serial = write_daemons(out, rng, nodes, 0)
    workloads = workloads_of(rng, pod_count - serial)
    free = sum(BOOKED * (n.memory - RESERVED) - n.booked for n in nodes)
    scale = free / max(sum(w.size * w.replicas for w in workloads), 1e-9)
    placer = Placer(nodes)
    for w in workloads:
        memory = max(16, int(w.size * scale / MI)) * MI
        cpu = max(10, int(memory / (4 * GI) * 1000 * w.cpu_share))
        for o in owner_objects(w, memory, cpu):
            out.write(dump(o) + ",\n")
        text = dump(dict(pod_spec(w, memory, cpu), nodeName="NODE"))
        owner = owner_text(w)
        taken, zone_counts = set(), {} if w.spread else None
        for r in range(w.replicas):
            n = placer.place(memory, taken, zone_counts, w.apart)
            if n is None:
                continue
            taken.add(n.index)
            if zone_counts is not None:
                zone_counts[n.zone] = zone_counts.get(n.zone, 0) + 1
            serial += 1
            name = f"{w.name}-{r}" if w.kind == "StatefulSet" else f"{w.name}-5d-{r:05d}"
            write_pod(out, serial, name, w, owner, text, n,
                      int(memory * rng.uniform(0.60, 0.90)))
    out.write('{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"default"}}]}\n')
    booked = sum(n.booked for n in nodes) / sum(n.memory for n in nodes)
    print(f"{node_count} nodes, {serial} pods, {len(workloads)} workloads, memory booked "
          f"{booked:.1%}", file=sys.stderr)


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    seed = int(sys.argv[3]) if len(sys.argv) == 4 else 1
    write_world(sys.stdout, int(sys.argv[1]), int(sys.argv[2]), seed)


if __name__ == "__main__":
    main()
