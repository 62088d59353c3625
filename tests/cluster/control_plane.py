#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Kubernetes control plane on the loopback: etcd, kube-apiserver, controller-manager, scheduler.

The programs are real (build.py), ports are free ones, certificates are made on the spot, and
everything ends with the process that started it. There is no node and no kubelet: player.py plays
them.

usage: control_plane.py --kubeconfig FILE [--world]
  writes a kubeconfig of an administrator and runs until it is interrupted;
  --world puts a small world in it and keeps its nodes Ready
"""
import argparse
import base64
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import urllib.request

import build
from api import Api, ApiError
from certificates import Authority, openssl
from processes import Process, free_ports

READY_S = 120  # on a machine that is busy with something else

KUBECONFIG = """apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: {ca}
    server: {server}
  name: {cluster}
contexts:
- context:
    cluster: {cluster}
    user: {user}
  name: {cluster}
current-context: {cluster}
preferences: {{}}
users:
- name: {user}
  user:
{credentials}
"""


def base64_of(path):
    with open(path, "rb") as f:
        return base64.b64encode(f.read()).decode()


class ControlPlane:
    """One control plane; a context manager."""

    def __init__(self, folder=None, nice=0, scheduler=None, apiserver_flags=(), cluster="bench",
                 controllers=True):
        """scheduler: what goes over kube-scheduler's configuration; False: none is run. Without
        controllers what is created stays as it is: no owner is missed, no taint comes or goes."""
        self.binaries = build.binaries()
        self.own_folder = folder is None
        self.folder = folder or tempfile.mkdtemp(prefix="plimsoll-cluster-")
        self.nice, self.cluster, self.controllers = nice, cluster, controllers
        self.has_scheduler = scheduler is not False
        self.scheduler, self.apiserver_flags = scheduler or {}, list(apiserver_flags)
        self.processes = {}
        self.api = self.authority = None

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # --- starting and ending -----------------------------------------------------------------

    def start(self):
        self.make_certificates()
        self.etcd_port, self.etcd_peer_port, self.port = free_ports(3)
        self.server = f"https://127.0.0.1:{self.port}"
        self.admin = self.user("admin", ["system:masters"])
        self.api = self.new_client()
        self.run("etcd", shutil.which("etcd"), *self.etcd_flags())
        self.run("kube-apiserver", None, *self.apiserver_words())
        self.wait_ready()
        if self.has_scheduler:
            self.run("kube-scheduler", None, "--config", self.scheduler_configuration(),
                     "--secure-port=0")
        if self.controllers:
            self.run("kube-controller-manager", None, *self.controller_manager_words())
            self.wait_for(lambda: self.api.raw(
                "GET", "/api/v1/namespaces/default/serviceaccounts/default")[0] == 200,
                          "the service account of namespace default")

    def stop(self):
        for name in ("kube-scheduler", "kube-controller-manager", "kube-apiserver", "etcd"):
            if name in self.processes:
                self.processes[name].stop(
                    signal.SIGKILL if name in ("etcd", "kube-apiserver") else signal.SIGTERM)
        if self.own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def new_client(self):
        """As administrator, with connections of its own."""
        return Api(self.server, self.authority.certificate, self.authority.path("admin.crt"),
                   self.authority.path("admin.key"))

    def run(self, name, program, *words):
        program = program or os.path.join(self.binaries, name)
        os.makedirs(self.path("logs"), exist_ok=True)
        self.processes[name] = Process(name, [program, *words], self.path("logs", name + ".log"),
                                       nice=self.nice).start()

    def wait_for(self, done, what, patience_s=READY_S):
        until = time.monotonic() + patience_s
        while True:
            for p in self.processes.values():
                if not p.running():
                    raise RuntimeError(f"{p.name} ended:\n{p.tail()}")
            try:
                if done():
                    return
            except OSError:
                pass
            if time.monotonic() > until:
                raise RuntimeError(f"no {what} after {patience_s} s:\n"
                                   + self.processes["kube-apiserver"].tail())
            time.sleep(0.05)

    def wait_ready(self):
        self.wait_for(lambda: self.api.raw("GET", "/readyz")[0] == 200, "answer of /readyz")

    def restart_apiserver(self, down_s=0.0, how=signal.SIGKILL):
        """As an upgrade or a crash does it: every connection is cut."""
        server = self.processes["kube-apiserver"]
        server.stop(how)
        time.sleep(down_s)
        server.start()
        self.wait_ready()

    def compact_etcd(self):
        """Old resource versions are gone after this: lists and watches from them get 410."""
        now = json.loads(self.etcd("kv/range", {"key": "AA=="}))["header"]["revision"]
        self.etcd("kv/compaction", {"revision": now, "physical": True})

    def etcd_get(self, key):
        """A value as the API server has stored it."""
        got = json.loads(self.etcd("kv/range", {"key": base64.b64encode(key.encode()).decode()}))
        return base64.b64decode(got["kvs"][0]["value"])

    def etcd_delete(self, key):
        self.etcd("kv/deleterange", {"key": base64.b64encode(key.encode()).decode()})

    def etcd(self, path, body):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.etcd_port}/v3/{path}",
                                    json.dumps(body).encode(), timeout=20) as answer:
            return answer.read()

    # --- what the programs are told ----------------------------------------------------------

    def make_certificates(self):
        self.authority = a = Authority(self.path("pki"))
        a.issue("apiserver", "/CN=kube-apiserver", "IP:127.0.0.1,IP:::1,IP:172.20.0.1,"
                "DNS:localhost,DNS:kubernetes.default.svc")
        a.issue("aggregator", "/CN=aggregator")
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                a.path("sa.key"))
        openssl("pkey", "-in", a.path("sa.key"), "-pubout", "-out", a.path("sa.pub"))

    def etcd_flags(self):
        client = f"http://127.0.0.1:{self.etcd_port}"
        peer = f"http://127.0.0.1:{self.etcd_peer_port}"
        return ["--data-dir", self.path("etcd"), "--unsafe-no-fsync", "--log-level=warn",
                "--quota-backend-bytes", str(6 << 30), "--max-txn-ops=1000",
                "--max-request-bytes", str(32 << 20),
                "--listen-client-urls", client, "--advertise-client-urls", client,
                "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
                "--initial-cluster", f"default={peer}"]

    def apiserver_words(self):
        a = self.authority
        return [f"--etcd-servers=http://127.0.0.1:{self.etcd_port}",
                f"--secure-port={self.port}", "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1", "--endpoint-reconciler-type=none",
                "--service-cluster-ip-range=172.20.0.0/16",
                f"--tls-cert-file={a.path('apiserver.crt')}",
                f"--tls-private-key-file={a.path('apiserver.key')}",
                f"--client-ca-file={a.certificate}",
                f"--requestheader-client-ca-file={a.certificate}",
                "--requestheader-allowed-names=aggregator",
                "--requestheader-username-headers=X-Remote-User",
                "--requestheader-group-headers=X-Remote-Group",
                "--requestheader-extra-headers-prefix=X-Remote-Extra-",
                f"--proxy-client-cert-file={a.path('aggregator.crt')}",
                f"--proxy-client-key-file={a.path('aggregator.key')}",
                f"--service-account-key-file={a.path('sa.pub')}",
                f"--service-account-signing-key-file={a.path('sa.key')}",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                "--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000",
                *([] if self.controllers else [
                    "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition"]),
                *self.apiserver_flags]

    def controller_manager_words(self):
        a = self.authority
        return [f"--kubeconfig={self.admin}", "--leader-elect=false", "--secure-port=0",
                f"--service-account-private-key-file={a.path('sa.key')}",
                f"--root-ca-file={a.certificate}",
                "--kube-api-qps=500", "--kube-api-burst=1000"]

    def scheduler_configuration(self):
        """No limit of the client's own: the tests would wait for it."""
        config = {"apiVersion": "kubescheduler.config.k8s.io/v1",
                  "kind": "KubeSchedulerConfiguration",
                  "leaderElection": {"leaderElect": False},
                  "clientConnection": {"kubeconfig": self.admin, "qps": 2000, "burst": 2000},
                  **self.scheduler}
        path = self.path("scheduler.yaml")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(config, f)
        return path

    # --- users -------------------------------------------------------------------------------

    def user(self, name, groups=(), server=None, file=None):
        """A user with a client certificate; the path of a kubeconfig of theirs."""
        crt, key = self.authority.path(name + ".crt"), self.authority.path(name + ".key")
        if not os.path.exists(crt):
            self.authority.issue(name, "".join(f"/O={g}" for g in groups) + f"/CN={name}")
        return self.write_kubeconfig(file or self.path(f"{name}.kubeconfig"), name, {
            "client-certificate-data": base64_of(crt), "client-key-data": base64_of(key)}, server)

    def write_kubeconfig(self, path, user, credentials, server=None, authority=None):
        text = KUBECONFIG.format(
            ca=base64_of((authority or self.authority).certificate), cluster=self.cluster,
            server=server or self.server, user=user,
            credentials="\n".join(f"    {k}: {v}" for k, v in credentials.items()))
        with open(path, "w", encoding="utf-8", opener=lambda p, f: os.open(p, f, 0o600)) as f:
            f.write(text)
        return path

    def bind(self, user, role):
        """Gives a cluster role to a user."""
        rbac = "rbac.authorization.k8s.io"
        self.api.create(f"/apis/{rbac}/v1/clusterrolebindings", {
            "apiVersion": f"{rbac}/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{user}:{role}"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": user}]})

    def token(self, namespace, account, seconds=3600):
        """A token of a service account, as a pod gets it."""
        answer = self.api.call(
            "POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token",
            {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
             "spec": {"expirationSeconds": seconds}})
        return answer["status"]["token"]


    def account(self, namespace, name, role, server=None):
        """A service account with a cluster role; a kubeconfig with its token."""
        self.api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", {
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
        self.bind(f"system:serviceaccount:{namespace}:{name}", role)
        return self.write_kubeconfig(self.path(f"{namespace}-{name}.kubeconfig"), name,
                                     {"token": self.token(namespace, name)}, server)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--kubeconfig", required=True, metavar="FILE")
    p.add_argument("--folder", help="certificates, logs and etcd's data (default: a new one)")
    p.add_argument("--world", action="store_true", help="put a small world in it")
    p.add_argument("--nice", type=int, default=0)
    a = p.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    began = time.monotonic()
    try:
        with ControlPlane(folder=a.folder, nice=a.nice) as plane:
            plane.user("admin", ["system:masters"], file=a.kubeconfig)
            print(f"ready after {time.monotonic() - began:.1f} s: {plane.server}, KUBECONFIG="
                  f"{a.kubeconfig}; files in {plane.folder}", flush=True)
            if a.world:
                import metrics
                import player
                player.small_world(plane)
                metrics.Metrics(plane).__enter__()
                print("the world is there", flush=True)
            while all(x.running() for x in plane.processes.values()):
                time.sleep(1)
            print("a part of the control plane has ended", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        return 0
    except build.Unavailable as e:
        print(f"skip: cluster: {e}")
        return 77
    except (RuntimeError, ApiError) as e:
        print(f"control_plane.py: {e}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
