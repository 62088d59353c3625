# SPDX-License-Identifier: Apache-2.0
"""The joined node and plimsoll side by side: what each says, and the account of what held."""
import json
import os
import shutil
import subprocess

import image
from account import Account

PAGE = 4096
MIB = 1 << 20
EVICTION_HARD = 120 << 20  # guest/kubelet.yaml
KUBEPODS = "/sys/fs/cgroup/kubepods"
PODS = "/api/v1/namespaces/default/pods"


class Bench(Account):
    """The joined node, plimsoll, and the account of what held."""

    def __init__(self, options, plane, node, scratch):
        self.options, self.plane, self.node, self.scratch = options, plane, node, scratch
        self.program = os.path.join(options.build, "src", "plimsoll")
        super().__init__()
        self.tables = 0

    # ---- the cluster as plimsoll sees it ----

    def objects(self):
        """Node and pods as the API server has them."""
        items = [dict(self.node.object(), kind="Node", apiVersion="v1")]
        return items + [dict(p, kind="Pod", apiVersion="v1") for p in self.plane.api.items(PODS)]

    def ask(self, *words, samples=()):
        path = os.path.join(self.scratch, "world.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump({"apiVersion": "v1", "kind": "List", "items": self.objects() + list(samples)},
                      f)
        done = subprocess.run([self.program, *words, "-f", path, "-f",
                               os.path.join(image.GUEST, "kubelet.yaml"), "-o", "json"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise AssertionError(f"plimsoll {words[0]}: {done.returncode}: {done.stderr}")
        return json.loads(done.stdout)

    def samples(self):
        """The kubelet's own numbers as PodMetrics, as metrics-server makes them of these."""
        return [{"apiVersion": "metrics.k8s.io/v1beta1", "kind": "PodMetrics",
                 "metadata": {k: p["podRef"][k] for k in ("name", "namespace")},
                 "timestamp": c[0]["memory"]["time"], "window": "15s",
                 "containers": [{"name": k["name"], "usage": {
                     "cpu": "1m", "memory": str(k["memory"]["workingSetBytes"])}} for k in c]}
                for p in self.node.summary()["pods"]
                for c in [[k for k in p.get("containers", []) if "workingSetBytes"
                           in k.get("memory", {})]] if c]

    # ---- the node as it is ----

    def container_ids(self):
        """{container id: (pod, container)} of what runs."""
        found = {}
        for p in self.plane.api.items(PODS):
            status = p["status"]
            for c in status.get("containerStatuses", []) + status.get("initContainerStatuses", []):
                if "running" in c["state"]:
                    found[c["containerID"].split("//")[1]] = p["metadata"]["name"], c["name"]
        return found

    def cgroups(self):
        """{path below kubepods: {file: value}}."""
        files = " -o ".join(f"-name memory.{n}" for n in ("max", "high", "oom.group", "current"))
        out = self.node.run(f"cd {KUBEPODS}; find . \\( {files} \\) -exec grep -H . {{}} \\;")
        found = {}
        for line in out.splitlines():
            path, value = line.split(":", 1)
            at, name = os.path.split(path)
            found.setdefault(os.path.normpath(at), {})[name] = value
        return found

    def processes(self):
        """[(cgroup below kubepods, pid, oom_score_adj)]."""
        out = self.node.run(
            f"cd {KUBEPODS}; for d in $(find . -name cgroup.procs); do for p in $(cat $d); do "
            "read -r adj </proc/$p/oom_score_adj && echo ${d%/cgroup.procs} $p $adj; done; done "
            "2>/dev/null; true")  # some end meanwhile
        return [(os.path.normpath(at), int(pid), int(adj))
                for at, pid, adj in (line.split() for line in out.splitlines())]

    # ---- what the node did, as cases of tests/fidelity ----

    def fidelity(self, what, form, cases):
        """The cases hold for the model; --keep keeps them."""
        self.tables += 1
        folder = os.path.join(self.scratch, f"fidelity-{self.tables}")
        os.makedirs(folder)
        for number, case in enumerate(cases):
            case["id"] = number
        with open(os.path.join(folder, "node.json"), "w", encoding="utf-8") as f:
            json.dump({"upstream": "a running node", "format": form, "cases": cases}, f)
        done = subprocess.run([os.path.join(self.options.build, "tests", "fidelity"), folder],
                              capture_output=True, text=True, check=False)
        if self.options.keep:
            shutil.copytree(folder, os.path.join(self.options.keep, os.path.basename(folder)),
                            dirs_exist_ok=True)
        self.holds(f"{what} is the model's", cases and done.returncode == 0, done.stdout)

    def wake(self, name, signal_name):
        """To the program that waits in this pod."""
        uid = self.node.pod(name)["metadata"]["uid"]
        told = self.node.run(
            f"for d in $(find {KUBEPODS} -path '*pod{uid}/*' -name cgroup.procs); do "
            "for p in $(cat $d); do grep -q hog /proc/$p/cmdline && "
            f"kill -{signal_name} $p && echo $p; done; done; true")
        if len(told.split()) != 1:
            raise AssertionError(f"{signal_name} reached of pod {name}: {told!r}, not one process")


def limit_text(value):
    return "max" if value is None else str(value // PAGE * PAGE)
