# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects for the machines, and what plimsoll says of them."""
import json
import subprocess

MIB = 1 << 20


def container(name, use_mib=0, request=None, limit=None, **more):
    """A container and the memory that it is going to use (`uses`, not a field of Kubernetes)."""
    resources = {}
    if request:
        resources["requests"] = {"memory": request}
    if limit:
        resources["limits"] = {"memory": limit}
    return dict(more, name=name, image="load:1", resources=resources, uses=use_mib)


def guaranteed(name, use_mib, size):
    c = container(name, use_mib, size, size)
    for amounts in c["resources"].values():
        amounts["cpu"] = "100m"
    return c


def pod(name, *containers, init=(), **spec):
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "uid": "uid-" + name},
            "spec": dict(spec, nodeName="machine", containers=list(containers),
                         initContainers=list(init)),
            "status": {"phase": "Running"}}


def containers_of(p):
    """The containers that run: sidecars and the ordinary ones."""
    side = [c for c in p["spec"]["initContainers"] if c.get("restartPolicy") == "Always"]
    return side + p["spec"]["containers"]


def node(capacity_bytes, kernel, allocatable_bytes=None):
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "machine"},
            "status": {"capacity": {"cpu": "1", "memory": str(capacity_bytes)},
                       "allocatable": {"cpu": "1",
                                       "memory": str(allocatable_bytes or capacity_bytes)},
                       "nodeInfo": {"kernelVersion": kernel}}}


def sample(p, usage_bytes):
    """PodMetrics: usage_bytes by container name."""
    return {"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
            "metadata": {"name": p["metadata"]["name"], "namespace": "default"},
            "timestamp": "2026-01-01T00:00:00Z", "window": "15s",
            "containers": [{"name": name, "usage": {"cpu": "1m", "memory": str(n)}}
                           for name, n in usage_bytes.items()]}


def clean(o):
    """Without what is not a field of Kubernetes."""
    if isinstance(o, dict):
        return {k: clean(v) for k, v in o.items() if k != "uses"}
    return [clean(v) for v in o] if isinstance(o, list) else o


def ask(program, objects, *words):
    """plimsoll's answer in JSON about a world of these objects."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": clean(objects)})
    done = subprocess.run([program, *words, "-f", "-", "-o", "json"], input=text,
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(f"plimsoll {' '.join(words)}: status {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def inspect(program, objects):
    """{(pod, container): its facts} and {pod: its facts}."""
    items = ask(program, objects, "inspect")["items"]
    return ({(i["name"], c["name"]): c for i in items for c in i["containers"]},
            {i["name"]: i for i in items})


def kill_order(program, objects):
    """[(pod, container, facts)] in the order in which the kernel would kill."""
    items = ask(program, objects, "victims", "--node", "machine")["items"]
    found = [(i["name"], c["name"], c) for i in items for c in i["containers"]]
    return sorted(found, key=lambda f: f[2]["killRank"] or 1 << 30)
