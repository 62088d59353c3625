#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Answers that kubelets and API servers of Kubernetes 1.16 to 1.30 gave, read as a live cluster.

    tests/recorded/run.py --program build/src/plimsoll

The recordings are those of ../shared/corpus (newrelic+nri-kubernetes/history): the Node, the pods of
its kubelet and what /stats/summary said. A small server on loopback hands them out under the paths of
an API server of that version; whatever was not recorded is an empty list. For each version:

  - lists are asked for as that version can answer them best: whole from its cache, before 1.34;
  - the usage that `victims` shows is that of the summary, container by container and pod by pod, and the
    node's own;
  - the QoS class that `inspect` works out is the one that the recorded API server wrote into the pod;
  - `check` and `snapshot` read all of it, and the snapshot has the same findings.

Exit: 0, 1 something differs, 77 the recordings are not here.
"""
import argparse
import glob
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HISTORY = os.path.join(os.path.dirname(ROOT), "shared", "corpus", "newrelic+nri-kubernetes", "history")
# The groups that each of these versions serves with what is read; others answer 404.
GROUPS = {"apps": "v1", "batch": "v1", "policy": "v1beta1", "autoscaling": "v1",
          "networking.k8s.io": "v1", "rbac.authorization.k8s.io": "v1", "storage.k8s.io": "v1",
          "scheduling.k8s.io": "v1", "admissionregistration.k8s.io": "v1"}


def load(folder):
    """(node objects, pods, the kubelet's summary)"""
    import yaml
    with open(os.path.join(folder, "nodes.yaml"), encoding="utf-8") as f:
        nodes = yaml.load(f, yaml.BaseLoader)["items"]  # what is quoted or not, all is text
    for node in nodes:
        node["metadata"] = {k: v for k, v in node["metadata"].items() if k in
                            ("name", "uid", "labels", "annotations", "creationTimestamp")}
        node["status"]["conditions"] = node["status"].get("conditions", [])
        node["status"].pop("daemonEndpoints", None)
        node["status"].pop("images", None)
    with open(os.path.join(folder, "kubelet", "pods.json"), encoding="utf-8") as f:
        pods = json.load(f)["items"]
    with open(os.path.join(folder, "kubelet", "stats", "summary.json"), encoding="utf-8") as f:
        return nodes, pods, json.load(f)


class Server(http.server.ThreadingHTTPServer):
    """One recorded cluster."""

    def __init__(self, minor, nodes, pods, summary):
        super().__init__(("127.0.0.1", 0), Answer)
        self.minor, self.summary, self.asked = minor, summary, []
        self.lists = {"/api/v1/nodes": ("NodeList", "v1", nodes), "/api/v1/pods": ("PodList", "v1", pods)}
        names = sorted({p["metadata"]["namespace"] for p in pods})
        self.lists["/api/v1/namespaces"] = ("NamespaceList", "v1", [{"metadata": {"name": n}}
                                                                    for n in names])
        self.node = nodes[0]["metadata"]["name"]
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def answer(self, path):
        """(status, object)"""
        where = urllib.parse.urlsplit(path).path
        if where == "/version":
            return 200, {"major": "1", "minor": str(self.minor), "gitVersion": f"v1.{self.minor}.0"}
        if where == f"/api/v1/nodes/{self.node}/proxy/stats/summary":
            return 200, self.summary
        if where in self.lists:
            kind, version, items = self.lists[where]
            return 200, {"kind": kind, "apiVersion": version, "metadata": {"resourceVersion": "7"},
                         "items": items}
        if where in ("/api", "/apis"):
            return self.discovery(where)
        group = re.fullmatch(r"/apis/([^/]+)/([^/]+)/[^/]+", where)
        if re.fullmatch(r"/api/v1/[^/]+", where) or group and GROUPS.get(group[1]) == group[2]:
            version = f"{group[1]}/{group[2]}" if group else "v1"
            return 200, {"kind": "List", "apiVersion": version, "metadata": {"resourceVersion": "7"},
                         "items": []}
        return 404, {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound",
                     "message": "the server could not find the requested resource", "code": 404}

    @staticmethod
    def discovery(where):
        if where == "/api":
            return 200, {"kind": "APIVersions", "versions": ["v1"]}
        versions = [(g, {"groupVersion": f"{g}/{v}", "version": v}) for g, v in GROUPS.items()]
        return 200, {"kind": "APIGroupList", "apiVersion": "v1", "groups":
                     [{"name": g, "versions": [v], "preferredVersion": v} for g, v in versions]}


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", -1

    def do_GET(self):
        self.server.asked.append(self.path)
        status, body = self.server.answer(self.path)
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        self.send_error(404)

    def log_message(self, *_):
        pass


class Version:
    def __init__(self, folder, program, work):
        self.name = os.path.basename(folder).replace("_", ".")
        self.program, self.work, self.faults = program, work, []
        self.nodes, self.pods, self.summary = load(folder)
        self.server = Server(int(self.name.split(".")[1]), self.nodes, self.pods, self.summary)
        self.config = os.path.join(work, f"config-{self.name}")
        with open(self.config, "w", encoding="utf-8") as f:
            json.dump({"clusters": [{"name": "c", "cluster": {
                "server": f"http://127.0.0.1:{self.server.server_address[1]}"}}],
                "users": [], "contexts": [{"name": "x", "context": {"cluster": "c"}}],
                "current-context": "x"}, f)

    def fault(self, text):
        self.faults.append(f"{self.name}: {text}")

    def run(self, *words, good=(0,)):
        env = {"PATH": os.environ["PATH"], "HOME": self.work, "KUBECONFIG": self.config}
        env.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS")})
        done = subprocess.run([self.program, *words], capture_output=True, text=True, env=env,
                              stdin=subprocess.DEVNULL, check=False)
        if done.returncode not in good:
            self.fault(f"plimsoll {' '.join(words)}: status {done.returncode}: {done.stderr}")
            return None
        return json.loads(done.stdout)

    def check_lists(self):
        asked = [p for p in self.server.asked if urllib.parse.urlsplit(p).path == "/api/v1/pods"]
        for path in asked:
            query = urllib.parse.parse_qs(urllib.parse.urlsplit(path).query)
            if query.get("resourceVersion") != ["0"] or "limit" in query:
                self.fault(f"asked for pods with {path}")
        if not asked:
            self.fault("did not ask for pods")

    def check_usage(self):
        """The number of containers compared."""
        said = self.run("victims", "--node", self.server.node, "--via-nodes-proxy", "-o", "json")
        if not said:
            return 0
        if said["summary"]["nodeUsageBytes"] != self.summary["node"]["memory"]["workingSetBytes"]:
            self.fault(f"the node uses {said['summary']['nodeUsageBytes']}, its kubelet says "
                       f"{self.summary['node']['memory']['workingSetBytes']}")
        here = {(p["metadata"]["namespace"], p["metadata"]["name"]) for p in self.pods
                if p["status"]["phase"] not in ("Succeeded", "Failed")}
        pods, containers = {}, {}
        for pod in self.summary["pods"]:
            key = (pod["podRef"]["namespace"], pod["podRef"]["name"])
            if key in here:
                pods[key] = pod["memory"]["workingSetBytes"]
                containers.update({(*key, c["name"]): c["memory"]["workingSetBytes"]
                                   for c in pod["containers"] if "memory" in c})
        got = {(i["namespace"], i["name"]): i["usageBytes"] for i in said["items"]}
        got_containers = {(i["namespace"], i["name"], c["name"]): c["usageBytes"]
                          for i in said["items"] for c in i["containers"]}
        for wanted, seen in ((pods, got), (containers, got_containers)):
            for key, bytes_ in wanted.items():
                if seen.get(key) != bytes_:
                    self.fault(f"{'/'.join(key)} uses {seen.get(key)}, its kubelet says {bytes_}")
        return len(containers)

    def check_classes(self):
        """The number of pods compared."""
        said = self.run("inspect", "-o", "json")
        seen, compared = {}, 0
        if not said:
            return 0
        for item in said["items"]:
            seen[item["namespace"], item["name"]] = item["qosClass"]
        for pod in self.pods:
            owner = (pod["metadata"].get("ownerReferences") or [{}])[0]
            key = (pod["metadata"]["namespace"], pod["metadata"]["name"])
            got = seen.get(key) or seen.get((key[0], owner.get("name")))
            compared += bool(got)
            if got and got != pod["status"]["qosClass"]:
                self.fault(f"{'/'.join(key)} is {got}, its API server says {pod['status']['qosClass']}")
        return compared

    def check_snapshot(self):
        live = self.run("check", "-o", "json", good=(0, 1))
        path = os.path.join(self.work, f"{self.name}.json")
        env = {"PATH": os.environ["PATH"], "HOME": self.work, "KUBECONFIG": self.config}
        subprocess.run([self.program, "snapshot", "-q", "--to", path], env=env, check=True,
                       stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kept = self.run("check", "-f", path, "-o", "json", good=(0, 1))
        if live and kept:
            prints = [sorted(i["fingerprint"] for i in w["items"]) for w in (live, kept)]
            if prints[0] != prints[1] or not prints[0]:
                self.fault(f"{len(prints[0])} findings live, {len(prints[1])} of the snapshot")

    def judge(self):
        compared, classes = self.check_usage(), self.check_classes()
        self.check_snapshot()
        self.check_lists()
        self.server.shutdown()
        self.server.server_close()
        print(f"{self.name}: {len(self.pods)} pods, usage of {compared} containers and {classes} "
              f"QoS classes compared, {len(self.faults)} faults")
        if not compared or not classes:
            self.fault("nothing was compared")


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--program", required=True)
    options = p.parse_args()
    folders = sorted(glob.glob(os.path.join(HISTORY, "1_*")))
    if not folders:
        print("skip: recorded kubelets: ../shared/corpus is not here")
        sys.exit(77)
    try:
        import yaml  # noqa: F401
    except ImportError:
        print("skip: recorded kubelets: python3-yaml is not installed")
        sys.exit(77)
    faults = []
    with tempfile.TemporaryDirectory(prefix="plimsoll-recorded-") as work:
        for folder in folders:
            version = Version(folder, os.path.abspath(options.program), work)
            version.judge()
            faults += version.faults
    for fault in faults:
        print("FAIL " + fault)
    print(f"{len(folders)} versions, {len(faults)} faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
