# SPDX-License-Identifier: Apache-2.0
"""metrics.k8s.io as metrics-server serves it: behind the API server's aggregation layer.

Only the figures are invented: each container uses a share of its memory request. Like
metrics-server it answers lists whole, whatever `limit` says.
"""
import base64
import http.server
import json
import ssl
import threading
import time

from player import now

GROUP = "/apis/metrics.k8s.io/v1beta1"
UNITS = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "k": 10**3, "M": 10**6, "G": 10**9}
CACHED_S = 5
NAME = "DNS:metrics-server.kube-system.svc"  # whom the API server expects behind the Service


def quantity_bytes(text):
    for unit, factor in UNITS.items():
        if text.endswith(unit):
            return int(float(text[:-len(unit)]) * factor)
    return int(text)


def container_usage_bytes(container):
    requests = container.get("resources", {}).get("requests", {})
    return quantity_bytes(requests.get("memory", "128Mi")) * 7 // 10


def pod_metrics(pod):
    meta, spec = pod["metadata"], pod["spec"]
    running = spec["containers"] + [c for c in spec.get("initContainers", [])
                                    if c.get("restartPolicy") == "Always"]
    return {"metadata": {"name": meta["name"], "namespace": meta["namespace"],
                         "labels": meta.get("labels", {}), "creationTimestamp": now()},
            "timestamp": now(), "window": "15s",
            "containers": [{"name": c["name"], "usage": {
                "cpu": "12345678n", "memory": f"{container_usage_bytes(c) >> 10}Ki"}}
                           for c in running]}


def node_metrics(name, pods):
    used = sum(container_usage_bytes(c) for p in pods for c in p["spec"]["containers"])
    return {"metadata": {"name": name, "creationTimestamp": now()}, "timestamp": now(),
            "window": "15s", "usage": {"cpu": "1234567890n", "memory": f"{used >> 10}Ki"}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.server.metrics.fault:
            self.server.metrics.fault(self)
            return
        path = self.path.split("?")[0].rstrip("/")
        body = self.server.metrics.body(path)
        self.send_response(200 if body else 404)
        body = body or b'{"kind":"Status","apiVersion":"v1","status":"Failure","code":404}'
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that hangs up is no matter."""


class Metrics:
    """Serves until it is left; the API server needs a second or two to find it."""

    def __init__(self, plane, cached_s=CACHED_S):
        self.plane, self.cached_s = plane, cached_s
        self.fault = None  # what answers instead, with the handler of the request
        self.cache, self.bodies, self.read_at = [], {}, -cached_s
        self.lock = threading.Lock()
        pair = plane.authority.issue("metrics", "/CN=localhost", NAME)
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.metrics = self
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*pair)
        self.server.socket = tls.wrap_socket(self.server.socket, server_side=True,
                                             do_handshake_on_connect=False)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        api = self.plane.api
        self.body(GROUP + "/nodes")
        self.body(GROUP + "/pods")
        api.create("/api/v1/namespaces/kube-system/services", {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "metrics-server", "namespace": "kube-system"},
            "spec": {"type": "ExternalName", "externalName": "localhost"}})
        with open(self.plane.authority.certificate, "rb") as f:
            bundle = base64.b64encode(f.read()).decode()
        api.create("/apis/apiregistration.k8s.io/v1/apiservices", {
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": {"name": "v1beta1.metrics.k8s.io"},
            "spec": {"group": "metrics.k8s.io", "version": "v1beta1", "caBundle": bundle,
                     "groupPriorityMinimum": 100, "versionPriority": 100,
                     "service": {"name": "metrics-server", "namespace": "kube-system",
                                 "port": self.server.server_address[1]}}})
        self.plane.wait_for(lambda: api.raw("GET", GROUP + "/nodes")[0] == 200,
                            "answer of metrics.k8s.io", 60)
        return self

    def __exit__(self, *_):
        self.plane.api.delete("/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io")
        self.server.shutdown()
        self.server.server_close()

    def body(self, path):
        """What is answered to a path; made once while the pods are taken as they were."""
        with self.lock:
            if time.monotonic() - self.read_at > self.cached_s:
                self.cache = self.plane.api.items(
                    "/api/v1/pods?fieldSelector=status.phase%3DRunning")
                self.read_at, self.bodies = time.monotonic(), {}
            if path not in self.bodies:
                answer = self.answer(path)
                self.bodies[path] = json.dumps(answer).encode() if answer else None
            return self.bodies[path]

    def answer(self, path):
        if path == GROUP:
            return {"kind": "APIResourceList", "apiVersion": "v1",
                    "groupVersion": "metrics.k8s.io/v1beta1", "resources": [
                        {"name": "nodes", "singularName": "", "namespaced": False,
                         "kind": "NodeMetrics", "verbs": ["get", "list"]},
                        {"name": "pods", "singularName": "", "namespaced": True,
                         "kind": "PodMetrics", "verbs": ["get", "list"]}]}
        words = path[len(GROUP) + 1:].split("/")
        if words == ["nodes"]:
            by_node = {}
            for pod in self.cache:
                by_node.setdefault(pod["spec"]["nodeName"], []).append(pod)
            return self.listed("NodeMetrics", [node_metrics(*n) for n in sorted(by_node.items())])
        if words == ["pods"]:
            return self.listed("PodMetrics", [pod_metrics(p) for p in self.cache])
        if len(words) == 3 and words[0] == "namespaces" and words[2] == "pods":
            return self.listed("PodMetrics", [pod_metrics(p) for p in self.cache
                                              if p["metadata"]["namespace"] == words[1]])
        return None

    @staticmethod
    def listed(kind, items):
        return {"kind": kind + "List", "apiVersion": "metrics.k8s.io/v1beta1", "metadata": {},
                "items": items}
