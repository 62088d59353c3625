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
    pod("guaranteed", container("app", "hog -m 24", BOTH, BOTH)),
    pod("sidecar", container("app", "hog -m 20", "32Mi", "64Mi"),
        initContainers=[
            container("setup", "", "8Mi", "80Mi") | {"command": ["/bin/true"]},
            container("proxy", "hog -m 8", "12Mi", "24Mi", restartPolicy="Always")]),
    pod("over", container("app", "hog -m 40", "16Mi")),
    pod("besteffort", container("app", "hog -m 8")),
    pod("podlevel", container("a", "hog -m 4"), container("b", "hog -m 4", "8Mi", "50M"),
        resources={"requests": {"memory": "24Mi"}, "limits": {"memory": "72Mi"}}),
    pod("critical", container("app", "hog -m 6", "10Mi"),
        priorityClassName="system-node-critical"),
]
# It grows over its own limit and stays dead.
OVER_LIMIT = pod("overlimit", container("app", "hog -m 200 -r 16", "16Mi", "48Mi"),
                 restartPolicy="Never")
# It waits for SIGUSR1 to take all there is at once, or for SIGUSR2 to take it slowly.
LEAK = pod("leak", container("app", "hog -w -m 3000 -r 6", "48Mi"))
ALL = [*STANDING, OVER_LIMIT, LEAK]
