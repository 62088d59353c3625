# SPDX-License-Identifier: Apache-2.0
"""The pods of the node test: every QoS class, a sidecar, pod-level resources, a decimal limit."""

NODE = "node"


def container(name, words, request=None, limit=None, **more):
    resources = {}
    if request:
        resources["requests"] = request if isinstance(request, dict) else {"memory": request}
    if limit:
        resources["limits"] = limit if isinstance(limit, dict) else {"memory": limit}
    return dict(more, name=name, image="local/load:1", imagePullPolicy="Never",
                command=["/bin/load", *words.split()], resources=resources)


def pod(name, *containers, **spec):
    """On the network of the host, which spares the emulated node two programs for each pod."""
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"},
            "spec": {"terminationGracePeriodSeconds": 1, "automountServiceAccountToken": False,
                     "enableServiceLinks": False, "hostNetwork": True, "containers": containers,
                     **spec}}


BOTH = {"memory": "40Mi", "cpu": "200m"}  # less CPU, and an emulated node never starts it

STANDING = [
    pod("guaranteed", container("app", "hog -m 28", BOTH, BOTH)),
    pod("sidecar", container("app", "hog -m 40", "32Mi", "64Mi"),
        initContainers=[
            container("setup", "", "8Mi", "80Mi") | {"command": ["/bin/true"]},
            container("proxy", "hog -m 4", "36Mi", "40Mi", restartPolicy="Always")]),
    # By how much each is over its request, or under it, differs by 4 MiB at least: that is the order
    # in which the kubelet evicts them, and a few pages more or less must not change it.
    pod("over", container("app", "hog -m 40", "16Mi")),
    pod("besteffort", container("app", "hog -m 8")),
    pod("podlevel", container("a", "hog -m 4"), container("b", "hog -m 4", "8Mi", "50M"),
        resources={"requests": {"memory": "40Mi"}, "limits": {"memory": "72Mi"}}),
    # 20 MiB in memory that no container has any more, only the pod: the file of an ended one.
    pod("volume", container("app", "hog -m 4", "12Mi"),
        initContainers=[container("setup", "", "8Mi", volumeMounts=[
            {"name": "data", "mountPath": "/data"}]) | {
                "command": ["/bin/busybox", "dd", "if=/dev/zero", "of=/data/file", "bs=1M",
                            "count=20"]}],
        volumes=[{"name": "data", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}]),
    pod("critical", container("app", "hog -m 6", "10Mi"),
        priorityClassName="system-node-critical"),
]
# It grows over its own limit and stays dead.
OVER_LIMIT = pod("overlimit", container("app", "hog -m 200 -r 16", "16Mi", "48Mi"),
                 restartPolicy="Never")
# SIGUSR2 makes it take so much, SIGUSR1 all there is. Its request grows to 80Mi.
STEP_MIB = 64
LEAK = pod("leak", container("app", f"hog -s {STEP_MIB} -m 3000", "48Mi"))
ALL = [*STANDING, LEAK]


def is_up(status):
    """Whether all that is to run on runs."""
    containers = status.get("containerStatuses", []) + status.get("initContainerStatuses", [])
    return status["phase"] == "Running" and all(
        c["ready"] for c in containers if c["name"] != "setup")
