# SPDX-License-Identifier: Apache-2.0
"""Worlds that the outputs of `check` are tried on: each is (name, files, arguments)."""

POD = """apiVersion: v1
kind: Pod
metadata:
  name: cache
  annotations:
    plimsoll.dev/ignore: "image-not-pinned: built on the node & <here>, 100 %; \\"quoted\\""
spec:
  containers:
  - {name: a, image: "registry.example.com/a:latest", resources: {requests: {memory: 1Gi}}}
"""
# Text that means something to one format or another: workflow commands, XML, SARIF's placeholders.
HOSTILE = """apiVersion: v1
kind: Pod
metadata: {name: "a%25,b:c::]]>&<x>\\"'{0}\\u0001\\u202e\\n::error::x"}
spec:
  containers:
  - {name: "c{1}%0A::set-output name=x::y", image: "i%,:\\r\\n::error file=a::b"}
"""
# Bulk JSON has no lines; padding makes it large enough.
BULK = ('{"apiVersion": "v1", "kind": "List", "items": ['
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "big", "namespace": "shop"}, '
        '"spec": {"containers": [{"name": "a", "image": "a:latest"}]}}]' + " " * (9 << 20) + "}")
# A snapshot of a cluster whose policies could not be listed.
UNLISTED = """apiVersion: plimsoll.dev/v1
kind: Recording
metadata: {name: snapshot}
spec:
  unlisted:
  - {kind: NetworkPolicy, resource: networkpolicies.networking.k8s.io, forbidden: true}
  - {kind: PodDisruptionBudget, resource: "poddisruptionbudgets.policy{0}%0A", forbidden: true}
"""

WORLDS = [
    ("one pod", {"dir with space/pod#1.yaml": POD}, ["-f", "dir with space/pod#1.yaml"]),
    ("a leading ./", {"pod.yaml": POD}, ["-f", "./pod.yaml"]),
    ("clean", {"pod.yaml": POD, "off.yaml": "rules: {memory-limit-missing: off, image-latest: off}"},
     ["-f", "pod.yaml", "--config", "off.yaml"]),
    ("hostile", {"x,y:z%.yaml": HOSTILE}, ["-f", "x,y:z%.yaml"]),
    ("helm", {"rendered.yaml": "---\n# Source: shop/templates/pod.yaml\n" + POD},
     ["-f", "rendered.yaml"]),
    ("bulk", {"list.json": BULK}, ["-f", "list.json"]),
    ("unreadable", {"pod.yaml": POD, "bad.yaml": "a: [\n"}, ["-f", "pod.yaml", "-f", "bad.yaml"]),
    ("not listed", {"pod.yaml": POD, "recording.yaml": UNLISTED},
     ["-f", "pod.yaml", "-f", "recording.yaml"]),
    ("nodes", {}, ["-f", "examples/black-friday/cluster.yaml"]),
    ("the example", {}, ["-f", "examples/black-friday"]),
    ("the example, fixed", {}, ["-f", "examples/fixed"]),
]
