# SPDX-License-Identifier: Apache-2.0
"""A small client of the API server for the tests, which must not use plimsoll to check plimsoll.

Connections are kept, one for each thread. What the server refuses raises ApiError.
"""
import http.client
import json
import ssl
import threading
import urllib.parse

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiError(Exception):
    def __init__(self, method, path, status, body):
        super().__init__(f"{method} {path}: {status} {body[:400]}")
        self.status, self.body = status, body


class Api:
    """Requests to one server as one user (a client certificate)."""

    def __init__(self, server, ca_file, cert_file, key_file, timeout_s=60):
        self.server, self.timeout_s = server, timeout_s
        parts = urllib.parse.urlsplit(server)
        self.host, self.port = parts.hostname, parts.port
        self.tls = ssl.create_default_context(cafile=ca_file)
        self.tls.load_cert_chain(cert_file, key_file)
        self.local = threading.local()

    def connection(self):
        if getattr(self.local, "connection", None) is None:
            self.local.connection = http.client.HTTPSConnection(
                self.host, self.port, context=self.tls, timeout=self.timeout_s)
        return self.local.connection

    def send(self, method, path, body, headers):
        """Once more when a kept connection turns out to be closed."""
        for attempt in (1, 2):
            c = self.connection()
            try:
                c.request(method, path, body, headers)
                answer = c.getresponse()
                return answer, answer.read()
            except (http.client.HTTPException, OSError):
                c.close()
                self.local.connection = None
                if attempt == 2:
                    raise
        raise AssertionError("not reached")

    def raw(self, method, path, body=None, content_type="application/json", headers=None):
        """(status, headers, bytes), whatever the status."""
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        words = {"Accept": "application/json", **(headers or {})}
        if data is not None:
            words["Content-Type"] = content_type
        answer, got = self.send(method, path, data, words)
        return answer.status, answer.headers, got

    def call(self, method, path, body=None, content_type="application/json", accepted=()):
        status, _, got = self.raw(method, path, body, content_type)
        if status >= 300 and status not in accepted:
            raise ApiError(method, path, status, got.decode(errors="replace"))
        return json.loads(got) if got[:1] in (b"{", b"[") else got.decode(errors="replace")

    def get(self, path):
        return self.call("GET", path)

    def create(self, path, body):
        """An object that is there already stays as it is."""
        return self.call("POST", path, body, accepted=(409,))

    def put(self, path, body):
        return self.call("PUT", path, body)

    def merge(self, path, body):
        return self.call("PATCH", path, body, MERGE_PATCH)

    def apply(self, path, body, manager="tests", force=True):
        more = f"?fieldManager={manager}&force={'true' if force else 'false'}"
        return self.call("PATCH", path + more, body, APPLY_PATCH)

    def delete(self, path):
        return self.call("DELETE", path, accepted=(404,))

    def items(self, path, limit=1000):
        """All items of a list, page by page."""
        items, more = [], ""
        joint = "&" if "?" in path else "?"
        while True:
            page = self.get(f"{path}{joint}limit={limit}{more}")
            items += page["items"]
            token = page["metadata"].get("continue")
            if not token:
                return items
            more = "&continue=" + urllib.parse.quote(token)


# Where objects of a kind are created; only what the tests create.
CORE, APPS = "/api/v1", "/apis/apps/v1"
COLLECTIONS = {
    "ConfigMap": (CORE, "configmaps", True),
    "LimitRange": (CORE, "limitranges", True),
    "Namespace": (CORE, "namespaces", False),
    "Node": (CORE, "nodes", False),
    "PersistentVolume": (CORE, "persistentvolumes", False),
    "PersistentVolumeClaim": (CORE, "persistentvolumeclaims", True),
    "Pod": (CORE, "pods", True),
    "ResourceQuota": (CORE, "resourcequotas", True),
    "Secret": (CORE, "secrets", True),
    "Service": (CORE, "services", True),
    "ServiceAccount": (CORE, "serviceaccounts", True),
    "DaemonSet": (APPS, "daemonsets", True),
    "Deployment": (APPS, "deployments", True),
    "ReplicaSet": (APPS, "replicasets", True),
    "StatefulSet": (APPS, "statefulsets", True),
    "CronJob": ("/apis/batch/v1", "cronjobs", True),
    "Job": ("/apis/batch/v1", "jobs", True),
    "HorizontalPodAutoscaler": ("/apis/autoscaling/v2", "horizontalpodautoscalers", True),
    "PodDisruptionBudget": ("/apis/policy/v1", "poddisruptionbudgets", True),
    "PriorityClass": ("/apis/scheduling.k8s.io/v1", "priorityclasses", False),
    "StorageClass": ("/apis/storage.k8s.io/v1", "storageclasses", False),
    "CSINode": ("/apis/storage.k8s.io/v1", "csinodes", False),
    "CSIDriver": ("/apis/storage.k8s.io/v1", "csidrivers", False),
    "CSIStorageCapacity": ("/apis/storage.k8s.io/v1", "csistoragecapacities", True),
    "VolumeAttachment": ("/apis/storage.k8s.io/v1", "volumeattachments", False),
    "NetworkPolicy": ("/apis/networking.k8s.io/v1", "networkpolicies", True),
    "ClusterRole": ("/apis/rbac.authorization.k8s.io/v1", "clusterroles", False),
    "ClusterRoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", False),
    "Role": ("/apis/rbac.authorization.k8s.io/v1", "roles", True),
    "RoleBinding": ("/apis/rbac.authorization.k8s.io/v1", "rolebindings", True),
    "MutatingWebhookConfiguration":
        ("/apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", False),
    "ValidatingWebhookConfiguration":
        ("/apis/admissionregistration.k8s.io/v1", "validatingwebhookconfigurations", False),
    "APIService": ("/apis/apiregistration.k8s.io/v1", "apiservices", False),
    "CustomResourceDefinition":
        ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions", False),
}


def collection(kind, namespace=None):
    """The path of a kind's list; of one namespace, where the kind has them."""
    group, plural, namespaced = COLLECTIONS[kind]
    if namespaced and namespace:
        return f"{group}/namespaces/{namespace}/{plural}"
    return f"{group}/{plural}"


def create(api, item):
    """Creates an object where it belongs."""
    namespace = item["metadata"].get("namespace", "default")
    return api.create(collection(item["kind"], namespace), item)


def path_of(item):
    namespace = item["metadata"].get("namespace", "default")
    return collection(item["kind"], namespace) + "/" + item["metadata"]["name"]
